// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The InfiniBand transport: struct uverbs_bpf_ib_path to and from a path.
 *
 * A packet goes by its LID within the subnet; a global route header is there
 * if a destination GID is given (InfiniBand specification, volume 1, 8.3).
 */
#include "uverbs_bpf.bpf.h"

/* The attribute, in our own numbers. */
#define PATH	(UVERBS_BPF_ATTR_IB_PATH & UVERBS_BPF_ID_MASK)

#define F(name)		UVERBS_BPF_IB_##name

#define GLOBAL		(F(SGID_INDEX) | F(TRAFFIC_CLASS) | F(FLOW_LABEL) | F(HOP_LIMIT))
#define EVERY		(F(DLID) | F(SL) | F(SRC_PATH_BITS) | F(STATIC_RATE) | F(DGID) | GLOBAL)

/* LIDs from here on are multicast, the last is permissive (volume 1, 4.1.3). */
#define LID_MULTICAST	0xc000
#define LID_PERMISSIVE	0xffff

/* The largest enum ib_rate of both kernels: IB_RATE_1600_GBPS is 25. */
#define MAX_RATE	25

#define refuse(call, msg, value)	uverbs_bpf_refuse(call, PATH, -EINVAL, msg, value)

/* The rules of INIT to RTR and SQD to SQD; other QP types and states have no path. */
static __always_inline int check_state(struct uverbs_bpf_ctx *call)
{
	if (call->object != UVERBS_OBJECT_QP)
		return 0;
	if (call->qp_type == IB_UVERBS_QPT_UD)
		return refuse(call, "a UD QP has no path, each of its sends names an AH", 0);
	if (call->qp_type != IB_UVERBS_QPT_RC && call->qp_type != IB_UVERBS_QPT_UC &&
	    call->qp_type != IB_UVERBS_QPT_XRC_INI && call->qp_type != IB_UVERBS_QPT_XRC_TGT)
		return refuse(call, "QP type %u has no path; RC, UC and XRC have", call->qp_type);
	if (call->cur_state == UVERBS_BPF_QPS_INIT && call->next_state == UVERBS_BPF_QPS_RTR)
		return 0;
	if (call->cur_state == UVERBS_BPF_QPS_SQD && call->next_state == UVERBS_BPF_QPS_SQD)
		return 0;
	return refuse(call, "goes with a change from INIT to RTR, or in SQD; the QP is in state %u",
		      call->cur_state);
}

/* A member that fields does not mention. */
static __always_inline int check_absent(struct uverbs_bpf_ctx *call,
					const struct uverbs_bpf_ib_path *path)
{
	__u16 fields = path->fields;

	if (!(fields & F(SL)) && path->sl)
		return refuse(call, "sl is %u, fields lacks SL", path->sl);
	if (!(fields & F(SRC_PATH_BITS)) && path->src_path_bits)
		return refuse(call, "src_path_bits is %u, fields lacks SRC_PATH_BITS",
			      path->src_path_bits);
	if (!(fields & F(STATIC_RATE)) && path->static_rate)
		return refuse(call, "static_rate is %u, fields lacks STATIC_RATE",
			      path->static_rate);
	if (!(fields & F(SGID_INDEX)) && path->sgid_index)
		return refuse(call, "sgid_index is %u, fields lacks SGID_INDEX", path->sgid_index);
	if (!(fields & F(TRAFFIC_CLASS)) && path->traffic_class)
		return refuse(call, "traffic_class is %u, fields lacks TRAFFIC_CLASS",
			      path->traffic_class);
	if (!(fields & F(FLOW_LABEL)) && path->flow_label)
		return refuse(call, "flow_label is 0x%x, fields lacks FLOW_LABEL",
			      path->flow_label);
	if (!(fields & F(HOP_LIMIT)) && path->hop_limit)
		return refuse(call, "hop_limit is %u, fields lacks HOP_LIMIT", path->hop_limit);
	if (path->reserved)
		return refuse(call, "reserved is %u, wants 0", path->reserved);
	return 0;
}

static __always_inline int check_fields(struct uverbs_bpf_ctx *call,
					const struct uverbs_bpf_ib_path *path)
{
	__u16 fields = path->fields;

	if (fields & ~EVERY)
		return refuse(call, "fields 0x%x: some are not known", fields);
	if (!(fields & F(DLID)))
		return refuse(call, "fields 0x%x: wants DLID, a GID alone does not lead there", fields);
	if (fields & GLOBAL && !(fields & F(DGID)))
		return refuse(call, "fields 0x%x: a global route wants DGID", fields);
	if (fields & F(DGID) && !(fields & F(SGID_INDEX)))
		return refuse(call, "fields 0x%x: DGID wants SGID_INDEX", fields);
	return check_absent(call, path);
}

