// SPDX-License-Identifier: BSD-2-Clause
/*
 * storm run NODE FAKE SEED ROUNDS	several processes with several threads make, use and destroy
 *					objects of all kinds on shared files
 * storm stock NODE FAKE SEED ROUNDS	the same on ib_uverbs' node, without what only uverbs_bpf has and
 *					what is known to go wrong there
 * storm removal NODE FAKE SEED		as run, until the device is pulled out, and then some
 * storm hold NODE			make and map everything, print "ready"; on SIGUSR1 everything
 *					must be gone
 *
 * FAKE is the fake device's directory in debugfs. The seed decides what each thread does; how they
 * meet is up to the machine. Exit status: 0 if every answer was one that is allowed and nothing was
 * left behind, else 1.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "calls.h"
#include "objects.h"

#define PROCESSES	2
#define THREADS		3
/* All take the objects of these few places, so that they meet. */
#define PLACES		3
#define FILES		2

/* What the processes share. A handle is there plus one, 0 is none. */
struct file {
	int fd, async, channel;
	struct fake_context_resp context;
	atomic_uint handles[KINDS][PLACES];
	atomic_uint highest;
};

static struct {
	struct file files[FILES];
	unsigned long rounds;
	atomic_bool removed, stop;
	atomic_long calls, busy, made, gone, polled, connected;
	bool lacks[KINDS];
	bool stock;
	/* The attribute of the transport that is attached, 0 if none is. */
	uint16_t path;
} *storm;

/* enum ib_mr_rereg_flags: the change for which the fake driver makes another MR. */
#define REREG_ACCESS	(1 << 2)

#define QKEY		0x1234

/* The numbers the device gives to the first so many of each kind. */
#define FIRST_NUMBER	0x10
#define NUMBERS		32

static const char *fake;

static bool allowed(int ret)
{
	switch (ret) {
	case 0: case EBUSY: case ENOENT: case EINVAL:
		return true;
	/* A receive queue is full, or nothing is there to read. */
	case ENOMEM: case EAGAIN:
		return true;
	/* The address that the peer is a neighbour of has just gone. */
	case ENODATA: case ENETUNREACH: case EHOSTUNREACH: case ENODEV:
		return true;
	case EIO:
	/* Whoever asks whether a caller may make flows on a device that has gone: 7.3 says no. */
	case EPERM:
		return storm->removed;
	default:
		return false;
	}
}

static void check(const char *what, int ret)
{
	storm->calls++;
	if (ret == EBUSY)
		storm->busy++;
	if (ret == EIO)
		storm->gone++;
	if (!allowed(ret))
		die("%s: %s", what, errno_name(ret));
}

/* Handles to use: of each kind one that was there lately, or one that never was. */
static void pick(struct file *file, unsigned int *seed, uint32_t *handles)
{
	int kind;

	for (kind = 0; kind < KINDS; kind++)
		handles[kind] = file->handles[kind][rand_r(seed) % PLACES] - 1;
}

static uint32_t pick_number(unsigned int *seed)
{
	return FIRST_NUMBER + rand_r(seed) % NUMBERS;
}

/* One more, in the place of another one. */
static void keep(struct file *file, unsigned int *seed, int kind, uint32_t handle)
{
	uint32_t old, highest = file->highest;

	storm->made++;
	while (highest < handle &&
	       !atomic_compare_exchange_weak(&file->highest, &highest, handle))
		;
	old = atomic_exchange(&file->handles[kind][rand_r(seed) % PLACES], handle + 1);
	if (old)
		check("destroy", destroy_object(file->fd, kind, old - 1));
}

static void make_one(struct file *file, unsigned int *seed)
{
	uint32_t handles[KINDS], handle;
	int kind = rand_r(seed) % KINDS, ret;

	if (storm->lacks[kind])
		return;
	pick(file, seed, handles);
	ret = make_object(file->fd, rand_r(seed) % 2 ? file->channel : -1, kind, handles, &handle);
	check(kinds[kind].name, ret);
	if (!ret)
		keep(file, seed, kind, handle);
}

static void destroy_one(struct file *file, unsigned int *seed)
{
	int kind = rand_r(seed) % KINDS;
	uint32_t handles[KINDS];

	if (storm->lacks[kind])
		return;
	pick(file, seed, handles);
	check("destroy", destroy_object(file->fd, kind, handles[kind]));
}

