// SPDX-License-Identifier: BSD-2-Clause
/*
 * driver-def calls NODE: call everything that the fake driver defines, in right and wrong ways,
 * and print what each call came to. Two nodes of one device must print the same.
 *
 * driver-def hold NODE: make objects, say "ready", then for each line read from the standard input
 * try what is left, and print that.
 */
#include "dmabuf.h"
#include "objects.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "../drivers/fake/fake_driver_abi.h"

#define DRIVER_ID	RDMA_DRIVER_QIB	/* which the fake driver has */
#define ANY_BAD		0x7fffffff

static int node;

/* What a call is about, and its errno. */
#define say(ret, ...)	(printf(__VA_ARGS__), printf(": %s\n", errno_name(ret)), (ret))

static int old(uint32_t command, const void *in, size_t in_len, void *out, size_t out_len)
{
	struct cmd cmd;

	cmd_begin(&cmd, UVERBS_OBJECT_DEVICE, UVERBS_METHOD_INVOKE_WRITE);
	cmd_u64(&cmd, UVERBS_ATTR_WRITE_CMD, command);
	cmd_in(&cmd, UVERBS_ATTR_CORE_IN, in, in_len);
	if (out)
		cmd_out(&cmd, UVERBS_ATTR_CORE_OUT, out, out_len);
	return cmd_call(node, &cmd);
}

static int open_context(const char *path)
{
	struct cmd cmd;
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		die("%s: %s", path, strerror(errno));
	cmd_begin(&cmd, UVERBS_OBJECT_DEVICE, UVERBS_METHOD_GET_CONTEXT);
	must("GET_CONTEXT", cmd_call(fd, &cmd));
	return fd;
}

static uint32_t new_pd(void)
{
	struct ib_uverbs_alloc_pd in = {};
	struct ib_uverbs_alloc_pd_resp out = {};

	must("ALLOC_PD", old(IB_USER_VERBS_CMD_ALLOC_PD, &in, sizeof(in), &out, sizeof(out)));
	return out.pd_handle;
}

static int thing_create(uint64_t value, const void *data, uint16_t len, uint32_t *thing,
			uint32_t *live)
{
	struct cmd cmd;
	int ret;

	cmd_begin(&cmd, FAKE_OBJECT_THING, FAKE_METHOD_THING_CREATE);
	cmd_handle(&cmd, FAKE_ATTR_THING_CREATE_HANDLE, 0);
	cmd_u64(&cmd, FAKE_ATTR_THING_CREATE_VALUE, value);
	cmd_out(&cmd, FAKE_ATTR_THING_CREATE_LIVE, live, sizeof(*live));
	if (data)
		cmd_in(&cmd, FAKE_ATTR_THING_CREATE_DATA, data, len);
	ret = cmd_call(node, &cmd);
	*thing = cmd.attrs[0].data;
	return ret;
}

static uint32_t new_thing(uint64_t value)
{
	uint32_t thing, live;

	must("THING_CREATE", thing_create(value, NULL, 0, &thing, &live));
	return thing;
}

static int thing_destroy(uint32_t thing)
{
	struct cmd cmd;

	cmd_begin(&cmd, FAKE_OBJECT_THING, FAKE_METHOD_THING_DESTROY);
	cmd_handle(&cmd, FAKE_ATTR_THING_DESTROY_HANDLE, thing);
	return cmd_call(node, &cmd);
}

static int thing_modify(uint32_t thing, uint64_t value)
{
	struct cmd cmd;

	cmd_begin(&cmd, FAKE_OBJECT_THING, FAKE_METHOD_THING_MODIFY);
	cmd_handle(&cmd, FAKE_ATTR_THING_MODIFY_HANDLE, thing);
	cmd_u64(&cmd, FAKE_ATTR_THING_MODIFY_VALUE, value);
	return cmd_call(node, &cmd);
}

static int thing_query(uint32_t thing, struct fake_thing_state *state)
{
	struct cmd cmd;

	cmd_begin(&cmd, FAKE_OBJECT_THING, FAKE_METHOD_THING_QUERY);
	cmd_handle(&cmd, FAKE_ATTR_THING_QUERY_HANDLE, thing);
	cmd_out(&cmd, FAKE_ATTR_THING_QUERY_STATE, state, sizeof(*state));
	return cmd_call(node, &cmd);
}

static int thing_watch(uint32_t thing, int events)
{
	struct cmd cmd;

	cmd_begin(&cmd, FAKE_OBJECT_THING, FAKE_METHOD_THING_WATCH);
	cmd_handle(&cmd, FAKE_ATTR_THING_WATCH_HANDLE, thing);
	cmd_fd(&cmd, FAKE_ATTR_THING_WATCH_EVENTS, events);
	return cmd_call(node, &cmd);
}

