// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Providers before and after a method. The method's handler, or the legacy
 * command it has taken the place of, reads and checks its inputs as ever, and
 * then says what it read: uvb_ext_before(). So a program judges what the driver
 * will get, not what user space can still change, and there is one view of a
 * call whichever way it came.
 *
 * Who got before() and agreed gets after(), with the result.
 */
#include "bpf.h"

/* The largest of struct uverbs_bpf_args_*. */
#define UVB_MAX_ARGS	64

/**
 * struct uvb_hook - the providers of one call
 * @object: object id
 * @method: method id, or UVERBS_BPF_COMMAND()
 * @legacy: a legacy command
 * @index: its place in the bitmaps of what is hooked
 * @ibdev: the device, which may have begun to go since, but not before the call ends
 * @args: copy of what before() was shown
 * @args_size: bytes of it
 * @made: the object it makes, or NULL; the call has it until after() was called
 * @changed: the object it is for has changed, and stays so whatever the call's result
 * @n: how many
 * @programs: who they are, in the order in which they are called
 * @programs.run: its run, NULL before it was asked
 * @programs.order: of its attaching: another may come by its namespace while the handler sleeps
 * @programs.closes: it fails closed
 * @programs.agreed: it gets after()
 * @first: the run of most calls, the first program's
 */
struct uvb_hook {
	u16 object;
	u16 method;
	bool legacy;
	unsigned int index;
	struct ib_device *ibdev;
	u8 args[UVB_MAX_ARGS] __aligned(8);
	u16 args_size;
	struct uvb_handle *made;
	bool changed;
	unsigned int n;
	struct {
		struct uvb_run *run;
		u64 order;
		u8 ns;
		bool closes;
		bool agreed;
	} programs[UVB_NR_PROVIDERS];
	struct uvb_run first;
};

static_assert(sizeof(struct uverbs_bpf_args_qp_create) <= UVB_MAX_ARGS);
static_assert(sizeof(struct uverbs_bpf_args_qp_modify) <= UVB_MAX_ARGS);
static_assert(sizeof(struct uverbs_bpf_args_mr_reg) <= UVB_MAX_ARGS);
static_assert(sizeof(struct uverbs_bpf_args_cq) <= UVB_MAX_ARGS);
static_assert(sizeof(struct uverbs_bpf_args_srq) <= UVB_MAX_ARGS);
static_assert(sizeof(struct uverbs_bpf_args_mcast) <= UVB_MAX_ARGS);

/* ---- what is hooked ---- */

static __always_inline unsigned int uvb_hook_place(u16 object, u16 method)
{
	/* Objects of drivers are as one; of providers' methods nobody is asked, see uvb_ext_call(). */
	unsigned int slot = uvb_object_slot(object);
	unsigned int id = method & UVERBS_BPF_ID_MASK;

	switch (method >> UVERBS_BPF_NS_SHIFT) {
	case UVERBS_BPF_NS_CORE:
		return id < UVB_MAX_METHOD ? slot * UVB_OBJECT_HOOKS + id : UVB_NR_HOOKS;
	case UVERBS_BPF_NS_OWN:
		if (method >= UVERBS_BPF_COMMAND(0, 0)) {
			id -= UVERBS_BPF_COMMAND(0, 0) & UVERBS_BPF_ID_MASK;
			return (id & 0x7f) < UVB_MAX_COMMAND && id >> 7 < 2 ?
				UVB_COMMAND_HOOK + (id >> 7) * UVB_MAX_COMMAND + (id & 0x7f) :
				UVB_NR_HOOKS;
		}
		return id < UVB_MAX_METHOD ?
			slot * UVB_OBJECT_HOOKS + UVB_MAX_METHOD + id : UVB_NR_HOOKS;
	default:
		return slot * UVB_OBJECT_HOOKS + 2 * UVB_MAX_METHOD;
	}
}

unsigned int uvb_hook_index(u16 object, u16 method)
{
	return uvb_hook_place(object, method);
}

