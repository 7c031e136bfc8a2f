// SPDX-License-Identifier: BSD-2-Clause
/*
 * Ids of namespace 2 and up are honoured or refused, whatever their flags,
 * and every refusal says why to who asks for it.
 *
 *	refusals NODE		of any device
 *	refusals removed NODE	make objects, print "ready"; on SIGUSR1 the device has gone
 *	refusals driver-qp NODE method|command
 *				a QP of the driver's own type, and a driver that refuses to change it
 *
 * Exit status: 0 if all was as it must be, else 1.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "raw.h"

#include "../../uapi/uverbs_bpf.h"

static int fd;
static unsigned int cases;

static struct {
	struct uverbs_bpf_error error;
	char text[UVERBS_BPF_ERROR_MAX];
	char guard;
} answer;

static void query_port(struct cmd *cmd)
{
	static struct ib_uverbs_query_port_resp_ex resp;

	cmd_begin(cmd, UVERBS_OBJECT_DEVICE, UVERBS_METHOD_QUERY_PORT);
	cmd_u64(cmd, UVERBS_ATTR_QUERY_PORT_PORT_NUM, 1);
	cmd_out(cmd, UVERBS_ATTR_QUERY_PORT_RESP, &resp, sizeof(resp));
}

static void ask(struct cmd *cmd, uint16_t len)
{
	memset(&answer, 0x55, sizeof(answer));
	cmd_out(cmd, UVERBS_BPF_ATTR_ERROR, &answer, len);
}

/* Also that what was said fits the room it had, and is marked valid. */
static void refused(const struct cmd *cmd, const char *what, int ret, int expected, uint16_t id,
		    const char *words)
{
	const struct ib_uverbs_attr *attr = &cmd->attrs[cmd->hdr.num_attrs - 1];

	cases++;
	if (ret != expected)
		die("%s: %s, expected %s", what, errno_name(ret), errno_name(expected));
	if (attr->attr_id != UVERBS_BPF_ATTR_ERROR ||
	    !(attr->flags & UVERBS_ATTR_F_VALID_OUTPUT))
		die("%s: the error is not marked valid", what);
	if (answer.error.code != -expected)
		die("%s: code %d, expected %d", what, answer.error.code, -expected);
	if (answer.error.attr_id != id)
		die("%s: attribute 0x%04x, expected 0x%04x", what, answer.error.attr_id, id);
	if (answer.error.length != strlen(answer.error.text))
		die("%s: length %u of '%s'", what, answer.error.length, answer.error.text);
	if (sizeof(answer.error) + answer.error.length >= attr->len)
		die("%s: length %u in %u bytes", what, answer.error.length, attr->len);
	if (!strstr(answer.error.text, words))
		die("%s: '%s' does not say '%s'", what, answer.error.text, words);
}

static void test_namespaces(void)
{
	static const uint16_t low[] = { 0, 1, 31, 0x7ff, 0xfff };
	struct cmd cmd;
	unsigned int ns, i;
	char words[16];
	uint16_t id, flags;

	for (ns = 2; ns < 16; ns++) {
		for (i = 0; i < 5; i++) {
			id = UVERBS_BPF_ID(ns, low[i]);
			if (id == UVERBS_BPF_ATTR_ERROR)
				continue;
			for (flags = 0; flags < 2; flags++) {
				query_port(&cmd);
				cmd_add(&cmd, id, 0, 0)->flags = flags;
				ask(&cmd, sizeof(answer));
				snprintf(words, sizeof(words), "0x%04x", id);
				refused(&cmd, words, cmd_call(fd, &cmd), EPROTONOSUPPORT, id, words);

				/* It need not be asked for. */
				query_port(&cmd);
				cmd_add(&cmd, id, 0, 0)->flags = flags;
				if (cmd_call(fd, &cmd) != EPROTONOSUPPORT)
					die("%s alone is not refused", words);
			}
			query_port(&cmd);
			cmd.hdr.object_id = id;
			if (cmd_call(fd, &cmd) != EPROTONOSUPPORT)
				die("object 0x%04x is not refused", id);
			query_port(&cmd);
			cmd.hdr.method_id = id;
			if (id != UVERBS_BPF_METHOD_SCHEMA && cmd_call(fd, &cmd) != EPROTONOSUPPORT)
				die("method 0x%04x is not refused", id);
		}
	}
}

