// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Memory regions.
 */
#include "../uvb.h"
#include "../ext.h"

/* What ib_core accepts of memory that is not the caller's own. */
#define UVB_DMABUF_ACCESS	(IB_ACCESS_LOCAL_WRITE | IB_ACCESS_REMOTE_READ |	\
				 IB_ACCESS_REMOTE_WRITE | IB_ACCESS_REMOTE_ATOMIC |	\
				 IB_ACCESS_RELAXED_ORDERING)

/* Both addresses of a byte lie at the same place of their pages. */
static bool uvb_mr_aligned(u64 address, u64 iova)
{
	return offset_in_page(address) == offset_in_page(iova);
}

/* The driver has made it: from here on it is the handle's. */
static void uvb_mr_made(struct uvb_handle *handle, struct ib_mr *mr, struct ib_pd *pd,
			enum ib_mr_type type)
{
	mr->device = pd->device;
	mr->pd = pd;
	mr->type = type;
	mr->uobject = uvb_uobject(handle);
	atomic_inc(&pd->usecnt);

	rdma_restrack_new(&mr->res, RDMA_RESTRACK_MR);
	rdma_restrack_set_name(&mr->res, NULL);
	rdma_restrack_add(&mr->res);
	handle->object = mr;
}

/* For methods: what was made is undone if the call fails from here on. */
static int uvb_mr_answer(struct uverbs_attr_bundle *bundle, u16 handle, u16 lkey, u16 rkey)
{
	struct ib_mr *mr = uvb_attr_object(bundle, handle);
	int ret;

	uvb_created(bundle, handle);
	ret = uvb_copy_out_optional(bundle, lkey, &mr->lkey, sizeof(mr->lkey));
	return ret ?: uvb_copy_out_optional(bundle, rkey, &mr->rkey, sizeof(mr->rkey));
}

/* Ask providers about a registration, or about one anew, of an MR that is there. */
static noinline_for_stack int uvb_mr_before(struct uverbs_attr_bundle *bundle,
					    struct uvb_handle *handle,
					    const struct uverbs_bpf_args_mr_reg *args)
{
	struct uvb_view view = {
		.args = args,
		.size = sizeof(*args),
		.cur_state = UVERBS_BPF_QPS_UNKNOWN,
		.next_state = UVERBS_BPF_QPS_UNKNOWN,
	};

	if (handle->object)
		view.handle = handle;
	else
		view.made = handle;
	return uvb_ext_before(bundle, &view);
}

#define uvb_mr_ask(bundle, handle, ...)							\
	(uvb_ext_hooked(bundle) ?							\
	 uvb_mr_before(bundle, handle, &(struct uverbs_bpf_args_mr_reg) { __VA_ARGS__ }) : 0)

/* ---- registration by attributes ---- */

#ifdef UVB_HAVE_REG_MR
static_assert((int)UVERBS_BPF_ATTR_MR_HANDLE == UVERBS_ATTR_REG_MR_HANDLE);
static_assert((int)UVERBS_BPF_ATTR_MR_PD == UVERBS_ATTR_REG_MR_PD_HANDLE);
static_assert((int)UVERBS_BPF_ATTR_MR_DMA_HANDLE == UVERBS_ATTR_REG_MR_DMA_HANDLE);
static_assert((int)UVERBS_BPF_ATTR_MR_IOVA == UVERBS_ATTR_REG_MR_IOVA);
static_assert((int)UVERBS_BPF_ATTR_MR_ADDR == UVERBS_ATTR_REG_MR_ADDR);
static_assert((int)UVERBS_BPF_ATTR_MR_LENGTH == UVERBS_ATTR_REG_MR_LENGTH);
static_assert((int)UVERBS_BPF_ATTR_MR_ACCESS == UVERBS_ATTR_REG_MR_ACCESS_FLAGS);
static_assert((int)UVERBS_BPF_ATTR_MR_FD == UVERBS_ATTR_REG_MR_FD);
static_assert((int)UVERBS_BPF_ATTR_MR_FD_OFFSET == UVERBS_ATTR_REG_MR_FD_OFFSET);
static_assert((int)UVERBS_BPF_ATTR_MR_RESP_LKEY == UVERBS_ATTR_REG_MR_RESP_LKEY);
static_assert((int)UVERBS_BPF_ATTR_MR_RESP_RKEY == UVERBS_ATTR_REG_MR_RESP_RKEY);
#endif

