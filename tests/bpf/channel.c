// SPDX-License-Identifier: BSD-2-Clause
/*
 * channel OBJECT NODE [CASE...]: attach channel.bpf.o to the device behind
 * NODE in many ways, call verbs as programs that know it and as programs that
 * do not, and look at what the program saw and what the callers got. Each case
 * is a process of its own.
 *
 * Exit status: 0 if all cases passed, else 1.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "../abi/raw.h"
#include "../drivers/fake/fake_abi.h"
#include "uverbs_bpf.h"
#include "../../bpf/uverbs_bpf_types.h"
#include "channel.h"
#include "kmsg.h"

static const char *object_path, *node;
static int nr_failed;

#define CHECK(condition, fmt, ...)						\
	((condition) ? (void)0 :						\
	 (nr_failed++, (void)printf("    line %d: %s: " fmt "\n", __LINE__, #condition,	\
				    ##__VA_ARGS__)))
#define EQ(actual, expected)							\
	do {									\
		long long _a = (actual), _e = (expected);			\
		CHECK(_a == _e, "%s is %lld, expected %lld", #actual, _a, _e);	\
	} while (0)
#define ERRNO(call, expected)							\
	do {									\
		int _a = (call), _e = (expected);				\
		CHECK(_a == _e, "%s", errno_name(_a));				\
	} while (0)

/* ---- programs ---- */

struct program {
	struct bpf_object *object;
	struct bpf_map *map;
	struct bpf_link *link;
	volatile struct channel_data *data;
};

static int quiet(enum libbpf_print_level level, const char *fmt, va_list args)
{
	return 0;
}

static volatile struct channel_data *data_of(struct bpf_object *object)
{
	struct bpf_map *map;
	size_t size;

	bpf_object__for_each_map(map, object) {
		if (bpf_map__is_internal(map) && strstr(bpf_map__name(map), ".bss"))
			return bpf_map__initial_value(map, &size);
	}
	return NULL;
}

/* One for all programs of a case, so that they count together. */
static int order_fd = -1;

static void order_of(struct bpf_object *object)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, "order");

	if (order_fd < 0)
		order_fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "order", 4, 8, 1, NULL);
	bpf_map__reuse_fd(map, order_fd);
}

/* Load the program under a name, its declaration changed by @tweak. Returns 0 or -errno. */
static int load(struct program *program, const char *name,
		void (*tweak)(struct uverbs_bpf_provider_ops *ops))
{
	struct uverbs_bpf_provider_ops *ops;
	size_t size;
	int ret;

	memset(program, 0, sizeof(*program));
	program->object = bpf_object__open_file(object_path, NULL);
	if (!program->object)
		return -errno;
	order_of(program->object);
	program->map = bpf_object__find_map_by_name(program->object, "channel");
	ops = bpf_map__initial_value(program->map, &size);
	if (!ops || size != sizeof(*ops))
		return -EMSGSIZE;
	memset(ops->decl.name, 0, sizeof(ops->decl.name));
	strcpy(ops->decl.name, name);
	if (tweak)
		tweak(ops);
	ret = bpf_object__load(program->object);
	if (ret)
		return ret;
	program->data = data_of(program->object);
	return program->data ? 0 : -ENOENT;
}

static int attach(struct program *program)
{
	program->link = bpf_map__attach_struct_ops(program->map);
	return program->link ? 0 : -errno;
}

static void load_attach(struct program *program, const char *name,
			void (*tweak)(struct uverbs_bpf_provider_ops *ops))
{
	int ret = load(program, name, tweak);

	if (ret)
		die("%s does not load: %s", name, errno_name(-ret));
	ret = attach(program);
	if (ret)
		die("%s is not attached: %s", name, errno_name(-ret));
}

static void detach(struct program *program)
{
	bpf_link__destroy(program->link);
	program->link = NULL;
}

static void forget(struct program *program)
{
	program->data->nr = 0;
}

static unsigned int seen(const struct program *program)
{
	unsigned int nr = program->data->nr;

	return nr < CHANNEL_RECORDS ? nr : CHANNEL_RECORDS;
}

#define for_each_record(record, program)						\
	for (record = (const struct channel_record *)(program)->data->records;		\
	     record < (const struct channel_record *)(program)->data->records + seen(program);	\
	     record++)

static unsigned int count(const struct program *program, int what, int object)
{
	const struct channel_record *record;
	unsigned int n = 0;

	for_each_record(record, program)
		n += record->what == what && (object < 0 || record->object == object);
	return n;
}

static const struct channel_record *last(const struct program *program, int what, int object)
{
	const struct channel_record *record, *found = NULL;

	for_each_record(record, program) {
		if (record->what == what && (object < 0 || record->object == object))
			found = record;
	}
	return found;
}

static void dump(const struct program *program)
{
	static const char *const names[] = {
		"?", "before", "after", "method", "obj_add", "obj_remove", "dev_add", "dev_remove",
		"exit",
	};
	const struct channel_record *r;

	for_each_record(r, program)
		printf("      %s object 0x%x method 0x%x ret %d handle 0x%x file %llu thread %llu%s%s\n",
		       names[r->what < 9 ? r->what : 0], r->object, r->method, r->ret, r->handle,
		       (unsigned long long)r->file, (unsigned long long)r->thread & 0xffffffff,
		       r->legacy ? " legacy" : "", r->replayed ? " replayed" : "");
}

