// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * What a device's driver adds to the verbs interface by itself
 * (ib_device.driver_def): objects, methods and attributes of namespace 1.
 *
 * The definitions are read once, when the device is added, into the tables
 * that core methods have too: rows of struct uvb_attr, copied, because the
 * driver may be gone before the last open file is. A core method with
 * attributes of the driver becomes a method of this device alone; core
 * methods of other devices, and the path to all of them, know nothing of it.
 *
 * Driver code works on a struct ib_uobject. An object that the driver defines
 * is one, with the driver's own members behind it; our handle lies inside,
 * see the assertions below. Of core objects the driver's methods get a
 * stand-in while they run, see uvb_stand_in().
 *
 * What we cannot do right is found here as well, and the device then left to
 * ib_uverbs: left.h has the reasons.
 */
#include "uvb.h"
#include "left.h"

#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/kallsyms.h>
#include <linux/module.h>
#include <linux/nospec.h>
#include <rdma/uverbs_std_types.h>

/*
 * A handle inside of a struct ib_uobject has its members where the object has
 * the same ones, with the same meaning: kref and usecnt may be changed by
 * driver code through functions of ib_uverbs (uverbs_uobject_put(),
 * uverbs_try_lock_object()), and the memory may be freed there. What is ours
 * alone lies in the hole before rcu.
 */
#define UVB_SAME_PLACE(_handle, _uobject)						\
	(offsetof(struct ib_uobject, context) + offsetof(struct uvb_handle, _handle) ==	\
	 offsetof(struct ib_uobject, _uobject) &&					\
	 sizeof_field(struct uvb_handle, _handle) == sizeof_field(struct ib_uobject, _uobject))

#define UVB_WHOLE_LAYOUT								\
	(UVB_SAME_PLACE(context, context) && UVB_SAME_PLACE(object, object) &&		\
	 UVB_SAME_PLACE(link, list) && UVB_SAME_PLACE(cg, cg_obj) &&			\
	 UVB_SAME_PLACE(id, id) && UVB_SAME_PLACE(ref, ref) &&				\
	 UVB_SAME_PLACE(usecnt, usecnt) &&						\
	 offsetof(struct ib_uobject, context) + sizeof(struct uvb_handle) <=		\
	 offsetof(struct ib_uobject, rcu))

#ifdef CONFIG_64BIT
static_assert(UVB_WHOLE_LAYOUT);
#endif

/* Object and method ids of both namespaces, one after the other. */
#define UVB_DRIVER_OBJECTS	(UVERBS_API_OBJ_KEY_NUM_CORE + UVERBS_API_OBJ_KEY_NUM_DRIVER)
#define UVB_DRIVER_METHODS	(UVERBS_API_METHOD_KEY_NUM_CORE + UVERBS_API_METHOD_KEY_NUM_DRIVER)
/* Definitions include each other; more than this is a loop. */
#define UVB_MAX_CHAIN		8

/**
 * struct uvb_driver_fops - file operations of a driver, released by us
 * @fops: the driver's, with our owner and release
 * @from: the driver's
 * @owner: the driver
 * @release_cleanup: of the type, after the object is gone; NULL if none
 * @link: in the list of all
 *
 * The driver's own ones end in ib_uverbs, which would free the device file.
 * A struct file points here until after its release, so they stay as long as
 * this module does; equal ones are shared.
 */
struct uvb_driver_fops {
	struct file_operations fops;
	const struct file_operations *from;
	struct module *owner;
	void (*release_cleanup)(struct ib_uobject *uobject);
	struct list_head link;
};

/**
 * struct uvb_driver_type - an object that the driver defines
 * @type: what handles of it are
 * @uapi: what driver code reads through ib_uobject.uapi_object
 */
struct uvb_driver_type {
	struct uvb_type type;
	struct uverbs_api_object uapi;
};

/**
 * struct uvb_driver_method - a method of the driver, or a core method with its attributes
 * @method: the method as calls find it
 * @base: the core method it extends, NULL if none
 * @attrs: rows of @method
 * @link: in uvb_driver.methods
 * @needs_driver: it runs code or reads data of the driver, so it ends with the device
 * @has_udata: a new method that takes the driver's own input and output
 */
struct uvb_driver_method {
	struct uvb_method method;
	const struct uvb_method *base;
	struct uvb_attr *attrs;
	struct list_head link;
	bool needs_driver;
	bool has_udata;
};

/**
 * struct uvb_driver - all that the driver of a device defines
 * @types: by object id of namespace 1
 * @methods: all methods
 * @slot: methods that only the driver has, by object and method id
 * @disabled: objects that this device lacks, bit per object id of namespace 1
 * @gone: the device was removed, and the driver may be
 */
