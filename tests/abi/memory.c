// SPDX-License-Identifier: BSD-2-Clause
/*
 * memory NODE [own]
 *
 * MRs registered in every way, registered anew and queried; memory windows;
 * CQs resized; lists of handles; contexts that fail to be made. Checks what
 * must be so, and prints what each call is answered, which must not depend on
 * who serves NODE. With "own" the attribute methods of uverbs_bpf are called
 * instead.
 *
 * memory NODE fake CONTROL [own]: NODE is of a fake device, which can what rxe
 * cannot; CONTROL is its control file. With "own" also what ib_uverbs is not
 * asked for.
 *
 * memory NODE contexts NUMBER: so many processes make a context twice, which
 * the kernel refuses, and end.
 *
 * memory NODE moved: move an MR to another PD, before and after which it waits
 * for a line of input.
 *
 * memory NODE limit: whoever runs this may have three pages registered; NODE is of a fake device.
 *
 * memory NODE churn SECONDS: move an MR between PDs, and destroy the one it
 * left, for others to look at meanwhile.
 *
 * Exit status: 0, or 1 if something was not as it must be.
 */
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "calls.h"
#include "dmabuf.h"
#include "fake.h"
#include "../drivers/fake/fake_abi.h"

#define PAGE		4096
#define REREG_TRANS	1
#define REREG_PD	2
#define REREG_ACCESS	4
/* REG_MR, of Linux 7. */
#define METHOD_REG_MR	5

static char memory[4 * PAGE] __attribute__((aligned(PAGE)));
static void *nowhere = (void *)PAGE;
static const char *node;
static int fd;
static bool failed;

static void say(const char *what, int err)
{
	printf("%s: %s\n", what, errno_name(err));
}

/* It must be answered so, whoever serves. */
static void expect(const char *what, int err, int expected)
{
	say(what, err);
	if (err != expected) {
		printf("FAILED: %s: %s, expected %s\n", what, errno_name(err),
		       errno_name(expected));
		failed = true;
	}
}

static void expect_value(const char *what, uint64_t value, uint64_t expected)
{
	if (value != expected) {
		printf("FAILED: %s: 0x%llx, expected 0x%llx\n", what, (unsigned long long)value,
		       (unsigned long long)expected);
		failed = true;
	}
}

static int node_open(void)
{
	int opened = open(node, O_RDWR | O_CLOEXEC);

	if (opened < 0)
		die("%s: %s", node, errno_name(errno));
	return opened;
}

/* ---- queries ---- */

struct mr {
	uint32_t handle, lkey, rkey;
	uint64_t length, iova;
};

static int query_mr(struct mr *mr)
{
	struct cmd cmd;

	cmd_begin(&cmd, UVERBS_OBJECT_MR, UVERBS_METHOD_QUERY_MR);
	cmd_handle(&cmd, UVERBS_ATTR_QUERY_MR_HANDLE, mr->handle);
	cmd_out(&cmd, UVERBS_ATTR_QUERY_MR_RESP_LKEY, &mr->lkey, sizeof(mr->lkey));
	cmd_out(&cmd, UVERBS_ATTR_QUERY_MR_RESP_RKEY, &mr->rkey, sizeof(mr->rkey));
	cmd_out(&cmd, UVERBS_ATTR_QUERY_MR_RESP_LENGTH, &mr->length, sizeof(mr->length));
	cmd_out(&cmd, UVERBS_ATTR_QUERY_MR_RESP_IOVA, &mr->iova, sizeof(mr->iova));
	return cmd_call(fd, &cmd);
}

static int info_handles(uint32_t object, uint32_t *ids, unsigned int room, uint32_t *total)
{
	struct cmd cmd;

	cmd_begin(&cmd, UVERBS_OBJECT_DEVICE, UVERBS_METHOD_INFO_HANDLES);
	cmd_u64(&cmd, UVERBS_ATTR_INFO_OBJECT_ID, object);
	cmd_out(&cmd, UVERBS_ATTR_INFO_TOTAL_HANDLES, total, sizeof(*total));
	cmd_out(&cmd, UVERBS_ATTR_INFO_HANDLES_LIST, ids, room * sizeof(*ids));
	return cmd_call(fd, &cmd);
}

static void handles(void)
{
	enum { MANY = 200 };
	static uint32_t pds[MANY], ids[2 * MANY];
	uint32_t total = 0;
	unsigned int i;
	int channel;

	expect("INFO_HANDLES of no PD", info_handles(UVERBS_OBJECT_PD, ids, 8, &total), 0);
	expect_value("PDs", total, 0);
	for (i = 0; i < MANY; i++)
		must("ALLOC_PD", alloc_pd(fd, &pds[i]));
	expect("INFO_HANDLES", info_handles(UVERBS_OBJECT_PD, ids, 2 * MANY, &total), 0);
	expect_value("PDs", total, MANY);
	for (i = 0; i < MANY; i++)
		expect_value("a PD, newest first", ids[i], pds[MANY - 1 - i]);
	expect("INFO_HANDLES with little room", info_handles(UVERBS_OBJECT_PD, ids, 3, &total), 0);
	expect_value("PDs for three", total, 3);
	for (i = 0; i < MANY; i++)
		must("PD_DESTROY", destroy_pd(fd, pds[i]));

	must("CREATE_COMP_CHANNEL", create_channel(fd, &channel));
	ids[0] = ~0U;
	expect("INFO_HANDLES of channels", info_handles(UVERBS_OBJECT_COMP_CHANNEL, ids, 8, &total),
	       0);
	expect_value("channels", total, 1);
	expect_value("number of a channel", ids[0], 0);
	close(channel);
	expect("INFO_HANDLES of the device", info_handles(UVERBS_OBJECT_DEVICE, ids, 8, &total), 0);
	expect("INFO_HANDLES of an object nobody knows", info_handles(0x555, ids, 8, &total),
	       ENOENT);
	expect("INFO_HANDLES of an object rxe has not", info_handles(UVERBS_OBJECT_DM, ids, 8, &total),
	       ENOENT);
	expect("INFO_HANDLES of any object", info_handles(0xffff, ids, 8, &total), ENOMSG);
	expect("INFO_HANDLES to nowhere", info_handles(UVERBS_OBJECT_ASYNC_EVENT, nowhere, 8, &total),
	       0);
	expect("INFO_HANDLES without room", info_handles(UVERBS_OBJECT_PD, ids, 0, &total), EINVAL);
}

