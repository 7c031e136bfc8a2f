// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * uvb_floor: the in-kernel floor of the uverbs ABI.
 *
 * For each call that uvb-bench measures, this module makes the driver, cgroup, resource tracking,
 * GID and neighbour calls that any dispatcher has to make, and nothing else: no attribute is
 * parsed, no handle looked up, no uobject made, nothing copied but what the driver copies itself.
 * What a dispatcher costs is the difference.
 *
 * It owns a ucontext like an open uverbs file does and hands the driver user memory of the calling
 * process, so the driver takes the same branches as for a user's object. It serves rxe only: that
 * driver looks at no part of a uverbs file, and there is none here. It imports no symbol of
 * ib_uverbs, so the same figures come out whichever module serves the device.
 *
 * For benchmarks on test machines. One opener at a time, with CAP_SYS_ADMIN.
 */
#include <linux/capability.h>
#include <linux/cgroup_rdma.h>
#include <linux/kref.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/percpu-refcount.h>
#include <linux/radix-tree.h>
#include <linux/rwsem.h>
#include <linux/slab.h>
#include <linux/srcu.h>
#include <linux/uaccess.h>
#include <linux/xarray.h>
#include <rdma/ib_cache.h>
#include <rdma/ib_verbs.h>
#include <rdma/restrack.h>
#include <rdma/uverbs_ioctl.h>
#include <uapi/rdma/rdma_user_ioctl_cmds.h>
#include <uapi/rdma/rdma_user_rxe.h>

#include "uvb_floor.h"

/* Exported by ib_core, declared in its private headers (core_priv.h, restrack.h). */
int ib_rdmacg_try_charge(struct ib_rdmacg_object *cg_obj, struct ib_device *device,
			 enum rdmacg_resource_type resource_index);
void ib_rdmacg_uncharge(struct ib_rdmacg_object *cg_obj, struct ib_device *device,
			enum rdmacg_resource_type resource_index);
void rdma_restrack_new(struct rdma_restrack_entry *res, enum rdma_restrack_type type);
void rdma_restrack_set_name(struct rdma_restrack_entry *res, const char *caller);
void rdma_restrack_add(struct rdma_restrack_entry *res);
void rdma_restrack_del(struct rdma_restrack_entry *res);
void ib_qp_usecnt_inc(struct ib_qp *qp);

#ifdef UVB_FLOOR_CREATE_USER_CQ
struct ib_qp *ib_create_qp_user(struct ib_device *dev, struct ib_pd *pd,
				struct ib_qp_init_attr *attr, struct uverbs_attr_bundle *attrs,
				struct ib_uqp_object *uobj, const char *caller);
#define floor_create_qp_user(f, pd, attr, uobj) \
	ib_create_qp_user((f)->dev, pd, attr, (f)->bundle, uobj, NULL)
#define floor_ops_reg_user_mr(pd, addr, access, udata) \
	(pd)->device->ops.reg_user_mr(pd, addr, PAGE_SIZE, addr, access, NULL, udata)
#else
struct ib_qp *ib_create_qp_user(struct ib_device *dev, struct ib_pd *pd,
				struct ib_qp_init_attr *attr, struct ib_udata *udata,
				struct ib_uqp_object *uobj, const char *caller);
#define floor_create_qp_user(f, pd, attr, uobj) \
	ib_create_qp_user((f)->dev, pd, attr, &(f)->bundle->driver_udata, uobj, NULL)
#define floor_ops_reg_user_mr(pd, addr, access, udata) \
	(pd)->device->ops.reg_user_mr(pd, addr, PAGE_SIZE, addr, access, udata)
#endif

/*
 * Stands for the uobject of every object: drivers test the pointer, and a netlink dump reads
 * ->context behind it. Large enough for any of the ib_u*_object structs.
 */
union floor_uobject {
	struct ib_uobject uobject;
	u8 room[512];
};

/* What the building blocks work on; named after the enumerators of uvb_floor_part. */
struct floor_parts {
	struct xarray xa;
	struct xarray xa_alloc;
	struct radix_tree_root radix;
	struct kref kref;
	spinlock_t lock;
	struct rw_semaphore rwsem;
	struct srcu_struct srcu;
	struct percpu_ref ref;
	u8 buffer[128];
};

