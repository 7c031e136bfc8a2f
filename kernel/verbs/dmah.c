// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * DMA handles: how a device is to reach memory, for MRs to be registered with.
 * In kernels that have them; Kbuild knows.
 */
#include "../uvb.h"

#include <linux/slab.h>

/* The processing hint of a PCIe TLP has two bits (PCIe 6.2, 2.2.7.1.1). */
#define UVB_DMAH_MAX_PH		3

static int uvb_dmah_attrs_in(struct uverbs_attr_bundle *bundle, struct ib_dmah *dmah)
{
	if (!uvb_copy_in(&dmah->cpu_id, bundle, UVERBS_ATTR_ALLOC_DMAH_CPU_ID,
			 sizeof(dmah->cpu_id))) {
		if (dmah->cpu_id >= nr_cpu_ids)
			return uvb_refuse(bundle, -EINVAL, UVERBS_ATTR_ALLOC_DMAH_CPU_ID,
					  "CPU_ID: %u, this machine has 0 to %u", dmah->cpu_id,
					  nr_cpu_ids - 1);
		if (!cpumask_test_cpu(dmah->cpu_id, current->cpus_ptr))
			return uvb_refuse(bundle, -EPERM, UVERBS_ATTR_ALLOC_DMAH_CPU_ID,
					  "CPU_ID: %u, the caller may not run there",
					  dmah->cpu_id);
		dmah->valid_fields |= BIT(IB_DMAH_CPU_ID_EXISTS);
	}
	if (uvb_has(bundle, UVERBS_ATTR_ALLOC_DMAH_TPH_MEM_TYPE)) {
		dmah->mem_type = uverbs_attr_get_enum_id(bundle,
							 UVERBS_ATTR_ALLOC_DMAH_TPH_MEM_TYPE);
		dmah->valid_fields |= BIT(IB_DMAH_MEM_TYPE_EXISTS);
	}
	if (!uvb_copy_in(&dmah->ph, bundle, UVERBS_ATTR_ALLOC_DMAH_PH, sizeof(dmah->ph))) {
		if (dmah->ph > UVB_DMAH_MAX_PH)
			return uvb_refuse(bundle, -EINVAL, UVERBS_ATTR_ALLOC_DMAH_PH,
					  "PH: %u, hints are 0 to %u", dmah->ph,
					  UVB_DMAH_MAX_PH);
		dmah->valid_fields |= BIT(IB_DMAH_PH_EXISTS);
	}
	return 0;
}

static int uvb_dmah_alloc(struct uverbs_attr_bundle *bundle)
{
	struct uvb_handle *handle = uvb_attr_handle(bundle, UVERBS_ATTR_ALLOC_DMAH_HANDLE);
	struct ib_device *ibdev = handle->context->device;
	struct ib_dmah *dmah;
	int ret;

	dmah = rdma_zalloc_drv_obj(ibdev, ib_dmah);
	if (!dmah)
		return -ENOMEM;
	ret = uvb_dmah_attrs_in(bundle, dmah);
	if (ret)
		goto err_free;

	dmah->device = ibdev;
	dmah->uobject = uvb_uobject(handle);
	atomic_set(&dmah->usecnt, 0);
	rdma_restrack_new(&dmah->res, RDMA_RESTRACK_DMAH);
	rdma_restrack_set_name(&dmah->res, NULL);
	ret = ibdev->ops.alloc_dmah(dmah, bundle);
	if (ret)
		goto err_restrack;
	rdma_restrack_add(&dmah->res);
	handle->object = dmah;
	uvb_created(bundle, UVERBS_ATTR_ALLOC_DMAH_HANDLE);
	return 0;

err_restrack:
	rdma_restrack_put(&dmah->res);
err_free:
	kfree(dmah);
	return ret;
}

static int uvb_dmah_destroy(struct uvb_handle *handle, enum rdma_remove_reason why,
			    struct uverbs_attr_bundle *bundle)
{
	struct ib_dmah *dmah = handle->object;
	int ret;

	if (atomic_read(&dmah->usecnt))
		return -EBUSY;
	/* Netlink must not find it while the driver takes it apart. */
	rdma_restrack_begin_del(&dmah->res);
	ret = dmah->device->ops.dealloc_dmah(dmah, bundle);
	if (ret) {
		rdma_restrack_abort_del(&dmah->res);
		return ret;
	}
	rdma_restrack_commit_del(&dmah->res);
	kfree(dmah);
	return 0;
}

static const struct uvb_attr uvb_dmah_alloc_attrs[] = {
	UVB_HANDLE(UVERBS_ATTR_ALLOC_DMAH_HANDLE, UVERBS_OBJECT_DMAH, NEW, UVB_M),
	UVB_IN(UVERBS_ATTR_ALLOC_DMAH_CPU_ID, u32, UVB_O),
	UVB_ENUM(UVERBS_ATTR_ALLOC_DMAH_TPH_MEM_TYPE, TPH_MEM_TYPE_PM + 1, UVB_O),
	UVB_IN(UVERBS_ATTR_ALLOC_DMAH_PH, u8, UVB_O),
};

static const struct uvb_attr uvb_dmah_free_attrs[] = {
	UVB_HANDLE(UVERBS_ATTR_FREE_DMA_HANDLE, UVERBS_OBJECT_DMAH, DESTROY, UVB_M),
};

static struct uvb_method uvb_dmah_methods[] = {
	UVB_METHOD(UVERBS_OBJECT_DMAH, UVERBS_METHOD_DMAH_ALLOC, uvb_dmah_alloc,
		   uvb_dmah_alloc_attrs),
	UVB_METHOD(UVERBS_OBJECT_DMAH, UVERBS_METHOD_DMAH_FREE, uvb_destroyed,
		   uvb_dmah_free_attrs),
};

static struct uvb_type uvb_type_dmah = {
	.object = UVERBS_OBJECT_DMAH,
	.size = sizeof(struct uvb_handle),
	.destroy = uvb_dmah_destroy,
	.name = "uvb_dmah",
	UVB_NEEDS_BOTH(dealloc_dmah, alloc_dmah),
};

UVB_SCHEMA(dmah, .type = &uvb_type_dmah, UVB_METHODS(uvb_dmah_methods));
