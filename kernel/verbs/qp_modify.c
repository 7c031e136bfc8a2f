// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * QP modify. QP_MODIFY takes generic attributes natively and hands a path to
 * the transport's program; the legacy commands carry both in one struct. They
 * meet in uvb_qp_modify(), so that what a program wrote passes the checks a
 * legacy command passes.
 */
#include "../uvb.h"
#include "../ext.h"
#include "qp.h"
#include "route.h"

#include <rdma/ib_cache.h>

static_assert(UVERBS_BPF_QP_PATH_MTU == IB_QP_PATH_MTU);
static_assert(UVERBS_BPF_QP_TIMEOUT == IB_QP_TIMEOUT);
static_assert(UVERBS_BPF_QP_RETRY_CNT == IB_QP_RETRY_CNT);
static_assert(UVERBS_BPF_QP_RNR_RETRY == IB_QP_RNR_RETRY);
static_assert(UVERBS_BPF_QP_RQ_PSN == IB_QP_RQ_PSN);
static_assert(UVERBS_BPF_QP_MAX_RD_ATOMIC == IB_QP_MAX_QP_RD_ATOMIC);
static_assert(UVERBS_BPF_QP_MIN_RNR_TIMER == IB_QP_MIN_RNR_TIMER);
static_assert(UVERBS_BPF_QP_SQ_PSN == IB_QP_SQ_PSN);
static_assert(UVERBS_BPF_QP_MAX_DEST_RD_ATOMIC == IB_QP_MAX_DEST_RD_ATOMIC);
static_assert(UVERBS_BPF_QP_DEST_QPN == IB_QP_DEST_QPN);

/* A Q_Key with this bit is for privileged consumers (IB specification, vol. 1, 10.2.5). */
#define UVB_QKEY_CONTROLLED	BIT(31)

/*
 * An XRC QP is only one side of a connection. Callers that set the other
 * side's attributes too have always been forgiven.
 */
static int uvb_qp_side_mask(enum ib_qp_type type, int mask)
{
	switch (type) {
	case IB_QPT_XRC_INI:
		return mask & ~(IB_QP_MAX_DEST_RD_ATOMIC | IB_QP_MIN_RNR_TIMER);
	case IB_QPT_XRC_TGT:
		return mask & ~(IB_QP_MAX_QP_RD_ATOMIC | IB_QP_RETRY_CNT | IB_QP_RNR_RETRY);
	default:
		return mask;
	}
}

/*
 * The port of a path. From INIT to RTR it must be the port the QP got on the
 * way to INIT. Otherwise the QP is in SQD, and a new path may move it: then
 * the port moves along. A UC QP has no port to change there, and asking for
 * one would only have the change refused (the kernel's table of states has it
 * so; ib_uverbs asks all the same, and no UC QP can change its path there).
 */
static int uvb_qp_check_path(struct uverbs_attr_bundle *bundle, const struct uvb_qp_facts *qp,
			     struct ib_qp_attr *attr, int *mask)
{
	u32 port = rdma_ah_get_port_num(&attr->ah_attr);

	if (!rdma_is_port_valid(qp->ibdev, port))
		return uvb_refuse(bundle, -EINVAL, UVERBS_BPF_ATTR_QP_PORT,
				  "path: port %u, %s has %u to %u", port,
				  qp->ibdev->name, rdma_start_port(qp->ibdev),
				  rdma_end_port(qp->ibdev));

	if (*mask & IB_QP_STATE && attr->qp_state == IB_QPS_RTR) {
		if (port != qp->port)
			return uvb_refuse(bundle, -EINVAL, UVERBS_BPF_ATTR_QP_PORT,
					  "path: port %u, the QP was initialised on port %u",
					  port, qp->port);
		return 0;
	}
	if (*mask & IB_QP_PORT)
		return attr->port_num == port ? 0 :
			uvb_refuse(bundle, -EINVAL, UVERBS_BPF_ATTR_QP_PORT,
				   "path: port %u, attribute PORT says %u", port, attr->port_num);
	if (qp->type != IB_QPT_UC) {
		*mask |= IB_QP_PORT;
		attr->port_num = port;
	}
	return 0;
}