/**
 * struct floor - what an open uverbs file would own
 * @lock: serialises the calls with each other and with the removal of the device
 * @dev: the device served; NULL after it went away
 * @bundle: what a driver finds its ucontext and its part of the user's buffers through
 * @ucontext: the user context all objects belong to
 * @ucontext_cg: charge of @ucontext
 * @uobject: the uobject of all objects
 * @base_pd: PD of everything but the PD pair
 * @base_cq: CQ of the QPs
 * @base_qp: QP that is modified, queried and rung
 * @pd: PD under test; likewise @ah, @mr, @cq and @qp
 * @cg: charge of the object under test; nothing else is charged per object, so one is enough
 * @gid: the device's own address, where @base_qp and the AH point
 * @parts: state of the building blocks
 */
struct floor {
	struct mutex lock;
	struct ib_device *dev;
	struct uverbs_attr_bundle *bundle;
	struct ib_ucontext *ucontext;
	struct ib_rdmacg_object ucontext_cg;
	union floor_uobject uobject;
	struct ib_pd *base_pd;
	struct ib_cq *base_cq;
	struct ib_qp *base_qp;
	struct ib_pd *pd;
	struct ib_ah *ah;
	struct ib_mr *mr;
	struct ib_cq *cq;
	struct ib_qp *qp;
	struct ib_rdmacg_object cg;
	union ib_gid gid;
	struct floor_parts parts;
};

static uint gid_index = 1;
module_param(gid_index, uint, 0444);
MODULE_PARM_DESC(gid_index, "GID of port 1 that the AH and the QP use, source and destination");

/* Guards floor_dev and floor_open; nests outside struct floor's lock. */
static DEFINE_MUTEX(floor_mutex);
static struct ib_device *floor_dev;
static struct floor *floor_open;

static struct ib_udata *floor_udata(struct floor *f, unsigned long out, size_t outlen)
{
	struct ib_udata *udata = &f->bundle->driver_udata;

	udata->outbuf = (void __user *)out;
	udata->outlen = outlen;
	return udata;
}

static int floor_charge(struct floor *f)
{
	return ib_rdmacg_try_charge(&f->cg, f->dev, RDMACG_RESOURCE_HCA_OBJECT);
}

static void floor_uncharge(struct floor *f)
{
	ib_rdmacg_uncharge(&f->cg, f->dev, RDMACG_RESOURCE_HCA_OBJECT);
}

static struct ib_pd *floor_pd_create(struct floor *f)
{
	struct ib_pd *pd;
	int ret;

	pd = rdma_zalloc_drv_obj(f->dev, ib_pd);
	if (!pd)
		return ERR_PTR(-ENOMEM);
	pd->device = f->dev;
	pd->uobject = &f->uobject.uobject;
	atomic_set(&pd->usecnt, 0);
	rdma_restrack_new(&pd->res, RDMA_RESTRACK_PD);
	rdma_restrack_set_name(&pd->res, NULL);
	ret = f->dev->ops.alloc_pd(pd, floor_udata(f, 0, 0));
	if (ret) {
		rdma_restrack_put(&pd->res);
		kfree(pd);
		return ERR_PTR(ret);
	}
	rdma_restrack_add(&pd->res);
	return pd;
}

static int floor_pd_destroy(struct floor *f, struct ib_pd *pd)
{
	return ib_dealloc_pd_user(pd, floor_udata(f, 0, 0));
}

static void floor_ah_attr(struct floor *f, struct rdma_ah_attr *attr)
{
	memset(attr, 0, sizeof(*attr));
	attr->type = RDMA_AH_ATTR_TYPE_ROCE;
	rdma_ah_set_port_num(attr, 1);
	rdma_ah_set_grh(attr, NULL, 0, gid_index, 1, 0);
	attr->grh.dgid = f->gid;
}

static struct ib_ah *floor_ah_create(struct floor *f, unsigned long out)
{
	struct ib_udata *udata = floor_udata(f, out, sizeof(struct rxe_create_ah_resp));
	struct rdma_ah_attr attr;
	struct ib_ah *ah;

	floor_ah_attr(f, &attr);
	ah = rdma_create_user_ah(f->base_pd, &attr, udata);
	if (!IS_ERR(ah))
		ah->uobject = &f->uobject.uobject;
	return ah;
}

static int floor_ah_destroy(struct floor *f, struct ib_ah *ah)
{
	return rdma_destroy_ah_user(ah, RDMA_DESTROY_AH_SLEEPABLE, floor_udata(f, 0, 0));
}

