// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The provider policy: what rules refuse and in which words, and that what is
 * counted is what there is, whatever becomes of calls and objects.
 */
#include <uverbs_bpf_test.h>
#include "policy.bpf.c"

#define FILE_NUMBER	7

static const struct uverbs_bpf_who user = { .cgroup = 40, .netns = 50, .uid = 1000, .pid = 1 };

static void set_rule(__u32 kind, __u64 id, const struct policy_rule *rule)
{
	struct policy_subject key = { .kind = kind, .id = id };

	expect_eq(bpf_map_update_elem(&policy_rules, &key, rule, BPF_ANY), 0);
}

static struct policy_usage usage_now(__u32 kind, __u64 id)
{
	struct policy_subject key = { .kind = kind, .id = id };
	struct policy_usage *usage = bpf_map_lookup_elem(&policy_usage, &key);

	return usage ? *usage : (struct policy_usage) {};
}

static void call_of(struct uverbs_bpf_test *t, __u16 object, __u16 method, const void *args,
		  size_t args_len)
{
	uverbs_bpf_test_begin(t, object, method);
	t->ctx.file = FILE_NUMBER;
	t->ctx.who = user;
	t->args = args;
	t->args_len = args_len;
	/* Beyond what the provider remembers of the last call. */
	uverbs_bpf_test_world.time_ns += 10;
}

/* ---- objects as the kernel makes and destroys them ---- */

/* The call of call_of() ends with @result; if that is 0 there is @obj, if it makes one. */
static int finish(struct uverbs_bpf_test *t, struct uverbs_bpf_obj *obj, int result)
{
	int ret = uverbs_bpf_test_before(t, &policy);

	if (ret)
		return ret;
	uverbs_bpf_test_after(t, &policy, result);
	if (!result && obj)
		policy.obj_add(obj);
	return result;
}

static int make_qp(struct uverbs_bpf_test *t, __u32 type, __u32 handle, int result)
{
	struct uverbs_bpf_obj obj = {
		.file = FILE_NUMBER, .handle = handle, .object = UVERBS_OBJECT_QP, .who = user,
	};
	struct uverbs_bpf_args_qp_create args = { .qp_type = type };

	call_of(t, UVERBS_OBJECT_QP, UVERBS_METHOD_QP_CREATE, &args, sizeof(args));
	return finish(t, &obj, result);
}

static int make_mr(struct uverbs_bpf_test *t, __u64 length, __u32 access, __u32 handle, int result)
{
	struct uverbs_bpf_obj obj = {
		.file = FILE_NUMBER, .handle = handle, .object = UVERBS_OBJECT_MR, .who = user,
		.length = length,
	};
	struct uverbs_bpf_args_mr_reg args = { .length = length, .access_flags = access };

	call_of(t, UVERBS_OBJECT_MR, UVERBS_BPF_METHOD_MR_REG, &args, sizeof(args));
	return finish(t, &obj, result);
}

static int change_mr(struct uverbs_bpf_test *t, __u64 length, __u64 old, __u32 handle, int result)
{
	struct uverbs_bpf_args_mr_reg args = { .length = length, .old_length = old };

	call_of(t, UVERBS_OBJECT_MR, REREG_MR, &args, sizeof(args));
	t->ctx.handle = handle;
	t->ctx.legacy = 1;
	return finish(t, NULL, result);
}

static void destroy(__u16 object, __u32 handle)
{
	struct uverbs_bpf_obj obj = {
		.file = FILE_NUMBER, .handle = handle, .object = object, .who = user,
	};

	policy.obj_remove(&obj);
}

/* ---- refusals ---- */

UVERBS_BPF_TEST(without_rules_all_is_allowed_and_counted)
{
	struct uverbs_bpf_test t;

	expect_eq(make_qp(&t, IB_UVERBS_QPT_RC, 1, 0), 0);
	expect_eq(make_mr(&t, 4096, 0xf, 1, 0), 0);
	expect_eq(usage_now(POLICY_USER, 1000).qps, 1);
	expect_eq(usage_now(POLICY_CGROUP, 40).bytes, 4096);
	expect_eq(usage_now(POLICY_NETNS, 50).mrs, 1);
}

