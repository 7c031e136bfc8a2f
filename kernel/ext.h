/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What the engine asks of attached programs. bpf/ answers where the kernel
 * has struct_ops; without it (UML) the same calls say that nothing is
 * attached.
 */
#ifndef UVB_EXT_H
#define UVB_EXT_H

#include "uvb.h"

#include <linux/jump_label_ratelimit.h>

/**
 * struct uvb_path_context - the object a path is for
 * @ibdev: its device
 * @qp: the QP, NULL for an AH
 * @port: port number, from 1
 * @qp_type: enum ib_qp_type; IB_QPT_UD for an AH
 * @cur_state: enum ib_qp_state now; of a QP only
 * @next_state: enum ib_qp_state wanted; equal to @cur_state if it does not change
 * @transport: struct uvb_qp.transport; of a QP only
 */
struct uvb_path_context {
	struct ib_device *ibdev;
	struct ib_qp *qp;
	u32 port;
	u8 qp_type;
	u8 cur_state;
	u8 next_state;
	u64 transport;
};

/**
 * struct uvb_view - what a call is about, for providers
 * @args: struct uverbs_bpf_args_* of the method, or NULL
 * @size: bytes of it
 * @handle: the object of the call, or NULL
 * @made: the new handle of a call that makes an object, or NULL
 * @port: port number, from 1; 0 if the call names none
 * @qp_type: enum ib_qp_type
 * @cur_state: enum ib_qp_state, or UVERBS_BPF_QPS_UNKNOWN
 * @next_state: likewise
 * @path: its path, which may be changed; NULL if it has none
 */
struct uvb_view {
	const void *args;
	size_t size;
	struct uvb_handle *handle;
	struct uvb_handle *made;
	u32 port;
	u8 qp_type;
	u8 cur_state;
	u8 next_state;
	struct rdma_ah_attr *path;
};

/**
 * struct uvb_hooked - a method or command that providers may hook
 * @object: object id
 * @method: method id, or UVERBS_BPF_COMMAND()
 * @legacy: a legacy command
 * @tells: it calls uvb_ext_before() when it knows what the call is about
 * @run: does it
 * @arg: for @run
 */
struct uvb_hooked {
	u16 object;
	u16 method;
	bool legacy;
	bool tells;
	int (*run)(struct uverbs_attr_bundle *bundle, const void *arg);
	const void *arg;
};

#if IS_ENABLED(CONFIG_BPF_JIT)

/* On while a provider hooks anything, or one that failed holds something shut. */
extern struct static_key_false_deferred uvb_ext_key;

int uvb_ext_run(struct uvb_call *call, const struct uvb_hooked *what);
int uvb_ext_before(struct uverbs_attr_bundle *bundle, const struct uvb_view *view);

/* Whether uvb_ext_before() is worth being called. */
static inline bool uvb_ext_hooked(struct uverbs_attr_bundle *bundle)
{
	return static_branch_unlikely(&uvb_ext_key.key) && uvb_call(bundle)->hook;
}

void __uvb_ext_changed(struct uvb_call *call);

/*
 * An object is changed, with this result. Whatever fails of the call yet, as writing its answer
 * may, the change stands: providers are told that it succeeded. Return: @ret.
 */
static inline int uvb_ext_changed(struct uverbs_attr_bundle *bundle, int ret)
{
	if (uvb_ext_hooked(bundle) && !ret)
		__uvb_ext_changed(uvb_call(bundle));
	return ret;
}

/* Whether uvb_ext_run() is, for a call without attributes of providers. */
static inline bool uvb_ext_any(void)
{
	return static_branch_unlikely(&uvb_ext_key.key);
}

int uvb_ext_init(void);
void uvb_ext_exit(void);

/*
 * Check an attribute of namespaces 2 to 13 against the programs attached to
 * the device and add it to call->ext. Context: any ioctl, may sleep.
 */
int uvb_ext_attr(struct uvb_call *call, const struct ib_uverbs_attr *uattr, u16 index);

/*
 * After the last attribute: refuse attributes of more than one transport, and find the type of
 * what the call makes.
 */
int uvb_ext_check(struct uvb_call *call);

/*
 * Which of @nr completions, at most 32, count: a bit for each. @comp says whose they are. Those
 * that the program did not decide upon count, and *unfiltered is set. Context: not in interrupts.
 */
u32 uvb_ext_comp(const struct uvb_new_type *type, struct ib_device *ibdev,
		 const struct uverbs_bpf_comp *comp, const struct ib_wc *wc, unsigned int nr,
		 bool privileged, bool *unfiltered);

/* True if the call carries an attribute of a transport's namespace; of a provider's. */
static inline bool uvb_ext_has_transport(const struct uvb_call *call)
{
	return call->for_transport;
}

static inline bool uvb_ext_has_provider(const struct uvb_call *call)
{
	return unlikely(call->for_provider);
}

/*
 * True if a transport's program has a say in a call on a QP: the call carries attributes of it, or
 * it judges all QPs on ports of its protocol. An invalid @port is nobody's.
 */
bool uvb_ext_has_say(const struct uvb_call *call, struct ib_device *ibdev, u32 port);

/*
 * Let that program make what the call's attributes say of *attr, and judge the change: *mask, the
 * IB_QP_* that are given, gets those the program adds. C checks what it wrote. What it keeps for
 * the QP is in call->transport.
 */
int uvb_ext_qp_in(struct uvb_call *call, const struct uvb_path_context *context,
		  struct ib_qp_attr *attr, int *mask);

/* Give *attr, as the driver reports it, back in the transport's output attributes. */
int uvb_ext_qp_out(struct uvb_call *call, const struct uvb_path_context *context,
		   const struct ib_qp_attr *attr);

