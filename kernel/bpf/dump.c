// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * /proc/uverbs_bpf/dump: what providers say of their state, lines of fields
 * between tabs: provider, name, value.
 */
#include "bpf.h"

#include <linux/proc_fs.h>
#include <linux/seq_file.h>

/* A program that has more to say uses an iterator. */
#define UVB_MAX_DUMP	256

/**
 * struct uvb_dump - a dump in the making
 * @info: what the program sees; first, so that the kfunc finds the rest
 * @seq: where it goes
 * @name: of the program
 */
struct uvb_dump {
	struct uverbs_bpf_dump info;
	struct seq_file *seq;
	const char *name;
};

int uvb_dump_line(struct uverbs_bpf_dump *info, const char *name, u64 value)
{
	struct uvb_dump *dump = container_of(info, struct uvb_dump, info);

	if (info->lines >= UVB_MAX_DUMP)
		return -ENOSPC;
	info->lines++;
	seq_printf(dump->seq, "%s\t", dump->name);
	/* Whatever else is in it, a name is one field of one line. */
	seq_escape_str(dump->seq, name, ESCAPE_SPACE | ESCAPE_SPECIAL | ESCAPE_NP, "\t\n");
	seq_printf(dump->seq, "\t%llu\n", value);
	return 0;
}

static int uvb_dump_show(struct seq_file *seq, void *v)
{
	unsigned int ns;

	guard(rcu)();
	uvb_for_each_provider_ns(ns) {
		struct uvb_program *program = uvb_program_get(ns);
		struct uvb_dump dump = { .seq = seq };

		if (!program || !uvb_provider_ops(program)->dump)
			continue;
		dump.name = program->decl->name;
		uvb_provider_ops(program)->dump(&dump.info);
	}
	return 0;
}

int uvb_dump_init(void)
{
	/* status.c removes the directory and what is in it. Root's, as programs may know secrets. */
	return proc_create_single("dump", 0400, uvb_proc_dir, uvb_dump_show) ? 0 : -ENOMEM;
}

void uvb_dump_exit(void)
{
	remove_proc_entry("dump", uvb_proc_dir);
}
