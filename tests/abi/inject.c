// SPDX-License-Identifier: BSD-2-Clause
/*
 * inject NODE FAKE
 *
 * Makes each call to a fake device fail at every point where it can: with the first allocation or
 * access to user memory failing, then the second one, and so on until the call ends before the fault
 * would come. What succeeds nevertheless is undone before the next point. FAKE is the device's
 * directory in debugfs.
 *
 * A call that fails must leave nothing: the device holds as much as before, and the same call works
 * afterwards. For each there is a line with its points and errnos; a device that cannot do it, or
 * a kernel, leaves it out.
 *
 * It takes a kernel with fault injection, root, and debugfs set up by the caller. Exit status: 0 if
 * all was as it must be, else 1.
 */
#include <sys/syscall.h>

#include "calls.h"
#include "objects.h"

/* No call has nearly as many points; if one has, it never ends. */
#define MAX_POINTS	5000
#define PAGE		4096
#define ERRNOS		134

static const char *node, *fake;
static int fd, fail_nth, channel;
static struct fake_context_resp context;
static uint32_t objects[KINDS], other_pd;
static bool lacks[KINDS];
static char memory[4 * PAGE] __attribute__((aligned(PAGE)));
static bool failed;

/* ---- faults ---- */

static void arm(unsigned int point)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", point);

	if (pwrite(fail_nth, text, len, 0) != len)
		die("cannot arm point %u: %s", point, errno_name(errno));
}

/* Whether it has fired. Reading and writing may be what fails: then it had not. */
static bool disarm(void)
{
	char text[16] = "";
	ssize_t len = pread(fail_nth, text, sizeof(text) - 1, 0);
	bool fired = len > 0 && !atoi(text);

	while (pwrite(fail_nth, "0", 1, 0) != 1)
		if (errno != EFAULT)
			die("cannot disarm: %s", errno_name(errno));
	return fired;
}

/* What the device holds, as one number for each kind. */
static void held(char *text, size_t size)
{
	char path[256];
	ssize_t len;
	int file;

	snprintf(path, sizeof(path), "%s/objects", fake);
	file = open(path, O_RDONLY | O_CLOEXEC);
	len = read(file, text, size - 1);
	if (len < 0)
		die("%s: %s", path, errno_name(errno));
	text[len] = '\0';
	close(file);
}

/* ---- calls: made, and undone if they succeeded ---- */

/**
 * struct verb - a call that is made to fail
 * @name: of it
 * @prepare: what has to be before each attempt, or NULL
 * @call: returns 0 or the errno
 * @undo: called after each attempt with what it returned, or NULL
 * @answers: it answers when it is done, so that it may be done although it failed
 */
struct verb {
	const char *name;
	void (*prepare)(void);
	int (*call)(void);
	void (*undo)(int err);
	bool answers;
};

static enum kind kind;
static uint32_t handle;
static int opened;

static int call_make(void)
{
	return make_object(fd, channel, kind, objects, &handle);
}

static void undo_make(int err)
{
	if (!err)
		must(kinds[kind].name, destroy_object(fd, kind, handle));
}

static void prepare_destroy(void)
{
	must(kinds[kind].name, call_make());
}

static int call_destroy(void)
{
	return destroy_object(fd, kind, handle);
}

/* It is there and can be destroyed, or it is gone and the caller was not told of it. */
static void undo_destroy(int err)
{
	if (err && (err != EFAULT || destroy_object(fd, kind, handle) != ENOENT))
		undo_make(err == EFAULT ? ENOENT : 0);
}

static int result(int ret)
{
	return ret < 0 ? errno : 0;
}

static int call_open(void)
{
	opened = open(node, O_RDWR | O_CLOEXEC);
	return result(opened);
}

static void prepare_open(void)
{
	must("open", call_open());
}

static void undo_file(int err)
{
	if (!err)
		close(opened);
}

static void undo_open(int err)
{
	(void)err;
	close(opened);
}

static int call_context(void)
{
	struct fake_context_resp resp;

	return get_fake_context(opened, &resp);
}