static int events_alloc(int *events)
{
	struct cmd cmd;
	int ret;

	cmd_begin(&cmd, FAKE_OBJECT_EVENTS, FAKE_METHOD_EVENTS_ALLOC);
	cmd_fd(&cmd, FAKE_ATTR_EVENTS_ALLOC_FD, 0);
	ret = cmd_call(node, &cmd);
	*events = cmd.attrs[0].data;
	return ret;
}

static int identify(uint64_t handle, uint32_t result[3])
{
	struct cmd cmd;

	cmd_begin(&cmd, UVERBS_OBJECT_DEVICE, FAKE_METHOD_DEVICE_IDENTIFY);
	cmd_add(&cmd, FAKE_ATTR_IDENTIFY_HANDLE, 0, handle);
	cmd_out(&cmd, FAKE_ATTR_IDENTIFY_RESULT, result, 12);
	return cmd_call(node, &cmd);
}

/* An event, or its errno, without waiting. */
static void read_event(const char *what, int events)
{
	struct pollfd poll_fd = { .fd = events, .events = POLLIN };
	uint64_t value = 0;
	ssize_t n;

	fcntl(events, F_SETFL, O_NONBLOCK);
	poll(&poll_fd, 1, 0);
	n = read(events, &value, sizeof(value));
	printf("%s: poll %#x, read %zd, value %#llx: %s\n", what, poll_fd.revents, n,
	       (unsigned long long)value, errno_name(n < 0 ? errno : 0));
}

/* ---- things ---- */

static void things(void)
{
	static uint8_t data[300];
	struct fake_thing_state state[2];
	uint32_t thing, other, live = 0;
	struct cmd cmd;
	unsigned int i;

	for (i = 0; i < sizeof(data); i++)
		data[i] = i;
	say(thing_create(1, NULL, 0, &thing, &live), "thing without data");
	printf("live: %u\n", live);
	memset(state, 0x55, sizeof(state));
	say(thing_query(thing, state), "query");
	printf("value %#llx length %u sum %u watched %u\n", (unsigned long long)state[0].value,
	       state[0].length, state[0].sum, state[0].watched);
	say(thing_modify(thing, 2), "modify");
	say(thing_query(thing, state), "query");
	printf("value %#llx\n", (unsigned long long)state[0].value);

	/* Inline, just not inline, and much. */
	for (i = 1; i < sizeof(data); i += i < 7 ? 7 : i < 9 ? 1 : 97) {
		say(thing_create(i, data, i, &other, &live), "thing with %u bytes", i);
		thing_query(other, state);
		printf("length %u sum %u live %u\n", state[0].length, state[0].sum, live);
		say(thing_destroy(other), "destroy");
	}
	say(thing_create(1, (void *)16, 100, &other, &live), "thing with data that is not there");

	/* A copy out that fails after the object was made: it is destroyed again. */
	cmd_begin(&cmd, FAKE_OBJECT_THING, FAKE_METHOD_THING_CREATE);
	cmd_handle(&cmd, FAKE_ATTR_THING_CREATE_HANDLE, 0);
	cmd_u64(&cmd, FAKE_ATTR_THING_CREATE_VALUE, 3);
	cmd_out(&cmd, FAKE_ATTR_THING_CREATE_LIVE, (void *)16, sizeof(live));
	say(cmd_call(node, &cmd), "thing whose answer has no place");
	other = new_thing(3);
	thing_create(4, NULL, 0, &i, &live);
	printf("live: %u\n", live);
	say(thing_destroy(i), "destroy");

	/* Of an answer there may be less or more room than it takes. */
	for (i = 0; i <= 40; i += 8) {
		cmd_begin(&cmd, FAKE_OBJECT_THING, FAKE_METHOD_THING_QUERY);
		cmd_handle(&cmd, FAKE_ATTR_THING_QUERY_HANDLE, thing);
		cmd_out(&cmd, FAKE_ATTR_THING_QUERY_STATE, state, i);
		memset(state, 0x55, sizeof(state));
		say(cmd_call(node, &cmd), "query with room for %u", i);
		printf("flags %#x, after it %#x\n", cmd.attrs[1].flags,
		       ((uint8_t *)state)[i ? i - 1 : 0]);
	}

	/* Handles that are none, gone, of another object, or not handles. */
	say(thing_query(ANY_BAD, state), "query nothing");
	say(thing_query(-1, state), "query -1");
	say(thing_destroy(other), "destroy");
	say(thing_destroy(other), "destroy twice");
	say(thing_modify(other, 1), "modify what is gone");
	i = new_pd();
	say(thing_query(i, state), "query a PD");
	say(thing_destroy(i), "destroy a PD");
	cmd_begin(&cmd, UVERBS_OBJECT_PD, UVERBS_METHOD_PD_DESTROY);
	cmd_handle(&cmd, UVERBS_ATTR_DESTROY_PD_HANDLE, thing);
	say(cmd_call(node, &cmd), "PD_DESTROY of a thing");
	cmd_begin(&cmd, FAKE_OBJECT_THING, FAKE_METHOD_THING_MODIFY);
	cmd_add(&cmd, FAKE_ATTR_THING_MODIFY_HANDLE, 4, thing);
	cmd_u64(&cmd, FAKE_ATTR_THING_MODIFY_VALUE, 5);
	say(cmd_call(node, &cmd), "a handle with a length");
	cmd.attrs[0].len = 0;
	cmd.attrs[0].attr_data.reserved = 1;
	say(cmd_call(node, &cmd), "a handle with reserved bits");
	cmd.attrs[0].attr_data.reserved = 0;
	cmd.attrs[0].data = 1ULL << 40;
	say(cmd_call(node, &cmd), "a handle beyond 32 bits");
	cmd.attrs[0].data = -1ULL;
	say(cmd_call(node, &cmd), "a negative handle");

	/* A driver that will not let go. */
	other = new_thing(FAKE_THING_BUSY);
	say(thing_destroy(other), "destroy a busy thing");
	say(thing_modify(other, 0), "modify it");
	say(thing_destroy(other), "destroy it now");
	say(thing_destroy(thing), "destroy");
}

