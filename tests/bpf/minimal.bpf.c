// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* A transport whose declaration is right, for declaration.c to make wrong. */
#include "uverbs_bpf.bpf.h"

SEC("struct_ops")
int BPF_PROG(minimal_path_set, struct uverbs_bpf_ctx *call)
{
	return -EINVAL;
}

UVERBS_BPF_TRANSPORT(minimal) = {
	.decl = {
		.name = "roce",
		.abi = UVERBS_BPF_ABI,
		.protocols = UVERBS_BPF_PROTOCOL_ROCE,
		.nr_attrs = 1,
		.attrs = { UVERBS_BPF_QP_MODIFY_IN(0, 16, 16, "dest") },
	},
	.path_set = (void *)minimal_path_set,
};

char LICENSE[] SEC("license") = "Dual BSD/GPL";
