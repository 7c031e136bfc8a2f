// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The user context: the driver's per-file state, made by GET_CONTEXT and
 * destroyed with the file or the device.
 */
#include "uvb.h"

/**
 * uvb_context_get() - the file's context
 * @file: the device file
 *
 * Context: disassociate_srcu held for as long as the context is used.
 * Return: the context; -EIO after the device went away, -EINVAL before GET_CONTEXT.
 */
struct ib_ucontext *uvb_context_get(struct uvb_file *file)
{
	/* Pairs with the release in uvb_context_init(). */
	struct ib_ucontext *context = smp_load_acquire(&file->stock.ucontext);

	if (!uvb_file_ibdev(file))
		return ERR_PTR(-EIO);
	return context ?: ERR_PTR(-EINVAL);
}

/* As above, remembered in the bundle, where drivers look for it. */
struct ib_ucontext *uvb_bundle_context(struct uverbs_attr_bundle *bundle)
{
	struct ib_ucontext *context = bundle->context;

	if (!context) {
		context = uvb_context_get(uvb_bundle_file(bundle));
		if (!IS_ERR(context))
			bundle->context = context;
	}
	return context;
}

/*
 * Whether the caller may have raw QPs and flows. Where the device's namespace
 * decides, it takes a context, as ib_uverbs does it.
 */
bool uvb_bundle_has_raw_cap(struct uverbs_attr_bundle *bundle)
{
#ifdef UVB_HAVE_RAW_CAP
	struct ib_ucontext *context = uvb_context_get(uvb_bundle_file(bundle));

	return !IS_ERR(context) && uvb_has_raw_cap(context->device);
#else
	return uvb_has_raw_cap(NULL);
#endif
}

/**
 * uvb_context_alloc() - begin to make the file's context
 * @bundle: the call; the context is in @bundle->context, and nobody else sees it
 *
 * Return: 0; -EIO if the device is gone, -ENOMEM.
 */
int uvb_context_alloc(struct uverbs_attr_bundle *bundle)
{
	struct uvb_file *file = uvb_bundle_file(bundle);
	struct ib_device *ibdev = uvb_file_ibdev(file);
	struct ib_ucontext *context;

	if (!ibdev)
		return -EIO;

	context = rdma_zalloc_drv_obj(ibdev, ib_ucontext);
	if (!context)
		return -ENOMEM;
	context->device = ibdev;
	context->ufile = &file->stock;
	xa_init_flags(&context->mmap_xa, XA_FLAGS_ALLOC);
	/* The driver may look at it. */
	rdma_restrack_new(&context->res, RDMA_RESTRACK_CTX);
	rdma_restrack_set_name(&context->res, NULL);
	bundle->context = context;
	return 0;
}

/* Undo uvb_context_alloc(): of a context that uvb_context_init() refused. */
void uvb_context_free(struct uverbs_attr_bundle *bundle)
{
	struct ib_ucontext *context = bundle->context;

	bundle->context = NULL;
	/* It holds the task that made it. */
	rdma_restrack_put(&context->res);
	kfree(context);
}

/**
 * uvb_context_init() - let the driver make its part and everybody see it
 * @bundle: the call, after uvb_context_alloc(); its driver_udata goes to the driver
 * @ucaps: open files that stand for capabilities of the device
 * @nr_ucaps: how many, or the errno of a malformed list
 *
 * Return: 0; -EINVAL if the file has one, -EIO if the device is going away,
 * -EAGAIN if the cgroup's limit is reached, what the driver says.
 */
int uvb_context_init(struct uverbs_attr_bundle *bundle, int *ucaps, int nr_ucaps)
{
	struct uvb_file *file = uvb_bundle_file(bundle);
	struct ib_ucontext *context = bundle->context;
	struct ib_device *ibdev = context->device;
	int ret;

	if (!down_read_trylock(&file->stock.hw_destroy_rwsem))
		return -EIO;
	mutex_lock(&file->stock.ucontext_lock);
	if (file->stock.ucontext) {
		ret = uvb_refuse(bundle, -EINVAL, UVERBS_BPF_ATTR_NONE,
				 "GET_CONTEXT: this file has a context already; open the device again for another");
		goto out;
	}

	ret = ib_rdmacg_try_charge(&context->cg_obj, ibdev, RDMACG_RESOURCE_HCA_HANDLE);
	if (ret)
		goto out;
	ret = nr_ucaps < 0 ? nr_ucaps : uvb_ib_get_ucaps(context, ucaps, nr_ucaps);
	if (!ret)
		ret = ibdev->ops.alloc_ucontext(context, &bundle->driver_udata);
	if (ret) {
		ib_rdmacg_uncharge(&context->cg_obj, ibdev, RDMACG_RESOURCE_HCA_HANDLE);
		goto out;
	}

	rdma_restrack_add(&context->res);
	/* Everybody else uses it without the lock from here on. */
	smp_store_release(&file->stock.ucontext, context);
out:
	mutex_unlock(&file->stock.ucontext_lock);
	up_read(&file->stock.hw_destroy_rwsem);
	return ret;
}

/*
 * Context: hw_destroy_rwsem held for write, all objects gone. On close no
 * mapping is left, since mappings hold the file.
 */
void uvb_context_destroy(struct uvb_file *file, enum rdma_remove_reason why)
{
	struct ib_ucontext *context = file->stock.ucontext;
	struct ib_device *ibdev = context->device;

	if (why == RDMA_REMOVE_DRIVER_REMOVE) {
		uvb_mmap_disassociate(file);
		if (ibdev->ops.disassociate_ucontext)
			ibdev->ops.disassociate_ucontext(context);
	}
	ib_rdmacg_uncharge(&context->cg_obj, ibdev, RDMACG_RESOURCE_HCA_HANDLE);
	rdma_restrack_del(&context->res);
	ibdev->ops.dealloc_ucontext(context);
	WARN_ON(!xa_empty(&context->mmap_xa));
	kfree(context);
	file->stock.ucontext = NULL;
}