/* ---- attributes of all kinds ---- */

static void echo_call(struct cmd *cmd, struct fake_kinds *kinds, const char *what)
{
	memset(kinds, 0, sizeof(*kinds));
	cmd_out(cmd, FAKE_ATTR_ECHO_KINDS, kinds, sizeof(*kinds));
	say(cmd_call(node, cmd), "echo: %s", what);
	printf("  const %u flags %#x pair %u %u fd %d choice %d %#llx things %d %llu pds %d %llu\n",
	       kinds->constant, kinds->flags, kinds->pair.first, kinds->pair.second, kinds->fd,
	       kinds->choice, (unsigned long long)kinds->chosen, kinds->things,
	       (unsigned long long)kinds->sum, kinds->pds, (unsigned long long)kinds->pds_whole);
}

#define echo(what, add)								\
	do {									\
		cmd_begin(&cmd, UVERBS_OBJECT_DEVICE, FAKE_METHOD_DEVICE_ECHO);	\
		add;								\
		echo_call(&cmd, &kinds, what);					\
	} while (0)

static void attributes(void)
{
	struct { struct fake_pair pair; uint64_t more; } pair = { { 11, 22 } };
	uint32_t ids[8], pds[4];
	uint64_t long_choice = 0x1122334455667788;
	struct fake_kinds kinds;
	unsigned int i;
	struct cmd cmd;

	for (i = 0; i < 5; i++)
		ids[i] = new_thing(1 << i);
	for (i = 0; i < 4; i++)
		pds[i] = new_pd();

	echo("nothing", );
	echo("const", cmd_u64(&cmd, FAKE_ATTR_ECHO_CONST, 42));
	echo("const too large", cmd_u64(&cmd, FAKE_ATTR_ECHO_CONST, 1ULL << 32));
	echo("const of 4 bytes", cmd_u32(&cmd, FAKE_ATTR_ECHO_CONST, 1));
	echo("flags of 8 bytes", cmd_u64(&cmd, FAKE_ATTR_ECHO_FLAGS, 0x81));
	echo("flags of 4 bytes", cmd_u32(&cmd, FAKE_ATTR_ECHO_FLAGS, 0x18));
	echo("flags of 6 bytes", cmd_add(&cmd, FAKE_ATTR_ECHO_FLAGS, 6, 1));
	echo("unknown flags", cmd_u64(&cmd, FAKE_ATTR_ECHO_FLAGS, 0x101));
	echo("pair", cmd_in(&cmd, FAKE_ATTR_ECHO_PAIR, &pair, 8));
	echo("half a pair", cmd_in(&cmd, FAKE_ATTR_ECHO_PAIR, &pair, 4));
	echo("less", cmd_in(&cmd, FAKE_ATTR_ECHO_PAIR, &pair, 3));
	echo("more than a pair, zero", cmd_in(&cmd, FAKE_ATTR_ECHO_PAIR, &pair, 16));
	pair.more = 1;
	echo("more than a pair", cmd_in(&cmd, FAKE_ATTR_ECHO_PAIR, &pair, 16));
	echo("a pair that is not there", cmd_add(&cmd, FAKE_ATTR_ECHO_PAIR, 16, 16));
	echo("raw fd", cmd_fd(&cmd, FAKE_ATTR_ECHO_RAW_FD, 1234));
	echo("raw fd -1", cmd_fd(&cmd, FAKE_ATTR_ECHO_RAW_FD, -1));
	echo("raw fd beyond an int", cmd_add(&cmd, FAKE_ATTR_ECHO_RAW_FD, 0, 1ULL << 31));
	echo("raw fd with a length", cmd_add(&cmd, FAKE_ATTR_ECHO_RAW_FD, 4, 1));

	for (i = 0; i < 6; i++)
		echo("choice without data", cmd_add(&cmd, FAKE_ATTR_ECHO_CHOICE, 0, 0)
						->attr_data.enum_data.elem_id = i);
	for (i = 0; i < 4; i++)
		echo("choice of 4 bytes", cmd_add(&cmd, FAKE_ATTR_ECHO_CHOICE, 4, 99)
						->attr_data.enum_data.elem_id = i);
	echo("choice of 8 bytes", cmd_in(&cmd, FAKE_ATTR_ECHO_CHOICE, &long_choice, 8);
	     cmd.attrs[0].attr_data.enum_data.elem_id = 2);
	echo("choice with more, zero", cmd_in(&cmd, FAKE_ATTR_ECHO_CHOICE,
					      (uint64_t[]) { 5, 0 }, 16);
	     cmd.attrs[0].attr_data.enum_data.elem_id = 2);
	echo("choice with more", cmd_in(&cmd, FAKE_ATTR_ECHO_CHOICE, (uint64_t[]) { 5, 6 }, 16);
	     cmd.attrs[0].attr_data.enum_data.elem_id = 2);
	echo("choice with reserved bits", cmd_add(&cmd, FAKE_ATTR_ECHO_CHOICE, 0, 0)
						->attr_data.enum_data.reserved = 1);

	for (i = 0; i <= 5; i++)
		echo("things", cmd_in(&cmd, FAKE_ATTR_ECHO_THINGS, ids, i * sizeof(*ids)));
	echo("things by 3 bytes", cmd_in(&cmd, FAKE_ATTR_ECHO_THINGS, ids, 3));
	echo("things that are not there", cmd_add(&cmd, FAKE_ATTR_ECHO_THINGS, 12, 16));
	echo("things with reserved bits", cmd_in(&cmd, FAKE_ATTR_ECHO_THINGS, ids, 4);
	     cmd.attrs[0].attr_data.reserved = 1);
	ids[5] = ids[1];
	ids[1] = ANY_BAD;
	echo("things with one that is none", cmd_in(&cmd, FAKE_ATTR_ECHO_THINGS, ids, 12));
	ids[1] = pds[0];
	echo("things with a PD", cmd_in(&cmd, FAKE_ATTR_ECHO_THINGS, ids, 12));
	ids[1] = ids[0];
	echo("a thing twice", cmd_in(&cmd, FAKE_ATTR_ECHO_THINGS, ids, 12));
	echo("PDs", cmd_in(&cmd, FAKE_ATTR_ECHO_PDS, pds, 12));
	pds[1] = pds[0];
	echo("a PD twice, exclusively", cmd_in(&cmd, FAKE_ATTR_ECHO_PDS, pds, 8));
	/* Whatever went wrong, nothing stayed locked. */
	echo("all again", cmd_in(&cmd, FAKE_ATTR_ECHO_THINGS, ids, 16);
	     cmd_in(&cmd, FAKE_ATTR_ECHO_PDS, pds, 4));
	for (i = 0; i < 5; i++)
		say(thing_destroy(i == 1 ? ids[5] : ids[i]), "destroy thing %u", i);

	echo("given twice", cmd_u64(&cmd, FAKE_ATTR_ECHO_CONST, 1);
	     cmd_u64(&cmd, FAKE_ATTR_ECHO_CONST, 2));
	echo("unknown attribute", cmd_u64(&cmd, FAKE_ID(29), 1));
	echo("unknown optional attribute", cmd_add(&cmd, FAKE_ID(29), 8, 1)->flags = 0);
	echo("attribute beyond all", cmd_u64(&cmd, FAKE_ID(31), 1));
	cmd_begin(&cmd, UVERBS_OBJECT_DEVICE, FAKE_METHOD_DEVICE_ECHO);
	say(cmd_call(node, &cmd), "echo without a place for the answer");
	cmd_begin(&cmd, UVERBS_OBJECT_DEVICE, FAKE_METHOD_DEVICE_ECHO);
	for (i = 0; i < 100; i++)
		cmd_add(&cmd, FAKE_ID(20), 8, i)->flags = 0;
	echo_call(&cmd, &kinds, "behind 100 unknown attributes");
}

