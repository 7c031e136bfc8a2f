// SPDX-License-Identifier: BSD-2-Clause
/*
 * flows NODE CONTROL
 *
 * Work queues, tables of them, flows, counters and completion counters on a
 * fake device: right calls, and calls that are wrong in one place; and the
 * asynchronous events of all that has some. Prints what each is answered; that
 * must not depend on who serves NODE. CONTROL is the file of the fake driver
 * that takes commands.
 *
 * flows leak NODE [stay]: after a refused EX MODIFY_WQ, what does destroying say? (ib_uverbs: EBUSY)
 * With "stay" it keeps the file open for ever.
 *
 * Exit status: 0, or 1 if a call that is right failed.
 */
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "fake.h"
#include "../drivers/fake/fake_abi.h"

/* Objects of later kernels. */
#define OBJECT_COMP_CNTR	19
#define QUERY_COMP_CNTR_CAPS	8
#define QP_ATTACH_COMP_CNTR	2

#define BAD_POINTER		8
#define USER_HANDLE		0x0123456789abcdefULL

static const char *node, *control;
static uint8_t output[0x10000];

static struct {
	int fd, async;
	uint32_t pd, cq, wq[2], free_wq, table, free_table, counters, free_counters;
	uint32_t raw, ud, rc, flow, cntr;
	bool has_cntr;
} env;

/* ---- calls ---- */

/* @resp: three words; the last is the number. */
static void create_wq_begin(struct cmd *cmd, uint32_t *resp)
{
	cmd_begin(cmd, UVERBS_OBJECT_WQ, UVERBS_METHOD_WQ_CREATE);
	cmd_handle(cmd, UVERBS_ATTR_CREATE_WQ_HANDLE, 0);
	cmd_handle(cmd, UVERBS_ATTR_CREATE_WQ_PD_HANDLE, env.pd);
	cmd_handle(cmd, UVERBS_ATTR_CREATE_WQ_CQ_HANDLE, env.cq);
	cmd_u64(cmd, UVERBS_ATTR_CREATE_WQ_USER_HANDLE, USER_HANDLE);
	cmd_u64(cmd, UVERBS_ATTR_CREATE_WQ_TYPE, 0);
	cmd_u32(cmd, UVERBS_ATTR_CREATE_WQ_MAX_WR, 4);
	cmd_u32(cmd, UVERBS_ATTR_CREATE_WQ_MAX_SGE, 1);
	cmd_u64(cmd, UVERBS_ATTR_CREATE_WQ_FLAGS, 0);
	cmd_out(cmd, UVERBS_ATTR_CREATE_WQ_RESP_MAX_WR, &resp[0], 4);
	cmd_out(cmd, UVERBS_ATTR_CREATE_WQ_RESP_MAX_SGE, &resp[1], 4);
	cmd_out(cmd, UVERBS_ATTR_CREATE_WQ_RESP_WQ_NUM, &resp[2], 4);
}

static int create_wq(uint32_t *wq)
{
	uint32_t resp[3];
	struct cmd cmd;
	int ret;

	create_wq_begin(&cmd, resp);
	ret = cmd_call(env.fd, &cmd);
	*wq = cmd.attrs[0].data;
	return ret;
}

static int destroy_wq(uint32_t wq, uint32_t *events)
{
	struct cmd cmd;

	cmd_begin(&cmd, UVERBS_OBJECT_WQ, UVERBS_METHOD_WQ_DESTROY);
	cmd_handle(&cmd, UVERBS_ATTR_DESTROY_WQ_HANDLE, wq);
	cmd_out(&cmd, UVERBS_ATTR_DESTROY_WQ_RESP, events, 4);
	return cmd_call(env.fd, &cmd);
}

struct table_cmd {
	struct ib_uverbs_ex_create_rwq_ind_table cmd;
	uint32_t wqs[2];
};

static int create_table(uint32_t a, uint32_t b, uint32_t *table)
{
	struct ib_uverbs_ex_create_rwq_ind_table_resp out = {};
	struct table_cmd in = { .cmd.log_ind_tbl_size = 1, .wqs = { a, b } };
	int ret = legacy(env.fd, EX | IB_USER_VERBS_EX_CMD_CREATE_RWQ_IND_TBL, &in, 16, &out,
			 sizeof(out), NULL, 0);

	*table = out.ind_tbl_handle;
	return ret;
}

static int destroy_table(uint32_t table)
{
	return destroy(env.fd, UVERBS_OBJECT_RWQ_IND_TBL, UVERBS_METHOD_RWQ_IND_TBL_DESTROY, table);
}

static int create_counters(uint32_t *counters)
{
	struct cmd cmd;
	int ret;

	cmd_begin(&cmd, UVERBS_OBJECT_COUNTERS, UVERBS_METHOD_COUNTERS_CREATE);
	cmd_handle(&cmd, UVERBS_ATTR_CREATE_COUNTERS_HANDLE, 0);
	ret = cmd_call(env.fd, &cmd);
	*counters = cmd.attrs[0].data;
	return ret;
}

static int destroy_counters(uint32_t counters)
{
	return destroy(env.fd, UVERBS_OBJECT_COUNTERS, UVERBS_METHOD_COUNTERS_DESTROY, counters);
}

static int create_cntr(uint32_t *cntr)
{
	struct cmd cmd;
	int ret;

	cmd_begin(&cmd, OBJECT_COMP_CNTR, 0);
	cmd_handle(&cmd, 0, 0);
	ret = cmd_call(env.fd, &cmd);
	*cntr = cmd.attrs[0].data;
	return ret;
}

/* The command's struct and room for more specifications than are allowed. */
struct flow_cmd {
	struct ib_uverbs_create_flow cmd;
	uint8_t specs[2048];
};

static void flow_init(struct flow_cmd *in, uint32_t qp, unsigned int specs, unsigned int size)
{
	memset(in, 0, sizeof(*in));
	in->cmd.qp_handle = qp;
	in->cmd.flow_attr.num_of_specs = specs;
	in->cmd.flow_attr.size = size;
	in->cmd.flow_attr.port = 1;
}

