/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What a driver includes that hooks into uverbs_bpf directly, from C: to run
 * the commands that a provider's program stages for its hardware, to serve
 * QPs with a struct of its own instead of struct ib_qp, and to be a transport
 * or a provider itself.
 *
 *	ret = uverbs_bpf_driver_register(&dev->ib, &my_ops);
 *	...
 *	ret = ib_register_device(&dev->ib, "my%d", parent);
 *	...
 *	ib_unregister_device(&dev->ib);
 *	uverbs_bpf_driver_unregister(&dev->ib);
 *
 * Nothing of @my_ops is called before the device is registered or after
 * ib_unregister_device() has returned. A driver that is to work without
 * uverbs_bpf takes the two functions with symbol_get(), and keeps them until
 * the device is unregistered.
 */
#ifndef UVERBS_BPF_DRIVER_H
#define UVERBS_BPF_DRIVER_H

#include <rdma/ib_verbs.h>

/* Most bytes a driver's struct for a QP may have, struct uverbs_bpf_qp in it. */
#define UVERBS_BPF_MAX_QP	256

/**
 * struct uverbs_bpf_exec - a command for the hardware, and what came of it
 * @provider: name of the provider whose program staged it. The driver runs commands of providers
 *	it knows and refuses those of others
 * @context: of the caller
 * @object: hardware object of the provider's object that the method is called for; 0 if it has
 *	none
 * @command: kernel memory that nobody changes meanwhile. What is in it a program wrote, and
 *	part of it may have come from user space: it is checked as such
 * @command_len: bytes of @command
 * @reply_len: room in @reply; set to the bytes that were written there
 * @may_make: the method makes an object of the provider, which can own a hardware object
 * @reply: kernel memory, zero at first
 * @hw: set to the hardware object that was made, if any; the driver numbers them, 0 is none.
 *	From a successful return on it is uverbs_bpf's, which gives it back to release(), once
 */
struct uverbs_bpf_exec {
	const char *provider;
	struct ib_ucontext *context;
	u64 object;
	const void *command;
	u32 command_len;
	u32 reply_len;
	bool may_make;
	void *reply;
	u64 hw;
};

/**
 * struct uverbs_bpf_qp - a QP without struct ib_qp; first in the driver's own struct
 * @device: the device
 * @pd: its protection domain
 * @send_cq: where sends complete
 * @recv_cq: where receives complete
 * @srq: where receives are taken from, or NULL
 * @sgid_attr: GID its path starts from, NULL while it has none; held
 * @qp_num: set by create()
 * @port: from 1; 0 before it is initialised
 * @type: enum ib_qp_type
 * @state: enum ib_qp_state. Set when modify() has succeeded; the driver sets it when the hardware
 *	changes it by itself
 * @handle: private to uverbs_bpf
 * @flags: private to uverbs_bpf
 *
 * @pd, the CQs and @srq stay until destroy() has returned.
 */
struct uverbs_bpf_qp {
	struct ib_device *device;
	struct ib_pd *pd;
	struct ib_cq *send_cq;
	struct ib_cq *recv_cq;
	struct ib_srq *srq;
	const struct ib_gid_attr *sgid_attr;
	u32 qp_num;
	u32 port;
	u8 type;
	u8 state;
	/* private: */
	void *handle;
	unsigned long flags;
};

/**
 * struct uverbs_bpf_qp_ops - QPs that the driver serves directly
 * @size: bytes of the driver's struct, which begins with struct uverbs_bpf_qp; at most
 *	UVERBS_BPF_MAX_QP
 * @create: make a QP in RESET. What of @attr has a place in struct uverbs_bpf_qp is there, too.
 *	The driver's struct is zero but for that, and it sets qp_num and @attr->cap to what was
 *	granted. @udata is the driver's part of the call, as in ib_device_ops.create_qp().
 *	Return: 0 or a negative errno.
 * @modify: change what @mask (enum ib_qp_attr_mask) names. That the change is legal for the type
 *	and the state of the QP has been checked, and of IB_QPT_DRIVER only that there are such
 *	states; that port and GID exist; of a path on RoCE the destination's MAC address is
 *	resolved. Of values beyond that the driver knows the limits.
 *	Return: 0 or a negative errno, and then nothing has changed.
 * @query: fill what @mask names of @attr, and of @init what it holds. State and port are filled
 *	in.
 *	Return: 0 or a negative errno.
 * @destroy: end it. Cannot fail; the struct is freed afterwards.
 *
 * Context: all may sleep. Of one QP they are called one after the other. Types
 * are RC, UC, UD and IB_QPT_DRIVER; create() refuses what it does not have with
 * -EOPNOTSUPP. Completions of such QPs are in queues that user space reads:
 * ib_device_ops.poll_cq() must not return any, for struct ib_wc names a struct
 * ib_qp.
 */