/**
 * struct uvb_mr_memory - what a registration names
 * @start: address, or place in the dma-buf
 * @length: bytes
 * @iova: address of the first byte for the device
 * @access: enum ib_access_flags
 * @dmabuf: @fd is a dma-buf
 * @fd: a file descriptor
 * @dmah: how the device reaches it, or NULL
 */
struct uvb_mr_memory {
	u64 start;
	u64 length;
	u64 iova;
	u32 access;
	bool dmabuf;
	int fd;
	struct ib_dmah *dmah;
};

static int uvb_mr_memory_in(struct uverbs_attr_bundle *bundle, struct ib_device *ibdev,
			    struct uvb_mr_memory *memory)
{
	bool has_addr = uvb_has(bundle, UVERBS_BPF_ATTR_MR_ADDR);
	bool has_offset = uvb_has(bundle, UVERBS_BPF_ATTR_MR_FD_OFFSET);
	int ret;

	*memory = (struct uvb_mr_memory) {
		.dmabuf = uvb_has(bundle, UVERBS_BPF_ATTR_MR_FD),
		.dmah = uvb_attr_object(bundle, UVERBS_BPF_ATTR_MR_DMA_HANDLE),
	};
	if (memory->dmabuf && !ibdev->ops.reg_user_mr_dmabuf)
		return uvb_refuse(bundle, -EOPNOTSUPP, UVERBS_BPF_ATTR_MR_FD,
				  "FD: the driver of %s takes no dma-buf", ibdev->name);
	if (has_addr == memory->dmabuf || has_offset != memory->dmabuf)
		return uvb_refuse(bundle, -EINVAL, UVERBS_BPF_ATTR_NONE,
				  "memory is either ADDR, or FD and FD_OFFSET");
	if (memory->dmabuf)
		memory->fd = bundle->attrs[UVB_BKEY(UVERBS_BPF_ATTR_MR_FD)].ptr_attr.data;

	ret = uvb_copy_in(&memory->start, bundle,
			  memory->dmabuf ? UVERBS_BPF_ATTR_MR_FD_OFFSET : UVERBS_BPF_ATTR_MR_ADDR,
			  sizeof(memory->start));
	if (!ret)
		ret = uvb_copy_in(&memory->length, bundle, UVERBS_BPF_ATTR_MR_LENGTH,
				  sizeof(memory->length));
	if (ret)
		return ret;
	if (uvb_copy_in(&memory->iova, bundle, UVERBS_BPF_ATTR_MR_IOVA, sizeof(memory->iova)))
		memory->iova = memory->start;
	if (!uvb_mr_aligned(memory->start, memory->iova))
		return uvb_refuse(bundle, -EINVAL, UVERBS_BPF_ATTR_MR_IOVA,
				  "IOVA: 0x%llx, wants the place in a page that 0x%llx has",
				  memory->iova, memory->start);

	ret = uvb_flags(&memory->access, bundle, UVERBS_BPF_ATTR_MR_ACCESS,
			memory->dmabuf ? UVB_DMABUF_ACCESS : IB_ACCESS_SUPPORTED);
	if (!ret)
		ret = ib_check_mr_access(ibdev, memory->access);
	if (ret)
		uvb_refuse(bundle, ret, UVERBS_BPF_ATTR_MR_ACCESS,
			   "ACCESS: not possible here, or remote writes without local ones");
	return ret;
}

/* The kernel's REG_MR where it has one, and MR_REG everywhere. */
static int uvb_mr_reg(struct uverbs_attr_bundle *bundle)
{
	struct uvb_handle *handle = uvb_attr_handle(bundle, UVERBS_BPF_ATTR_MR_HANDLE);
	struct ib_pd *pd = uvb_attr_object(bundle, UVERBS_BPF_ATTR_MR_PD);
	struct uvb_mr_memory memory;
	struct ib_mr *mr;
	int ret;

	ret = uvb_mr_memory_in(bundle, pd->device, &memory);
	if (!ret)
		ret = uvb_mr_ask(bundle, handle, .start = memory.start, .length = memory.length,
				 .iova = memory.iova, .access_flags = memory.access,
				 .memory = memory.dmabuf ? UVERBS_BPF_MEMORY_DMABUF :
							   UVERBS_BPF_MEMORY_USER);
	if (ret)
		return ret;
	if (memory.dmabuf)
		mr = uvb_ib_reg_user_mr_dmabuf(pd, memory.start, memory.length, memory.iova,
					       memory.fd, memory.access, memory.dmah, bundle);
	else
		mr = uvb_ib_reg_user_mr(pd, memory.start, memory.length, memory.iova,
					memory.access, memory.dmah, &bundle->driver_udata);
	if (IS_ERR(mr))
		return PTR_ERR(mr);

	/* Not every driver does, and QUERY_MR tells them. */
	mr->iova = memory.iova;
	mr->length = memory.length;
	uvb_mr_set_dmah(mr, memory.dmah);
	uvb_mr_made(handle, mr, pd, IB_MR_TYPE_USER);
	return uvb_mr_answer(bundle, UVERBS_BPF_ATTR_MR_HANDLE, UVERBS_BPF_ATTR_MR_RESP_LKEY,
			     UVERBS_BPF_ATTR_MR_RESP_RKEY);
}

