// SPDX-License-Identifier: BSD-2-Clause
/* Resizing CQs. */
#include <limits.h>

#include "internal.h"

/* The ring is in the provider's memory, so that the provider resizes all CQs that have one. */
static int resize_legacy(struct uvb_call *call, struct ibv_cq *cq, uint32_t cqe)
{
	int ret = ibv_resize_cq(cq, cqe);

	if (ret == EINVAL)
		return uvb_call_refuse(call, -EINVAL,
				       "CQE: %u, refused by the driver; what is in the CQ must fit",
				       cqe);
	return ret ? uvb_call_fail(call, -ret) : 0;
}

/* A CQ of counter.c has no ring, and the provider does not know it. */
static int resize_counter(struct uvb_call *call, struct ibv_cq *cq, uint32_t cqe)
{
	uint32_t now = cq->cqe;
	int ret;

	uvb_call_method(call, UVERBS_OBJECT_CQ, UVERBS_BPF_METHOD_CQ_RESIZE);
	uvb_call_handle(call, UVERBS_BPF_ATTR_CQ_HANDLE, cq->handle);
	uvb_call_in(call, UVERBS_BPF_ATTR_CQ_CQE, &cqe, sizeof(cqe));
	uvb_call_out(call, UVERBS_BPF_ATTR_CQ_RESP_CQE, &now, sizeof(now));
	ret = uvb_call_run(call);
	/* Without the driver's operation the kernel has no such method. */
	if (ret == UVB_STOCK || ret == -EPROTONOSUPPORT)
		ret = -EOPNOTSUPP;
	if (ret)
		return uvb_call_fail(call, ret);
	cq->cqe = now;
	return 0;
}

int uvb_resize_cq(struct ibv_cq *cq, const struct uvb_cq_resize_opts *from)
{
	struct uvb_cq_resize_opts opts;
	struct ibv_device_attr device;
	struct uvb_call call;
	int ret;

	ret = UVB_CALL_START(&call, cq->context, "CQ resize", &opts, from);
	if (ret)
		return ret;
	ret = ibv_query_device(cq->context, &device);
	if (ret)
		return uvb_call_fail(&call, -ret);
	if (!opts.cqe || opts.cqe > (uint32_t)device.max_cqe)
		return uvb_call_refuse(&call, -EINVAL, "CQE: %u, a CQ of this device has 1 to %d",
				       opts.cqe, device.max_cqe);
	return uvb_cq_counts(cq) ? resize_counter(&call, cq, opts.cqe) :
				   resize_legacy(&call, cq, opts.cqe);
}
