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

SEC("struct_ops") __failure
__msg("calling kernel function uverbs_bpf_attr_len is not allowed")
__u32 BPF_PROG(tcp_calls_us, struct sock *sk)
{
	return uverbs_bpf_attr_len((void *)sk, 0);
}

SEC(".struct_ops.link") struct tcp_congestion_ops ops_tcp_calls_us = {
	.name = "uvb_test",
	.ssthresh = (void *)tcp_calls_us,
};

SEC("struct_ops") __failure
__msg("calling kernel function uverbs_bpf_args is not allowed")
void BPF_PROG(tcp_reads_args, struct sock *sk, __u32 ack, __u32 acked)
{
	uverbs_bpf_args((void *)sk, 4);
}

SEC(".struct_ops.link") struct tcp_congestion_ops ops_tcp_reads_args = {
	.name = "uvb_test",
	.cong_avoid = (void *)tcp_reads_args,
};

SEC("struct_ops") __failure
__msg("calling kernel function uverbs_bpf_state is not allowed")
__u32 BPF_PROG(tcp_writes_state, struct sock *sk)
{
	__u8 *state = uverbs_bpf_state((void *)sk, 0, 4);

	if (state)
		*state = 1;
	return 0;
}

SEC(".struct_ops.link") struct tcp_congestion_ops ops_tcp_writes_state = {
	.name = "uvb_test",
	.undo_cwnd = (void *)tcp_writes_state,
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

/* Runs in the scheduler, where the iterator's locks may be held. */
SEC("tp_btf/sched_switch") __failure
__msg("calling kernel function bpf_iter_uverbs_bpf_program_new is not allowed")
int trace_calls_us(void *ctx)
{
	struct bpf_iter_uverbs_bpf_program it;

	bpf_iter_uverbs_bpf_program_new(&it);
	bpf_iter_uverbs_bpf_program_next(&it);
	bpf_iter_uverbs_bpf_program_destroy(&it);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
