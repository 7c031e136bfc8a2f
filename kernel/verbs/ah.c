// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Address handles.
 */
#include "../uvb.h"
#include "../ext.h"
#include "route.h"

#include <rdma/ib_cache.h>

/* Asked for once, however far the call goes. */
static noinline_for_stack int uvb_ah_create_before(struct uverbs_attr_bundle *bundle,
						   struct uvb_handle *handle,
						   struct rdma_ah_attr *attr)
{
	struct uvb_view view = {
		.made = handle,
		.port = rdma_ah_get_port_num(attr),
		.qp_type = IB_QPT_UD,
		.cur_state = UVERBS_BPF_QPS_UNKNOWN,
		.next_state = UVERBS_BPF_QPS_UNKNOWN,
		.path = attr,
	};

	return uvb_ext_before(bundle, &view);
}

/* What ib_core does once it has found the way. */
static struct ib_ah *uvb_ah_create_routed(struct uverbs_attr_bundle *bundle, struct ib_pd *pd,
					  struct rdma_ah_attr *attr)
{
	struct rdma_ah_init_attr init = {
		.ah_attr = attr,
		.flags = RDMA_CREATE_AH_SLEEPABLE,
	};
	struct ib_device *ibdev = pd->device;
	struct ib_ah *ah;
	int ret;

	ah = rdma_zalloc_drv_obj(ibdev, ib_ah);
	if (!ah)
		return ERR_PTR(-ENOMEM);
	ah->device = ibdev;
	ah->pd = pd;
	ah->type = attr->type;
	ah->sgid_attr = attr->grh.sgid_attr;
	rdma_hold_gid_attr(ah->sgid_attr);
	ret = ibdev->ops.create_user_ah(ah, &init, &bundle->driver_udata);
	if (ret) {
		rdma_put_gid_attr(ah->sgid_attr);
		kfree(ah);
		return ERR_PTR(ret);
	}
	atomic_inc(&pd->usecnt);
	return ah;
}

static int uvb_ah_create(struct uverbs_attr_bundle *bundle, struct uvb_handle *handle,
			 struct ib_pd *pd, struct rdma_ah_attr *attr)
{
	const struct ib_gid_attr *held;
	struct ib_ah *ah;
	int ret;

	if (uvb_ext_hooked(bundle)) {
		ret = uvb_ah_create_before(bundle, handle, attr);
		if (ret)
			return ret;
	}
	ah = uvb_route_begin(pd->device, attr, &held) ?
		uvb_ah_create_routed(bundle, pd, attr) :
		rdma_create_user_ah(pd, attr, &bundle->driver_udata);
	uvb_route_end(attr, held);
	if (IS_ERR(ah))
		return PTR_ERR(ah);
	ah->uobject = uvb_uobject(handle);
	handle->object = ah;
	return 0;
}

static int uvb_ah_address_out(struct uverbs_attr_bundle *bundle, const struct rdma_ah_attr *attr)
{
	struct ib_uverbs_ah_attr address = {
		.dlid = rdma_ah_get_dlid(attr),
		.sl = rdma_ah_get_sl(attr),
		.src_path_bits = rdma_ah_get_path_bits(attr),
		.static_rate = rdma_ah_get_static_rate(attr),
		.is_global = !!(rdma_ah_get_ah_flags(attr) & IB_AH_GRH),
		.port_num = rdma_ah_get_port_num(attr),
	};

	if (address.is_global) {
		const struct ib_global_route *grh = rdma_ah_read_grh(attr);

		memcpy(address.grh.dgid, grh->dgid.raw, sizeof(address.grh.dgid));
		address.grh.flow_label = grh->flow_label;
		address.grh.sgid_index = grh->sgid_index;
		address.grh.hop_limit = grh->hop_limit;
		address.grh.traffic_class = grh->traffic_class;
	}
	return uvb_copy_out(bundle, UVERBS_BPF_ATTR_AH_RESP_ADDRESS, &address, sizeof(address));
}

/*
 * Libraries whose drivers keep the state of a QP in user space modify it with
 * their own command, and ask here for the path that goes with it.
 */
static int uvb_ah_qp_type(struct uverbs_attr_bundle *bundle, struct uvb_path_context *context)
{
	u64 type;
	int ret;

	if (!uvb_has(bundle, UVERBS_BPF_ATTR_AH_QP_TYPE))
		return 0;
	ret = uvb_const(&type, bundle, UVERBS_BPF_ATTR_AH_QP_TYPE, U8_MAX);
	if (ret)
		return ret;
	if (type != IB_QPT_UD && uvb_has(bundle, UVERBS_BPF_ATTR_AH_HANDLE))
		return uvb_refuse(bundle, -EINVAL, UVERBS_BPF_ATTR_AH_QP_TYPE,
				  "QP_TYPE: %llu, an AH is for datagrams; leave out HANDLE to ask for a path",
				  type);
	context->qp_type = type;
	if (type != IB_QPT_UD) {
		context->cur_state = IB_QPS_INIT;
		context->next_state = IB_QPS_RTR;
	}
	return 0;
}

