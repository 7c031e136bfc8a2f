// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Management datagrams that a port answers itself: subnet management (class 1 and 0x81, on QP 0),
 * performance (class 4, on QP 1), and what sa.c has of subnet administration (class 3). All others
 * go to who registered for them.
 */
#include <rdma/ib_mad.h>
#include <rdma/ib_pma.h>
#include <rdma/ib_sa.h>
#include <rdma/ib_smi.h>

#include "ib.h"

#define UNSUPPORTED	cpu_to_be16(IB_MGMT_MAD_STATUS_UNSUPPORTED_METHOD_ATTRIB)

static void node_info(struct ib_test_dev *dev, u32 port, void *data)
{
	struct ib_node_info *info = data;

	info->base_version = IB_MGMT_BASE_VERSION;
	info->class_version = 1;
	info->node_type = 1;
	info->num_ports = IB_PORTS;
	info->sys_guid = dev->rdi.dparms.props.sys_image_guid;
	info->node_guid = dev->rdi.ibdev.node_guid;
	info->port_guid = cpu_to_be64(IB_NODE_GUID + port);
	info->partition_cap = cpu_to_be16(IB_PKEYS);
	info->device_id = cpu_to_be16(dev->rdi.dparms.props.vendor_part_id);
	info->local_port_num = port;
	memset(info->vendor_id, 0xff, sizeof(info->vendor_id));
}

static void port_info(struct ib_test_dev *dev, u32 number, u32 asked_on, void *data)
{
	struct ib_test_port *port = &dev->ports[number - 1];
	struct ib_port_info *info = data;

	info->gid_prefix = port->rvp.gid_prefix;
	info->lid = cpu_to_be16(number);
	info->sm_lid = cpu_to_be16(port->rvp.sm_lid);
	info->cap_mask = cpu_to_be32(port->rvp.port_cap_flags);
	info->local_port_num = asked_on;
	info->link_width_enabled = IB_WIDTH_4X;
	info->link_width_supported = IB_WIDTH_4X;
	info->link_width_active = IB_WIDTH_4X;
	info->linkspeed_portstate = IB_SPEED_QDR << 4 | IB_PORT_ACTIVE;
	info->portphysstate_linkdown = IB_PORT_PHYS_STATE_LINK_UP << 4 | IB_PORT_PHYS_STATE_POLLING;
	info->linkspeedactive_enabled = IB_SPEED_QDR << 4 | IB_SPEED_QDR;
	info->neighbormtu_mastersmsl = IB_MTU_4096 << 4;
	info->vlcap_inittype = 1 << 4;
	info->inittypereply_mtucap = IB_MTU_4096;
	info->operationalvl_pei_peo_fpi_fpo = 1 << 4;
	info->pkey_violations = cpu_to_be16(port->rvp.pkey_violations);
	info->qkey_violations = cpu_to_be16(port->rvp.qkey_violations);
	info->guid_cap = 1;
}

/* A Set is answered like a Get: nothing about this subnet can be changed. */
static __be16 subnet_management(struct ib_test_dev *dev, u32 port, const struct ib_smp *in,
				struct ib_smp *out)
{
	u32 modifier = be32_to_cpu(in->attr_mod);
	int i;

	memset(out->data, 0, sizeof(out->data));
	switch (in->attr_id) {
	case IB_SMP_ATTR_NODE_DESC:
		memcpy(out->data, dev->rdi.ibdev.node_desc, IB_DEVICE_NODE_DESC_MAX);
		return 0;
	case IB_SMP_ATTR_NODE_INFO:
		node_info(dev, port, out->data);
		return 0;
	case IB_SMP_ATTR_GUID_INFO:
		*(__be64 *)out->data = cpu_to_be64(modifier ? 0 : IB_NODE_GUID + port);
		return 0;
	case IB_SMP_ATTR_PORT_INFO:
		if (modifier > IB_PORTS)
			return cpu_to_be16(IB_MGMT_MAD_STATUS_INVALID_ATTRIB_VALUE);
		port_info(dev, modifier ?: port, port, out->data);
		return 0;
	case IB_SMP_ATTR_PKEY_TABLE:
		for (i = 0; !modifier && i < IB_PKEYS; i++)
			((__be16 *)out->data)[i] = cpu_to_be16(dev->ports[port - 1].pkeys[i]);
		return 0;
	default:
		return UNSUPPORTED;
	}
}

