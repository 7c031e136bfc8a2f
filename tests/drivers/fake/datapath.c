// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Sending and receiving between QPs of one device. The sender does all of it, in post_send: nothing
 * is ever under way. A receiver that is not ready is an error. Paths are looked at on Omni-Path
 * ports only.
 */
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "fake.h"

#define FAKE_MAX_MESSAGE	SZ_1M
/* Before each datagram. */
#define FAKE_GRH		40

/* Makes atomic operations so among each other. */
static DEFINE_MUTEX(fake_atomic_lock);

/**
 * fake_copy - copy between a buffer and what a region covers
 * @dev: device
 * @key: of the region
 * @access: what it must allow
 * @addr: as the user has it
 * @buf: the buffer
 * @length: in bytes
 * @to_region: the direction
 *
 * Return: false if there is no such region, or it does not cover or allow this.
 */
static bool fake_copy(struct fake_device *dev, u32 key, int access, u64 addr, void *buf,
		      size_t length, bool to_region)
{
	struct fake_object *object;
	struct fake_mr *mr;
	struct ib_umem *umem;
	size_t copied = 0;
	off_t skip;

	if (!length)
		return true;
	object = fake_object_get(dev, FAKE_KIND_mr, key >> 8);
	if (!object)
		return false;
	mr = container_of(object, struct fake_mr, object);
	umem = mr->umem;
	if (umem && !umem->is_dmabuf && (mr->access & access) == access && addr >= mr->ib.iova &&
	    length <= mr->ib.length && addr - mr->ib.iova <= mr->ib.length - length) {
		struct sg_table *sgt = &umem->sgt_append.sgt;

		skip = ib_umem_offset(umem) + (addr - mr->ib.iova);
		copied = to_region ?
			sg_pcopy_from_buffer(sgt->sgl, sgt->orig_nents, buf, length, skip) :
			sg_pcopy_to_buffer(sgt->sgl, sgt->orig_nents, buf, length, skip);
	}
	fake_object_put(object);
	return copied == length;
}

static bool fake_gather(struct fake_device *dev, const struct ib_send_wr *wr, void *buf)
{
	const struct ib_sge *sge = wr->sg_list;
	int i;

	for (i = 0; i < wr->num_sge; i++, buf += sge++->length) {
		/* Inline data has no region; this runs in the process that posts it. */
		if (wr->send_flags & IB_SEND_INLINE ?
		    copy_from_user(buf, u64_to_user_ptr(sge->addr), sge->length) :
		    !fake_copy(dev, sge->lkey, 0, sge->addr, buf, sge->length, false))
			return false;
	}
	return true;
}

static bool fake_scatter(struct fake_device *dev, const struct ib_sge *sge, u32 num_sge, void *buf,
			 size_t length)
{
	for (; num_sge && length; num_sge--, sge++) {
		size_t part = min_t(size_t, length, sge->length);

		if (!fake_copy(dev, sge->lkey, IB_ACCESS_LOCAL_WRITE, sge->addr, buf, part, true))
			return false;
		buf += part;
		length -= part;
	}
	return true;
}

static size_t fake_length(const struct ib_sge *sge, u32 num_sge)
{
	size_t length = 0;

	while (num_sge--)
		length += sge++->length;
	return length;
}

/* Take the oldest receive request of a QP or its SRQ. */
static bool fake_take_recv(struct fake_qp *qp, struct fake_recv *recv)
{
	struct fake_srq *srq = qp->ib.srq ? to_fake_srq(qp->ib.srq) : NULL;
	struct fake_rq *rq = srq ? &srq->rq : &qp->rq;
	spinlock_t *lock = srq ? &srq->lock : &qp->lock;
	bool taken, limit = false;

	spin_lock_irq(lock);
	taken = rq->count;
	if (taken) {
		*recv = rq->ring[rq->head];
		rq->head = (rq->head + 1) % rq->size;
		rq->count--;
		if (srq && rq->count < srq->attr.srq_limit) {
			srq->attr.srq_limit = 0;
			limit = true;
		}
	}
	spin_unlock_irq(lock);
	if (limit && srq->ib.event_handler) {
		struct ib_event event = {
			.device = srq->ib.device,
			.element.srq = &srq->ib,
			.event = IB_EVENT_SRQ_LIMIT_REACHED,
		};

		srq->ib.event_handler(&event, srq->ib.srq_context);
	}
	return taken;
}