static struct ib_mr *floor_mr_create(struct floor *f, unsigned long addr)
{
	struct ib_pd *pd = f->base_pd;
	struct ib_mr *mr;

	mr = floor_ops_reg_user_mr(pd, addr, IB_ACCESS_LOCAL_WRITE, floor_udata(f, 0, 0));
	if (IS_ERR(mr))
		return mr;
	mr->device = pd->device;
	mr->pd = pd;
	mr->type = IB_MR_TYPE_USER;
	mr->dm = NULL;
	mr->sig_attrs = NULL;
	mr->uobject = &f->uobject.uobject;
	atomic_inc(&pd->usecnt);
	mr->iova = addr;
	mr->length = PAGE_SIZE;
	rdma_restrack_new(&mr->res, RDMA_RESTRACK_MR);
	rdma_restrack_set_name(&mr->res, NULL);
	rdma_restrack_add(&mr->res);
	return mr;
}

static int floor_mr_destroy(struct floor *f, struct ib_mr *mr)
{
	return ib_dereg_mr_user(mr, floor_udata(f, 0, 0));
}

static void floor_cq_event(struct ib_event *event, void *context)
{
}

static void floor_cq_completion(struct ib_cq *cq, void *context)
{
}

static struct ib_cq *floor_cq_create(struct floor *f, unsigned long out)
{
	struct ib_cq_init_attr attr = { .cqe = UVB_FLOOR_CQE };
	struct ib_cq *cq;
	int ret;

	cq = rdma_zalloc_drv_obj(f->dev, ib_cq);
	if (!cq)
		return ERR_PTR(-ENOMEM);
	cq->device = f->dev;
	cq->uobject = (struct ib_ucq_object *)&f->uobject;
	cq->comp_handler = floor_cq_completion;
	cq->event_handler = floor_cq_event;
	atomic_set(&cq->usecnt, 0);
	rdma_restrack_new(&cq->res, RDMA_RESTRACK_CQ);
	rdma_restrack_set_name(&cq->res, NULL);
	floor_udata(f, out, sizeof(struct rxe_create_cq_resp));
	ret = f->dev->ops.create_cq(cq, &attr, f->bundle);
	if (ret) {
		rdma_restrack_put(&cq->res);
		kfree(cq);
		return ERR_PTR(ret);
	}
	rdma_restrack_add(&cq->res);
	return cq;
}

static int floor_cq_destroy(struct floor *f, struct ib_cq *cq)
{
	return ib_destroy_cq_user(cq, floor_udata(f, 0, 0));
}

static void floor_qp_event(struct ib_event *event, void *context)
{
}

static struct ib_qp *floor_qp_create(struct floor *f, unsigned long out)
{
	struct ib_qp_init_attr attr = {
		.event_handler = floor_qp_event,
		.send_cq = f->base_cq,
		.recv_cq = f->base_cq,
		.cap = {
			.max_send_wr = UVB_FLOOR_WR,
			.max_recv_wr = UVB_FLOOR_WR,
			.max_send_sge = 1,
			.max_recv_sge = 1,
		},
		.sq_sig_type = IB_SIGNAL_REQ_WR,
		.qp_type = IB_QPT_RC,
	};
	struct ib_qp *qp;

	floor_udata(f, out, sizeof(struct rxe_create_qp_resp));
	qp = floor_create_qp_user(f, f->base_pd, &attr, (struct ib_uqp_object *)&f->uobject);
	if (!IS_ERR(qp))
		ib_qp_usecnt_inc(qp);
	return qp;
}

static int floor_qp_destroy(struct floor *f, struct ib_qp *qp)
{
	return ib_destroy_qp_user(qp, floor_udata(f, 0, 0));
}

