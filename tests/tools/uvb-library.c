// SPDX-License-Identifier: BSD-2-Clause
/*
 * uvb-library: what libuverbs-bpf promises, checked on one RoCE device. Most
 * of it holds whoever serves the device; --served and --stock say who must,
 * and add what differs. With --served a RoCE transport must be attached. With
 * --guarded the provider of tests/bpf/guard.bpf.c must be, and refuse PDs.
 *
 *	uvb-library --served|--stock|--guarded [DEVICE]
 *
 * One line a check, "ok" or "NOT ok"; exit status 0 if all are ok.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uverbs-bpf/provider.h>

static struct ibv_context *context;
static struct ibv_pd *pd;
static struct ibv_cq *cq;
static int sgid_index = -1;
static uint8_t address[4];	/* IPv4 address of that GID */
static bool served;
static int failures;

static void check(bool ok, const char *what)
{
	printf("%s: %s\n", ok ? "ok" : "NOT ok", what);
	failures += !ok;
}

static int die(const char *what)
{
	fprintf(stderr, "uvb-library: %s: %s\n", what, strerror(errno));
	exit(1);
}

static struct ibv_qp *make_qp(void)
{
	struct ibv_qp_init_attr init = {
		.send_cq = cq, .recv_cq = cq, .qp_type = IBV_QPT_RC,
		.cap = { .max_send_wr = 1, .max_recv_wr = 1, .max_send_sge = 1, .max_recv_sge = 1 },
	};
	struct ibv_qp *qp = ibv_create_qp(pd, &init);

	if (!qp)
		die("create_qp");
	return qp;
}

static void open_device(const char *name)
{
	struct ibv_device **list = ibv_get_device_list(NULL), **device;

	for (device = list; device && *device && !context; device++) {
		if (!name || !strcmp(name, ibv_get_device_name(*device)))
			context = ibv_open_device(*device);
	}
	if (!context)
		die("cannot open the device");
	ibv_free_device_list(list);
}

static void setup(void)
{
	struct ibv_gid_entry entries[64];
	ssize_t n, i;

	pd = ibv_alloc_pd(context);
	cq = ibv_create_cq(context, 4, NULL, NULL, 0);
	if (!pd || !cq)
		die("alloc_pd, create_cq");

	n = ibv_query_gid_table(context, entries, 64, 0);
	for (i = 0; i < n && sgid_index < 0; i++) {
		static const uint8_t v4mapped[12] = { [10] = 0xff, [11] = 0xff };

		if (entries[i].gid_type != IBV_GID_TYPE_ROCE_V2 ||
		    memcmp(entries[i].gid.raw, v4mapped, sizeof(v4mapped)))
			continue;
		sgid_index = entries[i].gid_index;
		memcpy(address, entries[i].gid.raw + 12, 4);
	}
	if (sgid_index < 0) {
		errno = ENOENT;
		die("an IPv4 RoCE v2 GID");
	}
}

/* A path to the device itself; callers add fields. */
static struct uverbs_bpf_roce_path self(void)
{
	struct uverbs_bpf_roce_path path = {
		.fields = UVERBS_BPF_ROCE_DEST_IPV4 | UVERBS_BPF_ROCE_SGID_INDEX,
		.sgid_index = sgid_index,
	};

	memcpy(path.dest, address, sizeof(address));
	return path;
}

#define INIT_OPTS	.mask = IBV_QP_STATE | IBV_QP_PORT | IBV_QP_PKEY_INDEX |	\
				IBV_QP_ACCESS_FLAGS,					\
			.state = IBV_QPS_INIT, .port = 1,				\
			.access_flags = IBV_ACCESS_REMOTE_WRITE

static const struct uverbs_bpf_qp_connection responder = {
	.fields = UVERBS_BPF_QP_PATH_MTU | UVERBS_BPF_QP_DEST_QPN | UVERBS_BPF_QP_RQ_PSN |
		  UVERBS_BPF_QP_MAX_DEST_RD_ATOMIC | UVERBS_BPF_QP_MIN_RNR_TIMER,
	.path_mtu = IBV_MTU_1024, .dest_qp_num = 0x123, .rq_psn = 0x456,
	.max_dest_rd_atomic = 1, .min_rnr_timer = 12,
};

