// SPDX-License-Identifier: BSD-2-Clause
/*
 * uvb-qp: the life of a QP, from PD to destruction, on one RoCE device. It says
 * the same whoever serves QPs: a driver through ib_core, or directly. Numbers
 * that a device chooses are checked and not printed.
 *
 *	uvb-qp DEVICE			check every step
 *	uvb-qp DEVICE COUNT		make so many QPs at once and destroy them
 *
 * Exit status: 0 if all held, else 1.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uverbs-bpf/verbs.h>

static struct ibv_context *context;
static struct ibv_pd *pd;
static struct ibv_cq *cq;
static union ibv_gid gid;
static int sgid_index = -1;
static char text[UVERBS_BPF_ERROR_MAX];
static bool failed;

__attribute__((format(printf, 1, 2), noreturn))
static void die(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static void check(bool ok, const char *what)
{
	printf("%s: %s%s%s\n", ok ? "ok" : "NOT ok", what, ok ? "" : ": ", ok ? "" : text);
	failed |= !ok;
}

static void setup(const char *name)
{
	struct ibv_device **list = ibv_get_device_list(NULL), **device;
	struct ibv_gid_entry entries[64];
	ssize_t n, i;

	for (device = list; device && *device && !context; device++) {
		if (!strcmp(name, ibv_get_device_name(*device)))
			context = ibv_open_device(*device);
	}
	if (!context)
		die("%s: cannot be opened", name);
	ibv_free_device_list(list);
	n = ibv_query_gid_table(context, entries, 64, 0);
	/* One with an IPv4 address, whose neighbours have to be asked for. */
	for (i = 0; i < n && sgid_index < 0; i++) {
		static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

		if (entries[i].gid_type == IBV_GID_TYPE_ROCE_V2 &&
		    !memcmp(entries[i].gid.raw, mapped, sizeof(mapped))) {
			sgid_index = entries[i].gid_index;
			gid = entries[i].gid;
		}
	}
	if (sgid_index < 0)
		die("%s: has no RoCE v2 GID of IPv4 among %zd", name, n);
	pd = ibv_alloc_pd(context);
	cq = ibv_create_cq(context, 16, NULL, NULL, 0);
	if (!pd || !cq)
		die("PD or CQ: %s", strerror(errno));
}

static struct ibv_qp *make_qp(void)
{
	struct ibv_qp_init_attr init = {
		.send_cq = cq, .recv_cq = cq, .qp_type = IBV_QPT_RC,
		.cap = { .max_send_wr = 4, .max_recv_wr = 4, .max_send_sge = 1, .max_recv_sge = 1 },
	};
	struct ibv_qp *qp = ibv_create_qp(pd, &init);

	if (!qp)
		die("create_qp: %s", strerror(errno));
	return qp;
}

static const struct uverbs_bpf_qp_connection responder = {
	.fields = UVERBS_BPF_QP_PATH_MTU | UVERBS_BPF_QP_DEST_QPN | UVERBS_BPF_QP_RQ_PSN |
		  UVERBS_BPF_QP_MAX_DEST_RD_ATOMIC | UVERBS_BPF_QP_MIN_RNR_TIMER,
	.path_mtu = IBV_MTU_1024, .dest_qp_num = 0x4711, .rq_psn = 0x123456,
	.max_dest_rd_atomic = 1, .min_rnr_timer = 12,
};

static const struct uverbs_bpf_qp_connection requester = {
	.fields = UVERBS_BPF_QP_SQ_PSN | UVERBS_BPF_QP_TIMEOUT | UVERBS_BPF_QP_RETRY_CNT |
		  UVERBS_BPF_QP_RNR_RETRY | UVERBS_BPF_QP_MAX_RD_ATOMIC,
	.sq_psn = 0x654321, .timeout = 14, .retry_cnt = 7, .rnr_retry = 7, .max_rd_atomic = 1,
};

static struct uverbs_bpf_roce_path make_path(void)
{
	struct uverbs_bpf_roce_path path = {
		.fields = UVERBS_BPF_ROCE_DEST_GID | UVERBS_BPF_ROCE_SGID_INDEX,
		.sgid_index = sgid_index,
	};

	memcpy(path.dest, &gid, sizeof(path.dest));
	return path;
}

static int modify(struct ibv_qp *qp, struct uvb_qp_modify_opts *opts)
{
	opts->error = text;
	opts->error_len = sizeof(text);
	text[0] = '\0';
	return uvb_modify_qp(qp, opts);
}

static void expect_state(struct ibv_qp *qp, enum ibv_qp_state state, const char *what)
{
	struct ibv_qp_init_attr init;
	struct ibv_qp_attr attr;
	int ret = ibv_query_qp(qp, &attr, IBV_QP_STATE, &init);

	check(!ret && attr.qp_state == state, what);
}

