// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Flows: which packets a datagram or raw QP gets. A flow is a list of
 * specifications, each a filter of one header (value and mask) or an action.
 */
#include "../uvb.h"

#include <linux/slab.h>
#include <linux/unaligned.h>
#include <rdma/uverbs_std_types.h>

/**
 * struct uvb_flow - handle of a flow
 * @handle: what user space names it by
 * @resources: actions and counters it uses, NULL if none
 *
 * Drivers that make flows by methods of their own do so with ib_set_flow(),
 * which is inlined there and writes @resources where struct ib_uflow_object
 * has it: hence the room in between.
 */
struct uvb_flow {
	union {
		struct uvb_handle handle;
		u8 window[offsetof(struct ib_uflow_object, resources) -
			  offsetof(struct ib_uobject, context)];
	};
	struct ib_uflow_resources *resources;
};

static_assert(offsetof(struct uvb_flow, resources) == offsetof(struct ib_uflow_object, resources) -
						      offsetof(struct ib_uobject, context));

/* ---- what a flow uses ---- */

/* Drivers allocate them too, in ib_uverbs: three blocks. */
static void uvb_flow_resources_free(struct ib_uflow_resources *resources)
{
	size_t i;

	if (!resources)
		return;
	for (i = 0; i < resources->collection_num; i++)
		atomic_dec(&resources->collection[i]->usecnt);
	for (i = 0; i < resources->counters_num; i++)
		atomic_dec(&resources->counters[i]->usecnt);
	kfree(resources->collection);
	kfree(resources->counters);
	kfree(resources);
}

static struct ib_uflow_resources *uvb_flow_resources_alloc(size_t max)
{
	struct ib_uflow_resources *resources;

	resources = kzalloc(sizeof(*resources), GFP_KERNEL);
	if (!resources)
		return NULL;
	resources->max = max;
	resources->counters = kcalloc(max, sizeof(*resources->counters), GFP_KERNEL);
	resources->collection = kcalloc(max, sizeof(*resources->collection), GFP_KERNEL);
	if (resources->counters && resources->collection)
		return resources;
	uvb_flow_resources_free(resources);
	return NULL;
}

/* ---- specifications ---- */

/* Of every specification user space may send: the most a flow's can have together is a multiple. */
union uvb_flow_user_spec {
	struct ib_uverbs_flow_spec_eth eth;
	struct ib_uverbs_flow_spec_ipv4 ipv4;
	struct ib_uverbs_flow_spec_ipv6 ipv6;
	struct ib_uverbs_flow_spec_tcp_udp tcp_udp;
	struct ib_uverbs_flow_spec_esp esp;
	struct ib_uverbs_flow_spec_action_tag tag;
	struct ib_uverbs_flow_spec_action_drop drop;
	struct ib_uverbs_flow_spec_action_handle handle;
	struct ib_uverbs_flow_spec_action_count count;
};

/**
 * struct uvb_flow_parser - the specifications of one flow being read
 * @bundle: the call
 * @resources: what they use so far
 * @max: how many there are
 */
struct uvb_flow_parser {
	struct uverbs_attr_bundle *bundle;
	struct ib_uflow_resources *resources;
	u32 max;
};

/* Where a filter's value and mask go. User space sends the one, then the other, equally long. */
struct uvb_flow_filter {
	u16 type;
	u8 size;
	u8 spec_size;
	u8 val;
	u8 mask;
};

#define UVB_FLOW_FILTER(_type, _spec)							\
	{ .type = IB_FLOW_SPEC_##_type, .size = sizeof_field(struct _spec, val),	\
	  .spec_size = sizeof(struct _spec), .val = offsetof(struct _spec, val),	\
	  .mask = offsetof(struct _spec, mask) }

