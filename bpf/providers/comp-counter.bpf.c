// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Completion counters: a type of CQ that counts what it completes. All that
 * does this is in the kernel; the program declares the type, so that user space
 * can ask for it by an attribute of CQ_CREATE:
 *
 *	0	without content	the CQ is to count
 *
 * docs/completion-counter.md has the rest. Another provider may declare the type
 * under its own name, with comp() to choose which completions count.
 */
#include "uverbs_bpf.bpf.h"

UVERBS_BPF_PROVIDER(comp_counter) = {
	.decl = {
		.name = "comp-counter",
		.abi = UVERBS_BPF_ABI,
		.nr_attrs = 1,
		.attrs = { UVERBS_BPF_CQ_CREATE_IN(0, 0, 0, "counter") },
	},
	.channel = {
		.version = 1,
		.type = UVERBS_BPF_CQ_COUNTER(0, "counter"),
	},
};

char LICENSE[] SEC("license") = "Dual BSD/GPL";
