/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The one header a transport or provider program includes. It needs libbpf's
 * headers and the kernel's user-visible ones, but neither vmlinux.h nor the
 * module: what the kernel has at other offsets is relocated when the program
 * is loaded, and the same object loads on every kernel the module builds for.
 *
 *	#include <uverbs_bpf.bpf.h>
 *
 *	SEC("struct_ops")
 *	int BPF_PROG(example_path_set, struct uverbs_bpf_ctx *call)
 *	{
 *		const __u8 *dest = uverbs_bpf_attr_in(call, 0, 0, 16);
 *
 *		if (!dest)
 *			return uverbs_bpf_refuse(call, 0, -EINVAL, "wants 16 bytes", 0);
 *		__builtin_memcpy(call->path.dgid, dest, 16);
 *		call->path.has_grh = 1;
 *		return 0;
 *	}
 *
 *	UVERBS_BPF_TRANSPORT(example) = {
 *		.decl = {
 *			.name = "example",
 *			.abi = UVERBS_BPF_ABI,
 *			.protocols = UVERBS_BPF_PROTOCOL_ROCE,
 *			.nr_attrs = 1,
 *			.attrs = {
 *				UVERBS_BPF_QP_MODIFY_IN(0, 16, 16, "example_dest"),
 *			},
 *		},
 *		.path_set = (void *)example_path_set,
 *	};
 *
 *	char LICENSE[] SEC("license") = "Dual BSD/GPL";
 *
 * Build: clang -target bpf -O2 -g -c. Context and contract of each callback
 * are with the ops structs in uverbs_bpf_types.h; messages for a declaration
 * the module refuses are in the kernel log.
 */
#ifndef UVERBS_BPF_BPF_H
#define UVERBS_BPF_BPF_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/errno.h>
#include <linux/types.h>
#include <linux/bpf.h>
#include <rdma/ib_user_ioctl_cmds.h>
#include <rdma/ib_user_ioctl_verbs.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

#include "uverbs_bpf.h"

/* Natively, for a unit test (test/uverbs_bpf_test.h), there is nothing to relocate. */
#ifdef __bpf__
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
#endif
#include "uverbs_bpf_types.h"
#ifdef __bpf__
#pragma clang attribute pop
#endif

/*
 * kfuncs; documented in kernel/bpf/kfunc.c. Weak, so that a program may ask
 * bpf_ksym_exists() before it uses one that older modules lack.
 */
extern int uverbs_bpf_attr_len(struct uverbs_bpf_ctx *ctx, __u16 attr) __weak __ksym;
extern __u8 *uverbs_bpf_attr_in(struct uverbs_bpf_ctx *ctx, __u16 attr, __u32 off,
				const size_t rdonly_buf_size) __weak __ksym;
extern __u8 *uverbs_bpf_attr_out(struct uverbs_bpf_ctx *ctx, __u16 attr, __u32 off,
				 const size_t rdwr_buf_size) __weak __ksym;
extern int uverbs_bpf_refuse(struct uverbs_bpf_ctx *ctx, __u16 attr, int err,
			     const char *msg__str, __s64 value) __weak __ksym;
extern int uverbs_bpf_qp_takes(struct uverbs_bpf_ctx *ctx, __u32 required,
			       __u32 optional) __weak __ksym;
extern int uverbs_bpf_gid_type(struct uverbs_bpf_ctx *ctx, __u32 sgid_index) __weak __ksym;
extern int uverbs_bpf_attr_read(struct uverbs_bpf_ctx *ctx, __u16 attr, __u32 off, void *to,
				__u32 to__sz) __weak __ksym;
extern int uverbs_bpf_attr_write(struct uverbs_bpf_ctx *ctx, __u16 attr, __u32 off,
				 const void *from, __u32 from__sz) __weak __ksym;
extern __u8 *uverbs_bpf_args(struct uverbs_bpf_ctx *ctx,
			     const size_t rdonly_buf_size) __weak __ksym;
extern __u8 *uverbs_bpf_state(struct uverbs_bpf_ctx *ctx, __u32 off,
			      const size_t rdwr_buf_size) __weak __ksym;
extern __u8 *uverbs_bpf_command(struct uverbs_bpf_ctx *ctx, __u32 off,
				const size_t rdwr_buf_size) __weak __ksym;
extern __u8 *uverbs_bpf_reply(struct uverbs_bpf_ctx *ctx, __u32 off,
			      const size_t rdonly_buf_size) __weak __ksym;
extern int uverbs_bpf_dump_value(struct uverbs_bpf_dump *dump, const char *name__str,
				 __u64 value) __weak __ksym;

