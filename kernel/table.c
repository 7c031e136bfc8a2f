// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The handle table of a file: an array of slots, read under RCU and changed
 * under the file's lock. A free slot holds the number of the next free one,
 * so taking and giving back a number costs a few instructions; the kernel's
 * xarray takes five hundred for the pair (docs/performance.md).
 *
 * A slot is one word:
 *
 *	handle pointer		in use
 *	number << 1 | 1		free, and the next free one; the last has UVB_SLOT_END
 *	UVB_SLOT_RESERVED	taken, not yet visible
 */
#include "table.h"

#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/slab.h>

#define UVB_SLOTS_FIRST		32
#define UVB_SLOTS_MAX		BIT(28)

#define UVB_SLOT_FREE(next)	((void *)(((unsigned long)(next) << 1) | 1))
#define UVB_SLOT_NEXT(slot)	((u32)((unsigned long)(slot) >> 1))
#define UVB_SLOT_END		(UVB_SLOTS_MAX + 1)
#define UVB_SLOT_RESERVED	UVB_SLOT_FREE(UVB_SLOTS_MAX + 2)

struct uvb_slots {
	struct rcu_head rcu;
	u32 size;
	void __rcu *slot[] __counted_by(size);
};

static bool uvb_slot_in_use(const void *slot)
{
	return slot && !((unsigned long)slot & 1);
}

void uvb_table_init(struct uvb_table *table, spinlock_t *lock)
{
	RCU_INIT_POINTER(table->slots, NULL);
	table->free = UVB_SLOT_END;
	table->lock = lock;
}

void uvb_table_destroy(struct uvb_table *table)
{
	kvfree(rcu_dereference_protected(table->slots, true));
}

static struct uvb_slots *uvb_table_slots(struct uvb_table *table)
{
	return rcu_dereference_protected(table->slots, lockdep_is_held(table->lock));
}

/* Twice the slots. Readers go on with the old array for a grace period. */
static int uvb_table_grow(struct uvb_table *table, u32 full)
{
	u32 size = full ? full * 2 : UVB_SLOTS_FIRST;
	struct uvb_slots *slots, *old;
	u32 i;

	if (size > UVB_SLOTS_MAX)
		return -ENOSPC;
	slots = kvmalloc(struct_size(slots, slot, size), GFP_KERNEL);
	if (!slots)
		return -ENOMEM;
	slots->size = size;

	spin_lock_irq(table->lock);
	old = uvb_table_slots(table);
	/* Somebody else was faster, or a slot has become free. */
	if (table->free != UVB_SLOT_END || (old ? old->size : 0) != full) {
		spin_unlock_irq(table->lock);
		kvfree(slots);
		return 0;
	}
	if (old)
		memcpy(slots->slot, old->slot, full * sizeof(*slots->slot));
	/* Low numbers are given out first. */
	for (i = full; i < size; i++)
		RCU_INIT_POINTER(slots->slot[i],
				 UVB_SLOT_FREE(i + 1 < size ? i + 1 : UVB_SLOT_END));
	table->free = full;
	rcu_assign_pointer(table->slots, slots);
	spin_unlock_irq(table->lock);

	if (old)
		kvfree_rcu(old, rcu);
	return 0;
}

/**
 * uvb_table_reserve() - take a number
 * @table: the table
 * @id: filled with the number; lookups find nothing there yet
 *
 * Context: may sleep; takes the table's lock.
 * Return: 0, -ENOMEM, or -ENOSPC if there are 2^28 handles.
 */
int uvb_table_reserve(struct uvb_table *table, u32 *id)
{
	struct uvb_slots *slots;
	u32 full;
	int ret;

	for (;;) {
		spin_lock_irq(table->lock);
		slots = uvb_table_slots(table);
		if (likely(table->free != UVB_SLOT_END)) {
			*id = table->free;
			table->free = UVB_SLOT_NEXT(rcu_access_pointer(slots->slot[*id]));
			RCU_INIT_POINTER(slots->slot[*id], UVB_SLOT_RESERVED);
			spin_unlock_irq(table->lock);
			return 0;
		}
		full = slots ? slots->size : 0;
		spin_unlock_irq(table->lock);

		ret = uvb_table_grow(table, full);
		if (ret)
			return ret;
	}
}

/* Make a reserved number name @entry. Context: the table's lock held. */
void uvb_table_publish(struct uvb_table *table, u32 id, void *entry)
{
	rcu_assign_pointer(uvb_table_slots(table)->slot[id], entry);
}

/* Give a number back. Context: the table's lock held. */
void uvb_table_release(struct uvb_table *table, u32 id)
{
	struct uvb_slots *slots = uvb_table_slots(table);

	RCU_INIT_POINTER(slots->slot[id], UVB_SLOT_FREE(table->free));
	table->free = id;
}

/* What a number names, or NULL. Context: RCU. */
void *uvb_table_load(const struct uvb_table *table, u64 id)
{
	const struct uvb_slots *slots = rcu_dereference(table->slots);
	void *entry;

	if (!slots || id >= slots->size)
		return NULL;
	entry = rcu_dereference(slots->slot[array_index_nospec(id, slots->size)]);
	return uvb_slot_in_use(entry) ? entry : NULL;
}

/* Call @fn for every entry. Context: nobody else uses the table any more. */
void uvb_table_for_each(const struct uvb_table *table, void (*fn)(void *entry))
{
	const struct uvb_slots *slots = rcu_dereference_protected(table->slots, true);
	u32 i;

	for (i = 0; slots && i < slots->size; i++) {
		void *entry = rcu_dereference_protected(slots->slot[i], true);

		if (uvb_slot_in_use(entry))
			fn(entry);
	}
}
