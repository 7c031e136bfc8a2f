// SPDX-License-Identifier: BSD-2-Clause
/* The tables of programs, and uverbs-bpf log. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "json.h"

/* kernel/bpf/attach.c says what the fields are. */
static const struct column program_columns[] = {
	[PROGRAM_KIND] = { "kind", "KIND" },
	[PROGRAM_NAME] = { "name", "PROGRAM" },
	{ "namespace", "NAMESPACE", COLUMN_NUMBER },
	{ "abi", NULL, COLUMN_NUMBER },
	{ "link", "LINK", COLUMN_NUMBER },
	{ "generation", "GENERATION", COLUMN_NUMBER },
	{ "calls", "CALLS", COLUMN_NUMBER },
	{ "refused", "REFUSED", COLUMN_NUMBER },
	{ "faults", "FAULTS", COLUMN_NUMBER },
	{ "devices", "DEVICES", COLUMN_NUMBER },
	/* Of providers. */
	{ "version", "VERSION", COLUMN_NUMBER },
	{ "role", "ROLE" },
	{ "priority", NULL, COLUMN_NUMBER },
};

static const struct column exit_columns[] = {
	{ "time", "TIME", COLUMN_TIME },
	{ "kind", "KIND" },
	{ "name", "PROGRAM" },
	{ "namespace", NULL, COLUMN_NUMBER },
	{ "link", "LINK", COLUMN_NUMBER },
	{ "generation", "GENERATION", COLUMN_NUMBER },
	{ "calls", "CALLS", COLUMN_NUMBER },
	{ "refused", "REFUSED", COLUMN_NUMBER },
	{ "faults", "FAULTS", COLUMN_NUMBER },
	{ "reason", "WHY" },
	{ "text", "LAST FAULT" },
};

int programs_read(struct table *table)
{
	return table_read(table, PROC_DIR "/programs", program_columns,
			  sizeof(program_columns) / sizeof(program_columns[0]));
}

int exits_read(struct table *table)
{
	return table_read(table, PROC_DIR "/exits", exit_columns,
			  sizeof(exit_columns) / sizeof(exit_columns[0]));
}

int cmd_log(int argc, char **argv)
{
	struct table exits;
	int err;

	if (argc)
		return bad_usage("log %s: takes no argument", argv[0]);
	if (!module_loaded())
		return failed("uverbs_bpf is not loaded, nothing can be attached: modprobe uverbs_bpf");
	err = exits_read(&exits);
	if (err)
		return failed(PROC_DIR "/exits: %s", strerror(-err));
	if (want_json)
		table_json(&exits, NULL);
	else if (exits.nr_rows)
		table_print(&exits);
	else
		puts("no program has been taken off");
	table_free(&exits);
	return STATUS_OK;
}
