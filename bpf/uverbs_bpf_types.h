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
/*
 * uverbs_bpf_decl.flags, of providers only: the program reads structs of the driver named by
 * driver_id, whose layout it knows from the driver that was loaded when it was. It is taken off
 * when the last device of that driver goes.
 */
#define UVERBS_BPF_WITH_DRIVER		(1 << 1)

/*
 * In a declaration and in what callbacks get: an object or method of the program's own, which it
 * numbers from 0. Callers use the namespace the program was given in the place of this one.
 */
#define UVERBS_BPF_SELF(id)		(0xf000 | (id))
/* In a hook: every object, or every method of the object; see struct uverbs_bpf_hook. */
#define UVERBS_BPF_ANY			0xffff

/* Rows of a provider's declaration. */
#define UVERBS_BPF_MAX_HOOKS		16
#define UVERBS_BPF_MAX_METHODS		16
#define UVERBS_BPF_MAX_OBJECTS		4
/* Most bytes of state an object of a provider may have. */
#define UVERBS_BPF_MAX_STATE		256
/* Most bytes of a command that a provider stages for the driver, and of the reply. */
#define UVERBS_BPF_MAX_COMMAND		1024

/* uverbs_bpf_attr.flags, of providers only. The method is refused without this attribute. */
#define UVERBS_BPF_ATTR_MANDATORY	(1 << 0)

/**
 * struct uverbs_bpf_attr - one row of a program's schema: an attribute of a method
 * @object: object id (enum uverbs_default_objects), or UVERBS_BPF_SELF()
 * @method: method id as in the call, namespace included, or UVERBS_BPF_SELF()
 * @id: attribute id without namespace; the program's own is added
 * @direction: UVERBS_BPF_KIND_IN or UVERBS_BPF_KIND_OUT
 * @flags: UVERBS_BPF_ATTR_*
 * @min_len: fewest bytes
 * @max_len: most bytes, at most UVERBS_BPF_MAX_LEN; 0, of inputs of providers only, if all it says
 *	is that it is there
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
 *	outputs of QP_QUERY and AH_QUERY, for nothing else consumes them
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
/* The kernel did not ask the driver for it. */
#define UVERBS_BPF_QPS_UNKNOWN	0xff

/* Attributes of a QP, for masks of them: enum ib_qp_attr_mask. Those of a connection are in uverbs_bpf.h. */
#define UVERBS_BPF_QP_STATE		(1 << 0)
#define UVERBS_BPF_QP_CUR_STATE		(1 << 1)
#define UVERBS_BPF_QP_ACCESS_FLAGS	(1 << 3)
#define UVERBS_BPF_QP_PKEY_INDEX	(1 << 4)
#define UVERBS_BPF_QP_PORT		(1 << 5)
#define UVERBS_BPF_QP_QKEY		(1 << 6)
#define UVERBS_BPF_QP_AV		(1 << 7)	/* the path */
#define UVERBS_BPF_QP_ALT_PATH		(1 << 14)
#define UVERBS_BPF_QP_PATH_MIG_STATE	(1 << 18)
#define UVERBS_BPF_QP_CAP		(1 << 19)
#define UVERBS_BPF_QP_RATE_LIMIT	(1 << 25)

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
 * struct uverbs_bpf_who - on whose behalf
 * @cgroup: id of the cgroup (version 2), as bpf_get_current_cgroup_id() gives it
 * @netns: cookie of the network namespace, as bpf_get_netns_cookie() gives it
 * @uid: user, as the initial user namespace sees it
 * @pid: process (thread group), as the initial pid namespace sees it
 *
 * Recorded when the device file is opened, and the same for every call on it and
 * every object made by it, whichever process makes the call: an object is taken
 * off the account it was put on.
 */
struct uverbs_bpf_who {
	__u64 cgroup;
	__u64 netns;
	__u32 uid;
	__u32 pid;
};

/**
 * struct uverbs_bpf_alt_path - the path a QP migrates to, InfiniBand only
 * @path: the path
 * @pkey_index: index in the P_Key table of @port
 * @port: port number, from 1
 * @timeout: local ACK timeout, 4.096 us * 2^timeout, 5 bits
 */
struct uverbs_bpf_alt_path {
	struct uverbs_bpf_path path;
	__u16 pkey_index;
	__u8 port;
	__u8 timeout;
};

