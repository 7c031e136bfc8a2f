// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Handles and lifetimes: who gets at an object when, and what is destroyed in
 * which order when a call fails, a file is closed or the device goes away.
 */
#include "kunit_bench.h"

#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/workqueue.h>

/* An object without a file descriptor, and one of another kind. */
#define OBJECT	UVERBS_OBJECT_PD
#define OTHER	UVERBS_OBJECT_MR

#define READING		UVERBS_BPF_ACCESS_READ
#define WRITING		UVERBS_BPF_ACCESS_WRITE
#define DESTROYING	UVERBS_BPF_ACCESS_DESTROY

/* Stand in for hardware objects. */
static char hw[8];

/* Look up in a call of its own; what it locks stays locked. */
static struct uvb_handle *get(struct uvb_bench *bench, unsigned int object, s64 id,
			      enum uverbs_bpf_schema_access access)
{
	struct uvb_handle *handle = uvb_handle_get(uvb_bench_enter(bench, bench->file), object, id,
						   access);

	uvb_bench_leave(bench);
	return handle;
}

static int try(struct uvb_bench *bench, unsigned int object, s64 id,
	       enum uverbs_bpf_schema_access access)
{
	struct uvb_handle *handle = get(bench, object, id, access);

	if (IS_ERR(handle))
		return PTR_ERR(handle);
	uvb_handle_put(handle, access);
	return 0;
}

static int destroy(struct uvb_bench *bench, unsigned int object, u32 id)
{
	int ret = uvb_handle_destroy_id(uvb_bench_enter(bench, bench->file), object, id);

	uvb_bench_leave(bench);
	return ret;
}

static void commit(struct uvb_bench *bench, struct uvb_handle *handle)
{
	uvb_bench_enter(bench, bench->file);
	uvb_handle_commit(bench->file, handle);
	uvb_bench_leave(bench);
}

static void undo(struct uvb_bench *bench, struct uvb_handle *handle, bool created)
{
	uvb_handle_abort(uvb_bench_enter(bench, bench->file), handle, created);
	uvb_bench_leave(bench);
}

/* ---- the table ---- */

static void table_commit(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	struct uvb_handle *handle = uvb_bench_begin(bench, bench->file, OBJECT, hw);

	KUNIT_ASSERT_FALSE(test, IS_ERR(handle));
	KUNIT_EXPECT_EQ(test, try(bench, OBJECT, handle->id, READING), -ENOENT);
	KUNIT_EXPECT_EQ(test, try(bench, OBJECT, handle->id, DESTROYING), -ENOENT);

	commit(bench, handle);
	KUNIT_EXPECT_EQ(test, try(bench, OBJECT, handle->id, READING), 0);
	KUNIT_EXPECT_EQ(test, try(bench, OBJECT, handle->id, WRITING), 0);
	KUNIT_EXPECT_EQ(test, try(bench, OBJECT, handle->id + 1, READING), -ENOENT);
	KUNIT_EXPECT_EQ(test, try(bench, OBJECT, -1, READING), -EINVAL);
	KUNIT_EXPECT_PTR_EQ(test, handle->object, (void *)hw);
}

static void table_abort(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	struct uvb_handle *handle = uvb_bench_begin(bench, bench->file, OBJECT, hw);
	u32 id;

	KUNIT_ASSERT_FALSE(test, IS_ERR(handle));
	id = handle->id;
	refcount_inc(&handle->ref);
	undo(bench, handle, false);
	KUNIT_EXPECT_EQ(test, bench->nr_destroyed, 0);
	KUNIT_EXPECT_EQ(test, try(bench, OBJECT, id, READING), -ENOENT);
	KUNIT_EXPECT_EQ(test, refcount_read(&handle->ref), 1);
	uvb_handle_unref(handle);

	/* The number was given back, not only emptied. */
	handle = uvb_bench_begin(bench, bench->file, OBJECT, hw);
	KUNIT_ASSERT_FALSE(test, IS_ERR(handle));
	KUNIT_EXPECT_EQ(test, handle->id, id);
	undo(bench, handle, true);
	KUNIT_EXPECT_EQ(test, bench->nr_destroyed, 1);
	KUNIT_EXPECT_EQ(test, bench->why, RDMA_REMOVE_ABORT);
	KUNIT_EXPECT_TRUE(test, list_empty(&bench->file->handles));
}

static struct ib_udata seen_udata;

