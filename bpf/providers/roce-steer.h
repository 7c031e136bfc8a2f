/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The map of the provider "roce-steer", as its program and whoever writes into
 * it see it. docs/roce-steer.md says what reaches the wire with which driver.
 */
#ifndef UVERBS_BPF_ROCE_STEER_H
#define UVERBS_BPF_ROCE_STEER_H

#include <linux/types.h>

/**
 * struct steer_dest - key of the map steer_dests, in which the longest prefix counts
 * @prefixlen: bits of @gid that count
 * @gid: destination GID; an IPv4 address is ::ffff:a.b.c.d, its prefix is 96 longer
 */
struct steer_dest {
	__u32 prefixlen;
	__u8 gid[16];
};

/* steer_rule.fields: what to set. */
#define STEER_UDP_SPORT		(1 << 0)	/* excludes STEER_FLOW_LABEL */
#define STEER_FLOW_LABEL	(1 << 1)
#define STEER_DSCP		(1 << 2)
#define STEER_UNLESS_SET	(1 << 3)	/* not where the application chose, other than 0 */

/**
 * struct steer_rule - how packets get to a destination
 * @fields: STEER_*
 * @flow_label: 20 bits
 * @sport_first: first of the UDP source ports to use, 49152 to 65535
 * @sport_count: how many there are, at least 1; QPs take them in turn, by their number
 * @dscp: 6 bits; ECN stays as it is
 * @reserved: 0
 */
struct steer_rule {
	__u32 fields;
	__u32 flow_label;
	__u16 sport_first;
	__u16 sport_count;
	__u8 dscp;
	__u8 reserved[3];
};

#endif /* UVERBS_BPF_ROCE_STEER_H */