static void check_options(void)
{
	struct {
		struct uvb_qp_modify_opts opts;
		uint64_t later;
	} longer = { .opts = { .size = sizeof(longer), INIT_OPTS } };
	struct ibv_qp *qp = make_qp();
	char text[UVERBS_BPF_ERROR_MAX];
	char small[8];

	UVB_OPTS(uvb_qp_modify_opts, opts, INIT_OPTS);

	check(uvb_modify_qp(qp, NULL) == -EINVAL && errno == EINVAL, "no options are EINVAL");

	longer.later = 1;
	check(uvb_modify_qp(qp, &longer.opts) == -E2BIG && errno == E2BIG,
	      "a member set that this library does not know is E2BIG");
	check(qp->state == IBV_QPS_RESET, "a refused call leaves qp->state as it was");
	longer.later = 0;
	check(!uvb_modify_qp(qp, &longer.opts), "longer options with nothing in the rest work");
	check(qp->state == IBV_QPS_INIT, "a successful call sets qp->state");

	/* INIT to INIT is legal. */
	opts.size = offsetof(struct uvb_qp_modify_opts, qkey);
	opts.error = (void *)1;
	opts.error_len = 100;
	check(!uvb_modify_qp(qp, &opts), "shorter options work, and nothing beyond them is read");

	opts.size = sizeof(opts);
	opts.error = text;
	opts.error_len = sizeof(text);
	opts.mask |= IBV_QP_DEST_QPN;
	check(uvb_modify_qp(qp, &opts) == -EINVAL && strstr(text, "connection"),
	      "a bit of the connection in mask is refused and the text says where it belongs");
	opts.mask &= ~IBV_QP_DEST_QPN;
	opts.connection.fields = 1;
	check(uvb_modify_qp(qp, &opts) == -EINVAL && strstr(text, "fields"),
	      "an unknown field of the connection is refused");
	opts.connection.fields = 0;

	opts.error = small;
	opts.error_len = sizeof(small);
	opts.mask |= IBV_QP_DEST_QPN;
	memset(small, 'x', sizeof(small));
	check(uvb_modify_qp(qp, &opts) == -EINVAL && strlen(small) == sizeof(small) - 1,
	      "a short buffer takes the beginning of the text");
	opts.mask &= ~IBV_QP_DEST_QPN;
	check(!uvb_modify_qp(qp, &opts) && !small[0], "a successful call leaves an empty text");
	ibv_destroy_qp(qp);
}

static void check_state(void)
{
	char text[UVERBS_BPF_ERROR_MAX];
	struct ibv_qp *qp = make_qp();

	UVB_OPTS(uvb_qp_modify_opts, init, INIT_OPTS);
	UVB_OPTS(uvb_qp_modify_opts, rtr, .mask = IBV_QP_STATE, .state = IBV_QPS_RTR,
		 .connection = responder, .path = self(), .error = text,
		 .error_len = sizeof(text));
	UVB_OPTS(uvb_qp_modify_opts, reset, .mask = IBV_QP_STATE, .state = IBV_QPS_RESET);

	check(!uvb_modify_qp(qp, &init), "RESET to INIT");
	rtr.connection.fields &= ~UVERBS_BPF_QP_RQ_PSN;
	rtr.connection.rq_psn = 0;
	check(uvb_modify_qp(qp, &rtr) == -EINVAL && text[0],
	      "INIT to RTR without a PSN is EINVAL, with a reason");
	check(qp->state == IBV_QPS_INIT, "and leaves qp->state as it was");
	rtr.connection = responder;
	check(!uvb_modify_qp(qp, &rtr) && qp->state == IBV_QPS_RTR, "INIT to RTR");
	check(!uvb_modify_qp(qp, &reset) && qp->state == IBV_QPS_RESET, "RTR to RESET");
	ibv_destroy_qp(qp);
}

static const struct uverbs_bpf_qp_connection connection = {
	.fields = UVERBS_BPF_QP_PATH_MTU | UVERBS_BPF_QP_DEST_QPN | UVERBS_BPF_QP_RQ_PSN |
		  UVERBS_BPF_QP_MAX_DEST_RD_ATOMIC | UVERBS_BPF_QP_MIN_RNR_TIMER |
		  UVERBS_BPF_QP_SQ_PSN | UVERBS_BPF_QP_TIMEOUT | UVERBS_BPF_QP_RETRY_CNT |
		  UVERBS_BPF_QP_RNR_RETRY | UVERBS_BPF_QP_MAX_RD_ATOMIC,
	.path_mtu = IBV_MTU_1024, .dest_qp_num = 0x123, .rq_psn = 0x456,
	.max_dest_rd_atomic = 1, .min_rnr_timer = 12,
	.sq_psn = 0x789, .timeout = 14, .retry_cnt = 6, .rnr_retry = 5, .max_rd_atomic = 1,
};

static enum ibv_qp_state state_of(struct ibv_qp *qp)
{
	struct ibv_qp_init_attr init_attr;
	struct ibv_qp_attr attr;

	return ibv_query_qp(qp, &attr, IBV_QP_STATE, &init_attr) ? IBV_QPS_UNKNOWN : attr.qp_state;
}

