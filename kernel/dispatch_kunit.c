// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The parser's rules, each tried on every row of the schema it applies to: the
 * calls are made from the tables that the parser reads. A rule that applies to
 * no row fails, so that none is passed by looking at nothing.
 */
#include "kunit_bench.h"

static const struct uvb_schema *const schemas[] = {
	UVB_FOR_EACH_SCHEMA(UVB_BENCH_SCHEMA)
};

/* Every method of the schema, one after the other; NULL after the last. */
static const struct uvb_method *next_method(const struct uvb_method *method)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(schemas); i++) {
		const struct uvb_schema *schema = schemas[i];

		if (!schema->nr_methods)
			continue;
		if (!method)
			return schema->methods;
		if (method < schema->methods || method >= schema->methods + schema->nr_methods)
			continue;
		if (++method < schema->methods + schema->nr_methods)
			return method;
		method = NULL;
	}
	return NULL;
}

#define for_each_method(method)						\
	for (method = next_method(NULL); method; method = next_method(method))
#define for_each_row(method, row)					\
	for_each_method(method)						\
		for (row = 0; row < method->nr_attrs; row++)

/* The first row of a kind and access, for rules that need one example only. */
static const struct uvb_method *find_row(struct kunit *test, u8 kind, u8 access,
					 const struct uvb_attr **attr)
{
	const struct uvb_method *method;
	unsigned int row;

	for_each_row(method, row) {
		*attr = &method->attrs[row];
		if ((*attr)->kind == kind && (*attr)->access == access)
			return method;
	}
	KUNIT_FAIL_AND_ABORT(test, "no row of kind %u and access %u", kind, access);
	return NULL;
}

static bool has_file(const struct uvb_attr *attr)
{
	return attr->kind == UVERBS_BPF_KIND_FD;
}

static bool has_handle(const struct uvb_attr *attr)
{
	return attr->kind == UVERBS_BPF_KIND_HANDLE || has_file(attr);
}

static bool has_data(const struct uvb_attr *attr)
{
	return attr->kind == UVERBS_BPF_KIND_IN || attr->kind == UVERBS_BPF_KIND_OUT;
}

/* Add a valid attribute to the call: as short as allowed, all zero, objects that exist. */
static struct ib_uverbs_attr *add(struct uvb_bench *bench, const struct uvb_attr *attr)
{
	struct ib_uverbs_attr *uattr = uvb_bench_attr(bench, attr->id, attr->min_len, 0);
	unsigned int index = uattr - bench->hdr->attrs;

	if (has_handle(attr) && attr->access != UVERBS_BPF_ACCESS_NEW)
		uattr->data = uvb_bench_object(bench, attr->object, bench);
	else if (attr->kind == UVERBS_BPF_KIND_OUT ||
		 (attr->kind == UVERBS_BPF_KIND_IN && uattr->len > sizeof(uattr->data)))
		uattr->data = (uintptr_t)uvb_bench_data(bench, index);
	return uattr;
}

/* Begin a call with all mandatory attributes but one; returns what was left out. */
static void begin_without(struct uvb_bench *bench, const struct uvb_method *method,
			  const struct uvb_attr *without)
{
	unsigned int i;

	uvb_bench_call(bench, method);
	for (i = 0; i < method->nr_attrs; i++) {
		if (&method->attrs[i] != without && method->attrs[i].flags & UVB_F_MANDATORY)
			add(bench, &method->attrs[i]);
	}
}

/* Begin a call with all mandatory attributes and, last, this one, which may be changed. */
static struct ib_uverbs_attr *begin(struct uvb_bench *bench, const struct uvb_method *method,
				    const struct uvb_attr *attr)
{
	begin_without(bench, method, attr);
	return attr ? add(bench, attr) : NULL;
}

/* Close the files the call was given and those it made. */
static void close_files(struct uvb_bench *bench, const struct uvb_method *method, bool made)
{
	unsigned int i, row;

	for (i = 0; i < bench->hdr->num_attrs; i++) {
		for (row = 0; row < method->nr_attrs; row++) {
			const struct uvb_attr *attr = &method->attrs[row];

			if (!has_file(attr) || attr->id != bench->hdr->attrs[i].attr_id)
				continue;
			if (attr->access != UVERBS_BPF_ACCESS_NEW)
				uvb_bench_close_fd(bench->hdr->attrs[i].data);
			else if (made)
				uvb_bench_close_fd(uvb_bench_result(bench, i).data);
		}
	}
}

/* Make the call; what else is in it is valid, so @err can only come from what the test changed. */
static void expect(struct uvb_bench *bench, const struct uvb_method *method,
		   const struct uvb_attr *attr, int err)
{
	long ret = uvb_bench_ioctl(bench);
	const char *name = attr ? attr->name : "-";

	KUNIT_EXPECT_EQ_MSG(bench->test, ret, err, "%s, %s", method->name, name);
	KUNIT_EXPECT_EQ_MSG(bench->test, bench->calls, !err, "%s, %s", method->name, name);
	close_files(bench, method, !ret);
}

/* ---- the header ---- */

static const struct uvb_method *begin_any(struct kunit *test)
{
	const struct uvb_attr *attr;
	const struct uvb_method *method = find_row(test, UVERBS_BPF_KIND_CONST, 0, &attr);

	begin(test->priv, method, NULL);
	return method;
}

static void header_command(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;

	begin_any(test);
	KUNIT_EXPECT_EQ(test, uvb_ioctl(bench->filp, RDMA_VERBS_IOCTL + 1,
					(unsigned long)bench->user), -ENOIOCTLCMD);
}

static void header_length(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	const struct uvb_method *method = begin_any(test);
	u16 right = struct_size(bench->hdr, attrs, bench->hdr->num_attrs);

	bench->hdr->length = right - 1;
	expect(bench, method, NULL, -EINVAL);
	bench->hdr->length = right + 1;
	expect(bench, method, NULL, -EINVAL);
	bench->hdr->length = right + sizeof(struct ib_uverbs_attr);
	expect(bench, method, NULL, -EINVAL);
	bench->hdr->length = sizeof(*bench->hdr);
	expect(bench, method, NULL, -EINVAL);
	bench->hdr->length = right;
	expect(bench, method, NULL, 0);
}

