/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What the engine asks of attached programs. bpf/ answers where the kernel
 * has struct_ops; without it (UML) the same calls say that nothing is
 * attached.
 */
#ifndef UVB_EXT_H
#define UVB_EXT_H

#include "uvb.h"

/**
 * struct uvb_path_context - the object a path is for
 * @ibdev: its device
 * @qp: the QP, NULL for an AH
 * @port: port number, from 1
 * @qp_type: enum ib_qp_type; IB_QPT_UD for an AH
 * @cur_state: enum ib_qp_state now; of a QP only
 * @next_state: enum ib_qp_state wanted; equal to @cur_state if it does not change
 */
struct uvb_path_context {
	struct ib_device *ibdev;
	struct ib_qp *qp;
	u32 port;
	u8 qp_type;
	u8 cur_state;
	u8 next_state;
};

#if IS_ENABLED(CONFIG_BPF_JIT)

int uvb_ext_init(void);
void uvb_ext_exit(void);

/*
 * Check an attribute of namespaces 2 to 13 against the programs attached to
 * the device and add it to call->ext. Context: any ioctl, may sleep.
 */
int uvb_ext_attr(struct uvb_call *call, const struct ib_uverbs_attr *uattr, u16 index);

/* After the last attribute: refuse attributes of more than one transport. */
int uvb_ext_check(struct uvb_call *call);

/* True if the call carries an attribute of a transport's namespace. */
bool uvb_ext_has_transport(const struct uvb_call *call);

/*
 * Turn the call's transport attributes into *ah, which holds a port number
 * and zeroes before. C checks what the program wrote as it would a path from
 * a legacy command.
 */
int uvb_ext_path_set(struct uvb_call *call, const struct uvb_path_context *path,
		     struct rdma_ah_attr *ah);

/* Give *ah, as the driver reports it, back in the transport's output attributes. */
int uvb_ext_path_get(struct uvb_call *call, const struct uvb_path_context *path,
		     const struct rdma_ah_attr *ah);

/*
 * Schema records of attached programs from *index on: returns false when
 * there are no more. See uvb_schema_method().
 */
bool uvb_ext_schema_record(struct uvb_device *dev, unsigned int index,
			   struct uverbs_bpf_schema_record *record);

void uvb_ext_device_add(struct uvb_device *dev, struct ib_device *ibdev);
void uvb_ext_device_remove(struct uvb_device *dev, struct ib_device *ibdev);

#else

static inline int uvb_ext_init(void) { return 0; }
static inline void uvb_ext_exit(void) { }
static inline int uvb_ext_attr(struct uvb_call *call, const struct ib_uverbs_attr *uattr,
			       u16 index)
{
	return uvb_refuse(uvb_bundle(call), -EPROTONOSUPPORT, uattr->attr_id,
			  "attribute 0x%04x: this kernel has no BPF struct_ops, no program can be attached",
			  uattr->attr_id);
}
static inline int uvb_ext_check(struct uvb_call *call) { return 0; }
static inline bool uvb_ext_has_transport(const struct uvb_call *call) { return false; }
static inline int uvb_ext_path_set(struct uvb_call *call, const struct uvb_path_context *path,
				   struct rdma_ah_attr *ah) { return -EOPNOTSUPP; }
static inline int uvb_ext_path_get(struct uvb_call *call, const struct uvb_path_context *path,
				   const struct rdma_ah_attr *ah) { return -EOPNOTSUPP; }
static inline bool uvb_ext_schema_record(struct uvb_device *dev, unsigned int index,
					 struct uverbs_bpf_schema_record *record) { return false; }
static inline void uvb_ext_device_add(struct uvb_device *dev, struct ib_device *ibdev) { }
static inline void uvb_ext_device_remove(struct uvb_device *dev, struct ib_device *ibdev) { }

#endif

#endif /* UVB_EXT_H */
