/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Layout twins: private structures of ib_core and ib_uverbs that others reach
 * through our objects. Only the members' order and types are facts here; each
 * must stay equal to the target kernel's, which tools/build/check-twins proves
 * against its BTF when the module is built.
 *
 *	struct			reached by
 *	ib_uverbs_file		ib_core: rdma_umap_priv_init(), rdma_user_mmap_io(),
 *				rdma_user_mmap_entry_insert_range()
 *	ib_uverbs_device	ib_core 7.x: rdma_udata_to_dev()
 *	bundle_priv		drivers: uverbs_finalize_uobj_create(), uverbs_copy_to()
 *	rdma_umap_priv		ib_core: rdma_umap_priv_init()
 *	ib_uverbs_dmabuf_file	ib_core 7.x: rdma_user_mmap_entry_remove()
 *	ib_client_nl_info	ib_core: ib_get_client_nl_info()
 */
#ifndef UVB_TWINS_H
#define UVB_TWINS_H

#ifndef UVB_IN_TREE

struct ib_uverbs_async_event_file;
struct uverbs_api;

struct ib_uverbs_device {
	refcount_t refcount;
	u32 num_comp_vectors;
	struct completion comp;
	struct device dev;
	const struct attribute_group *groups[2];
	struct ib_device __rcu *ib_dev;
	int devnum;
	struct cdev cdev;
	struct rb_root xrcd_tree;
	struct mutex xrcd_tree_mutex;
	struct srcu_struct disassociate_srcu;
	struct mutex lists_mutex;
	struct list_head uverbs_file_list;
	struct uverbs_api *uapi;
};

#ifndef UVB_HAVE_PUBLIC_FILE
struct ib_uverbs_file {
	struct kref ref;
	struct ib_uverbs_device *device;
	struct mutex ucontext_lock;
	struct ib_ucontext *ucontext;
	struct ib_uverbs_async_event_file *default_async_file;
	struct list_head list;
	struct rw_semaphore hw_destroy_rwsem;
	spinlock_t uobjects_lock;
	struct list_head uobjects;
	struct mutex umap_lock;
	struct list_head umaps;
	struct page *disassociate_page;
	struct xarray idr;
	struct mutex disassociation_lock;
};
#endif

struct rdma_umap_priv {
	struct vm_area_struct *vma;
	struct list_head list;
	struct rdma_user_mmap_entry *entry;
};

#ifdef UVB_HAVE_DMABUF
struct ib_uverbs_dmabuf_file {
	struct ib_uobject uobj;
	struct mutex dmabuf_release_lock;
	struct dma_buf *dmabuf;
	struct list_head dmabufs_elm;
	struct rdma_user_mmap_entry *mmap_entry;
	struct phys_vec phys_vec;
	struct p2pdma_provider *provider;
	struct kref kref;
	struct completion comp;
	u8 revoked :1;
};
#endif

struct ib_client_nl_info {
	struct sk_buff *nl_msg;
	struct device *cdev;
	u32 port;
	u64 abi;
};
#endif /* UVB_IN_TREE */

#ifndef UVB_HAVE_BUNDLE_PRIV
/*
 * Ends where the kernel's own internal_buffer begins: attrs[] of the bundle
 * overlaps that buffer, and ours is as long as the method needs.
 */
struct bundle_priv {
	void *alloc_head;
	void *allocated_mem;
	size_t internal_avail;
	size_t internal_used;
	void *radix;
#ifndef UVB_HAVE_METHOD_ELM
	const void *method_elm;
#endif
	void *radix_slots;
	unsigned long radix_slots_len;
	u32 method_key;
	struct ib_uverbs_attr __user *user_attrs;
	struct ib_uverbs_attr *uattrs;
	DECLARE_BITMAP(uobj_finalize, UVERBS_API_ATTR_BKEY_LEN);
	DECLARE_BITMAP(spec_finalize, UVERBS_API_ATTR_BKEY_LEN);
	DECLARE_BITMAP(uobj_hw_obj_valid, UVERBS_API_ATTR_BKEY_LEN);
	struct uverbs_attr_bundle_hdr bundle;
};
#endif /* UVB_HAVE_BUNDLE_PRIV */

#endif /* UVB_TWINS_H */
