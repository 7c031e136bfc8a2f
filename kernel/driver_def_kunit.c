// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * What drivers define: it is read into the same rows that core methods have,
 * the core's own rows stay as they are, and what cannot be served is refused
 * with its reason.
 */
#include "uvb.h"
#include "left.h"

#include <kunit/test.h>
#include <rdma/uverbs_std_types.h>

enum {
	OBJECT_NUMBERED = UVERBS_API_NS_FLAG,
	OBJECT_FILE,
	OBJECT_ABSENT,
};

enum {
	METHOD_FIRST = UVERBS_API_NS_FLAG,
	METHOD_DESTROY,
	METHOD_ABSENT,
};

enum {
	ATTR_0 = UVERBS_API_NS_FLAG,
	ATTR_1,
	ATTR_2,
	ATTR_3,
	ATTR_4,
	ATTR_5,
	ATTR_6,
};

static int nop_handler(struct uverbs_attr_bundle *bundle)
{
	return 0;
}

/* ib_uverbs is not in every kernel these tests run in, and only the names of its functions count. */
#if !IS_ENABLED(CONFIG_INFINIBAND_USER_ACCESS)
noinline int uverbs_uobject_fd_release(struct inode *inode, struct file *filp)
{
	return 0;
}

noinline int uverbs_destroy_def_handler(struct uverbs_attr_bundle *bundle)
{
	return 0;
}
#else
int uverbs_destroy_def_handler(struct uverbs_attr_bundle *bundle);
#endif

static int other_release(struct inode *inode, struct file *filp)
{
	return 0;
}

static void nop_swap(struct ib_uobject *old, struct ib_uobject *new)
{
}

static const struct uverbs_obj_type_class numbered_class = { .swap_uobjects = nop_swap };
static const struct uverbs_obj_type_class file_class = {};

static int nop_destroy(struct ib_uobject *uobject, enum rdma_remove_reason why,
		       struct uverbs_attr_bundle *bundle)
{
	return 0;
}

static void nop_close(struct ib_uobject *uobject, enum rdma_remove_reason why)
{
}

static const struct uverbs_obj_idr_type numbered_type = {
	.type = { .type_class = &numbered_class, .obj_size = sizeof(struct ib_uobject) + 8 },
	.destroy_object = nop_destroy,
};

static const struct uverbs_obj_idr_type small_type = {
	.type = { .type_class = &numbered_class, .obj_size = sizeof(struct ib_uobject) - 8 },
	.destroy_object = nop_destroy,
};

static const struct file_operations file_fops = { .release = uverbs_uobject_fd_release };
static const struct file_operations other_fops = { .release = other_release };

static const struct uverbs_obj_fd_type file_type = {
	.type = { .type_class = &file_class, .obj_size = sizeof(struct ib_uobject) },
	.destroy_object = nop_close,
	.fops = &file_fops,
	.name = "[test]",
};

static const struct uverbs_obj_fd_type other_type = {
	.type = { .type_class = &file_class, .obj_size = sizeof(struct ib_uobject) },
	.destroy_object = nop_close,
	.fops = &other_fops,
	.name = "[test]",
};

/* Each list of attributes is a method, each method an object, each object a definition. */
#define ATTRS(_name, ...)								\
	static const struct uverbs_attr_def *const _name[] = { __VA_ARGS__ }
#define METHOD(_name, _id, _handler, _attrs)						\
	static const struct uverbs_method_def _name = {					\
		.id = _id, .handler = _handler,						\
		.num_attrs = ARRAY_SIZE(_attrs), .attrs = &_attrs,			\
	}
