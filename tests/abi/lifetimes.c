// SPDX-License-Identifier: BSD-2-Clause
/*
 * lifetimes COMMAND NODE [ARGUMENT]
 *
 * What happens to objects that are used, shared and destroyed in every way:
 *
 *	hold NODE		make one object of each kind that netlink lists or counts, print
 *				"ready", wait to be killed
 *	race NODE ROUNDS	four threads make, use and destroy the same objects
 *	close NODE ROUNDS	close the node while threads use it
 *	share NODE		objects outlive fork() and travel with the descriptor
 *	open NODE		print how open(2) is answered
 *	limits NODE		make contexts and PDs until refused, print the answers
 *	unplug NODE		make objects, print "ready"; on SIGUSR1 the device has gone
 *
 * Exit status: 0 if all was as it must be, else 1.
 */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "objects.h"

static const char *node;
static char memory[8192] __attribute__((aligned(4096)));

struct objects {
	int fd, async, channel;
	uint32_t pd, mr, cq, qp;
	struct mminfo ring;		/* of the CQ */
};

static void make(struct objects *objects)
{
	struct ib_uverbs_reg_mr_resp mr = {};

	objects->fd = raw_open(node);
	must("GET_CONTEXT", get_context(objects->fd));
	must("ASYNC_EVENT_ALLOC", alloc_async(objects->fd, &objects->async));
	must("CREATE_COMP_CHANNEL", create_channel(objects->fd, &objects->channel));
	must("ALLOC_PD", alloc_pd(objects->fd, &objects->pd));
	must("REG_MR", reg_mr(objects->fd, objects->pd, memory, sizeof(memory), &mr));
	objects->mr = mr.mr_handle;
	must("CQ_CREATE", create_cq(objects->fd, 16, objects->channel, &objects->ring, &objects->cq));
	must("QP_CREATE", create_qp(objects->fd, objects->pd, objects->cq, IB_UVERBS_QPT_RC,
				    &objects->qp));
}

/* All of them, in the right order. */
static void unmake(const struct objects *objects)
{
	struct ib_uverbs_destroy_cq_resp cq_resp;
	struct ib_uverbs_destroy_qp_resp qp_resp;

	must("QP_DESTROY", destroy_qp(objects->fd, objects->qp, &qp_resp));
	must("CQ_DESTROY", destroy_cq(objects->fd, objects->cq, &cq_resp));
	must("MR_DESTROY", destroy_mr(objects->fd, objects->mr));
	must("PD_DESTROY", destroy_pd(objects->fd, objects->pd));
}

/* The first page of the CQ's ring. */
static volatile char *map_ring(const struct objects *objects)
{
	void *map = mmap(NULL, objects->ring.size, PROT_READ | PROT_WRITE, MAP_SHARED, objects->fd,
			 objects->ring.offset);

	if (map == MAP_FAILED)
		die("mmap: %s", errno_name(errno));
	return map;
}

static void expect(const char *what, int ret, int expected)
{
	if (ret != expected)
		die("%s: %s, expected %s", what, errno_name(ret), errno_name(expected));
}

/* ---- hold ---- */

static void hold(void)
{
	struct objects objects;
	uint32_t handle;
	int ret;

	make(&objects);
	must("SRQ_CREATE", create_srq(objects.fd, objects.pd, 8, 0, &handle));
	/* Neither older kernels nor other devices than the fake ones have it. */
	ret = make_object(objects.fd, -1, COMP_CNTR, NULL, &handle);
	if (ret != EPROTONOSUPPORT)
		must("COMP_CNTR_CREATE", ret);
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}

/* ---- race, close ---- */

/* All threads take handles out of these few, so that they meet. */
#define RACE_HANDLES	10
#define RACE_THREADS	4

static struct {
	int fd;
	unsigned long rounds;
	bool closing;
	atomic_long made, destroyed, busy;
} race_state;

static bool race_allowed(int ret)
{
	switch (ret) {
	case 0: case EBUSY: case ENOENT: case EINVAL:
		return true;
	case EBADF:
		return race_state.closing;
	default:
		return false;
	}
}

