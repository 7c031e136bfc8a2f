// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Carry out work requests. The order of locks is that of rdmavt: r_lock, s_hlock, s_lock of one
 * queue pair, and never a lock of one while holding a lock of another. (rdmavt has a loopback of
 * its own, rvt_ruc_loopback(); that takes r_lock inside s_lock, which lockdep reports.)
 */
#include <rdma/ib_hdrs.h>
#include <rdma/ib_mad.h>
#include <rdma/ib_smi.h>

#include "ib.h"

#define CONNECTED	(BIT(IB_QPT_RC) | BIT(IB_QPT_UC))
#define DATAGRAM	(BIT(IB_QPT_UD) | BIT(IB_QPT_SMI) | BIT(IB_QPT_GSI))

const struct rvt_operation_params ib_test_operations[RVT_OPERATION_MAX] = {
	[IB_WR_SEND] = { sizeof(struct ib_send_wr), CONNECTED | DATAGRAM },
	[IB_WR_SEND_WITH_IMM] = { sizeof(struct ib_send_wr), CONNECTED | DATAGRAM },
	[IB_WR_SEND_WITH_INV] = { sizeof(struct ib_send_wr), BIT(IB_QPT_RC) },
	[IB_WR_RDMA_WRITE] = { sizeof(struct ib_rdma_wr), CONNECTED },
	[IB_WR_RDMA_WRITE_WITH_IMM] = { sizeof(struct ib_rdma_wr), CONNECTED },
	[IB_WR_RDMA_READ] = { sizeof(struct ib_rdma_wr), BIT(IB_QPT_RC), RVT_OPERATION_ATOMIC },
	[IB_WR_ATOMIC_CMP_AND_SWP] = { sizeof(struct ib_atomic_wr), BIT(IB_QPT_RC),
				       RVT_OPERATION_ATOMIC | RVT_OPERATION_ATOMIC_SGE },
	[IB_WR_ATOMIC_FETCH_AND_ADD] = { sizeof(struct ib_atomic_wr), BIT(IB_QPT_RC),
					 RVT_OPERATION_ATOMIC | RVT_OPERATION_ATOMIC_SGE },
	[IB_WR_LOCAL_INV] = { sizeof(struct ib_send_wr), CONNECTED, RVT_OPERATION_LOCAL },
	[IB_WR_REG_MR] = { sizeof(struct ib_reg_wr), CONNECTED, RVT_OPERATION_LOCAL },
};

const enum ib_wc_opcode ib_test_wc_opcodes[] = {
	[IB_WR_RDMA_WRITE] = IB_WC_RDMA_WRITE,
	[IB_WR_RDMA_WRITE_WITH_IMM] = IB_WC_RDMA_WRITE,
	[IB_WR_SEND] = IB_WC_SEND,
	[IB_WR_SEND_WITH_IMM] = IB_WC_SEND,
	[IB_WR_RDMA_READ] = IB_WC_RDMA_READ,
	[IB_WR_ATOMIC_CMP_AND_SWP] = IB_WC_COMP_SWAP,
	[IB_WR_ATOMIC_FETCH_AND_ADD] = IB_WC_FETCH_ADD,
	[IB_WR_SEND_WITH_INV] = IB_WC_SEND,
	[IB_WR_LOCAL_INV] = IB_WC_LOCAL_INV,
	[IB_WR_REG_MR] = IB_WC_REG_MR,
};

/* What became of a request that needs a receive which is not there: it may be tried again. */
#define RNR	IB_WC_RNR_RETRY_EXC_ERR

/* The port a LID leads to from @port; the permissive LID leads to the other end of the cable. */
static struct ib_test_port *port_by_lid(struct ib_test_port *port, u32 lid)
{
	struct ib_test_port *first = port - (port->number - 1);

	if (lid == be16_to_cpu(IB_LID_PERMISSIVE))
		return first + IB_PORTS - port->number;
	return lid >= 1 && lid <= IB_PORTS ? first + lid - 1 : NULL;
}

static void count(struct ib_test_port *from, struct ib_test_port *to, u32 length)
{
	atomic64_add(length, &from->xmit_bytes);
	atomic64_inc(&from->xmit_packets);
	atomic64_add(length, &to->rcv_bytes);
	atomic64_inc(&to->rcv_packets);
}

