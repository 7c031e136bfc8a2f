// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Methods and objects of a provider's own.
 *
 * A method is looked up in the declaration of the program, and a row of the
 * schema is made of it for the length of the call: from there on it is a method
 * like any other, with the parser's checks, handles and access rules.
 *
 * An object is a handle with as many bytes of state as its type declares. It is
 * destroyed by C, with or without its program, by any of the ways in which
 * objects end.
 */
#include "bpf.h"

#include <linux/nospec.h>
#include <linux/slab.h>

/**
 * struct uvb_own_method - a method of a provider's own, while it is called
 * @method: as the dispatcher knows it
 * @attr: the object's handle
 * @ns: the provider's namespace
 * @order: of its attaching: another may come by the namespace during the call
 * @access: UVERBS_BPF_METHOD_*
 * @exec: it has the driver run a command
 * @state: bytes of state of the object it makes
 * @name: its name
 */
struct uvb_own_method {
	struct uvb_method method;
	struct uvb_attr attr;
	u64 order;
	u8 ns;
	u8 access;
	bool exec;
	u16 state;
	char name[sizeof_field(struct uverbs_bpf_method, name)];
};

/**
 * struct uvb_own - handle of an object of a provider's own
 * @handle: what user space names it by
 * @hw: what the driver made for it, 0 if nothing
 * @ns: the provider's namespace, which it keeps
 * @size: bytes of @state
 * @state: the program's
 */
struct uvb_own {
	struct uvb_handle handle;
	u64 hw;
	u8 ns;
	u16 size;
	u8 state[] __aligned(8);
};

static_assert((int)UVERBS_BPF_METHOD_READ == UVERBS_BPF_ACCESS_READ);
static_assert((int)UVERBS_BPF_METHOD_WRITE == UVERBS_BPF_ACCESS_WRITE);
static_assert((int)UVERBS_BPF_METHOD_NEW == UVERBS_BPF_ACCESS_NEW);
static_assert((int)UVERBS_BPF_METHOD_DESTROY == UVERBS_BPF_ACCESS_DESTROY);

static bool uvb_is_provider(unsigned int id)
{
	unsigned int ns = id >> UVERBS_BPF_NS_SHIFT;

	return ns >= UVERBS_BPF_NS_PROVIDER_FIRST && ns <= UVERBS_BPF_NS_PROVIDER_LAST;
}

/* ---- objects ---- */

static struct uvb_own *uvb_own(struct uvb_handle *handle)
{
	return container_of(handle, struct uvb_own, handle);
}

/*
 * The one place where a hardware object ends, in whatever way its owner does:
 * who destroys a handle has it to himself, and does it once.
 */
static int uvb_own_destroy(struct uvb_handle *handle, enum rdma_remove_reason why,
			   struct uverbs_attr_bundle *bundle)
{
	struct uvb_own *own = uvb_own(handle);

	if (own->hw)
		uvb_exec_release(uvb_bundle_file(bundle), handle->context->device, own->hw);
	own->hw = 0;
	return 0;
}

/* They outlive any program, as objects do. */
static struct uvb_type uvb_own_types[UVB_NR_PROVIDERS][UVERBS_BPF_MAX_OBJECTS];

struct uvb_type *uvb_ext_type(unsigned int object)
{
	unsigned int id = object & UVERBS_BPF_ID_MASK;

	if (!uvb_is_provider(object) || id >= UVERBS_BPF_MAX_OBJECTS)
		return NULL;
	return &uvb_own_types[(object >> UVERBS_BPF_NS_SHIFT) - UVERBS_BPF_NS_PROVIDER_FIRST]
			     [array_index_nospec(id, UVERBS_BPF_MAX_OBJECTS)];
}

