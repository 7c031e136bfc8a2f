// SPDX-License-Identifier: BSD-2-Clause
/*
 * receives NODE
 *
 * A data path that goes through the kernel altogether, on ib0: work requests
 * by POST_SEND, POST_RECV and POST_SRQ_RECV, completions by POLL_CQ. No queue
 * is mapped, since the driver is given no place to say where. Prints what
 * calls are answered, right ones and wrong ones, and what arrives.
 *
 * Exit status: 0, or 1 if a call failed that is not to be tried here.
 */
#include <stddef.h>
#include <sys/mman.h>

#include "raw.h"

#define MAX_WR		64
#define MAX_SGE		4
#define MESSAGE		64

static int fd;
static uint32_t pd, lkey, cq, srq;
static char memory[2][4096] __attribute__((aligned(4096)));

struct qp {
	uint32_t handle, number;
};

static void make(void)
{
	struct ib_uverbs_create_srq srq_in = { .max_wr = MAX_WR, .max_sge = MAX_SGE };
	struct ib_uverbs_create_cq cq_in = { .cqe = 256, .comp_channel = -1 };
	struct ib_uverbs_create_srq_resp srq_out = {};
	struct ib_uverbs_create_cq_resp cq_out = {};
	struct ib_uverbs_reg_mr_resp mr = {};

	must("GET_CONTEXT", get_context(fd));
	must("ALLOC_PD", alloc_pd(fd, &pd));
	must("REG_MR", reg_mr(fd, pd, memory, sizeof(memory), &mr));
	lkey = mr.lkey;
	must("CREATE_CQ", legacy(fd, IB_USER_VERBS_CMD_CREATE_CQ, &cq_in, sizeof(cq_in), &cq_out,
				 sizeof(cq_out), NULL, 0));
	cq = cq_out.cq_handle;
	srq_in.pd_handle = pd;
	must("CREATE_SRQ", legacy(fd, IB_USER_VERBS_CMD_CREATE_SRQ, &srq_in, sizeof(srq_in),
				  &srq_out, sizeof(srq_out), NULL, 0));
	srq = srq_out.srq_handle;
}

static void make_qp(struct qp *qp, bool is_srq)
{
	struct ib_uverbs_create_qp in = {
		.pd_handle = pd,
		.send_cq_handle = cq,
		.recv_cq_handle = cq,
		.srq_handle = srq,
		.max_send_wr = MAX_WR,
		.max_recv_wr = MAX_WR,
		.max_send_sge = MAX_SGE,
		.max_recv_sge = MAX_SGE,
		.sq_sig_all = 1,
		.qp_type = IB_UVERBS_QPT_RC,
		.is_srq = is_srq,
	};
	struct ib_uverbs_create_qp_resp out = {};

	must("CREATE_QP", legacy(fd, IB_USER_VERBS_CMD_CREATE_QP, &in, sizeof(in), &out,
				 sizeof(out), NULL, 0));
	qp->handle = out.qp_handle;
	qp->number = out.qpn;
}

static void modify(const struct qp *qp, struct ib_uverbs_modify_qp *in)
{
	in->qp_handle = qp->handle;
	must("MODIFY_QP", legacy(fd, IB_USER_VERBS_CMD_MODIFY_QP, in, sizeof(*in), NULL, 0, NULL,
				 0));
}

/* Port 1 has LID 1. */
static void connect_to(const struct qp *qp, const struct qp *peer)
{
	/* STATE, ACCESS_FLAGS, PKEY_INDEX, PORT */
	struct ib_uverbs_modify_qp init = {
		.attr_mask = 1 << 0 | 1 << 3 | 1 << 4 | 1 << 5,
		.qp_state = 1,
		.port_num = 1,
	};
	/* STATE, AV, PATH_MTU, RQ_PSN, MAX_DEST_RD_ATOMIC, MIN_RNR_TIMER, DEST_QPN */
	struct ib_uverbs_modify_qp rtr = {
		.attr_mask = 1 << 0 | 1 << 7 | 1 << 8 | 1 << 12 | 1 << 15 | 1 << 17 | 1 << 20,
		.qp_state = 2,
		.path_mtu = 3,
		.dest_qp_num = peer->number,
		.min_rnr_timer = 1,
		.max_dest_rd_atomic = 1,
		.dest = { .dlid = 1, .port_num = 1 },
	};
	/* STATE, TIMEOUT, RETRY_CNT, RNR_RETRY, MAX_QP_RD_ATOMIC, SQ_PSN */
	struct ib_uverbs_modify_qp rts = {
		.attr_mask = 1 << 0 | 1 << 9 | 1 << 10 | 1 << 11 | 1 << 13 | 1 << 16,
		.qp_state = 3,
		.timeout = 14,
		.retry_cnt = 7,
		.rnr_retry = 7,
		.max_rd_atomic = 1,
	};

	modify(qp, &init);
	modify(qp, &rtr);
	modify(qp, &rts);
}

