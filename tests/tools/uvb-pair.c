// SPDX-License-Identifier: BSD-2-Clause
/*
 * uvb-pair: connect two QPs of one RoCE or InfiniBand device, move data between
 * them, and verify every byte.
 *
 *	uvb-pair --dscp 46 --udp-sport 50000
 *	uvb-pair --type ud --dest ipv6 --legacy
 *	uvb-pair --udp-sport 50000 --expect-refused 'no program'
 *	uvb-pair --device ib0 --connect --sl 3
 *
 * By default the QPs are connected with libuverbs-bpf and nothing but RoCE
 * addressing. The two ends are threads, or processes with --processes; they
 * tell each other QP number, PSN and buffer over a socket pair.
 *
 * Exit status: 0 all held, 1 something did not, 2 usage, 3 refused (the
 * kernel or the library said no where that was not expected).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <uverbs-bpf/verbs.h>

#define GRH_BYTES	40
#define QKEY		0x11223344
#define TIMEOUT_SECONDS	20
#define SIZE_NOT_GIVEN	(~0U)
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

enum { EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_REFUSED = 3 };

static struct {
	const char *device;
	const char *dest;
	const char *address;
	const char *hold;
	const char *refused;		/* NULL: not expected; else text to find, may be empty */
	enum ibv_qp_type type;
	int port;
	int sgid_index;
	struct uverbs_bpf_roce_path path;
	struct uverbs_bpf_ib_path ib_path;
	bool grh;
	unsigned int size;
	unsigned long rounds;
	unsigned long seconds;
	bool legacy;
	bool connect;
	bool processes;
	bool absent_ok;
} opt = {
	.dest = "gid", .type = IBV_QPT_RC, .port = 1, .sgid_index = -1,
	.size = SIZE_NOT_GIVEN, .rounds = 1,
};

/* What one end tells the other. */
struct peer {
	union ibv_gid gid;
	uint32_t lid;
	uint64_t addr;
	uint32_t rkey;
	uint32_t qp_num;
	uint32_t psn;
	uint32_t failed;
};

struct end {
	int fd;				/* to the other end */
	bool first;			/* the one that talks, sends first and writes */
	struct ibv_context *context;
	struct ibv_pd *pd;
	struct ibv_cq *cq;
	struct ibv_qp *qp;
	struct ibv_mr *mr;
	struct ibv_ah *ah;
	unsigned char *buf;		/* receive, send, and target of RDMA WRITE */
	struct peer me, peer;
	enum ibv_mtu mtu;
	bool ib;			/* the port is InfiniBand, else RoCE */
	int sgid_index;
	unsigned long absent;
	int status;
};

static void say(const struct end *end, const char *fmt, ...)
{
	va_list args;

	if (!end->first)
		return;
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	fflush(stdout);
}

__attribute__((format(printf, 2, 3)))
static int fail(struct end *end, const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "uvb-pair: %s end: ", end->first ? "first" : "second");
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	end->status = EXIT_FAILED;
	return -1;
}

/* Both ends come here with what the other needs to know. */
static int exchange(struct end *end)
{
	if (send(end->fd, &end->me, sizeof(end->me), MSG_NOSIGNAL) != sizeof(end->me) ||
	    recv(end->fd, &end->peer, sizeof(end->peer), MSG_WAITALL) != sizeof(end->peer))
		return fail(end, "the other end is gone");
	return 0;
}

/*
 * Meet the other end. Both learn whether either failed, so that neither waits
 * for data that will not come.
 */
static int meet(struct end *end, int ret)
{
	end->me.failed = ret != 0;
	if (exchange(end))
		return -1;
	return ret || end->peer.failed ? -1 : 0;
}

static unsigned int header(void)
{
	return opt.type == IBV_QPT_UD ? GRH_BYTES : 0;
}

static unsigned char *recv_buf(const struct end *end)
{
	return end->buf;
}

static unsigned char *send_buf(const struct end *end)
{
	return end->buf + GRH_BYTES + opt.size;
}

static unsigned char *write_buf(const struct end *end)
{
	return end->buf + GRH_BYTES + 2 * opt.size;
}

static void fill(unsigned char *buf, unsigned int seed)
{
	unsigned int i;

	for (i = 0; i < opt.size; i++)
		buf[i] = (seed = seed * 1103515245 + 12345) >> 16;
}

