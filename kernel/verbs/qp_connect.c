// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * QP_CONNECT: RESET to RTS in one call. Everything that can be refused
 * without the driver is refused before the first step, and leaves the QP as it
 * was; what fails later puts the QP back to RESET.
 */
#include "../uvb.h"
#include "../ext.h"
#include "qp.h"

/* What the change from RESET to INIT takes. */
#define UVB_QP_INIT	(IB_QP_PKEY_INDEX | IB_QP_PORT | IB_QP_ACCESS_FLAGS)
/* What every QP with one peer takes on the way to RTR and to RTS. */
#define UVB_QP_RTR	(IB_QP_AV | IB_QP_PATH_MTU | IB_QP_DEST_QPN | IB_QP_RQ_PSN)
#define UVB_QP_RTS	IB_QP_SQ_PSN

/* A reliable QP that answers, and one that asks. */
#define UVB_QP_RESPONDER	(IB_QP_MAX_DEST_RD_ATOMIC | IB_QP_MIN_RNR_TIMER)
#define UVB_QP_REQUESTER	(IB_QP_RETRY_CNT | IB_QP_RNR_RETRY | IB_QP_MAX_QP_RD_ATOMIC)

/*
 * What a type takes (InfiniBand specification, volume 1, 11.2.5.2). An XRC QP
 * is one side of a connection; QP_MODIFY forgives the other side's attributes,
 * as it always has been. A new method need not.
 */
static const struct uvb_qp_rule {
	u8 type;
	int rtr;
	int rts;
} uvb_qp_rules[] = {
	{ IB_QPT_RC, UVB_QP_RTR | UVB_QP_RESPONDER,
	  UVB_QP_RTS | IB_QP_TIMEOUT | UVB_QP_REQUESTER },
	{ IB_QPT_UC, UVB_QP_RTR, UVB_QP_RTS },
	{ IB_QPT_XRC_INI, UVB_QP_RTR, UVB_QP_RTS | IB_QP_TIMEOUT | UVB_QP_REQUESTER },
	{ IB_QPT_XRC_TGT, UVB_QP_RTR | UVB_QP_RESPONDER, UVB_QP_RTS | IB_QP_TIMEOUT },
};

static const struct uvb_qp_rule *uvb_qp_rule(enum ib_qp_type type)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(uvb_qp_rules); i++) {
		if (uvb_qp_rules[i].type == type)
			return &uvb_qp_rules[i];
	}
	return NULL;
}

/* Fields of the connection, and the most a packet or a QP context holds of each. */
static const struct uvb_qp_limit {
	int bit;
	u8 offset;
	u8 size;
	u32 min;
	u32 max;
	const char *name;
} uvb_qp_limits[] = {
#define UVB_QP_LIMIT(_bit, _member, _min, _max)					\
	{ _bit, offsetof(struct ib_qp_attr, _member),					\
	  sizeof_field(struct ib_qp_attr, _member), _min, _max, #_member }
	UVB_QP_LIMIT(IB_QP_DEST_QPN, dest_qp_num, 0, 0xffffff),
	UVB_QP_LIMIT(IB_QP_RQ_PSN, rq_psn, 0, 0xffffff),
	UVB_QP_LIMIT(IB_QP_SQ_PSN, sq_psn, 0, 0xffffff),
	UVB_QP_LIMIT(IB_QP_PATH_MTU, path_mtu, IB_MTU_256, IB_MTU_4096),
	UVB_QP_LIMIT(IB_QP_TIMEOUT, timeout, 0, 31),
	UVB_QP_LIMIT(IB_QP_RETRY_CNT, retry_cnt, 0, 7),
	UVB_QP_LIMIT(IB_QP_RNR_RETRY, rnr_retry, 0, 7),
	UVB_QP_LIMIT(IB_QP_MIN_RNR_TIMER, min_rnr_timer, 0, 31),
	/* What the device can do is less, and the driver's to say. */
	UVB_QP_LIMIT(IB_QP_MAX_QP_RD_ATOMIC, max_rd_atomic, 0, U8_MAX),
	UVB_QP_LIMIT(IB_QP_MAX_DEST_RD_ATOMIC, max_dest_rd_atomic, 0, U8_MAX),
#undef UVB_QP_LIMIT
};

static u32 uvb_qp_limited(const struct ib_qp_attr *attr, const struct uvb_qp_limit *limit)
{
	const void *member = (const void *)attr + limit->offset;

	return limit->size == sizeof(u8) ? *(const u8 *)member : *(const u32 *)member;
}

/* Which field it is that is missing, out of place or out of range. */
static int uvb_qp_refuse_field(struct uverbs_attr_bundle *bundle, const struct ib_qp_attr *attr,
			       int given, int wanted)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(uvb_qp_limits); i++) {
		const struct uvb_qp_limit *limit = &uvb_qp_limits[i];
		u32 value = uvb_qp_limited(attr, limit);

		if ((given ^ wanted) & limit->bit)
			return uvb_refuse(bundle, -EINVAL, UVERBS_BPF_ATTR_QP_CONNECTION,
					  "QP_CONNECT: CONNECTION.%s: %s", limit->name,
					  wanted & limit->bit ? "missing" :
								"not of this type of QP");
		if (wanted & limit->bit && (value < limit->min || value > limit->max))
			return uvb_refuse(bundle, -EINVAL, UVERBS_BPF_ATTR_QP_CONNECTION,
					  "QP_CONNECT: CONNECTION.%s is %u, wants %u to %u",
					  limit->name, value, limit->min, limit->max);
	}
	return 0;
}

