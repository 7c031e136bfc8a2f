// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The provider rxe-inspect, on a QP and a CQ of our own making. */
#include <uverbs_bpf_test.h>
#include "rxe-inspect.bpf.c"

static struct rxe_queue_buf sq_buf = { .producer_index = 3 }, cq_buf = { .consumer_index = 0xfffffffe };
static struct rxe_queue sq = { .buf = &sq_buf, .index_mask = 15, .index = 1 };
static struct rxe_queue cq_queue = { .buf = &cq_buf, .index_mask = 7, .index = 2 };
static struct rxe_qp qp = {
	.attr = { .retry_cnt = 7, .rnr_retry = 6 },
	.sq = { .queue = &sq },
	.src_port = 50000,
	.req = { .psn = 0x1abcdef, .need_retry = 4 },
	.comp = { .psn = 5, .retry_cnt = 3, .rnr_retry = 2 },
	.resp = { .msn = 9, .psn = 8, .ack_psn = 7 },
	.skb_out = { 11 },
};
static struct rxe_cq cq = { .queue = &cq_queue, .notify = 1, .num_wq = { 2 } };

UVERBS_BPF_TEST(a_qp_is_told)
{
	const struct rxe_inspect_qp *told;
	struct uverbs_bpf_test t;

	uverbs_bpf_test_begin(&t, UVERBS_OBJECT_QP, UVERBS_BPF_SELF(RXE_INSPECT_METHOD_QP));
	t.ctx.hw = (unsigned long)&qp;
	uverbs_bpf_test_out(&t, RXE_INSPECT_ATTR_QP, sizeof(*told));
	expect_eq(uverbs_bpf_test_method(&t, &rxe_inspect), 0);
	told = uverbs_bpf_test_output(&t, RXE_INSPECT_ATTR_QP);
	expect(told);
	/* 24 bits, whatever the driver has above them. */
	expect_eq(told->req_psn, 0xabcdef);
	expect_eq(told->comp_psn, 5);
	expect_eq(told->retry_cnt, 3);
	expect_eq(told->retry_limit, 7);
	expect_eq(told->udp_sport, 50000);
	expect_eq(told->retrying, 1);
	expect_eq(told->rnr_waiting, 0);
	expect_eq(told->packets_out, 11);
	expect_eq(told->sq.fill, 2);
	expect_eq(told->sq.size, 15);
	/* It has an SRQ. */
	expect_eq(told->rq.size, 0);
}

UVERBS_BPF_TEST(a_cq_is_told_across_the_end_of_its_ring)
{
	const struct rxe_inspect_cq *told;
	struct uverbs_bpf_test t;

	uverbs_bpf_test_begin(&t, UVERBS_OBJECT_CQ, UVERBS_BPF_SELF(RXE_INSPECT_METHOD_CQ));
	t.ctx.hw = (unsigned long)&cq;
	uverbs_bpf_test_out(&t, RXE_INSPECT_ATTR_CQ, sizeof(*told));
	expect_eq(uverbs_bpf_test_method(&t, &rxe_inspect), 0);
	told = uverbs_bpf_test_output(&t, RXE_INSPECT_ATTR_CQ);
	expect(told);
	expect_eq(told->queue.fill, 4);
	expect_eq(told->users, 2);
}

UVERBS_BPF_TEST(beside_a_query_only_who_asks_and_only_on_success)
{
	struct uverbs_bpf_test t;

	uverbs_bpf_test_begin(&t, UVERBS_OBJECT_QP, UVERBS_BPF_METHOD_QP_QUERY);
	t.ctx.hw = (unsigned long)&qp;
	uverbs_bpf_test_after(&t, &rxe_inspect, 0);
	uverbs_bpf_test_out(&t, RXE_INSPECT_ATTR_QP, sizeof(struct rxe_inspect_qp));
	uverbs_bpf_test_after(&t, &rxe_inspect, -EIO);
	expect(!uverbs_bpf_test_output(&t, RXE_INSPECT_ATTR_QP));
	uverbs_bpf_test_after(&t, &rxe_inspect, 0);
	expect(uverbs_bpf_test_output(&t, RXE_INSPECT_ATTR_QP));
}

/* A QP that is freed meanwhile reads as zeroes. */
UVERBS_BPF_TEST(what_is_gone_does_no_harm)
{
	const struct rxe_inspect_qp *told;
	struct uverbs_bpf_test t;

	uverbs_bpf_test_begin(&t, UVERBS_OBJECT_QP, UVERBS_BPF_SELF(RXE_INSPECT_METHOD_QP));
	t.ctx.hw = 4096;
	uverbs_bpf_test_out(&t, RXE_INSPECT_ATTR_QP, sizeof(*told));
	expect_eq(uverbs_bpf_test_method(&t, &rxe_inspect), 0);
	told = uverbs_bpf_test_output(&t, RXE_INSPECT_ATTR_QP);
	expect(told && !told->req_psn && !told->sq.size);

	uverbs_bpf_test_begin(&t, UVERBS_OBJECT_QP, UVERBS_BPF_SELF(RXE_INSPECT_METHOD_QP));
	expect_eq(uverbs_bpf_test_method(&t, &rxe_inspect), -EINVAL);
	expect_text(&t, "rxe_qp: is missing");
}
