// SPDX-License-Identifier: BSD-2-Clause
/* uverbs-bpf status: who serves which device, and what is attached. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "command.h"
#include "json.h"

enum { DEVICE_IBDEV, DEVICE_NODE, DEVICE_SERVER, DEVICE_REASON };
static const struct column device_columns[] = {
	{ "ibdev", "DEVICE" }, { "node", "NODE" }, { "server", "SERVED BY" }, { "reason", "WHY" },
};
#define NR_DEVICE_COLUMNS	(sizeof(device_columns) / sizeof(device_columns[0]))

/* Exits shown in text; uverbs-bpf log has all. */
#define MAX_EXITS		5

static const char not_loaded[] =
	"uverbs_bpf is not loaded; load it before the RDMA drivers: modprobe uverbs_bpf";

/*
 * Whether the node of one device leads to it. Two classes count nodes, ours
 * and that of ib_uverbs, and must agree; and the file must have the numbers of
 * the class that serves. Returns false and the problem in words.
 */
static bool node_is_right(const char *ibdev, const char *node, bool served, char *problem,
			  size_t size)
{
	const char *class = served ? "uverbs_bpf" : "infiniband_verbs";
	unsigned int major, minor;
	char line[128];
	struct stat st;

	if (read_line(line, sizeof(line), "/sys/class/infiniband_verbs/%s/ibdev", node) &&
	    strcmp(line, ibdev)) {
		snprintf(problem, size,
			 "%s is %s for uverbs_bpf and %s for ib_uverbs: programs that use sysfs open the wrong device; unload the RDMA drivers and load them again",
			 node, ibdev, line);
		return false;
	}
	if (!read_line(line, sizeof(line), "/sys/class/%s/%s/dev", class, node) ||
	    sscanf(line, "%u:%u", &major, &minor) != 2) {
		snprintf(problem, size, "/sys/class/%s/%s is missing: the device has no node",
			 class, node);
		return false;
	}
	snprintf(line, sizeof(line), "/dev/infiniband/%s", node);
	if (stat(line, &st)) {
		snprintf(problem, size, "%s: %s; run: mknod -m 666 %s c %u %u", line,
			 strerror(errno), line, major, minor);
		return false;
	}
	if (st.st_rdev != makedev(major, minor)) {
		snprintf(problem, size, "%s is device %u:%u, wants %u:%u; run: rm %s; mknod -m 666 %s c %u %u",
			 line, major(st.st_rdev), minor(st.st_rdev), major, minor, line, line,
			 major, minor);
		return false;
	}
	return true;
}

/* Without the module, or if it cannot be asked: what sysfs tells of ib_uverbs. */
static void show_stock_devices(const char *reason)
{
	struct dirent *entry;
	char ibdev[128];
	DIR *dir;

	dir = opendir("/sys/class/infiniband_verbs");
	while (dir && (entry = readdir(dir))) {
		if (!read_line(ibdev, sizeof(ibdev), "/sys/class/infiniband_verbs/%s/ibdev",
			       entry->d_name))
			continue;
		if (want_json) {
			json_object(NULL);
			json_string("ibdev", ibdev);
			json_string("node", entry->d_name);
			json_string("server", "ib_uverbs");
			json_string("reason", reason);
			json_null("problem");
			json_object_end();
		} else {
			printf("%s %s: served by ib_uverbs\n", ibdev, entry->d_name);
		}
	}
	if (dir)
		closedir(dir);
}

