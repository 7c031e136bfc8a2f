// SPDX-License-Identifier: BSD-2-Clause
/*
 * ethernet NODE CONTROL: every row of the legality table of Ethernet QPs, and what is refused
 * beside it, in words. NODE is ours, of a fake device; CONTROL takes its driver's commands.
 * ethernet path NODE: with a RoCE program attached, an Ethernet QP has no path.
 * ethernet legacy NODE CONTROL: what the legacy commands answer, to be compared with ib_uverbs.
 *
 * Exit status: 0, or 1 at the first answer that is wrong.
 */
#include <stddef.h>

#include "../../uapi/uverbs_bpf.h"
#include "fake.h"

enum { RESET, INIT, RTR, RTS, SQD, SQE, ERR, STATES };
#define SAME	STATES

/* As in enum ib_qp_attr_mask. */
#define ATTR_STATE	(1 << 0)
#define ATTR_PORT	(1 << 5)
#define ATTR_RATE	(1 << 25)

static const char *const names[] = { "RESET", "INIT", "RTR", "RTS", "SQD", "SQE", "ERR" };
static int fd;
static const char *control;
static uint32_t pd, cq, raw, raw_num, ud;
static unsigned int cases;

static struct {
	struct uverbs_bpf_error error;
	char text[UVERBS_BPF_ERROR_MAX];
} answer;

static void ask(struct cmd *cmd)
{
	memset(&answer, 0, sizeof(answer));
	cmd_out(cmd, UVERBS_BPF_ATTR_ERROR, &answer, sizeof(answer));
}

/* @words: what the refusal says, NULL if there must be none */
static void expect(const char *what, struct cmd *cmd, int expected, unsigned int id,
		   const char *words)
{
	int ret;

	ask(cmd);
	ret = cmd_call(fd, cmd);
	cases++;
	if (ret != expected)
		die("%s: %s, expected %s: %s", what, errno_name(ret), errno_name(expected),
		    answer.error.text);
	if (!words)
		return;
	if (!strstr(answer.error.text, words))
		die("%s: '%s' does not say '%s'", what, answer.error.text, words);
	if (answer.error.attr_id != id)
		die("%s: attribute 0x%04x, expected 0x%04x", what, answer.error.attr_id, id);
}

/* What no verb does to a QP: put it into a state. */
static void set_state(unsigned int state)
{
	fake_tell(control, "state %u %u\n", raw_num, state);
}

static void modify(struct cmd *cmd, uint32_t qp)
{
	cmd_begin(cmd, UVERBS_OBJECT_QP, UVERBS_BPF_METHOD_QP_MODIFY);
	cmd_handle(cmd, UVERBS_BPF_ATTR_QP_HANDLE, qp);
}

static void query(struct cmd *cmd, uint32_t qp)
{
	cmd_begin(cmd, UVERBS_OBJECT_QP, UVERBS_BPF_METHOD_QP_QUERY);
	cmd_handle(cmd, UVERBS_BPF_ATTR_QP_HANDLE, qp);
}

/* ---- the table ---- */

/*
 * By state and next state: '.' there is no such change, '-' it takes nothing, 'P' it wants a
 * port, 'r' it takes a rate limit.
 */
static const char *const table[STATES] = {
	/*	   RESET INIT RTR RTS SQD SQE ERR */
	[RESET] = "-" "P" "." "." "." "." ".",
	[INIT] =  "-" "-" "-" "." "." "." "-",
	[RTR] =   "-" "." "." "r" "." "." "-",
	[RTS] =   "-" "." "." "r" "-" "." "-",
	[SQD] =   "-" "." "." "-" "-" "." "-",
	[SQE] =   "-" "." "." "-" "." "." "-",
	[ERR] =   "-" "." "." "." "." "." "-",
};

