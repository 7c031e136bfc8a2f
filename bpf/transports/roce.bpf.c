// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The RoCE transport: struct uverbs_bpf_roce_path to and from a path.
 *
 * What is accepted is on the wire afterwards; what the kernel or the driver
 * would override or drop is refused with the reason. Which driver keeps what
 * is the table below, and a driver gets a row when a test has captured its
 * packets. What ib_core itself overrides is in the code: the hop limit of a
 * unicast path comes from the route (ib_resolve_unicast_gid_dmac()).
 */
#include "uverbs_bpf.bpf.h"

#include <bpf/bpf_endian.h>

/* The attribute, in our own numbers. */
#define PATH	(UVERBS_BPF_ATTR_ROCE_PATH & UVERBS_BPF_ID_MASK)

#define F(name)		UVERBS_BPF_ROCE_##name

#define DEST		(F(DEST_GID) | F(DEST_IPV4) | F(DEST_IPV6))
#define TRAFFIC		(F(TRAFFIC_CLASS) | F(DSCP))
#define FLOW		(F(FLOW_LABEL) | F(UDP_SPORT))
#define EVERY		(DEST | F(SGID_INDEX) | TRAFFIC | FLOW | F(PRIORITY) | F(HOP_LIMIT))

/**
 * struct honours - what a driver puts on the wire of a path
 * @driver_id: enum rdma_driver_id
 * @connected: fields, for QPs that have one path
 * @datagram: fields, for address handles
 */
struct honours {
	__u32 driver_id;
	__u16 connected;
	__u16 datagram;
};

/*
 * rxe: the flow label of a connected QP is its UDP source port, but the label
 * of IPv6 packets is 0; a UD QP sends from one port of its own whatever the AH
 * says (rxe_modify_qp(), rxe_qp_init_req(), prepare_ipv6_hdr()). The service
 * level is dropped (rxe_av_from_attr()).
 */
static const struct honours table[] = {
	{
		.driver_id = RDMA_DRIVER_RXE,
		.connected = DEST | F(SGID_INDEX) | TRAFFIC | FLOW,
		.datagram = DEST | F(SGID_INDEX) | TRAFFIC | F(HOP_LIMIT),
	},
};

/* Of other drivers nothing is proven but that packets get there. */
static const struct honours others = {
	.connected = DEST | F(SGID_INDEX),
	.datagram = DEST | F(SGID_INDEX),
};

static __always_inline __u16 honoured(const struct uverbs_bpf_ctx *call)
{
	bool datagram = call->qp_type == IB_UVERBS_QPT_UD;
	int i;

	for (i = 0; i < (int)(sizeof(table) / sizeof(table[0])); i++) {
		if (table[i].driver_id == call->driver_id)
			return datagram ? table[i].datagram : table[i].connected;
	}
	return datagram ? others.datagram : others.connected;
}

#define refuse(call, msg, value)	uverbs_bpf_refuse(call, PATH, -EINVAL, msg, value)

/* What a RoCE QP's changes of state take of it. There is no alternate path (ib_modify_qp()). */
static const struct uverbs_bpf_step steps[] = { UVERBS_BPF_PATH_STEPS(0, 0) };

/* The struct itself: fields that are known, and nothing in those that are not given. */
static __always_inline int check_fields(struct uverbs_bpf_ctx *call,
					const struct uverbs_bpf_roce_path *path)
{
	__u16 fields = path->fields;
	__u16 dest = fields & DEST;

	if (fields & ~EVERY)
		return refuse(call, "fields 0x%x: some are not known", fields);
	if (!dest || (dest & (dest - 1)))
		return refuse(call, "fields 0x%x: wants exactly one of DEST_GID, _IPV4, _IPV6",
			      fields);
	if (!(fields & F(SGID_INDEX)))
		return refuse(call, "fields 0x%x: wants SGID_INDEX", fields);
	/* Often there is nothing else. */
	if (!(fields & ~(DEST | F(SGID_INDEX)) || path->reserved || path->traffic || path->flow ||
	      path->priority || path->hop_limit))
		return 0;
	if ((fields & TRAFFIC) == TRAFFIC)
		return refuse(call, "fields 0x%x: TRAFFIC_CLASS and DSCP exclude each other", fields);
	if ((fields & FLOW) == FLOW)
		return refuse(call, "fields 0x%x: FLOW_LABEL and UDP_SPORT exclude each other",
			      fields);
	if (path->reserved)
		return refuse(call, "reserved is %u, wants 0", path->reserved);
	if (!(fields & TRAFFIC) && path->traffic)
		return refuse(call, "traffic is %u, fields has neither TRAFFIC_CLASS nor DSCP",
			      path->traffic);
	if (!(fields & FLOW) && path->flow)
		return refuse(call, "flow is %u, fields has neither FLOW_LABEL nor UDP_SPORT",
			      path->flow);
	if (!(fields & F(PRIORITY)) && path->priority)
		return refuse(call, "priority is %u, fields lacks PRIORITY", path->priority);
	if (!(fields & F(HOP_LIMIT)) && path->hop_limit)
		return refuse(call, "hop_limit is %u, fields lacks HOP_LIMIT", path->hop_limit);
	return 0;
}