/* Each leaves the QP in RESET, whoever serves the device; @says is what uverbs_bpf says. */
static void check_connect_refused(struct ibv_qp *qp)
{
	static const struct {
		const char *what;
		const char *says;
		uint32_t clear;
		uint32_t port;
		int32_t max_rd_atomic;
		uint32_t dest_qp_num;
		uint16_t path_clear;
		uint16_t sgid_index;
	} wrong[] = {
		{ "a connection without a PSN to expect", "rq_psn: missing",
		  .clear = UVERBS_BPF_QP_RQ_PSN },
		{ "a connection without a timeout", "timeout: missing",
		  .clear = UVERBS_BPF_QP_TIMEOUT },
		{ "a QP number of 25 bits", "dest_qp_num is 16777216, wants 0 to", .dest_qp_num = 1 << 24 },
		{ "port 77", "PORT: 77", .port = 77 },
		{ "no path", "wants a path", .path_clear = 0xffff },
		{ "a path without a destination", "exactly one of",
		  .path_clear = UVERBS_BPF_ROCE_DEST_IPV4 },
		{ "a source GID that is not there", "sgid_index 200", .sgid_index = 200 },
		{ "more RDMA READs than the device can do", "QP RTR to RTS",
		  .max_rd_atomic = 255 },
	};
	char text[UVERBS_BPF_ERROR_MAX], label[128];
	size_t i;
	int ret;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		UVB_OPTS(uvb_qp_connect_opts, opts, .connection = connection, .path = self(),
			 .port = wrong[i].port, .error = text, .error_len = sizeof(text));

		/* What is not given must be 0, or it would be that which is refused. */
		opts.connection.fields &= ~wrong[i].clear;
		if (wrong[i].clear & UVERBS_BPF_QP_RQ_PSN)
			opts.connection.rq_psn = 0;
		if (wrong[i].clear & UVERBS_BPF_QP_TIMEOUT)
			opts.connection.timeout = 0;
		if (wrong[i].dest_qp_num)
			opts.connection.dest_qp_num = wrong[i].dest_qp_num;
		if (wrong[i].max_rd_atomic)
			opts.connection.max_rd_atomic = wrong[i].max_rd_atomic;
		if (wrong[i].sgid_index)
			opts.path.sgid_index = wrong[i].sgid_index;
		opts.path.fields &= ~wrong[i].path_clear;
		text[0] = '\0';
		ret = uvb_connect_qp(qp, &opts);
		printf("\t%d: %s\n", ret, text);
		/* ib_uverbs cuts or passes on some values that uverbs_bpf refuses. */
		if (!served && !ret) {
			struct ibv_qp_attr reset = { .qp_state = IBV_QPS_RESET };

			ibv_modify_qp(qp, &reset, IBV_QP_STATE);
			continue;
		}
		snprintf(label, sizeof(label), "connect with %s is refused", wrong[i].what);
		check(ret < 0 && errno == -ret && text[0] &&
		      (!served || strstr(text, wrong[i].says)), label);
		check(state_of(qp) == IBV_QPS_RESET, "and the QP is in RESET");
	}
}

static void check_connect(void)
{
	struct ibv_qp *qp = make_qp();
	char text[UVERBS_BPF_ERROR_MAX];

	UVB_OPTS(uvb_qp_connect_opts, opts, .connection = connection, .path = self(),
		 .access_flags = IBV_ACCESS_REMOTE_WRITE, .error = text, .error_len = sizeof(text));
	UVB_OPTS(uvb_qp_query_opts, query,
		 .mask = IBV_QP_STATE | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS | IBV_QP_DEST_QPN);

	check_connect_refused(qp);
	check(!uvb_connect_qp(qp, &opts) && qp->state == IBV_QPS_RTS && !text[0],
	      "connect: RESET to RTS in one call");
	check(!uvb_query_qp(qp, &query) && query.state == IBV_QPS_RTS && query.port == 1 &&
	      query.access_flags & IBV_ACCESS_REMOTE_WRITE &&
	      query.connection.dest_qp_num == 0x123 && query.connection.rq_psn == 0x456 &&
	      query.connection.sq_psn == 0x789 && query.connection.timeout == 14 &&
	      query.connection.retry_cnt == 6 && query.connection.rnr_retry == 5 &&
	      query.connection.min_rnr_timer == 12,
	      "port, access flags and connection are as set");
	check(uvb_connect_qp(qp, &opts) == -EINVAL && strstr(text, "RESET"),
	      "a QP that is connected is refused");
	check(state_of(qp) == IBV_QPS_RTS, "and stays connected");
	ibv_destroy_qp(qp);
}