static int modify_qp(int fd, uint32_t qp, unsigned int state)
{
	struct ib_uverbs_modify_qp in = {
		.qp_handle = qp,
		.attr_mask = state ? 1 << 0 | 1 << 3 | 1 << 4 | 1 << 5 : 1 << 0,
		.qp_state = state,
		.port_num = 1,
	};

	return legacy(fd, IB_USER_VERBS_CMD_MODIFY_QP, &in, sizeof(in), NULL, 0, NULL, 0);
}

/* A datagram QP from wherever it is, by the changes it takes. */
static int ud_to_rts(int fd, uint32_t qp)
{
	/* With port, P_Key and Q_Key; with the PSN. */
	static const struct { uint32_t mask; uint8_t state; } changes[] = {
		{ 1 << 0, 0 }, { 1 << 0 | 1 << 4 | 1 << 5 | 1 << 6, 1 }, { 1 << 0, 2 },
		{ 1 << 0 | 1 << 16, 3 },
	};
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < sizeof(changes) / sizeof(changes[0]); i++) {
		struct ib_uverbs_modify_qp in = {
			.qp_handle = qp,
			.attr_mask = changes[i].mask,
			.qp_state = changes[i].state,
			.port_num = 1,
			.qkey = QKEY,
		};

		ret = legacy(fd, IB_USER_VERBS_CMD_MODIFY_QP, &in, sizeof(in), NULL, 0, NULL, 0);
	}
	return ret;
}

static int open_qp(int fd, uint32_t xrcd, uint32_t number, uint32_t *qp)
{
	struct ib_uverbs_open_qp in = {
		.pd_handle = xrcd,
		.qpn = number,
		.qp_type = IB_UVERBS_QPT_XRC_TGT,
	};
	struct ib_uverbs_create_qp_resp out = {};
	int ret = legacy(fd, IB_USER_VERBS_CMD_OPEN_QP, &in, sizeof(in), &out, sizeof(out), NULL, 0);

	*qp = out.qp_handle;
	return ret;
}

static int modify_wq(int fd, uint32_t wq, unsigned int state)
{
	struct ib_uverbs_ex_modify_wq in = { .attr_mask = 1 << 0, .wq_handle = wq, .wq_state = state };

	return legacy(fd, EX | IB_USER_VERBS_EX_CMD_MODIFY_WQ, &in, sizeof(in), NULL, 0, NULL, 0);
}

static int modify_srq(int fd, uint32_t srq, uint32_t limit)
{
	struct ib_uverbs_modify_srq in = {
		.srq_handle = srq,
		.attr_mask = 1 << 1,
		.srq_limit = limit,
	};

	return legacy(fd, IB_USER_VERBS_CMD_MODIFY_SRQ, &in, sizeof(in), NULL, 0, NULL, 0);
}

static int resize_cq(int fd, uint32_t cq, uint32_t cqe)
{
	struct ib_uverbs_resize_cq in = { .cq_handle = cq, .cqe = cqe };
	struct ib_uverbs_resize_cq_resp out;

	return legacy(fd, IB_USER_VERBS_CMD_RESIZE_CQ, &in, sizeof(in), &out, sizeof(out), NULL, 0);
}

static int rereg_mr(int fd, uint32_t mr, uint32_t pd, unsigned int flags)
{
	struct ib_uverbs_rereg_mr in = {
		.mr_handle = mr,
		.flags = flags,
		.start = (uintptr_t)objects_memory,
		.length = 4096,
		.hca_va = (uintptr_t)objects_memory,
		.pd_handle = pd,
		.access_flags = 1,
	};
	struct ib_uverbs_rereg_mr_resp out;

	return legacy(fd, IB_USER_VERBS_CMD_REREG_MR, &in, sizeof(in), &out, sizeof(out), NULL, 0);
}

static int req_notify(int fd, uint32_t cq)
{
	struct ib_uverbs_req_notify_cq in = { .cq_handle = cq };

	return legacy(fd, IB_USER_VERBS_CMD_REQ_NOTIFY_CQ, &in, sizeof(in), NULL, 0, NULL, 0);
}

