// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Handles: how user space names objects, who may use one at the same time,
 * and the order in which they end.
 *
 * A handle is begun (locked, invisible), then committed or aborted. Access is
 * a try-lock that never sleeps, because programs rely on -EBUSY: any number
 * of readers, or one writer. Destroying takes the write lock and never gives
 * it back, so that a lookup which still finds the handle under RCU cannot use
 * it. hw_destroy_rwsem is held for reading by whatever creates or destroys a
 * single object and for writing while the whole file is torn down.
 */
#include "uvb.h"
#include "ext.h"

#include <linux/anon_inodes.h>
#include <linux/file.h>

static int uvb_handle_trylock(struct uvb_handle *handle, enum uverbs_bpf_schema_access access)
{
	switch (access) {
	case UVERBS_BPF_ACCESS_READ:
		return atomic_add_unless(&handle->usecnt, 1, -1) ? 0 : -EBUSY;
	case UVERBS_BPF_ACCESS_WRITE:
		return atomic_cmpxchg(&handle->usecnt, 0, -1) == 0 ? 0 : -EBUSY;
	default:
		return 0;
	}
}

static const struct uvb_type *uvb_handle_type(struct uvb_file *file,
					      const struct uvb_handle *handle)
{
	return uvb_type(handle->type) ?:
		uvb_driver_type(&uvb_file_device(file)->api, handle->type);
}

static void uvb_handle_free_rcu(struct rcu_head *rcu)
{
	struct uvb_handle *handle = container_of(rcu, struct uvb_handle, rcu);

	if (likely(uvb_type(handle->type)->cache))
		kmem_cache_free(uvb_type(handle->type)->cache, handle);
	else
		uvb_ext_handle_free(handle);
}

static noinline void uvb_handle_free_special(struct uvb_handle *handle)
{
	if (handle->own_type)
		uvb_ext_provider_close(UVERBS_BPF_NS_PROVIDER_FIRST + handle->own_type - 1);
	/* Exactly what uverbs_uobject_put() does when the driver's reference is the last. */
	if (handle->whole)
		kfree_rcu(uvb_uobject(handle), rcu);
	else
		call_rcu(&handle->rcu, uvb_handle_free_rcu);
}

void uvb_handle_free(struct uvb_handle *handle)
{
	/* Bits of one byte: the compiler tests both at once. */
	if (unlikely(handle->whole || handle->own_type)) {
		uvb_handle_free_special(handle);
		return;
	}
	call_rcu(&handle->rcu, uvb_handle_free_rcu);
}

/* A file that will be the handle. It is not installed before the commit. */
static int uvb_handle_begin_file(struct uvb_handle *handle, const struct uvb_type *type)
{
	struct file *filp;
	int fd;

	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return fd;
	handle->is_file = true;
	handle->id = fd;
	/* The method makes it. */
	if (!type->fops)
		return 0;

	filp = type->uapi ? uvb_driver_getfile(type) :
		anon_inode_getfile("[infinibandevent]", type->fops, NULL, O_RDONLY);
	if (IS_ERR(filp)) {
		put_unused_fd(fd);
		return PTR_ERR(filp);
	}
	handle->object = filp;
	return 0;
}

static int uvb_handle_begin_id(struct uvb_file *file, struct uvb_handle *handle)
{
	int ret;

	ret = ib_rdmacg_try_charge(&handle->cg, handle->context->device,
				   RDMACG_RESOURCE_HCA_OBJECT);
	if (ret)
		return ret;
	/* Until the commit the number is taken but names nothing. */
	ret = uvb_table_reserve(&file->table, &handle->id);
	if (ret)
		ib_rdmacg_uncharge(&handle->cg, handle->context->device,
				   RDMACG_RESOURCE_HCA_OBJECT);
	return ret;
}

/**
 * uvb_handle_begin() - a new handle, locked for writing and not yet visible
 * @bundle: the call
 * @object: object id
 *
 * Context: holds hw_destroy_rwsem for reading until commit or abort.
 * Return: the handle; -EIO if the file is being torn down, -EINVAL if it has
 * no context yet, -EAGAIN if the cgroup's limit is reached, -EPROTONOSUPPORT if
 * the provider whose object it is was just detached, -ENOMEM, -EMFILE.
 */
