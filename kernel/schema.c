// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The schema: objects, methods and attributes are declared as tables beside
 * their handlers (verbs/), once. Here they are indexed, so that a call finds
 * its method and each attribute by array index, cut down to what a device's
 * driver can do, and told to user space.
 */
#include "uvb.h"
#include "ext.h"

#define UVB_SCHEMA_ENTRY(name) &uvb_schema_##name,
static const struct uvb_schema *const uvb_schemas[] = {
	UVB_FOR_EACH_SCHEMA(UVB_SCHEMA_ENTRY)
};

struct uvb_type *uvb_types[UVB_MAX_OBJECT];

/* The device is an object without handles. */
bool uvb_api_has_object(const struct uvb_api *api, u16 object)
{
	return object == UVERBS_OBJECT_DEVICE || uvb_api_has_type(api, object) ||
	       uvb_ext_has_object(object) ||
	       (uvb_object_slot(object) >= UVB_MAX_OBJECT && uvb_driver_type(api, object));
}

static bool uvb_is_eth(u16 attr)
{
	return attr >> UVERBS_BPF_NS_SHIFT == UVERBS_BPF_NS_ETHERNET;
}

int uvb_method_index(struct uvb_method *method)
{
	bool eth = false;
	unsigned int i;

	memset(method->slot, UVB_NO_SLOT, sizeof(method->slot));
	method->destroy = UVB_NO_SLOT;
	method->mandatory = 0;
	method->bkey_len = 0;
	method->has_udata = false;

	for (i = 0; i < method->nr_attrs; i++) {
		const struct uvb_attr *attr = &method->attrs[i];
		unsigned int bkey = UVB_BKEY(attr->id);

		if (bkey >= UVB_MAX_BKEY || method->slot[bkey] != UVB_NO_SLOT)
			return -EINVAL;
		eth |= uvb_is_eth(attr->id);
		method->slot[bkey] = i;
		if (attr->flags & UVB_F_MANDATORY)
			method->mandatory |= BIT_ULL(bkey);
		if (attr->access == UVERBS_BPF_ACCESS_DESTROY)
			method->destroy = bkey;
		if (attr->id == UVERBS_ATTR_UHW_IN)
			method->has_udata = true;
		if (!uvb_is_eth(attr->id))
			method->bkey_len = max_t(unsigned int, method->bkey_len, bkey + 1);
	}
	/* An id of one namespace must not be taken for an attribute of the other. */
	return eth && method->bkey_len > UVB_ETH_BKEY ? -EINVAL : 0;
}

/* Whether the tables of struct uvb_api have room for it. */
static bool uvb_method_has_place(const struct uvb_method *method)
{
	return uvb_method_row(method->id) >= 0 &&
	       uvb_object_slot(method->object) < UVB_MAX_OBJECT &&
	       (method->id & UVERBS_BPF_ID_MASK) < UVB_MAX_METHOD;
}

const struct uvb_method *uvb_schema_find(u16 object, u16 method)
{
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(uvb_schemas); i++) {
		for (j = 0; j < uvb_schemas[i]->nr_methods; j++) {
			if (uvb_schemas[i]->methods[j].object == object &&
			    uvb_schemas[i]->methods[j].id == method)
				return &uvb_schemas[i]->methods[j];
		}
	}
	return NULL;
}

const struct uvb_command *uvb_schema_command(unsigned int index)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(uvb_schemas); i++) {
		if (index < uvb_schemas[i]->nr_commands)
			return &uvb_schemas[i]->commands[index];
		index -= uvb_schemas[i]->nr_commands;
	}
	return NULL;
}

int uvb_schema_init(void)
{
	unsigned int i, j;
	int ret;

	for (i = 0; i < ARRAY_SIZE(uvb_schemas); i++) {
		const struct uvb_schema *schema = uvb_schemas[i];
		struct uvb_type *type = schema->type;

		for (j = 0; j < schema->nr_methods; j++) {
			ret = uvb_method_has_place(&schema->methods[j]) ?
				uvb_method_index(&schema->methods[j]) : -EINVAL;
			if (WARN(ret, "schema of %s is malformed", schema->methods[j].name))
				goto err;
		}
		if (!type)
			continue;
		/*
		 * Caches of our own: an odd size is not rounded up to the next
		 * power of two, and a leak shows under our name in slabinfo.
		 */
		type->cache = kmem_cache_create(type->name, type->size, 0, SLAB_NO_MERGE, NULL);
		if (!type->cache) {
			ret = -ENOMEM;
			goto err;
		}
		uvb_types[uvb_object_slot(type->object)] = type;
	}
	return 0;

err:
	uvb_schema_exit();
	return ret;
}