static int uvb_mr_reg_dmabuf(struct uverbs_attr_bundle *bundle)
{
	struct uvb_handle *handle = uvb_attr_handle(bundle, UVERBS_ATTR_REG_DMABUF_MR_HANDLE);
	struct ib_pd *pd = uvb_attr_object(bundle, UVERBS_ATTR_REG_DMABUF_MR_PD_HANDLE);
	u64 offset, length, iova;
	struct ib_mr *mr;
	u32 fd, access;
	int ret;

	if (!pd->device->ops.reg_user_mr_dmabuf)
		return -EOPNOTSUPP;
	ret = uvb_copy_in(&offset, bundle, UVERBS_ATTR_REG_DMABUF_MR_OFFSET, sizeof(offset));
	if (!ret)
		ret = uvb_copy_in(&length, bundle, UVERBS_ATTR_REG_DMABUF_MR_LENGTH,
				  sizeof(length));
	if (!ret)
		ret = uvb_copy_in(&iova, bundle, UVERBS_ATTR_REG_DMABUF_MR_IOVA, sizeof(iova));
	if (!ret)
		ret = uvb_copy_in(&fd, bundle, UVERBS_ATTR_REG_DMABUF_MR_FD, sizeof(fd));
	if (!ret && !uvb_mr_aligned(offset, iova))
		ret = -EINVAL;
	if (!ret)
		ret = uvb_flags(&access, bundle, UVERBS_ATTR_REG_DMABUF_MR_ACCESS_FLAGS,
				UVB_DMABUF_ACCESS);
	if (!ret)
		ret = ib_check_mr_access(pd->device, access);
	if (!ret)
		ret = uvb_mr_ask(bundle, handle, .start = offset, .length = length, .iova = iova,
				 .access_flags = access, .memory = UVERBS_BPF_MEMORY_DMABUF);
	if (ret)
		return ret;

	mr = uvb_ib_reg_user_mr_dmabuf(pd, offset, length, iova, fd, access, NULL, bundle);
	if (IS_ERR(mr))
		return PTR_ERR(mr);
	uvb_mr_made(handle, mr, pd, IB_MR_TYPE_USER);
	return uvb_mr_answer(bundle, UVERBS_ATTR_REG_DMABUF_MR_HANDLE,
			     UVERBS_ATTR_REG_DMABUF_MR_RESP_LKEY,
			     UVERBS_ATTR_REG_DMABUF_MR_RESP_RKEY);
}