static int shell(const char *command)
{
	int status = system(command);

	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* ---- the kernel's log ---- */

static int kmsg = -1;

static void log_begin(void)
{
	if (kmsg >= 0)
		close(kmsg);
	kmsg = kmsg_open();
}

/* Whether a line since log_begin() has all of the texts. */
static bool logged(const char *first, const char *second)
{
	return kmsg_has(kmsg, first, second);
}

/* ---- calls ---- */

static struct {
	struct uverbs_bpf_error error;
	char text[UVERBS_BPF_ERROR_MAX];
} error;

static int call_error(int fd, struct cmd *cmd)
{
	memset(&error, 0, sizeof(error));
	cmd_out(cmd, UVERBS_BPF_ATTR_ERROR, &error, sizeof(error));
	return cmd_call(fd, cmd);
}

#define ERROR_TEXT	((const char *)&error.error.text)
#define SAYS(what)	CHECK(strstr(ERROR_TEXT, what), "says '%s'", ERROR_TEXT)

static int open_node(void)
{
	int fd = raw_open(node);

	must("get_context", get_context(fd));
	return fd;
}

/* @min is 0 for any version. */
static int channel_open(int fd, const char *name, uint32_t min, uint32_t *handle, uint32_t *ns)
{
	uint32_t version = 0;
	struct cmd cmd;
	int ret;

	*ns = 0;
	cmd_begin(&cmd, UVERBS_BPF_OBJECT_CHANNEL, UVERBS_BPF_METHOD_PROVIDER_OPEN);
	cmd_handle(&cmd, UVERBS_BPF_ATTR_CHANNEL_HANDLE, 0);
	cmd_in(&cmd, UVERBS_BPF_ATTR_CHANNEL_NAME, name, strlen(name) + 1);
	if (min)
		cmd_u32(&cmd, UVERBS_BPF_ATTR_CHANNEL_MIN_VERSION, min);
	cmd_out(&cmd, UVERBS_BPF_ATTR_CHANNEL_RESP_NS, ns, sizeof(*ns));
	cmd_out(&cmd, UVERBS_BPF_ATTR_CHANNEL_RESP_VERSION, &version, sizeof(version));
	ret = call_error(fd, &cmd);
	*handle = cmd.attrs[0].data;
	if (!ret)
		EQ(version, 3);
	return ret;
}

static int channel_close(int fd, uint32_t handle)
{
	return destroy(fd, UVERBS_BPF_OBJECT_CHANNEL, UVERBS_BPF_METHOD_PROVIDER_CLOSE, handle);
}

static uint32_t namespace_of(int fd, const char *name)
{
	uint32_t handle, ns;

	must("PROVIDER_OPEN", channel_open(fd, name, 0, &handle, &ns));
	return ns;
}

/* A CQ with what the driver answers, and with attributes of a provider beside it. */
static void cq_begin(struct cmd *cmd, uint32_t *cqe, struct rxe_create_cq_resp *uhw)
{
	cmd_begin(cmd, UVERBS_OBJECT_CQ, UVERBS_METHOD_CQ_CREATE);
	cmd_handle(cmd, UVERBS_ATTR_CREATE_CQ_HANDLE, 0);
	cmd_u32(cmd, UVERBS_ATTR_CREATE_CQ_CQE, 16);
	cmd_u64(cmd, UVERBS_ATTR_CREATE_CQ_USER_HANDLE, 1);
	cmd_u32(cmd, UVERBS_ATTR_CREATE_CQ_COMP_VECTOR, 0);
	cmd_out(cmd, UVERBS_ATTR_CREATE_CQ_RESP_CQE, cqe, sizeof(*cqe));
	cmd_out(cmd, ATTR_UHW_OUT, uhw, sizeof(*uhw));
}

static int cq_with(int fd, uint32_t ns, uint64_t in, uint64_t *out, uint32_t *handle)
{
	struct rxe_create_cq_resp uhw = {};
	struct cmd cmd;
	uint32_t cqe;
	int ret;

	cq_begin(&cmd, &cqe, &uhw);
	cmd_u64(&cmd, UVERBS_BPF_ID(ns, CHANNEL_CQ_IN), in);
	cmd_out(&cmd, UVERBS_BPF_ID(ns, CHANNEL_CQ_OUT), out, sizeof(*out));
	ret = call_error(fd, &cmd);
	*handle = cmd.attrs[0].data;
	return ret;
}

static int counter_new(int fd, uint32_t ns, uint64_t value, uint32_t *handle)
{
	struct cmd cmd;
	int ret;

	cmd_begin(&cmd, UVERBS_BPF_ID(ns, CHANNEL_COUNTER), UVERBS_BPF_ID(ns, CHANNEL_COUNTER_NEW));
	cmd_handle(&cmd, UVERBS_BPF_ATTR_OBJECT, 0);
	cmd_u64(&cmd, UVERBS_BPF_ID(ns, CHANNEL_COUNTER_VALUE), value);
	ret = call_error(fd, &cmd);
	*handle = cmd.attrs[0].data;
	return ret;
}

static int counter_next(int fd, uint32_t ns, uint32_t handle, uint64_t *value)
{
	struct cmd cmd;

	cmd_begin(&cmd, UVERBS_BPF_ID(ns, CHANNEL_COUNTER), UVERBS_BPF_ID(ns, CHANNEL_COUNTER_NEXT));
	cmd_handle(&cmd, UVERBS_BPF_ATTR_OBJECT, handle);
	cmd_out(&cmd, UVERBS_BPF_ID(ns, CHANNEL_COUNTER_VALUE), value, sizeof(*value));
	return call_error(fd, &cmd);
}

static int counter_end(int fd, uint32_t ns, uint32_t handle)
{
	return destroy(fd, UVERBS_BPF_ID(ns, CHANNEL_COUNTER),
		       UVERBS_BPF_ID(ns, CHANNEL_COUNTER_END), handle);
}

static int object_destroy(int fd, uint32_t ns, uint32_t handle)
{
	return destroy(fd, UVERBS_BPF_ID(ns, CHANNEL_COUNTER), UVERBS_BPF_METHOD_OBJECT_DESTROY,
		       handle);
}

static int echo(int fd, uint32_t ns, const void *in, void *out, uint16_t in_len, uint16_t out_len)
{
	struct cmd cmd;

	cmd_begin(&cmd, UVERBS_OBJECT_DEVICE, UVERBS_BPF_ID(ns, CHANNEL_ECHO));
	cmd_in(&cmd, UVERBS_BPF_ID(ns, CHANNEL_ECHO_IN), in, in_len);
	cmd_out(&cmd, UVERBS_BPF_ID(ns, CHANNEL_ECHO_OUT), out, out_len);
	return call_error(fd, &cmd);
}

/* A path to ourselves; makes an AH. */
static int ah(int fd, uint32_t pd, uint32_t *handle)
{
	static const uint8_t self[16] = { [10] = 0xff, 0xff, 10, 0, 2, 15 };

	return create_ah(fd, pd, self, 1, handle);
}

/* ---- cases ---- */

static void role_observer(struct uverbs_bpf_provider_ops *ops)
{
	ops->channel.role = UVERBS_BPF_OBSERVER;
}

static void role_owner(struct uverbs_bpf_provider_ops *ops)
{
	ops->channel.role = UVERBS_BPF_OWNER;
}

static void fail_closed(struct uverbs_bpf_provider_ops *ops)
{
	ops->decl.flags = UVERBS_BPF_FAIL_CLOSED;
}

static void case_two_providers(void)
{
	struct program alpha, beta;
	uint32_t alpha_ns, beta_ns, handle, cqe;
	uint64_t out = 0, out2 = 0;
	struct rxe_create_cq_resp uhw = {};
	struct cmd cmd;
	int fd;

	load_attach(&alpha, "alpha", NULL);
	load_attach(&beta, "beta", NULL);
	alpha.data->salt = 1000;
	beta.data->salt = 2000;
	fd = open_node();
	alpha_ns = namespace_of(fd, "alpha");
	beta_ns = namespace_of(fd, "beta");
	CHECK(alpha_ns != beta_ns, "both have namespace %u", alpha_ns);
	CHECK(alpha_ns >= UVERBS_BPF_NS_PROVIDER_FIRST && alpha_ns <= UVERBS_BPF_NS_PROVIDER_LAST,
	      "%u", alpha_ns);

	ERRNO(cq_with(fd, alpha_ns, 7, &out, &handle), 0);
	EQ(out, 1007);
	ERRNO(cq_with(fd, beta_ns, 7, &out, &handle), 0);
	EQ(out, 2007);
	/* Both at once, and the driver's answer beside them. */
	cq_begin(&cmd, &cqe, &uhw);
	cmd_u64(&cmd, UVERBS_BPF_ID(beta_ns, CHANNEL_CQ_IN), 5);
	cmd_out(&cmd, UVERBS_BPF_ID(alpha_ns, CHANNEL_CQ_OUT), &out, sizeof(out));
	cmd_out(&cmd, UVERBS_BPF_ID(beta_ns, CHANNEL_CQ_OUT), &out2, sizeof(out2));
	cmd_u64(&cmd, UVERBS_BPF_ID(alpha_ns, CHANNEL_CQ_IN), 6);
	ERRNO(call_error(fd, &cmd), 0);
	EQ(out, 1006);
	EQ(out2, 2005);
	CHECK(cqe >= 16, "cqe %u", cqe);
	CHECK(uhw.mi.size, "the driver said nothing");

	/* Nobody has the id in another namespace, or one that was not declared. */
	ERRNO(cq_with(fd, UVERBS_BPF_NS_PROVIDER_LAST, 7, &out, &handle), EPROTONOSUPPORT);
	cq_begin(&cmd, &cqe, &uhw);
	cmd_u64(&cmd, UVERBS_BPF_ID(alpha_ns, 99), 1);
	ERRNO(call_error(fd, &cmd), EPROTONOSUPPORT);
	SAYS("alpha");
	detach(&alpha);
	ERRNO(cq_with(fd, alpha_ns, 7, &out, &handle), EPROTONOSUPPORT);
	ERRNO(cq_with(fd, beta_ns, 8, &out, &handle), 0);
	EQ(out, 2008);
}

static void case_open(void)
{
	uint32_t handle, again, ns, ns2;
	struct program program;
	int fd = open_node();

	ERRNO(channel_open(fd, "nobody", 0, &handle, &ns), ENOENT);
	load_attach(&program, "alpha", NULL);
	ERRNO(channel_open(fd, "nobody", 0, &handle, &ns), ENOENT);
	SAYS("alpha");
	ERRNO(channel_open(fd, "alpha", 4, &handle, &ns), EPROTO);
	SAYS("3");
	ERRNO(channel_open(fd, "alpha", 3, &handle, &ns), 0);
	ERRNO(channel_open(fd, "alpha", 1, &again, &ns2), 0);
	EQ(ns2, ns);
	ERRNO(channel_close(fd, again), 0);
	ERRNO(channel_close(fd, again), ENOENT);
	/* The number stays the provider's. */
	detach(&program);
	ERRNO(channel_open(fd, "alpha", 0, &again, &ns2), ENOENT);
	load_attach(&program, "alpha", NULL);
	ERRNO(channel_open(fd, "alpha", 0, &again, &ns2), 0);
	EQ(ns2, ns);
	/* A name with no end, with an odd byte, with none. */
	{
		struct cmd cmd;
		char name[16];

		memset(name, 'a', sizeof(name));
		cmd_begin(&cmd, UVERBS_BPF_OBJECT_CHANNEL, UVERBS_BPF_METHOD_PROVIDER_OPEN);
		cmd_handle(&cmd, UVERBS_BPF_ATTR_CHANNEL_HANDLE, 0);
		cmd_in(&cmd, UVERBS_BPF_ATTR_CHANNEL_NAME, name, sizeof(name));
		cmd_out(&cmd, UVERBS_BPF_ATTR_CHANNEL_RESP_NS, &ns, sizeof(ns));
		CHECK(call_error(fd, &cmd), "a name without an end was taken");
	}
	ERRNO(channel_close(fd, handle), 0);
}

/* Every before() that returned 0 has one after(), of the same thread and method. */
static void check_pairs(const struct program *program, const char *what)
{
	const struct channel_record *before, *after;
	unsigned int befores = count(program, CHANNEL_BEFORE, -1);
	unsigned int afters = count(program, CHANNEL_AFTER, -1);

	CHECK(befores == afters, "%s: %u before, %u after", what, befores, afters);
	for_each_record(before, program) {
		if (before->what != CHANNEL_BEFORE)
			continue;
		for (after = before + 1;; after++) {
			if (after >= (const struct channel_record *)program->data->records +
				     seen(program)) {
				CHECK(false, "%s: object 0x%x method 0x%x has no after", what,
				      before->object, before->method);
				break;
			}
			if (after->what == CHANNEL_AFTER && after->thread == before->thread)
				break;
		}
		if (after->what == CHANNEL_AFTER)
			CHECK(after->object == before->object && after->method == before->method &&
			      after->legacy == before->legacy,
			      "%s: after is of object 0x%x method 0x%x", what, after->object,
			      after->method);
	}
}

static int last_ret(const struct program *program)
{
	const struct channel_record *record = last(program, CHANNEL_AFTER, -1);

	return record ? record->ret : 12345;
}

static void case_pairs(void)
{
	static char memory[4096] __attribute__((aligned(4096)));
	uint32_t pd, cq, qp, handle, channel_handle, ns;
	struct ib_uverbs_destroy_qp_resp qp_resp;
	struct ib_uverbs_query_qp_resp query;
	const struct channel_record *record;
	struct ib_uverbs_reg_mr_resp mr;
	struct program program;
	int fd = open_node();

	load_attach(&program, "alpha", role_observer);
	forget(&program);
#define AFTER(call, err)							\
	do {									\
		unsigned int _n = count(&program, CHANNEL_AFTER, -1);		\
		ERRNO(call, err);						\
		CHECK(count(&program, CHANNEL_AFTER, -1) == _n + 1, "%u after",	\
		      count(&program, CHANNEL_AFTER, -1) - _n);			\
		EQ(last_ret(&program), -(err));					\
	} while (0)
	AFTER(alloc_pd(fd, &pd), 0);
	record = last(&program, CHANNEL_AFTER, -1);
	EQ(record ? record->legacy : 0, 1);
	EQ(record ? record->object : -1, UVERBS_OBJECT_PD);
	EQ(record ? record->uid : ~0U, getuid());
	EQ(record ? record->pid : 0, getpid());
	AFTER(create_cq(fd, 16, -1, NULL, &cq), 0);
	record = last(&program, CHANNEL_AFTER, -1);
	EQ(record ? record->legacy : 1, 0);
	EQ(record ? record->method : -1, UVERBS_METHOD_CQ_CREATE);
	AFTER(reg_mr(fd, pd, memory, sizeof(memory), &mr), 0);
	/* The call fails, whose inputs are right. */
	AFTER(reg_mr(fd, pd, (void *)0x1000, sizeof(memory), &mr), EFAULT);
	AFTER(create_qp(fd, pd, cq, IB_UVERBS_QPT_RC, &qp), 0);
	record = last(&program, CHANNEL_AFTER, -1);
	EQ(record ? record->object : -1, UVERBS_OBJECT_QP);
	EQ(record ? record->method : -1, UVERBS_METHOD_QP_CREATE);
	AFTER(query_qp(fd, qp, &query), 0);
	AFTER(ah(fd, pd, &handle), 0);
	record = last(&program, CHANNEL_BEFORE, -1);
	EQ(record ? record->has_path : 0, 1);
	AFTER(destroy_ah(fd, handle), 0);
	AFTER(destroy_qp(fd, qp, &qp_resp), 0);
	/* Two users: refused by the kernel, after all were asked. */
	ERRNO(destroy_pd(fd, pd), EBUSY);
	/* No such object: whether or not anybody was asked, all were told how it ended. */
	ERRNO(query_qp(fd, qp, &query), ENOENT);
	ERRNO(channel_open(fd, "alpha", 0, &channel_handle, &ns), 0);
	check_pairs(&program, "all");
	if (nr_failed)
		dump(&program);
	detach(&program);
}

/* What a call changed has succeeded, though its caller cannot be told. */
static void case_changed(void)
{
	static void *const nowhere = (void *)0x1000;
	static char memory[4096] __attribute__((aligned(4096)));
	struct ib_uverbs_ex_modify_qp to_init = {
		/* State, access flags, pkey index, port. */
		.base = { .attr_mask = 0x39, .qp_state = 1, .port_num = 1 },
	};
	struct ib_uverbs_rereg_mr access = { .flags = 4, .access_flags = 1 };
	struct ib_uverbs_resize_cq larger = { .cqe = 64 };
	const struct {
		uint32_t command;
		const void *in;
		size_t size, answer;
	} calls[] = {
		{ IB_USER_VERBS_CMD_REREG_MR, &access, sizeof(access),
		  sizeof(struct ib_uverbs_rereg_mr_resp) },
		{ IB_USER_VERBS_CMD_RESIZE_CQ, &larger, sizeof(larger),
		  sizeof(struct ib_uverbs_resize_cq_resp) },
		{ EX | IB_USER_VERBS_EX_CMD_MODIFY_QP, &to_init, sizeof(to_init),
		  sizeof(struct ib_uverbs_ex_modify_qp_resp) },
	};
	struct rxe_resize_cq_resp uhw;
	struct ib_uverbs_reg_mr_resp mr;
	struct program program;
	int fd = open_node();
	uint32_t pd, cq;
	unsigned int i;

	must("PD", alloc_pd(fd, &pd));
	must("MR", reg_mr(fd, pd, memory, sizeof(memory), &mr));
	must("CQ", create_cq(fd, 16, -1, NULL, &cq));
	must("QP", create_qp(fd, pd, cq, IB_UVERBS_QPT_RC, &to_init.base.qp_handle));
	access.mr_handle = mr.mr_handle;
	larger.cq_handle = cq;
	load_attach(&program, "alpha", role_observer);
	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		forget(&program);
		ERRNO(legacy(fd, calls[i].command, calls[i].in, calls[i].size, nowhere,
			     calls[i].answer, &uhw, sizeof(uhw)), EFAULT);
		EQ(count(&program, CHANNEL_AFTER, -1), 1);
		EQ(last_ret(&program), 0);
	}
	/* What failed has failed: it is in INIT, from where this is no way. */
	to_init.base.qp_state = 3;
	ERRNO(legacy(fd, calls[2].command, &to_init, sizeof(to_init), nowhere, calls[2].answer,
		     NULL, 0), EINVAL);
	EQ(last_ret(&program), -EINVAL);
}

