// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The module: devices fake0, fake1, ..., their ports, and the numbers of what they hold.
 */
#include <linux/dma-mapping.h>
#include <linux/etherdevice.h>
#include <linux/module.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <rdma/ib_addr.h>
#include <rdma/ib_mad.h>
#ifdef FAKE_HAVE_UCAPS
#include <rdma/ib_ucaps.h>
#endif

#include "fake.h"

static uint devices = 1;
module_param(devices, uint, 0444);
MODULE_PARM_DESC(devices, "how many");

static uint ports = 1;
module_param(ports, uint, 0444);
MODULE_PARM_DESC(ports, "of each device");

static char *link_layer[FAKE_MAX_DEVICES];
static int num_link_layers;
module_param_array(link_layer, charp, &num_link_layers, 0444);
MODULE_PARM_DESC(link_layer, "of each device: ethernet (default), infiniband or opa");

static bool disassociate = true;
module_param(disassociate, bool, 0644);
MODULE_PARM_DESC(disassociate, "devices can be removed while files are open on them");

static bool user_cq = true;
module_param(user_cq, bool, 0644);
MODULE_PARM_DESC(user_cq, "create_user_cq instead of create_cq, where the kernel has it");

static char *driver_def = "0";
module_param(driver_def, charp, 0644);
MODULE_PARM_DESC(driver_def,
	"objects, methods and attributes of the driver's own: 0 for none, 1 for many, or release, creates, disables for what uverbs_bpf does not serve");

/*
 * libibverbs has a provider for this one that, with version 1 of the interface, leaves everything
 * to the legacy commands of the kernel: it maps no queues, posts and polls by system calls.
 */
static uint driver_id = RDMA_DRIVER_QIB;
module_param(driver_id, uint, 0644);
MODULE_PARM_DESC(driver_id, "by which libibverbs finds a provider");

static char *without;
module_param(without, charp, 0644);
MODULE_PARM_DESC(without, "operations that devices do not have, separated by commas");

static struct fake_slot *fake_slots;

/*
 * Objects by number.
 */

/**
 * fake_object_add - the hardware holds one more object
 * @dev: device
 * @kind: what it is
 * @object: gets its number
 *
 * Return: 0 or a negative errno.
 */
int fake_object_add(struct fake_device *dev, enum fake_kind kind, struct fake_object *object)
{
	int ret;

	refcount_set(&object->users, 1);
	init_completion(&object->unused);
	ret = xa_alloc(&dev->objects[kind], &object->number, object, XA_LIMIT(0x10, 0xffffff),
		       GFP_KERNEL);
	if (!ret)
		atomic_inc(&dev->slot->live[kind]);
	return ret;
}

/* Waits for those who looked it up. */
void fake_object_remove(struct fake_device *dev, enum fake_kind kind, struct fake_object *object)
{
	xa_erase(&dev->objects[kind], object->number);
	fake_object_put(object);
	wait_for_completion(&object->unused);
	atomic_dec(&dev->slot->live[kind]);
}

struct fake_object *fake_object_get(struct fake_device *dev, enum fake_kind kind, u32 number)
{
	struct fake_object *object;

	xa_lock(&dev->objects[kind]);
	object = xa_load(&dev->objects[kind], number);
	if (object)
		refcount_inc(&object->users);
	xa_unlock(&dev->objects[kind]);
	return object;
}

void fake_object_put(struct fake_object *object)
{
	if (refcount_dec_and_test(&object->users))
		complete(&object->unused);
}

/*
 * Device and ports.
 */

static int fake_query_device(struct ib_device *ib, struct ib_device_attr *attr,
			     struct ib_udata *udata)
{
	struct fake_device *dev = to_fake(ib);
	int ret;