/*
 * The length of so many attributes, cut to 16 bits, is that of none. They are
 * there, and nothing else is wrong with them.
 */
static void header_overflow(struct kunit *test)
{
	const unsigned int num_attrs = 0x10000 / sizeof(struct ib_uverbs_attr);
	struct uvb_bench *bench = test->priv;
	struct ib_uverbs_ioctl_hdr *hdr;
	unsigned int i;

	begin_any(test);
	hdr = kunit_kzalloc(test, struct_size(hdr, attrs, num_attrs), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, hdr);
	memcpy(hdr, bench->hdr, struct_size(hdr, attrs, bench->hdr->num_attrs));
	for (i = hdr->num_attrs; i < num_attrs; i++)
		hdr->attrs[i].attr_id = UVERBS_BPF_ID_MASK;
	hdr->num_attrs = num_attrs;
	hdr->length = sizeof(*hdr);
	KUNIT_ASSERT_EQ(test, copy_to_user(bench->user, hdr, struct_size(hdr, attrs, num_attrs)),
			0);
	KUNIT_EXPECT_EQ(test, uvb_ioctl(bench->filp, RDMA_VERBS_IOCTL, (unsigned long)bench->user),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, bench->calls, 0);
}

static void fill(struct uvb_bench *bench, unsigned int num_attrs)
{
	while (bench->hdr->num_attrs < num_attrs)
		uvb_bench_attr(bench, UVERBS_BPF_ID_MASK, 0, 0);
}

/* More than the parser's stack holds, up to a page, all of them looked at. */
static void header_many(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	const struct uvb_method *method = begin_any(test);

	fill(bench, UVB_BENCH_ATTRS);
	expect(bench, method, NULL, 0);

	method = begin_any(test);
	fill(bench, UVB_BENCH_ATTRS + 1);
	expect(bench, method, NULL, -EINVAL);

	method = begin_any(test);
	fill(bench, UVB_BENCH_ATTRS);
	bench->hdr->attrs[UVB_BENCH_ATTRS - 1].flags = UVERBS_ATTR_F_MANDATORY;
	expect(bench, method, NULL, -EPROTONOSUPPORT);
}

static void header_reserved(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	const struct uvb_method *method = begin_any(test);

	bench->hdr->reserved1 = 1;
	expect(bench, method, NULL, -EPROTONOSUPPORT);
	bench->hdr->length++;
	expect(bench, method, NULL, -EINVAL);

	method = begin_any(test);
	bench->hdr->reserved2 = 1;
	expect(bench, method, NULL, -EPROTONOSUPPORT);
}

static void header_driver(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	const struct uvb_method *method = begin_any(test);

	bench->hdr->driver_id++;
	expect(bench, method, NULL, -EINVAL);
	/* Before the method is looked for. */
	bench->hdr->method_id = UVERBS_BPF_ID_MASK;
	expect(bench, method, NULL, -EINVAL);
}

static void header_unknown(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	const struct uvb_method *method;
	unsigned int ns;

	method = begin_any(test);
	bench->hdr->object_id = UVB_MAX_OBJECT;
	expect(bench, method, NULL, -EPROTONOSUPPORT);
	bench->hdr->object_id = U16_MAX;
	expect(bench, method, NULL, -EPROTONOSUPPORT);

	method = begin_any(test);
	bench->hdr->method_id = UVB_MAX_METHOD;
	expect(bench, method, NULL, -EPROTONOSUPPORT);

	for (ns = 1; ns < 16; ns++) {
		method = begin_any(test);
		bench->dev->api.method[1][method->object][method->id] = NULL;
		bench->hdr->method_id |= ns << UVERBS_BPF_NS_SHIFT;
		expect(bench, method, NULL, -EPROTONOSUPPORT);
	}
}

static void header_fault(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	struct ib_uverbs_ioctl_hdr __user *hdr;

	/* The attributes are beyond the end of the caller's memory, then the header is, too. */
	begin_any(test);
	hdr = bench->user + (2 + UVB_MAX_BKEY) * UVB_BENCH_DATA - sizeof(*hdr);
	bench->hdr->length = struct_size(hdr, attrs, bench->hdr->num_attrs);
	KUNIT_ASSERT_EQ(test, copy_to_user(hdr, bench->hdr, sizeof(*hdr)), 0);
	KUNIT_EXPECT_EQ(test, uvb_ioctl(bench->filp, RDMA_VERBS_IOCTL, (unsigned long)hdr),
			-EFAULT);
	KUNIT_EXPECT_EQ(test, uvb_ioctl(bench->filp, RDMA_VERBS_IOCTL, (unsigned long)hdr + 1),
			-EFAULT);
	KUNIT_EXPECT_EQ(test, bench->calls, 0);
}

/* ---- attributes: every row of the schema ---- */

static void attr_mandatory(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	const struct uvb_method *method;
	unsigned int row, tried = 0;

	for_each_method(method) {
		begin(bench, method, NULL);
		expect(bench, method, NULL, 0);
	}
	for_each_row(method, row) {
		const struct uvb_attr *attr = &method->attrs[row];

		if (!(attr->flags & UVB_F_MANDATORY))
			continue;
		begin_without(bench, method, attr);
		expect(bench, method, attr, -EINVAL);
		tried++;
	}
	KUNIT_EXPECT_GT(test, tried, 0);
}

static void attr_optional(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	const struct uvb_method *method;
	unsigned int row, tried = 0;

	for_each_row(method, row) {
		const struct uvb_attr *attr = &method->attrs[row];

		if (attr->flags & UVB_F_MANDATORY)
			continue;
		begin(bench, method, attr);
		expect(bench, method, attr, 0);
		tried++;
	}
	KUNIT_EXPECT_GT(test, tried, 0);
}

