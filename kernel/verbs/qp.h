/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Handlers of QPs that have a file of their own, for the schema in qp.c.
 */
#ifndef UVB_VERBS_QP_H
#define UVB_VERBS_QP_H

#include "../uvb.h"
#include "../uverbs_bpf_driver.h"

/* The handle that QP_MODIFY, QP_CONNECT and QP_QUERY name. */
static inline struct uvb_qp *uvb_qp_of(struct uverbs_attr_bundle *bundle)
{
	return container_of(uvb_attr_handle(bundle, UVERBS_BPF_ATTR_QP_HANDLE), struct uvb_qp,
			    source.handle);
}

/* What struct uverbs_bpf_qp_connection can carry. */
#define UVB_QP_CONNECTION_MASK	(IB_QP_DEST_QPN | IB_QP_RQ_PSN | IB_QP_SQ_PSN |		\
				 IB_QP_PATH_MTU | IB_QP_TIMEOUT | IB_QP_RETRY_CNT |	\
				 IB_QP_RNR_RETRY | IB_QP_MIN_RNR_TIMER |		\
				 IB_QP_MAX_QP_RD_ATOMIC | IB_QP_MAX_DEST_RD_ATOMIC)

/**
 * struct uvb_qp_facts - what calls need to know of a QP, whoever serves it
 * @handle: what user space names it by
 * @ibdev: its device
 * @qp: the QP, NULL if the driver serves it directly
 * @direct: the driver's own struct, NULL if it does not
 * @port: from 1; 0 before it is initialised
 * @type: enum ib_qp_type
 */
struct uvb_qp_facts {
	struct uvb_handle *handle;
	struct ib_device *ibdev;
	struct ib_qp *qp;
	struct uverbs_bpf_qp *direct;
	u32 port;
	u8 type;
};

static inline struct uvb_qp_facts uvb_qp_facts(struct uvb_handle *handle)
{
	struct uverbs_bpf_qp *direct = handle->object;
	struct ib_qp *qp = handle->object;

	if (unlikely(handle->direct))
		return (struct uvb_qp_facts) {
			.handle = handle, .ibdev = direct->device, .direct = direct,
			.port = READ_ONCE(direct->port), .type = direct->type,
		};
	return (struct uvb_qp_facts) {
		.handle = handle, .ibdev = qp->device, .qp = qp, .port = qp->real_qp->port,
		.type = qp->qp_type,
	};
}

/* qp_modify.c */

/**
 * struct uvb_qp_bit - an attribute of a QP, for messages
 * @bit: IB_QP_*
 * @id: the attribute it comes from
 * @name: what callers know it as
 */
struct uvb_qp_bit {
	int bit;
	u16 id;
	const char *name;
};

/* The first attribute of a mask that is not empty. */
const struct uvb_qp_bit *uvb_qp_bit(u32 mask);
/* Their names, each after a blank; "nothing" if there are none. */
void uvb_qp_bit_names(char *to, size_t size, u32 mask);
const char *uvb_qp_state_name(u32 state);
int uvb_qp_generic_in(struct uverbs_attr_bundle *bundle, struct ib_qp_attr *attr, int *mask);
int uvb_qp_state(const struct uvb_qp_facts *qp, enum ib_qp_state *state);
int uvb_qp_transport_in(struct uverbs_attr_bundle *bundle, const struct uvb_qp_facts *qp,
			struct ib_qp_attr *attr, int *mask, u32 port, enum ib_qp_state cur,
			enum ib_qp_state next);
void uvb_qp_transport_keep(struct uverbs_attr_bundle *bundle);
int uvb_qp_check_attr(struct uverbs_attr_bundle *bundle, const struct uvb_qp_facts *qp,
		      struct ib_qp_attr *attr, int *mask);
int uvb_qp_explain_change(struct uverbs_attr_bundle *bundle, enum ib_qp_state cur,
			  enum ib_qp_state next, enum ib_qp_type type, int mask);