static bool matches(const unsigned char *buf, unsigned int seed)
{
	unsigned int i;

	for (i = 0; i < opt.size; i++) {
		if (((volatile const unsigned char *)buf)[i] !=
		    (unsigned char)((seed = seed * 1103515245 + 12345) >> 16))
			return false;
	}
	return true;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* ---- set-up ---- */

static int pick_gid(struct end *end)
{
	struct ibv_gid_entry entries[256];
	ssize_t n, i;
	int best = -1;

	n = ibv_query_gid_table(end->context, entries, 256, 0);
	if (n < 0)
		return fail(end, "query_gid_table: %s", strerror(-n));
	for (i = 0; i < n; i++) {
		const union ibv_gid *gid = &entries[i].gid;
		bool v4 = IN6_IS_ADDR_V4MAPPED((const struct in6_addr *)gid->raw);

		if (entries[i].port_num != (uint32_t)opt.port)
			continue;
		if (opt.sgid_index >= 0) {
			if (entries[i].gid_index != (uint32_t)opt.sgid_index)
				continue;
			best = i;
			break;
		}
		if (end->ib) {
			best = i;
			break;
		}
		if (entries[i].gid_type != IBV_GID_TYPE_ROCE_V2)
			continue;
		/* By default the kind of address that the destination is asked to be. */
		if (v4 == (strcmp(opt.dest, "ipv6") != 0)) {
			best = i;
			break;
		}
	}
	if (best < 0)
		return fail(end, "port %d of %s has no such GID", opt.port,
			    ibv_get_device_name(end->context->device));
	end->me.gid = entries[best].gid;
	end->sgid_index = entries[best].gid_index;
	return 0;
}

static int open_end(struct end *end)
{
	struct ibv_qp_init_attr init = {
		.cap = { .max_send_wr = 4, .max_recv_wr = 4, .max_send_sge = 1, .max_recv_sge = 1 },
		.qp_type = opt.type,
	};
	struct ibv_device **list, *device = NULL;
	struct ibv_port_attr port;
	size_t bytes;
	int i, n;

	list = ibv_get_device_list(&n);
	for (i = 0; list && i < n && !device; i++) {
		if (!opt.device || !strcmp(opt.device, ibv_get_device_name(list[i])))
			device = list[i];
	}
	if (device)
		end->context = ibv_open_device(device);
	if (list)
		ibv_free_device_list(list);
	if (!end->context)
		return fail(end, "cannot open %s: %s", opt.device ?: "any RDMA device",
			    device ? strerror(errno) : "no such device");

	if (ibv_query_port(end->context, opt.port, &port))
		return fail(end, "query_port %d: %s", opt.port, strerror(errno));
	end->mtu = port.active_mtu < IBV_MTU_1024 ? port.active_mtu : IBV_MTU_1024;
	if (opt.type == IBV_QPT_UD && opt.size > 128U << end->mtu)
		return fail(end, "--size %u: UD takes at most %u", opt.size, 128U << end->mtu);
	end->ib = port.link_layer == IBV_LINK_LAYER_INFINIBAND;
	end->me.lid = port.lid;
	if (pick_gid(end))
		return -1;

	bytes = GRH_BYTES + 3 * (size_t)opt.size;
	end->buf = calloc(1, bytes);
	end->pd = ibv_alloc_pd(end->context);
	if (end->pd && end->buf)
		end->mr = ibv_reg_mr(end->pd, end->buf, bytes,
				     IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE);
	end->cq = ibv_create_cq(end->context, 16, NULL, NULL, 0);
	if (!end->mr || !end->cq)
		return fail(end, "cannot make PD, MR or CQ: %s", strerror(errno));
	init.send_cq = end->cq;
	init.recv_cq = end->cq;
	end->qp = ibv_create_qp(end->pd, &init);
	if (!end->qp)
		return fail(end, "create_qp: %s", strerror(errno));

	end->me.addr = (uintptr_t)write_buf(end);
	end->me.rkey = end->mr->rkey;
	end->me.qp_num = end->qp->qp_num;
	end->me.psn = (getpid() * 7919 + end->qp->qp_num) & 0xffffff;
	return 0;
}

static void close_end(struct end *end)
{
	if (end->ah)
		ibv_destroy_ah(end->ah);
	if (end->qp)
		ibv_destroy_qp(end->qp);
	if (end->cq)
		ibv_destroy_cq(end->cq);
	if (end->mr)
		ibv_dereg_mr(end->mr);
	if (end->pd)
		ibv_dealloc_pd(end->pd);
	if (end->context)
		ibv_close_device(end->context);
	free(end->buf);
}

/* ---- connecting ---- */

/* On InfiniBand; a RoCE path that was asked for goes with it, to be refused. */
static void make_ib_path(struct end *end, struct uverbs_bpf_ib_path *path)
{
	*path = opt.ib_path;
	path->fields |= UVERBS_BPF_IB_DLID;
	path->dlid = end->peer.lid;
	if (!opt.grh)
		return;
	path->fields |= UVERBS_BPF_IB_DGID | UVERBS_BPF_IB_SGID_INDEX;
	path->sgid_index = end->sgid_index;
	memcpy(path->dgid, end->peer.gid.raw, sizeof(path->dgid));
}

/* One of the two, by the kind of port. */
static int make_path(struct end *end, struct uverbs_bpf_roce_path *path,
		     struct uverbs_bpf_ib_path *ib_path)
{
	const unsigned char *gid = end->peer.gid.raw;
	unsigned char given[16];

	*path = opt.path;
	*ib_path = opt.ib_path;
	if (end->ib && !path->fields) {
		make_ib_path(end, ib_path);
		return 0;
	}
	path->fields |= UVERBS_BPF_ROCE_SGID_INDEX;
	path->sgid_index = end->sgid_index;

	if (!strcmp(opt.dest, "ipv4")) {
		path->fields |= UVERBS_BPF_ROCE_DEST_IPV4;
		if (opt.address && inet_pton(AF_INET, opt.address, path->dest) != 1)
			return fail(end, "--address %s is no IPv4 address", opt.address);
		if (!opt.address)
			memcpy(path->dest, gid + 12, 4);
		return 0;
	}
	path->fields |= !strcmp(opt.dest, "ipv6") ? UVERBS_BPF_ROCE_DEST_IPV6 :
						    UVERBS_BPF_ROCE_DEST_GID;
	if (opt.address && inet_pton(AF_INET6, opt.address, given) != 1)
		return fail(end, "--address %s is no IPv6 address or GID", opt.address);
	memcpy(path->dest, opt.address ? given : gid, 16);
	return 0;
}

static void print_path(const struct end *end, const char *lead,
		       const struct uverbs_bpf_roce_path *path,
		       const struct uverbs_bpf_ib_path *ib_path)
{
	unsigned int fields = path->fields;
	char dest[INET6_ADDRSTRLEN];

	if (end->ib) {
		say(end, "%s LID 0x%x, SL %u%s\n", lead, ib_path->dlid, ib_path->sl,
		    ib_path->fields & UVERBS_BPF_IB_DGID ? ", global" : "");
		return;
	}

	inet_ntop(fields & UVERBS_BPF_ROCE_DEST_IPV4 ? AF_INET : AF_INET6, path->dest, dest,
		  sizeof(dest));
	say(end, "%s %s %s", lead, fields & UVERBS_BPF_ROCE_DEST_IPV4 ? "IPv4" :
	    fields & UVERBS_BPF_ROCE_DEST_IPV6 ? "IPv6" : "GID", dest);
	if (fields & UVERBS_BPF_ROCE_SGID_INDEX)
		say(end, ", SGID index %u", path->sgid_index);
	if (fields & UVERBS_BPF_ROCE_DSCP)
		say(end, ", DSCP %u", path->traffic);
	if (fields & UVERBS_BPF_ROCE_TRAFFIC_CLASS)
		say(end, ", traffic class 0x%x", path->traffic);
	if (fields & UVERBS_BPF_ROCE_UDP_SPORT)
		say(end, ", UDP source port %u", path->flow);
	if (fields & UVERBS_BPF_ROCE_FLOW_LABEL)
		say(end, ", flow label 0x%x", path->flow);
	if (fields & UVERBS_BPF_ROCE_PRIORITY)
		say(end, ", priority %u", path->priority);
	if (fields & UVERBS_BPF_ROCE_HOP_LIMIT)
		say(end, ", hop limit %u", path->hop_limit);
	say(end, "\n");
}

/*
 * The kernel or the library said no. EPROTONOSUPPORT means that no program is
 * attached for the path, which --absent-ok counts instead of failing.
 */
static int refused(struct end *end, const char *what, int err, const char *text)
{
	if (opt.absent_ok && err == -EPROTONOSUPPORT) {
		end->absent++;
		return -EPROTONOSUPPORT;
	}
	say(end, "%s refused: %s (%s)\n", what, strerror(-err), text);
	if (!end->first && !opt.refused)
		fprintf(stderr, "uvb-pair: second end: %s refused: %s (%s)\n", what,
			strerror(-err), text);
	end->status = EXIT_REFUSED;
	if (opt.refused && strstr(text, opt.refused))
		end->status = 0;
	else if (opt.refused)
		fail(end, "the refusal does not say '%s'", opt.refused);
	return err;
}

static int modify(struct end *end, const char *what, struct uvb_qp_modify_opts *opts)
{
	char text[UVERBS_BPF_ERROR_MAX];
	int ret;

	opts->error = text;
	opts->error_len = sizeof(text);
	ret = uvb_modify_qp(end->qp, opts);
	if (ret)
		return refused(end, what, ret, text);
	if ((opts->mask & IBV_QP_STATE) && end->qp->state != opts->state)
		return fail(end, "%s: qp->state is %d, wants %d", what, end->qp->state,
			    opts->state);
	return 0;
}

static int connect_attributes(struct end *end, bool talk)
{
	UVB_OPTS(uvb_qp_modify_opts, init, .mask = IBV_QP_STATE | IBV_QP_PORT | IBV_QP_PKEY_INDEX,
		 .state = IBV_QPS_INIT, .port = opt.port);
	UVB_OPTS(uvb_qp_modify_opts, rtr, .mask = IBV_QP_STATE, .state = IBV_QPS_RTR);
	UVB_OPTS(uvb_qp_modify_opts, rts, .mask = IBV_QP_STATE, .state = IBV_QPS_RTS);
	struct uverbs_bpf_roce_path path;
	struct uverbs_bpf_ib_path ib_path;
	char text[UVERBS_BPF_ERROR_MAX];
	int ret;

	if (make_path(end, &path, &ib_path))
		return -1;

	if (opt.type == IBV_QPT_UD) {
		init.mask |= IBV_QP_QKEY;
		init.qkey = QKEY;
	} else {
		init.mask |= IBV_QP_ACCESS_FLAGS;
		init.access_flags = IBV_ACCESS_REMOTE_WRITE;
		rtr.path = path;
		rtr.ib_path = ib_path;
		rtr.connection.fields = UVERBS_BPF_QP_PATH_MTU | UVERBS_BPF_QP_DEST_QPN |
					UVERBS_BPF_QP_RQ_PSN;
		rtr.connection.path_mtu = end->mtu;
		rtr.connection.dest_qp_num = end->peer.qp_num;
		rtr.connection.rq_psn = end->peer.psn;
	}
	rts.connection.fields = UVERBS_BPF_QP_SQ_PSN;
	rts.connection.sq_psn = end->me.psn;
	if (opt.type == IBV_QPT_RC) {
		rtr.connection.fields |= UVERBS_BPF_QP_MAX_DEST_RD_ATOMIC |
					 UVERBS_BPF_QP_MIN_RNR_TIMER;
		rtr.connection.max_dest_rd_atomic = 1;
		rtr.connection.min_rnr_timer = 12;
		rts.connection.fields |= UVERBS_BPF_QP_TIMEOUT | UVERBS_BPF_QP_RETRY_CNT |
					 UVERBS_BPF_QP_RNR_RETRY | UVERBS_BPF_QP_MAX_RD_ATOMIC;
		rts.connection.timeout = 14;
		rts.connection.retry_cnt = 7;
		rts.connection.rnr_retry = 7;
		rts.connection.max_rd_atomic = 1;
	}

	if (talk)
		print_path(end, opt.type == IBV_QPT_UD ? "address handle to" :
							 "QP modify to RTR with path", &path,
			   &ib_path);
	ret = modify(end, "QP modify to INIT", &init);
	if (!ret)
		ret = modify(end, "QP modify to RTR", &rtr);
	if (!ret)
		ret = modify(end, "QP modify to RTS", &rts);
	if (ret || opt.type != IBV_QPT_UD)
		return ret;

	UVB_OPTS(uvb_ah_opts, ah, .port = opt.port, .path = path, .ib_path = ib_path,
		 .error = text, .error_len = sizeof(text));
	end->ah = uvb_create_ah(end->pd, &ah);
	return end->ah ? 0 : refused(end, "address handle", -errno, text);
}

/* The same by one call; each QP type takes the fields it has. */
static int connect_at_once(struct end *end, bool talk)
{
	bool rc = opt.type == IBV_QPT_RC;
	char text[UVERBS_BPF_ERROR_MAX];
	int ret;

	UVB_OPTS(uvb_qp_connect_opts, opts, .port = opt.port,
		 .access_flags = IBV_ACCESS_REMOTE_WRITE, .error = text, .error_len = sizeof(text),
		 .connection = {
			.fields = UVERBS_BPF_QP_PATH_MTU | UVERBS_BPF_QP_DEST_QPN |
				  UVERBS_BPF_QP_RQ_PSN | UVERBS_BPF_QP_SQ_PSN,
			.path_mtu = end->mtu, .dest_qp_num = end->peer.qp_num,
			.rq_psn = end->peer.psn, .sq_psn = end->me.psn,
		 });
	if (rc) {
		opts.connection.fields |= UVERBS_BPF_QP_MAX_DEST_RD_ATOMIC |
					  UVERBS_BPF_QP_MIN_RNR_TIMER | UVERBS_BPF_QP_TIMEOUT |
					  UVERBS_BPF_QP_RETRY_CNT | UVERBS_BPF_QP_RNR_RETRY |
					  UVERBS_BPF_QP_MAX_RD_ATOMIC;
		opts.connection.max_dest_rd_atomic = 1;
		opts.connection.max_rd_atomic = 1;
		opts.connection.min_rnr_timer = 12;
		opts.connection.timeout = 14;
		opts.connection.retry_cnt = 7;
		opts.connection.rnr_retry = 7;
	}
	if (make_path(end, &opts.path, &opts.ib_path))
		return -1;
	if (talk)
		print_path(end, "QP connect with path", &opts.path, &opts.ib_path);
	ret = uvb_connect_qp(end->qp, &opts);
	return ret ? refused(end, "QP connect", ret, text) : 0;
}

static int modify_legacy(struct end *end, struct ibv_qp_attr *attr, const char *name,
			 enum ibv_qp_state state, int mask)
{
	int ret;

	attr->qp_state = state;
	ret = ibv_modify_qp(end->qp, attr, IBV_QP_STATE | mask);
	return ret ? fail(end, "ibv_modify_qp to %s: %s", name, strerror(ret)) : 0;
}

/* The same by the legacy verbs. */
static int connect_legacy(struct end *end)
{
	struct ibv_qp_attr attr = {
		.port_num = opt.port,
		.qkey = QKEY,
		.qp_access_flags = IBV_ACCESS_REMOTE_WRITE,
		.path_mtu = end->mtu,
		.dest_qp_num = end->peer.qp_num,
		.rq_psn = end->peer.psn,
		.sq_psn = end->me.psn,
		.max_rd_atomic = 1,
		.max_dest_rd_atomic = 1,
		.min_rnr_timer = 12,
		.timeout = 14,
		.retry_cnt = 7,
		.rnr_retry = 7,
		.ah_attr = {
			.grh.dgid = end->peer.gid,
			.grh.sgid_index = end->sgid_index,
			.grh.hop_limit = 64,
			.is_global = 1,
			.port_num = opt.port,
			.sl = opt.path.priority,
		},
	};
	bool ud = opt.type == IBV_QPT_UD, rc = opt.type == IBV_QPT_RC;
	int ret;

	if (end->ib) {
		attr.ah_attr.is_global = opt.grh;
		attr.ah_attr.dlid = end->peer.lid;
		attr.ah_attr.sl = opt.ib_path.sl;
	}
	if (opt.path.fields & UVERBS_BPF_ROCE_DSCP)
		attr.ah_attr.grh.traffic_class = opt.path.traffic << 2;
	if (opt.path.fields & UVERBS_BPF_ROCE_TRAFFIC_CLASS)
		attr.ah_attr.grh.traffic_class = opt.path.traffic;
	if (opt.path.fields & UVERBS_BPF_ROCE_FLOW_LABEL)
		attr.ah_attr.grh.flow_label = opt.path.flow;

	ret = modify_legacy(end, &attr, "INIT", IBV_QPS_INIT, IBV_QP_PORT | IBV_QP_PKEY_INDEX |
			    (ud ? IBV_QP_QKEY : IBV_QP_ACCESS_FLAGS));
	if (!ret)
		ret = modify_legacy(end, &attr, "RTR", IBV_QPS_RTR,
				    (ud ? 0 : IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN |
					      IBV_QP_RQ_PSN) |
				    (rc ? IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER : 0));
	if (!ret)
		ret = modify_legacy(end, &attr, "RTS", IBV_QPS_RTS, IBV_QP_SQ_PSN |
				    (rc ? IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY |
					  IBV_QP_MAX_QP_RD_ATOMIC : 0));
	if (ret)
		return ret;
	if (ud) {
		end->ah = ibv_create_ah(end->pd, &attr.ah_attr);
		if (!end->ah)
			return fail(end, "ibv_create_ah: %s", strerror(errno));
	}
	return 0;
}

static int reset(struct end *end)
{
	struct ibv_qp_attr attr = {};

	UVB_OPTS(uvb_qp_modify_opts, opts, .mask = IBV_QP_STATE, .state = IBV_QPS_RESET);
	struct ibv_wc wc;
	int ret;

	if (end->ah) {
		ret = ibv_destroy_ah(end->ah);
		if (ret)
			return fail(end, "destroy_ah: %s", strerror(ret));
		end->ah = NULL;
	}
	ret = opt.legacy ? modify_legacy(end, &attr, "RESET", IBV_QPS_RESET, 0) :
			   modify(end, "QP modify to RESET", &opts);
	if (ret)
		return ret;
	while (ibv_poll_cq(end->cq, 1, &wc) > 0)
		;
	return 0;
}

static int connect_end(struct end *end, bool talk)
{
	int ret;

	if (opt.legacy) {
		if (talk)
			say(end, "ibv_modify_qp to INIT, RTR, RTS\n");
		return connect_legacy(end);
	}
	ret = opt.connect ? connect_at_once(end, talk) : connect_attributes(end, talk);
	/* Nothing is attached just now: plain verbs must work all the same. */
	if (ret == -EPROTONOSUPPORT && opt.absent_ok) {
		ret = reset(end);
		if (!ret)
			ret = connect_legacy(end);
	}
	return ret;
}

/* What the driver says of the path we gave; the state must be RTS. */
static int query(struct end *end)
{
	char text[UVERBS_BPF_ERROR_MAX];

	UVB_OPTS(uvb_qp_query_opts, opts, .mask = IBV_QP_STATE, .error = text,
		 .error_len = sizeof(text));
	int ret;

	if (opt.type != IBV_QPT_UD)
		opts.mask |= IBV_QP_AV | IBV_QP_DEST_QPN;
	ret = uvb_query_qp(end->qp, &opts);
	if (ret)
		return refused(end, "QP query", ret, text);
	if (opts.state != IBV_QPS_RTS)
		return fail(end, "QP query: state %d, wants RTS", opts.state);
	if (opt.type == IBV_QPT_UD)
		return 0;
	if (opts.connection.dest_qp_num != end->peer.qp_num)
		return fail(end, "QP query: destination QP %u, wants %u",
			    opts.connection.dest_qp_num, end->peer.qp_num);
	if (end->ib && (opts.ib_path.dlid != end->peer.lid || opts.ib_path.sl != opt.ib_path.sl ||
			!!(opts.ib_path.fields & UVERBS_BPF_IB_DGID) != opt.grh))
		return fail(end, "QP query: DLID 0x%x, SL %u, fields 0x%x", opts.ib_path.dlid,
			    opts.ib_path.sl, opts.ib_path.fields);
	print_path(end, "QP query: RTS, path", &opts.path, &opts.ib_path);
	return 0;
}

/* ---- data ---- */

static int post_recv(struct end *end)
{
	struct ibv_sge sge = {
		.addr = (uintptr_t)recv_buf(end), .length = header() + opt.size,
		.lkey = end->mr->lkey,
	};
	struct ibv_recv_wr wr = { .sg_list = &sge, .num_sge = 1 }, *bad;
	int ret = ibv_post_recv(end->qp, &wr, &bad);

	return ret ? fail(end, "post_recv: %s", strerror(ret)) : 0;
}

static int post(struct end *end, enum ibv_wr_opcode opcode, unsigned int seed)
{
	struct ibv_sge sge = {
		.addr = (uintptr_t)send_buf(end), .length = opt.size, .lkey = end->mr->lkey,
	};
	struct ibv_send_wr wr = {
		.sg_list = &sge, .num_sge = 1, .opcode = opcode, .send_flags = IBV_SEND_SIGNALED,
	}, *bad;
	int ret;

	fill(send_buf(end), seed);
	if (opcode == IBV_WR_RDMA_WRITE) {
		wr.wr.rdma.remote_addr = end->peer.addr;
		wr.wr.rdma.rkey = end->peer.rkey;
	}
	if (opt.type == IBV_QPT_UD) {
		wr.wr.ud.ah = end->ah;
		wr.wr.ud.remote_qpn = end->peer.qp_num;
		wr.wr.ud.remote_qkey = QKEY;
	}
	ret = ibv_post_send(end->qp, &wr, &bad);
	return ret ? fail(end, "post_send: %s", strerror(ret)) : 0;
}

static int complete(struct end *end, const char *what)
{
	double deadline = now() + TIMEOUT_SECONDS;
	struct ibv_wc wc;
	int n;

	while (!(n = ibv_poll_cq(end->cq, 1, &wc))) {
		if (now() > deadline)
			return fail(end, "%s: no completion within %d seconds", what,
				    TIMEOUT_SECONDS);
		usleep(50);
	}
	if (n < 0)
		return fail(end, "poll_cq: %d", n);
	if (wc.status)
		return fail(end, "%s: %s", what, ibv_wc_status_str(wc.status));
	return 0;
}

static int receive(struct end *end, unsigned int seed)
{
	if (complete(end, "receive"))
		return -1;
	if (!matches(recv_buf(end) + header(), seed))
		return fail(end, "received %u bytes, but not those that were sent", opt.size);
	return 0;
}

/* An RDMA WRITE completes nothing at its target, and over UC may still be under way. */
static int written(struct end *end, unsigned int seed)
{
	double deadline = now() + TIMEOUT_SECONDS;

	while (!matches(write_buf(end), seed)) {
		if (now() > deadline)
			return fail(end, "RDMA WRITE: %u bytes did not arrive as they were sent",
				    opt.size);
		usleep(50);
	}
	return 0;
}

/* What goes between the ends, in this order; over UD there is no RDMA. */
static const struct step {
	enum ibv_wr_opcode opcode;
	const char *what;
	bool back;			/* from the second end to the first */
} steps[] = {
	{ IBV_WR_SEND, "SEND", false },
	{ IBV_WR_SEND, "SEND", true },
	{ IBV_WR_RDMA_WRITE, "RDMA WRITE", false },
};

/* One end's part in a step. */
static int take_step(struct end *end, const struct step *step, unsigned int seed)
{
	if (end->first != step->back)
		return post(end, step->opcode, seed) ?: complete(end, step->what);
	return step->opcode == IBV_WR_SEND ? receive(end, seed) : written(end, seed);
}

static int transfer(struct end *end, unsigned int seed, bool talk)
{
	const struct step *step;
	int ret;

	memset(recv_buf(end), 0, header() + opt.size);
	memset(write_buf(end), 0, opt.size);
	ret = meet(end, post_recv(end));
	if (ret)
		return ret;

	for (step = steps; step < steps + ARRAY_SIZE(steps); step++, seed++) {
		if (opt.type == IBV_QPT_UD && step->opcode != IBV_WR_SEND)
			continue;
		ret = meet(end, take_step(end, step, seed));
		if (ret)
			return ret;
		if (talk)
			say(end, "%s of %u bytes%s: content verified\n", step->what, opt.size,
			    step->back ? " back" : "");
	}
	return 0;
}

/* ---- the whole ---- */

static void hold(struct end *end)
{
	char c;

	if (!end->first)
		return;
	if (!strcmp(opt.hold, "-")) {
		say(end, "holding the connection; press Enter\n");
		if (read(STDIN_FILENO, &c, 1) < 0)
			perror("uvb-pair: stdin");
		return;
	}
	say(end, "holding the connection until %s exists\n", opt.hold);
	while (access(opt.hold, F_OK))
		usleep(100000);
}

static const char *type_name(void)
{
	return opt.type == IBV_QPT_RC ? "RC" : opt.type == IBV_QPT_UC ? "UC" : "UD";
}

static void run_rounds(struct end *end)
{
	double stop = opt.seconds ? now() + opt.seconds : 0;
	bool talk = opt.rounds == 1 && !opt.seconds;
	char gid[INET6_ADDRSTRLEN];
	unsigned long round;
	uint32_t more = 1;

	if (meet(end, open_end(end)))
		return;
	inet_ntop(AF_INET6, end->me.gid.raw, gid, sizeof(gid));
	say(end, "%s, served by %s: two %s QPs, %u and %u, GID %d %s\n",
	    ibv_get_device_name(end->context->device),
	    uvb_is_served(end->context) == 1 ? "uverbs_bpf" : "ib_uverbs", type_name(),
	    end->me.qp_num, end->peer.qp_num, end->sgid_index, gid);

	for (round = 0; more; round++) {
		if (meet(end, connect_end(end, talk)))
			return;
		if (talk && !opt.legacy && meet(end, query(end)))
			return;
		if (transfer(end, 3 * round, talk))
			return;
		if (opt.hold) {
			hold(end);
			if (transfer(end, 3 * round + 1, talk))
				return;
		}
		if (meet(end, reset(end)))
			return;
		/* The first end decides; both must agree. */
		more = stop ? now() < stop : round + 1 < opt.rounds;
		if (end->first) {
			if (send(end->fd, &more, sizeof(more), MSG_NOSIGNAL) != sizeof(more))
				more = 0;
		} else if (recv(end->fd, &more, sizeof(more), MSG_WAITALL) != sizeof(more)) {
			more = 0;
		}
	}
	if (!talk)
		say(end, "%lu rounds of connect, transfer, reset: all held\n", round);
	if (opt.absent_ok)
		say(end, "%lu times nothing was attached, and plain verbs were used\n",
		    end->absent);
	if (opt.refused) {
		fail(end, "nothing was refused");
		return;
	}
	end->status = 0;
}

static void *run_end(void *arg)
{
	struct end *end = arg;

	end->status = EXIT_FAILED;
	run_rounds(end);
	close_end(end);
	/* The other end stops waiting for this one. */
	shutdown(end->fd, SHUT_RDWR);
	return NULL;
}

static const char usage[] =
"Usage: uvb-pair [OPTION]...\n"
"Connect two QPs of one RoCE or InfiniBand device, move data by SEND and RDMA WRITE, verify it.\n"
"\n"
"  -d, --device NAME        default: the first\n"
"  -p, --port N             default 1\n"
"  -t, --type rc|uc|ud      default rc\n"
"      --dest gid|ipv4|ipv6 how the destination is written; default gid\n"
"      --address ADDRESS    another destination than the device's own\n"
"  -g, --sgid-index N       default: the first RoCE v2 GID of a fitting kind\n"
"      --dscp N             DSCP of the packets, 0 to 63\n"
"      --traffic-class N    traffic class, 0 to 255\n"
"      --udp-sport N        UDP source port, 49152 to 65535\n"
"      --flow-label N       flow label, 0 to 0xfffff\n"
"      --priority N         VLAN priority, 0 to 7\n"
"      --hop-limit N        TTL or hop limit\n"
"      --sl N               InfiniBand: service level, 0 to 15\n"
"      --path-bits N        InfiniBand: source path bits, 0 to 127\n"
"      --static-rate N      InfiniBand: enum ibv_rate\n"
"      --grh                InfiniBand: with a global route to the GID\n"
"      --legacy             use ibv_modify_qp and ibv_create_ah\n"
"      --connect            use uvb_connect_qp, one call from RESET to RTS\n"
"      --processes          the two ends are processes, not threads\n"
"  -s, --size BYTES         of each transfer; default 4096, for UD 1024\n"
"  -l, --loop N             connect, transfer and reset N times\n"
"      --seconds N          ... for N seconds\n"
"      --hold FILE          after the transfer wait until FILE exists (-: Enter), transfer again\n"
"      --absent-ok          if no program is attached for the path, use plain verbs and count\n"
"      --expect-refused[=TEXT]  succeed only if a call is refused, and its reason has TEXT\n"
"\n"
"Exit status: 0 all held, 1 something did not, 2 usage, 3 refused.\n";

/* No letter has a number as high. */
#define FIRST_LONG	256

enum kind { TEXT, FLAG, NUMBER, TYPE, DEST, REFUSED, HELP };

/**
 * struct choice - an option
 * @name: its long name
 * @letter: its short one, or 0
 * @kind: what it takes
 * @to: where that goes
 * @size: bytes of @to; what a number has more is cut off
 * @fields: of the path that has the number
 * @field: which of them
 */
static const struct choice {
	const char *name;
	char letter;
	enum kind kind;
	void *to;
	size_t size;
	uint16_t *fields;
	uint16_t field;
} choices[] = {
#define TO(member)	.to = &opt.member, .size = sizeof(opt.member)
#define ROCE(member, bit)							\
	.kind = NUMBER, TO(path.member), .fields = &opt.path.fields,		\
	.field = UVERBS_BPF_ROCE_##bit
#define IB(member, bit)								\
	.kind = NUMBER, TO(ib_path.member), .fields = &opt.ib_path.fields,	\
	.field = UVERBS_BPF_IB_##bit
	{ .name = "device", .letter = 'd', .kind = TEXT, TO(device) },
	{ .name = "port", .letter = 'p', .kind = NUMBER, TO(port) },
	{ .name = "type", .letter = 't', .kind = TYPE },
	{ .name = "dest", .kind = DEST },
	{ .name = "address", .kind = TEXT, TO(address) },
	{ .name = "sgid-index", .letter = 'g', .kind = NUMBER, TO(sgid_index) },
	{ .name = "dscp", ROCE(traffic, DSCP) },
	{ .name = "traffic-class", ROCE(traffic, TRAFFIC_CLASS) },
	{ .name = "udp-sport", ROCE(flow, UDP_SPORT) },
	{ .name = "flow-label", ROCE(flow, FLOW_LABEL) },
	{ .name = "priority", ROCE(priority, PRIORITY) },
	{ .name = "hop-limit", ROCE(hop_limit, HOP_LIMIT) },
	{ .name = "sl", IB(sl, SL) },
	{ .name = "path-bits", IB(src_path_bits, SRC_PATH_BITS) },
	{ .name = "static-rate", IB(static_rate, STATIC_RATE) },
	{ .name = "grh", .kind = FLAG, TO(grh) },
	{ .name = "legacy", .kind = FLAG, TO(legacy) },
	{ .name = "connect", .kind = FLAG, TO(connect) },
	{ .name = "processes", .kind = FLAG, TO(processes) },
	{ .name = "size", .letter = 's', .kind = NUMBER, TO(size) },
	{ .name = "loop", .letter = 'l', .kind = NUMBER, TO(rounds) },
	{ .name = "seconds", .kind = NUMBER, TO(seconds) },
	{ .name = "hold", .kind = TEXT, TO(hold) },
	{ .name = "absent-ok", .kind = FLAG, TO(absent_ok) },
	{ .name = "expect-refused", .kind = REFUSED },
	{ .name = "help", .letter = 'h', .kind = HELP },
#undef ROCE
#undef IB
#undef TO
};

static void usage_error(const char *what, const char *value)
{
	fprintf(stderr, "uvb-pair: %s %s: not understood, see --help\n", what, value);
	exit(EXIT_USAGE);
}

/* No upper check: what is out of range is for the kernel to refuse. */
static unsigned long number(const char *what, const char *value)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(value, &end, 0);
	if (errno || end == value || *end || *value == '-')
		usage_error(what, value);
	return n;
}

