// SPDX-License-Identifier: BSD-2-Clause
/*
 * modify NODE DIRECTORY
 *
 * MODIFY_QP on a fake device of two InfiniBand ports, by the legacy command: QPs of every type with
 * paths, each change with ports that are right and wrong. Prints, one change a line, what is
 * answered, what the driver was passed, and what QUERY_QP answers then. DIRECTORY is the device's in
 * debugfs. What is printed must not depend on who serves NODE.
 *
 * Exit status: 0, or 1 if a call failed that is not to be tried here.
 */
#include <infiniband/verbs.h>

#include "fake.h"
#include "objects.h"

#define PORT	IBV_QP_PORT
#define AV	IBV_QP_AV
#define ALT	IBV_QP_ALT_PATH

static int fd;
static char control[256], records[256];
static uint32_t pd, xrcd, cq;

struct qp {
	const char *name;
	uint32_t type, handle, num;
};

/* The changes there are, with what has a port set apart: what @usual of it they have. */
static const struct change {
	const char *name;
	uint32_t from, to, mask, usual;
} changes[] = {
	{ "RESET to INIT", IBV_QPS_RESET, IBV_QPS_INIT,
	  IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_ACCESS_FLAGS, PORT },
	{ "RESET to INIT, Q_Key", IBV_QPS_RESET, IBV_QPS_INIT,
	  IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_QKEY, PORT },
	{ "INIT to RTR, unreliable", IBV_QPS_INIT, IBV_QPS_RTR,
	  IBV_QP_STATE | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN, AV | ALT },
	{ "INIT to RTR, reliable", IBV_QPS_INIT, IBV_QPS_RTR,
	  IBV_QP_STATE | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN |
	  IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER, AV | ALT },
	{ "INIT to RTR, datagrams", IBV_QPS_INIT, IBV_QPS_RTR, IBV_QP_STATE },
	{ "RTR to RTS, unreliable", IBV_QPS_RTR, IBV_QPS_RTS, IBV_QP_STATE | IBV_QP_SQ_PSN },
	{ "RTR to RTS, reliable", IBV_QPS_RTR, IBV_QPS_RTS,
	  IBV_QP_STATE | IBV_QP_SQ_PSN | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY |
	  IBV_QP_MAX_QP_RD_ATOMIC | IBV_QP_PATH_MIG_STATE },
	{ "RTS to SQD", IBV_QPS_RTS, IBV_QPS_SQD, IBV_QP_STATE | IBV_QP_EN_SQD_ASYNC_NOTIFY },
	{ "SQD to SQD", IBV_QPS_SQD, IBV_QPS_SQD, IBV_QP_STATE },
	{ "in SQD", IBV_QPS_SQD, IBV_QPS_SQD, 0 },
	/* Of XRC QPs one side has each of these. */
	{ "in SQD, both sides", IBV_QPS_SQD, IBV_QPS_SQD,
	  IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY | IBV_QP_MAX_QP_RD_ATOMIC |
	  IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER },
};

/*
 * The port the QP is initialised on, and those of attribute, path and alternate path, which has it
 * twice; tried where the change has what is in @of. There are ports 1 and 2.
 */
static const struct ports {
	uint8_t init, port, dest, alt, alt_dest;
	uint32_t of;
} ports[] = {
	{ 1, 1, 1, 1, 1, 0 },
	{ 2, 2, 2, 2, 2, PORT | AV | ALT },
	{ 1, 0, 1, 1, 1, PORT },
	{ 1, 2, 1, 1, 1, PORT },
	{ 1, 3, 1, 1, 1, PORT },
	{ 1, 1, 0, 1, 1, AV },
	{ 1, 1, 2, 1, 1, AV },
	{ 1, 1, 3, 1, 1, AV },
	{ 2, 1, 1, 1, 1, AV },
	{ 1, 2, 2, 1, 1, PORT | AV },
	{ 1, 1, 1, 0, 0, ALT },
	{ 1, 1, 1, 2, 2, ALT },
	{ 1, 1, 1, 3, 3, ALT },
	{ 1, 1, 1, 1, 2, ALT },
	{ 1, 1, 1, 2, 1, ALT },
};