static int query_srq(int fd, uint32_t srq)
{
	struct ib_uverbs_query_srq in = { .srq_handle = srq };
	struct ib_uverbs_query_srq_resp out;

	return legacy(fd, IB_USER_VERBS_CMD_QUERY_SRQ, &in, sizeof(in), &out, sizeof(out), NULL, 0);
}

static int mcast(int fd, uint32_t qp, bool attach)
{
	struct ib_uverbs_attach_mcast in = {
		.gid = { 0xff, 0x0e, [15] = 1 },
		.qp_handle = qp,
		.mlid = 0xc001,
	};

	return legacy(fd, attach ? IB_USER_VERBS_CMD_ATTACH_MCAST : IB_USER_VERBS_CMD_DETACH_MCAST,
		      &in, sizeof(in), NULL, 0, NULL, 0);
}

/*
 * A mapping that fork() copies just while the device is taken away cannot be used, as with
 * ib_uverbs.
 */
static bool is_lost(int status)
{
	return storm->removed && WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS;
}

/* Map the doorbell page, use it, perhaps leave it to a child, unmap it. */
static int map_page(struct file *file, unsigned int *seed)
{
	volatile struct fake_page *page;
	pid_t child;

	page = mmap(NULL, file->context.bar_length, PROT_READ | PROT_WRITE, MAP_SHARED, file->fd,
		    file->context.bar_offset);
	if (page == MAP_FAILED)
		return errno;
	if (page->magic != FAKE_MAGIC && !storm->removed)
		die("the page is not the device's");
	if (rand_r(seed) % 64 == 0) {
		child = fork();
		if (!child)
			_exit(page->magic != FAKE_MAGIC && page->magic != 0);
		if (child > 0) {
			int status;

			if (waitpid(child, &status, 0) != child ||
			    (status && !is_lost(status)))
				die("a child sees something else: status %#x", status);
		}
	}
	munmap((void *)page, file->context.bar_length);
	return 0;
}

/* Another file altogether, from opening it to closing it with something in it. */
static int open_another(const struct file *file)
{
	char path[64];
	uint32_t pd;
	int fd, ret;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", file->fd);
	fd = open(path, O_RDWR | O_CLOEXEC);
	/* The node of a removed device is gone, or somebody else's. */
	if (fd < 0)
		return storm->removed ? 0 : errno;
	ret = get_context(fd);
	if (!ret)
		ret = alloc_pd(fd, &pd);
	close(fd);
	return ret == ENODEV && storm->removed ? 0 : ret;
}

static int make_files(const struct file *file)
{
	int async, channel, ret;

	ret = alloc_async(file->fd, &async);
	if (ret)
		return ret;
	ret = create_channel(file->fd, &channel);
	if (!ret)
		close(channel);
	close(async);
	return ret;
}

static int read_events(const struct file *file)
{
	char event[64];
	int fds[] = { file->async, file->channel };
	int i;

	for (i = 0; i < 2; i++)
		while (read(fds[i], event, sizeof(event)) > 0)
			;
	return errno;
}

