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
 * struct uvb_qp_modify_opts - what uvb_modify_qp() changes
 * @size: sizeof(struct uvb_qp_modify_opts)
 * @mask: which of the members up to @rate_limit are given: IBV_QP_STATE, IBV_QP_CUR_STATE,
 *	IBV_QP_ACCESS_FLAGS, IBV_QP_PORT, IBV_QP_PKEY_INDEX, IBV_QP_QKEY, IBV_QP_RATE_LIMIT
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

/**
 * struct uvb_qp_query_opts - what uvb_query_qp() asks for, and the answer
 * @size: sizeof(struct uvb_qp_query_opts)
 * @mask: what is wanted, enum ibv_qp_attr_mask. Any bit of UVERBS_BPF_QP_* asks for
 *	@connection, IBV_QP_AV for @path, IBV_QP_CAP for @cap; what is left are the members
 *	named like the bit. Others stay untouched
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
 * struct uvb_ah_opts - an address for uvb_create_ah() and uvb_resolve_path()
 * @size: sizeof(struct uvb_ah_opts)
 * @port: from 1
 * @path: where packets go on RoCE
 * @error: as in struct uvb_qp_modify_opts
 * @error_len: bytes of @error
 * @ib_path: where packets go on InfiniBand
 */
struct uvb_ah_opts {
	size_t size;
	uint32_t port;
	struct uverbs_bpf_roce_path path;
	char *error;
	size_t error_len;
	struct uverbs_bpf_ib_path ib_path;
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
