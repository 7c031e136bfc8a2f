// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The schema: what the tables say is well formed, the index finds it, what a
 * driver lacks is not there, and SCHEMA tells user space the same.
 */
#include "kunit_bench.h"

static const struct uvb_schema *const schemas[] = {
	UVB_FOR_EACH_SCHEMA(UVB_BENCH_SCHEMA)
};

#define for_each_schema(i, schema)					\
	for (i = 0; i < ARRAY_SIZE(schemas) && (schema = schemas[i]); i++)

static const struct uvb_type *type_of(unsigned int object)
{
	const struct uvb_schema *schema;
	unsigned int i;

	for_each_schema(i, schema) {
		if (schema->type && schema->type->object == object)
			return schema->type;
	}
	return NULL;
}

/* ---- the tables ---- */

static void check_attr(struct kunit *test, const struct uvb_method *method,
		       const struct uvb_attr *attr)
{
	bool handle = attr->kind == UVERBS_BPF_KIND_HANDLE || attr->kind == UVERBS_BPF_KIND_FD;
	bool file = attr->kind == UVERBS_BPF_KIND_FD;

	/* Native ones: the rest belongs to programs. */
	KUNIT_EXPECT_TRUE_MSG(test, attr->id >> UVERBS_BPF_NS_SHIFT <= UVERBS_BPF_NS_DRIVER ||
			      attr->id >> UVERBS_BPF_NS_SHIFT == UVERBS_BPF_NS_ETHERNET, "%s, %s",
			      method->name, attr->name);
	KUNIT_EXPECT_LE_MSG(test, attr->min_len, attr->max_len, "%s, %s", method->name, attr->name);
	KUNIT_EXPECT_EQ_MSG(test, handle, attr->access != UVERBS_BPF_ACCESS_NONE, "%s, %s",
			    method->name, attr->name);
	if (!handle)
		return;
	KUNIT_EXPECT_EQ_MSG(test, attr->max_len, 0, "%s, %s", method->name, attr->name);
	KUNIT_ASSERT_NOT_NULL_MSG(test, type_of(attr->object), "%s, %s", method->name, attr->name);
	KUNIT_EXPECT_EQ_MSG(test, file,
			    type_of(attr->object)->fops || type_of(attr->object)->is_file,
			    "%s, %s", method->name, attr->name);
	/* There is no other access to a file. */
	if (file)
		KUNIT_EXPECT_TRUE_MSG(test, attr->access == UVERBS_BPF_ACCESS_READ ||
				      attr->access == UVERBS_BPF_ACCESS_NEW, "%s, %s",
				      method->name, attr->name);
	/* Without its object the call would have nothing to destroy. */
	if (attr->access == UVERBS_BPF_ACCESS_DESTROY)
		KUNIT_EXPECT_TRUE_MSG(test, attr->flags & UVB_F_MANDATORY, "%s, %s", method->name,
				      attr->name);
}

static void tables_attrs(struct kunit *test)
{
	const struct uvb_schema *schema;
	unsigned int i, j, k, destroyed;

	for_each_schema(i, schema) {
		for (j = 0; j < schema->nr_methods; j++) {
			const struct uvb_method *method = &schema->methods[j];

			destroyed = 0;
			for (k = 0; k < method->nr_attrs; k++) {
				check_attr(test, method, &method->attrs[k]);
				destroyed += method->attrs[k].access == UVERBS_BPF_ACCESS_DESTROY;
			}
			KUNIT_EXPECT_LE_MSG(test, destroyed, 1, "%s", method->name);
			KUNIT_EXPECT_NOT_NULL_MSG(test, method->handler, "%s", method->name);
		}
	}
}