static int uvb_mr_reg_dm(struct uverbs_attr_bundle *bundle)
{
	struct uvb_handle *handle = uvb_attr_handle(bundle, UVERBS_ATTR_REG_DM_MR_HANDLE);
	struct ib_pd *pd = uvb_attr_object(bundle, UVERBS_ATTR_REG_DM_MR_PD_HANDLE);
	struct ib_dm *dm = uvb_attr_object(bundle, UVERBS_ATTR_REG_DM_MR_DM_HANDLE);
	struct ib_dm_mr_attr attr = {};
	struct ib_mr *mr;
	int ret;

	if (!pd->device->ops.reg_dm_mr)
		return -EOPNOTSUPP;
	ret = uvb_copy_in(&attr.offset, bundle, UVERBS_ATTR_REG_DM_MR_OFFSET,
			  sizeof(attr.offset));
	if (!ret)
		ret = uvb_copy_in(&attr.length, bundle, UVERBS_ATTR_REG_DM_MR_LENGTH,
				  sizeof(attr.length));
	if (!ret)
		ret = uvb_flags(&attr.access_flags, bundle, UVERBS_ATTR_REG_DM_MR_ACCESS_FLAGS,
				IB_ACCESS_SUPPORTED);
	/* Device memory has no address of its own. */
	if (!ret && !(attr.access_flags & IB_ZERO_BASED))
		ret = -EINVAL;
	if (!ret)
		ret = ib_check_mr_access(pd->device, attr.access_flags);
	if (!ret && (attr.offset > dm->length || attr.length > dm->length - attr.offset))
		ret = -EINVAL;
	if (!ret)
		ret = uvb_mr_ask(bundle, handle, .start = attr.offset, .length = attr.length,
				 .access_flags = attr.access_flags,
				 .memory = UVERBS_BPF_MEMORY_DEVICE);
	if (ret)
		return ret;

	mr = pd->device->ops.reg_dm_mr(pd, dm, &attr, bundle);
	if (IS_ERR(mr))
		return PTR_ERR(mr);
	mr->dm = dm;
	atomic_inc(&dm->usecnt);
	uvb_mr_made(handle, mr, pd, IB_MR_TYPE_DM);
	return uvb_mr_answer(bundle, UVERBS_ATTR_REG_DM_MR_HANDLE,
			     UVERBS_ATTR_REG_DM_MR_RESP_LKEY, UVERBS_ATTR_REG_DM_MR_RESP_RKEY);
}

/* ---- registration, legacy ---- */

static int uvb_mr_register(struct uverbs_attr_bundle *bundle, struct uvb_handle *handle,
			   struct ib_pd *pd, const struct ib_uverbs_reg_mr *cmd)
{
	struct ib_mr *mr;
	int ret;

	ret = uvb_mr_ask(bundle, handle, .start = cmd->start, .length = cmd->length,
			 .iova = cmd->hca_va, .access_flags = cmd->access_flags);
	if (ret)
		return ret;
	mr = uvb_ib_reg_user_mr(pd, cmd->start, cmd->length, cmd->hca_va, cmd->access_flags,
				NULL, &bundle->driver_udata);
	if (IS_ERR(mr))
		return PTR_ERR(mr);

	mr->dm = NULL;
	mr->sig_attrs = NULL;
	mr->iova = cmd->hca_va;
	mr->length = cmd->length;
	uvb_mr_made(handle, mr, pd, IB_MR_TYPE_USER);
	return 0;
}

static int uvb_cmd_reg_mr(struct uverbs_attr_bundle *bundle)
{
	struct ib_uverbs_reg_mr_resp resp = {};
	struct uvb_handle *handle, *pd_handle;
	struct ib_uverbs_reg_mr cmd;
	struct ib_pd *pd;
	struct ib_mr *mr;
	int ret;

	ret = uvb_request(bundle, &cmd, sizeof(cmd));
	if (ret)
		return ret;
	if (!uvb_mr_aligned(cmd.start, cmd.hca_va))
		return -EINVAL;

	handle = uvb_new(bundle, UVERBS_OBJECT_MR);
	if (IS_ERR(handle))
		return PTR_ERR(handle);
	ret = ib_check_mr_access(bundle->context->device, cmd.access_flags);
	if (ret)
		return ret;

	pd = uvb_object_get(bundle, UVERBS_OBJECT_PD, cmd.pd_handle, &pd_handle);
	if (IS_ERR(pd))
		return PTR_ERR(pd);
	ret = uvb_mr_register(bundle, handle, pd, &cmd);
	uvb_handle_put(pd_handle, UVERBS_BPF_ACCESS_READ);
	if (ret)
		return ret;

	mr = handle->object;
	resp.lkey = mr->lkey;
	resp.rkey = mr->rkey;
	resp.mr_handle = handle->id;
	return uvb_response(bundle, &resp, sizeof(resp));
}

/* ---- registration anew ---- */

/*
 * The driver made another MR: it takes the handle, and the old one goes. If
 * the driver will not let the old one go, that gets a handle nobody knows, and
 * goes with the file.
 */
static void uvb_mr_replace(struct uverbs_attr_bundle *bundle, struct uvb_handle *handle,
			   struct ib_mr *mr, struct ib_pd *pd)
{
	struct ib_mr *old = handle->object;
	struct uvb_handle *other;

	uvb_ext_object_goes(uvb_bundle_file(bundle));
	uvb_mr_made(handle, mr, pd, IB_MR_TYPE_USER);
	if (!ib_dereg_mr_user(old, &bundle->driver_udata))
		return;

