// SPDX-License-Identifier: BSD-2-Clause
/*
 * malformed NODE GID_INDEX GID
 *
 * Send calls that are wrong in one place, for every place there is, and print
 * what each is answered. Every call that works is taken apart in turn: header
 * fields, each attribute missing, doubled, too short, too long, with bad
 * pointers and values, each word of each struct changed; legacy commands by
 * ioctl and by write(2). What is printed, with the bytes of answers that are
 * the same each time, must not depend on who serves NODE.
 *
 * Exit status: 0, or 1 if a call that is right failed.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "raw.h"

static const char *node;
static unsigned int gid_index;
static uint8_t gid[16];

/*
 * Every call finds the same objects; those with a name of their own are used
 * by nothing, so that they can be destroyed.
 */
static struct {
	int fd, async, channel;
	uint32_t pd, mr, cq, qp, ah, free_pd, free_cq, mw, srq, ud;
	bool context;
} env;

/* The handle the kernel gives to the next object. */
#define NEXT_HANDLE	10
/* Everything from here on belongs to env. */
#define FIRST_FD	100

/*
 * Inputs and outputs have room for the longest attribute, so that only what
 * is meant to be a bad pointer is one.
 */
#define ROOM	0x20000
/* More than ib_core looks through for what is not zero. */
#define LONG	0x10000
static uint8_t input[ROOM], output[ROOM], uhw[ROOM];
static char memory[8192] __attribute__((aligned(4096)));
static void *read_only, *unmapped_end, *mapped_again;

static void env_close(void)
{
	close_range(FIRST_FD, ~0U, 0);
	env.fd = -1;
}

static void env_open(bool context)
{
	struct ib_uverbs_reg_mr_resp mr = {};
	int fd = open(node, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		die("%s: %s", node, errno_name(errno));
	env.fd = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FD);
	close(fd);
	env.context = context;
	if (!context)
		return;

	must("GET_CONTEXT", get_context(env.fd));
	must("ASYNC_EVENT_ALLOC", alloc_async(env.fd, &env.async));
	must("CREATE_COMP_CHANNEL", create_channel(env.fd, &env.channel));
	/* The kernel takes the lowest descriptors. */
	env.async = fcntl(fd = env.async, F_DUPFD_CLOEXEC, FIRST_FD);
	close(fd);
	env.channel = fcntl(fd = env.channel, F_DUPFD_CLOEXEC, FIRST_FD);
	close(fd);
	must("ALLOC_PD", alloc_pd(env.fd, &env.pd));
	must("REG_MR", reg_mr(env.fd, env.pd, memory, sizeof(memory), &mr));
	env.mr = mr.mr_handle;
	must("CQ_CREATE", create_cq(env.fd, 16, env.channel, NULL, &env.cq));
	must("QP_CREATE", create_qp(env.fd, env.pd, env.cq, IB_UVERBS_QPT_RC, &env.qp));
	must("CREATE_AH", create_ah(env.fd, env.pd, gid, gid_index, &env.ah));
	must("ALLOC_PD", alloc_pd(env.fd, &env.free_pd));
	must("CQ_CREATE", create_cq(env.fd, 16, -1, NULL, &env.free_cq));
	must("ALLOC_MW", alloc_mw(env.fd, env.pd, 1, &env.mw));
	must("SRQ_CREATE", create_srq(env.fd, env.pd, 8, 0, &env.srq));
	must("QP_CREATE", create_qp(env.fd, env.pd, env.cq, IB_UVERBS_QPT_UD, &env.ud));
	if (env.ud != NEXT_HANDLE - 1)
		die("the handles do not begin with 0");
}

static void env_renew(bool context)
{
	env_close();
	env_open(context);
}

/*
 * Which objects there are after the call: destroying one as what it is not
 * says EINVAL if it is there and ENOENT if it is not.
 */
static const char *handles(void)
{
	static char there[NEXT_HANDLE + 2];
	unsigned int i;
	int ret;

	for (i = 0; i <= NEXT_HANDLE; i++) {
		ret = i == env.ah ? destroy_pd(env.fd, i) : destroy_ah(env.fd, i);
		there[i] = ret == ENOENT ? '-' : ret == EINVAL ? 'x' : '?';
	}
	return there;
}

/* What a call does to env: nothing, something when it works, or even when it fails. */
enum effect { READS, MAKES, DESTROYS };

/* More than any answer has whose bytes are compared. */
#define ANSWER	1024
/* So that it shows what was written, zeroes too. */
#define BLANK	0xa5

static void blank_output(void)
{
	memset(output, BLANK, ANSWER);
}

static void print_output(void)
{
	size_t len = ANSWER;

	while (len && output[len - 1] == BLANK)
		len--;
	if (len) {
		printf(", answer ");
		print_bytes(output, len);
	}
}

static void report(const char *call, const char *how, int ret, const struct cmd *cmd,
		   enum effect effect)
{
	unsigned int i;

	printf("%s: %s: %s", call, how, errno_name(ret));
	if (env.context && effect != READS)
		printf(", handles %s", handles());
	/* libraries do not look at the outputs of a call that failed. */
	for (i = 0; !ret && cmd && i < cmd->hdr.num_attrs && i < 24; i++)
		if (cmd->attrs[i].flags & UVERBS_ATTR_F_VALID_OUTPUT)
			printf(", output 0x%x", cmd->attrs[i].attr_id);
	/* What is made has numbers of its own. */
	if (!ret && effect != MAKES)
		print_output();
	putchar('\n');
	if (effect == DESTROYS || (effect == MAKES && (!ret || ret == EFAULT)))
		env_renew(env.context);
}

/* ---- calls that work ---- */

static void query_port(struct cmd *cmd)
{
	cmd_u64(cmd, UVERBS_ATTR_QUERY_PORT_PORT_NUM, 1);
	cmd_out(cmd, UVERBS_ATTR_QUERY_PORT_RESP, output,
		sizeof(struct ib_uverbs_query_port_resp_ex));
}

static void query_port_speed(struct cmd *cmd)
{
	cmd_u64(cmd, 0, 1);
	cmd_out(cmd, 1, output, 8);
}

/* GET_CONTEXT and QUERY_CONTEXT have the same attributes. */
static void context(struct cmd *cmd)
{
	cmd_out(cmd, UVERBS_ATTR_GET_CONTEXT_NUM_COMP_VECTORS, output, 4);
	cmd_out(cmd, UVERBS_ATTR_GET_CONTEXT_CORE_SUPPORT, output + 8, 8);
}

static void query_gid_entry(struct cmd *cmd)
{
	cmd_u64(cmd, UVERBS_ATTR_QUERY_GID_ENTRY_PORT, 1);
	cmd_u64(cmd, UVERBS_ATTR_QUERY_GID_ENTRY_GID_INDEX, gid_index);
	cmd_u32(cmd, UVERBS_ATTR_QUERY_GID_ENTRY_FLAGS, 0);
	cmd_out(cmd, UVERBS_ATTR_QUERY_GID_ENTRY_RESP_ENTRY, output,
		sizeof(struct ib_uverbs_gid_entry));
}

static void query_gid_table(struct cmd *cmd)
{
	cmd_u64(cmd, UVERBS_ATTR_QUERY_GID_TABLE_ENTRY_SIZE, sizeof(struct ib_uverbs_gid_entry));
	cmd_u64(cmd, UVERBS_ATTR_QUERY_GID_TABLE_FLAGS, 0);
	cmd_out(cmd, UVERBS_ATTR_QUERY_GID_TABLE_RESP_ENTRIES, output,
		16 * sizeof(struct ib_uverbs_gid_entry));
	cmd_out(cmd, UVERBS_ATTR_QUERY_GID_TABLE_RESP_NUM_ENTRIES,
		output + 16 * sizeof(struct ib_uverbs_gid_entry), 8);
}

static void async_event_alloc(struct cmd *cmd)
{
	cmd_fd(cmd, UVERBS_ATTR_ASYNC_EVENT_ALLOC_FD_HANDLE, 0);
}

static void pd_destroy(struct cmd *cmd)
{
	cmd_handle(cmd, UVERBS_ATTR_DESTROY_PD_HANDLE, env.free_pd);
}

static void mr_destroy(struct cmd *cmd)
{
	cmd_handle(cmd, UVERBS_ATTR_DESTROY_MR_HANDLE, env.mr);
}

static void info_handles(struct cmd *cmd)
{
	cmd_u64(cmd, UVERBS_ATTR_INFO_OBJECT_ID, UVERBS_OBJECT_CQ);
	cmd_out(cmd, UVERBS_ATTR_INFO_TOTAL_HANDLES, output, 4);
	cmd_out(cmd, UVERBS_ATTR_INFO_HANDLES_LIST, output + 8, 32);
}

static void mr_query(struct cmd *cmd)
{
	cmd_handle(cmd, UVERBS_ATTR_QUERY_MR_HANDLE, env.mr);
	/* Keys are random. */
	cmd_out(cmd, UVERBS_ATTR_QUERY_MR_RESP_LKEY, uhw, 4);
	cmd_out(cmd, UVERBS_ATTR_QUERY_MR_RESP_RKEY, uhw + 8, 4);
	cmd_out(cmd, UVERBS_ATTR_QUERY_MR_RESP_LENGTH, output + 16, 8);
	cmd_out(cmd, UVERBS_ATTR_QUERY_MR_RESP_IOVA, output + 24, 8);
}

