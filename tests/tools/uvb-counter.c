// SPDX-License-Identifier: BSD-2-Clause
/*
 * uvb-counter: CQs that count, on a device that rdma_cm finds by an address.
 *
 *	uvb-counter ADDRESS all		every check below, on QPs connected for it
 *	uvb-counter ADDRESS odd COMMAND	with the provider odd-counter, which COMMAND takes off
 *	uvb-counter ADDRESS traffic	send and count until killed
 *	uvb-counter ADDRESS change N	... N rounds, exactly; meanwhile programs come and go
 *	uvb-counter ADDRESS bench N	N sends, counted, and N polled for: nanoseconds of each
 *	uvb-counter ADDRESS refused	the provider is not attached
 *
 *	uvb-counter DEVICE removed	make a counter, and wait until the device is taken away
 *	uvb-counter NODE other DRIVER	on a node of a driver that is not known to be safe
 *	uvb-counter NODE queues		on a fake device: what is no QP and wants a CQ
 *
 * QPs are those of the device's own library; only the CQ is ours.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#include <rdma/rdma_cma.h>
#include <uverbs-bpf/verbs.h>

#include "../abi/raw.h"

#define DEPTH		32
#define MESSAGE		64
#define TIMEOUT_MS	20000

#define COMP	UVERBS_BPF_CQ_COUNTER_COMP
#define ERR	UVERBS_BPF_CQ_COUNTER_ERR

#define check(cond, fmt, ...)							\
	do {									\
		if (!(cond))							\
			die("%s:%d: " fmt " (%s)", __func__, __LINE__, ##__VA_ARGS__, #cond);	\
	} while (0)

/* Two connected QPs of one process: @a sends to @b. */
struct pair {
	struct rdma_cm_id *a;
	struct rdma_cm_id *b;
};

static struct sockaddr_storage address;

static struct ibv_context *context;
static struct ibv_pd *pd;
static struct ibv_mr *mr;
static char memory[2 * MESSAGE];

/* ---- connections ---- */

static void make_qp(struct rdma_cm_id *id, struct ibv_cq *send, struct ibv_cq *recv)
{
	struct ibv_qp_init_attr init = {
		.send_cq = send, .recv_cq = recv, .qp_type = IBV_QPT_RC,
		.cap = { .max_send_wr = DEPTH, .max_recv_wr = 2 * DEPTH, .max_send_sge = 1,
			 .max_recv_sge = 1 },
	};

	if (rdma_create_qp(id, pd, &init))
		die("rdma_create_qp: %s", strerror(errno));
}

struct accept {
	struct rdma_cm_id *listen;
	struct ibv_cq *send;
	struct ibv_cq *recv;
	struct rdma_cm_id *id;
};

static void *accept_one(void *arg)
{
	struct rdma_conn_param param = { .rnr_retry_count = 7, .retry_count = 7 };
	struct accept *in = arg;

	if (rdma_get_request(in->listen, &in->id))
		die("rdma_get_request: %s", strerror(errno));
	make_qp(in->id, in->send, in->recv);
	if (rdma_accept(in->id, &param))
		die("rdma_accept: %s", strerror(errno));
	return NULL;
}

static void open_device(void)
{
	struct rdma_cm_id *id;

	if (rdma_create_id(NULL, &id, NULL, RDMA_PS_TCP) ||
	    rdma_bind_addr(id, (struct sockaddr *)&address))
		die("no RDMA device with this address: %s", strerror(errno));
	/* librdmacm has one context per device, whoever uses it. */
	context = id->verbs;
	pd = ibv_alloc_pd(context);
	mr = pd ? ibv_reg_mr(pd, memory, sizeof(memory), IBV_ACCESS_LOCAL_WRITE) : NULL;
	if (!mr)
		die("PD, MR: %s", strerror(errno));
	fcntl(context->async_fd, F_SETFL, O_NONBLOCK);
}

/* @a completes sends to @a_cq, @b everything to @b_cq. */
static struct pair connect_pair(struct ibv_cq *a_cq, struct ibv_cq *b_cq)
{
	struct rdma_conn_param param = { .rnr_retry_count = 7, .retry_count = 7 };
	struct accept in = { .send = b_cq, .recv = b_cq };
	struct sockaddr_storage bound = address;
	pthread_t thread;
	struct pair pair;

	if (rdma_create_id(NULL, &in.listen, NULL, RDMA_PS_TCP) ||
	    rdma_bind_addr(in.listen, (struct sockaddr *)&bound) || rdma_listen(in.listen, 1))
		die("rdma_listen: %s", strerror(errno));
	((struct sockaddr_in *)&bound)->sin_port = rdma_get_src_port(in.listen);
	if (rdma_create_id(NULL, &pair.a, NULL, RDMA_PS_TCP) ||
	    rdma_resolve_addr(pair.a, NULL, (struct sockaddr *)&bound, 5000) ||
	    rdma_resolve_route(pair.a, 5000))
		die("rdma_resolve: %s", strerror(errno));
	check(pair.a->verbs == context, "another device");
	make_qp(pair.a, a_cq, a_cq);
	must("pthread_create", pthread_create(&thread, NULL, accept_one, &in));
	if (rdma_connect(pair.a, &param))
		die("rdma_connect: %s", strerror(errno));
	pthread_join(thread, NULL);
	pair.b = in.id;
	rdma_destroy_id(in.listen);
	return pair;
}

static void destroy_pair(struct pair *pair)
{
	rdma_destroy_qp(pair->a);
	rdma_destroy_qp(pair->b);
	rdma_destroy_id(pair->a);
	rdma_destroy_id(pair->b);
}

/* ---- work ---- */

static void post_recv(struct rdma_cm_id *id, uint64_t wr_id)
{
	struct ibv_sge sge = {
		.addr = (uintptr_t)memory + MESSAGE, .length = MESSAGE, .lkey = mr->lkey,
	};
	struct ibv_recv_wr wr = { .wr_id = wr_id, .sg_list = &sge, .num_sge = 1 }, *bad;
	int ret = ibv_post_recv(id->qp, &wr, &bad);

	check(!ret, "post_recv: %s", strerror(ret));
}

static void post_send(struct rdma_cm_id *id, uint64_t wr_id, uint32_t length)
{
	struct ibv_sge sge = { .addr = (uintptr_t)memory, .length = length, .lkey = mr->lkey };
	struct ibv_send_wr wr = {
		.wr_id = wr_id, .sg_list = &sge, .num_sge = 1, .opcode = IBV_WR_SEND,
		.send_flags = IBV_SEND_SIGNALED,
	}, *bad;
	int ret = ibv_post_send(id->qp, &wr, &bad);

	check(!ret, "post_send: %s", strerror(ret));
}

