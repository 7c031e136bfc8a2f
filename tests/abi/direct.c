// SPDX-License-Identifier: BSD-2-Clause
/*
 * QPs that a driver serves directly, on a fake device with direct_qps=1.
 *
 * direct refused NODE		what such a QP does not do, each in words
 * direct event NODE CONTROL	an event of it arrives, and its state changes with it
 * direct order NODE CONTROL	calls on one QP wait for each other, and destroying does not
 * direct hold NODE COUNT	make so many, print "ready", wait to be killed
 * direct provider NODE		the provider in C (provider=1) counts QPs
 * direct storm NODE [ROUNDS]	threads make, change, ask and destroy the same QPs, so often or until
 *				the device is gone
 *
 * Exit status: 0 if all was as it must be, else 1.
 */
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "fake.h"
#include "../../uapi/uverbs_bpf.h"

#define THREADS		4
#define PLACES		4
#define QP_FATAL	1
#define ACCESS_SET	(1 << 3)	/* IB_QP_ACCESS_FLAGS, and so on */
#define INIT_SET	(1 << 0 | ACCESS_SET | 1 << 4 | 1 << 5)

static int fd;
static uint32_t pd, cq;
static const char *control;

static struct {
	struct uverbs_bpf_error error;
	char text[UVERBS_BPF_ERROR_MAX];
} answer;

static void expect(const char *what, int ret, int expected, const char *words)
{
	if (ret != expected)
		die("%s: %s, expected %s", what, errno_name(ret), errno_name(expected));
	if (words && !strstr(answer.error.text, words))
		die("%s: '%s' does not say '%s'", what, answer.error.text, words);
	printf("%s: %s%s%s\n", what, errno_name(ret), words ? ": " : "",
	       words ? answer.error.text : "");
}

/* A legacy command that asks why it is refused. */
static int command(uint32_t number, const void *in, size_t in_len, void *out, size_t out_len)
{
	struct cmd cmd;

	memset(&answer, 0, sizeof(answer));
	cmd_begin(&cmd, UVERBS_OBJECT_DEVICE, UVERBS_METHOD_INVOKE_WRITE);
	cmd_u64(&cmd, UVERBS_ATTR_WRITE_CMD, number);
	cmd_in(&cmd, UVERBS_ATTR_CORE_IN, in, in_len);
	if (out)
		cmd_out(&cmd, UVERBS_ATTR_CORE_OUT, out, out_len);
	cmd_out(&cmd, UVERBS_BPF_ATTR_ERROR, &answer, sizeof(answer));
	return cmd_call(fd, &cmd);
}

static int modify(uint32_t qp, uint32_t mask, unsigned int state, unsigned int cur_state)
{
	struct ib_uverbs_modify_qp in = {
		.qp_handle = qp, .attr_mask = mask, .qp_state = state, .cur_qp_state = cur_state,
		.port_num = 1, .alt_port_num = 1, .alt_dest.port_num = 1,
	};

	return command(IB_USER_VERBS_CMD_MODIFY_QP, &in, sizeof(in), NULL, 0);
}

static unsigned int state_of(uint32_t qp)
{
	struct ib_uverbs_query_qp_resp out;

	must("QUERY_QP", query_qp(fd, qp, &out));
	return out.qp_state;
}

static void setup(const char *node)
{
	fd = raw_open(node);
	must("context", get_context(fd));
	must("PD", alloc_pd(fd, &pd));
	must("CQ", create_cq(fd, 16, -1, NULL, &cq));
}

static uint32_t make(void)
{
	uint32_t qp;

	must("QP", create_qp(fd, pd, cq, IB_UVERBS_QPT_RC, &qp));
	return qp;
}

/* ---- refused ---- */

static int post(uint32_t qp, uint32_t number)
{
	struct {
		struct ib_uverbs_post_send head;
		struct ib_uverbs_send_wr wr;
	} in = {
		.head = { .qp_handle = qp, .wr_count = 1, .wqe_size = sizeof(in.wr) },
	};
	struct ib_uverbs_post_send_resp out;

	if (number == IB_USER_VERBS_CMD_POST_RECV)
		in.head.wqe_size = sizeof(struct ib_uverbs_recv_wr);
	return command(number, &in, sizeof(in.head) + in.head.wqe_size, &out, sizeof(out));
}

static int mcast(uint32_t qp)
{
	struct ib_uverbs_attach_mcast in = { .gid = { 0xff, 0x0e }, .qp_handle = qp };

	return command(IB_USER_VERBS_CMD_ATTACH_MCAST, &in, sizeof(in), NULL, 0);
}

