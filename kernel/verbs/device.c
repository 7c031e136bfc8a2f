// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The device itself: context, ports, GIDs, limits, and the two methods that
 * lead elsewhere, INVOKE_WRITE (legacy.c) and SCHEMA (schema.c).
 */
#include "../uvb.h"

#include <rdma/ib_cache.h>
#include <rdma/opa_addr.h>

/* The device behind the call's context. */
static struct ib_device *uvb_bundle_ibdev(struct uverbs_attr_bundle *bundle)
{
	struct ib_ucontext *context = uvb_bundle_context(bundle);

	return IS_ERR(context) ? ERR_CAST(context) : context->device;
}

/* ---- context ---- */

/* What GET_CONTEXT and QUERY_CONTEXT tell of the kernel. */
static int uvb_context_answer(struct uverbs_attr_bundle *bundle, u16 num_comp_id,
			      u16 core_support_id, u64 core_support)
{
	u32 num_comp_vectors = bundle->ufile->device->num_comp_vectors;
	int ret;

	ret = uvb_copy_out_optional(bundle, num_comp_id, &num_comp_vectors,
				    sizeof(num_comp_vectors));
	return ret ?: uvb_copy_out_optional(bundle, core_support_id, &core_support,
					    sizeof(core_support));
}

static int uvb_get_context(struct uverbs_attr_bundle *bundle)
{
	struct ib_device *ibdev = uvb_file_ibdev(uvb_bundle_file(bundle));
	int *ucaps = NULL;
	int nr_ucaps = 0;
	int ret;

	if (!ibdev)
		return -EIO;
	ret = uvb_context_answer(bundle, UVERBS_ATTR_GET_CONTEXT_NUM_COMP_VECTORS,
				 UVERBS_ATTR_GET_CONTEXT_CORE_SUPPORT, uvb_core_support(ibdev));
	if (!ret)
		ret = uvb_context_alloc(bundle);
	if (ret)
		return ret;
#ifdef UVB_HAVE_UCAPS
	if (uvb_has(bundle, UVERBS_ATTR_GET_CONTEXT_FD_ARR)) {
		nr_ucaps = uverbs_attr_ptr_get_array_size(bundle, UVERBS_ATTR_GET_CONTEXT_FD_ARR,
							  sizeof(*ucaps));
		ucaps = uverbs_attr_get_alloced_ptr(bundle, UVERBS_ATTR_GET_CONTEXT_FD_ARR);
	}
#endif
	ret = uvb_context_init(bundle, ucaps, nr_ucaps);
	if (ret)
		uvb_context_free(bundle);
	return ret;
}

static int uvb_query_context(struct uverbs_attr_bundle *bundle)
{
	struct ib_device *ibdev = uvb_bundle_ibdev(bundle);
	int ret;

	if (IS_ERR(ibdev))
		return PTR_ERR(ibdev);
	if (!ibdev->ops.query_ucontext)
		return -EOPNOTSUPP;
	/* ROBUST_UDATA is told with the context alone, as by ib_uverbs. */
	ret = uvb_context_answer(bundle, UVERBS_ATTR_QUERY_CONTEXT_NUM_COMP_VECTORS,
				 UVERBS_ATTR_QUERY_CONTEXT_CORE_SUPPORT,
				 IB_UVERBS_CORE_SUPPORT_OPTIONAL_MR_ACCESS);
	return ret ?: ibdev->ops.query_ucontext(bundle->context, bundle);
}

static int uvb_cmd_get_context(struct uverbs_attr_bundle *bundle)
{
	struct uvb_file *file = uvb_bundle_file(bundle);
	struct ib_uverbs_get_context_resp resp;
	struct ib_uverbs_get_context cmd;
	struct uvb_handle *handle;
	int ret;

	ret = uvb_request(bundle, &cmd, sizeof(cmd));
	if (ret)
		return ret;
	ret = uvb_context_alloc(bundle);
	if (ret)
		return ret;
	handle = uvb_new(bundle, UVERBS_OBJECT_ASYNC_EVENT);
	if (IS_ERR(handle)) {
		ret = PTR_ERR(handle);
		goto err_context;
	}

	/* The answer first: a context that was seen cannot be taken back. */
	resp = (struct ib_uverbs_get_context_resp) {
		.num_comp_vectors = bundle->ufile->device->num_comp_vectors,
		.async_fd = handle->id,
	};
	ret = uvb_response(bundle, &resp, sizeof(resp));
	if (!ret)
		ret = uvb_context_init(bundle, NULL, 0);
	if (ret)
		goto err_handle;
	uvb_async_event_init(file, handle);
	/* It receives events now, and like the context cannot be taken back if the call fails yet. */
	bundle->uobject = NULL;
	uvb_handle_commit(file, handle);
	return 0;

err_handle:
	/* It must not outlive its context. */
	bundle->uobject = NULL;
	uvb_handle_abort(bundle, handle, false);
err_context:
	uvb_context_free(bundle);
	return ret;
}

