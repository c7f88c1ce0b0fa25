/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_LOG_FIT_H
#define ANALYZE_LOG_FIT_H

#include <stdbool.h>
#include <stdint.h>

/* analyze/log_fit.h - a log that was read in the wrong zone tells what the wire shows hours before or after it. An actor that both tell of
 * votes for the difference between the first of each; that nearly all vote for is the zone of the log. */

#define LOG_FIT_QUARTERS (26 * 4 + 1) /* offsets from -12 to +14 hours */

struct log_fit {
	uint32_t votes[LOG_FIT_QUARTERS];
};

/* The log's time, taken as it was, is so far ahead of the wire's. */
void log_fit_vote(struct log_fit *f, int64_t ahead_us);
/* *offset_s is by how much too late the log's times are taken. False: nothing fits, or several do. */
bool log_fit_best(const struct log_fit *f, int *offset_s);

#endif
