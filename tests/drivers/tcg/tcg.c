// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Keeps a fault of QEMU's multi-threaded emulation (TCG) from ending the test machine.
 *
 * To rewrite an instruction that others may be running, as a static key or the attachment of a BPF
 * program does, the kernel puts a breakpoint (int3) over its first byte, and takes it away at the
 * end. QEMU discards what it has translated of that place before it stores the byte, and not in one
 * piece: in between another processor may translate the old byte, and then runs the breakpoint for
 * ever, although memory holds none. The kernel knows nothing of such a breakpoint and dies of it.
 * QEMU 7.2 and 10.0 are both like that.
 *
 * Here the place is written once more, with what it holds, so that QEMU translates it anew; then
 * the instruction is run again. Elsewhere than under TCG this has nothing to do: no processor runs a
 * breakpoint that is gone.
 */
#include <linux/kdebug.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/pgtable.h>
#include <linux/vmalloc.h>
#include <asm/text-patching.h>

/*
 * For each processor a page of memory, in whose place another is mapped while it is written. The
 * kernel's text is mapped read-only, and is not written there with CR0.WP off: that leaves a mark
 * (dirty, though not writable) in the page table, which Linux 7.3 reports when it frees a module in
 * the same large page.
 */
struct window {
	u8 *page;
	pte_t *pte;
};
static DEFINE_PER_CPU(struct window, windows);
static u8 *pages;

static void map_window(struct window *window, pte_t pte)
{
	WRITE_ONCE(*window->pte, pte);
	asm volatile("invlpg (%0)" : : "r" (window->page) : "memory");
}

/* Called with interrupts off. */
static void translate_anew(u8 *place, u8 byte)
{
	struct window *window = this_cpu_ptr(&windows);
	phys_addr_t address = slow_virt_to_phys(place);
	pte_t own = *window->pte;

	map_window(window, pfn_pte(PHYS_PFN(address), PAGE_KERNEL));
	/* Only if it is still what it was: another processor may be about to put a breakpoint there. */
	cmpxchg(window->page + offset_in_page(address), byte, byte);
	map_window(window, own);
}

static int uvb_tcg_die(struct notifier_block *block, unsigned long event, void *data)
{
	struct die_args *die = data;
	u8 *place, byte;

	if (event != DIE_INT3 || user_mode(die->regs))
		return NOTIFY_DONE;
	place = (u8 *)die->regs->ip - INT3_INSN_SIZE;
	byte = READ_ONCE(*place);
	if (byte == INT3_INSN_OPCODE)
		return NOTIFY_DONE;

	translate_anew(place, byte);
	die->regs->ip = (unsigned long)place;
	pr_info("uvb_tcg: QEMU ran a breakpoint that is gone, at %pS\n", place);
	return NOTIFY_STOP;
}

static struct notifier_block uvb_tcg_notifier = {
	.notifier_call = uvb_tcg_die,
};

static int __init uvb_tcg_init(void)
{
	unsigned int cpu, level;
	unsigned long flags;
	u8 *place;

	pages = vmalloc(array_size(nr_cpu_ids, PAGE_SIZE));
	if (!pages)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		struct window *window = per_cpu_ptr(&windows, cpu);

		window->page = pages + cpu * PAGE_SIZE;
		window->pte = lookup_address((unsigned long)window->page, &level);
		if (!window->pte || level != PG_LEVEL_4K) {
			vfree(pages);
			return -ENXIO;
		}
	}

	/* Tried once here, so that what is wrong with it shows in every machine, not in one of many. */
	place = (u8 *)uvb_tcg_die;
	local_irq_save(flags);
	translate_anew(place, *place);
	local_irq_restore(flags);
	return register_die_notifier(&uvb_tcg_notifier);
}

static void __exit uvb_tcg_exit(void)
{
	unregister_die_notifier(&uvb_tcg_notifier);
	vfree(pages);
}

module_init(uvb_tcg_init);
module_exit(uvb_tcg_exit);
MODULE_DESCRIPTION("Survives breakpoints that only QEMU's emulation still sees");
MODULE_LICENSE("Dual BSD/GPL");
