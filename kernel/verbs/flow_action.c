// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Flow actions: what a flow may do to its packets. The kernel has no method
 * that makes one any more, drivers have; they end here.
 */
#include "../uvb.h"

static int uvb_flow_action_destroy(struct uvb_handle *handle, enum rdma_remove_reason why,
				   struct uverbs_attr_bundle *bundle)
{
	struct ib_flow_action *action = handle->object;

	if (atomic_read(&action->usecnt))
		return -EBUSY;
	return action->device->ops.destroy_flow_action(action);
}

static const struct uvb_attr uvb_flow_action_destroy_attrs[] = {
	UVB_HANDLE(UVERBS_ATTR_DESTROY_FLOW_ACTION_HANDLE, UVERBS_OBJECT_FLOW_ACTION, DESTROY,
		   UVB_M),
};

static struct uvb_method uvb_flow_action_methods[] = {
	UVB_METHOD(UVERBS_OBJECT_FLOW_ACTION, UVERBS_METHOD_FLOW_ACTION_DESTROY, uvb_destroyed,
		   uvb_flow_action_destroy_attrs),
};

static struct uvb_type uvb_type_flow_action = {
	.object = UVERBS_OBJECT_FLOW_ACTION,
	.size = sizeof(struct uvb_handle),
	.destroy = uvb_flow_action_destroy,
	.name = "uvb_flow_action",
	UVB_NEEDS(destroy_flow_action),
};

UVB_SCHEMA(flow_action, .type = &uvb_type_flow_action, UVB_METHODS(uvb_flow_action_methods));
