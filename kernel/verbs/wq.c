// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Work queues: the receive half of QPs that spread what arrives over several
 * queues (RSS). A handle is nothing but a source of async events.
 */
#include "cq.h"

#define UVB_WQ_FLAGS	(IB_UVERBS_WQ_FLAGS_CVLAN_STRIPPING | IB_UVERBS_WQ_FLAGS_SCATTER_FCS |	\
			 IB_UVERBS_WQ_FLAGS_DELAY_DROP |					\
			 IB_UVERBS_WQ_FLAGS_PCI_WRITE_END_PADDING)

static struct uvb_event_source *uvb_wq_source(struct uvb_handle *handle)
{
	return container_of(handle, struct uvb_event_source, handle);
}

/**
 * uvb_wq_create() - make the WQ behind a handle
 * @bundle: the call
 * @handle: new
 * @pd: its protection domain
 * @attr: what the driver gets; holds what was granted afterwards
 * @user_handle: what events carry
 * @async: where async events go, or NULL; the reference passes to the WQ
 */
static int uvb_wq_create(struct uverbs_attr_bundle *bundle, struct uvb_handle *handle,
			 struct ib_pd *pd, struct ib_wq_init_attr *attr, u64 user_handle,
			 struct uvb_event_file *async)
{
	struct ib_wq *wq;

	uvb_event_source_init(uvb_wq_source(handle), user_handle, async);
	attr->event_handler = uvb_wq_event_handler;

	wq = pd->device->ops.create_wq(pd, attr, &bundle->driver_udata);
	if (IS_ERR(wq)) {
		uvb_event_file_put(async);
		return PTR_ERR(wq);
	}
	wq->uobject = (struct ib_uwq_object *)uvb_uobject(handle);
	wq->wq_type = attr->wq_type;
	wq->cq = attr->cq;
	wq->pd = pd;
	wq->device = pd->device;
	wq->wq_context = attr->wq_context;
	atomic_set(&wq->usecnt, 0);
	atomic_inc(&pd->usecnt);
	atomic_inc(&attr->cq->usecnt);
	handle->object = wq;
	return 0;
}

static int uvb_wq_create_method(struct uverbs_attr_bundle *bundle)
{
	struct uvb_handle *handle = uvb_attr_handle(bundle, UVERBS_ATTR_CREATE_WQ_HANDLE);
	struct ib_pd *pd = uvb_attr_object(bundle, UVERBS_ATTR_CREATE_WQ_PD_HANDLE);
	struct ib_wq_init_attr attr = { .wq_context = bundle->ufile };
	u64 user_handle, type;
	struct ib_wq *wq;
	int ret;

	ret = uvb_flags(&attr.create_flags, bundle, UVERBS_ATTR_CREATE_WQ_FLAGS, UVB_WQ_FLAGS);
	if (!ret)
		ret = uvb_copy_in(&attr.max_sge, bundle, UVERBS_ATTR_CREATE_WQ_MAX_SGE,
				  sizeof(attr.max_sge));
	if (!ret)
		ret = uvb_copy_in(&attr.max_wr, bundle, UVERBS_ATTR_CREATE_WQ_MAX_WR,
				  sizeof(attr.max_wr));
	if (!ret)
		ret = uvb_copy_in(&user_handle, bundle, UVERBS_ATTR_CREATE_WQ_USER_HANDLE,
				  sizeof(user_handle));
	if (!ret)
		ret = uvb_const(&type, bundle, UVERBS_ATTR_CREATE_WQ_TYPE, IB_WQT_RQ);
	if (ret)
		return ret;
	/* Optional by its row, as in ib_uverbs, which hands the driver an error for a pointer. */
	attr.cq = uvb_attr_object(bundle, UVERBS_ATTR_CREATE_WQ_CQ_HANDLE);
	if (!attr.cq)
		return uvb_refuse(bundle, -EINVAL, UVERBS_ATTR_CREATE_WQ_CQ_HANDLE,
				  "WQ_CREATE: a work queue wants a CQ");
	ret = uvb_cq_for_qps(bundle, attr.cq, UVERBS_ATTR_CREATE_WQ_CQ_HANDLE);
	if (ret)
		return ret;
	if (!pd->device->ops.create_wq)
		return -EOPNOTSUPP;
	attr.wq_type = type;

	ret = uvb_wq_create(bundle, handle, pd, &attr, user_handle,
			    uvb_event_file_get(bundle, UVERBS_ATTR_CREATE_WQ_EVENT_FD));
	if (ret)
		return ret;
	uvb_created(bundle, UVERBS_ATTR_CREATE_WQ_HANDLE);

	wq = handle->object;
	ret = uvb_copy_out(bundle, UVERBS_ATTR_CREATE_WQ_RESP_MAX_WR, &attr.max_wr,
			   sizeof(attr.max_wr));
	if (!ret)
		ret = uvb_copy_out(bundle, UVERBS_ATTR_CREATE_WQ_RESP_MAX_SGE, &attr.max_sge,
				   sizeof(attr.max_sge));
	/* -ENOENT if the number is not wanted: ib_uverbs fails then, with the WQ made and unmade. */
	return ret ?: uvb_copy_out(bundle, UVERBS_ATTR_CREATE_WQ_RESP_WQ_NUM, &wq->wq_num,
				   sizeof(wq->wq_num));
}

