// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Queue pairs, and multicast groups and flow rules on them.
 */
#include <linux/log2.h>
#include <linux/slab.h>

#include "fake.h"

struct fake_flow {
	struct ib_flow ib;
	struct fake_object object;
};

static u32 fake_round(u32 n)
{
	return n ? roundup_pow_of_two(n) : 0;
}

static int fake_check_qp(struct fake_device *dev, const struct ib_qp_init_attr *init)
{
	const struct ib_qp_cap *cap = &init->cap;

	switch (init->qp_type) {
	case IB_QPT_RC:
	case IB_QPT_UC:
	case IB_QPT_UD:
	case IB_QPT_XRC_INI:
	case IB_QPT_XRC_TGT:
	case IB_QPT_DRIVER:
		break;
	case IB_QPT_RAW_PACKET:
		if (dev->ethernet)
			break;
		fallthrough;
	default:
		return -EOPNOTSUPP;
	}
	if (cap->max_send_wr > FAKE_MAX_WR || cap->max_recv_wr > FAKE_MAX_WR ||
	    cap->max_send_sge > FAKE_MAX_SGE || cap->max_recv_sge > FAKE_MAX_SGE ||
	    cap->max_inline_data > FAKE_MAX_INLINE)
		return -EINVAL;
	return 0;
}

static int fake_create_qp(struct ib_qp *ib, struct ib_qp_init_attr *init, struct ib_udata *udata)
{
	struct fake_qp *qp = to_fake_qp(ib);
	struct fake_device *dev = to_fake(ib->device);
	struct ib_qp_cap *cap = &init->cap;
	bool receives = !init->srq && !init->rwq_ind_tbl && init->qp_type != IB_QPT_XRC_INI &&
			init->qp_type != IB_QPT_XRC_TGT;
	int ret = fake_call(dev, FAKE_OP_create_qp);

	if (ret)
		return ret;
	fake_note(dev, FAKE_OP_create_qp, udata,
		  "type %d flags %#x sig %d port %u source %#x cap %u %u %u %u %u pd %d scq %#x rcq %#x srq %#x xrcd %d ind_tbl %#x",
		  init->qp_type, init->create_flags, init->sq_sig_type, init->port_num,
		  init->source_qpn, cap->max_send_wr, cap->max_recv_wr, cap->max_send_sge,
		  cap->max_recv_sge, cap->max_inline_data, !!ib->pd,
		  init->send_cq ? to_fake_cq(init->send_cq)->object.number : 0,
		  init->recv_cq ? to_fake_cq(init->recv_cq)->object.number : 0,
		  init->srq ? to_fake_srq(init->srq)->object.number : 0, !!init->xrcd,
		  init->rwq_ind_tbl ? init->rwq_ind_tbl->ind_tbl_num : 0);
	ret = fake_check_qp(dev, init);
	if (ret)
		return ret;
	cap->max_send_wr = fake_round(cap->max_send_wr);
	cap->max_recv_wr = receives ? fake_round(cap->max_recv_wr) : 0;
	spin_lock_init(&qp->lock);
	qp->init = *init;
	qp->attr.qp_state = IB_QPS_RESET;
	qp->attr.cap = *cap;
	ret = fake_rq_init(&qp->rq, cap->max_recv_wr, cap->max_recv_sge);
	if (ret)
		return ret;
	ret = fake_object_add(dev, FAKE_KIND_qp, &qp->object);
	if (ret)
		goto err;
	ib->qp_num = qp->object.number;
	ret = fake_respond(udata, qp->object.number);
	if (!ret)
		ret = fake_attrs(udata);
	if (ret)
		goto err_object;
	return 0;

err_object:
	fake_object_remove(dev, FAKE_KIND_qp, &qp->object);
err:
	fake_rq_destroy(&qp->rq);
	return ret;
}