UVERBS_BPF_TEST(so_many_qps_and_no_more)
{
	const struct policy_rule rule = { .limits = POLICY_MAX_QPS, .max_qps = 2 };
	struct uverbs_bpf_test t;

	set_rule(POLICY_USER, 1000, &rule);
	expect_eq(make_qp(&t, IB_UVERBS_QPT_RC, 1, 0), 0);
	/* One that failed does not count. */
	expect_eq(make_qp(&t, IB_UVERBS_QPT_RC, 2, -ENOMEM), -ENOMEM);
	expect_eq(make_qp(&t, IB_UVERBS_QPT_RC, 2, 0), 0);
	expect_eq(make_qp(&t, IB_UVERBS_QPT_RC, 3, 0), -EDQUOT);
	expect_text(&t, "this user may have 2 QPs and has them");
	destroy(UVERBS_OBJECT_QP, 1);
	expect_eq(make_qp(&t, IB_UVERBS_QPT_RC, 3, 0), 0);
}

UVERBS_BPF_TEST(so_much_memory_and_no_more)
{
	const struct policy_rule rule = {
		.limits = POLICY_MAX_BYTES | POLICY_MAX_MRS, .max_bytes = 10000, .max_mrs = 2,
	};
	struct uverbs_bpf_test t;

	set_rule(POLICY_CGROUP, POLICY_ANY, &rule);
	expect_eq(make_mr(&t, 8192, 0, 1, 0), 0);
	expect_eq(make_mr(&t, 4096, 0, 2, 0), -EDQUOT);
	expect_text(&t, "this cgroup may have 10000 bytes registered, this would be more");
	expect_eq(make_mr(&t, 1, 0, 2, 0), 0);
	expect_eq(make_mr(&t, 1, 0, 3, 0), -EDQUOT);
	expect_text(&t, "this cgroup may have 2 registrations and has them");
	/* Growing counts, and a registration that failed to grow is as large as it was. */
	expect_eq(change_mr(&t, 12000, 8192, 1, 0), -EDQUOT);
	expect_eq(change_mr(&t, 9000, 8192, 1, -EFAULT), -EFAULT);
	expect_eq(usage_now(POLICY_CGROUP, 40).bytes, 8193);
	expect_eq(change_mr(&t, 9000, 8192, 1, 0), 0);
	expect_eq(usage_now(POLICY_CGROUP, 40).bytes, 9001);
	/* A length that would make the sum overflow does not. */
	expect_eq(make_mr(&t, ~0ULL, 0, 3, 0), -EDQUOT);
}

UVERBS_BPF_TEST(types_and_access_that_are_not_allowed)
{
	const struct policy_rule rule = {
		.limits = POLICY_QP_TYPES | POLICY_ACCESS, .qp_types = 1 << IB_UVERBS_QPT_RC,
		.access = IB_UVERBS_ACCESS_LOCAL_WRITE,
	};
	struct uverbs_bpf_test t;

	set_rule(POLICY_NETNS, 50, &rule);
	expect_eq(make_qp(&t, IB_UVERBS_QPT_RC, 1, 0), 0);
	expect_eq(make_qp(&t, IB_UVERBS_QPT_UD, 2, 0), -EPERM);
	expect_text(&t, "this network namespace may not have QPs of type 4");
	expect_eq(make_mr(&t, 1, IB_UVERBS_ACCESS_LOCAL_WRITE, 1, 0), 0);
	expect_eq(make_mr(&t, 1, IB_UVERBS_ACCESS_LOCAL_WRITE | IB_UVERBS_ACCESS_REMOTE_READ, 2, 0),
		  -EPERM);
	expect_text(&t, "may not register memory with access flags 0x4");
}