#define COUNT(table)	(sizeof(table) / sizeof((table)[0]))

/* No two values alike, so that none is taken for another. */
static int modify(const struct qp *qp, uint32_t state, uint32_t mask, const struct ports *on)
{
	struct ib_uverbs_modify_qp in = {
		.qp_handle = qp->handle,
		.attr_mask = mask,
		.qp_state = state,
		.path_mtu = IBV_MTU_2048,
		.path_mig_state = IBV_MIG_REARM,
		.qkey = 0x11223344,
		.rq_psn = 0x123456,
		.sq_psn = 0x654321,
		.dest_qp_num = 0xabcdef,
		.qp_access_flags = IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ,
		.pkey_index = 0,
		.alt_pkey_index = 1,
		.en_sqd_async_notify = 1,
		.max_rd_atomic = 7,
		.max_dest_rd_atomic = 8,
		.min_rnr_timer = 9,
		.port_num = on->port,
		.timeout = 10,
		.retry_cnt = 5,
		.rnr_retry = 6,
		.alt_port_num = on->alt,
		.alt_timeout = 11,
		/* By LID; what is global is not looked at. */
		.dest = {
			.dgid = { 0xff },
			.dlid = 0x1234,
			.flow_label = 0x11111,
			.sgid_index = 3,
			.hop_limit = 12,
			.traffic_class = 13,
			.sl = 1,
			.src_path_bits = 2,
			.static_rate = IBV_RATE_10_GBPS,
			.port_num = on->dest,
		},
		.alt_dest = {
			.dgid = { 0xfe, 0x80, [15] = 1 },
			.is_global = 1,
			.dlid = 0xb123,
			.flow_label = 0x54321,
			.sgid_index = 0,
			.hop_limit = 14,
			.traffic_class = 15,
			.sl = 4,
			.src_path_bits = 1,
			.static_rate = IBV_RATE_20_GBPS,
			.port_num = on->alt_dest,
		},
	};

	return legacy(fd, IB_USER_VERBS_CMD_MODIFY_QP, &in, sizeof(in), NULL, 0, NULL, 0);
}

/* To INIT by calls, where it gets its port; further as no verb does it. */
static void prepare(const struct qp *qp, uint32_t state, const struct ports *on)
{
	const struct ports init = { .port = on->init };
	uint32_t mask = IBV_QP_STATE | IBV_QP_PKEY_INDEX | PORT;

	mask |= qp->type == IB_UVERBS_QPT_UD ? IBV_QP_QKEY : IBV_QP_ACCESS_FLAGS;
	must("to RESET", modify(qp, IBV_QPS_RESET, IBV_QP_STATE, &init));
	must("to INIT", modify(qp, IBV_QPS_INIT, mask, &init));
	fake_tell(control, "state %u %u\n", qp->num, state);
	fake_tell(control, "record clear\n");
}

static void print_records(void)
{
	static char text[4096];
	int file = open(records, O_RDONLY | O_CLOEXEC), i;
	ssize_t len = file < 0 ? -1 : read(file, text, sizeof(text));

	if (len < 0)
		die("%s: %s", records, errno_name(errno));
	close(file);
	for (i = 0; i < len; i++)
		putchar(text[i] == '\n' ? ';' : text[i]);
}

static void try(const struct qp *qp, const struct change *change, uint32_t with,
		const struct ports *on)
{
	struct ib_uverbs_query_qp_resp now = {};

	printf("%s QP, %s with%s%s%s%s: ", qp->name, change->name, with ? "" : " nothing",
	       with & PORT ? " port" : "", with & AV ? " path" : "",
	       with & ALT ? " alternate" : "");
	printf("%s, ", errno_name(modify(qp, change->to, change->mask | with, on)));
	print_records();
	putchar(' ');
	must("QUERY_QP", query_qp(fd, qp->handle, &now));
	print_bytes(&now, sizeof(now));
	printf("; on %u: %u %u %u %u\n", on->init, on->port, on->dest, on->alt, on->alt_dest);
}

