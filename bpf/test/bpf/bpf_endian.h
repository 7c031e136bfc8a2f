/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Stands in for libbpf's <bpf/bpf_endian.h>. Constants stay constants. */
#ifndef UVERBS_BPF_TEST_ENDIAN_H
#define UVERBS_BPF_TEST_ENDIAN_H

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define bpf_htons(x)		__builtin_bswap16(x)
#define bpf_htonl(x)		__builtin_bswap32(x)
#define bpf_cpu_to_be64(x)	__builtin_bswap64(x)
#define bpf_cpu_to_le64(x)	(x)
#else
#define bpf_htons(x)		(x)
#define bpf_htonl(x)		(x)
#define bpf_cpu_to_be64(x)	(x)
#define bpf_cpu_to_le64(x)	__builtin_bswap64(x)
#endif
#define bpf_ntohs(x)		bpf_htons(x)
#define bpf_ntohl(x)		bpf_htonl(x)
#define bpf_be64_to_cpu(x)	bpf_cpu_to_be64(x)
#define bpf_le64_to_cpu(x)	bpf_cpu_to_le64(x)

#endif /* UVERBS_BPF_TEST_ENDIAN_H */
