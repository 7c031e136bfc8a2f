// SPDX-License-Identifier: BSD-2-Clause
/*
 * events DEVICE
 *
 * The answer to destroying a CQ says how many of its completion events were
 * read, and libibverbs waits until as many were acknowledged: too many and
 * ibv_destroy_cq() hangs, too few and it frees what is in use. SIGIO comes to
 * who asked for it.
 *
 * Exit status: 0 if all was as it must be, else 1.
 */
#include <fcntl.h>
#include <infiniband/verbs.h>
#include <poll.h>
#include <signal.h>

#include "raw.h"

static struct ibv_context *context;
static struct ibv_pd *pd;
static struct ibv_mr *mr;
static char memory[4096];

struct end {
	struct ibv_comp_channel *channel;
	struct ibv_cq *cq;
	struct ibv_qp *qp;
};

static void open_device(const char *name)
{
	struct ibv_device **list = ibv_get_device_list(NULL), **device;

	for (device = list; device && *device; device++)
		if (!strcmp(ibv_get_device_name(*device), name))
			context = ibv_open_device(*device);
	if (!context)
		die("%s: cannot open it", name);
	pd = ibv_alloc_pd(context);
	mr = pd ? ibv_reg_mr(pd, memory, sizeof(memory), IBV_ACCESS_LOCAL_WRITE) : NULL;
	if (!mr)
		die("cannot make a PD and an MR: %s", strerror(errno));
}

/* A QP whose completions notify a CQ of its own. The user handle is the CQ's address. */
static void make(struct end *end)
{
	struct ibv_qp_init_attr init = {
		.cap = { .max_send_wr = 1, .max_recv_wr = 16, .max_send_sge = 1, .max_recv_sge = 1 },
		.qp_type = IBV_QPT_RC,
	};
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_INIT, .port_num = 1 };

	end->channel = ibv_create_comp_channel(context);
	end->cq = end->channel ? ibv_create_cq(context, 32, end, end->channel, 0) : NULL;
	init.send_cq = init.recv_cq = end->cq;
	end->qp = end->cq ? ibv_create_qp(pd, &init) : NULL;
	if (!end->qp || ibv_modify_qp(end->qp, &attr, IBV_QP_STATE | IBV_QP_PKEY_INDEX |
				      IBV_QP_PORT | IBV_QP_ACCESS_FLAGS))
		die("cannot make a QP: %s", strerror(errno));
}

/* Complete one work request, as flushed by an error. */
static void complete(struct end *end)
{
	struct ibv_sge sge = { (uintptr_t)memory, 64, mr->lkey };
	struct ibv_recv_wr *bad, wr = { .sg_list = &sge, .num_sge = 1 };
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_RESET, .port_num = 1 };
	struct ibv_wc wc;

	must("RESET", ibv_modify_qp(end->qp, &attr, IBV_QP_STATE));
	attr.qp_state = IBV_QPS_INIT;
	must("INIT", ibv_modify_qp(end->qp, &attr, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT |
				   IBV_QP_ACCESS_FLAGS));
	must("ibv_req_notify_cq", ibv_req_notify_cq(end->cq, 0));
	must("ibv_post_recv", ibv_post_recv(end->qp, &wr, &bad));
	attr.qp_state = IBV_QPS_ERR;
	must("ERR", ibv_modify_qp(end->qp, &attr, IBV_QP_STATE));
	while (ibv_poll_cq(end->cq, 1, &wc) == 0)
		usleep(1000);
	if (wc.status != IBV_WC_WR_FLUSH_ERR)
		die("completion status %u", wc.status);
}

/* Whether an event is there to be read within some time. */
static bool pending(const struct end *end, int timeout)
{
	struct pollfd poll_fd = { .fd = end->channel->fd, .events = POLLIN };

	return poll(&poll_fd, 1, timeout) == 1;
}

