/* SPDX-License-Identifier: MIT */
#ifndef APP_PIPELINE_RELOAD_H
#define APP_PIPELINE_RELOAD_H

#include "app/pipeline.h"

/* app/pipeline_reload.h - other rules, lists and policy for a pipeline that runs: see analyzer_reload.
 * `workers` as it was made with. 0; -ENOMEM: nothing changed; -ENOTRECOVERABLE: it can read no message any more, so nothing may be fed to
 * it, and its report is all that is left. */
int pipeline_reload(struct pipeline *p, const struct analyzer_options *options, unsigned workers);

#endif
