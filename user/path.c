// SPDX-License-Identifier: BSD-2-Clause
/*
 * Paths and address vectors. On a device that uverbs_bpf serves, the
 * transport program translates; what is here is for ib_uverbs.
 */
#include "internal.h"

#define DEST_FIELDS	(UVERBS_BPF_ROCE_DEST_GID | UVERBS_BPF_ROCE_DEST_IPV4 |		\
			 UVERBS_BPF_ROCE_DEST_IPV6)
#define ALL_FIELDS	(DEST_FIELDS | UVERBS_BPF_ROCE_SGID_INDEX |			\
			 UVERBS_BPF_ROCE_TRAFFIC_CLASS | UVERBS_BPF_ROCE_DSCP |		\
			 UVERBS_BPF_ROCE_FLOW_LABEL | UVERBS_BPF_ROCE_UDP_SPORT |	\
			 UVERBS_BPF_ROCE_PRIORITY | UVERBS_BPF_ROCE_HOP_LIMIT)

#define TRAFFIC_FIELDS	(UVERBS_BPF_ROCE_TRAFFIC_CLASS | UVERBS_BPF_ROCE_DSCP)
#define FLOW_FIELDS	(UVERBS_BPF_ROCE_FLOW_LABEL | UVERBS_BPF_ROCE_UDP_SPORT)

/* A value without the field that gives it meaning. */
static bool lacks(uint16_t fields, uint16_t field, uint32_t value)
{
	return value && !(fields & field);
}

static bool both(uint16_t fields, uint16_t a, uint16_t b)
{
	return (fields & a) && (fields & b);
}

/* The checks that need no device, in the order of the structure. */
static int check_path(struct uvb_call *call, const struct uverbs_bpf_roce_path *path)
{
	uint16_t fields = path->fields;

	if (fields & ~ALL_FIELDS)
		return uvb_call_refuse(call, -EOPNOTSUPP,
				       "path fields 0x%x: this library knows 0x%x",
				       fields, ALL_FIELDS);
	if (__builtin_popcount(fields & DEST_FIELDS) != 1)
		return uvb_call_refuse(call, -EINVAL,
				       "path fields 0x%x: exactly one of DEST_GID, DEST_IPV4 and DEST_IPV6 is wanted",
				       fields);
	if (both(fields, UVERBS_BPF_ROCE_TRAFFIC_CLASS, UVERBS_BPF_ROCE_DSCP))
		return uvb_call_refuse(call, -EINVAL,
				       "path has TRAFFIC_CLASS and DSCP: give one of them");
	if (both(fields, UVERBS_BPF_ROCE_FLOW_LABEL, UVERBS_BPF_ROCE_UDP_SPORT))
		return uvb_call_refuse(call, -EINVAL,
				       "path has FLOW_LABEL and UDP_SPORT: give one of them");
	if (lacks(fields, TRAFFIC_FIELDS, path->traffic) ||
	    lacks(fields, FLOW_FIELDS, path->flow) ||
	    lacks(fields, UVERBS_BPF_ROCE_PRIORITY, path->priority) ||
	    lacks(fields, UVERBS_BPF_ROCE_HOP_LIMIT, path->hop_limit) || path->reserved)
		return uvb_call_refuse(call, -EINVAL,
				       "path fields 0x%x: a member that is not among them is not 0",
				       fields);
	if ((fields & UVERBS_BPF_ROCE_DSCP) && path->traffic > 63)
		return uvb_call_refuse(call, -EINVAL, "DSCP %u: wants 0 to 63", path->traffic);
	/* Label 0 would leave the choice to the driver. */
	if ((fields & UVERBS_BPF_ROCE_FLOW_LABEL) && (!path->flow || path->flow > 0xfffff))
		return uvb_call_refuse(call, -EINVAL, "flow label 0x%x: wants 0x1 to 0xfffff",
				       path->flow);
	if ((fields & UVERBS_BPF_ROCE_PRIORITY) && path->priority > 7)
		return uvb_call_refuse(call, -EINVAL, "priority %u: wants 0 to 7", path->priority);
	return 0;
}

