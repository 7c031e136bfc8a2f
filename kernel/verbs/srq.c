// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Shared receive queues: basic ones, those of an XRC domain, and those that
 * match tags.
 */
#include "../ext.h"
#include "cq.h"
#include "qp.h"

static noinline_for_stack int uvb_srq_before(struct uverbs_attr_bundle *bundle,
					     struct uvb_handle *handle, struct uvb_handle *made,
					     const struct ib_srq_attr *attr, u32 type)
{
	struct uverbs_bpf_args_srq args = {
		.max_wr = attr->max_wr,
		.max_sge = attr->max_sge,
		.limit = attr->srq_limit,
		.type = type,
	};
	struct uvb_view view = {
		.args = &args,
		.size = sizeof(args),
		.handle = handle,
		.made = made,
		.cur_state = UVERBS_BPF_QPS_UNKNOWN,
		.next_state = UVERBS_BPF_QPS_UNKNOWN,
	};

	return uvb_ext_before(bundle, &view);
}

/**
 * uvb_srq_create() - make the SRQ behind a handle
 * @bundle: the call
 * @handle: new
 * @pd: its protection domain
 * @attr: what the driver gets; its attr holds what was granted afterwards
 * @xrcd: handle of attr's XRC domain, NULL for other types
 * @user_handle: what events carry
 * @async: where async events go, or NULL; the reference passes to the SRQ
 */
static int uvb_srq_create(struct uverbs_attr_bundle *bundle, struct uvb_handle *handle,
			  struct ib_pd *pd, struct ib_srq_init_attr *attr,
			  struct uvb_handle *xrcd, u64 user_handle, struct uvb_event_file *async)
{
	struct uvb_srq *obj = container_of(handle, struct uvb_srq, source.handle);
	struct ib_srq *srq;

	uvb_event_source_init(&obj->source, user_handle, async);
	attr->event_handler = uvb_srq_event_handler;

	if (uvb_ext_hooked(bundle)) {
		int ret = uvb_srq_before(bundle, NULL, handle, &attr->attr, attr->srq_type);

		if (ret) {
			uvb_event_file_put(async);
			return ret;
		}
	}
	srq = ib_create_srq_user(pd, attr, (struct ib_usrq_object *)uvb_uobject(handle),
				 &bundle->driver_udata);
	if (IS_ERR(srq)) {
		uvb_event_file_put(async);
		return PTR_ERR(srq);
	}
	handle->object = srq;
	if (xrcd) {
		obj->xrcd = container_of(xrcd, struct uvb_xrcd, handle);
		atomic_inc(&obj->xrcd->users);
	}
	return 0;
}

/* What the type asks for beyond a protection domain. */
static int uvb_srq_attr_objects(struct uverbs_attr_bundle *bundle, struct ib_srq_init_attr *attr,
				struct uvb_handle **xrcd)
{
	int ret;

	if (ib_srq_has_cq(attr->srq_type)) {
		attr->ext.cq = uvb_attr_object(bundle, UVERBS_ATTR_CREATE_SRQ_CQ_HANDLE);
		if (!attr->ext.cq)
			return -ENOENT;
		ret = uvb_cq_for_qps(bundle, attr->ext.cq, UVERBS_ATTR_CREATE_SRQ_CQ_HANDLE);
		if (ret)
			return ret;
	}
	switch (attr->srq_type) {
	case IB_SRQT_XRC:
		attr->ext.xrc.xrcd = uvb_attr_object(bundle, UVERBS_ATTR_CREATE_SRQ_XRCD_HANDLE);
		if (!attr->ext.xrc.xrcd)
			return -ENOENT;
		*xrcd = uvb_attr_handle(bundle, UVERBS_ATTR_CREATE_SRQ_XRCD_HANDLE);
		return 0;
	case IB_SRQT_TM:
		return uvb_copy_in(&attr->ext.tag_matching.max_num_tags, bundle,
				   UVERBS_ATTR_CREATE_SRQ_MAX_NUM_TAGS,
				   sizeof(attr->ext.tag_matching.max_num_tags));
	case IB_SRQT_BASIC:
		return 0;
	default:
		return -EINVAL;
	}
}

