// SPDX-License-Identifier: BSD-2-Clause
/*
 * uverbs-bpf transport attach, detach, list. An attached transport is a BPF
 * link pinned under its name, so that it stays when this command ends and
 * bpftool sees the same thing:
 *
 *	/sys/fs/bpf/uverbs-bpf/transport/NAME
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <linux/magic.h>
#include <linux/types.h>

#include "command.h"
#include "json.h"
#include "../../bpf/uverbs_bpf_types.h"

#define OPS_TYPE	"uverbs_bpf_transport_ops"
#define SUFFIX		".bpf.o"

/* ---- what others say when something fails ---- */

/* Warnings of libbpf, the verifier's log among them, kept until something fails. */
static char *libbpf_said;
static size_t libbpf_said_len;

static int libbpf_print(enum libbpf_print_level level, const char *fmt, va_list args)
{
	char *line, *more;
	int len;

	if (verbose)
		return level == LIBBPF_DEBUG ? 0 : vfprintf(stderr, fmt, args);
	if (level != LIBBPF_WARN)
		return 0;
	len = vasprintf(&line, fmt, args);
	if (len < 0)
		return 0;
	more = realloc(libbpf_said, libbpf_said_len + len + 1);
	if (more) {
		libbpf_said = more;
		memcpy(libbpf_said + libbpf_said_len, line, len + 1);
		libbpf_said_len += len;
	}
	free(line);
	return 0;
}