/* ---- MRs anew ---- */

static int rereg(uint32_t mr, uint32_t flags, uint32_t pd, uint32_t access, void *at,
		 struct ib_uverbs_rereg_mr_resp *resp)
{
	struct ib_uverbs_rereg_mr in = {
		.mr_handle = mr,
		.flags = flags,
		.start = (uintptr_t)at,
		.length = 2 * PAGE,
		.hca_va = (uintptr_t)at,
		.pd_handle = pd,
		.access_flags = access,
	};

	return legacy(fd, IB_USER_VERBS_CMD_REREG_MR, &in, sizeof(in), resp, sizeof(*resp), NULL, 0);
}

static void rereg_mr(void)
{
	struct ib_uverbs_rereg_mr_resp resp = {};
	struct ib_uverbs_reg_mr_resp reg = {};
	uint32_t pd, other;
	struct mr mr = {};

	must("ALLOC_PD", alloc_pd(fd, &pd));
	must("ALLOC_PD", alloc_pd(fd, &other));
	must("REG_MR", reg_mr(fd, pd, memory, PAGE, &reg));
	mr.handle = reg.mr_handle;
	expect("QUERY_MR", query_mr(&mr), 0);
	expect_value("lkey", mr.lkey, reg.lkey);
	expect_value("rkey", mr.rkey, reg.rkey);
	expect_value("length", mr.length, PAGE);
	expect_value("iova", mr.iova, (uintptr_t)memory);

	expect("PD of an MR destroyed", destroy_pd(fd, pd), EBUSY);
	expect("other PD destroyed", destroy_pd(fd, other), 0);
	must("ALLOC_PD", alloc_pd(fd, &other));

	expect("rereg of nothing", rereg(mr.handle, 0, pd, 1, memory, &resp), EINVAL);
	expect("rereg of something unknown", rereg(mr.handle, 8, pd, 1, memory, &resp), EOPNOTSUPP);
	expect("rereg, access", rereg(mr.handle, REREG_ACCESS, 0, 7, memory, &resp), 0);
	expect_value("lkey", resp.lkey, mr.lkey);
	expect_value("rkey", resp.rkey, mr.rkey);
	expect("rereg, wrong access", rereg(mr.handle, REREG_ACCESS, 0, 2, memory, &resp), EINVAL);
	say("rereg, translation", rereg(mr.handle, REREG_TRANS, 0, 1, memory + PAGE, &resp));
	expect("rereg, same PD", rereg(mr.handle, REREG_PD, pd, 1, memory, &resp), 0);
	expect("rereg, no such PD", rereg(mr.handle, REREG_PD, 999, 1, memory, &resp), ENOENT);
	expect("rereg, an MR for a PD", rereg(mr.handle, REREG_PD, mr.handle, 1, memory, &resp),
	       EINVAL);
	expect("rereg, no such MR", rereg(999, REREG_PD, pd, 1, memory, &resp), ENOENT);
	expect("rereg, other PD", rereg(mr.handle, REREG_PD, other, 1, memory, &resp), 0);
	expect("PD that the MR left", destroy_pd(fd, pd), 0);
	expect("PD that the MR is in", destroy_pd(fd, other), EBUSY);
	/* What was done is done, though the answer is lost. */
	must("ALLOC_PD", alloc_pd(fd, &pd));
	expect("rereg, answer unwritable", rereg(mr.handle, REREG_PD, pd, 1, memory, nowhere), EFAULT);
	expect("PD that the MR left", destroy_pd(fd, other), 0);
	expect("QUERY_MR", query_mr(&mr), 0);
	expect_value("length", mr.length, PAGE);
	expect("MR destroyed", destroy_mr(fd, mr.handle), 0);
	expect("PD destroyed", destroy_pd(fd, pd), 0);
	expect("QUERY_MR of none", query_mr(&mr), ENOENT);
}

/* ---- other MRs ---- */

static int reg_dmabuf(uint32_t pd, int buf, uint64_t offset, uint64_t iova)
{
	uint32_t keys[2];
	struct cmd cmd;

	reg_dmabuf_begin(&cmd, pd, buf, offset, iova, keys);
	return cmd_call(fd, &cmd);
}

static int advise(uint32_t pd, uint64_t advice, uint32_t flags, const void *sges, uint16_t len)
{
	struct cmd cmd;

	cmd_begin(&cmd, UVERBS_OBJECT_MR, UVERBS_METHOD_ADVISE_MR);
	cmd_handle(&cmd, UVERBS_ATTR_ADVISE_MR_PD_HANDLE, pd);
	cmd_u64(&cmd, UVERBS_ATTR_ADVISE_MR_ADVICE, advice);
	cmd_u32(&cmd, UVERBS_ATTR_ADVISE_MR_FLAGS, flags);
	cmd_in(&cmd, UVERBS_ATTR_ADVISE_MR_SGE_LIST, sges, len);
	return cmd_call(fd, &cmd);
}

