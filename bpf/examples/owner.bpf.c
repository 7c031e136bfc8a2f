// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* A provider that adds one attribute: QP_QUERY also says which process the QP belongs to. */
#include <uverbs_bpf.bpf.h>

SEC("struct_ops")
void BPF_PROG(owner_after, struct uverbs_bpf_ctx *call, int ret)
{
	__u32 *pid = (void *)uverbs_bpf_attr_out(call, 0, 0, sizeof(*pid));

	if (pid)
		*pid = call->who.pid;
}

UVERBS_BPF_PROVIDER(owner) = {
	.decl = {
		.name = "owner", .abi = UVERBS_BPF_ABI, .nr_attrs = 1,
		.attrs = { UVERBS_BPF_QP_QUERY_OUT(0, 4, 4, "owner_pid") },
	},
	.channel = {
		.version = 1, .role = UVERBS_BPF_OBSERVER, .nr_hooks = 1,
		.hooks = { UVERBS_BPF_HOOK(UVERBS_OBJECT_QP, UVERBS_BPF_METHOD_QP_QUERY) },
	},
	.after = (void *)owner_after,
};

char LICENSE[] SEC("license") = "Dual BSD/GPL";