static int uvb_cmd_ex_create_wq(struct uverbs_attr_bundle *bundle)
{
	struct ib_uverbs_ex_create_wq_resp resp = {};
	struct uvb_handle *handle, *pd_handle, *cq_handle;
	struct ib_wq_init_attr attr = {};
	struct ib_uverbs_ex_create_wq cmd;
	struct ib_pd *pd;
	struct ib_wq *wq;
	int ret;

	ret = uvb_request(bundle, &cmd, sizeof(cmd));
	if (ret)
		return ret;
	if (cmd.comp_mask)
		return -EOPNOTSUPP;

	handle = uvb_new(bundle, UVERBS_OBJECT_WQ);
	if (IS_ERR(handle))
		return PTR_ERR(handle);
	pd = uvb_object_get(bundle, UVERBS_OBJECT_PD, cmd.pd_handle, &pd_handle);
	if (IS_ERR(pd))
		return PTR_ERR(pd);
	attr.cq = uvb_object_get(bundle, UVERBS_OBJECT_CQ, cmd.cq_handle, &cq_handle);
	if (IS_ERR(attr.cq)) {
		ret = PTR_ERR(attr.cq);
		goto out_pd;
	}

	/* Flags and type are the driver's to judge here. */
	attr.max_sge = cmd.max_sge;
	attr.max_wr = cmd.max_wr;
	attr.wq_type = cmd.wq_type;
	attr.create_flags = cmd.create_flags;
	ret = uvb_cq_for_qps(bundle, attr.cq, UVERBS_ATTR_CORE_IN);
	if (!ret)
		ret = uvb_wq_create(bundle, handle, pd, &attr, cmd.user_handle,
				    uvb_event_file_default(uvb_bundle_file(bundle)));
	uvb_handle_put(cq_handle, UVERBS_BPF_ACCESS_READ);
out_pd:
	uvb_handle_put(pd_handle, UVERBS_BPF_ACCESS_READ);
	if (ret)
		return ret;

	wq = handle->object;
	resp.wq_handle = handle->id;
	resp.max_sge = attr.max_sge;
	resp.max_wr = attr.max_wr;
	resp.wqn = wq->wq_num;
	resp.response_length = uvb_response_length(bundle, sizeof(resp));
	return uvb_response(bundle, &resp, sizeof(resp));
}

/* ---- modify ---- */

static int uvb_wq_modify_check(struct uverbs_attr_bundle *bundle,
			       const struct ib_uverbs_ex_modify_wq *cmd)
{
	if (!cmd->attr_mask || cmd->attr_mask > (IB_WQ_STATE | IB_WQ_CUR_STATE | IB_WQ_FLAGS))
		return uvb_refuse(bundle, -EINVAL, UVERBS_ATTR_CORE_IN,
				  "EX_MODIFY_WQ: mask 0x%x, known are 0x%x, and one at least",
				  cmd->attr_mask, IB_WQ_STATE | IB_WQ_CUR_STATE | IB_WQ_FLAGS);
	return 0;
}

