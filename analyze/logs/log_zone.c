/* SPDX-License-Identifier: MIT */
#include "analyze/logs/log_zone.h"

#include "analyze/logs/log_reader.h"

#define QUARTER_US     (15 * MINUTE_US)
#define EARLY_US       (2 * SECOND_US) /* the clock was read a moment before the line */
#define FORESEEN_LINES 512u

/* Offsets that are no whole hours: Marquesas, Newfoundland (with summer time), Iran, Kabul, India, Nepal, Myanmar, Eucla,
 * central Australia and Lord Howe, Chatham. */
static bool is_in_use(int64_t quarters)
{
	static const int8_t odd[] = { -38, -14, -10, 14, 18, 22, 23, 26, 35, 38, 42, 51, 55 };
	if (quarters < -12 * 4 || quarters > 14 * 4)
		return false;
	for (size_t i = 0; i < sizeof odd; i++)
		if (odd[i] == quarters)
			return true;
	return quarters % 4 == 0;
}

bool log_zone_match(int64_t ahead_us, int64_t late_us, int *offset_s)
{
	int64_t far = ahead_us + 16 * HOUR_US; /* so that division rounds down */
	int64_t quarters = (far + late_us + SECOND_US) / QUARTER_US - 16 * 4,
		rest_us = ahead_us - quarters * QUARTER_US;
	if (far < 0 || late_us > LOG_ZONE_LATE_MAX_US || !is_in_use(quarters) || rest_us > EARLY_US)
		return false;
	*offset_s = (int)quarters * 900;
	return true;
}

/* ---- what the log itself tells ---- */

static bool moment_of(const struct log_stamp *stamp, const struct log_calendar *like, int64_t *us)
{
	struct log_calendar calendar = *like;
	calendar.zone = NULL;
	calendar.offset_s = 0;
	return log_time_value(&calendar, stamp, us);
}

#define EVENT_LATE_US (5 * SECOND_US) /* from the event to its line */

/* `SECURITY[812] ...: SecurityEvent="...",EventTV="2026-11-22T09:00:00.456+0100"`: nothing in front of it comes from
 * outside. The two are compared, so that it does not matter which zone each of them is written in. */
static bool event_offset(const struct log_calendar *calendar, const struct log_stamp *stamp,
			 struct slice message, int *offset_s)
{
	struct slice head = slice_first(message, 240);
	struct log_stamp event;
	int64_t local_us, event_us;
	size_t at = slice_starts(head, SLICE("SECURITY")) ? slice_find_slice(head, SLICE("\",EventTV=\""))
							  : SLICE_NPOS;
	if (at == SLICE_NPOS)
		return false;
	event.text = slice_from(head, at + strlen("\",EventTV=\""));
	event.text.len = log_time_find(event.text, &event.form);
	return event.text.len && log_time_rank(&event) == 3 && log_time_rank(stamp) < 3 &&
	       moment_of(&event, calendar, &event_us) && moment_of(stamp, calendar, &local_us) &&
	       log_zone_match(local_us - event_us - EVENT_LATE_US + EARLY_US, EVENT_LATE_US, offset_s);
}

static void take(struct log_calendar *c, enum log_zone_source source, const struct zone *zone, int offset_s)
{
	c->source = source;
	c->zone = zone;
	c->offset_s = offset_s;
}

static void learn(struct log_reader *r, const struct log_stamp *stamp, struct slice message)
{
	int offset_s;
	if (event_offset(&r->calendar, stamp, message, &offset_s))
		take(&r->calendar, LOG_ZONE_TOLD, NULL, offset_s);
}

/* What most of them tell: a forged one decides nothing. */
void log_reader_foresee(struct log_reader *r, struct slice bytes)
{
	struct slice line;
	int votes = 0, candidate_s = 0, offset_s;
	for (unsigned i = 0; i < FORESEEN_LINES && (line = slice_cut(&bytes, '\n')).ptr; i++) {
		struct log_prefix prefix;
		log_prefix_read(line, &prefix);
		struct log_stamp stamp = log_prefix_stamp(&prefix);
		if (!event_offset(&r->calendar, &stamp, slice_from(line, prefix.len), &offset_s))
			continue;
		if (!votes)
			candidate_s = offset_s;
		votes += offset_s == candidate_s ? 1 : -1;
	}
	if (votes)
		take(&r->calendar, LOG_ZONE_TOLD, NULL, candidate_s);
}

