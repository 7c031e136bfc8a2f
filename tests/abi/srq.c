// SPDX-License-Identifier: BSD-2-Clause
/*
 * srq DEVICE GID_INDEX
 *
 * A shared receive queue: its limit is reported once, with the queue's own
 * user handle, to the async event file, and the answer to destroying it says
 * how many events were read; what uses it keeps it; SRQ_MODIFY changes what
 * it is given and nothing else.
 *
 * Exit status: 0 if all was as it must be, else 1.
 */
#include <infiniband/verbs.h>
#include <poll.h>

#include "raw.h"
#include "../../uapi/uverbs_bpf.h"

static struct ibv_context *context;
static union ibv_gid gid;
static int gid_index;
static struct ibv_pd *pd;
static struct ibv_cq *cq;
static struct ibv_mr *mr;
static struct ibv_srq *srq;
static struct ibv_qp *sender, *receiver;
static char memory[4096];

static void open_device(const char *name)
{
	struct ibv_device **list = ibv_get_device_list(NULL), **device;

	for (device = list; device && *device; device++)
		if (!strcmp(ibv_get_device_name(*device), name))
			context = ibv_open_device(*device);
	if (!context || ibv_query_gid(context, 1, gid_index, &gid))
		die("%s: cannot open it", name);
	pd = ibv_alloc_pd(context);
	mr = pd ? ibv_reg_mr(pd, memory, sizeof(memory), IBV_ACCESS_LOCAL_WRITE) : NULL;
	cq = ibv_create_cq(context, 32, NULL, NULL, 0);
	if (!mr || !cq)
		die("cannot make a PD, an MR and a CQ: %s", strerror(errno));
}

static void make_srq(void)
{
	struct ibv_srq_init_attr init = { .attr = { .max_wr = 16, .max_sge = 1 } };

	srq = ibv_create_srq(pd, &init);
	if (!srq)
		die("ibv_create_srq: %s", strerror(errno));
}

static struct ibv_qp *make_qp(struct ibv_srq *queue)
{
	struct ibv_qp_init_attr init = {
		.send_cq = cq,
		.recv_cq = cq,
		.srq = queue,
		.cap = { .max_send_wr = 8, .max_send_sge = 1 },
		.qp_type = IBV_QPT_RC,
	};
	struct ibv_qp *qp = ibv_create_qp(pd, &init);

	if (!qp)
		die("ibv_create_qp: %s", strerror(errno));
	return qp;
}

static void connect_to(struct ibv_qp *qp, uint32_t peer)
{
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_INIT,
		.port_num = 1,
	};

	must("INIT", ibv_modify_qp(qp, &attr, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT |
				   IBV_QP_ACCESS_FLAGS));
	attr = (struct ibv_qp_attr) {
		.qp_state = IBV_QPS_RTR,
		.path_mtu = IBV_MTU_1024,
		.dest_qp_num = peer,
		.max_dest_rd_atomic = 1,
		.min_rnr_timer = 12,
		.ah_attr = {
			.is_global = 1,
			.port_num = 1,
			.grh = { .dgid = gid, .sgid_index = gid_index, .hop_limit = 1 },
		},
	};
	must("RTR", ibv_modify_qp(qp, &attr, IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU |
				  IBV_QP_DEST_QPN | IBV_QP_RQ_PSN | IBV_QP_MAX_DEST_RD_ATOMIC |
				  IBV_QP_MIN_RNR_TIMER));
	attr = (struct ibv_qp_attr) {
		.qp_state = IBV_QPS_RTS,
		.timeout = 14,
		.retry_cnt = 7,
		.rnr_retry = 7,
		.max_rd_atomic = 1,
	};
	must("RTS", ibv_modify_qp(qp, &attr, IBV_QP_STATE | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT |
				  IBV_QP_RNR_RETRY | IBV_QP_SQ_PSN | IBV_QP_MAX_QP_RD_ATOMIC));
}

static void make(void)
{
	make_srq();
	sender = make_qp(NULL);
	receiver = make_qp(srq);
	connect_to(sender, receiver->qp_num);
	connect_to(receiver, sender->qp_num);
}

static void receive(unsigned int count)
{
	struct ibv_sge sge = { (uintptr_t)memory, 64, mr->lkey };
	struct ibv_recv_wr *bad, wr = { .sg_list = &sge, .num_sge = 1 };

	while (count--)
		must("ibv_post_srq_recv", ibv_post_srq_recv(srq, &wr, &bad));
}

/* Send messages; each takes one work request out of the SRQ. */
static void send_messages(unsigned int count)
{
	struct ibv_sge sge = { (uintptr_t)memory + 2048, 64, mr->lkey };
	struct ibv_send_wr *bad, wr = {
		.sg_list = &sge,
		.num_sge = 1,
		.opcode = IBV_WR_SEND,
		.send_flags = IBV_SEND_SIGNALED,
	};
	unsigned int done = 0;
	struct ibv_wc wc;

	for (; count--; done = 0) {
		must("ibv_post_send", ibv_post_send(sender, &wr, &bad));
		/* Sent and received. */
		while (done < 2) {
			if (ibv_poll_cq(cq, 1, &wc) != 1)
				continue;
			if (wc.status != IBV_WC_SUCCESS)
				die("completion status %u", wc.status);
			done++;
		}
	}
}

static bool pending(int timeout)
{
	struct pollfd poll_fd = { .fd = context->async_fd, .events = POLLIN };

	return poll(&poll_fd, 1, timeout) == 1;
}

static void set_limit(uint32_t limit)
{
	struct ibv_srq_attr attr = { .srq_limit = limit };

	must("ibv_modify_srq", ibv_modify_srq(srq, &attr, IBV_SRQ_LIMIT));
}

