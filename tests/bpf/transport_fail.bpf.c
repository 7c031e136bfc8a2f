// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * What the verifier must not let a transport do, and one it must.
 */
#include "uverbs_bpf.bpf.h"
#include "expect.h"

extern int bpf_copy_from_user_str(void *dst, __u32 dst__sz, const void *unsafe_ptr__ign,
				  __u64 flags) __weak __ksym;

SEC("struct_ops") __success
int BPF_PROG(writes_path, struct uverbs_bpf_ctx *call)
{
	const __u8 *dest = uverbs_bpf_attr_in(call, 0, 0, 16);

	if (!dest)
		return uverbs_bpf_refuse(call, 0, -EINVAL, "wants %u bytes", 16);
	__builtin_memcpy(call->path.dgid, dest, 16);
	call->path.has_grh = 1;
	return 0;
}
TRANSPORT_OF(writes_path);

#define SLEEPS(callback, name, type)						\
	SEC("struct_ops.s") __failure						\
	__msg("attach to unsupported member " #callback " of struct uverbs_bpf_transport_ops")	\
	int BPF_PROG(name, struct type *arg)					\
	{									\
		return 0;							\
	}									\
	TRANSPORT_WITH(callback, name)

SLEEPS(path_set, sleeps_in_path_set, uverbs_bpf_ctx);
SLEEPS(path_get, sleeps_in_path_get, uverbs_bpf_ctx);
SLEEPS(legal, sleeps_in_legal, uverbs_bpf_ctx);
SLEEPS(exit, sleeps_in_exit, uverbs_bpf_exit);

/* What is read-only in path_set() is so in the others. */
SEC("struct_ops") __failure
__msg("of struct uverbs_bpf_ctx, only path, made, alt, mig_state and qp_state may be written")
int BPF_PROG(legal_writes_mask, struct uverbs_bpf_ctx *call)
{
	call->mask = 0;
	return 0;
}
TRANSPORT_WITH(legal, legal_writes_mask);

SEC("struct_ops") __failure
__msg("of struct uverbs_bpf_ctx, only path, made, alt, mig_state and qp_state may be written")
int BPF_PROG(get_writes_type, struct uverbs_bpf_ctx *call)
{
	call->qp_type = 0;
	return 0;
}
TRANSPORT_WITH(path_get, get_writes_type);

SEC("struct_ops") __failure __msg("only struct uverbs_bpf_ctx may be written")
int BPF_PROG(exit_writes, struct uverbs_bpf_exit *info)
{
	info->reason = 0;
	return 0;
}
TRANSPORT_WITH(exit, exit_writes);

SEC("struct_ops") __failure
__msg("expected pointer to STRUCT uverbs_bpf_ctx but R1 has a pointer to STRUCT uverbs_bpf_exit")
int BPF_PROG(exit_refuses, struct uverbs_bpf_exit *info)
{
	return uverbs_bpf_refuse((void *)info, 0, -EPERM, "too late", 0);
}
TRANSPORT_WITH(exit, exit_refuses);

/* What only providers have loads, and is not there when it runs: uvb_exec_command(), uvb_run. */
SEC("struct_ops") __success
int BPF_PROG(wants_what_providers_have, struct uverbs_bpf_ctx *call)
{
	return uverbs_bpf_args(call, 4) || uverbs_bpf_state(call, 0, 4) ||
	       uverbs_bpf_command(call, 0, 4) || uverbs_bpf_reply(call, 0, 4) ? -EINVAL : 0;
}
TRANSPORT_OF(wants_what_providers_have);

SEC("struct_ops") __failure
__msg("of struct uverbs_bpf_ctx, only path, made, alt, mig_state and qp_state may be written")
int BPF_PROG(writes_port, struct uverbs_bpf_ctx *call)
{
	call->port = 2;
	return 0;
}
TRANSPORT_OF(writes_port);

SEC("struct_ops") __failure
__msg("of struct uverbs_bpf_ctx, only path, made, alt, mig_state and qp_state may be written")
int BPF_PROG(writes_reserved, struct uverbs_bpf_ctx *call)
{
	call->path.reserved[0] = 1;
	return 0;
}
TRANSPORT_OF(writes_reserved);

/* The last byte of path and the first that is not. */
SEC("struct_ops") __failure
__msg("of struct uverbs_bpf_ctx, only path, made, alt, mig_state and qp_state may be written")
int BPF_PROG(writes_across, struct uverbs_bpf_ctx *call)
{
	*(volatile __u16 *)&call->path.has_grh = 1;
	return 0;
}
TRANSPORT_OF(writes_across);

/* What lies behind it on the kernel's stack is C's. */
SEC("struct_ops") __failure
__msg("beyond struct uverbs_bpf_ctx")
int BPF_PROG(reads_behind, struct uverbs_bpf_ctx *call)
{
	return *(volatile __u64 *)((char *)call + sizeof(*call));
}
TRANSPORT_OF(reads_behind);

SEC("struct_ops") __failure
__msg("of struct uverbs_bpf_ctx, only path, made, alt, mig_state and qp_state may be written")
int BPF_PROG(writes_mask, struct uverbs_bpf_ctx *call)
{
	call->mask = 0;
	return 0;
}
TRANSPORT_OF(writes_mask);

SEC("struct_ops") __failure
__msg("of struct uverbs_bpf_ctx, only path, made, alt, mig_state and qp_state may be written")
int BPF_PROG(writes_alt_reserved, struct uverbs_bpf_ctx *call)
{
	call->alt.path.reserved[1] = 1;
	return 0;
}
TRANSPORT_OF(writes_alt_reserved);

SEC("struct_ops") __failure
__msg("mem_or_null")
int BPF_PROG(trusts_input, struct uverbs_bpf_ctx *call)
{
	return uverbs_bpf_attr_in(call, 0, 0, 16)[0];
}
TRANSPORT_OF(trusts_input);

SEC("struct_ops") __failure
__msg("cannot write into rdonly_mem")
int BPF_PROG(writes_input, struct uverbs_bpf_ctx *call)
{
	__u8 *dest = uverbs_bpf_attr_in(call, 0, 0, 16);

	if (dest)
		dest[0] = 1;
	return 0;
}
TRANSPORT_OF(writes_input);

SEC("struct_ops") __failure
__msg("invalid access to memory, mem_size=16 off=16 size=1")
int BPF_PROG(reads_beyond, struct uverbs_bpf_ctx *call)
{
	const __u8 *dest = uverbs_bpf_attr_in(call, 0, 0, 16);

	return dest ? -(dest[16] & 1) : 0;
}
TRANSPORT_OF(reads_beyond);

SEC("struct_ops") __failure
__msg("R4 is not a const")
int BPF_PROG(asks_for_any_size, struct uverbs_bpf_ctx *call)
{
	const __u8 *dest = uverbs_bpf_attr_in(call, 0, 0, call->port);

	return dest ? 0 : -EINVAL;
}
TRANSPORT_OF(asks_for_any_size);

/* A text that others may change while C reads it. */
SEC("struct_ops") __failure
__msg("point to a const string")
int BPF_PROG(refuses_from_stack, struct uverbs_bpf_ctx *call)
{
	char text[8] = "no";

	return uverbs_bpf_refuse(call, 0, -EINVAL, text, 0);
}
TRANSPORT_OF(refuses_from_stack);

SEC("struct_ops") __failure
__msg("cannot use helper bpf_probe_write_user")
int BPF_PROG(writes_user, struct uverbs_bpf_ctx *call)
{
	int value = 0;

	bpf_probe_write_user((void *)8, &value, sizeof(value));
	return 0;
}
TRANSPORT_OF(writes_user);

SEC("struct_ops") __failure
__msg("must be sleepable to call sleepable kfunc bpf_copy_from_user_str")
int BPF_PROG(reads_user, struct uverbs_bpf_ctx *call)
{
	char text[8] = {};

	bpf_copy_from_user_str(text, sizeof(text), (void *)8, 0);
	return 0;
}
TRANSPORT_OF(reads_user);

char LICENSE[] SEC("license") = "Dual BSD/GPL";