	other = uvb_handle_begin(bundle, UVERBS_OBJECT_MR);
	if (WARN_ON(IS_ERR(other)))
		return;
	old->uobject = uvb_uobject(other);
	other->object = old;
	uvb_handle_commit(uvb_bundle_file(bundle), other);
}

static int uvb_mr_rereg(struct uverbs_attr_bundle *bundle, struct uvb_handle *handle,
			const struct ib_uverbs_rereg_mr *cmd, u32 flags, struct ib_pd *pd)
{
	struct ib_mr *mr = handle->object, *made;
	struct ib_pd *old_pd = mr->pd;

	made = mr->device->ops.rereg_user_mr(mr, flags, cmd->start, cmd->length, cmd->hca_va,
					     cmd->access_flags, pd, &bundle->driver_udata);
	if (IS_ERR(made))
		return PTR_ERR(made);
	if (made) {
		uvb_mr_replace(bundle, handle, made, pd);
		return 0;
	}

	if (flags & IB_MR_REREG_PD) {
		/*
		 * Netlink reads the PD of an MR that it has a reference to. Nobody may free the
		 * old one while that is so, hence it is let go last.
		 */
		atomic_inc(&pd->usecnt);
		WRITE_ONCE(mr->pd, pd);
		uvb_restrack_sync(&mr->res);
		atomic_dec(&old_pd->usecnt);
	}
	if (flags & IB_MR_REREG_TRANS) {
		mr->iova = cmd->hca_va;
		mr->length = cmd->length;
	}
	return 0;
}

/* With the MR locked for writing; finds the PD. */
static int uvb_mr_rereg_locked(struct uverbs_attr_bundle *bundle, struct uvb_handle *handle,
			       const struct ib_uverbs_rereg_mr *cmd)
{
	struct uvb_handle *pd_handle = NULL;
	struct ib_mr *mr = handle->object;
	struct ib_pd *pd = mr->pd;
	u32 flags = cmd->flags;
	int ret;

	if (mr->dm)
		return -EINVAL;
	if (flags & IB_MR_REREG_ACCESS) {
		ret = ib_check_mr_access(mr->device, cmd->access_flags);
		if (ret)
			return ret;
	}
	if (flags & IB_MR_REREG_PD) {
		pd = uvb_object_get(bundle, UVERBS_OBJECT_PD, cmd->pd_handle, &pd_handle);
		if (IS_ERR(pd))
			return PTR_ERR(pd);
		if (pd == mr->pd)
			flags &= ~IB_MR_REREG_PD;
	}
	/* What is not changed is as it was; of the access flags only the driver knows. */
	ret = uvb_mr_ask(bundle, handle, .old_length = mr->length,
			 .start = flags & IB_MR_REREG_TRANS ? cmd->start : 0,
			 .length = flags & IB_MR_REREG_TRANS ? cmd->length : mr->length,
			 .iova = flags & IB_MR_REREG_TRANS ? cmd->hca_va : mr->iova,
			 .access_flags = flags & IB_MR_REREG_ACCESS ? cmd->access_flags : 0);
	if (!ret)
		ret = uvb_ext_changed(bundle, uvb_mr_rereg(bundle, handle, cmd, flags, pd));
	if (pd_handle)
		uvb_handle_put(pd_handle, UVERBS_BPF_ACCESS_READ);
	return ret;
}

static int uvb_cmd_rereg_mr(struct uverbs_attr_bundle *bundle)
{
	struct ib_uverbs_rereg_mr_resp resp = {};
	struct ib_uverbs_rereg_mr cmd;
	struct uvb_handle *handle;
	struct ib_mr *mr;
	int ret;

	ret = uvb_request(bundle, &cmd, sizeof(cmd));
	if (ret)
		return ret;
	if (!cmd.flags)
		return -EINVAL;
	if (cmd.flags & ~IB_MR_REREG_SUPPORTED)
		return -EOPNOTSUPP;
	if (cmd.flags & IB_MR_REREG_TRANS && !uvb_mr_aligned(cmd.start, cmd.hca_va))
		return -EINVAL;

	handle = uvb_handle_get(bundle, UVERBS_OBJECT_MR, cmd.mr_handle, UVERBS_BPF_ACCESS_WRITE);
	if (IS_ERR(handle))
		return PTR_ERR(handle);
	ret = uvb_mr_rereg_locked(bundle, handle, &cmd);
	if (!ret) {
		mr = handle->object;
		resp.lkey = mr->lkey;
		resp.rkey = mr->rkey;
		ret = uvb_response(bundle, &resp, sizeof(resp));
	}
	uvb_handle_put(handle, UVERBS_BPF_ACCESS_WRITE);
	return ret;
}

