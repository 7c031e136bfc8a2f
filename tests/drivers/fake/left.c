// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Definitions that uverbs_bpf leaves a device to ib_uverbs for, one for each rule that ib_uverbs
 * itself has nothing against. Nobody calls what is in them.
 */
#include <linux/fs.h>
#include <linux/module.h>
#include <rdma/uverbs_ioctl.h>
#include <rdma/uverbs_std_types.h>

#include "fake.h"

#define UVERBS_MODULE_NAME fake
#include <rdma/uverbs_named_ioctl.h>

/* ---- a file that is released otherwise ---- */

enum {
	FAKE_OBJECT_LEFT_FILE			= FAKE_ID(0),
};

static int fake_left_release(struct inode *inode, struct file *filp)
{
	return uverbs_uobject_fd_release(inode, filp);
}

static const struct file_operations fake_left_fops = {
	.owner = THIS_MODULE,
	.release = fake_left_release,
};

static void fake_left_destroy(struct ib_uobject *uobject, enum rdma_remove_reason why)
{
}

DECLARE_UVERBS_NAMED_OBJECT(FAKE_OBJECT_LEFT_FILE,
			    UVERBS_TYPE_ALLOC_FD(sizeof(struct ib_uobject), fake_left_destroy,
						 &fake_left_fops, "[fake_left]", O_RDONLY));

const struct uapi_definition fake_release_def[] = {
	UAPI_DEF_CHAIN_OBJ_TREE_NAMED(FAKE_OBJECT_LEFT_FILE),
	{}
};

/* ---- a method that makes PDs ---- */

enum {
	FAKE_METHOD_LEFT_CREATE			= FAKE_ID(0),
	FAKE_ATTR_LEFT_CREATE_HANDLE		= FAKE_ID(0),
};

static int UVERBS_HANDLER(FAKE_METHOD_LEFT_CREATE)(struct uverbs_attr_bundle *attrs)
{
	return -EOPNOTSUPP;
}

DECLARE_UVERBS_NAMED_METHOD(
	FAKE_METHOD_LEFT_CREATE,
	UVERBS_ATTR_IDR(FAKE_ATTR_LEFT_CREATE_HANDLE, UVERBS_OBJECT_PD, UVERBS_ACCESS_NEW,
			UA_MANDATORY));

ADD_UVERBS_METHODS(fake_left_methods, UVERBS_OBJECT_PD, &UVERBS_METHOD(FAKE_METHOD_LEFT_CREATE));

const struct uapi_definition fake_creates_def[] = {
	UAPI_DEF_CHAIN_OBJ_TREE(UVERBS_OBJECT_PD, &fake_left_methods),
	{}
};

/* ---- PDs taken away ---- */

static bool fake_left_never(struct ib_device *ib)
{
	return false;
}

const struct uapi_definition fake_disables_def[] = {
	{
		.kind = UAPI_DEF_OBJECT_START,
		.object_start = { .object_id = UVERBS_OBJECT_PD },
	},
	UAPI_DEF_IS_OBJ_SUPPORTED(fake_left_never),
	{}
};