/* @len: of the whole request */
static int create_flow_len(const struct flow_cmd *in, size_t len, uint32_t *flow)
{
	struct ib_uverbs_create_flow_resp out = {};
	int ret = legacy(env.fd, EX | IB_USER_VERBS_EX_CMD_CREATE_FLOW, in, len, &out, sizeof(out),
			 NULL, 0);

	*flow = out.flow_handle;
	return ret;
}

static int create_flow(const struct flow_cmd *in, uint32_t *flow)
{
	return create_flow_len(in, sizeof(in->cmd) + in->cmd.flow_attr.size, flow);
}

static int destroy_flow(uint32_t flow)
{
	return destroy(env.fd, UVERBS_OBJECT_FLOW, UVERBS_METHOD_FLOW_DESTROY, flow);
}

static size_t add_spec(struct flow_cmd *in, uint32_t type, const void *body, size_t len)
{
	uint8_t *to = in->specs + in->cmd.flow_attr.size;
	struct ib_uverbs_flow_spec_hdr hdr = { .type = type, .size = sizeof(hdr) + len };

	memcpy(to, &hdr, sizeof(hdr));
	memcpy(to + sizeof(hdr), body, len);
	in->cmd.flow_attr.size += sizeof(hdr) + len;
	in->cmd.flow_attr.num_of_specs++;
	return sizeof(hdr) + len;
}

/* A flow that counts: everything TCP to a port. */
static int create_counting_flow(uint32_t qp, uint32_t counters, uint32_t *flow)
{
	struct ib_uverbs_flow_tcp_udp_filter tcp[2] = { { .dst_port = 0x1234 }, { .dst_port = ~0 } };
	uint32_t count[2] = { counters };
	struct flow_cmd in;

	flow_init(&in, qp, 0, 0);
	add_spec(&in, 0x40, tcp, sizeof(tcp));
	add_spec(&in, 0x1003, count, sizeof(count));
	return create_flow(&in, flow);
}

static int create_qp_with(uint32_t type, uint32_t *qp)
{
	return create_qp(env.fd, env.pd, env.cq, type, qp);
}

/* ---- env ---- */

static void env_close(void)
{
	close(env.async);
	close(env.fd);
}

static void env_open(void)
{
	env.fd = open(node, O_RDWR | O_CLOEXEC);
	if (env.fd < 0)
		die("%s: %s", node, errno_name(errno));
	must("GET_CONTEXT", get_context(env.fd));
	must("ASYNC_EVENT_ALLOC", alloc_async(env.fd, &env.async));
	must("ALLOC_PD", alloc_pd(env.fd, &env.pd));
	must("CQ_CREATE", create_cq(env.fd, 16, -1, NULL, &env.cq));
	must("WQ_CREATE", create_wq(&env.wq[0]));
	must("WQ_CREATE", create_wq(&env.wq[1]));
	must("WQ_CREATE", create_wq(&env.free_wq));
	must("CREATE_RWQ_IND_TBL", create_table(env.wq[0], env.wq[1], &env.table));
	must("CREATE_RWQ_IND_TBL", create_table(env.wq[0], env.wq[0], &env.free_table));
	must("COUNTERS_CREATE", create_counters(&env.counters));
	must("COUNTERS_CREATE", create_counters(&env.free_counters));
	must("QP_CREATE raw", create_qp_with(IB_UVERBS_QPT_RAW_PACKET, &env.raw));
	must("QP_CREATE UD", create_qp_with(IB_UVERBS_QPT_UD, &env.ud));
	must("QP_CREATE RC", create_qp_with(IB_UVERBS_QPT_RC, &env.rc));
	must("CREATE_FLOW", create_counting_flow(env.raw, env.counters, &env.flow));
	env.has_cntr = !create_cntr(&env.cntr);
}

/* ---- taking calls apart ---- */

enum effect { READS, CHANGES };

struct call {
	const char *name;
	enum effect effect;
	void (*build)(struct cmd *cmd);
	int keep;	/* attribute that is not taken away, if it is not 0 */
};

static void report(const struct call *call, const char *how, int ret, const struct cmd *cmd)
{
	unsigned int i;

	printf("%s: %s: %s", call->name, how, errno_name(ret));
	for (i = 0; !ret && i < cmd->hdr.num_attrs; i++)
		if (cmd->attrs[i].flags & UVERBS_ATTR_F_VALID_OUTPUT)
			printf(", output 0x%x %08x %08x", cmd->attrs[i].attr_id,
			       *(uint32_t *)output, *(uint32_t *)(output + 8));
	putchar('\n');
	if (call->effect == CHANGES && (!ret || ret == EFAULT)) {
		env_close();
		env_open();
	}
}

static void build(const struct call *call, struct cmd *cmd)
{
	memset(output, 0, 64);
	call->build(cmd);
}

static void one(const struct call *call, const char *how, struct cmd *cmd)
{
	report(call, how, cmd_call(env.fd, cmd), cmd);
}

static void take_apart(const struct call *call)
{
	static const uint64_t values[] = { 0, 1, 2, 7, 0x80, 0xffff, 0xffffffff, 1ULL << 32, ~0ULL };
	struct cmd cmd;
	unsigned int n, i, j;
	char how[64];

	build(call, &cmd);
	n = cmd.hdr.num_attrs;
	one(call, "right", &cmd);
	for (i = 0; i < n; i++) {
		unsigned int id, len;

		build(call, &cmd);
		id = cmd.attrs[i].attr_id;
		len = cmd.attrs[i].len;
		memmove(&cmd.attrs[i], &cmd.attrs[i + 1], (n - 1 - i) * sizeof(*cmd.attrs));
		cmd.hdr.num_attrs--;
		cmd.hdr.length -= sizeof(*cmd.attrs);
		snprintf(how, sizeof(how), "without 0x%x", id);
		if (!call->keep || id != (unsigned int)call->keep)
			one(call, how, &cmd);

		build(call, &cmd);
		cmd_add(&cmd, id, len, cmd.attrs[i].data);
		snprintf(how, sizeof(how), "0x%x twice", id);
		one(call, how, &cmd);

		build(call, &cmd);
		cmd.attrs[i].attr_data.reserved = 1;
		snprintf(how, sizeof(how), "0x%x reserved", id);
		one(call, how, &cmd);

		for (j = 0; j < 4; j++) {
			static const int delta[] = { -1, 1, 4, 8 };

			build(call, &cmd);
			cmd.attrs[i].len += delta[j];
			snprintf(how, sizeof(how), "0x%x length %+d", id, delta[j]);
			one(call, how, &cmd);
		}
		build(call, &cmd);
		if (len > 8 || cmd.attrs[i].data == (uintptr_t)output ||
		    cmd.attrs[i].data == (uintptr_t)output + 8) {
			cmd.attrs[i].data = BAD_POINTER;
			snprintf(how, sizeof(how), "0x%x bad pointer", id);
			one(call, how, &cmd);
			continue;
		}
		for (j = 0; j < sizeof(values) / sizeof(values[0]); j++) {
			build(call, &cmd);
			cmd.attrs[i].data = values[j];
			snprintf(how, sizeof(how), "0x%x is %llx", id,
				 (unsigned long long)values[j]);
			one(call, how, &cmd);
		}
	}
}