static int uvb_srq_create_method(struct uverbs_attr_bundle *bundle)
{
	struct uvb_handle *handle = uvb_attr_handle(bundle, UVERBS_ATTR_CREATE_SRQ_HANDLE);
	struct ib_srq_init_attr attr = {};
	struct uvb_handle *xrcd = NULL;
	u64 user_handle, type;
	struct ib_srq *srq;
	int ret;

	ret = uvb_copy_in(&attr.attr.max_sge, bundle, UVERBS_ATTR_CREATE_SRQ_MAX_SGE,
			  sizeof(attr.attr.max_sge));
	if (!ret)
		ret = uvb_copy_in(&attr.attr.max_wr, bundle, UVERBS_ATTR_CREATE_SRQ_MAX_WR,
				  sizeof(attr.attr.max_wr));
	if (!ret)
		ret = uvb_copy_in(&attr.attr.srq_limit, bundle, UVERBS_ATTR_CREATE_SRQ_LIMIT,
				  sizeof(attr.attr.srq_limit));
	if (!ret)
		ret = uvb_copy_in(&user_handle, bundle, UVERBS_ATTR_CREATE_SRQ_USER_HANDLE,
				  sizeof(user_handle));
	if (!ret)
		ret = uvb_const(&type, bundle, UVERBS_ATTR_CREATE_SRQ_TYPE, U32_MAX);
	if (ret)
		return ret;
	attr.srq_type = type;
	ret = uvb_srq_attr_objects(bundle, &attr, &xrcd);
	if (ret)
		return ret;

	ret = uvb_srq_create(bundle, handle,
			     uvb_attr_object(bundle, UVERBS_ATTR_CREATE_SRQ_PD_HANDLE), &attr,
			     xrcd, user_handle,
			     uvb_event_file_get(bundle, UVERBS_ATTR_CREATE_SRQ_EVENT_FD));
	if (ret)
		return ret;
	uvb_created(bundle, UVERBS_ATTR_CREATE_SRQ_HANDLE);

	ret = uvb_copy_out(bundle, UVERBS_ATTR_CREATE_SRQ_RESP_MAX_WR, &attr.attr.max_wr,
			   sizeof(attr.attr.max_wr));
	if (!ret)
		ret = uvb_copy_out(bundle, UVERBS_ATTR_CREATE_SRQ_RESP_MAX_SGE,
				   &attr.attr.max_sge, sizeof(attr.attr.max_sge));
	if (ret || attr.srq_type != IB_SRQT_XRC)
		return ret;
	srq = handle->object;
	return uvb_copy_out(bundle, UVERBS_ATTR_CREATE_SRQ_RESP_SRQ_NUM, &srq->ext.xrc.srq_num,
			    sizeof(srq->ext.xrc.srq_num));
}

/* ---- legacy create ---- */

/* The objects a legacy create names, held while it runs. */
struct uvb_srq_parts {
	struct uvb_handle *xrcd;
	struct uvb_handle *cq;
	struct uvb_handle *pd;
};

static void uvb_srq_parts_put(struct uvb_srq_parts *parts)
{
	if (parts->pd)
		uvb_handle_put(parts->pd, UVERBS_BPF_ACCESS_READ);
	if (parts->cq)
		uvb_handle_put(parts->cq, UVERBS_BPF_ACCESS_READ);
	if (parts->xrcd)
		uvb_handle_put(parts->xrcd, UVERBS_BPF_ACCESS_READ);
}

