/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-2-Clause) */
/*
 * What uverbs_bpf adds to the RDMA verbs ioctl.
 *
 * The ioctl itself, its header and its attribute records are those of
 * <rdma/rdma_user_ioctl_cmds.h>. Ids carry a namespace in their upper four
 * bits; the kernel's own ids are namespace 0, those of in-kernel drivers
 * namespace 1. Everything from namespace 2 up is described here or by the
 * program that is attached for it, and is always mandatory: it is honoured
 * or the call fails.
 */
#ifndef UVERBS_BPF_UAPI_H
#define UVERBS_BPF_UAPI_H

#include <linux/types.h>

#define UVERBS_BPF_NS_SHIFT	12
#define UVERBS_BPF_ID_MASK	0x0fff
#define UVERBS_BPF_ID(ns, id)	(((ns) << UVERBS_BPF_NS_SHIFT) | (id))

/**
 * enum uverbs_bpf_namespace - who defines an id
 * @UVERBS_BPF_NS_CORE: the kernel's verbs
 * @UVERBS_BPF_NS_DRIVER: the device's in-kernel driver
 * @UVERBS_BPF_NS_IB: InfiniBand transport program
 * @UVERBS_BPF_NS_OPA: Omni-Path transport program
 * @UVERBS_BPF_NS_ROCE: RoCE transport program
 * @UVERBS_BPF_NS_IWARP: iWARP transport program
 * @UVERBS_BPF_NS_ETHERNET: Ethernet, by uverbs_bpf itself: what raw packet QPs take
 * @UVERBS_BPF_NS_TRANSPORT7: a further transport, by name
 * @UVERBS_BPF_NS_PROVIDER_FIRST: first of the namespaces given to providers by name
 * @UVERBS_BPF_NS_PROVIDER_LAST: last of them
 * @UVERBS_BPF_NS_OWN: additions of uverbs_bpf itself
 */
enum uverbs_bpf_namespace {
	UVERBS_BPF_NS_CORE,
	UVERBS_BPF_NS_DRIVER,
	UVERBS_BPF_NS_IB,
	UVERBS_BPF_NS_OPA,
	UVERBS_BPF_NS_ROCE,
	UVERBS_BPF_NS_IWARP,
	UVERBS_BPF_NS_ETHERNET,
	UVERBS_BPF_NS_TRANSPORT7,
	UVERBS_BPF_NS_PROVIDER_FIRST,
	UVERBS_BPF_NS_PROVIDER_LAST = 13,
	UVERBS_BPF_NS_OWN = 14,
};

/*
 * Attributes that every method takes.
 */

/* out: struct uverbs_bpf_error, written only when the call fails. */
#define UVERBS_BPF_ATTR_ERROR	UVERBS_BPF_ID(UVERBS_BPF_NS_OWN, 0)

/* What a buffer for UVERBS_BPF_ATTR_ERROR needs to hold every message. */
#define UVERBS_BPF_ERROR_MAX	192

/**
 * struct uverbs_bpf_error - why a call was refused
 * @code: the negative errno the call returned
 * @attr_id: the attribute that was refused, 0xffff if none in particular
 * @length: bytes of @text that follow, the closing NUL not counted
 * @text: what was wrong and what would be right, NUL terminated
 */
struct uverbs_bpf_error {
	__s32 code;
	__u16 attr_id;
	__u16 length;
	char text[];
};

#define UVERBS_BPF_ATTR_NONE	0xffff

/*
 * Objects of our own.
 */
#define UVERBS_BPF_OBJECT_MAD_AGENT	UVERBS_BPF_ID(UVERBS_BPF_NS_OWN, 0)
#define UVERBS_BPF_OBJECT_CHANNEL	UVERBS_BPF_ID(UVERBS_BPF_NS_OWN, 1)
#define UVERBS_BPF_OBJECT_CQ_COUNTER	UVERBS_BPF_ID(UVERBS_BPF_NS_OWN, 2)

/*
 * Methods, by object (enum uverbs_default_objects, or one of the above).
 */
