// SPDX-License-Identifier: BSD-2-Clause
/*
 * uvb-bench: what a call of the uverbs ABI costs.
 *
 * Each call is measured twice. "whole" is the verb as a program makes it, through libibverbs, with
 * all the library does around it (its own allocations, and mmap and munmap of the queues). "kernel"
 * is only the system calls that libibverbs makes for it, with the same attributes, so without the
 * library and without the mappings. Both speak the unmodified kernel ABI and so run the same on
 * ib_uverbs and on uverbs_bpf.
 *
 * With the module uvb_floor loaded there is a third figure, "floor": the driver, cgroup, resource
 * tracking, GID and neighbour calls that remain when the dispatcher is taken away, made directly
 * in the kernel and by as many system calls. "own" is then what the dispatcher itself adds:
 *
 *	own = (kernel - its bare system calls) - (floor - its bare system calls)
 *
 * Figures are nanoseconds, the least of several batches. Under QEMU's -icount shift=0 a nanosecond
 * is an instruction of the guest, and the figures are repeatable.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <infiniband/verbs.h>
#include <libgen.h>
#include <rdma/ib_user_ioctl_cmds.h>
#include <rdma/ib_user_ioctl_verbs.h>
#include <rdma/ib_user_verbs.h>
#include <rdma/rdma_user_ioctl.h>
#include <rdma/rdma_user_ioctl_cmds.h>
#include <rdma/rdma_user_rxe.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "../../uapi/uverbs_bpf.h"
#include "floor/uvb_floor.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define PAGE 4096

/* More attributes than any method used here takes. */
#define MAX_ATTRS 16

struct request {
	struct ib_uverbs_ioctl_hdr hdr;
	struct ib_uverbs_attr attrs[MAX_ATTRS];
};

static const char *device_name = "rxe0";
static unsigned int gid_index = 1;
static unsigned int iterations = 4;
static unsigned int batches = 200;
static bool kernel_only;

static struct ibv_context *context;
static struct ibv_pd *pd;
static struct ibv_cq *cq;
static struct ibv_qp *qp;
static union ibv_gid gid;
static void *page;
static int floor_fd = -1;
static int null_fd;

/* Room for what the driver gives back with any object, here and through uvb_floor. */
static uint64_t driver_out[16];

