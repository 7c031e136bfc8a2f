/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The verbs ioctl as it is, without libibverbs between: for tests that must
 * send what no library sends, to the node they choose. Written for rxe, unless
 * raw_driver says otherwise; raw_open() finds out.
 */
#ifndef UVB_TESTS_RAW_H
#define UVB_TESTS_RAW_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <rdma/ib_user_ioctl_cmds.h>
#include <rdma/ib_user_ioctl_verbs.h>
#include <rdma/ib_user_verbs.h>
#include <rdma/rdma_user_ioctl_cmds.h>
#include <rdma/rdma_user_rxe.h>

/* An ioctl is at most a page. */
#define CMD_MAX_ATTRS	255
#define ATTR_UHW_IN	0x1000
#define ATTR_UHW_OUT	0x1001
#define EX		IB_USER_VERBS_CMD_FLAG_EXTENDED

struct cmd {
	struct ib_uverbs_ioctl_hdr hdr;
	struct ib_uverbs_attr attrs[CMD_MAX_ATTRS];
};

/* Whose driver the calls are for. */
static uint32_t raw_driver __attribute__((unused)) = RDMA_DRIVER_RXE;

static inline void cmd_begin(struct cmd *cmd, uint16_t object, uint16_t method)
{
	memset(&cmd->hdr, 0, sizeof(cmd->hdr));
	cmd->hdr.length = sizeof(cmd->hdr);
	cmd->hdr.object_id = object;
	cmd->hdr.method_id = method;
	cmd->hdr.driver_id = raw_driver;
}

static inline struct ib_uverbs_attr *cmd_add(struct cmd *cmd, uint16_t id, uint16_t len,
					     uint64_t data)
{
	struct ib_uverbs_attr *attr = &cmd->attrs[cmd->hdr.num_attrs++];

	cmd->hdr.length += sizeof(*attr);
	*attr = (struct ib_uverbs_attr) {
		.attr_id = id,
		.len = len,
		.flags = UVERBS_ATTR_F_MANDATORY,
		.data = data,
	};
	return attr;
}

static inline void cmd_handle(struct cmd *cmd, uint16_t id, uint32_t handle)
{
	cmd_add(cmd, id, 0, handle);
}

static inline void cmd_fd(struct cmd *cmd, uint16_t id, int fd)
{
	cmd_add(cmd, id, 0, (int64_t)fd);
}

/* Inputs of up to 8 bytes travel in the attribute itself. */
static inline void cmd_in(struct cmd *cmd, uint16_t id, const void *data, uint16_t len)
{
	uint64_t value = (uintptr_t)data;

	if (len <= sizeof(value)) {
		value = 0;
		memcpy(&value, data, len);
	}
	cmd_add(cmd, id, len, value);
}

static inline void cmd_u32(struct cmd *cmd, uint16_t id, uint32_t value)
{
	cmd_add(cmd, id, sizeof(value), value);
}

static inline void cmd_u64(struct cmd *cmd, uint16_t id, uint64_t value)
{
	cmd_add(cmd, id, sizeof(value), value);
}

static inline void cmd_out(struct cmd *cmd, uint16_t id, void *data, uint16_t len)
{
	cmd_add(cmd, id, len, (uintptr_t)data);
}

/* Returns 0 or the errno. */
static inline int cmd_call(int fd, struct cmd *cmd)
{
	return ioctl(fd, RDMA_VERBS_IOCTL, &cmd->hdr) ? errno : 0;
}

/* A legacy command by ioctl; @uhw is for the driver's answer. Returns 0 or the errno. */
static inline int legacy(int fd, uint32_t command, const void *in, size_t in_len, void *out,
			 size_t out_len, void *uhw, size_t uhw_len)
{
	struct cmd cmd;

	cmd_begin(&cmd, UVERBS_OBJECT_DEVICE, UVERBS_METHOD_INVOKE_WRITE);
	cmd_u64(&cmd, UVERBS_ATTR_WRITE_CMD, command);
	if (in)
		cmd_in(&cmd, UVERBS_ATTR_CORE_IN, in, in_len);
	if (out)
		cmd_out(&cmd, UVERBS_ATTR_CORE_OUT, out, out_len);
	if (uhw)
		cmd_out(&cmd, ATTR_UHW_OUT, uhw, uhw_len);
	return cmd_call(fd, &cmd);
}