/**
 * struct uverbs_bpf_ctx - one call, as its program sees it
 * @object: object id of the method called
 * @method: method id, namespace included; of a method of the program's own UVERBS_BPF_SELF().
 *	For a legacy command the method that has taken its place, else UVERBS_BPF_COMMAND()
 * @port: port number, from 1; 0 where the call names none
 * @driver_id: enum rdma_driver_id of the device
 * @protocol: the one UVERBS_BPF_PROTOCOL_* of @port, of the first port where the call names none
 * @qp_type: enum ib_uverbs_qp_type; UD for an AH
 * @cur_state: UVERBS_BPF_QPS_* the QP is in; of a QP only. Providers: what the caller says it is
 *	in, UVERBS_BPF_QPS_UNKNOWN if it does not
 * @next_state: the state it shall get to; @cur_state if it does not change
 * @path: written by path_set(), read by path_get(). Providers: the path of QP_MODIFY, QP_CONNECT
 *	and AH_CREATE, if @has_path; an owner may write it in before()
 * @has_path: the call has a path
 * @legacy: a legacy command, not a method with attributes
 * @device: N of /dev/infiniband/uverbsN
 * @handle: the object of the call, as user space names it, UVERBS_BPF_NO_HANDLE if it has none,
 *	or none yet
 * @file: number of the open device file, never used again. @file and @handle name an object,
 *	from its obj_add() to its obj_remove()
 * @hw: address of what @handle stands for in the kernel (struct ib_qp, ib_cq, ib_mr, ...; of a QP
 *	that its driver serves directly the driver's own), for bpf_probe_read_kernel() and CO-RE;
 *	0 if there is none
 * @who: on whose behalf
 * @mask: of transports: UVERBS_BPF_QP_* the call changes or, of QP_QUERY, asks for
 * @made: of transports: which of the members of a QP that path_set() may write it did write:
 *	UVERBS_BPF_QP_AV for @path, UVERBS_BPF_QP_ALT_PATH for @alt,
 *	UVERBS_BPF_QP_PATH_MIG_STATE for @mig_state. UVERBS_BPF_QP_AV if the program does not
 *	write it
 * @alt: of transports: written by path_set(), read by path_get()
 * @mig_state: of transports: enum ib_mig_state (0 migrated, 1 rearm, 2 armed); written by
 *	path_set(), read by path_get()
 * @max_rd_atomic: of transports: of QP_QUERY, as the driver reports it
 * @max_dest_rd_atomic: likewise
 * @own_type: of providers: 1 if the object of the call, or the one it makes, is of the type the
 *	program declares (uverbs_bpf_channel_decl.type)
 * @qp_state: of transports: what the transport keeps for the QP, its own to lay out, in the lower
 *	56 bits; zero at first. What path_set() and legal() leave there is kept if the call
 *	succeeds, till the QP is reset, gets a path by a legacy command, or another transport
 *	keeps something for it
 * @kernel: NULL. Of a struct without a pointer the verifier lets a program make up its own, on its
 *	stack, and pass it to a kfunc; with one it takes only what a callback was given
 *
 * From @has_path to @who they are for providers, and 0 for transports; from @mask on the other way
 * round, but for @own_type. Only @path, @made, @alt, @mig_state and @qp_state may be written.
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
	__u8 has_path;
	__u8 legacy;
	__u16 device;
	__u32 handle;
	__u64 file;
	__u64 hw;
	struct uverbs_bpf_who who;
	__u32 mask;
	__u32 made;
	struct uverbs_bpf_alt_path alt;
	__u8 mig_state;
	__u8 max_rd_atomic;
	__u8 max_dest_rd_atomic;
	__u8 own_type;
	__u64 qp_state;
	void *kernel;
};

#define UVERBS_BPF_NO_HANDLE	0xffffffffU

/*
 * What uverbs_bpf_args() gives: the inputs of a call, read once and checked by the kernel, the
 * same for a method and the legacy command it has taken the place of. Members are only appended;
 * a program asks for as many bytes as it knows.
 */

