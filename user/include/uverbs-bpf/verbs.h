/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libuverbs-bpf: the attribute-based verbs of uverbs_bpf on an ordinary
 * ibv_context, ibv_pd and ibv_qp.
 *
 * Every call works on every device. Where uverbs_bpf serves the device, only
 * what the caller set travels to the kernel, and the attached transport
 * program makes the address vector. Where ib_uverbs serves it, the call
 * becomes the legacy verb if that can express it, and fails with EOPNOTSUPP
 * if it cannot. Nothing is left out; but what a driver makes of a field of a
 * legacy verb only that driver knows, while uverbs_bpf refuses what would not
 * reach the wire.
 *
 * Calls return 0 or a negative errno, and set errno. Their options begin with
 * their own size, so that an application and a library of different versions
 * agree on what is set; declare them with UVB_OPTS(). With a buffer in
 * @error, a call that fails says in it what was wrong and what would be right.
 */
#ifndef UVERBS_BPF_VERBS_H
#define UVERBS_BPF_VERBS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <infiniband/verbs.h>
#include <rdma/ib_user_ioctl_cmds.h>
#include <rdma/ib_user_ioctl_verbs.h>
#include "uverbs_bpf.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * UVB_OPTS() - declare an option structure
 * @type: struct tag
 * @name: of the variable
 * @...: designated initialisers; all other members, and padding, are 0
 */
#define UVB_OPTS(type, name, ...)						\
	struct type name = ({							\
		memset(&name, 0, sizeof(struct type));				\
		(struct type) { .size = sizeof(struct type), __VA_ARGS__ };	\
	})

/**
 * struct uvb_attr - an attribute of a transport the library has no member for
 * @id: with its namespace, see uvb_find_attr()
 * @len: bytes of @data
 * @data: what it carries, or where the answer goes
 */
struct uvb_attr {
	uint16_t id;
	uint16_t len;
	void *data;
};

/* Most attributes of this kind in one call. */
#define UVB_MAX_ATTRS	8

/**
 * struct uvb_qp_modify_opts - what uvb_modify_qp() changes
 * @size: sizeof(struct uvb_qp_modify_opts)
 * @mask: which of the members up to @rate_limit, and of @ib_mig_state, are given: IBV_QP_STATE,
 *	IBV_QP_CUR_STATE, IBV_QP_ACCESS_FLAGS, IBV_QP_PORT, IBV_QP_PKEY_INDEX, IBV_QP_QKEY,
 *	IBV_QP_RATE_LIMIT, IBV_QP_PATH_MIG_STATE
 * @state: state wanted
 * @cur_state: state the caller believes the QP is in
 * @access_flags: enum ibv_access_flags
 * @port: from 1
 * @pkey_index: index in the port's P_Key table
 * @qkey: Q_Key
 * @rate_limit: kbit/s
 * @connection: what the QP agrees on with its peer; given if its fields are not 0
 * @path: where packets go on RoCE; given if its fields are not 0
 * @error: buffer for the reason of a failure, or NULL; UVERBS_BPF_ERROR_MAX bytes hold any
 * @error_len: bytes of @error
 * @ib_path: where packets go on InfiniBand; given if its fields are not 0
 * @ib_alt_path: where they go when that fails; given if the fields of its path are not 0
 * @ib_mig_state: UVERBS_BPF_IB_REARM or UVERBS_BPF_IB_MIGRATED
 * @nr_attrs: how many @attrs there are, at most UVB_MAX_ATTRS
 * @attrs: attributes of the attached transport beyond those above
 *
 * An Ethernet QP (IBV_QPT_RAW_PACKET) takes @state, @port and @rate_limit.
 */
struct uvb_qp_modify_opts {
	size_t size;
	uint32_t mask;
	enum ibv_qp_state state;
	enum ibv_qp_state cur_state;
	uint32_t access_flags;
	uint32_t port;
	uint32_t pkey_index;
	uint32_t qkey;
	uint32_t rate_limit;
	struct uverbs_bpf_qp_connection connection;
	struct uverbs_bpf_roce_path path;
	char *error;
	size_t error_len;
	struct uverbs_bpf_ib_path ib_path;
	struct uverbs_bpf_ib_alt_path ib_alt_path;
	uint32_t ib_mig_state;
	uint32_t nr_attrs;
	const struct uvb_attr *attrs;
};

