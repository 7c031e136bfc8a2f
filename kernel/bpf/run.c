// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * One call of a program: C copies the inputs into kernel memory before, and
 * the outputs the program staged to user space after, so that the program
 * itself never sleeps and nothing it did counts unless all of it succeeded.
 */
#include "bpf.h"

/* What a program may return: the errnos user space knows, not ERESTARTSYS and its like. */
#define UVB_MAX_ERRNO	EHWPOISON

/* To a place of whole u64. A path is some words long, though the compiler does not know how many. */
static int uvb_run_copy_in(u8 *to, const struct uvb_ext_attr *ext)
{
	const void __user *from = u64_to_user_ptr(ext->data);
	unsigned int words = ext->len / sizeof(u64);

	/* As everywhere in this ioctl, what fits into the record is in it. */
	if (ext->len <= sizeof(ext->data)) {
		/* One of no bytes says all by being there, and has no place. */
		if (ext->len)
			*(u64 *)to = ext->data;
		return 0;
	}
	if (ext->len <= sizeof_field(struct uvb_run, small) && IS_ALIGNED(ext->len, sizeof(u32))) {
		if (uvb_get_words((u64 *)to, from, words))
			return -EFAULT;
		words *= sizeof(u64);
		return words < ext->len ? uvb_get(to + words, from + words, sizeof(u32)) : 0;
	}
	return copy_from_user(to, from, ext->len) ? -EFAULT : 0;
}

/* Bytes that the program's attributes take, from the call's @i-th on. */
static noinline size_t uvb_run_size(const struct uvb_run *run, unsigned int i)
{
	const struct uvb_call *call = run->call;
	size_t size = 0;

	for (; i < call->nr_ext; i++) {
		if (call->ext[i].id >> UVERBS_BPF_NS_SHIFT == run->ns)
			size += ALIGN(call->ext[i].len, sizeof(u64));
	}
	return size;
}

/* Kernel copies of the program's attributes. */
int uvb_run_attrs(struct uvb_run *run)
{
	const struct uvb_call *call = run->call;
	size_t size, room = sizeof(run->small);
	u8 *to = run->small;
	unsigned int i;

	for (i = 0; i < call->nr_ext; i++) {
		const struct uvb_ext_attr *ext = &call->ext[i];

		run->data[i] = NULL;
		if (ext->id >> UVERBS_BPF_NS_SHIFT != run->ns)
			continue;
		size = ALIGN(ext->len, sizeof(u64));
		if (unlikely(size > room)) {
			room = uvb_run_size(run, i);
			to = kmalloc(room, GFP_KERNEL_ACCOUNT);
			if (!to)
				return -ENOMEM;
			run->memory = to;
		}
		run->data[i] = to;
		to += size;
		room -= size;
		if (ext->out) {
			memset(run->data[i], 0, ext->len);
		} else if (uvb_run_copy_in(run->data[i], ext)) {
			kfree(run->memory);
			return -EFAULT;
		}
	}
	return 0;
}

int __uvb_run_end(struct uvb_run *run, int ret)
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

int __uvb_run_result(struct uvb_run *run, struct uvb_program *program, const char *op, int ret)
{
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
