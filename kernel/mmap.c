// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Device memory mapped by user space: doorbells and queues.
 *
 * ib_core's rdma_user_mmap_io() records each mapping in the file's list of
 * umaps (layout twins, twins.h), so that all can be taken away when the
 * device goes. A page touched after that is a zero page.
 */
#include "uvb.h"

#include <linux/sched/mm.h>

/* The mapping was duplicated by fork(), or split: the copy needs a record of its own. */
static void uvb_umap_open(struct vm_area_struct *vma)
{
	struct uvb_file *file = vma->vm_file->private_data;
	struct rdma_umap_priv *old = vma->vm_private_data;
	struct rdma_umap_priv *priv = NULL;

	if (!old)
		return;

	if (down_read_trylock(&file->stock.hw_destroy_rwsem)) {
		if (file->stock.ucontext)
			priv = kzalloc(sizeof(*priv), GFP_KERNEL);
		if (priv)
			rdma_umap_priv_init(priv, vma, old->entry);
		up_read(&file->stock.hw_destroy_rwsem);
	}

	/* This cannot be refused any more, and device pages must not stay in it. */
	if (!priv) {
		vma->vm_private_data = NULL;
		uvb_zap_vma(vma);
	}
}

/* The mapping holds the struct file, so the file is still there. */
static void uvb_umap_close(struct vm_area_struct *vma)
{
	struct uvb_file *file = vma->vm_file->private_data;
	struct rdma_umap_priv *priv = vma->vm_private_data;

	if (!priv)
		return;

	mutex_lock(&file->stock.umap_lock);
	if (priv->entry)
		rdma_user_mmap_entry_put(priv->entry);
	list_del(&priv->list);
	mutex_unlock(&file->stock.umap_lock);
	kfree(priv);
}

static vm_fault_t uvb_umap_fault(struct vm_fault *vmf)
{
	struct uvb_file *file = vmf->vma->vm_file->private_data;
	vm_fault_t ret = 0;

	if (!vmf->vma->vm_private_data)
		return VM_FAULT_SIGBUS;

	if (!(vmf->vma->vm_flags & (VM_WRITE | VM_MAYWRITE))) {
		vmf->page = ZERO_PAGE(vmf->address);
		get_page(vmf->page);
		return 0;
	}

	/* Mappings are shared, so one page per file can take all writes. */
	mutex_lock(&file->stock.umap_lock);
	if (!file->stock.disassociate_page)
		file->stock.disassociate_page = alloc_pages(vmf->gfp_mask | __GFP_ZERO, 0);
	if (file->stock.disassociate_page) {
		vmf->page = file->stock.disassociate_page;
		get_page(vmf->page);
	} else {
		ret = VM_FAULT_SIGBUS;
	}
	mutex_unlock(&file->stock.umap_lock);
	return ret;
}

static const struct vm_operations_struct uvb_umap_ops = {
	.open = uvb_umap_open,
	.close = uvb_umap_close,
	.fault = uvb_umap_fault,
};

int uvb_mmap(struct file *filp, struct vm_area_struct *vma)
{
	struct uvb_file *file = filp->private_data;
	struct ib_ucontext *context;
	int srcu, ret;

	srcu = srcu_read_lock(&file->stock.device->disassociate_srcu);
	context = uvb_context_get(file);
	if (IS_ERR(context)) {
		ret = PTR_ERR(context);
		goto out;
	}
	/* While the device is taken away no mapping may be made that nobody would undo. */
	if (!down_read_trylock(&file->stock.hw_destroy_rwsem)) {
		ret = -EIO;
		goto out;
	}
	/* Before the driver, which may install operations of its own (rxe, hfi1). */
	vma->vm_ops = &uvb_umap_ops;
	ret = context->device->ops.mmap(context, vma);
	up_read(&file->stock.hw_destroy_rwsem);
out:
	srcu_read_unlock(&file->stock.device->disassociate_srcu, srcu);
	return ret;
}

static void uvb_umap_forget(struct rdma_umap_priv *priv)
{
	list_del_init(&priv->list);
	if (priv->entry) {
		rdma_user_mmap_entry_put(priv->entry);
		priv->entry = NULL;
	}
}

/* An address space that still has mappings of the file, with a reference; NULL if none. */
static struct mm_struct *uvb_umap_next_mm(struct uvb_file *file)
{
	struct rdma_umap_priv *priv;
	struct mm_struct *mm = NULL;

	mutex_lock(&file->stock.umap_lock);
	while (!mm && !list_empty(&file->stock.umaps)) {
		priv = list_first_entry(&file->stock.umaps, struct rdma_umap_priv, list);
		mm = priv->vma->vm_mm;
		/* One that is being torn down needs no help. */
		if (!mmget_not_zero(mm)) {
			uvb_umap_forget(priv);
			mm = NULL;
		}
	}
	mutex_unlock(&file->stock.umap_lock);
	return mm;
}

/**
 * uvb_mmap_disassociate() - take all device pages out of user space
 * @file: the device file
 *
 * umap_lock nests inside mmap_lock, as in the operations above; hence one
 * address space at a time.
 *
 * Context: hw_destroy_rwsem held for write.
 */
void uvb_mmap_disassociate(struct uvb_file *file)
{
	struct rdma_umap_priv *priv, *next;
	struct mm_struct *mm;

	while ((mm = uvb_umap_next_mm(file))) {
		mmap_read_lock(mm);
		mutex_lock(&file->stock.umap_lock);
		list_for_each_entry_safe(priv, next, &file->stock.umaps, list) {
			if (priv->vma->vm_mm != mm)
				continue;
			uvb_zap_vma(priv->vma);
			uvb_umap_forget(priv);
		}
		mutex_unlock(&file->stock.umap_lock);
		mmap_read_unlock(mm);
		mmput(mm);
	}
}