struct uvb_driver {
	struct uvb_driver_type *types[UVERBS_API_OBJ_KEY_NUM_DRIVER];
	struct list_head methods;
	struct uvb_driver_method *slot[UVB_DRIVER_OBJECTS][UVB_DRIVER_METHODS];
	DECLARE_BITMAP(disabled, UVERBS_API_OBJ_KEY_NUM_DRIVER);
	bool gone;
};

/* A type for attributes that take a handle of any object. */
static const struct uvb_type uvb_any_type = { .object = UVERBS_IDR_ANY_OBJECT, .name = "ANY" };

/* Definitions carry no names. */
#define UVB_DRIVER_NAME(n) [n] = "DRIVER_" #n
static const char *const uvb_driver_names[] = {
	UVB_DRIVER_NAME(0), UVB_DRIVER_NAME(1), UVB_DRIVER_NAME(2), UVB_DRIVER_NAME(3),
	UVB_DRIVER_NAME(4), UVB_DRIVER_NAME(5), UVB_DRIVER_NAME(6), UVB_DRIVER_NAME(7),
	UVB_DRIVER_NAME(8), UVB_DRIVER_NAME(9), UVB_DRIVER_NAME(10), UVB_DRIVER_NAME(11),
	UVB_DRIVER_NAME(12), UVB_DRIVER_NAME(13), UVB_DRIVER_NAME(14), UVB_DRIVER_NAME(15),
	UVB_DRIVER_NAME(16), UVB_DRIVER_NAME(17), UVB_DRIVER_NAME(18), UVB_DRIVER_NAME(19),
	UVB_DRIVER_NAME(20), UVB_DRIVER_NAME(21), UVB_DRIVER_NAME(22), UVB_DRIVER_NAME(23),
	UVB_DRIVER_NAME(24), UVB_DRIVER_NAME(25), UVB_DRIVER_NAME(26), UVB_DRIVER_NAME(27),
	UVB_DRIVER_NAME(28), UVB_DRIVER_NAME(29), UVB_DRIVER_NAME(30), UVB_DRIVER_NAME(31),
};

static const char *uvb_driver_name(u16 id)
{
	unsigned int n = id & UVERBS_BPF_ID_MASK;

	return n < ARRAY_SIZE(uvb_driver_names) ? uvb_driver_names[n] : "DRIVER";
}

/* ---- ids ---- */

/* Place of an id when those of the driver's namespace follow @nr_core of the core's, or -1. */
static int uvb_driver_place(u16 id, unsigned int nr_core, unsigned int nr_driver)
{
	unsigned int n = id & UVERBS_BPF_ID_MASK;

	switch (id >> UVERBS_BPF_NS_SHIFT) {
	case UVERBS_BPF_NS_CORE:
		return n < nr_core ? array_index_nospec(n, nr_core) : -1;
	case UVERBS_BPF_NS_DRIVER:
		return n < nr_driver ? nr_core + array_index_nospec(n, nr_driver) : -1;
	default:
		return -1;
	}
}

static int uvb_driver_object_place(u16 object)
{
	return uvb_driver_place(object, UVERBS_API_OBJ_KEY_NUM_CORE,
				UVERBS_API_OBJ_KEY_NUM_DRIVER);
}

static int uvb_driver_method_place(u16 method)
{
	/* Stock keeps number 0 of the core's for itself. */
	return uvb_driver_place(method, UVERBS_API_METHOD_KEY_NUM_CORE - 1,
				UVERBS_API_METHOD_KEY_NUM_DRIVER);
}

static bool uvb_driver_id(u16 id)
{
	return id >> UVERBS_BPF_NS_SHIFT == UVERBS_BPF_NS_DRIVER;
}

/* ---- symbols of ib_uverbs that must not be linked to ---- */

/* Whether @address is the function @name of the kernel's RDMA core. */
static bool uvb_is_function(const void *address, const char *name)
{
	char symbol[64];
	size_t len;

	if (!address)
		return false;
	snprintf(symbol, sizeof(symbol), "%ps", address);
	len = str_has_prefix(symbol, name);
	return len && (!symbol[len] || str_has_prefix(symbol + len, " [ib_uverbs") ||
		       str_has_prefix(symbol + len, " [ib_core]"));
}

/* ---- files ---- */

static LIST_HEAD(uvb_driver_fops_list);
static DEFINE_MUTEX(uvb_driver_fops_lock);

static int uvb_driver_file_release(struct inode *inode, struct file *filp)
{
	const struct uvb_driver_fops *fops =
		container_of(filp->f_op, struct uvb_driver_fops, fops);
	struct ib_uobject *uobject = filp->private_data;

	/* Not set if the call that made it failed. */
	if (uobject) {
		if (fops->release_cleanup)
			uverbs_uobject_get(uobject);
		uvb_handle_file_release(uvb_file(uobject->ufile), uvb_handle(uobject));
		if (fops->release_cleanup) {
			fops->release_cleanup(uobject);
			uvb_handle_unref(uvb_handle(uobject));
		}
	}
	module_put(fops->owner);
	return 0;
}