/* The data path, where it goes through the kernel: only who names these is called for them. */
static const u8 uvb_data_path[] = {
	IB_USER_VERBS_CMD_POST_SEND, IB_USER_VERBS_CMD_POST_RECV, IB_USER_VERBS_CMD_POST_SRQ_RECV,
	IB_USER_VERBS_CMD_POLL_CQ, IB_USER_VERBS_CMD_REQ_NOTIFY_CQ,
};

void uvb_hook_bits(const struct uverbs_bpf_channel_decl *channel, unsigned long *bits)
{
	const struct uvb_command *command;
	unsigned int i, j;

	/* First what stands for many, for it must not clear what is named. */
	for (i = 0; i < channel->nr_hooks; i++) {
		const struct uverbs_bpf_hook *row = &channel->hooks[i];

		if (row->object == UVERBS_BPF_ANY) {
			bitmap_fill(bits, UVB_NR_HOOKS);
		} else if (row->method == UVERBS_BPF_ANY) {
			bitmap_set(bits, uvb_object_slot(row->object) * UVB_OBJECT_HOOKS,
				   UVB_OBJECT_HOOKS);
			for (j = 0; (command = uvb_schema_command(j)); j++) {
				if (command->object == row->object && command->method == UVB_ONLY)
					__set_bit(uvb_hook_index(row->object,
								 uvb_command_method(command)),
						  bits);
			}
		}
	}
	for (i = 0; i < ARRAY_SIZE(uvb_data_path); i++)
		__clear_bit(UVB_COMMAND_HOOK + uvb_data_path[i], bits);
	for (i = 0; i < channel->nr_hooks; i++) {
		const struct uverbs_bpf_hook *row = &channel->hooks[i];

		if (row->object != UVERBS_BPF_ANY && row->method != UVERBS_BPF_ANY)
			__set_bit(uvb_hook_index(row->object, row->method), bits);
	}
}

/* ---- who is called ---- */

static bool uvb_call_has_ns(const struct uvb_call *call, u8 ns)
{
	unsigned int i;

	for (i = 0; i < call->nr_ext; i++) {
		if (call->ext[i].id >> UVERBS_BPF_NS_SHIFT == ns)
			return true;
	}
	return false;
}

#define UVB_SHUT	"provider %s has failed and holds this shut until an admin attaches it again or reopens it"

static int uvb_refuse_closed(struct uvb_call *call, const char *name)
{
	return uvb_refuse(uvb_bundle(call), -EACCES, UVERBS_BPF_ATTR_NONE, UVB_SHUT, name);
}

/* Whether the program is on its way out and what it guards must stay shut meanwhile. */
static bool uvb_program_shuts(const struct uvb_program *program)
{
	/* Pairs with the release in uvb_program_kill(). */
	return smp_load_acquire(&program->dead) && program->why == UVERBS_BPF_EXIT_EVICTED &&
	       program->decl->flags & UVERBS_BPF_FAIL_CLOSED;
}

/* Whether it is called for a method on a device. */
static __always_inline bool uvb_program_hooks(const struct uvb_program *program,
					      unsigned int index, const struct uvb_device *dev,
					      struct ib_device *ibdev)
{
	return test_bit(index, program->hooks) && uvb_program_serves(program, dev, ibdev);
}

/*
 * Return: the last of those that are to be called, NULL if there is none. *shut is the declaration
 * of one that holds the method shut, or NULL. Context: RCU.
 */
