// SPDX-License-Identifier: BSD-2-Clause
/*
 * uvb-transports roce|ib DEVICE, uvb-transports iwarp DEVICE ADDRESS: what the transport of that name
 * takes and gives on a device of its kind, and what is refused, each in words of its own. All three
 * programs are attached. ADDRESS is one of the device's, for rdma_cm.
 * uvb-transports ethernet DEVICE: the same of an Ethernet QP, for which no program is wanted.
 *
 * One line a check, "ok" or "NOT ok"; exit status 0 if all are ok.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <infiniband/verbs.h>
#include <rdma/rdma_cma.h>
#include <uverbs-bpf/verbs.h>

#include "../abi/raw.h"

static struct ibv_context *context;
static struct ibv_pd *pd;
static struct ibv_cq *cq;
static struct ibv_port_attr port_attr;
static char text[UVERBS_BPF_ERROR_MAX];
static int failures;

static void check(bool ok, const char *what)
{
	printf("%s: %s\n", ok ? "ok" : "NOT ok", what);
	failures += !ok;
}

static void setup(const char *name)
{
	struct ibv_device **list = ibv_get_device_list(NULL), **device;

	for (device = list; device && *device && !context; device++) {
		if (!strcmp(name, ibv_get_device_name(*device)))
			context = ibv_open_device(*device);
	}
	if (!context)
		die("cannot open the device: %s", strerror(errno));
	ibv_free_device_list(list);
	pd = ibv_alloc_pd(context);
	cq = ibv_create_cq(context, 4, NULL, NULL, 0);
	if (!pd || !cq || ibv_query_port(context, 1, &port_attr))
		die("alloc_pd, create_cq, query_port: %s", strerror(errno));
}

static struct ibv_qp *make_qp(enum ibv_qp_type type)
{
	struct ibv_qp_init_attr init = {
		.send_cq = cq, .recv_cq = cq, .qp_type = type,
		.cap = { .max_send_wr = 1, .max_recv_wr = 1, .max_send_sge = 1, .max_recv_sge = 1 },
	};
	struct ibv_qp *qp = ibv_create_qp(pd, &init);

	if (!qp)
		die("create_qp: %s", strerror(errno));
	return qp;
}

/* The call was refused with this errno, and in these words. */
static void refused(const char *what, int ret, int err, const char *words)
{
	bool ok = ret == err && strstr(text, words);

	printf("%s: %s: %s\n", ok ? "ok" : "NOT ok", what, ret ? text : "was taken");
	failures += !ok;
	text[0] = '\0';
}

static void taken(const char *what, int ret)
{
	printf("%s: %s%s%s\n", ret ? "NOT ok" : "ok", what, ret ? ": " : "", ret ? text : "");
	failures += !!ret;
	text[0] = '\0';
}

/* A modify, with what follows as initialisers. */
#define MODIFY(_qp, ...)							\
	({									\
		UVB_OPTS(uvb_qp_modify_opts, _opts, .error = text,		\
			 .error_len = sizeof(text), __VA_ARGS__);		\
		uvb_modify_qp(_qp, &_opts);					\
	})

#define INIT	.mask = IBV_QP_STATE | IBV_QP_PORT | IBV_QP_PKEY_INDEX | IBV_QP_ACCESS_FLAGS,	\
		.state = IBV_QPS_INIT, .port = 1, .access_flags = IBV_ACCESS_REMOTE_WRITE
#define UD_INIT	.mask = IBV_QP_STATE | IBV_QP_PORT | IBV_QP_PKEY_INDEX | IBV_QP_QKEY,		\
		.state = IBV_QPS_INIT, .port = 1

static struct uverbs_bpf_qp_connection responder = {
	.fields = UVERBS_BPF_QP_PATH_MTU | UVERBS_BPF_QP_DEST_QPN | UVERBS_BPF_QP_RQ_PSN |
		  UVERBS_BPF_QP_MAX_DEST_RD_ATOMIC | UVERBS_BPF_QP_MIN_RNR_TIMER,
	.path_mtu = IBV_MTU_1024, .dest_qp_num = 0x123, .rq_psn = 0x456,
	.max_dest_rd_atomic = 1, .min_rnr_timer = 12,
};