static void attr_twice(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	const struct uvb_method *method;
	unsigned int row;

	for_each_row(method, row) {
		const struct uvb_attr *attr = &method->attrs[row];

		begin(bench, method, attr);
		add(bench, attr);
		expect(bench, method, attr, -EINVAL);
	}
}

static void attr_short(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	const struct uvb_method *method;
	unsigned int row, tried = 0;

	for_each_row(method, row) {
		const struct uvb_attr *attr = &method->attrs[row];

		if (has_handle(attr) || !attr->min_len)
			continue;
		begin(bench, method, attr)->len = attr->min_len - 1;
		expect(bench, method, attr, -EINVAL);
		tried++;
	}
	KUNIT_EXPECT_GT(test, tried, 0);
}

static void attr_long(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	const struct uvb_method *method;
	unsigned int row, tried = 0;

	for_each_row(method, row) {
		const struct uvb_attr *attr = &method->attrs[row];
		struct ib_uverbs_attr *uattr;

		if (attr->max_len == UVB_UNLIMITED || attr->flags & UVB_F_ZERO_TRAILING)
			continue;
		uattr = begin(bench, method, attr);
		uattr->len = attr->max_len + 1;
		if (has_data(attr))
			uattr->data = (uintptr_t)uvb_bench_data(bench, UVB_MAX_BKEY - 1);
		expect(bench, method, attr, -EINVAL);
		tried++;
	}
	KUNIT_EXPECT_GT(test, tried, 0);
}

/* A struct that grew: zero beyond what we know is a newer program's way of saying nothing. */
static void attr_trailing(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	const struct uvb_method *method;
	unsigned int row, tried = 0;

	for_each_row(method, row) {
		const struct uvb_attr *attr = &method->attrs[row];
		struct ib_uverbs_attr *uattr;
		u8 __user *data;

		if (!(attr->flags & UVB_F_ZERO_TRAILING))
			continue;
		uattr = begin(bench, method, attr);
		uattr->len = attr->max_len + 16;
		data = uvb_bench_data(bench, UVB_MAX_BKEY - 1);
		uattr->data = (uintptr_t)data;
		expect(bench, method, attr, 0);

		uattr = begin(bench, method, attr);
		uattr->len = attr->max_len + 16;
		uattr->data = (uintptr_t)data;
		KUNIT_ASSERT_EQ(test, put_user(1, data + attr->max_len + 15), 0);
		expect(bench, method, attr, attr->kind == UVERBS_BPF_KIND_OUT ? 0 : -EOPNOTSUPP);
		KUNIT_ASSERT_EQ(test, put_user(0, data + attr->max_len + 15), 0);
		tried++;
	}
	KUNIT_EXPECT_GT(test, tried, 0);
}

static void attr_reserved(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	const struct uvb_method *method;
	unsigned int row;

	for_each_row(method, row) {
		const struct uvb_attr *attr = &method->attrs[row];

		begin(bench, method, attr)->attr_data.reserved = 1;
		expect(bench, method, attr, -EINVAL);
		begin(bench, method, attr)->attr_data.reserved = 0x100;
		expect(bench, method, attr, -EINVAL);
	}
}

/* Ids of namespaces 0 and 1 that the method has no row for: between its rows and beyond them. */
static void attr_unknown(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	const struct uvb_method *method;

	for_each_method(method) {
		u16 ids[] = {
			method->nr_attrs + 30, UVERBS_API_NS_FLAG | 20,
			UVERBS_BPF_ID_MASK, UVERBS_API_NS_FLAG | UVERBS_BPF_ID_MASK,
		};
		unsigned int i;

		for (i = 0; i < ARRAY_SIZE(ids); i++) {
			begin(bench, method, NULL);
			uvb_bench_attr(bench, ids[i], U16_MAX, 0);
			expect(bench, method, NULL, 0);

			begin(bench, method, NULL);
			uvb_bench_attr(bench, ids[i], U16_MAX, 0)->flags = UVERBS_ATTR_F_MANDATORY;
			expect(bench, method, NULL, -EPROTONOSUPPORT);
		}
	}
}

/* What is addressed to a program or to us is never ignored, flagged mandatory or not. */
static void attr_namespaces(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	const struct uvb_method *method;
	unsigned int ns;

	for_each_method(method) {
		for (ns = UVERBS_BPF_NS_IB; ns < 16; ns++) {
			begin(bench, method, NULL);
			uvb_bench_attr(bench, UVERBS_BPF_ID(ns, 1), 0, 0);
			expect(bench, method, NULL, -EPROTONOSUPPORT);
		}
	}
}

/* ---- handles ---- */

static void handle_shape(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	const struct uvb_method *method;
	unsigned int row, tried = 0;

	for_each_row(method, row) {
		const struct uvb_attr *attr = &method->attrs[row];

		if (!has_handle(attr))
			continue;
		begin(bench, method, attr)->len = 1;
		expect(bench, method, attr, -EINVAL);
		tried++;
	}
	KUNIT_EXPECT_GT(test, tried, 0);
}

/* Nothing there, less than nothing, an object of another kind. */
static void handle_wrong(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	const struct uvb_method *method;
	unsigned int row, tried = 0;

	for_each_row(method, row) {
		const struct uvb_attr *attr = &method->attrs[row];
		struct ib_uverbs_attr *uattr;
		u16 other;

		if (attr->kind != UVERBS_BPF_KIND_HANDLE || attr->access == UVERBS_BPF_ACCESS_NEW)
			continue;
		begin(bench, method, attr)->data = 0x1234567;
		expect(bench, method, attr, -ENOENT);
		begin(bench, method, attr)->data_s64 = -1;
		expect(bench, method, attr, -EINVAL);

		other = attr->object == UVERBS_OBJECT_PD ? UVERBS_OBJECT_CQ : UVERBS_OBJECT_PD;
		uattr = begin(bench, method, attr);
		uattr->data = uvb_bench_object(bench, other, bench);
		expect(bench, method, attr, -EINVAL);
		tried++;
	}
	KUNIT_EXPECT_GT(test, tried, 0);
}

