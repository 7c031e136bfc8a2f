// SPDX-License-Identifier: BSD-2-Clause
/*
 * uverbs-bpf transport and uverbs-bpf provider: the same for both kinds of
 * programs, but for what only providers have.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "json.h"
#include "say.h"

bool is_object_file(const char *what)
{
	size_t len = strlen(what), suffix = strlen(OBJECT_SUFFIX);

	return strchr(what, '/') || (len > suffix && !strcmp(what + len - suffix, OBJECT_SUFFIX));
}

/* ---- list ---- */

static void list_installed(const struct kind *kind)
{
	struct dirent *entry;
	size_t len;
	DIR *dir;

	dir = opendir(kind->installed);
	if (!want_json)
		printf("installed in %s:", kind->installed);
	else
		json_array("installed");
	while (dir && (entry = readdir(dir))) {
		len = strlen(entry->d_name);
		if (entry->d_name[0] == '.' || !is_object_file(entry->d_name))
			continue;
		entry->d_name[len - strlen(OBJECT_SUFFIX)] = '\0';
		if (want_json)
			json_string(NULL, entry->d_name);
		else
			printf(" %s", entry->d_name);
	}
	if (dir)
		closedir(dir);
	if (want_json)
		json_array_end();
	else
		putchar('\n');
}

static int list(const struct kind *kind)
{
	struct table programs = {};
	int ret = STATUS_OK;
	int err;

	if (module_loaded()) {
		err = programs_read(&programs);
		if (err)
			ret = failed(PROC_DIR "/programs: %s", strerror(-err));
	}
	table_keep(&programs, PROGRAM_KIND, kind->name);

	if (want_json) {
		json_object(NULL);
		table_json(&programs, "attached");
		list_installed(kind);
		json_object_end();
	} else {
		if (programs.nr_rows)
			table_print(&programs);
		else
			printf("no %s is attached\n", kind->name);
		list_installed(kind);
	}
	table_free(&programs);
	return ret;
}

/* ---- the commands ---- */

/* What both kinds have. Returns -1 if it is none of it. */
static int common(const struct kind *kind, int argc, char **argv)
{
	if (!strcmp(argv[0], "attach"))
		return attach(kind, false, argc - 1, argv + 1);
	if (!strcmp(argv[0], "replace"))
		return attach(kind, true, argc - 1, argv + 1);
	if (!strcmp(argv[0], "detach")) {
		if (argc != 2)
			return bad_usage("%s detach: wants the name of one %s", kind->name,
					 kind->name);
		return detach(kind, argv[1]);
	}
	if (!strcmp(argv[0], "list")) {
		if (argc > 1)
			return bad_usage("%s list %s: takes no argument", kind->name, argv[1]);
		return list(kind);
	}
	return -1;
}

int cmd_transport(int argc, char **argv)
{
	int ret;

	if (!argc)
		return bad_usage("transport: wants attach, replace, detach or list");
	libbpf_listen();
	ret = common(&transport_kind, argc, argv);
	return ret < 0 ? bad_usage("transport %s: no such command", argv[0]) : ret;
}

int cmd_provider(int argc, char **argv)
{
	int ret;

	if (!argc)
		return bad_usage("provider: wants attach, replace, detach, list, dump or reopen");
	libbpf_listen();
	if (argc == 2 && !strcmp(argv[0], "detach") && !strcmp(argv[1], "--all"))
		return detach_all();
	if (!strcmp(argv[0], "dump"))
		return argc == 2 ? dump(argv[1]) :
				   bad_usage("provider dump: wants the name of one provider");
	if (!strcmp(argv[0], "reopen"))
		return argc == 2 ? reopen(argv[1]) :
				   bad_usage("provider reopen: wants the name of one provider");
	ret = common(&provider_kind, argc, argv);
	return ret < 0 ? bad_usage("provider %s: no such command", argv[0]) : ret;
}
