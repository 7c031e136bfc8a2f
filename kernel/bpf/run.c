// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * One call of a program: C copies the inputs into kernel memory before, and
 * the outputs the program staged to user space after, so that the program
 * itself never sleeps and nothing it did counts unless all of it succeeded.
 */
#include "bpf.h"

/* What a program may return: the errnos user space knows, not ERESTARTSYS and its like. */
#define UVB_MAX_ERRNO	EHWPOISON

int uvb_run_attr(const struct uvb_run *run, u16 id)
{
	unsigned int i;

	/* Or it would reach into another namespace. */
	if (id & ~UVERBS_BPF_ID_MASK)
		return -ENOENT;
	for (i = 0; i < run->call->nr_ext; i++) {
		if (run->call->ext[i].id == UVERBS_BPF_ID(run->ns, id))
			return i;
	}
	return -ENOENT;
}

/*
 * A path is some words long. The compiler does not know how many, for which
 * copy_from_user() pays more than for the copy.
 */
static int uvb_run_copy_words(u32 *to, const u32 __user *from, unsigned int words)
{
	unsigned int i;

	if (!user_read_access_begin(from, words * sizeof(*from)))
		return -EFAULT;
	for (i = 0; i < words; i++)
		unsafe_get_user(to[i], &from[i], fault);
	user_read_access_end();
	return 0;

fault:
	user_read_access_end();
	return -EFAULT;
}

static int uvb_run_copy_in(u8 *to, const struct uvb_ext_attr *ext)
{
	const void __user *from = u64_to_user_ptr(ext->data);

	/* As everywhere in this ioctl, what fits into the record is in it. */
	if (ext->len <= sizeof(ext->data)) {
		memcpy(to, &ext->data, ext->len);
		return 0;
	}
	if (ext->len <= sizeof_field(struct uvb_run, small) && IS_ALIGNED(ext->len, sizeof(u32)))
		return uvb_run_copy_words((u32 *)to, from, ext->len / sizeof(u32));
	return copy_from_user(to, from, ext->len) ? -EFAULT : 0;
}

/**
 * uvb_run_begin() - get ready to run a program on a call
 * @run: the run
 * @call: the call
 * @ibdev: its device
 * @ns: the program's namespace
 *
 * Return: 0, -ENOMEM or -EFAULT, and then there is nothing to end.
 */
int uvb_run_begin(struct uvb_run *run, struct uvb_call *call, struct ib_device *ibdev, u8 ns)
{
	size_t size = 0;
	unsigned int i;
	u8 *to;

	memset(&run->ctx, 0, sizeof(run->ctx));
	memset(run->data, 0, sizeof(run->data));
	run->call = call;
	run->ibdev = ibdev;
	run->ns = ns;
	run->decl = NULL;
	run->name[0] = '\0';
	run->sgid_index = U32_MAX;
	run->written = 0;
	run->fault = false;
	run->owner = false;
	run->args_size = 0;
	run->state_size = 0;
	run->refused = 0;
	run->text[0] = '\0';
	run->memory = NULL;

	for (i = 0; i < call->nr_ext; i++) {
		if (call->ext[i].id >> UVERBS_BPF_NS_SHIFT == ns)
			size += ALIGN(call->ext[i].len, 8);
	}
	to = run->small;
	if (size > sizeof(run->small)) {
		run->memory = kmalloc(size, GFP_KERNEL_ACCOUNT);
		if (!run->memory)
			return -ENOMEM;
		to = run->memory;
	}

	for (i = 0; i < call->nr_ext; i++) {
		const struct uvb_ext_attr *ext = &call->ext[i];

		if (ext->id >> UVERBS_BPF_NS_SHIFT != ns)
			continue;
		run->data[i] = to;
		to += ALIGN(ext->len, 8);
		if (ext->out) {
			memset(run->data[i], 0, ext->len);
		} else if (uvb_run_copy_in(run->data[i], ext)) {
			kfree(run->memory);
			return -EFAULT;
		}
	}
	return 0;
}