static int call_context_write(void)
{
	struct {
		struct ib_uverbs_cmd_hdr hdr;
		struct ib_uverbs_get_context cmd;
	} in = {
		.hdr = { IB_USER_VERBS_CMD_GET_CONTEXT, sizeof(in) / 4,
			 sizeof(struct ib_uverbs_get_context_resp) / 4 },
	};
	struct ib_uverbs_get_context_resp out = {};
	int err;

	in.cmd.response = (uintptr_t)&out;
	err = result(write(opened, &in, sizeof(in)));
	if (!err)
		close(out.async_fd);
	return err;
}

static int call_async(void)
{
	return alloc_async(fd, &opened);
}

static int call_channel(void)
{
	return create_channel(fd, &opened);
}

static char *mapped;

static int call_mmap(void)
{
	mapped = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, context.bar_offset);
	return mapped == MAP_FAILED ? errno : 0;
}

static void undo_mmap(int err)
{
	if (!err)
		munmap(mapped, PAGE);
}

/* enum ib_qp_attr_mask */
enum { QP_STATE = 1 << 0, QP_ACCESS = 1 << 3, QP_PKEY_INDEX = 1 << 4, QP_PORT = 1 << 5 };

static int modify_qp(unsigned int state, bool extended)
{
	struct ib_uverbs_ex_modify_qp in = {
		.base = {
			.qp_handle = objects[RC],
			.attr_mask = QP_STATE | (state ? QP_ACCESS | QP_PKEY_INDEX | QP_PORT : 0),
			.qp_state = state,
			.port_num = 1,
		},
	};
	struct ib_uverbs_ex_modify_qp_resp out;

	if (extended)
		return legacy(fd, EX | IB_USER_VERBS_EX_CMD_MODIFY_QP, &in, sizeof(in), &out,
			      sizeof(out), NULL, 0);
	return legacy(fd, IB_USER_VERBS_CMD_MODIFY_QP, &in.base, sizeof(in.base), NULL, 0, NULL, 0);
}

static void prepare_reset(void)
{
	must("to RESET", modify_qp(0, false));
}

static void prepare_init(void)
{
	prepare_reset();
	must("to INIT", modify_qp(1, false));
}

static int call_modify(void)
{
	return modify_qp(1, false);
}

static int call_modify_ex(void)
{
	return modify_qp(1, true);
}

static int call_query_qp(void)
{
	struct ib_uverbs_query_qp_resp out;

	return query_qp(fd, objects[RC], &out);
}

static int call_reg_mr(uint64_t hca_va)
{
	struct ib_uverbs_rereg_mr in = {
		.mr_handle = objects[MR],
		.flags = hca_va ? 1 /* TRANS */ : 2 /* PD */,
		.start = hca_va,
		.length = PAGE,
		.hca_va = hca_va,
		.pd_handle = other_pd,
		.access_flags = 1,
	};
	struct ib_uverbs_rereg_mr_resp out;

	return legacy(fd, IB_USER_VERBS_CMD_REREG_MR, &in, sizeof(in), &out, sizeof(out), NULL, 0);
}

static int call_rereg_new(void)
{
	return call_reg_mr((uintptr_t)memory);
}

static int call_rereg_pd(void)
{
	return call_reg_mr(0);
}

static int call_resize(void)
{
	struct ib_uverbs_resize_cq in = { .cq_handle = objects[CQ], .cqe = 64 };
	struct ib_uverbs_resize_cq_resp out;

	return legacy(fd, IB_USER_VERBS_CMD_RESIZE_CQ, &in, sizeof(in), &out, sizeof(out), NULL, 0);
}

static int call_poll(void)
{
	struct polled out;

	return poll_cq(fd, objects[CQ], &out);
}

static int call_post_recv(void)
{
	return post_recv(fd, IB_USER_VERBS_CMD_POST_RECV, objects[RC], memory, 16, 1);
}

static int mcast(uint32_t command)
{
	struct ib_uverbs_attach_mcast in = {
		.gid = { 0xff, 0x12, [15] = 1 }, .qp_handle = objects[UD], .mlid = 0xc001,
	};

	return legacy(fd, command, &in, sizeof(in), NULL, 0, NULL, 0);
}

