/* SPDX-License-Identifier: MIT */
#include "analyze/log_fit.h"

#include "analyze/logs/log_zone.h"

#define LATE_US                                                                                              \
	(10 *                                                                                                \
	 SECOND_US) /* as SAME_EVENT_US of analyzer_log.c: a line is written behind the message that it tells of */
#define EARLY_US (8 * SECOND_US)

void log_fit_vote(struct log_fit *f, int64_t ahead_us)
{
	int offset_s;
	if (log_zone_match(ahead_us - EARLY_US, LATE_US, &offset_s) && offset_s)
		f->votes[offset_s / 900 + 12 * 4]++;
}

bool log_fit_best(const struct log_fit *f, int *offset_s)
{
	uint32_t best = 0, second = 0;
	for (int i = 0; i < LOG_FIT_QUARTERS; i++) {
		if (f->votes[i] > best) {
			second = best;
			best = f->votes[i];
			*offset_s = (i - 12 * 4) * 900;
		} else if (f->votes[i] > second) {
			second = f->votes[i];
		}
	}
	return best > 2 * second;
}
