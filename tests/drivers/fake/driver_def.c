// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * What the driver adds to the verbs interface by itself, with driver_def=1.
 */
#include "fake.h"

const struct uapi_definition fake_driver_def[] = {
	{}
};