static const struct uverbs_bpf_qp_connection requester = {
	.fields = UVERBS_BPF_QP_SQ_PSN | UVERBS_BPF_QP_TIMEOUT | UVERBS_BPF_QP_RETRY_CNT |
		  UVERBS_BPF_QP_RNR_RETRY | UVERBS_BPF_QP_MAX_RD_ATOMIC,
	.sq_psn = 0x789, .timeout = 14, .retry_cnt = 7, .rnr_retry = 7, .max_rd_atomic = 1,
};

/* ---- of all three ---- */

/* The path of a transport, or whatever else of it, in bytes. */
static int modify_raw(struct ibv_qp *qp, uint16_t id, uint16_t len, unsigned int count)
{
	static char zeroes[256];
	struct uvb_attr attrs[2] = {
		{ .id = id, .len = len, .data = zeroes }, { .id = id, .len = len, .data = zeroes },
	};

	return MODIFY(qp, .mask = IBV_QP_STATE, .state = IBV_QPS_RTR, .connection = responder,
		      .nr_attrs = count, .attrs = attrs);
}

/* Attributes of the other transports, whose programs are attached, for other devices. */
static void check_foreign(const char *own)
{
	static const struct {
		const char *name;
		uint16_t id;
		uint16_t len;
	} paths[] = {
		{ "roce", UVERBS_BPF_ATTR_ROCE_PATH, sizeof(struct uverbs_bpf_roce_path) },
		{ "ib", UVERBS_BPF_ATTR_IB_PATH, sizeof(struct uverbs_bpf_ib_path) },
		{ "iwarp", UVERBS_BPF_ATTR_IWARP_READS, sizeof(struct uverbs_bpf_iwarp_reads) },
	};
	struct ibv_qp *qp = make_qp(IBV_QPT_RC);
	char what[64], words[128];
	unsigned int i;

	for (i = 0; i < 3; i++) {
		if (!strcmp(paths[i].name, own))
			continue;
		snprintf(what, sizeof(what), "an attribute of %s on %s", paths[i].name, own);
		snprintf(words, sizeof(words),
			 "no transport program %s for this device is attached; %s takes those of %s",
			 paths[i].name, ibv_get_device_name(context->device), own);
		refused(what, modify_raw(qp, paths[i].id, paths[i].len, 1), -EPROTONOSUPPORT, words);
	}
	ibv_destroy_qp(qp);
}

/* ---- RoCE and InfiniBand ---- */

/* Which path, @ib decides; here is where it leads. */
static struct uverbs_bpf_roce_path roce_path;
static struct uverbs_bpf_ib_path ib_path;

static void make_paths(bool ib)
{
	struct ibv_gid_entry entries[64];
	ssize_t n, i;

	if (ib) {
		ib_path.fields = UVERBS_BPF_IB_DLID;
		ib_path.dlid = port_attr.lid;
		return;
	}
	n = ibv_query_gid_table(context, entries, 64, 0);
	for (i = 0; i < n; i++) {
		if (entries[i].gid_type != IBV_GID_TYPE_ROCE_V2 ||
		    entries[i].gid.raw[10] != 0xff || entries[i].gid.raw[11] != 0xff)
			continue;
		roce_path.fields = UVERBS_BPF_ROCE_DEST_GID | UVERBS_BPF_ROCE_SGID_INDEX;
		roce_path.sgid_index = entries[i].gid_index;
		memcpy(roce_path.dest, entries[i].gid.raw, 16);
		return;
	}
	die("no IPv4 GID: %s", strerror(errno));
}