/* ---- calls ---- */

/* A command that posts to receive, as it is built. */
struct post {
	struct ib_uverbs_post_recv cmd;
	uint8_t rest[8192];
};

/* @count work requests with @sges entries each; the ids count from @id. */
static size_t fill(struct post *post, uint32_t handle, uint64_t id, uint32_t count, uint32_t sges,
		   uint32_t wqe_size)
{
	struct ib_uverbs_sge *sge = (void *)(post->rest + count * wqe_size);
	unsigned int i, j;

	memset(post, 0, sizeof(*post));
	post->cmd.qp_handle = handle;
	post->cmd.wr_count = count;
	post->cmd.sge_count = count * sges;
	post->cmd.wqe_size = wqe_size;
	for (i = 0; i < count; i++) {
		struct ib_uverbs_recv_wr *wr = (void *)(post->rest + i * wqe_size);

		wr->wr_id = id + i;
		wr->num_sge = sges;
		/* The message is dealt out to pieces that lie far from each other. */
		for (j = 0; j < sges; j++, sge++) {
			sge->addr = (uintptr_t)memory[0] + j * 1024 + i * MESSAGE / sges;
			sge->length = MESSAGE / sges;
			sge->lkey = lkey;
		}
	}
	return sizeof(post->cmd) + count * wqe_size + count * sges * sizeof(*sge);
}

static void say(const char *what, int ret, uint32_t bad)
{
	printf("%s: %s", what, errno_name(ret));
	if (ret && bad)
		printf(", stopped at %u", bad);
	putchar('\n');
}

static void call(const char *what, uint32_t command, const struct post *post, size_t size)
{
	uint32_t bad = 0;
	int ret = legacy(fd, command, post, size, &bad, sizeof(bad), NULL, 0);

	say(what, ret, bad);
}

static void post_send(const struct qp *qp, unsigned int number)
{
	struct {
		struct ib_uverbs_post_send cmd;
		struct ib_uverbs_send_wr wr;
		struct ib_uverbs_sge sge;
	} in = {
		.cmd = {
			.qp_handle = qp->handle,
			.wr_count = 1,
			.sge_count = 1,
			.wqe_size = sizeof(in.wr),
		},
		.wr = { .wr_id = 1000 + number, .num_sge = 1, .opcode = IB_UVERBS_WR_SEND },
		.sge = { .addr = (uintptr_t)memory[1], .length = MESSAGE, .lkey = lkey },
	};
	struct ib_uverbs_post_send_resp out;

	memset(memory[1], 'a' + number % 26, MESSAGE);
	must("POST_SEND", legacy(fd, IB_USER_VERBS_CMD_POST_SEND, &in, sizeof(in), &out,
				 sizeof(out), NULL, 0));
}

static struct {
	struct ib_uverbs_poll_cq_resp resp;
	struct ib_uverbs_wc wc[32];
} polled;

static int poll_cq(uint32_t max)
{
	struct ib_uverbs_poll_cq in = { .cq_handle = cq, .ne = max };

	memset(&polled, 0x5a, sizeof(polled));
	return legacy(fd, IB_USER_VERBS_CMD_POLL_CQ, &in, sizeof(in), &polled, sizeof(polled),
		      NULL, 0);
}

