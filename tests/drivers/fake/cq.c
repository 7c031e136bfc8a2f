// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Completion queues.
 */
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "fake.h"

/* Sizes are rounded as in hardware, one less than a power of two. */
static u32 fake_cq_size(u32 cqe)
{
	return roundup_pow_of_two(cqe + 1) - 1;
}

static int fake_cq_init(struct ib_cq *ib, const struct ib_cq_init_attr *attr,
			struct uverbs_attr_bundle *attrs, enum fake_op op)
{
	struct fake_cq *cq = to_fake_cq(ib);
	struct fake_device *dev = to_fake(ib->device);
	int ret = fake_call(dev, op);

	if (ret)
		return ret;
	fake_note(dev, op, &attrs->driver_udata, "cqe %u vector %u flags %#x", attr->cqe,
		  attr->comp_vector, attr->flags);
	if (!attr->cqe || attr->cqe > FAKE_MAX_CQE)
		return -EINVAL;
	spin_lock_init(&cq->lock);
	cq->size = fake_cq_size(attr->cqe);
	cq->ring = kvcalloc(cq->size, sizeof(*cq->ring), GFP_KERNEL_ACCOUNT);
	if (!cq->ring)
		return -ENOMEM;
	ret = fake_object_add(dev, FAKE_KIND_cq, &cq->object);
	if (ret)
		goto err;
	ret = fake_respond(&attrs->driver_udata, cq->object.number);
	if (!ret)
		ret = fake_attrs(&attrs->driver_udata);
	if (ret)
		goto err_object;
	ib->cqe = cq->size;
	return 0;

err_object:
	fake_object_remove(dev, FAKE_KIND_cq, &cq->object);
err:
	kvfree(cq->ring);
	return ret;
}

static int fake_create_cq(struct ib_cq *ib, const struct ib_cq_init_attr *attr,
			  struct uverbs_attr_bundle *attrs)
{
	return fake_cq_init(ib, attr, attrs, FAKE_OP_create_cq);
}

static int fake_destroy_cq(struct ib_cq *ib, struct ib_udata *udata)
{
	struct fake_cq *cq = to_fake_cq(ib);
	struct fake_device *dev = to_fake(ib->device);
	int ret = fake_call(dev, FAKE_OP_destroy_cq);

	if (ret)
		return ret;
	fake_note(dev, FAKE_OP_destroy_cq, NULL, "cq %#x", cq->object.number);
	fake_object_remove(dev, FAKE_KIND_cq, &cq->object);
	kvfree(cq->ring);
	return 0;
}

static int fake_resize(struct fake_cq *cq, u32 cqe, struct ib_udata *udata)
{
	struct fake_device *dev = to_fake(cq->ib.device);
	int ret = fake_call(dev, FAKE_OP_resize_cq);
	struct ib_wc *ring, *old;
	u32 size, i;

	if (ret)
		return ret;
	fake_note(dev, FAKE_OP_resize_cq, udata, "cq %#x cqe %u", cq->object.number, cqe);
	if (!cqe || cqe > FAKE_MAX_CQE)
		return -EINVAL;
	size = fake_cq_size(cqe);
	ring = kvcalloc(size, sizeof(*ring), GFP_KERNEL_ACCOUNT);
	if (!ring)
		return -ENOMEM;
	ret = fake_respond(udata, cq->object.number);
	if (ret) {
		kvfree(ring);
		return ret;
	}
	spin_lock_irq(&cq->lock);
	if (cq->count > size) {
		spin_unlock_irq(&cq->lock);
		kvfree(ring);
		return -EINVAL;
	}
	for (i = 0; i < cq->count; i++)
		ring[i] = cq->ring[(cq->head + i) % cq->size];
	old = cq->ring;
	cq->ring = ring;
	cq->head = 0;
	cq->size = size;
	cq->ib.cqe = size;
	spin_unlock_irq(&cq->lock);
	kvfree(old);
	return 0;
}

#ifdef FAKE_HAVE_RESIZE_USER_CQ
static int fake_resize_user_cq(struct ib_cq *ib, unsigned int cqe, struct ib_udata *udata)
{
	return fake_resize(to_fake_cq(ib), cqe, udata);
}
#else
static int fake_resize_cq(struct ib_cq *ib, int cqe, struct ib_udata *udata)
{
	return fake_resize(to_fake_cq(ib), cqe, udata);
}
#endif

static int fake_modify_cq(struct ib_cq *ib, u16 count, u16 period)
{
	struct fake_cq *cq = to_fake_cq(ib);
	struct fake_device *dev = to_fake(ib->device);
	int ret = fake_call(dev, FAKE_OP_modify_cq);

	if (ret)
		return ret;
	fake_note(dev, FAKE_OP_modify_cq, NULL, "cq %#x count %u period %u", cq->object.number,
		  count, period);
	return 0;
}