/*
 * Copy @length bytes between two lists of memory. Those that a work request of ours names stay
 * referenced until it is complete; the others are released as they are used up.
 */
static void copy(struct rvt_qp *qp, struct rvt_sge_state *to, bool release_to,
		 struct rvt_sge_state *from, bool release_from, u32 length, bool last_bytes_last)
{
	while (length) {
		u32 part = rvt_get_sge_length(&from->sge, length);

		rvt_copy_sge(qp, to, from->sge.vaddr, part, release_to,
			     last_bytes_last && part == length);
		rvt_update_sge(from, part, release_from);
		length -= part;
	}
}

static void memory_of(struct rvt_swqe *wqe, struct rvt_sge_state *state)
{
	*state = (struct rvt_sge_state) {
		.sg_list = wqe->sg_list + 1,
		.num_sge = wqe->wr.num_sge,
		.total_len = wqe->length,
	};
	if (wqe->wr.num_sge)
		state->sge = wqe->sg_list[0];
}

/* The memory that a peer names by address and rkey, if it may access it. */
static bool remote_memory(struct rvt_qp *qp, struct rvt_sge_state *state, u32 length, u64 address,
			  u32 rkey, int access)
{
	*state = (struct rvt_sge_state) { .num_sge = 1, .total_len = length };
	return rvt_rkey_ok(qp, &state->sge, length, address, rkey, access);
}

static void receive_complete(struct rvt_qp *qp, struct ib_wc *wc, bool solicited)
{
	if (!rvt_cq_enter(ibcq_to_rvtcq(qp->ibqp.recv_cq), wc, solicited))
		rvt_rc_error(qp, IB_WC_LOC_QP_OP_ERR);
}

/* The responder's side of an atomic operation; the result goes to the requester's memory. */
static enum ib_wc_status atomic_operation(struct rvt_qp *qp, struct rvt_swqe *wqe)
{
	struct rvt_sge_state target;
	u64 old;

	if (!(qp->qp_access_flags & IB_ACCESS_REMOTE_ATOMIC) ||
	    !IS_ALIGNED(wqe->atomic_wr.remote_addr, sizeof(u64)))
		return IB_WC_REM_INV_REQ_ERR;
	if (!remote_memory(qp, &target, sizeof(u64), wqe->atomic_wr.remote_addr,
			   wqe->atomic_wr.rkey, IB_ACCESS_REMOTE_ATOMIC))
		return IB_WC_REM_ACCESS_ERR;
	if (!IS_ALIGNED((unsigned long)target.sge.vaddr, sizeof(u64))) {
		rvt_put_ss(&target);
		return IB_WC_REM_INV_REQ_ERR;
	}
	if (wqe->wr.opcode == IB_WR_ATOMIC_FETCH_AND_ADD)
		old = atomic64_fetch_add(wqe->atomic_wr.compare_add, target.sge.vaddr);
	else
		old = cmpxchg((u64 *)target.sge.vaddr, wqe->atomic_wr.compare_add,
			      wqe->atomic_wr.swap);
	memcpy(wqe->sg_list[0].vaddr, &old, sizeof(old));
	rvt_put_ss(&target);
	return IB_WC_SUCCESS;
}

static enum ib_wc_status rdma_read(struct rvt_qp *qp, struct rvt_swqe *wqe)
{
	struct rvt_sge_state from, to;

	if (!(qp->qp_access_flags & IB_ACCESS_REMOTE_READ))
		return IB_WC_REM_INV_REQ_ERR;
	if (!wqe->length)
		return IB_WC_SUCCESS;
	if (!remote_memory(qp, &from, wqe->length, wqe->rdma_wr.remote_addr, wqe->rdma_wr.rkey,
			   IB_ACCESS_REMOTE_READ))
		return IB_WC_REM_ACCESS_ERR;
	memory_of(wqe, &to);
	copy(qp, &to, false, &from, true, wqe->length, false);
	return IB_WC_SUCCESS;
}

static enum ib_wc_status rdma_write(struct rvt_qp *qp, struct rvt_swqe *wqe)
{
	bool immediate = wqe->wr.opcode == IB_WR_RDMA_WRITE_WITH_IMM;
	struct rvt_sge_state from, to;
	int ret;