static uint64_t value(const struct uvb_counter *counter, unsigned int entry)
{
	return __atomic_load_n(&counter->page->value[entry], __ATOMIC_ACQUIRE);
}

static short events_of(const struct uvb_counter *counter, int timeout)
{
	struct pollfd pfd = { .fd = counter->fd, .events = POLLIN | POLLPRI };

	if (poll(&pfd, 1, timeout) < 0)
		die("poll: %s", strerror(errno));
	return pfd.revents;
}

static void set(struct uvb_counter *counter, unsigned int entry, unsigned int op, uint64_t value)
{
	int ret = uvb_modify_counter(counter, entry, op, value);

	check(!ret, "modify: %s", strerror(-ret));
}

/* Wait until a count is at least @wanted. */
static void wait_for(struct uvb_counter *counter, unsigned int entry, uint64_t wanted)
{
	short want = entry == COMP ? POLLIN : POLLPRI;
	short got;

	set(counter, entry, UVERBS_BPF_CQ_COUNTER_THRESHOLD, wanted);
	/* The other kind of event does not end the wait, nor does it count as one. */
	set(counter, !entry, UVERBS_BPF_CQ_COUNTER_THRESHOLD, UINT64_MAX);
	got = events_of(counter, TIMEOUT_MS);
	check(got & want, "entry %u: %llu, not %llu, after %d s; events 0x%x", entry,
	      (unsigned long long)value(counter, entry), (unsigned long long)wanted,
	      TIMEOUT_MS / 1000, got);
	check(value(counter, entry) >= wanted, "woken too early");
}

static void counts(const struct uvb_counter *counter, uint64_t comp, uint64_t err)
{
	check(value(counter, COMP) == comp && value(counter, ERR) == err,
	      "%llu successes and %llu errors, expected %llu and %llu",
	      (unsigned long long)value(counter, COMP), (unsigned long long)value(counter, ERR),
	      (unsigned long long)comp, (unsigned long long)err);
}

static struct uvb_counter *make(const char *provider, uint32_t cqe)
{
	char text[UVERBS_BPF_ERROR_MAX];
	struct uvb_counter *counter;

	UVB_OPTS(uvb_counter_opts, opts, .cqe = cqe, .provider = provider, .error = text,
		 .error_len = sizeof(text));
	counter = uvb_create_counter_cq(context, &opts);
	if (!counter)
		die("counter: %s: %s", strerror(errno), text);
	return counter;
}

static void destroy_counter(struct uvb_counter *counter)
{
	int ret = uvb_destroy_counter_cq(counter);

	check(!ret, "destroy: %s", strerror(-ret));
}

static void to_error(struct rdma_cm_id *id)
{
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_ERR };
	int ret = ibv_modify_qp(id->qp, &attr, IBV_QP_STATE);

	check(!ret, "modify_qp to ERR: %s", strerror(ret));
}

/* ---- calls that libuverbs-bpf does not make ---- */

static char error_text[sizeof(struct uverbs_bpf_error) + UVERBS_BPF_ERROR_MAX]
	__attribute__((aligned(8)));

static const char *said(void)
{
	struct uverbs_bpf_error *error = (struct uverbs_bpf_error *)error_text;

	return error->length ? error->text : "nothing";
}

/* Returns the errno; what was said is in said(). */
static int call(struct cmd *cmd)
{
	memset(error_text, 0, sizeof(error_text));
	cmd_out(cmd, UVERBS_BPF_ATTR_ERROR, error_text, sizeof(error_text));
	return cmd_call(context->cmd_fd, cmd);
}

static int command(uint32_t number, const void *in, size_t in_len, void *out, size_t out_len)
{
	struct cmd cmd;

	cmd_begin(&cmd, UVERBS_OBJECT_DEVICE, UVERBS_METHOD_INVOKE_WRITE);
	cmd_u64(&cmd, UVERBS_ATTR_WRITE_CMD, number);
	cmd_in(&cmd, UVERBS_ATTR_CORE_IN, in, in_len);
	if (out)
		cmd_out(&cmd, UVERBS_ATTR_CORE_OUT, out, out_len);
	return call(&cmd);
}

static void find_driver(void)
{
	static const uint32_t drivers[] = { RDMA_DRIVER_RXE, RDMA_DRIVER_SIW, RDMA_DRIVER_QIB };
	unsigned int i;

	for (i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
		raw_driver = drivers[i];
		if (legacy(context->cmd_fd, IB_USER_VERBS_CMD_QUERY_DEVICE, NULL, 0, NULL, 0, NULL,
			   0) != EINVAL)
			return;
	}
	die("not a driver this program knows");
}

/* The namespace of a provider's ids. */
static uint32_t namespace(const char *provider)
{
	uint32_t ns = 0;
	struct cmd cmd;

	cmd_begin(&cmd, UVERBS_BPF_OBJECT_CHANNEL, UVERBS_BPF_METHOD_PROVIDER_OPEN);
	cmd_handle(&cmd, UVERBS_BPF_ATTR_CHANNEL_HANDLE, 0);
	cmd_in(&cmd, UVERBS_BPF_ATTR_CHANNEL_NAME, provider, strlen(provider) + 1);
	cmd_out(&cmd, UVERBS_BPF_ATTR_CHANNEL_RESP_NS, &ns, sizeof(ns));
	must("PROVIDER_OPEN", call(&cmd));
	return ns;
}

/* CQ_CREATE that asks for a counter; @with adds to it. */
static void create_begin(struct cmd *cmd, uint32_t ns, uint32_t *cqe)
{
	cmd_begin(cmd, UVERBS_OBJECT_CQ, UVERBS_METHOD_CQ_CREATE);
	cmd_handle(cmd, UVERBS_ATTR_CREATE_CQ_HANDLE, 0);
	cmd_u32(cmd, UVERBS_ATTR_CREATE_CQ_CQE, 16);
	cmd_u64(cmd, UVERBS_ATTR_CREATE_CQ_USER_HANDLE, 0);
	cmd_u32(cmd, UVERBS_ATTR_CREATE_CQ_COMP_VECTOR, 0);
	cmd_out(cmd, UVERBS_ATTR_CREATE_CQ_RESP_CQE, cqe, sizeof(*cqe));
	cmd_add(cmd, UVERBS_BPF_ID(ns, 0), 0, 0);
}

static void refused(const char *what, int err, int expected, const char *words)
{
	check(err == expected, "%s: %s, expected %s; %s", what, errno_name(err),
	      errno_name(expected), said());
	check(strstr(said(), words), "%s: says '%s', not '%s'", what, said(), words);
	printf("%s: %s\n", what, said());
}

/* ---- checks ---- */

