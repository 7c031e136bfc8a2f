// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * What the driver hooks into uverbs_bpf directly, where that is loaded: its firmware, and QPs of
 * its own without struct ib_qp. They are brought to RTS and asked about, and move no data.
 */
#include <linux/etherdevice.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "fake.h"

static bool firmware;
module_param(firmware, bool, 0644);
MODULE_PARM_DESC(firmware, "run commands of BPF programs of the provider " FAKE_FIRMWARE_PROVIDER);

static bool direct_qps;
module_param(direct_qps, bool, 0644);
MODULE_PARM_DESC(direct_qps, "serve QPs with a struct of the driver's own");

/* What of struct ib_qp_attr it keeps: the mask's bit, type and member. */
#define FAKE_DIRECT_ATTRS(X) \
	X(IB_QP_ACCESS_FLAGS, u32, qp_access_flags) \
	X(IB_QP_QKEY, u32, qkey) \
	X(IB_QP_RQ_PSN, u32, rq_psn) \
	X(IB_QP_SQ_PSN, u32, sq_psn) \
	X(IB_QP_DEST_QPN, u32, dest_qp_num) \
	X(IB_QP_PKEY_INDEX, u16, pkey_index) \
	X(IB_QP_PATH_MTU, u8, path_mtu) \
	X(IB_QP_TIMEOUT, u8, timeout) \
	X(IB_QP_RETRY_CNT, u8, retry_cnt) \
	X(IB_QP_RNR_RETRY, u8, rnr_retry) \
	X(IB_QP_MIN_RNR_TIMER, u8, min_rnr_timer) \
	X(IB_QP_MAX_QP_RD_ATOMIC, u8, max_rd_atomic) \
	X(IB_QP_MAX_DEST_RD_ATOMIC, u8, max_dest_rd_atomic)

/**
 * struct fake_direct_qp - all that there is of a QP
 * @qp: what uverbs_bpf knows
 * @dgid: where its path goes
 * @dmac: and its packets, on Ethernet
 */
struct fake_direct_qp {
	struct uverbs_bpf_qp qp;
	union ib_gid dgid;
	u8 dmac[ETH_ALEN];
	u16 dlid;
	u32 flow_label;
	u8 sgid_index;
	u8 hop_limit;
	u8 traffic_class;
	u8 sl;
	u8 static_rate;
	u8 path_bits;
	u8 has_grh;
	u8 sig_type;
	u16 max_send_wr;
	u16 max_recv_wr;
	u8 max_send_sge;
	u8 max_recv_sge;
	u16 max_inline_data;
#define FAKE_MEMBER(bit, type, member) type member;
	FAKE_DIRECT_ATTRS(FAKE_MEMBER)
#undef FAKE_MEMBER
};

static_assert(sizeof(struct fake_direct_qp) <= UVERBS_BPF_MAX_QP);

static struct fake_direct_qp *to_direct(struct uverbs_bpf_qp *qp)
{
	return container_of(qp, struct fake_direct_qp, qp);
}

static int fake_direct_create(struct uverbs_bpf_qp *qp, struct ib_qp_init_attr *init,
			      struct ib_udata *udata)
{
	struct fake_direct_qp *direct = to_direct(qp);
	struct fake_device *dev = to_fake(qp->device);
	const struct ib_qp_cap *cap = &init->cap;
	int ret = fake_call(dev, FAKE_OP_direct_create);

	if (ret)
		return ret;
	fake_note(dev, FAKE_OP_direct_create, udata, "type %d cap %u %u %u %u %u", init->qp_type,
		  cap->max_send_wr, cap->max_recv_wr, cap->max_send_sge, cap->max_recv_sge,
		  cap->max_inline_data);
	if (cap->max_send_wr > FAKE_MAX_WR || cap->max_recv_wr > FAKE_MAX_WR ||
	    cap->max_send_sge > FAKE_MAX_SGE || cap->max_recv_sge > FAKE_MAX_SGE ||
	    cap->max_inline_data > FAKE_MAX_INLINE || init->create_flags)
		return -EINVAL;
	direct->max_send_wr = cap->max_send_wr;
	direct->max_recv_wr = cap->max_recv_wr;
	direct->max_send_sge = cap->max_send_sge;
	direct->max_recv_sge = cap->max_recv_sge;
	direct->max_inline_data = cap->max_inline_data;
	direct->sig_type = init->sq_sig_type;
	ret = xa_alloc(&dev->objects[FAKE_KIND_direct_qp], &qp->qp_num, qp,
		       XA_LIMIT(0x10, 0xffffff), GFP_KERNEL);
	if (ret)
		return ret;
	ret = fake_respond(udata, qp->qp_num);
	if (ret) {
		xa_erase(&dev->objects[FAKE_KIND_direct_qp], qp->qp_num);
		return ret;
	}
	atomic_inc(&dev->slot->live[FAKE_KIND_direct_qp]);
	return 0;
}