#define UVERBS_BPF_METHOD_SCHEMA	UVERBS_BPF_ID(UVERBS_BPF_NS_OWN, 0) /* DEVICE */
#define UVERBS_BPF_METHOD_PROVIDER_OPEN	UVERBS_BPF_ID(UVERBS_BPF_NS_OWN, 0) /* CHANNEL */
#define UVERBS_BPF_METHOD_PROVIDER_CLOSE UVERBS_BPF_ID(UVERBS_BPF_NS_OWN, 1) /* CHANNEL */
#define UVERBS_BPF_METHOD_QP_MODIFY	UVERBS_BPF_ID(UVERBS_BPF_NS_OWN, 0) /* QP */
#define UVERBS_BPF_METHOD_QP_QUERY	UVERBS_BPF_ID(UVERBS_BPF_NS_OWN, 1) /* QP */
#define UVERBS_BPF_METHOD_QP_CONNECT	UVERBS_BPF_ID(UVERBS_BPF_NS_OWN, 2) /* QP */
#define UVERBS_BPF_METHOD_AH_CREATE	UVERBS_BPF_ID(UVERBS_BPF_NS_OWN, 0) /* AH */
#define UVERBS_BPF_METHOD_AH_QUERY	UVERBS_BPF_ID(UVERBS_BPF_NS_OWN, 1) /* AH */
#define UVERBS_BPF_METHOD_MAD_REGISTER	UVERBS_BPF_ID(UVERBS_BPF_NS_OWN, 0) /* MAD_AGENT */
#define UVERBS_BPF_METHOD_MAD_SEND	UVERBS_BPF_ID(UVERBS_BPF_NS_OWN, 1) /* MAD_AGENT */
#define UVERBS_BPF_METHOD_MAD_RECEIVE	UVERBS_BPF_ID(UVERBS_BPF_NS_OWN, 2) /* MAD_AGENT */
#define UVERBS_BPF_METHOD_PD_ALLOC	UVERBS_BPF_ID(UVERBS_BPF_NS_OWN, 0) /* PD */
#define UVERBS_BPF_METHOD_MR_REG	UVERBS_BPF_ID(UVERBS_BPF_NS_OWN, 0) /* MR */
#define UVERBS_BPF_METHOD_CQ_RESIZE	UVERBS_BPF_ID(UVERBS_BPF_NS_OWN, 0) /* CQ */
#define UVERBS_BPF_METHOD_SRQ_MODIFY	UVERBS_BPF_ID(UVERBS_BPF_NS_OWN, 0) /* SRQ */
#define UVERBS_BPF_METHOD_CQ_COUNTER_OPEN UVERBS_BPF_ID(UVERBS_BPF_NS_OWN, 0) /* CQ_COUNTER */
#define UVERBS_BPF_METHOD_CQ_COUNTER_MODIFY UVERBS_BPF_ID(UVERBS_BPF_NS_OWN, 1) /* CQ_COUNTER */
/* Of every object of a provider; its one attribute is UVERBS_BPF_ATTR_OBJECT. */
#define UVERBS_BPF_METHOD_OBJECT_DESTROY UVERBS_BPF_ID(UVERBS_BPF_NS_OWN, 0)

/*
 * A legacy command without a method in its place, where programs name methods.
 * @number: IB_USER_VERBS_CMD_*, or IB_USER_VERBS_EX_CMD_* with @ex 1.
 */
#define UVERBS_BPF_COMMAND(ex, number)	UVERBS_BPF_ID(UVERBS_BPF_NS_OWN, 0x800 | (ex) << 7 | (number))

/* The handle of the object that a method of a provider's own is for. */
#define UVERBS_BPF_ATTR_OBJECT		0

/**
 * enum uverbs_bpf_attr_schema - SCHEMA: every object, method and attribute of the device
 * @UVERBS_BPF_ATTR_SCHEMA_FIRST: in __u32, optional: index of the first record wanted
 * @UVERBS_BPF_ATTR_SCHEMA_RECORDS: out, an array of struct uverbs_bpf_schema_record
 * @UVERBS_BPF_ATTR_SCHEMA_TOTAL: out __u32: how many records there are
 */
enum uverbs_bpf_attr_schema {
	UVERBS_BPF_ATTR_SCHEMA_FIRST,
	UVERBS_BPF_ATTR_SCHEMA_RECORDS,
	UVERBS_BPF_ATTR_SCHEMA_TOTAL,
};

enum uverbs_bpf_schema_what {
	UVERBS_BPF_SCHEMA_OBJECT,
	UVERBS_BPF_SCHEMA_METHOD,
	UVERBS_BPF_SCHEMA_ATTR,
	UVERBS_BPF_SCHEMA_COMMAND,	/* legacy command; method is its number */
	/*
	 * A program's new type of an object the kernel has; name is the type's. One record has the
	 * program's attribute of method that asks for the type, the others each an attribute that
	 * must be there then (MANDATORY), or must not (FORBIDDEN).
	 */
	UVERBS_BPF_SCHEMA_TYPE,
};

enum uverbs_bpf_schema_kind {
	UVERBS_BPF_KIND_NONE,
	UVERBS_BPF_KIND_IN,
	UVERBS_BPF_KIND_OUT,
	UVERBS_BPF_KIND_CONST,
	UVERBS_BPF_KIND_FLAGS,
	UVERBS_BPF_KIND_HANDLE,
	UVERBS_BPF_KIND_FD,
	UVERBS_BPF_KIND_RAW_FD,
	UVERBS_BPF_KIND_ENUM,		/* value in attr_data.enum_data; handle_object: how many */
	UVERBS_BPF_KIND_HANDLES,	/* array of __u32; lengths count handles */
};

enum uverbs_bpf_schema_access {
	UVERBS_BPF_ACCESS_NONE,
	UVERBS_BPF_ACCESS_READ,
	UVERBS_BPF_ACCESS_WRITE,
	UVERBS_BPF_ACCESS_NEW,
	UVERBS_BPF_ACCESS_DESTROY,
};

#define UVERBS_BPF_SCHEMA_MANDATORY	(1 << 0)
#define UVERBS_BPF_SCHEMA_LEGACY	(1 << 1)	/* a fixed struct; see the attribute methods */
#define UVERBS_BPF_SCHEMA_PROGRAM	(1 << 2)	/* added by an attached program */
#define UVERBS_BPF_SCHEMA_EX		(1 << 3)	/* an extended legacy command */
#define UVERBS_BPF_SCHEMA_FORBIDDEN	(1 << 4)	/* of a type: refused with it */