static int see_udata(struct uvb_handle *handle, enum rdma_remove_reason why,
		     struct uverbs_attr_bundle *bundle)
{
	seen_udata = bundle->driver_udata;
	return 0;
}

/* The driver must not take the failed call's input for one of the destruction. */
static void table_abort_udata(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	struct uvb_handle *handle = uvb_bench_begin(bench, bench->file, OBJECT, hw);
	struct uverbs_attr_bundle *bundle;

	KUNIT_ASSERT_FALSE(test, IS_ERR(handle));
	bench->on_destroy = see_udata;
	seen_udata.inlen = 1;
	bundle = uvb_bench_enter(bench, bench->file);
	bundle->driver_udata.inlen = 8;
	bundle->driver_udata.outlen = 8;
	uvb_handle_abort(bundle, handle, true);
	uvb_bench_leave(bench);
	KUNIT_EXPECT_EQ(test, seen_udata.inlen, 0);
	KUNIT_EXPECT_EQ(test, seen_udata.outlen, 0);
}

static void table_type(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	u32 id = uvb_bench_object(bench, OBJECT, hw);
	struct uvb_handle *handle = get(bench, OBJECT, id, DESTROYING);

	KUNIT_ASSERT_FALSE(test, IS_ERR(handle));
	KUNIT_EXPECT_EQ(test, try(bench, OTHER, id, READING), -EINVAL);
	KUNIT_EXPECT_EQ(test, try(bench, OTHER, id, WRITING), -EINVAL);
	KUNIT_EXPECT_EQ(test, destroy(bench, OTHER, id), -EINVAL);
	KUNIT_EXPECT_EQ(test, try(bench, UVERBS_OBJECT_DEVICE, id, READING), -EINVAL);
	KUNIT_EXPECT_EQ(test, try(bench, UVB_MAX_OBJECT, id, READING), -EINVAL);
	KUNIT_EXPECT_EQ(test, try(bench, U16_MAX - 1, id, READING), -EINVAL);

	/* The failures left no lock and no reference: the table's, the list's, ours. */
	KUNIT_EXPECT_EQ(test, atomic_read(&handle->usecnt), 0);
	KUNIT_EXPECT_EQ(test, refcount_read(&handle->ref), 3);
	uvb_handle_put(handle, DESTROYING);
}

/* Handles are of a file: another one of the same device does not see them. */
static void table_files(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	struct file *filp = kunit_kzalloc(test, sizeof(*filp), GFP_KERNEL);
	u32 id = uvb_bench_object(bench, OBJECT, hw);
	struct uvb_handle *handle;

	KUNIT_ASSERT_NOT_NULL(test, filp);
	KUNIT_ASSERT_EQ(test, uvb_bench_open(bench, filp), 0);
	handle = uvb_handle_get(uvb_bench_enter(bench, filp->private_data), OBJECT, id, READING);
	uvb_bench_leave(bench);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(handle), -ENOENT);
	/* It has no context either, so nothing can be made with it. */
	handle = uvb_bench_begin(bench, filp->private_data, OBJECT, hw);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(handle), -EINVAL);
	uvb_fops.release(bench->inode, filp);
	KUNIT_EXPECT_EQ(test, try(bench, OBJECT, id, READING), 0);
}

static void table_teardown(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	struct uvb_handle *handle;

	down_write(&bench->file->stock.hw_destroy_rwsem);
	handle = uvb_bench_begin(bench, bench->file, OBJECT, hw);
	up_write(&bench->file->stock.hw_destroy_rwsem);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(handle), -EIO);
	/* It is only refused for as long as that takes. */
	KUNIT_EXPECT_EQ(test, try(bench, OBJECT, uvb_bench_object(bench, OBJECT, hw), READING), 0);
}

/* ---- access ---- */

static void access_read(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	u32 id = uvb_bench_object(bench, OBJECT, hw);
	struct uvb_handle *first = get(bench, OBJECT, id, READING);
	struct uvb_handle *second = get(bench, OBJECT, id, READING);

	KUNIT_ASSERT_FALSE(test, IS_ERR(first));
	KUNIT_ASSERT_PTR_EQ(test, first, second);
	KUNIT_EXPECT_EQ(test, try(bench, OBJECT, id, WRITING), -EBUSY);
	KUNIT_EXPECT_EQ(test, destroy(bench, OBJECT, id), -EBUSY);
	uvb_handle_put(first, READING);
	KUNIT_EXPECT_EQ(test, try(bench, OBJECT, id, WRITING), -EBUSY);
	uvb_handle_put(second, READING);
	KUNIT_EXPECT_EQ(test, try(bench, OBJECT, id, WRITING), 0);
	KUNIT_EXPECT_EQ(test, bench->nr_destroyed, 0);
}