/* The masks and values of uvb-bench's modify_qp. */
static int floor_qp_modify(struct floor *f, enum ib_qp_state state)
{
	struct ib_qp_attr attr = { .qp_state = state };
	int mask = IB_QP_STATE;

	switch (state) {
	case IB_QPS_RESET:
		break;
	case IB_QPS_INIT:
		mask |= IB_QP_PKEY_INDEX | IB_QP_PORT | IB_QP_ACCESS_FLAGS;
		attr.port_num = 1;
		break;
	case IB_QPS_RTR:
		mask |= IB_QP_AV | IB_QP_PATH_MTU | IB_QP_DEST_QPN | IB_QP_RQ_PSN |
			IB_QP_MAX_DEST_RD_ATOMIC | IB_QP_MIN_RNR_TIMER;
		floor_ah_attr(f, &attr.ah_attr);
		attr.path_mtu = IB_MTU_1024;
		attr.dest_qp_num = f->base_qp->qp_num;
		attr.max_dest_rd_atomic = 1;
		attr.min_rnr_timer = 12;
		break;
	case IB_QPS_RTS:
		mask |= IB_QP_TIMEOUT | IB_QP_RETRY_CNT | IB_QP_RNR_RETRY | IB_QP_SQ_PSN |
			IB_QP_MAX_QP_RD_ATOMIC;
		attr.timeout = 14;
		attr.retry_cnt = 7;
		attr.rnr_retry = 7;
		attr.max_rd_atomic = 1;
		break;
	default:
		return -EINVAL;
	}
	return ib_modify_qp_with_udata(f->base_qp, &attr, mask, floor_udata(f, 0, 0));
}

static int floor_query_port(struct floor *f)
{
	struct ib_port_attr attr;

	return ib_query_port(f->dev, 1, &attr);
}

static int floor_qp_query(struct floor *f)
{
	struct ib_qp_init_attr init_attr;
	struct ib_qp_attr attr;

	return ib_query_qp(f->base_qp, &attr, IB_QP_STATE | IB_QP_CAP, &init_attr);
}

static int floor_post_send(struct floor *f)
{
	const struct ib_send_wr *bad_wr;

	return f->base_qp->device->ops.post_send(f->base_qp, NULL, &bad_wr);
}

/* One building block, once. An unknown number does nothing: the empty loop. */
static int floor_part(struct floor *f, struct floor_parts *p, int part, void __user *user)
{
	void *memory;
	int ret = 0;
	u32 id;

	switch (part) {
	case UVB_FLOOR_PART_COPY_24:
		return copy_from_user(p->buffer, user, 24) ? -EFAULT : 0;
	case UVB_FLOOR_PART_COPY_128:
		return copy_from_user(p->buffer, user, 128) ? -EFAULT : 0;
	case UVB_FLOOR_PART_COPY_OUT_128:
		return copy_to_user(user, p->buffer, 128) ? -EFAULT : 0;
	case UVB_FLOOR_PART_PUT_USER:
		return put_user(1, (u32 __user *)user);
	case UVB_FLOOR_PART_KZALLOC_96:
		memory = kzalloc(96, GFP_KERNEL);
		ret = memory ? 0 : -ENOMEM;
		kfree(memory);
		return ret;
	case UVB_FLOOR_PART_KZALLOC_216:
		memory = kzalloc(216, GFP_KERNEL);
		ret = memory ? 0 : -ENOMEM;
		kfree(memory);
		return ret;
	case UVB_FLOOR_PART_KMALLOC_1200:
		memory = kmalloc(1200, GFP_KERNEL);
		ret = memory ? 0 : -ENOMEM;
		kfree(memory);
		return ret;
	case UVB_FLOOR_PART_XA_STORE:
		ret = xa_err(xa_store(&p->xa, 2, p, GFP_KERNEL));
		xa_erase(&p->xa, 2);
		return ret;
	case UVB_FLOOR_PART_XA_ALLOC:
		ret = xa_alloc(&p->xa_alloc, &id, p, xa_limit_32b, GFP_KERNEL);
		if (!ret)
			xa_erase(&p->xa_alloc, id);
		return ret;
	case UVB_FLOOR_PART_XA_LOAD:
		return xa_load(&p->xa, 1) ? 0 : -ENOENT;
	case UVB_FLOOR_PART_RADIX_LOOKUP:
		rcu_read_lock();
		ret = radix_tree_lookup(&p->radix, 0xffff) ? 0 : -ENOENT;
		rcu_read_unlock();
		return ret;
	case UVB_FLOOR_PART_KREF:
		ret = kref_get_unless_zero(&p->kref) ? 0 : -ENOENT;
		refcount_dec(&p->kref.refcount);
		return ret;
	case UVB_FLOOR_PART_SPIN_IRQ:
		spin_lock_irq(&p->lock);
		spin_unlock_irq(&p->lock);
		return 0;
	case UVB_FLOOR_PART_RWSEM:
		ret = down_read_trylock(&p->rwsem) ? 0 : -EBUSY;
		if (!ret)
			up_read(&p->rwsem);
		return ret;
	case UVB_FLOOR_PART_SRCU:
		ret = srcu_read_lock(&p->srcu);
		srcu_read_unlock(&p->srcu, ret);
		return 0;
	case UVB_FLOOR_PART_PERCPU_REF:
		ret = percpu_ref_tryget_live(&p->ref) ? 0 : -ENODEV;
		if (!ret)
			percpu_ref_put(&p->ref);
		return ret;
	case UVB_FLOOR_PART_RCU:
		rcu_read_lock();
		rcu_read_unlock();
		return 0;
	case UVB_FLOOR_PART_CGROUP:
		ret = floor_charge(f);
		if (!ret)
			floor_uncharge(f);
		return ret;
	case UVB_FLOOR_PART_RESTRACK:
		/* The context is tracked already; take it out and put it back, as a new object. */
		rdma_restrack_del(&f->ucontext->res);
		rdma_restrack_new(&f->ucontext->res, RDMA_RESTRACK_CTX);
		rdma_restrack_set_name(&f->ucontext->res, NULL);
		rdma_restrack_add(&f->ucontext->res);
		return 0;
	default:
		return 0;
	}
}