static void fake_direct_destroy(struct uverbs_bpf_qp *qp)
{
	struct fake_device *dev = to_fake(qp->device);

	fake_call(dev, FAKE_OP_direct_destroy);
	fake_note(dev, FAKE_OP_direct_destroy, NULL, "qp %#x", qp->qp_num);
	xa_erase(&dev->objects[FAKE_KIND_direct_qp], qp->qp_num);
	atomic_dec(&dev->slot->live[FAKE_KIND_direct_qp]);
}

static void fake_direct_path_in(struct fake_direct_qp *direct, const struct rdma_ah_attr *ah)
{
	direct->dgid = ah->grh.dgid;
	direct->flow_label = ah->grh.flow_label;
	direct->sgid_index = ah->grh.sgid_index;
	direct->hop_limit = ah->grh.hop_limit;
	direct->traffic_class = ah->grh.traffic_class;
	direct->sl = rdma_ah_get_sl(ah);
	direct->static_rate = rdma_ah_get_static_rate(ah);
	direct->path_bits = rdma_ah_get_path_bits(ah);
	direct->dlid = rdma_ah_get_dlid(ah);
	direct->has_grh = !!(rdma_ah_get_ah_flags(ah) & IB_AH_GRH);
	if (ah->type == RDMA_AH_ATTR_TYPE_ROCE)
		memcpy(direct->dmac, ah->roce.dmac, ETH_ALEN);
}

static void fake_direct_path_out(const struct fake_direct_qp *direct, struct rdma_ah_attr *ah)
{
	if (direct->has_grh) {
		rdma_ah_set_grh(ah, (union ib_gid *)&direct->dgid, direct->flow_label,
				direct->sgid_index, direct->hop_limit, direct->traffic_class);
	}
	rdma_ah_set_sl(ah, direct->sl);
	rdma_ah_set_static_rate(ah, direct->static_rate);
	rdma_ah_set_path_bits(ah, direct->path_bits);
	rdma_ah_set_dlid(ah, direct->dlid);
	if (ah->type == RDMA_AH_ATTR_TYPE_ROCE)
		memcpy(ah->roce.dmac, direct->dmac, ETH_ALEN);
}

/* What it was created with stays. */
static void fake_direct_reset(struct fake_direct_qp *direct)
{
	static const struct rdma_ah_attr none;

#define FAKE_CLEAR(bit, type, member) direct->member = 0;
	FAKE_DIRECT_ATTRS(FAKE_CLEAR)
#undef FAKE_CLEAR
	fake_direct_path_in(direct, &none);
	eth_zero_addr(direct->dmac);
}

static int fake_direct_modify(struct uverbs_bpf_qp *qp, struct ib_qp_attr *attr, int mask,
			      struct ib_udata *udata)
{
	struct fake_direct_qp *direct = to_direct(qp);
	struct fake_device *dev = to_fake(qp->device);
	char path[FAKE_PATH_SIZE];
	int ret = fake_call(dev, FAKE_OP_direct_modify);

	if (ret)
		return ret;
	fake_note(dev, FAKE_OP_direct_modify, udata, "qp %#x mask %#x state %u", qp->qp_num, mask,
		  attr->qp_state);
	if (mask & IB_QP_AV)
		fake_note(dev, FAKE_OP_direct_modify, NULL, "path %s",
			  fake_path(&attr->ah_attr, path, sizeof(path)));
	ret = fake_respond(udata, qp->qp_num);
	if (ret)
		return ret;
	if (mask & IB_QP_STATE && attr->qp_state == IB_QPS_RESET)
		fake_direct_reset(direct);
#define FAKE_SET(bit, type, member) \
	if (mask & (bit)) \
		direct->member = attr->member;
	FAKE_DIRECT_ATTRS(FAKE_SET)
#undef FAKE_SET
	if (mask & IB_QP_AV)
		fake_direct_path_in(direct, &attr->ah_attr);
	return 0;
}

