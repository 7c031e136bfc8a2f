// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* A next version of the provider policy that is broken, to be put in the place of the right one. */
#include "uverbs_bpf.bpf.h"

SEC("struct_ops")
int BPF_PROG(faulty_policy_before, struct uverbs_bpf_ctx *call)
{
	/* No errno. */
	return 1;
}

UVERBS_BPF_PROVIDER(faulty_policy) = {
	.decl = {
		.name = "policy",
		.abi = UVERBS_BPF_ABI,
		.flags = UVERBS_BPF_FAIL_CLOSED,
	},
	.channel = {
		.version = 2,
		.role = UVERBS_BPF_GUARD,
		.nr_hooks = 2,
		.hooks = {
			UVERBS_BPF_HOOK(UVERBS_OBJECT_QP, UVERBS_BPF_ANY),
			UVERBS_BPF_HOOK(UVERBS_OBJECT_MR, UVERBS_BPF_ANY),
		},
	},
	.before = (void *)faulty_policy_before,
};

char LICENSE[] SEC("license") = "Dual BSD/GPL";
