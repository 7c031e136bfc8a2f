// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A provider that fails closed and does as an admin's map says: it lets PDs be
 * made, refuses them, or misbehaves. It counts calls in a map that is pinned,
 * so that a replacement goes on counting.
 */
#include "uverbs_bpf.bpf.h"

enum { ALLOW, REFUSE, MISBEHAVE };

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} mode SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} calls SEC(".maps");

SEC("struct_ops")
int BPF_PROG(guard_before, struct uverbs_bpf_ctx *call)
{
	__u32 zero = 0, *what = bpf_map_lookup_elem(&mode, &zero);
	__u64 *count = bpf_map_lookup_elem(&calls, &zero);

	if (!what || !count)
		return 0;
	__sync_fetch_and_add(count, 1);
	if (*what == REFUSE)
		return uverbs_bpf_refuse(call, UVERBS_BPF_ATTR_NONE, -EPERM,
					 "no PD for user %u today", call->who.uid);
	return *what == MISBEHAVE ? 33 : 0;
}

SEC("struct_ops")
void BPF_PROG(guard_dump, struct uverbs_bpf_dump *dump)
{
	__u32 zero = 0, *what = bpf_map_lookup_elem(&mode, &zero);
	__u64 *count = bpf_map_lookup_elem(&calls, &zero);

	if (!what || !count)
		return;
	uverbs_bpf_dump_value(dump, "mode", *what);
	uverbs_bpf_dump_value(dump, "calls", *count);
}

UVERBS_BPF_PROVIDER(guard) = {
	.decl = {
		.name = "guard",
		.abi = UVERBS_BPF_ABI,
		.flags = UVERBS_BPF_FAIL_CLOSED,
	},
	.channel = {
		.version = 3,
		.role = UVERBS_BPF_GUARD,
		.priority = -5,
		.nr_hooks = 1,
		.hooks = { UVERBS_BPF_HOOK(UVERBS_OBJECT_PD, UVERBS_BPF_ANY) },
	},
	.before = (void *)guard_before,
	.dump = (void *)guard_dump,
};

char LICENSE[] SEC("license") = "Dual BSD/GPL";