/* Wrong size, missing, twice, at the wrong time, of the wrong QP. */
static void check_path_rules(bool ib)
{
	uint16_t id = ib ? UVERBS_BPF_ATTR_IB_PATH : UVERBS_BPF_ATTR_ROCE_PATH;
	uint16_t len = ib ? sizeof(ib_path) : sizeof(roce_path);
	struct ibv_qp *qp = make_qp(IBV_QPT_RC), *ud = make_qp(IBV_QPT_UD);
	char words[96];

	refused("a path in RESET", MODIFY(qp, INIT, .path = roce_path, .ib_path = ib_path), -EINVAL,
		"goes with a change from INIT to RTR, or in SQD; the QP is in state 0");
	taken("INIT", MODIFY(qp, INIT));
	snprintf(words, sizeof(words), "%s_path (0x%04x): length %u, wants %u to %u",
		 ib ? "ib" : "roce", id, len - 4, len, len);
	refused("a path that is too short", modify_raw(qp, id, len - 4, 1), -EINVAL, words);
	refused("a path that is too long", modify_raw(qp, id, len + 4, 1), -EINVAL, ", wants ");
	refused("a path given twice", modify_raw(qp, id, len, 2), -EINVAL, "given twice");
	refused("an attribute that nobody has", modify_raw(qp, id | 0xfff, len, 1),
		-EPROTONOSUPPORT, "has none of this id for UVERBS_BPF_METHOD_QP_MODIFY");
	refused("a path without a destination", modify_raw(qp, id, len, 1), -EINVAL,
		ib ? "fields 0x0: wants DLID" : "fields 0x0: wants exactly one of DEST_GID");
	refused("RTR without a path",
		MODIFY(qp, .mask = IBV_QP_STATE, .state = IBV_QPS_RTR, .connection = responder),
		-EINVAL, "QP INIT to RTR: wants a path");
	responder.fields &= ~UVERBS_BPF_QP_DEST_QPN;
	responder.dest_qp_num = 0;
	refused("RTR without a destination QP",
		MODIFY(qp, .mask = IBV_QP_STATE, .state = IBV_QPS_RTR, .connection = responder,
		       .path = roce_path, .ib_path = ib_path),
		-EINVAL, "QP INIT to RTR: wants CONNECTION.dest_qp_num");
	responder.fields |= UVERBS_BPF_QP_DEST_QPN;
	responder.dest_qp_num = 0x123;
	refused("RTR with a Q_Key",
		MODIFY(qp, .mask = IBV_QP_STATE | IBV_QP_QKEY, .state = IBV_QPS_RTR,
		       .connection = responder, .path = roce_path, .ib_path = ib_path),
		-EINVAL, "QP INIT to RTR: does not take QKEY");
	taken("RTR", MODIFY(qp, .mask = IBV_QP_STATE, .state = IBV_QPS_RTR,
			    .connection = responder, .path = roce_path, .ib_path = ib_path));
	refused("a path on the way to RTS",
		MODIFY(qp, .mask = IBV_QP_STATE, .state = IBV_QPS_RTS, .connection = requester,
		       .path = roce_path, .ib_path = ib_path),
		-EINVAL, "; the QP is in state 2");
	taken("RTS", MODIFY(qp, .mask = IBV_QP_STATE, .state = IBV_QPS_RTS,
			    .connection = requester));

	taken("INIT of a UD QP", MODIFY(ud, UD_INIT));
	refused("a path of a UD QP",
		MODIFY(ud, .mask = IBV_QP_STATE, .state = IBV_QPS_RTR, .path = roce_path,
		       .ib_path = ib_path),
		-EINVAL, "a UD QP has no path, each of its sends names an AH");
	ibv_destroy_qp(qp);
	ibv_destroy_qp(ud);
}

/* What an address handle is made of, back from the driver. */
static void check_ah(bool ib)
{
	struct ibv_ah *ah;

	UVB_OPTS(uvb_ah_opts, opts, .port = 1, .path = roce_path, .ib_path = ib_path, .error = text,
		 .error_len = sizeof(text));
	UVB_OPTS(uvb_ah_opts, answer, .error = text, .error_len = sizeof(text));
	uint32_t nothing;
	struct uvb_attr opa = { UVERBS_BPF_ID(UVERBS_BPF_NS_OPA, 0), sizeof(nothing), &nothing };

	UVB_OPTS(uvb_ah_opts, nobodys, .nr_attrs = 1, .attrs = &opa);

	if (ib) {
		opts.ib_path.fields |= UVERBS_BPF_IB_SL | UVERBS_BPF_IB_STATIC_RATE;
		opts.ib_path.sl = 3;
		opts.ib_path.static_rate = 2;
	} else {
		opts.path.fields |= UVERBS_BPF_ROCE_DSCP;
		opts.path.traffic = 46;
	}
	ah = uvb_create_ah(pd, &opts);
	taken("an address handle", ah ? 0 : -errno);
	if (!ah)
		return;
	taken("its query", uvb_query_ah(ah, &answer));
	check(uvb_query_ah(ah, &nobodys) == -EPROTONOSUPPORT,
	      "asked for what no program answers, without room for words, it is no lack of the driver");
	check(answer.port == 1, "the query gives the port");
	if (ib)
		check(answer.ib_path.dlid == ib_path.dlid && answer.ib_path.sl == 3 &&
		      answer.ib_path.static_rate == 2 &&
		      !(answer.ib_path.fields & UVERBS_BPF_IB_DGID),
		      "the query gives DLID, SL and static rate, and no global route");
	else
		check(!memcmp(answer.path.dest, roce_path.dest, 16) && answer.path.traffic == 46 << 2 &&
		      answer.path.sgid_index == roce_path.sgid_index,
		      "the query gives destination, SGID index and traffic class");
	ibv_destroy_ah(ah);
}

