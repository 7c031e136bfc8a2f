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

#include "raw.h"

static int fd;
static uint32_t pd, cq;

static int source_by_method(uint32_t *qp)
{
	struct ib_uverbs_qp_cap cap = {
		.max_send_wr = 4, .max_recv_wr = 4, .max_send_sge = 1, .max_recv_sge = 1,
	}, resp_cap;
	uint32_t num;
	struct cmd cmd;
	int ret;

	cmd_begin(&cmd, UVERBS_OBJECT_QP, UVERBS_METHOD_QP_CREATE);
	cmd_handle(&cmd, UVERBS_ATTR_CREATE_QP_HANDLE, 0);
	cmd_handle(&cmd, UVERBS_ATTR_CREATE_QP_PD_HANDLE, pd);
	cmd_handle(&cmd, UVERBS_ATTR_CREATE_QP_SEND_CQ_HANDLE, cq);
	cmd_handle(&cmd, UVERBS_ATTR_CREATE_QP_RECV_CQ_HANDLE, cq);
	cmd_u64(&cmd, UVERBS_ATTR_CREATE_QP_USER_HANDLE, 1);
	cmd_in(&cmd, UVERBS_ATTR_CREATE_QP_CAP, &cap, sizeof(cap));
	cmd_u64(&cmd, UVERBS_ATTR_CREATE_QP_TYPE, IB_UVERBS_QPT_UD);
	cmd_u32(&cmd, UVERBS_ATTR_CREATE_QP_SOURCE_QPN, 0x1234);
	cmd_out(&cmd, UVERBS_ATTR_CREATE_QP_RESP_CAP, &resp_cap, sizeof(resp_cap));
	cmd_out(&cmd, UVERBS_ATTR_CREATE_QP_RESP_QP_NUM, &num, sizeof(num));
	ret = cmd_call(fd, &cmd);
	*qp = cmd.attrs[0].data;
	return ret;
}

static int create(uint32_t type, uint32_t flags, uint32_t source, uint32_t *qp, uint32_t *num)
{
	struct ib_uverbs_ex_create_qp in = {
		.pd_handle = pd,
		.send_cq_handle = cq,
		.recv_cq_handle = cq,
		.max_send_wr = 4,
		.max_recv_wr = 4,
		.max_send_sge = 1,
		.max_recv_sge = 1,
		.qp_type = type,
		.create_flags = flags,
		.source_qpn = source,
	};
	struct ib_uverbs_ex_create_qp_resp out = {};
	int ret = legacy(fd, EX | IB_USER_VERBS_EX_CMD_CREATE_QP, &in, sizeof(in), &out,
			 sizeof(out), NULL, 0);

	*qp = out.base.qp_handle;
	*num = out.base.qpn;
	return ret;
}

static void source_qpn(void)
{
	uint32_t qp, num;

	printf("QP_CREATE: %s\n", errno_name(source_by_method(&qp)));
	printf("EX CREATE_QP: %s\n",
	       errno_name(create(IB_UVERBS_QPT_UD, 1 << 10 /* SOURCE_QPN */, 0x1234, &qp, &num)));
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
	char line[64];
	int file, len;

	must("CREATE_QP", create(IB_UVERBS_QPT_UC, 0, 0, &qp, &num));
	len = snprintf(line, sizeof(line), "state %u %u\n", num, IBV_QPS_SQD);
	file = open(control, O_WRONLY);
	if (file < 0 || write(file, line, len) != len)
		die("%s: %s: %s", control, line, errno_name(errno));
	close(file);
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
