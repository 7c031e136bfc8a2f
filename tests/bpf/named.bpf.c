// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* A provider for one device by its name, fake0, with an attribute of a call that destroys. */
#include "uverbs_bpf.bpf.h"

SEC("struct_ops")
int BPF_PROG(named_before, struct uverbs_bpf_ctx *call)
{
	return 0;
}

UVERBS_BPF_PROVIDER(named) = {
	.decl = {
		.name = "named",
		.abi = UVERBS_BPF_ABI,
		.ibdev = "fake0",
		.nr_attrs = 1,
		.attrs = {
			UVERBS_BPF_ROW(UVERBS_OBJECT_PD, UVERBS_METHOD_PD_DESTROY, IN, 0, 0, 8, "why"),
		},
	},
	.channel = {
		.version = 1,
		.role = UVERBS_BPF_GUARD,
		.nr_hooks = 1,
		.hooks = { UVERBS_BPF_HOOK(UVERBS_OBJECT_PD, UVERBS_BPF_ANY) },
	},
	.before = (void *)named_before,
};

char LICENSE[] SEC("license") = "Dual BSD/GPL";