static int uvb_wq_modify_check_states(struct uverbs_attr_bundle *bundle,
				      const struct ib_uverbs_ex_modify_wq *cmd)
{
	if ((cmd->attr_mask & IB_WQ_CUR_STATE && cmd->curr_wq_state > IB_WQS_ERR) ||
	    (cmd->attr_mask & IB_WQ_STATE && cmd->wq_state > IB_WQS_ERR))
		return uvb_refuse(bundle, -EINVAL, UVERBS_ATTR_CORE_IN,
				  "EX_MODIFY_WQ: states are %u (RESET) to %u (ERR)", IB_WQS_RESET,
				  IB_WQS_ERR);
	return 0;
}

static int uvb_cmd_ex_modify_wq(struct uverbs_attr_bundle *bundle)
{
	struct ib_uverbs_ex_modify_wq cmd;
	struct ib_wq_attr attr = {};
	struct uvb_handle *handle;
	struct ib_wq *wq;
	int ret;

	ret = uvb_request(bundle, &cmd, sizeof(cmd));
	if (!ret)
		ret = uvb_wq_modify_check(bundle, &cmd);
	if (ret)
		return ret;
	wq = uvb_object_get(bundle, UVERBS_OBJECT_WQ, cmd.wq_handle, &handle);
	if (IS_ERR(wq))
		return PTR_ERR(wq);
	/*
	 * After the lookup, because a bad handle is what a caller is told of first. ib_uverbs
	 * leaves without putting the handle here, and the WQ is busy until the file is closed.
	 */
	ret = uvb_wq_modify_check_states(bundle, &cmd);
	if (ret)
		goto out;

	if (cmd.attr_mask & IB_WQ_FLAGS) {
		attr.flags = cmd.flags;
		attr.flags_mask = cmd.flags_mask;
	}
	attr.curr_wq_state = cmd.attr_mask & IB_WQ_CUR_STATE ? cmd.curr_wq_state : wq->state;
	attr.wq_state = cmd.attr_mask & IB_WQ_STATE ? cmd.wq_state : attr.curr_wq_state;
	ret = wq->device->ops.modify_wq(wq, &attr, cmd.attr_mask, &bundle->driver_udata);
out:
	uvb_handle_put(handle, UVERBS_BPF_ACCESS_READ);
	return ret;
}

/* ---- destroy ---- */

static int uvb_wq_destroy_method(struct uverbs_attr_bundle *bundle)
{
	return uvb_event_source_destroyed(bundle, UVERBS_ATTR_DESTROY_WQ_HANDLE,
					  UVERBS_ATTR_DESTROY_WQ_RESP);
}

static int uvb_cmd_ex_destroy_wq(struct uverbs_attr_bundle *bundle)
{
	struct ib_uverbs_ex_destroy_wq_resp resp = {
		.response_length = uvb_response_length(bundle, sizeof(resp)),
	};
	struct ib_uverbs_ex_destroy_wq cmd;
	int ret;

	ret = uvb_request(bundle, &cmd, sizeof(cmd));
	if (ret)
		return ret;
	if (cmd.comp_mask)
		return -EOPNOTSUPP;
	ret = uvb_event_source_destroy_id(bundle, UVERBS_OBJECT_WQ, cmd.wq_handle,
					  &resp.events_reported);
	return ret ?: uvb_response(bundle, &resp, sizeof(resp));
}

static int uvb_wq_destroy(struct uvb_handle *handle, enum rdma_remove_reason why,
			  struct uverbs_attr_bundle *bundle)
{
	int ret;

	ret = ib_destroy_wq_user(handle->object, &bundle->driver_udata);
	if (!ret)
		uvb_event_source_release(uvb_wq_source(handle));
	return ret;
}

/* ---- schema ---- */

