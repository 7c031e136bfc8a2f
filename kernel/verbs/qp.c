// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Queue pairs: create, open, query, destroy. Modify is in qp_modify.c, connect in
 * qp_connect.c.
 */
#include "../uvb.h"
#include "../ext.h"
#include "cq.h"
#include "qp.h"

#define UVB_QP_FLAGS_METHOD	(IB_UVERBS_QP_CREATE_BLOCK_MULTICAST_LOOPBACK |		\
				 IB_UVERBS_QP_CREATE_SCATTER_FCS |			\
				 IB_UVERBS_QP_CREATE_CVLAN_STRIPPING |			\
				 IB_UVERBS_QP_CREATE_PCI_WRITE_END_PADDING |		\
				 IB_UVERBS_QP_CREATE_SQ_SIG_ALL)
#define UVB_QP_FLAGS_COMMAND	(IB_QP_CREATE_BLOCK_MULTICAST_LOOPBACK |		\
				 IB_QP_CREATE_CROSS_CHANNEL |				\
				 IB_QP_CREATE_MANAGED_SEND |				\
				 IB_QP_CREATE_MANAGED_RECV |				\
				 IB_QP_CREATE_SCATTER_FCS |				\
				 IB_QP_CREATE_CVLAN_STRIPPING |				\
				 IB_QP_CREATE_SOURCE_QPN |				\
				 IB_QP_CREATE_PCI_WRITE_END_PADDING)

/* What of a handle is there before its QP. The reference to @async passes to it. */
static struct uvb_qp *uvb_qp_init(struct uvb_handle *handle, struct uvb_handle *xrcd,
				  u64 user_handle, struct uvb_event_file *async)
{
	struct uvb_qp *obj = container_of(handle, struct uvb_qp, source.handle);

	INIT_HLIST_HEAD(&obj->mcast);
	if (xrcd)
		obj->xrcd = container_of(xrcd, struct uvb_xrcd, handle);
	uvb_event_source_init(&obj->source, user_handle, async);
	return obj;
}

u32 uvb_qp_number(const struct uvb_handle *handle)
{
	if (unlikely(handle->direct))
		return ((const struct uverbs_bpf_qp *)handle->object)->qp_num;
	return ((const struct ib_qp *)handle->object)->qp_num;
}

u8 uvb_qp_type(const struct uvb_handle *handle)
{
	if (unlikely(handle->direct))
		return ((const struct uverbs_bpf_qp *)handle->object)->type;
	return ((const struct ib_qp *)handle->object)->qp_type;
}

static void uvb_qp_set(struct uvb_qp *obj, struct ib_qp *qp)
{
	if (obj->xrcd)
		atomic_inc(&obj->xrcd->users);
	obj->source.handle.object = qp;
}

static noinline_for_stack int uvb_qp_create_before(struct uverbs_attr_bundle *bundle,
						   struct uvb_handle *handle,
						   const struct ib_qp_init_attr *attr)
{
	struct uverbs_bpf_args_qp_create args = {
		.qp_type = attr->qp_type,
		.create_flags = attr->create_flags,
		.max_send_wr = attr->cap.max_send_wr,
		.max_recv_wr = attr->cap.max_recv_wr,
		.max_send_sge = attr->cap.max_send_sge,
		.max_recv_sge = attr->cap.max_recv_sge,
		.max_inline_data = attr->cap.max_inline_data,
		.source_qpn = attr->source_qpn,
	};
	struct uvb_view view = {
		.args = &args,
		.size = sizeof(args),
		.made = handle,
		.qp_type = attr->qp_type,
		.cur_state = UVERBS_BPF_QPS_UNKNOWN,
		.next_state = IB_QPS_RESET,
	};

	return uvb_ext_before(bundle, &view);
}

/**
 * uvb_qp_create() - make the QP behind a handle
 * @bundle: the call
 * @handle: new
 * @pd: its protection domain, NULL for an XRC target QP
 * @attr: what the driver gets; its cap holds what was granted afterwards
 * @xrcd: handle of attr's XRC domain, or NULL
 * @user_handle: what events carry
 * @async: where async events go, or NULL; the reference passes to the QP
 */
static int uvb_qp_create(struct uverbs_attr_bundle *bundle, struct uvb_handle *handle,
			 struct ib_pd *pd, struct ib_qp_init_attr *attr,
			 struct uvb_handle *xrcd, u64 user_handle, struct uvb_event_file *async)
{
	struct uvb_qp *obj = uvb_qp_init(handle, xrcd, user_handle, async);
	struct ib_qp *qp;
	int ret;

	if (uvb_ext_hooked(bundle)) {
		ret = uvb_qp_create_before(bundle, handle, attr);
		if (ret) {
			uvb_event_file_put(async);
			return ret;
		}
	}
	if (unlikely(uvb_direct_qps(&uvb_file_device(uvb_bundle_file(bundle))->api))) {
		ret = uvb_direct_qp_create(bundle, handle, pd, attr);
		if (ret)
			uvb_event_file_put(async);
		return ret;
	}
	attr->event_handler = uvb_qp_event_handler;
	qp = uvb_ib_create_qp(handle->context->device, pd, attr, bundle,
			      (struct ib_uqp_object *)uvb_uobject(handle));
	if (IS_ERR(qp)) {
		uvb_event_file_put(async);
		return PTR_ERR(qp);
	}
	ib_qp_usecnt_inc(qp);
	uvb_qp_set(obj, qp);
	return 0;
}

/* Whether user space may have a QP of this type at all. */
static int uvb_qp_check_type(struct uverbs_attr_bundle *bundle, u32 type)
{
	switch (type) {
	case IB_QPT_RAW_PACKET:
		return uvb_bundle_has_raw_cap(bundle) ? 0 : -EPERM;
	case IB_QPT_RC:
	case IB_QPT_UC:
	case IB_QPT_UD:
	case IB_QPT_XRC_INI:
	case IB_QPT_XRC_TGT:
	case IB_QPT_DRIVER:
		return 0;
	default:
		return -EINVAL;
	}
}

/* Flags are for datagram and raw QPs; drivers' own types know best. */
static int uvb_qp_check_flags(u32 type, u32 flags)
{
	flags &= ~IB_UVERBS_QP_CREATE_SQ_SIG_ALL;
	if (!flags || type == IB_QPT_DRIVER)
		return 0;
	if (type != IB_QPT_RAW_PACKET && type != IB_QPT_UD)
		return -EINVAL;
	if (flags & (IB_UVERBS_QP_CREATE_SCATTER_FCS | IB_UVERBS_QP_CREATE_CVLAN_STRIPPING) &&
	    type != IB_QPT_RAW_PACKET)
		return -EINVAL;
	return 0;
}

