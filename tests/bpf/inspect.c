// SPDX-License-Identifier: BSD-2-Clause
/*
 * inspect DEVICE GID-INDEX PEER-GID: what the provider rxe-inspect says of a pair
 * of RC QPs, compared with what was done with them and with what QP_QUERY
 * says; and of one that writes to PEER-GID, where nobody answers.
 *
 * Exit status: 0 if all of it was right, else 1.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <infiniband/verbs.h>

#include "../abi/raw.h"
#include "uverbs_bpf.h"
#include "../../bpf/providers/rxe-inspect.h"

#define PSN	0x123456
#define LABEL	0x12345		/* is UDP source port 58177 on the wire */
#define DEPTH	16

static int nr_failed;

#define EQ(actual, expected)							\
	do {									\
		long long _a = (actual), _e = (expected);			\
		if (_a != _e) {							\
			nr_failed++;						\
			printf("line %d: %s is %lld, expected %lld\n", __LINE__, #actual, _a, _e); \
		}								\
	} while (0)

static int fd;
static uint32_t ns;

static struct rxe_inspect_qp qp_of(struct ibv_qp *qp)
{
	struct rxe_inspect_qp seen = {};
	struct cmd cmd;

	cmd_begin(&cmd, UVERBS_OBJECT_QP, UVERBS_BPF_ID(ns, RXE_INSPECT_METHOD_QP));
	cmd_handle(&cmd, UVERBS_BPF_ATTR_OBJECT, qp->handle);
	cmd_out(&cmd, UVERBS_BPF_ID(ns, RXE_INSPECT_ATTR_QP), &seen, sizeof(seen));
	must("inspect_qp", cmd_call(fd, &cmd));
	return seen;
}

static struct rxe_inspect_cq cq_of(struct ibv_cq *cq)
{
	struct rxe_inspect_cq seen = {};
	struct cmd cmd;

	cmd_begin(&cmd, UVERBS_OBJECT_CQ, UVERBS_BPF_ID(ns, RXE_INSPECT_METHOD_CQ));
	cmd_handle(&cmd, UVERBS_BPF_ATTR_OBJECT, cq->handle);
	cmd_out(&cmd, UVERBS_BPF_ID(ns, RXE_INSPECT_ATTR_CQ), &seen, sizeof(seen));
	must("inspect_cq", cmd_call(fd, &cmd));
	return seen;
}

/* The same beside the answers of QP_QUERY. */
static struct rxe_inspect_qp queried(struct ibv_qp *qp, struct uverbs_bpf_qp_connection *connection)
{
	struct rxe_inspect_qp seen = {};
	struct cmd cmd;

	cmd_begin(&cmd, UVERBS_OBJECT_QP, UVERBS_BPF_METHOD_QP_QUERY);
	cmd_handle(&cmd, UVERBS_BPF_ATTR_QP_HANDLE, qp->handle);
	cmd_out(&cmd, UVERBS_BPF_ATTR_QP_CONNECTION, connection, sizeof(*connection));
	cmd_out(&cmd, UVERBS_BPF_ID(ns, RXE_INSPECT_ATTR_QP), &seen, sizeof(seen));
	must("QP_QUERY", cmd_call(fd, &cmd));
	return seen;
}

static uint32_t provider_open(void)
{
	static const char name[] = "rxe-inspect";
	struct cmd cmd;
	uint32_t id = 0;

	cmd_begin(&cmd, UVERBS_BPF_OBJECT_CHANNEL, UVERBS_BPF_METHOD_PROVIDER_OPEN);
	cmd_handle(&cmd, UVERBS_BPF_ATTR_CHANNEL_HANDLE, 0);
	cmd_in(&cmd, UVERBS_BPF_ATTR_CHANNEL_NAME, name, sizeof(name));
	cmd_u32(&cmd, UVERBS_BPF_ATTR_CHANNEL_MIN_VERSION, RXE_INSPECT_VERSION);
	cmd_out(&cmd, UVERBS_BPF_ATTR_CHANNEL_RESP_NS, &id, sizeof(id));
	must("PROVIDER_OPEN", cmd_call(fd, &cmd));
	return id;
}

static struct ibv_context *open_device(const char *name)
{
	struct ibv_device **list = ibv_get_device_list(NULL);
	int i;

	for (i = 0; list && list[i]; i++) {
		if (!strcmp(ibv_get_device_name(list[i]), name))
			return ibv_open_device(list[i]);
	}
	die("%s: cannot be opened", name);
}

static struct ibv_qp *make_qp(struct ibv_pd *pd, struct ibv_cq *cq)
{
	struct ibv_qp_init_attr init = {
		.send_cq = cq, .recv_cq = cq, .qp_type = IBV_QPT_RC,
		.cap = { .max_send_wr = DEPTH, .max_recv_wr = DEPTH, .max_send_sge = 1,
			 .max_recv_sge = 1 },
	};
	struct ibv_qp *qp = ibv_create_qp(pd, &init);

	if (!qp)
		die("ibv_create_qp: %s", strerror(errno));
	return qp;
}

static void connect_qp(struct ibv_qp *qp, uint32_t dest, const uint8_t *gid, int index,
		       uint32_t rq_psn, uint32_t sq_psn)
{
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_INIT, .port_num = 1,
		.qp_access_flags = IBV_ACCESS_REMOTE_WRITE,
	};

	must("INIT", ibv_modify_qp(qp, &attr, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT |
				   IBV_QP_ACCESS_FLAGS));
	attr = (struct ibv_qp_attr) {
		.qp_state = IBV_QPS_RTR, .path_mtu = IBV_MTU_1024, .dest_qp_num = dest,
		.rq_psn = rq_psn, .max_dest_rd_atomic = 1, .min_rnr_timer = 20,
		.ah_attr = {
			.is_global = 1, .port_num = 1,
			.grh = { .sgid_index = index, .hop_limit = 1, .flow_label = LABEL },
		},
	};
	memcpy(attr.ah_attr.grh.dgid.raw, gid, 16);
	must("RTR", ibv_modify_qp(qp, &attr, IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU |
				  IBV_QP_DEST_QPN | IBV_QP_RQ_PSN | IBV_QP_MAX_DEST_RD_ATOMIC |
				  IBV_QP_MIN_RNR_TIMER));
	attr = (struct ibv_qp_attr) {
		.qp_state = IBV_QPS_RTS, .timeout = 14, .retry_cnt = 6, .rnr_retry = 5,
		.sq_psn = sq_psn, .max_rd_atomic = 1,
	};
	must("RTS", ibv_modify_qp(qp, &attr, IBV_QP_STATE | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT |
				  IBV_QP_RNR_RETRY | IBV_QP_SQ_PSN | IBV_QP_MAX_QP_RD_ATOMIC));
}