/* A legacy command: each word of its struct, its lengths, its answer. */
struct command {
	const char *name;
	uint32_t number;
	enum effect effect;
	size_t in_len, out_len;
	void (*build)(void *in);
};

static uint8_t request[4096] __attribute__((aligned(8)));

static void command(const struct command *c, const char *how, size_t in_len, void *out,
		    size_t out_len)
{
	uint32_t *words = (uint32_t *)output;
	unsigned int i;
	int ret;

	memset(output, 0, 64);
	ret = legacy(env.fd, EX | c->number, request, in_len, out_len ? out : NULL, out_len, NULL, 0);
	printf("%s: %s: %s", c->name, how, errno_name(ret));
	for (i = 0; !ret && out == output && i < out_len / 4 && i < 8; i++)
		printf(" %x", words[i]);
	putchar('\n');
	if (c->effect == CHANGES && (!ret || ret == EFAULT)) {
		env_close();
		env_open();
	}
}

static void prepare(const struct command *c)
{
	memset(request, 0, sizeof(request));
	c->build(request);
}

static void take_command_apart(const struct command *c)
{
	static const uint32_t values[] = { 0, 1, 2, 3, 8, 0x0e, 0x100, 0xffff, 0x80000000, ~0U };
	unsigned int i, j;
	uint32_t *words;
	char how[64];

	prepare(c);
	command(c, "right", c->in_len, output, c->out_len);
	for (i = 0; i < c->in_len / 4; i++) {
		for (j = 0; j < sizeof(values) / sizeof(values[0]); j++) {
			prepare(c);
			words = (uint32_t *)request;
			words[i] = values[j];
			snprintf(how, sizeof(how), "word %u is %x", i, values[j]);
			command(c, how, c->in_len, output, c->out_len);
		}
	}
	for (i = 0; i <= c->in_len + 8; i += 4) {
		prepare(c);
		snprintf(how, sizeof(how), "%u bytes", i);
		command(c, how, i, output, c->out_len);
	}
	prepare(c);
	request[c->in_len + 3] = 1;
	command(c, "more that is not zero", c->in_len + 8, output, c->out_len);
	for (i = 0; c->out_len && i <= c->out_len + 8; i += 4) {
		prepare(c);
		snprintf(how, sizeof(how), "room for %u", i);
		command(c, how, c->in_len, output, i);
	}
	if (c->out_len) {
		prepare(c);
		command(c, "bad pointer", c->in_len, (void *)BAD_POINTER, c->out_len);
	}
}

/* ---- the calls that work ---- */

static void wq_create(struct cmd *cmd)
{
	cmd_begin(cmd, UVERBS_OBJECT_WQ, UVERBS_METHOD_WQ_CREATE);
	cmd_handle(cmd, UVERBS_ATTR_CREATE_WQ_HANDLE, 0);
	cmd_handle(cmd, UVERBS_ATTR_CREATE_WQ_PD_HANDLE, env.pd);
	cmd_handle(cmd, UVERBS_ATTR_CREATE_WQ_CQ_HANDLE, env.cq);
	cmd_u64(cmd, UVERBS_ATTR_CREATE_WQ_USER_HANDLE, 1);
	cmd_u64(cmd, UVERBS_ATTR_CREATE_WQ_TYPE, 0);
	cmd_u32(cmd, UVERBS_ATTR_CREATE_WQ_MAX_WR, 4);
	cmd_u32(cmd, UVERBS_ATTR_CREATE_WQ_MAX_SGE, 1);
	cmd_u64(cmd, UVERBS_ATTR_CREATE_WQ_FLAGS, 1);
	cmd_out(cmd, UVERBS_ATTR_CREATE_WQ_RESP_MAX_WR, output, 4);
	cmd_out(cmd, UVERBS_ATTR_CREATE_WQ_RESP_MAX_SGE, output + 8, 4);
	cmd_out(cmd, UVERBS_ATTR_CREATE_WQ_RESP_WQ_NUM, output + 8, 4);
	cmd_fd(cmd, UVERBS_ATTR_CREATE_WQ_EVENT_FD, env.async);
	cmd_add(cmd, ATTR_UHW_IN, 8, 0x1122334455667788);
	cmd_out(cmd, ATTR_UHW_OUT, output + 64, 32);
}

static void wq_destroy(struct cmd *cmd)
{
	cmd_begin(cmd, UVERBS_OBJECT_WQ, UVERBS_METHOD_WQ_DESTROY);
	cmd_handle(cmd, UVERBS_ATTR_DESTROY_WQ_HANDLE, env.free_wq);
	cmd_out(cmd, UVERBS_ATTR_DESTROY_WQ_RESP, output, 4);
}

static void table_destroy(struct cmd *cmd)
{
	cmd_begin(cmd, UVERBS_OBJECT_RWQ_IND_TBL, UVERBS_METHOD_RWQ_IND_TBL_DESTROY);
	cmd_handle(cmd, UVERBS_ATTR_DESTROY_RWQ_IND_TBL_HANDLE, env.free_table);
}

static void flow_destroy(struct cmd *cmd)
{
	cmd_begin(cmd, UVERBS_OBJECT_FLOW, UVERBS_METHOD_FLOW_DESTROY);
	cmd_handle(cmd, UVERBS_ATTR_DESTROY_FLOW_HANDLE, env.flow);
}

