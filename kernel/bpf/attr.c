// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Attributes of programs: checked against the schema their program declares,
 * kept in call->ext until the method gets to them, listed in SCHEMA.
 */
#include "bpf.h"

const struct uverbs_bpf_attr *uvb_decl_row(const struct uverbs_bpf_decl *decl, u16 object,
					   u16 method, u16 id)
{
	u32 i;

	for (i = 0; i < decl->nr_attrs; i++) {
		const struct uverbs_bpf_attr *row = &decl->attrs[i];

		if (row->id == id && row->method == method && row->object == object)
			return row;
	}
	return NULL;
}

const struct uverbs_bpf_method *uvb_own_method(const struct uverbs_bpf_channel_decl *channel,
					       u16 object, u16 method)
{
	u32 i;

	for (i = 0; i < channel->nr_methods; i++) {
		if (channel->methods[i].object == object &&
		    channel->methods[i].id == (method & UVERBS_BPF_ID_MASK))
			return &channel->methods[i];
	}
	return NULL;
}

/* Nobody is there for a namespace: say so, and for a transport's, what this device has instead. */
static int uvb_refuse_absent(struct uvb_call *call, struct ib_device *ibdev, u16 id,
			     unsigned int ns)
{
	const char *name = uvb_namespace_name(ns);
	u8 own = uvb_protocol_transport(uvb_port_protocol(ibdev, rdma_start_port(ibdev)));
	bool transport = ns < UVERBS_BPF_NS_PROVIDER_FIRST;

	if (transport && own && own != ns)
		return uvb_refuse(uvb_bundle(call), -EPROTONOSUPPORT, id,
				  "attribute 0x%04x: no transport program%s%s for this device is attached; %s takes those of %s (0x%04x and on)",
				  id, name[0] ? " " : "", name, ibdev->name,
				  uvb_namespace_name(own), UVERBS_BPF_ID(own, 0));
	return uvb_refuse(uvb_bundle(call), -EPROTONOSUPPORT, id,
			  "attribute 0x%04x: no %s program%s%s for this device is attached", id,
			  transport ? "transport" : "provider", name[0] ? " " : "", name);
}

/* Refuse an attribute by its name, which is looked up again: few calls are refused. */
static __printf(4, 5) noinline int uvb_ext_refuse(struct uvb_call *call, int err, u16 id,
						  const char *fmt, ...)
{
	char name[sizeof_field(struct uverbs_bpf_attr, name)] = "";
	unsigned int ns = id >> UVERBS_BPF_NS_SHIFT;
	struct va_format vaf = { .fmt = fmt };
	va_list args;
	int ret;

	scoped_guard(rcu) {
		struct uvb_program *program = uvb_program_get(ns);
		const struct uverbs_bpf_attr *row = program ?
			uvb_decl_row(program->decl, uvb_self(ns, call->method->object),
				     uvb_self(ns, call->method->id), id & UVERBS_BPF_ID_MASK) : NULL;

		if (row)
			strscpy(name, row->name);
	}
	va_start(args, fmt);
	vaf.va = &args;
	ret = uvb_refuse(uvb_bundle(call), err, id, "%s (0x%04x): %pV", name, id, &vaf);
	va_end(args);
	return ret;
}

static bool uvb_is_transport(u16 id)
{
	return id >> UVERBS_BPF_NS_SHIFT < UVERBS_BPF_NS_PROVIDER_FIRST;
}

/**
 * uvb_ext_attr() - check an attribute of a program and keep it
 * @call: the call
 * @uattr: the attribute, namespace 2 to 13
 * @index: its place in the caller's array
 *
 * Return: 0; -EPROTONOSUPPORT if no program has such an attribute for this method and device;
 * -EINVAL if it is given twice or its length is wrong; -E2BIG after UVB_MAX_EXT; -EIO after the
 * device went away, unless the call destroys.
 */
