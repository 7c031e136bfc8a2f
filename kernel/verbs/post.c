// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * POST_SEND. rxe and siw ring their doorbell with it: no work requests, the
 * driver finds them in the queue it shares with user space. That is one
 * lookup and the driver's call. Drivers without such a queue get the work
 * requests in the command.
 */
#include "../uvb.h"
#include "qp.h"

/* A work request as the drivers take it, and what goes with it. */
struct uvb_send_wr {
	union {
		struct ib_send_wr wr;
		struct ib_rdma_wr rdma;
		struct ib_atomic_wr atomic;
		struct ib_ud_wr ud;
	};
	struct uvb_handle *ah;
	struct ib_sge sge[];
};

/**
 * struct uvb_post - the work requests of one command
 * @bundle: the call
 * @wqes: user address of the work requests
 * @wqe_size: bytes from one to the next
 * @sges: user address of the scatter list they share
 * @nr_sges: entries of @sges not used yet
 * @ud: of a datagram QP
 * @first: first one unpacked
 */
struct uvb_post {
	struct uverbs_attr_bundle *bundle;
	const void __user *wqes;
	size_t wqe_size;
	const struct ib_uverbs_sge __user *sges;
	u32 nr_sges;
	bool ud;
	struct ib_send_wr *first;
};

static int uvb_wr_target(struct uvb_post *post, const struct ib_uverbs_send_wr *from,
			 struct uvb_send_wr *to)
{
	switch (from->opcode) {
	case IB_WR_SEND:
	case IB_WR_SEND_WITH_IMM:
		if (!post->ud)
			return 0;
		to->ud.ah = uvb_object_get(post->bundle, UVERBS_OBJECT_AH, from->wr.ud.ah,
					   &to->ah);
		if (IS_ERR(to->ud.ah)) {
			to->ah = NULL;
			return PTR_ERR(to->ud.ah);
		}
		to->ud.remote_qpn = from->wr.ud.remote_qpn;
		to->ud.remote_qkey = from->wr.ud.remote_qkey;
		return 0;
	case IB_WR_SEND_WITH_INV:
		return post->ud ? -EINVAL : 0;
	case IB_WR_RDMA_WRITE:
	case IB_WR_RDMA_WRITE_WITH_IMM:
	case IB_WR_RDMA_READ:
		if (post->ud)
			return -EINVAL;
		to->rdma.remote_addr = from->wr.rdma.remote_addr;
		to->rdma.rkey = from->wr.rdma.rkey;
		return 0;
	case IB_WR_ATOMIC_CMP_AND_SWP:
	case IB_WR_ATOMIC_FETCH_AND_ADD:
		if (post->ud)
			return -EINVAL;
		to->atomic.remote_addr = from->wr.atomic.remote_addr;
		to->atomic.compare_add = from->wr.atomic.compare_add;
		to->atomic.swap = from->wr.atomic.swap;
		to->atomic.rkey = from->wr.atomic.rkey;
		return 0;
	default:
		return -EINVAL;
	}
}

static void uvb_wr_free(struct uvb_send_wr *wr)
{
	if (wr->ah)
		uvb_handle_put(wr->ah, UVERBS_BPF_ACCESS_READ);
	kfree(wr);
}

static struct uvb_send_wr *uvb_wr_unpack(struct uvb_post *post,
					 const struct ib_uverbs_send_wr *from)
{
	struct uvb_send_wr *to;
	int ret;

	if (from->num_sge > post->nr_sges)
		return ERR_PTR(-EINVAL);
	to = kzalloc(struct_size(to, sge, from->num_sge), GFP_KERNEL | __GFP_NOWARN);
	if (!to)
		return ERR_PTR(-ENOMEM);

	ret = uvb_wr_target(post, from, to);
	if (ret)
		goto err;
	to->wr.wr_id = from->wr_id;
	to->wr.num_sge = from->num_sge;
	to->wr.opcode = from->opcode;
	to->wr.send_flags = from->send_flags;
	/* One word of the caller's, whatever the opcode makes of it. */
	if (from->opcode == IB_WR_SEND_WITH_INV)
		to->wr.ex.invalidate_rkey = from->ex.invalidate_rkey;
	else if (from->opcode == IB_WR_SEND_WITH_IMM ||
		 from->opcode == IB_WR_RDMA_WRITE_WITH_IMM)
		to->wr.ex.imm_data = (__force __be32)from->ex.imm_data;

	if (from->num_sge) {
		static_assert(sizeof(struct ib_sge) == sizeof(struct ib_uverbs_sge));
		to->wr.sg_list = to->sge;
		ret = -EFAULT;
		if (copy_from_user(to->sge, post->sges, from->num_sge * sizeof(*to->sge)))
			goto err;
		post->sges += from->num_sge;
		post->nr_sges -= from->num_sge;
	}
	return to;

err:
	uvb_wr_free(to);
	return ERR_PTR(ret);
}

