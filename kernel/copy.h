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
	/* By memcpy(), for a struct of u32 need not be where a u64 may. */
	for (i = 0; i + sizeof(word) <= size; i += sizeof(word)) {
		unsafe_get_user(word, (const u64 __user *)(from + i), fault);
		memcpy(to + i, &word, sizeof(word));
	}
	if (i < size) {
		unsafe_get_user(half, (const u32 __user *)(from + i), fault);
		memcpy(to + i, &half, sizeof(half));
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
	u64 word;
	u32 half;
	size_t i;

	if (!uvb_is_short(size) && size != sizeof(u16))
		return copy_to_user(to, from, size) ? -EFAULT : 0;

	if (should_fail_usercopy() || !user_write_access_begin(to, size))
		return -EFAULT;
	for (i = 0; i + sizeof(word) <= size; i += sizeof(word)) {
		memcpy(&word, from + i, sizeof(word));
		unsafe_put_user(word, (u64 __user *)(to + i), fault);
	}
	if (i + sizeof(half) <= size) {
		memcpy(&half, from + i, sizeof(half));
		unsafe_put_user(half, (u32 __user *)(to + i), fault);
	} else if (i < size) {
		unsafe_put_user(*(const u16 *)(from + i), (u16 __user *)(to + i), fault);
	}
	user_write_access_end();
	return 0;

fault:
	user_write_access_end();
	return -EFAULT;
}

#endif /* UVB_COPY_H */
