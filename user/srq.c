// SPDX-License-Identifier: BSD-2-Clause
/* Modifying SRQs. */
#include "internal.h"

static int modify_legacy(struct uvb_call *call, struct ibv_srq *srq,
			 const struct uvb_srq_modify_opts *opts)
{
	struct ibv_srq_attr attr = { .max_wr = opts->max_wr, .srq_limit = opts->limit };
	int ret = ibv_modify_srq(srq, &attr, opts->mask);

	return ret ? uvb_call_fail(call, -ret) : 0;
}

/*
 * A resize is the provider's, which has the queue in its memory; and rxe wants
 * a struct of its provider's whatever is changed (rxe_modify_srq()).
 */
static bool is_providers(const struct uvb_server *server, uint32_t mask)
{
	return mask & IBV_SRQ_MAX_WR || server->driver_id == RDMA_DRIVER_RXE ||
	       !uvb_provider_is_stateless(server);
}

int uvb_modify_srq(struct ibv_srq *srq, const struct uvb_srq_modify_opts *from)
{
	struct uvb_srq_modify_opts opts;
	struct uvb_server server;
	struct uvb_call call;
	int ret;

	ret = UVB_CALL_START(&call, srq->context, "SRQ modify", &opts, from);
	if (ret)
		return ret;
	if (!opts.mask || opts.mask & ~(IBV_SRQ_MAX_WR | IBV_SRQ_LIMIT))
		return uvb_call_refuse(&call, -EINVAL, "mask 0x%x: wants MAX_WR, LIMIT or both",
				       opts.mask);
	ret = uvb_server_get(srq->context, &server);
	if (ret)
		return uvb_call_fail(&call, ret);
	if (!server.served || is_providers(&server, opts.mask))
		return modify_legacy(&call, srq, &opts);

	uvb_call_method(&call, UVERBS_OBJECT_SRQ, UVERBS_BPF_METHOD_SRQ_MODIFY);
	uvb_call_handle(&call, UVERBS_BPF_ATTR_SRQ_HANDLE, srq->handle);
	uvb_call_in(&call, UVERBS_BPF_ATTR_SRQ_LIMIT, &opts.limit, sizeof(opts.limit));
	ret = uvb_call_run(&call);
	if (ret == UVB_STOCK)
		return modify_legacy(&call, srq, &opts);
	return ret ? uvb_call_fail(&call, ret) : 0;
}