/* ---- handles ---- */

/* Enough for most, without an allocation. */
#define UVB_FEW_HANDLES		32

static int uvb_info_handles(struct uverbs_attr_bundle *bundle)
{
	int len = uverbs_attr_get_len(bundle, UVERBS_ATTR_INFO_HANDLES_LIST);
	struct uvb_file *file = uvb_bundle_file(bundle);
	u32 few[UVB_FEW_HANDLES], *ids = few;
	u64 object;
	u32 total;
	int ret;

	if (len <= 0 || len % sizeof(*ids))
		return -EINVAL;
	ret = uvb_const(&object, bundle, UVERBS_ATTR_INFO_OBJECT_ID, U16_MAX);
	if (ret)
		return ret;
	if (object == UVERBS_IDR_ANY_OBJECT)
		return -ENOMSG;
	if (!uvb_api_has_object(&uvb_file_device(file)->api, object))
		return uvb_refuse(bundle, -ENOENT, UVERBS_ATTR_INFO_OBJECT_ID,
				  "OBJECT_ID: this device has no object %llu", object);

	if (len > sizeof(few)) {
		ids = kvmalloc(len, GFP_KERNEL);
		if (!ids)
			return -ENOMEM;
	}
	total = uvb_handles_list(file, object, ids, len / sizeof(*ids));
	ret = uvb_copy_out(bundle, UVERBS_ATTR_INFO_HANDLES_LIST, ids, total * sizeof(*ids));
	if (!ret)
		ret = uvb_copy_out(bundle, UVERBS_ATTR_INFO_TOTAL_HANDLES, &total, sizeof(total));
	if (ids != few)
		kvfree(ids);
	return ret;
}

/* ---- limits ---- */

static void uvb_device_answer(const struct ib_device *ibdev, const struct ib_device_attr *attr,
			      struct ib_uverbs_query_device_resp *resp)
{
	*resp = (struct ib_uverbs_query_device_resp) {
		.fw_ver = attr->fw_ver,
		.node_guid = ibdev->node_guid,
		.sys_image_guid = attr->sys_image_guid,
		.max_mr_size = attr->max_mr_size,
		.page_size_cap = attr->page_size_cap,
		.vendor_id = attr->vendor_id,
		.vendor_part_id = attr->vendor_part_id,
		.hw_ver = attr->hw_ver,
		.max_qp = attr->max_qp,
		.max_qp_wr = attr->max_qp_wr,
		.device_cap_flags = lower_32_bits(attr->device_cap_flags),
		.max_sge = min(attr->max_send_sge, attr->max_recv_sge),
		.max_sge_rd = attr->max_sge_rd,
		.max_cq = attr->max_cq,
		.max_cqe = attr->max_cqe,
		.max_mr = attr->max_mr,
		.max_pd = attr->max_pd,
		.max_qp_rd_atom = attr->max_qp_rd_atom,
		.max_ee_rd_atom = attr->max_ee_rd_atom,
		.max_res_rd_atom = attr->max_res_rd_atom,
		.max_qp_init_rd_atom = attr->max_qp_init_rd_atom,
		.max_ee_init_rd_atom = attr->max_ee_init_rd_atom,
		.atomic_cap = attr->atomic_cap,
		.max_ee = attr->max_ee,
		.max_rdd = attr->max_rdd,
		.max_mw = attr->max_mw,
		.max_raw_ipv6_qp = attr->max_raw_ipv6_qp,
		.max_raw_ethy_qp = attr->max_raw_ethy_qp,
		.max_mcast_grp = attr->max_mcast_grp,
		.max_mcast_qp_attach = attr->max_mcast_qp_attach,
		.max_total_mcast_qp_attach = attr->max_total_mcast_qp_attach,
		.max_ah = attr->max_ah,
		.max_srq = attr->max_srq,
		.max_srq_wr = attr->max_srq_wr,
		.max_srq_sge = attr->max_srq_sge,
		.max_pkeys = attr->max_pkeys,
		.local_ca_ack_delay = attr->local_ca_ack_delay,
		.phys_port_cnt = min_t(u32, ibdev->phys_port_cnt, U8_MAX),
	};
}