static int flow(uint32_t qp)
{
	struct ib_uverbs_create_flow in = {
		.qp_handle = qp, .flow_attr = { .type = 1, .size = 0, .port = 1 },
	};
	struct ib_uverbs_create_flow_resp out;

	return command(EX | IB_USER_VERBS_EX_CMD_CREATE_FLOW, &in, sizeof(in), &out, sizeof(out));
}

static int make_type(unsigned int type)
{
	struct ib_uverbs_create_qp in = {
		.pd_handle = pd, .send_cq_handle = cq, .recv_cq_handle = cq, .qp_type = type,
		.max_send_wr = 1, .max_recv_wr = 1, .max_send_sge = 1, .max_recv_sge = 1,
	};
	struct ib_uverbs_create_qp_resp out;

	return command(IB_USER_VERBS_CMD_CREATE_QP, &in, sizeof(in), &out, sizeof(out));
}

static void refused(void)
{
	struct ib_uverbs_destroy_qp_resp resp;
	uint32_t qp = make();

	expect("POST_SEND", post(qp, IB_USER_VERBS_CMD_POST_SEND), EOPNOTSUPP, "directly");
	expect("POST_RECV", post(qp, IB_USER_VERBS_CMD_POST_RECV), EOPNOTSUPP, "directly");
	expect("ATTACH_MCAST", mcast(qp), EOPNOTSUPP, "directly");
	expect("CREATE_FLOW", flow(qp), EOPNOTSUPP, "directly");
	expect("CREATE_QP, raw", make_type(IB_UVERBS_QPT_RAW_PACKET), EOPNOTSUPP, "directly");
	expect("CREATE_QP, XRC", make_type(IB_UVERBS_QPT_XRC_INI), EOPNOTSUPP, "directly");
	expect("CREATE_QP, no such type", make_type(5), EINVAL, NULL);
	expect("INIT with an alternate path", modify(qp, INIT_SET | 1 << 14, 1, 0), EOPNOTSUPP,
	       "alternate");
	expect("INIT as if in RTS", modify(qp, INIT_SET | 1 << 1, 1, 3), EINVAL,
	       "the QP is in RESET");
	expect("RTS", modify(qp, 1, 3, 0), EINVAL, "RESET to RTS");
	expect("a state that is none", modify(qp, 1, 7, 0), EINVAL, "STATE");
	expect("INIT", modify(qp, INIT_SET, 1, 0), 0, NULL);
	expect("PD in use", destroy_pd(fd, pd), EBUSY, NULL);
	expect("destroy", destroy_qp(fd, qp, &resp), 0, NULL);
	expect("destroy again", destroy_qp(fd, qp, &resp), ENOENT, NULL);
	expect("INIT when it is gone", modify(qp, INIT_SET, 1, 0), ENOENT, NULL);
}

/* ---- event ---- */

static void event(void)
{
	struct ib_uverbs_async_event_desc desc;
	struct ib_uverbs_destroy_qp_resp resp;
	struct ib_uverbs_create_qp_resp out;
	struct ib_uverbs_create_qp in = {
		.user_handle = 0x0123456789abcdef, .pd_handle = pd, .send_cq_handle = cq,
		.recv_cq_handle = cq, .qp_type = IB_UVERBS_QPT_RC,
	};
	int async;

	must("async", alloc_async(fd, &async));
	must("CREATE_QP", command(IB_USER_VERBS_CMD_CREATE_QP, &in, sizeof(in), &out, sizeof(out)));
	must("INIT", modify(out.qp_handle, INIT_SET, 1, 0));
	fake_tell(control, "event direct_qp %u %u", out.qpn, QP_FATAL);
	if (read(async, &desc, sizeof(desc)) != sizeof(desc) || desc.event_type != QP_FATAL ||
	    desc.element != in.user_handle)
		die("event %u of 0x%llx", desc.event_type, (unsigned long long)desc.element);
	if (state_of(out.qp_handle) != 6)
		die("state %u after the event", state_of(out.qp_handle));
	/* One that nobody reads goes with the QP. */
	fake_tell(control, "event direct_qp %u %u", out.qpn, QP_FATAL);
	must("destroy", destroy_qp(fd, out.qp_handle, &resp));
	if (resp.events_reported != 1 || poll(&(struct pollfd) { async, POLLIN }, 1, 0))
		die("%u events reported", resp.events_reported);
}

/* ---- order ---- */

static uint32_t ordered;

static void *modify_later(void *ret)
{
	*(int *)ret = modify(ordered, INIT_SET, 1, 0);
	return NULL;
}