static void handle_wrong_file(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	const struct uvb_method *method;
	unsigned int row, tried = 0;

	for_each_row(method, row) {
		const struct uvb_attr *attr = &method->attrs[row];
		u16 other = attr->object == UVERBS_OBJECT_COMP_CHANNEL ?
			UVERBS_OBJECT_ASYNC_EVENT : UVERBS_OBJECT_COMP_CHANNEL;
		struct ib_uverbs_attr *uattr;
		u64 fd;

		if (!has_file(attr) || attr->access == UVERBS_BPF_ACCESS_NEW)
			continue;
		uattr = begin(bench, method, attr);
		fd = uattr->data;
		uattr->data = 1000;
		KUNIT_EXPECT_EQ(test, uvb_bench_ioctl(bench), -EBADF);
		uattr->data = fd | BIT_ULL(32);
		KUNIT_EXPECT_EQ(test, uvb_bench_ioctl(bench), -EINVAL);
		uvb_bench_close_fd(fd);
		uattr->data = uvb_bench_object(bench, other, NULL);
		expect(bench, method, attr, -EBADF);
		tried++;
	}
	KUNIT_EXPECT_GT(test, tried, 0);
}

/* A call that fails on its last attribute gives back what it locked before. */
static void handle_unlock(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	const struct uvb_method *method;
	unsigned int row, tried = 0;

	for_each_row(method, row) {
		const struct uvb_attr *attr = &method->attrs[row];
		struct uverbs_attr_bundle *bundle;
		struct uvb_handle *handle;

		if (attr->kind != UVERBS_BPF_KIND_HANDLE ||
		    (attr->access != UVERBS_BPF_ACCESS_READ &&
		     attr->access != UVERBS_BPF_ACCESS_WRITE))
			continue;
		begin(bench, method, attr);
		uvb_bench_attr(bench, UVERBS_BPF_ID(UVERBS_BPF_NS_ROCE, 0), 0, 0);
		bundle = uvb_bench_enter(bench, bench->file);
		handle = uvb_handle_get(bundle, attr->object,
					bench->hdr->attrs[bench->hdr->num_attrs - 2].data,
					UVERBS_BPF_ACCESS_DESTROY);
		uvb_bench_leave(bench);
		KUNIT_ASSERT_FALSE(test, IS_ERR(handle));

		expect(bench, method, attr, -EPROTONOSUPPORT);
		KUNIT_EXPECT_EQ(test, atomic_read(&handle->usecnt), 0);
		/* The table's, the list's and ours. */
		KUNIT_EXPECT_EQ(test, refcount_read(&handle->ref), 3);
		uvb_handle_put(handle, UVERBS_BPF_ACCESS_DESTROY);
		tried++;
	}
	KUNIT_EXPECT_GT(test, tried, 0);
}

/* What the object behind a handle was locked for while the method ran. */
static int seen_usecnt;
static const struct uvb_attr *seen_attr;

static int see_usecnt(struct uverbs_attr_bundle *bundle)
{
	seen_usecnt = atomic_read(&uvb_attr_handle(bundle, seen_attr->id)->usecnt);
	return 0;
}

static void handle_lock(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	const struct uvb_method *method;
	unsigned int row, reads = 0, writes = 0;

	for_each_row(method, row) {
		const struct uvb_attr *attr = &method->attrs[row];

		if (attr->kind != UVERBS_BPF_KIND_HANDLE)
			continue;
		seen_attr = attr;
		bench->on_call = see_usecnt;
		begin(bench, method, attr);
		expect(bench, method, attr, 0);
		KUNIT_EXPECT_EQ_MSG(test, seen_usecnt,
				    attr->access == UVERBS_BPF_ACCESS_READ ? 1 : -1,
				    "%s, %s", method->name, attr->name);
		reads += attr->access == UVERBS_BPF_ACCESS_READ;
		writes += attr->access != UVERBS_BPF_ACCESS_READ;
	}
	KUNIT_EXPECT_GT(test, reads, 0);
	KUNIT_EXPECT_GT(test, writes, 0);
}

static bool is_there(struct uvb_bench *bench, unsigned int object, s64 id)
{
	struct uverbs_attr_bundle *bundle = uvb_bench_enter(bench, bench->file);
	struct uvb_handle *handle = uvb_handle_get(bundle, object, id, UVERBS_BPF_ACCESS_READ);

	if (!IS_ERR(handle))
		uvb_handle_put(handle, UVERBS_BPF_ACCESS_READ);
	uvb_bench_leave(bench);
	return !IS_ERR(handle);
}

static const struct uvb_attr *new_attr;

static int create(struct uverbs_attr_bundle *bundle)
{
	uvb_attr_handle(bundle, new_attr->id)->object = uvb_bench;
	uvb_created(bundle, new_attr->id);
	return 0;
}

static int create_and_fail(struct uverbs_attr_bundle *bundle)
{
	create(bundle);
	return -ENOSPC;
}

static int only_fail(struct uverbs_attr_bundle *bundle)
{
	return -ENOSPC;
}

/* The id is told to the caller; whether it means anything depends on how the call ends. */
static void handle_new(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	const struct uvb_method *method =
		find_row(test, UVERBS_BPF_KIND_HANDLE, UVERBS_BPF_ACCESS_NEW, &new_attr);
	unsigned int index;
	u64 id;

	begin(bench, method, new_attr)->data = U64_MAX;
	index = bench->hdr->num_attrs - 1;
	bench->on_call = create;
	expect(bench, method, new_attr, 0);
	id = uvb_bench_result(bench, index).data;
	KUNIT_EXPECT_TRUE(test, is_there(bench, new_attr->object, id));

	begin(bench, method, new_attr)->data = U64_MAX;
	bench->on_call = create_and_fail;
	KUNIT_EXPECT_EQ(test, uvb_bench_ioctl(bench), -ENOSPC);
	id = uvb_bench_result(bench, index).data;
	KUNIT_EXPECT_FALSE(test, is_there(bench, new_attr->object, id));
	KUNIT_EXPECT_EQ(test, bench->nr_destroyed, 1);
	KUNIT_EXPECT_EQ(test, bench->why, RDMA_REMOVE_ABORT);

	/* Nothing was created, so there is nothing to destroy. */
	begin(bench, method, new_attr)->data = U64_MAX;
	bench->on_call = only_fail;
	KUNIT_EXPECT_EQ(test, uvb_bench_ioctl(bench), -ENOSPC);
	id = uvb_bench_result(bench, index).data;
	KUNIT_EXPECT_FALSE(test, is_there(bench, new_attr->object, id));
	KUNIT_EXPECT_EQ(test, bench->nr_destroyed, 1);
}

