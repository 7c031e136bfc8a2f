// SPDX-License-Identifier: BSD-2-Clause
/*
 * type COUNTER.bpf.o: attach a provider whose new type has been made wrong in
 * one place, for every place there is, as declaration.c does with transports.
 *
 * Exit status: 0 if all were refused, with the reason in the kernel log, and
 * the right one was attached, else 1.
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
#include <rdma/ib_user_ioctl_cmds.h>

#include "../../bpf/uverbs_bpf_types.h"

static int quiet(enum libbpf_print_level level, const char *fmt, va_list args)
{
	return 0;
}

#define CASE(_name, _text)	{ #_name, make_##_name, _text }
#define MAKE(_name)		static void make_##_name(struct uverbs_bpf_provider_ops *ops)

MAKE(right) { }
MAKE(nothing_but_comp) { memset(&ops->channel.type, 0, sizeof(ops->channel.type)); }
MAKE(no_what) { ops->channel.type.what = 0; }
MAKE(unknown_what) { ops->channel.type.what = 77; }
MAKE(other_object) { ops->channel.type.object = UVERBS_OBJECT_QP; }
MAKE(no_name) { ops->channel.type.name[0] = '\0'; }
MAKE(reserved) { ops->channel.type.reserved = 1; }
MAKE(no_selector) { ops->channel.type.selector = 1; }
MAKE(selector_out)
{
	ops->decl.attrs[0].direction = 2;
	ops->decl.attrs[0].max_len = 4;
}
MAKE(selector_of_other_method) { ops->decl.attrs[0].method = UVERBS_METHOD_CQ_DESTROY; }
MAKE(both) { ops->channel.type.mandatory = ops->channel.type.forbidden; }
MAKE(unknown_mandatory) { ops->channel.type.mandatory = 1U << 31; }
MAKE(mandatory_never)
{
	ops->channel.type.mandatory = 1 << UVERBS_ATTR_CREATE_CQ_FLAGS;
	ops->channel.type.forbidden = 0;
}
MAKE(forbidden_always) { ops->channel.type.forbidden = 1 << UVERBS_ATTR_CREATE_CQ_CQE; }
/* It is not the selector, and there is no hook: nobody would read it. */
MAKE(second_attr_unread)
{
	ops->decl.attrs[1] = ops->decl.attrs[0];
	ops->decl.attrs[1].id = 1;
	ops->decl.nr_attrs = 2;
}

static const struct {
	const char *name;
	void (*make)(struct uverbs_bpf_provider_ops *ops);
	const char *text;
} cases[] = {
	/* Otherwise a reason common to all would look like success. */
	CASE(right, NULL),
	CASE(nothing_but_comp, "channel.type: what is 0 and there is comp()"),
	CASE(no_what, "channel.type: what is 0 and another member is not"),
	CASE(unknown_what, "channel.type: what is 77"),
	CASE(other_object, "channel.type: object is 4, a CQ_COUNTER is of object 3"),
	CASE(no_name, "channel.type: name: wants 1 to 15"),
	CASE(reserved, "channel.type: reserved is not 0"),
	CASE(no_selector, "channel.type: selector is 1, which is no input"),
	CASE(selector_out, "channel.type: selector is 0, which is no input"),
	CASE(selector_of_other_method, "channel.type: selector is 0, which is no input"),
	CASE(both, "channel.type: attributes 0x28 are mandatory and forbidden"),
	CASE(unknown_mandatory, "channel.type: mandatory is 0x80000000, the method has"),
	CASE(mandatory_never, "channel.type: mandatory is 0x20, a CQ_COUNTER takes none of"),
	CASE(forbidden_always, "channel.type: forbidden is 0x2, of which the method wants 0x2"),
	CASE(second_attr_unread, "attrs[1]: method 0x0 of object 0x3 is not among hooks"),
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
		found |= strstr(record, "uverbs_bpf: provider ") && strstr(record, text);
	}
	return found;
}

/* Why it did not go as it should, or NULL. */
static const char *run(const char *path, unsigned int i, int kmsg)
{
	struct bpf_object *object = bpf_object__open_file(path, NULL);
	struct uverbs_bpf_provider_ops *ops;
	struct bpf_link *link = NULL;
	const char *why = NULL;
	struct bpf_map *map;
	size_t size;
	int err;

	if (!object)
		return "cannot be opened";
	map = bpf_object__find_map_by_name(object, "odd_counter");
	ops = map ? bpf_map__initial_value(map, &size) : NULL;
	if (!ops || size != sizeof(*ops)) {
		why = "has another layout";
		goto out;
	}
	cases[i].make(ops);
	if (bpf_object__load(object)) {
		why = "does not load";
		goto out;
	}
	link = bpf_map__attach_struct_ops(map);
	err = errno;
	if (!cases[i].text)
		why = link ? NULL : strerror(err);
	else if (link)
		why = "was attached";
	else if (err != EINVAL)
		why = strerror(err);
	else if (!logged(kmsg, cases[i].text))
		why = "the kernel log does not say why";
	bpf_link__destroy(link);
out:
	bpf_object__close(object);
	return why;
}

int main(int argc, char **argv)
{
	unsigned int i, nr_failed = 0;
	int kmsg;

	if (argc != 2) {
		fprintf(stderr, "usage: type COUNTER.bpf.o\n");
		return 2;
	}
	libbpf_set_print(quiet);
	kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	if (kmsg < 0 || lseek(kmsg, 0, SEEK_END) < 0) {
		perror("type: /dev/kmsg");
		return 1;
	}
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *why = run(argv[1], i, kmsg);

		printf("%s %s%s%s\n", why ? "FAILED" : "ok    ", cases[i].name, why ? ": " : "",
		       why ?: "");
		nr_failed += !!why;
	}
	printf("%u cases, %u failed\n", i, nr_failed);
	return !!nr_failed;
}