static void post_send(struct ibv_qp *qp, struct ibv_mr *mr, uint32_t len)
{
	struct ibv_sge sge = { .addr = (uintptr_t)mr->addr, .length = len, .lkey = mr->lkey };
	struct ibv_send_wr *bad, wr = {
		.sg_list = &sge, .num_sge = 1, .opcode = IBV_WR_SEND,
		.send_flags = IBV_SEND_SIGNALED,
	};

	must("ibv_post_send", ibv_post_send(qp, &wr, &bad));
}

static void post_recv(struct ibv_qp *qp, struct ibv_mr *mr)
{
	struct ibv_sge sge = { .addr = (uintptr_t)mr->addr, .length = mr->length,
			       .lkey = mr->lkey };
	struct ibv_recv_wr *bad, wr = { .sg_list = &sge, .num_sge = 1 };

	must("ibv_post_recv", ibv_post_recv(qp, &wr, &bad));
}

/* Until @cq holds @fill completions. */
static void wait_fill(struct ibv_cq *cq, uint32_t fill)
{
	int i;

	for (i = 0; i < 1000 && cq_of(cq).queue.fill != fill; i++)
		usleep(10000);
	EQ(cq_of(cq).queue.fill, fill);
}

static void print_qp(const char *what, const struct rxe_inspect_qp *qp)
{
	printf("%s: req_psn 0x%06x comp_psn 0x%06x resp_psn 0x%06x msn %u retry %u of %u rnr %u of %u "
	       "sport %u sq %u of %u rq %u of %u\n", what, qp->req_psn, qp->comp_psn, qp->resp_psn,
	       qp->msn, qp->retry_cnt, qp->retry_limit, qp->rnr_retry, qp->rnr_limit,
	       qp->udp_sport, qp->sq.fill, qp->sq.size, qp->rq.fill, qp->rq.size);
}