/* The kernel's own attributes explain themselves as well. */
static void test_core(void)
{
	struct cmd cmd;

	query_port(&cmd);
	cmd.attrs[1].len = 4;
	ask(&cmd, sizeof(answer));
	refused(&cmd, "short output", cmd_call(fd, &cmd), EINVAL, UVERBS_ATTR_QUERY_PORT_RESP,
		"UVERBS_ATTR_QUERY_PORT_RESP: length 4");

	cmd_begin(&cmd, UVERBS_OBJECT_DEVICE, UVERBS_METHOD_QUERY_PORT);
	cmd_u64(&cmd, UVERBS_ATTR_QUERY_PORT_PORT_NUM, 1);
	ask(&cmd, sizeof(answer));
	refused(&cmd, "missing", cmd_call(fd, &cmd), EINVAL, UVERBS_ATTR_QUERY_PORT_RESP,
		"wants attribute UVERBS_ATTR_QUERY_PORT_RESP");

	query_port(&cmd);
	cmd_u64(&cmd, UVERBS_ATTR_QUERY_PORT_PORT_NUM, 1);
	ask(&cmd, sizeof(answer));
	refused(&cmd, "twice", cmd_call(fd, &cmd), EINVAL, UVERBS_ATTR_QUERY_PORT_PORT_NUM, "twice");

	query_port(&cmd);
	cmd_add(&cmd, 0x0abc, 0, 0);
	ask(&cmd, sizeof(answer));
	refused(&cmd, "unknown", cmd_call(fd, &cmd), EPROTONOSUPPORT, 0x0abc, "0x0abc");

	cmd_begin(&cmd, UVERBS_OBJECT_PD, UVERBS_METHOD_PD_DESTROY);
	cmd_handle(&cmd, UVERBS_ATTR_DESTROY_PD_HANDLE, 77);
	ask(&cmd, sizeof(answer));
	refused(&cmd, "no such PD", cmd_call(fd, &cmd), ENOENT, UVERBS_ATTR_DESTROY_PD_HANDLE,
		"UVERBS_ATTR_DESTROY_PD_HANDLE");
}

/* The answer keeps to the room it is given. */
static void test_room(void)
{
	struct cmd cmd;
	uint16_t len;

	for (len = sizeof(answer.error) + 1; len < 40; len++) {
		query_port(&cmd);
		cmd_add(&cmd, 0x2000, 0, 0);
		ask(&cmd, len);
		refused(&cmd, "short answer", cmd_call(fd, &cmd), EPROTONOSUPPORT, 0x2000, "");
		if (((char *)&answer)[len] != 0x55)
			die("an answer of %u bytes was written beyond its end", len);
	}
	/* Without room for a text nothing is written, and that is all. */
	for (len = 0; len <= sizeof(answer.error); len++) {
		query_port(&cmd);
		cmd_add(&cmd, 0x2000, 0, 0);
		ask(&cmd, len);
		if (cmd_call(fd, &cmd) != EPROTONOSUPPORT || answer.error.code != 0x55555555)
			die("room for %u bytes changed the call or was written to", len);
	}

	/* A bad address changes nothing about the refusal. */
	query_port(&cmd);
	cmd_add(&cmd, 0x2000, 0, 0);
	cmd_out(&cmd, UVERBS_BPF_ATTR_ERROR, (void *)8, sizeof(answer));
	if (cmd_call(fd, &cmd) != EPROTONOSUPPORT)
		die("an answer at a bad address changed the errno");

	/* Nothing is said when nothing is wrong. */
	query_port(&cmd);
	ask(&cmd, sizeof(answer));
	must("QUERY_PORT", cmd_call(fd, &cmd));
	if (answer.error.code != 0x55555555 ||
	    cmd.attrs[2].flags & UVERBS_ATTR_F_VALID_OUTPUT)
		die("an error was reported for a call that succeeded");
}

/* ---- of a device that has gone ---- */

