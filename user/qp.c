// SPDX-License-Identifier: BSD-2-Clause
/* Modifying and querying QPs. */
#include "internal.h"

#define SCALARS									\
	(IBV_QP_STATE | IBV_QP_CUR_STATE | IBV_QP_ACCESS_FLAGS | IBV_QP_PORT |		\
	 IBV_QP_PKEY_INDEX | IBV_QP_QKEY | IBV_QP_RATE_LIMIT)
#define ETHERNET	(IBV_QP_STATE | IBV_QP_PORT | IBV_QP_RATE_LIMIT)
#define ETHERNET_QUERY	(UVB_QP_ETH_SOURCE_QPN | UVB_QP_ETH_VLAN_STRIPPING)
#define CONNECTION								\
	(UVERBS_BPF_QP_PATH_MTU | UVERBS_BPF_QP_TIMEOUT | UVERBS_BPF_QP_RETRY_CNT |	\
	 UVERBS_BPF_QP_RNR_RETRY | UVERBS_BPF_QP_RQ_PSN | UVERBS_BPF_QP_MAX_RD_ATOMIC |	\
	 UVERBS_BPF_QP_MIN_RNR_TIMER | UVERBS_BPF_QP_SQ_PSN |				\
	 UVERBS_BPF_QP_MAX_DEST_RD_ATOMIC | UVERBS_BPF_QP_DEST_QPN)

/* All that a query knows. */
#define QUERY									\
	(SCALARS | CONNECTION | IBV_QP_AV | IBV_QP_CAP | IBV_QP_ALT_PATH |		\
	 IBV_QP_PATH_MIG_STATE | UVB_QP_IWARP_READS | ETHERNET_QUERY)

/*
 * True if the provider's alloc_pd and modify_qp do nothing but pass the call
 * on to the kernel, so that they may be left out. The others follow the state
 * in their own memory (queue indices, PSN tables, doorbells) and would lose
 * track, or need a number of the device's to name a PD.
 */
bool uvb_provider_is_stateless(const struct uvb_server *server)
{
	switch (server->driver_id) {
	case RDMA_DRIVER_RXE:
	case RDMA_DRIVER_SIW:
	case RDMA_DRIVER_HFI1:
	case RDMA_DRIVER_QIB:
		return true;
	default:
		return false;
	}
}

/* Members of 32 bits that a modify and a query have in common, each with its bit of the mask. */
static const struct {
	uint32_t bit;
	uint16_t id;
	uint16_t modify;
	uint16_t query;
} numbers[] = {
#define NUMBER(name, member)							\
	{ IBV_QP_##name, UVERBS_BPF_ATTR_QP_##name,				\
	  offsetof(struct uvb_qp_modify_opts, member),				\
	  offsetof(struct uvb_qp_query_opts, member) }
	NUMBER(ACCESS_FLAGS, access_flags),
	NUMBER(PORT, port),
	NUMBER(PKEY_INDEX, pkey_index),
	NUMBER(QKEY, qkey),
	NUMBER(RATE_LIMIT, rate_limit),
#undef NUMBER
};
#define NR_NUMBERS	(sizeof(numbers) / sizeof(numbers[0]))

static const struct uverbs_bpf_roce_path no_roce;

static void begin(struct uvb_call *call, struct ibv_qp *qp, uint16_t method)
{
	uvb_call_method(call, UVERBS_OBJECT_QP, method);
	uvb_call_handle(call, UVERBS_BPF_ATTR_QP_HANDLE, qp->handle);
}

static int check_connection(struct uvb_call *call,
			    const struct uverbs_bpf_qp_connection *connection)
{
	if (connection->fields & ~CONNECTION)
		return uvb_call_refuse(call, -EINVAL, "connection fields 0x%x: at most 0x%x",
				       connection->fields, CONNECTION);
	return 0;
}

