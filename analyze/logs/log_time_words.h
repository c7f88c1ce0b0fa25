/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_LOGS_LOG_TIME_WORDS_H
#define ANALYZE_LOGS_LOG_TIME_WORDS_H

#include "core/slice.h"

/* analyze/logs/log_time_words.h - the words in times: months and zones. Private to analyze/logs. */

/* 1..12 by the three letters of the English name at `at`, or 0. */
int log_time_month_at(struct slice text, size_t at);
/* The name of a month, as English, German and French systems abbreviate it, and the blank behind it at the
 * start of `text`: 1..12 and where the day begins, or 0. */
int log_time_month_word(struct slice text, size_t *behind);
/* The same for a text that is the name and nothing else, cut short or in full (November), in any case. */
int log_time_month_named(struct slice name);
/* UTC, CET ...: only those that mean one thing wherever this runs. */
bool log_time_zone(struct slice name, int *zone_s);

#endif