static void access_write(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	u32 id = uvb_bench_object(bench, OBJECT, hw);
	struct uvb_handle *handle = get(bench, OBJECT, id, WRITING);

	KUNIT_ASSERT_FALSE(test, IS_ERR(handle));
	KUNIT_EXPECT_EQ(test, try(bench, OBJECT, id, READING), -EBUSY);
	KUNIT_EXPECT_EQ(test, try(bench, OBJECT, id, WRITING), -EBUSY);
	KUNIT_EXPECT_EQ(test, destroy(bench, OBJECT, id), -EBUSY);
	/* Looking up in order to destroy locks nothing. */
	KUNIT_EXPECT_EQ(test, try(bench, OBJECT, id, DESTROYING), 0);
	uvb_handle_put(handle, WRITING);
	KUNIT_EXPECT_EQ(test, try(bench, OBJECT, id, READING), 0);
	KUNIT_EXPECT_EQ(test, destroy(bench, OBJECT, id), 0);
}

static void access_destroy(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	u32 id = uvb_bench_object(bench, OBJECT, hw);
	struct uvb_handle *late = get(bench, OBJECT, id, DESTROYING);
	int ret;

	KUNIT_ASSERT_FALSE(test, IS_ERR(late));
	KUNIT_EXPECT_EQ(test, destroy(bench, OBJECT, id), 0);
	KUNIT_EXPECT_EQ(test, bench->nr_destroyed, 1);
	KUNIT_EXPECT_EQ(test, bench->why, RDMA_REMOVE_DESTROY);
	KUNIT_EXPECT_EQ(test, try(bench, OBJECT, id, READING), -ENOENT);
	KUNIT_EXPECT_EQ(test, destroy(bench, OBJECT, id), -ENOENT);
	KUNIT_EXPECT_TRUE(test, list_empty(&bench->file->handles));

	/* One who looked it up before must not destroy it again. */
	ret = uvb_handle_destroy(uvb_bench_enter(bench, bench->file), late);
	uvb_bench_leave(bench);
	KUNIT_EXPECT_EQ(test, ret, -EBUSY);
	KUNIT_EXPECT_EQ(test, bench->nr_destroyed, 1);
	KUNIT_EXPECT_EQ(test, refcount_read(&late->ref), 1);
	uvb_handle_put(late, DESTROYING);
}

static int refuse(struct uvb_handle *handle, enum rdma_remove_reason why,
		  struct uverbs_attr_bundle *bundle)
{
	return -EBUSY;
}

/* An object without the ib_core struct that calls expect goes to those alone that know it. */
static void access_direct(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	struct uvb_handle *handle = uvb_bench_begin(bench, bench->file, OBJECT, hw), *got;
	struct uverbs_attr_bundle *bundle;

	KUNIT_ASSERT_FALSE(test, IS_ERR(handle));
	handle->direct = true;
	commit(bench, handle);
	KUNIT_EXPECT_EQ(test, try(bench, OBJECT, handle->id, READING), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, try(bench, OBJECT, handle->id, WRITING), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, try(bench, OBJECT, handle->id, DESTROYING), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, try(bench, UVERBS_IDR_ANY_OBJECT, handle->id, READING), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, try(bench, OTHER, handle->id, READING), -EINVAL);

	bundle = uvb_bench_enter(bench, bench->file);
	bench->call.direct = true;
	got = uvb_handle_get(bundle, OBJECT, handle->id, READING);
	KUNIT_EXPECT_PTR_EQ(test, got, handle);
	if (!IS_ERR(got))
		uvb_handle_put(got, READING);
	uvb_bench_leave(bench);
}

static void access_refused(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	u32 id = uvb_bench_object(bench, OBJECT, hw);

	bench->on_destroy = refuse;
	KUNIT_EXPECT_EQ(test, destroy(bench, OBJECT, id), -EBUSY);
	KUNIT_EXPECT_EQ(test, try(bench, OBJECT, id, WRITING), 0);
	bench->on_destroy = NULL;
	KUNIT_EXPECT_EQ(test, destroy(bench, OBJECT, id), 0);
}

/* ---- the cgroup's charge ---- */