/*
 * AH_CREATE: the address is the transport's. Without a handle nothing is
 * made, and the caller learns the address a legacy create would take.
 */
static int uvb_ah_create_method(struct uverbs_attr_bundle *bundle)
{
	struct ib_pd *pd = uvb_attr_object(bundle, UVERBS_BPF_ATTR_AH_PD);
	struct uvb_path_context context = {
		.ibdev = pd->device,
		.qp_type = IB_QPT_UD,
	};
	struct rdma_ah_attr attr = {};
	int ret;

	ret = uvb_copy_in(&context.port, bundle, UVERBS_BPF_ATTR_AH_PORT, sizeof(context.port));
	if (ret)
		return ret;
	if (!rdma_is_port_valid(pd->device, context.port))
		return uvb_refuse(bundle, -EINVAL, UVERBS_BPF_ATTR_AH_PORT,
				  "PORT: %u, %s has %u to %u", context.port,
				  pd->device->name, rdma_start_port(pd->device),
				  rdma_end_port(pd->device));
	if (!uvb_ext_has_transport(uvb_call(bundle)))
		return uvb_refuse(bundle, -EINVAL, UVERBS_BPF_ATTR_NONE,
				  "AH_CREATE: wants an address, an attribute of the transport's namespace");

	ret = uvb_ah_qp_type(bundle, &context);
	if (ret)
		return ret;
	rdma_ah_set_port_num(&attr, context.port);
	ret = uvb_ext_path_set(uvb_call(bundle), &context, &attr);
	if (!ret && uvb_ext_hooked(bundle))
		ret = uvb_ah_create_before(bundle, uvb_has(bundle, UVERBS_BPF_ATTR_AH_HANDLE) ?
					   uvb_attr_handle(bundle, UVERBS_BPF_ATTR_AH_HANDLE) :
					   NULL, &attr);
	if (ret)
		return ret;

	/* The caller's address first: creating resolves the attr further. */
	if (uvb_has(bundle, UVERBS_BPF_ATTR_AH_RESP_ADDRESS)) {
		ret = uvb_ah_address_out(bundle, &attr);
		if (ret)
			return ret;
	}
	if (!uvb_has(bundle, UVERBS_BPF_ATTR_AH_HANDLE))
		return 0;
	ret = uvb_ah_create(bundle, uvb_attr_handle(bundle, UVERBS_BPF_ATTR_AH_HANDLE), pd, &attr);
	if (!ret)
		uvb_created(bundle, UVERBS_BPF_ATTR_AH_HANDLE);
	return ret;
}

/*
 * AH_QUERY: the driver's address, as the transport's program gives it back. No
 * legacy command asks for it.
 */
static int uvb_ah_query_method(struct uverbs_attr_bundle *bundle)
{
	struct ib_ah *ah = uvb_attr_object(bundle, UVERBS_BPF_ATTR_AH_HANDLE);
	struct uvb_path_context context = {
		.ibdev = ah->device,
		.qp_type = IB_QPT_UD,
	};
	struct rdma_ah_attr attr = {};
	int ret;

	ret = rdma_query_ah(ah, &attr);
	if (ret)
		return uvb_refuse(bundle, ret, UVERBS_BPF_ATTR_NONE,
				  "AH_QUERY: the driver of %s refused the query", ah->device->name);
	context.port = rdma_ah_get_port_num(&attr);
	ret = uvb_copy_out(bundle, UVERBS_BPF_ATTR_AH_PORT, &context.port, sizeof(context.port));
	if (ret && ret != -ENOENT)
		return ret;
	return uvb_ext_has_transport(uvb_call(bundle)) ?
		uvb_ext_path_get(uvb_call(bundle), &context, &attr) : 0;
}

static int uvb_cmd_create_ah(struct uverbs_attr_bundle *bundle)
{
	struct ib_uverbs_create_ah_resp resp = {};
	struct uvb_handle *handle, *pd_handle;
	struct ib_uverbs_ah_attr *from;
	struct rdma_ah_attr attr = {};
	struct ib_uverbs_create_ah cmd;
	struct ib_device *ibdev;
	struct ib_pd *pd;
	int ret;

	ret = uvb_request(bundle, &cmd, sizeof(cmd));
	if (ret)
		return ret;
	handle = uvb_new(bundle, UVERBS_OBJECT_AH);
	if (IS_ERR(handle))
		return PTR_ERR(handle);
	from = &cmd.attr;
	ibdev = handle->context->device;
	if (!rdma_is_port_valid(ibdev, from->port_num))
		return -EINVAL;
	pd = uvb_object_get(bundle, UVERBS_OBJECT_PD, cmd.pd_handle, &pd_handle);
	if (IS_ERR(pd))
		return PTR_ERR(pd);

	attr.type = rdma_ah_find_type(ibdev, from->port_num);
	rdma_ah_set_make_grd(&attr, false);
	rdma_ah_set_dlid(&attr, from->dlid);
	rdma_ah_set_sl(&attr, from->sl);
	rdma_ah_set_path_bits(&attr, from->src_path_bits);
	rdma_ah_set_static_rate(&attr, from->static_rate);
	rdma_ah_set_port_num(&attr, from->port_num);
	if (from->is_global) {
		rdma_ah_set_grh(&attr, NULL, from->grh.flow_label, from->grh.sgid_index,
				from->grh.hop_limit, from->grh.traffic_class);
		rdma_ah_set_dgid_raw(&attr, from->grh.dgid);
	} else {
		rdma_ah_set_ah_flags(&attr, 0);
	}

	ret = uvb_ah_create(bundle, handle, pd, &attr);
	uvb_handle_put(pd_handle, UVERBS_BPF_ACCESS_READ);
	if (ret)
		return ret;
	resp.ah_handle = handle->id;
	return uvb_response(bundle, &resp, sizeof(resp));
}

