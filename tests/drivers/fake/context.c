// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * User contexts, what of them can be mapped, PDs, XRC domains, address handles and counters.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#ifdef FAKE_HAVE_MMAP_PFNS
#include <linux/pci-p2pdma.h>
#endif

#include "fake.h"

struct fake_context {
	struct ib_ucontext ib;
	struct fake_object object;
	struct fake_mapping *bar;
};

struct fake_xrcd {
	struct ib_xrcd ib;
	struct fake_object object;
};

struct fake_counters {
	struct ib_counters ib;
	struct fake_object object;
};

/*
 * Mappings. The page of a context stands for the doorbell page of real hardware; it is ordinary
 * memory, mapped as device memory is.
 */

/**
 * fake_mapping_new - make memory that a user can map
 * @dev: device
 * @context: whose
 * @size: in bytes
 * @min_pgoff: the least page offset it may get
 * @number: put where the user sees it
 *
 * Return: the mapping; given up with rdma_user_mmap_entry_remove(). Or an error pointer.
 */
struct fake_mapping *fake_mapping_new(struct fake_device *dev, struct ib_ucontext *context,
				      size_t size, u32 min_pgoff, u32 number)
{
	struct fake_mapping *mapping = kzalloc(sizeof(*mapping), GFP_KERNEL);
	struct fake_page *page;
	int ret = -ENOMEM;

	if (!mapping)
		return ERR_PTR(-ENOMEM);
	mapping->dev = dev;
	mapping->size = PAGE_ALIGN(size);
	mapping->pages = alloc_pages_exact(mapping->size, GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!mapping->pages)
		goto err;
	page = mapping->pages;
	page->magic = FAKE_MAGIC;
	page->number = number;
	ret = rdma_user_mmap_entry_insert_range(context, &mapping->entry, mapping->size, min_pgoff,
						U32_MAX);
	if (ret)
		goto err_pages;
	atomic_inc(&dev->slot->live[FAKE_KIND_mapping]);
	return mapping;

err_pages:
	free_pages_exact(mapping->pages, mapping->size);
err:
	kfree(mapping);
	return ERR_PTR(ret);
}

static void fake_mmap_free(struct rdma_user_mmap_entry *entry)
{
	struct fake_mapping *mapping = container_of(entry, struct fake_mapping, entry);

	fake_call(mapping->dev, FAKE_OP_mmap_free);
	fake_note(mapping->dev, FAKE_OP_mmap_free, NULL, "offset %#lx", entry->start_pgoff);
	atomic_dec(&mapping->dev->slot->live[FAKE_KIND_mapping]);
	free_pages_exact(mapping->pages, mapping->size);
	kfree(mapping);
}

static int fake_mmap(struct ib_ucontext *context, struct vm_area_struct *vma)
{
	struct fake_device *dev = to_fake(context->device);
	struct rdma_user_mmap_entry *entry;
	struct fake_mapping *mapping;
	int ret = fake_call(dev, FAKE_OP_mmap);

	if (ret)
		return ret;
	fake_note(dev, FAKE_OP_mmap, NULL, "offset %#lx length %lu", vma->vm_pgoff,
		  vma->vm_end - vma->vm_start);
	entry = rdma_user_mmap_entry_get(context, vma);
	if (!entry)
		return -EINVAL;
	mapping = container_of(entry, struct fake_mapping, entry);
	ret = rdma_user_mmap_io(context, vma, virt_to_phys(mapping->pages) >> PAGE_SHIFT,
				entry->npages * PAGE_SIZE, vma->vm_page_prot, entry);
	rdma_user_mmap_entry_put(entry);
	return ret;
}

#ifdef FAKE_HAVE_MMAP_PFNS
static int fake_mmap_get_pfns(struct rdma_user_mmap_entry *entry, struct phys_vec *vec,
			      struct p2pdma_provider **provider)
{
	struct fake_mapping *mapping = container_of(entry, struct fake_mapping, entry);
	/* Stands for the PCI device whose memory this would be. */
	static struct p2pdma_provider fake_provider;
	int ret = fake_call(mapping->dev, FAKE_OP_mmap_get_pfns);

	if (ret)
		return ret;
	fake_note(mapping->dev, FAKE_OP_mmap_get_pfns, NULL, "offset %#lx", entry->start_pgoff);
	vec->paddr = virt_to_phys(mapping->pages);
	vec->len = mapping->size;
	*provider = &fake_provider;
	return 0;
}

