// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Programs of others must not reach our kfuncs. The kernel offers them to
 * every struct_ops and every tracing program; only our filters say no.
 */
#include "uverbs_bpf.bpf.h"
#include "expect.h"

struct sock;
struct file;

struct tcp_congestion_ops {
	char name[16];
	__u32 (*ssthresh)(struct sock *sk);
	__u32 (*undo_cwnd)(struct sock *sk);
	void (*cong_avoid)(struct sock *sk, __u32 ack, __u32 acked);
};

#define TCP_CALLS(kfunc, args...)							\
	SEC("struct_ops") __failure							\
	__msg("calling kernel function uverbs_bpf_" #kfunc " is not allowed")		\
	__u32 BPF_PROG(tcp_##kfunc, struct sock *sk)					\
	{									\
		return !!uverbs_bpf_##kfunc((void *)sk, args);				\
	}									\
	SEC(".struct_ops.link") struct tcp_congestion_ops ops_tcp_##kfunc = {		\
		.name = "uvb_test",							\
		.ssthresh = (void *)tcp_##kfunc,						\
	}

TCP_CALLS(attr_len, 0);
TCP_CALLS(attr_in, 0, 0, 4);
TCP_CALLS(attr_out, 0, 0, 4);
TCP_CALLS(attr_read, 0, 0, NULL, 0);
TCP_CALLS(attr_write, 0, 0, NULL, 0);
TCP_CALLS(refuse, 0, -EPERM, "no", 0);
TCP_CALLS(qp_takes, 0, 0);
TCP_CALLS(gid_type, 0);
TCP_CALLS(args, 4);
TCP_CALLS(state, 0, 4);
TCP_CALLS(command, 0, 4);
TCP_CALLS(reply, 0, 4);
TCP_CALLS(dump_value, "no", 0);

/* In each of its callbacks. */
SEC("struct_ops") __failure
__msg("calling kernel function uverbs_bpf_args is not allowed")
void BPF_PROG(tcp_avoids, struct sock *sk, __u32 ack, __u32 acked)
{
	uverbs_bpf_args((void *)sk, 4);
}

SEC(".struct_ops.link") struct tcp_congestion_ops ops_tcp_avoids = {
	.name = "uvb_test",
	.cong_avoid = (void *)tcp_avoids,
};

SEC("struct_ops") __failure
__msg("calling kernel function uverbs_bpf_state is not allowed")
__u32 BPF_PROG(tcp_undoes, struct sock *sk)
{
	__u8 *state = uverbs_bpf_state((void *)sk, 0, 4);

	if (state)
		*state = 1;
	return 0;
}

SEC(".struct_ops.link") struct tcp_congestion_ops ops_tcp_undoes = {
	.name = "uvb_test",
	.undo_cwnd = (void *)tcp_undoes,
};

/* Nor programs that an admin runs by hand, and those that watch over system calls. */
SEC("syscall") __failure
__msg("calling kernel function uverbs_bpf_refuse is not allowed")
int syscall_calls_us(void *ctx)
{
	return uverbs_bpf_refuse(ctx, 0, -EPERM, "no", 0);
}

SEC("lsm/file_open") __failure
__msg("calling kernel function uverbs_bpf_attr_out is not allowed")
int BPF_PROG(lsm_calls_us, struct file *file)
{
	return !uverbs_bpf_attr_out((void *)file, 0, 0, 4);
}

SEC("fentry/vfs_read") __failure
__msg("calling kernel function uverbs_bpf_state is not allowed")
int trace_calls_us(void *ctx)
{
	return !uverbs_bpf_state(ctx, 0, 4);
}

SEC("xdp") __failure
__msg("calling kernel function uverbs_bpf_attr_write is not allowed")
int xdp_calls_us(void *ctx)
{
	return uverbs_bpf_attr_write(ctx, 0, 0, NULL, 0);
}

/* ---- the iterator over programs, which is for iterators only ---- */

#define ITERATES(section, program)						\
	SEC(section) __failure							\
	__msg("calling kernel function bpf_iter_uverbs_bpf_program_new is not allowed")	\
	int program(void *ctx)							\
	{									\
		struct bpf_iter_uverbs_bpf_program it;				\
										\
		bpf_iter_uverbs_bpf_program_new(&it);				\
		bpf_iter_uverbs_bpf_program_next(&it);				\
		bpf_iter_uverbs_bpf_program_destroy(&it);			\
		return 0;							\
	}

/* Runs in the scheduler, where the iterator's locks may be held. */
ITERATES("tp_btf/sched_switch", sched_iterates)
ITERATES("fentry/vfs_read", trace_iterates)
ITERATES("lsm/file_open", lsm_iterates)
ITERATES("syscall", syscall_iterates)

/* Who may iterate is in no call, and owns nothing of what it is shown. */
SEC("iter/bpf_link") __failure
__msg("calling kernel function uverbs_bpf_attr_len is not allowed")
int iter_calls_us(void *ctx)
{
	return uverbs_bpf_attr_len(ctx, 0);
}

SEC("iter/bpf_link") __failure
__msg("calling kernel function uverbs_bpf_dump_value is not allowed")
int iter_dumps(void *ctx)
{
	return uverbs_bpf_dump_value(ctx, "no", 1);
}

#define SHOWN(program, message, body)						\
	SEC("iter/bpf_link") __failure __msg(message)				\
	int program(void *ctx)							\
	{									\
		struct bpf_iter_uverbs_bpf_program it;				\
		struct uverbs_bpf_program *shown;				\
										\
		bpf_iter_uverbs_bpf_program_new(&it);				\
		shown = bpf_iter_uverbs_bpf_program_next(&it);			\
		body;								\
		bpf_iter_uverbs_bpf_program_destroy(&it);			\
		return 0;							\
	}

SHOWN(iter_trusts_next, "or_null_", *(volatile __u64 *)&shown->calls)
SHOWN(iter_writes, "only read is supported", if (shown) shown->calls = 0)
SHOWN(iter_reads_behind, "beyond struct uverbs_bpf_program",
      if (shown) *(volatile __u64 *)(shown + 1))
char LICENSE[] SEC("license") = "Dual BSD/GPL";