static void case_objects(void)
{
	static char memory[8192] __attribute__((aligned(4096)));
	uint32_t pd, cq, qp, early_pd;
	const struct channel_record *record;
	struct ib_uverbs_reg_mr_resp mr, early_mr;
	struct program program;
	int fd = open_node();
	int other = open_node();
	int pipes[2];
	pid_t child;
	char byte;

	must("PD", alloc_pd(fd, &early_pd));
	must("MR", reg_mr(fd, early_pd, memory, 4096, &early_mr));
	load_attach(&program, "alpha", role_observer);
	record = last(&program, CHANNEL_OBJ_ADD, UVERBS_OBJECT_MR);
	CHECK(record, "an MR that is there is not replayed");
	if (record) {
		EQ(record->replayed, 1);
		EQ(record->handle, early_mr.mr_handle);
		EQ(record->length, 4096);
		EQ(record->number, early_mr.lkey);
		EQ(record->ret, 1);
		EQ(record->uid, getuid());
		EQ(record->pid, getpid());
	}
	EQ(count(&program, CHANNEL_OBJ_ADD, UVERBS_OBJECT_PD), 1);
	EQ(program.data->records[0].what, CHANNEL_DEV_ADD);

	must("PD", alloc_pd(fd, &pd));
	must("CQ", create_cq(fd, 16, -1, NULL, &cq));
	must("QP", create_qp(fd, pd, cq, IB_UVERBS_QPT_RC, &qp));
	CHECK(reg_mr(other, 0x7fffffff, memory, 4096, &mr), "there is no such PD");
	record = last(&program, CHANNEL_OBJ_ADD, UVERBS_OBJECT_QP);
	CHECK(record && !record->replayed && record->number && record->handle == qp, "QP");
	EQ(count(&program, CHANNEL_OBJ_ADD, UVERBS_OBJECT_PD), 2);
	/* Nothing was made by the call that failed. */
	EQ(count(&program, CHANNEL_OBJ_ADD, UVERBS_OBJECT_MR), 1);
	must("dereg", destroy_mr(fd, early_mr.mr_handle));
	record = last(&program, CHANNEL_OBJ_REMOVE, UVERBS_OBJECT_MR);
	CHECK(record && record->handle == early_mr.mr_handle && record->file ==
	      last(&program, CHANNEL_OBJ_ADD, UVERBS_OBJECT_MR)->file, "MR's removal");

	/* They live as long as anybody has the file, whoever made them. */
	if (pipe(pipes))
		die("pipe: %s", strerror(errno));
	child = fork();
	if (!child) {
		close(pipes[1]);
		(void)!read(pipes[0], &byte, 1);
		_exit(0);
	}
	close(pipes[0]);
	close(fd);
	EQ(count(&program, CHANNEL_OBJ_REMOVE, UVERBS_OBJECT_QP), 0);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	EQ(count(&program, CHANNEL_OBJ_REMOVE, UVERBS_OBJECT_QP), 1);
	EQ(count(&program, CHANNEL_OBJ_REMOVE, UVERBS_OBJECT_CQ), 1);
	EQ(count(&program, CHANNEL_OBJ_REMOVE, UVERBS_OBJECT_PD), 2);

	/* By a process that is killed. */
	child = fork();
	if (!child) {
		int mine = open_node();

		if (alloc_pd(mine, &pd) || reg_mr(mine, pd, memory, 8192, &mr))
			_exit(1);
		pause();
	}
	while (count(&program, CHANNEL_OBJ_ADD, UVERBS_OBJECT_MR) < 2)
		usleep(1000);
	record = last(&program, CHANNEL_OBJ_ADD, UVERBS_OBJECT_MR);
	EQ(record->length, 8192);
	EQ(record->pid, child);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	EQ(count(&program, CHANNEL_OBJ_REMOVE, UVERBS_OBJECT_MR), 2);

	/* Each that was added was removed, once. */
	close(other);
	EQ(count(&program, CHANNEL_OBJ_ADD, -1), count(&program, CHANNEL_OBJ_REMOVE, -1));
	if (nr_failed)
		dump(&program);
	detach(&program);
}

static void case_refuse(void)
{
	const struct channel_record *record;
	struct program program, observer;
	uint32_t pd, cq, ns;
	uint64_t out = 42;
	int fd = open_node();

	load_attach(&program, "alpha", NULL);
	load_attach(&observer, "watch", role_observer);
	ns = namespace_of(fd, "alpha");
	program.data->refuse = UVERBS_OBJECT_CQ << 16 | UVERBS_METHOD_CQ_CREATE;
	forget(&program);
	forget(&observer);
	ERRNO(cq_with(fd, ns, 1, &out, &cq), EBUSY);
	SAYS("cq_in");
	SAYS("not today, but in 7 days");
	SAYS("alpha");
	EQ(error.error.code, -EBUSY);
	EQ(error.error.attr_id, UVERBS_BPF_ID(ns, CHANNEL_CQ_IN));
	EQ(out, 42);
	EQ(count(&program, CHANNEL_BEFORE, -1), 1);
	EQ(count(&program, CHANNEL_AFTER, -1), 0);
	EQ(count(&program, CHANNEL_OBJ_ADD, -1), 0);
	/* Guards are asked first; an observer sees what will be done. */
	EQ(count(&observer, CHANNEL_BEFORE, -1), count(&observer, CHANNEL_AFTER, -1));
	/* A program that knows nothing of it. */
	ERRNO(create_cq(fd, 16, -1, NULL, &cq), EBUSY);
	/* A legacy command, by the method that has taken its place. */
	program.data->refuse = UVERBS_OBJECT_PD << 16 | UVERBS_BPF_METHOD_PD_ALLOC;
	ERRNO(alloc_pd(fd, &pd), EBUSY);
	record = last(&program, CHANNEL_BEFORE, UVERBS_OBJECT_PD);
	CHECK(record && record->legacy, "not known as legacy");
	program.data->refuse = 0;
	ERRNO(alloc_pd(fd, &pd), 0);
	/* An observer cannot. */
	observer.data->refuse = UVERBS_OBJECT_CQ << 16 | UVERBS_METHOD_CQ_CREATE;
	ERRNO(create_cq(fd, 16, -1, NULL, &cq), 0);
	check_pairs(&observer, "observer");
}

static void case_attributes(void)
{
	static unsigned char in[8192], out[8192];
	struct rxe_create_cq_resp uhw;
	struct program program;
	uint32_t ns, cqe;
	struct cmd cmd;
	unsigned int i;
	int fd = open_node();

	load_attach(&program, "alpha", NULL);
	ns = namespace_of(fd, "alpha");
	for (i = 0; i < sizeof(in); i++)
		in[i] = i * 7 + i / 256;
	ERRNO(echo(fd, ns, in, out, 4096, 4096), 0);
	CHECK(!memcmp(in, out, 4096), "not what was sent");
	CHECK(!out[4096], "more than was asked for");
	EQ(program.data->ways, CHANNEL_WAY_OLD | CHANNEL_WAY_COUNTER);
	memset(out, 0, sizeof(out));
	ERRNO(echo(fd, ns, in, out, 8, 8), 0);
	CHECK(!memcmp(in, out, 8), "not what was sent");
	ERRNO(echo(fd, ns, in, out, 4097, 4096), EINVAL);
	SAYS("wants 1 to 4096");
	ERRNO(echo(fd, ns, in, out, 65535, 4096), EINVAL);
	ERRNO(echo(fd, ns, in, out, 64, 32), EINVAL);
	SAYS("wants as many bytes as the input, 64");
	ERRNO(echo(fd, ns, (void *)0x1000, out, 4096, 4096), EFAULT);
	ERRNO(echo(fd, ns, in, (void *)0x1000, 4096, 4096), EFAULT);
	/* Twice; an output as input. */
	cq_begin(&cmd, &cqe, &uhw);
	cmd_u64(&cmd, UVERBS_BPF_ID(ns, CHANNEL_CQ_IN), 1);
	cmd_u64(&cmd, UVERBS_BPF_ID(ns, CHANNEL_CQ_IN), 1);
	ERRNO(call_error(fd, &cmd), EINVAL);
	SAYS("given twice");
	cq_begin(&cmd, &cqe, &uhw);
	cmd_u64(&cmd, UVERBS_BPF_ID(ns, CHANNEL_CQ_IN), 1);
	cmd.attrs[cmd.hdr.num_attrs - 1].attr_data.reserved = 1;
	ERRNO(call_error(fd, &cmd), EINVAL);
	SAYS("attr_data.reserved is not 0");
	cq_begin(&cmd, &cqe, &uhw);
	cmd_in(&cmd, UVERBS_BPF_ID(ns, CHANNEL_CQ_IN), in, 4);
	ERRNO(call_error(fd, &cmd), EINVAL);
	SAYS("cq_in");
	/* What only another method takes. */
	cmd_begin(&cmd, UVERBS_BPF_OBJECT_CHANNEL, UVERBS_BPF_METHOD_PROVIDER_CLOSE);
	cmd_handle(&cmd, 0, 0);
	cmd_u64(&cmd, UVERBS_BPF_ID(ns, CHANNEL_CQ_IN), 1);
	ERRNO(call_error(fd, &cmd), EPROTONOSUPPORT);
}

/* An input of up to 0 bytes, which declares its place among those of the method. */
static void mark(struct uverbs_bpf_provider_ops *ops)
{
	ops->decl.attrs[ops->decl.nr_attrs++] = (struct uverbs_bpf_attr) {
		.object = UVERBS_OBJECT_DEVICE,
		.method = UVERBS_BPF_SELF(CHANNEL_ECHO),
		.id = CHANNEL_ECHO_MARK,
		.direction = UVERBS_BPF_KIND_IN,
		.name = "mark",
	};
}

/*
 * It is given behind inputs that leave no room, on the stack and in memory of each size that the
 * kernel has a cache of, and its record has bytes all the same, which have nowhere to be written.
 */