/**
 * struct uverbs_bpf_schema_record - one line of the schema
 * @what: enum uverbs_bpf_schema_what
 * @kind: enum uverbs_bpf_schema_kind
 * @access: enum uverbs_bpf_schema_access, for handles and files
 * @flags: UVERBS_BPF_SCHEMA_*
 * @object: object id
 * @method: method id, or the number of a legacy command
 * @attr: attribute id; of a legacy command the method of @object that has taken its place, or
 *	UVERBS_BPF_ATTR_NONE
 * @handle_object: object id a handle or file must have; of a new type of QP, in the record that has
 *	what asks for it, a bit for each QP type that it may have (1 << 15 for DRIVER), 0 for any
 * @min_len: fewest bytes accepted (request size of a legacy command)
 * @max_len: most bytes accepted, 0xffff if unlimited (response size of a legacy command)
 * @name: name of the object, method, attribute or command
 * @program: the program that added it, empty if native
 */
struct uverbs_bpf_schema_record {
	__u8 what;
	__u8 kind;
	__u8 access;
	__u8 flags;
	__u16 object;
	__u16 method;
	__u16 attr;
	__u16 handle_object;
	__u16 min_len;
	__u16 max_len;
	char name[32];
	char program[16];
};

/*
 * Fields of struct uverbs_bpf_qp_connection. The bits are those of enum
 * ib_qp_attr_mask (enum ibv_qp_attr_mask).
 */
#define UVERBS_BPF_QP_PATH_MTU			(1 << 8)
#define UVERBS_BPF_QP_TIMEOUT			(1 << 9)
#define UVERBS_BPF_QP_RETRY_CNT			(1 << 10)
#define UVERBS_BPF_QP_RNR_RETRY			(1 << 11)
#define UVERBS_BPF_QP_RQ_PSN			(1 << 12)
#define UVERBS_BPF_QP_MAX_RD_ATOMIC		(1 << 13)
#define UVERBS_BPF_QP_MIN_RNR_TIMER		(1 << 15)
#define UVERBS_BPF_QP_SQ_PSN			(1 << 16)
#define UVERBS_BPF_QP_MAX_DEST_RD_ATOMIC	(1 << 17)
#define UVERBS_BPF_QP_DEST_QPN			(1 << 20)

/**
 * struct uverbs_bpf_qp_connection - what two connected QPs agree on
 * @fields: which of the members below are given, UVERBS_BPF_QP_*; 0 in those that are not
 * @dest_qp_num: QP number at the peer, 24 bits
 * @rq_psn: first packet sequence number to expect, 24 bits
 * @sq_psn: first packet sequence number to send, 24 bits
 * @path_mtu: enum ib_mtu
 * @timeout: local ACK timeout, 4.096 us * 2^timeout, 5 bits
 * @retry_cnt: retries after a timeout, 3 bits
 * @rnr_retry: retries after receiver not ready, 3 bits, 7 is for ever
 * @min_rnr_timer: code of the RNR NAK timer, 5 bits
 * @max_rd_atomic: RDMA READs and atomics outstanding as requester
 * @max_dest_rd_atomic: RDMA READs and atomics outstanding as responder
 * @reserved: 0
 *
 * One record for the whole connection: INIT to RTR takes its responder half,
 * RTR to RTS its requester half. The rules of which field belongs to which
 * QP type and state change are those of the InfiniBand specification,
 * volume 1, 11.2.5.2, as the kernel's ib_modify_qp_is_ok() has them.
 */
struct uverbs_bpf_qp_connection {
	__u32 fields;
	__u32 dest_qp_num;
	__u32 rq_psn;
	__u32 sq_psn;
	__u8 path_mtu;
	__u8 timeout;
	__u8 retry_cnt;
	__u8 rnr_retry;
	__u8 min_rnr_timer;
	__u8 max_rd_atomic;
	__u8 max_dest_rd_atomic;
	__u8 reserved;
};

/**
 * enum uverbs_bpf_attr_qp - attributes of QP_MODIFY, QP_CONNECT and QP_QUERY
 * @UVERBS_BPF_ATTR_QP_HANDLE: the QP
 * @UVERBS_BPF_ATTR_QP_STATE: const enum ib_qp_state (MODIFY), out __u32 (QUERY)
 * @UVERBS_BPF_ATTR_QP_CUR_STATE: const: the state the caller believes the QP is in;
 *	QUERY, out __u32: the state the driver reports in addition to STATE
 * @UVERBS_BPF_ATTR_QP_ACCESS_FLAGS: flags of enum ib_uverbs_access_flags; out __u32
 * @UVERBS_BPF_ATTR_QP_PORT: in or out __u32, from 1
 * @UVERBS_BPF_ATTR_QP_PKEY_INDEX: in or out __u32
 * @UVERBS_BPF_ATTR_QP_QKEY: in or out __u32
 * @UVERBS_BPF_ATTR_QP_CONNECTION: in or out struct uverbs_bpf_qp_connection
 * @UVERBS_BPF_ATTR_QP_RATE_LIMIT: in or out __u32, kbit/s
 * @UVERBS_BPF_ATTR_QP_CAP: QUERY, out struct ib_uverbs_qp_cap
 *
 * The path is not among them: it is an attribute of the transport's namespace.
 *
 * QP_CONNECT takes an RC, UC or XRC QP from RESET to RTS in one call: HANDLE,
 * CONNECTION with every field its QP type has, a path, and optionally
 * ACCESS_FLAGS (none if not given), PORT (if the device has more than one) and
 * PKEY_INDEX (0 if not given). It has the QP to itself meanwhile: other calls
 * get EBUSY. A QP in INIT is taken too, since receives may be posted there. When
 * one of the changes fails the QP is in RESET, also one that was in INIT.
 *
 * Errors of QP_CONNECT, before anything is changed: EINVAL for a QP that is in
 * another state or has no peer, a field that is missing, out of range or not of
 * this QP type, no path; EOPNOTSUPP on iWARP, where rdma_cm connects. After
 * that, the driver's, with the step in the text of the error.
 *
 * An Ethernet QP (IB_UVERBS_QPT_RAW_PACKET) takes of these the handle and @UVERBS_BPF_ATTR_QP_CAP,
 * and else only UVERBS_BPF_ATTR_ETH_*.
 */