static void __attribute__((noreturn, format(printf, 1, 2))) die(const char *format, ...)
{
	va_list args;

	fputs("uvb-bench: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

/* Requests, built once and sent many times. */

static void request(struct request *r, unsigned int object, unsigned int method)
{
	memset(r, 0, sizeof(*r));
	r->hdr.object_id = object;
	r->hdr.method_id = method;
	r->hdr.driver_id = RDMA_DRIVER_RXE;
	r->hdr.length = sizeof(r->hdr);
}

static struct ib_uverbs_attr *add(struct request *r, unsigned int id, size_t len, uint64_t data)
{
	struct ib_uverbs_attr *attr = &r->attrs[r->hdr.num_attrs++];

	attr->attr_id = id;
	attr->len = len;
	attr->flags = UVERBS_ATTR_F_MANDATORY;
	attr->data = data;
	r->hdr.length += sizeof(*attr);
	return attr;
}

/* A legacy command, as libibverbs wraps it; no answer is asked for if @outlen is 0. */
static void request_write(struct request *r, unsigned int command, void *in, size_t inlen,
			  void *out, size_t outlen)
{
	request(r, UVERBS_OBJECT_DEVICE, UVERBS_METHOD_INVOKE_WRITE);
	add(r, UVERBS_ATTR_WRITE_CMD, sizeof(uint64_t), command);
	if (inlen <= sizeof(uint64_t))
		add(r, UVERBS_ATTR_CORE_IN, inlen, *(uint64_t *)in);
	else
		add(r, UVERBS_ATTR_CORE_IN, inlen, (uintptr_t)in);
	if (outlen)
		add(r, UVERBS_ATTR_CORE_OUT, outlen, (uintptr_t)out);
}

static int send_request(struct request *r)
{
	return ioctl(context->cmd_fd, RDMA_VERBS_IOCTL, r) ? errno : 0;
}

static int floor_call(enum uvb_floor_op op, unsigned long arg)
{
	return ioctl(floor_fd, UVB_FLOOR_IOCTL(op), arg) ? errno : 0;
}

/* The bare system calls, whose price is part of every call. */

static int syscall_ioctl(void)
{
	/* No command of uverbs: refused at the entry of the handler. */
	return ioctl(context->cmd_fd, UVB_FLOOR_IOCTL(UVB_FLOOR_OPS), 0) && errno == ENOTTY ?
	       0 : EINVAL;
}

static int syscall_write(void)
{
	return write(null_fd, driver_out, 32) == 32 ? 0 : errno;
}

static int floor_null(void)
{
	return floor_call(UVB_FLOOR_NULL, 0);
}

/* null: a method that does not exist, so parsing starts and ends at the method's number. */

static struct request null_request;

static int null_kernel(void)
{
	return send_request(&null_request) == EPROTONOSUPPORT ? 0 : EINVAL;
}

/* query_port */

static struct request query_port_request;
static struct ib_uverbs_query_port_resp_ex query_port_resp;

static int query_port_whole(void)
{
	struct ibv_port_attr attr;

	return ibv_query_port(context, 1, &attr);
}

static int query_port_kernel(void)
{
	return send_request(&query_port_request);
}

static int query_port_floor(void)
{
	return floor_call(UVB_FLOOR_QUERY_PORT, 0);
}

/* pd */

static struct request pd_create, pd_destroy;
static struct ib_uverbs_alloc_pd pd_in;
static struct ib_uverbs_alloc_pd_resp pd_out;

static int pd_whole(void)
{
	struct ibv_pd *new = ibv_alloc_pd(context);

	return new ? ibv_dealloc_pd(new) : errno;
}

static int pd_kernel(void)
{
	int ret = send_request(&pd_create);

	pd_destroy.attrs[0].data = pd_out.pd_handle;
	return ret ? ret : send_request(&pd_destroy);
}

static int pd_floor(void)
{
	int ret = floor_call(UVB_FLOOR_PD_CREATE, 0);

	return ret ? ret : floor_call(UVB_FLOOR_PD_DESTROY, 0);
}

/* ah */

static struct request ah_create, ah_destroy;
static struct ib_uverbs_create_ah ah_in;
static struct ib_uverbs_create_ah_resp ah_out;

static int ah_whole(void)
{
	struct ibv_ah_attr attr = {
		.grh = { .dgid = gid, .sgid_index = gid_index, .hop_limit = 1 },
		.is_global = 1,
		.port_num = 1,
	};
	struct ibv_ah *new = ibv_create_ah(pd, &attr);

	return new ? ibv_destroy_ah(new) : errno;
}

static int ah_kernel(void)
{
	int ret = send_request(&ah_create);

	ah_destroy.attrs[0].data = ah_out.ah_handle;
	return ret ? ret : send_request(&ah_destroy);
}

static int ah_floor(void)
{
	int ret = floor_call(UVB_FLOOR_AH_CREATE, (uintptr_t)driver_out);

	return ret ? ret : floor_call(UVB_FLOOR_AH_DESTROY, 0);
}

/* mr: one page */

static struct request mr_create, mr_destroy;
static struct ib_uverbs_reg_mr mr_in;
static struct ib_uverbs_reg_mr_resp mr_out;

static int mr_whole(void)
{
	struct ibv_mr *new = ibv_reg_mr(pd, page, PAGE, IBV_ACCESS_LOCAL_WRITE);

	return new ? ibv_dereg_mr(new) : errno;
}

static int mr_kernel(void)
{
	int ret = send_request(&mr_create);

	mr_destroy.attrs[0].data = mr_out.mr_handle;
	return ret ? ret : send_request(&mr_destroy);
}

static int mr_floor(void)
{
	int ret = floor_call(UVB_FLOOR_MR_CREATE, (uintptr_t)page);

	return ret ? ret : floor_call(UVB_FLOOR_MR_DESTROY, 0);
}

/* cq */

static struct request cq_create, cq_destroy;
static struct ib_uverbs_destroy_cq_resp cq_destroy_out;
static uint32_t cq_cqe;

static int cq_whole(void)
{
	struct ibv_cq *new = ibv_create_cq(context, UVB_FLOOR_CQE, NULL, NULL, 0);

	return new ? ibv_destroy_cq(new) : errno;
}

static int cq_kernel(void)
{
	int ret = send_request(&cq_create);

	cq_destroy.attrs[1].data = cq_create.attrs[0].data;
	return ret ? ret : send_request(&cq_destroy);
}

static int cq_floor(void)
{
	int ret = floor_call(UVB_FLOOR_CQ_CREATE, (uintptr_t)driver_out);

	return ret ? ret : floor_call(UVB_FLOOR_CQ_DESTROY, 0);
}

/* qp */

static struct request qp_create, qp_destroy;
static struct ib_uverbs_qp_cap qp_cap = {
	.max_send_wr = UVB_FLOOR_WR,
	.max_recv_wr = UVB_FLOOR_WR,
	.max_send_sge = 1,
	.max_recv_sge = 1,
};
static struct ib_uverbs_qp_cap qp_cap_out;
static struct ib_uverbs_destroy_qp_resp qp_destroy_out;
static uint32_t qp_number;

static struct ibv_qp *make_qp(void)
{
	struct ibv_qp_init_attr attr = {
		.send_cq = cq,
		.recv_cq = cq,
		.cap = {
			.max_send_wr = UVB_FLOOR_WR,
			.max_recv_wr = UVB_FLOOR_WR,
			.max_send_sge = 1,
			.max_recv_sge = 1,
		},
		.qp_type = IBV_QPT_RC,
	};

	return ibv_create_qp(pd, &attr);
}

static int qp_whole(void)
{
	struct ibv_qp *new = make_qp();

	return new ? ibv_destroy_qp(new) : errno;
}

static int qp_kernel(void)
{
	int ret = send_request(&qp_create);

	qp_destroy.attrs[1].data = qp_create.attrs[3].data;
	return ret ? ret : send_request(&qp_destroy);
}

static int qp_floor(void)
{
	int ret = floor_call(UVB_FLOOR_QP_CREATE, (uintptr_t)driver_out);

	return ret ? ret : floor_call(UVB_FLOOR_QP_DESTROY, 0);
}

/* modify_qp: RESET to INIT to RTR (towards itself) to RTS and back to RESET, four calls. */

#define MODIFY_STEPS 4

static const enum ibv_qp_state modify_state[MODIFY_STEPS] = {
	IBV_QPS_INIT, IBV_QPS_RTR, IBV_QPS_RTS, IBV_QPS_RESET,
};
static const int modify_mask[MODIFY_STEPS] = {
	IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS,
	IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN |
		IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER,
	IBV_QP_STATE | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY | IBV_QP_SQ_PSN |
		IBV_QP_MAX_QP_RD_ATOMIC,
	IBV_QP_STATE,
};
static struct request modify_request[MODIFY_STEPS];
static struct ib_uverbs_modify_qp modify_in[MODIFY_STEPS];

static int modify_step(int step)
{
	struct ibv_qp_attr attr = { .qp_state = modify_state[step] };

	switch (attr.qp_state) {
	case IBV_QPS_INIT:
		attr.port_num = 1;
		break;
	case IBV_QPS_RTR:
		attr.ah_attr = (struct ibv_ah_attr) {
			.grh = { .dgid = gid, .sgid_index = gid_index, .hop_limit = 1 },
			.is_global = 1,
			.port_num = 1,
		};
		attr.path_mtu = IBV_MTU_1024;
		attr.dest_qp_num = qp->qp_num;
		attr.max_dest_rd_atomic = 1;
		attr.min_rnr_timer = 12;
		break;
	case IBV_QPS_RTS:
		attr.timeout = 14;
		attr.retry_cnt = 7;
		attr.rnr_retry = 7;
		attr.max_rd_atomic = 1;
		break;
	default:
		break;
	}
	return ibv_modify_qp(qp, &attr, modify_mask[step]);
}

static int modify_whole(void)
{
	int step, ret = 0;

	for (step = 0; step < MODIFY_STEPS && !ret; step++)
		ret = modify_step(step);
	return ret;
}

static int modify_kernel(void)
{
	int step, ret = 0;

	for (step = 0; step < MODIFY_STEPS && !ret; step++)
		ret = send_request(&modify_request[step]);
	return ret;
}

static int modify_floor(void)
{
	int step, ret = 0;

	for (step = 0; step < MODIFY_STEPS && !ret; step++)
		ret = floor_call(UVB_FLOOR_QP_MODIFY, modify_state[step]);
	return ret;
}

/*
 * attr_modify: the same four changes by QP_MODIFY of uverbs_bpf, the path by its RoCE transport,
 * which must be attached.
 */
static struct request attr_modify_request[MODIFY_STEPS];
static struct uverbs_bpf_qp_connection attr_modify_connection[MODIFY_STEPS];
static struct uverbs_bpf_roce_path attr_modify_path;

static int attr_modify_kernel(void)
{
	int step, ret = 0;

	for (step = 0; step < MODIFY_STEPS && !ret; step++)
		ret = send_request(&attr_modify_request[step]);
	return ret;
}

/*
 * connect: QP_CONNECT of uverbs_bpf beside the three changes it replaces, from RESET to RTS. Only
 * they are timed: undo() takes the QP back to RESET in between.
 */
#define CONNECT_STEPS (MODIFY_STEPS - 1)

static struct request connect_request;
static struct uverbs_bpf_qp_connection connect_connection;

static int connect_kernel(void)
{
	return send_request(&connect_request);
}

static int connect_legacy(void)
{
	int step, ret = 0;

	for (step = 0; step < CONNECT_STEPS && !ret; step++)
		ret = send_request(&modify_request[step]);
	return ret;
}

static int connect_floor(void)
{
	int step, ret = 0;

	for (step = 0; step < CONNECT_STEPS && !ret; step++)
		ret = floor_call(UVB_FLOOR_QP_MODIFY, modify_state[step]);
	return ret;
}

static int connect_undo(void)
{
	int ret = send_request(&modify_request[CONNECT_STEPS]);

	return ret || floor_fd < 0 ? ret :
		floor_call(UVB_FLOOR_QP_MODIFY, modify_state[CONNECT_STEPS]);
}

/* query_qp */

static struct request query_qp_request;
static struct ib_uverbs_query_qp query_qp_in;
static struct ib_uverbs_query_qp_resp query_qp_out;

static int query_qp_whole(void)
{
	struct ibv_qp_init_attr init_attr;
	struct ibv_qp_attr attr;

	return ibv_query_qp(qp, &attr, IBV_QP_STATE | IBV_QP_CAP, &init_attr);
}

static int query_qp_kernel(void)
{
	return send_request(&query_qp_request);
}

static int query_qp_floor(void)
{
	return floor_call(UVB_FLOOR_QP_QUERY, 0);
}

/* doorbell: the write(2) by which librxe and libsiw say that there is work in the send queue. */

static struct {
	struct ib_uverbs_cmd_hdr hdr;
	struct ib_uverbs_post_send command;
} doorbell;
static struct ib_uverbs_post_send_resp doorbell_out;

static int doorbell_kernel(void)
{
	return write(context->cmd_fd, &doorbell, sizeof(doorbell)) == sizeof(doorbell) ? 0 : errno;
}

static int doorbell_floor(void)
{
	return floor_call(UVB_FLOOR_POST_SEND, 0);
}

/* The doorbell works on a QP that can send. */
static void ready_to_send(bool ready)
{
	int step, ret = 0;

	for (step = 0; ready && step < MODIFY_STEPS - 1 && !ret; step++)
		ret = modify_step(step);
	if (!ready)
		ret = modify_step(MODIFY_STEPS - 1);
	if (ret)
		die("QP 0x%x: modify to %s failed: %s", qp->qp_num, ready ? "RTS" : "RESET",
		    strerror(ret));
	if (floor_fd < 0)
		return;
	for (step = 0; ready && step < MODIFY_STEPS - 1 && !ret; step++)
		ret = floor_call(UVB_FLOOR_QP_MODIFY, modify_state[step]);
	if (!ready)
		ret = floor_call(UVB_FLOOR_QP_MODIFY, IBV_QPS_RESET);
	if (ret)
		die("QP of uvb_floor: modify to %s failed: %s", ready ? "RTS" : "RESET",
		    strerror(ret));
}

/**
 * struct call - a row of the table
 * @name: as given to -c
 * @whole: through libibverbs; NULL where libibverbs has no verb for it
 * @kernel: its system calls only
 * @floor: what any dispatcher has to do, by as many system calls; may be NULL
 * @syscalls: how many
 * @bare: the call whose price each of those system calls has without any work
 * @prepare: called with true before and false after; may be NULL
 * @on_request: only if -c names it: it needs more than a device
 * @undo: takes back what one call did, untimed; may be NULL
 */
struct call {
	const char *name;
	int (*whole)(void);
	int (*kernel)(void);
	int (*floor)(void);
	unsigned int syscalls;
	int (*bare)(void);
	void (*prepare)(bool begin);
	bool on_request;
	int (*undo)(void);
};

static const struct call calls[] = {
	{ "ioctl", NULL, syscall_ioctl, NULL, 1, syscall_ioctl, NULL, false },
	{ "write", NULL, syscall_write, NULL, 1, syscall_write, NULL, false },
	{ "null", NULL, null_kernel, floor_null, 1, syscall_ioctl, NULL, false },
	{ "query_port", query_port_whole, query_port_kernel, query_port_floor, 1, syscall_ioctl, NULL,
	  false },
	{ "pd", pd_whole, pd_kernel, pd_floor, 2, syscall_ioctl, NULL, false },
	{ "ah", ah_whole, ah_kernel, ah_floor, 2, syscall_ioctl, NULL, false },
	{ "mr", mr_whole, mr_kernel, mr_floor, 2, syscall_ioctl, NULL, false },
	{ "cq", cq_whole, cq_kernel, cq_floor, 2, syscall_ioctl, NULL, false },
	{ "qp", qp_whole, qp_kernel, qp_floor, 2, syscall_ioctl, NULL, false },
	{ "modify_qp", modify_whole, modify_kernel, modify_floor, MODIFY_STEPS, syscall_ioctl, NULL,
	  false },
	{ "attr_modify", NULL, attr_modify_kernel, modify_floor, MODIFY_STEPS, syscall_ioctl, NULL,
	  true },
	{ "modify_x3", NULL, connect_legacy, connect_floor, CONNECT_STEPS, syscall_ioctl, NULL,
	  false, connect_undo },
	{ "connect", NULL, connect_kernel, NULL, 1, syscall_ioctl, NULL, true,
	  connect_undo },
	{ "query_qp", query_qp_whole, query_qp_kernel, query_qp_floor, 1, syscall_ioctl, NULL, false },
	{ "doorbell", NULL, doorbell_kernel, doorbell_floor, 1, syscall_write, ready_to_send, false },
};

static const char *const part_name[UVB_FLOOR_PARTS] = {
	[UVB_FLOOR_PART_COPY_24] = "copy_from_user, 24 bytes",
	[UVB_FLOOR_PART_COPY_128] = "copy_from_user, 128 bytes",
	[UVB_FLOOR_PART_COPY_OUT_128] = "copy_to_user, 128 bytes",
	[UVB_FLOOR_PART_PUT_USER] = "put_user",
	[UVB_FLOOR_PART_KZALLOC_96] = "kzalloc(96) and kfree",
	[UVB_FLOOR_PART_KZALLOC_216] = "kzalloc(216) and kfree",
	[UVB_FLOOR_PART_KMALLOC_1200] = "kmalloc(1200) and kfree",
	[UVB_FLOOR_PART_XA_STORE] = "xa_store and xa_erase",
	[UVB_FLOOR_PART_XA_ALLOC] = "xa_alloc and xa_erase",
	[UVB_FLOOR_PART_XA_LOAD] = "xa_load",
	[UVB_FLOOR_PART_RADIX_LOOKUP] = "radix_tree_lookup of a 16 bit key",
	[UVB_FLOOR_PART_KREF] = "kref_get_unless_zero and put",
	[UVB_FLOOR_PART_SPIN_IRQ] = "spin_lock_irq and unlock",
	[UVB_FLOOR_PART_RWSEM] = "down_read_trylock and up_read",
	[UVB_FLOOR_PART_SRCU] = "srcu_read_lock and unlock",
	[UVB_FLOOR_PART_PERCPU_REF] = "percpu_ref_tryget_live and put",
	[UVB_FLOOR_PART_RCU] = "rcu_read_lock and unlock",
	[UVB_FLOOR_PART_CGROUP] = "rdmacg charge and uncharge",
	[UVB_FLOOR_PART_RESTRACK] = "restrack new, set_name, add and del",
};

/*
 * Work that a call only defers (RCU callbacks, work items) is not part of the figure. A real-time
 * priority keeps it from running within a batch, a pause before the batch lets it run.
 */
static const struct timespec settle = { .tv_nsec = 30000000 };

static void keep_deferred_work_out(void)
{
	struct sched_param param = { .sched_priority = 1 };

	if (sched_setscheduler(0, SCHED_FIFO, &param))
		die("real-time priority cannot be set: %s: run as root", strerror(errno));
}

/* What a batch of nothing takes: two readings of the clock. */
static int64_t clock_cost = INT64_MAX;

static void measure_clock(void)
{
	unsigned int i;
	int64_t time;

	for (i = 0; i < batches; i++) {
		time = now();
		time = now() - time;
		if (time < clock_cost)
			clock_cost = time;
	}
}

/**
 * struct series - one of the things measured side by side
 * @what: for the message when it fails
 * @call: what is measured; NULL if there is nothing
 * @figure: ns per call, the least of all batches
 */
struct series {
	const char *what;
	int (*call)(void);
	int64_t figure;
};

/*
 * The batches of all series take turns, so that they find the kernel's tables in the same state:
 * resource tracking numbers its objects upwards, and its trees grow with the number.
 */
static void measure(const char *name, struct series *series, unsigned int count,
		    int (*undo)(void))
{
	unsigned int batch, i;
	struct series *s;
	int64_t time;
	int ret;

	for (batch = 0; batch < batches; batch++) {
		for (s = series; s < series + count; s++) {
			if (!s->call)
				continue;
			ret = 0;
			nanosleep(&settle, NULL);
			time = now();
			for (i = 0; i < iterations && !ret && !undo; i++)
				ret = s->call();
			time = undo ? 0 : now() - time;
			for (i = 0; i < iterations && !ret && undo; i++) {
				int64_t start = now();

				ret = s->call();
				time += now() - start - (i ? clock_cost : 0);
				if (!ret)
					ret = undo();
			}
			if (ret)
				die("%s (%s) failed: %s", name, s->what, strerror(ret));
			if (!batch || time < s->figure)
				s->figure = time;
		}
	}
	for (s = series; s < series + count; s++)
		if (s->call)
			s->figure = (s->figure - clock_cost + iterations / 2) / iterations;
}

static int part_number;

static int part_call(void)
{
	return floor_call(UVB_FLOOR_PART, part_number);
}

static int64_t measure_part(int part, const char *name)
{
	struct series series = { "part", part_call, 0 };

	part_number = part;
	measure(name, &series, 1, NULL);
	return series.figure;
}

static void print_parts(bool json)
{
	int64_t empty, figure;
	int part;

	if (floor_fd < 0)
		die("%s cannot be opened: load the module uvb_floor first", UVB_FLOOR_DEVICE);
	empty = measure_part(-1, "empty loop");
	if (json)
		printf("{");
	for (part = 0; part < UVB_FLOOR_PARTS; part++) {
		figure = measure_part(part, part_name[part]) - empty;
		figure = (figure + UVB_FLOOR_PART_LOOPS / 2) / UVB_FLOOR_PART_LOOPS;
		if (json)
			printf("%s\n  \"%s\": %lld", part ? "," : "", part_name[part],
			       (long long)figure);
		else
			printf("%-36s %6lld\n", part_name[part], (long long)figure);
	}
	if (json)
		printf("\n}\n");
}

static void print_figure(bool json, const char *key, int64_t figure, bool valid)
{
	if (json && valid)
		printf(", \"%s\": %lld", key, (long long)figure);
	else if (!json && valid)
		printf(" %9lld", (long long)figure);
	else if (!json)
		printf(" %9s", "-");
}

enum { WHOLE, KERNEL, FLOOR, BARE, FLOOR_BARE, SERIES };

static void print_call(bool json, const struct call *c)
{
	bool has_floor = c->floor && floor_fd >= 0 && !kernel_only;
	struct series s[SERIES] = {
		[WHOLE] = { "whole", kernel_only ? NULL : c->whole, 0 },
		[KERNEL] = { "kernel", c->kernel, 0 },
		[FLOOR] = { "floor", has_floor ? c->floor : NULL, 0 },
		[BARE] = { "bare system call", has_floor ? c->bare : NULL, 0 },
		[FLOOR_BARE] = { "bare floor call", has_floor ? floor_null : NULL, 0 },
	};
	int64_t floor, own;

	if (c->prepare)
		c->prepare(true);
	measure(c->name, s, SERIES, c->undo);
	if (c->prepare)
		c->prepare(false);
	floor = s[FLOOR].figure - c->syscalls * s[FLOOR_BARE].figure;
	own = s[KERNEL].figure - c->syscalls * s[BARE].figure - floor;

	printf(json ? "    {\"name\": \"%s\"" : "%-12s", c->name);
	print_figure(json, "whole", s[WHOLE].figure, s[WHOLE].call);
	print_figure(json, "kernel", s[KERNEL].figure, true);
	print_figure(json, "syscalls", c->syscalls, true);
	print_figure(json, "floor", floor, has_floor);
	print_figure(json, "own", own, has_floor);
	printf(json ? "}" : "\n");
}

static bool wanted(const char *list, const char *name, bool on_request)
{
	size_t len = strlen(name);
	const char *p;

	if (!list)
		return !on_request;
	for (p = list; (p = strstr(p, name)); p += len)
		if ((p == list || p[-1] == ',') && (!p[len] || p[len] == ','))
			return true;
	return false;
}

static void check_wanted(const char *list)
{
	char *copy = strdup(list), *name;
	unsigned int i;

	if (!copy)
		die("out of memory");
	for (name = strtok(copy, ","); name; name = strtok(NULL, ",")) {
		for (i = 0; i < ARRAY_SIZE(calls) && strcmp(name, calls[i].name); i++)
			;
		if (i == ARRAY_SIZE(calls))
			die("call \"%s\" does not exist: -l lists those that do", name);
	}
	free(copy);
}

static void open_device(void)
{
	struct ibv_device **list = ibv_get_device_list(NULL);
	unsigned int i;

	if (!list)
		die("devices cannot be listed: %s", strerror(errno));
	for (i = 0; list[i] && strcmp(ibv_get_device_name(list[i]), device_name); i++)
		;
	if (!list[i])
		die("device \"%s\" does not exist: ibv_devices lists those that do", device_name);
	context = ibv_open_device(list[i]);
	if (!context)
		die("device \"%s\" cannot be opened: %s", device_name, strerror(errno));
	ibv_free_device_list(list);
}

static void open_objects(void)
{
	if (ibv_query_gid(context, 1, gid_index, &gid))
		die("device \"%s\": GID %u of port 1 cannot be read: -g takes a valid one",
		    device_name, gid_index);
	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		die("one page cannot be mapped: %s", strerror(errno));
	memset(page, 0, PAGE);
	null_fd = open("/dev/null", O_WRONLY);
	if (null_fd < 0)
		die("/dev/null cannot be opened: %s", strerror(errno));

	pd = ibv_alloc_pd(context);
	if (!pd)
		die("PD cannot be allocated: %s", strerror(errno));
	cq = ibv_create_cq(context, UVB_FLOOR_CQE, NULL, NULL, 0);
	if (!cq)
		die("CQ cannot be created: %s", strerror(errno));
	qp = make_qp();
	if (!qp)
		die("QP cannot be created: %s", strerror(errno));

	floor_fd = open(UVB_FLOOR_DEVICE, O_RDWR);
	if (floor_fd < 0 && errno != ENOENT)
		die("%s cannot be opened: %s", UVB_FLOOR_DEVICE, strerror(errno));
	if (floor_fd >= 0 && floor_call(UVB_FLOOR_SETUP, (uintptr_t)page))
		die("uvb_floor: its objects cannot be created: %s", strerror(errno));
}

static void build_modify(void)
{
	struct ib_uverbs_modify_qp *in;
	int step;

	for (step = 0; step < MODIFY_STEPS; step++) {
		in = &modify_in[step];
		in->qp_handle = qp->handle;
		in->attr_mask = modify_mask[step];
		in->qp_state = modify_state[step];
		in->port_num = 1;
		in->path_mtu = IBV_MTU_1024;
		in->dest_qp_num = qp->qp_num;
		in->max_dest_rd_atomic = 1;
		in->min_rnr_timer = 12;
		in->timeout = 14;
		in->retry_cnt = 7;
		in->rnr_retry = 7;
		in->max_rd_atomic = 1;
		memcpy(in->dest.dgid, gid.raw, sizeof(in->dest.dgid));
		in->dest.sgid_index = gid_index;
		in->dest.hop_limit = 1;
		in->dest.is_global = 1;
		in->dest.port_num = 1;
		request_write(&modify_request[step], IB_USER_VERBS_CMD_MODIFY_QP, in, sizeof(*in),
			      NULL, 0);
	}
}

static void build_attr_modify(void)
{
	struct uverbs_bpf_qp_connection *conn;
	struct request *r;
	int step;

	attr_modify_path.fields = UVERBS_BPF_ROCE_DEST_GID | UVERBS_BPF_ROCE_SGID_INDEX;
	attr_modify_path.sgid_index = gid_index;
	memcpy(attr_modify_path.dest, gid.raw, sizeof(attr_modify_path.dest));

	for (step = 0; step < MODIFY_STEPS; step++) {
		r = &attr_modify_request[step];
		conn = &attr_modify_connection[step];
		request(r, UVERBS_OBJECT_QP, UVERBS_BPF_METHOD_QP_MODIFY);
		add(r, UVERBS_BPF_ATTR_QP_HANDLE, 0, qp->handle);
		add(r, UVERBS_BPF_ATTR_QP_STATE, sizeof(uint64_t), modify_state[step]);
		switch (modify_state[step]) {
		case IBV_QPS_INIT:
			add(r, UVERBS_BPF_ATTR_QP_PORT, sizeof(uint32_t), 1);
			add(r, UVERBS_BPF_ATTR_QP_PKEY_INDEX, sizeof(uint32_t), 0);
			add(r, UVERBS_BPF_ATTR_QP_ACCESS_FLAGS, sizeof(uint64_t), 0);
			continue;
		case IBV_QPS_RTR:
			add(r, UVERBS_BPF_ATTR_ROCE_PATH, sizeof(attr_modify_path),
			    (uintptr_t)&attr_modify_path);
			conn->path_mtu = IBV_MTU_1024;
			conn->dest_qp_num = qp->qp_num;
			conn->max_dest_rd_atomic = 1;
			conn->min_rnr_timer = 12;
			break;
		case IBV_QPS_RTS:
			conn->timeout = 14;
			conn->retry_cnt = 7;
			conn->rnr_retry = 7;
			conn->max_rd_atomic = 1;
			break;
		default:
			continue;
		}
		conn->fields = modify_mask[step] & ~(IBV_QP_STATE | IBV_QP_AV);
		add(r, UVERBS_BPF_ATTR_QP_CONNECTION, sizeof(*conn), (uintptr_t)conn);
	}
}

static void build_connect(void)
{
	struct uverbs_bpf_qp_connection *conn = &connect_connection;
	int step;

	/* The fields of the changes it replaces, all in one. */
	*conn = attr_modify_connection[1];
	for (step = 2; step < CONNECT_STEPS; step++)
		conn->fields |= attr_modify_connection[step].fields;
	conn->timeout = 14;
	conn->retry_cnt = 7;
	conn->rnr_retry = 7;
	conn->max_rd_atomic = 1;
	request(&connect_request, UVERBS_OBJECT_QP, UVERBS_BPF_METHOD_QP_CONNECT);
	add(&connect_request, UVERBS_BPF_ATTR_QP_HANDLE, 0, qp->handle);
	add(&connect_request, UVERBS_BPF_ATTR_QP_CONNECTION, sizeof(*conn), (uintptr_t)conn);
	add(&connect_request, UVERBS_BPF_ATTR_ROCE_PATH, sizeof(attr_modify_path),
	    (uintptr_t)&attr_modify_path);
}

/*
 * The class of the character device that libibverbs opened: "infiniband_verbs" if ib_uverbs serves
 * the device.
 */
static const char *node_class(void)
{
	static char target[256];
	char link[64];
	struct stat st;
	ssize_t len;

	if (fstat(context->cmd_fd, &st))
		die("device \"%s\": its node has no status: %s", device_name, strerror(errno));
	snprintf(link, sizeof(link), "/sys/dev/char/%u:%u/subsystem", major(st.st_rdev),
		 minor(st.st_rdev));
	len = readlink(link, target, sizeof(target) - 1);
	if (len < 0)
		die("%s cannot be read: %s", link, strerror(errno));
	target[len] = '\0';
	return basename(target);
}

/* Attribute by attribute what libibverbs 56.1 sends. */
static void build_requests(void)
{
	uint32_t async_fd = context->async_fd;
	struct request *r;

	request(&null_request, UVERBS_OBJECT_DEVICE, 0xfff);

	r = &query_port_request;
	request(r, UVERBS_OBJECT_DEVICE, UVERBS_METHOD_QUERY_PORT);
	add(r, UVERBS_ATTR_QUERY_PORT_PORT_NUM, sizeof(uint64_t), 1);
	add(r, UVERBS_ATTR_QUERY_PORT_RESP, sizeof(query_port_resp), (uintptr_t)&query_port_resp);

	pd_in.response = (uintptr_t)&pd_out;
	request_write(&pd_create, IB_USER_VERBS_CMD_ALLOC_PD, &pd_in, sizeof(pd_in), &pd_out,
		      sizeof(pd_out));
	request(&pd_destroy, UVERBS_OBJECT_PD, UVERBS_METHOD_PD_DESTROY);
	add(&pd_destroy, UVERBS_ATTR_DESTROY_PD_HANDLE, 0, 0);

	ah_in.pd_handle = pd->handle;
	memcpy(ah_in.attr.grh.dgid, gid.raw, sizeof(ah_in.attr.grh.dgid));
	ah_in.attr.grh.sgid_index = gid_index;
	ah_in.attr.grh.hop_limit = 1;
	ah_in.attr.is_global = 1;
	ah_in.attr.port_num = 1;
	request_write(&ah_create, IB_USER_VERBS_CMD_CREATE_AH, &ah_in, sizeof(ah_in), &ah_out,
		      sizeof(ah_out));
	add(&ah_create, UVERBS_ATTR_UHW_OUT, sizeof(struct rxe_create_ah_resp),
	    (uintptr_t)driver_out);
	request(&ah_destroy, UVERBS_OBJECT_AH, UVERBS_METHOD_AH_DESTROY);
	add(&ah_destroy, UVERBS_ATTR_DESTROY_AH_HANDLE, 0, 0);

	mr_in.start = (uintptr_t)page;
	mr_in.length = PAGE;
	mr_in.hca_va = (uintptr_t)page;
	mr_in.pd_handle = pd->handle;
	mr_in.access_flags = IBV_ACCESS_LOCAL_WRITE;
	request_write(&mr_create, IB_USER_VERBS_CMD_REG_MR, &mr_in, sizeof(mr_in), &mr_out,
		      sizeof(mr_out));
	request(&mr_destroy, UVERBS_OBJECT_MR, UVERBS_METHOD_MR_DESTROY);
	add(&mr_destroy, UVERBS_ATTR_DESTROY_MR_HANDLE, 0, 0);

	r = &cq_create;
	request(r, UVERBS_OBJECT_CQ, UVERBS_METHOD_CQ_CREATE);
	add(r, UVERBS_ATTR_CREATE_CQ_HANDLE, 0, 0);
	add(r, UVERBS_ATTR_CREATE_CQ_RESP_CQE, sizeof(cq_cqe), (uintptr_t)&cq_cqe);
	add(r, UVERBS_ATTR_CREATE_CQ_CQE, sizeof(uint32_t), UVB_FLOOR_CQE);
	add(r, UVERBS_ATTR_CREATE_CQ_USER_HANDLE, sizeof(uint64_t), (uintptr_t)&cq_create);
	add(r, UVERBS_ATTR_CREATE_CQ_COMP_VECTOR, sizeof(uint32_t), 0);
	add(r, UVERBS_ATTR_CREATE_CQ_EVENT_FD, 0, async_fd)->flags = 0;
	add(r, UVERBS_ATTR_UHW_OUT, sizeof(struct rxe_create_cq_resp), (uintptr_t)driver_out);
	r = &cq_destroy;
	request(r, UVERBS_OBJECT_CQ, UVERBS_METHOD_CQ_DESTROY);
	add(r, UVERBS_ATTR_DESTROY_CQ_RESP, sizeof(cq_destroy_out), (uintptr_t)&cq_destroy_out);
	add(r, UVERBS_ATTR_DESTROY_CQ_HANDLE, 0, 0);

	r = &qp_create;
	request(r, UVERBS_OBJECT_QP, UVERBS_METHOD_QP_CREATE);
	add(r, UVERBS_ATTR_CREATE_QP_PD_HANDLE, 0, pd->handle);
	add(r, UVERBS_ATTR_CREATE_QP_SEND_CQ_HANDLE, 0, cq->handle);
	add(r, UVERBS_ATTR_CREATE_QP_RECV_CQ_HANDLE, 0, cq->handle);
	add(r, UVERBS_ATTR_CREATE_QP_HANDLE, 0, 0);
	add(r, UVERBS_ATTR_CREATE_QP_TYPE, sizeof(uint64_t), IB_UVERBS_QPT_RC);
	add(r, UVERBS_ATTR_CREATE_QP_USER_HANDLE, sizeof(uint64_t), (uintptr_t)&qp_create);
	add(r, UVERBS_ATTR_CREATE_QP_CAP, sizeof(qp_cap), (uintptr_t)&qp_cap);
	add(r, UVERBS_ATTR_CREATE_QP_EVENT_FD, 0, async_fd);
	add(r, UVERBS_ATTR_CREATE_QP_RESP_CAP, sizeof(qp_cap_out), (uintptr_t)&qp_cap_out);
	add(r, UVERBS_ATTR_CREATE_QP_RESP_QP_NUM, sizeof(qp_number), (uintptr_t)&qp_number);
	add(r, UVERBS_ATTR_UHW_OUT, sizeof(struct rxe_create_qp_resp), (uintptr_t)driver_out);
	r = &qp_destroy;
	request(r, UVERBS_OBJECT_QP, UVERBS_METHOD_QP_DESTROY);
	add(r, UVERBS_ATTR_DESTROY_QP_RESP, sizeof(qp_destroy_out), (uintptr_t)&qp_destroy_out);
	add(r, UVERBS_ATTR_DESTROY_QP_HANDLE, 0, 0);

	build_modify();
	build_attr_modify();
	build_connect();

	query_qp_in.response = (uintptr_t)&query_qp_out;
	query_qp_in.qp_handle = qp->handle;
	query_qp_in.attr_mask = IBV_QP_STATE | IBV_QP_CAP;
	request_write(&query_qp_request, IB_USER_VERBS_CMD_QUERY_QP, &query_qp_in,
		      sizeof(query_qp_in), &query_qp_out, sizeof(query_qp_out));

	doorbell.hdr.command = IB_USER_VERBS_CMD_POST_SEND;
	doorbell.hdr.in_words = sizeof(doorbell) / 4;
	doorbell.hdr.out_words = sizeof(doorbell_out) / 4;
	doorbell.command.response = (uintptr_t)&doorbell_out;
	doorbell.command.qp_handle = qp->handle;
	doorbell.command.wqe_size = sizeof(struct ib_uverbs_send_wr);
}

static void usage(FILE *to)
{
	fprintf(to,
		"Usage: uvb-bench [OPTION]...\n"
		"Measures calls of the uverbs ABI, in ns (under -icount shift=0: instructions).\n"
		"\n"
		"  -d DEVICE      RDMA device, of the rxe driver (default rxe0)\n"
		"  -g INDEX       GID that the AH and the QP use (default 1)\n"
		"  -c CALL[,...]  measure only these calls\n"
		"  -l             list the calls\n"
		"  -n BATCHES     the least of so many batches counts (default 200)\n"
		"  -i CALLS       calls in a batch (default 4)\n"
		"  -k             measure the kernel's part only\n"
		"  -p             measure the building blocks of a dispatcher (needs uvb_floor)\n"
		"  -j             print JSON\n"
		"  -h             print this text\n"
		"\n"
		"whole: through libibverbs; kernel: its system calls alone; floor: driver, cgroup,\n"
		"resource tracking, GID and neighbour work without any dispatcher, system calls taken\n"
		"off (shown when uvb_floor is loaded); own: what the dispatcher adds to that.\n");
}

static unsigned int number(const char *text, char option, unsigned long least)
{
	unsigned long value;
	char *end;

	value = strtoul(text, &end, 0);
	if (!*text || *end || value < least || value > 1000000)
		die("-%c: \"%s\" is not a number from %lu to 1000000", option, text, least);
	return value;
}

int main(int argc, char **argv)
{
	bool json = false, parts = false, first = true;
	const char *list = NULL;
	struct utsname uts;
	unsigned int i;
	int option;

	while ((option = getopt(argc, argv, "d:g:c:ln:i:kpjh")) != -1) {
		switch (option) {
		case 'd':
			device_name = optarg;
			break;
		case 'g':
			gid_index = number(optarg, 'g', 0);
			break;
		case 'c':
			check_wanted(optarg);
			list = optarg;
			break;
		case 'l':
			for (i = 0; i < ARRAY_SIZE(calls); i++)
				puts(calls[i].name);
			return 0;
		case 'n':
			batches = number(optarg, 'n', 1);
			break;
		case 'i':
			iterations = number(optarg, 'i', 1);
			break;
		case 'k':
			kernel_only = true;
			break;
		case 'p':
			parts = true;
			break;
		case 'j':
			json = true;
			break;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	}
	if (optind < argc)
		die("argument \"%s\" means nothing here: -h lists the options", argv[optind]);

	keep_deferred_work_out();
	measure_clock();
	open_device();
	open_objects();
	build_requests();

	if (parts) {
		print_parts(json);
		return 0;
	}

	uname(&uts);
	if (json)
		printf("{\n  \"kernel\": \"%s\",\n  \"class\": \"%s\",\n  \"calls\": [\n",
		       uts.release, node_class());
	else
		printf("# kernel %s, node of class %s\n%-12s %9s %9s %9s %9s %9s\n",
		       uts.release, node_class(), "call", "whole", "kernel", "syscalls",
		       "floor", "own");
	fflush(stdout);
	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		if (!wanted(list, calls[i].name, calls[i].on_request))
			continue;
		if (json && !first)
			printf(",\n");
		print_call(json, &calls[i]);
		fflush(stdout);
		first = false;
	}
	if (json)
		printf("\n  ]\n}\n");
	return 0;
}
