/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls that use objects, for programs that make them fail or make them at once: of the data path,
 * of counters, and of those that only uverbs_bpf has.
 */
#ifndef UVB_TESTS_CALLS_H
#define UVB_TESTS_CALLS_H

#include "raw.h"
#include "../../uapi/uverbs_bpf.h"

/* @command is POST_RECV, or POST_SRQ_RECV, which has the same layout. */
static inline int post_recv(int fd, uint32_t command, uint32_t handle, void *buf, uint32_t length,
			    uint32_t lkey)
{
	struct {
		struct ib_uverbs_post_recv cmd;
		struct ib_uverbs_recv_wr wr;
		struct ib_uverbs_sge sge;
	} in = {
		.cmd = { .qp_handle = handle, .wr_count = 1, .sge_count = 1,
			 .wqe_size = sizeof(in.wr) },
		.wr = { .wr_id = 1, .num_sge = 1 },
		.sge = { .addr = (uintptr_t)buf, .length = length, .lkey = lkey },
	};
	struct ib_uverbs_post_recv_resp out;

	return legacy(fd, command, &in, sizeof(in), &out, sizeof(out), NULL, 0);
}

struct polled {
	struct ib_uverbs_poll_cq_resp resp;
	struct ib_uverbs_wc wc[4];
};

static inline int poll_cq(int fd, uint32_t cq, struct polled *out)
{
	struct ib_uverbs_poll_cq in = { .cq_handle = cq, .ne = 4 };

	return legacy(fd, IB_USER_VERBS_CMD_POLL_CQ, &in, sizeof(in), out, sizeof(*out), NULL, 0);
}

static inline int read_counters(int fd, uint32_t counters)
{
	uint64_t values[4];
	struct cmd cmd;

	cmd_begin(&cmd, UVERBS_OBJECT_COUNTERS, UVERBS_METHOD_COUNTERS_READ);
	cmd_handle(&cmd, UVERBS_ATTR_READ_COUNTERS_HANDLE, counters);
	cmd_out(&cmd, UVERBS_ATTR_READ_COUNTERS_BUFF, values, sizeof(values));
	return cmd_call(fd, &cmd);
}

/* ---- what only uverbs_bpf has ---- */

static inline int own_alloc_pd(int fd, uint32_t *pd)
{
	struct cmd cmd;
	int ret;

	cmd_begin(&cmd, UVERBS_OBJECT_PD, UVERBS_BPF_METHOD_PD_ALLOC);
	cmd_handle(&cmd, UVERBS_BPF_ATTR_PD_HANDLE, 0);
	ret = cmd_call(fd, &cmd);
	*pd = cmd.attrs[0].data;
	return ret;
}

static inline int own_reg_mr(int fd, uint32_t pd, void *buf, size_t length, uint32_t *mr)
{
	struct cmd cmd;
	uint32_t lkey;
	int ret;

	cmd_begin(&cmd, UVERBS_OBJECT_MR, UVERBS_BPF_METHOD_MR_REG);
	cmd_handle(&cmd, UVERBS_BPF_ATTR_MR_HANDLE, 0);
	cmd_handle(&cmd, UVERBS_BPF_ATTR_MR_PD, pd);
	cmd_u64(&cmd, UVERBS_BPF_ATTR_MR_ADDR, (uintptr_t)buf);
	cmd_u64(&cmd, UVERBS_BPF_ATTR_MR_LENGTH, length);
	cmd_out(&cmd, UVERBS_BPF_ATTR_MR_RESP_LKEY, &lkey, sizeof(lkey));
	ret = cmd_call(fd, &cmd);
	*mr = cmd.attrs[0].data;
	return ret;
}

static inline int own_qp_to_init(int fd, uint32_t qp)
{
	struct cmd cmd;

	cmd_begin(&cmd, UVERBS_OBJECT_QP, UVERBS_BPF_METHOD_QP_MODIFY);
	cmd_handle(&cmd, UVERBS_BPF_ATTR_QP_HANDLE, qp);
	cmd_u64(&cmd, UVERBS_BPF_ATTR_QP_STATE, 1);
	cmd_u32(&cmd, UVERBS_BPF_ATTR_QP_PORT, 1);
	cmd_u32(&cmd, UVERBS_BPF_ATTR_QP_PKEY_INDEX, 0);
	cmd_u32(&cmd, UVERBS_BPF_ATTR_QP_ACCESS_FLAGS, 1);
	return cmd_call(fd, &cmd);
}

/* An RC QP; the path is an attribute of the transport's. */
static inline int own_connect_qp(int fd, uint32_t qp, uint16_t path_id, const void *path, size_t size)
{
	static const struct uverbs_bpf_qp_connection connection = {
		.fields = UVERBS_BPF_QP_PATH_MTU | UVERBS_BPF_QP_TIMEOUT | UVERBS_BPF_QP_RETRY_CNT |
			  UVERBS_BPF_QP_RNR_RETRY | UVERBS_BPF_QP_RQ_PSN | UVERBS_BPF_QP_SQ_PSN |
			  UVERBS_BPF_QP_MAX_RD_ATOMIC | UVERBS_BPF_QP_MAX_DEST_RD_ATOMIC |
			  UVERBS_BPF_QP_MIN_RNR_TIMER | UVERBS_BPF_QP_DEST_QPN,
		.dest_qp_num = 0x17, .path_mtu = 3, .timeout = 14, .retry_cnt = 7, .rnr_retry = 7,
		.min_rnr_timer = 12, .max_rd_atomic = 1, .max_dest_rd_atomic = 1,
	};
	struct cmd cmd;

	cmd_begin(&cmd, UVERBS_OBJECT_QP, UVERBS_BPF_METHOD_QP_CONNECT);
	cmd_handle(&cmd, UVERBS_BPF_ATTR_QP_HANDLE, qp);
	cmd_in(&cmd, UVERBS_BPF_ATTR_QP_CONNECTION, &connection, sizeof(connection));
	cmd_in(&cmd, path_id, path, size);
	return cmd_call(fd, &cmd);
}

#endif /* UVB_TESTS_CALLS_H */