static void uvb_post_free(struct uvb_post *post)
{
	struct ib_send_wr *wr = post->first;

	while (wr) {
		struct ib_send_wr *next = (struct ib_send_wr *)wr->next;

		uvb_wr_free(container_of(wr, struct uvb_send_wr, wr));
		wr = next;
	}
}

static int uvb_post_unpack(struct uvb_post *post, u32 count)
{
	const struct ib_send_wr **link = (const struct ib_send_wr **)&post->first;
	struct ib_uverbs_send_wr from;
	struct uvb_send_wr *wr;
	u32 i;

	for (i = 0; i < count; i++) {
		if (copy_from_user(&from, post->wqes + i * post->wqe_size, sizeof(from)))
			return -EFAULT;
		wr = uvb_wr_unpack(post, &from);
		if (IS_ERR(wr))
			return PTR_ERR(wr);
		*link = &wr->wr;
		link = (const struct ib_send_wr **)&wr->wr.next;
	}
	return 0;
}

/* Where the variable part of the command lies; it must fill the input exactly. */
static int uvb_post_locate(struct uverbs_attr_bundle *bundle, const struct ib_uverbs_post_send *cmd,
			   struct uvb_post *post)
{
	size_t wqes = size_mul(cmd->wqe_size, cmd->wr_count);
	size_t sges = size_mul(cmd->sge_count, sizeof(struct ib_uverbs_sge));
	const struct ib_udata *in = &bundle->ucore;
	size_t len = size_add(size_add(sizeof(*cmd), wqes), sges);

	if (len > in->inlen)
		return -ENOSPC;
	if (len < in->inlen && check_zeroed_user(in->inbuf + len, in->inlen - len) != 1)
		return -EOPNOTSUPP;
	if (cmd->wqe_size < sizeof(struct ib_uverbs_send_wr))
		return -EINVAL;

	*post = (struct uvb_post) {
		.bundle = bundle,
		.wqes = in->inbuf + sizeof(*cmd),
		.wqe_size = cmd->wqe_size,
		.sges = in->inbuf + sizeof(*cmd) + wqes,
		.nr_sges = cmd->sge_count,
	};
	return 0;
}

int uvb_cmd_post_send(struct uverbs_attr_bundle *bundle)
{
	struct ib_uverbs_post_send_resp resp = {};
	const struct ib_send_wr *bad = NULL, *wr;
	struct ib_uverbs_post_send cmd;
	struct uvb_handle *handle;
	struct uvb_post post;
	struct ib_qp *qp;
	int ret, ret2;

	/* The struct is followed by its lists: uvb_request() would want them zero. */
	if (bundle->ucore.inlen < sizeof(cmd))
		return -ENOSPC;
	if (copy_from_user(&cmd, bundle->ucore.inbuf, sizeof(cmd)))
		return -EFAULT;
	ret = uvb_post_locate(bundle, &cmd, &post);
	if (ret)
		return ret;
	qp = uvb_object_get(bundle, UVERBS_OBJECT_QP, cmd.qp_handle, &handle);
	if (IS_ERR(qp))
		return PTR_ERR(qp);

	post.ud = qp->qp_type == IB_QPT_UD;
	ret = uvb_post_unpack(&post, cmd.wr_count);
	if (ret)
		goto out;

	ret = qp->device->ops.post_send(qp->real_qp, post.first, &bad);
	/* Counted from 1: the first that was not posted. */
	for (wr = post.first; ret && wr; wr = wr->next) {
		resp.bad_wr++;
		if (wr == bad)
			break;
	}
	ret2 = uvb_response(bundle, &resp, sizeof(resp));
	if (ret2)
		ret = ret2;
out:
	uvb_post_free(&post);
	uvb_handle_put(handle, UVERBS_BPF_ACCESS_READ);
	return ret;
}