/* Several QPs on one counter, both directions, and exactly what was sent. */
static void test_load(void)
{
	struct uvb_counter *tx = make(NULL, 1024), *rx = make(NULL, 1024);
	uint64_t sent = 0, wr_id = 0xdeadbeef00000000;
	struct pair pairs[3];
	unsigned int i, j, round;

	for (i = 0; i < 3; i++)
		pairs[i] = connect_pair(tx->cq, rx->cq);
	counts(tx, 0, 0);
	for (round = 0; round < 20; round++) {
		for (i = 0; i < 3; i++) {
			for (j = 0; j < DEPTH / 2; j++, sent++) {
				post_recv(pairs[i].b, wr_id++);
				post_send(pairs[i].a, wr_id++, MESSAGE);
			}
		}
		wait_for(tx, COMP, sent);
		wait_for(rx, COMP, sent);
		counts(tx, sent, 0);
		counts(rx, sent, 0);
	}
	/* The other way, too: @b sends to the CQ it receives from. */
	for (j = 0; j < DEPTH; j++) {
		post_recv(pairs[0].a, wr_id++);
		post_send(pairs[0].b, wr_id++, MESSAGE);
	}
	wait_for(tx, COMP, sent + DEPTH);
	wait_for(rx, COMP, sent + DEPTH);
	counts(tx, sent + DEPTH, 0);
	counts(rx, sent + DEPTH, 0);

	/* What is flushed is an error, and no success. */
	for (j = 0; j < 5; j++)
		post_recv(pairs[1].b, wr_id++);
	to_error(pairs[1].b);
	wait_for(rx, ERR, 5);
	counts(rx, sent + DEPTH, 5);
	check(!tx->page->flags && !rx->page->flags, "flags 0x%x, 0x%x", tx->page->flags,
	      rx->page->flags);

	for (i = 0; i < 3; i++)
		destroy_pair(&pairs[i]);
	destroy_counter(tx);
	destroy_counter(rx);
	printf("load: %llu sends and receives on 3 QPs each counted once, 5 flushes as errors\n",
	       (unsigned long long)sent + DEPTH);
}

/* A QP may go before anybody looked at what it completed. */
static void test_settle(void)
{
	unsigned int round, j;

	for (round = 0; round < 5; round++) {
		struct uvb_counter *tx = make(NULL, 256), *rx = make(NULL, 256);
		struct pair pair = connect_pair(tx->cq, rx->cq);

		for (j = 0; j < DEPTH; j++)
			post_recv(pair.b, j);
		to_error(pair.b);
		destroy_pair(&pair);
		/* rxe flushes in a work item, which the destruction may overtake. */
		check((value(rx, ERR) == DEPTH || raw_driver == RDMA_DRIVER_RXE) &&
		      value(rx, ERR) <= DEPTH && !rx->page->flags, "%llu flushes of %u, flags 0x%x",
		      (unsigned long long)value(rx, ERR), DEPTH, rx->page->flags);
		destroy_counter(tx);
		destroy_counter(rx);
	}
	printf("settle: what a QP completed is counted when it is destroyed\n");
}

static void test_threshold(void)
{
	struct uvb_counter *tx = make(NULL, 64), *rx = make(NULL, 64);
	struct pair pair = connect_pair(tx->cq, rx->cq);
	unsigned int j;

	check(rx->page->threshold[COMP] == 1 && rx->page->threshold[ERR] == 1, "not 1 at first");
	check(!events_of(rx, 0), "events without a completion");
	set(rx, COMP, UVERBS_BPF_CQ_COUNTER_THRESHOLD, 5);
	for (j = 0; j < 4; j++) {
		post_recv(pair.b, j);
		post_send(pair.a, j, MESSAGE);
	}
	wait_for(tx, COMP, 4);
	check(!events_of(rx, 200), "woken at %llu of 5", (unsigned long long)value(rx, COMP));
	post_recv(pair.b, 5);
	post_send(pair.a, 5, MESSAGE);
	check(events_of(rx, TIMEOUT_MS) == POLLIN, "not woken");
	counts(rx, 5, 0);

	set(rx, COMP, UVERBS_BPF_CQ_COUNTER_SET, 100);
	set(rx, COMP, UVERBS_BPF_CQ_COUNTER_INC, 7);
	set(rx, ERR, UVERBS_BPF_CQ_COUNTER_INC, 3);
	counts(rx, 107, 3);
	set(rx, COMP, UVERBS_BPF_CQ_COUNTER_INC, -8ULL);
	counts(rx, 99, 3);
	post_recv(pair.b, 6);
	post_send(pair.a, 6, MESSAGE);
	wait_for(rx, COMP, 100);
	check(uvb_modify_counter(rx, 2, 0, 0) == -EINVAL, "entry 2");
	check(uvb_modify_counter(rx, COMP, 3, 0) == -EINVAL, "operation 3");
	destroy_pair(&pair);
	destroy_counter(tx);
	destroy_counter(rx);
	printf("threshold: poll() waits for it; set and increment\n");
}

/* The CQ has one entry: what does not fit is said for ever, and told once as an event. */
static void test_overflow(void)
{
	struct uvb_counter *tx = make(NULL, 64), *rx = make(NULL, 1);
	struct pair pair = connect_pair(tx->cq, rx->cq);
	struct ibv_async_event event;
	unsigned int j, told = 0;

	for (j = 0; j < 2 * DEPTH; j++)
		post_recv(pair.b, j);
	set(rx, COMP, UVERBS_BPF_CQ_COUNTER_THRESHOLD, -1ULL);
	set(rx, ERR, UVERBS_BPF_CQ_COUNTER_THRESHOLD, -1ULL);
	to_error(pair.b);
	check(events_of(rx, TIMEOUT_MS) & POLLERR, "no POLLERR");
	check(rx->page->flags == UVERBS_BPF_CQ_COUNTER_OVERFLOW, "flags 0x%x", rx->page->flags);
	check(value(rx, ERR) < 2 * DEPTH, "nothing was lost");
	destroy_pair(&pair);
	set(rx, ERR, UVERBS_BPF_CQ_COUNTER_SET, 0);
	check(rx->page->flags == UVERBS_BPF_CQ_COUNTER_OVERFLOW, "flags 0x%x", rx->page->flags);
	while (!ibv_get_async_event(context, &event)) {
		told += event.event_type == IBV_EVENT_CQ_ERR && event.element.cq == rx->cq;
		ibv_ack_async_event(&event);
	}
	check(told == 1, "%u events CQ_ERR", told);
	destroy_counter(tx);
	destroy_counter(rx);
	printf("overflow: a flag that stays, POLLERR, one event CQ_ERR\n");
}

