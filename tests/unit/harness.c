// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The harness itself (bpf/test/): that maps, helpers and kfuncs are as a
 * program knows them, by a provider that uses them all.
 */
#include <uverbs_bpf_test.h>

#define SESSION		UVERBS_BPF_SELF(0)

enum { LIMIT, NOTE, SEEN };

struct session {
	__u64 opened;
	__u32 handle;
	__u32 reserved;
};

/* What a driver's struct might be. */
struct inner {
	__u32 psn;
};

struct outer {
	struct inner *inner;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2);
	__type(key, __u64);
	__type(value, __u64);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u32);
} recent SEC(".maps");

struct prefix {
	__u32 bits;
	__u8 address[4];
};

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 8);
	__type(key, struct prefix);
	__type(value, __u32);
} nets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} limits SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

/* Each user as many as the array says; the attribute may ask for fewer. */
SEC("struct_ops")
int BPF_PROG(all_before, struct uverbs_bpf_ctx *call)
{
	const struct uverbs_bpf_args_qp_create *args =
		(void *)uverbs_bpf_args(call, sizeof(*args));
	__u64 key = call->who.uid, one = 1, *count;
	__u32 zero = 0, asked;
	__u64 *limit;

	if (!args)
		return -EPROTO;
	if (args->max_send_wr == 99)
		return 99;
	limit = bpf_map_lookup_elem(&limits, &zero);
	if (!limit)
		return 0;
	if (uverbs_bpf_attr_len(call, LIMIT) == sizeof(asked) &&
	    !uverbs_bpf_attr_read(call, LIMIT, 0, &asked, sizeof(asked)) && asked > *limit)
		return uverbs_bpf_refuse(call, LIMIT, -ERANGE, "%u is more than is allowed", asked);
	count = bpf_map_lookup_elem(&counts, &key);
	if (!count)
		return bpf_map_update_elem(&counts, &key, &one, BPF_NOEXIST);
	if (*count >= *limit)
		return uverbs_bpf_refuse(call, LIMIT, -EDQUOT, "has %u already, wants fewer", *count);
	__sync_fetch_and_add(count, 1);
	return 0;
}

SEC("struct_ops")
void BPF_PROG(all_after, struct uverbs_bpf_ctx *call, int ret)
{
	__u64 *seen = (void *)uverbs_bpf_attr_out(call, SEEN, 0, sizeof(*seen));
	__u32 *event;

	if (seen)
		*seen = bpf_ktime_get_ns();
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event)
		return;
	*event = ret;
	bpf_ringbuf_submit(event, 0);
}

SEC("struct_ops")
int BPF_PROG(all_method, struct uverbs_bpf_ctx *call)
{
	struct session *session = (void *)uverbs_bpf_state(call, 0, sizeof(*session));
	struct outer *outer = (void *)(unsigned long)call->hw;

	if (!session)
		return -EPROTO;
	if (uverbs_bpf_state(call, 8, sizeof(*session)))
		return -EPROTO;
	session->opened = bpf_ktime_get_ns();
	session->handle = bpf_core_field_exists(outer->inner) ? BPF_CORE_READ(outer, inner, psn) : 0;
	return 0;
}

SEC("struct_ops")
int BPF_PROG(all_prepare, struct uverbs_bpf_ctx *call)
{
	__u8 *command = uverbs_bpf_command(call, 0, 8);

	if (!command)
		return -EPROTO;
	command[0] = 7;
	return 8;
}

SEC("struct_ops")
int BPF_PROG(all_complete, struct uverbs_bpf_ctx *call)
{
	const __u8 *reply = uverbs_bpf_reply(call, 0, 4);

	return reply && reply[0] == 8 ? 0 : -EIO;
}

SEC("struct_ops")
void BPF_PROG(all_dump, struct uverbs_bpf_dump *dump)
{
	uverbs_bpf_dump_value(dump, "answer", 42);
}