static void mr_advise(struct cmd *cmd)
{
	struct ib_uverbs_sge *sge = (void *)input;

	*sge = (struct ib_uverbs_sge) { .addr = (uintptr_t)memory, .length = 16 };
	cmd_handle(cmd, UVERBS_ATTR_ADVISE_MR_PD_HANDLE, env.pd);
	cmd_u64(cmd, UVERBS_ATTR_ADVISE_MR_ADVICE, IB_UVERBS_ADVISE_MR_ADVICE_PREFETCH);
	cmd_u32(cmd, UVERBS_ATTR_ADVISE_MR_FLAGS, 0);
	cmd_in(cmd, UVERBS_ATTR_ADVISE_MR_SGE_LIST, sge, sizeof(*sge));
}

static void mr_reg_dmabuf(struct cmd *cmd)
{
	cmd_handle(cmd, UVERBS_ATTR_REG_DMABUF_MR_HANDLE, 0);
	cmd_handle(cmd, UVERBS_ATTR_REG_DMABUF_MR_PD_HANDLE, env.pd);
	cmd_u64(cmd, UVERBS_ATTR_REG_DMABUF_MR_OFFSET, 0);
	cmd_u64(cmd, UVERBS_ATTR_REG_DMABUF_MR_LENGTH, 4096);
	cmd_u64(cmd, UVERBS_ATTR_REG_DMABUF_MR_IOVA, 0);
	cmd_u32(cmd, UVERBS_ATTR_REG_DMABUF_MR_FD, env.channel);
	cmd_u32(cmd, UVERBS_ATTR_REG_DMABUF_MR_ACCESS_FLAGS, 1);
	cmd_out(cmd, UVERBS_ATTR_REG_DMABUF_MR_RESP_LKEY, output, 4);
	cmd_out(cmd, UVERBS_ATTR_REG_DMABUF_MR_RESP_RKEY, output + 8, 4);
}

static void mr_reg_dm(struct cmd *cmd)
{
	cmd_handle(cmd, UVERBS_ATTR_REG_DM_MR_HANDLE, 0);
	cmd_u64(cmd, UVERBS_ATTR_REG_DM_MR_OFFSET, 0);
	cmd_u64(cmd, UVERBS_ATTR_REG_DM_MR_LENGTH, 4096);
	cmd_handle(cmd, UVERBS_ATTR_REG_DM_MR_PD_HANDLE, env.pd);
	cmd_u32(cmd, UVERBS_ATTR_REG_DM_MR_ACCESS_FLAGS, 1 << 5);
	cmd_handle(cmd, UVERBS_ATTR_REG_DM_MR_DM_HANDLE, 0);
	cmd_out(cmd, UVERBS_ATTR_REG_DM_MR_RESP_LKEY, output, 4);
	cmd_out(cmd, UVERBS_ATTR_REG_DM_MR_RESP_RKEY, output + 8, 4);
}

/* REG_MR is of Linux 7, and not in the headers of older ones. */
static void mr_reg(struct cmd *cmd)
{
	cmd_handle(cmd, 0, 0);
	cmd_handle(cmd, 1, env.pd);
	cmd_u64(cmd, 3, (uintptr_t)memory);
	cmd_u64(cmd, 4, (uintptr_t)memory);
	cmd_u64(cmd, 5, sizeof(memory));
	cmd_u32(cmd, 6, 1);
	cmd_out(cmd, 9, output, 4);
	cmd_out(cmd, 10, output + 8, 4);
}

static void mr_reg_fd(struct cmd *cmd)
{
	cmd_handle(cmd, 0, 0);
	cmd_handle(cmd, 1, env.pd);
	cmd_u64(cmd, 3, 0);
	cmd_u64(cmd, 5, sizeof(memory));
	cmd_u32(cmd, 6, 1);
	cmd_fd(cmd, 7, env.channel);
	cmd_u64(cmd, 8, 0);
	cmd_out(cmd, 9, output, 4);
	cmd_out(cmd, 10, output + 8, 4);
}

static void mw_destroy(struct cmd *cmd)
{
	cmd_handle(cmd, UVERBS_ATTR_DESTROY_MW_HANDLE, env.mw);
}

static void dm_alloc(struct cmd *cmd)
{
	cmd_handle(cmd, UVERBS_ATTR_ALLOC_DM_HANDLE, 0);
	cmd_u64(cmd, UVERBS_ATTR_ALLOC_DM_LENGTH, 4096);
	cmd_u32(cmd, UVERBS_ATTR_ALLOC_DM_ALIGNMENT, 4);
}

/* DMAH and DMABUF are of Linux 7 too. */
static void dmah_alloc(struct cmd *cmd)
{
	cmd_handle(cmd, 0, 0);
	cmd_u32(cmd, 1, 0);
}

static void dmabuf_alloc(struct cmd *cmd)
{
	cmd_fd(cmd, 0, 0);
	cmd_u64(cmd, 1, 0);
}

/* Of Linux 7: files that stand for capabilities, two of them here. */
static void context_files(struct cmd *cmd)
{
	int32_t *files = (void *)input;

	context(cmd);
	files[0] = files[1] = files[2] = env.fd;
	cmd_in(cmd, 2, files, 3 * sizeof(*files));
}

static void ah_destroy(struct cmd *cmd)
{
	cmd_handle(cmd, UVERBS_ATTR_DESTROY_AH_HANDLE, env.ah);
}

static void cq_create(struct cmd *cmd)
{
	cmd_handle(cmd, UVERBS_ATTR_CREATE_CQ_HANDLE, 0);
	cmd_u32(cmd, UVERBS_ATTR_CREATE_CQ_CQE, 16);
	cmd_u64(cmd, UVERBS_ATTR_CREATE_CQ_USER_HANDLE, 1);
	cmd_fd(cmd, UVERBS_ATTR_CREATE_CQ_COMP_CHANNEL, env.channel);
	cmd_u32(cmd, UVERBS_ATTR_CREATE_CQ_COMP_VECTOR, 0);
	cmd_u64(cmd, UVERBS_ATTR_CREATE_CQ_FLAGS, 0);
	cmd_out(cmd, UVERBS_ATTR_CREATE_CQ_RESP_CQE, output, 4);
	cmd_fd(cmd, UVERBS_ATTR_CREATE_CQ_EVENT_FD, env.async);
	cmd_out(cmd, ATTR_UHW_OUT, uhw, sizeof(struct rxe_create_cq_resp));
}

/* Of Linux 7: memory for the CQ. rxe has its own and does not look. */
static void cq_create_in(struct cmd *cmd)
{
	cq_create(cmd);
	cmd_u64(cmd, 8, (uintptr_t)memory);
	cmd_u64(cmd, 9, sizeof(memory));
	cmd_fd(cmd, 10, env.channel);
	cmd_u64(cmd, 11, 0);
	memset(input, 0, 32);
	cmd_in(cmd, 12, input, 32);
}

static void cq_destroy(struct cmd *cmd)
{
	cmd_handle(cmd, UVERBS_ATTR_DESTROY_CQ_HANDLE, env.free_cq);
	cmd_out(cmd, UVERBS_ATTR_DESTROY_CQ_RESP, output,
		sizeof(struct ib_uverbs_destroy_cq_resp));
}

static void qp_create(struct cmd *cmd)
{
	struct ib_uverbs_qp_cap *cap = (void *)input;

	*cap = (struct ib_uverbs_qp_cap) { 4, 4, 1, 1, 0 };
	cmd_handle(cmd, UVERBS_ATTR_CREATE_QP_HANDLE, 0);
	cmd_handle(cmd, UVERBS_ATTR_CREATE_QP_PD_HANDLE, env.pd);
	cmd_handle(cmd, UVERBS_ATTR_CREATE_QP_SEND_CQ_HANDLE, env.cq);
	cmd_handle(cmd, UVERBS_ATTR_CREATE_QP_RECV_CQ_HANDLE, env.cq);
	cmd_u64(cmd, UVERBS_ATTR_CREATE_QP_USER_HANDLE, 1);
	cmd_in(cmd, UVERBS_ATTR_CREATE_QP_CAP, cap, sizeof(*cap));
	cmd_u64(cmd, UVERBS_ATTR_CREATE_QP_TYPE, IB_UVERBS_QPT_RC);
	cmd_u32(cmd, UVERBS_ATTR_CREATE_QP_FLAGS, 0);
	cmd_fd(cmd, UVERBS_ATTR_CREATE_QP_EVENT_FD, env.async);
	cmd_out(cmd, UVERBS_ATTR_CREATE_QP_RESP_CAP, output, sizeof(*cap));
	cmd_out(cmd, UVERBS_ATTR_CREATE_QP_RESP_QP_NUM, output + 64, 4);
	cmd_out(cmd, ATTR_UHW_OUT, uhw, sizeof(struct rxe_create_qp_resp));
}

static void qp_destroy(struct cmd *cmd)
{
	cmd_handle(cmd, UVERBS_ATTR_DESTROY_QP_HANDLE, env.qp);
	cmd_out(cmd, UVERBS_ATTR_DESTROY_QP_RESP, output,
		sizeof(struct ib_uverbs_destroy_qp_resp));
}

static void qp_create_srq(struct cmd *cmd)
{
	qp_create(cmd);
	cmd_handle(cmd, UVERBS_ATTR_CREATE_QP_SRQ_HANDLE, env.srq);
}

/* Every optional handle there is; rxe has no objects for two of them. */
static void qp_create_xrc(struct cmd *cmd)
{
	qp_create_srq(cmd);
	cmd_handle(cmd, UVERBS_ATTR_CREATE_QP_XRCD_HANDLE, env.pd);
	cmd_handle(cmd, UVERBS_ATTR_CREATE_QP_IND_TABLE_HANDLE, env.pd);
}