/* ---- InfiniBand ---- */

static void check_alt_path(void)
{
	struct uverbs_bpf_ib_alt_path alt = {
		.path = ib_path, .port = 1, .pkey_index = 0, .timeout = 9,
	};
	struct ibv_qp *qp = make_qp(IBV_QPT_RC);

	UVB_OPTS(uvb_qp_query_opts, query,
		 .mask = IBV_QP_AV | IBV_QP_ALT_PATH | IBV_QP_PATH_MIG_STATE, .error = text,
		 .error_len = sizeof(text));

	alt.path.fields |= UVERBS_BPF_IB_SL;
	alt.path.sl = 5;
	refused("an alternate path in RESET", MODIFY(qp, INIT, .ib_alt_path = alt), -EINVAL,
		"ib_alt_path (0x2001): goes with INIT to RTR, RTR or SQD to RTS");
	taken("INIT", MODIFY(qp, INIT));
	refused("a migration state with RTR",
		MODIFY(qp, .mask = IBV_QP_STATE | IBV_QP_PATH_MIG_STATE, .state = IBV_QPS_RTR,
		       .connection = responder, .ib_path = ib_path,
		       .ib_mig_state = UVERBS_BPF_IB_REARM),
		-EINVAL, "ib_mig_state (0x2002): goes with RTR or SQD to RTS");
	alt.timeout = 32;
	refused("an alternate path of timeout 32",
		MODIFY(qp, .mask = IBV_QP_STATE, .state = IBV_QPS_RTR, .connection = responder,
		       .ib_path = ib_path, .ib_alt_path = alt),
		-EINVAL, "timeout 32: wants 0 to 31");
	alt.timeout = 9;
	alt.port = 9;
	refused("an alternate path from port 9",
		MODIFY(qp, .mask = IBV_QP_STATE, .state = IBV_QPS_RTR, .connection = responder,
		       .ib_path = ib_path, .ib_alt_path = alt),
		-EINVAL, "alternate path: port 9, the device has 1 to ");
	alt.port = 1;
	alt.path.sl = 16;
	refused("an alternate path of SL 16",
		MODIFY(qp, .mask = IBV_QP_STATE, .state = IBV_QPS_RTR, .connection = responder,
		       .ib_path = ib_path, .ib_alt_path = alt),
		-EINVAL, "ib_alt_path (0x2001): SL 16: wants 0 to 15");
	alt.path.sl = 5;
	refused("an alternate path alone, on the way to RTR",
		MODIFY(qp, .mask = IBV_QP_STATE, .state = IBV_QPS_RTR, .connection = responder,
		       .ib_alt_path = alt),
		-EINVAL, "QP INIT to RTR: wants a path");
	taken("RTR with two paths",
	      MODIFY(qp, .mask = IBV_QP_STATE, .state = IBV_QPS_RTR, .connection = responder,
		     .ib_path = ib_path, .ib_alt_path = alt));
	refused("a migration state nobody may ask for",
		MODIFY(qp, .mask = IBV_QP_STATE | IBV_QP_PATH_MIG_STATE, .state = IBV_QPS_RTS,
		       .connection = requester, .ib_mig_state = UVERBS_BPF_IB_ARMED),
		-EINVAL, "2, armed, is the hardware's answer to 1, rearm");
	refused("a migration state that there is not",
		MODIFY(qp, .mask = IBV_QP_STATE | IBV_QP_PATH_MIG_STATE, .state = IBV_QPS_RTS,
		       .connection = requester, .ib_mig_state = 3),
		-EINVAL, "3: wants 0 (migrated) or 1 (rearm)");
	taken("RTS, to be rearmed",
	      MODIFY(qp, .mask = IBV_QP_STATE | IBV_QP_PATH_MIG_STATE, .state = IBV_QPS_RTS,
		     .connection = requester, .ib_mig_state = UVERBS_BPF_IB_REARM));
	alt.path.sl = 7;
	taken("another alternate path in RTS", MODIFY(qp, .ib_alt_path = alt));
	taken("a query", uvb_query_qp(qp, &query));
	check(query.ib_path.dlid == ib_path.dlid && !query.ib_path.sl, "it gives the path");
	check(query.ib_alt_path.path.dlid == ib_path.dlid && query.ib_alt_path.path.sl == 7 &&
	      query.ib_alt_path.port == 1, "it gives the alternate path");
	check(query.ib_mig_state == UVERBS_BPF_IB_REARM, "it gives the migration state");
	ibv_destroy_qp(qp);
}