/* ---- methods and attributes where the core has some ---- */

static void identities(void)
{
	uint32_t result[3], pd = new_pd(), thing = new_thing(1);

	say(identify(pd, result), "identify a PD");
	printf("object %#x, right handle %d, complete %u\n", result[0], result[1] == pd, result[2]);
	say(identify(thing, result), "identify a thing");
	printf("object %#x, right handle %d, complete %u\n", result[0], result[1] == thing,
	       result[2]);
	say(identify(ANY_BAD, result), "identify nothing");
	say(identify(-1ULL, result), "identify -1");
	say(thing_destroy(thing), "destroy");
	say(identify(thing, result), "identify what is gone");
}

static void missing(void)
{
	static const struct { uint16_t object, method; } calls[] = {
		{ FAKE_OBJECT_ABSENT, FAKE_METHOD_ABSENT_CREATE },
		{ FAKE_OBJECT_THING, FAKE_ID(5) },
		{ FAKE_OBJECT_THING, FAKE_ID(8) },
		{ FAKE_OBJECT_THING, 0 },
		{ FAKE_ID(3), FAKE_ID(0) },
		{ FAKE_ID(12), FAKE_ID(0) },
		{ UVERBS_OBJECT_DEVICE, FAKE_ID(2) },
		{ UVERBS_OBJECT_PD, FAKE_ID(0) },
		{ 0x2000, FAKE_ID(0) },
		{ FAKE_OBJECT_THING, 0x2000 },
	};
	struct cmd cmd;
	unsigned int i;

	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		cmd_begin(&cmd, calls[i].object, calls[i].method);
		say(cmd_call(node, &cmd), "object %#x method %#x", calls[i].object,
		    calls[i].method);
	}
	cmd_begin(&cmd, FAKE_OBJECT_THING, FAKE_METHOD_THING_CREATE);
	say(cmd_call(node, &cmd), "thing of nothing");
	cmd.hdr.driver_id++;
	say(cmd_call(node, &cmd), "another driver's");
}