enum uverbs_bpf_attr_qp {
	UVERBS_BPF_ATTR_QP_HANDLE,
	UVERBS_BPF_ATTR_QP_STATE,
	UVERBS_BPF_ATTR_QP_CUR_STATE,
	UVERBS_BPF_ATTR_QP_ACCESS_FLAGS,
	UVERBS_BPF_ATTR_QP_PORT,
	UVERBS_BPF_ATTR_QP_PKEY_INDEX,
	UVERBS_BPF_ATTR_QP_QKEY,
	UVERBS_BPF_ATTR_QP_CONNECTION,
	UVERBS_BPF_ATTR_QP_RATE_LIMIT,
	UVERBS_BPF_ATTR_QP_CAP,
};

/**
 * enum uverbs_bpf_attr_ah - attributes of AH_CREATE and AH_QUERY
 * @UVERBS_BPF_ATTR_AH_HANDLE: the new AH. Without it no AH is made, and the call only
 *	answers @UVERBS_BPF_ATTR_AH_RESP_ADDRESS. QUERY: the AH asked about
 * @UVERBS_BPF_ATTR_AH_PD: the protection domain
 * @UVERBS_BPF_ATTR_AH_PORT: in __u32, from 1; QUERY: out __u32, optional
 * @UVERBS_BPF_ATTR_AH_RESP_ADDRESS: out struct ib_uverbs_ah_attr, optional: the address
 *	vector the transport program made, as the legacy command takes it
 * @UVERBS_BPF_ATTR_AH_QP_TYPE: const enum ib_uverbs_qp_type, optional, and only without
 *	@UVERBS_BPF_ATTR_AH_HANDLE: the address is wanted for the path of a QP of this
 *	type; datagram if it is not given
 *
 * The address is an attribute of the transport's namespace.
 *
 * QUERY gives the address the driver has, and is not there (EPROTONOSUPPORT) where the driver
 * keeps none.
 */
enum uverbs_bpf_attr_ah {
	UVERBS_BPF_ATTR_AH_HANDLE,
	UVERBS_BPF_ATTR_AH_PD,
	UVERBS_BPF_ATTR_AH_PORT,
	UVERBS_BPF_ATTR_AH_RESP_ADDRESS,
	UVERBS_BPF_ATTR_AH_QP_TYPE,
};

/**
 * enum uverbs_bpf_attr_channel - attributes of PROVIDER_OPEN and PROVIDER_CLOSE
 * @UVERBS_BPF_ATTR_CHANNEL_HANDLE: the channel. As long as it is open the namespace is this
 *	provider's, whether or not its program is attached
 * @UVERBS_BPF_ATTR_CHANNEL_NAME: in, the provider's name, 1 to 15 bytes and a NUL
 * @UVERBS_BPF_ATTR_CHANNEL_MIN_VERSION: in __u32, optional: the oldest version that will do
 * @UVERBS_BPF_ATTR_CHANNEL_RESP_NS: out __u32: the namespace of its ids, see UVERBS_BPF_ID()
 * @UVERBS_BPF_ATTR_CHANNEL_RESP_VERSION: out __u32, optional: the version that is attached
 *
 * ENOENT if no provider of that name serves this device, EPROTO if it is too old; the text of
 * the error says which are attached.
 */
enum uverbs_bpf_attr_channel {
	UVERBS_BPF_ATTR_CHANNEL_HANDLE,
	UVERBS_BPF_ATTR_CHANNEL_NAME,
	UVERBS_BPF_ATTR_CHANNEL_MIN_VERSION,
	UVERBS_BPF_ATTR_CHANNEL_RESP_NS,
	UVERBS_BPF_ATTR_CHANNEL_RESP_VERSION,
};

/**
 * enum uverbs_bpf_attr_pd - attributes of PD_ALLOC
 * @UVERBS_BPF_ATTR_PD_HANDLE: the new PD
 */
enum uverbs_bpf_attr_pd {
	UVERBS_BPF_ATTR_PD_HANDLE,
};