static const struct uvb_flow_filter uvb_flow_filters[] = {
	UVB_FLOW_FILTER(ETH, ib_flow_spec_eth),
	UVB_FLOW_FILTER(IPV4, ib_flow_spec_ipv4),
	UVB_FLOW_FILTER(IPV6, ib_flow_spec_ipv6),
	UVB_FLOW_FILTER(ESP, ib_flow_spec_esp),
	UVB_FLOW_FILTER(TCP, ib_flow_spec_tcp_udp),
	UVB_FLOW_FILTER(UDP, ib_flow_spec_tcp_udp),
	UVB_FLOW_FILTER(VXLAN_TUNNEL, ib_flow_spec_tunnel),
	UVB_FLOW_FILTER(GRE, ib_flow_spec_gre),
	UVB_FLOW_FILTER(MPLS, ib_flow_spec_mpls),
};

/* IB_FLOW_SPEC_IB is not among them: drivers know it, user space has no struct for it. */
static const struct uvb_flow_filter *uvb_flow_filter(u32 type)
{
	unsigned int i;

	if (type == (IB_FLOW_SPEC_INNER | IB_FLOW_SPEC_VXLAN_TUNNEL))
		return NULL;
	for (i = 0; i < ARRAY_SIZE(uvb_flow_filters); i++) {
		if (uvb_flow_filters[i].type == (type & ~IB_FLOW_SPEC_INNER))
			return &uvb_flow_filters[i];
	}
	return NULL;
}

static bool uvb_flow_fits(__be32 val, __be32 mask, unsigned int bits)
{
	return !((be32_to_cpu(val) | be32_to_cpu(mask)) >> bits);
}

static int uvb_flow_filter_in(const struct ib_uverbs_flow_spec_hdr *hdr, const void *from,
			      union ib_flow_spec *to)
{
	const struct uvb_flow_filter *filter = uvb_flow_filter(hdr->type);
	const void *mask;
	size_t size, len;

	if (!filter || hdr->size < sizeof(*hdr))
		return -EINVAL;
	size = (hdr->size - sizeof(*hdr)) / 2;
	if (!size || !IS_ALIGNED(size, sizeof(u32)))
		return -EINVAL;
	from += sizeof(*hdr);
	mask = from + size;
	/* A later version's fields may be there, as long as nothing is asked of them. */
	len = min_t(size_t, size, filter->size);
	if (memchr_inv(mask + len, 0, size - len))
		return -EINVAL;

	to->type = hdr->type;
	to->size = filter->spec_size;
	memcpy((void *)to + filter->val, from, len);
	memcpy((void *)to + filter->mask, mask, len);
	switch (filter->type) {
	case IB_FLOW_SPEC_IPV6:
		return uvb_flow_fits(to->ipv6.val.flow_label, to->ipv6.mask.flow_label, 20) ?
			0 : -EINVAL;
	case IB_FLOW_SPEC_VXLAN_TUNNEL:
		return uvb_flow_fits(to->tunnel.val.tunnel_id, to->tunnel.mask.tunnel_id, 24) ?
			0 : -EINVAL;
	default:
		return 0;
	}
}

/* The object an action names, held by the flow from here on. */
static void *uvb_flow_use(struct uvb_flow_parser *parser, unsigned int object, u32 id)
{
	struct ib_uflow_resources *resources = parser->resources;
	struct uvb_handle *handle;
	void *used;

	if (!resources)
		resources = parser->resources = uvb_flow_resources_alloc(parser->max);
	if (!resources)
		return ERR_PTR(-ENOMEM);
	used = uvb_object_get(parser->bundle, object, id, &handle);
	if (IS_ERR(used))
		return used;
	resources->num++;
	if (object == UVERBS_OBJECT_COUNTERS) {
		resources->counters[resources->counters_num++] = used;
		atomic_inc(&((struct ib_counters *)used)->usecnt);
	} else {
		resources->collection[resources->collection_num++] = used;
		atomic_inc(&((struct ib_flow_action *)used)->usecnt);
	}
	uvb_handle_put(handle, UVERBS_BPF_ACCESS_READ);
	return used;
}

