// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * QPs that a driver serves directly (uverbs_bpf_driver.h): behind the handle
 * is the driver's own struct, and no struct ib_qp. What ib_core does for a
 * QP between the system call and the driver is done here: the objects it is
 * made of are counted as used, a GID is held as long as a path starts from
 * it, changes of state are checked and come one after the other.
 *
 * Such a handle has @direct set, and only calls whose row of the schema says
 * UVB_DIRECT get it, see uvb_handle_get().
 */
#include "../ext.h"
#include "qp.h"
#include "route.h"

#include <rdma/ib_cache.h>

/* Bit of uverbs_bpf_qp.flags: somebody changes or asks the QP. */
#define UVB_DIRECT_BUSY		0

static const struct uverbs_bpf_qp_ops *uvb_direct_qp_ops(const struct uverbs_attr_bundle *bundle)
{
	return uvb_file_device(uvb_bundle_file(bundle))->api.direct->qp;
}

/* A lock of the size a debugging kernel has for it would not fit. */
static int uvb_direct_lock(struct uverbs_bpf_qp *qp)
{
	return wait_on_bit_lock(&qp->flags, UVB_DIRECT_BUSY, TASK_KILLABLE) ? -EINTR : 0;
}

static void uvb_direct_unlock(struct uverbs_bpf_qp *qp)
{
	clear_and_wake_up_bit(UVB_DIRECT_BUSY, &qp->flags);
}

/**
 * uverbs_bpf_qp_event() - report an asynchronous event of a QP
 * @qp: the QP, not destroyed yet
 * @type: which
 *
 * Context: any.
 */
void uverbs_bpf_qp_event(struct uverbs_bpf_qp *qp, enum ib_event_type type)
{
	uvb_event_source_report(container_of((struct uvb_handle *)qp->handle,
					     struct uvb_event_source, handle), type);
}
EXPORT_SYMBOL_GPL(uverbs_bpf_qp_event);

/* ---- create and destroy ---- */

static int uvb_direct_check_create(struct uverbs_attr_bundle *bundle,
				   const struct ib_qp_init_attr *attr)
{
	switch (attr->qp_type) {
	case IB_QPT_RC:
	case IB_QPT_UC:
	case IB_QPT_UD:
	case IB_QPT_DRIVER:
		break;
	default:
		return uvb_refuse(bundle, -EOPNOTSUPP, UVERBS_ATTR_CREATE_QP_TYPE,
				  "QP_CREATE: this device's driver serves QPs directly, RC, UC, UD and its own, not type %u",
				  attr->qp_type);
	}
	if (attr->rwq_ind_tbl)
		return uvb_refuse(bundle, -EOPNOTSUPP, UVERBS_ATTR_CREATE_QP_IND_TABLE_HANDLE,
				  "QP_CREATE: this device's driver serves QPs directly, without tables of work queues");
	return 0;
}

static void uvb_direct_use(const struct uverbs_bpf_qp *qp, int n)
{
	atomic_add(n, &qp->pd->usecnt);
	atomic_add(n, &qp->send_cq->usecnt);
	atomic_add(n, &qp->recv_cq->usecnt);
	if (qp->srq)
		atomic_add(n, &qp->srq->usecnt);
}

/**
 * uvb_direct_qp_create() - make the driver's own QP behind a handle
 * @bundle: the call
 * @handle: new, with its source of events
 * @pd: its protection domain
 * @attr: what the driver gets; its cap holds what was granted afterwards
 *
 * Return: 0 or a negative errno.
 */
int uvb_direct_qp_create(struct uverbs_attr_bundle *bundle, struct uvb_handle *handle,
			 struct ib_pd *pd, struct ib_qp_init_attr *attr)
{
	const struct uverbs_bpf_qp_ops *ops = uvb_direct_qp_ops(bundle);
	struct uverbs_bpf_qp *qp;
	int ret;