static int uvb_cmd_destroy_ah(struct uverbs_attr_bundle *bundle)
{
	struct ib_uverbs_destroy_ah cmd;
	int ret;

	ret = uvb_request(bundle, &cmd, sizeof(cmd));
	return ret ?: uvb_handle_destroy_id(bundle, UVERBS_OBJECT_AH, cmd.ah_handle);
}

static int uvb_ah_destroy(struct uvb_handle *handle, enum rdma_remove_reason why,
			  struct uverbs_attr_bundle *bundle)
{
	return rdma_destroy_ah_user(handle->object, RDMA_DESTROY_AH_SLEEPABLE,
				    &bundle->driver_udata);
}

static const struct uvb_attr uvb_ah_create_attrs[] = {
	UVB_HANDLE(UVERBS_BPF_ATTR_AH_HANDLE, UVERBS_OBJECT_AH, NEW, UVB_O),
	UVB_HANDLE(UVERBS_BPF_ATTR_AH_PD, UVERBS_OBJECT_PD, READ, UVB_M),
	UVB_IN(UVERBS_BPF_ATTR_AH_PORT, u32, UVB_M),
	UVB_OUT_STRUCT(UVERBS_BPF_ATTR_AH_RESP_ADDRESS, struct ib_uverbs_ah_attr, reserved,
		       UVB_O),
	UVB_CONST(UVERBS_BPF_ATTR_AH_QP_TYPE, UVB_O),
	UVB_UHW(),
};

static const struct uvb_attr uvb_ah_query_attrs[] = {
	UVB_HANDLE(UVERBS_BPF_ATTR_AH_HANDLE, UVERBS_OBJECT_AH, READ, UVB_M),
	UVB_OUT(UVERBS_BPF_ATTR_AH_PORT, u32, UVB_O),
};

static const struct uvb_attr uvb_ah_destroy_attrs[] = {
	UVB_HANDLE(UVERBS_ATTR_DESTROY_AH_HANDLE, UVERBS_OBJECT_AH, DESTROY, UVB_M),
};

static struct uvb_method uvb_ah_methods[] = {
	UVB_METHOD(UVERBS_OBJECT_AH, UVERBS_METHOD_AH_DESTROY, uvb_destroyed,
		   uvb_ah_destroy_attrs),
	UVB_METHOD(UVERBS_OBJECT_AH, UVERBS_BPF_METHOD_AH_CREATE, uvb_ah_create_method,
		   uvb_ah_create_attrs, UVB_NEEDS(create_user_ah), UVB_TELLS),
	UVB_METHOD(UVERBS_OBJECT_AH, UVERBS_BPF_METHOD_AH_QUERY, uvb_ah_query_method,
		   uvb_ah_query_attrs, UVB_NEEDS(query_ah)),
};

static const struct uvb_command uvb_ah_commands[] = {
	UVB_COMMAND(CREATE_AH, uvb_cmd_create_ah, UVERBS_OBJECT_AH,
		    UVERBS_BPF_METHOD_AH_CREATE, sizeof(struct ib_uverbs_create_ah),
		    sizeof(struct ib_uverbs_create_ah_resp), UVB_UDATA,
		    UVB_NEEDS(create_user_ah), UVB_TELLS),
	UVB_COMMAND(DESTROY_AH, uvb_cmd_destroy_ah, UVERBS_OBJECT_AH,
		    UVERBS_METHOD_AH_DESTROY, sizeof(struct ib_uverbs_destroy_ah), 0,
		    UVB_NEEDS(destroy_ah)),
};

static struct uvb_type uvb_type_ah = {
	.object = UVERBS_OBJECT_AH,
	.size = sizeof(struct uvb_handle),
	.destroy = uvb_ah_destroy,
	.name = "uvb_ah",
	UVB_NEEDS_BOTH(create_user_ah, destroy_ah),
};

UVB_SCHEMA(ah, .type = &uvb_type_ah, UVB_METHODS(uvb_ah_methods), UVB_COMMANDS(uvb_ah_commands));
