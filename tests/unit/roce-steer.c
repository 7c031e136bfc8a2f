// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The provider roce-steer: what it makes of a path, by the rule for its destination. */
#include <uverbs_bpf_test.h>
#include "roce-steer.bpf.c"

#define V4MAPPED	{ [10] = 0xff, 0xff, 10, 1, 2, 3 }

static struct uverbs_bpf_args_qp_modify args;

/* A path to 10.1.2.3 is being set for a QP. */
static void begin(struct uverbs_bpf_test *t)
{
	const __u8 gid[16] = V4MAPPED;

	uverbs_bpf_test_begin(t, UVERBS_OBJECT_QP, UVERBS_BPF_METHOD_QP_MODIFY);
	t->args = &args;
	t->args_len = sizeof(args);
	t->ctx.has_path = 1;
	t->ctx.path.has_grh = 1;
	t->ctx.path.sgid_index = 1;
	memcpy(t->ctx.path.dgid, gid, sizeof(gid));
	uverbs_bpf_test_gid(t, 0, UVERBS_BPF_GID_ROCE_V1);
	uverbs_bpf_test_gid(t, 1, UVERBS_BPF_GID_IPV4);
}

/* For the first @bits of the address. */
static void rule(unsigned int bits, const struct steer_rule *rule)
{
	struct steer_dest dest = { .prefixlen = 96 + bits, .gid = V4MAPPED };

	expect_eq(bpf_map_update_elem(&steer_dests, &dest, rule, BPF_ANY), 0);
}

/* As the kernel's rdma_flow_label_to_udp_sport() has it. */
static __u32 sport_of(const struct uverbs_bpf_test *t)
{
	__u32 label = t->ctx.path.flow_label;

	return 0xc000 | ((label & 0x3fff) ^ (label >> 14 & 0x3f));
}

UVERBS_BPF_TEST(qps_take_the_ports_in_turn)
{
	const struct steer_rule ports = {
		.fields = STEER_UDP_SPORT, .sport_first = 50000, .sport_count = 8,
	};
	struct uverbs_bpf_test t;
	unsigned int seen = 0;

	rule(16, &ports);
	for (args.qp_num = 17; args.qp_num < 17 + 8; args.qp_num++) {
		begin(&t);
		expect_eq(uverbs_bpf_test_before(&t, &roce_steer), 0);
		expect(sport_of(&t) >= 50000 && sport_of(&t) < 50008);
		seen |= 1 << (sport_of(&t) - 50000);
	}
	expect_eq(seen, 0xff);
}

UVERBS_BPF_TEST(every_port_can_be_had)
{
	struct steer_rule port = { .fields = STEER_UDP_SPORT, .sport_count = 1 };
	struct uverbs_bpf_test t;
	__u32 sport;

	for (sport = 0xc000; sport <= 0xffff; sport++) {
		port.sport_first = sport;
		rule(32, &port);
		begin(&t);
		expect_eq(uverbs_bpf_test_before(&t, &roce_steer), 0);
		expect(t.ctx.path.flow_label);
		expect_eq(sport_of(&t), sport);
	}
}

UVERBS_BPF_TEST(the_longest_prefix_counts)
{
	const struct steer_rule wide = { .fields = STEER_DSCP, .dscp = 10 };
	const struct steer_rule narrow = { .fields = STEER_DSCP, .dscp = 46 };
	struct uverbs_bpf_test t;

	rule(8, &wide);
	rule(24, &narrow);
	begin(&t);
	t.ctx.path.traffic_class = 2;
	expect_eq(uverbs_bpf_test_before(&t, &roce_steer), 0);
	/* ECN stays. */
	expect_eq(t.ctx.path.traffic_class, 46 << 2 | 2);
	begin(&t);
	t.ctx.path.dgid[14] = 99;
	expect_eq(uverbs_bpf_test_before(&t, &roce_steer), 0);
	expect_eq(t.ctx.path.traffic_class, 10 << 2);
}

UVERBS_BPF_TEST(what_the_application_chose_may_stay)
{
	const struct steer_rule polite = {
		.fields = STEER_FLOW_LABEL | STEER_DSCP | STEER_UNLESS_SET, .flow_label = 9, .dscp = 9,
	};
	struct uverbs_bpf_test t;

	rule(32, &polite);
	begin(&t);
	t.ctx.path.flow_label = 5;
	t.ctx.path.traffic_class = 5 << 2;
	expect_eq(uverbs_bpf_test_before(&t, &roce_steer), 0);
	expect_eq(t.ctx.path.flow_label, 5);
	expect_eq(t.ctx.path.traffic_class, 5 << 2);
	begin(&t);
	expect_eq(uverbs_bpf_test_before(&t, &roce_steer), 0);
	expect_eq(t.ctx.path.flow_label, 9);
	expect_eq(t.ctx.path.traffic_class, 9 << 2);
}

UVERBS_BPF_TEST(a_rule_without_sense_is_not_followed)
{
	static const struct steer_rule wrong[] = {
		{ .fields = STEER_UDP_SPORT, .sport_first = 50000 },
		{ .fields = STEER_UDP_SPORT, .sport_first = 49151, .sport_count = 1 },
		{ .fields = STEER_UDP_SPORT, .sport_first = 65535, .sport_count = 2 },
		{ .fields = STEER_UDP_SPORT | STEER_FLOW_LABEL, .sport_first = 50000,
		  .sport_count = 1 },
		{ .fields = STEER_FLOW_LABEL, .flow_label = 1 << 20 },
		{ .fields = STEER_DSCP, .dscp = 64 },
	};
	struct uverbs_bpf_test_dump d = {};
	struct uverbs_bpf_test t;
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		rule(32, &wrong[i]);
		begin(&t);
		expect_eq(uverbs_bpf_test_before(&t, &roce_steer), 0);
		expect(!t.ctx.path.flow_label && !t.ctx.path.traffic_class);
	}
	roce_steer.dump(&d.dump);
	expect_eq(uverbs_bpf_test_dumped(&d, "rules_not_followed"), i);
	expect_eq(uverbs_bpf_test_dumped(&d, "paths_steered"), 0);
}

UVERBS_BPF_TEST(version_1_has_no_ports)
{
	const struct steer_rule port = {
		.fields = STEER_UDP_SPORT, .sport_first = 50000, .sport_count = 1,
	};
	struct uverbs_bpf_test t;

	rule(32, &port);
	begin(&t);
	t.ctx.path.sgid_index = 0;
	expect_eq(uverbs_bpf_test_before(&t, &roce_steer), 0);
	expect_eq(t.ctx.path.flow_label, 0);
}

/* Whatever is in the map: never a path that no path can be. */
UVERBS_BPF_TEST(random_rules_never_make_it_misbehave)
{
	unsigned int i, steered = 0;

	srandom(1);
	for (i = 0; i < 20000; i++) {
		struct steer_rule any = {
			.fields = random() % 16,
			.flow_label = random() % (i % 2 ? 0x100000 : 0x200000),
			.sport_first = random(),
			.sport_count = random() % (i % 4 ? 64 : 65536),
			.dscp = random() % (i % 8 ? 64 : 256),
		};
		struct uverbs_bpf_test t;

		rule(32, &any);
		begin(&t);
		args.qp_num = random();
		expect_eq(uverbs_bpf_test_before(&t, &roce_steer), 0);
		expect(!t.fault);
		steered += !!t.ctx.path.flow_label;
	}
	expect(steered > 200);
}
