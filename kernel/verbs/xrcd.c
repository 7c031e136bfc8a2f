// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * XRC domains. Processes share one by opening it with a descriptor of the
 * same file: each gets a handle of its own, and the domain is found by inode.
 */
#include "../uvb.h"
#include "qp.h"

#include <linux/file.h>
#include <linux/path.h>
#include <linux/rbtree.h>

/**
 * struct uvb_xrcd_entry - a shared domain of a device
 * @node: in the device's xrcd_tree, by address of @inode
 * @inode: the file
 * @path: holds it, and its file system, which must not go away under the inode
 * @xrcd: the domain; its usecnt has one for each handle
 */
struct uvb_xrcd_entry {
	struct rb_node node;
	struct inode *inode;
	struct path path;
	struct ib_xrcd *xrcd;
};

static int uvb_xrcd_compare(const void *inode, const struct rb_node *node)
{
	const struct inode *other = rb_entry(node, struct uvb_xrcd_entry, node)->inode;

	return inode < (const void *)other ? -1 : inode > (const void *)other;
}

static bool uvb_xrcd_less(struct rb_node *a, const struct rb_node *b)
{
	return uvb_xrcd_compare(rb_entry(a, struct uvb_xrcd_entry, node)->inode, b) < 0;
}

static struct uvb_xrcd_entry *uvb_xrcd_find(const struct ib_uverbs_device *dev,
					    const struct inode *inode)
{
	struct rb_node *node = rb_find(inode, &dev->xrcd_tree, uvb_xrcd_compare);

	return node ? rb_entry(node, struct uvb_xrcd_entry, node) : NULL;
}

static int uvb_xrcd_insert(struct ib_uverbs_device *dev, struct file *file,
			   struct ib_xrcd *xrcd)
{
	struct uvb_xrcd_entry *entry;

	entry = kmalloc(sizeof(*entry), GFP_KERNEL);
	if (!entry)
		return -ENOMEM;
	entry->inode = file_inode(file);
	entry->path = file->f_path;
	path_get(&entry->path);
	entry->xrcd = xrcd;
	rb_add(&entry->node, &dev->xrcd_tree, uvb_xrcd_less);
	return 0;
}

static void uvb_xrcd_erase(struct ib_uverbs_device *dev, const struct inode *inode)
{
	struct uvb_xrcd_entry *entry = uvb_xrcd_find(dev, inode);

	rb_erase(&entry->node, &dev->xrcd_tree);
	path_put(&entry->path);
	kfree(entry);
}

/* As with open(2): the domain of a file must be there, or must not, or either. */
static int uvb_xrcd_check(const struct uvb_xrcd_entry *entry, u32 oflags)
{
	if (!entry)
		return oflags & O_CREAT ? 0 : -EAGAIN;
	return oflags & O_EXCL ? -EINVAL : 0;
}

/**
 * uvb_xrcd_open() - make a handle of a domain, and the domain unless it is there
 * @bundle: the call
 * @file: the file that names it, NULL for a domain nobody else can open
 * @oflags: O_CREAT and O_EXCL
 *
 * Context: xrcd_tree_mutex held.
 * Return: the handle's number or a negative errno.
 */
static s64 uvb_xrcd_open(struct uverbs_attr_bundle *bundle, struct file *file, u32 oflags)
{
	struct ib_uverbs_device *dev = bundle->ufile->device;
	struct inode *inode = file ? file_inode(file) : NULL;
	struct uvb_xrcd_entry *entry = NULL;
	struct uvb_handle *handle;
	struct ib_xrcd *xrcd;
	int ret;

	if (inode) {
		entry = uvb_xrcd_find(dev, inode);
		ret = uvb_xrcd_check(entry, oflags);
		if (ret)
			return ret;
	}
	handle = uvb_new(bundle, UVERBS_OBJECT_XRCD);
	if (IS_ERR(handle))
		return PTR_ERR(handle);

	if (entry) {
		xrcd = entry->xrcd;
	} else {
		xrcd = ib_alloc_xrcd_user(handle->context->device, inode, &bundle->driver_udata);
		if (IS_ERR(xrcd))
			return PTR_ERR(xrcd);
		ret = file ? uvb_xrcd_insert(dev, file, xrcd) : 0;
		if (ret) {
			/* The driver must not read inputs or write outputs of the call that failed. */
			bundle->driver_udata = (struct ib_udata) {};
			ib_dealloc_xrcd_user(xrcd, &bundle->driver_udata);
			return ret;
		}
	}
	if (inode)
		atomic_inc(&xrcd->usecnt);
	handle->object = xrcd;
	return handle->id;
}