/*
 * The charge is seen by the pool that the cgroup keeps for the device while
 * anything is charged. The file's own context would keep it, too, so these
 * calls carry one that was never charged.
 */
static struct uverbs_attr_bundle *enter_uncharged(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	struct ib_ucontext *context = kunit_kzalloc(test, sizeof(*context), GFP_KERNEL);
	struct file *filp = kunit_kzalloc(test, sizeof(*filp), GFP_KERNEL);
	struct uverbs_attr_bundle *bundle;

	KUNIT_ASSERT_NOT_NULL(test, context);
	KUNIT_ASSERT_NOT_NULL(test, filp);
	uvb_bench_close(bench);
	KUNIT_ASSERT_TRUE(test, list_empty(&bench->ibdev->cg_device.rpools));
	KUNIT_ASSERT_EQ(test, uvb_bench_open(bench, bench->filp), 0);
	bench->file = bench->filp->private_data;

	bundle = uvb_bench_enter(bench, bench->file);
	context->device = bench->ibdev;
	bundle->context = context;
	return bundle;
}

static void cgroup_destroy(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	struct uverbs_attr_bundle *bundle = enter_uncharged(test);
	struct uvb_handle *handle = uvb_handle_begin(bundle, OBJECT);
	bool charged;

	if (IS_ERR(handle)) {
		uvb_bench_leave(bench);
		KUNIT_FAIL_AND_ABORT(test, "%pe", handle);
	}
	charged = !list_empty(&bench->ibdev->cg_device.rpools);
	handle->object = hw;
	uvb_handle_commit(bench->file, handle);
	KUNIT_EXPECT_EQ(test, uvb_handle_destroy_id(bundle, OBJECT, handle->id), 0);
	uvb_bench_leave(bench);
	KUNIT_EXPECT_TRUE(test, charged);
	KUNIT_EXPECT_TRUE(test, list_empty(&bench->ibdev->cg_device.rpools));
}

static void cgroup_abort(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	struct uverbs_attr_bundle *bundle = enter_uncharged(test);
	struct uvb_handle *handle = uvb_handle_begin(bundle, OBJECT);
	bool charged = !list_empty(&bench->ibdev->cg_device.rpools);

	if (!IS_ERR(handle))
		uvb_handle_abort(bundle, handle, false);
	uvb_bench_leave(bench);
	KUNIT_EXPECT_FALSE(test, IS_ERR(handle));
	KUNIT_EXPECT_TRUE(test, charged);
	KUNIT_EXPECT_TRUE(test, list_empty(&bench->ibdev->cg_device.rpools));
}

static void cgroup_close(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;

	uvb_bench_object(bench, OBJECT, &hw[0]);
	uvb_bench_object(bench, OTHER, &hw[1]);
	KUNIT_EXPECT_FALSE(test, list_empty(&bench->ibdev->cg_device.rpools));
	uvb_bench_close(bench);
	KUNIT_EXPECT_TRUE(test, list_empty(&bench->ibdev->cg_device.rpools));
}

/* ---- the end of a file ---- */

static void close_order(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	unsigned int i;

	for (i = 0; i < 4; i++)
		uvb_bench_object(bench, i % 2 ? OTHER : OBJECT, &hw[i]);
	uvb_bench_close(bench);
	KUNIT_ASSERT_EQ(test, bench->nr_destroyed, 4);
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_PTR_EQ(test, bench->destroyed[i], (void *)&hw[3 - i]);
	KUNIT_EXPECT_EQ(test, bench->why, RDMA_REMOVE_CLOSE);
}

/* The newest is used by the oldest, as a driver sees it. */
static int last_after_first(struct uvb_handle *handle, enum rdma_remove_reason why,
			    struct uverbs_attr_bundle *bundle)
{
	unsigned int i;

	if (handle->object != &hw[2])
		return 0;
	for (i = 0; i < uvb_bench->nr_destroyed; i++) {
		if (uvb_bench->destroyed[i] == &hw[0])
			return 0;
	}
	return -EBUSY;
}

static void close_in_use(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	unsigned int i;

	for (i = 0; i < 3; i++)
		uvb_bench_object(bench, OBJECT, &hw[i]);
	bench->on_destroy = last_after_first;
	uvb_bench_close(bench);
	KUNIT_ASSERT_EQ(test, bench->nr_destroyed, 3);
	KUNIT_EXPECT_PTR_EQ(test, bench->destroyed[0], (void *)&hw[1]);
	KUNIT_EXPECT_PTR_EQ(test, bench->destroyed[1], (void *)&hw[0]);
	KUNIT_EXPECT_PTR_EQ(test, bench->destroyed[2], (void *)&hw[2]);
}