static inline int get_context(int fd)
{
	struct cmd cmd;

	cmd_begin(&cmd, UVERBS_OBJECT_DEVICE, UVERBS_METHOD_GET_CONTEXT);
	return cmd_call(fd, &cmd);
}

static inline int alloc_async(int fd, int *async)
{
	struct cmd cmd;
	int ret;

	cmd_begin(&cmd, UVERBS_OBJECT_ASYNC_EVENT, UVERBS_METHOD_ASYNC_EVENT_ALLOC);
	cmd_fd(&cmd, UVERBS_ATTR_ASYNC_EVENT_ALLOC_FD_HANDLE, 0);
	ret = cmd_call(fd, &cmd);
	*async = cmd.attrs[0].data;
	return ret;
}

static inline int create_channel(int fd, int *channel)
{
	struct ib_uverbs_create_comp_channel in = {};
	struct ib_uverbs_create_comp_channel_resp out = {};
	int ret = legacy(fd, IB_USER_VERBS_CMD_CREATE_COMP_CHANNEL, &in, sizeof(in), &out,
			 sizeof(out), NULL, 0);

	*channel = out.fd;
	return ret;
}

static inline int alloc_pd(int fd, uint32_t *pd)
{
	struct ib_uverbs_alloc_pd in = {};
	struct ib_uverbs_alloc_pd_resp out = {};
	int ret = legacy(fd, IB_USER_VERBS_CMD_ALLOC_PD, &in, sizeof(in), &out, sizeof(out),
			 NULL, 0);

	*pd = out.pd_handle;
	return ret;
}

static inline int reg_mr(int fd, uint32_t pd, void *buf, size_t len, struct ib_uverbs_reg_mr_resp *mr)
{
	struct ib_uverbs_reg_mr in = {
		.start = (uintptr_t)buf,
		.length = len,
		.hca_va = (uintptr_t)buf,
		.pd_handle = pd,
		.access_flags = 1,
	};

	return legacy(fd, IB_USER_VERBS_CMD_REG_MR, &in, sizeof(in), mr, sizeof(*mr), NULL, 0);
}

/* @type is 1 or 2. */
static inline int alloc_mw(int fd, uint32_t pd, uint8_t type, uint32_t *mw)
{
	struct ib_uverbs_alloc_mw in = { .pd_handle = pd, .mw_type = type };
	struct ib_uverbs_alloc_mw_resp out = {};
	int ret = legacy(fd, IB_USER_VERBS_CMD_ALLOC_MW, &in, sizeof(in), &out, sizeof(out),
			 NULL, 0);

	*mw = out.mw_handle;
	return ret;
}

static inline int create_ah(int fd, uint32_t pd, const uint8_t *gid, unsigned int sgid_index,
			    uint32_t *ah)
{
	struct rxe_create_ah_resp uhw;
	struct ib_uverbs_create_ah in = {
		.pd_handle = pd,
		.attr.is_global = 1,
		.attr.port_num = 1,
		.attr.grh.sgid_index = sgid_index,
		.attr.grh.hop_limit = 1,
	};
	struct ib_uverbs_create_ah_resp out = {};
	int ret;

	memcpy(in.attr.grh.dgid, gid, 16);
	ret = legacy(fd, IB_USER_VERBS_CMD_CREATE_AH, &in, sizeof(in), &out, sizeof(out), &uhw,
		     sizeof(uhw));
	*ah = out.ah_handle;
	return ret;
}

