// SPDX-License-Identifier: BSD-2-Clause
/*
 * typed TAGGED.bpf.o NODE: attach tagged.bpf.o, which declares a type of QP, to
 * the device behind NODE, and make QPs of that type as they must and must not
 * be made; then the same declaration for a type of CQ. Who serves QPs, ib_core's
 * driver or one that does it directly, makes no difference.
 *
 * Exit status: 0 if all was as it must be, else 1.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "../abi/raw.h"
#include "uverbs_bpf.h"
#include "../../bpf/uverbs_bpf_types.h"
#include "tagged.h"

#define SQ_SIG_ALL	IB_UVERBS_QP_CREATE_SQ_SIG_ALL
#define COLOUR		0x1234567812345678
/* IB_QP_*: what goes with each state, for a reliable connection. */
#define TO_INIT		(1 << 0 | 1 << 3 | 1 << 4 | 1 << 5)
#define TO_RTR		(1 << 0 | 1 << 7 | 1 << 8 | 1 << 12 | 1 << 15 | 1 << 17 | 1 << 20)
#define TO_RTS		(1 << 0 | 1 << 9 | 1 << 10 | 1 << 11 | 1 << 13 | 1 << 16)

static const char *object_path, *node;
static int fd;
static uint32_t pd, cq, sgid_index;
static uint8_t gid[16];

