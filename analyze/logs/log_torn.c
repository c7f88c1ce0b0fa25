/* SPDX-License-Identifier: MIT */
#include "analyze/logs/log_reader.h"

#include "analyze/logs/log_find.h"
#include "core/clock.h"

/* Raw line feeds in a stranger's text cut a record into lines, and the inner ones say what he likes. What
 * gives them away is the record that opens and is not closed in its line. The lines behind it are not used: as many as a
 * packet can hold, or, where something wraps each line by itself with the time, those of the same moment. */

#define TORN_BYTES 65536u	   /* so many behind a torn record are not believed: no packet holds more */
#define TORN_US	   (2 * SECOND_US) /* nor what was written so long before */

static bool wrapped_time(struct log_reader *r, const struct log_line *line, int64_t *us)
{
	return line->stamp.form != LOG_TIME_NONE && log_time_value(&r->calendar, &line->stamp, us);
}

void log_torn_start(struct log_reader *r, const struct log_line *line)
{
	r->torn_left = TORN_BYTES;
	if (!wrapped_time(r, line, &r->torn_us))
		r->torn_us = INT64_MIN;
}

void log_torn_pass(struct log_reader *r, const struct log_line *line)
{
	int64_t us;
	size_t len = line->text.len + 1;
	bool is_later = r->torn_us != INT64_MIN && wrapped_time(r, line, &us) && us > r->torn_us + TORN_US;
	r->torn_left = is_later || len >= r->torn_left ? 0 : r->torn_left - len;
}

/* Kamailio and OpenSIPS print what their parser cannot read, byte for byte and without its length. Where they write by themselves ("3(12) ",
 * "[43] "; no syslog, which would escape line feeds) nobody knows where it ends: not at a `>`, which may be the sender's. */
bool log_torn_is_dump(const struct log_line *line)
{
	struct slice start = slice_first(line->message, 40);
	uint8_t end = line->prefix.len > 1 ? line->message.ptr[-2] : 0;
	if (end != ')' && end != ']')
		return false;
	size_t colon = log_find(slice_first(start, 10), SLICE(":"), 0);
	if (colon == SLICE_NPOS)
		return false;
	start = slice_from(start, colon);
	return slice_starts(start, SLICE(": <core> [core/parser/")) || slice_starts(start, SLICE(": <core> [parser/")) ||
	       slice_starts(start, SLICE(":core:parse_")) || slice_starts(start, SLICE(":core:get_hdr_field"));
}