static void uvb_qp_cap_in(struct ib_qp_cap *to, const struct ib_uverbs_qp_cap *from)
{
	to->max_send_wr = from->max_send_wr;
	to->max_recv_wr = from->max_recv_wr;
	to->max_send_sge = from->max_send_sge;
	to->max_recv_sge = from->max_recv_sge;
	to->max_inline_data = from->max_inline_data;
}

static void uvb_qp_cap_out(struct ib_uverbs_qp_cap *to, const struct ib_qp_cap *from)
{
	to->max_send_wr = from->max_send_wr;
	to->max_recv_wr = from->max_recv_wr;
	to->max_send_sge = from->max_send_sge;
	to->max_recv_sge = from->max_recv_sge;
	to->max_inline_data = from->max_inline_data;
}

/* An XRC target QP has a domain and nothing else. */
static int uvb_qp_attr_tgt(const struct uverbs_attr_bundle *bundle, struct ib_qp_init_attr *attr,
			   struct uvb_handle **xrcd)
{
	if (uvb_has(bundle, UVERBS_ATTR_CREATE_QP_RECV_CQ_HANDLE) ||
	    uvb_has(bundle, UVERBS_ATTR_CREATE_QP_SEND_CQ_HANDLE) ||
	    uvb_has(bundle, UVERBS_ATTR_CREATE_QP_PD_HANDLE) ||
	    uvb_has(bundle, UVERBS_ATTR_CREATE_QP_IND_TABLE_HANDLE))
		return -EINVAL;
	if (!uvb_has(bundle, UVERBS_ATTR_CREATE_QP_XRCD_HANDLE))
		return -ENOENT;
	*xrcd = uvb_attr_handle(bundle, UVERBS_ATTR_CREATE_QP_XRCD_HANDLE);
	attr->xrcd = (*xrcd)->object;
	return 0;
}

/* Queues: one of each kind, or receive queues behind a table and sending optional. */
static int uvb_qp_attr_queues(const struct uverbs_attr_bundle *bundle,
			      struct ib_qp_init_attr *attr)
{
	bool send = true, recv = attr->qp_type != IB_QPT_XRC_INI;

	attr->rwq_ind_tbl = uvb_attr_object(bundle, UVERBS_ATTR_CREATE_QP_IND_TABLE_HANDLE);
	if (attr->rwq_ind_tbl) {
		if (attr->cap.max_recv_wr || attr->cap.max_recv_sge ||
		    uvb_has(bundle, UVERBS_ATTR_CREATE_QP_RECV_CQ_HANDLE) ||
		    uvb_has(bundle, UVERBS_ATTR_CREATE_QP_SRQ_HANDLE))
			return -EINVAL;
		send = attr->cap.max_send_wr;
		recv = false;
	}
	if (send)
		attr->send_cq = uvb_attr_object(bundle, UVERBS_ATTR_CREATE_QP_SEND_CQ_HANDLE);
	if (recv)
		attr->recv_cq = uvb_attr_object(bundle, UVERBS_ATTR_CREATE_QP_RECV_CQ_HANDLE);
	return (send && !attr->send_cq) || (recv && !attr->recv_cq) ? -ENOENT : 0;
}

/* The objects a QP of its type is made of. */
static int uvb_qp_attr_objects(const struct uverbs_attr_bundle *bundle,
			       struct ib_qp_init_attr *attr, struct uvb_handle **xrcd)
{
	if (attr->qp_type == IB_QPT_XRC_TGT)
		return uvb_qp_attr_tgt(bundle, attr, xrcd);
	if (uvb_has(bundle, UVERBS_ATTR_CREATE_QP_XRCD_HANDLE) ||
	    (uvb_has(bundle, UVERBS_ATTR_CREATE_QP_SRQ_HANDLE) &&
	     attr->qp_type == IB_QPT_XRC_INI))
		return -EINVAL;
	if (!uvb_has(bundle, UVERBS_ATTR_CREATE_QP_PD_HANDLE))
		return -ENOENT;
	return uvb_qp_attr_queues(bundle, attr);
}

static int uvb_qp_attr_flags(struct uverbs_attr_bundle *bundle, struct ib_qp_init_attr *attr)
{
	u32 flags;
	int ret;

	ret = uvb_flags(&flags, bundle, UVERBS_ATTR_CREATE_QP_FLAGS, UVB_QP_FLAGS_METHOD);
	if (!ret)
		ret = uvb_qp_check_flags(attr->qp_type, flags);
	if (ret)
		return ret;
	/* One flag is not the drivers'; it saves a caller an attribute. */
	attr->sq_sig_type = flags & IB_UVERBS_QP_CREATE_SQ_SIG_ALL ? IB_SIGNAL_ALL_WR :
								   IB_SIGNAL_REQ_WR;
	attr->create_flags = flags & ~IB_UVERBS_QP_CREATE_SQ_SIG_ALL;

	if (!uvb_has(bundle, UVERBS_ATTR_CREATE_QP_SOURCE_QPN))
		return 0;
	/* To send as another QP is a right, whichever way it is asked for. */
	if (!uvb_bundle_has_raw_cap(bundle))
		return uvb_refuse(bundle, -EPERM, UVERBS_ATTR_CREATE_QP_SOURCE_QPN,
				  "QP_CREATE: a source QP number wants CAP_NET_RAW");
	attr->create_flags |= IB_QP_CREATE_SOURCE_QPN;
	return uvb_copy_in(&attr->source_qpn, bundle, UVERBS_ATTR_CREATE_QP_SOURCE_QPN,
			   sizeof(attr->source_qpn));
}

/* Target QPs receive by SRQs of XRC domains, and nothing else does. */
static int uvb_qp_attr_srq(const struct uverbs_attr_bundle *bundle, struct ib_qp_init_attr *attr)
{
	attr->srq = uvb_attr_object(bundle, UVERBS_ATTR_CREATE_QP_SRQ_HANDLE);
	if (!attr->srq)
		return 0;
	return (attr->srq->srq_type == IB_SRQT_XRC) == (attr->qp_type == IB_QPT_XRC_TGT) ?
		0 : -EINVAL;
}

/* A QP has no port yet: only where all are of one kind a transport can say what it has. */
static int uvb_qp_create_legal(struct uverbs_attr_bundle *bundle, struct ib_device *ibdev, u8 type)
{
	struct uvb_path_context context = { .ibdev = ibdev, .qp_type = type };

	return ibdev->phys_port_cnt == 1 ? uvb_ext_qp_legal(uvb_call(bundle), &context, 0) : 0;
}