/**
 * enum uverbs_bpf_attr_mr - attributes of MR_REG
 * @UVERBS_BPF_ATTR_MR_HANDLE: the new MR
 * @UVERBS_BPF_ATTR_MR_PD: the protection domain
 * @UVERBS_BPF_ATTR_MR_DMA_HANDLE: optional, where the kernel has DMA handles
 * @UVERBS_BPF_ATTR_MR_IOVA: in __u64, optional: the address remote peers and work requests
 *	use for the first byte; @UVERBS_BPF_ATTR_MR_ADDR or @UVERBS_BPF_ATTR_MR_FD_OFFSET if
 *	it is not given. It lies at the same place of its page
 * @UVERBS_BPF_ATTR_MR_ADDR: in __u64: the memory, in the caller's address space
 * @UVERBS_BPF_ATTR_MR_LENGTH: in __u64, bytes
 * @UVERBS_BPF_ATTR_MR_ACCESS: flags of enum ib_uverbs_access_flags, optional: none is
 *	reading by the device itself
 * @UVERBS_BPF_ATTR_MR_FD: instead of @UVERBS_BPF_ATTR_MR_ADDR: a dma-buf
 * @UVERBS_BPF_ATTR_MR_FD_OFFSET: in __u64: where in the dma-buf
 * @UVERBS_BPF_ATTR_MR_RESP_LKEY: out __u32, optional
 * @UVERBS_BPF_ATTR_MR_RESP_RKEY: out __u32, optional
 *
 * The ids are those of the kernel's own REG_MR (Linux 7), which has no optional keys, access
 * or IOVA, and which older kernels have not.
 */
enum uverbs_bpf_attr_mr {
	UVERBS_BPF_ATTR_MR_HANDLE,
	UVERBS_BPF_ATTR_MR_PD,
	UVERBS_BPF_ATTR_MR_DMA_HANDLE,
	UVERBS_BPF_ATTR_MR_IOVA,
	UVERBS_BPF_ATTR_MR_ADDR,
	UVERBS_BPF_ATTR_MR_LENGTH,
	UVERBS_BPF_ATTR_MR_ACCESS,
	UVERBS_BPF_ATTR_MR_FD,
	UVERBS_BPF_ATTR_MR_FD_OFFSET,
	UVERBS_BPF_ATTR_MR_RESP_LKEY,
	UVERBS_BPF_ATTR_MR_RESP_RKEY,
};

/**
 * enum uverbs_bpf_attr_cq - attributes of CQ_RESIZE
 * @UVERBS_BPF_ATTR_CQ_HANDLE: the CQ
 * @UVERBS_BPF_ATTR_CQ_CQE: in __u32: entries it is to have at least
 * @UVERBS_BPF_ATTR_CQ_RESP_CQE: out __u32, optional: entries it has now
 */
enum uverbs_bpf_attr_cq {
	UVERBS_BPF_ATTR_CQ_HANDLE,
	UVERBS_BPF_ATTR_CQ_CQE,
	UVERBS_BPF_ATTR_CQ_RESP_CQE,
};

/**
 * enum uverbs_bpf_attr_cq_counter - attributes of the methods of CQ_COUNTER
 * @UVERBS_BPF_ATTR_CQ_COUNTER_HANDLE: the counter, a file descriptor. mmap() of one page, for
 *	reading, gives struct uverbs_bpf_cq_counter; poll() says when a threshold is reached. It
 *	outlives the CQ
 * @UVERBS_BPF_ATTR_CQ_COUNTER_CQ: OPEN: a CQ that counts. It may be opened more than once
 * @UVERBS_BPF_ATTR_CQ_COUNTER_ENTRY: MODIFY, const enum uverbs_bpf_cq_counter_entry
 * @UVERBS_BPF_ATTR_CQ_COUNTER_OP: MODIFY, const enum uverbs_bpf_cq_counter_op
 * @UVERBS_BPF_ATTR_CQ_COUNTER_VALUE: MODIFY, in __u64
 *
 * A CQ that counts is made by CQ_CREATE with the attribute that an attached provider declares for
 * it. What it completes is counted, and nobody can poll for it: POLL_CQ, REQ_NOTIFY_CQ,
 * CQ_RESIZE and MODIFY_CQ are EOPNOTSUPP, as is OPEN of any other CQ.
 *
 * poll(): POLLIN when as many successes were counted as their threshold says, POLLPRI when as many
 * errors were; POLLERR once completions were lost, POLLHUP once the CQ is gone.
 */
enum uverbs_bpf_attr_cq_counter {
	UVERBS_BPF_ATTR_CQ_COUNTER_HANDLE,
	UVERBS_BPF_ATTR_CQ_COUNTER_CQ,
	UVERBS_BPF_ATTR_CQ_COUNTER_ENTRY,
	UVERBS_BPF_ATTR_CQ_COUNTER_OP,
	UVERBS_BPF_ATTR_CQ_COUNTER_VALUE,
};

/* The numbers are those of Linux 7's own counters, enum ib_uverbs_comp_cntr_entry. */
enum uverbs_bpf_cq_counter_entry {
	UVERBS_BPF_CQ_COUNTER_COMP,	/* completions with status success */
	UVERBS_BPF_CQ_COUNTER_ERR,	/* all others, flushes among them */
};

/* Likewise, enum ib_uverbs_comp_cntr_modify_op; the third one is ours. */
enum uverbs_bpf_cq_counter_op {
	UVERBS_BPF_CQ_COUNTER_SET,
	UVERBS_BPF_CQ_COUNTER_INC,	/* modulo 2^64 */
	UVERBS_BPF_CQ_COUNTER_THRESHOLD,
};

/* Completions were lost: the counts are too small by an unknown number. It stays. */
#define UVERBS_BPF_CQ_COUNTER_OVERFLOW	(1 << 0)
/*
 * Completions were counted without asking the program that is to choose which count, because it
 * was gone or did not answer: the counts may be too large. It stays.
 */