UVERBS_BPF_TEST(destinations_that_are_not_listed)
{
	const struct policy_rule rule = { .limits = POLICY_LISTED };
	struct policy_dest dest = {
		.prefixlen = POLICY_DEST_BITS + 96 + 8, .kind = POLICY_USER, .id = 1000,
		.gid = { [10] = 0xff, 0xff, 10 },
	};
	struct uverbs_bpf_args_qp_modify args = {};
	struct uverbs_bpf_test t;
	__u32 yes = 1;

	set_rule(POLICY_USER, 1000, &rule);
	expect_eq(bpf_map_update_elem(&policy_dests, &dest, &yes, BPF_ANY), 0);
	call_of(&t, UVERBS_OBJECT_QP, UVERBS_BPF_METHOD_QP_MODIFY, &args, sizeof(args));
	t.ctx.has_path = t.ctx.path.has_grh = 1;
	memcpy(t.ctx.path.dgid, dest.gid, sizeof(dest.gid));
	t.ctx.path.dgid[15] = 99;
	expect_eq(uverbs_bpf_test_before(&t, &policy), 0);
	t.ctx.path.dgid[12] = 11;
	expect_eq(uverbs_bpf_test_before(&t, &policy), -EPERM);
	expect_text(&t, "this user may not send to this destination");
	/* A LID no list can have. */
	call_of(&t, UVERBS_OBJECT_AH, UVERBS_BPF_METHOD_AH_CREATE, NULL, 0);
	t.ctx.has_path = 1;
	expect_eq(uverbs_bpf_test_before(&t, &policy), -EPERM);
}

UVERBS_BPF_TEST(observed_is_logged_and_allowed)
{
	const struct policy_rule rule = {
		.limits = POLICY_MAX_QPS, .flags = POLICY_OBSERVE, .max_qps = 0,
	};
	const struct uverbs_bpf_test_record *record;
	struct uverbs_bpf_test_dump d = {};
	const struct policy_event *event;
	struct uverbs_bpf_test t;

	set_rule(POLICY_USER, 1000, &rule);
	expect_eq(make_qp(&t, IB_UVERBS_QPT_RC, 1, 0), 0);
	record = uverbs_bpf_test_record(&policy_log, 0);
	expect(record && record->size == sizeof(*event));
	event = (const void *)record->data;
	expect_eq(event->reason, POLICY_TOO_MANY_QPS);
	expect_eq(event->refused, 0);
	expect_eq(event->uid, 1000);
	policy.dump(&d.dump);
	expect_eq(uverbs_bpf_test_dumped(&d, "observed_qps"), 1);
	expect_eq(uverbs_bpf_test_dumped(&d, "refused_qps"), 0);
	expect_eq(uverbs_bpf_test_dumped(&d, "objects_counted"), 1);
}

/* ---- counts ---- */

#define HANDLES	32

/*
 * Objects come, change, fail to, and go, at random, beside a model; and the
 * counts are the model's after every step, for all three kinds of subjects.
 */
UVERBS_BPF_TEST(what_is_counted_is_what_there_is)
{
	const struct policy_rule rule = {
		.limits = POLICY_MAX_QPS | POLICY_MAX_MRS | POLICY_MAX_BYTES,
		.max_qps = 12, .max_mrs = 12, .max_bytes = 60000,
	};
	__u64 qps = 0, mrs = 0, bytes = 0, length[HANDLES] = {};
	bool qp[HANDLES] = {}, mr[HANDLES] = {};
	unsigned int i, refused = 0;
	struct uverbs_bpf_test t;

	srandom(1);
	set_rule(POLICY_USER, 1000, &rule);
	for (i = 0; i < 20000; i++) {
		int result = random() % 4 ? 0 : -ENOMEM;
		__u32 handle = random() % HANDLES;
		__u64 len = 1 + random() % 16384;
		int ret = 0;

		switch (random() % 5) {
		case 0:
			if (qp[handle])
				break;
			ret = make_qp(&t, IB_UVERBS_QPT_RC, handle, result);
			qp[handle] = !ret;
			qps += !ret;
			break;
		case 1:
			if (mr[handle])
				break;
			ret = make_mr(&t, len, 0, handle, result);
			mr[handle] = !ret;
			if (ret)
				break;
			length[handle] = len;
			bytes += len;
			mrs++;
			break;
		case 2:
			if (!mr[handle])
				break;
			ret = change_mr(&t, len, length[handle], handle, result);
			if (ret)
				break;
			bytes += len - length[handle];
			length[handle] = len;
			break;
		case 3:
			if (!qp[handle])
				break;
			destroy(UVERBS_OBJECT_QP, handle);
			qp[handle] = false;
			qps--;
			break;
		case 4:
			if (!mr[handle])
				break;
			destroy(UVERBS_OBJECT_MR, handle);
			mr[handle] = false;
			bytes -= length[handle];
			mrs--;
			break;
		}
		expect(!t.fault);
		expect(!ret || ret == -ENOMEM || ret == -EDQUOT);
		refused += ret == -EDQUOT;
		expect(qps <= 12 && mrs <= 12 && bytes <= 60000);
		expect_eq(usage_now(POLICY_USER, 1000).qps, qps);
		expect_eq(usage_now(POLICY_USER, 1000).mrs, mrs);
		expect_eq(usage_now(POLICY_CGROUP, 40).bytes, bytes);
		expect_eq(usage_now(POLICY_NETNS, 50).qps, qps);
	}
	/* Or the limits were never met. */
	expect(refused > 200);
}