/* Complete all receive requests of a QP that went to the error state. */
void fake_flush_qp(struct fake_qp *qp)
{
	struct ib_wc wc = { .status = IB_WC_WR_FLUSH_ERR, .opcode = IB_WC_RECV, .qp = &qp->ib };
	struct fake_recv recv;

	if (qp->ib.srq || !qp->ib.recv_cq)
		return;
	while (fake_take_recv(qp, &recv)) {
		wc.wr_id = recv.wr_id;
		fake_cq_push(to_fake_cq(qp->ib.recv_cq), &wc, true);
	}
}

static void fake_fail_qp(struct fake_qp *qp)
{
	spin_lock_irq(&qp->lock);
	qp->attr.qp_state = IB_QPS_ERR;
	spin_unlock_irq(&qp->lock);
	fake_flush_qp(qp);
}

static bool fake_is_datagram(const struct fake_qp *qp)
{
	return qp->ib.qp_type == IB_QPT_UD;
}

/* Whether the path of a QP, or the address of a datagram, leads to a port of this device. */
static bool fake_leads_home(struct fake_qp *from, const struct ib_send_wr *wr)
{
	struct fake_device *dev = to_fake(from->ib.device);
	const struct rdma_ah_attr *attr = &from->attr.ah_attr;
	u32 port;

	if (!dev->opa)
		return true;
	if (fake_is_datagram(from))
		attr = &to_fake_ah(ud_wr(wr)->ah)->attr;
	rdma_for_each_port(&dev->ib, port) {
		if (rdma_ah_get_dlid(attr) == fake_lid(dev, port))
			return true;
	}
	return false;
}

/* Whether @to listens to @from. */
static bool fake_accepts(struct fake_qp *to, struct fake_qp *from, const struct ib_send_wr *wr)
{
	enum ib_qp_state state = READ_ONCE(to->attr.qp_state);

	if (to->ib.qp_type != from->ib.qp_type ||
	    (state != IB_QPS_RTR && state != IB_QPS_RTS && state != IB_QPS_SQD))
		return false;
	return fake_is_datagram(from) ? ud_wr(wr)->remote_qkey == to->attr.qkey :
					to->attr.dest_qp_num == from->ib.qp_num;
}

/* Hand a message to the receiver. The status is the sender's. */
static enum ib_wc_status fake_deliver(struct fake_qp *to, struct fake_qp *from,
				      const struct ib_send_wr *wr, void *buf, size_t length,
				      size_t placed)
{
	struct fake_device *dev = to_fake(to->ib.device);
	bool imm = wr->opcode == IB_WR_SEND_WITH_IMM || wr->opcode == IB_WR_RDMA_WRITE_WITH_IMM;
	enum ib_wc_status status = IB_WC_SUCCESS;
	struct fake_recv recv;
	struct ib_wc wc = {
		.opcode = placed ? IB_WC_RECV_RDMA_WITH_IMM : IB_WC_RECV,
		.byte_len = placed ?: length,
		.qp = &to->ib,
		.src_qp = from->ib.qp_num,
		.port_num = 1,
	};

	if (!fake_take_recv(to, &recv))
		return IB_WC_RNR_RETRY_EXC_ERR;
	wc.wr_id = recv.wr_id;
	if (imm) {
		wc.wc_flags |= IB_WC_WITH_IMM;
		wc.ex.imm_data = wr->ex.imm_data;
	}
	if (fake_is_datagram(to) && dev->ethernet)
		wc.wc_flags |= IB_WC_GRH;
	if (length > fake_length(recv.sge, recv.num_sge)) {
		wc.status = IB_WC_LOC_LEN_ERR;
		status = IB_WC_REM_INV_REQ_ERR;
	} else if (!fake_scatter(dev, recv.sge, recv.num_sge, buf, length)) {
		wc.status = IB_WC_LOC_PROT_ERR;
		status = IB_WC_REM_OP_ERR;
	}
	fake_cq_push(to_fake_cq(to->ib.recv_cq), &wc, wr->send_flags & IB_SEND_SOLICITED);
	if (wc.status && !fake_is_datagram(to))
		fake_fail_qp(to);
	return status;
}

static enum ib_wc_status fake_atomic(struct fake_device *dev, const struct ib_send_wr *wr, u64 *old)
{
	const struct ib_atomic_wr *atomic = atomic_wr(wr);
	enum ib_wc_status status = IB_WC_SUCCESS;
	u64 value;