/* Wait for a message and its sending to complete, in whatever order. */
static void complete(const struct qp *to)
{
	struct ib_uverbs_wc *wc = &polled.wc[0], received = {};
	unsigned int done = 0;

	while (done < 2) {
		must("POLL_CQ", poll_cq(1));
		if (!polled.resp.count)
			continue;
		done++;
		if (wc->status)
			die("completion status %u of %u", wc->status, (unsigned int)wc->wr_id);
		if (wc->wr_id < 1000)
			received = *wc;
	}
	printf("received by %u: %u bytes, opcode %u, of %s\n", (unsigned int)received.wr_id,
	       received.byte_len, received.opcode,
	       received.qp_num == to->number ? "the right QP" : "another QP");
}

/* What lies where the pieces of the first messages were to go. */
static void show(unsigned int sges)
{
	unsigned int i;

	for (i = 0; i < sges; i++)
		printf("  piece %u: %.*s\n", i, 3 * MESSAGE / (int)sges, memory[0] + i * 1024);
	memset(memory[0], 0, sizeof(memory[0]));
}

/* ---- what is tried ---- */

static void transfer(const char *what, uint32_t command, uint32_t handle, const struct qp *from,
		     const struct qp *to, unsigned int count, unsigned int sges,
		     unsigned int wqe_size)
{
	struct post post;
	unsigned int i;
	size_t size = fill(&post, handle, 100, count, sges, wqe_size);

	printf("%s, %u of %u pieces:\n", what, count, sges);
	call("  post", command, &post, size);
	for (i = 0; i < count; i++) {
		post_send(from, i);
		complete(to);
	}
	show(sges);
}

static void transfers(const char *what, uint32_t command, uint32_t handle, const struct qp *from,
		      const struct qp *to)
{
	size_t wqe = sizeof(struct ib_uverbs_recv_wr);

	transfer(what, command, handle, from, to, 1, 1, wqe);
	transfer(what, command, handle, from, to, 3, 2, wqe);
	transfer(what, command, handle, from, to, 3, 4, wqe + 8);
	transfer(what, command, handle, from, to, 30, 2, wqe);
}

static void wrong(const char *what, uint32_t command, uint32_t handle)
{
	struct ib_uverbs_recv_wr *wr;
	struct post post, *edge;
	size_t size, wqe = sizeof(*wr);
	char *end;

	printf("%s, wrong:\n", what);
	call("  nothing", command, &post, fill(&post, handle, 0, 0, 0, wqe));
	call("  no such queue", command, &post, fill(&post, 1000, 0, 1, 1, wqe));
	call("  another object", command, &post, fill(&post, pd, 0, 1, 1, wqe));
	size = fill(&post, 1000, 0, 1, 1, wqe);
	call("  no such queue, cut", command, &post, size - 1);
	size = fill(&post, handle, 0, 2, 1, wqe);
	call("  cut", command, &post, size - 1);
	call("  cut to the header", command, &post, sizeof(post.cmd));
	call("  cut header", command, &post, sizeof(post.cmd) - 1);
	call("  longer", command, &post, size + 8);
	post.cmd.wqe_size = wqe - 1;
	call("  short work requests", command, &post, size);
	size = fill(&post, handle, 0, 2, 1, wqe);
	wr = (void *)post.rest;
	wr[1].num_sge = 2;
	call("  more pieces than there are", command, &post, size);
	wr[1].num_sge = ~0U;
	call("  absurdly many pieces", command, &post, size);
	post.cmd.sge_count = ~0U;
	call("  an absurd list", command, &post, size);
	size = fill(&post, handle, 0, 2, 1, wqe);
	post.cmd.wr_count = ~0U;
	call("  absurdly many", command, &post, size);
	fill(&post, handle, 0, 2, 1, wqe);
	post.rest[size - sizeof(post.cmd)] = 1;
	call("  longer, not zero", command, &post, size + 8);

	/* The driver stops at one of them; what is before it is posted. */
	size = fill(&post, handle, 200, 3, MAX_SGE + 1, wqe);
	call("  too many pieces for the queue", command, &post, size);
	size = fill(&post, handle, 200, 3, 1, wqe);
	wr = (void *)post.rest;
	wr[2].num_sge = 0;
	wr[1].num_sge = 1;
	post.cmd.sge_count = 2;
	call("  the last without pieces", command, &post, size - sizeof(struct ib_uverbs_sge));
	size = fill(&post, handle, 300, MAX_WR + 8, 1, wqe);
	call("  more than the queue holds", command, &post, size);
	call("  more than a full queue holds", command, &post, size);

	end = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (end == MAP_FAILED)
		die("mmap: %s", strerror(errno));
	end += 2 * 4096;
	munmap(end, 4096);
	size = fill(&post, handle, 0, 3, 1, wqe);
	edge = (void *)(end - size + 8);
	memcpy(edge, &post, size - 8);
	call("  pieces across unmapped memory", command, edge, size);
	edge = (void *)(end - sizeof(post.cmd) - 8);
	memcpy(edge, &post, sizeof(post.cmd) + 8);
	call("  work requests across unmapped memory", command, edge, size);
}

