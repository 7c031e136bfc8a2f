// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * New types of objects the kernel has. A provider declares one: which of its
 * attributes asks for it, and which attributes of the method that makes the
 * object must be there then, or must not. What an object of the type is and
 * does is the kernel's, in verbs/; the declaration names it. The object's
 * handle remembers whose type it is, and no other object pays for that.
 */
#include "bpf.h"

/**
 * struct uvb_type_kind - a new type as the kernel knows it
 * @what: UVERBS_BPF_TYPE_*
 * @object: object id
 * @method: makes the object
 * @made: attribute of that method, the new object's handle
 * @variant: attribute of it that says which of the sorts there are it shall be, if @bases
 * @bases: bit for each of them that a declaration may ask for, see struct uverbs_bpf_type
 * @base_names: what they are called, by bit
 * @never: attributes of that method that go with no declaration of this type
 * @comp: comp() is called for it
 * @name: for messages
 */
struct uvb_type_kind {
	u16 what;
	u16 object;
	u16 method;
	u16 made;
	u16 variant;
	u16 bases;
	const char * const *base_names;
	u32 never;
	bool comp;
	const char *name;
};

#define UVB_QPT_DRIVER_BIT	15
static_assert(BIT(UVB_QPT_DRIVER_BIT) == UVERBS_BPF_QPT_DRIVER);

static const char * const uvb_qp_base_names[] = {
	[IB_QPT_RC] = "RC",
	[IB_QPT_UC] = "UC",
	[IB_QPT_UD] = "UD",
	[IB_QPT_RAW_PACKET] = "RAW_PACKET",
	[IB_QPT_XRC_INI] = "XRC_INI",
	[IB_QPT_XRC_TGT] = "XRC_TGT",
	[UVB_QPT_DRIVER_BIT] = "DRIVER",
};

/*
 * A CQ that counts has no events and no options of a completion; and its entries lie in memory of
 * the kernel's, not the caller's (ids 8 to 12, which only newer kernels have). A QP is made as any
 * other, by ib_core's driver or by one that serves QPs directly, so it takes all that they do.
 */
static const struct uvb_type_kind uvb_type_kinds[] = {
	{
		.what = UVERBS_BPF_TYPE_CQ_COUNTER,
		.object = UVERBS_OBJECT_CQ,
		.method = UVERBS_METHOD_CQ_CREATE,
		.made = UVERBS_ATTR_CREATE_CQ_HANDLE,
		.never = BIT(UVERBS_ATTR_CREATE_CQ_COMP_CHANNEL) |
			 BIT(UVERBS_ATTR_CREATE_CQ_FLAGS) | GENMASK(12, 8),
		.comp = true,
		.name = "CQ_COUNTER",
	},
	{
		.what = UVERBS_BPF_TYPE_QP,
		.object = UVERBS_OBJECT_QP,
		.method = UVERBS_METHOD_QP_CREATE,
		.made = UVERBS_ATTR_CREATE_QP_HANDLE,
		.variant = UVERBS_ATTR_CREATE_QP_TYPE,
		.bases = BIT(IB_QPT_RC) | BIT(IB_QPT_UC) | BIT(IB_QPT_UD) |
			 BIT(IB_QPT_RAW_PACKET) | BIT(IB_QPT_XRC_INI) | BIT(IB_QPT_XRC_TGT) |
			 UVERBS_BPF_QPT_DRIVER,
		.base_names = uvb_qp_base_names,
		.name = "QP",
	},
};

static const struct uvb_type_kind *uvb_type_kind(u16 what)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(uvb_type_kinds); i++) {
		if (uvb_type_kinds[i].what == what)
			return &uvb_type_kinds[i];
	}
	return NULL;
}

static const struct uverbs_bpf_type *uvb_program_type(const struct uvb_program *program)
{
	return program->kind == UVERBS_BPF_PROVIDER ? &uvb_provider_ops(program)->channel.type :
						      NULL;
}

/* ---- the declaration ---- */

