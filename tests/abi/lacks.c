// SPDX-License-Identifier: BSD-2-Clause
/*
 * lacks NODE
 *
 * One call of each kind to a fake device that may lack operations; each prints its answer, for
 * comparison with those of another node of the same device.
 *
 * Whether there is a method or a command at all is answered before what it was given is looked at:
 * so each number is called with nothing. What the method itself finds out takes a call that is right.
 */
#include "calls.h"
#include "dmabuf.h"
#include "objects.h"

/* No object has this handle. */
#define NOTHING		9999
#define MAX_OBJECT	24
#define MAX_METHOD	16
#define MAX_COMMAND	64

/* Newer kernels have them, the headers of the older one do not. */
#define METHOD_QUERY_PORT_SPEED		7
#define METHOD_COMP_CNTR_MODIFY		2
#define METHOD_COMP_CNTR_READ		3
#define METHOD_QP_ATTACH_COMP_CNTR	2

static int fd;
static uint32_t handles[KINDS];
static struct fake_context_resp context;

static void say(const char *what, int ret)
{
	printf("%s: %s\n", what, errno_name(ret));
}

/* ---- numbers ---- */

static void each_method(void)
{
	unsigned int object, method;
	struct cmd cmd;

	for (object = 0; object < MAX_OBJECT; object++)
		for (method = 0; method < MAX_METHOD; method++) {
			cmd_begin(&cmd, object, method);
			printf("method %u of object %u: %s\n", method, object,
			       errno_name(cmd_call(fd, &cmd)));
		}
}

/* By ioctl, with less than any command has. */
static void each_command(uint32_t extended)
{
	unsigned int command;
	uint8_t none = 0xff, out[512];

	for (command = 0; command < MAX_COMMAND; command++)
		printf("%scommand %u: %s\n", extended ? "extended " : "", command,
		       errno_name(legacy(fd, extended | command, &none, sizeof(none), out,
					 sizeof(out), NULL, 0)));
}

/* By write, with headers only. */
static void each_write(uint32_t extended)
{
	struct {
		struct ib_uverbs_cmd_hdr hdr;
		struct ib_uverbs_ex_cmd_hdr ex;
	} in = {};
	size_t size = extended ? sizeof(in) : sizeof(in.hdr);
	unsigned int command;

	for (command = 0; command < MAX_COMMAND; command++) {
		in.hdr.command = extended | command;
		/* Words of everything, or what follows the headers. */
		in.hdr.in_words = extended ? 0 : sizeof(in.hdr) / 4;
		printf("%scommand %u by write: %s\n", extended ? "extended " : "", command,
		       errno_name(write(fd, &in, size) < 0 ? errno : 0));
	}
}

/* ---- calls ---- */

static int query_context(void)
{
	uint32_t vectors;
	uint64_t support;
	struct cmd cmd;

	cmd_begin(&cmd, UVERBS_OBJECT_DEVICE, UVERBS_METHOD_QUERY_CONTEXT);
	cmd_out(&cmd, UVERBS_ATTR_QUERY_CONTEXT_NUM_COMP_VECTORS, &vectors, sizeof(vectors));
	cmd_out(&cmd, UVERBS_ATTR_QUERY_CONTEXT_CORE_SUPPORT, &support, sizeof(support));
	return cmd_call(fd, &cmd);
}

static int query_port_speed(void)
{
	uint64_t speed;
	struct cmd cmd;

	cmd_begin(&cmd, UVERBS_OBJECT_DEVICE, METHOD_QUERY_PORT_SPEED);
	cmd_u64(&cmd, 0, 1);
	cmd_out(&cmd, 1, &speed, sizeof(speed));
	return cmd_call(fd, &cmd);
}