static void srq_create(struct cmd *cmd)
{
	cmd_handle(cmd, UVERBS_ATTR_CREATE_SRQ_HANDLE, 0);
	cmd_handle(cmd, UVERBS_ATTR_CREATE_SRQ_PD_HANDLE, env.pd);
	cmd_handle(cmd, UVERBS_ATTR_CREATE_SRQ_CQ_HANDLE, env.cq);
	cmd_u64(cmd, UVERBS_ATTR_CREATE_SRQ_USER_HANDLE, 1);
	cmd_u32(cmd, UVERBS_ATTR_CREATE_SRQ_MAX_WR, 8);
	cmd_u32(cmd, UVERBS_ATTR_CREATE_SRQ_MAX_SGE, 1);
	cmd_u32(cmd, UVERBS_ATTR_CREATE_SRQ_LIMIT, 0);
	cmd_u32(cmd, UVERBS_ATTR_CREATE_SRQ_MAX_NUM_TAGS, 0);
	cmd_u64(cmd, UVERBS_ATTR_CREATE_SRQ_TYPE, IB_UVERBS_SRQT_BASIC);
	cmd_fd(cmd, UVERBS_ATTR_CREATE_SRQ_EVENT_FD, env.async);
	cmd_out(cmd, UVERBS_ATTR_CREATE_SRQ_RESP_MAX_WR, output, 4);
	cmd_out(cmd, UVERBS_ATTR_CREATE_SRQ_RESP_MAX_SGE, output + 8, 4);
	cmd_out(cmd, UVERBS_ATTR_CREATE_SRQ_RESP_SRQ_NUM, output + 16, 4);
	cmd_out(cmd, ATTR_UHW_OUT, uhw, sizeof(struct rxe_create_srq_resp));
}

static void srq_create_xrc(struct cmd *cmd)
{
	srq_create(cmd);
	cmd_handle(cmd, UVERBS_ATTR_CREATE_SRQ_XRCD_HANDLE, env.pd);
}

static void srq_destroy(struct cmd *cmd)
{
	cmd_handle(cmd, UVERBS_ATTR_DESTROY_SRQ_HANDLE, env.srq);
	cmd_out(cmd, UVERBS_ATTR_DESTROY_SRQ_RESP, output,
		sizeof(struct ib_uverbs_destroy_srq_resp));
}

static void xrcd_destroy(struct cmd *cmd)
{
	cmd_handle(cmd, UVERBS_ATTR_DESTROY_XRCD_HANDLE, env.free_pd);
}

static void invoke_write(struct cmd *cmd)
{
	struct ib_uverbs_query_device *in = (void *)input;

	*in = (struct ib_uverbs_query_device) {};
	cmd_in(cmd, UVERBS_ATTR_CORE_IN, in, 12);
	cmd_out(cmd, UVERBS_ATTR_CORE_OUT, output, sizeof(struct ib_uverbs_query_device_resp));
	cmd_u64(cmd, UVERBS_ATTR_WRITE_CMD, IB_USER_VERBS_CMD_QUERY_DEVICE);
	cmd_in(cmd, ATTR_UHW_IN, input + 0x1000, 16);
	cmd_out(cmd, ATTR_UHW_OUT, uhw, 16);
}

/* Of what rxe has not: the answer must be that, whatever is wrong. */
static void a_handle(struct cmd *cmd)
{
	cmd_handle(cmd, 0, env.free_pd);
}

static const struct method {
	const char *name;
	uint16_t object, method;
	void (*fill)(struct cmd *cmd);
	bool no_context;
	enum effect effect;
} methods[] = {
	{ "QUERY_PORT", UVERBS_OBJECT_DEVICE, UVERBS_METHOD_QUERY_PORT, query_port },
	{ "QUERY_PORT before GET_CONTEXT", UVERBS_OBJECT_DEVICE, UVERBS_METHOD_QUERY_PORT,
	  query_port, .no_context = true },
	{ "QUERY_PORT_SPEED", UVERBS_OBJECT_DEVICE, 7, query_port_speed },
	{ "GET_CONTEXT", UVERBS_OBJECT_DEVICE, UVERBS_METHOD_GET_CONTEXT, context,
	  .no_context = true, .effect = MAKES },
	{ "GET_CONTEXT again", UVERBS_OBJECT_DEVICE, UVERBS_METHOD_GET_CONTEXT, context },
	{ "QUERY_CONTEXT", UVERBS_OBJECT_DEVICE, UVERBS_METHOD_QUERY_CONTEXT, context },
	{ "QUERY_CONTEXT before GET_CONTEXT", UVERBS_OBJECT_DEVICE, UVERBS_METHOD_QUERY_CONTEXT,
	  context, .no_context = true },
	{ "QUERY_GID_ENTRY", UVERBS_OBJECT_DEVICE, UVERBS_METHOD_QUERY_GID_ENTRY,
	  query_gid_entry },
	{ "QUERY_GID_TABLE", UVERBS_OBJECT_DEVICE, UVERBS_METHOD_QUERY_GID_TABLE,
	  query_gid_table },
	{ "ASYNC_EVENT_ALLOC", UVERBS_OBJECT_ASYNC_EVENT, UVERBS_METHOD_ASYNC_EVENT_ALLOC,
	  async_event_alloc, .effect = MAKES },
	{ "ASYNC_EVENT_ALLOC before GET_CONTEXT", UVERBS_OBJECT_ASYNC_EVENT,
	  UVERBS_METHOD_ASYNC_EVENT_ALLOC, async_event_alloc, .no_context = true },
	{ "PD_DESTROY", UVERBS_OBJECT_PD, UVERBS_METHOD_PD_DESTROY, pd_destroy, .effect = DESTROYS },
	{ "MR_DESTROY", UVERBS_OBJECT_MR, UVERBS_METHOD_MR_DESTROY, mr_destroy, .effect = DESTROYS },
	{ "INFO_HANDLES", UVERBS_OBJECT_DEVICE, UVERBS_METHOD_INFO_HANDLES, info_handles },
	{ "INFO_HANDLES before GET_CONTEXT", UVERBS_OBJECT_DEVICE, UVERBS_METHOD_INFO_HANDLES,
	  info_handles, .no_context = true },
	{ "GET_CONTEXT with files", UVERBS_OBJECT_DEVICE, UVERBS_METHOD_GET_CONTEXT,
	  context_files, .no_context = true, .effect = MAKES },
	{ "QUERY_MR", UVERBS_OBJECT_MR, UVERBS_METHOD_QUERY_MR, mr_query },
	{ "ADVISE_MR", UVERBS_OBJECT_MR, UVERBS_METHOD_ADVISE_MR, mr_advise },
	{ "REG_DMABUF_MR", UVERBS_OBJECT_MR, UVERBS_METHOD_REG_DMABUF_MR, mr_reg_dmabuf,
	  .effect = MAKES },
	{ "DM_MR_REG", UVERBS_OBJECT_MR, UVERBS_METHOD_DM_MR_REG, mr_reg_dm, .effect = MAKES },
	{ "REG_MR", UVERBS_OBJECT_MR, 5, mr_reg, .effect = MAKES },
	{ "REG_MR of a file", UVERBS_OBJECT_MR, 5, mr_reg_fd, .effect = MAKES },
	{ "MW_DESTROY", UVERBS_OBJECT_MW, UVERBS_METHOD_MW_DESTROY, mw_destroy, .effect = DESTROYS },
	{ "DM_ALLOC", UVERBS_OBJECT_DM, UVERBS_METHOD_DM_ALLOC, dm_alloc, .effect = MAKES },
	{ "DMAH_ALLOC", 17, 0, dmah_alloc, .effect = MAKES },
	{ "DMABUF_ALLOC", 18, 0, dmabuf_alloc, .effect = MAKES },
	{ "CQ_CREATE in memory", UVERBS_OBJECT_CQ, UVERBS_METHOD_CQ_CREATE, cq_create_in,
	  .effect = MAKES },
	{ "AH_DESTROY", UVERBS_OBJECT_AH, UVERBS_METHOD_AH_DESTROY, ah_destroy, .effect = DESTROYS },
	{ "CQ_CREATE", UVERBS_OBJECT_CQ, UVERBS_METHOD_CQ_CREATE, cq_create, .effect = MAKES },
	{ "CQ_DESTROY", UVERBS_OBJECT_CQ, UVERBS_METHOD_CQ_DESTROY, cq_destroy, .effect = DESTROYS },
	{ "QP_CREATE", UVERBS_OBJECT_QP, UVERBS_METHOD_QP_CREATE, qp_create, .effect = MAKES },
	{ "QP_CREATE with an SRQ", UVERBS_OBJECT_QP, UVERBS_METHOD_QP_CREATE, qp_create_srq,
	  .effect = MAKES },
	{ "QP_CREATE of everything", UVERBS_OBJECT_QP, UVERBS_METHOD_QP_CREATE, qp_create_xrc,
	  .effect = MAKES },
	{ "SRQ_CREATE", UVERBS_OBJECT_SRQ, UVERBS_METHOD_SRQ_CREATE, srq_create,
	  .effect = MAKES },
	{ "SRQ_CREATE with a domain", UVERBS_OBJECT_SRQ, UVERBS_METHOD_SRQ_CREATE, srq_create_xrc,
	  .effect = MAKES },
	{ "SRQ_DESTROY", UVERBS_OBJECT_SRQ, UVERBS_METHOD_SRQ_DESTROY, srq_destroy,
	  .effect = DESTROYS },
	{ "XRCD_DESTROY", UVERBS_OBJECT_XRCD, UVERBS_METHOD_XRCD_DESTROY, xrcd_destroy,
	  .effect = DESTROYS },
	{ "QP_DESTROY", UVERBS_OBJECT_QP, UVERBS_METHOD_QP_DESTROY, qp_destroy, .effect = DESTROYS },
	{ "WQ_CREATE", UVERBS_OBJECT_WQ, UVERBS_METHOD_WQ_CREATE, a_handle },
	{ "WQ_DESTROY", UVERBS_OBJECT_WQ, UVERBS_METHOD_WQ_DESTROY, a_handle },
	{ "RWQ_IND_TBL_DESTROY", UVERBS_OBJECT_RWQ_IND_TBL, UVERBS_METHOD_RWQ_IND_TBL_DESTROY,
	  a_handle },
	{ "FLOW_DESTROY", UVERBS_OBJECT_FLOW, UVERBS_METHOD_FLOW_DESTROY, a_handle },
	{ "FLOW_ACTION_DESTROY", UVERBS_OBJECT_FLOW_ACTION, UVERBS_METHOD_FLOW_ACTION_DESTROY,
	  a_handle },
	{ "COUNTERS_CREATE", UVERBS_OBJECT_COUNTERS, UVERBS_METHOD_COUNTERS_CREATE, a_handle },
	{ "COUNTERS_READ", UVERBS_OBJECT_COUNTERS, UVERBS_METHOD_COUNTERS_READ, a_handle },
	{ "COMP_CNTR_CREATE", 19, 0, a_handle },
	{ "COMP_CNTR_READ", 19, 3, a_handle },
	{ "QP_ATTACH_COMP_CNTR", UVERBS_OBJECT_QP, 2, a_handle },
	{ "QUERY_COMP_CNTR_CAPS", UVERBS_OBJECT_DEVICE, 8, a_handle },
	{ "INVOKE_WRITE", UVERBS_OBJECT_DEVICE, UVERBS_METHOD_INVOKE_WRITE, invoke_write,
	  .effect = MAKES },
};