/* The kernel's method, or ours: nearly the same attributes. */
static int reg_by_attrs(uint16_t method, uint32_t pd, void *at, int buf, int dmah, struct mr *mr)
{
	struct cmd cmd;
	int ret;

	cmd_begin(&cmd, UVERBS_OBJECT_MR, method);
	cmd_handle(&cmd, UVERBS_BPF_ATTR_MR_HANDLE, 0);
	cmd_handle(&cmd, UVERBS_BPF_ATTR_MR_PD, pd);
	cmd_u64(&cmd, UVERBS_BPF_ATTR_MR_IOVA, (uintptr_t)at);
	cmd_u64(&cmd, UVERBS_BPF_ATTR_MR_LENGTH, PAGE);
	cmd_u32(&cmd, UVERBS_BPF_ATTR_MR_ACCESS, 1);
	cmd_out(&cmd, UVERBS_BPF_ATTR_MR_RESP_LKEY, &mr->lkey, 4);
	cmd_out(&cmd, UVERBS_BPF_ATTR_MR_RESP_RKEY, &mr->rkey, 4);
	if (buf >= 0) {
		cmd_fd(&cmd, UVERBS_BPF_ATTR_MR_FD, buf);
		cmd_u64(&cmd, UVERBS_BPF_ATTR_MR_FD_OFFSET, 0);
	} else {
		cmd_u64(&cmd, UVERBS_BPF_ATTR_MR_ADDR, (uintptr_t)at);
	}
	if (dmah >= 0)
		cmd_handle(&cmd, UVERBS_BPF_ATTR_MR_DMA_HANDLE, dmah);
	ret = cmd_call(fd, &cmd);
	mr->handle = cmd.attrs[0].data;
	return ret;
}

static void other_mrs(void)
{
	struct ib_uverbs_sge sge = { .addr = (uintptr_t)memory, .length = 16 };
	struct mr mr = {}, queried = {};
	uint32_t pd;
	int ret;

	must("ALLOC_PD", alloc_pd(fd, &pd));
	say("ADVISE_MR", advise(pd, 0, 0, &sge, sizeof(sge)));
	say("ADVISE_MR, unknown flag", advise(pd, 0, 1 << 5, &sge, sizeof(sge)));
	say("ADVISE_MR, unknown advice", advise(pd, 77, 0, &sge, sizeof(sge)));
	say("ADVISE_MR, one and a half", advise(pd, 0, 0, memory, 24));
	expect("ADVISE_MR, unreadable", advise(pd, 0, 0, nowhere, 16), EFAULT);
	say("REG_DMABUF_MR", reg_dmabuf(pd, 0, 0, 0));
	say("REG_DMABUF_MR, other place in the page", reg_dmabuf(pd, 0, 0, 8));

	ret = reg_by_attrs(METHOD_REG_MR, pd, memory, -1, -1, &mr);
	say("REG_MR by attributes", ret);
	if (!ret) {
		queried.handle = mr.handle;
		expect("QUERY_MR", query_mr(&queried), 0);
		expect_value("lkey", queried.lkey, mr.lkey);
		expect_value("rkey", queried.rkey, mr.rkey);
		expect("PD of an MR destroyed", destroy_pd(fd, pd), EBUSY);
		expect("MR destroyed", destroy_mr(fd, mr.handle), 0);
	}
	say("REG_MR of a file", reg_by_attrs(METHOD_REG_MR, pd, NULL, 0, -1, &mr));
	say("REG_MR with a DMA handle", reg_by_attrs(METHOD_REG_MR, pd, memory, -1, 7, &mr));
	say("REG_MR of no memory", reg_by_attrs(METHOD_REG_MR, pd, nowhere, -1, -1, &mr));
	expect("PD destroyed", destroy_pd(fd, pd), 0);
}

/* ---- memory windows ---- */

static void windows(void)
{
	struct ib_uverbs_dealloc_mw dealloc = {};
	uint32_t pd, mw[2], ids[4], total;

	must("ALLOC_PD", alloc_pd(fd, &pd));
	expect("ALLOC_MW, type 1", alloc_mw(fd, pd, 1, &mw[0]), 0);
	expect("ALLOC_MW, type 2", alloc_mw(fd, pd, 2, &mw[1]), 0);
	expect("ALLOC_MW, type 0", alloc_mw(fd, pd, 0, ids), EINVAL);
	expect("ALLOC_MW, type 3", alloc_mw(fd, pd, 3, ids), EINVAL);
	expect("ALLOC_MW, no such PD", alloc_mw(fd, 999, 3, ids), ENOENT);
	expect("INFO_HANDLES", info_handles(UVERBS_OBJECT_MW, ids, 4, &total), 0);
	expect_value("MWs", total, 2);
	expect("PD of MWs destroyed", destroy_pd(fd, pd), EBUSY);
	expect("MW destroyed", destroy(fd, UVERBS_OBJECT_MW, UVERBS_METHOD_MW_DESTROY, mw[0]), 0);
	dealloc.mw_handle = mw[0];
	expect("MW destroyed again", legacy(fd, IB_USER_VERBS_CMD_DEALLOC_MW, &dealloc,
					    sizeof(dealloc), NULL, 0, NULL, 0), ENOENT);
	dealloc.mw_handle = mw[1];
	expect("DEALLOC_MW", legacy(fd, IB_USER_VERBS_CMD_DEALLOC_MW, &dealloc, sizeof(dealloc),
				    NULL, 0, NULL, 0), 0);
	expect("PD destroyed", destroy_pd(fd, pd), 0);
}

/* ---- CQs ---- */

static int resize(uint32_t cq, uint32_t cqe, struct mminfo *ring, uint32_t *resp_cqe)
{
	struct ib_uverbs_resize_cq in = { .cq_handle = cq, .cqe = cqe };
	struct rxe_resize_cq_resp uhw = {};
	struct ib_uverbs_resize_cq_resp out = {};
	int ret = legacy(fd, IB_USER_VERBS_CMD_RESIZE_CQ, &in, sizeof(in), &out, sizeof(out), &uhw,
			 sizeof(uhw));

	*ring = uhw.mi;
	*resp_cqe = out.cqe;
	return ret;
}

