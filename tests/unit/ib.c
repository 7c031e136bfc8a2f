// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The InfiniBand transport: which paths it takes, what it makes of them, what it says of the rest. */
#include <uverbs_bpf_test.h>
#include "ib.bpf.c"
#include "path_steps.h"

static void begin(struct uverbs_bpf_test *t, __u8 qp_type)
{
	uverbs_bpf_test_begin(t, UVERBS_OBJECT_QP, UVERBS_BPF_METHOD_QP_MODIFY);
	t->ctx.protocol = UVERBS_BPF_PROTOCOL_IB;
	t->ctx.qp_type = qp_type;
	t->ctx.cur_state = UVERBS_BPF_QPS_INIT;
	t->ctx.next_state = UVERBS_BPF_QPS_RTR;
	if (qp_type == IB_UVERBS_QPT_UD) {
		t->ctx.object = UVERBS_OBJECT_AH;
		t->ctx.method = UVERBS_BPF_METHOD_AH_CREATE;
	}
	uverbs_bpf_test_gid(t, 0, UVERBS_BPF_GID_IB);
}

static int set(struct uverbs_bpf_test *t, const struct uverbs_bpf_ib_path *path)
{
	uverbs_bpf_test_in(t, PATH, path, sizeof(*path));
	return uverbs_bpf_test_path_set(t, &ib);
}

UVERBS_BPF_TEST(a_lid_is_enough)
{
	struct uverbs_bpf_ib_path path = {
		.fields = F(DLID) | F(SL) | F(SRC_PATH_BITS) | F(STATIC_RATE),
		.dlid = 0xbfff, .sl = 15, .src_path_bits = 127, .static_rate = 3,
	};
	struct uverbs_bpf_test t;

	begin(&t, IB_UVERBS_QPT_RC);
	expect_eq(set(&t, &path), 0);
	expect_eq(t.ctx.path.dlid, 0xbfff);
	expect_eq(t.ctx.path.sl, 15);
	expect_eq(t.ctx.path.src_path_bits, 127);
	expect_eq(t.ctx.path.static_rate, 3);
	expect_eq(t.ctx.path.has_grh, 0);
}

/* There and back: a query says what was asked for. */
UVERBS_BPF_TEST(a_global_route_comes_back)
{
	struct uverbs_bpf_ib_path path = {
		.fields = F(DLID) | F(DGID) | F(SGID_INDEX) | F(TRAFFIC_CLASS) | F(FLOW_LABEL),
		.dgid = { 0xfe, 0x80, [15] = 9 }, .dlid = 2, .traffic_class = 7, .flow_label = 0xfffff,
	};
	const struct uverbs_bpf_ib_path *answer;
	struct uverbs_bpf_test t, query;

	begin(&t, IB_UVERBS_QPT_RC);
	expect_eq(set(&t, &path), 0);
	expect_eq(t.ctx.path.has_grh, 1);
	/* Within the subnet unless asked to go further. */
	expect_eq(t.ctx.path.hop_limit, 1);

	begin(&query, IB_UVERBS_QPT_RC);
	query.ctx.method = UVERBS_BPF_METHOD_QP_QUERY;
	query.ctx.path = t.ctx.path;
	uverbs_bpf_test_out(&query, PATH, sizeof(*answer));
	expect_eq(uverbs_bpf_test_path_get(&query, &ib), 0);
	answer = uverbs_bpf_test_output(&query, PATH);
	expect(answer && answer->fields == EVERY);
	expect(!memcmp(answer->dgid, path.dgid, sizeof(path.dgid)));
	expect_eq(answer->flow_label, 0xfffff);
	expect_eq(answer->traffic_class, 7);
}