/* ---- use ---- */

static int uvb_mr_query(struct uverbs_attr_bundle *bundle)
{
	const struct ib_mr *mr = uvb_attr_object(bundle, UVERBS_ATTR_QUERY_MR_HANDLE);
	int ret;

	ret = uvb_copy_out(bundle, UVERBS_ATTR_QUERY_MR_RESP_LKEY, &mr->lkey, sizeof(mr->lkey));
	if (!ret)
		ret = uvb_copy_out(bundle, UVERBS_ATTR_QUERY_MR_RESP_RKEY, &mr->rkey,
				   sizeof(mr->rkey));
	if (!ret)
		ret = uvb_copy_out(bundle, UVERBS_ATTR_QUERY_MR_RESP_LENGTH, &mr->length,
				   sizeof(mr->length));
	return ret ?: uvb_copy_out_optional(bundle, UVERBS_ATTR_QUERY_MR_RESP_IOVA, &mr->iova,
					    sizeof(mr->iova));
}

static int uvb_mr_advise(struct uverbs_attr_bundle *bundle)
{
	struct ib_pd *pd = uvb_attr_object(bundle, UVERBS_ATTR_ADVISE_MR_PD_HANDLE);
	struct ib_device *ibdev = pd->device;
	struct ib_sge *sges;
	u64 advice;
	u32 flags;
	int ret;

	if (!ibdev->ops.advise_mr)
		return -EOPNOTSUPP;
	ret = uvb_const(&advice, bundle, UVERBS_ATTR_ADVISE_MR_ADVICE, U32_MAX);
	if (!ret)
		ret = uvb_flags(&flags, bundle, UVERBS_ATTR_ADVISE_MR_FLAGS,
				IB_UVERBS_ADVISE_MR_FLAG_FLUSH);
	if (ret)
		return ret;
	ret = uverbs_attr_ptr_get_array_size(bundle, UVERBS_ATTR_ADVISE_MR_SGE_LIST,
					     sizeof(*sges));
	if (ret <= 0)
		return ret;
	sges = uverbs_attr_get_alloced_ptr(bundle, UVERBS_ATTR_ADVISE_MR_SGE_LIST);
	return ibdev->ops.advise_mr(pd, advice, flags, sges, ret, bundle);
}

/* ---- the end ---- */

static int uvb_cmd_dereg_mr(struct uverbs_attr_bundle *bundle)
{
	struct ib_uverbs_dereg_mr cmd;
	int ret;

	ret = uvb_request(bundle, &cmd, sizeof(cmd));
	return ret ?: uvb_handle_destroy_id(bundle, UVERBS_OBJECT_MR, cmd.mr_handle);
}

static int uvb_mr_destroy(struct uvb_handle *handle, enum rdma_remove_reason why,
			  struct uverbs_attr_bundle *bundle)
{
	return ib_dereg_mr_user(handle->object, &bundle->driver_udata);
}

/* ---- schema ---- */

static const struct uvb_attr uvb_mr_reg_attrs[] = {
	UVB_HANDLE(UVERBS_BPF_ATTR_MR_HANDLE, UVERBS_OBJECT_MR, NEW, UVB_M),
	UVB_HANDLE(UVERBS_BPF_ATTR_MR_PD, UVERBS_OBJECT_PD, READ, UVB_M),
#ifdef UVB_HAVE_DMAH
	UVB_HANDLE(UVERBS_BPF_ATTR_MR_DMA_HANDLE, UVERBS_OBJECT_DMAH, READ, UVB_O),
#endif
	UVB_IN(UVERBS_BPF_ATTR_MR_IOVA, u64, UVB_O),
	UVB_IN(UVERBS_BPF_ATTR_MR_ADDR, u64, UVB_O),
	UVB_IN(UVERBS_BPF_ATTR_MR_LENGTH, u64, UVB_M),
	UVB_FLAGS(UVERBS_BPF_ATTR_MR_ACCESS, UVB_O),
	UVB_RAW_FD(UVERBS_BPF_ATTR_MR_FD, UVB_O),
	UVB_IN(UVERBS_BPF_ATTR_MR_FD_OFFSET, u64, UVB_O),
	UVB_OUT(UVERBS_BPF_ATTR_MR_RESP_LKEY, u32, UVB_O),
	UVB_OUT(UVERBS_BPF_ATTR_MR_RESP_RKEY, u32, UVB_O),
	UVB_UHW(),
};

