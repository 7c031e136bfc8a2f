// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * What a driver offers to be mapped (a page of a device's registers, say) as a
 * dma-buf, for other devices. In kernels that have them; Kbuild knows.
 *
 * The handle is the dma-buf's file. The mapping may end before the file does:
 * its entry has a list of dma-bufs, which ib_core walks when the driver takes
 * the entry away. Whoever takes a dma-buf off that list revokes it.
 */
#include "../uvb.h"

#include <linux/dma-buf-mapping.h>
#include <linux/dma-resv.h>
#include <linux/pci-p2pdma.h>

/**
 * struct uvb_dmabuf - handle of a dma-buf
 * @handle: what user space names it by
 * @file: the device file it belongs to
 * @stock: ib_core reaches this part, see twins.h. It begins with a uobject that nobody looks at;
 *	@handle and @file lie there
 */
struct uvb_dmabuf {
	union {
		struct {
			struct uvb_handle handle;
			struct uvb_file *file;
		};
		struct ib_uverbs_dmabuf_file stock;
	};
};

static_assert(offsetofend(struct uvb_dmabuf, file) <=
	      offsetof(struct uvb_dmabuf, stock.dmabuf_release_lock));

/* ---- the exporter ---- */

static int uvb_dmabuf_attach(struct dma_buf *dmabuf, struct dma_buf_attachment *attachment)
{
	/* There are no pages behind it, only bus addresses. */
	return attachment->peer2peer ? 0 : -EOPNOTSUPP;
}

static void uvb_dmabuf_unused(struct kref *kref)
{
	complete(&container_of(kref, struct ib_uverbs_dmabuf_file, kref)->comp);
}

static struct sg_table *uvb_dmabuf_map(struct dma_buf_attachment *attachment,
				       enum dma_data_direction direction)
{
	struct uvb_dmabuf *obj = attachment->dmabuf->priv;
	struct sg_table *table;

	dma_resv_assert_held(attachment->dmabuf->resv);
	if (obj->stock.revoked)
		return ERR_PTR(-ENODEV);

	table = dma_buf_phys_vec_to_sgt(attachment, obj->stock.provider, &obj->stock.phys_vec, 1,
					obj->stock.phys_vec.len, direction);
	if (!IS_ERR(table))
		kref_get(&obj->stock.kref);
	return table;
}

static void uvb_dmabuf_unmap(struct dma_buf_attachment *attachment, struct sg_table *table,
			     enum dma_data_direction direction)
{
	struct uvb_dmabuf *obj = attachment->dmabuf->priv;

	dma_resv_assert_held(attachment->dmabuf->resv);
	dma_buf_free_sgt(attachment, table, direction);
	kref_put(&obj->stock.kref, uvb_dmabuf_unused);
}

/* It may be revoked at any time, and importers that pin cannot be told. */
static int uvb_dmabuf_pin(struct dma_buf_attachment *attachment)
{
	return -EOPNOTSUPP;
}

static void uvb_dmabuf_unpin(struct dma_buf_attachment *attachment)
{
}

static void uvb_dmabuf_release(struct dma_buf *dmabuf)
{
	struct uvb_dmabuf *obj = dmabuf->priv;

	/* Never committed. */
	if (!obj)
		return;

	refcount_inc(&obj->handle.ref);
	uvb_handle_file_release(obj->file, &obj->handle);
	/*
	 * If the device file is being torn down, that revokes it, perhaps later than now; the
	 * dma-buf is gone when we return.
	 */
	mutex_lock(&obj->stock.dmabuf_release_lock);
	obj->stock.dmabuf = NULL;
	mutex_unlock(&obj->stock.dmabuf_release_lock);
	uvb_handle_unref(&obj->handle);
}

static const struct dma_buf_ops uvb_dmabuf_ops = {
	.attach = uvb_dmabuf_attach,
	.map_dma_buf = uvb_dmabuf_map,
	.unmap_dma_buf = uvb_dmabuf_unmap,
	.pin = uvb_dmabuf_pin,
	.unpin = uvb_dmabuf_unpin,
	.release = uvb_dmabuf_release,
};

/* ---- the object ---- */

/* Context: the entry's dmabufs_lock, and off its list: once for each dma-buf. */
static void uvb_dmabuf_revoke(struct ib_uverbs_dmabuf_file *dmabuf)
{
	mutex_lock(&dmabuf->dmabuf_release_lock);
	if (dmabuf->dmabuf) {
		struct dma_resv *resv = dmabuf->dmabuf->resv;

		dma_resv_lock(resv, NULL);
		dmabuf->revoked = true;
		dma_buf_invalidate_mappings(dmabuf->dmabuf);
		dma_resv_wait_timeout(resv, DMA_RESV_USAGE_BOOKKEEP, false, MAX_SCHEDULE_TIMEOUT);
		dma_resv_unlock(resv);
	} else {
		dmabuf->revoked = true;
	}
	mutex_unlock(&dmabuf->dmabuf_release_lock);

	/* Importers unmap in their own time. */
	kref_put(&dmabuf->kref, uvb_dmabuf_unused);
	wait_for_completion(&dmabuf->comp);
}

