// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * What programs may call. All of it works on kernel copies and never sleeps.
 */
#include "bpf.h"
#include "../uverbs_bpf_driver.h"
#include "../verbs/qp.h"

#include <rdma/ib_cache.h>

/* State of the open-coded iterator; in the program's stack. */
struct uvb_iter {
	struct uverbs_bpf_program info;
	u32 ns;
};

static_assert(sizeof(struct uvb_iter) <= sizeof(struct bpf_iter_uverbs_bpf_program));

static struct uvb_run *uvb_run(struct uverbs_bpf_ctx *ctx)
{
	return container_of(ctx, struct uvb_run, ctx);
}

/* The memory of an attribute if all of it is there, else NULL. */
static u8 *uvb_run_data(struct uverbs_bpf_ctx *ctx, u16 attr, u32 off, size_t size, bool out)
{
	struct uvb_run *run = uvb_run(ctx);
	int i = uvb_run_attr(run, attr);
	u16 len;

	if (i < 0 || run->call->ext[i].out != out)
		return NULL;
	len = run->call->ext[i].len;
	if (off > len || size > len - off)
		return NULL;
	if (out)
		run->written |= BIT(i);
	return run->data[i] + off;
}

/*
 * How much the verifier lets a program use of the memory that a kfunc gives it: what it asks for
 * (rdonly_buf_size, rdwr_buf_size), but of no bytes the one that the pointer is to.
 */
static size_t uvb_granted(size_t size)
{
	return size ?: sizeof(u8);
}

/* Append @value as the first %u, %d or %x in @msg asks for it. */
static void uvb_refuse_text(struct uvb_run *run, u16 attr, const char *msg, s64 value)
{
	const struct uverbs_bpf_attr *row = uvb_decl_row(run->decl, run->ctx.object,
							 run->ctx.method, attr);
	const char *mark = strchr(msg, '%');
	size_t size = sizeof(run->text);
	size_t len;

	/* There may be several providers, and only one transport. */
	len = 0;
	if (attr == UVERBS_BPF_ATTR_NONE || run->ns >= UVERBS_BPF_NS_PROVIDER_FIRST)
		len = scnprintf(run->text, size, "%s: ", run->decl->name);
	if (attr != UVERBS_BPF_ATTR_NONE)
		len += scnprintf(run->text + len, size - len, "%s (0x%04x): ",
				 row ? row->name : run->decl->name, UVERBS_BPF_ID(run->ns, attr));
	len += scnprintf(run->text + len, size - len, "%.*s",
			 mark ? (int)(mark - msg) : (int)strlen(msg), msg);
	if (!mark || !mark[1])
		return;
	if (mark[1] == 'x')
		len += scnprintf(run->text + len, size - len, "%llx", value);
	else if (mark[1] == 'd')
		len += scnprintf(run->text + len, size - len, "%lld", value);
	else
		len += scnprintf(run->text + len, size - len, "%llu", value);
	scnprintf(run->text + len, size - len, "%s", mark + 2);
}

static enum uverbs_bpf_gid_type uvb_gid_type(const struct ib_gid_attr *sgid)
{
	switch (rdma_gid_attr_network_type(sgid)) {
	case RDMA_NETWORK_ROCE_V1:
		return UVERBS_BPF_GID_ROCE_V1;
	case RDMA_NETWORK_IPV4:
		return UVERBS_BPF_GID_IPV4;
	case RDMA_NETWORK_IPV6:
		return UVERBS_BPF_GID_IPV6;
	default:
		return UVERBS_BPF_GID_IB;
	}
}

__bpf_kfunc_start_defs();

/**
 * uverbs_bpf_attr_len() - length of an attribute of the call
 * @ctx: the call
 * @attr: the program's own id of it, without namespace
 *
 * Return: bytes; -ENOENT if the call does not have it.
 */
__bpf_kfunc int uverbs_bpf_attr_len(struct uverbs_bpf_ctx *ctx, u16 attr)
{
	struct uvb_run *run = uvb_run(ctx);
	int i = uvb_run_attr(run, attr);

	return i < 0 ? i : run->call->ext[i].len;
}

