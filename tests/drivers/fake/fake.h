/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * uvb_fake: RDMA devices without hardware, for tests of what no other software device offers.
 *
 * They have every operation that the verbs interface can call. A test decides through debugfs which
 * call fails, waits or is noted down, makes events and completions happen and takes the device away;
 * and reads there how many objects the "hardware" still holds.
 */
#ifndef UVB_FAKE_H
#define UVB_FAKE_H

#include <linux/completion.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/xarray.h>
#include <rdma/ib_umem.h>
#include <rdma/ib_verbs.h>
#include <rdma/uverbs_ioctl.h>

#include "fake_abi.h"
#include "fake_driver_abi.h"
#include "fake_firmware_abi.h"
#include "uverbs_bpf_driver.h"

#define FAKE_MAX_DEVICES	4
#define FAKE_MAX_PORTS		4
#define FAKE_MAX_CQE		0xffff
#define FAKE_MAX_WR		0x4000
#define FAKE_MAX_SGE		8
#define FAKE_MAX_INLINE		256
#define FAKE_MAX_DM		0x10000
#define FAKE_GID_TABLE		16
#define FAKE_PKEY_TABLE		2
/* Records kept; a test that makes more has to clear them in between. */
#define FAKE_MAX_RECORDS	4096

/* The kinds of objects the hardware holds. */
#define FAKE_KINDS(X) \
	X(ucontext) X(pd) X(mr) X(mw) X(dm) X(cq) X(qp) X(srq) X(ah) X(xrcd) X(wq) X(ind_tbl) \
	X(flow) X(flow_action) X(counters) X(mcast) X(dmah) X(comp_cntr) X(mapping) \
	X(thing) X(firmware) X(direct_qp)

enum fake_kind {
#define FAKE_KIND(name) FAKE_KIND_##name,
	FAKE_KINDS(FAKE_KIND)
#undef FAKE_KIND
	FAKE_KIND_COUNT
};

/*
 * The operations, by the names of struct ib_device_ops; but for one that was renamed, and those
 * that the driver hooks into uverbs_bpf directly.
 */
#define FAKE_OPS(X) FAKE_SAME_OPS(X) X(resize_cq) \
	X(exec) X(release) X(direct_create) X(direct_modify) X(direct_query) X(direct_destroy)
#define FAKE_SAME_OPS(X) \
	X(query_device) X(query_port) X(query_gid) X(query_pkey) \
	X(alloc_ucontext) X(dealloc_ucontext) X(disassociate_ucontext) X(query_ucontext) X(mmap) \
	X(mmap_free) X(alloc_pd) X(dealloc_pd) X(create_user_ah) X(query_ah) X(destroy_ah) \
	X(reg_user_mr) X(rereg_user_mr) X(reg_user_mr_dmabuf) X(reg_dm_mr) X(dereg_mr) \
	X(advise_mr) X(alloc_mw) X(dealloc_mw) X(alloc_dm) X(dealloc_dm) \
	X(create_cq) X(modify_cq) X(destroy_cq) X(poll_cq) X(req_notify_cq) \
	X(create_qp) X(modify_qp) X(query_qp) X(destroy_qp) X(post_send) X(post_recv) \
	X(attach_mcast) X(detach_mcast) X(alloc_xrcd) X(dealloc_xrcd) \
	X(create_srq) X(modify_srq) X(query_srq) X(destroy_srq) X(post_srq_recv) \
	X(create_wq) X(modify_wq) X(destroy_wq) X(create_rwq_ind_table) X(destroy_rwq_ind_table) \
	X(create_flow) X(destroy_flow) X(destroy_flow_action) \
	X(create_counters) X(destroy_counters) X(read_counters) FAKE_NEW_OPS(X)

#ifdef FAKE_HAVE_CREATE_USER_CQ
#define FAKE_USER_CQ_OPS(X)	X(create_user_cq)
#else
#define FAKE_USER_CQ_OPS(X)
#endif
#ifdef FAKE_HAVE_DMAH
#define FAKE_DMAH_OPS(X)	X(alloc_dmah) X(dealloc_dmah)
#else
#define FAKE_DMAH_OPS(X)
#endif
#ifdef FAKE_HAVE_COMP_CNTR
#define FAKE_COMP_CNTR_OPS(X)	X(create_comp_cntr) X(destroy_comp_cntr) X(modify_comp_cntr) \
				X(read_comp_cntr) X(query_comp_cntr_caps) X(qp_attach_comp_cntr)
#else
#define FAKE_COMP_CNTR_OPS(X)
#endif
#ifdef FAKE_HAVE_MMAP_PFNS
#define FAKE_MMAP_PFNS_OPS(X)	X(mmap_get_pfns) X(pgoff_to_mmap_entry)
#else
#define FAKE_MMAP_PFNS_OPS(X)
#endif
#ifdef FAKE_HAVE_PORT_SPEED
#define FAKE_PORT_SPEED_OPS(X)	X(query_port_speed)
#else
#define FAKE_PORT_SPEED_OPS(X)
#endif
#define FAKE_NEW_OPS(X) FAKE_USER_CQ_OPS(X) FAKE_DMAH_OPS(X) FAKE_COMP_CNTR_OPS(X) \
	FAKE_MMAP_PFNS_OPS(X) FAKE_PORT_SPEED_OPS(X)