static __always_inline struct uvb_program *
uvb_hook_find(struct uvb_hook *hook, const struct uvb_call *call, struct ib_device *ibdev,
	      unsigned int index, const struct uverbs_bpf_decl **shut)
{
	const struct uvb_device *dev = uvb_file_device(call->file);
	const struct uvb_closed *closed = uvb_closed_by(index, ibdev);
	const struct uvb_order *order = uvb_provider_order();
	struct uvb_program *last = NULL;
	unsigned int i;

	*shut = NULL;
	if (unlikely(closed)) {
		*shut = &closed->decl;
		return NULL;
	}
	for (i = 0; order && i < order->n; i++) {
		struct uvb_program *program = uvb_program_any(order->ns[i]);

		if (!program || !uvb_program_hooks(program, index, dev, ibdev))
			continue;
		if (unlikely(program->dead)) {
			if (uvb_program_shuts(program))
				*shut = program->decl;
			continue;
		}
		hook->programs[hook->n].ns = order->ns[i];
		hook->programs[hook->n].order = program->order;
		hook->programs[hook->n].closes = program->decl->flags & UVERBS_BPF_FAIL_CLOSED;
		hook->programs[hook->n].agreed = false;
		hook->programs[hook->n++].run = NULL;
		last = program;
	}
	return last;
}

/* What is addressed to a provider is never ignored: somebody must be there to read it. */
static int uvb_hook_check(const struct uvb_hook *hook, struct uvb_call *call)
{
	unsigned int i, j;

	for (i = 0; i < call->nr_ext; i++) {
		u8 ns = call->ext[i].id >> UVERBS_BPF_NS_SHIFT;

		/* What asks for a type was read by type.c; only who hooks the method reads more of it. */
		if (ns < UVERBS_BPF_NS_PROVIDER_FIRST ||
		    (call->type.what && !call->type.hooks &&
		     call->ext[i].id == call->type.selector))
			continue;
		for (j = 0; j < hook->n && hook->programs[j].ns != ns; j++)
			;
		if (j == hook->n)
			return uvb_refuse(uvb_bundle(call), -EPROTONOSUPPORT, call->ext[i].id,
					  "attribute 0x%04x: provider %s was just detached",
					  call->ext[i].id, uvb_namespace_name(ns));
	}
	return 0;
}

/* ---- before ---- */

static __always_inline void uvb_hook_view(const struct uvb_hook *hook, struct uvb_run *run,
					  const struct uvb_view *view)
{
	run->ctx.object = hook->object;
	run->ctx.method = hook->method;
	run->ctx.legacy = hook->legacy;
	run->args = hook->args;
	run->args_size = hook->args_size;
	uvb_run_view(run, view);
}

/*
 * The result of before(), and what of it counts. @path is what the path was if the program may
 * write it, else NULL. Context: RCU.
 */
static int uvb_hook_judge(struct uvb_run *run, struct uvb_program *program, int ret,
			  const struct uverbs_bpf_path *path)
{
	u32 role = uvb_provider_ops(program)->channel.role;

	ret = uvb_run_result(run, program, "before", ret);
	if (!ret && path && memcmp(path, &run->ctx.path, sizeof(*path)))
		ret = uvb_path_sane(run, program);
	if (unlikely(run->fault)) {
		if (program->decl->flags & UVERBS_BPF_FAIL_CLOSED)
			return run->refused = -EACCES;
		return uvb_call_has_ns(run->call, run->ns) ? -EPROTO : 1;
	}
	return role == UVERBS_BPF_OBSERVER ? 0 : ret;
}

/*
 * Return: 0 if the program agreed, 1 if it has no say in this call, or an errno,
 * with the reason in @run. Context: RCU.
 */
static __always_inline int uvb_hook_run(struct uvb_run *run, struct uvb_program *program)
{
	const struct uverbs_bpf_provider_ops *ops = uvb_provider_ops(program);
	struct uverbs_bpf_path path __uninitialized;
	bool owns_path;

	run->decl = program->decl;
	run->owner = ops->channel.role == UVERBS_BPF_OWNER;
	/* Not to be asked of the program's copy once the program had it. */
	owns_path = run->owner && run->ctx.has_path;
	if (owns_path) {
		path = run->ctx.path;
		memcpy(run->name, program->decl->name, sizeof(run->name));
	}
	return uvb_hook_judge(run, program, ops->before ? ops->before(&run->ctx) : 0,
			      owns_path ? &path : NULL);
}