static const struct file_operations *uvb_driver_fops(const struct uverbs_obj_fd_type *type)
{
	struct uvb_driver_fops *new, *old;

	new = kzalloc(sizeof(*new), GFP_KERNEL);
	if (!new)
		return NULL;
	new->fops = *type->fops;
	new->fops.owner = THIS_MODULE;
	new->fops.release = uvb_driver_file_release;
	new->from = type->fops;
	new->owner = type->fops->owner;
#ifdef UVB_HAVE_RELEASE_CLEANUP
	new->release_cleanup = type->release_cleanup;
#endif

	mutex_lock(&uvb_driver_fops_lock);
	list_for_each_entry(old, &uvb_driver_fops_list, link) {
		if (memcmp(old, new, offsetof(struct uvb_driver_fops, link)))
			continue;
		kfree(new);
		new = old;
		goto out;
	}
	list_add(&new->link, &uvb_driver_fops_list);
out:
	mutex_unlock(&uvb_driver_fops_lock);
	return &new->fops;
}

/* When this module goes no file is open. */
void uvb_driver_exit(void)
{
	struct uvb_driver_fops *fops, *next;

	list_for_each_entry_safe(fops, next, &uvb_driver_fops_list, link)
		kfree(fops);
}

/**
 * uvb_driver_getfile() - a file of an object that the driver defines
 * @type: its type
 *
 * Return: the file, or -ENOENT if the driver is being unloaded, -ENOMEM, -ENFILE.
 */
struct file *uvb_driver_getfile(const struct uvb_type *type)
{
	const struct uvb_driver_fops *fops =
		container_of(type->fops, struct uvb_driver_fops, fops);
	const struct uverbs_obj_fd_type *fd =
		container_of(type->uapi->type_attrs, struct uverbs_obj_fd_type, type);
	struct file *filp;

	/* The file holds us; its code and its release hold the driver. */
	if (!try_module_get(fops->owner))
		return ERR_PTR(-ENOENT);
	filp = anon_inode_getfile(fd->name, type->fops, NULL, fd->flags);
	if (IS_ERR(filp))
		module_put(fops->owner);
	return filp;
}

/* ---- objects ---- */

static int uvb_driver_object_destroy(struct uvb_handle *handle, enum rdma_remove_reason why,
				     struct uverbs_attr_bundle *bundle)
{
	struct ib_uobject *uobject = uvb_uobject(handle);
	const struct uverbs_obj_idr_type *type =
		container_of(uobject->uapi_object->type_attrs, struct uverbs_obj_idr_type, type);

	return type->destroy_object(uobject, why, bundle);
}

static int uvb_driver_file_destroy(struct uvb_handle *handle, enum rdma_remove_reason why,
				   struct uverbs_attr_bundle *bundle)
{
	struct ib_uobject *uobject = uvb_uobject(handle);
	const struct uverbs_obj_fd_type *type =
		container_of(uobject->uapi_object->type_attrs, struct uverbs_obj_fd_type, type);

	type->destroy_object(uobject, why);
	return 0;
}

/* Driver code may free it with kfree_rcu(), through uverbs_uobject_put(). */
struct uvb_handle *uvb_driver_handle_alloc(struct uvb_file *file, const struct uvb_type *type)
{
	struct ib_uobject *uobject = kzalloc(type->size, GFP_KERNEL);
	struct uvb_handle *handle;

	if (!uobject)
		return NULL;
	uobject->ufile = &file->stock;
	uobject->uapi_object = type->uapi;
	handle = uvb_handle(uobject);
	handle->whole = true;
	return handle;
}

/**
 * uvb_driver_type() - a type that is not the core's
 * @api: of the device
 * @object: object id
 *
 * Return: the type of an object of the driver's; one without an object id of
 * its own for UVERBS_IDR_ANY_OBJECT; NULL if there is none.
 */
const struct uvb_type *uvb_driver_type(const struct uvb_api *api, unsigned int object)
{
	unsigned int n = object & UVERBS_BPF_ID_MASK;

	if (object == UVERBS_IDR_ANY_OBJECT)
		return &uvb_any_type;
	if (!api->driver || !uvb_driver_id(object) || n >= UVERBS_API_OBJ_KEY_NUM_DRIVER ||
	    !api->driver->types[n] || test_bit(n, api->driver->disabled))
		return NULL;
	return &api->driver->types[n]->type;
}

/*
 * What stands for a core object while a method of the driver runs. A core
 * handle has only the middle of a struct ib_uobject; here is the rest, so
 * that whatever driver code reads is there.
 */