static int fake_direct_query(struct uverbs_bpf_qp *qp, struct ib_qp_attr *attr, int mask,
			     struct ib_qp_init_attr *init)
{
	const struct fake_direct_qp *direct = to_direct(qp);
	struct fake_device *dev = to_fake(qp->device);
	int ret = fake_call(dev, FAKE_OP_direct_query);

	if (ret)
		return ret;
	fake_note(dev, FAKE_OP_direct_query, NULL, "qp %#x mask %#x", qp->qp_num, mask);
#define FAKE_GET(bit, type, member) attr->member = direct->member;
	FAKE_DIRECT_ATTRS(FAKE_GET)
#undef FAKE_GET
	fake_direct_path_out(direct, &attr->ah_attr);
	init->cap = (struct ib_qp_cap) {
		.max_send_wr = direct->max_send_wr,
		.max_recv_wr = direct->max_recv_wr,
		.max_send_sge = direct->max_send_sge,
		.max_recv_sge = direct->max_recv_sge,
		.max_inline_data = direct->max_inline_data,
	};
	attr->cap = init->cap;
	init->sq_sig_type = direct->sig_type;
	return 0;
}

static uint direct_size = sizeof(struct fake_direct_qp);
module_param(direct_size, uint, 0644);
MODULE_PARM_DESC(direct_size, "how many bytes it says that struct has, not less than it has");

static struct uverbs_bpf_qp_ops fake_direct_qp_ops = {
	.create = fake_direct_create,
	.modify = fake_direct_modify,
	.query = fake_direct_query,
	.destroy = fake_direct_destroy,
};

/**
 * fake_direct_event - report an event of a QP of ours
 * @dev: device
 * @number: the QP's
 * @type: enum ib_event_type
 *
 * Return: 0; -ENOENT if there is none.
 */
int fake_direct_event(struct fake_device *dev, u32 number, u32 type)
{
	struct xarray *qps = &dev->objects[FAKE_KIND_direct_qp];
	struct uverbs_bpf_qp *qp;
	unsigned long flags;

	/* It is not destroyed meanwhile. */
	xa_lock_irqsave(qps, flags);
	qp = xa_load(qps, number);
	if (qp && type == IB_EVENT_QP_FATAL)
		WRITE_ONCE(qp->state, IB_QPS_ERR);
	if (qp)
		dev->qp_event(qp, type);
	xa_unlock_irqrestore(qps, flags);
	return qp ? 0 : -ENOENT;
}

static void fake_put_hooks(struct fake_device *dev)
{
	if (dev->qp_event)
		symbol_put(uverbs_bpf_qp_event);
	if (dev->unhook)
		symbol_put(uverbs_bpf_driver_unregister);
	symbol_put(uverbs_bpf_driver_register);
	dev->hook = NULL;
}

/**
 * fake_hook - hook into uverbs_bpf what the module's parameters say, if it is there
 * @dev: device, not registered yet
 *
 * Return: 0 or a negative errno.
 */
int fake_hook(struct fake_device *dev)
{
	int ret = -ENOENT;

	if (!firmware && !direct_qps)
		return 0;
	dev->hook = symbol_get(uverbs_bpf_driver_register);
	/* ib_uverbs serves the device, without. */
	if (!dev->hook)
		return 0;
	dev->unhook = symbol_get(uverbs_bpf_driver_unregister);
	dev->qp_event = symbol_get(uverbs_bpf_qp_event);
	dev->hooks.owner = THIS_MODULE;
	if (firmware) {
		dev->hooks.exec = fake_exec;
		dev->hooks.release = fake_release;
	}
	if (direct_qps) {
		fake_direct_qp_ops.size = max_t(size_t, direct_size, sizeof(struct fake_direct_qp));
		dev->hooks.qp = &fake_direct_qp_ops;
	}
	if (dev->unhook && dev->qp_event)
		ret = dev->hook(&dev->ib, &dev->hooks);
	if (ret) {
		dev_err(&dev->slot->parent->dev, "cannot hook in: %d\n", ret);
		fake_put_hooks(dev);
	}
	return ret;
}

void fake_unhook(struct fake_device *dev)
{
	if (!dev->hook)
		return;
	dev->unhook(&dev->ib);
	fake_put_hooks(dev);
}
