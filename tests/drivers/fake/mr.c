// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Memory regions and windows, device memory, DMA handles. A key is the number of its region, with
 * eight bits below.
 */
#include <linux/slab.h>

#include "fake.h"

struct fake_mw {
	struct ib_mw ib;
	struct fake_object object;
};

struct fake_dm {
	struct ib_dm ib;
	struct fake_object object;
	struct fake_mapping *mapping;
};

#ifdef FAKE_HAVE_DMAH
struct fake_dmah {
	struct ib_dmah ib;
	struct fake_object object;
};

/* The driver's word for it in records. */
static u32 fake_dmah_number(struct ib_dmah *dmah)
{
	return dmah ? container_of(dmah, struct fake_dmah, ib)->object.number : 0;
}
#endif

static struct ib_umem *fake_umem_get(struct ib_device *ib, u64 start, u64 length, int access)
{
#ifdef FAKE_HAVE_UMEM_GET_VA
	return ib_umem_get_va(ib, start, length, access);
#else
	return ib_umem_get(ib, start, length, access);
#endif
}

/* A region on top of @umem, which it owns from now on whether or not this succeeds. */
static struct ib_mr *fake_mr_new(struct fake_device *dev, struct ib_umem *umem, u64 start,
				 u64 length, u64 iova, int access, struct ib_udata *udata)
{
	struct fake_mr *mr = kzalloc(sizeof(*mr), GFP_KERNEL);
	int ret = -ENOMEM;

	if (!mr)
		goto err;
	mr->umem = umem;
	mr->start = start;
	mr->access = access;
	mr->ib.length = length;
	mr->ib.iova = iova;
	ret = fake_object_add(dev, FAKE_KIND_mr, &mr->object);
	if (ret)
		goto err_free;
	mr->ib.lkey = mr->object.number << 8;
	mr->ib.rkey = mr->ib.lkey;
	ret = fake_respond(udata, mr->object.number);
	if (ret)
		goto err_object;
	return &mr->ib;

err_object:
	fake_object_remove(dev, FAKE_KIND_mr, &mr->object);
err_free:
	kfree(mr);
err:
	ib_umem_release(umem);
	return ERR_PTR(ret);
}

static struct ib_mr *fake_reg(struct fake_device *dev, u64 start, u64 length, u64 iova, int access,
			      struct ib_udata *udata)
{
	struct ib_umem *umem;

	if (length > SZ_1G)
		return ERR_PTR(-EINVAL);
	umem = fake_umem_get(&dev->ib, start, length, access);
	if (IS_ERR(umem))
		return ERR_CAST(umem);
	return fake_mr_new(dev, umem, start, length, iova, access, udata);
}

static struct ib_mr *fake_reg_user_mr(struct ib_pd *pd, u64 start, u64 length, u64 iova, int access,
#ifdef FAKE_HAVE_DMAH
				      struct ib_dmah *dmah,
#endif
				      struct ib_udata *udata)
{
	struct fake_device *dev = to_fake(pd->device);
	int ret = fake_call(dev, FAKE_OP_reg_user_mr);
	u32 handle = 0;

	if (ret)
		return ERR_PTR(ret);
#ifdef FAKE_HAVE_DMAH
	handle = fake_dmah_number(dmah);
#endif
	fake_note(dev, FAKE_OP_reg_user_mr, udata,
		  "start %#llx length %llu iova %#llx access %#x dmah %#x", start, length, iova,
		  access, handle);
	return fake_reg(dev, start, length, iova, access, udata);
}

static struct ib_mr *fake_reg_user_mr_dmabuf(struct ib_pd *pd, u64 offset, u64 length, u64 iova,
					     int fd, int access,
#ifdef FAKE_HAVE_DMAH
					     struct ib_dmah *dmah,
#endif
					     struct uverbs_attr_bundle *attrs)
{
	struct fake_device *dev = to_fake(pd->device);
	int ret = fake_call(dev, FAKE_OP_reg_user_mr_dmabuf);
	struct ib_umem_dmabuf *umem;
	u32 handle = 0;

	if (ret)
		return ERR_PTR(ret);
#ifdef FAKE_HAVE_DMAH
	handle = fake_dmah_number(dmah);
#endif
	fake_note(dev, FAKE_OP_reg_user_mr_dmabuf, NULL,
		  "offset %#llx length %llu iova %#llx access %#x dmah %#x", offset, length, iova,
		  access, handle);
	ret = fake_attrs(&attrs->driver_udata);
	if (ret)
		return ERR_PTR(ret);
	/* Its exporter maps it for a device that does DMA, and RDMA does without that. */
	umem = ib_umem_dmabuf_get_pinned_with_dma_device(pd->device, &dev->slot->parent->dev, offset,
							 length, fd, access);
	if (IS_ERR(umem))
		return ERR_CAST(umem);
	return fake_mr_new(dev, &umem->umem, offset, length, iova, access, NULL);
}