static void order(void)
{
	struct ib_uverbs_destroy_qp_resp resp;
	pthread_t first, second;
	int ret[2] = { -1, -1 };

	ordered = make();
	fake_tell(control, "hold direct_modify");
	pthread_create(&first, NULL, modify_later, &ret[0]);
	pthread_create(&second, NULL, modify_later, &ret[1]);
	nanosleep(&(struct timespec) { .tv_nsec = 500000000 }, NULL);
	expect("destroying a QP in use", destroy_qp(fd, ordered, &resp), EBUSY, NULL);
	fake_tell(control, "release direct_modify");
	pthread_join(first, NULL);
	pthread_join(second, NULL);
	if (ret[0] || ret[1])
		die("%s and %s", errno_name(ret[0]), errno_name(ret[1]));
	expect("then it can be", destroy_qp(fd, ordered, &resp), 0, NULL);
}

/* ---- a provider in C ---- */

static uint64_t counted(uint32_t ns)
{
	uint64_t count = 0;
	struct cmd cmd;

	cmd_begin(&cmd, UVERBS_OBJECT_DEVICE, UVERBS_BPF_ID(ns, 0));
	cmd_out(&cmd, UVERBS_BPF_ID(ns, 0), &count, sizeof(count));
	must("count", cmd_call(fd, &cmd));
	return count;
}

static void provider(void)
{
	uint32_t ns = 0, version = 0;
	uint64_t before;
	struct cmd cmd;

	cmd_begin(&cmd, UVERBS_BPF_OBJECT_CHANNEL, UVERBS_BPF_METHOD_PROVIDER_OPEN);
	cmd_handle(&cmd, UVERBS_BPF_ATTR_CHANNEL_HANDLE, 0);
	cmd_in(&cmd, UVERBS_BPF_ATTR_CHANNEL_NAME, "fake_c", sizeof("fake_c"));
	cmd_out(&cmd, UVERBS_BPF_ATTR_CHANNEL_RESP_NS, &ns, sizeof(ns));
	cmd_out(&cmd, UVERBS_BPF_ATTR_CHANNEL_RESP_VERSION, &version, sizeof(version));
	must("PROVIDER_OPEN", cmd_call(fd, &cmd));
	before = counted(ns);
	make();
	make();
	if (version != 3 || counted(ns) != before + 2)
		die("version %u, %llu and then %llu QPs", version, (unsigned long long)before,
		    (unsigned long long)counted(ns));
}

/* ---- storm ---- */

static atomic_uint places[PLACES];
static atomic_bool gone;
static unsigned long rounds;

static void check(const char *what, int ret)
{
	if (ret == EIO)
		gone = true;
	else if (ret && ret != EBUSY && ret != ENOENT && ret != EINVAL)
		die("%s: %s", what, errno_name(ret));
}

static void *storm(void *arg)
{
	unsigned int seed = (uintptr_t)arg;
	struct ib_uverbs_query_qp_resp out;
	struct ib_uverbs_destroy_qp_resp resp;
	unsigned long i;
	uint32_t qp, old;
	int ret;

	for (i = 0; i < rounds && !gone; i++) {
		atomic_uint *place = &places[rand_r(&seed) % PLACES];

		switch (rand_r(&seed) % 4) {
		case 0:
			ret = create_qp(fd, pd, cq, IB_UVERBS_QPT_RC, &qp);
			check("create", ret);
			if (ret)
				break;
			old = atomic_exchange(place, qp + 1);
			if (old)
				check("destroy", destroy_qp(fd, old - 1, &resp));
			break;
		case 1:
			/* To RESET, INIT or ERR. */
			ret = rand_r(&seed) % 3;
			check("modify", modify(*place - 1, ret == 1 ? INIT_SET : 1,
					       ret == 2 ? 6 : ret, 0));
			break;
		case 2:
			check("query", query_qp(fd, *place - 1, &out));
			break;
		default:
			check("destroy", destroy_qp(fd, atomic_exchange(place, 0) - 1, &resp));
		}
	}
	return NULL;
}

static void run_storm(void)
{
	pthread_t threads[THREADS];
	unsigned int i;

	for (i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, storm, (void *)(uintptr_t)(i + 1));
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

int main(int argc, char **argv)
{
	unsigned int count;

	if (argc < 3)
		die("Usage: direct refused|event|order|hold|provider|storm NODE [ARGUMENT]");
	setup(argv[2]);
	control = argv[3];
	if (!strcmp(argv[1], "refused")) {
		refused();
	} else if (!strcmp(argv[1], "event")) {
		event();
	} else if (!strcmp(argv[1], "order")) {
		order();
	} else if (!strcmp(argv[1], "provider")) {
		provider();
	} else if (!strcmp(argv[1], "hold")) {
		for (count = atoi(argv[3]); count; count--)
			make();
		puts("ready");
		fflush(stdout);
		pause();
	} else {
		rounds = argc > 3 ? atol(argv[3]) : ULONG_MAX;
		run_storm();
	}
	return 0;
}