static int uvb_qp_create_method(struct uverbs_attr_bundle *bundle)
{
	struct uvb_handle *handle = uvb_attr_handle(bundle, UVERBS_ATTR_CREATE_QP_HANDLE);
	struct ib_qp_init_attr attr = {};
	struct uvb_handle *xrcd = NULL;
	struct ib_uverbs_qp_cap cap;
	u64 user_handle, type;
	u32 qp_num;
	int ret;

	ret = uvb_copy_in(&cap, bundle, UVERBS_ATTR_CREATE_QP_CAP, sizeof(cap));
	if (!ret)
		ret = uvb_copy_in(&user_handle, bundle, UVERBS_ATTR_CREATE_QP_USER_HANDLE,
				  sizeof(user_handle));
	if (!ret)
		ret = uvb_const(&type, bundle, UVERBS_ATTR_CREATE_QP_TYPE, U32_MAX);
	if (!ret)
		ret = uvb_qp_check_type(bundle, type);
	if (ret)
		return ret;

	attr.qp_type = type;
	uvb_qp_cap_in(&attr.cap, &cap);
	ret = uvb_qp_create_legal(bundle, handle->context->device, type);
	if (!ret)
		ret = uvb_qp_attr_objects(bundle, &attr, &xrcd);
	if (!ret)
		ret = uvb_qp_attr_flags(bundle, &attr);
	if (!ret)
		ret = uvb_qp_attr_srq(bundle, &attr);
	if (ret)
		return ret;

	ret = uvb_qp_create(bundle, handle,
			    uvb_attr_object(bundle, UVERBS_ATTR_CREATE_QP_PD_HANDLE), &attr,
			    xrcd, user_handle,
			    uvb_event_file_get(bundle, UVERBS_ATTR_CREATE_QP_EVENT_FD));
	if (ret)
		return ret;
	uvb_created(bundle, UVERBS_ATTR_CREATE_QP_HANDLE);

	qp_num = uvb_qp_number(handle);
	uvb_qp_cap_out(&cap, &attr.cap);
	ret = uvb_copy_out_zero(bundle, UVERBS_ATTR_CREATE_QP_RESP_CAP, &cap, sizeof(cap));
	return ret ?: uvb_copy_out(bundle, UVERBS_ATTR_CREATE_QP_RESP_QP_NUM, &qp_num,
				   sizeof(qp_num));
}

/* ---- legacy create ---- */

/* The objects a legacy create names, held while it runs. */
struct uvb_qp_parts {
	struct uvb_handle *ind_tbl;
	struct uvb_handle *xrcd;
	struct uvb_handle *srq;
	struct uvb_handle *recv_cq;
	struct uvb_handle *send_cq;
	struct uvb_handle *pd;
};

static void uvb_qp_parts_put(struct uvb_qp_parts *parts)
{
	struct uvb_handle *const all[] = {
		parts->ind_tbl, parts->xrcd, parts->srq, parts->recv_cq, parts->send_cq,
		parts->pd,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(all); i++) {
		if (all[i])
			uvb_handle_put(all[i], UVERBS_BPF_ACCESS_READ);
	}
}

/* The domain of a target QP comes where others name their protection domain. */
static int uvb_qp_parts_tgt(struct uverbs_attr_bundle *bundle,
			    const struct ib_uverbs_ex_create_qp *cmd, struct uvb_qp_parts *parts)
{
	/* ib_core gives back a use of the table that it never took. */
	if (parts->ind_tbl)
		return -EINVAL;
	return uvb_part_get(bundle, UVERBS_OBJECT_XRCD, cmd->pd_handle, &parts->xrcd) ?
		-EINVAL : 0;
}

static int uvb_qp_parts_srq(struct uverbs_attr_bundle *bundle,
			    const struct ib_uverbs_ex_create_qp *cmd, struct uvb_qp_parts *parts)
{
	const struct ib_srq *srq;
	int ret;

	ret = uvb_part_get(bundle, UVERBS_OBJECT_SRQ, cmd->srq_handle, &parts->srq);
	if (ret)
		return ret;
	srq = parts->srq->object;
	return srq->srq_type == IB_SRQT_XRC ? -EINVAL : 0;
}

/* In the order in which ib_uverbs looks, since callers see which is missing first. */
static int uvb_qp_parts_get(struct uverbs_attr_bundle *bundle,
			    const struct ib_uverbs_ex_create_qp *cmd, struct uvb_qp_parts *parts)
{
	int ret = 0;

	if (cmd->comp_mask & IB_UVERBS_CREATE_QP_MASK_IND_TABLE) {
		ret = uvb_part_get(bundle, UVERBS_OBJECT_RWQ_IND_TBL, cmd->rwq_ind_tbl_handle,
				   &parts->ind_tbl);
		if (!ret && (cmd->max_recv_wr || cmd->max_recv_sge || cmd->is_srq))
			ret = -EINVAL;
	}
	if (ret)
		return ret;
	if (cmd->qp_type == IB_QPT_XRC_TGT)
		return uvb_qp_parts_tgt(bundle, cmd, parts);

	if (cmd->qp_type != IB_QPT_XRC_INI) {
		if (cmd->is_srq)
			ret = uvb_qp_parts_srq(bundle, cmd, parts);
		if (!ret && !parts->ind_tbl && cmd->recv_cq_handle != cmd->send_cq_handle)
			ret = uvb_part_get(bundle, UVERBS_OBJECT_CQ, cmd->recv_cq_handle,
					   &parts->recv_cq);
	}
	if (!ret && (!parts->ind_tbl || cmd->max_send_wr))
		ret = uvb_part_get(bundle, UVERBS_OBJECT_CQ, cmd->send_cq_handle,
				   &parts->send_cq);
	return ret ?: uvb_part_get(bundle, UVERBS_OBJECT_PD, cmd->pd_handle, &parts->pd);
}

static void uvb_qp_attr_parts(struct ib_qp_init_attr *attr, const struct uvb_qp_parts *parts)
{
	if (parts->ind_tbl)
		attr->rwq_ind_tbl = parts->ind_tbl->object;
	if (parts->xrcd)
		attr->xrcd = parts->xrcd->object;
	if (parts->srq)
		attr->srq = parts->srq->object;
	if (parts->send_cq)
		attr->send_cq = parts->send_cq->object;
	/* An initiator has no receive queue. */
	if (attr->qp_type == IB_QPT_XRC_INI) {
		attr->cap.max_recv_wr = 0;
		attr->cap.max_recv_sge = 0;
	} else if (parts->recv_cq) {
		attr->recv_cq = parts->recv_cq->object;
	} else if (!parts->ind_tbl) {
		attr->recv_cq = attr->send_cq;
	}
}