/*
 * Rights and PD change in place. Another translation makes another region, as it does in drivers
 * whose hardware cannot change that.
 */
static struct ib_mr *fake_rereg_user_mr(struct ib_mr *ib, int flags, u64 start, u64 length,
					u64 iova, int access, struct ib_pd *pd,
					struct ib_udata *udata)
{
	struct fake_mr *mr = to_fake_mr(ib);
	struct fake_device *dev = to_fake(ib->device);
	int ret = fake_call(dev, FAKE_OP_rereg_user_mr);

	if (ret)
		return ERR_PTR(ret);
	fake_note(dev, FAKE_OP_rereg_user_mr, udata,
		  "mr %#x flags %#x start %#llx length %llu iova %#llx access %#x pd %#x",
		  mr->object.number, flags, start, length, iova, access,
		  container_of(pd, struct fake_pd, ib)->object.number);
	if (!(flags & IB_MR_REREG_ACCESS))
		access = mr->access;
	if (flags & IB_MR_REREG_TRANS)
		return fake_reg(dev, start, length, iova, access, udata);
	ret = fake_respond(udata, mr->object.number);
	if (ret)
		return ERR_PTR(ret);
	mr->access = access;
	return NULL;
}

static int fake_dereg_mr(struct ib_mr *ib, struct ib_udata *udata)
{
	struct fake_mr *mr = to_fake_mr(ib);
	struct fake_device *dev = to_fake(ib->device);
	int ret = fake_call(dev, FAKE_OP_dereg_mr);

	if (ret)
		return ret;
	fake_note(dev, FAKE_OP_dereg_mr, NULL, "mr %#x", mr->object.number);
	fake_object_remove(dev, FAKE_KIND_mr, &mr->object);
	ib_umem_release(mr->umem);
	kfree(mr);
	return 0;
}

static int fake_advise_mr(struct ib_pd *pd, enum ib_uverbs_advise_mr_advice advice, u32 flags,
			  struct ib_sge *sge, u32 num_sge, struct uverbs_attr_bundle *attrs)
{
	struct fake_device *dev = to_fake(pd->device);
	int ret = fake_call(dev, FAKE_OP_advise_mr);
	u32 i;

	if (ret)
		return ret;
	fake_note(dev, FAKE_OP_advise_mr, NULL, "advice %d flags %#x count %u", advice, flags,
		  num_sge);
	for (i = 0; i < num_sge; i++)
		fake_note(dev, FAKE_OP_advise_mr, NULL, "%u: addr %#llx length %u lkey %#x", i,
			  sge[i].addr, sge[i].length, sge[i].lkey);
	return 0;
}

static int fake_alloc_mw(struct ib_mw *ib, struct ib_udata *udata)
{
	struct fake_mw *mw = container_of(ib, struct fake_mw, ib);
	struct fake_device *dev = to_fake(ib->device);
	int ret = fake_call(dev, FAKE_OP_alloc_mw);

	if (ret)
		return ret;
	fake_note(dev, FAKE_OP_alloc_mw, udata, "type %d", ib->type);
	ret = fake_object_add(dev, FAKE_KIND_mw, &mw->object);
	if (ret)
		return ret;
	ib->rkey = mw->object.number << 8;
	ret = fake_respond(udata, mw->object.number);
	if (ret)
		fake_object_remove(dev, FAKE_KIND_mw, &mw->object);
	return ret;
}

static int fake_dealloc_mw(struct ib_mw *ib)
{
	struct fake_mw *mw = container_of(ib, struct fake_mw, ib);
	struct fake_device *dev = to_fake(ib->device);
	int ret = fake_call(dev, FAKE_OP_dealloc_mw);

	if (ret)
		return ret;
	fake_note(dev, FAKE_OP_dealloc_mw, NULL, "mw %#x", mw->object.number);
	fake_object_remove(dev, FAKE_KIND_mw, &mw->object);
	return 0;
}

/*
 * Device memory, which can be mapped too.
 */

static struct ib_dm *fake_alloc_dm(struct ib_device *ib, struct ib_ucontext *context,
				   struct ib_dm_alloc_attr *attr, struct uverbs_attr_bundle *attrs)
{
	struct fake_device *dev = to_fake(ib);
	int ret = fake_call(dev, FAKE_OP_alloc_dm);
	struct fake_dm *dm;

