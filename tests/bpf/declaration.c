// SPDX-License-Identifier: BSD-2-Clause
/*
 * declaration MINIMAL.bpf.o: attach a transport whose declaration has been
 * made wrong in one place, for every place there is. Each must be refused,
 * and the kernel log must name the field.
 *
 * Exit status: 0 if all were, and the right declaration was attached, else 1.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/types.h>

#include "../../bpf/uverbs_bpf_types.h"

static const char *object_path;

static int quiet(enum libbpf_print_level level, const char *fmt, va_list args)
{
	return 0;
}

#define CASE(_name, _text)	{ #_name, make_##_name, _text }
#define MAKE(_name)		static void make_##_name(struct uverbs_bpf_transport_ops *ops)

MAKE(no_name) { ops->decl.name[0] = '\0'; }
MAKE(endless_name) { memset(ops->decl.name, 'a', sizeof(ops->decl.name)); }
MAKE(name_with_blank) { strcpy(ops->decl.name, "ro ce"); }
MAKE(abi_0) { ops->decl.abi = 0; }
MAKE(abi_of_the_future) { ops->decl.abi = UVERBS_BPF_ABI + 1; }
MAKE(fail_closed) { ops->decl.flags = UVERBS_BPF_FAIL_CLOSED; }
MAKE(no_protocol) { ops->decl.protocols = 0; }
MAKE(unknown_protocol) { ops->decl.protocols |= 1 << 4; }
MAKE(endless_ibdev) { memset(ops->decl.ibdev, 'a', sizeof(ops->decl.ibdev)); }
MAKE(reserved) { ops->decl.reserved[6] = 1; }
MAKE(no_attrs) { memset(ops->decl.attrs, 0, sizeof(ops->decl.attrs)); ops->decl.nr_attrs = 0; }
MAKE(many_attrs) { ops->decl.nr_attrs = UVERBS_BPF_MAX_ATTRS + 1; }
MAKE(attrs_beyond) { ops->decl.attrs[1] = ops->decl.attrs[0]; }
MAKE(same_attr_twice) { ops->decl.attrs[1] = ops->decl.attrs[0]; ops->decl.nr_attrs = 2; }
MAKE(attr_name) { ops->decl.attrs[0].name[0] = '%'; }
MAKE(attr_id) { ops->decl.attrs[0].id = 0x4000; }
MAKE(attr_direction) { ops->decl.attrs[0].direction = 0; }
MAKE(attr_mandatory) { ops->decl.attrs[0].flags = UVERBS_BPF_ATTR_MANDATORY; }
MAKE(attr_min_len) { ops->decl.attrs[0].min_len = 17; }
MAKE(attr_max_len) { ops->decl.attrs[0].max_len = UVERBS_BPF_MAX_LEN + 1; }
MAKE(attr_reserved) { ops->decl.attrs[0].reserved = 1; }
MAKE(attr_of_other_method) { ops->decl.attrs[0].method = 0; }
/* An output of QP_MODIFY: nobody would fill it. */
MAKE(attr_other_way) { ops->decl.attrs[0].direction = 2; }

