/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One of each kind of object that a program can make on a fake device: how, out of which others,
 * and how it is destroyed.
 */
#ifndef UVB_TESTS_OBJECTS_H
#define UVB_TESTS_OBJECTS_H

#include <sys/mman.h>

#include "raw.h"
#include "../drivers/fake/fake_abi.h"

/* Newer kernels have them, the headers of the older one do not. */
#define OBJECT_DMAH		17
#define OBJECT_COMP_CNTR	19

/* In an order in which they can be made; in the opposite one they can be destroyed. */
enum kind {
	PD, MR, MW, DM, DM_MR, CQ, SRQ, RC, UD, RAW, XRCD, XSRQ, TGT, AH, WQ, TABLE, COUNTERS, FLOW,
	DMAH, COMP_CNTR, KINDS
};

static char objects_memory[8192] __attribute__((aligned(4096)));

static inline int make_handle_only(int fd, uint16_t object, uint16_t method, uint32_t *handle)
{
	struct cmd cmd;
	int ret;

	cmd_begin(&cmd, object, method);
	cmd_handle(&cmd, 0, 0);
	ret = cmd_call(fd, &cmd);
	*handle = cmd.attrs[0].data;
	return ret;
}

static inline int make_dm(int fd, uint32_t *handle)
{
	struct cmd cmd;
	int ret;

	cmd_begin(&cmd, UVERBS_OBJECT_DM, UVERBS_METHOD_DM_ALLOC);
	cmd_handle(&cmd, UVERBS_ATTR_ALLOC_DM_HANDLE, 0);
	cmd_u64(&cmd, UVERBS_ATTR_ALLOC_DM_LENGTH, 4096);
	cmd_u32(&cmd, UVERBS_ATTR_ALLOC_DM_ALIGNMENT, 0);
	ret = cmd_call(fd, &cmd);
	*handle = cmd.attrs[0].data;
	return ret;
}

static inline int make_dm_mr(int fd, uint32_t pd, uint32_t dm, uint32_t *handle)
{
	uint32_t lkey, rkey;
	struct cmd cmd;
	int ret;

	cmd_begin(&cmd, UVERBS_OBJECT_MR, UVERBS_METHOD_DM_MR_REG);
	cmd_handle(&cmd, UVERBS_ATTR_REG_DM_MR_HANDLE, 0);
	cmd_u64(&cmd, UVERBS_ATTR_REG_DM_MR_OFFSET, 0);
	cmd_u64(&cmd, UVERBS_ATTR_REG_DM_MR_LENGTH, 64);
	cmd_handle(&cmd, UVERBS_ATTR_REG_DM_MR_PD_HANDLE, pd);
	/* IB_ZERO_BASED, without which device memory is refused. */
	cmd_u32(&cmd, UVERBS_ATTR_REG_DM_MR_ACCESS_FLAGS, 1 << 5 | 1);
	cmd_handle(&cmd, UVERBS_ATTR_REG_DM_MR_DM_HANDLE, dm);
	cmd_out(&cmd, UVERBS_ATTR_REG_DM_MR_RESP_LKEY, &lkey, sizeof(lkey));
	cmd_out(&cmd, UVERBS_ATTR_REG_DM_MR_RESP_RKEY, &rkey, sizeof(rkey));
	ret = cmd_call(fd, &cmd);
	*handle = cmd.attrs[0].data;
	return ret;
}

/* @type is an enum ib_uverbs_srq_type; an XRC one needs @xrcd and @cq. */
static inline int make_srq(int fd, uint32_t pd, unsigned int type, uint32_t xrcd, uint32_t cq,
			   uint32_t *handle)
{
	uint32_t max_wr, max_sge, number;
	struct cmd cmd;
	int ret;

	cmd_begin(&cmd, UVERBS_OBJECT_SRQ, UVERBS_METHOD_SRQ_CREATE);
	cmd_handle(&cmd, UVERBS_ATTR_CREATE_SRQ_HANDLE, 0);
	cmd_handle(&cmd, UVERBS_ATTR_CREATE_SRQ_PD_HANDLE, pd);
	if (type == IB_UVERBS_SRQT_XRC) {
		cmd_handle(&cmd, UVERBS_ATTR_CREATE_SRQ_XRCD_HANDLE, xrcd);
		cmd_handle(&cmd, UVERBS_ATTR_CREATE_SRQ_CQ_HANDLE, cq);
	}
	cmd_u64(&cmd, UVERBS_ATTR_CREATE_SRQ_USER_HANDLE, 0x0123456789abcdef);
	cmd_u32(&cmd, UVERBS_ATTR_CREATE_SRQ_MAX_WR, 4);
	cmd_u32(&cmd, UVERBS_ATTR_CREATE_SRQ_MAX_SGE, 1);
	cmd_u32(&cmd, UVERBS_ATTR_CREATE_SRQ_LIMIT, 0);
	cmd_u64(&cmd, UVERBS_ATTR_CREATE_SRQ_TYPE, type);
	cmd_out(&cmd, UVERBS_ATTR_CREATE_SRQ_RESP_MAX_WR, &max_wr, sizeof(max_wr));
	cmd_out(&cmd, UVERBS_ATTR_CREATE_SRQ_RESP_MAX_SGE, &max_sge, sizeof(max_sge));
	/* Optional, says the interface, but what gives a number fails without. */
	if (type == IB_UVERBS_SRQT_XRC)
		cmd_out(&cmd, UVERBS_ATTR_CREATE_SRQ_RESP_SRQ_NUM, &number, sizeof(number));
	ret = cmd_call(fd, &cmd);
	*handle = cmd.attrs[0].data;
	return ret;
}

