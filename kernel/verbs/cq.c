// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Completion queues.
 */
#include "cq.h"
#include "../ext.h"
#include "qp.h"

/* What can be said before anything is looked up or made. */
static int uvb_cq_check(struct uverbs_attr_bundle *bundle, const struct ib_cq_init_attr *attr)
{
	if (attr->comp_vector >= bundle->ufile->device->num_comp_vectors)
		return -EINVAL;
	if (!attr->cqe && (UVB_CQ_NEEDS_ENTRIES || uvb_call(bundle)->type.what))
		return uvb_refuse(bundle, -EINVAL, UVERBS_BPF_ATTR_NONE,
				  "CQE: 0, a CQ has at least 1");
	return 0;
}

static noinline_for_stack int uvb_cq_before(struct uverbs_attr_bundle *bundle,
					    struct uvb_handle *handle, struct uvb_handle *made,
					    const struct ib_cq_init_attr *attr)
{
	struct uverbs_bpf_args_cq args = {
		.cqe = attr->cqe,
		.comp_vector = attr->comp_vector,
		.flags = attr->flags,
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
 * uvb_cq_create() - make the CQ behind a handle
 * @bundle: the call
 * @handle: new
 * @attr: what the driver gets
 * @user_handle: what events carry
 * @channel: where completion events go, or NULL; the reference passes to the CQ
 * @async: where async events go, or NULL; likewise
 * @counter: of a CQ that counts, else NULL; likewise
 */
static int uvb_cq_create(struct uverbs_attr_bundle *bundle, struct uvb_handle *handle,
			 const struct ib_cq_init_attr *attr, u64 user_handle,
			 struct uvb_event_file *channel, struct uvb_event_file *async,
			 struct uvb_cq_counter *counter)
{
	struct uvb_cq *obj = container_of(handle, struct uvb_cq, source.handle);
	struct ib_device *ibdev = handle->context->device;
	struct ib_cq *cq;
	int ret;

	INIT_LIST_HEAD(&obj->comp_link);
	obj->channel = channel;
	uvb_event_source_init(&obj->source, user_handle, async);

	if (uvb_ext_hooked(bundle)) {
		ret = uvb_cq_before(bundle, NULL, handle, attr);
		if (ret)
			goto err_events;
	}
	ret = -ENOMEM;
	cq = rdma_zalloc_drv_obj(ibdev, ib_cq);
	if (!cq)
		goto err_events;

	cq->device = ibdev;
	cq->uobject = (struct ib_ucq_object *)uvb_uobject(handle);
	if (unlikely(counter)) {
		cq->comp_handler = uvb_cq_counter_comp_handler;
		cq->event_handler = uvb_cq_counter_event_handler;
		cq->cq_context = counter;
	} else {
		cq->comp_handler = uvb_comp_handler;
		cq->event_handler = uvb_cq_event_handler;
		cq->cq_context = channel;
	}
	atomic_set(&cq->usecnt, 0);

	rdma_restrack_new(&cq->res, RDMA_RESTRACK_CQ);
	/* A user's, also if it counts: siw takes care then what it reads in a completion. */
	rdma_restrack_set_name(&cq->res, NULL);
	ret = counter ? uvb_ib_create_kernel_cq(cq, attr) : uvb_ib_create_cq(cq, attr, bundle);
	if (ret)
		goto err_cq;
	rdma_restrack_add(&cq->res);
	handle->object = cq;
	return 0;

err_cq:
	rdma_restrack_put(&cq->res);
	kfree(cq);
err_events:
	if (counter)
		uvb_cq_counter_put(counter);
	uvb_event_file_put(channel);
	uvb_event_file_put(async);
	return ret;
}

/* The call asks for a CQ that counts: there is no channel, and nothing of the driver's. */
static struct uvb_cq_counter *uvb_cq_create_counter(struct uverbs_attr_bundle *bundle,
						    const struct uvb_handle *handle)
{
	int ret;

	if (uvb_has(bundle, UVERBS_ATTR_UHW_IN) || uvb_has(bundle, UVERBS_ATTR_UHW_OUT)) {
		ret = uvb_refuse(bundle, -EINVAL, UVERBS_ATTR_UHW_IN,
				 "UHW_IN, UHW_OUT: a CQ that counts is the kernel's, and takes nothing of the driver's library");
		return ERR_PTR(ret);
	}
	return uvb_cq_counter_new(bundle, handle);
}

static int uvb_cq_create_method(struct uverbs_attr_bundle *bundle)
{
	struct uvb_handle *handle = uvb_attr_handle(bundle, UVERBS_ATTR_CREATE_CQ_HANDLE);
	struct uvb_event_file *channel = NULL;
	struct uvb_cq_counter *counter = NULL;
	struct ib_cq_init_attr attr = {};
	u64 user_handle;
	struct ib_cq *cq;
	int ret;

	ret = uvb_copy_in(&attr.comp_vector, bundle, UVERBS_ATTR_CREATE_CQ_COMP_VECTOR,
			  sizeof(attr.comp_vector));
	if (!ret)
		ret = uvb_copy_in(&attr.cqe, bundle, UVERBS_ATTR_CREATE_CQ_CQE, sizeof(attr.cqe));
	if (!ret)
		ret = uvb_copy_in(&user_handle, bundle, UVERBS_ATTR_CREATE_CQ_USER_HANDLE,
				  sizeof(user_handle));
	if (!ret)
		ret = uvb_flags(&attr.flags, bundle, UVERBS_ATTR_CREATE_CQ_FLAGS,
				IB_UVERBS_CQ_FLAGS_TIMESTAMP_COMPLETION |
				IB_UVERBS_CQ_FLAGS_IGNORE_OVERRUN);
	if (!ret)
		ret = uvb_cq_check(bundle, &attr);
	if (ret)
		return ret;
	if (!uvb_can_create_cq(handle->context->device))
		return -EOPNOTSUPP;
	if (unlikely(uvb_call(bundle)->type.what)) {
		counter = uvb_cq_create_counter(bundle, handle);
		if (IS_ERR(counter))
			return PTR_ERR(counter);
	}

	if (uvb_has(bundle, UVERBS_ATTR_CREATE_CQ_COMP_CHANNEL)) {
		channel = container_of(uvb_attr_handle(bundle,
						       UVERBS_ATTR_CREATE_CQ_COMP_CHANNEL),
				       struct uvb_event_file, handle);
		refcount_inc(&channel->handle.ref);
	}
	ret = uvb_cq_create(bundle, handle, &attr, user_handle, channel,
			    uvb_event_file_get(bundle, UVERBS_ATTR_CREATE_CQ_EVENT_FD), counter);
	if (ret)
		return ret;

	uvb_created(bundle, UVERBS_ATTR_CREATE_CQ_HANDLE);
	cq = handle->object;
	ret = counter ? uvb_cq_counter_start(counter, cq) : 0;
	return ret ?: uvb_copy_out(bundle, UVERBS_ATTR_CREATE_CQ_RESP_CQE, &cq->cqe, sizeof(cq->cqe));
}

/* Both legacy commands; the plain one is the beginning of the extended one. */
static int uvb_cq_create_command(struct uverbs_attr_bundle *bundle,
				 const struct ib_uverbs_ex_create_cq *cmd,
				 struct ib_uverbs_ex_create_cq_resp *resp)
{
	struct ib_cq_init_attr attr = {
		.cqe = cmd->cqe,
		.comp_vector = cmd->comp_vector,
		.flags = cmd->flags,
	};
	struct uvb_event_file *channel = NULL;
	struct uvb_handle *handle, *file;
	struct ib_cq *cq;
	int ret;

	ret = uvb_cq_check(bundle, &attr);
	if (ret)
		return ret;
	handle = uvb_new(bundle, UVERBS_OBJECT_CQ);
	if (IS_ERR(handle))
		return PTR_ERR(handle);
	if (cmd->comp_channel >= 0) {
		file = uvb_handle_get(bundle, UVERBS_OBJECT_COMP_CHANNEL, cmd->comp_channel,
				      UVERBS_BPF_ACCESS_READ);
		if (IS_ERR(file))
			return PTR_ERR(file);
		channel = container_of(file, struct uvb_event_file, handle);
		refcount_inc(&file->ref);
		uvb_handle_put(file, UVERBS_BPF_ACCESS_READ);
	}
	ret = uvb_cq_create(bundle, handle, &attr, cmd->user_handle, channel,
			    uvb_event_file_default(uvb_bundle_file(bundle)), NULL);
	if (ret)
		return ret;

	cq = handle->object;
	resp->base.cq_handle = handle->id;
	resp->base.cqe = cq->cqe;
	resp->response_length = uvb_response_length(bundle, sizeof(*resp));
	return 0;
}

static int uvb_cmd_create_cq(struct uverbs_attr_bundle *bundle)
{
	struct ib_uverbs_ex_create_cq_resp resp = {};
	struct ib_uverbs_ex_create_cq ex = {};
	struct ib_uverbs_create_cq cmd;
	int ret;

	ret = uvb_request(bundle, &cmd, sizeof(cmd));
	if (ret)
		return ret;
	ex.user_handle = cmd.user_handle;
	ex.cqe = cmd.cqe;
	ex.comp_vector = cmd.comp_vector;
	ex.comp_channel = cmd.comp_channel;
	ret = uvb_cq_create_command(bundle, &ex, &resp);
	return ret ?: uvb_response(bundle, &resp, sizeof(resp));
}

static int uvb_cmd_ex_create_cq(struct uverbs_attr_bundle *bundle)
{
	struct ib_uverbs_ex_create_cq_resp resp = {};
	struct ib_uverbs_ex_create_cq cmd;
	int ret;

	ret = uvb_request(bundle, &cmd, sizeof(cmd));
	if (ret)
		return ret;
	if (cmd.comp_mask || cmd.reserved)
		return -EINVAL;
	ret = uvb_cq_create_command(bundle, &cmd, &resp);
	return ret ?: uvb_response(bundle, &resp, sizeof(resp));
}

/* ---- resizing, moderation ---- */

static int uvb_cq_resize(struct uverbs_attr_bundle *bundle, struct ib_cq *cq, u32 cqe)
{
	int ret;

	if (uvb_ext_hooked(bundle)) {
		const struct ib_cq_init_attr attr = { .cqe = cqe };

		ret = uvb_cq_before(bundle, uvb_handle((struct ib_uobject *)cq->uobject), NULL,
				    &attr);
		if (ret)
			return ret;
	}
	ret = cq->device->ops.UVB_OP_RESIZE_CQ(cq, cqe, &bundle->driver_udata);
	return uvb_ext_changed(bundle, ret);
}

static int uvb_cq_resize_method(struct uverbs_attr_bundle *bundle)
{
	struct ib_cq *cq = uvb_attr_object(bundle, UVERBS_BPF_ATTR_CQ_HANDLE);
	u32 cqe;
	int ret;

	ret = uvb_copy_in(&cqe, bundle, UVERBS_BPF_ATTR_CQ_CQE, sizeof(cqe));
	if (ret)
		return ret;
	if (UVB_CQ_NEEDS_ENTRIES && !cqe)
		return uvb_refuse(bundle, -EINVAL, UVERBS_BPF_ATTR_CQ_CQE,
				  "CQE: 0, a CQ has at least 1");
	ret = uvb_cq_polled(bundle, cq, UVERBS_BPF_ATTR_CQ_HANDLE);
	if (ret)
		return ret;
	ret = uvb_cq_resize(bundle, cq, cqe);
	if (ret == -EINVAL)
		return uvb_refuse(bundle, ret, UVERBS_BPF_ATTR_CQ_CQE,
				  "CQE: %u, refused by the driver of %s, which has up to %d; what is in the CQ must fit",
				  cqe, cq->device->name, cq->device->attrs.max_cqe);
	if (ret)
		return ret;
	return uvb_copy_out_optional(bundle, UVERBS_BPF_ATTR_CQ_RESP_CQE, &cq->cqe,
				     sizeof(cq->cqe));
}

static int uvb_cmd_resize_cq(struct uverbs_attr_bundle *bundle)
{
	struct ib_uverbs_resize_cq_resp resp = {};
	struct ib_uverbs_resize_cq cmd;
	struct uvb_handle *handle;
	struct ib_cq *cq;
	int ret;

	ret = uvb_request(bundle, &cmd, sizeof(cmd));
	if (ret)
		return ret;
	if (UVB_CQ_NEEDS_ENTRIES && !cmd.cqe)
		return -EINVAL;
	cq = uvb_object_get(bundle, UVERBS_OBJECT_CQ, cmd.cq_handle, &handle);
	if (IS_ERR(cq))
		return PTR_ERR(cq);
	ret = uvb_cq_polled(bundle, cq, UVERBS_BPF_ATTR_NONE) ?:
	      uvb_cq_resize(bundle, cq, cmd.cqe);
	if (!ret) {
		resp.cqe = cq->cqe;
		ret = uvb_response(bundle, &resp, sizeof(resp));
	}
	uvb_handle_put(handle, UVERBS_BPF_ACCESS_READ);
	return ret;
}

static int uvb_cmd_ex_modify_cq(struct uverbs_attr_bundle *bundle)
{
	struct ib_uverbs_ex_modify_cq cmd;
	struct uvb_handle *handle;
	struct ib_cq *cq;
	int ret;

	ret = uvb_request(bundle, &cmd, sizeof(cmd));
	if (ret)
		return ret;
	if (!cmd.attr_mask || cmd.reserved)
		return -EINVAL;
	if (cmd.attr_mask > IB_CQ_MODERATE)
		return -EOPNOTSUPP;
	cq = uvb_object_get(bundle, UVERBS_OBJECT_CQ, cmd.cq_handle, &handle);
	if (IS_ERR(cq))
		return PTR_ERR(cq);
	ret = uvb_cq_polled(bundle, cq, UVERBS_BPF_ATTR_NONE) ?:
	      rdma_set_cq_moderation(cq, cmd.attr.cq_count, cmd.attr.cq_period);
	uvb_handle_put(handle, UVERBS_BPF_ACCESS_READ);
	return ret;
}

/* ---- notification ---- */

static int uvb_cmd_req_notify_cq(struct uverbs_attr_bundle *bundle)
{
	struct ib_uverbs_req_notify_cq cmd;
	struct uvb_handle *handle;
	struct ib_cq *cq;
	int ret;

	ret = uvb_request(bundle, &cmd, sizeof(cmd));
	if (ret)
		return ret;
	cq = uvb_object_get(bundle, UVERBS_OBJECT_CQ, cmd.cq_handle, &handle);
	if (IS_ERR(cq))
		return PTR_ERR(cq);
	ret = uvb_cq_polled(bundle, cq, UVERBS_BPF_ATTR_NONE);
	/* Its result is a hint for kernel users. */
	if (!ret)
		ib_req_notify_cq(cq, cmd.solicited_only ? IB_CQ_SOLICITED : IB_CQ_NEXT_COMP);
	uvb_handle_put(handle, UVERBS_BPF_ACCESS_READ);
	return ret;
}

/* ---- the end ---- */

static void uvb_cq_destroyed(const struct uvb_handle *handle,
			     struct ib_uverbs_destroy_cq_resp *resp)
{
	const struct uvb_cq *obj = container_of(handle, struct uvb_cq, source.handle);

	*resp = (struct ib_uverbs_destroy_cq_resp) {
		.comp_events_reported = obj->comp_reported,
		.async_events_reported = obj->source.async_reported,
	};
}

static int uvb_cq_destroy_method(struct uverbs_attr_bundle *bundle)
{
	struct ib_uverbs_destroy_cq_resp resp;

	uvb_cq_destroyed(uvb_attr_handle(bundle, UVERBS_ATTR_DESTROY_CQ_HANDLE), &resp);
	return uvb_copy_out(bundle, UVERBS_ATTR_DESTROY_CQ_RESP, &resp, sizeof(resp));
}

static int uvb_cmd_destroy_cq(struct uverbs_attr_bundle *bundle)
{
	struct ib_uverbs_destroy_cq_resp resp;
	struct ib_uverbs_destroy_cq cmd;
	struct uvb_handle *handle;
	int ret;

	ret = uvb_request(bundle, &cmd, sizeof(cmd));
	if (ret)
		return ret;
	handle = uvb_handle_get_destroyed(bundle, UVERBS_OBJECT_CQ, cmd.cq_handle);
	if (IS_ERR(handle))
		return PTR_ERR(handle);
	uvb_cq_destroyed(handle, &resp);
	uvb_handle_put(handle, UVERBS_BPF_ACCESS_DESTROY);
	return uvb_response(bundle, &resp, sizeof(resp));
}

static int uvb_cq_destroy(struct uvb_handle *handle, enum rdma_remove_reason why,
			  struct uverbs_attr_bundle *bundle)
{
	struct ib_cq *cq = handle->object;
	int ret;

	ret = uvb_cq_counter(cq) ? uvb_cq_counter_destroy(cq) :
				   ib_destroy_cq_user(cq, &bundle->driver_udata);
	if (!ret)
		uvb_cq_events_release(container_of(handle, struct uvb_cq, source.handle));
	return ret;
}

static const struct uvb_attr uvb_cq_create_attrs[] = {
	UVB_HANDLE(UVERBS_ATTR_CREATE_CQ_HANDLE, UVERBS_OBJECT_CQ, NEW, UVB_M),
	UVB_IN(UVERBS_ATTR_CREATE_CQ_CQE, u32, UVB_M),
	UVB_IN(UVERBS_ATTR_CREATE_CQ_USER_HANDLE, u64, UVB_M),
	UVB_FD(UVERBS_ATTR_CREATE_CQ_COMP_CHANNEL, UVERBS_OBJECT_COMP_CHANNEL, READ, UVB_O),
	UVB_IN(UVERBS_ATTR_CREATE_CQ_COMP_VECTOR, u32, UVB_M),
	UVB_FLAGS(UVERBS_ATTR_CREATE_CQ_FLAGS, UVB_O),
	UVB_OUT(UVERBS_ATTR_CREATE_CQ_RESP_CQE, u32, UVB_M),
	UVB_FD(UVERBS_ATTR_CREATE_CQ_EVENT_FD, UVERBS_OBJECT_ASYNC_EVENT, READ, UVB_O),
#ifdef UVB_HAVE_CQ_BUFFER
	/* Memory of the caller's for the CQ: drivers ask ib_umem_get_cq_buf() for it. */
	UVB_IN(UVERBS_ATTR_CREATE_CQ_BUFFER_VA, u64, UVB_O),
	UVB_IN(UVERBS_ATTR_CREATE_CQ_BUFFER_LENGTH, u64, UVB_O),
	UVB_RAW_FD(UVERBS_ATTR_CREATE_CQ_BUFFER_FD, UVB_O),
	UVB_IN(UVERBS_ATTR_CREATE_CQ_BUFFER_OFFSET, u64, UVB_O),
#endif
#ifdef UVB_HAVE_BUF_UMEM
	UVB_IN(UVERBS_ATTR_CREATE_CQ_BUF_UMEM, struct ib_uverbs_buffer_desc, UVB_O),
#endif
	UVB_UHW(),
};

static const struct uvb_attr uvb_cq_resize_attrs[] = {
	UVB_HANDLE(UVERBS_BPF_ATTR_CQ_HANDLE, UVERBS_OBJECT_CQ, READ, UVB_M),
	UVB_IN(UVERBS_BPF_ATTR_CQ_CQE, u32, UVB_M),
	UVB_OUT(UVERBS_BPF_ATTR_CQ_RESP_CQE, u32, UVB_O),
	UVB_UHW(),
};

static const struct uvb_attr uvb_cq_destroy_attrs[] = {
	UVB_HANDLE(UVERBS_ATTR_DESTROY_CQ_HANDLE, UVERBS_OBJECT_CQ, DESTROY, UVB_M),
	UVB_OUT(UVERBS_ATTR_DESTROY_CQ_RESP, struct ib_uverbs_destroy_cq_resp, UVB_M),
};

static struct uvb_method uvb_cq_methods[] = {
	UVB_METHOD(UVERBS_OBJECT_CQ, UVERBS_METHOD_CQ_CREATE, uvb_cq_create_method,
		   uvb_cq_create_attrs, UVB_TELLS),
	UVB_METHOD(UVERBS_OBJECT_CQ, UVERBS_METHOD_CQ_DESTROY, uvb_cq_destroy_method,
		   uvb_cq_destroy_attrs),
	UVB_METHOD(UVERBS_OBJECT_CQ, UVERBS_BPF_METHOD_CQ_RESIZE, uvb_cq_resize_method,
		   uvb_cq_resize_attrs, UVB_NEEDS(UVB_OP_RESIZE_CQ), UVB_TELLS),
};

static const struct uvb_command uvb_cq_commands[] = {
	UVB_COMMAND(CREATE_CQ, uvb_cmd_create_cq, UVERBS_OBJECT_CQ,
		    UVERBS_METHOD_CQ_CREATE, sizeof(struct ib_uverbs_create_cq),
		    sizeof(struct ib_uverbs_create_cq_resp), UVB_UDATA, UVB_NEEDS(create_cq),
		    UVB_TELLS),
	UVB_COMMAND_EX(CREATE_CQ, uvb_cmd_ex_create_cq, UVERBS_OBJECT_CQ,
		       UVERBS_METHOD_CQ_CREATE,
		       offsetofend(struct ib_uverbs_ex_create_cq, reserved),
		       offsetofend(struct ib_uverbs_ex_create_cq_resp, response_length),
		       UVB_NEEDS(create_cq), UVB_TELLS),
	UVB_COMMAND(RESIZE_CQ, uvb_cmd_resize_cq, UVERBS_OBJECT_CQ,
		    UVERBS_BPF_METHOD_CQ_RESIZE, sizeof(struct ib_uverbs_resize_cq),
		    sizeof(struct ib_uverbs_resize_cq_resp), UVB_UDATA,
		    UVB_NEEDS(UVB_OP_RESIZE_CQ), UVB_TELLS),
	UVB_COMMAND_EX(MODIFY_CQ, uvb_cmd_ex_modify_cq, UVERBS_OBJECT_CQ,
		       UVB_ONLY, sizeof(struct ib_uverbs_ex_modify_cq), 0,
		       UVB_NEEDS(modify_cq)),
	UVB_COMMAND(POLL_CQ, uvb_cmd_poll_cq, UVERBS_OBJECT_CQ,
		    UVB_ONLY, sizeof(struct ib_uverbs_poll_cq),
		    sizeof(struct ib_uverbs_poll_cq_resp), UVB_NEEDS(poll_cq)),
	UVB_COMMAND(REQ_NOTIFY_CQ, uvb_cmd_req_notify_cq, UVERBS_OBJECT_CQ,
		    UVB_ONLY, sizeof(struct ib_uverbs_req_notify_cq),
		    0, UVB_NEEDS(req_notify_cq)),
	UVB_COMMAND(DESTROY_CQ, uvb_cmd_destroy_cq, UVERBS_OBJECT_CQ,
		    UVERBS_METHOD_CQ_DESTROY, sizeof(struct ib_uverbs_destroy_cq),
		    sizeof(struct ib_uverbs_destroy_cq_resp), UVB_NEEDS(destroy_cq)),
};

static struct uvb_type uvb_type_cq = {
	.object = UVERBS_OBJECT_CQ,
	.size = sizeof(struct uvb_cq),
	.destroy = uvb_cq_destroy,
	.name = "uvb_cq",
	UVB_NEEDS(destroy_cq),
};

UVB_SCHEMA(cq, .type = &uvb_type_cq, UVB_METHODS(uvb_cq_methods), UVB_COMMANDS(uvb_cq_commands));
