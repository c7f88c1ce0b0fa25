/* SPDX-License-Identifier: MIT */
#include "app/processors.h"

#include <errno.h>
#include <sched.h>

bool processors_are_many(void)
{
	cpu_set_t set;
	if (sched_getaffinity(0, sizeof set, &set))
		return errno == EINVAL; /* more of them than the set has room for */
	return CPU_COUNT(&set) > 1;
}