static void row(unsigned int from, unsigned int to, bool port, bool rate)
{
	unsigned int next = to == SAME ? from : to, id = 0;
	char rule = table[from][next], what[96], words[96];
	uint32_t state = ~0U, port_now = ~0U, rate_now = ~0U;
	struct ib_uverbs_query_qp_resp legacy_now;
	const char *wrong = NULL;
	struct cmd cmd;

	snprintf(what, sizeof(what), "%s to %s, %s port, %s rate limit", names[from],
		 to == SAME ? "the same" : names[to], port ? "with" : "without",
		 rate ? "with" : "without");
	if (rule == '.') {
		wrong = "no such change";
		id = UVERBS_BPF_ATTR_ETH_STATE;
	} else if (rule == 'P' && !port) {
		wrong = "wants ETH_PORT";
		id = UVERBS_BPF_ATTR_ETH_PORT;
	} else if (rule != 'P' && port) {
		wrong = "does not take ETH_PORT";
		id = UVERBS_BPF_ATTR_ETH_PORT;
	} else if (rule != 'r' && rate) {
		wrong = "does not take ETH_RATE_LIMIT";
		id = UVERBS_BPF_ATTR_ETH_RATE_LIMIT;
	}

	set_state(from);
	modify(&cmd, raw);
	if (to != SAME)
		cmd_u64(&cmd, UVERBS_BPF_ATTR_ETH_STATE, to);
	if (port)
		cmd_u32(&cmd, UVERBS_BPF_ATTR_ETH_PORT, 1);
	if (rate)
		cmd_u32(&cmd, UVERBS_BPF_ATTR_ETH_RATE_LIMIT, 1000 + from);
	snprintf(words, sizeof(words), "%s to %s: %s", names[from], names[next], wrong ?: "");
	expect(what, &cmd, wrong ? EINVAL : 0, id, wrong ? words : NULL);

	query(&cmd, raw);
	cmd_out(&cmd, UVERBS_BPF_ATTR_ETH_STATE, &state, 4);
	cmd_out(&cmd, UVERBS_BPF_ATTR_ETH_PORT, &port_now, 4);
	cmd_out(&cmd, UVERBS_BPF_ATTR_ETH_RATE_LIMIT, &rate_now, 4);
	expect(what, &cmd, 0, 0, NULL);
	if (state != (wrong ? from : next))
		die("%s: then in state %u", what, state);
	if (!wrong && port && port_now != 1)
		die("%s: then port %u", what, port_now);
	if (!wrong && rate && rate_now != 1000 + from)
		die("%s: then rate limit %u", what, rate_now);
	must("QUERY_QP", query_qp(fd, raw, &legacy_now));
	if (legacy_now.qp_state != state)
		die("%s: then in state %u for the legacy query", what, legacy_now.qp_state);
}

static void test_table(void)
{
	unsigned int from, to, with;

	for (from = 0; from < STATES; from++)
		for (to = 0; to <= STATES; to++)
			for (with = 0; with < 4; with++)
				row(from, to, with & 1, with & 2);
}

/* ---- what does not belong ---- */