static void store(const struct choice *choice, unsigned long n)
{
	switch (choice->size) {
	case 1:
		*(uint8_t *)choice->to = n;
		break;
	case 2:
		*(uint16_t *)choice->to = n;
		break;
	case 4:
		*(uint32_t *)choice->to = n;
		break;
	default:
		*(uint64_t *)choice->to = n;
	}
	if (choice->fields)
		*choice->fields |= choice->field;
}

static void choose(const struct choice *choice, const char *value)
{
	char option[32];

	snprintf(option, sizeof(option), "--%s", choice->name);
	switch (choice->kind) {
	case TEXT:
		*(const char **)choice->to = value;
		break;
	case FLAG:
		*(bool *)choice->to = true;
		break;
	case NUMBER:
		store(choice, number(option, value));
		break;
	case TYPE:
		if (!strcmp(value, "rc"))
			opt.type = IBV_QPT_RC;
		else if (!strcmp(value, "uc"))
			opt.type = IBV_QPT_UC;
		else if (!strcmp(value, "ud"))
			opt.type = IBV_QPT_UD;
		else
			usage_error(option, value);
		break;
	case DEST:
		if (strcmp(value, "gid") && strcmp(value, "ipv4") && strcmp(value, "ipv6"))
			usage_error(option, value);
		opt.dest = value;
		break;
	case REFUSED:
		opt.refused = value ?: "";
		break;
	case HELP:
		fputs(usage, stdout);
		exit(0);
	}
}