	if (ret)
		return ERR_PTR(ret);
	fake_note(dev, FAKE_OP_alloc_dm, NULL, "length %llu alignment %u flags %#x", attr->length,
		  attr->alignment, attr->flags);
	if (!attr->length || attr->length > FAKE_MAX_DM || attr->alignment > PAGE_SHIFT)
		return ERR_PTR(-EINVAL);
	ret = fake_attrs(&attrs->driver_udata);
	if (ret)
		return ERR_PTR(ret);
	dm = kzalloc(sizeof(*dm), GFP_KERNEL);
	if (!dm)
		return ERR_PTR(-ENOMEM);
	ret = fake_object_add(dev, FAKE_KIND_dm, &dm->object);
	if (ret)
		goto err;
	dm->mapping = fake_mapping_new(dev, context, attr->length, FAKE_DM_PGOFF,
				       dm->object.number);
	if (IS_ERR(dm->mapping)) {
		ret = PTR_ERR(dm->mapping);
		goto err_object;
	}
	return &dm->ib;

err_object:
	fake_object_remove(dev, FAKE_KIND_dm, &dm->object);
err:
	kfree(dm);
	return ERR_PTR(ret);
}

static int fake_dealloc_dm(struct ib_dm *ib, struct uverbs_attr_bundle *attrs)
{
	struct fake_dm *dm = container_of(ib, struct fake_dm, ib);
	struct fake_device *dev = to_fake(ib->device);
	int ret = fake_call(dev, FAKE_OP_dealloc_dm);

	if (ret)
		return ret;
	fake_note(dev, FAKE_OP_dealloc_dm, NULL, "dm %#x", dm->object.number);
	rdma_user_mmap_entry_remove(&dm->mapping->entry);
	fake_object_remove(dev, FAKE_KIND_dm, &dm->object);
	kfree(dm);
	return 0;
}

static struct ib_mr *fake_reg_dm_mr(struct ib_pd *pd, struct ib_dm *ib, struct ib_dm_mr_attr *attr,
				    struct uverbs_attr_bundle *attrs)
{
	struct fake_dm *dm = container_of(ib, struct fake_dm, ib);
	struct fake_device *dev = to_fake(pd->device);
	int ret = fake_call(dev, FAKE_OP_reg_dm_mr);

	if (ret)
		return ERR_PTR(ret);
	fake_note(dev, FAKE_OP_reg_dm_mr, NULL, "dm %#x offset %#llx length %llu access %#x",
		  dm->object.number, attr->offset, attr->length, attr->access_flags);
	return fake_mr_new(dev, NULL, attr->offset, attr->length, 0, attr->access_flags, NULL);
}

#ifdef FAKE_HAVE_DMAH
static int fake_alloc_dmah(struct ib_dmah *ib, struct uverbs_attr_bundle *attrs)
{
	struct fake_dmah *dmah = container_of(ib, struct fake_dmah, ib);
	struct fake_device *dev = to_fake(ib->device);
	int ret = fake_call(dev, FAKE_OP_alloc_dmah);

	if (ret)
		return ret;
	fake_note(dev, FAKE_OP_alloc_dmah, NULL, "fields %#x cpu %u mem_type %d ph %u",
		  ib->valid_fields, ib->cpu_id, ib->mem_type, ib->ph);
	return fake_object_add(dev, FAKE_KIND_dmah, &dmah->object);
}

static int fake_dealloc_dmah(struct ib_dmah *ib, struct uverbs_attr_bundle *attrs)
{
	struct fake_dmah *dmah = container_of(ib, struct fake_dmah, ib);
	struct fake_device *dev = to_fake(ib->device);
	int ret = fake_call(dev, FAKE_OP_dealloc_dmah);

	if (ret)
		return ret;
	fake_note(dev, FAKE_OP_dealloc_dmah, NULL, "dmah %#x", dmah->object.number);
	fake_object_remove(dev, FAKE_KIND_dmah, &dmah->object);
	return 0;
}
#endif

const struct ib_device_ops fake_mr_ops = {
	.reg_user_mr = fake_reg_user_mr,
	.reg_user_mr_dmabuf = fake_reg_user_mr_dmabuf,
	.rereg_user_mr = fake_rereg_user_mr,
	.dereg_mr = fake_dereg_mr,
	.advise_mr = fake_advise_mr,
	.alloc_mw = fake_alloc_mw,
	.dealloc_mw = fake_dealloc_mw,
	.alloc_dm = fake_alloc_dm,
	.dealloc_dm = fake_dealloc_dm,
	.reg_dm_mr = fake_reg_dm_mr,
#ifdef FAKE_HAVE_DMAH
	.alloc_dmah = fake_alloc_dmah,
	.dealloc_dmah = fake_dealloc_dmah,
	INIT_RDMA_OBJ_SIZE(ib_dmah, fake_dmah, ib),
#endif
	INIT_RDMA_OBJ_SIZE(ib_mw, fake_mw, ib),
};
