// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * What providers are told of objects, devices and who is behind them.
 *
 * No object has memory for this. Each open file has a bit for each provider
 * that has been told of the file's objects; it is set when all that are there
 * have been replayed, and from then on each that appears and goes is reported.
 * Both happen under the file's uobjects_lock, which guards its list of handles,
 * so that nothing is reported twice, left out, or in another order. An object
 * that somebody has to himself at the moment of a replay is reported without
 * what only its driver's structure says.
 */
#include "bpf.h"

#include <linux/cgroup.h>
#include <linux/nsproxy.h>
#include <net/net_namespace.h>

static atomic64_t uvb_file_number;

static u8 uvb_told_bit(u8 ns)
{
	return BIT(ns - UVERBS_BPF_NS_PROVIDER_FIRST);
}

static_assert(UVB_NR_PROVIDERS <= BITS_PER_BYTE * sizeof_field(struct uvb_file, told));
static_assert(UVB_NR_PROVIDERS <= BITS_PER_BYTE * sizeof_field(struct uvb_device, told));

/* ---- devices ---- */

static u32 uvb_dev_protocols(struct ib_device *ibdev)
{
	u32 protocols = 0;
	u32 port;

	rdma_for_each_port(ibdev, port)
		protocols |= uvb_port_protocol(ibdev, port);
	return protocols;
}

void uvb_dev_report(struct uvb_program *program, struct uvb_device *dev, struct ib_device *ibdev,
		    bool add)
{
	const struct uverbs_bpf_provider_ops *ops = uvb_provider_ops(program);
	struct uverbs_bpf_dev info = {
		.device = dev->stock.devnum,
		.driver_id = dev->driver_id,
	};
	u8 told = uvb_told_bit(program->ns);

	if (add) {
		if (!uvb_program_matches(program, ibdev))
			return;
		dev->told |= told;
	} else {
		/* Attached when it was going already. */
		if (!(dev->told & told))
			return;
		dev->told &= ~told;
	}
	if (!(add ? ops->dev_add : ops->dev_remove))
		return;
	info.protocols = uvb_dev_protocols(ibdev);
	info.ports = rdma_end_port(ibdev);
	strscpy(info.name, ibdev->name);

	guard(rcu)();
	if (add)
		ops->dev_add(&info);
	else
		ops->dev_remove(&info);
}

/* ---- objects ---- */

/*
 * Who destroys an object has it locked, and passes the lock of the list before
 * he lets the driver free it: see uvb_ext_object_goes(). So what is not locked
 * now is there until we let go of the list.
 */
static void uvb_object_info(const struct uvb_file *file, const struct uvb_handle *handle,
			    struct uverbs_bpf_obj *obj)
{
	*obj = (struct uverbs_bpf_obj) {
		.file = file->number,
		.handle = handle->id,
		.object = handle->type,
		.device = file->stock.device->devnum,
		.who = file->who,
	};
	if (!handle->object || atomic_read(&handle->usecnt) < 0)
		return;
	obj->hw = uvb_handle_hw(handle);
	if (handle->type == UVERBS_OBJECT_QP) {
		obj->number = uvb_qp_number(handle);
	} else if (handle->type == UVERBS_OBJECT_MR) {
		obj->number = ((const struct ib_mr *)handle->object)->lkey;
		obj->length = ((const struct ib_mr *)handle->object)->length;
	}
}

/* Each program has a copy: others are told what is so, whatever one made of it. Context: RCU. */
static void uvb_object_report(struct uvb_program *program, const struct uvb_handle *handle,
			      const struct uverbs_bpf_obj *obj, bool add)
{
	const struct uverbs_bpf_provider_ops *ops = uvb_provider_ops(program);
	void (*report)(struct uverbs_bpf_obj *obj) = add ? ops->obj_add : ops->obj_remove;
	struct uverbs_bpf_obj copy;

	if (!report)
		return;
	copy = *obj;
	copy.object = uvb_self(program->ns, obj->object);
	copy.own_type = uvb_handle_is_own_type(handle, program->ns);
	report(&copy);
}

void __uvb_ext_object(struct uvb_file *file, struct uvb_handle *handle, bool add)
{
	struct uverbs_bpf_obj obj;
	unsigned int ns;

	uvb_object_info(file, handle, &obj);
	guard(rcu)();
	uvb_for_each_provider_ns(ns) {
		struct uvb_program *program = uvb_program_get(ns);

		if (program && file->told & uvb_told_bit(ns))
			uvb_object_report(program, handle, &obj, add);
	}
}

