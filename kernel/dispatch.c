// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The ioctl: one copy of header and attributes, each attribute checked
 * against its row of the schema and unpacked, the method called, everything
 * it opened committed or undone.
 *
 *	attribute		namespace 0, 1		2 to 14
 *	unknown			-EPROTONOSUPPORT if	-EPROTONOSUPPORT
 *				flagged mandatory,
 *				else ignored
 *	twice			-EINVAL			-EINVAL
 *	too short or long	-EINVAL			-EINVAL
 *	more than we know,	-EOPNOTSUPP		-EINVAL
 *	not zero
 *	missing, mandatory	-EINVAL			-EINVAL
 */
#include "uvb.h"
#include "ext.h"

/*
 * Attributes copied to the stack; a longer list is copied to the heap. With
 * KASAN's red zones the frame must stay below 2 KiB.
 */
#define UVB_STACK_UATTRS	16

/*
 * attrs[] of the bundle must follow struct bundle_priv, where drivers expect
 * it. Where bundle_priv is the kernel's own it ends in a buffer that overlaps
 * attrs[], and we only have more room.
 */
struct uvb_stack_call {
	struct uvb_call call;
	struct uverbs_attr attrs[UVB_MAX_BKEY];
};

#ifndef UVB_HAVE_BUNDLE_PRIV
static_assert(offsetof(struct uvb_stack_call, attrs) ==
	      offsetof(struct uvb_call, priv.bundle) + offsetof(struct uverbs_attr_bundle, attrs));
#endif

static __always_inline void uvb_call_begin(struct uvb_call *call, struct uvb_file *file)
{
	struct bundle_priv *priv = &call->priv;

	call->file = file;
	call->hook = NULL;
	call->method = NULL;
	call->num_attrs = 0;
	call->nr_ext = 0;
	call->for_transport = false;
	call->for_provider = false;
	call->direct = false;
	call->type.what = 0;
	call->error_text = NULL;
	call->sgid = NULL;

	/* Drivers that want memory of the bundle get it from the kernel's allocator. */
	priv->internal_avail = 0;
	priv->internal_used = 0;
	priv->allocated_mem = NULL;
	priv->user_attrs = NULL;
	priv->uattrs = NULL;
	bitmap_zero(priv->uobj_finalize, UVERBS_API_ATTR_BKEY_LEN);
	bitmap_zero(priv->spec_finalize, UVERBS_API_ATTR_BKEY_LEN);
	bitmap_zero(priv->uobj_hw_obj_valid, UVERBS_API_ATTR_BKEY_LEN);

	memset(&priv->bundle, 0, sizeof(priv->bundle));
	priv->bundle.ufile = &file->stock;
}

void uvb_call_init(struct uvb_call *call, struct uvb_file *file)
{
	uvb_call_begin(call, file);
}

/* ---- attributes ---- */

/* Whether everything the caller passed beyond @len is zero. */
static bool uvb_tail_is_zero(const struct ib_uverbs_attr *uattr, u16 len)
{
	if (uattr->len > sizeof(uattr->data))
		return check_zeroed_user(u64_to_user_ptr(uattr->data) + len,
					 uattr->len - len) == 1;
	return !memchr_inv((const void *)&uattr->data + len, 0, uattr->len - len);
}

/* Memory that lasts as long as the call; what drivers take goes the same ways. */
static void *uvb_call_alloc(struct uvb_call *call, size_t size)
{
	struct bundle_priv *priv = &call->priv;
	void **block;

	size = ALIGN(size, sizeof(u64));
	if (size <= priv->internal_avail - priv->internal_used) {
		block = (void *)uvb_bundle(call)->attrs + priv->internal_used;
		priv->internal_used += size;
		return block;
	}
	block = kvmalloc(sizeof(*block) + size, GFP_KERNEL);
	if (!block)
		return NULL;
	*block = priv->allocated_mem;
	priv->allocated_mem = (void *)block;
	return block + 1;
}

static int uvb_attr_copy(struct uvb_call *call, const struct ib_uverbs_attr *uattr,
			 struct uverbs_attr *to)
{
	void *copy = uvb_call_alloc(call, uattr->len);