#define UVERBS_BPF_CQ_COUNTER_UNFILTERED (1 << 1)
/* The CQ is gone, nothing is counted any more. */
#define UVERBS_BPF_CQ_COUNTER_CLOSED	(1 << 2)

/**
 * struct uverbs_bpf_cq_counter - the page of a counter
 * @flags: UVERBS_BPF_CQ_COUNTER_*. Whoever reads a value first and the flags after it, in this
 *	order, sees every flag that concerns the value
 * @reserved: 0
 * @value: by enum uverbs_bpf_cq_counter_entry
 * @threshold: likewise; 1 at first
 */
struct uverbs_bpf_cq_counter {
	__u32 flags;
	__u32 reserved;
	__aligned_u64 value[2];
	__aligned_u64 threshold[2];
};

/**
 * enum uverbs_bpf_attr_srq - attributes of SRQ_MODIFY
 * @UVERBS_BPF_ATTR_SRQ_HANDLE: the SRQ
 * @UVERBS_BPF_ATTR_SRQ_MAX_WR: in __u32, optional: resize the queue to this many work requests
 * @UVERBS_BPF_ATTR_SRQ_LIMIT: in __u32, optional: report SRQ_LIMIT_REACHED once when fewer
 *	work requests than this are left; 0 disarms it
 *
 * At least one of the optional ones is wanted. A driver's own input and output
 * (UVERBS_ATTR_UHW_IN, UVERBS_ATTR_UHW_OUT) are taken as by the legacy command.
 */
enum uverbs_bpf_attr_srq {
	UVERBS_BPF_ATTR_SRQ_HANDLE,
	UVERBS_BPF_ATTR_SRQ_MAX_WR,
	UVERBS_BPF_ATTR_SRQ_LIMIT,
};

/**
 * enum uverbs_bpf_attr_eth - QP_MODIFY and QP_QUERY of Ethernet QPs (IB_UVERBS_QPT_RAW_PACKET)
 * @UVERBS_BPF_ATTR_ETH_STATE: const enum ib_qp_state (MODIFY), out __u32 (QUERY)
 * @UVERBS_BPF_ATTR_ETH_PORT: in or out __u32, from 1; RESET to INIT wants it
 * @UVERBS_BPF_ATTR_ETH_RATE_LIMIT: in or out __u32, kbit/s, 0 for no limit; only RTR to RTS and
 *	RTS to RTS take it
 * @UVERBS_BPF_ATTR_ETH_SOURCE_QPN: QUERY, out __u32: chosen when the QP was created, 0 if not;
 *	not written if there is one and the driver does not tell which
 * @UVERBS_BPF_ATTR_ETH_VLAN_STRIPPING: QUERY, out __u32, 0 or 1: chosen when the QP was created
 *
 * There is no path, and nothing else of enum uverbs_bpf_attr_qp but what it says there.
 */
enum uverbs_bpf_attr_eth {
	UVERBS_BPF_ATTR_ETH_STATE = UVERBS_BPF_ID(UVERBS_BPF_NS_ETHERNET, 0),
	UVERBS_BPF_ATTR_ETH_PORT,
	UVERBS_BPF_ATTR_ETH_RATE_LIMIT,
	UVERBS_BPF_ATTR_ETH_SOURCE_QPN,
	UVERBS_BPF_ATTR_ETH_VLAN_STRIPPING,
};

/**
 * enum uverbs_bpf_attr_mad - attributes of the methods of MAD_AGENT
 * @UVERBS_BPF_ATTR_MAD_AGENT: the agent, a file descriptor. poll() says when something can be
 *	received; closing it, in every process that has it, unregisters the agent
 * @UVERBS_BPF_ATTR_MAD_PORT: REGISTER, in __u32, from 1
 * @UVERBS_BPF_ATTR_MAD_SMI: REGISTER, const, optional: 1 for QP 0 (subnet management), 0 for QP 1
 * @UVERBS_BPF_ATTR_MAD_CLASS: REGISTER, in struct uverbs_bpf_mad_class, optional: what to receive
 *	apart from answers to requests
 * @UVERBS_BPF_ATTR_MAD_RMPP_VERSION: REGISTER, const, optional: 1 if the kernel is to split and
 *	reassemble MADs of classes that have RMPP
 * @UVERBS_BPF_ATTR_MAD_ADDRESS: SEND in, RECEIVE out (optional): struct uverbs_bpf_mad_address.
 *	What RECEIVE gives is where an answer goes
 * @UVERBS_BPF_ATTR_MAD_DATA: SEND in, RECEIVE out: the MAD with its headers, at least 24 bytes,
 *	256 without RMPP. Of the transaction id of a request the lower 32 bits are the caller's,
 *	of the RMPP header, where the kernel does RMPP, the flag that says it is active
 * @UVERBS_BPF_ATTR_MAD_REQUEST: SEND, in struct uverbs_bpf_mad_request, optional
 * @UVERBS_BPF_ATTR_MAD_STATUS: RECEIVE, out struct uverbs_bpf_mad_status
 *
 * REGISTER wants CAP_NET_ADMIN in the initial user namespace (-EPERM), for QP 0 CAP_SYS_RAWIO as
 * well. -EOPNOTSUPP on a port without InfiniBand management: iWARP, and QP 0 on RoCE.
 *
 * RECEIVE never waits: -EAGAIN if there is nothing. -ENOSPC if MAD_DATA is too short for what is
 * next, -EFAULT if it cannot be written; either way it stays. A request that failed is received as
 * well: its status is -ETIMEDOUT if nobody answered, else -EIO, and its data the header that was
 * sent. Of a MAD longer than 65535 bytes, which RMPP allows and an attribute does not, there is the
 * header, and the status -EMSGSIZE.
 */
