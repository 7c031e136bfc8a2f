// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Handing the device nodes back. While our node held the name, devtmpfs
 * refused stock's (-EEXIST, which device_add() ignores), and nothing makes it
 * try again: so we make the node that is missing when we leave.
 */
#include "uvb.h"

#include <linux/namei.h>

#define UVB_NODE_DIR		"/dev/infiniband"

/* What devtmpfs knows the nodes by that it made, and may remove; NULL without such a node. */
void *uvb_node_mark(unsigned int index)
{
	void *mark = NULL;
	struct path path;
	char name[40];

	snprintf(name, sizeof(name), UVB_NODE_DIR "/uverbs%u", index);
	if (!kern_path(name, 0, &path)) {
		mark = d_inode(path.dentry)->i_private;
		path_put(&path);
	}
	return mark;
}

/* The directory went with the last node in it. */
static void uvb_node_dir_restore(void *mark)
{
	struct dentry *dentry;
	struct path path;

	dentry = uvb_path_create(UVB_NODE_DIR, &path, LOOKUP_DIRECTORY);
	if (IS_ERR(dentry))
		return;
	if (!uvb_mkdir(&path, &dentry, 0755))
		d_inode(dentry)->i_private = mark;
	uvb_path_done(&path, dentry);
}

static int uvb_node_make(const char *name, dev_t devt, void *mark)
{
	struct iattr attr = { .ia_valid = ATTR_MODE, .ia_mode = S_IFCHR | 0666 };
	struct dentry *dentry;
	struct inode *inode;
	struct path path;
	int ret;

	dentry = uvb_path_create(name, &path, 0);
	if (dentry == ERR_PTR(-ENOENT)) {
		uvb_node_dir_restore(mark);
		dentry = uvb_path_create(name, &path, 0);
	}
	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	ret = uvb_mknod(&path, dentry, attr.ia_mode, devt);
	if (!ret) {
		/* The mode once more, for rmmod has an umask. */
		inode = d_inode(dentry);
		inode_lock(inode);
		notify_change(mnt_idmap(path.mnt), dentry, &attr, NULL);
		inode_unlock(inode);
		inode->i_private = mark;
	}
	uvb_path_done(&path, dentry);
	return ret;
}

/**
 * uvb_node_restore() - give stock its node back
 * @index: N of /dev/infiniband/uverbsN
 * @mark: from uvb_node_mark(). With it the node goes when stock's device does;
 *	a node left behind would be in the way of the next device of that number
 *
 * Context: may sleep; works in the caller's mount namespace.
 */
void uvb_node_restore(unsigned int index, void *mark)
{
	dev_t devt = UVB_STOCK_BASE + index;
	char name[40];
	int ret;

	snprintf(name, sizeof(name), UVB_NODE_DIR "/uverbs%u", index);
	/* Which numbers stock gave to further devices only sysfs knows. */
	if (index >= UVB_FIXED_MINORS) {
		pr_warn("%s: recreate the node of ib_uverbs with mknod; its number is in /sys/class/infiniband_verbs/uverbs%u/dev\n",
			name, index);
		return;
	}

	ret = uvb_node_make(name, devt, mark);
	if (ret && ret != -EEXIST)
		pr_warn("%s: cannot give ib_uverbs its node back (%d); run: mkdir -p %s; mknod -m 666 %s c %u %u\n",
			name, ret, UVB_NODE_DIR, name, MAJOR(devt), MINOR(devt));
}