static int uvb_qp_command_flags(struct uverbs_attr_bundle *bundle,
				const struct ib_uverbs_ex_create_qp *cmd,
				struct ib_qp_init_attr *attr)
{
	if (cmd->create_flags & ~UVB_QP_FLAGS_COMMAND)
		return -EINVAL;
	if (cmd->create_flags & IB_QP_CREATE_SOURCE_QPN) {
		if (!uvb_bundle_has_raw_cap(bundle))
			return -EPERM;
		attr->source_qpn = cmd->source_qpn;
	}
	attr->create_flags = cmd->create_flags;
	return 0;
}

/* Both legacy commands; the plain one is the beginning of the extended one. */
static int uvb_qp_create_command(struct uverbs_attr_bundle *bundle,
				 const struct ib_uverbs_ex_create_qp *cmd,
				 struct ib_uverbs_ex_create_qp_resp *resp)
{
	struct ib_qp_init_attr attr = {
		.cap = {
			.max_send_wr = cmd->max_send_wr,
			.max_recv_wr = cmd->max_recv_wr,
			.max_send_sge = cmd->max_send_sge,
			.max_recv_sge = cmd->max_recv_sge,
			.max_inline_data = cmd->max_inline_data,
		},
		.sq_sig_type = cmd->sq_sig_all ? IB_SIGNAL_ALL_WR : IB_SIGNAL_REQ_WR,
		.qp_type = cmd->qp_type,
	};
	struct uvb_qp_parts parts = {};
	struct uvb_handle *handle;
	int ret;

	ret = uvb_qp_check_type(bundle, cmd->qp_type);
	if (ret)
		return ret;
	handle = uvb_new(bundle, UVERBS_OBJECT_QP);
	if (IS_ERR(handle))
		return PTR_ERR(handle);
	ret = uvb_qp_parts_get(bundle, cmd, &parts);
	if (!ret)
		ret = uvb_qp_command_flags(bundle, cmd, &attr);
	if (ret)
		goto out;
	uvb_qp_attr_parts(&attr, &parts);
	ret = uvb_qp_create(bundle, handle, parts.pd ? parts.pd->object : NULL, &attr, parts.xrcd,
			    cmd->user_handle,
			    uvb_event_file_default(uvb_bundle_file(bundle)));
	if (ret)
		goto out;

	resp->base.qpn = uvb_qp_number(handle);
	resp->base.qp_handle = handle->id;
	resp->base.max_send_wr = attr.cap.max_send_wr;
	resp->base.max_recv_wr = attr.cap.max_recv_wr;
	resp->base.max_send_sge = attr.cap.max_send_sge;
	resp->base.max_recv_sge = attr.cap.max_recv_sge;
	resp->base.max_inline_data = attr.cap.max_inline_data;
	resp->response_length = uvb_response_length(bundle, sizeof(*resp));
out:
	uvb_qp_parts_put(&parts);
	return ret;
}

static int uvb_cmd_create_qp(struct uverbs_attr_bundle *bundle)
{
	struct ib_uverbs_ex_create_qp_resp resp = {};
	struct ib_uverbs_ex_create_qp ex = {};
	struct ib_uverbs_create_qp cmd;
	int ret;

	ret = uvb_request(bundle, &cmd, sizeof(cmd));
	if (ret)
		return ret;
	ex.user_handle = cmd.user_handle;
	ex.pd_handle = cmd.pd_handle;
	ex.send_cq_handle = cmd.send_cq_handle;
	ex.recv_cq_handle = cmd.recv_cq_handle;
	ex.srq_handle = cmd.srq_handle;
	ex.max_send_wr = cmd.max_send_wr;
	ex.max_recv_wr = cmd.max_recv_wr;
	ex.max_send_sge = cmd.max_send_sge;
	ex.max_recv_sge = cmd.max_recv_sge;
	ex.max_inline_data = cmd.max_inline_data;
	ex.sq_sig_all = cmd.sq_sig_all;
	ex.qp_type = cmd.qp_type;
	ex.is_srq = cmd.is_srq;

	/* The plain answer is the beginning of the extended one. */
	ret = uvb_qp_create_command(bundle, &ex, &resp);
	return ret ?: uvb_response(bundle, &resp, sizeof(resp));
}

static int uvb_cmd_ex_create_qp(struct uverbs_attr_bundle *bundle)
{
	struct ib_uverbs_ex_create_qp_resp resp = {};
	struct ib_uverbs_ex_create_qp cmd;
	int ret;

	ret = uvb_request(bundle, &cmd, sizeof(cmd));
	if (ret)
		return ret;
	if (cmd.comp_mask & ~IB_UVERBS_CREATE_QP_SUP_COMP_MASK || cmd.reserved)
		return -EINVAL;
	ret = uvb_qp_create_command(bundle, &cmd, &resp);
	return ret ?: uvb_response(bundle, &resp, sizeof(resp));
}

/* ---- open ---- */

/*
 * Another handle of a target QP. Its events go to the file's default async
 * event file, which is where those of any QP made by a command go; ib_uverbs
 * sends them nowhere.
 */
static int uvb_qp_open(struct uverbs_attr_bundle *bundle, const struct ib_uverbs_open_qp *cmd,
		       struct uvb_handle *handle, struct uvb_handle *xrcd)
{
	struct ib_qp_open_attr attr = {
		.event_handler = uvb_qp_event_handler,
		.qp_num = cmd->qpn,
		.qp_type = cmd->qp_type,
	};
	struct uvb_event_file *async = uvb_event_file_default(uvb_bundle_file(bundle));
	struct uvb_qp *obj = uvb_qp_init(handle, xrcd, cmd->user_handle, async);
	struct ib_qp *qp;

	qp = ib_open_qp(xrcd->object, &attr);
	if (IS_ERR(qp)) {
		uvb_event_file_put(async);
		return PTR_ERR(qp);
	}
	uvb_qp_set(obj, qp);
	/* From here on events are reported. Pairs with the acquire in uvb_qp_event_handler(). */
	smp_store_release(&qp->uobject, (struct ib_uqp_object *)uvb_uobject(handle));
	return 0;
}

int uvb_cmd_open_qp(struct uverbs_attr_bundle *bundle)
{
	struct ib_uverbs_create_qp_resp resp = {};
	struct uvb_handle *handle, *xrcd;
	struct ib_uverbs_open_qp cmd;
	struct ib_qp *qp;
	int ret;

	ret = uvb_request(bundle, &cmd, sizeof(cmd));
	if (ret)
		return ret;
	handle = uvb_new(bundle, UVERBS_OBJECT_QP);
	if (IS_ERR(handle))
		return PTR_ERR(handle);
	xrcd = uvb_handle_get(bundle, UVERBS_OBJECT_XRCD, cmd.pd_handle, UVERBS_BPF_ACCESS_READ);
	if (IS_ERR(xrcd))
		return -EINVAL;
	ret = uvb_qp_open(bundle, &cmd, handle, xrcd);
	uvb_handle_put(xrcd, UVERBS_BPF_ACCESS_READ);
	if (ret)
		return ret;

	qp = handle->object;
	resp.qpn = qp->qp_num;
	resp.qp_handle = handle->id;
	return uvb_response(bundle, &resp, sizeof(resp));
}