/* ---- two threads ---- */

/* What the test does from here on is done by this one. */
static void thread(unsigned int number)
{
	uverbs_bpf_test_world.pid_tgid = 1ULL << 32 | number;
	/* What is random does not follow what was. */
	uverbs_bpf_test_world.random += 1000;
}

/* A call that changes an MR, which is done and has not been told of: see finish(). */
static int begin_change(struct uverbs_bpf_test *t, struct uverbs_bpf_args_mr_reg *args,
			__u64 length, __u32 handle)
{
	*args = (struct uverbs_bpf_args_mr_reg) { .length = length };
	call_of(t, UVERBS_OBJECT_MR, REREG_MR, args, sizeof(*args));
	t->ctx.handle = handle;
	t->ctx.legacy = 1;
	return uverbs_bpf_test_before(t, &policy);
}

static void expect_bytes(__u64 bytes)
{
	expect_eq(usage_now(POLICY_CGROUP, 40).bytes, bytes);
	expect_eq(usage_now(POLICY_USER, 1000).bytes, bytes);
	expect_eq(usage_now(POLICY_NETNS, 50).bytes, bytes);
}

UVERBS_BPF_TEST(a_handle_that_is_used_again_is_another_object)
{
	struct uverbs_bpf_args_mr_reg args;
	struct uverbs_bpf_test one, two;

	thread(1);
	expect_eq(make_mr(&one, 4096, 0, 1, 0), 0);
	expect_eq(begin_change(&one, &args, 8192, 1), 0);
	thread(2);
	destroy(UVERBS_OBJECT_MR, 1);
	expect_bytes(0);
	expect_eq(make_mr(&two, 1 << 30, 0, 1, 0), 0);
	thread(1);
	uverbs_bpf_test_after(&one, &policy, 0);
	expect_bytes(1 << 30);
	/* Nor is what failed taken from the other. */
	expect_eq(begin_change(&one, &args, 2 << 20, 1), 0);
	thread(2);
	destroy(UVERBS_OBJECT_MR, 1);
	expect_eq(make_mr(&two, 100, 0, 1, 0), 0);
	thread(1);
	uverbs_bpf_test_after(&one, &policy, -ENOMEM);
	expect_bytes(100);
	destroy(UVERBS_OBJECT_MR, 1);
	expect_bytes(0);
	uverbs_bpf_test_after(&one, &policy, 0);
	expect_bytes(0);
}

