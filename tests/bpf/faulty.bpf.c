// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A RoCE transport that misbehaves as its path says: path.flow chooses how.
 * The verifier has nothing against any of it; C must.
 */
#include "uverbs_bpf.bpf.h"

#define PATH	(UVERBS_BPF_ATTR_ROCE_PATH & UVERBS_BPF_ID_MASK)

/* Read by the test after the program was taken off. */
__u32 exit_reason = ~0U;
__u64 exit_faults;

SEC("struct_ops")
int BPF_PROG(faulty_path_set, struct uverbs_bpf_ctx *call)
{
	const struct uverbs_bpf_roce_path *path =
		(void *)uverbs_bpf_attr_in(call, PATH, 0, sizeof(*path));

	if (!path)
		return -EINVAL;
	__builtin_memcpy(call->path.dgid, path->dest, 16);
	call->path.sgid_index = path->sgid_index;
	call->path.has_grh = 1;

	switch (path->flow & 0xff) {
	case 1:		/* no errno */
		return 33;
	case 2:		/* the kernel's own, would restart the call */
		return -512;
	case 3:		/* 21 bits */
		call->path.flow_label = 1 << 20;
		return 0;
	case 4:
		call->path.sgid_index = 256;
		return 0;
	case 5:		/* refuses, and then has forgotten */
		uverbs_bpf_refuse(call, PATH, -ERANGE, "flow %u is refused", path->flow);
		return 0;
	case 6:		/* no reason */
		return -ENODEV;
	case 7:		/* reserved for the dispatcher */
		return -EPROTONOSUPPORT;
	case 8:		/* RoCE cannot do without */
		call->path.has_grh = 0;
		return 0;
	case 9:
		__builtin_memset(call->path.dgid, 0, 16);
		return 0;
	case 10:
		call->path.dgid[0] = 0xff;
		return 0;
	}
	return 0;
}

/* It may write what path_set() may, and comes later. */
SEC("struct_ops")
int BPF_PROG(faulty_legal, struct uverbs_bpf_ctx *call)
{
	const struct uverbs_bpf_roce_path *path =
		(void *)uverbs_bpf_attr_in(call, PATH, 0, sizeof(*path));

	if (!path)
		return 0;
	switch (path->flow & 0xff) {
	case 11:	/* 21 bits */
		call->path.flow_label = 1 << 20;
		return 0;
	case 12:	/* whatever a QP has */
		call->made = ~0U;
		return 0;
	case 13:	/* no such state */
		call->made |= UVERBS_BPF_QP_PATH_MIG_STATE;
		call->mig_state = 3;
		return 0;
	case 14:	/* no errno */
		return 33;
	}
	return 0;
}

SEC("struct_ops")
void BPF_PROG(faulty_exit, struct uverbs_bpf_exit *info)
{
	exit_reason = info->reason;
	exit_faults = info->faults;
}

UVERBS_BPF_TRANSPORT(faulty) = {
	.decl = {
		.name = "roce",
		.abi = UVERBS_BPF_ABI,
		.protocols = UVERBS_BPF_PROTOCOL_ROCE,
		.nr_attrs = 1,
		.attrs = {
			UVERBS_BPF_QP_MODIFY_IN(PATH, sizeof(struct uverbs_bpf_roce_path),
						sizeof(struct uverbs_bpf_roce_path), "faulty_path"),
		},
	},
	.path_set = (void *)faulty_path_set,
	.exit = (void *)faulty_exit,
	.legal = (void *)faulty_legal,
};

char LICENSE[] SEC("license") = "Dual BSD/GPL";
