/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Unit tests of a program without a kernel: the .bpf.c is compiled natively,
 * and here is the rest of the world for it.
 *
 *	#include <uverbs_bpf_test.h>
 *	#include "example.bpf.c"
 *
 *	UVERBS_BPF_TEST(takes_an_address)
 *	{
 *		struct uverbs_bpf_test t = {};
 *		const __u8 dest[16] = { 0xfe, 0x80, [15] = 1 };
 *
 *		uverbs_bpf_test_begin(&t, UVERBS_OBJECT_QP, UVERBS_BPF_METHOD_QP_MODIFY);
 *		uverbs_bpf_test_in(&t, 0, dest, sizeof(dest));
 *		expect_eq(uverbs_bpf_test_path_set(&t, &example), 0);
 *		expect_eq(t.ctx.path.has_grh, 1);
 *	}
 *
 *	cc -I/usr/include/uverbs-bpf/test -I/usr/include/uverbs-bpf -o test test.c
 *
 * The header has main(): every test runs in a process of its own, so that the
 * program's globals and maps are new and a crash is one failed test. Exit
 * status 0 if all passed. Arguments select tests by name.
 *
 * A callback is called as the module calls it: attributes are checked against
 * the program's declaration before, the result is made an errno and outputs
 * count only if all succeeded. What only the kernel can tell (does the verifier
 * take it, is the declaration right) these tests do not say.
 */
#ifndef UVERBS_BPF_TEST_H
#define UVERBS_BPF_TEST_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "uverbs_bpf.bpf.h"

/* ---- expectations: the first that fails ends the test ---- */