/* Context: lists_mutex of the device. */
void uvb_ext_file_init(struct uvb_file *file, struct ib_device *ibdev)
{
	unsigned int ns;

	file->number = atomic64_inc_return(&uvb_file_number);
	file->who.uid = from_kuid(&init_user_ns, current_uid());
	file->who.pid = task_tgid_nr(current);
	file->who.netns = current->nsproxy->net_ns->net_cookie;

	guard(rcu)();
#ifdef CONFIG_CGROUPS
	file->who.cgroup = cgroup_id(task_dfl_cgroup(current));
#endif
	uvb_for_each_provider_ns(ns) {
		struct uvb_program *program = uvb_program_get(ns);

		if (program && uvb_program_matches(program, ibdev))
			file->told |= uvb_told_bit(ns);
	}
}

static void uvb_file_replay(struct uvb_program *program, struct uvb_file *file)
{
	const struct uvb_handle *handle;
	struct uverbs_bpf_obj obj;

	guard(spinlock_irq)(&file->stock.uobjects_lock);
	/* Opened since the program can be found. */
	if (file->told & uvb_told_bit(program->ns))
		return;
	rcu_read_lock();
	list_for_each_entry_reverse(handle, &file->handles, link) {
		if (handle->is_file)
			continue;
		uvb_object_info(file, handle, &obj);
		obj.replayed = 1;
		uvb_object_report(program, handle, &obj, true);
	}
	rcu_read_unlock();
	file->told |= uvb_told_bit(program->ns);
}

static void uvb_device_replay(struct uvb_program *program, struct uvb_device *dev)
{
	struct uvb_file *file;

	guard(mutex)(&dev->stock.lists_mutex);
	list_for_each_entry(file, &dev->stock.uverbs_file_list, stock.list)
		uvb_file_replay(program, file);
}

static void uvb_files_forget(const struct uvb_program *program, struct list_head *files)
{
	struct uvb_file *file;

	list_for_each_entry(file, files, stock.list) {
		guard(spinlock_irq)(&file->stock.uobjects_lock);
		file->told &= ~uvb_told_bit(program->ns);
	}
}

static void uvb_device_forget(const struct uvb_program *program, struct uvb_device *dev)
{
	dev->told &= ~uvb_told_bit(program->ns);
	guard(mutex)(&dev->stock.lists_mutex);
	uvb_files_forget(program, &dev->stock.uverbs_file_list);
	/* The namespace's next program is not told of what these have, so not of its end either. */
	uvb_files_forget(program, &dev->leaving);
}

/* The device behind a node, or NULL if it is going. Context: uvb_program_mutex keeps it. */
static struct ib_device *uvb_ext_ibdev(struct uvb_device *dev)
{
	return rcu_dereference_protected(dev->stock.ib_dev, true);
}

static void uvb_device_replay_if(struct uvb_device *dev, void *arg)
{
	struct ib_device *ibdev = uvb_ext_ibdev(dev);

	if (ibdev && uvb_program_matches(arg, ibdev))
		uvb_device_replay(arg, dev);
}

static void uvb_device_announce(struct uvb_device *dev, void *arg)
{
	struct ib_device *ibdev = uvb_ext_ibdev(dev);
	const struct uvb_program *program = arg;

	if (ibdev && !(dev->told & uvb_told_bit(program->ns)))
		uvb_dev_report(arg, dev, ibdev, true);
}

void uvb_devices_announce(struct uvb_program *program)
{
	uvb_ext_devices_for_each(uvb_device_announce, program);
}

void uvb_objects_replay(struct uvb_program *program)
{
	uvb_ext_devices_for_each(uvb_device_replay_if, program);
}

static void uvb_device_forget_any(struct uvb_device *dev, void *arg)
{
	uvb_device_forget(arg, dev);
}

void uvb_objects_forget(struct uvb_program *program)
{
	uvb_ext_devices_for_each(uvb_device_forget_any, program);
}

static void uvb_device_replaced(struct uvb_device *dev, void *arg)
{
	const struct uvb_program *program = arg;

	/* The node of a device that goes has let go of it, its number has not. */
	if (!uvb_program_matches(program, dev->index->ibdev))
		uvb_device_forget(program, dev);
	else
		/* Files that the old version was told of are left out. */
		uvb_device_replay_if(dev, arg);
}

void uvb_objects_replaced(struct uvb_program *program)
{
	uvb_ext_devices_for_each(uvb_device_replaced, program);
}