static int modify_cq(uint32_t cq, uint32_t mask)
{
	struct ib_uverbs_ex_modify_cq in = {
		.cq_handle = cq,
		.attr_mask = mask,
		.attr.cq_count = 4,
		.attr.cq_period = 16,
	};

	return legacy(fd, EX | IB_USER_VERBS_EX_CMD_MODIFY_CQ, &in, sizeof(in), NULL, 0, NULL, 0);
}

static void mapped(const char *what, const struct mminfo *ring)
{
	void *at = mmap(NULL, ring->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, ring->offset);

	expect(what, at == MAP_FAILED ? errno : 0, 0);
	if (at != MAP_FAILED)
		munmap(at, ring->size);
}

static void cqs(void)
{
	struct ib_uverbs_destroy_cq_resp resp;
	struct mminfo ring = {};
	uint32_t cq, cqe;

	must("CQ_CREATE", create_cq(fd, 16, -1, &ring, &cq));
	expect("RESIZE_CQ", resize(cq, 300, &ring, &cqe), 0);
	printf("entries: %u, ring of %u bytes\n", cqe, ring.size);
	if (cqe < 300)
		die("FAILED: RESIZE_CQ to 300 made %u", cqe);
	mapped("ring of the resized CQ", &ring);
	expect("RESIZE_CQ, smaller", resize(cq, 20, &ring, &cqe), 0);
	printf("entries: %u, ring of %u bytes\n", cqe, ring.size);
	mapped("ring of the smaller CQ", &ring);
	expect("RESIZE_CQ to nothing", resize(cq, 0, &ring, &cqe), EINVAL);
	expect("RESIZE_CQ to more than there can be", resize(cq, ~0U, &ring, &cqe), EINVAL);
	expect("RESIZE_CQ of none", resize(999, 16, &ring, &cqe), ENOENT);
	say("MODIFY_CQ", modify_cq(cq, 1));
	say("MODIFY_CQ of nothing", modify_cq(cq, 0));
	say("MODIFY_CQ of something unknown", modify_cq(cq, 2));
	say("MODIFY_CQ of none", modify_cq(999, 1));
	must("CQ_DESTROY", destroy_cq(fd, cq, &resp));
}

/* ---- contexts ---- */

/* By write(2): inside an ioctl some kernels take its number for something else. */
static int write_get_context(int to, void *response)
{
	struct {
		struct ib_uverbs_cmd_hdr hdr;
		struct ib_uverbs_get_context in;
	} call = {
		.hdr.command = IB_USER_VERBS_CMD_GET_CONTEXT,
		.hdr.in_words = sizeof(call) / 4,
		.hdr.out_words = sizeof(struct ib_uverbs_get_context_resp) / 4,
		.in.response = (uintptr_t)response,
	};

	return write(to, &call, sizeof(call)) < 0 ? errno : 0;
}

static int get_context_with(int to, const void *files, uint16_t len)
{
	struct cmd cmd;

	cmd_begin(&cmd, UVERBS_OBJECT_DEVICE, UVERBS_METHOD_GET_CONTEXT);
	cmd_in(&cmd, 2, files, len);
	return cmd_call(to, &cmd);
}

static void contexts(void)
{
	struct ib_uverbs_get_context_resp resp = { .async_fd = -1 };
	int32_t files[4] = { 0, 0, -1, 5000 };
	uint32_t pd;
	int to;

	/* A context whose answer is lost does not stay. */
	to = node_open();
	expect("GET_CONTEXT, answer unwritable", write_get_context(to, nowhere), EFAULT);
	expect("ALLOC_PD without a context", alloc_pd(to, &pd), EINVAL);
	expect("GET_CONTEXT", write_get_context(to, &resp), 0);
	expect("ALLOC_PD", alloc_pd(to, &pd), 0);
	close(resp.async_fd);
	expect("GET_CONTEXT again", write_get_context(to, &resp), EINVAL);
	expect("GET_CONTEXT again, answer unwritable", write_get_context(to, nowhere), EFAULT);
	expect("GET_CONTEXT again, by attributes", get_context(to), EINVAL);
	expect("ALLOC_PD", alloc_pd(to, &pd), 0);
	close(to);

	to = node_open();
	say("GET_CONTEXT with a file", get_context_with(to, files, 4));
	say("GET_CONTEXT with two", get_context_with(to, files, 8));
	say("GET_CONTEXT with four", get_context_with(to, files, 16));
	say("GET_CONTEXT with one and a half", get_context_with(to, files, 6));
	expect("GET_CONTEXT with unreadable files", get_context_with(to, nowhere, 16) == 0, 0);
	expect("GET_CONTEXT", get_context(to), 0);
	close(to);
}

/* Each failing call may hold its task for ever. */
static int fail_contexts(unsigned int number)
{
	unsigned int i;
	int status;

	for (i = 0; i < number; i++) {
		pid_t child = fork();

		if (child < 0)
			die("fork: %s", errno_name(errno));
		if (!child) {
			int to = node_open();

			must("GET_CONTEXT", get_context(to));
			_exit(get_context(to) != EINVAL);
		}
		if (waitpid(child, &status, 0) != child || status)
			die("FAILED: a second GET_CONTEXT was not refused with EINVAL");
	}
	return 0;
}

/* ---- our own methods ---- */