/* From change to change, so that QUERY_QP has much to tell. Some are not for QPs of this type. */
static void live(const struct qp *qp)
{
	static const struct ports on = { 1, 1, 1, 2, 2 };
	unsigned int i;

	prepare(qp, IBV_QPS_RESET, &on);
	for (i = 0; i < COUNT(changes); i++) {
		fake_tell(control, "record clear\n");
		try(qp, &changes[i], changes[i].usual, &on);
	}
}

static void test(const struct qp *qp)
{
	static const uint32_t withs[] = { 0, PORT, AV, ALT, PORT | AV, PORT | ALT, AV | ALT,
					  PORT | AV | ALT };
	unsigned int i, with, on;

	for (i = 0; i < COUNT(changes); i++) {
		for (with = 0; with < COUNT(withs); with++) {
			for (on = 0; on < COUNT(ports); on++) {
				if ((withs[with] & ports[on].of) != ports[on].of)
					continue;
				prepare(qp, changes[i].from, &ports[on]);
				try(qp, &changes[i], withs[with], &ports[on]);
			}
		}
	}
}

static void make(struct qp *qp)
{
	struct ib_uverbs_ex_create_qp in = {
		.pd_handle = qp->type == IB_UVERBS_QPT_XRC_TGT ? xrcd : pd,
		.send_cq_handle = cq,
		.recv_cq_handle = cq,
		.max_send_wr = 4,
		.max_recv_wr = 8,
		.max_send_sge = 2,
		.max_recv_sge = 3,
		.max_inline_data = 64,
		.sq_sig_all = 1,
		.qp_type = qp->type,
	};
	struct ib_uverbs_ex_create_qp_resp out = {};

	must(qp->name, legacy(fd, EX | IB_USER_VERBS_EX_CMD_CREATE_QP, &in, sizeof(in), &out,
			      sizeof(out), NULL, 0));
	qp->handle = out.base.qp_handle;
	qp->num = out.base.qpn;
}

static void open_other(const struct qp *other, struct qp *qp)
{
	struct ib_uverbs_open_qp in = { .pd_handle = xrcd, .qpn = other->num, .qp_type = qp->type };
	struct ib_uverbs_create_qp_resp out = {};

	must(qp->name, legacy(fd, IB_USER_VERBS_CMD_OPEN_QP, &in, sizeof(in), &out, sizeof(out),
			      NULL, 0));
	qp->handle = out.qp_handle;
	qp->num = other->num;
}

int main(int argc, char **argv)
{
	static struct qp qps[] = {
		{ "RC", IB_UVERBS_QPT_RC },
		{ "UC", IB_UVERBS_QPT_UC },
		{ "UD", IB_UVERBS_QPT_UD },
		{ "initiator", IB_UVERBS_QPT_XRC_INI },
		{ "target", IB_UVERBS_QPT_XRC_TGT },
	}, opened = { "opened target", IB_UVERBS_QPT_XRC_TGT };
	unsigned int i;

	if (argc != 3) {
		fprintf(stderr, "usage: modify NODE DIRECTORY\n");
		return 2;
	}
	snprintf(control, sizeof(control), "%s/control", argv[2]);
	snprintf(records, sizeof(records), "%s/records", argv[2]);
	fd = raw_open(argv[1]);
	must("GET_CONTEXT", get_context(fd));
	must("ALLOC_PD", alloc_pd(fd, &pd));
	must("CQ_CREATE", create_cq(fd, 16, -1, NULL, &cq));
	must("OPEN_XRCD", make_xrcd(fd, &xrcd));
	fake_tell(control, "record on\n");
	for (i = 0; i < COUNT(qps); i++) {
		make(&qps[i]);
		live(&qps[i]);
		test(&qps[i]);
	}
	/* Its port is what it got by the other handle. */
	open_other(&qps[COUNT(qps) - 1], &opened);
	live(&opened);
	test(&opened);
	fake_tell(control, "record off\n");
	return 0;
}
