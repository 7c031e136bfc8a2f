// SPDX-License-Identifier: BSD-2-Clause
/*
 * defects COMMAND NODE [CONTROL]
 *
 * Calls that ib_uverbs answers wrongly, on a fake device; each prints its answer.
 *
 *	source-qpn NODE		QP_CREATE and EX CREATE_QP of a UD QP with a source QPN
 *	uc-path NODE CONTROL	a UC QP in SQD gets another path
 */
#include <infiniband/verbs.h>

#include "fake.h"

static int fd;
static uint32_t pd, cq;

static int source_by_method(uint32_t *qp)
{
	struct qp_made made;
	struct cmd cmd;
	int ret;

	create_qp_begin(&cmd, pd, cq, IB_UVERBS_QPT_UD, &made);
	cmd_u32(&cmd, UVERBS_ATTR_CREATE_QP_SOURCE_QPN, 0x1234);
	ret = cmd_call(fd, &cmd);
	*qp = cmd.attrs[0].data;
	return ret;
}

static void source_qpn(void)
{
	uint32_t qp, num;

	printf("QP_CREATE: %s\n", errno_name(source_by_method(&qp)));
	printf("EX CREATE_QP: %s\n",
	       errno_name(create_qp_ex(fd, pd, cq, IB_UVERBS_QPT_UD, 1 << 10 /* SOURCE_QPN */,
				       0x1234, &qp, &num)));
}

/* By LID, so that nothing has to be resolved. */
static int new_path(uint32_t qp)
{
	struct ib_uverbs_modify_qp in = {
		.qp_handle = qp,
		.attr_mask = IBV_QP_STATE | IBV_QP_AV,
		.qp_state = IBV_QPS_SQD,
		.dest = { .dlid = 1, .port_num = 1 },
	};

	return legacy(fd, IB_USER_VERBS_CMD_MODIFY_QP, &in, sizeof(in), NULL, 0, NULL, 0);
}

static void uc_path(const char *control)
{
	uint32_t qp, num;

	must("CREATE_QP", create_qp_ex(fd, pd, cq, IB_UVERBS_QPT_UC, 0, 0, &qp, &num));
	fake_tell(control, "state %u %u\n", num, IBV_QPS_SQD);
	printf("MODIFY_QP: %s\n", errno_name(new_path(qp)));
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		fprintf(stderr, "usage: defects source-qpn NODE | defects uc-path NODE CONTROL\n");
		return 2;
	}
	fd = raw_open(argv[2]);
	must("GET_CONTEXT", get_context(fd));
	must("ALLOC_PD", alloc_pd(fd, &pd));
	must("CQ_CREATE", create_cq(fd, 16, -1, NULL, &cq));
	if (!strcmp(argv[1], "source-qpn"))
		source_qpn();
	else if (!strcmp(argv[1], "uc-path") && argc == 4)
		uc_path(argv[3]);
	else
		die("%s: no such command", argv[1]);
	return 0;
}