static int race_call(unsigned int what, uint32_t a, uint32_t b, uint32_t *made)
{
	struct ib_uverbs_modify_qp modify = {
		.qp_handle = a,
		.attr_mask = 1 << 0 | 1 << 3 | 1 << 4 | 1 << 5,
		.qp_state = 1,
		.port_num = 1,
	};
	struct ib_uverbs_destroy_cq_resp cq_resp;
	struct ib_uverbs_destroy_qp_resp qp_resp;
	struct ib_uverbs_req_notify_cq notify = { .cq_handle = a };
	/* No work requests: those are in the queue, says this. */
	struct ib_uverbs_post_send doorbell = {
		.qp_handle = a,
		.wqe_size = sizeof(struct ib_uverbs_send_wr),
	};
	struct ib_uverbs_post_send_resp posted;
	struct ib_uverbs_query_qp_resp query;
	int fd = race_state.fd;

	switch (what) {
	case 0: return alloc_pd(fd, made);
	case 1: return create_cq(fd, 4, -1, NULL, made);
	case 2: return create_qp(fd, a, b, IB_UVERBS_QPT_RC, made);
	case 3: return destroy_pd(fd, a);
	case 4: return destroy_cq(fd, a, &cq_resp);
	case 5: return destroy_qp(fd, a, &qp_resp);
	case 6: return query_qp(fd, a, &query);
	case 7:
		return legacy(fd, IB_USER_VERBS_CMD_REQ_NOTIFY_CQ, &notify, sizeof(notify), NULL,
			      0, NULL, 0);
	case 8:
		return legacy(fd, IB_USER_VERBS_CMD_POST_SEND, &doorbell, sizeof(doorbell),
			      &posted, sizeof(posted), NULL, 0);
	default:
		return legacy(fd, IB_USER_VERBS_CMD_MODIFY_QP, &modify, sizeof(modify), NULL, 0,
			      NULL, 0);
	}
}

static void *race_thread(void *arg)
{
	unsigned int seed = (uintptr_t)arg;
	unsigned long round;

	for (round = 0; round < race_state.rounds; round++) {
		unsigned int what = rand_r(&seed) % 10;
		uint32_t a = rand_r(&seed) % RACE_HANDLES, b = rand_r(&seed) % RACE_HANDLES;
		uint32_t made = 0;
		int ret = race_call(what, a, b, &made);

		if (!race_allowed(ret))
			die("call %u with handles %u and %u: %s", what, a, b, errno_name(ret));
		if (ret == EBADF)
			break;
		if (ret == EBUSY)
			race_state.busy++;
		if (ret)
			continue;
		race_state.made += what <= 2;
		race_state.destroyed += what >= 3 && what <= 5;
		/* Not so many that the threads no longer meet. */
		if (what <= 2 && made >= RACE_HANDLES) {
			ret = race_call(what + 3, made, 0, NULL);
			if (!race_allowed(ret))
				die("destroying handle %u: %s", made, errno_name(ret));
			race_state.destroyed += !ret;
		}
	}
	return NULL;
}

static void race_start(pthread_t *threads)
{
	unsigned long i;

	for (i = 0; i < RACE_THREADS; i++)
		must("pthread_create", pthread_create(&threads[i], NULL, race_thread,
						      (void *)(i + 1)));
}

static void race(unsigned long rounds)
{
	struct ib_uverbs_destroy_cq_resp cq_resp;
	struct ib_uverbs_destroy_qp_resp qp_resp;
	pthread_t threads[RACE_THREADS];
	unsigned int i, left = 0;

	race_state.fd = raw_open(node);
	race_state.rounds = rounds;
	must("GET_CONTEXT", get_context(race_state.fd));
	race_start(threads);
	for (i = 0; i < RACE_THREADS; i++)
		pthread_join(threads[i], NULL);

	/* Nothing is locked any more, and what is left is what was made and not destroyed. */
	for (i = 0; i < 4096; i++)
		left += !destroy_qp(race_state.fd, i, &qp_resp);
	for (i = 0; i < 4096; i++)
		left += !destroy_cq(race_state.fd, i, &cq_resp);
	for (i = 0; i < 4096; i++)
		left += !destroy_pd(race_state.fd, i);
	printf("%ld made, %ld destroyed meanwhile, %u afterwards, %ld times EBUSY\n",
	       race_state.made, race_state.destroyed, left, race_state.busy);
	if (race_state.made != race_state.destroyed + left)
		die("%ld objects are neither there nor destroyed",
		    race_state.made - race_state.destroyed - left);
	for (i = 0; i < 4096; i++)
		expect("a handle after all is destroyed", destroy_pd(race_state.fd, i), ENOENT);
	if (!race_state.destroyed || (long)left == race_state.made)
		die("the threads destroyed nothing");
}