int uvb_port_is_ib(struct uvb_call *call, uint32_t port)
{
	struct ibv_port_attr attr;
	int ret;

	if (port < 1 || port > 255)
		return uvb_call_refuse(call, -EINVAL, "port %u: from 1 to 255 is wanted", port);
	ret = ibv_query_port(call->context, port, &attr);
	if (ret)
		return uvb_call_fail(call, -ret);
	if (call->context->device->transport_type != IBV_TRANSPORT_IB)
		return uvb_call_refuse(call, -EOPNOTSUPP,
				       "port %u is neither RoCE nor InfiniBand, it has no paths",
				       port);
	return attr.link_layer != IBV_LINK_LAYER_ETHERNET;
}

static int check_port(struct uvb_call *call, uint32_t port, bool ib)
{
	int ret = uvb_port_is_ib(call, port);

	if (ret < 0)
		return ret;
	if (!!ret != ib)
		return uvb_call_refuse(call, -EOPNOTSUPP, "port %u is %s, %s path is of no use there",
				       port, ret ? "InfiniBand" : "RoCE",
				       ib ? "an InfiniBand" : "a RoCE");
	return 0;
}

int uvb_path_to_ah_attr(struct uvb_call *call, uint32_t port,
			const struct uverbs_bpf_roce_path *path, struct ibv_ah_attr *attr)
{
	uint16_t fields = path->fields;
	int ret;

	ret = check_path(call, path);
	if (!ret)
		ret = check_port(call, port, false);
	if (ret)
		return ret;

	/*
	 * Some drivers derive the source port from the flow label, for some QP
	 * types, and ib_uverbs does not say which: a promise nobody could keep.
	 */
	if (fields & UVERBS_BPF_ROCE_UDP_SPORT)
		return uvb_call_refuse(call, -EOPNOTSUPP,
				       "UDP source port %u: ib_uverbs serves the device and has no field for it; give a flow label, or load uverbs_bpf",
				       path->flow);
	if (fields & UVERBS_BPF_ROCE_HOP_LIMIT)
		return uvb_call_refuse(call, -EOPNOTSUPP,
				       "hop limit %u: the kernel takes it from the route; leave it out",
				       path->hop_limit);
	if (!(fields & UVERBS_BPF_ROCE_SGID_INDEX))
		return uvb_call_refuse(call, -EINVAL,
				       "path has no SGID_INDEX: it says which source address and RoCE version to use");
	if (path->sgid_index > 255)
		return uvb_call_refuse(call, -EOPNOTSUPP,
				       "SGID index %u: ib_uverbs serves the device and takes at most 255",
				       path->sgid_index);

	*attr = (struct ibv_ah_attr) {
		.grh.sgid_index = path->sgid_index,
		.grh.hop_limit = 64,
		.is_global = 1,
		.port_num = port,
	};
	if (fields & UVERBS_BPF_ROCE_DEST_IPV4) {
		attr->grh.dgid.raw[10] = 0xff;
		attr->grh.dgid.raw[11] = 0xff;
		memcpy(attr->grh.dgid.raw + 12, path->dest, 4);
	} else {
		memcpy(attr->grh.dgid.raw, path->dest, 16);
	}
	if (fields & UVERBS_BPF_ROCE_TRAFFIC_CLASS)
		attr->grh.traffic_class = path->traffic;
	if (fields & UVERBS_BPF_ROCE_DSCP)
		attr->grh.traffic_class = path->traffic << 2;
	if (fields & UVERBS_BPF_ROCE_FLOW_LABEL)
		attr->grh.flow_label = path->flow;
	if (fields & UVERBS_BPF_ROCE_PRIORITY)
		attr->sl = path->priority;
	return 0;
}

int uvb_path_from_ah_attr(struct uvb_call *call, const struct ibv_ah_attr *attr,
			  struct uverbs_bpf_roce_path *path)
{
	int ret;