	if (!copy)
		return -ENOMEM;
	if (copy_from_user(copy, u64_to_user_ptr(uattr->data), uattr->len))
		return -EFAULT;
	to->ptr_attr.ptr = copy;
	return 0;
}

/* Why data is refused that is not as its row says, or 0 if it is only longer than we know. */
static noinline int uvb_attr_data_check(struct uvb_call *call, const struct uvb_attr *attr,
					const struct ib_uverbs_attr *uattr)
{
	bool trailing = attr->flags & UVB_F_ZERO_TRAILING;
	struct uverbs_attr_bundle *bundle = uvb_bundle(call);

	if (trailing && attr->kind != UVERBS_BPF_KIND_OUT && uattr->len > attr->max_len &&
	    !uvb_tail_is_zero(uattr, attr->max_len))
		return uvb_refuse(bundle, -EOPNOTSUPP, attr->id,
				  "%s: bytes beyond the %u this kernel knows are not zero",
				  attr->name, attr->max_len);
	if (uattr->len < attr->min_len || (!trailing && uattr->len > attr->max_len))
		return uvb_refuse(bundle, -EINVAL, attr->id, "%s: length %u, wants %u to %u",
				  attr->name, uattr->len, attr->min_len, attr->max_len);
	if (uattr->attr_data.reserved && attr->kind != UVERBS_BPF_KIND_ENUM)
		return uvb_refuse(bundle, -EINVAL, attr->id, "%s: reserved field is not 0",
				  attr->name);
	return 0;
}

static __always_inline int uvb_attr_data(struct uvb_call *call, const struct uvb_attr *attr,
					 const struct ib_uverbs_attr *uattr, unsigned int index,
					 struct uverbs_attr *to)
{
	int ret;

	if (unlikely(uattr->len < attr->min_len || uattr->len > attr->max_len ||
		     uattr->attr_data.reserved)) {
		ret = uvb_attr_data_check(call, attr, uattr);
		if (ret)
			return ret;
	}
	to->ptr_attr.uattr_idx = index;
	to->ptr_attr.len = uattr->len;
	to->ptr_attr.data = uattr->data;
	if (unlikely(attr->flags & UVB_F_COPY) && !uvb_is_inline(to))
		return uvb_attr_copy(call, uattr, to);
	return 0;
}

static noinline int uvb_attr_enum(struct uvb_call *call, const struct uvb_attr *attr,
			 const struct ib_uverbs_attr *uattr, struct uverbs_attr *to)
{
	struct uverbs_attr_bundle *bundle = uvb_bundle(call);
	unsigned int value = uattr->attr_data.enum_data.elem_id;

	if (value >= attr->object)
		return uvb_refuse(bundle, -EOPNOTSUPP, attr->id,
				  "%s: value %u, this kernel knows 0 to %u", attr->name, value,
				  attr->object - 1);
	if (uattr->attr_data.enum_data.reserved)
		return uvb_refuse(bundle, -EINVAL, attr->id, "%s: reserved field is not 0",
				  attr->name);
	if (attr->values) {
		attr = &attr->values[array_index_nospec(value, attr->object)];
		if (attr->kind != UVERBS_BPF_KIND_ENUM)
			return -EOPNOTSUPP;
	}
	to->ptr_attr.enum_id = value;
	return uvb_attr_data(call, attr, uattr, uattr - call->priv.uattrs, to);
}

/* What the driver sees of an object that one of its own methods is called for. */
static int uvb_attr_stand_in(struct uvb_call *call, struct uvb_handle *handle,
			     struct ib_uobject **to)
{
	void *memory;

	if (handle->whole) {
		*to = uvb_uobject(handle);
		return 0;
	}
	memory = uvb_call_alloc(call, uvb_stand_in_size);
	if (!memory)
		return -ENOMEM;
	memset(memory, 0, uvb_stand_in_size);
	*to = uvb_stand_in(memory, call->file, handle);
	uvb_handle(*to)->stand_in = true;
	return 0;
}