/* Which attribute a bit of the mask came from. */
static const struct uvb_qp_bit uvb_qp_bits[] = {
	{ IB_QP_STATE, UVERBS_BPF_ATTR_QP_STATE, "STATE" },
	{ IB_QP_ACCESS_FLAGS, UVERBS_BPF_ATTR_QP_ACCESS_FLAGS, "ACCESS_FLAGS" },
	{ IB_QP_CUR_STATE, UVERBS_BPF_ATTR_QP_CUR_STATE, "CUR_STATE" },
	{ IB_QP_PORT, UVERBS_BPF_ATTR_QP_PORT, "PORT" },
	{ IB_QP_PKEY_INDEX, UVERBS_BPF_ATTR_QP_PKEY_INDEX, "PKEY_INDEX" },
	{ IB_QP_QKEY, UVERBS_BPF_ATTR_QP_QKEY, "QKEY" },
	{ IB_QP_AV, UVERBS_BPF_ATTR_NONE, "a path" },
	{ IB_QP_ALT_PATH, UVERBS_BPF_ATTR_NONE, "an alternate path" },
	{ IB_QP_PATH_MIG_STATE, UVERBS_BPF_ATTR_NONE, "a migration state" },
	{ IB_QP_CAP, UVERBS_BPF_ATTR_QP_CAP, "CAP" },
	{ IB_QP_RATE_LIMIT, UVERBS_BPF_ATTR_QP_RATE_LIMIT, "RATE_LIMIT" },
	{ IB_QP_DEST_QPN, UVERBS_BPF_ATTR_QP_CONNECTION, "CONNECTION.dest_qp_num" },
	{ IB_QP_RQ_PSN, UVERBS_BPF_ATTR_QP_CONNECTION, "CONNECTION.rq_psn" },
	{ IB_QP_SQ_PSN, UVERBS_BPF_ATTR_QP_CONNECTION, "CONNECTION.sq_psn" },
	{ IB_QP_PATH_MTU, UVERBS_BPF_ATTR_QP_CONNECTION, "CONNECTION.path_mtu" },
	{ IB_QP_TIMEOUT, UVERBS_BPF_ATTR_QP_CONNECTION, "CONNECTION.timeout" },
	{ IB_QP_RETRY_CNT, UVERBS_BPF_ATTR_QP_CONNECTION, "CONNECTION.retry_cnt" },
	{ IB_QP_RNR_RETRY, UVERBS_BPF_ATTR_QP_CONNECTION, "CONNECTION.rnr_retry" },
	{ IB_QP_MIN_RNR_TIMER, UVERBS_BPF_ATTR_QP_CONNECTION, "CONNECTION.min_rnr_timer" },
	{ IB_QP_MAX_QP_RD_ATOMIC, UVERBS_BPF_ATTR_QP_CONNECTION, "CONNECTION.max_rd_atomic" },
	{ IB_QP_MAX_DEST_RD_ATOMIC, UVERBS_BPF_ATTR_QP_CONNECTION,
	  "CONNECTION.max_dest_rd_atomic" },
};

const struct uvb_qp_bit *uvb_qp_bit(u32 mask)
{
	static const struct uvb_qp_bit unknown = { 0, UVERBS_BPF_ATTR_NONE, "such an attribute" };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(uvb_qp_bits); i++) {
		if (mask & uvb_qp_bits[i].bit)
			return &uvb_qp_bits[i];
	}
	return &unknown;
}

void uvb_qp_bit_names(char *to, size_t size, u32 mask)
{
	size_t len = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(uvb_qp_bits); i++) {
		if (mask & uvb_qp_bits[i].bit)
			len += scnprintf(to + len, size - len, "%s %s", len ? "," : "",
					 uvb_qp_bits[i].name);
	}
	if (!len)
		scnprintf(to, size, " nothing");
}

const char *uvb_qp_state_name(u32 state)
{
	static const char *const names[] = {
		[IB_QPS_RESET] = "RESET", [IB_QPS_INIT] = "INIT", [IB_QPS_RTR] = "RTR",
		[IB_QPS_RTS] = "RTS", [IB_QPS_SQD] = "SQD", [IB_QPS_SQE] = "SQE",
		[IB_QPS_ERR] = "ERR",
	};

	return state < ARRAY_SIZE(names) ? names[state] : "?";
}

