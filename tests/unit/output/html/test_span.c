/* SPDX-License-Identifier: MIT */
#include "output/html/span.h"

#include "core/clock.h"

#include <criterion/criterion.h>

enum { LEFT = 100, RIGHT = 900 };

Test(html_span, an_even_course_is_one_piece)
{
	struct span s;
	int64_t times[48];
	for (int i = 0; i < 48; i++) /* every half hour of a day */
		times[i] = i * 30 * MINUTE_US;
	span_init(&s, times, 48, LEFT, RIGHT);
	cr_expect_eq(s.count, 1);
	cr_expect_eq(span_x(&s, 0), LEFT);
	cr_expect_eq(span_x(&s, 47 * 30 * MINUTE_US), RIGHT);
	cr_expect_eq(span_x(&s, 100 * DAY_US), RIGHT, "what lies outside stands at the edge");
}

Test(html_span, quiet_times_are_cut_out)
{
	struct span s;
	int64_t times[60];
	for (int i = 0; i < 60; i++) /* three bursts of two seconds, hours apart */
		times[i] = i / 20 * 3 * HOUR_US + i % 20 * SECOND_US / 10;
	span_init(&s, times, 60, LEFT, RIGHT);
	cr_assert_eq(s.count, 3);
	int last = LEFT - 1;
	for (int i = 0; i < 60; i++) {
		int x = span_x(&s, times[i]);
		cr_expect(x > last && x <= RIGHT, "time %d at %d after %d", i, x, last);
		last = x;
	}
	cr_expect_eq(s.pieces[1].left - s.pieces[0].right, SPAN_GAP);
	cr_expect_eq(s.pieces[2].right, RIGHT);
}

Test(html_span, few_times_are_not_cut_to_pieces)
{
	struct span s;
	/* pairs: a request and what follows, eight seconds later the next */
	int64_t times[14];
	for (int i = 0; i < 14; i++)
		times[i] = i / 2 * 8 * SECOND_US + i % 2 * 1000;
	span_init(&s, times, 14, LEFT, RIGHT);
	cr_expect_eq(s.count, 1);
}

Test(html_span, one_moment_and_none)
{
	struct span s;
	int64_t times[2] = { 5 * SECOND_US, 5 * SECOND_US };
	span_init(&s, times, 2, LEFT, RIGHT);
	cr_expect_eq(span_x(&s, 5 * SECOND_US), (LEFT + RIGHT) / 2);
	span_init(&s, times, 0, LEFT, RIGHT);
	cr_expect_eq(s.count, 1);
}
