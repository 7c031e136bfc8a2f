/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What uverbs_bpf.ko and its BPF programs share: the two struct_ops types,
 * the context their callbacks get, and the constants in both. The module
 * includes this file as it is; programs get it through uverbs_bpf.bpf.h.
 *
 * ABI: the number below counts incompatible changes, of which there shall be
 * none. Sizes of what a program declares (struct uverbs_bpf_decl and
 * struct uverbs_bpf_attr) are frozen, their reserved members are zero.
 * Callbacks are only appended to the ops structs, members only appended to
 * what callbacks get; programs read the latter through CO-RE.
 */
#ifndef UVERBS_BPF_TYPES_H
#define UVERBS_BPF_TYPES_H

#define UVERBS_BPF_ABI		1

/* Rows of one program's schema. */
#define UVERBS_BPF_MAX_ATTRS	16
/* Most bytes one attribute of a program may have. */
#define UVERBS_BPF_MAX_LEN	4096

/* Protocols of a port, for uverbs_bpf_decl.protocols and uverbs_bpf_ctx.protocol. */
#define UVERBS_BPF_PROTOCOL_IB		(1 << 0)
#define UVERBS_BPF_PROTOCOL_OPA		(1 << 1)
#define UVERBS_BPF_PROTOCOL_ROCE	(1 << 2)
#define UVERBS_BPF_PROTOCOL_IWARP	(1 << 3)

/* uverbs_bpf_decl.flags. A provider that fails closed; without it, it fails open. */
#define UVERBS_BPF_FAIL_CLOSED		(1 << 0)

/* uverbs_bpf_attr.flags, of providers only. The method is refused without this attribute. */
#define UVERBS_BPF_ATTR_MANDATORY	(1 << 0)

/**
 * struct uverbs_bpf_attr - one row of a program's schema: an attribute of a method
 * @object: object id (enum uverbs_default_objects)
 * @method: method id as in the call, namespace included
 * @id: attribute id without namespace; the program's own is added
 * @direction: UVERBS_BPF_KIND_IN or UVERBS_BPF_KIND_OUT
 * @flags: UVERBS_BPF_ATTR_*
 * @min_len: fewest bytes
 * @max_len: most bytes, at most UVERBS_BPF_MAX_LEN
 * @reserved: 0
 * @name: for SCHEMA and messages, [a-z0-9_]
 *
 * The same @id may have a row for each of several methods. C enforces lengths
 * and presence before the program runs.
 */
struct uverbs_bpf_attr {
	__u16 object;
	__u16 method;
	__u16 id;
	__u8 direction;
	__u8 flags;
	__u16 min_len;
	__u16 max_len;
	__u32 reserved;
	char name[32];
};

/**
 * struct uverbs_bpf_decl - what a program declares before it is attached
 * @name: of the transport or provider, [a-z0-9_-], NUL terminated. It decides the namespace
 *	of the program's ids: "ib" 2, "opa" 3, "roce" 4, "iwarp" 5, another transport 7,
 *	providers 8 to 13. One program of a name is attached at a time
 * @abi: UVERBS_BPF_ABI the program was written for
 * @flags: UVERBS_BPF_FAIL_CLOSED, of providers only: a transport's attribute has no native
 *	meaning to fall back on, a call that uses it always fails with the program
 * @protocols: UVERBS_BPF_PROTOCOL_*, device has a port of one of them; 0 is any, but not for
 *	a transport
 * @driver_id: enum rdma_driver_id, 0 is any
 * @ibdev: the one device it is for, "" is any
 * @nr_attrs: rows of @attrs in use
 * @reserved: 0
 * @attrs: the schema. Of a transport: inputs of QP_MODIFY, QP_CONNECT and AH_CREATE and
 *	outputs of QP_QUERY, for nothing else consumes them
 *
 * Matching is done in the kernel when a call comes in, so that devices may
 * come, go and be renamed while programs are attached.
 */
struct uverbs_bpf_decl {
	char name[16];
	__u32 abi;
	__u32 flags;
	__u32 protocols;
	__u32 driver_id;
	char ibdev[64];
	__u32 nr_attrs;
	__u32 reserved[7];
	struct uverbs_bpf_attr attrs[UVERBS_BPF_MAX_ATTRS];
};

/* States of a QP: enum ib_qp_state, which has no user-visible header. */
#define UVERBS_BPF_QPS_RESET	0
#define UVERBS_BPF_QPS_INIT	1
#define UVERBS_BPF_QPS_RTR	2
#define UVERBS_BPF_QPS_RTS	3
#define UVERBS_BPF_QPS_SQD	4
#define UVERBS_BPF_QPS_SQE	5
#define UVERBS_BPF_QPS_ERR	6

/**
 * struct uverbs_bpf_path - a path as every driver understands it
 * @dgid: destination GID
 * @flow_label: 20 bits
 * @dlid: destination LID, InfiniBand and Omni-Path only
 * @sgid_index: index in the port's GID table
 * @hop_limit: hop limit
 * @traffic_class: traffic class
 * @sl: service level, 4 bits
 * @src_path_bits: source path bits
 * @static_rate: enum ib_rate
 * @has_grh: 1 if @dgid, @sgid_index, @flow_label, @hop_limit and @traffic_class count, else 0
 * @reserved: 0
 */
struct uverbs_bpf_path {
	__u8 dgid[16];
	__u32 flow_label;
	__u32 dlid;
	__u32 sgid_index;
	__u8 hop_limit;
	__u8 traffic_class;
	__u8 sl;
	__u8 src_path_bits;
	__u8 static_rate;
	__u8 has_grh;
	__u8 reserved[2];
};