void uvb_run_view(struct uvb_run *run, const struct uvb_view *view)
{
	struct uverbs_bpf_ctx *ctx = &run->ctx;
	struct uvb_file *file = run->call->file;
	u32 port = view->port ?: rdma_start_port(run->ibdev);

	ctx->port = view->port;
	ctx->protocol = rdma_is_port_valid(run->ibdev, port) ?
			uvb_port_protocol(run->ibdev, port) : 0;
	ctx->driver_id = run->ibdev->ops.driver_id;
	ctx->qp_type = view->qp_type;
	ctx->cur_state = view->cur_state;
	ctx->next_state = view->next_state;
	ctx->device = file->stock.device->devnum;
	ctx->file = file->number;
	ctx->who = file->who;
	ctx->handle = UVERBS_BPF_NO_HANDLE;
	if (view->handle) {
		ctx->handle = view->handle->id;
		ctx->hw = uvb_handle_hw(view->handle);
		/* Of a method that does not say more of its QP than which one it is. */
		if (view->handle->type == UVERBS_OBJECT_QP && ctx->hw)
			ctx->qp_type = ((const struct ib_qp *)view->handle->object)->qp_type;
	}
	if (view->path) {
		ctx->has_path = 1;
		uvb_path_from_ah(&ctx->path, view->path);
	}
}

/**
 * uvb_run_end() - write what the program staged, or say why it refused
 * @run: the run
 * @ret: its result
 *
 * Return: @ret, or -EFAULT if an output could not be written.
 */
int uvb_run_end(struct uvb_run *run, int ret)
{
	struct uverbs_attr_bundle *bundle = uvb_bundle(run->call);
	unsigned int i;

	if (run->refused)
		uvb_refuse(bundle, ret, run->refused_attr, "%s", run->text);
	for (i = 0; !ret && i < run->call->nr_ext; i++) {
		const struct uvb_ext_attr *ext = &run->call->ext[i];

		if (!(run->written & BIT(i)))
			continue;
		if (copy_to_user(u64_to_user_ptr(ext->data), run->data[i], ext->len))
			ret = -EFAULT;
		else
			ret = uvb_mark_output(bundle, ext->index);
	}
	kfree(run->memory);
	return ret;
}

int uvb_run_fault(struct uvb_run *run, struct uvb_program *program, const char *fmt, ...)
{
	/*
	 * What an unprivileged caller passes must not be able to get a program
	 * off: then its faults, for which that caller may be to blame, cost
	 * that caller his call and no more.
	 */
	bool counts = ns_capable_noaudit(&init_user_ns, CAP_NET_ADMIN);
	va_list args;

	va_start(args, fmt);
	vsnprintf(run->text, sizeof(run->text), fmt, args);
	va_end(args);
	run->fault = true;
	run->refused = -EPROTO;
	run->refused_attr = UVERBS_BPF_ATTR_NONE;
	uvb_program_fault(program, counts, "%s", run->text);
	return -EPROTO;
}

int uvb_run_result(struct uvb_run *run, struct uvb_program *program, const char *op, int ret)
{
	this_cpu_inc(program->count->calls);
	if (ret > 0 || ret < -UVB_MAX_ERRNO)
		return uvb_run_fault(run, program, "program %s: %s returned %d, wants 0 or -errno",
				     program->decl->name, op, ret);
	/* A call that was refused in words is refused, whatever else the program returns. */
	if (!ret)
		ret = run->refused;
	if (!ret)
		return 0;
	this_cpu_inc(program->count->refused);
	/* Reserved: only the dispatcher says that there is no such method. */
	if (ret == -EPROTONOSUPPORT)
		ret = -EINVAL;
	if (!run->refused) {
		run->refused = ret;
		run->refused_attr = UVERBS_BPF_ATTR_NONE;
		scnprintf(run->text, sizeof(run->text),
			  "program %s: %s refused with %d and gave no reason", program->decl->name,
			  op, ret);
	}
	return ret;
}
