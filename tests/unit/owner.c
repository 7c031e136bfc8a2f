// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The provider of one attribute. */
#include <uverbs_bpf_test.h>
#include "owner.bpf.c"

static void begin(struct uverbs_bpf_test *t)
{
	uverbs_bpf_test_begin(t, UVERBS_OBJECT_QP, UVERBS_BPF_METHOD_QP_QUERY);
	t->ctx.who.pid = 4711;
}

UVERBS_BPF_TEST(says_whose_qp_it_is)
{
	struct uverbs_bpf_test t;
	const __u32 *pid;

	begin(&t);
	uverbs_bpf_test_out(&t, 0, sizeof(*pid));
	expect_eq(uverbs_bpf_test_before(&t, &owner), 0);
	uverbs_bpf_test_after(&t, &owner, 0);
	pid = uverbs_bpf_test_output(&t, 0);
	expect(pid);
	expect_eq(*pid, 4711);
}

UVERBS_BPF_TEST(who_does_not_ask_is_not_told)
{
	struct uverbs_bpf_test t;

	begin(&t);
	expect_eq(uverbs_bpf_test_before(&t, &owner), 0);
	uverbs_bpf_test_after(&t, &owner, 0);
	expect(!uverbs_bpf_test_output(&t, 0));
}

UVERBS_BPF_TEST(four_bytes_it_is)
{
	struct uverbs_bpf_test t;

	begin(&t);
	uverbs_bpf_test_out(&t, 0, 8);
	expect_eq(uverbs_bpf_test_before(&t, &owner), -EINVAL);
	expect_text(&t, "owner_pid: length 8, wants 4 to 4");
}