struct uvb_handle *uvb_handle_begin(struct uverbs_attr_bundle *bundle, unsigned int object)
{
	struct uvb_file *file = uvb_bundle_file(bundle);
	const struct uvb_type *type = uvb_type(object);
	struct ib_ucontext *context;
	struct uvb_handle *handle;
	int ret;

	if (unlikely(!type)) {
		type = uvb_driver_type(&uvb_file_device(file)->api, object);
		if (WARN_ON_ONCE(!type))
			return ERR_PTR(-EINVAL);
	}

	if (!down_read_trylock(&file->stock.hw_destroy_rwsem))
		return ERR_PTR(-EIO);

	context = uvb_bundle_context(bundle);
	if (IS_ERR(context)) {
		ret = PTR_ERR(context);
		goto err_unlock;
	}

	handle = likely(type->cache) ? kmem_cache_zalloc(type->cache, GFP_KERNEL) :
		type->uapi ? uvb_driver_handle_alloc(file, type) : uvb_ext_handle_alloc(bundle);
	if (IS_ERR_OR_NULL(handle)) {
		ret = handle ? PTR_ERR(handle) : -ENOMEM;
		goto err_unlock;
	}
	handle->context = context;
	handle->type = object;
	INIT_LIST_HEAD(&handle->link);
	refcount_set(&handle->ref, 1);
	atomic_set(&handle->usecnt, -1);

	ret = type->fops || type->is_file ? uvb_handle_begin_file(handle, type) :
					    uvb_handle_begin_id(file, handle);
	if (ret)
		goto err_free;
	return handle;

err_free:
	/* Nobody can have seen it: no grace period. */
	if (handle->whole)
		kfree(uvb_uobject(handle));
	else if (type->cache)
		kmem_cache_free(type->cache, handle);
	else
		uvb_ext_handle_free(handle);
err_unlock:
	up_read(&file->stock.hw_destroy_rwsem);
	return ERR_PTR(ret);
}

/**
 * uvb_handle_commit() - make a handle visible
 * @file: the device file
 * @handle: from uvb_handle_begin(); the caller's reference passes to the table,
 *	or to the installed file. That cannot be taken back
 */
void uvb_handle_commit(struct uvb_file *file, struct uvb_handle *handle)
{
	struct file *filp = handle->object;
	int fd = handle->id;

	/* Of a file of ours the filp's private_data is what a lookup goes by. */
	if (handle->is_file) {
		kref_get(&file->stock.ref);
		handle->id = 0;
		if (!filp->private_data)
			filp->private_data = handle->whole ? (void *)uvb_uobject(handle) : handle;
	}
	refcount_inc(&handle->ref);
	atomic_set(&handle->usecnt, 0);

	spin_lock_irq(&file->stock.uobjects_lock);
	list_add(&handle->link, &file->handles);
	uvb_ext_object(file, handle, true);
	/* Everything above is seen by whoever finds it. */
	if (!handle->is_file)
		uvb_table_publish(&file->table, handle->id, handle);
	spin_unlock_irq(&file->stock.uobjects_lock);
	up_read(&file->stock.hw_destroy_rwsem);

	if (handle->is_file)
		fd_install(fd, filp);
}

/**
 * uvb_handle_abort() - undo uvb_handle_begin()
 * @bundle: the call
 * @handle: the handle
 * @created: a hardware object is behind it already and is destroyed
 */
void uvb_handle_abort(struct uverbs_attr_bundle *bundle, struct uvb_handle *handle, bool created)
{
	struct uvb_file *file = uvb_bundle_file(bundle);

	if (created) {
		/* The driver must not read inputs or write outputs of the call that failed. */
		bundle->driver_udata = (struct ib_udata) {};
		/*
		 * A driver that cannot destroy what it just made gets more
		 * tries when the file is closed.
		 */
		if (WARN_ON(uvb_handle_type(file, handle)->destroy(handle, RDMA_REMOVE_ABORT,
								   bundle))) {
			uvb_handle_commit(file, handle);
			return;
		}
	}

	if (handle->is_file) {
		struct file *filp = handle->object;

		if (filp)
			fput(filp);
		put_unused_fd(handle->id);
	} else {
		ib_rdmacg_uncharge(&handle->cg, handle->context->device,
				   RDMACG_RESOURCE_HCA_OBJECT);
		spin_lock_irq(&file->stock.uobjects_lock);
		uvb_table_release(&file->table, handle->id);
		spin_unlock_irq(&file->stock.uobjects_lock);
	}
	handle->context = NULL;
	uvb_handle_unref(handle);
	up_read(&file->stock.hw_destroy_rwsem);
}

