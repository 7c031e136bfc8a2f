// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Protection domains.
 */
#include "../uvb.h"

static int uvb_pd_alloc(struct uverbs_attr_bundle *bundle, struct uvb_handle *handle)
{
	struct ib_device *ibdev = handle->context->device;
	struct ib_pd *pd;
	int ret;

	pd = rdma_zalloc_drv_obj(ibdev, ib_pd);
	if (!pd)
		return -ENOMEM;
	pd->device = ibdev;
	pd->uobject = uvb_uobject(handle);
	atomic_set(&pd->usecnt, 0);

	rdma_restrack_new(&pd->res, RDMA_RESTRACK_PD);
	rdma_restrack_set_name(&pd->res, NULL);
	ret = ibdev->ops.alloc_pd(pd, &bundle->driver_udata);
	if (ret) {
		rdma_restrack_put(&pd->res);
		kfree(pd);
		return ret;
	}
	rdma_restrack_add(&pd->res);
	handle->object = pd;
	return 0;
}

static int uvb_pd_alloc_method(struct uverbs_attr_bundle *bundle)
{
	int ret;

	ret = uvb_pd_alloc(bundle, uvb_attr_handle(bundle, UVERBS_BPF_ATTR_PD_HANDLE));
	if (!ret)
		uvb_created(bundle, UVERBS_BPF_ATTR_PD_HANDLE);
	return ret;
}

static int uvb_cmd_alloc_pd(struct uverbs_attr_bundle *bundle)
{
	struct ib_uverbs_alloc_pd_resp resp = {};
	struct ib_uverbs_alloc_pd cmd;
	struct uvb_handle *handle;
	int ret;

	ret = uvb_request(bundle, &cmd, sizeof(cmd));
	if (ret)
		return ret;
	handle = uvb_new(bundle, UVERBS_OBJECT_PD);
	if (IS_ERR(handle))
		return PTR_ERR(handle);
	ret = uvb_pd_alloc(bundle, handle);
	if (ret)
		return ret;
	resp.pd_handle = handle->id;
	return uvb_response(bundle, &resp, sizeof(resp));
}

static int uvb_cmd_dealloc_pd(struct uverbs_attr_bundle *bundle)
{
	struct ib_uverbs_dealloc_pd cmd;
	int ret;

	ret = uvb_request(bundle, &cmd, sizeof(cmd));
	return ret ?: uvb_handle_destroy_id(bundle, UVERBS_OBJECT_PD, cmd.pd_handle);
}

static int uvb_pd_destroy(struct uvb_handle *handle, enum rdma_remove_reason why,
			  struct uverbs_attr_bundle *bundle)
{
	struct ib_pd *pd = handle->object;

	if (atomic_read(&pd->usecnt))
		return -EBUSY;
	return ib_dealloc_pd_user(pd, &bundle->driver_udata);
}

static const struct uvb_attr uvb_pd_alloc_attrs[] = {
	UVB_HANDLE(UVERBS_BPF_ATTR_PD_HANDLE, UVERBS_OBJECT_PD, NEW, UVB_M),
	UVB_UHW(),
};

static const struct uvb_attr uvb_pd_destroy_attrs[] = {
	UVB_HANDLE(UVERBS_ATTR_DESTROY_PD_HANDLE, UVERBS_OBJECT_PD, DESTROY, UVB_M),
};

static struct uvb_method uvb_pd_methods[] = {
	UVB_METHOD(UVERBS_OBJECT_PD, UVERBS_METHOD_PD_DESTROY, uvb_destroyed,
		   uvb_pd_destroy_attrs),
	UVB_METHOD(UVERBS_OBJECT_PD, UVERBS_BPF_METHOD_PD_ALLOC, uvb_pd_alloc_method,
		   uvb_pd_alloc_attrs, UVB_NEEDS(alloc_pd)),
};

static const struct uvb_command uvb_pd_commands[] = {
	UVB_COMMAND(ALLOC_PD, uvb_cmd_alloc_pd, UVERBS_OBJECT_PD,
		    UVERBS_BPF_METHOD_PD_ALLOC, sizeof(struct ib_uverbs_alloc_pd),
		    sizeof(struct ib_uverbs_alloc_pd_resp), UVB_UDATA, UVB_NEEDS(alloc_pd)),
	UVB_COMMAND(DEALLOC_PD, uvb_cmd_dealloc_pd, UVERBS_OBJECT_PD,
		    UVERBS_METHOD_PD_DESTROY, sizeof(struct ib_uverbs_dealloc_pd), 0,
		    UVB_NEEDS(dealloc_pd)),
};

static struct uvb_type uvb_type_pd = {
	.object = UVERBS_OBJECT_PD,
	.size = sizeof(struct uvb_handle),
	.destroy = uvb_pd_destroy,
	.name = "uvb_pd",
	UVB_NEEDS(dealloc_pd),
};

UVB_SCHEMA(pd, .type = &uvb_type_pd, UVB_METHODS(uvb_pd_methods), UVB_COMMANDS(uvb_pd_commands));