static void test_attributes(void)
{
	static const struct {
		uint16_t id, len;
		const char *name;
	} generic[] = {
		{ UVERBS_BPF_ATTR_QP_STATE, 8, "QP_STATE" },
		{ UVERBS_BPF_ATTR_QP_CUR_STATE, 8, "QP_CUR_STATE" },
		{ UVERBS_BPF_ATTR_QP_ACCESS_FLAGS, 8, "QP_ACCESS_FLAGS" },
		{ UVERBS_BPF_ATTR_QP_PORT, 4, "QP_PORT" },
		{ UVERBS_BPF_ATTR_QP_PKEY_INDEX, 4, "QP_PKEY_INDEX" },
		{ UVERBS_BPF_ATTR_QP_QKEY, 4, "QP_QKEY" },
		{ UVERBS_BPF_ATTR_QP_CONNECTION, sizeof(struct uverbs_bpf_qp_connection),
		  "QP_CONNECTION" },
		{ UVERBS_BPF_ATTR_QP_RATE_LIMIT, 4, "QP_RATE_LIMIT" },
	};
	static const struct {
		uint16_t id, len;
		const char *name;
	} eth[] = {
		{ UVERBS_BPF_ATTR_ETH_STATE, 8, "ETH_STATE" },
		{ UVERBS_BPF_ATTR_ETH_PORT, 4, "ETH_PORT" },
		{ UVERBS_BPF_ATTR_ETH_RATE_LIMIT, 4, "ETH_RATE_LIMIT" },
		{ UVERBS_BPF_ATTR_ETH_SOURCE_QPN, 4, "ETH_SOURCE_QPN" },
		{ UVERBS_BPF_ATTR_ETH_VLAN_STRIPPING, 4, "ETH_VLAN_STRIPPING" },
	};
	uint8_t buffer[64] = {};
	struct cmd cmd;
	unsigned int i;

	set_state(RESET);
	for (i = 0; i < sizeof(generic) / sizeof(generic[0]); i++) {
		modify(&cmd, raw);
		cmd_add(&cmd, generic[i].id, generic[i].len,
			generic[i].len > 8 ? (uintptr_t)buffer : 0);
		expect(generic[i].name, &cmd, EINVAL, generic[i].id, generic[i].name);
		query(&cmd, raw);
		cmd_out(&cmd, generic[i].id, buffer, generic[i].len > 8 ? generic[i].len : 4);
		expect(generic[i].name, &cmd, EINVAL, generic[i].id, "takes attributes ETH_*");
	}
	for (i = 0; i < sizeof(eth) / sizeof(eth[0]); i++) {
		modify(&cmd, ud);
		cmd_add(&cmd, eth[i].id, eth[i].len, 1);
		expect(eth[i].name, &cmd, EINVAL, eth[i].id, "for Ethernet QPs");
		query(&cmd, ud);
		cmd_out(&cmd, eth[i].id, buffer, 4);
		expect(eth[i].name, &cmd, EINVAL, eth[i].id, eth[i].name);
		/* Malformed in the ways any attribute can be. */
		modify(&cmd, raw);
		cmd_add(&cmd, eth[i].id, eth[i].len - 1, 1);
		expect("too short", &cmd, EINVAL, eth[i].id, "length");
		modify(&cmd, raw);
		cmd_add(&cmd, eth[i].id, eth[i].len + 8, (uintptr_t)buffer);
		expect("too long", &cmd, EINVAL, eth[i].id, "length");
		modify(&cmd, raw);
		cmd_add(&cmd, eth[i].id, eth[i].len, 1);
		cmd_add(&cmd, eth[i].id, eth[i].len, 1);
		expect("twice", &cmd, EINVAL, eth[i].id, "twice");
		modify(&cmd, raw);
		cmd_add(&cmd, eth[i].id, eth[i].len, 1)->attr_data.reserved = 1;
		expect("reserved", &cmd, EINVAL, eth[i].id, "reserved");
		query(&cmd, raw);
		cmd_out(&cmd, eth[i].id, (void *)8, 4);
		expect("bad pointer", &cmd, EFAULT, 0, NULL);
	}
	for (i = 3; i < 5; i++) {
		modify(&cmd, raw);
		cmd_u32(&cmd, eth[i].id, 1);
		expect("fixed", &cmd, EINVAL, eth[i].id, "fixed when the QP is created");
	}
	for (i = 0; i < 3; i++) {
		static const uint64_t states[] = { STATES, 1ULL << 32, ~0ULL };

		modify(&cmd, raw);
		cmd_u64(&cmd, UVERBS_BPF_ATTR_ETH_STATE, states[i]);
		expect("a state there is not", &cmd, EINVAL, UVERBS_BPF_ATTR_ETH_STATE,
		       "states are 0 (RESET) to 6 (ERR)");
	}
	for (i = 0; i < 3; i++) {
		static const uint32_t ports[] = { 0, 99, ~0U };

		modify(&cmd, raw);
		cmd_u64(&cmd, UVERBS_BPF_ATTR_ETH_STATE, INIT);
		cmd_u32(&cmd, UVERBS_BPF_ATTR_ETH_PORT, ports[i]);
		expect("a port there is not", &cmd, EINVAL, UVERBS_BPF_ATTR_ETH_PORT, "ETH_PORT: ");
	}
}

