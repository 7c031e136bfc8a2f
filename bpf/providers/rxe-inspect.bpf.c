// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A look into QPs and CQs of rxe while they work: what the driver knows and
 * no verb tells. The driver is as the kernel has it; where its structs have
 * the members named here is found out when the program is loaded, in the BTF
 * of the module, which therefore has to be there:
 *
 *	modprobe rdma_rxe
 *	uverbs-bpf provider attach rxe-inspect
 *
 * Nothing is written, and what is read may change meanwhile, be freed or be
 * user space's: it is copied with bpf_probe_read_kernel() and only reported.
 */
#include "../uverbs_bpf.bpf.h"
#include "rxe-inspect.h"

/* The driver's structs, as much of them as is read. */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct rxe_queue_buf {
	__u32 producer_index;
	__u32 consumer_index;
};

struct rxe_queue {
	struct rxe_queue_buf *buf;
	__u32 index_mask;
	__u32 index;
};

struct counter {
	int counter;
};

struct rxe_cq {
	struct rxe_queue *queue;
	__u8 notify;
	struct counter num_wq;
};

struct rxe_sq {
	struct rxe_queue *queue;
};

struct rxe_rq {
	struct rxe_queue *queue;
};

struct rxe_req_info {
	__u32 psn;
	int need_retry;
	int wait_for_rnr_timer;
};

struct rxe_comp_info {
	__u32 psn;
	__u32 retry_cnt;
	__u32 rnr_retry;
};

struct rxe_resp_info {
	__u32 msn;
	__u32 psn;
	__u32 ack_psn;
};

/* ib_core's, of which rxe has one in its QP. */
struct ib_qp_attr {
	__u8 retry_cnt;
	__u8 rnr_retry;
};

struct rxe_qp {
	struct ib_qp_attr attr;
	struct rxe_sq sq;
	struct rxe_rq rq;
	__u16 src_port;
	struct rxe_req_info req;
	struct rxe_comp_info comp;
	struct rxe_resp_info resp;
	struct counter skb_out;
};

#pragma clang attribute pop

#define PSN_MASK	0xffffff

/*
 * A queue holds one entry less than it has places. Each side has an index of
 * its own; the driver's is in struct rxe_queue, user space's, which may be
 * anything, in what both share.
 */
static __always_inline void queue_read(struct rxe_inspect_queue *to, struct rxe_queue *queue,
				       bool from_user)
{
	struct rxe_queue_buf *buf;
	__u32 mask, ours;

	if (!queue)
		return;
	buf = BPF_CORE_READ(queue, buf);
	mask = BPF_CORE_READ(queue, index_mask);
	ours = BPF_CORE_READ(queue, index);
	to->size = mask;
	to->fill = (from_user ? BPF_CORE_READ(buf, producer_index) - ours :
				ours - BPF_CORE_READ(buf, consumer_index)) & mask;
}

/* The QP is the first member of the driver's, as it is for every driver that ib_core allocates for. */
static __always_inline void qp_read(struct rxe_inspect_qp *to, __u64 hw)
{
	struct rxe_qp *qp = (void *)hw;

	to->req_psn = BPF_CORE_READ(qp, req.psn) & PSN_MASK;
	to->comp_psn = BPF_CORE_READ(qp, comp.psn) & PSN_MASK;
	to->resp_psn = BPF_CORE_READ(qp, resp.psn) & PSN_MASK;
	to->ack_psn = BPF_CORE_READ(qp, resp.ack_psn) & PSN_MASK;
	to->msn = BPF_CORE_READ(qp, resp.msn) & PSN_MASK;
	to->retry_cnt = BPF_CORE_READ(qp, comp.retry_cnt);
	to->retry_limit = BPF_CORE_READ(qp, attr.retry_cnt);
	to->rnr_retry = BPF_CORE_READ(qp, comp.rnr_retry);
	to->rnr_limit = BPF_CORE_READ(qp, attr.rnr_retry);
	to->udp_sport = BPF_CORE_READ(qp, src_port);
	to->retrying = !!BPF_CORE_READ(qp, req.need_retry);
	to->rnr_waiting = !!BPF_CORE_READ(qp, req.wait_for_rnr_timer);
	to->packets_out = BPF_CORE_READ(qp, skb_out.counter);
	queue_read(&to->sq, BPF_CORE_READ(qp, sq.queue), true);
	queue_read(&to->rq, BPF_CORE_READ(qp, rq.queue), true);
}