/* QP_CREATE */
struct uverbs_bpf_args_qp_create {
	__u32 qp_type;			/* enum ib_uverbs_qp_type */
	__u32 create_flags;		/* enum ib_uverbs_qp_create_flags */
	__u32 max_send_wr;
	__u32 max_recv_wr;
	__u32 max_send_sge;
	__u32 max_recv_sge;
	__u32 max_inline_data;		/* bytes */
	__u32 source_qpn;		/* 0 if not chosen */
};

/* QP_MODIFY, QP_CONNECT; the path is uverbs_bpf_ctx.path */
struct uverbs_bpf_args_qp_modify {
	__u32 mask;			/* enum ib_qp_attr_mask: which of these are given */
	__u32 qp_num;
	__u32 access_flags;		/* enum ib_uverbs_access_flags */
	__u32 dest_qp_num;
	__u32 qkey;
	__u32 rate_limit;		/* kbit/s */
	__u32 rq_psn;
	__u32 sq_psn;
	__u16 pkey_index;
	__u8 path_mtu;			/* enum ib_mtu */
	__u8 timeout;
	__u8 retry_cnt;
	__u8 rnr_retry;
	__u8 min_rnr_timer;
	__u8 max_rd_atomic;
	__u8 max_dest_rd_atomic;
	__u8 reserved[7];
};

/*
 * MR_REG, REG_MR, REG_DMABUF_MR, DM_MR_REG and the command REREG_MR, of which start and access
 * flags are 0 where they are not changed
 */
struct uverbs_bpf_args_mr_reg {
	__u64 start;			/* address, or place in the dma-buf or device memory */
	__u64 length;			/* bytes */
	__u64 iova;
	__u32 access_flags;		/* enum ib_uverbs_access_flags */
	__u32 memory;			/* UVERBS_BPF_MEMORY_* */
	__u64 old_length;		/* REREG_MR: bytes it had, else 0 */
};

#define UVERBS_BPF_MEMORY_USER		0
#define UVERBS_BPF_MEMORY_DMABUF	1
#define UVERBS_BPF_MEMORY_DEVICE	2

/* CQ_CREATE, CQ_RESIZE */
struct uverbs_bpf_args_cq {
	__u32 cqe;
	__u32 comp_vector;
	__u32 flags;			/* enum ib_uverbs_ex_create_cq_flags */
	__u32 reserved;
};

/* SRQ_CREATE, SRQ_MODIFY */
struct uverbs_bpf_args_srq {
	__u32 max_wr;
	__u32 max_sge;
	__u32 limit;
	__u32 type;			/* enum ib_srq_type */
};

/* The commands ATTACH_MCAST and DETACH_MCAST */
struct uverbs_bpf_args_mcast {
	__u8 gid[16];
	__u32 mlid;
	__u32 qp_num;
};

/**
 * struct uverbs_bpf_obj - an object, for obj_add() and obj_remove()
 * @file: number of the open device file
 * @handle: what user space names it by; with @file what a program names it by
 * @object: object id; of an object of the program's own UVERBS_BPF_SELF()
 * @replayed: 1 if it was there before the program was attached
 * @own_type: 1 if it was made as one of the type the program declares (uverbs_bpf_channel_decl.type)
 * @device: N of /dev/infiniband/uverbsN
 * @number: QP number, LKEY of an MR; else 0. 0 in obj_remove()
 * @hw: as in struct uverbs_bpf_ctx; 0 in obj_remove(), when it is gone
 * @length: bytes of an MR; else 0. 0 in obj_remove()
 * @who: on whose behalf it was made
 */
struct uverbs_bpf_obj {
	__u64 file;
	__u32 handle;
	__u16 object;
	__u8 replayed;
	__u8 own_type;
	__u32 device;
	__u32 number;
	__u64 hw;
	__u64 length;
	struct uverbs_bpf_who who;
};

/**
 * struct uverbs_bpf_dev - a device, for dev_add() and dev_remove()
 * @device: N of /dev/infiniband/uverbsN
 * @driver_id: enum rdma_driver_id
 * @protocols: UVERBS_BPF_PROTOCOL_* of all ports
 * @ports: how many
 * @name: of the RDMA device
 */
struct uverbs_bpf_dev {
	__u32 device;
	__u32 driver_id;
	__u32 protocols;
	__u32 ports;
	char name[64];
};