	ret = check_port(call, attr->port_num, false);
	if (ret)
		return ret;
	*path = (struct uverbs_bpf_roce_path) {};
	/* As of a QP that has no path yet. */
	if (!memcmp(attr->grh.dgid.raw, path->dest, sizeof(path->dest)))
		return 0;
	*path = (struct uverbs_bpf_roce_path) {
		.fields = UVERBS_BPF_ROCE_DEST_GID | UVERBS_BPF_ROCE_SGID_INDEX |
			  UVERBS_BPF_ROCE_TRAFFIC_CLASS | UVERBS_BPF_ROCE_PRIORITY |
			  UVERBS_BPF_ROCE_HOP_LIMIT |
			  (attr->grh.flow_label ? UVERBS_BPF_ROCE_FLOW_LABEL : 0),
		.sgid_index = attr->grh.sgid_index,
		.traffic = attr->grh.traffic_class,
		.priority = attr->sl,
		.hop_limit = attr->grh.hop_limit,
		.flow = attr->grh.flow_label,
	};
	memcpy(path->dest, attr->grh.dgid.raw, sizeof(path->dest));
	return 0;
}

#define IB_GLOBAL	(UVERBS_BPF_IB_SGID_INDEX | UVERBS_BPF_IB_TRAFFIC_CLASS |		\
			 UVERBS_BPF_IB_FLOW_LABEL | UVERBS_BPF_IB_HOP_LIMIT)
#define IB_FIELDS	(UVERBS_BPF_IB_DLID | UVERBS_BPF_IB_SL | UVERBS_BPF_IB_SRC_PATH_BITS |	\
			 UVERBS_BPF_IB_STATIC_RATE | UVERBS_BPF_IB_DGID | IB_GLOBAL)

static int ib_path_to_ah_attr(struct uvb_call *call, uint32_t port,
			      const struct uverbs_bpf_ib_path *path, struct ibv_ah_attr *attr)
{
	uint16_t fields = path->fields;
	int ret;

	ret = check_port(call, port, true);
	if (ret)
		return ret;
	if (fields & ~IB_FIELDS)
		return uvb_call_refuse(call, -EOPNOTSUPP,
				       "path fields 0x%x: this library knows 0x%x", fields,
				       IB_FIELDS);
	if (!(fields & UVERBS_BPF_IB_DLID) || !path->dlid)
		return uvb_call_refuse(call, -EINVAL, "path has no DLID");
	if ((fields & IB_GLOBAL && !(fields & UVERBS_BPF_IB_DGID)) ||
	    (fields & UVERBS_BPF_IB_DGID && !(fields & UVERBS_BPF_IB_SGID_INDEX)))
		return uvb_call_refuse(call, -EINVAL,
				       "path fields 0x%x: a global route has DGID and SGID_INDEX",
				       fields);
	if (path->sl > 15 || path->src_path_bits > 127 || path->flow_label > 0xfffff ||
	    path->sgid_index > 255 || path->reserved)
		return uvb_call_refuse(call, -EINVAL,
				       "path: SL to 15, path bits to 127, flow label to 0xfffff, SGID index to 255; reserved is 0");

	*attr = (struct ibv_ah_attr) {
		.dlid = path->dlid,
		.sl = path->sl,
		.src_path_bits = path->src_path_bits,
		.static_rate = path->static_rate,
		.is_global = !!(fields & UVERBS_BPF_IB_DGID),
		.port_num = port,
		.grh = {
			.flow_label = path->flow_label,
			.sgid_index = path->sgid_index,
			.hop_limit = fields & UVERBS_BPF_IB_HOP_LIMIT ? path->hop_limit : 1,
			.traffic_class = path->traffic_class,
		},
	};
	memcpy(attr->grh.dgid.raw, path->dgid, sizeof(path->dgid));
	return 0;
}

