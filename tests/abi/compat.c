// SPDX-License-Identifier: BSD-2-Clause
/*
 * compat NODE
 *
 * A 32-bit program on an rxe device: it makes, uses and destroys objects by ioctl, write, read, poll
 * and mmap, right and wrong, and prints what each call is answered. Every call of it is one of the
 * i386 ABI. It has no C library, since where this is built there need be none for 32 bits.
 */
#include <poll.h>

#include "raw.h"
#include "../../uapi/uverbs_bpf.h"

/* Numbers of the i386 ABI. */
enum {
	I386_EXIT = 1, I386_READ = 3, I386_WRITE = 4, I386_OPEN = 5, I386_CLOSE = 6, I386_IOCTL = 54,
	I386_MMAP = 90, I386_FCNTL = 55, I386_POLL = 168,
};

#define PAGE	4096

static char memory[2 * PAGE] __attribute__((aligned(PAGE)));
static int failure;

/* ---- what a C library has ---- */

int *__errno_location(void)
{
	return &failure;
}

static long sys(long number, long a, long b, long c)
{
	long ret;

	asm volatile("int $0x80" : "=a"(ret) : "0"(number), "b"(a), "c"(b), "d"(c) : "memory");
	if (ret >= 0 || ret < -4095)
		return ret;
	failure = -ret;
	return -1;
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	long arg;

	va_start(args, request);
	arg = va_arg(args, long);
	va_end(args);
	return sys(I386_IOCTL, fd, request, arg);
}

void *memset(void *to, int value, size_t len)
{
	void *end = to;

	asm volatile("rep stosb" : "+D"(end), "+c"(len) : "a"(value) : "memory");
	return to;
}

void *memcpy(void *to, const void *from, size_t len)
{
	void *end = to;

	asm volatile("rep movsb" : "+D"(end), "+S"(from), "+c"(len) : : "memory");
	return to;
}

size_t strlen(const char *text)
{
	const char *end = text;

	while (*end)
		end++;
	return end - text;
}

/* ---- output ---- */

static void print(const char *text)
{
	sys(I386_WRITE, 1, (long)text, strlen(text));
}

static void print_number(unsigned long number)
{
	char digits[12], *digit = digits + sizeof(digits) - 1;

	*digit = '\0';
	do {
		*--digit = '0' + number % 10;
	} while (number /= 10);
	print(digit);
}

static void say(const char *what, int err)
{
	print(what);
	print(err ? ": errno " : ": ok");
	if (err)
		print_number(err);
	print("\n");
}

static void say_number(const char *what, unsigned long number)
{
	print(what);
	print(": ");
	print_number(number);
	print("\n");
}

/* ---- calls ---- */

static int fd;

static int err(long ret)
{
	return ret == -1 ? failure : 0;
}

/* A legacy command by write(2): how much of it counts as written is its answer. */
static int command(uint32_t number, void *cmd, size_t len, size_t out_len)
{
	struct ib_uverbs_cmd_hdr *hdr = cmd;
	long ret;

	hdr->command = number;
	hdr->in_words = len / 4;
	hdr->out_words = out_len / 4;
	ret = sys(I386_WRITE, fd, (long)cmd, len);
	if (ret != -1 && (size_t)ret != len)
		say_number("not all was written, but", ret);
	return err(ret);
}

static void contexts(void)
{
	struct {
		struct ib_uverbs_cmd_hdr hdr;
		struct ib_uverbs_get_context cmd;
	} get = {};
	struct ib_uverbs_get_context_resp resp = {};
	uint32_t pd;

	say("ALLOC_PD without a context", alloc_pd(fd, &pd));
	get.cmd.response = (uintptr_t)&resp;
	say("GET_CONTEXT, room of 4 bytes, by write", command(IB_USER_VERBS_CMD_GET_CONTEXT, &get,
							     sizeof(get), 4));
	say("GET_CONTEXT by write", command(IB_USER_VERBS_CMD_GET_CONTEXT, &get, sizeof(get),
					    sizeof(resp)));
	say_number("vectors", resp.num_comp_vectors);
	say("GET_CONTEXT again, by ioctl", get_context(fd));
	sys(I386_CLOSE, resp.async_fd, 0, 0);
}

static void *map(struct mminfo *ring)
{
	/* The arguments of i386's mmap() are in memory. */
	unsigned long args[6] = {
		0, ring->size, 3 /* PROT_READ | PROT_WRITE */, 1 /* MAP_SHARED */, fd, ring->offset,
	};
	long ret = sys(I386_MMAP, (long)args, 0, 0);

	say("mmap", err(ret));
	return ret == -1 ? NULL : (void *)ret;
}

