// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Completion counters of the device: a QP counts what it completes, without
 * writing completions. In kernels that have them; Kbuild knows.
 */
#include "../uvb.h"

#include <linux/slab.h>

#define UVB_COMP_CNTR_OPS	(IB_UVERBS_QP_ATTACH_COMP_CNTR_OP_SEND |		\
				 IB_UVERBS_QP_ATTACH_COMP_CNTR_OP_RECV |		\
				 IB_UVERBS_QP_ATTACH_COMP_CNTR_OP_RDMA_READ |		\
				 IB_UVERBS_QP_ATTACH_COMP_CNTR_OP_REMOTE_RDMA_READ |	\
				 IB_UVERBS_QP_ATTACH_COMP_CNTR_OP_RDMA_WRITE |		\
				 IB_UVERBS_QP_ATTACH_COMP_CNTR_OP_REMOTE_RDMA_WRITE)

static int uvb_comp_cntr_create_method(struct uverbs_attr_bundle *bundle)
{
	struct uvb_handle *handle = uvb_attr_handle(bundle, UVERBS_ATTR_CREATE_COMP_CNTR_HANDLE);
	struct ib_device *ibdev = handle->context->device;
	struct ib_comp_cntr *cntr;
	int ret;

	/* One that nothing can be attached to is of no use. */
	if (!ibdev->ops.create_comp_cntr || !ibdev->ops.qp_attach_comp_cntr)
		return -EOPNOTSUPP;
	cntr = rdma_zalloc_drv_obj(ibdev, ib_comp_cntr);
	if (!cntr)
		return -ENOMEM;
	cntr->device = ibdev;
	cntr->uobject = uvb_uobject(handle);

	rdma_restrack_new(&cntr->res, RDMA_RESTRACK_COMP_CNTR);
	rdma_restrack_set_name(&cntr->res, NULL);
	ret = ibdev->ops.create_comp_cntr(cntr, bundle);
	if (ret) {
		rdma_restrack_put(&cntr->res);
		kfree(cntr);
		return ret;
	}
	rdma_restrack_add(&cntr->res);
	handle->object = cntr;
	uvb_created(bundle, UVERBS_ATTR_CREATE_COMP_CNTR_HANDLE);
	return 0;
}

static int uvb_comp_cntr_modify_method(struct uverbs_attr_bundle *bundle)
{
	struct ib_comp_cntr *cntr = uvb_attr_object(bundle, UVERBS_ATTR_MODIFY_COMP_CNTR_HANDLE);
	u64 entry, op, value;
	int ret;

	if (!cntr->device->ops.modify_comp_cntr)
		return -EOPNOTSUPP;
	ret = uvb_const(&entry, bundle, UVERBS_ATTR_MODIFY_COMP_CNTR_ENTRY, U32_MAX);
	if (!ret)
		ret = uvb_const(&op, bundle, UVERBS_ATTR_MODIFY_COMP_CNTR_OP, U32_MAX);
	if (!ret)
		ret = uvb_copy_in(&value, bundle, UVERBS_ATTR_MODIFY_COMP_CNTR_VALUE,
				  sizeof(value));
	return ret ?: cntr->device->ops.modify_comp_cntr(cntr, entry, op, value);
}

static int uvb_comp_cntr_read_method(struct uverbs_attr_bundle *bundle)
{
	struct ib_comp_cntr *cntr = uvb_attr_object(bundle, UVERBS_ATTR_READ_COMP_CNTR_HANDLE);
	u64 entry, value = 0;
	int ret;

	if (!cntr->device->ops.read_comp_cntr)
		return -EOPNOTSUPP;
	ret = uvb_const(&entry, bundle, UVERBS_ATTR_READ_COMP_CNTR_ENTRY, U32_MAX);
	if (!ret)
		ret = cntr->device->ops.read_comp_cntr(cntr, entry, &value);
	return ret ?: uvb_copy_out(bundle, UVERBS_ATTR_READ_COMP_CNTR_RESP_VALUE, &value,
				   sizeof(value));
}

static int uvb_comp_cntr_destroy(struct uvb_handle *handle, enum rdma_remove_reason why,
				 struct uverbs_attr_bundle *bundle)
{
	struct ib_comp_cntr *cntr = handle->object;
	int ret;

	if (atomic_read(&cntr->usecnt))
		return -EBUSY;
	rdma_restrack_begin_del(&cntr->res);
	ret = cntr->device->ops.destroy_comp_cntr(cntr);
	if (ret) {
		rdma_restrack_abort_del(&cntr->res);
		return ret;
	}
	rdma_restrack_commit_del(&cntr->res);
	kfree(cntr);
	return 0;
}