/* What was destroyed or aborted before is not destroyed again. */
static void close_once(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	u32 id = uvb_bench_object(bench, OBJECT, &hw[0]);
	struct uvb_handle *handle;

	uvb_bench_object(bench, OBJECT, &hw[1]);
	handle = uvb_bench_begin(bench, bench->file, OBJECT, &hw[2]);
	KUNIT_ASSERT_FALSE(test, IS_ERR(handle));
	undo(bench, handle, false);
	KUNIT_EXPECT_EQ(test, destroy(bench, OBJECT, id), 0);
	uvb_bench_close(bench);
	KUNIT_ASSERT_EQ(test, bench->nr_destroyed, 2);
	KUNIT_EXPECT_PTR_EQ(test, bench->destroyed[0], (void *)&hw[0]);
	KUNIT_EXPECT_PTR_EQ(test, bench->destroyed[1], (void *)&hw[1]);
}

/* Nobody but the test holds handle, file and device afterwards. */
static void close_references(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	struct uvb_file *file = bench->file;
	struct uvb_handle *handle;

	uvb_bench_object(bench, OTHER, &hw[0]);
	handle = get(bench, OBJECT, uvb_bench_object(bench, OBJECT, &hw[1]), DESTROYING);
	KUNIT_ASSERT_FALSE(test, IS_ERR(handle));
	kref_get(&file->stock.ref);
	uvb_bench_close(bench);
	KUNIT_EXPECT_EQ(test, kref_read(&file->stock.ref), 1);
	/* The file's and that of ib_core. */
	KUNIT_EXPECT_EQ(test, refcount_read(&bench->dev->stock.refcount), 2);
	uvb_file_put(file);
	KUNIT_EXPECT_EQ(test, refcount_read(&handle->ref), 1);
	KUNIT_EXPECT_EQ(test, refcount_read(&bench->dev->stock.refcount), 1);
	uvb_handle_put(handle, DESTROYING);
}

/* ---- objects that are files ---- */

static void file_lookup(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	struct file *filp = kunit_kzalloc(test, sizeof(*filp), GFP_KERNEL);
	u32 fd = uvb_bench_object(bench, UVERBS_OBJECT_COMP_CHANNEL, NULL);
	struct uvb_handle *handle;

	KUNIT_ASSERT_NOT_NULL(test, filp);
	KUNIT_EXPECT_EQ(test, try(bench, UVERBS_OBJECT_COMP_CHANNEL, fd, READING), 0);
	KUNIT_EXPECT_EQ(test, try(bench, UVERBS_OBJECT_COMP_CHANNEL, fd, WRITING), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, try(bench, UVERBS_OBJECT_ASYNC_EVENT, fd, READING), -EBADF);
	KUNIT_EXPECT_EQ(test, try(bench, UVERBS_OBJECT_COMP_CHANNEL, 1000, READING), -EBADF);
	KUNIT_EXPECT_EQ(test, try(bench, UVERBS_OBJECT_COMP_CHANNEL, fd | BIT_ULL(32), READING),
			-EINVAL);

	/* A channel of another file of the device. */
	KUNIT_ASSERT_EQ(test, uvb_bench_open(bench, filp), 0);
	handle = uvb_handle_get(uvb_bench_enter(bench, filp->private_data),
				UVERBS_OBJECT_COMP_CHANNEL, fd, READING);
	uvb_bench_leave(bench);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(handle), -EBADF);
	uvb_fops.release(bench->inode, filp);
	uvb_bench_close_fd(fd);
	KUNIT_EXPECT_EQ(test, try(bench, UVERBS_OBJECT_COMP_CHANNEL, fd, READING), -EBADF);
}

static void file_abort(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	struct uvb_handle *handle =
		uvb_bench_begin(bench, bench->file, UVERBS_OBJECT_COMP_CHANNEL, NULL);
	int fd, next;

	KUNIT_ASSERT_FALSE(test, IS_ERR(handle));
	fd = handle->id;
	refcount_inc(&handle->ref);
	undo(bench, handle, false);
	flush_delayed_fput();
	KUNIT_EXPECT_EQ(test, refcount_read(&handle->ref), 1);
	uvb_handle_unref(handle);

	/* The file descriptor is free again. */
	next = get_unused_fd_flags(O_CLOEXEC);
	KUNIT_EXPECT_EQ(test, next, fd);
	put_unused_fd(next);
	KUNIT_EXPECT_EQ(test, kref_read(&bench->file->stock.ref), 1);
}