/* The core attributes of a method, and those of them without which it is refused. */
static void uvb_type_core_attrs(const struct uvb_method *method, u32 *all, u32 *mandatory)
{
	unsigned int i;

	*all = 0;
	*mandatory = 0;
	for (i = 0; i < method->nr_attrs; i++) {
		const struct uvb_attr *attr = &method->attrs[i];

		if (attr->id >= BITS_PER_TYPE(u32))
			continue;
		*all |= BIT(attr->id);
		if (attr->flags & UVB_F_MANDATORY)
			*mandatory |= BIT(attr->id);
	}
}

#define uvb_type_refuse(ops, fmt, ...)							\
	({										\
		pr_warn("provider %s: channel.type: " fmt "\n", (ops)->decl.name,	\
			##__VA_ARGS__);							\
		-EINVAL;								\
	})

/**
 * uvb_type_check() - check the new type that a provider declares, if any
 * @ops: the provider, whose declaration else is right
 *
 * Return: 0; -EINVAL, with the reason in the log.
 */
int uvb_type_check(const struct uverbs_bpf_provider_ops *ops)
{
	const struct uverbs_bpf_type *type = &ops->channel.type;
	const struct uverbs_bpf_attr *row;
	const struct uvb_type_kind *kind;
	u32 all, mandatory;

	if (!type->what) {
		if (memchr_inv(type, 0, sizeof(*type)))
			return uvb_type_refuse(ops, "what is 0 and another member is not");
		if (ops->comp)
			return uvb_type_refuse(ops, "what is 0 and there is comp(), which no CQ would call");
		return 0;
	}
	kind = uvb_type_kind(type->what);
	if (!kind)
		return uvb_type_refuse(ops, "what is %u, this module knows %u (CQ_COUNTER) and %u (QP)",
				       type->what, UVERBS_BPF_TYPE_CQ_COUNTER, UVERBS_BPF_TYPE_QP);
	if (type->object != kind->object)
		return uvb_type_refuse(ops, "object is %u, a %s is of object %u", type->object,
				       kind->name, kind->object);
	if (!uvb_name_ok(type->name, sizeof(type->name)))
		return uvb_type_refuse(ops, "name: wants 1 to %zu of a-z, 0-9, _ and -",
				       sizeof(type->name) - 1);
	if (type->base & ~kind->bases)
		return uvb_type_refuse(ops, "base is 0x%x, a %s is of 0x%x", type->base, kind->name,
				       kind->bases);
	if (ops->comp && !kind->comp)
		return uvb_type_refuse(ops, "what is %u (%s) and there is comp(), which only a CQ_COUNTER calls",
				       type->what, kind->name);

	row = uvb_decl_row(&ops->decl, kind->object, kind->method, type->selector);
	if (!row || row->direction != UVERBS_BPF_KIND_IN)
		return uvb_type_refuse(ops, "selector is %u, which is no input of method %u:0x%04x in attrs",
				       type->selector, kind->object, kind->method);

	uvb_type_core_attrs(uvb_schema_find(kind->object, kind->method), &all, &mandatory);
	if (type->mandatory & type->forbidden)
		return uvb_type_refuse(ops, "attributes 0x%x are mandatory and forbidden",
				       type->mandatory & type->forbidden);
	if (type->mandatory & ~all)
		return uvb_type_refuse(ops, "mandatory is 0x%x, the method has 0x%x",
				       type->mandatory, all);
	if (type->mandatory & kind->never)
		return uvb_type_refuse(ops, "mandatory is 0x%x, a %s takes none of 0x%x",
				       type->mandatory, kind->name, kind->never);
	if (type->forbidden & mandatory)
		return uvb_type_refuse(ops, "forbidden is 0x%x, of which the method wants 0x%x always",
				       type->forbidden, type->forbidden & mandatory);
	return 0;
}

/* Whether a row is of the method that makes objects of the type the provider declares. */
bool uvb_type_has_row(const struct uverbs_bpf_provider_ops *ops, const struct uverbs_bpf_attr *row)
{
	const struct uvb_type_kind *kind = uvb_type_kind(ops->channel.type.what);

	return kind && row->object == kind->object && row->method == kind->method;
}

/* And is the one that asks for it, which the kernel reads. */
bool uvb_type_selects(const struct uverbs_bpf_provider_ops *ops, const struct uverbs_bpf_attr *row)
{
	return uvb_type_has_row(ops, row) && row->id == ops->channel.type.selector;
}

/* ---- a call ---- */

/* What is wrong with a call, found under RCU and said without. */
struct uvb_type_verdict {
	int err;
	u16 attr;
	const char *text;
	char bases[64];
	char name[sizeof_field(struct uverbs_bpf_attr, name)];
};

static bool uvb_call_has(const struct uvb_call *call, u16 id)
{
	unsigned int i;

	for (i = 0; i < call->nr_ext; i++) {
		if (call->ext[i].id == id)
			return true;
	}
	return false;
}

/* A mandatory attribute of the program's own that is missing. */
static const struct uverbs_bpf_attr *uvb_type_missing(const struct uvb_call *call,
						      const struct uvb_program *program)
{
	const struct uverbs_bpf_decl *decl = program->decl;
	u32 i;

	for (i = 0; i < decl->nr_attrs; i++) {
		const struct uverbs_bpf_attr *row = &decl->attrs[i];

		if (row->flags & UVERBS_BPF_ATTR_MANDATORY && row->object == call->method->object &&
		    row->method == call->method->id &&
		    !uvb_call_has(call, UVERBS_BPF_ID(program->ns, row->id)))
			return row;
	}
	return NULL;
}

static const char *uvb_type_core_name(const struct uvb_call *call, u16 id)
{
	unsigned int i;

	for (i = 0; i < call->method->nr_attrs; i++) {
		if (call->method->attrs[i].id == id)
			return call->method->attrs[i].name;
	}
	return "";
}

/* The core attributes that a call has. */
static u32 uvb_type_given(struct uvb_call *call)
{
	const struct uvb_method *method = call->method;
	unsigned int i;
	u32 given = 0;

	for (i = 0; i < method->nr_attrs; i++) {
		u16 id = method->attrs[i].id;

		if (id < BITS_PER_TYPE(u32) && uvb_has(uvb_bundle(call), id))
			given |= BIT(id);
	}
	return given;
}

/* Which sort of object a call asks for, as a bit of struct uverbs_bpf_type.base; 0 for none. */
static u16 uvb_type_base(struct uvb_call *call, const struct uvb_type_kind *kind)
{
	u64 value;

	if (uvb_const(&value, uvb_bundle(call), kind->variant, U8_MAX))
		return 0;
	if (value == IB_QPT_DRIVER)
		return UVERBS_BPF_QPT_DRIVER;
	return value < UVB_QPT_DRIVER_BIT ? BIT(value) : 0;
}

/* The sorts a type may be of, for messages. */
static void uvb_type_base_names(char *to, size_t size, const struct uvb_type_kind *kind,
				unsigned long base)
{
	const char *before = "";
	unsigned int bit;
	size_t len = 0;

	for_each_set_bit(bit, &base, BITS_PER_TYPE(u16)) {
		len += scnprintf(to + len, size - len, "%s%s", before, kind->base_names[bit]);
		before = " or ";
	}
}

/* The call makes one: left in call->type, and on the handle. Context: RCU, for @program. */
static void uvb_type_choose(struct uvb_call *call, const struct uvb_program *program,
			    const struct uverbs_bpf_type *type, const struct uvb_type_kind *kind)
{
	struct uvb_handle *handle = uvb_attr_handle(uvb_bundle(call), kind->made);

	call->type.what = type->what;
	call->type.selector = UVERBS_BPF_ID(program->ns, type->selector);
	call->type.filters = uvb_provider_ops(program)->comp;
	call->type.hooks = test_bit(uvb_hook_index(kind->object, kind->method), program->hooks);
	strscpy(call->type.name, program->decl->name);
	/* Given back when the handle is freed, with an object behind it or not. */
	uvb_provider_keep(program->ns);
	handle->own_type = program->ns - UVERBS_BPF_NS_PROVIDER_FIRST + 1;
}

/* Judge a call that has an attribute of @program's. Context: RCU. */
static void uvb_type_judge(struct uvb_call *call, const struct uvb_program *program,
			   const struct uverbs_bpf_type *type, const struct uvb_type_kind *kind,
			   struct uvb_type_verdict *verdict)
{
	u32 given = uvb_type_given(call);
	const struct uverbs_bpf_attr *row;
	u32 wrong;

	row = uvb_decl_row(program->decl, kind->object, kind->method, type->selector);
	strscpy(verdict->name, row->name);
	verdict->attr = UVERBS_BPF_ID(program->ns, type->selector);
	verdict->err = -EINVAL;
	if (!uvb_call_has(call, verdict->attr)) {
		verdict->text = "is wanted with the other attributes of its program";
		return;
	}
	if (call->type.what) {
		verdict->text = "a second type, and the call makes one object";
		return;
	}
	row = uvb_type_missing(call, program);
	if (row) {
		strscpy(verdict->name, row->name);
		verdict->attr = UVERBS_BPF_ID(program->ns, row->id);
		verdict->text = "is wanted for this type";
		return;
	}
	strscpy(verdict->name, type->name);
	wrong = given & (type->forbidden | kind->never);
	if (wrong) {
		verdict->attr = __ffs(wrong);
		verdict->text = "this type goes without";
		return;
	}
	wrong = type->mandatory & ~given;
	if (wrong) {
		verdict->attr = __ffs(wrong);
		verdict->text = "this type wants";
		return;
	}
	if (type->base && !(type->base & uvb_type_base(call, kind))) {
		verdict->attr = kind->variant;
		uvb_type_base_names(verdict->bases, sizeof(verdict->bases), kind, type->base);
		return;
	}
	verdict->err = 0;
	uvb_type_choose(call, program, type, kind);
}

static int uvb_type_of(struct uvb_call *call, u8 ns)
{
	struct uverbs_attr_bundle *bundle = uvb_bundle(call);
	struct uvb_type_verdict verdict = {};

	scoped_guard(rcu) {
		const struct uvb_program *program = uvb_program_get(ns);
		const struct uverbs_bpf_type *type = program ? uvb_program_type(program) : NULL;
		const struct uvb_type_kind *kind = type ? uvb_type_kind(type->what) : NULL;

		/* It was there when the attribute was looked at. */
		if (!program)
			verdict.err = -EPROTONOSUPPORT;
		else if (kind && kind->object == call->method->object &&
			 kind->method == call->method->id)
			uvb_type_judge(call, program, type, kind, &verdict);
	}
	if (!verdict.err)
		return 0;
	if (verdict.err == -EPROTONOSUPPORT)
		return uvb_refuse(bundle, verdict.err, UVERBS_BPF_ATTR_NONE,
				  "%s: program %s was taken off", call->method->name,
				  uvb_namespace_name(ns));
	if (verdict.attr >> UVERBS_BPF_NS_SHIFT)
		return uvb_refuse(bundle, verdict.err, verdict.attr, "%s (0x%04x): %s",
				  verdict.name, verdict.attr, verdict.text);
	if (verdict.bases[0])
		return uvb_refuse(bundle, verdict.err, verdict.attr,
				  "type %s: %s is %llu, this type wants %s", verdict.name,
				  uvb_type_core_name(call, verdict.attr),
				  bundle->attrs[UVB_BKEY(verdict.attr)].ptr_attr.data,
				  verdict.bases);
	return uvb_refuse(bundle, verdict.err, verdict.attr, "type %s: %s %s", verdict.name,
			  verdict.text, uvb_type_core_name(call, verdict.attr));
}

/**
 * uvb_type_find() - find the type of the object a call makes
 * @call: the call, whose attributes have all been read
 *
 * Return: 0, and call->type, which the new handle is marked with; -EINVAL if attributes do not fit
 * the type; -EPROTONOSUPPORT if its program has just been taken off.
 */
int uvb_type_find(struct uvb_call *call)
{
	DECLARE_BITMAP(seen, UVB_NS_COUNT) = {};
	unsigned int i;
	int ret;

	for (i = 0; i < call->nr_ext; i++) {
		u8 ns = call->ext[i].id >> UVERBS_BPF_NS_SHIFT;

		if (ns < UVERBS_BPF_NS_PROVIDER_FIRST || __test_and_set_bit(ns, seen))
			continue;
		ret = uvb_type_of(call, ns);
		if (ret)
			return ret;
	}
	return 0;
}

/* ---- completions ---- */

/*
 * Nobody is left out for lack of an answer: what the program does not decide
 * upon, because it is gone, has no comp() any more, or gives an answer that is
 * none, counts.
 */
u32 uvb_ext_comp(const struct uvb_new_type *type, struct ib_device *ibdev,
		 const struct uverbs_bpf_comp *comp, const struct ib_wc *wc, unsigned int nr,
		 bool privileged, bool *unfiltered)
{
	const struct uverbs_bpf_provider_ops *ops = NULL;
	struct uvb_program *program;
	u32 counts = U32_MAX;
	unsigned int i;
	int ret;

	if (!type->filters)
		return counts;
	guard(rcu)();
	program = uvb_program_get(type->selector >> UVERBS_BPF_NS_SHIFT);
	/* The namespace may have come to another provider. */
	if (program && program->kind == UVERBS_BPF_PROVIDER &&
	    !strcmp(program->decl->name, type->name) && uvb_program_matches(program, ibdev))
		ops = uvb_provider_ops(program);
	if (!ops || !ops->comp) {
		*unfiltered = true;
		return counts;
	}
	for (i = 0; i < nr; i++) {
		struct uverbs_bpf_comp arg = *comp;

		arg.wr_id = wc[i].wr_id;
		arg.status = wc[i].status;
		arg.opcode = wc[i].opcode;
		arg.byte_len = wc[i].byte_len;
		ret = ops->comp(&arg);
		this_cpu_inc(program->count->calls);
		if (!ret)
			counts &= ~BIT(i);
		if (ret & ~1) {
			uvb_program_fault(program, privileged, "comp returned %d, wants 0 or 1",
					  ret);
			*unfiltered = true;
		}
	}
	return counts;
}

/* ---- SCHEMA ---- */

/* The attributes there is a rule for, of those that this kernel has. */
static u32 uvb_type_ruled(const struct uverbs_bpf_type *type, const struct uvb_type_kind *kind)
{
	u32 all, mandatory;

	uvb_type_core_attrs(uvb_schema_find(kind->object, kind->method), &all, &mandatory);
	return (type->mandatory | type->forbidden | kind->never) & all;
}

unsigned int uvb_type_records(const struct uvb_program *program)
{
	const struct uverbs_bpf_type *type = uvb_program_type(program);
	const struct uvb_type_kind *kind = type ? uvb_type_kind(type->what) : NULL;

	return kind ? 1 + hweight32(uvb_type_ruled(type, kind)) : 0;
}

/* The @index'th of them; the rest of the record is the caller's. Context: RCU. */
void uvb_type_record(const struct uvb_program *program, unsigned int index,
		     struct uverbs_bpf_schema_record *record)
{
	const struct uverbs_bpf_type *type = uvb_program_type(program);
	const struct uvb_type_kind *kind = uvb_type_kind(type->what);
	u32 attrs = uvb_type_ruled(type, kind);

	record->what = UVERBS_BPF_SCHEMA_TYPE;
	record->object = kind->object;
	record->method = kind->method;
	strscpy(record->name, type->name);
	if (!index--) {
		record->attr = UVERBS_BPF_ID(program->ns, type->selector);
		record->handle_object = type->base;
		return;
	}
	while (index--)
		attrs &= attrs - 1;
	record->attr = __ffs(attrs);
	record->flags |= type->mandatory & BIT(record->attr) ? UVERBS_BPF_SCHEMA_MANDATORY :
							       UVERBS_BPF_SCHEMA_FORBIDDEN;
}
