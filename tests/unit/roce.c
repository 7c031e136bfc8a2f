// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The RoCE transport: which paths it takes, what it makes of them, and what it says of the rest. */
#include <uverbs_bpf_test.h>
#include "roce.bpf.c"
#include "path_steps.h"

static const __u8 v4_dest[16] = { 10, 0, 2, 200 };
static const __u8 v6_dest[16] = { 0xfd, [15] = 0xc8 };

/* A call of RTR, on a port with a GID of each kind. */
static void begin(struct uverbs_bpf_test *t, __u8 qp_type)
{
	uverbs_bpf_test_begin(t, UVERBS_OBJECT_QP, UVERBS_BPF_METHOD_QP_MODIFY);
	t->ctx.qp_type = qp_type;
	t->ctx.cur_state = UVERBS_BPF_QPS_INIT;
	t->ctx.next_state = UVERBS_BPF_QPS_RTR;
	if (qp_type == IB_UVERBS_QPT_UD) {
		t->ctx.object = UVERBS_OBJECT_AH;
		t->ctx.method = UVERBS_BPF_METHOD_AH_CREATE;
	}
	uverbs_bpf_test_gid(t, 0, UVERBS_BPF_GID_ROCE_V1);
	uverbs_bpf_test_gid(t, 1, UVERBS_BPF_GID_IPV4);
	uverbs_bpf_test_gid(t, 2, UVERBS_BPF_GID_IPV6);
}

static struct uverbs_bpf_roce_path path_to(__u16 dest, __u16 sgid_index)
{
	struct uverbs_bpf_roce_path path = {
		.fields = dest | F(SGID_INDEX), .sgid_index = sgid_index,
	};

	memcpy(path.dest, dest == F(DEST_IPV4) ? v4_dest : v6_dest, sizeof(path.dest));
	return path;
}

static int set(struct uverbs_bpf_test *t, const struct uverbs_bpf_roce_path *path)
{
	uverbs_bpf_test_in(t, PATH, path, sizeof(*path));
	return uverbs_bpf_test_path_set(t, &roce);
}

UVERBS_BPF_TEST(ipv4_is_a_mapped_gid)
{
	struct uverbs_bpf_roce_path path = path_to(F(DEST_IPV4), 1);
	const __u8 gid[16] = { [10] = 0xff, 0xff, 10, 0, 2, 200 };
	struct uverbs_bpf_test t;

	begin(&t, IB_UVERBS_QPT_RC);
	expect_eq(set(&t, &path), 0);
	expect(!memcmp(t.ctx.path.dgid, gid, sizeof(gid)));
	expect_eq(t.ctx.path.has_grh, 1);
	expect_eq(t.ctx.path.sgid_index, 1);
	expect_eq(t.ctx.path.flow_label, 0);
	expect_eq(t.ctx.path.traffic_class, 0);
}

/* There and back, for every port: what a query says is what was asked for. */
UVERBS_BPF_TEST(every_source_port_has_a_label)
{
	__u32 port;

	for (port = 0xc000; port <= 0xffff; port++) {
		struct uverbs_bpf_roce_path path = path_to(F(DEST_IPV4), 1);
		const struct uverbs_bpf_roce_path *answer;
		struct uverbs_bpf_test t, query;

		path.fields |= F(UDP_SPORT);
		path.flow = port;
		begin(&t, IB_UVERBS_QPT_RC);
		expect_eq(set(&t, &path), 0);
		expect(t.ctx.path.flow_label && t.ctx.path.flow_label <= 0xfffff);

		begin(&query, IB_UVERBS_QPT_RC);
		query.ctx.method = UVERBS_BPF_METHOD_QP_QUERY;
		query.ctx.path = t.ctx.path;
		uverbs_bpf_test_out(&query, PATH, sizeof(*answer));
		expect_eq(uverbs_bpf_test_path_get(&query, &roce), 0);
		answer = uverbs_bpf_test_output(&query, PATH);
		expect(answer && answer->fields & F(UDP_SPORT));
		expect_eq(answer->flow, port);
	}
}