struct uvb_stand_in {
	struct ib_uobject uobject;
	struct uverbs_api_object uapi;
	struct uvb_handle *handle;
};

const size_t uvb_stand_in_size = sizeof(struct uvb_stand_in);

/**
 * uvb_stand_in() - let driver code see a core object as a struct ib_uobject
 * @to: zeroed memory of uvb_stand_in_size bytes, which lasts as long as the call
 * @file: the device file
 * @handle: the object, locked
 *
 * Return: what to hand out.
 */
struct ib_uobject *uvb_stand_in(void *to, struct uvb_file *file, struct uvb_handle *handle)
{
	struct uvb_stand_in *stand_in = to;
	struct ib_uobject *uobject = &stand_in->uobject;

	uobject->ufile = &file->stock;
	uobject->context = handle->context;
	uobject->object = handle->object;
	INIT_LIST_HEAD(&uobject->list);
	uobject->id = handle->id;
	kref_init(&uobject->ref);
	atomic_set(&uobject->usecnt, atomic_read(&handle->usecnt));
	uobject->uapi_object = &stand_in->uapi;
	stand_in->uapi.id = handle->type;
	stand_in->handle = handle;
	return uobject;
}

/* The handle that driver code knows as @uobject, when its method is done. */
struct uvb_handle *uvb_stand_in_end(struct ib_uobject *uobject)
{
	struct uvb_stand_in *stand_in = container_of(uobject, struct uvb_stand_in, uobject);

	/* A reference to what ends with the call: nothing in either kernel takes one. */
	WARN_ONCE(kref_read(&uobject->ref) != 1, "driver keeps a core object beyond its call");
	return stand_in->handle;
}

/* ---- reading the definitions ---- */

static struct uvb_driver_method *uvb_driver_find(struct uvb_driver *driver, u16 object, u16 id)
{
	struct uvb_driver_method *dm;

	list_for_each_entry(dm, &driver->methods, link) {
		if (dm->method.object == object && dm->method.id == id)
			return dm;
	}
	return NULL;
}

/* The values of an enumeration are rows too, in memory of their own. */
static const char *uvb_driver_read_enum(struct uvb_attr *attr, const struct uverbs_attr_spec *spec)
{
	struct uvb_attr *values;
	unsigned int i;

	values = kcalloc(spec->u.enum_def.num_elems, sizeof(*values), GFP_KERNEL);
	if (!values)
		return UVB_LEFT_MEMORY;
	for (i = 0; i < spec->u.enum_def.num_elems; i++) {
		const struct uverbs_attr_spec *value = &spec->u2.enum_def.ids[i];

		values[i] = *attr;
		/* Only inputs can be chosen between; others answer -EOPNOTSUPP. */
		values[i].kind = value->type == UVERBS_ATTR_TYPE_PTR_IN ?
			UVERBS_BPF_KIND_ENUM : UVERBS_BPF_KIND_NONE;
		values[i].min_len = value->u.ptr.min_len;
		values[i].max_len = value->u.ptr.len;
		values[i].flags |= (value->zero_trailing ? UVB_F_ZERO_TRAILING : 0) |
				   (value->alloc_and_copy ? UVB_F_COPY : 0);
	}
	attr->object = spec->u.enum_def.num_elems;
	attr->values = values;
	return NULL;
}

static const char *uvb_driver_read_handle(struct uvb_attr *attr,
					  const struct uverbs_attr_spec *spec)
{
	bool any = spec->u.obj.obj_type == UVERBS_IDR_ANY_OBJECT;
	u8 access = spec->u.obj.access;

	if (access > UVERBS_ACCESS_DESTROY)
		return UVB_LEFT_MALFORMED;
	if (any && (access == UVERBS_ACCESS_NEW || access == UVERBS_ACCESS_DESTROY))
		return UVB_LEFT_MALFORMED;
	/* One NEW or DESTROY is all a method may have, and then it is mandatory. */
	if ((access == UVERBS_ACCESS_NEW || access == UVERBS_ACCESS_DESTROY) && !spec->mandatory)
		return UVB_LEFT_MALFORMED;
	attr->kind = spec->type == UVERBS_ATTR_TYPE_FD ? UVERBS_BPF_KIND_FD :
		UVERBS_BPF_KIND_HANDLE;
	attr->object = spec->u.obj.obj_type;
	/* Same order, but for NONE. */
	attr->access = access + UVERBS_BPF_ACCESS_READ;
	return NULL;
}