	/* ib_core itself asks before there is a test. */
	if (udata) {
		ret = fake_call(dev, FAKE_OP_query_device);
		if (ret)
			return ret;
		fake_note(dev, FAKE_OP_query_device, udata, "all");
	}
	/* No two alike where that is possible, so that none is taken for another. */
	*attr = (struct ib_device_attr) {
		.fw_ver = 0x0001000200030000ULL,
		.sys_image_guid = ib->node_guid | cpu_to_be64(0xff),
		.max_mr_size = SZ_1G,
		.page_size_cap = PAGE_SIZE,
		.vendor_id = 0xfa4e,
		.vendor_part_id = 1,
		.hw_ver = 2,
		.max_qp = 4096,
		.max_qp_wr = FAKE_MAX_WR,
		.device_cap_flags = IB_DEVICE_XRC | IB_DEVICE_MEM_WINDOW |
				    IB_DEVICE_MEM_WINDOW_TYPE_2B | IB_DEVICE_RC_RNR_NAK_GEN |
				    IB_DEVICE_SRQ_RESIZE | IB_DEVICE_PORT_ACTIVE_EVENT |
				    IB_DEVICE_MANAGED_FLOW_STEERING,
		.max_send_sge = FAKE_MAX_SGE,
		.max_recv_sge = FAKE_MAX_SGE - 1,
		.max_sge_rd = FAKE_MAX_SGE - 2,
		.max_cq = 4097,
		.max_cqe = FAKE_MAX_CQE,
		.max_mr = 65536,
		.max_pd = 4098,
		.max_qp_rd_atom = 16,
		.max_ee_rd_atom = 17,
		.max_res_rd_atom = 16 * 4096,
		.max_qp_init_rd_atom = 18,
		.max_ee_init_rd_atom = 19,
		.atomic_cap = IB_ATOMIC_HCA,
		.max_ee = 20,
		.max_rdd = 21,
		.max_mw = 65537,
		.max_raw_ipv6_qp = 22,
		.max_raw_ethy_qp = 23,
		.max_mcast_grp = 256,
		.max_mcast_qp_attach = 64,
		.max_total_mcast_qp_attach = 256 * 64,
		.max_ah = 65538,
		.max_srq = 4099,
		.max_srq_wr = FAKE_MAX_WR - 1,
		.max_srq_sge = FAKE_MAX_SGE,
		.max_pkeys = FAKE_PKEY_TABLE,
		.local_ca_ack_delay = 15,
		.odp_caps = {
			.general_caps = 1,
			.per_transport_caps = {
				.rc_odp_caps = 2,
				.uc_odp_caps = 3,
				.ud_odp_caps = 4,
				.xrc_odp_caps = 5,
			},
		},
		.timestamp_mask = U64_MAX,
		.hca_core_clock = 1000000,
		.rss_caps = {
			.max_rwq_indirection_tables = 64,
			.max_rwq_indirection_table_size = 128,
			.supported_qpts = 1 << IB_QPT_RAW_PACKET,
		},
		.max_wq_type_rq = 4096,
		.raw_packet_caps = IB_RAW_PACKET_CAP_CVLAN_STRIPPING |
				   IB_RAW_PACKET_CAP_SCATTER_FCS | IB_RAW_PACKET_CAP_DELAY_DROP,
		.tm_caps = {
			.max_rndv_hdr_size = 32,
			.max_num_tags = 64,
			.max_ops = 65,
			.max_sge = 1,
			.flags = IB_TM_CAP_RNDV_RC,
		},
		.cq_caps = {
			.max_cq_moderation_count = U16_MAX,
			.max_cq_moderation_period = U16_MAX - 1,
		},
		.max_dm_size = FAKE_MAX_DM,
	};
	return udata ? fake_respond(udata, dev->slot->index) : 0;
}

/* Of an Omni-Path port one that 16 bits cannot hold. */
u32 fake_lid(const struct fake_device *dev, u32 port)
{
	return (dev->opa ? 0x10000 : 0) + 0x10 * (dev->slot->index + 1) + port;
}

