/* SPDX-License-Identifier: BSD-2-Clause */
/* What tagged.bpf.c and its test share. */
#ifndef UVB_TESTS_TAGGED_H
#define UVB_TESTS_TAGGED_H

#include <linux/types.h>

/* Attributes of what makes one: in __u32, which asks for the type; in __u64; in up to 32 bytes. */
#define TAGGED_TAG	0
#define TAGGED_COLOUR	1
#define TAGGED_NOTE	2
/* Of QP_QUERY: out __u32, 1 if it is tagged. */
#define TAGGED_IS	3

/* What the program saw of its own type. */
struct tagged_data {
	__u32 asked;
	__u32 modified;
	__u32 added;
	__u32 replayed;
	__u32 removed;
};

#endif /* UVB_TESTS_TAGGED_H */
