// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Commands for the hardware, in three parts: a program writes the command, the
 * driver runs it, the program reads the reply. Programs run under RCU and do
 * not sleep, drivers may: so nothing is held in between, and whether the
 * program is still there is looked at again. What the driver made is C's from
 * the moment it returns, see uvb_own_destroy().
 */
#include "bpf.h"
#include "../uverbs_bpf_driver.h"

/**
 * struct uvb_exec - a command under way
 * @driver: what the driver sees
 * @ran: the driver has run it, and there is a reply
 * @command: what prepare() writes
 * @reply: what the driver writes
 */
struct uvb_exec {
	struct uverbs_bpf_exec driver;
	bool ran;
	u8 command[UVERBS_BPF_MAX_COMMAND] __aligned(8);
	u8 reply[UVERBS_BPF_MAX_COMMAND] __aligned(8);
};

static const struct uverbs_bpf_driver_ops *uvb_exec_ops(const struct uvb_file *file)
{
	return uvb_file_device(file)->api.direct;
}

/**
 * uvb_exec_begin() - get ready to have a command run
 * @run: of the call
 *
 * Return: 0; -EOPNOTSUPP if the device's driver runs none; -ENOMEM.
 */
int uvb_exec_begin(struct uvb_run *run)
{
	const struct uverbs_bpf_driver_ops *ops = uvb_exec_ops(run->call->file);

	if (!ops || !ops->exec) {
		run->refused = -EOPNOTSUPP;
		run->refused_attr = UVERBS_BPF_ATTR_NONE;
		scnprintf(run->text, sizeof(run->text),
			  "provider %s: the driver of %s runs no commands of providers",
			  uvb_namespace_name(run->ns), run->ibdev->name);
		return -EOPNOTSUPP;
	}
	run->exec = kzalloc(sizeof(*run->exec), GFP_KERNEL_ACCOUNT);
	return run->exec ? 0 : -ENOMEM;
}

void uvb_exec_end(struct uvb_run *run)
{
	kfree(run->exec);
	run->exec = NULL;
}

/* What prepare() returned. Context: RCU. */
int uvb_exec_prepared(struct uvb_run *run, struct uvb_program *program, int ret)
{
	if (ret > (int)UVERBS_BPF_MAX_COMMAND)
		return uvb_run_fault(run, program,
				     "program %s: prepare returned %d, wants at most %u bytes, or -errno",
				     program->decl->name, ret, UVERBS_BPF_MAX_COMMAND);
	if (ret > 0) {
		run->exec->driver.command_len = ret;
		ret = 0;
	}
	return uvb_run_result(run, program, "prepare", ret);
}

/* An object in the hardware that nothing can own. */
static int uvb_exec_stray(struct uvb_run *run, const struct uverbs_bpf_exec *exec)
{
	ibdev_err_ratelimited(run->ibdev,
			      "provider %s: the driver made hardware object %#llx in a method that makes none; released\n",
			      exec->provider, exec->hw);
	uvb_exec_ops(run->call->file)->release(run->ibdev, exec->hw);
	return -EIO;
}

/**
 * uvb_exec_driver() - have the driver run the command
 * @run: of the call, after prepare()
 * @object: hardware object of the provider's object that the method is called for, or 0
 * @hw: set to the hardware object that was made, or 0, which the caller now owns; NULL if the
 *	method makes no object
 *
 * Context: may sleep; no RCU.
 * Return: 0 or a negative errno, and then nothing was made.
 */
int uvb_exec_driver(struct uvb_run *run, u64 object, u64 *hw)
{
	const struct uverbs_bpf_driver_ops *ops = uvb_exec_ops(run->call->file);
	struct uverbs_bpf_exec *exec = &run->exec->driver;
	struct ib_ucontext *context = uvb_bundle_context(uvb_bundle(run->call));
	int ret;

	if (IS_ERR(context))
		return PTR_ERR(context);
	exec->provider = run->name;
	exec->context = context;
	exec->object = object;
	exec->command = run->exec->command;
	exec->reply = run->exec->reply;
	exec->reply_len = sizeof(run->exec->reply);
	exec->may_make = hw;

	ret = ops->exec(run->ibdev, exec);
	/* The first is the dispatcher's, to say that there is no such method; the second no errno. */
	if (ret == -EPROTONOSUPPORT)
		ret = -EOPNOTSUPP;
	if (ret > 0 || ret < -MAX_ERRNO)
		ret = -EIO;
	if (!ret && exec->hw && !hw)
		ret = uvb_exec_stray(run, exec);
	if (ret) {
		run->refused = ret;
		run->refused_attr = UVERBS_BPF_ATTR_NONE;
		scnprintf(run->text, sizeof(run->text),
			  "provider %s: the driver of %s failed the command (%d)", run->name,
			  run->ibdev->name, ret);
		return ret;
	}
	exec->reply_len = min_t(u32, exec->reply_len, sizeof(run->exec->reply));
	if (hw)
		*hw = exec->hw;
	run->exec->ran = true;
	return 0;
}

/**
 * uvb_exec_release() - give a hardware object back to the driver that made it
 * @file: the device file it was made by
 * @ibdev: the device, which has not been removed
 * @hw: the object
 */
void uvb_exec_release(const struct uvb_file *file, struct ib_device *ibdev, u64 hw)
{
	uvb_exec_ops(file)->release(ibdev, hw);
}

/* Memory of the command while prepare() runs, else NULL. */
u8 *uvb_exec_command(const struct uvb_run *run, u32 off, size_t size)
{
	struct uvb_exec *exec = run->exec;

	if (!exec || exec->ran || off > sizeof(exec->command) ||
	    size > sizeof(exec->command) - off)
		return NULL;
	return exec->command + off;
}

/* Memory of the reply while complete() runs, as far as the driver wrote it, else NULL. */
u8 *uvb_exec_reply(const struct uvb_run *run, u32 off, size_t size)
{
	struct uvb_exec *exec = run->exec;

	if (!exec || !exec->ran || off > exec->driver.reply_len ||
	    size > exec->driver.reply_len - off)
		return NULL;
	return exec->reply + off;
}