static int modify_legacy(struct uvb_call *call, struct ibv_qp *qp,
			 const struct uvb_qp_modify_opts *opts)
{
	const struct uverbs_bpf_qp_connection *connection = &opts->connection;
	struct ibv_qp_init_attr init_attr;
	struct ibv_qp_attr attr = {
		.qp_state = opts->state,
		.cur_qp_state = opts->cur_state,
		.qp_access_flags = opts->access_flags,
		.port_num = opts->port,
		.pkey_index = opts->pkey_index,
		.qkey = opts->qkey,
		.rate_limit = opts->rate_limit,
		.dest_qp_num = connection->dest_qp_num,
		.rq_psn = connection->rq_psn,
		.sq_psn = connection->sq_psn,
		.path_mtu = connection->path_mtu,
		.timeout = connection->timeout,
		.retry_cnt = connection->retry_cnt,
		.rnr_retry = connection->rnr_retry,
		.min_rnr_timer = connection->min_rnr_timer,
		.max_rd_atomic = connection->max_rd_atomic,
		.max_dest_rd_atomic = connection->max_dest_rd_atomic,
		.path_mig_state = opts->ib_mig_state,
		.alt_pkey_index = opts->ib_alt_path.pkey_index,
		.alt_port_num = opts->ib_alt_path.port,
		.alt_timeout = opts->ib_alt_path.timeout,
	};
	struct uvb_paths paths = { &opts->path, &opts->ib_path, opts->attrs, opts->nr_attrs };
	struct uvb_paths alt = { &no_roce, &opts->ib_alt_path.path, NULL, 0 };
	uint32_t mask = opts->mask | connection->fields;
	struct ibv_qp_attr now;
	int ret;

	/* Would be cut off by the narrower legacy members. */
	if (opts->port > UINT8_MAX || opts->pkey_index > UINT16_MAX)
		return uvb_call_refuse(call, -EINVAL,
				       "port %u, P_Key index %u: at most 255 and 65535",
				       opts->port, opts->pkey_index);

	if (uvb_paths_given(&paths)) {
		/* The legacy address vector repeats the port, which only INIT may set. */
		now.port_num = opts->port;
		if (!(opts->mask & IBV_QP_PORT)) {
			ret = ibv_query_qp(qp, &now, IBV_QP_PORT, &init_attr);
			if (ret)
				return uvb_call_fail(call, -ret);
		}
		ret = uvb_path_resolve(call, qp->pd, now.port_num, qp->qp_type, &paths,
				       &attr.ah_attr);
		if (ret)
			return ret;
		mask |= IBV_QP_AV;
	}
	if (uvb_paths_given(&alt)) {
		ret = uvb_path_resolve(call, qp->pd, opts->ib_alt_path.port, qp->qp_type, &alt,
				       &attr.alt_ah_attr);
		if (ret)
			return ret;
		mask |= IBV_QP_ALT_PATH;
	}

	/* Stores the new state in the QP. */
	ret = ibv_modify_qp(qp, &attr, mask);
	return ret ? uvb_call_fail(call, -ret) : 0;
}

static int run_modify(struct uvb_call *call, struct ibv_qp *qp,
		      const struct uvb_qp_modify_opts *opts)
{
	int ret = uvb_call_run(call);

	if (ret == UVB_STOCK)
		return modify_legacy(call, qp, opts);
	if (ret)
		return uvb_call_fail(call, ret);
	if (opts->mask & IBV_QP_STATE)
		qp->state = opts->state;
	return 0;
}

