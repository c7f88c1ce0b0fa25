/* SPDX-License-Identifier: MIT */
#ifndef APP_OPTION_CHECK_H
#define APP_OPTION_CHECK_H

#include "app/options.h"

/* app/option_check.h - wrong use that each option by itself does not show: options that would be ignored, a file named twice, a report
 * that would overwrite what it reports of. Asked before anything is opened for writing. Each returns 0, or -EINVAL with *err. */

int option_check_read(const struct options *o, struct error *err);
int option_check_logs(const struct options *o, struct error *err);
int option_check_watch(const struct options *o, struct error *err);
int option_check_fingerprint(const struct options *o, struct error *err);

#endif