#define OBJECT(_name, _id, _type, ...)							\
	static const struct uverbs_method_def *const _name##_methods[] = { __VA_ARGS__ };	\
	static const struct uverbs_object_def _name = {					\
		.id = _id, .type_attrs = _type,						\
		.num_methods = ARRAY_SIZE(_name##_methods), .methods = &_name##_methods,	\
	}

/* ---- what is read ---- */

static const struct uverbs_attr_spec choices[] = {
	{ .type = UVERBS_ATTR_TYPE_PTR_IN, UVERBS_ATTR_NO_DATA() },
	{ .type = UVERBS_ATTR_TYPE_PTR_IN, .zero_trailing = 1, UVERBS_ATTR_SIZE(2, 6) },
	{ .type = UVERBS_ATTR_TYPE_PTR_OUT, UVERBS_ATTR_TYPE(u32) },
};

ATTRS(first_attrs,
      UVERBS_ATTR_IDR(ATTR_0, OBJECT_NUMBERED, UVERBS_ACCESS_NEW, UA_MANDATORY),
      UVERBS_ATTR_PTR_IN(ATTR_1, UVERBS_ATTR_SIZE(4, 8), .zero_trailing = 1),
      NULL,
      UVERBS_ATTR_PTR_IN(ATTR_2, UVERBS_ATTR_MIN_SIZE(1), UA_ALLOC_AND_COPY),
      UVERBS_ATTR_PTR_OUT(ATTR_3, UVERBS_ATTR_TYPE(u16), UA_MANDATORY),
      UVERBS_ATTR_ENUM_IN(ATTR_4, choices),
      UVERBS_ATTR_IDRS_ARR(ATTR_5, UVERBS_OBJECT_PD, UVERBS_ACCESS_WRITE, 1, 9),
      UVERBS_ATTR_IDR(ATTR_6, UVERBS_IDR_ANY_OBJECT, UVERBS_ACCESS_READ));
METHOD(first, METHOD_FIRST, nop_handler, first_attrs);
ATTRS(destroy_attrs,
      UVERBS_ATTR_IDR(ATTR_0, OBJECT_NUMBERED, UVERBS_ACCESS_DESTROY, UA_MANDATORY));
METHOD(destroy, METHOD_DESTROY, uverbs_destroy_def_handler, destroy_attrs);
/* Its object exists, but a call must name one that does not. */
ATTRS(needy_attrs,
      UVERBS_ATTR_IDR(ATTR_0, OBJECT_ABSENT, UVERBS_ACCESS_READ, UA_MANDATORY));
METHOD(needy, METHOD_ABSENT, nop_handler, needy_attrs);
OBJECT(numbered, OBJECT_NUMBERED, &numbered_type.type, &first, NULL, &destroy, &needy);

ATTRS(file_attrs, UVERBS_ATTR_FD(ATTR_0, OBJECT_FILE, UVERBS_ACCESS_NEW, UA_MANDATORY));
METHOD(file_new, METHOD_FIRST, nop_handler, file_attrs);
OBJECT(file, OBJECT_FILE, &file_type.type, &file_new);

ATTRS(absent_attrs, UVERBS_ATTR_IDR(ATTR_0, OBJECT_ABSENT, UVERBS_ACCESS_NEW, UA_MANDATORY));
METHOD(absent_new, METHOD_FIRST, nop_handler, absent_attrs);
OBJECT(absent, OBJECT_ABSENT, &numbered_type.type, &absent_new);

ATTRS(cq_attrs,
      UVERBS_ATTR_PTR_IN(ATTR_2, UVERBS_ATTR_TYPE(u32)),
      UVERBS_ATTR_IDR(ATTR_3, OBJECT_NUMBERED, UVERBS_ACCESS_READ));
METHOD(cq_create, UVERBS_METHOD_CQ_CREATE, NULL, cq_attrs);
OBJECT(cq, UVERBS_OBJECT_CQ, NULL, &cq_create);

/* By its number this attribute would be UHW_IN. */
ATTRS(gid_attrs, UVERBS_ATTR_PTR_OUT(ATTR_0, UVERBS_ATTR_TYPE(u32)));
METHOD(gid_table, UVERBS_METHOD_QUERY_GID_TABLE, NULL, gid_attrs);
METHOD(device_own, METHOD_FIRST, nop_handler, gid_attrs);
OBJECT(device, UVERBS_OBJECT_DEVICE, NULL, &gid_table, &device_own);

static bool never(struct ib_device *ibdev)
{
	return false;
}

static const struct uapi_definition objects_def[] = {
	UAPI_DEF_CHAIN_OBJ_TREE(OBJECT_NUMBERED, &numbered),
	UAPI_DEF_CHAIN_OBJ_TREE(OBJECT_FILE, &file),
	UAPI_DEF_CHAIN_OBJ_TREE(OBJECT_ABSENT, &absent, UAPI_DEF_IS_OBJ_SUPPORTED(never)),
	{}
};

static const struct uapi_definition whole_def[] = {
	UAPI_DEF_CHAIN(objects_def),
	UAPI_DEF_CHAIN_OBJ_TREE(UVERBS_OBJECT_CQ, &cq),
	UAPI_DEF_CHAIN_OBJ_TREE(UVERBS_OBJECT_DEVICE, &device),
	{}
};

static int op_present(void)
{
	return 0;
}

static struct ib_device *device_with(struct kunit *test, const struct uapi_definition *def)
{
	struct ib_device *ibdev = kunit_kzalloc(test, sizeof(*ibdev), GFP_KERNEL);
	void **op;

	KUNIT_ASSERT_NOT_NULL(test, ibdev);
	/* A driver that can do everything; nobody calls it. */
	for (op = (void **)&ibdev->ops.query_device; op < (void **)(&ibdev->ops + 1); op++)
		*op = op_present;
	ibdev->driver_def = def;
	return ibdev;
}

static struct uvb_api *api_with(struct kunit *test, const struct uapi_definition *def)
{
	struct uvb_api *api = kunit_kzalloc(test, sizeof(*api), GFP_KERNEL);
	struct ib_device *ibdev = device_with(test, def);

	KUNIT_ASSERT_NOT_NULL(test, api);
	uvb_api_init(api, ibdev);
	KUNIT_ASSERT_STREQ(test, uvb_driver_judge(ibdev) ?: "", "");
	KUNIT_ASSERT_EQ(test, uvb_driver_init(api, ibdev), 0);
	return api;
}

static const struct uvb_attr *attr_of(struct kunit *test, const struct uvb_method *method, u16 id)
{
	unsigned int slot;

	KUNIT_ASSERT_LT(test, UVB_BKEY(id), method->bkey_len);
	slot = method->slot[UVB_BKEY(id)];
	KUNIT_ASSERT_NE(test, slot, UVB_NO_SLOT);
	KUNIT_ASSERT_EQ(test, method->attrs[slot].id, id);
	return &method->attrs[slot];
}

static void own_method(struct kunit *test)
{
	struct uvb_api *api = api_with(test, whole_def);
	const struct uvb_method *method = uvb_driver_method(api, OBJECT_NUMBERED, METHOD_FIRST);
	const struct uvb_attr *attr;

	KUNIT_ASSERT_FALSE(test, IS_ERR(method));
	KUNIT_EXPECT_EQ(test, method->nr_attrs, 7);
	KUNIT_EXPECT_TRUE(test, method->driver);
	KUNIT_EXPECT_FALSE(test, method->has_udata);
	KUNIT_EXPECT_EQ(test, method->destroy, UVB_NO_SLOT);
	KUNIT_EXPECT_EQ(test, method->mandatory,
			BIT_ULL(UVB_BKEY(ATTR_0)) | BIT_ULL(UVB_BKEY(ATTR_3)));

	attr = attr_of(test, method, ATTR_0);
	KUNIT_EXPECT_EQ(test, attr->kind, UVERBS_BPF_KIND_HANDLE);
	KUNIT_EXPECT_EQ(test, attr->object, OBJECT_NUMBERED);
	KUNIT_EXPECT_EQ(test, attr->access, UVERBS_BPF_ACCESS_NEW);
	attr = attr_of(test, method, ATTR_1);
	KUNIT_EXPECT_EQ(test, attr->kind, UVERBS_BPF_KIND_IN);
	KUNIT_EXPECT_EQ(test, attr->flags, UVB_F_ZERO_TRAILING);
	KUNIT_EXPECT_EQ(test, attr->min_len, 4);
	KUNIT_EXPECT_EQ(test, attr->max_len, 8);
	attr = attr_of(test, method, ATTR_2);
	KUNIT_EXPECT_EQ(test, attr->flags, UVB_F_COPY);
	KUNIT_EXPECT_EQ(test, attr->max_len, UVB_UNLIMITED);
	attr = attr_of(test, method, ATTR_3);
	KUNIT_EXPECT_EQ(test, attr->kind, UVERBS_BPF_KIND_OUT);
	attr = attr_of(test, method, ATTR_4);
	KUNIT_EXPECT_EQ(test, attr->kind, UVERBS_BPF_KIND_ENUM);
	KUNIT_EXPECT_EQ(test, attr->object, 3);
	KUNIT_EXPECT_EQ(test, attr->values[0].max_len, 0);
	KUNIT_EXPECT_EQ(test, attr->values[1].min_len, 2);
	KUNIT_EXPECT_EQ(test, attr->values[1].flags, UVB_F_ZERO_TRAILING);
	KUNIT_EXPECT_EQ(test, attr->values[2].kind, UVERBS_BPF_KIND_NONE);
	attr = attr_of(test, method, ATTR_5);
	KUNIT_EXPECT_EQ(test, attr->kind, UVERBS_BPF_KIND_HANDLES);
	KUNIT_EXPECT_EQ(test, attr->access, UVERBS_BPF_ACCESS_WRITE);
	KUNIT_EXPECT_EQ(test, attr->max_len, 9);
	attr = attr_of(test, method, ATTR_6);
	KUNIT_EXPECT_EQ(test, attr->kind, UVERBS_BPF_KIND_HANDLE | UVB_KIND_WHOLE);
	uvb_driver_destroy(api);
}

static void own_objects(struct kunit *test)
{
	struct uvb_api *api = api_with(test, whole_def);
	const struct uvb_type *type = uvb_driver_type(api, OBJECT_NUMBERED);

	KUNIT_ASSERT_NOT_NULL(test, type);
	KUNIT_EXPECT_EQ(test, type->size, sizeof(struct ib_uobject) + 8);
	KUNIT_EXPECT_EQ(test, type->uapi->id, OBJECT_NUMBERED);
	KUNIT_EXPECT_NULL(test, type->fops);

	type = uvb_driver_type(api, OBJECT_FILE);
	KUNIT_ASSERT_NOT_NULL(test, type);
	/* The driver's operations, but for the end. */
	KUNIT_EXPECT_NOT_NULL(test, type->fops);
	KUNIT_EXPECT_PTR_NE(test, type->fops, &file_fops);
	KUNIT_EXPECT_TRUE(test, type->fops->release != file_fops.release);

	KUNIT_EXPECT_NULL(test, uvb_driver_type(api, OBJECT_ABSENT));
	KUNIT_EXPECT_NULL(test, uvb_driver_type(api, OBJECT_ABSENT + 1));
	KUNIT_EXPECT_NULL(test, uvb_driver_type(api, 0x2000));
	KUNIT_EXPECT_NOT_NULL(test, uvb_driver_type(api, UVERBS_IDR_ANY_OBJECT));
	uvb_driver_destroy(api);
}

static void extended_method(struct kunit *test)
{
	struct uvb_api *api = api_with(test, whole_def);
	const struct uvb_method *base = uvb_schema_find(UVERBS_OBJECT_CQ, UVERBS_METHOD_CQ_CREATE);
	const struct uvb_method *method =
		uvb_api_method(api, UVERBS_OBJECT_CQ, UVERBS_METHOD_CQ_CREATE);

	KUNIT_ASSERT_NOT_NULL(test, method);
	KUNIT_EXPECT_PTR_NE(test, method, base);
	KUNIT_EXPECT_PTR_EQ(test, method->handler, base->handler);
	KUNIT_EXPECT_EQ(test, method->nr_attrs, base->nr_attrs + 2);
	KUNIT_EXPECT_EQ(test, method->mandatory, base->mandatory);
	KUNIT_EXPECT_TRUE(test, method->has_udata);
	KUNIT_EXPECT_FALSE(test, method->driver);
	KUNIT_EXPECT_EQ(test, attr_of(test, method, ATTR_3)->object, OBJECT_NUMBERED);
	/* Other devices do not see it. */
	KUNIT_EXPECT_EQ(test, base->slot[UVB_BKEY(ATTR_2)], UVB_NO_SLOT);

	method = uvb_api_method(api, UVERBS_OBJECT_DEVICE, UVERBS_METHOD_QUERY_GID_TABLE);
	KUNIT_ASSERT_NOT_NULL(test, method);
	attr_of(test, method, ATTR_0);
	KUNIT_EXPECT_FALSE(test, method->has_udata);
	uvb_driver_destroy(api);
}

static void unknown_method(struct kunit *test)
{
	struct uvb_api *api = api_with(test, whole_def);
	static const struct { u16 object, method; } ids[] = {
		{ OBJECT_NUMBERED, METHOD_ABSENT }, { OBJECT_NUMBERED, METHOD_ABSENT + 1 },
		{ OBJECT_NUMBERED, 0 }, { OBJECT_NUMBERED, 0x1fff }, { OBJECT_ABSENT, METHOD_FIRST },
		{ OBJECT_ABSENT + 1, METHOD_FIRST }, { 0x1fff, METHOD_FIRST },
		{ 0x2000, METHOD_FIRST }, { 0xffff, 0xffff }, { UVERBS_OBJECT_CQ, METHOD_FIRST },
		{ UVERBS_API_OBJ_KEY_NUM_CORE, METHOD_FIRST },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ids); i++)
		KUNIT_EXPECT_EQ_MSG(test, PTR_ERR(uvb_driver_method(api, ids[i].object,
								    ids[i].method)),
				    -EPROTONOSUPPORT, "object %#x method %#x", ids[i].object,
				    ids[i].method);
	KUNIT_EXPECT_FALSE(test, IS_ERR(uvb_driver_method(api, UVERBS_OBJECT_DEVICE,
							  METHOD_FIRST)));
	uvb_driver_destroy(api);
}

