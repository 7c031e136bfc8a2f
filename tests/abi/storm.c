// SPDX-License-Identifier: BSD-2-Clause
/*
 * storm run NODE FAKE SEED ROUNDS	several processes with several threads make, use and destroy
 *					objects of all kinds on shared files
 * storm removal NODE FAKE SEED		the same, until the device is pulled out, and then some
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
	atomic_long calls, busy, made, gone;
	bool lacks[KINDS];
	unsigned int rereg_never;
} *storm;

/* enum ib_mr_rereg_flags: the change for which the fake driver makes another MR. */
#define REREG_ACCESS	(1 << 2)

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

static void make_one(struct file *file, unsigned int *seed)
{
	uint32_t handles[KINDS], handle, old, highest;
	int kind = rand_r(seed) % KINDS, ret;

	if (storm->lacks[kind])
		return;
	pick(file, seed, handles);
	ret = make_object(file->fd, rand_r(seed) % 2 ? file->channel : -1, kind, handles, &handle);
	check(kinds[kind].name, ret);
	if (ret)
		return;
	storm->made++;
	highest = file->highest;
	while (highest < handle &&
	       !atomic_compare_exchange_weak(&file->highest, &highest, handle))
		;
	old = atomic_exchange(&file->handles[kind][rand_r(seed) % PLACES], handle + 1);
	if (old)
		check("destroy", destroy_object(file->fd, kind, old - 1));
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

static int read_counters(int fd, uint32_t counters)
{
	uint64_t values[4];
	struct cmd cmd;

	cmd_begin(&cmd, UVERBS_OBJECT_COUNTERS, UVERBS_METHOD_COUNTERS_READ);
	cmd_handle(&cmd, UVERBS_ATTR_READ_COUNTERS_HANDLE, counters);
	cmd_out(&cmd, UVERBS_ATTR_READ_COUNTERS_BUFF, values, sizeof(values));
	return cmd_call(fd, &cmd);
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

			if (waitpid(child, &status, 0) != child || status)
				die("a child sees something else");
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
	uint32_t qp;

	pick(file, seed, handles);
	qp = handles[qps[rand_r(seed) % 4]];
	switch (rand_r(seed) % 16) {
	case 0: check("QUERY_QP", query_qp(file->fd, qp, &query)); break;
	case 1: check("MODIFY_QP", modify_qp(file->fd, qp, 1)); break;
	case 2: check("MODIFY_QP", modify_qp(file->fd, qp, 0)); break;
	case 3: check("REQ_NOTIFY_CQ", req_notify(file->fd, handles[CQ])); break;
	case 4: check("RESIZE_CQ", resize_cq(file->fd, handles[CQ], 1 + rand_r(seed) % 64)); break;
	case 5: check("REREG_MR", rereg_mr(file->fd, handles[MR], handles[PD],
					   (1 + rand_r(seed) % 7) & ~storm->rereg_never));
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
	default: check("read", read_events(file)); break;
	}
}

static void *thread(void *arg)
{
	unsigned int seed = (uintptr_t)arg;
	unsigned long round;

	for (round = 0; round < storm->rounds && !storm->stop; round++) {
		struct file *file = &storm->files[rand_r(&seed) % FILES];

		switch (rand_r(&seed) % 4) {
		case 0: make_one(file, &seed); break;
		case 1: destroy_one(file, &seed); break;
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
	printf("%ld calls, %ld objects made, %ld times EBUSY, %ld times EIO\n", storm->calls,
	       storm->made, storm->busy, storm->gone);
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
	if (argc == 6 && (!strcmp(argv[1], "run") || !strcmp(argv[1], "run-in-place"))) {
		fake = argv[3];
		storm->rereg_never = argv[1][3] ? REREG_ACCESS : 0;
		run(argv[2], atoi(argv[4]), atol(argv[5]), false);
		return 0;
	}
	if (argc == 5 && !strcmp(argv[1], "removal")) {
		fake = argv[3];
		run(argv[2], atoi(argv[4]), -1, true);
		return 0;
	}
	die("usage: storm run|run-in-place NODE FAKE SEED ROUNDS | removal NODE FAKE SEED | hold NODE");
}