static void check_connect_alt(void)
{
	struct ibv_qp *qp = make_qp(IBV_QPT_RC);
	struct uvb_attr attr = { UVERBS_BPF_ATTR_IB_MIG_STATE, 4, &(uint32_t) { 1 } };

	UVB_OPTS(uvb_qp_connect_opts, opts, .port = 1, .error = text, .error_len = sizeof(text),
		 .connection = responder, .ib_path = ib_path, .nr_attrs = 1, .attrs = &attr);
	opts.connection.fields |= requester.fields;
	refused("a migration state of QP_CONNECT", uvb_connect_qp(qp, &opts), -EPROTONOSUPPORT,
		"has none of this id for UVERBS_BPF_METHOD_QP_CONNECT");
	ibv_destroy_qp(qp);
}

/* The limit of an SRQ by the kernel's method; rxe's is its provider's. */
static void check_srq(void)
{
	struct ibv_srq_init_attr init = { .attr = { .max_wr = 8, .max_sge = 1 } };
	struct ibv_srq *srq = ibv_create_srq(pd, &init);
	struct ibv_srq_attr now;

	UVB_OPTS(uvb_srq_modify_opts, opts, .mask = IBV_SRQ_LIMIT, .limit = 3, .error = text,
		 .error_len = sizeof(text));

	if (!srq)
		die("create_srq: %s", strerror(errno));
	taken("the limit of an SRQ", uvb_modify_srq(srq, &opts));
	check(!ibv_query_srq(srq, &now) && now.srq_limit == 3, "is armed");
	ibv_destroy_srq(srq);
}

/* The header of every MAD (InfiniBand specification, volume 1, 13.4.2) and of a vendor class. */
struct mad {
	uint8_t base_version;
	uint8_t mgmt_class;
	uint8_t class_version;
	uint8_t method;
	uint8_t header[20];
	uint8_t rmpp[12];
	uint8_t reserved;
	uint8_t oui[3];
	uint8_t data[216];
};

/* Two agents, on ports with a cable between them: a request, its answer, and one nobody hears. */
static void check_mad(void)
{
	struct mad mad = {
		.base_version = 1, .mgmt_class = 0x30, .class_version = 1, .method = 1,
		.oui = { 2, 0, 1 }, .data = "who is there",
	}, got;
	struct ibv_port_attr far;
	struct pollfd poll_server = { .events = POLLIN }, poll_client = { .events = POLLIN };

	UVB_OPTS(uvb_mad_agent_opts, agent, .port = 2, .error = text, .error_len = sizeof(text),
		 .mad_class = {
			.mgmt_class = 0x30, .version = 1, .oui = { 2, 0, 1 },
			.method_mask = { 1 << 1 },
		 });
	UVB_OPTS(uvb_mad_opts, send, .data = &mad, .length = sizeof(mad), .error = text,
		 .error_len = sizeof(text), .request = { .cookie = 77, .timeout_ms = 5000 });
	UVB_OPTS(uvb_mad_opts, receive, .data = &got, .length = sizeof(got), .error = text,
		 .error_len = sizeof(text));

	if (ibv_query_port(context, 2, &far))
		die("query_port 2: %s", strerror(errno));
	poll_server.fd = uvb_register_mad_agent(context, &agent);
	taken("an agent that answers", poll_server.fd < 0 ? poll_server.fd : 0);
	agent.port = 9;
	refused("an agent on port 9", uvb_register_mad_agent(context, &agent), -EINVAL, "9");
	agent.port = 1;
	agent.mad_class.mgmt_class = 0;
	poll_client.fd = uvb_register_mad_agent(context, &agent);
	taken("one that asks", poll_client.fd < 0 ? poll_client.fd : 0);

	send.address.qpn = 1;
	send.address.lid = far.lid;
	taken("a request", uvb_send_mad(context, poll_client.fd, &send));
	poll(&poll_server, 1, 5000);
	taken("it arrives", uvb_receive_mad(context, poll_server.fd, &receive));
	check(receive.status.length == sizeof(mad) && !strcmp((char *)got.data, "who is there"),
	      "as it was sent");
	mad = got;
	mad.method = 0x81;
	strcpy((char *)mad.data, "nobody");
	send.address = receive.address;
	send.request.timeout_ms = 0;
	taken("an answer", uvb_send_mad(context, poll_server.fd, &send));
	poll(&poll_client, 1, 5000);
	taken("it arrives", uvb_receive_mad(context, poll_client.fd, &receive));
	check(!receive.status.status && receive.status.cookie == 77 &&
	      !strcmp((char *)got.data, "nobody"), "with the request's cookie");
	check(uvb_receive_mad(context, poll_client.fd, &receive) == -EAGAIN, "and no more");
	close(poll_client.fd);
	close(poll_server.fd);
}