/* An Ethernet QP takes nothing of what others are told, and by ids of its own. */
static int modify_ethernet(struct uvb_call *call, struct ibv_qp *qp,
			   const struct uvb_qp_modify_opts *opts)
{
	if (opts->mask & ~ETHERNET || opts->connection.fields || opts->path.fields ||
	    opts->ib_path.fields || opts->ib_alt_path.path.fields || opts->nr_attrs)
		return uvb_call_refuse(call, -EINVAL,
				       "an Ethernet QP takes a state, a port and a rate limit");
	begin(call, qp, UVERBS_BPF_METHOD_QP_MODIFY);
	if (opts->mask & IBV_QP_STATE)
		uvb_call_const(call, UVERBS_BPF_ATTR_ETH_STATE, opts->state);
	if (opts->mask & IBV_QP_PORT)
		uvb_call_in(call, UVERBS_BPF_ATTR_ETH_PORT, &opts->port, sizeof(opts->port));
	if (opts->mask & IBV_QP_RATE_LIMIT)
		uvb_call_in(call, UVERBS_BPF_ATTR_ETH_RATE_LIMIT, &opts->rate_limit,
			    sizeof(opts->rate_limit));
	return run_modify(call, qp, opts);
}

int uvb_modify_qp(struct ibv_qp *qp, const struct uvb_qp_modify_opts *from)
{
	struct uvb_qp_modify_opts opts;
	struct uvb_server server;
	struct uvb_paths paths;
	struct uvb_call call;
	uint32_t i;
	int ret;

	ret = UVB_CALL_START(&call, qp->context, "QP modify", &opts, from);
	if (ret)
		return ret;
	if (opts.mask & ~(SCALARS | IBV_QP_PATH_MIG_STATE))
		return uvb_call_refuse(&call, -EINVAL,
				       "mask 0x%x: bits 0x%x are for connection.fields or path.fields",
				       opts.mask, opts.mask & ~(SCALARS | IBV_QP_PATH_MIG_STATE));
	ret = check_connection(&call, &opts.connection) ?:
	      uvb_attrs_check(&call, opts.attrs, opts.nr_attrs);
	if (ret)
		return ret;
	paths = (struct uvb_paths) { &opts.path, &opts.ib_path, opts.attrs, opts.nr_attrs };

	ret = uvb_server_get(qp->context, &server);
	if (ret)
		return uvb_call_fail(&call, ret);
	if (!server.served || !uvb_provider_is_stateless(&server))
		return modify_legacy(&call, qp, &opts);
	if (qp->qp_type == IBV_QPT_RAW_PACKET)
		return modify_ethernet(&call, qp, &opts);

	begin(&call, qp, UVERBS_BPF_METHOD_QP_MODIFY);
	if (opts.mask & IBV_QP_STATE)
		uvb_call_const(&call, UVERBS_BPF_ATTR_QP_STATE, opts.state);
	if (opts.mask & IBV_QP_CUR_STATE)
		uvb_call_const(&call, UVERBS_BPF_ATTR_QP_CUR_STATE, opts.cur_state);
	for (i = 0; i < NR_NUMBERS; i++) {
		if (opts.mask & numbers[i].bit)
			uvb_call_in(&call, numbers[i].id, (char *)&opts + numbers[i].modify,
				    sizeof(uint32_t));
	}
	if (opts.connection.fields)
		uvb_call_in(&call, UVERBS_BPF_ATTR_QP_CONNECTION, &opts.connection,
			    sizeof(opts.connection));
	uvb_call_paths(&call, &paths);
	if (opts.ib_alt_path.path.fields)
		uvb_call_in(&call, UVERBS_BPF_ATTR_IB_ALT_PATH, &opts.ib_alt_path,
			    sizeof(opts.ib_alt_path));
	if (opts.mask & IBV_QP_PATH_MIG_STATE)
		uvb_call_in(&call, UVERBS_BPF_ATTR_IB_MIG_STATE, &opts.ib_mig_state,
			    sizeof(opts.ib_mig_state));
	return run_modify(&call, qp, &opts);
}

/* Fields of a connection that go with the change to RTR; the others go with that to RTS. */
#define TO_RTR									\
	(UVERBS_BPF_QP_PATH_MTU | UVERBS_BPF_QP_RQ_PSN | UVERBS_BPF_QP_DEST_QPN |	\
	 UVERBS_BPF_QP_MIN_RNR_TIMER | UVERBS_BPF_QP_MAX_DEST_RD_ATOMIC)

