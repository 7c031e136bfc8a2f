// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Multicast groups of datagram QPs. They are no objects of their own: a QP
 * keeps a list of what it is attached to, so that a second attach changes
 * nothing and closing the file detaches what is left.
 */
#include "../uvb.h"
#include "../ext.h"
#include "qp.h"

/**
 * struct uvb_mcast - a group that a QP is attached to
 * @link: in the QP's list
 * @gid: group
 * @lid: its LID, on InfiniBand
 */
struct uvb_mcast {
	struct hlist_node link;
	union ib_gid gid;
	u16 lid;
};

/*
 * On Ethernet a group has no LID (RoCE annex A16 of the IB specification), and
 * drivers do not look at it. To attach to a group once more for it, as
 * ib_uverbs does, would be to detach once too often, and to leave the QP in
 * use for ever.
 */
static bool uvb_mcast_has_lid(const struct ib_qp *qp)
{
	u32 port = qp->port ?: rdma_start_port(qp->device);

	return rdma_port_get_link_layer(qp->device, port) == IB_LINK_LAYER_INFINIBAND;
}

static struct uvb_mcast *uvb_mcast_find(const struct uvb_qp *obj, const u8 *gid, u16 lid,
					bool any_lid)
{
	struct uvb_mcast *mcast;

	hlist_for_each_entry(mcast, &obj->mcast, link) {
		if (!memcmp(mcast->gid.raw, gid, sizeof(mcast->gid)) &&
		    (mcast->lid == lid || any_lid))
			return mcast;
	}
	return NULL;
}

static int uvb_mcast_attach(struct uvb_qp *obj, const u8 *gid, u16 lid)
{
	struct ib_qp *qp = obj->source.handle.object;
	struct uvb_mcast *mcast;
	int ret;

	if (uvb_mcast_find(obj, gid, lid, !uvb_mcast_has_lid(qp)))
		return 0;

	mcast = kmalloc(sizeof(*mcast), GFP_KERNEL);
	if (!mcast)
		return -ENOMEM;
	memcpy(mcast->gid.raw, gid, sizeof(mcast->gid));
	mcast->lid = lid;

	ret = ib_attach_mcast(qp, &mcast->gid, lid);
	if (ret)
		kfree(mcast);
	else
		hlist_add_head(&mcast->link, &obj->mcast);
	return ret;
}

/* What the driver does not let go of stays on the list, to be tried again. */
static int uvb_mcast_release(struct uvb_qp *obj, struct uvb_mcast *mcast)
{
	int ret;

	ret = ib_detach_mcast(obj->source.handle.object, &mcast->gid, mcast->lid);
	if (ret)
		return ret;
	hlist_del(&mcast->link);
	kfree(mcast);
	return 0;
}

static int uvb_mcast_detach(struct uvb_qp *obj, const u8 *gid, u16 lid)
{
	struct uvb_mcast *mcast = uvb_mcast_find(obj, gid, lid, false);

	return mcast ? uvb_mcast_release(obj, mcast) : -EINVAL;
}

static noinline_for_stack int uvb_mcast_before(struct uverbs_attr_bundle *bundle,
					       struct uvb_handle *handle,
					       const struct ib_uverbs_attach_mcast *cmd)
{
	const struct ib_qp *qp = handle->object;
	struct uverbs_bpf_args_mcast args = { .mlid = cmd->mlid, .qp_num = qp->qp_num };
	struct uvb_view view = {
		.args = &args,
		.size = sizeof(args),
		.handle = handle,
		.port = qp->port,
		.qp_type = qp->qp_type,
		.cur_state = UVERBS_BPF_QPS_UNKNOWN,
		.next_state = UVERBS_BPF_QPS_UNKNOWN,
	};

	memcpy(args.gid, cmd->gid, sizeof(args.gid));
	return uvb_ext_before(bundle, &view);
}

/*
 * The command has the same fields either way. Attaching sleeps in the driver,
 * and one lock for a file is enough for what is done so seldom.
 */
static int uvb_mcast_command(struct uverbs_attr_bundle *bundle,
			     int (*run)(struct uvb_qp *obj, const u8 *gid, u16 lid))
{
	struct mutex *lock = &uvb_bundle_file(bundle)->mcast_lock;
	struct ib_uverbs_attach_mcast cmd;
	struct uvb_handle *handle;
	int ret;

	static_assert(sizeof(cmd) == sizeof(struct ib_uverbs_detach_mcast));
	ret = uvb_request(bundle, &cmd, sizeof(cmd));
	if (ret)
		return ret;
	handle = uvb_handle_get(bundle, UVERBS_OBJECT_QP, cmd.qp_handle, UVERBS_BPF_ACCESS_READ);
	if (IS_ERR(handle))
		return PTR_ERR(handle);
	ret = uvb_ext_hooked(bundle) ? uvb_mcast_before(bundle, handle, &cmd) : 0;
	if (!ret) {
		mutex_lock(lock);
		ret = run(container_of(handle, struct uvb_qp, source.handle), cmd.gid, cmd.mlid);
		mutex_unlock(lock);
	}
	uvb_handle_put(handle, UVERBS_BPF_ACCESS_READ);
	return ret;
}

int uvb_cmd_attach_mcast(struct uverbs_attr_bundle *bundle)
{
	return uvb_mcast_command(bundle, uvb_mcast_attach);
}

int uvb_cmd_detach_mcast(struct uverbs_attr_bundle *bundle)
{
	return uvb_mcast_command(bundle, uvb_mcast_detach);
}

/* Of a QP that is being destroyed, which nobody else can have locked. */
void uvb_mcast_detach_all(struct uvb_qp *obj)
{
	struct uvb_mcast *mcast;
	struct hlist_node *next;

	hlist_for_each_entry_safe(mcast, next, &obj->mcast, link)
		uvb_mcast_release(obj, mcast);
}