/**
 * struct uverbs_bpf_comp - a completion, for comp()
 * @wr_id: as user space posted it
 * @status: enum ib_wc_status
 * @opcode: enum ib_wc_opcode, of a completion without error
 * @byte_len: bytes received
 * @device: N of /dev/infiniband/uverbsN
 * @file: number of the open device file
 * @handle: the CQ
 *
 * The first four are data of user space or a peer: nothing in them can be relied on.
 */
struct uverbs_bpf_comp {
	__u64 wr_id;
	__u32 status;
	__u32 opcode;
	__u32 byte_len;
	__u32 device;
	__u64 file;
	__u32 handle;
	__u32 reserved;
};

enum uverbs_bpf_exit_reason {
	UVERBS_BPF_EXIT_DETACHED,	/* by an admin, or its last reference went away */
	UVERBS_BPF_EXIT_REPLACED,	/* by another version of itself */
	UVERBS_BPF_EXIT_EVICTED,	/* by the kernel, after too many faults */
	UVERBS_BPF_EXIT_DRIVER_GONE,	/* by the kernel, see UVERBS_BPF_WITH_DRIVER */
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
 *	attributes of QP_QUERY and AH_QUERY. May be absent if @decl has no outputs.
 *	Return and Context: as @path_set.
 * @exit: the program has been taken off and is not called again. Optional.
 *	Context: non-sleepable, under RCU; runs once for each version attached.
 * @legal: says whether a QP of this transport may be created with this type, may be changed
 *	like this (after @path_set, if the call has attributes of the transport), or can be asked
 *	for this. ctx->mask is what is changed or asked for, see uverbs_bpf_qp_takes(). Optional:
 *	what a transport does not forbid is the driver's to judge, by the table of the
 *	InfiniBand specification in most. Called for QP_CREATE (the method, not the legacy
 *	command, and on devices with one port), QP_MODIFY, QP_CONNECT and QP_QUERY, of all QPs on
 *	ports of the protocol that the transport has its name from; of a transport of another
 *	name only in calls that carry its attributes.
 *	Return and Context: as @path_set.
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
	int (*legal)(struct uverbs_bpf_ctx *ctx);
};

/**
 * struct uverbs_bpf_dump - where dump() writes to, see uverbs_bpf_dump_value()
 * @lines: how many lines there are so far
 * @kernel: NULL, as in struct uverbs_bpf_ctx
 */
struct uverbs_bpf_dump {
	__u32 lines;
	void *kernel;
};

/*
 * What a provider may do in before(), and in which order several are called:
 * owners, guards, observers; among them by priority, then in the order in
 * which they were attached. So guards and observers see what will be done.
 */
enum uverbs_bpf_role {
	UVERBS_BPF_OBSERVER,	/* looks; does not refuse, does not change */
	UVERBS_BPF_GUARD,	/* may refuse */
	UVERBS_BPF_OWNER,	/* may refuse and change the path; one for each method and device */
};

/**
 * struct uverbs_bpf_hook - a method before() and after() are called for
 * @object: object id, or UVERBS_BPF_ANY
 * @method: method id, a command without such (UVERBS_BPF_COMMAND()), or UVERBS_BPF_ANY: every
 *	method and command but those of the data path (POST_SEND, POST_RECV, POST_SRQ_RECV,
 *	POLL_CQ, REQ_NOTIFY_CQ), which must be named
 *
 * Methods that providers add, of objects of theirs or of the kernel's, cannot be hooked: nobody but
 * the provider itself is asked about them.
 */
struct uverbs_bpf_hook {
	__u16 object;
	__u16 method;
};

/* uverbs_bpf_method.access: what becomes of the object the method is called for. */
#define UVERBS_BPF_METHOD_NONE		0	/* has none */
#define UVERBS_BPF_METHOD_READ		1
#define UVERBS_BPF_METHOD_WRITE		2	/* has it to itself */
#define UVERBS_BPF_METHOD_NEW		3	/* makes it; of objects of the program's own */
#define UVERBS_BPF_METHOD_DESTROY	4	/* likewise */

/* uverbs_bpf_method.flags: prepare(), the driver's exec() and complete(), not method(). */
#define UVERBS_BPF_METHOD_EXEC		(1 << 0)