#ifdef UVB_HAVE_REG_MR
static const struct uvb_attr uvb_mr_core_reg_attrs[] = {
	UVB_HANDLE(UVERBS_ATTR_REG_MR_HANDLE, UVERBS_OBJECT_MR, NEW, UVB_M),
	UVB_HANDLE(UVERBS_ATTR_REG_MR_PD_HANDLE, UVERBS_OBJECT_PD, READ, UVB_M),
	UVB_HANDLE(UVERBS_ATTR_REG_MR_DMA_HANDLE, UVERBS_OBJECT_DMAH, READ, UVB_O),
	UVB_IN(UVERBS_ATTR_REG_MR_IOVA, u64, UVB_M),
	UVB_IN(UVERBS_ATTR_REG_MR_ADDR, u64, UVB_O),
	UVB_IN(UVERBS_ATTR_REG_MR_LENGTH, u64, UVB_M),
	UVB_FLAGS(UVERBS_ATTR_REG_MR_ACCESS_FLAGS, UVB_M),
	UVB_RAW_FD(UVERBS_ATTR_REG_MR_FD, UVB_O),
	UVB_IN(UVERBS_ATTR_REG_MR_FD_OFFSET, u64, UVB_O),
	UVB_OUT(UVERBS_ATTR_REG_MR_RESP_LKEY, u32, UVB_M),
	UVB_OUT(UVERBS_ATTR_REG_MR_RESP_RKEY, u32, UVB_M),
	UVB_UHW(),
};
#endif

static const struct uvb_attr uvb_mr_reg_dmabuf_attrs[] = {
	UVB_HANDLE(UVERBS_ATTR_REG_DMABUF_MR_HANDLE, UVERBS_OBJECT_MR, NEW, UVB_M),
	UVB_HANDLE(UVERBS_ATTR_REG_DMABUF_MR_PD_HANDLE, UVERBS_OBJECT_PD, READ, UVB_M),
	UVB_IN(UVERBS_ATTR_REG_DMABUF_MR_OFFSET, u64, UVB_M),
	UVB_IN(UVERBS_ATTR_REG_DMABUF_MR_LENGTH, u64, UVB_M),
	UVB_IN(UVERBS_ATTR_REG_DMABUF_MR_IOVA, u64, UVB_M),
	UVB_IN(UVERBS_ATTR_REG_DMABUF_MR_FD, u32, UVB_M),
	UVB_FLAGS(UVERBS_ATTR_REG_DMABUF_MR_ACCESS_FLAGS, UVB_O),
	UVB_OUT(UVERBS_ATTR_REG_DMABUF_MR_RESP_LKEY, u32, UVB_M),
	UVB_OUT(UVERBS_ATTR_REG_DMABUF_MR_RESP_RKEY, u32, UVB_M),
};

static const struct uvb_attr uvb_mr_reg_dm_attrs[] = {
	UVB_HANDLE(UVERBS_ATTR_REG_DM_MR_HANDLE, UVERBS_OBJECT_MR, NEW, UVB_M),
	UVB_IN(UVERBS_ATTR_REG_DM_MR_OFFSET, u64, UVB_M),
	UVB_IN(UVERBS_ATTR_REG_DM_MR_LENGTH, u64, UVB_M),
	UVB_HANDLE(UVERBS_ATTR_REG_DM_MR_PD_HANDLE, UVERBS_OBJECT_PD, READ, UVB_M),
	UVB_FLAGS(UVERBS_ATTR_REG_DM_MR_ACCESS_FLAGS, UVB_O),
	UVB_HANDLE(UVERBS_ATTR_REG_DM_MR_DM_HANDLE, UVERBS_OBJECT_DM, READ, UVB_M),
	UVB_OUT(UVERBS_ATTR_REG_DM_MR_RESP_LKEY, u32, UVB_M),
	UVB_OUT(UVERBS_ATTR_REG_DM_MR_RESP_RKEY, u32, UVB_M),
};