void uvb_ib_path_from_ah_attr(const struct ibv_ah_attr *attr, struct uverbs_bpf_ib_path *path)
{
	*path = (struct uverbs_bpf_ib_path) {};
	/* As of a QP that has no path yet. */
	if (!attr->dlid)
		return;
	path->fields = UVERBS_BPF_IB_DLID | UVERBS_BPF_IB_SL | UVERBS_BPF_IB_SRC_PATH_BITS |
		       UVERBS_BPF_IB_STATIC_RATE;
	path->dlid = attr->dlid;
	path->sl = attr->sl;
	path->src_path_bits = attr->src_path_bits;
	path->static_rate = attr->static_rate;
	if (!attr->is_global)
		return;
	path->fields |= UVERBS_BPF_IB_DGID | IB_GLOBAL;
	memcpy(path->dgid, attr->grh.dgid.raw, sizeof(path->dgid));
	path->sgid_index = attr->grh.sgid_index;
	path->traffic_class = attr->grh.traffic_class;
	path->flow_label = attr->grh.flow_label;
	path->hop_limit = attr->grh.hop_limit;
}

int uvb_attrs_check(struct uvb_call *call, const struct uvb_attr *attrs, uint32_t nr_attrs)
{
	if (nr_attrs > UVB_MAX_ATTRS || (nr_attrs && !attrs))
		return uvb_call_refuse(call, -EINVAL, "%u attributes: at most %u, and where they are",
				       nr_attrs, UVB_MAX_ATTRS);
	return 0;
}

void uvb_call_paths(struct uvb_call *call, const struct uvb_paths *paths)
{
	uint32_t i;

	if (paths->roce->fields)
		uvb_call_in(call, UVERBS_BPF_ATTR_ROCE_PATH, paths->roce, sizeof(*paths->roce));
	if (paths->ib->fields)
		uvb_call_in(call, UVERBS_BPF_ATTR_IB_PATH, paths->ib, sizeof(*paths->ib));
	for (i = 0; i < paths->nr_attrs; i++)
		uvb_call_in(call, paths->attrs[i].id, paths->attrs[i].data, paths->attrs[i].len);
}

int uvb_path_resolve(struct uvb_call *call, struct ibv_pd *pd, uint32_t port,
		     enum ibv_qp_type type, const struct uvb_paths *paths,
		     struct ibv_ah_attr *attr)
{
	struct ib_uverbs_ah_attr resp;
	int ret;

	/* Without a handle attribute the kernel makes no AH, it only answers. */
	uvb_call_method(call, UVERBS_OBJECT_AH, UVERBS_BPF_METHOD_AH_CREATE);
	uvb_call_handle(call, UVERBS_BPF_ATTR_AH_PD, pd->handle);
	uvb_call_in(call, UVERBS_BPF_ATTR_AH_PORT, &port, sizeof(port));
	uvb_call_out(call, UVERBS_BPF_ATTR_AH_RESP_ADDRESS, &resp, sizeof(resp));
	uvb_call_const(call, UVERBS_BPF_ATTR_AH_QP_TYPE, type);
	uvb_call_paths(call, paths);
	ret = uvb_call_run(call);
	if (ret == UVB_STOCK && paths->nr_attrs)
		return uvb_call_refuse(call, -EOPNOTSUPP,
				       "attribute 0x%04x: ib_uverbs serves the device and has no attributes of programs",
				       paths->attrs[0].id);
	if (ret == UVB_STOCK && paths->roce->fields && paths->ib->fields)
		return uvb_call_refuse(call, -EINVAL, "two paths: give one of path and ib_path");
	if (ret == UVB_STOCK && paths->ib->fields)
		return ib_path_to_ah_attr(call, port, paths->ib, attr);
	if (ret == UVB_STOCK)
		return uvb_path_to_ah_attr(call, port, paths->roce, attr);
	if (ret)
		return uvb_call_fail(call, ret);

	*attr = (struct ibv_ah_attr) {
		.grh.flow_label = resp.grh.flow_label,
		.grh.sgid_index = resp.grh.sgid_index,
		.grh.hop_limit = resp.grh.hop_limit,
		.grh.traffic_class = resp.grh.traffic_class,
		.dlid = resp.dlid,
		.sl = resp.sl,
		.src_path_bits = resp.src_path_bits,
		.static_rate = resp.static_rate,
		.is_global = resp.is_global,
		.port_num = resp.port_num,
	};
	memcpy(attr->grh.dgid.raw, resp.grh.dgid, sizeof(resp.grh.dgid));
	return 0;
}