static int fake_query_port(struct ib_device *ib, u32 port, struct ib_port_attr *attr)
{
	struct fake_device *dev = to_fake(ib);
	struct net_device *ndev = dev->slot->ndev[port - 1];
	int ret = fake_call(dev, FAKE_OP_query_port);

	if (ret)
		return ret;
	/* The caller has cleared it. */
	attr->state = !dev->ethernet || netif_running(ndev) ? IB_PORT_ACTIVE : IB_PORT_DOWN;
	attr->phys_state = attr->state == IB_PORT_ACTIVE ? IB_PORT_PHYS_STATE_LINK_UP :
			   IB_PORT_PHYS_STATE_DISABLED;
	attr->max_mtu = IB_MTU_4096;
	attr->active_mtu = dev->ethernet ? IB_MTU_1024 : IB_MTU_4096;
	attr->gid_tbl_len = FAKE_GID_TABLE;
	attr->pkey_tbl_len = FAKE_PKEY_TABLE;
	attr->bad_pkey_cntr = 2;
	attr->qkey_viol_cntr = 3;
	attr->port_cap_flags = IB_PORT_CM_SUP;
	attr->port_cap_flags2 = IB_PORT_SET_NODE_DESC_SUP;
	attr->max_msg_sz = SZ_1M;
	attr->max_vl_num = 1;
	attr->subnet_timeout = 18;
	/* Faster than eight bits can say. */
	attr->active_speed = IB_SPEED_XDR;
	attr->active_width = IB_WIDTH_4X;
	if (!dev->ethernet) {
		attr->lid = fake_lid(dev, port);
		attr->sm_lid = 1;
		attr->sm_sl = 5;
		attr->lmc = 2;
		attr->init_type_reply = 6;
	}
	return 0;
}

static int fake_get_port_immutable(struct ib_device *ib, u32 port,
				   struct ib_port_immutable *immutable)
{
	immutable->gid_tbl_len = FAKE_GID_TABLE;
	immutable->pkey_tbl_len = FAKE_PKEY_TABLE;
	immutable->max_mad_size = IB_MGMT_MAD_SIZE;
	immutable->core_cap_flags = to_fake(ib)->ethernet ?
		RDMA_CORE_PORT_IBA_ROCE | RDMA_CORE_PORT_IBA_ROCE_UDP_ENCAP |
		RDMA_CORE_PORT_RAW_PACKET : RDMA_CORE_PORT_IBA_IB;
	/* Addresses are Omni-Path's, management stays InfiniBand's. */
	if (to_fake(ib)->opa)
		immutable->core_cap_flags |= RDMA_CORE_CAP_OPA_AH;
	return 0;
}

static enum rdma_link_layer fake_get_link_layer(struct ib_device *ib, u32 port)
{
	return to_fake(ib)->ethernet ? IB_LINK_LAYER_ETHERNET : IB_LINK_LAYER_INFINIBAND;
}

static int fake_query_gid(struct ib_device *ib, u32 port, int index, union ib_gid *gid)
{
	memset(gid, 0, sizeof(*gid));
	if (!index) {
		gid->global.subnet_prefix = cpu_to_be64(0xfe80000000000000ULL);
		gid->global.interface_id = cpu_to_be64(be64_to_cpu(ib->node_guid) + port);
	}
	return 0;
}

static int fake_query_pkey(struct ib_device *ib, u32 port, u16 index, u16 *pkey)
{
	if (index >= FAKE_PKEY_TABLE)
		return -EINVAL;
	*pkey = IB_DEFAULT_PKEY_FULL - index;
	return 0;
}

/* ib_core keeps the GIDs of Ethernet ports; the hardware takes any. */
static int fake_add_gid(const struct ib_gid_attr *attr, void **context)
{
	return 0;
}

static int fake_del_gid(const struct ib_gid_attr *attr, void **context)
{
	return 0;
}

#ifdef FAKE_HAVE_PORT_SPEED
static int fake_query_port_speed(struct ib_device *ib, u32 port, u64 *speed)
{
	int ret = fake_call(to_fake(ib), FAKE_OP_query_port_speed);

	if (ret)
		return ret;
	fake_note(to_fake(ib), FAKE_OP_query_port_speed, NULL, "port %u", port);
	*speed = 1000 + port;
	return 0;
}
#endif

static void fake_get_dev_fw_str(struct ib_device *ib, char *str)
{
	snprintf(str, IB_FW_VERSION_NAME_MAX, "1.2.3");
}