static void add_ours(struct cmd *cmd, struct fake_pair *pair, uint32_t thing, uint64_t *answer)
{
	cmd_in(cmd, FAKE_ATTR_ANY_CREATE_PAIR, pair, sizeof(*pair));
	cmd_handle(cmd, FAKE_ATTR_ANY_CREATE_THING, thing);
	cmd_out(cmd, FAKE_ATTR_ANY_CREATE_ANSWER, answer, sizeof(*answer));
	*answer = 0;
}

/* The call that @cmd has so far, with ours too, and what we are answered. */
static void call_with_ours(struct cmd *cmd, struct fake_pair *pair, uint32_t thing, const char *what)
{
	uint64_t answer;

	add_ours(cmd, pair, thing, &answer);
	say(cmd_call(node, cmd), "%s with ours", what);
	printf("answer %llu flags %#x\n", (unsigned long long)answer,
	       cmd->attrs[cmd->hdr.num_attrs - 1].flags);
}

static void query_context_attrs(struct cmd *cmd, uint32_t *vectors)
{
	cmd_begin(cmd, UVERBS_OBJECT_DEVICE, UVERBS_METHOD_QUERY_CONTEXT);
	cmd_out(cmd, UVERBS_ATTR_QUERY_CONTEXT_NUM_COMP_VECTORS, vectors, sizeof(*vectors));
}

static void dm_attrs(struct cmd *cmd)
{
	cmd_begin(cmd, UVERBS_OBJECT_DM, UVERBS_METHOD_DM_ALLOC);
	cmd_handle(cmd, UVERBS_ATTR_ALLOC_DM_HANDLE, 0);
	cmd_u64(cmd, UVERBS_ATTR_ALLOC_DM_LENGTH, 4096);
	cmd_u32(cmd, UVERBS_ATTR_ALLOC_DM_ALIGNMENT, 0);
}

static void cq_attrs(struct cmd *cmd, uint32_t *cqe)
{
	cmd_begin(cmd, UVERBS_OBJECT_CQ, UVERBS_METHOD_CQ_CREATE);
	cmd_handle(cmd, UVERBS_ATTR_CREATE_CQ_HANDLE, 0);
	cmd_u32(cmd, UVERBS_ATTR_CREATE_CQ_CQE, 16);
	cmd_u64(cmd, UVERBS_ATTR_CREATE_CQ_USER_HANDLE, 1);
	cmd_u32(cmd, UVERBS_ATTR_CREATE_CQ_COMP_VECTOR, 0);
	cmd_out(cmd, UVERBS_ATTR_CREATE_CQ_RESP_CQE, cqe, sizeof(*cqe));
}

static int new_action(uint32_t *action)
{
	struct cmd cmd;
	int ret;

	cmd_begin(&cmd, UVERBS_OBJECT_FLOW_ACTION, FAKE_METHOD_FLOW_ACTION_CREATE);
	cmd_handle(&cmd, FAKE_ATTR_FLOW_ACTION_CREATE_HANDLE, 0);
	ret = cmd_call(node, &cmd);
	*action = cmd.attrs[0].data;
	return ret;
}

static int action_destroy(uint32_t action)
{
	struct cmd cmd;

	cmd_begin(&cmd, UVERBS_OBJECT_FLOW_ACTION, UVERBS_METHOD_FLOW_ACTION_DESTROY);
	cmd_handle(&cmd, UVERBS_ATTR_DESTROY_FLOW_ACTION_HANDLE, action);
	return cmd_call(node, &cmd);
}

