// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A provider that guards, and has an object of its own: what docs/writing-a-provider.md
 * builds after owner.bpf.c.
 *
 * It limits the send work requests of a QP, as an admin's map says, and offers
 * sessions, objects that count.
 */
#include <uverbs_bpf.bpf.h>

#define SESSION		UVERBS_BPF_SELF(0)

/* Methods of a session. */
enum { OPEN, COUNT, CLOSE };
/* Attributes of COUNT: how many more (in, 4 bytes), and what it is then (out, 8 bytes). */
enum { MORE, TOTAL };

struct session {
	__u64 total;
};

struct limit {
	__u32 max_wr;		/* 0 for no limit */
	__u32 reserved;
	__u64 refused;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct limit);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} limits SEC(".maps");

static __always_inline struct limit *the_limit(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&limits, &zero);
}

SEC("struct_ops")
int BPF_PROG(session_before, struct uverbs_bpf_ctx *call)
{
	const struct uverbs_bpf_args_qp_create *args = (void *)uverbs_bpf_args(call, sizeof(*args));
	struct limit *limit = the_limit();

	if (!args || !limit || !limit->max_wr || args->max_send_wr <= limit->max_wr)
		return 0;
	__sync_fetch_and_add(&limit->refused, 1);
	return uverbs_bpf_refuse(call, UVERBS_BPF_ATTR_NONE, -EDQUOT,
				 "%u send work requests are more than this user may have",
				 args->max_send_wr);
}

/* Alone with the session: the method has WRITE access. */
static __always_inline int count(struct uverbs_bpf_ctx *call)
{
	struct session *session = (void *)uverbs_bpf_state(call, 0, sizeof(*session));
	const __u32 *more = (void *)uverbs_bpf_attr_in(call, MORE, 0, sizeof(*more));
	__u64 *total = (void *)uverbs_bpf_attr_out(call, TOTAL, 0, sizeof(*total));

	if (!session || !more)
		return -EINVAL;
	if (session->total + *more < session->total)
		return uverbs_bpf_refuse(call, MORE, -EOVERFLOW, "%u more is too many", *more);
	session->total += *more;
	if (total)
		*total = session->total;
	return 0;
}

SEC("struct_ops")
int BPF_PROG(session_method, struct uverbs_bpf_ctx *call)
{
	/* OPEN has nothing to do, a session is zero at first; CLOSE neither. */
	return call->method == UVERBS_BPF_SELF(COUNT) ? count(call) : 0;
}

SEC("struct_ops")
void BPF_PROG(session_dump, struct uverbs_bpf_dump *dump)
{
	struct limit *limit = the_limit();

	if (!limit)
		return;
	uverbs_bpf_dump_value(dump, "max_wr", limit->max_wr);
	uverbs_bpf_dump_value(dump, "refused", limit->refused);
}

UVERBS_BPF_PROVIDER(session) = {
	.decl = {
		.name = "session",
		.abi = UVERBS_BPF_ABI,
		.nr_attrs = 2,
		.attrs = {
			{ .object = SESSION, .method = UVERBS_BPF_SELF(COUNT), .id = MORE,
			  .direction = UVERBS_BPF_KIND_IN, .flags = UVERBS_BPF_ATTR_MANDATORY,
			  .min_len = 4, .max_len = 4, .name = "more" },
			UVERBS_BPF_ROW(SESSION, UVERBS_BPF_SELF(COUNT), OUT, TOTAL, 8, 8, "total"),
		},
	},
	.channel = {
		.version = 1,
		.role = UVERBS_BPF_GUARD,
		.nr_hooks = 1,
		.hooks = { UVERBS_BPF_HOOK(UVERBS_OBJECT_QP, UVERBS_METHOD_QP_CREATE) },
		.nr_methods = 3,
		.methods = {
			UVERBS_BPF_OWN_METHOD(SESSION, OPEN, NEW, "open"),
			UVERBS_BPF_OWN_METHOD(SESSION, COUNT, WRITE, "count"),
			UVERBS_BPF_OWN_METHOD(SESSION, CLOSE, DESTROY, "close"),
		},
		.nr_objects = 1,
		.objects = { UVERBS_BPF_OWN_OBJECT(0, sizeof(struct session), "session") },
	},
	.before = (void *)session_before,
	.method = (void *)session_method,
	.dump = (void *)session_dump,
};

char LICENSE[] SEC("license") = "Dual BSD/GPL";