/**
 * uverbs_bpf_attr_in() - an input
 * @ctx: the call
 * @attr: the program's own id of the attribute
 * @off: where to begin, in bytes
 * @rdonly_buf_size: how much is wanted, a constant
 *
 * Return: a kernel copy that nobody changes; NULL if the call does not have the attribute, or
 * not that much of it.
 */
__bpf_kfunc u8 *uverbs_bpf_attr_in(struct uverbs_bpf_ctx *ctx, u16 attr, u32 off,
				   const size_t rdonly_buf_size)
{
	return uvb_run_data(ctx, attr, off, uvb_granted(rdonly_buf_size), false);
}

/**
 * uverbs_bpf_attr_out() - an output
 * @ctx: the call
 * @attr: the program's own id of the attribute
 * @off: where to begin, in bytes
 * @rdwr_buf_size: how much is wanted, a constant
 *
 * Return: memory, zero at first, all of which user space gets if the callback returns 0; NULL
 * as uverbs_bpf_attr_in().
 */
__bpf_kfunc u8 *uverbs_bpf_attr_out(struct uverbs_bpf_ctx *ctx, u16 attr, u32 off,
				    const size_t rdwr_buf_size)
{
	return uvb_run_data(ctx, attr, off, uvb_granted(rdwr_buf_size), true);
}

/**
 * uverbs_bpf_refuse() - say why the call is refused
 * @ctx: the call
 * @attr: the program's own id of the attribute at fault; UVERBS_BPF_ATTR_NONE if it is none of
 *	its own
 * @err: negative errno
 * @msg__str: what is wrong and what would be right, constant; %u, %d or %x, at most one, stands
 *	for @value. The attribute's name and id, or the program's name, are put before it
 * @value: the value at fault
 *
 * The first refusal of a call wins, and the call fails even if the callback
 * returns 0 in the end.
 *
 * Return: @err, or -EINVAL if that is no errno, so that a program may return it at once.
 */
__bpf_kfunc int uverbs_bpf_refuse(struct uverbs_bpf_ctx *ctx, u16 attr, int err,
				  const char *msg__str, s64 value)
{
	struct uvb_run *run = uvb_run(ctx);

	if (err >= 0 || err < -EHWPOISON)
		err = -EINVAL;
	if (run->refused)
		return run->refused;
	if (attr != UVERBS_BPF_ATTR_NONE)
		attr &= UVERBS_BPF_ID_MASK;
	run->refused = err;
	run->refused_attr = attr == UVERBS_BPF_ATTR_NONE ? attr : UVERBS_BPF_ID(run->ns, attr);
	uvb_refuse_text(run, attr, msg__str, value);
	return err;
}

/**
 * uverbs_bpf_qp_takes() - refuse what a QP does not take or give, and what is missing
 * @ctx: the call, of a QP
 * @required: UVERBS_BPF_QP_* it must carry
 * @optional: UVERBS_BPF_QP_* it may carry, too
 *
 * For legal(): compares with ctx->mask. The text says which attribute it is, and what is taken.
 *
 * Return: 0, or -EINVAL so that a program may return it at once.
 */
__bpf_kfunc int uverbs_bpf_qp_takes(struct uverbs_bpf_ctx *ctx, u32 required, u32 optional)
{
	u32 missing = required & ~ctx->mask, more = ctx->mask & ~(required | optional);
	struct uvb_run *run = uvb_run(ctx);
	size_t size = sizeof(run->text);
	const struct uvb_qp_bit *bit;
	size_t len;

	if (run->refused)
		return run->refused;
	if (!(missing | more))
		return 0;
	bit = uvb_qp_bit(missing ?: more);
	run->refused = -EINVAL;
	run->refused_attr = bit->id;
	if (ctx->method == UVERBS_BPF_METHOD_QP_QUERY)
		len = scnprintf(run->text, size, "%s: a QP has no %s to tell; it has",
				run->decl->name, bit->name);
	else
		len = scnprintf(run->text, size, "%s: QP %s to %s %s %s; it takes",
				run->decl->name, uvb_qp_state_name(ctx->cur_state),
				uvb_qp_state_name(ctx->next_state),
				missing ? "wants" : "does not take", bit->name);
	uvb_qp_bit_names(run->text + len, size - len, required | optional);
	return -EINVAL;
}