static void test_page(void)
{
	size_t size = sysconf(_SC_PAGESIZE);
	struct uvb_counter *counter = make(NULL, 16);
	unsigned int zero = 0;
	int status, fd;
	pid_t child;

#define cannot_map(len, prot, flags, off, err)						\
	check(mmap(NULL, len, prot, flags, counter->fd, off) == MAP_FAILED && errno == (err), \
	      "mapped, or %s", errno_name(errno))
	cannot_map(size, PROT_READ | PROT_WRITE, MAP_SHARED, 0, EACCES);
	cannot_map(size, PROT_READ | PROT_WRITE, MAP_PRIVATE, 0, EPERM);
	cannot_map(2 * size, PROT_READ, MAP_SHARED, 0, EINVAL);
	cannot_map(size, PROT_READ, MAP_SHARED, size, EINVAL);
	check(mprotect((void *)counter->page, size, PROT_READ | PROT_WRITE) && errno == EACCES,
	      "mprotect");
	fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	check(fd >= 0 && pwrite(fd, &zero, sizeof(zero), (uintptr_t)counter->page) < 0,
	      "written through /proc/self/mem");
	close(fd);

	/* A child has the page, and sees what is counted after the fork. */
	child = fork();
	if (!child) {
		while (value(counter, COMP) != 42)
			usleep(1000);
		_exit(madvise((void *)counter->page, size, MADV_DONTNEED) ||
		      value(counter, COMP) != 42);
	}
	usleep(20000);
	set(counter, COMP, UVERBS_BPF_CQ_COUNTER_SET, 42);
	check(waitpid(child, &status, 0) == child && !status, "child: status 0x%x", status);
	destroy_counter(counter);
	printf("page: read-only whatever one tries, shared with a child\n");
}

static void test_refused(void)
{
	struct uvb_counter *counter = make(NULL, 16);
	uint32_t ns = namespace("comp-counter"), cqe;
	struct ib_uverbs_poll_cq poll = { .cq_handle = counter->cq->handle, .ne = 1 };
	struct ib_uverbs_req_notify_cq notify = { .cq_handle = counter->cq->handle };
	struct ib_uverbs_resize_cq resize = { .cq_handle = counter->cq->handle, .cqe = 32 };
	struct ib_uverbs_ex_modify_cq modify = {
		.cq_handle = counter->cq->handle, .attr_mask = 1, .attr.cq_count = 1,
	};
	struct {
		struct ib_uverbs_poll_cq_resp resp;
		struct ib_uverbs_wc wc;
	} completions;
	struct ib_uverbs_resize_cq_resp resized;
	struct rxe_create_cq_resp uhw;
	struct ibv_comp_channel *channel;
	char text[UVERBS_BPF_ERROR_MAX];
	struct ibv_cq *polled;
	struct cmd cmd;
	int err;

	UVB_OPTS(uvb_cq_resize_opts, resize_opts, .cqe = 32, .error = text,
		 .error_len = sizeof(text));

	/* What a device has no operation for is EOPNOTSUPP as well, and nothing is said. */
	check(command(IB_USER_VERBS_CMD_POLL_CQ, &poll, sizeof(poll), &completions,
		      sizeof(completions)) == EOPNOTSUPP, "POLL_CQ");
	printf("POLL_CQ: %s\n", said());
	check(command(IB_USER_VERBS_CMD_REQ_NOTIFY_CQ, &notify, sizeof(notify), NULL, 0) ==
	      EOPNOTSUPP, "REQ_NOTIFY_CQ");
	printf("REQ_NOTIFY_CQ: %s\n", said());
	check(command(IB_USER_VERBS_CMD_RESIZE_CQ, &resize, sizeof(resize), &resized,
		      sizeof(resized)) == EOPNOTSUPP, "RESIZE_CQ");
	printf("RESIZE_CQ: %s\n", said());
	check(command(IB_USER_VERBS_EX_CMD_MODIFY_CQ | EX, &modify, sizeof(modify), NULL, 0) ==
	      EOPNOTSUPP, "MODIFY_CQ");
	cmd_begin(&cmd, UVERBS_OBJECT_CQ, UVERBS_BPF_METHOD_CQ_RESIZE);
	cmd_handle(&cmd, UVERBS_BPF_ATTR_CQ_HANDLE, counter->cq->handle);
	cmd_u32(&cmd, UVERBS_BPF_ATTR_CQ_CQE, 32);
	err = call(&cmd);
	if (err != EPROTONOSUPPORT)
		refused("CQ_RESIZE", err, EOPNOTSUPP, "counts completions");
	check(uvb_resize_cq(counter->cq, &resize_opts) == -EOPNOTSUPP && text[0],
	      "uvb_resize_cq: %s, says '%s'", errno_name(errno), text);
	printf("uvb_resize_cq: %s\n", text);

	polled = ibv_create_cq(context, 16, NULL, NULL, 0);
	check(polled, "create_cq: %s", strerror(errno));
	cmd_begin(&cmd, UVERBS_BPF_OBJECT_CQ_COUNTER, UVERBS_BPF_METHOD_CQ_COUNTER_OPEN);
	cmd_handle(&cmd, UVERBS_BPF_ATTR_CQ_COUNTER_HANDLE, 0);
	cmd_handle(&cmd, UVERBS_BPF_ATTR_CQ_COUNTER_CQ, polled->handle);
	refused("CQ_COUNTER_OPEN", call(&cmd), EOPNOTSUPP, "does not count");
	ibv_destroy_cq(polled);

	channel = ibv_create_comp_channel(context);
	check(channel, "create_comp_channel: %s", strerror(errno));
	create_begin(&cmd, ns, &cqe);
	cmd_fd(&cmd, UVERBS_ATTR_CREATE_CQ_COMP_CHANNEL, channel->fd);
	refused("a channel", call(&cmd), EINVAL, "type counter: this type goes without");
	ibv_destroy_comp_channel(channel);
	create_begin(&cmd, ns, &cqe);
	cmd_u32(&cmd, UVERBS_ATTR_CREATE_CQ_FLAGS, 0);
	refused("flags", call(&cmd), EINVAL, "CREATE_CQ_FLAGS");
	create_begin(&cmd, ns, &cqe);
	cmd_out(&cmd, ATTR_UHW_OUT, &uhw, sizeof(uhw));
	refused("the driver's input", call(&cmd), EINVAL, "takes nothing of the driver");
	create_begin(&cmd, ns, &cqe);
	cmd.attrs[1].data = 0;
	refused("no entries", call(&cmd), EINVAL, "at least 1");
	create_begin(&cmd, ns, &cqe);
	cmd_add(&cmd, UVERBS_BPF_ID(ns, 1), 0, 0);
	refused("an unknown attribute", call(&cmd), EPROTONOSUPPORT, "has none of this id");
	create_begin(&cmd, ns, &cqe);
	cmd.attrs[5].len = 4;
	refused("a selector with contents", call(&cmd), EINVAL, "length 4, wants 0 to 0");
	destroy_counter(counter);
}