/* An object's methods stand with it, and of two rows with one id the later would win. */
static void tables_unique(struct kunit *test)
{
	const struct uvb_schema *schema, *other;
	unsigned int i, j, k, l;

	for_each_schema(i, schema) {
		for_each_schema(j, other) {
			if (i != j && schema->type && other->type)
				KUNIT_EXPECT_NE(test, schema->type->object, other->type->object);
			for (k = 0; k < schema->nr_methods; k++) {
				for (l = 0; l < other->nr_methods; l++) {
					const struct uvb_method *a = &schema->methods[k];
					const struct uvb_method *b = &other->methods[l];

					KUNIT_EXPECT_EQ_MSG(test, a == b, a->object == b->object &&
							    a->id == b->id, "%s, %s",
							    a->name, b->name);
				}
			}
			for (k = 0; k < schema->nr_commands; k++) {
				for (l = 0; l < other->nr_commands; l++) {
					const struct uvb_command *a = &schema->commands[k];
					const struct uvb_command *b = &other->commands[l];

					KUNIT_EXPECT_EQ_MSG(test, a == b, a->ex == b->ex &&
							    a->number == b->number, "%s, %s",
							    a->name, b->name);
				}
			}
		}
	}
}

static void tables_index(struct kunit *test)
{
	const struct uvb_schema *schema;
	unsigned int i, j, k;

	for_each_schema(i, schema) {
		for (j = 0; j < schema->nr_methods; j++) {
			const struct uvb_method *method = &schema->methods[j];
			unsigned int destroy = UVB_NO_SLOT, bkey_len = 0, slots = 0;
			bool has_udata = false;
			u64 mandatory = 0;

			for (k = 0; k < method->nr_attrs; k++) {
				const struct uvb_attr *attr = &method->attrs[k];
				bool eth = attr->id >> UVERBS_BPF_NS_SHIFT == UVERBS_BPF_NS_ETHERNET;
				unsigned int bkey = eth ? UVB_BKEY(attr->id) :
						    uapi_bkey_attr(uapi_key_attr(attr->id));

				/* The numbering that drivers carry inlined. */
				KUNIT_EXPECT_EQ(test, UVB_BKEY(attr->id), bkey);
				KUNIT_ASSERT_LT(test, bkey, UVB_MAX_BKEY);
				KUNIT_EXPECT_EQ_MSG(test, method->slot[bkey], k, "%s, %s",
						    method->name, attr->name);
				if (attr->flags & UVB_F_MANDATORY)
					mandatory |= BIT_ULL(bkey);
				if (attr->access == UVERBS_BPF_ACCESS_DESTROY)
					destroy = bkey;
				has_udata |= attr->id == UVERBS_ATTR_UHW_IN;
				if (!eth)
					bkey_len = max(bkey_len, bkey + 1);
				else
					KUNIT_EXPECT_GE_MSG(test, bkey, method->bkey_len, "%s",
							    method->name);
			}
			for (k = 0; k < UVB_MAX_BKEY; k++)
				slots += method->slot[k] != UVB_NO_SLOT;
			KUNIT_EXPECT_EQ_MSG(test, slots, method->nr_attrs, "%s", method->name);
			KUNIT_EXPECT_EQ_MSG(test, method->mandatory, mandatory, "%s", method->name);
			KUNIT_EXPECT_EQ_MSG(test, method->destroy, destroy, "%s", method->name);
			KUNIT_EXPECT_EQ_MSG(test, method->bkey_len, bkey_len, "%s", method->name);
			KUNIT_EXPECT_EQ_MSG(test, method->has_udata, has_udata, "%s", method->name);
		}
	}
}

/* ---- what a device offers ---- */

/*
 * A device that is never registered. Its operations are only asked whether
 * they are there.
 */
static struct ib_device *whole_device(struct kunit *test)
{
	struct ib_device *ibdev = kunit_kzalloc(test, sizeof(*ibdev), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ibdev);
	memset(&ibdev->ops, 0xff, sizeof(ibdev->ops));
	ibdev->uverbs_cmd_mask = U64_MAX;
	return ibdev;
}