static int own_resize(uint32_t cq, uint32_t cqe, uint32_t *resp_cqe, struct mminfo *ring)
{
	struct rxe_resize_cq_resp uhw = {};
	struct cmd cmd;
	int ret;

	cmd_begin(&cmd, UVERBS_OBJECT_CQ, UVERBS_BPF_METHOD_CQ_RESIZE);
	cmd_handle(&cmd, UVERBS_BPF_ATTR_CQ_HANDLE, cq);
	cmd_u32(&cmd, UVERBS_BPF_ATTR_CQ_CQE, cqe);
	if (resp_cqe)
		cmd_out(&cmd, UVERBS_BPF_ATTR_CQ_RESP_CQE, resp_cqe, sizeof(*resp_cqe));
	cmd_out(&cmd, ATTR_UHW_OUT, &uhw, sizeof(uhw));
	ret = cmd_call(fd, &cmd);
	*ring = uhw.mi;
	return ret;
}

/* As little as a registration can say. */
static int own_reg(uint32_t pd, uint32_t *mr)
{
	struct cmd cmd;
	int ret;

	cmd_begin(&cmd, UVERBS_OBJECT_MR, UVERBS_BPF_METHOD_MR_REG);
	cmd_handle(&cmd, UVERBS_BPF_ATTR_MR_HANDLE, 0);
	cmd_handle(&cmd, UVERBS_BPF_ATTR_MR_PD, pd);
	cmd_u64(&cmd, UVERBS_BPF_ATTR_MR_ADDR, (uintptr_t)memory + 8);
	cmd_u64(&cmd, UVERBS_BPF_ATTR_MR_LENGTH, PAGE);
	ret = cmd_call(fd, &cmd);
	*mr = cmd.attrs[0].data;
	return ret;
}

static int own_reg_both(uint32_t pd)
{
	struct cmd cmd;

	cmd_begin(&cmd, UVERBS_OBJECT_MR, UVERBS_BPF_METHOD_MR_REG);
	cmd_handle(&cmd, UVERBS_BPF_ATTR_MR_HANDLE, 0);
	cmd_handle(&cmd, UVERBS_BPF_ATTR_MR_PD, pd);
	cmd_u64(&cmd, UVERBS_BPF_ATTR_MR_ADDR, (uintptr_t)memory);
	cmd_fd(&cmd, UVERBS_BPF_ATTR_MR_FD, 0);
	cmd_u64(&cmd, UVERBS_BPF_ATTR_MR_LENGTH, PAGE);
	return cmd_call(fd, &cmd);
}

static void own(void)
{
	struct ib_uverbs_destroy_cq_resp resp;
	struct mr mr = {}, queried = {};
	struct mminfo ring = {};
	uint32_t pd, cq, cqe = 0;

	expect("PD_ALLOC", own_alloc_pd(fd, &pd), 0);
	expect("MR_REG", own_reg(pd, &queried.handle), 0);
	expect("QUERY_MR", query_mr(&queried), 0);
	expect_value("length", queried.length, PAGE);
	expect_value("iova", queried.iova, (uintptr_t)memory + 8);
	expect("PD of an MR destroyed", destroy_pd(fd, pd), EBUSY);
	expect("MR destroyed", destroy_mr(fd, queried.handle), 0);

	expect("MR_REG with keys", reg_by_attrs(UVERBS_BPF_METHOD_MR_REG, pd, memory, -1, -1, &mr), 0);
	queried.handle = mr.handle;
	expect("QUERY_MR", query_mr(&queried), 0);
	expect_value("lkey", queried.lkey, mr.lkey);
	expect_value("rkey", queried.rkey, mr.rkey);
	expect("MR destroyed", destroy_mr(fd, mr.handle), 0);
	expect("MR_REG of no memory", reg_by_attrs(UVERBS_BPF_METHOD_MR_REG, pd, nowhere, -1, -1, &mr),
	       EFAULT);
	expect("MR_REG of a file, which rxe cannot",
	       reg_by_attrs(UVERBS_BPF_METHOD_MR_REG, pd, NULL, 0, -1, &mr), EOPNOTSUPP);
	say("MR_REG of both", own_reg_both(pd));
	expect("PD destroyed", destroy_pd(fd, pd), 0);

	must("CQ_CREATE", create_cq(fd, 16, -1, NULL, &cq));
	expect("CQ_RESIZE", own_resize(cq, 100, &cqe, &ring), 0);
	if (cqe < 100)
		die("FAILED: CQ_RESIZE to 100 made %u", cqe);
	mapped("ring of the resized CQ", &ring);
	expect("CQ_RESIZE, no answer wanted", own_resize(cq, 50, NULL, &ring), 0);
	expect("CQ_RESIZE to nothing", own_resize(cq, 0, NULL, &ring), EINVAL);
	must("CQ_DESTROY", destroy_cq(fd, cq, &resp));
}

/* ---- what the fake device can ---- */