/* What this driver does not put on the wire. */
static __always_inline int check_honoured(struct uverbs_bpf_ctx *call,
					  const struct uverbs_bpf_roce_path *path)
{
	__u16 missing = path->fields & ~honoured(call);

	if (!missing)
		return 0;
	if (missing & F(TRAFFIC_CLASS))
		return refuse(call, "TRAFFIC_CLASS %u: not known to reach the wire with this driver; leave it out",
			      path->traffic);
	if (missing & F(DSCP))
		return refuse(call, "DSCP %u: not known to reach the wire with this driver; leave it out",
			      path->traffic);
	if (missing & F(FLOW_LABEL))
		return refuse(call, "FLOW_LABEL 0x%x: does not reach the wire with this driver and QP type; leave it out",
			      path->flow);
	if (missing & F(UDP_SPORT))
		return refuse(call, "UDP_SPORT %u: this driver chooses the port for this QP type; leave it out",
			      path->flow);
	if (missing & F(PRIORITY))
		return refuse(call, "PRIORITY %u: this driver drops it; set the VLAN device's egress map instead",
			      path->priority);
	/* Of connected QPs no driver's: see check_values(). */
	if (missing & F(HOP_LIMIT))
		return refuse(call, "HOP_LIMIT %u: the kernel takes it from the route; leave it out",
			      path->hop_limit);
	return 0;
}

/* As one or two words: a loop over the bytes of a GID is most of what a path costs. */
static __always_inline __u64 gid_prefix(const struct uverbs_bpf_path *to)
{
	return *(const __u64 *)to->dgid;
}

static __always_inline __u32 gid_word(const struct uverbs_bpf_path *to, int i)
{
	return ((const __u32 *)to->dgid)[i];
}

#define V4MAPPED	bpf_htonl(0xffff)

static __always_inline bool is_v4mapped(const struct uverbs_bpf_path *to)
{
	return !gid_prefix(to) && gid_word(to, 2) == V4MAPPED;
}

static __always_inline bool is_multicast(const struct uverbs_bpf_path *to, bool v4)
{
	return to->dgid[0] == 0xff || (v4 && (to->dgid[12] & 0xf0) == 0xe0);
}

/* An IPv4 address is the GID ::ffff:a.b.c.d, as in the port's own GID table. */
static __always_inline int set_dest(struct uverbs_bpf_ctx *call,
				    const struct uverbs_bpf_roce_path *path)
{
	const __u32 *dest = (const __u32 *)path->dest;

	if (!(path->fields & F(DEST_IPV4))) {
		__builtin_memcpy(call->path.dgid, path->dest, sizeof(path->dest));
		return 0;
	}
	if (dest[1] | dest[2] | dest[3])
		return refuse(call, "dest: byte %u and what follows is not 0, an IPv4 address has four bytes",
			      4);
	((__u32 *)call->path.dgid)[2] = V4MAPPED;
	((__u32 *)call->path.dgid)[3] = dest[0];
	return 0;
}

/*
 * Both ends of a packet are of one IP version, which is the SGID's.
 */