/* The three calls that QP_CONNECT replaces, with the same promise about a failure. */
static int connect_legacy(struct uvb_call *call, struct ibv_qp *qp,
			  const struct uvb_qp_connect_opts *opts)
{
	struct uvb_qp_modify_opts init = {
		.mask = IBV_QP_STATE | IBV_QP_ACCESS_FLAGS | IBV_QP_PORT | IBV_QP_PKEY_INDEX,
		.state = IBV_QPS_INIT,
		.access_flags = opts->access_flags,
		.port = opts->port,
		.pkey_index = opts->pkey_index,
	};
	struct uvb_qp_modify_opts rtr = {
		.mask = IBV_QP_STATE,
		.state = IBV_QPS_RTR,
		.connection = opts->connection,
		.path = opts->path,
		.ib_path = opts->ib_path,
		.nr_attrs = opts->nr_attrs,
		.attrs = opts->attrs,
	};
	struct uvb_paths paths = { &opts->path, &opts->ib_path, opts->attrs, opts->nr_attrs };
	struct uvb_qp_modify_opts rts = {
		.mask = IBV_QP_STATE,
		.state = IBV_QPS_RTS,
		.connection = opts->connection,
	};
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_RESET };
	struct ibv_qp_init_attr init_attr;
	struct ibv_device_attr device;
	struct ibv_qp_attr now;
	int ret;

	if (qp->context->device->transport_type == IBV_TRANSPORT_IWARP)
		return uvb_call_refuse(call, -EOPNOTSUPP,
				       "iWARP: rdma_cm connects (rdma_connect() and rdma_accept())");
	if (!uvb_paths_given(&paths))
		return uvb_call_refuse(call, -EINVAL, "path: none is given");
	if (!opts->port) {
		ret = ibv_query_device(qp->context, &device);
		if (ret)
			return uvb_call_fail(call, -ret);
		if (device.phys_port_cnt != 1)
			return uvb_call_refuse(call, -EINVAL, "port: missing, the device has %u",
					       device.phys_port_cnt);
		init.port = 1;
	}
	ret = ibv_query_qp(qp, &now, IBV_QP_STATE, &init_attr);
	if (ret)
		return uvb_call_fail(call, -ret);
	if (now.qp_state != IBV_QPS_RESET && now.qp_state != IBV_QPS_INIT)
		return uvb_call_refuse(call, -EINVAL, "the QP is in state %u, RESET or INIT is wanted",
				       now.qp_state);

	rtr.connection.fields &= TO_RTR;
	rts.connection.fields &= ~TO_RTR;
	ret = modify_legacy(call, qp, &init);
	if (!ret)
		ret = modify_legacy(call, qp, &rtr);
	if (!ret)
		ret = modify_legacy(call, qp, &rts);
	if (ret) {
		ibv_modify_qp(qp, &attr, IBV_QP_STATE);
		errno = -ret;
	}
	return ret;
}

int uvb_connect_qp(struct ibv_qp *qp, const struct uvb_qp_connect_opts *from)
{
	struct uvb_qp_connect_opts opts;
	struct uvb_server server;
	struct uvb_paths paths;
	struct uvb_call call;
	int ret;

	ret = UVB_CALL_START(&call, qp->context, "QP connect", &opts, from);
	if (ret)
		return ret;
	ret = check_connection(&call, &opts.connection) ?:
	      uvb_attrs_check(&call, opts.attrs, opts.nr_attrs);
	if (ret)
		return ret;
	paths = (struct uvb_paths) { &opts.path, &opts.ib_path, opts.attrs, opts.nr_attrs };

	ret = uvb_server_get(qp->context, &server);
	if (ret)
		return uvb_call_fail(&call, ret);
	if (!server.served || !uvb_provider_is_stateless(&server))
		return connect_legacy(&call, qp, &opts);

	begin(&call, qp, UVERBS_BPF_METHOD_QP_CONNECT);
	if (opts.access_flags)
		uvb_call_in(&call, UVERBS_BPF_ATTR_QP_ACCESS_FLAGS, &opts.access_flags,
			    sizeof(opts.access_flags));
	if (opts.port)
		uvb_call_in(&call, UVERBS_BPF_ATTR_QP_PORT, &opts.port, sizeof(opts.port));
	if (opts.pkey_index)
		uvb_call_in(&call, UVERBS_BPF_ATTR_QP_PKEY_INDEX, &opts.pkey_index,
			    sizeof(opts.pkey_index));
	uvb_call_in(&call, UVERBS_BPF_ATTR_QP_CONNECTION, &opts.connection,
		    sizeof(opts.connection));
	uvb_call_paths(&call, &paths);

	ret = uvb_call_run(&call);
	if (ret == UVB_STOCK)
		return connect_legacy(&call, qp, &opts);
	if (ret)
		return uvb_call_fail(&call, ret);
	qp->state = IBV_QPS_RTS;
	return 0;
}