static const struct uvb_attr uvb_wq_create_attrs[] = {
	UVB_HANDLE(UVERBS_ATTR_CREATE_WQ_HANDLE, UVERBS_OBJECT_WQ, NEW, UVB_M),
	UVB_HANDLE(UVERBS_ATTR_CREATE_WQ_PD_HANDLE, UVERBS_OBJECT_PD, READ, UVB_M),
	UVB_HANDLE(UVERBS_ATTR_CREATE_WQ_CQ_HANDLE, UVERBS_OBJECT_CQ, READ, UVB_O),
	UVB_IN(UVERBS_ATTR_CREATE_WQ_USER_HANDLE, u64, UVB_M),
	UVB_CONST(UVERBS_ATTR_CREATE_WQ_TYPE, UVB_M),
	UVB_FD(UVERBS_ATTR_CREATE_WQ_EVENT_FD, UVERBS_OBJECT_ASYNC_EVENT, READ, UVB_O),
	UVB_IN(UVERBS_ATTR_CREATE_WQ_MAX_WR, u32, UVB_M),
	UVB_IN(UVERBS_ATTR_CREATE_WQ_MAX_SGE, u32, UVB_M),
	UVB_FLAGS(UVERBS_ATTR_CREATE_WQ_FLAGS, UVB_M),
	UVB_OUT(UVERBS_ATTR_CREATE_WQ_RESP_MAX_WR, u32, UVB_M),
	UVB_OUT(UVERBS_ATTR_CREATE_WQ_RESP_MAX_SGE, u32, UVB_M),
	UVB_OUT(UVERBS_ATTR_CREATE_WQ_RESP_WQ_NUM, u32, UVB_O),
	UVB_UHW(),
};

static const struct uvb_attr uvb_wq_destroy_attrs[] = {
	UVB_HANDLE(UVERBS_ATTR_DESTROY_WQ_HANDLE, UVERBS_OBJECT_WQ, DESTROY, UVB_M),
	UVB_OUT(UVERBS_ATTR_DESTROY_WQ_RESP, u32, UVB_M),
};

static struct uvb_method uvb_wq_methods[] = {
	UVB_METHOD(UVERBS_OBJECT_WQ, UVERBS_METHOD_WQ_CREATE, uvb_wq_create_method,
		   uvb_wq_create_attrs, UVB_NEEDS(create_wq)),
	UVB_METHOD(UVERBS_OBJECT_WQ, UVERBS_METHOD_WQ_DESTROY, uvb_wq_destroy_method,
		   uvb_wq_destroy_attrs),
};

static const struct uvb_command uvb_wq_commands[] = {
	UVB_COMMAND_EX(CREATE_WQ, uvb_cmd_ex_create_wq, UVERBS_OBJECT_WQ,
		       UVERBS_METHOD_WQ_CREATE,
		       offsetofend(struct ib_uverbs_ex_create_wq, max_sge),
		       offsetofend(struct ib_uverbs_ex_create_wq_resp, wqn),
		       UVB_NEEDS(create_wq)),
	UVB_COMMAND_EX(MODIFY_WQ, uvb_cmd_ex_modify_wq, UVERBS_OBJECT_WQ,
		       UVB_ONLY,
		       offsetofend(struct ib_uverbs_ex_modify_wq, curr_wq_state), 0,
		       UVB_NEEDS(modify_wq)),
	UVB_COMMAND_EX(DESTROY_WQ, uvb_cmd_ex_destroy_wq, UVERBS_OBJECT_WQ,
		       UVERBS_METHOD_WQ_DESTROY,
		       offsetofend(struct ib_uverbs_ex_destroy_wq, wq_handle),
		       offsetofend(struct ib_uverbs_ex_destroy_wq_resp, reserved),
		       UVB_NEEDS(destroy_wq)),
};

static struct uvb_type uvb_type_wq = {
	.object = UVERBS_OBJECT_WQ,
	.size = sizeof(struct uvb_event_source),
	.destroy = uvb_wq_destroy,
	.name = "uvb_wq",
	UVB_NEEDS(destroy_wq),
};

UVB_SCHEMA(wq, .type = &uvb_type_wq, UVB_METHODS(uvb_wq_methods), UVB_COMMANDS(uvb_wq_commands));