/* One attribute too few or too many is what callers get wrong. Returns -EINVAL. */
int uvb_qp_explain_change(struct uverbs_attr_bundle *bundle, enum ib_qp_state cur,
			  enum ib_qp_state next, enum ib_qp_type type, int mask)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(uvb_qp_bits); i++) {
		bool had = mask & uvb_qp_bits[i].bit;

		if (ib_modify_qp_is_ok(cur, next, type, mask ^ uvb_qp_bits[i].bit))
			return uvb_refuse(bundle, -EINVAL, uvb_qp_bits[i].id, "QP %s to %s: %s %s",
					  uvb_qp_state_name(cur), uvb_qp_state_name(next),
					  had ? "does not take" : "wants", uvb_qp_bits[i].name);
	}
	return uvb_refuse(bundle, -EINVAL, UVERBS_BPF_ATTR_NONE,
			  "QP %s to %s: no such change, or more than one attribute is missing or out of place",
			  uvb_qp_state_name(cur), uvb_qp_state_name(next));
}

/*
 * A driver answers -EINVAL to a change it does not like. If the state machine
 * can tell why, say so. Returns @err.
 */
int uvb_qp_explain(struct uverbs_attr_bundle *bundle, struct ib_qp *qp,
		   const struct ib_qp_attr *attr, int mask, int err)
{
	struct ib_qp_init_attr init_attr;
	struct ib_qp_attr now = {};
	enum ib_qp_state cur, next;

	if (err != -EINVAL || !uvb_error_wanted(uvb_call(bundle)))
		return err;
	/* The state machine has none of the driver's own type, and tables that end before it. */
	if (qp->qp_type >= IB_QPT_MAX)
		return uvb_refuse(bundle, err, UVERBS_BPF_ATTR_NONE,
				  "QP: the driver of %s refused the change",
				  qp->device->name);
	if (!qp->device->ops.query_qp || ib_query_qp(qp, &now, IB_QP_STATE, &init_attr))
		return err;
	cur = mask & IB_QP_CUR_STATE ? attr->cur_qp_state : now.qp_state;
	next = mask & IB_QP_STATE ? attr->qp_state : cur;
	if (ib_modify_qp_is_ok(cur, next, qp->qp_type, mask))
		return uvb_refuse(bundle, err, UVERBS_BPF_ATTR_NONE,
				  "QP %s to %s: the driver of %s refused a value",
				  uvb_qp_state_name(cur), uvb_qp_state_name(next),
				  qp->device->name);

	return uvb_qp_explain_change(bundle, cur, next, qp->qp_type, mask);
}

/**
 * uvb_qp_check_attr() - refuse what no driver needs to be asked for
 * @bundle: the call
 * @qp: what is known of the QP
 * @attr: what a caller wants to change; gets the port of a path that moves the QP
 * @mask: which of it, IB_QP_*
 *
 * Return: 0 or why not.
 */
int uvb_qp_check_attr(struct uverbs_attr_bundle *bundle, const struct uvb_qp_facts *qp,
		      struct ib_qp_attr *attr, int *mask)
{
	int ret;

	if (*mask & IB_QP_PORT && !rdma_is_port_valid(qp->ibdev, attr->port_num))
		return uvb_refuse(bundle, -EINVAL, UVERBS_BPF_ATTR_QP_PORT,
				  "PORT: %u, %s has %u to %u", attr->port_num,
				  qp->ibdev->name, rdma_start_port(qp->ibdev),
				  rdma_end_port(qp->ibdev));
	if (*mask & IB_QP_AV) {
		ret = uvb_qp_check_path(bundle, qp, attr, mask);
		if (ret)
			return ret;
	}
	if (*mask & IB_QP_ALT_PATH &&
	    (!rdma_is_port_valid(qp->ibdev, attr->alt_port_num) ||
	     attr->alt_port_num != rdma_ah_get_port_num(&attr->alt_ah_attr)))
		return uvb_refuse(bundle, -EINVAL, UVERBS_BPF_ATTR_NONE,
				  "alternate path: port %u, %s has %u to %u", attr->alt_port_num,
				  qp->ibdev->name, rdma_start_port(qp->ibdev),
				  rdma_end_port(qp->ibdev));
	if ((*mask & IB_QP_CUR_STATE && attr->cur_qp_state > IB_QPS_ERR) ||
	    (*mask & IB_QP_STATE && attr->qp_state > IB_QPS_ERR))
		return uvb_refuse(bundle, -EINVAL, UVERBS_BPF_ATTR_QP_STATE,
				  "STATE: states are %u (RESET) to %u (ERR)", IB_QPS_RESET,
				  IB_QPS_ERR);
	if (*mask & IB_QP_QKEY && attr->qkey & UVB_QKEY_CONTROLLED &&
	    !uvb_may_use_controlled_qkey(qp->ibdev))
		return uvb_refuse(bundle, -EPERM, UVERBS_BPF_ATTR_QP_QKEY,
				  "QKEY: 0x%08x has the upper bit set, which is for privileged programs",
				  attr->qkey);
	return 0;
}

