// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * What the KUnit suites share, see kunit_bench.h.
 */
#include "kunit_bench.h"

#include <linux/fdtable.h>
#include <linux/fs.h>
#include <linux/mman.h>

struct uvb_bench *uvb_bench;

/* ---- a driver that does nothing ---- */

static int bench_query_device(struct ib_device *ibdev, struct ib_device_attr *attr,
			      struct ib_udata *udata)
{
	return 0;
}

static int bench_query_port(struct ib_device *ibdev, u32 port, struct ib_port_attr *attr)
{
	attr->state = IB_PORT_ACTIVE;
	return 0;
}

/* Without management datagrams or GIDs, so that no other client of ib_core starts working. */
static int bench_port_immutable(struct ib_device *ibdev, u32 port,
				struct ib_port_immutable *immutable)
{
	immutable->core_cap_flags = RDMA_CORE_PORT_RAW_PACKET;
	return 0;
}

static int bench_alloc_ucontext(struct ib_ucontext *context, struct ib_udata *udata)
{
	return 0;
}

static void bench_ucontext(struct ib_ucontext *context)
{
}

static const struct ib_device_ops bench_ops = {
	.owner = THIS_MODULE,
	.driver_id = RDMA_DRIVER_UNKNOWN,
	.uverbs_abi_ver = 1,
	.query_device = bench_query_device,
	.query_port = bench_query_port,
	.get_port_immutable = bench_port_immutable,
	.alloc_ucontext = bench_alloc_ucontext,
	.dealloc_ucontext = bench_ucontext,
	.disassociate_ucontext = bench_ucontext,
	.size_ib_ucontext = sizeof(struct ib_ucontext),
};

/* ---- stubs ---- */

/* Destroying an object asks the test, not ib_core; files are destroyed as ever. */
static typeof(((struct uvb_type *)NULL)->destroy) bench_destroy_saved[UVB_MAX_OBJECT];

static int bench_destroy(struct uvb_handle *handle, enum rdma_remove_reason why,
			 struct uverbs_attr_bundle *bundle)
{
	struct uvb_bench *bench = uvb_bench;
	int ret = bench->on_destroy ? bench->on_destroy(handle, why, bundle) : 0;

	if (!ret && bench->nr_destroyed < UVB_BENCH_LOG)
		bench->destroyed[bench->nr_destroyed++] = handle->object;
	bench->why = why;
	return ret;
}

static void bench_types(bool stub)
{
	unsigned int i;

	for (i = 0; i < UVB_MAX_OBJECT; i++) {
		struct uvb_type *type = uvb_type(uvb_bench_object_id(i));

		/* Files of ours have something behind them that no test makes, the core's have not. */
		if (!type || (type->fops && type->object < UVB_CORE_OBJECTS))
			continue;
		if (stub) {
			bench_destroy_saved[i] = type->destroy;
			type->destroy = bench_destroy;
		} else {
			type->destroy = bench_destroy_saved[i];
		}
	}
}

static void bench_file_init(struct uvb_file *file, struct uvb_handle *handle)
{
	if (handle->type == UVERBS_OBJECT_COMP_CHANNEL)
		uvb_comp_channel_init(file, handle);
	else if (handle->type == UVERBS_OBJECT_ASYNC_EVENT)
		uvb_async_event_init(file, handle);
	else
		uvb_event_file_init(file, container_of(handle, struct uvb_event_file, handle));
}

/* In place of a method's handler. A file it makes has to be one before it is installed. */
static int bench_handler(struct uverbs_attr_bundle *bundle)
{
	struct uvb_bench *bench = uvb_bench;
	const struct uvb_method *method = uvb_call(bundle)->method;
	unsigned int i;
	int ret;

	bench->calls++;
	ret = bench->on_call ? bench->on_call(bundle) : 0;
	for (i = 0; i < method->nr_attrs && !ret; i++) {
		const struct uvb_attr *attr = &method->attrs[i];

		if (attr->kind == UVERBS_BPF_KIND_FD && attr->access == UVERBS_BPF_ACCESS_NEW &&
		    uvb_has(bundle, attr->id))
			bench_file_init(uvb_call(bundle)->file, uvb_attr_handle(bundle, attr->id));
	}
	return ret;
}

/* ---- the device and its file ---- */

static int bench_is_ours(struct device *dev, void *data)
{
	return str_has_prefix(dev_name(dev), "uverbs") != 0;
}