static int uvb_cmd_query_device(struct uverbs_attr_bundle *bundle)
{
	struct ib_device *ibdev = uvb_bundle_ibdev(bundle);
	struct ib_uverbs_query_device_resp resp;
	struct ib_uverbs_query_device cmd;
	int ret;

	if (IS_ERR(ibdev))
		return PTR_ERR(ibdev);
	ret = uvb_request(bundle, &cmd, sizeof(cmd));
	if (ret)
		return ret;
	uvb_device_answer(ibdev, &ibdev->attrs, &resp);
	return uvb_response(bundle, &resp, sizeof(resp));
}

static int uvb_cmd_ex_query_device(struct uverbs_attr_bundle *bundle)
{
	struct ib_device *ibdev = uvb_bundle_ibdev(bundle);
	struct ib_uverbs_ex_query_device_resp resp = {};
	struct ib_uverbs_ex_query_device cmd;
	struct ib_device_attr attr = {};
	int ret;

	if (IS_ERR(ibdev))
		return PTR_ERR(ibdev);
	ret = uvb_request(bundle, &cmd, sizeof(cmd));
	if (ret)
		return ret;
	if (cmd.comp_mask || cmd.reserved)
		return -EINVAL;
	ret = ibdev->ops.query_device(ibdev, &attr, &bundle->driver_udata);
	if (ret)
		return ret;

	uvb_device_answer(ibdev, &attr, &resp.base);
	resp.odp_caps.general_caps = attr.odp_caps.general_caps;
	resp.odp_caps.per_transport_caps.rc_odp_caps =
		attr.odp_caps.per_transport_caps.rc_odp_caps;
	resp.odp_caps.per_transport_caps.uc_odp_caps =
		attr.odp_caps.per_transport_caps.uc_odp_caps;
	resp.odp_caps.per_transport_caps.ud_odp_caps =
		attr.odp_caps.per_transport_caps.ud_odp_caps;
	resp.xrc_odp_caps = attr.odp_caps.per_transport_caps.xrc_odp_caps;
	resp.timestamp_mask = attr.timestamp_mask;
	resp.hca_core_clock = attr.hca_core_clock;
	resp.device_cap_flags_ex = attr.device_cap_flags | uvb_device_cap_flags_ex(ibdev);
	resp.rss_caps.supported_qpts = attr.rss_caps.supported_qpts;
	resp.rss_caps.max_rwq_indirection_tables = attr.rss_caps.max_rwq_indirection_tables;
	resp.rss_caps.max_rwq_indirection_table_size =
		attr.rss_caps.max_rwq_indirection_table_size;
	resp.max_wq_type_rq = attr.max_wq_type_rq;
	resp.raw_packet_caps = attr.raw_packet_caps;
	resp.tm_caps.max_rndv_hdr_size = attr.tm_caps.max_rndv_hdr_size;
	resp.tm_caps.max_num_tags = attr.tm_caps.max_num_tags;
	resp.tm_caps.max_ops = attr.tm_caps.max_ops;
	resp.tm_caps.max_sge = attr.tm_caps.max_sge;
	resp.tm_caps.flags = attr.tm_caps.flags;
	resp.cq_moderation_caps.max_cq_moderation_count = attr.cq_caps.max_cq_moderation_count;
	resp.cq_moderation_caps.max_cq_moderation_period =
		attr.cq_caps.max_cq_moderation_period;
	resp.max_dm_size = attr.max_dm_size;
	resp.response_length = uvb_response_length(bundle, sizeof(resp));
	return uvb_response(bundle, &resp, sizeof(resp));
}

/* ---- ports ---- */

/* Of the capability mask user space sees one bit under another name. */
static u32 uvb_port_cap_flags(const struct ib_port_attr *attr)
{
	u32 flags = attr->port_cap_flags & ~IB_UVERBS_PCF_IP_BASED_GIDS;

	return attr->ip_gids ? flags | IB_UVERBS_PCF_IP_BASED_GIDS : flags;
}