/* What struct uverbs_bpf_args_qp_modify.mask may say. */
#define UVB_QP_ARGS_MASK	((IB_QP_RATE_LIMIT << 1) - 1)

/**
 * uvb_qp_modify_before() - ask providers about a change of a QP
 * @bundle: the call
 * @qp: the QP
 * @attr: the change; an owner may change its path
 * @mask: IB_QP_*, which of it are given
 *
 * Return: 0, or the errno of who refused.
 */
noinline_for_stack int uvb_qp_modify_before(struct uverbs_attr_bundle *bundle,
					    const struct uvb_qp_facts *qp,
					    struct ib_qp_attr *attr, int mask)
{
	struct uverbs_bpf_args_qp_modify args = {
		.mask = mask & UVB_QP_ARGS_MASK,
		.qp_num = uvb_qp_number(qp->handle),
		.access_flags = attr->qp_access_flags,
		.dest_qp_num = attr->dest_qp_num,
		.qkey = attr->qkey,
		.rate_limit = attr->rate_limit,
		.rq_psn = attr->rq_psn,
		.sq_psn = attr->sq_psn,
		.pkey_index = attr->pkey_index,
		.path_mtu = attr->path_mtu,
		.timeout = attr->timeout,
		.retry_cnt = attr->retry_cnt,
		.rnr_retry = attr->rnr_retry,
		.min_rnr_timer = attr->min_rnr_timer,
		.max_rd_atomic = attr->max_rd_atomic,
		.max_dest_rd_atomic = attr->max_dest_rd_atomic,
	};
	struct uvb_view view = {
		.args = &args,
		.size = sizeof(args),
		.handle = qp->handle,
		.port = mask & IB_QP_AV ? rdma_ah_get_port_num(&attr->ah_attr) :
			mask & IB_QP_PORT ? attr->port_num : qp->port,
		.qp_type = qp->type,
		.cur_state = mask & IB_QP_CUR_STATE ? attr->cur_qp_state : UVERBS_BPF_QPS_UNKNOWN,
		.next_state = mask & IB_QP_STATE ? attr->qp_state : UVERBS_BPF_QPS_UNKNOWN,
		.path = mask & IB_QP_AV ? &attr->ah_attr : NULL,
	};

	return uvb_ext_before(bundle, &view);
}

/* What ib_core does once it has found the way. */
static int uvb_qp_change_routed(struct uverbs_attr_bundle *bundle, struct ib_qp *qp,
				struct ib_qp_attr *attr, int mask)
{
	const struct ib_gid_attr *sgid = attr->ah_attr.grh.sgid_attr, *old;
	int ret;

	attr->xmit_slave = NULL;
	ret = qp->device->ops.modify_qp(qp, attr, mask, &bundle->driver_udata);
	if (unlikely(ret))
		return ret;
	/* Two threads may change one QP: each old GID is put once. */
	rdma_hold_gid_attr(sgid);
	old = xchg(&qp->av_sgid_attr, sgid);
	if (old)
		rdma_put_gid_attr(old);
	return 0;
}

static bool uvb_qp_has_peer(enum ib_qp_type type)
{
	switch (type) {
	case IB_QPT_RC:
	case IB_QPT_UC:
	case IB_QPT_XRC_INI:
	case IB_QPT_XRC_TGT:
		return true;
	default:
		return false;
	}
}

