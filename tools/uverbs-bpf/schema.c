// SPDX-License-Identifier: BSD-2-Clause
/* uverbs-bpf schema: what a live device offers. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <uverbs-bpf/verbs.h>

#include "command.h"
#include "json.h"

static const char *const whats[] = {
	[UVERBS_BPF_SCHEMA_OBJECT] = "object",
	[UVERBS_BPF_SCHEMA_METHOD] = "method",
	[UVERBS_BPF_SCHEMA_ATTR] = "attribute",
	[UVERBS_BPF_SCHEMA_COMMAND] = "command",
	[UVERBS_BPF_SCHEMA_TYPE] = "type",
};

static const char *const kinds[] = {
	[UVERBS_BPF_KIND_NONE] = "none",
	[UVERBS_BPF_KIND_IN] = "in",
	[UVERBS_BPF_KIND_OUT] = "out",
	[UVERBS_BPF_KIND_CONST] = "const",
	[UVERBS_BPF_KIND_FLAGS] = "flags",
	[UVERBS_BPF_KIND_HANDLE] = "handle",
	[UVERBS_BPF_KIND_FD] = "fd",
	[UVERBS_BPF_KIND_RAW_FD] = "raw fd",
	[UVERBS_BPF_KIND_ENUM] = "enum",
	[UVERBS_BPF_KIND_HANDLES] = "handles",
};

static const char *const accesses[] = {
	[UVERBS_BPF_ACCESS_NONE] = "none",
	[UVERBS_BPF_ACCESS_READ] = "read",
	[UVERBS_BPF_ACCESS_WRITE] = "write",
	[UVERBS_BPF_ACCESS_NEW] = "new",
	[UVERBS_BPF_ACCESS_DESTROY] = "destroy",
};

/* A later module may have words we do not know. */
#define word(words, i)	((i) < sizeof(words) / sizeof((words)[0]) ? (words)[i] : "?")

#define NO_LIMIT	0xffff

/* What a record of a type says of an attribute. */
static const char *rule(const struct uverbs_bpf_schema_record *r)
{
	return r->flags & UVERBS_BPF_SCHEMA_MANDATORY ? "with" :
	       r->flags & UVERBS_BPF_SCHEMA_FORBIDDEN ? "without" : "asked for by";
}

/* The QP types that a new type may have. */
static void print_bases(uint16_t bases)
{
	static const char *const names[16] = {
		[IB_UVERBS_QPT_RC] = "RC",
		[IB_UVERBS_QPT_UC] = "UC",
		[IB_UVERBS_QPT_UD] = "UD",
		[IB_UVERBS_QPT_RAW_PACKET] = "RAW_PACKET",
		[IB_UVERBS_QPT_XRC_INI] = "XRC_INI",
		[IB_UVERBS_QPT_XRC_TGT] = "XRC_TGT",
		[15] = "DRIVER",
	};
	const char *before = ", QP types ";
	unsigned int i;

	for (i = 0; i < 16; i++) {
		if (!(bases & 1U << i))
			continue;
		printf("%s%s", before, names[i] ?: "?");
		before = " ";
	}
}

static void print_json(const struct uverbs_bpf_schema_record *r)
{
	json_object(NULL);
	json_string("what", word(whats, r->what));
	json_string("name", r->name);
	json_number("object", r->object);
	switch (r->what) {
	case UVERBS_BPF_SCHEMA_METHOD:
		json_number("method", r->method);
		break;
	case UVERBS_BPF_SCHEMA_ATTR:
		json_number("method", r->method);
		json_number("attribute", r->attr);
		json_string("kind", word(kinds, r->kind));
		if (r->access) {
			json_string("access", word(accesses, r->access));
			json_number("handle_object", r->handle_object);
		} else {
			json_number("min_length", r->min_len);
			if (r->max_len == NO_LIMIT)
				json_null("max_length");
			else
				json_number("max_length", r->max_len);
		}
		json_bool("mandatory", r->flags & UVERBS_BPF_SCHEMA_MANDATORY);
		break;
	case UVERBS_BPF_SCHEMA_COMMAND:
		json_number("command", r->method);
		json_bool("extended", r->flags & UVERBS_BPF_SCHEMA_EX);
		json_bool("legacy", r->flags & UVERBS_BPF_SCHEMA_LEGACY);
		json_number("request_length", r->min_len);
		json_number("response_length", r->max_len);
		if (r->attr == UVERBS_BPF_ATTR_NONE)
			json_null("replacement");
		else
			json_number("replacement", r->attr);
		break;
	case UVERBS_BPF_SCHEMA_TYPE:
		json_number("method", r->method);
		json_number("attribute", r->attr);
		json_string("rule", rule(r));
		if (r->handle_object)
			json_number("base", r->handle_object);
		break;
	}
	if (r->program[0])
		json_string("program", r->program);
	json_object_end();
}