static int uvb_srq_parts_get(struct uverbs_attr_bundle *bundle,
			     const struct ib_uverbs_create_xsrq *cmd, struct uvb_srq_parts *parts)
{
	int ret = 0;

	if (cmd->srq_type == IB_SRQT_XRC &&
	    uvb_part_get(bundle, UVERBS_OBJECT_XRCD, cmd->xrcd_handle, &parts->xrcd))
		ret = -EINVAL;
	if (!ret && ib_srq_has_cq(cmd->srq_type))
		ret = uvb_part_get(bundle, UVERBS_OBJECT_CQ, cmd->cq_handle, &parts->cq);
	if (!ret)
		ret = uvb_part_get(bundle, UVERBS_OBJECT_PD, cmd->pd_handle, &parts->pd);
	if (ret)
		uvb_srq_parts_put(parts);
	return ret;
}

static int uvb_srq_create_command(struct uverbs_attr_bundle *bundle,
				  const struct ib_uverbs_create_xsrq *cmd)
{
	struct ib_uverbs_create_srq_resp resp = {};
	struct ib_srq_init_attr attr = {
		.attr = {
			.max_wr = cmd->max_wr,
			.max_sge = cmd->max_sge,
			.srq_limit = cmd->srq_limit,
		},
		/* Drivers have to check it. */
		.srq_type = cmd->srq_type,
	};
	struct uvb_srq_parts parts = {};
	struct uvb_handle *handle;
	struct ib_srq *srq;
	int ret;

	handle = uvb_new(bundle, UVERBS_OBJECT_SRQ);
	if (IS_ERR(handle))
		return PTR_ERR(handle);
	ret = uvb_srq_parts_get(bundle, cmd, &parts);
	if (ret)
		return ret;
	if (parts.cq)
		attr.ext.cq = parts.cq->object;
	if (parts.xrcd)
		attr.ext.xrc.xrcd = parts.xrcd->object;
	if (cmd->srq_type == IB_SRQT_TM)
		attr.ext.tag_matching.max_num_tags = cmd->max_num_tags;

	ret = uvb_cq_for_qps(bundle, attr.ext.cq, UVERBS_ATTR_CORE_IN);
	if (!ret)
		ret = uvb_srq_create(bundle, handle, parts.pd->object, &attr, parts.xrcd,
				     cmd->user_handle,
				     uvb_event_file_default(uvb_bundle_file(bundle)));
	uvb_srq_parts_put(&parts);
	if (ret)
		return ret;

	srq = handle->object;
	if (cmd->srq_type == IB_SRQT_XRC)
		resp.srqn = srq->ext.xrc.srq_num;
	resp.srq_handle = handle->id;
	resp.max_wr = attr.attr.max_wr;
	resp.max_sge = attr.attr.max_sge;
	return uvb_response(bundle, &resp, sizeof(resp));
}

static int uvb_cmd_create_srq(struct uverbs_attr_bundle *bundle)
{
	struct ib_uverbs_create_xsrq xcmd = { .srq_type = IB_SRQT_BASIC };
	struct ib_uverbs_create_srq cmd;
	int ret;

	ret = uvb_request(bundle, &cmd, sizeof(cmd));
	if (ret)
		return ret;
	xcmd.user_handle = cmd.user_handle;
	xcmd.pd_handle = cmd.pd_handle;
	xcmd.max_wr = cmd.max_wr;
	xcmd.max_sge = cmd.max_sge;
	xcmd.srq_limit = cmd.srq_limit;
	return uvb_srq_create_command(bundle, &xcmd);
}

static int uvb_cmd_create_xsrq(struct uverbs_attr_bundle *bundle)
{
	struct ib_uverbs_create_xsrq cmd;
	int ret;

	ret = uvb_request(bundle, &cmd, sizeof(cmd));
	return ret ?: uvb_srq_create_command(bundle, &cmd);
}

/* ---- modify and query ---- */

static int uvb_srq_modify(struct uverbs_attr_bundle *bundle, struct ib_srq *srq,
			  struct ib_srq_attr *attr, u32 mask)
{
	int ret;