/* From any state to RTR by the plain verbs, with a path of this traffic class. */
static int connect_legacy(struct ibv_qp *qp, uint8_t traffic_class)
{
	struct ibv_qp_attr reset = { .qp_state = IBV_QPS_RESET };
	struct ibv_qp_attr init = { .qp_state = IBV_QPS_INIT, .port_num = 1 };
	struct ibv_qp_attr rtr = {
		.qp_state = IBV_QPS_RTR,
		.ah_attr = {
			.grh = {
				.sgid_index = sgid_index,
				.hop_limit = 64,
				.traffic_class = traffic_class,
			},
			.is_global = 1,
			.port_num = 1,
		},
		.path_mtu = IBV_MTU_1024,
		.dest_qp_num = 0x321,
		.max_dest_rd_atomic = 1,
		.min_rnr_timer = 12,
	};

	rtr.ah_attr.grh.dgid.raw[10] = 0xff;
	rtr.ah_attr.grh.dgid.raw[11] = 0xff;
	memcpy(rtr.ah_attr.grh.dgid.raw + 12, address, 4);
	return ibv_modify_qp(qp, &reset, IBV_QP_STATE) ?:
	       ibv_modify_qp(qp, &init, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT |
					IBV_QP_ACCESS_FLAGS) ?:
	       ibv_modify_qp(qp, &rtr, IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU |
				       IBV_QP_DEST_QPN | IBV_QP_RQ_PSN |
				       IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER);
}

static void check_query(void)
{
	struct ibv_qp_attr legacy = { .qp_access_flags = 0, .min_rnr_timer = 5 };
	struct uverbs_bpf_roce_path path = self();
	static const uint8_t v4mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct ibv_qp *qp = make_qp();
	char text[UVERBS_BPF_ERROR_MAX];

	UVB_OPTS(uvb_qp_modify_opts, init, INIT_OPTS);
	UVB_OPTS(uvb_qp_modify_opts, rtr, .mask = IBV_QP_STATE, .state = IBV_QPS_RTR,
		 .connection = responder);
	UVB_OPTS(uvb_qp_modify_opts, rts, .mask = IBV_QP_STATE, .state = IBV_QPS_RTS,
		 .connection = {
			.fields = UVERBS_BPF_QP_SQ_PSN | UVERBS_BPF_QP_TIMEOUT |
				  UVERBS_BPF_QP_RETRY_CNT | UVERBS_BPF_QP_RNR_RETRY |
				  UVERBS_BPF_QP_MAX_RD_ATOMIC,
			.sq_psn = 0x789, .timeout = 14, .retry_cnt = 6, .rnr_retry = 5,
			.max_rd_atomic = 1,
		 });
	UVB_OPTS(uvb_qp_query_opts, query, .mask = IBV_QP_STATE | IBV_QP_AV, .error = text,
		 .error_len = sizeof(text));

	check(!uvb_query_qp(qp, &query) && query.state == IBV_QPS_RESET && !query.path.fields,
	      "a QP in RESET has no path");
	uvb_modify_qp(qp, &init);
	check(!uvb_query_qp(qp, &query) && query.state == IBV_QPS_INIT && !query.path.fields,
	      "a QP in INIT has no path");

	path.fields |= UVERBS_BPF_ROCE_DSCP;
	path.traffic = 46;
	rtr.path = path;
	check(!uvb_modify_qp(qp, &rtr) && !uvb_modify_qp(qp, &rts), "connect");

	query.mask = IBV_QP_STATE | IBV_QP_AV | IBV_QP_CAP | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS |
		     IBV_QP_DEST_QPN;
	query.qkey = 0x5555;
	qp->state = IBV_QPS_ERR;
	check(!uvb_query_qp(qp, &query), "query");
	check(query.state == IBV_QPS_RTS && qp->state == IBV_QPS_RTS,
	      "the state is RTS, also in qp->state");
	check(query.port == 1 && query.access_flags & IBV_ACCESS_REMOTE_WRITE,
	      "port and access flags are as set");
	check((query.connection.fields & responder.fields) == responder.fields &&
	      query.connection.dest_qp_num == 0x123 && query.connection.rq_psn == 0x456 &&
	      query.connection.sq_psn == 0x789 && query.connection.path_mtu == IBV_MTU_1024 &&
	      query.connection.timeout == 14 && query.connection.retry_cnt == 6 &&
	      query.connection.rnr_retry == 5 && query.connection.min_rnr_timer == 12,
	      "the connection is as set");
	if (served)
		check(query.path.fields & UVERBS_BPF_ROCE_DEST_IPV4 &&
		      !memcmp(query.path.dest, address, 4) && query.path.sgid_index == sgid_index &&
		      query.path.fields & UVERBS_BPF_ROCE_DSCP && query.path.traffic == 46,
		      "the path is as set, in the same words: IPv4 address, SGID index, DSCP");
	else
		check(query.path.fields & UVERBS_BPF_ROCE_DEST_GID &&
		      !memcmp(query.path.dest, v4mapped, 12) &&
		      !memcmp(query.path.dest + 12, address, 4) &&
		      query.path.sgid_index == sgid_index &&
		      query.path.fields & UVERBS_BPF_ROCE_TRAFFIC_CLASS &&
		      query.path.traffic == 46 << 2,
		      "the path is as set: GID, SGID index, traffic class");
	check(query.cap.max_send_wr >= 1 && query.cap.max_recv_sge >= 1, "the queues have sizes");
	check(query.qkey == 0x5555, "what was not asked for stays untouched");

	check(!ibv_modify_qp(qp, &legacy, IBV_QP_ACCESS_FLAGS | IBV_QP_MIN_RNR_TIMER),
	      "ibv_modify_qp in between");
	check(!uvb_query_qp(qp, &query) && !(query.access_flags & IBV_ACCESS_REMOTE_WRITE) &&
	      query.connection.min_rnr_timer == 5, "query shows what it changed");

	check(!connect_legacy(qp, 0x20), "reset, and another path by ibv_modify_qp");
	check(!uvb_query_qp(qp, &query) && query.state == IBV_QPS_RTR &&
	      query.path.fields & UVERBS_BPF_ROCE_DEST_GID &&
	      query.path.fields & UVERBS_BPF_ROCE_TRAFFIC_CLASS && query.path.traffic == 0x20 &&
	      query.connection.dest_qp_num == 0x321,
	      "query shows the new path and peer, and no words of the old one");

	query.mask = 1 << 28;
	check(uvb_query_qp(qp, &query) == -EINVAL && text[0], "an unknown bit is EINVAL");
	ibv_destroy_qp(qp);
}

