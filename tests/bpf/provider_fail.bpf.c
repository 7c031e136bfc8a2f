// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * What the verifier must not let a provider do, and what it must. Each callback
 * has its own view of the world: what is for a call is not for an object or a
 * dump, and nothing but a path is written where it stands.
 */
#include "uverbs_bpf.bpf.h"
#include "expect.h"

/* ---- what it must ---- */

SEC("struct_ops") __success
int BPF_PROG(writes_path, struct uverbs_bpf_ctx *call)
{
	const struct uverbs_bpf_args_qp_create *args =
		(void *)uverbs_bpf_args(call, sizeof(*args));

	if (!args)
		return 0;
	if (args->max_send_wr > 4 && call->who.uid)
		return uverbs_bpf_refuse(call, UVERBS_BPF_ATTR_NONE, -EPERM, "%u is too many",
					 args->max_send_wr);
	call->path.flow_label = 1;
	return 0;
}
PROVIDER_OF(before, writes_path);

SEC("struct_ops") __success
void BPF_PROG(writes_output, struct uverbs_bpf_ctx *call, int ret)
{
	__u64 now = bpf_ktime_get_ns();
	__u32 len = uverbs_bpf_attr_len(call, 0) & (sizeof(now) - 1);

	uverbs_bpf_attr_write(call, 0, 0, &now, len);
}
PROVIDER_OF(after, writes_output);

/* More than any attribute has: it loads, and gets nothing when it runs. */
SEC("struct_ops") __success
int BPF_PROG(wants_everything, struct uverbs_bpf_ctx *call)
{
	const __u8 *data = uverbs_bpf_attr_in(call, 0, 0, 0x7fffffff);

	return data ? -(data[0] & 1) : 0;
}
PROVIDER_OF(before, wants_everything);

SEC("struct_ops") __success
void BPF_PROG(reads_object, struct uverbs_bpf_obj *obj)
{
	__u64 word;

	bpf_probe_read_kernel(&word, sizeof(word), (void *)(unsigned long)obj->hw);
}
PROVIDER_OF(obj_add, reads_object);

/* The first and the last byte of each range that is not C's. */
SEC("struct_ops") __success
int BPF_PROG(writes_all, struct uverbs_bpf_ctx *call)
{
	call->path.dgid[0] = 1;
	call->path.has_grh = 1;
	call->made = 1;
	call->alt.path.dgid[0] = 1;
	call->alt.path.has_grh = 1;
	call->alt.pkey_index = 1;
	call->mig_state = 1;
	call->qp_state = 1;
	return 0;
}
PROVIDER_OF(before, writes_all);

/* ---- the rules, one after the other ---- */

