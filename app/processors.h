/* SPDX-License-Identifier: MIT */
#ifndef APP_PROCESSORS_H
#define APP_PROCESSORS_H

#include <stdbool.h>

/* app/processors.h - what this machine lends us. */

/* May we run on more than one at a time? Not on a machine that has one, nor where taskset or a container
 * leaves us one. */
bool processors_are_many(void);

#endif
