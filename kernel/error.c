// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Extended errors: why a call was refused, in words, for callers that asked.
 */
#include "uvb.h"

/*
 * Looked for only when a call is refused, so that it costs others nothing.
 * NULL if the caller did not ask, or left no room for an answer.
 */
static const struct ib_uverbs_attr *uvb_error_attr(const struct uvb_call *call)
{
	const struct ib_uverbs_attr *uattr = call->priv.uattrs;
	unsigned int i;

	for (i = 0; i < call->num_attrs; i++, uattr++) {
		if (uattr->attr_id == UVERBS_BPF_ATTR_ERROR)
			return uattr->len > sizeof(struct uverbs_bpf_error) ? uattr : NULL;
	}
	return NULL;
}

/* What asks for an error is checked as any attribute is: -EINVAL if it is malformed. */
int uvb_error_check(struct uvb_call *call, unsigned int index)
{
	const struct ib_uverbs_attr *uattr = &call->priv.uattrs[index];

	if (uattr->attr_data.reserved || uattr->len <= sizeof(struct uverbs_bpf_error) ||
	    uattr != uvb_error_attr(call))
		return -EINVAL;
	return 0;
}

bool uvb_error_wanted(const struct uvb_call *call)
{
	return uvb_error_attr(call);
}

int uvb_refuse(struct uverbs_attr_bundle *bundle, int err, u16 attr, const char *fmt, ...)
{
	struct uvb_call *call = uvb_call(bundle);
	va_list args;

	if (call->error_text || !uvb_error_wanted(call))
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
	const struct ib_uverbs_attr *uattr = uvb_error_attr(call);
	const char *text = call->error_text ?: "";
	void __user *to;

	if (!uattr)
		return;
	to = u64_to_user_ptr(uattr->data);
	if (call->error_text)
		error.attr_id = call->error_id;
	/* The text is cut to the room there is, its closing NUL is not. */
	error.length = min(strlen(text), uattr->len - sizeof(error) - 1);
	if (!copy_to_user(to, &error, sizeof(error)) &&
	    !copy_to_user(to + sizeof(error), text, error.length) &&
	    !clear_user(to + sizeof(error) + error.length, 1))
		uvb_mark_output(uvb_bundle(call), uattr - call->priv.uattrs);
}
