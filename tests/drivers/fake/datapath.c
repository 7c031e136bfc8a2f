// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Sending, to QPs of the same device only, while the sender is in post_send.
 */
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include "fake.h"

static int fake_post_recv(struct ib_qp *ib, const struct ib_recv_wr *wr,
			  const struct ib_recv_wr **bad)
{
	struct fake_qp *qp = to_fake_qp(ib);
	int ret = fake_call(to_fake(ib->device), FAKE_OP_post_recv);

	if (!ret && READ_ONCE(qp->attr.qp_state) == IB_QPS_RESET)
		ret = -EINVAL;
	if (ret) {
		*bad = wr;
		return ret;
	}
	return fake_rq_post(&qp->rq, &qp->lock, wr, bad);
}

static int fake_post_send(struct ib_qp *ib, const struct ib_send_wr *wr,
			  const struct ib_send_wr **bad)
{
	struct fake_qp *qp = to_fake_qp(ib);
	int ret = fake_call(to_fake(ib->device), FAKE_OP_post_send);

	/* Without a request this is a doorbell, and there is nothing to fetch. */
	if (!ret && wr && READ_ONCE(qp->attr.qp_state) != IB_QPS_RTS)
		ret = -EINVAL;
	if (ret) {
		*bad = wr;
		return ret;
	}
	for (; wr; wr = wr->next) {
		struct ib_wc wc = {
			.wr_id = wr->wr_id,
			.status = IB_WC_SUCCESS,
			.opcode = IB_WC_SEND,
			.qp = ib,
		};

		if (wr->send_flags & IB_SEND_SIGNALED || qp->init.sq_sig_type == IB_SIGNAL_ALL_WR)
			fake_cq_push(to_fake_cq(ib->send_cq), &wc, false);
	}
	return 0;
}

const struct ib_device_ops fake_data_ops = {
	.post_send = fake_post_send,
	.post_recv = fake_post_recv,
};
