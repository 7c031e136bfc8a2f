// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Shared receive queues, and receive requests wherever they wait.
 */
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "fake.h"

int fake_rq_init(struct fake_rq *rq, u32 size, u32 max_sge)
{
	if (size) {
		rq->ring = kvcalloc(size, sizeof(*rq->ring), GFP_KERNEL_ACCOUNT);
		if (!rq->ring)
			return -ENOMEM;
	}
	rq->size = size;
	rq->max_sge = max_sge;
	return 0;
}

void fake_rq_destroy(struct fake_rq *rq)
{
	kvfree(rq->ring);
}

/**
 * fake_rq_post - take receive requests
 * @rq: where to
 * @lock: guards @rq
 * @wr: the first request
 * @bad: the first that was not taken
 *
 * Return: 0; -EINVAL for one with too many pieces; -ENOMEM when the queue is full.
 */
int fake_rq_post(struct fake_rq *rq, spinlock_t *lock, const struct ib_recv_wr *wr,
		 const struct ib_recv_wr **bad)
{
	struct fake_recv *recv;
	int ret = 0;

	spin_lock_irq(lock);
	for (; wr; wr = wr->next) {
		if (wr->num_sge > rq->max_sge)
			ret = -EINVAL;
		else if (rq->count == rq->size)
			ret = -ENOMEM;
		if (ret) {
			*bad = wr;
			break;
		}
		recv = &rq->ring[(rq->head + rq->count++) % rq->size];
		recv->wr_id = wr->wr_id;
		recv->num_sge = wr->num_sge;
		memcpy(recv->sge, wr->sg_list, wr->num_sge * sizeof(*wr->sg_list));
	}
	spin_unlock_irq(lock);
	return ret;
}

static int fake_create_srq(struct ib_srq *ib, struct ib_srq_init_attr *init,
			   struct ib_udata *udata)
{
	struct fake_srq *srq = to_fake_srq(ib);
	struct fake_device *dev = to_fake(ib->device);
	bool has_cq = ib_srq_has_cq(init->srq_type);
	int ret = fake_call(dev, FAKE_OP_create_srq);

	if (ret)
		return ret;
	fake_note(dev, FAKE_OP_create_srq, udata,
		  "type %d wr %u sge %u limit %u cq %#x xrcd %d tags %u", init->srq_type,
		  init->attr.max_wr, init->attr.max_sge, init->attr.srq_limit,
		  has_cq ? to_fake_cq(init->ext.cq)->object.number : 0,
		  init->srq_type == IB_SRQT_XRC && init->ext.xrc.xrcd,
		  init->srq_type == IB_SRQT_TM ? init->ext.tag_matching.max_num_tags : 0);
	if (init->srq_type != IB_SRQT_BASIC && init->srq_type != IB_SRQT_XRC &&
	    init->srq_type != IB_SRQT_TM)
		return -EOPNOTSUPP;
	if (!init->attr.max_wr || init->attr.max_wr > FAKE_MAX_WR ||
	    init->attr.max_sge > FAKE_MAX_SGE)
		return -EINVAL;
	init->attr.max_wr = roundup_pow_of_two(init->attr.max_wr);
	spin_lock_init(&srq->lock);
	srq->attr = init->attr;
	ret = fake_rq_init(&srq->rq, init->attr.max_wr, init->attr.max_sge);
	if (ret)
		return ret;
	ret = fake_object_add(dev, FAKE_KIND_srq, &srq->object);
	if (ret)
		goto err;
	if (init->srq_type == IB_SRQT_XRC)
		ib->ext.xrc.srq_num = srq->object.number;
	ret = fake_respond(udata, srq->object.number);
	if (!ret)
		ret = fake_attrs(udata);
	if (ret)
		goto err_object;
	return 0;

err_object:
	fake_object_remove(dev, FAKE_KIND_srq, &srq->object);
err:
	fake_rq_destroy(&srq->rq);
	return ret;
}

static int fake_modify_srq(struct ib_srq *ib, struct ib_srq_attr *attr,
			   enum ib_srq_attr_mask mask, struct ib_udata *udata)
{
	struct fake_srq *srq = to_fake_srq(ib);
	struct fake_device *dev = to_fake(ib->device);
	int ret = fake_call(dev, FAKE_OP_modify_srq);

	if (ret)
		return ret;
	fake_note(dev, FAKE_OP_modify_srq, udata, "srq %#x mask %#x wr %u limit %u",
		  srq->object.number, mask, attr->max_wr, attr->srq_limit);
	/* Rings do not grow. */
	if (mask & ~(IB_SRQ_LIMIT | IB_SRQ_MAX_WR))
		return -EINVAL;
	if ((mask & IB_SRQ_MAX_WR) && attr->max_wr > srq->rq.size)
		return -EINVAL;
	if ((mask & IB_SRQ_LIMIT) && attr->srq_limit > srq->attr.max_wr)
		return -EINVAL;
	ret = fake_respond(udata, srq->object.number);
	if (ret)
		return ret;
	spin_lock_irq(&srq->lock);
	if (mask & IB_SRQ_MAX_WR)
		srq->attr.max_wr = attr->max_wr;
	if (mask & IB_SRQ_LIMIT)
		srq->attr.srq_limit = attr->srq_limit;
	spin_unlock_irq(&srq->lock);
	return 0;
}

static int fake_query_srq(struct ib_srq *ib, struct ib_srq_attr *attr)
{
	struct fake_srq *srq = to_fake_srq(ib);
	struct fake_device *dev = to_fake(ib->device);
	int ret = fake_call(dev, FAKE_OP_query_srq);

	if (ret)
		return ret;
	fake_note(dev, FAKE_OP_query_srq, NULL, "srq %#x", srq->object.number);
	spin_lock_irq(&srq->lock);
	*attr = srq->attr;
	spin_unlock_irq(&srq->lock);
	return 0;
}

static int fake_destroy_srq(struct ib_srq *ib, struct ib_udata *udata)
{
	struct fake_srq *srq = to_fake_srq(ib);
	struct fake_device *dev = to_fake(ib->device);
	int ret = fake_call(dev, FAKE_OP_destroy_srq);

	if (ret)
		return ret;
	fake_note(dev, FAKE_OP_destroy_srq, NULL, "srq %#x", srq->object.number);
	fake_object_remove(dev, FAKE_KIND_srq, &srq->object);
	fake_rq_destroy(&srq->rq);
	return 0;
}

static int fake_post_srq_recv(struct ib_srq *ib, const struct ib_recv_wr *wr,
			      const struct ib_recv_wr **bad)
{
	struct fake_srq *srq = to_fake_srq(ib);
	int ret = fake_call(to_fake(ib->device), FAKE_OP_post_srq_recv);

	if (ret) {
		*bad = wr;
		return ret;
	}
	return fake_rq_post(&srq->rq, &srq->lock, wr, bad);
}

const struct ib_device_ops fake_srq_ops = {
	.create_srq = fake_create_srq,
	.modify_srq = fake_modify_srq,
	.query_srq = fake_query_srq,
	.destroy_srq = fake_destroy_srq,
	.post_srq_recv = fake_post_srq_recv,
	INIT_RDMA_OBJ_SIZE(ib_srq, fake_srq, ib),
};