/* Calls that no device may take, whoever serves it. */
static void check_refusals(void)
{
	static const struct {
		const char *what;
		uint16_t set, clear;
		uint8_t traffic, priority, hop_limit;
		uint32_t flow;
	} wrong[] = {
		{ "two destinations are refused", .set = UVERBS_BPF_ROCE_DEST_GID },
		{ "no destination is refused", .clear = UVERBS_BPF_ROCE_DEST_IPV4 },
		{ "no SGID index is refused", .clear = UVERBS_BPF_ROCE_SGID_INDEX },
		{ "DSCP 64 is refused", .set = UVERBS_BPF_ROCE_DSCP, .traffic = 64 },
		{ "DSCP and traffic class together are refused",
		  .set = UVERBS_BPF_ROCE_DSCP | UVERBS_BPF_ROCE_TRAFFIC_CLASS },
		{ "flow label and UDP source port together are refused",
		  .set = UVERBS_BPF_ROCE_FLOW_LABEL | UVERBS_BPF_ROCE_UDP_SPORT, .flow = 0xc001 },
		{ "a flow label of 21 bits is refused", .set = UVERBS_BPF_ROCE_FLOW_LABEL,
		  .flow = 0x100000 },
		{ "UDP source port 4791 is refused", .set = UVERBS_BPF_ROCE_UDP_SPORT,
		  .flow = 4791 },
		{ "priority 8 is refused", .set = UVERBS_BPF_ROCE_PRIORITY, .priority = 8 },
		{ "a hop limit for unicast is refused", .set = UVERBS_BPF_ROCE_HOP_LIMIT,
		  .hop_limit = 9 },
		{ "a traffic class that fields does not mention is refused", .traffic = 1 },
		{ "an unknown field is refused", .set = 1 << 15 },
	};
	char text[UVERBS_BPF_ERROR_MAX];
	struct ibv_ah_attr attr;
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		UVB_OPTS(uvb_ah_opts, opts, .port = 1, .path = self(), .error = text,
			 .error_len = sizeof(text));
		int ret;

		opts.path.fields = (opts.path.fields | wrong[i].set) & ~wrong[i].clear;
		opts.path.traffic = wrong[i].traffic;
		opts.path.priority = wrong[i].priority;
		opts.path.hop_limit = wrong[i].hop_limit;
		opts.path.flow = wrong[i].flow;
		text[0] = '\0';
		ret = uvb_resolve_path(pd, &opts, &attr);
		check((ret == -EINVAL || ret == -EOPNOTSUPP) && text[0], wrong[i].what);
		if (text[0])
			printf("\t%s\n", text);
	}
}

static void check_address(void)
{
	struct ibv_ah_attr attr = {};
	char text[UVERBS_BPF_ERROR_MAX];
	struct ibv_ah *ah;

	UVB_OPTS(uvb_ah_opts, opts, .port = 1, .path = self(), .error = text,
		 .error_len = sizeof(text));

	opts.path.fields |= UVERBS_BPF_ROCE_TRAFFIC_CLASS;
	opts.path.traffic = 0x29;
	check(!uvb_resolve_path(pd, &opts, &attr), "resolve a path");
	check(attr.is_global && attr.port_num == 1 && attr.grh.sgid_index == sgid_index &&
	      attr.grh.traffic_class == 0x29 && attr.grh.dgid.raw[11] == 0xff &&
	      !memcmp(attr.grh.dgid.raw + 12, address, 4),
	      "the address vector is what the path says");
	ah = uvb_create_ah(pd, &opts);
	check(ah && ah->pd == pd && !ibv_destroy_ah(ah), "make an AH and destroy it");

	opts.port = 77;
	errno = 0;
	check(!uvb_create_ah(pd, &opts) && errno == EINVAL && text[0],
	      "an AH on port 77 is EINVAL, with a reason");
}