static void method_begin(struct cmd *cmd, const struct method *method)
{
	blank_output();
	cmd_begin(cmd, method->object, method->method);
	method->fill(cmd);
}

static void method_call(const struct method *method, const char *how, struct cmd *cmd)
{
	report(method->name, how, cmd_call(env.fd, cmd), cmd, method->effect);
}

/* ---- what can be wrong with the header ---- */

/* Optional attributes that nobody knows are ignored; fill up to @total with them. */
static void pad(struct cmd *cmd, unsigned int total)
{
	while (cmd->hdr.num_attrs < total)
		cmd_add(cmd, 0x0fff, 0, 0)->flags = 0;
}

static const char *wrong_header(struct cmd *cmd, unsigned int n)
{
	struct ib_uverbs_ioctl_hdr *hdr = &cmd->hdr;

	switch (n) {
	case 0: return "as it is";
	case 1: hdr->length--; return "length - 1";
	case 2: hdr->length += 16; return "length + 16";
	case 3: hdr->length = 0; return "length 0";
	case 4: hdr->length = 0xffff; return "length 0xffff";
	case 5: hdr->num_attrs++; return "num_attrs + 1";
	case 6: hdr->num_attrs--; return "num_attrs - 1";
	case 7: hdr->num_attrs += 0x1000; return "num_attrs so that the length overflows";
	case 8: hdr->reserved1 = 1; return "reserved1";
	case 9: hdr->reserved1 = 1ULL << 63; return "reserved1, upper half";
	case 10: hdr->reserved2 = 1; return "reserved2";
	case 11: hdr->reserved2 = 1; hdr->length--; return "reserved2 and length";
	case 12: hdr->reserved2 = 1; hdr->driver_id = 0; return "reserved2 and driver_id";
	case 13: hdr->driver_id = 0; return "driver_id 0";
	case 14: hdr->driver_id ^= 1; return "another driver_id";
	case 15: hdr->driver_id |= 1U << 31; return "driver_id, upper half";
	case 16: hdr->object_id = 0xfff; return "unknown object";
	case 17: hdr->object_id |= 0x1000; return "object of the driver";
	case 18: hdr->object_id |= 0x2000; return "object of a transport";
	case 19: hdr->object_id |= 0xf000; return "object of namespace 15";
	case 20: hdr->method_id = 0xfff; return "unknown method";
	case 21: hdr->method_id |= 0x1000; return "method of the driver";
	case 22: hdr->method_id |= 0x2000; return "method of a transport";
	case 23: hdr->method_id |= 0xf000; return "method of namespace 15";
	case 24: hdr->method_id = 0xfff; hdr->driver_id = 0; return "unknown method and driver_id";
	case 25: pad(cmd, 40); return "40 attributes";
	case 26: pad(cmd, 254); return "as many attributes as fit a page";
	case 27: pad(cmd, 255); return "one attribute more than fits a page";
	default: return NULL;
	}
}

static void test_header(const struct method *method)
{
	struct cmd cmd;
	const char *how;
	unsigned int n;

	for (n = 0; ; n++) {
		method_begin(&cmd, method);
		how = wrong_header(&cmd, n);
		if (!how)
			return;
		method_call(method, how, &cmd);
	}
}

/* ---- what can be wrong with an attribute ---- */

static bool is_pointer(const struct ib_uverbs_attr *attr)
{
	return attr->data >= 0x10000;
}

static const char *wrong_attr(struct cmd *cmd, unsigned int i, unsigned int n)
{
	struct ib_uverbs_attr *attr = &cmd->attrs[i], *other;

	switch (n) {
	case 0:
		memmove(attr, attr + 1, (cmd->hdr.num_attrs - i - 1) * sizeof(*attr));
		cmd->hdr.num_attrs--;
		cmd->hdr.length -= sizeof(*attr);
		return "missing";
	case 1: other = cmd_add(cmd, 0, 0, 0); *other = *attr; return "twice";
	case 2: attr->flags = 0; return "not flagged mandatory";
	case 3: attr->flags = 0xffff; return "all flags";
	case 4: attr->attr_data.reserved = 1; return "reserved";
	case 5: attr->attr_data.reserved = 0x100; return "reserved, upper half";
	case 6: attr->len = 0; return "length 0";
	case 7: attr->len = 1; return "length 1";
	case 8: attr->len = 4; return "length 4";
	case 9: attr->len = 8; return "length 8";
	case 10: attr->len--; return "length - 1";
	case 11: attr->len++; return "length + 1";
	case 12: attr->len -= 4; return "length - 4";
	case 13: attr->len += 4; return "length + 4";
	case 14: attr->len += 64; return "length + 64";
	case 15: attr->len = 0xffff; return "length 0xffff";
	case 16: attr->attr_id = 0x0fff; return "unknown id";
	case 17: attr->attr_id = 0x0fff; attr->flags = 0; return "unknown id, optional";
	case 18: attr->attr_id |= 0x1000; return "id of the driver";
	case 19: attr->attr_id |= 0x1000; attr->flags = 0; return "id of the driver, optional";
	case 20: attr->attr_id = 0x101f; return "last id of the driver";
	case 21: attr->data = 0; return "data 0";
	case 22: attr->data = 1; return "data 1";
	case 23: attr->data = ~0ULL; return "data -1";
	case 24: attr->data = ~0U; return "data 0xffffffff";
	case 25: attr->data |= 1ULL << 32; return "data with bit 32";
	case 26: attr->data |= 1ULL << 63; return "data with bit 63";
	case 27: attr->data = 0xffff888000000000; return "data a kernel address";
	case 28: attr->data = (uintptr_t)read_only; return "data a read-only address";
	case 29: attr->data = (uintptr_t)unmapped_end - 4; return "data across unmapped memory";
	case 30: attr->data = env.pd; return "data a PD";
	case 31: attr->data = env.mr; return "data an MR";
	case 32: attr->data = env.cq; return "data a CQ";
	case 33: attr->data = env.qp; return "data a QP";
	case 34: attr->data = NEXT_HANDLE; return "data an unused handle";
	case 35: attr->data = env.fd; return "data the node's descriptor";
	case 36: attr->data = env.async; return "data the async descriptor";
	case 37: attr->data = env.channel; return "data the channel's descriptor";
	case 38: attr->data = STDOUT_FILENO; return "data another file";
	default: return NULL;
	}
}

/* Bits of values and of the words of structs. */
static void test_attr_bits(const struct method *method, unsigned int i)
{
	struct cmd cmd;
	unsigned int bit;
	char how[64];

	method_begin(&cmd, method);
	if (is_pointer(&cmd.attrs[i]) || cmd.attrs[i].len == 0)
		return;
	for (bit = 0; bit < 34; bit++) {
		method_begin(&cmd, method);
		cmd.attrs[i].data ^= 1ULL << bit;
		snprintf(how, sizeof(how), "attribute 0x%x: bit %u changed", cmd.attrs[i].attr_id,
			 bit);
		method_call(method, how, &cmd);
	}
}

/* The n-th change of a word; returns what it is, or NULL. */
static const char *wrong_word(uint32_t *word, unsigned int n)
{
	switch (n) {
	case 0: *word ^= 1; return "bit 0";
	case 1: *word ^= 1 << 1; return "bit 1";
	case 2: *word ^= 1 << 2; return "bit 2";
	case 3: *word ^= 1 << 4; return "bit 4";
	case 4: *word ^= 1 << 8; return "bit 8";
	case 5: *word ^= 1 << 16; return "bit 16";
	case 6: *word ^= 1 << 20; return "bit 20";
	case 7: *word ^= 1 << 24; return "bit 24";
	case 8: *word ^= 1U << 31; return "bit 31";
	case 9: *word = 0; return "0";
	case 10: *word = ~0U; return "-1";
	default: return NULL;
	}
}

static void test_attr_words(const struct method *method, unsigned int i)
{
	unsigned int word, n;
	const char *what;
	struct cmd cmd;
	char how[64];

	method_begin(&cmd, method);
	if (cmd.attrs[i].data != (uintptr_t)input)
		return;
	for (word = 0; word < cmd.attrs[i].len / 4U; word++) {
		for (n = 0; ; n++) {
			method_begin(&cmd, method);
			what = wrong_word((uint32_t *)input + word, n);
			if (!what)
				break;
			snprintf(how, sizeof(how), "attribute 0x%x: word %u: %s",
				 cmd.attrs[i].attr_id, word, what);
			method_call(method, how, &cmd);
		}
	}
	/* What this kernel does not know must be zero. */
	method_begin(&cmd, method);
	input[cmd.attrs[i].len] = 1;
	cmd.attrs[i].len += 4;
	snprintf(how, sizeof(how), "attribute 0x%x: longer, not zero", cmd.attrs[i].attr_id);
	method_call(method, how, &cmd);
	memset(input, 0, 256);
}