static int advise_mr(void)
{
	struct ib_uverbs_sge sge = { .addr = (uintptr_t)objects_memory, .length = 64, .lkey = 0x1000 };
	struct cmd cmd;

	cmd_begin(&cmd, UVERBS_OBJECT_MR, UVERBS_METHOD_ADVISE_MR);
	cmd_handle(&cmd, UVERBS_ATTR_ADVISE_MR_PD_HANDLE, handles[PD]);
	cmd_u64(&cmd, UVERBS_ATTR_ADVISE_MR_ADVICE, 0);
	cmd_u32(&cmd, UVERBS_ATTR_ADVISE_MR_FLAGS, 0);
	cmd_in(&cmd, UVERBS_ATTR_ADVISE_MR_SGE_LIST, &sge, sizeof(sge));
	return cmd_call(fd, &cmd);
}

/* The node is no dma-buf, which is seen late. */
static int reg_dmabuf_mr(void)
{
	uint32_t keys[2];
	struct cmd cmd;

	reg_dmabuf_begin(&cmd, handles[PD], fd, 0, 0, keys);
	return cmd_call(fd, &cmd);
}

static int counters_read(void)
{
	return read_counters(fd, handles[COUNTERS]);
}

static int modify_comp_cntr(void)
{
	struct cmd cmd;

	cmd_begin(&cmd, OBJECT_COMP_CNTR, METHOD_COMP_CNTR_MODIFY);
	cmd_handle(&cmd, 0, handles[COMP_CNTR]);
	cmd_u64(&cmd, 1, 0);
	cmd_u64(&cmd, 2, 0);
	cmd_u64(&cmd, 3, 1);
	return cmd_call(fd, &cmd);
}

static int read_comp_cntr(void)
{
	uint64_t value;
	struct cmd cmd;

	cmd_begin(&cmd, OBJECT_COMP_CNTR, METHOD_COMP_CNTR_READ);
	cmd_handle(&cmd, 0, handles[COMP_CNTR]);
	cmd_u64(&cmd, 1, 0);
	cmd_out(&cmd, 2, &value, sizeof(value));
	return cmd_call(fd, &cmd);
}

static int attach_comp_cntr(void)
{
	struct cmd cmd;

	cmd_begin(&cmd, UVERBS_OBJECT_QP, METHOD_QP_ATTACH_COMP_CNTR);
	cmd_handle(&cmd, 0, handles[RC]);
	cmd_handle(&cmd, 1, handles[COMP_CNTR]);
	cmd_u32(&cmd, 2, 1);
	return cmd_call(fd, &cmd);
}

/* The first page a device has. */
static int map(void)
{
	void *page = mmap(NULL, context.bar_length, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			  context.bar_offset);

	if (page == MAP_FAILED)
		return errno;
	munmap(page, context.bar_length);
	return 0;
}

static const struct {
	const char *name;
	int (*call)(void);
} calls[] = {
	{ "QUERY_CONTEXT", query_context },
	{ "QUERY_PORT_SPEED", query_port_speed },
	{ "ADVISE_MR", advise_mr },
	{ "REG_DMABUF_MR", reg_dmabuf_mr },
	{ "COUNTERS_READ", counters_read },
	{ "COMP_CNTR_MODIFY", modify_comp_cntr },
	{ "COMP_CNTR_READ", read_comp_cntr },
	{ "QP_ATTACH_COMP_CNTR", attach_comp_cntr },
	{ "mmap", map },
};

int main(int argc, char **argv)
{
	unsigned int i;
	int kind;

	if (argc != 2)
		die("usage: lacks NODE");
	fd = raw_open(argv[1]);
	must("GET_CONTEXT", get_fake_context(fd, &context));
	each_method();
	each_command(0);
	each_command(EX);
	each_write(0);
	each_write(EX);
	for (kind = 0; kind < KINDS; kind++) {
		int ret = make_object(fd, -1, kind, handles, &handles[kind]);

		say(kinds[kind].name, ret);
		if (ret)
			handles[kind] = NOTHING;
	}
	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		say(calls[i].name, calls[i].call());
	while (kind--) {
		printf("destroyed, ");
		say(kinds[kind].name, destroy_object(fd, kind, handles[kind]));
	}
	return 0;
}