static void case_nothing(void)
{
	static const uint16_t lengths[] = { 64, 128, 256, 512, 1024, 2048, 4096 };
	static unsigned char in[4096], out[4096];
	struct program program;
	struct cmd cmd;
	unsigned int i;
	uint32_t ns;
	int fd = open_node();

	load_attach(&program, "alpha", mark);
	ns = namespace_of(fd, "alpha");
	memset(in, 0x5a, sizeof(in));
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		memset(out, 0, sizeof(out));
		cmd_begin(&cmd, UVERBS_OBJECT_DEVICE, UVERBS_BPF_ID(ns, CHANNEL_ECHO));
		cmd_in(&cmd, UVERBS_BPF_ID(ns, CHANNEL_ECHO_IN), in, lengths[i]);
		cmd_add(&cmd, UVERBS_BPF_ID(ns, CHANNEL_ECHO_MARK), 0, 0xa5a5a5a5a5a5a5a5);
		ERRNO(call_error(fd, &cmd), EINVAL);
		SAYS("wants as many bytes as the input");
		/* Both in one piece of memory, which they fill. */
		cmd_begin(&cmd, UVERBS_OBJECT_DEVICE, UVERBS_BPF_ID(ns, CHANNEL_ECHO));
		cmd_out(&cmd, UVERBS_BPF_ID(ns, CHANNEL_ECHO_OUT), out, lengths[i]);
		cmd_in(&cmd, UVERBS_BPF_ID(ns, CHANNEL_ECHO_IN), in, lengths[i]);
		cmd_add(&cmd, UVERBS_BPF_ID(ns, CHANNEL_ECHO_MARK), 0, 0xa5a5a5a5a5a5a5a5);
		ERRNO(call_error(fd, &cmd), 0);
		CHECK(!memcmp(in, out, lengths[i]), "not what was sent");
	}
	cmd_begin(&cmd, UVERBS_OBJECT_DEVICE, UVERBS_BPF_ID(ns, CHANNEL_ECHO));
	cmd_u64(&cmd, UVERBS_BPF_ID(ns, CHANNEL_ECHO_MARK), 0);
	ERRNO(call_error(fd, &cmd), EINVAL);
	SAYS("length 8, wants 0 to 0");
}

static void case_methods(void)
{
	uint32_t pd, cq, qp, ns;
	struct channel_look seen_qp = {};
	struct program program;
	struct cmd cmd;
	int fd = open_node();

	must("PD", alloc_pd(fd, &pd));
	must("CQ", create_cq(fd, 16, -1, NULL, &cq));
	must("QP", create_qp(fd, pd, cq, IB_UVERBS_QPT_RC, &qp));
	load_attach(&program, "alpha", NULL);
	ns = namespace_of(fd, "alpha");
#define LOOK(_handle)								\
	({									\
		cmd_begin(&cmd, UVERBS_OBJECT_QP, UVERBS_BPF_ID(ns, CHANNEL_QP_LOOK));	\
		cmd_handle(&cmd, UVERBS_BPF_ATTR_OBJECT, _handle);		\
		cmd_out(&cmd, UVERBS_BPF_ID(ns, CHANNEL_QP_OUT), &seen_qp, sizeof(seen_qp)); \
		call_error(fd, &cmd);						\
	})
	ERRNO(LOOK(qp), 0);
	EQ(seen_qp.handle, qp);
	EQ(seen_qp.qp_type, IB_UVERBS_QPT_RC);
	EQ(seen_qp.has_hw, 1);
	EQ(seen_qp.uid, getuid());
	CHECK(seen_qp.file, "no file");
	/* Handles of other objects, of none, no handle. */
	ERRNO(LOOK(pd), EINVAL);
	ERRNO(LOOK(0x7fffffff), ENOENT);
	cmd_begin(&cmd, UVERBS_OBJECT_QP, UVERBS_BPF_ID(ns, CHANNEL_QP_LOOK));
	cmd_out(&cmd, UVERBS_BPF_ID(ns, CHANNEL_QP_OUT), &seen_qp, sizeof(seen_qp));
	ERRNO(call_error(fd, &cmd), EINVAL);
	/* A method that was not declared; of another object. */
	cmd_begin(&cmd, UVERBS_OBJECT_QP, UVERBS_BPF_ID(ns, 9));
	ERRNO(call_error(fd, &cmd), EPROTONOSUPPORT);
	cmd_begin(&cmd, UVERBS_OBJECT_CQ, UVERBS_BPF_ID(ns, CHANNEL_QP_LOOK));
	ERRNO(call_error(fd, &cmd), EPROTONOSUPPORT);
	detach(&program);
	ERRNO(LOOK(qp), EPROTONOSUPPORT);
}

static void case_own_objects(void)
{
	uint32_t ns, one, two, three;
	struct program program;
	uint64_t value = 0;
	int fd = open_node();
	pid_t child;

	load_attach(&program, "alpha", NULL);
	ns = namespace_of(fd, "alpha");
	forget(&program);
	ERRNO(counter_new(fd, ns, 13, &one), EDOM);
	SAYS("13 is not a number to begin with");
	EQ(count(&program, CHANNEL_OBJ_ADD, -1), 0);
	ERRNO(counter_new(fd, ns, 5, &one), 0);
	ERRNO(counter_new(fd, ns, 100, &two), 0);
	CHECK(one != two, "both are %u", one);
	EQ(count(&program, CHANNEL_OBJ_ADD, UVERBS_BPF_SELF(CHANNEL_COUNTER)), 2);
	ERRNO(counter_next(fd, ns, one, &value), 0);
	EQ(value, 5);
	ERRNO(counter_next(fd, ns, two, &value), 0);
	EQ(value, 100);
	ERRNO(counter_next(fd, ns, one, &value), 0);
	EQ(value, 6);
	/* Its end cannot be refused: method() returns EBUSY. */
	ERRNO(counter_end(fd, ns, one), 0);
	ERRNO(counter_next(fd, ns, one, &value), ENOENT);
	ERRNO(object_destroy(fd, ns, two), 0);
	ERRNO(object_destroy(fd, ns, two), ENOENT);
	EQ(count(&program, CHANNEL_OBJ_REMOVE, UVERBS_BPF_SELF(CHANNEL_COUNTER)), 2);

	/* They stay, with their state, without the program, and can be destroyed. */
	ERRNO(counter_new(fd, ns, 50, &one), 0);
	ERRNO(counter_new(fd, ns, 60, &two), 0);
	ERRNO(counter_new(fd, ns, 70, &three), 0);
	detach(&program);
	CHECK(counter_next(fd, ns, one, &value), "a method of nobody was called");
	ERRNO(object_destroy(fd, ns, two), 0);
	load_attach(&program, "alpha", NULL);
	EQ(count(&program, CHANNEL_OBJ_ADD, UVERBS_BPF_SELF(CHANNEL_COUNTER)), 2);
	ERRNO(counter_next(fd, ns, one, &value), 0);
	EQ(value, 50);
	/* Neither a QP's nor another file's handle. */
	{
		int other = open_node();

		ERRNO(counter_next(other, ns, one, &value), ENOENT);
		close(other);
	}
	forget(&program);
	child = fork();
	if (!child) {
		int mine = open_node();
		uint32_t handle;

		if (counter_new(mine, ns, 1, &handle))
			_exit(1);
		pause();
	}
	while (!count(&program, CHANNEL_OBJ_ADD, UVERBS_BPF_SELF(CHANNEL_COUNTER)))
		usleep(1000);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	EQ(count(&program, CHANNEL_OBJ_REMOVE, UVERBS_BPF_SELF(CHANNEL_COUNTER)), 1);
	close(fd);
	EQ(count(&program, CHANNEL_OBJ_REMOVE, UVERBS_BPF_SELF(CHANNEL_COUNTER)), 3);
	if (nr_failed)
		dump(&program);
}

static void priority_1(struct uverbs_bpf_provider_ops *ops) { ops->channel.priority = 1; }
static void priority_2(struct uverbs_bpf_provider_ops *ops) { ops->channel.priority = 2; }

static __u64 place(const struct program *program)
{
	const struct channel_record *record = last(program, CHANNEL_BEFORE, UVERBS_OBJECT_AH);

	return record ? record->length : ~0ULL;
}

static void case_order(void)
{
	struct program first, second, owner, observer, rival;
	const struct channel_record *record;
	uint32_t pd, handle;
	int fd = open_node();
	int ret;

	must("PD", alloc_pd(fd, &pd));
	/* Attached in the opposite order. */
	load_attach(&observer, "observer", role_observer);
	load_attach(&second, "second", priority_2);
	load_attach(&first, "first", priority_1);
	load_attach(&owner, "owner", role_owner);
	owner.data->traffic_class = 0x88;
	observer.data->traffic_class = 0x44;
	first.data->traffic_class = 0x22;
	ERRNO(ah(fd, pd, &handle), 0);
	CHECK(place(&owner) < place(&first) && place(&first) < place(&second) &&
	      place(&second) < place(&observer), "owner %llu first %llu second %llu observer %llu",
	      (unsigned long long)place(&owner), (unsigned long long)place(&first),
	      (unsigned long long)place(&second), (unsigned long long)place(&observer));
	/* Others see what the owner made of it, and cannot change it. */
	record = last(&second, CHANNEL_BEFORE, UVERBS_OBJECT_AH);
	EQ(record ? record->traffic_class : 0, 0x88);
	record = last(&observer, CHANNEL_BEFORE, UVERBS_OBJECT_AH);
	EQ(record ? record->traffic_class : 0, 0x88);

	log_begin();
	must("load", -load(&rival, "rival", role_owner));
	ret = attach(&rival);
	CHECK(ret, "a second owner was attached");
	CHECK(logged("rival", "owner"), "the log has not both names");
	/* When the first is gone, there is room. */
	detach(&owner);
	EQ(attach(&rival), 0);
}

/* What a fault costs, and who: OPEN goes on, CLOSED does not. */
static void faults(bool closed)
{
	static const int ways[] = {
		CHANNEL_FAULT_POSITIVE, CHANNEL_FAULT_RESTART, CHANNEL_FAULT_THROW,
	};
	unsigned char bytes[4096] = {};
	struct program program;
	uint32_t ns, cq, pd, handle;
	unsigned int i;
	uint64_t out = 0;
	int fd = open_node();

	must("PD", alloc_pd(fd, &pd));
	load_attach(&program, "faulty", closed ? fail_closed : role_owner);
	ns = namespace_of(fd, "faulty");
	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		program.data->fault = ways[i];
		/* The call has an attribute of the provider's, which is honoured or refused. */
		ERRNO(cq_with(fd, ns, 1, &out, &cq), closed ? EACCES : EPROTO);
		SAYS("faulty");
		ERRNO(create_cq(fd, 16, -1, NULL, &cq), closed ? EACCES : 0);
		/* Its own method. */
		ERRNO(echo(fd, ns, bytes, bytes, 64, 64), EPROTO);
	}
	program.data->fault = CHANNEL_FAULT_BEYOND;
	ERRNO(echo(fd, ns, bytes, bytes, 4096, 4096), 0);
	ERRNO(echo(fd, ns, bytes, bytes, 64, 64), 0);
	EQ(program.data->beyond, 0);
	if (!closed) {
		/* An owner's path that no path can be. */
		program.data->fault = CHANNEL_FAULT_PATH;
		ERRNO(ah(fd, pd, &handle), 0);
	}

	/* Until it is taken off. */
	program.data->fault = CHANNEL_FAULT_POSITIVE;
	for (i = 0; i < 32; i++)
		create_cq(fd, 16, -1, NULL, &cq);
	for (i = 0; i < 100 && !cq_with(fd, ns, 1, &out, &cq); i++)
		usleep(10000);
	ERRNO(create_cq(fd, 16, -1, NULL, &cq), closed ? EACCES : 0);
	for (i = 0; i < 500 && !count(&program, CHANNEL_EXIT, -1); i++)
		usleep(10000);
	EQ(count(&program, CHANNEL_EXIT, -1), 1);
	if (count(&program, CHANNEL_EXIT, -1))
		EQ(last(&program, CHANNEL_EXIT, -1)->ret, UVERBS_BPF_EXIT_EVICTED);
	detach(&program);
	close(fd);
}