/* The path of a QP that has one peer, and nothing else that ib_core has to do with. */
static bool uvb_qp_wants_route(const struct ib_qp *qp, const struct ib_qp_attr *attr, int mask)
{
	return (mask & (IB_QP_AV | IB_QP_ALT_PATH | IB_QP_PORT | IB_QP_PKEY_INDEX)) == IB_QP_AV &&
	       uvb_qp_has_peer(qp->qp_type) &&
	       /* ib_core warns of these. */
	       !((attr->rq_psn | attr->sq_psn) >> 24);
}

/**
 * uvb_qp_change() - have the driver change a QP
 * @bundle: the call
 * @qp: the QP
 * @attr: what to change, checked unless @qp is served directly
 * @mask: which of it, IB_QP_*
 *
 * The driver gets udata, even when the caller passed none: it belongs to the bundle, and without
 * it ib_core leaves a RoCE path without its MAC address.
 *
 * Return: 0 or why not.
 */
int uvb_qp_change(struct uverbs_attr_bundle *bundle, const struct uvb_qp_facts *qp,
		  struct ib_qp_attr *attr, int mask)
{
	const struct ib_gid_attr *held;
	int ret;

	if (unlikely(qp->direct))
		return uvb_direct_qp_modify(bundle, qp->direct, attr, mask);
	if (!uvb_qp_wants_route(qp->qp, attr, mask))
		return ib_modify_qp_with_udata(qp->qp, attr, mask, &bundle->driver_udata);
	ret = uvb_route_begin(qp->ibdev, &attr->ah_attr, &held) ?
		uvb_qp_change_routed(bundle, qp->qp->real_qp, attr, mask) :
		ib_modify_qp_with_udata(qp->qp, attr, mask, &bundle->driver_udata);
	uvb_route_end(&attr->ah_attr, held);
	return ret;
}

/* With the checks of what a caller passed. */
static int uvb_qp_modify(struct uverbs_attr_bundle *bundle, const struct uvb_qp_facts *qp,
			 struct ib_qp_attr *attr, int mask)
{
	int ret;

	if (unlikely(qp->direct))
		return uvb_ext_changed(bundle,
				       uvb_direct_qp_modify(bundle, qp->direct, attr, mask));
	ret = uvb_qp_check_attr(bundle, qp, attr, &mask);
	if (ret)
		return ret;
	if (uvb_ext_hooked(bundle)) {
		ret = uvb_qp_modify_before(bundle, qp, attr, mask);
		if (ret)
			return ret;
	}

	mask = uvb_qp_side_mask(qp->type, mask);
	ret = uvb_ext_changed(bundle, uvb_qp_change(bundle, qp, attr, mask));
	return unlikely(ret) ? uvb_qp_explain(bundle, qp->qp, attr, mask, ret) : 0;
}

/* ---- QP_MODIFY ---- */

static int uvb_qp_connection_in(struct uverbs_attr_bundle *bundle, struct ib_qp_attr *attr,
				int *mask)
{
	struct uverbs_bpf_qp_connection conn __uninitialized;
	int ret;

	ret = uvb_copy_in(&conn, bundle, UVERBS_BPF_ATTR_QP_CONNECTION, sizeof(conn));
	if (ret)
		return ret;
	if (conn.fields & ~UVB_QP_CONNECTION_MASK || conn.reserved)
		return uvb_refuse(bundle, -EINVAL, UVERBS_BPF_ATTR_QP_CONNECTION,
				  "CONNECTION: fields 0x%x, known are 0x%x; reserved is 0",
				  conn.fields, UVB_QP_CONNECTION_MASK);

	attr->dest_qp_num = conn.dest_qp_num;
	attr->rq_psn = conn.rq_psn;
	attr->sq_psn = conn.sq_psn;
	attr->path_mtu = conn.path_mtu;
	attr->timeout = conn.timeout;
	attr->retry_cnt = conn.retry_cnt;
	attr->rnr_retry = conn.rnr_retry;
	attr->min_rnr_timer = conn.min_rnr_timer;
	attr->max_rd_atomic = conn.max_rd_atomic;
	attr->max_dest_rd_atomic = conn.max_dest_rd_atomic;
	*mask |= conn.fields;
	return 0;
}

