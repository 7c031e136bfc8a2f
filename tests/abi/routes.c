// SPDX-License-Identifier: BSD-2-Clause
/*
 * routes NODE SGID_INDEX DGID...
 *
 * For each destination an AH and the change of an RC QP to RTR, by the legacy commands, as programs
 * ask for them; prints the answers. What the driver was told of the way is for who asked to compare.
 */
#include <arpa/inet.h>
#include <infiniband/verbs.h>

#include "raw.h"

static int fd;
static uint32_t pd, cq;

static int to_rtr(uint8_t sgid_index, const uint8_t *dgid)
{
	struct ib_uverbs_modify_qp init = {
		.attr_mask = IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS,
		.qp_state = IBV_QPS_INIT,
		.port_num = 1,
	};
	uint32_t num;

	must("CREATE_QP", create_qp_ex(fd, pd, cq, IB_UVERBS_QPT_RC, 0, 0, &init.qp_handle, &num));
	must("to INIT", legacy(fd, IB_USER_VERBS_CMD_MODIFY_QP, &init, sizeof(init), NULL, 0, NULL,
			       0));
	return qp_to_rtr(fd, init.qp_handle, sgid_index, dgid);
}

int main(int argc, char **argv)
{
	uint8_t dgid[16], sgid_index;
	uint32_t ah;
	int i;

	if (argc < 4) {
		fprintf(stderr, "usage: routes NODE SGID_INDEX DGID...\n");
		return 2;
	}
	sgid_index = atoi(argv[2]);
	fd = raw_open(argv[1]);
	must("GET_CONTEXT", get_context(fd));
	must("ALLOC_PD", alloc_pd(fd, &pd));
	must("CQ_CREATE", create_cq(fd, 16, -1, NULL, &cq));
	for (i = 3; i < argc; i++) {
		if (inet_pton(AF_INET6, argv[i], dgid) != 1)
			die("%s: no GID", argv[i]);
		printf("%u to %s: AH %s", sgid_index, argv[i],
		       errno_name(create_ah(fd, pd, dgid, sgid_index, &ah)));
		printf(", RTR %s\n", errno_name(to_rtr(sgid_index, dgid)));
	}
	return 0;
}
