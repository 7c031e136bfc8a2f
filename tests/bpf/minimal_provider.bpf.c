// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* A provider whose declaration is right and has a row of each kind, for declaration.c to make wrong. */
#include "uverbs_bpf.bpf.h"

SEC("struct_ops")
int BPF_PROG(minimal_before, struct uverbs_bpf_ctx *call)
{
	return 0;
}

SEC("struct_ops")
int BPF_PROG(minimal_method, struct uverbs_bpf_ctx *call)
{
	return 0;
}

UVERBS_BPF_PROVIDER(minimal) = {
	.decl = {
		.name = "minimal",
		.abi = UVERBS_BPF_ABI,
		.nr_attrs = 2,
		.attrs = {
			UVERBS_BPF_ROW(UVERBS_OBJECT_QP, UVERBS_METHOD_QP_CREATE, IN, 0, 4, 4, "in"),
			UVERBS_BPF_ROW(UVERBS_BPF_SELF(0), UVERBS_BPF_SELF(1), OUT, 0, 1, 64, "out"),
		},
	},
	.channel = {
		.version = 1,
		.role = UVERBS_BPF_GUARD,
		.nr_hooks = 2,
		.hooks = {
			UVERBS_BPF_HOOK(UVERBS_OBJECT_QP, UVERBS_BPF_ANY),
			UVERBS_BPF_HOOK(UVERBS_OBJECT_PD, UVERBS_BPF_METHOD_PD_ALLOC),
		},
		.nr_methods = 2,
		.methods = {
			UVERBS_BPF_OWN_METHOD(UVERBS_BPF_SELF(0), 0, NEW, "open"),
			UVERBS_BPF_OWN_METHOD(UVERBS_BPF_SELF(0), 1, READ, "read"),
		},
		.nr_objects = 1,
		.objects = { UVERBS_BPF_OWN_OBJECT(0, 16, "session") },
	},
	.before = (void *)minimal_before,
	.method = (void *)minimal_method,
};

char LICENSE[] SEC("license") = "Dual BSD/GPL";
