/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * CQs that count, for the schemas in cq.c, qp.c, srq.c, wq.c and post.c.
 */
#ifndef UVB_VERBS_CQ_H
#define UVB_VERBS_CQ_H

#include "../uvb.h"

/* cq_counter.c */
struct uvb_cq_counter;

void uvb_cq_counter_comp_handler(struct ib_cq *cq, void *context);
void uvb_cq_counter_event_handler(struct ib_event *event, void *context);

/* The counter of a CQ, NULL for a CQ that is polled. */
static inline struct uvb_cq_counter *uvb_cq_counter(const struct ib_cq *cq)
{
	return unlikely(cq->comp_handler == uvb_cq_counter_comp_handler) ? cq->cq_context : NULL;
}

struct uvb_cq_counter *uvb_cq_counter_new(struct uverbs_attr_bundle *bundle,
					  const struct uvb_handle *handle);
/* The CQ is made: begin to count. An error leaves it to be destroyed. */
int uvb_cq_counter_start(struct uvb_cq_counter *counter, struct ib_cq *cq);
void uvb_cq_counter_put(struct uvb_cq_counter *counter);
int uvb_cq_counter_destroy(struct ib_cq *cq);
/* A QP is about to be destroyed: count what it completed. */
void uvb_cq_counter_settle(struct ib_qp *qp);

int uvb_cq_counter_init(void);
void uvb_cq_counter_exit(void);

/**
 * uvb_cq_polled() - refuse what only a CQ that is polled can do
 * @bundle: the call
 * @cq: the CQ
 * @attr: attribute that names it
 *
 * Return: 0 or -EOPNOTSUPP.
 */
static inline int uvb_cq_polled(struct uverbs_attr_bundle *bundle, const struct ib_cq *cq,
				u16 attr)
{
	if (!uvb_cq_counter(cq))
		return 0;
	return uvb_refuse(bundle, -EOPNOTSUPP, attr,
			  "the CQ counts completions: they cannot be polled or asked for, nor can it be resized or moderated");
}

/**
 * uvb_cq_for_qps() - refuse a CQ that counts to what completes without a QP, or beside one
 * @bundle: the call
 * @cq: the CQ, or NULL
 * @attr: attribute that names it
 *
 * What a QP has completed is counted before it goes (uvb_cq_counter_settle()), and drivers were
 * read for that. None of those known to be safe has WQs or XRC SRQs that complete anything.
 *
 * Return: 0 or -EOPNOTSUPP.
 */
static inline int uvb_cq_for_qps(struct uverbs_attr_bundle *bundle, const struct ib_cq *cq,
				 u16 attr)
{
	if (!cq || !uvb_cq_counter(cq))
		return 0;
	return uvb_refuse(bundle, -EOPNOTSUPP, attr,
			  "the CQ counts completions of QPs: work queues and SRQs with a CQ want one that is polled");
}

#endif /* UVB_VERBS_CQ_H */
