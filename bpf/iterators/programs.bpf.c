// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Attached programs as a file, with stock tools:
 *
 *	bpftool iter pin programs.bpf.o /sys/fs/bpf/uverbs_programs
 *	cat /sys/fs/bpf/uverbs_programs
 *
 * A module cannot add a target of its own to BPF iterators. This one hangs on
 * that of BPF links, which calls it once more after the last link: then it
 * lists our programs with the module's open-coded iterator.
 */
#include "uverbs_bpf.bpf.h"

struct seq_file;
struct bpf_link;

struct bpf_iter_meta {
	struct seq_file *seq;
} __attribute__((preserve_access_index));

struct bpf_iter__bpf_link {
	struct bpf_iter_meta *meta;
	struct bpf_link *link;
} __attribute__((preserve_access_index));

SEC("iter/bpf_link")
int uverbs_programs(struct bpf_iter__bpf_link *ctx)
{
	struct seq_file *seq = ctx->meta->seq;
	struct bpf_iter_uverbs_bpf_program it;
	struct uverbs_bpf_program *program;

	if (ctx->link)
		return 0;
	BPF_SEQ_PRINTF(seq, "%-9s %-15s %-2s %-4s %-7s %-10s %-8s %s\n", "KIND", "NAME", "NS",
		       "LINK", "DEVICES", "CALLS", "REFUSED", "FAULTS");
	bpf_iter_uverbs_bpf_program_new(&it);
	while ((program = bpf_iter_uverbs_bpf_program_next(&it))) {
		const char *kind = program->kind == UVERBS_BPF_TRANSPORT ? "transport" : "provider";

		BPF_SEQ_PRINTF(seq, "%-9s %-15s %-2u %-4u %-7u %-10llu %-8llu %llu\n", kind,
			       program->name, program->ns, program->link, program->devices,
			       program->calls, program->refused, program->faults);
	}
	bpf_iter_uverbs_bpf_program_destroy(&it);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