static inline int make_xrcd(int fd, uint32_t *handle)
{
	struct ib_uverbs_open_xrcd in = { .fd = -1, .oflags = O_CREAT };
	struct ib_uverbs_open_xrcd_resp out = {};
	int ret = legacy(fd, IB_USER_VERBS_CMD_OPEN_XRCD, &in, sizeof(in), &out, sizeof(out), NULL,
			 0);

	*handle = out.xrcd_handle;
	return ret;
}

static inline int make_xrc_target(int fd, uint32_t xrcd, uint32_t *handle)
{
	struct ib_uverbs_qp_cap cap = {}, resp_cap;
	uint32_t qp_num;
	struct cmd cmd;
	int ret;

	cmd_begin(&cmd, UVERBS_OBJECT_QP, UVERBS_METHOD_QP_CREATE);
	cmd_handle(&cmd, UVERBS_ATTR_CREATE_QP_HANDLE, 0);
	cmd_handle(&cmd, UVERBS_ATTR_CREATE_QP_XRCD_HANDLE, xrcd);
	cmd_u64(&cmd, UVERBS_ATTR_CREATE_QP_USER_HANDLE, 0x0123456789abcdef);
	cmd_in(&cmd, UVERBS_ATTR_CREATE_QP_CAP, &cap, sizeof(cap));
	cmd_u64(&cmd, UVERBS_ATTR_CREATE_QP_TYPE, IB_UVERBS_QPT_XRC_TGT);
	cmd_out(&cmd, UVERBS_ATTR_CREATE_QP_RESP_CAP, &resp_cap, sizeof(resp_cap));
	cmd_out(&cmd, UVERBS_ATTR_CREATE_QP_RESP_QP_NUM, &qp_num, sizeof(qp_num));
	ret = cmd_call(fd, &cmd);
	*handle = cmd.attrs[0].data;
	return ret;
}

static inline int make_ah(int fd, uint32_t pd, uint32_t *handle)
{
	/* Link-local, so that nobody has to be asked where it is; on InfiniBand it is only said. */
	static const uint8_t gid[16] = { 0xfe, 0x80, [8] = 0, 0, 0xfa, 0xff, 0xfe, 0x4e, 0, 1 };

	return create_ah(fd, pd, gid, 0, handle);
}

static inline int make_wq(int fd, uint32_t pd, uint32_t cq, uint32_t *handle)
{
	uint32_t max_wr, max_sge, number;
	struct cmd cmd;
	int ret;

	cmd_begin(&cmd, UVERBS_OBJECT_WQ, UVERBS_METHOD_WQ_CREATE);
	cmd_handle(&cmd, UVERBS_ATTR_CREATE_WQ_HANDLE, 0);
	cmd_handle(&cmd, UVERBS_ATTR_CREATE_WQ_PD_HANDLE, pd);
	cmd_handle(&cmd, UVERBS_ATTR_CREATE_WQ_CQ_HANDLE, cq);
	cmd_u64(&cmd, UVERBS_ATTR_CREATE_WQ_USER_HANDLE, 0x0123456789abcdef);
	cmd_u64(&cmd, UVERBS_ATTR_CREATE_WQ_TYPE, IB_UVERBS_WQT_RQ);
	cmd_u32(&cmd, UVERBS_ATTR_CREATE_WQ_MAX_WR, 4);
	cmd_u32(&cmd, UVERBS_ATTR_CREATE_WQ_MAX_SGE, 1);
	cmd_u32(&cmd, UVERBS_ATTR_CREATE_WQ_FLAGS, 0);
	cmd_out(&cmd, UVERBS_ATTR_CREATE_WQ_RESP_MAX_WR, &max_wr, sizeof(max_wr));
	cmd_out(&cmd, UVERBS_ATTR_CREATE_WQ_RESP_MAX_SGE, &max_sge, sizeof(max_sge));
	cmd_out(&cmd, UVERBS_ATTR_CREATE_WQ_RESP_WQ_NUM, &number, sizeof(number));
	ret = cmd_call(fd, &cmd);
	*handle = cmd.attrs[0].data;
	return ret;
}