static void race_close(unsigned long rounds)
{
	pthread_t threads[RACE_THREADS];
	unsigned long round;
	unsigned int i;

	race_state.closing = true;
	race_state.rounds = 1000000;
	for (round = 0; round < rounds; round++) {
		race_state.fd = raw_open(node);
		must("GET_CONTEXT", get_context(race_state.fd));
		race_start(threads);
		usleep(20000);
		close(race_state.fd);
		for (i = 0; i < RACE_THREADS; i++)
			pthread_join(threads[i], NULL);
	}
	printf("%lu times closed\n", rounds);
}

/* ---- share ---- */

static void send_fd(int to, int fd)
{
	char byte = 0, control[CMSG_SPACE(sizeof(fd))] = {};
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	if (sendmsg(to, &msg, 0) != 1)
		die("sendmsg: %s", strerror(errno));
}

static int receive_fd(int from)
{
	char byte, control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	int fd;

	if (recvmsg(from, &msg, 0) != 1)
		die("recvmsg: %s", strerror(errno));
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	return fd;
}

static void join(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || status)
		die("the other process failed");
}

static void share(void)
{
	struct ib_uverbs_query_qp_resp query;
	struct objects objects;
	volatile char *map;
	char byte;
	pid_t pid;
	int pair[2];

	/* A child has the objects too, and they stay when it ends. */
	make(&objects);
	map = map_ring(&objects);
	byte = *map;
	pid = fork();
	if (!pid) {
		must("QUERY_QP in the child", query_qp(objects.fd, objects.qp, &query));
		if (*map != byte)
			die("the child sees another ring");
		_exit(0);
	}
	join(pid);
	must("QUERY_QP after the child", query_qp(objects.fd, objects.qp, &query));
	if (*map != byte)
		die("the ring changed with the child");

	/* The child goes on when the parent has closed everything, mapping included. */
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		die("socketpair: %s", strerror(errno));
	pid = fork();
	if (!pid) {
		close(pair[0]);
		if (read(pair[1], &byte, 1) != 0)
			die("the parent did not close");
		must("QUERY_QP after the parent", query_qp(objects.fd, objects.qp, &query));
		(void)*map;
		unmake(&objects);
		_exit(0);
	}
	munmap((void *)map, objects.ring.size);
	close(objects.channel);
	close(objects.async);
	close(objects.fd);
	close(pair[1]);
	close(pair[0]);
	join(pid);

	/* Nor does it matter who made them. */
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		die("socketpair: %s", strerror(errno));
	pid = fork();
	if (!pid) {
		make(&objects);
		send_fd(pair[1], objects.fd);
		send_fd(pair[1], objects.channel);
		if (write(pair[1], &objects, sizeof(objects)) != sizeof(objects))
			die("write: %s", strerror(errno));
		_exit(0);
	}
	objects.fd = receive_fd(pair[0]);
	objects.channel = receive_fd(pair[0]);
	{
		struct objects theirs;

		if (read(pair[0], &theirs, sizeof(theirs)) != sizeof(theirs))
			die("read: %s", strerror(errno));
		objects.pd = theirs.pd;
		objects.mr = theirs.mr;
		objects.cq = theirs.cq;
		objects.qp = theirs.qp;
	}
	join(pid);
	must("QUERY_QP of a dead process", query_qp(objects.fd, objects.qp, &query));
	fcntl(objects.channel, F_SETFL, O_NONBLOCK);
	expect("read of its channel", read(objects.channel, &byte, 1) < 0 ? errno : 0, EAGAIN);
	unmake(&objects);

	/* The channel alone keeps nothing but itself. */
	close(objects.fd);
	expect("read of a channel without its node", read(objects.channel, &byte, 1) < 0 ? errno : 0,
	       EIO);
	puts("shared");
}

