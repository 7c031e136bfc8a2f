/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Stands in for libbpf's <bpf/bpf_core_read.h>. Natively a struct has the
 * layout in which it is declared, and everything that is declared is there;
 * uverbs_bpf_test_absent makes one type or member absent, as on a kernel that
 * lacks it.
 */
#ifndef UVERBS_BPF_TEST_CORE_READ_H
#define UVERBS_BPF_TEST_CORE_READ_H

#include "bpf_helpers.h"

/* What is absent, as the program spells it: "struct foo", "foo->bar"; or NULL. */
static const char *uverbs_bpf_test_absent __uvbt_unused;

static inline bool uvbt_exists(const char *spelled)
{
	return !uverbs_bpf_test_absent || strcmp(spelled, uverbs_bpf_test_absent);
}

#define bpf_core_type_exists(type)		uvbt_exists(#type)
#define bpf_core_field_exists(field...)		uvbt_exists(#field)
#define bpf_core_enum_value_exists(type, value)	uvbt_exists(#value)
#define bpf_core_enum_value(type, value)	((typeof(type))(value))
#define bpf_core_type_size(type)		sizeof(type)
#define bpf_core_field_size(field)		sizeof(field)
#define bpf_core_field_offset(type, field)	__builtin_offsetof(type, field)
#define bpf_core_cast(ptr, type)		((typeof(type) *)(ptr))

#define bpf_core_read(to, size, from)		bpf_probe_read_kernel(to, size, from)
#define bpf_core_read_str(to, size, from)	bpf_probe_read_kernel_str(to, size, from)

#define UVBT_READ(src, field)							\
	({									\
		__auto_type __from = (src);					\
		typeof(__from->field) __value;					\
										\
		bpf_probe_read_kernel(&__value, sizeof(__value), &__from->field);	\
		__value;							\
	})
#define UVBT_READ1(s, a)		UVBT_READ(s, a)
#define UVBT_READ2(s, a, b)		UVBT_READ(UVBT_READ1(s, a), b)
#define UVBT_READ3(s, a, b, c)		UVBT_READ(UVBT_READ2(s, a, b), c)
#define UVBT_READ4(s, a, b, c, d)	UVBT_READ(UVBT_READ3(s, a, b, c), d)
#define UVBT_READ5(s, a, b, c, d, e)	UVBT_READ(UVBT_READ4(s, a, b, c, d), e)
#define UVBT_READ_N(s, a, b, c, d, e, name, ...)	name
#define BPF_CORE_READ(s, a...)							\
	UVBT_READ_N(s, ##a, UVBT_READ5, UVBT_READ4, UVBT_READ3, UVBT_READ2, UVBT_READ1)(s, ##a)
#define BPF_PROBE_READ(s, a...)		BPF_CORE_READ(s, ##a)
#define BPF_CORE_READ_INTO(to, s, a...)						\
	({									\
		typeof(*(to)) __read = (typeof(*(to)))BPF_CORE_READ(s, ##a);	\
										\
		*(to) = __read;							\
		0;								\
	})

/* A bitfield has no address: the struct is copied up to its end. */
#define BPF_CORE_READ_BITFIELD_PROBED(s, field)					\
	({									\
		typeof(*(s)) __copy;						\
										\
		bpf_probe_read_kernel(&__copy, sizeof(__copy), s);		\
		(__u64)__copy.field;						\
	})

#endif /* UVERBS_BPF_TEST_CORE_READ_H */