/* ---- query ---- */

/* What a QP_QUERY output is, in one line each. */
struct uvb_qp_field {
	u16 id;
	u32 mask;
	u32 (*get)(const struct ib_qp_attr *attr);
};

#define UVB_QP_GET(_member)								\
	static u32 uvb_qp_get_##_member(const struct ib_qp_attr *attr)			\
	{										\
		return attr->_member;							\
	}
UVB_QP_GET(qp_state)
UVB_QP_GET(cur_qp_state)
UVB_QP_GET(qp_access_flags)
UVB_QP_GET(port_num)
UVB_QP_GET(pkey_index)
UVB_QP_GET(qkey)
UVB_QP_GET(rate_limit)

static const struct uvb_qp_field uvb_qp_fields[] = {
	{ UVERBS_BPF_ATTR_QP_STATE, IB_QP_STATE, uvb_qp_get_qp_state },
	{ UVERBS_BPF_ATTR_QP_CUR_STATE, IB_QP_CUR_STATE, uvb_qp_get_cur_qp_state },
	{ UVERBS_BPF_ATTR_QP_ACCESS_FLAGS, IB_QP_ACCESS_FLAGS, uvb_qp_get_qp_access_flags },
	{ UVERBS_BPF_ATTR_QP_PORT, IB_QP_PORT, uvb_qp_get_port_num },
	{ UVERBS_BPF_ATTR_QP_PKEY_INDEX, IB_QP_PKEY_INDEX, uvb_qp_get_pkey_index },
	{ UVERBS_BPF_ATTR_QP_QKEY, IB_QP_QKEY, uvb_qp_get_qkey },
	{ UVERBS_BPF_ATTR_QP_RATE_LIMIT, IB_QP_RATE_LIMIT, uvb_qp_get_rate_limit },
	{ UVERBS_BPF_ATTR_ETH_STATE, IB_QP_STATE, uvb_qp_get_qp_state },
	{ UVERBS_BPF_ATTR_ETH_PORT, IB_QP_PORT, uvb_qp_get_port_num },
	{ UVERBS_BPF_ATTR_ETH_RATE_LIMIT, IB_QP_RATE_LIMIT, uvb_qp_get_rate_limit },
};

static int uvb_qp_connection_out(struct uverbs_attr_bundle *bundle, const struct ib_qp_attr *attr)
{
	struct uverbs_bpf_qp_connection conn = {
		.fields = UVB_QP_CONNECTION_MASK,
		.dest_qp_num = attr->dest_qp_num,
		.rq_psn = attr->rq_psn,
		.sq_psn = attr->sq_psn,
		.path_mtu = attr->path_mtu,
		.timeout = attr->timeout,
		.retry_cnt = attr->retry_cnt,
		.rnr_retry = attr->rnr_retry,
		.min_rnr_timer = attr->min_rnr_timer,
		.max_rd_atomic = attr->max_rd_atomic,
		.max_dest_rd_atomic = attr->max_dest_rd_atomic,
	};

	return uvb_copy_out(bundle, UVERBS_BPF_ATTR_QP_CONNECTION, &conn, sizeof(conn));
}

static int uvb_qp_query(struct uverbs_attr_bundle *bundle, const struct uvb_qp_facts *qp,
			struct ib_qp_attr *attr, int mask, struct ib_qp_init_attr *init)
{
	if (unlikely(qp->direct))
		return uvb_direct_qp_query(bundle, qp->direct, attr, mask, init);
	return ib_query_qp(qp->qp, attr, mask, init);
}

/*
 * QP_QUERY: only what was asked for, from the driver, which alone knows what
 * a legacy modify or rdma_cm changed in between.
 */
static int uvb_qp_query_method(struct uverbs_attr_bundle *bundle)
{
	const struct uvb_qp_facts qp =
		uvb_qp_facts(uvb_attr_handle(bundle, UVERBS_BPF_ATTR_QP_HANDLE));
	struct uvb_call *call = uvb_call(bundle);
	bool path = uvb_ext_has_transport(call);
	struct uvb_path_context context = {
		.ibdev = qp.ibdev,
		.qp = qp.qp,
		.qp_type = qp.type,
		.transport = READ_ONCE(uvb_qp_of(bundle)->transport),
	};
	struct ib_qp_init_attr init_attr = {};
	struct ib_qp_attr attr = {};
	unsigned int i;
	int mask = 0;
	int ret;

	ret = uvb_qp_check_attrs(bundle, qp.type);
	if (ret)
		return ret;
	for (i = 0; i < ARRAY_SIZE(uvb_qp_fields); i++) {
		if (uvb_has(bundle, uvb_qp_fields[i].id))
			mask |= uvb_qp_fields[i].mask;
	}
	if (uvb_has(bundle, UVERBS_BPF_ATTR_QP_CONNECTION))
		mask |= UVB_QP_CONNECTION_MASK;
	if (uvb_has(bundle, UVERBS_BPF_ATTR_QP_CAP))
		mask |= IB_QP_CAP;
	context.port = qp.port;
	ret = uvb_ext_qp_legal(call, &context, mask);
	if (ret)
		return ret;
	if (path)
		mask |= IB_QP_AV | IB_QP_STATE | IB_QP_ALT_PATH | IB_QP_PATH_MIG_STATE |
			IB_QP_MAX_QP_RD_ATOMIC | IB_QP_MAX_DEST_RD_ATOMIC;

	ret = uvb_qp_query(bundle, &qp, &attr, mask, &init_attr);
	if (ret)
		return uvb_refuse(bundle, ret, UVERBS_BPF_ATTR_NONE,
				  "QP_QUERY: the driver of %s refused the query", qp.ibdev->name);

	for (i = 0; i < ARRAY_SIZE(uvb_qp_fields); i++) {
		u32 value = uvb_qp_fields[i].get(&attr);

		ret = uvb_copy_out(bundle, uvb_qp_fields[i].id, &value, sizeof(value));
		if (ret && ret != -ENOENT)
			return ret;
	}
	if (uvb_has(bundle, UVERBS_BPF_ATTR_QP_CONNECTION)) {
		ret = uvb_qp_connection_out(bundle, &attr);
		if (ret)
			return ret;
	}
	if (uvb_has(bundle, UVERBS_BPF_ATTR_QP_CAP)) {
		struct ib_uverbs_qp_cap cap;

		uvb_qp_cap_out(&cap, &init_attr.cap);
		ret = uvb_copy_out(bundle, UVERBS_BPF_ATTR_QP_CAP, &cap, sizeof(cap));
		if (ret)
			return ret;
	}
	if (qp.type == IB_QPT_RAW_PACKET)
		return uvb_qp_eth_out(bundle, &init_attr);
	if (path) {
		context.port = rdma_ah_get_port_num(&attr.ah_attr) ?: qp.port;
		context.cur_state = attr.qp_state;
		context.next_state = attr.qp_state;
		return uvb_ext_qp_out(call, &context, &attr);
	}
	return 0;
}