/* The channel first, then the device's file. */
static void file_closed_first(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	u32 fd = uvb_bench_object(bench, UVERBS_OBJECT_COMP_CHANNEL, NULL);
	struct uvb_handle *handle = get(bench, UVERBS_OBJECT_COMP_CHANNEL, fd, READING);

	KUNIT_ASSERT_FALSE(test, IS_ERR(handle));
	KUNIT_EXPECT_EQ(test, kref_read(&bench->file->stock.ref), 2);
	close_fd(fd);
	flush_delayed_fput();
	/* The lookup holds it open. */
	KUNIT_EXPECT_EQ(test, kref_read(&bench->file->stock.ref), 2);

	refcount_inc(&handle->ref);
	uvb_handle_put(handle, READING);
	flush_delayed_fput();
	KUNIT_EXPECT_EQ(test, kref_read(&bench->file->stock.ref), 1);
	KUNIT_EXPECT_TRUE(test, list_empty(&bench->file->handles));
	KUNIT_EXPECT_EQ(test, refcount_read(&handle->ref), 1);
	uvb_handle_unref(handle);
}

/* The device's file first: the channel stays a file that answers EIO. */
static void file_closed_last(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	u32 fd = uvb_bench_object(bench, UVERBS_OBJECT_COMP_CHANNEL, NULL);
	struct uvb_file *file = bench->file;
	struct file *filp = fget(fd);
	loff_t pos = 0;

	KUNIT_ASSERT_NOT_NULL(test, filp);
	filp->f_flags |= O_NONBLOCK;
	KUNIT_EXPECT_EQ(test, filp->f_op->read(filp, bench->user, 8, &pos), -EAGAIN);
	uvb_bench_close(bench);
	KUNIT_EXPECT_EQ(test, kref_read(&file->stock.ref), 1);
	KUNIT_EXPECT_EQ(test, filp->f_op->read(filp, bench->user, 8, &pos), -EIO);
	fput(filp);
	uvb_bench_close_fd(fd);
	KUNIT_EXPECT_EQ(test, refcount_read(&bench->dev->stock.refcount), 1);
}

/* User space decides how many completion events nobody reads, so the count ends and stays there. */
static void file_full(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	u32 fd = uvb_bench_object(bench, UVERBS_OBJECT_COMP_CHANNEL, NULL);
	struct uvb_cq *cq = kunit_kzalloc(test, sizeof(*cq), GFP_KERNEL);
	struct file *filp = fget(fd);
	struct uvb_event_file *channel;
	struct ib_cq ibcq = {};
	loff_t pos = 0;

	KUNIT_ASSERT_NOT_NULL(test, cq);
	KUNIT_ASSERT_NOT_NULL(test, filp);
	channel = container_of((struct uvb_handle *)filp->private_data, struct uvb_event_file,
			       handle);
	INIT_LIST_HEAD(&cq->comp_link);
	ibcq.uobject = (struct ib_ucq_object *)uvb_uobject(&cq->source.handle);

	uvb_comp_handler(&ibcq, channel);
	KUNIT_EXPECT_EQ(test, cq->comp_pending, 1);
	cq->comp_pending = U32_MAX - 1;
	uvb_comp_handler(&ibcq, channel);
	uvb_comp_handler(&ibcq, channel);
	/* A list with the same entry twice would be a loop from here on. */
	KUNIT_ASSERT_EQ(test, cq->comp_pending, U32_MAX);
	uvb_comp_handler(&ibcq, channel);
	KUNIT_EXPECT_EQ(test, cq->comp_pending, U32_MAX);
	KUNIT_EXPECT_TRUE(test, list_is_singular(&channel->queue.events));
	KUNIT_EXPECT_EQ(test, filp->f_op->read(filp, bench->user, 8, &pos), 8);
	KUNIT_EXPECT_EQ(test, cq->comp_pending, U32_MAX - 1);
	KUNIT_EXPECT_EQ(test, cq->comp_reported, 1);

	fput(filp);
	uvb_bench_close_fd(fd);
	KUNIT_EXPECT_TRUE(test, list_empty(&cq->comp_link));
}

/* ---- the end of the device ---- */