/* ---- Ethernet ---- */

static void check_ethernet(void)
{
	struct ibv_qp *qp = make_qp(IBV_QPT_RAW_PACKET);
	const unsigned int all = IBV_QP_STATE | IBV_QP_PORT | IBV_QP_RATE_LIMIT | IBV_QP_CAP |
				 UVB_QP_ETH_VLAN_STRIPPING | UVB_QP_ETH_SOURCE_QPN;

	UVB_OPTS(uvb_qp_query_opts, query, .mask = all, .error = text, .error_len = sizeof(text));

	refused("INIT without a port", MODIFY(qp, .mask = IBV_QP_STATE, .state = IBV_QPS_INIT),
		-EINVAL, "Ethernet QP RESET to INIT: wants ETH_PORT");
	refused("INIT with a P_Key index", MODIFY(qp, INIT), -EINVAL,
		"an Ethernet QP takes a state, a port and a rate limit");
	taken("INIT", MODIFY(qp, .mask = IBV_QP_STATE | IBV_QP_PORT, .state = IBV_QPS_INIT,
			     .port = 1));
	taken("RTR", MODIFY(qp, .mask = IBV_QP_STATE, .state = IBV_QPS_RTR));
	taken("RTS", MODIFY(qp, .mask = IBV_QP_STATE | IBV_QP_RATE_LIMIT, .state = IBV_QPS_RTS,
			    .rate_limit = 7000));
	taken("a query", uvb_query_qp(qp, &query));
	check(query.state == IBV_QPS_RTS && query.port == 1 && query.rate_limit == 7000 &&
	      query.cap.max_send_wr && !query.eth_vlan_stripping && !query.eth_source_qpn,
	      "it gives state, port, rate limit, sizes, VLAN stripping and source QPN");
	query.mask = IBV_QP_QKEY;
	refused("a query of the Q_Key", uvb_query_qp(qp, &query), -EINVAL, "an Ethernet QP has ");
	ibv_destroy_qp(qp);
}

/* ---- iWARP ---- */

/* By the method itself, for libraries make QPs in ways of their own. Its words are in text. */
static int create_raw(unsigned int type)
{
	static char error[sizeof(struct uverbs_bpf_error) + UVERBS_BPF_ERROR_MAX]
		__attribute__((aligned(8)));
	struct qp_made made;
	struct cmd cmd;
	int ret;

	memset(error, 0, sizeof(error));
	create_qp_begin(&cmd, pd->handle, cq->handle, type, &made);
	cmd_out(&cmd, UVERBS_BPF_ATTR_ERROR, error, sizeof(error));
	ret = cmd_call(context->cmd_fd, &cmd);
	snprintf(text, sizeof(text), "%s", ((struct uverbs_bpf_error *)error)->text);
	return -ret;
}