static inline int make_table(int fd, uint32_t wq, uint32_t *handle)
{
	struct {
		struct ib_uverbs_ex_create_rwq_ind_table table;
		uint32_t wqs[2];
	} in = { .wqs = { wq } };
	struct ib_uverbs_ex_create_rwq_ind_table_resp out = {};
	int ret = legacy(fd, EX | IB_USER_VERBS_EX_CMD_CREATE_RWQ_IND_TBL, &in, sizeof(in), &out,
			 sizeof(out), NULL, 0);

	*handle = out.ind_tbl_handle;
	return ret;
}

static inline int make_flow(int fd, uint32_t qp, uint32_t *handle)
{
	struct {
		struct ib_uverbs_create_flow flow;
		struct ib_uverbs_flow_spec_eth eth;
	} in = {
		.flow.qp_handle = qp,
		.flow.flow_attr = {
			.size = sizeof(in.eth),
			.num_of_specs = 1,
			.port = 1,
		},
		.eth = {
			.type = 0x20,
			.size = sizeof(in.eth),
			.val.dst_mac = { 2, 0, 0, 0, 0, 1 },
			.mask.dst_mac = { 255, 255, 255, 255, 255, 255 },
		},
	};
	struct ib_uverbs_create_flow_resp out = {};
	int ret = legacy(fd, EX | IB_USER_VERBS_EX_CMD_CREATE_FLOW, &in, sizeof(in), &out,
			 sizeof(out), NULL, 0);

	*handle = out.flow_handle;
	return ret;
}

/* @from has the handles of what it is made from. Returns 0 or the errno. */
static inline int make_object(int fd, int channel, enum kind kind, const uint32_t *from,
			      uint32_t *handle)
{
	struct ib_uverbs_reg_mr_resp mr = {};
	int ret;

	switch (kind) {
	case PD:	return alloc_pd(fd, handle);
	case MR:
		ret = reg_mr(fd, from[PD], objects_memory, sizeof(objects_memory), &mr);
		*handle = mr.mr_handle;
		return ret;
	case MW:	return alloc_mw(fd, from[PD], 1, handle);
	case DM:	return make_dm(fd, handle);
	case DM_MR:	return make_dm_mr(fd, from[PD], from[DM], handle);
	case CQ:	return create_cq(fd, 16, channel, NULL, handle);
	case SRQ:	return make_srq(fd, from[PD], IB_UVERBS_SRQT_BASIC, 0, 0, handle);
	case RC:	return create_qp(fd, from[PD], from[CQ], IB_UVERBS_QPT_RC, handle);
	case UD:	return create_qp(fd, from[PD], from[CQ], IB_UVERBS_QPT_UD, handle);
	case RAW:	return create_qp(fd, from[PD], from[CQ], IB_UVERBS_QPT_RAW_PACKET, handle);
	case XRCD:	return make_xrcd(fd, handle);
	case XSRQ:
		return make_srq(fd, from[PD], IB_UVERBS_SRQT_XRC, from[XRCD], from[CQ], handle);
	case TGT:	return make_xrc_target(fd, from[XRCD], handle);
	case AH:	return make_ah(fd, from[PD], handle);
	case WQ:	return make_wq(fd, from[PD], from[CQ], handle);
	case TABLE:	return make_table(fd, from[WQ], handle);
	case COUNTERS:
		return make_handle_only(fd, UVERBS_OBJECT_COUNTERS, UVERBS_METHOD_COUNTERS_CREATE,
					handle);
	case FLOW:	return make_flow(fd, from[RAW], handle);
	case DMAH:	return make_handle_only(fd, OBJECT_DMAH, 0, handle);
	case COMP_CNTR:	return make_handle_only(fd, OBJECT_COMP_CNTR, 0, handle);
	default:	return EPROTONOSUPPORT;
	}
}