static __always_inline int check_gid(struct uverbs_bpf_ctx *call,
				     const struct uverbs_bpf_roce_path *path, bool v4, int *gid_type)
{
	*gid_type = uverbs_bpf_gid_type(call, path->sgid_index);
	if (*gid_type < 0)
		return refuse(call, "sgid_index %u: the port has no GID there", path->sgid_index);
	if (*gid_type == UVERBS_BPF_GID_IPV4 && !v4)
		return refuse(call, "sgid_index %u is an IPv4 address, dest is not", path->sgid_index);
	if (*gid_type != UVERBS_BPF_GID_IPV4 && v4)
		return refuse(call, "sgid_index %u is no IPv4 address, dest is one", path->sgid_index);
	return 0;
}

/*
 * The flow label that the kernel's rdma_flow_label_to_udp_sport() maps to
 * @sport: the upper six bits are XORed into the lower 14. Label 0 would mean
 * that the driver hashes the QP numbers.
 */
static __always_inline __u32 sport_to_label(__u32 sport)
{
	return sport == 0xc000 ? 0x4001 : sport & 0x3fff;
}

static __always_inline __u32 label_to_sport(__u32 label)
{
	return 0xc000 | ((label & 0x3fff) ^ (label >> 14 & 0x3f));
}

static __always_inline int set_flow(struct uverbs_bpf_ctx *call,
				    const struct uverbs_bpf_roce_path *path, int gid_type)
{
	if (path->fields & F(UDP_SPORT)) {
		if (gid_type == UVERBS_BPF_GID_ROCE_V1)
			return refuse(call, "UDP_SPORT %u: RoCE v1 has no UDP; use the index of a v2 GID",
				      path->flow);
		if (path->flow < 0xc000 || path->flow > 0xffff)
			return refuse(call, "UDP_SPORT %u: wants 49152 to 65535", path->flow);
		call->path.flow_label = sport_to_label(path->flow);
	}
	if (path->fields & F(FLOW_LABEL)) {
		if (gid_type == UVERBS_BPF_GID_IPV6)
			return refuse(call, "FLOW_LABEL 0x%x: this driver sends IPv6 with label 0; use UDP_SPORT",
				      path->flow);
		if (!path->flow || path->flow > 0xfffff)
			return refuse(call, "FLOW_LABEL 0x%x: wants 0x1 to 0xfffff; without it the driver chooses",
				      path->flow);
		call->path.flow_label = path->flow;
	}
	return 0;
}

static __always_inline int set_values(struct uverbs_bpf_ctx *call,
				      const struct uverbs_bpf_roce_path *path, bool v4)
{
	bool multicast = is_multicast(&call->path, v4);

	if (path->fields & F(DSCP)) {
		if (path->traffic > 63)
			return refuse(call, "DSCP %u: wants 0 to 63", path->traffic);
		call->path.traffic_class = path->traffic << 2;
	}
	if (path->fields & F(TRAFFIC_CLASS))
		call->path.traffic_class = path->traffic;
	if (path->fields & F(PRIORITY)) {
		if (path->priority > 7)
			return refuse(call, "PRIORITY %u: wants 0 to 7", path->priority);
		call->path.sl = path->priority;
	}
	if (path->fields & F(HOP_LIMIT)) {
		if (!multicast)
			return refuse(call, "HOP_LIMIT %u: dest is unicast, the kernel takes it from the route; leave it out",
				      path->hop_limit);
		if (!path->hop_limit)
			return refuse(call, "HOP_LIMIT %u: such packets are not sent, wants 1 to 255", 0);
		call->path.hop_limit = path->hop_limit;
	} else if (multicast) {
		/* As for IP multicast: not beyond the subnet unless asked to. */
		call->path.hop_limit = 1;
	}
	return 0;
}

/*
 * What is kept for a QP: in which words its path was given. A query answers in the same, with the
 * driver's values, if these can be said so: a legacy modify may have changed them.
 */
#define KEPT(call)	((__u16)(call)->qp_state)

SEC("struct_ops")
int BPF_PROG(roce_path_set, struct uverbs_bpf_ctx *call)
{
	const struct uverbs_bpf_roce_path *path =
		(void *)uverbs_bpf_attr_in(call, PATH, 0, sizeof(*path));
	int gid_type;
	bool v4;
	int ret;

	if (!path)
		return -EINVAL;
	ret = uverbs_bpf_check_step(call, steps, sizeof(steps) / sizeof(steps[0]), PATH,
				    UVERBS_BPF_QP_AV, UVERBS_BPF_PATH_WHERE);
	if (ret)
		return ret;
	ret = check_fields(call, path);
	if (ret)
		return ret;
	ret = check_honoured(call, path);
	if (ret)
		return ret;
	ret = set_dest(call, path);
	if (ret)
		return ret;
	v4 = is_v4mapped(&call->path);
	ret = check_gid(call, path, v4, &gid_type);
	if (ret)
		return ret;
	ret = set_flow(call, path, gid_type);
	if (ret)
		return ret;
	call->path.sgid_index = path->sgid_index;
	call->path.has_grh = 1;
	call->qp_state = path->fields;
	return set_values(call, path, v4);
}

