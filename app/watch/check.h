/* SPDX-License-Identifier: MIT */
#ifndef APP_WATCH_CHECK_H
#define APP_WATCH_CHECK_H

#include "analyze/logs/log_engine.h"
#include "app/options.h"

/* app/watch/check.h - for `watch --check`: what the start would find wrong in options that are right by
 * themselves. Interfaces, addresses to listen on, Redis, tokens, the user, the logs that it must be
 * able to read, and the files that it must be able to write. Listens nowhere, connects to nobody, makes and changes nothing. */

/* Tells each mistake on standard error. 0, or -EINVAL with *err when there was one. */
int watch_check(const struct options *o, const struct dialects *dialects, struct error *err);

#endif
