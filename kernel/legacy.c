// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Legacy commands: fixed structs, by INVOKE_WRITE or write(2). A command is a
 * row beside the object it belongs to (verbs/) and a few lines that turn its
 * struct into what the attribute method's own function takes.
 */
#include "uvb.h"
#include "ext.h"

#include <linux/cred.h>
#include <linux/nospec.h>
#include <linux/slab.h>

/* write(2) carries lengths in words of this many bytes. */
#define UVB_WORD	4
#define UVB_EX_WORD	8

/* Of another length than ours. */
int __uvb_request(struct uverbs_attr_bundle *bundle, void *req, size_t size)
{
	return uvb_copy_request(req, size, bundle->ucore.inbuf, bundle->ucore.inlen);
}

int uvb_request_head(struct uverbs_attr_bundle *bundle, void *req, size_t size)
{
	const struct ib_udata *in = &bundle->ucore;

	if (in->inlen < size)
		return -ENOSPC;
	return copy_from_user(req, in->inbuf, size) ? -EFAULT : 0;
}

int uvb_request_tail(struct uverbs_attr_bundle *bundle, size_t offset, void *to, size_t size)
{
	const struct ib_udata *in = &bundle->ucore;
	const void __user *from = in->inbuf + offset;
	size_t rest = in->inlen - offset;

	if (rest < size)
		return -ENOSPC;
	if (copy_from_user(to, from, size))
		return -EFAULT;
	return uvb_user_is_zero(from + size, rest - size) ? 0 : -EOPNOTSUPP;
}

int __uvb_response(struct uverbs_attr_bundle *bundle, const void *resp, size_t size)
{
	const struct ib_udata *out = &bundle->ucore;

	if (uvb_has(bundle, UVERBS_ATTR_CORE_OUT))
		return uvb_copy_out_zero(bundle, UVERBS_ATTR_CORE_OUT, resp, size);

	if (copy_to_user(out->outbuf, resp, min(out->outlen, size)))
		return -EFAULT;
	if (out->outlen > size && clear_user(out->outbuf + size, out->outlen - size))
		return -EFAULT;
	return 0;
}

/*
 * The one new handle a command makes. The call keeps it where the kernel's
 * own commands do, in bundle->uobject, and uvb_command_run() finishes it.
 */
struct uvb_handle *uvb_new(struct uverbs_attr_bundle *bundle, unsigned int object)
{
	struct uvb_handle *handle = uvb_handle_begin(bundle, object);

	if (!IS_ERR(handle))
		bundle->uobject = uvb_uobject(handle);
	return handle;
}

static int uvb_command_handler(struct uverbs_attr_bundle *bundle, const void *command)
{
	return ((const struct uvb_command *)command)->handler(bundle);
}

static int uvb_command_run(const struct uvb_command *command, struct uverbs_attr_bundle *bundle)
{
	struct uvb_handle *handle;
	int ret;

	bundle->uobject = NULL;
	uvb_call(bundle)->direct = command->direct;
	if (uvb_ext_any() && command->hook != UVB_HOOK_NONE) {
		struct uvb_hooked what = {
			.object = command->object,
			.method = uvb_command_method(command),
			.legacy = true,
			.tells = command->hook == UVB_HOOK_TELLS,
			.run = uvb_command_handler,
			.arg = command,
		};

		ret = uvb_ext_run(uvb_call(bundle), &what);
	} else {
		ret = command->handler(bundle);
	}
	/* The last thing that can fail: an object whose maker is told of a failure is not to stay. */
	if (!ret)
		ret = uvb_mark_driver_output(bundle);
	if (!bundle->uobject)
		return ret;

	handle = uvb_handle(bundle->uobject);
	if (!ret)
		uvb_handle_commit(uvb_bundle_file(bundle), handle);
	else
		/* Files are made valid by the commit alone. */
		uvb_handle_abort(bundle, handle, !handle->is_file && handle->object);
	return ret;
}

/* The command of @number as write(2) and INVOKE_WRITE spell it. */
static const struct uvb_command *uvb_command(const struct uvb_api *api, u32 number)
{
	bool ex = number & IB_USER_VERBS_CMD_FLAG_EXTENDED;
	const struct uvb_command *command = NULL;

	if (number & ~(u32)(IB_USER_VERBS_CMD_FLAG_EXTENDED | IB_USER_VERBS_CMD_COMMAND_MASK))
		return ERR_PTR(-EINVAL);
	number &= IB_USER_VERBS_CMD_COMMAND_MASK;
	if (number < UVB_MAX_COMMAND)
		command = api->command[ex][array_index_nospec(number, UVB_MAX_COMMAND)];
	return command ?: ERR_PTR(-EOPNOTSUPP);
}