static int uvb_cmd_open_xrcd(struct uverbs_attr_bundle *bundle)
{
	struct mutex *lock = &bundle->ufile->device->xrcd_tree_mutex;
	struct ib_uverbs_open_xrcd_resp resp = {};
	struct ib_uverbs_open_xrcd cmd;
	struct file *file = NULL;
	s64 ret;

	ret = uvb_request(bundle, &cmd, sizeof(cmd));
	if (ret)
		return ret;
	if (cmd.fd != -1) {
		file = fget(cmd.fd);
		if (!file)
			return -EBADF;
	}
	mutex_lock(lock);
	ret = uvb_xrcd_open(bundle, file, cmd.oflags);
	mutex_unlock(lock);
	if (file)
		fput(file);
	if (ret < 0)
		return ret;

	resp.xrcd_handle = ret;
	return uvb_response(bundle, &resp, sizeof(resp));
}

static int uvb_cmd_close_xrcd(struct uverbs_attr_bundle *bundle)
{
	struct ib_uverbs_close_xrcd cmd;
	int ret;

	ret = uvb_request(bundle, &cmd, sizeof(cmd));
	return ret ?: uvb_handle_destroy_id(bundle, UVERBS_OBJECT_XRCD, cmd.xrcd_handle);
}

/* The last handle of a shared domain takes it along. */
static int uvb_xrcd_close(struct ib_uverbs_device *dev, struct ib_xrcd *xrcd,
			  struct ib_udata *udata)
{
	struct inode *inode = xrcd->inode;
	int ret;

	if (inode && !atomic_dec_and_test(&xrcd->usecnt))
		return 0;
	ret = ib_dealloc_xrcd_user(xrcd, udata);
	if (!inode)
		return ret;
	if (ret)
		atomic_inc(&xrcd->usecnt);
	else
		uvb_xrcd_erase(dev, inode);
	return ret;
}

static int uvb_xrcd_destroy(struct uvb_handle *handle, enum rdma_remove_reason why,
			    struct uverbs_attr_bundle *bundle)
{
	struct ib_uverbs_device *dev = bundle->ufile->device;
	int ret;

	if (atomic_read(&container_of(handle, struct uvb_xrcd, handle)->users))
		return -EBUSY;
	mutex_lock(&dev->xrcd_tree_mutex);
	ret = uvb_xrcd_close(dev, handle->object, &bundle->driver_udata);
	mutex_unlock(&dev->xrcd_tree_mutex);
	return ret;
}

static const struct uvb_attr uvb_xrcd_destroy_attrs[] = {
	UVB_HANDLE(UVERBS_ATTR_DESTROY_XRCD_HANDLE, UVERBS_OBJECT_XRCD, DESTROY, UVB_M),
};

static struct uvb_method uvb_xrcd_methods[] = {
	UVB_METHOD(UVERBS_OBJECT_XRCD, UVERBS_METHOD_XRCD_DESTROY, uvb_destroyed,
		   uvb_xrcd_destroy_attrs),
};

static const struct uvb_command uvb_xrcd_commands[] = {
	UVB_COMMAND(OPEN_XRCD, uvb_cmd_open_xrcd, UVERBS_OBJECT_XRCD,
		    UVB_ONLY, sizeof(struct ib_uverbs_open_xrcd),
		    sizeof(struct ib_uverbs_open_xrcd_resp), UVB_UDATA),
	UVB_COMMAND(CLOSE_XRCD, uvb_cmd_close_xrcd, UVERBS_OBJECT_XRCD,
		    UVERBS_METHOD_XRCD_DESTROY, sizeof(struct ib_uverbs_close_xrcd), 0),
	UVB_COMMAND(OPEN_QP, uvb_cmd_open_qp, UVERBS_OBJECT_QP,
		    UVB_ONLY, sizeof(struct ib_uverbs_open_qp),
		    sizeof(struct ib_uverbs_create_qp_resp), UVB_UDATA),
};

static struct uvb_type uvb_type_xrcd = {
	.object = UVERBS_OBJECT_XRCD,
	.size = sizeof(struct uvb_xrcd),
	.destroy = uvb_xrcd_destroy,
	.name = "uvb_xrcd",
	UVB_NEEDS_BOTH(alloc_xrcd, dealloc_xrcd),
};

UVB_SCHEMA(xrcd, .type = &uvb_type_xrcd, UVB_METHODS(uvb_xrcd_methods),
	   UVB_COMMANDS(uvb_xrcd_commands));
