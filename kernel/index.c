// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The numbers of device nodes. Ours have stock's name and path, so both sides
 * must count alike: every device that ib_uverbs makes a node for takes a
 * number here too, whoever serves it. ib_core adds devices one at a time and
 * asks its clients in the order they registered, so both sides see the same
 * order; a device that is added while another is just being removed can find
 * one side a moment behind, which `uverbs-bpf status` shows.
 *
 * A client that declines a device is not told when it goes. Hence this client
 * of its own, which accepts all and is registered before the one that serves.
 */
#include "uvb.h"

#include <linux/idr.h>

static DEFINE_IDA(uvb_ida);
static LIST_HEAD(uvb_indexes);
static DEFINE_MUTEX(uvb_indexes_lock);

static int uvb_index_add(struct ib_device *ibdev);
static void uvb_index_remove(struct ib_device *ibdev, void *data);

static struct ib_client uvb_index_client = {
	.name = "uverbs_bpf_index",
	.no_kverbs_req = true,
	.add = uvb_index_add,
	.remove = uvb_index_remove,
};

static int uvb_index_add(struct ib_device *ibdev)
{
	struct uvb_index *index;

	/* Stock makes no node for these either. */
	if (!ibdev->ops.alloc_ucontext || ibdev->type == RDMA_DEVICE_TYPE_SMI)
		return -EOPNOTSUPP;

	index = kzalloc(sizeof(*index), GFP_KERNEL);
	if (!index)
		return -ENOMEM;
	index->index = ida_alloc_max(&uvb_ida, UVB_MAX_DEVICES - 1, GFP_KERNEL);
	if (index->index < 0) {
		int ret = index->index;

		kfree(index);
		return ret;
	}
	index->held = true;
	index->ibdev = ibdev;
	index->reason = uvb_claim(ibdev);

	mutex_lock(&uvb_indexes_lock);
	list_add_tail(&index->link, &uvb_indexes);
	mutex_unlock(&uvb_indexes_lock);

	ib_set_client_data(ibdev, &uvb_index_client, index);
	return 0;
}

void uvb_index_put(struct uvb_index *index)
{
	mutex_lock(&uvb_indexes_lock);
	if (index->held)
		ida_free(&uvb_ida, index->index);
	index->held = false;
	mutex_unlock(&uvb_indexes_lock);
}

static void uvb_index_remove(struct ib_device *ibdev, void *data)
{
	struct uvb_index *index = data;

	uvb_index_put(index);
	mutex_lock(&uvb_indexes_lock);
	list_del(&index->link);
	mutex_unlock(&uvb_indexes_lock);
	kfree(index);
}

struct uvb_index *uvb_index_get(struct ib_device *ibdev)
{
	return ib_get_client_data(ibdev, &uvb_index_client);
}

void uvb_index_for_each(void (*show)(const struct uvb_index *index, void *arg), void *arg)
{
	struct uvb_index *index;

	mutex_lock(&uvb_indexes_lock);
	list_for_each_entry(index, &uvb_indexes, link)
		show(index, arg);
	mutex_unlock(&uvb_indexes_lock);
}

int uvb_index_init(void)
{
	return ib_register_client(&uvb_index_client);
}

void uvb_index_exit(void)
{
	ib_unregister_client(&uvb_index_client);
}
