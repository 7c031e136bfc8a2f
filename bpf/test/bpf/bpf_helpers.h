/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Stands in for libbpf's <bpf/bpf_helpers.h> where a program is compiled
 * natively, for a test: maps are memory of the test, and helpers answer what
 * struct uverbs_bpf_test_world says. ../uverbs_bpf_test.h is what tests include.
 *
 * A map is known by its address and declared as libbpf has it, with __type()
 * for key and value. One CPU: of a per-CPU map there is one copy. Maps of maps,
 * timers and storage of kernel objects there are none; a program that uses them
 * does not compile.
 */
#ifndef UVERBS_BPF_TEST_HELPERS_H
#define UVERBS_BPF_TEST_HELPERS_H

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>
#include <linux/bpf.h>
#include <linux/types.h>

#undef __always_inline
#define __always_inline	inline __attribute__((always_inline))
#undef __noinline
#define __noinline	__attribute__((noinline))
#undef __weak
#define __weak		__attribute__((weak))
#define __hidden
#define __ksym
#define __kconfig
#define __kptr
#define SEC(name)

#define __uint(name, value)	int (*name)[value]
#define __type(name, value)	typeof(value) *name
#define __array(name, value)	typeof(value) *name[]

enum libbpf_pin_type {
	LIBBPF_PIN_NONE,
	LIBBPF_PIN_BY_NAME,
};

#define bpf_ksym_exists(symbol)	(!!(symbol))

#define bpf_for(i, start, end)	for ((i) = (start); (i) < (end); (i)++)
#define bpf_repeat(times)						\
	for (__u32 __left = (times); __left; __left--)

#define barrier_var(var)	asm volatile("" : "+r"(var))
#define barrier()		asm volatile("" ::: "memory")

#define __uvbt_unused	__attribute__((unused))

/**
 * struct uverbs_bpf_test_world - what helpers that ask about the world answer
 * @time_ns: of bpf_ktime_get_ns() and its kin
 * @pid_tgid: of the process
 * @uid_gid: of the process
 * @cgroup: of the process
 * @cpu: that it runs on
 * @random: what bpf_get_prandom_u32() gives next; it counts up
 * @comm: name of the process
 * @verbose: show what bpf_printk() says
 */
struct uverbs_bpf_test_world {
	__u64 time_ns;
	__u64 pid_tgid;
	__u64 uid_gid;
	__u64 cgroup;
	__u32 cpu;
	__u32 random;
	char comm[16];
	bool verbose;
};

static struct uverbs_bpf_test_world uverbs_bpf_test_world __uvbt_unused = {
	.time_ns = 1000000000, .pid_tgid = 1ULL << 32 | 1, .cgroup = 1, .comm = "test",
};

static inline __u64 bpf_ktime_get_ns(void) { return uverbs_bpf_test_world.time_ns; }
static inline __u64 bpf_ktime_get_boot_ns(void) { return uverbs_bpf_test_world.time_ns; }
static inline __u64 bpf_ktime_get_coarse_ns(void) { return uverbs_bpf_test_world.time_ns; }
static inline __u64 bpf_jiffies64(void) { return uverbs_bpf_test_world.time_ns / 4000000; }
static inline __u64 bpf_get_current_pid_tgid(void) { return uverbs_bpf_test_world.pid_tgid; }
static inline __u64 bpf_get_current_uid_gid(void) { return uverbs_bpf_test_world.uid_gid; }
static inline __u64 bpf_get_current_cgroup_id(void) { return uverbs_bpf_test_world.cgroup; }
static inline __u32 bpf_get_smp_processor_id(void) { return uverbs_bpf_test_world.cpu; }
static inline __u32 bpf_get_prandom_u32(void) { return uverbs_bpf_test_world.random++; }

static inline long bpf_get_current_comm(void *to, __u32 size)
{
	if (!size)
		return -EINVAL;
	strncpy(to, uverbs_bpf_test_world.comm, size - 1);
	((char *)to)[size - 1] = '\0';
	return 0;
}

__attribute__((format(printf, 1, 2))) __uvbt_unused
static int bpf_printk(const char *fmt, ...)
{
	va_list args;
	int n;

	if (!uverbs_bpf_test_world.verbose)
		return 0;
	va_start(args, fmt);
	n = vprintf(fmt, args);
	va_end(args);
	return n;
}

/* ---- memory that may not be there ---- */

/* By a system call, so that a bad address is -EFAULT here too. */
static inline long bpf_probe_read_kernel(void *to, __u32 size, const void *from)
{
	struct iovec local = { to, size }, remote = { (void *)from, size };

	if (!size || process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == (ssize_t)size)
		return 0;
	memset(to, 0, size);
	return -EFAULT;
}
#define bpf_probe_read(to, size, from)	bpf_probe_read_kernel(to, size, from)

