// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The device, its ports, and what rdmavt asks of a driver. */
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <rdma/ib_mad.h>

#include "ib.h"

static struct ib_test_dev *device;

static bool disassociate;
module_param(disassociate, bool, 0444);
MODULE_PARM_DESC(disassociate, "the device can be removed while files are open on it, if nothing of it is mapped");

/*
 * The hardware, as sysfs has it. Programs find the interfaces of an InfiniBand device, which are
 * IPoIB's, in the directory of the hardware that both belong to.
 */
static struct platform_device *hardware;

/* rdmavt names this in its messages, and takes nothing else from it. */
static struct pci_dev no_pci_dev = { .dev.init_name = "uvb_ib" };

static struct pci_dev *get_pci_dev(struct rvt_dev_info *rdi)
{
	return &no_pci_dev;
}

static int query_port_state(struct rvt_dev_info *rdi, u32 port, struct ib_port_attr *attr)
{
	attr->state = IB_PORT_ACTIVE;
	attr->phys_state = IB_PORT_PHYS_STATE_LINK_UP;
	attr->lid = port;
	attr->gid_tbl_len = 1;
	attr->max_mtu = IB_MTU_4096;
	attr->active_mtu = IB_MTU_4096;
	attr->max_vl_num = 1;
	attr->active_width = IB_WIDTH_4X;
	attr->active_speed = IB_SPEED_EDR;
	return 0;
}

static int get_guid(struct rvt_dev_info *rdi, struct rvt_ibport *rvp, int index, __be64 *guid)
{
	struct ib_test_port *port = container_of(rvp, struct ib_test_port, rvp);

	if (index)
		return -EINVAL;
	*guid = cpu_to_be64(IB_NODE_GUID + port->number);
	return 0;
}

/* Nobody is told when capabilities of a port change, and a port is never down. */
static void cap_mask_chg(struct rvt_dev_info *rdi, u32 port)
{
}

static int shut_down_port(struct rvt_dev_info *rdi, u32 port)
{
	return -EOPNOTSUPP;
}

static unsigned int free_all_qps(struct rvt_dev_info *rdi)
{
	return 0;
}

static void *qp_priv_alloc(struct rvt_dev_info *rdi, struct rvt_qp *qp)
{
	struct ib_test_qp *priv;

	priv = kzalloc(sizeof(*priv), GFP_KERNEL);
	if (!priv)
		return ERR_PTR(-ENOMEM);
	priv->qp = qp;
	INIT_WORK(&priv->send, ib_test_send);
	return priv;
}

static void qp_priv_free(struct rvt_dev_info *rdi, struct rvt_qp *qp)
{
	kfree(qp->priv);
	qp->priv = NULL;
}

/* What waits in the send queue needs no care of ours: the work item looks at the state. */
static void nothing_to_do(struct rvt_qp *qp)
{
}

static void nothing_to_restart(struct rvt_qp *qp, u32 psn, int wait)
{
}

static void quiesce_qp(struct rvt_qp *qp)
{
	struct ib_test_qp *priv = qp->priv;

	cancel_work_sync(&priv->send);
}

static bool schedule_send(struct rvt_qp *qp)
{
	struct ib_test_qp *priv = qp->priv;

	return queue_work(to_test_dev(qp->ibqp.device)->wq, &priv->send);
}

static void do_send(struct rvt_qp *qp)
{
	schedule_send(qp);
}

/* Never from within post_send(), which a completion handler may have called. */
static int setup_wqe(struct rvt_qp *qp, struct rvt_swqe *wqe, bool *call_send)
{
	*call_send = false;
	if (qp->ibqp.qp_type != IB_QPT_RC && qp->ibqp.qp_type != IB_QPT_UC)
		return wqe->length > IB_MTU ? -EINVAL : 0;
	return wqe->length > BIT(31) ? -EINVAL : 0;
}

static int get_pmtu_from_attr(struct rvt_dev_info *rdi, struct rvt_qp *qp, struct ib_qp_attr *attr)
{
	int mtu = ib_mtu_enum_to_int(attr->path_mtu);

	return mtu < 0 ? -EINVAL : attr->path_mtu;
}

static u32 mtu_from_qp(struct rvt_dev_info *rdi, struct rvt_qp *qp, u32 pmtu)
{
	return ib_mtu_enum_to_int(pmtu);
}

static int mtu_to_path_mtu(u32 mtu)
{
	return ib_mtu_int_to_enum(mtu);
}