/* The method answers for an object that is gone already. */
static int after_destroy(struct uverbs_attr_bundle *bundle)
{
	return uvb_bench->nr_destroyed == 1 ? 0 : -ENOTTY;
}

static int refuse(struct uvb_handle *handle, enum rdma_remove_reason why,
		  struct uverbs_attr_bundle *bundle)
{
	return -EBUSY;
}

static void handle_destroy(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	const struct uvb_attr *attr;
	const struct uvb_method *method =
		find_row(test, UVERBS_BPF_KIND_HANDLE, UVERBS_BPF_ACCESS_DESTROY, &attr);
	u64 id = begin(bench, method, attr)->data;

	bench->on_call = after_destroy;
	bench->on_destroy = refuse;
	expect(bench, method, attr, -EBUSY);
	KUNIT_EXPECT_TRUE(test, is_there(bench, attr->object, id));

	bench->on_destroy = NULL;
	expect(bench, method, attr, 0);
	KUNIT_EXPECT_EQ(test, bench->why, RDMA_REMOVE_DESTROY);
	KUNIT_EXPECT_FALSE(test, is_there(bench, attr->object, id));

	bench->calls = 0;
	expect(bench, method, attr, -ENOENT);
	KUNIT_EXPECT_EQ(test, bench->nr_destroyed, 1);
}

/* ---- what handlers get and give ---- */

static const struct uvb_attr *data_attr;
static u8 seen_data[16], seen_exact[16];
static int data_ret;

/* Into more room than the caller passes, and into exactly as much. */
static int copy_in(struct uverbs_attr_bundle *bundle)
{
	size_t len = bundle->attrs[UVB_BKEY(data_attr->id)].ptr_attr.len;

	memset(seen_data, 0xff, sizeof(seen_data));
	memset(seen_exact, 0xff, sizeof(seen_exact));
	data_ret = uvb_copy_in(seen_data, bundle, data_attr->id, sizeof(seen_data));
	if (!data_ret && len <= sizeof(seen_exact))
		data_ret = uvb_copy_in(seen_exact, bundle, data_attr->id, len);
	return 0;
}