static void flow_action_destroy(struct cmd *cmd)
{
	cmd_begin(cmd, UVERBS_OBJECT_FLOW_ACTION, UVERBS_METHOD_FLOW_ACTION_DESTROY);
	cmd_handle(cmd, UVERBS_ATTR_DESTROY_FLOW_ACTION_HANDLE, env.flow);
}

static void counters_create(struct cmd *cmd)
{
	cmd_begin(cmd, UVERBS_OBJECT_COUNTERS, UVERBS_METHOD_COUNTERS_CREATE);
	cmd_handle(cmd, UVERBS_ATTR_CREATE_COUNTERS_HANDLE, 0);
}

static void counters_destroy(struct cmd *cmd)
{
	cmd_begin(cmd, UVERBS_OBJECT_COUNTERS, UVERBS_METHOD_COUNTERS_DESTROY);
	cmd_handle(cmd, UVERBS_ATTR_DESTROY_COUNTERS_HANDLE, env.free_counters);
}

static void counters_read(struct cmd *cmd)
{
	cmd_begin(cmd, UVERBS_OBJECT_COUNTERS, UVERBS_METHOD_COUNTERS_READ);
	cmd_handle(cmd, UVERBS_ATTR_READ_COUNTERS_HANDLE, env.counters);
	cmd_out(cmd, UVERBS_ATTR_READ_COUNTERS_BUFF, output, 16);
	cmd_u64(cmd, UVERBS_ATTR_READ_COUNTERS_FLAGS, 1);
}

static void cntr_create(struct cmd *cmd)
{
	cmd_begin(cmd, OBJECT_COMP_CNTR, 0);
	cmd_handle(cmd, 0, 0);
}

static void cntr_destroy(struct cmd *cmd)
{
	cmd_begin(cmd, OBJECT_COMP_CNTR, 1);
	cmd_handle(cmd, 0, env.cntr);
}

static void cntr_modify(struct cmd *cmd)
{
	cmd_begin(cmd, OBJECT_COMP_CNTR, 2);
	cmd_handle(cmd, 0, env.cntr);
	cmd_u64(cmd, 1, 0);
	cmd_u64(cmd, 2, 1);
	cmd_u64(cmd, 3, 5);
}

static void cntr_read(struct cmd *cmd)
{
	cmd_begin(cmd, OBJECT_COMP_CNTR, 3);
	cmd_handle(cmd, 0, env.cntr);
	cmd_u64(cmd, 1, 0);
	cmd_out(cmd, 2, output, 8);
}

static void cntr_attach(struct cmd *cmd)
{
	cmd_begin(cmd, UVERBS_OBJECT_QP, QP_ATTACH_COMP_CNTR);
	cmd_handle(cmd, 0, env.rc);
	cmd_handle(cmd, 1, env.cntr);
	cmd_u64(cmd, 2, 3);
}

static void cntr_caps(struct cmd *cmd)
{
	cmd_begin(cmd, UVERBS_OBJECT_DEVICE, QUERY_COMP_CNTR_CAPS);
	cmd_out(cmd, 0, output, 4);
	cmd_out(cmd, 1, output + 8, 8);
	cmd_out(cmd, 2, output, 4);
}

static const struct call calls[] = {
	/* Without the CQ ib_uverbs hands the driver an error for a pointer. */
	{ "WQ_CREATE", CHANGES, wq_create, UVERBS_ATTR_CREATE_WQ_CQ_HANDLE },
	{ "WQ_DESTROY", CHANGES, wq_destroy },
	{ "RWQ_IND_TBL_DESTROY", CHANGES, table_destroy },
	{ "FLOW_DESTROY", CHANGES, flow_destroy },
	{ "FLOW_ACTION_DESTROY", CHANGES, flow_action_destroy },
	{ "COUNTERS_CREATE", CHANGES, counters_create },
	{ "COUNTERS_DESTROY", CHANGES, counters_destroy },
	{ "COUNTERS_READ", READS, counters_read },
	{ "COMP_CNTR_CREATE", CHANGES, cntr_create },
	{ "COMP_CNTR_DESTROY", CHANGES, cntr_destroy },
	{ "COMP_CNTR_MODIFY", CHANGES, cntr_modify },
	{ "COMP_CNTR_READ", READS, cntr_read },
	{ "QP_ATTACH_COMP_CNTR", CHANGES, cntr_attach },
	{ "QUERY_COMP_CNTR_CAPS", READS, cntr_caps },
};

static void ex_create_wq(void *in)
{
	*(struct ib_uverbs_ex_create_wq *)in = (struct ib_uverbs_ex_create_wq) {
		.user_handle = 1,
		.pd_handle = env.pd,
		.cq_handle = env.cq,
		.max_wr = 4,
		.max_sge = 1,
	};
}

/* Without a state that is refused: that is test_leak(). */
static void ex_modify_wq(void *in)
{
	*(struct ib_uverbs_ex_modify_wq *)in = (struct ib_uverbs_ex_modify_wq) {
		.attr_mask = 4,
		.wq_handle = env.wq[0],
		.flags = 1,
		.flags_mask = 1,
	};
}

static void ex_destroy_wq(void *in)
{
	((struct ib_uverbs_ex_destroy_wq *)in)->wq_handle = env.free_wq;
}

static void ex_create_table(void *in)
{
	*(struct table_cmd *)in = (struct table_cmd) {
		.cmd.log_ind_tbl_size = 1,
		.wqs = { env.wq[0], env.wq[1] },
	};
}

static void ex_destroy_table(void *in)
{
	((struct ib_uverbs_ex_destroy_rwq_ind_table *)in)->ind_tbl_handle = env.free_table;
}

static void ex_create_flow(void *in)
{
	struct ib_uverbs_flow_eth_filter eth[2] = { { .dst_mac = { 2 } }, { .dst_mac = { 0xff } } };

	flow_init(in, env.raw, 0, 0);
	add_spec(in, 0x20, eth, sizeof(eth));
}

static void ex_destroy_flow(void *in)
{
	((struct ib_uverbs_destroy_flow *)in)->flow_handle = env.flow;
}