/**
 * struct uverbs_bpf_ctx - one call, as its program sees it
 * @object: object id of the method called
 * @method: method id, namespace included
 * @port: port number, from 1
 * @driver_id: enum rdma_driver_id of the device
 * @protocol: the one UVERBS_BPF_PROTOCOL_* of @port
 * @qp_type: enum ib_uverbs_qp_type; UD for an AH
 * @cur_state: UVERBS_BPF_QPS_* the QP is in; of a QP only
 * @next_state: the state it shall get to; @cur_state if it does not change
 * @path: written by path_set(), read by path_get(). Only this member may be written
 */
struct uverbs_bpf_ctx {
	__u16 object;
	__u16 method;
	__u32 port;
	__u32 driver_id;
	__u8 protocol;
	__u8 qp_type;
	__u8 cur_state;
	__u8 next_state;
	struct uverbs_bpf_path path;
};

enum uverbs_bpf_exit_reason {
	UVERBS_BPF_EXIT_DETACHED,	/* by an admin, or its last reference went away */
	UVERBS_BPF_EXIT_REPLACED,	/* by another version of itself */
	UVERBS_BPF_EXIT_EVICTED,	/* by the kernel, after too many faults */
};

/**
 * struct uverbs_bpf_exit - why a program was taken off
 * @reason: enum uverbs_bpf_exit_reason
 * @generation: how many versions of the program were attached before it
 * @calls: how often it was called
 * @refused: calls it refused
 * @faults: calls in which it misbehaved
 * @text: the last fault in words, or ""
 */
struct uverbs_bpf_exit {
	__u32 reason;
	__u32 generation;
	__u64 calls;
	__u64 refused;
	__u64 faults;
	char text[128];
};

/**
 * struct uverbs_bpf_transport_ops - one transport's addressing
 * @decl: what it is for and which attributes it takes
 * @path_set: turns the transport's input attributes of QP_MODIFY, QP_CONNECT or
 *	AH_CREATE into ctx->path, which starts as zeroes. The result is checked as a path from a legacy
 *	command is. May be absent if @decl has no inputs.
 *	Return: 0, or a negative errno to refuse the call, see uverbs_bpf_refuse().
 *	Context: non-sleepable, under RCU; may run on several CPUs at once.
 * @path_get: turns ctx->path, as the device's driver reports it, into the transport's output
 *	attributes of QP_QUERY. May be absent if @decl has no outputs.
 *	Return and Context: as @path_set.
 * @exit: the program has been taken off and is not called again. Optional.
 *	Context: non-sleepable, under RCU; runs once for each version attached.
 *
 * What is not 0 or an errno from -1 to -133 is a fault: the call fails with
 * -EPROTO, and after 16 of them the program is evicted; those in calls of
 * unprivileged processes are counted but do not evict, for their input may
 * have provoked them. -EPROTONOSUPPORT is the kernel's and becomes -EINVAL.
 */
struct uverbs_bpf_transport_ops {
	struct uverbs_bpf_decl decl;
	int (*path_set)(struct uverbs_bpf_ctx *ctx);
	int (*path_get)(struct uverbs_bpf_ctx *ctx);
	void (*exit)(struct uverbs_bpf_exit *info);
};

/**
 * struct uverbs_bpf_provider_ops - a vendor's driver, an admin's policy
 * @decl: what it is for and which attributes it takes
 * @before: before a method. Return: 0, or a negative errno to refuse the call.
 * @after: after a method for which @before returned 0, with the method's result, in whatever
 *	way the call ended. After a replacement in between it is the successor's that runs.
 *	Return: nothing; the result stands.
 * @exit: as in struct uverbs_bpf_transport_ops
 *
 * Context of all: as in struct uverbs_bpf_transport_ops.
 */
struct uverbs_bpf_provider_ops {
	struct uverbs_bpf_decl decl;
	int (*before)(struct uverbs_bpf_ctx *ctx);
	void (*after)(struct uverbs_bpf_ctx *ctx, int ret);
	void (*exit)(struct uverbs_bpf_exit *info);
};

/* Answers of uverbs_bpf_gid_type(): what packets look like that are sent from a GID. */
enum uverbs_bpf_gid_type {
	UVERBS_BPF_GID_IB,
	UVERBS_BPF_GID_ROCE_V1,
	UVERBS_BPF_GID_IPV4,
	UVERBS_BPF_GID_IPV6,
};

enum uverbs_bpf_program_kind {
	UVERBS_BPF_TRANSPORT,
	UVERBS_BPF_PROVIDER,
};

/**
 * struct uverbs_bpf_program - an attached program, as iterators see it
 * @name: name
 * @kind: enum uverbs_bpf_program_kind
 * @ns: namespace of its ids
 * @abi: it was written for
 * @link: id of the BPF link that attaches it
 * @generation: how many versions were attached before it
 * @calls: how often it was called
 * @refused: calls it refused
 * @faults: calls in which it misbehaved
 * @devices: devices it matches now
 */
struct uverbs_bpf_program {
	char name[16];
	__u32 kind;
	__u32 ns;
	__u32 abi;
	__u32 link;
	__u32 generation;
	__u32 devices;
	__u64 calls;
	__u64 refused;
	__u64 faults;
};

/* An open-coded iterator over struct uverbs_bpf_program. Its size is ABI. */
struct bpf_iter_uverbs_bpf_program {
	__u64 __opaque[16];
} __attribute__((aligned(8)));

#endif /* UVERBS_BPF_TYPES_H */