static struct uvb_handle *uvb_handle_lookup_id(struct uvb_file *file, s64 id)
{
	struct uvb_handle *handle;

	if (id < 0)
		return ERR_PTR(-EINVAL);

	rcu_read_lock();
	handle = uvb_table_load(&file->table, id);
	if (!handle || !refcount_inc_not_zero(&handle->ref))
		handle = ERR_PTR(-ENOENT);
	rcu_read_unlock();
	return handle;
}

static struct uvb_handle *uvb_handle_lookup_fd(struct uvb_file *file, const struct uvb_type *type,
					       s64 id, enum uverbs_bpf_schema_access access)
{
	struct uvb_handle *handle;
	struct uvb_file *of;
	struct file *filp;
	int fd = id;

	if (fd != id)
		return ERR_PTR(-EINVAL);
	if (access != UVERBS_BPF_ACCESS_READ)
		return ERR_PTR(-EOPNOTSUPP);
	/* As stock has it: once the device is gone no number is looked at. */
	if (!uvb_file_ibdev(file))
		return ERR_PTR(-EIO);

	filp = fget(fd);
	if (!filp)
		return ERR_PTR(-EBADF);

	if (filp->f_op != type->fops)
		goto err;
	if (unlikely(type->uapi)) {
		struct ib_uobject *uobject = filp->private_data;

		handle = uvb_handle(uobject);
		of = uvb_file(uobject->ufile);
	} else {
		handle = filp->private_data;
		of = container_of(handle, struct uvb_event_file, handle)->file;
	}
	if (of != file)
		goto err;
	refcount_inc(&handle->ref);
	return handle;

err:
	fput(filp);
	return ERR_PTR(-EBADF);
}

/**
 * uvb_handle_get() - look an object up and lock it
 * @bundle: the call
 * @object: the object id it must have
 * @id: handle or file descriptor
 * @access: READ or WRITE locks it, DESTROY does not
 *
 * Return: the handle; -ENOENT or -EBADF if there is none, -EINVAL if it is of
 * another object, -EOPNOTSUPP if it is a QP that the driver serves directly and
 * the call does not know such, -EIO after the device went away (DESTROY still
 * works; whatever the number is of a file), -EBUSY if somebody else has it locked.
 */
struct uvb_handle *uvb_handle_get(struct uverbs_attr_bundle *bundle, unsigned int object, s64 id,
				  enum uverbs_bpf_schema_access access)
{
	struct uvb_file *file = uvb_bundle_file(bundle);
	const struct uvb_type *type = uvb_type(object);
	struct uvb_handle *handle;
	int ret;

	if (unlikely(!type)) {
		type = uvb_driver_type(&uvb_file_device(file)->api, object);
		if (!type)
			return ERR_PTR(-EINVAL);
	}

	handle = type->fops ? uvb_handle_lookup_fd(file, type, id, access) :
			      uvb_handle_lookup_id(file, id);
	if (IS_ERR(handle)) {
		/*
		 * An object that the device does not have is not looked for. One of a provider's
		 * may be what is left when the provider is gone.
		 */
		if (!uvb_ext_type(object) &&
		    !uvb_api_has_object(&uvb_file_device(file)->api, object))
			return ERR_PTR(-EINVAL);
		return handle;
	}

	ret = -EINVAL;
	if (handle->type != object && object != UVERBS_IDR_ANY_OBJECT)
		goto err;

	if (unlikely(handle->direct) && !uvb_call(bundle)->direct) {
		ret = uvb_refuse(bundle, -EOPNOTSUPP, UVERBS_BPF_ATTR_NONE,
				 "QP %u: this device's driver serves QPs directly, which this call does not know",
				 handle->id);
		goto err;
	}

	/* After the device went away only handles are left to be destroyed. */
	ret = -EIO;
	if (access != UVERBS_BPF_ACCESS_DESTROY && !uvb_file_ibdev(file))
		goto err;

	ret = uvb_handle_trylock(handle, access);
	if (ret)
		goto err;

	/* Drivers expect the context of the objects they are handed. */
	if (!bundle->context)
		bundle->context = handle->context;
	return handle;

err:
	if (handle->is_file)
		fput(handle->object);
	uvb_handle_unref(handle);
	return ERR_PTR(ret);
}

