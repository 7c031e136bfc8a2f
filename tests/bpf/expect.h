/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a program is expected to meet, written beside it as in the kernel's
 * selftests; the runner reads it from the object's BTF:
 *
 *	SEC("struct_ops") __failure __msg("cannot write into rdonly_mem")
 *	int BPF_PROG(writes_input, struct uverbs_bpf_ctx *call)
 */
#ifndef UVB_EXPECT_H
#define UVB_EXPECT_H

#define __failure	__attribute__((btf_decl_tag("comment:expect_failure")))
#define __success	__attribute__((btf_decl_tag("comment:expect_success")))
/* A text that must be in the verifier's log. */
#define __msg(text)	__attribute__((btf_decl_tag("comment:expect_msg=" text)))
/* A failure from this kernel on, "7.3"; older ones may accept it. */
#define __since(kernel)	__attribute__((btf_decl_tag("comment:expect_since=" kernel)))

/* A transport of its own for one callback, so that the runner can load it alone. */
#define TRANSPORT_WITH(callback, program)					\
	UVERBS_BPF_TRANSPORT(ops_##program) = {					\
		.decl = {							\
			.name = "test",						\
			.abi = UVERBS_BPF_ABI,					\
			.protocols = UVERBS_BPF_PROTOCOL_ROCE,			\
			.nr_attrs = 1,						\
			.attrs = { UVERBS_BPF_QP_MODIFY_IN(0, 16, 16, "dest") },	\
		},								\
		.callback = (void *)program,					\
	}
#define TRANSPORT_OF(program)	TRANSPORT_WITH(path_set, program)

/* Likewise a provider for one callback. */
#define PROVIDER_OF(callback, program)						\
	UVERBS_BPF_PROVIDER(ops_##program) = {					\
		.decl = { .name = "test", .abi = UVERBS_BPF_ABI },		\
		.channel = {							\
			.nr_hooks = 1,						\
			.hooks = { UVERBS_BPF_HOOK(UVERBS_OBJECT_QP, UVERBS_BPF_ANY) },	\
		},								\
		.callback = (void *)program,					\
	}

#endif /* UVB_EXPECT_H */