static int floor_part_loop(struct floor *f, int part)
{
	void __user *user = (void __user *)f->bundle->ucore.outbuf;
	int i, ret = 0;

	for (i = 0; i < UVB_FLOOR_PART_LOOPS && !ret; i++)
		ret = floor_part(f, &f->parts, part, user);
	return ret;
}

static int floor_setup(struct floor *f, unsigned long out)
{
	struct ib_pd *pd;
	struct ib_cq *cq;
	struct ib_qp *qp;

	if (f->base_qp)
		return -EBUSY;
	/* Where the building blocks copy from and to. */
	f->bundle->ucore.outbuf = (void __user *)out;
	if (!f->base_pd) {
		pd = floor_pd_create(f);
		if (IS_ERR(pd))
			return PTR_ERR(pd);
		f->base_pd = pd;
	}
	if (!f->base_cq) {
		cq = floor_cq_create(f, out);
		if (IS_ERR(cq))
			return PTR_ERR(cq);
		f->base_cq = cq;
	}
	qp = floor_qp_create(f, out);
	if (IS_ERR(qp))
		return PTR_ERR(qp);
	f->base_qp = qp;
	return 0;
}

/* An object under test is charged as it comes and uncharged as it goes; one of each at a time. */
#define floor_create(f, slot, call) ({				\
	typeof((f)->slot) floor_object;				\
	int floor_ret = (f)->slot ? -EBUSY : floor_charge(f);	\
								\
	if (!floor_ret) {					\
		floor_object = call;				\
		if (IS_ERR(floor_object)) {			\
			floor_ret = PTR_ERR(floor_object);	\
			floor_uncharge(f);			\
		} else {					\
			(f)->slot = floor_object;		\
		}						\
	}							\
	floor_ret;						\
})

#define floor_destroy(f, slot) ({					\
	int floor_ret = (f)->slot ? floor_##slot##_destroy(f, (f)->slot) : -ENOENT; \
									\
	if (!floor_ret) {						\
		(f)->slot = NULL;					\
		floor_uncharge(f);					\
	}								\
	floor_ret;							\
})

