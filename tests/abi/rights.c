// SPDX-License-Identifier: BSD-2-Clause
/*
 * rights qkey NODE	set Q_Keys, also those for privileged programs
 * rights raw NODE	make what sees or sends raw packets, on a fake device
 * rights memlock NODE	register more memory than RLIMIT_MEMLOCK allows, which this sets
 *
 * Prints how each call is answered. What it must be depends on who runs this; lines that begin with
 * "own" are of calls that only uverbs_bpf has.
 */
#include <sys/resource.h>

#include "objects.h"
#include "../../uapi/uverbs_bpf.h"

#define PAGE		4096
#define LIMIT		16	/* pages */
#define CONTROLLED	0x80010000u
#define ORDINARY	0x11111111u

/* enum ib_qp_attr_mask, enum ib_qp_state */
enum { QP_STATE = 1 << 0, QP_PKEY_INDEX = 1 << 4, QP_PORT = 1 << 5, QP_QKEY = 1 << 6 };
enum { RESET, INIT };
/* enum ib_qp_create_flags */
#define SOURCE_QPN	(1 << 10)

static int fd;

static void say(const char *what, int err)
{
	printf("%s: %s\n", what, errno_name(err));
}

/* ---- Q_Keys ---- */

static int by_method(uint32_t qp, uint32_t qkey)
{
	struct cmd cmd;

	cmd_begin(&cmd, UVERBS_OBJECT_QP, UVERBS_BPF_METHOD_QP_MODIFY);
	cmd_handle(&cmd, UVERBS_BPF_ATTR_QP_HANDLE, qp);
	cmd_u64(&cmd, UVERBS_BPF_ATTR_QP_STATE, INIT);
	cmd_u32(&cmd, UVERBS_BPF_ATTR_QP_PORT, 1);
	cmd_u32(&cmd, UVERBS_BPF_ATTR_QP_PKEY_INDEX, 0);
	cmd_u32(&cmd, UVERBS_BPF_ATTR_QP_QKEY, qkey);
	return cmd_call(fd, &cmd);
}

static int by_command(uint32_t qp, uint32_t qkey, bool extended)
{
	struct ib_uverbs_ex_modify_qp in = {
		.base = {
			.qp_handle = qp,
			.attr_mask = QP_STATE | QP_PKEY_INDEX | QP_PORT | QP_QKEY,
			.qp_state = INIT,
			.port_num = 1,
			.qkey = qkey,
		},
	};
	struct ib_uverbs_ex_modify_qp_resp out;

	if (extended)
		return legacy(fd, EX | IB_USER_VERBS_EX_CMD_MODIFY_QP, &in, sizeof(in), &out,
			      sizeof(out), NULL, 0);
	return legacy(fd, IB_USER_VERBS_CMD_MODIFY_QP, &in.base, sizeof(in.base), NULL, 0, NULL, 0);
}

static void qkey(void)
{
	static const uint32_t keys[] = { ORDINARY, CONTROLLED };
	uint32_t pd, cq, qp[3];
	char what[64];
	int i, way;

	must("ALLOC_PD", alloc_pd(fd, &pd));
	must("CQ_CREATE", create_cq(fd, 16, -1, NULL, &cq));
	for (i = 0; i < 2; i++) {
		for (way = 0; way < 3; way++)
			must("QP_CREATE", create_qp(fd, pd, cq, IB_UVERBS_QPT_UD, &qp[way]));
		snprintf(what, sizeof(what), "Q_Key 0x%08x by MODIFY_QP", keys[i]);
		say(what, by_command(qp[0], keys[i], false));
		snprintf(what, sizeof(what), "Q_Key 0x%08x by EX MODIFY_QP", keys[i]);
		say(what, by_command(qp[1], keys[i], true));
		snprintf(what, sizeof(what), "own: Q_Key 0x%08x by QP_MODIFY", keys[i]);
		say(what, by_method(qp[2], keys[i]));
	}
}

/* ---- raw packets ---- */

static int raw_by_command(uint32_t pd, uint32_t cq)
{
	struct ib_uverbs_create_qp in = {
		.pd_handle = pd,
		.send_cq_handle = cq,
		.recv_cq_handle = cq,
		.max_send_wr = 4,
		.max_send_sge = 1,
		.qp_type = IB_UVERBS_QPT_RAW_PACKET,
	};
	struct ib_uverbs_create_qp_resp out;

	return legacy(fd, IB_USER_VERBS_CMD_CREATE_QP, &in, sizeof(in), &out, sizeof(out), NULL, 0);
}