/**
 * uvb_modify_qp() - change attributes of a QP, its state among them
 * @qp: the QP
 * @opts: what to change
 *
 * Which attribute goes with which state change is what the InfiniBand
 * specification says (volume 1, 11.2.5.2), as for ibv_modify_qp(). After a
 * success that set the state, @qp->state is the new state; after a failure it
 * is what it was.
 *
 * Providers that keep state of their own when a QP is modified (all but rxe,
 * siw and rdmavt) are gone through: the kernel turns the path into an address
 * vector, and ibv_modify_qp() does the rest.
 *
 * Errors: EINVAL for a combination that is never right; EOPNOTSUPP for what
 * this device, or ib_uverbs, has no way to do; EPROTONOSUPPORT if no program
 * is attached that handles the path; else as ibv_modify_qp().
 *
 * Return: 0 or a negative errno.
 */
int uvb_modify_qp(struct ibv_qp *qp, const struct uvb_qp_modify_opts *opts);

/**
 * struct uvb_qp_connect_opts - what uvb_connect_qp() connects a QP with
 * @size: sizeof(struct uvb_qp_connect_opts)
 * @access_flags: enum ibv_access_flags
 * @port: from 1; 0 is the device's only one
 * @pkey_index: index in the port's P_Key table
 * @connection: what the QP agrees on with its peer, every field its type has
 * @path: where packets go on RoCE
 * @error: as in struct uvb_qp_modify_opts
 * @error_len: bytes of @error
 * @ib_path: where packets go on InfiniBand
 * @nr_attrs: as in struct uvb_qp_modify_opts
 * @attrs: likewise
 */
struct uvb_qp_connect_opts {
	size_t size;
	uint32_t access_flags;
	uint32_t port;
	uint32_t pkey_index;
	struct uverbs_bpf_qp_connection connection;
	struct uverbs_bpf_roce_path path;
	char *error;
	size_t error_len;
	struct uverbs_bpf_ib_path ib_path;
	uint32_t nr_attrs;
	const struct uvb_attr *attrs;
};

/**
 * uvb_connect_qp() - take an RC, UC or XRC QP from RESET to RTS in one call
 * @qp: the QP
 * @opts: how to connect it
 *
 * It replaces three calls of ibv_modify_qp(), and it is these three calls where
 * ib_uverbs serves the device or the provider keeps state of its own. After a
 * success @qp->state is IBV_QPS_RTS; after a failure the QP is in RESET, or as
 * it was if it was in another state. A QP in INIT is taken too, since receives
 * may be posted there.
 *
 * Errors: EINVAL for a QP that is not in RESET or INIT or has no peer, and for a field
 * that is missing, out of range or not of its type; EOPNOTSUPP on iWARP, where
 * rdma_cm connects; else as uvb_modify_qp().
 *
 * Return: 0 or a negative errno.
 */
int uvb_connect_qp(struct ibv_qp *qp, const struct uvb_qp_connect_opts *opts);

/* For the mask of a query, beyond enum ibv_qp_attr_mask. */
#define UVB_QP_IWARP_READS		(1U << 31)
#define UVB_QP_ETH_SOURCE_QPN		(1U << 30)
#define UVB_QP_ETH_VLAN_STRIPPING	(1U << 29)