/*
 * The provider that was found at the beginning is not asked any more. Whoever stalls a call must
 * not get past a guard that fails meanwhile. Return: as uvb_hook_run(). Context: RCU.
 */
static noinline int uvb_hook_gone(const struct uvb_hook *hook, unsigned int i)
{
	const struct uvb_closed *closed = uvb_closed_by(hook->index, hook->ibdev);
	struct uvb_run *run = hook->programs[i].run;
	const struct uvb_device *dev = uvb_file_device(run->call->file);
	/* Who has its namespace now; not before, for who opens what was shut can be found by then. */
	const struct uvb_program *program = uvb_program_any(run->ns);
	bool anew = program && program->order != hook->programs[i].order;

	run->refused_attr = UVERBS_BPF_ATTR_NONE;
	run->refused = -EACCES;
	if (closed) {
		scnprintf(run->text, sizeof(run->text), UVB_SHUT, closed->decl.name);
	} else if (program && !anew && uvb_program_shuts(program) &&
		   uvb_program_hooks(program, hook->index, dev, hook->ibdev)) {
		scnprintf(run->text, sizeof(run->text), "provider %s has just failed",
			  program->decl->name);
	} else if (anew && hook->programs[i].closes) {
		/* It may have failed, and what it held shut is open by who came after it. */
		scnprintf(run->text, sizeof(run->text),
			  "provider %s was attached anew while this call was being made",
			  uvb_namespace_name(run->ns));
	} else if (uvb_call_has_ns(run->call, run->ns)) {
		scnprintf(run->text, sizeof(run->text), "provider %s was just detached",
			  uvb_namespace_name(run->ns));
		run->refused = -EPROTONOSUPPORT;
	} else {
		run->refused = 0;
		return 1;
	}
	return run->refused;
}

/* The same of one that was found some time ago, or is there no more. */
static int uvb_hook_ask(const struct uvb_hook *hook, unsigned int i)
{
	struct uvb_run *run = hook->programs[i].run;
	struct uvb_program *program;

	guard(rcu)();
	program = uvb_program_any(run->ns);
	/* Another version of it need not hook what the one before did. */
	if (!program || READ_ONCE(program->dead) || program->order != hook->programs[i].order ||
	    !uvb_program_hooks(program, hook->index, uvb_file_device(run->call->file), hook->ibdev))
		return uvb_hook_gone(hook, i);
	return uvb_hook_run(run, program);
}

/* An owner wrote another path, which is one a path can be. */
static void uvb_hook_path(struct uvb_run *run, const struct uvb_view *view)
{
	struct uverbs_bpf_path path = {};

	if (!view->path)
		return;
	uvb_path_from_ah(&path, view->path);
	if (memcmp(&path, &run->ctx.path, sizeof(path)))
		uvb_path_to_ah(run, view->path, view->port);
}

static noinline int uvb_hook_refuse(struct uvb_call *call, const struct uvb_run *run, int ret)
{
	return uvb_refuse(uvb_bundle(call), ret, run->refused_attr, "%s", run->text);
}

static int uvb_hook_before_one(struct uvb_hook *hook, struct uvb_call *call,
			       const struct uvb_view *view, unsigned int i)
{
	struct uvb_run *run = i ? kmalloc(sizeof(*run), GFP_KERNEL) : &hook->first;
	int ret;

	if (!run)
		return -ENOMEM;
	ret = uvb_run_begin(run, call, hook->ibdev, hook->programs[i].ns);
	if (ret) {
		if (i)
			kfree(run);
		return ret;
	}
	hook->programs[i].run = run;
	uvb_hook_view(hook, run, view);
	ret = uvb_hook_ask(hook, i);
	if (ret < 0)
		return uvb_hook_refuse(call, run, ret);
	hook->programs[i].agreed = !ret;
	if (!ret && run->owner)
		uvb_hook_path(run, view);
	return 0;
}