static void use_one(struct file *file, unsigned int *seed)
{
	struct ib_uverbs_query_qp_resp query;
	uint32_t handles[KINDS];
	static const enum kind qps[] = { RC, UD, RAW, TGT };
	/* 10.7.0.9, a neighbour of the address that comes and goes. */
	static const uint8_t peer[16] = { [10] = 0xff, 0xff, 10, 7, 0, 9 };
	uint32_t qp, opened;
	int ret;

	pick(file, seed, handles);
	qp = handles[qps[rand_r(seed) % 4]];
	switch (rand_r(seed) % 20) {
	case 0: check("QUERY_QP", query_qp(file->fd, qp, &query)); break;
	case 1: check("MODIFY_QP", modify_qp(file->fd, qp, 1)); break;
	case 2: check("MODIFY_QP", modify_qp(file->fd, qp, 0)); break;
	case 3: check("REQ_NOTIFY_CQ", req_notify(file->fd, handles[CQ])); break;
	case 4: check("RESIZE_CQ", resize_cq(file->fd, handles[CQ], 1 + rand_r(seed) % 64)); break;
	case 5: check("REREG_MR", rereg_mr(file->fd, handles[MR], handles[PD],
					   (1 + rand_r(seed) % 7) &
					   ~(storm->stock ? REREG_ACCESS : 0)));
		break;
	case 6: check("QUERY_SRQ", query_srq(file->fd, handles[SRQ])); break;
	case 7: check("ATTACH_MCAST", mcast(file->fd, handles[UD], true)); break;
	case 8: check("DETACH_MCAST", mcast(file->fd, handles[UD], false)); break;
	case 9: check("COUNTERS_READ", read_counters(file->fd, handles[COUNTERS])); break;
	case 10: check("mmap", map_page(file, seed)); break;
	case 11: check("open", open_another(file)); break;
	case 12: check("event files", make_files(file)); break;
	case 13: check("MODIFY_QP to INIT", modify_qp(file->fd, handles[RC], 1)); break;
	case 14: check("MODIFY_QP to RTR", qp_to_rtr(file->fd, handles[RC], rand_r(seed) % 4,
						     peer)); break;
	case 15: check("MODIFY_QP of UD", ud_to_rts(file->fd, handles[UD])); break;
	case 16: check("MODIFY_WQ", modify_wq(file->fd, handles[WQ], rand_r(seed) % 3)); break;
	case 17: check("MODIFY_SRQ", modify_srq(file->fd, handles[SRQ], rand_r(seed) % 4)); break;
	case 18:
		if (storm->lacks[TGT])
			break;
		ret = open_qp(file->fd, handles[XRCD], pick_number(seed), &opened);
		check("OPEN_QP", ret);
		if (!ret)
			keep(file, seed, TGT, opened);
		break;
	default: check("read", read_events(file)); break;
	}
}

/* To whoever has the number, if it listens; an RC QP has a peer already. */
static int post_send(int fd, uint32_t qp, uint32_t ah, uint32_t number, uint32_t lkey)
{
	struct {
		struct ib_uverbs_post_send cmd;
		struct ib_uverbs_send_wr wr;
		struct ib_uverbs_sge sge;
	} in = {
		.cmd = { .qp_handle = qp, .wr_count = 1, .sge_count = 1, .wqe_size = sizeof(in.wr) },
		.wr = {
			.wr_id = 2,
			.num_sge = 1,
			.opcode = IB_UVERBS_WR_SEND,
			.send_flags = 1 << 1 /* signalled */,
			.wr.ud = { .ah = ah, .remote_qpn = number, .remote_qkey = QKEY },
		},
		.sge = { .addr = (uintptr_t)objects_memory, .length = 64, .lkey = lkey },
	};
	struct ib_uverbs_post_send_resp out;

	return legacy(fd, IB_USER_VERBS_CMD_POST_SEND, &in, sizeof(in), &out, sizeof(out), NULL, 0);
}

/* Completions are of QPs that may be destroyed meanwhile; a number has 24 bits. */
static int poll_some(int fd, uint32_t cq)
{
	struct polled out = {};
	unsigned int i;
	int ret = poll_cq(fd, cq, &out);

	for (i = 0; !ret && i < out.resp.count; i++)
		if (out.wc[i].qp_num < FIRST_NUMBER || out.wc[i].qp_num >> 24)
			die("a completion of QP 0x%x", out.wc[i].qp_num);
	if (!ret)
		storm->polled += out.resp.count;
	return ret;
}

/* A QP sends to itself, and is destroyed while others may be polling its CQ. */
static void send_some(struct file *file, unsigned int *seed)
{
	uint32_t handles[KINDS], lkey = pick_number(seed) << 8, qp, number;
	int ret, i;

	pick(file, seed, handles);
	ret = create_qp_ex(file->fd, handles[PD], handles[CQ], IB_UVERBS_QPT_UD, 0, 0, &qp, &number);
	check("EX CREATE_QP", ret);
	if (ret)
		return;
	keep(file, seed, UD, qp);
	check("MODIFY_QP of UD", ud_to_rts(file->fd, qp));
	for (i = 0; i < 4; i++) {
		check("POST_RECV", post_recv(file->fd, IB_USER_VERBS_CMD_POST_RECV, qp,
					     objects_memory, 128, lkey));
		check("POST_SEND", post_send(file->fd, qp, handles[AH], number, lkey));
	}
	if (!storm->stock)
		check("POLL_CQ", poll_some(file->fd, handles[CQ]));
	check("destroy", destroy_object(file->fd, UD, qp));
}