static const struct uvb_attr uvb_mr_query_attrs[] = {
	UVB_HANDLE(UVERBS_ATTR_QUERY_MR_HANDLE, UVERBS_OBJECT_MR, READ, UVB_M),
	UVB_OUT(UVERBS_ATTR_QUERY_MR_RESP_LKEY, u32, UVB_M),
	UVB_OUT(UVERBS_ATTR_QUERY_MR_RESP_RKEY, u32, UVB_M),
	UVB_OUT(UVERBS_ATTR_QUERY_MR_RESP_LENGTH, u64, UVB_M),
	UVB_OUT(UVERBS_ATTR_QUERY_MR_RESP_IOVA, u64, UVB_O),
};

static const struct uvb_attr uvb_mr_advise_attrs[] = {
	UVB_HANDLE(UVERBS_ATTR_ADVISE_MR_PD_HANDLE, UVERBS_OBJECT_PD, READ, UVB_M),
	UVB_CONST(UVERBS_ATTR_ADVISE_MR_ADVICE, UVB_M),
	UVB_FLAGS(UVERBS_ATTR_ADVISE_MR_FLAGS, UVB_M),
	UVB_IN_MIN(UVERBS_ATTR_ADVISE_MR_SGE_LIST, sizeof(struct ib_uverbs_sge),
		   UVB_M | UVB_F_COPY),
};

static const struct uvb_attr uvb_mr_destroy_attrs[] = {
	UVB_HANDLE(UVERBS_ATTR_DESTROY_MR_HANDLE, UVERBS_OBJECT_MR, DESTROY, UVB_M),
};

static struct uvb_method uvb_mr_methods[] = {
	UVB_METHOD(UVERBS_OBJECT_MR, UVERBS_METHOD_DM_MR_REG, uvb_mr_reg_dm,
		   uvb_mr_reg_dm_attrs, UVB_TELLS),
	UVB_METHOD(UVERBS_OBJECT_MR, UVERBS_METHOD_MR_DESTROY, uvb_destroyed,
		   uvb_mr_destroy_attrs),
	UVB_METHOD(UVERBS_OBJECT_MR, UVERBS_METHOD_ADVISE_MR, uvb_mr_advise,
		   uvb_mr_advise_attrs),
	UVB_METHOD(UVERBS_OBJECT_MR, UVERBS_METHOD_QUERY_MR, uvb_mr_query, uvb_mr_query_attrs),
	UVB_METHOD(UVERBS_OBJECT_MR, UVERBS_METHOD_REG_DMABUF_MR, uvb_mr_reg_dmabuf,
		   uvb_mr_reg_dmabuf_attrs, UVB_TELLS),
#ifdef UVB_HAVE_REG_MR
	UVB_METHOD(UVERBS_OBJECT_MR, UVERBS_METHOD_REG_MR, uvb_mr_reg, uvb_mr_core_reg_attrs,
		   UVB_TELLS),
#endif
	UVB_METHOD(UVERBS_OBJECT_MR, UVERBS_BPF_METHOD_MR_REG, uvb_mr_reg, uvb_mr_reg_attrs,
		   UVB_NEEDS(reg_user_mr), UVB_TELLS),
};

static const struct uvb_command uvb_mr_commands[] = {
	UVB_COMMAND(REG_MR, uvb_cmd_reg_mr, UVERBS_OBJECT_MR,
		    UVERBS_BPF_METHOD_MR_REG, sizeof(struct ib_uverbs_reg_mr),
		    sizeof(struct ib_uverbs_reg_mr_resp), UVB_UDATA, UVB_NEEDS(reg_user_mr),
		    UVB_TELLS),
	UVB_COMMAND(REREG_MR, uvb_cmd_rereg_mr, UVERBS_OBJECT_MR,
		    UVB_ONLY, sizeof(struct ib_uverbs_rereg_mr),
		    sizeof(struct ib_uverbs_rereg_mr_resp), UVB_UDATA,
		    UVB_NEEDS(rereg_user_mr), UVB_TELLS),
	UVB_COMMAND(DEREG_MR, uvb_cmd_dereg_mr, UVERBS_OBJECT_MR,
		    UVERBS_METHOD_MR_DESTROY, sizeof(struct ib_uverbs_dereg_mr), 0,
		    UVB_NEEDS(dereg_mr)),
};

static struct uvb_type uvb_type_mr = {
	.object = UVERBS_OBJECT_MR,
	.size = sizeof(struct uvb_handle),
	.destroy = uvb_mr_destroy,
	.name = "uvb_mr",
	UVB_NEEDS(dereg_mr),
};

UVB_SCHEMA(mr, .type = &uvb_type_mr, UVB_METHODS(uvb_mr_methods), UVB_COMMANDS(uvb_mr_commands));