	if (uvb_ext_hooked(bundle)) {
		ret = uvb_srq_before(bundle, uvb_handle((struct ib_uobject *)srq->uobject), NULL,
				     attr, srq->srq_type);
		if (ret)
			return ret;
	}
	ret = srq->device->ops.modify_srq(srq, attr, mask, &bundle->driver_udata);
	return uvb_ext_changed(bundle, ret);
}

/* SRQ_MODIFY: what is given is changed. */
static int uvb_srq_modify_method(struct uverbs_attr_bundle *bundle)
{
	struct ib_srq *srq = uvb_attr_object(bundle, UVERBS_BPF_ATTR_SRQ_HANDLE);
	struct ib_srq_attr attr = {};
	u32 mask = 0;
	int ret;

	if (!uvb_copy_in(&attr.max_wr, bundle, UVERBS_BPF_ATTR_SRQ_MAX_WR, sizeof(attr.max_wr)))
		mask |= IB_SRQ_MAX_WR;
	if (!uvb_copy_in(&attr.srq_limit, bundle, UVERBS_BPF_ATTR_SRQ_LIMIT,
			 sizeof(attr.srq_limit)))
		mask |= IB_SRQ_LIMIT;
	if (!mask)
		return uvb_refuse(bundle, -EINVAL, UVERBS_BPF_ATTR_SRQ_LIMIT,
				  "SRQ_MODIFY: changes nothing, wants MAX_WR or LIMIT");

	ret = uvb_srq_modify(bundle, srq, &attr, mask);
	if (ret)
		return uvb_refuse(bundle, ret, UVERBS_BPF_ATTR_NONE,
				  "SRQ_MODIFY: the driver of %s refused max_wr %u, limit %u",
				  srq->device->name, attr.max_wr, attr.srq_limit);
	return 0;
}

static int uvb_cmd_modify_srq(struct uverbs_attr_bundle *bundle)
{
	struct ib_uverbs_modify_srq cmd;
	struct ib_srq_attr attr = {};
	struct uvb_handle *handle;
	struct ib_srq *srq;
	int ret;

	ret = uvb_request(bundle, &cmd, sizeof(cmd));
	if (ret)
		return ret;
	srq = uvb_object_get(bundle, UVERBS_OBJECT_SRQ, cmd.srq_handle, &handle);
	if (IS_ERR(srq))
		return PTR_ERR(srq);
	attr.max_wr = cmd.max_wr;
	attr.srq_limit = cmd.srq_limit;
	ret = uvb_srq_modify(bundle, srq, &attr, cmd.attr_mask);
	uvb_handle_put(handle, UVERBS_BPF_ACCESS_READ);
	return ret;
}

static int uvb_cmd_query_srq(struct uverbs_attr_bundle *bundle)
{
	struct ib_uverbs_query_srq_resp resp = {};
	struct ib_uverbs_query_srq cmd;
	struct ib_srq_attr attr = {};
	struct uvb_handle *handle;
	struct ib_srq *srq;
	int ret;

	ret = uvb_request(bundle, &cmd, sizeof(cmd));
	if (ret)
		return ret;
	srq = uvb_object_get(bundle, UVERBS_OBJECT_SRQ, cmd.srq_handle, &handle);
	if (IS_ERR(srq))
		return PTR_ERR(srq);
	ret = ib_query_srq(srq, &attr);
	uvb_handle_put(handle, UVERBS_BPF_ACCESS_READ);
	if (ret)
		return ret;

	resp.max_wr = attr.max_wr;
	resp.max_sge = attr.max_sge;
	resp.srq_limit = attr.srq_limit;
	return uvb_response(bundle, &resp, sizeof(resp));
}

/* ---- destroy ---- */

static int uvb_srq_destroy_method(struct uverbs_attr_bundle *bundle)
{
	return uvb_event_source_destroyed(bundle, UVERBS_ATTR_DESTROY_SRQ_HANDLE,
					  UVERBS_ATTR_DESTROY_SRQ_RESP);
}

