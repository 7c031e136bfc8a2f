/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Handlers of QPs that have a file of their own, for the schema in qp.c.
 */
#ifndef UVB_VERBS_QP_H
#define UVB_VERBS_QP_H

#include "../uvb.h"

/* What struct uverbs_bpf_qp_connection can carry. */
#define UVB_QP_CONNECTION_MASK	(IB_QP_DEST_QPN | IB_QP_RQ_PSN | IB_QP_SQ_PSN |		\
				 IB_QP_PATH_MTU | IB_QP_TIMEOUT | IB_QP_RETRY_CNT |	\
				 IB_QP_RNR_RETRY | IB_QP_MIN_RNR_TIMER |		\
				 IB_QP_MAX_QP_RD_ATOMIC | IB_QP_MAX_DEST_RD_ATOMIC)

/* qp_modify.c */
int uvb_qp_modify_method(struct uverbs_attr_bundle *bundle);
int uvb_cmd_modify_qp(struct uverbs_attr_bundle *bundle);
int uvb_cmd_ex_modify_qp(struct uverbs_attr_bundle *bundle);

/* post.c */
int uvb_cmd_post_send(struct uverbs_attr_bundle *bundle);

#endif /* UVB_VERBS_QP_H */
