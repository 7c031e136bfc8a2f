// SPDX-License-Identifier: BSD-2-Clause
/* Every change of state of the iwarp transport. */
#define UVERBS_BPF_NATIVE
#include "../../bpf/transports/iwarp.bpf.c"
#include "native.h"

/*
 * By state and next state: '.' refused, '-' nothing goes with it, 'A' access flags are wanted,
 * 'a' they are taken.
 */
static const char *const table[] = {
	/*	   RESET INIT RTR RTS SQD SQE ERR */
	[S(RESET)] = "-" "A" "." "." "." "." ".",
	[S(INIT)] =  "-" "A" "." "." "." "." "-",
	[S(RTR)] =   "." "." "." "." "." "." ".",
	[S(RTS)] =   "." "." "." "A" "-" "." "-",
	[S(SQD)] =   "." "." "." "." "." "." "-",
	[S(SQE)] =   "." "." "." "." "." "." "-",
	[S(ERR)] =   "." "." "." "." "." "." "-",
};

static int change(unsigned int from, unsigned int to, __u32 mask)
{
	struct uverbs_bpf_native call = {
		.ctx = {
			.object = UVERBS_OBJECT_QP, .method = UVERBS_BPF_METHOD_QP_MODIFY,
			.driver_id = RDMA_DRIVER_SIW, .protocol = UVERBS_BPF_PROTOCOL_IWARP,
			.qp_type = IB_UVERBS_QPT_RC, .cur_state = from, .next_state = to,
			.mask = UVERBS_BPF_QP_STATE | mask,
		},
	};

	return uverbs_bpf_native_run(&call, iwarp_legal);
}

int main(void)
{
	unsigned int from, to;
	char what[64];

	for (from = S(RESET); from <= S(ERR); from++) {
		for (to = S(RESET); to <= S(ERR); to++) {
			char rule = table[from][to];

			snprintf(what, sizeof(what), "state %u to %u", from, to);
			check(what, change(from, to, 0) == (rule == '-' ? 0 : -EINVAL) &&
			      change(from, to, Q(ACCESS_FLAGS)) == (rule == 'A' ? 0 : -EINVAL) &&
			      change(from, to, Q(PKEY_INDEX)) == -EINVAL &&
			      change(from, to, UVERBS_BPF_QP_RQ_PSN) == -EINVAL);
		}
	}
	return !!failures;
}