static void uvb_qp_dest_out(struct ib_uverbs_qp_dest *to, const struct rdma_ah_attr *ah)
{
	to->dlid = rdma_ah_get_dlid(ah);
	to->sl = rdma_ah_get_sl(ah);
	to->src_path_bits = rdma_ah_get_path_bits(ah);
	to->static_rate = rdma_ah_get_static_rate(ah);
	to->is_global = !!(rdma_ah_get_ah_flags(ah) & IB_AH_GRH);
	to->port_num = rdma_ah_get_port_num(ah);
	if (to->is_global) {
		const struct ib_global_route *grh = rdma_ah_read_grh(ah);

		memcpy(to->dgid, grh->dgid.raw, sizeof(to->dgid));
		to->flow_label = grh->flow_label;
		to->sgid_index = grh->sgid_index;
		to->hop_limit = grh->hop_limit;
		to->traffic_class = grh->traffic_class;
	}
}

static int uvb_cmd_query_qp(struct uverbs_attr_bundle *bundle)
{
	struct ib_uverbs_query_qp_resp resp = {};
	struct ib_qp_init_attr init_attr = {};
	struct ib_uverbs_query_qp cmd;
	struct ib_qp_attr attr = {};
	struct uvb_handle *handle;
	struct uvb_qp_facts qp;
	int ret;

	ret = uvb_request(bundle, &cmd, sizeof(cmd));
	if (ret)
		return ret;
	handle = uvb_handle_get(bundle, UVERBS_OBJECT_QP, cmd.qp_handle, UVERBS_BPF_ACCESS_READ);
	if (IS_ERR(handle))
		return PTR_ERR(handle);
	qp = uvb_qp_facts(handle);
	ret = uvb_qp_query(bundle, &qp, &attr, cmd.attr_mask, &init_attr);
	uvb_handle_put(handle, UVERBS_BPF_ACCESS_READ);
	if (ret)
		return ret;

	resp.qp_state = attr.qp_state;
	resp.cur_qp_state = attr.cur_qp_state;
	resp.path_mtu = attr.path_mtu;
	resp.path_mig_state = attr.path_mig_state;
	resp.qkey = attr.qkey;
	resp.rq_psn = attr.rq_psn;
	resp.sq_psn = attr.sq_psn;
	resp.dest_qp_num = attr.dest_qp_num;
	resp.qp_access_flags = attr.qp_access_flags;
	resp.pkey_index = attr.pkey_index;
	resp.alt_pkey_index = attr.alt_pkey_index;
	resp.sq_draining = attr.sq_draining;
	resp.max_rd_atomic = attr.max_rd_atomic;
	resp.max_dest_rd_atomic = attr.max_dest_rd_atomic;
	resp.min_rnr_timer = attr.min_rnr_timer;
	resp.port_num = attr.port_num;
	resp.timeout = attr.timeout;
	resp.retry_cnt = attr.retry_cnt;
	resp.rnr_retry = attr.rnr_retry;
	resp.alt_port_num = attr.alt_port_num;
	resp.alt_timeout = attr.alt_timeout;
	uvb_qp_dest_out(&resp.dest, &attr.ah_attr);
	uvb_qp_dest_out(&resp.alt_dest, &attr.alt_ah_attr);
	resp.max_send_wr = init_attr.cap.max_send_wr;
	resp.max_recv_wr = init_attr.cap.max_recv_wr;
	resp.max_send_sge = init_attr.cap.max_send_sge;
	resp.max_recv_sge = init_attr.cap.max_recv_sge;
	resp.max_inline_data = init_attr.cap.max_inline_data;
	resp.sq_sig_all = init_attr.sq_sig_type == IB_SIGNAL_ALL_WR;
	return uvb_response(bundle, &resp, sizeof(resp));
}

/* ---- destroy ---- */

static int uvb_qp_destroy_method(struct uverbs_attr_bundle *bundle)
{
	return uvb_event_source_destroyed(bundle, UVERBS_ATTR_DESTROY_QP_HANDLE,
					  UVERBS_ATTR_DESTROY_QP_RESP);
}

static int uvb_cmd_destroy_qp(struct uverbs_attr_bundle *bundle)
{
	struct ib_uverbs_destroy_qp_resp resp;
	struct ib_uverbs_destroy_qp cmd;
	int ret;

	ret = uvb_request(bundle, &cmd, sizeof(cmd));
	if (ret)
		return ret;
	ret = uvb_event_source_destroy_id(bundle, UVERBS_OBJECT_QP, cmd.qp_handle,
					  &resp.events_reported);
	return ret ?: uvb_response(bundle, &resp, sizeof(resp));
}

/*
 * POLL_CQ of another thread may have a completion of it in its hands, see uvb_poll_one(). QPs are
 * destroyed side by side, which takes milliseconds each where firmware does it; so theirs is the
 * side of the lock that many may hold.
 */
static int uvb_qp_destroy_polled(struct uverbs_attr_bundle *bundle, struct ib_qp *qp)
{
	struct rw_semaphore *lock = &uvb_bundle_file(bundle)->poll_lock;
	int ret;

	down_read(lock);
	ret = ib_destroy_qp_user(qp, &bundle->driver_udata);
	up_read(lock);
	return ret;
}

static int uvb_qp_destroy(struct uvb_handle *handle, enum rdma_remove_reason why,
			  struct uverbs_attr_bundle *bundle)
{
	struct uvb_qp *obj = container_of(handle, struct uvb_qp, source.handle);
	int ret;

	/* A program says goodbye to its groups itself. */
	if (why != RDMA_REMOVE_DESTROY)
		uvb_mcast_detach_all(obj);
	else if (!hlist_empty(&obj->mcast))
		return -EBUSY;

	if (unlikely(handle->direct)) {
		uvb_direct_qp_destroy(bundle, handle->object);
	} else {
		uvb_cq_counter_settle(handle->object);
		ret = uvb_qp_destroy_polled(bundle, handle->object);
		if (ret)
			return ret;
	}
	if (obj->xrcd)
		atomic_dec(&obj->xrcd->users);
	uvb_event_source_release(&obj->source);
	return 0;
}

