// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The iWARP transport. A QP is a TCP connection, which rdma_cm makes and hands
 * to the QP: there is no path to set, and next to nothing to modify. Drivers
 * take what InfiniBand QPs are told all the same, and drop it; so most of this
 * says what is not there, and by whom it is done instead.
 */
#include "uverbs_bpf.bpf.h"

/* The attribute, in our own numbers. */
#define READS		(UVERBS_BPF_ATTR_IWARP_READS & UVERBS_BPF_ID_MASK)

#define NONE		UVERBS_BPF_ATTR_NONE
#define Q(name)		UVERBS_BPF_QP_##name
#define S(name)		UVERBS_BPF_QPS_##name
#define RC		UVERBS_BPF_QPT(RC)

#define refuse(call, err, msg, value)	uverbs_bpf_refuse(call, NONE, err, msg, value)

/*
 * RFC 5040 and the verbs that go with it know IDLE, RTS, CLOSING, TERMINATE and ERROR; IDLE is
 * RESET and INIT here (siw and cxgb4 report it as one of them, whichever was asked for), CLOSING is
 * SQD. Rights are given before the connection is there, or while it lasts. A QP that had a
 * connection does not get another: there is no way back to RESET.
 */
static const struct uverbs_bpf_step steps[] = {
	{ S(RESET), S(RESET), RC, 0, 0 },
	{ S(RESET), S(INIT), RC, Q(ACCESS_FLAGS), Q(PORT) },
	{ S(INIT), S(RESET), RC, 0, 0 },
	{ S(INIT), S(INIT), RC, Q(ACCESS_FLAGS), Q(PORT) },
	{ S(INIT), S(ERR), RC, 0, 0 },
	{ S(RTS), S(RTS), RC, Q(ACCESS_FLAGS), 0 },
	{ S(RTS), S(SQD), RC, 0, 0 },
	{ S(RTS), S(ERR), RC, 0, 0 },
	{ S(SQD), S(ERR), RC, 0, 0 },
	{ S(SQE), S(ERR), RC, 0, 0 },
	{ S(ERR), S(ERR), RC, 0, 0 },
};

static __always_inline int modify_legal(struct uverbs_bpf_ctx *call)
{
	unsigned int i;

	if (call->cur_state != call->next_state &&
	    (call->next_state == S(RTR) || call->next_state == S(RTS)))
		return refuse(call, -EINVAL,
			      "state %u: rdma_cm takes a QP there, with its connection (rdma_connect(), rdma_accept())",
			      call->next_state);
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (uverbs_bpf_step_is(call, &steps[i]))
			return uverbs_bpf_qp_takes(call, steps[i].required,
						   steps[i].optional | Q(STATE) | Q(CUR_STATE));
	}
	if (call->next_state == S(RESET))
		return refuse(call, -EINVAL,
			      "state %u: no way back to RESET, a QP has one connection; make another QP",
			      call->cur_state);
	return refuse(call, -EINVAL,
		      "state %u: nothing leads from there to what is asked for, but for ERR",
		      call->cur_state);
}

/*
 * What drivers tell that is so. The rights siw reports are the same whatever was set
 * (siw_query_qp()), and no driver's are known to be those that were.
 */
#define TOLD	(Q(STATE) | Q(CUR_STATE) | Q(CAP))

SEC("struct_ops")
int BPF_PROG(iwarp_legal, struct uverbs_bpf_ctx *call)
{
	if (call->qp_type != IB_UVERBS_QPT_RC && call->qp_type != IB_UVERBS_QPT_DRIVER)
		return refuse(call, -EOPNOTSUPP, "QP type %u: a connection is of type RC (2)",
			      call->qp_type);
	switch (call->method) {
	case UVERBS_BPF_METHOD_QP_MODIFY:
		return modify_legal(call);
	case UVERBS_BPF_METHOD_QP_QUERY:
		return uverbs_bpf_qp_takes(call, 0, TOLD);
	default:
		return 0;
	}
}

/* siw has the two the other way round: max_rd_atomic is the inbound queue (siw_query_qp()). */
SEC("struct_ops")
int BPF_PROG(iwarp_path_get, struct uverbs_bpf_ctx *call)
{
	struct uverbs_bpf_iwarp_reads *reads =
		(void *)uverbs_bpf_attr_out(call, READS, 0, sizeof(*reads));

	if (!reads)
		return -EINVAL;
	if (call->driver_id != RDMA_DRIVER_SIW)
		return uverbs_bpf_refuse(call, READS, -EOPNOTSUPP,
					 "what this driver (%u) reports is not known to be either",
					 call->driver_id);
	reads->ird = call->max_rd_atomic;
	reads->ord = call->max_dest_rd_atomic;
	return 0;
}

UVERBS_BPF_TRANSPORT(iwarp) = {
	.decl = {
		.name = "iwarp",
		.abi = UVERBS_BPF_ABI,
		.protocols = UVERBS_BPF_PROTOCOL_IWARP,
		.nr_attrs = 1,
		.attrs = {
			UVERBS_BPF_QP_QUERY_OUT(READS, sizeof(struct uverbs_bpf_iwarp_reads),
						sizeof(struct uverbs_bpf_iwarp_reads), "iwarp_reads"),
		},
	},
	.path_get = (void *)iwarp_path_get,
	.legal = (void *)iwarp_legal,
};

char LICENSE[] SEC("license") = "Dual BSD/GPL";