static void uvb_port_answer(struct ib_device *ibdev, u32 port,
			    const struct ib_port_attr *attr,
			    struct ib_uverbs_query_port_resp *resp)
{
	/* A call, and so before there is much to keep over it. */
	enum rdma_link_layer link_layer = rdma_port_get_link_layer(ibdev, port);
	bool opa = rdma_cap_opa_ah(ibdev, port);

	*resp = (struct ib_uverbs_query_port_resp) {
		.state = attr->state,
		.max_mtu = attr->max_mtu,
		.active_mtu = attr->active_mtu,
		.gid_tbl_len = attr->gid_tbl_len,
		.port_cap_flags = uvb_port_cap_flags(attr),
		.max_msg_sz = attr->max_msg_sz,
		.bad_pkey_cntr = attr->bad_pkey_cntr,
		.qkey_viol_cntr = attr->qkey_viol_cntr,
		.pkey_tbl_len = attr->pkey_tbl_len,
		.flags = rdma_is_grh_required(ibdev, port) ? IB_UVERBS_QPF_GRH_REQUIRED : 0,
		.lid = opa ? OPA_TO_IB_UCAST_LID(attr->lid) : ib_lid_cpu16(attr->lid),
		.sm_lid = opa ? OPA_TO_IB_UCAST_LID(attr->sm_lid) : ib_lid_cpu16(attr->sm_lid),
		.lmc = attr->lmc,
		.max_vl_num = attr->max_vl_num,
		.sm_sl = attr->sm_sl,
		.subnet_timeout = attr->subnet_timeout,
		.init_type_reply = attr->init_type_reply,
		.active_width = attr->active_width,
		/* Eight bits end at NDR; the extended answer has sixteen. */
		.active_speed = min_t(u16, attr->active_speed, IB_SPEED_NDR),
		.phys_state = attr->phys_state,
		.link_layer = link_layer,
	};
}

static int uvb_query_port(struct uverbs_attr_bundle *bundle)
{
	struct ib_device *ibdev = uvb_bundle_ibdev(bundle);
	struct ib_uverbs_query_port_resp_ex resp __uninitialized;
	struct ib_port_attr attr __uninitialized;
	u64 port;
	int ret;

	if (IS_ERR(ibdev))
		return PTR_ERR(ibdev);
	if (!ibdev->ops.query_port)
		return -EOPNOTSUPP;
	ret = uvb_const(&port, bundle, UVERBS_ATTR_QUERY_PORT_PORT_NUM, U8_MAX);
	if (ret)
		return ret;
	ret = ib_query_port(ibdev, port, &attr);
	if (ret)
		return ret;

	uvb_port_answer(ibdev, port, &attr, &resp.legacy_resp);
	resp.port_cap_flags2 = attr.port_cap_flags2;
	memset(resp.reserved, 0, sizeof(resp.reserved));
	resp.active_speed_ex = attr.active_speed;
	return uvb_copy_out_zero(bundle, UVERBS_ATTR_QUERY_PORT_RESP, &resp, sizeof(resp));
}

static int uvb_cmd_query_port(struct uverbs_attr_bundle *bundle)
{
	struct ib_device *ibdev = uvb_bundle_ibdev(bundle);
	struct ib_uverbs_query_port_resp resp;
	struct ib_uverbs_query_port cmd;
	struct ib_port_attr attr __uninitialized;
	int ret;

	if (IS_ERR(ibdev))
		return PTR_ERR(ibdev);
	ret = uvb_request(bundle, &cmd, sizeof(cmd));
	if (ret)
		return ret;
	ret = ib_query_port(ibdev, cmd.port_num, &attr);
	if (ret)
		return ret;
	uvb_port_answer(ibdev, cmd.port_num, &attr, &resp);
	return uvb_response(bundle, &resp, sizeof(resp));
}