/**
 * struct uverbs_bpf_method - a method of the program's own
 * @object: object id, or UVERBS_BPF_SELF(); UVERBS_OBJECT_DEVICE has no handle
 * @id: its number, without namespace
 * @access: UVERBS_BPF_METHOD_*. But for NONE a call has the object's handle in the core
 *	attribute UVERBS_BPF_ATTR_OBJECT
 * @flags: UVERBS_BPF_METHOD_EXEC
 * @reserved: 0
 * @name: for SCHEMA and messages, [a-z0-9_]
 *
 * Its other attributes are rows of uverbs_bpf_decl.attrs with this object and
 * UVERBS_BPF_SELF(@id).
 */
struct uverbs_bpf_method {
	__u16 object;
	__u16 id;
	__u8 access;
	__u8 flags;
	__u16 reserved;
	char name[24];
};

/**
 * struct uverbs_bpf_object - a type of objects of the program's own
 * @id: its number, without namespace
 * @state: bytes of state each object has, zero at first, see uverbs_bpf_state(); at most
 *	UVERBS_BPF_MAX_STATE
 * @flags: 0
 * @name: for SCHEMA and messages, [a-z0-9_]
 *
 * Any object of a provider can be destroyed by UVERBS_BPF_METHOD_OBJECT_DESTROY, too, whether
 * or not its program is still attached.
 */
struct uverbs_bpf_object {
	__u16 id;
	__u16 state;
	__u32 flags;
	char name[24];
};

/*
 * uverbs_bpf_type.what. A CQ that counts completions: see enum uverbs_bpf_attr_cq_counter. A QP that
 * is its device's as any other, and its provider's to recognize and to have rules for.
 */
#define UVERBS_BPF_TYPE_CQ_COUNTER	1
#define UVERBS_BPF_TYPE_QP		2

/* uverbs_bpf_type.base: UVERBS_BPF_QPT(), and for IB_UVERBS_QPT_DRIVER, which is no small number: */
#define UVERBS_BPF_QPT_DRIVER		(1U << 15)

/**
 * struct uverbs_bpf_type - a new type of an object the kernel has
 * @object: object id
 * @what: UVERBS_BPF_TYPE_*, 0 if there is none
 * @selector: the program's own attribute, an input, of the method that creates the object, whose
 *	presence says that one of this type is wanted. The kernel reads no more of it; a program
 *	that hooks the method can
 * @base: of a QP: bit for each enum ib_uverbs_qp_type (UVERBS_BPF_QPT()) that QPs of this type
 *	may have in UVERBS_ATTR_CREATE_QP_TYPE, 0 for any; of others 0
 * @mandatory: bit for each core attribute of that method that must be there
 * @forbidden: bit for each that must not be there. What is neither is optional
 * @name: for SCHEMA and messages, [a-z0-9_]
 *
 * Of the program's own attributes those flagged UVERBS_BPF_ATTR_MANDATORY are
 * mandatory for this type, and none is allowed without the selector. A counter
 * is never made with a completion channel, flags, memory of the caller's or the
 * driver's own input, whatever is declared.
 *
 * What is made so is marked for its life: callbacks find own_type set, in replays
 * too, and the namespace stays the provider's name's until it is gone.
 */
struct uverbs_bpf_type {
	__u16 object;
	__u16 what;
	__u16 selector;
	__u16 base;
	__u32 mandatory;
	__u32 forbidden;
	char name[16];
};

/**
 * struct uverbs_bpf_channel_decl - what only providers declare
 * @version: of the provider, which callers of PROVIDER_OPEN can ask for
 * @role: enum uverbs_bpf_role
 * @priority: lower is called earlier
 * @nr_hooks: rows of @hooks in use
 * @nr_methods: rows of @methods in use
 * @nr_objects: rows of @objects in use
 * @reserved: 0
 * @hooks: methods it is called before and after
 * @methods: methods of its own
 * @objects: types of objects of its own
 * @type: a new type of an object the kernel has, @type.what 0 if none
 */
struct uverbs_bpf_channel_decl {
	__u32 version;
	__u32 role;
	__s32 priority;
	__u16 nr_hooks;
	__u16 nr_methods;
	__u16 nr_objects;
	__u16 reserved[7];
	struct uverbs_bpf_hook hooks[UVERBS_BPF_MAX_HOOKS];
	struct uverbs_bpf_method methods[UVERBS_BPF_MAX_METHODS];
	struct uverbs_bpf_object objects[UVERBS_BPF_MAX_OBJECTS];
	struct uverbs_bpf_type type;
};