static struct uvb_api *api_of(struct kunit *test, const struct ib_device *ibdev)
{
	struct uvb_api *api = kunit_kzalloc(test, sizeof(*api), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, api);
	uvb_api_init(api, ibdev);
	return api;
}

static void device_whole(struct kunit *test)
{
	const struct uvb_api *api = api_of(test, whole_device(test));
	const struct uvb_schema *schema;
	unsigned int i, j, found = 0, there = 0;

	for_each_schema(i, schema) {
		for (j = 0; j < schema->nr_methods; j++, found++) {
			const struct uvb_method *method = &schema->methods[j];

			KUNIT_EXPECT_PTR_EQ_MSG(test, uvb_api_method(api, method->object,
								     method->id), method,
						"%s", method->name);
		}
		for (j = 0; j < schema->nr_commands; j++) {
			const struct uvb_command *command = &schema->commands[j];

			KUNIT_EXPECT_PTR_EQ_MSG(test, api->command[command->ex][command->number],
						command, "%s", command->name);
		}
	}
	/* And nothing else. */
	for (i = 0; i < UVB_MAX_OBJECT; i++) {
		u16 id = uvb_bench_object_id(i);

		for (j = 0; j < UVB_MAX_METHOD; j++)
			there += !!uvb_api_method(api, id, j) +
				 !!uvb_api_method(api, id, UVERBS_BPF_ID(UVERBS_BPF_NS_OWN, j));
	}
	KUNIT_EXPECT_EQ(test, there, found);
}

static void device_range(struct kunit *test)
{
	const struct uvb_api *api = api_of(test, whole_device(test));
	unsigned int ns;

	KUNIT_ASSERT_NOT_NULL(test, uvb_api_method(api, UVERBS_OBJECT_DEVICE,
						   UVERBS_METHOD_INVOKE_WRITE));
	for (ns = 1; ns < 16; ns++) {
		u16 id = UVERBS_BPF_ID(ns, UVERBS_METHOD_INVOKE_WRITE);

		if (ns != UVERBS_BPF_NS_OWN)
			KUNIT_EXPECT_NULL(test, uvb_api_method(api, UVERBS_OBJECT_DEVICE, id));
	}
	KUNIT_EXPECT_NULL(test, uvb_api_method(api, UVERBS_OBJECT_DEVICE, UVB_MAX_METHOD));
	KUNIT_EXPECT_NULL(test, uvb_api_method(api, UVERBS_OBJECT_DEVICE, UVERBS_BPF_ID_MASK));
	KUNIT_EXPECT_NULL(test, uvb_api_method(api, UVB_CORE_OBJECTS, 0));
	KUNIT_EXPECT_NULL(test, uvb_api_method(api, UVB_MAX_OBJECT, 0));
	KUNIT_EXPECT_NULL(test, uvb_api_method(api, UVERBS_BPF_ID(UVERBS_BPF_NS_OWN,
								  UVB_OWN_OBJECTS), 0));
	KUNIT_EXPECT_NULL(test, uvb_api_method(api, U16_MAX, 0));
}

static bool needs(const u16 needs[2], u16 op)
{
	return needs[0] == op || needs[1] == op;
}

/* Whether a method of any object takes handles of one that needs the operation. */
static bool takes(const struct uvb_method *method, u16 op)
{
	unsigned int i;

	for (i = 0; i < method->nr_attrs; i++) {
		const struct uvb_attr *attr = &method->attrs[i];

		if ((attr->kind == UVERBS_BPF_KIND_HANDLE || attr->kind == UVERBS_BPF_KIND_FD) &&
		    attr->flags & UVB_F_MANDATORY && needs(uvb_type(attr->object)->needs, op))
			return true;
	}
	return false;
}