#define CHECK(condition, fmt, ...)						\
	((condition) ? (void)0 : die("line %d: %s: " fmt, __LINE__, #condition, ##__VA_ARGS__))
#define EQ(actual, expected)							\
	do {									\
		long long _a = (actual), _e = (expected);			\
		CHECK(_a == _e, "%lld, expected %lld", _a, _e);			\
	} while (0)

/* ---- programs ---- */

struct program {
	struct bpf_object *object;
	struct bpf_link *link;
	const volatile struct tagged_data *data;
};

static int quiet(enum libbpf_print_level level, const char *fmt, va_list args)
{
	return 0;
}

/* Under a name, changed by @tweak if not NULL. Returns 0 or the errno. */
static int attach(struct program *program, const char *name,
		  void (*tweak)(struct uverbs_bpf_provider_ops *ops))
{
	struct uverbs_bpf_provider_ops *ops;
	struct bpf_map *map, *bss = NULL;
	size_t size;

	program->object = bpf_object__open_file(object_path, NULL);
	if (!program->object)
		die("%s: %s", object_path, errno_name(errno));
	map = bpf_object__find_map_by_name(program->object, "tagged");
	ops = bpf_map__initial_value(map, &size);
	CHECK(ops && size == sizeof(*ops), "%zu bytes", size);
	memset(ops->decl.name, 0, sizeof(ops->decl.name));
	strcpy(ops->decl.name, name);
	if (tweak)
		tweak(ops);
	must(object_path, -bpf_object__load(program->object));
	bpf_object__for_each_map(map, program->object) {
		if (bpf_map__is_internal(map) && strstr(bpf_map__name(map), ".bss"))
			bss = map;
	}
	program->data = bpf_map__initial_value(bss, &size);
	program->link = bpf_map__attach_struct_ops(bpf_object__find_map_by_name(program->object,
										"tagged"));
	return program->link ? 0 : errno;
}

static void detach(struct program *program)
{
	bpf_link__destroy(program->link);
	bpf_object__close(program->object);
}

/* ---- calls ---- */

static struct {
	struct uverbs_bpf_error error;
	char text[UVERBS_BPF_ERROR_MAX];
} error;

static int call(struct cmd *cmd)
{
	memset(&error, 0, sizeof(error));
	cmd_out(cmd, UVERBS_BPF_ATTR_ERROR, &error, sizeof(error));
	return cmd_call(fd, cmd);
}

static void refused(const char *what, int ret, int expected, const char *words)
{
	const char *text = error.error.text;

	if (ret != expected || !strstr(text, words))
		die("%s: %s '%s', expected %s '%s'", what, errno_name(ret), text,
		    errno_name(expected), words);
	printf("%s: %s: %s\n", what, errno_name(ret), text);
}

/* The handle of the channel is left in *channel. */
static uint32_t open_channel(const char *name, uint32_t *channel)
{
	uint32_t ns = 0, version;
	struct cmd cmd;

	cmd_begin(&cmd, UVERBS_BPF_OBJECT_CHANNEL, UVERBS_BPF_METHOD_PROVIDER_OPEN);
	cmd_handle(&cmd, UVERBS_BPF_ATTR_CHANNEL_HANDLE, 0);
	cmd_in(&cmd, UVERBS_BPF_ATTR_CHANNEL_NAME, name, strlen(name) + 1);
	cmd_out(&cmd, UVERBS_BPF_ATTR_CHANNEL_RESP_NS, &ns, sizeof(ns));
	cmd_out(&cmd, UVERBS_BPF_ATTR_CHANNEL_RESP_VERSION, &version, sizeof(version));
	must("PROVIDER_OPEN", call(&cmd));
	*channel = cmd.attrs[0].data;
	return ns;
}

static void close_channel(uint32_t channel)
{
	must("PROVIDER_CLOSE", destroy(fd, UVERBS_BPF_OBJECT_CHANNEL,
				       UVERBS_BPF_METHOD_PROVIDER_CLOSE, channel));
}

/* What a call that makes a QP or CQ writes. */
static struct {
	struct qp_made qp;
	uint32_t cqe;
	union {
		struct rxe_create_qp_resp qp_uhw;
		struct rxe_create_cq_resp cq_uhw;
	};
} made;

static void qp_begin(struct cmd *cmd, unsigned int type)
{
	create_qp_begin(cmd, pd, cq, type, &made.qp);
	cmd_out(cmd, ATTR_UHW_OUT, &made.qp_uhw, sizeof(made.qp_uhw));
}

/* With all that the type wants. */
static void tagged_begin(struct cmd *cmd, uint32_t ns, unsigned int type)
{
	qp_begin(cmd, type);
	cmd_u64(cmd, UVERBS_ATTR_CREATE_QP_FLAGS, SQ_SIG_ALL);
	cmd_u32(cmd, UVERBS_BPF_ID(ns, TAGGED_TAG), 7);
	cmd_u64(cmd, UVERBS_BPF_ID(ns, TAGGED_COLOUR), COLOUR);
}

static struct ib_uverbs_attr *attr_of(struct cmd *cmd, uint16_t id)
{
	unsigned int i;

	for (i = 0; i < cmd->hdr.num_attrs; i++) {
		if (cmd->attrs[i].attr_id == id)
			return &cmd->attrs[i];
	}
	die("no attribute 0x%04x", id);
}

static void leave_out(struct cmd *cmd, uint16_t id)
{
	struct ib_uverbs_attr *attr = attr_of(cmd, id);

	*attr = cmd->attrs[--cmd->hdr.num_attrs];
	cmd->hdr.length -= sizeof(cmd->attrs[0]);
}

static uint32_t tagged_qp(uint32_t ns)
{
	struct cmd cmd;

	tagged_begin(&cmd, ns, IB_UVERBS_QPT_RC);
	if (call(&cmd))
		die("a tagged QP: %s", error.error.text);
	return cmd.attrs[0].data;
}

/* By the legacy command, which has no place for a program's attributes. */
static uint32_t command_qp(void)
{
	struct ib_uverbs_create_qp in = {
		.pd_handle = pd, .send_cq_handle = cq, .recv_cq_handle = cq, .max_send_wr = 4,
		.max_recv_wr = 4, .max_send_sge = 1, .max_recv_sge = 1, .qp_type = IB_UVERBS_QPT_RC,
	};
	struct ib_uverbs_create_qp_resp out;

	must("CREATE_QP", legacy(fd, IB_USER_VERBS_CMD_CREATE_QP, &in, sizeof(in), &out,
				 sizeof(out), &made.qp_uhw, sizeof(made.qp_uhw)));
	return out.qp_handle;
}

/* What the program says of a QP. */
static void expect_tagged(uint32_t ns, uint32_t qp, uint32_t expected)
{
	uint32_t is = 99;
	struct cmd cmd;

	cmd_begin(&cmd, UVERBS_OBJECT_QP, UVERBS_BPF_METHOD_QP_QUERY);
	cmd_handle(&cmd, UVERBS_BPF_ATTR_QP_HANDLE, qp);
	cmd_out(&cmd, UVERBS_BPF_ID(ns, TAGGED_IS), &is, sizeof(is));
	must("QP_QUERY", call(&cmd));
	EQ(is, expected);
}

static void modify(uint32_t qp, unsigned int state, uint32_t mask)
{
	struct ib_uverbs_modify_qp in = {
		.qp_handle = qp, .attr_mask = mask, .qp_state = state, .port_num = 1,
		.alt_port_num = 1, .alt_dest.port_num = 1, .path_mtu = 3, .dest_qp_num = made.qp.num,
		.max_dest_rd_atomic = 1, .max_rd_atomic = 1, .min_rnr_timer = 12, .timeout = 14,
		.retry_cnt = 7, .rnr_retry = 7,
		.dest = { .is_global = 1, .port_num = 1, .sgid_index = sgid_index, .hop_limit = 1 },
	};
	struct ib_uverbs_query_qp_resp out;

	memcpy(in.dest.dgid, gid, sizeof(gid));
	must("MODIFY_QP", legacy(fd, IB_USER_VERBS_CMD_MODIFY_QP, &in, sizeof(in), NULL, 0, NULL,
				 0));
	must("QUERY_QP", query_qp(fd, qp, &out));
	EQ(out.qp_state, state);
}

static void destroy_it(uint32_t qp)
{
	struct ib_uverbs_destroy_qp_resp resp;

	must("QP_DESTROY", destroy_qp(fd, qp, &resp));
}

/* The device's first GID of an IPv4 address. */
static void find_gid(void)
{
	char path[256], name[64] = "", line[64];
	unsigned int i;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/class/uverbs_bpf/%s/ibdev", strrchr(node, '/') + 1);
	file = fopen(path, "r");
	if (!file || fscanf(file, "%63s", name) != 1)
		die("%s: %s", path, errno_name(errno));
	fclose(file);
	for (sgid_index = 0; sgid_index < 64; sgid_index++) {
		snprintf(path, sizeof(path), "/sys/class/infiniband/%s/ports/1/gids/%u", name,
			 sgid_index);
		file = fopen(path, "r");
		if (!file || !fgets(line, sizeof(line), file))
			line[0] = '\0';
		if (file)
			fclose(file);
		if (strncmp(line, "0000:0000:0000:0000:0000:ffff:", 30))
			continue;
		for (i = 0; i < sizeof(gid); i++)
			sscanf(&line[i / 2 * 5 + i % 2 * 2], "%2hhx", &gid[i]);
		return;
	}
	die("%s: no GID of an IPv4 address", name);
}

/* ---- of a QP ---- */

/* From here to its end it is a QP as any other, and its program knows it. */
static void test_life(uint32_t ns, const struct program *program)
{
	uint32_t qp = tagged_qp(ns), plain;
	struct cmd cmd;

	EQ(program->data->asked, 1);
	EQ(program->data->added, 1);
	expect_tagged(ns, qp, 1);
	modify(qp, 1, TO_INIT);
	modify(qp, 2, TO_RTR);
	modify(qp, 3, TO_RTS);
	EQ(program->data->modified, 3);
	/* By attributes, too. */
	cmd_begin(&cmd, UVERBS_OBJECT_QP, UVERBS_BPF_METHOD_QP_MODIFY);
	cmd_handle(&cmd, UVERBS_BPF_ATTR_QP_HANDLE, qp);
	cmd_u64(&cmd, UVERBS_BPF_ATTR_QP_STATE, 6);
	must("QP_MODIFY", call(&cmd));
	EQ(program->data->modified, 4);
	destroy_it(qp);
	EQ(program->data->removed, 1);

	/* Without the selector nothing has changed, whichever way it is asked for. */
	must("a plain QP", create_qp(fd, pd, cq, IB_UVERBS_QPT_RC, &plain));
	expect_tagged(ns, plain, 0);
	destroy_it(plain);
	plain = command_qp();
	expect_tagged(ns, plain, 0);
	modify(plain, 1, TO_INIT);
	destroy_it(plain);
	EQ(program->data->asked, 1);
	EQ(program->data->modified, 4);
	EQ(program->data->added, 1);
	EQ(program->data->removed, 1);

	tagged_begin(&cmd, ns, IB_UVERBS_QPT_RC);
	cmd_in(&cmd, UVERBS_BPF_ID(ns, TAGGED_NOTE), "ten bytes", 10);
	must("with what is optional", call(&cmd));
	destroy_it(cmd.attrs[0].data);
	printf("a tagged QP is made, known, used and destroyed; a plain one is plain\n");
}

static void test_rules(uint32_t ns, const struct program *program)
{
	uint32_t added = program->data->added;
	struct program other;
	uint32_t channel, other_ns;
	struct cmd cmd;

	tagged_begin(&cmd, ns, IB_UVERBS_QPT_RC);
	leave_out(&cmd, UVERBS_BPF_ID(ns, TAGGED_TAG));
	refused("without what asks for it", call(&cmd), EINVAL,
		"is wanted with the other attributes of its program");
	qp_begin(&cmd, IB_UVERBS_QPT_RC);
	cmd_in(&cmd, UVERBS_BPF_ID(ns, TAGGED_NOTE), "a note", 6);
	refused("something optional of it", call(&cmd), EINVAL, "is wanted with the other");
	tagged_begin(&cmd, ns, IB_UVERBS_QPT_RC);
	leave_out(&cmd, UVERBS_BPF_ID(ns, TAGGED_COLOUR));
	refused("without a mandatory attribute of its own", call(&cmd), EINVAL,
		"is wanted for this type");
	CHECK(strstr(error.error.text, "tagged_colour"), "%s", error.error.text);
	tagged_begin(&cmd, ns, IB_UVERBS_QPT_RC);
	leave_out(&cmd, UVERBS_ATTR_CREATE_QP_FLAGS);
	refused("without one of the method's", call(&cmd), EINVAL,
		"type tagged: this type wants UVERBS_ATTR_CREATE_QP_FLAGS");
	EQ(error.error.attr_id, UVERBS_ATTR_CREATE_QP_FLAGS);
	tagged_begin(&cmd, ns, IB_UVERBS_QPT_RC);
	cmd_u32(&cmd, UVERBS_ATTR_CREATE_QP_SOURCE_QPN, 5);
	refused("with a forbidden one", call(&cmd), EINVAL,
		"type tagged: this type goes without UVERBS_ATTR_CREATE_QP_SOURCE_QPN");
	tagged_begin(&cmd, ns, IB_UVERBS_QPT_UD);
	refused("of another QP type", call(&cmd), EINVAL,
		"UVERBS_ATTR_CREATE_QP_TYPE is 4, this type wants RC");
	tagged_begin(&cmd, ns, 0x10000002);
	refused("of none", call(&cmd), EINVAL, "this type wants RC");
	tagged_begin(&cmd, ns, IB_UVERBS_QPT_RC);
	attr_of(&cmd, UVERBS_BPF_ID(ns, TAGGED_TAG))->len = 8;
	refused("of another length", call(&cmd), EINVAL, "length 8, wants 4 to 4");
	tagged_begin(&cmd, ns, IB_UVERBS_QPT_RC);
	cmd_u32(&cmd, UVERBS_BPF_ID(ns, 9), 1);
	refused("with an unknown one", call(&cmd), EPROTONOSUPPORT, "has none of this id");
	tagged_begin(&cmd, ns, IB_UVERBS_QPT_RC);
	attr_of(&cmd, UVERBS_BPF_ID(ns, TAGGED_TAG))->data = 13;
	refused("when the program says no", call(&cmd), EDOM, "13 is no tag");

	must("another program", attach(&other, "other", NULL));
	other_ns = open_channel("other", &channel);
	tagged_begin(&cmd, ns, IB_UVERBS_QPT_RC);
	cmd_u32(&cmd, UVERBS_BPF_ID(other_ns, TAGGED_TAG), 1);
	cmd_u64(&cmd, UVERBS_BPF_ID(other_ns, TAGGED_COLOUR), COLOUR);
	refused("of two types", call(&cmd), EINVAL, "a second type, and the call makes one object");
	/* Each knows its own only. */
	{
		uint32_t qp = tagged_qp(ns);

		expect_tagged(ns, qp, 1);
		expect_tagged(other_ns, qp, 0);
		EQ(other.data->added, 0);
		destroy_it(qp);
	}
	close_channel(channel);
	detach(&other);
	EQ(program->data->added, added + 1);
}

/* As long as a QP of the type is there, its namespace is nobody else's. */
static void test_namespace(bool kept)
{
	struct program others[UVERBS_BPF_NS_PROVIDER_LAST - UVERBS_BPF_NS_PROVIDER_FIRST + 1];
	int i, ret = 0, room = UVERBS_BPF_NS_PROVIDER_LAST - UVERBS_BPF_NS_PROVIDER_FIRST + !kept;
	char name[8];

	for (i = 0; i < room && !ret; i++) {
		snprintf(name, sizeof(name), "other%d", i);
		ret = attach(&others[i], name, NULL);
	}
	EQ(ret, 0);
	if (kept) {
		/* One too many. */
		EQ(attach(&others[i], "late", NULL), ENOSPC);
		bpf_object__close(others[i].object);
	}
	while (i--)
		detach(&others[i]);
}

static void test_detached(uint32_t ns, uint32_t channel, struct program *program)
{
	uint32_t qp = tagged_qp(ns);
	struct cmd cmd;

	detach(program);
	tagged_begin(&cmd, ns, IB_UVERBS_QPT_RC);
	refused("when the program is gone", call(&cmd), EPROTONOSUPPORT,
		"no provider program tagged for this device is attached");
	/* What it made is there and works. */
	modify(qp, 1, TO_INIT);
	close_channel(channel);
	test_namespace(true);
	must("the program again", attach(program, "tagged", NULL));
	EQ(open_channel("tagged", &channel), ns);
	EQ(program->data->replayed, 1);
	expect_tagged(ns, qp, 1);
	modify(qp, 2, TO_RTR);
	EQ(program->data->modified, 1);
	destroy_it(qp);
	EQ(program->data->removed, 1);
	close_channel(channel);
	detach(program);
	/* Nothing of what was made or refused above is left. */
	test_namespace(false);
	printf("its QPs outlive the program, keep its namespace, and are known to it again\n");
}

/* ---- of a CQ ---- */

/* The same rows, of the method that makes CQs. */
static void of_cq(struct uverbs_bpf_provider_ops *ops)
{
	unsigned int i;

	for (i = 0; i < 3; i++) {
		ops->decl.attrs[i].object = UVERBS_OBJECT_CQ;
		ops->decl.attrs[i].method = UVERBS_METHOD_CQ_CREATE;
	}
	ops->channel.hooks[0].object = UVERBS_OBJECT_CQ;
	ops->channel.hooks[0].method = UVERBS_METHOD_CQ_CREATE;
	ops->channel.type = (struct uverbs_bpf_type) {
		.object = UVERBS_OBJECT_CQ,
		.what = UVERBS_BPF_TYPE_CQ_COUNTER,
		.mandatory = 1 << UVERBS_ATTR_CREATE_CQ_EVENT_FD,
		.forbidden = 1 << UVERBS_ATTR_CREATE_CQ_COMP_CHANNEL,
		.name = "tagged",
	};
}

static void counter_begin(struct cmd *cmd, uint32_t ns, int async)
{
	cmd_begin(cmd, UVERBS_OBJECT_CQ, UVERBS_METHOD_CQ_CREATE);
	cmd_handle(cmd, UVERBS_ATTR_CREATE_CQ_HANDLE, 0);
	cmd_u32(cmd, UVERBS_ATTR_CREATE_CQ_CQE, 16);
	cmd_u64(cmd, UVERBS_ATTR_CREATE_CQ_USER_HANDLE, 1);
	cmd_u32(cmd, UVERBS_ATTR_CREATE_CQ_COMP_VECTOR, 0);
	cmd_out(cmd, UVERBS_ATTR_CREATE_CQ_RESP_CQE, &made.cqe, sizeof(made.cqe));
	cmd_fd(cmd, UVERBS_ATTR_CREATE_CQ_EVENT_FD, async);
	cmd_u32(cmd, UVERBS_BPF_ID(ns, TAGGED_TAG), 7);
	cmd_u64(cmd, UVERBS_BPF_ID(ns, TAGGED_COLOUR), COLOUR);
}

static void test_cq(void)
{
	struct ib_uverbs_destroy_cq_resp resp;
	struct program program;
	uint32_t ns, channel;
	struct cmd cmd;
	int async;

	must("async", alloc_async(fd, &async));
	must("of a CQ", attach(&program, "tagged", of_cq));
	ns = open_channel("tagged", &channel);
	counter_begin(&cmd, ns, async);
	leave_out(&cmd, UVERBS_BPF_ID(ns, TAGGED_TAG));
	refused("CQ without what asks for it", call(&cmd), EINVAL, "is wanted with the other");
	counter_begin(&cmd, ns, async);
	leave_out(&cmd, UVERBS_BPF_ID(ns, TAGGED_COLOUR));
	refused("CQ without a mandatory attribute of its own", call(&cmd), EINVAL,
		"is wanted for this type");
	counter_begin(&cmd, ns, async);
	leave_out(&cmd, UVERBS_ATTR_CREATE_CQ_EVENT_FD);
	refused("CQ without one of the method's", call(&cmd), EINVAL,
		"type tagged: this type wants UVERBS_ATTR_CREATE_CQ_EVENT_FD");
	counter_begin(&cmd, ns, async);
	must("a tagged CQ", call(&cmd));
	EQ(program.data->asked, 1);
	EQ(program.data->added, 1);
	must("CQ_DESTROY", destroy_cq(fd, cmd.attrs[0].data, &resp));
	EQ(program.data->removed, 1);
	close_channel(channel);
	detach(&program);
	close(async);
	test_namespace(false);
}

int main(int argc, char **argv)
{
	struct program program;
	uint32_t ns, channel;

	if (argc != 3) {
		fprintf(stderr, "usage: typed TAGGED.bpf.o NODE\n");
		return 2;
	}
	object_path = argv[1];
	node = argv[2];
	setvbuf(stdout, NULL, _IONBF, 0);
	libbpf_set_print(quiet);
	fd = raw_open(node);
	must("context", get_context(fd));
	must("PD", alloc_pd(fd, &pd));
	must("CQ", create_cq(fd, 64, -1, NULL, &cq));
	find_gid();
	must("tagged", attach(&program, "tagged", NULL));
	ns = open_channel("tagged", &channel);
	test_life(ns, &program);
	test_rules(ns, &program);
	test_detached(ns, channel, &program);
	test_cq();
	return 0;
}
