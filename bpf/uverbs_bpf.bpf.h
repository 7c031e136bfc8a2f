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

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
#include "uverbs_bpf_types.h"
#pragma clang attribute pop

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

/* Present in a module that runs transport programs; provider programs; completion counters. */
extern void uverbs_bpf_has_transport(void) __weak __ksym;
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

#endif /* UVERBS_BPF_BPF_H */