static struct rdma_user_mmap_entry *fake_pgoff_to_mmap_entry(struct ib_ucontext *context,
							     off_t offset)
{
	struct fake_device *dev = to_fake(context->device);

	if (fake_call(dev, FAKE_OP_pgoff_to_mmap_entry))
		return NULL;
	fake_note(dev, FAKE_OP_pgoff_to_mmap_entry, NULL, "offset %#lx", (long)offset);
	return rdma_user_mmap_entry_get_pgoff(context, offset >> PAGE_SHIFT);
}
#endif

/*
 * Contexts.
 */

static int fake_alloc_ucontext(struct ib_ucontext *ib, struct ib_udata *udata)
{
	struct fake_context *context = container_of(ib, struct fake_context, ib);
	struct fake_device *dev = to_fake(ib->device);
	struct fake_context_resp resp = {};
	size_t length = min(udata->outlen, sizeof(resp));
	int ret = fake_call(dev, FAKE_OP_alloc_ucontext);

	if (ret)
		return ret;
	fake_note(dev, FAKE_OP_alloc_ucontext, udata, "new");
	ret = fake_object_add(dev, FAKE_KIND_ucontext, &context->object);
	if (ret)
		return ret;
	context->bar = fake_mapping_new(dev, ib, PAGE_SIZE, 1, context->object.number);
	if (IS_ERR(context->bar)) {
		ret = PTR_ERR(context->bar);
		goto err_object;
	}
	resp.bar_offset = rdma_user_mmap_get_offset(&context->bar->entry);
	resp.bar_length = context->bar->size;
	resp.number = context->object.number;
	if (length && ib_copy_to_udata(udata, &resp, length)) {
		ret = -EFAULT;
		goto err_bar;
	}
	return 0;

err_bar:
	rdma_user_mmap_entry_remove(&context->bar->entry);
err_object:
	fake_object_remove(dev, FAKE_KIND_ucontext, &context->object);
	return ret;
}

static void fake_dealloc_ucontext(struct ib_ucontext *ib)
{
	struct fake_context *context = container_of(ib, struct fake_context, ib);
	struct fake_device *dev = to_fake(ib->device);

	fake_call(dev, FAKE_OP_dealloc_ucontext);
	fake_note(dev, FAKE_OP_dealloc_ucontext, NULL, "context %#x", context->object.number);
	rdma_user_mmap_entry_remove(&context->bar->entry);
	fake_object_remove(dev, FAKE_KIND_ucontext, &context->object);
}

static void fake_disassociate_ucontext(struct ib_ucontext *ib)
{
	struct fake_context *context = container_of(ib, struct fake_context, ib);
	struct fake_device *dev = to_fake(ib->device);

	fake_call(dev, FAKE_OP_disassociate_ucontext);
	fake_note(dev, FAKE_OP_disassociate_ucontext, NULL, "context %#x",
		  context->object.number);
}

static int fake_query_ucontext(struct ib_ucontext *ib, struct uverbs_attr_bundle *attrs)
{
	struct fake_device *dev = to_fake(ib->device);
	int ret = fake_call(dev, FAKE_OP_query_ucontext);

	if (ret)
		return ret;
	fake_note(dev, FAKE_OP_query_ucontext, NULL, "all");
	return fake_attrs(&attrs->driver_udata);
}

/*
 * PDs and XRC domains.
 */

static int fake_alloc_pd(struct ib_pd *ib, struct ib_udata *udata)
{
	struct fake_pd *pd = container_of(ib, struct fake_pd, ib);
	struct fake_device *dev = to_fake(ib->device);
	int ret = fake_call(dev, FAKE_OP_alloc_pd);

	if (ret)
		return ret;
	fake_note(dev, FAKE_OP_alloc_pd, udata, "new");
	ret = fake_object_add(dev, FAKE_KIND_pd, &pd->object);
	if (ret)
		return ret;
	ret = fake_respond(udata, pd->object.number);
	if (ret)
		fake_object_remove(dev, FAKE_KIND_pd, &pd->object);
	return ret;
}

static int fake_dealloc_pd(struct ib_pd *ib, struct ib_udata *udata)
{
	struct fake_pd *pd = container_of(ib, struct fake_pd, ib);
	struct fake_device *dev = to_fake(ib->device);
	int ret = fake_call(dev, FAKE_OP_dealloc_pd);

	if (ret)
		return ret;
	fake_note(dev, FAKE_OP_dealloc_pd, NULL, "pd %#x", pd->object.number);
	fake_object_remove(dev, FAKE_KIND_pd, &pd->object);
	return 0;
}