static void port_counters(struct ib_test_port *port, struct ib_pma_portcounters *out)
{
	/* Data is counted in units of four bytes, and these counters stop at their largest value. */
	out->port_xmit_data = cpu_to_be32(min_t(u64, U32_MAX, atomic64_read(&port->xmit_bytes) / 4));
	out->port_rcv_data = cpu_to_be32(min_t(u64, U32_MAX, atomic64_read(&port->rcv_bytes) / 4));
	out->port_xmit_packets = cpu_to_be32(min_t(u64, U32_MAX,
						   atomic64_read(&port->xmit_packets)));
	out->port_rcv_packets = cpu_to_be32(min_t(u64, U32_MAX,
						  atomic64_read(&port->rcv_packets)));
}

static void port_counters_ext(struct ib_test_port *port, struct ib_pma_portcounters_ext *out)
{
	out->port_xmit_data = cpu_to_be64(atomic64_read(&port->xmit_bytes) / 4);
	out->port_rcv_data = cpu_to_be64(atomic64_read(&port->rcv_bytes) / 4);
	out->port_xmit_packets = cpu_to_be64(atomic64_read(&port->xmit_packets));
	out->port_rcv_packets = cpu_to_be64(atomic64_read(&port->rcv_packets));
}

static __be16 performance(struct ib_test_dev *dev, u32 number, const struct ib_pma_mad *in,
			  struct ib_pma_mad *out)
{
	bool set = in->mad_hdr.method == IB_MGMT_METHOD_SET;
	const struct ib_pma_portcounters *asked = (const void *)in->data;
	struct ib_test_port *port;
	u8 select = asked->port_select;

	memset(out->data, 0, sizeof(out->data));
	if (in->mad_hdr.attr_id == IB_PMA_CLASS_PORT_INFO) {
		struct ib_class_port_info *info = (void *)out->data;

		if (set)
			return UNSUPPORTED;
		info->base_version = IB_MGMT_BASE_VERSION;
		info->class_version = 1;
		info->capability_mask = IB_PMA_CLASS_CAP_EXT_WIDTH;
		return 0;
	}
	if (in->mad_hdr.attr_id != IB_PMA_PORT_COUNTERS &&
	    in->mad_hdr.attr_id != IB_PMA_PORT_COUNTERS_EXT)
		return UNSUPPORTED;
	if (select > IB_PORTS)
		return cpu_to_be16(IB_MGMT_MAD_STATUS_INVALID_ATTRIB_VALUE);

	port = &dev->ports[(select ?: number) - 1];
	if (set) {
		atomic64_set(&port->xmit_bytes, 0);
		atomic64_set(&port->xmit_packets, 0);
		atomic64_set(&port->rcv_bytes, 0);
		atomic64_set(&port->rcv_packets, 0);
	}
	out->data[1] = select;
	if (in->mad_hdr.attr_id == IB_PMA_PORT_COUNTERS)
		port_counters(port, (void *)out->data);
	else
		port_counters_ext(port, (void *)out->data);
	return 0;
}

int ib_test_process_mad(struct ib_device *ibdev, int flags, u32 port, const struct ib_wc *wc,
			const struct ib_grh *grh, const struct ib_mad *in, struct ib_mad *out,
			size_t *out_size, u16 *out_pkey_index)
{
	struct ib_test_dev *dev = to_test_dev(ibdev);
	u8 method = in->mad_hdr.method;
	__be16 status;

	if (method != IB_MGMT_METHOD_GET && method != IB_MGMT_METHOD_SET &&
	    (method != IB_SA_METHOD_DELETE || in->mad_hdr.mgmt_class != IB_MGMT_CLASS_SUBN_ADM))
		return IB_MAD_RESULT_SUCCESS;
	switch (in->mad_hdr.mgmt_class) {
	case IB_MGMT_CLASS_SUBN_LID_ROUTED:
	case IB_MGMT_CLASS_SUBN_DIRECTED_ROUTE:
		*out = *in;
		status = subnet_management(dev, port, (const void *)in, (void *)out);
		if (in->mad_hdr.mgmt_class == IB_MGMT_CLASS_SUBN_DIRECTED_ROUTE)
			status |= IB_SMP_DIRECTION;
		break;
	case IB_MGMT_CLASS_PERF_MGMT:
		*out = *in;
		status = performance(dev, port, (const void *)in, (void *)out);
		break;
	case IB_MGMT_CLASS_SUBN_ADM:
		*out = *in;
		status = ib_test_sa(dev, (void *)out);
		break;
	default:
		return IB_MAD_RESULT_SUCCESS;
	}
	out->mad_hdr.method = method == IB_SA_METHOD_DELETE ? IB_SA_METHOD_DELETE_RESP :
		IB_MGMT_METHOD_GET_RESP;
	out->mad_hdr.status = status;
	return IB_MAD_RESULT_SUCCESS | IB_MAD_RESULT_REPLY;
}