int main(int argc, char **argv)
{
	static char memory[8192] __attribute__((aligned(4096)));
	struct uverbs_bpf_qp_connection connection = {};
	struct ibv_qp *a, *b, *lonely;
	struct rxe_inspect_qp seen;
	struct ibv_context *context;
	struct ibv_cq *cq, *cq_b;
	union ibv_gid gid, peer;
	struct ibv_mr *mr;
	struct ibv_pd *pd;
	struct ibv_wc wc;
	int i, index;

	if (argc != 4 || inet_pton(AF_INET6, argv[3], peer.raw) != 1) {
		fprintf(stderr, "usage: inspect DEVICE GID-INDEX PEER-GID\n");
		return 2;
	}
	index = atoi(argv[2]);
	context = open_device(argv[1]);
	fd = context->cmd_fd;
	pd = ibv_alloc_pd(context);
	cq = ibv_create_cq(context, DEPTH, NULL, NULL, 0);
	cq_b = ibv_create_cq(context, DEPTH, NULL, NULL, 0);
	mr = ibv_reg_mr(pd, memory, sizeof(memory), IBV_ACCESS_LOCAL_WRITE);
	if (!cq || !cq_b || !mr || ibv_query_gid(context, 1, index, &gid))
		die("no CQ, MR or GID: %s", strerror(errno));
	ns = provider_open();
	a = make_qp(pd, cq);
	b = make_qp(pd, cq_b);
	EQ(cq_of(cq).users, 2);

	connect_qp(a, b->qp_num, gid.raw, index, PSN, PSN + 0x100);
	connect_qp(b, a->qp_num, gid.raw, index, PSN + 0x100, PSN);
	seen = qp_of(a);
	print_qp("connected", &seen);
	EQ(seen.req_psn, PSN + 0x100);
	EQ(seen.comp_psn, PSN + 0x100);
	EQ(seen.resp_psn, PSN);
	EQ(seen.retry_cnt, 6);
	EQ(seen.retry_limit, 6);
	EQ(seen.rnr_retry, 5);
	EQ(seen.rnr_limit, 5);
	EQ(seen.udp_sport, 58177);
	EQ(seen.sq.size >= DEPTH, 1);
	EQ(seen.sq.fill, 0);

	/* Five receives; four sends, one of them of two packets. */
	for (i = 0; i < 5; i++)
		post_recv(b, mr);
	EQ(qp_of(b).rq.fill, 5);
	for (i = 0; i < 3; i++)
		post_send(a, mr, 64);
	post_send(a, mr, 2048);
	wait_fill(cq_b, 4);
	wait_fill(cq, 4);
	seen = qp_of(a);
	print_qp("sender", &seen);
	EQ(seen.req_psn, PSN + 0x105);
	EQ(seen.comp_psn, PSN + 0x105);
	EQ(seen.sq.fill, 0);
	seen = qp_of(b);
	print_qp("receiver", &seen);
	EQ(seen.resp_psn, PSN + 0x105);
	EQ(seen.msn, 4);
	EQ(seen.rq.fill, 1);
	EQ(ibv_poll_cq(cq, 1, &wc), 1);
	EQ(cq_of(cq).queue.fill, 3);

	/* As the verb sees it. */
	seen = queried(a, &connection);
	EQ(connection.sq_psn, seen.req_psn);
	EQ(connection.rq_psn, seen.resp_psn);
	EQ(connection.retry_cnt, seen.retry_limit);
	EQ(connection.rnr_retry, seen.rnr_limit);
	EQ(seen.req_psn, PSN + 0x105);

	/* A second more than there are receives for: the peer is not ready. */
	post_send(a, mr, 64);
	post_send(a, mr, 64);
	for (i = 0; i < 500 && qp_of(a).rnr_retry == 5; i++)
		usleep(2000);
	seen = qp_of(a);
	print_qp("peer not ready", &seen);
	EQ(seen.rnr_retry < 5, 1);
	EQ(seen.sq.fill, 1);

	/* Nobody there: retries are used up. */
	lonely = make_qp(pd, cq);
	connect_qp(lonely, 0x777, peer.raw, index, 1, 2);
	post_send(lonely, mr, 64);
	for (i = 0; i < 500 && qp_of(lonely).retry_cnt == 6; i++)
		usleep(2000);
	seen = qp_of(lonely);
	print_qp("nobody there", &seen);
	EQ(seen.retry_cnt < 6, 1);
	EQ(seen.sq.fill <= 1, 1);
	printf("%s\n", nr_failed ? "FAILED" : "ok");
	return !!nr_failed;
}