static int call_attach(void)
{
	return mcast(IB_USER_VERBS_CMD_ATTACH_MCAST);
}

static int call_detach(void)
{
	return mcast(IB_USER_VERBS_CMD_DETACH_MCAST);
}

static void prepare_attach(void)
{
	int err = call_detach();

	if (err && err != EINVAL)
		must("DETACH_MCAST", err);
}

static void prepare_detach(void)
{
	must("ATTACH_MCAST", call_attach());
}

/* Attached twice is attached once. */
static void undo_detach(int err)
{
	if (err)
		must("DETACH_MCAST", call_detach());
}

static int call_query_device(void)
{
	struct ib_uverbs_ex_query_device in = {};
	struct ib_uverbs_ex_query_device_resp out;

	return legacy(fd, EX | IB_USER_VERBS_EX_CMD_QUERY_DEVICE, &in, sizeof(in), &out, sizeof(out),
		      NULL, 0);
}

static int call_info_handles(void)
{
	uint32_t total, ids[64];
	struct cmd cmd;

	cmd_begin(&cmd, UVERBS_OBJECT_DEVICE, UVERBS_METHOD_INFO_HANDLES);
	cmd_u64(&cmd, UVERBS_ATTR_INFO_OBJECT_ID, UVERBS_OBJECT_PD);
	cmd_out(&cmd, UVERBS_ATTR_INFO_TOTAL_HANDLES, &total, sizeof(total));
	cmd_out(&cmd, UVERBS_ATTR_INFO_HANDLES_LIST, ids, sizeof(ids));
	return cmd_call(fd, &cmd);
}

static int call_gid_table(void)
{
	struct ib_uverbs_gid_entry entries[16];
	struct cmd cmd;
	uint64_t count;

	cmd_begin(&cmd, UVERBS_OBJECT_DEVICE, UVERBS_METHOD_QUERY_GID_TABLE);
	cmd_u64(&cmd, UVERBS_ATTR_QUERY_GID_TABLE_ENTRY_SIZE, sizeof(entries[0]));
	cmd_u32(&cmd, UVERBS_ATTR_QUERY_GID_TABLE_FLAGS, 0);
	cmd_out(&cmd, UVERBS_ATTR_QUERY_GID_TABLE_RESP_ENTRIES, entries, sizeof(entries));
	cmd_out(&cmd, UVERBS_ATTR_QUERY_GID_TABLE_RESP_NUM_ENTRIES, &count, sizeof(count));
	return cmd_call(fd, &cmd);
}

/* ---- what only uverbs_bpf has ---- */

static int call_schema(void)
{
	static struct uverbs_bpf_schema_record records[64];
	uint32_t total;
	struct cmd cmd;

	cmd_begin(&cmd, UVERBS_OBJECT_DEVICE, UVERBS_BPF_METHOD_SCHEMA);
	cmd_out(&cmd, UVERBS_BPF_ATTR_SCHEMA_RECORDS, records, sizeof(records));
	cmd_out(&cmd, UVERBS_BPF_ATTR_SCHEMA_TOTAL, &total, sizeof(total));
	return cmd_call(fd, &cmd);
}

/* A call that is refused in words, unless these or something before them fail. */
static int call_words(void)
{
	struct {
		struct uverbs_bpf_error error;
		char text[UVERBS_BPF_ERROR_MAX];
	} answer = {};
	struct cmd cmd;
	int err;

	cmd_begin(&cmd, UVERBS_OBJECT_QP, UVERBS_BPF_METHOD_QP_MODIFY);
	cmd_handle(&cmd, UVERBS_BPF_ATTR_QP_HANDLE, objects[RC]);
	cmd_u64(&cmd, UVERBS_BPF_ATTR_QP_STATE, 99);
	cmd_out(&cmd, UVERBS_BPF_ATTR_ERROR, &answer, sizeof(answer));
	err = cmd_call(fd, &cmd);
	return err == EINVAL ? 0 : err ?: EPROTO;
}

static int call_pd_alloc(void)
{
	return own_alloc_pd(fd, &handle);
}