/**
 * struct uvb_qp_query_opts - what uvb_query_qp() asks for, and the answer
 * @size: sizeof(struct uvb_qp_query_opts)
 * @mask: what is wanted, enum ibv_qp_attr_mask. Any bit of UVERBS_BPF_QP_* asks for
 *	@connection, IBV_QP_AV for @path or @ib_path, IBV_QP_ALT_PATH for @ib_alt_path,
 *	IBV_QP_PATH_MIG_STATE for @ib_mig_state, IBV_QP_CAP for @cap; what is left are the
 *	members named like the bit, those of UVB_QP_* included. Others stay untouched
 * @state: the QP's state; also stored in the struct ibv_qp
 * @cur_state: the state the driver reports beside it
 * @access_flags: enum ibv_access_flags
 * @port: from 1
 * @pkey_index: index in the port's P_Key table
 * @qkey: Q_Key
 * @rate_limit: kbit/s
 * @connection: its fields say what is valid
 * @path: the path, if the port is RoCE; its fields say what is valid
 * @cap: sizes of the queues
 * @error: as in struct uvb_qp_modify_opts
 * @error_len: bytes of @error
 * @ib_path: the path, if the port is InfiniBand; its fields say what is valid
 * @ib_alt_path: the alternate path; no fields if there is none
 * @ib_mig_state: UVERBS_BPF_IB_MIGRATED, _REARM or _ARMED
 * @iwarp_reads: how many RDMA READs may be outstanding, of a QP with a connection
 * @eth_source_qpn: of an Ethernet QP; ~0 if the driver does not tell
 * @eth_vlan_stripping: of an Ethernet QP, 0 or 1
 * @nr_attrs: how many @attrs there are, at most UVB_MAX_ATTRS
 * @attrs: attributes of the attached transport beyond those above
 *
 * An Ethernet QP has @state, @port, @rate_limit, @cap and what is named after it.
 */
struct uvb_qp_query_opts {
	size_t size;
	uint32_t mask;
	enum ibv_qp_state state;
	enum ibv_qp_state cur_state;
	uint32_t access_flags;
	uint32_t port;
	uint32_t pkey_index;
	uint32_t qkey;
	uint32_t rate_limit;
	struct uverbs_bpf_qp_connection connection;
	struct uverbs_bpf_roce_path path;
	struct ib_uverbs_qp_cap cap;
	char *error;
	size_t error_len;
	struct uverbs_bpf_ib_path ib_path;
	struct uverbs_bpf_ib_alt_path ib_alt_path;
	uint32_t ib_mig_state;
	struct uverbs_bpf_iwarp_reads iwarp_reads;
	uint32_t eth_source_qpn;
	uint32_t eth_vlan_stripping;
	uint32_t nr_attrs;
	const struct uvb_attr *attrs;
};

/**
 * uvb_query_qp() - read attributes of a QP
 * @qp: the QP
 * @opts: what is wanted; takes the answer
 *
 * The answer is what the driver knows, so a change made by ibv_modify_qp() in
 * between shows. On failure the answer is undefined.
 *
 * Return: 0 or a negative errno, as uvb_modify_qp().
 */
int uvb_query_qp(struct ibv_qp *qp, struct uvb_qp_query_opts *opts);

/**
 * struct uvb_ah_opts - an address, for uvb_create_ah(), uvb_resolve_path() and uvb_query_ah()
 * @size: sizeof(struct uvb_ah_opts)
 * @port: from 1
 * @path: where packets go on RoCE
 * @error: as in struct uvb_qp_modify_opts
 * @error_len: bytes of @error
 * @ib_path: where packets go on InfiniBand
 * @nr_attrs: as in struct uvb_qp_modify_opts
 * @attrs: likewise
 */
struct uvb_ah_opts {
	size_t size;
	uint32_t port;
	struct uverbs_bpf_roce_path path;
	char *error;
	size_t error_len;
	struct uverbs_bpf_ib_path ib_path;
	uint32_t nr_attrs;
	const struct uvb_attr *attrs;
};

/**
 * uvb_create_ah() - make an address handle
 * @pd: protection domain
 * @opts: the address
 *
 * The handle is the provider's own, made by ibv_create_ah() with the address
 * vector of uvb_resolve_path(): it goes into any work request of this
 * provider, and ibv_destroy_ah() ends it.
 *
 * Return: the address handle, or NULL with errno set, as uvb_modify_qp().
 */
struct ibv_ah *uvb_create_ah(struct ibv_pd *pd, const struct uvb_ah_opts *opts);

/**
 * uvb_resolve_path() - turn a path into the address vector a legacy verb takes
 * @pd: protection domain
 * @opts: the address
 * @attr: the address vector
 *
 * Where uverbs_bpf serves the device the attached transport program makes the
 * address vector and the kernel checks it.
 *
 * Return: 0 or a negative errno, as uvb_modify_qp().
 */
int uvb_resolve_path(struct ibv_pd *pd, const struct uvb_ah_opts *opts,
		     struct ibv_ah_attr *attr);

