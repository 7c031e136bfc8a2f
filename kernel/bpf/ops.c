// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The two struct_ops types: what the verifier lets their programs do, and
 * what a declaration must look like to be attached.
 *
 * To attach a transport, as root:
 *	uverbs-bpf transport attach /usr/lib/uverbs-bpf/transports/roce.bpf.o
 * or with stock tools (bpftool up to 7.8 attaches and then crashes, exit 139):
 *	bpftool struct_ops register roce.bpf.o /sys/fs/bpf/roce
 */
#include "bpf.h"
#include "../uverbs_bpf_driver.h"

#include <linux/bpf_verifier.h>

struct btf *uvb_btf;

/*
 * Ids as linked. The kernel moves all types of a module by the same amount
 * when it loads the module's BTF, but does not patch this list.
 */
BTF_ID_LIST(uvb_type_ids)
BTF_ID(struct, uverbs_bpf_transport_ops)
BTF_ID(struct, uverbs_bpf_provider_ops)
BTF_ID(struct, uverbs_bpf_ctx)

enum { UVB_TYPE_TRANSPORT, UVB_TYPE_PROVIDER, UVB_TYPE_CTX };

/* How far they were moved: known from the first program on that is verified. */
static u32 uvb_type_delta;

/* What programs may write. */
static const struct {
	u32 start;
	u32 end;
} uvb_ctx_writable[] = {
	{ offsetof(struct uverbs_bpf_ctx, path.dgid),
	  offsetofend(struct uverbs_bpf_ctx, path.has_grh) },
	{ offsetof(struct uverbs_bpf_ctx, made), offsetofend(struct uverbs_bpf_ctx, made) },
	{ offsetof(struct uverbs_bpf_ctx, alt.path.dgid),
	  offsetofend(struct uverbs_bpf_ctx, alt.path.has_grh) },
	{ offsetof(struct uverbs_bpf_ctx, alt.pkey_index),
	  offsetofend(struct uverbs_bpf_ctx, mig_state) },
	{ offsetof(struct uverbs_bpf_ctx, qp_state),
	  offsetofend(struct uverbs_bpf_ctx, qp_state) },
};

static int uvb_btf_struct_access(struct bpf_verifier_log *log, const struct bpf_reg_state *reg,
				 int off, int size)
{
	unsigned int i;

	/* No kfunc makes an untrusted pointer to it; one that did must not make it writable. */
	if (reg->type & PTR_UNTRUSTED || reg->btf != uvb_btf ||
	    reg->btf_id != uvb_type_ids[UVB_TYPE_CTX] + READ_ONCE(uvb_type_delta)) {
		bpf_log(log, "only struct uverbs_bpf_ctx may be written\n");
		return -EACCES;
	}
	for (i = 0; i < ARRAY_SIZE(uvb_ctx_writable); i++) {
		if (off >= (int)uvb_ctx_writable[i].start &&
		    off + size <= (int)uvb_ctx_writable[i].end)
			return SCALAR_VALUE;
	}
	bpf_log(log, "write of %d bytes at offset %d of struct uverbs_bpf_ctx, only path, made, alt, mig_state and qp_state may be written\n",
		size, off);
	return -EACCES;
}

static const struct bpf_func_proto *uvb_get_func_proto(enum bpf_func_id func_id,
						       const struct bpf_prog *prog)
{
	return bpf_base_func_proto(func_id, prog);
}

static const struct bpf_verifier_ops uvb_verifier_ops = {
	.get_func_proto = uvb_get_func_proto,
	.is_valid_access = bpf_tracing_btf_ctx_access,
	.btf_struct_access = uvb_btf_struct_access,
};

static int uvb_ops_btf_init(struct btf *btf)
{
	uvb_btf = btf;
	return 0;
}

static int uvb_check_member(const struct bpf_prog *prog, u32 type)
{
	/*
	 * Programs run under RCU on behalf of any user: one that slept on that
	 * user's memory would hold up whoever wants to take it off.
	 */
	if (prog->sleepable)
		return -EINVAL;
	WRITE_ONCE(uvb_type_delta, prog->aux->attach_btf_id - uvb_type_ids[type]);
	return 0;
}