static struct uvb_handle *uvb_attr_stood_for(struct ib_uobject *uobject)
{
	struct uvb_handle *handle = uvb_handle(uobject);

	return handle->stand_in ? uvb_stand_in_end(uobject) : handle;
}

/* An object of an array, or of any object. Those are in spec_finalize. */
static int uvb_attr_special_get(struct uvb_call *call, const struct uvb_attr *attr, s64 id,
				struct ib_uobject **to)
{
	struct uverbs_attr_bundle *bundle = uvb_bundle(call);
	struct uvb_handle *handle;
	int ret;

	handle = uvb_handle_get(bundle, attr->object, id, attr->access);
	if (IS_ERR(handle))
		return uvb_refuse(bundle, PTR_ERR(handle), attr->id,
				  "%s: no such object, or it is in use", attr->name);
	ret = uvb_attr_stand_in(call, handle, to);
	if (ret)
		uvb_handle_put(handle, attr->access);
	return ret;
}

static noinline int uvb_attr_handles(struct uvb_call *call, const struct uvb_attr *attr,
			    const struct ib_uverbs_attr *uattr, struct uverbs_attr *to,
			    unsigned int bkey)
{
	struct uverbs_attr_bundle *bundle = uvb_bundle(call);
	unsigned int i, n = uattr->len / sizeof(u32);
	struct ib_uobject **uobjects;
	u32 *ids;
	int ret;

	if (uattr->attr_data.reserved || uattr->len % sizeof(u32) || n < attr->min_len ||
	    n > attr->max_len)
		return uvb_refuse(bundle, -EINVAL, attr->id,
				  "%s: wants %u to %u handles of 4 bytes, and 0 in the reserved field",
				  attr->name, attr->min_len, attr->max_len);

	uobjects = uvb_call_alloc(call, array_size(n, sizeof(*uobjects)));
	if (!uobjects)
		return -ENOMEM;
	/* Read from the end of the array that takes their place. */
	ids = (u32 *)(uobjects + n) - n;
	if (uattr->len <= sizeof(uattr->data))
		memcpy(ids, &uattr->data, uattr->len);
	else if (copy_from_user(ids, u64_to_user_ptr(uattr->data), uattr->len))
		return -EFAULT;

	for (i = 0, ret = 0; i < n && !ret; i++)
		ret = uvb_attr_special_get(call, attr, ids[i], &uobjects[i]);
	to->objs_arr_attr.uobjects = uobjects;
	to->objs_arr_attr.len = ret ? i - 1 : i;
	__set_bit(bkey, call->priv.spec_finalize);
	return ret;
}

/* Of the driver's own methods: whatever it reads of the object is there. */
static noinline int uvb_attr_whole(struct uvb_call *call, const struct uvb_attr *attr,
			  const struct ib_uverbs_attr *uattr, struct uverbs_attr *to,
			  unsigned int bkey)
{
	int ret;

	if (uattr->attr_data.reserved || uattr->len)
		return uvb_refuse(uvb_bundle(call), -EINVAL, attr->id,
				  "%s: a handle has length 0 and its reserved field 0", attr->name);
	ret = uvb_attr_special_get(call, attr, uattr->data_s64, &to->obj_attr.uobject);
	if (ret)
		return ret;
	to->obj_attr.attr_elm = NULL;
	__set_bit(bkey, call->priv.spec_finalize);
	return 0;
}

static int uvb_attr_handle_get(struct uvb_call *call, const struct uvb_attr *attr,
			       const struct ib_uverbs_attr *uattr, unsigned int index,
			       struct uverbs_attr *to, unsigned int bkey)
{
	struct uverbs_attr_bundle *bundle = uvb_bundle(call);
	struct uvb_handle *handle;

	if (uattr->attr_data.reserved || uattr->len)
		return uvb_refuse(bundle, -EINVAL, attr->id,
				  "%s: a handle has length 0 and its reserved field 0", attr->name);

