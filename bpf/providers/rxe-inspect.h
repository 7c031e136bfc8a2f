/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What the provider "rxe-inspect" answers. Callers get the namespace of these
 * ids from PROVIDER_OPEN; docs/rxe-inspect.md has an example.
 */
#ifndef UVERBS_BPF_RXE_INSPECT_H
#define UVERBS_BPF_RXE_INSPECT_H

#include <linux/types.h>

#define RXE_INSPECT_VERSION	1

/* Methods; the object's handle is in the core attribute UVERBS_BPF_ATTR_OBJECT. */
#define RXE_INSPECT_METHOD_QP	0	/* of a QP */
#define RXE_INSPECT_METHOD_CQ	1	/* of a CQ */

/* Attributes. */
#define RXE_INSPECT_ATTR_QP	0	/* out struct rxe_inspect_qp; of METHOD_QP and QP_QUERY */
#define RXE_INSPECT_ATTR_CQ	1	/* out struct rxe_inspect_cq; of METHOD_CQ */

/**
 * struct rxe_inspect_queue - a ring that user space shares with the driver
 * @fill: entries that one side has put in and the other has not taken out
 * @size: how many fit; 0 if there is no such queue
 */
struct rxe_inspect_queue {
	__u32 fill;
	__u32 size;
};

/**
 * struct rxe_inspect_qp - a QP at work, PSNs with 24 bits
 * @req_psn: of the next packet the requester sends
 * @comp_psn: of the oldest packet it has no acknowledgement of
 * @resp_psn: the responder expects next
 * @ack_psn: the responder acknowledged last
 * @msn: messages the responder has completed, 24 bits
 * @retry_cnt: retries that can be made before the QP fails
 * @retry_limit: what @retry_cnt starts with
 * @rnr_retry: retries when the peer was not ready; 7 is for ever
 * @rnr_limit: what @rnr_retry starts with
 * @udp_sport: UDP source port of its packets
 * @retrying: packets are to be sent again
 * @rnr_waiting: the peer was not ready, and the time it asked for is not over
 * @packets_out: packets on their way out of this machine
 * @sq: send queue
 * @rq: receive queue; none if the QP has an SRQ
 *
 * Members are read one after the other while the QP works.
 */
struct rxe_inspect_qp {
	__u32 req_psn;
	__u32 comp_psn;
	__u32 resp_psn;
	__u32 ack_psn;
	__u32 msn;
	__u8 retry_cnt;
	__u8 retry_limit;
	__u8 rnr_retry;
	__u8 rnr_limit;
	__u16 udp_sport;
	__u8 retrying;
	__u8 rnr_waiting;
	__u32 packets_out;
	struct rxe_inspect_queue sq;
	struct rxe_inspect_queue rq;
};

/**
 * struct rxe_inspect_cq - a CQ
 * @queue: completions nobody has polled
 * @users: QPs it is a CQ of, twice if for both queues
 * @notify: 0, or what the next completion event is for (enum ib_cq_notify_flags)
 */
struct rxe_inspect_cq {
	struct rxe_inspect_queue queue;
	__u32 users;
	__u32 notify;
};

#endif /* UVERBS_BPF_RXE_INSPECT_H */