enum uverbs_bpf_attr_mad {
	UVERBS_BPF_ATTR_MAD_AGENT,
	UVERBS_BPF_ATTR_MAD_PORT,
	UVERBS_BPF_ATTR_MAD_SMI,
	UVERBS_BPF_ATTR_MAD_CLASS,
	UVERBS_BPF_ATTR_MAD_RMPP_VERSION,
	UVERBS_BPF_ATTR_MAD_ADDRESS,
	UVERBS_BPF_ATTR_MAD_DATA,
	UVERBS_BPF_ATTR_MAD_REQUEST,
	UVERBS_BPF_ATTR_MAD_STATUS,
};

/**
 * struct uverbs_bpf_mad_class - MADs an agent wants that are no answers
 * @method_mask: bit per method, 0 to 127
 * @mgmt_class: management class
 * @version: of the class
 * @oui: who defined it, for vendor classes 0x30 to 0x4f; most significant byte first
 * @reserved: 0
 */
struct uverbs_bpf_mad_class {
	__aligned_u64 method_mask[2];
	__u8 mgmt_class;
	__u8 version;
	__u8 oui[3];
	__u8 reserved[3];
};

/**
 * struct uverbs_bpf_mad_address - where a MAD goes to or comes from
 * @qpn: queue pair, 24 bits
 * @flow_label: of the GRH
 * @lid: local identifier; meaningless on RoCE
 * @pkey_index: in the table of the port
 * @gid_index: of the GRH: our GID
 * @sl: service level
 * @path_bits: lower bits of our LID
 * @has_grh: 1 if there is a GRH, which RoCE wants
 * @hop_limit: of the GRH
 * @traffic_class: of the GRH
 * @reserved: 0
 * @gid: of the GRH: the peer's GID
 */
struct uverbs_bpf_mad_address {
	__u32 qpn;
	__u32 flow_label;
	__u16 lid;
	__u16 pkey_index;
	__u16 gid_index;
	__u8 sl;
	__u8 path_bits;
	__u8 has_grh;
	__u8 hop_limit;
	__u8 traffic_class;
	__u8 reserved;
	__u8 gid[16];
};

/**
 * struct uverbs_bpf_mad_request - what is to happen with a MAD that wants an answer
 * @cookie: comes back with the answer, or with word of the failure
 * @timeout_ms: wait so long; 0 if there is no answer to come
 * @retries: and send it so many times again
 */
struct uverbs_bpf_mad_request {
	__aligned_u64 cookie;
	__u32 timeout_ms;
	__u32 retries;
};

/**
 * struct uverbs_bpf_mad_status - what was received
 * @cookie: of the request this is the answer to or the failure of; else 0
 * @status: 0, or negative errno of a request that failed or of a MAD that was too long
 * @length: bytes of MAD_DATA
 */
struct uverbs_bpf_mad_status {
	__aligned_u64 cookie;
	__s32 status;
	__u32 length;
};

/*
 * The RoCE transport, namespace UVERBS_BPF_NS_ROCE.
 */

/* in (QP_MODIFY, QP_CONNECT, AH_CREATE) or out (QP_QUERY, AH_QUERY): struct uverbs_bpf_roce_path */
#define UVERBS_BPF_ATTR_ROCE_PATH	UVERBS_BPF_ID(UVERBS_BPF_NS_ROCE, 0)

/* Fields of struct uverbs_bpf_roce_path; exactly one DEST_* is wanted. */
#define UVERBS_BPF_ROCE_DEST_GID	(1 << 0)
#define UVERBS_BPF_ROCE_DEST_IPV4	(1 << 1)	/* first four bytes of dest */
#define UVERBS_BPF_ROCE_DEST_IPV6	(1 << 2)
#define UVERBS_BPF_ROCE_SGID_INDEX	(1 << 3)
#define UVERBS_BPF_ROCE_TRAFFIC_CLASS	(1 << 4)	/* all eight bits */
#define UVERBS_BPF_ROCE_DSCP		(1 << 5)	/* six bits, ECN left 0 */
#define UVERBS_BPF_ROCE_FLOW_LABEL	(1 << 6)	/* 20 bits */
#define UVERBS_BPF_ROCE_UDP_SPORT	(1 << 7)	/* 0xc000 to 0xffff */
#define UVERBS_BPF_ROCE_PRIORITY	(1 << 8)	/* VLAN PCP, 3 bits */
#define UVERBS_BPF_ROCE_HOP_LIMIT	(1 << 9)	/* IPv4 TTL, IPv6 hop limit */

/**
 * struct uverbs_bpf_roce_path - where a RoCE packet goes, and how
 * @dest: GID, IPv6 address, or IPv4 address in network order and 12 zero bytes
 * @fields: which members are given, UVERBS_BPF_ROCE_*; 0 in those that are not
 * @sgid_index: index in the port's GID table; it decides RoCE v1 or v2
 * @traffic: traffic class, or DSCP
 * @priority: VLAN priority
 * @hop_limit: hop limit
 * @reserved: 0
 * @flow: flow label, or UDP source port
 *
 * TRAFFIC_CLASS and DSCP exclude each other, as do FLOW_LABEL and UDP_SPORT.
 */