int uvb_qp_explain(struct uverbs_attr_bundle *bundle, struct ib_qp *qp,
		   const struct ib_qp_attr *attr, int mask, int err);
int uvb_qp_modify_before(struct uverbs_attr_bundle *bundle, const struct uvb_qp_facts *qp,
			 struct ib_qp_attr *attr, int mask);
int uvb_qp_change(struct uverbs_attr_bundle *bundle, const struct uvb_qp_facts *qp,
		  struct ib_qp_attr *attr, int mask);
int uvb_qp_modify_method(struct uverbs_attr_bundle *bundle);
int uvb_cmd_modify_qp(struct uverbs_attr_bundle *bundle);
int uvb_cmd_ex_modify_qp(struct uverbs_attr_bundle *bundle);

/* qp_connect.c */
int uvb_qp_connect_check(struct uverbs_attr_bundle *bundle, const struct uvb_qp_facts *qp,
			 struct ib_qp_attr *attr, int mask);
int uvb_qp_connect(struct uverbs_attr_bundle *bundle, const struct uvb_qp_facts *qp,
		   struct ib_qp_attr *attr, u16 path_id);
int uvb_qp_connect_method(struct uverbs_attr_bundle *bundle);

/* qp.c, for the schema in xrcd.c */
int uvb_cmd_open_qp(struct uverbs_attr_bundle *bundle);

/* qp_direct.c */
int uvb_direct_qp_create(struct uverbs_attr_bundle *bundle, struct uvb_handle *handle,
			 struct ib_pd *pd, struct ib_qp_init_attr *attr);
int uvb_direct_qp_modify(struct uverbs_attr_bundle *bundle, struct uverbs_bpf_qp *qp,
			 struct ib_qp_attr *attr, int mask);
int uvb_direct_qp_query(struct uverbs_attr_bundle *bundle, struct uverbs_bpf_qp *qp,
			struct ib_qp_attr *attr, int mask, struct ib_qp_init_attr *init);
void uvb_direct_qp_destroy(struct uverbs_attr_bundle *bundle, struct uverbs_bpf_qp *qp);

/* mcast.c */
int uvb_cmd_attach_mcast(struct uverbs_attr_bundle *bundle);
int uvb_cmd_detach_mcast(struct uverbs_attr_bundle *bundle);
void uvb_mcast_detach_all(struct uvb_qp *obj);

/* qp_eth.c */

/**
 * struct uvb_eth_step - a change of an Ethernet QP's state, and what goes with it
 * @from: enum ib_qp_state
 * @to: likewise
 * @required: IB_QP_* without which the change is refused
 * @optional: IB_QP_* that may be given, too
 */
struct uvb_eth_step {
	u8 from;
	u8 to;
	u32 required;
	u32 optional;
};

/* The row of a change, or NULL if there is no such change. */
const struct uvb_eth_step *uvb_eth_step(u32 from, u32 to);
/* Refuse attributes of Ethernet QPs for others, and those of others for Ethernet QPs. */
int uvb_qp_check_attrs(struct uverbs_attr_bundle *bundle, enum ib_qp_type type);
/* Read and check the attributes of an Ethernet QP. */
int uvb_qp_eth_in(struct uverbs_attr_bundle *bundle, const struct uvb_qp_facts *qp,
		  struct ib_qp_attr *attr, int *mask);
int uvb_qp_eth_out(struct uverbs_attr_bundle *bundle, const struct ib_qp_init_attr *attr);

/* post.c; two of them for the schemas in srq.c and cq.c */
int uvb_cmd_post_send(struct uverbs_attr_bundle *bundle);
int uvb_cmd_post_recv(struct uverbs_attr_bundle *bundle);
int uvb_cmd_post_srq_recv(struct uverbs_attr_bundle *bundle);
int uvb_cmd_poll_cq(struct uverbs_attr_bundle *bundle);

#endif /* UVB_VERBS_QP_H */