UVERBS_BPF_PROVIDER(all) = {
	.decl = {
		.name = "all",
		.abi = UVERBS_BPF_ABI,
		.flags = UVERBS_BPF_FAIL_CLOSED,
		.nr_attrs = 3,
		.attrs = {
			UVERBS_BPF_ROW(UVERBS_OBJECT_QP, UVERBS_METHOD_QP_CREATE, IN, LIMIT, 4, 4,
				       "limit"),
			UVERBS_BPF_ROW(UVERBS_OBJECT_QP, UVERBS_METHOD_QP_CREATE, OUT, SEEN, 8, 8,
				       "seen"),
			{ .object = SESSION, .method = UVERBS_BPF_SELF(0), .id = NOTE,
			  .direction = UVERBS_BPF_KIND_IN, .flags = UVERBS_BPF_ATTR_MANDATORY,
			  .min_len = 1, .max_len = 8, .name = "note" },
		},
	},
	.channel = {
		.version = 1,
		.role = UVERBS_BPF_GUARD,
		.nr_hooks = 1,
		.hooks = { UVERBS_BPF_HOOK(UVERBS_OBJECT_QP, UVERBS_BPF_ANY) },
		.nr_methods = 2,
		.methods = {
			UVERBS_BPF_OWN_METHOD(SESSION, 0, NEW, "open"),
			UVERBS_BPF_EXEC_METHOD(SESSION, 1, WRITE, "fire"),
		},
		.nr_objects = 1,
		.objects = { UVERBS_BPF_OWN_OBJECT(0, sizeof(struct session), "session") },
	},
	.before = (void *)all_before,
	.after = (void *)all_after,
	.method = (void *)all_method,
	.prepare = (void *)all_prepare,
	.complete = (void *)all_complete,
	.dump = (void *)all_dump,
};

static struct uverbs_bpf_args_qp_create args = { .qp_type = IB_UVERBS_QPT_RC };

static int create(struct uverbs_bpf_test *t, __u32 uid)
{
	uverbs_bpf_test_begin(t, UVERBS_OBJECT_QP, UVERBS_METHOD_QP_CREATE);
	t->ctx.who.uid = uid;
	t->args = &args;
	t->args_len = sizeof(args);
	return uverbs_bpf_test_before(t, &all);
}

static void set_limit(__u64 limit)
{
	__u32 zero = 0;

	expect_eq(bpf_map_update_elem(&limits, &zero, &limit, BPF_ANY), 0);
}

UVERBS_BPF_TEST(a_hash_counts_and_fills_up)
{
	struct uverbs_bpf_test t;
	__u64 key = 1;

	set_limit(2);
	expect_eq(create(&t, 1), 0);
	expect_eq(create(&t, 1), 0);
	expect_eq(create(&t, 1), -EDQUOT);
	expect_text(&t, "all: limit: has 2 already, wants fewer");
	expect_eq(create(&t, 2), 0);
	/* It has room for two. */
	expect_eq(create(&t, 3), -E2BIG);
	expect_text(&t, "gave no reason");
	expect_eq(bpf_map_delete_elem(&counts, &key), 0);
	expect_eq(bpf_map_delete_elem(&counts, &key), -ENOENT);
	expect_eq(create(&t, 3), 0);
}

UVERBS_BPF_TEST(what_is_new_in_each_test)
{
	struct uverbs_bpf_test t;
	__u64 key = 1;

	set_limit(1);
	expect(!bpf_map_lookup_elem(&counts, &key));
	expect_eq(create(&t, 1), 0);
}

UVERBS_BPF_TEST(arrays_are_full_and_lru_never_is)
{
	__u32 i, one = 1;
	__u64 value = 1;

	expect_eq(*(__u64 *)bpf_map_lookup_elem(&limits, &(__u32){ 0 }), 0);
	expect(!bpf_map_lookup_elem(&limits, &one));
	expect_eq(bpf_map_update_elem(&limits, &one, &value, BPF_ANY), -E2BIG);
	for (i = 0; i < 3; i++)
		expect_eq(bpf_map_update_elem(&recent, &i, &i, BPF_ANY), 0);
	expect(!bpf_map_lookup_elem(&recent, &(__u32){ 0 }));
	expect(bpf_map_lookup_elem(&recent, &(__u32){ 2 }));
	expect_eq(bpf_map_update_elem(&recent, &i, &i, BPF_EXIST), -ENOENT);
}

UVERBS_BPF_TEST(the_longest_prefix_wins)
{
	struct prefix any = { 0, { 0 } }, ten = { 8, { 10 } }, nine = { 25, { 10, 9, 0, 128 } };
	struct prefix asked = { 32, { 10, 9, 0, 129 } };
	__u32 value = 1;

	expect(!bpf_map_lookup_elem(&nets, &asked));
	bpf_map_update_elem(&nets, &any, &value, BPF_ANY);
	value = 2;
	bpf_map_update_elem(&nets, &nine, &value, BPF_ANY);
	value = 3;
	bpf_map_update_elem(&nets, &ten, &value, BPF_ANY);
	expect_eq(*(__u32 *)bpf_map_lookup_elem(&nets, &asked), 2);
	asked.address[3] = 1;
	expect_eq(*(__u32 *)bpf_map_lookup_elem(&nets, &asked), 3);
	asked.address[0] = 11;
	expect_eq(*(__u32 *)bpf_map_lookup_elem(&nets, &asked), 1);
}