/* What it takes the driver for is over with the device; handles can still be destroyed. */
static void gone(struct kunit *test)
{
	struct uvb_api *api = api_with(test, whole_def);

	uvb_driver_gone(api);
	KUNIT_EXPECT_EQ(test, PTR_ERR(uvb_driver_method(api, OBJECT_NUMBERED, METHOD_FIRST)), -EIO);
	KUNIT_EXPECT_EQ(test, PTR_ERR(uvb_driver_method(api, OBJECT_FILE, METHOD_FIRST)), -EIO);
	KUNIT_EXPECT_EQ(test, PTR_ERR(uvb_driver_method(api, OBJECT_NUMBERED, METHOD_ABSENT)),
			-EPROTONOSUPPORT);
	KUNIT_EXPECT_FALSE(test, IS_ERR(uvb_driver_method(api, OBJECT_NUMBERED, METHOD_DESTROY)));
	KUNIT_EXPECT_NOT_NULL(test, uvb_api_method(api, UVERBS_OBJECT_CQ,
						   UVERBS_METHOD_CQ_CREATE));
	uvb_driver_destroy(api);
}

/* ---- what is refused ---- */

#define TREE_DEF(_name, _id, _object)							\
	static const struct uapi_definition _name[] = {					\
		UAPI_DEF_CHAIN_OBJ_TREE(_id, _object), {}				\
	}