bool uvb_ext_has_object(unsigned int object)
{
	const struct uverbs_bpf_channel_decl *channel;
	struct uvb_program *program;
	unsigned int i;

	if (!uvb_ext_type(object))
		return false;
	guard(rcu)();
	program = uvb_program_get(object >> UVERBS_BPF_NS_SHIFT);
	if (!program)
		return false;
	channel = &uvb_provider_ops(program)->channel;
	for (i = 0; i < channel->nr_objects; i++) {
		if (channel->objects[i].id == (object & UVERBS_BPF_ID_MASK))
			return true;
	}
	return false;
}

void uvb_own_init(void)
{
	unsigned int ns, id;

	uvb_for_each_provider_ns(ns) {
		for (id = 0; id < UVERBS_BPF_MAX_OBJECTS; id++) {
			struct uvb_type *type = uvb_ext_type(UVERBS_BPF_ID(ns, id));

			type->object = UVERBS_BPF_ID(ns, id);
			type->size = sizeof(struct uvb_own);
			type->destroy = uvb_own_destroy;
			type->name = "provider object";
		}
	}
}

/*
 * Of a type whose handles have no cache, because their size is the program's choice. NULL if there
 * is no memory.
 */
struct uvb_handle *uvb_ext_handle_alloc(struct uverbs_attr_bundle *bundle)
{
	const struct uvb_own_method *of = container_of(uvb_call(bundle)->method,
						       struct uvb_own_method, method);
	struct uvb_own *own = kzalloc(struct_size(own, state, of->state), GFP_KERNEL_ACCOUNT);
	bool attached = false;

	if (!own)
		return NULL;
	own->ns = of->ns;
	own->size = of->state;
	/* A program that is found keeps its namespace for a grace period at least. */
	scoped_guard(rcu) {
		attached = uvb_program_any(of->ns);
		if (attached)
			uvb_provider_keep(of->ns);
	}
	if (attached)
		return &own->handle;
	kfree(own);
	return ERR_PTR(uvb_refuse(bundle, -EPROTONOSUPPORT, UVERBS_BPF_ATTR_NONE,
				  "provider %s was just detached", uvb_namespace_name(of->ns)));
}

void uvb_ext_handle_free(struct uvb_handle *handle)
{
	uvb_provider_release(uvb_own(handle)->ns);
	kfree(uvb_own(handle));
}

/* ---- methods ---- */

static int uvb_own_refuse(struct uvb_run *run, int err, const char *text)
{
	run->refused = err;
	run->refused_attr = UVERBS_BPF_ATTR_NONE;
	scnprintf(run->text, sizeof(run->text), "provider %s%s", uvb_namespace_name(run->ns), text);
	return err;
}

/* The first attribute that the method wants and the call has not, or NULL. Context: RCU. */
static const struct uverbs_bpf_attr *uvb_own_missing(const struct uvb_run *run)
{
	const struct uverbs_bpf_decl *decl = run->decl;
	u32 i;

	for (i = 0; i < decl->nr_attrs; i++) {
		const struct uverbs_bpf_attr *row = &decl->attrs[i];

		if (row->flags & UVERBS_BPF_ATTR_MANDATORY && row->object == run->ctx.object &&
		    row->method == run->ctx.method && uvb_run_attr(run, row->id) < 0)
			return row;
	}
	return NULL;
}

/* Which of its callbacks a program is to run. */
enum uvb_own_part {
	UVB_OWN_METHOD,
	UVB_OWN_PREPARE,
	UVB_OWN_COMPLETE,
};

static int uvb_own_call(struct uvb_run *run, struct uvb_program *program, enum uvb_own_part part)
{
	const struct uverbs_bpf_provider_ops *ops = uvb_provider_ops(program);

	switch (part) {
	case UVB_OWN_PREPARE:
		return uvb_exec_prepared(run, program, ops->prepare(&run->ctx));
	case UVB_OWN_COMPLETE:
		return uvb_run_result(run, program, "complete", ops->complete(&run->ctx));
	default:
		return uvb_run_result(run, program, "method", ops->method(&run->ctx));
	}
}

static int uvb_own_run(struct uvb_run *run, const struct uvb_own_method *own,
		       enum uvb_own_part part)
{
	const struct uverbs_bpf_provider_ops *ops;
	const struct uverbs_bpf_method *row;
	const struct uverbs_bpf_attr *missing;
	struct uvb_program *program;