static const struct command commands[] = {
	{ "EX CREATE_WQ", IB_USER_VERBS_EX_CMD_CREATE_WQ, CHANGES,
	  sizeof(struct ib_uverbs_ex_create_wq), sizeof(struct ib_uverbs_ex_create_wq_resp),
	  ex_create_wq },
	{ "EX MODIFY_WQ", IB_USER_VERBS_EX_CMD_MODIFY_WQ, CHANGES,
	  sizeof(struct ib_uverbs_ex_modify_wq), 0, ex_modify_wq },
	{ "EX DESTROY_WQ", IB_USER_VERBS_EX_CMD_DESTROY_WQ, CHANGES,
	  sizeof(struct ib_uverbs_ex_destroy_wq), sizeof(struct ib_uverbs_ex_destroy_wq_resp),
	  ex_destroy_wq },
	{ "EX CREATE_RWQ_IND_TBL", IB_USER_VERBS_EX_CMD_CREATE_RWQ_IND_TBL, CHANGES, 16,
	  sizeof(struct ib_uverbs_ex_create_rwq_ind_table_resp), ex_create_table },
	{ "EX DESTROY_RWQ_IND_TBL", IB_USER_VERBS_EX_CMD_DESTROY_RWQ_IND_TBL, CHANGES,
	  sizeof(struct ib_uverbs_ex_destroy_rwq_ind_table), 0, ex_destroy_table },
	{ "EX CREATE_FLOW", IB_USER_VERBS_EX_CMD_CREATE_FLOW, CHANGES,
	  sizeof(struct ib_uverbs_create_flow) + 40, sizeof(struct ib_uverbs_create_flow_resp),
	  ex_create_flow },
	{ "EX DESTROY_FLOW", IB_USER_VERBS_EX_CMD_DESTROY_FLOW, CHANGES,
	  sizeof(struct ib_uverbs_destroy_flow), 0, ex_destroy_flow },
};

/* ---- flows ---- */

/* One letter for each result. */
static char letter(int err)
{
	switch (err) {
	case 0:
		return 'o';
	case EINVAL:
		return 'i';
	case EOPNOTSUPP:
		return 's';
	case ENOENT:
		return 'n';
	case ENOSPC:
		return 'p';
	case EPERM:
		return 'r';
	case EBUSY:
		return 'b';
	default:
		return '?';
	}
}

/* Every kind of specification of every size, with three kinds of contents. */
static void test_specs(void)
{
	static const uint32_t types[] = {
		0, 0x1f, 0x20, 0x22, 0x30, 0x31, 0x34, 0x40, 0x41, 0x50, 0x51, 0x60,
		0x120, 0x122, 0x130, 0x131, 0x134, 0x140, 0x141, 0x150, 0x151, 0x160,
		0x220, 0xfff, 0x1000, 0x1001, 0x1002, 0x1003, 0x1004, 0x1100, 0x80000020, ~0U,
	};
	static const char *const fills[] = { "zero", "ones", "short mask" };
	struct ib_uverbs_flow_spec_hdr hdr = {};
	unsigned int i, fill, size;
	char line[128];
	struct flow_cmd in;
	uint32_t flow;
	int ret;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		for (fill = 0; fill < 3; fill++) {
			for (size = 0; size <= 96; size++) {
				flow_init(&in, env.raw, 1, size);
				memset(in.specs, fill == 1 ? 0xff : 0, size);
				/* A mask of 4 bytes that says something, then nothing. */
				if (fill == 2 && size > 16)
					memset(in.specs + 8 + (size - 8) / 2, 0x0f, 4);
				hdr.type = types[i];
				hdr.size = size;
				memcpy(in.specs, &hdr, sizeof(hdr));
				ret = create_flow(&in, &flow);
				line[size] = letter(ret);
				if (!ret)
					must("FLOW_DESTROY", destroy_flow(flow));
			}
			line[size] = 0;
			printf("type 0x%x, %s: %s\n", types[i], fills[fill], line);
		}
	}
}

/* The value and the limit of fields that are shorter than they look. */
static void test_limits(void)
{
	static const uint32_t values[] = { 0, 0xfffff, 0x100000, 0xffffff, 0x1000000, ~0U };
	struct ib_uverbs_flow_ipv6_filter ip[2];
	uint32_t tunnel[2], flow;
	unsigned int i, which;
	struct flow_cmd in;
	int ret;

	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		for (which = 0; which < 2; which++) {
			memset(ip, 0, sizeof(ip));
			memset(tunnel, 0, sizeof(tunnel));
			ip[which].flow_label = __builtin_bswap32(values[i]);
			tunnel[which] = __builtin_bswap32(values[i]);
			flow_init(&in, env.raw, 0, 0);
			add_spec(&in, 0x31, ip, sizeof(ip));
			ret = create_flow(&in, &flow);
			printf("flow label %u %x: %s\n", which, values[i], errno_name(ret));
			if (!ret)
				must("FLOW_DESTROY", destroy_flow(flow));
			flow_init(&in, env.raw, 0, 0);
			add_spec(&in, 0x50, tunnel, sizeof(tunnel));
			ret = create_flow(&in, &flow);
			printf("tunnel %u %x: %s\n", which, values[i], errno_name(ret));
			if (!ret)
				must("FLOW_DESTROY", destroy_flow(flow));
		}
	}
}