/* In whichever order CQ, QP and file end. */
static void test_orders(void)
{
	struct uvb_counter *tx = make(NULL, 64), *rx = make(NULL, 64);
	struct pair pair = connect_pair(tx->cq, rx->cq);
	struct ib_uverbs_destroy_cq_resp resp;
	const volatile struct uverbs_bpf_cq_counter *page = rx->page;
	struct pollfd pfd;
	struct cmd cmd;
	int ret;

	ret = uvb_destroy_counter_cq(rx);
	check(ret == -EBUSY, "destroyed under a QP: %d", ret);
	/* The file goes, the page stays, and it goes on. */
	close(rx->fd);
	post_recv(pair.b, 1);
	post_send(pair.a, 1, MESSAGE);
	wait_for(tx, COMP, 1);
	while (page->value[COMP] != 1)
		usleep(1000);
	/* Another file of the same counter knows as much. */
	cmd_begin(&cmd, UVERBS_BPF_OBJECT_CQ_COUNTER, UVERBS_BPF_METHOD_CQ_COUNTER_OPEN);
	cmd_handle(&cmd, UVERBS_BPF_ATTR_CQ_COUNTER_HANDLE, 0);
	cmd_handle(&cmd, UVERBS_BPF_ATTR_CQ_COUNTER_CQ, rx->cq->handle);
	must("OPEN", call(&cmd));
	rx->fd = cmd.attrs[0].data;
	check(events_of(rx, 0) == POLLIN, "no POLLIN");
	destroy_pair(&pair);
	/* The CQ goes, file and page stay. */
	must("destroy", destroy_cq(context->cmd_fd, rx->cq->handle, &resp));
	pfd = (struct pollfd) { .fd = rx->fd, .events = POLLIN };
	check(poll(&pfd, 1, 0) == 1 && pfd.revents == (POLLIN | POLLHUP), "events 0x%x",
	      pfd.revents);
	check(page->flags == UVERBS_BPF_CQ_COUNTER_CLOSED && page->value[COMP] == 1,
	      "flags 0x%x, value %llu", page->flags, (unsigned long long)page->value[COMP]);
	set(rx, COMP, UVERBS_BPF_CQ_COUNTER_SET, 9);
	check(page->value[COMP] == 9, "not modified");
	close(rx->fd);
	check(page->value[COMP] == 9, "the page went with the file");
	munmap((void *)page, sysconf(_SC_PAGESIZE));
	destroy_counter(tx);
	printf("orders: EBUSY under a QP; CQ, file and page each outlive the others\n");
}

static unsigned int gid_of_address(void)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)&address;
	uint8_t mapped[16] = { [10] = 0xff, 0xff };
	struct ibv_port_attr port;
	union ibv_gid gid;
	int i;

	memcpy(mapped + 12, &in->sin_addr, 4);
	if (ibv_query_port(context, 1, &port))
		die("query_port: %s", strerror(errno));
	for (i = 0; port.link_layer == IBV_LINK_LAYER_ETHERNET && i < port.gid_tbl_len; i++) {
		if (!ibv_query_gid(context, 1, i, &gid) && !memcmp(gid.raw, mapped, 16))
			return i;
	}
	return 0;
}

static struct ibv_ah *ah_to_self(void)
{
	struct ibv_ah_attr attr = {
		.is_global = 1, .port_num = 1, .grh.sgid_index = gid_of_address(),
		.grh.hop_limit = 1,
	};
	struct ibv_port_attr port;
	struct ibv_ah *ah;

	if (ibv_query_port(context, 1, &port) ||
	    ibv_query_gid(context, 1, attr.grh.sgid_index, &attr.grh.dgid))
		die("query_port, query_gid: %s", strerror(errno));
	attr.dlid = port.lid;
	ah = ibv_create_ah(pd, &attr);
	if (!ah)
		die("create_ah: %s", strerror(errno));
	return ah;
}

static struct ibv_qp *make_ud(struct ibv_cq *send, struct ibv_cq *recv)
{
	struct ibv_qp_init_attr init = {
		.send_cq = send, .recv_cq = recv, .qp_type = IBV_QPT_UD,
		.cap = { .max_send_wr = DEPTH, .max_recv_wr = DEPTH, .max_send_sge = 1,
			 .max_recv_sge = 1 },
	};
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_INIT, .port_num = 1, .qkey = 0x11111111 };
	struct ibv_qp *qp = ibv_create_qp(pd, &init);

	if (!qp || ibv_modify_qp(qp, &attr, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT |
				 IBV_QP_QKEY))
		die("a UD QP: %s", strerror(errno));
	attr.qp_state = IBV_QPS_RTR;
	if (ibv_modify_qp(qp, &attr, IBV_QP_STATE))
		die("a UD QP to RTR: %s", strerror(errno));
	attr.qp_state = IBV_QPS_RTS;
	if (ibv_modify_qp(qp, &attr, IBV_QP_STATE | IBV_QP_SQ_PSN))
		die("a UD QP to RTS: %s", strerror(errno));
	return qp;
}

/* Datagrams, each with a GRH before it, to the QP that sends them. */
static void test_datagrams(void)
{
	enum { LENGTH = MESSAGE - 40, ROUNDS = 10 };
	struct uvb_counter *tx, *rx;
	struct ibv_sge sge = { .addr = (uintptr_t)memory, .length = LENGTH, .lkey = mr->lkey };
	struct ibv_send_wr wr = {
		.sg_list = &sge, .num_sge = 1, .opcode = IBV_WR_SEND,
		.send_flags = IBV_SEND_SIGNALED, .wr.ud.remote_qkey = 0x11111111,
	}, *bad;
	struct rdma_cm_id id = {};
	unsigned int i, j;
	int ret;

	if (raw_driver == RDMA_DRIVER_SIW) {
		printf("datagrams: iWARP has none\n");
		return;
	}
	tx = make(NULL, 64);
	rx = make(NULL, 64);
	id.qp = make_ud(tx->cq, rx->cq);
	wr.wr.ud.ah = ah_to_self();
	wr.wr.ud.remote_qpn = id.qp->qp_num;
	for (i = 0; i < ROUNDS; i++) {
		for (j = 0; j < DEPTH / 2; j++) {
			post_recv(&id, j);
			wr.wr_id = j;
			ret = ibv_post_send(id.qp, &wr, &bad);
			check(!ret, "post_send: %s", strerror(ret));
		}
		wait_for(tx, COMP, (i + 1) * (DEPTH / 2));
		wait_for(rx, COMP, (i + 1) * (DEPTH / 2));
	}
	counts(tx, ROUNDS * (DEPTH / 2), 0);
	counts(rx, ROUNDS * (DEPTH / 2), 0);
	ibv_destroy_ah(wr.wr.ud.ah);
	ibv_destroy_qp(id.qp);
	destroy_counter(tx);
	destroy_counter(rx);
	printf("datagrams: %u of a UD QP to itself each counted once\n", ROUNDS * DEPTH / 2);
}