	if (!(qp->qp_access_flags & IB_ACCESS_REMOTE_WRITE))
		return IB_WC_REM_INV_REQ_ERR;
	if (immediate) {
		ret = rvt_get_rwqe(qp, true);
		if (ret <= 0)
			return ret ? IB_WC_REM_OP_ERR : RNR;
	}
	if (!wqe->length)
		return IB_WC_SUCCESS;
	if (!remote_memory(qp, &to, wqe->length, wqe->rdma_wr.remote_addr, wqe->rdma_wr.rkey,
			   IB_ACCESS_REMOTE_WRITE))
		return IB_WC_REM_ACCESS_ERR;
	memory_of(wqe, &from);
	copy(qp, &to, true, &from, false, wqe->length, true);
	return IB_WC_SUCCESS;
}

static enum ib_wc_status send(struct rvt_qp *qp, struct rvt_swqe *wqe, struct ib_wc *wc)
{
	struct rvt_sge_state from;
	int ret;

	ret = rvt_get_rwqe(qp, false);
	if (ret <= 0)
		return ret ? IB_WC_REM_OP_ERR : RNR;
	if (wqe->length > qp->r_len)
		return IB_WC_REM_INV_REQ_ERR;
	if (wqe->wr.opcode == IB_WR_SEND_WITH_INV) {
		if (rvt_invalidate_rkey(qp, wqe->wr.ex.invalidate_rkey))
			return IB_WC_REM_ACCESS_ERR;
		wc->wc_flags |= IB_WC_WITH_INVALIDATE;
		wc->ex.invalidate_rkey = wqe->wr.ex.invalidate_rkey;
	}
	memory_of(wqe, &from);
	copy(qp, &qp->r_sge, true, &from, false, wqe->length, false);
	rvt_put_ss(&qp->r_sge);
	return IB_WC_SUCCESS;
}

/* What the responder does, under its r_lock. */
static enum ib_wc_status respond(struct rvt_qp *qp, struct rvt_swqe *wqe, struct ib_test_port *port)
{
	struct ib_wc wc = {
		.byte_len = wqe->length,
		.opcode = IB_WC_RECV,
		.port_num = port->number,
		.qp = &qp->ibqp,
		.sl = rdma_ah_get_sl(&qp->remote_ah_attr),
		.slid = rdma_ah_get_dlid(&qp->remote_ah_attr),
		.src_qp = qp->remote_qpn,
	};
	enum ib_wc_status status;

	switch (wqe->wr.opcode) {
	case IB_WR_SEND:
	case IB_WR_SEND_WITH_IMM:
	case IB_WR_SEND_WITH_INV:
		status = send(qp, wqe, &wc);
		break;
	case IB_WR_RDMA_WRITE:
	case IB_WR_RDMA_WRITE_WITH_IMM:
		status = rdma_write(qp, wqe);
		break;
	case IB_WR_RDMA_READ:
		status = rdma_read(qp, wqe);
		break;
	case IB_WR_ATOMIC_CMP_AND_SWP:
	case IB_WR_ATOMIC_FETCH_AND_ADD:
		status = atomic_operation(qp, wqe);
		break;
	default:
		status = IB_WC_LOC_QP_OP_ERR;
	}

	switch (status) {
	case RNR:
	case IB_WC_LOC_QP_OP_ERR:
		break;
	case IB_WC_SUCCESS:
		if (!test_and_clear_bit(RVT_R_WRID_VALID, &qp->r_aflags))
			break;
		if (wqe->wr.opcode == IB_WR_RDMA_WRITE_WITH_IMM)
			wc.opcode = IB_WC_RECV_RDMA_WITH_IMM;
		if (wqe->wr.opcode == IB_WR_RDMA_WRITE_WITH_IMM ||
		    wqe->wr.opcode == IB_WR_SEND_WITH_IMM) {
			wc.wc_flags |= IB_WC_WITH_IMM;
			wc.ex.imm_data = wqe->wr.ex.imm_data;
		}
		wc.wr_id = qp->r_wr_id;
		receive_complete(qp, &wc, wqe->wr.send_flags & IB_SEND_SOLICITED);
		break;
	case IB_WC_REM_ACCESS_ERR:
		rvt_rc_error(qp, IB_WC_LOC_PROT_ERR);
		break;
	default:
		rvt_rc_error(qp, IB_WC_LOC_QP_OP_ERR);
	}
	return status;
}