enum fake_op {
#define FAKE_OP(name) FAKE_OP_##name,
	FAKE_OPS(FAKE_OP)
#undef FAKE_OP
	FAKE_OP_COUNT
};

/**
 * struct fake_op_state - what a test wants of an operation, and what became of it
 * @calls: how many there were
 * @failed: how many of them failed because the test wanted it
 * @waiting: how many are held right now
 * @fail_in: the how-maniest call from now on fails; 0 for none
 * @fail_errno: what that one returns
 * @delay: milliseconds each call takes
 * @held: calls wait until a test releases them
 */
struct fake_op_state {
	atomic_t calls;
	atomic_t failed;
	atomic_t waiting;
	atomic_t fail_in;
	int fail_errno;
	unsigned int delay;
	bool held;
};

/**
 * struct fake_slot - a device's name and what of it outlives the device
 * @index: the number in its name
 * @parent: the device as DMA sees it
 * @ndev: the network devices of its ports, if it is an Ethernet one
 * @dir: its directory in debugfs
 * @plug_lock: serialises plugging and unplugging
 * @dev_lock: guards @dev
 * @dev: the device, NULL while it is unplugged
 * @live: how many objects of each kind the hardware holds
 * @ops: state of the operations
 * @release: woken up when an operation is released
 * @record_lock: guards the records
 * @records: what the driver was passed, oldest first
 * @num_records: how many there are
 * @recording: whether more are wanted
 */
struct fake_slot {
	unsigned int index;
	struct platform_device *parent;
	struct net_device *ndev[FAKE_MAX_PORTS];
	struct dentry *dir;
	struct mutex plug_lock;
	spinlock_t dev_lock;
	struct fake_device *dev;
	atomic_t live[FAKE_KIND_COUNT];
	struct fake_op_state ops[FAKE_OP_COUNT];
	wait_queue_head_t release;
	struct mutex record_lock;
	struct list_head records;
	unsigned int num_records;
	bool recording;
};

/**
 * struct fake_device - an RDMA device
 * @ib: for ib_core
 * @slot: where it is plugged in
 * @ethernet: whether its ports are; InfiniBand otherwise
 * @opa: whether these have Omni-Path addresses, and data goes only where they lead
 * @objects: by kind, what the hardware holds, by number
 * @hooks: what it hooks into uverbs_bpf directly
 * @hook: uverbs_bpf_driver_register(), NULL if it does not
 * @unhook: uverbs_bpf_driver_unregister()
 * @qp_event: uverbs_bpf_qp_event()
 */
struct fake_device {
	struct ib_device ib;
	struct fake_slot *slot;
	bool ethernet;
	bool opa;
	struct xarray objects[FAKE_KIND_COUNT];
	struct uverbs_bpf_driver_ops hooks;
	typeof(uverbs_bpf_driver_register) *hook;
	typeof(uverbs_bpf_driver_unregister) *unhook;
	typeof(uverbs_bpf_qp_event) *qp_event;
};

/**
 * struct fake_object - embedded in what the hardware holds
 * @number: its number, unique among its kind
 * @users: who looked it up by number, and 1 for its being there
 * @unused: completed when the last user is gone
 */
struct fake_object {
	u32 number;
	refcount_t users;
	struct completion unused;
};

static inline struct fake_device *to_fake(struct ib_device *ib)
{
	return container_of(ib, struct fake_device, ib);
}

/* control.c */
void fake_control_init(void);
void fake_control_exit(void);
void fake_control_add(struct fake_slot *slot);
void fake_control_remove(struct fake_slot *slot);
int fake_call(struct fake_device *dev, enum fake_op op);
__printf(4, 5)
void fake_note(struct fake_device *dev, enum fake_op op, struct ib_udata *udata,
	       const char *format, ...);
int fake_respond(struct ib_udata *udata, u32 number);

/* main.c */
u32 fake_lid(const struct fake_device *dev, u32 port);
int fake_plug(struct fake_slot *slot);
void fake_unplug(struct fake_slot *slot);
int fake_object_add(struct fake_device *dev, enum fake_kind kind, struct fake_object *object);
void fake_object_remove(struct fake_device *dev, enum fake_kind kind, struct fake_object *object);
struct fake_object *fake_object_get(struct fake_device *dev, enum fake_kind kind, u32 number);
void fake_object_put(struct fake_object *object);

/* direct.c, firmware.c: what is hooked into uverbs_bpf */
int fake_hook(struct fake_device *dev);
void fake_unhook(struct fake_device *dev);
int fake_direct_event(struct fake_device *dev, u32 number, u32 type);
int fake_exec(struct ib_device *ib, struct uverbs_bpf_exec *exec);
void fake_release(struct ib_device *ib, u64 hw);

/* provider.c */
int fake_provider_init(void);
void fake_provider_exit(void);

