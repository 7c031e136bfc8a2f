// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * QP_CONNECT: which steps the driver sees with which attributes, what a
 * failing step leaves behind, and what is refused before the first.
 */
#include "kunit_bench.h"
#include "verbs/qp.h"

/* What the driver was asked to do, and what it answers. */
static struct {
	enum ib_qp_state to[8];
	int mask[8];
	unsigned int calls;
	unsigned int fail_at;	/* number of the call that fails, from 1 */
	int error;
	enum ib_qp_state state;
} driver;

static int driver_modify(struct ib_qp *qp, struct ib_qp_attr *attr, int mask,
			 struct ib_udata *udata)
{
	unsigned int call = driver.calls++;

	if (call < ARRAY_SIZE(driver.to)) {
		driver.to[call] = attr->qp_state;
		driver.mask[call] = mask;
	}
	if (driver.calls == driver.fail_at)
		return driver.error;
	if (!ib_modify_qp_is_ok(driver.state, attr->qp_state, qp->qp_type, mask))
		return -EINVAL;
	driver.state = attr->qp_state;
	return 0;
}

static int driver_query(struct ib_qp *qp, struct ib_qp_attr *attr, int mask,
			struct ib_qp_init_attr *init_attr)
{
	attr->qp_state = driver.state;
	return 0;
}

static struct ib_qp qp;
static struct uvb_qp object;
static struct ib_qp_attr attr;
static struct ib_uverbs_attr wants_error;

#define RC_FIELDS	UVB_QP_CONNECTION_MASK
#define UC_FIELDS	(IB_QP_PATH_MTU | IB_QP_DEST_QPN | IB_QP_RQ_PSN | IB_QP_SQ_PSN)
#define PATH_ID		UVERBS_BPF_ATTR_ROCE_PATH
/* What a transport keeps for the QP. */
#define KEPT		((u64)UVERBS_BPF_NS_ROCE << 56 | 5)

static int connect_init(struct kunit *test)
{
	struct uvb_bench *bench;
	int ret = uvb_bench_init(test);

	if (ret)
		return ret;
	bench = test->priv;
	bench->ibdev->ops.modify_qp = driver_modify;
	bench->ibdev->ops.query_qp = driver_query;
	memset(&driver, 0, sizeof(driver));
	memset(&qp, 0, sizeof(qp));
	memset(&object, 0, sizeof(object));
	object.source.handle.object = &qp;
	qp.device = bench->ibdev;
	qp.real_qp = &qp;
	qp.qp_type = IB_QPT_RC;
	qp.port = 1;
	attr = (struct ib_qp_attr) {
		.path_mtu = IB_MTU_1024, .dest_qp_num = 0x123, .rq_psn = 0x456, .sq_psn = 0x789,
		.timeout = 14, .retry_cnt = 7, .rnr_retry = 7, .min_rnr_timer = 12,
		.max_rd_atomic = 1, .max_dest_rd_atomic = 1, .port_num = 1,
		.ah_attr = { .type = RDMA_AH_ATTR_TYPE_IB, .port_num = 1 },
	};
	wants_error = (struct ib_uverbs_attr) {
		.attr_id = UVERBS_BPF_ATTR_ERROR,
		.len = sizeof(struct uverbs_bpf_error) + UVERBS_BPF_ERROR_MAX,
	};
	return 0;
}

/* A call that asks for the error in words. */
static struct uverbs_attr_bundle *enter(struct uvb_bench *bench)
{
	struct uverbs_attr_bundle *bundle = uvb_bench_enter(bench, bench->file);

	bench->call.priv.uattrs = &wants_error;
	bench->call.num_attrs = 1;
	return bundle;
}

static void leave(struct uvb_bench *bench)
{
	kfree(bench->call.error_text);
	bench->call.error_text = NULL;
	uvb_bench_leave(bench);
}

static struct uvb_qp_facts facts(void)
{
	return uvb_qp_facts(&object.source.handle);
}

static int connect(struct uvb_bench *bench)
{
	const struct uvb_qp_facts of = facts();

	return uvb_qp_connect(enter(bench), &of, &attr, PATH_ID);
}

static int check(struct uvb_bench *bench, int given)
{
	const struct uvb_qp_facts of = facts();

	return uvb_qp_connect_check(enter(bench), &of, &attr, given);
}

#define EXPECT_TEXT(test, bench, text)							\
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr((bench)->call.error_text ?: "", text),	\
				  "'%s' does not say '%s'", (bench)->call.error_text ?: "", text)