static int fake_alloc_xrcd(struct ib_xrcd *ib, struct ib_udata *udata)
{
	struct fake_xrcd *xrcd = container_of(ib, struct fake_xrcd, ib);
	struct fake_device *dev = to_fake(ib->device);
	int ret = fake_call(dev, FAKE_OP_alloc_xrcd);

	if (ret)
		return ret;
	fake_note(dev, FAKE_OP_alloc_xrcd, udata, "new");
	ret = fake_object_add(dev, FAKE_KIND_xrcd, &xrcd->object);
	if (ret)
		return ret;
	ret = fake_respond(udata, xrcd->object.number);
	if (ret)
		fake_object_remove(dev, FAKE_KIND_xrcd, &xrcd->object);
	return ret;
}

static int fake_dealloc_xrcd(struct ib_xrcd *ib, struct ib_udata *udata)
{
	struct fake_xrcd *xrcd = container_of(ib, struct fake_xrcd, ib);
	struct fake_device *dev = to_fake(ib->device);
	int ret = fake_call(dev, FAKE_OP_dealloc_xrcd);

	if (ret)
		return ret;
	fake_note(dev, FAKE_OP_dealloc_xrcd, NULL, "xrcd %#x", xrcd->object.number);
	fake_object_remove(dev, FAKE_KIND_xrcd, &xrcd->object);
	return 0;
}

/*
 * Address handles.
 */

/**
 * fake_path - say in words what a path is made of
 * @attr: the path
 * @buf: where to
 * @size: of @buf
 *
 * Return: @buf.
 */
const char *fake_path(const struct rdma_ah_attr *attr, char *buf, size_t size)
{
	int length = scnprintf(buf, size, "type %d port %u sl %u rate %u", attr->type,
			       attr->port_num, attr->sl, attr->static_rate);

	if (attr->type == RDMA_AH_ATTR_TYPE_ROCE)
		length += scnprintf(buf + length, size - length, " dmac %pM", attr->roce.dmac);
	else if (attr->type == RDMA_AH_ATTR_TYPE_IB)
		length += scnprintf(buf + length, size - length, " lid %#x bits %u",
				    attr->ib.dlid, attr->ib.src_path_bits);
	else if (attr->type == RDMA_AH_ATTR_TYPE_OPA)
		length += scnprintf(buf + length, size - length, " lid %#x bits %u%s",
				    attr->opa.dlid, attr->opa.src_path_bits,
				    attr->opa.make_grd ? " grd" : "");
	if (attr->ah_flags & IB_AH_GRH)
		scnprintf(buf + length, size - length,
			  " grh dgid %pI6c flow %#x sgid %u hops %u class %u",
			  attr->grh.dgid.raw, attr->grh.flow_label, attr->grh.sgid_index,
			  attr->grh.hop_limit, attr->grh.traffic_class);
	return buf;
}

static int fake_create_user_ah(struct ib_ah *ib, struct rdma_ah_init_attr *init,
			       struct ib_udata *udata)
{
	struct fake_ah *ah = to_fake_ah(ib);
	struct fake_device *dev = to_fake(ib->device);
	char path[FAKE_PATH_SIZE];
	int ret = fake_call(dev, FAKE_OP_create_user_ah);

	if (ret)
		return ret;
	fake_note(dev, FAKE_OP_create_user_ah, udata, "%s flags %#x",
		  fake_path(init->ah_attr, path, sizeof(path)), init->flags);
	ret = fake_object_add(dev, FAKE_KIND_ah, &ah->object);
	if (ret)
		return ret;
	ah->attr = *init->ah_attr;
	ret = fake_respond(udata, ah->object.number);
	if (ret)
		fake_object_remove(dev, FAKE_KIND_ah, &ah->object);
	return ret;
}

static int fake_query_ah(struct ib_ah *ib, struct rdma_ah_attr *attr)
{
	struct fake_ah *ah = to_fake_ah(ib);
	struct fake_device *dev = to_fake(ib->device);
	int ret = fake_call(dev, FAKE_OP_query_ah);

	if (ret)
		return ret;
	fake_note(dev, FAKE_OP_query_ah, NULL, "ah %#x", ah->object.number);
	*attr = ah->attr;
	/* GIDs are held by ib_core for the AH, not for who asks. */
	attr->grh.sgid_attr = NULL;
	return 0;
}