/* QP ATTACH_COMP_CNTR. ib_core lets go of the counter when the QP is destroyed. */
static int uvb_qp_attach_comp_cntr_method(struct uverbs_attr_bundle *bundle)
{
	struct ib_comp_cntr *cntr =
		uvb_attr_object(bundle, UVERBS_ATTR_QP_ATTACH_COMP_CNTR_CNTR_HANDLE);
	struct ib_qp *qp = uvb_attr_object(bundle, UVERBS_ATTR_QP_ATTACH_COMP_CNTR_HANDLE);
	struct ib_qp_attach_comp_cntr_attr attr = {};
	int ret;

	if (!cntr->device->ops.qp_attach_comp_cntr)
		return -EOPNOTSUPP;
	if (qp->real_qp != qp)
		return uvb_refuse(bundle, -EINVAL, UVERBS_ATTR_QP_ATTACH_COMP_CNTR_HANDLE,
				  "QP_ATTACH_COMP_CNTR: the QP was opened, not created");
	ret = uvb_flags(&attr.op_mask, bundle, UVERBS_ATTR_QP_ATTACH_COMP_CNTR_OP_MASK,
			UVB_COMP_CNTR_OPS);
	if (ret || !attr.op_mask)
		return uvb_refuse(bundle, -EINVAL, UVERBS_ATTR_QP_ATTACH_COMP_CNTR_OP_MASK,
				  "QP_ATTACH_COMP_CNTR: operations are 0x%x, and one at least",
				  UVB_COMP_CNTR_OPS);
	if (attr.op_mask & qp->comp_cntr_op_mask)
		return uvb_refuse(bundle, -EBUSY, UVERBS_ATTR_QP_ATTACH_COMP_CNTR_OP_MASK,
				  "QP_ATTACH_COMP_CNTR: operations 0x%x are counted already",
				  attr.op_mask & qp->comp_cntr_op_mask);

	ret = xa_err(xa_store(&qp->comp_cntrs, attr.op_mask, cntr, GFP_KERNEL));
	if (ret)
		return ret;
	ret = qp->device->ops.qp_attach_comp_cntr(qp, cntr, &attr);
	if (ret) {
		xa_erase(&qp->comp_cntrs, attr.op_mask);
		return ret;
	}
	atomic_inc(&cntr->usecnt);
	qp->comp_cntr_op_mask |= attr.op_mask;
	return 0;
}

/* DEVICE QUERY_COMP_CNTR_CAPS */
static int uvb_comp_cntr_caps_method(struct uverbs_attr_bundle *bundle)
{
	struct ib_ucontext *context = uvb_bundle_context(bundle);
	struct ib_comp_cntr_caps caps = {};
	struct ib_device *ibdev;
	int ret;

	if (IS_ERR(context))
		return PTR_ERR(context);
	ibdev = context->device;
	if (!ibdev->ops.query_comp_cntr_caps)
		return -EOPNOTSUPP;
	ret = ibdev->ops.query_comp_cntr_caps(ibdev, &caps, bundle);
	if (ret)
		return ret;

	ret = uvb_copy_out(bundle, UVERBS_ATTR_QUERY_COMP_CNTR_CAPS_MAX_COUNTERS,
			   &caps.max_counters, sizeof(caps.max_counters));
	if (ret && ret != -ENOENT)
		return ret;
	ret = uvb_copy_out(bundle, UVERBS_ATTR_QUERY_COMP_CNTR_CAPS_MAX_VALUE, &caps.max_value,
			   sizeof(caps.max_value));
	if (ret && ret != -ENOENT)
		return ret;
	ret = uvb_copy_out(bundle, UVERBS_ATTR_QUERY_COMP_CNTR_CAPS_SUPPORTED_QP_ATTACH_OPS,
			   &caps.supported_qp_attach_ops, sizeof(caps.supported_qp_attach_ops));
	return ret == -ENOENT ? 0 : ret;
}

static const struct uvb_attr uvb_comp_cntr_create_attrs[] = {
	UVB_HANDLE(UVERBS_ATTR_CREATE_COMP_CNTR_HANDLE, UVERBS_OBJECT_COMP_CNTR, NEW, UVB_M),
};

static const struct uvb_attr uvb_comp_cntr_destroy_attrs[] = {
	UVB_HANDLE(UVERBS_ATTR_DESTROY_COMP_CNTR_HANDLE, UVERBS_OBJECT_COMP_CNTR, DESTROY, UVB_M),
};