/* The driver makes another MR for another translation. */
static void rereg_new(const char *driver)
{
	struct ib_uverbs_rereg_mr_resp resp = {};
	struct ib_uverbs_reg_mr_resp reg = {};
	uint32_t pd, other, ids[4], total;
	struct mr mr = {};

	must("ALLOC_PD", alloc_pd(fd, &pd));
	must("ALLOC_PD", alloc_pd(fd, &other));
	must("REG_MR", reg_mr(fd, pd, memory, PAGE, &reg));
	mr.handle = reg.mr_handle;
	expect("rereg, translation", rereg(mr.handle, REREG_TRANS, 0, 1, memory + PAGE, &resp), 0);
	expect("QUERY_MR", query_mr(&mr), 0);
	if (resp.rkey == reg.rkey)
		die("FAILED: the driver made no other MR");
	expect_value("rkey", mr.rkey, resp.rkey);
	expect_value("length", mr.length, 2 * PAGE);
	expect_value("iova", mr.iova, (uintptr_t)memory + PAGE);
	expect("INFO_HANDLES", info_handles(UVERBS_OBJECT_MR, ids, 4, &total), 0);
	expect_value("MRs", total, 1);
	expect_value("its handle", ids[0], mr.handle);

	expect("rereg, translation and PD",
	       rereg(mr.handle, REREG_TRANS | REREG_PD, other, 1, memory, &resp), 0);
	expect("PD that the MR left", destroy_pd(fd, pd), 0);
	expect("PD that the MR is in", destroy_pd(fd, other), EBUSY);
	expect("rereg, no memory", rereg(mr.handle, REREG_TRANS, 0, 1, nowhere, &resp), EFAULT);
	expect("rereg, answer unwritable", rereg(mr.handle, REREG_TRANS, 0, 1, memory, nowhere),
	       EFAULT);
	if (driver) {
		/* The old one gets a handle of its own. */
		fake_tell(driver, "fail dereg_mr 1 16");
		expect("rereg, old MR stays", rereg(mr.handle, REREG_TRANS, 0, 1, memory, &resp), 0);
		expect("INFO_HANDLES", info_handles(UVERBS_OBJECT_MR, ids, 4, &total), 0);
		expect_value("MRs", total, 2);
		expect("old MR destroyed", destroy_mr(fd, ids[0] == mr.handle ? ids[1] : ids[0]), 0);
	}
	expect("MR destroyed", destroy_mr(fd, mr.handle), 0);
	expect("PD destroyed", destroy_pd(fd, other), 0);
}

/* What an MR grew to counts, though that could not be answered. */
static void limit(void)
{
	struct ib_uverbs_reg_mr_resp reg = {}, other = {};
	struct mr mr = {};
	uint32_t pd;

	must("ALLOC_PD", alloc_pd(fd, &pd));
	must("REG_MR", reg_mr(fd, pd, memory, PAGE, &reg));
	expect("rereg, answer unwritable",
	       rereg(reg.mr_handle, REREG_TRANS, 0, 1, memory, nowhere), EFAULT);
	mr.handle = reg.mr_handle;
	expect("QUERY_MR", query_mr(&mr), 0);
	expect_value("length", mr.length, 2 * PAGE);
	expect("REG_MR of the third page", reg_mr(fd, pd, memory, PAGE, &other), 0);
	expect("REG_MR of a fourth page", reg_mr(fd, pd, memory, PAGE, &other), EDQUOT);
}

static int alloc_dm(uint64_t length, uint32_t alignment, uint32_t *dm)
{
	struct cmd cmd;
	int ret;

	cmd_begin(&cmd, UVERBS_OBJECT_DM, UVERBS_METHOD_DM_ALLOC);
	cmd_handle(&cmd, UVERBS_ATTR_ALLOC_DM_HANDLE, 0);
	cmd_u64(&cmd, UVERBS_ATTR_ALLOC_DM_LENGTH, length);
	cmd_u32(&cmd, UVERBS_ATTR_ALLOC_DM_ALIGNMENT, alignment);
	ret = cmd_call(fd, &cmd);
	*dm = cmd.attrs[0].data;
	return ret;
}

static int reg_dm(uint32_t pd, uint32_t dm, uint64_t offset, uint64_t length, uint32_t access,
		  struct mr *mr)
{
	struct cmd cmd;
	int ret;

	cmd_begin(&cmd, UVERBS_OBJECT_MR, UVERBS_METHOD_DM_MR_REG);
	cmd_handle(&cmd, UVERBS_ATTR_REG_DM_MR_HANDLE, 0);
	cmd_u64(&cmd, UVERBS_ATTR_REG_DM_MR_OFFSET, offset);
	cmd_u64(&cmd, UVERBS_ATTR_REG_DM_MR_LENGTH, length);
	cmd_handle(&cmd, UVERBS_ATTR_REG_DM_MR_PD_HANDLE, pd);
	cmd_u32(&cmd, UVERBS_ATTR_REG_DM_MR_ACCESS_FLAGS, access);
	cmd_handle(&cmd, UVERBS_ATTR_REG_DM_MR_DM_HANDLE, dm);
	cmd_out(&cmd, UVERBS_ATTR_REG_DM_MR_RESP_LKEY, &mr->lkey, sizeof(mr->lkey));
	cmd_out(&cmd, UVERBS_ATTR_REG_DM_MR_RESP_RKEY, &mr->rkey, sizeof(mr->rkey));
	ret = cmd_call(fd, &cmd);
	mr->handle = cmd.attrs[0].data;
	return ret;
}

#define ZERO_BASED	(1 << 5)

static void device_memory(void)
{
	struct ib_uverbs_rereg_mr_resp resp = {};
	uint32_t pd, dm, none;
	struct mr mr = {}, queried;

	must("ALLOC_PD", alloc_pd(fd, &pd));
	expect("DM_ALLOC", alloc_dm(4096, 3, &dm), 0);
	expect("DM_ALLOC, too large", alloc_dm(1ULL << 40, 3, &none), EINVAL);
	expect("DM_MR_REG", reg_dm(pd, dm, 1024, 2048, ZERO_BASED | 1, &mr), 0);
	queried = (struct mr) { .handle = mr.handle };
	expect("QUERY_MR", query_mr(&queried), 0);
	expect_value("lkey", queried.lkey, mr.lkey);
	expect_value("length", queried.length, 2048);
	expect("DM_MR_REG, with addresses", reg_dm(pd, dm, 0, 2048, 1, &queried), EINVAL);
	expect("DM_MR_REG, too long", reg_dm(pd, dm, 4000, 97, ZERO_BASED, &queried), EINVAL);
	expect("DM_MR_REG, too far", reg_dm(pd, dm, ~0ULL, 4096, ZERO_BASED, &queried), EINVAL);
	expect("DM_MR_REG, unknown access", reg_dm(pd, dm, 0, 64, 1U << 31 | ZERO_BASED, &queried),
	       EINVAL);
	expect("DM_MR_REG, no such DM", reg_dm(pd, 999, 0, 64, ZERO_BASED, &queried), ENOENT);
	expect("rereg of device memory", rereg(mr.handle, REREG_ACCESS, 0, 1, memory, &resp), EINVAL);
	expect("DM with an MR freed", destroy(fd, UVERBS_OBJECT_DM, UVERBS_METHOD_DM_FREE, dm), EBUSY);
	expect("MR destroyed", destroy_mr(fd, mr.handle), 0);
	expect("DM freed", destroy(fd, UVERBS_OBJECT_DM, UVERBS_METHOD_DM_FREE, dm), 0);
	expect("DM_MR_REG, DM freed", reg_dm(pd, dm, 0, 64, ZERO_BASED, &queried), ENOENT);
	expect("PD destroyed", destroy_pd(fd, pd), 0);
}