static int fake_destroy_ah(struct ib_ah *ib, u32 flags)
{
	struct fake_ah *ah = to_fake_ah(ib);
	struct fake_device *dev = to_fake(ib->device);
	int ret = fake_call(dev, FAKE_OP_destroy_ah);

	if (ret)
		return ret;
	fake_note(dev, FAKE_OP_destroy_ah, NULL, "ah %#x flags %#x", ah->object.number, flags);
	fake_object_remove(dev, FAKE_KIND_ah, &ah->object);
	return 0;
}

/*
 * Counters. Each value tells which counter it is of.
 */

static int fake_create_counters(struct ib_counters *ib, struct uverbs_attr_bundle *attrs)
{
	struct fake_counters *counters = container_of(ib, struct fake_counters, ib);
	struct fake_device *dev = to_fake(ib->device);
	int ret = fake_call(dev, FAKE_OP_create_counters);

	if (ret)
		return ret;
	fake_note(dev, FAKE_OP_create_counters, NULL, "new");
	return fake_object_add(dev, FAKE_KIND_counters, &counters->object);
}

static int fake_destroy_counters(struct ib_counters *ib)
{
	struct fake_counters *counters = container_of(ib, struct fake_counters, ib);
	struct fake_device *dev = to_fake(ib->device);
	int ret = fake_call(dev, FAKE_OP_destroy_counters);

	if (ret)
		return ret;
	fake_note(dev, FAKE_OP_destroy_counters, NULL, "counters %#x", counters->object.number);
	fake_object_remove(dev, FAKE_KIND_counters, &counters->object);
	return 0;
}

static int fake_read_counters(struct ib_counters *ib, struct ib_counters_read_attr *attr,
			      struct uverbs_attr_bundle *attrs)
{
	struct fake_counters *counters = container_of(ib, struct fake_counters, ib);
	struct fake_device *dev = to_fake(ib->device);
	int ret = fake_call(dev, FAKE_OP_read_counters);
	u32 i;

	if (ret)
		return ret;
	fake_note(dev, FAKE_OP_read_counters, NULL, "counters %#x count %u flags %#x",
		  counters->object.number, attr->ncounters, attr->flags);
	for (i = 0; i < attr->ncounters; i++)
		attr->counters_buff[i] = (u64)counters->object.number << 32 | i;
	return 0;
}

#ifdef FAKE_HAVE_COMP_CNTR
/*
 * Completion counters.
 */

struct fake_comp_cntr {
	struct ib_comp_cntr ib;
	struct fake_object object;
	atomic64_t values[2];
};

#define FAKE_COMP_CNTR_MAX	((1ULL << 56) - 1)

static int fake_create_comp_cntr(struct ib_comp_cntr *ib, struct uverbs_attr_bundle *attrs)
{
	struct fake_comp_cntr *cntr = container_of(ib, struct fake_comp_cntr, ib);
	struct fake_device *dev = to_fake(ib->device);
	int ret = fake_call(dev, FAKE_OP_create_comp_cntr);

	if (ret)
		return ret;
	fake_note(dev, FAKE_OP_create_comp_cntr, NULL, "new");
	ret = fake_attrs(&attrs->driver_udata);
	if (ret)
		return ret;
	return fake_object_add(dev, FAKE_KIND_comp_cntr, &cntr->object);
}

static int fake_destroy_comp_cntr(struct ib_comp_cntr *ib)
{
	struct fake_comp_cntr *cntr = container_of(ib, struct fake_comp_cntr, ib);
	struct fake_device *dev = to_fake(ib->device);
	int ret = fake_call(dev, FAKE_OP_destroy_comp_cntr);

	if (ret)
		return ret;
	fake_note(dev, FAKE_OP_destroy_comp_cntr, NULL, "comp_cntr %#x", cntr->object.number);
	fake_object_remove(dev, FAKE_KIND_comp_cntr, &cntr->object);
	return 0;
}

static int fake_modify_comp_cntr(struct ib_comp_cntr *ib, enum ib_comp_cntr_entry entry,
				 enum ib_comp_cntr_modify_op op, u64 value)
{
	struct fake_comp_cntr *cntr = container_of(ib, struct fake_comp_cntr, ib);
	struct fake_device *dev = to_fake(ib->device);
	int ret = fake_call(dev, FAKE_OP_modify_comp_cntr);

	if (ret)
		return ret;
	fake_note(dev, FAKE_OP_modify_comp_cntr, NULL, "comp_cntr %#x entry %d op %d value %llu",
		  cntr->object.number, entry, op, value);
	if (entry >= ARRAY_SIZE(cntr->values))
		return -EINVAL;
	if (op == IB_COMP_CNTR_MODIFY_OP_SET)
		atomic64_set(&cntr->values[entry], value);
	else
		atomic64_add(value, &cntr->values[entry]);
	return 0;
}