static void case_faults_open(void)
{
	faults(false);
}

/* Of a provider that fails closed: privileged, and often enough. */
static void evict(struct program *program, int fd)
{
	uint32_t cq;
	int i;

	program->data->fault = CHANNEL_FAULT_POSITIVE;
	for (i = 0; i < 16; i++)
		ERRNO(create_cq(fd, 16, -1, NULL, &cq), EACCES);
	for (i = 0; i < 500 && !count(program, CHANNEL_EXIT, -1); i++)
		usleep(10000);
	EQ(count(program, CHANNEL_EXIT, -1), 1);
}

static int write_parameter(const char *name, const char *value)
{
	char path[128];
	int fd, ret = 0;

	snprintf(path, sizeof(path), "/sys/module/uverbs_bpf/parameters/%s", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	if (write(fd, value, strlen(value)) < 0)
		ret = errno;
	close(fd);
	return ret;
}

static void case_faults_closed(void)
{
	struct cmd cmd;
	struct rxe_create_cq_resp uhw;
	uint32_t cqe, cq;
	int fd = open_node();

	faults(true);
	/* It stays closed, in words, until an admin acts. */
	cq_begin(&cmd, &cqe, &uhw);
	ERRNO(call_error(fd, &cmd), EACCES);
	SAYS("faulty");
	ERRNO(write_parameter("reopen", "faulty"), 0);
	ERRNO(create_cq(fd, 16, -1, NULL, &cq), 0);
}

static void case_reopen(void)
{
	/* As long as names are, and with the newline of a shell. */
	static const char name[] = "fifteen-letters";
	struct program program;
	int fd = open_node();
	char line[32];
	uint32_t cq;

	load_attach(&program, name, fail_closed);
	evict(&program, fd);
	ERRNO(create_cq(fd, 16, -1, NULL, &cq), EACCES);
	ERRNO(write_parameter("reopen", "fifteen-letter\n"), ENOENT);
	ERRNO(write_parameter("reopen", "fifteen-letters2\n"), ENOENT);
	snprintf(line, sizeof(line), "%s\n", name);
	ERRNO(write_parameter("reopen", line), 0);
	ERRNO(create_cq(fd, 16, -1, NULL, &cq), 0);
}

/*
 * One that has just failed, and whose eviction waits for this processor, which we do not leave
 * before all are to be detached.
 */
static void case_detach_failed(void)
{
	struct sched_param first = { .sched_priority = 1 };
	struct program program;
	int fd = open_node();
	cpu_set_t cpus;
	uint32_t cq;
	int i, all;

	load_attach(&program, "alpha", fail_closed);
	all = open("/sys/module/uverbs_bpf/parameters/detach_all", O_WRONLY | O_CLOEXEC);
	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	if (all < 0 || sched_setaffinity(0, sizeof(cpus), &cpus) ||
	    sched_setscheduler(0, SCHED_FIFO, &first))
		die("not to be disturbed: %s", strerror(errno));
	program.data->fault = CHANNEL_FAULT_POSITIVE;
	for (i = 0; i < 16; i++)
		ERRNO(create_cq(fd, 16, -1, NULL, &cq), EACCES);
	EQ(count(&program, CHANNEL_EXIT, -1), 0);
	EQ(write(all, "1", 1), 1);
	ERRNO(create_cq(fd, 16, -1, NULL, &cq), 0);
	EQ(count(&program, CHANNEL_EXIT, -1), 1);
	EQ(last(&program, CHANNEL_EXIT, -1)->ret, UVERBS_BPF_EXIT_EVICTED);
	EQ(shell("grep -q . /proc/uverbs_bpf/closed"), 1);
	close(all);
}

/* Detached by an admin, a closed one is not closed. */
static void case_detach_all(void)
{
	struct program alpha, beta;
	uint32_t cq, ns, handle;
	int fd = open_node();
	unsigned int i;

	load_attach(&alpha, "alpha", fail_closed);
	load_attach(&beta, "beta", role_observer);
	ERRNO(write_parameter("detach_all", "1"), 0);
	for (i = 0; i < 500 && !(count(&alpha, CHANNEL_EXIT, -1) && count(&beta, CHANNEL_EXIT, -1));
	     i++)
		usleep(10000);
	EQ(count(&alpha, CHANNEL_EXIT, -1), 1);
	EQ(count(&beta, CHANNEL_EXIT, -1), 1);
	EQ(last(&alpha, CHANNEL_EXIT, -1)->ret, UVERBS_BPF_EXIT_DETACHED);
	ERRNO(channel_open(fd, "alpha", 0, &handle, &ns), ENOENT);
	ERRNO(create_cq(fd, 16, -1, NULL, &cq), 0);
}

/* ---- devices that come and go ---- */

#define FAKE	"/sys/kernel/debug/uvb_fake/fake0/"

static bool has_device(const struct program *program, int what, unsigned int skip)
{
	unsigned int i;

	for (i = 0; i < 500; i++) {
		if (count(program, what, -1) > skip)
			return true;
		usleep(10000);
	}
	return false;
}

/* Of a device that just appeared, so that its node is on its way. */
static int open_device(uint32_t device)
{
	char path[64];
	int i, fd;

	snprintf(path, sizeof(path), "/dev/infiniband/uverbs%u", device);
	for (i = 0; i < 500 && access(path, R_OK | W_OK); i++)
		usleep(10000);
	fd = raw_open(path);
	must("get_context", get_context(fd));
	return fd;
}

/* ---- calls that are stalled ---- */

/**
 * struct stall - a call that a thread is in, which waits for a page of memory
 * @page: the kernel stops where it first reads or writes it
 * @content: what is there when it goes on
 * @fd: the device file
 * @ns: namespace, of echo
 * @pd: of a QP
 * @cq: of a QP
 * @run: makes the call
 * @ret: its result
 */
struct stall {
	char *page;
	char content[4096] __attribute__((aligned(4096)));
	int fd;
	uint32_t ns, pd, cq;
	int (*run)(struct stall *stall);
	int ret;
	int uffd;
	pthread_t thread;
};

static void *stall_thread(void *arg)
{
	struct stall *stall = arg;

	stall->ret = stall->run(stall);
	return NULL;
}

static bool can_stall(void)
{
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	if (fd < 0)
		return errno != ENOSYS;
	close(fd);
	return true;
}

/* Returns when the call waits. */
static void stall_begin(struct stall *stall, int (*run)(struct stall *stall))
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register area = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct uffd_msg message;

	stall->run = run;
	stall->page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	stall->uffd = syscall(SYS_userfaultfd, O_CLOEXEC);
	area.range.start = (uintptr_t)stall->page;
	area.range.len = 4096;
	if (stall->page == MAP_FAILED || stall->uffd < 0 || ioctl(stall->uffd, UFFDIO_API, &api) ||
	    ioctl(stall->uffd, UFFDIO_REGISTER, &area))
		die("userfaultfd: %s", strerror(errno));
	if (pthread_create(&stall->thread, NULL, stall_thread, stall))
		die("no thread");
	if (read(stall->uffd, &message, sizeof(message)) != sizeof(message) ||
	    message.event != UFFD_EVENT_PAGEFAULT)
		die("the call does not wait for its memory");
}

/* Returns the result of the call. */
static int stall_end(struct stall *stall)
{
	struct uffdio_copy copy = {
		.dst = (uintptr_t)stall->page, .src = (uintptr_t)stall->content, .len = 4096,
	};

	if (ioctl(stall->uffd, UFFDIO_COPY, &copy))
		die("UFFDIO_COPY: %s", strerror(errno));
	pthread_join(stall->thread, NULL);
	close(stall->uffd);
	munmap(stall->page, 4096);
	return stall->ret;
}

static const struct ib_uverbs_create_cq stalled_cq = { .cqe = 16, .comp_channel = -1 };

static int cq_of(struct stall *stall, const void *in, void *out)
{
	struct rxe_create_cq_resp uhw = {};

	return legacy(stall->fd, IB_USER_VERBS_CMD_CREATE_CQ, in, sizeof(stalled_cq), out,
		      sizeof(struct ib_uverbs_create_cq_resp), &uhw, sizeof(uhw));
}

/* A CQ whose command reads its inputs, before any provider is asked, from the page. */
static int cq_from_page(struct stall *stall)
{
	struct ib_uverbs_create_cq_resp out;

	return cq_of(stall, stall->page, &out);
}

/* One that writes its answer there, before providers are told. */
static int cq_to_page(struct stall *stall)
{
	return cq_of(stall, &stalled_cq, stall->page);
}

/* A method of the provider's own, whose input is there. */
static int echo_from_page(struct stall *stall)
{
	static char out[128];

	return echo(stall->fd, stall->ns, stall->page, out, sizeof(out), sizeof(out));
}

static void attach_anew(struct program *program, struct program *old,
			void (*tweak)(struct uverbs_bpf_provider_ops *ops))
{
	detach(old);
	load_attach(program, "alpha", tweak);
	forget(program);
}

/* It has nothing to do with CQs, and so no attributes of them, which come first. */
static void no_cqs(struct uverbs_bpf_provider_ops *ops)
{
	ops->channel.hooks[0] = (struct uverbs_bpf_hook) {
		.object = UVERBS_OBJECT_PD, .method = UVERBS_BPF_METHOD_PD_ALLOC,
	};
	ops->decl.nr_attrs -= 2;
	memmove(ops->decl.attrs, ops->decl.attrs + 2,
		ops->decl.nr_attrs * sizeof(ops->decl.attrs[0]));
	memset(ops->decl.attrs + ops->decl.nr_attrs, 0, 2 * sizeof(ops->decl.attrs[0]));
}

/* Another version takes its place. */
static void become(struct program *program, void (*set)(struct uverbs_bpf_provider_ops *ops))
{
	struct program new;

	must("load", -load(&new, "alpha", set));
	bpf_link__destroy(bpf_map__attach_struct_ops(new.map));
	forget(&new);
	EQ(bpf_link__update_map(program->link, new.map), 0);
	new.link = program->link;
	*program = new;
}

