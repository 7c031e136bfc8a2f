// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Paths: from a transport's attributes by its program to what drivers take,
 * and back. What the program wrote is checked here, once, as a path from a
 * legacy command is by the kernel, before any driver sees it. And what the
 * program says of calls on QPs that have nothing to do with a path.
 */
#include "bpf.h"

#include <net/ipv6.h>
#include <rdma/ib_addr.h>
#include <rdma/ib_cache.h>

/* Namespace of the transport whose attributes the call carries, with the first of them, or 0. */
static u8 uvb_call_transport(const struct uvb_call *call, u16 *id)
{
	unsigned int i;

	for (i = 0; i < call->nr_ext; i++) {
		*id = call->ext[i].id;
		if (*id >> UVERBS_BPF_NS_SHIFT < UVERBS_BPF_NS_PROVIDER_FIRST)
			return *id >> UVERBS_BPF_NS_SHIFT;
	}
	*id = UVERBS_BPF_ATTR_NONE;
	return 0;
}

/*
 * Values that no path can hold, whatever the caller asked for: the program
 * let them through. Context: RCU.
 */
static int uvb_path_values(struct uvb_run *run, struct uvb_program *program,
			   const struct uverbs_bpf_path *path)
{
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

int uvb_path_sane(struct uvb_run *run, struct uvb_program *program)
{
	return uvb_path_values(run, program, &run->ctx.path);
}

/* The rules for a path, with the caller to blame. */
static int uvb_path_check(struct uvb_run *run, const struct uvb_path_context *context, u16 id,
			  const struct uverbs_bpf_path *path, u32 port)
{
	struct uverbs_attr_bundle *bundle = uvb_bundle(run->call);
	const struct ib_gid_attr *sgid;
	struct in6_addr dgid;

	if (!path->has_grh) {
		if (run->ctx.protocol != UVERBS_BPF_PROTOCOL_ROCE &&
		    !rdma_is_grh_required(run->ibdev, port))
			return 0;
		return uvb_refuse(bundle, -EINVAL, id,
				  "attribute 0x%04x: port %u wants a global route, program %s made none",
				  id, port, run->name);
	}
	memcpy(&dgid, path->dgid, sizeof(dgid));
	if (ipv6_addr_any(&dgid))
		return uvb_refuse(bundle, -EINVAL, id, "attribute 0x%04x: destination is zero", id);
	if (context->qp_type != IB_QPT_UD && rdma_is_multicast_addr(&dgid))
		return uvb_refuse(bundle, -EINVAL, id,
				  "attribute 0x%04x: destination is multicast, only UD sends to groups",
				  id);
	/* ib_core looks again, for what may go meanwhile; this is to have it in words. */
	if (uvb_run_sgid(run, port, path->sgid_index))
		return 0;
	sgid = rdma_get_gid_attr(run->ibdev, port, path->sgid_index);
	if (IS_ERR(sgid))
		return uvb_refuse(bundle, PTR_ERR(sgid), id,
				  "attribute 0x%04x: port %u has no GID at index %u", id, port,
				  path->sgid_index);
	rdma_put_gid_attr(sgid);
	return 0;
}

static void uvb_path_fill(struct uvb_run *run, struct uverbs_bpf_path *path,
			  struct rdma_ah_attr *ah, u32 port)
{
	ah->type = rdma_ah_find_type(run->ibdev, port);
	rdma_ah_set_port_num(ah, port);
	if (path->has_grh) {
		rdma_ah_set_grh(ah, NULL, path->flow_label, path->sgid_index, path->hop_limit,
				path->traffic_class);
		rdma_ah_set_dgid_raw(ah, path->dgid);
		/* Lent by the call: ib_core need not look it up again, and takes a reference. */
		ah->grh.sgid_attr = uvb_run_sgid(run, port, path->sgid_index);
	} else {
		rdma_ah_set_ah_flags(ah, 0);
	}
	rdma_ah_set_dlid(ah, path->dlid);
	rdma_ah_set_sl(ah, path->sl);
	rdma_ah_set_path_bits(ah, path->src_path_bits);
	rdma_ah_set_static_rate(ah, path->static_rate);
	rdma_ah_set_make_grd(ah, false);
}

void uvb_path_to_ah(struct uvb_run *run, struct rdma_ah_attr *ah, u32 port)
{
	uvb_path_fill(run, &run->ctx.path, ah, port);
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

/* What a transport's program is called for, in this order. */
#define UVB_PATH_SET	BIT(0)
#define UVB_PATH_GET	BIT(1)
#define UVB_PATH_LEGAL	BIT(2)

/* Of struct uvb_qp.transport: state here, the namespace that it is of above. */
#define UVB_STATE_BITS	56
#define UVB_STATE_MASK	GENMASK_ULL(UVB_STATE_BITS - 1, 0)

/* Everything the program may have made. */
#define UVB_MADE	(IB_QP_AV | IB_QP_ALT_PATH | IB_QP_PATH_MIG_STATE)

/* The program's work, as far as it says it did any. Context: RCU. */
static int uvb_made_sane(struct uvb_run *run, struct uvb_program *program)
{
	const struct uverbs_bpf_ctx *ctx = &run->ctx;
	int ret;

	if (ctx->made & ~UVB_MADE)
		return uvb_run_fault(run, program, "program %s: made is 0x%x, knows 0x%x", run->name,
				     ctx->made, UVB_MADE);
	ret = uvb_path_values(run, program, &ctx->path);
	if (!ret && ctx->made & IB_QP_ALT_PATH) {
		ret = uvb_path_values(run, program, &ctx->alt.path);
		if (!ret && ctx->alt.timeout > 31)
			ret = uvb_run_fault(run, program, "program %s: alt.timeout is %u, has 5 bits",
					    run->name, ctx->alt.timeout);
	}
	if (!ret && ctx->mig_state > IB_MIG_ARMED)
		ret = uvb_run_fault(run, program, "program %s: mig_state is %u, wants 0 to %u",
				    run->name, ctx->mig_state, IB_MIG_ARMED);
	return ret;
}

/* Context: RCU. */
static int uvb_path_call(struct uvb_run *run, struct uvb_program *program, unsigned int what)
{
	const struct uverbs_bpf_transport_ops *ops = uvb_transport_ops(program);
	int ret = 0;

	if (what & UVB_PATH_SET) {
		ret = ops->path_set ? ops->path_set(&run->ctx) : -EOPNOTSUPP;
		ret = uvb_run_result(run, program, "path_set", ret);
		/* What it made is part of the change it judges. */
		run->ctx.mask |= run->ctx.made;
	}
	if (what & UVB_PATH_GET) {
		ret = ops->path_get ? ops->path_get(&run->ctx) : -EOPNOTSUPP;
		ret = uvb_run_result(run, program, "path_get", ret);
	}
	if (what & UVB_PATH_LEGAL && !ret && ops->legal)
		ret = uvb_run_result(run, program, "legal", ops->legal(&run->ctx));
	/* At the end, for legal() may write what path_set() may. */
	if (what & UVB_PATH_SET && !ret)
		ret = uvb_made_sane(run, program);
	return ret;
}

static __printf(3, 4) int uvb_path_refuse(struct uvb_run *run, int err, const char *fmt, ...)
{
	va_list args;

	run->refused = err;
	run->refused_attr = UVERBS_BPF_ATTR_NONE;
	va_start(args, fmt);
	vscnprintf(run->text, sizeof(run->text), fmt, args);
	va_end(args);
	return err;
}

/*
 * Run the program's callbacks, UVB_PATH_*, until one refuses. Return: 0 or an errno, with the
 * reason in @run.
 */
static int uvb_path_run(struct uvb_run *run, unsigned int what)
{
	struct uvb_program *program;

	guard(rcu)();
	program = uvb_program_get(run->ns);
	/* It may have been detached since the attribute was parsed: as if it had been before. */
	if (!program || !uvb_decl_may_match(program->decl, run->ibdev))
		return what == UVB_PATH_LEGAL ? 0 :
			uvb_path_refuse(run, -EPROTONOSUPPORT,
					"transport program %s was just detached",
					uvb_namespace_name(run->ns));
	/* NUL terminated, or it would not have been attached. */
	memcpy(run->name, program->decl->name, sizeof(run->name));
	if (!(program->decl->protocols & run->ctx.protocol))
		return uvb_path_refuse(run, -EINVAL,
				       "port %u is not one transport program %s is for",
				       run->ctx.port, run->name);
	run->decl = program->decl;
	return uvb_path_call(run, program, what);
}

static int uvb_path_begin(struct uvb_run *run, struct uvb_call *call,
			  const struct uvb_path_context *context, u8 ns)
{
	int ret;

	if (!rdma_is_port_valid(context->ibdev, context->port))
		return uvb_refuse(uvb_bundle(call), -EINVAL, UVERBS_BPF_ATTR_NONE,
				  "port %u: the device has 1 to %u", context->port,
				  rdma_end_port(context->ibdev));
	ret = uvb_run_begin(run, call, context->ibdev, ns);
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
	run->ctx.made = IB_QP_AV;
	if (context->transport >> UVB_STATE_BITS == ns)
		run->ctx.qp_state = context->transport & UVB_STATE_MASK;
	return 0;
}

int uvb_ext_path_set(struct uvb_call *call, const struct uvb_path_context *context,
		     struct rdma_ah_attr *ah)
{
	struct uvb_run run __uninitialized;
	u16 id;
	int ret;

	ret = uvb_path_begin(&run, call, context, uvb_call_transport(call, &id));
	if (ret)
		return ret;
	ret = uvb_run_end(&run, uvb_path_run(&run, UVB_PATH_SET));
	if (!ret)
		ret = uvb_path_check(&run, context, id, &run.ctx.path, context->port);
	if (!ret)
		uvb_path_fill(&run, &run.ctx.path, ah, context->port);
	return ret;
}

int uvb_ext_path_get(struct uvb_call *call, const struct uvb_path_context *context,
		     const struct rdma_ah_attr *ah)
{
	struct uvb_run run __uninitialized;
	u16 id;
	int ret;

	ret = uvb_path_begin(&run, call, context, uvb_call_transport(call, &id));
	if (ret)
		return ret;
	uvb_path_from_ah(&run.ctx.path, ah);
	return uvb_run_end(&run, uvb_path_run(&run, UVB_PATH_GET));
}

/* ---- QPs ---- */

u8 uvb_protocol_transport(u32 protocol)
{
	switch (protocol) {
	case UVERBS_BPF_PROTOCOL_IB:
		return UVERBS_BPF_NS_IB;
	case UVERBS_BPF_PROTOCOL_OPA:
		return UVERBS_BPF_NS_OPA;
	case UVERBS_BPF_PROTOCOL_ROCE:
		return UVERBS_BPF_NS_ROCE;
	case UVERBS_BPF_PROTOCOL_IWARP:
		return UVERBS_BPF_NS_IWARP;
	default:
		return 0;
	}
}

/* Whether the transport that has this namespace judges QPs on a port of this protocol. */
static bool uvb_judges(u8 ns, struct ib_device *ibdev, u32 protocol)
{
	struct uvb_program *program;

	guard(rcu)();
	program = uvb_program_get(ns);
	return program && uvb_transport_ops(program)->legal &&
	       program->decl->protocols & protocol && uvb_program_matches(program, ibdev);
}

/* Namespace of the transport that judges the QPs of a port, 0 if none does. */
static u8 uvb_port_judge(struct ib_device *ibdev, u32 port)
{
	u32 protocol;
	u8 ns;

	if (!rdma_is_port_valid(ibdev, port))
		return 0;
	protocol = uvb_port_protocol(ibdev, port);
	ns = uvb_protocol_transport(protocol);
	return ns && uvb_judges(ns, ibdev, protocol) ? ns : 0;
}

bool uvb_ext_has_say(const struct uvb_call *call, struct ib_device *ibdev, u32 port)
{
	return uvb_ext_has_transport(call) || uvb_port_judge(ibdev, port);
}

/* Few QPs have one: out of the way of those that do not. */
static noinline int uvb_made_alt_take(struct uvb_run *run, const struct uvb_path_context *context,
				      u16 id, struct ib_qp_attr *attr)
{
	struct uverbs_bpf_alt_path *alt = &run->ctx.alt;
	int ret;

	if (!rdma_is_port_valid(run->ibdev, alt->port))
		return uvb_refuse(uvb_bundle(run->call), -EINVAL, id,
				  "alternate path: port %u, the device has 1 to %u", alt->port,
				  rdma_end_port(run->ibdev));
	if (uvb_port_protocol(run->ibdev, alt->port) != run->ctx.protocol)
		return uvb_refuse(uvb_bundle(run->call), -EINVAL, id,
				  "alternate path: port %u is of another protocol than port %u",
				  alt->port, context->port);
	ret = uvb_path_check(run, context, id, &alt->path, alt->port);
	if (ret)
		return ret;
	uvb_path_fill(run, &alt->path, &attr->alt_ah_attr, alt->port);
	attr->alt_port_num = alt->port;
	attr->alt_pkey_index = alt->pkey_index;
	attr->alt_timeout = alt->timeout;
	return 0;
}

/* Everything the program made, checked, for the driver. */
static int uvb_made_take(struct uvb_run *run, const struct uvb_path_context *context, u16 id,
			 struct ib_qp_attr *attr)
{
	int ret = 0;

	if (run->ctx.made & IB_QP_AV) {
		ret = uvb_path_check(run, context, id, &run->ctx.path, context->port);
		if (ret)
			return ret;
		uvb_path_fill(run, &run->ctx.path, &attr->ah_attr, context->port);
	}
	if (run->ctx.made & IB_QP_PATH_MIG_STATE)
		attr->path_mig_state = run->ctx.mig_state;
	if (run->ctx.made & IB_QP_ALT_PATH)
		ret = uvb_made_alt_take(run, context, id, attr);
	return ret;
}

/* In one piece: this is the way of every QP's path, and its parts have few other callers. */
__flatten int uvb_ext_qp_in(struct uvb_call *call, const struct uvb_path_context *context,
		  struct ib_qp_attr *attr, int *mask)
{
	struct uvb_run run __uninitialized;
	bool made = true;
	u16 id;
	u8 ns;
	int ret;

	ns = uvb_call_transport(call, &id);
	if (!ns) {
		ns = uvb_port_judge(context->ibdev, context->port);
		/* It was detached since it had a say, and has none any more. */
		if (!ns)
			return 0;
		made = false;
	}
	ret = uvb_path_begin(&run, call, context, ns);
	if (ret)
		return ret;
	run.ctx.mask = *mask;
	ret = uvb_run_end(&run, made ? uvb_path_run(&run, UVB_PATH_SET | UVB_PATH_LEGAL) :
				      uvb_path_run(&run, UVB_PATH_LEGAL));
	if (ret)
		return ret;
	/* One that keeps nothing leaves what another transport has. */
	if (run.ctx.qp_state || context->transport >> UVB_STATE_BITS == ns)
		call->transport = (u64)ns << UVB_STATE_BITS | (run.ctx.qp_state & UVB_STATE_MASK);
	if (!made)
		return 0;
	ret = uvb_made_take(&run, context, id, attr);
	*mask |= run.ctx.made;
	return ret;
}

int uvb_ext_qp_out(struct uvb_call *call, const struct uvb_path_context *context,
		   const struct ib_qp_attr *attr)
{
	struct uvb_path_context at = *context;
	struct uvb_run run __uninitialized;
	u16 id;
	int ret;

	/* A QP has no port before it is initialised, and no path: that is an answer too. */
	if (!at.port)
		at.port = rdma_start_port(at.ibdev);
	ret = uvb_path_begin(&run, call, &at, uvb_call_transport(call, &id));
	if (ret)
		return ret;
	uvb_path_from_ah(&run.ctx.path, &attr->ah_attr);
	uvb_path_from_ah(&run.ctx.alt.path, &attr->alt_ah_attr);
	run.ctx.alt.port = attr->alt_port_num;
	run.ctx.alt.pkey_index = attr->alt_pkey_index;
	run.ctx.alt.timeout = attr->alt_timeout;
	run.ctx.mig_state = attr->path_mig_state;
	run.ctx.max_rd_atomic = attr->max_rd_atomic;
	run.ctx.max_dest_rd_atomic = attr->max_dest_rd_atomic;
	return uvb_run_end(&run, uvb_path_run(&run, UVB_PATH_GET));
}

int uvb_ext_qp_legal(struct uvb_call *call, const struct uvb_path_context *context, int mask)
{
	struct uvb_path_context at = *context;
	struct uvb_run run __uninitialized;
	u16 id;
	u8 ns;
	int ret;

	if (!at.port)
		at.port = rdma_start_port(at.ibdev);
	ns = uvb_call_transport(call, &id);
	if (!ns)
		ns = uvb_port_judge(at.ibdev, at.port);
	else if (!uvb_judges(ns, at.ibdev, uvb_port_protocol(at.ibdev, at.port)))
		return 0;
	if (!ns)
		return 0;
	ret = uvb_path_begin(&run, call, &at, ns);
	if (ret)
		return ret;
	run.ctx.mask = mask;
	return uvb_run_end(&run, uvb_path_run(&run, UVB_PATH_LEGAL));
}