static const char *uvb_driver_read_attr(struct uvb_attr *attr, const struct uverbs_attr_def *def)
{
	const struct uverbs_attr_spec *spec = &def->attr;

	/* Even of one that is refused: the row counts, and what it holds is freed. */
	*attr = (struct uvb_attr) {
		.id = def->id,
		.flags = spec->mandatory ? UVB_F_MANDATORY : 0,
		.name = uvb_driver_name(def->id),
	};
	if (uapi_key_attr(def->id) == UVERBS_API_KEY_ERR)
		return UVB_LEFT_MALFORMED;
	switch (spec->type) {
	case UVERBS_ATTR_TYPE_PTR_IN:
	case UVERBS_ATTR_TYPE_PTR_OUT:
		attr->kind = spec->type == UVERBS_ATTR_TYPE_PTR_OUT ? UVERBS_BPF_KIND_OUT :
			UVERBS_BPF_KIND_IN;
		attr->flags |= (spec->zero_trailing ? UVB_F_ZERO_TRAILING : 0) |
			       (spec->alloc_and_copy ? UVB_F_COPY : 0);
		attr->min_len = spec->u.ptr.min_len;
		attr->max_len = spec->u.ptr.len;
		return NULL;
	case UVERBS_ATTR_TYPE_IDR:
	case UVERBS_ATTR_TYPE_FD:
		return uvb_driver_read_handle(attr, spec);
	case UVERBS_ATTR_TYPE_RAW_FD:
		attr->kind = UVERBS_BPF_KIND_RAW_FD;
		return NULL;
	case UVERBS_ATTR_TYPE_ENUM_IN:
		attr->kind = UVERBS_BPF_KIND_ENUM;
		return uvb_driver_read_enum(attr, spec);
	case UVERBS_ATTR_TYPE_IDRS_ARRAY:
		attr->kind = UVERBS_BPF_KIND_HANDLES;
		attr->object = spec->u2.objs_arr.obj_type;
		attr->access = spec->u2.objs_arr.access + UVERBS_BPF_ACCESS_READ;
		attr->min_len = spec->u2.objs_arr.min_len;
		attr->max_len = spec->u2.objs_arr.max_len;
		return spec->u2.objs_arr.access > UVERBS_ACCESS_WRITE ? UVB_LEFT_MALFORMED : NULL;
	default:
		return UVB_LEFT_MALFORMED;
	}
}

static const char *uvb_driver_new_method(struct uvb_driver *driver, u16 object,
					 const struct uverbs_method_def *def,
					 struct uvb_driver_method **to)
{
	const struct uvb_method *base = uvb_schema_find(object, def->id);
	struct uvb_driver_method *dm;

	if (base && def->handler)
		return UVB_LEFT_DISABLES;
	if (!base && !def->handler)
		return UVB_LEFT_EXTENDS;

	dm = kzalloc(sizeof(*dm), GFP_KERNEL);
	if (!dm)
		return UVB_LEFT_MEMORY;
	list_add_tail(&dm->link, &driver->methods);
	*to = dm;

	dm->base = base;
	if (base) {
		dm->method = *base;
		dm->attrs = kmemdup(base->attrs, base->nr_attrs * sizeof(*base->attrs),
				    GFP_KERNEL);
		return dm->attrs || !base->nr_attrs ? NULL : UVB_LEFT_MEMORY;
	}

	dm->method.object = object;
	dm->method.id = def->id;
	dm->method.name = uvb_driver_name(def->id);
	dm->method.handler = def->handler;
	dm->needs_driver = true;
	/* It does nothing, and what it is called for must go on when the driver is gone. */
	if (uvb_is_function(def->handler, "uverbs_destroy_def_handler")) {
		dm->method.handler = uvb_destroyed;
		dm->needs_driver = false;
	}
	return NULL;
}

static const char *uvb_driver_read_method(struct uvb_driver *driver, u16 object,
					  const struct uverbs_method_def *def)
{
	struct uvb_driver_method *dm;
	const char *reason = NULL;
	struct uvb_attr *attrs;
	size_t i;

	if (!def->attrs)
		return NULL;
	if (uvb_driver_object_place(object) < 0 || uvb_driver_method_place(def->id) < 0 ||
	    def->num_attrs > UVERBS_API_ATTR_BKEY_LEN)
		return UVB_LEFT_MALFORMED;

	dm = uvb_driver_find(driver, object, def->id);
	if (dm && def->handler)
		return UVB_LEFT_MALFORMED;
	if (!dm)
		reason = uvb_driver_new_method(driver, object, def, &dm);
	if (reason)
		return reason;

	attrs = krealloc_array(dm->attrs, dm->method.nr_attrs + def->num_attrs, sizeof(*attrs),
			       GFP_KERNEL);
	if (!attrs && def->num_attrs)
		return UVB_LEFT_MEMORY;
	dm->attrs = attrs;

	for (i = 0; i < def->num_attrs && !reason; i++) {
		const struct uverbs_attr_def *attr = (*def->attrs)[i];

		if (!attr)
			continue;
		if (dm->method.nr_attrs == UVERBS_API_ATTR_BKEY_LEN)
			return UVB_LEFT_MALFORMED;
		reason = uvb_driver_read_attr(&dm->attrs[dm->method.nr_attrs], attr);
		dm->method.nr_attrs++;
		dm->has_udata |= attr->attr.is_udata;
		/* Stock reads the driver's own table of values. */
		dm->needs_driver |= attr->attr.type == UVERBS_ATTR_TYPE_ENUM_IN;
	}
	return reason;
}