static int uvb_flow_action_in(struct uvb_flow_parser *parser,
			      const struct ib_uverbs_flow_spec_hdr *hdr, const void *from,
			      union ib_flow_spec *to)
{
	to->type = hdr->type;
	switch (hdr->type) {
	case IB_FLOW_SPEC_ACTION_TAG:
		if (hdr->size != sizeof(struct ib_uverbs_flow_spec_action_tag))
			return -EINVAL;
		from += offsetof(struct ib_uverbs_flow_spec_action_tag, tag_id);
		to->flow_tag.size = sizeof(to->flow_tag);
		to->flow_tag.tag_id = get_unaligned((const u32 *)from);
		return 0;
	case IB_FLOW_SPEC_ACTION_DROP:
		to->drop.size = sizeof(to->drop);
		return hdr->size == sizeof(struct ib_uverbs_flow_spec_action_drop) ? 0 : -EINVAL;
	case IB_FLOW_SPEC_ACTION_HANDLE:
		if (hdr->size != sizeof(struct ib_uverbs_flow_spec_action_handle))
			return -EOPNOTSUPP;
		from += offsetof(struct ib_uverbs_flow_spec_action_handle, handle);
		to->action.size = sizeof(to->action);
		to->action.act = uvb_flow_use(parser, UVERBS_OBJECT_FLOW_ACTION,
					      get_unaligned((const u32 *)from));
		return PTR_ERR_OR_ZERO(to->action.act);
	case IB_FLOW_SPEC_ACTION_COUNT:
		if (hdr->size != sizeof(struct ib_uverbs_flow_spec_action_count))
			return -EINVAL;
		from += offsetof(struct ib_uverbs_flow_spec_action_count, handle);
		to->flow_count.size = sizeof(to->flow_count);
		to->flow_count.counters = uvb_flow_use(parser, UVERBS_OBJECT_COUNTERS,
						       get_unaligned((const u32 *)from));
		return PTR_ERR_OR_ZERO(to->flow_count.counters);
	default:
		return -EINVAL;
	}
}

/* @size bytes of specifications, of which nothing is known yet, into @attr, which has room. */
static int uvb_flow_specs_in(struct uvb_flow_parser *parser, const void *from, size_t size,
			     struct ib_flow_attr *attr)
{
	/* A specification takes no more of this than of the union; the next one follows it. */
	union ib_flow_spec *to = attr->flows;
	struct ib_uverbs_flow_spec_hdr hdr;
	unsigned int i;
	int ret;

	attr->size = sizeof(*attr);
	for (i = 0; i < parser->max; i++) {
		if (size < sizeof(hdr))
			break;
		memcpy(&hdr, from, sizeof(hdr));
		if (size < hdr.size)
			break;
		ret = -EINVAL;
		if (!hdr.reserved)
			ret = hdr.type >= IB_FLOW_SPEC_ACTION_TAG ?
				uvb_flow_action_in(parser, &hdr, from, to) :
				uvb_flow_filter_in(&hdr, from, to);
		if (ret)
			return uvb_refuse(parser->bundle, ret, UVERBS_ATTR_CORE_IN,
					  "EX_CREATE_FLOW: specification %u: type 0x%x, %u bytes: unknown, malformed, or without its object",
					  i, hdr.type, hdr.size);
		attr->size += to->size;
		to = (void *)to + to->size;
		from += hdr.size;
		size -= hdr.size;
	}
	if (size || i < parser->max)
		return uvb_refuse(parser->bundle, -EINVAL, UVERBS_ATTR_CORE_IN,
				  "EX_CREATE_FLOW: %u of %u specifications, then %zu bytes", i,
				  parser->max, size);
	return 0;
}

/* ---- create ---- */