static int uvb_dmabuf_destroy(struct uvb_handle *handle, enum rdma_remove_reason why,
			      struct uverbs_attr_bundle *bundle)
{
	struct uvb_dmabuf *obj = container_of(handle, struct uvb_dmabuf, handle);
	struct rdma_user_mmap_entry *entry = obj->stock.mmap_entry;

	mutex_lock(&entry->dmabufs_lock);
	if (!obj->stock.revoked) {
		list_del(&obj->stock.dmabufs_elm);
		uvb_dmabuf_revoke(&obj->stock);
	}
	mutex_unlock(&entry->dmabufs_lock);
	/* Never committed: its release has nothing to do. */
	if (why == RDMA_REMOVE_ABORT)
		obj->stock.dmabuf->priv = NULL;
	/* The reference came from the driver's pgoff_to_mmap_entry(). */
	rdma_user_mmap_entry_put(entry);
	return 0;
}

static struct dma_buf *uvb_dmabuf_export(struct uvb_dmabuf *obj)
{
	DEFINE_DMA_BUF_EXPORT_INFO(info);

	info.ops = &uvb_dmabuf_ops;
	info.size = obj->stock.phys_vec.len;
	info.flags = O_CLOEXEC;
	info.priv = obj;
	return dma_buf_export(&info);
}

static int uvb_dmabuf_enlist(struct ib_uverbs_dmabuf_file *dmabuf,
			     struct rdma_user_mmap_entry *entry)
{
	int ret = 0;

	mutex_lock(&entry->dmabufs_lock);
	if (entry->driver_removed)
		ret = -EIO;
	else
		list_add_tail(&dmabuf->dmabufs_elm, &entry->dmabufs);
	mutex_unlock(&entry->dmabufs_lock);
	return ret;
}

static int uvb_dmabuf_alloc(struct uverbs_attr_bundle *bundle)
{
	struct uvb_handle *handle = uvb_attr_handle(bundle, UVERBS_ATTR_ALLOC_DMABUF_HANDLE);
	struct uvb_dmabuf *obj = container_of(handle, struct uvb_dmabuf, handle);
	struct ib_device *ibdev = handle->context->device;
	struct rdma_user_mmap_entry *entry;
	struct dma_buf *dmabuf;
	u64 pgoff;
	int ret;

	ret = uvb_copy_in(&pgoff, bundle, UVERBS_ATTR_ALLOC_DMABUF_PGOFF, sizeof(pgoff));
	if (ret)
		return ret;
	entry = ibdev->ops.pgoff_to_mmap_entry(handle->context, pgoff);
	if (!entry)
		return uvb_refuse(bundle, -EINVAL, UVERBS_ATTR_ALLOC_DMABUF_PGOFF,
				  "PGOFF: nothing of this context can be mapped at 0x%llx", pgoff);

	obj->file = uvb_bundle_file(bundle);
	mutex_init(&obj->stock.dmabuf_release_lock);
	kref_init(&obj->stock.kref);
	init_completion(&obj->stock.comp);
	obj->stock.mmap_entry = entry;
	ret = ibdev->ops.mmap_get_pfns(entry, &obj->stock.phys_vec, &obj->stock.provider);
	if (ret)
		goto err_entry;
	dmabuf = uvb_dmabuf_export(obj);
	if (IS_ERR(dmabuf)) {
		ret = PTR_ERR(dmabuf);
		goto err_entry;
	}
	obj->stock.dmabuf = dmabuf;
	ret = uvb_dmabuf_enlist(&obj->stock, entry);
	if (ret)
		goto err_dmabuf;
	/* From here on the file is the handle's. */
	handle->object = dmabuf->file;
	uvb_created(bundle, UVERBS_ATTR_ALLOC_DMABUF_HANDLE);
	return 0;

err_dmabuf:
	dmabuf->priv = NULL;
	dma_buf_put(dmabuf);
err_entry:
	rdma_user_mmap_entry_put(entry);
	return ret;
}

static const struct uvb_attr uvb_dmabuf_alloc_attrs[] = {
	UVB_FD(UVERBS_ATTR_ALLOC_DMABUF_HANDLE, UVERBS_OBJECT_DMABUF, NEW, UVB_M),
	UVB_IN(UVERBS_ATTR_ALLOC_DMABUF_PGOFF, u64, UVB_M),
};

static struct uvb_method uvb_dmabuf_methods[] = {
	UVB_METHOD(UVERBS_OBJECT_DMABUF, UVERBS_METHOD_DMABUF_ALLOC, uvb_dmabuf_alloc,
		   uvb_dmabuf_alloc_attrs),
};

static struct uvb_type uvb_type_dmabuf = {
	.object = UVERBS_OBJECT_DMABUF,
	.size = sizeof(struct uvb_dmabuf),
	.destroy = uvb_dmabuf_destroy,
	.is_file = true,
	.name = "uvb_dmabuf",
	UVB_NEEDS_BOTH(mmap_get_pfns, pgoff_to_mmap_entry),
};

UVB_SCHEMA(dmabuf, .type = &uvb_type_dmabuf, UVB_METHODS(uvb_dmabuf_methods));

MODULE_IMPORT_NS("DMA_BUF");