static const char *uvb_driver_read_type(struct uvb_driver *driver, u16 object,
					const struct uverbs_obj_type *attrs)
{
	unsigned int n = object & UVERBS_BPF_ID_MASK;
	struct uvb_driver_type *dt;

	if (!UVB_WHOLE_LAYOUT)
		return UVB_LEFT_LAYOUT;
	if (!uvb_driver_id(object) || driver->types[n] ||
	    attrs->obj_size < sizeof(struct ib_uobject) || attrs->obj_size > U16_MAX)
		return UVB_LEFT_MALFORMED;

	dt = kzalloc(sizeof(*dt), GFP_KERNEL);
	if (!dt)
		return UVB_LEFT_MEMORY;
	driver->types[n] = dt;
	dt->uapi.id = object;
	dt->uapi.type_attrs = attrs;
	dt->type.object = object;
	dt->type.size = attrs->obj_size;
	dt->type.name = uvb_driver_name(object);
	dt->type.uapi = &dt->uapi;
	dt->type.destroy = uvb_driver_object_destroy;

	/*
	 * Of the two classes that exist only that of numbered handles can
	 * swap them. Their addresses are ib_uverbs' own affair.
	 */
	if (!attrs->type_class->swap_uobjects) {
		const struct uverbs_obj_fd_type *fd =
			container_of(attrs, struct uverbs_obj_fd_type, type);

		if (!fd->fops ||
		    !uvb_is_function(fd->fops->release, "uverbs_uobject_fd_release"))
			return UVB_LEFT_RELEASE;
		dt->type.destroy = uvb_driver_file_destroy;
		dt->type.fops = uvb_driver_fops(fd);
		if (!dt->type.fops)
			return UVB_LEFT_MEMORY;
	}
	return NULL;
}

static const char *uvb_driver_read_object(struct uvb_driver *driver,
					  const struct uapi_definition *def)
{
	const struct uverbs_object_def *tree = def->chain_obj_tree;
	const char *reason = NULL;
	size_t i;

	if (!tree || def->object_start.object_id != tree->id ||
	    uvb_driver_object_place(tree->id) < 0)
		return UVB_LEFT_MALFORMED;
	if (tree->type_attrs)
		reason = uvb_driver_read_type(driver, tree->id, tree->type_attrs);
	if (!tree->methods)
		return reason;
	for (i = 0; i < tree->num_methods && !reason; i++) {
		if ((*tree->methods)[i])
			reason = uvb_driver_read_method(driver, tree->id, (*tree->methods)[i]);
	}
	return reason;
}

/* The object that was defined last does not exist on this device. */
static const char *uvb_driver_disable(struct uvb_driver *driver, const struct uapi_definition *def,
				      int object)
{
	if (def->scope != UAPI_SCOPE_OBJECT || object < 0)
		return UVB_LEFT_MALFORMED;
	if (!uvb_driver_id(object))
		return UVB_LEFT_DISABLES;
	__set_bit(object & UVERBS_BPF_ID_MASK, driver->disabled);
	return NULL;
}

static const char *uvb_driver_read(struct uvb_driver *driver, struct ib_device *ibdev,
				   const struct uapi_definition *def, unsigned int depth)
{
	const char *reason = NULL;
	int object = -1;

	if (!def)
		return NULL;
	if (depth > UVB_MAX_CHAIN)
		return UVB_LEFT_MALFORMED;

	for (; !reason && def->kind != UAPI_DEF_END; def++) {
		switch (def->kind) {
		case UAPI_DEF_CHAIN:
			reason = uvb_driver_read(driver, ibdev, def->chain, depth + 1);
			break;
		case UAPI_DEF_CHAIN_OBJ_TREE:
			object = def->object_start.object_id;
			reason = uvb_driver_read_object(driver, def);
			break;
		case UAPI_DEF_OBJECT_START:
			object = def->object_start.object_id;
			if (uvb_driver_object_place(object) < 0)
				reason = UVB_LEFT_MALFORMED;
			break;
		case UAPI_DEF_IS_SUPPORTED_FUNC:
			if (!def->func_is_supported(ibdev))
				reason = uvb_driver_disable(driver, def, object);
			break;
		case UAPI_DEF_IS_SUPPORTED_DEV_FN:
			if (!*(void **)((void *)&ibdev->ops + def->needs_fn_offset))
				reason = uvb_driver_disable(driver, def, object);
			break;
		case UAPI_DEF_WRITE:
			reason = UVB_LEFT_DISABLES;
			break;
		default:
			reason = UVB_LEFT_MALFORMED;
		}
	}
	return reason;
}

