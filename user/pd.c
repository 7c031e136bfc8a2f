// SPDX-License-Identifier: BSD-2-Clause
/*
 * Protection domains. To a provider that keeps nothing of its own a PD is its
 * handle, and one made here is like one that it made: memory of calloc().
 */
#include <stdlib.h>

#include "internal.h"

static struct ibv_pd *alloc_legacy(struct uvb_call *call)
{
	struct ibv_pd *pd = ibv_alloc_pd(call->context);

	if (!pd)
		uvb_call_fail(call, -errno);
	return pd;
}

struct ibv_pd *uvb_alloc_pd(struct ibv_context *context, const struct uvb_pd_opts *from)
{
	struct ib_uverbs_attr *new;
	struct uvb_pd_opts opts;
	struct uvb_server server;
	struct uvb_call call;
	struct ibv_pd *pd;
	int ret;

	if (UVB_CALL_START(&call, context, "PD allocate", &opts, from))
		return NULL;
	ret = uvb_server_get(context, &server);
	if (ret)
		goto err;
	if (!server.served || !uvb_provider_is_stateless(&server))
		return alloc_legacy(&call);

	ret = -ENOMEM;
	pd = calloc(1, sizeof(*pd));
	if (!pd)
		goto err;
	uvb_call_method(&call, UVERBS_OBJECT_PD, UVERBS_BPF_METHOD_PD_ALLOC);
	new = uvb_call_new(&call, UVERBS_BPF_ATTR_PD_HANDLE);
	ret = uvb_call_run(&call);
	if (!ret) {
		pd->context = context;
		pd->handle = new->data;
		return pd;
	}
	free(pd);
	if (ret == UVB_STOCK)
		return alloc_legacy(&call);
err:
	uvb_call_fail(&call, ret);
	return NULL;
}
