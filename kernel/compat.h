/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Everything that differs between the kernels we build for, and every
 * prototype of ib_core that has no public header. Differences are found by
 * Kbuild in the target's headers (UVB_HAVE_*), never by version number:
 * distributions backport.
 */
#ifndef UVB_COMPAT_H
#define UVB_COMPAT_H

#include <linux/cdev.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/srcu.h>
#include <linux/uaccess.h>
#ifdef UVB_HAVE_UCAPS
#include <rdma/ib_ucaps.h>
#endif
#include <rdma/ib_verbs.h>
#include <rdma/uverbs_ioctl.h>
#include <rdma/uverbs_types.h>
#include <rdma/restrack.h>

#ifdef UVB_IN_TREE
#include "core_priv.h"
#include "restrack.h"
#include "uverbs.h"
#endif
#include "twins.h"

#ifndef UVB_IN_TREE

struct ib_uqp_object;

int ib_rdmacg_try_charge(struct ib_rdmacg_object *cg_obj, struct ib_device *device,
			 enum rdmacg_resource_type resource_index);
void ib_rdmacg_uncharge(struct ib_rdmacg_object *cg_obj, struct ib_device *device,
			enum rdmacg_resource_type resource_index);
void rdma_restrack_new(struct rdma_restrack_entry *res, enum rdma_restrack_type type);
void rdma_restrack_set_name(struct rdma_restrack_entry *res, const char *caller);
void rdma_restrack_add(struct rdma_restrack_entry *res);
void rdma_restrack_del(struct rdma_restrack_entry *res);
void rdma_umap_priv_init(struct rdma_umap_priv *priv, struct vm_area_struct *vma,
			 struct rdma_user_mmap_entry *entry);
#ifdef UVB_HAVE_RESTRACK_SYNC
void rdma_restrack_sync(struct rdma_restrack_entry *res);
void rdma_restrack_begin_del(struct rdma_restrack_entry *res);
void rdma_restrack_commit_del(struct rdma_restrack_entry *res);
void rdma_restrack_abort_del(struct rdma_restrack_entry *res);
#endif
bool rdma_nl_get_privileged_qkey(void);
void ib_qp_usecnt_inc(struct ib_qp *qp);

#ifdef UVB_HAVE_CREATE_USER_CQ
struct ib_qp *ib_create_qp_user(struct ib_device *dev, struct ib_pd *pd,
				struct ib_qp_init_attr *attr, struct uverbs_attr_bundle *uattrs,
				struct ib_uqp_object *uobj, const char *caller);
#else
struct ib_qp *ib_create_qp_user(struct ib_device *dev, struct ib_pd *pd,
				struct ib_qp_init_attr *attr, struct ib_udata *udata,
				struct ib_uqp_object *uobj, const char *caller);
#endif
#endif /* UVB_IN_TREE */

/* The attribute bundle replaced udata when user CQs got an operation of their own. */
static inline struct ib_qp *uvb_ib_create_qp(struct ib_device *dev, struct ib_pd *pd,
					     struct ib_qp_init_attr *attr,
					     struct uverbs_attr_bundle *attrs,
					     struct ib_uqp_object *uobj)
{
#ifdef UVB_HAVE_CREATE_USER_CQ
	return ib_create_qp_user(dev, pd, attr, attrs, uobj, KBUILD_MODNAME);
#else
	return ib_create_qp_user(dev, pd, attr, &attrs->driver_udata, uobj, KBUILD_MODNAME);
#endif
}

static inline bool uvb_can_create_cq(struct ib_device *dev)
{
#ifdef UVB_HAVE_CREATE_USER_CQ
	return dev->ops.create_cq || dev->ops.create_user_cq;
#else
	return dev->ops.create_cq;
#endif
}

static inline int uvb_ib_create_cq(struct ib_cq *cq, const struct ib_cq_init_attr *attr,
				   struct uverbs_attr_bundle *attrs)
{
#ifdef UVB_HAVE_CREATE_USER_CQ
	if (cq->device->ops.create_user_cq)
		return cq->device->ops.create_user_cq(cq, attr, attrs);
#endif
	return cq->device->ops.create_cq(cq, attr, attrs);
}

