// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The iWARP transport: every change of state, and what drivers tell. */
#include <uverbs_bpf_test.h>
#include "iwarp.bpf.c"

/*
 * By state and next state: '.' refused, '-' nothing goes with it, 'A' access flags are wanted.
 */
static const char *const table[] = {
	/*	   RESET INIT RTR RTS SQD SQE ERR */
	[S(RESET)] = "-" "A" "." "." "." "." ".",
	[S(INIT)] =  "-" "A" "." "." "." "." "-",
	[S(RTR)] =   "." "." "." "." "." "." ".",
	[S(RTS)] =   "." "." "." "A" "-" "." "-",
	[S(SQD)] =   "." "." "." "." "." "." "-",
	[S(SQE)] =   "." "." "." "." "." "." "-",
	[S(ERR)] =   "." "." "." "." "." "." "-",
};

static void begin(struct uverbs_bpf_test *t, __u16 method)
{
	uverbs_bpf_test_begin(t, UVERBS_OBJECT_QP, method);
	t->ctx.driver_id = RDMA_DRIVER_SIW;
	t->ctx.protocol = UVERBS_BPF_PROTOCOL_IWARP;
	t->ctx.qp_type = IB_UVERBS_QPT_RC;
}

static int change(unsigned int from, unsigned int to, __u32 mask)
{
	struct uverbs_bpf_test t;

	begin(&t, UVERBS_BPF_METHOD_QP_MODIFY);
	t.ctx.cur_state = from;
	t.ctx.next_state = to;
	t.ctx.mask = UVERBS_BPF_QP_STATE | mask;
	return uverbs_bpf_test_legal(&t, &iwarp);
}

UVERBS_BPF_TEST(every_change_of_state)
{
	unsigned int from, to;

	for (from = S(RESET); from <= S(ERR); from++) {
		for (to = S(RESET); to <= S(ERR); to++) {
			char rule = table[from][to];

			expect_eq(change(from, to, 0), rule == '-' ? 0 : -EINVAL);
			expect_eq(change(from, to, Q(ACCESS_FLAGS)), rule == 'A' ? 0 : -EINVAL);
			expect_eq(change(from, to, Q(PKEY_INDEX)), -EINVAL);
			expect_eq(change(from, to, UVERBS_BPF_QP_RQ_PSN), -EINVAL);
		}
	}
}

UVERBS_BPF_TEST(rdma_cm_connects)
{
	struct uverbs_bpf_test t;

	begin(&t, UVERBS_BPF_METHOD_QP_MODIFY);
	t.ctx.cur_state = S(INIT);
	t.ctx.next_state = S(RTR);
	expect_eq(uverbs_bpf_test_legal(&t, &iwarp), -EINVAL);
	expect_text(&t, "rdma_cm takes a QP there");
}

UVERBS_BPF_TEST(only_rc)
{
	struct uverbs_bpf_test t;

	begin(&t, UVERBS_METHOD_QP_CREATE);
	t.ctx.qp_type = IB_UVERBS_QPT_UD;
	expect_eq(uverbs_bpf_test_legal(&t, &iwarp), -EOPNOTSUPP);
	expect_text(&t, "QP type 4: a connection is of type RC");
}

/* siw has the two the other way round. */
UVERBS_BPF_TEST(reads_in_and_out)
{
	const struct uverbs_bpf_iwarp_reads *reads;
	struct uverbs_bpf_test t;

	begin(&t, UVERBS_BPF_METHOD_QP_QUERY);
	t.ctx.max_rd_atomic = 5;
	t.ctx.max_dest_rd_atomic = 9;
	uverbs_bpf_test_out(&t, READS, sizeof(*reads));
	expect_eq(uverbs_bpf_test_path_get(&t, &iwarp), 0);
	reads = uverbs_bpf_test_output(&t, READS);
	expect(reads && reads->ird == 5 && reads->ord == 9);

	begin(&t, UVERBS_BPF_METHOD_QP_QUERY);
	t.ctx.driver_id = RDMA_DRIVER_CXGB4;
	uverbs_bpf_test_out(&t, READS, sizeof(*reads));
	expect_eq(uverbs_bpf_test_path_get(&t, &iwarp), -EOPNOTSUPP);
	expect(!uverbs_bpf_test_output(&t, READS));
}
