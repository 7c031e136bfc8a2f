// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Memory windows. They are bound by work requests, which do not come here.
 */
#include "../uvb.h"

static int uvb_mw_alloc(struct uverbs_attr_bundle *bundle, struct uvb_handle *handle,
			struct ib_pd *pd, enum ib_mw_type type)
{
	struct ib_device *ibdev = pd->device;
	struct ib_mw *mw;
	int ret;

	if (type != IB_MW_TYPE_1 && type != IB_MW_TYPE_2)
		return -EINVAL;
	mw = rdma_zalloc_drv_obj(ibdev, ib_mw);
	if (!mw)
		return -ENOMEM;
	mw->device = ibdev;
	mw->pd = pd;
	mw->uobject = uvb_uobject(handle);
	mw->type = type;

	ret = ibdev->ops.alloc_mw(mw, &bundle->driver_udata);
	if (ret) {
		kfree(mw);
		return ret;
	}
	atomic_inc(&pd->usecnt);
	handle->object = mw;
	return 0;
}

static int uvb_cmd_alloc_mw(struct uverbs_attr_bundle *bundle)
{
	struct ib_uverbs_alloc_mw_resp resp = {};
	struct uvb_handle *handle, *pd_handle;
	struct ib_uverbs_alloc_mw cmd;
	struct ib_pd *pd;
	struct ib_mw *mw;
	int ret;

	ret = uvb_request(bundle, &cmd, sizeof(cmd));
	if (ret)
		return ret;
	handle = uvb_new(bundle, UVERBS_OBJECT_MW);
	if (IS_ERR(handle))
		return PTR_ERR(handle);
	pd = uvb_object_get(bundle, UVERBS_OBJECT_PD, cmd.pd_handle, &pd_handle);
	if (IS_ERR(pd))
		return PTR_ERR(pd);
	ret = uvb_mw_alloc(bundle, handle, pd, cmd.mw_type);
	uvb_handle_put(pd_handle, UVERBS_BPF_ACCESS_READ);
	if (ret)
		return ret;

	mw = handle->object;
	resp.rkey = mw->rkey;
	resp.mw_handle = handle->id;
	return uvb_response(bundle, &resp, sizeof(resp));
}

static int uvb_cmd_dealloc_mw(struct uverbs_attr_bundle *bundle)
{
	struct ib_uverbs_dealloc_mw cmd;
	int ret;

	ret = uvb_request(bundle, &cmd, sizeof(cmd));
	return ret ?: uvb_handle_destroy_id(bundle, UVERBS_OBJECT_MW, cmd.mw_handle);
}

static int uvb_mw_destroy(struct uvb_handle *handle, enum rdma_remove_reason why,
			  struct uverbs_attr_bundle *bundle)
{
	struct ib_mw *mw = handle->object;
	struct ib_pd *pd = mw->pd;
	int ret;

	ret = mw->device->ops.dealloc_mw(mw);
	if (ret)
		return ret;
	atomic_dec(&pd->usecnt);
	kfree(mw);
	return 0;
}

static const struct uvb_attr uvb_mw_destroy_attrs[] = {
	UVB_HANDLE(UVERBS_ATTR_DESTROY_MW_HANDLE, UVERBS_OBJECT_MW, DESTROY, UVB_M),
};

static struct uvb_method uvb_mw_methods[] = {
	UVB_METHOD(UVERBS_OBJECT_MW, UVERBS_METHOD_MW_DESTROY, uvb_destroyed,
		   uvb_mw_destroy_attrs),
};

static const struct uvb_command uvb_mw_commands[] = {
	UVB_COMMAND(ALLOC_MW, uvb_cmd_alloc_mw, UVERBS_OBJECT_MW,
		    UVB_ONLY, sizeof(struct ib_uverbs_alloc_mw),
		    sizeof(struct ib_uverbs_alloc_mw_resp), UVB_UDATA, UVB_NEEDS(alloc_mw)),
	UVB_COMMAND(DEALLOC_MW, uvb_cmd_dealloc_mw, UVERBS_OBJECT_MW,
		    UVERBS_METHOD_MW_DESTROY, sizeof(struct ib_uverbs_dealloc_mw), 0,
		    UVB_NEEDS(dealloc_mw)),
};

static struct uvb_type uvb_type_mw = {
	.object = UVERBS_OBJECT_MW,
	.size = sizeof(struct uvb_handle),
	.destroy = uvb_mw_destroy,
	.name = "uvb_mw",
	UVB_NEEDS(dealloc_mw),
};

UVB_SCHEMA(mw, .type = &uvb_type_mw, UVB_METHODS(uvb_mw_methods), UVB_COMMANDS(uvb_mw_commands));