static void polling(const struct qp *from, const struct qp *to)
{
	struct ib_uverbs_poll_cq in = { .cq_handle = cq, .ne = 32 };
	struct post post;
	unsigned int i;

	puts("POLL_CQ:");
	call("  post", IB_USER_VERBS_CMD_POST_SRQ_RECV, &post,
	     fill(&post, srq, 100, 4, 1, sizeof(struct ib_uverbs_recv_wr)));
	for (i = 0; i < 4; i++)
		post_send(from, i);
	/* All eight, in one call. */
	usleep(300000);
	printf("  none of them: %s, %u\n", errno_name(poll_cq(0)), polled.resp.count);
	in.cq_handle = 1000;
	say("  no such CQ", legacy(fd, IB_USER_VERBS_CMD_POLL_CQ, &in, sizeof(in), &polled,
				   sizeof(polled), NULL, 0), 0);
	in.cq_handle = pd;
	say("  another object", legacy(fd, IB_USER_VERBS_CMD_POLL_CQ, &in, sizeof(in), &polled,
				       sizeof(polled), NULL, 0), 0);
	in.cq_handle = cq;
	say("  no room for the header", legacy(fd, IB_USER_VERBS_CMD_POLL_CQ, &in, sizeof(in),
					       &polled, 7, NULL, 0), 0);
	printf("  three of them: %s, %u\n", errno_name(poll_cq(3)), polled.resp.count);
	printf("  behind them %s\n", *(uint8_t *)&polled.wc[3] == 0x5a ? "nothing" : "something");
	/* The first cannot be delivered and is lost. */
	say("  to nowhere", legacy(fd, IB_USER_VERBS_CMD_POLL_CQ, &in, sizeof(in), (void *)8,
				   sizeof(polled), NULL, 0), 0);
	printf("  the rest: %s, %u\n", errno_name(poll_cq(32)), polled.resp.count);
	for (i = 0; i < polled.resp.count && i < 32; i++)
		if (polled.wc[i].status || (polled.wc[i].qp_num != from->number &&
					    polled.wc[i].qp_num != to->number))
			die("status %u of QP %u", polled.wc[i].status, polled.wc[i].qp_num);
	printf("  no more: %s, %u\n", errno_name(poll_cq(32)), polled.resp.count);
}

int main(int argc, char **argv)
{
	struct qp sender, receiver, srq_sender, srq_receiver, idle;

	if (argc != 2) {
		fprintf(stderr, "usage: receives NODE\n");
		return 1;
	}
	raw_driver = RDMA_DRIVER_QIB;
	fd = open(argv[1], O_RDWR);
	if (fd < 0)
		die("%s: %s", argv[1], errno_name(errno));
	make();
	make_qp(&sender, false);
	make_qp(&receiver, false);
	make_qp(&srq_sender, false);
	make_qp(&srq_receiver, true);
	make_qp(&idle, false);
	connect_to(&sender, &receiver);
	connect_to(&receiver, &sender);
	connect_to(&srq_sender, &srq_receiver);
	connect_to(&srq_receiver, &srq_sender);
	connect_to(&idle, &idle);

	transfers("POST_RECV", IB_USER_VERBS_CMD_POST_RECV, receiver.handle, &sender, &receiver);
	transfers("POST_SRQ_RECV", IB_USER_VERBS_CMD_POST_SRQ_RECV, srq, &srq_sender,
		  &srq_receiver);
	polling(&srq_sender, &srq_receiver);
	wrong("POST_RECV", IB_USER_VERBS_CMD_POST_RECV, idle.handle);
	wrong("POST_SRQ_RECV", IB_USER_VERBS_CMD_POST_SRQ_RECV, srq);
	return 0;
}