/* Without one operation everything is there but what needs it. */
static unsigned int check_lacking(struct kunit *test, u16 op)
{
	struct ib_device *ibdev = whole_device(test);
	const struct uvb_schema *schema;
	const struct uvb_api *api;
	unsigned int i, j, lacking = 0;

	*(void **)((void *)&ibdev->ops + op) = NULL;
	api = api_of(test, ibdev);

	for_each_schema(i, schema) {
		bool type = !schema->type || !needs(schema->type->needs, op);

		for (j = 0; j < schema->nr_methods; j++) {
			const struct uvb_method *method = &schema->methods[j];
			bool there = type && !needs(method->needs, op) &&
				     !takes(method, op);

			KUNIT_EXPECT_EQ_MSG(test, !!uvb_api_method(api, method->object, method->id),
					    there, "%s without operation %u", method->name, op);
			lacking += !there;
		}
		for (j = 0; j < schema->nr_commands; j++) {
			const struct uvb_command *command = &schema->commands[j];
			bool there = type && !needs(command->needs, op);

			KUNIT_EXPECT_EQ_MSG(test, !!api->command[command->ex][command->number],
					    there, "%s without operation %u", command->name, op);
			lacking += !there;
		}
	}
	return lacking;
}

static unsigned int check_lacking_each(struct kunit *test, const u16 needs[2])
{
	return (needs[0] ? check_lacking(test, needs[0]) : 0) +
	       (needs[1] ? check_lacking(test, needs[1]) : 0);
}

static void device_lacking(struct kunit *test)
{
	const struct uvb_schema *schema;
	unsigned int i, j, lacking = 0;

	for_each_schema(i, schema) {
		if (schema->type)
			lacking += check_lacking_each(test, schema->type->needs);
		for (j = 0; j < schema->nr_methods; j++)
			lacking += check_lacking_each(test, schema->methods[j].needs);
		for (j = 0; j < schema->nr_commands; j++)
			lacking += check_lacking_each(test, schema->commands[j].needs);
	}
	KUNIT_EXPECT_GT(test, lacking, 0);
}

/*
 * Which operations ib_uverbs does not have an object without (UAPI_DEF_OBJ_NEEDS_FN in its tables,
 * which uverbs_cmd.c and uverbs_std_types*.c share); that of contexts is needed to be served at all.
 */