/* What can be said before anything but the fixed struct is read. */
static int uvb_flow_check(struct uverbs_attr_bundle *bundle, const struct ib_uverbs_flow_attr *attr)
{
	if (!uvb_bundle_has_raw_cap(bundle))
		return uvb_refuse(bundle, -EPERM, UVERBS_ATTR_CORE_IN,
				  "EX_CREATE_FLOW: wants CAP_NET_RAW");
	if (attr->flags >= IB_FLOW_ATTR_FLAGS_RESERVED || attr->reserved[0] || attr->reserved[1] ||
	    attr->num_of_specs > IB_FLOW_SPEC_SUPPORT_LAYERS ||
	    attr->size > attr->num_of_specs * sizeof(union uvb_flow_user_spec))
		return uvb_refuse(bundle, -EINVAL, UVERBS_ATTR_CORE_IN,
				  "EX_CREATE_FLOW: flags 0x%x, %u specifications of %u bytes: at most 0x%x, %u, and %zu each",
				  attr->flags, attr->num_of_specs, attr->size,
				  (u32)IB_FLOW_ATTR_FLAGS_RESERVED - 1, IB_FLOW_SPEC_SUPPORT_LAYERS,
				  sizeof(union uvb_flow_user_spec));
	/* Who takes what nobody else wants cannot leave it for others. */
	if (attr->flags & IB_FLOW_ATTR_FLAGS_DONT_TRAP &&
	    (attr->type == IB_FLOW_ATTR_ALL_DEFAULT || attr->type == IB_FLOW_ATTR_MC_DEFAULT))
		return uvb_refuse(bundle, -EINVAL, UVERBS_ATTR_CORE_IN,
				  "EX_CREATE_FLOW: a default flow does trap");
	return 0;
}

/* Make the flow behind a handle, from @specs as user space sent them. */
static int uvb_flow_create(struct uverbs_attr_bundle *bundle, struct uvb_handle *handle,
			   struct ib_qp *qp, const struct ib_uverbs_flow_attr *from,
			   const void *specs)
{
	struct uvb_flow_parser parser = { .bundle = bundle, .max = from->num_of_specs };
	struct ib_flow_attr *attr;
	struct ib_flow *flow;
	int ret;

	if (qp->qp_type != IB_QPT_UD && qp->qp_type != IB_QPT_RAW_PACKET)
		return uvb_refuse(bundle, -EINVAL, UVERBS_ATTR_CORE_IN,
				  "EX_CREATE_FLOW: flows go to datagram and raw packet QPs");

	attr = kzalloc(struct_size(attr, flows, parser.max), GFP_KERNEL);
	if (!attr)
		return -ENOMEM;
	attr->type = from->type;
	attr->priority = from->priority;
	attr->num_of_specs = from->num_of_specs;
	attr->port = from->port;
	attr->flags = from->flags;
	ret = uvb_flow_specs_in(&parser, specs, from->size, attr);
	if (!ret) {
		flow = qp->device->ops.create_flow(qp, attr, &bundle->driver_udata);
		ret = PTR_ERR_OR_ZERO(flow);
	}
	kfree(attr);
	if (ret) {
		uvb_flow_resources_free(parser.resources);
		return ret;
	}
	ib_set_flow(uvb_uobject(handle), flow, qp, qp->device, parser.resources);
	return 0;
}