extern int bpf_iter_uverbs_bpf_program_new(struct bpf_iter_uverbs_bpf_program *it) __weak __ksym;
extern struct uverbs_bpf_program *
bpf_iter_uverbs_bpf_program_next(struct bpf_iter_uverbs_bpf_program *it) __weak __ksym;
extern void
bpf_iter_uverbs_bpf_program_destroy(struct bpf_iter_uverbs_bpf_program *it) __weak __ksym;

/* Present in a module that runs transport programs; their legal(); providers; counters. */
extern void uverbs_bpf_has_transport(void) __weak __ksym;
extern void uverbs_bpf_has_legal(void) __weak __ksym;
extern void uverbs_bpf_has_provider(void) __weak __ksym;
extern void uverbs_bpf_has_counter(void) __weak __ksym;

/* An ops struct, attached through a link. */
#define UVERBS_BPF_TRANSPORT(name)						\
	SEC(".struct_ops.link") struct uverbs_bpf_transport_ops name
#define UVERBS_BPF_PROVIDER(name)						\
	SEC(".struct_ops.link") struct uverbs_bpf_provider_ops name

/* Rows of a provider's declaration. */
#define UVERBS_BPF_HOOK(_object, _method)	{ .object = _object, .method = _method }
#define UVERBS_BPF_OWN_METHOD(_object, _id, _access, _name)			\
	{ .object = _object, .id = _id, .access = UVERBS_BPF_METHOD_##_access, .name = _name }
#define UVERBS_BPF_EXEC_METHOD(_object, _id, _access, _name)			\
	{ .object = _object, .id = _id, .access = UVERBS_BPF_METHOD_##_access,	\
	  .flags = UVERBS_BPF_METHOD_EXEC, .name = _name }
#define UVERBS_BPF_OWN_OBJECT(_id, _state, _name)				\
	{ .id = _id, .state = _state, .name = _name }

/* A CQ that counts, asked for by the input @_id of CQ_CREATE; for uverbs_bpf_channel_decl.type. */
#define UVERBS_BPF_CQ_COUNTER(_id, _name)					\
	{ .object = UVERBS_OBJECT_CQ, .what = UVERBS_BPF_TYPE_CQ_COUNTER, .selector = _id,	\
	  .forbidden = 1 << UVERBS_ATTR_CREATE_CQ_COMP_CHANNEL |		\
		       1 << UVERBS_ATTR_CREATE_CQ_FLAGS,			\
	  .name = _name }

/*
 * A QP of the program's own type, asked for by the input @_id of QP_CREATE; likewise. @_base are the
 * QP types it may have, @_mandatory and @_forbidden bits of QP_CREATE's core attributes.
 */
#define UVERBS_BPF_NEW_QP(_id, _base, _mandatory, _forbidden, _name)		\
	{ .object = UVERBS_OBJECT_QP, .what = UVERBS_BPF_TYPE_QP, .selector = _id,	\
	  .base = _base, .mandatory = _mandatory, .forbidden = _forbidden, .name = _name }

/* Rows of a program's schema. */
#define UVERBS_BPF_ROW(_object, _method, _dir, _id, _min, _max, _name)		\
	{ .object = _object, .method = _method, .direction = UVERBS_BPF_KIND_##_dir,	\
	  .id = _id, .min_len = _min, .max_len = _max, .name = _name }
#define UVERBS_BPF_QP_MODIFY_IN(id, min, max, name)				\
	UVERBS_BPF_ROW(UVERBS_OBJECT_QP, UVERBS_BPF_METHOD_QP_MODIFY, IN, id, min, max, name)
#define UVERBS_BPF_QP_CONNECT_IN(id, min, max, name)				\
	UVERBS_BPF_ROW(UVERBS_OBJECT_QP, UVERBS_BPF_METHOD_QP_CONNECT, IN, id, min, max, name)
#define UVERBS_BPF_QP_QUERY_OUT(id, min, max, name)				\
	UVERBS_BPF_ROW(UVERBS_OBJECT_QP, UVERBS_BPF_METHOD_QP_QUERY, OUT, id, min, max, name)
#define UVERBS_BPF_AH_CREATE_IN(id, min, max, name)				\
	UVERBS_BPF_ROW(UVERBS_OBJECT_AH, UVERBS_BPF_METHOD_AH_CREATE, IN, id, min, max, name)
#define UVERBS_BPF_AH_QUERY_OUT(id, min, max, name)				\
	UVERBS_BPF_ROW(UVERBS_OBJECT_AH, UVERBS_BPF_METHOD_AH_QUERY, OUT, id, min, max, name)
#define UVERBS_BPF_CQ_CREATE_IN(id, min, max, name)				\
	UVERBS_BPF_ROW(UVERBS_OBJECT_CQ, UVERBS_METHOD_CQ_CREATE, IN, id, min, max, name)
#define UVERBS_BPF_QP_CREATE_IN(id, min, max, name)				\
	UVERBS_BPF_ROW(UVERBS_OBJECT_QP, UVERBS_METHOD_QP_CREATE, IN, id, min, max, name)

/* ---- which change of a QP's state takes what ---- */

/*
 * For uverbs_bpf_step.types and uverbs_bpf_type.base; UVERBS_BPF_CONNECTED are those with one peer,
 * and so with a path.
 */
#define UVERBS_BPF_QPT(type)	(1U << IB_UVERBS_QPT_##type)
#define UVERBS_BPF_CONNECTED	(UVERBS_BPF_QPT(RC) | UVERBS_BPF_QPT(UC) |		\
				 UVERBS_BPF_QPT(XRC_INI) | UVERBS_BPF_QPT(XRC_TGT))

