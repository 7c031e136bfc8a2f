// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The InfiniBand transport: struct uverbs_bpf_ib_path to and from a path, the alternate one, and
 * migration between the two.
 *
 * A packet goes by its LID within the subnet; a global route header is there
 * if a destination GID is given (InfiniBand specification, volume 1, 8.3).
 */
#include "uverbs_bpf.bpf.h"

/* The attributes, in our own numbers. */
#define PATH		(UVERBS_BPF_ATTR_IB_PATH & UVERBS_BPF_ID_MASK)
#define ALT_PATH	(UVERBS_BPF_ATTR_IB_ALT_PATH & UVERBS_BPF_ID_MASK)
#define MIG_STATE	(UVERBS_BPF_ATTR_IB_MIG_STATE & UVERBS_BPF_ID_MASK)

#define F(name)		UVERBS_BPF_IB_##name

#define GLOBAL		(F(SGID_INDEX) | F(TRAFFIC_CLASS) | F(FLOW_LABEL) | F(HOP_LIMIT))
#define EVERY		(F(DLID) | F(SL) | F(SRC_PATH_BITS) | F(STATIC_RATE) | F(DGID) | GLOBAL)

/* LIDs from here on are multicast, the last is permissive (volume 1, 4.1.3). */
#define LID_MULTICAST	0xc000
#define LID_PERMISSIVE	0xffff

/* The largest enum ib_rate of both kernels: IB_RATE_1600_GBPS is 25. */
#define MAX_RATE	25

/* Of the functions below, @attr is the path that is checked: PATH or that within ALT_PATH. */
#define refuse(call, msg, value)	uverbs_bpf_refuse(call, attr, -EINVAL, msg, value)

/* What an InfiniBand QP's changes of state take of it. */
static const struct uverbs_bpf_step steps[] = {
	UVERBS_BPF_PATH_STEPS(UVERBS_BPF_QP_ALT_PATH, UVERBS_BPF_QP_PATH_MIG_STATE),
};

#define check_step(call, attr, bit, where)	\
	uverbs_bpf_check_step(call, steps, sizeof(steps) / sizeof(steps[0]), attr, bit, where)