/*
 * What is not given is 0. One comparison for all that fits: calls are right
 * far more often than wrong, and the table is for the wrong ones.
 */
static int uvb_qp_connect_fields(struct uverbs_attr_bundle *bundle, const struct ib_qp_attr *attr,
				 int given, int wanted)
{
	u32 psns = attr->dest_qp_num | attr->rq_psn | attr->sq_psn;
	u32 codes = attr->timeout | attr->min_rnr_timer;
	u32 counts = attr->retry_cnt | attr->rnr_retry;

	if (likely(given == wanted && !(psns >> 24 | codes >> 5 | counts >> 3) &&
		   attr->path_mtu >= IB_MTU_256 && attr->path_mtu <= IB_MTU_4096))
		return 0;
	return uvb_qp_refuse_field(bundle, attr, given, wanted);
}

static int uvb_qp_connect_port(struct uverbs_attr_bundle *bundle, struct ib_device *ibdev,
			       struct ib_qp_attr *attr, int mask)
{
	u32 first = rdma_start_port(ibdev);

	if (!(mask & IB_QP_PORT)) {
		if (first != rdma_end_port(ibdev))
			return uvb_refuse(bundle, -EINVAL, UVERBS_BPF_ATTR_QP_PORT,
					  "QP_CONNECT: PORT: missing, %s has %u to %u",
					  ibdev->name, first, rdma_end_port(ibdev));
		attr->port_num = first;
	} else if (!rdma_is_port_valid(ibdev, attr->port_num)) {
		return uvb_refuse(bundle, -EINVAL, UVERBS_BPF_ATTR_QP_PORT,
				  "QP_CONNECT: PORT: %u, %s has %u to %u", attr->port_num,
				  ibdev->name, first, rdma_end_port(ibdev));
	}
	if (rdma_protocol_iwarp(ibdev, attr->port_num))
		return uvb_refuse(bundle, -EOPNOTSUPP, UVERBS_BPF_ATTR_NONE,
				  "QP_CONNECT: port %u is iWARP, where rdma_cm connects (rdma_connect() and rdma_accept())",
				  attr->port_num);
	return 0;
}

/**
 * uvb_qp_connect_check() - refuse what needs no driver to be refused
 * @bundle: the call
 * @qp: the QP
 * @attr: port and fields of the connection; gets the port if there is only one
 * @mask: which of them the caller gave, IB_QP_*
 *
 * Return: 0; -EINVAL; -EOPNOTSUPP on iWARP.
 */
