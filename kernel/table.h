/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Numbers for things, with lookups under RCU: the handle table, see table.c.
 */
#ifndef UVB_TABLE_H
#define UVB_TABLE_H

#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct uvb_slots;

/**
 * struct uvb_table - a table of numbered things
 * @slots: the array, replaced when it grows
 * @free: first free number
 * @lock: the owner's, held for every change
 */
struct uvb_table {
	struct uvb_slots __rcu *slots;
	u32 free;
	spinlock_t *lock;
};

void uvb_table_init(struct uvb_table *table, spinlock_t *lock);
void uvb_table_destroy(struct uvb_table *table);
int uvb_table_reserve(struct uvb_table *table, u32 *id);
void uvb_table_publish(struct uvb_table *table, u32 id, void *entry);
void uvb_table_release(struct uvb_table *table, u32 id);
void *uvb_table_load(const struct uvb_table *table, u64 id);
void uvb_table_for_each(const struct uvb_table *table, void (*fn)(void *entry));

#endif /* UVB_TABLE_H */