static int bench_register(struct uvb_bench *bench)
{
	struct device *dev;
	int ret;

	bench->parent = root_device_register("uvb_kunit");
	if (IS_ERR(bench->parent))
		return PTR_ERR(bench->parent);

	ret = -ENOMEM;
	bench->ibdev = _ib_alloc_device(sizeof(*bench->ibdev));
	if (!bench->ibdev)
		goto err_parent;
	ib_set_device_ops(bench->ibdev, &bench_ops);
	bench->ibdev->node_type = RDMA_NODE_UNSPECIFIED;
	bench->ibdev->phys_port_cnt = 1;
	bench->ibdev->num_comp_vectors = 1;
	bench->ibdev->dev.parent = bench->parent;
	ret = ib_register_device(bench->ibdev, "uvb_kunit%d", NULL);
	if (ret)
		goto err_ibdev;

	dev = device_find_child(bench->parent, NULL, bench_is_ours);
	ret = -ENODEV;
	if (!dev)
		goto err_register;
	bench->dev = uvb_device(container_of(dev, struct ib_uverbs_device, dev));
	/* Stubs need no operation of the device. */
	bitmap_fill(bench->dev->api.objects, UVB_MAX_OBJECT);
	return 0;

err_register:
	ib_unregister_device(bench->ibdev);
err_ibdev:
	ib_dealloc_device(bench->ibdev);
err_parent:
	root_device_unregister(bench->parent);
	return ret;
}

/* Open the node; there is no file system with it, so the operation is called directly. */
int uvb_bench_open(struct uvb_bench *bench, struct file *filp)
{
	bench->inode->i_cdev = &bench->dev->stock.cdev;
	filp->f_cred = current_cred();
	return uvb_fops.open(bench->inode, filp);
}

/* Open the bench's file and make its context. */
void uvb_bench_start(struct uvb_bench *bench)
{
	struct uverbs_attr_bundle *bundle;
	int ret;

	KUNIT_ASSERT_EQ(bench->test, uvb_bench_open(bench, bench->filp), 0);
	bench->file = bench->filp->private_data;
	bundle = uvb_bench_enter(bench, bench->file);
	ret = uvb_context_alloc(bundle);
	if (!ret)
		ret = uvb_context_init(bundle, NULL, 0);
	uvb_bench_leave(bench);
	KUNIT_ASSERT_EQ(bench->test, ret, 0);
}

void uvb_bench_close(struct uvb_bench *bench)
{
	uvb_fops.release(bench->inode, bench->filp);
	bench->file = NULL;
}

/* Hot-unplug. */
void uvb_bench_remove(struct uvb_bench *bench)
{
	ib_unregister_device(bench->ibdev);
	ib_dealloc_device(bench->ibdev);
	bench->ibdev = NULL;
}

int uvb_bench_init(struct kunit *test)
{
	struct uvb_bench *bench = kunit_kzalloc(test, sizeof(*bench), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, bench);
	bench->test = test;
	test->priv = bench;
	bench->inode = kunit_kzalloc(test, sizeof(*bench->inode), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, bench->inode);
	bench->filp = kunit_kzalloc(test, sizeof(*bench->filp), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, bench->filp);
	bench->hdr = kunit_kzalloc(test, struct_size(bench->hdr, attrs, UVB_BENCH_ATTRS + 1),
				   GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, bench->hdr);
	bench->user = (void __user *)kunit_vm_mmap(test, NULL, 0,
						   (2 + UVB_MAX_BKEY) * UVB_BENCH_DATA,
						   PROT_READ | PROT_WRITE,
						   MAP_ANONYMOUS | MAP_PRIVATE, 0);
	KUNIT_ASSERT_NOT_NULL(test, (void *)bench->user);

	KUNIT_ASSERT_EQ(test, bench_register(bench), 0);
	uvb_bench = bench;
	bench_types(true);

	uvb_bench_start(bench);
	return 0;
}

void uvb_bench_exit(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;

	/* Nothing was set up. */
	if (!uvb_bench)
		return;

	bench->on_destroy = NULL;
	if (bench->file)
		uvb_bench_close(bench);
	if (bench->ibdev)
		uvb_bench_remove(bench);
	bench_types(false);
	uvb_bench = NULL;
	put_device(&bench->dev->stock.dev);
	root_device_unregister(bench->parent);
	/* Use after free of a handle shows here rather than in the next test. */
	rcu_barrier();
}