/* Who comes by the namespace that a call met somebody else in is not who the call is for. */
static void case_stalled_anew(void)
{
	static struct stall stall;
	struct program one, two;

	stall.fd = open_node();
	memcpy(stall.content, &stalled_cq, sizeof(stalled_cq));

	/* Attached anew after the call found the one, before that was asked: the other is not. */
	load_attach(&one, "alpha", NULL);
	forget(&one);
	stall_begin(&stall, cq_from_page);
	attach_anew(&two, &one, NULL);
	ERRNO(stall_end(&stall), 0);
	EQ(count(&one, CHANNEL_BEFORE, -1), 0);
	EQ(count(&two, CHANNEL_BEFORE, -1), 0);
	EQ(count(&two, CHANNEL_AFTER, -1), 0);

	/* After it was asked: no after() without before(). */
	forget(&two);
	stall_begin(&stall, cq_to_page);
	EQ(count(&two, CHANNEL_BEFORE, UVERBS_OBJECT_CQ), 1);
	attach_anew(&one, &two, NULL);
	ERRNO(stall_end(&stall), 0);
	EQ(count(&one, CHANNEL_AFTER, -1), 0);
	EQ(count(&two, CHANNEL_AFTER, -1), 0);

	/* But a version in its place gets it. */
	must("load", -load(&two, "alpha", NULL));
	bpf_link__destroy(bpf_map__attach_struct_ops(two.map));
	forget(&one);
	forget(&two);
	stall_begin(&stall, cq_to_page);
	EQ(bpf_link__update_map(one.link, two.map), 0);
	ERRNO(stall_end(&stall), 0);
	EQ(count(&one, CHANNEL_BEFORE, UVERBS_OBJECT_CQ), 1);
	EQ(count(&two, CHANNEL_AFTER, UVERBS_OBJECT_CQ), 1);
	stall_begin(&stall, cq_from_page);
	EQ(bpf_link__update_map(one.link, one.map), 0);
	forget(&one);
	ERRNO(stall_end(&stall), 0);
	EQ(count(&one, CHANNEL_BEFORE, UVERBS_OBJECT_CQ), 1);
	EQ(count(&one, CHANNEL_AFTER, UVERBS_OBJECT_CQ), 1);
	/* Unless it has no hook there. */
	stall_begin(&stall, cq_from_page);
	become(&one, no_cqs);
	ERRNO(stall_end(&stall), 0);
	EQ(count(&one, CHANNEL_BEFORE, -1), 0);
	EQ(count(&one, CHANNEL_AFTER, -1), 0);

	/* A method of its own. */
	stall.ns = namespace_of(stall.fd, "alpha");
	stall_begin(&stall, echo_from_page);
	attach_anew(&two, &one, NULL);
	ERRNO(stall_end(&stall), EPROTONOSUPPORT);
	SAYS("provider alpha was just detached");
	EQ(count(&two, CHANNEL_METHOD, -1), 0);
	stall_begin(&stall, echo_from_page);
	ERRNO(stall_end(&stall), 0);
	EQ(count(&two, CHANNEL_METHOD, -1), 1);
}

/* A guard that fails closed cannot be waited out. */
static void case_stalled_closed(void)
{
	static struct stall stall;
	struct program one, two;
	uint32_t cq;

	stall.fd = open_node();
	memcpy(stall.content, &stalled_cq, sizeof(stalled_cq));

	load_attach(&one, "alpha", fail_closed);
	stall_begin(&stall, cq_from_page);
	evict(&one, stall.fd);
	ERRNO(stall_end(&stall), EACCES);
	EQ(count(&one, CHANNEL_OBJ_ADD, UVERBS_OBJECT_CQ), 0);

	/* Not even if somebody has attached it again until then. */
	attach_anew(&two, &one, fail_closed);
	stall_begin(&stall, cq_from_page);
	evict(&two, stall.fd);
	attach_anew(&one, &two, fail_closed);
	ERRNO(stall_end(&stall), EACCES);
	EQ(count(&one, CHANNEL_BEFORE, -1), 0);
	ERRNO(create_cq(stall.fd, 16, -1, NULL, &cq), 0);

	/* Detached by an admin it is open. */
	stall_begin(&stall, cq_from_page);
	detach(&one);
	ERRNO(stall_end(&stall), 0);
}

/* A QP whose capabilities are in the page, and @more bytes that this kernel does not know. */
static int qp_of(struct stall *stall, uint16_t more)
{
	struct rxe_create_qp_resp uhw;
	struct ib_uverbs_attr *cap;
	struct qp_made made;
	struct cmd cmd;

	create_qp_begin(&cmd, stall->pd, stall->cq, IB_UVERBS_QPT_RC, &made);
	cmd_out(&cmd, ATTR_UHW_OUT, &uhw, sizeof(uhw));
	for (cap = cmd.attrs; cap->attr_id != UVERBS_ATTR_CREATE_QP_CAP; cap++)
		;
	memcpy(stall->content, (void *)(uintptr_t)cap->data, cap->len);
	cap->data = (uintptr_t)stall->page;
	cap->len += more;
	return cmd_call(stall->fd, &cmd);
}

/* They are read when providers were found and not asked yet. */
static int qp_from_page(struct stall *stall)
{
	return qp_of(stall, 0);
}

/* Whether what is not known is zero is looked at before, when only PD and CQ were found. */
static int qp_from_longer_page(struct stall *stall)
{
	return qp_of(stall, 8);
}

/* Nor can one be waited out by whoever sees that the device goes. */
static void case_stalled_removed(void)
{
	static struct stall early, late;
	struct program program;
	unsigned int before, i;
	uint32_t pd;
	pid_t unplug;
	int status;

	load_attach(&program, "alpha", NULL);
	before = count(&program, CHANNEL_DEV_ADD, -1);
	EQ(shell("modprobe uvb_fake devices=1"), 0);
	CHECK(has_device(&program, CHANNEL_DEV_ADD, before), "a device that appears");
	early.fd = late.fd = open_device(last(&program, CHANNEL_DEV_ADD, -1)->device);
	must("PD", alloc_pd(late.fd, &late.pd));
	must("CQ", create_cq(late.fd, 16, -1, NULL, &late.cq));
	early.pd = late.pd;
	early.cq = late.cq;

	stall_begin(&early, qp_from_longer_page);
	stall_begin(&late, qp_from_page);
	program.data->refuse = UVERBS_OBJECT_QP << 16 | UVERBS_METHOD_QP_CREATE;
	unplug = fork();
	if (!unplug)
		_exit(shell("echo unplug >" FAKE "control"));
	for (i = 0; i < 1000 && alloc_pd(late.fd, &pd) != EIO; i++)
		usleep(10000);
	ERRNO(alloc_pd(late.fd, &pd), EIO);
	/* It has not gone, for calls are on their way. */
	EQ(waitpid(unplug, &status, WNOHANG), 0);
	ERRNO(stall_end(&early), EIO);
	EQ(count(&program, CHANNEL_BEFORE, UVERBS_OBJECT_QP), 0);
	ERRNO(stall_end(&late), EBUSY);
	EQ(count(&program, CHANNEL_BEFORE, UVERBS_OBJECT_QP), 1);
	EQ(waitpid(unplug, &status, 0), unplug);
	EQ(status, 0);
	EQ(count(&program, CHANNEL_OBJ_ADD, UVERBS_OBJECT_QP), 0);
	detach(&program);
	close(late.fd);
	EQ(shell("rmmod uvb_fake"), 0);
}

static void case_update(void)
{
	struct program old, new;
	uint32_t ns, one, handle;
	uint64_t value, out;
	int fd = open_node();

	load_attach(&old, "alpha", NULL);
	ns = namespace_of(fd, "alpha");
	ERRNO(counter_new(fd, ns, 20, &one), 0);
	/* What takes its place must have been filled in, which libbpf does when it attaches. */
	must("load", -load(&new, "alpha", NULL));
	bpf_link__destroy(bpf_map__attach_struct_ops(new.map));
	forget(&new);
	new.data->salt = 3000;
	EQ(bpf_link__update_map(old.link, new.map), 0);
	EQ(count(&old, CHANNEL_EXIT, -1), 1);
	EQ(last(&old, CHANNEL_EXIT, -1)->ret, UVERBS_BPF_EXIT_REPLACED);
	ERRNO(cq_with(fd, ns, 1, &out, &handle), 0);
	EQ(out, 3001);
	ERRNO(counter_next(fd, ns, one, &value), 0);
	EQ(value, 20);
	EQ(namespace_of(fd, "alpha"), ns);
	/* The successor hears of the removal. */
	ERRNO(object_destroy(fd, ns, one), 0);
	EQ(count(&new, CHANNEL_OBJ_REMOVE, UVERBS_BPF_SELF(CHANNEL_COUNTER)), 1);
	EQ(count(&old, CHANNEL_OBJ_REMOVE, UVERBS_BPF_SELF(CHANNEL_COUNTER)), 0);
	/* Another name cannot take it. */
	must("load", -load(&new, "beta", NULL));
	bpf_link__destroy(bpf_map__attach_struct_ops(new.map));
	log_begin();
	EQ(bpf_link__update_map(old.link, new.map), -EINVAL);
	CHECK(logged("alpha, ABI 1: cannot be replaced by beta, ABI 1", NULL), "not in words");
}

static void match_other(struct uverbs_bpf_provider_ops *ops)
{
	role_observer(ops);
	strcpy(ops->decl.ibdev, "other0");
}

/* A version for devices that the old one was not for is told of them and of their objects. */
static void case_adopted(void)
{
	struct program program;
	int fd = open_node();
	uint32_t pd;

	must("PD", alloc_pd(fd, &pd));
	load_attach(&program, "alpha", match_other);
	EQ(program.data->nr, 0);
	become(&program, role_observer);
	CHECK(count(&program, CHANNEL_DEV_ADD, -1), "no device");
	EQ(count(&program, CHANNEL_OBJ_ADD, UVERBS_OBJECT_PD), 1);
	must("PD", destroy(fd, UVERBS_OBJECT_PD, UVERBS_METHOD_PD_DESTROY, pd));
	EQ(count(&program, CHANNEL_OBJ_REMOVE, UVERBS_OBJECT_PD), 1);
	/* And one that is for none of these of nothing more. */
	must("PD", alloc_pd(fd, &pd));
	become(&program, match_other);
	must("PD", destroy(fd, UVERBS_OBJECT_PD, UVERBS_METHOD_PD_DESTROY, pd));
	EQ(program.data->nr, 0);
	/* One that the old one would be for by the name it has now was none of its. */
	must("PD", alloc_pd(fd, &pd));
	EQ(shell("rdma dev set rxe0 name other0"), 0);
	EQ(program.data->nr, 0);
	become(&program, match_other);
	EQ(shell("rdma dev set other0 name rxe0"), 0);
	EQ(count(&program, CHANNEL_DEV_ADD, -1), 1);
	EQ(count(&program, CHANNEL_OBJ_ADD, UVERBS_OBJECT_PD), 1);
	if (nr_failed)
		dump(&program);
}

/*
 * Replaced again and again, it is there for each call: what is addressed to it is answered by one
 * version or the other, and what it refuses is refused.
 */