void uvb_handle_put(struct uvb_handle *handle, enum uverbs_bpf_schema_access access)
{
	if (access == UVERBS_BPF_ACCESS_READ)
		atomic_dec(&handle->usecnt);
	else if (access == UVERBS_BPF_ACCESS_WRITE)
		atomic_set_release(&handle->usecnt, 0);

	/* Of a file this may be the last reference, which ends in its release. */
	if (handle->is_file)
		fput(handle->object);
	uvb_handle_unref(handle);
}

/*
 * The hardware object is gone: take the handle off the list, and if @forget
 * out of the table. What references they had are dropped, the caller's stays.
 */
static void uvb_handle_unlink(struct uvb_file *file, struct uvb_handle *handle, bool forget)
{
	bool listed = !list_empty(&handle->link);

	if (!handle->is_file && handle->context)
		ib_rdmacg_uncharge(&handle->cg, handle->context->device,
				   RDMACG_RESOURCE_HCA_OBJECT);
	handle->context = NULL;

	spin_lock_irq(&file->stock.uobjects_lock);
	if (listed) {
		list_del_init(&handle->link);
		uvb_ext_object(file, handle, false);
	}
	if (forget)
		uvb_table_release(&file->table, handle->id);
	spin_unlock_irq(&file->stock.uobjects_lock);

	if (listed)
		uvb_handle_unref(handle);
	if (forget)
		uvb_handle_unref(handle);
}

static int uvb_handle_destroy_hw(struct uverbs_attr_bundle *bundle, struct uvb_handle *handle,
				 enum rdma_remove_reason why)
{
	int ret;

	/* Destroyed with the device already; only the handle is left. */
	if (!handle->object)
		return 0;

	uvb_ext_object_goes(uvb_bundle_file(bundle));
	ret = uvb_handle_type(uvb_bundle_file(bundle), handle)->destroy(handle, why, bundle);
	if (!ret && !handle->is_file)
		handle->object = NULL;
	return ret;
}

/**
 * uvb_handle_destroy() - destroy the object behind a handle
 * @bundle: the call
 * @handle: looked up with ACCESS_DESTROY; still the caller's to put
 *
 * Return: 0; -EBUSY if somebody uses it or another object needs it; what the
 * driver says.
 */
int uvb_handle_destroy(struct uverbs_attr_bundle *bundle, struct uvb_handle *handle)
{
	struct uvb_file *file = uvb_bundle_file(bundle);
	int ret;

	down_read(&file->stock.hw_destroy_rwsem);

	ret = uvb_handle_trylock(handle, UVERBS_BPF_ACCESS_WRITE);
	if (ret)
		goto out;

	ret = uvb_handle_destroy_hw(bundle, handle, RDMA_REMOVE_DESTROY);
	if (ret) {
		atomic_set_release(&handle->usecnt, 0);
		goto out;
	}

	uvb_handle_unlink(file, handle, true);
out:
	up_read(&file->stock.hw_destroy_rwsem);
	return ret;
}

struct uvb_handle *uvb_handle_get_destroyed(struct uverbs_attr_bundle *bundle,
					    unsigned int object, u32 id)
{
	struct uvb_handle *handle;
	int ret;

	handle = uvb_handle_get(bundle, object, id, UVERBS_BPF_ACCESS_DESTROY);
	if (IS_ERR(handle))
		return handle;

	ret = uvb_handle_destroy(bundle, handle);
	if (ret) {
		uvb_handle_put(handle, UVERBS_BPF_ACCESS_DESTROY);
		return ERR_PTR(ret);
	}
	return handle;
}

int uvb_handle_destroy_id(struct uverbs_attr_bundle *bundle, unsigned int object, u32 id)
{
	struct uvb_handle *handle = uvb_handle_get_destroyed(bundle, object, id);

	if (IS_ERR(handle))
		return PTR_ERR(handle);
	uvb_handle_put(handle, UVERBS_BPF_ACCESS_DESTROY);
	return 0;
}

void *uvb_object_get(struct uverbs_attr_bundle *bundle, unsigned int object, u32 id,
		     struct uvb_handle **handle)
{
	*handle = uvb_handle_get(bundle, object, id, UVERBS_BPF_ACCESS_READ);
	if (IS_ERR(*handle))
		return ERR_CAST(*handle);
	return (*handle)->object;
}

