// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The last check of the layout twins, when the module is loaded. A kernel
 * with MODVERSIONS refuses a module built for other layouts by itself; on one
 * without, the running kernel's BTF is asked.
 */
#include "uvb.h"

#include <linux/btf.h>

#if defined(UVB_HAVE_FIND_BTF_ID) && !defined(CONFIG_MODVERSIONS) && !defined(UVB_IN_TREE)

/**
 * struct uvb_twin - a structure whose layout must be the kernel's
 * @name: of the structure
 * @size: bytes, 0 if ours is the beginning of it only
 * @offset: byte of @member
 * @member: the last member we share
 */
struct uvb_twin {
	const char *name;
	u32 size;
	u32 offset;
	const char *member;
};

#define UVB_TWIN(_struct, _member)					\
	{ .name = #_struct, .size = sizeof(struct _struct),		\
	  .member = #_member, .offset = offsetof(struct _struct, _member) }

static const struct uvb_twin uvb_twins[] = {
	UVB_TWIN(ib_uverbs_device, disassociate_srcu),
	UVB_TWIN(ib_uverbs_file, umaps),
	UVB_TWIN(rdma_umap_priv, entry),
#ifdef UVB_HAVE_DMABUF
	UVB_TWIN(ib_uverbs_dmabuf_file, comp),
#endif
#ifndef UVB_HAVE_BUNDLE_PRIV
	/* Ours ends with it. */
	{ .name = "bundle_priv", .offset = offsetof(struct bundle_priv, bundle),
	  .member = "bundle" },
#endif
	UVB_TWIN(ib_client_nl_info, abi),
	UVB_TWIN(ib_device, driver_def),
	UVB_TWIN(ib_ucontext, mmap_xa),
	UVB_TWIN(ib_uobject, uapi_object),
	UVB_TWIN(uapi_definition, chain),
	UVB_TWIN(uverbs_attr_def, attr),
	UVB_TWIN(uverbs_method_def, handler),
	UVB_TWIN(uverbs_object_def, methods),
	UVB_TWIN(uverbs_obj_fd_type, flags),
	UVB_TWIN(ib_qp, qp_type),
	UVB_TWIN(ib_cq, cq_context),
};

static int uvb_twin_check(const struct uvb_twin *twin)
{
	const struct btf_type *type;
	const struct btf_member *member;
	struct btf *btf;
	int ret = 0;
	s32 id;
	u32 i;

	id = bpf_find_btf_id(twin->name, BTF_KIND_STRUCT, &btf);
	/* Nobody has loaded a module that knows it, so nobody can disagree. */
	if (id < 0)
		return 0;

	type = btf_type_by_id(btf, id);
	if (twin->size && type->size != twin->size) {
		pr_err("struct %s has %u bytes in this kernel, %u in the one we were built for; rebuild the module (dkms autoinstall)\n",
		       twin->name, type->size, twin->size);
		ret = -ENOEXEC;
	}
	for (i = 0, member = btf_type_member(type); !ret && i < btf_type_vlen(type);
	     i++, member++) {
		/* Names of a module's BTF are not to be had here; the offset is. */
		if (__btf_member_bit_offset(type, member) == twin->offset * 8)
			break;
	}
	if (!ret && i == btf_type_vlen(type)) {
		pr_err("struct %s has no member at byte %u, where %s was in the kernel we were built for; rebuild the module (dkms autoinstall)\n",
		       twin->name, twin->offset, twin->member);
		ret = -ENOEXEC;
	}
	/*
	 * btf_put() is not exported: of a module's BTF one reference stays,
	 * which keeps its type data in memory after that module is unloaded.
	 */
	return ret;
}

int uvb_twins_check(void)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < ARRAY_SIZE(uvb_twins) && !ret; i++)
		ret = uvb_twin_check(&uvb_twins[i]);
	return ret;
}

#else

int uvb_twins_check(void)
{
	return 0;
}

#endif
