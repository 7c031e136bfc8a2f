/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * With which change of state of which QP a path goes: InfiniBand specification, volume 1, 11.2.5.2,
 * written out, for the transports that have it.
 */
#ifndef UVB_TEST_PATH_STEPS_H
#define UVB_TEST_PATH_STEPS_H

#include <string.h>

#define NR_STATES	(UVERBS_BPF_QPS_ERR + 1)

/*
 * By state and next state: '.' nothing of a path; 'r' a path and an alternate one; 'a' an alternate
 * one and a migration state; 'p' all three.
 */
static const char *const path_steps[NR_STATES] = {
	/*			  RESET INIT RTR RTS SQD SQE ERR */
	[UVERBS_BPF_QPS_RESET] = "." "." "." "." "." "." ".",
	[UVERBS_BPF_QPS_INIT] =  "." "." "r" "." "." "." ".",
	[UVERBS_BPF_QPS_RTR] =   "." "." "." "a" "." "." ".",
	[UVERBS_BPF_QPS_RTS] =   "." "." "." "a" "." "." ".",
	[UVERBS_BPF_QPS_SQD] =   "." "." "." "a" "p" "." ".",
	[UVERBS_BPF_QPS_SQE] =   "." "." "." "." "." "." ".",
	[UVERBS_BPF_QPS_ERR] =   "." "." "." "." "." "." ".",
};

/* QP types with one peer, and one without. */
static const __u8 path_types[] = {
	IB_UVERBS_QPT_RC, IB_UVERBS_QPT_UC, IB_UVERBS_QPT_XRC_INI, IB_UVERBS_QPT_XRC_TGT,
	IB_UVERBS_QPT_UD,
};

/**
 * every_path_step() - try an attribute with every change of state of every type of QP
 * @change: calls the program; returns what it says
 * @where: letters of the table with which it goes
 */
static inline void every_path_step(int (*change)(__u8 qp_type, __u8 from, __u8 to),
				   const char *where)
{
	unsigned int type, from, to;

	for (type = 0; type < sizeof(path_types); type++) {
		for (from = 0; from < NR_STATES; from++) {
			for (to = 0; to < NR_STATES; to++) {
				int legal = path_types[type] != IB_UVERBS_QPT_UD &&
					    strchr(where, path_steps[from][to]);

				expect_eq(change(path_types[type], from, to), legal ? 0 : -EINVAL);
			}
		}
	}
}

#endif /* UVB_TEST_PATH_STEPS_H */