#define INIT_MASK	(IB_QP_STATE | IB_QP_PKEY_INDEX | IB_QP_PORT | IB_QP_ACCESS_FLAGS)
#define RTR_MASK	(IB_QP_STATE | IB_QP_AV | IB_QP_PATH_MTU | IB_QP_DEST_QPN | IB_QP_RQ_PSN)
#define RTS_MASK	(IB_QP_STATE | IB_QP_SQ_PSN)
#define RESPONDER	(IB_QP_MAX_DEST_RD_ATOMIC | IB_QP_MIN_RNR_TIMER)
#define REQUESTER	(IB_QP_RETRY_CNT | IB_QP_RNR_RETRY | IB_QP_MAX_QP_RD_ATOMIC)

static const struct steps_case {
	const char *name;
	enum ib_qp_type type;
	int rtr;
	int rts;
} steps_cases[] = {
	{ "RC", IB_QPT_RC, RTR_MASK | RESPONDER, RTS_MASK | IB_QP_TIMEOUT | REQUESTER },
	{ "UC", IB_QPT_UC, RTR_MASK, RTS_MASK },
	{ "XRC initiator", IB_QPT_XRC_INI, RTR_MASK, RTS_MASK | IB_QP_TIMEOUT | REQUESTER },
	{ "XRC target", IB_QPT_XRC_TGT, RTR_MASK | RESPONDER, RTS_MASK | IB_QP_TIMEOUT },
};
KUNIT_ARRAY_PARAM_DESC(steps, steps_cases, name);

/* Each type gets there by what its state machine takes, no more and no less. */
static void connect_steps(struct kunit *test)
{
	const struct steps_case *c = test->param_value;
	struct uvb_bench *bench = test->priv;

	qp.qp_type = c->type;
	KUNIT_EXPECT_EQ(test, connect(bench), 0);
	leave(bench);
	KUNIT_ASSERT_EQ(test, driver.calls, 3);
	KUNIT_EXPECT_EQ(test, driver.to[0], IB_QPS_INIT);
	KUNIT_EXPECT_EQ(test, driver.mask[0], INIT_MASK);
	KUNIT_EXPECT_EQ(test, driver.to[1], IB_QPS_RTR);
	KUNIT_EXPECT_EQ(test, driver.mask[1], c->rtr);
	KUNIT_EXPECT_EQ(test, driver.to[2], IB_QPS_RTS);
	KUNIT_EXPECT_EQ(test, driver.mask[2], c->rts);
	KUNIT_EXPECT_EQ(test, driver.state, IB_QPS_RTS);
}

/* Receives may be posted in INIT, so a QP may be there already. */
static void connect_from_init(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;

	driver.state = IB_QPS_INIT;
	KUNIT_EXPECT_EQ(test, connect(bench), 0);
	leave(bench);
	KUNIT_EXPECT_EQ(test, driver.state, IB_QPS_RTS);
}

/* A QP that is connected stays so, and the text says what it is. */
static void connect_from_other(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;

	driver.state = IB_QPS_RTS;
	object.transport = KEPT;
	KUNIT_EXPECT_EQ(test, connect(bench), -EINVAL);
	EXPECT_TEXT(test, bench, "the QP is in RTS, wants RESET or INIT");
	KUNIT_EXPECT_EQ(test, (int)bench->call.error_id, (int)UVERBS_BPF_ATTR_QP_HANDLE);
	leave(bench);
	KUNIT_EXPECT_EQ(test, driver.calls, 1);
	KUNIT_EXPECT_EQ(test, driver.state, IB_QPS_RTS);
	KUNIT_EXPECT_EQ(test, object.transport, KEPT);
}

static const struct fail_case {
	const char *name;
	enum ib_qp_state from;
	unsigned int at;
	int error;
	unsigned int calls;
	u16 attr;
	const char *text;
} fail_cases[] = {
	{ "to INIT", IB_QPS_RESET, 1, -EIO, 1, UVERBS_BPF_ATTR_NONE,
	  "QP RESET to INIT failed with -5" },
	{ "to RTR", IB_QPS_RESET, 2, -ENETUNREACH, 3, PATH_ID,
	  "QP INIT to RTR failed with -101, there is no way" },
	{ "to RTR, a value", IB_QPS_RESET, 2, -EINVAL, 3, UVERBS_BPF_ATTR_NONE,
	  "QP INIT to RTR: the driver of" },
	{ "to RTS", IB_QPS_RESET, 3, -ENOMEM, 4, UVERBS_BPF_ATTR_NONE,
	  "QP RTR to RTS failed with -12" },
	{ "INIT to INIT", IB_QPS_INIT, 1, -EIO, 2, UVERBS_BPF_ATTR_NONE,
	  "QP INIT to INIT failed with -5" },
	{ "INIT to INIT, a value", IB_QPS_INIT, 1, -EINVAL, 2, UVERBS_BPF_ATTR_NONE,
	  "QP INIT to INIT: the driver of" },
	{ "INIT to RTR", IB_QPS_INIT, 2, -ENETUNREACH, 3, PATH_ID,
	  "QP INIT to RTR failed with -101" },
	{ "INIT to RTS", IB_QPS_INIT, 3, -ENOMEM, 4, UVERBS_BPF_ATTR_NONE,
	  "QP RTR to RTS failed with -12" },
};
KUNIT_ARRAY_PARAM_DESC(fail, fail_cases, name);