static void remove_objects(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	unsigned int i;
	u32 id[3];

	for (i = 0; i < 3; i++)
		id[i] = uvb_bench_object(bench, OBJECT, &hw[i]);
	uvb_bench_remove(bench);
	KUNIT_ASSERT_EQ(test, bench->nr_destroyed, 3);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_PTR_EQ(test, bench->destroyed[i], (void *)&hw[2 - i]);
	KUNIT_EXPECT_EQ(test, bench->why, RDMA_REMOVE_DRIVER_REMOVE);

	/* Handles are all that is left, good for being destroyed, once. */
	KUNIT_EXPECT_EQ(test, try(bench, OBJECT, id[0], READING), -EIO);
	KUNIT_EXPECT_EQ(test, try(bench, OBJECT, id[0], WRITING), -EIO);
	KUNIT_EXPECT_EQ(test, destroy(bench, OTHER, id[0]), -EINVAL);
	KUNIT_EXPECT_EQ(test, destroy(bench, OBJECT, id[0]), 0);
	KUNIT_EXPECT_EQ(test, destroy(bench, OBJECT, id[0]), -ENOENT);
	KUNIT_EXPECT_EQ(test, bench->nr_destroyed, 3);

	uvb_bench_close(bench);
	KUNIT_EXPECT_EQ(test, bench->nr_destroyed, 3);
}

static void remove_new(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	struct file *filp = kunit_kzalloc(test, sizeof(*filp), GFP_KERNEL);
	struct uvb_handle *handle;

	KUNIT_ASSERT_NOT_NULL(test, filp);
	uvb_bench_remove(bench);
	handle = uvb_bench_begin(bench, bench->file, OBJECT, hw);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(handle), -EIO);
	/* The open file keeps the device's remains, and after it nothing does. */
	KUNIT_EXPECT_EQ(test, uvb_bench_open(bench, filp), -EIO);
	uvb_bench_close(bench);
	KUNIT_EXPECT_EQ(test, uvb_bench_open(bench, filp), -ENXIO);
	KUNIT_EXPECT_EQ(test, refcount_read(&bench->dev->stock.refcount), 0);
}

/* A call that began before the device went and looks an object up after it. */
static void remove_references(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	struct uvb_handle *handle =
		get(bench, OBJECT, uvb_bench_object(bench, OBJECT, hw), DESTROYING);
	struct uvb_file *file = bench->file;

	KUNIT_ASSERT_FALSE(test, IS_ERR(handle));
	uvb_bench_remove(bench);
	/* The table's and ours; the list's is gone with the hardware object. */
	KUNIT_EXPECT_EQ(test, refcount_read(&handle->ref), 2);
	KUNIT_EXPECT_PTR_EQ(test, handle->object, NULL);
	KUNIT_EXPECT_PTR_EQ(test, handle->context, NULL);
	KUNIT_EXPECT_PTR_EQ(test, file->stock.ucontext, NULL);
	KUNIT_EXPECT_EQ(test, kref_read(&file->stock.ref), 1);
	uvb_bench_close(bench);
	KUNIT_EXPECT_EQ(test, refcount_read(&handle->ref), 1);
	uvb_handle_put(handle, DESTROYING);
}

/* A channel outlives the device and then the device's file. */
static void remove_file(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	u32 fd = uvb_bench_object(bench, UVERBS_OBJECT_COMP_CHANNEL, NULL);
	struct file *filp = fget(fd);
	loff_t pos = 0;

	KUNIT_ASSERT_NOT_NULL(test, filp);
	filp->f_flags |= O_NONBLOCK;
	uvb_bench_remove(bench);
	KUNIT_EXPECT_EQ(test, filp->f_op->read(filp, bench->user, 8, &pos), -EIO);
	KUNIT_EXPECT_EQ(test, try(bench, UVERBS_OBJECT_COMP_CHANNEL, fd, READING), -EIO);
	/* No more is said of a number that is not its, or not even one. */
	KUNIT_EXPECT_EQ(test, try(bench, UVERBS_OBJECT_COMP_CHANNEL, -1, READING), -EIO);
	KUNIT_EXPECT_EQ(test, try(bench, UVERBS_OBJECT_ASYNC_EVENT, fd, READING), -EIO);
	KUNIT_EXPECT_EQ(test, try(bench, UVERBS_OBJECT_COMP_CHANNEL, 1LL << 32, READING), -EINVAL);
	KUNIT_EXPECT_EQ(test, try(bench, UVERBS_OBJECT_COMP_CHANNEL, fd, WRITING), -EOPNOTSUPP);
	uvb_bench_close(bench);
	KUNIT_EXPECT_EQ(test, filp->f_op->read(filp, bench->user, 8, &pos), -EIO);
	fput(filp);
	uvb_bench_close_fd(fd);
	KUNIT_EXPECT_EQ(test, refcount_read(&bench->dev->stock.refcount), 0);
}

