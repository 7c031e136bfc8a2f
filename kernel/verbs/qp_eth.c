// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Ethernet QPs (IB_QPT_RAW_PACKET): frames as they are, no connection and no
 * path. Nothing of what InfiniBand QPs are told applies to them, so QP_MODIFY
 * and QP_QUERY take attributes of another namespace for them, and which of
 * these belongs to which change of state is a table here. Who may have such a
 * QP was decided when it was created (CAP_NET_RAW).
 */
#include "../uvb.h"
#include "../ext.h"
#include "qp.h"

#define UVB_BKEY_BIT(id)	BIT_ULL(UVB_BKEY(id))

/* Every Ethernet attribute. */
#define UVB_ETH_ATTRS		(UVB_BKEY_BIT(UVERBS_BPF_ATTR_ETH_STATE) |		\
				 UVB_BKEY_BIT(UVERBS_BPF_ATTR_ETH_PORT) |		\
				 UVB_BKEY_BIT(UVERBS_BPF_ATTR_ETH_RATE_LIMIT) |		\
				 UVB_BKEY_BIT(UVERBS_BPF_ATTR_ETH_SOURCE_QPN) |		\
				 UVB_BKEY_BIT(UVERBS_BPF_ATTR_ETH_VLAN_STRIPPING))
/* What all QPs take: the QP itself, the driver's part, and the queues' sizes (QUERY). */
#define UVB_QP_ANY_ATTRS	(UVB_BKEY_BIT(UVERBS_BPF_ATTR_QP_HANDLE) |		\
				 UVB_BKEY_BIT(UVERBS_BPF_ATTR_QP_CAP) |			\
				 UVB_BKEY_BIT(UVERBS_ATTR_UHW_IN) |			\
				 UVB_BKEY_BIT(UVERBS_ATTR_UHW_OUT))

/*
 * Stricter than ib_modify_qp_is_ok() of 7.x, which lets a rate limit pass with
 * every change: the queue that sends is ready from RTS on, and drivers refuse
 * a limit before.
 */
static const struct uvb_eth_step uvb_eth_steps[] = {
	{ IB_QPS_RESET, IB_QPS_RESET },
	{ IB_QPS_RESET, IB_QPS_INIT, .required = IB_QP_PORT },
	{ IB_QPS_INIT, IB_QPS_RESET },
	{ IB_QPS_INIT, IB_QPS_INIT },
	{ IB_QPS_INIT, IB_QPS_RTR },
	{ IB_QPS_INIT, IB_QPS_ERR },
	{ IB_QPS_RTR, IB_QPS_RESET },
	{ IB_QPS_RTR, IB_QPS_RTS, .optional = IB_QP_RATE_LIMIT },
	{ IB_QPS_RTR, IB_QPS_ERR },
	{ IB_QPS_RTS, IB_QPS_RESET },
	{ IB_QPS_RTS, IB_QPS_RTS, .optional = IB_QP_RATE_LIMIT },
	{ IB_QPS_RTS, IB_QPS_SQD },
	{ IB_QPS_RTS, IB_QPS_ERR },
	{ IB_QPS_SQD, IB_QPS_RESET },
	{ IB_QPS_SQD, IB_QPS_RTS },
	{ IB_QPS_SQD, IB_QPS_SQD },
	{ IB_QPS_SQD, IB_QPS_ERR },
	{ IB_QPS_SQE, IB_QPS_RESET },
	{ IB_QPS_SQE, IB_QPS_RTS },
	{ IB_QPS_SQE, IB_QPS_ERR },
	{ IB_QPS_ERR, IB_QPS_RESET },
	{ IB_QPS_ERR, IB_QPS_ERR },
};

/* What a change can carry besides the state. */
static const struct {
	u32 bit;
	u16 id;
	const char *name;
} uvb_eth_bits[] = {
	{ IB_QP_PORT, UVERBS_BPF_ATTR_ETH_PORT, "ETH_PORT" },
	{ IB_QP_RATE_LIMIT, UVERBS_BPF_ATTR_ETH_RATE_LIMIT, "ETH_RATE_LIMIT" },
};

/* ---- which QP takes which attributes ---- */

/* Row of the first attribute of @attrs, a mask of bkeys that is not empty. */
static const struct uvb_attr *uvb_eth_first(struct uverbs_attr_bundle *bundle, u64 attrs)
{
	const struct uvb_method *method = uvb_call(bundle)->method;

	return &method->attrs[method->slot[__ffs64(attrs)]];
}

int uvb_qp_check_attrs(struct uverbs_attr_bundle *bundle, enum ib_qp_type type)
{
	struct uvb_call *call = uvb_call(bundle);
	u64 present = bundle->attr_present[0];
	const struct uvb_attr *attr;

	if (likely(type != IB_QPT_RAW_PACKET)) {
		if (likely(!(present & UVB_ETH_ATTRS)))
			return 0;
		attr = uvb_eth_first(bundle, present & UVB_ETH_ATTRS);
		return uvb_refuse(bundle, -EINVAL, attr->id,
				  "%s: for Ethernet QPs, this one is of type %d", attr->name, type);
	}
	if (uvb_ext_has_transport(call))
		return uvb_refuse(bundle, -EINVAL, UVERBS_BPF_ATTR_NONE,
				  "%s: an Ethernet QP has no path", call->method->name);
	present &= ~(UVB_ETH_ATTRS | UVB_QP_ANY_ATTRS);
	if (!present)
		return 0;
	attr = uvb_eth_first(bundle, present);
	return uvb_refuse(bundle, -EINVAL, attr->id,
			  "%s: not for an Ethernet QP, which takes attributes ETH_*", attr->name);
}