int uvb_ext_attr(struct uvb_call *call, const struct ib_uverbs_attr *uattr, u16 index)
{
	/* Once: it may go while the call runs, though not what it points to. */
	struct ib_device *ibdev = uvb_file_ibdev(call->file);
	struct uverbs_attr_bundle *bundle = uvb_bundle(call);
	unsigned int ns = uattr->attr_id >> UVERBS_BPF_NS_SHIFT;
	u16 id = uattr->attr_id;
	u16 min_len = 0, max_len = 0;
	struct uvb_ext_attr *ext;
	bool attached = false, found = false, out = false;
	unsigned int i;

	if (ns > UVERBS_BPF_NS_PROVIDER_LAST)
		return uvb_refuse(bundle, -EPROTONOSUPPORT, id,
				  "attribute 0x%04x: namespace %u has none of this id", id, ns);
	/* Of a device that is gone only handles are left to be destroyed, and no program is asked. */
	if (unlikely(!ibdev))
		return call->method->destroy != UVB_NO_SLOT ? 0 :
			uvb_refuse(bundle, -EIO, id, "attribute 0x%04x: the device is gone", id);
	/* What is needed of the row is copied, so that the checks may sleep to say what is wrong. */
	scoped_guard(rcu) {
		struct uvb_program *program = uvb_program_get(ns);
		const struct uverbs_bpf_attr *at = NULL;

		attached = program && uvb_program_serves(program, uvb_file_device(call->file),
							 ibdev);
		if (attached)
			at = uvb_decl_row(program->decl, uvb_self(ns, call->method->object),
					  uvb_self(ns, call->method->id), id & UVERBS_BPF_ID_MASK);
		if (at) {
			found = true;
			min_len = at->min_len;
			max_len = at->max_len;
			out = at->direction == UVERBS_BPF_KIND_OUT;
		}
	}
	if (!attached)
		return uvb_refuse_absent(call, ibdev, id, ns);
	if (!found)
		return uvb_refuse(bundle, -EPROTONOSUPPORT, id,
				  "attribute 0x%04x: program %s has none of this id for %s", id,
				  uvb_namespace_name(ns), call->method->name);
	if (uattr->len < min_len || uattr->len > max_len)
		return uvb_ext_refuse(call, -EINVAL, id, "length %u, wants %u to %u", uattr->len,
				      min_len, max_len);
	if (uattr->attr_data.reserved)
		return uvb_ext_refuse(call, -EINVAL, id, "attr_data.reserved is not 0");
	for (i = 0; i < call->nr_ext; i++) {
		if (call->ext[i].id == id)
			return uvb_ext_refuse(call, -EINVAL, id, "given twice");
	}
	if (call->nr_ext == UVB_MAX_EXT)
		return uvb_ext_refuse(call, -E2BIG, id, "one call takes %u attributes of programs",
				      UVB_MAX_EXT);

	ext = &call->ext[call->nr_ext++];
	ext->id = id;
	ext->len = uattr->len;
	ext->index = index;
	ext->out = out;
	ext->data = uattr->data;
	if (uvb_is_transport(id))
		call->for_transport = true;
	else
		call->for_provider = true;
	return 0;
}

int uvb_ext_check(struct uvb_call *call)
{
	u16 transport = 0;
	unsigned int i;

	for (i = 0; i < call->nr_ext; i++) {
		u16 id = call->ext[i].id;

		if (!uvb_is_transport(id))
			continue;
		if (transport && id >> UVERBS_BPF_NS_SHIFT != transport >> UVERBS_BPF_NS_SHIFT)
			return uvb_refuse(uvb_bundle(call), -EINVAL, id,
					  "attributes 0x%04x and 0x%04x are of two transports, a path has one",
					  transport, id);
		transport = id;
	}
	return uvb_type_find(call);
}

/* An id of a declaration as callers write it. */
static u16 uvb_given(u8 ns, u16 id)
{
	return (id & ~UVERBS_BPF_ID_MASK) == UVERBS_BPF_SELF(0) ?
		UVERBS_BPF_ID(ns, id & UVERBS_BPF_ID_MASK) : id;
}