struct found {
	int records, methods;
	bool qp_modify, roce_path;
};

static int count(const struct uverbs_bpf_schema_record *record, void *arg)
{
	struct found *found = arg;

	found->records++;
	if (record->what == UVERBS_BPF_SCHEMA_METHOD)
		found->methods++;
	if (record->what == UVERBS_BPF_SCHEMA_METHOD && record->object == 4 &&
	    record->method == UVERBS_BPF_METHOD_QP_MODIFY)
		found->qp_modify = true;
	if (record->what == UVERBS_BPF_SCHEMA_ATTR && record->attr == UVERBS_BPF_ATTR_ROCE_PATH &&
	    record->flags & UVERBS_BPF_SCHEMA_PROGRAM)
		found->roce_path = true;
	return 0;
}

static int stop(const struct uverbs_bpf_schema_record *record, void *arg)
{
	(void)record;
	return ++*(int *)arg == 3 ? 42 : 0;
}

static void check_schema(void)
{
	struct found found = {};
	int calls = 0;

	if (!served) {
		check(uvb_schema(context, count, &found) == -EOPNOTSUPP && !found.records,
		      "ib_uverbs has no schema to tell: EOPNOTSUPP");
		return;
	}
	/* More than one page. */
	check(!uvb_schema(context, count, &found) && found.records > 128,
	      "the schema has several pages of records");
	check(found.methods > 10 && found.qp_modify && found.roce_path,
	      "QP_MODIFY and the path of the attached program are among them");
	check(uvb_schema(context, stop, &calls) == 42 && calls == 3,
	      "a callback ends the walk, and its result comes back");
}

static void check_srq(void)
{
	struct ibv_srq_init_attr init = { .attr = { .max_wr = 8, .max_sge = 1 } };
	struct ibv_srq *srq = ibv_create_srq(pd, &init);
	char text[UVERBS_BPF_ERROR_MAX];
	struct ibv_srq_attr now;

	UVB_OPTS(uvb_srq_modify_opts, opts, .mask = IBV_SRQ_LIMIT, .limit = 3, .error = text,
		 .error_len = sizeof(text));

	if (!srq)
		die("create_srq");
	check(!uvb_modify_srq(srq, &opts) && !ibv_query_srq(srq, &now) && now.srq_limit == 3,
	      "an SRQ's limit is armed");
	opts.mask = IBV_SRQ_MAX_WR;
	opts.max_wr = 16;
	check(!uvb_modify_srq(srq, &opts) && !ibv_query_srq(srq, &now) && now.max_wr >= 16,
	      "an SRQ is resized");
	opts.mask = 0;
	check(uvb_modify_srq(srq, &opts) == -EINVAL && strstr(text, "wants MAX_WR, LIMIT or both"),
	      "nothing to change in an SRQ is refused in words");
	ibv_destroy_srq(srq);
}

/* A PD is one for everything that libibverbs makes in it. */
static void check_pd(void)
{
	struct ibv_pd *before = pd;
	struct ibv_pd *made;
	struct ibv_qp *qp;
	struct ibv_mr *mr;
	static char buf[64];
	char text[UVERBS_BPF_ERROR_MAX];

	UVB_OPTS(uvb_pd_opts, opts, .error = text, .error_len = sizeof(text));

	text[0] = 'x';
	made = uvb_alloc_pd(context, &opts);
	check(made && made->context == context && !text[0], "a PD is allocated");
	if (!made)
		return;
	check(made->handle != before->handle, "it is another one");
	mr = ibv_reg_mr(made, buf, sizeof(buf), 0);
	check(mr, "memory is registered in it");
	pd = made;
	qp = make_qp();
	pd = before;
	check(qp->pd == made, "and a QP made");
	check(ibv_dealloc_pd(made) == EBUSY, "a PD in use is not deallocated");
	ibv_dereg_mr(mr);
	ibv_destroy_qp(qp);
	check(!ibv_dealloc_pd(made), "an unused one is, by libibverbs");

	check(!uvb_alloc_pd(context, NULL) && errno == EINVAL, "no options for a PD are EINVAL");
	opts.size = sizeof(size_t) - 1;
	check(!uvb_alloc_pd(context, &opts) && errno == EINVAL, "nor are too short ones options");
}