static int fake_destroy_qp(struct ib_qp *ib, struct ib_udata *udata)
{
	struct fake_qp *qp = to_fake_qp(ib);
	struct fake_device *dev = to_fake(ib->device);
	int ret = fake_call(dev, FAKE_OP_destroy_qp);

	if (ret)
		return ret;
	fake_note(dev, FAKE_OP_destroy_qp, NULL, "qp %#x", qp->object.number);
	fake_object_remove(dev, FAKE_KIND_qp, &qp->object);
	if (qp->init.send_cq)
		fake_cq_forget(qp->init.send_cq, ib);
	if (qp->init.recv_cq && qp->init.recv_cq != qp->init.send_cq)
		fake_cq_forget(qp->init.recv_cq, ib);
	fake_rq_destroy(&qp->rq);
	return 0;
}

/* The scalar attributes: the mask's bit, and the member. */
#define FAKE_QP_ATTRS(X) \
	X(IB_QP_EN_SQD_ASYNC_NOTIFY, en_sqd_async_notify) \
	X(IB_QP_ACCESS_FLAGS, qp_access_flags) \
	X(IB_QP_PKEY_INDEX, pkey_index) \
	X(IB_QP_PORT, port_num) \
	X(IB_QP_QKEY, qkey) \
	X(IB_QP_PATH_MTU, path_mtu) \
	X(IB_QP_TIMEOUT, timeout) \
	X(IB_QP_RETRY_CNT, retry_cnt) \
	X(IB_QP_RNR_RETRY, rnr_retry) \
	X(IB_QP_RQ_PSN, rq_psn) \
	X(IB_QP_MAX_QP_RD_ATOMIC, max_rd_atomic) \
	X(IB_QP_ALT_PATH, alt_pkey_index) \
	X(IB_QP_ALT_PATH, alt_port_num) \
	X(IB_QP_ALT_PATH, alt_timeout) \
	X(IB_QP_MIN_RNR_TIMER, min_rnr_timer) \
	X(IB_QP_SQ_PSN, sq_psn) \
	X(IB_QP_MAX_DEST_RD_ATOMIC, max_dest_rd_atomic) \
	X(IB_QP_PATH_MIG_STATE, path_mig_state) \
	X(IB_QP_DEST_QPN, dest_qp_num) \
	X(IB_QP_RATE_LIMIT, rate_limit)

static void fake_note_modify(struct fake_device *dev, struct fake_qp *qp,
			     const struct ib_qp_attr *attr, int mask, struct ib_udata *udata)
{
	char buf[FAKE_PATH_SIZE], text[320] = "";
	int length = 0;

	if (!READ_ONCE(dev->slot->recording))
		return;
	if (mask & IB_QP_STATE)
		length += scnprintf(text + length, sizeof(text) - length, " state %d",
				    attr->qp_state);
	if (mask & IB_QP_CUR_STATE)
		length += scnprintf(text + length, sizeof(text) - length, " cur_state %d",
				    attr->cur_qp_state);
#define FAKE_NOTE_ATTR(bit, member) \
	if (mask & (bit)) \
		length += scnprintf(text + length, sizeof(text) - length, " " #member " %#x", \
				    (u32)attr->member);
	FAKE_QP_ATTRS(FAKE_NOTE_ATTR)
#undef FAKE_NOTE_ATTR
	fake_note(dev, FAKE_OP_modify_qp, udata, "qp %#x mask %#x%s", qp->object.number, mask, text);
	if (mask & IB_QP_AV)
		fake_note(dev, FAKE_OP_modify_qp, NULL, "path %s",
			  fake_path(&attr->ah_attr, buf, sizeof(buf)));
	if (mask & IB_QP_ALT_PATH)
		fake_note(dev, FAKE_OP_modify_qp, NULL, "alternate path %s",
			  fake_path(&attr->alt_ah_attr, buf, sizeof(buf)));
}

static void fake_reset_qp(struct fake_qp *qp)
{
	struct ib_qp_cap cap = qp->attr.cap;

	memset(&qp->attr, 0, sizeof(qp->attr));
	qp->attr.cap = cap;
	qp->rq.head = 0;
	qp->rq.count = 0;
}

static int fake_modify_qp(struct ib_qp *ib, struct ib_qp_attr *attr, int mask,
			  struct ib_udata *udata)
{
	struct fake_qp *qp = to_fake_qp(ib);
	struct fake_device *dev = to_fake(ib->device);
	enum ib_qp_state cur, next;
	int ret = fake_call(dev, FAKE_OP_modify_qp);

