// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Memory regions.
 */
#include "../uvb.h"

static int uvb_mr_register(struct uverbs_attr_bundle *bundle, struct uvb_handle *handle,
			   struct ib_pd *pd, const struct ib_uverbs_reg_mr *cmd)
{
	struct ib_mr *mr;

	mr = uvb_ib_reg_user_mr(pd, cmd->start, cmd->length, cmd->hca_va, cmd->access_flags,
				&bundle->driver_udata);
	if (IS_ERR(mr))
		return PTR_ERR(mr);

	mr->device = pd->device;
	mr->pd = pd;
	mr->type = IB_MR_TYPE_USER;
	mr->dm = NULL;
	mr->sig_attrs = NULL;
	mr->uobject = uvb_uobject(handle);
	mr->iova = cmd->hca_va;
	mr->length = cmd->length;
	atomic_inc(&pd->usecnt);

	rdma_restrack_new(&mr->res, RDMA_RESTRACK_MR);
	rdma_restrack_set_name(&mr->res, NULL);
	rdma_restrack_add(&mr->res);
	handle->object = mr;
	return 0;
}

static int uvb_cmd_reg_mr(struct uverbs_attr_bundle *bundle)
{
	struct ib_uverbs_reg_mr_resp resp = {};
	struct uvb_handle *handle, *pd_handle;
	struct ib_uverbs_reg_mr cmd;
	struct ib_pd *pd;
	struct ib_mr *mr;
	int ret;

	ret = uvb_request(bundle, &cmd, sizeof(cmd));
	if (ret)
		return ret;
	/* Both addresses of a byte lie at the same place of their pages. */
	if ((cmd.start & ~PAGE_MASK) != (cmd.hca_va & ~PAGE_MASK))
		return -EINVAL;

	handle = uvb_new(bundle, UVERBS_OBJECT_MR);
	if (IS_ERR(handle))
		return PTR_ERR(handle);
	ret = ib_check_mr_access(bundle->context->device, cmd.access_flags);
	if (ret)
		return ret;

	pd = uvb_object_get(bundle, UVERBS_OBJECT_PD, cmd.pd_handle, &pd_handle);
	if (IS_ERR(pd))
		return PTR_ERR(pd);
	ret = uvb_mr_register(bundle, handle, pd, &cmd);
	uvb_handle_put(pd_handle, UVERBS_BPF_ACCESS_READ);
	if (ret)
		return ret;

	mr = handle->object;
	resp.lkey = mr->lkey;
	resp.rkey = mr->rkey;
	resp.mr_handle = handle->id;
	return uvb_response(bundle, &resp, sizeof(resp));
}

static int uvb_cmd_dereg_mr(struct uverbs_attr_bundle *bundle)
{
	struct ib_uverbs_dereg_mr cmd;
	int ret;

	ret = uvb_request(bundle, &cmd, sizeof(cmd));
	return ret ?: uvb_handle_destroy_id(bundle, UVERBS_OBJECT_MR, cmd.mr_handle);
}

static int uvb_mr_destroy(struct uvb_handle *handle, enum rdma_remove_reason why,
			  struct uverbs_attr_bundle *bundle)
{
	return ib_dereg_mr_user(handle->object, &bundle->driver_udata);
}

static const struct uvb_attr uvb_mr_destroy_attrs[] = {
	UVB_HANDLE(UVERBS_ATTR_DESTROY_MR_HANDLE, UVERBS_OBJECT_MR, DESTROY, UVB_M),
};

static struct uvb_method uvb_mr_methods[] = {
	UVB_METHOD(UVERBS_OBJECT_MR, UVERBS_METHOD_MR_DESTROY, uvb_destroyed,
		   uvb_mr_destroy_attrs),
};

static const struct uvb_command uvb_mr_commands[] = {
	UVB_COMMAND(REG_MR, uvb_cmd_reg_mr, sizeof(struct ib_uverbs_reg_mr),
		    sizeof(struct ib_uverbs_reg_mr_resp), UVB_UDATA, UVB_NEEDS(reg_user_mr)),
	UVB_COMMAND(DEREG_MR, uvb_cmd_dereg_mr, sizeof(struct ib_uverbs_dereg_mr), 0,
		    UVB_NEEDS(dereg_mr)),
};

static struct uvb_type uvb_type_mr = {
	.object = UVERBS_OBJECT_MR,
	.size = sizeof(struct uvb_handle),
	.destroy = uvb_mr_destroy,
	.name = "uvb_mr",
	UVB_NEEDS(dereg_mr),
};

UVB_SCHEMA(mr, .type = &uvb_type_mr, UVB_METHODS(uvb_mr_methods), UVB_COMMANDS(uvb_mr_commands));