#define uvb_decl_refuse(kind, decl, fmt, ...)						\
	({										\
		pr_warn("%s %.*s: " fmt "\n",						\
			(kind) == UVERBS_BPF_TRANSPORT ? "transport" : "provider",	\
			(int)strnlen((decl)->name, sizeof((decl)->name)), (decl)->name,	\
			##__VA_ARGS__);							\
		-EINVAL;								\
	})

bool uvb_name_ok(const char *name, size_t size)
{
	size_t len = strnlen(name, size);

	return len && len < size && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == len;
}

/* Of a row that uses up what it has room for; what is beyond must be zero. */
#define uvb_rest_is_zero(array, n)							\
	(!memchr_inv(&(array)[n], 0, (ARRAY_SIZE(array) - (n)) * sizeof((array)[0])))

static bool uvb_method_is(const struct uverbs_bpf_attr *row, u16 object, u16 method, u8 direction)
{
	return row->object == object && row->method == method && row->direction == direction;
}

/* What consumes a path; another row would be accepted in calls and then ignored. */
static bool uvb_row_of_path(const struct uverbs_bpf_attr *row)
{
	return uvb_method_is(row, UVERBS_OBJECT_QP, UVERBS_BPF_METHOD_QP_MODIFY,
			     UVERBS_BPF_KIND_IN) ||
	       uvb_method_is(row, UVERBS_OBJECT_QP, UVERBS_BPF_METHOD_QP_CONNECT,
			     UVERBS_BPF_KIND_IN) ||
	       uvb_method_is(row, UVERBS_OBJECT_QP, UVERBS_BPF_METHOD_QP_QUERY,
			     UVERBS_BPF_KIND_OUT) ||
	       uvb_method_is(row, UVERBS_OBJECT_AH, UVERBS_BPF_METHOD_AH_CREATE,
			     UVERBS_BPF_KIND_IN) ||
	       uvb_method_is(row, UVERBS_OBJECT_AH, UVERBS_BPF_METHOD_AH_QUERY,
			     UVERBS_BPF_KIND_OUT);
}

static int uvb_row_check(enum uverbs_bpf_program_kind kind, const struct uverbs_bpf_decl *decl,
			 u32 i)
{
	const struct uverbs_bpf_attr *row = &decl->attrs[i];
	/* When a call must have a path the state machine of QPs knows, not a schema. */
	u8 flags = kind == UVERBS_BPF_PROVIDER ? UVERBS_BPF_ATTR_MANDATORY : 0;
	/* What says all by being there need not hold anything. */
	u16 shortest = kind == UVERBS_BPF_TRANSPORT || row->direction == UVERBS_BPF_KIND_OUT;

	if (!uvb_name_ok(row->name, sizeof(row->name)))
		return uvb_decl_refuse(kind, decl, "attrs[%u].name: wants 1 to %zu of a-z, 0-9, _ and -",
				       i, sizeof(row->name) - 1);
	if (row->id & ~UVERBS_BPF_ID_MASK)
		return uvb_decl_refuse(kind, decl, "attrs[%u].id is 0x%x, has 12 bits", i, row->id);
	if (row->direction != UVERBS_BPF_KIND_IN && row->direction != UVERBS_BPF_KIND_OUT)
		return uvb_decl_refuse(kind, decl, "attrs[%u].direction is %u, wants KIND_IN or KIND_OUT",
				       i, row->direction);
	if (row->flags & ~flags)
		return uvb_decl_refuse(kind, decl, "attrs[%u].flags is 0x%x, knows 0x%x", i,
				       row->flags, flags);
	if (row->min_len > row->max_len || row->max_len > UVERBS_BPF_MAX_LEN ||
	    row->max_len < shortest)
		return uvb_decl_refuse(kind, decl, "attrs[%u] has %u to %u bytes, wants %u to %u", i,
				       row->min_len, row->max_len, shortest, UVERBS_BPF_MAX_LEN);
	if (row->reserved)
		return uvb_decl_refuse(kind, decl, "attrs[%u].reserved is not 0", i);
	if (uvb_decl_row(decl, row->object, row->method, row->id) != row)
		return uvb_decl_refuse(kind, decl, "attrs[%u]: id %u of that method is there twice",
				       i, row->id);
	if (kind == UVERBS_BPF_TRANSPORT && !uvb_row_of_path(row))
		return uvb_decl_refuse(kind, decl,
				       "attrs[%u]: takes inputs of QP_MODIFY, QP_CONNECT and AH_CREATE and outputs of QP_QUERY and AH_QUERY only",
				       i);
	return 0;
}

static int uvb_decl_check(enum uverbs_bpf_program_kind kind, const struct uverbs_bpf_decl *decl)
{
	const u32 protocols = UVERBS_BPF_PROTOCOL_IB | UVERBS_BPF_PROTOCOL_OPA |
			      UVERBS_BPF_PROTOCOL_ROCE | UVERBS_BPF_PROTOCOL_IWARP;
	u32 flags = kind == UVERBS_BPF_PROVIDER ?
		    UVERBS_BPF_FAIL_CLOSED | UVERBS_BPF_WITH_DRIVER : 0;
	u32 i;
	int ret;

	if (!uvb_name_ok(decl->name, sizeof(decl->name)))
		return uvb_decl_refuse(kind, decl, "name: wants 1 to %zu of a-z, 0-9, _ and -",
				       sizeof(decl->name) - 1);
	if (!decl->abi || decl->abi > UVERBS_BPF_ABI)
		return uvb_decl_refuse(kind, decl, "abi is %u, this module has 1 to %u", decl->abi,
				       UVERBS_BPF_ABI);
	if (decl->flags & ~flags)
		return uvb_decl_refuse(kind, decl, "flags is 0x%x, knows 0x%x", decl->flags, flags);
	if (decl->flags & UVERBS_BPF_WITH_DRIVER && !decl->driver_id)
		return uvb_decl_refuse(kind, decl, "WITH_DRIVER wants a driver_id");
	if (decl->protocols & ~protocols)
		return uvb_decl_refuse(kind, decl, "protocols is 0x%x, knows 0x%x", decl->protocols,
				       protocols);
	if (kind == UVERBS_BPF_TRANSPORT && !decl->protocols)
		return uvb_decl_refuse(kind, decl, "protocols is 0, wants at least one of 0x%x",
				       protocols);
	if (strnlen(decl->ibdev, sizeof(decl->ibdev)) == sizeof(decl->ibdev))
		return uvb_decl_refuse(kind, decl, "ibdev: wants a NUL within %zu bytes",
				       sizeof(decl->ibdev));
	if (decl->nr_attrs > UVERBS_BPF_MAX_ATTRS)
		return uvb_decl_refuse(kind, decl, "nr_attrs is %u, wants at most %u",
				       decl->nr_attrs, UVERBS_BPF_MAX_ATTRS);
	if (memchr_inv(decl->reserved, 0, sizeof(decl->reserved)))
		return uvb_decl_refuse(kind, decl, "reserved is not 0");
	for (i = 0; i < decl->nr_attrs; i++) {
		ret = uvb_row_check(kind, decl, i);
		if (ret)
			return ret;
	}
	if (!uvb_rest_is_zero(decl->attrs, i))
		return uvb_decl_refuse(kind, decl, "attrs[%u] and later are beyond nr_attrs and not 0",
				       i);
	return 0;
}

/* Takes over the declaration, which is the first member of both types, and their only data. */
static int uvb_init_member(enum uverbs_bpf_program_kind kind, const struct btf_type *t,
			   const struct btf_member *member, void *kdata, const void *udata)
{
	struct uverbs_bpf_decl *decl = kdata;
	int ret;

	if (__btf_member_bit_offset(t, member))
		return 0;
	*decl = *(const struct uverbs_bpf_decl *)udata;
	ret = uvb_decl_check(kind, decl);
	return ret ?: 1;
}

static bool uvb_decl_has(const struct uverbs_bpf_decl *decl, u8 direction)
{
	u32 i;

	for (i = 0; i < decl->nr_attrs; i++) {
		if (decl->attrs[i].direction == direction)
			return true;
	}
	return false;
}

/* ---- transports ---- */

static int uverbs_bpf_transport_ops__path_set(struct uverbs_bpf_ctx *ctx)
{
	return 0;
}

static int uverbs_bpf_transport_ops__path_get(struct uverbs_bpf_ctx *ctx)
{
	return 0;
}

static void uverbs_bpf_transport_ops__exit(struct uverbs_bpf_exit *info)
{
}

static int uverbs_bpf_transport_ops__legal(struct uverbs_bpf_ctx *ctx)
{
	return 0;
}

static struct uverbs_bpf_transport_ops uvb_transport_stubs = {
	.path_set = uverbs_bpf_transport_ops__path_set,
	.path_get = uverbs_bpf_transport_ops__path_get,
	.exit = uverbs_bpf_transport_ops__exit,
	.legal = uverbs_bpf_transport_ops__legal,
};

static int uvb_transport_check_member(const struct btf_type *t, const struct btf_member *member,
				      const struct bpf_prog *prog)
{
	return uvb_check_member(prog, UVB_TYPE_TRANSPORT);
}

static int uvb_transport_init_member(const struct btf_type *t, const struct btf_member *member,
				     void *kdata, const void *udata)
{
	return uvb_init_member(UVERBS_BPF_TRANSPORT, t, member, kdata, udata);
}

static int uvb_transport_validate(void *kdata)
{
	const struct uverbs_bpf_transport_ops *ops = kdata;

	if (!ops->decl.nr_attrs && !ops->legal)
		return uvb_decl_refuse(UVERBS_BPF_TRANSPORT, &ops->decl,
				       "nr_attrs is 0, a path needs an attribute; and there is no legal()");
	if (uvb_decl_has(&ops->decl, UVERBS_BPF_KIND_IN) && !ops->path_set)
		return uvb_decl_refuse(UVERBS_BPF_TRANSPORT, &ops->decl,
				       "has inputs and no path_set()");
	if (uvb_decl_has(&ops->decl, UVERBS_BPF_KIND_OUT) && !ops->path_get)
		return uvb_decl_refuse(UVERBS_BPF_TRANSPORT, &ops->decl,
				       "has outputs and no path_get()");
	return 0;
}

/* Without a link it would be in no list of bpftool's and could not be replaced. */
static int uvb_link_check(enum uverbs_bpf_program_kind kind, const struct uverbs_bpf_decl *decl,
			  const struct bpf_link *link)
{
	if (link)
		return 0;
	uvb_decl_refuse(kind, decl, "has no link; put it in section .struct_ops.link");
	return -EOPNOTSUPP;
}

static int uvb_transport_reg(void *kdata, struct bpf_link *link)
{
	return uvb_link_check(UVERBS_BPF_TRANSPORT, kdata, link) ?:
	       uvb_program_attach(UVERBS_BPF_TRANSPORT, kdata, link);
}

/**
 * uverbs_bpf_transport_register() - a transport in C
 * @ops: as a program has them, callbacks and their contexts included; stays until
 *	uverbs_bpf_transport_unregister()
 *
 * Context: may sleep.
 * Return: 0; -EINVAL if @ops is malformed, with the reason in the log; -EEXIST if one of that
 * name is attached; -ENOSPC; -ENOMEM.
 */
int uverbs_bpf_transport_register(struct uverbs_bpf_transport_ops *ops)
{
	return uvb_decl_check(UVERBS_BPF_TRANSPORT, &ops->decl) ?: uvb_transport_validate(ops) ?:
	       uvb_program_attach(UVERBS_BPF_TRANSPORT, ops, NULL);
}
EXPORT_SYMBOL_GPL(uverbs_bpf_transport_register);

/**
 * uverbs_bpf_transport_unregister() - undo uverbs_bpf_transport_register()
 * @ops: no callback of it runs any more when this returns
 *
 * Context: may sleep.
 */
void uverbs_bpf_transport_unregister(struct uverbs_bpf_transport_ops *ops)
{
	uvb_program_detach(ops, NULL);
}
EXPORT_SYMBOL_GPL(uverbs_bpf_transport_unregister);

static struct bpf_struct_ops uvb_transport_type = {
	.verifier_ops = &uvb_verifier_ops,
	.init = uvb_ops_btf_init,
	.check_member = uvb_transport_check_member,
	.init_member = uvb_transport_init_member,
	.validate = uvb_transport_validate,
	.reg = uvb_transport_reg,
	.unreg = uvb_program_detach,
	.update = uvb_program_update,
	.cfi_stubs = &uvb_transport_stubs,
	.name = "uverbs_bpf_transport_ops",
	.owner = THIS_MODULE,
};

/* ---- providers ---- */

static int uverbs_bpf_provider_ops__before(struct uverbs_bpf_ctx *ctx)
{
	return 0;
}

static void uverbs_bpf_provider_ops__after(struct uverbs_bpf_ctx *ctx, int ret)
{
}

static int uverbs_bpf_provider_ops__method(struct uverbs_bpf_ctx *ctx)
{
	return 0;
}

static int uverbs_bpf_provider_ops__prepare(struct uverbs_bpf_ctx *ctx)
{
	return 0;
}

static int uverbs_bpf_provider_ops__complete(struct uverbs_bpf_ctx *ctx)
{
	return 0;
}

static void uverbs_bpf_provider_ops__obj_add(struct uverbs_bpf_obj *obj)
{
}

static void uverbs_bpf_provider_ops__obj_remove(struct uverbs_bpf_obj *obj)
{
}

static void uverbs_bpf_provider_ops__dev_add(struct uverbs_bpf_dev *dev)
{
}

static void uverbs_bpf_provider_ops__dev_remove(struct uverbs_bpf_dev *dev)
{
}

static int uverbs_bpf_provider_ops__comp(struct uverbs_bpf_comp *comp)
{
	return 1;
}

static void uverbs_bpf_provider_ops__dump(struct uverbs_bpf_dump *dump)
{
}

static void uverbs_bpf_provider_ops__exit(struct uverbs_bpf_exit *info)
{
}

/* A callback without a stub is one that this module does not run: the kernel refuses it. */
static struct uverbs_bpf_provider_ops uvb_provider_stubs = {
	.before = uverbs_bpf_provider_ops__before,
	.after = uverbs_bpf_provider_ops__after,
	.method = uverbs_bpf_provider_ops__method,
	.prepare = uverbs_bpf_provider_ops__prepare,
	.complete = uverbs_bpf_provider_ops__complete,
	.obj_add = uverbs_bpf_provider_ops__obj_add,
	.obj_remove = uverbs_bpf_provider_ops__obj_remove,
	.dev_add = uverbs_bpf_provider_ops__dev_add,
	.dev_remove = uverbs_bpf_provider_ops__dev_remove,
	.comp = uverbs_bpf_provider_ops__comp,
	.dump = uverbs_bpf_provider_ops__dump,
	.exit = uverbs_bpf_provider_ops__exit,
};

#define uvb_provider_refuse(ops, fmt, ...)						\
	uvb_decl_refuse(UVERBS_BPF_PROVIDER, &(ops)->decl, fmt, ##__VA_ARGS__)

static bool uvb_is_self(u16 id)
{
	return (id & ~UVERBS_BPF_ID_MASK) == UVERBS_BPF_SELF(0);
}

static const struct uverbs_bpf_object *
uvb_own_object(const struct uverbs_bpf_channel_decl *channel, u16 object)
{
	u32 i;

	for (i = 0; i < channel->nr_objects; i++) {
		if (UVERBS_BPF_SELF(channel->objects[i].id) == object)
			return &channel->objects[i];
	}
	return NULL;
}

static int uvb_object_check(const struct uverbs_bpf_provider_ops *ops, u32 i)
{
	const struct uverbs_bpf_object *row = &ops->channel.objects[i];

	if (!uvb_name_ok(row->name, sizeof(row->name)))
		return uvb_provider_refuse(ops, "objects[%u].name: wants 1 to %zu of a-z, 0-9, _ and -",
					   i, sizeof(row->name) - 1);
	if (row->id >= UVERBS_BPF_MAX_OBJECTS)
		return uvb_provider_refuse(ops, "objects[%u].id is %u, wants 0 to %u", i, row->id,
					   UVERBS_BPF_MAX_OBJECTS - 1);
	if (uvb_own_object(&ops->channel, UVERBS_BPF_SELF(row->id)) != row)
		return uvb_provider_refuse(ops, "objects[%u]: id %u is there twice", i, row->id);
	if (row->state > UVERBS_BPF_MAX_STATE)
		return uvb_provider_refuse(ops, "objects[%u].state is %u bytes, wants at most %u", i,
					   row->state, UVERBS_BPF_MAX_STATE);
	if (row->flags)
		return uvb_provider_refuse(ops, "objects[%u].flags is 0x%x, knows none", i,
					   row->flags);
	return 0;
}

/* Which objects a method with some access can be for. */
static bool uvb_method_access_ok(const struct uverbs_bpf_channel_decl *channel,
				 const struct uverbs_bpf_method *row)
{
	bool own = uvb_own_object(channel, row->object);

	switch (row->access) {
	case UVERBS_BPF_METHOD_NONE:
		return own || row->object == UVERBS_OBJECT_DEVICE;
	case UVERBS_BPF_METHOD_READ:
	case UVERBS_BPF_METHOD_WRITE:
		/* Numbered ones: a file would have to be told from others of its kind. */
		return own || uvb_type_is_numbered(uvb_type(row->object));
	case UVERBS_BPF_METHOD_NEW:
	case UVERBS_BPF_METHOD_DESTROY:
		return own;
	default:
		return false;
	}
}

static int uvb_method_check(const struct uverbs_bpf_provider_ops *ops, u32 i)
{
	const struct uverbs_bpf_method *row = &ops->channel.methods[i];

	if (!uvb_name_ok(row->name, sizeof(row->name)))
		return uvb_provider_refuse(ops, "methods[%u].name: wants 1 to %zu of a-z, 0-9, _ and -",
					   i, sizeof(row->name) - 1);
	if (row->id & ~UVERBS_BPF_ID_MASK)
		return uvb_provider_refuse(ops, "methods[%u].id is 0x%x, has 12 bits", i, row->id);
	if (uvb_own_method(&ops->channel, row->object, row->id) != row)
		return uvb_provider_refuse(ops, "methods[%u]: id %u of object 0x%x is there twice", i,
					   row->id, row->object);
	if (row->flags & ~UVB_METHOD_FLAGS || row->reserved)
		return uvb_provider_refuse(ops, "methods[%u].flags is 0x%x, knows 0x%x; reserved is 0",
					   i, row->flags, UVB_METHOD_FLAGS);
	if (!uvb_method_access_ok(&ops->channel, row))
		return uvb_provider_refuse(ops, "methods[%u]: object 0x%x cannot have access %u: DEVICE has none, objects of others READ or WRITE, its own any",
					   i, row->object, row->access);
	if (!(row->flags & UVERBS_BPF_METHOD_EXEC))
		return ops->method ? 0 : uvb_provider_refuse(ops, "methods[%u] wants method()", i);
	/* Its object is gone before it runs, and with it what release() has given back. */
	if (row->access == UVERBS_BPF_METHOD_DESTROY)
		return uvb_provider_refuse(ops, "methods[%u]: a method that destroys runs no command, the driver's release() does that",
					   i);
	if (!ops->prepare || !ops->complete)
		return uvb_provider_refuse(ops, "methods[%u] wants prepare() and complete()", i);
	return 0;
}

static int uvb_hook_check(const struct uverbs_bpf_provider_ops *ops, u32 i)
{
	const struct uverbs_bpf_hook *row = &ops->channel.hooks[i];

	if (row->object != UVERBS_BPF_ANY && row->object >> UVERBS_BPF_NS_SHIFT != UVERBS_BPF_NS_OWN &&
	    row->object >= UVB_CORE_OBJECTS)
		return uvb_provider_refuse(ops, "hooks[%u]: object 0x%x is none of the kernel's or of uverbs_bpf's",
					   i, row->object);
	if (row->object == UVERBS_BPF_ANY && row->method != UVERBS_BPF_ANY)
		return uvb_provider_refuse(ops, "hooks[%u]: method 0x%x of any object, wants UVERBS_BPF_ANY",
					   i, row->method);
	if (row->method != UVERBS_BPF_ANY && uvb_hook_index(row->object, row->method) >= UVB_NR_HOOKS)
		return uvb_provider_refuse(ops, "hooks[%u]: there is no method 0x%x of object 0x%x", i,
					   row->method, row->object);
	return 0;
}

/* What reads an attribute: a method of its own, or before() and after() of one it hooks. */
static int uvb_provider_row_check(const struct uverbs_bpf_provider_ops *ops,
				  const unsigned long *hooks, u32 i)
{
	const struct uverbs_bpf_attr *row = &ops->decl.attrs[i];

	if (uvb_is_self(row->method)) {
		const struct uverbs_bpf_method *method =
			uvb_own_method(&ops->channel, row->object, row->method);

		if (!method)
			return uvb_provider_refuse(ops, "attrs[%u]: it has no method 0x%x of object 0x%x",
						   i, row->method, row->object);
		if (row->flags & UVERBS_BPF_ATTR_MANDATORY &&
		    method->access == UVERBS_BPF_METHOD_DESTROY)
			return uvb_provider_refuse(ops, "attrs[%u]: a method that destroys cannot want an attribute, it would be too late to refuse",
						   i);
		return 0;
	}
	if (uvb_type_selects(ops, row))
		return 0;
	if (row->flags & UVERBS_BPF_ATTR_MANDATORY && !uvb_type_has_row(ops, row))
		return uvb_provider_refuse(ops, "attrs[%u]: only a method or type of its own can want an attribute, others must go on without it",
					   i);
	if (row->object == UVERBS_OBJECT_DEVICE && row->method == UVERBS_METHOD_INVOKE_WRITE)
		return uvb_provider_refuse(ops, "attrs[%u]: a legacy command takes no attributes", i);
	if (uvb_is_self(row->object) || row->method == UVERBS_BPF_ANY ||
	    uvb_hook_index(row->object, row->method) >= UVB_COMMAND_HOOK ||
	    !test_bit(uvb_hook_index(row->object, row->method), hooks))
		return uvb_provider_refuse(ops, "attrs[%u]: method 0x%x of object 0x%x is not among hooks, nobody would read it",
					   i, row->method, row->object);
	return 0;
}

static int uvb_channel_check(const struct uverbs_bpf_provider_ops *ops)
{
	const struct uverbs_bpf_channel_decl *channel = &ops->channel;
	DECLARE_BITMAP(hooks, UVB_NR_HOOKS) = {};
	int ret = 0;
	u32 i;

	if (channel->role > UVERBS_BPF_OWNER)
		return uvb_provider_refuse(ops, "role is %u, wants observer, guard or owner (0 to %u)",
					   channel->role, UVERBS_BPF_OWNER);
	if (channel->nr_hooks > UVERBS_BPF_MAX_HOOKS ||
	    channel->nr_methods > UVERBS_BPF_MAX_METHODS ||
	    channel->nr_objects > UVERBS_BPF_MAX_OBJECTS)
		return uvb_provider_refuse(ops, "has %u hooks, %u methods and %u objects, wants at most %u, %u and %u",
					   channel->nr_hooks, channel->nr_methods,
					   channel->nr_objects, UVERBS_BPF_MAX_HOOKS,
					   UVERBS_BPF_MAX_METHODS, UVERBS_BPF_MAX_OBJECTS);
	if (memchr_inv(channel->reserved, 0, sizeof(channel->reserved)))
		return uvb_provider_refuse(ops, "reserved is not 0");
	if (!uvb_rest_is_zero(channel->hooks, channel->nr_hooks) ||
	    !uvb_rest_is_zero(channel->methods, channel->nr_methods) ||
	    !uvb_rest_is_zero(channel->objects, channel->nr_objects))
		return uvb_provider_refuse(ops, "hooks, methods or objects beyond nr_hooks, nr_methods or nr_objects are not 0");
	for (i = 0; i < channel->nr_objects && !ret; i++)
		ret = uvb_object_check(ops, i);
	for (i = 0; i < channel->nr_methods && !ret; i++)
		ret = uvb_method_check(ops, i);
	for (i = 0; i < channel->nr_hooks && !ret; i++)
		ret = uvb_hook_check(ops, i);
	if (ret)
		return ret;
	ret = uvb_type_check(ops);
	if (ret)
		return ret;
	if (channel->nr_hooks && !ops->before && !ops->after)
		return uvb_provider_refuse(ops, "has hooks and neither before() nor after()");
	if (ops->decl.flags & UVERBS_BPF_FAIL_CLOSED && channel->role == UVERBS_BPF_OBSERVER)
		return uvb_provider_refuse(ops, "an observer cannot fail closed, it guards nothing");
	uvb_hook_bits(channel, hooks);
	for (i = 0; i < ops->decl.nr_attrs && !ret; i++)
		ret = uvb_provider_row_check(ops, hooks, i);
	return ret;
}

static int uvb_provider_check_member(const struct btf_type *t, const struct btf_member *member,
				     const struct bpf_prog *prog)
{
	return uvb_check_member(prog, UVB_TYPE_PROVIDER);
}

static int uvb_provider_init_member(const struct btf_type *t, const struct btf_member *member,
				    void *kdata, const void *udata)
{
	const struct uverbs_bpf_provider_ops *from = udata;
	struct uverbs_bpf_provider_ops *ops = kdata;

	if (__btf_member_bit_offset(t, member) !=
	    offsetof(struct uverbs_bpf_provider_ops, channel) * BITS_PER_BYTE)
		return uvb_init_member(UVERBS_BPF_PROVIDER, t, member, kdata, udata);
	ops->channel = from->channel;
	return 1;
}

static int uvb_provider_validate(void *kdata)
{
	return uvb_channel_check(kdata);
}

static int uvb_provider_reg(void *kdata, struct bpf_link *link)
{
	return uvb_link_check(UVERBS_BPF_PROVIDER, kdata, link) ?:
	       uvb_program_attach(UVERBS_BPF_PROVIDER, kdata, link);
}

/**
 * uverbs_bpf_provider_register() - a provider in C
 * @ops: as for uverbs_bpf_transport_register()
 *
 * Context: may sleep.
 * Return: as uverbs_bpf_transport_register(); -EEXIST, too, if it wants to own what another owns.
 */
int uverbs_bpf_provider_register(struct uverbs_bpf_provider_ops *ops)
{
	return uvb_decl_check(UVERBS_BPF_PROVIDER, &ops->decl) ?: uvb_channel_check(ops) ?:
	       uvb_program_attach(UVERBS_BPF_PROVIDER, ops, NULL);
}
EXPORT_SYMBOL_GPL(uverbs_bpf_provider_register);

/**
 * uverbs_bpf_provider_unregister() - undo uverbs_bpf_provider_register()
 * @ops: no callback of it runs any more when this returns
 *
 * Context: may sleep.
 */
void uverbs_bpf_provider_unregister(struct uverbs_bpf_provider_ops *ops)
{
	uvb_program_detach(ops, NULL);
}
EXPORT_SYMBOL_GPL(uverbs_bpf_provider_unregister);

static struct bpf_struct_ops uvb_provider_type = {
	.verifier_ops = &uvb_verifier_ops,
	.init = uvb_ops_btf_init,
	.check_member = uvb_provider_check_member,
	.init_member = uvb_provider_init_member,
	.validate = uvb_provider_validate,
	.reg = uvb_provider_reg,
	.unreg = uvb_program_detach,
	.update = uvb_program_update,
	.cfi_stubs = &uvb_provider_stubs,
	.name = "uverbs_bpf_provider_ops",
	.owner = THIS_MODULE,
};

static_assert(!offsetof(struct uverbs_bpf_transport_ops, decl));
static_assert(!offsetof(struct uverbs_bpf_provider_ops, decl));
static_assert(sizeof(struct uverbs_bpf_attr) == 48);
static_assert(sizeof(struct uverbs_bpf_decl) == 128 + 16 * 48);
static_assert(sizeof(struct uverbs_bpf_channel_decl) == 32 + 16 * 4 + 16 * 32 + 4 * 32 + 32);

/**
 * uvb_ext_init() - make the struct_ops types and kfuncs known
 *
 * Return: 0; -EINVAL if the kernel did not take the module's BTF; another errno.
 */
int uvb_ext_init(void)
{
	int ret;

	BTF_TYPE_EMIT(struct uverbs_bpf_program);
	BTF_TYPE_EMIT(struct bpf_iter_uverbs_bpf_program);
	/* Programs have them by uverbs_bpf_args() and know their layout; tools read it here. */
	BTF_TYPE_EMIT(struct uverbs_bpf_args_qp_create);
	BTF_TYPE_EMIT(struct uverbs_bpf_args_qp_modify);
	BTF_TYPE_EMIT(struct uverbs_bpf_args_mr_reg);
	BTF_TYPE_EMIT(struct uverbs_bpf_args_cq);
	BTF_TYPE_EMIT(struct uverbs_bpf_args_srq);
	BTF_TYPE_EMIT(struct uverbs_bpf_args_mcast);

	uvb_own_init();
	ret = uvb_kfunc_init();
	if (!ret)
		ret = register_bpf_struct_ops(&uvb_transport_type, uverbs_bpf_transport_ops);
	if (!ret)
		ret = register_bpf_struct_ops(&uvb_provider_type, uverbs_bpf_provider_ops);
	/*
	 * Success says little: a kernel that could not use the module's BTF
	 * only warns, and no program could ever be attached.
	 */
	if (!ret && !uvb_btf)
		ret = -EINVAL;
	if (ret) {
		pr_err("BPF types did not register (%d): the module's BTF does not fit this kernel; rebuild it against this kernel's headers, with pahole installed\n",
		       ret);
		return ret;
	}
	return uvb_attach_init() ?: uvb_dump_init();
}

void uvb_ext_exit(void)
{
	uvb_dump_exit();
	uvb_attach_exit();
}