static const struct ib_device_ops fake_device_ops = {
	.owner = THIS_MODULE,
	.uverbs_abi_ver = 1,
#ifdef FAKE_HAVE_ROBUST_UDATA
	.uverbs_robust_udata = true,
#endif
	.query_device = fake_query_device,
	.query_port = fake_query_port,
	.get_port_immutable = fake_get_port_immutable,
	.get_link_layer = fake_get_link_layer,
	.query_pkey = fake_query_pkey,
	.get_dev_fw_str = fake_get_dev_fw_str,
#ifdef FAKE_HAVE_PORT_SPEED
	.query_port_speed = fake_query_port_speed,
#endif
};

static const struct ib_device_ops fake_ethernet_ops = {
	.add_gid = fake_add_gid,
	.del_gid = fake_del_gid,
};

static const struct ib_device_ops fake_infiniband_ops = {
	.query_gid = fake_query_gid,
};

/* Where each operation is, to leave it out. */
#define fake_offset(member)	offsetof(struct ib_device_ops, member)
static const struct {
	const char *name;
	size_t offset;
} fake_op_offsets[] = {
#define FAKE_OP(name) { #name, fake_offset(name) },
	FAKE_SAME_OPS(FAKE_OP)
#undef FAKE_OP
#ifdef FAKE_HAVE_RESIZE_USER_CQ
	{ "resize_cq", fake_offset(resize_user_cq) },
#else
	{ "resize_cq", fake_offset(resize_cq) },
#endif
};

/* Set the operations, but for those that @without names. */
static int fake_set_ops(struct fake_device *dev, const struct ib_device_ops *ops)
{
	struct ib_device_ops *left = kmemdup(ops, sizeof(*ops), GFP_KERNEL);
	char *names = kstrdup(without ?: "", GFP_KERNEL), *rest = names, *name;
	int i;

	if (!left || !names) {
		kfree(left);
		kfree(names);
		return -ENOMEM;
	}
	while ((name = strsep(&rest, ","))) {
		for (i = 0; i < ARRAY_SIZE(fake_op_offsets); i++)
			if (!strcmp(strim(name), fake_op_offsets[i].name)) {
				*(void **)((char *)left + fake_op_offsets[i].offset) = NULL;
				break;
			}
	}
	if (!disassociate)
		left->disassociate_ucontext = NULL;
	ib_set_device_ops(&dev->ib, left);
	kfree(left);
	kfree(names);
	return 0;
}

static const struct ib_device_ops * const fake_all_ops[] = {
	&fake_device_ops, &fake_context_ops, &fake_mr_ops, &fake_cq_ops, &fake_qp_ops,
	&fake_srq_ops, &fake_wq_ops, &fake_data_ops,
};

static int fake_set_all_ops(struct fake_device *dev)
{
	int ret = 0, i;

#ifdef FAKE_HAVE_CREATE_USER_CQ
	/* Those set first stay. */
	if (user_cq)
		ret = fake_set_ops(dev, &fake_user_cq_ops);
#endif
	for (i = 0; !ret && i < ARRAY_SIZE(fake_all_ops); i++)
		ret = fake_set_ops(dev, fake_all_ops[i]);
	if (!ret)
		ret = fake_set_ops(dev, dev->ethernet ? &fake_ethernet_ops : &fake_infiniband_ops);
	return ret;
}

static const struct {
	const char *name;
	const struct uapi_definition *def;
} fake_defs[] = {
	{ "0", NULL },
	{ "1", fake_driver_def },
	{ "release", fake_release_def },
	{ "creates", fake_creates_def },
	{ "disables", fake_disables_def },
};

static int fake_set_def(struct fake_device *dev)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(fake_defs); i++)
		if (sysfs_streq(driver_def, fake_defs[i].name)) {
			dev->ib.driver_def = fake_defs[i].def;
			return 0;
		}
	return -EINVAL;
}

