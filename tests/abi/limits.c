// SPDX-License-Identifier: BSD-2-Clause
/*
 * limits NODE
 *
 * What a device tells of itself and its ports, byte by byte: QUERY_DEVICE and its extended form,
 * QUERY_PORT as command and as method, QUERY_PORT_SPEED. What is printed must not depend on who
 * serves NODE.
 */
#include "raw.h"

/* Newer kernels have it, the headers of the older one do not. */
#define METHOD_QUERY_PORT_SPEED	7

static int fd;

static void answer(const char *what, unsigned int which, int ret, const void *out, size_t len)
{
	printf("%s %u: %s ", what, which, errno_name(ret));
	print_bytes(out, len);
	putchar('\n');
}

static void device(void)
{
	struct ib_uverbs_query_device in = {};
	struct ib_uverbs_query_device_resp out = {};

	answer("QUERY_DEVICE", 0, legacy(fd, IB_USER_VERBS_CMD_QUERY_DEVICE, &in, sizeof(in), &out,
					 sizeof(out), NULL, 0), &out, sizeof(out));
}

/* Of each length, as older programs know less of it. */
static void device_ex(void)
{
	struct ib_uverbs_ex_query_device in = {};
	struct ib_uverbs_ex_query_device_resp out;
	unsigned int len;
	int ret;

	for (len = 4; len <= sizeof(out); len += 4) {
		memset(&out, 0xa5, sizeof(out));
		ret = legacy(fd, EX | IB_USER_VERBS_EX_CMD_QUERY_DEVICE, &in, sizeof(in), &out, len,
			     NULL, 0);
		answer("EX QUERY_DEVICE", len, ret, &out, sizeof(out));
	}
}

static void port_command(unsigned int number)
{
	struct ib_uverbs_query_port in = { .port_num = number };
	struct ib_uverbs_query_port_resp out = {};

	answer("QUERY_PORT", number, legacy(fd, IB_USER_VERBS_CMD_QUERY_PORT, &in, sizeof(in), &out,
					    sizeof(out), NULL, 0), &out, sizeof(out));
}

static void port_method(const char *what, uint16_t method, unsigned int number, size_t len)
{
	uint8_t out[sizeof(struct ib_uverbs_query_port_resp_ex)] = {};
	struct cmd cmd;

	cmd_begin(&cmd, UVERBS_OBJECT_DEVICE, method);
	cmd_u64(&cmd, UVERBS_ATTR_QUERY_PORT_PORT_NUM, number);
	cmd_out(&cmd, UVERBS_ATTR_QUERY_PORT_RESP, out, len);
	answer(what, number, cmd_call(fd, &cmd), out, sizeof(out));
}

int main(int argc, char **argv)
{
	unsigned int number;

	if (argc != 2) {
		fprintf(stderr, "usage: limits NODE\n");
		return 2;
	}
	fd = raw_open(argv[1]);
	must("GET_CONTEXT", get_context(fd));
	device();
	device_ex();
	/* There are two ports. */
	for (number = 0; number < 4; number++) {
		port_command(number);
		port_method("QUERY_PORT by method", UVERBS_METHOD_QUERY_PORT, number,
			    sizeof(struct ib_uverbs_query_port_resp_ex));
		port_method("QUERY_PORT_SPEED", METHOD_QUERY_PORT_SPEED, number, sizeof(uint64_t));
	}
	return 0;
}