/* The destroying method; with @resp bytes of answer in its second attribute. */
static const struct {
	const char *name;
	uint16_t object, method, resp;
} kinds[KINDS] = {
	[PD]	    = { "PD", UVERBS_OBJECT_PD, UVERBS_METHOD_PD_DESTROY },
	[MR]	    = { "MR", UVERBS_OBJECT_MR, UVERBS_METHOD_MR_DESTROY },
	[MW]	    = { "MW", UVERBS_OBJECT_MW, UVERBS_METHOD_MW_DESTROY },
	[DM]	    = { "DM", UVERBS_OBJECT_DM, UVERBS_METHOD_DM_FREE },
	[DM_MR]	    = { "MR of DM", UVERBS_OBJECT_MR, UVERBS_METHOD_MR_DESTROY },
	[CQ]	    = { "CQ", UVERBS_OBJECT_CQ, UVERBS_METHOD_CQ_DESTROY,
			sizeof(struct ib_uverbs_destroy_cq_resp) },
	[SRQ]	    = { "SRQ", UVERBS_OBJECT_SRQ, UVERBS_METHOD_SRQ_DESTROY,
			sizeof(struct ib_uverbs_destroy_srq_resp) },
	[RC]	    = { "RC QP", UVERBS_OBJECT_QP, UVERBS_METHOD_QP_DESTROY,
			sizeof(struct ib_uverbs_destroy_qp_resp) },
	[UD]	    = { "UD QP", UVERBS_OBJECT_QP, UVERBS_METHOD_QP_DESTROY,
			sizeof(struct ib_uverbs_destroy_qp_resp) },
	[RAW]	    = { "Ethernet QP", UVERBS_OBJECT_QP, UVERBS_METHOD_QP_DESTROY,
			sizeof(struct ib_uverbs_destroy_qp_resp) },
	[XRCD]	    = { "XRC domain", UVERBS_OBJECT_XRCD, UVERBS_METHOD_XRCD_DESTROY },
	[XSRQ]	    = { "XRC SRQ", UVERBS_OBJECT_SRQ, UVERBS_METHOD_SRQ_DESTROY,
			sizeof(struct ib_uverbs_destroy_srq_resp) },
	[TGT]	    = { "XRC target QP", UVERBS_OBJECT_QP, UVERBS_METHOD_QP_DESTROY,
			sizeof(struct ib_uverbs_destroy_qp_resp) },
	[AH]	    = { "AH", UVERBS_OBJECT_AH, UVERBS_METHOD_AH_DESTROY },
	[WQ]	    = { "WQ", UVERBS_OBJECT_WQ, UVERBS_METHOD_WQ_DESTROY, sizeof(uint32_t) },
	[TABLE]	    = { "indirection table", UVERBS_OBJECT_RWQ_IND_TBL,
			UVERBS_METHOD_RWQ_IND_TBL_DESTROY },
	[COUNTERS]  = { "counters", UVERBS_OBJECT_COUNTERS, UVERBS_METHOD_COUNTERS_DESTROY },
	[FLOW]	    = { "flow", UVERBS_OBJECT_FLOW, UVERBS_METHOD_FLOW_DESTROY },
	[DMAH]	    = { "DMA handle", OBJECT_DMAH, 1 },
	[COMP_CNTR] = { "completion counter", OBJECT_COMP_CNTR, 1 },
};

static inline int destroy_object(int fd, enum kind kind, uint32_t handle)
{
	uint8_t resp[16];
	struct cmd cmd;

	cmd_begin(&cmd, kinds[kind].object, kinds[kind].method);
	cmd_handle(&cmd, 0, handle);
	if (kinds[kind].resp)
		cmd_out(&cmd, 1, resp, kinds[kind].resp);
	return cmd_call(fd, &cmd);
}

static inline int get_fake_context(int fd, struct fake_context_resp *resp)
{
	struct cmd cmd;

	cmd_begin(&cmd, UVERBS_OBJECT_DEVICE, UVERBS_METHOD_GET_CONTEXT);
	cmd_out(&cmd, ATTR_UHW_OUT, resp, sizeof(*resp));
	return cmd_call(fd, &cmd);
}

/* Write a line to the device's control file. */
static inline int fake_control(const char *dir, const char *command)
{
	char path[256];
	int fd, ret = 0;

	snprintf(path, sizeof(path), "%s/control", dir);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	if (write(fd, command, strlen(command)) < 0)
		ret = errno;
	close(fd);
	return ret;
}

#endif /* UVB_TESTS_OBJECTS_H */
