// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The "uverbs" client of ib_core and the device nodes. libibverbs asks
 * netlink for the node of the client of that name, and ib_core answers with
 * the first one registered that accepted the device.
 */
#include "uvb.h"
#include "ext.h"

#include <linux/fs.h>
#include <net/netlink.h>
#include <rdma/rdma_netlink.h>

/* Devices beyond the fixed minors. */
static dev_t uvb_dynamic;

static char *uvb_devnode(const struct device *dev, umode_t *mode)
{
	if (mode)
		*mode = 0666;
	return kasprintf(GFP_KERNEL, "infiniband/%s", dev_name(dev));
}

static const struct class uvb_class = {
	.name = "uverbs_bpf",
	.devnode = uvb_devnode,
};

/* One line about the RDMA device behind a node; -ENODEV when it is gone. */
static ssize_t uvb_show_ibdev(struct device *device, char *buf,
			      ssize_t (*show)(const struct ib_device *ibdev, char *buf))
{
	struct ib_uverbs_device *dev = container_of(device, struct ib_uverbs_device, dev);
	struct ib_device *ibdev;
	ssize_t ret = -ENODEV;
	int srcu;

	srcu = srcu_read_lock(&dev->disassociate_srcu);
	ibdev = srcu_dereference(dev->ib_dev, &dev->disassociate_srcu);
	if (ibdev)
		ret = show(ibdev, buf);
	srcu_read_unlock(&dev->disassociate_srcu, srcu);
	return ret;
}

static ssize_t uvb_ibdev_name(const struct ib_device *ibdev, char *buf)
{
	return sysfs_emit(buf, "%s\n", ibdev->name);
}

static ssize_t uvb_ibdev_abi(const struct ib_device *ibdev, char *buf)
{
	return sysfs_emit(buf, "%u\n", ibdev->ops.uverbs_abi_ver);
}

static ssize_t ibdev_show(struct device *device, struct device_attribute *attr, char *buf)
{
	return uvb_show_ibdev(device, buf, uvb_ibdev_name);
}
static DEVICE_ATTR_RO(ibdev);

static ssize_t abi_version_show(struct device *device, struct device_attribute *attr, char *buf)
{
	return uvb_show_ibdev(device, buf, uvb_ibdev_abi);
}
static DEVICE_ATTR_RO(abi_version);

static struct attribute *uvb_device_attrs[] = {
	&dev_attr_ibdev.attr,
	&dev_attr_abi_version.attr,
	NULL,
};

static const struct attribute_group uvb_device_group = {
	.attrs = uvb_device_attrs,
};

static void uvb_device_release(struct device *device)
{
	struct ib_uverbs_device *dev = container_of(device, struct ib_uverbs_device, dev);

	cleanup_srcu_struct(&dev->disassociate_srcu);
	mutex_destroy(&dev->lists_mutex);
	mutex_destroy(&dev->xrcd_tree_mutex);
	uvb_driver_destroy(&uvb_device(dev)->api);
	kfree(uvb_device(dev));
}

/* The last user lets a removal go on that waits for all files to be closed. */
void uvb_device_put(struct ib_uverbs_device *dev)
{
	if (refcount_dec_and_test(&dev->refcount))
		complete(&dev->comp);
	put_device(&dev->dev);
}

static struct ib_client uvb_client;

static int uvb_add(struct ib_device *ibdev)
{
	struct uvb_index *index = uvb_index_get(ibdev);
	struct ib_uverbs_device *dev;
	struct uvb_device *uvb;
	int ret;

	if (!index)
		return -EOPNOTSUPP;
	if (index->reason) {
		dev_info(&ibdev->dev, "uverbs_bpf: left to ib_uverbs: %s\n", index->reason);
		return -EOPNOTSUPP;
	}

	uvb = kzalloc(sizeof(*uvb), GFP_KERNEL);
	if (!uvb)
		return -ENOMEM;
	dev = &uvb->stock;
	ret = init_srcu_struct(&dev->disassociate_srcu);
	if (ret) {
		kfree(uvb);
		return ret;
	}

	device_initialize(&dev->dev);
	dev->dev.class = &uvb_class;
	dev->dev.parent = ibdev->dev.parent;
	dev->dev.release = uvb_device_release;
	dev->groups[0] = &uvb_device_group;
	dev->dev.groups = dev->groups;
	refcount_set(&dev->refcount, 1);
	init_completion(&dev->comp);
	mutex_init(&dev->xrcd_tree_mutex);
	mutex_init(&dev->lists_mutex);
	INIT_LIST_HEAD(&dev->uverbs_file_list);
	rcu_assign_pointer(dev->ib_dev, ibdev);
	dev->num_comp_vectors = ibdev->num_comp_vectors;
	dev->devnum = index->index;
	INIT_LIST_HEAD(&uvb->leaving);
	uvb->driver_id = ibdev->ops.driver_id;
	uvb->index = index;
	uvb_api_init(&uvb->api, ibdev);
	ret = uvb_driver_init(&uvb->api, ibdev);
	if (ret)
		goto err;

	dev->dev.devt = dev->devnum < UVB_FIXED_MINORS ? UVB_BASE + dev->devnum :
			uvb_dynamic + dev->devnum - UVB_FIXED_MINORS;
	ret = dev_set_name(&dev->dev, "uverbs%d", dev->devnum);
	if (ret)
		goto err;

	cdev_init(&dev->cdev, ibdev->ops.mmap ? &uvb_mmap_fops : &uvb_fops);
	dev->cdev.owner = THIS_MODULE;
	/* Programs hear of a device before anybody can have it open. */
	uvb_ext_device_add(uvb, ibdev);
	ret = cdev_device_add(&dev->cdev, &dev->dev);
	if (ret) {
		uvb_ext_device_remove(uvb, ibdev);
		goto err;
	}

	ib_set_client_data(ibdev, &uvb_client, uvb);
	dev_info(&ibdev->dev, "uverbs_bpf: served as /dev/infiniband/%s\n", dev_name(&dev->dev));
	return 0;

err:
	put_device(&dev->dev);
	return ret;
}