int uvb_qp_connect_check(struct uverbs_attr_bundle *bundle, const struct uvb_qp_facts *qp,
			 struct ib_qp_attr *attr, int mask)
{
	const struct uvb_qp_rule *rule = uvb_qp_rule(qp->type);
	int ret;

	ret = uvb_qp_connect_port(bundle, qp->ibdev, attr, mask);
	if (ret)
		return ret;
	if (!rule)
		return uvb_refuse(bundle, -EINVAL, UVERBS_BPF_ATTR_QP_HANDLE,
				  "QP_CONNECT: a QP of type %u has no peer; RC, UC and XRC have",
				  qp->type);
	return uvb_qp_connect_fields(bundle, attr, mask & UVB_QP_CONNECTION_MASK,
				     (rule->rtr | rule->rts) & UVB_QP_CONNECTION_MASK);
}

static int uvb_qp_refuse_state(struct uverbs_attr_bundle *bundle, enum ib_qp_state now, int err)
{
	return uvb_refuse(bundle, err, UVERBS_BPF_ATTR_QP_HANDLE,
			  "QP_CONNECT: the QP is in %s, wants RESET or INIT",
			  uvb_qp_state_name(now));
}

/*
 * Why a step failed. From any state but RESET and INIT the first step is
 * illegal, and nothing has happened to the QP.
 */
static noinline_for_stack int uvb_qp_step_failed(struct uverbs_attr_bundle *bundle,
						 const struct uvb_qp_facts *qp,
						 const struct ib_qp_attr *attr,
						 enum ib_qp_state from, int mask, u16 path_id,
						 int err)
{
	enum ib_qp_state now;

	if (from == IB_QPS_RESET && uvb_error_wanted(uvb_call(bundle)) &&
	    !uvb_qp_state(qp, &now)) {
		if (now != IB_QPS_RESET && now != IB_QPS_INIT)
			return uvb_qp_refuse_state(bundle, now, err);
		from = now;
	}
	/* The first that finds a reason has the word. */
	if (qp->qp)
		uvb_qp_explain(bundle, qp->qp, attr, mask, err);
	/* Beside values it is the way to the peer, for which only a path can be to blame. */
	return uvb_refuse(bundle, err, mask & IB_QP_AV ? path_id : UVERBS_BPF_ATTR_NONE,
			  "QP %s to %s failed with %d%s", uvb_qp_state_name(from),
			  uvb_qp_state_name(attr->qp_state), err,
			  mask & IB_QP_AV ? ", there is no way to the destination of the path" : "");
}

static int uvb_qp_step(struct uverbs_attr_bundle *bundle, const struct uvb_qp_facts *qp,
		       struct ib_qp_attr *attr, enum ib_qp_state state, int mask, u16 path_id)
{
	enum ib_qp_state from = attr->qp_state;
	int ret;

	attr->qp_state = state;
	mask |= IB_QP_STATE;
	ret = uvb_qp_change(bundle, qp, attr, mask);
	return unlikely(ret) ?
		uvb_qp_step_failed(bundle, qp, attr, from, mask, path_id, ret) : 0;
}

/*
 * Any QP may go to RESET, whatever state it is in: a driver that refuses is broken. What a transport
 * keeps goes with what the QP was.
 */
static noinline_for_stack void uvb_qp_reset(struct uverbs_attr_bundle *bundle,
					    const struct uvb_qp_facts *qp)
{
	struct ib_qp_attr attr = { .qp_state = IB_QPS_RESET };

	if (uvb_qp_change(bundle, qp, &attr, IB_QP_STATE))
		ibdev_err_ratelimited(qp->ibdev, "QP %u: the driver does not reset it\n",
				      qp->qp ? qp->qp->qp_num : qp->direct->qp_num);
	else
		WRITE_ONCE(container_of(qp->handle, struct uvb_qp, source.handle)->transport, 0);
}

/* The first step failed: a QP that is in INIT got there before, and goes the way of the others. */
static noinline_for_stack void uvb_qp_not_begun(struct uverbs_attr_bundle *bundle,
						const struct uvb_qp_facts *qp)
{
	enum ib_qp_state now;

	if (!uvb_qp_state(qp, &now) && now == IB_QPS_INIT)
		uvb_qp_reset(bundle, qp);
}

