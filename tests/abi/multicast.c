// SPDX-License-Identifier: BSD-2-Clause
/*
 * multicast NODE	what attaching to and detaching from multicast groups is answered
 * multicast NODE lids	groups that differ in their LID are one, which ib_uverbs gets wrong
 * multicast NODE fail	on a fake device whose next detach fails, and no other
 * multicast NODE hold	on a fake device: attach to two groups, print "ready", wait to be killed
 *
 * Exit status: 0, or 1 if a call failed that is not to be tried here.
 */
#include "raw.h"

static int fd;
static uint32_t ud, other_ud, rc;

static int mcast(uint32_t command, uint32_t qp, uint8_t last, uint16_t lid)
{
	struct ib_uverbs_attach_mcast in = {
		.gid = { 0xff, 0x0e, [12] = 0x12, 0x34, 0x56, last },
		.qp_handle = qp,
		.mlid = lid,
	};

	return legacy(fd, command, &in, sizeof(in), NULL, 0, NULL, 0);
}

static int attach(uint32_t qp, uint8_t last, uint16_t lid)
{
	return mcast(IB_USER_VERBS_CMD_ATTACH_MCAST, qp, last, lid);
}

static int detach(uint32_t qp, uint8_t last, uint16_t lid)
{
	return mcast(IB_USER_VERBS_CMD_DETACH_MCAST, qp, last, lid);
}

static void say(const char *what, int ret)
{
	printf("%s: %s\n", what, errno_name(ret));
}

static void run(void)
{
	struct ib_uverbs_destroy_qp_resp resp;

	say("detach, never attached", detach(ud, 1, 0));
	say("attach", attach(ud, 1, 0));
	say("attach again", attach(ud, 1, 0));
	say("attach to a second group", attach(ud, 2, 0));
	say("attach another QP", attach(other_ud, 1, 0));
	say("attach a connected QP", attach(rc, 1, 0));
	say("detach the connected QP", detach(rc, 1, 0));
	say("attach what is no QP", attach(1000, 1, 0));
	say("destroy while attached", destroy_qp(fd, ud, &resp));
	say("detach", detach(ud, 1, 0));
	say("detach again", detach(ud, 1, 0));
	say("destroy with a group left", destroy_qp(fd, ud, &resp));
	say("detach from the second group", detach(ud, 2, 0));
	say("destroy without groups", destroy_qp(fd, ud, &resp));
	say("destroy the other, attached", destroy_qp(fd, other_ud, &resp));
	/* Closing detaches it. */
}

/* On Ethernet the LID of a group means nothing. */
static void run_lids(void)
{
	struct ib_uverbs_destroy_qp_resp resp;

	must("attach", attach(ud, 1, 0xc000));
	must("attach by another LID", attach(ud, 1, 0xc001));
	must("detach", detach(ud, 1, 0xc000));
	if (detach(ud, 1, 0xc001) != EINVAL)
		die("the group is counted twice");
	must("destroy", destroy_qp(fd, ud, &resp));
}

static void run_fail(void)
{
	struct ib_uverbs_destroy_qp_resp resp;

	must("attach", attach(ud, 1, 0xc000));
	if (detach(ud, 1, 0xc000) != EIO)
		die("the driver was to fail");
	if (destroy_qp(fd, ud, &resp) != EBUSY)
		die("a QP that is still attached can be destroyed");
	must("detach again", detach(ud, 1, 0xc000));
	must("destroy", destroy_qp(fd, ud, &resp));
}

static void run_hold(void)
{
	must("ATTACH_MCAST", attach(ud, 1, 0xc000));
	must("ATTACH_MCAST", attach(ud, 2, 0xc000));
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	uint32_t pd, cq;

	if (argc < 2) {
		fprintf(stderr, "usage: multicast NODE [lids|fail|hold]\n");
		return 1;
	}
	if (argc > 2 && strcmp(argv[2], "lids"))
		raw_driver = RDMA_DRIVER_QIB;
	fd = open(argv[1], O_RDWR);
	if (fd < 0)
		die("%s: %s", argv[1], errno_name(errno));
	must("GET_CONTEXT", get_context(fd));
	must("ALLOC_PD", alloc_pd(fd, &pd));
	must("CQ_CREATE", create_cq(fd, 16, -1, NULL, &cq));
	must("QP_CREATE", create_qp(fd, pd, cq, IB_UVERBS_QPT_UD, &ud));
	must("QP_CREATE", create_qp(fd, pd, cq, IB_UVERBS_QPT_UD, &other_ud));
	must("QP_CREATE", create_qp(fd, pd, cq, IB_UVERBS_QPT_RC, &rc));
	if (argc == 2)
		run();
	else if (!strcmp(argv[2], "lids"))
		run_lids();
	else if (!strcmp(argv[2], "fail"))
		run_fail();
	else if (!strcmp(argv[2], "hold"))
		run_hold();
	return 0;
}