static void limit_is(uint32_t limit, uint32_t max_wr)
{
	struct ibv_srq_attr attr = {};

	must("ibv_query_srq", ibv_query_srq(srq, &attr));
	if (attr.srq_limit != limit || attr.max_wr < max_wr || attr.max_sge < 1)
		die("limit %u, max_wr %u, max_sge %u; wants %u, %u, 1", attr.srq_limit,
		    attr.max_wr, attr.max_sge, limit, max_wr);
}

static void destroy_qps(void)
{
	must("ibv_destroy_qp", ibv_destroy_qp(sender));
	must("ibv_destroy_qp", ibv_destroy_qp(receiver));
}

/* One event when fewer than the limit are left, and no other before it is armed again. */
static void read_event(void)
{
	struct ibv_async_event event;

	if (!pending(5000))
		die("the limit is not reported");
	must("ibv_get_async_event", ibv_get_async_event(context, &event) ? errno : 0);
	if (event.event_type != IBV_EVENT_SRQ_LIMIT_REACHED || event.element.srq != srq)
		die("event %u of %p; wants %u of %p", event.event_type, (void *)event.element.srq,
		    IBV_EVENT_SRQ_LIMIT_REACHED, (void *)srq);
}

/* Make @events events, read @reads of them: the kernel must count @reads. */
static void count(unsigned int events, unsigned int reads)
{
	struct ib_uverbs_destroy_srq_resp resp = { .events_reported = 99 };
	unsigned int i;

	make();
	for (i = 0; i < events; i++) {
		receive(4);
		set_limit(3);
		limit_is(3, 16);
		send_messages(4);
		limit_is(0, 16);
		if (i < reads)
			read_event();
		if (reads == events && pending(50))
			die("the limit is reported twice");
	}
	if (events > reads && !pending(5000))
		die("the limit is not reported");
	/* Events may still be on the way as long as QPs are there. */
	destroy_qps();
	must("SRQ_DESTROY", destroy_srq(context->cmd_fd, srq->handle, &resp));
	if (resp.events_reported != reads)
		die("of %u events, %u read, the kernel counts %u", events, reads,
		    resp.events_reported);
	/* Those of an SRQ that is gone are not read by anybody. */
	if (pending(0))
		die("an event outlived its SRQ");
}

/* libibverbs agrees: it does not hang, and what is in use is not destroyed. */
static void acknowledge(void)
{
	struct ibv_async_event event = { .event_type = IBV_EVENT_SRQ_LIMIT_REACHED };

	make();
	receive(4);
	set_limit(3);
	send_messages(4);
	read_event();
	event.element.srq = srq;
	ibv_ack_async_event(&event);
	if (ibv_destroy_srq(srq) != EBUSY)
		die("an SRQ with a QP can be destroyed");
	destroy_qps();
	if (ibv_dealloc_pd(pd) != EBUSY)
		die("a PD with an SRQ can be destroyed");
	alarm(30);
	must("ibv_destroy_srq", ibv_destroy_srq(srq));
	alarm(0);
}

/* @max_wr and @limit are -1 if they are not to be passed. */
static int srq_modify(int max_wr, int limit, char *text)
{
	static struct mminfo where;
	char error[sizeof(struct uverbs_bpf_error) + UVERBS_BPF_ERROR_MAX] = {};
	struct cmd cmd;
	int ret;

	cmd_begin(&cmd, UVERBS_OBJECT_SRQ, UVERBS_BPF_METHOD_SRQ_MODIFY);
	cmd_handle(&cmd, UVERBS_BPF_ATTR_SRQ_HANDLE, srq->handle);
	if (max_wr >= 0)
		cmd_u32(&cmd, UVERBS_BPF_ATTR_SRQ_MAX_WR, max_wr);
	if (limit >= 0)
		cmd_u32(&cmd, UVERBS_BPF_ATTR_SRQ_LIMIT, limit);
	/* Where rxe says how the queue is mapped then. */
	cmd_u64(&cmd, ATTR_UHW_IN, (uintptr_t)&where);
	cmd_out(&cmd, UVERBS_BPF_ATTR_ERROR, error, sizeof(error));
	ret = cmd_call(context->cmd_fd, &cmd);
	strcpy(text, ((struct uverbs_bpf_error *)error)->text);
	return ret;
}

static void modify(void)
{
	char text[UVERBS_BPF_ERROR_MAX + 1];

	make_srq();
	must("SRQ_MODIFY of the limit", srq_modify(-1, 5, text));
	limit_is(5, 16);
	must("SRQ_MODIFY of the size", srq_modify(100, -1, text));
	limit_is(5, 100);
	must("SRQ_MODIFY of both", srq_modify(200, 7, text));
	limit_is(7, 200);
	must("SRQ_MODIFY to no limit", srq_modify(-1, 0, text));
	limit_is(0, 200);

	if (srq_modify(-1, -1, text) != EINVAL || !strstr(text, "MAX_WR or LIMIT"))
		die("SRQ_MODIFY of nothing says '%s'", text);
	if (srq_modify(-1, 0x10000000, text) != EINVAL || !strstr(text, "limit 268435456"))
		die("SRQ_MODIFY to an absurd limit says '%s'", text);
	limit_is(0, 200);
	must("ibv_destroy_srq", ibv_destroy_srq(srq));
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: srq DEVICE GID_INDEX\n");
		return 1;
	}
	gid_index = atoi(argv[2]);
	open_device(argv[1]);
	count(0, 0);
	count(1, 1);
	count(2, 0);
	count(3, 2);
	acknowledge();
	modify();
	return 0;
}