/* What every CQ is made with. The first attribute is the CQ. */
static inline void create_cq_begin(struct cmd *cmd, uint32_t cqe, uint32_t *resp_cqe)
{
	cmd_begin(cmd, UVERBS_OBJECT_CQ, UVERBS_METHOD_CQ_CREATE);
	cmd_handle(cmd, UVERBS_ATTR_CREATE_CQ_HANDLE, 0);
	cmd_u32(cmd, UVERBS_ATTR_CREATE_CQ_CQE, cqe);
	cmd_u64(cmd, UVERBS_ATTR_CREATE_CQ_USER_HANDLE, 0x0123456789abcdef);
	cmd_u32(cmd, UVERBS_ATTR_CREATE_CQ_COMP_VECTOR, 0);
	cmd_out(cmd, UVERBS_ATTR_CREATE_CQ_RESP_CQE, resp_cqe, sizeof(*resp_cqe));
}

/* @channel is -1 for none; @ring, if not NULL, says where the CQ can be mapped. */
static inline int create_cq(int fd, uint32_t cqe, int channel, struct mminfo *ring, uint32_t *cq)
{
	struct rxe_create_cq_resp uhw = {};
	uint32_t resp_cqe;
	struct cmd cmd;
	int ret;

	create_cq_begin(&cmd, cqe, &resp_cqe);
	cmd_out(&cmd, ATTR_UHW_OUT, &uhw, sizeof(uhw));
	if (channel >= 0)
		cmd_fd(&cmd, UVERBS_ATTR_CREATE_CQ_COMP_CHANNEL, channel);
	ret = cmd_call(fd, &cmd);
	if (ring)
		*ring = uhw.mi;
	*cq = cmd.attrs[0].data;
	return ret;
}

/* What QP_CREATE answers beside the handle. */
struct qp_made {
	struct ib_uverbs_qp_cap cap;
	uint32_t num;
};

/* What every QP is made with; @type is an enum ib_uverbs_qp_type. The first attribute is the QP. */
static inline void create_qp_begin(struct cmd *cmd, uint32_t pd, uint32_t cq, unsigned int type,
				   struct qp_made *made)
{
	static const struct ib_uverbs_qp_cap cap = {
		.max_send_wr = 4,
		.max_recv_wr = 4,
		.max_send_sge = 1,
		.max_recv_sge = 1,
	};

	cmd_begin(cmd, UVERBS_OBJECT_QP, UVERBS_METHOD_QP_CREATE);
	cmd_handle(cmd, UVERBS_ATTR_CREATE_QP_HANDLE, 0);
	cmd_handle(cmd, UVERBS_ATTR_CREATE_QP_PD_HANDLE, pd);
	cmd_handle(cmd, UVERBS_ATTR_CREATE_QP_SEND_CQ_HANDLE, cq);
	cmd_handle(cmd, UVERBS_ATTR_CREATE_QP_RECV_CQ_HANDLE, cq);
	cmd_u64(cmd, UVERBS_ATTR_CREATE_QP_USER_HANDLE, 0x0123456789abcdef);
	cmd_in(cmd, UVERBS_ATTR_CREATE_QP_CAP, &cap, sizeof(cap));
	cmd_u64(cmd, UVERBS_ATTR_CREATE_QP_TYPE, type);
	cmd_out(cmd, UVERBS_ATTR_CREATE_QP_RESP_CAP, &made->cap, sizeof(made->cap));
	cmd_out(cmd, UVERBS_ATTR_CREATE_QP_RESP_QP_NUM, &made->num, sizeof(made->num));
}

static inline int create_qp(int fd, uint32_t pd, uint32_t cq, unsigned int type, uint32_t *qp)
{
	struct rxe_create_qp_resp uhw;
	struct qp_made made;
	struct cmd cmd;
	int ret;

	create_qp_begin(&cmd, pd, cq, type, &made);
	cmd_out(&cmd, ATTR_UHW_OUT, &uhw, sizeof(uhw));
	ret = cmd_call(fd, &cmd);
	*qp = cmd.attrs[0].data;
	return ret;
}

