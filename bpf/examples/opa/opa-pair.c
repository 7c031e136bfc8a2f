// SPDX-License-Identifier: BSD-2-Clause
/*
 * opa-pair DEVICE DLID [SL]: connect two QPs of an Omni-Path device by a destination LID, send a
 * message from one to the other and compare it, and show the path the driver has.
 *
 * Exit status: 0; 1 if the message did not arrive; 3 if a call was refused.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uverbs-bpf/verbs.h>

#include "opa.h"

static char why[UVERBS_BPF_ERROR_MAX];
static struct opa_path path;
/* The library knows no Omni-Path: this is how it takes what it does not know. */
static const struct uvb_attr attr = { .id = OPA_PATH, .len = sizeof(path), .data = &path };

static void end(int status, const char *what)
{
	fprintf(stderr, "%s: %s\n", what, why[0] ? why : strerror(errno));
	exit(status);
}

static struct ibv_context *open_device(const char *name)
{
	struct ibv_device **list = ibv_get_device_list(NULL), **device;

	for (device = list; device && *device; device++) {
		if (!strcmp(ibv_get_device_name(*device), name))
			return ibv_open_device(*device);
	}
	return NULL;
}

static void connect(struct ibv_qp *qp, struct ibv_qp *peer)
{
	UVB_OPTS(uvb_qp_connect_opts, opts, .port = 1, .nr_attrs = 1, .attrs = &attr,
		 .connection = {
			.fields = UVERBS_BPF_QP_PATH_MTU | UVERBS_BPF_QP_DEST_QPN |
				  UVERBS_BPF_QP_RQ_PSN | UVERBS_BPF_QP_SQ_PSN |
				  UVERBS_BPF_QP_MAX_DEST_RD_ATOMIC | UVERBS_BPF_QP_MIN_RNR_TIMER |
				  UVERBS_BPF_QP_TIMEOUT | UVERBS_BPF_QP_RETRY_CNT |
				  UVERBS_BPF_QP_RNR_RETRY | UVERBS_BPF_QP_MAX_RD_ATOMIC,
			.path_mtu = IBV_MTU_1024, .dest_qp_num = peer->qp_num,
			.min_rnr_timer = 12, .timeout = 14, .retry_cnt = 7, .rnr_retry = 7,
			.max_rd_atomic = 1, .max_dest_rd_atomic = 1,
		 },
		 .error = why, .error_len = sizeof(why));

	if (uvb_connect_qp(qp, &opts))
		end(3, "connect");
}

static void show(struct ibv_qp *qp)
{
	struct opa_path now = {};
	struct uvb_attr wanted = { .id = OPA_PATH, .len = sizeof(now), .data = &now };

	UVB_OPTS(uvb_qp_query_opts, opts, .nr_attrs = 1, .attrs = &wanted, .error = why,
		 .error_len = sizeof(why));

	if (uvb_query_qp(qp, &opts))
		end(3, "query");
	printf("path: LID 0x%x, SL %u\n", now.dlid, now.sl);
}

static enum ibv_wc_status complete(struct ibv_cq *cq)
{
	struct ibv_wc wc;
	int n;

	do
		n = ibv_poll_cq(cq, 1, &wc);
	while (!n);
	if (n < 0)
		end(1, "poll_cq");
	return wc.status;
}

int main(int argc, char **argv)
{
	struct ibv_context *context = argc > 2 ? open_device(argv[1]) : NULL;
	struct ibv_pd *pd = context ? ibv_alloc_pd(context) : NULL;
	struct ibv_cq *cq = context ? ibv_create_cq(context, 8, NULL, NULL, 0) : NULL;
	struct ibv_qp_init_attr init = {
		.send_cq = cq, .recv_cq = cq, .qp_type = IBV_QPT_RC, .sq_sig_all = 1,
		.cap = { .max_send_wr = 1, .max_recv_wr = 1, .max_send_sge = 1, .max_recv_sge = 1 },
	};
	char buf[2][32] = { "over Omni-Path" };
	struct ibv_qp *a, *b;
	struct ibv_mr *mr;

	if (!pd || !cq)
		end(1, "usage: opa-pair DEVICE DLID [SL]");
	path.dlid = strtoul(argv[2], NULL, 0);
	path.sl = argc > 3 ? strtoul(argv[3], NULL, 0) : 0;
	mr = ibv_reg_mr(pd, buf, sizeof(buf), IBV_ACCESS_LOCAL_WRITE);
	a = ibv_create_qp(pd, &init);
	b = ibv_create_qp(pd, &init);
	if (!mr || !a || !b)
		end(1, "MR, QPs");
	connect(a, b);
	connect(b, a);
	show(a);

	struct ibv_sge out = { (uintptr_t)buf[0], sizeof(buf[0]), mr->lkey };
	struct ibv_sge in = { (uintptr_t)buf[1], sizeof(buf[1]), mr->lkey };
	struct ibv_recv_wr recv = { .sg_list = &in, .num_sge = 1 }, *bad_recv;
	struct ibv_send_wr send = { .sg_list = &out, .num_sge = 1, .opcode = IBV_WR_SEND }, *bad;

	if (ibv_post_recv(b, &recv, &bad_recv) || ibv_post_send(a, &send, &bad))
		end(1, "post");
	if (complete(cq) || complete(cq) || strcmp(buf[0], buf[1])) {
		printf("nothing arrived\n");
		return 1;
	}
	printf("arrived: %s\n", buf[1]);
	ibv_destroy_qp(a);
	ibv_destroy_qp(b);
	ibv_dereg_mr(mr);
	ibv_destroy_cq(cq);
	ibv_dealloc_pd(pd);
	ibv_close_device(context);
	return 0;
}