static __always_inline void cq_read(struct rxe_inspect_cq *to, __u64 hw)
{
	struct rxe_cq *cq = (void *)hw;

	queue_read(&to->queue, BPF_CORE_READ(cq, queue), false);
	to->users = BPF_CORE_READ(cq, num_wq.counter);
	to->notify = BPF_CORE_READ(cq, notify);
}

SEC("struct_ops")
int BPF_PROG(inspect_method, struct uverbs_bpf_ctx *call)
{
	struct rxe_inspect_qp *qp;
	struct rxe_inspect_cq *cq;

	if (call->object == UVERBS_OBJECT_QP) {
		qp = (void *)uverbs_bpf_attr_out(call, RXE_INSPECT_ATTR_QP, 0, sizeof(*qp));
		if (!qp || !call->hw)
			return -EINVAL;
		qp_read(qp, call->hw);
	} else {
		cq = (void *)uverbs_bpf_attr_out(call, RXE_INSPECT_ATTR_CQ, 0, sizeof(*cq));
		if (!cq || !call->hw)
			return -EINVAL;
		cq_read(cq, call->hw);
	}
	return 0;
}

/* QP_QUERY: beside what the verb answers, for who asks for it. */
SEC("struct_ops")
void BPF_PROG(inspect_after, struct uverbs_bpf_ctx *call, int ret)
{
	struct rxe_inspect_qp *qp;

	if (ret || !call->hw)
		return;
	qp = (void *)uverbs_bpf_attr_out(call, RXE_INSPECT_ATTR_QP, 0, sizeof(*qp));
	if (qp)
		qp_read(qp, call->hw);
}

#define OUT(_object, _method, _id, _type, _name)	\
	{ .object = _object, .method = _method, .direction = UVERBS_BPF_KIND_OUT, .id = _id,	\
	  .min_len = sizeof(_type), .max_len = sizeof(_type), .name = _name }
#define NEEDED(_object, _method, _id, _type, _name)	\
	{ .object = _object, .method = _method, .direction = UVERBS_BPF_KIND_OUT, .id = _id,	\
	  .flags = UVERBS_BPF_ATTR_MANDATORY, \
	  .min_len = sizeof(_type), .max_len = sizeof(_type), .name = _name }

UVERBS_BPF_PROVIDER(rxe_inspect) = {
	.decl = {
		.name = "rxe-inspect",
		.abi = UVERBS_BPF_ABI,
		.flags = UVERBS_BPF_WITH_DRIVER,
		.driver_id = RDMA_DRIVER_RXE,
		.nr_attrs = 3,
		.attrs = {
			OUT(UVERBS_OBJECT_QP, UVERBS_BPF_METHOD_QP_QUERY, RXE_INSPECT_ATTR_QP,
			    struct rxe_inspect_qp, "rxe_qp"),
			NEEDED(UVERBS_OBJECT_QP, UVERBS_BPF_SELF(RXE_INSPECT_METHOD_QP),
			       RXE_INSPECT_ATTR_QP, struct rxe_inspect_qp, "rxe_qp"),
			NEEDED(UVERBS_OBJECT_CQ, UVERBS_BPF_SELF(RXE_INSPECT_METHOD_CQ),
			       RXE_INSPECT_ATTR_CQ, struct rxe_inspect_cq, "rxe_cq"),
		},
	},
	.channel = {
		.version = RXE_INSPECT_VERSION,
		.role = UVERBS_BPF_OBSERVER,
		.nr_hooks = 1,
		.hooks = {
			UVERBS_BPF_HOOK(UVERBS_OBJECT_QP, UVERBS_BPF_METHOD_QP_QUERY),
		},
		.nr_methods = 2,
		.methods = {
			UVERBS_BPF_OWN_METHOD(UVERBS_OBJECT_QP, RXE_INSPECT_METHOD_QP, READ,
					      "inspect_qp"),
			UVERBS_BPF_OWN_METHOD(UVERBS_OBJECT_CQ, RXE_INSPECT_METHOD_CQ, READ,
					      "inspect_cq"),
		},
	},
	.method = (void *)inspect_method,
	.after = (void *)inspect_after,
};

char LICENSE[] SEC("license") = "Dual BSD/GPL";