	if (ret)
		return ret;
	fake_note_modify(dev, qp, attr, mask, udata);
	if (mask & ~(IB_QP_ATTR_STANDARD_BITS | IB_QP_RATE_LIMIT))
		return -EOPNOTSUPP;
	ret = fake_respond(udata, qp->object.number);
	if (ret)
		return ret;
	spin_lock_irq(&qp->lock);
	cur = mask & IB_QP_CUR_STATE ? attr->cur_qp_state : qp->attr.qp_state;
	next = mask & IB_QP_STATE ? attr->qp_state : cur;
	/* What the driver's own type goes through is the driver's business. */
	if (ib->qp_type != IB_QPT_DRIVER &&
	    !ib_modify_qp_is_ok(cur, next, ib->qp_type, mask)) {
		spin_unlock_irq(&qp->lock);
		return -EINVAL;
	}
	if (next == IB_QPS_RESET)
		fake_reset_qp(qp);
	qp->attr.qp_state = next;
#define FAKE_SET_ATTR(bit, member) \
	if (mask & (bit)) \
		qp->attr.member = attr->member;
	FAKE_QP_ATTRS(FAKE_SET_ATTR)
#undef FAKE_SET_ATTR
	if (mask & IB_QP_AV)
		qp->attr.ah_attr = attr->ah_attr;
	if (mask & IB_QP_ALT_PATH)
		qp->attr.alt_ah_attr = attr->alt_ah_attr;
	spin_unlock_irq(&qp->lock);
	if (next == IB_QPS_ERR)
		fake_flush_qp(qp);
	return 0;
}

static int fake_query_qp(struct ib_qp *ib, struct ib_qp_attr *attr, int mask,
			 struct ib_qp_init_attr *init)
{
	struct fake_qp *qp = to_fake_qp(ib);
	struct fake_device *dev = to_fake(ib->device);
	int ret = fake_call(dev, FAKE_OP_query_qp);

	if (ret)
		return ret;
	fake_note(dev, FAKE_OP_query_qp, NULL, "qp %#x mask %#x", qp->object.number, mask);
	spin_lock_irq(&qp->lock);
	*attr = qp->attr;
	spin_unlock_irq(&qp->lock);
	attr->cur_qp_state = attr->qp_state;
	/* GIDs are held by ib_core for the QP, not for who asks. */
	attr->ah_attr.grh.sgid_attr = NULL;
	attr->alt_ah_attr.grh.sgid_attr = NULL;
	init->cap = attr->cap;
	init->qp_type = ib->qp_type;
	init->sq_sig_type = qp->init.sq_sig_type;
	init->create_flags = qp->init.create_flags;
	init->source_qpn = qp->init.source_qpn;
	init->send_cq = ib->send_cq;
	init->recv_cq = ib->recv_cq;
	init->srq = ib->srq;
	return 0;
}

/*
 * Multicast groups. Membership counts, nothing is delivered.
 */

static int fake_attach_mcast(struct ib_qp *ib, union ib_gid *gid, u16 lid)
{
	struct fake_device *dev = to_fake(ib->device);
	int ret = fake_call(dev, FAKE_OP_attach_mcast);

	if (ret)
		return ret;
	fake_note(dev, FAKE_OP_attach_mcast, NULL, "qp %#x gid %pI6c lid %#x", ib->qp_num, gid->raw,
		  lid);
	atomic_inc(&dev->slot->live[FAKE_KIND_mcast]);
	return 0;
}

static int fake_detach_mcast(struct ib_qp *ib, union ib_gid *gid, u16 lid)
{
	struct fake_device *dev = to_fake(ib->device);
	int ret = fake_call(dev, FAKE_OP_detach_mcast);

	if (ret)
		return ret;
	fake_note(dev, FAKE_OP_detach_mcast, NULL, "qp %#x gid %pI6c lid %#x", ib->qp_num, gid->raw,
		  lid);
	atomic_dec(&dev->slot->live[FAKE_KIND_mcast]);
	return 0;
}

/*
 * Flow rules.
 */

