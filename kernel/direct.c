// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Drivers that hook in directly, see uverbs_bpf_driver.h. What a driver
 * registers for a device is found when the device is added and stays the
 * same until it is removed, so that calls read it without a lock: a call is
 * over before the removal is (SRCU of the device), and the driver's module
 * stays until then.
 */
#include "uvb.h"
#include "uverbs_bpf_driver.h"

#include <linux/module.h>

/**
 * struct uvb_direct - what a driver registered
 * @ibdev: for this device
 * @ops: what
 * @owner: module held for it, NULL if it is the device's own
 * @link: in the list of all
 */
struct uvb_direct {
	struct ib_device *ibdev;
	const struct uverbs_bpf_driver_ops *ops;
	struct module *owner;
	struct list_head link;
};

static LIST_HEAD(uvb_directs);
static DEFINE_MUTEX(uvb_directs_lock);

static struct uvb_direct *uvb_direct_find(const struct ib_device *ibdev)
{
	struct uvb_direct *direct;

	lockdep_assert_held(&uvb_directs_lock);
	list_for_each_entry(direct, &uvb_directs, link) {
		if (direct->ibdev == ibdev)
			return direct;
	}
	return NULL;
}

const struct uverbs_bpf_driver_ops *uvb_direct_ops(const struct ib_device *ibdev)
{
	struct uvb_direct *direct;

	guard(mutex)(&uvb_directs_lock);
	direct = uvb_direct_find(ibdev);
	return direct ? direct->ops : NULL;
}

bool uvb_direct_qps(const struct uvb_api *api)
{
	return api->direct && api->direct->qp;
}

static int uvb_direct_check(const struct ib_device *ibdev,
			    const struct uverbs_bpf_driver_ops *ops)
{
	const struct uverbs_bpf_qp_ops *qp = ops->qp;

	if (!ops->exec != !ops->release) {
		dev_err(ibdev->dev.parent, "uverbs_bpf: exec() and release() come together\n");
		return -EINVAL;
	}
	if (!qp)
		return 0;
	if (!qp->create || !qp->modify || !qp->query || !qp->destroy) {
		dev_err(ibdev->dev.parent,
			"uverbs_bpf: QPs want create(), modify(), query() and destroy()\n");
		return -EINVAL;
	}
	if (qp->size < sizeof(struct uverbs_bpf_qp) || qp->size > UVERBS_BPF_MAX_QP) {
		dev_err(ibdev->dev.parent, "uverbs_bpf: QPs of %zu bytes, want %zu to %u\n",
			qp->size, sizeof(struct uverbs_bpf_qp), UVERBS_BPF_MAX_QP);
		return -EINVAL;
	}
	return 0;
}

/**
 * uverbs_bpf_driver_register() - hook a driver into uverbs_bpf
 * @ibdev: its device, allocated and not registered yet
 * @ops: what it offers; stays until uverbs_bpf_driver_unregister()
 *
 * Context: may sleep.
 * Return: 0; -EINVAL if @ops is malformed, with the reason in the log; -EBUSY if the device is
 * registered already; -EEXIST if it has been hooked in; -ENODEV if @ops->owner is being
 * unloaded; -ENOMEM.
 */
int uverbs_bpf_driver_register(struct ib_device *ibdev, const struct uverbs_bpf_driver_ops *ops)
{
	struct uvb_direct *direct;
	int ret;

	ret = uvb_direct_check(ibdev, ops);
	if (ret)
		return ret;
	if (uvb_index_get(ibdev))
		return -EBUSY;
	direct = kzalloc(sizeof(*direct), GFP_KERNEL);
	if (!direct)
		return -ENOMEM;
	direct->ibdev = ibdev;
	direct->ops = ops;
	/* A module that has the device cannot go before it, and must be able to go with it. */
	if (ops->owner != ibdev->ops.owner)
		direct->owner = ops->owner;

	guard(mutex)(&uvb_directs_lock);
	if (uvb_direct_find(ibdev))
		ret = -EEXIST;
	else if (!try_module_get(direct->owner))
		ret = -ENODEV;
	if (ret)
		kfree(direct);
	else
		list_add(&direct->link, &uvb_directs);
	return ret;
}
EXPORT_SYMBOL_GPL(uverbs_bpf_driver_register);

/**
 * uverbs_bpf_driver_unregister() - undo uverbs_bpf_driver_register()
 * @ibdev: the device, not registered any more, or never
 *
 * Context: may sleep.
 */
void uverbs_bpf_driver_unregister(struct ib_device *ibdev)
{
	bool early = WARN(uvb_index_get(ibdev), "%s is still registered", ibdev->name);
	struct uvb_direct *direct;

	mutex_lock(&uvb_directs_lock);
	direct = uvb_direct_find(ibdev);
	if (direct)
		list_del(&direct->link);
	mutex_unlock(&uvb_directs_lock);
	if (WARN_ON(!direct))
		return;
	/* Calls go on into a module that was in such a hurry: better it stays. */
	if (!early)
		module_put(direct->owner);
	kfree(direct);
}
EXPORT_SYMBOL_GPL(uverbs_bpf_driver_unregister);