static int uvb_cmd_ex_create_flow(struct uverbs_attr_bundle *bundle)
{
	struct ib_uverbs_create_flow_resp resp = {};
	struct uvb_handle *handle, *qp_handle;
	struct ib_uverbs_create_flow cmd;
	struct ib_qp *qp;
	void *specs;
	int ret;

	ret = uvb_request_head(bundle, &cmd, sizeof(cmd));
	if (ret)
		return ret;
	if (cmd.comp_mask)
		return -EINVAL;
	ret = uvb_flow_check(bundle, &cmd.flow_attr);
	if (ret)
		return ret;
	specs = kmalloc(cmd.flow_attr.size, GFP_KERNEL);
	if (!specs)
		return -ENOMEM;
	ret = uvb_request_tail(bundle, sizeof(cmd), specs, cmd.flow_attr.size);
	if (ret)
		goto out;

	handle = uvb_new(bundle, UVERBS_OBJECT_FLOW);
	ret = PTR_ERR_OR_ZERO(handle);
	if (ret)
		goto out;
	ret = -EINVAL;
	if (!rdma_is_port_valid(handle->context->device, cmd.flow_attr.port))
		goto out;
	qp = uvb_object_get(bundle, UVERBS_OBJECT_QP, cmd.qp_handle, &qp_handle);
	ret = PTR_ERR_OR_ZERO(qp);
	if (ret)
		goto out;
	ret = uvb_flow_create(bundle, handle, qp, &cmd.flow_attr, specs);
	uvb_handle_put(qp_handle, UVERBS_BPF_ACCESS_READ);
	if (ret)
		goto out;
	resp.flow_handle = handle->id;
	ret = uvb_response(bundle, &resp, sizeof(resp));
out:
	kfree(specs);
	return ret;
}

/* ---- destroy ---- */

static int uvb_cmd_ex_destroy_flow(struct uverbs_attr_bundle *bundle)
{
	struct ib_uverbs_destroy_flow cmd;
	int ret;

	ret = uvb_request(bundle, &cmd, sizeof(cmd));
	if (ret)
		return ret;
	if (cmd.comp_mask)
		return -EINVAL;
	return uvb_handle_destroy_id(bundle, UVERBS_OBJECT_FLOW, cmd.flow_handle);
}

static int uvb_flow_destroy(struct uvb_handle *handle, enum rdma_remove_reason why,
			    struct uverbs_attr_bundle *bundle)
{
	struct ib_flow *flow = handle->object;
	struct ib_qp *qp = flow->qp;
	int ret;

	ret = flow->device->ops.destroy_flow(flow);
	if (ret)
		return ret;
	/* Flows a driver makes itself may belong to no QP. */
	if (qp)
		atomic_dec(&qp->usecnt);
	uvb_flow_resources_free(container_of(handle, struct uvb_flow, handle)->resources);
	return 0;
}

static const struct uvb_attr uvb_flow_destroy_attrs[] = {
	UVB_HANDLE(UVERBS_ATTR_DESTROY_FLOW_HANDLE, UVERBS_OBJECT_FLOW, DESTROY, UVB_M),
};

static struct uvb_method uvb_flow_methods[] = {
	UVB_METHOD(UVERBS_OBJECT_FLOW, UVERBS_METHOD_FLOW_DESTROY, uvb_destroyed,
		   uvb_flow_destroy_attrs),
};

static const struct uvb_command uvb_flow_commands[] = {
	UVB_COMMAND_EX(CREATE_FLOW, uvb_cmd_ex_create_flow, UVERBS_OBJECT_FLOW,
		       UVB_ONLY,
		       offsetofend(struct ib_uverbs_create_flow, flow_attr),
		       offsetofend(struct ib_uverbs_create_flow_resp, flow_handle),
		       UVB_NEEDS(create_flow)),
	UVB_COMMAND_EX(DESTROY_FLOW, uvb_cmd_ex_destroy_flow, UVERBS_OBJECT_FLOW,
		       UVERBS_METHOD_FLOW_DESTROY,
		       sizeof(struct ib_uverbs_destroy_flow), 0, UVB_NEEDS(destroy_flow)),
};

static struct uvb_type uvb_type_flow = {
	.object = UVERBS_OBJECT_FLOW,
	.size = sizeof(struct uvb_flow),
	.destroy = uvb_flow_destroy,
	.name = "uvb_flow",
	UVB_NEEDS(destroy_flow),
};

UVB_SCHEMA(flow, .type = &uvb_type_flow, UVB_METHODS(uvb_flow_methods),
	   UVB_COMMANDS(uvb_flow_commands));