/* Returns the length with its NUL. */
static inline long bpf_probe_read_kernel_str(void *to, __u32 size, const void *from)
{
	char *text = to;
	__u32 i;

	for (i = 0; i < size; i++) {
		if (bpf_probe_read_kernel(text + i, 1, (const char *)from + i)) {
			*text = '\0';
			return -EFAULT;
		}
		if (!text[i])
			return i + 1;
	}
	if (size)
		text[size - 1] = '\0';
	return size;
}

static inline long bpf_strncmp(const char *a, __u32 size, const char *b)
{
	return strncmp(a, b, size);
}

/* ---- locks and loops ---- */

static inline void bpf_spin_lock(struct bpf_spin_lock *lock)
{
	if (lock->val) {
		fprintf(stderr, "bpf_spin_lock: taken twice\n");
		abort();
	}
	lock->val = 1;
}

static inline void bpf_spin_unlock(struct bpf_spin_lock *lock)
{
	if (!lock->val) {
		fprintf(stderr, "bpf_spin_unlock: not taken\n");
		abort();
	}
	lock->val = 0;
}

static inline long bpf_loop(__u32 times, void *fn, void *ctx, __u64 flags)
{
	long (*body)(__u64 i, void *ctx) = (long (*)(__u64, void *))fn;
	__u32 i;

	(void)flags;
	for (i = 0; i < times; i++) {
		if (body(i, ctx))
			return i + 1;
	}
	return i;
}

/* ---- maps ---- */

struct uvbt_entry {
	struct uvbt_entry *next;
	void *key;
	void *value;
};

/* Entries in the order in which they were made; the first is the oldest. */
struct uvbt_map {
	struct uvbt_map *next;
	const void *map;
	int type;
	__u32 key_size;
	__u32 value_size;
	__u32 max_entries;
	__u32 count;
	struct uvbt_entry *entries;
};

static struct uvbt_map *uvbt_maps __uvbt_unused;

static inline bool uvbt_is_array(const struct uvbt_map *map)
{
	return map->type == BPF_MAP_TYPE_ARRAY || map->type == BPF_MAP_TYPE_PERCPU_ARRAY;
}

static inline void *uvbt_alloc(size_t size)
{
	void *memory = calloc(1, size ?: 1);

	if (!memory)
		abort();
	return memory;
}

static inline struct uvbt_entry **uvbt_find(struct uvbt_map *map, const void *key)
{
	struct uvbt_entry **entry;

	for (entry = &map->entries; *entry; entry = &(*entry)->next) {
		if (!memcmp((*entry)->key, key, map->key_size))
			break;
	}
	return entry;
}

static inline void uvbt_add(struct uvbt_map *map, struct uvbt_entry **at, const void *key,
			    const void *value)
{
	struct uvbt_entry *entry = uvbt_alloc(sizeof(*entry));

	entry->key = uvbt_alloc(map->key_size);
	entry->value = uvbt_alloc(map->value_size);
	memcpy(entry->key, key, map->key_size);
	if (value)
		memcpy(entry->value, value, map->value_size);
	*at = entry;
	map->count++;
}

static inline struct uvbt_map *uvbt_map(const void *id, int type, __u32 key_size,
					__u32 value_size, __u32 max_entries)
{
	struct uvbt_map *map;

	for (map = uvbt_maps; map; map = map->next) {
		if (map->map == id)
			return map;
	}
	map = uvbt_alloc(sizeof(*map));
	*map = (struct uvbt_map) {
		.next = uvbt_maps, .map = id, .type = type, .key_size = key_size,
		.value_size = value_size, .max_entries = max_entries,
	};
	uvbt_maps = map;
	return map;
}

/* A key of a trie. */
struct uvbt_prefix {
	__u32 bits;
	__u8 data[];
};

/* Of a trie: the entry with the longest prefix that @key begins with. */
static inline void *uvbt_lookup_prefix(struct uvbt_map *map, const void *key)
{
	struct uvbt_entry *entry, *best = NULL;
	const struct uvbt_prefix *wanted = key, *there, *longest = NULL;
	__u32 i;

	for (entry = map->entries; entry; entry = entry->next) {
		there = entry->key;
		if (there->bits > wanted->bits || (longest && there->bits <= longest->bits))
			continue;
		for (i = 0; i < there->bits; i++) {
			if ((there->data[i / 8] ^ wanted->data[i / 8]) & 0x80 >> i % 8)
				break;
		}
		if (i < there->bits)
			continue;
		best = entry;
		longest = there;
	}
	return best ? best->value : NULL;
}

static inline void *uvbt_lookup(struct uvbt_map *map, const void *key)
{
	struct uvbt_entry **entry = uvbt_find(map, key);
	__u32 index;

	if (map->type == BPF_MAP_TYPE_LPM_TRIE)
		return uvbt_lookup_prefix(map, key);

	if (!*entry && uvbt_is_array(map)) {
		memcpy(&index, key, sizeof(index));
		if (index < map->max_entries)
			uvbt_add(map, entry, key, NULL);
	}
	return *entry ? (*entry)->value : NULL;
}