/* What was known before a restart; what is found anew of the end of the log is newer. */
void log_reader_resume_zone(struct log_reader *r, enum log_zone_source source, int offset_s)
{
	if (r->calendar.source == LOG_ZONE_ASSUMED ||
	    (r->calendar.source == LOG_ZONE_FOUND && source == LOG_ZONE_TOLD))
		take(&r->calendar, source, NULL, offset_s);
}

/* ---- what the clock shows ---- */

void log_reader_found_zone(struct log_reader *r, const struct zone *zone, int offset_s)
{
	if (r->calendar.source <= LOG_ZONE_FOUND)
		take(&r->calendar, LOG_ZONE_FOUND, zone, offset_s);
}

void log_reader_set_clock(struct log_reader *r, int64_t now_us, int64_t late_us)
{
	r->now_us = now_us;
	r->late_us = late_us;
}

static int offset_at(const struct log_calendar *c, int64_t us)
{
	return c->zone ? zone_offset_s(c->zone, us) : c->offset_s;
}

/* The line was written now, and *us is what its time was taken for. Lines of before that were taken for UTC told nothing of the time
 * that is known. */
static void set_by_clock(struct log_reader *r, int64_t *us)
{
	struct log_calendar *c = &r->calendar;
	int was_s = offset_at(c, *us), offset_s;
	if (!log_zone_match(*us + was_s * SECOND_US - r->now_us, r->late_us, &offset_s))
		return;
	if (offset_s != was_s) {
		*us += (was_s - offset_s) * SECOND_US;
		c->last_us = *us;
		if (c->source == LOG_ZONE_ASSUMED)
			r->known_us = INT64_MIN;
		take(c, LOG_ZONE_FOUND, NULL, offset_s);
		r->zone_changes++;
	}
	c->source = LOG_ZONE_FOUND;
}

bool log_zone_time(struct log_reader *r, const struct log_stamp *stamp, struct slice message, int64_t *us)
{
	if (message.len)
		learn(r, stamp, message);
	if (!log_time_value(&r->calendar, stamp, us))
		return false;
	if (r->now_us && r->calendar.is_local && r->calendar.source <= LOG_ZONE_FOUND)
		set_by_clock(r, us);
	if (r->now_us && r->late_us <= LOG_ZONE_LATE_MAX_US)
		r->off_us = *us - r->now_us;
	return true;
}

/* The last line with a time of its own that has no zone. The time of the file and of the line are those of one call of write(), but for
 * what the program takes to put the line together. */
bool log_zone_of_end(struct slice end, int64_t written_us, int *offset_s)
{
	struct log_calendar calendar = { .reference_us = written_us + DAY_US, .last_us = INT64_MIN };
	struct log_stamp last = { 0 };
	struct slice line;
	int64_t us;
	slice_cut(&end, '\n');
	while ((line = slice_cut(&end, '\n')).ptr) {
		struct log_prefix prefix;
		log_prefix_read(line, &prefix);
		struct log_stamp stamp = log_prefix_stamp(&prefix);
		if (stamp.form != LOG_TIME_NONE)
			last = stamp;
	}
	return log_time_value(&calendar, &last, &us) && calendar.is_local &&
	       log_zone_match(us - written_us, 2 * SECOND_US, offset_s);
}

struct log_zone_state log_reader_zone(const struct log_reader *r)
{
	const struct log_calendar *c = &r->calendar;
	return (struct log_zone_state){ .is_assumed = c->source == LOG_ZONE_ASSUMED,
					.is_told = c->source == LOG_ZONE_TOLD,
					.is_found = c->source == LOG_ZONE_FOUND,
					.has_local = c->has_local,
					.offset_s = offset_at(c, c->last_us == INT64_MIN ? 0 : c->last_us),
					.changes = r->zone_changes,
					.off_us = r->off_us };
}