static void undo_pd(int err)
{
	if (!err)
		must("PD_DESTROY", destroy_pd(fd, handle));
}

static int call_mr_reg(void)
{
	return own_reg_mr(fd, objects[PD], memory, sizeof(memory), &handle);
}

static void undo_mr(int err)
{
	if (!err)
		must("MR_DESTROY", destroy_mr(fd, handle));
}

static int call_qp_modify(void)
{
	return own_qp_to_init(fd, objects[RC]);
}

static const struct uverbs_bpf_roce_path path = {
	.dest = { 0xfe, 0x80, [8] = 0, 0, 0xfa, 0xff, 0xfe, 0x4e, 0, 1 },
	.fields = UVERBS_BPF_ROCE_DEST_GID | UVERBS_BPF_ROCE_SGID_INDEX,
};

static int call_qp_connect(void)
{
	return own_connect_qp(fd, objects[RC], UVERBS_BPF_ATTR_ROCE_PATH, &path, sizeof(path));
}

static void prepare_connected(void)
{
	prepare_reset();
	must("QP_CONNECT", call_qp_connect());
}

static int call_qp_query(void)
{
	struct uverbs_bpf_qp_connection is;
	struct uverbs_bpf_roce_path to;
	struct cmd cmd;

	cmd_begin(&cmd, UVERBS_OBJECT_QP, UVERBS_BPF_METHOD_QP_QUERY);
	cmd_handle(&cmd, UVERBS_BPF_ATTR_QP_HANDLE, objects[RC]);
	cmd_out(&cmd, UVERBS_BPF_ATTR_QP_CONNECTION, &is, sizeof(is));
	cmd_out(&cmd, UVERBS_BPF_ATTR_ROCE_PATH, &to, sizeof(to));
	return cmd_call(fd, &cmd);
}

static int call_ah_create(void)
{
	struct cmd cmd;
	int err;

	cmd_begin(&cmd, UVERBS_OBJECT_AH, UVERBS_BPF_METHOD_AH_CREATE);
	cmd_handle(&cmd, UVERBS_BPF_ATTR_AH_HANDLE, 0);
	cmd_handle(&cmd, UVERBS_BPF_ATTR_AH_PD, objects[PD]);
	cmd_u32(&cmd, UVERBS_BPF_ATTR_AH_PORT, 1);
	cmd_in(&cmd, UVERBS_BPF_ATTR_ROCE_PATH, &path, sizeof(path));
	err = cmd_call(fd, &cmd);
	handle = cmd.attrs[0].data;
	return err;
}

static void undo_ah(int err)
{
	if (!err)
		must("AH_DESTROY", destroy_ah(fd, handle));
}

static const struct verb verbs[] = {
	{ "open", NULL, call_open, undo_file },
	{ "GET_CONTEXT", prepare_open, call_context, undo_open, .answers = true },
	{ "GET_CONTEXT by write", prepare_open, call_context_write, undo_open },
	{ "ASYNC_EVENT_ALLOC", NULL, call_async, undo_file },
	{ "CREATE_COMP_CHANNEL", NULL, call_channel, undo_file },
	{ "mmap", NULL, call_mmap, undo_mmap },
	{ "MODIFY_QP", prepare_reset, call_modify },
	{ "EX MODIFY_QP", prepare_reset, call_modify_ex },
	{ "QUERY_QP", NULL, call_query_qp },
	{ "REREG_MR, another MR", NULL, call_rereg_new },
	{ "REREG_MR, another PD", NULL, call_rereg_pd },
	{ "RESIZE_CQ", NULL, call_resize },
	{ "POLL_CQ", NULL, call_poll },
	{ "POST_RECV", prepare_init, call_post_recv },
	{ "ATTACH_MCAST", prepare_attach, call_attach },
	{ "DETACH_MCAST", prepare_detach, call_detach, undo_detach },
	{ "EX QUERY_DEVICE", NULL, call_query_device },
	{ "INFO_HANDLES", NULL, call_info_handles },
	{ "QUERY_GID_TABLE", NULL, call_gid_table },
	{ "SCHEMA", NULL, call_schema },
	{ "an error in words", NULL, call_words },
	{ "PD_ALLOC", NULL, call_pd_alloc, undo_pd },
	{ "MR_REG", NULL, call_mr_reg, undo_mr },
	{ "QP_MODIFY", prepare_reset, call_qp_modify },
	/* These by a program. */
	{ "QP_CONNECT", prepare_reset, call_qp_connect },
	{ "QP_QUERY", prepare_connected, call_qp_query },
	{ "AH_CREATE", NULL, call_ah_create, undo_ah },
};

