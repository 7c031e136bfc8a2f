/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What the Omni-Path transport adds, for its program and for applications. Its name has a namespace
 * for good, so that ids need not be asked for.
 */
#ifndef OPA_H
#define OPA_H

#include <uverbs_bpf.h>

/* in (QP_MODIFY, QP_CONNECT, AH_CREATE) or out (QP_QUERY, AH_QUERY): struct opa_path */
#define OPA_PATH	UVERBS_BPF_ID(UVERBS_BPF_NS_OPA, 0)

/**
 * struct opa_path - where an Omni-Path packet goes
 * @dlid: destination LID, 32 bits: the legacy verbs' address vector has 16
 * @sl: service level, 5 bits
 * @static_rate: enum ib_rate, 0 for that of the port
 * @reserved: 0
 */
struct opa_path {
	__u32 dlid;
	__u8 sl;
	__u8 static_rate;
	__u16 reserved;
};

#endif /* OPA_H */