void uvb_schema_exit(void)
{
	unsigned int i;

	for (i = 0; i < UVB_MAX_OBJECT; i++) {
		if (!uvb_types[i])
			continue;
		kmem_cache_destroy(uvb_types[i]->cache);
		uvb_types[i]->cache = NULL;
		uvb_types[i] = NULL;
	}
}

/* ib_device_ops is a table of function pointers; offset 0 is its header, so it means none. */
static bool uvb_has_ops(const struct ib_device *ibdev, const u16 needs[2])
{
	const void *ops = &ibdev->ops;

	return (!needs[0] || *(void *const *)(ops + needs[0])) &&
	       (!needs[1] || *(void *const *)(ops + needs[1]));
}

/* A row that knows QPs served directly needs no operation for them. */
static bool uvb_has_needs(const struct uvb_api *api, const struct ib_device *ibdev,
			  const u16 needs[2], bool direct)
{
	return (direct && uvb_direct_qps(api)) || uvb_has_ops(ibdev, needs);
}

/* Whether the device has every object that no call of the method can do without. */
static bool uvb_has_objects(const struct uvb_api *api, const struct uvb_method *method)
{
	unsigned int i;

	for (i = 0; i < method->nr_attrs; i++) {
		const struct uvb_attr *attr = &method->attrs[i];

		if (attr->access != UVERBS_BPF_ACCESS_NONE && attr->flags & UVB_F_MANDATORY &&
		    !uvb_api_has_type(api, attr->object))
			return false;
	}
	return true;
}

static void uvb_api_add(struct uvb_api *api, const struct ib_device *ibdev,
			const struct uvb_schema *schema)
{
	unsigned int i;

	for (i = 0; i < schema->nr_methods; i++) {
		const struct uvb_method *method = &schema->methods[i];

		if (uvb_has_needs(api, ibdev, method->needs, method->direct) &&
		    uvb_has_objects(api, method))
			api->method[uvb_method_row(method->id)][uvb_object_slot(method->object)]
				   [method->id & UVERBS_BPF_ID_MASK] = method;
	}
	for (i = 0; i < schema->nr_commands; i++) {
		const struct uvb_command *command = &schema->commands[i];

		if (uvb_has_needs(api, ibdev, command->needs, command->direct) &&
		    (command->ex || ibdev->uverbs_cmd_mask & BIT_ULL(command->number)))
			api->command[command->ex][command->number] = command;
	}
}

void uvb_api_init(struct uvb_api *api, const struct ib_device *ibdev)
{
	unsigned int i;

	api->direct = uvb_direct_ops(ibdev);
	/* Methods of one object take handles of others. */
	for (i = 0; i < ARRAY_SIZE(uvb_schemas); i++) {
		const struct uvb_type *type = uvb_schemas[i]->type;

		if (type && uvb_has_needs(api, ibdev, type->needs, type->direct))
			__set_bit(uvb_object_slot(type->object), api->objects);
	}
	for (i = 0; i < ARRAY_SIZE(uvb_schemas); i++) {
		const struct uvb_type *type = uvb_schemas[i]->type;

		if (!type || uvb_api_has_type(api, type->object))
			uvb_api_add(api, ibdev, uvb_schemas[i]);
	}
}

void uvb_api_replace(struct uvb_api *api, const struct uvb_method *method,
		     const struct uvb_method *by)
{
	const struct uvb_method **slot = &api->method[uvb_method_row(method->id)][uvb_object_slot(method->object)]
						     [method->id & UVERBS_BPF_ID_MASK];

	/* Calls may look it up at the same time. */
	if (*slot)
		WRITE_ONCE(*slot, by);
}

/* ---- SCHEMA: the same tables for user space ---- */

struct uvb_schema_cursor {
	u32 first;
	u32 room;
	u32 total;
	void __user *to;
};

/* Names are those of the constants; what they all begin with says nothing. */
static const char *uvb_schema_name(const char *name)
{
	static const char *const prefixes[] = {
		"UVERBS_BPF_", "UVERBS_", "IB_USER_VERBS_", "uvb_", "METHOD_", "ATTR_",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(prefixes); i++)
		name += str_has_prefix(name, prefixes[i]);
	return name;
}

static int uvb_schema_emit(struct uvb_schema_cursor *c, struct uverbs_bpf_schema_record *record,
			   const char *name)
{
	u32 index = c->total++;

	if (index < c->first || index - c->first >= c->room)
		return 0;
	if (name)
		strscpy_pad(record->name, uvb_schema_name(name), sizeof(record->name));
	if (copy_to_user(c->to + (index - c->first) * sizeof(*record), record, sizeof(*record)))
		return -EFAULT;
	return 0;
}