/*
 * What the driver reports, in the fields that set it; if it was not set by
 * this transport, a flow label as the source port it is on the wire, where it
 * is one. No fields at all of a QP that has no path yet.
 */
SEC("struct_ops")
int BPF_PROG(roce_path_get, struct uverbs_bpf_ctx *call)
{
	struct uverbs_bpf_roce_path *path = (void *)uverbs_bpf_attr_out(call, PATH, 0,
									sizeof(*path));
	__u16 fields = F(SGID_INDEX) | F(HOP_LIMIT), kept = KEPT(call);
	bool sport;

	if (!path)
		return -EINVAL;
	if (!call->path.has_grh ||
	    (!gid_prefix(&call->path) && !gid_word(&call->path, 2) && !gid_word(&call->path, 3)))
		return 0;

	if (kept & F(DEST_IPV4) && is_v4mapped(&call->path)) {
		fields |= F(DEST_IPV4);
		*(__u32 *)path->dest = gid_word(&call->path, 3);
	} else {
		fields |= kept & F(DEST_IPV6) && !is_v4mapped(&call->path) ? F(DEST_IPV6) :
									      F(DEST_GID);
		__builtin_memcpy(path->dest, call->path.dgid, sizeof(path->dest));
	}
	path->sgid_index = call->path.sgid_index;
	path->hop_limit = call->path.hop_limit;
	if (kept & F(DSCP) && !(call->path.traffic_class & 3)) {
		fields |= F(DSCP);
		path->traffic = call->path.traffic_class >> 2;
	} else {
		fields |= F(TRAFFIC_CLASS);
		path->traffic = call->path.traffic_class;
	}
	if (call->path.flow_label) {
		sport = honoured(call) & F(UDP_SPORT) && !(kept & F(FLOW_LABEL)) &&
			uverbs_bpf_gid_type(call, call->path.sgid_index) != UVERBS_BPF_GID_ROCE_V1;
		fields |= sport ? F(UDP_SPORT) : F(FLOW_LABEL);
		path->flow = sport ? label_to_sport(call->path.flow_label) : call->path.flow_label;
	}
	if (honoured(call) & F(PRIORITY)) {
		fields |= F(PRIORITY);
		path->priority = call->path.sl;
	}
	path->fields = fields;
	return 0;
}

UVERBS_BPF_TRANSPORT(roce) = {
	.decl = {
		.name = "roce",
		.abi = UVERBS_BPF_ABI,
		.protocols = UVERBS_BPF_PROTOCOL_ROCE,
		.nr_attrs = 5,
		.attrs = {
			UVERBS_BPF_QP_MODIFY_IN(PATH, sizeof(struct uverbs_bpf_roce_path),
						sizeof(struct uverbs_bpf_roce_path), "roce_path"),
			UVERBS_BPF_QP_CONNECT_IN(PATH, sizeof(struct uverbs_bpf_roce_path),
						 sizeof(struct uverbs_bpf_roce_path), "roce_path"),
			UVERBS_BPF_QP_QUERY_OUT(PATH, sizeof(struct uverbs_bpf_roce_path),
						sizeof(struct uverbs_bpf_roce_path), "roce_path"),
			UVERBS_BPF_AH_CREATE_IN(PATH, sizeof(struct uverbs_bpf_roce_path),
						sizeof(struct uverbs_bpf_roce_path), "roce_path"),
			UVERBS_BPF_AH_QUERY_OUT(PATH, sizeof(struct uverbs_bpf_roce_path),
						sizeof(struct uverbs_bpf_roce_path), "roce_path"),
		},
	},
	.path_set = (void *)roce_path_set,
	.path_get = (void *)roce_path_get,
};

char LICENSE[] SEC("license") = "Dual BSD/GPL";