/* Called on a file with a context and on one without. */
static const struct {
	const char *name;
	uint16_t object, method;
} gone_methods[] = {
	{ "GET_CONTEXT", UVERBS_OBJECT_DEVICE, UVERBS_METHOD_GET_CONTEXT },
	{ "QUERY_CONTEXT", UVERBS_OBJECT_DEVICE, UVERBS_METHOD_QUERY_CONTEXT },
	{ "QUERY_PORT", UVERBS_OBJECT_DEVICE, UVERBS_METHOD_QUERY_PORT },
	{ "INFO_HANDLES", UVERBS_OBJECT_DEVICE, UVERBS_METHOD_INFO_HANDLES },
	{ "INVOKE_WRITE", UVERBS_OBJECT_DEVICE, UVERBS_METHOD_INVOKE_WRITE },
	{ "SCHEMA", UVERBS_OBJECT_DEVICE, UVERBS_BPF_METHOD_SCHEMA },
	{ "CQ_CREATE", UVERBS_OBJECT_CQ, UVERBS_METHOD_CQ_CREATE },
	{ "QP_CREATE", UVERBS_OBJECT_QP, UVERBS_METHOD_QP_CREATE },
	{ "QP_MODIFY", UVERBS_OBJECT_QP, UVERBS_BPF_METHOD_QP_MODIFY },
	{ "QP_CONNECT", UVERBS_OBJECT_QP, UVERBS_BPF_METHOD_QP_CONNECT },
	{ "QP_QUERY", UVERBS_OBJECT_QP, UVERBS_BPF_METHOD_QP_QUERY },
	{ "AH_CREATE", UVERBS_OBJECT_AH, UVERBS_BPF_METHOD_AH_CREATE },
};

static const uint16_t gone_low[] = { 0, 1, 0xfff };
/* One for each namespace of programs and each of these. */
static uint32_t gone_pds[16][3];
static atomic_bool gone_stop;

/* Whether programs have it: not uverbs_bpf itself, in a namespace or two. */
static bool of_programs(unsigned int ns)
{
	return ns >= UVERBS_BPF_NS_IB && ns <= UVERBS_BPF_NS_PROVIDER_LAST &&
	       ns != UVERBS_BPF_NS_ETHERNET;
}

/* Until the device has gone, and then some. */
static void *call_on(void *arg)
{
	unsigned int ns = UVERBS_BPF_NS_IB;
	struct cmd cmd;
	int ret;

	for (; !gone_stop; ns = ns % UVERBS_BPF_NS_PROVIDER_LAST + 1) {
		if (!of_programs(ns))
			continue;
		query_port(&cmd);
		cmd_add(&cmd, UVERBS_BPF_ID(ns, 0xfff), 0, 0);
		ret = cmd_call(fd, &cmd);
		if (ret != EPROTONOSUPPORT && ret != EIO)
			die("namespace %u while the device goes: %s", ns, errno_name(ret));
	}
	return arg;
}

/* The attribute comes first, before any handle could tell that there is no device. */
static void test_gone_id(int empty, unsigned int ns, unsigned int low)
{
	uint16_t id = UVERBS_BPF_ID(ns, gone_low[low]);
	struct cmd cmd;
	unsigned int i;
	int of, ret;

	for (i = 0; i < sizeof(gone_methods) / sizeof(gone_methods[0]); i++) {
		for (of = 0; of < 2; of++) {
			cmd_begin(&cmd, gone_methods[i].object, gone_methods[i].method);
			cmd_add(&cmd, id, 0, 0);
			ret = cmd_call(of ? fd : empty, &cmd);
			if (ret != EIO)
				die("%s with 0x%04x: %s, expected EIO", gone_methods[i].name, id,
				    errno_name(ret));
			ask(&cmd, sizeof(answer));
			refused(&cmd, gone_methods[i].name, cmd_call(of ? fd : empty, &cmd), EIO, id,
				"the device is gone");
		}
	}

	/* What destroys goes on without programs, once. */
	cmd_begin(&cmd, UVERBS_OBJECT_PD, UVERBS_METHOD_PD_DESTROY);
	cmd_add(&cmd, id, 0, 0);
	cmd_handle(&cmd, UVERBS_ATTR_DESTROY_PD_HANDLE, gone_pds[ns][low]);
	must("PD_DESTROY", cmd_call(fd, &cmd));
	ask(&cmd, sizeof(answer));
	refused(&cmd, "PD_DESTROY again", cmd_call(fd, &cmd), ENOENT,
		UVERBS_ATTR_DESTROY_PD_HANDLE, "UVERBS_ATTR_DESTROY_PD_HANDLE");
}

