// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Before and after every call, and does nothing: what providers cost (tools/bench/run --noop). */
#include "uverbs_bpf.bpf.h"

SEC("struct_ops")
int BPF_PROG(noop_before, struct uverbs_bpf_ctx *call)
{
	return 0;
}

SEC("struct_ops")
void BPF_PROG(noop_after, struct uverbs_bpf_ctx *call, int ret)
{
}

UVERBS_BPF_PROVIDER(noop) = {
	.decl = {
		.name = "noop",
		.abi = UVERBS_BPF_ABI,
	},
	.channel = {
		.version = 1,
		.role = UVERBS_BPF_OBSERVER,
		.nr_hooks = 1,
		.hooks = { UVERBS_BPF_HOOK(UVERBS_BPF_ANY, UVERBS_BPF_ANY) },
	},
	.before = (void *)noop_before,
	.after = (void *)noop_after,
};

char LICENSE[] SEC("license") = "Dual BSD/GPL";