/**
 * uverbs_bpf_gid_type() - what is sent from a GID of the call's port
 * @ctx: the call
 * @sgid_index: index in the port's GID table
 *
 * Return: enum uverbs_bpf_gid_type; -ENOENT if there is no GID at that index.
 */
__bpf_kfunc int uverbs_bpf_gid_type(struct uverbs_bpf_ctx *ctx, u32 sgid_index)
{
	struct uvb_run *run = uvb_run(ctx);
	const struct ib_gid_attr *sgid;
	int type;

	if (sgid_index > U8_MAX)
		return -ENOENT;
	sgid = uvb_run_sgid(run, ctx->port, sgid_index);
	if (sgid)
		return uvb_gid_type(sgid);
	sgid = rdma_get_gid_attr(run->ibdev, ctx->port, sgid_index);
	if (IS_ERR(sgid))
		return -ENOENT;
	type = uvb_gid_type(sgid);
	/*
	 * The first that a call asks for is most often the one that its path starts from. It is not
	 * put before the call ends, for a path may refer to it.
	 */
	if (run->call->sgid)
		rdma_put_gid_attr(sgid);
	else
		run->call->sgid = sgid;
	return type;
}

/**
 * uverbs_bpf_attr_read() - copy part of an input
 * @ctx: the call
 * @attr: the program's own id of the attribute
 * @off: where to begin, in bytes
 * @to: where to
 * @to__sz: how much, in bytes
 *
 * As uverbs_bpf_attr_in(), for sizes that are no constants.
 *
 * Return: 0; -ENOENT if the call does not have the attribute, or not that much of it.
 */
__bpf_kfunc int uverbs_bpf_attr_read(struct uverbs_bpf_ctx *ctx, u16 attr, u32 off, void *to,
				     u32 to__sz)
{
	const u8 *from = uvb_run_data(ctx, attr, off, to__sz, false);

	if (!from)
		return -ENOENT;
	memcpy(to, from, to__sz);
	return 0;
}

/**
 * uverbs_bpf_attr_write() - write part of an output
 * @ctx: the call
 * @attr: the program's own id of the attribute
 * @off: where to begin, in bytes
 * @from: what
 * @from__sz: how much, in bytes
 *
 * As uverbs_bpf_attr_out(), for sizes that are no constants.
 *
 * Return: 0; -ENOENT if the call does not have the attribute, or no room for that much.
 */
__bpf_kfunc int uverbs_bpf_attr_write(struct uverbs_bpf_ctx *ctx, u16 attr, u32 off,
				      const void *from, u32 from__sz)
{
	u8 *to = uvb_run_data(ctx, attr, off, from__sz, true);

	if (!to)
		return -ENOENT;
	memcpy(to, from, from__sz);
	return 0;
}

/**
 * uverbs_bpf_args() - what the caller of a generic method passed
 * @ctx: the call
 * @rdonly_buf_size: bytes of the struct uverbs_bpf_args_* that the program knows
 *
 * Return: the method's struct; NULL if the method has none, or a shorter one in this module, and
 * for programs that are not called before or after a method.
 */
__bpf_kfunc u8 *uverbs_bpf_args(struct uverbs_bpf_ctx *ctx, const size_t rdonly_buf_size)
{
	struct uvb_run *run = uvb_run(ctx);

	return uvb_granted(rdonly_buf_size) <= run->args_size ? (u8 *)run->args : NULL;
}

/**
 * uverbs_bpf_state() - state of the object of the provider's own that the call is for
 * @ctx: the call
 * @off: where to begin, in bytes
 * @rdwr_buf_size: how much is wanted, a constant
 *
 * Several calls may be at work on an object unless its method has WRITE access: who counts does
 * it with atomic operations.
 *
 * Return: the state, which lives as long as the object; NULL if the call has no such object, or
 * it has not that much.
 */