static long floor_call(struct floor *f, unsigned int cmd, unsigned long arg)
{
	if (!f->dev)
		return -EIO;
	if (!f->base_qp && cmd != UVB_FLOOR_IOCTL(UVB_FLOOR_SETUP))
		return -EINVAL;

	switch (cmd) {
	case UVB_FLOOR_IOCTL(UVB_FLOOR_NULL):
		return 0;
	case UVB_FLOOR_IOCTL(UVB_FLOOR_SETUP):
		return floor_setup(f, arg);
	case UVB_FLOOR_IOCTL(UVB_FLOOR_QUERY_PORT):
		return floor_query_port(f);
	case UVB_FLOOR_IOCTL(UVB_FLOOR_PD_CREATE):
		return floor_create(f, pd, floor_pd_create(f));
	case UVB_FLOOR_IOCTL(UVB_FLOOR_PD_DESTROY):
		return floor_destroy(f, pd);
	case UVB_FLOOR_IOCTL(UVB_FLOOR_AH_CREATE):
		return floor_create(f, ah, floor_ah_create(f, arg));
	case UVB_FLOOR_IOCTL(UVB_FLOOR_AH_DESTROY):
		return floor_destroy(f, ah);
	case UVB_FLOOR_IOCTL(UVB_FLOOR_MR_CREATE):
		return floor_create(f, mr, floor_mr_create(f, arg));
	case UVB_FLOOR_IOCTL(UVB_FLOOR_MR_DESTROY):
		return floor_destroy(f, mr);
	case UVB_FLOOR_IOCTL(UVB_FLOOR_CQ_CREATE):
		return floor_create(f, cq, floor_cq_create(f, arg));
	case UVB_FLOOR_IOCTL(UVB_FLOOR_CQ_DESTROY):
		return floor_destroy(f, cq);
	case UVB_FLOOR_IOCTL(UVB_FLOOR_QP_CREATE):
		return floor_create(f, qp, floor_qp_create(f, arg));
	case UVB_FLOOR_IOCTL(UVB_FLOOR_QP_DESTROY):
		return floor_destroy(f, qp);
	case UVB_FLOOR_IOCTL(UVB_FLOOR_QP_MODIFY):
		return floor_qp_modify(f, arg);
	case UVB_FLOOR_IOCTL(UVB_FLOOR_QP_QUERY):
		return floor_qp_query(f);
	case UVB_FLOOR_IOCTL(UVB_FLOOR_POST_SEND):
		return floor_post_send(f);
	case UVB_FLOOR_IOCTL(UVB_FLOOR_PART):
		return floor_part_loop(f, arg);
	default:
		return -ENOTTY;
	}
}

static long floor_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct floor *f = file->private_data;
	long ret;

	mutex_lock(&f->lock);
	ret = floor_call(f, cmd, arg);
	mutex_unlock(&f->lock);
	return ret;
}

static void floor_ref_release(struct percpu_ref *ref)
{
}

static int floor_parts_init(struct floor_parts *p)
{
	int ret;

	xa_init(&p->xa);
	xa_init_flags(&p->xa_alloc, XA_FLAGS_ALLOC);
	INIT_RADIX_TREE(&p->radix, GFP_KERNEL);
	kref_init(&p->kref);
	spin_lock_init(&p->lock);
	init_rwsem(&p->rwsem);
	/* A lone entry at 0 would sit in the root and make every lookup look cheap. */
	ret = xa_err(xa_store(&p->xa, 1, p, GFP_KERNEL));
	if (ret)
		return ret;
	ret = radix_tree_insert(&p->radix, 0xffff, p);
	if (ret)
		goto err_xa;
	ret = init_srcu_struct(&p->srcu);
	if (ret)
		goto err_radix;
	ret = percpu_ref_init(&p->ref, floor_ref_release, 0, GFP_KERNEL);
	if (ret)
		goto err_srcu;
	return 0;

err_srcu:
	cleanup_srcu_struct(&p->srcu);
err_radix:
	radix_tree_delete(&p->radix, 0xffff);
err_xa:
	xa_destroy(&p->xa);
	return ret;
}

static void floor_parts_exit(struct floor_parts *p)
{
	percpu_ref_exit(&p->ref);
	cleanup_srcu_struct(&p->srcu);
	radix_tree_delete(&p->radix, 0xffff);
	xa_destroy(&p->xa);
	xa_destroy(&p->xa_alloc);
}

static int floor_ucontext_create(struct floor *f)
{
	struct ib_ucontext *ucontext;
	int ret;

	ucontext = rdma_zalloc_drv_obj(f->dev, ib_ucontext);
	if (!ucontext)
		return -ENOMEM;
	ucontext->device = f->dev;
	xa_init_flags(&ucontext->mmap_xa, XA_FLAGS_ALLOC);
	rdma_restrack_new(&ucontext->res, RDMA_RESTRACK_CTX);
	rdma_restrack_set_name(&ucontext->res, NULL);
	ret = ib_rdmacg_try_charge(&f->ucontext_cg, f->dev, RDMACG_RESOURCE_HCA_HANDLE);
	if (ret)
		goto err_free;
	ret = f->dev->ops.alloc_ucontext(ucontext, floor_udata(f, 0, 0));
	if (ret)
		goto err_uncharge;
	rdma_restrack_add(&ucontext->res);
	f->ucontext = ucontext;
	f->bundle->context = ucontext;
	f->uobject.uobject.context = ucontext;
	return 0;

err_uncharge:
	ib_rdmacg_uncharge(&f->ucontext_cg, f->dev, RDMACG_RESOURCE_HCA_HANDLE);
err_free:
	rdma_restrack_put(&ucontext->res);
	kfree(ucontext);
	return ret;
}