/* Lists: numbers and sizes that do not agree, and sizes that lead elsewhere. */
static void test_lists(void)
{
	struct ib_uverbs_flow_spec_hdr hdr;
	uint32_t tag[2] = { 0xabcd }, flow, handle[2];
	unsigned int num, n, size, bad;
	char line[160] = "";
	struct flow_cmd in;
	int ret;

	for (n = 0; n <= 12; n++) {
		for (num = 0; num <= 12; num++) {
			flow_init(&in, env.ud, 0, 0);
			for (size = 0; size < n; size++)
				add_spec(&in, 0x1000, tag, sizeof(tag));
			in.cmd.flow_attr.num_of_specs = num;
			ret = create_flow(&in, &flow);
			line[num] = letter(ret);
			if (!ret)
				must("FLOW_DESTROY", destroy_flow(flow));
		}
		line[num] = 0;
		printf("%u tags in %s\n", n, line);
	}
	/* The second of three says it is of another size. */
	for (size = 0; size <= 64; size++) {
		flow_init(&in, env.raw, 0, 0);
		add_spec(&in, 0x1000, tag, sizeof(tag));
		add_spec(&in, 0x40, tag, sizeof(tag));
		add_spec(&in, 0x1001, tag, 0);
		memcpy(&hdr, in.specs + 16, sizeof(hdr));
		hdr.size = size == 64 ? 0xffff : size;
		memcpy(in.specs + 16, &hdr, sizeof(hdr));
		ret = create_flow(&in, &flow);
		line[size] = letter(ret);
		if (!ret)
			must("FLOW_DESTROY", destroy_flow(flow));
	}
	line[size] = 0;
	printf("a wrong size between others: %s\n", line);
	/* What the request says it is long, and what it is. */
	for (size = 0; size < 64; size++) {
		flow_init(&in, env.raw, 0, 0);
		add_spec(&in, 0x1000, tag, sizeof(tag));
		for (bad = 0; bad < 2; bad++) {
			in.specs[16] = bad;
			ret = create_flow_len(&in, size, &flow);
			line[size * 2 + bad] = letter(ret);
			if (!ret)
				must("FLOW_DESTROY", destroy_flow(flow));
		}
	}
	line[size * 2] = 0;
	printf("a request too short or long: %s\n", line);
	/* Actions that name objects. */
	for (num = 0; num < 16; num++) {
		for (n = 0x1002; n <= 0x1003; n++) {
			flow_init(&in, env.raw, 0, 0);
			handle[0] = num < 15 ? num : ~0U;
			handle[1] = num & 1;
			add_spec(&in, n, handle, sizeof(handle));
			add_spec(&in, n, handle, sizeof(handle));
			ret = create_flow(&in, &flow);
			printf("action 0x%x of %x: %s\n", n, handle[0], errno_name(ret));
			if (!ret)
				must("FLOW_DESTROY", destroy_flow(flow));
		}
	}
	/* Ten of them, the last of which is bad: nothing stays used. */
	flow_init(&in, env.raw, 0, 0);
	for (num = 0; num < 10; num++) {
		handle[0] = num < 9 ? env.free_counters : env.pd;
		add_spec(&in, 0x1003, handle, sizeof(handle));
	}
	ret = create_flow(&in, &flow);
	printf("ten counts, the last bad: %s, then %s\n", errno_name(ret),
	       errno_name(destroy_counters(env.free_counters)));
	must("COUNTERS_CREATE", create_counters(&env.free_counters));
	/* QPs that take no flows, and flags. */
	for (num = 0; num < 8; num++) {
		for (n = 0; n < 5; n++) {
			flow_init(&in, num & 1 ? env.rc : env.ud, 0, 0);
			in.cmd.flow_attr.flags = num;
			in.cmd.flow_attr.type = n;
			ret = create_flow(&in, &flow);
			printf("flags %u type %u: %s\n", num, n, errno_name(ret));
			if (!ret)
				must("FLOW_DESTROY", destroy_flow(flow));
			in.cmd.qp_handle = env.ud;
			ret = create_flow(&in, &flow);
			printf("flags %u type %u, UD: %s\n", num, n, errno_name(ret));
			if (!ret)
				must("FLOW_DESTROY", destroy_flow(flow));
		}
	}
}

/* ---- what is in use cannot go ---- */

static void test_use(void)
{
	struct ib_uverbs_destroy_qp_resp qp;
	uint32_t events, cntr;
	struct cmd cmd;

	printf("WQ in a table: %s\n", errno_name(destroy_wq(env.wq[1], &events)));
	printf("CQ of WQs: %s\n", errno_name(destroy_cq(env.fd, env.cq,
						       &(struct ib_uverbs_destroy_cq_resp) {})));
	printf("PD of WQs: %s\n", errno_name(destroy_pd(env.fd, env.pd)));
	printf("table: %s\n", errno_name(destroy_table(env.table)));
	printf("WQ in no table: %s\n", errno_name(destroy_wq(env.wq[1], &events)));
	printf("WQ twice in a table: %s\n", errno_name(destroy_wq(env.wq[0], &events)));
	printf("other table: %s\n", errno_name(destroy_table(env.free_table)));
	printf("WQ in no table: %s\n", errno_name(destroy_wq(env.wq[0], &events)));

	printf("counters of a flow: %s\n", errno_name(destroy_counters(env.counters)));
	printf("QP of a flow: %s\n", errno_name(destroy_qp(env.fd, env.raw, &qp)));
	printf("flow: %s\n", errno_name(destroy_flow(env.flow)));
	counters_read(&cmd);
	printf("read counters of no flow: %s\n", errno_name(cmd_call(env.fd, &cmd)));
	printf("counters of no flow: %s\n", errno_name(destroy_counters(env.counters)));
	printf("QP of no flow: %s\n", errno_name(destroy_qp(env.fd, env.raw, &qp)));

	if (env.has_cntr) {
		must("COMP_CNTR_CREATE", create_cntr(&cntr));
		cntr_attach(&cmd);
		printf("attach: %s\n", errno_name(cmd_call(env.fd, &cmd)));
		cntr_attach(&cmd);
		printf("attach again: %s\n", errno_name(cmd_call(env.fd, &cmd)));
		cntr_attach(&cmd);
		cmd.attrs[1].data = cntr;
		cmd.attrs[2].data = 4 | 2;
		printf("attach another, overlapping: %s\n", errno_name(cmd_call(env.fd, &cmd)));
		cmd.attrs[2].data = 4;
		printf("attach another: %s\n", errno_name(cmd_call(env.fd, &cmd)));
		cntr_destroy(&cmd);
		printf("destroy attached: %s\n", errno_name(cmd_call(env.fd, &cmd)));
		printf("QP: %s\n", errno_name(destroy_qp(env.fd, env.rc, &qp)));
		cntr_destroy(&cmd);
		printf("destroy: %s\n", errno_name(cmd_call(env.fd, &cmd)));
	}
	env_close();
	env_open();
}

/* All sizes of a read, those of the parser's own buffer included. */
static void test_read(void)
{
	static const unsigned int lens[] = { 0, 1, 7, 8, 9, 16, 24, 120, 128, 136, 256, 1024, 65535 };
	unsigned int i, j, written;
	struct cmd cmd;
	int ret;

	for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		counters_read(&cmd);
		cmd.attrs[1].len = lens[i];
		memset(output, 0x55, sizeof(output));
		ret = cmd_call(env.fd, &cmd);
		for (j = written = 0; j < sizeof(output); j++)
			if (output[j] != 0x55)
				written = j + 1;
		printf("read %u bytes: %s, %u written\n", lens[i], errno_name(ret), written);
	}
}

