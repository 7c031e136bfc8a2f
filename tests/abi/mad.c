// SPDX-License-Identifier: BSD-2-Clause
/*
 * MAD agents: two of them talk to each other, and what is refused.
 *
 *	mad fabric NODE			two ports that can reach each other by LID 1 and 2
 *	mad port NODE DRIVER GID	one RoCE port, that can reach itself by its GID of index 0
 *	mad refused NODE DRIVER SMI	REGISTER is refused; prints the errno and the reason
 *	mad hold NODE DRIVER GID	an agent on such a port with a request outstanding, until
 *					it is killed
 *	mad removed NODE DRIVER		prints "ready" when two agents on such ports have requests
 *					outstanding and something to receive; after a line of input
 *					the device has gone
 *
 * DRIVER is a number of enum rdma_driver_id.
 */
#include <arpa/inet.h>
#include <endian.h>
#include <poll.h>
#include <time.h>

#include "raw.h"
#include "../../uapi/uverbs_bpf.h"

#define CLASS		0x30	/* a vendor class, with OUI and RMPP */
#define OTHER_CLASS	0x31	/* one for which nobody registers */
#define GET		0x01
#define SEND		0x03
#define GET_RESP	0x81
#define QP1		1
#define HEADER		40	/* of a vendor class */

static uint16_t driver = RDMA_DRIVER_QIB;
static char reason[UVERBS_BPF_ERROR_MAX];

struct mad {
	uint8_t base_version;
	uint8_t mgmt_class;
	uint8_t class_version;
	uint8_t method;
	uint16_t status;
	uint16_t class_specific;
	uint64_t tid;
	uint16_t attr_id;
	uint16_t resv;
	uint32_t attr_mod;
	union {
		struct {
			uint8_t rmpp_version;
			uint8_t rmpp_type;
			uint8_t rmpp_flags;
			uint8_t rmpp_status;
			uint32_t segment;
			uint32_t payload;
			uint8_t reserved;
			uint8_t oui[3];
		};
		uint8_t rest[2024];
	};
};

