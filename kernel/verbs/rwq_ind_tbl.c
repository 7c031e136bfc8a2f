// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Indirection tables: the work queues a QP spreads what arrives over.
 */
#include "../uvb.h"

#include <linux/slab.h>

/* Give back what uvb_wqs_get() took of the first @nr; @used: the table does not need them. */
static void uvb_wqs_put(struct ib_wq **wqs, u32 nr, bool used)
{
	u32 i;

	for (i = 0; i < nr; i++) {
		if (!used)
			atomic_dec(&wqs[i]->usecnt);
		uvb_handle_put(uvb_handle((struct ib_uobject *)wqs[i]->uobject),
			       UVERBS_BPF_ACCESS_READ);
	}
}

/* Look the work queues up, all locked for reading and in use. One may be there several times. */
static int uvb_wqs_get(struct uverbs_attr_bundle *bundle, const u32 *ids, struct ib_wq **wqs,
		       u32 nr)
{
	struct uvb_handle *handle;
	u32 i;

	for (i = 0; i < nr; i++) {
		wqs[i] = uvb_object_get(bundle, UVERBS_OBJECT_WQ, ids[i], &handle);
		if (IS_ERR(wqs[i])) {
			int ret = PTR_ERR(wqs[i]);

			uvb_wqs_put(wqs, i, false);
			return uvb_refuse(bundle, ret, UVERBS_ATTR_CORE_IN,
					  "EX_CREATE_RWQ_IND_TBL: entry %u: no work queue %u, or it is in use",
					  i, ids[i]);
		}
		atomic_inc(&wqs[i]->usecnt);
	}
	return 0;
}

/* Make the table behind a handle; it keeps @wqs. */
static int uvb_rwq_ind_tbl_make(struct uverbs_attr_bundle *bundle, struct uvb_handle *handle,
				struct ib_wq **wqs, u32 log_size)
{
	struct ib_rwq_ind_table_init_attr attr = { .log_ind_tbl_size = log_size, .ind_tbl = wqs };
	struct ib_device *ibdev = handle->context->device;
	struct ib_rwq_ind_table *table;
	int ret;

	table = rdma_zalloc_drv_obj(ibdev, ib_rwq_ind_table);
	if (!table)
		return -ENOMEM;
	table->ind_tbl = wqs;
	table->log_ind_tbl_size = log_size;
	table->uobject = uvb_uobject(handle);
	table->device = ibdev;
	atomic_set(&table->usecnt, 0);

	ret = ibdev->ops.create_rwq_ind_table(table, &attr, &bundle->driver_udata);
	if (ret) {
		kfree(table);
		return ret;
	}
	handle->object = table;
	return 0;
}

/* @ids: the handles of 1 << @log_size work queues */
static struct uvb_handle *uvb_rwq_ind_tbl_create(struct uverbs_attr_bundle *bundle,
						 const u32 *ids, u32 log_size)
{
	u32 nr = 1 << log_size;
	struct uvb_handle *handle;
	struct ib_wq **wqs;
	int ret;

	wqs = kcalloc(nr, sizeof(*wqs), GFP_KERNEL);
	if (!wqs)
		return ERR_PTR(-ENOMEM);
	ret = uvb_wqs_get(bundle, ids, wqs, nr);
	if (ret)
		goto err_free;

	handle = uvb_new(bundle, UVERBS_OBJECT_RWQ_IND_TBL);
	ret = PTR_ERR_OR_ZERO(handle);
	if (!ret)
		ret = uvb_rwq_ind_tbl_make(bundle, handle, wqs, log_size);
	uvb_wqs_put(wqs, nr, !ret);
	if (!ret)
		return handle;
err_free:
	kfree(wqs);
	return ERR_PTR(ret);
}

