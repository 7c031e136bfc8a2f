// SPDX-License-Identifier: BSD-2-Clause
/* The schema of a device, page by page. */
#include "internal.h"

#define PAGE_RECORDS	128

int uvb_is_served(struct ibv_context *context)
{
	struct uvb_server server;
	int ret;

	ret = uvb_server_get(context, &server);
	if (ret) {
		errno = -ret;
		return ret;
	}
	return server.served;
}

int uvb_schema(struct ibv_context *context,
	       int (*callback)(const struct uverbs_bpf_schema_record *record, void *arg),
	       void *arg)
{
	struct uverbs_bpf_schema_record records[PAGE_RECORDS];
	uint32_t first = 0, total = 0;
	struct uvb_call call;
	uint32_t i;
	int ret;

	do {
		uvb_call_init(&call, context, "schema", NULL, 0);
		uvb_call_method(&call, UVERBS_OBJECT_DEVICE, UVERBS_BPF_METHOD_SCHEMA);
		uvb_call_in(&call, UVERBS_BPF_ATTR_SCHEMA_FIRST, &first, sizeof(first));
		uvb_call_out(&call, UVERBS_BPF_ATTR_SCHEMA_RECORDS, records, sizeof(records));
		uvb_call_out(&call, UVERBS_BPF_ATTR_SCHEMA_TOTAL, &total, sizeof(total));
		ret = uvb_call_run(&call);
		if (ret)
			return uvb_call_fail(&call, ret == UVB_STOCK ? -EOPNOTSUPP : ret);

		for (i = 0; i < PAGE_RECORDS && first < total; i++, first++) {
			ret = callback(&records[i], arg);
			if (ret)
				return ret;
		}
	} while (first < total);
	return 0;
}

struct wanted {
	const char *program;
	const char *name;
	uint16_t object;
	uint16_t method;
	uint16_t id;
};

static int is_wanted(const struct uverbs_bpf_schema_record *record, void *arg)
{
	struct wanted *wanted = arg;

	if (record->what != UVERBS_BPF_SCHEMA_ATTR || record->object != wanted->object ||
	    record->method != wanted->method ||
	    strncmp(record->program, wanted->program, sizeof(record->program)) ||
	    strncmp(record->name, wanted->name, sizeof(record->name)))
		return 0;
	wanted->id = record->attr;
	return 1;
}

int uvb_find_attr(struct ibv_context *context, const char *program, uint16_t object,
		  uint16_t method, const char *name)
{
	struct wanted wanted = { program, name, object, method, 0 };
	int ret = uvb_schema(context, is_wanted, &wanted);

	if (ret == 1)
		return wanted.id;
	if (!ret) {
		errno = ENOENT;
		ret = -ENOENT;
	}
	return ret;
}
