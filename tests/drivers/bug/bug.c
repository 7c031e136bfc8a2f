// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * What the debug kernel has to find, one bug each time this is loaded: so that a test can tell that
 * it would be found. None of them harms a kernel that does not look.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>

static char *bug;
module_param(bug, charp, 0444);
MODULE_PARM_DESC(bug, "use-after-free, lock-order or leak");

static int uvb_bug_use_after_free(void)
{
	int *memory = kzalloc(64, GFP_KERNEL);

	if (!memory)
		return -ENOMEM;
	kfree(memory);
	/* From here on the compiler does not know what it is, and has no reason to complain. */
	OPTIMIZER_HIDE_VAR(memory);
	pr_info("uvb_bug: %d\n", READ_ONCE(*memory));
	return 0;
}

static DEFINE_MUTEX(first);
static DEFINE_MUTEX(second);

static int uvb_bug_lock_order(void)
{
	mutex_lock(&first);
	mutex_lock(&second);
	mutex_unlock(&second);
	mutex_unlock(&first);

	mutex_lock(&second);
	mutex_lock(&first);
	mutex_unlock(&first);
	mutex_unlock(&second);
	return 0;
}

/* With a name of its own, which the record of the leak then has. */
static noinline int uvb_bug_leak(void)
{
	return kzalloc(64, GFP_KERNEL) ? 0 : -ENOMEM;
}

static int __init uvb_bug_init(void)
{
	if (bug && !strcmp(bug, "use-after-free"))
		return uvb_bug_use_after_free();
	if (bug && !strcmp(bug, "lock-order"))
		return uvb_bug_lock_order();
	if (bug && !strcmp(bug, "leak"))
		return uvb_bug_leak();
	return -EINVAL;
}

static void __exit uvb_bug_exit(void)
{
}

module_init(uvb_bug_init);
module_exit(uvb_bug_exit);
MODULE_DESCRIPTION("Bugs that the tests' debug kernel has to find");
MODULE_LICENSE("Dual BSD/GPL");
