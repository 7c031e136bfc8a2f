// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Which way RoCE takes through the network, by destination: the UDP source
 * port or flow label that switches hash to choose among equal paths, and the
 * DSCP by which they queue. The rules are in a map (roce-steer.h) and may
 * change at any time; they act on every path that is set, be it by MODIFY_QP
 * of a program that knows nothing of it, by rdma_cm or for an AH:
 *
 *	uverbs-bpf-steer set 10.1.0.0/16 udp-sport=50000-50007 dscp=26
 *
 * A rule that makes no sense is not followed, and counted.
 */
#include "../uverbs_bpf.bpf.h"
#include "roce-steer.h"

#define SPORT_MIN	0xc000
#define SPORT_MAX	0xffff

/* Pinned, so that rules are there before the program and outlive it. */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, struct steer_dest);
	__type(value, struct steer_rule);
} steer_dests SEC(".maps");

static __u64 paths_steered;
static __u64 paths_as_they_were;
static __u64 rules_not_followed;

/*
 * The flow label that the kernel's rdma_flow_label_to_udp_sport() maps to
 * @sport: the upper six bits are XORed into the lower 14. Label 0 would mean
 * that the driver chooses.
 */
static __always_inline __u32 sport_to_label(__u32 sport)
{
	return sport == SPORT_MIN ? 0x4001 : sport & 0x3fff;
}

/* What tells the QPs of a pair apart is their number; an AH has none, and many QPs may use it. */
static __always_inline __u32 member(struct uverbs_bpf_ctx *call)
{
	const struct uverbs_bpf_args_qp_modify *args;

	if (call->object != UVERBS_OBJECT_QP)
		return bpf_get_prandom_u32();
	args = (void *)uverbs_bpf_args(call, sizeof(*args));
	return args ? args->qp_num : 0;
}

static __always_inline bool makes_sense(const struct steer_rule *rule)
{
	__u32 ports = rule->sport_first + rule->sport_count;

	if (rule->fields & STEER_UDP_SPORT &&
	    (rule->fields & STEER_FLOW_LABEL || rule->sport_first < SPORT_MIN ||
	     !rule->sport_count || ports > SPORT_MAX + 1))
		return false;
	return rule->flow_label <= 0xfffff && rule->dscp <= 63;
}

static __always_inline bool steer_flow(struct uverbs_bpf_ctx *call, const struct steer_rule *rule)
{
	__u32 sport;

	if (rule->fields & STEER_UNLESS_SET && call->path.flow_label)
		return false;
	if (rule->fields & STEER_FLOW_LABEL) {
		call->path.flow_label = rule->flow_label;
		return true;
	}
	if (!(rule->fields & STEER_UDP_SPORT))
		return false;
	/* Version 1 has no ports, and its label is no sum of anything. */
	if (uverbs_bpf_gid_type(call, call->path.sgid_index) == UVERBS_BPF_GID_ROCE_V1)
		return false;
	sport = rule->sport_first + member(call) % rule->sport_count;
	call->path.flow_label = sport_to_label(sport);
	return true;
}

static __always_inline bool steer_traffic(struct uverbs_bpf_ctx *call,
					  const struct steer_rule *rule)
{
	if (!(rule->fields & STEER_DSCP))
		return false;
	if (rule->fields & STEER_UNLESS_SET && call->path.traffic_class >> 2)
		return false;
	call->path.traffic_class = rule->dscp << 2 | (call->path.traffic_class & 3);
	return true;
}

SEC("struct_ops")
int BPF_PROG(steer_before, struct uverbs_bpf_ctx *call)
{
	struct steer_dest dest = { .prefixlen = 8 * sizeof(dest.gid) };
	struct steer_rule *found, rule;
	bool flow, traffic;

	if (!call->has_path || !call->path.has_grh)
		return 0;
	__builtin_memcpy(dest.gid, call->path.dgid, sizeof(dest.gid));
	found = bpf_map_lookup_elem(&steer_dests, &dest);
	if (!found) {
		__sync_fetch_and_add(&paths_as_they_were, 1);
		return 0;
	}
	/* What is checked is what is used, whoever writes into the map meanwhile. */
	rule = *(volatile struct steer_rule *)found;
	if (!makes_sense(&rule)) {
		__sync_fetch_and_add(&rules_not_followed, 1);
		return 0;
	}
	flow = steer_flow(call, &rule);
	traffic = steer_traffic(call, &rule);
	__sync_fetch_and_add(flow || traffic ? &paths_steered : &paths_as_they_were, 1);
	return 0;
}

SEC("struct_ops")
void BPF_PROG(steer_dump, struct uverbs_bpf_dump *dump)
{
	uverbs_bpf_dump_value(dump, "paths_steered", paths_steered);
	uverbs_bpf_dump_value(dump, "paths_as_they_were", paths_as_they_were);
	uverbs_bpf_dump_value(dump, "rules_not_followed", rules_not_followed);
}

UVERBS_BPF_PROVIDER(roce_steer) = {
	.decl = {
		.name = "roce-steer",
		.abi = UVERBS_BPF_ABI,
		.protocols = UVERBS_BPF_PROTOCOL_ROCE,
	},
	.channel = {
		.version = 1,
		.role = UVERBS_BPF_OWNER,
		.nr_hooks = 3,
		.hooks = {
			UVERBS_BPF_HOOK(UVERBS_OBJECT_QP, UVERBS_BPF_METHOD_QP_MODIFY),
			UVERBS_BPF_HOOK(UVERBS_OBJECT_QP, UVERBS_BPF_METHOD_QP_CONNECT),
			UVERBS_BPF_HOOK(UVERBS_OBJECT_AH, UVERBS_BPF_METHOD_AH_CREATE),
		},
	},
	.before = (void *)steer_before,
	.dump = (void *)steer_dump,
};

char LICENSE[] SEC("license") = "Dual BSD/GPL";