/* Each object type sets its own. */
extern const struct ib_device_ops fake_context_ops;
extern const struct ib_device_ops fake_mr_ops;
extern const struct ib_device_ops fake_cq_ops;
extern const struct ib_device_ops fake_qp_ops;
extern const struct ib_device_ops fake_srq_ops;
extern const struct ib_device_ops fake_wq_ops;
extern const struct ib_device_ops fake_data_ops;
#ifdef FAKE_HAVE_CREATE_USER_CQ
extern const struct ib_device_ops fake_user_cq_ops;
#endif

/* driver_def.c, left.c: objects, methods and attributes of the driver's own. */
extern const struct uapi_definition fake_driver_def[];
extern const struct uapi_definition fake_release_def[];
extern const struct uapi_definition fake_creates_def[];
extern const struct uapi_definition fake_disables_def[];
int fake_attrs(struct ib_udata *udata);

struct fake_pd {
	struct ib_pd ib;
	struct fake_object object;
};

/* What can be mapped; freed with the last mapping of it. */
struct fake_mapping {
	struct rdma_user_mmap_entry entry;
	struct fake_device *dev;
	void *pages;
	size_t size;
};

struct fake_mapping *fake_mapping_new(struct fake_device *dev, struct ib_ucontext *context,
				      size_t size, u32 min_pgoff, u32 number);

struct fake_mr {
	struct ib_mr ib;
	struct fake_object object;
	struct ib_umem *umem;
	u64 start;
	int access;
};

static inline struct fake_mr *to_fake_mr(struct ib_mr *mr)
{
	return container_of(mr, struct fake_mr, ib);
}

/**
 * struct fake_cq - a completion queue
 * @lock: guards what follows
 * @ring: @size completions, the oldest at @head, @count of them in use
 * @armed: a handler call is owed for the next completion, or the next solicited one
 */
struct fake_cq {
	struct ib_cq ib;
	struct fake_object object;
	spinlock_t lock;
	struct ib_wc *ring;
	u32 size;
	u32 head;
	u32 count;
	enum ib_cq_notify_flags armed;
};

static inline struct fake_cq *to_fake_cq(struct ib_cq *cq)
{
	return container_of(cq, struct fake_cq, ib);
}

bool fake_cq_push(struct fake_cq *cq, const struct ib_wc *wc, bool solicited);
void fake_cq_notify(struct fake_cq *cq);
void fake_cq_forget(struct ib_cq *cq, struct ib_qp *qp);

/* A receive request, with the user's scatter list. */
struct fake_recv {
	u64 wr_id;
	u32 num_sge;
	struct ib_sge sge[FAKE_MAX_SGE];
};

/* Receive requests, the oldest at @head, @count of @size in use; the owner's lock guards it. */
struct fake_rq {
	struct fake_recv *ring;
	u32 size;
	u32 max_sge;
	u32 head;
	u32 count;
};

int fake_rq_init(struct fake_rq *rq, u32 size, u32 max_sge);
void fake_rq_destroy(struct fake_rq *rq);
int fake_rq_post(struct fake_rq *rq, spinlock_t *lock, const struct ib_recv_wr *wr,
		 const struct ib_recv_wr **bad);

/**
 * struct fake_qp - a queue pair
 * @lock: guards what follows
 * @attr: what modify set; the state is in it
 * @init: what it was created with
 * @rq: receive requests, if it has no SRQ
 */
struct fake_qp {
	struct ib_qp ib;
	struct fake_object object;
	spinlock_t lock;
	struct ib_qp_attr attr;
	struct ib_qp_init_attr init;
	struct fake_rq rq;
};

static inline struct fake_qp *to_fake_qp(struct ib_qp *qp)
{
	return container_of(qp, struct fake_qp, ib);
}

void fake_flush_qp(struct fake_qp *qp);

struct fake_srq {
	struct ib_srq ib;
	struct fake_object object;
	spinlock_t lock;
	struct ib_srq_attr attr;
	struct fake_rq rq;
};

static inline struct fake_srq *to_fake_srq(struct ib_srq *srq)
{
	return container_of(srq, struct fake_srq, ib);
}

struct fake_ah {
	struct ib_ah ib;
	struct fake_object object;
	struct rdma_ah_attr attr;
};

static inline struct fake_ah *to_fake_ah(struct ib_ah *ah)
{
	return container_of(ah, struct fake_ah, ib);
}

struct fake_flow_action {
	struct ib_flow_action ib;
	struct fake_object object;
};

struct fake_flow_action *fake_flow_action_new(struct fake_device *dev);
struct ib_flow *fake_flow_new(struct fake_device *dev, struct ib_udata *udata);

struct fake_wq {
	struct ib_wq ib;
	struct fake_object object;
};

static inline struct fake_wq *to_fake_wq(struct ib_wq *wq)
{
	return container_of(wq, struct fake_wq, ib);
}

/* The text of a path for fake_note, in @buf. */
const char *fake_path(const struct rdma_ah_attr *attr, char *buf, size_t size);
#define FAKE_PATH_SIZE	200

#endif /* UVB_FAKE_H */