static int argument_of(const struct choice *choice)
{
	if (choice->kind == FLAG || choice->kind == HELP)
		return no_argument;
	return choice->kind == REFUSED ? optional_argument : required_argument;
}

static void parse(int argc, char **argv)
{
	struct option options[ARRAY_SIZE(choices) + 1] = {};
	char letters[2 * ARRAY_SIZE(choices) + 1], *letter = letters;
	size_t i;
	int c;

	for (i = 0; i < ARRAY_SIZE(choices); i++) {
		options[i] = (struct option) {
			.name = choices[i].name, .has_arg = argument_of(&choices[i]),
			.val = choices[i].letter ?: FIRST_LONG + (int)i,
		};
		if (choices[i].letter) {
			*letter++ = choices[i].letter;
			if (options[i].has_arg)
				*letter++ = ':';
		}
	}
	*letter = '\0';
	while ((c = getopt_long(argc, argv, letters, options, NULL)) >= 0) {
		for (i = 0; i < ARRAY_SIZE(choices) && options[i].val != c; i++)
			;
		if (i == ARRAY_SIZE(choices))
			exit(EXIT_USAGE);
		choose(&choices[i], optarg);
	}
	if (optind < argc)
		usage_error("argument", argv[optind]);
	if (opt.size == SIZE_NOT_GIVEN)
		opt.size = opt.type == IBV_QPT_UD ? 1024 : 4096;
	if (!opt.size || opt.size > 1 << 20)
		usage_error("--size", "outside 1 to 1048576");
	if (opt.legacy && (opt.path.fields & (UVERBS_BPF_ROCE_UDP_SPORT |
					      UVERBS_BPF_ROCE_HOP_LIMIT)))
		usage_error("--legacy", "with --udp-sport or --hop-limit");
	if (opt.connect && opt.legacy)
		usage_error("--connect", "with --legacy");
}

int main(int argc, char **argv)
{
	struct end a = { .first = true }, b = {};
	int sockets[2], status;
	pthread_t thread;
	pid_t child;

	parse(argc, argv);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sockets)) {
		perror("uvb-pair: socketpair");
		return EXIT_FAILED;
	}
	a.fd = sockets[0];
	b.fd = sockets[1];

	if (opt.processes) {
		child = fork();
		if (child < 0) {
			perror("uvb-pair: fork");
			return EXIT_FAILED;
		}
		if (!child) {
			close(sockets[0]);
			run_end(&b);
			_exit(b.status);
		}
		close(sockets[1]);
		run_end(&a);
		waitpid(child, &status, 0);
		b.status = WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILED;
	} else {
		errno = pthread_create(&thread, NULL, run_end, &b);
		if (errno) {
			perror("uvb-pair: pthread_create");
			return EXIT_FAILED;
		}
		run_end(&a);
		pthread_join(thread, NULL);
	}
	/* An end may fail only because the other did; the reason is the higher status. */
	return a.status > b.status ? a.status : b.status;
}
