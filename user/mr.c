// SPDX-License-Identifier: BSD-2-Clause
/*
 * Memory regions. Where uverbs_bpf serves the device no provider is asked: what
 * work requests and peers need of a region are its keys.
 */
#include "internal.h"

static int reg_legacy(struct uvb_call *call, struct ibv_pd *pd, const struct uvb_mr_opts *opts,
		      struct uvb_mr *mr)
{
	if (opts->use_fd)
		mr->mr = ibv_reg_dmabuf_mr(pd, opts->fd_offset, opts->length,
					   opts->use_iova ? opts->iova : opts->fd_offset, opts->fd,
					   opts->access);
	else
		mr->mr = ibv_reg_mr_iova(pd, opts->addr, opts->length,
					 opts->use_iova ? opts->iova : (uintptr_t)opts->addr,
					 opts->access);
	if (!mr->mr)
		return uvb_call_fail(call, -errno);
	mr->handle = mr->mr->handle;
	mr->lkey = mr->mr->lkey;
	mr->rkey = mr->mr->rkey;
	return 0;
}

int uvb_reg_mr(struct ibv_pd *pd, const struct uvb_mr_opts *from, struct uvb_mr *mr)
{
	struct ib_uverbs_attr *new;
	struct uvb_mr_opts opts;
	uint64_t addr, access;
	struct uvb_call call;
	int ret;

	ret = UVB_CALL_START(&call, pd->context, "MR register", &opts, from);
	if (ret)
		return ret;
	*mr = (struct uvb_mr) { .context = pd->context };
	addr = (uintptr_t)opts.addr;
	access = opts.access;
	uvb_call_method(&call, UVERBS_OBJECT_MR, UVERBS_BPF_METHOD_MR_REG);
	new = uvb_call_new(&call, UVERBS_BPF_ATTR_MR_HANDLE);
	uvb_call_handle(&call, UVERBS_BPF_ATTR_MR_PD, pd->handle);
	uvb_call_in(&call, UVERBS_BPF_ATTR_MR_LENGTH, &opts.length, sizeof(opts.length));
	if (opts.use_iova)
		uvb_call_in(&call, UVERBS_BPF_ATTR_MR_IOVA, &opts.iova, sizeof(opts.iova));
	if (opts.use_fd) {
		uvb_call_fd(&call, UVERBS_BPF_ATTR_MR_FD, opts.fd);
		uvb_call_in(&call, UVERBS_BPF_ATTR_MR_FD_OFFSET, &opts.fd_offset,
			    sizeof(opts.fd_offset));
	} else {
		uvb_call_in(&call, UVERBS_BPF_ATTR_MR_ADDR, &addr, sizeof(addr));
	}
	if (access)
		uvb_call_in(&call, UVERBS_BPF_ATTR_MR_ACCESS, &access, sizeof(access));
	uvb_call_out(&call, UVERBS_BPF_ATTR_MR_RESP_LKEY, &mr->lkey, sizeof(mr->lkey));
	uvb_call_out(&call, UVERBS_BPF_ATTR_MR_RESP_RKEY, &mr->rkey, sizeof(mr->rkey));

	ret = uvb_call_run(&call);
	if (ret == UVB_STOCK)
		return reg_legacy(&call, pd, &opts, mr);
	if (ret)
		return uvb_call_fail(&call, ret);
	mr->handle = new->data;
	return 0;
}

int uvb_dereg_mr(struct uvb_mr *mr)
{
	struct uvb_call call;
	int ret;

	uvb_call_init(&call, mr->context, "MR deregister", NULL, 0);
	if (mr->mr) {
		ret = ibv_dereg_mr(mr->mr);
		return ret ? uvb_call_fail(&call, -ret) : 0;
	}
	uvb_call_method(&call, UVERBS_OBJECT_MR, UVERBS_METHOD_MR_DESTROY);
	uvb_call_handle(&call, UVERBS_ATTR_DESTROY_MR_HANDLE, mr->handle);
	ret = uvb_call_run(&call);
	return ret ? uvb_call_fail(&call, ret == UVB_STOCK ? -EIO : ret) : 0;
}