/*
 * Whichever step fails, the QP is in RESET and the text says which it was. What a transport kept for
 * it went with the reset; where there was none, with nothing to reset, it is as it was.
 */
static void connect_fails(struct kunit *test)
{
	const struct fail_case *c = test->param_value;
	struct uvb_bench *bench = test->priv;

	driver.state = c->from;
	driver.fail_at = c->at;
	driver.error = c->error;
	object.transport = KEPT;
	KUNIT_EXPECT_EQ(test, connect(bench), c->error);
	EXPECT_TEXT(test, bench, c->text);
	KUNIT_EXPECT_EQ(test, (int)bench->call.error_id, (int)c->attr);
	leave(bench);
	KUNIT_EXPECT_EQ(test, driver.calls, c->calls);
	KUNIT_EXPECT_EQ(test, driver.state, IB_QPS_RESET);
	if (c->calls > 1) {
		KUNIT_EXPECT_EQ(test, driver.to[c->calls - 1], IB_QPS_RESET);
		KUNIT_EXPECT_EQ(test, driver.mask[c->calls - 1], (int)IB_QP_STATE);
	}
	KUNIT_EXPECT_EQ(test, object.transport, c->calls > 1 ? 0 : KEPT);
}

/*
 * A type of the driver's own is none that ib_core's state machine has a place for, so the driver has
 * the last word. Asked of any two states, since what is behind a table may look like anything.
 */
static void explain_driver_type(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	struct uverbs_attr_bundle *bundle;
	enum ib_qp_state to;

	qp.qp_type = IB_QPT_DRIVER;
	for (driver.state = IB_QPS_RESET; driver.state <= IB_QPS_ERR; driver.state++) {
		for (to = IB_QPS_RESET; to <= IB_QPS_ERR; to++) {
			attr.qp_state = to;
			bundle = enter(bench);
			KUNIT_EXPECT_EQ(test, uvb_qp_explain(bundle, &qp, &attr, IB_QP_STATE, -EINVAL),
					-EINVAL);
			EXPECT_TEXT(test, bench, "QP: the driver of uvb_kunit");
			KUNIT_EXPECT_EQ(test, (int)bench->call.error_id, (int)UVERBS_BPF_ATTR_NONE);
			leave(bench);
		}
	}
}

/* ---- what is refused before the first step ---- */

static void too_long_psn(void) { attr.rq_psn = 1 << 24; }
static void too_long_timeout(void) { attr.timeout = 32; }
static void too_many_retries(void) { attr.rnr_retry = 8; }
static void no_mtu(void) { attr.path_mtu = 0; }
static void large_mtu(void) { attr.path_mtu = IB_MTU_4096 + 1; }
static void other_port(void) { attr.port_num = 77; }