/**
 * uvb_ext_before() - ask the providers of a call
 * @bundle: the call
 * @view: what it is about
 *
 * Return: 0; or the errno of the one who refused, in words. -EACCES if one that
 * fails closed failed.
 */
int uvb_ext_before(struct uverbs_attr_bundle *bundle, const struct uvb_view *view)
{
	struct uvb_call *call = uvb_call(bundle);
	struct uvb_hook *hook = call->hook;
	unsigned int i;
	int ret = 0;

	/* A call is asked for once, however many steps it has. */
	if (!hook || hook->args_size != U16_MAX)
		return 0;
	hook->args_size = view->size;
	if (view->size)
		memcpy(hook->args, view->args, view->size);
	hook->made = view->made;
	for (i = 0; i < hook->n && !ret; i++)
		ret = uvb_hook_before_one(hook, call, view, i);
	return ret;
}

/* ---- after ---- */

void __uvb_ext_changed(struct uvb_call *call)
{
	call->hook->changed = true;
}

static void uvb_hook_tell(const struct uvb_hook *hook, unsigned int i, int ret)
{
	struct uvb_run *run = hook->programs[i].run;
	struct uvb_program *program;

	run->refused = 0;
	if (hook->made && !ret) {
		run->ctx.handle = hook->made->id;
		run->ctx.hw = uvb_handle_hw(hook->made);
	}
	guard(rcu)();
	program = uvb_program_get(run->ns);
	/* Whose before() it was, or its successor. */
	if (!program || program->order != hook->programs[i].order ||
	    !uvb_provider_ops(program)->after)
		return;
	run->decl = program->decl;
	this_cpu_inc(program->count->calls);
	uvb_provider_ops(program)->after(&run->ctx, ret);
}

static int uvb_hook_after(struct uvb_hook *hook, struct uvb_call *call, int ret)
{
	unsigned int i;

	for (i = 0; i < hook->n; i++) {
		if (hook->programs[i].run && hook->programs[i].agreed)
			uvb_hook_tell(hook, i, hook->changed ? 0 : ret);
	}
	for (i = 0; i < hook->n; i++) {
		struct uvb_run *run = hook->programs[i].run;

		if (!run)
			continue;
		run->refused = 0;
		ret = uvb_run_end(run, ret);
		if (i)
			kfree(run);
	}
	return ret;
}

/* The object a method is for, or the one it takes away, which nobody has locked yet. */
static void uvb_hook_object(struct uvb_call *call, struct uvb_view *view)
{
	const struct uvb_method *method = call->method;
	unsigned int i;

	for (i = 0; i < method->nr_attrs; i++) {
		const struct uvb_attr *attr = &method->attrs[i];

		if (attr->kind != UVERBS_BPF_KIND_HANDLE || attr->object != method->object ||
		    attr->access == UVERBS_BPF_ACCESS_NEW || !uvb_has(uvb_bundle(call), attr->id))
			continue;
		view->handle = uvb_attr_handle(uvb_bundle(call), attr->id);
		if (attr->access != UVERBS_BPF_ACCESS_DESTROY)
			view->qp_type = uvb_handle_qp_type(view->handle);
		return;
	}
}

/* Handles of commands are looked up later, and of the device there are none. */
static __always_inline void uvb_hook_handle(struct uvb_call *call, const struct uvb_hooked *what,
					    struct uvb_view *view)
{
	if (!what->legacy && what->object != UVERBS_OBJECT_DEVICE)
		uvb_hook_object(call, view);
}

/*
 * Ask the only program there is, at once: of a call that says nothing of itself and has no
 * attributes of programs there is nothing to get ready that sleeps. Context: RCU, in which the
 * program was found.
 */
static __always_inline int uvb_hook_only(struct uvb_hook *hook, struct uvb_call *call,
					 struct ib_device *ibdev, const struct uvb_hooked *what,
					 struct uvb_program *program)
{
	struct uvb_view view = {
		.cur_state = UVERBS_BPF_QPS_UNKNOWN,
		.next_state = UVERBS_BPF_QPS_UNKNOWN,
	};
	struct uvb_run *run = &hook->first;
	int ret;