/* By attributes, a path of the transport's among them. */
static void by_attributes(struct ibv_qp *qp)
{
	struct uverbs_bpf_roce_path path = make_path();

	UVB_OPTS(uvb_qp_modify_opts, init, .mask = IBV_QP_STATE | IBV_QP_PORT |
		 IBV_QP_PKEY_INDEX | IBV_QP_ACCESS_FLAGS, .state = IBV_QPS_INIT, .port = 1,
		 .access_flags = IBV_ACCESS_REMOTE_WRITE);
	UVB_OPTS(uvb_qp_modify_opts, rtr, .mask = IBV_QP_STATE, .state = IBV_QPS_RTR,
		 .connection = responder);
	UVB_OPTS(uvb_qp_modify_opts, rts, .mask = IBV_QP_STATE, .state = IBV_QPS_RTS,
		 .connection = requester);
	UVB_OPTS(uvb_qp_query_opts, now, .mask = IBV_QP_STATE | IBV_QP_AV | IBV_QP_DEST_QPN |
		 IBV_QP_ACCESS_FLAGS | IBV_QP_PORT | IBV_QP_CAP, .error = text,
		 .error_len = sizeof(text));

	check(modify(qp, &rts) == -EINVAL && strstr(text, "RESET to RTS"),
	      "RESET to RTS is refused, in words");
	check(!modify(qp, &init), "modify to INIT");
	check(modify(qp, &rtr) == -EINVAL && strstr(text, "INIT to RTR") && strstr(text, "path"),
	      "RTR without a path is refused, in words");
	rtr.path = path;
	rtr.path.sgid_index = 200;
	check(modify(qp, &rtr) < 0, "RTR from a GID that is not there is refused");
	expect_state(qp, IBV_QPS_INIT, "and the QP stays in INIT");
	rtr.path = path;
	check(!modify(qp, &rtr), "modify to RTR with a path");
	check(!modify(qp, &rts), "modify to RTS");

	check(!uvb_query_qp(qp, &now), "query");
	check(now.state == IBV_QPS_RTS && now.port == 1 &&
	      now.access_flags & IBV_ACCESS_REMOTE_WRITE, "state, port and access are as set");
	check(now.connection.dest_qp_num == responder.dest_qp_num &&
	      now.connection.rq_psn == responder.rq_psn &&
	      now.connection.sq_psn == requester.sq_psn &&
	      now.connection.timeout == requester.timeout &&
	      now.connection.min_rnr_timer == responder.min_rnr_timer,
	      "the connection is as set");
	check(now.path.sgid_index == sgid_index &&
	      !memcmp(now.path.dest, path.dest, sizeof(path.dest)), "the path is as set");
	check(now.cap.max_send_wr >= 4 && now.cap.max_recv_wr >= 4, "the queues are as asked for");
}

/* The same QP by the fixed structs, and in one call. */
static void otherwise(struct ibv_qp *qp)
{
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_ERR };
	struct uverbs_bpf_qp_connection both = responder;

	check(!ibv_modify_qp(qp, &attr, IBV_QP_STATE), "ibv_modify_qp to ERR");
	expect_state(qp, IBV_QPS_ERR, "the state is ERR");
	attr.qp_state = IBV_QPS_RESET;
	check(!ibv_modify_qp(qp, &attr, IBV_QP_STATE), "ibv_modify_qp to RESET");

	both.fields |= requester.fields;
	both.sq_psn = requester.sq_psn;
	both.timeout = requester.timeout;
	both.retry_cnt = requester.retry_cnt;
	both.rnr_retry = requester.rnr_retry;
	both.max_rd_atomic = requester.max_rd_atomic;
	UVB_OPTS(uvb_qp_connect_opts, opts, .connection = both, .path = make_path(),
		 .error = text, .error_len = sizeof(text));
	check(!uvb_connect_qp(qp, &opts), "connect in one call");
	expect_state(qp, IBV_QPS_RTS, "the state is RTS");
	check(uvb_connect_qp(qp, &opts) == -EINVAL && strstr(text, "is in RTS"),
	      "connecting it once more is refused, in words");
	expect_state(qp, IBV_QPS_RTS, "and it stays in RTS");
}

static void life(void)
{
	struct ibv_mr *mr;
	struct ibv_qp *qp;
	char buf[4096];

	mr = ibv_reg_mr(pd, buf, sizeof(buf), IBV_ACCESS_LOCAL_WRITE);
	check(mr, "PD, CQ and MR");
	qp = make_qp();
	check(qp->qp_num, "QP");
	check(ibv_dealloc_pd(pd) == EBUSY, "the PD is busy");
	check(ibv_destroy_cq(cq) == EBUSY, "the CQ is busy");
	by_attributes(qp);
	otherwise(qp);
	check(!ibv_destroy_qp(qp), "destroy the QP");
	check(!ibv_dereg_mr(mr) && !ibv_destroy_cq(cq) && !ibv_dealloc_pd(pd),
	      "then MR, CQ and PD");
}

static void many(unsigned int count)
{
	struct ibv_qp **qps = calloc(count, sizeof(*qps));
	unsigned int i;

	if (!qps)
		die("no memory");
	for (i = 0; i < count; i++)
		qps[i] = make_qp();
	for (i = 0; i < count; i++) {
		if (ibv_destroy_qp(qps[i]))
			die("destroy_qp: %s", strerror(errno));
	}
	free(qps);
}

int main(int argc, char **argv)
{
	if (argc < 2 || argc > 3)
		die("Usage: uvb-qp DEVICE [COUNT]");
	setup(argv[1]);
	if (argc == 3)
		many(atoi(argv[2]));
	else
		life();
	ibv_close_device(context);
	return failed;
}