/**
 * uvb_query_ah() - ask for the address the driver keeps for an address handle
 * @ah: the address handle
 * @opts: @error and @attrs are taken from it; gets @port and, unless there are @attrs, @path or
 *	@ib_path
 *
 * Errors: EOPNOTSUPP where ib_uverbs serves the device, and of a driver that keeps none;
 * EPROTONOSUPPORT if no program is attached for the path.
 *
 * Return: 0 or a negative errno.
 */
int uvb_query_ah(struct ibv_ah *ah, struct uvb_ah_opts *opts);

/**
 * struct uvb_srq_modify_opts - what uvb_modify_srq() changes
 * @size: sizeof(struct uvb_srq_modify_opts)
 * @mask: IBV_SRQ_MAX_WR, IBV_SRQ_LIMIT
 * @max_wr: work requests the queue is to hold
 * @limit: report IBV_EVENT_SRQ_LIMIT_REACHED once when fewer are left; 0 disarms it
 * @error: as in struct uvb_qp_modify_opts
 * @error_len: bytes of @error
 */
struct uvb_srq_modify_opts {
	size_t size;
	uint32_t mask;
	uint32_t max_wr;
	uint32_t limit;
	char *error;
	size_t error_len;
};

/**
 * uvb_modify_srq() - arm the limit of an SRQ, or resize it
 * @srq: the SRQ
 * @opts: what to change
 *
 * A resize is the provider's, which has the queue in its memory: it is ibv_modify_srq() then, and
 * always with providers that keep state of their own, and with rxe.
 *
 * Return: 0 or a negative errno.
 */
int uvb_modify_srq(struct ibv_srq *srq, const struct uvb_srq_modify_opts *opts);

/**
 * struct uvb_pd_opts - what uvb_alloc_pd() allocates
 * @size: sizeof(struct uvb_pd_opts)
 * @error: as in struct uvb_qp_modify_opts
 * @error_len: bytes of @error
 */
struct uvb_pd_opts {
	size_t size;
	char *error;
	size_t error_len;
};

/**
 * uvb_alloc_pd() - allocate a protection domain
 * @context: an open device
 * @opts: where to say why not
 *
 * What attached programs refuse it says in their words. It is ibv_alloc_pd() with providers that
 * keep state of their own of a PD (all but rxe, siw and rdmavt).
 *
 * Return: the PD, an ordinary one that ibv_dealloc_pd() ends, or NULL with errno set.
 */
struct ibv_pd *uvb_alloc_pd(struct ibv_context *context, const struct uvb_pd_opts *opts);

/**
 * struct uvb_cq_resize_opts - what uvb_resize_cq() changes
 * @size: sizeof(struct uvb_cq_resize_opts)
 * @cqe: entries the CQ is to have at least
 * @error: as in struct uvb_qp_modify_opts
 * @error_len: bytes of @error
 */
struct uvb_cq_resize_opts {
	size_t size;
	uint32_t cqe;
	char *error;
	size_t error_len;
};

/**
 * uvb_resize_cq() - change how many entries a CQ has
 * @cq: the CQ; its cqe is what it has afterwards
 * @opts: how many
 *
 * The ring is the provider's, which has it in its memory: it is ibv_resize_cq(), but says what was
 * wrong. A CQ of uvb_create_counter_cq() has no ring, and is the kernel's to resize.
 *
 * Errors: EINVAL for a number that the device does not have, or that is less than the completions
 * in the CQ; EOPNOTSUPP for a driver that resizes none, and for a CQ that counts.
 *
 * Return: 0 or a negative errno.
 */
int uvb_resize_cq(struct ibv_cq *cq, const struct uvb_cq_resize_opts *opts);

/**
 * struct uvb_mr - a memory region of uvb_reg_mr()
 * @context: its device
 * @handle: of the kernel
 * @lkey: for work requests
 * @rkey: for peers
 * @mr: made by the provider, if ib_uverbs serves the device, else NULL
 */
struct uvb_mr {
	struct ibv_context *context;
	uint32_t handle;
	uint32_t lkey;
	uint32_t rkey;
	struct ibv_mr *mr;
};