static void raw(void)
{
	uint32_t pd, cq, ud, handle;

	must("ALLOC_PD", alloc_pd(fd, &pd));
	must("CQ_CREATE", create_cq(fd, 16, -1, NULL, &cq));
	must("QP_CREATE", create_qp(fd, pd, cq, IB_UVERBS_QPT_UD, &ud));
	say("RAW_PACKET by QP_CREATE",
	    create_qp(fd, pd, cq, IB_UVERBS_QPT_RAW_PACKET, &handle));
	say("RAW_PACKET by CREATE_QP", raw_by_command(pd, cq));
	say("RAW_PACKET by EX CREATE_QP",
	    create_qp_ex(fd, pd, cq, IB_UVERBS_QPT_RAW_PACKET, 0, 0, &handle, NULL));
	say("source QPN by EX CREATE_QP",
	    create_qp_ex(fd, pd, cq, IB_UVERBS_QPT_UD, SOURCE_QPN, 0x1234, &handle, NULL));
	say("flow", make_flow(fd, ud, &handle));
}

/* ---- RLIMIT_MEMLOCK ---- */

static char memory[2 * LIMIT * PAGE] __attribute__((aligned(PAGE)));

static uint32_t say_reg_mr(uint32_t pd, unsigned int first, unsigned int pages)
{
	struct ib_uverbs_reg_mr_resp mr = {};

	printf("%u pages: %s\n", pages,
	       errno_name(reg_mr(fd, pd, memory + first * PAGE, pages * PAGE, &mr)));
	return mr.mr_handle;
}

static int own_mr_reg(uint32_t pd, unsigned int pages)
{
	struct cmd cmd;
	uint32_t lkey;

	cmd_begin(&cmd, UVERBS_OBJECT_MR, UVERBS_BPF_METHOD_MR_REG);
	cmd_handle(&cmd, UVERBS_BPF_ATTR_MR_HANDLE, 0);
	cmd_handle(&cmd, UVERBS_BPF_ATTR_MR_PD, pd);
	cmd_u64(&cmd, UVERBS_BPF_ATTR_MR_ADDR, (uintptr_t)memory);
	cmd_u64(&cmd, UVERBS_BPF_ATTR_MR_LENGTH, pages * PAGE);
	cmd_out(&cmd, UVERBS_BPF_ATTR_MR_RESP_LKEY, &lkey, sizeof(lkey));
	return cmd_call(fd, &cmd);
}

static void memlock(const char *node)
{
	struct rlimit limit = { LIMIT * PAGE, LIMIT * PAGE };
	uint32_t pd, mr;

	if (setrlimit(RLIMIT_MEMLOCK, &limit))
		die("setrlimit: %s", errno_name(errno));
	must("ALLOC_PD", alloc_pd(fd, &pd));
	mr = say_reg_mr(pd, 0, LIMIT);
	say_reg_mr(pd, LIMIT, 1);
	say("MR_DESTROY", destroy_mr(fd, mr));
	say_reg_mr(pd, 0, LIMIT + 1);
	/* What is registered twice counts twice. */
	say_reg_mr(pd, 0, LIMIT / 2);
	mr = say_reg_mr(pd, 0, LIMIT / 2);
	say_reg_mr(pd, 0, 1);
	say("MR_DESTROY", destroy_mr(fd, mr));
	say_reg_mr(pd, 0, LIMIT / 2);

	/* All of it comes back with the file. */
	close(fd);
	fd = raw_open(node);
	must("GET_CONTEXT", get_context(fd));
	must("ALLOC_PD", alloc_pd(fd, &pd));
	printf("own: %u pages: %s\n", LIMIT + 1, errno_name(own_mr_reg(pd, LIMIT + 1)));
	say_reg_mr(pd, 0, LIMIT);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		die("usage: rights qkey|raw|memlock NODE");
	fd = raw_open(argv[2]);
	must("GET_CONTEXT", get_context(fd));
	if (!strcmp(argv[1], "qkey"))
		qkey();
	else if (!strcmp(argv[1], "raw"))
		raw();
	else if (!strcmp(argv[1], "memlock"))
		memlock(argv[2]);
	else
		die("%s: no such command", argv[1]);
	return 0;
}