static int query_legacy(struct uvb_call *call, struct ibv_qp *qp, struct uvb_qp_query_opts *opts)
{
	struct ibv_qp_init_attr init_attr;
	struct ibv_qp_attr attr;
	uint32_t mask = opts->mask;
	int ret;

	/* The legacy structure of the answer has no member for it. */
	if (mask & IBV_QP_RATE_LIMIT)
		return uvb_call_refuse(call, -EOPNOTSUPP,
				       "rate limit: ib_uverbs serves the device and cannot tell it");
	if (mask & (UVB_QP_IWARP_READS | ETHERNET_QUERY) || opts->nr_attrs)
		return uvb_call_refuse(call, -EOPNOTSUPP,
				       "mask 0x%x, %u attributes: ib_uverbs serves the device and cannot tell bits 0x%x and attributes of programs",
				       mask, opts->nr_attrs, UVB_QP_IWARP_READS | ETHERNET_QUERY);
	ret = ibv_query_qp(qp, &attr, mask | (mask & IBV_QP_AV ? IBV_QP_PORT : 0), &init_attr);
	if (ret)
		return uvb_call_fail(call, -ret);

	if (mask & IBV_QP_STATE)
		opts->state = attr.qp_state;
	if (mask & IBV_QP_CUR_STATE)
		opts->cur_state = attr.cur_qp_state;
	if (mask & IBV_QP_ACCESS_FLAGS)
		opts->access_flags = attr.qp_access_flags;
	if (mask & IBV_QP_PORT)
		opts->port = attr.port_num;
	if (mask & IBV_QP_PKEY_INDEX)
		opts->pkey_index = attr.pkey_index;
	if (mask & IBV_QP_QKEY)
		opts->qkey = attr.qkey;
	if (mask & CONNECTION)
		opts->connection = (struct uverbs_bpf_qp_connection) {
			.fields = CONNECTION,
			.dest_qp_num = attr.dest_qp_num,
			.rq_psn = attr.rq_psn,
			.sq_psn = attr.sq_psn,
			.path_mtu = attr.path_mtu,
			.timeout = attr.timeout,
			.retry_cnt = attr.retry_cnt,
			.rnr_retry = attr.rnr_retry,
			.min_rnr_timer = attr.min_rnr_timer,
			.max_rd_atomic = attr.max_rd_atomic,
			.max_dest_rd_atomic = attr.max_dest_rd_atomic,
		};
	if (mask & IBV_QP_CAP)
		opts->cap = (struct ib_uverbs_qp_cap) {
			.max_send_wr = attr.cap.max_send_wr,
			.max_recv_wr = attr.cap.max_recv_wr,
			.max_send_sge = attr.cap.max_send_sge,
			.max_recv_sge = attr.cap.max_recv_sge,
			.max_inline_data = attr.cap.max_inline_data,
		};
	if (mask & IBV_QP_PATH_MIG_STATE)
		opts->ib_mig_state = attr.path_mig_state;
	if (mask & IBV_QP_ALT_PATH) {
		opts->ib_alt_path = (struct uverbs_bpf_ib_alt_path) {};
		uvb_ib_path_from_ah_attr(&attr.alt_ah_attr, &opts->ib_alt_path.path);
		if (opts->ib_alt_path.path.fields) {
			opts->ib_alt_path.pkey_index = attr.alt_pkey_index;
			opts->ib_alt_path.port = attr.alt_port_num;
			opts->ib_alt_path.timeout = attr.alt_timeout;
		}
	}
	if (mask & IBV_QP_AV) {
		/* A QP that is on no port yet is asked of the first, as path_is_ib() does. */
		attr.ah_attr.port_num = attr.port_num ?: 1;
		ret = uvb_port_is_ib(call, attr.ah_attr.port_num);
		if (ret < 0)
			return ret;
		if (!ret)
			return uvb_path_from_ah_attr(call, &attr.ah_attr, &opts->path);
		uvb_ib_path_from_ah_attr(&attr.ah_attr, &opts->ib_path);
	}
	return 0;
}