static struct rxe_queue_buf *map_queue(const struct mminfo *mi)
{
	void *map = mmap(NULL, mi->size, PROT_READ | PROT_WRITE, MAP_SHARED, context->cmd_fd,
			 mi->offset);

	if (map == MAP_FAILED)
		die("mmap of a queue: %s", strerror(errno));
	return map;
}

/*
 * A QP made by the legacy command, whose queues are written as no library does: rxe believes what
 * its user has put there, and flushes it. As much is counted as the queues say they hold. Only the
 * producer's index keeps to the queue: rxe itself compares it with one of its own that does, and
 * with another it goes round for ever, whatever the CQ is and whoever serves the device
 * (__req_next_wqe() of Linux 6.12).
 */
static void test_hostile_queues(void)
{
	struct uvb_counter *tx, *rx;
	struct ib_uverbs_create_qp in = {
		.pd_handle = pd->handle, .max_send_wr = 16, .max_recv_wr = 16, .max_send_sge = 1,
		.max_recv_sge = 1, .qp_type = IB_UVERBS_QPT_RC,
	};
	struct ib_uverbs_modify_qp init = {
		.attr_mask = IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS,
		.qp_state = IBV_QPS_INIT, .port_num = 1,
	};
	struct ib_uverbs_modify_qp error = { .attr_mask = IBV_QP_STATE, .qp_state = IBV_QPS_ERR };
	struct ib_uverbs_create_qp_resp out = {};
	struct ib_uverbs_destroy_qp_resp gone;
	struct rxe_create_qp_resp uhw = {};
	struct rxe_queue_buf *sq, *rq;
	uint32_t mask, flushed, i;

	if (raw_driver != RDMA_DRIVER_RXE)
		return;
	tx = make(NULL, 256);
	rx = make(NULL, 256);
	in.send_cq_handle = tx->cq->handle;
	in.recv_cq_handle = rx->cq->handle;
	must("CREATE_QP", legacy(context->cmd_fd, IB_USER_VERBS_CMD_CREATE_QP, &in, sizeof(in),
				 &out, sizeof(out), &uhw, sizeof(uhw)));
	sq = map_queue(&uhw.sq_mi);
	rq = map_queue(&uhw.rq_mi);
	/* Five receives as they should be. */
	__atomic_store_n(&rq->producer_index, 5, __ATOMIC_RELEASE);
	/* And garbage all over the other queue, what says how long it is included. */
	mask = sq->index_mask;
	flushed = 0xdeadbeef & mask;
	check(flushed, "0 of %u", mask);
	memset(sq, 0xa5, uhw.sq_mi.size);
	__atomic_store_n(&sq->producer_index, flushed, __ATOMIC_RELEASE);
	init.qp_handle = error.qp_handle = out.qp_handle;
	must("MODIFY_QP to INIT", legacy(context->cmd_fd, IB_USER_VERBS_CMD_MODIFY_QP, &init,
					 sizeof(init), NULL, 0, NULL, 0));
	must("MODIFY_QP", legacy(context->cmd_fd, IB_USER_VERBS_CMD_MODIFY_QP, &error,
				 sizeof(error), NULL, 0, NULL, 0));
	wait_for(rx, ERR, 5);
	wait_for(tx, ERR, flushed);
	usleep(100000);
	counts(rx, 0, 5);
	counts(tx, 0, flushed);
	check(!(tx->page->flags | rx->page->flags), "flags 0x%x, 0x%x", tx->page->flags,
	      rx->page->flags);
	/* Again and again, more in the end than the CQ holds. */
	for (i = 0; i < 50; i++) {
		__atomic_store_n(&sq->producer_index, i * 0x01234567 & mask, __ATOMIC_RELEASE);
		must("MODIFY_QP", legacy(context->cmd_fd, IB_USER_VERBS_CMD_MODIFY_QP, &error,
					 sizeof(error), NULL, 0, NULL, 0));
	}
	must("destroy_qp", destroy_qp(context->cmd_fd, out.qp_handle, &gone));
	munmap(sq, uhw.sq_mi.size);
	munmap(rq, uhw.rq_mi.size);
	destroy_counter(tx);
	destroy_counter(rx);
	printf("hostile queues: of a legacy command's QP, counted as they say, and no harm done\n");
}

/* With odd-counter: what it does not choose does not count, what it does not decide does. */
static void test_odd(const char *detach)
{
	struct uvb_counter *tx = make("odd-counter", 64), *rx = make("odd-counter", 64);
	struct uvb_counter *all = make(NULL, 64);
	struct pair pair = connect_pair(tx->cq, rx->cq), plain = connect_pair(all->cq, all->cq);
	unsigned int j;

	for (j = 0; j < 20; j++) {
		/* Four bytes are not many enough. */
		post_recv(pair.b, j);
		post_send(pair.a, j, j < 5 ? 4 : 8);
		post_recv(plain.b, j);
		post_send(plain.a, j, 4);
	}
	wait_for(all, COMP, 40);
	wait_for(rx, COMP, 15);
	wait_for(tx, COMP, 10);
	usleep(100000);
	counts(tx, 10, 0);
	counts(rx, 15, 0);
	counts(all, 40, 0);
	check(!tx->page->flags, "flags 0x%x", tx->page->flags);

	post_recv(pair.b, 0);
	post_send(pair.a, 0xbad0, 4);
	wait_for(tx, COMP, 11);
	check(tx->page->flags == UVERBS_BPF_CQ_COUNTER_UNFILTERED, "flags 0x%x", tx->page->flags);
	counts(rx, 15, 0);

	if (system(detach))
		die("%s: failed", detach);
	for (j = 0; j < 10; j++) {
		post_recv(pair.b, 2);
		post_send(pair.a, 2, 4);
	}
	wait_for(tx, COMP, 21);
	wait_for(rx, COMP, 25);
	counts(tx, 21, 0);
	counts(rx, 25, 0);
	check(rx->page->flags == UVERBS_BPF_CQ_COUNTER_UNFILTERED, "flags 0x%x", rx->page->flags);
	check(!all->page->flags, "flags 0x%x", all->page->flags);
	destroy_pair(&pair);
	destroy_pair(&plain);
	destroy_counter(tx);
	destroy_counter(rx);
	destroy_counter(all);
	printf("odd: the program chooses; without it all count, and the flags say so\n");
}