/* ---- schema ---- */

static const struct uvb_attr uvb_qp_create_attrs[] = {
	UVB_HANDLE(UVERBS_ATTR_CREATE_QP_HANDLE, UVERBS_OBJECT_QP, NEW, UVB_M),
	UVB_HANDLE(UVERBS_ATTR_CREATE_QP_XRCD_HANDLE, UVERBS_OBJECT_XRCD, READ, UVB_O),
	UVB_HANDLE(UVERBS_ATTR_CREATE_QP_PD_HANDLE, UVERBS_OBJECT_PD, READ, UVB_O),
	UVB_HANDLE(UVERBS_ATTR_CREATE_QP_SRQ_HANDLE, UVERBS_OBJECT_SRQ, READ, UVB_O),
	UVB_HANDLE(UVERBS_ATTR_CREATE_QP_SEND_CQ_HANDLE, UVERBS_OBJECT_CQ, READ, UVB_O),
	UVB_HANDLE(UVERBS_ATTR_CREATE_QP_RECV_CQ_HANDLE, UVERBS_OBJECT_CQ, READ, UVB_O),
	UVB_HANDLE(UVERBS_ATTR_CREATE_QP_IND_TABLE_HANDLE, UVERBS_OBJECT_RWQ_IND_TBL, READ,
		   UVB_O),
	UVB_IN(UVERBS_ATTR_CREATE_QP_USER_HANDLE, u64, UVB_M),
	UVB_IN_STRUCT(UVERBS_ATTR_CREATE_QP_CAP, struct ib_uverbs_qp_cap, max_inline_data, UVB_M),
	UVB_CONST(UVERBS_ATTR_CREATE_QP_TYPE, UVB_M),
	UVB_FLAGS(UVERBS_ATTR_CREATE_QP_FLAGS, UVB_O),
	UVB_IN(UVERBS_ATTR_CREATE_QP_SOURCE_QPN, u32, UVB_O),
	UVB_FD(UVERBS_ATTR_CREATE_QP_EVENT_FD, UVERBS_OBJECT_ASYNC_EVENT, READ, UVB_O),
	UVB_OUT_STRUCT(UVERBS_ATTR_CREATE_QP_RESP_CAP, struct ib_uverbs_qp_cap, max_inline_data,
		       UVB_M),
	UVB_OUT(UVERBS_ATTR_CREATE_QP_RESP_QP_NUM, u32, UVB_M),
#ifdef UVB_HAVE_BUF_UMEM
	UVB_IN(UVERBS_ATTR_CREATE_QP_BUF_UMEM, struct ib_uverbs_buffer_desc, UVB_O),
	UVB_IN(UVERBS_ATTR_CREATE_QP_RQ_BUF_UMEM, struct ib_uverbs_buffer_desc, UVB_O),
	UVB_IN(UVERBS_ATTR_CREATE_QP_SQ_BUF_UMEM, struct ib_uverbs_buffer_desc, UVB_O),
#endif
	UVB_UHW(),
};

static const struct uvb_attr uvb_qp_destroy_attrs[] = {
	UVB_HANDLE(UVERBS_ATTR_DESTROY_QP_HANDLE, UVERBS_OBJECT_QP, DESTROY, UVB_M),
	UVB_OUT(UVERBS_ATTR_DESTROY_QP_RESP, struct ib_uverbs_destroy_qp_resp, UVB_M),
};

static const struct uvb_attr uvb_qp_modify_attrs[] = {
	UVB_HANDLE(UVERBS_BPF_ATTR_QP_HANDLE, UVERBS_OBJECT_QP, READ, UVB_M),
	UVB_CONST(UVERBS_BPF_ATTR_QP_STATE, UVB_O),
	UVB_CONST(UVERBS_BPF_ATTR_QP_CUR_STATE, UVB_O),
	UVB_FLAGS(UVERBS_BPF_ATTR_QP_ACCESS_FLAGS, UVB_O),
	UVB_IN(UVERBS_BPF_ATTR_QP_PORT, u32, UVB_O),
	UVB_IN(UVERBS_BPF_ATTR_QP_PKEY_INDEX, u32, UVB_O),
	UVB_IN(UVERBS_BPF_ATTR_QP_QKEY, u32, UVB_O),
	UVB_IN_STRUCT(UVERBS_BPF_ATTR_QP_CONNECTION, struct uverbs_bpf_qp_connection, reserved,
		      UVB_O),
	UVB_IN(UVERBS_BPF_ATTR_QP_RATE_LIMIT, u32, UVB_O),
	UVB_CONST(UVERBS_BPF_ATTR_ETH_STATE, UVB_O),
	UVB_IN(UVERBS_BPF_ATTR_ETH_PORT, u32, UVB_O),
	UVB_IN(UVERBS_BPF_ATTR_ETH_RATE_LIMIT, u32, UVB_O),
	UVB_IN(UVERBS_BPF_ATTR_ETH_SOURCE_QPN, u32, UVB_O),
	UVB_IN(UVERBS_BPF_ATTR_ETH_VLAN_STRIPPING, u32, UVB_O),
	UVB_UHW(),
};

static const struct uvb_attr uvb_qp_connect_attrs[] = {
	UVB_HANDLE(UVERBS_BPF_ATTR_QP_HANDLE, UVERBS_OBJECT_QP, WRITE, UVB_M),
	UVB_FLAGS(UVERBS_BPF_ATTR_QP_ACCESS_FLAGS, UVB_O),
	UVB_IN(UVERBS_BPF_ATTR_QP_PORT, u32, UVB_O),
	UVB_IN(UVERBS_BPF_ATTR_QP_PKEY_INDEX, u32, UVB_O),
	UVB_IN_STRUCT(UVERBS_BPF_ATTR_QP_CONNECTION, struct uverbs_bpf_qp_connection, reserved,
		      UVB_M),
};