static void dmabufs(void)
{
	struct mr mr = {};
	int buf = make_dmabuf(4 * PAGE);
	uint32_t pd;
	int ret;

	printf("dma-buf: %s\n", buf < 0 ? "none" : "made");
	must("ALLOC_PD", alloc_pd(fd, &pd));
	say("REG_DMABUF_MR", reg_dmabuf(pd, buf, 0, 0));
	say("REG_DMABUF_MR, second page", reg_dmabuf(pd, buf, PAGE, 7 * PAGE));
	expect("REG_DMABUF_MR, other place in the page", reg_dmabuf(pd, buf, 0, 8), EINVAL);
	say("REG_DMABUF_MR, beyond", reg_dmabuf(pd, buf, 4 * PAGE, 0));
	say("REG_DMABUF_MR, not a dma-buf", reg_dmabuf(pd, fd, 0, 0));
	say("REG_DMABUF_MR, no file", reg_dmabuf(pd, 5000, 0, 0));
	ret = reg_by_attrs(METHOD_REG_MR, pd, NULL, buf, -1, &mr);
	say("REG_MR of a dma-buf", ret);
	if (!ret)
		say("QUERY_MR", query_mr(&mr));
	say("PD of MRs destroyed", destroy_pd(fd, pd));
	close(buf);
}

/* Of Linux 7: objects, methods and attributes older headers have not. */
#define OBJECT_DMAH	17
#define OBJECT_DMABUF	18

static int alloc_dmah(int64_t cpu, int mem_type, int ph, uint32_t *dmah)
{
	struct cmd cmd;
	int ret;

	cmd_begin(&cmd, OBJECT_DMAH, 0);
	cmd_handle(&cmd, 0, 0);
	if (cpu >= 0)
		cmd_u32(&cmd, 1, cpu);
	if (mem_type >= 0)
		cmd_add(&cmd, 2, 0, 0)->attr_data.reserved = mem_type;
	if (ph >= 0)
		cmd_add(&cmd, 3, 1, ph);
	ret = cmd_call(fd, &cmd);
	*dmah = cmd.attrs[0].data;
	return ret;
}

static void dma_handles(void)
{
	uint32_t pd, dmah, none, total, ids[4];
	struct mr mr = {};
	int ret;

	must("ALLOC_PD", alloc_pd(fd, &pd));
	ret = alloc_dmah(0, 1, 2, &dmah);
	say("DMAH_ALLOC", ret);
	say("DMAH_ALLOC of nothing", alloc_dmah(-1, -1, -1, &none));
	say("DMAH_ALLOC, no such CPU", alloc_dmah(1 << 20, -1, -1, &none));
	say("DMAH_ALLOC, no such memory", alloc_dmah(-1, 2, -1, &none));
	say("DMAH_ALLOC, memory reserved", alloc_dmah(-1, 0x100, -1, &none));
	say("DMAH_ALLOC, no such hint", alloc_dmah(-1, -1, 4, &none));
	say("INFO_HANDLES", info_handles(OBJECT_DMAH, ids, 4, &total));
	if (!ret) {
		expect_value("DMAHs", total, 2);
		expect("REG_MR with a DMAH", reg_by_attrs(METHOD_REG_MR, pd, memory, -1, dmah, &mr), 0);
		expect("DMAH of an MR freed", destroy(fd, OBJECT_DMAH, 1, dmah), EBUSY);
		expect("MR destroyed", destroy_mr(fd, mr.handle), 0);
		expect("DMAH freed", destroy(fd, OBJECT_DMAH, 1, dmah), 0);
	}
	say("REG_MR with no DMAH", reg_by_attrs(METHOD_REG_MR, pd, memory, -1, 999, &mr));
	expect("PD destroyed", destroy_pd(fd, pd), 0);
}

static int export_mapping(int from, uint64_t offset, int *buf)
{
	struct cmd cmd;
	int ret;

	cmd_begin(&cmd, OBJECT_DMABUF, 0);
	cmd_fd(&cmd, 0, 0);
	cmd_u64(&cmd, 1, offset);
	ret = cmd_call(from, &cmd);
	*buf = ret ? -1 : (int)cmd.attrs[0].data;
	return ret;
}

/* With the device file closed before and after the dma-buf, and with the device gone. */
static void exports(const char *driver)
{
	struct fake_context_resp resp;
	uint32_t total, ids[4];
	struct cmd cmd;
	int from, buf;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		from = node_open();
		cmd_begin(&cmd, UVERBS_OBJECT_DEVICE, UVERBS_METHOD_GET_CONTEXT);
		cmd_out(&cmd, ATTR_UHW_OUT, &resp, sizeof(resp));
		must("GET_CONTEXT", cmd_call(from, &cmd));
		say("DMABUF_ALLOC of nothing", export_mapping(from, 1ULL << 40, &buf));
		say("DMABUF_ALLOC", export_mapping(from, resp.bar_offset, &buf));
		if (buf >= 0) {
			int was = fd;

			expect_value("size", lseek(buf, 0, SEEK_END), PAGE);
			fd = from;
			expect("INFO_HANDLES", info_handles(OBJECT_DMABUF, ids, 4, &total), 0);
			expect_value("DMABUFs", total, 1);
			expect_value("number of a file", ids[0], 0);
			fd = was;
		}
		if (i == 2)
			fake_tell(driver, "unplug");
		if (i == 0)
			close(buf);
		close(from);
		if (i != 0)
			close(buf);
	}
}