/*
 * Ethernet attributes have places of their own in the parser: neither an id of another
 * namespace nor one beyond the last must be taken for them, flagged as mandatory or not.
 */
static void test_ids(void)
{
	unsigned int id, flags;
	uint32_t other;
	struct cmd cmd;

	set_state(RESET);
	for (id = 5; id < 0x1000; id += id < 64 ? 1 : 997) {
		for (flags = 0; flags < 2; flags++) {
			modify(&cmd, raw);
			cmd_add(&cmd, UVERBS_BPF_ID(UVERBS_BPF_NS_ETHERNET, id), 4, 1)->flags = flags;
			expect("an unknown id", &cmd, EPROTONOSUPPORT,
			       UVERBS_BPF_ID(UVERBS_BPF_NS_ETHERNET, id), "not known");
		}
	}
	for (id = 13; id < 32; id++) {
		modify(&cmd, raw);
		cmd_add(&cmd, id, 4, 1);
		expect("an id of the core", &cmd, EPROTONOSUPPORT, id, "not known");
		modify(&cmd, raw);
		cmd_add(&cmd, id, 4, 1)->flags = 0;
		cmd_u64(&cmd, UVERBS_BPF_ATTR_ETH_STATE, RESET);
		expect("an id of the core, ignored", &cmd, 0, 0, NULL);
	}
	/* No other method takes them. */
	must("ALLOC_PD", alloc_pd(fd, &other));
	for (id = 0; id < 5; id++) {
		cmd_begin(&cmd, UVERBS_OBJECT_PD, UVERBS_METHOD_PD_DESTROY);
		cmd_handle(&cmd, UVERBS_ATTR_DESTROY_PD_HANDLE, other);
		cmd_add(&cmd, UVERBS_BPF_ID(UVERBS_BPF_NS_ETHERNET, id), 4, 1)->flags = 0;
		expect("PD_DESTROY", &cmd, EPROTONOSUPPORT,
		       UVERBS_BPF_ID(UVERBS_BPF_NS_ETHERNET, id), "not known");
	}
	must("PD_DESTROY", destroy_pd(fd, other));
}

/* What was chosen at creation is answered. */
static void test_fixed(void)
{
	static const struct {
		uint32_t flags, source;
	} kinds[] = {
		{ 0, 0 },
		{ 1 << 9 /* CVLAN_STRIPPING */, 0 },
		{ 1 << 10 /* SOURCE_QPN */, 0x1234 },
		{ 1 << 9 | 1 << 10, 0x4321 },
	};
	struct ib_uverbs_destroy_qp_resp destroyed;
	struct ib_uverbs_qp_cap cap = {};
	uint32_t stripping, source, qp;
	struct cmd cmd;
	unsigned int i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		must("EX CREATE_QP",
		     create_qp_ex(fd, pd, cq, IB_UVERBS_QPT_RAW_PACKET, kinds[i].flags,
				  kinds[i].source, &qp, NULL));
		stripping = source = ~0U;
		query(&cmd, qp);
		cmd_out(&cmd, UVERBS_BPF_ATTR_ETH_VLAN_STRIPPING, &stripping, 4);
		cmd_out(&cmd, UVERBS_BPF_ATTR_ETH_SOURCE_QPN, &source, 4);
		cmd_out(&cmd, UVERBS_BPF_ATTR_QP_CAP, &cap, sizeof(cap));
		expect("QP_QUERY", &cmd, 0, 0, NULL);
		if (stripping != (kinds[i].flags >> 9 & 1) || source != kinds[i].source ||
		    cap.max_send_wr != 4)
			die("flags 0x%x, source QPN 0x%x: VLAN stripping %u, source QPN 0x%x, %u WRs",
			    kinds[i].flags, kinds[i].source, stripping, source, cap.max_send_wr);
		must("QP_DESTROY", destroy_qp(fd, qp, &destroyed));
	}
}