/* RC and UC: to the one queue pair that this one is connected with. */
static enum ib_wc_status send_connected(struct rvt_qp *sqp, struct rvt_swqe *wqe)
{
	struct ib_test_port *from = to_test_port(sqp), *to;
	bool reliable = sqp->ibqp.qp_type == IB_QPT_RC;
	enum ib_wc_status status = IB_WC_RETRY_EXC_ERR;
	struct rvt_qp *qp;
	unsigned long flags;

	rcu_read_lock();
	to = port_by_lid(from, rdma_ah_get_dlid(&sqp->remote_ah_attr));
	qp = to ? rvt_lookup_qpn(ib_to_rvt(sqp->ibqp.device), &to->rvp, sqp->remote_qpn) : NULL;
	if (qp) {
		spin_lock_irqsave(&qp->r_lock, flags);
		if (ib_rvt_state_ops[qp->state] & RVT_PROCESS_RECV_OK &&
		    qp->ibqp.qp_type == sqp->ibqp.qp_type && qp->port_num == to->number) {
			if (qp->state == IB_QPS_RTR && !(qp->r_flags & RVT_R_COMM_EST))
				rvt_comm_est(qp);
			status = respond(qp, wqe, to);
			if (status == IB_WC_SUCCESS)
				count(from, to, wqe->length);
			if (status == RNR) {
				from->rvp.n_rnr_naks++;
				((struct ib_test_qp *)sqp->priv)->rnr_timer = qp->r_min_rnr_timer;
			}
		}
		spin_unlock_irqrestore(&qp->r_lock, flags);
	}
	rcu_read_unlock();
	/* Nobody answers on UC, so nobody knows. */
	return reliable ? status : IB_WC_SUCCESS;
}

static void fill_grh(struct ib_grh *grh, struct ib_test_port *from, struct rdma_ah_attr *ah,
		     u32 length)
{
	const struct ib_global_route *route = rdma_ah_read_grh(ah);

	grh->version_tclass_flow = cpu_to_be32(6 << 28 | route->traffic_class << 20 |
					       (route->flow_label & 0xfffff));
	grh->paylen = cpu_to_be16(length + IB_BTH_BYTES + IB_DETH_BYTES + sizeof(u32));
	grh->next_hdr = 0x1b;
	grh->hop_limit = route->hop_limit;
	grh->sgid.global.subnet_prefix = from->rvp.gid_prefix;
	grh->sgid.global.interface_id = cpu_to_be64(IB_NODE_GUID + from->number);
	grh->dgid = route->dgid;
}

static int pkey_index(struct ib_test_port *port, u16 pkey)
{
	int i;

	for (i = 0; i < IB_PKEYS; i++)
		if (pkey && (port->pkeys[i] & 0x7fff) == (pkey & 0x7fff))
			return i;
	return -1;
}

/* One datagram to one queue pair. What cannot be delivered is lost. */
static void deliver(struct rvt_qp *sqp, struct rvt_swqe *wqe, struct rvt_qp *qp,
		    struct ib_test_port *to)
{
	struct rdma_ah_attr *ah = rvt_get_swqe_ah_attr(wqe);
	u32 qkey = rvt_get_swqe_remote_qkey(wqe), length = wqe->length + sizeof(struct ib_grh);
	struct ib_test_port *from = to_test_port(sqp);
	bool special = sqp->ibqp.qp_num <= 1;
	struct ib_wc wc = {
		.byte_len = length,
		.opcode = IB_WC_RECV,
		.port_num = to->number,
		.qp = &qp->ibqp,
		.sl = rdma_ah_get_sl(ah),
		.slid = from->number,
		.src_qp = sqp->ibqp.qp_num,
	};
	struct rvt_sge_state memory;
	unsigned long flags;
	int index;

	/* A request may name a key that only the kernel can set, and then means its own. */
	if ((s32)qkey < 0)
		qkey = sqp->qkey;
	index = pkey_index(to, from->pkeys[special ? rvt_get_swqe_pkey_index(wqe) % IB_PKEYS :
					   sqp->s_pkey_index]);

