/* SPDX-License-Identifier: MIT */
#ifndef APP_MOMENT_H
#define APP_MOMENT_H

#include "core/clock.h"
#include "core/error.h"

#include <stdbool.h>

/* app/moment.h - times and spans as users write them. */

/* The wall clock. */
int64_t moment_now(void);
/* "90s", "30m", "2h", "7d", "2w": above 0, at most ten years. False: something else. */
bool moment_span(const char *text, int64_t *span_us);
/* A span: so long before now_us. Else UTC: 2026-01-02, 2026-01-02T03:04, 2026-01-02T03:04:05, with or without
 * a Z, a space for the T. */
bool moment_parse(const char *text, int64_t now_us, int64_t *time_us);

#endif