static void check_iwarp(void)
{
	struct ibv_qp *qp = make_qp(IBV_QPT_RC);
	uint32_t half;
	struct uvb_attr short_reads = { UVERBS_BPF_ATTR_IWARP_READS, sizeof(half), &half };
	struct ibv_qp_init_attr ud = {
		.send_cq = cq, .recv_cq = cq, .qp_type = IBV_QPT_UD,
		.cap = { .max_send_wr = 1, .max_recv_wr = 1, .max_send_sge = 1, .max_recv_sge = 1 },
	};

	UVB_OPTS(uvb_qp_connect_opts, connect, .port = 1, .connection = responder, .error = text,
		 .error_len = sizeof(text));
	UVB_OPTS(uvb_qp_query_opts, query, .mask = IBV_QP_STATE | IBV_QP_CAP, .error = text,
		 .error_len = sizeof(text));

	errno = 0;
	check(!ibv_create_qp(pd, &ud) && errno == EOPNOTSUPP, "a UD QP is EOPNOTSUPP");
	raw_driver = RDMA_DRIVER_SIW;
	refused("QP_CREATE of a UD QP", create_raw(IBV_QPT_UD), -EOPNOTSUPP,
		"iwarp: QP type 4: a connection is of type RC (2)");
	refused("QP_CREATE of a UC QP", create_raw(IBV_QPT_UC), -EOPNOTSUPP,
		"iwarp: QP type 3: a connection is of type RC (2)");
	refused("INIT with a P_Key index", MODIFY(qp, INIT), -EINVAL,
		"iwarp: QP INIT to INIT does not take PKEY_INDEX; it takes STATE, ACCESS_FLAGS");
	refused("INIT without access flags",
		MODIFY(qp, .mask = IBV_QP_STATE | IBV_QP_PORT, .state = IBV_QPS_INIT, .port = 1),
		-EINVAL, "iwarp: QP INIT to INIT wants ACCESS_FLAGS");
	refused("INIT with fields of a connection",
		MODIFY(qp, .mask = IBV_QP_STATE | IBV_QP_ACCESS_FLAGS, .state = IBV_QPS_INIT,
		       .connection = responder),
		-EINVAL, "does not take CONNECTION.dest_qp_num");
	taken("INIT", MODIFY(qp, .mask = IBV_QP_STATE | IBV_QP_ACCESS_FLAGS, .state = IBV_QPS_INIT,
			     .access_flags = IBV_ACCESS_REMOTE_WRITE));
	refused("RTR", MODIFY(qp, .mask = IBV_QP_STATE, .state = IBV_QPS_RTR), -EINVAL,
		"iwarp: state 2: rdma_cm takes a QP there");
	refused("RTS", MODIFY(qp, .mask = IBV_QP_STATE, .state = IBV_QPS_RTS), -EINVAL,
		"iwarp: state 3: rdma_cm takes a QP there");
	refused("SQD", MODIFY(qp, .mask = IBV_QP_STATE, .state = IBV_QPS_SQD), -EINVAL,
		"iwarp: state 1: nothing leads from there");
	connect.connection.fields |= requester.fields;
	refused("QP_CONNECT", uvb_connect_qp(qp, &connect), -EOPNOTSUPP, "rdma_cm connects");
	taken("a query of state and sizes", uvb_query_qp(qp, &query));
	check(query.state == IBV_QPS_INIT && query.cap.max_send_wr, "it gives both");
	query.mask = IBV_QP_PKEY_INDEX;
	refused("a query of the P_Key index", uvb_query_qp(qp, &query), -EINVAL,
		"iwarp: a QP has no PKEY_INDEX to tell; it has STATE, CUR_STATE, CAP");
	query.mask = IBV_QP_ACCESS_FLAGS;
	refused("a query of rights that no driver tells", uvb_query_qp(qp, &query), -EINVAL,
		"a QP has no ACCESS_FLAGS to tell");
	query.mask = 0;
	query.nr_attrs = 1;
	query.attrs = &short_reads;
	refused("reads in 4 bytes", uvb_query_qp(qp, &query), -EINVAL,
		"iwarp_reads (0x5000): length 4, wants 8 to 8");
	taken("ERR", MODIFY(qp, .mask = IBV_QP_STATE, .state = IBV_QPS_ERR));
	refused("RESET after that", MODIFY(qp, .mask = IBV_QP_STATE, .state = IBV_QPS_RESET),
		-EINVAL, "no way back to RESET");
	ibv_destroy_qp(qp);
}

