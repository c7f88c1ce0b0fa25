/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_APP_TOP_FIXTURES_H
#define TESTS_UNIT_APP_TOP_FIXTURES_H

#include "app/top/view.h"
#include "core/clock.h"

#include <criterion/criterion.h>

/* Offenders for `siphound top`, without a store. */

#define NOW ((int64_t)1767600000 * SECOND_US) /* 2026-01-05 08:00 */

static inline struct addr top_address(const char *text)
{
	struct addr a;
	cr_assert(addr_parse(slice_str(text), &a), "%s", text);
	return a;
}

static inline struct top_row top_row_of(const char *address, enum verdict verdict, int score)
{
	struct top_row row = { .address = top_address(address),
			       .verdict = verdict,
			       .score = score,
			       .messages = 100,
			       .last_us = NOW - MINUTE_US };
	row.stages[row.stage_count++] = STAGE_PROBE;
	return row;
}

static inline void top_give(struct top_model *m, const struct top_row *rows, size_t count, int64_t now_us)
{
	top_model_begin(m);
	for (size_t i = 0; i < count; i++)
		top_model_add(m, &rows[i]);
	top_model_end(m, now_us);
}

static inline struct top_vitals top_vitals_at(int64_t time_us, uint64_t packets)
{
	return (struct top_vitals){ .is_known = true,
				    .started_us = NOW - HOUR_US,
				    .time_us = time_us,
				    .packets = packets,
				    .requests = packets / 10 };
}

#endif