__bpf_kfunc u8 *uverbs_bpf_state(struct uverbs_bpf_ctx *ctx, u32 off, const size_t rdwr_buf_size)
{
	struct uvb_run *run = uvb_run(ctx);

	if (off > run->state_size || uvb_granted(rdwr_buf_size) > run->state_size - off)
		return NULL;
	return run->state + off;
}

/**
 * uverbs_bpf_command() - the command for the driver
 * @ctx: the call
 * @off: where to begin, in bytes
 * @rdwr_buf_size: how much is wanted, a constant
 *
 * Return: memory, zero at first, as much of which the driver gets as prepare() returns; NULL in
 * any other callback, or beyond UVERBS_BPF_MAX_COMMAND.
 */
__bpf_kfunc u8 *uverbs_bpf_command(struct uverbs_bpf_ctx *ctx, u32 off,
				   const size_t rdwr_buf_size)
{
	return uvb_exec_command(uvb_run(ctx), off, uvb_granted(rdwr_buf_size));
}

/**
 * uverbs_bpf_reply() - what the driver replied to the command
 * @ctx: the call
 * @off: where to begin, in bytes
 * @rdonly_buf_size: how much is wanted, a constant
 *
 * Return: the reply; NULL in any callback but complete(), or if there is not that much of it.
 */
__bpf_kfunc u8 *uverbs_bpf_reply(struct uverbs_bpf_ctx *ctx, u32 off,
				 const size_t rdonly_buf_size)
{
	return uvb_exec_reply(uvb_run(ctx), off, uvb_granted(rdonly_buf_size));
}

/**
 * uverbs_bpf_dump_value() - show a value to who asked for it
 * @dump: from dump()
 * @name__str: what it is, constant
 * @value: the value
 *
 * Return: 0; -ENOSPC if there is no room for more.
 */
__bpf_kfunc int uverbs_bpf_dump_value(struct uverbs_bpf_dump *dump, const char *name__str,
				      u64 value)
{
	return uvb_dump_line(dump, name__str, value);
}

/**
 * bpf_iter_uverbs_bpf_program_new() - begin to iterate over attached programs
 * @it: the iterator
 *
 * Return: 0.
 */
__bpf_kfunc int bpf_iter_uverbs_bpf_program_new(struct bpf_iter_uverbs_bpf_program *it)
{
	struct uvb_iter *iter = (void *)it;

	memset(it, 0, sizeof(*it));
	iter->ns = UVB_NS_FIRST;
	return 0;
}

/**
 * bpf_iter_uverbs_bpf_program_next() - the next attached program
 * @it: the iterator
 *
 * Return: a snapshot, in the iterator itself, for the verifier lets programs read it after the
 * iterator's end; NULL after the last.
 */
__bpf_kfunc struct uverbs_bpf_program *
bpf_iter_uverbs_bpf_program_next(struct bpf_iter_uverbs_bpf_program *it)
{
	struct uvb_iter *iter = (void *)it;

	while (iter->ns && iter->ns < UVB_NS_COUNT) {
		if (uvb_program_info(iter->ns++, &iter->info))
			return &iter->info;
	}
	return NULL;
}

/**
 * bpf_iter_uverbs_bpf_program_destroy() - end of the iteration
 * @it: the iterator
 */
__bpf_kfunc void bpf_iter_uverbs_bpf_program_destroy(struct bpf_iter_uverbs_bpf_program *it)
{
}

/*
 * Capability markers: they do nothing, their presence in our BTF says that
 * callbacks of that type are run. Programs and tools test for them.
 */
__used noinline void uverbs_bpf_has_transport(void) { }
__used noinline void uverbs_bpf_has_provider(void) { }
/* ... and that legal() is one of them. */
__used noinline void uverbs_bpf_has_legal(void) { }
__used noinline void uverbs_bpf_has_counter(void) { }

__bpf_kfunc_end_defs();