	guard(rcu)();
	program = uvb_program_get(run->ns);
	if (!program || program->order != own->order ||
	    !uvb_program_matches(program, run->ibdev))
		return uvb_own_refuse(run, -EPROTONOSUPPORT, " was just detached");
	ops = uvb_provider_ops(program);
	run->decl = program->decl;
	memcpy(run->name, program->decl->name, sizeof(run->name));
	/* Another version may have another idea of it. */
	row = uvb_own_method(&ops->channel, run->ctx.object, run->ctx.method);
	if (!row || row->access != own->access ||
	    !(row->flags & UVERBS_BPF_METHOD_EXEC) == own->exec)
		return uvb_own_refuse(run, -EPROTONOSUPPORT,
				      " was just replaced by a version without this method");
	missing = uvb_own_missing(run);
	if (missing) {
		run->refused = -EINVAL;
		run->refused_attr = UVERBS_BPF_ID(run->ns, missing->id);
		scnprintf(run->text, sizeof(run->text), "%s: wants attribute %s (0x%04x)",
			  own->name, missing->name, run->refused_attr);
		return -EINVAL;
	}
	return uvb_own_call(run, program, part);
}

/* There is something behind a new handle now: from here on it is destroyed if the call fails. */
static void uvb_own_made(struct uverbs_attr_bundle *bundle, struct uvb_handle *handle)
{
	handle->object = handle;
	uvb_created(bundle, UVERBS_BPF_ATTR_OBJECT);
}

/* The three parts of a command. */
static int uvb_own_exec(struct uvb_run *run, const struct uvb_own_method *own,
			struct uvb_handle *handle)
{
	struct uvb_own *object = handle && uvb_is_provider(handle->type) ? uvb_own(handle) : NULL;
	bool makes = own->access == UVERBS_BPF_METHOD_NEW;
	int ret;

	ret = uvb_exec_begin(run);
	if (ret)
		return ret;
	ret = uvb_own_run(run, own, UVB_OWN_PREPARE);
	if (!ret)
		ret = uvb_exec_driver(run, object ? object->hw : 0, makes ? &object->hw : NULL);
	/* What the driver made has an owner before anything else can fail. */
	if (!ret && makes)
		uvb_own_made(uvb_bundle(run->call), handle);
	if (!ret)
		ret = uvb_own_run(run, own, UVB_OWN_COMPLETE);
	uvb_exec_end(run);
	return ret;
}

static int uvb_own_handler(struct uverbs_attr_bundle *bundle)
{
	struct uvb_call *call = uvb_call(bundle);
	const struct uvb_own_method *own = container_of(call->method, struct uvb_own_method,
							method);
	struct uvb_handle *handle = own->access != UVERBS_BPF_METHOD_NONE ?
				    uvb_attr_handle(bundle, UVERBS_BPF_ATTR_OBJECT) : NULL;
	struct ib_device *ibdev = uvb_file_ibdev(call->file);
	struct uvb_view view = {
		.handle = handle,
		.cur_state = UVERBS_BPF_QPS_UNKNOWN,
		.next_state = UVERBS_BPF_QPS_UNKNOWN,
	};
	struct uvb_run run __uninitialized;
	int ret;

	if (handle && !uvb_is_provider(handle->type))
		view.qp_type = uvb_handle_qp_type(handle);
	/* Of a device that is gone the handle could be destroyed, and nothing else. */
	if (!ibdev)
		return own->access == UVERBS_BPF_METHOD_DESTROY ? 0 : -EIO;
	ret = uvb_run_begin(&run, call, ibdev, own->ns);
	if (ret)
		return ret;
	run.ctx.object = uvb_self(own->ns, call->method->object);
	run.ctx.method = uvb_self(own->ns, call->method->id);
	uvb_run_view(&run, &view);
	if (handle && uvb_is_provider(handle->type)) {
		run.state = uvb_own(handle)->state;
		run.state_size = uvb_own(handle)->size;
	}
	if (own->exec) {
		ret = uvb_own_exec(&run, own, handle);
	} else {
		ret = uvb_own_run(&run, own, UVB_OWN_METHOD);
		if (!ret && own->access == UVERBS_BPF_METHOD_NEW)
			uvb_own_made(bundle, handle);
	}
	ret = uvb_run_end(&run, ret);
	/* What is gone is gone. */
	return own->access == UVERBS_BPF_METHOD_DESTROY ? 0 : ret;
}