static void notify_new_ah(struct ib_device *ibdev, struct rdma_ah_attr *attr, struct rvt_ah *ah)
{
	ah->log_pmtu = ilog2(IB_MTU);
}

/* What was posted before the queue was drained goes on when it runs again. */
static void modify_qp(struct rvt_qp *qp, struct ib_qp_attr *attr, int mask, struct ib_udata *udata)
{
	if (mask & IB_QP_STATE && attr->qp_state == IB_QPS_RTS)
		schedule_send(qp);
}

static const struct rvt_driver_provided driver_functions = {
	.cap_mask_chg = cap_mask_chg,
	.do_send = do_send,
	.flush_qp_waiters = nothing_to_do,
	.free_all_qps = free_all_qps,
	.get_guid_be = get_guid,
	.get_pci_dev = get_pci_dev,
	.get_pmtu_from_attr = get_pmtu_from_attr,
	.modify_qp = modify_qp,
	.mtu_from_qp = mtu_from_qp,
	.mtu_to_path_mtu = mtu_to_path_mtu,
	.notify_error_qp = nothing_to_do,
	.notify_new_ah = notify_new_ah,
	.notify_qp_reset = nothing_to_do,
	.notify_restart_rc = nothing_to_restart,
	.qp_priv_alloc = qp_priv_alloc,
	.qp_priv_free = qp_priv_free,
	.query_port_state = query_port_state,
	.quiesce_qp = quiesce_qp,
	.schedule_send = schedule_send,
	.schedule_send_no_lock = schedule_send,
	.setup_wqe = setup_wqe,
	.shut_down_port = shut_down_port,
	.stop_send_queue = nothing_to_do,
};

static int modify_device(struct ib_device *ibdev, int mask, struct ib_device_modify *modify)
{
	return -EOPNOTSUPP;
}

static const struct attribute_group *port_groups[] = { NULL };

static const struct ib_device_ops device_ops = {
	.owner = THIS_MODULE,
	.driver_id = RDMA_DRIVER_QIB,

	.modify_device = modify_device,
	.port_groups = port_groups,
	.process_mad = ib_test_process_mad,
};

/* rdmavt's mappings refer to the context until they go, which it does not survive. */
static void disassociate_ucontext(struct ib_ucontext *context)
{
}

static const struct ib_device_ops disassociate_ops = {
	.disassociate_ucontext = disassociate_ucontext,
};

/* What rdmavt does for the device, put aside where something is to be done before it. */
static struct ib_device_ops rdmavt;

/*
 * rvt_detach_mcast() takes a QP off its group's list and then looks at the group, without the lock:
 * whoever detaches the last QP meanwhile has freed the group.
 */
static DEFINE_MUTEX(detach_lock);

static int detach_mcast(struct ib_qp *qp, union ib_gid *gid, u16 lid)
{
	guard(mutex)(&detach_lock);
	return rdmavt.detach_mcast(qp, gid, lid);
}

/*
 * No resizing: rvt_modify_srq() locks the old queue and unlocks the new one, and of an SRQ of user
 * space it never frees the old one.
 */
static int modify_srq(struct ib_srq *srq, struct ib_srq_attr *attr, enum ib_srq_attr_mask mask,
		      struct ib_udata *udata)
{
	if (mask & IB_SRQ_MAX_WR)
		return -EOPNOTSUPP;
	return rdmavt.modify_srq(srq, attr, mask, udata);
}

/* rdmavt fills in its own as it registers the device, so ours come after it. */
static void correct_rdmavt(struct ib_device_ops *ops)
{
	rdmavt = *ops;
	ops->detach_mcast = detach_mcast;
	ops->modify_srq = modify_srq;
}

