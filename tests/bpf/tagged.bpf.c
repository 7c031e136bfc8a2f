// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A type of QP: "tagged", reliable and connected, with a tag of two parts. The program knows its
 * QPs again: it counts them and what is changed of them, and QP_QUERY tells.
 */
#include "uverbs_bpf.bpf.h"
#include "tagged.h"

struct tagged_data data;

SEC("struct_ops")
int BPF_PROG(tagged_before, struct uverbs_bpf_ctx *call)
{
	const __u32 *tag = (void *)uverbs_bpf_attr_in(call, TAGGED_TAG, 0, sizeof(*tag));

	if (!call->own_type)
		return 0;
	if (tag && *tag == 13)
		return uverbs_bpf_refuse(call, TAGGED_TAG, -EDOM, "%u is no tag", *tag);
	if (tag)
		__sync_fetch_and_add(&data.asked, 1);
	else if (call->object == UVERBS_OBJECT_QP && call->method == UVERBS_BPF_METHOD_QP_MODIFY)
		__sync_fetch_and_add(&data.modified, 1);
	return 0;
}

SEC("struct_ops")
void BPF_PROG(tagged_after, struct uverbs_bpf_ctx *call, int ret)
{
	__u32 is = call->own_type;

	uverbs_bpf_attr_write(call, TAGGED_IS, 0, &is, sizeof(is));
}

SEC("struct_ops")
void BPF_PROG(tagged_obj_add, struct uverbs_bpf_obj *obj)
{
	if (obj->own_type)
		__sync_fetch_and_add(obj->replayed ? &data.replayed : &data.added, 1);
}

SEC("struct_ops")
void BPF_PROG(tagged_obj_remove, struct uverbs_bpf_obj *obj)
{
	if (obj->own_type)
		__sync_fetch_and_add(&data.removed, 1);
}

UVERBS_BPF_PROVIDER(tagged) = {
	.decl = {
		.name = "tagged",
		.abi = UVERBS_BPF_ABI,
		.nr_attrs = 4,
		.attrs = {
			UVERBS_BPF_QP_CREATE_IN(TAGGED_TAG, 4, 4, "tagged_tag"),
			{ .object = UVERBS_OBJECT_QP, .method = UVERBS_METHOD_QP_CREATE,
			  .direction = UVERBS_BPF_KIND_IN, .flags = UVERBS_BPF_ATTR_MANDATORY,
			  .id = TAGGED_COLOUR, .min_len = 8, .max_len = 8, .name = "tagged_colour" },
			UVERBS_BPF_QP_CREATE_IN(TAGGED_NOTE, 1, 32, "tagged_note"),
			UVERBS_BPF_QP_QUERY_OUT(TAGGED_IS, 4, 4, "tagged_is"),
		},
	},
	.channel = {
		.version = 1,
		.role = UVERBS_BPF_GUARD,
		.nr_hooks = 3,
		.hooks = {
			UVERBS_BPF_HOOK(UVERBS_OBJECT_QP, UVERBS_METHOD_QP_CREATE),
			UVERBS_BPF_HOOK(UVERBS_OBJECT_QP, UVERBS_BPF_METHOD_QP_MODIFY),
			UVERBS_BPF_HOOK(UVERBS_OBJECT_QP, UVERBS_BPF_METHOD_QP_QUERY),
		},
		.type = UVERBS_BPF_NEW_QP(TAGGED_TAG, UVERBS_BPF_QPT(RC),
					  1 << UVERBS_ATTR_CREATE_QP_FLAGS,
					  1 << UVERBS_ATTR_CREATE_QP_SOURCE_QPN, "tagged"),
	},
	.before = (void *)tagged_before,
	.after = (void *)tagged_after,
	.obj_add = (void *)tagged_obj_add,
	.obj_remove = (void *)tagged_obj_remove,
};

char LICENSE[] SEC("license") = "Dual BSD/GPL";