	uvb_hook_handle(call, what, &view);
	hook->args_size = 0;
	hook->programs[0].run = run;
	/* It has no attributes to copy, and so does not fail. */
	uvb_run_begin(run, call, ibdev, program->ns);
	uvb_hook_view(hook, run, &view);
	ret = uvb_hook_run(run, program);
	hook->programs[0].agreed = !ret;
	return ret;
}

static noinline int uvb_hook_call(struct uvb_call *call, const struct uvb_hooked *what,
				  struct ib_device *ibdev, unsigned int index)
{
	struct uverbs_attr_bundle *bundle = uvb_bundle(call);
	char name[sizeof_field(struct uverbs_bpf_decl, name)];
	const struct uverbs_bpf_decl *shut;
	struct uvb_hook hook __uninitialized;
	struct uvb_program *program;
	bool asked;
	int ret = 0;

	hook.object = what->object;
	hook.method = what->method;
	hook.legacy = what->legacy;
	hook.index = index;
	hook.ibdev = ibdev;
	/* Nobody was asked yet. */
	hook.args_size = U16_MAX;
	hook.made = NULL;
	hook.changed = false;
	hook.n = 0;
	rcu_read_lock();
	program = uvb_hook_find(&hook, call, ibdev, index, &shut);
	if (unlikely(shut))
		memcpy(name, shut->name, sizeof(name));
	asked = !shut && hook.n == 1 && !call->nr_ext && !what->tells;
	if (asked)
		ret = uvb_hook_only(&hook, call, ibdev, what, program);
	rcu_read_unlock();
	if (unlikely(shut))
		return uvb_refuse_closed(call, name);
	if (asked) {
		if (ret < 0)
			uvb_hook_refuse(call, &hook.first, ret);
		else
			ret = 0;
	} else {
		ret = uvb_hook_check(&hook, call);
		if (ret)
			return ret;
	}
	if (!hook.n)
		return what->run(bundle, what->arg);

	call->hook = &hook;
	if (!asked && !what->tells) {
		struct uvb_view view = {
			.cur_state = UVERBS_BPF_QPS_UNKNOWN,
			.next_state = UVERBS_BPF_QPS_UNKNOWN,
		};

		uvb_hook_handle(call, what, &view);
		ret = uvb_ext_before(bundle, &view);
	}
	if (!ret)
		ret = what->run(bundle, what->arg);
	call->hook = NULL;
	return uvb_hook_after(&hook, call, ret);
}

/* Whether a call got past what answers -EIO once the device is gone. A legacy command is yet to. */
static bool uvb_call_is_late(const struct uvb_call *call)
{
	return call->method->destroy == UVB_NO_SLOT &&
	       (uvb_ext_has_provider(call) ||
		!bitmap_empty(call->priv.uobj_finalize, UVERBS_API_ATTR_BKEY_LEN) ||
		!bitmap_empty(call->priv.spec_finalize, UVERBS_API_ATTR_BKEY_LEN));
}

int uvb_ext_run(struct uvb_call *call, const struct uvb_hooked *what)
{
	unsigned int index = uvb_hook_place(what->object, what->method);
	struct ib_device *ibdev = uvb_file_ibdev(call->file);

	if (!uvb_is_hooked(index) && !uvb_ext_has_provider(call))
		return what->run(uvb_bundle(call), what->arg);
	if (likely(ibdev))
		return uvb_hook_call(call, what, ibdev, index);
	/*
	 * Of a device that is gone only handles are left to be destroyed, and no provider is asked.
	 * What found other objects before it went would get past those who guard them.
	 */
	if (!what->legacy && uvb_call_is_late(call))
		return uvb_refuse(uvb_bundle(call), -EIO, UVERBS_BPF_ATTR_NONE,
				  "the device is gone");
	return what->run(uvb_bundle(call), what->arg);
}