/* DEVICE INVOKE_WRITE: a legacy command inside an ioctl. */
int uvb_invoke_write(struct uverbs_attr_bundle *bundle)
{
	const struct uvb_command *command;
	u64 number;
	int ret;

	ret = uvb_const(&number, bundle, UVERBS_ATTR_WRITE_CMD, U32_MAX);
	if (ret)
		return ret;
	command = uvb_command(&uvb_file_device(uvb_bundle_file(bundle))->api, number);
	if (IS_ERR(command))
		return uvb_refuse(bundle, PTR_ERR(command), UVERBS_ATTR_WRITE_CMD,
				  "legacy command 0x%llx: this device has none of that number",
				  number);

	uvb_fill_udata(bundle, &bundle->ucore, UVERBS_ATTR_CORE_IN, UVERBS_ATTR_CORE_OUT);
	if (!command->ex && (bundle->ucore.inlen < command->req_size ||
			     bundle->ucore.outlen < command->resp_size))
		return uvb_refuse(bundle, -ENOSPC, UVERBS_ATTR_WRITE_CMD,
				  "%s: %zu bytes in and %zu out, wants at least %u and %u",
				  command->name, bundle->ucore.inlen, bundle->ucore.outlen,
				  command->req_size, command->resp_size);
	return uvb_command_run(command, bundle);
}

/* ---- write(2) ---- */

static int uvb_write_check(struct ib_uverbs_cmd_hdr *hdr, size_t count,
			   const struct uvb_command *command)
{
	if (hdr->in_words * UVB_WORD != count)
		return -EINVAL;
	if (count < command->req_size + sizeof(*hdr)) {
		/*
		 * rdma-core 18 and 19 send 16 bytes for DESTROY_CQ instead of
		 * 24, and kernels have taken it.
		 */
		if (command->number != IB_USER_VERBS_CMD_DESTROY_CQ || count != 16)
			return -ENOSPC;
		hdr->in_words = 24 / UVB_WORD;
		return 0;
	}
	if (hdr->out_words * UVB_WORD < command->resp_size)
		return -ENOSPC;
	return 0;
}

static int uvb_write_check_ex(const struct ib_uverbs_cmd_hdr *hdr,
			      const struct ib_uverbs_ex_cmd_hdr *ex, size_t count)
{
	size_t out = (hdr->out_words + ex->provider_out_words) * UVB_EX_WORD;

	if ((hdr->in_words + ex->provider_in_words) * UVB_EX_WORD !=
	    count - sizeof(*hdr) - sizeof(*ex))
		return -EINVAL;
	if (ex->cmd_hdr_reserved)
		return -EINVAL;
	if (!ex->response)
		return out ? -EINVAL : 0;
	if (!out)
		return -EINVAL;
	return access_ok(u64_to_user_ptr(ex->response), out) ? 0 : -EFAULT;
}

static void uvb_udata_set(struct ib_udata *udata, const void __user *in, void __user *out,
			  size_t inlen, size_t outlen)
{
	udata->inbuf = inlen ? in : NULL;
	udata->outbuf = outlen ? out : NULL;
	udata->inlen = inlen;
	udata->outlen = outlen;
}

/* A plain command begins with the address of its answer; what follows both is the driver's. */
static int uvb_write_udata(struct uverbs_attr_bundle *bundle, const struct uvb_command *command,
			   const struct ib_uverbs_cmd_hdr *hdr, const char __user *buf)
{
	size_t inlen = hdr->in_words * UVB_WORD - sizeof(*hdr);
	size_t outlen = hdr->out_words * UVB_WORD;
	void __user *response = NULL;
	u64 address;

	if (command->resp_size) {
		if (uvb_get(&address, buf, sizeof(address)))
			return -EFAULT;
		response = u64_to_user_ptr(address);
	}
	if (command->has_udata) {
		uvb_udata_set(&bundle->driver_udata, buf + command->req_size,
			      response + command->resp_size, inlen - command->req_size,
			      command->resp_size ? outlen - command->resp_size : 0);
		inlen = command->req_size;
		if (command->resp_size)
			outlen = command->resp_size;
	}
	uvb_udata_set(&bundle->ucore, buf, response, inlen, outlen);
	return 0;
}