	if (attr->access == UVERBS_BPF_ACCESS_NEW)
		handle = uvb_handle_begin(bundle, attr->object);
	else
		handle = uvb_handle_get(bundle, attr->object, uattr->data_s64, attr->access);
	if (IS_ERR(handle))
		return uvb_refuse(bundle, PTR_ERR(handle), attr->id,
				  attr->access == UVERBS_BPF_ACCESS_NEW ?
				  "%s: cannot make a handle" : "%s: no such object, or it is in use",
				  attr->name);

	to->obj_attr.uobject = uvb_uobject(handle);
	to->obj_attr.attr_elm = NULL;
	__set_bit(bkey, call->priv.uobj_finalize);

	if (attr->access == UVERBS_BPF_ACCESS_NEW) {
		u64 id = handle->id;

		return uvb_put(&call->priv.user_attrs[index].data, &id, sizeof(id));
	}
	return 0;
}

static __always_inline int uvb_attr_unpack(struct uvb_call *call, const struct uvb_attr *attr,
					   const struct ib_uverbs_attr *uattr, unsigned int index,
					   unsigned int bkey)
{
	struct uverbs_attr *to = &uvb_bundle(call)->attrs[bkey];

	/* Nearly all. */
	if (likely(attr->kind <= UVERBS_BPF_KIND_FLAGS))
		return uvb_attr_data(call, attr, uattr, index, to);
	switch (attr->kind) {
	case UVERBS_BPF_KIND_HANDLE:
	case UVERBS_BPF_KIND_FD:
		return uvb_attr_handle_get(call, attr, uattr, index, to, bkey);
	case UVERBS_BPF_KIND_HANDLE | UVB_KIND_WHOLE:
	case UVERBS_BPF_KIND_FD | UVB_KIND_WHOLE:
		return uvb_attr_whole(call, attr, uattr, to, bkey);
	case UVERBS_BPF_KIND_HANDLES:
		return uvb_attr_handles(call, attr, uattr, to, bkey);
	case UVERBS_BPF_KIND_ENUM:
		return uvb_attr_enum(call, attr, uattr, to);
	default: /* UVERBS_BPF_KIND_RAW_FD */
		if (uattr->attr_data.reserved || uattr->len || uattr->data_s64 < INT_MIN ||
		    uattr->data_s64 > INT_MAX)
			return -EINVAL;
		to->ptr_attr.data = uattr->data_s64;
		return 0;
	}
}

static __always_inline int uvb_attr_process(struct uvb_call *call, const struct uvb_method *method,
					    const struct ib_uverbs_attr *uattr, unsigned int index)
{
	struct uverbs_attr_bundle *bundle = uvb_bundle(call);
	unsigned int bkey, slot = UVB_NO_SLOT;
	bool always = false;
	int ret;

	if (unlikely(uattr->attr_id >> UVERBS_BPF_NS_SHIFT > UVERBS_BPF_NS_DRIVER)) {
		if (uattr->attr_id == UVERBS_BPF_ATTR_ERROR)
			return uvb_error_check(call, index);
		if (uattr->attr_id >> UVERBS_BPF_NS_SHIFT != UVERBS_BPF_NS_ETHERNET)
			return uvb_ext_attr(call, uattr, index);
		always = true;
		bkey = UVB_BKEY_ETH(uattr->attr_id);
		if (bkey < UVB_MAX_BKEY)
			slot = method->slot[array_index_nospec(bkey, UVB_MAX_BKEY)];
		/* In a method without Ethernet attributes the place may be another one's. */
		if (slot != UVB_NO_SLOT && method->attrs[slot].id != uattr->attr_id)
			slot = UVB_NO_SLOT;
	} else {
		bkey = UVB_BKEY_STOCK(uattr->attr_id);
		if (bkey < method->bkey_len)
			slot = method->slot[array_index_nospec(bkey, UVB_MAX_BKEY)];
	}
	if (slot == UVB_NO_SLOT) {
		if (always || uattr->flags & UVERBS_ATTR_F_MANDATORY)
			return uvb_refuse(bundle, -EPROTONOSUPPORT, uattr->attr_id,
					  "%s: attribute 0x%04x is not known to this kernel",
					  method->name, uattr->attr_id);
		return 0;
	}

	if (test_bit(bkey, bundle->attr_present))
		return uvb_refuse(bundle, -EINVAL, uattr->attr_id, "%s: given twice",
				  method->attrs[slot].name);

	ret = uvb_attr_unpack(call, &method->attrs[slot], uattr, index, bkey);
	if (!ret)
		__set_bit(bkey, bundle->attr_present);
	return ret;
}