static int fake_req_notify_cq(struct ib_cq *ib, enum ib_cq_notify_flags flags)
{
	struct fake_cq *cq = to_fake_cq(ib);
	struct fake_device *dev = to_fake(ib->device);
	int ret = fake_call(dev, FAKE_OP_req_notify_cq);

	if (ret)
		return ret;
	fake_note(dev, FAKE_OP_req_notify_cq, NULL, "cq %#x flags %#x", cq->object.number, flags);
	spin_lock_irq(&cq->lock);
	/* Asked for both, any completion will do. */
	if (cq->armed != IB_CQ_NEXT_COMP)
		cq->armed = flags & IB_CQ_SOLICITED_MASK;
	ret = (flags & IB_CQ_REPORT_MISSED_EVENTS) && cq->count;
	spin_unlock_irq(&cq->lock);
	return ret;
}

static int fake_poll_cq(struct ib_cq *ib, int wanted, struct ib_wc *wc)
{
	struct fake_cq *cq = to_fake_cq(ib);
	struct fake_device *dev = to_fake(ib->device);
	int ret = fake_call(dev, FAKE_OP_poll_cq);
	int n = 0;

	if (ret)
		return ret;
	spin_lock_irq(&cq->lock);
	for (; n < wanted && cq->count; n++) {
		wc[n] = cq->ring[cq->head];
		cq->head = (cq->head + 1) % cq->size;
		cq->count--;
	}
	spin_unlock_irq(&cq->lock);
	return n;
}

/**
 * fake_cq_push - a completion arrives
 * @cq: where
 * @wc: the completion
 * @solicited: whether it wakes up who waits for such ones only
 *
 * Return: false if there was no room, of which the CQ's owner is told.
 */
bool fake_cq_push(struct fake_cq *cq, const struct ib_wc *wc, bool solicited)
{
	struct ib_event event = {
		.device = cq->ib.device,
		.element.cq = &cq->ib,
		.event = IB_EVENT_CQ_ERR,
	};
	unsigned long flags;
	bool room;

	spin_lock_irqsave(&cq->lock, flags);
	room = cq->count < cq->size;
	if (room) {
		cq->ring[(cq->head + cq->count) % cq->size] = *wc;
		cq->count++;
		if (cq->armed == IB_CQ_NEXT_COMP ||
		    (cq->armed == IB_CQ_SOLICITED &&
		     (solicited || wc->status != IB_WC_SUCCESS))) {
			cq->armed = 0;
			if (cq->ib.comp_handler)
				cq->ib.comp_handler(&cq->ib, cq->ib.cq_context);
		}
	} else if (cq->ib.event_handler) {
		cq->ib.event_handler(&event, cq->ib.cq_context);
	}
	spin_unlock_irqrestore(&cq->lock, flags);
	return room;
}

void fake_cq_notify(struct fake_cq *cq)
{
	unsigned long flags;

	spin_lock_irqsave(&cq->lock, flags);
	if (cq->ib.comp_handler)
		cq->ib.comp_handler(&cq->ib, cq->ib.cq_context);
	spin_unlock_irqrestore(&cq->lock, flags);
}

/* Take the completions of a QP out, which is about to go. */
void fake_cq_forget(struct ib_cq *ib, struct ib_qp *qp)
{
	struct fake_cq *cq = to_fake_cq(ib);
	u32 from, to = 0;

	spin_lock_irq(&cq->lock);
	for (from = 0; from < cq->count; from++) {
		struct ib_wc *wc = &cq->ring[(cq->head + from) % cq->size];

		if (wc->qp != qp)
			cq->ring[(cq->head + to++) % cq->size] = *wc;
	}
	cq->count = to;
	spin_unlock_irq(&cq->lock);
}

const struct ib_device_ops fake_cq_ops = {
	.create_cq = fake_create_cq,
	.destroy_cq = fake_destroy_cq,
	.modify_cq = fake_modify_cq,
#ifdef FAKE_HAVE_RESIZE_USER_CQ
	.resize_user_cq = fake_resize_user_cq,
#else
	.resize_cq = fake_resize_cq,
#endif
	.req_notify_cq = fake_req_notify_cq,
	.poll_cq = fake_poll_cq,
	INIT_RDMA_OBJ_SIZE(ib_cq, fake_cq, ib),
};

#ifdef FAKE_HAVE_CREATE_USER_CQ
static int fake_create_user_cq(struct ib_cq *ib, const struct ib_cq_init_attr *attr,
			       struct uverbs_attr_bundle *attrs)
{
	return fake_cq_init(ib, attr, attrs, FAKE_OP_create_user_cq);
}

const struct ib_device_ops fake_user_cq_ops = {
	.create_user_cq = fake_create_user_cq,
};
#endif