/* The loss of the device is the last event that can still be read. */
static void remove_event(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	u32 fd = uvb_bench_object(bench, UVERBS_OBJECT_ASYNC_EVENT, NULL);
	struct ib_uverbs_async_event_desc event = {};
	struct file *filp = fget(fd);
	loff_t pos = 0;

	KUNIT_ASSERT_NOT_NULL(test, filp);
	filp->f_flags |= O_NONBLOCK;
	KUNIT_EXPECT_EQ(test, filp->f_op->read(filp, bench->user, sizeof(event), &pos), -EAGAIN);
	uvb_bench_remove(bench);
	KUNIT_EXPECT_EQ(test, filp->f_op->read(filp, bench->user, sizeof(event), &pos),
			sizeof(event));
	KUNIT_ASSERT_EQ(test, copy_from_user(&event, bench->user, sizeof(event)), 0);
	KUNIT_EXPECT_EQ(test, event.event_type, IB_EVENT_DEVICE_FATAL);
	fput(filp);
	uvb_bench_close_fd(fd);
}

struct removal {
	struct work_struct work;
	struct completion done;
	struct uvb_bench *bench;
};

static void removal_work(struct work_struct *work)
{
	struct removal *removal = container_of(work, struct removal, work);

	uvb_bench_remove(removal->bench);
	complete(&removal->done);
}

/* A driver that cannot let go of a context is kept until the last file is closed. */
static void remove_waits(struct kunit *test)
{
	struct removal removal = { .bench = test->priv };
	struct uvb_bench *bench = test->priv;

	uvb_bench_close(bench);
	bench->ibdev->ops.disassociate_ucontext = NULL;
	uvb_bench_start(bench);
	init_completion(&removal.done);
	INIT_WORK_ONSTACK(&removal.work, removal_work);
	uvb_bench_object(bench, OBJECT, hw);

	schedule_work(&removal.work);
	KUNIT_EXPECT_EQ(test, wait_for_completion_timeout(&removal.done, HZ / 5), 0);
	KUNIT_EXPECT_EQ(test, bench->nr_destroyed, 0);
	uvb_bench_close(bench);
	KUNIT_EXPECT_EQ(test, bench->why, RDMA_REMOVE_CLOSE);
	KUNIT_EXPECT_NE(test, wait_for_completion_timeout(&removal.done, 10 * HZ), 0);
	flush_work(&removal.work);
	destroy_work_on_stack(&removal.work);
}

static struct kunit_case uvb_object_cases[] = {
	KUNIT_CASE(table_commit),
	KUNIT_CASE(table_abort),
	KUNIT_CASE(table_abort_udata),
	KUNIT_CASE(table_type),
	KUNIT_CASE(table_files),
	KUNIT_CASE(table_teardown),
	KUNIT_CASE(access_read),
	KUNIT_CASE(access_write),
	KUNIT_CASE(access_destroy),
	KUNIT_CASE(access_direct),
	KUNIT_CASE(access_refused),
	KUNIT_CASE(cgroup_destroy),
	KUNIT_CASE(cgroup_abort),
	KUNIT_CASE(cgroup_close),
	KUNIT_CASE(close_order),
	KUNIT_CASE(close_in_use),
	KUNIT_CASE(close_once),
	KUNIT_CASE(close_references),
	KUNIT_CASE(file_lookup),
	KUNIT_CASE(file_abort),
	KUNIT_CASE(file_closed_first),
	KUNIT_CASE(file_closed_last),
	KUNIT_CASE(file_full),
	KUNIT_CASE(remove_objects),
	KUNIT_CASE(remove_new),
	KUNIT_CASE(remove_references),
	KUNIT_CASE(remove_file),
	KUNIT_CASE(remove_event),
	KUNIT_CASE(remove_waits),
	{}
};

static struct kunit_suite uvb_object_suite = {
	.name = "uvb_object",
	.init = uvb_bench_init,
	.exit = uvb_bench_exit,
	.test_cases = uvb_object_cases,
};
kunit_test_suite(uvb_object_suite);