/* By the legacy command, which can give flags and a source QPN; @num may be NULL. */
static inline int create_qp_ex(int fd, uint32_t pd, uint32_t cq, uint32_t type, uint32_t flags,
			       uint32_t source, uint32_t *qp, uint32_t *num)
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
	if (num)
		*num = out.base.qpn;
	return ret;
}

/* An RC QP from INIT to RTR, by the legacy command. */
static inline int qp_to_rtr(int fd, uint32_t qp, uint8_t sgid_index, const uint8_t *dgid)
{
	struct ib_uverbs_modify_qp in = {
		.qp_handle = qp,
		/* State, path and its MTU, responder resources, RNR timer, QPN and PSN of the peer. */
		.attr_mask = 1 << 0 | 1 << 7 | 1 << 8 | 1 << 12 | 1 << 15 | 1 << 17 | 1 << 20,
		.qp_state = 2,
		.path_mtu = 3,
		.dest_qp_num = 2,
		.dest = {
			.is_global = 1,
			.port_num = 1,
			.sgid_index = sgid_index,
			.hop_limit = 7,
			.flow_label = 0x12345,
			.traffic_class = 32,
		},
	};

	memcpy(in.dest.dgid, dgid, sizeof(in.dest.dgid));
	return legacy(fd, IB_USER_VERBS_CMD_MODIFY_QP, &in, sizeof(in), NULL, 0, NULL, 0);
}

/* What every basic SRQ is made with; @resp is two words. The first attribute is the SRQ. */
static inline void create_srq_begin(struct cmd *cmd, uint32_t pd, uint32_t max_wr, uint32_t limit,
				    uint32_t *resp)
{
	cmd_begin(cmd, UVERBS_OBJECT_SRQ, UVERBS_METHOD_SRQ_CREATE);
	cmd_handle(cmd, UVERBS_ATTR_CREATE_SRQ_HANDLE, 0);
	cmd_handle(cmd, UVERBS_ATTR_CREATE_SRQ_PD_HANDLE, pd);
	cmd_u64(cmd, UVERBS_ATTR_CREATE_SRQ_USER_HANDLE, 0x0123456789abcdef);
	cmd_u32(cmd, UVERBS_ATTR_CREATE_SRQ_MAX_WR, max_wr);
	cmd_u32(cmd, UVERBS_ATTR_CREATE_SRQ_MAX_SGE, 1);
	cmd_u32(cmd, UVERBS_ATTR_CREATE_SRQ_LIMIT, limit);
	cmd_u64(cmd, UVERBS_ATTR_CREATE_SRQ_TYPE, IB_UVERBS_SRQT_BASIC);
	cmd_out(cmd, UVERBS_ATTR_CREATE_SRQ_RESP_MAX_WR, &resp[0], sizeof(resp[0]));
	cmd_out(cmd, UVERBS_ATTR_CREATE_SRQ_RESP_MAX_SGE, &resp[1], sizeof(resp[1]));
}

static inline int create_srq(int fd, uint32_t pd, uint32_t max_wr, uint32_t limit, uint32_t *srq)
{
	struct rxe_create_srq_resp uhw;
	uint32_t resp[2];
	struct cmd cmd;
	int ret;

	create_srq_begin(&cmd, pd, max_wr, limit, resp);
	cmd_out(&cmd, ATTR_UHW_OUT, &uhw, sizeof(uhw));
	ret = cmd_call(fd, &cmd);
	*srq = cmd.attrs[0].data;
	return ret;
}

/* PD, MR and AH: only a handle. */
static inline int destroy(int fd, uint16_t object, uint16_t method, uint32_t handle)
{
	struct cmd cmd;

	cmd_begin(&cmd, object, method);
	cmd_handle(&cmd, 0, handle);
	return cmd_call(fd, &cmd);
}

static inline int destroy_pd(int fd, uint32_t pd)
{
	return destroy(fd, UVERBS_OBJECT_PD, UVERBS_METHOD_PD_DESTROY, pd);
}

static inline int destroy_mr(int fd, uint32_t mr)
{
	return destroy(fd, UVERBS_OBJECT_MR, UVERBS_METHOD_MR_DESTROY, mr);
}