/* In the words it was given, as long as the transport knows them. */
UVERBS_BPF_TEST(a_query_answers_as_it_was_asked)
{
	struct uverbs_bpf_roce_path path = path_to(F(DEST_IPV4), 1);
	const struct uverbs_bpf_roce_path *answer;
	struct uverbs_bpf_test t;

	path.fields |= F(DSCP);
	path.traffic = 46;
	begin(&t, IB_UVERBS_QPT_RC);
	expect_eq(set(&t, &path), 0);
	t.ctx.method = UVERBS_BPF_METHOD_QP_QUERY;
	t.nr_attrs = 0;
	uverbs_bpf_test_out(&t, PATH, sizeof(*answer));
	expect_eq(uverbs_bpf_test_path_get(&t, &roce), 0);
	answer = uverbs_bpf_test_output(&t, PATH);
	expect(answer && answer->fields & F(DEST_IPV4) && answer->fields & F(DSCP));
	expect(!memcmp(answer->dest, v4_dest, sizeof(v4_dest)));
	expect_eq(answer->traffic, 46);

	/* A legacy modify has changed it: a GID, and a traffic class. */
	t.ctx.qp_state = 0;
	t.nr_attrs = 0;
	uverbs_bpf_test_out(&t, PATH, sizeof(*answer));
	expect_eq(uverbs_bpf_test_path_get(&t, &roce), 0);
	answer = uverbs_bpf_test_output(&t, PATH);
	expect(answer->fields & F(DEST_GID) && answer->fields & F(TRAFFIC_CLASS));
	expect_eq(answer->traffic, 46 << 2);
}

UVERBS_BPF_TEST(dscp_leaves_ecn_alone)
{
	struct uverbs_bpf_roce_path path = path_to(F(DEST_IPV6), 2);
	struct uverbs_bpf_test t;

	path.fields |= F(DSCP);
	path.traffic = 46;
	begin(&t, IB_UVERBS_QPT_UC);
	expect_eq(set(&t, &path), 0);
	expect_eq(t.ctx.path.traffic_class, 46 << 2);
}

UVERBS_BPF_TEST(groups_stay_in_the_subnet_unless_asked_to_go)
{
	struct uverbs_bpf_roce_path path = path_to(F(DEST_IPV4), 1);
	struct uverbs_bpf_test t;

	path.dest[0] = 224;
	begin(&t, IB_UVERBS_QPT_UD);
	expect_eq(set(&t, &path), 0);
	expect_eq(t.ctx.path.hop_limit, 1);

	path.fields |= F(HOP_LIMIT);
	path.hop_limit = 7;
	begin(&t, IB_UVERBS_QPT_UD);
	expect_eq(set(&t, &path), 0);
	expect_eq(t.ctx.path.hop_limit, 7);
}

UVERBS_BPF_TEST(a_qp_without_a_path_has_no_fields)
{
	const struct uverbs_bpf_roce_path *answer;
	struct uverbs_bpf_test t;

	begin(&t, IB_UVERBS_QPT_RC);
	t.ctx.method = UVERBS_BPF_METHOD_QP_QUERY;
	uverbs_bpf_test_out(&t, PATH, sizeof(*answer));
	expect_eq(uverbs_bpf_test_path_get(&t, &roce), 0);
	answer = uverbs_bpf_test_output(&t, PATH);
	expect(answer && !answer->fields);
}

UVERBS_BPF_TEST(a_path_of_another_size_is_refused)
{
	struct uverbs_bpf_test t;

	begin(&t, IB_UVERBS_QPT_RC);
	uverbs_bpf_test_in(&t, PATH, v6_dest, sizeof(v6_dest));
	expect_eq(uverbs_bpf_test_path_set(&t, &roce), -EINVAL);
	expect_text(&t, "roce_path: length 16, wants 28 to 28");
}