/* Without @actions, a flow of nothing. */
static int flow_create(uint32_t qp, uint32_t counters, const uint32_t *actions, uint32_t *flow)
{
	struct cmd cmd;
	int ret;

	cmd_begin(&cmd, UVERBS_OBJECT_FLOW, FAKE_METHOD_FLOW_CREATE);
	cmd_handle(&cmd, FAKE_ATTR_FLOW_CREATE_HANDLE, 0);
	if (actions) {
		cmd_handle(&cmd, FAKE_ATTR_FLOW_CREATE_QP, qp);
		cmd_handle(&cmd, FAKE_ATTR_FLOW_CREATE_COUNTERS, counters);
		cmd_in(&cmd, FAKE_ATTR_FLOW_CREATE_ACTIONS, actions, 2 * sizeof(*actions));
	}
	ret = cmd_call(node, &cmd);
	*flow = cmd.attrs[0].data;
	return ret;
}

/* Flows that the driver's method makes keep what they are made of. */
static void flows(uint32_t pd, uint32_t cq)
{
	uint32_t qp, counters, actions[2], wrong[2], flow, result[3];

	must("QP_CREATE", create_qp(node, pd, cq, IB_UVERBS_QPT_UD, &qp));
	must("COUNTERS_CREATE", make_object(node, -1, COUNTERS, NULL, &counters));
	must("FLOW_ACTION", new_action(&actions[0]));
	must("FLOW_ACTION", new_action(&actions[1]));

	say(flow_create(0, 0, NULL, &flow), "flow of nothing");
	say(destroy_object(node, FLOW, flow), "FLOW_DESTROY of it");
	wrong[0] = actions[0];
	wrong[1] = qp;
	say(flow_create(qp, counters, wrong, &flow), "flow with a QP for an action");
	say(flow_create(cq, counters, actions, &flow), "flow of a CQ");
	say(flow_create(qp, counters, actions, &flow), "flow of all");
	say(identify(flow, result), "identify it");
	printf("object %#x, right handle %d, complete %u\n", result[0], result[1] == flow, result[2]);

	say(destroy_object(node, UD, qp), "its QP destroyed");
	say(destroy_object(node, COUNTERS, counters), "its counters destroyed");
	say(action_destroy(actions[0]), "its first action destroyed");
	say(action_destroy(actions[1]), "its second action destroyed");
	say(destroy_object(node, FLOW, flow), "FLOW_DESTROY");
	say(destroy_object(node, FLOW, flow), "FLOW_DESTROY twice");
	say(destroy_object(node, UD, qp), "QP destroyed without it");
	say(destroy_object(node, COUNTERS, counters), "counters destroyed without it");
	say(action_destroy(actions[1]), "second action destroyed without it");

	/* This one is left to the end of the file. */
	must("QP_CREATE", create_qp(node, pd, cq, IB_UVERBS_QPT_UD, &qp));
	must("COUNTERS_CREATE", make_object(node, -1, COUNTERS, NULL, &counters));
	must("FLOW_ACTION", new_action(&actions[1]));
	say(flow_create(qp, counters, actions, &flow), "flow of all again");
}