static int fake_read_comp_cntr(struct ib_comp_cntr *ib, enum ib_comp_cntr_entry entry, u64 *value)
{
	struct fake_comp_cntr *cntr = container_of(ib, struct fake_comp_cntr, ib);
	struct fake_device *dev = to_fake(ib->device);
	int ret = fake_call(dev, FAKE_OP_read_comp_cntr);

	if (ret)
		return ret;
	fake_note(dev, FAKE_OP_read_comp_cntr, NULL, "comp_cntr %#x entry %d",
		  cntr->object.number, entry);
	if (entry >= ARRAY_SIZE(cntr->values))
		return -EINVAL;
	*value = atomic64_read(&cntr->values[entry]);
	return 0;
}

static int fake_query_comp_cntr_caps(struct ib_device *ib, struct ib_comp_cntr_caps *caps,
				     struct uverbs_attr_bundle *attrs)
{
	int ret = fake_call(to_fake(ib), FAKE_OP_query_comp_cntr_caps);

	if (ret)
		return ret;
	fake_note(to_fake(ib), FAKE_OP_query_comp_cntr_caps, NULL, "all");
	caps->max_value = FAKE_COMP_CNTR_MAX;
	caps->max_counters = 64;
	caps->supported_qp_attach_ops = IB_QP_ATTACH_COMP_CNTR_OP_SEND |
					IB_QP_ATTACH_COMP_CNTR_OP_RECV |
					IB_QP_ATTACH_COMP_CNTR_OP_RDMA_WRITE;
	return 0;
}

static int fake_qp_attach_comp_cntr(struct ib_qp *ib, struct ib_comp_cntr *cc,
				    struct ib_qp_attach_comp_cntr_attr *attr)
{
	struct fake_comp_cntr *cntr = container_of(cc, struct fake_comp_cntr, ib);
	struct fake_device *dev = to_fake(ib->device);
	int ret = fake_call(dev, FAKE_OP_qp_attach_comp_cntr);

	if (ret)
		return ret;
	fake_note(dev, FAKE_OP_qp_attach_comp_cntr, NULL, "qp %#x comp_cntr %#x ops %#x",
		  to_fake_qp(ib)->object.number, cntr->object.number, attr->op_mask);
	return 0;
}
#endif

const struct ib_device_ops fake_context_ops = {
	.alloc_ucontext = fake_alloc_ucontext,
	.dealloc_ucontext = fake_dealloc_ucontext,
	.disassociate_ucontext = fake_disassociate_ucontext,
	.query_ucontext = fake_query_ucontext,
	.mmap = fake_mmap,
	.mmap_free = fake_mmap_free,
#ifdef FAKE_HAVE_MMAP_PFNS
	.mmap_get_pfns = fake_mmap_get_pfns,
	.pgoff_to_mmap_entry = fake_pgoff_to_mmap_entry,
#endif
	.alloc_pd = fake_alloc_pd,
	.dealloc_pd = fake_dealloc_pd,
	.alloc_xrcd = fake_alloc_xrcd,
	.dealloc_xrcd = fake_dealloc_xrcd,
	.create_user_ah = fake_create_user_ah,
	.query_ah = fake_query_ah,
	.destroy_ah = fake_destroy_ah,
	.create_counters = fake_create_counters,
	.destroy_counters = fake_destroy_counters,
	.read_counters = fake_read_counters,
#ifdef FAKE_HAVE_COMP_CNTR
	.create_comp_cntr = fake_create_comp_cntr,
	.destroy_comp_cntr = fake_destroy_comp_cntr,
	.modify_comp_cntr = fake_modify_comp_cntr,
	.read_comp_cntr = fake_read_comp_cntr,
	.query_comp_cntr_caps = fake_query_comp_cntr_caps,
	.qp_attach_comp_cntr = fake_qp_attach_comp_cntr,
	INIT_RDMA_OBJ_SIZE(ib_comp_cntr, fake_comp_cntr, ib),
#endif
	INIT_RDMA_OBJ_SIZE(ib_ah, fake_ah, ib),
	INIT_RDMA_OBJ_SIZE(ib_counters, fake_counters, ib),
	INIT_RDMA_OBJ_SIZE(ib_pd, fake_pd, ib),
	INIT_RDMA_OBJ_SIZE(ib_ucontext, fake_context, ib),
	INIT_RDMA_OBJ_SIZE(ib_xrcd, fake_xrcd, ib),
};