/* A path to an IPv4 or, with @sgid 2, IPv6 address, made wrong in one way. */
static const struct refusal {
	__u16 fields;		/* XORed into those of a right path */
	__u8 type;
	__u8 sgid;
	__u8 cur_state;
	__u8 next_state;
	int driver;
	__u32 traffic, flow, priority, hop_limit, reserved, dest4, dest0;
	const char *text;
} refusals[] = {
	{ F(SGID_INDEX), .text = "wants SGID_INDEX" },
	{ F(DEST_IPV4), .text = "wants exactly one of DEST_GID" },
	{ F(DEST_GID), .text = "wants exactly one of DEST_GID" },
	{ 1 << 15, .text = "some are not known" },
	{ TRAFFIC, .text = "TRAFFIC_CLASS and DSCP exclude each other" },
	{ FLOW, .text = "FLOW_LABEL and UDP_SPORT exclude each other" },
	{ .reserved = 1, .text = "reserved is 1, wants 0" },
	{ .traffic = 1, .text = "traffic is 1, fields has neither" },
	{ .flow = 1, .text = "flow is 1, fields has neither" },
	{ .priority = 1, .text = "priority is 1, fields lacks PRIORITY" },
	{ .hop_limit = 1, .text = "hop_limit is 1, fields lacks HOP_LIMIT" },
	{ .dest4 = 1, .text = "an IPv4 address has four bytes" },
	{ .sgid = 2, .text = "sgid_index 2 is no IPv4 address, dest is one" },
	{ .sgid = 3, .text = "sgid_index 3: the port has no GID there" },
	{ DEST & ~F(DEST_GID), .text = "sgid_index 1 is an IPv4 address, dest is not" },
	{ F(DSCP), .traffic = 64, .text = "DSCP 64: wants 0 to 63" },
	{ F(UDP_SPORT), .flow = 0xbfff, .text = "UDP_SPORT 49151: wants 49152 to 65535" },
	{ F(UDP_SPORT), .flow = 0x10000, .text = "UDP_SPORT 65536: wants 49152 to 65535" },
	{ F(FLOW_LABEL), .text = "FLOW_LABEL 0x0: wants 0x1 to 0xfffff" },
	{ F(FLOW_LABEL), .flow = 0x100000, .text = "FLOW_LABEL 0x100000: wants 0x1" },
	{ F(PRIORITY), .priority = 3, .text = "PRIORITY 3: this driver drops it" },
	{ F(HOP_LIMIT), .hop_limit = 9, .text = "HOP_LIMIT 9: the kernel takes it from the route" },
	{ F(HOP_LIMIT), IB_UVERBS_QPT_UD, .hop_limit = 9, .text = "HOP_LIMIT 9: dest is unicast" },
	{ F(HOP_LIMIT), IB_UVERBS_QPT_UD, .dest0 = 224, .text = "HOP_LIMIT 0: such packets" },
	{ F(UDP_SPORT), IB_UVERBS_QPT_UD, .flow = 50000, .text = "UDP_SPORT 50000: this driver" },
	{ F(FLOW_LABEL), IB_UVERBS_QPT_UD, .flow = 1, .text = "FLOW_LABEL 0x1: does not reach" },
	{ F(DSCP), .driver = RDMA_DRIVER_MLX5, .traffic = 1, .text = "DSCP 1: not known to" },
	{ F(TRAFFIC_CLASS), .driver = RDMA_DRIVER_MLX5, .text = "TRAFFIC_CLASS 0: not known to" },
	{ .cur_state = UVERBS_BPF_QPS_RTR, .next_state = UVERBS_BPF_QPS_RTS,
	  .text = "the QP is in state 2" },
	{ .type = IB_UVERBS_QPT_RAW_PACKET, .text = "has no path; RC, UC and XRC have" },
};

UVERBS_BPF_TEST(what_is_refused_is_refused_in_words)
{
	size_t i;

	for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		const struct refusal *r = &refusals[i];
		struct uverbs_bpf_roce_path path = path_to(F(DEST_IPV4), r->sgid ?: 1);
		struct uverbs_bpf_test t;

		begin(&t, r->type ?: IB_UVERBS_QPT_RC);
		if (r->cur_state) {
			t.ctx.cur_state = r->cur_state;
			t.ctx.next_state = r->next_state;
		}
		if (r->driver)
			t.ctx.driver_id = r->driver;
		path.fields ^= r->fields;
		path.traffic = r->traffic;
		path.flow = r->flow;
		path.priority = r->priority;
		path.hop_limit = r->hop_limit;
		path.reserved = r->reserved;
		path.dest[4] = r->dest4;
		if (r->dest0)
			path.dest[0] = r->dest0;
		expect_eq(set(&t, &path), -EINVAL);
		expect_text(&t, r->text);
		expect(!t.fault);
	}
}

/* Whatever bytes a caller sends: refused, or a path that a path can be; never a fault. */
UVERBS_BPF_TEST(random_paths_never_make_it_misbehave)
{
	unsigned int i, taken = 0;

	srandom(1);
	for (i = 0; i < 20000; i++) {
		struct uverbs_bpf_roce_path path = path_to(F(DEST_IPV4), random() % 3);
		__u8 *bytes = (__u8 *)&path;
		struct uverbs_bpf_test t;
		int ret;

		begin(&t, i % 2 ? IB_UVERBS_QPT_RC : IB_UVERBS_QPT_UD);
		path.fields ^= 1 << random() % 10 | 1 << random() % 10;
		bytes[random() % sizeof(path)] = random();
		path.flow = random() % 0x120000;
		path.fields |= i % 4 < 2 ? F(UDP_SPORT) : 0;
		ret = set(&t, &path);
		expect(ret == 0 || ret == -EINVAL);
		expect(!t.fault);
		taken += !ret;
		free(t.attrs[0].data);
	}
	expect(taken > 10);
}

static int path_at(__u8 qp_type, __u8 from, __u8 to)
{
	struct uverbs_bpf_roce_path path = path_to(F(DEST_IPV4), 1);
	struct uverbs_bpf_test t;

	begin(&t, IB_UVERBS_QPT_RC);
	t.ctx.qp_type = qp_type;
	t.ctx.cur_state = from;
	t.ctx.next_state = to;
	return set(&t, &path);
}

UVERBS_BPF_TEST(every_change_of_state)
{
	every_path_step(path_at, "rp");
}
