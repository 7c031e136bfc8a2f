// SPDX-License-Identifier: BSD-2-Clause
/*
 * context NODE
 *
 * The legacy GET_CONTEXT by ioctl, in memory where the driver's output cannot
 * be marked valid: the call fails when its work is done. A context cannot be
 * taken back, so the file has it, with the async file that the answer named.
 * Says "ready", waits for an event of the port, and closes everything; what
 * happens to the port then must concern nobody.
 *
 * Exit status: 0 if all was as it must be, else 1.
 */
#include <poll.h>
#include <sys/mman.h>

#include "raw.h"

#define PAGE	4096

/* The call with its last attribute, the driver's output, in a page that is read only. */
static int call_unmarked(int fd, struct ib_uverbs_get_context_resp *resp)
{
	struct ib_uverbs_get_context in = {};
	struct cmd cmd;
	size_t head;
	void *pages;

	cmd_begin(&cmd, UVERBS_OBJECT_DEVICE, UVERBS_METHOD_INVOKE_WRITE);
	cmd_u64(&cmd, UVERBS_ATTR_WRITE_CMD, IB_USER_VERBS_CMD_GET_CONTEXT);
	cmd_in(&cmd, UVERBS_ATTR_CORE_IN, &in, sizeof(in));
	cmd_out(&cmd, UVERBS_ATTR_CORE_OUT, resp, sizeof(*resp));
	cmd_out(&cmd, ATTR_UHW_OUT, NULL, 0);
	head = cmd.hdr.length - sizeof(*cmd.attrs);

	pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (pages == MAP_FAILED)
		die("mmap: %s", strerror(errno));
	memcpy(pages + PAGE - head, &cmd, cmd.hdr.length);
	if (mprotect(pages + PAGE, PAGE, PROT_READ))
		die("mprotect: %s", strerror(errno));
	return cmd_call(fd, pages + PAGE - head);
}

int main(int argc, char **argv)
{
	struct ib_uverbs_get_context_resp resp = { .async_fd = ~0U };
	struct ib_uverbs_async_event_desc event;
	struct pollfd async = { .events = POLLIN };
	uint32_t pd;
	int fd, ret;

	if (argc != 2) {
		fprintf(stderr, "usage: context NODE\n");
		return 1;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	fd = open(argv[1], O_RDWR);
	if (fd < 0)
		die("%s: %s", argv[1], errno_name(errno));

	ret = call_unmarked(fd, &resp);
	if (ret != EFAULT)
		die("GET_CONTEXT: %s, expected EFAULT", errno_name(ret));
	async.fd = resp.async_fd;
	if (fcntl(async.fd, F_GETFD) < 0)
		die("the async file %d: %s", async.fd, errno_name(errno));
	ret = get_context(fd);
	if (ret != EINVAL)
		die("GET_CONTEXT again: %s, expected EINVAL", errno_name(ret));
	must("ALLOC_PD", alloc_pd(fd, &pd));

	puts("ready");
	if (poll(&async, 1, 10000) != 1 || read(async.fd, &event, sizeof(event)) != sizeof(event))
		die("no event");
	if (event.element != 1)
		die("event %u of port %llu", event.event_type, (unsigned long long)event.element);
	printf("event %u of port 1\n", event.event_type);
	close(async.fd);
	close(fd);
	return 0;
}
