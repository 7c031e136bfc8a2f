// SPDX-License-Identifier: BSD-2-Clause
/*
 * Address handles. What a work request carries is the provider's own
 * structure, so the provider makes the handle; the path is resolved first.
 */
#include "internal.h"

static int resolve(struct uvb_call *call, struct ibv_pd *pd, const struct uvb_ah_opts *from,
		   struct ibv_ah_attr *attr)
{
	struct uvb_ah_opts opts;
	struct uvb_paths paths = { &opts.path, &opts.ib_path };
	int ret;

	ret = uvb_opts_get(&opts, sizeof(opts), from);
	if (ret) {
		errno = -ret;
		return ret;
	}
	uvb_call_init(call, pd->context, "address", opts.error, opts.error_len);
	return uvb_path_resolve(call, pd, opts.port, IBV_QPT_UD, &paths, attr);
}

int uvb_resolve_path(struct ibv_pd *pd, const struct uvb_ah_opts *opts, struct ibv_ah_attr *attr)
{
	struct uvb_call call;

	return resolve(&call, pd, opts, attr);
}

struct ibv_ah *uvb_create_ah(struct ibv_pd *pd, const struct uvb_ah_opts *opts)
{
	struct ibv_ah_attr attr;
	struct uvb_call call;
	struct ibv_ah *ah;

	if (resolve(&call, pd, opts, &attr))
		return NULL;
	ah = ibv_create_ah(pd, &attr);
	if (!ah)
		uvb_call_fail(&call, -errno);
	return ah;
}