/* A member that fields does not mention. */
static __always_inline int check_absent(struct uverbs_bpf_ctx *call, __u16 attr,
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

static __always_inline int check_fields(struct uverbs_bpf_ctx *call, __u16 attr,
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
	return check_absent(call, attr, path);
}

static __always_inline int check_values(struct uverbs_bpf_ctx *call, __u16 attr,
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
	/* Of an alternate path C looks, since it may start from another port. */
	if (attr == PATH && path->fields & F(DGID) &&
	    uverbs_bpf_gid_type(call, path->sgid_index) < 0)
		return refuse(call, "sgid_index %u: the port has no GID there", path->sgid_index);
	return 0;
}

static __always_inline int set_path(struct uverbs_bpf_ctx *call, __u16 attr,
				    const struct uverbs_bpf_ib_path *path,
				    struct uverbs_bpf_path *to)
{
	int ret;

	ret = check_fields(call, attr, path);
	if (ret)
		return ret;
	ret = check_values(call, attr, path);
	if (ret)
		return ret;
	to->dlid = path->dlid;
	to->sl = path->sl;
	to->src_path_bits = path->src_path_bits;
	to->static_rate = path->static_rate;
	if (!(path->fields & F(DGID)))
		return 0;
	to->has_grh = 1;
	__builtin_memcpy(to->dgid, path->dgid, sizeof(path->dgid));
	to->sgid_index = path->sgid_index;
	to->traffic_class = path->traffic_class;
	to->flow_label = path->flow_label;
	/* A packet of hop limit 0 goes nowhere: within the subnet unless asked to go further. */
	to->hop_limit = path->fields & F(HOP_LIMIT) ? path->hop_limit : 1;
	return 0;
}

static __always_inline int set_alt_path(struct uverbs_bpf_ctx *call,
					const struct uverbs_bpf_ib_alt_path *alt)
{
	int ret = check_step(call, ALT_PATH, UVERBS_BPF_QP_ALT_PATH,
			     "goes with INIT to RTR, RTR or SQD to RTS, and in RTS and SQD; the QP is in state %u");

	if (ret)
		return ret;
	if (!alt->port)
		return uverbs_bpf_refuse(call, ALT_PATH, -EINVAL,
					 "port is 0, wants that the alternate path starts from", 0);
	if (alt->timeout > 31)
		return uverbs_bpf_refuse(call, ALT_PATH, -EINVAL, "timeout %u: wants 0 to 31",
					 alt->timeout);
	call->made |= UVERBS_BPF_QP_ALT_PATH;
	call->alt.port = alt->port;
	call->alt.pkey_index = alt->pkey_index;
	call->alt.timeout = alt->timeout;
	return set_path(call, ALT_PATH, &alt->path, &call->alt.path);
}

static __always_inline int set_mig_state(struct uverbs_bpf_ctx *call, __u32 state)
{
	int ret = check_step(call, MIG_STATE, UVERBS_BPF_QP_PATH_MIG_STATE,
			     "goes with RTR or SQD to RTS, and in RTS and SQD; the QP is in state %u");

	if (ret)
		return ret;
	if (state == UVERBS_BPF_IB_ARMED)
		return uverbs_bpf_refuse(call, MIG_STATE, -EINVAL,
					 "%u, armed, is the hardware's answer to 1, rearm", state);
	if (state > UVERBS_BPF_IB_ARMED)
		return uverbs_bpf_refuse(call, MIG_STATE, -EINVAL,
					 "%u: wants 0 (migrated) or 1 (rearm)", state);
	call->made |= UVERBS_BPF_QP_PATH_MIG_STATE;
	call->mig_state = state;
	return 0;
}

SEC("struct_ops")
int BPF_PROG(ib_path_set, struct uverbs_bpf_ctx *call)
{
	const struct uverbs_bpf_ib_path *path =
		(void *)uverbs_bpf_attr_in(call, PATH, 0, sizeof(*path));
	const struct uverbs_bpf_ib_alt_path *alt;
	const __u32 *state;
	int ret;

	call->made = 0;
	if (path) {
		ret = check_step(call, PATH, UVERBS_BPF_QP_AV, UVERBS_BPF_PATH_WHERE);
		if (ret)
			return ret;
		call->made = UVERBS_BPF_QP_AV;
		ret = set_path(call, PATH, path, &call->path);
		if (ret)
			return ret;
	}
	alt = (void *)uverbs_bpf_attr_in(call, ALT_PATH, 0, sizeof(*alt));
	if (alt) {
		ret = set_alt_path(call, alt);
		if (ret)
			return ret;
	}
	state = (void *)uverbs_bpf_attr_in(call, MIG_STATE, 0, sizeof(*state));
	return state ? set_mig_state(call, *state) : 0;
}

/* What the driver reports; no fields at all of a path that is not there yet. */
static __always_inline void get_path(const struct uverbs_bpf_path *from,
				     struct uverbs_bpf_ib_path *path)
{
	if (!from->dlid)
		return;
	path->fields = F(DLID) | F(SL) | F(SRC_PATH_BITS) | F(STATIC_RATE);
	path->dlid = from->dlid;
	path->sl = from->sl;
	path->src_path_bits = from->src_path_bits;
	path->static_rate = from->static_rate;
	if (!from->has_grh)
		return;
	path->fields |= F(DGID) | GLOBAL;
	__builtin_memcpy(path->dgid, from->dgid, sizeof(path->dgid));
	path->sgid_index = from->sgid_index;
	path->traffic_class = from->traffic_class;
	path->flow_label = from->flow_label;
	path->hop_limit = from->hop_limit;
}

SEC("struct_ops")
int BPF_PROG(ib_path_get, struct uverbs_bpf_ctx *call)
{
	struct uverbs_bpf_ib_path *path = (void *)uverbs_bpf_attr_out(call, PATH, 0, sizeof(*path));
	struct uverbs_bpf_ib_alt_path *alt;
	__u32 *state;

	if (path)
		get_path(&call->path, path);
	alt = (void *)uverbs_bpf_attr_out(call, ALT_PATH, 0, sizeof(*alt));
	if (alt) {
		get_path(&call->alt.path, &alt->path);
		if (alt->path.fields) {
			alt->port = call->alt.port;
			alt->pkey_index = call->alt.pkey_index;
			alt->timeout = call->alt.timeout;
		}
	}
	state = (void *)uverbs_bpf_attr_out(call, MIG_STATE, 0, sizeof(*state));
	if (state)
		*state = call->mig_state;
	return 0;
}

#define ROW(kind)	UVERBS_BPF_##kind(PATH, sizeof(struct uverbs_bpf_ib_path),	\
					  sizeof(struct uverbs_bpf_ib_path), "ib_path")
#define ALT_ROW(kind)	UVERBS_BPF_##kind(ALT_PATH, sizeof(struct uverbs_bpf_ib_alt_path),	\
					  sizeof(struct uverbs_bpf_ib_alt_path), "ib_alt_path")
#define MIG_ROW(kind)	UVERBS_BPF_##kind(MIG_STATE, sizeof(__u32), sizeof(__u32), "ib_mig_state")

UVERBS_BPF_TRANSPORT(ib) = {
	.decl = {
		.name = "ib",
		.abi = UVERBS_BPF_ABI,
		.protocols = UVERBS_BPF_PROTOCOL_IB,
		.nr_attrs = 9,
		.attrs = {
			ROW(QP_MODIFY_IN), ROW(QP_CONNECT_IN), ROW(QP_QUERY_OUT), ROW(AH_CREATE_IN),
			ROW(AH_QUERY_OUT),
			ALT_ROW(QP_MODIFY_IN), ALT_ROW(QP_QUERY_OUT),
			MIG_ROW(QP_MODIFY_IN), MIG_ROW(QP_QUERY_OUT),
		},
	},
	.path_set = (void *)ib_path_set,
	.path_get = (void *)ib_path_get,
};

char LICENSE[] SEC("license") = "Dual BSD/GPL";