	spin_lock_irqsave(&qp->r_lock, flags);
	if (!(ib_rvt_state_ops[qp->state] & RVT_PROCESS_RECV_OK) || qp->port_num != to->number ||
	    !(DATAGRAM & BIT(qp->ibqp.qp_type)))
		goto drop;
	if (qp->ibqp.qp_num && (index < 0 || qp->qkey != qkey)) {
		if (index < 0)
			to->rvp.pkey_violations++;
		else
			to->rvp.qkey_violations++;
		goto drop;
	}
	if (rvt_get_rwqe(qp, false) <= 0)
		goto drop;
	if (length > qp->r_len) {
		rvt_rc_error(qp, IB_WC_LOC_LEN_ERR);
		goto drop;
	}
	if (rdma_ah_get_ah_flags(ah) & IB_AH_GRH) {
		struct ib_grh grh;

		fill_grh(&grh, from, ah, wqe->length);
		rvt_copy_sge(qp, &qp->r_sge, &grh, sizeof(grh), true, false);
		wc.wc_flags |= IB_WC_GRH;
	} else {
		rvt_skip_sge(&qp->r_sge, sizeof(struct ib_grh), true);
	}
	memory_of(wqe, &memory);
	copy(qp, &qp->r_sge, true, &memory, false, wqe->length, false);
	rvt_put_ss(&qp->r_sge);
	if (wqe->wr.opcode == IB_WR_SEND_WITH_IMM) {
		wc.wc_flags |= IB_WC_WITH_IMM;
		wc.ex.imm_data = wqe->wr.ex.imm_data;
	}
	if (index >= 0)
		wc.pkey_index = index;
	wc.wr_id = qp->r_wr_id;
	clear_bit(RVT_R_WRID_VALID, &qp->r_aflags);
	receive_complete(qp, &wc, wqe->wr.send_flags & IB_SEND_SOLICITED);
	count(from, to, wqe->length);
	spin_unlock_irqrestore(&qp->r_lock, flags);
	return;

drop:
	to->rvp.n_pkt_drops++;
	spin_unlock_irqrestore(&qp->r_lock, flags);
}

/* To all that joined, on both ports, the sender included. */
static void send_multicast(struct rvt_qp *sqp, struct rvt_swqe *wqe, struct rdma_ah_attr *ah)
{
	struct ib_test_dev *dev = to_test_dev(sqp->ibqp.device);
	union ib_gid mgid;
	int i;

	if (!(rdma_ah_get_ah_flags(ah) & IB_AH_GRH))
		return;
	mgid = rdma_ah_read_grh(ah)->dgid;
	for (i = 0; i < IB_PORTS; i++) {
		struct ib_test_port *to = &dev->ports[i];
		struct rvt_mcast_qp *member;
		struct rvt_mcast *group;

		group = rvt_mcast_find(&to->rvp, &mgid, rdma_ah_get_dlid(ah));
		if (!group)
			continue;
		rcu_read_lock();
		list_for_each_entry_rcu(member, &group->qp_list, list)
			deliver(sqp, wqe, member->qp, to);
		rcu_read_unlock();
		/* rdmavt waits for the last one before it frees the group. */
		if (atomic_dec_return(&group->refcount) <= 1)
			wake_up(&group->wait);
	}
}

static enum ib_wc_status send_datagram(struct rvt_qp *sqp, struct rvt_swqe *wqe)
{
	struct rdma_ah_attr *ah = rvt_get_swqe_ah_attr(wqe);
	u32 lid = rdma_ah_get_dlid(ah);
	struct ib_test_port *to;
	struct rvt_qp *qp;

	if (lid >= be16_to_cpu(IB_MULTICAST_LID_BASE) && lid != be16_to_cpu(IB_LID_PERMISSIVE)) {
		send_multicast(sqp, wqe, ah);
		return IB_WC_SUCCESS;
	}
	to = port_by_lid(to_test_port(sqp), lid);
	if (!to)
		return IB_WC_SUCCESS;
	rcu_read_lock();
	qp = rvt_lookup_qpn(ib_to_rvt(sqp->ibqp.device), &to->rvp, rvt_get_swqe_remote_qpn(wqe));
	if (qp)
		deliver(sqp, wqe, qp, to);
	rcu_read_unlock();
	return IB_WC_SUCCESS;
}

static enum ib_wc_status carry_out(struct rvt_qp *qp, struct rvt_swqe *wqe)
{
	enum ib_wc_status status = IB_WC_SUCCESS;

