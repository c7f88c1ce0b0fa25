/* SPDX-License-Identifier: MIT */
#include "app/progress.h"

#include "core/clock.h"

#include <criterion/criterion.h>
#include <string.h>

#define MB 1000000

Test(progress, says)
{
	static const struct {
		const char *name, *text;
		uint64_t done, total;
		int64_t spent_us;
		size_t columns;
	} cases[] = {
		{ "half", "reading: 50 %, 50 MB of 100 MB, 25 MB/s, 2 s left [###########............]",
		  50 * MB, 100 * MB, 2 * SECOND_US, 76 },
		{ "no room for a bar", "reading: 50 %, 50 MB of 100 MB, 25 MB/s, 2 s left", 50 * MB, 100 * MB,
		  2 * SECOND_US, 60 },
		{ "narrow", "reading: 50 %, 50 M", 50 * MB, 100 * MB, 2 * SECOND_US, 20 },
		{ "a pipe", "reading: 50 MB, 25 MB/s", 50 * MB, 0, 2 * SECOND_US, 76 },
		{ "it grows", "reading: 50 MB, 25 MB/s", 50 * MB, 40 * MB, 2 * SECOND_US, 76 },
		{ "nothing yet", "reading:  0 %, 0 B of 1.0 GB, 0 B/s", 0, 1000 * MB, 2 * SECOND_US, 40 },
		{ "slow", "reading:  1 %, 1.0 MB of 100 MB, 1.0 kB/s, 27 h 30 min left", 1 * MB, 100 * MB,
		  1000 * SECOND_US, 66 },
		{ "all", "reading: 100 %, 100 MB of 100 MB, 50 MB/s, 0 s left", 100 * MB, 100 * MB,
		  2 * SECOND_US, 55 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char out[256];
		progress_text(cases[i].done, cases[i].total, cases[i].spent_us, cases[i].columns, out,
			      sizeof out);
		cr_expect_str_eq(out, cases[i].text, "%s: '%s'", cases[i].name, out);
	}
}

/* One column stays free, and no room is too small. */
Test(progress, every_width)
{
	for (size_t columns = 1; columns < 300; columns++)
		for (size_t size = 2; size < 300; size += 7) {
			char out[300];
			progress_text(12345678, 987654321, 3 * SECOND_US, columns, out, size);
			cr_assert_lt(strlen(out), size);
			cr_assert_lt(strlen(out), columns, "%zu: '%s'", columns, out);
		}
}