/**
 * struct uverbs_bpf_step - a row of a transport's table: a change of state, and what goes with it
 * @from: UVERBS_BPF_QPS_* the QP is in
 * @to: the one it gets to; @from for a change of attributes only
 * @types: UVERBS_BPF_QPT() of the QPs that have this change
 * @required: UVERBS_BPF_QP_* without which it is refused
 * @optional: UVERBS_BPF_QP_* it takes, too
 *
 * A table may have rows for the attributes it cares about only: the others are nobody's then but
 * the driver's.
 */
struct uverbs_bpf_step {
	__u8 from;
	__u8 to;
	__u16 types;
	__u32 required;
	__u32 optional;
};

/* Rows of a path, as in the InfiniBand specification, volume 1, 11.2.5.2; RoCE has the same. */
#define UVERBS_BPF_PATH_STEPS(alt, mig)						\
	{ UVERBS_BPF_QPS_INIT, UVERBS_BPF_QPS_RTR, UVERBS_BPF_CONNECTED,		\
	  UVERBS_BPF_QP_AV, alt },							\
	{ UVERBS_BPF_QPS_RTR, UVERBS_BPF_QPS_RTS, UVERBS_BPF_CONNECTED, 0, (alt) | (mig) },	\
	{ UVERBS_BPF_QPS_RTS, UVERBS_BPF_QPS_RTS, UVERBS_BPF_CONNECTED, 0, (alt) | (mig) },	\
	{ UVERBS_BPF_QPS_SQD, UVERBS_BPF_QPS_RTS, UVERBS_BPF_CONNECTED, 0, (alt) | (mig) },	\
	{ UVERBS_BPF_QPS_SQD, UVERBS_BPF_QPS_SQD, UVERBS_BPF_CONNECTED, 0,		\
	  UVERBS_BPF_QP_AV | (alt) | (mig) }

/* Whether the row is about this call. */
static __always_inline bool uverbs_bpf_step_is(const struct uverbs_bpf_ctx *call,
					       const struct uverbs_bpf_step *step)
{
	return step->from == call->cur_state && step->to == call->next_state &&
	       call->qp_type < 16 && step->types & (1U << call->qp_type);
}

/*
 * Refuse @attr, the transport's own for @bit, in a call whose QP has no use for it now. @where
 * says which changes take it; its %u is the state the QP is in. Of an AH there is no state.
 */
static __always_inline int uverbs_bpf_check_step(struct uverbs_bpf_ctx *call,
						 const struct uverbs_bpf_step *steps,
						 unsigned int nr_steps, __u16 attr, __u32 bit,
						 const char *where)
{
	unsigned int i;

	if (call->object != UVERBS_OBJECT_QP)
		return 0;
	for (i = 0; i < nr_steps; i++) {
		if (uverbs_bpf_step_is(call, &steps[i]) &&
		    (steps[i].required | steps[i].optional) & bit)
			return 0;
	}
	if (call->qp_type == IB_UVERBS_QPT_UD)
		return uverbs_bpf_refuse(call, attr, -EINVAL,
					 "a UD QP has no path, each of its sends names an AH", 0);
	if (call->qp_type >= 16 || !(UVERBS_BPF_CONNECTED & (1U << call->qp_type)))
		return uverbs_bpf_refuse(call, attr, -EINVAL,
					 "QP type %u has no path; RC, UC and XRC have",
					 call->qp_type);
	return uverbs_bpf_refuse(call, attr, -EINVAL, where, call->cur_state);
}

/* Where the path itself goes. */
#define UVERBS_BPF_PATH_WHERE								\
	"goes with a change from INIT to RTR, or in SQD; the QP is in state %u"

#endif /* UVERBS_BPF_BPF_H */