/* @rounds of sends, 0 is until killed; more than the counter's CQ is never under way. */
static void traffic(unsigned long rounds)
{
	struct uvb_counter *tx = make(NULL, 256), *rx = make(NULL, 256);
	struct pair pair = connect_pair(tx->cq, rx->cq);
	unsigned long round;
	unsigned int j;

	printf("ready\n");
	fflush(stdout);
	for (round = 1; !rounds || round <= rounds; round++) {
		for (j = 0; j < DEPTH / 2; j++) {
			post_recv(pair.b, j);
			post_send(pair.a, j, MESSAGE);
		}
		wait_for(tx, COMP, round * (DEPTH / 2));
		wait_for(rx, COMP, round * (DEPTH / 2));
	}
	counts(tx, rounds * (DEPTH / 2), 0);
	counts(rx, rounds * (DEPTH / 2), 0);
	check(!(tx->page->flags | rx->page->flags), "flags 0x%x, 0x%x", tx->page->flags,
	      rx->page->flags);
	destroy_pair(&pair);
	destroy_counter(tx);
	destroy_counter(rx);
	printf("traffic: %lu rounds\n", rounds);
}

/* The device goes; page and file stay. */
static void removed(const char *name)
{
	struct ibv_device **list = ibv_get_device_list(NULL);
	struct uvb_counter *counter;
	unsigned int i;

	for (i = 0; list && list[i] && !context; i++) {
		if (!strcmp(name, ibv_get_device_name(list[i])))
			context = ibv_open_device(list[i]);
	}
	check(context, "%s: no such device", name);
	counter = make(NULL, 16);
	set(counter, ERR, UVERBS_BPF_CQ_COUNTER_SET, 5);
	set(counter, ERR, UVERBS_BPF_CQ_COUNTER_THRESHOLD, 6);
	printf("ready\n");
	check(events_of(counter, TIMEOUT_MS) == POLLHUP, "no POLLHUP");
	check(counter->page->flags == UVERBS_BPF_CQ_COUNTER_CLOSED, "flags 0x%x",
	      counter->page->flags);
	counts(counter, 0, 5);
	check(uvb_modify_counter(counter, ERR, UVERBS_BPF_CQ_COUNTER_SET, 0) == -EIO, "modified");
	/* A handle can still be destroyed. */
	destroy_counter(counter);
	printf("removed: the file says so, the page has the last values\n");
}

/* A context without a library, of a device whose driver is @driver. */
static void open_raw(const char *node, uint32_t driver)
{
	static struct ibv_context raw;

	raw_driver = driver;
	context = &raw;
	context->cmd_fd = open(node, O_RDWR | O_CLOEXEC);
	check(context->cmd_fd >= 0, "%s: %s", node, strerror(errno));
	must("GET_CONTEXT", get_context(context->cmd_fd));
}

static void other(const char *node, uint32_t driver)
{
	uint32_t cqe;
	struct cmd cmd;

	open_raw(node, driver);
	create_begin(&cmd, namespace("comp-counter"), &cqe);
	refused("CQ_CREATE", call(&cmd), EOPNOTSUPP, "not known to be safe");
}

/* What is no QP: a work queue, an SRQ of an XRC domain; by method and by command. */
static void queues(const char *node)
{
	static const char words[] = "counts completions of QPs";
	struct ib_uverbs_ex_create_wq wq = { .wq_type = IB_UVERBS_WQT_RQ, .max_wr = 4, .max_sge = 1 };
	struct ib_uverbs_create_xsrq srq = {
		.srq_type = IB_UVERBS_SRQT_XRC, .max_wr = 4, .max_sge = 1,
	};
	struct ib_uverbs_open_xrcd xrcd = { .fd = -1, .oflags = O_CREAT };
	struct ib_uverbs_open_xrcd_resp domain = {};
	struct ib_uverbs_ex_create_wq_resp wq_resp;
	struct ib_uverbs_create_srq_resp srq_resp;
	struct ib_uverbs_destroy_cq_resp gone;
	uint32_t cqe, cq, numbers[3];
	struct cmd cmd;

	open_raw(node, RDMA_DRIVER_QIB);
	must("ALLOC_PD", alloc_pd(context->cmd_fd, &wq.pd_handle));
	must("OPEN_XRCD", command(IB_USER_VERBS_CMD_OPEN_XRCD, &xrcd, sizeof(xrcd), &domain,
				  sizeof(domain)));
	create_begin(&cmd, namespace("comp-counter"), &cqe);
	must("CQ_CREATE", call(&cmd));
	cq = wq.cq_handle = srq.cq_handle = cmd.attrs[0].data;
	srq.pd_handle = wq.pd_handle;
	srq.xrcd_handle = domain.xrcd_handle;

	refused("EX_CREATE_WQ", command(IB_USER_VERBS_EX_CMD_CREATE_WQ | EX, &wq, sizeof(wq),
					&wq_resp, sizeof(wq_resp)), EOPNOTSUPP, words);
	refused("CREATE_XSRQ", command(IB_USER_VERBS_CMD_CREATE_XSRQ, &srq, sizeof(srq), &srq_resp,
				       sizeof(srq_resp)), EOPNOTSUPP, words);
	cmd_begin(&cmd, UVERBS_OBJECT_WQ, UVERBS_METHOD_WQ_CREATE);
	cmd_handle(&cmd, UVERBS_ATTR_CREATE_WQ_HANDLE, 0);
	cmd_handle(&cmd, UVERBS_ATTR_CREATE_WQ_PD_HANDLE, wq.pd_handle);
	cmd_handle(&cmd, UVERBS_ATTR_CREATE_WQ_CQ_HANDLE, cq);
	cmd_u64(&cmd, UVERBS_ATTR_CREATE_WQ_USER_HANDLE, 0);
	cmd_u64(&cmd, UVERBS_ATTR_CREATE_WQ_TYPE, IB_UVERBS_WQT_RQ);
	cmd_u32(&cmd, UVERBS_ATTR_CREATE_WQ_MAX_WR, 4);
	cmd_u32(&cmd, UVERBS_ATTR_CREATE_WQ_MAX_SGE, 1);
	cmd_u32(&cmd, UVERBS_ATTR_CREATE_WQ_FLAGS, 0);
	cmd_out(&cmd, UVERBS_ATTR_CREATE_WQ_RESP_MAX_WR, &numbers[0], sizeof(numbers[0]));
	cmd_out(&cmd, UVERBS_ATTR_CREATE_WQ_RESP_MAX_SGE, &numbers[1], sizeof(numbers[1]));
	cmd_out(&cmd, UVERBS_ATTR_CREATE_WQ_RESP_WQ_NUM, &numbers[2], sizeof(numbers[2]));
	refused("WQ_CREATE", call(&cmd), EOPNOTSUPP, words);
	cmd_begin(&cmd, UVERBS_OBJECT_SRQ, UVERBS_METHOD_SRQ_CREATE);
	cmd_handle(&cmd, UVERBS_ATTR_CREATE_SRQ_HANDLE, 0);
	cmd_handle(&cmd, UVERBS_ATTR_CREATE_SRQ_PD_HANDLE, wq.pd_handle);
	cmd_handle(&cmd, UVERBS_ATTR_CREATE_SRQ_XRCD_HANDLE, domain.xrcd_handle);
	cmd_handle(&cmd, UVERBS_ATTR_CREATE_SRQ_CQ_HANDLE, cq);
	cmd_u64(&cmd, UVERBS_ATTR_CREATE_SRQ_USER_HANDLE, 0);
	cmd_u32(&cmd, UVERBS_ATTR_CREATE_SRQ_MAX_WR, 4);
	cmd_u32(&cmd, UVERBS_ATTR_CREATE_SRQ_MAX_SGE, 1);
	cmd_u32(&cmd, UVERBS_ATTR_CREATE_SRQ_LIMIT, 0);
	cmd_u64(&cmd, UVERBS_ATTR_CREATE_SRQ_TYPE, IB_UVERBS_SRQT_XRC);
	cmd_out(&cmd, UVERBS_ATTR_CREATE_SRQ_RESP_MAX_WR, &numbers[0], sizeof(numbers[0]));
	cmd_out(&cmd, UVERBS_ATTR_CREATE_SRQ_RESP_MAX_SGE, &numbers[1], sizeof(numbers[1]));
	cmd_out(&cmd, UVERBS_ATTR_CREATE_SRQ_RESP_SRQ_NUM, &numbers[2], sizeof(numbers[2]));
	refused("SRQ_CREATE", call(&cmd), EOPNOTSUPP, words);
	/* None of them uses it. */
	must("destroy_cq", destroy_cq(context->cmd_fd, cq, &gone));
}