	switch (wqe->wr.opcode) {
	case IB_WR_REG_MR:
		return IB_WC_SUCCESS;
	case IB_WR_LOCAL_INV:
		/* Already done when it was posted, unless something before had to be awaited. */
		if (wqe->wr.send_flags & RVT_SEND_COMPLETION_ONLY)
			return IB_WC_SUCCESS;
		if (rvt_invalidate_rkey(qp, wqe->wr.ex.invalidate_rkey))
			status = IB_WC_LOC_PROT_ERR;
		atomic_dec(&qp->local_ops_pending);
		return status;
	default:
		return BIT(qp->ibqp.qp_type) & CONNECTED ? send_connected(qp, wqe) :
			send_datagram(qp, wqe);
	}
}

/*
 * The next request that can be carried out or, with @flush, has to be flushed. Only the work item
 * takes requests, so the entry stays as it is until it is completed.
 */
static struct rvt_swqe *next_request(struct rvt_qp *qp, bool *flush)
{
	struct rvt_swqe *wqe = NULL;
	unsigned long flags;
	int may;

	spin_lock_irqsave(&qp->s_lock, flags);
	may = ib_rvt_state_ops[qp->state];
	*flush = !(may & RVT_PROCESS_NEXT_SEND_OK);
	if (qp->s_flags & RVT_S_ANY_WAIT || (*flush && !(may & RVT_FLUSH_SEND)) ||
	    qp->s_last == smp_load_acquire(&qp->s_head))
		goto out;
	wqe = rvt_get_swqe_ptr(qp, qp->s_last);
	if (qp->s_last == qp->s_cur)
		qp->s_cur = rvt_qp_swqe_incr(qp, qp->s_cur);
out:
	spin_unlock_irqrestore(&qp->s_lock, flags);
	return wqe;
}

static void last_request_reached(struct rvt_qp *qp)
{
	struct ib_event event = {
		.device = qp->ibqp.device,
		.element.qp = &qp->ibqp,
		.event = IB_EVENT_QP_LAST_WQE_REACHED,
	};

	qp->ibqp.event_handler(&event, qp->ibqp.qp_context);
}

static void complete_request(struct rvt_qp *qp, struct rvt_swqe *wqe, enum ib_wc_status status)
{
	bool last = false;
	unsigned long flags;

	spin_lock_irqsave(&qp->r_lock, flags);
	spin_lock(&qp->s_lock);
	qp->s_rnr_retry = qp->s_rnr_retry_cnt;
	rvt_send_complete(qp, wqe, status);
	if (status != IB_WC_SUCCESS && status != IB_WC_WR_FLUSH_ERR)
		last = rvt_error_qp(qp, IB_WC_WR_FLUSH_ERR);
	spin_unlock(&qp->s_lock);
	spin_unlock_irqrestore(&qp->r_lock, flags);
	if (last)
		last_request_reached(qp);
}

/* The peer has no receive: wait as long as it asked for. Returns false if that was too often. */
static bool wait_for_receive(struct rvt_qp *qp)
{
	struct ib_test_qp *priv = qp->priv;
	unsigned long flags;
	bool again;

	spin_lock_irqsave(&qp->s_lock, flags);
	again = qp->s_rnr_retry;
	if (again && ib_rvt_state_ops[qp->state] & RVT_PROCESS_NEXT_SEND_OK) {
		/* 7 means for ever. */
		if (qp->s_rnr_retry_cnt < 7)
			qp->s_rnr_retry--;
		rvt_add_rnr_timer(qp, priv->rnr_timer << IB_AETH_CREDIT_SHIFT);
	}
	spin_unlock_irqrestore(&qp->s_lock, flags);
	return again;
}

void ib_test_send(struct work_struct *work)
{
	struct rvt_qp *qp = container_of(work, struct ib_test_qp, send)->qp;
	enum ib_wc_status status;
	struct rvt_swqe *wqe;
	bool flush;

	while ((wqe = next_request(qp, &flush))) {
		status = flush ? IB_WC_WR_FLUSH_ERR : carry_out(qp, wqe);
		if (status == RNR && wait_for_receive(qp))
			continue;
		complete_request(qp, wqe, status);
		cond_resched();
	}
}