static void case_updates(void)
{
	struct program one, two;
	uint32_t ns, handle, pd;
	unsigned int calls;
	int fd = open_node();
	uint64_t out;
	pid_t child;

	load_attach(&one, "alpha", NULL);
	must("load", -load(&two, "alpha", NULL));
	bpf_link__destroy(bpf_map__attach_struct_ops(two.map));
	one.data->quiet = two.data->quiet = 1;
	one.data->salt = 1000;
	two.data->salt = 2000;
	one.data->refuse = two.data->refuse = UVERBS_OBJECT_PD << 16 | UVERBS_BPF_METHOD_PD_ALLOC;
	ns = namespace_of(fd, "alpha");
	child = fork();
	if (!child) {
		for (;;) {
			if (bpf_link__update_map(one.link, two.map) ||
			    bpf_link__update_map(one.link, one.map))
				_exit(1);
		}
	}
	for (calls = 0; calls < 3000 && !nr_failed; calls++) {
		ERRNO(cq_with(fd, ns, 7, &out, &handle), 0);
		CHECK(out == 1007 || out == 2007, "%llu", (unsigned long long)out);
		ERRNO(alloc_pd(fd, &pd), EBUSY);
		destroy(fd, UVERBS_OBJECT_CQ, UVERBS_METHOD_CQ_DESTROY, handle);
	}
	/* It did nothing else all the time. */
	EQ(waitpid(child, NULL, WNOHANG), 0);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

/* Objects of a provider are charged like those of the kernel, to the cgroup of who makes them. */
static void case_charge(void)
{
	uint32_t ns, handles[4];
	struct program program;
	char command[512];
	int i, fd, ret;

	load_attach(&program, "alpha", NULL);
	snprintf(command, sizeof(command),
		 "cd /sys/fs/cgroup && echo +rdma >cgroup.subtree_control && mkdir -p charged && "
		 "echo \"$(cat /sys/class/uverbs_bpf/%s/ibdev) hca_handle=2 hca_object=3\" "
		 ">charged/rdma.max && echo %d >charged/cgroup.procs", strrchr(node, '/') + 1,
		 getpid());
	EQ(shell(command), 0);
	fd = open_node();
	ns = namespace_of(fd, "alpha");
	/* The channel is one of them. */
	for (i = 0; i < 2; i++)
		ERRNO(counter_new(fd, ns, i, &handles[i]), 0);
	ERRNO(counter_new(fd, ns, i, &handles[i]), EAGAIN);
	ERRNO(object_destroy(fd, ns, handles[0]), 0);
	ERRNO(counter_new(fd, ns, i, &handles[i]), 0);
	close(fd);
	ret = shell("grep -q 'hca_object=0' /sys/fs/cgroup/charged/rdma.current");
	EQ(ret, 0);
	/* The limits first: see remove_group() in tests/integration/rdma.sh. */
	snprintf(command, sizeof(command), "cd /sys/fs/cgroup && echo %d >cgroup.procs && "
		 "echo $$ >cgroup.procs && sed 's/=[^ ]*/=max/g' charged/rdma.max >/tmp/max && "
		 "cat /tmp/max >charged/rdma.max && rmdir charged", getpid());
	EQ(shell(command), 0);
}

/* A namespace is its provider's while somebody has a channel, though it is attached no more. */
static void case_namespaces(void)
{
	enum { ALL = UVERBS_BPF_NS_PROVIDER_LAST - UVERBS_BPF_NS_PROVIDER_FIRST + 1 };
	uint32_t handles[ALL], spaces[ALL], handle, ns;
	struct program programs[ALL], more;
	struct rxe_create_cq_resp uhw;
	int fd = open_node();
	struct cmd cmd;
	uint32_t cqe;
	uint64_t out;
	char name[8];
	int i;

	for (i = 0; i < ALL; i++) {
		snprintf(name, sizeof(name), "of%d", i);
		load_attach(&programs[i], name, NULL);
		ERRNO(channel_open(fd, name, 0, &handles[i], &spaces[i]), 0);
	}
	/* More than a call has room for. */
	cq_begin(&cmd, &cqe, &uhw);
	for (i = 0; i < 5; i++) {
		cmd_u64(&cmd, UVERBS_BPF_ID(spaces[i], CHANNEL_CQ_IN), 1);
		cmd_out(&cmd, UVERBS_BPF_ID(spaces[i], CHANNEL_CQ_OUT), &out, sizeof(out));
	}
	ERRNO(call_error(fd, &cmd), E2BIG);
	SAYS("one call takes 8 attributes of programs");

	for (i = 0; i < ALL; i++)
		detach(&programs[i]);
	must("load", -load(&more, "more", NULL));
	log_begin();
	EQ(attach(&more), -ENOSPC);
	CHECK(logged("more: every namespace of a provider has another name that is attached, or has channels or objects",
		     NULL), "not in words");
	/* Its own is there for each of them. */
	EQ(attach(&programs[3]), 0);
	ERRNO(channel_open(fd, "of3", 0, &handle, &ns), 0);
	EQ(ns, spaces[3]);
	ERRNO(channel_close(fd, handle), 0);
	/* An object keeps it as well as a channel. */
	ERRNO(counter_new(fd, ns, 1, &handle), 0);
	detach(&programs[3]);
	ERRNO(channel_close(fd, handles[3]), 0);
	EQ(attach(&more), -ENOSPC);
	ERRNO(channel_close(fd, handles[5]), 0);
	EQ(attach(&more), 0);
	ERRNO(channel_open(fd, "more", 0, &handle, &ns), 0);
	EQ(ns, spaces[5]);
	/* Who comes back finds another there. */
	EQ(attach(&programs[5]), -ENOSPC);
	close(fd);
	EQ(attach(&programs[5]), 0);
}

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE	71
#endif

static uint64_t own_netns(void)
{
	socklen_t len = sizeof(uint64_t);
	uint64_t cookie = 0;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &len))
		die("SO_NETNS_COOKIE: %s", strerror(errno));
	close(fd);
	return cookie;
}

/* The last before() was for a file that was opened by these. */
static void opened_by(const struct program *program, uint32_t uid, uint32_t pid, uint64_t cgroup,
		      uint64_t netns)
{
	const struct channel_record *record = last(program, CHANNEL_BEFORE, UVERBS_OBJECT_PD);

	CHECK(record, "not called");
	if (!record)
		return;
	EQ(record->uid, uid);
	EQ(record->pid, pid);
	EQ(record->cgroup, cgroup);
	EQ(record->netns, netns);
}

#define GROUPS	"/sys/fs/cgroup/channel-"

static uint64_t enter_group(const char *name)
{
	char path[128], command[256];
	struct stat group;

	snprintf(path, sizeof(path), GROUPS "%s", name);
	snprintf(command, sizeof(command), "mkdir -p %s && echo %d >%s/cgroup.procs", path, getpid(),
		 path);
	if (shell(command) || stat(path, &group))
		die("%s: not entered", path);
	return group.st_ino;
}

/* Who calls may be anybody: what counts is who opened the file. */
static void case_identity(void)
{
	uint64_t cgroup = enter_group("parent"), netns = own_netns();
	uint32_t pid = getpid(), pd;
	const struct channel_record *record;
	struct program program;
	int fd = open_node();
	char command[256];
	uint64_t file;
	int status;
	pid_t child;

	load_attach(&program, "alpha", role_observer);
	ERRNO(alloc_pd(fd, &pd), 0);
	opened_by(&program, 0, pid, cgroup, netns);
	file = last(&program, CHANNEL_BEFORE, UVERBS_OBJECT_PD)->file;
	child = fork();
	if (!child) {
		uint64_t own_cgroup = enter_group("child");
		int mine;

		if (unshare(CLONE_NEWNET) || setresgid(65534, 65534, 65534) ||
		    setresuid(65534, 65534, 65534))
			die("unshare, setresuid: %s", strerror(errno));
		CHECK(own_netns() != netns && own_cgroup != cgroup, "still where the parent is");
		ERRNO(alloc_pd(fd, &pd), 0);
		opened_by(&program, 0, pid, cgroup, netns);
		mine = open_node();
		ERRNO(alloc_pd(mine, &pd), 0);
		opened_by(&program, 65534, getpid(), own_cgroup, own_netns());
		_exit(!!nr_failed);
	}
	EQ(waitpid(child, &status, 0), child);
	EQ(status, 0);
	/* And so do the objects, whoever made them. */
	EQ(program.data->records[program.data->nr - 1].what, CHANNEL_OBJ_REMOVE);
	for_each_record(record, &program) {
		if (record->what == CHANNEL_OBJ_ADD && record->file == file)
			EQ(record->pid, pid);
	}
	snprintf(command, sizeof(command), "cd /sys/fs/cgroup && echo %u >cgroup.procs && "
		 "echo $$ >cgroup.procs && rmdir " GROUPS "parent " GROUPS "child", pid);
	EQ(shell(command), 0);
}

static void case_hotplug(void)
{
	const struct channel_record *record;
	unsigned int devices, removed;
	struct program program;
	uint32_t pd;
	int fd;

	/* The program first, and then the device. */
	load_attach(&program, "alpha", role_observer);
	devices = count(&program, CHANNEL_DEV_ADD, -1);
	CHECK(devices >= 1, "no device for the program");
	EQ(shell("ip link add hot0 type dummy && ip link set hot0 up && "
		 "rdma link add rxehot type rxe netdev hot0"), 0);
	CHECK(has_device(&program, CHANNEL_DEV_ADD, devices), "a device that appears");
	record = last(&program, CHANNEL_DEV_ADD, -1);
	EQ(record->number, RDMA_DRIVER_RXE);
	EQ(record->handle, UVERBS_BPF_PROTOCOL_ROCE);
	EQ(record->length, 1);
	/* Make an object that the device takes with it. */
	fd = open_device(record->device);
	must("PD", alloc_pd(fd, &pd));
	close(fd);
	EQ(shell("rdma link del rxehot"), 0);
	CHECK(has_device(&program, CHANNEL_DEV_REMOVE, 0), "a device that goes");
	removed = record->device;
	record = last(&program, CHANNEL_DEV_REMOVE, -1);
	EQ(record ? record->device : ~0U, removed);
	EQ(count(&program, CHANNEL_OBJ_ADD, UVERBS_OBJECT_PD),
	   count(&program, CHANNEL_OBJ_REMOVE, UVERBS_OBJECT_PD));
	detach(&program);

	/* The device first, and then the program. */
	EQ(shell("rdma link add rxehot type rxe netdev hot0"), 0);
	sleep(1);
	load_attach(&program, "alpha", role_observer);
	EQ(count(&program, CHANNEL_DEV_ADD, -1), devices + 1);
	EQ(shell("rdma link del rxehot"), 0);
	CHECK(has_device(&program, CHANNEL_DEV_REMOVE, 0), "a device that goes");
	EQ(shell("ip link del hot0"), 0);
	if (nr_failed)
		dump(&program);
}

/* ---- a device that goes, held in the middle of it ---- */

static void stay(struct program *program)
{
	(void)program;
}

static void come_anew(struct program *program)
{
	detach(program);
	load_attach(program, "alpha", role_observer);
}

static void turn_away(struct program *program)
{
	become(program, match_other);
}

/*
 * @change is made of a program while the driver destroys the first of three objects; what the
 * program then hears of the end of objects and devices.
 */