#define check(condition, ...)							\
	do {									\
		if (!(condition)) {						\
			printf("%s:%d: %s: ", __FILE__, __LINE__, #condition);	\
			printf(__VA_ARGS__);					\
			printf("; %s\n", reason);				\
			exit(1);						\
		}								\
	} while (0)

static int call(int fd, struct cmd *cmd)
{
	struct {
		struct uverbs_bpf_error head;
		char text[UVERBS_BPF_ERROR_MAX];
	} error = {};
	int ret;

	cmd->hdr.driver_id = driver;
	cmd_out(cmd, UVERBS_BPF_ATTR_ERROR, &error, sizeof(error));
	ret = cmd_call(fd, cmd);
	snprintf(reason, sizeof(reason), "%s", ret ? error.text : "");
	return ret;
}

static int open_device(const char *node)
{
	int fd = open(node, O_RDWR | O_CLOEXEC);
	uint64_t answer[4];
	struct cmd cmd;

	check(fd >= 0, "%s: %m", node);
	cmd_begin(&cmd, UVERBS_OBJECT_DEVICE, UVERBS_METHOD_GET_CONTEXT);
	/* siw insists on telling what it is. */
	if (driver == RDMA_DRIVER_SIW)
		cmd_out(&cmd, ATTR_UHW_OUT, answer, sizeof(answer));
	check(!call(fd, &cmd), "GET_CONTEXT");
	return fd;
}

struct registration {
	uint32_t port;
	bool smi;
	uint8_t class;
	bool rmpp;
};

static int try_register(int fd, const struct registration *r, int *agent)
{
	struct uverbs_bpf_mad_class class = {
		.method_mask = { 1 << GET | 1 << SEND },
		.mgmt_class = r->class,
		.version = 1,
		.oui = { 0x02, 0x00, 0x01 },
	};
	struct cmd cmd;
	int ret;

	cmd_begin(&cmd, UVERBS_BPF_OBJECT_MAD_AGENT, UVERBS_BPF_METHOD_MAD_REGISTER);
	cmd_fd(&cmd, UVERBS_BPF_ATTR_MAD_AGENT, 0);
	cmd_u32(&cmd, UVERBS_BPF_ATTR_MAD_PORT, r->port);
	if (r->smi)
		cmd_u64(&cmd, UVERBS_BPF_ATTR_MAD_SMI, 1);
	if (r->class)
		cmd_in(&cmd, UVERBS_BPF_ATTR_MAD_CLASS, &class, sizeof(class));
	if (r->rmpp)
		cmd_u64(&cmd, UVERBS_BPF_ATTR_MAD_RMPP_VERSION, 1);
	ret = call(fd, &cmd);
	*agent = ret ? -1 : (int)cmd.attrs[0].data;
	return ret;
}

static int do_register(int fd, uint32_t port, uint8_t class, bool rmpp)
{
	struct registration r = { .port = port, .class = class, .rmpp = rmpp };
	int agent, ret = try_register(fd, &r, &agent);

	check(!ret, "REGISTER: %s", strerror(ret));
	return agent;
}

static int do_send(int fd, int agent, const struct uverbs_bpf_mad_address *address,
		   const void *data, uint16_t length, uint64_t cookie, uint32_t timeout_ms)
{
	struct uverbs_bpf_mad_request request = { .cookie = cookie, .timeout_ms = timeout_ms };
	struct cmd cmd;

	cmd_begin(&cmd, UVERBS_BPF_OBJECT_MAD_AGENT, UVERBS_BPF_METHOD_MAD_SEND);
	cmd_fd(&cmd, UVERBS_BPF_ATTR_MAD_AGENT, agent);
	cmd_in(&cmd, UVERBS_BPF_ATTR_MAD_ADDRESS, address, sizeof(*address));
	cmd_in(&cmd, UVERBS_BPF_ATTR_MAD_DATA, data, length);
	cmd_in(&cmd, UVERBS_BPF_ATTR_MAD_REQUEST, &request, sizeof(request));
	return call(fd, &cmd);
}

static int do_receive(int fd, int agent, void *data, uint16_t room,
		      struct uverbs_bpf_mad_address *address, struct uverbs_bpf_mad_status *status)
{
	struct cmd cmd;

	memset(status, 0xff, sizeof(*status));
	cmd_begin(&cmd, UVERBS_BPF_OBJECT_MAD_AGENT, UVERBS_BPF_METHOD_MAD_RECEIVE);
	cmd_fd(&cmd, UVERBS_BPF_ATTR_MAD_AGENT, agent);
	cmd_out(&cmd, UVERBS_BPF_ATTR_MAD_ADDRESS, address, sizeof(*address));
	cmd_out(&cmd, UVERBS_BPF_ATTR_MAD_DATA, data, room);
	cmd_out(&cmd, UVERBS_BPF_ATTR_MAD_STATUS, status, sizeof(*status));
	return call(fd, &cmd);
}

static void await(int agent)
{
	struct pollfd pollfd = { .fd = agent, .events = POLLIN };

	check(poll(&pollfd, 1, 20000) == 1 && pollfd.revents == POLLIN, "poll: 0x%x",
	      pollfd.revents);
}

static struct mad vendor_mad(uint8_t class, uint8_t method, uint32_t tid)
{
	struct mad mad = {
		.base_version = 1,
		.mgmt_class = class,
		.class_version = 1,
		.method = method,
		.tid = htobe64(tid),
		.attr_id = htobe16(0x10),
		.oui = { 0x02, 0x00, 0x01 },
	};

	memset(mad.rest + HEADER - 24, method, 200);
	return mad;
}

/* A request and its answer, and what the receiver may do with either. */
static void exchange(int fd, int asks, int answers, uint8_t class,
		     const struct uverbs_bpf_mad_address *to, uint16_t from_lid)
{
	struct mad mad = vendor_mad(class, GET, 0x1234), got = {};
	struct uverbs_bpf_mad_address from;
	struct uverbs_bpf_mad_status status;
	struct pollfd pollfd = { .fd = answers, .events = POLLIN };
	int ret;

	ret = do_receive(fd, answers, &got, 256, &from, &status);
	check(ret == EAGAIN, "RECEIVE of nothing: %s", strerror(ret));
	check(poll(&pollfd, 1, 0) == 0, "poll with nothing to receive");

	ret = do_send(fd, asks, to, &mad, 256, 42, 10000);
	check(!ret, "SEND: %s", strerror(ret));
	await(answers);
	ret = do_receive(fd, answers, &got, 255, &from, &status);
	check(ret == ENOSPC && strstr(reason, "the MAD has 256"), "RECEIVE with too little room: %s",
	      strerror(ret));
	/* Where the data, or what follows it, cannot be written the MAD stays as well. */
	ret = do_receive(fd, answers, (void *)8, 256, &from, &status);
	check(ret == EFAULT, "RECEIVE into nowhere: %s", strerror(ret));
	ret = do_receive(fd, answers, &got, 256, (void *)8, &status);
	check(ret == EFAULT, "RECEIVE with an address into nowhere: %s", strerror(ret));
	await(answers);
	ret = do_receive(fd, answers, &got, 256, &from, &status);
	check(!ret, "RECEIVE: %s", strerror(ret));
	check(status.cookie == 0 && status.status == 0 && status.length == 256,
	      "cookie %llu, status %d, length %u", (unsigned long long)status.cookie, status.status,
	      status.length);
	check((uint32_t)be64toh(got.tid) == 0x1234 && got.mgmt_class == class && got.method == GET,
	      "another MAD arrived");
	check(!memcmp(got.rest, mad.rest, 256 - 24), "other data arrived");
	check(from.qpn == QP1 && (!from_lid || from.lid == from_lid), "from LID %u QP %u",
	      from.lid, from.qpn);

	mad = vendor_mad(class, GET_RESP, 0);
	mad.tid = got.tid;
	ret = do_send(fd, answers, &from, &mad, 256, 0, 0);
	check(!ret, "SEND of the answer: %s", strerror(ret));
	await(asks);
	ret = do_receive(fd, asks, &got, 256, &from, &status);
	check(!ret && status.cookie == 42 && status.status == 0, "RECEIVE of the answer: %s, %d",
	      strerror(ret), status.status);
	check(!memcmp(got.rest, mad.rest, 256 - 24), "another answer arrived");
	ret = do_receive(fd, asks, &got, 256, &from, &status);
	check(ret == EAGAIN, "RECEIVE after the answer: %s", strerror(ret));
}

/* The classes whose headers are the longest, 64 bytes. */
static void long_headers(int fd, int asks, const struct uverbs_bpf_mad_address *to)
{
	static const uint8_t classes[] = { 0x06, 0x10, 0x12 };
	unsigned int i;
	int answers;

	for (i = 0; i < sizeof(classes); i++) {
		answers = do_register(fd, 2, classes[i], false);
		exchange(fd, asks, answers, classes[i], to, 1);
		close(answers);
	}
}

/* Nobody answers: the agent that asked is told so. (To a GET that nobody takes ib_mad answers.) */
static void timed_out(int fd, int asks, const struct uverbs_bpf_mad_address *to, uint8_t class)
{
	struct mad mad = vendor_mad(class, SEND, 7), got = {};
	struct uverbs_bpf_mad_address from;
	struct uverbs_bpf_mad_status status;
	int ret;

	ret = do_send(fd, asks, to, &mad, 256, 77, 50);
	check(!ret, "SEND: %s", strerror(ret));
	await(asks);
	ret = do_receive(fd, asks, &got, 256, &from, &status);
	check(!ret && status.cookie == 77 && status.status == -ETIMEDOUT && status.length == 24,
	      "a request nobody answers: %s, status %d, length %u", strerror(ret), status.status,
	      status.length);
	check((uint32_t)be64toh(got.tid) == 7, "of another request");
}

/*
 * MADs of several segments, which ib_mad splits and puts together. Of the RMPP header only the flag
 * that asks for it counts, since the rest is for ib_mad to fill in: whatever it says, they arrive.
 * Their address handles are given back: one that is lost keeps a reference on the GID it was made
 * with, of which ib_core warns when a RoCE device is removed.
 */
static void long_mads(int fd, const struct uverbs_bpf_mad_address *to, uint32_t port)
{
	int sends = do_register(fd, 1, 0, true);
	int receives = do_register(fd, port, OTHER_CLASS, true);
	struct uverbs_bpf_mad_address from;
	struct uverbs_bpf_mad_status status;
	const uint16_t length = 1000;
	uint32_t i;
	int k, ret;

	for (i = 0; i < 60; i++) {
		struct mad mad = vendor_mad(OTHER_CLASS, SEND, 9 + i), got = {};

		mad.rmpp_version = 1;
		mad.rmpp_type = 1 + i % 4;
		mad.rmpp_flags = 1;
		mad.segment = htobe32(i);
		mad.payload = htobe32(length);
		for (k = HEADER - 24; k < length - 24; k++)
			mad.rest[k] = k * 7 + i;
		ret = do_send(fd, sends, to, &mad, length, 1, 0);
		check(!ret, "SEND of %u bytes, type %u: %s", length, mad.rmpp_type, strerror(ret));
		await(receives);
		ret = do_receive(fd, receives, &got, 256, &from, &status);
		check(ret == ENOSPC, "RECEIVE of the first segment alone: %s", strerror(ret));
		ret = do_receive(fd, receives, &got, sizeof(got), &from, &status);
		check(!ret && status.length == length, "RECEIVE: %s, %u bytes", strerror(ret),
		      status.length);
		check(got.rmpp_type == 1 && (uint32_t)be64toh(got.tid) == 9 + i,
		      "type %u of MAD %u", got.rmpp_type, i);
		check(!memcmp(got.rest + HEADER - 24, mad.rest + HEADER - 24, length - HEADER),
		      "other data arrived");
	}
	close(sends);
	close(receives);
}

/*
 * The longest MAD that can be received, and one that is a byte longer: there is word of it, and it
 * is in nobody's way. SEND has no room for it either, so its segments are made here, and what the
 * receiver acknowledges is read here.
 */
static void longest_mad(int fd, const struct uverbs_bpf_mad_address *to)
{
	static uint8_t sent[UINT16_MAX], received[UINT16_MAX];
	struct mad mad = vendor_mad(OTHER_CLASS, SEND, 11), got = {};
	int sends = do_register(fd, 1, 0, true), receives = do_register(fd, 2, OTHER_CLASS, true);
	const uint32_t segment_size = 256 - HEADER, data = UINT16_MAX + 1 - HEADER;
	const uint32_t segments = (data + segment_size - 1) / segment_size;
	struct uverbs_bpf_mad_address from;
	struct uverbs_bpf_mad_status status;
	uint32_t window = 1, i;
	int ret;

	mad.rmpp_version = 1;
	mad.rmpp_type = 1;
	mad.rmpp_flags = 1;
	memcpy(sent, &mad, HEADER);
	for (i = HEADER; i < sizeof(sent); i++)
		sent[i] = i * 7 + i / segment_size;
	ret = do_send(fd, sends, to, sent, sizeof(sent), 1, 0);
	check(!ret, "SEND of %zu bytes: %s", sizeof(sent), strerror(ret));
	await(receives);
	ret = do_receive(fd, receives, received, sizeof(received), &from, &status);
	check(!ret && status.length == sizeof(sent), "RECEIVE: %s, %u bytes", strerror(ret),
	      status.length);
	check(!memcmp(received + HEADER, sent + HEADER, sizeof(sent) - HEADER),
	      "other data arrived");
	close(sends);

	sends = do_register(fd, 1, 0, false);
	mad.tid = htobe64(12);
	for (i = 1; i <= segments; i++) {
		while (i > window) {
			await(sends);
			ret = do_receive(fd, sends, &got, 256, &from, &status);
			check(!ret && status.status == 0 && got.rmpp_type == 2,
			      "acknowledgment: %s, status %d, type %u", strerror(ret),
			      status.status, got.rmpp_type);
			window = be32toh(got.payload);
		}
		/* The class's own header, of which the OUI is, counts as data. */
		mad.segment = htobe32(i);
		mad.rmpp_flags = 1 | (i == 1 ? 2 : 0) | (i == segments ? 4 : 0);
		mad.payload = htobe32(HEADER - 36 + (i < segments ? segment_size :
							data - (segments - 1) * segment_size));
		ret = do_send(fd, sends, to, &mad, 256, 0, 0);
		check(!ret, "SEND of segment %u: %s", i, strerror(ret));
	}
	await(receives);
	ret = do_receive(fd, receives, &got, 256, &from, &status);
	check(!ret && status.cookie == 0 && status.status == -EMSGSIZE && status.length == 24,
	      "RECEIVE of a MAD too long: %s, status %d, %u bytes", strerror(ret), status.status,
	      status.length);
	check(got.mgmt_class == OTHER_CLASS && (uint32_t)be64toh(got.tid) == 12 && from.lid == 1,
	      "of another MAD");
	ret = do_receive(fd, receives, &got, 256, &from, &status);
	check(ret == EAGAIN, "RECEIVE after it: %s", strerror(ret));

	mad = vendor_mad(OTHER_CLASS, SEND, 13);
	ret = do_send(fd, sends, to, &mad, 256, 0, 0);
	check(!ret, "SEND after it: %s", strerror(ret));
	await(receives);
	ret = do_receive(fd, receives, &got, 256, &from, &status);
	check(!ret && status.status == 0 && (uint32_t)be64toh(got.tid) == 13,
	      "RECEIVE of the next: %s, status %d", strerror(ret), status.status);
	close(sends);
	close(receives);
}

/* The port's own answer to a question on QP 0. */
static void node_info(int fd)
{
	struct registration r = { .port = 1, .smi = true };
	struct uverbs_bpf_mad_address to = { .lid = 2 }, from;
	struct uverbs_bpf_mad_status status;
	struct mad got = {}, mad = {
		.base_version = 1, .mgmt_class = 0x01, .class_version = 1, .method = GET,
		.tid = htobe64(3), .attr_id = htobe16(0x11),
	};
	int agent, ret;

	ret = try_register(fd, &r, &agent);
	check(!ret, "REGISTER on QP 0: %s", strerror(ret));
	ret = do_send(fd, agent, &to, &mad, 256, 5, 10000);
	check(!ret, "SEND on QP 0: %s", strerror(ret));
	await(agent);
	ret = do_receive(fd, agent, &got, 256, &from, &status);
	check(!ret && status.cookie == 5 && status.status == 0 && got.method == GET_RESP,
	      "NodeInfo: %s, status %d", strerror(ret), status.status);
	/* NodeType: channel adapter. */
	check(got.rest[40 + 2] == 1, "NodeInfo is of something else");
	check(from.qpn == 0 && from.lid == 2, "from LID %u QP %u", from.lid, from.qpn);
	close(agent);
}

static void refusals(int fd)
{
	struct uverbs_bpf_mad_address to = { .qpn = QP1, .lid = 2 }, bad = to;
	struct mad mad = vendor_mad(CLASS, GET, 1);
	struct registration r = { .port = 0 };
	int agent, other, ret;

	ret = try_register(fd, &r, &agent);
	check(ret == EINVAL && strstr(reason, "ports 1 to 2"), "port 0: %s", strerror(ret));
	r.port = 3;
	ret = try_register(fd, &r, &agent);
	check(ret == EINVAL, "port 3: %s", strerror(ret));

	agent = do_register(fd, 1, CLASS, false);
	r = (struct registration) { .port = 1, .class = CLASS };
	ret = try_register(fd, &r, &other);
	check(ret == EINVAL && strstr(reason, "another agent"), "a class twice: %s", strerror(ret));

	ret = do_send(fd, agent, &to, &mad, HEADER - 1, 0, 0);
	check(ret == EINVAL && strstr(reason, "39 bytes"), "short header: %s", strerror(ret));
	ret = do_send(fd, agent, &to, &mad, 23, 0, 0);
	check(ret == EINVAL, "no header: %s", strerror(ret));
	ret = do_send(fd, agent, &to, &mad, 257, 0, 0);
	check(ret == EINVAL && strstr(reason, "up to 256"), "long MAD: %s", strerror(ret));
	bad.reserved = 1;
	ret = do_send(fd, agent, &bad, &mad, 256, 0, 0);
	check(ret == EINVAL, "reserved: %s", strerror(ret));
	bad = to;
	bad.has_grh = 2;
	ret = do_send(fd, agent, &bad, &mad, 256, 0, 0);
	check(ret == EINVAL, "has_grh: %s", strerror(ret));
	ret = do_send(fd, agent, &to, &mad, 256, 0, 0x80000000u);
	check(ret == EINVAL, "timeout: %s", strerror(ret));
	ret = do_send(fd, agent, &to, (void *)8, 256, 0, 0);
	check(ret == EFAULT, "data that is not there: %s", strerror(ret));
	ret = do_send(fd, fd, &to, &mad, 256, 0, 0);
	check(ret == EBADF, "a file that is no agent: %s", strerror(ret));
	close(agent);
}

/* Requests that are never answered do not keep the agent, nor the device file. */
static void close_with_requests(const char *node)
{
	struct uverbs_bpf_mad_address to = { .qpn = QP1, .lid = 2 };
	struct mad mad = vendor_mad(OTHER_CLASS, SEND, 1);
	int fd = open_device(node), first = do_register(fd, 1, 0, false);
	int second = do_register(fd, 1, 0, false), i, ret;
	time_t before = time(NULL);

	for (i = 0; i < 20; i++) {
		ret = do_send(fd, i % 2 ? first : second, &to, &mad, 256, i, 60000);
		check(!ret, "SEND %d: %s", i, strerror(ret));
	}
	close(first);
	close(fd);
	close(second);
	check(time(NULL) - before < 20, "closing waited for the requests");
}

static void fabric(const char *node)
{
	struct uverbs_bpf_mad_address to = { .qpn = QP1, .lid = 2 };
	int fd = open_device(node), asks, answers;

	asks = do_register(fd, 1, 0, false);
	answers = do_register(fd, 2, CLASS, false);
	exchange(fd, asks, answers, CLASS, &to, 1);
	timed_out(fd, asks, &to, OTHER_CLASS);
	close(answers);
	timed_out(fd, asks, &to, CLASS);
	long_headers(fd, asks, &to);
	/* The class is free again. */
	close(do_register(fd, 2, CLASS, false));
	close(asks);
	long_mads(fd, &to, 2);
	longest_mad(fd, &to);
	node_info(fd);
	refusals(fd);
	close(fd);
	close_with_requests(node);
	puts("fabric: ok");
}

static void port(const char *node, const char *gid)
{
	struct uverbs_bpf_mad_address to = {
		.qpn = QP1, .has_grh = 1, .hop_limit = 64,
	};
	int fd = open_device(node), asks, answers;

	check(inet_pton(AF_INET6, gid, to.gid) == 1, "%s: no GID", gid);
	asks = do_register(fd, 1, 0, false);
	answers = do_register(fd, 1, CLASS, false);
	exchange(fd, asks, answers, CLASS, &to, 0);
	timed_out(fd, asks, &to, OTHER_CLASS);
	long_mads(fd, &to, 1);
	puts("port: ok");
}

static void hold(const char *node, const char *gid)
{
	struct uverbs_bpf_mad_address to = { .qpn = QP1, .has_grh = 1, .hop_limit = 64 };
	struct mad mad = vendor_mad(OTHER_CLASS, SEND, 1);
	int fd = open_device(node), agent, ret;

	check(inet_pton(AF_INET6, gid, to.gid) == 1, "%s: no GID", gid);
	agent = do_register(fd, 1, CLASS, false);
	ret = do_send(fd, agent, &to, &mad, 256, 1, 60000);
	check(!ret, "SEND: %s", strerror(ret));
	puts("ready");
	fflush(stdout);
	pause();
}

/* What is left of an agent when its device has gone; neither it nor the device waits for answers. */
static void removed(const char *node)
{
	struct uverbs_bpf_mad_address to = { .qpn = QP1, .lid = 2 }, from;
	struct mad unanswered = vendor_mad(OTHER_CLASS, SEND, 1), mad = vendor_mad(CLASS, SEND, 2), got;
	struct uverbs_bpf_mad_status status;
	struct registration r = { .port = 1 };
	int fd = open_device(node), asks, answers, other, i, ret;
	struct pollfd pollfd = { .events = POLLIN };
	char line[16];

	asks = do_register(fd, 1, 0, false);
	answers = do_register(fd, 2, CLASS, false);
	for (i = 0; i < 10; i++) {
		ret = do_send(fd, asks, &to, i % 2 ? &mad : &unanswered, 256, i, 60000);
		check(!ret, "SEND %d: %s", i, strerror(ret));
	}
	await(answers);
	puts("ready");
	fflush(stdout);
	check(fgets(line, sizeof(line), stdin), "no line of input");

	for (i = 0; i < 2; i++) {
		pollfd.fd = i ? asks : answers;
		check(poll(&pollfd, 1, 20000) == 1 && pollfd.revents == POLLERR, "poll: 0x%x",
		      pollfd.revents);
		ret = do_receive(fd, pollfd.fd, &got, 256, &from, &status);
		check(ret == EIO, "RECEIVE: %s", strerror(ret));
		ret = do_send(fd, pollfd.fd, &to, &mad, 256, 1, 1000);
		check(ret == EIO, "SEND: %s", strerror(ret));
	}
	ret = try_register(fd, &r, &other);
	check(ret == EIO, "REGISTER: %s", strerror(ret));
	/* In either order with the device file. */
	close(asks);
	close(fd);
	close(answers);
	puts("removed: ok");
}

int main(int argc, char *argv[])
{
	const char *what = argc > 2 ? argv[1] : "";
	struct registration r = { .port = 1 };
	int agent, ret;

	if (argc > 3)
		driver = atoi(argv[3]);
	if (!strcmp(what, "fabric")) {
		fabric(argv[2]);
	} else if (!strcmp(what, "port") && argc > 4) {
		port(argv[2], argv[4]);
	} else if (!strcmp(what, "hold") && argc > 4) {
		hold(argv[2], argv[4]);
	} else if (!strcmp(what, "removed") && argc > 3) {
		removed(argv[2]);
	} else if (!strcmp(what, "refused") && argc > 4) {
		r.smi = atoi(argv[4]);
		ret = try_register(open_device(argv[2]), &r, &agent);
		printf("%s: %s\n", ret ? strerrorname_np(ret) : "registered", reason);
	} else {
		fprintf(stderr, "usage: see the source\n");
		return 2;
	}
	return 0;
}