/* ---- the result ---- */

/*
 * Driver code writes into a new object what the inlined functions of
 * <rdma/uverbs_std_types.h> do. Of flows and flow actions we have it there.
 */
static bool uvb_driver_may_create(u16 object)
{
	return uvb_driver_id(object) || object == UVERBS_OBJECT_FLOW ||
	       object == UVERBS_OBJECT_FLOW_ACTION;
}

static const char *uvb_driver_finish(struct uvb_driver_method *dm)
{
	struct uvb_method *method = &dm->method;
	bool has_udata = dm->base ? dm->base->has_udata : dm->has_udata;
	unsigned int i, single = 0;

	method->attrs = dm->attrs;
	if (uvb_method_index(method))
		return UVB_LEFT_MALFORMED;
	/* By id an attribute of the driver may look like UHW. */
	method->has_udata = has_udata;
	/* The driver's own methods see whole objects, see uvb_stand_in(). */
	method->driver = !dm->base;

	for (i = 0; i < method->nr_attrs; i++) {
		struct uvb_attr *attr = &dm->attrs[i];

		if (attr->access == UVERBS_BPF_ACCESS_NEW ||
		    attr->access == UVERBS_BPF_ACCESS_DESTROY)
			single++;
		else if ((attr->kind == UVERBS_BPF_KIND_HANDLE ||
			  attr->kind == UVERBS_BPF_KIND_FD) &&
			 (!dm->base || attr->object == UVERBS_IDR_ANY_OBJECT))
			attr->kind |= UVB_KIND_WHOLE;
		if (!dm->base && attr->access == UVERBS_BPF_ACCESS_NEW &&
		    !uvb_driver_may_create(attr->object))
			return UVB_LEFT_CREATES;
	}
	return single > 1 ? UVB_LEFT_MALFORMED : NULL;
}

static void uvb_driver_free(struct uvb_driver *driver)
{
	struct uvb_driver_method *dm, *next;
	unsigned int i;

	list_for_each_entry_safe(dm, next, &driver->methods, link) {
		/* The values of core methods are static. */
		for (i = dm->base ? dm->base->nr_attrs : 0; i < dm->method.nr_attrs; i++)
			kfree(dm->attrs[i].values);
		kfree(dm->attrs);
		kfree(dm);
	}
	for (i = 0; i < ARRAY_SIZE(driver->types); i++)
		kfree(driver->types[i]);
	kfree(driver);
}

static struct uvb_driver *uvb_driver_build(struct ib_device *ibdev, const char **reason)
{
	struct uvb_driver *driver = kzalloc(sizeof(*driver), GFP_KERNEL);
	struct uvb_driver_method *dm;

	*reason = UVB_LEFT_MEMORY;
	if (!driver)
		return NULL;
	INIT_LIST_HEAD(&driver->methods);

	*reason = uvb_driver_read(driver, ibdev, ibdev->driver_def, 0);
	list_for_each_entry(dm, &driver->methods, link) {
		if (!*reason)
			*reason = uvb_driver_finish(dm);
	}
	if (!*reason)
		return driver;
	uvb_driver_free(driver);
	return NULL;
}

/**
 * uvb_driver_judge() - whether we can serve what the driver defines
 * @ibdev: the device
 *
 * Return: NULL if we can, else why not.
 */
const char *uvb_driver_judge(const struct ib_device *ibdev)
{
	struct uvb_driver *driver;
	const char *reason;

	if (!ibdev->driver_def)
		return NULL;
	/* Whether it supports an object the driver is asked with a device it may change. */
	driver = uvb_driver_build((struct ib_device *)ibdev, &reason);
	if (driver)
		uvb_driver_free(driver);
	return reason;
}

static bool uvb_driver_has_object(const struct uvb_driver *driver, const struct uvb_api *api,
				  u16 object)
{
	if (object == UVERBS_IDR_ANY_OBJECT)
		return true;
	if (!uvb_driver_id(object))
		return uvb_api_has_object(api, object);
	object &= UVERBS_BPF_ID_MASK;
	return object < ARRAY_SIZE(driver->types) && driver->types[object] &&
	       !test_bit(object, driver->disabled);
}