static int uvb_cmd_destroy_srq(struct uverbs_attr_bundle *bundle)
{
	struct ib_uverbs_destroy_srq_resp resp;
	struct ib_uverbs_destroy_srq cmd;
	int ret;

	ret = uvb_request(bundle, &cmd, sizeof(cmd));
	if (ret)
		return ret;
	ret = uvb_event_source_destroy_id(bundle, UVERBS_OBJECT_SRQ, cmd.srq_handle,
					  &resp.events_reported);
	return ret ?: uvb_response(bundle, &resp, sizeof(resp));
}

static int uvb_srq_destroy(struct uvb_handle *handle, enum rdma_remove_reason why,
			   struct uverbs_attr_bundle *bundle)
{
	struct uvb_srq *obj = container_of(handle, struct uvb_srq, source.handle);
	int ret;

	ret = ib_destroy_srq_user(handle->object, &bundle->driver_udata);
	if (ret)
		return ret;
	if (obj->xrcd)
		atomic_dec(&obj->xrcd->users);
	uvb_event_source_release(&obj->source);
	return 0;
}

/* ---- schema ---- */

static const struct uvb_attr uvb_srq_create_attrs[] = {
	UVB_HANDLE(UVERBS_ATTR_CREATE_SRQ_HANDLE, UVERBS_OBJECT_SRQ, NEW, UVB_M),
	UVB_HANDLE(UVERBS_ATTR_CREATE_SRQ_PD_HANDLE, UVERBS_OBJECT_PD, READ, UVB_M),
	UVB_HANDLE(UVERBS_ATTR_CREATE_SRQ_XRCD_HANDLE, UVERBS_OBJECT_XRCD, READ, UVB_O),
	UVB_HANDLE(UVERBS_ATTR_CREATE_SRQ_CQ_HANDLE, UVERBS_OBJECT_CQ, READ, UVB_O),
	UVB_IN(UVERBS_ATTR_CREATE_SRQ_USER_HANDLE, u64, UVB_M),
	UVB_IN(UVERBS_ATTR_CREATE_SRQ_MAX_WR, u32, UVB_M),
	UVB_IN(UVERBS_ATTR_CREATE_SRQ_MAX_SGE, u32, UVB_M),
	UVB_IN(UVERBS_ATTR_CREATE_SRQ_LIMIT, u32, UVB_M),
	UVB_IN(UVERBS_ATTR_CREATE_SRQ_MAX_NUM_TAGS, u32, UVB_O),
	UVB_CONST(UVERBS_ATTR_CREATE_SRQ_TYPE, UVB_M),
	UVB_FD(UVERBS_ATTR_CREATE_SRQ_EVENT_FD, UVERBS_OBJECT_ASYNC_EVENT, READ, UVB_O),
	UVB_OUT(UVERBS_ATTR_CREATE_SRQ_RESP_MAX_WR, u32, UVB_M),
	UVB_OUT(UVERBS_ATTR_CREATE_SRQ_RESP_MAX_SGE, u32, UVB_M),
	UVB_OUT(UVERBS_ATTR_CREATE_SRQ_RESP_SRQ_NUM, u32, UVB_O),
#ifdef UVB_HAVE_BUF_UMEM
	UVB_IN(UVERBS_ATTR_CREATE_SRQ_BUF_UMEM, struct ib_uverbs_buffer_desc, UVB_O),
#endif
	UVB_UHW(),
};

static const struct uvb_attr uvb_srq_destroy_attrs[] = {
	UVB_HANDLE(UVERBS_ATTR_DESTROY_SRQ_HANDLE, UVERBS_OBJECT_SRQ, DESTROY, UVB_M),
	UVB_OUT(UVERBS_ATTR_DESTROY_SRQ_RESP, struct ib_uverbs_destroy_srq_resp, UVB_M),
};