static int uvb_qp_values_in(struct uverbs_attr_bundle *bundle, struct ib_qp_attr *attr, int *mask)
{
	u32 value;
	u64 state;
	int ret;

	if (uvb_has(bundle, UVERBS_BPF_ATTR_QP_STATE)) {
		ret = uvb_const(&state, bundle, UVERBS_BPF_ATTR_QP_STATE, U32_MAX);
		if (ret)
			return ret;
		attr->qp_state = state;
		*mask |= IB_QP_STATE;
	}
	if (uvb_has(bundle, UVERBS_BPF_ATTR_QP_CUR_STATE)) {
		ret = uvb_const(&state, bundle, UVERBS_BPF_ATTR_QP_CUR_STATE, U32_MAX);
		if (ret)
			return ret;
		attr->cur_qp_state = state;
		*mask |= IB_QP_CUR_STATE;
	}
	if (uvb_has(bundle, UVERBS_BPF_ATTR_QP_ACCESS_FLAGS)) {
		ret = uvb_flags(&value, bundle, UVERBS_BPF_ATTR_QP_ACCESS_FLAGS, U32_MAX);
		if (ret)
			return ret;
		attr->qp_access_flags = value;
		*mask |= IB_QP_ACCESS_FLAGS;
	}
	if (!uvb_copy_in(&attr->port_num, bundle, UVERBS_BPF_ATTR_QP_PORT, sizeof(u32)))
		*mask |= IB_QP_PORT;
	if (!uvb_copy_in(&attr->qkey, bundle, UVERBS_BPF_ATTR_QP_QKEY, sizeof(u32)))
		*mask |= IB_QP_QKEY;
	if (!uvb_copy_in(&attr->rate_limit, bundle, UVERBS_BPF_ATTR_QP_RATE_LIMIT, sizeof(u32)))
		*mask |= IB_QP_RATE_LIMIT;
	if (!uvb_copy_in(&value, bundle, UVERBS_BPF_ATTR_QP_PKEY_INDEX, sizeof(u32))) {
		if (value > U16_MAX)
			return uvb_refuse(bundle, -EINVAL, UVERBS_BPF_ATTR_QP_PKEY_INDEX,
					  "PKEY_INDEX: %u, the most is %u", value, U16_MAX);
		attr->pkey_index = value;
		*mask |= IB_QP_PKEY_INDEX;
	}
	return 0;
}

/* What uvb_qp_values_in() looks for. QP_CONNECT often has none of it. */
#define UVB_QP_VALUES								\
	(BIT_ULL(UVB_BKEY(UVERBS_BPF_ATTR_QP_STATE)) |				\
	 BIT_ULL(UVB_BKEY(UVERBS_BPF_ATTR_QP_CUR_STATE)) |			\
	 BIT_ULL(UVB_BKEY(UVERBS_BPF_ATTR_QP_ACCESS_FLAGS)) |			\
	 BIT_ULL(UVB_BKEY(UVERBS_BPF_ATTR_QP_PORT)) |				\
	 BIT_ULL(UVB_BKEY(UVERBS_BPF_ATTR_QP_QKEY)) |				\
	 BIT_ULL(UVB_BKEY(UVERBS_BPF_ATTR_QP_RATE_LIMIT)) |			\
	 BIT_ULL(UVB_BKEY(UVERBS_BPF_ATTR_QP_PKEY_INDEX)))

/* What QP_MODIFY and QP_CONNECT take of no transport in particular. */
int uvb_qp_generic_in(struct uverbs_attr_bundle *bundle, struct ib_qp_attr *attr, int *mask)
{
	int ret;

	if ((u64)bundle->attr_present[0] & UVB_QP_VALUES) {
		ret = uvb_qp_values_in(bundle, attr, mask);
		if (ret)
			return ret;
	}
	return uvb_has(bundle, UVERBS_BPF_ATTR_QP_CONNECTION) ?
		uvb_qp_connection_in(bundle, attr, mask) : 0;
}

/* The state of a QP, which only its driver knows. */
noinline_for_stack int uvb_qp_state(const struct uvb_qp_facts *qp, enum ib_qp_state *state)
{
	struct ib_qp_init_attr init_attr;
	struct ib_qp_attr now = {};
	int ret;

	if (unlikely(qp->direct)) {
		*state = READ_ONCE(qp->direct->state);
		return 0;
	}
	ret = ib_query_qp(qp->qp, &now, IB_QP_STATE, &init_attr);
	*state = now.qp_state;
	return ret;
}