static int uvb_refuse_missing(struct uvb_call *call, u64 missing)
{
	const struct uvb_method *method = call->method;
	const struct uvb_attr *attr = &method->attrs[method->slot[__ffs64(missing)]];

	return uvb_refuse(uvb_bundle(call), -EINVAL, attr->id, "%s: wants attribute %s",
			  method->name, attr->name);
}

/* ---- the call ---- */

/* What a method does once its attributes are checked. */
static int uvb_method_run(struct uverbs_attr_bundle *bundle, const void *arg)
{
	const struct uvb_method *method = uvb_call(bundle)->method;
	int ret;

	if (method->destroy != UVB_NO_SLOT) {
		struct uvb_handle *handle =
			uvb_handle(bundle->attrs[method->destroy].obj_attr.uobject);

		ret = uvb_handle_destroy(bundle, handle);
		if (ret)
			return ret;
	}

	ret = method->handler(bundle);

	/* A legacy command has done so before its new object was made known. */
	if (!ret && method->has_udata && method->handler != uvb_invoke_write)
		ret = uvb_mark_driver_output(bundle);
	return ret;
}

static int uvb_call_run(struct uvb_call *call)
{
	const struct uvb_method *method = call->method;
	const struct ib_uverbs_attr *uattrs = call->priv.uattrs;
	struct uverbs_attr_bundle *bundle = uvb_bundle(call);
	unsigned int i, num_attrs = call->num_attrs;
	u64 missing;
	int ret;

	for (i = 0; i < num_attrs; i++) {
		ret = uvb_attr_process(call, method, &uattrs[i], i);
		if (unlikely(ret))
			return ret;
	}

	missing = method->mandatory & ~(u64)bundle->attr_present[0];
	if (unlikely(missing))
		return uvb_refuse_missing(call, missing);
	/* A single attribute of a transport's is in nobody's way. */
	if (unlikely(call->nr_ext > 1) || uvb_ext_has_provider(call)) {
		ret = uvb_ext_check(call);
		if (ret)
			return ret;
	}

	if (method->has_udata)
		uvb_fill_udata(bundle, &bundle->driver_udata, UVERBS_ATTR_UHW_IN,
			       UVERBS_ATTR_UHW_OUT);

	if ((uvb_ext_any() || uvb_ext_has_provider(call)) && method->hook != UVB_HOOK_NONE) {
		struct uvb_hooked what = {
			.object = method->object,
			.method = method->id,
			.tells = method->hook == UVB_HOOK_TELLS,
			.run = uvb_method_run,
		};

		ret = uvb_ext_run(call, &what);
	} else {
		ret = uvb_method_run(bundle, NULL);
	}

	/*
	 * libibverbs takes it for "this kernel has no such method" and never asks again. But a
	 * program may be detached while a call with its attribute runs.
	 */
	if (!call->nr_ext && !method->own && WARN_ON_ONCE(ret == -EPROTONOSUPPORT))
		ret = -EINVAL;
	return ret;
}

/* Put back what uvb_attr_special_get() looked up. */
static void uvb_call_finish_special(struct uvb_call *call)
{
	struct uverbs_attr_bundle *bundle = uvb_bundle(call);
	const struct uvb_method *method = call->method;
	unsigned int bkey, i;

	for_each_set_bit(bkey, call->priv.spec_finalize, UVERBS_API_ATTR_BKEY_LEN) {
		const struct uvb_attr *attr = &method->attrs[method->slot[bkey]];
		const struct uverbs_attr *of = &bundle->attrs[bkey];

		if (attr->kind != UVERBS_BPF_KIND_HANDLES) {
			uvb_handle_put(uvb_attr_stood_for(of->obj_attr.uobject), attr->access);
			continue;
		}
		for (i = 0; i < of->objs_arr_attr.len; i++)
			uvb_handle_put(uvb_attr_stood_for(of->objs_arr_attr.uobjects[i]),
				       attr->access);
	}
}