/* A CQ of the kernel's, for which there is no caller's input. */
static inline int uvb_ib_create_kernel_cq(struct ib_cq *cq, const struct ib_cq_init_attr *attr)
{
	return cq->device->ops.create_cq(cq, attr, NULL);
}

/* 7.x refuses a CQ of no entries before the driver is asked; 6.x leaves it to the driver. */
#ifdef UVB_HAVE_CREATE_USER_CQ
#define UVB_CQ_NEEDS_ENTRIES	true
#else
#define UVB_CQ_NEEDS_ENTRIES	false
#endif

/* The operation that resizes a CQ was renamed when user CQs got one of their own to be made. */
#ifdef UVB_HAVE_RESIZE_USER_CQ
#define UVB_OP_RESIZE_CQ	resize_user_cq
#else
#define UVB_OP_RESIZE_CQ	resize_cq
#endif

/* A DMA handle, where the kernel has them, says how a device is to reach the memory. */
struct ib_dmah;

static inline struct ib_mr *uvb_ib_reg_user_mr(struct ib_pd *pd, u64 start, u64 length,
					       u64 hca_va, int access, struct ib_dmah *dmah,
					       struct ib_udata *udata)
{
#ifdef UVB_HAVE_DMAH
	return pd->device->ops.reg_user_mr(pd, start, length, hca_va, access, dmah, udata);
#else
	return pd->device->ops.reg_user_mr(pd, start, length, hca_va, access, udata);
#endif
}

static inline struct ib_mr *uvb_ib_reg_user_mr_dmabuf(struct ib_pd *pd, u64 offset, u64 length,
						      u64 iova, int fd, int access,
						      struct ib_dmah *dmah,
						      struct uverbs_attr_bundle *attrs)
{
#ifdef UVB_HAVE_DMAH
	return pd->device->ops.reg_user_mr_dmabuf(pd, offset, length, iova, fd, access, dmah,
						  attrs);
#else
	return pd->device->ops.reg_user_mr_dmabuf(pd, offset, length, iova, fd, access, attrs);
#endif
}

static inline void uvb_mr_set_dmah(struct ib_mr *mr, struct ib_dmah *dmah)
{
#ifdef UVB_HAVE_DMAH
	if (dmah) {
		mr->dmah = dmah;
		atomic_inc(&dmah->usecnt);
	}
#endif
}

/*
 * Wait until nobody who dumps resources uses what @res said before. The first
 * 6.12 kernels have no function for that; there each dump holds a reference.
 */
static inline void uvb_restrack_sync(struct rdma_restrack_entry *res)
{
#ifdef UVB_HAVE_RESTRACK_SYNC
	rdma_restrack_sync(res);
#else
	smp_mb();
	while (kref_read(&res->kref) > 1)
		usleep_range(10, 100);
#endif
}

/* Files that stand for capabilities of the device; where there are none, none are given. */
static inline int uvb_ib_get_ucaps(struct ib_ucontext *context, int *fds, int nr)
{
#ifdef UVB_HAVE_UCAPS
	if (nr)
		return ib_get_ucaps(fds, nr, &context->enabled_caps);
#endif
	return 0;
}

/*
 * CAP_NET_RAW: in the initial namespace, or since 7.x in the one that owns the device. NULL stands
 * for a file without a context, which has no device to have rights to.
 */
static inline bool uvb_has_raw_cap(struct ib_device *dev)
{
#ifdef UVB_HAVE_RAW_CAP
	return dev && rdma_dev_has_raw_cap(dev);
#else
	return capable(CAP_NET_RAW);
#endif
}

/* A controlled Q_Key needs the privilege netlink can lift, or since 7.x CAP_NET_RAW. */
static inline bool uvb_may_use_controlled_qkey(struct ib_device *dev)
{
	if (rdma_nl_get_privileged_qkey())
		return true;
#ifdef UVB_HAVE_RAW_CAP
	return rdma_dev_has_raw_cap(dev);
#else
	return false;
#endif
}