/* A method of a provider's, whether it has such a one or not. */
static void test_gone_method(unsigned int ns)
{
	struct cmd cmd;
	int ret;

	cmd_begin(&cmd, UVERBS_OBJECT_DEVICE, UVERBS_BPF_ID(ns, 0xfff));
	ret = cmd_call(fd, &cmd);
	if (ret != (ns < UVERBS_BPF_NS_PROVIDER_FIRST ? EPROTONOSUPPORT : EIO))
		die("method 0x%04x: %s", cmd.hdr.method_id, errno_name(ret));
}

static void test_removed(const char *node)
{
	pthread_t threads[2];
	unsigned int ns, i;
	sigset_t set;
	int sig, empty;

	fd = raw_open(node);
	empty = raw_open(node);
	must("GET_CONTEXT", get_context(fd));
	for (ns = 0; ns < 16; ns++)
		for (i = 0; of_programs(ns) && i < 3; i++)
			must("ALLOC_PD", alloc_pd(fd, &gone_pds[ns][i]));
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (i = 0; i < 2; i++)
		must("pthread_create", pthread_create(&threads[i], NULL, call_on, NULL));
	puts("ready");
	fflush(stdout);
	sigwait(&set, &sig);
	gone_stop = true;
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);

	for (ns = 0; ns < 16; ns++) {
		if (!of_programs(ns))
			continue;
		for (i = 0; i < 3; i++)
			test_gone_id(empty, ns, i);
		test_gone_method(ns);
	}
}

/* ---- of a QP that the core knows nothing about ---- */

static void test_driver_qp(const char *node, bool command)
{
	struct ib_uverbs_modify_qp in = { .attr_mask = 1 << 0, .qp_state = 1 };
	struct cmd cmd;
	uint32_t pd, cq;

	fd = raw_open(node);
	must("GET_CONTEXT", get_context(fd));
	must("ALLOC_PD", alloc_pd(fd, &pd));
	must("CQ_CREATE", create_cq(fd, 16, -1, NULL, &cq));
	must("QP_CREATE", create_qp(fd, pd, cq, IB_UVERBS_QPT_DRIVER, &in.qp_handle));
	if (command) {
		cmd_begin(&cmd, UVERBS_OBJECT_DEVICE, UVERBS_METHOD_INVOKE_WRITE);
		cmd_u64(&cmd, UVERBS_ATTR_WRITE_CMD, IB_USER_VERBS_CMD_MODIFY_QP);
		cmd_in(&cmd, UVERBS_ATTR_CORE_IN, &in, sizeof(in));
	} else {
		cmd_begin(&cmd, UVERBS_OBJECT_QP, UVERBS_BPF_METHOD_QP_MODIFY);
		cmd_handle(&cmd, UVERBS_BPF_ATTR_QP_HANDLE, in.qp_handle);
		cmd_u64(&cmd, UVERBS_BPF_ATTR_QP_STATE, in.qp_state);
	}
	ask(&cmd, sizeof(answer));
	refused(&cmd, "a change of the QP", cmd_call(fd, &cmd), EINVAL, UVERBS_BPF_ATTR_NONE,
		"QP: the driver of fake0 refused the change");
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "driver-qp")) {
		test_driver_qp(argv[2], !strcmp(argv[3], "command"));
		printf("%s\n", answer.error.text);
		return 0;
	}
	if (argc == 3 && !strcmp(argv[1], "removed")) {
		test_removed(argv[2]);
		printf("%u refusals said why\n", cases);
		return 0;
	}
	if (argc != 2) {
		fprintf(stderr, "usage: refusals NODE | removed NODE | driver-qp NODE WHAT\n");
		return 1;
	}
	fd = open(argv[1], O_RDWR);
	if (fd < 0)
		die("%s: %s", argv[1], errno_name(errno));
	must("GET_CONTEXT", get_context(fd));
	test_namespaces();
	test_core();
	test_room();
	printf("%u refusals said why\n", cases);
	return 0;
}