/*
 * Put back, commit or undo every handle the call opened, and free what the
 * driver took of the bundle's memory: a list whose first word is the next.
 */
static void uvb_call_finish(struct uvb_call *call, bool commit)
{
	struct uverbs_attr_bundle *bundle = uvb_bundle(call);
	const struct uvb_method *method = call->method;
	void **block, **next;
	unsigned int bkey;

	for_each_set_bit(bkey, call->priv.uobj_finalize, UVERBS_API_ATTR_BKEY_LEN) {
		const struct uvb_attr *attr = &method->attrs[method->slot[bkey]];
		struct uvb_handle *handle = uvb_handle(bundle->attrs[bkey].obj_attr.uobject);

		if (attr->access != UVERBS_BPF_ACCESS_NEW)
			uvb_handle_put(handle, attr->access);
		else if (commit)
			uvb_handle_commit(call->file, handle);
		else
			uvb_handle_abort(bundle, handle,
					 test_bit(bkey, call->priv.uobj_hw_obj_valid));
	}
	if (unlikely(call->priv.spec_finalize[0]))
		uvb_call_finish_special(call);
	for (block = call->priv.allocated_mem; block; block = next) {
		next = *block;
		kvfree(block);
	}
	uvb_call_put_sgid(call);
	if (unlikely(call->error_text))
		kfree(call->error_text);
}

/*
 * A call of a method that was found. Drivers that want memory of the bundle get
 * what is free on our stack first.
 */
static __always_inline int __uvb_call_attrs(struct uvb_file *file, const struct uvb_method *method,
					    unsigned int num_attrs,
					    struct ib_uverbs_attr __user *user_attrs)
{
	struct ib_uverbs_attr small[UVB_STACK_UATTRS] __uninitialized;
	struct uvb_stack_call stack __uninitialized;
	struct ib_uverbs_attr *attrs = small;
	struct uvb_call *call = &stack.call;
	int ret;

	/* More than fit on the stack, which no library of today sends. */
	if (unlikely(num_attrs > ARRAY_SIZE(small))) {
		attrs = memdup_array_user(user_attrs, num_attrs, sizeof(*attrs));
		if (IS_ERR(attrs))
			return PTR_ERR(attrs);
	} else if (uvb_get_words((u64 *)attrs, (const u64 __user *)user_attrs,
				 num_attrs * (sizeof(*attrs) / sizeof(u64)))) {
		return -EFAULT;
	}

	uvb_call_begin(call, file);
	if (unlikely(method->driver)) {
		call->priv.internal_avail = sizeof(stack.attrs);
		call->priv.internal_used = method->bkey_len * sizeof(*stack.attrs);
	}
	call->method = method;
	call->direct = method->direct;
	call->priv.user_attrs = user_attrs;
	call->priv.uattrs = attrs;
	call->num_attrs = num_attrs;

	ret = uvb_call_run(call);
	if (unlikely(ret))
		uvb_error_deliver(call, ret);
	uvb_call_finish(call, !ret);
	if (unlikely(attrs != small))
		kfree(attrs);
	return ret;
}

int uvb_call_attrs(struct uvb_file *file, const struct uvb_method *method, unsigned int num_attrs,
		   struct ib_uverbs_attr __user *user_attrs)
{
	return __uvb_call_attrs(file, method, num_attrs, user_attrs);
}

static __always_inline int uvb_call_ioctl(struct uvb_file *file,
					  const struct ib_uverbs_ioctl_hdr *hdr,
					  struct ib_uverbs_attr __user *user_attrs)
{
	struct uvb_device *dev = uvb_file_device(file);
	const struct uvb_method *method;