/* A receive that a QP in error gives back is in the CQ when this returns. */
static struct ibv_qp *flush_receive(struct ibv_comp_channel *channel)
{
	struct ibv_qp_attr error = { .qp_state = IBV_QPS_ERR };
	struct ibv_recv_wr receive = {}, *bad;
	struct ibv_qp *qp = make_qp();
	struct ibv_cq *notified;
	void *unused;

	UVB_OPTS(uvb_qp_modify_opts, init, INIT_OPTS);

	if (ibv_req_notify_cq(cq, 0) || uvb_modify_qp(qp, &init) ||
	    ibv_post_recv(qp, &receive, &bad) || ibv_modify_qp(qp, &error, IBV_QP_STATE) ||
	    ibv_get_cq_event(channel, &notified, &unused))
		die("flush a receive");
	ibv_ack_cq_events(notified, 1);
	return qp;
}

static void check_cq(void)
{
	struct ibv_comp_channel *channel = ibv_create_comp_channel(context);
	struct ibv_cq *before = cq;
	struct ibv_qp *qps[2];
	struct ibv_wc wc[3];
	char text[UVERBS_BPF_ERROR_MAX];

	UVB_OPTS(uvb_cq_resize_opts, opts, .cqe = 100, .error = text, .error_len = sizeof(text));

	cq = ibv_create_cq(context, 4, NULL, channel, 0);
	if (!channel || !cq)
		die("create_cq");
	check(!uvb_resize_cq(cq, &opts) && cq->cqe >= 100 && !text[0], "a CQ is enlarged");
	opts.cqe = 20;
	check(!uvb_resize_cq(cq, &opts) && cq->cqe >= 20 && cq->cqe < 100, "and made smaller");
	opts.cqe = 0;
	check(uvb_resize_cq(cq, &opts) == -EINVAL && strstr(text, "CQE: 0, a CQ of this device has 1 to"),
	      "a CQ of no entries is refused in words");
	opts.cqe = UINT32_MAX;
	check(uvb_resize_cq(cq, &opts) == -EINVAL && strstr(text, "CQE: 4294967295, a CQ of this"),
	      "one of four billion, too");
	check(cq->cqe >= 20 && cq->cqe < 100, "and the CQ is as it was");
	check(uvb_resize_cq(cq, NULL) == -EINVAL && errno == EINVAL, "no options for a CQ are EINVAL");

	qps[0] = flush_receive(channel);
	qps[1] = flush_receive(channel);
	opts.cqe = 1;
	check(uvb_resize_cq(cq, &opts) == -EINVAL && strstr(text, "what is in the CQ must fit"),
	      "a CQ too small for the completions in it is refused in words");
	opts.cqe = 2;
	check(!uvb_resize_cq(cq, &opts) && cq->cqe >= 2 && cq->cqe < 20,
	      "one that is just large enough is made");
	check(ibv_poll_cq(cq, 3, wc) == 2 && wc[0].status == IBV_WC_WR_FLUSH_ERR &&
	      wc[0].qp_num == qps[0]->qp_num && wc[1].qp_num == qps[1]->qp_num,
	      "and has the completions");
	ibv_destroy_qp(qps[0]);
	ibv_destroy_qp(qps[1]);
	ibv_destroy_cq(cq);
	ibv_destroy_comp_channel(channel);
	cq = before;
}

/* What a provider says of a PD comes back. */
static void check_guarded(void)
{
	char text[UVERBS_BPF_ERROR_MAX];

	UVB_OPTS(uvb_pd_opts, opts, .error = text, .error_len = sizeof(text));

	check(!uvb_alloc_pd(context, &opts) && errno == EPERM, "a provider refuses a PD");
	printf("\t%s\n", text);
	check(strstr(text, "no PD for user") && strstr(text, "guard"), "and says why, and who it is");
	opts.error = NULL;
	check(!uvb_alloc_pd(context, &opts) && errno == EPERM, "also to who does not ask why");
}

static void check_mr(void)
{
	static char buf[8192];
	char text[UVERBS_BPF_ERROR_MAX];
	struct uvb_mr mr;

	UVB_OPTS(uvb_mr_opts, opts, .addr = buf, .length = sizeof(buf), .error = text,
		 .access = IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE,
		 .error_len = sizeof(text));

	check(!uvb_reg_mr(pd, &opts, &mr) && mr.lkey && mr.rkey && !mr.mr == served,
	      "memory is registered, by the kernel's method where uverbs_bpf serves");
	check(!uvb_dereg_mr(&mr), "and deregistered");
	if (served)
		check(uvb_dereg_mr(&mr) == -ENOENT, "once");
	opts.iova = (uintptr_t)buf + 0x100000;
	opts.use_iova = 1;
	check(!uvb_reg_mr(pd, &opts, &mr) && !uvb_dereg_mr(&mr),
	      "memory is registered at another address");
	opts.access = IBV_ACCESS_REMOTE_WRITE;
	check(uvb_reg_mr(pd, &opts, &mr) < 0 && text[0],
	      "rights that do not go together are refused in words");
}

