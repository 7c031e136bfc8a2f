// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Extended errors: why a call was refused, in words, for callers that asked.
 */
#include "uvb.h"

int uvb_refuse(struct uverbs_attr_bundle *bundle, int err, u16 attr, const char *fmt, ...)
{
	struct uvb_call *call = uvb_call(bundle);
	va_list args;

	if (!call->error_len || call->error_text)
		return err;

	/* Without memory the errno has to do. */
	call->error_text = kmalloc(UVERBS_BPF_ERROR_MAX, GFP_KERNEL);
	if (!call->error_text)
		return err;
	call->error_id = attr;
	va_start(args, fmt);
	vsnprintf(call->error_text, UVERBS_BPF_ERROR_MAX, fmt, args);
	va_end(args);
	return err;
}

/*
 * Write the error of a failed call to its UVERBS_BPF_ATTR_ERROR. That this
 * may fail changes nothing: the call has its errno.
 */
void uvb_error_deliver(struct uvb_call *call, int err)
{
	struct uverbs_bpf_error error = { .code = err, .attr_id = UVERBS_BPF_ATTR_NONE };
	void __user *to = u64_to_user_ptr(call->error_data);
	size_t room = call->error_len - sizeof(error);
	const char *text = call->error_text ?: "";

	if (call->error_text)
		error.attr_id = call->error_id;
	error.length = min(strlen(text), room - 1);
	if (!copy_to_user(to, &error, sizeof(error)) &&
	    !copy_to_user(to + sizeof(error), text, error.length) &&
	    !clear_user(to + sizeof(error) + error.length, 1))
		uvb_mark_output(uvb_bundle(call), call->error_index);
}
