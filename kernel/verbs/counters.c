// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Counters: sets that flows count into.
 */
#include "../uvb.h"

#include <linux/slab.h>

/* As many fit on the stack. */
#define UVB_COUNTERS_STACK	16

static int uvb_counters_create_method(struct uverbs_attr_bundle *bundle)
{
	struct uvb_handle *handle = uvb_attr_handle(bundle, UVERBS_ATTR_CREATE_COUNTERS_HANDLE);
	struct ib_device *ibdev = handle->context->device;
	struct ib_counters *counters;
	int ret;

	if (!ibdev->ops.create_counters)
		return -EOPNOTSUPP;
	counters = rdma_zalloc_drv_obj(ibdev, ib_counters);
	if (!counters)
		return -ENOMEM;
	counters->device = ibdev;
	counters->uobject = uvb_uobject(handle);
	atomic_set(&counters->usecnt, 0);
	ret = ibdev->ops.create_counters(counters, bundle);
	if (ret) {
		kfree(counters);
		return ret;
	}
	handle->object = counters;
	uvb_created(bundle, UVERBS_ATTR_CREATE_COUNTERS_HANDLE);
	return 0;
}

static int uvb_counters_read_method(struct uverbs_attr_bundle *bundle)
{
	struct ib_counters *counters = uvb_attr_object(bundle, UVERBS_ATTR_READ_COUNTERS_HANDLE);
	struct ib_counters_read_attr attr = {};
	u64 stack[UVB_COUNTERS_STACK] = {};
	int ret;

	if (!counters->device->ops.read_counters)
		return -EOPNOTSUPP;
	if (!atomic_read(&counters->usecnt))
		return uvb_refuse(bundle, -EINVAL, UVERBS_ATTR_READ_COUNTERS_HANDLE,
				  "COUNTERS_READ: no flow counts into these yet");
	ret = uvb_flags(&attr.flags, bundle, UVERBS_ATTR_READ_COUNTERS_FLAGS,
			IB_UVERBS_READ_COUNTERS_PREFER_CACHED);
	if (ret)
		return ret;

	attr.ncounters = bundle->attrs[UVB_BKEY(UVERBS_ATTR_READ_COUNTERS_BUFF)].ptr_attr.len /
			 sizeof(u64);
	attr.counters_buff = stack;
	if (attr.ncounters > ARRAY_SIZE(stack)) {
		attr.counters_buff = kvcalloc(attr.ncounters, sizeof(u64), GFP_KERNEL);
		if (!attr.counters_buff)
			return -ENOMEM;
	}
	ret = counters->device->ops.read_counters(counters, &attr, bundle);
	if (!ret)
		ret = uvb_copy_out(bundle, UVERBS_ATTR_READ_COUNTERS_BUFF, attr.counters_buff,
				   attr.ncounters * sizeof(u64));
	if (attr.counters_buff != stack)
		kvfree(attr.counters_buff);
	return ret;
}

static int uvb_counters_destroy(struct uvb_handle *handle, enum rdma_remove_reason why,
				struct uverbs_attr_bundle *bundle)
{
	struct ib_counters *counters = handle->object;
	int ret;

	if (atomic_read(&counters->usecnt))
		return -EBUSY;
	ret = counters->device->ops.destroy_counters(counters);
	if (!ret)
		kfree(counters);
	return ret;
}

static const struct uvb_attr uvb_counters_create_attrs[] = {
	UVB_HANDLE(UVERBS_ATTR_CREATE_COUNTERS_HANDLE, UVERBS_OBJECT_COUNTERS, NEW, UVB_M),
};

static const struct uvb_attr uvb_counters_destroy_attrs[] = {
	UVB_HANDLE(UVERBS_ATTR_DESTROY_COUNTERS_HANDLE, UVERBS_OBJECT_COUNTERS, DESTROY, UVB_M),
};

static const struct uvb_attr uvb_counters_read_attrs[] = {
	UVB_HANDLE(UVERBS_ATTR_READ_COUNTERS_HANDLE, UVERBS_OBJECT_COUNTERS, READ, UVB_M),
	UVB_OUT_MIN(UVERBS_ATTR_READ_COUNTERS_BUFF, 0, UVB_M),
	UVB_FLAGS(UVERBS_ATTR_READ_COUNTERS_FLAGS, UVB_O),
};

static struct uvb_method uvb_counters_methods[] = {
	UVB_METHOD(UVERBS_OBJECT_COUNTERS, UVERBS_METHOD_COUNTERS_CREATE,
		   uvb_counters_create_method, uvb_counters_create_attrs),
	UVB_METHOD(UVERBS_OBJECT_COUNTERS, UVERBS_METHOD_COUNTERS_DESTROY, uvb_destroyed,
		   uvb_counters_destroy_attrs),
	UVB_METHOD(UVERBS_OBJECT_COUNTERS, UVERBS_METHOD_COUNTERS_READ, uvb_counters_read_method,
		   uvb_counters_read_attrs),
};

static struct uvb_type uvb_type_counters = {
	.object = UVERBS_OBJECT_COUNTERS,
	.size = sizeof(struct uvb_handle),
	.destroy = uvb_counters_destroy,
	.name = "uvb_counters",
	UVB_NEEDS(destroy_counters),
};

UVB_SCHEMA(counters, .type = &uvb_type_counters, UVB_METHODS(uvb_counters_methods));
