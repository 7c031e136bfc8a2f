// SPDX-License-Identifier: BSD-2-Clause
/* Agents for management datagrams, which only uverbs_bpf has. */
#include "internal.h"

static int run(struct uvb_call *call)
{
	int ret = uvb_call_run(call);

	if (ret == UVB_STOCK)
		return uvb_call_refuse(call, -EOPNOTSUPP,
				       "ib_uverbs serves the device and has no MAD agents");
	return ret ? uvb_call_fail(call, ret) : 0;
}

int uvb_register_mad_agent(struct ibv_context *context, const struct uvb_mad_agent_opts *from)
{
	struct uvb_mad_agent_opts opts;
	struct ib_uverbs_attr *agent;
	struct uvb_call call;
	int ret;

	ret = uvb_opts_get(&opts, sizeof(opts), from);
	if (ret) {
		errno = -ret;
		return ret;
	}
	uvb_call_init(&call, context, "MAD agent", opts.error, opts.error_len);
	uvb_call_method(&call, UVERBS_BPF_OBJECT_MAD_AGENT, UVERBS_BPF_METHOD_MAD_REGISTER);
	agent = &call.hdr.attrs[call.hdr.num_attrs];
	uvb_call_fd(&call, UVERBS_BPF_ATTR_MAD_AGENT, 0);
	uvb_call_in(&call, UVERBS_BPF_ATTR_MAD_PORT, &opts.port, sizeof(opts.port));
	if (opts.smi)
		uvb_call_const(&call, UVERBS_BPF_ATTR_MAD_SMI, 1);
	if (opts.rmpp)
		uvb_call_const(&call, UVERBS_BPF_ATTR_MAD_RMPP_VERSION, 1);
	if (opts.mad_class.mgmt_class)
		uvb_call_in(&call, UVERBS_BPF_ATTR_MAD_CLASS, &opts.mad_class,
			    sizeof(opts.mad_class));
	ret = run(&call);
	return ret ? ret : (int)agent->data;
}

int uvb_send_mad(struct ibv_context *context, int agent, const struct uvb_mad_opts *from)
{
	struct uvb_mad_opts opts;
	struct uvb_call call;
	int ret;

	ret = uvb_opts_get(&opts, sizeof(opts), from);
	if (ret) {
		errno = -ret;
		return ret;
	}
	uvb_call_init(&call, context, "MAD send", opts.error, opts.error_len);
	uvb_call_method(&call, UVERBS_BPF_OBJECT_MAD_AGENT, UVERBS_BPF_METHOD_MAD_SEND);
	uvb_call_fd(&call, UVERBS_BPF_ATTR_MAD_AGENT, agent);
	uvb_call_in(&call, UVERBS_BPF_ATTR_MAD_ADDRESS, &opts.address, sizeof(opts.address));
	uvb_call_in(&call, UVERBS_BPF_ATTR_MAD_DATA, opts.data, opts.length);
	if (opts.request.timeout_ms)
		uvb_call_in(&call, UVERBS_BPF_ATTR_MAD_REQUEST, &opts.request,
			    sizeof(opts.request));
	return run(&call);
}

int uvb_receive_mad(struct ibv_context *context, int agent, struct uvb_mad_opts *to)
{
	struct uvb_mad_opts opts;
	struct uvb_call call;
	int ret;

	ret = uvb_opts_get(&opts, sizeof(opts), to);
	if (ret) {
		errno = -ret;
		return ret;
	}
	uvb_call_init(&call, context, "MAD receive", opts.error, opts.error_len);
	uvb_call_method(&call, UVERBS_BPF_OBJECT_MAD_AGENT, UVERBS_BPF_METHOD_MAD_RECEIVE);
	uvb_call_fd(&call, UVERBS_BPF_ATTR_MAD_AGENT, agent);
	uvb_call_out(&call, UVERBS_BPF_ATTR_MAD_ADDRESS, &opts.address, sizeof(opts.address));
	uvb_call_out(&call, UVERBS_BPF_ATTR_MAD_DATA, opts.data, opts.length);
	uvb_call_out(&call, UVERBS_BPF_ATTR_MAD_STATUS, &opts.status, sizeof(opts.status));
	ret = run(&call);
	if (!ret)
		memcpy(to, &opts, opts.size < sizeof(opts) ? opts.size : sizeof(opts));
	return ret;
}