UVERBS_BPF_TEST(attributes_are_checked_before_it_runs)
{
	struct uverbs_bpf_test t;
	__u32 asked = 5;

	set_limit(4);
	uverbs_bpf_test_begin(&t, UVERBS_OBJECT_QP, UVERBS_METHOD_QP_CREATE);
	t.args = &args;
	t.args_len = sizeof(args);
	uverbs_bpf_test_in(&t, LIMIT, &asked, sizeof(asked));
	expect_eq(uverbs_bpf_test_before(&t, &all), -ERANGE);
	expect_text(&t, "limit: 5 is more than is allowed");

	uverbs_bpf_test_begin(&t, UVERBS_OBJECT_QP, UVERBS_METHOD_QP_CREATE);
	uverbs_bpf_test_in(&t, 9, &asked, sizeof(asked));
	expect_eq(uverbs_bpf_test_before(&t, &all), -EPROTONOSUPPORT);

	uverbs_bpf_test_begin(&t, SESSION, UVERBS_BPF_SELF(0));
	expect_eq(uverbs_bpf_test_method(&t, &all), -EINVAL);
	expect_text(&t, "note: is missing");
}

UVERBS_BPF_TEST(a_provider_that_fails_closed_refuses)
{
	struct uverbs_bpf_test t;

	set_limit(1);
	args.max_send_wr = 99;
	expect_eq(create(&t, 1), -EACCES);
	expect(t.fault);
	expect_text(&t, "program all: before returned 99, wants 0 or -errno");
}

UVERBS_BPF_TEST(outputs_and_records_are_kept)
{
	const struct uverbs_bpf_test_record *record;
	struct uverbs_bpf_test t;
	const __u64 *seen;

	set_limit(1);
	uverbs_bpf_test_world.time_ns = 77;
	uverbs_bpf_test_begin(&t, UVERBS_OBJECT_QP, UVERBS_METHOD_QP_CREATE);
	t.args = &args;
	t.args_len = sizeof(args);
	uverbs_bpf_test_out(&t, SEEN, sizeof(*seen));
	expect_eq(uverbs_bpf_test_before(&t, &all), 0);
	uverbs_bpf_test_after(&t, &all, -ENOMEM);
	seen = uverbs_bpf_test_output(&t, SEEN);
	expect(seen && *seen == 77);
	record = uverbs_bpf_test_record(&events, 0);
	expect(record && *(const __s32 *)record->data == -ENOMEM);
	expect(!uverbs_bpf_test_record(&events, 1));
}

UVERBS_BPF_TEST(state_and_memory_of_the_kernel)
{
	struct inner inner = { .psn = 0x123456 };
	struct outer outer = { &inner };
	struct session *session;
	struct uverbs_bpf_test t;

	uverbs_bpf_test_begin(&t, SESSION, UVERBS_BPF_SELF(0));
	uverbs_bpf_test_in(&t, NOTE, "x", 1);
	t.ctx.hw = (unsigned long)&outer;
	expect_eq(uverbs_bpf_test_method(&t, &all), 0);
	session = (void *)t.state;
	expect_eq(session->handle, 0x123456);
	/* A pointer that leads nowhere reads as zeroes, as in the kernel. */
	outer.inner = (void *)8;
	expect_eq(uverbs_bpf_test_method(&t, &all), 0);
	expect_eq(session->handle, 0);
	outer.inner = &inner;
	uverbs_bpf_test_absent = "outer->inner";
	expect_eq(uverbs_bpf_test_method(&t, &all), 0);
	expect_eq(session->handle, 0);
}

UVERBS_BPF_TEST(commands_and_replies)
{
	struct uverbs_bpf_test t;

	uverbs_bpf_test_begin(&t, SESSION, UVERBS_BPF_SELF(1));
	expect_eq(uverbs_bpf_test_prepare(&t, &all), 8);
	expect_eq(t.command[0], 7);
	expect_eq(uverbs_bpf_test_complete(&t, &all), -EIO);
	t.refused = 0;
	t.reply[0] = 8;
	t.reply_len = 4;
	expect_eq(uverbs_bpf_test_complete(&t, &all), 0);
}

UVERBS_BPF_TEST(what_it_dumps)
{
	struct uverbs_bpf_test_dump d = {};

	all.dump(&d.dump);
	expect_eq(uverbs_bpf_test_dumped(&d, "answer"), 42);
	expect_eq(uverbs_bpf_test_dumped(&d, "question"), -1);
}
