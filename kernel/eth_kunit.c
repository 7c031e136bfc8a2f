// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The legality table of Ethernet QPs against ib_core's state machine, which
 * drivers go by: what we let pass, they must not refuse for its attributes.
 */
#include "verbs/qp.h"

#include <kunit/test.h>

#define ETH_BITS	(IB_QP_PORT | IB_QP_RATE_LIMIT)

/* Every change with the fewest and the most attributes a row allows is legal in ib_core. */
static void rows_are_legal(struct kunit *test)
{
	unsigned int rows = 0;
	u32 from, to;

	for (from = IB_QPS_RESET; from <= IB_QPS_ERR; from++) {
		for (to = IB_QPS_RESET; to <= IB_QPS_ERR; to++) {
			const struct uvb_eth_step *step = uvb_eth_step(from, to);

			if (!step)
				continue;
			rows++;
			KUNIT_EXPECT_FALSE(test, (step->required | step->optional) & ~ETH_BITS);
			KUNIT_EXPECT_TRUE_MSG(test, ib_modify_qp_is_ok(from, to, IB_QPT_RAW_PACKET,
								       IB_QP_STATE |
								       step->required),
					      "%u to %u", from, to);
			KUNIT_EXPECT_TRUE_MSG(test, ib_modify_qp_is_ok(from, to, IB_QPT_RAW_PACKET,
								       IB_QP_STATE |
								       step->required |
								       step->optional),
					      "%u to %u", from, to);
		}
	}
	KUNIT_EXPECT_GT(test, rows, 0);
}

/* No change that ib_core has is missing, and none is told to take less than it wants. */
static void rows_are_complete(struct kunit *test)
{
	u32 from, to, mask;

	for (from = IB_QPS_RESET; from <= IB_QPS_ERR; from++) {
		for (to = IB_QPS_RESET; to <= IB_QPS_ERR; to++) {
			const struct uvb_eth_step *step = uvb_eth_step(from, to);
			bool any = false;

			for (mask = 0; mask <= ETH_BITS; mask = ((mask | ~ETH_BITS) + 1) & ETH_BITS) {
				any |= ib_modify_qp_is_ok(from, to, IB_QPT_RAW_PACKET,
							  IB_QP_STATE | mask);
				if (mask == ETH_BITS)
					break;
			}
			KUNIT_EXPECT_EQ_MSG(test, !!step, any, "%u to %u", from, to);
		}
	}
}

/* States come from callers. */
static void states_out_of_range(struct kunit *test)
{
	KUNIT_EXPECT_NULL(test, uvb_eth_step(IB_QPS_ERR + 1, IB_QPS_ERR));
	KUNIT_EXPECT_NULL(test, uvb_eth_step(IB_QPS_RESET, U32_MAX));
	KUNIT_EXPECT_NULL(test, uvb_eth_step(IB_QPS_RESET + 256, IB_QPS_INIT));
}

static struct kunit_case eth_cases[] = {
	KUNIT_CASE(rows_are_legal),
	KUNIT_CASE(rows_are_complete),
	KUNIT_CASE(states_out_of_range),
	{}
};

static struct kunit_suite eth_suite = {
	.name = "uvb_eth",
	.test_cases = eth_cases,
};

kunit_test_suite(eth_suite);