#define expect(condition)	uvbt_expect(!!(condition), #condition, __FILE__, __LINE__)
#define expect_eq(actual, expected)						\
	uvbt_expect_eq((long long)(actual), (long long)(expected), #actual, __FILE__, __LINE__)
/* @expected is somewhere in what the caller of @t is told. */
#define expect_text(t, expected)	uvbt_expect_text((t)->text, expected, __FILE__, __LINE__)

static inline void uvbt_expect(bool ok, const char *what, const char *file, int line)
{
	if (ok)
		return;
	printf("%s:%d: not so: %s\n", file, line, what);
	fflush(stdout);
	_exit(1);
}

static inline void uvbt_expect_eq(long long actual, long long expected, const char *what,
				  const char *file, int line)
{
	if (actual == expected)
		return;
	printf("%s:%d: %s is %lld (0x%llx), expected %lld (0x%llx)\n", file, line, what, actual,
	       actual, expected, expected);
	fflush(stdout);
	_exit(1);
}

static inline void uvbt_expect_text(const char *actual, const char *expected, const char *file,
				    int line)
{
	if (strstr(actual, expected))
		return;
	printf("%s:%d: the text is \"%s\", expected \"%s\"\n", file, line, actual, expected);
	fflush(stdout);
	_exit(1);
}

/* ---- a call ---- */

#define UVBT_GIDS	256

struct uvbt_attr {
	__u16 id;
	__u16 len;
	bool out;
	bool asked;		/* attr_out() or attr_write(): goes to the caller */
	__u8 *data;
};

/**
 * struct uverbs_bpf_test - a call, before and after a program saw it
 * @ctx: what the program gets. Set what uverbs_bpf_test_begin() did not
 * @text: what the caller is told, "attribute: message", or ""
 * @refused: errno given to uverbs_bpf_refuse(), or 0
 * @refused_attr: attribute given to it
 * @fault: the program did what no program may, and @text says what
 * @args: what uverbs_bpf_args() gives
 * @args_len: bytes of @args
 * @state: of the object, if it is the program's own
 * @command: what prepare() staged
 * @reply: what complete() reads, set by the test
 * @reply_len: bytes of @reply
 *
 * The rest is private.
 */
struct uverbs_bpf_test {
	struct uverbs_bpf_ctx ctx;
	char text[UVERBS_BPF_ERROR_MAX];
	int refused;
	__u16 refused_attr;
	bool fault;
	const void *args;
	size_t args_len;
	__u8 state[UVERBS_BPF_MAX_STATE] __attribute__((aligned(8)));
	__u8 command[UVERBS_BPF_MAX_COMMAND] __attribute__((aligned(8)));
	__u8 reply[UVERBS_BPF_MAX_COMMAND] __attribute__((aligned(8)));
	size_t reply_len;
	/* private */
	const struct uverbs_bpf_decl *decl;
	const struct uverbs_bpf_channel_decl *channel;
	unsigned int nr_attrs;
	struct uvbt_attr attrs[UVERBS_BPF_MAX_ATTRS];
	/* 1 more than enum uverbs_bpf_gid_type, 0 for none. */
	__u8 gids[UVBT_GIDS];
};

static inline struct uverbs_bpf_test *uvbt(struct uverbs_bpf_ctx *ctx)
{
	return (struct uverbs_bpf_test *)ctx;
}

/* The call as it begins: of a method, on port 1 of a RoCE device (rxe), by nobody special. */
static inline void uverbs_bpf_test_begin(struct uverbs_bpf_test *t, __u16 object, __u16 method)
{
	memset(t, 0, sizeof(*t));
	t->ctx.object = object;
	t->ctx.method = method;
	t->ctx.port = 1;
	t->ctx.driver_id = RDMA_DRIVER_RXE;
	t->ctx.protocol = UVERBS_BPF_PROTOCOL_ROCE;
	t->ctx.handle = UVERBS_BPF_NO_HANDLE;
	t->ctx.made = UVERBS_BPF_QP_AV;
	t->ctx.who.uid = 1000;
	t->ctx.who.pid = 100;
}

static inline struct uvbt_attr *uvbt_add_attr(struct uverbs_bpf_test *t, __u16 id, size_t len,
					      bool out)
{
	struct uvbt_attr *attr = &t->attrs[t->nr_attrs];

	uvbt_expect(t->nr_attrs < UVERBS_BPF_MAX_ATTRS && len <= 0xffff, "the call has room",
		    __FILE__, __LINE__);
	t->nr_attrs++;
	/* Exactly as long, so that tools which check accesses see one beyond. */
	*attr = (struct uvbt_attr) { .id = id, .len = len, .out = out, .data = uvbt_alloc(len) };
	return attr;
}

/* An input of the program's, by its own id. */
static inline void uverbs_bpf_test_in(struct uverbs_bpf_test *t, __u16 id, const void *data,
				      size_t len)
{
	memcpy(uvbt_add_attr(t, id, len, false)->data, data, len);
}

/* Room for an output of the program's; uverbs_bpf_test_output() has it afterwards. */
static inline void uverbs_bpf_test_out(struct uverbs_bpf_test *t, __u16 id, size_t len)
{
	uvbt_add_attr(t, id, len, true);
}

/* What the caller got in an output, or NULL if nothing was written. */
static inline const void *uverbs_bpf_test_output(const struct uverbs_bpf_test *t, __u16 id)
{
	unsigned int i;

	for (i = 0; i < t->nr_attrs; i++) {
		if (t->attrs[i].id == id && t->attrs[i].out && t->attrs[i].asked)
			return t->attrs[i].data;
	}
	return NULL;
}

/* The port has a GID at @index. */
static inline void uverbs_bpf_test_gid(struct uverbs_bpf_test *t, __u8 index,
				       enum uverbs_bpf_gid_type type)
{
	t->gids[index] = type + 1;
}

/* ---- the kfuncs ---- */

static inline struct uvbt_attr *uvbt_attr(struct uverbs_bpf_ctx *ctx, __u16 id)
{
	struct uverbs_bpf_test *t = uvbt(ctx);
	unsigned int i;

	for (i = 0; i < t->nr_attrs; i++) {
		if (t->attrs[i].id == id)
			return &t->attrs[i];
	}
	return NULL;
}

static inline __u8 *uvbt_data(struct uverbs_bpf_ctx *ctx, __u16 id, __u32 off, size_t size,
			      bool out)
{
	struct uvbt_attr *attr = uvbt_attr(ctx, id);

	if (!attr || attr->out != out || off > attr->len || size > attr->len - off)
		return NULL;
	attr->asked = out;
	return attr->data + off;
}

int uverbs_bpf_attr_len(struct uverbs_bpf_ctx *ctx, __u16 attr)
{
	return uvbt_attr(ctx, attr) ? uvbt_attr(ctx, attr)->len : -ENOENT;
}

__u8 *uverbs_bpf_attr_in(struct uverbs_bpf_ctx *ctx, __u16 attr, __u32 off,
			 const size_t rdonly_buf_size)
{
	return uvbt_data(ctx, attr, off, rdonly_buf_size, false);
}

__u8 *uverbs_bpf_attr_out(struct uverbs_bpf_ctx *ctx, __u16 attr, __u32 off,
			  const size_t rdwr_buf_size)
{
	return uvbt_data(ctx, attr, off, rdwr_buf_size, true);
}

int uverbs_bpf_attr_read(struct uverbs_bpf_ctx *ctx, __u16 attr, __u32 off, void *to, __u32 to__sz)
{
	const __u8 *from = uvbt_data(ctx, attr, off, to__sz, false);

	if (!from)
		return -ENOENT;
	memcpy(to, from, to__sz);
	return 0;
}

int uverbs_bpf_attr_write(struct uverbs_bpf_ctx *ctx, __u16 attr, __u32 off, const void *from,
			  __u32 from__sz)
{
	__u8 *to = uvbt_data(ctx, attr, off, from__sz, true);

	if (!to)
		return -ENOENT;
	memcpy(to, from, from__sz);
	return 0;
}

static inline const struct uverbs_bpf_attr *uvbt_row(const struct uverbs_bpf_test *t, __u16 id)
{
	__u32 i;

	for (i = 0; t->decl && i < t->decl->nr_attrs; i++) {
		const struct uverbs_bpf_attr *row = &t->decl->attrs[i];

		if (row->id == id && row->object == t->ctx.object && row->method == t->ctx.method)
			return row;
	}
	return NULL;
}

int uverbs_bpf_refuse(struct uverbs_bpf_ctx *ctx, __u16 attr, int err, const char *msg__str,
		      __s64 value)
{
	const char *mark = strchr(msg__str, '%');
	struct uverbs_bpf_test *t = uvbt(ctx);
	const char *program = t->decl ? t->decl->name : "";
	const struct uverbs_bpf_attr *row = uvbt_row(t, attr);
	char number[24] = "";
	size_t len = 0;

	if (err >= 0 || err < -EHWPOISON)
		err = -EINVAL;
	if (t->refused)
		return t->refused;
	t->refused = err;
	t->refused_attr = attr;
	if (mark && mark[1] == 'x')
		snprintf(number, sizeof(number), "%llx", (unsigned long long)value);
	else if (mark && mark[1] == 'd')
		snprintf(number, sizeof(number), "%lld", (long long)value);
	else if (mark && mark[1])
		snprintf(number, sizeof(number), "%llu", (unsigned long long)value);
	/* There may be several providers, and only one transport. */
	if (attr == UVERBS_BPF_ATTR_NONE || t->channel)
		len += snprintf(t->text, sizeof(t->text), "%s: ", program);
	if (attr != UVERBS_BPF_ATTR_NONE)
		len += snprintf(t->text + len, sizeof(t->text) - len, "%s: ",
				row ? row->name : program);
	snprintf(t->text + len, sizeof(t->text) - len, "%.*s%s%s",
		 mark ? (int)(mark - msg__str) : 255, msg__str, number,
		 mark && mark[1] ? mark + 2 : "");
	return err;
}

int uverbs_bpf_gid_type(struct uverbs_bpf_ctx *ctx, __u32 sgid_index)
{
	if (sgid_index >= UVBT_GIDS || !uvbt(ctx)->gids[sgid_index])
		return -ENOENT;
	return uvbt(ctx)->gids[sgid_index] - 1;
}

/* The kernel names the attributes. */
int uverbs_bpf_qp_takes(struct uverbs_bpf_ctx *ctx, __u32 required, __u32 optional)
{
	__u32 missing = required & ~ctx->mask, more = ctx->mask & ~(required | optional);

	if (missing)
		return uverbs_bpf_refuse(ctx, UVERBS_BPF_ATTR_NONE, -EINVAL,
					 "wants attributes 0x%x of the QP", missing);
	if (more)
		return uverbs_bpf_refuse(ctx, UVERBS_BPF_ATTR_NONE, -EINVAL,
					 "does not take attributes 0x%x of the QP", more);
	return uvbt(ctx)->refused;
}

__u8 *uverbs_bpf_args(struct uverbs_bpf_ctx *ctx, const size_t rdonly_buf_size)
{
	struct uverbs_bpf_test *t = uvbt(ctx);

	return rdonly_buf_size <= t->args_len ? (__u8 *)t->args : NULL;
}

static inline size_t uvbt_state_size(const struct uverbs_bpf_test *t)
{
	__u32 i;

	for (i = 0; t->channel && i < t->channel->nr_objects; i++) {
		if (UVERBS_BPF_SELF(t->channel->objects[i].id) == t->ctx.object)
			return t->channel->objects[i].state;
	}
	return 0;
}

__u8 *uverbs_bpf_state(struct uverbs_bpf_ctx *ctx, __u32 off, const size_t rdwr_buf_size)
{
	struct uverbs_bpf_test *t = uvbt(ctx);
	size_t size = uvbt_state_size(t);

	return off <= size && rdwr_buf_size <= size - off ? t->state + off : NULL;
}

__u8 *uverbs_bpf_command(struct uverbs_bpf_ctx *ctx, __u32 off, const size_t rdwr_buf_size)
{
	struct uverbs_bpf_test *t = uvbt(ctx);

	return off <= sizeof(t->command) && rdwr_buf_size <= sizeof(t->command) - off ?
		t->command + off : NULL;
}

__u8 *uverbs_bpf_reply(struct uverbs_bpf_ctx *ctx, __u32 off, const size_t rdonly_buf_size)
{
	struct uverbs_bpf_test *t = uvbt(ctx);

	return off <= t->reply_len && rdonly_buf_size <= t->reply_len - off ? t->reply + off : NULL;
}

void uverbs_bpf_has_transport(void) { }
void uverbs_bpf_has_legal(void) { }
void uverbs_bpf_has_provider(void) { }
void uverbs_bpf_has_counter(void) { }

/**
 * struct uverbs_bpf_test_dump - what dump() said
 * @dump: what the program gets
 * @values: the lines
 */
struct uverbs_bpf_test_dump {
	struct uverbs_bpf_dump dump;
	struct {
		char name[64];
		__u64 value;
	} values[256];
};

int uverbs_bpf_dump_value(struct uverbs_bpf_dump *dump, const char *name__str, __u64 value)
{
	struct uverbs_bpf_test_dump *d = (struct uverbs_bpf_test_dump *)dump;

	if (dump->lines >= sizeof(d->values) / sizeof(d->values[0]))
		return -ENOSPC;
	snprintf(d->values[dump->lines].name, sizeof(d->values[0].name), "%s", name__str);
	d->values[dump->lines++].value = value;
	return 0;
}

/* The value of a line of dump(), or -1 if there is none. */
static inline long long uverbs_bpf_test_dumped(const struct uverbs_bpf_test_dump *d,
					       const char *name)
{
	__u32 i;

	for (i = 0; i < d->dump.lines; i++) {
		if (!strcmp(d->values[i].name, name))
			return d->values[i].value;
	}
	return -1;
}

/* ---- calling a program ---- */

__attribute__((format(printf, 3, 4)))
static inline int uvbt_fail(struct uverbs_bpf_test *t, int err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(t->text, sizeof(t->text), fmt, args);
	va_end(args);
	t->refused = err;
	return err;
}

__attribute__((format(printf, 2, 3)))
static inline int uvbt_fault(struct uverbs_bpf_test *t, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(t->text, sizeof(t->text), fmt, args);
	va_end(args);
	t->fault = true;
	t->refused = -EPROTO;
	return -EPROTO;
}

/* What C checks before the program runs. */
static inline int uvbt_check(struct uverbs_bpf_test *t)
{
	const struct uverbs_bpf_attr *row;
	unsigned int i;

	for (i = 0; i < t->nr_attrs; i++) {
		const struct uvbt_attr *attr = &t->attrs[i];

		row = uvbt_row(t, attr->id);
		if (!row || (row->direction == UVERBS_BPF_KIND_OUT) != attr->out)
			return uvbt_fail(t, -EPROTONOSUPPORT, "attribute %u: program %s has none of this id",
					 attr->id, t->decl->name);
		if (attr->len < row->min_len || attr->len > row->max_len)
			return uvbt_fail(t, -EINVAL, "%s: length %u, wants %u to %u", row->name,
					 attr->len, row->min_len, row->max_len);
	}
	for (i = 0; i < t->decl->nr_attrs; i++) {
		row = &t->decl->attrs[i];
		if (row->flags & UVERBS_BPF_ATTR_MANDATORY && row == uvbt_row(t, row->id) &&
		    !uvbt_attr(&t->ctx, row->id))
			return uvbt_fail(t, -EINVAL, "%s: is missing", row->name);
	}
	return 0;
}

/* What is made of what it returned. Outputs of a call that fails do not count. */
static inline int uvbt_result(struct uverbs_bpf_test *t, const char *op, int ret)
{
	unsigned int i;

	if (ret > 0 || ret < -EHWPOISON)
		ret = uvbt_fault(t, "program %s: %s returned %d, wants 0 or -errno", t->decl->name,
				 op, ret);
	else if (!ret)
		ret = t->refused;
	else if (ret == -EPROTONOSUPPORT)
		ret = -EINVAL;
	if (ret && !t->refused)
		uvbt_fail(t, ret, "program %s: %s refused with %d and gave no reason",
			  t->decl->name, op, ret);
	for (i = 0; ret && i < t->nr_attrs; i++)
		t->attrs[i].asked = false;
	return ret;
}

/* Values that no path can hold: the program's fault. */
static inline int uvbt_path_values(struct uverbs_bpf_test *t, const struct uverbs_bpf_path *path)
{
	if (path->has_grh > 1)
		return uvbt_fault(t, "path.has_grh is %u, wants 0 or 1", path->has_grh);
	if (path->flow_label > 0xfffff)
		return uvbt_fault(t, "path.flow_label is 0x%x, has 20 bits", path->flow_label);
	if (path->sl > 15)
		return uvbt_fault(t, "path.sl is %u, has 4 bits", path->sl);
	if (path->sgid_index > 255)
		return uvbt_fault(t, "path.sgid_index is %u, has 8 bits", path->sgid_index);
	if (path->dlid && t->ctx.protocol != UVERBS_BPF_PROTOCOL_OPA &&
	    (path->dlid > 0xffff || t->ctx.protocol != UVERBS_BPF_PROTOCOL_IB))
		return uvbt_fault(t, "path.dlid is 0x%x, this port has none such", path->dlid);
	return 0;
}

/* What path_set() says it made is what a QP can have. */
static inline int uvbt_made_sane(struct uverbs_bpf_test *t)
{
	const __u32 known = UVERBS_BPF_QP_AV | UVERBS_BPF_QP_ALT_PATH | UVERBS_BPF_QP_PATH_MIG_STATE;
	int ret;

	if (t->ctx.made & ~known)
		return uvbt_fault(t, "made is 0x%x, knows 0x%x", t->ctx.made, known);
	ret = uvbt_path_values(t, &t->ctx.path);
	if (!ret && t->ctx.made & UVERBS_BPF_QP_ALT_PATH)
		ret = uvbt_path_values(t, &t->ctx.alt.path);
	if (!ret && t->ctx.alt.timeout > 31)
		ret = uvbt_fault(t, "alt.timeout is %u, has 5 bits", t->ctx.alt.timeout);
	if (!ret && t->ctx.mig_state > 2)
		ret = uvbt_fault(t, "mig_state is %u, wants 0 to 2", t->ctx.mig_state);
	return ret;
}

/**
 * uverbs_bpf_test_path_set() - the caller's attributes become a path
 * @t: the call: QP_MODIFY, QP_CONNECT or AH_CREATE
 * @ops: the transport
 *
 * Return: what the call returns as far as the transport decides it; the path is in t->ctx.path.
 */
static inline int uverbs_bpf_test_path_set(struct uverbs_bpf_test *t,
					   const struct uverbs_bpf_transport_ops *ops)
{
	int ret;

	t->decl = &ops->decl;
	memset(&t->ctx.path, 0, sizeof(t->ctx.path));
	ret = uvbt_check(t);
	if (!ret)
		ret = uvbt_result(t, "path_set", ops->path_set(&t->ctx));
	if (!ret)
		ret = uvbt_made_sane(t);
	/* What it made is part of the change that legal() judges. */
	t->ctx.mask |= t->ctx.made;
	return ret;
}

/**
 * uverbs_bpf_test_path_get() - a path becomes what the caller asked for
 * @t: the call, QP_QUERY or AH_QUERY, with the path in t->ctx.path
 * @ops: the transport
 *
 * Return: as uverbs_bpf_test_path_set().
 */
static inline int uverbs_bpf_test_path_get(struct uverbs_bpf_test *t,
					   const struct uverbs_bpf_transport_ops *ops)
{
	int ret;

	t->decl = &ops->decl;
	ret = uvbt_check(t);
	return ret ?: uvbt_result(t, "path_get", ops->path_get(&t->ctx));
}

/**
 * uverbs_bpf_test_legal() - is a change, or a question, one of this transport's
 * @t: the call; t->ctx.mask is what is changed or asked for
 * @ops: the transport
 *
 * Return: as uverbs_bpf_test_path_set().
 */
static inline int uverbs_bpf_test_legal(struct uverbs_bpf_test *t,
					const struct uverbs_bpf_transport_ops *ops)
{
	t->decl = &ops->decl;
	return ops->legal ? uvbt_result(t, "legal", ops->legal(&t->ctx)) : 0;
}

static inline bool uvbt_is_hooked(const struct uverbs_bpf_test *t)
{
	__u32 i;

	for (i = 0; i < t->channel->nr_hooks; i++) {
		const struct uverbs_bpf_hook *hook = &t->channel->hooks[i];

		if ((hook->object == UVERBS_BPF_ANY || hook->object == t->ctx.object) &&
		    (hook->method == UVERBS_BPF_ANY || hook->method == t->ctx.method))
			return true;
	}
	return false;
}

static inline void uvbt_provider(struct uverbs_bpf_test *t, const struct uverbs_bpf_provider_ops *ops)
{
	t->decl = &ops->decl;
	t->channel = &ops->channel;
}

/**
 * uverbs_bpf_test_before() - a hooked method is about to run
 * @t: the call
 * @ops: the provider; that it does not hook the method fails the test
 *
 * Return: 0 if the call goes on, else what it returns.
 */
static inline int uverbs_bpf_test_before(struct uverbs_bpf_test *t,
					 const struct uverbs_bpf_provider_ops *ops)
{
	struct uverbs_bpf_path path = t->ctx.path;
	int ret;

	uvbt_provider(t, ops);
	uvbt_expect(uvbt_is_hooked(t), "the provider hooks the method", __FILE__, __LINE__);
	ret = uvbt_check(t);
	if (ret)
		return ret;
	ret = uvbt_result(t, "before", ops->before ? ops->before(&t->ctx) : 0);
	if (!ret && ops->channel.role == UVERBS_BPF_OWNER)
		ret = uvbt_path_values(t, &t->ctx.path);
	if (ret && ops->channel.role == UVERBS_BPF_OBSERVER)
		ret = 0;
	/* Only an owner changes the path. */
	if (ops->channel.role != UVERBS_BPF_OWNER)
		t->ctx.path = path;
	if (!t->fault)
		return ret;
	if (ops->decl.flags & UVERBS_BPF_FAIL_CLOSED)
		return -EACCES;
	return t->nr_attrs ? -EPROTO : 0;
}

/* The hooked method has run, with @result. */
static inline void uverbs_bpf_test_after(struct uverbs_bpf_test *t,
					 const struct uverbs_bpf_provider_ops *ops, int result)
{
	uvbt_provider(t, ops);
	if (ops->after)
		ops->after(&t->ctx, result);
}

static inline const struct uverbs_bpf_method *uvbt_method(const struct uverbs_bpf_test *t)
{
	__u32 i;

	for (i = 0; i < t->channel->nr_methods; i++) {
		const struct uverbs_bpf_method *method = &t->channel->methods[i];

		if (method->object == t->ctx.object && UVERBS_BPF_SELF(method->id) == t->ctx.method)
			return method;
	}
	return NULL;
}

/**
 * uverbs_bpf_test_method() - a method of the provider's own
 * @t: the call; its method is UVERBS_BPF_SELF()
 * @ops: the provider; that it declares no such method fails the test
 *
 * Return: what the call returns; that of a method which destroys is not the program's to choose.
 */
static inline int uverbs_bpf_test_method(struct uverbs_bpf_test *t,
					 const struct uverbs_bpf_provider_ops *ops)
{
	const struct uverbs_bpf_method *method;
	int ret;

	uvbt_provider(t, ops);
	method = uvbt_method(t);
	uvbt_expect(method && !(method->flags & UVERBS_BPF_METHOD_EXEC),
		    "the provider declares the method", __FILE__, __LINE__);
	ret = uvbt_check(t);
	if (ret)
		return ret;
	ret = uvbt_result(t, "method", ops->method(&t->ctx));
	return method->access == UVERBS_BPF_METHOD_DESTROY ? 0 : ret;
}

/**
 * uverbs_bpf_test_prepare() - the first part of a method that reaches the driver
 * @t: the call; the command is in t->command afterwards
 * @ops: the provider
 *
 * Return: bytes of the command, or what the call returns.
 */
static inline int uverbs_bpf_test_prepare(struct uverbs_bpf_test *t,
					  const struct uverbs_bpf_provider_ops *ops)
{
	const struct uverbs_bpf_method *method;
	int ret;

	uvbt_provider(t, ops);
	method = uvbt_method(t);
	uvbt_expect(method && method->flags & UVERBS_BPF_METHOD_EXEC,
		    "the provider declares the method", __FILE__, __LINE__);
	ret = uvbt_check(t);
	if (ret)
		return ret;
	ret = ops->prepare(&t->ctx);
	if (ret > UVERBS_BPF_MAX_COMMAND)
		return uvbt_fault(t, "program %s: prepare returned %d, wants at most %u bytes",
				  t->decl->name, ret, UVERBS_BPF_MAX_COMMAND);
	return ret > 0 && !t->refused ? ret : uvbt_result(t, "prepare", ret);
}

/* The last part, with the driver's reply in t->reply. Return: as uverbs_bpf_test_method(). */
static inline int uverbs_bpf_test_complete(struct uverbs_bpf_test *t,
					   const struct uverbs_bpf_provider_ops *ops)
{
	uvbt_provider(t, ops);
	return uvbt_result(t, "complete", ops->complete ? ops->complete(&t->ctx) : 0);
}

/* ---- running the tests ---- */

struct uvbt_case {
	const char *name;
	void (*run)(void);
	struct uvbt_case *next;
};

static struct uvbt_case *uvbt_cases;

#define UVERBS_BPF_TEST(_name)							\
	static void test_##_name(void);							\
	__attribute__((constructor)) static void register_##_name(void)		\
	{									\
		static struct uvbt_case this = { #_name, test_##_name };		\
		struct uvbt_case **last = &uvbt_cases;				\
										\
		while (*last)							\
			last = &(*last)->next;					\
		*last = &this;							\
	}									\
	static void test_##_name(void)

static bool uvbt_wanted(const char *name, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		if (!strcmp(name, argv[i]))
			return true;
	}
	return argc < 2;
}

int main(int argc, char **argv)
{
	unsigned int passed = 0, failed = 0;
	const struct uvbt_case *this;

	for (this = uvbt_cases; this; this = this->next) {
		int status = -1;
		pid_t child;

		if (!uvbt_wanted(this->name, argc, argv))
			continue;
		fflush(stdout);
		child = fork();
		if (!child) {
			/* One that hangs; time of its own, for the machine may be busy. */
			setrlimit(RLIMIT_CPU, &(struct rlimit){ 10, 10 });
			this->run();
			fflush(stdout);
			_exit(0);
		}
		if (child > 0)
			waitpid(child, &status, 0);
		if (!status)
			passed++;
		else
			failed++;
		printf("%s %s%s%s\n", status ? "FAILED" : "ok    ", this->name,
		       status && WIFSIGNALED(status) ? ": " : "",
		       status && WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "");
	}
	printf("%u passed, %u failed\n", passed, failed);
	return failed || !passed;
}

#endif /* UVERBS_BPF_TEST_H */
