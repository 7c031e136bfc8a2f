// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A counter that counts completions with odd work request ids; of receives, those of more than
 * four bytes. It answers nonsense for work request 0xbad0, which then counts.
 */
#include "uverbs_bpf.bpf.h"

SEC("struct_ops")
int BPF_PROG(odd_comp, struct uverbs_bpf_comp *comp)
{
	if (comp->wr_id == 0xbad0)
		return 77;
	/* enum ib_wc_opcode: IB_WC_RECV and above. */
	if (!comp->status && comp->opcode >= 128)
		return comp->byte_len > 4;
	return comp->wr_id & 1;
}

UVERBS_BPF_PROVIDER(odd_counter) = {
	.decl = {
		.name = "odd-counter",
		.abi = UVERBS_BPF_ABI,
		.nr_attrs = 1,
		.attrs = { UVERBS_BPF_CQ_CREATE_IN(0, 0, 0, "odd_counter") },
	},
	.channel = {
		.version = 1,
		.type = UVERBS_BPF_CQ_COUNTER(0, "odd"),
	},
	.comp = (void *)odd_comp,
};

char LICENSE[] SEC("license") = "Dual BSD/GPL";