static const struct uvb_attr uvb_srq_modify_attrs[] = {
	UVB_HANDLE(UVERBS_BPF_ATTR_SRQ_HANDLE, UVERBS_OBJECT_SRQ, READ, UVB_M),
	UVB_IN(UVERBS_BPF_ATTR_SRQ_MAX_WR, u32, UVB_O),
	UVB_IN(UVERBS_BPF_ATTR_SRQ_LIMIT, u32, UVB_O),
	UVB_UHW(),
};

static struct uvb_method uvb_srq_methods[] = {
	UVB_METHOD(UVERBS_OBJECT_SRQ, UVERBS_METHOD_SRQ_CREATE, uvb_srq_create_method,
		   uvb_srq_create_attrs, UVB_NEEDS(create_srq), UVB_TELLS),
	UVB_METHOD(UVERBS_OBJECT_SRQ, UVERBS_METHOD_SRQ_DESTROY, uvb_srq_destroy_method,
		   uvb_srq_destroy_attrs),
	UVB_METHOD(UVERBS_OBJECT_SRQ, UVERBS_BPF_METHOD_SRQ_MODIFY, uvb_srq_modify_method,
		   uvb_srq_modify_attrs, UVB_NEEDS(modify_srq), UVB_TELLS),
};

static const struct uvb_command uvb_srq_commands[] = {
	UVB_COMMAND(CREATE_SRQ, uvb_cmd_create_srq, UVERBS_OBJECT_SRQ,
		    UVERBS_METHOD_SRQ_CREATE, sizeof(struct ib_uverbs_create_srq),
		    sizeof(struct ib_uverbs_create_srq_resp), UVB_UDATA, UVB_NEEDS(create_srq),
		    UVB_TELLS),
	UVB_COMMAND(CREATE_XSRQ, uvb_cmd_create_xsrq, UVERBS_OBJECT_SRQ,
		    UVERBS_METHOD_SRQ_CREATE, sizeof(struct ib_uverbs_create_xsrq),
		    sizeof(struct ib_uverbs_create_srq_resp), UVB_UDATA, UVB_NEEDS(create_srq),
		    UVB_TELLS),
	UVB_COMMAND(MODIFY_SRQ, uvb_cmd_modify_srq, UVERBS_OBJECT_SRQ,
		    UVERBS_BPF_METHOD_SRQ_MODIFY, sizeof(struct ib_uverbs_modify_srq), 0,
		    UVB_UDATA, UVB_NEEDS(modify_srq), UVB_TELLS),
	UVB_COMMAND(QUERY_SRQ, uvb_cmd_query_srq, UVERBS_OBJECT_SRQ,
		    UVB_ONLY, sizeof(struct ib_uverbs_query_srq),
		    sizeof(struct ib_uverbs_query_srq_resp), UVB_NEEDS(query_srq)),
	UVB_COMMAND(POST_SRQ_RECV, uvb_cmd_post_srq_recv, UVERBS_OBJECT_SRQ,
		    UVB_ONLY, sizeof(struct ib_uverbs_post_srq_recv),
		    sizeof(struct ib_uverbs_post_srq_recv_resp), UVB_NEEDS(post_srq_recv)),
	UVB_COMMAND(DESTROY_SRQ, uvb_cmd_destroy_srq, UVERBS_OBJECT_SRQ,
		    UVERBS_METHOD_SRQ_DESTROY, sizeof(struct ib_uverbs_destroy_srq),
		    sizeof(struct ib_uverbs_destroy_srq_resp), UVB_NEEDS(destroy_srq)),
};

static struct uvb_type uvb_type_srq = {
	.object = UVERBS_OBJECT_SRQ,
	.size = sizeof(struct uvb_srq),
	.destroy = uvb_srq_destroy,
	.name = "uvb_srq",
	UVB_NEEDS(destroy_srq),
};

UVB_SCHEMA(srq, .type = &uvb_type_srq, UVB_METHODS(uvb_srq_methods),
	   UVB_COMMANDS(uvb_srq_commands));
