// SPDX-License-Identifier: BSD-2-Clause
/*
 * xrc NODE CONTROL FILE
 * xrc NODE hold FILE	open a domain, print "ready", wait to be killed
 *
 * XRC domains and target QPs on a fake device: two processes share a domain
 * by FILE, one makes a target QP in it, the other opens that. CONTROL is the
 * device's, by which events are made. Prints what calls are answered and what
 * events arrive.
 *
 * Exit status: 0, or 1 if a call failed that is not to be tried here.
 */
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "raw.h"

#define QP_LAST_WQE_REACHED	16	/* enum ib_event_type */

static const char *node, *control, *file, *who;
static int fd, async, peer;
static uint32_t pd, cq;

static void say(const char *what, int ret)
{
	printf("%s: %s: %s\n", who, what, errno_name(ret));
	fflush(stdout);
}

/* The two take turns; a number goes along. */
static void pass(uint32_t number)
{
	if (write(peer, &number, sizeof(number)) != sizeof(number))
		die("%s: the other one is gone", who);
}

static uint32_t wait_turn(void)
{
	uint32_t number;

	if (read(peer, &number, sizeof(number)) != sizeof(number))
		die("%s: the other one is gone", who);
	return number;
}

static void make(void)
{
	struct ib_uverbs_create_cq in = { .cqe = 16, .comp_channel = -1 };
	struct ib_uverbs_create_cq_resp out = {};

	fd = open(node, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		die("%s: %s", node, errno_name(errno));
	must("GET_CONTEXT", get_context(fd));
	must("ASYNC_EVENT_ALLOC", alloc_async(fd, &async));
	must("ALLOC_PD", alloc_pd(fd, &pd));
	must("CREATE_CQ", legacy(fd, IB_USER_VERBS_CMD_CREATE_CQ, &in, sizeof(in), &out,
				 sizeof(out), NULL, 0));
	cq = out.cq_handle;
}

static int open_xrcd(int descriptor, uint32_t oflags, uint32_t *xrcd)
{
	struct ib_uverbs_open_xrcd in = { .fd = descriptor, .oflags = oflags };
	struct ib_uverbs_open_xrcd_resp out = {};
	int ret = legacy(fd, IB_USER_VERBS_CMD_OPEN_XRCD, &in, sizeof(in), &out, sizeof(out),
			 NULL, 0);

	*xrcd = out.xrcd_handle;
	return ret;
}

/* By a descriptor of its own, closed again. */
static int open_file_xrcd(uint32_t oflags, uint32_t *xrcd)
{
	int descriptor = open(file, O_RDONLY);
	int ret;

	if (descriptor < 0)
		die("%s: %s", file, errno_name(errno));
	ret = open_xrcd(descriptor, oflags, xrcd);
	close(descriptor);
	return ret;
}

static int close_xrcd(uint32_t xrcd)
{
	struct ib_uverbs_close_xrcd in = { .xrcd_handle = xrcd };

	return legacy(fd, IB_USER_VERBS_CMD_CLOSE_XRCD, &in, sizeof(in), NULL, 0, NULL, 0);
}

static int create_xsrq(uint32_t xrcd, uint32_t type, uint32_t *srq, uint32_t *number)
{
	struct ib_uverbs_create_xsrq in = {
		.srq_type = type,
		.pd_handle = pd,
		.max_wr = 8,
		.max_sge = 1,
		.xrcd_handle = xrcd,
		.cq_handle = cq,
	};
	struct ib_uverbs_create_srq_resp out = {};
	int ret = legacy(fd, IB_USER_VERBS_CMD_CREATE_XSRQ, &in, sizeof(in), &out, sizeof(out),
			 NULL, 0);

	*srq = out.srq_handle;
	*number = out.srqn;
	return ret;
}

/* By the method. @extra is a handle attribute that does not belong here, or 0. */
static int create_tgt(uint32_t xrcd, uint16_t extra, uint32_t handle, uint32_t *qp,
		      uint32_t *number)
{
	struct ib_uverbs_qp_cap cap = {};
	struct cmd cmd;
	int ret;

	cmd_begin(&cmd, UVERBS_OBJECT_QP, UVERBS_METHOD_QP_CREATE);
	cmd_handle(&cmd, UVERBS_ATTR_CREATE_QP_HANDLE, 0);
	if (xrcd != ~0U)
		cmd_handle(&cmd, UVERBS_ATTR_CREATE_QP_XRCD_HANDLE, xrcd);
	if (extra)
		cmd_handle(&cmd, extra, handle);
	cmd_u64(&cmd, UVERBS_ATTR_CREATE_QP_USER_HANDLE, 0x1111);
	cmd_in(&cmd, UVERBS_ATTR_CREATE_QP_CAP, &cap, sizeof(cap));
	cmd_u64(&cmd, UVERBS_ATTR_CREATE_QP_TYPE, IB_UVERBS_QPT_XRC_TGT);
	cmd_out(&cmd, UVERBS_ATTR_CREATE_QP_RESP_CAP, &cap, sizeof(cap));
	cmd_out(&cmd, UVERBS_ATTR_CREATE_QP_RESP_QP_NUM, number, sizeof(*number));
	ret = cmd_call(fd, &cmd);
	*qp = cmd.attrs[0].data;
	return ret;
}

/* By the command; a target QP has its domain where others have their PD. */
static int create_qp_command(uint32_t type, uint32_t domain, uint32_t srq, bool is_srq,
			     uint32_t *qp)
{
	struct ib_uverbs_create_qp in = {
		.pd_handle = domain,
		.send_cq_handle = cq,
		.recv_cq_handle = 1000,	/* not looked for */
		.srq_handle = srq,
		.max_send_wr = 1,
		.max_recv_wr = 1,
		.max_send_sge = 1,
		.max_recv_sge = 1,
		.qp_type = type,
		.is_srq = is_srq,
	};
	struct ib_uverbs_create_qp_resp out = {};
	int ret = legacy(fd, IB_USER_VERBS_CMD_CREATE_QP, &in, sizeof(in), &out, sizeof(out),
			 NULL, 0);

	*qp = out.qp_handle;
	return ret;
}

static int open_qp(uint32_t xrcd, uint32_t number, uint32_t type, uint32_t *qp)
{
	struct ib_uverbs_open_qp in = {
		.user_handle = 0x2222,
		.pd_handle = xrcd,
		.qpn = number,
		.qp_type = type,
	};
	struct ib_uverbs_create_qp_resp out = {};
	int ret = legacy(fd, IB_USER_VERBS_CMD_OPEN_QP, &in, sizeof(in), &out, sizeof(out),
			 NULL, 0);

	*qp = out.qp_handle;
	return ret;
}

static int to_init(uint32_t qp)
{
	/* STATE, ACCESS_FLAGS, PKEY_INDEX, PORT */
	struct ib_uverbs_modify_qp in = {
		.qp_handle = qp,
		.attr_mask = 1 << 0 | 1 << 3 | 1 << 4 | 1 << 5,
		.qp_state = 1,
		.port_num = 1,
	};

	return legacy(fd, IB_USER_VERBS_CMD_MODIFY_QP, &in, sizeof(in), NULL, 0, NULL, 0);
}

static void make_event(uint32_t number)
{
	FILE *stream = fopen(control, "w");

	if (!stream || fprintf(stream, "event qp %u %u\n", number, QP_LAST_WQE_REACHED) < 0 ||
	    fclose(stream))
		die("%s: %s", control, errno_name(errno));
}

static void show_event(void)
{
	struct pollfd poll_fd = { .fd = async, .events = POLLIN };
	struct ib_uverbs_async_event_desc event;

	if (poll(&poll_fd, 1, 300) != 1) {
		printf("%s: no event\n", who);
	} else if (read(async, &event, sizeof(event)) != sizeof(event)) {
		die("%s: cannot read the event", who);
	} else {
		printf("%s: event %u of 0x%llx\n", who, event.event_type,
		       (unsigned long long)event.element);
	}
	fflush(stdout);
}

static void unmake_qp(const char *what, uint32_t qp)
{
	struct ib_uverbs_destroy_qp_resp resp = {};
	int ret = destroy_qp(fd, qp, &resp);

	printf("%s: %s: %s, %u events\n", who, what, errno_name(ret), resp.events_reported);
	fflush(stdout);
}

/* ---- the two processes ---- */

static void first(void)
{
	uint32_t xrcd, again, private, srq, basic, srqn, qp, qpn, other;
	struct ib_uverbs_destroy_srq_resp srq_resp;
	struct ib_uverbs_query_qp_resp query = {};

	who = "first";
	make();
	say("a domain by no descriptor", open_xrcd(1000, O_CREAT, &xrcd));
	say("a domain that is not there", open_file_xrcd(0, &xrcd));
	say("a domain that is not there, alone", open_file_xrcd(O_EXCL, &xrcd));
	say("a new domain", open_file_xrcd(O_CREAT | O_EXCL, &xrcd));
	say("a domain that is there, alone", open_file_xrcd(O_CREAT | O_EXCL, &again));
	say("a domain that is there", open_file_xrcd(O_CREAT, &again));
	say("close it", close_xrcd(again));
	say("close it again", close_xrcd(again));
	say("a private domain", open_xrcd(-1, 0, &private));
	say("destroy it", destroy(fd, UVERBS_OBJECT_XRCD, UVERBS_METHOD_XRCD_DESTROY, private));
	say("close what is no domain", close_xrcd(pd));

	say("an SRQ of no domain", create_xsrq(1000, IB_UVERBS_SRQT_XRC, &srq, &srqn));
	say("an SRQ of the domain", create_xsrq(xrcd, IB_UVERBS_SRQT_XRC, &srq, &srqn));
	printf("first: its number is %s\n", srqn ? "told" : "not told");
	say("an SRQ that matches tags", create_xsrq(xrcd, IB_UVERBS_SRQT_TM, &basic, &srqn));
	say("destroy it", destroy_srq(fd, basic, &srq_resp));
	say("a basic SRQ", create_xsrq(1000, IB_UVERBS_SRQT_BASIC, &basic, &srqn));
	say("close the domain of an SRQ", close_xrcd(xrcd));

	say("a target QP of no domain", create_tgt(~0U, 0, 0, &qp, &qpn));
	say("a target QP with a PD",
	    create_tgt(xrcd, UVERBS_ATTR_CREATE_QP_PD_HANDLE, pd, &qp, &qpn));
	say("a target QP with a CQ",
	    create_tgt(xrcd, UVERBS_ATTR_CREATE_QP_SEND_CQ_HANDLE, cq, &qp, &qpn));
	say("a target QP with a basic SRQ",
	    create_tgt(xrcd, UVERBS_ATTR_CREATE_QP_SRQ_HANDLE, basic, &qp, &qpn));
	say("a target QP with an SRQ",
	    create_tgt(xrcd, UVERBS_ATTR_CREATE_QP_SRQ_HANDLE, srq, &other, &qpn));
	unmake_qp("destroy it", other);
	say("a target QP by the command",
	    create_qp_command(IB_UVERBS_QPT_XRC_TGT, xrcd, 0, false, &other));
	unmake_qp("destroy it", other);
	say("a target QP by the command, of no domain",
	    create_qp_command(IB_UVERBS_QPT_XRC_TGT, pd, 0, false, &other));
	say("an initiator QP", create_qp_command(IB_UVERBS_QPT_XRC_INI, pd, 0, true, &other));
	unmake_qp("destroy it", other);
	say("an RC QP with an SRQ of the domain",
	    create_qp_command(IB_UVERBS_QPT_RC, pd, srq, true, &other));
	say("a target QP", create_tgt(xrcd, 0, 0, &qp, &qpn));
	say("destroy the SRQ", destroy_srq(fd, srq, &srq_resp));
	say("close the domain of a QP", close_xrcd(xrcd));

	pass(qpn);
	wait_turn();
	/* The other one opened it, and took it to INIT. */
	must("QUERY_QP", query_qp(fd, qp, &query));
	printf("first: state %u\n", query.qp_state);
	make_event(qpn);
	show_event();
	pass(0);
	wait_turn();
	unmake_qp("destroy the QP", qp);
	say("close the domain", close_xrcd(xrcd));
	say("it is there as long as the other one has it", open_file_xrcd(0, &again));
	say("close it", close_xrcd(again));
	pass(qpn);
	wait_turn();
	say("it is there no longer", open_file_xrcd(0, &again));
}

static void second(void)
{
	uint32_t number = wait_turn(), xrcd, qp;

	who = "second";
	make();
	say("the same domain", open_file_xrcd(0, &xrcd));
	say("open a QP of no domain", open_qp(1000, number, IB_UVERBS_QPT_XRC_TGT, &qp));
	say("open a QP of another type", open_qp(xrcd, number, IB_UVERBS_QPT_RC, &qp));
	say("open a QP of no number", open_qp(xrcd, 0xfffff, IB_UVERBS_QPT_XRC_TGT, &qp));
	say("open the QP", open_qp(xrcd, number, IB_UVERBS_QPT_XRC_TGT, &qp));
	say("to INIT", to_init(qp));
	say("close the domain of an opened QP", close_xrcd(xrcd));
	pass(0);
	wait_turn();
	show_event();
	pass(0);
	/* The first one let go of it; here it still is. */
	number = wait_turn();
	make_event(number);
	show_event();
	unmake_qp("destroy the opened QP", qp);
	say("close the domain", close_xrcd(xrcd));
	pass(0);
}

static void hold(void)
{
	uint32_t xrcd;

	make();
	must("OPEN_XRCD", open_file_xrcd(O_CREAT, &xrcd));
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	int ends[2], status;
	pid_t pid;

	if (argc != 4) {
		fprintf(stderr, "usage: xrc NODE CONTROL|hold FILE\n");
		return 1;
	}
	node = argv[1];
	control = argv[2];
	file = argv[3];
	raw_driver = RDMA_DRIVER_QIB;
	if (!strcmp(control, "hold"))
		hold();
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
		die("socketpair: %s", errno_name(errno));
	pid = fork();
	peer = ends[!pid];
	close(ends[!!pid]);
	if (!pid) {
		second();
		return 0;
	}
	first();
	if (waitpid(pid, &status, 0) != pid || status)
		die("the second process failed");
	return 0;
}