static const struct rvt_driver_params parameters = {
	.core_cap_flags = RDMA_CORE_PORT_IBA_IB,
	.lkey_table_size = 14,
	.max_mad_size = IB_MGMT_MAD_SIZE,
	.max_rdma_atomic = 16,
	.nports = IB_PORTS,
	.npkeys = IB_PKEYS,
	.psn_mask = 0xffffff,
	.psn_modify_mask = 0xffffff,
	.qp_table_size = 256,
	.qpn_inc = 1,
	.qpn_res_start = RVT_KDETH_QP_BASE,
	.qpn_res_end = RVT_KDETH_QP_BASE,
	.qpn_start = 1,
	.props = {
		.device_cap_flags = IB_DEVICE_BAD_PKEY_CNTR | IB_DEVICE_BAD_QKEY_CNTR |
			IB_DEVICE_PORT_ACTIVE_EVENT | IB_DEVICE_RC_RNR_NAK_GEN |
			IB_DEVICE_SYS_IMAGE_GUID,
		.atomic_cap = IB_ATOMIC_HCA,
		.max_ah = 32768,
		.max_cq = 8192,
		.max_cqe = 65535,
		.max_mcast_grp = 256,
		.max_mcast_qp_attach = 64,
		.max_total_mcast_qp_attach = 256 * 64,
		.max_mr = 8192,
		.max_mr_size = ~0ull,
		.max_pd = 8192,
		.max_pkeys = IB_PKEYS,
		.max_qp = 8192,
		.max_qp_init_rd_atom = 16,
		.max_qp_rd_atom = 16,
		.max_qp_wr = 16384,
		.max_recv_sge = 32,
		.max_res_rd_atom = 16 * 8192,
		.max_send_sge = 32,
		.max_sge_rd = 32,
		.max_srq = 1024,
		.max_srq_sge = 32,
		.max_srq_wr = 16384,
		.page_size_cap = PAGE_SIZE,
		.sys_image_guid = cpu_to_be64(IB_NODE_GUID),
		.vendor_id = 0xffffff,
		.vendor_part_id = 1,
	},
};

static int add_device(void)
{
	struct ib_test_dev *new;
	struct ib_device *ibdev;
	int i, ret;

	new = container_of(rvt_alloc_device(sizeof(*new), IB_PORTS), struct ib_test_dev, rdi);
	if (!new)
		return -ENOMEM;
	ibdev = &new->rdi.ibdev;
	new->wq = alloc_workqueue("uvb_ib", WQ_UNBOUND, 0);
	if (!new->wq) {
		ret = -ENOMEM;
		goto err_dealloc;
	}

	spin_lock_init(&new->groups_lock);
	new->rdi.dparms = parameters;
	new->rdi.driver_f = driver_functions;
	new->rdi.post_parms = ib_test_operations;
	new->rdi.wc_opcode = ib_test_wc_opcodes;
	for (i = 0; i < IB_PORTS; i++) {
		struct ib_test_port *port = &new->ports[i];

		port->number = i + 1;
		port->pkeys[0] = IB_DEFAULT_PKEY_FULL;
		port->rvp.gid_prefix = cpu_to_be64(IB_SUBNET_PREFIX);
		port->rvp.sm_lid = 1;
		port->rvp.port_cap_flags = IB_PORT_SYS_IMAGE_GUID_SUP;
		spin_lock_init(&port->rvp.lock);
		rvt_init_port(&new->rdi, &port->rvp, i, port->pkeys);
	}
	ibdev->node_guid = cpu_to_be64(IB_NODE_GUID);
	ibdev->phys_port_cnt = IB_PORTS;
	ibdev->dev.parent = &hardware->dev;
	strscpy(ibdev->node_desc, "uverbs-bpf test device", sizeof(ibdev->node_desc));
	ib_set_device_ops(ibdev, &device_ops);
	if (disassociate)
		ib_set_device_ops(ibdev, &disassociate_ops);
	ret = dev_set_name(&ibdev->dev, "ib0");
	if (ret)
		goto err_workqueue;
	ret = rvt_register_device(&new->rdi);
	if (ret)
		goto err_workqueue;
	correct_rdmavt(&ibdev->ops);
	device = new;
	return 0;

err_workqueue:
	destroy_workqueue(new->wq);
err_dealloc:
	rvt_dealloc_device(&new->rdi);
	return ret;
}

static void remove_device(void)
{
	struct workqueue_struct *wq = device->wq;

	rvt_unregister_device(&device->rdi);
	rvt_dealloc_device(&device->rdi);
	destroy_workqueue(wq);
	device = NULL;
}

static int __init ib_test_init(void)
{
	int ret;

	hardware = platform_device_register_simple("uvb_ib", PLATFORM_DEVID_NONE, NULL, 0);
	if (IS_ERR(hardware))
		return PTR_ERR(hardware);
	ret = add_device();
	if (ret)
		platform_device_unregister(hardware);
	return ret;
}

static void __exit ib_test_exit(void)
{
	remove_device();
	platform_device_unregister(hardware);
}

module_init(ib_test_init);
module_exit(ib_test_exit);
MODULE_DESCRIPTION("InfiniBand device without hardware, for tests of uverbs-bpf");
MODULE_LICENSE("Dual BSD/GPL");