static const struct refusal {
	struct uverbs_bpf_ib_path path;
	__u8 type;
	const char *text;
} refusals[] = {
	{ { .fields = F(SL) }, .text = "wants DLID" },
	{ { .fields = 1 << 12 | F(DLID) }, .text = "some are not known" },
	{ { .fields = F(DLID) | F(FLOW_LABEL), .dlid = 1 }, .text = "a global route wants DGID" },
	{ { .fields = F(DLID) | F(DGID), .dlid = 1 }, .text = "DGID wants SGID_INDEX" },
	{ { .fields = F(DLID), .dlid = 1, .sl = 1 }, .text = "sl is 1, fields lacks SL" },
	{ { .fields = F(DLID), .dlid = 1, .src_path_bits = 1 }, .text = "fields lacks SRC_PATH_BITS" },
	{ { .fields = F(DLID), .dlid = 1, .static_rate = 2 }, .text = "fields lacks STATIC_RATE" },
	{ { .fields = F(DLID), .dlid = 1, .sgid_index = 1 }, .text = "fields lacks SGID_INDEX" },
	{ { .fields = F(DLID), .dlid = 1, .traffic_class = 1 }, .text = "fields lacks TRAFFIC_CLASS" },
	{ { .fields = F(DLID), .dlid = 1, .flow_label = 1 }, .text = "fields lacks FLOW_LABEL" },
	{ { .fields = F(DLID), .dlid = 1, .hop_limit = 1 }, .text = "fields lacks HOP_LIMIT" },
	{ { .fields = F(DLID), .dlid = 1, .reserved = 1 }, .text = "reserved is 1, wants 0" },
	{ { .fields = F(DLID) }, .text = "DLID 0x0: no port has it" },
	{ { .fields = F(DLID), .dlid = 0xffff }, .text = "DLID 0xffff: no port has it" },
	{ { .fields = F(DLID), .dlid = 0xc000 }, .text = "is multicast, only UD sends to groups" },
	{ { .fields = F(DLID), .dlid = 0xc000 }, IB_UVERBS_QPT_UD, "which wants the DGID of the group" },
	{ { .fields = F(DLID) | F(SL), .dlid = 1, .sl = 16 }, .text = "SL 16: wants 0 to 15" },
	{ { .fields = F(DLID) | F(SRC_PATH_BITS), .dlid = 1, .src_path_bits = 128 },
	  .text = "SRC_PATH_BITS 128: wants 0 to 127" },
	{ { .fields = F(DLID) | F(STATIC_RATE), .dlid = 1, .static_rate = 1 },
	  .text = "STATIC_RATE 1: is no enum ib_rate" },
	{ { .fields = F(DLID) | F(STATIC_RATE), .dlid = 1, .static_rate = MAX_RATE + 1 },
	  .text = "is no enum ib_rate" },
	{ { .fields = F(DLID) | F(DGID) | F(SGID_INDEX) | F(FLOW_LABEL), .dlid = 1,
	    .flow_label = 0x100000 }, .text = "FLOW_LABEL 0x100000: wants 0x0 to 0xfffff" },
	{ { .fields = F(DLID) | F(DGID) | F(SGID_INDEX), .dlid = 1, .sgid_index = 1 },
	  .text = "sgid_index 1: the port has no GID there" },
	{ { .fields = F(DLID), .dlid = 1 }, IB_UVERBS_QPT_RAW_PACKET, "has no path" },
};

UVERBS_BPF_TEST(what_is_refused_is_refused_in_words)
{
	size_t i;

	for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		struct uverbs_bpf_test t;

		begin(&t, refusals[i].type ?: IB_UVERBS_QPT_RC);
		expect_eq(set(&t, &refusals[i].path), -EINVAL);
		expect_text(&t, refusals[i].text);
	}
}

UVERBS_BPF_TEST(a_ud_qp_has_no_path)
{
	struct uverbs_bpf_ib_path path = { .fields = F(DLID), .dlid = 1 };
	struct uverbs_bpf_test t;

	begin(&t, IB_UVERBS_QPT_UD);
	t.ctx.object = UVERBS_OBJECT_QP;
	t.ctx.method = UVERBS_BPF_METHOD_QP_MODIFY;
	expect_eq(set(&t, &path), -EINVAL);
	expect_text(&t, "a UD QP has no path, each of its sends names an AH");
}

static const struct uverbs_bpf_ib_path to_lid = { .fields = F(DLID), .dlid = 7 };

static void begin_at(struct uverbs_bpf_test *t, __u8 qp_type, __u8 from, __u8 to)
{
	begin(t, IB_UVERBS_QPT_RC);
	t->ctx.qp_type = qp_type;
	t->ctx.cur_state = from;
	t->ctx.next_state = to;
}

static int path_at(__u8 qp_type, __u8 from, __u8 to)
{
	struct uverbs_bpf_test t;

	begin_at(&t, qp_type, from, to);
	return set(&t, &to_lid);
}

static int alt_path_at(__u8 qp_type, __u8 from, __u8 to)
{
	struct uverbs_bpf_ib_alt_path alt = { .path = to_lid, .port = 1 };
	struct uverbs_bpf_test t;

	begin_at(&t, qp_type, from, to);
	uverbs_bpf_test_in(&t, ALT_PATH, &alt, sizeof(alt));
	return uverbs_bpf_test_path_set(&t, &ib);
}

static int mig_state_at(__u8 qp_type, __u8 from, __u8 to)
{
	__u32 rearm = UVERBS_BPF_IB_REARM;
	struct uverbs_bpf_test t;

	begin_at(&t, qp_type, from, to);
	uverbs_bpf_test_in(&t, MIG_STATE, &rearm, sizeof(rearm));
	return uverbs_bpf_test_path_set(&t, &ib);
}

UVERBS_BPF_TEST(every_change_of_state)
{
	every_path_step(path_at, "rp");
	every_path_step(alt_path_at, "rap");
	every_path_step(mig_state_at, "ap");
}