/* A callback that does one thing it must not. */
#define MUST_NOT(callback, type, program, message, body...)			\
	SEC("struct_ops") __failure __msg(message)				\
	int BPF_PROG(program, struct uverbs_bpf_##type *arg)			\
	{									\
		body;								\
		return 0;							\
	}									\
	PROVIDER_OF(callback, program)

/* ---- writing ---- */

#define NOT_PATH	"of struct uverbs_bpf_ctx, only path, made, alt, mig_state and qp_state may be written"
#define NOT_CTX		"only struct uverbs_bpf_ctx may be written"

SEC("struct_ops") __failure __msg(NOT_PATH)
int BPF_PROG(writes_uid, struct uverbs_bpf_ctx *call)
{
	call->who.uid = 0;
	return 0;
}
PROVIDER_OF(before, writes_uid);

SEC("struct_ops") __failure __msg(NOT_PATH)
int BPF_PROG(writes_handle, struct uverbs_bpf_ctx *call)
{
	call->handle = 1;
	return 0;
}
PROVIDER_OF(before, writes_handle);

SEC("struct_ops") __failure __msg(NOT_PATH)
int BPF_PROG(writes_hw, struct uverbs_bpf_ctx *call)
{
	call->hw = 0;
	return 0;
}
PROVIDER_OF(method, writes_hw);

SEC("struct_ops") __failure __msg(NOT_PATH)
void BPF_PROG(writes_has_path, struct uverbs_bpf_ctx *call, int ret)
{
	call->has_path = 1;
}
PROVIDER_OF(after, writes_has_path);

SEC("struct_ops") __failure __msg("cannot write into rdonly_mem")
int BPF_PROG(writes_args, struct uverbs_bpf_ctx *call)
{
	struct uverbs_bpf_args_mr_reg *args = (void *)uverbs_bpf_args(call, sizeof(*args));

	if (args)
		args->access_flags = 0;
	return 0;
}
PROVIDER_OF(before, writes_args);

SEC("struct_ops") __failure __msg(NOT_CTX)
void BPF_PROG(writes_object, struct uverbs_bpf_obj *obj)
{
	obj->who.uid = 0;
}
PROVIDER_OF(obj_add, writes_object);

SEC("struct_ops") __failure __msg(NOT_CTX)
void BPF_PROG(writes_removed, struct uverbs_bpf_obj *obj)
{
	obj->handle = 0;
}
PROVIDER_OF(obj_remove, writes_removed);

SEC("struct_ops") __failure __msg(NOT_CTX)
void BPF_PROG(writes_device, struct uverbs_bpf_dev *dev)
{
	dev->name[0] = 'x';
}
PROVIDER_OF(dev_add, writes_device);

SEC("struct_ops") __failure __msg(NOT_CTX)
void BPF_PROG(writes_lines, struct uverbs_bpf_dump *dump)
{
	dump->lines = 0;
}
PROVIDER_OF(dump, writes_lines);

SEC("struct_ops") __failure __msg(NOT_CTX)
void BPF_PROG(writes_exit, struct uverbs_bpf_exit *info)
{
	info->reason = 0;
}
PROVIDER_OF(exit, writes_exit);

MUST_NOT(dev_remove, dev, writes_removed_device, NOT_CTX, arg->ports = 0);
MUST_NOT(comp, comp, writes_completion, NOT_CTX, arg->wr_id = 0);

/* What is C's of a call, and what touches it from beside. */
#define WRITES(member)								\
	MUST_NOT(before, ctx, call_writes_##member, NOT_PATH, arg->member = 0)
WRITES(object);
WRITES(method);
WRITES(port);
WRITES(driver_id);
WRITES(protocol);
WRITES(qp_type);
WRITES(cur_state);
WRITES(next_state);
WRITES(legacy);
WRITES(device);
WRITES(file);
WRITES(mask);
WRITES(max_rd_atomic);
WRITES(max_dest_rd_atomic);
WRITES(kernel);
#define WRITES_ACROSS(name, member, back)					\
	MUST_NOT(before, ctx, call_writes_##name, NOT_PATH,				\
		 *(volatile __u16 *)((char *)&arg->member - (back)) = 0)
WRITES_ACROSS(into_path, path, 1);
WRITES_ACROSS(out_of_path, path.has_grh, 0);
WRITES_ACROSS(into_alt, alt, 1);
WRITES_ACROSS(out_of_alt, mig_state, 0);
MUST_NOT(before, ctx, writes_across_state, NOT_PATH,
	 *(volatile __u64 *)((char *)&arg->qp_state - 4) = 0);

/* By the hand of a helper, or of a function that is verified by itself. */
__noinline int set_to_0(__u32 *to)
{
	if (to)
		*to = 0;
	return 0;
}

MUST_NOT(before, ctx, helper_writes_uid, "R1",
	 bpf_probe_read_kernel(&arg->who.uid, sizeof(arg->who.uid), (void *)8));
/*
 * Linux 6.12 asks whether the function may read it, of all that a program is given in any hook. So
 * what programs get is theirs alone, and C does not read it again but for what they may write.
 */
__since("7.3")
MUST_NOT(before, ctx, function_writes_uid, "R1", set_to_0(&arg->who.uid));
__since("7.3")
MUST_NOT(obj_add, obj, function_writes_object, "R1", set_to_0(&arg->handle));
/* Nor by one of ours. */
MUST_NOT(before, ctx, copies_into_call, "is not supported",
	 uverbs_bpf_attr_read(arg, 0, 0, &arg->who.uid, sizeof(arg->who.uid)));
MUST_NOT(before, ctx, copies_from_call, "is not supported",
	 uverbs_bpf_attr_write(arg, 0, 0, &arg->who.uid, sizeof(arg->who.uid)));

/* ---- reading ---- */

#define READS_BEHIND(callback, type)						\
	MUST_NOT(callback, type, reads_behind_##type, "beyond struct uverbs_bpf_" #type,	\
		 *(volatile __u64 *)((char *)arg + sizeof(*arg)))
READS_BEHIND(dev_add, dev);
READS_BEHIND(comp, comp);
READS_BEHIND(dump, dump);
READS_BEHIND(exit, exit);

SEC("struct_ops") __failure __msg("beyond struct uverbs_bpf_ctx")
int BPF_PROG(reads_behind_call, struct uverbs_bpf_ctx *call)
{
	return *(volatile __u64 *)((char *)call + sizeof(*call));
}
PROVIDER_OF(before, reads_behind_call);

SEC("struct_ops") __failure __msg("beyond struct uverbs_bpf_obj")
void BPF_PROG(reads_behind_object, struct uverbs_bpf_obj *obj)
{
	*(volatile __u64 *)((char *)obj + sizeof(*obj));
}
PROVIDER_OF(obj_add, reads_behind_object);

SEC("struct_ops") __failure __msg("mem_or_null")
int BPF_PROG(trusts_args, struct uverbs_bpf_ctx *call)
{
	return -(uverbs_bpf_args(call, 4)[0] & 1);
}
PROVIDER_OF(before, trusts_args);

SEC("struct_ops") __failure __msg("invalid access to memory, mem_size=4 off=4 size=1")
int BPF_PROG(reads_beyond_args, struct uverbs_bpf_ctx *call)
{
	const __u8 *args = uverbs_bpf_args(call, 4);

	return args ? -(args[4] & 1) : 0;
}
PROVIDER_OF(before, reads_beyond_args);

SEC("struct_ops") __failure __msg("invalid access to memory, mem_size=8 off=8 size=1")
int BPF_PROG(writes_beyond_state, struct uverbs_bpf_ctx *call)
{
	__u8 *state = uverbs_bpf_state(call, 0, 8);

	if (state)
		state[8] = 1;
	return 0;
}
PROVIDER_OF(method, writes_beyond_state);

SEC("struct_ops") __failure __msg("R2 is not a const")
int BPF_PROG(asks_for_any_args, struct uverbs_bpf_ctx *call)
{
	return uverbs_bpf_args(call, call->port) ? 0 : -EINVAL;
}
PROVIDER_OF(before, asks_for_any_args);

/* An attribute longer than the place for it. */
SEC("struct_ops") __failure __msg("memory access")
int BPF_PROG(copies_any_length, struct uverbs_bpf_ctx *call)
{
	char text[8];

	return uverbs_bpf_attr_read(call, 0, 0, text, uverbs_bpf_attr_len(call, 0));
}
PROVIDER_OF(before, copies_any_length);

/*
 * The same rules for each kfunc that gives memory: it may be absent, it has an end, its size is a
 * constant, and what is read-only is that.
 */
#define MEMORY(name, place, get...)					\
	MUST_NOT(before, ctx, name##_may_be_null, "mem_or_null",		\
		 return -(uverbs_bpf_##name(arg, get, 4)[0] & 1));		\
	MUST_NOT(before, ctx, name##_has_an_end,				\
		 "invalid access to memory, mem_size=4 off=4 size=1",		\
		 __u8 *p = uverbs_bpf_##name(arg, get, 4); if (p) return -(p[4] & 1));	\
	MUST_NOT(before, ctx, name##_is_constant, #place " is not a const",	\
		 if (uverbs_bpf_##name(arg, get, arg->port)) return -EINVAL)
MEMORY(attr_in, R4, 0, 0);
MEMORY(attr_out, R4, 0, 0);
MEMORY(state, R3, 0);
MEMORY(command, R3, 0);
MEMORY(reply, R3, 0);
#define READ_ONLY(name, get...)							\
	MUST_NOT(before, ctx, name##_is_read_only, "cannot write into rdonly_mem",	\
		 __u8 *p = uverbs_bpf_##name(arg, get, 4); if (p) p[0] = 1)
READ_ONLY(attr_in, 0, 0);
READ_ONLY(reply, 0);
MUST_NOT(before, ctx, command_ends, "invalid access to memory, mem_size=4 off=4 size=1",
	 __u8 *p = uverbs_bpf_command(arg, 0, 4); if (p) p[4] = 1);
MUST_NOT(before, ctx, output_ends, "invalid access to memory, mem_size=4 off=4 size=1",
	 __u8 *p = uverbs_bpf_attr_out(arg, 0, 0, 4); if (p) p[4] = 1);
/* The verifier takes no bytes for one byte; so do we, see uvb_granted(). */
MUST_NOT(before, ctx, nothing_is_a_byte, "invalid access to memory, mem_size=1 off=1 size=1",
	 __u8 *p = uverbs_bpf_args(arg, 0); if (p) return -(p[1] & 1));

MUST_NOT(before, ctx, copies_into_input, "cannot write into rdonly_mem",
	 __u8 *p = uverbs_bpf_attr_in(arg, 0, 0, 4);
	 if (p) uverbs_bpf_attr_read(arg, 0, 0, p, 4));
MUST_NOT(before, ctx, copies_beyond_stack, "invalid read from stack",
	 __u32 word = 0; uverbs_bpf_attr_write(arg, 0, 0, &word, 8));
MUST_NOT(before, ctx, writes_any_length, "memory access",
	 char text[8] = {};
	 uverbs_bpf_attr_write(arg, 0, 0, text, uverbs_bpf_attr_len(arg, 0)));

/* A constant text may not change: one in a map that is written may. */
char text_of_map[16] = "no";

MUST_NOT(before, ctx, refuses_from_map, "is not a const",
	 uverbs_bpf_refuse(arg, 0, -EINVAL, text_of_map, 0));

/* ---- calling ---- */

/* What is for a call, given an object; and the other way round. */
#define WRONG(wanted, has)							\
	"expected pointer to STRUCT " wanted " but R1 has a pointer to STRUCT " has

SEC("struct_ops") __failure __msg(WRONG("uverbs_bpf_ctx", "uverbs_bpf_obj"))
void BPF_PROG(object_reads_attr, struct uverbs_bpf_obj *obj)
{
	uverbs_bpf_attr_in((void *)obj, 0, 0, 4);
}
PROVIDER_OF(obj_add, object_reads_attr);

SEC("struct_ops") __failure __msg(WRONG("uverbs_bpf_ctx", "uverbs_bpf_obj"))
void BPF_PROG(object_refuses, struct uverbs_bpf_obj *obj)
{
	uverbs_bpf_refuse((void *)obj, 0, -EPERM, "too late", 0);
}
PROVIDER_OF(obj_add, object_refuses);

SEC("struct_ops") __failure __msg(WRONG("uverbs_bpf_ctx", "uverbs_bpf_dev"))
void BPF_PROG(device_reads_args, struct uverbs_bpf_dev *dev)
{
	uverbs_bpf_args((void *)dev, 4);
}
PROVIDER_OF(dev_add, device_reads_args);

SEC("struct_ops") __failure __msg(WRONG("uverbs_bpf_ctx", "uverbs_bpf_dump"))
void BPF_PROG(dump_reads_state, struct uverbs_bpf_dump *dump)
{
	uverbs_bpf_state((void *)dump, 0, 4);
}
PROVIDER_OF(dump, dump_reads_state);

SEC("struct_ops") __failure __msg(WRONG("uverbs_bpf_ctx", "uverbs_bpf_exit"))
void BPF_PROG(exit_writes_attr, struct uverbs_bpf_exit *info)
{
	uverbs_bpf_attr_out((void *)info, 0, 0, 4);
}
PROVIDER_OF(exit, exit_writes_attr);

SEC("struct_ops") __failure __msg(WRONG("uverbs_bpf_dump", "uverbs_bpf_ctx"))
int BPF_PROG(call_dumps, struct uverbs_bpf_ctx *call)
{
	return uverbs_bpf_dump_value((void *)call, "calls", 1);
}
PROVIDER_OF(before, call_dumps);

/* Each other kfunc for a call, and each other thing that is none. */
#define FOR_CALL(callback, type, name, rest...)					\
	MUST_NOT(callback, type, type##_##name, WRONG("uverbs_bpf_ctx", "uverbs_bpf_" #type),	\
		 uverbs_bpf_##name((void *)arg, rest))
FOR_CALL(obj_remove, obj, attr_len, 0);
FOR_CALL(obj_remove, obj, qp_takes, 0, 0);
FOR_CALL(dev_remove, dev, gid_type, 0);
FOR_CALL(dev_add, dev, refuse, 0, -EPERM, "no", 0);
FOR_CALL(comp, comp, attr_in, 0, 0, 4);
FOR_CALL(comp, comp, state, 0, 4);
FOR_CALL(comp, comp, refuse, 0, -EPERM, "no", 0);
FOR_CALL(comp, comp, gid_type, 0);
FOR_CALL(dump, dump, command, 0, 4);
FOR_CALL(exit, exit, reply, 0, 4);
MUST_NOT(obj_add, obj, obj_attr_read, WRONG("uverbs_bpf_ctx", "uverbs_bpf_obj"),
	 char text[4]; uverbs_bpf_attr_read((void *)arg, 0, 0, text, sizeof(text)));
MUST_NOT(obj_add, obj, obj_attr_write, WRONG("uverbs_bpf_ctx", "uverbs_bpf_obj"),
	 uverbs_bpf_attr_write((void *)arg, 0, 0, "no", 2));
#define FOR_DUMP(callback, type)						\
	MUST_NOT(callback, type, type##_dumps, WRONG("uverbs_bpf_dump", "uverbs_bpf_" #type),	\
		 uverbs_bpf_dump_value((void *)arg, "none", 1))
FOR_DUMP(obj_add, obj);
FOR_DUMP(dev_add, dev);
FOR_DUMP(comp, comp);
FOR_DUMP(exit, exit);

/* Who is attached is for iterators to tell: there our locks are not held. */
SEC("struct_ops") __failure
__msg("calling kernel function bpf_iter_uverbs_bpf_program_new is not allowed")
int BPF_PROG(call_iterates, struct uverbs_bpf_ctx *call)
{
	struct bpf_iter_uverbs_bpf_program it;

	bpf_iter_uverbs_bpf_program_new(&it);
	bpf_iter_uverbs_bpf_program_destroy(&it);
	return 0;
}
PROVIDER_OF(before, call_iterates);

/* Not at the beginning of a call: C would look for the rest of it beside it. */
SEC("struct_ops") __failure __msg(WRONG("uverbs_bpf_ctx", "uverbs_bpf_ctx"))
int BPF_PROG(half_a_call, struct uverbs_bpf_ctx *call)
{
	return uverbs_bpf_attr_len((void *)((char *)call + 8), 0);
}
PROVIDER_OF(before, half_a_call);

SEC("struct_ops") __failure __msg("Possibly NULL pointer passed to trusted")
int BPF_PROG(no_call, struct uverbs_bpf_ctx *call)
{
	return uverbs_bpf_attr_len(NULL, 0);
}
PROVIDER_OF(before, no_call);

/* A call, or a dump, of the program's own making: C would look for the rest of it beside it. */
#define MADE_UP(type)	"STRUCT " type

SEC("struct_ops") __failure __msg(MADE_UP("uverbs_bpf_ctx"))
int BPF_PROG(made_up_call, struct uverbs_bpf_ctx *call)
{
	char memory[256] = {};

	return uverbs_bpf_attr_len((void *)memory, 0);
}
PROVIDER_OF(before, made_up_call);

SEC("struct_ops") __failure __msg(MADE_UP("uverbs_bpf_dump"))
void BPF_PROG(made_up_dump, struct uverbs_bpf_dump *dump)
{
	char memory[64] = {};

	uverbs_bpf_dump_value((void *)memory, "lines", 1);
}
PROVIDER_OF(dump, made_up_dump);

/* A number in the place of a call. */
SEC("struct_ops") __failure __msg(MADE_UP("uverbs_bpf_ctx"))
int BPF_PROG(any_number, struct uverbs_bpf_ctx *call)
{
	return uverbs_bpf_attr_len((void *)(unsigned long)call->hw, 0);
}
PROVIDER_OF(before, any_number);

/* Verified by itself, it may get a call from anywhere. */
__noinline int length_of(struct uverbs_bpf_ctx *call)
{
	return call ? uverbs_bpf_attr_len(call, 0) : 0;
}

MUST_NOT(before, ctx, function_of_any_call, "Caller passes invalid args", length_of(arg));

SEC("struct_ops") __failure __msg("point to a const string")
void BPF_PROG(dumps_from_stack, struct uverbs_bpf_dump *dump)
{
	char name[8] = "name";

	uverbs_bpf_dump_value(dump, name, 1);
}
PROVIDER_OF(dump, dumps_from_stack);

SEC("struct_ops") __failure __msg("cannot use helper bpf_probe_write_user")
void BPF_PROG(writes_user, struct uverbs_bpf_obj *obj)
{
	int value = 0;

	bpf_probe_write_user((void *)8, &value, sizeof(value));
}
PROVIDER_OF(obj_add, writes_user);

SEC("struct_ops") __failure __msg("cannot use helper bpf_override_return")
int BPF_PROG(overrides, struct uverbs_bpf_ctx *call)
{
	bpf_override_return((void *)call, 0);
	return 0;
}
PROVIDER_OF(before, overrides);

/* ---- sleeping: not in any callback ---- */

#define SLEEPS(callback, name, args...)						\
	SEC("struct_ops.s") __failure						\
	__msg("attach to unsupported member " #callback " of struct uverbs_bpf_provider_ops")	\
	int BPF_PROG(name, args)						\
	{									\
		return 0;							\
	}									\
	PROVIDER_OF(callback, name)

SLEEPS(before, sleeps_before, struct uverbs_bpf_ctx *call);
SLEEPS(after, sleeps_after, struct uverbs_bpf_ctx *call, int ret);
SLEEPS(method, sleeps_in_method, struct uverbs_bpf_ctx *call);
SLEEPS(obj_add, sleeps_obj_add, struct uverbs_bpf_obj *obj);
SLEEPS(obj_remove, sleeps_obj_remove, struct uverbs_bpf_obj *obj);
SLEEPS(prepare, sleeps_in_prepare, struct uverbs_bpf_ctx *call);
SLEEPS(complete, sleeps_in_complete, struct uverbs_bpf_ctx *call);
SLEEPS(dev_add, sleeps_dev_add, struct uverbs_bpf_dev *dev);
SLEEPS(dev_remove, sleeps_dev_remove, struct uverbs_bpf_dev *dev);
SLEEPS(comp, sleeps_in_comp, struct uverbs_bpf_comp *comp);
SLEEPS(dump, sleeps_in_dump, struct uverbs_bpf_dump *dump);
SLEEPS(exit, sleeps_in_exit, struct uverbs_bpf_exit *info);

/* An endless loop. */
SEC("struct_ops") __failure __msg("infinite loop detected")
int BPF_PROG(never_ends, struct uverbs_bpf_ctx *call)
{
	volatile int i = 0;

	while (i < 1)
		;
	return 0;
}
PROVIDER_OF(before, never_ends);

char LICENSE[] SEC("license") = "Dual BSD/GPL";
