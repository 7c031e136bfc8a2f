// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Paths: from a transport's attributes by its program to what drivers take,
 * and back. What the program wrote is checked here, once, as a path from a
 * legacy command is by the kernel, before any driver sees it.
 */
#include "bpf.h"

#include <net/ipv6.h>
#include <rdma/ib_addr.h>
#include <rdma/ib_cache.h>

static u8 uvb_call_transport(const struct uvb_call *call, u16 *id)
{
	unsigned int i;

	for (i = 0; i < call->nr_ext; i++) {
		*id = call->ext[i].id;
		if (*id >> UVERBS_BPF_NS_SHIFT < UVERBS_BPF_NS_PROVIDER_FIRST)
			return *id >> UVERBS_BPF_NS_SHIFT;
	}
	return 0;
}

/*
 * Values that no path can hold, whatever the caller asked for: the program
 * let them through. Context: RCU.
 */
int uvb_path_sane(struct uvb_run *run, struct uvb_program *program)
{
	const struct uverbs_bpf_path *path = &run->ctx.path;

	if (path->has_grh > 1)
		return uvb_run_fault(run, program, "program %s: path.has_grh is %u, wants 0 or 1",
				     run->name, path->has_grh);
	if (path->flow_label > IB_GRH_FLOWLABEL_MASK)
		return uvb_run_fault(run, program, "program %s: path.flow_label is 0x%x, has 20 bits",
				     run->name, path->flow_label);
	if (path->sl > 15)
		return uvb_run_fault(run, program, "program %s: path.sl is %u, has 4 bits",
				     run->name, path->sl);
	/* The kernel keeps no more than eight bits of it. */
	if (path->sgid_index > U8_MAX)
		return uvb_run_fault(run, program, "program %s: path.sgid_index is %u, has 8 bits",
				     run->name, path->sgid_index);
	if (path->dlid && run->ctx.protocol != UVERBS_BPF_PROTOCOL_OPA &&
	    (path->dlid > U16_MAX || run->ctx.protocol != UVERBS_BPF_PROTOCOL_IB))
		return uvb_run_fault(run, program, "program %s: path.dlid is 0x%x, this port has none such",
				     run->name, path->dlid);
	if (path->reserved[0] || path->reserved[1])
		return uvb_run_fault(run, program, "program %s: path.reserved is not 0", run->name);
	return 0;
}

/* The rules for a path, with the caller to blame. */
static int uvb_path_check(struct uvb_run *run, const struct uvb_path_context *context, u16 id)
{
	struct uverbs_attr_bundle *bundle = uvb_bundle(run->call);
	const struct uverbs_bpf_path *path = &run->ctx.path;
	const struct ib_gid_attr *sgid;
	struct in6_addr dgid;

	if (!path->has_grh) {
		if (run->ctx.protocol != UVERBS_BPF_PROTOCOL_ROCE &&
		    !rdma_is_grh_required(run->ibdev, context->port))
			return 0;
		return uvb_refuse(bundle, -EINVAL, id,
				  "attribute 0x%04x: port %u wants a global route, program %s made none",
				  id, context->port, run->name);
	}
	memcpy(&dgid, path->dgid, sizeof(dgid));
	if (ipv6_addr_any(&dgid))
		return uvb_refuse(bundle, -EINVAL, id, "attribute 0x%04x: destination is zero", id);
	if (context->qp_type != IB_QPT_UD && rdma_is_multicast_addr(&dgid))
		return uvb_refuse(bundle, -EINVAL, id,
				  "attribute 0x%04x: destination is multicast, only UD sends to groups",
				  id);
	/* ib_core looks again, for what may go meanwhile; this is to have it in words. */
	if (run->sgid_index == path->sgid_index)
		return 0;
	sgid = rdma_get_gid_attr(run->ibdev, context->port, path->sgid_index);
	if (IS_ERR(sgid))
		return uvb_refuse(bundle, PTR_ERR(sgid), id,
				  "attribute 0x%04x: port %u has no GID at index %u", id,
				  context->port, path->sgid_index);
	rdma_put_gid_attr(sgid);
	return 0;
}

void uvb_path_to_ah(struct uvb_run *run, struct rdma_ah_attr *ah, u32 port)
{
	struct uverbs_bpf_path *path = &run->ctx.path;

	ah->type = rdma_ah_find_type(run->ibdev, port);
	rdma_ah_set_port_num(ah, port);
	if (path->has_grh) {
		rdma_ah_set_grh(ah, NULL, path->flow_label, path->sgid_index, path->hop_limit,
				path->traffic_class);
		rdma_ah_set_dgid_raw(ah, path->dgid);
	} else {
		rdma_ah_set_ah_flags(ah, 0);
	}
	rdma_ah_set_dlid(ah, path->dlid);
	rdma_ah_set_sl(ah, path->sl);
	rdma_ah_set_path_bits(ah, path->src_path_bits);
	rdma_ah_set_static_rate(ah, path->static_rate);
	rdma_ah_set_make_grd(ah, false);
}