/* What GET_CONTEXT and QUERY_CONTEXT, whose attributes are the same, tell of the kernel. */
static void support(const char *what, int of, uint16_t method)
{
	uint64_t core = 0;
	uint32_t vectors = 0;
	struct cmd cmd;

	cmd_begin(&cmd, UVERBS_OBJECT_DEVICE, method);
	cmd_out(&cmd, UVERBS_ATTR_QUERY_CONTEXT_NUM_COMP_VECTORS, &vectors, sizeof(vectors));
	cmd_out(&cmd, UVERBS_ATTR_QUERY_CONTEXT_CORE_SUPPORT, &core, sizeof(core));
	expect(what, cmd_call(of, &cmd), 0);
	printf("%u vectors, core support 0x%llx\n", vectors, (unsigned long long)core);
}

static void supports(void)
{
	int of = node_open();

	support("GET_CONTEXT", of, UVERBS_METHOD_GET_CONTEXT);
	support("QUERY_CONTEXT", of, UVERBS_METHOD_QUERY_CONTEXT);
	close(of);
}

static void fake(const char *driver, bool ours)
{
	struct ib_uverbs_sge sges[2] = {
		{ .addr = 0x1000, .length = 16, .lkey = 5 },
		{ .addr = 0x2000, .length = 32, .lkey = 6 },
	};
	struct ib_uverbs_destroy_cq_resp resp;
	struct mminfo ring;
	uint32_t pd, cq, cqe;

	supports();
	rereg_new(ours ? driver : NULL);
	device_memory();
	windows();
	dma_handles();

	must("ALLOC_PD", alloc_pd(fd, &pd));
	expect("ADVISE_MR", advise(pd, 1, 1, sges, sizeof(sges)), 0);
	expect("ADVISE_MR, unknown flag", advise(pd, 0, 1 << 5, sges, sizeof(sges)), EINVAL);
	expect("ADVISE_MR, one and a half", advise(pd, 0, 0, sges, 24), EINVAL);
	expect("ADVISE_MR, unreadable", advise(pd, 0, 0, nowhere, 16), EFAULT);
	expect("PD destroyed", destroy_pd(fd, pd), 0);

	must("CQ_CREATE", create_cq(fd, 16, -1, NULL, &cq));
	expect("MODIFY_CQ", modify_cq(cq, 1), 0);
	expect("MODIFY_CQ of nothing", modify_cq(cq, 0), EINVAL);
	expect("MODIFY_CQ of something unknown", modify_cq(cq, 2), EOPNOTSUPP);
	expect("MODIFY_CQ of none", modify_cq(999, 1), ENOENT);
	say("RESIZE_CQ", resize(cq, 32, &ring, &cqe));
	must("CQ_DESTROY", destroy_cq(fd, cq, &resp));
	dmabufs();
	close(fd);
	exports(driver);
}

/* ---- churn ---- */

static int churn(unsigned int seconds)
{
	struct ib_uverbs_rereg_mr_resp resp = {};
	struct ib_uverbs_reg_mr_resp reg = {};
	time_t end = time(NULL) + seconds;
	unsigned long rounds = 0;
	uint32_t pd, next;

	must("ALLOC_PD", alloc_pd(fd, &pd));
	must("REG_MR", reg_mr(fd, pd, memory, PAGE, &reg));
	for (; time(NULL) < end; rounds++, pd = next) {
		must("ALLOC_PD", alloc_pd(fd, &next));
		must("rereg", rereg(reg.mr_handle, REREG_PD, next, 1, memory, &resp));
		must("PD that the MR left", destroy_pd(fd, pd));
	}
	printf("%lu rounds\n", rounds);
	return 0;
}

static int moved(void)
{
	struct ib_uverbs_rereg_mr_resp resp = {};
	struct ib_uverbs_reg_mr_resp reg = {};
	uint32_t pd, other;

	must("ALLOC_PD", alloc_pd(fd, &pd));
	must("ALLOC_PD", alloc_pd(fd, &other));
	must("REG_MR", reg_mr(fd, pd, memory, PAGE, &reg));
	printf("ready\n");
	if (getchar() == EOF)
		return 1;
	must("rereg", rereg(reg.mr_handle, REREG_PD, other, 1, memory, &resp));
	printf("moved\n");
	return getchar() == EOF;
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "usage: memory NODE [own | fake CONTROL [own] | moved | contexts NUMBER | churn SECONDS]\n");
		return 1;
	}
	node = argv[1];
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 4 && !strcmp(argv[2], "contexts"))
		return fail_contexts(atoi(argv[3]));

	fd = raw_open(node);
	must("GET_CONTEXT", get_context(fd));
	if (argc >= 4 && !strcmp(argv[2], "fake")) {
		fake(argv[3], argc == 5);
		return failed;
	}
	if (argc == 4 && !strcmp(argv[2], "churn"))
		return churn(atoi(argv[3]));
	if (argc == 3 && !strcmp(argv[2], "moved"))
		return moved();
	if (argc == 3 && !strcmp(argv[2], "limit")) {
		limit();
		return failed;
	}
	if (argc == 3 && !strcmp(argv[2], "own")) {
		own();
		return failed;
	}
	handles();
	rereg_mr();
	other_mrs();
	windows();
	cqs();
	contexts();
	return failed;
}