/* The declaration of a method, as a row of the schema. */
static int uvb_own_find(struct uvb_own_method *own, struct ib_device *ibdev,
			const struct ib_uverbs_ioctl_hdr *hdr)
{
	const struct uverbs_bpf_channel_decl *channel;
	const struct uverbs_bpf_method *row;
	struct uvb_program *program;
	/* Of a device that is gone what destroys is still called, and the rest says so. */
	int none = ibdev ? -EPROTONOSUPPORT : -EIO;
	unsigned int i;

	own->ns = hdr->method_id >> UVERBS_BPF_NS_SHIFT;
	guard(rcu)();
	program = uvb_program_get(own->ns);
	if (!program || (ibdev && !uvb_program_matches(program, ibdev)))
		return none;
	channel = &uvb_provider_ops(program)->channel;
	row = uvb_own_method(channel, uvb_self(own->ns, hdr->object_id), hdr->method_id);
	if (!row)
		return none;
	own->order = program->order;
	own->access = row->access;
	own->exec = row->flags & UVERBS_BPF_METHOD_EXEC;
	own->state = 0;
	memcpy(own->name, row->name, sizeof(own->name));
	for (i = 0; i < channel->nr_objects; i++) {
		if (UVERBS_BPF_SELF(channel->objects[i].id) == row->object)
			own->state = channel->objects[i].state;
	}
	return 0;
}

/**
 * uvb_ext_call() - call a method of a provider's own, or destroy an object of a provider's
 * @file: the device file
 * @hdr: of the call
 * @user_attrs: its attributes
 *
 * Return: as the method; -EPROTONOSUPPORT if there is no such method, -EIO if
 * the device went away.
 */
int uvb_ext_call(struct uvb_file *file, const struct ib_uverbs_ioctl_hdr *hdr,
		 struct ib_uverbs_attr __user *user_attrs)
{
	struct uvb_own_method own __uninitialized;
	int ret = 0;

	if (uvb_is_provider(hdr->method_id)) {
		ret = uvb_own_find(&own, uvb_file_ibdev(file), hdr);
		own.method.handler = uvb_own_handler;
	} else if (hdr->method_id == UVERBS_BPF_METHOD_OBJECT_DESTROY &&
		   uvb_ext_type(hdr->object_id)) {
		own.access = UVERBS_BPF_METHOD_DESTROY;
		own.exec = false;
		strscpy(own.name, "object_destroy");
		own.method.handler = uvb_destroyed;
	} else {
		ret = -EPROTONOSUPPORT;
	}
	if (ret)
		return ret;

	own.attr = (struct uvb_attr) UVB_HANDLE(UVERBS_BPF_ATTR_OBJECT, 0, NONE, UVB_M);
	own.attr.object = hdr->object_id;
	own.attr.access = own.access;
	own.method.object = hdr->object_id;
	own.method.id = hdr->method_id;
	own.method.attrs = &own.attr;
	own.method.nr_attrs = own.access != UVERBS_BPF_METHOD_NONE;
	own.method.name = own.name;
	own.method.hook = UVB_HOOK_NONE;
	own.method.driver = false;
	own.method.own = true;
	/* It gets the handle of a QP and nothing of what is behind it. */
	own.method.direct = true;
	ret = uvb_method_index(&own.method);
	return ret ?: uvb_call_attrs(file, &own.method, hdr->num_attrs, user_attrs);
}
