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
	struct uvb_paths paths;
	int ret;

	ret = UVB_CALL_START(call, pd->context, "address", &opts, from);
	if (ret)
		return ret;
	ret = uvb_attrs_check(call, opts.attrs, opts.nr_attrs);
	if (ret)
		return ret;
	paths = (struct uvb_paths) { &opts.path, &opts.ib_path, opts.attrs, opts.nr_attrs };
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

/* Which path it is, only the port tells, and only the address the port. */
static int query(struct uvb_call *call, struct ibv_ah *ah, struct uvb_ah_opts *opts, int ib)
{
	uint32_t i;

	uvb_call_method(call, UVERBS_OBJECT_AH, UVERBS_BPF_METHOD_AH_QUERY);
	/* What -EPROTONOSUPPORT means is in the answer, whether or not somebody reads the words. */
	if (!call->error_len)
		uvb_call_out(call, UVERBS_BPF_ATTR_ERROR, call->answer, sizeof(call->answer));
	uvb_call_handle(call, UVERBS_BPF_ATTR_AH_HANDLE, ah->handle);
	uvb_call_out(call, UVERBS_BPF_ATTR_AH_PORT, &opts->port, sizeof(opts->port));
	for (i = 0; i < opts->nr_attrs; i++)
		uvb_call_out(call, opts->attrs[i].id, opts->attrs[i].data, opts->attrs[i].len);
	if (ib == 1)
		uvb_call_out(call, UVERBS_BPF_ATTR_IB_PATH, &opts->ib_path, sizeof(opts->ib_path));
	if (!ib)
		uvb_call_out(call, UVERBS_BPF_ATTR_ROCE_PATH, &opts->path, sizeof(opts->path));
	return uvb_call_run(call);
}

int uvb_query_ah(struct ibv_ah *ah, struct uvb_ah_opts *to)
{
	struct uvb_ah_opts opts;
	struct uvb_call call;
	int ret, ib;

	ret = UVB_CALL_START(&call, ah->context, "address query", &opts, to);
	if (ret)
		return ret;
	ret = uvb_attrs_check(&call, opts.attrs, opts.nr_attrs);
	if (ret)
		return ret;
	ret = query(&call, ah, &opts, -1);
	if (!ret && !opts.nr_attrs) {
		ib = uvb_port_is_ib(&call, opts.port);
		if (ib < 0)
			return ib;
		ret = query(&call, ah, &opts, ib);
	}
	if (ret == UVB_STOCK)
		return uvb_call_refuse(&call, -EOPNOTSUPP,
				       "ib_uverbs serves the device and cannot tell");
	/* Without the driver's operation the kernel has no such method. */
	if (ret == -EPROTONOSUPPORT && !uvb_call_answer(&call)->length)
		ret = -EOPNOTSUPP;
	if (ret)
		return uvb_call_fail(&call, ret);
	uvb_opts_put(to, &opts, sizeof(opts));
	return 0;
}