/* The kernel's ids are small numbers; in others the namespace should be seen. */
static const char *id(uint16_t id, char *buf, size_t size)
{
	snprintf(buf, size, id >> UVERBS_BPF_NS_SHIFT ? "0x%04x" : "%u", id);
	return buf;
}

static void print_attr(const struct uverbs_bpf_schema_record *r, const char *object)
{
	char buf[8];

	printf("    0x%04x %-31s %s", r->attr, r->name, word(kinds, r->kind));
	if (r->access)
		printf(" of object %s, %s", id(r->handle_object, buf, sizeof(buf)),
		       word(accesses, r->access));
	else if (r->max_len == NO_LIMIT)
		printf(" of %u bytes and more", r->min_len);
	else if (r->min_len == r->max_len)
		printf(" of %u bytes", r->min_len);
	else
		printf(" of %u to %u bytes", r->min_len, r->max_len);
	if (r->flags & UVERBS_BPF_SCHEMA_MANDATORY)
		printf(", mandatory");
	/* It may be for another method than the one above. */
	if (r->program[0])
		printf(", of method %s:0x%04x", object, r->method);
}

static void print_text(const struct uverbs_bpf_schema_record *r)
{
	static int last_object = -1;
	char object[8];

	id(r->object, object, sizeof(object));
	/* The device is an object without handles, and so without a record. */
	if (r->object != last_object && (!r->program[0] || r->what == UVERBS_BPF_SCHEMA_OBJECT)) {
		last_object = r->object;
		printf("object %s%s%s", object, r->what == UVERBS_BPF_SCHEMA_OBJECT ? " " : "",
		       r->what == UVERBS_BPF_SCHEMA_OBJECT ? r->name : "");
		if (r->program[0])
			printf(", by program %s", r->program);
		putchar('\n');
	}
	switch (r->what) {
	case UVERBS_BPF_SCHEMA_METHOD:
		printf("  method %s:0x%04x %s", object, r->method, r->name);
		break;
	case UVERBS_BPF_SCHEMA_ATTR:
		print_attr(r, object);
		break;
	case UVERBS_BPF_SCHEMA_COMMAND:
		printf("  %scommand %u %s: request %u, response %u bytes, legacy",
		       r->flags & UVERBS_BPF_SCHEMA_EX ? "extended " : "", r->method, r->name,
		       r->min_len, r->max_len);
		if (r->attr != UVERBS_BPF_ATTR_NONE)
			printf(", now method %s:0x%04x", object, r->attr);
		break;
	case UVERBS_BPF_SCHEMA_TYPE:
		printf("  type %s of object %s, %s 0x%04x of method %s:0x%04x", r->name, object,
		       rule(r), r->attr, object, r->method);
		print_bases(r->handle_object);
		break;
	default:
		return;
	}
	if (r->program[0])
		printf(", by program %s", r->program);
	putchar('\n');
}

static int print_record(const struct uverbs_bpf_schema_record *record, void *arg)
{
	(void)arg;
	if (want_json)
		print_json(record);
	else
		print_text(record);
	return 0;
}

int cmd_schema(int argc, char **argv)
{
	const char *name = argc ? argv[0] : NULL;
	struct ibv_device **list, *device = NULL;
	struct ibv_context *context = NULL;
	int i, n, ret;

	if (argc > 1)
		return bad_usage("schema %s %s: takes one device", argv[0], argv[1]);

	list = ibv_get_device_list(&n);
	for (i = 0; list && i < n && !device; i++) {
		if (!name || !strcmp(name, ibv_get_device_name(list[i])))
			device = list[i];
	}
	errno = 0;
	if (device)
		context = ibv_open_device(device);
	ret = errno;
	if (list)
		ibv_free_device_list(list);
	if (!device && name)
		return failed("schema: no RDMA device %s; see: rdma link", name);
	if (!device)
		return failed("schema: no RDMA device");
	if (!context)
		return failed("schema: cannot open %s: %s", name ?: "the first device",
			      strerror(ret));
	name = ibv_get_device_name(context->device);

	if (want_json) {
		json_object(NULL);
		json_string("ibdev", name);
		json_array("records");
	}
	ret = uvb_schema(context, print_record, NULL);
	if (want_json) {
		json_array_end();
		json_object_end();
	}
	if (ret == -EOPNOTSUPP)
		ret = failed("schema: %s is served by ib_uverbs, which cannot tell; uverbs-bpf status says why",
			     name);
	else if (ret)
		ret = failed("schema: %s: %s", name, strerror(-ret));
	ibv_close_device(context);
	return ret;
}