struct uverbs_bpf_qp_ops {
	size_t size;
	int (*create)(struct uverbs_bpf_qp *qp, struct ib_qp_init_attr *attr,
		      struct ib_udata *udata);
	int (*modify)(struct uverbs_bpf_qp *qp, struct ib_qp_attr *attr, int mask,
		      struct ib_udata *udata);
	int (*query)(struct uverbs_bpf_qp *qp, struct ib_qp_attr *attr, int mask,
		     struct ib_qp_init_attr *init);
	void (*destroy)(struct uverbs_bpf_qp *qp);
};

/**
 * struct uverbs_bpf_driver_ops - what a driver registers
 * @owner: module whose code this is
 * @exec: run a command of a provider's program. Absent, commands are refused.
 *	Return: 0; or a negative errno, and then nothing was made.
 *	Context: may sleep; several run at once, also for one object.
 * @release: free a hardware object that @exec made. Cannot fail. Wanted if there is @exec.
 *	Context: may sleep.
 * @qp: QPs that the driver serves directly, which are then all the device has; NULL if it serves
 *	them by ib_device_ops
 */
struct uverbs_bpf_driver_ops {
	struct module *owner;
	int (*exec)(struct ib_device *ibdev, struct uverbs_bpf_exec *exec);
	void (*release)(struct ib_device *ibdev, u64 hw);
	const struct uverbs_bpf_qp_ops *qp;
};

int uverbs_bpf_driver_register(struct ib_device *ibdev, const struct uverbs_bpf_driver_ops *ops);
void uverbs_bpf_driver_unregister(struct ib_device *ibdev);
void uverbs_bpf_qp_event(struct uverbs_bpf_qp *qp, enum ib_event_type type);

/*
 * Transports and providers in C: the ops structs that BPF programs fill, from uverbs_bpf_types.h,
 * with the same contract, names and namespaces. A driver need not have hooked in for them. They
 * are in uverbs_bpf.ko where it runs BPF programs.
 */
struct uverbs_bpf_transport_ops;
struct uverbs_bpf_provider_ops;
struct uverbs_bpf_ctx;
struct uverbs_bpf_dump;

int uverbs_bpf_transport_register(struct uverbs_bpf_transport_ops *ops);
void uverbs_bpf_transport_unregister(struct uverbs_bpf_transport_ops *ops);
int uverbs_bpf_provider_register(struct uverbs_bpf_provider_ops *ops);
void uverbs_bpf_provider_unregister(struct uverbs_bpf_provider_ops *ops);

/* What their callbacks may call, documented in bpf/kfunc.c. */
int uverbs_bpf_attr_len(struct uverbs_bpf_ctx *ctx, u16 attr);
u8 *uverbs_bpf_attr_in(struct uverbs_bpf_ctx *ctx, u16 attr, u32 off, const size_t size);
u8 *uverbs_bpf_attr_out(struct uverbs_bpf_ctx *ctx, u16 attr, u32 off, const size_t size);
int uverbs_bpf_refuse(struct uverbs_bpf_ctx *ctx, u16 attr, int err, const char *msg, s64 value);
int uverbs_bpf_gid_type(struct uverbs_bpf_ctx *ctx, u32 sgid_index);
u8 *uverbs_bpf_args(struct uverbs_bpf_ctx *ctx, const size_t size);
u8 *uverbs_bpf_state(struct uverbs_bpf_ctx *ctx, u32 off, const size_t size);
u8 *uverbs_bpf_command(struct uverbs_bpf_ctx *ctx, u32 off, const size_t size);
u8 *uverbs_bpf_reply(struct uverbs_bpf_ctx *ctx, u32 off, const size_t size);
int uverbs_bpf_dump_value(struct uverbs_bpf_dump *dump, const char *name, u64 value);

#endif /* UVERBS_BPF_DRIVER_H */