/* Work requests of whatever memory, and their completions. */
static void post_one(struct file *file, unsigned int *seed)
{
	uint32_t handles[KINDS], lkey = pick_number(seed) << 8, qp;

	pick(file, seed, handles);
	qp = handles[rand_r(seed) % 2 ? RC : UD];
	switch (rand_r(seed) % 6) {
	case 0: check("POST_SEND", post_send(file->fd, qp, handles[AH], pick_number(seed), lkey));
		break;
	case 1: check("POST_RECV", post_recv(file->fd, IB_USER_VERBS_CMD_POST_RECV, qp,
					     objects_memory, 128, lkey)); break;
	case 2: check("POST_SRQ_RECV", post_recv(file->fd, IB_USER_VERBS_CMD_POST_SRQ_RECV,
						 handles[SRQ], objects_memory, 128, lkey)); break;
	case 3: send_some(file, seed); break;
	/* ib_uverbs reads the number of a QP that may be gone. */
	default:
		if (!storm->stock)
			check("POLL_CQ", poll_some(file->fd, handles[CQ]));
		break;
	}
}

/* The path of an RC QP; on InfiniBand, where nobody is asked, to the device itself. */
static int connect_qp(int fd, uint32_t qp, uint16_t path, unsigned int sgid_index)
{
	const struct uverbs_bpf_roce_path roce = {
		.dest = { 10, 7, 0, 9 },
		.fields = UVERBS_BPF_ROCE_DEST_IPV4 | UVERBS_BPF_ROCE_SGID_INDEX,
		.sgid_index = sgid_index,
	};
	static const struct uverbs_bpf_ib_path ib = { .fields = UVERBS_BPF_IB_DLID, .dlid = 0x11 };

	if (path == UVERBS_BPF_ATTR_ROCE_PATH)
		return own_connect_qp(fd, qp, path, &roce, sizeof(roce));
	return own_connect_qp(fd, qp, path, &ib, sizeof(ib));
}

static int own_resize_cq(int fd, uint32_t cq, uint32_t cqe)
{
	struct cmd cmd;

	cmd_begin(&cmd, UVERBS_OBJECT_CQ, UVERBS_BPF_METHOD_CQ_RESIZE);
	cmd_handle(&cmd, UVERBS_BPF_ATTR_CQ_HANDLE, cq);
	cmd_u32(&cmd, UVERBS_BPF_ATTR_CQ_CQE, cqe);
	return cmd_call(fd, &cmd);
}

static int own_modify_srq(int fd, uint32_t srq, uint32_t limit)
{
	struct cmd cmd;

	cmd_begin(&cmd, UVERBS_OBJECT_SRQ, UVERBS_BPF_METHOD_SRQ_MODIFY);
	cmd_handle(&cmd, UVERBS_BPF_ATTR_SRQ_HANDLE, srq);
	cmd_u32(&cmd, UVERBS_BPF_ATTR_SRQ_LIMIT, limit);
	return cmd_call(fd, &cmd);
}

/* By the methods that only uverbs_bpf has. */
static void own_one(struct file *file, unsigned int *seed)
{
	uint32_t handles[KINDS], handle;
	int ret;

	pick(file, seed, handles);
	switch (rand_r(seed) % 7) {
	case 0:
		ret = own_alloc_pd(file->fd, &handle);
		check("PD_ALLOC", ret);
		if (!ret)
			keep(file, seed, PD, handle);
		break;
	case 1:
		ret = own_reg_mr(file->fd, handles[PD], objects_memory, sizeof(objects_memory),
				 &handle);
		check("MR_REG", ret);
		if (!ret)
			keep(file, seed, MR, handle);
		break;
	case 2: check("CQ_RESIZE", own_resize_cq(file->fd, handles[CQ], 1 + rand_r(seed) % 64));
		break;
	case 3: check("SRQ_MODIFY", own_modify_srq(file->fd, handles[SRQ], rand_r(seed) % 4)); break;
	case 4: check("QP_MODIFY", own_qp_to_init(file->fd, handles[RC])); break;
	default:
		if (!storm->path)
			break;
		ret = connect_qp(file->fd, handles[RC], storm->path, rand_r(seed) % 4);
		check("QP_CONNECT", ret);
		storm->connected += !ret;
		break;
	}
}