/* Ask the transport's program whether a QP can be created, or asked for @mask. */
int uvb_ext_qp_legal(struct uvb_call *call, const struct uvb_path_context *context, int mask);

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

/*
 * What is behind a locked handle is about to be destroyed. A replay that reads it holds the lock of
 * the list, and sees that it is locked when it comes later.
 */
static inline void uvb_ext_object_goes(struct uvb_file *file)
{
	if (static_branch_unlikely(&uvb_ext_key.key)) {
		spin_lock_irq(&file->stock.uobjects_lock);
		spin_unlock_irq(&file->stock.uobjects_lock);
	}
}

/* A method or object of a provider's namespace, which no table has. */
int uvb_ext_call(struct uvb_file *file, const struct ib_uverbs_ioctl_hdr *hdr,
		 struct ib_uverbs_attr __user *user_attrs);
/* Whether a provider has such objects now. */
bool uvb_ext_has_object(unsigned int object);
struct uvb_handle *uvb_ext_handle_alloc(struct uverbs_attr_bundle *bundle);
void uvb_ext_handle_free(struct uvb_handle *handle);

/* Find a provider and keep its namespace until it is closed. Return: 0, -ENOENT or -EPROTO. */
int uvb_ext_provider_open(struct uverbs_attr_bundle *bundle, const char *name, u32 min_version,
			  u8 *ns, u32 *version);
void uvb_ext_provider_close(u8 ns);

/* An open file's number, who opened it, and who is told of its objects. */
void uvb_ext_file_init(struct uvb_file *file, struct ib_device *ibdev);
/* A handle appears, or goes. Context: uobjects_lock. */
void __uvb_ext_object(struct uvb_file *file, struct uvb_handle *handle, bool add);

static inline void uvb_ext_object(struct uvb_file *file, struct uvb_handle *handle, bool add)
{
	if (unlikely(file->told) && !handle->is_file)
		__uvb_ext_object(file, handle, add);
}

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
static inline u32 uvb_ext_comp(const struct uvb_new_type *type, struct ib_device *ibdev,
			       const struct uverbs_bpf_comp *comp, const struct ib_wc *wc,
			       unsigned int nr, bool privileged, bool *unfiltered)
{
	return U32_MAX;
}
static inline bool uvb_ext_has_transport(const struct uvb_call *call) { return false; }
static inline bool uvb_ext_has_provider(const struct uvb_call *call) { return false; }
static inline bool uvb_ext_any(void) { return false; }
static inline int uvb_ext_run(struct uvb_call *call, const struct uvb_hooked *what)
{
	return what->run(uvb_bundle(call), what->arg);
}
static inline bool uvb_ext_hooked(struct uverbs_attr_bundle *bundle) { return false; }
static inline int uvb_ext_before(struct uverbs_attr_bundle *bundle,
				 const struct uvb_view *view) { return 0; }
static inline int uvb_ext_changed(struct uverbs_attr_bundle *bundle, int ret) { return ret; }
static inline bool uvb_ext_has_say(const struct uvb_call *call, struct ib_device *ibdev,
				   u32 port) { return false; }
static inline int uvb_ext_qp_in(struct uvb_call *call, const struct uvb_path_context *context,
				struct ib_qp_attr *attr, int *mask) { return -EOPNOTSUPP; }
static inline int uvb_ext_qp_out(struct uvb_call *call, const struct uvb_path_context *context,
				 const struct ib_qp_attr *attr) { return -EOPNOTSUPP; }
static inline int uvb_ext_qp_legal(struct uvb_call *call, const struct uvb_path_context *context,
				   int mask) { return 0; }
static inline int uvb_ext_path_set(struct uvb_call *call, const struct uvb_path_context *path,
				   struct rdma_ah_attr *ah) { return -EOPNOTSUPP; }
static inline int uvb_ext_path_get(struct uvb_call *call, const struct uvb_path_context *path,
				   const struct rdma_ah_attr *ah) { return -EOPNOTSUPP; }
static inline bool uvb_ext_schema_record(struct uvb_device *dev, unsigned int index,
					 struct uverbs_bpf_schema_record *record) { return false; }
static inline void uvb_ext_device_add(struct uvb_device *dev, struct ib_device *ibdev) { }
static inline void uvb_ext_device_remove(struct uvb_device *dev, struct ib_device *ibdev) { }
static inline int uvb_ext_call(struct uvb_file *file, const struct ib_uverbs_ioctl_hdr *hdr,
			       struct ib_uverbs_attr __user *user_attrs)
{
	return -EPROTONOSUPPORT;
}
static inline bool uvb_ext_has_object(unsigned int object) { return false; }
static inline struct uvb_handle *uvb_ext_handle_alloc(struct uverbs_attr_bundle *bundle)
{
	return NULL;
}
static inline void uvb_ext_handle_free(struct uvb_handle *handle) { }
static inline int uvb_ext_provider_open(struct uverbs_attr_bundle *bundle, const char *name,
					u32 min_version, u8 *ns, u32 *version)
{
	return uvb_refuse(bundle, -ENOENT, UVERBS_BPF_ATTR_CHANNEL_NAME,
			  "this kernel has no BPF struct_ops, no provider can be attached");
}
static inline void uvb_ext_provider_close(u8 ns) { }
static inline void uvb_ext_object_goes(struct uvb_file *file) { }
static inline void uvb_ext_file_init(struct uvb_file *file, struct ib_device *ibdev) { }
static inline void uvb_ext_object(struct uvb_file *file, struct uvb_handle *handle, bool add) { }

#endif

#endif /* UVB_EXT_H */
