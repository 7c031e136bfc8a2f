// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A provider whose objects are objects in a fake device's firmware (tests/drivers/fake/firmware.c):
 * each method stages a command for the driver and reads its reply.
 */
#include <uverbs_bpf.bpf.h>
#include "../drivers/fake/fake_firmware_abi.h"
#include "firmware.h"

/* What complete() is told to do, other than what is right. */
static int misbehave(__u32 how)
{
	return how == FIRMWARE_GARBAGE ? 77 : 0;
}

static __u32 how(struct uverbs_bpf_ctx *call)
{
	const __u32 *in = (const void *)uverbs_bpf_attr_in(call, FIRMWARE_HOW, 0, sizeof(*in));

	return in ? *in : FIRMWARE_RIGHT;
}

SEC("struct_ops")
int BPF_PROG(firmware_prepare, struct uverbs_bpf_ctx *call)
{
	struct fake_firmware_command *command =
		(void *)uverbs_bpf_command(call, 0, sizeof(*command));
	const __u64 *value = (const void *)uverbs_bpf_attr_in(call, FIRMWARE_VALUE, 0, sizeof(*value));

	if (!command)
		return -ENOMEM;
	/* There is no reply yet, and nothing behind a command. */
	if (uverbs_bpf_reply(call, 0, 1) || uverbs_bpf_command(call, UVERBS_BPF_MAX_COMMAND - 3, 4) ||
	    uverbs_bpf_command(call, UVERBS_BPF_MAX_COMMAND, 0))
		return -EFAULT;
	if (how(call) == FIRMWARE_NOT_PREPARED)
		return uverbs_bpf_refuse(call, FIRMWARE_HOW, -EDOM, "prepare refuses %u", how(call));
	if (value)
		command->value = *value;
	switch (call->method) {
	case UVERBS_BPF_SELF(FIRMWARE_MAKE):
		command->op = FAKE_FIRMWARE_MAKE;
		break;
	case UVERBS_BPF_SELF(FIRMWARE_ADD):
		command->op = FAKE_FIRMWARE_MODIFY;
		break;
	default:
		command->op = how(call) == FIRMWARE_STRAY ? FAKE_FIRMWARE_STRAY : FAKE_FIRMWARE_QUERY;
	}
	return how(call) == FIRMWARE_LONG ? 4096 : sizeof(*command);
}

SEC("struct_ops")
int BPF_PROG(firmware_complete, struct uverbs_bpf_ctx *call)
{
	const struct fake_firmware_reply *reply =
		(const void *)uverbs_bpf_reply(call, 0, sizeof(*reply));
	__u64 *changes = (void *)uverbs_bpf_state(call, 0, sizeof(*changes));
	struct firmware_result *result =
		(void *)uverbs_bpf_attr_out(call, FIRMWARE_RESULT, 0, sizeof(*result));

	if (!reply)
		return -EIO;
	/* The command is the driver's by now, and the reply is as long as the driver said. */
	if (uverbs_bpf_command(call, 0, 1) || uverbs_bpf_reply(call, sizeof(*reply), 1) ||
	    uverbs_bpf_reply(call, sizeof(*reply), 0))
		return -EFAULT;
	if (how(call) == FIRMWARE_REFUSED)
		return uverbs_bpf_refuse(call, FIRMWARE_HOW, -ERANGE, "complete refuses %u",
					 how(call));
	if (changes && call->method == UVERBS_BPF_SELF(FIRMWARE_ADD))
		++*changes;
	if (result) {
		result->number = reply->number;
		result->value = reply->value;
		if (changes)
			result->changes = *changes;
	}
	return misbehave(how(call));
}

SEC("struct_ops")
int BPF_PROG(firmware_method, struct uverbs_bpf_ctx *call)
{
	return 0;
}

#define ROW(method, dir, id, len, name)							\
	UVERBS_BPF_ROW(UVERBS_BPF_SELF(FIRMWARE_OBJECT), UVERBS_BPF_SELF(method), dir, id, len, len, name)

UVERBS_BPF_PROVIDER(firmware) = {
	.decl = {
		.name = FAKE_FIRMWARE_PROVIDER,
		.abi = UVERBS_BPF_ABI,
		.nr_attrs = 8,
		.attrs = {
			ROW(FIRMWARE_MAKE, IN, FIRMWARE_VALUE, 8, "value"),
			ROW(FIRMWARE_MAKE, IN, FIRMWARE_HOW, 4, "how"),
			ROW(FIRMWARE_MAKE, OUT, FIRMWARE_RESULT, sizeof(struct firmware_result),
			    "result"),
			ROW(FIRMWARE_ADD, IN, FIRMWARE_VALUE, 8, "value"),
			ROW(FIRMWARE_ADD, OUT, FIRMWARE_RESULT, sizeof(struct firmware_result),
			    "result"),
			ROW(FIRMWARE_READ, IN, FIRMWARE_HOW, 4, "how"),
			ROW(FIRMWARE_READ, OUT, FIRMWARE_RESULT, sizeof(struct firmware_result),
			    "result"),
			ROW(FIRMWARE_ADD, IN, FIRMWARE_HOW, 4, "how"),
		},
	},
	.channel = {
		.version = 1,
		.role = UVERBS_BPF_OBSERVER,
		.nr_methods = 4,
		.methods = {
			UVERBS_BPF_EXEC_METHOD(UVERBS_BPF_SELF(FIRMWARE_OBJECT), FIRMWARE_MAKE, NEW,
					       "make"),
			UVERBS_BPF_EXEC_METHOD(UVERBS_BPF_SELF(FIRMWARE_OBJECT), FIRMWARE_ADD,
					       WRITE, "add"),
			UVERBS_BPF_EXEC_METHOD(UVERBS_BPF_SELF(FIRMWARE_OBJECT), FIRMWARE_READ,
					       READ, "read"),
			UVERBS_BPF_OWN_METHOD(UVERBS_BPF_SELF(FIRMWARE_OBJECT), FIRMWARE_DESTROY,
					      DESTROY, "destroy"),
		},
		.nr_objects = 1,
		.objects = {
			UVERBS_BPF_OWN_OBJECT(FIRMWARE_OBJECT, 8, "object"),
		},
	},
	.prepare = (void *)firmware_prepare,
	.complete = (void *)firmware_complete,
	.method = (void *)firmware_method,
};

char LICENSE[] SEC("license") = "Dual BSD/GPL";
