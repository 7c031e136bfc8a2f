// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * An Omni-Path transport, as one writes it outside of the uverbs-bpf tree. Without a global route;
 * docs/writing-a-transport.md goes through a program like this line by line.
 */
#include <uverbs_bpf.bpf.h>

#include "opa.h"

/* In our own numbers. */
#define PATH		(OPA_PATH & UVERBS_BPF_ID_MASK)

/* LIDs from here on are multicast. */
#define LID_MULTICAST	0xf0000000

/* enum ib_rate of Linux 7 ends here; 1 is none. */
#define MAX_RATE	25

static const struct uverbs_bpf_step steps[] = { UVERBS_BPF_PATH_STEPS(0, 0) };

#define refuse(call, msg, value)	uverbs_bpf_refuse(call, PATH, -EINVAL, msg, value)

SEC("struct_ops")
int BPF_PROG(opa_path_set, struct uverbs_bpf_ctx *call)
{
	const struct opa_path *path = (void *)uverbs_bpf_attr_in(call, PATH, 0, sizeof(*path));
	int ret;

	if (!path)
		return -EINVAL;
	ret = uverbs_bpf_check_step(call, steps, sizeof(steps) / sizeof(steps[0]), PATH,
				    UVERBS_BPF_QP_AV, UVERBS_BPF_PATH_WHERE);
	if (ret)
		return ret;
	if (!path->dlid)
		return refuse(call, "dlid is 0, wants 0x1 to 0xefffffff", 0);
	if (path->dlid >= LID_MULTICAST && call->qp_type != IB_UVERBS_QPT_UD)
		return refuse(call, "dlid 0x%x is multicast, only UD sends to groups", path->dlid);
	/* The kernel's path has four bits of the five. */
	if (path->sl > 15)
		return refuse(call, "sl %u: wants 0 to 15", path->sl);
	if (path->static_rate > MAX_RATE || path->static_rate == 1)
		return refuse(call, "static_rate %u: is no enum ib_rate", path->static_rate);
	if (path->reserved)
		return refuse(call, "reserved is %u, wants 0", path->reserved);
	call->path.dlid = path->dlid;
	call->path.sl = path->sl;
	call->path.static_rate = path->static_rate;
	return 0;
}

SEC("struct_ops")
int BPF_PROG(opa_path_get, struct uverbs_bpf_ctx *call)
{
	struct opa_path *path = (void *)uverbs_bpf_attr_out(call, PATH, 0, sizeof(*path));

	if (!path)
		return -EINVAL;
	path->dlid = call->path.dlid;
	path->sl = call->path.sl;
	path->static_rate = call->path.static_rate;
	return 0;
}

/* What InfiniBand has beside these, Omni-Path has not. */
SEC("struct_ops")
int BPF_PROG(opa_legal, struct uverbs_bpf_ctx *call)
{
	if (call->method == UVERBS_METHOD_QP_CREATE &&
	    (call->qp_type == IB_UVERBS_QPT_XRC_INI || call->qp_type == IB_UVERBS_QPT_XRC_TGT))
		return uverbs_bpf_refuse(call, UVERBS_BPF_ATTR_NONE, -EOPNOTSUPP,
					 "QP type %u: Omni-Path has RC, UC and UD", call->qp_type);
	return 0;
}

#define ROW(kind)	UVERBS_BPF_##kind(PATH, sizeof(struct opa_path), sizeof(struct opa_path), \
					  "opa_path")

UVERBS_BPF_TRANSPORT(opa) = {
	.decl = {
		.name = "opa",
		.abi = UVERBS_BPF_ABI,
		.protocols = UVERBS_BPF_PROTOCOL_OPA,
		.nr_attrs = 5,
		.attrs = {
			ROW(QP_MODIFY_IN), ROW(QP_CONNECT_IN), ROW(QP_QUERY_OUT), ROW(AH_CREATE_IN),
			ROW(AH_QUERY_OUT),
		},
	},
	.path_set = (void *)opa_path_set,
	.path_get = (void *)opa_path_get,
	.legal = (void *)opa_legal,
};

char LICENSE[] SEC("license") = "Dual BSD/GPL";
