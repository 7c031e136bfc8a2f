// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * /proc/uverbs_bpf: what the uverbs-bpf command reads. Files are made of
 * lines, lines of fields between tabs.
 *
 *	devices		IBDEV	NODE	served|stock	reason, "-" if served
 */
#include "uvb.h"

#include <linux/proc_fs.h>
#include <linux/seq_file.h>

struct proc_dir_entry *uvb_proc_dir;

static void uvb_status_show_device(const struct uvb_index *index, void *arg)
{
	seq_printf(arg, "%s\tuverbs%d\t%s\t%s\n", index->ibdev->name, index->index,
		   index->reason ? "stock" : "served", index->reason ?: "-");
}

static int uvb_status_devices(struct seq_file *seq, void *v)
{
	uvb_index_for_each(uvb_status_show_device, seq);
	return 0;
}

int uvb_status_init(void)
{
	uvb_proc_dir = proc_mkdir("uverbs_bpf", NULL);
	if (!uvb_proc_dir)
		return -ENOMEM;
	if (!proc_create_single("devices", 0444, uvb_proc_dir, uvb_status_devices)) {
		uvb_status_exit();
		return -ENOMEM;
	}
	return 0;
}

void uvb_status_exit(void)
{
	proc_remove(uvb_proc_dir);
}
