// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Which devices we serve. A device we do not claim is left to stock whole:
 * our client declines it, and ib_core then asks the next client called
 * "uverbs", which is ib_uverbs.
 */
#include "uvb.h"
#include "left.h"

#include <linux/moduleparam.h>
#include <rdma/ib_user_ioctl_verbs.h>

static char *claim = "auto";
module_param(claim, charp, 0444);
MODULE_PARM_DESC(claim,
	"devices to serve: auto (all we can), none, or names like rxe0,mlx4_0; -NAME excludes one");

static bool off;
module_param(off, bool, 0444);
MODULE_PARM_DESC(off, "serve nothing, leave every device to ib_uverbs");

static bool late;

/* Whether @name is in the comma separated list, with @sign before it ('\0' for none). */
static bool uvb_listed(const char *list, char sign, const char *name)
{
	size_t len = strlen(name);

	while (*list) {
		size_t n = strcspn(list, ",");
		bool match;

		if (sign)
			match = n == len + 1 && list[0] == sign && !strncmp(list + 1, name, len);
		else
			match = n == len && !strncmp(list, name, len);
		if (match)
			return true;
		list += n;
		list += *list == ',';
	}
	return false;
}

/**
 * uvb_claim() - decide who serves a device
 * @ibdev: the device
 *
 * Return: NULL if we do, else why stock does.
 */
const char *uvb_claim(const struct ib_device *ibdev)
{
	const char *name = dev_name(&ibdev->dev);

	if (late)
		return UVB_LEFT_LATE;
	if (off)
		return UVB_LEFT_OFF;
	if (uvb_listed(claim, '-', name))
		return UVB_LEFT_EXCLUDED;
	if (!uvb_listed(claim, 0, "auto") && !uvb_listed(claim, 0, name))
		return UVB_LEFT_NOT_NAMED;
	/* On reset it unmaps what ib_uverbs mapped, and knows of nobody else. */
	if (ibdev->ops.driver_id == RDMA_DRIVER_HNS)
		return UVB_LEFT_REVOKES;
	return uvb_driver_judge(ibdev);
}

int uvb_claim_init(void)
{
	late = uvb_stock_present();
	if (late)
		pr_warn("loaded after ib_uverbs: every device stays with ib_uverbs. Unload the RDMA modules, then load uverbs_bpf first (modprobe does that when its softdep file is installed)\n");
	else if (off)
		pr_info("switched off by uverbs_bpf.off: every device stays with ib_uverbs\n");
	return 0;
}
