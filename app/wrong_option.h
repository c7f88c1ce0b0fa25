/* SPDX-License-Identifier: MIT */
#ifndef APP_WRONG_OPTION_H
#define APP_WRONG_OPTION_H

#include "core/error.h"

#include <getopt.h>

/* app/wrong_option.h - what is wrong with an option, said in the same words by every command. */

/* Looks at what getopt_long, whose `options` begin with ":", has just returned. argv[0] is the command. 0:
 * nothing is wrong with it; else -EINVAL with *err: an unknown option (with the known one that is nearest),
 * no value, a value where none is taken, or another option where a value was wanted. */
int wrong_option(int returned, char *const *argv, const struct option *known, struct error *err);

#endif