static int uvb_schema_emit_method(struct uvb_schema_cursor *c, const struct uvb_method *method)
{
	struct uverbs_bpf_schema_record record = {
		.what = UVERBS_BPF_SCHEMA_METHOD,
		.object = method->object,
		.method = method->id,
	};
	unsigned int i;
	int ret;

	ret = uvb_schema_emit(c, &record, method->name);
	for (i = 0; i < method->nr_attrs && !ret; i++) {
		const struct uvb_attr *attr = &method->attrs[i];

		record = (struct uverbs_bpf_schema_record) {
			.what = UVERBS_BPF_SCHEMA_ATTR,
			.kind = attr->kind & ~UVB_KIND_WHOLE,
			.access = attr->access,
			.flags = attr->flags & UVB_F_MANDATORY ? UVERBS_BPF_SCHEMA_MANDATORY : 0,
			.object = method->object,
			.method = method->id,
			.attr = attr->id,
			.handle_object = attr->object,
			.min_len = attr->min_len,
			.max_len = attr->max_len,
		};
		ret = uvb_schema_emit(c, &record, attr->name);
	}
	return ret;
}

static int uvb_schema_emit_native(struct uvb_schema_cursor *c, const struct uvb_api *api)
{
	unsigned int i, j;
	int ret = 0;

	for (i = 0; i < ARRAY_SIZE(uvb_schemas) && !ret; i++) {
		const struct uvb_schema *schema = uvb_schemas[i];
		struct uverbs_bpf_schema_record record = { .what = UVERBS_BPF_SCHEMA_OBJECT };

		if (schema->type) {
			record.object = schema->type->object;
			ret = uvb_schema_emit(c, &record, schema->type->name);
		}
		for (j = 0; j < schema->nr_methods && !ret; j++) {
			/* The device's own has attributes of its driver. */
			const struct uvb_method *method =
				uvb_api_method(api, schema->methods[j].object,
					       schema->methods[j].id);

			if (method)
				ret = uvb_schema_emit_method(c, method);
		}
		for (j = 0; j < schema->nr_commands && !ret; j++) {
			const struct uvb_command *command = &schema->commands[j];

			if (!api->command[command->ex][command->number])
				continue;
			record = (struct uverbs_bpf_schema_record) {
				.what = UVERBS_BPF_SCHEMA_COMMAND,
				.flags = UVERBS_BPF_SCHEMA_LEGACY |
					 (command->ex ? UVERBS_BPF_SCHEMA_EX : 0),
				.object = command->object,
				.method = command->number,
				.attr = command->method,
				.min_len = command->req_size,
				.max_len = command->resp_size,
			};
			ret = uvb_schema_emit(c, &record, command->name);
		}
	}
	return ret;
}

static int uvb_schema_emit_driver_object(void *arg, const struct uvb_type *type)
{
	struct uverbs_bpf_schema_record record = {
		.what = UVERBS_BPF_SCHEMA_OBJECT,
		.object = type->object,
	};

	return uvb_schema_emit(arg, &record, type->name);
}

static int uvb_schema_emit_driver_method(void *arg, const struct uvb_method *method)
{
	return uvb_schema_emit_method(arg, method);
}

int uvb_schema_method(struct uverbs_attr_bundle *bundle)
{
	struct uvb_device *dev = uvb_file_device(uvb_bundle_file(bundle));
	const struct uverbs_attr *records =
		uverbs_attr_get(bundle, UVERBS_BPF_ATTR_SCHEMA_RECORDS);
	struct uverbs_bpf_schema_record record = {};
	struct uvb_schema_cursor c = {};
	unsigned int i;
	int ret;

	if (uvb_has(bundle, UVERBS_BPF_ATTR_SCHEMA_FIRST)) {
		ret = uvb_copy_in(&c.first, bundle, UVERBS_BPF_ATTR_SCHEMA_FIRST,
				  sizeof(c.first));
		if (ret)
			return ret;
	}
	c.room = records->ptr_attr.len / sizeof(record);
	c.to = u64_to_user_ptr(records->ptr_attr.data);

	ret = uvb_schema_emit_native(&c, &dev->api);
	if (!ret)
		ret = uvb_driver_for_each(&dev->api, uvb_schema_emit_driver_object,
					  uvb_schema_emit_driver_method, &c);
	for (i = 0; !ret && uvb_ext_schema_record(dev, i, &record); i++)
		ret = uvb_schema_emit(&c, &record, NULL);
	if (!ret)
		ret = uvb_mark_output(bundle, records->ptr_attr.uattr_idx);
	if (!ret)
		ret = uvb_copy_out(bundle, UVERBS_BPF_ATTR_SCHEMA_TOTAL, &c.total,
				   sizeof(c.total));
	return ret;
}