static __always_inline int check_values(struct uverbs_bpf_ctx *call,
					const struct uverbs_bpf_ib_path *path)
{
	if (!path->dlid || path->dlid == LID_PERMISSIVE)
		return refuse(call, "DLID 0x%x: no port has it, wants 0x1 to 0xfffe", path->dlid);
	if (path->dlid >= LID_MULTICAST && call->qp_type != IB_UVERBS_QPT_UD)
		return refuse(call, "DLID 0x%x is multicast, only UD sends to groups", path->dlid);
	if (path->dlid >= LID_MULTICAST && !(path->fields & F(DGID)))
		return refuse(call, "DLID 0x%x is multicast, which wants the DGID of the group",
			      path->dlid);
	if (path->sl > 15)
		return refuse(call, "SL %u: wants 0 to 15", path->sl);
	if (path->src_path_bits > 127)
		return refuse(call, "SRC_PATH_BITS %u: wants 0 to 127", path->src_path_bits);
	if (path->static_rate > MAX_RATE || path->static_rate == 1)
		return refuse(call, "STATIC_RATE %u: is no enum ib_rate", path->static_rate);
	if (path->flow_label > 0xfffff)
		return refuse(call, "FLOW_LABEL 0x%x: wants 0x0 to 0xfffff", path->flow_label);
	if (path->fields & F(DGID) && uverbs_bpf_gid_type(call, path->sgid_index) < 0)
		return refuse(call, "sgid_index %u: the port has no GID there", path->sgid_index);
	return 0;
}

SEC("struct_ops")
int BPF_PROG(ib_path_set, struct uverbs_bpf_ctx *call)
{
	const struct uverbs_bpf_ib_path *path =
		(void *)uverbs_bpf_attr_in(call, PATH, 0, sizeof(*path));
	int ret;

	if (!path)
		return -EINVAL;
	ret = check_state(call);
	if (ret)
		return ret;
	ret = check_fields(call, path);
	if (ret)
		return ret;
	ret = check_values(call, path);
	if (ret)
		return ret;
	call->path.dlid = path->dlid;
	call->path.sl = path->sl;
	call->path.src_path_bits = path->src_path_bits;
	call->path.static_rate = path->static_rate;
	if (!(path->fields & F(DGID)))
		return 0;
	call->path.has_grh = 1;
	__builtin_memcpy(call->path.dgid, path->dgid, sizeof(path->dgid));
	call->path.sgid_index = path->sgid_index;
	call->path.traffic_class = path->traffic_class;
	call->path.flow_label = path->flow_label;
	/* A packet of hop limit 0 goes nowhere: within the subnet unless asked to go further. */
	call->path.hop_limit = path->fields & F(HOP_LIMIT) ? path->hop_limit : 1;
	return 0;
}

/* What the driver reports; no fields at all of a QP that has no path yet. */
SEC("struct_ops")
int BPF_PROG(ib_path_get, struct uverbs_bpf_ctx *call)
{
	struct uverbs_bpf_ib_path *path = (void *)uverbs_bpf_attr_out(call, PATH, 0, sizeof(*path));

	if (!path)
		return -EINVAL;
	if (!call->path.dlid)
		return 0;
	path->fields = F(DLID) | F(SL) | F(SRC_PATH_BITS) | F(STATIC_RATE);
	path->dlid = call->path.dlid;
	path->sl = call->path.sl;
	path->src_path_bits = call->path.src_path_bits;
	path->static_rate = call->path.static_rate;
	if (!call->path.has_grh)
		return 0;
	path->fields |= F(DGID) | GLOBAL;
	__builtin_memcpy(path->dgid, call->path.dgid, sizeof(path->dgid));
	path->sgid_index = call->path.sgid_index;
	path->traffic_class = call->path.traffic_class;
	path->flow_label = call->path.flow_label;
	path->hop_limit = call->path.hop_limit;
	return 0;
}

#define ROW(kind)	UVERBS_BPF_##kind(PATH, sizeof(struct uverbs_bpf_ib_path),	\
					  sizeof(struct uverbs_bpf_ib_path), "ib_path")

UVERBS_BPF_TRANSPORT(ib) = {
	.decl = {
		.name = "ib",
		.abi = UVERBS_BPF_ABI,
		.protocols = UVERBS_BPF_PROTOCOL_IB,
		.nr_attrs = 4,
		.attrs = {
			ROW(QP_MODIFY_IN), ROW(QP_CONNECT_IN), ROW(QP_QUERY_OUT), ROW(AH_CREATE_IN),
		},
	},
	.path_set = (void *)ib_path_set,
	.path_get = (void *)ib_path_get,
};

char LICENSE[] SEC("license") = "Dual BSD/GPL";