static void *thread(void *arg)
{
	unsigned int seed = (uintptr_t)arg;
	unsigned long round;

	for (round = 0; round < storm->rounds && !storm->stop; round++) {
		struct file *file = &storm->files[rand_r(&seed) % FILES];

		switch (rand_r(&seed) % (storm->stock ? 5 : 6)) {
		case 0: make_one(file, &seed); break;
		case 1: destroy_one(file, &seed); break;
		case 2: post_one(file, &seed); break;
		case 5: own_one(file, &seed); break;
		default: use_one(file, &seed); break;
		}
	}
	return NULL;
}

/* Events and completions for whatever there is. */
static void inject(unsigned int *seed)
{
	static const char *const what[] = { "qp", "cq", "srq", "wq" };
	char command[64];

	switch (rand_r(seed) % 3) {
	case 0:
		snprintf(command, sizeof(command), "event %s %u %u", what[rand_r(seed) % 4],
			 0x10 + rand_r(seed) % 16, rand_r(seed) % 4);
		break;
	case 1:
		snprintf(command, sizeof(command), "complete %u 2 0", 0x10 + rand_r(seed) % 16);
		break;
	default:
		snprintf(command, sizeof(command), "event port 1 %u", 9 + rand_r(seed) % 2);
		break;
	}
	fake_control(fake, command);
}

static void process(unsigned int seed)
{
	pthread_t threads[THREADS];
	unsigned long i;

	for (i = 0; i < THREADS; i++)
		must("pthread_create",
		     pthread_create(&threads[i], NULL, thread, (void *)(seed * 16 + i + 1)));
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	exit(0);
}

static void open_files(const char *node)
{
	int i, kind;

	for (i = 0; i < FILES; i++) {
		struct file *file = &storm->files[i];

		file->fd = raw_open(node);
		must("GET_CONTEXT", get_fake_context(file->fd, &file->context));
		must("ASYNC_EVENT_ALLOC", alloc_async(file->fd, &file->async));
		must("CREATE_COMP_CHANNEL", create_channel(file->fd, &file->channel));
		fcntl(file->async, F_SETFL, O_NONBLOCK);
		fcntl(file->channel, F_SETFL, O_NONBLOCK);
	}
	/* The first of each kind tells what there is on this kernel and these ports. */
	for (kind = 0; kind < KINDS; kind++) {
		uint32_t handles[KINDS] = {}, handle;
		int j, ret;

		for (j = 0; j < kind; j++)
			handles[j] = storm->files[0].handles[j][0] - 1;
		ret = make_object(storm->files[0].fd, -1, kind, handles, &handle);
		storm->lacks[kind] = ret == EPROTONOSUPPORT || ret == EOPNOTSUPP ||
				     ((kind == RAW || kind == FLOW || kind == TABLE) && ret);
		if (storm->lacks[kind]) {
			printf("no %s\n", kinds[kind].name);
			continue;
		}
		must(kinds[kind].name, ret);
		storm->files[0].handles[kind][0] = handle + 1;
		if (storm->files[0].highest < handle)
			storm->files[0].highest = handle;
	}
}

/* What a QP is connected with depends on the transport that is attached. */
static void find_path(const struct file *file)
{
	static const uint16_t paths[] = { UVERBS_BPF_ATTR_ROCE_PATH, UVERBS_BPF_ATTR_IB_PATH };
	unsigned int i;

	for (i = 0; !storm->stock && !storm->path && i < sizeof(paths) / sizeof(paths[0]); i++)
		if (connect_qp(file->fd, file->handles[RC][0] - 1, paths[i], 0) != EPROTONOSUPPORT)
			storm->path = paths[i];
	if (!storm->path)
		puts("no QP_CONNECT");
}

/* Whatever has this handle; a QP that is in a group leaves it first. */
static int destroy_any(const struct file *file, uint32_t handle)
{
	int kind, ret = ENOENT;

	while (!mcast(file->fd, handle, false))
		;
	for (kind = 0; kind < KINDS; kind++) {
		ret = destroy_object(file->fd, kind, handle);
		check("destroy", ret == EPROTONOSUPPORT && storm->lacks[kind] ? 0 : ret);
		if (!ret || ret == EBUSY || ret == ENOENT)
			break;
	}
	return ret;
}