static void test_attrs(const struct method *method)
{
	unsigned int i, n, nr_attrs;
	const char *what;
	struct cmd cmd;
	char how[64];
	uint16_t id;

	method_begin(&cmd, method);
	nr_attrs = cmd.hdr.num_attrs;
	for (i = 0; i < nr_attrs; i++) {
		for (n = 0; ; n++) {
			method_begin(&cmd, method);
			id = cmd.attrs[i].attr_id;
			what = wrong_attr(&cmd, i, n);
			if (!what)
				break;
			snprintf(how, sizeof(how), "attribute 0x%x: %s", id, what);
			method_call(method, how, &cmd);
		}
		test_attr_bits(method, i);
		test_attr_words(method, i);
	}
}

/* The call itself at bad addresses, and attributes the kernel cannot read or write. */
static void test_placement(const struct method *method)
{
	struct cmd cmd, *at;
	size_t head;

	method_begin(&cmd, method);
	report(method->name, "at NULL", ioctl(env.fd, RDMA_VERBS_IOCTL, NULL) ? errno : 0, NULL,
	       READS);
	at = unmapped_end - sizeof(cmd.hdr) + 1;
	memcpy(at, &cmd.hdr, sizeof(cmd.hdr) - 1);
	report(method->name, "header across unmapped memory",
	       ioctl(env.fd, RDMA_VERBS_IOCTL, at) ? errno : 0, NULL, READS);
	head = cmd.hdr.length - 1;
	at = unmapped_end - head;
	memcpy(at, &cmd, head);
	report(method->name, "attributes across unmapped memory",
	       ioctl(env.fd, RDMA_VERBS_IOCTL, at) ? errno : 0, NULL, READS);

	/* New handles and valid outputs are written to the attributes. */
	method_begin(&cmd, method);
	mprotect(read_only, 4096, PROT_READ | PROT_WRITE);
	memcpy(read_only, &cmd, cmd.hdr.length);
	mprotect(read_only, 4096, PROT_READ);
	report(method->name, "in read-only memory",
	       ioctl(env.fd, RDMA_VERBS_IOCTL, read_only) ? errno : 0, NULL, method->effect);
}

/* ---- legacy commands ---- */

/*
 * Kept as small as possible: structs begin with the address of the answer
 * where there is one. @small: a word that the kernel takes as the size of an
 * allocation, for which it warns if that is absurd. @address: a word of an
 * address that takes seconds to look for in vain. @uhw_in: bytes for the
 * driver that @fill writes behind the struct.
 */
static const struct command {
	const char *name;
	uint32_t number;
	uint16_t in, out, uhw, uhw_in;
	void (*fill)(void *in);
	bool no_context;
	enum effect effect;
	unsigned int small;
	unsigned int address;
} commands[];

static void nothing(void *in)
{
	(void)in;
}

static void c_query_port(void *in)
{
	((struct ib_uverbs_query_port *)in)->port_num = 1;
}

static void c_dealloc_pd(void *in)
{
	((struct ib_uverbs_dealloc_pd *)in)->pd_handle = env.free_pd;
}

static void c_create_ah(void *in)
{
	struct ib_uverbs_create_ah *ah = in;

	ah->pd_handle = env.pd;
	ah->attr.is_global = 1;
	ah->attr.port_num = 1;
	ah->attr.grh.sgid_index = gid_index;
	ah->attr.grh.hop_limit = 1;
	memcpy(ah->attr.grh.dgid, gid, sizeof(gid));
}

static void c_destroy_ah(void *in)
{
	((struct ib_uverbs_destroy_ah *)in)->ah_handle = env.ah;
}

static void c_reg_mr(void *in)
{
	struct ib_uverbs_reg_mr *mr = in;

	mr->start = mr->hca_va = (uintptr_t)memory;
	mr->length = sizeof(memory);
	mr->pd_handle = env.pd;
	mr->access_flags = 1;
}

static void c_dereg_mr(void *in)
{
	((struct ib_uverbs_dereg_mr *)in)->mr_handle = env.mr;
}

static void c_rereg_mr(void *in)
{
	struct ib_uverbs_rereg_mr *mr = in;

	mr->mr_handle = env.mr;
	mr->flags = 1 << 1 | 1 << 2; /* PD, access */
	mr->pd_handle = env.free_pd;
	mr->access_flags = 1;
}

static void c_alloc_mw(void *in)
{
	struct ib_uverbs_alloc_mw *mw = in;

	mw->pd_handle = env.pd;
	mw->mw_type = 1;
}

static void c_dealloc_mw(void *in)
{
	((struct ib_uverbs_dealloc_mw *)in)->mw_handle = env.mw;
}

static void c_resize_cq(void *in)
{
	struct ib_uverbs_resize_cq *cq = in;

	cq->cq_handle = env.free_cq;
	cq->cqe = 32;
}

static void c_ex_modify_cq(void *in)
{
	struct ib_uverbs_ex_modify_cq *cq = in;

	cq->cq_handle = env.cq;
	cq->attr_mask = 1;
}

static void c_create_cq(void *in)
{
	struct ib_uverbs_create_cq *cq = in;

	cq->cqe = 16;
	cq->comp_channel = env.channel;
}

static void c_ex_create_cq(void *in)
{
	struct ib_uverbs_ex_create_cq *cq = in;

	cq->cqe = 16;
	cq->comp_channel = env.channel;
}

static void c_req_notify_cq(void *in)
{
	((struct ib_uverbs_req_notify_cq *)in)->cq_handle = env.cq;
}

static void c_destroy_cq(void *in)
{
	((struct ib_uverbs_destroy_cq *)in)->cq_handle = env.free_cq;
}

static void c_create_qp(void *in)
{
	struct ib_uverbs_create_qp *qp = in;

	qp->pd_handle = env.pd;
	qp->send_cq_handle = qp->recv_cq_handle = env.cq;
	qp->max_send_wr = qp->max_recv_wr = 4;
	qp->max_send_sge = qp->max_recv_sge = 1;
	qp->qp_type = IB_UVERBS_QPT_RC;
}

static void c_ex_create_qp(void *in)
{
	struct ib_uverbs_ex_create_qp *qp = in;

	qp->pd_handle = env.pd;
	qp->send_cq_handle = qp->recv_cq_handle = env.cq;
	qp->max_send_wr = qp->max_recv_wr = 4;
	qp->max_send_sge = qp->max_recv_sge = 1;
	qp->qp_type = IB_UVERBS_QPT_RC;
}

static void c_query_qp(void *in)
{
	struct ib_uverbs_query_qp *qp = in;

	qp->qp_handle = env.qp;
	qp->attr_mask = 1;
}

/* RESET to INIT. */
static void c_modify_qp(void *in)
{
	struct ib_uverbs_modify_qp *qp = in;

	qp->qp_handle = env.qp;
	/* STATE, ACCESS_FLAGS, PKEY_INDEX, PORT */
	qp->attr_mask = 1 << 0 | 1 << 3 | 1 << 4 | 1 << 5;
	qp->qp_state = 1;
	qp->port_num = 1;
}

/* INIT to RTR. */
static void c_modify_qp_rtr(void *in)
{
	struct ib_uverbs_modify_qp *qp = in, init = {};
	struct ib_uverbs_query_qp_resp now = {};

	/* The same QP may serve several calls that fail. */
	must("QUERY_QP", query_qp(env.fd, env.qp, &now));
	if (now.qp_state == 0) {
		c_modify_qp(&init);
		must("MODIFY_QP to INIT", legacy(env.fd, IB_USER_VERBS_CMD_MODIFY_QP, &init,
						 sizeof(init), NULL, 0, NULL, 0));
	}
	qp->qp_handle = env.qp;
	/* STATE, AV, PATH_MTU, RQ_PSN, MAX_DEST_RD_ATOMIC, MIN_RNR_TIMER, DEST_QPN */
	qp->attr_mask = 1 << 0 | 1 << 7 | 1 << 8 | 1 << 12 | 1 << 17 | 1 << 15 | 1 << 20;
	qp->qp_state = 2;
	qp->path_mtu = 3;
	qp->dest_qp_num = 17;
	qp->max_dest_rd_atomic = 1;
	qp->min_rnr_timer = 1;
	qp->dest.is_global = 1;
	qp->dest.port_num = 1;
	qp->dest.sgid_index = gid_index;
	qp->dest.hop_limit = 1;
	memcpy(qp->dest.dgid, gid, sizeof(gid));
}

static void c_destroy_qp(void *in)
{
	((struct ib_uverbs_destroy_qp *)in)->qp_handle = env.qp;
}

static void c_post_send(void *in)
{
	struct ib_uverbs_post_send *send = in;

	send->qp_handle = env.qp;
	send->wqe_size = sizeof(struct ib_uverbs_send_wr);
}

static void c_create_qp_srq(void *in)
{
	struct ib_uverbs_create_qp *qp = in;

	c_create_qp(in);
	qp->is_srq = 1;
	qp->srq_handle = env.srq;
}

/* Of another type the table is looked up all the same. */
static void c_ex_create_qp_table(void *in)
{
	struct ib_uverbs_ex_create_qp *qp = in;

	c_ex_create_qp(in);
	qp->comp_mask = IB_UVERBS_CREATE_QP_MASK_IND_TABLE;
	qp->rwq_ind_tbl_handle = env.pd;
}

