/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Unit tests of a transport or provider program without a kernel: the program
 * is compiled with the test, by the C compiler of the machine, and what it
 * would call of the kernel is here.
 *
 *	#define UVERBS_BPF_NATIVE
 *	#include "example.bpf.c"
 *
 *	int main(void)
 *	{
 *		struct uverbs_bpf_native call = {};
 *
 *		uverbs_bpf_native_in(&call, 0, "0123456789abcdef", 16);
 *		return uverbs_bpf_native_run(&call, example_path_set);
 *	}
 *
 * cc -I/usr/include/uverbs-bpf; the verifier, of course, is not asked. The
 * members of call.ctx are the test's to set, where the kernel would.
 */
#ifndef UVERBS_BPF_NATIVE_H
#define UVERBS_BPF_NATIVE_H

#include <stdio.h>
#include <string.h>

#undef __always_inline
#define __always_inline		inline __attribute__((always_inline))
#define __weak			__attribute__((weak))
#define __ksym
#define SEC(name)
#define BPF_PROG(name, args...)	name(args)
#define bpf_ksym_exists(sym)	1

#include "uverbs_bpf_types.h"

/* Attributes of one call, and bytes of each, that a test may have. */
#define UVERBS_BPF_NATIVE_ATTRS	8
#define UVERBS_BPF_NATIVE_LEN	256

/**
 * struct uverbs_bpf_native - a call that a program is tested with
 * @ctx: what the program sees; first, so that the functions below find the rest
 * @attrs: its attributes
 * @nr_attrs: how many there are
 * @gid_types: what uverbs_bpf_gid_type() says of an index, negative errno for none
 * @refused: what uverbs_bpf_refuse() was given, or 0
 * @refused_attr: likewise
 * @text: likewise, with the value in its place, without the attribute's name
 */
struct uverbs_bpf_native {
	struct uverbs_bpf_ctx ctx;
	struct {
		__u16 id;
		__u16 len;
		_Bool out;
		__u8 data[UVERBS_BPF_NATIVE_LEN];
	} attrs[UVERBS_BPF_NATIVE_ATTRS];
	unsigned int nr_attrs;
	int gid_types[256];
	int refused;
	__u16 refused_attr;
	char text[192];
};

static inline __u8 *uverbs_bpf_native_add(struct uverbs_bpf_native *call, __u16 id, __u16 len,
					  _Bool out)
{
	unsigned int i = call->nr_attrs++;

	/* A test with more is wrong itself. */
	if (i >= UVERBS_BPF_NATIVE_ATTRS || len > UVERBS_BPF_NATIVE_LEN)
		__builtin_trap();
	call->attrs[i].id = id;
	call->attrs[i].len = len;
	call->attrs[i].out = out;
	memset(call->attrs[i].data, 0, sizeof(call->attrs[i].data));
	return call->attrs[i].data;
}

/* Give the call an input. */
static inline void uverbs_bpf_native_in(struct uverbs_bpf_native *call, __u16 id, const void *data,
					__u16 len)
{
	memcpy(uverbs_bpf_native_add(call, id, len, 0), data, len);
}

/* Ask for an output. Returns where it will be. */
static inline const void *uverbs_bpf_native_out(struct uverbs_bpf_native *call, __u16 id, __u16 len)
{
	return uverbs_bpf_native_add(call, id, len, 1);
}

/* Run a callback as the kernel does: who refused in words has refused. */
static inline int uverbs_bpf_native_run(struct uverbs_bpf_native *call,
					int (*callback)(struct uverbs_bpf_ctx *ctx))
{
	int ret;

	call->refused = 0;
	call->text[0] = '\0';
	ret = callback(&call->ctx);
	return ret ? ret : call->refused;
}

/* ---- what the kernel has, see kernel/bpf/kfunc.c ---- */

static inline __u8 *uverbs_bpf_native_data(struct uverbs_bpf_ctx *ctx, __u16 attr, __u32 off,
					   size_t size, _Bool out)
{
	struct uverbs_bpf_native *call = (struct uverbs_bpf_native *)ctx;
	unsigned int i;

	for (i = 0; i < call->nr_attrs; i++) {
		if (call->attrs[i].id != attr || call->attrs[i].out != out)
			continue;
		if (off > call->attrs[i].len || size > call->attrs[i].len - off)
			return NULL;
		return call->attrs[i].data + off;
	}
	return NULL;
}

int uverbs_bpf_attr_len(struct uverbs_bpf_ctx *ctx, __u16 attr)
{
	struct uverbs_bpf_native *call = (struct uverbs_bpf_native *)ctx;
	unsigned int i;

	for (i = 0; i < call->nr_attrs; i++) {
		if (call->attrs[i].id == attr)
			return call->attrs[i].len;
	}
	return -ENOENT;
}

__u8 *uverbs_bpf_attr_in(struct uverbs_bpf_ctx *ctx, __u16 attr, __u32 off, const size_t size)
{
	return uverbs_bpf_native_data(ctx, attr, off, size, 0);
}

__u8 *uverbs_bpf_attr_out(struct uverbs_bpf_ctx *ctx, __u16 attr, __u32 off, const size_t size)
{
	return uverbs_bpf_native_data(ctx, attr, off, size, 1);
}

int uverbs_bpf_refuse(struct uverbs_bpf_ctx *ctx, __u16 attr, int err, const char *msg, __s64 value)
{
	struct uverbs_bpf_native *call = (struct uverbs_bpf_native *)ctx;
	const char *mark = strchr(msg, '%');
	char number[24] = "";

	if (call->refused)
		return call->refused;
	call->refused = err;
	call->refused_attr = attr;
	if (mark && mark[1])
		snprintf(number, sizeof(number), mark[1] == 'x' ? "%llx" : "%lld",
			 (long long)value);
	snprintf(call->text, sizeof(call->text), "%.*s%s%s",
		 mark ? (int)(mark - msg) : (int)strlen(msg), msg, number,
		 mark && mark[1] ? mark + 2 : "");
	return err;
}

int uverbs_bpf_qp_takes(struct uverbs_bpf_ctx *ctx, __u32 required, __u32 optional)
{
	struct uverbs_bpf_native *call = (struct uverbs_bpf_native *)ctx;

	if (call->refused)
		return call->refused;
	if (required & ~ctx->mask)
		return uverbs_bpf_refuse(ctx, UVERBS_BPF_ATTR_NONE, -EINVAL, "wants 0x%x",
					 required & ~ctx->mask);
	if (ctx->mask & ~(required | optional))
		return uverbs_bpf_refuse(ctx, UVERBS_BPF_ATTR_NONE, -EINVAL, "does not take 0x%x",
					 ctx->mask & ~(required | optional));
	return 0;
}

int uverbs_bpf_gid_type(struct uverbs_bpf_ctx *ctx, __u32 sgid_index)
{
	struct uverbs_bpf_native *call = (struct uverbs_bpf_native *)ctx;

	return sgid_index < 256 ? call->gid_types[sgid_index] : -ENOENT;
}

#endif /* UVERBS_BPF_NATIVE_H */