OBJECT(other_file, OBJECT_FILE, &other_type.type, NULL);
TREE_DEF(release_def, OBJECT_FILE, &other_file);

ATTRS(creates_attrs, UVERBS_ATTR_IDR(ATTR_0, UVERBS_OBJECT_PD, UVERBS_ACCESS_NEW, UA_MANDATORY));
METHOD(creates, METHOD_FIRST, nop_handler, creates_attrs);
OBJECT(creator, UVERBS_OBJECT_PD, NULL, &creates);
TREE_DEF(creates_def, UVERBS_OBJECT_PD, &creator);

ATTRS(flow_attrs, UVERBS_ATTR_IDR(ATTR_0, UVERBS_OBJECT_FLOW, UVERBS_ACCESS_NEW, UA_MANDATORY));
METHOD(flow_new, METHOD_FIRST, nop_handler, flow_attrs);
OBJECT(flow, UVERBS_OBJECT_FLOW, NULL, &flow_new);
TREE_DEF(flow_def, UVERBS_OBJECT_FLOW, &flow);

METHOD(extends, 9, NULL, gid_attrs);
OBJECT(extender, UVERBS_OBJECT_PD, NULL, &extends);
TREE_DEF(extends_def, UVERBS_OBJECT_PD, &extender);

METHOD(replaces, UVERBS_METHOD_PD_DESTROY, nop_handler, gid_attrs);
OBJECT(replacer, UVERBS_OBJECT_PD, NULL, &replaces);
TREE_DEF(replaces_def, UVERBS_OBJECT_PD, &replacer);