static void extended(void)
{
	struct qp_made made;
	struct fake_pair pair = { 100, 20 };
	uint32_t pd = new_pd(), thing = new_thing(3), cq, number, wr, sge, keys[2];
	struct ib_uverbs_destroy_cq_resp gone;
	struct ib_uverbs_reg_mr_resp mr;
	static char memory[4096];
	struct ib_uverbs_reg_mr reg = {
		.start = (uintptr_t)memory, .hca_va = (uintptr_t)memory, .length = 4096,
		.access_flags = 1,
	};
	uint64_t answer;
	struct cmd cmd;
	int buf;

	cq_attrs(&cmd, &number);
	say(cmd_call(node, &cmd), "CQ without ours");
	cq_attrs(&cmd, &number);
	call_with_ours(&cmd, &pair, thing, "CQ");
	cq = cmd.attrs[0].data;
	cq_attrs(&cmd, &number);
	add_ours(&cmd, &pair, pd, &answer);
	say(cmd_call(node, &cmd), "CQ with a PD for a thing");
	cq_attrs(&cmd, &number);
	add_ours(&cmd, &pair, thing, (void *)&answer);
	cmd.attrs[cmd.hdr.num_attrs - 1].data = 16;
	say(cmd_call(node, &cmd), "CQ whose answer has no place");
	cq_attrs(&cmd, &number);
	cmd_in(&cmd, FAKE_ATTR_ANY_CREATE_PAIR, &pair, 3);
	say(cmd_call(node, &cmd), "CQ with less than half a pair");
	cq_attrs(&cmd, &number);
	cmd_u32(&cmd, FAKE_ID(5), 1);
	say(cmd_call(node, &cmd), "CQ with an unknown attribute");

	create_qp_begin(&cmd, pd, cq, IB_UVERBS_QPT_RC, &made);
	call_with_ours(&cmd, &pair, thing, "QP");

	cmd_begin(&cmd, UVERBS_OBJECT_SRQ, UVERBS_METHOD_SRQ_CREATE);
	cmd_handle(&cmd, UVERBS_ATTR_CREATE_SRQ_HANDLE, 0);
	cmd_handle(&cmd, UVERBS_ATTR_CREATE_SRQ_PD_HANDLE, pd);
	cmd_u64(&cmd, UVERBS_ATTR_CREATE_SRQ_USER_HANDLE, 1);
	cmd_u32(&cmd, UVERBS_ATTR_CREATE_SRQ_MAX_WR, 4);
	cmd_u32(&cmd, UVERBS_ATTR_CREATE_SRQ_MAX_SGE, 1);
	cmd_u32(&cmd, UVERBS_ATTR_CREATE_SRQ_LIMIT, 0);
	cmd_u64(&cmd, UVERBS_ATTR_CREATE_SRQ_TYPE, IB_UVERBS_SRQT_BASIC);
	cmd_out(&cmd, UVERBS_ATTR_CREATE_SRQ_RESP_MAX_WR, &wr, sizeof(wr));
	cmd_out(&cmd, UVERBS_ATTR_CREATE_SRQ_RESP_MAX_SGE, &sge, sizeof(sge));
	call_with_ours(&cmd, &pair, thing, "SRQ");

	reg_dmabuf_begin(&cmd, pd, node, 0, 0, keys);
	call_with_ours(&cmd, &pair, thing, "MR of no dma-buf");
	buf = make_dmabuf(4096);
	reg_dmabuf_begin(&cmd, pd, buf, 0, 0, keys);
	call_with_ours(&cmd, &pair, thing, "MR of a dma-buf");
	close(buf);

	dm_attrs(&cmd);
	call_with_ours(&cmd, &pair, thing, "DM");
	dm_attrs(&cmd);
	call_with_ours(&cmd, &pair, pd, "DM, a PD for a thing,");
	query_context_attrs(&cmd, &number);
	call_with_ours(&cmd, &pair, thing, "context queried");
	printf("vectors %u\n", number);
	query_context_attrs(&cmd, &number);
	cmd_u32(&cmd, FAKE_ID(5), 1);
	say(cmd_call(node, &cmd), "context queried with an unknown attribute");
	cmd_begin(&cmd, OBJECT_COMP_CNTR, 0);
	cmd_handle(&cmd, 0, 0);
	call_with_ours(&cmd, &pair, thing, "completion counter");

	reg.pd_handle = pd;
	say(old(IB_USER_VERBS_CMD_REG_MR, &reg, sizeof(reg), &mr, sizeof(mr)), "MR");
	cmd_begin(&cmd, UVERBS_OBJECT_MR, FAKE_METHOD_MR_QUERY);
	cmd_handle(&cmd, FAKE_ATTR_MR_QUERY_HANDLE, mr.mr_handle);
	cmd_out(&cmd, FAKE_ATTR_MR_QUERY_SAME, &number, sizeof(number));
	number = 0;
	say(cmd_call(node, &cmd), "MR_QUERY");
	printf("same %u\n", number);
	cmd.attrs[0].data = cq;
	say(cmd_call(node, &cmd), "MR_QUERY of a CQ");

	say(new_action(&number), "FLOW_ACTION");
	say(action_destroy(number), "FLOW_ACTION_DESTROY");
	flows(pd, cq);

	cmd_begin(&cmd, UVERBS_OBJECT_CQ, UVERBS_METHOD_CQ_DESTROY);
	cmd_handle(&cmd, UVERBS_ATTR_DESTROY_CQ_HANDLE, cq);
	cmd_out(&cmd, UVERBS_ATTR_DESTROY_CQ_RESP, &gone, sizeof(gone));
	say(cmd_call(node, &cmd), "CQ_DESTROY while the QP uses it");
}

/* ---- files ---- */

static void files(const char *path)
{
	uint32_t thing = new_thing(1), other = new_thing(2);
	int events, foreign, first = node;
	uint64_t value;

	say(events_alloc(&events), "events");
	read_event("nothing", events);
	say(thing_watch(thing, events), "watch");
	say(thing_watch(thing, events), "watch twice");
	say(thing_modify(thing, 0x11), "modify");
	say(thing_modify(thing, 0x22), "modify");
	say(read(events, &value, 4) < 0 ? errno : 0, "read into 4 bytes");
	read_event("first", events);
	read_event("second", events);
	read_event("none", events);

	say(thing_watch(other, -1), "watch by -1");
	say(thing_watch(other, 0), "watch by the standard input");
	say(thing_watch(other, node), "watch by the node");

	/* Of another open node. */
	node = open_context(path);
	say(events_alloc(&foreign), "events of another");
	node = first;
	say(thing_watch(other, foreign), "watch by a file of another");
	close(foreign);

	/* The file goes first, the thing that keeps it later. */
	say(thing_watch(other, events), "watch");
	say(thing_modify(other, 0x33), "modify");
	close(events);
	say(thing_modify(other, 0x44), "modify after the file was closed");
	say(thing_destroy(other), "destroy");
	say(thing_modify(thing, 0x55), "modify");
	say(thing_destroy(thing), "destroy");

	/* The node goes first. */
	node = open_context(path);
	thing = new_thing(9);
	say(events_alloc(&events), "events");
	say(thing_watch(thing, events), "watch");
	say(thing_modify(thing, 0x66), "modify");
	close(node);
	read_event("after the node was closed", events);
	close(events);
	node = first;
}