#ifdef UVB_HAVE_PORT_SPEED
static int uvb_query_port_speed(struct uverbs_attr_bundle *bundle)
{
	struct ib_device *ibdev = uvb_bundle_ibdev(bundle);
	u64 port, speed;
	int ret;

	if (IS_ERR(ibdev))
		return PTR_ERR(ibdev);
	if (!ibdev->ops.query_port_speed)
		return -EOPNOTSUPP;
	ret = uvb_const(&port, bundle, UVERBS_ATTR_QUERY_PORT_SPEED_PORT_NUM, U32_MAX);
	if (ret)
		return ret;
	if (!rdma_is_port_valid(ibdev, port))
		return -EINVAL;
	ret = ibdev->ops.query_port_speed(ibdev, port, &speed);
	return ret ?: uvb_copy_out(bundle, UVERBS_ATTR_QUERY_PORT_SPEED_RESP, &speed,
				   sizeof(speed));
}
#endif

/* ---- GIDs ---- */

static int uvb_gid_entry(const struct ib_gid_attr *gid, struct ib_uverbs_gid_entry *entry)
{
	struct net_device *ndev;
	int ret = 0;

	*entry = (struct ib_uverbs_gid_entry) {
		.gid_index = gid->index,
		.port_num = gid->port_num,
		.gid_type = gid->gid_type,
	};
	memcpy(&entry->gid, &gid->gid, sizeof(gid->gid));

	rcu_read_lock();
	ndev = rdma_read_gid_attr_ndev_rcu(gid);
	if (!IS_ERR(ndev))
		entry->netdev_ifindex = ndev->ifindex;
	else if (PTR_ERR(ndev) != -ENODEV)
		ret = PTR_ERR(ndev);
	rcu_read_unlock();
	return ret;
}

static int uvb_query_gid_entry(struct uverbs_attr_bundle *bundle)
{
	struct ib_device *ibdev = uvb_bundle_ibdev(bundle);
	struct ib_uverbs_gid_entry entry;
	const struct ib_gid_attr *gid;
	u64 port, index;
	u32 flags;
	int ret;

	ret = uvb_flags(&flags, bundle, UVERBS_ATTR_QUERY_GID_ENTRY_FLAGS, 0);
	if (!ret)
		ret = uvb_const(&port, bundle, UVERBS_ATTR_QUERY_GID_ENTRY_PORT, U32_MAX);
	if (!ret)
		ret = uvb_const(&index, bundle, UVERBS_ATTR_QUERY_GID_ENTRY_GID_INDEX, U32_MAX);
	if (ret)
		return ret;
	if (IS_ERR(ibdev))
		return PTR_ERR(ibdev);
	if (!rdma_is_port_valid(ibdev, port))
		return -EINVAL;

	gid = rdma_get_gid_attr(ibdev, port, index);
	if (IS_ERR(gid))
		return PTR_ERR(gid);
	ret = uvb_gid_entry(gid, &entry);
	rdma_put_gid_attr(gid);
	return ret ?: uvb_copy_out_zero(bundle, UVERBS_ATTR_QUERY_GID_ENTRY_RESP_ENTRY, &entry,
					sizeof(entry));
}

/* Entries as long as the caller knows them: cut, or followed by zeroes. */
static int uvb_gid_table_out(const struct uverbs_attr *to, const struct ib_uverbs_gid_entry *entries,
			     size_t nr, size_t entry_size)
{
	void __user *user = u64_to_user_ptr(to->ptr_attr.data);
	size_t len = min(entry_size, sizeof(*entries));
	size_t i;

	if (entry_size == sizeof(*entries))
		return copy_to_user(user, entries, nr * sizeof(*entries)) ? -EFAULT : 0;

	for (i = 0; i < nr; i++, user += entry_size) {
		if (copy_to_user(user, &entries[i], len) ||
		    clear_user(user + len, entry_size - len))
			return -EFAULT;
	}
	return 0;
}