/* For ops structs of C. */
EXPORT_SYMBOL_GPL(uverbs_bpf_attr_len);
EXPORT_SYMBOL_GPL(uverbs_bpf_attr_in);
EXPORT_SYMBOL_GPL(uverbs_bpf_attr_out);
EXPORT_SYMBOL_GPL(uverbs_bpf_refuse);
EXPORT_SYMBOL_GPL(uverbs_bpf_gid_type);
EXPORT_SYMBOL_GPL(uverbs_bpf_args);
EXPORT_SYMBOL_GPL(uverbs_bpf_state);
EXPORT_SYMBOL_GPL(uverbs_bpf_command);
EXPORT_SYMBOL_GPL(uverbs_bpf_reply);
EXPORT_SYMBOL_GPL(uverbs_bpf_dump_value);

BTF_KFUNCS_START(uvb_call_kfuncs)
BTF_ID_FLAGS(func, uverbs_bpf_attr_len, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, uverbs_bpf_attr_in, KF_TRUSTED_ARGS | KF_RET_NULL)
BTF_ID_FLAGS(func, uverbs_bpf_attr_out, KF_TRUSTED_ARGS | KF_RET_NULL)
BTF_ID_FLAGS(func, uverbs_bpf_refuse, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, uverbs_bpf_qp_takes, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, uverbs_bpf_gid_type, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, uverbs_bpf_attr_read, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, uverbs_bpf_attr_write, KF_TRUSTED_ARGS)
BTF_ID_FLAGS(func, uverbs_bpf_args, KF_TRUSTED_ARGS | KF_RET_NULL)
BTF_ID_FLAGS(func, uverbs_bpf_state, KF_TRUSTED_ARGS | KF_RET_NULL)
BTF_ID_FLAGS(func, uverbs_bpf_command, KF_TRUSTED_ARGS | KF_RET_NULL)
BTF_ID_FLAGS(func, uverbs_bpf_reply, KF_TRUSTED_ARGS | KF_RET_NULL)
BTF_ID_FLAGS(func, uverbs_bpf_dump_value, KF_TRUSTED_ARGS)
BTF_KFUNCS_END(uvb_call_kfuncs)

BTF_KFUNCS_START(uvb_iter_kfuncs)
BTF_ID_FLAGS(func, bpf_iter_uverbs_bpf_program_new, KF_ITER_NEW)
BTF_ID_FLAGS(func, bpf_iter_uverbs_bpf_program_next, KF_ITER_NEXT | KF_RET_NULL)
BTF_ID_FLAGS(func, bpf_iter_uverbs_bpf_program_destroy, KF_ITER_DESTROY)
BTF_KFUNCS_END(uvb_iter_kfuncs)

/*
 * The kernel offers our kfuncs to every program of a hook, those of other
 * struct_ops included, and calls these filters for kfuncs of our BTF only. Ids
 * of kfuncs are no use here: the kernel does not relocate the lists in the
 * module's memory, so a filter that compared with them would let all pass. The
 * program decides, and what is not known to be right is refused.
 */
static int uvb_call_filter(const struct bpf_prog *prog, u32 kfunc_id)
{
	if (prog->type == BPF_PROG_TYPE_STRUCT_OPS && uvb_btf && prog->aux->attach_btf == uvb_btf)
		return 0;
	return -EACCES;
}

/* Tracing programs that are not iterators run where our locks may be held. */
static int uvb_iter_filter(const struct bpf_prog *prog, u32 kfunc_id)
{
	if (prog->type == BPF_PROG_TYPE_TRACING && prog->expected_attach_type == BPF_TRACE_ITER)
		return 0;
	return -EACCES;
}

static const struct btf_kfunc_id_set uvb_call_kfunc_set = {
	.owner = THIS_MODULE,
	.set = &uvb_call_kfuncs,
	.filter = uvb_call_filter,
};

static const struct btf_kfunc_id_set uvb_iter_kfunc_set = {
	.owner = THIS_MODULE,
	.set = &uvb_iter_kfuncs,
	.filter = uvb_iter_filter,
};

int uvb_kfunc_init(void)
{
	return register_btf_kfunc_id_set(BPF_PROG_TYPE_STRUCT_OPS, &uvb_call_kfunc_set) ?:
	       register_btf_kfunc_id_set(BPF_PROG_TYPE_TRACING, &uvb_iter_kfunc_set);
}
