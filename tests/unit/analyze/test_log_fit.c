/* SPDX-License-Identifier: MIT */
#include "analyze/log_fit.h"

#include "core/clock.h"

#include <criterion/criterion.h>

Test(log_fit, what_nearly_all_vote_for)
{
	struct log_fit f = { 0 };
	int offset_s = 0;
	cr_expect_not(log_fit_best(&f, &offset_s));
	log_fit_vote(&f, 0);
	log_fit_vote(&f, 7 * MINUTE_US);
	log_fit_vote(&f, -20 * HOUR_US);
	cr_expect_not(log_fit_best(&f, &offset_s), "the right zone, and what is no zone at all");
	log_fit_vote(&f, -5 * HOUR_US + SECOND_US);
	cr_expect(log_fit_best(&f, &offset_s));
	cr_expect_eq(offset_s, -5 * 3600);
	log_fit_vote(&f, 3 * HOUR_US);
	cr_expect_not(log_fit_best(&f, &offset_s), "one each");
	for (int i = 0; i < 4; i++)
		log_fit_vote(&f, -5 * HOUR_US + i * 3 * SECOND_US);
	cr_expect(log_fit_best(&f, &offset_s));
	cr_expect_eq(offset_s, -5 * 3600);
	log_fit_vote(&f, 14 * HOUR_US);
	log_fit_vote(&f, -12 * HOUR_US);
}