/*
 * The driver can go while files are open: end every running call, then
 * destroy what each file has. Files stay open and answer -EIO.
 */
static void uvb_disassociate(struct ib_uverbs_device *dev)
{
	struct uvb_file *file;

	rcu_assign_pointer(dev->ib_dev, NULL);
	uvb_driver_gone(&uvb_device(dev)->api);
	synchronize_srcu(&dev->disassociate_srcu);

	mutex_lock(&dev->lists_mutex);
	while (!list_empty(&dev->uverbs_file_list)) {
		file = uvb_file(list_first_entry(&dev->uverbs_file_list, struct ib_uverbs_file,
						 list));
		/* Programs may come and go while its objects do. */
		list_move(&file->stock.list, &uvb_device(dev)->leaving);
		kref_get(&file->stock.ref);
		/* Destroying may close files of this very device. */
		mutex_unlock(&dev->lists_mutex);

		uvb_file_destroy_hw(file, RDMA_REMOVE_DRIVER_REMOVE);
		uvb_file_put(file);

		mutex_lock(&dev->lists_mutex);
	}
	mutex_unlock(&dev->lists_mutex);
}

static void uvb_remove(struct ib_device *ibdev, void *data)
{
	struct uvb_device *uvb = data;
	struct ib_uverbs_device *dev = &uvb->stock;
	bool disassociate = ibdev->ops.disassociate_ucontext;

	cdev_device_del(&dev->cdev, &dev->dev);
	uvb_index_put(uvb->index);

	if (disassociate)
		uvb_disassociate(dev);
	if (refcount_dec_and_test(&dev->refcount))
		complete(&dev->comp);
	if (!disassociate)
		wait_for_completion(&dev->comp);
	/* Programs hear of a device's end after that of its objects. */
	uvb_ext_device_remove(uvb, ibdev);
	put_device(&dev->dev);
}

static int uvb_get_nl_info(struct ib_device *ibdev, void *data, struct ib_client_nl_info *res)
{
	struct uvb_device *uvb = data;

	if (res->port != -1)
		return -EINVAL;

	res->abi = ibdev->ops.uverbs_abi_ver;
	/* ib_core takes the reference. */
	res->cdev = &uvb->stock.dev;
	if (ibdev->ops.uverbs_no_driver_id_binding)
		return 0;
	return nla_put_u32(res->nl_msg, RDMA_NLDEV_ATTR_UVERBS_DRIVER_ID, ibdev->ops.driver_id);
}

static struct ib_client uvb_client = {
	.name = "uverbs",
	.no_kverbs_req = true,
	.add = uvb_add,
	.remove = uvb_remove,
	.get_nl_info = uvb_get_nl_info,
};

bool uvb_stock_present(void)
{
	if (register_chrdev_region(UVB_STOCK_BASE, 1, "uverbs_bpf"))
		return true;
	unregister_chrdev_region(UVB_STOCK_BASE, 1);
	return false;
}

int uvb_client_init(void)
{
	int ret;

	ret = register_chrdev_region(UVB_BASE, UVB_FIXED_MINORS, "uverbs_bpf");
	if (ret) {
		pr_err("character devices %u:%u-%u are taken (%d)\n", UVB_MAJOR, UVB_MINOR,
		       UVB_MINOR + UVB_FIXED_MINORS - 1, ret);
		return ret;
	}
	ret = alloc_chrdev_region(&uvb_dynamic, 0, UVB_MAX_DEVICES - UVB_FIXED_MINORS,
				  "uverbs_bpf");
	if (ret)
		goto err_fixed;
	ret = class_register(&uvb_class);
	if (ret)
		goto err_dynamic;
	ret = uvb_index_init();
	if (ret)
		goto err_class;
	ret = ib_register_client(&uvb_client);
	if (ret)
		goto err_index;
	return 0;

err_index:
	uvb_index_exit();
err_class:
	class_unregister(&uvb_class);
err_dynamic:
	unregister_chrdev_region(uvb_dynamic, UVB_MAX_DEVICES - UVB_FIXED_MINORS);
err_fixed:
	unregister_chrdev_region(UVB_BASE, UVB_FIXED_MINORS);
	return ret;
}

static void uvb_collect_served(const struct uvb_index *index, void *arg)
{
	if (!index->reason && index->held)
		set_bit(index->index, arg);
}

void uvb_client_exit(void)
{
	DECLARE_BITMAP(served, UVB_MAX_DEVICES) = {};
	unsigned int index;
	void *mark;

	uvb_index_for_each(uvb_collect_served, served);
	mark = uvb_node_mark(find_first_bit(served, UVB_MAX_DEVICES));
	ib_unregister_client(&uvb_client);
	uvb_index_exit();
	class_unregister(&uvb_class);
	unregister_chrdev_region(uvb_dynamic, UVB_MAX_DEVICES - UVB_FIXED_MINORS);
	unregister_chrdev_region(UVB_BASE, UVB_FIXED_MINORS);

	if (!uvb_stock_present())
		return;
	for_each_set_bit(index, served, UVB_MAX_DEVICES)
		uvb_node_restore(index, mark);
}
MODULE_ALIAS_RDMA_CLIENT("uverbs");