/* ---- many at once ---- */

#define THREADS	4
#define ROUNDS	150

static atomic_uint surprises;

static void *contend(void *shared)
{
	uint32_t *things = shared, mine, live, result[3];
	struct fake_thing_state state;
	int i, ret, events;

	for (i = 0; i < ROUNDS; i++) {
		ret = thing_query(things[i % 4], &state);
		surprises += ret && ret != EBUSY;
		ret = thing_modify(things[(i + 1) % 4], i);
		surprises += ret && ret != EBUSY;
		ret = identify(things[(i + 2) % 4], result);
		surprises += ret && ret != EBUSY;
		surprises += thing_create(i, NULL, 0, &mine, &live) != 0;
		if (i % 8 == 0) {
			surprises += events_alloc(&events) != 0;
			surprises += thing_watch(mine, events) != 0;
			surprises += thing_modify(mine, 1) != 0;
			close(events);
		}
		surprises += thing_destroy(mine) != 0;
	}
	return NULL;
}

static void threads(void)
{
	pthread_t thread[THREADS];
	uint32_t shared[4];
	unsigned int i;

	for (i = 0; i < 4; i++)
		shared[i] = new_thing(i);
	for (i = 0; i < THREADS; i++)
		pthread_create(&thread[i], NULL, contend, shared);
	for (i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	printf("surprises: %u\n", surprises);
	for (i = 0; i < 4; i++)
		say(thing_destroy(shared[i]), "destroy");
}

/* ---- what is left when the device goes ---- */

static void hold(void)
{
	uint32_t thing = new_thing(5), busy = new_thing(FAKE_THING_BUSY), other = new_thing(6);
	struct fake_thing_state state;
	uint32_t pd = new_pd(), result[3];
	struct fake_kinds kinds;
	int events, again;
	char line[32];
	struct cmd cmd;

	must("events", events_alloc(&events));
	must("watch", thing_watch(thing, events));
	must("modify", thing_modify(thing, 7));
	must("modify", thing_modify(thing, 8));
	read_event("before", events);
	printf("ready\n");
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		return;

	read_event("after", events);
	say(thing_query(thing, &state), "query");
	say(thing_modify(thing, 9), "modify");
	say(thing_watch(other, events), "watch");
	say(identify(pd, result), "identify a PD");
	say(identify(ANY_BAD, result), "identify nothing");
	say(events_alloc(&again), "events");
	say(thing_create(1, NULL, 0, &other, &result[0]), "thing");
	echo("after", cmd_u64(&cmd, FAKE_ATTR_ECHO_CONST, 42));
	cmd_begin(&cmd, UVERBS_OBJECT_DEVICE, FAKE_METHOD_DEVICE_ECHO);
	cmd_u64(&cmd, FAKE_ID(29), 1);
	say(cmd_call(node, &cmd), "echo with an unknown attribute");
	cmd_begin(&cmd, FAKE_OBJECT_ABSENT, FAKE_METHOD_ABSENT_CREATE);
	say(cmd_call(node, &cmd), "absent");
	cq_attrs(&cmd, &other);
	cmd_in(&cmd, FAKE_ATTR_ANY_CREATE_PAIR, &kinds.pair, sizeof(kinds.pair));
	say(cmd_call(node, &cmd), "CQ with ours");
	query_context_attrs(&cmd, &other);
	cmd_in(&cmd, FAKE_ATTR_ANY_CREATE_PAIR, &kinds.pair, sizeof(kinds.pair));
	say(cmd_call(node, &cmd), "context queried with ours");
	say(thing_destroy(thing), "destroy");
	say(thing_destroy(thing), "destroy twice");
	say(thing_destroy(busy), "destroy a busy thing");
	cmd_begin(&cmd, UVERBS_OBJECT_PD, UVERBS_METHOD_PD_DESTROY);
	cmd_handle(&cmd, UVERBS_ATTR_DESTROY_PD_HANDLE, pd);
	say(cmd_call(node, &cmd), "PD_DESTROY");
	close(events);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		die("usage: driver-def calls|hold NODE");
	setvbuf(stdout, NULL, _IOLBF, 0);
	raw_driver = DRIVER_ID;
	node = open_context(argv[2]);
	if (!strcmp(argv[1], "hold")) {
		hold();
		return 0;
	}
	missing();
	things();
	attributes();
	identities();
	extended();
	files(argv[2]);
	threads();
	/* Left to the end of the file. */
	new_thing(FAKE_THING_BUSY);
	return 0;
}