/* Nothing is in use but by what else is there, so all of it can be destroyed, the last first. */
static void destroy_rest(const struct file *file)
{
	unsigned int handle, left, pass;

	for (pass = 0; pass < 6; pass++) {
		left = 0;
		for (handle = 0; handle <= file->highest; handle++)
			left += destroy_any(file, handle) == EBUSY;
		if (!left)
			return;
	}
	die("%u objects cannot be destroyed", left);
}

static long live_objects(void)
{
	char path[256], kind[32];
	long count, sum = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/objects", fake);
	file = fopen(path, "r");
	if (!file)
		die("%s: %s", path, strerror(errno));
	while (fscanf(file, "%31s %ld", kind, &count) == 2)
		/* These last as long as the files. */
		if (strcmp(kind, "ucontext") && strcmp(kind, "mapping"))
			sum += count;
	fclose(file);
	return sum;
}

static void join_all(pid_t *pids)
{
	int i, status;

	for (i = 0; i < PROCESSES; i++)
		if (waitpid(pids[i], &status, 0) != pids[i] || status)
			die("a process failed");
}

static void run(const char *node, unsigned int seed, unsigned long rounds, bool remove)
{
	pid_t pids[PROCESSES];
	int i;

	storm->rounds = rounds;
	open_files(node);
	find_path(&storm->files[0]);
	fflush(stdout);
	for (i = 0; i < PROCESSES; i++) {
		pids[i] = fork();
		if (pids[i] < 0)
			die("fork: %s", strerror(errno));
		if (!pids[i])
			process(seed * PROCESSES + i);
	}
	for (i = 0; i < (remove ? 100 : 200); i++) {
		inject(&seed);
		usleep(5000);
	}
	if (remove) {
		storm->removed = true;
		must("unplug", fake_control(fake, "unplug"));
		if (live_objects())
			die("%ld objects outlived the device", live_objects());
		usleep(300000);
		storm->stop = true;
	}
	join_all(pids);
	if (!remove) {
		for (i = 0; i < FILES; i++)
			destroy_rest(&storm->files[i]);
		if (live_objects())
			die("the device holds %ld objects nobody has a handle of", live_objects());
	}
	printf("%ld calls, %ld objects made, %ld completions, %ld connections, %ld times EBUSY, %ld times EIO\n",
	       storm->calls, storm->made, storm->polled, storm->connected, storm->busy, storm->gone);
	if (!storm->made || !storm->busy)
		die("that was no storm");
	if (remove && !storm->gone)
		die("nobody was there when the device went");
}

static void hold(const char *node)
{
	volatile struct fake_page *page;
	struct file *file = &storm->files[0];
	sigset_t set;
	int sig;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	open_files(node);
	page = mmap(NULL, file->context.bar_length, PROT_READ | PROT_WRITE, MAP_SHARED, file->fd,
		    file->context.bar_offset);
	if (page == MAP_FAILED || page->magic != FAKE_MAGIC)
		die("the device cannot be mapped");
	puts("ready");
	fflush(stdout);
	sigwait(&set, &sig);
	if (page->magic)
		die("the device is still mapped");
	must("destroying the PD's MR", destroy_object(file->fd, MR, file->handles[MR][0] - 1));
	if (get_context(file->fd) != EIO)
		die("the device still answers");
}

int main(int argc, char **argv)
{
	storm = mmap(NULL, sizeof(*storm), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	if (storm == MAP_FAILED)
		die("mmap: %s", strerror(errno));
	if (argc == 3 && !strcmp(argv[1], "hold")) {
		hold(argv[2]);
		return 0;
	}
	if (argc == 6 && (!strcmp(argv[1], "run") || !strcmp(argv[1], "stock"))) {
		fake = argv[3];
		storm->stock = !strcmp(argv[1], "stock");
		run(argv[2], atoi(argv[4]), atol(argv[5]), false);
		return 0;
	}
	if (argc == 5 && !strcmp(argv[1], "removal")) {
		fake = argv[3];
		run(argv[2], atoi(argv[4]), -1, true);
		return 0;
	}
	die("usage: storm run|stock NODE FAKE SEED ROUNDS | removal NODE FAKE SEED | hold NODE");
}