void uvb_path_from_ah(struct uverbs_bpf_path *path, const struct rdma_ah_attr *ah)
{
	path->dlid = rdma_ah_get_dlid(ah);
	path->sl = rdma_ah_get_sl(ah);
	path->src_path_bits = rdma_ah_get_path_bits(ah);
	path->static_rate = rdma_ah_get_static_rate(ah);
	if (!(rdma_ah_get_ah_flags(ah) & IB_AH_GRH))
		return;
	path->has_grh = 1;
	memcpy(path->dgid, ah->grh.dgid.raw, sizeof(path->dgid));
	path->flow_label = ah->grh.flow_label;
	path->sgid_index = ah->grh.sgid_index;
	path->hop_limit = ah->grh.hop_limit;
	path->traffic_class = ah->grh.traffic_class;
}

/* Run path_set() or, with @get, path_get(). Return: 0 or an errno, with the reason in @run. */
static int uvb_path_run(struct uvb_run *run, bool get)
{
	const struct uverbs_bpf_transport_ops *ops;
	struct uvb_program *program;
	int ret;

	guard(rcu)();
	program = uvb_program_get(run->ns);
	/* It may have been detached since the attribute was parsed: as if it had been before. */
	if (!program || !uvb_program_matches(program, run->ibdev)) {
		run->refused = -EPROTONOSUPPORT;
		run->refused_attr = UVERBS_BPF_ATTR_NONE;
		scnprintf(run->text, sizeof(run->text), "transport program %s was just detached",
			  uvb_namespace_name(run->ns));
		return run->refused;
	}
	/* NUL terminated, or it would not have been attached. */
	memcpy(run->name, program->decl->name, sizeof(run->name));
	if (!(program->decl->protocols & run->ctx.protocol)) {
		run->refused = -EINVAL;
		run->refused_attr = UVERBS_BPF_ATTR_NONE;
		scnprintf(run->text, sizeof(run->text),
			  "port %u is not one transport program %s is for", run->ctx.port, run->name);
		return run->refused;
	}
	run->decl = program->decl;
	ops = uvb_transport_ops(program);
	if (get) {
		ret = ops->path_get ? ops->path_get(&run->ctx) : -EOPNOTSUPP;
		return uvb_run_result(run, program, "path_get", ret);
	}
	ret = ops->path_set ? ops->path_set(&run->ctx) : -EOPNOTSUPP;
	return uvb_run_result(run, program, "path_set", ret) ?: uvb_path_sane(run, program);
}

static int uvb_path_begin(struct uvb_run *run, struct uvb_call *call,
			  const struct uvb_path_context *context, u16 *id)
{
	int ret;

	if (!rdma_is_port_valid(context->ibdev, context->port))
		return uvb_refuse(uvb_bundle(call), -EINVAL, UVERBS_BPF_ATTR_NONE,
				  "port %u: the device has 1 to %u", context->port,
				  rdma_end_port(context->ibdev));
	ret = uvb_run_begin(run, call, context->ibdev, uvb_call_transport(call, id));
	if (ret)
		return ret;
	run->ctx.object = call->method->object;
	run->ctx.method = call->method->id;
	run->ctx.port = context->port;
	run->ctx.driver_id = context->ibdev->ops.driver_id;
	run->ctx.protocol = uvb_port_protocol(context->ibdev, context->port);
	run->ctx.qp_type = context->qp_type;
	run->ctx.cur_state = context->cur_state;
	run->ctx.next_state = context->next_state;
	return 0;
}

int uvb_ext_path_set(struct uvb_call *call, const struct uvb_path_context *context,
		     struct rdma_ah_attr *ah)
{
	struct uvb_run run __uninitialized;
	u16 id;
	int ret;

	ret = uvb_path_begin(&run, call, context, &id);
	if (ret)
		return ret;
	ret = uvb_run_end(&run, uvb_path_run(&run, false));
	if (!ret)
		ret = uvb_path_check(&run, context, id);
	if (!ret)
		uvb_path_to_ah(&run, ah, context->port);
	return ret;
}

int uvb_ext_path_get(struct uvb_call *call, const struct uvb_path_context *context,
		     const struct rdma_ah_attr *ah)
{
	struct uvb_path_context at = *context;
	struct uvb_run run __uninitialized;
	u16 id;
	int ret;

	/* A QP has no port before it is initialised, and no path: that is an answer too. */
	if (!at.port)
		at.port = rdma_start_port(at.ibdev);
	ret = uvb_path_begin(&run, call, &at, &id);
	if (ret)
		return ret;
	uvb_path_from_ah(&run.ctx.path, ah);
	return uvb_run_end(&run, uvb_path_run(&run, true));
}