/* ---- rights ---- */

static void without_right(void)
{
	struct __user_cap_header_struct hdr = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[2];
	struct flow_cmd in;
	uint32_t handle;

	if (syscall(SYS_capget, &hdr, caps))
		die("capget: %s", errno_name(errno));
	caps[0].effective &= ~(1U << CAP_NET_RAW);
	if (syscall(SYS_capset, &hdr, caps))
		die("capset: %s", errno_name(errno));

	ex_create_flow(&in);
	printf("without CAP_NET_RAW: flow %s", errno_name(create_flow(&in, &handle)));
	in.cmd.flow_attr.flags = ~0U;
	printf(", malformed %s", errno_name(create_flow(&in, &handle)));
	in.cmd.comp_mask = 1;
	printf(", more so %s", errno_name(create_flow(&in, &handle)));
	printf(", raw QP %s", errno_name(create_qp_with(IB_UVERBS_QPT_RAW_PACKET, &handle)));
	printf(", UD QP %s\n", errno_name(create_qp_with(IB_UVERBS_QPT_UD, &handle)));
	close(env.fd);
	env.fd = open(node, O_RDWR | O_CLOEXEC);
	printf("without a context either: %s\n", errno_name(create_flow_len(&in, 64, &handle)));
	in.cmd.comp_mask = 0;
	printf("and not that malformed: %s\n", errno_name(create_flow_len(&in, 64, &handle)));
	fflush(stdout);
	_exit(0);
}

static void test_rights(void)
{
	struct flow_cmd in;
	uint32_t handle;
	int fd = env.fd;

	/* What was printed already must not be printed twice. */
	fflush(stdout);
	if (!fork())
		without_right();
	wait(NULL);
	env.fd = open(node, O_RDWR | O_CLOEXEC);
	ex_create_flow(&in);
	printf("without a context: %s\n", errno_name(create_flow(&in, &handle)));
	close(env.fd);
	env.fd = fd;
}

/* ---- events ---- */

static void cq_begin(struct cmd *cmd, uint32_t *resp)
{
	create_cq_begin(cmd, 16, resp);
}

static void qp_begin(struct cmd *cmd, uint32_t *resp)
{
	create_qp_begin(cmd, env.pd, env.cq, IB_UVERBS_QPT_RC, (struct qp_made *)resp);
}

static void srq_begin(struct cmd *cmd, uint32_t *resp)
{
	create_srq_begin(cmd, env.pd, 4, 0, resp);
}

/* What reports events, by the names it has in the driver's control file. */
static const struct source {
	const char *name;
	uint32_t event;			/* enum ib_event_type */
	void (*begin)(struct cmd *cmd, uint32_t *resp);
	uint16_t event_fd, object, destroy, resp_len;
	uint32_t command;		/* that destroys it, */
	unsigned int in, out;		/* of so many words; the handle is in the middle of it */
} sources[] = {
	{ "cq", 0, cq_begin, UVERBS_ATTR_CREATE_CQ_EVENT_FD, UVERBS_OBJECT_CQ,
	  UVERBS_METHOD_CQ_DESTROY, 8, IB_USER_VERBS_CMD_DESTROY_CQ, 4, 2 },
	{ "qp", 1, qp_begin, UVERBS_ATTR_CREATE_QP_EVENT_FD, UVERBS_OBJECT_QP,
	  UVERBS_METHOD_QP_DESTROY, 4, IB_USER_VERBS_CMD_DESTROY_QP, 4, 1 },
	{ "srq", 14, srq_begin, UVERBS_ATTR_CREATE_SRQ_EVENT_FD, UVERBS_OBJECT_SRQ,
	  UVERBS_METHOD_SRQ_DESTROY, 4, IB_USER_VERBS_CMD_DESTROY_SRQ, 4, 1 },
	{ "wq", 19, create_wq_begin, UVERBS_ATTR_CREATE_WQ_EVENT_FD, UVERBS_OBJECT_WQ,
	  UVERBS_METHOD_WQ_DESTROY, 4, EX | IB_USER_VERBS_EX_CMD_DESTROY_WQ, 2, 4 },
};

/* @async: the file that is to have its events, or -1 for the default one */
static void create_source(const struct source *source, int async, uint32_t *handle,
			  uint32_t *number)
{
	struct fake_resp made = {};
	uint32_t resp[8];
	struct cmd cmd;

	source->begin(&cmd, resp);
	if (async >= 0)
		cmd_fd(&cmd, source->event_fd, async);
	cmd_out(&cmd, ATTR_UHW_OUT, &made, sizeof(made));
	must(source->name, cmd_call(env.fd, &cmd));
	*handle = cmd.attrs[0].data;
	*number = made.number;
}

/* What is answered says how many of its events were read. */
static void destroy_source(const struct source *source, uint32_t handle, bool by_method)
{
	uint32_t in[4] = {}, out[4] = {};
	struct cmd cmd;
	int ret;

	if (by_method) {
		cmd_begin(&cmd, source->object, source->destroy);
		cmd_handle(&cmd, 0, handle);
		cmd_out(&cmd, 1, out, source->resp_len);
		ret = cmd_call(env.fd, &cmd);
	} else {
		in[source->in / 2] = handle;
		ret = legacy(env.fd, source->command, in, source->in * sizeof(in[0]), out,
			     source->out * sizeof(out[0]), NULL, 0);
	}
	printf("destroyed by a %s: %s, answer %u %u %u %u\n", by_method ? "method" : "command",
	       errno_name(ret), out[0], out[1], out[2], out[3]);
}

static void send_event(const struct source *source, uint32_t number)
{
	fake_tell(control, "event %s %u %u\n", source->name, number, source->event);
}