/* An input of at most eight bytes is in the attribute, a longer one where that points. */
static void data_in(struct kunit *test)
{
	static const u8 data[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
	struct uvb_bench *bench = test->priv;
	const struct uvb_method *method;
	unsigned int row, direct = 0, pointed = 0;
	struct ib_uverbs_attr *uattr;
	u8 wanted[16];
	unsigned int len;

	bench->on_call = copy_in;
	for_each_row(method, row) {
		data_attr = &method->attrs[row];
		if (data_attr->kind != UVERBS_BPF_KIND_IN || data_attr->flags & UVB_F_COPY)
			continue;

		uattr = begin(bench, method, data_attr);
		if (uattr->len <= sizeof(uattr->data)) {
			memcpy(&uattr->data, data, sizeof(uattr->data));
			direct++;
		} else {
			KUNIT_ASSERT_EQ(test, copy_to_user(u64_to_user_ptr(uattr->data), data,
							   sizeof(data)), 0);
			pointed++;
		}
		len = min_t(unsigned int, uattr->len, sizeof(data));
		memset(wanted, 0, sizeof(wanted));
		memcpy(wanted, data, len);
		expect(bench, method, data_attr, 0);
		KUNIT_EXPECT_EQ_MSG(test, data_ret, 0, "%s, %s", method->name, data_attr->name);
		KUNIT_EXPECT_MEMEQ_MSG(test, seen_data, wanted, sizeof(wanted), "%s, %s",
				       method->name, data_attr->name);
		if (bench->hdr->attrs[bench->hdr->num_attrs - 1].len == len) {
			memset(wanted + len, 0xff, sizeof(wanted) - len);
			KUNIT_EXPECT_MEMEQ_MSG(test, seen_exact, wanted, sizeof(wanted), "%s, %s",
					       method->name, data_attr->name);
		}

		if (len == sizeof(data)) {
			begin(bench, method, data_attr)->data = (uintptr_t)bench->user - 8;
			expect(bench, method, data_attr, 0);
			KUNIT_EXPECT_EQ(test, data_ret, -EFAULT);
		}
		if (!(data_attr->flags & UVB_F_MANDATORY)) {
			begin_without(bench, method, data_attr);
			expect(bench, method, data_attr, 0);
			KUNIT_EXPECT_EQ(test, data_ret, -ENOENT);
		}
	}
	KUNIT_EXPECT_GT(test, direct, 0);
	KUNIT_EXPECT_GT(test, pointed, 0);
}

static int copied_in(struct uverbs_attr_bundle *bundle)
{
	memcpy(seen_data, uverbs_attr_get_alloced_ptr(bundle, data_attr->id), sizeof(seen_data));
	return 0;
}

/* What the parser copies is there before the handler runs, or the handler does not run. */
static void data_copied(struct kunit *test)
{
	static const u8 data[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
	struct uvb_bench *bench = test->priv;
	const struct uvb_method *method;
	unsigned int row, copied = 0;
	struct ib_uverbs_attr *uattr;

	bench->on_call = copied_in;
	for_each_row(method, row) {
		data_attr = &method->attrs[row];
		if (!(data_attr->flags & UVB_F_COPY) || data_attr->min_len < sizeof(data))
			continue;

		uattr = begin(bench, method, data_attr);
		KUNIT_ASSERT_EQ(test, copy_to_user(u64_to_user_ptr(uattr->data), data,
						   sizeof(data)), 0);
		memset(seen_data, 0xff, sizeof(seen_data));
		expect(bench, method, data_attr, 0);
		KUNIT_EXPECT_MEMEQ_MSG(test, seen_data, data, sizeof(data), "%s, %s",
				       method->name, data_attr->name);

		begin(bench, method, data_attr)->data = (uintptr_t)bench->user - 8;
		expect(bench, method, data_attr, -EFAULT);
		copied++;
	}
	KUNIT_EXPECT_GT(test, copied, 0);
}

static const u8 answer[8] = { 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88 };
static bool answer_zero;

static int copy_out(struct uverbs_attr_bundle *bundle)
{
	return answer_zero ?
		uvb_copy_out_zero(bundle, data_attr->id, answer, sizeof(answer)) :
		uvb_copy_out(bundle, data_attr->id, answer, sizeof(answer));
}

static void expect_out(struct uvb_bench *bench, const struct uvb_method *method,
		       unsigned int len, bool zero)
{
	struct kunit *test = bench->test;
	struct ib_uverbs_attr *uattr = begin(bench, method, data_attr);
	unsigned int index = uattr - bench->hdr->attrs;
	void __user *to = u64_to_user_ptr(uattr->data);
	u8 wanted[32], found[32];

	memset(wanted, 0xff, sizeof(wanted));
	KUNIT_ASSERT_EQ(test, copy_to_user(to, wanted, sizeof(wanted)), 0);
	memcpy(wanted, answer, min_t(size_t, len, sizeof(answer)));
	if (zero && len > sizeof(answer))
		memset(wanted + sizeof(answer), 0, len - sizeof(answer));

	uattr->len = len;
	answer_zero = zero;
	expect(bench, method, data_attr, 0);
	KUNIT_ASSERT_EQ(test, copy_from_user(found, to, sizeof(found)), 0);
	KUNIT_EXPECT_MEMEQ_MSG(test, found, wanted, sizeof(found), "%s, %s: %u bytes",
			       method->name, data_attr->name, len);
	KUNIT_EXPECT_EQ(test, uvb_bench_result(bench, index).flags, UVERBS_ATTR_F_VALID_OUTPUT);
}

/* Cut to the caller's room, never beyond it; the rest zeroed only where asked for. */
static void data_out(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	const struct uvb_method *method;
	unsigned int row, tried = 0;

	bench->on_call = copy_out;
	for_each_row(method, row) {
		data_attr = &method->attrs[row];
		if (data_attr->kind != UVERBS_BPF_KIND_OUT ||
		    data_attr->max_len != UVB_UNLIMITED || data_attr->min_len ||
		    data_attr->id == UVERBS_ATTR_UHW_OUT)
			continue;
		expect_out(bench, method, 3, false);
		expect_out(bench, method, 8, false);
		expect_out(bench, method, 16, false);
		expect_out(bench, method, 3, true);
		expect_out(bench, method, 8, true);
		expect_out(bench, method, 16, true);

		begin(bench, method, data_attr);
		bench->hdr->attrs[bench->hdr->num_attrs - 1].len = 8;
		bench->hdr->attrs[bench->hdr->num_attrs - 1].data = (uintptr_t)bench->user - 8;
		KUNIT_EXPECT_EQ(test, uvb_bench_ioctl(bench), -EFAULT);
		tried++;
	}
	KUNIT_EXPECT_GT(test, tried, 0);
}

static u64 seen_const;

static int take_const(struct uverbs_attr_bundle *bundle)
{
	data_ret = uvb_const(&seen_const, bundle, data_attr->id, 100);
	return 0;
}

static void data_const(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	const struct uvb_method *method = find_row(test, UVERBS_BPF_KIND_CONST, 0, &data_attr);

	bench->on_call = take_const;
	begin(bench, method, data_attr)->data = 100;
	expect(bench, method, data_attr, 0);
	KUNIT_EXPECT_EQ(test, data_ret, 0);
	KUNIT_EXPECT_EQ(test, seen_const, 100);

	begin(bench, method, data_attr)->data = 101;
	expect(bench, method, data_attr, 0);
	KUNIT_EXPECT_EQ(test, data_ret, -EINVAL);
}

static u64 allowed_flags;
static u32 seen_flags;

static int take_flags(struct uverbs_attr_bundle *bundle)
{
	seen_flags = U32_MAX;
	data_ret = uvb_flags(&seen_flags, bundle, data_attr->id, allowed_flags);
	return 0;
}

static void expect_flags(struct uvb_bench *bench, const struct uvb_method *method, u16 len,
			 u64 flags, int err)
{
	struct ib_uverbs_attr *uattr = begin(bench, method, data_attr);

	uattr->len = len;
	uattr->data = flags;
	expect(bench, method, data_attr, 0);
	KUNIT_EXPECT_EQ_MSG(bench->test, data_ret, err, "%llx in %u bytes", flags, len);
	if (!err)
		KUNIT_EXPECT_EQ(bench->test, seen_flags, (u32)flags);
}

static void data_flags(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	const struct uvb_method *method = find_row(test, UVERBS_BPF_KIND_FLAGS, 0, &data_attr);

	bench->on_call = take_flags;
	/* Handlers have 32 bits of flags, whatever they allow. */
	allowed_flags = U64_MAX;
	expect_flags(bench, method, 8, U32_MAX, 0);
	expect_flags(bench, method, 8, BIT_ULL(32), -EINVAL);

	allowed_flags = 0x80000005;
	expect_flags(bench, method, 8, 0x80000005, 0);
	expect_flags(bench, method, 8, 1, 0);
	expect_flags(bench, method, 8, 2, -EINVAL);
	expect_flags(bench, method, 4, 5, 0);
	expect_flags(bench, method, 4, 2, -EINVAL);
	/* Old libraries leave garbage beyond the four bytes. */
	expect_flags(bench, method, 4, BIT_ULL(40) | 1, 0);
	expect_flags(bench, method, 5, 1, -EINVAL);

	if (!(data_attr->flags & UVB_F_MANDATORY)) {
		begin_without(bench, method, data_attr);
		expect(bench, method, data_attr, 0);
		KUNIT_EXPECT_EQ(test, data_ret, 0);
		KUNIT_EXPECT_EQ(test, seen_flags, 0);
	}
}

static struct ib_udata seen_udata;

static int take_udata(struct uverbs_attr_bundle *bundle)
{
	seen_udata = bundle->driver_udata;
	return 0;
}

/* Drivers read user memory, so eight bytes in the attribute are pointed at there. */
static void data_driver(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	struct ib_uverbs_ioctl_hdr __user *hdr = bench->user;
	const struct uvb_method *method;
	unsigned int in, tried = 0;
	u64 far;

	bench->on_call = take_udata;
	for_each_method(method) {
		if (!method->has_udata)
			continue;
		begin(bench, method, NULL);
		expect(bench, method, NULL, 0);
		KUNIT_EXPECT_EQ(test, seen_udata.inlen, 0);
		KUNIT_EXPECT_EQ(test, seen_udata.outlen, 0);

		begin(bench, method, NULL);
		in = bench->hdr->num_attrs;
		far = (uintptr_t)uvb_bench_data(bench, in + 1);
		uvb_bench_attr(bench, UVERBS_ATTR_UHW_IN, 8, 0x1122334455667788);
		uvb_bench_attr(bench, UVERBS_ATTR_UHW_OUT, 24, far);
		expect(bench, method, NULL, 0);
		KUNIT_EXPECT_EQ(test, seen_udata.inlen, 8);
		KUNIT_EXPECT_PTR_EQ(test, (void *)seen_udata.inbuf,
				    (void *)&hdr->attrs[in].data);
		KUNIT_EXPECT_EQ(test, seen_udata.outlen, 24);
		KUNIT_EXPECT_EQ(test, (uintptr_t)seen_udata.outbuf, far);
		KUNIT_EXPECT_EQ(test, uvb_bench_result(bench, in + 1).flags,
				UVERBS_ATTR_F_VALID_OUTPUT);

		begin(bench, method, NULL);
		uvb_bench_attr(bench, UVERBS_ATTR_UHW_IN, 9, far);
		expect(bench, method, NULL, 0);
		KUNIT_EXPECT_EQ(test, seen_udata.inlen, 9);
		KUNIT_EXPECT_EQ(test, (uintptr_t)seen_udata.inbuf, far);
		tried++;
	}
	KUNIT_EXPECT_GT(test, tried, 0);
}

/* ---- extended errors ---- */

struct error_buffer {
	struct uverbs_bpf_error error;
	char text[UVERBS_BPF_ERROR_MAX];
};

/* Fails on one attribute, with the request for an error before or after that one. */
static void expect_error(struct kunit *test, bool first)
{
	struct uvb_bench *bench = test->priv;
	const struct uvb_attr *attr;
	const struct uvb_method *method = find_row(test, UVERBS_BPF_KIND_CONST, 0, &attr);
	struct error_buffer got = {};
	void __user *to = uvb_bench_data(bench, UVB_MAX_BKEY - 1);
	unsigned int index;

	uvb_bench_call(bench, method);
	index = first ? 0 : 1;
	if (first)
		uvb_bench_attr(bench, UVERBS_BPF_ATTR_ERROR, sizeof(got), (uintptr_t)to);
	uvb_bench_attr(bench, attr->id, attr->min_len - 1, 0);
	if (!first)
		uvb_bench_attr(bench, UVERBS_BPF_ATTR_ERROR, sizeof(got), (uintptr_t)to);
	expect(bench, method, attr, -EINVAL);

	KUNIT_ASSERT_EQ(test, copy_from_user(&got, to, sizeof(got)), 0);
	KUNIT_EXPECT_EQ(test, got.error.code, -EINVAL);
	KUNIT_EXPECT_EQ(test, got.error.attr_id, attr->id);
	KUNIT_EXPECT_GT(test, got.error.length, 0);
	KUNIT_EXPECT_EQ(test, strnlen(got.text, sizeof(got.text)), got.error.length);
	KUNIT_EXPECT_NOT_NULL(test, strstr(got.text, attr->name));
	KUNIT_EXPECT_EQ(test, uvb_bench_result(bench, index).flags, UVERBS_ATTR_F_VALID_OUTPUT);
}

static void error_text(struct kunit *test)
{
	expect_error(test, true);
	expect_error(test, false);
}

static int refuse_twice(struct uverbs_attr_bundle *bundle)
{
	uvb_refuse(bundle, -EINVAL, 7, "first");
	return uvb_refuse(bundle, -ENOSPC, 8, "second");
}

/* The first reason is the one that is told, the errno is the call's. */
static void error_first(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	struct error_buffer got = {};
	void __user *to = uvb_bench_data(bench, UVB_MAX_BKEY - 1);

	begin_any(test);
	uvb_bench_attr(bench, UVERBS_BPF_ATTR_ERROR, sizeof(got), (uintptr_t)to);
	bench->on_call = refuse_twice;
	KUNIT_EXPECT_EQ(test, uvb_bench_ioctl(bench), -ENOSPC);
	KUNIT_ASSERT_EQ(test, copy_from_user(&got, to, sizeof(got)), 0);
	KUNIT_EXPECT_EQ(test, got.error.code, -ENOSPC);
	KUNIT_EXPECT_EQ(test, got.error.attr_id, 7);
	KUNIT_EXPECT_STREQ(test, got.text, "first");

	/* A failure nobody explained has its errno and no text. */
	begin_any(test);
	uvb_bench_attr(bench, UVERBS_BPF_ATTR_ERROR, sizeof(got), (uintptr_t)to);
	bench->on_call = only_fail;
	KUNIT_EXPECT_EQ(test, uvb_bench_ioctl(bench), -ENOSPC);
	KUNIT_ASSERT_EQ(test, copy_from_user(&got, to, sizeof(got)), 0);
	KUNIT_EXPECT_EQ(test, got.error.attr_id, UVERBS_BPF_ATTR_NONE);
	KUNIT_EXPECT_EQ(test, got.error.length, 0);
	KUNIT_EXPECT_EQ(test, got.text[0], 0);
}

/* Room for two letters: two letters and a NUL, and nothing behind them. */
static void error_cut(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	void __user *to = uvb_bench_data(bench, UVB_MAX_BKEY - 1);
	struct error_buffer got;

	memset(&got, 0xff, sizeof(got));
	KUNIT_ASSERT_EQ(test, copy_to_user(to, &got, sizeof(got)), 0);
	begin_any(test);
	uvb_bench_attr(bench, UVERBS_BPF_ATTR_ERROR, sizeof(got.error) + 3, (uintptr_t)to);
	bench->on_call = refuse_twice;
	KUNIT_EXPECT_EQ(test, uvb_bench_ioctl(bench), -ENOSPC);
	KUNIT_ASSERT_EQ(test, copy_from_user(&got, to, sizeof(got)), 0);
	KUNIT_EXPECT_EQ(test, got.error.length, 2);
	KUNIT_EXPECT_EQ(test, memcmp(got.text, "fi\0\xff", 4), 0);
}

static void error_request(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	void __user *to = uvb_bench_data(bench, UVB_MAX_BKEY - 1);
	const struct uvb_method *method;
	struct error_buffer got;
	unsigned int index;

	/* A call that succeeds writes none. */
	memset(&got, 0xff, sizeof(got));
	KUNIT_ASSERT_EQ(test, copy_to_user(to, &got, sizeof(got)), 0);
	method = begin_any(test);
	index = bench->hdr->num_attrs;
	uvb_bench_attr(bench, UVERBS_BPF_ATTR_ERROR, sizeof(got), (uintptr_t)to);
	expect(bench, method, NULL, 0);
	KUNIT_ASSERT_EQ(test, copy_from_user(&got, to, sizeof(got)), 0);
	KUNIT_EXPECT_NULL(test, memchr_inv(&got, 0xff, sizeof(got)));
	KUNIT_EXPECT_EQ(test, uvb_bench_result(bench, index).flags, 0);

	/* No room for a text, and asked for twice: refused; of two the first is told. */
	begin_any(test);
	uvb_bench_attr(bench, UVERBS_BPF_ATTR_ERROR, sizeof(got.error), (uintptr_t)to);
	KUNIT_EXPECT_EQ(test, uvb_bench_ioctl(bench), -EINVAL);
	KUNIT_EXPECT_EQ(test, uvb_bench_result(bench, index).flags, 0);
	begin_any(test);
	uvb_bench_attr(bench, UVERBS_BPF_ATTR_ERROR, sizeof(got), (uintptr_t)to + sizeof(got));
	uvb_bench_attr(bench, UVERBS_BPF_ATTR_ERROR, sizeof(got), (uintptr_t)to);
	KUNIT_EXPECT_EQ(test, uvb_bench_ioctl(bench), -EINVAL);
	KUNIT_EXPECT_EQ(test, uvb_bench_result(bench, index).flags, UVERBS_ATTR_F_VALID_OUTPUT);
	KUNIT_EXPECT_EQ(test, uvb_bench_result(bench, index + 1).flags, 0);
	KUNIT_ASSERT_EQ(test, copy_from_user(&got, to, sizeof(got)), 0);
	KUNIT_EXPECT_NULL(test, memchr_inv(&got, 0xff, sizeof(got)));

	/* That it cannot be written changes nothing. */
	begin_any(test);
	uvb_bench_attr(bench, UVERBS_BPF_ATTR_ERROR, sizeof(got), (uintptr_t)bench->user - 8);
	bench->on_call = refuse_twice;
	KUNIT_EXPECT_EQ(test, uvb_bench_ioctl(bench), -ENOSPC);
}

static struct kunit_case uvb_dispatch_cases[] = {
	KUNIT_CASE(header_command),
	KUNIT_CASE(header_length),
	KUNIT_CASE(header_overflow),
	KUNIT_CASE(header_many),
	KUNIT_CASE(header_reserved),
	KUNIT_CASE(header_driver),
	KUNIT_CASE(header_unknown),
	KUNIT_CASE(header_fault),
	KUNIT_CASE(attr_mandatory),
	KUNIT_CASE(attr_optional),
	KUNIT_CASE(attr_twice),
	KUNIT_CASE(attr_short),
	KUNIT_CASE(attr_long),
	KUNIT_CASE(attr_trailing),
	KUNIT_CASE(attr_reserved),
	KUNIT_CASE(attr_unknown),
	KUNIT_CASE(attr_namespaces),
	KUNIT_CASE(handle_shape),
	KUNIT_CASE(handle_wrong),
	KUNIT_CASE(handle_wrong_file),
	KUNIT_CASE(handle_lock),
	KUNIT_CASE(handle_unlock),
	KUNIT_CASE(handle_new),
	KUNIT_CASE(handle_destroy),
	KUNIT_CASE(data_in),
	KUNIT_CASE(data_copied),
	KUNIT_CASE(data_out),
	KUNIT_CASE(data_const),
	KUNIT_CASE(data_flags),
	KUNIT_CASE(data_driver),
	KUNIT_CASE(error_text),
	KUNIT_CASE(error_first),
	KUNIT_CASE(error_cut),
	KUNIT_CASE(error_request),
	{}
};

static struct kunit_suite uvb_dispatch_suite = {
	.name = "uvb_dispatch",
	.init = uvb_bench_init,
	.exit = uvb_bench_exit,
	.test_cases = uvb_dispatch_cases,
};
kunit_test_suite(uvb_dispatch_suite);