/**
 * struct uvb_mr_opts - what uvb_reg_mr() registers
 * @size: sizeof(struct uvb_mr_opts)
 * @addr: the memory; NULL with @use_fd
 * @length: bytes
 * @iova: address for work requests and peers, if @use_iova is set; @addr, or @fd_offset, if not
 * @access: enum ibv_access_flags; none is reading by the device itself
 * @use_iova: @iova is given
 * @use_fd: a dma-buf is registered, not memory of the process
 * @fd: the dma-buf
 * @fd_offset: where in it
 * @error: as in struct uvb_qp_modify_opts
 * @error_len: bytes of @error
 */
struct uvb_mr_opts {
	size_t size;
	void *addr;
	uint64_t length;
	uint64_t iova;
	uint32_t access;
	uint8_t use_iova;
	uint8_t use_fd;
	uint16_t reserved;
	int fd;
	uint64_t fd_offset;
	char *error;
	size_t error_len;
};

/**
 * uvb_reg_mr() - register memory
 * @pd: protection domain
 * @opts: what, and how
 * @mr: the region
 *
 * Return: 0 or a negative errno.
 */
int uvb_reg_mr(struct ibv_pd *pd, const struct uvb_mr_opts *opts, struct uvb_mr *mr);

/**
 * uvb_dereg_mr() - end what uvb_reg_mr() made
 * @mr: the region
 *
 * Return: 0 or a negative errno.
 */
int uvb_dereg_mr(struct uvb_mr *mr);

/**
 * struct uvb_mad_agent_opts - what uvb_register_mad_agent() registers
 * @size: sizeof(struct uvb_mad_agent_opts)
 * @port: from 1
 * @smi: QP 0 (subnet management), not QP 1
 * @rmpp: the kernel splits and reassembles MADs of classes that have RMPP
 * @reserved: 0
 * @mad_class: what to receive apart from answers to requests; given if its mgmt_class is not 0
 * @error: as in struct uvb_qp_modify_opts
 * @error_len: bytes of @error
 */
struct uvb_mad_agent_opts {
	size_t size;
	uint32_t port;
	uint8_t smi;
	uint8_t rmpp;
	uint16_t reserved;
	struct uverbs_bpf_mad_class mad_class;
	char *error;
	size_t error_len;
};

/**
 * uvb_register_mad_agent() - send and receive management datagrams of a port
 * @context: an open device
 * @opts: of which port, and what
 *
 * Wants CAP_NET_ADMIN in the initial user namespace, for QP 0 CAP_SYS_RAWIO, too. EOPNOTSUPP
 * where ib_uverbs serves the device, which has no agents, and on ports without management.
 *
 * Return: a file descriptor, readable when there is something to receive, which close()
 * unregisters; or a negative errno.
 */
int uvb_register_mad_agent(struct ibv_context *context, const struct uvb_mad_agent_opts *opts);

/**
 * struct uvb_mad_opts - a MAD, for uvb_send_mad() and uvb_receive_mad()
 * @size: sizeof(struct uvb_mad_opts)
 * @data: the MAD with its headers, or room for one
 * @length: bytes of @data; of a received MAD it is in @status
 * @reserved: 0
 * @address: where it goes to or came from, which is where an answer goes
 * @request: send: an answer is wanted, if its timeout_ms is not 0
 * @status: receive: of which request, whether it failed, and how long the MAD is
 * @error: as in struct uvb_qp_modify_opts
 * @error_len: bytes of @error
 */
struct uvb_mad_opts {
	size_t size;
	void *data;
	uint16_t length;
	uint16_t reserved[3];
	struct uverbs_bpf_mad_address address;
	struct uverbs_bpf_mad_request request;
	struct uverbs_bpf_mad_status status;
	char *error;
	size_t error_len;
};

/**
 * uvb_send_mad() - send a MAD
 * @context: device of the agent
 * @agent: of uvb_register_mad_agent()
 * @opts: what, and where to
 *
 * Return: 0 or a negative errno.
 */
int uvb_send_mad(struct ibv_context *context, int agent, const struct uvb_mad_opts *opts);

/**
 * uvb_receive_mad() - take the next MAD, or word of a request that failed
 * @context: device of the agent
 * @agent: of uvb_register_mad_agent()
 * @opts: room for it; gets @address and @status
 *
 * Never waits: EAGAIN if there is nothing. ENOSPC if the next one is longer than there is room.
 *
 * Return: 0 or a negative errno.
 */
int uvb_receive_mad(struct ibv_context *context, int agent, struct uvb_mad_opts *opts);

