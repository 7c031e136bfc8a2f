// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Receive work queues and tables of them.
 */
#include <linux/slab.h>

#include "fake.h"

struct fake_ind_tbl {
	struct ib_rwq_ind_table ib;
	struct fake_object object;
};

static struct ib_wq *fake_create_wq(struct ib_pd *pd, struct ib_wq_init_attr *init,
				    struct ib_udata *udata)
{
	struct fake_device *dev = to_fake(pd->device);
	int ret = fake_call(dev, FAKE_OP_create_wq);
	struct fake_wq *wq;

	if (ret)
		return ERR_PTR(ret);
	fake_note(dev, FAKE_OP_create_wq, udata, "type %d wr %u sge %u flags %#x cq %#x",
		  init->wq_type, init->max_wr, init->max_sge, init->create_flags,
		  to_fake_cq(init->cq)->object.number);
	if (!init->max_wr || init->max_wr > FAKE_MAX_WR || init->max_sge > FAKE_MAX_SGE)
		return ERR_PTR(-EINVAL);
	wq = kzalloc(sizeof(*wq), GFP_KERNEL);
	if (!wq)
		return ERR_PTR(-ENOMEM);
	ret = fake_object_add(dev, FAKE_KIND_wq, &wq->object);
	if (ret)
		goto err;
	ret = fake_respond(udata, wq->object.number);
	if (ret)
		goto err_object;
	wq->ib.wq_num = wq->object.number;
	wq->ib.state = IB_WQS_RESET;
	wq->ib.event_handler = init->event_handler;
	return &wq->ib;

err_object:
	fake_object_remove(dev, FAKE_KIND_wq, &wq->object);
err:
	kfree(wq);
	return ERR_PTR(ret);
}

static int fake_modify_wq(struct ib_wq *ib, struct ib_wq_attr *attr, u32 mask,
			  struct ib_udata *udata)
{
	struct fake_wq *wq = to_fake_wq(ib);
	struct fake_device *dev = to_fake(ib->device);
	enum ib_wq_state cur, next;
	int ret = fake_call(dev, FAKE_OP_modify_wq);

	if (ret)
		return ret;
	fake_note(dev, FAKE_OP_modify_wq, udata,
		  "wq %#x mask %#x state %d cur_state %d flags %#x of %#x", wq->object.number,
		  mask, mask & IB_WQ_STATE ? attr->wq_state : 0,
		  mask & IB_WQ_CUR_STATE ? attr->curr_wq_state : 0,
		  mask & IB_WQ_FLAGS ? attr->flags : 0, mask & IB_WQ_FLAGS ? attr->flags_mask : 0);
	cur = mask & IB_WQ_CUR_STATE ? attr->curr_wq_state : ib->state;
	next = mask & IB_WQ_STATE ? attr->wq_state : cur;
	if (cur != ib->state || (cur == IB_WQS_ERR && next == IB_WQS_RDY))
		return -EINVAL;
	ret = fake_respond(udata, wq->object.number);
	if (ret)
		return ret;
	ib->state = next;
	return 0;
}

static int fake_destroy_wq(struct ib_wq *ib, struct ib_udata *udata)
{
	struct fake_wq *wq = to_fake_wq(ib);
	struct fake_device *dev = to_fake(ib->device);
	int ret = fake_call(dev, FAKE_OP_destroy_wq);

	if (ret)
		return ret;
	fake_note(dev, FAKE_OP_destroy_wq, NULL, "wq %#x", wq->object.number);
	fake_object_remove(dev, FAKE_KIND_wq, &wq->object);
	kfree(wq);
	return 0;
}

static int fake_create_rwq_ind_table(struct ib_rwq_ind_table *ib,
				     struct ib_rwq_ind_table_init_attr *init,
				     struct ib_udata *udata)
{
	struct fake_ind_tbl *table = container_of(ib, struct fake_ind_tbl, ib);
	struct fake_device *dev = to_fake(ib->device);
	int ret = fake_call(dev, FAKE_OP_create_rwq_ind_table);
	u32 i;

	if (ret)
		return ret;
	fake_note(dev, FAKE_OP_create_rwq_ind_table, udata, "log_size %u", init->log_ind_tbl_size);
	for (i = 0; i < 1U << init->log_ind_tbl_size; i++)
		fake_note(dev, FAKE_OP_create_rwq_ind_table, NULL, "%u: wq %#x", i,
			  to_fake_wq(init->ind_tbl[i])->object.number);
	ret = fake_object_add(dev, FAKE_KIND_ind_tbl, &table->object);
	if (ret)
		return ret;
	ib->ind_tbl_num = table->object.number;
	ret = fake_respond(udata, table->object.number);
	if (ret)
		fake_object_remove(dev, FAKE_KIND_ind_tbl, &table->object);
	return ret;
}

static int fake_destroy_rwq_ind_table(struct ib_rwq_ind_table *ib)
{
	struct fake_ind_tbl *table = container_of(ib, struct fake_ind_tbl, ib);
	struct fake_device *dev = to_fake(ib->device);
	int ret = fake_call(dev, FAKE_OP_destroy_rwq_ind_table);

	if (ret)
		return ret;
	fake_note(dev, FAKE_OP_destroy_rwq_ind_table, NULL, "ind_tbl %#x", table->object.number);
	fake_object_remove(dev, FAKE_KIND_ind_tbl, &table->object);
	return 0;
}

const struct ib_device_ops fake_wq_ops = {
	.create_wq = fake_create_wq,
	.modify_wq = fake_modify_wq,
	.destroy_wq = fake_destroy_wq,
	.create_rwq_ind_table = fake_create_rwq_ind_table,
	.destroy_rwq_ind_table = fake_destroy_rwq_ind_table,
	INIT_RDMA_OBJ_SIZE(ib_rwq_ind_table, fake_ind_tbl, ib),
};