/* Both ends of a connection of rdma_cm; each has its own idea of how many READs. */
static struct rdma_cm_id *listener;

static void *serve(void *arg __attribute__((unused)))
{
	struct rdma_conn_param param = { .responder_resources = 4, .initiator_depth = 2 };
	struct rdma_cm_id *id;

	if (rdma_get_request(listener, &id) || rdma_accept(id, &param))
		return NULL;
	return id;
}

static void check_reads(const char *address)
{
	struct rdma_addrinfo hints = { .ai_port_space = RDMA_PS_TCP }, *info;
	struct rdma_addrinfo passive = { .ai_port_space = RDMA_PS_TCP, .ai_flags = RAI_PASSIVE };
	struct rdma_conn_param param = { .responder_resources = 2, .initiator_depth = 4 };
	struct ibv_qp_init_attr init = {
		.qp_type = IBV_QPT_RC,
		.cap = { .max_send_wr = 1, .max_recv_wr = 1, .max_send_sge = 1, .max_recv_sge = 1 },
	};
	struct rdma_cm_id *id, *peer;
	pthread_t server;

	UVB_OPTS(uvb_qp_query_opts, query, .mask = UVB_QP_IWARP_READS | IBV_QP_STATE, .error = text,
		 .error_len = sizeof(text));

	if (rdma_getaddrinfo(address, "7471", &passive, &info) ||
	    rdma_create_ep(&listener, info, NULL, &init) || rdma_listen(listener, 1))
		die("rdma_listen: %s", strerror(errno));
	errno = pthread_create(&server, NULL, serve, NULL);
	if (errno || rdma_getaddrinfo(address, "7471", &hints, &info) ||
	    rdma_create_ep(&id, info, NULL, &init) || rdma_connect(id, &param))
		die("rdma_connect: %s", strerror(errno));
	pthread_join(server, (void **)&peer);
	if (!peer)
		die("rdma_accept: %s", strerror(errno));
	taken("a query of one end", uvb_query_qp(id->qp, &query));
	check(query.state == IBV_QPS_RTS, "rdma_cm took it to RTS");
	printf("ird %u, ord %u\n", query.iwarp_reads.ird, query.iwarp_reads.ord);
	check(query.iwarp_reads.ird == 2 && query.iwarp_reads.ord == 4, "2 READs in, 4 out");
	taken("a query of the other", uvb_query_qp(peer->qp, &query));
	printf("ird %u, ord %u\n", query.iwarp_reads.ird, query.iwarp_reads.ord);
	check(query.iwarp_reads.ird == 4 && query.iwarp_reads.ord == 2, "4 READs in, 2 out");
	refused("modify to RTR", MODIFY(id->qp, .mask = IBV_QP_STATE, .state = IBV_QPS_RTR), -EINVAL,
		"rdma_cm takes a QP there");
	taken("other rights", MODIFY(id->qp, .mask = IBV_QP_ACCESS_FLAGS,
				     .access_flags = IBV_ACCESS_REMOTE_READ));
	rdma_disconnect(id);
	rdma_destroy_ep(id);
	rdma_destroy_ep(peer);
	rdma_destroy_ep(listener);
}

int main(int argc, char **argv)
{
	struct ibv_device_attr device;
	bool ib = argc > 1 && !strcmp(argv[1], "ib");

	if (argc < 3) {
		fprintf(stderr, "usage: uvb-transports roce|ib|ethernet DEVICE | iwarp DEVICE ADDRESS\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	setup(argv[2]);
	if (!strcmp(argv[1], "ethernet")) {
		check_ethernet();
		goto out;
	}
	check_foreign(argv[1]);
	if (!strcmp(argv[1], "iwarp")) {
		check_iwarp();
		check_reads(argv[3]);
	} else {
		make_paths(ib);
		check_path_rules(ib);
		check_ah(ib);
	}
	if (ib) {
		check_alt_path();
		check_connect_alt();
		check_srq();
	}
	/* Where there is a second port, at the other end of the cable. */
	if (ib && !ibv_query_device(context, &device) && device.phys_port_cnt == 2)
		check_mad();
out:
	ibv_destroy_cq(cq);
	ibv_dealloc_pd(pd);
	ibv_close_device(context);
	printf("%d failed\n", failures);
	return !!failures;
}