/*
 * Which transport's path to ask for: that of the port the QP is on, or before
 * it is on any, of the first. A device may have ports of both.
 */
static int path_is_ib(struct uvb_call *call, struct ibv_qp *qp)
{
	uint32_t port = 0;
	int ret;

	begin(call, qp, UVERBS_BPF_METHOD_QP_QUERY);
	uvb_call_out(call, UVERBS_BPF_ATTR_QP_PORT, &port, sizeof(port));
	ret = uvb_call_run(call);
	if (ret == UVB_STOCK)
		return 0;
	if (ret)
		return uvb_call_fail(call, ret);
	return uvb_port_is_ib(call, port ? port : 1);
}

/* The kernel's states have 32 bits. */
_Static_assert(sizeof(enum ibv_qp_state) == sizeof(uint32_t), "a state is written in place");

static int run_query(struct uvb_call *call, struct ibv_qp *qp, struct uvb_qp_query_opts *opts)
{
	int ret = uvb_call_run(call);

	if (ret == UVB_STOCK)
		return query_legacy(call, qp, opts);
	if (ret)
		return uvb_call_fail(call, ret);
	if (opts->mask & IBV_QP_STATE)
		qp->state = opts->state;
	return 0;
}

static int query_ethernet(struct uvb_call *call, struct ibv_qp *qp,
			  struct uvb_qp_query_opts *opts)
{
	if (opts->mask & ~(ETHERNET | ETHERNET_QUERY | IBV_QP_CAP) || opts->nr_attrs)
		return uvb_call_refuse(call, -EINVAL,
				       "mask 0x%x: an Ethernet QP has 0x%x", opts->mask,
				       ETHERNET | ETHERNET_QUERY | IBV_QP_CAP);
	begin(call, qp, UVERBS_BPF_METHOD_QP_QUERY);
	if (opts->mask & IBV_QP_STATE)
		uvb_call_out(call, UVERBS_BPF_ATTR_ETH_STATE, &opts->state, sizeof(opts->state));
	if (opts->mask & IBV_QP_PORT)
		uvb_call_out(call, UVERBS_BPF_ATTR_ETH_PORT, &opts->port, sizeof(opts->port));
	if (opts->mask & IBV_QP_RATE_LIMIT)
		uvb_call_out(call, UVERBS_BPF_ATTR_ETH_RATE_LIMIT, &opts->rate_limit,
			     sizeof(opts->rate_limit));
	/* Left as it is if the driver does not tell. */
	opts->eth_source_qpn = UINT32_MAX;
	if (opts->mask & UVB_QP_ETH_SOURCE_QPN)
		uvb_call_out(call, UVERBS_BPF_ATTR_ETH_SOURCE_QPN, &opts->eth_source_qpn,
			     sizeof(opts->eth_source_qpn));
	if (opts->mask & UVB_QP_ETH_VLAN_STRIPPING)
		uvb_call_out(call, UVERBS_BPF_ATTR_ETH_VLAN_STRIPPING, &opts->eth_vlan_stripping,
			     sizeof(opts->eth_vlan_stripping));
	if (opts->mask & IBV_QP_CAP)
		uvb_call_out(call, UVERBS_BPF_ATTR_QP_CAP, &opts->cap, sizeof(opts->cap));
	return run_query(call, qp, opts);
}

