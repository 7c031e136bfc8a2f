// SPDX-License-Identifier: BSD-2-Clause
/*
 * quota DEVICE PROCESSES EACH [BYTES]: so many processes, started at once, make
 * so many QPs each, or registrations of BYTES, and keep what they got until
 * all are done. Prints "made N refused M errno E", E of the last one refused.
 *
 * Exit status: 0, whatever was refused; 1 if something else failed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <infiniband/verbs.h>

static struct shared {
	int made, refused, error, done, broken;
} *shared;

static struct ibv_context *open_device(const char *name)
{
	struct ibv_device **list = ibv_get_device_list(NULL);
	int i;

	for (i = 0; list && list[i]; i++) {
		if (!strcmp(ibv_get_device_name(list[i]), name))
			return ibv_open_device(list[i]);
	}
	return NULL;
}

static void *make(struct ibv_pd *pd, struct ibv_cq *cq, char *buffer, size_t bytes)
{
	struct ibv_qp_init_attr attr = {
		.send_cq = cq, .recv_cq = cq, .qp_type = IBV_QPT_RC,
		.cap = { .max_send_wr = 1, .max_recv_wr = 1, .max_send_sge = 1, .max_recv_sge = 1 },
	};

	if (bytes)
		return ibv_reg_mr(pd, buffer, bytes, IBV_ACCESS_LOCAL_WRITE);
	return ibv_create_qp(pd, &attr);
}

static int process(const char *device, int each, size_t bytes, int start, int end)
{
	struct ibv_context *context = open_device(device);
	struct ibv_pd *pd = context ? ibv_alloc_pd(context) : NULL;
	struct ibv_cq *cq = pd ? ibv_create_cq(context, 16, NULL, NULL, 0) : NULL;
	char *buffer = aligned_alloc(4096, (bytes + 8191) & ~4095UL);
	char byte;
	int i;

	if (!cq || !buffer) {
		__sync_fetch_and_add(&shared->broken, 1);
		return 1;
	}
	(void)!read(start, &byte, 1);
	for (i = 0; i < each; i++) {
		if (make(pd, cq, buffer, bytes)) {
			__sync_fetch_and_add(&shared->made, 1);
		} else {
			shared->error = errno;
			__sync_fetch_and_add(&shared->refused, 1);
		}
	}
	__sync_fetch_and_add(&shared->done, 1);
	(void)!read(end, &byte, 1);
	/* What is left, the kernel destroys. */
	return 0;
}

int main(int argc, char **argv)
{
	int i, processes, each, start[2], end[2];
	size_t bytes;

	if (argc < 4) {
		fprintf(stderr, "usage: quota DEVICE PROCESSES EACH [BYTES]\n");
		return 2;
	}
	processes = atoi(argv[2]);
	each = atoi(argv[3]);
	bytes = argc > 4 ? strtoul(argv[4], NULL, 0) : 0;
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED || pipe(start) || pipe(end)) {
		perror("quota");
		return 1;
	}
	for (i = 0; i < processes; i++) {
		if (!fork()) {
			close(start[1]);
			close(end[1]);
			_exit(process(argv[1], each, bytes, start[0], end[0]));
		}
	}
	sleep(1);
	close(start[1]);
	while (*(volatile int *)&shared->done + *(volatile int *)&shared->broken < processes)
		usleep(1000);
	printf("made %d refused %d errno %s\n", shared->made, shared->refused,
	       shared->error ? strerrorname_np(shared->error) : "-");
	close(end[1]);
	while (wait(NULL) > 0)
		;
	return !!shared->broken;
}