/**
 * uvb_qp_transport_in() - what the transport's program makes of a call, and says of it
 * @bundle: the call
 * @qp: the QP
 * @attr: gets the path and whatever else the call's attributes of the transport become
 * @mask: which members of it are given; gets those the program adds
 * @port: port the QP is on
 * @cur: state the QP is in
 * @next: state it gets to
 *
 * Return: 0 or why not.
 */
int uvb_qp_transport_in(struct uverbs_attr_bundle *bundle, const struct uvb_qp_facts *qp,
			struct ib_qp_attr *attr, int *mask, u32 port, enum ib_qp_state cur,
			enum ib_qp_state next)
{
	const struct uvb_qp *obj = uvb_qp_of(bundle);
	struct uvb_path_context context = {
		.ibdev = qp->ibdev,
		.qp = qp->qp,
		.port = port,
		.qp_type = qp->type,
		.cur_state = cur,
		.next_state = next,
		.transport = READ_ONCE(obj->transport),
	};

	uvb_call(bundle)->transport = context.transport;
	return uvb_ext_qp_in(uvb_call(bundle), &context, attr, mask);
}

/* After uvb_qp_transport_in() and the driver's success: what the program keeps, is kept. */
void uvb_qp_transport_keep(struct uverbs_attr_bundle *bundle)
{
	WRITE_ONCE(uvb_qp_of(bundle)->transport, uvb_call(bundle)->transport);
}

int uvb_qp_modify_method(struct uverbs_attr_bundle *bundle)
{
	const struct uvb_qp_facts qp =
		uvb_qp_facts(uvb_attr_handle(bundle, UVERBS_BPF_ATTR_QP_HANDLE));
	struct ib_qp_attr attr = {};
	enum ib_qp_state state;
	bool say;
	int mask = 0;
	u32 port;
	int ret;

	ret = uvb_qp_check_attrs(bundle, qp.type);
	if (ret)
		return ret;
	if (qp.type == IB_QPT_RAW_PACKET) {
		ret = uvb_qp_eth_in(bundle, &qp, &attr, &mask);
		return ret ?: uvb_qp_modify(bundle, &qp, &attr, mask);
	}
	ret = uvb_qp_generic_in(bundle, &attr, &mask);
	if (ret)
		return ret;
	port = mask & IB_QP_PORT ? attr.port_num : qp.port ?: rdma_start_port(qp.ibdev);
	say = uvb_ext_has_say(uvb_call(bundle), qp.ibdev, port);
	if (say) {
		/* Programs are told the state by the driver, not by the caller. */
		ret = uvb_qp_state(&qp, &state);
		if (ret)
			return ret;
		ret = uvb_qp_transport_in(bundle, &qp, &attr, &mask, port, state,
					  mask & IB_QP_STATE ? attr.qp_state : state);
		if (ret)
			return ret;
	}
	ret = uvb_qp_modify(bundle, &qp, &attr, mask);
	if (ret)
		return ret;
	if (mask & IB_QP_STATE && attr.qp_state == IB_QPS_RESET)
		WRITE_ONCE(uvb_qp_of(bundle)->transport, 0);
	else if (say)
		uvb_qp_transport_keep(bundle);
	return 0;
}

/* ---- legacy ---- */

static void uvb_qp_dest_in(struct ib_device *ibdev, struct rdma_ah_attr *to,
			   struct ib_uverbs_qp_dest *from)
{
	to->type = rdma_ah_find_type(ibdev, from->port_num);
	if (from->is_global) {
		rdma_ah_set_grh(to, NULL, from->flow_label, from->sgid_index, from->hop_limit,
				from->traffic_class);
		rdma_ah_set_dgid_raw(to, from->dgid);
	} else {
		rdma_ah_set_ah_flags(to, 0);
	}
	rdma_ah_set_dlid(to, from->dlid);
	rdma_ah_set_sl(to, from->sl);
	rdma_ah_set_path_bits(to, from->src_path_bits);
	rdma_ah_set_static_rate(to, from->static_rate);
	rdma_ah_set_port_num(to, from->port_num);
	rdma_ah_set_make_grd(to, false);
}