/* What GET_CONTEXT says of the kernel's core. */
static inline u64 uvb_core_support(const struct ib_device *dev)
{
	u64 support = IB_UVERBS_CORE_SUPPORT_OPTIONAL_MR_ACCESS;

#ifdef UVB_HAVE_ROBUST_UDATA
	if (dev->ops.uverbs_robust_udata)
		support |= IB_UVERBS_CORE_SUPPORT_ROBUST_UDATA;
#endif
	return support;
}

static inline u64 uvb_device_cap_flags_ex(const struct ib_device *dev)
{
#ifdef UVB_HAVE_DMA_BOUNCE
	if (dev->cc_dma_bounce)
		return IB_UVERBS_DEVICE_CC_DMA_BOUNCE;
#endif
	return 0;
}

/* Whether that many bytes of user space are all zero; ib_core calls none zero that are too many. */
static inline bool uvb_user_is_zero(const void __user *from, size_t len)
{
	return len <= USHRT_MAX && check_zeroed_user(from, len) == 1;
}

/*
 * A command's struct that is shorter or longer than ours. 7.x looks first at what we do not know,
 * and says -EFAULT where that cannot be read; 6.x last, and takes it for what is not zero.
 */
static inline int uvb_copy_request(void *to, size_t size, const void __user *from, size_t len)
{
#ifdef UVB_HAVE_ROBUST_UDATA
	int ret = copy_struct_from_user(to, size, from, len);

	return ret == -E2BIG ? -EOPNOTSUPP : ret;
#else
	if (copy_from_user(to, from, min(len, size)))
		return -EFAULT;
	if (len < size)
		memset(to + len, 0, size - len);
	else if (!uvb_user_is_zero(from + size, len - size))
		return -EOPNOTSUPP;
	return 0;
#endif
}

static inline void uvb_zap_vma(struct vm_area_struct *vma)
{
#ifdef UVB_HAVE_ZAP_SPECIAL
	zap_special_vma_range(vma, vma->vm_start, vma->vm_end - vma->vm_start);
#else
	zap_vma_ptes(vma, vma->vm_start, vma->vm_end - vma->vm_start);
#endif
}

/* A new entry of a directory, and the node in it. */
static inline struct dentry *uvb_path_create(const char *name, struct path *path,
					     unsigned int flags)
{
#ifdef UVB_HAVE_START_CREATING
	return start_creating_path(AT_FDCWD, name, path, flags);
#else
	return kern_path_create(AT_FDCWD, name, path, flags);
#endif
}

static inline void uvb_path_done(struct path *path, struct dentry *dentry)
{
#ifdef UVB_HAVE_START_CREATING
	end_creating_path(path, dentry);
#else
	done_path_create(path, dentry);
#endif
}

static inline int uvb_mknod(const struct path *path, struct dentry *dentry, umode_t mode,
			    dev_t devt)
{
#ifdef UVB_HAVE_START_CREATING
	return vfs_mknod(mnt_idmap(path->mnt), d_inode(path->dentry), dentry, mode, devt, NULL);
#else
	return vfs_mknod(mnt_idmap(path->mnt), d_inode(path->dentry), dentry, mode, devt);
#endif
}

/* As the directory is new, *dentry may be another one afterwards. */
static inline int uvb_mkdir(const struct path *path, struct dentry **dentry, umode_t mode)
{
#ifdef UVB_HAVE_START_CREATING
	*dentry = vfs_mkdir(mnt_idmap(path->mnt), d_inode(path->dentry), *dentry, mode, NULL);
	return PTR_ERR_OR_ZERO(*dentry);
#else
	return vfs_mkdir(mnt_idmap(path->mnt), d_inode(path->dentry), *dentry, mode);
#endif
}

/* Flags of kfuncs that only one of the kernels knows. */
#ifndef KF_TRUSTED_ARGS
#define KF_TRUSTED_ARGS 0
#endif

#ifndef __uninitialized
#define __uninitialized __attribute__((__uninitialized__))
#endif

#endif /* UVB_COMPAT_H */