static const struct uvb_attr uvb_qp_query_attrs[] = {
	UVB_HANDLE(UVERBS_BPF_ATTR_QP_HANDLE, UVERBS_OBJECT_QP, READ, UVB_M),
	UVB_OUT(UVERBS_BPF_ATTR_QP_STATE, u32, UVB_O),
	UVB_OUT(UVERBS_BPF_ATTR_QP_CUR_STATE, u32, UVB_O),
	UVB_OUT(UVERBS_BPF_ATTR_QP_ACCESS_FLAGS, u32, UVB_O),
	UVB_OUT(UVERBS_BPF_ATTR_QP_PORT, u32, UVB_O),
	UVB_OUT(UVERBS_BPF_ATTR_QP_PKEY_INDEX, u32, UVB_O),
	UVB_OUT(UVERBS_BPF_ATTR_QP_QKEY, u32, UVB_O),
	UVB_OUT_STRUCT(UVERBS_BPF_ATTR_QP_CONNECTION, struct uverbs_bpf_qp_connection, reserved,
		       UVB_O),
	UVB_OUT(UVERBS_BPF_ATTR_QP_RATE_LIMIT, u32, UVB_O),
	UVB_OUT_STRUCT(UVERBS_BPF_ATTR_QP_CAP, struct ib_uverbs_qp_cap, max_inline_data, UVB_O),
	UVB_OUT(UVERBS_BPF_ATTR_ETH_STATE, u32, UVB_O),
	UVB_OUT(UVERBS_BPF_ATTR_ETH_PORT, u32, UVB_O),
	UVB_OUT(UVERBS_BPF_ATTR_ETH_RATE_LIMIT, u32, UVB_O),
	UVB_OUT(UVERBS_BPF_ATTR_ETH_SOURCE_QPN, u32, UVB_O),
	UVB_OUT(UVERBS_BPF_ATTR_ETH_VLAN_STRIPPING, u32, UVB_O),
};

static struct uvb_method uvb_qp_methods[] = {
	UVB_METHOD(UVERBS_OBJECT_QP, UVERBS_METHOD_QP_CREATE, uvb_qp_create_method,
		   uvb_qp_create_attrs, UVB_DIRECT, UVB_TELLS),
	UVB_METHOD(UVERBS_OBJECT_QP, UVERBS_METHOD_QP_DESTROY, uvb_qp_destroy_method,
		   uvb_qp_destroy_attrs, UVB_DIRECT),
	UVB_METHOD(UVERBS_OBJECT_QP, UVERBS_BPF_METHOD_QP_MODIFY, uvb_qp_modify_method,
		   uvb_qp_modify_attrs, UVB_DIRECT, UVB_NEEDS(modify_qp), UVB_TELLS),
	UVB_METHOD(UVERBS_OBJECT_QP, UVERBS_BPF_METHOD_QP_CONNECT, uvb_qp_connect_method,
		   uvb_qp_connect_attrs, UVB_DIRECT, UVB_NEEDS(modify_qp), UVB_TELLS),
	UVB_METHOD(UVERBS_OBJECT_QP, UVERBS_BPF_METHOD_QP_QUERY, uvb_qp_query_method,
		   uvb_qp_query_attrs, UVB_DIRECT, UVB_NEEDS(query_qp)),
};

static const struct uvb_command uvb_qp_commands[] = {
	UVB_COMMAND(CREATE_QP, uvb_cmd_create_qp, UVERBS_OBJECT_QP,
		    UVERBS_METHOD_QP_CREATE, sizeof(struct ib_uverbs_create_qp),
		    sizeof(struct ib_uverbs_create_qp_resp), UVB_UDATA, UVB_DIRECT,
		    UVB_NEEDS(create_qp), UVB_TELLS),
	UVB_COMMAND_EX(CREATE_QP, uvb_cmd_ex_create_qp, UVERBS_OBJECT_QP,
		       UVERBS_METHOD_QP_CREATE,
		       offsetofend(struct ib_uverbs_ex_create_qp, comp_mask),
		       offsetofend(struct ib_uverbs_ex_create_qp_resp, response_length),
		       UVB_DIRECT, UVB_NEEDS(create_qp), UVB_TELLS),
	UVB_COMMAND(QUERY_QP, uvb_cmd_query_qp, UVERBS_OBJECT_QP,
		    UVERBS_BPF_METHOD_QP_QUERY, sizeof(struct ib_uverbs_query_qp),
		    sizeof(struct ib_uverbs_query_qp_resp), UVB_DIRECT, UVB_NEEDS(query_qp)),
	UVB_COMMAND(MODIFY_QP, uvb_cmd_modify_qp, UVERBS_OBJECT_QP,
		    UVERBS_BPF_METHOD_QP_MODIFY, sizeof(struct ib_uverbs_modify_qp), 0,
		    UVB_DIRECT, UVB_NEEDS(modify_qp), UVB_TELLS),
	UVB_COMMAND_EX(MODIFY_QP, uvb_cmd_ex_modify_qp, UVERBS_OBJECT_QP,
		       UVERBS_BPF_METHOD_QP_MODIFY,
		       offsetofend(struct ib_uverbs_ex_modify_qp, base),
		       offsetofend(struct ib_uverbs_ex_modify_qp_resp, response_length),
		       UVB_DIRECT, UVB_NEEDS(modify_qp), UVB_TELLS),
	UVB_COMMAND(POST_SEND, uvb_cmd_post_send, UVERBS_OBJECT_QP,
		    UVB_ONLY, sizeof(struct ib_uverbs_post_send),
		    sizeof(struct ib_uverbs_post_send_resp), UVB_NEEDS(post_send)),
	UVB_COMMAND(POST_RECV, uvb_cmd_post_recv, UVERBS_OBJECT_QP,
		    UVB_ONLY, sizeof(struct ib_uverbs_post_recv),
		    sizeof(struct ib_uverbs_post_recv_resp), UVB_NEEDS(post_recv)),
	UVB_COMMAND(ATTACH_MCAST, uvb_cmd_attach_mcast, UVERBS_OBJECT_QP,
		    UVB_ONLY, sizeof(struct ib_uverbs_attach_mcast), 0,
		    UVB_NEEDS_BOTH(attach_mcast, detach_mcast), UVB_TELLS),
	UVB_COMMAND(DETACH_MCAST, uvb_cmd_detach_mcast, UVERBS_OBJECT_QP,
		    UVB_ONLY, sizeof(struct ib_uverbs_detach_mcast), 0,
		    UVB_NEEDS(detach_mcast), UVB_TELLS),
	UVB_COMMAND(DESTROY_QP, uvb_cmd_destroy_qp, UVERBS_OBJECT_QP,
		    UVERBS_METHOD_QP_DESTROY, sizeof(struct ib_uverbs_destroy_qp),
		    sizeof(struct ib_uverbs_destroy_qp_resp), UVB_DIRECT, UVB_NEEDS(destroy_qp)),
};

static struct uvb_type uvb_type_qp = {
	.object = UVERBS_OBJECT_QP,
	.size = sizeof(struct uvb_qp),
	.destroy = uvb_qp_destroy,
	.name = "uvb_qp",
	UVB_DIRECT,
	UVB_NEEDS(destroy_qp),
};

UVB_SCHEMA(qp, .type = &uvb_type_qp, UVB_METHODS(uvb_qp_methods), UVB_COMMANDS(uvb_qp_commands));