static int uvb_cmd_ex_create_rwq_ind_tbl(struct uverbs_attr_bundle *bundle)
{
	struct ib_uverbs_ex_create_rwq_ind_table_resp resp = {};
	struct ib_uverbs_ex_create_rwq_ind_table cmd;
	struct ib_rwq_ind_table *table;
	struct uvb_handle *handle;
	u32 *ids;
	int ret;

	ret = uvb_request_head(bundle, &cmd, sizeof(cmd));
	if (ret)
		return ret;
	if (cmd.comp_mask)
		return -EOPNOTSUPP;
	if (cmd.log_ind_tbl_size > IB_USER_VERBS_MAX_LOG_IND_TBL_SIZE)
		return uvb_refuse(bundle, -EINVAL, UVERBS_ATTR_CORE_IN,
				  "EX_CREATE_RWQ_IND_TBL: 2^%u entries, the most is 2^%u",
				  cmd.log_ind_tbl_size, IB_USER_VERBS_MAX_LOG_IND_TBL_SIZE);

	ids = kcalloc(1 << cmd.log_ind_tbl_size, sizeof(*ids), GFP_KERNEL);
	if (!ids)
		return -ENOMEM;
	ret = uvb_request_tail(bundle, sizeof(cmd), ids,
			       sizeof(*ids) << cmd.log_ind_tbl_size);
	if (ret)
		goto out;
	handle = uvb_rwq_ind_tbl_create(bundle, ids, cmd.log_ind_tbl_size);
	if (IS_ERR(handle)) {
		ret = PTR_ERR(handle);
		goto out;
	}

	table = handle->object;
	resp.ind_tbl_handle = handle->id;
	resp.ind_tbl_num = table->ind_tbl_num;
	resp.response_length = uvb_response_length(bundle, sizeof(resp));
	ret = uvb_response(bundle, &resp, sizeof(resp));
out:
	kfree(ids);
	return ret;
}

static int uvb_cmd_ex_destroy_rwq_ind_tbl(struct uverbs_attr_bundle *bundle)
{
	struct ib_uverbs_ex_destroy_rwq_ind_table cmd;
	int ret;

	ret = uvb_request(bundle, &cmd, sizeof(cmd));
	if (ret)
		return ret;
	if (cmd.comp_mask)
		return -EOPNOTSUPP;
	return uvb_handle_destroy_id(bundle, UVERBS_OBJECT_RWQ_IND_TBL, cmd.ind_tbl_handle);
}

static int uvb_rwq_ind_tbl_destroy(struct uvb_handle *handle, enum rdma_remove_reason why,
				   struct uverbs_attr_bundle *bundle)
{
	struct ib_rwq_ind_table *table = handle->object;
	struct ib_wq **wqs = table->ind_tbl;
	u32 nr = 1 << table->log_ind_tbl_size;
	u32 i;
	int ret;

	if (atomic_read(&table->usecnt))
		return -EBUSY;
	ret = table->device->ops.destroy_rwq_ind_table(table);
	if (ret)
		return ret;
	for (i = 0; i < nr; i++)
		atomic_dec(&wqs[i]->usecnt);
	kfree(table);
	kfree(wqs);
	return 0;
}

static const struct uvb_attr uvb_rwq_ind_tbl_destroy_attrs[] = {
	UVB_HANDLE(UVERBS_ATTR_DESTROY_RWQ_IND_TBL_HANDLE, UVERBS_OBJECT_RWQ_IND_TBL, DESTROY,
		   UVB_M),
};

static struct uvb_method uvb_rwq_ind_tbl_methods[] = {
	UVB_METHOD(UVERBS_OBJECT_RWQ_IND_TBL, UVERBS_METHOD_RWQ_IND_TBL_DESTROY, uvb_destroyed,
		   uvb_rwq_ind_tbl_destroy_attrs),
};

static const struct uvb_command uvb_rwq_ind_tbl_commands[] = {
	UVB_COMMAND_EX(CREATE_RWQ_IND_TBL, uvb_cmd_ex_create_rwq_ind_tbl, UVERBS_OBJECT_RWQ_IND_TBL,
		       UVB_ONLY,
		       offsetofend(struct ib_uverbs_ex_create_rwq_ind_table, log_ind_tbl_size),
		       offsetofend(struct ib_uverbs_ex_create_rwq_ind_table_resp, ind_tbl_num),
		       UVB_NEEDS(create_rwq_ind_table)),
	UVB_COMMAND_EX(DESTROY_RWQ_IND_TBL, uvb_cmd_ex_destroy_rwq_ind_tbl, UVERBS_OBJECT_RWQ_IND_TBL,
		       UVERBS_METHOD_RWQ_IND_TBL_DESTROY,
		       sizeof(struct ib_uverbs_ex_destroy_rwq_ind_table), 0,
		       UVB_NEEDS(destroy_rwq_ind_table)),
};

static struct uvb_type uvb_type_rwq_ind_tbl = {
	.object = UVERBS_OBJECT_RWQ_IND_TBL,
	.size = sizeof(struct uvb_handle),
	.destroy = uvb_rwq_ind_tbl_destroy,
	.name = "uvb_rwq_ind_tbl",
	UVB_NEEDS(destroy_rwq_ind_table),
};

UVB_SCHEMA(rwq_ind_tbl, .type = &uvb_type_rwq_ind_tbl, UVB_METHODS(uvb_rwq_ind_tbl_methods),
	   UVB_COMMANDS(uvb_rwq_ind_tbl_commands));