/* ---- modify ---- */

const struct uvb_eth_step *uvb_eth_step(u32 from, u32 to)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(uvb_eth_steps); i++) {
		if (uvb_eth_steps[i].from == from && uvb_eth_steps[i].to == to)
			return &uvb_eth_steps[i];
	}
	return NULL;
}

static int uvb_eth_check(struct uverbs_attr_bundle *bundle, u32 from, u32 to, u32 mask)
{
	const struct uvb_eth_step *step = uvb_eth_step(from, to);
	unsigned int i;

	if (!step)
		return uvb_refuse(bundle, -EINVAL, UVERBS_BPF_ATTR_ETH_STATE,
				  "Ethernet QP %s to %s: no such change", uvb_qp_state_name(from),
				  uvb_qp_state_name(to));
	for (i = 0; i < ARRAY_SIZE(uvb_eth_bits); i++) {
		u32 bit = uvb_eth_bits[i].bit;
		const char *wrong = NULL;

		if (step->required & ~mask & bit)
			wrong = "wants";
		else if (mask & ~(step->required | step->optional) & bit)
			wrong = "does not take";
		if (wrong)
			return uvb_refuse(bundle, -EINVAL, uvb_eth_bits[i].id,
					  "Ethernet QP %s to %s: %s %s", uvb_qp_state_name(from),
					  uvb_qp_state_name(to), wrong, uvb_eth_bits[i].name);
	}
	return 0;
}

/* ib_qp_attr has no place for them; of a table of work queues, EX MODIFY_WQ changes the second. */
static int uvb_eth_check_fixed(struct uverbs_attr_bundle *bundle)
{
	if (uvb_has(bundle, UVERBS_BPF_ATTR_ETH_SOURCE_QPN))
		return uvb_refuse(bundle, -EINVAL, UVERBS_BPF_ATTR_ETH_SOURCE_QPN,
				  "ETH_SOURCE_QPN: is fixed when the QP is created");
	if (uvb_has(bundle, UVERBS_BPF_ATTR_ETH_VLAN_STRIPPING))
		return uvb_refuse(bundle, -EINVAL, UVERBS_BPF_ATTR_ETH_VLAN_STRIPPING,
				  "ETH_VLAN_STRIPPING: is fixed when the QP is created; a work queue's can be modified");
	return 0;
}

int uvb_qp_eth_in(struct uverbs_attr_bundle *bundle, const struct uvb_qp_facts *qp,
		  struct ib_qp_attr *attr, int *mask)
{
	enum ib_qp_state now;
	u64 state;
	int ret;

	ret = uvb_eth_check_fixed(bundle);
	if (ret)
		return ret;
	if (uvb_has(bundle, UVERBS_BPF_ATTR_ETH_STATE)) {
		ret = uvb_const(&state, bundle, UVERBS_BPF_ATTR_ETH_STATE, IB_QPS_ERR);
		if (ret)
			return uvb_refuse(bundle, ret, UVERBS_BPF_ATTR_ETH_STATE,
					  "ETH_STATE: states are %u (RESET) to %u (ERR)",
					  IB_QPS_RESET, IB_QPS_ERR);
		attr->qp_state = state;
		*mask |= IB_QP_STATE;
	}
	if (!uvb_copy_in(&attr->port_num, bundle, UVERBS_BPF_ATTR_ETH_PORT, sizeof(u32))) {
		if (!rdma_is_port_valid(qp->ibdev, attr->port_num))
			return uvb_refuse(bundle, -EINVAL, UVERBS_BPF_ATTR_ETH_PORT,
					  "ETH_PORT: %u, %s has %u to %u", attr->port_num,
					  qp->ibdev->name, rdma_start_port(qp->ibdev),
					  rdma_end_port(qp->ibdev));
		*mask |= IB_QP_PORT;
	}
	if (!uvb_copy_in(&attr->rate_limit, bundle, UVERBS_BPF_ATTR_ETH_RATE_LIMIT, sizeof(u32)))
		*mask |= IB_QP_RATE_LIMIT;

	ret = uvb_qp_state(qp, &now);
	if (ret)
		return ret;
	return uvb_eth_check(bundle, now, *mask & IB_QP_STATE ? attr->qp_state : now, *mask);
}

/* ---- query ---- */

/* What is fixed at creation; the rest are fields of ib_qp_attr and in qp.c's table. */
int uvb_qp_eth_out(struct uverbs_attr_bundle *bundle, const struct ib_qp_init_attr *attr)
{
	bool source = attr->create_flags & IB_QP_CREATE_SOURCE_QPN;
	u32 stripping = !!(attr->create_flags & IB_QP_CREATE_CVLAN_STRIPPING);
	int ret;

	ret = uvb_copy_out(bundle, UVERBS_BPF_ATTR_ETH_VLAN_STRIPPING, &stripping,
			   sizeof(stripping));
	if (ret && ret != -ENOENT)
		return ret;
	/* Some drivers say that there is one, but not which: it stays unwritten, not zero. */
	if (source && !attr->source_qpn)
		return 0;
	ret = uvb_copy_out(bundle, UVERBS_BPF_ATTR_ETH_SOURCE_QPN, &attr->source_qpn,
			   sizeof(attr->source_qpn));
	return ret == -ENOENT ? 0 : ret;
}