	mutex_lock(&fake_atomic_lock);
	if (!fake_copy(dev, atomic->rkey, IB_ACCESS_REMOTE_ATOMIC, atomic->remote_addr, old,
		       sizeof(*old), false)) {
		status = IB_WC_REM_ACCESS_ERR;
		goto out;
	}
	if (wr->opcode == IB_WR_ATOMIC_FETCH_AND_ADD)
		value = *old + atomic->compare_add;
	else
		value = *old == atomic->compare_add ? atomic->swap : *old;
	fake_copy(dev, atomic->rkey, 0, atomic->remote_addr, &value, sizeof(value), true);
out:
	mutex_unlock(&fake_atomic_lock);
	return status;
}

/* One request whose receiver is there; @buf has room for the datagram's header before the data. */
static enum ib_wc_status fake_transfer(struct fake_qp *to, struct fake_qp *from,
				       const struct ib_send_wr *wr, void *buf, size_t length)
{
	struct fake_device *dev = to_fake(from->ib.device);
	void *data = buf + FAKE_GRH;
	enum ib_wc_status status;
	u64 old;

	switch (wr->opcode) {
	case IB_WR_SEND:
	case IB_WR_SEND_WITH_IMM:
	case IB_WR_SEND_WITH_INV:
		if (!fake_gather(dev, wr, data))
			return IB_WC_LOC_PROT_ERR;
		if (fake_is_datagram(from))
			return fake_deliver(to, from, wr, buf, length + FAKE_GRH, 0);
		return fake_deliver(to, from, wr, data, length, 0);
	case IB_WR_RDMA_WRITE:
	case IB_WR_RDMA_WRITE_WITH_IMM:
		if (!fake_gather(dev, wr, data))
			return IB_WC_LOC_PROT_ERR;
		if (!fake_copy(dev, rdma_wr(wr)->rkey, IB_ACCESS_REMOTE_WRITE,
			       rdma_wr(wr)->remote_addr, data, length, true))
			return IB_WC_REM_ACCESS_ERR;
		return wr->opcode == IB_WR_RDMA_WRITE ? IB_WC_SUCCESS :
			fake_deliver(to, from, wr, data, 0, length);
	case IB_WR_RDMA_READ:
		if (!fake_copy(dev, rdma_wr(wr)->rkey, IB_ACCESS_REMOTE_READ,
			       rdma_wr(wr)->remote_addr, data, length, false))
			return IB_WC_REM_ACCESS_ERR;
		return fake_scatter(dev, wr->sg_list, wr->num_sge, data, length) ?
			IB_WC_SUCCESS : IB_WC_LOC_PROT_ERR;
	case IB_WR_ATOMIC_CMP_AND_SWP:
	case IB_WR_ATOMIC_FETCH_AND_ADD:
		status = fake_atomic(dev, wr, &old);
		if (status)
			return status;
		return fake_scatter(dev, wr->sg_list, wr->num_sge, &old, sizeof(old)) ?
			IB_WC_SUCCESS : IB_WC_LOC_PROT_ERR;
	default:
		return IB_WC_LOC_QP_OP_ERR;
	}
}

/* One request. The status is that of its completion. */
static enum ib_wc_status fake_send(struct fake_qp *qp, const struct ib_send_wr *wr, size_t length)
{
	struct fake_device *dev = to_fake(qp->ib.device);
	bool reliable = qp->ib.qp_type == IB_QPT_RC;
	enum ib_wc_status status = IB_WC_RETRY_EXC_ERR;
	struct fake_object *object;
	void *buf;

	switch (qp->ib.qp_type) {
	case IB_QPT_RC:
	case IB_QPT_UC:
	case IB_QPT_UD:
		break;
	default:
		/* Goes out, and nobody listens. */
		return IB_WC_SUCCESS;
	}
	if (length > FAKE_MAX_MESSAGE)
		return IB_WC_LOC_LEN_ERR;
	buf = kvzalloc(length + FAKE_GRH, GFP_KERNEL);
	if (!buf)
		return IB_WC_GENERAL_ERR;
	object = fake_object_get(dev, FAKE_KIND_qp, fake_is_datagram(qp) ? ud_wr(wr)->remote_qpn :
				 qp->attr.dest_qp_num);
	if (object) {
		struct fake_qp *to = container_of(object, struct fake_qp, object);

		if (fake_leads_home(qp, wr) && fake_accepts(to, qp, wr))
			status = fake_transfer(to, qp, wr, buf, length);
		fake_object_put(object);
	}
	kvfree(buf);
	/* Without acknowledgements only what goes wrong at this end is noticed. */
	if (!reliable && status != IB_WC_LOC_PROT_ERR && status != IB_WC_LOC_QP_OP_ERR)
		status = IB_WC_SUCCESS;
	return status;
}