static void objects(void)
{
	struct {
		struct ib_uverbs_cmd_hdr hdr;
		struct ib_uverbs_req_notify_cq cmd;
	} notify = {};
	struct ib_uverbs_destroy_cq_resp cq_resp;
	struct ib_uverbs_destroy_qp_resp qp_resp;
	struct ib_uverbs_comp_event_desc event;
	struct ib_uverbs_query_qp_resp query;
	struct ib_uverbs_reg_mr_resp mr = {};
	struct pollfd pollfd = { .events = POLLIN };
	uint32_t pd, cq, qp;
	struct mminfo ring;
	unsigned int *queue;
	int channel;

	say("ALLOC_PD", alloc_pd(fd, &pd));
	say("REG_MR", reg_mr(fd, pd, memory, sizeof(memory), &mr));
	say("REG_MR of what is not there", reg_mr(fd, pd, (void *)PAGE, PAGE, &mr));
	say("REG_MR of the kernel", reg_mr(fd, pd, (void *)0xfffff000, PAGE, &mr));
	say("CREATE_COMP_CHANNEL", create_channel(fd, &channel));
	say("CQ_CREATE", create_cq(fd, 16, channel, &ring, &cq));
	queue = map(&ring);
	/* Of the head of a queue of rxe. */
	if (queue)
		say_number("log2 of the size of an element", queue[0]);
	say("QP_CREATE", create_qp(fd, pd, cq, IB_UVERBS_QPT_RC, &qp));
	say("QUERY_QP", query_qp(fd, qp, &query));
	say_number("sends", query.max_send_wr);
	say("QUERY_QP of another", query_qp(fd, qp + 1000, &query));

	notify.cmd.cq_handle = cq;
	say("REQ_NOTIFY_CQ by write", command(IB_USER_VERBS_CMD_REQ_NOTIFY_CQ, &notify,
					      sizeof(notify), 0));
	notify.cmd.cq_handle = cq + 1000;
	say("REQ_NOTIFY_CQ of another", command(IB_USER_VERBS_CMD_REQ_NOTIFY_CQ, &notify,
						sizeof(notify), 0));
	say("write of half a header", err(sys(I386_WRITE, fd, (long)&notify, 4)));
	say("write of what is not there", err(sys(I386_WRITE, fd, PAGE, 24)));
	pollfd.fd = channel;
	say_number("poll", sys(I386_POLL, (long)&pollfd, 1, 0));
	sys(I386_FCNTL, channel, F_SETFL, O_NONBLOCK);
	say("read", err(sys(I386_READ, channel, (long)&event, sizeof(event))));

	say("PD in use", destroy_pd(fd, pd));
	say("QP_DESTROY", destroy_qp(fd, qp, &qp_resp));
	say("CQ_DESTROY", destroy_cq(fd, cq, &cq_resp));
	say("MR_DESTROY", destroy_mr(fd, mr.mr_handle));
	say("PD_DESTROY", destroy_pd(fd, pd));
	say("PD_DESTROY again", destroy_pd(fd, pd));
}

/* The header of the ioctl is where a pointer is 32 bits. */
static void headers(void)
{
	struct cmd cmd;

	cmd_begin(&cmd, UVERBS_OBJECT_DEVICE, UVERBS_METHOD_QUERY_PORT);
	say("ioctl of what is not there", err(ioctl(fd, RDMA_VERBS_IOCTL, (void *)PAGE)));
	say("ioctl of the kernel's memory", err(ioctl(fd, RDMA_VERBS_IOCTL, (void *)0xfffff000)));
	say("another ioctl", err(ioctl(fd, RDMA_VERBS_IOCTL + 1, &cmd)));
	cmd.hdr.length++;
	say("a wrong length", cmd_call(fd, &cmd));
	cmd.hdr.length = 0xffff;
	say("a great length", cmd_call(fd, &cmd));
	cmd_begin(&cmd, UVERBS_OBJECT_DEVICE, UVERBS_METHOD_QUERY_PORT);
	cmd_u64(&cmd, UVERBS_ATTR_QUERY_PORT_PORT_NUM, 1);
	/* A pointer with an upper half. */
	cmd_add(&cmd, UVERBS_ATTR_QUERY_PORT_RESP, sizeof(struct ib_uverbs_query_port_resp_ex),
		1ULL << 32 | (uintptr_t)memory);
	say("QUERY_PORT beyond 4 GB", cmd_call(fd, &cmd));
	cmd.attrs[1].data = (uintptr_t)memory;
	say("QUERY_PORT", cmd_call(fd, &cmd));
	say_number("state", ((struct ib_uverbs_query_port_resp_ex *)memory)->legacy_resp.state);
}

/* Errors in words, from uverbs_bpf. */
static void words(void)
{
	struct {
		struct uverbs_bpf_error error;
		char text[UVERBS_BPF_ERROR_MAX];
	} answer = {};
	struct cmd cmd;

	cmd_begin(&cmd, UVERBS_OBJECT_DEVICE, UVERBS_METHOD_QUERY_PORT);
	cmd_u64(&cmd, UVERBS_ATTR_QUERY_PORT_PORT_NUM, 1);
	cmd_out(&cmd, UVERBS_ATTR_QUERY_PORT_RESP, memory,
		sizeof(struct ib_uverbs_query_port_resp_ex));
	/* Of a provider that is not there. */
	cmd_u32(&cmd, UVERBS_BPF_ID(UVERBS_BPF_NS_PROVIDER_LAST, 5), 0);
	cmd_out(&cmd, UVERBS_BPF_ATTR_ERROR, &answer, sizeof(answer));
	say("own: QUERY_PORT with an attribute too many", cmd_call(fd, &cmd));
	print("own: ");
	print(answer.error.text);
	print("\n");
}

/* From the stack as the kernel makes it. */
__attribute__((used, noreturn))
static void entry(long *stack)
{
	char **argv = (char **)(stack + 1);
	int status = 2;

	if (stack[0] == 2) {
		fd = sys(I386_OPEN, (long)argv[1], O_RDWR, 0);
		say("open", err(fd));
		contexts();
		objects();
		headers();
		words();
		status = 0;
	}
	sys(I386_EXIT, status, 0, 0);
	__builtin_unreachable();
}

asm(".globl _start\n"
    "_start: mov %esp, %eax\n"
    "and $-16, %esp\n"
    "sub $12, %esp\n"
    "push %eax\n"
    "call entry\n");
