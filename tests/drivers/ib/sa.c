// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * As much of a subnet administrator as IPoIB and rdma_cm ask: paths between the two ports, and
 * multicast groups. It answers on QP 1 of either port; port 1 is what the ports know as its place.
 */
#include <rdma/ib_mad.h>
#include <rdma/ib_sa.h>

#include "ib.h"

#define SA_RATE			IB_RATE_100_GBPS
#define SA_LIFE_TIME		12
#define SA_NO_RECORDS		cpu_to_be16(0x0300)
#define SA_NO_RESOURCES		cpu_to_be16(0x0100)
/* What IPoIB has for its broadcast group. */
#define SA_QKEY			0x0b1b
#define EXACTLY(value)		(IB_SA_EQ << 6 | (value))

/* MCMemberRecord, InfiniBand specification volume 1, 15.2.5.17. */
struct member_record {
	union ib_gid mgid;
	union ib_gid port_gid;
	__be32 qkey;
	__be16 mlid;
	u8 mtu;
	u8 traffic_class;
	__be16 pkey;
	u8 rate;
	u8 life_time;
	__be32 sl_flow_hop;
	u8 scope_state;
	u8 proxy_join;
};

/* The LID of the port that has a GID, 0 if none has. */
static u16 lid_of(const union ib_gid *gid)
{
	u64 number = be64_to_cpu(gid->global.interface_id) - IB_NODE_GUID;

	return number >= 1 && number <= IB_PORTS ? number : 0;
}

static __be16 path(void *data)
{
	struct sa_path_rec record = {};
	u16 dlid, slid;

	ib_sa_unpack_path(data, &record);
	dlid = be16_to_cpu(record.ib.dlid) ?: lid_of(&record.dgid);
	slid = be16_to_cpu(record.ib.slid) ?: lid_of(&record.sgid);
	if (!dlid || !slid || dlid > IB_PORTS || slid > IB_PORTS)
		return SA_NO_RECORDS;

	record.dgid.global.subnet_prefix = cpu_to_be64(IB_SUBNET_PREFIX);
	record.dgid.global.interface_id = cpu_to_be64(IB_NODE_GUID + dlid);
	record.sgid.global.subnet_prefix = cpu_to_be64(IB_SUBNET_PREFIX);
	record.sgid.global.interface_id = cpu_to_be64(IB_NODE_GUID + slid);
	record.ib.dlid = cpu_to_be16(dlid);
	record.ib.slid = cpu_to_be16(slid);
	record.reversible = 1;
	record.numb_path = 1;
	record.pkey = cpu_to_be16(IB_DEFAULT_PKEY_FULL);
	record.mtu_selector = IB_SA_EQ;
	record.mtu = IB_MTU_4096;
	record.rate_selector = IB_SA_EQ;
	record.rate = SA_RATE;
	record.packet_life_time_selector = IB_SA_EQ;
	record.packet_life_time = SA_LIFE_TIME;
	ib_sa_pack_path(&record, data);
	return 0;
}

/* Groups stay once they were made; who is in them is what rdmavt knows. */
static __be16 join(struct ib_test_dev *dev, ib_sa_comp_mask given, struct member_record *record)
{
	struct ib_test_group *group = NULL;
	unsigned long flags;
	int i;

	spin_lock_irqsave(&dev->groups_lock, flags);
	for (i = 0; i < IB_GROUPS && !group; i++) {
		if (!dev->groups[i].used || !memcmp(&dev->groups[i].mgid, &record->mgid,
						    sizeof(record->mgid)))
			group = &dev->groups[i];
	}
	if (group && !group->used) {
		group->used = true;
		group->mgid = record->mgid;
		group->qkey = given & IB_SA_MCMEMBER_REC_QKEY ? record->qkey :
			cpu_to_be32(SA_QKEY);
	}
	spin_unlock_irqrestore(&dev->groups_lock, flags);
	if (!group)
		return SA_NO_RESOURCES;

	record->qkey = group->qkey;
	record->mlid = cpu_to_be16(be16_to_cpu(IB_MULTICAST_LID_BASE) + (group - dev->groups));
	record->mtu = EXACTLY(IB_MTU_4096);
	record->pkey = cpu_to_be16(IB_DEFAULT_PKEY_FULL);
	record->rate = EXACTLY(SA_RATE);
	record->life_time = EXACTLY(SA_LIFE_TIME);
	return 0;
}

static __be16 class_port_info(void *data)
{
	struct ib_class_port_info *info = data;

	memset(info, 0, sizeof(*info));
	info->base_version = IB_MGMT_BASE_VERSION;
	info->class_version = IB_SA_CLASS_VERSION;
	return 0;
}

__be16 ib_test_sa(struct ib_test_dev *dev, struct ib_sa_mad *mad)
{
	switch (mad->mad_hdr.attr_id) {
	case IB_MGMT_CLASSPORTINFO_ATTR_ID:
		return class_port_info(mad->data);
	case cpu_to_be16(IB_SA_ATTR_PATH_REC):
		return path(mad->data);
	case cpu_to_be16(IB_SA_ATTR_MC_MEMBER_REC):
		return mad->mad_hdr.method == IB_SA_METHOD_DELETE ? 0 :
			join(dev, mad->sa_hdr.comp_mask, (void *)mad->data);
	default:
		return cpu_to_be16(IB_MGMT_MAD_STATUS_UNSUPPORTED_METHOD_ATTRIB);
	}
}