	ret = uvb_direct_check_create(bundle, attr);
	if (ret)
		return ret;
	qp = kzalloc(ops->size, GFP_KERNEL);
	if (!qp)
		return -ENOMEM;
	qp->device = handle->context->device;
	qp->pd = pd;
	qp->send_cq = attr->send_cq;
	qp->recv_cq = attr->recv_cq;
	qp->srq = attr->srq;
	qp->type = attr->qp_type;
	qp->state = IB_QPS_RESET;
	qp->handle = handle;
	ret = ops->create(qp, attr, &bundle->driver_udata);
	if (ret) {
		kfree(qp);
		return ret;
	}
	uvb_direct_use(qp, 1);
	handle->direct = true;
	handle->object = qp;
	return 0;
}

void uvb_direct_qp_destroy(struct uverbs_attr_bundle *bundle, struct uverbs_bpf_qp *qp)
{
	uvb_direct_qp_ops(bundle)->destroy(qp);
	uvb_direct_use(qp, -1);
	if (qp->sgid_attr)
		rdma_put_gid_attr(qp->sgid_attr);
	kfree(qp);
}

/* ---- modify ---- */

/* The GID a path starts from, held, and where its first packet goes. */
static int uvb_direct_path(struct uverbs_attr_bundle *bundle, const struct uverbs_bpf_qp *qp,
			   struct rdma_ah_attr *ah)
{
	const struct ib_gid_attr *sgid;
	int ret = 0;

	if (!(rdma_ah_get_ah_flags(ah) & IB_AH_GRH))
		return ah->type == RDMA_AH_ATTR_TYPE_ROCE ?
			uvb_refuse(bundle, -EINVAL, UVERBS_BPF_ATTR_NONE,
				   "path: RoCE wants a global route") : 0;
	sgid = rdma_get_gid_attr(qp->device, rdma_ah_get_port_num(ah), ah->grh.sgid_index);
	if (IS_ERR(sgid))
		return uvb_refuse(bundle, PTR_ERR(sgid), UVERBS_BPF_ATTR_NONE,
				  "path: port %u has no GID at index %u",
				  rdma_ah_get_port_num(ah), ah->grh.sgid_index);
	ah->grh.sgid_attr = sgid;
	if (ah->type == RDMA_AH_ATTR_TYPE_ROCE)
		ret = uvb_route_find(ah);
	if (ret) {
		ah->grh.sgid_attr = NULL;
		rdma_put_gid_attr(sgid);
		return uvb_refuse(bundle, ret, UVERBS_BPF_ATTR_NONE,
				  "path: there is no way to the destination (%d)", ret);
	}
	return 0;
}

static int uvb_direct_check(struct uverbs_attr_bundle *bundle, const struct uverbs_bpf_qp *qp,
			    const struct ib_qp_attr *attr, int mask)
{
	enum ib_qp_state cur = READ_ONCE(qp->state);
	enum ib_qp_state next = mask & IB_QP_STATE ? attr->qp_state : cur;

	if (mask & (IB_QP_ALT_PATH | IB_QP_PATH_MIG_STATE))
		return uvb_refuse(bundle, -EOPNOTSUPP, UVERBS_BPF_ATTR_NONE,
				  "QP: this device's driver serves QPs directly, without alternate paths");
	if (mask & IB_QP_CUR_STATE && attr->cur_qp_state != cur)
		return uvb_refuse(bundle, -EINVAL, UVERBS_BPF_ATTR_QP_CUR_STATE,
				  "CUR_STATE: %s, the QP is in %s",
				  uvb_qp_state_name(attr->cur_qp_state), uvb_qp_state_name(cur));
	/* What the driver's own type goes through is the driver's business. */
	if (qp->type == IB_QPT_DRIVER || ib_modify_qp_is_ok(cur, next, qp->type, mask))
		return 0;
	return uvb_qp_explain_change(bundle, cur, next, qp->type, mask);
}