/* The kernel's log from now on, or -1. */
static int kmsg_open(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0 && lseek(fd, 0, SEEK_END) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Show what uverbs_bpf logged since, which is why it refused a program. */
static void kmsg_show(int fd)
{
	char record[8192], *text, *end;
	ssize_t n;

	while (fd >= 0 && ((n = read(fd, record, sizeof(record) - 1)) > 0 ||
			   (n < 0 && errno == EPIPE))) {
		/* EPIPE: records were overwritten before we read them, go on. */
		if (n < 0)
			continue;
		record[n] = '\0';
		text = strchr(record, ';');
		if (!text || !strstr(text, "uverbs_bpf"))
			continue;
		end = strchr(text, '\n');
		if (end)
			*end = '\0';
		fprintf(stderr, "  kernel: %s\n", text + 1);
	}
}

/* The libbpf warnings that say something beyond the errno. */
static void libbpf_show(void)
{
	if (libbpf_said)
		fputs(libbpf_said, stderr);
}

/* What an errno or an error of libbpf means. */
static const char *reason(int err)
{
	static char text[128];

	libbpf_strerror(err, text, sizeof(text));
	return text;
}

/* What to do about it. Not for EACCES, which is the verifier's. */
static const char *hint(int err)
{
	switch (-err) {
	case EPERM:
		return "; this takes CAP_BPF and CAP_PERFMON (run as root)";
	case EEXIST:
		return "; a program of this name is attached: see uverbs-bpf transport list, or use --replace";
	default:
		return "";
	}
}

/* ---- attach ---- */

static int check_kernel(void)
{
	struct statfs fs;

	if (access("/sys/kernel/btf/vmlinux", R_OK))
		return failed("transport attach: /sys/kernel/btf/vmlinux: %s; BPF programs need a kernel with CONFIG_DEBUG_INFO_BTF",
			      strerror(errno));
	if (!module_loaded())
		return failed("transport attach: uverbs_bpf is not loaded; load it before the RDMA drivers: modprobe uverbs_bpf");
	if (access("/sys/kernel/btf/uverbs_bpf", R_OK))
		return failed("transport attach: uverbs_bpf was built without BTF; build it with pahole installed and against headers that have a vmlinux");
	if (statfs(BPFFS, &fs) || fs.f_type != BPF_FS_MAGIC)
		return failed("transport attach: no BPF file system; run: mount -t bpf bpf " BPFFS);
	return STATUS_OK;
}

static int make_pin_dir(void)
{
	static const char *const dirs[] = { BPFFS "/uverbs-bpf", PIN_DIR };
	size_t i;

	for (i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		if (mkdir(dirs[i], 0700) && errno != EEXIST)
			return failed("transport attach: mkdir %s: %s%s", dirs[i], strerror(errno),
				      errno == EACCES ? hint(-EPERM) : "");
	}
	return STATUS_OK;
}

static bool is_file_name(const char *what)
{
	size_t len = strlen(what);

	return strchr(what, '/') ||
	       (len > strlen(SUFFIX) && !strcmp(what + len - strlen(SUFFIX), SUFFIX));
}

/* The object's one map of our type; NULL with a message. */
static struct bpf_map *find_ops(struct bpf_object *obj, const char *file)
{
	struct bpf_map *map, *found = NULL;
	const struct btf_type *type;
	const char *name;
	size_t size;

	bpf_object__for_each_map(map, obj) {
		if (bpf_map__type(map) != BPF_MAP_TYPE_STRUCT_OPS)
			continue;
		type = btf__type_by_id(bpf_object__btf(obj), bpf_map__btf_value_type_id(map));
		name = type ? btf__name_by_offset(bpf_object__btf(obj), type->name_off) : "";
		if (strcmp(name, OPS_TYPE)) {
			failed("transport attach: %s: %s is a struct %s, wants struct " OPS_TYPE,
			       file, bpf_map__name(map), name);
			return NULL;
		}
		if (found) {
			failed("transport attach: %s: has two, %s and %s; one transport to a file",
			       file, bpf_map__name(found), bpf_map__name(map));
			return NULL;
		}
		found = map;
	}
	if (!found) {
		failed("transport attach: %s: has no struct " OPS_TYPE " in section .struct_ops.link",
		       file);
		return NULL;
	}
	if (!bpf_map__initial_value(found, &size) || size < sizeof(struct uverbs_bpf_decl)) {
		failed("transport attach: %s: %s is too short for its declaration", file,
		       bpf_map__name(found));
		return NULL;
	}
	return found;
}

/*
 * A program the kernel evicted leaves its pin behind. Returns true if the pin
 * holds nothing any more, and removes it.
 */
static bool unpin_if_detached(const char *pin)
{
	struct bpf_link_info info = {};
	__u32 len = sizeof(info);
	int fd, err;

	fd = bpf_obj_get(pin);
	if (fd < 0)
		return false;
	err = bpf_link_get_info_by_fd(fd, &info, &len);
	close(fd);
	return !err && info.type == BPF_LINK_TYPE_STRUCT_OPS && !info.struct_ops.map_id &&
	       !unlink(pin);
}

/*
 * Open a pinned link so that bpf_link__update_map() may be used on it. That
 * one notes the map behind struct bpf_link, where links made by attaching have
 * room and opened ones do not (libbpf 1.5); so make room.
 */
static struct bpf_link *open_for_update(const char *pin)
{
	struct bpf_link *link, *roomy;
	size_t size;

	link = bpf_link__open(pin);
	if (!link)
		return NULL;
	size = malloc_usable_size(link);
	roomy = realloc(link, size + sizeof(long));
	if (!roomy) {
		bpf_link__destroy(link);
		errno = ENOMEM;
		return NULL;
	}
	memset((char *)roomy + size, 0, sizeof(long));
	return roomy;
}

static int attach_map(struct bpf_map *map, const char *name, const char *pin, bool replace)
{
	struct bpf_link *link;
	int kmsg = kmsg_open();
	int ret = STATUS_OK;
	int err;

	if (replace) {
		link = open_for_update(pin);
		if (!link) {
			ret = failed("transport attach %s --replace: %s: %s; if it is not attached, leave out --replace",
				     name, pin, strerror(errno));
			goto out;
		}
		err = bpf_link__update_map(link, map);
		if (err) {
			ret = failed("transport attach %s --replace: %s%s", name, strerror(-err),
				     hint(err));
			kmsg_show(kmsg);
		}
		goto out_link;
	}

	link = bpf_map__attach_struct_ops(map);
	if (!link) {
		err = -errno;
		ret = failed("transport attach %s: %s%s", name, strerror(-err), hint(err));
		kmsg_show(kmsg);
		goto out;
	}
	err = bpf_link__pin(link, pin);
	/* The link is destroyed below, which takes an unpinned program off again. */
	if (err)
		ret = failed("transport attach %s: cannot pin %s: %s", name, pin, strerror(-err));

out_link:
	bpf_link__destroy(link);
out:
	if (kmsg >= 0)
		close(kmsg);
	return ret;
}

static int attach_file(const char *file, const char *device, bool replace)
{
	struct uverbs_bpf_decl *decl;
	struct bpf_object *obj;
	struct bpf_map *map;
	char pin[128];
	size_t size;
	int kmsg, ret, err;

	obj = bpf_object__open_file(file, NULL);
	if (!obj) {
		err = errno;
		ret = failed("transport attach: %s: %s", file, reason(err));
		if (err != ENOENT)
			libbpf_show();
		return ret;
	}
	ret = STATUS_FAILED;
	map = find_ops(obj, file);
	if (!map)
		goto out;

	/* The declaration is the first member in every version of the ops. */
	decl = bpf_map__initial_value(map, &size);
	if (!decl->name[0] || strnlen(decl->name, sizeof(decl->name)) == sizeof(decl->name) ||
	    strchr(decl->name, '/') || decl->name[0] == '.') {
		failed("transport attach: %s: its declaration has no usable name", file);
		goto out;
	}
	if (device) {
		if (strlen(device) >= sizeof(decl->ibdev)) {
			failed("transport attach: --device %s: at most %zu characters", device,
			       sizeof(decl->ibdev) - 1);
			goto out;
		}
		memset(decl->ibdev, 0, sizeof(decl->ibdev));
		strcpy(decl->ibdev, device);
	}
	snprintf(pin, sizeof(pin), PIN_DIR "/%s", decl->name);
	if (!access(pin, F_OK) && !unpin_if_detached(pin) && !replace) {
		failed("transport attach: %s is attached already (%s); use --replace, or detach it first",
		       decl->name, pin);
		goto out;
	}

	kmsg = kmsg_open();
	err = bpf_object__load(obj);
	if (err) {
		failed("transport attach: %s: the kernel does not take it: %s%s", file,
		       reason(err), hint(err));
		libbpf_show();
		kmsg_show(kmsg);
	}
	if (kmsg >= 0)
		close(kmsg);
	if (err)
		goto out;

	ret = attach_map(map, decl->name, pin, replace);
	if (ret)
		goto out;
	if (want_json) {
		json_object(NULL);
		json_string("name", decl->name);
		json_string("file", file);
		json_string("pin", pin);
		json_bool("replaced", replace);
		json_object_end();
	} else {
		printf("transport %s %s, pinned as %s\n", decl->name,
		       replace ? "replaced" : "attached", pin);
	}

out:
	bpf_object__close(obj);
	return ret;
}

static int attach(int argc, char **argv)
{
	const char *what = NULL, *device = NULL;
	bool replace = false;
	char file[512];
	int i, ret;

	for (i = 0; i < argc; i++) {
		if (!strcmp(argv[i], "--replace"))
			replace = true;
		else if (!strcmp(argv[i], "--device") && i + 1 < argc)
			device = argv[++i];
		else if (argv[i][0] == '-' || what)
			return bad_usage("transport attach: %s", argv[i]);
		else
			what = argv[i];
	}
	if (!what)
		return bad_usage("transport attach: wants the name of a transport, or a file");

	if (is_file_name(what))
		snprintf(file, sizeof(file), "%s", what);
	else
		snprintf(file, sizeof(file), TRANSPORT_DIR "/%s" SUFFIX, what);
	if (access(file, R_OK))
		return failed("transport attach: %s: %s; uverbs-bpf transport list shows what is installed",
			      file, strerror(errno));

	ret = check_kernel();
	if (!ret)
		ret = make_pin_dir();
	return ret ?: attach_file(file, device, replace);
}

/* ---- detach ---- */

static int detach(int argc, char **argv)
{
	struct bpf_link *link;
	const char *name;
	char pin[256];
	int err;

	if (argc != 1)
		return bad_usage("transport detach: wants the name of one transport");
	name = argv[0];
	if (strchr(name, '/'))
		return bad_usage("transport detach %s: wants a name, not a path", name);

	snprintf(pin, sizeof(pin), PIN_DIR "/%s", name);
	link = bpf_link__open(pin);
	if (!link && errno == ENOENT)
		return failed("transport detach %s: nothing is pinned as %s; what others attached shows in uverbs-bpf status, and goes with: bpftool link detach id LINK",
			      name, pin);
	if (!link)
		return failed("transport detach %s: %s: %s%s", name, pin, strerror(errno),
			      hint(-errno));

	/*
	 * Not by unlinking alone, which would leave it attached while somebody
	 * else has the link open. For one that was evicted this does nothing.
	 */
	err = bpf_link__detach(link);
	if (err) {
		bpf_link__destroy(link);
		return failed("transport detach %s: %s%s", name, strerror(-err), hint(err));
	}
	err = bpf_link__unpin(link);
	bpf_link__destroy(link);
	if (err)
		return failed("transport detach %s: unlink %s: %s", name, pin, strerror(-err));

	if (want_json) {
		json_object(NULL);
		json_string("name", name);
		json_bool("detached", true);
		json_object_end();
	} else {
		printf("transport %s detached\n", name);
	}
	return STATUS_OK;
}

/* ---- list ---- */

static void list_installed(void)
{
	struct dirent *entry;
	size_t len;
	DIR *dir;

	dir = opendir(TRANSPORT_DIR);
	if (!want_json)
		printf("installed in " TRANSPORT_DIR ":");
	else
		json_array("installed");
	while (dir && (entry = readdir(dir))) {
		len = strlen(entry->d_name);
		if (entry->d_name[0] == '.' || !is_file_name(entry->d_name))
			continue;
		entry->d_name[len - strlen(SUFFIX)] = '\0';
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

/* Leave only the transports of the attached programs. */
static void keep_transports(struct table *programs)
{
	size_t row, kept = 0;

	for (row = 0; row < programs->nr_rows; row++) {
		if (strcmp(table_field(programs, row, PROGRAM_KIND), "transport"))
			continue;
		memmove(&programs->fields[kept++ * programs->nr_columns],
			&programs->fields[row * programs->nr_columns],
			programs->nr_columns * sizeof(*programs->fields));
	}
	programs->nr_rows = kept;
}

static int list(int argc, char **argv)
{
	struct table programs = {};
	int ret = STATUS_OK;
	int err;

	if (argc)
		return bad_usage("transport list %s: takes no argument", argv[0]);
	if (module_loaded()) {
		err = programs_read(&programs);
		if (err)
			ret = failed(PROC_DIR "/programs: %s", strerror(-err));
	}
	keep_transports(&programs);

	if (want_json) {
		json_object(NULL);
		table_json(&programs, "attached");
		list_installed();
		json_object_end();
	} else {
		if (programs.nr_rows)
			table_print(&programs);
		else
			puts("no transport is attached");
		list_installed();
	}
	table_free(&programs);
	return ret;
}

int cmd_transport(int argc, char **argv)
{
	libbpf_set_print(libbpf_print);
	if (argc && !strcmp(argv[0], "attach"))
		return attach(argc - 1, argv + 1);
	if (argc && !strcmp(argv[0], "detach"))
		return detach(argc - 1, argv + 1);
	if (argc && !strcmp(argv[0], "list"))
		return list(argc - 1, argv + 1);
	if (argc)
		return bad_usage("transport %s: no such command", argv[0]);
	return bad_usage("transport: wants attach, detach or list");
}
