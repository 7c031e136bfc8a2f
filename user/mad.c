// SPDX-License-Identifier: BSD-2-Clause
/* Agents for management datagrams, which only uverbs_bpf has. */
#include "internal.h"

static int run(struct uvb_call *call)
{
	return uvb_call_run_own(call, "MAD agents");
}

int uvb_register_mad_agent(struct ibv_context *context, const struct uvb_mad_agent_opts *from)
{
	struct uvb_mad_agent_opts opts;
	struct ib_uverbs_attr *agent;
	struct uvb_call call;
	int ret;

	ret = UVB_CALL_START(&call, context, "MAD agent", &opts, from);
	if (ret)
		return ret;
	uvb_call_method(&call, UVERBS_BPF_OBJECT_MAD_AGENT, UVERBS_BPF_METHOD_MAD_REGISTER);
	agent = uvb_call_new(&call, UVERBS_BPF_ATTR_MAD_AGENT);
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

	ret = UVB_CALL_START(&call, context, "MAD send", &opts, from);
	if (ret)
		return ret;
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

	ret = UVB_CALL_START(&call, context, "MAD receive", &opts, to);
	if (ret)
		return ret;
	uvb_call_method(&call, UVERBS_BPF_OBJECT_MAD_AGENT, UVERBS_BPF_METHOD_MAD_RECEIVE);
	uvb_call_fd(&call, UVERBS_BPF_ATTR_MAD_AGENT, agent);
	uvb_call_out(&call, UVERBS_BPF_ATTR_MAD_ADDRESS, &opts.address, sizeof(opts.address));
	uvb_call_out(&call, UVERBS_BPF_ATTR_MAD_DATA, opts.data, opts.length);
	uvb_call_out(&call, UVERBS_BPF_ATTR_MAD_STATUS, &opts.status, sizeof(opts.status));
	ret = run(&call);
	if (!ret)
		uvb_opts_put(to, &opts, sizeof(opts));
	return ret;
}