static void check_attrs(void)
{
	struct ibv_qp *qp = make_qp();
	char text[UVERBS_BPF_ERROR_MAX];
	struct uverbs_bpf_roce_path path = self();
	struct uvb_attr attr = { UVERBS_BPF_ATTR_ROCE_PATH, sizeof(path), &path };

	UVB_OPTS(uvb_qp_modify_opts, init, INIT_OPTS);
	UVB_OPTS(uvb_qp_modify_opts, rtr, .mask = IBV_QP_STATE, .state = IBV_QPS_RTR,
		 .connection = responder, .nr_attrs = 1, .attrs = &attr, .error = text,
		 .error_len = sizeof(text));

	check(!uvb_modify_qp(qp, &init), "INIT");
	if (served) {
		check(uvb_find_attr(context, "roce", UVERBS_OBJECT_QP, UVERBS_BPF_METHOD_QP_MODIFY,
				    "roce_path") == UVERBS_BPF_ATTR_ROCE_PATH,
		      "an attribute is found by name");
		check(uvb_find_attr(context, "nobody", UVERBS_OBJECT_QP, UVERBS_BPF_METHOD_QP_MODIFY,
				    "roce_path") == -ENOENT, "one of nobody is not");
		check(!uvb_modify_qp(qp, &rtr), "a path goes as an attribute with an id, too");
	} else {
		check(uvb_modify_qp(qp, &rtr) == -EOPNOTSUPP && strstr(text, "0x4000: ib_uverbs"),
		      "attributes of programs are refused where ib_uverbs serves");
	}
	rtr.nr_attrs = UVB_MAX_ATTRS + 1;
	check(uvb_modify_qp(qp, &rtr) == -EINVAL && strstr(text, "at most 8"),
	      "too many attributes are refused");
	ibv_destroy_qp(qp);
}

/* Nobody is there to open; what the library itself refuses. Calls are in uvb-provider.c. */
static void check_provider(void)
{
	char error[UVERBS_BPF_ERROR_MAX];
	UVB_OPTS(uvb_provider_opts, opts, .error = error, .error_len = sizeof(error));
	struct uvb_channel *channel = (void *)1;
	struct {
		struct uvb_provider_opts opts;
		char later;
	} longer = { .opts.size = sizeof(longer), .later = 1 };
	int ret;

	ret = uvb_provider_open(context, "nobody", &opts, &channel);
	check(ret == (served ? -ENOENT : -EOPNOTSUPP) && errno == -ret && !channel,
	      "a provider that is not there is not opened");
	check(strstr(error, served ? "provider nobody is not attached to" :
				     "served by ib_uverbs, which has no providers"),
	      "and the reason is said");
	check(uvb_provider_open(context, "nobody", NULL, &channel) == ret, "nor without options");
	check(uvb_provider_open(context, "", &opts, &channel) == -EINVAL &&
	      uvb_provider_open(context, NULL, &opts, &channel) == -EINVAL &&
	      uvb_provider_open(context, "sixteen-letters-", &opts, &channel) == -EINVAL &&
	      strstr(error, "1 to 15 bytes"), "a name that no provider can have is refused");
	check(uvb_provider_open(context, "nobody", &longer.opts, &channel) == -E2BIG,
	      "options of a later library are refused");
	uvb_provider_close(NULL);
}

int main(int argc, char **argv)
{
	bool guarded = argc > 1 && !strcmp(argv[1], "--guarded");
	int i;

	if (argc < 2 || argc > 3 ||
	    (!guarded && strcmp(argv[1], "--served") && strcmp(argv[1], "--stock"))) {
		fputs("Usage: uvb-library --served|--stock|--guarded [DEVICE]\n", stderr);
		return 2;
	}
	served = !strcmp(argv[1], "--served");
	open_device(argv[2]);
	if (guarded) {
		check_guarded();
		ibv_close_device(context);
		return failures != 0;
	}
	setup();

	/* Twice: asked, and remembered. */
	for (i = 0; i < 2; i++)
		check(uvb_is_served(context) == served, served ? "uverbs_bpf serves the device" :
								 "ib_uverbs serves the device");
	check_options();
	check_state();
	check_connect();
	check_query();
	check_refusals();
	check_address();
	check_schema();
	check_pd();
	check_cq();
	check_srq();
	check_mr();
	check_attrs();
	check_provider();

	ibv_destroy_cq(cq);
	ibv_dealloc_pd(pd);
	ibv_close_device(context);
	if (failures)
		printf("%d checks are not ok\n", failures);
	return failures != 0;
}