static int fake_register(struct fake_device *dev)
{
	struct fake_slot *slot = dev->slot;
	char name[16];
	int ret, i;

	dev->ib.node_type = RDMA_NODE_IB_CA;
	dev->ib.phys_port_cnt = ports;
	dev->ib.num_comp_vectors = 4;
	dev->ib.dev.parent = &slot->parent->dev;
	dev->ib.node_guid = cpu_to_be64(0x0200fa4e00000000ULL + 0x100 * slot->index);
	strscpy(dev->ib.node_desc, "uvb_fake", sizeof(dev->ib.node_desc));
	dev->ib.uverbs_cmd_mask |= BIT_ULL(IB_USER_VERBS_CMD_POLL_CQ) |
				   BIT_ULL(IB_USER_VERBS_CMD_REQ_NOTIFY_CQ) |
				   BIT_ULL(IB_USER_VERBS_CMD_POST_SEND) |
				   BIT_ULL(IB_USER_VERBS_CMD_POST_RECV) |
				   BIT_ULL(IB_USER_VERBS_CMD_POST_SRQ_RECV);
	ret = fake_set_all_ops(dev);
	if (ret)
		return ret;
	dev->ib.ops.driver_id = driver_id;
	ret = fake_set_def(dev);
	if (ret)
		return ret;
	for (i = 0; dev->ethernet && i < ports; i++) {
		ret = ib_device_set_netdev(&dev->ib, slot->ndev[i], i + 1);
		if (ret)
			return ret;
	}
	snprintf(name, sizeof(name), "fake%u", slot->index);
	ret = fake_hook(dev);
	if (ret)
		return ret;
	/*
	 * Without a device for DMA, as there is none: then memory is registered without being mapped.
	 * (DMA_API_DEBUG takes it amiss when the same memory is mapped twice for writing, which users
	 * of RDMA may do.)
	 */
	ret = ib_register_device(&dev->ib, name, NULL);
	if (ret)
		fake_unhook(dev);
	return ret;
}

static const char *fake_link_layer(const struct fake_slot *slot)
{
	/* A short list ends in what the rest has. */
	int which = min_t(int, slot->index, num_link_layers - 1);

	return which < 0 ? "ethernet" : link_layer[which];
}

static bool fake_is_opa(const struct fake_slot *slot)
{
	return !strcmp(fake_link_layer(slot), "opa");
}

static bool fake_is_ethernet(const struct fake_slot *slot)
{
	return strcmp(fake_link_layer(slot), "infiniband") && !fake_is_opa(slot);
}

static void fake_free(struct fake_device *dev)
{
	int kind;

	for (kind = 0; kind < FAKE_KIND_COUNT; kind++) {
		WARN_ON(!xa_empty(&dev->objects[kind]));
		xa_destroy(&dev->objects[kind]);
	}
	ib_dealloc_device(&dev->ib);
}

/**
 * fake_plug - put a device into a slot
 * @slot: which
 *
 * Return: 0; -EEXIST when there is one; any other negative errno.
 */
int fake_plug(struct fake_slot *slot)
{
	struct fake_device *dev;
	int ret = -EEXIST, kind;

	mutex_lock(&slot->plug_lock);
	if (slot->dev)
		goto out;
	ret = -ENOMEM;
	dev = ib_alloc_device(fake_device, ib);
	if (!dev)
		goto out;
	dev->slot = slot;
	dev->ethernet = fake_is_ethernet(slot);
	dev->opa = fake_is_opa(slot);
	for (kind = 0; kind < FAKE_KIND_COUNT; kind++)
		xa_init_flags(&dev->objects[kind], XA_FLAGS_ALLOC);
	ret = fake_register(dev);
	if (ret) {
		fake_free(dev);
		goto out;
	}
	spin_lock(&slot->dev_lock);
	slot->dev = dev;
	spin_unlock(&slot->dev_lock);
out:
	mutex_unlock(&slot->plug_lock);
	return ret;
}

/* Take the device out; waits for open files, unless they can be disassociated. */
void fake_unplug(struct fake_slot *slot)
{
	struct fake_device *dev;

	mutex_lock(&slot->plug_lock);
	spin_lock(&slot->dev_lock);
	dev = slot->dev;
	slot->dev = NULL;
	spin_unlock(&slot->dev_lock);
	if (dev) {
		ib_unregister_device(&dev->ib);
		fake_unhook(dev);
		fake_free(dev);
	}
	mutex_unlock(&slot->plug_lock);
}