/* ---- what it costs ---- */

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e9 + ts.tv_nsec;
}

static unsigned int poll_some(struct ibv_cq *cq)
{
	struct ibv_wc wc[16];
	int n = ibv_poll_cq(cq, 16, wc), i;

	check(n >= 0, "poll_cq: %d", n);
	for (i = 0; i < n; i++)
		check(!wc[i].status, "%s", ibv_wc_status_str(wc[i].status));
	return n;
}

/* As often as there is nothing somebody else may run: on one processor it is he who completes. */
static void poll_busy(struct ibv_cq *cq, unsigned int wanted)
{
	unsigned int n;

	while (wanted) {
		n = poll_some(cq);
		wanted -= n;
		if (!n)
			sched_yield();
	}
}

static void poll_events(struct ibv_cq *cq, unsigned int wanted)
{
	struct ibv_cq *event;
	unsigned int n;
	void *arg;

	for (;;) {
		while ((n = poll_some(cq)))
			wanted -= n;
		if (!wanted)
			return;
		if (ibv_req_notify_cq(cq, 0))
			die("req_notify_cq: %s", strerror(errno));
		n = poll_some(cq);
		wanted -= n;
		if (n)
			continue;
		if (ibv_get_cq_event(cq->channel, &event, &arg))
			die("get_cq_event: %s", strerror(errno));
		ibv_ack_cq_events(cq, 1);
	}
}

/* The receiver's side is the same in all: a counter that nobody reads. */
static void bench(unsigned long rounds)
{
	static const char *const names[] = { "counted", "polled", "events" };
	struct uvb_counter *rx = make(NULL, 256), *tx = make(NULL, 256);
	struct ibv_comp_channel *channel = ibv_create_comp_channel(context);
	struct ibv_cq *cq = ibv_create_cq(context, 256, NULL, NULL, 0);
	struct ibv_cq *events = ibv_create_cq(context, 256, NULL, channel, 0);
	struct pair pairs[3] = {
		connect_pair(tx->cq, rx->cq), connect_pair(cq, rx->cq), connect_pair(events, rx->cq),
	};
	double best[3] = { 1e18, 1e18, 1e18 }, begin;
	unsigned long round;
	unsigned int j, way;
	uint64_t sent = 0;

	set(tx, ERR, UVERBS_BPF_CQ_COUNTER_THRESHOLD, UINT64_MAX);
	for (round = 0; round < rounds; round++) {
		for (way = 0; way < 3; way++) {
			for (j = 0; j < DEPTH / 2; j++)
				post_recv(pairs[way].b, j);
			begin = now();
			for (j = 0; j < DEPTH / 2; j++)
				post_send(pairs[way].a, j, MESSAGE);
			switch (way) {
			case 0:
				sent += DEPTH / 2;
				set(tx, COMP, UVERBS_BPF_CQ_COUNTER_THRESHOLD, sent);
				check(events_of(tx, TIMEOUT_MS) & POLLIN, "not counted");
				break;
			case 1:
				poll_busy(cq, DEPTH / 2);
				break;
			case 2:
				poll_events(events, DEPTH / 2);
				break;
			}
			begin = now() - begin;
			if (begin < best[way])
				best[way] = begin;
		}
	}
	for (way = 0; way < 3; way++)
		printf("%-8s %8.0f per send, of %u\n", names[way], best[way] / (DEPTH / 2),
		       DEPTH / 2);
}

int main(int argc, char **argv)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&address;
	const char *what = argc > 2 ? argv[2] : "";

	setlinebuf(stdout);
	if (argc == 3 && !strcmp(what, "removed")) {
		removed(argv[1]);
		return 0;
	}
	if (argc == 4 && !strcmp(what, "other")) {
		other(argv[1], strtoul(argv[3], NULL, 0));
		return 0;
	}
	if (argc == 3 && !strcmp(what, "queues")) {
		queues(argv[1]);
		return 0;
	}
	if (argc < 3 || inet_pton(AF_INET, argv[1], &in->sin_addr) != 1)
		die("usage: uvb-counter ADDRESS all|odd|traffic|change|bench|refused ...");
	in->sin_family = AF_INET;
	open_device();
	find_driver();
	if (!strcmp(what, "all")) {
		test_load();
		test_settle();
		test_threshold();
		test_overflow();
		test_datagrams();
		test_hostile_queues();
		test_page();
		test_refused();
		test_orders();
	} else if (!strcmp(what, "odd") && argc == 4) {
		test_odd(argv[3]);
	} else if (!strcmp(what, "traffic")) {
		traffic(0);
	} else if (!strcmp(what, "change") && argc == 4) {
		traffic(strtoul(argv[3], NULL, 0));
	} else if (!strcmp(what, "bench") && argc == 4) {
		bench(strtoul(argv[3], NULL, 0));
	} else if (!strcmp(what, "refused")) {
		char text[UVERBS_BPF_ERROR_MAX];

		UVB_OPTS(uvb_counter_opts, opts, .cqe = 16, .error = text,
			 .error_len = sizeof(text));
		check(!uvb_create_counter_cq(context, &opts), "made");
		printf("%s: %s\n", errno_name(errno), text);
	} else {
		die("%s: not understood", what);
	}
	return 0;
}