static int uvb_query_gid_table(struct uverbs_attr_bundle *bundle)
{
	const struct uverbs_attr *to =
		uverbs_attr_get(bundle, UVERBS_ATTR_QUERY_GID_TABLE_RESP_ENTRIES);
	struct ib_uverbs_gid_entry *entries;
	struct ib_device *ibdev;
	u64 entry_size;
	ssize_t found;
	size_t max;
	u32 flags;
	int ret;
	u64 nr;

	ret = uvb_flags(&flags, bundle, UVERBS_ATTR_QUERY_GID_TABLE_FLAGS, 0);
	if (!ret)
		ret = uvb_const(&entry_size, bundle, UVERBS_ATTR_QUERY_GID_TABLE_ENTRY_SIZE,
				U64_MAX);
	if (ret)
		return ret;
	if (!entry_size || to->ptr_attr.len % entry_size || to->ptr_attr.len < entry_size)
		return -EINVAL;
	max = div64_u64(to->ptr_attr.len, entry_size);

	ibdev = uvb_bundle_ibdev(bundle);
	if (IS_ERR(ibdev))
		return PTR_ERR(ibdev);
	entries = kvcalloc(max, sizeof(*entries), GFP_KERNEL);
	if (!entries)
		return -ENOMEM;
	found = rdma_query_gid_table(ibdev, entries, max);
	if (found < 0) {
		ret = -EINVAL;
		goto out;
	}
	ret = uvb_gid_table_out(to, entries, found, entry_size);
	if (!ret)
		ret = uvb_mark_output(bundle, to->ptr_attr.uattr_idx);
	nr = found;
	if (!ret)
		ret = uvb_copy_out(bundle, UVERBS_ATTR_QUERY_GID_TABLE_RESP_NUM_ENTRIES, &nr,
				   sizeof(nr));
out:
	kvfree(entries);
	return ret;
}

/* ---- schema ---- */

static const struct uvb_attr uvb_invoke_write_attrs[] = {
	UVB_IN_MIN(UVERBS_ATTR_CORE_IN, sizeof(u32), UVB_O),
	UVB_OUT_MIN(UVERBS_ATTR_CORE_OUT, 0, UVB_O),
	UVB_CONST(UVERBS_ATTR_WRITE_CMD, UVB_M),
	UVB_UHW(),
};

static const struct uvb_attr uvb_query_port_attrs[] = {
	UVB_CONST(UVERBS_ATTR_QUERY_PORT_PORT_NUM, UVB_M),
	UVB_OUT_STRUCT(UVERBS_ATTR_QUERY_PORT_RESP, struct ib_uverbs_query_port_resp_ex,
		       active_speed_ex, UVB_M),
};

static const struct uvb_attr uvb_get_context_attrs[] = {
	UVB_OUT(UVERBS_ATTR_GET_CONTEXT_NUM_COMP_VECTORS, u32, UVB_O),
	UVB_OUT(UVERBS_ATTR_GET_CONTEXT_CORE_SUPPORT, u64, UVB_O),
#ifdef UVB_HAVE_UCAPS
	UVB_IN_MIN(UVERBS_ATTR_GET_CONTEXT_FD_ARR, sizeof(int), UVB_O | UVB_F_COPY),
#endif
	UVB_UHW(),
};

static const struct uvb_attr uvb_info_handles_attrs[] = {
	UVB_CONST(UVERBS_ATTR_INFO_OBJECT_ID, UVB_M),
	UVB_OUT(UVERBS_ATTR_INFO_TOTAL_HANDLES, u32, UVB_O),
	UVB_OUT_MIN(UVERBS_ATTR_INFO_HANDLES_LIST, sizeof(u32), UVB_O),
};

static const struct uvb_attr uvb_query_context_attrs[] = {
	UVB_OUT(UVERBS_ATTR_QUERY_CONTEXT_NUM_COMP_VECTORS, u32, UVB_O),
	UVB_OUT(UVERBS_ATTR_QUERY_CONTEXT_CORE_SUPPORT, u64, UVB_O),
};

static const struct uvb_attr uvb_query_gid_table_attrs[] = {
	UVB_CONST(UVERBS_ATTR_QUERY_GID_TABLE_ENTRY_SIZE, UVB_M),
	UVB_FLAGS(UVERBS_ATTR_QUERY_GID_TABLE_FLAGS, UVB_O),
	UVB_OUT_MIN(UVERBS_ATTR_QUERY_GID_TABLE_RESP_ENTRIES, 0, UVB_M),
	UVB_OUT(UVERBS_ATTR_QUERY_GID_TABLE_RESP_NUM_ENTRIES, u64, UVB_M),
};

static const struct uvb_attr uvb_query_gid_entry_attrs[] = {
	UVB_CONST(UVERBS_ATTR_QUERY_GID_ENTRY_PORT, UVB_M),
	UVB_CONST(UVERBS_ATTR_QUERY_GID_ENTRY_GID_INDEX, UVB_M),
	UVB_FLAGS(UVERBS_ATTR_QUERY_GID_ENTRY_FLAGS, UVB_M),
	UVB_OUT_STRUCT(UVERBS_ATTR_QUERY_GID_ENTRY_RESP_ENTRY, struct ib_uverbs_gid_entry,
		       netdev_ifindex, UVB_M),
};

