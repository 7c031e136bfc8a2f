// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * POST_SEND, POST_RECV, POST_SRQ_RECV and POLL_CQ: the data path of drivers
 * whose queues user space cannot reach. rxe and siw ring their doorbell with
 * POST_SEND: no work requests, the driver finds them in the queue it shares
 * with user space. That is one lookup and the driver's call. Drivers without
 * such a queue get the work requests in the command.
 */
#include "../uvb.h"
#include "cq.h"
#include "qp.h"

#include <rdma/opa_addr.h>

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

/*
 * Where the variable part of the command lies; it must fill the input exactly.
 * The three commands that post have one layout.
 */
static int uvb_post_locate(struct uverbs_attr_bundle *bundle, const struct ib_uverbs_post_send *cmd,
			   struct uvb_post *post)
{
	size_t wqes = size_mul(cmd->wqe_size, cmd->wr_count);
	size_t sges = size_mul(cmd->sge_count, sizeof(struct ib_uverbs_sge));
	const struct ib_udata *in = &bundle->ucore;
	size_t len = size_add(size_add(sizeof(*cmd), wqes), sges);

	if (len > in->inlen)
		return -ENOSPC;
	if (len < in->inlen && !uvb_user_is_zero(in->inbuf + len, in->inlen - len))
		return -EOPNOTSUPP;

	*post = (struct uvb_post) {
		.bundle = bundle,
		.wqes = in->inbuf + sizeof(*cmd),
		.wqe_size = cmd->wqe_size,
		.sges = in->inbuf + sizeof(*cmd) + wqes,
		.nr_sges = cmd->sge_count,
	};
	return 0;
}