static const struct object_needs {
	const char *name;
	u16 object;
	u16 op;
} object_needs[] = {
#define NEEDS(_object, _op)	\
	{ #_object " without " #_op, UVERBS_OBJECT_##_object, offsetof(struct ib_device_ops, _op) }
	NEEDS(PD, dealloc_pd),
	NEEDS(COMP_CHANNEL, dealloc_pd),
	NEEDS(CQ, destroy_cq),
	NEEDS(QP, destroy_qp),
	NEEDS(SRQ, destroy_srq),
	NEEDS(AH, create_user_ah),
	NEEDS(AH, destroy_ah),
	NEEDS(MR, dereg_mr),
	NEEDS(MW, dealloc_mw),
	NEEDS(FLOW, destroy_flow),
	NEEDS(XRCD, alloc_xrcd),
	NEEDS(XRCD, dealloc_xrcd),
	NEEDS(RWQ_IND_TBL, destroy_rwq_ind_table),
	NEEDS(WQ, destroy_wq),
	NEEDS(FLOW_ACTION, destroy_flow_action),
	NEEDS(DM, dealloc_dm),
	NEEDS(COUNTERS, destroy_counters),
#ifdef UVB_HAVE_DMAH
	NEEDS(DMAH, alloc_dmah),
	NEEDS(DMAH, dealloc_dmah),
#endif
#ifdef UVB_HAVE_DMABUF
	NEEDS(DMABUF, mmap_get_pfns),
	NEEDS(DMABUF, pgoff_to_mmap_entry),
#endif
#ifdef UVB_HAVE_COMP_CNTR
	NEEDS(COMP_CNTR, destroy_comp_cntr),
#endif
#undef NEEDS
};
KUNIT_ARRAY_PARAM_DESC(object_needs, object_needs, name);

static void device_objects(struct kunit *test)
{
	const struct object_needs *needs = test->param_value;
	struct ib_device *ibdev = whole_device(test);
	unsigned int slot = uvb_object_slot(needs->object), i;
	const struct uvb_api *api;

	KUNIT_EXPECT_TRUE(test, test_bit(slot, api_of(test, ibdev)->objects));
	*(void **)((void *)&ibdev->ops + needs->op) = NULL;
	api = api_of(test, ibdev);
	KUNIT_EXPECT_FALSE(test, test_bit(slot, api->objects));
	for (i = 0; i < UVB_MAX_METHOD; i++) {
		KUNIT_EXPECT_NULL(test, uvb_api_method(api, needs->object, i));
		KUNIT_EXPECT_NULL(test, uvb_api_method(api, needs->object,
						       UVERBS_BPF_ID(UVERBS_BPF_NS_OWN, i)));
	}
}

/* Nothing else than these. */
static void device_objects_only(struct kunit *test)
{
	const struct uvb_schema *schema;
	unsigned int i, j, needed = 0;

	for_each_schema(i, schema) {
		if (!schema->type || schema->type->object >= UVB_CORE_OBJECTS)
			continue;
		for (j = 0; j < ARRAY_SIZE(schema->type->needs); j++)
			needed += !!schema->type->needs[j];
	}
	KUNIT_EXPECT_EQ(test, needed, ARRAY_SIZE(object_needs));
}

/* The driver's own list of commands is about plain ones; extended ones have operations. */
static void device_mask(struct kunit *test)
{
	struct ib_device *ibdev = whole_device(test);
	const struct uvb_schema *schema;
	const struct uvb_api *api;
	unsigned int i, j;

	ibdev->uverbs_cmd_mask = BIT_ULL(IB_USER_VERBS_CMD_ALLOC_PD);
	api = api_of(test, ibdev);
	KUNIT_EXPECT_NOT_NULL(test, api->command[false][IB_USER_VERBS_CMD_ALLOC_PD]);
	for_each_schema(i, schema) {
		for (j = 0; j < schema->nr_commands; j++) {
			const struct uvb_command *command = &schema->commands[j];
			bool there = command->ex || command->number == IB_USER_VERBS_CMD_ALLOC_PD;

			KUNIT_EXPECT_EQ_MSG(test, !!api->command[command->ex][command->number],
					    there, "%s", command->name);
		}
	}
}

/* ---- SCHEMA ---- */

#define RECORDS	512

struct answer {
	struct uverbs_bpf_schema_record record[RECORDS];
	u32 total;
};

/* Ask for @room records from @first on; returns what the ioctl returns. */
static long ask(struct kunit *test, u32 first, u32 room, struct answer *answer)
{
	struct uvb_bench *bench = test->priv;
	void __user *total = uvb_bench_data(bench, 0);
	void __user *records = uvb_bench_data(bench, 1);
	size_t size = room * sizeof(answer->record[0]);
	long ret;

	memset(answer, 0xff, sizeof(*answer));
	KUNIT_ASSERT_EQ(test, copy_to_user(records, answer->record, sizeof(answer->record)), 0);
	uvb_bench_header(bench, UVERBS_OBJECT_DEVICE, UVERBS_BPF_METHOD_SCHEMA);
	uvb_bench_attr(bench, UVERBS_BPF_ATTR_SCHEMA_FIRST, sizeof(first), first);
	uvb_bench_attr(bench, UVERBS_BPF_ATTR_SCHEMA_RECORDS, size, (uintptr_t)records);
	uvb_bench_attr(bench, UVERBS_BPF_ATTR_SCHEMA_TOTAL, sizeof(u32), (uintptr_t)total);
	ret = uvb_bench_ioctl(bench);
	KUNIT_ASSERT_EQ(test, copy_from_user(answer->record, records, sizeof(answer->record)), 0);
	KUNIT_ASSERT_EQ(test, copy_from_user(&answer->total, total, sizeof(u32)), 0);
	return ret;
}

static bool names_match(const char *name, const char *full)
{
	size_t len = strlen(full), told = strlen(name);

	/* Cut at the end, or without what all names begin with. */
	return told == 31 ? strstr(full, name) != NULL :
		told && told <= len && !strcmp(full + len - told, name);
}

static void schema_whole(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	struct answer *answer = kunit_kmalloc(test, sizeof(*answer), GFP_KERNEL);
	const struct uverbs_bpf_schema_record *record;
	const struct uvb_schema *schema;
	unsigned int i, j, k;

	KUNIT_ASSERT_NOT_NULL(test, answer);
	KUNIT_ASSERT_EQ(test, ask(test, 0, RECORDS, answer), 0);
	KUNIT_ASSERT_LT(test, answer->total, RECORDS);

	record = answer->record;
	for_each_schema(i, schema) {
		if (schema->type) {
			KUNIT_EXPECT_EQ(test, record->what, UVERBS_BPF_SCHEMA_OBJECT);
			KUNIT_EXPECT_EQ(test, record->object, schema->type->object);
			record++;
		}
		for (j = 0; j < schema->nr_methods; j++) {
			const struct uvb_method *method = &schema->methods[j];

			if (!uvb_api_method(&bench->dev->api, method->object, method->id))
				continue;
			KUNIT_EXPECT_EQ(test, record->what, UVERBS_BPF_SCHEMA_METHOD);
			KUNIT_EXPECT_EQ(test, record->object, method->object);
			KUNIT_EXPECT_EQ(test, record->method, method->id);
			KUNIT_EXPECT_TRUE_MSG(test, names_match(record->name, method->name),
					      "%s, %s", record->name, method->name);
			record++;
			for (k = 0; k < method->nr_attrs; k++, record++) {
				const struct uvb_attr *attr = &method->attrs[k];

				KUNIT_EXPECT_EQ(test, record->what, UVERBS_BPF_SCHEMA_ATTR);
				KUNIT_EXPECT_EQ(test, record->object, method->object);
				KUNIT_EXPECT_EQ(test, record->method, method->id);
				KUNIT_EXPECT_EQ(test, record->attr, attr->id);
				KUNIT_EXPECT_EQ(test, record->kind, attr->kind);
				KUNIT_EXPECT_EQ(test, record->access, attr->access);
				KUNIT_EXPECT_EQ(test, record->handle_object, attr->object);
				KUNIT_EXPECT_EQ(test, record->min_len, attr->min_len);
				KUNIT_EXPECT_EQ(test, record->max_len, attr->max_len);
				KUNIT_EXPECT_EQ(test, record->flags,
						attr->flags & UVB_F_MANDATORY ?
						UVERBS_BPF_SCHEMA_MANDATORY : 0);
				KUNIT_EXPECT_TRUE_MSG(test, names_match(record->name, attr->name),
						      "%s, %s", record->name, attr->name);
			}
		}
		for (j = 0; j < schema->nr_commands; j++) {
			const struct uvb_command *command = &schema->commands[j];

			if (!bench->dev->api.command[command->ex][command->number])
				continue;
			KUNIT_EXPECT_EQ(test, record->what, UVERBS_BPF_SCHEMA_COMMAND);
			KUNIT_EXPECT_EQ(test, record->object, command->object);
			KUNIT_EXPECT_EQ(test, record->method, command->number);
			/* What has taken its place is a method that the schema has, too. */
			KUNIT_EXPECT_EQ(test, record->attr, command->method);
			if (command->method != UVB_ONLY)
				KUNIT_EXPECT_NOT_NULL_MSG(test,
							  uvb_schema_find(command->object,
									  command->method),
							  "%s", command->name);
			KUNIT_EXPECT_EQ(test, record->flags, UVERBS_BPF_SCHEMA_LEGACY |
					(command->ex ? UVERBS_BPF_SCHEMA_EX : 0));
			KUNIT_EXPECT_EQ(test, record->min_len, command->req_size);
			KUNIT_EXPECT_EQ(test, record->max_len, command->resp_size);
			KUNIT_EXPECT_TRUE_MSG(test, names_match(record->name, command->name),
					      "%s, %s", record->name, command->name);
			record++;
		}
	}
	KUNIT_EXPECT_EQ(test, record - answer->record, answer->total);
	/* Nothing behind the last record was touched. */
	KUNIT_EXPECT_NULL(test, memchr_inv(record, 0xff,
					   (void *)&answer->record[RECORDS] - (void *)record));
}

/* Page by page, for a caller with little memory, it is the same. */
static void schema_pages(struct kunit *test)
{
	struct answer *whole = kunit_kmalloc(test, sizeof(*whole), GFP_KERNEL);
	struct answer *page = kunit_kmalloc(test, sizeof(*page), GFP_KERNEL);
	unsigned int first, got;

	KUNIT_ASSERT_NOT_NULL(test, whole);
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_ASSERT_EQ(test, ask(test, 0, RECORDS, whole), 0);
	KUNIT_ASSERT_GT(test, whole->total, 3);
	for (first = 0; first < whole->total; first += 3) {
		KUNIT_ASSERT_EQ(test, ask(test, first, 3, page), 0);
		KUNIT_EXPECT_EQ(test, page->total, whole->total);
		got = min(3U, whole->total - first);
		KUNIT_EXPECT_MEMEQ(test, page->record, &whole->record[first],
				   got * sizeof(page->record[0]));
		KUNIT_EXPECT_NULL(test, memchr_inv(&page->record[got], 0xff,
						   sizeof(page->record[0])));
	}

	KUNIT_EXPECT_EQ(test, ask(test, whole->total, 3, page), 0);
	KUNIT_EXPECT_EQ(test, page->total, whole->total);
	KUNIT_EXPECT_NULL(test, memchr_inv(page->record, 0xff, sizeof(page->record)));
	KUNIT_EXPECT_EQ(test, ask(test, U32_MAX, 3, page), 0);
	KUNIT_EXPECT_NULL(test, memchr_inv(page->record, 0xff, sizeof(page->record)));
}

/* The bench's driver has next to no operations, so most methods must be missing. */
static void schema_lacking(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	struct answer *before = kunit_kmalloc(test, sizeof(*before), GFP_KERNEL);
	struct answer *after = kunit_kmalloc(test, sizeof(*after), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, before);
	KUNIT_ASSERT_NOT_NULL(test, after);
	KUNIT_ASSERT_EQ(test, ask(test, 0, RECORDS, before), 0);
	uvb_api_init(&bench->dev->api, whole_device(test));
	KUNIT_ASSERT_EQ(test, ask(test, 0, RECORDS, after), 0);
	KUNIT_EXPECT_GT(test, after->total, before->total);
}

static struct kunit_case uvb_schema_cases[] = {
	KUNIT_CASE(tables_attrs),
	KUNIT_CASE(tables_unique),
	KUNIT_CASE(tables_index),
	KUNIT_CASE(device_whole),
	KUNIT_CASE(device_range),
	KUNIT_CASE(device_lacking),
	KUNIT_CASE_PARAM(device_objects, object_needs_gen_params),
	KUNIT_CASE(device_objects_only),
	KUNIT_CASE(device_mask),
	KUNIT_CASE(schema_whole),
	KUNIT_CASE(schema_pages),
	KUNIT_CASE(schema_lacking),
	{}
};

static struct kunit_suite uvb_schema_suite = {
	.name = "uvb_schema",
	.init = uvb_bench_init,
	.exit = uvb_bench_exit,
	.test_cases = uvb_schema_cases,
};
kunit_test_suite(uvb_schema_suite);