static const struct {
	const char *name;
	void (*make)(struct uverbs_bpf_transport_ops *ops);
	const char *text;
} cases[] = {
	CASE(no_name, "name: wants 1 to 15"),
	CASE(endless_name, "name: wants 1 to 15"),
	CASE(name_with_blank, "name: wants 1 to 15"),
	CASE(abi_0, "roce: abi is 0"),
	CASE(abi_of_the_future, "roce: abi is 2"),
	CASE(fail_closed, "roce: flags is 0x1"),
	CASE(no_protocol, "roce: protocols is 0,"),
	CASE(unknown_protocol, "roce: protocols is 0x14, knows 0xf"),
	CASE(endless_ibdev, "roce: ibdev: wants a NUL within 64"),
	CASE(reserved, "roce: reserved is not 0"),
	CASE(no_attrs, "roce: nr_attrs is 0"),
	CASE(many_attrs, "roce: nr_attrs is 17, wants at most 16"),
	CASE(attrs_beyond, "roce: attrs[1] and later are beyond nr_attrs"),
	CASE(same_attr_twice, "roce: attrs[1]: id 0 of that method is there twice"),
	CASE(attr_name, "roce: attrs[0].name: wants 1 to 31"),
	CASE(attr_id, "roce: attrs[0].id is 0x4000"),
	CASE(attr_direction, "roce: attrs[0].direction is 0"),
	CASE(attr_mandatory, "roce: attrs[0].flags is 0x1, knows 0x0"),
	CASE(attr_min_len, "roce: attrs[0] has 17 to 16 bytes"),
	CASE(attr_max_len, "roce: attrs[0] has 16 to 4097 bytes"),
	CASE(attr_reserved, "roce: attrs[0].reserved is not 0"),
	CASE(attr_of_other_method, "roce: attrs[0]: takes inputs of QP_MODIFY"),
	CASE(attr_other_way, "roce: attrs[0]: takes inputs of QP_MODIFY"),
};

/* Whether the kernel logged @text since @kmsg was last read. */
static bool logged(int kmsg, const char *text)
{
	char record[8192];
	bool found = false;
	ssize_t n;

	while ((n = read(kmsg, record, sizeof(record) - 1)) > 0 || (n < 0 && errno == EPIPE)) {
		if (n < 0)
			continue;
		record[n] = '\0';
		found |= strstr(record, "uverbs_bpf: transport ") && strstr(record, text);
	}
	return found;
}

/* Attach the declaration as @make left it. Returns the link, or NULL with errno set. */
static struct bpf_link *attach(void (*make)(struct uverbs_bpf_transport_ops *ops),
			       struct bpf_object **object)
{
	struct uverbs_bpf_transport_ops *ops;
	struct bpf_link *link;
	struct bpf_map *map;
	size_t size;
	int err;

	*object = bpf_object__open_file(object_path, NULL);
	if (!*object)
		return NULL;
	map = bpf_object__find_map_by_name(*object, "minimal");
	ops = bpf_map__initial_value(map, &size);
	if (!ops || size != sizeof(*ops)) {
		errno = EMSGSIZE;
		return NULL;
	}
	if (make)
		make(ops);
	if (bpf_object__load(*object))
		return NULL;
	link = bpf_map__attach_struct_ops(map);
	err = errno;
	if (!link)
		errno = err;
	return link;
}

static bool refused(unsigned int i, int kmsg)
{
	struct bpf_object *object;
	struct bpf_link *link = attach(cases[i].make, &object);
	const char *why = NULL;

	if (link)
		why = "was attached";
	else if (errno != EINVAL)
		why = strerror(errno);
	else if (!logged(kmsg, cases[i].text))
		why = "the kernel log does not say why";
	printf("%s %s%s%s\n", why ? "FAILED" : "ok    ", cases[i].name, why ? ": " : "", why ?: "");
	if (link)
		bpf_link__destroy(link);
	bpf_object__close(object);
	return !why;
}

int main(int argc, char **argv)
{
	unsigned int i, nr_failed = 0;
	struct bpf_object *object;
	struct bpf_link *link;
	int kmsg;

	if (argc != 2) {
		fprintf(stderr, "usage: declaration MINIMAL.bpf.o\n");
		return 2;
	}
	object_path = argv[1];
	libbpf_set_print(quiet);
	kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	if (kmsg < 0 || lseek(kmsg, 0, SEEK_END) < 0) {
		perror("declaration: /dev/kmsg");
		return 1;
	}

	/* Otherwise a reason common to all would look like success. */
	link = attach(NULL, &object);
	printf("%s right%s%s\n", link ? "ok    " : "FAILED", link ? "" : ": ",
	       link ? "" : strerror(errno));
	nr_failed += !link;
	bpf_link__destroy(link);
	bpf_object__close(object);

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		nr_failed += !refused(i, kmsg);
	printf("%zu cases, %u failed\n", sizeof(cases) / sizeof(cases[0]) + 1, nr_failed);
	return !!nr_failed;
}