/* ---- the loop ---- */

static void inject(const struct verb *verb, const char *object)
{
	unsigned int errnos[ERRNOS] = {}, survived = 0, refused = 0, point;
	char before[1024], after[1024];
	bool fired = true;
	int err, i;

	/* Once without a fault, also to see whether it can be done. */
	if (verb->prepare)
		verb->prepare();
	held(before, sizeof(before));
	err = verb->call();
	if (verb->undo)
		verb->undo(err);
	if (err) {
		printf("%s%s: left out, %s\n", verb->name, object, errno_name(err));
		return;
	}
	for (point = 1; fired; point++) {
		if (point == MAX_POINTS)
			die("%s%s: no end of points that can fail", verb->name, object);
		if (verb->prepare)
			verb->prepare();
		held(before, sizeof(before));
		arm(point);
		err = verb->call();
		fired = disarm();
		held(after, sizeof(after));
		if (err && !verb->answers && strcmp(before, after)) {
			printf("FAILED: %s%s: point %u, %s, and the device holds\n%s, not\n%s",
			       verb->name, object, point, errno_name(err), after, before);
			failed = true;
		}
		if (verb->undo)
			verb->undo(err);
		if (!fired && err) {
			printf("FAILED: %s%s: %s without a fault, at point %u\n", verb->name, object,
			       errno_name(err), point);
			failed = true;
		}
		survived += fired && !err;
		refused += fired && err;
		errnos[err < ERRNOS ? err : 0] += fired;
	}
	if (!refused) {
		printf("FAILED: %s%s: nothing can fail\n", verb->name, object);
		failed = true;
	}
	printf("%s%s: %u points, %u refused", verb->name, object, survived + refused, refused);
	for (i = 1; i < ERRNOS; i++)
		if (errnos[i])
			printf(", %s %u", errno_name(i), errnos[i]);
	printf("\n");
}

int main(int argc, char **argv)
{
	static const struct verb make = { "create ", NULL, call_make, undo_make };
	static const struct verb unmake = {
		"destroy ", prepare_destroy, call_destroy, undo_destroy, .answers = true,
	};
	unsigned int i;
	int err;

	if (argc != 3)
		die("usage: inject NODE FAKE");
	node = argv[1];
	fake = argv[2];
	setvbuf(stdout, NULL, _IOLBF, 0);
	fail_nth = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (fail_nth < 0)
		die("/proc/thread-self/fail-nth: %s", errno_name(errno));

	fd = raw_open(node);
	must("GET_CONTEXT", get_fake_context(fd, &context));
	must("CREATE_COMP_CHANNEL", create_channel(fd, &channel));
	must("ALLOC_PD", alloc_pd(fd, &other_pd));
	/* Each out of those before. */
	for (kind = 0; kind < KINDS; kind++) {
		err = make_object(fd, channel, kind, objects, &objects[kind]);
		lacks[kind] = err;
		if (err) {
			printf("%s: left out, %s\n", kinds[kind].name, errno_name(err));
			continue;
		}
		/*
		 * Not this one: where ib_core lacks memory between making the QP and sharing it, it
		 * leaves the domain counted as used, which can never be destroyed then.
		 */
		if (kind != TGT)
			inject(&make, kinds[kind].name);
		inject(&unmake, kinds[kind].name);
	}
	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		inject(&verbs[i], "");

	for (kind = KINDS; kind-- > 0;)
		if (!lacks[kind])
			must(kinds[kind].name, destroy_object(fd, kind, objects[kind]));
	must("PD_DESTROY", destroy_pd(fd, other_pd));
	return failed;
}
