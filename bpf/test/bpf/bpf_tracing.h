/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Stands in for libbpf's <bpf/bpf_tracing.h>: natively a callback is a function. */
#ifndef UVERBS_BPF_TEST_TRACING_H
#define UVERBS_BPF_TEST_TRACING_H

#define BPF_PROG(name, args...)	name(args)

#endif /* UVERBS_BPF_TEST_TRACING_H */
