// SPDX-License-Identifier: BSD-2-Clause
/*
 * Attach, replace and detach a program of either kind. It is a BPF link pinned
 * under its name, so that it stays when this command ends and bpftool sees the
 * same thing:
 *
 *	/sys/fs/bpf/uverbs-bpf/transport/NAME
 *	/sys/fs/bpf/uverbs-bpf/provider/NAME
 *
 * Maps that the program declares as pinned by name are there as long as it is
 * attached. They are where it is configured, and what a replacement goes on
 * with:
 *
 *	/sys/fs/bpf/uverbs-bpf/maps/NAME/MAP		a provider's
 *	/sys/fs/bpf/uverbs-bpf/transport-maps/NAME/MAP	a transport's
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
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
#include "say.h"
#include "../../bpf/uverbs_bpf_types.h"

const struct kind transport_kind = {
	.name = "transport",
	.ops = "uverbs_bpf_transport_ops",
	.pins = PIN_DIR "/transport",
	.maps = PIN_DIR "/transport-maps",
	.installed = LIB_DIR "/transports",
};

const struct kind provider_kind = {
	.name = "provider",
	.ops = "uverbs_bpf_provider_ops",
	.pins = PIN_DIR "/provider",
	.maps = PIN_DIR "/maps",
	.installed = LIB_DIR "/providers",
};

/* Subject of messages: "transport attach roce". */
static char doing[64];

static void set_doing(const struct kind *kind, const char *verb, const char *what)
{
	snprintf(doing, sizeof(doing), "%s %s%s%s", kind->name, verb, what ? " " : "", what ?: "");
}

/* ---- the place: a kernel that can, and directories for pins ---- */

static int check_kernel(void)
{
	struct statfs fs;

	if (access("/sys/kernel/btf/vmlinux", R_OK))
		return failed("%s: /sys/kernel/btf/vmlinux: %s; BPF programs need a kernel with CONFIG_DEBUG_INFO_BTF",
			      doing, strerror(errno));
	if (!module_loaded())
		return failed("%s: uverbs_bpf is not loaded; load it before the RDMA drivers: modprobe uverbs_bpf",
			      doing);
	if (access("/sys/kernel/btf/uverbs_bpf", R_OK))
		return failed("%s: uverbs_bpf was built without BTF; build it with pahole installed and against headers that have a vmlinux",
			      doing);
	if (statfs(BPFFS, &fs) || fs.f_type != BPF_FS_MAGIC)
		return failed("%s: no BPF file system; run: mount -t bpf bpf " BPFFS, doing);
	return STATUS_OK;
}

static int make_dir(const char *path)
{
	if (mkdir(path, 0700) && errno != EEXIST)
		return failed("%s: mkdir %s: %s%s", doing, path, strerror(errno),
			      errno == EACCES ? hint(-EPERM) : "");
	return STATUS_OK;
}

/*
 * A pin, its maps and what is attached belong together, so one command at a
 * time changes them; others wait until it ends. Nothing is to be waited for
 * where nothing was ever pinned.
 */
static int lock_pins(void)
{
	int fd = open(PIN_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return STATUS_OK;
	if (fd < 0 || flock(fd, LOCK_EX))
		return failed("%s: %s: %s%s", doing, PIN_DIR, strerror(errno), hint(-errno));
	return STATUS_OK;
}

/* ---- what is in the file ---- */

/* The object's one map of the kind's type; NULL with a message. */
static struct bpf_map *find_ops(const struct kind *kind, struct bpf_object *obj, const char *file)
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
		if (strcmp(name, kind->ops)) {
			failed("%s: %s is a struct %s, wants struct %s", doing, bpf_map__name(map),
			       name, kind->ops);
			return NULL;
		}
		if (found) {
			failed("%s: has two, %s and %s; one %s to a file", doing,
			       bpf_map__name(found), bpf_map__name(map), kind->name);
			return NULL;
		}
		found = map;
	}
	if (!found) {
		failed("%s: %s has no struct %s in section .struct_ops.link", doing, file,
		       kind->ops);
		return NULL;
	}
	if (!bpf_map__initial_value(found, &size) || size < sizeof(struct uverbs_bpf_decl)) {
		failed("%s: %s is too short for its declaration", doing, bpf_map__name(found));
		return NULL;
	}
	return found;
}

/* The name is to be that of a pin. */
static bool name_is_usable(const char *name, size_t size)
{
	return name[0] && strnlen(name, size) < size && !strchr(name, '/') && name[0] != '.';
}

static int restrict_to_device(struct uverbs_bpf_decl *decl, const char *device)
{
	if (strlen(device) >= sizeof(decl->ibdev))
		return failed("%s: --device %s: at most %zu characters", doing, device,
			      sizeof(decl->ibdev) - 1);
	memset(decl->ibdev, 0, sizeof(decl->ibdev));
	strcpy(decl->ibdev, device);
	return STATUS_OK;
}

/* ---- pinned maps ---- */

/*
 * Give each map that the program wants pinned its place. One that is there
 * already is taken over when the object is loaded, if it has the same shape.
 */