static void uvb_write_udata_ex(struct uverbs_attr_bundle *bundle,
			       const struct ib_uverbs_cmd_hdr *hdr,
			       const struct ib_uverbs_ex_cmd_hdr *ex, const char __user *buf)
{
	void __user *response = u64_to_user_ptr(ex->response);
	size_t inlen = hdr->in_words * UVB_EX_WORD;
	size_t outlen = hdr->out_words * UVB_EX_WORD;

	uvb_udata_set(&bundle->ucore, buf, response, inlen, outlen);
	uvb_udata_set(&bundle->driver_udata, buf + inlen, response + outlen,
		      ex->provider_in_words * UVB_EX_WORD, ex->provider_out_words * UVB_EX_WORD);
}

static int uvb_cmd_absent(struct uverbs_attr_bundle *bundle)
{
	return -EOPNOTSUPP;
}

static const struct uvb_command uvb_absent = { .handler = uvb_cmd_absent, UVB_AROUND };

/*
 * The command of @number, or in its place one that is refused: ib_uverbs has
 * a table up to the highest number the device has, and looks at the header
 * first, as of a plain command, wherever that has a hole.
 */
static const struct uvb_command *uvb_write_find(const struct uvb_api *api, u32 number)
{
	const struct uvb_command *command = uvb_command(api, number);
	bool ex = number & IB_USER_VERBS_CMD_FLAG_EXTENDED;

	if (command != ERR_PTR(-EOPNOTSUPP))
		return command;
	for (number &= IB_USER_VERBS_CMD_COMMAND_MASK; number < UVB_MAX_COMMAND; number++) {
		if (api->command[ex][array_index_nospec(number, UVB_MAX_COMMAND)])
			return &uvb_absent;
	}
	return command;
}

static ssize_t uvb_write_command(struct uvb_file *file, const char __user *buf, size_t count)
{
	struct ib_uverbs_ex_cmd_hdr ex = {};
	const struct uvb_command *command;
	struct uverbs_attr_bundle *bundle;
	struct ib_uverbs_cmd_hdr hdr;
	struct uvb_call call __uninitialized;
	int ret;

	if (count < sizeof(hdr))
		return -EINVAL;
	if (uvb_get(&hdr, buf, sizeof(hdr)))
		return -EFAULT;
	command = uvb_write_find(&uvb_file_device(file)->api, hdr.command);
	if (IS_ERR(command))
		return PTR_ERR(command);

	if (command->ex) {
		if (count < sizeof(hdr) + sizeof(ex))
			return -EINVAL;
		if (uvb_get(&ex, buf + sizeof(hdr), sizeof(ex)))
			return -EFAULT;
		ret = uvb_write_check_ex(&hdr, &ex, count);
	} else {
		ret = uvb_write_check(&hdr, count, command);
	}
	if (ret)
		return ret;

	uvb_call_init(&call, file);
	bundle = uvb_bundle(&call);
	if (command->ex)
		uvb_write_udata_ex(bundle, &hdr, &ex, buf + sizeof(hdr) + sizeof(ex));
	else
		ret = uvb_write_udata(bundle, command, &hdr, buf + sizeof(hdr));
	if (!ret)
		ret = uvb_command_run(command, bundle);
	uvb_call_put_sgid(&call);
	return ret ?: count;
}

ssize_t uvb_write(struct file *filp, const char __user *buf, size_t count, loff_t *pos)
{
	struct uvb_file *file = filp->private_data;
	ssize_t ret;
	int srcu;

	/*
	 * A privileged program tricked into writing to a file somebody else
	 * opened must not run that one's commands.
	 */
	if (filp->f_cred != current_cred()) {
		pr_err_once("process %d (%s) changed credentials after it opened the device, its write is refused; it should use ioctls\n",
			    task_tgid_vnr(current), current->comm);
		return -EACCES;
	}

	srcu = srcu_read_lock(&file->stock.device->disassociate_srcu);
	ret = uvb_write_command(file, buf, count);
	srcu_read_unlock(&file->stock.device->disassociate_srcu, srcu);
	return ret;
}
