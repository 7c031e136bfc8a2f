// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The provider that docs/writing-a-provider.md ends with. */
#include <uverbs_bpf_test.h>
#include "session.bpf.c"

static int create(struct uverbs_bpf_test *t, __u32 max_send_wr)
{
	static struct uverbs_bpf_args_qp_create args;

	args.max_send_wr = max_send_wr;
	uverbs_bpf_test_begin(t, UVERBS_OBJECT_QP, UVERBS_METHOD_QP_CREATE);
	t->args = &args;
	t->args_len = sizeof(args);
	return uverbs_bpf_test_before(t, &session);
}

UVERBS_BPF_TEST(without_a_limit_there_is_none)
{
	struct uverbs_bpf_test t;

	expect_eq(create(&t, 1000000), 0);
}

UVERBS_BPF_TEST(a_limit_holds_and_is_counted)
{
	struct uverbs_bpf_test_dump d = {};
	struct limit limit = { .max_wr = 64 };
	struct uverbs_bpf_test t;
	__u32 zero = 0;

	expect_eq(bpf_map_update_elem(&limits, &zero, &limit, BPF_ANY), 0);
	expect_eq(create(&t, 64), 0);
	expect_eq(create(&t, 65), -EDQUOT);
	expect_text(&t, "session: 65 send work requests are more than this user may have");
	session.dump(&d.dump);
	expect_eq(uverbs_bpf_test_dumped(&d, "max_wr"), 64);
	expect_eq(uverbs_bpf_test_dumped(&d, "refused"), 1);
}

static int count_on(struct uverbs_bpf_test *t, __u64 total, __u32 more)
{
	uverbs_bpf_test_begin(t, SESSION, UVERBS_BPF_SELF(COUNT));
	memcpy(t->state, &total, sizeof(total));
	uverbs_bpf_test_in(t, MORE, &more, sizeof(more));
	uverbs_bpf_test_out(t, TOTAL, sizeof(__u64));
	return uverbs_bpf_test_method(t, &session);
}

UVERBS_BPF_TEST(a_session_counts)
{
	struct uverbs_bpf_test t;
	const __u64 *total;

	expect_eq(count_on(&t, 40, 2), 0);
	total = uverbs_bpf_test_output(&t, TOTAL);
	expect(total && *total == 42);
	expect_eq(*(__u64 *)t.state, 42);

	expect_eq(count_on(&t, ~0ULL, 1), -EOVERFLOW);
	expect_text(&t, "session: more: 1 more is too many");
	expect(!uverbs_bpf_test_output(&t, TOTAL));

	uverbs_bpf_test_begin(&t, SESSION, UVERBS_BPF_SELF(COUNT));
	expect_eq(uverbs_bpf_test_method(&t, &session), -EINVAL);
	expect_text(&t, "more: is missing");
}