/* Three events, of which two are read; the file @quiet gets none. */
static void test_source(const struct source *source, int async, int quiet, bool named)
{
	struct pollfd fds[2] = {
		{ .fd = async, .events = POLLIN },
		{ .fd = quiet, .events = POLLIN },
	};
	struct ib_uverbs_async_event_desc desc = {};
	const struct timespec at_once = {};
	uint32_t handle, number;
	siginfo_t info;
	sigset_t set;
	unsigned int i;

	create_source(source, named ? async : -1, &handle, &number);
	for (i = 0; i < 3; i++)
		send_event(source, number);
	printf("events of a %s for the %s file: pending %d, for the other %d\n", source->name,
	       named ? "named" : "default", poll(&fds[0], 1, 1000), poll(&fds[1], 1, 0));
	sigemptyset(&set);
	sigaddset(&set, SIGIO);
	if (sigtimedwait(&set, &info, &at_once) == SIGIO)
		printf("SIGIO: code %d, of that file %d\n", info.si_code, info.si_fd == async);
	for (i = 0; i < 2; i++) {
		if (read(async, &desc, sizeof(desc)) != sizeof(desc))
			die("no event");
		printf("event %u of %llx\n", desc.event_type, (unsigned long long)desc.element);
	}
	destroy_source(source, handle, named);
	printf("left: %d\n", poll(&fds[0], 1, 0));
}

static void test_events(void)
{
	const struct source *source, *end = sources + sizeof(sources) / sizeof(sources[0]);
	struct pollfd poll_async = { .fd = env.async, .events = POLLIN };
	uint32_t handle, number;
	sigset_t set;
	int other;

	sigemptyset(&set);
	sigaddset(&set, SIGIO);
	sigprocmask(SIG_BLOCK, &set, NULL);
	must("ASYNC_EVENT_ALLOC", alloc_async(env.fd, &other));
	/* What is not there is not waited for. */
	fcntl(env.async, F_SETFL, O_NONBLOCK);
	fcntl(other, F_SETFL, O_NONBLOCK);
	signal_us(env.async);
	signal_us(other);
	for (source = sources; source < end; source++) {
		test_source(source, env.async, other, false);
		test_source(source, other, env.async, true);
	}
	close(other);

	/* Nobody hears of what a closed file was to tell. */
	for (source = sources; source < end; source++) {
		must("ASYNC_EVENT_ALLOC", alloc_async(env.fd, &other));
		create_source(source, other, &handle, &number);
		send_event(source, number);
		close(other);
		send_event(source, number);
		printf("events of a %s for a closed file: pending %d\n", source->name,
		       poll(&poll_async, 1, 0));
		destroy_source(source, handle, true);
	}
}

/* ---- the driver refuses ---- */

static void test_failures(void)
{
	static const char *const ops[] = {
		"create_wq", "destroy_wq", "modify_wq", "create_rwq_ind_table",
		"destroy_rwq_ind_table", "create_flow", "destroy_flow", "create_counters",
		"destroy_counters", "read_counters",
	};
	struct flow_cmd in;
	struct cmd cmd;
	uint32_t handle, events;
	unsigned int i;

	for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		int ret, again = 0;

		fake_tell(control, "fail %s 1 %d\n", ops[i], EREMOTEIO);
		switch (i) {
		case 0:
			ret = create_wq(&handle);
			break;
		case 1:
			ret = destroy_wq(env.free_wq, &events);
			again = destroy_wq(env.free_wq, &events);
			break;
		case 2:
			prepare(&commands[1]);
			ret = legacy(env.fd, EX | IB_USER_VERBS_EX_CMD_MODIFY_WQ, request,
				     sizeof(struct ib_uverbs_ex_modify_wq), NULL, 0, NULL, 0);
			break;
		case 3:
			ret = create_table(env.wq[0], env.wq[1], &handle);
			break;
		case 4:
			ret = destroy_table(env.free_table);
			again = destroy_table(env.free_table);
			break;
		case 5:
			ex_create_flow(&in);
			ret = create_flow(&in, &handle);
			break;
		case 6:
			ret = destroy_flow(env.flow);
			again = destroy_flow(env.flow);
			break;
		case 7:
			ret = create_counters(&handle);
			break;
		case 8:
			ret = destroy_counters(env.free_counters);
			again = destroy_counters(env.free_counters);
			break;
		default:
			counters_read(&cmd);
			ret = cmd_call(env.fd, &cmd);
		}
		printf("%s fails: %s, again %s\n", ops[i], errno_name(ret), errno_name(again));
		env_close();
		env_open();
	}
}

/* ---- what ib_uverbs does wrong ---- */

/*
 * EX MODIFY_WQ with a state there is not is refused, and that is all. ib_uverbs
 * forgets to unlock the WQ. Of two WQs one is refused each of both states.
 */
static void test_leak(void)
{
	struct ib_uverbs_ex_modify_wq in = { .attr_mask = 1, .wq_state = 3, .curr_wq_state = 3 };
	uint32_t events;
	unsigned int i;
	int ret;

	destroy_table(env.table);
	destroy_table(env.free_table);
	for (i = 0; i < 2; i++) {
		in.attr_mask = 1 << i;
		in.wq_handle = env.wq[i];
		ret = legacy(env.fd, EX | IB_USER_VERBS_EX_CMD_MODIFY_WQ, &in, sizeof(in), NULL, 0,
			     NULL, 0);
		if (ret != EINVAL)
			die("a WQ state of 3 is answered %s", errno_name(ret));
		printf("destroy: %s\n", errno_name(destroy_wq(env.wq[i], &events)));
	}
}

int main(int argc, char **argv)
{
	unsigned int i;

	raw_driver = RDMA_DRIVER_QIB;
	if (argc == 4 ? strcmp(argv[3], "stay") : argc != 3) {
		fprintf(stderr, "usage: flows NODE CONTROL | flows leak NODE [stay]\n");
		return 1;
	}
	if (!strcmp(argv[1], "leak")) {
		node = argv[2];
		env_open();
		test_leak();
		fflush(stdout);
		while (argc == 4)
			pause();
		return 0;
	}
	node = argv[1];
	control = argv[2];
	env_open();
	/* First, because the driver notes down only so much, and this is what it is to note. */
	test_specs();
	test_limits();
	test_lists();
	test_rights();
	test_events();
	test_use();
	test_read();
	test_failures();
	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		take_apart(&calls[i]);
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		take_command_apart(&commands[i]);
	return 0;
}