struct uverbs_bpf_roce_path {
	__u8 dest[16];
	__u16 fields;
	__u16 sgid_index;
	__u8 traffic;
	__u8 priority;
	__u8 hop_limit;
	__u8 reserved;
	__u32 flow;
};

/*
 * The InfiniBand transport, namespace UVERBS_BPF_NS_IB.
 */

/* in (QP_MODIFY, QP_CONNECT, AH_CREATE) or out (QP_QUERY, AH_QUERY): struct uverbs_bpf_ib_path */
#define UVERBS_BPF_ATTR_IB_PATH		UVERBS_BPF_ID(UVERBS_BPF_NS_IB, 0)
/* in (QP_MODIFY) or out (QP_QUERY): struct uverbs_bpf_ib_alt_path */
#define UVERBS_BPF_ATTR_IB_ALT_PATH	UVERBS_BPF_ID(UVERBS_BPF_NS_IB, 1)
/* in (QP_MODIFY) or out (QP_QUERY): __u32, UVERBS_BPF_IB_MIGRATED and so on */
#define UVERBS_BPF_ATTR_IB_MIG_STATE	UVERBS_BPF_ID(UVERBS_BPF_NS_IB, 2)

/* Fields of struct uverbs_bpf_ib_path. DLID is wanted; the last four go with DGID and SGID_INDEX. */
#define UVERBS_BPF_IB_DLID		(1 << 0)	/* unicast; multicast of an AH only */
#define UVERBS_BPF_IB_SL		(1 << 1)	/* 4 bits */
#define UVERBS_BPF_IB_SRC_PATH_BITS	(1 << 2)	/* 7 bits */
#define UVERBS_BPF_IB_STATIC_RATE	(1 << 3)	/* enum ib_rate, that of the port if not given */
#define UVERBS_BPF_IB_DGID		(1 << 4)	/* makes a global route header */
#define UVERBS_BPF_IB_SGID_INDEX	(1 << 5)
#define UVERBS_BPF_IB_TRAFFIC_CLASS	(1 << 6)
#define UVERBS_BPF_IB_FLOW_LABEL	(1 << 7)	/* 20 bits */
#define UVERBS_BPF_IB_HOP_LIMIT		(1 << 8)

/**
 * struct uverbs_bpf_ib_path - where an InfiniBand packet goes, and how
 * @dgid: destination GID
 * @fields: which members are given, UVERBS_BPF_IB_*; 0 in those that are not
 * @dlid: destination LID
 * @sgid_index: index in the port's GID table
 * @sl: service level
 * @src_path_bits: added to the port's base LID
 * @static_rate: enum ib_rate
 * @traffic_class: traffic class of the global route
 * @hop_limit: hop limit of the global route; 1 stays in the subnet
 * @reserved: 0
 * @flow_label: flow label of the global route
 */
struct uverbs_bpf_ib_path {
	__u8 dgid[16];
	__u16 fields;
	__u16 dlid;
	__u16 sgid_index;
	__u8 sl;
	__u8 src_path_bits;
	__u8 static_rate;
	__u8 traffic_class;
	__u8 hop_limit;
	__u8 reserved;
	__u32 flow_label;
};

/**
 * struct uverbs_bpf_ib_alt_path - where packets go when the path fails
 * @path: as UVERBS_BPF_ATTR_IB_PATH; no fields in the answer if there is no alternate path
 * @pkey_index: index in the P_Key table of @port
 * @port: port number, from 1; it may be another than that of the path
 * @timeout: local ACK timeout, 4.096 us * 2^timeout, 5 bits
 *
 * Goes with the changes INIT to RTR, RTR to RTS and SQD to RTS, and in RTS and SQD; of RC, UC and
 * XRC.
 */
struct uverbs_bpf_ib_alt_path {
	struct uverbs_bpf_ib_path path;
	__u16 pkey_index;
	__u8 port;
	__u8 timeout;
};

/*
 * Migration states, enum ib_mig_state (InfiniBand specification, volume 1, 17.2.8). REARM asks for
 * the alternate path to be armed, MIGRATED for packets to go there now; ARMED is the hardware's
 * answer. Goes with the changes of an alternate path, but for INIT to RTR.
 */
#define UVERBS_BPF_IB_MIGRATED		0
#define UVERBS_BPF_IB_REARM		1
#define UVERBS_BPF_IB_ARMED		2

/*
 * The iWARP transport, namespace UVERBS_BPF_NS_IWARP. It has no path: rdma_cm connects.
 */

/* out (QP_QUERY): struct uverbs_bpf_iwarp_reads */
#define UVERBS_BPF_ATTR_IWARP_READS	UVERBS_BPF_ID(UVERBS_BPF_NS_IWARP, 0)

/**
 * struct uverbs_bpf_iwarp_reads - how many RDMA READs may be outstanding, as MPA agreed (RFC 6581)
 * @ird: inbound, which the peer may have sent us
 * @ord: outbound, which we may have sent the peer
 */
struct uverbs_bpf_iwarp_reads {
	__u32 ird;
	__u32 ord;
};

#endif /* UVERBS_BPF_UAPI_H */