static void fake_note_flow(struct fake_device *dev, const struct ib_flow_attr *attr)
{
	const union ib_flow_spec *spec = attr->flows;
	int i;

	for (i = 0; i < attr->num_of_specs; i++) {
		const void *body = (const void *)spec + offsetofend(union ib_flow_spec, size);
		int length = spec->size - offsetofend(union ib_flow_spec, size);

		/* These two are pointers. */
		if (spec->type == IB_FLOW_SPEC_ACTION_HANDLE ||
		    spec->type == IB_FLOW_SPEC_ACTION_COUNT)
			length = 0;
		fake_note(dev, FAKE_OP_create_flow, NULL, "%d: type %#x size %u%s%*phN", i,
			  spec->type, spec->size, length ? " " : "", min(length, 64), body);
		spec = (const void *)spec + spec->size;
	}
}

/* Without its attributes, which methods of the driver's own do not have. */
struct ib_flow *fake_flow_new(struct fake_device *dev, struct ib_udata *udata)
{
	struct fake_flow *flow = kzalloc(sizeof(*flow), GFP_KERNEL);
	int ret;

	if (!flow)
		return ERR_PTR(-ENOMEM);
	ret = fake_object_add(dev, FAKE_KIND_flow, &flow->object);
	if (ret)
		goto err;
	ret = fake_respond(udata, flow->object.number);
	if (ret)
		goto err_object;
	return &flow->ib;

err_object:
	fake_object_remove(dev, FAKE_KIND_flow, &flow->object);
err:
	kfree(flow);
	return ERR_PTR(ret);
}

static struct ib_flow *fake_create_flow(struct ib_qp *ib, struct ib_flow_attr *attr,
					struct ib_udata *udata)
{
	struct fake_device *dev = to_fake(ib->device);
	int ret = fake_call(dev, FAKE_OP_create_flow);

	if (ret)
		return ERR_PTR(ret);
	fake_note(dev, FAKE_OP_create_flow, udata,
		  "qp %#x type %d priority %u flags %#x specs %u port %u", ib->qp_num, attr->type,
		  attr->priority, attr->flags, attr->num_of_specs, attr->port);
	fake_note_flow(dev, attr);
	return fake_flow_new(dev, udata);
}

static int fake_destroy_flow(struct ib_flow *ib)
{
	struct fake_flow *flow = container_of(ib, struct fake_flow, ib);
	struct fake_device *dev = to_fake(ib->device);
	int ret = fake_call(dev, FAKE_OP_destroy_flow);

	if (ret)
		return ret;
	fake_note(dev, FAKE_OP_destroy_flow, NULL, "flow %#x", flow->object.number);
	fake_object_remove(dev, FAKE_KIND_flow, &flow->object);
	kfree(flow);
	return 0;
}

/* Made by methods of the driver's own only. */
struct fake_flow_action *fake_flow_action_new(struct fake_device *dev)
{
	struct fake_flow_action *action = kzalloc(sizeof(*action), GFP_KERNEL);
	int ret;

	if (!action)
		return ERR_PTR(-ENOMEM);
	ret = fake_object_add(dev, FAKE_KIND_flow_action, &action->object);
	if (ret) {
		kfree(action);
		return ERR_PTR(ret);
	}
	return action;
}

static int fake_destroy_flow_action(struct ib_flow_action *ib)
{
	struct fake_flow_action *action = container_of(ib, struct fake_flow_action, ib);
	struct fake_device *dev = to_fake(ib->device);
	int ret = fake_call(dev, FAKE_OP_destroy_flow_action);

	if (ret)
		return ret;
	fake_note(dev, FAKE_OP_destroy_flow_action, NULL, "flow_action %#x",
		  action->object.number);
	fake_object_remove(dev, FAKE_KIND_flow_action, &action->object);
	kfree(action);
	return 0;
}

const struct ib_device_ops fake_qp_ops = {
	.create_qp = fake_create_qp,
	.modify_qp = fake_modify_qp,
	.query_qp = fake_query_qp,
	.destroy_qp = fake_destroy_qp,
	.attach_mcast = fake_attach_mcast,
	.detach_mcast = fake_detach_mcast,
	.create_flow = fake_create_flow,
	.destroy_flow = fake_destroy_flow,
	.destroy_flow_action = fake_destroy_flow_action,
	INIT_RDMA_OBJ_SIZE(ib_qp, fake_qp, ib),
};