/* ---- open, limits ---- */

static void say(const char *what, int ret)
{
	printf("%s: %s\n", what, errno_name(ret));
}

static void limits(void)
{
	int fd = raw_open(node), other = raw_open(node), async;
	uint32_t pd[8], more;
	unsigned int i;

	say("first context", get_context(fd));
	say("second context", get_context(other));
	for (i = 0; i < 8; i++)
		say("PD", alloc_pd(fd, &pd[i]));
	say("CQ", create_cq(fd, 4, -1, NULL, &more));
	/* Files are not counted. */
	say("async file", alloc_async(fd, &async));
	say("destroy a PD", destroy_pd(fd, pd[0]));
	say("PD again", alloc_pd(fd, &pd[0]));
	say("one more", alloc_pd(fd, &more));
	close(fd);
	/* The async file keeps the node open, not its context. */
	say("second context again", get_context(other));
	say("PD of it", alloc_pd(other, &more));
	close(async);
	close(other);
}

/* ---- unplug ---- */

static void nothing(int signal)
{
	(void)signal;
}

static void unplug(void)
{
	struct ib_uverbs_async_event_desc async;
	struct ib_uverbs_comp_event_desc comp;
	struct ib_uverbs_query_qp_resp query;
	struct objects objects, empty;
	struct pollfd poll_fd = { .events = POLLIN };
	uint32_t handle;
	ssize_t n;
	volatile char *map;
	int fd;

	make(&objects);
	empty.fd = raw_open(node);
	map = map_ring(&objects);
	(void)*map;
	signal(SIGUSR1, nothing);
	puts("ready");
	fflush(stdout);
	pause();

	/* Nothing works, */
	expect("QUERY_QP", query_qp(objects.fd, objects.qp, &query), EIO);
	expect("ALLOC_PD", alloc_pd(objects.fd, &handle), EIO);
	expect("ASYNC_EVENT_ALLOC", alloc_async(objects.fd, &fd), EIO);
	expect("CQ_CREATE", create_cq(objects.fd, 4, -1, NULL, &handle), EIO);
	expect("GET_CONTEXT", get_context(empty.fd), EIO);
	fd = open(node, O_RDWR);
	if (fd >= 0)
		die("the node is still there");
	/* not even the mapping crashes, */
	(void)*map;
	/* but what can be tidied up is, once. */
	unmake(&objects);
	expect("PD_DESTROY again", destroy_pd(objects.fd, objects.pd), ENOENT);

	poll_fd.fd = objects.async;
	if (poll(&poll_fd, 1, 1000) != 1 || !(poll_fd.revents & POLLIN))
		die("no async event");
	n = read(objects.async, &async, sizeof(async));
	if (n != sizeof(async))
		die("read of the async event: %s", errno_name(n < 0 ? errno : 0));
	/* IBV_EVENT_DEVICE_FATAL */
	if (async.event_type != 8)
		die("async event %u, expected 8", async.event_type);
	expect("read of the channel",
	       read(objects.channel, &comp, sizeof(comp)) < 0 ? errno : 0, EIO);
	puts("unplugged");
}

int main(int argc, char **argv)
{
	const char *command = argc > 2 ? argv[1] : "";
	unsigned long number = argc > 3 ? strtoul(argv[3], NULL, 0) : 0;

	if (argc > 2)
		node = argv[2];
	if (!strcmp(command, "hold")) {
		hold();
	} else if (!strcmp(command, "race") && number) {
		race(number);
	} else if (!strcmp(command, "close") && number) {
		race_close(number);
	} else if (!strcmp(command, "share")) {
		share();
	} else if (!strcmp(command, "open")) {
		say("open", open(node, O_RDWR) < 0 ? errno : 0);
	} else if (!strcmp(command, "limits")) {
		limits();
	} else if (!strcmp(command, "unplug")) {
		unplug();
	} else {
		fprintf(stderr, "usage: lifetimes hold|share|open|limits|unplug NODE\n"
				"       lifetimes race|close NODE ROUNDS\n");
		return 1;
	}
	return 0;
}