static void test_path(void)
{
	struct uverbs_bpf_roce_path path = { .fields = UVERBS_BPF_ROCE_DEST_GID };
	struct cmd cmd;

	modify(&cmd, raw);
	cmd_in(&cmd, UVERBS_BPF_ATTR_ROCE_PATH, &path, sizeof(path));
	expect("a path", &cmd, EINVAL, UVERBS_BPF_ATTR_NONE, "an Ethernet QP has no path");
	query(&cmd, raw);
	cmd_out(&cmd, UVERBS_BPF_ATTR_ROCE_PATH, &path, sizeof(path));
	expect("a path", &cmd, EINVAL, UVERBS_BPF_ATTR_NONE, "an Ethernet QP has no path");
}

/* ---- legacy commands ---- */

/* The plain command has no rate limit, and calls it unknown. */
static int modify_legacy(bool ex, uint32_t mask, uint32_t state, uint32_t rate)
{
	struct ib_uverbs_ex_modify_qp in = {
		.base.qp_handle = raw,
		.base.attr_mask = mask,
		.base.qp_state = state,
		.base.port_num = 1,
		.rate_limit = rate,
	};
	struct ib_uverbs_ex_modify_qp_resp out;

	return ex ? legacy(fd, EX | IB_USER_VERBS_EX_CMD_MODIFY_QP, &in, sizeof(in), &out,
			   sizeof(out), NULL, 0) :
		    legacy(fd, IB_USER_VERBS_CMD_MODIFY_QP, &in.base, sizeof(in.base), NULL, 0,
			   NULL, 0);
}

static void test_legacy(void)
{
	static const uint32_t masks[] = { ATTR_STATE, ATTR_PORT, ATTR_STATE | ATTR_PORT,
					  ATTR_STATE | ATTR_RATE, ATTR_RATE,
					  ATTR_STATE | ATTR_PORT | ATTR_RATE };
	struct ib_uverbs_query_qp_resp now;
	unsigned int from, to, bit, i;

	for (from = 0; from < STATES; from++) {
		for (to = 0; to < STATES; to++) {
			for (i = 0; i < 2 * sizeof(masks) / sizeof(masks[0]); i++) {
				set_state(from);
				printf("%s to %s, mask 0x%x: %s", names[from], names[to],
				       masks[i / 2], errno_name(modify_legacy(i & 1, masks[i / 2],
									      to, 5)));
				must("QUERY_QP", query_qp(fd, raw, &now));
				printf(", in %u\n", now.qp_state);
			}
		}
		/* Every single attribute there is. */
		for (bit = 0; bit < 32; bit++) {
			set_state(from);
			printf("%s, mask 0x%x: %s, %s\n", names[from], 1U << bit,
			       errno_name(modify_legacy(false, 1U << bit, from, 5)),
			       errno_name(modify_legacy(true, 1U << bit, from, 5)));
		}
	}
}

int main(int argc, char **argv)
{
	bool path = argc == 3 && !strcmp(argv[1], "path");
	bool legacy_only = argc == 4 && !strcmp(argv[1], "legacy");
	const char *node = path || legacy_only ? argv[2] : argv[1];

	if (argc != 3 && !legacy_only) {
		fprintf(stderr, "usage: ethernet [legacy] NODE CONTROL | ethernet path NODE\n");
		return 1;
	}
	raw_driver = RDMA_DRIVER_QIB;
	control = argv[argc - 1];
	fd = open(node, O_RDWR);
	if (fd < 0)
		die("%s: %s", node, errno_name(errno));
	must("GET_CONTEXT", get_context(fd));
	must("ALLOC_PD", alloc_pd(fd, &pd));
	must("CQ_CREATE", create_cq(fd, 16, -1, NULL, &cq));
	must("QP_CREATE", create_qp_ex(fd, pd, cq, IB_UVERBS_QPT_RAW_PACKET, 0, 0, &raw, &raw_num));
	must("QP_CREATE", create_qp_ex(fd, pd, cq, IB_UVERBS_QPT_UD, 0, 0, &ud, NULL));
	if (legacy_only) {
		test_legacy();
		return 0;
	}
	if (path) {
		test_path();
	} else {
		test_table();
		test_attributes();
		test_ids();
		test_fixed();
	}
	printf("%u calls\n", cases);
	return 0;
}