/**
 * uvb_find_attr() - the id of an attribute of an attached program
 * @context: an open device
 * @program: the program's name
 * @object: object of the method, enum uverbs_default_objects
 * @method: the method
 * @name: the attribute's
 *
 * Namespaces beyond the fixed ones are given away by name, so that a program's number is known
 * only from the schema.
 *
 * Return: the id, or a negative errno: ENOENT if there is no such program for this device, or it
 * has no such attribute; else as uvb_schema().
 */
int uvb_find_attr(struct ibv_context *context, const char *program, uint16_t object,
		  uint16_t method, const char *name);

/**
 * struct uvb_counter - a CQ that counts what it completes
 * @cq: for send_cq and recv_cq of ibv_create_qp(). Nobody can poll for it; only its handle means
 *	anything to the providers it works with
 * @fd: poll() says POLLIN when the successes, POLLPRI when the errors have reached their
 *	threshold, POLLERR when completions were lost, POLLHUP when the CQ is gone
 * @page: the counts, read-only and up to date. Read a value, then the flags
 */
struct uvb_counter {
	struct ibv_cq *cq;
	int fd;
	const volatile struct uverbs_bpf_cq_counter *page;
};

/**
 * struct uvb_counter_opts - what uvb_create_counter_cq() makes
 * @size: sizeof(struct uvb_counter_opts)
 * @cqe: completions that can be waiting to be counted; when there is no room for one it is lost,
 *	and the flags say so
 * @comp_vector: as for ibv_create_cq()
 * @cq_context: of @cq
 * @provider: name of the program that declares the type; NULL is "comp-counter"
 * @selector: the program's own id, without namespace, of the attribute that asks for it
 * @data: contents of that attribute
 * @data_len: bytes of @data
 * @error: as in struct uvb_qp_modify_opts
 * @error_len: bytes of @error
 */
struct uvb_counter_opts {
	size_t size;
	uint32_t cqe;
	uint32_t comp_vector;
	void *cq_context;
	const char *provider;
	uint16_t selector;
	const void *data;
	uint16_t data_len;
	char *error;
	size_t error_len;
};

/**
 * uvb_create_counter_cq() - make a CQ that counts completions
 * @context: an open device
 * @opts: which
 *
 * Errors: ENOENT if the program is not attached for the device; EOPNOTSUPP if ib_uverbs serves it
 * or its driver is not known to be safe; else as ibv_create_cq().
 *
 * Return: the counter, or NULL with errno set.
 */
struct uvb_counter *uvb_create_counter_cq(struct ibv_context *context,
					  const struct uvb_counter_opts *opts);

/**
 * uvb_modify_counter() - set or increment a count, or set its threshold
 * @counter: the counter
 * @entry: successes or errors
 * @op: what to do
 * @value: with what
 *
 * Return: 0 or a negative errno.
 */
int uvb_modify_counter(struct uvb_counter *counter, enum uverbs_bpf_cq_counter_entry entry,
		       enum uverbs_bpf_cq_counter_op op, uint64_t value);

/**
 * uvb_destroy_counter_cq() - destroy a CQ that counts, with its file and page
 * @counter: the counter
 *
 * Return: 0 or a negative errno: EBUSY while a QP uses the CQ.
 */
int uvb_destroy_counter_cq(struct uvb_counter *counter);

/**
 * uvb_is_served() - does uverbs_bpf serve the device
 * @context: an open device
 *
 * Return: 1 if it does, 0 if ib_uverbs does, or a negative errno.
 */
int uvb_is_served(struct ibv_context *context);

/**
 * uvb_schema() - read every object, method, attribute and legacy command of a device
 * @context: an open device
 * @callback: called once per record; what it returns, if not 0, ends the walk
 * @arg: for @callback
 *
 * Attributes of attached programs are among the records. An attribute follows
 * its method.
 *
 * Return: 0, what @callback returned, or a negative errno: EOPNOTSUPP if
 * ib_uverbs serves the device, which has no such method.
 */
int uvb_schema(struct ibv_context *context,
	       int (*callback)(const struct uverbs_bpf_schema_record *record, void *arg),
	       void *arg);

#ifdef __cplusplus
}
#endif

#endif /* UVERBS_BPF_VERBS_H */
