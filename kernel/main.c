// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Loading and unloading.
 */
#include "uvb.h"
#include "ext.h"
#include "verbs/cq.h"

#include <linux/module.h>

static int __init uvb_init(void)
{
	int ret;

	ret = uvb_twins_check();
	if (ret)
		return ret;
	ret = uvb_schema_init();
	if (ret)
		return ret;
	ret = uvb_status_init();
	if (ret)
		goto err_schema;
	ret = uvb_ext_init();
	if (ret)
		goto err_status;
	ret = uvb_cq_counter_init();
	if (ret)
		goto err_ext;
	ret = uvb_claim_init();
	if (ret)
		goto err_counter;
	ret = uvb_client_init();
	if (ret)
		goto err_counter;
	return 0;

err_counter:
	uvb_cq_counter_exit();
err_ext:
	uvb_ext_exit();
err_status:
	uvb_status_exit();
err_schema:
	uvb_schema_exit();
	return ret;
}

static void __exit uvb_exit(void)
{
	uvb_client_exit();
	uvb_cq_counter_exit();
	uvb_ext_exit();
	uvb_status_exit();
	/* Handles are freed after a grace period. */
	rcu_barrier();
	uvb_schema_exit();
	uvb_driver_exit();
}

module_init(uvb_init);
module_exit(uvb_exit);

MODULE_DESCRIPTION("RDMA verbs with BPF transports and providers");
MODULE_LICENSE("Dual BSD/GPL");
/* PACKAGE_VERSION of dkms.conf, which compares the two. */
MODULE_VERSION("1.0.0");
#ifdef UVB_HAVE_UCAPS
/* Of ib_uverbs_support, which is no client and does not load ib_uverbs. */
MODULE_IMPORT_NS("rdma_core");
#endif
/* Stock serves what we leave to it; on 7.x nothing else would load it. */
MODULE_SOFTDEP("post: ib_uverbs");