static int place_maps(const struct kind *kind, struct bpf_object *obj, const char *name)
{
	struct bpf_map *map;
	char path[256];
	int ret = 0;

	bpf_object__for_each_map(map, obj) {
		if (!bpf_map__pin_path(map))
			continue;
		ret = make_dir(kind->maps);
		snprintf(path, sizeof(path), "%s/%s", kind->maps, name);
		ret = ret ?: make_dir(path);
		snprintf(path, sizeof(path), "%s/%s/%s", kind->maps, name, bpf_map__name(map));
		if (!ret && bpf_map__set_pin_path(map, path))
			ret = failed("%s: cannot pin map %s", doing, bpf_map__name(map));
		if (ret)
			break;
	}
	return ret;
}

/* Remove the maps of a program that is off, and with them what they hold. */
static void remove_maps(const struct kind *kind, const char *name)
{
	struct dirent *entry;
	char path[256];
	DIR *dir;

	snprintf(path, sizeof(path), "%s/%s", kind->maps, name);
	dir = opendir(path);
	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(dir), entry->d_name, 0);
	}
	closedir(dir);
	rmdir(path);
}

/* ---- links ---- */

/*
 * A program the kernel took off leaves its pin behind. Returns true if the pin
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

static int replace_link(struct bpf_map *map, const char *pin)
{
	struct bpf_link *link;
	int kmsg = kmsg_open();
	int ret = STATUS_OK;
	int err;

	link = open_for_update(pin);
	if (!link) {
		ret = failed("%s: %s: %s; if it is not attached, attach it", doing, pin,
			     strerror(errno));
		goto out;
	}
	err = bpf_link__update_map(link, map);
	if (err) {
		ret = failed("%s: %s%s", doing, strerror(-err), hint(err));
		kmsg_show(kmsg);
	}
	bpf_link__destroy(link);
out:
	kmsg_close(kmsg);
	return ret;
}

static int make_link(struct bpf_map *map, const char *pin)
{
	struct bpf_link *link;
	int kmsg = kmsg_open();
	int ret = STATUS_OK;
	int err;

	link = bpf_map__attach_struct_ops(map);
	if (!link) {
		err = -errno;
		ret = failed("%s: %s%s", doing, strerror(-err), hint(err));
		kmsg_show(kmsg);
		goto out;
	}
	err = bpf_link__pin(link, pin);
	/* The link is destroyed below, which takes an unpinned program off again. */
	if (err)
		ret = failed("%s: cannot pin %s: %s", doing, pin, strerror(-err));
	bpf_link__destroy(link);
out:
	kmsg_close(kmsg);
	return ret;
}

/* ---- attach, replace ---- */

static int load(struct bpf_object *obj)
{
	int kmsg = kmsg_open();
	int err;

	err = bpf_object__load(obj);
	if (err) {
		failed("%s: the kernel does not take it: %s%s", doing, reason(err), hint(err));
		libbpf_show();
		kmsg_show(kmsg);
	}
	kmsg_close(kmsg);
	return err ? STATUS_FAILED : STATUS_OK;
}

static int attach_object(const struct kind *kind, struct bpf_object *obj, const char *file,
			 const char *device, bool replace)
{
	struct bpf_map *map = find_ops(kind, obj, file);
	struct uverbs_bpf_decl *decl;
	char pin[128], maps[128];
	bool had_maps;
	size_t size;
	int ret;

	if (!map)
		return STATUS_FAILED;
	/* The declaration is the first member in every version of the ops. */
	decl = bpf_map__initial_value(map, &size);
	if (!name_is_usable(decl->name, sizeof(decl->name)))
		return failed("%s: its declaration has no usable name", doing);
	if (device && restrict_to_device(decl, device))
		return STATUS_FAILED;

	ret = make_dir(PIN_DIR) ?: lock_pins();
	if (ret)
		return ret;
	snprintf(pin, sizeof(pin), "%s/%s", kind->pins, decl->name);
	if (!access(pin, F_OK) && !unpin_if_detached(pin) && !replace)
		return failed("%s: %s is attached already (%s); replace it, or detach it first",
			      doing, decl->name, pin);

	snprintf(maps, sizeof(maps), "%s/%s", kind->maps, decl->name);
	had_maps = !access(maps, F_OK);
	ret = make_dir(kind->pins) ?: place_maps(kind, obj, decl->name) ?: load(obj);
	if (!ret)
		ret = replace ? replace_link(map, pin) : make_link(map, pin);
	if (ret) {
		/* Not those of one that is attached, or that the kernel took off. */
		if (!had_maps)
			remove_maps(kind, decl->name);
		return ret;
	}

	if (want_json) {
		json_object(NULL);
		json_string("name", decl->name);
		json_string("file", file);
		json_string("pin", pin);
		json_bool("replaced", replace);
		json_object_end();
	} else {
		printf("%s %s %s, pinned as %s\n", kind->name, decl->name,
		       replace ? "replaced" : "attached", pin);
	}
	return STATUS_OK;
}