/* What the QP is from now on; the references of a path pass to it. */
static void uvb_direct_modified(struct uverbs_bpf_qp *qp, struct ib_qp_attr *attr, int mask)
{
	bool reset = mask & IB_QP_STATE && attr->qp_state == IB_QPS_RESET;

	if (mask & IB_QP_AV || reset)
		swap(qp->sgid_attr, attr->ah_attr.grh.sgid_attr);
	if (mask & IB_QP_PORT)
		qp->port = attr->port_num;
	if (reset)
		qp->port = 0;
	if (mask & IB_QP_STATE)
		WRITE_ONCE(qp->state, attr->qp_state);
}

static int uvb_direct_modify_locked(struct uverbs_attr_bundle *bundle, struct uverbs_bpf_qp *qp,
				    struct ib_qp_attr *attr, int mask)
{
	const struct uvb_qp_facts facts = uvb_qp_facts(qp->handle);
	/* Of the call, which lends it: not for us to keep or put, and there for a further step. */
	const struct ib_gid_attr *lent = attr->ah_attr.grh.sgid_attr;
	int ret;

	ret = uvb_qp_check_attr(bundle, &facts, attr, &mask);
	if (!ret)
		ret = uvb_direct_check(bundle, qp, attr, mask);
	if (!ret && uvb_ext_hooked(bundle))
		ret = uvb_qp_modify_before(bundle, &facts, attr, mask);
	if (ret)
		return ret;
	attr->ah_attr.grh.sgid_attr = NULL;
	if (mask & IB_QP_AV) {
		ret = uvb_direct_path(bundle, qp, &attr->ah_attr);
		if (ret)
			return ret;
	}
	ret = uvb_direct_qp_ops(bundle)->modify(qp, attr, mask, &bundle->driver_udata);
	if (!ret)
		uvb_direct_modified(qp, attr, mask);
	/* The new one if that failed, else the old one. */
	if (attr->ah_attr.grh.sgid_attr)
		rdma_put_gid_attr(attr->ah_attr.grh.sgid_attr);
	attr->ah_attr.grh.sgid_attr = lent;
	return ret;
}

/**
 * uvb_direct_qp_modify() - change a QP, with the checks of what a caller passed
 * @bundle: the call
 * @qp: the QP
 * @attr: what to change; its path may be changed
 * @mask: which of it, IB_QP_*
 *
 * Return: 0 or why not.
 */
int uvb_direct_qp_modify(struct uverbs_attr_bundle *bundle, struct uverbs_bpf_qp *qp,
			 struct ib_qp_attr *attr, int mask)
{
	int ret;

	ret = uvb_direct_lock(qp);
	if (ret)
		return ret;
	ret = uvb_direct_modify_locked(bundle, qp, attr, mask);
	uvb_direct_unlock(qp);
	return ret;
}

/* ---- query ---- */

int uvb_direct_qp_query(struct uverbs_attr_bundle *bundle, struct uverbs_bpf_qp *qp,
			struct ib_qp_attr *attr, int mask, struct ib_qp_init_attr *init)
{
	int ret;

	ret = uvb_direct_lock(qp);
	if (ret)
		return ret;
	attr->port_num = qp->port;
	if (qp->port) {
		attr->ah_attr.type = rdma_ah_find_type(qp->device, qp->port);
		rdma_ah_set_port_num(&attr->ah_attr, qp->port);
	}
	init->qp_type = qp->type;
	init->send_cq = qp->send_cq;
	init->recv_cq = qp->recv_cq;
	init->srq = qp->srq;
	ret = uvb_direct_qp_ops(bundle)->query(qp, attr, mask, init);
	/* Last, for the driver may have found it changed. */
	attr->qp_state = READ_ONCE(qp->state);
	attr->cur_qp_state = attr->qp_state;
	uvb_direct_unlock(qp);
	return ret;
}