static void go(void (*change)(struct program *program), unsigned int objects, unsigned int devices)
{
	static char memory[4096] __attribute__((aligned(4096)));
	struct ib_uverbs_reg_mr_resp mr = {};
	struct program program;
	unsigned int before;
	pid_t unplug;
	int fd, status;
	uint32_t pd;

	load_attach(&program, "alpha", role_observer);
	before = count(&program, CHANNEL_DEV_ADD, -1);
	EQ(shell("modprobe uvb_fake devices=1"), 0);
	CHECK(has_device(&program, CHANNEL_DEV_ADD, before), "a device that appears");
	fd = open_device(last(&program, CHANNEL_DEV_ADD, -1)->device);
	must("PD", alloc_pd(fd, &pd));
	must("MR", reg_mr(fd, pd, memory, sizeof(memory), &mr));
	must("MR", reg_mr(fd, pd, memory, sizeof(memory), &mr));
	EQ(count(&program, CHANNEL_OBJ_ADD, -1), 3);

	EQ(shell("echo hold dereg_mr >" FAKE "control"), 0);
	unplug = fork();
	if (!unplug) {
		/* Or the program would stay attached by this copy. */
		close(bpf_link__fd(program.link));
		_exit(shell("echo unplug >" FAKE "control"));
	}
	EQ(shell("for i in $(seq 100); do grep -q '^dereg_mr .* 1$' " FAKE "calls && exit 0; "
		 "sleep 0.1; done; exit 1"), 0);
	change(&program);
	EQ(shell("echo release dereg_mr >" FAKE "control"), 0);
	EQ(waitpid(unplug, &status, 0), unplug);
	EQ(status, 0);
	EQ(count(&program, CHANNEL_OBJ_REMOVE, -1), objects);
	EQ(count(&program, CHANNEL_DEV_REMOVE, -1), devices);
	if (nr_failed)
		dump(&program);
	detach(&program);
	close(fd);
	EQ(shell("rmmod uvb_fake"), 0);
}

/* Who is told of the end of an object or a device was told of it, and nobody else. */
static void case_going(void)
{
	go(stay, 3, 1);
	go(come_anew, 0, 0);
	go(turn_away, 0, 0);
}

/* The device comes before all else, though somebody calls its verbs without pause. */
static void case_device_first(void)
{
	struct program program;
	int i, fd = open_node();
	uint32_t pd;
	pid_t child;

	must("load", -load(&program, "alpha", role_observer));
	child = fork();
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;) {
			if (alloc_pd(fd, &pd) || destroy_pd(fd, pd))
				_exit(1);
		}
	}
	for (i = 0; i < 100 && !nr_failed; i++) {
		forget(&program);
		EQ(attach(&program), 0);
		while (!nr_failed && program.data->nr < 4)
			sched_yield();
		EQ(program.data->records[0].what, CHANNEL_DEV_ADD);
		detach(&program);
	}
	EQ(waitpid(child, NULL, WNOHANG), 0);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	if (nr_failed)
		dump(&program);
}

/* A loader that crashes takes its programs with it, for nothing else holds the link. */
static void case_loader_crash(void)
{
	struct program program;
	uint32_t handle, ns;
	int fd = open_node();
	int i, pipes[2];
	pid_t child;
	char byte;

	if (pipe(pipes))
		die("pipe: %s", strerror(errno));
	child = fork();
	if (!child) {
		load_attach(&program, "crashing", fail_closed);
		(void)!write(pipes[1], "x", 1);
		pause();
	}
	(void)!read(pipes[0], &byte, 1);
	ERRNO(channel_open(fd, "crashing", 0, &handle, &ns), 0);
	EQ(shell("rmmod uverbs_bpf 2>/dev/null"), 1);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	for (i = 0; i < 500; i++) {
		if (channel_open(fd, "crashing", 0, &handle, &ns) == ENOENT)
			break;
		usleep(10000);
	}
	ERRNO(channel_open(fd, "crashing", 0, &handle, &ns), ENOENT);
}

/* Maps are memory that user space writes while the program reads it. */
static void case_changing_maps(void)
{
	struct ib_uverbs_destroy_cq_resp resp;
	uint32_t ns, cq, pd, handle;
	struct program program;
	int i, fd = open_node();
	uint64_t out;
	pid_t child;

	must("PD", alloc_pd(fd, &pd));
	load_attach(&program, "alpha", role_owner);
	ns = namespace_of(fd, "alpha");
	program.data->quiet = 1;
	child = fork();
	if (!child) {
		for (;;) {
			program.data->salt++;
			program.data->traffic_class = program.data->traffic_class + 0x1234567;
			program.data->nr = 0xfffffff0;
			program.data->refuse = program.data->salt & 1 ? 0 : ~0U;
		}
	}
	for (i = 0; i < 2000; i++) {
		ERRNO(cq_with(fd, ns, 1, &out, &cq), 0);
		ERRNO(ah(fd, pd, &handle), 0);
		ERRNO(destroy_ah(fd, handle), 0);
		if (nr_failed)
			break;
		destroy_cq(fd, cq, &resp);
	}
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

/* Objects that are files, and the method that makes one: 0 of each. DMABUF is of Linux 7. */
static const struct file_object {
	const char *name;
	uint16_t object;
	bool at_offset;
} file_objects[] = {
	{ "ASYNC_EVENT", UVERBS_OBJECT_ASYNC_EVENT },
	{ "DMABUF", 18, .at_offset = true },
};

#define for_each_file_object(of)						\
	for (of = file_objects; of < file_objects + sizeof(file_objects) / sizeof(*of); of++)

static void files_answer(struct uverbs_bpf_provider_ops *ops)
{
	const struct file_object *of;

	for_each_file_object(of)
		ops->decl.attrs[ops->decl.nr_attrs++] = (struct uverbs_bpf_attr) {
			.object = of->object,
			.direction = UVERBS_BPF_KIND_OUT,
			.id = CHANNEL_ANY_OUT,
			.min_len = 8,
			.max_len = 8,
			.name = "any_out",
		};
}

static int make_file(int fd, const struct file_object *of, uint64_t offset, uint32_t ns,
		     void *out, int *made)
{
	struct cmd cmd;
	int ret;

	cmd_begin(&cmd, of->object, 0);
	cmd_fd(&cmd, 0, -1);
	if (of->at_offset)
		cmd_u64(&cmd, 1, offset);
	cmd_out(&cmd, UVERBS_BPF_ID(ns, CHANNEL_ANY_OUT), out, 8);
	ret = cmd_call(fd, &cmd);
	*made = (int64_t)cmd.attrs[0].data;
	return ret;
}

static uint32_t nr_handles(int fd, const struct file_object *of)
{
	uint32_t ids[4], total = ~0U;
	struct cmd cmd;

	cmd_begin(&cmd, UVERBS_OBJECT_DEVICE, UVERBS_METHOD_INFO_HANDLES);
	cmd_u64(&cmd, UVERBS_ATTR_INFO_OBJECT_ID, of->object);
	cmd_out(&cmd, UVERBS_ATTR_INFO_TOTAL_HANDLES, &total, sizeof(total));
	cmd_out(&cmd, UVERBS_ATTR_INFO_HANDLES_LIST, ids, sizeof(ids));
	ERRNO(cmd_call(fd, &cmd), 0);
	return total;
}

/*
 * What a provider answers has nowhere to go, and a file was made already: it is undone, and what
 * would have found it when it goes does not.
 */
static void case_files(void)
{
	struct fake_context_resp resp = {};
	const struct file_object *of;
	struct program program;
	int fd, i, made, ret;
	struct cmd cmd;
	uint64_t out;
	uint32_t ns;

	load_attach(&program, "alpha", files_answer);
	program.data->salt = 77;
	fd = raw_open(node);
	cmd_begin(&cmd, UVERBS_OBJECT_DEVICE, UVERBS_METHOD_GET_CONTEXT);
	cmd_out(&cmd, ATTR_UHW_OUT, &resp, sizeof(resp));
	must("GET_CONTEXT", cmd_call(fd, &cmd));
	ns = namespace_of(fd, "alpha");

	for_each_file_object(of) {
		ret = make_file(fd, of, resp.bar_offset, ns, &out, &made);
		if (ret == EPROTONOSUPPORT && of->at_offset) {
			printf("      this device has no %s\n", of->name);
			continue;
		}
		ERRNO(ret, 0);
		EQ(out, 77);
		EQ(nr_handles(fd, of), 1);
		/* More than once, for what is left on a list is met by the next. */
		for (i = 0; i < 3; i++) {
			int undone = -1;

			ERRNO(make_file(fd, of, resp.bar_offset, ns, (void *)0x1000, &undone),
			      EFAULT);
			EQ(fcntl(undone, F_GETFD), -1);
			EQ(nr_handles(fd, of), 1);
		}
		ERRNO(close(made), 0);
		EQ(nr_handles(fd, of), 0);
		ERRNO(make_file(fd, of, resp.bar_offset, ns, &out, &made), 0);
	}
	/* The last of each goes after what it is of. */
	close(fd);
}

static const struct {
	const char *name;
	void (*run)(void);
	/* It stalls calls in the middle, with userfaultfd(2), which a kernel may lack. */
	bool stalls;
} cases[] = {
	{ "two-providers", case_two_providers },
	{ "open", case_open },
	{ "pairs", case_pairs },
	{ "changed", case_changed },
	{ "objects", case_objects },
	{ "refuse", case_refuse },
	{ "attributes", case_attributes },
	{ "nothing", case_nothing },
	{ "methods", case_methods },
	{ "own-objects", case_own_objects },
	{ "charge", case_charge },
	{ "order", case_order },
	{ "stalled-anew", case_stalled_anew, .stalls = true },
	{ "stalled-closed", case_stalled_closed, .stalls = true },
	{ "stalled-removed", case_stalled_removed, .stalls = true },
	{ "update", case_update },
	{ "adopted", case_adopted },
	{ "updates", case_updates },
	{ "namespaces", case_namespaces },
	{ "identity", case_identity },
	{ "faults-open", case_faults_open },
	{ "faults-closed", case_faults_closed },
	{ "reopen", case_reopen },
	{ "detach-all", case_detach_all },
	{ "detach-failed", case_detach_failed },
	{ "hotplug", case_hotplug },
	{ "going", case_going },
	{ "device-first", case_device_first },
	{ "loader-crash", case_loader_crash },
	{ "files", case_files },
	{ "changing-maps", case_changing_maps },
};

static bool wanted(const char *name, int argc, char **argv)
{
	int i;

	for (i = 3; i < argc; i++) {
		if (!strcmp(argv[i], name))
			return true;
	}
	return argc == 3;
}

int main(int argc, char **argv)
{
	unsigned int i, nr = 0, failed = 0;
	int status;
	pid_t pid;

	if (argc < 3) {
		fprintf(stderr, "usage: channel OBJECT NODE [CASE...]\n");
		return 2;
	}
	object_path = argv[1];
	node = argv[2];
	setvbuf(stdout, NULL, _IONBF, 0);
	libbpf_set_print(quiet);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (!wanted(cases[i].name, argc, argv))
			continue;
		if (cases[i].stalls && !can_stall()) {
			printf("none   %s: this kernel has no userfaultfd\n", cases[i].name);
			continue;
		}
		nr++;
		pid = fork();
		if (!pid) {
			alarm(240);
			cases[i].run();
			_exit(!!nr_failed);
		}
		waitpid(pid, &status, 0);
		if (!WIFEXITED(status) || WEXITSTATUS(status))
			failed++;
		printf("%s %s%s\n", WIFEXITED(status) && !WEXITSTATUS(status) ? "ok    " : "FAILED",
		       cases[i].name, WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "");
	}
	printf("%u cases, %u failed\n", nr, failed);
	return !nr || failed;
}