static const struct uvb_attr uvb_comp_cntr_modify_attrs[] = {
	UVB_HANDLE(UVERBS_ATTR_MODIFY_COMP_CNTR_HANDLE, UVERBS_OBJECT_COMP_CNTR, WRITE, UVB_M),
	UVB_CONST(UVERBS_ATTR_MODIFY_COMP_CNTR_ENTRY, UVB_M),
	UVB_CONST(UVERBS_ATTR_MODIFY_COMP_CNTR_OP, UVB_M),
	UVB_IN(UVERBS_ATTR_MODIFY_COMP_CNTR_VALUE, u64, UVB_M),
};

static const struct uvb_attr uvb_comp_cntr_read_attrs[] = {
	UVB_HANDLE(UVERBS_ATTR_READ_COMP_CNTR_HANDLE, UVERBS_OBJECT_COMP_CNTR, READ, UVB_M),
	UVB_CONST(UVERBS_ATTR_READ_COMP_CNTR_ENTRY, UVB_M),
	UVB_OUT(UVERBS_ATTR_READ_COMP_CNTR_RESP_VALUE, u64, UVB_M),
};

static const struct uvb_attr uvb_qp_attach_comp_cntr_attrs[] = {
	UVB_HANDLE(UVERBS_ATTR_QP_ATTACH_COMP_CNTR_HANDLE, UVERBS_OBJECT_QP, WRITE, UVB_M),
	UVB_HANDLE(UVERBS_ATTR_QP_ATTACH_COMP_CNTR_CNTR_HANDLE, UVERBS_OBJECT_COMP_CNTR, READ,
		   UVB_M),
	UVB_FLAGS(UVERBS_ATTR_QP_ATTACH_COMP_CNTR_OP_MASK, UVB_M),
};

static struct uvb_method uvb_comp_cntr_methods[] = {
	UVB_METHOD(UVERBS_OBJECT_COMP_CNTR, UVERBS_METHOD_COMP_CNTR_CREATE,
		   uvb_comp_cntr_create_method, uvb_comp_cntr_create_attrs),
	UVB_METHOD(UVERBS_OBJECT_COMP_CNTR, UVERBS_METHOD_COMP_CNTR_DESTROY, uvb_destroyed,
		   uvb_comp_cntr_destroy_attrs),
	UVB_METHOD(UVERBS_OBJECT_COMP_CNTR, UVERBS_METHOD_COMP_CNTR_MODIFY,
		   uvb_comp_cntr_modify_method, uvb_comp_cntr_modify_attrs),
	UVB_METHOD(UVERBS_OBJECT_COMP_CNTR, UVERBS_METHOD_COMP_CNTR_READ,
		   uvb_comp_cntr_read_method, uvb_comp_cntr_read_attrs),
	/* Here, because without counters there is nothing to attach. */
	UVB_METHOD(UVERBS_OBJECT_QP, UVERBS_METHOD_QP_ATTACH_COMP_CNTR,
		   uvb_qp_attach_comp_cntr_method, uvb_qp_attach_comp_cntr_attrs,
		   UVB_NEEDS(destroy_qp)),
};

static struct uvb_type uvb_type_comp_cntr = {
	.object = UVERBS_OBJECT_COMP_CNTR,
	.size = sizeof(struct uvb_handle),
	.destroy = uvb_comp_cntr_destroy,
	.name = "uvb_comp_cntr",
	UVB_NEEDS(destroy_comp_cntr),
};

UVB_SCHEMA(comp_cntr, .type = &uvb_type_comp_cntr, UVB_METHODS(uvb_comp_cntr_methods));

static const struct uvb_attr uvb_comp_cntr_caps_attrs[] = {
	UVB_OUT(UVERBS_ATTR_QUERY_COMP_CNTR_CAPS_MAX_COUNTERS, u32, UVB_O),
	UVB_OUT(UVERBS_ATTR_QUERY_COMP_CNTR_CAPS_MAX_VALUE, u64, UVB_O),
	UVB_OUT(UVERBS_ATTR_QUERY_COMP_CNTR_CAPS_SUPPORTED_QP_ATTACH_OPS, u32, UVB_O),
};

static struct uvb_method uvb_comp_cntr_caps_methods[] = {
	UVB_METHOD(UVERBS_OBJECT_DEVICE, UVERBS_METHOD_QUERY_COMP_CNTR_CAPS,
		   uvb_comp_cntr_caps_method, uvb_comp_cntr_caps_attrs),
};

/* Apart from the object: a device without counters still answers, that it has none. */
UVB_SCHEMA(comp_cntr_caps, UVB_METHODS(uvb_comp_cntr_caps_methods));