/* The struct is followed by its lists: uvb_request() would want them zero. */
static int uvb_post_request(struct uverbs_attr_bundle *bundle, struct ib_uverbs_post_send *cmd)
{
	if (bundle->ucore.inlen < sizeof(*cmd))
		return -ENOSPC;
	return copy_from_user(cmd, bundle->ucore.inbuf, sizeof(*cmd)) ? -EFAULT : 0;
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

	ret = uvb_post_request(bundle, &cmd);
	if (!ret)
		ret = uvb_post_locate(bundle, &cmd, &post);
	if (!ret && cmd.wqe_size < sizeof(struct ib_uverbs_send_wr))
		ret = -EINVAL;
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

/* ---- receive ---- */

static_assert(sizeof(struct ib_uverbs_post_send) == sizeof(struct ib_uverbs_post_recv) &&
	      offsetof(struct ib_uverbs_post_send, qp_handle) ==
	      offsetof(struct ib_uverbs_post_recv, qp_handle) &&
	      offsetof(struct ib_uverbs_post_send, wr_count) ==
	      offsetof(struct ib_uverbs_post_recv, wr_count) &&
	      offsetof(struct ib_uverbs_post_send, sge_count) ==
	      offsetof(struct ib_uverbs_post_recv, sge_count) &&
	      offsetof(struct ib_uverbs_post_send, wqe_size) ==
	      offsetof(struct ib_uverbs_post_recv, wqe_size));
static_assert(sizeof(struct ib_uverbs_post_send) == sizeof(struct ib_uverbs_post_srq_recv) &&
	      offsetof(struct ib_uverbs_post_send, qp_handle) ==
	      offsetof(struct ib_uverbs_post_srq_recv, srq_handle) &&
	      offsetof(struct ib_uverbs_post_send, wr_count) ==
	      offsetof(struct ib_uverbs_post_srq_recv, wr_count) &&
	      offsetof(struct ib_uverbs_post_send, sge_count) ==
	      offsetof(struct ib_uverbs_post_srq_recv, sge_count) &&
	      offsetof(struct ib_uverbs_post_send, wqe_size) ==
	      offsetof(struct ib_uverbs_post_srq_recv, wqe_size));

/* Bytes of work requests and scatter list for which a command needs no allocation. */
#define UVB_RECV_SMALL	256

/**
 * struct uvb_recv - the receive work requests of one command
 * @first: the first, or NULL; the array is followed by the scatter list
 * @memory: what was allocated, or NULL
 * @small: used instead if it is enough
 */
struct uvb_recv {
	struct ib_recv_wr *first;
	void *memory;
	u8 small[UVB_RECV_SMALL] __aligned(8);
};

static int uvb_recv_copy(struct uvb_post *post, struct ib_recv_wr *wr, u32 count)
{
	struct ib_sge *sge = (struct ib_sge *)(wr + count);
	struct ib_uverbs_recv_wr from;
	u32 i;

	for (i = 0; i < count; i++, wr++) {
		if (copy_from_user(&from, post->wqes + i * post->wqe_size, sizeof(from)))
			return -EFAULT;
		if (from.num_sge > post->nr_sges)
			return -EINVAL;
		*wr = (struct ib_recv_wr) {
			.next = i + 1 < count ? wr + 1 : NULL,
			.wr_id = from.wr_id,
			.num_sge = from.num_sge,
			.sg_list = from.num_sge ? sge : NULL,
		};
		if (copy_from_user(sge, post->sges, from.num_sge * sizeof(*sge)))
			return -EFAULT;
		post->sges += from.num_sge;
		post->nr_sges -= from.num_sge;
		sge += from.num_sge;
	}
	return 0;
}

/* Everything into one piece of memory. The input, which is not long, bounds its size. */
static int uvb_recv_unpack(struct uverbs_attr_bundle *bundle,
			   const struct ib_uverbs_post_send *cmd, struct uvb_recv *recv)
{
	struct uvb_post post;
	size_t size;
	int ret;

	recv->first = NULL;
	recv->memory = NULL;
	if (cmd->wqe_size < sizeof(struct ib_uverbs_recv_wr))
		return -EINVAL;
	ret = uvb_post_locate(bundle, cmd, &post);
	if (ret || !cmd->wr_count)
		return ret;

	size = cmd->wr_count * sizeof(*recv->first) + cmd->sge_count * sizeof(struct ib_sge);
	if (size <= sizeof(recv->small)) {
		recv->first = (struct ib_recv_wr *)recv->small;
	} else {
		recv->memory = kvmalloc(size, GFP_KERNEL);
		if (!recv->memory)
			return -ENOMEM;
		recv->first = recv->memory;
	}
	return uvb_recv_copy(&post, recv->first, cmd->wr_count);
}

/* Counted from 1: the first that was not posted. */
static u32 uvb_recv_bad(const struct uvb_recv *recv, const struct ib_recv_wr *bad)
{
	const struct ib_recv_wr *wr;
	u32 count = 0;

	for (wr = recv->first; wr; wr = wr->next) {
		count++;
		if (wr == bad)
			break;
	}
	return count;
}

static int uvb_qp_post_recv(void *queue, const struct ib_recv_wr *wr,
			    const struct ib_recv_wr **bad)
{
	struct ib_qp *qp = queue;

	return qp->device->ops.post_recv(qp->real_qp, wr, bad);
}

static int uvb_srq_post_recv(void *queue, const struct ib_recv_wr *wr,
			     const struct ib_recv_wr **bad)
{
	struct ib_srq *srq = queue;

	return srq->device->ops.post_srq_recv(srq, wr, bad);
}

static int uvb_recv_post(struct uverbs_attr_bundle *bundle, const struct ib_uverbs_post_send *cmd,
			 const struct uvb_recv *recv, unsigned int object,
			 int (*post)(void *queue, const struct ib_recv_wr *wr,
				     const struct ib_recv_wr **bad))
{
	struct ib_uverbs_post_recv_resp resp = {};
	const struct ib_recv_wr *bad = NULL;
	struct uvb_handle *handle;
	void *queue;
	int ret;

	queue = uvb_object_get(bundle, object, cmd->qp_handle, &handle);
	if (IS_ERR(queue))
		return PTR_ERR(queue);
	ret = post(queue, recv->first, &bad);
	uvb_handle_put(handle, UVERBS_BPF_ACCESS_READ);
	if (ret)
		resp.bad_wr = uvb_recv_bad(recv, bad);
	return uvb_response(bundle, &resp, sizeof(resp)) ?: ret;
}

static int uvb_recv_command(struct uverbs_attr_bundle *bundle, unsigned int object,
			    int (*post)(void *queue, const struct ib_recv_wr *wr,
					const struct ib_recv_wr **bad))
{
	struct uvb_recv recv __uninitialized;
	struct ib_uverbs_post_send cmd;
	int ret;

	ret = uvb_post_request(bundle, &cmd);
	if (ret)
		return ret;
	ret = uvb_recv_unpack(bundle, &cmd, &recv);
	if (!ret)
		ret = uvb_recv_post(bundle, &cmd, &recv, object, post);
	kvfree(recv.memory);
	return ret;
}

int uvb_cmd_post_recv(struct uverbs_attr_bundle *bundle)
{
	return uvb_recv_command(bundle, UVERBS_OBJECT_QP, uvb_qp_post_recv);
}

int uvb_cmd_post_srq_recv(struct uverbs_attr_bundle *bundle)
{
	return uvb_recv_command(bundle, UVERBS_OBJECT_SRQ, uvb_srq_post_recv);
}

/* ---- poll ---- */

static int uvb_wc_out(struct ib_device *ibdev, struct ib_uverbs_wc __user *to,
		      const struct ib_wc *wc, u32 qp_num)
{
	struct ib_uverbs_wc out = {
		.wr_id = wc->wr_id,
		.status = wc->status,
		.opcode = wc->opcode,
		.vendor_err = wc->vendor_err,
		.byte_len = wc->byte_len,
		.ex.imm_data = wc->ex.imm_data,
		.qp_num = qp_num,
		.src_qp = wc->src_qp,
		.wc_flags = wc->wc_flags,
		.pkey_index = wc->pkey_index,
		.slid = rdma_cap_opa_ah(ibdev, wc->port_num) ? OPA_TO_IB_UCAST_LID(wc->slid) :
								 ib_lid_cpu16(wc->slid),
		.sl = wc->sl,
		.dlid_path_bits = wc->dlid_path_bits,
		.port_num = wc->port_num,
	};

	return copy_to_user(to, &out, sizeof(out)) ? -EFAULT : 0;
}

/*
 * A QP that is destroyed takes its completions out of the CQ, but not the one that is out already:
 * so it waits until its number is known. ib_uverbs reads that of a QP that may be gone. The lock is
 * the file's: a QP of another file completes here only by XRC, and of the drivers of this command
 * (rdmavt, bnxt_re) none has XRC.
 */
static int uvb_poll_one(struct uvb_file *file, struct ib_cq *cq, struct ib_wc *wc, u32 *qp_num)
{
	int ret;

	down_write(&file->poll_lock);
	ret = ib_poll_cq(cq, 1, wc);
	if (ret > 0)
		*qp_num = wc->qp->qp_num;
	up_write(&file->poll_lock);
	return ret;
}

/* Completions go to user space one by one: one that cannot be delivered costs no others. */
static int uvb_poll(struct uvb_file *file, struct ib_cq *cq, u32 max,
		    struct ib_uverbs_wc __user *to, u32 *count)
{
	struct ib_wc wc;
	u32 qp_num;
	int ret;

	while (*count < max) {
		ret = uvb_poll_one(file, cq, &wc, &qp_num);
		if (ret <= 0)
			return ret;
		ret = uvb_wc_out(cq->device, to + *count, &wc, qp_num);
		if (ret)
			return ret;
		(*count)++;
	}
	return 0;
}

/*
 * The room for completions is what the command says, as it has always been:
 * the length of the answer only has to cover its header.
 */
int uvb_cmd_poll_cq(struct uverbs_attr_bundle *bundle)
{
	struct ib_uverbs_poll_cq_resp __user *to = bundle->ucore.outbuf;
	struct ib_uverbs_poll_cq_resp resp = {};
	struct ib_uverbs_poll_cq cmd;
	struct uvb_handle *handle;
	struct ib_cq *cq;
	int ret;

	ret = uvb_request(bundle, &cmd, sizeof(cmd));
	if (ret)
		return ret;
	cq = uvb_object_get(bundle, UVERBS_OBJECT_CQ, cmd.cq_handle, &handle);
	if (IS_ERR(cq))
		return PTR_ERR(cq);
	/* What it completed may be of a QP that is gone, whose number uvb_poll_one() would look up. */
	ret = uvb_cq_polled(bundle, cq, UVERBS_BPF_ATTR_NONE) ?:
	      uvb_poll(uvb_bundle_file(bundle), cq, cmd.ne, to->wc, &resp.count);
	uvb_handle_put(handle, UVERBS_BPF_ACCESS_READ);
	if (ret)
		return ret;

	if (copy_to_user(to, &resp, sizeof(resp)))
		return -EFAULT;
	return uvb_has(bundle, UVERBS_ATTR_CORE_OUT) ?
		uvb_mark_output(bundle, bundle->attrs[UVB_BKEY(UVERBS_ATTR_CORE_OUT)]
						.ptr_attr.uattr_idx) : 0;
}