static enum ib_wc_opcode fake_wc_opcode(enum ib_wr_opcode opcode)
{
	switch (opcode) {
	case IB_WR_RDMA_WRITE:
	case IB_WR_RDMA_WRITE_WITH_IMM:
		return IB_WC_RDMA_WRITE;
	case IB_WR_RDMA_READ:
		return IB_WC_RDMA_READ;
	case IB_WR_ATOMIC_CMP_AND_SWP:
		return IB_WC_COMP_SWAP;
	case IB_WR_ATOMIC_FETCH_AND_ADD:
		return IB_WC_FETCH_ADD;
	default:
		return IB_WC_SEND;
	}
}

static int fake_post_one(struct fake_qp *qp, const struct ib_send_wr *wr)
{
	struct fake_device *dev = to_fake(qp->ib.device);
	enum ib_qp_state state = READ_ONCE(qp->attr.qp_state);
	size_t length = fake_length(wr->sg_list, wr->num_sge);
	struct ib_wc wc = {
		.wr_id = wr->wr_id,
		.opcode = fake_wc_opcode(wr->opcode),
		.byte_len = length,
		.qp = &qp->ib,
	};

	fake_note(dev, FAKE_OP_post_send, NULL, "qp %#x opcode %d flags %#x pieces %d length %zu",
		  qp->object.number, wr->opcode, wr->send_flags, wr->num_sge, length);
	if (wr->num_sge > qp->attr.cap.max_send_sge || !qp->ib.send_cq)
		return -EINVAL;
	if (state == IB_QPS_ERR)
		wc.status = IB_WC_WR_FLUSH_ERR;
	else if (state == IB_QPS_RTS)
		wc.status = fake_send(qp, wr, length);
	else
		return -EINVAL;
	if (wc.status || (wr->send_flags & IB_SEND_SIGNALED) ||
	    qp->init.sq_sig_type == IB_SIGNAL_ALL_WR)
		fake_cq_push(to_fake_cq(qp->ib.send_cq), &wc, false);
	if (wc.status && state != IB_QPS_ERR)
		fake_fail_qp(qp);
	return 0;
}

/* Without a request this is a doorbell, and there is nothing to fetch. */
static int fake_post_send(struct ib_qp *ib, const struct ib_send_wr *wr,
			  const struct ib_send_wr **bad)
{
	struct fake_qp *qp = to_fake_qp(ib);
	int ret = fake_call(to_fake(ib->device), FAKE_OP_post_send);

	for (; !ret && wr; wr = wr->next) {
		ret = fake_post_one(qp, wr);
		if (ret)
			break;
	}
	if (ret)
		*bad = wr;
	return ret;
}

static int fake_post_recv(struct ib_qp *ib, const struct ib_recv_wr *wr,
			  const struct ib_recv_wr **bad)
{
	struct fake_qp *qp = to_fake_qp(ib);
	struct fake_device *dev = to_fake(ib->device);
	int ret = fake_call(dev, FAKE_OP_post_recv);

	if (!ret && (READ_ONCE(qp->attr.qp_state) == IB_QPS_RESET || ib->srq))
		ret = -EINVAL;
	if (ret) {
		*bad = wr;
		return ret;
	}
	fake_note(dev, FAKE_OP_post_recv, NULL, "qp %#x wr_id %#llx pieces %d", qp->object.number,
		  wr ? wr->wr_id : 0, wr ? wr->num_sge : 0);
	ret = fake_rq_post(&qp->rq, &qp->lock, wr, bad);
	if (READ_ONCE(qp->attr.qp_state) == IB_QPS_ERR)
		fake_flush_qp(qp);
	return ret;
}

const struct ib_device_ops fake_data_ops = {
	.post_send = fake_post_send,
	.post_recv = fake_post_recv,
};