#define RC	IB_QPT_RC
static const struct check_case {
	const char *name;
	enum ib_qp_type type;
	int given;
	void (*change)(void);
	int ret;
	const char *text;
} check_cases[] = {
	{ "RC", RC, RC_FIELDS, NULL, 0, "" },
	{ "UC", IB_QPT_UC, UC_FIELDS, NULL, 0, "" },
	{ "no PSN to expect", RC, RC_FIELDS & ~IB_QP_RQ_PSN, NULL, -EINVAL,
	  "CONNECTION.rq_psn: missing" },
	{ "no peer", RC, RC_FIELDS & ~IB_QP_DEST_QPN, NULL, -EINVAL,
	  "CONNECTION.dest_qp_num: missing" },
	{ "no PSN to send", IB_QPT_UC, UC_FIELDS & ~IB_QP_SQ_PSN, NULL, -EINVAL,
	  "CONNECTION.sq_psn: missing" },
	{ "a UC QP with a timeout", IB_QPT_UC, UC_FIELDS | IB_QP_TIMEOUT, NULL, -EINVAL,
	  "CONNECTION.timeout: not of this type of QP" },
	{ "an XRC target with retries", IB_QPT_XRC_TGT, RC_FIELDS, NULL, -EINVAL,
	  "CONNECTION.retry_cnt: not of this type of QP" },
	{ "an XRC initiator with a timer of responders", IB_QPT_XRC_INI, RC_FIELDS, NULL, -EINVAL,
	  "CONNECTION.min_rnr_timer: not of this type of QP" },
	{ "a PSN of 25 bits", RC, RC_FIELDS, too_long_psn, -EINVAL,
	  "CONNECTION.rq_psn is 16777216, wants 0 to 16777215" },
	{ "a timeout of 6 bits", RC, RC_FIELDS, too_long_timeout, -EINVAL,
	  "CONNECTION.timeout is 32, wants 0 to 31" },
	{ "8 retries", RC, RC_FIELDS, too_many_retries, -EINVAL,
	  "CONNECTION.rnr_retry is 8, wants 0 to 7" },
	{ "MTU 0", RC, RC_FIELDS, no_mtu, -EINVAL, "CONNECTION.path_mtu is 0, wants 1 to 5" },
	{ "MTU 6", RC, RC_FIELDS, large_mtu, -EINVAL, "CONNECTION.path_mtu is 6, wants 1 to 5" },
	{ "port 77", RC, RC_FIELDS | IB_QP_PORT, other_port, -EINVAL, "PORT: 77" },
	{ "UD", IB_QPT_UD, UC_FIELDS, NULL, -EINVAL, "a QP of type 4 has no peer" },
	{ "raw", IB_QPT_RAW_PACKET, 0, NULL, -EINVAL, "has no peer" },
};
KUNIT_ARRAY_PARAM_DESC(check, check_cases, name);

static void connect_check(struct kunit *test)
{
	const struct check_case *c = test->param_value;
	struct uvb_bench *bench = test->priv;

	qp.qp_type = c->type;
	if (c->change)
		c->change();
	KUNIT_EXPECT_EQ(test, check(bench, c->given), c->ret);
	EXPECT_TEXT(test, bench, c->text);
	leave(bench);
	KUNIT_EXPECT_EQ(test, driver.calls, 0);
}

/* The only port need not be named. */
static void connect_only_port(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;

	attr.port_num = 0;
	KUNIT_EXPECT_EQ(test, check(bench, RC_FIELDS), 0);
	leave(bench);
	KUNIT_EXPECT_EQ(test, attr.port_num, 1);
}

static void connect_iwarp(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	struct ib_port_immutable *port = &bench->ibdev->port_data[1].immutable;
	u32 flags = port->core_cap_flags;

	port->core_cap_flags = RDMA_CORE_PORT_IWARP;
	KUNIT_EXPECT_EQ(test, check(bench, RC_FIELDS),
			-EOPNOTSUPP);
	EXPECT_TEXT(test, bench, "rdma_cm connects");
	leave(bench);
	port->core_cap_flags = flags;
}

/* Two callers at once would be in each other's way: the second is told EBUSY by the row. */
static void connect_row(struct kunit *test)
{
	struct uvb_bench *bench = test->priv;
	const struct uvb_method *method;
	struct uvb_api *api = &bench->dev->api;

	/* The device had no modify_qp when its table was made. */
	KUNIT_EXPECT_NULL(test, uvb_api_method(api, UVERBS_OBJECT_QP,
					       UVERBS_BPF_METHOD_QP_CONNECT));
	bench->ibdev->ops.destroy_qp = (void *)driver_query;
	memset(api, 0, sizeof(*api));
	uvb_api_init(api, bench->ibdev);
	method = uvb_api_method(api, UVERBS_OBJECT_QP, UVERBS_BPF_METHOD_QP_CONNECT);
	bench->ibdev->ops.destroy_qp = NULL;
	KUNIT_ASSERT_NOT_NULL(test, method);
	KUNIT_EXPECT_EQ(test, method->attrs[0].id, UVERBS_BPF_ATTR_QP_HANDLE);
	KUNIT_EXPECT_EQ(test, method->attrs[0].access, UVERBS_BPF_ACCESS_WRITE);
}

static struct kunit_case connect_cases[] = {
	KUNIT_CASE_PARAM(connect_steps, steps_gen_params),
	KUNIT_CASE(connect_from_init),
	KUNIT_CASE(connect_from_other),
	KUNIT_CASE_PARAM(connect_fails, fail_gen_params),
	KUNIT_CASE(explain_driver_type),
	KUNIT_CASE_PARAM(connect_check, check_gen_params),
	KUNIT_CASE(connect_only_port),
	KUNIT_CASE(connect_iwarp),
	KUNIT_CASE(connect_row),
	{}
};

static struct kunit_suite connect_suite = {
	.name = "uvb_qp_connect",
	.init = connect_init,
	.exit = uvb_bench_exit,
	.test_cases = connect_cases,
};

kunit_test_suite(connect_suite);