	if (unlikely(hdr->driver_id != dev->driver_id))
		return -EINVAL;
	method = uvb_api_method(&dev->api, hdr->object_id, hdr->method_id);
	if (unlikely(!method)) {
		method = uvb_driver_method(&dev->api, hdr->object_id, hdr->method_id);
		if (method == ERR_PTR(-EPROTONOSUPPORT))
			return uvb_ext_call(file, hdr, user_attrs);
		if (IS_ERR(method))
			return PTR_ERR(method);
	}
	return __uvb_call_attrs(file, method, hdr->num_attrs, user_attrs);
}

long uvb_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	struct ib_uverbs_ioctl_hdr __user *user = (struct ib_uverbs_ioctl_hdr __user *)arg;
	struct ib_uverbs_ioctl_hdr hdr __uninitialized;
	struct uvb_file *file = filp->private_data;
	int srcu, ret;

	if (unlikely(cmd != RDMA_VERBS_IOCTL))
		return -ENOIOCTLCMD;

	if (uvb_get(&hdr, user, sizeof(hdr)))
		return -EFAULT;
	if (hdr.length > PAGE_SIZE || hdr.length != struct_size(&hdr, attrs, hdr.num_attrs))
		return -EINVAL;
	if (hdr.reserved1 || hdr.reserved2)
		return -EPROTONOSUPPORT;

	srcu = srcu_read_lock(&file->stock.device->disassociate_srcu);
	ret = uvb_call_ioctl(file, &hdr, user->attrs);
	srcu_read_unlock(&file->stock.device->disassociate_srcu, srcu);
	return ret;
}

/* ---- attribute access for handlers ---- */

/* Copy an input of at most @size bytes; what the caller did not pass is zero. */
int __uvb_copy_in(void *to, const struct uverbs_attr_bundle *bundle, u16 id, size_t size)
{
	const struct uverbs_attr *attr = &bundle->attrs[UVB_BKEY(id)];
	size_t len = min_t(size_t, attr->ptr_attr.len, size);

	if (uvb_is_inline(attr))
		memcpy(to, &attr->ptr_attr.data, len);
	else if (copy_from_user(to, u64_to_user_ptr(attr->ptr_attr.data), len))
		return -EFAULT;
	if (len < size)
		memset(to + len, 0, size - len);
	return 0;
}

int __uvb_copy_out(const struct uverbs_attr_bundle *bundle, u16 id, const void *from, size_t size)
{
	const struct uverbs_attr *attr = &bundle->attrs[UVB_BKEY(id)];

	if (copy_to_user(u64_to_user_ptr(attr->ptr_attr.data), from,
			 min_t(size_t, attr->ptr_attr.len, size)))
		return -EFAULT;
	return uvb_mark_output(bundle, attr->ptr_attr.uattr_idx);
}

int __uvb_copy_out_zero(const struct uverbs_attr_bundle *bundle, u16 id, const void *from,
			size_t size)
{
	const struct uverbs_attr *attr = &bundle->attrs[UVB_BKEY(id)];

	if (clear_user(u64_to_user_ptr(attr->ptr_attr.data) + size, attr->ptr_attr.len - size))
		return -EFAULT;
	return uvb_copy_out(bundle, id, from, size);
}

/* Old libraries pass four bytes, new ones eight. */
int __uvb_flags(u32 *to, const struct uverbs_attr *attr, u64 allowed)
{
	u64 flags;

	if (attr->ptr_attr.len == sizeof(u64))
		flags = attr->ptr_attr.data;
	else if (attr->ptr_attr.len == sizeof(u32))
		flags = *(const u32 *)&attr->ptr_attr.data;
	else
		return -EINVAL;
	if (flags & ~allowed || flags > U32_MAX)
		return -EINVAL;
	*to = flags;
	return 0;
}

int uvb_destroyed(struct uverbs_attr_bundle *bundle)
{
	return 0;
}

void uvb_created(struct uverbs_attr_bundle *bundle, u16 id)
{
	struct bundle_priv *priv = container_of(&bundle->hdr, struct bundle_priv, bundle);

	__set_bit(UVB_BKEY(id), priv->uobj_hw_obj_valid);
}
