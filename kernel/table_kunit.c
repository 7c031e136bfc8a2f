// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The table that gives handles their numbers.
 */
#include "table.h"

#include <kunit/test.h>
#include <linux/prandom.h>

/* Grows several times on the way there. */
#define MANY	300

/**
 * struct table_bench - a table and what it ought to hold
 * @table: the table
 * @lock: its lock
 * @thing: what its numbers name
 * @id: number of each thing
 * @taken: things that have a number
 */
struct table_bench {
	struct uvb_table table;
	spinlock_t lock;
	u64 thing[MANY];
	u32 id[MANY];
	bool taken[MANY];
};

static int table_bench_init(struct kunit *test)
{
	struct table_bench *bench = kunit_kzalloc(test, sizeof(*bench), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, bench);
	test->priv = bench;
	spin_lock_init(&bench->lock);
	uvb_table_init(&bench->table, &bench->lock);
	return 0;
}

static void table_bench_exit(struct kunit *test)
{
	struct table_bench *bench = test->priv;

	uvb_table_destroy(&bench->table);
}

static void *load(struct table_bench *bench, u64 id)
{
	void *thing;

	rcu_read_lock();
	thing = uvb_table_load(&bench->table, id);
	rcu_read_unlock();
	return thing;
}

static void reserve(struct kunit *test, unsigned int i)
{
	struct table_bench *bench = test->priv;

	KUNIT_ASSERT_EQ(test, uvb_table_reserve(&bench->table, &bench->id[i]), 0);
}

static void publish(struct table_bench *bench, unsigned int i)
{
	spin_lock_irq(&bench->lock);
	uvb_table_publish(&bench->table, bench->id[i], &bench->thing[i]);
	spin_unlock_irq(&bench->lock);
	bench->taken[i] = true;
}

static void release(struct table_bench *bench, unsigned int i)
{
	spin_lock_irq(&bench->lock);
	uvb_table_release(&bench->table, bench->id[i]);
	spin_unlock_irq(&bench->lock);
	bench->taken[i] = false;
}

/* Every thing that has a number is found by it. */
static void expect_taken(struct kunit *test)
{
	struct table_bench *bench = test->priv;
	unsigned int i;

	for (i = 0; i < MANY; i++) {
		if (bench->taken[i])
			KUNIT_EXPECT_PTR_EQ_MSG(test, load(bench, bench->id[i]),
						(void *)&bench->thing[i], "number %u",
						bench->id[i]);
	}
}

static void table_empty(struct kunit *test)
{
	struct table_bench *bench = test->priv;

	KUNIT_EXPECT_NULL(test, load(bench, 0));
	reserve(test, 0);
	KUNIT_EXPECT_EQ(test, bench->id[0], 0);
	/* Free slots, the last one, and what is beyond them. */
	KUNIT_EXPECT_NULL(test, load(bench, 1));
	KUNIT_EXPECT_NULL(test, load(bench, 31));
	KUNIT_EXPECT_NULL(test, load(bench, 32));
	KUNIT_EXPECT_NULL(test, load(bench, BIT_ULL(32)));
	KUNIT_EXPECT_NULL(test, load(bench, U64_MAX));
}

static void table_reserved(struct kunit *test)
{
	struct table_bench *bench = test->priv;

	reserve(test, 0);
	KUNIT_EXPECT_NULL(test, load(bench, bench->id[0]));
	publish(bench, 0);
	KUNIT_EXPECT_PTR_EQ(test, load(bench, bench->id[0]), (void *)&bench->thing[0]);
	KUNIT_EXPECT_NULL(test, load(bench, bench->id[0] | BIT_ULL(32)));
	release(bench, 0);
	KUNIT_EXPECT_NULL(test, load(bench, bench->id[0]));
}

/* Reserved before the array was replaced, published after it. */
static void table_growth(struct kunit *test)
{
	struct table_bench *bench = test->priv;
	unsigned int i;

	for (i = 0; i < MANY; i++) {
		reserve(test, i);
		KUNIT_EXPECT_EQ(test, bench->id[i], i);
		if (i % 2)
			publish(bench, i);
	}
	for (i = 0; i < MANY; i += 2) {
		KUNIT_EXPECT_NULL(test, load(bench, bench->id[i]));
		publish(bench, i);
	}
	expect_taken(test);
}

/* A number is free again at once, and never given out twice. */
static void table_reuse(struct kunit *test)
{
	struct table_bench *bench = test->priv;
	struct rnd_state rnd;
	unsigned int n, i, j;
	u32 highest = 0;

	prandom_seed_state(&rnd, 1);
	for (n = 0; n < 20 * MANY; n++) {
		i = prandom_u32_state(&rnd) % MANY;
		if (bench->taken[i]) {
			release(bench, i);
			KUNIT_EXPECT_NULL(test, load(bench, bench->id[i]));
			continue;
		}
		reserve(test, i);
		for (j = 0; j < MANY; j++)
			KUNIT_ASSERT_FALSE(test, bench->taken[j] && bench->id[j] == bench->id[i]);
		publish(bench, i);
		highest = max(highest, bench->id[i]);
	}
	expect_taken(test);
	KUNIT_EXPECT_LT(test, highest, MANY);
}

static unsigned int seen;

static void see(void *thing)
{
	(*(u64 *)thing)++;
	seen++;
}

/* What is visible is visited once; what is reserved or free is not. */
static void table_visit(struct kunit *test)
{
	struct table_bench *bench = test->priv;
	unsigned int i;

	seen = 0;
	uvb_table_for_each(&bench->table, see);
	KUNIT_EXPECT_EQ(test, seen, 0);

	for (i = 0; i < 100; i++) {
		reserve(test, i);
		if (i % 3)
			publish(bench, i);
	}
	for (i = 1; i < 100; i += 3)
		release(bench, i);
	uvb_table_for_each(&bench->table, see);
	KUNIT_EXPECT_EQ(test, seen, 33);
	for (i = 0; i < 100; i++)
		KUNIT_EXPECT_EQ(test, bench->thing[i], i % 3 == 2);
}

static struct kunit_case uvb_table_cases[] = {
	KUNIT_CASE(table_empty),
	KUNIT_CASE(table_reserved),
	KUNIT_CASE(table_growth),
	KUNIT_CASE(table_reuse),
	KUNIT_CASE(table_visit),
	{}
};

static struct kunit_suite uvb_table_suite = {
	.name = "uvb_table",
	.init = table_bench_init,
	.exit = table_bench_exit,
	.test_cases = uvb_table_cases,
};
kunit_test_suite(uvb_table_suite);
