/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * ib0, an InfiniBand device without hardware, for tests.
 *
 * It has two ports, joined by a cable: port 1 has LID 1, port 2 has LID 2. Verbs, memory and
 * queues are those of rdmavt, the library that the hfi1 and qib drivers are made of; user space
 * drives the device with libipathverbs, because it says it is a qib. What moves data is here:
 * work requests are carried out by a work item, from one queue pair to another.
 */
#ifndef UVB_TEST_IB_H
#define UVB_TEST_IB_H

#include <linux/workqueue.h>
#include <rdma/rdma_vt.h>
#include <rdma/rdmavt_qp.h>

#define IB_PORTS	2
#define IB_PKEYS	4
#define IB_MTU		4096
#define IB_GROUPS	64
#define IB_SUBNET_PREFIX	0xfe80000000000000ull
/* Locally administered; ports have the numbers that follow. */
#define IB_NODE_GUID	0x0200000000000100ull

/**
 * struct ib_test_port - one end of the cable
 * @rvp: what rdmavt keeps for it; first
 * @pkeys: partition keys, in host order
 * @number: 1 or 2, and the LID as well
 * @xmit_bytes: payload sent from here
 * @xmit_packets: messages sent from here
 * @rcv_bytes: payload that arrived here
 * @rcv_packets: messages that arrived here
 */
struct ib_test_port {
	struct rvt_ibport rvp;
	u16 pkeys[IB_PKEYS];
	u32 number;
	atomic64_t xmit_bytes;
	atomic64_t xmit_packets;
	atomic64_t rcv_bytes;
	atomic64_t rcv_packets;
};

/**
 * struct ib_test_group - a multicast group; its LID follows from its place in the table
 * @mgid: the multicast GID
 * @qkey: what its members send with
 * @used: whether there is one here
 */
struct ib_test_group {
	union ib_gid mgid;
	__be32 qkey;
	bool used;
};

/**
 * struct ib_test_dev - the device
 * @rdi: what rdmavt keeps for it; first
 * @ports: in the order of their numbers
 * @wq: carries out work requests
 * @groups_lock: protects @groups
 * @groups: multicast groups somebody joined
 */
struct ib_test_dev {
	struct rvt_dev_info rdi;
	struct ib_test_port ports[IB_PORTS];
	struct workqueue_struct *wq;
	spinlock_t groups_lock;
	struct ib_test_group groups[IB_GROUPS];
};

/**
 * struct ib_test_qp - what we add to a queue pair of rdmavt
 * @qp: the queue pair
 * @send: carries out what is in its send queue
 * @rnr_timer: how long the peer, which had no receive, asked it to wait
 */
struct ib_test_qp {
	struct rvt_qp *qp;
	struct work_struct send;
	u8 rnr_timer;
};

static inline struct ib_test_dev *to_test_dev(struct ib_device *ibdev)
{
	return container_of(ibdev, struct ib_test_dev, rdi.ibdev);
}

static inline struct ib_test_port *to_test_port(struct rvt_qp *qp)
{
	return &to_test_dev(qp->ibqp.device)->ports[qp->port_num - 1];
}

extern const struct rvt_operation_params ib_test_operations[RVT_OPERATION_MAX];
extern const enum ib_wc_opcode ib_test_wc_opcodes[];

struct ib_sa_mad;

void ib_test_send(struct work_struct *work);
/* Answers by changing the request; returns the status of the answer. */
__be16 ib_test_sa(struct ib_test_dev *dev, struct ib_sa_mad *mad);
int ib_test_process_mad(struct ib_device *ibdev, int flags, u32 port, const struct ib_wc *wc,
			const struct ib_grh *grh, const struct ib_mad *in, struct ib_mad *out,
			size_t *out_size, u16 *out_pkey_index);

#endif