static inline void uvbt_drop(struct uvbt_map *map, struct uvbt_entry **at)
{
	struct uvbt_entry *entry = *at;

	/* Its value stays: a program may go on reading it to its end. */
	*at = entry->next;
	map->count--;
}

static inline long uvbt_update(struct uvbt_map *map, const void *key, const void *value,
			       __u64 flags)
{
	bool lru = map->type == BPF_MAP_TYPE_LRU_HASH || map->type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
	struct uvbt_entry **entry = uvbt_find(map, key);

	if (uvbt_is_array(map)) {
		void *there = uvbt_lookup(map, key);

		if (!there)
			return -E2BIG;
		if ((flags & 3) == BPF_NOEXIST)
			return -EEXIST;
		memcpy(there, value, map->value_size);
		return 0;
	}
	if (*entry && (flags & 3) == BPF_NOEXIST)
		return -EEXIST;
	if (!*entry && (flags & 3) == BPF_EXIST)
		return -ENOENT;
	if (*entry) {
		memcpy((*entry)->value, value, map->value_size);
		return 0;
	}
	if (map->count >= map->max_entries) {
		if (!lru)
			return -E2BIG;
		uvbt_drop(map, &map->entries);
		entry = uvbt_find(map, key);
	}
	uvbt_add(map, entry, key, value);
	return 0;
}

static inline long uvbt_delete(struct uvbt_map *map, const void *key)
{
	struct uvbt_entry **entry = uvbt_find(map, key);

	if (uvbt_is_array(map))
		return -EINVAL;
	if (!*entry)
		return -ENOENT;
	uvbt_drop(map, entry);
	return 0;
}

static inline long uvbt_for_each(struct uvbt_map *map, void *fn, void *ctx)
{
	long (*body)(void *map, void *key, void *value, void *ctx) =
		(long (*)(void *, void *, void *, void *))fn;
	struct uvbt_entry *entry, *next;
	long n = 0;
	__u32 i;

	for (i = 0; uvbt_is_array(map) && i < map->max_entries; i++)
		uvbt_lookup(map, &i);
	for (entry = map->entries; entry; entry = next) {
		next = entry->next;
		n++;
		if (body((void *)map->map, entry->key, entry->value, ctx))
			break;
	}
	return n;
}

#define UVBT_MAP(map)								\
	uvbt_map(map, sizeof(*(map)->type) / sizeof(int), sizeof(*(map)->key),		\
		 sizeof(*(map)->value), sizeof(*(map)->max_entries) / sizeof(int))

#define bpf_map_lookup_elem(map, _key)			uvbt_lookup(UVBT_MAP(map), _key)
#define bpf_map_update_elem(map, _key, _value, flags)				\
	uvbt_update(UVBT_MAP(map), _key, _value, flags)
#define bpf_map_delete_elem(map, _key)			uvbt_delete(UVBT_MAP(map), _key)
#define bpf_for_each_map_elem(map, fn, ctx, flags)	uvbt_for_each(UVBT_MAP(map), fn, ctx)

/* ---- ring buffers: what was submitted, for the test to read ---- */

/**
 * struct uverbs_bpf_test_record - what a program put into a ring buffer
 * @next: the next one
 * @map: the ring buffer
 * @submitted: not discarded, and not just reserved
 * @size: bytes of @data
 * @data: the record
 */
struct uverbs_bpf_test_record {
	struct uverbs_bpf_test_record *next;
	const void *map;
	bool submitted;
	__u64 size;
	__u8 data[] __attribute__((aligned(8)));
};

static struct uverbs_bpf_test_record *uvbt_records __uvbt_unused;

static inline void *bpf_ringbuf_reserve(void *map, __u64 size, __u64 flags)
{
	struct uverbs_bpf_test_record *record = uvbt_alloc(sizeof(*record) + size);
	struct uverbs_bpf_test_record **last = &uvbt_records;

	(void)flags;
	record->map = map;
	record->size = size;
	while (*last)
		last = &(*last)->next;
	*last = record;
	return record->data;
}

static inline void bpf_ringbuf_submit(void *data, __u64 flags)
{
	(void)flags;
	((struct uverbs_bpf_test_record *)data - 1)->submitted = true;
}

static inline void bpf_ringbuf_discard(void *data, __u64 flags)
{
	(void)data;
	(void)flags;
}

static inline long bpf_ringbuf_output(void *map, void *data, __u64 size, __u64 flags)
{
	void *to = bpf_ringbuf_reserve(map, size, flags);

	memcpy(to, data, size);
	bpf_ringbuf_submit(to, flags);
	return 0;
}

/* The @n-th record that was submitted, from 0, or NULL. */
static inline const struct uverbs_bpf_test_record *
uverbs_bpf_test_record(const void *map, unsigned int n)
{
	const struct uverbs_bpf_test_record *record;

	for (record = uvbt_records; record; record = record->next) {
		if (record->map == map && record->submitted && !n--)
			return record;
	}
	return NULL;
}

#endif /* UVERBS_BPF_TEST_HELPERS_H */