static inline int destroy_ah(int fd, uint32_t ah)
{
	return destroy(fd, UVERBS_OBJECT_AH, UVERBS_METHOD_AH_DESTROY, ah);
}

static inline int destroy_cq(int fd, uint32_t cq, struct ib_uverbs_destroy_cq_resp *resp)
{
	struct cmd cmd;

	cmd_begin(&cmd, UVERBS_OBJECT_CQ, UVERBS_METHOD_CQ_DESTROY);
	cmd_handle(&cmd, UVERBS_ATTR_DESTROY_CQ_HANDLE, cq);
	cmd_out(&cmd, UVERBS_ATTR_DESTROY_CQ_RESP, resp, sizeof(*resp));
	return cmd_call(fd, &cmd);
}

static inline int destroy_qp(int fd, uint32_t qp, struct ib_uverbs_destroy_qp_resp *resp)
{
	struct cmd cmd;

	cmd_begin(&cmd, UVERBS_OBJECT_QP, UVERBS_METHOD_QP_DESTROY);
	cmd_handle(&cmd, UVERBS_ATTR_DESTROY_QP_HANDLE, qp);
	cmd_out(&cmd, UVERBS_ATTR_DESTROY_QP_RESP, resp, sizeof(*resp));
	return cmd_call(fd, &cmd);
}

static inline int destroy_srq(int fd, uint32_t srq, struct ib_uverbs_destroy_srq_resp *resp)
{
	struct cmd cmd;

	cmd_begin(&cmd, UVERBS_OBJECT_SRQ, UVERBS_METHOD_SRQ_DESTROY);
	cmd_handle(&cmd, UVERBS_ATTR_DESTROY_SRQ_HANDLE, srq);
	cmd_out(&cmd, UVERBS_ATTR_DESTROY_SRQ_RESP, resp, sizeof(*resp));
	return cmd_call(fd, &cmd);
}

static inline int query_qp(int fd, uint32_t qp, struct ib_uverbs_query_qp_resp *out)
{
	struct ib_uverbs_query_qp in = { .qp_handle = qp, .attr_mask = 1 };

	return legacy(fd, IB_USER_VERBS_CMD_QUERY_QP, &in, sizeof(in), out, sizeof(*out), NULL, 0);
}

/* As hexadecimal digits. */
static inline void print_bytes(const void *from, size_t len)
{
	const uint8_t *bytes = from;
	size_t i;

	for (i = 0; i < len; i++)
		printf("%02x", bytes[i]);
}

/* "ok" for 0. */
static inline const char *errno_name(int err)
{
	return err ? strerrorname_np(err) ?: "unknown errno" : "ok";
}

__attribute__((format(printf, 1, 2), noreturn))
static inline void die(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

/* Let events of a file come as signals that say which file it was. */
static inline void signal_us(int fd)
{
	if (fcntl(fd, F_SETOWN, getpid()) || fcntl(fd, F_SETSIG, SIGIO) ||
	    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_ASYNC))
		die("fcntl: %s", errno_name(errno));
}

/* @ret is an errno. */
static inline void must(const char *what, int ret)
{
	if (ret)
		die("%s: %s", what, errno_name(ret));
}

/* Open a node of whichever driver; a call that names the wrong one is refused with EINVAL. */
static inline int raw_open(const char *node)
{
	static const uint32_t drivers[] = { RDMA_DRIVER_RXE, RDMA_DRIVER_SIW, RDMA_DRIVER_QIB };
	int fd = open(node, O_RDWR | O_CLOEXEC);
	unsigned int i;

	if (fd < 0)
		die("%s: %s", node, errno_name(errno));
	for (i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
		raw_driver = drivers[i];
		if (legacy(fd, IB_USER_VERBS_CMD_QUERY_DEVICE, NULL, 0, NULL, 0, NULL, 0) != EINVAL)
			return fd;
	}
	die("%s: not a driver this program knows", node);
}

#endif /* UVB_TESTS_RAW_H */