/* Returns how many nodes are wrong. */
static int show_devices(struct table *devices)
{
	char problem[512];
	int wrong = 0;
	size_t row;

	for (row = 0; row < devices->nr_rows; row++) {
		const char **fields = &devices->fields[row * NR_DEVICE_COLUMNS];
		bool served = !strcmp(fields[DEVICE_SERVER], "served");
		bool right = node_is_right(fields[DEVICE_IBDEV], fields[DEVICE_NODE], served,
					   problem, sizeof(problem));

		fields[DEVICE_SERVER] = served ? "uverbs_bpf" : "ib_uverbs";
		wrong += !right;
		if (want_json) {
			json_object(NULL);
			json_string("ibdev", fields[DEVICE_IBDEV]);
			json_string("node", fields[DEVICE_NODE]);
			json_string("server", fields[DEVICE_SERVER]);
			if (strcmp(fields[DEVICE_REASON], "-"))
				json_string("reason", fields[DEVICE_REASON]);
			else
				json_null("reason");
			if (right)
				json_null("problem");
			else
				json_string("problem", problem);
			json_object_end();
		} else if (!right) {
			failed("%s: %s", fields[DEVICE_IBDEV], problem);
		}
	}
	if (!want_json) {
		if (devices->nr_rows)
			table_print(devices);
		else
			puts("no RDMA device");
	}
	return wrong;
}

static void show_parameter(const char *name)
{
	char value[1024];

	if (!read_line(value, sizeof(value), MODULE_DIR "/parameters/%s", name))
		return;
	if (want_json)
		json_string(name, value);
	else
		printf(" %s=%s", name, value);
}

static void show_programs(const struct table *programs, bool known)
{
	if (programs->nr_rows) {
		putchar('\n');
		table_print(programs);
	} else if (known) {
		puts("\nno program is attached");
	}
}

static void show_closed(const struct table *closed)
{
	if (!closed->nr_rows)
		return;
	puts("\nrefused until the provider is attached again, or reopened:");
	table_print(closed);
}

static void show_exits(struct table *exits)
{
	size_t more = exits->nr_rows > MAX_EXITS ? exits->nr_rows - MAX_EXITS : 0;

	if (!exits->nr_rows)
		return;
	puts("\ntaken off lately:");
	table_skip(exits, more);
	table_print(exits);
	if (more)
		printf("and %zu before: uverbs-bpf log\n", more);
}

int cmd_status(int argc, char **argv)
{
	struct table devices, programs, closed, exits;
	bool loaded = module_loaded();
	int ret = STATUS_OK;
	char release[128];
	int err;

	if (argc)
		return bad_usage("status %s: takes no argument", argv[0]);

	if (want_json) {
		json_object(NULL);
		json_object("module");
		json_bool("loaded", loaded);
	} else if (loaded) {
		printf("uverbs_bpf is loaded");
	} else {
		puts(not_loaded);
	}
	if (loaded) {
		if (read_line(release, sizeof(release), MODULE_DIR "/version")) {
			if (want_json)
				json_string("version", release);
			else
				printf(", version %s", release);
		}
		if (!want_json)
			printf(", with");
		show_parameter("claim");
		show_parameter("off");
		if (!want_json)
			puts("\n");
	} else {
		ret = STATUS_NOT_SERVING;
	}
	if (want_json) {
		json_object_end();
		json_array("devices");
	}

	err = loaded ? table_read(&devices, PROC_DIR "/devices", device_columns,
				  NR_DEVICE_COLUMNS) : -ENOENT;
	if (!err) {
		if (show_devices(&devices))
			ret = STATUS_NOT_SERVING;
		table_free(&devices);
	} else if (loaded) {
		ret = failed(PROC_DIR "/devices: %s", strerror(-err));
		show_stock_devices("the table of uverbs_bpf cannot be read");
	} else {
		show_stock_devices("uverbs_bpf is not loaded");
	}
	if (want_json)
		json_array_end();

	/* What cannot be read is empty, so that JSON always has the same members. */
	err = programs_read(&programs);
	closed_read(&closed);
	exits_read(&exits);
	if (want_json) {
		table_json(&programs, "programs");
		table_json(&closed, "closed");
		table_json(&exits, "exits");
		json_object_end();
	} else {
		show_programs(&programs, !err);
		show_closed(&closed);
		show_exits(&exits);
	}
	table_free(&programs);
	table_free(&closed);
	table_free(&exits);
	return ret;
}