static const struct uapi_definition disables_def[] = {
	UAPI_DEF_CHAIN_OBJ_TREE(UVERBS_OBJECT_CQ, &cq, UAPI_DEF_IS_OBJ_SUPPORTED(never)),
	{}
};

static const struct uapi_definition write_def[] = {
	{ .kind = UAPI_DEF_OBJECT_START, .object_start = { .object_id = UVERBS_OBJECT_PD } },
	{ .kind = UAPI_DEF_WRITE, .scope = UAPI_SCOPE_OBJECT, .func_write = nop_handler },
	{}
};

TREE_DEF(wrong_id_def, OBJECT_FILE, &numbered);
OBJECT(small, OBJECT_NUMBERED, &small_type.type, NULL);
TREE_DEF(small_def, OBJECT_NUMBERED, &small);
OBJECT(core_type, UVERBS_OBJECT_PD, &numbered_type.type, NULL);
TREE_DEF(core_type_def, UVERBS_OBJECT_PD, &core_type);
OBJECT(far, 0x100c, &numbered_type.type, NULL);
TREE_DEF(far_def, 0x100c, &far);
METHOD(far_method, 0x1008, nop_handler, gid_attrs);
OBJECT(far_method_object, OBJECT_NUMBERED, &numbered_type.type, &far_method);
TREE_DEF(far_method_def, OBJECT_NUMBERED, &far_method_object);
ATTRS(far_attrs, UVERBS_ATTR_PTR_IN(0x101f, UVERBS_ATTR_TYPE(u32)));
METHOD(far_attr, METHOD_FIRST, nop_handler, far_attrs);
OBJECT(far_attr_object, OBJECT_NUMBERED, &numbered_type.type, &far_attr);
TREE_DEF(far_attr_def, OBJECT_NUMBERED, &far_attr_object);
ATTRS(twice_attrs, UVERBS_ATTR_PTR_IN(ATTR_1, UVERBS_ATTR_TYPE(u32)),
      UVERBS_ATTR_PTR_OUT(ATTR_1, UVERBS_ATTR_TYPE(u32)));