static int uvb_qp_modify_command(struct uverbs_attr_bundle *bundle,
				 struct ib_uverbs_modify_qp *cmd, u32 rate_limit)
{
	struct ib_qp_attr attr = {
		.qp_state = cmd->qp_state,
		.cur_qp_state = cmd->cur_qp_state,
		.path_mtu = cmd->path_mtu,
		.path_mig_state = cmd->path_mig_state,
		.qkey = cmd->qkey,
		.rq_psn = cmd->rq_psn,
		.sq_psn = cmd->sq_psn,
		.dest_qp_num = cmd->dest_qp_num,
		.qp_access_flags = cmd->qp_access_flags,
		.pkey_index = cmd->pkey_index,
		.alt_pkey_index = cmd->alt_pkey_index,
		.en_sqd_async_notify = cmd->en_sqd_async_notify,
		.max_rd_atomic = cmd->max_rd_atomic,
		.max_dest_rd_atomic = cmd->max_dest_rd_atomic,
		.min_rnr_timer = cmd->min_rnr_timer,
		.port_num = cmd->port_num,
		.timeout = cmd->timeout,
		.retry_cnt = cmd->retry_cnt,
		.rnr_retry = cmd->rnr_retry,
		.alt_port_num = cmd->alt_port_num,
		.alt_timeout = cmd->alt_timeout,
		.rate_limit = rate_limit,
	};
	struct uvb_handle *handle;
	struct uvb_qp_facts qp;
	int ret;

	handle = uvb_handle_get(bundle, UVERBS_OBJECT_QP, cmd->qp_handle, UVERBS_BPF_ACCESS_READ);
	if (IS_ERR(handle))
		return PTR_ERR(handle);
	qp = uvb_qp_facts(handle);

	/* An invalid port has no address type; uvb_qp_modify() refuses it. */
	if (cmd->attr_mask & IB_QP_AV) {
		if (rdma_is_port_valid(qp.ibdev, cmd->dest.port_num))
			uvb_qp_dest_in(qp.ibdev, &attr.ah_attr, &cmd->dest);
		else
			rdma_ah_set_port_num(&attr.ah_attr, cmd->dest.port_num);
	}
	if (cmd->attr_mask & IB_QP_ALT_PATH) {
		if (rdma_is_port_valid(qp.ibdev, cmd->alt_dest.port_num))
			uvb_qp_dest_in(qp.ibdev, &attr.alt_ah_attr, &cmd->alt_dest);
		else
			rdma_ah_set_port_num(&attr.alt_ah_attr, cmd->alt_dest.port_num);
	}
	ret = uvb_qp_modify(bundle, &qp, &attr, cmd->attr_mask);
	/* What a transport keeps is about the path it made. */
	if (!ret && (cmd->attr_mask & IB_QP_AV || (cmd->attr_mask & IB_QP_STATE &&
						   cmd->qp_state == IB_QPS_RESET)))
		WRITE_ONCE(container_of(handle, struct uvb_qp, source.handle)->transport, 0);
	uvb_handle_put(handle, UVERBS_BPF_ACCESS_READ);
	return ret;
}

int uvb_cmd_modify_qp(struct uverbs_attr_bundle *bundle)
{
	struct ib_uverbs_modify_qp cmd __uninitialized;
	int ret;

	ret = uvb_request(bundle, &cmd, sizeof(cmd));
	if (ret)
		return ret;
	if (cmd.attr_mask & ~IB_QP_ATTR_STANDARD_BITS)
		return -EOPNOTSUPP;
	return uvb_qp_modify_command(bundle, &cmd, 0);
}

int uvb_cmd_ex_modify_qp(struct uverbs_attr_bundle *bundle)
{
	struct ib_uverbs_ex_modify_qp_resp resp = {
		.response_length = uvb_response_length(bundle, sizeof(resp)),
	};
	struct ib_uverbs_ex_modify_qp cmd __uninitialized;
	int ret;

	ret = uvb_request(bundle, &cmd, sizeof(cmd));
	if (ret)
		return ret;
	if (cmd.base.attr_mask & ~(IB_QP_ATTR_STANDARD_BITS | IB_QP_RATE_LIMIT))
		return -EOPNOTSUPP;
	ret = uvb_qp_modify_command(bundle, &cmd.base, cmd.rate_limit);
	return ret ?: uvb_response(bundle, &resp, sizeof(resp));
}