/* Gives back everything the opener made on the device: at close, or when the device goes away. */
static void floor_withdraw(struct floor *f)
{
	if (!f->dev)
		return;
	if (f->qp)
		floor_destroy(f, qp);
	if (f->cq)
		floor_destroy(f, cq);
	if (f->mr)
		floor_destroy(f, mr);
	if (f->ah)
		floor_destroy(f, ah);
	if (f->pd)
		floor_destroy(f, pd);
	if (f->base_qp)
		floor_qp_destroy(f, f->base_qp);
	if (f->base_cq)
		floor_cq_destroy(f, f->base_cq);
	if (f->base_pd)
		floor_pd_destroy(f, f->base_pd);
	rdma_restrack_del(&f->ucontext->res);
	f->dev->ops.dealloc_ucontext(f->ucontext);
	ib_rdmacg_uncharge(&f->ucontext_cg, f->dev, RDMACG_RESOURCE_HCA_HANDLE);
	kfree(f->ucontext);
	f->dev = NULL;
}

static int floor_fop_open(struct inode *inode, struct file *file)
{
	struct floor *f;
	int ret;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	guard(mutex)(&floor_mutex);
	if (floor_open)
		return -EBUSY;
	if (!floor_dev)
		return -ENODEV;

	f = kzalloc(sizeof(*f), GFP_KERNEL);
	if (!f)
		return -ENOMEM;
	mutex_init(&f->lock);
	f->dev = floor_dev;
	f->bundle = kzalloc(sizeof(*f->bundle), GFP_KERNEL);
	if (!f->bundle) {
		ret = -ENOMEM;
		goto err_free;
	}
	ret = rdma_query_gid(f->dev, 1, gid_index, &f->gid);
	if (ret)
		goto err_bundle;
	ret = floor_parts_init(&f->parts);
	if (ret)
		goto err_bundle;
	ret = floor_ucontext_create(f);
	if (ret)
		goto err_parts;
	floor_open = f;
	file->private_data = f;
	return 0;

err_parts:
	floor_parts_exit(&f->parts);
err_bundle:
	kfree(f->bundle);
err_free:
	kfree(f);
	return ret;
}

static int floor_fop_release(struct inode *inode, struct file *file)
{
	struct floor *f = file->private_data;

	guard(mutex)(&floor_mutex);
	floor_withdraw(f);
	floor_parts_exit(&f->parts);
	kfree(f->bundle);
	kfree(f);
	floor_open = NULL;
	return 0;
}

static const struct file_operations floor_fops = {
	.owner = THIS_MODULE,
	.open = floor_fop_open,
	.release = floor_fop_release,
	.unlocked_ioctl = floor_ioctl,
};

static struct miscdevice floor_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "uvb_floor",
	.fops = &floor_fops,
	.mode = 0600,
};

static int floor_client_add(struct ib_device *dev)
{
	if (dev->ops.driver_id != RDMA_DRIVER_RXE)
		return -EOPNOTSUPP;
	guard(mutex)(&floor_mutex);
	if (floor_dev)
		return -EBUSY;
	floor_dev = dev;
	return 0;
}

static void floor_client_remove(struct ib_device *dev, void *client_data)
{
	guard(mutex)(&floor_mutex);
	if (floor_dev != dev)
		return;
	floor_dev = NULL;
	if (floor_open) {
		guard(mutex)(&floor_open->lock);
		floor_withdraw(floor_open);
	}
}

static struct ib_client floor_client = {
	.name = "uvb_floor",
	.add = floor_client_add,
	.remove = floor_client_remove,
};

static int __init floor_init(void)
{
	int ret;

	ret = ib_register_client(&floor_client);
	if (ret)
		return ret;
	ret = misc_register(&floor_misc);
	if (ret)
		ib_unregister_client(&floor_client);
	return ret;
}

static void __exit floor_exit(void)
{
	misc_deregister(&floor_misc);
	ib_unregister_client(&floor_client);
}

module_init(floor_init);
module_exit(floor_exit);
MODULE_DESCRIPTION("In-kernel floor of the uverbs ABI, for uvb-bench");
MODULE_LICENSE("Dual BSD/GPL");
