/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The maps of the provider "policy", as its program and whoever writes rules
 * into them see them. docs/policy.md says what each means.
 */
#ifndef UVERBS_BPF_POLICY_H
#define UVERBS_BPF_POLICY_H

#include <linux/types.h>

/* policy_subject.kind: what a limit is set for. */
#define POLICY_CGROUP		0	/* id: of the cgroup, its inode number */
#define POLICY_USER		1	/* id: uid in the initial user namespace */
#define POLICY_NETNS		2	/* id: cookie of the network namespace */
#define POLICY_KINDS		3

/* policy_subject.id: every subject of the kind that has no rule of its own, each for itself. */
#define POLICY_ANY		0xffffffffffffffffULL

/**
 * struct policy_subject - key of the maps policy_rules and policy_usage
 * @kind: POLICY_CGROUP, POLICY_USER, POLICY_NETNS
 * @reserved: 0
 * @id: which
 */
struct policy_subject {
	__u32 kind;
	__u32 reserved;
	__u64 id;
};

/* policy_rule.limits: which of the members below apply. What does not is not limited. */
#define POLICY_MAX_QPS		(1 << 0)
#define POLICY_MAX_MRS		(1 << 1)
#define POLICY_MAX_BYTES	(1 << 2)
#define POLICY_QP_TYPES		(1 << 3)
#define POLICY_ACCESS		(1 << 4)
#define POLICY_LISTED		(1 << 5)	/* destinations: only those in policy_dests */

/* policy_rule.flags: count and log what this rule would refuse, and let it pass. */
#define POLICY_OBSERVE		(1 << 0)

/**
 * struct policy_rule - what a subject may do
 * @limits: which of the members below apply
 * @flags: POLICY_OBSERVE
 * @qp_types: bit for each enum ib_uverbs_qp_type that is allowed; bit 31 for driver types
 * @access: enum ib_uverbs_access_flags that are allowed for registered memory
 * @max_qps: QPs at a time
 * @max_mrs: registrations at a time
 * @max_bytes: registered memory at a time
 */
struct policy_rule {
	__u32 limits;
	__u32 flags;
	__u32 qp_types;
	__u32 access;
	__u64 max_qps;
	__u64 max_mrs;
	__u64 max_bytes;
};

/**
 * struct policy_dest - key of the map policy_dests, in which the longest prefix counts
 * @prefixlen: bits that follow and count: POLICY_DEST_BITS and those of @gid
 * @kind: as in the key of the rule that applies
 * @id: as in the key of the rule that applies, POLICY_ANY included
 * @gid: destination GID; an IPv4 address is ::ffff:a.b.c.d, its prefix is 96 longer
 *
 * The value is a __u32: 1 allows the destination, 0 does not. Where no prefix
 * fits, POLICY_LISTED decides.
 */
struct policy_dest {
	__u32 prefixlen;
	__u32 kind;
	__u64 id;
	__u8 gid[16];
};

#define POLICY_DEST_BITS	96

/**
 * struct policy_config - the one element of the map policy_config
 * @observe: 1: refuse nothing, as if every rule had POLICY_OBSERVE
 */
struct policy_config {
	__u32 observe;
};

/**
 * struct policy_usage - value of the map policy_usage: what a subject has
 * @qps: QPs
 * @mrs: registrations
 * @bytes: registered memory; a registration counts as at most POLICY_MAX_LENGTH
 * @kind: as in its key
 * @dead: being deleted
 * @id: as in its key
 */
struct policy_usage {
	__u64 qps;
	__u64 mrs;
	__u64 bytes;
	__u32 kind;
	__u32 dead;
	__u64 id;
};

/* Of a whole address space, as on-demand paging allows. Sums of it do not overflow. */
#define POLICY_MAX_LENGTH	(1ULL << 47)

/* Objects that can be remembered, and subjects. */
#define POLICY_OBJECTS		65536
#define POLICY_SUBJECTS		16384

/* policy_event.reason */
enum policy_reason {
	POLICY_OK,
	POLICY_TOO_MANY_QPS,
	POLICY_TOO_MANY_MRS,
	POLICY_TOO_MUCH_MEMORY,
	POLICY_WRONG_QP_TYPE,
	POLICY_WRONG_ACCESS,
	POLICY_WRONG_DEST,
	POLICY_NO_ROOM,		/* to count one more object or subject */
	POLICY_REASONS,
};

/**
 * struct policy_event - what is written to the ring buffer policy_log
 * @time: ns since boot, as CLOCK_MONOTONIC
 * @cgroup: of the caller, see struct uverbs_bpf_who
 * @netns: likewise
 * @uid: likewise
 * @pid: likewise
 * @object: of the method called
 * @method: the method called
 * @kind: whose rule it was
 * @reason: enum policy_reason
 * @refused: 0 if it was only observed
 * @reserved: 0
 * @value: how many there would have been; the QP type; the access flags asked for
 * @limit: how many are allowed; the types, the flags
 * @gid: the destination
 */
struct policy_event {
	__u64 time;
	__u64 cgroup;
	__u64 netns;
	__u32 uid;
	__u32 pid;
	__u16 object;
	__u16 method;
	__u8 kind;
	__u8 reason;
	__u8 refused;
	__u8 reserved;
	__u64 value;
	__u64 limit;
	__u8 gid[16];
};

#endif /* UVERBS_BPF_POLICY_H */