/**
 * uvb_qp_connect() - take a QP from RESET, or INIT, to RTS
 * @bundle: the call
 * @qp: the QP
 * @attr: checked by uvb_qp_connect_check(), with a path; changed
 * @path_id: attribute the path came from, for messages
 *
 * Context: the caller has the QP to itself.
 *
 * Return: 0; or the error of the step that failed, and then the QP is in RESET, or untouched if
 * it was in another state than RESET and INIT.
 */
int uvb_qp_connect(struct uverbs_attr_bundle *bundle, const struct uvb_qp_facts *qp,
		   struct ib_qp_attr *attr, u16 path_id)
{
	const struct uvb_qp_rule *rule = uvb_qp_rule(qp->type);
	int ret;

	/* Its state is known without the driver, and the first step would say less. */
	if (unlikely(qp->direct) && qp->direct->state > IB_QPS_INIT)
		return uvb_qp_refuse_state(bundle, qp->direct->state, -EINVAL);
	attr->qp_state = IB_QPS_RESET;
	ret = uvb_qp_step(bundle, qp, attr, IB_QPS_INIT, UVB_QP_INIT, path_id);
	if (ret) {
		uvb_qp_not_begun(bundle, qp);
		return ret;
	}
	ret = uvb_qp_step(bundle, qp, attr, IB_QPS_RTR, rule->rtr, path_id);
	if (!ret)
		ret = uvb_qp_step(bundle, qp, attr, IB_QPS_RTS, rule->rts, path_id);
	if (ret)
		uvb_qp_reset(bundle, qp);
	return ret;
}

/* The path is what a QP is connected with; another one, and migration, are for later. */
static int uvb_qp_connect_made(struct uverbs_attr_bundle *bundle, int mask)
{
	if (mask & (IB_QP_ALT_PATH | IB_QP_PATH_MIG_STATE))
		return uvb_refuse(bundle, -EINVAL, UVERBS_BPF_ATTR_NONE,
				  "QP_CONNECT: does not take %s; QP_MODIFY does, once the QP is in RTS",
				  uvb_qp_bit(mask & (IB_QP_ALT_PATH | IB_QP_PATH_MIG_STATE))->name);
	if (!(mask & IB_QP_AV))
		return uvb_refuse(bundle, -EINVAL, UVERBS_BPF_ATTR_NONE,
				  "QP_CONNECT: wants a path, the transport's program made none");
	return 0;
}

/* In one piece: its parts, which are tested one by one, have no other caller that counts. */
__flatten int uvb_qp_connect_method(struct uverbs_attr_bundle *bundle)
{
	const struct uvb_qp_facts qp =
		uvb_qp_facts(uvb_attr_handle(bundle, UVERBS_BPF_ATTR_QP_HANDLE));
	struct uvb_call *call = uvb_call(bundle);
	struct ib_qp_attr attr = {};
	int mask = 0;
	int ret;

	ret = uvb_qp_generic_in(bundle, &attr, &mask);
	if (!ret)
		ret = uvb_qp_connect_check(bundle, &qp, &attr, mask);
	if (ret)
		return ret;
	if (!uvb_ext_has_transport(call))
		return uvb_refuse(bundle, -EINVAL, UVERBS_BPF_ATTR_NONE,
				  "QP_CONNECT: wants a path, an attribute of the transport's namespace");

	/* First of all, so that a path that is refused leaves the QP untouched. */
	ret = uvb_qp_transport_in(bundle, &qp, &attr, &mask, attr.port_num, IB_QPS_INIT,
				  IB_QPS_RTR);
	if (!ret)
		ret = uvb_qp_connect_made(bundle, mask);
	if (!ret && uvb_ext_hooked(bundle)) {
		attr.qp_state = IB_QPS_RTS;
		ret = uvb_qp_modify_before(bundle, &qp, &attr, mask | IB_QP_STATE);
	}
	if (!ret)
		ret = uvb_qp_connect(bundle, &qp, &attr, call->ext[0].id);
	if (!ret)
		uvb_qp_transport_keep(bundle);
	return ret;
}