METHOD(twice, METHOD_FIRST, nop_handler, twice_attrs);
OBJECT(twice_object, OBJECT_NUMBERED, &numbered_type.type, &twice);
TREE_DEF(twice_def, OBJECT_NUMBERED, &twice_object);
ATTRS(two_new_attrs,
      UVERBS_ATTR_IDR(ATTR_0, OBJECT_NUMBERED, UVERBS_ACCESS_NEW, UA_MANDATORY),
      UVERBS_ATTR_IDR(ATTR_1, OBJECT_NUMBERED, UVERBS_ACCESS_DESTROY, UA_MANDATORY));
METHOD(two_new, METHOD_FIRST, nop_handler, two_new_attrs);
OBJECT(two_new_object, OBJECT_NUMBERED, &numbered_type.type, &two_new);
TREE_DEF(two_new_def, OBJECT_NUMBERED, &two_new_object);
ATTRS(optional_new_attrs, UVERBS_ATTR_IDR(ATTR_0, OBJECT_NUMBERED, UVERBS_ACCESS_NEW));
METHOD(optional_new, METHOD_FIRST, nop_handler, optional_new_attrs);
OBJECT(optional_new_object, OBJECT_NUMBERED, &numbered_type.type, &optional_new);
TREE_DEF(optional_new_def, OBJECT_NUMBERED, &optional_new_object);
ATTRS(any_new_attrs,
      UVERBS_ATTR_IDR(ATTR_0, UVERBS_IDR_ANY_OBJECT, UVERBS_ACCESS_NEW, UA_MANDATORY));