static void uvb_schema_attr(const struct uvb_program *program, const struct uverbs_bpf_attr *row,
			    struct uverbs_bpf_schema_record *record)
{
	record->what = UVERBS_BPF_SCHEMA_ATTR;
	record->kind = row->direction;
	if (row->flags & UVERBS_BPF_ATTR_MANDATORY)
		record->flags |= UVERBS_BPF_SCHEMA_MANDATORY;
	record->object = uvb_given(program->ns, row->object);
	record->method = uvb_given(program->ns, row->method);
	record->attr = UVERBS_BPF_ID(program->ns, row->id);
	record->min_len = row->min_len;
	record->max_len = row->max_len;
	strscpy(record->name, row->name);
}

/* An own method is followed by the handle of its object, if it has one. */
static void uvb_schema_own_method(const struct uvb_program *program,
				  const struct uverbs_bpf_method *row, bool handle,
				  struct uverbs_bpf_schema_record *record)
{
	record->what = UVERBS_BPF_SCHEMA_METHOD;
	record->object = uvb_given(program->ns, row->object);
	record->method = UVERBS_BPF_ID(program->ns, row->id);
	strscpy(record->name, row->name);
	if (!handle)
		return;
	record->what = UVERBS_BPF_SCHEMA_ATTR;
	record->kind = UVERBS_BPF_KIND_HANDLE;
	record->access = row->access;
	record->flags |= UVERBS_BPF_SCHEMA_MANDATORY;
	record->attr = UVERBS_BPF_ATTR_OBJECT;
	record->handle_object = record->object;
	strscpy(record->name, "object");
}

/* The record of a program at *index, or false and *index less by as many as it has. */
static bool uvb_schema_program(const struct uvb_program *program, unsigned int *index,
			       struct uverbs_bpf_schema_record *record)
{
	const struct uverbs_bpf_channel_decl *channel;
	unsigned int i;

	memset(record, 0, sizeof(*record));
	record->flags = UVERBS_BPF_SCHEMA_PROGRAM;
	strscpy(record->program, program->decl->name);
	if (program->kind == UVERBS_BPF_PROVIDER) {
		channel = &uvb_provider_ops(program)->channel;
		if (*index < channel->nr_objects) {
			record->what = UVERBS_BPF_SCHEMA_OBJECT;
			record->object = UVERBS_BPF_ID(program->ns, channel->objects[*index].id);
			strscpy(record->name, channel->objects[*index].name);
			return true;
		}
		*index -= channel->nr_objects;
		for (i = 0; i < channel->nr_methods; i++) {
			const struct uverbs_bpf_method *row = &channel->methods[i];
			unsigned int n = row->access == UVERBS_BPF_METHOD_NONE ? 1 : 2;

			if (*index < n) {
				uvb_schema_own_method(program, row, *index, record);
				return true;
			}
			*index -= n;
		}
	}
	if (*index < program->decl->nr_attrs) {
		uvb_schema_attr(program, &program->decl->attrs[*index], record);
		return true;
	}
	*index -= program->decl->nr_attrs;
	if (*index < uvb_type_records(program)) {
		uvb_type_record(program, *index, record);
		return true;
	}
	*index -= uvb_type_records(program);
	return false;
}

bool uvb_ext_schema_record(struct uvb_device *dev, unsigned int index,
			   struct uverbs_bpf_schema_record *record)
{
	struct ib_device *ibdev = srcu_dereference(dev->stock.ib_dev,
						   &dev->stock.disassociate_srcu);
	unsigned int ns;

	guard(rcu)();
	uvb_for_each_ns(ns) {
		struct uvb_program *program = uvb_program_get(ns);

		if (program && ibdev && uvb_program_matches(program, ibdev) &&
		    uvb_schema_program(program, &index, record))
			return true;
	}
	return false;
}