static void c_create_srq(void *in)
{
	struct ib_uverbs_create_srq *srq = in;

	srq->pd_handle = env.pd;
	srq->max_wr = 8;
	srq->max_sge = 1;
}

static void c_create_xsrq(void *in)
{
	struct ib_uverbs_create_xsrq *srq = in;

	srq->pd_handle = env.pd;
	srq->max_wr = 8;
	srq->max_sge = 1;
	srq->cq_handle = env.cq;
}

/* The driver is told where to say how the queue is mapped then. */
static void c_modify_srq(void *in)
{
	struct ib_uverbs_modify_srq *srq = in;

	srq->srq_handle = env.srq;
	srq->attr_mask = 2;
	srq->max_wr = 16;
	srq->srq_limit = 1;
	srq->driver_data[0] = (uintptr_t)uhw;
}

static void c_query_srq(void *in)
{
	((struct ib_uverbs_query_srq *)in)->srq_handle = env.srq;
}

static void c_destroy_srq(void *in)
{
	((struct ib_uverbs_destroy_srq *)in)->srq_handle = env.srq;
}

static void c_post_recv(void *in)
{
	struct ib_uverbs_post_recv *recv = in;

	recv->qp_handle = env.qp;
	recv->wqe_size = sizeof(struct ib_uverbs_recv_wr);
}

static void c_post_srq_recv(void *in)
{
	struct ib_uverbs_post_srq_recv *recv = in;

	recv->srq_handle = env.srq;
	recv->wqe_size = sizeof(struct ib_uverbs_recv_wr);
}

static void c_poll_cq(void *in)
{
	struct ib_uverbs_poll_cq *poll = in;

	poll->cq_handle = env.cq;
	poll->ne = 1;
}

static void c_attach_mcast(void *in)
{
	struct ib_uverbs_attach_mcast *mcast = in;

	mcast->qp_handle = env.ud;
	mcast->gid[0] = 0xff;
	mcast->gid[1] = 0x0e;
	/*
	 * A group of our own, whichever word is changed: rxe loses one that is
	 * attached by one process while another detaches from it.
	 */
	mcast->gid[10] = mcast->gid[14] = getpid();
}

static void c_detach_mcast(void *in)
{
	c_attach_mcast(in);
	/* Again and again is allowed. */
	must("ATTACH_MCAST", legacy(env.fd, IB_USER_VERBS_CMD_ATTACH_MCAST, in,
				    sizeof(struct ib_uverbs_attach_mcast), NULL, 0, NULL, 0));
}

static void c_open_xrcd(void *in)
{
	struct ib_uverbs_open_xrcd *xrcd = in;

	xrcd->fd = -1;
	xrcd->oflags = O_CREAT;
}

static void c_close_xrcd(void *in)
{
	((struct ib_uverbs_close_xrcd *)in)->xrcd_handle = env.free_pd;
}

static void c_open_qp(void *in)
{
	struct ib_uverbs_open_qp *qp = in;

	qp->pd_handle = env.pd;
	qp->qpn = 17;
	qp->qp_type = IB_UVERBS_QPT_XRC_TGT;
}

#define IN(type)	.in = sizeof(struct ib_uverbs_##type)
#define OUT(type)	.out = sizeof(struct ib_uverbs_##type##_resp)
#define CMD(n)		.number = IB_USER_VERBS_CMD_##n
#define CMD_EX(n)	.number = EX | IB_USER_VERBS_EX_CMD_##n

static const struct command commands[] = {
	{ "c GET_CONTEXT", CMD(GET_CONTEXT), IN(get_context), OUT(get_context), .fill = nothing,
	  .no_context = true, .effect = MAKES },
	{ "c QUERY_DEVICE", CMD(QUERY_DEVICE), IN(query_device), OUT(query_device),
	  .fill = nothing },
	{ "c QUERY_DEVICE before GET_CONTEXT", CMD(QUERY_DEVICE), IN(query_device),
	  OUT(query_device), .fill = nothing, .no_context = true },
	{ "c QUERY_PORT", CMD(QUERY_PORT), IN(query_port), OUT(query_port), .fill = c_query_port },
	{ "c ALLOC_PD", CMD(ALLOC_PD), IN(alloc_pd), OUT(alloc_pd), .fill = nothing,
	  .effect = MAKES },
	{ "c ALLOC_PD before GET_CONTEXT", CMD(ALLOC_PD), IN(alloc_pd), OUT(alloc_pd),
	  .fill = nothing, .no_context = true },
	{ "c DEALLOC_PD", CMD(DEALLOC_PD), IN(dealloc_pd), .fill = c_dealloc_pd,
	  .effect = DESTROYS },
	{ "c CREATE_AH", CMD(CREATE_AH), IN(create_ah), OUT(create_ah), .uhw = 8,
	  .fill = c_create_ah, .effect = MAKES,
	  .address = offsetof(struct ib_uverbs_create_ah, attr.grh.dgid[12]) / 4 },
	{ "c DESTROY_AH", CMD(DESTROY_AH), IN(destroy_ah), .fill = c_destroy_ah,
	  .effect = DESTROYS },
	{ "c REG_MR", CMD(REG_MR), IN(reg_mr), OUT(reg_mr), .fill = c_reg_mr,
	  .effect = MAKES },
	{ "c DEREG_MR", CMD(DEREG_MR), IN(dereg_mr), .fill = c_dereg_mr, .effect = DESTROYS },
	{ "c REREG_MR", CMD(REREG_MR), IN(rereg_mr), OUT(rereg_mr), .fill = c_rereg_mr,
	  .effect = MAKES },
	{ "c ALLOC_MW", CMD(ALLOC_MW), IN(alloc_mw), OUT(alloc_mw), .fill = c_alloc_mw,
	  .effect = MAKES },
	{ "c DEALLOC_MW", CMD(DEALLOC_MW), IN(dealloc_mw), .fill = c_dealloc_mw,
	  .effect = DESTROYS },
	{ "c RESIZE_CQ", CMD(RESIZE_CQ), IN(resize_cq), OUT(resize_cq), .uhw = 16,
	  .fill = c_resize_cq, .effect = MAKES },
	{ "c CREATE_COMP_CHANNEL", CMD(CREATE_COMP_CHANNEL), IN(create_comp_channel),
	  OUT(create_comp_channel), .fill = nothing, .effect = MAKES },
	{ "c CREATE_CQ", CMD(CREATE_CQ), IN(create_cq), OUT(create_cq), .uhw = 16,
	  .fill = c_create_cq, .effect = MAKES },
	{ "c REQ_NOTIFY_CQ", CMD(REQ_NOTIFY_CQ), IN(req_notify_cq), .fill = c_req_notify_cq },
	{ "c DESTROY_CQ", CMD(DESTROY_CQ), IN(destroy_cq), OUT(destroy_cq), .fill = c_destroy_cq,
	  .effect = DESTROYS },
	{ "c CREATE_QP", CMD(CREATE_QP), IN(create_qp), OUT(create_qp), .uhw = 32,
	  .fill = c_create_qp, .effect = MAKES },
	{ "c QUERY_QP", CMD(QUERY_QP), IN(query_qp), OUT(query_qp), .fill = c_query_qp },
	{ "c MODIFY_QP", CMD(MODIFY_QP), IN(modify_qp), .fill = c_modify_qp, .effect = MAKES },
	{ "c MODIFY_QP to RTR", CMD(MODIFY_QP), IN(modify_qp), .fill = c_modify_qp_rtr,
	  .effect = MAKES, .address = offsetof(struct ib_uverbs_modify_qp, dest.dgid[12]) / 4 },
	{ "c DESTROY_QP", CMD(DESTROY_QP), IN(destroy_qp), OUT(destroy_qp), .fill = c_destroy_qp,
	  .effect = DESTROYS },
	{ "c CREATE_QP with an SRQ", CMD(CREATE_QP), IN(create_qp), OUT(create_qp), .uhw = 32,
	  .fill = c_create_qp_srq, .effect = MAKES },
	{ "c CREATE_SRQ", CMD(CREATE_SRQ), IN(create_srq), OUT(create_srq), .uhw = 24,
	  .fill = c_create_srq, .effect = MAKES },
	{ "c CREATE_XSRQ", CMD(CREATE_XSRQ), IN(create_xsrq), OUT(create_srq), .uhw = 24,
	  .fill = c_create_xsrq, .effect = MAKES },
	{ "c MODIFY_SRQ", CMD(MODIFY_SRQ), IN(modify_srq), .uhw_in = 8, .fill = c_modify_srq,
	  .effect = MAKES },
	{ "c QUERY_SRQ", CMD(QUERY_SRQ), IN(query_srq), OUT(query_srq), .fill = c_query_srq },
	{ "c DESTROY_SRQ", CMD(DESTROY_SRQ), IN(destroy_srq), OUT(destroy_srq),
	  .fill = c_destroy_srq, .effect = DESTROYS },
	{ "c POST_RECV", CMD(POST_RECV), IN(post_recv), OUT(post_recv), .fill = c_post_recv },
	{ "c POST_SRQ_RECV", CMD(POST_SRQ_RECV), IN(post_srq_recv), OUT(post_srq_recv),
	  .fill = c_post_srq_recv },
	{ "c POLL_CQ", CMD(POLL_CQ), IN(poll_cq), OUT(poll_cq), .fill = c_poll_cq },
	{ "c ATTACH_MCAST", CMD(ATTACH_MCAST), IN(attach_mcast), .fill = c_attach_mcast,
	  .effect = MAKES },
	{ "c DETACH_MCAST", CMD(DETACH_MCAST), IN(detach_mcast), .fill = c_detach_mcast,
	  .effect = MAKES },
	{ "c OPEN_XRCD", CMD(OPEN_XRCD), IN(open_xrcd), OUT(open_xrcd), .fill = c_open_xrcd,
	  .effect = MAKES },
	{ "c CLOSE_XRCD", CMD(CLOSE_XRCD), IN(close_xrcd), .fill = c_close_xrcd,
	  .effect = DESTROYS },
	{ "c OPEN_QP", CMD(OPEN_QP), IN(open_qp), OUT(create_qp), .fill = c_open_qp,
	  .effect = MAKES },
	{ "c POST_SEND", CMD(POST_SEND), IN(post_send), OUT(post_send), .fill = c_post_send,
	  .small = offsetof(struct ib_uverbs_post_send, wqe_size) / 4 },
	{ "x QUERY_DEVICE", CMD_EX(QUERY_DEVICE), IN(ex_query_device), OUT(ex_query_device),
	  .fill = nothing },
	{ "x CREATE_CQ", CMD_EX(CREATE_CQ), IN(ex_create_cq), OUT(ex_create_cq), .uhw = 16,
	  .fill = c_ex_create_cq, .effect = MAKES },
	{ "x MODIFY_CQ", CMD_EX(MODIFY_CQ), IN(ex_modify_cq), .fill = c_ex_modify_cq },
	{ "x CREATE_QP", CMD_EX(CREATE_QP), IN(ex_create_qp), OUT(ex_create_qp), .uhw = 32,
	  .fill = c_ex_create_qp, .effect = MAKES },
	{ "x CREATE_QP with a table", CMD_EX(CREATE_QP), IN(ex_create_qp), OUT(ex_create_qp),
	  .uhw = 32, .fill = c_ex_create_qp_table, .effect = MAKES },
	{ "x MODIFY_QP", CMD_EX(MODIFY_QP), IN(ex_modify_qp), OUT(ex_modify_qp),
	  .fill = c_modify_qp, .effect = MAKES },
	{ "x CREATE_WQ", CMD_EX(CREATE_WQ), IN(ex_create_wq), OUT(ex_create_wq), .fill = nothing },
	{ "x MODIFY_WQ", CMD_EX(MODIFY_WQ), IN(ex_modify_wq), .fill = nothing },
	{ "x DESTROY_WQ", CMD_EX(DESTROY_WQ), IN(ex_destroy_wq), OUT(ex_destroy_wq),
	  .fill = nothing },
	{ "x CREATE_RWQ_IND_TBL", CMD_EX(CREATE_RWQ_IND_TBL), IN(ex_create_rwq_ind_table),
	  OUT(ex_create_rwq_ind_table), .fill = nothing },
	{ "x DESTROY_RWQ_IND_TBL", CMD_EX(DESTROY_RWQ_IND_TBL), IN(ex_destroy_rwq_ind_table),
	  .fill = nothing },
	{ "x CREATE_FLOW", CMD_EX(CREATE_FLOW), IN(create_flow), OUT(create_flow),
	  .fill = nothing },
	{ "x DESTROY_FLOW", CMD_EX(DESTROY_FLOW), IN(destroy_flow), .fill = nothing },
};