#ifdef UVB_HAVE_PORT_SPEED
static const struct uvb_attr uvb_query_port_speed_attrs[] = {
	UVB_CONST(UVERBS_ATTR_QUERY_PORT_SPEED_PORT_NUM, UVB_M),
	UVB_OUT(UVERBS_ATTR_QUERY_PORT_SPEED_RESP, u64, UVB_M),
};
#endif

static const struct uvb_attr uvb_schema_attrs[] = {
	UVB_IN(UVERBS_BPF_ATTR_SCHEMA_FIRST, u32, UVB_O),
	UVB_OUT_MIN(UVERBS_BPF_ATTR_SCHEMA_RECORDS, 0, UVB_M),
	UVB_OUT(UVERBS_BPF_ATTR_SCHEMA_TOTAL, u32, UVB_M),
};

static struct uvb_method uvb_device_methods[] = {
	UVB_METHOD(UVERBS_OBJECT_DEVICE, UVERBS_METHOD_INVOKE_WRITE, uvb_invoke_write,
		   uvb_invoke_write_attrs, UVB_AROUND),
	UVB_METHOD(UVERBS_OBJECT_DEVICE, UVERBS_METHOD_INFO_HANDLES, uvb_info_handles,
		   uvb_info_handles_attrs),
	UVB_METHOD(UVERBS_OBJECT_DEVICE, UVERBS_METHOD_QUERY_PORT, uvb_query_port,
		   uvb_query_port_attrs),
	UVB_METHOD(UVERBS_OBJECT_DEVICE, UVERBS_METHOD_GET_CONTEXT, uvb_get_context,
		   uvb_get_context_attrs),
	UVB_METHOD(UVERBS_OBJECT_DEVICE, UVERBS_METHOD_QUERY_CONTEXT, uvb_query_context,
		   uvb_query_context_attrs),
	UVB_METHOD(UVERBS_OBJECT_DEVICE, UVERBS_METHOD_QUERY_GID_TABLE, uvb_query_gid_table,
		   uvb_query_gid_table_attrs),
	UVB_METHOD(UVERBS_OBJECT_DEVICE, UVERBS_METHOD_QUERY_GID_ENTRY, uvb_query_gid_entry,
		   uvb_query_gid_entry_attrs),
#ifdef UVB_HAVE_PORT_SPEED
	UVB_METHOD(UVERBS_OBJECT_DEVICE, UVERBS_METHOD_QUERY_PORT_SPEED, uvb_query_port_speed,
		   uvb_query_port_speed_attrs),
#endif
	UVB_METHOD(UVERBS_OBJECT_DEVICE, UVERBS_BPF_METHOD_SCHEMA, uvb_schema_method,
		   uvb_schema_attrs),
};

static const struct uvb_command uvb_device_commands[] = {
	UVB_COMMAND(GET_CONTEXT, uvb_cmd_get_context, UVERBS_OBJECT_DEVICE,
		    UVERBS_METHOD_GET_CONTEXT, sizeof(struct ib_uverbs_get_context),
		    sizeof(struct ib_uverbs_get_context_resp), UVB_UDATA),
	UVB_COMMAND(QUERY_DEVICE, uvb_cmd_query_device, UVERBS_OBJECT_DEVICE,
		    UVB_ONLY, sizeof(struct ib_uverbs_query_device),
		    sizeof(struct ib_uverbs_query_device_resp)),
	UVB_COMMAND(QUERY_PORT, uvb_cmd_query_port, UVERBS_OBJECT_DEVICE,
		    UVERBS_METHOD_QUERY_PORT, sizeof(struct ib_uverbs_query_port),
		    sizeof(struct ib_uverbs_query_port_resp), UVB_NEEDS(query_port)),
	UVB_COMMAND_EX(QUERY_DEVICE, uvb_cmd_ex_query_device, UVERBS_OBJECT_DEVICE,
		       UVB_ONLY,
		       offsetofend(struct ib_uverbs_ex_query_device, reserved),
		       offsetofend(struct ib_uverbs_ex_query_device_resp, response_length),
		       UVB_NEEDS(query_device)),
};

UVB_SCHEMA(device, UVB_METHODS(uvb_device_methods), UVB_COMMANDS(uvb_device_commands));
