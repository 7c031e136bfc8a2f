// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Device memory. MRs lie in it, see uvb_mr_reg_dm() in mr.c.
 */
#include "../uvb.h"

static int uvb_dm_alloc(struct uverbs_attr_bundle *bundle)
{
	struct uvb_handle *handle = uvb_attr_handle(bundle, UVERBS_ATTR_ALLOC_DM_HANDLE);
	struct ib_device *ibdev = handle->context->device;
	struct ib_dm_alloc_attr attr = {};
	struct ib_dm *dm;
	int ret;

	if (!ibdev->ops.alloc_dm)
		return -EOPNOTSUPP;
	ret = uvb_copy_in(&attr.length, bundle, UVERBS_ATTR_ALLOC_DM_LENGTH, sizeof(attr.length));
	if (!ret)
		ret = uvb_copy_in(&attr.alignment, bundle, UVERBS_ATTR_ALLOC_DM_ALIGNMENT,
				  sizeof(attr.alignment));
	if (ret)
		return ret;

	dm = ibdev->ops.alloc_dm(ibdev, handle->context, &attr, bundle);
	if (IS_ERR(dm))
		return PTR_ERR(dm);
	dm->device = ibdev;
	dm->length = attr.length;
	dm->uobject = uvb_uobject(handle);
	atomic_set(&dm->usecnt, 0);
	handle->object = dm;
	uvb_created(bundle, UVERBS_ATTR_ALLOC_DM_HANDLE);
	return 0;
}

static int uvb_dm_destroy(struct uvb_handle *handle, enum rdma_remove_reason why,
			  struct uverbs_attr_bundle *bundle)
{
	struct ib_dm *dm = handle->object;

	if (atomic_read(&dm->usecnt))
		return -EBUSY;
	return dm->device->ops.dealloc_dm(dm, bundle);
}

static const struct uvb_attr uvb_dm_alloc_attrs[] = {
	UVB_HANDLE(UVERBS_ATTR_ALLOC_DM_HANDLE, UVERBS_OBJECT_DM, NEW, UVB_M),
	UVB_IN(UVERBS_ATTR_ALLOC_DM_LENGTH, u64, UVB_M),
	UVB_IN(UVERBS_ATTR_ALLOC_DM_ALIGNMENT, u32, UVB_M),
};

static const struct uvb_attr uvb_dm_free_attrs[] = {
	UVB_HANDLE(UVERBS_ATTR_FREE_DM_HANDLE, UVERBS_OBJECT_DM, DESTROY, UVB_M),
};

static struct uvb_method uvb_dm_methods[] = {
	UVB_METHOD(UVERBS_OBJECT_DM, UVERBS_METHOD_DM_ALLOC, uvb_dm_alloc, uvb_dm_alloc_attrs),
	UVB_METHOD(UVERBS_OBJECT_DM, UVERBS_METHOD_DM_FREE, uvb_destroyed, uvb_dm_free_attrs),
};

static struct uvb_type uvb_type_dm = {
	.object = UVERBS_OBJECT_DM,
	.size = sizeof(struct uvb_handle),
	.destroy = uvb_dm_destroy,
	.name = "uvb_dm",
	UVB_NEEDS(dealloc_dm),
};

UVB_SCHEMA(dm, .type = &uvb_type_dm, UVB_METHODS(uvb_dm_methods));