/**
 * struct uverbs_bpf_provider_ops - a vendor's driver, an admin's policy
 * @decl: what it is for and which attributes it takes: of any generic method that @channel hooks,
 *	and of its own
 * @channel: what else it declares
 * @before: before a method or command that is hooked, once its inputs are read and checked.
 *	Return: 0, or a negative errno to refuse the call, see uverbs_bpf_refuse(). An observer's
 *	is ignored.
 * @after: after a method for which @before returned 0, with the method's result, in whatever
 *	way the call ended. It may write outputs. After a replacement in between it is the
 *	successor's that runs. If an output cannot be written to the caller's memory then, the call
 *	fails with -EFAULT all the same, and a new object is undone: @obj_add, which comes after
 *	@after, is the sign that it is there. What the method has changed of an object stays so when
 *	its own answer cannot be written, and its result here is 0; an object that it has destroyed is
 *	gone, and @obj_remove says so.
 *	Return: nothing; the result stands.
 * @method: a method of its own.
 *	Return: 0, or a negative errno; then a new object is not made. A DESTROY cannot be refused
 * @prepare: first part of a method with UVERBS_BPF_METHOD_EXEC: writes the command,
 *	uverbs_bpf_command(). Return: bytes of the command, or a negative errno.
 * @complete: last part of it: reads the driver's reply, uverbs_bpf_reply(), when exec()
 *	succeeded. Return: 0, or a negative errno; then what the driver made is released.
 * @obj_add: an object was made, by whatever way; or is there already when the program is attached
 *	(@obj->replayed). Numbered handles only, not files.
 *	Return: nothing. Context: as below, interrupts disabled.
 * @obj_remove: it is gone, by whatever way. Once for each @obj_add, but not when the program is
 *	detached. Return and Context: as @obj_add.
 * @dev_add: a device it matches, now or when it appears. Before any other callback for it; of a
 *	version that takes another's place, only for what that was not told of.
 * @dev_remove: the device goes, after all of its objects. Not when the program is detached.
 * @comp: a completion of a CQ of type counter the program declares.
 *	Return: 1 to count it, 0 not to. Without this callback all count, and so does what this
 *	callback does not decide upon, because the program is gone or returns something else.
 *	Context: as below, in a work item of the kernel's.
 * @dump: an admin wants to see the program's state (uverbs-bpf provider dump)
 * @exit: as in struct uverbs_bpf_transport_ops
 *
 * Context of all: non-sleepable, under RCU; may run on several CPUs at once. What
 * is a fault is said at struct uverbs_bpf_transport_ops. A fault in before() costs
 * the call only if the provider fails closed (UVERBS_BPF_FAIL_CLOSED, -EACCES) or
 * the call has an attribute of the provider's (-EPROTO).
 */
struct uverbs_bpf_provider_ops {
	struct uverbs_bpf_decl decl;
	struct uverbs_bpf_channel_decl channel;
	int (*before)(struct uverbs_bpf_ctx *ctx);
	void (*after)(struct uverbs_bpf_ctx *ctx, int ret);
	int (*method)(struct uverbs_bpf_ctx *ctx);
	int (*prepare)(struct uverbs_bpf_ctx *ctx);
	int (*complete)(struct uverbs_bpf_ctx *ctx);
	void (*obj_add)(struct uverbs_bpf_obj *obj);
	void (*obj_remove)(struct uverbs_bpf_obj *obj);
	void (*dev_add)(struct uverbs_bpf_dev *dev);
	void (*dev_remove)(struct uverbs_bpf_dev *dev);
	int (*comp)(struct uverbs_bpf_comp *comp);
	void (*dump)(struct uverbs_bpf_dump *dump);
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
 * @version: of a provider
 * @role: enum uverbs_bpf_role of a provider
 * @priority: of a provider
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
	__u32 version;
	__u32 role;
	__s32 priority;
	__u32 reserved;
};

/* An open-coded iterator over struct uverbs_bpf_program. Its size is ABI. */
struct bpf_iter_uverbs_bpf_program {
	__u64 __opaque[16];
} __attribute__((aligned(8)));

#endif /* UVERBS_BPF_TYPES_H */