static int query(struct uvb_call *call, struct ibv_qp *qp, struct uvb_qp_query_opts *opts)
{
	int ib = 0;
	uint32_t i;

	if (qp->qp_type == IBV_QPT_RAW_PACKET)
		return query_ethernet(call, qp, opts);
	if (opts->mask & IBV_QP_AV) {
		ib = path_is_ib(call, qp);
		if (ib < 0)
			return ib;
	}
	begin(call, qp, UVERBS_BPF_METHOD_QP_QUERY);
	if (opts->mask & IBV_QP_STATE)
		uvb_call_out(call, UVERBS_BPF_ATTR_QP_STATE, &opts->state, sizeof(opts->state));
	if (opts->mask & IBV_QP_CUR_STATE)
		uvb_call_out(call, UVERBS_BPF_ATTR_QP_CUR_STATE, &opts->cur_state,
			     sizeof(opts->cur_state));
	for (i = 0; i < NR_NUMBERS; i++) {
		if (opts->mask & numbers[i].bit)
			uvb_call_out(call, numbers[i].id, (char *)opts + numbers[i].query,
				     sizeof(uint32_t));
	}
	if (opts->mask & CONNECTION)
		uvb_call_out(call, UVERBS_BPF_ATTR_QP_CONNECTION, &opts->connection,
			     sizeof(opts->connection));
	if (opts->mask & IBV_QP_CAP)
		uvb_call_out(call, UVERBS_BPF_ATTR_QP_CAP, &opts->cap, sizeof(opts->cap));
	if (opts->mask & IBV_QP_AV && ib)
		uvb_call_out(call, UVERBS_BPF_ATTR_IB_PATH, &opts->ib_path, sizeof(opts->ib_path));
	else if (opts->mask & IBV_QP_AV)
		uvb_call_out(call, UVERBS_BPF_ATTR_ROCE_PATH, &opts->path, sizeof(opts->path));
	if (opts->mask & IBV_QP_ALT_PATH)
		uvb_call_out(call, UVERBS_BPF_ATTR_IB_ALT_PATH, &opts->ib_alt_path,
			     sizeof(opts->ib_alt_path));
	if (opts->mask & IBV_QP_PATH_MIG_STATE)
		uvb_call_out(call, UVERBS_BPF_ATTR_IB_MIG_STATE, &opts->ib_mig_state,
			     sizeof(opts->ib_mig_state));
	if (opts->mask & UVB_QP_IWARP_READS)
		uvb_call_out(call, UVERBS_BPF_ATTR_IWARP_READS, &opts->iwarp_reads,
			     sizeof(opts->iwarp_reads));
	for (i = 0; i < opts->nr_attrs; i++)
		uvb_call_out(call, opts->attrs[i].id, opts->attrs[i].data, opts->attrs[i].len);
	return run_query(call, qp, opts);
}

int uvb_query_qp(struct ibv_qp *qp, struct uvb_qp_query_opts *to)
{
	struct uvb_qp_query_opts opts;
	struct uvb_call call;
	int ret;

	ret = UVB_CALL_START(&call, qp->context, "QP query", &opts, to);
	if (ret)
		return ret;
	if (opts.mask & ~QUERY)
		return uvb_call_refuse(&call, -EINVAL, "mask 0x%x: at most 0x%x", opts.mask, QUERY);
	ret = uvb_attrs_check(&call, opts.attrs, opts.nr_attrs);
	if (ret)
		return ret;
	ret = query(&call, qp, &opts);
	if (!ret)
		uvb_opts_put(to, &opts, sizeof(opts));
	return ret;
}