/*
 * Network devices, of which only name, address and state matter: what is sent is dropped.
 */

static netdev_tx_t fake_start_xmit(struct sk_buff *skb, struct net_device *ndev)
{
	dev_kfree_skb(skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops fake_netdev_ops = {
	.ndo_start_xmit = fake_start_xmit,
	.ndo_set_mac_address = eth_mac_addr,
};

static void fake_setup_netdev(struct net_device *ndev)
{
	ether_setup(ndev);
	ndev->netdev_ops = &fake_netdev_ops;
	/* Every neighbour is known at once, at the broadcast address. */
	ndev->flags |= IFF_NOARP;
}

static struct net_device *fake_add_netdev(struct fake_slot *slot, int port)
{
	u8 address[ETH_ALEN] = { 0x02, 0, 0xfa, 0x4e, slot->index, port };
	struct net_device *ndev;
	char name[IFNAMSIZ];
	int ret;

	snprintf(name, sizeof(name), "fake%up%d", slot->index, port);
	ndev = alloc_netdev(0, name, NET_NAME_PREDICTABLE, fake_setup_netdev);
	if (!ndev)
		return ERR_PTR(-ENOMEM);
	eth_hw_addr_set(ndev, address);
	rtnl_lock();
	ret = register_netdevice(ndev);
	if (!ret) {
		ret = dev_open(ndev, NULL);
		if (ret)
			unregister_netdevice(ndev);
	}
	rtnl_unlock();
	if (ret) {
		free_netdev(ndev);
		return ERR_PTR(ret);
	}
	return ndev;
}

static void fake_remove_slot(struct fake_slot *slot)
{
	int i;

	fake_control_remove(slot);
	fake_unplug(slot);
	for (i = 0; i < FAKE_MAX_PORTS; i++)
		if (slot->ndev[i]) {
			unregister_netdev(slot->ndev[i]);
			free_netdev(slot->ndev[i]);
		}
	platform_device_unregister(slot->parent);
	mutex_destroy(&slot->plug_lock);
}

static int fake_add_slot(struct fake_slot *slot, unsigned int index)
{
	struct platform_device *parent;
	struct net_device *ndev;
	int ret, i;

	parent = platform_device_register_simple("uvb_fake", index, NULL, 0);
	if (IS_ERR(parent))
		return PTR_ERR(parent);
	slot->index = index;
	slot->parent = parent;
	mutex_init(&slot->plug_lock);
	spin_lock_init(&slot->dev_lock);
	fake_control_add(slot);
	ret = dma_coerce_mask_and_coherent(&parent->dev, DMA_BIT_MASK(64));
	for (i = 0; !ret && fake_is_ethernet(slot) && i < ports; i++) {
		ndev = fake_add_netdev(slot, i + 1);
		if (IS_ERR(ndev))
			ret = PTR_ERR(ndev);
		else
			slot->ndev[i] = ndev;
	}
	if (!ret)
		ret = fake_plug(slot);
	if (ret)
		fake_remove_slot(slot);
	return ret;
}

static void fake_remove_slots(int count)
{
	while (count--)
		fake_remove_slot(&fake_slots[count]);
	fake_control_exit();
	kfree(fake_slots);
}

static int __init fake_init(void)
{
	int ret, i;

	if (!devices || devices > FAKE_MAX_DEVICES || !ports || ports > FAKE_MAX_PORTS)
		return -EINVAL;
	fake_slots = kcalloc(devices, sizeof(*fake_slots), GFP_KERNEL);
	if (!fake_slots)
		return -ENOMEM;
	fake_control_init();
	for (i = 0; i < devices; i++) {
		ret = fake_add_slot(&fake_slots[i], i);
		if (ret) {
			fake_remove_slots(i);
			return ret;
		}
	}
	ret = fake_provider_init();
	if (ret)
		fake_remove_slots(devices);
	return ret;
}

static void __exit fake_exit(void)
{
	fake_provider_exit();
	fake_remove_slots(devices);
}

module_init(fake_init);
module_exit(fake_exit);
MODULE_DESCRIPTION("RDMA devices without hardware, for tests");
MODULE_LICENSE("Dual BSD/GPL");
