/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Short copies from and to user space, by words. copy_from_user() is made for
 * long ones: it is a call, and what it does there is chosen for the processor
 * and the length, down to single bytes. Of the structs of a call, which are
 * some words long, that is most of the price (docs/performance.md).
 */
#ifndef UVB_COPY_H
#define UVB_COPY_H

#include <linux/fault-inject-usercopy.h>
#include <linux/uaccess.h>
#include <linux/unaligned.h>

/* Longer ones are for copy_from_user() and copy_to_user(). */
#define UVB_SHORT_COPY	192

/* Of a constant size that is some words, and short. */
#define uvb_is_short(size)							\
	(__builtin_constant_p(size) && !((size) % sizeof(u32)) && (size) <= UVB_SHORT_COPY)

/* @words words, whose number need not be constant. */
static __always_inline int uvb_get_words(u64 *to, const u64 __user *from, unsigned int words)
{
	unsigned int i;

	if (should_fail_usercopy() || !user_read_access_begin(from, words * sizeof(*from)))
		return -EFAULT;
	for (i = 0; i < words; i++)
		unsafe_get_user(to[i], &from[i], fault);
	user_read_access_end();
	return 0;

fault:
	user_read_access_end();
	return -EFAULT;
}

/**
 * uvb_get() - copy from user space
 * @to: kernel memory
 * @from: user address, not checked before
 * @size: bytes, a constant where it matters
 *
 * Return: 0 or -EFAULT; and then @to holds something of no use, perhaps what was there.
 */
static __always_inline int uvb_get(void *to, const void __user *from, size_t size)
{
	u64 word;
	u32 half;
	size_t i;

	if (!uvb_is_short(size))
		return copy_from_user(to, from, size) ? -EFAULT : 0;

	if (should_fail_usercopy() || !user_read_access_begin(from, size))
		return -EFAULT;
	/* A struct of u32 need not be where a u64 may. */
#pragma GCC unroll 24
	for (i = 0; i + sizeof(word) <= size; i += sizeof(word)) {
		unsafe_get_user(word, (const u64 __user *)(from + i), fault);
		put_unaligned(word, (u64 *)(to + i));
	}
	if (i < size) {
		unsafe_get_user(half, (const u32 __user *)(from + i), fault);
		put_unaligned(half, (u32 *)(to + i));
	}
	user_read_access_end();
	return 0;

fault:
	user_read_access_end();
	return -EFAULT;
}

/**
 * uvb_put() - copy to user space
 * @to: user address, not checked before
 * @from: kernel memory
 * @size: bytes, a constant where it matters
 *
 * Return: 0 or -EFAULT.
 */
static __always_inline int uvb_put(void __user *to, const void *from, size_t size)
{
	size_t i;

	if (!uvb_is_short(size) && size != sizeof(u16))
		return copy_to_user(to, from, size) ? -EFAULT : 0;

	if (should_fail_usercopy() || !user_write_access_begin(to, size))
		return -EFAULT;
#pragma GCC unroll 24
	for (i = 0; i + sizeof(u64) <= size; i += sizeof(u64))
		unsafe_put_user(get_unaligned((const u64 *)(from + i)), (u64 __user *)(to + i),
				fault);
	if (i + sizeof(u32) <= size)
		unsafe_put_user(get_unaligned((const u32 *)(from + i)), (u32 __user *)(to + i),
				fault);
	else if (i < size)
		unsafe_put_user(*(const u16 *)(from + i), (u16 __user *)(to + i), fault);
	user_write_access_end();
	return 0;

fault:
	user_write_access_end();
	return -EFAULT;
}

#endif /* UVB_COPY_H */