/* ---- objects ---- */

struct uverbs_attr_bundle *uvb_bench_enter(struct uvb_bench *bench, struct uvb_file *file)
{
	bench->srcu = srcu_read_lock(&bench->dev->stock.disassociate_srcu);
	uvb_call_init(&bench->call, file);
	return uvb_bundle(&bench->call);
}

void uvb_bench_leave(struct uvb_bench *bench)
{
	srcu_read_unlock(&bench->dev->stock.disassociate_srcu, bench->srcu);
}

/* A handle, with @hw for the hardware object behind it, neither committed nor aborted. */
struct uvb_handle *uvb_bench_begin(struct uvb_bench *bench, struct uvb_file *file,
				   unsigned int object, void *hw)
{
	struct uvb_handle *handle = uvb_handle_begin(uvb_bench_enter(bench, file), object);

	uvb_bench_leave(bench);
	if (IS_ERR(handle))
		return handle;
	if (handle->is_file)
		bench_file_init(file, handle);
	else
		handle->object = hw;
	return handle;
}

/* A committed object of the bench's file; returns its handle or file descriptor. */
u32 uvb_bench_object(struct uvb_bench *bench, unsigned int object, void *hw)
{
	struct uvb_handle *handle = uvb_bench_begin(bench, bench->file, object, hw);
	u32 id;

	KUNIT_ASSERT_FALSE_MSG(bench->test, IS_ERR(handle), "object %u: %ld", object,
			       PTR_ERR(handle));
	id = handle->id;
	uvb_handle_commit(bench->file, handle);
	return id;
}

void uvb_bench_close_fd(unsigned int fd)
{
	close_fd(fd);
	/* A kernel thread does not release a file itself. */
	flush_delayed_fput();
}

/* ---- calls ---- */

/* Begin an ioctl without attributes. */
void uvb_bench_header(struct uvb_bench *bench, u16 object, u16 method)
{
	*bench->hdr = (struct ib_uverbs_ioctl_hdr) {
		.object_id = object,
		.method_id = method,
		.driver_id = bench->dev->driver_id,
	};
}

/* Begin one of a method whose place a stub takes. */
void uvb_bench_call(struct uvb_bench *bench, const struct uvb_method *method)
{
	unsigned int row = method->id >> UVERBS_BPF_NS_SHIFT ? 1 : 0;
	struct uvb_method *stub;

	stub = kunit_kmalloc(bench->test, sizeof(*stub), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(bench->test, stub);
	*stub = *method;
	stub->handler = bench_handler;
	bench->dev->api.method[row][uvb_object_slot(method->object)][method->id & UVERBS_BPF_ID_MASK] = stub;

	uvb_bench_header(bench, method->object, method->id);
	bench->calls = 0;
}

struct ib_uverbs_attr *uvb_bench_attr(struct uvb_bench *bench, u16 id, u16 len, u64 data)
{
	struct ib_uverbs_attr *attr = &bench->hdr->attrs[bench->hdr->num_attrs++];

	*attr = (struct ib_uverbs_attr) { .attr_id = id, .len = len, .data = data };
	return attr;
}

/* The caller's memory for the data of an attribute. */
void __user *uvb_bench_data(struct uvb_bench *bench, unsigned int attr)
{
	return bench->user + (2 + attr) * UVB_BENCH_DATA;
}

long uvb_bench_ioctl(struct uvb_bench *bench)
{
	size_t size = struct_size(bench->hdr, attrs, bench->hdr->num_attrs);

	if (!bench->hdr->length)
		bench->hdr->length = size;
	if (copy_to_user(bench->user, bench->hdr, size))
		return -ENXIO;
	return uvb_ioctl(bench->filp, RDMA_VERBS_IOCTL, (unsigned long)bench->user);
}

/* What the caller finds in his list after the ioctl. */
struct ib_uverbs_attr uvb_bench_result(struct uvb_bench *bench, unsigned int attr)
{
	struct ib_uverbs_ioctl_hdr __user *hdr = bench->user;
	struct ib_uverbs_attr result = {};

	KUNIT_EXPECT_EQ(bench->test, copy_from_user(&result, &hdr->attrs[attr], sizeof(result)), 0);
	return result;
}