/* Whether the device has the method's object and every one that a call must name. */
static bool uvb_driver_callable(const struct uvb_driver *driver, const struct uvb_api *api,
				const struct uvb_method *method)
{
	unsigned int i;

	if (uvb_driver_id(method->object) &&
	    test_bit(method->object & UVERBS_BPF_ID_MASK, driver->disabled))
		return false;
	if (!uvb_driver_id(method->object) && uvb_type(method->object) &&
	    !uvb_api_has_object(api, method->object))
		return false;
	for (i = 0; i < method->nr_attrs; i++) {
		const struct uvb_attr *attr = &method->attrs[i];

		if (attr->access != UVERBS_BPF_ACCESS_NONE && attr->flags & UVB_F_MANDATORY &&
		    !uvb_driver_has_object(driver, api, attr->object))
			return false;
	}
	return true;
}

/**
 * uvb_driver_init() - add what the driver defines to a device
 * @api: of the device, with everything else in it
 * @ibdev: the device; uvb_driver_judge() had nothing against it
 *
 * Return: 0 or -ENOMEM.
 */
int uvb_driver_init(struct uvb_api *api, struct ib_device *ibdev)
{
	struct uvb_driver_method *dm;
	struct uvb_driver *driver;
	const char *reason;

	if (!ibdev->driver_def)
		return 0;
	driver = uvb_driver_build(ibdev, &reason);
	if (!driver)
		return -ENOMEM;

	list_for_each_entry(dm, &driver->methods, link) {
		const struct uvb_method *method = &dm->method;
		bool callable = uvb_driver_callable(driver, api, method);

		if (dm->base)
			uvb_api_replace(api, dm->base, callable ? method : NULL);
		else if (callable)
			driver->slot[uvb_driver_object_place(method->object)]
				    [uvb_driver_method_place(method->id)] = dm;
	}
	api->driver = driver;
	return 0;
}

void uvb_driver_destroy(struct uvb_api *api)
{
	if (api->driver)
		uvb_driver_free(api->driver);
}

/**
 * uvb_driver_method() - a method that the core's tables do not have
 * @api: of the device
 * @object: object id
 * @method: method id
 *
 * Return: the method; -EPROTONOSUPPORT if the driver has none either, -EIO if
 * it has, but the device went away.
 */
const struct uvb_method *uvb_driver_method(const struct uvb_api *api, u16 object, u16 method)
{
	const struct uvb_driver *driver = api->driver;
	const struct uvb_driver_method *dm;
	int o, m;

	/* Programs ask what there is by calling it, so this has to be quick. */
	if (!driver)
		return ERR_PTR(-EPROTONOSUPPORT);
	o = uvb_driver_object_place(object);
	m = uvb_driver_method_place(method);
	if (o < 0 || m < 0 || !driver->slot[o][m])
		return ERR_PTR(-EPROTONOSUPPORT);
	dm = driver->slot[o][m];
	if (dm->needs_driver && READ_ONCE(driver->gone))
		return ERR_PTR(-EIO);
	return &dm->method;
}

/**
 * uvb_driver_gone() - the device is being removed
 * @api: of the device
 *
 * From here on no call begins that needs the driver; the caller waits for
 * those that run.
 */
void uvb_driver_gone(struct uvb_api *api)
{
	struct uvb_driver *driver = api->driver;
	struct uvb_driver_method *dm;

	if (!driver)
		return;
	WRITE_ONCE(driver->gone, true);
	list_for_each_entry(dm, &driver->methods, link) {
		if (!dm->base || !dm->needs_driver)
			continue;
		driver->slot[uvb_driver_object_place(dm->method.object)]
			    [uvb_driver_method_place(dm->method.id)] = dm;
		uvb_api_replace(api, &dm->method, NULL);
	}
}

/**
 * uvb_driver_for_each() - what the driver defines, for SCHEMA
 * @api: of the device
 * @object: called for each object
 * @method: called for each method that the core does not have
 * @arg: for both
 *
 * Return: 0, or what a call returned, which ends it.
 */
int uvb_driver_for_each(const struct uvb_api *api,
			int (*object)(void *arg, const struct uvb_type *type),
			int (*method)(void *arg, const struct uvb_method *method), void *arg)
{
	const struct uvb_driver *driver = api->driver;
	unsigned int i, j;
	int ret = 0;

	for (i = 0; driver && i < UVB_DRIVER_OBJECTS && !ret; i++) {
		unsigned int n = i - UVERBS_API_OBJ_KEY_NUM_CORE;

		if (i >= UVERBS_API_OBJ_KEY_NUM_CORE && driver->types[n] &&
		    !test_bit(n, driver->disabled))
			ret = object(arg, &driver->types[n]->type);
		for (j = 0; j < UVB_DRIVER_METHODS && !ret; j++) {
			if (driver->slot[i][j])
				ret = method(arg, &driver->slot[i][j]->method);
		}
	}
	return ret;
}