/* after() of two calls may come in another order than the calls. */
UVERBS_BPF_TEST(of_two_changes_the_last_counts)
{
	static const struct {
		__u64 first, second;
		int first_result, second_result;
		__u64 bytes;
	} cases[] = {
		{ 8192, 1 << 20, 0, 0, 1 << 20 },
		{ 1 << 20, 8192, 0, 0, 8192 },
		{ 100, 50, 0, 0, 50 },
		{ 8192, 1 << 20, -ENOMEM, 0, 1 << 20 },
		{ 1 << 20, 8192, -ENOMEM, 0, 8192 },
		{ 1 << 20, 8192, 0, -ENOMEM, 1 << 20 },
		/* What began before it had shrunk leaves it as it was then: more than it is, not less. */
		{ 100, 8192, 0, -ENOMEM, 4096 },
		{ 1 << 20, 2 << 20, -ENOMEM, -ENOMEM, 1 << 20 },
	};
	const struct policy_rule rule = { .limits = POLICY_MAX_BYTES, .max_bytes = 3 << 20 };
	struct uverbs_bpf_args_mr_reg args1, args2;
	struct uverbs_bpf_test one, two;
	unsigned int i, late;

	set_rule(POLICY_USER, 1000, &rule);
	for (i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		late = i % 2;
		thread(1);
		expect_eq(make_mr(&one, 4096, 0, 1, 0), 0);
		expect_eq(begin_change(&one, &args1, cases[i / 2].first, 1), 0);
		thread(2);
		expect_eq(begin_change(&two, &args2, cases[i / 2].second, 1), 0);
		thread(late ? 2 : 1);
		uverbs_bpf_test_after(late ? &two : &one, &policy,
				      late ? cases[i / 2].second_result : cases[i / 2].first_result);
		thread(late ? 1 : 2);
		uverbs_bpf_test_after(late ? &one : &two, &policy,
				      late ? cases[i / 2].first_result : cases[i / 2].second_result);
		expect_bytes(cases[i / 2].bytes);
		destroy(UVERBS_OBJECT_MR, 1);
		expect_bytes(0);
	}
}

/* What a call is about to make of it is there for others to measure by. */
UVERBS_BPF_TEST(two_changes_cannot_both_have_the_rest)
{
	const struct policy_rule rule = { .limits = POLICY_MAX_BYTES, .max_bytes = 10000 };
	struct uverbs_bpf_args_mr_reg args;
	struct uverbs_bpf_test one, two;

	set_rule(POLICY_USER, 1000, &rule);
	thread(1);
	expect_eq(make_mr(&one, 4096, 0, 1, 0), 0);
	expect_eq(make_mr(&one, 1000, 0, 2, 0), 0);
	expect_eq(begin_change(&one, &args, 8192, 1), 0);
	thread(2);
	expect_eq(change_mr(&two, 2000, 0, 2, 0), -EDQUOT);
	expect_text(&two, "this user may have 10000 bytes registered, this would be more");
	/* A change that shrinks gives nothing away before it is done. */
	thread(1);
	uverbs_bpf_test_after(&one, &policy, 0);
	expect_eq(begin_change(&one, &args, 100, 1), 0);
	thread(2);
	expect_eq(change_mr(&two, 2000, 0, 2, 0), -EDQUOT);
	thread(1);
	uverbs_bpf_test_after(&one, &policy, 0);
	expect_eq(change_mr(&two, 2000, 0, 2, 0), 0);
	expect_bytes(2100);
}

UVERBS_BPF_TEST(replayed_objects_count_and_a_detach_forgets_all)
{
	struct uverbs_bpf_obj obj = {
		.file = FILE_NUMBER, .handle = 3, .object = UVERBS_OBJECT_MR, .replayed = 1,
		.length = 100, .who = user,
	};
	struct uverbs_bpf_exit info = { .reason = UVERBS_BPF_EXIT_REPLACED };

	policy.obj_add(&obj);
	expect_eq(usage_now(POLICY_USER, 1000).bytes, 100);
	policy.exit(&info);
	expect_eq(usage_now(POLICY_USER, 1000).bytes, 100);
	info.reason = UVERBS_BPF_EXIT_DETACHED;
	policy.exit(&info);
	expect_eq(usage_now(POLICY_USER, 1000).bytes, 0);
	/* And who hears of its removal afterwards has nothing to give back. */
	policy.obj_remove(&obj);
	expect_eq(usage_now(POLICY_USER, 1000).mrs, 0);
}

UVERBS_BPF_TEST(it_fails_closed)
{
	/* A limit that is off because its program failed would be none. */
	expect(policy.decl.flags & UVERBS_BPF_FAIL_CLOSED);
}