int attach(const struct kind *kind, bool replace, int argc, char **argv)
{
	const char *what = NULL, *device = NULL;
	struct bpf_object *obj;
	char file[512];
	int i, ret;

	set_doing(kind, replace ? "replace" : "attach", NULL);
	for (i = 0; i < argc; i++) {
		if (!strcmp(argv[i], "--replace"))
			replace = true;
		else if (!strcmp(argv[i], "--device") && i + 1 < argc)
			device = argv[++i];
		else if (argv[i][0] == '-' || what)
			return bad_usage("%s: %s", doing, argv[i]);
		else
			what = argv[i];
	}
	if (!what)
		return bad_usage("%s: wants the name of a %s, or a file", doing, kind->name);
	set_doing(kind, replace ? "replace" : "attach", what);

	if (is_object_file(what))
		snprintf(file, sizeof(file), "%s", what);
	else
		snprintf(file, sizeof(file), "%s/%s" OBJECT_SUFFIX, kind->installed, what);
	if (access(file, R_OK))
		return failed("%s: %s: %s; uverbs-bpf %s list shows what is installed", doing, file,
			      strerror(errno), kind->name);
	ret = check_kernel();
	if (ret)
		return ret;

	obj = bpf_object__open_file(file, NULL);
	if (!obj) {
		ret = failed("%s: %s: %s", doing, file, reason(errno));
		libbpf_show();
		return ret;
	}
	ret = attach_object(kind, obj, file, device, replace);
	bpf_object__close(obj);
	return ret;
}

/* ---- detach ---- */

static void detached_json(const char *name)
{
	json_object(NULL);
	json_string("name", name);
	json_bool("detached", true);
	json_object_end();
}

int detach(const struct kind *kind, const char *name)
{
	struct bpf_link *link;
	char pin[256];
	int err, ret;

	set_doing(kind, "detach", name);
	if (strchr(name, '/'))
		return bad_usage("%s: wants a name, not a path", doing);
	ret = lock_pins();
	if (ret)
		return ret;
	/* Its rules stay for whoever attaches it again, which is what opens what it guards. */
	if (is_closed(kind, name))
		return failed("%s: was evicted and holds shut what it guards; attach it again, or open that: uverbs-bpf provider reopen %s",
			      doing, name);

	snprintf(pin, sizeof(pin), "%s/%s", kind->pins, name);
	link = bpf_link__open(pin);
	if (!link && errno == ENOENT)
		return failed("%s: nothing is pinned as %s; what others attached shows in uverbs-bpf status, and goes with: bpftool link detach id LINK",
			      doing, pin);
	if (!link)
		return failed("%s: %s: %s%s", doing, pin, strerror(errno), hint(-errno));

	/*
	 * Not by unlinking alone, which would leave it attached while somebody
	 * else has the link open. For one that was evicted this does nothing.
	 */
	err = bpf_link__detach(link);
	if (err) {
		bpf_link__destroy(link);
		return failed("%s: %s%s", doing, strerror(-err), hint(err));
	}
	err = bpf_link__unpin(link);
	bpf_link__destroy(link);
	if (err)
		return failed("%s: unlink %s: %s", doing, pin, strerror(-err));
	remove_maps(kind, name);

	if (want_json)
		detached_json(name);
	else
		printf("%s %s detached\n", kind->name, name);
	return STATUS_OK;
}

/* Remove the pins of what the kernel took off. */
static void sweep(const struct kind *kind)
{
	struct dirent *entry;
	char pin[512];
	DIR *dir;

	dir = opendir(kind->pins);
	while (dir && (entry = readdir(dir))) {
		snprintf(pin, sizeof(pin), "%s/%s", kind->pins, entry->d_name);
		if (entry->d_name[0] != '.' && unpin_if_detached(pin))
			remove_maps(kind, entry->d_name);
	}
	if (dir)
		closedir(dir);
}

/* Whoever attached them, and if nobody has their links any more, too: the kernel does it. */
int detach_all(void)
{
	struct table programs;
	size_t row;
	int err, ret;

	set_doing(&provider_kind, "detach", "--all");
	if (!module_loaded())
		return failed("%s: uverbs_bpf is not loaded, nothing can be attached", doing);
	ret = lock_pins();
	if (ret)
		return ret;
	err = programs_read(&programs);
	if (err)
		return failed("%s: " PROC_DIR "/programs: %s", doing, strerror(-err));
	ret = set_parameter(doing, "detach_all", "1");
	if (ret) {
		table_free(&programs);
		return ret;
	}
	sweep(&transport_kind);
	sweep(&provider_kind);

	if (want_json)
		json_array(NULL);
	for (row = 0; row < programs.nr_rows; row++) {
		const char *name = table_field(&programs, row, PROGRAM_NAME);

		if (want_json)
			detached_json(name);
		else
			printf("%s %s detached\n", table_field(&programs, row, PROGRAM_KIND), name);
	}
	if (want_json)
		json_array_end();
	else if (!programs.nr_rows)
		puts("nothing was attached");
	table_free(&programs);
	return STATUS_OK;
}