static void command_fill(const struct command *command, uint8_t *in)
{
	blank_output();
	memset(in, 0, command->in + 64);
	command->fill(in);
}

/* By ioctl, with the input already filled. */
static int command_call(const struct command *command)
{
	struct cmd cmd;

	cmd_begin(&cmd, UVERBS_OBJECT_DEVICE, UVERBS_METHOD_INVOKE_WRITE);
	cmd_u64(&cmd, UVERBS_ATTR_WRITE_CMD, command->number);
	cmd_in(&cmd, UVERBS_ATTR_CORE_IN, input, command->in);
	if (command->out)
		cmd_out(&cmd, UVERBS_ATTR_CORE_OUT, output, command->out);
	if (command->uhw)
		cmd_out(&cmd, ATTR_UHW_OUT, uhw, command->uhw);
	if (command->uhw_in)
		cmd_in(&cmd, ATTR_UHW_IN, input + command->in, command->uhw_in);
	return cmd_call(env.fd, &cmd);
}

static void test_command_words(const struct command *command)
{
	unsigned int word, n;
	const char *what;
	char how[64];

	for (word = 0; word < command->in / 4U; word++) {
		for (n = 0; ; n++) {
			command_fill(command, input);
			what = wrong_word((uint32_t *)input + word, n);
			if (!what)
				break;
			if (command->small && word == command->small &&
			    ((uint32_t *)input)[word] > 0x20000)
				continue;
			if (command->address && word == command->address && n > 0)
				break;
			snprintf(how, sizeof(how), "word %u: %s", word, what);
			report(command->name, how, command_call(command), NULL,
			       command->effect);
		}
	}
}

/* Lengths and pointers of a command inside an ioctl. */
static void test_command_attrs(const struct command *command)
{
	static const uint16_t ids[] = {
		UVERBS_ATTR_CORE_IN, UVERBS_ATTR_CORE_OUT, ATTR_UHW_OUT, ATTR_UHW_IN,
	};
	static const int lengths[] = { -0x10000, -4, -1, 4, 8 };
	struct ib_uverbs_attr *attr;
	unsigned int id, n;
	struct cmd cmd;
	char how[64];

	for (id = 0; id < 4; id++) {
		for (n = 0; n < 11; n++) {
			command_fill(command, input);
			cmd_begin(&cmd, UVERBS_OBJECT_DEVICE, UVERBS_METHOD_INVOKE_WRITE);
			cmd_in(&cmd, UVERBS_ATTR_CORE_IN, input, command->in);
			cmd_out(&cmd, UVERBS_ATTR_CORE_OUT, output, command->out);
			cmd_out(&cmd, ATTR_UHW_OUT, uhw, command->uhw);
			cmd_in(&cmd, ATTR_UHW_IN, input + 0x1000, 16);
			cmd_u64(&cmd, UVERBS_ATTR_WRITE_CMD, command->number);
			attr = &cmd.attrs[id];
			if (n < 5) {
				if (lengths[n] == -0x10000)
					attr->len = 0;
				else
					attr->len += lengths[n];
				snprintf(how, sizeof(how), "attribute 0x%x: length %u", ids[id],
					 attr->len);
			} else if (n == 5 && id == 0 && attr->len > 8) {
				input[attr->len] = 1;
				attr->len += 8;
				snprintf(how, sizeof(how), "longer, not zero");
			} else if (n == 6) {
				attr->data = 0;
				snprintf(how, sizeof(how), "attribute 0x%x: data 0", ids[id]);
			} else if (n == 7) {
				attr->data = (uintptr_t)unmapped_end - 4;
				snprintf(how, sizeof(how), "attribute 0x%x: data across unmapped",
					 ids[id]);
			} else if (n == 9 && id == 0 && attr->len > 8) {
				/* All we know can be read, and what follows cannot. */
				attr->data = (uintptr_t)memcpy(unmapped_end - attr->len, input,
							       attr->len);
				attr->len += 8;
				snprintf(how, sizeof(how), "longer by what is unmapped");
			} else if (n == 10 && id == 0 && attr->len > 8) {
				attr->data = (uintptr_t)mapped_again - attr->len;
				attr->len += 8;
				snprintf(how, sizeof(how), "unmapped, longer, not zero");
			} else if (n == 8) {
				*attr = cmd.attrs[--cmd.hdr.num_attrs];
				cmd.hdr.length -= sizeof(*attr);
				snprintf(how, sizeof(how), "attribute 0x%x: missing", ids[id]);
			} else {
				continue;
			}
			report(command->name, how, cmd_call(env.fd, &cmd), &cmd,
			       command->effect);
		}
	}
}

/* ---- the same by write(2) ---- */

struct write {
	struct ib_uverbs_cmd_hdr *hdr;
	struct ib_uverbs_ex_cmd_hdr *ex;	/* NULL if it is not extended */
	uint64_t *response;
	const void *buf;
	size_t count;
};

static void write_begin(const struct command *command, struct write *write)
{
	unsigned int unit = command->number & EX ? 8 : 4;
	uint8_t *body = input + sizeof(*write->hdr);

	memset(input, 0, 512);
	write->buf = input;
	write->hdr = (void *)input;
	write->hdr->command = command->number;
	write->ex = NULL;
	if (command->number & EX) {
		write->ex = (void *)body;
		body += sizeof(*write->ex);
		write->hdr->in_words = command->in / unit;
		write->hdr->out_words = command->out / unit;
		write->ex->provider_out_words = command->uhw / unit;
		write->response = (uint64_t *)&write->ex->response;
	} else {
		write->hdr->in_words = (command->in + sizeof(*write->hdr)) / unit;
		write->hdr->out_words = (command->out + command->uhw) / unit;
		write->response = command->out ? (void *)body : NULL;
	}
	write->hdr->in_words += command->uhw_in / unit;
	write->count = body - input + command->in + command->uhw_in;
	command_fill(command, body);
	if (write->response)
		*write->response = (uintptr_t)output;
}