unsigned int uvb_handles_list(struct uvb_file *file, unsigned int object, u32 *ids,
			      unsigned int room)
{
	const struct uvb_handle *handle;
	unsigned int n = 0;

	spin_lock_irq(&file->stock.uobjects_lock);
	list_for_each_entry(handle, &file->handles, link) {
		if (handle->type != object)
			continue;
		if (n == room)
			break;
		ids[n++] = handle->id;
	}
	spin_unlock_irq(&file->stock.uobjects_lock);
	return n;
}

int uvb_part_get(struct uverbs_attr_bundle *bundle, unsigned int object, u32 id,
		 struct uvb_handle **part)
{
	struct uvb_handle *handle = uvb_handle_get(bundle, object, id, UVERBS_BPF_ACCESS_READ);

	if (IS_ERR(handle))
		return PTR_ERR(handle);
	*part = handle;
	return 0;
}

/**
 * uvb_handle_file_release() - the last reference to a file that is a handle is gone
 * @file: the device file, whose reference the handle's file held
 * @handle: the handle
 */
void uvb_handle_file_release(struct uvb_file *file, struct uvb_handle *handle)
{
	/* If this fails the device file is being torn down, and that destroys us. */
	if (down_read_trylock(&file->stock.hw_destroy_rwsem)) {
		struct uverbs_attr_bundle_hdr hdr = { .ufile = &file->stock };

		/* A lookup holds the file, so nobody can have it locked now. */
		WARN_ON(uvb_handle_trylock(handle, UVERBS_BPF_ACCESS_WRITE));
		if (handle->context)
			uvb_handle_destroy_hw(container_of(&hdr, struct uverbs_attr_bundle, hdr),
					      handle, RDMA_REMOVE_CLOSE);
		uvb_handle_unlink(file, handle, false);
		up_read(&file->stock.hw_destroy_rwsem);
	}
	uvb_file_put(file);
	uvb_handle_unref(handle);
}

/*
 * One pass over all handles, newest first, which is the order that lets most
 * objects go before what they use. Returns true if any was destroyed.
 */
static bool uvb_file_destroy_pass(struct uvb_file *file, enum rdma_remove_reason why)
{
	struct uverbs_attr_bundle_hdr hdr = { .ufile = &file->stock };
	struct uverbs_attr_bundle *bundle = container_of(&hdr, struct uverbs_attr_bundle, hdr);
	struct uvb_handle *handle, *next;
	bool progress = false;

	list_for_each_entry_safe(handle, next, &file->handles, link) {
		hdr.context = handle->context;
		/* With hw_destroy_rwsem held for write no call can have it locked. */
		WARN_ON(uvb_handle_trylock(handle, UVERBS_BPF_ACCESS_WRITE));
		if (why == RDMA_REMOVE_DRIVER_FAILURE && !handle->is_file)
			handle->object = NULL;
		if (uvb_handle_destroy_hw(bundle, handle, why)) {
			atomic_set_release(&handle->usecnt, 0);
			continue;
		}
		progress = true;
		/* Handles stay in the table: user space may still destroy them. */
		atomic_set_release(&handle->usecnt, 0);
		uvb_handle_unlink(file, handle, false);
	}
	return progress;
}

void uvb_file_destroy_hw(struct uvb_file *file, enum rdma_remove_reason why)
{
	down_write(&file->stock.hw_destroy_rwsem);
	if (!file->stock.ucontext)
		goto out;

	/* What is still in use goes in a later pass, after its users. */
	while (!list_empty(&file->handles) && uvb_file_destroy_pass(file, why))
		;

	/* The driver refuses to let go: the objects are leaked, the handles are not. */
	if (WARN_ON(!list_empty(&file->handles)))
		uvb_file_destroy_pass(file, RDMA_REMOVE_DRIVER_FAILURE);

	uvb_context_destroy(file, why);
out:
	up_write(&file->stock.hw_destroy_rwsem);
}

static void uvb_handle_forget(void *entry)
{
	struct uvb_handle *handle = entry;

	WARN_ON(handle->object);
	uvb_handle_unref(handle);
}

/* The device file is gone: what is left in the table has no hardware behind it. */
void uvb_handles_release(struct uvb_file *file)
{
	uvb_table_for_each(&file->table, uvb_handle_forget);
	uvb_table_destroy(&file->table);
}