METHOD(any_new, METHOD_FIRST, nop_handler, any_new_attrs);
OBJECT(any_new_object, OBJECT_NUMBERED, &numbered_type.type, &any_new);
TREE_DEF(any_new_def, OBJECT_NUMBERED, &any_new_object);

static const struct uapi_definition twice_same_def[] = {
	UAPI_DEF_CHAIN_OBJ_TREE(OBJECT_NUMBERED, &numbered),
	UAPI_DEF_CHAIN_OBJ_TREE(OBJECT_NUMBERED, &numbered),
	{}
};

static const struct uapi_definition unknown_kind_def[] = { { .kind = 99 }, {} };
static const struct uapi_definition no_object_def[] = {
	UAPI_DEF_IS_OBJ_SUPPORTED(never), {}
};
static const struct uapi_definition loop_def[] = { UAPI_DEF_CHAIN(loop_def), {} };

struct refusal {
	const char *what;
	const struct uapi_definition *def;
	const char *reason;
};

static const struct refusal refusals[] = {
	{ "nothing", NULL, "" },
	{ "everything", whole_def, "" },
	{ "flow", flow_def, "" },
	{ "release", release_def, UVB_LEFT_RELEASE },
	{ "core object made", creates_def, UVB_LEFT_CREATES },
	{ "unknown core method", extends_def, UVB_LEFT_EXTENDS },
	{ "core method replaced", replaces_def, UVB_LEFT_DISABLES },
	{ "core object taken away", disables_def, UVB_LEFT_DISABLES },
	{ "legacy command", write_def, UVB_LEFT_DISABLES },
	{ "object of another id", wrong_id_def, UVB_LEFT_MALFORMED },
	{ "object too small", small_def, UVB_LEFT_MALFORMED },
	{ "type of a core object", core_type_def, UVB_LEFT_MALFORMED },
	{ "object id", far_def, UVB_LEFT_MALFORMED },
	{ "method id", far_method_def, UVB_LEFT_MALFORMED },
	{ "attribute id", far_attr_def, UVB_LEFT_MALFORMED },
	{ "attribute twice", twice_def, UVB_LEFT_MALFORMED },
	{ "two objects made or destroyed", two_new_def, UVB_LEFT_MALFORMED },
	{ "optional new object", optional_new_def, UVB_LEFT_MALFORMED },
	{ "new object of any kind", any_new_def, UVB_LEFT_MALFORMED },
	{ "object twice", twice_same_def, UVB_LEFT_MALFORMED },
	{ "kind", unknown_kind_def, UVB_LEFT_MALFORMED },
	{ "condition of nothing", no_object_def, UVB_LEFT_MALFORMED },
	{ "loop", loop_def, UVB_LEFT_MALFORMED },
};

static void refusal_name(const struct refusal *refusal, char *name)
{
	strscpy(name, refusal->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(refusal, refusals, refusal_name);

static void judged(struct kunit *test)
{
	const struct refusal *refusal = test->param_value;
	struct ib_device *ibdev = device_with(test, refusal->def);

	KUNIT_EXPECT_STREQ(test, uvb_driver_judge(ibdev) ?: "", refusal->reason);
}

static struct kunit_case driver_def_cases[] = {
	KUNIT_CASE(own_method),
	KUNIT_CASE(own_objects),
	KUNIT_CASE(extended_method),
	KUNIT_CASE(unknown_method),
	KUNIT_CASE(gone),
	KUNIT_CASE_PARAM(judged, refusal_gen_params),
	{}
};

static struct kunit_suite driver_def_suite = {
	.name = "uvb_driver_def",
	.test_cases = driver_def_cases,
};

kunit_test_suite(driver_def_suite);
