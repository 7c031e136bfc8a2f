// SPDX-License-Identifier: BSD-2-Clause
/*
 * What only providers have: state of their own, and methods that are held
 * shut because one that fails closed is gone.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "json.h"
#include "say.h"

/* kernel/bpf/attach.c says what the fields are. */
enum { CLOSED_SINCE, CLOSED_NAME };
static const struct column closed_columns[] = {
	[CLOSED_SINCE] = { "since", "SINCE", COLUMN_TIME },
	[CLOSED_NAME] = { "name", "PROVIDER" },
	{ "text", "LAST FAULT" },
};

enum { DUMP_PROVIDER };
static const struct column dump_columns[] = {
	[DUMP_PROVIDER] = { "provider" },
	{ "name", "NAME" },
	{ "value", "VALUE", COLUMN_NUMBER },
};

int closed_read(struct table *table)
{
	return table_read(table, PROC_DIR "/closed", closed_columns,
			  sizeof(closed_columns) / sizeof(closed_columns[0]));
}

bool is_closed(const struct kind *kind, const char *name)
{
	struct table closed;
	bool found;

	if (kind != &provider_kind || closed_read(&closed))
		return false;
	table_keep(&closed, CLOSED_NAME, name);
	found = closed.nr_rows;
	table_free(&closed);
	return found;
}

/*
 * A provider that fails closed was evicted. What it guarded is refused until
 * it is attached again, or an admin says here that it may go on without.
 */
int reopen(const char *name)
{
	int ret;

	if (!module_loaded())
		return failed("provider reopen %s: uverbs_bpf is not loaded, nothing is held shut",
			      name);
	if (!is_closed(&provider_kind, name))
		return failed("provider reopen %s: holds nothing shut; what does shows in uverbs-bpf status",
			      name);
	ret = set_parameter("provider reopen", "reopen", name);
	if (ret)
		return ret;
	if (want_json) {
		json_object(NULL);
		json_string("name", name);
		json_bool("reopened", true);
		json_object_end();
	} else {
		printf("what provider %s guarded is open again\n", name);
	}
	return STATUS_OK;
}

static bool is_attached(const char *name)
{
	struct table programs;
	bool found;

	if (programs_read(&programs))
		return false;
	table_keep(&programs, PROGRAM_KIND, "provider");
	table_keep(&programs, PROGRAM_NAME, name);
	found = programs.nr_rows;
	table_free(&programs);
	return found;
}

int dump(const char *name)
{
	struct table values;
	int err;

	if (!module_loaded())
		return failed("provider dump %s: uverbs_bpf is not loaded, nothing can be attached",
			      name);
	if (!is_attached(name))
		return failed("provider dump %s: is not attached; see: uverbs-bpf provider list",
			      name);
	err = table_read(&values, PROC_DIR "/dump", dump_columns,
			 sizeof(dump_columns) / sizeof(dump_columns[0]));
	if (err)
		return failed("provider dump %s: " PROC_DIR "/dump: %s%s", name, strerror(-err),
			      err == -EACCES ? hint(-EPERM) : "");
	table_keep(&values, DUMP_PROVIDER, name);
	if (want_json)
		table_json(&values, NULL);
	else if (values.nr_rows)
		table_print(&values);
	else
		printf("provider %s shows nothing\n", name);
	table_free(&values);
	return STATUS_OK;
}
