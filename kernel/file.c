// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The device node: open and close.
 */
#include "uvb.h"
#include "ext.h"

#include <linux/fs.h>
#include <linux/nsproxy.h>

/*
 * A driver that can let go of open files may be unloaded under them; any
 * other is held by each.
 */
static bool uvb_pins_driver(const struct ib_device *ibdev)
{
	return !ibdev->ops.disassociate_ucontext;
}

static int uvb_open(struct inode *inode, struct file *filp)
{
	struct ib_uverbs_device *dev = container_of(inode->i_cdev, struct ib_uverbs_device, cdev);
	struct ib_device *ibdev;
	struct uvb_file *file;
	int srcu, ret;

	if (!refcount_inc_not_zero(&dev->refcount))
		return -ENXIO;
	get_device(&dev->dev);
	srcu = srcu_read_lock(&dev->disassociate_srcu);
	mutex_lock(&dev->lists_mutex);

	ret = -EIO;
	ibdev = srcu_dereference(dev->ib_dev, &dev->disassociate_srcu);
	if (!ibdev)
		goto err;

	ret = -EPERM;
	if (!rdma_dev_access_netns(ibdev, current->nsproxy->net_ns))
		goto err;

	ret = -ENODEV;
	if (uvb_pins_driver(ibdev) && !try_module_get(ibdev->ops.owner))
		goto err;

	ret = -ENOMEM;
	/*
	 * kmalloc, and the twin at its start: what ib_uverbs exports for
	 * files that are handles may come to free it.
	 */
	file = kzalloc(sizeof(*file), GFP_KERNEL);
	if (!file)
		goto err_module;

	kref_init(&file->stock.ref);
	file->stock.device = dev;
	mutex_init(&file->stock.ucontext_lock);
	init_rwsem(&file->stock.hw_destroy_rwsem);
	spin_lock_init(&file->stock.uobjects_lock);
	INIT_LIST_HEAD(&file->stock.uobjects);
	mutex_init(&file->stock.umap_lock);
	INIT_LIST_HEAD(&file->stock.umaps);
	xa_init_flags(&file->stock.idr, XA_FLAGS_ALLOC);
#ifndef UVB_HAVE_PUBLIC_FILE
	mutex_init(&file->stock.disassociation_lock);
#endif
	INIT_LIST_HEAD(&file->handles);
	mutex_init(&file->mcast_lock);
	init_rwsem(&file->poll_lock);
	uvb_table_init(&file->table, &file->stock.uobjects_lock);
	uvb_ext_file_init(file, ibdev);

	filp->private_data = file;
	list_add_tail(&file->stock.list, &dev->uverbs_file_list);
	mutex_unlock(&dev->lists_mutex);
	srcu_read_unlock(&dev->disassociate_srcu, srcu);

	/* No file position, so that calls on one file run side by side. */
	return stream_open(inode, filp);

err_module:
	if (uvb_pins_driver(ibdev))
		module_put(ibdev->ops.owner);
err:
	mutex_unlock(&dev->lists_mutex);
	srcu_read_unlock(&dev->disassociate_srcu, srcu);
	uvb_device_put(dev);
	return ret;
}

/* The file is closed and the last file that was a handle of it is, too. */
void uvb_file_release(struct kref *ref)
{
	struct uvb_file *file = container_of(ref, struct uvb_file, stock.ref);
	struct ib_uverbs_device *dev = file->stock.device;
	struct ib_device *ibdev;
	int srcu;

	uvb_handles_release(file);

	srcu = srcu_read_lock(&dev->disassociate_srcu);
	ibdev = srcu_dereference(dev->ib_dev, &dev->disassociate_srcu);
	if (ibdev && uvb_pins_driver(ibdev))
		module_put(ibdev->ops.owner);
	srcu_read_unlock(&dev->disassociate_srcu, srcu);

	uvb_event_file_put(file->async);
	if (file->stock.disassociate_page)
		__free_pages(file->stock.disassociate_page, 0);
#ifndef UVB_HAVE_PUBLIC_FILE
	mutex_destroy(&file->stock.disassociation_lock);
#endif
	mutex_destroy(&file->mcast_lock);
	mutex_destroy(&file->stock.umap_lock);
	mutex_destroy(&file->stock.ucontext_lock);
	kfree(file);
	uvb_device_put(dev);
}

static int uvb_close(struct inode *inode, struct file *filp)
{
	struct uvb_file *file = filp->private_data;

	uvb_file_destroy_hw(file, RDMA_REMOVE_CLOSE);

	mutex_lock(&file->stock.device->lists_mutex);
	list_del_init(&file->stock.list);
	mutex_unlock(&file->stock.device->lists_mutex);

	uvb_file_put(file);
	return 0;
}

const struct file_operations uvb_fops = {
	.owner = THIS_MODULE,
	.open = uvb_open,
	.release = uvb_close,
	.write = uvb_write,
	.unlocked_ioctl = uvb_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

/* Of a device whose driver maps memory; mmap() of the others says ENODEV. */
const struct file_operations uvb_mmap_fops = {
	.owner = THIS_MODULE,
	.open = uvb_open,
	.release = uvb_close,
	.write = uvb_write,
	.mmap = uvb_mmap,
	.unlocked_ioctl = uvb_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};