static void read_event(struct end *end)
{
	struct ibv_cq *cq;
	void *user;

	if (!pending(end, 5000))
		die("no completion event");
	must("ibv_get_cq_event", ibv_get_cq_event(end->channel, &cq, &user) ? errno : 0);
	if (cq != end->cq || user != end)
		die("the event is of another CQ");
}

/* Make @events events, read @reads of them, and destroy the CQ: the kernel must count @reads. */
static void count(unsigned int events, unsigned int reads)
{
	struct ib_uverbs_destroy_cq_resp resp = { .comp_events_reported = 99 };
	struct end end;
	unsigned int i;

	make(&end);
	for (i = 0; i < events; i++) {
		complete(&end);
		if (i < reads)
			read_event(&end);
	}
	if (events > reads && !pending(&end, 5000))
		die("no completion event");
	ibv_destroy_qp(end.qp);
	must("CQ_DESTROY", destroy_cq(context->cmd_fd, end.cq->handle, &resp));
	if (resp.comp_events_reported != reads || resp.async_events_reported)
		die("of %u events, %u read, the kernel counts %u and %u async events", events,
		    reads, resp.comp_events_reported, resp.async_events_reported);
	/* Those of a CQ that is gone are not read by anybody. */
	if (pending(&end, 0))
		die("an event outlived its CQ");
	close(end.channel->fd);
}

/* libibverbs agrees: it does not hang. */
static void acknowledge(unsigned int events)
{
	struct end end;
	unsigned int i;

	make(&end);
	for (i = 0; i < events; i++) {
		complete(&end);
		read_event(&end);
	}
	ibv_ack_cq_events(end.cq, events);
	alarm(30);
	must("ibv_destroy_qp", ibv_destroy_qp(end.qp));
	must("ibv_destroy_cq", ibv_destroy_cq(end.cq));
	must("ibv_destroy_comp_channel", ibv_destroy_comp_channel(end.channel));
	alarm(0);
}

/* Who asked for it is told by SIGIO, once an event, of which file. */
static void signalled(void)
{
	const struct timespec soon = { .tv_sec = 5 }, at_once = {};
	siginfo_t info;
	sigset_t set;
	struct end end;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGIO);
	sigprocmask(SIG_BLOCK, &set, NULL);
	make(&end);
	fd = end.channel->fd;
	signal_us(fd);
	complete(&end);
	if (sigtimedwait(&set, &info, &soon) != SIGIO)
		die("no signal");
	if (info.si_code != POLL_IN || info.si_fd != fd)
		die("SIGIO: code %d, file %d, not %d, %d", info.si_code, info.si_fd, POLL_IN, fd);
	read_event(&end);
	/* Without the flag there is none, though there is an event. */
	if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_ASYNC))
		die("O_ASYNC off: %s", strerror(errno));
	complete(&end);
	read_event(&end);
	if (sigtimedwait(&set, &info, &at_once) == SIGIO)
		die("a signal nobody asked for");
	ibv_ack_cq_events(end.cq, 2);
	must("ibv_destroy_qp", ibv_destroy_qp(end.qp));
	must("ibv_destroy_cq", ibv_destroy_cq(end.cq));
	must("ibv_destroy_comp_channel", ibv_destroy_comp_channel(end.channel));
}

int main(int argc, char **argv)
{
	unsigned int events, reads;

	if (argc != 2) {
		fprintf(stderr, "usage: events DEVICE\n");
		return 1;
	}
	open_device(argv[1]);
	for (events = 0; events < 4; events++)
		for (reads = 0; reads <= events; reads++)
			count(events, reads);
	acknowledge(0);
	acknowledge(3);
	signalled();
	must("ibv_dereg_mr", ibv_dereg_mr(mr));
	must("ibv_dealloc_pd", ibv_dealloc_pd(pd));
	must("ibv_close_device", ibv_close_device(context));
	puts("all events counted");
	return 0;
}