static const char *wrong_write(struct write *write, unsigned int n)
{
	struct ib_uverbs_cmd_hdr *hdr = write->hdr;

	switch (n) {
	case 0: return "as it is";
	case 1: write->count--; return "count - 1";
	case 2: write->count -= 4; return "count - 4";
	case 3: write->count += 4; return "count + 4";
	case 4: write->count += 8; hdr->in_words += write->ex ? 1 : 2; return "longer";
	case 5:
		((uint8_t *)write->buf)[write->count] = 1;
		write->count += 8;
		hdr->in_words += write->ex ? 1 : 2;
		return "longer, not zero";
	case 6:
		write->count -= 8;
		hdr->in_words -= write->ex ? 1 : 2;
		return "shorter";
	case 7: hdr->in_words++; return "in_words + 1";
	case 8: hdr->in_words--; return "in_words - 1";
	case 9: hdr->in_words = 0; return "in_words 0";
	case 10: hdr->out_words++; return "out_words + 1";
	case 11: hdr->out_words--; return "out_words - 1";
	case 12: hdr->out_words = 0; return "out_words 0";
	case 13: hdr->command ^= EX; return "the other kind";
	case 14: hdr->command |= 1 << 30; return "command with bit 30";
	case 15: hdr->command |= 1 << 8; return "command with bit 8";
	case 16: hdr->command |= 0x3f; return "unknown command";
	case 17: write->count = 0; return "count 0";
	case 18: write->count = 7; return "count 7";
	case 19: write->count = 8; return "count 8";
	case 20: write->count = 16; return "count 16";
	case 21: write->count = 24; return "count 24";
	case 22: write->buf = NULL; return "at NULL";
	case 23:
		memcpy(unmapped_end - write->count + 1, write->buf, write->count - 1);
		write->buf = unmapped_end - write->count + 1;
		return "across unmapped memory";
	case 24: if (write->response) *write->response = 0; return "response 0";
	case 25:
		if (write->response)
			*write->response = (uintptr_t)unmapped_end - 2;
		return "response across unmapped memory";
	case 26:
		if (write->response)
			*write->response = 0xffff888000000000;
		return "response a kernel address";
	case 27:
		write->buf = memcpy(unmapped_end - write->count, write->buf, write->count);
		write->count += 8;
		hdr->in_words += write->ex ? 1 : 2;
		/* It was copied before. */
		((struct ib_uverbs_cmd_hdr *)write->buf)->in_words = hdr->in_words;
		return "longer by what is unmapped";
	case 28:
		memset((uint8_t *)write->buf + write->count, 0, LONG);
		write->count += LONG;
		hdr->in_words += LONG / (write->ex ? 8 : 4);
		return "64 KiB longer";
	}
	if (!write->ex)
		return NULL;
	switch (n) {
	case 29: write->ex->cmd_hdr_reserved = 1; return "cmd_hdr_reserved";
	case 30: write->ex->provider_in_words = 1; return "provider_in_words";
	case 31: write->ex->provider_in_words = 1; write->count += 8; return "input for the driver";
	case 32: write->ex->provider_out_words++; return "provider_out_words + 1";
	case 33:
		hdr->out_words = write->ex->provider_out_words = 0;
		return "response without length";
	case 34:
		hdr->out_words = write->ex->provider_out_words = 0;
		*write->response = 0;
		return "no response";
	default: return NULL;
	}
}

static void test_write(const struct command *command)
{
	struct write call;
	const char *how;
	char name[64];
	ssize_t ret;
	unsigned int n;
	int err;

	snprintf(name, sizeof(name), "write %s", command->name);
	for (n = 0; ; n++) {
		write_begin(command, &call);
		how = wrong_write(&call, n);
		if (!how)
			return;
		ret = write(env.fd, call.buf, call.count);
		err = ret < 0 ? errno : 0;
		if (!err && ret != (ssize_t)call.count)
			printf("%s: %s: returned %zd of %zu\n", name, how, ret, call.count);
		report(name, how, err, NULL, command->effect);
	}
}

/* ---- what is not a call ---- */

static void say(const char *what, long ret)
{
	printf("%s: %s\n", what, ret < 0 ? errno_name(errno) : "ok");
}

static void event_file(const char *name, int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN | POLLOUT };
	char what[64];

	fcntl(fd, F_SETFL, O_NONBLOCK);
	poll(&poll_fd, 1, 0);
	printf("%s file: poll 0x%x\n", name, poll_fd.revents);
#define EVENT_FILE(how, call) (snprintf(what, sizeof(what), "%s file: " how, name), say(what, call))
	EVENT_FILE("read", read(fd, output, 64));
	EVENT_FILE("read of 1 byte", read(fd, output, 1));
	EVENT_FILE("read of 0 bytes", read(fd, output, 0));
	EVENT_FILE("read to unmapped memory", read(fd, unmapped_end, 64));
	EVENT_FILE("write", write(fd, output, 64));
	EVENT_FILE("pread", pread(fd, output, 64, 1));
	EVENT_FILE("lseek", lseek(fd, 0, SEEK_SET));
	EVENT_FILE("mmap", (long)mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0));
	EVENT_FILE("ioctl", ioctl(fd, RDMA_VERBS_IOCTL, output));
	EVENT_FILE("O_ASYNC", fcntl(fd, F_SETFL, O_NONBLOCK | O_ASYNC));
}

static void other_credentials(void)
{
	struct write call;
	int status;

	/* In a process of its own: they do not come back. */
	fflush(stdout);
	if (!fork()) {
		if (setgid(65534) || setuid(65534))
			die("setuid: %s", strerror(errno));
		write_begin(&commands[1], &call);
		say("write by other credentials", write(env.fd, call.buf, call.count));
		command_fill(&commands[1], input);
		errno = command_call(&commands[1]);
		say("ioctl by other credentials", errno ? -1 : 0);
		say("open by other credentials", open(node, O_RDWR));
		fflush(stdout);
		_exit(0);
	}
	wait(&status);
}

static void test_files(void)
{
	struct ib_uverbs_destroy_qp_resp qp_resp;
	struct ib_uverbs_destroy_cq_resp cq_resp;
	struct ib_uverbs_destroy_srq_resp srq_resp;
	struct pollfd poll_fd = { .events = POLLIN | POLLOUT };
	int fd;

	env_renew(true);
	say("node: another ioctl of its magic", ioctl(env.fd, _IOWR(0x1b, 2, uint64_t), output));
	say("node: another size", ioctl(env.fd, _IOWR(0x1b, 1, uint64_t), output));
	say("node: another ioctl", ioctl(env.fd, 0x5401, output));
	say("node: read", read(env.fd, output, 64));
	say("node: pread", pread(env.fd, output, 64, 0));
	say("node: lseek", lseek(env.fd, 0, SEEK_SET));
	say("node: fsync", fsync(env.fd));
	say("node: ftruncate", ftruncate(env.fd, 0));
	poll_fd.fd = env.fd;
	poll(&poll_fd, 1, 0);
	printf("node: poll 0x%x\n", poll_fd.revents);
	say("node: mmap of nothing", (long)mmap(NULL, 4096, PROT_READ, MAP_SHARED, env.fd, 0));
	say("node: mmap far away",
	    (long)mmap(NULL, 4096, PROT_READ, MAP_SHARED, env.fd, 1L << 40));
	say("node: private mmap", (long)mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, env.fd, 0));
	fd = open(node, O_RDONLY);
	say("node: open to read", fd);
	say("node: write to what is open to read", write(fd, output, 64));
	close(fd);
	env_renew(false);
	say("node: mmap before GET_CONTEXT",
	    (long)mmap(NULL, 4096, PROT_READ, MAP_SHARED, env.fd, 0));

	env_renew(true);
	event_file("async", env.async);
	event_file("channel", env.channel);
	other_credentials();

	/* What is in use cannot go. */
	env_renew(true);
	printf("PD in use: %s\n", errno_name(destroy_pd(env.fd, env.pd)));
	printf("CQ in use: %s\n", errno_name(destroy_cq(env.fd, env.cq, &cq_resp)));
	must("QP_DESTROY", destroy_qp(env.fd, env.qp, &qp_resp));
	must("QP_DESTROY", destroy_qp(env.fd, env.ud, &qp_resp));
	printf("CQ after its QPs: %s\n", errno_name(destroy_cq(env.fd, env.cq, &cq_resp)));
	must("SRQ_DESTROY", destroy_srq(env.fd, env.srq, &srq_resp));
	printf("PD with AH and MR: %s\n", errno_name(destroy_pd(env.fd, env.pd)));
	must("MR_DESTROY", destroy_mr(env.fd, env.mr));
	printf("PD with AH: %s\n", errno_name(destroy_pd(env.fd, env.pd)));
	must("AH_DESTROY", destroy_ah(env.fd, env.ah));
	printf("PD after all: %s\n", errno_name(destroy_pd(env.fd, env.pd)));
	printf("PD again: %s\n", errno_name(destroy_pd(env.fd, env.pd)));

	/* A channel and an async file of one context are not those of another. */
	env_renew(true);
	fd = env.channel;
	env_open(true);
	printf("channel of another context: %s\n",
	       errno_name(create_cq(env.fd, 16, fd, NULL, &env.free_cq)));

	/* The files outlive the context. */
	env_renew(true);
	close(env.fd);
	event_file("async, after close of the node:", env.async);
	event_file("channel, after close of the node:", env.channel);
	env_close();
}

int main(int argc, char **argv)
{
	unsigned int i;

	if (argc != 4 || inet_pton(AF_INET6, argv[3], gid) != 1) {
		fprintf(stderr, "usage: malformed NODE GID_INDEX GID\n");
		return 1;
	}
	node = argv[1];
	gid_index = atoi(argv[2]);

	/* Where memory ends, and where it cannot be written. */
	unmapped_end = mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0);
	if (unmapped_end == MAP_FAILED)
		die("mmap: %s", strerror(errno));
	read_only = unmapped_end;
	unmapped_end += 2 * 4096;
	munmap(unmapped_end, 4096);
	mapped_again = unmapped_end + 4096;
	memset(mapped_again, 1, 4096);
	mprotect(read_only, 4096, PROT_READ);

	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		env_renew(!methods[i].no_context);
		test_header(&methods[i]);
		test_attrs(&methods[i]);
		test_placement(&methods[i]);
	}
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		env_renew(!commands[i].no_context);
		test_command_words(&commands[i]);
		test_command_attrs(&commands[i]);
		test_write(&commands[i]);
	}
	test_files();
	return 0;
}
