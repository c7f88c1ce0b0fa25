/* SPDX-License-Identifier: MIT */
#include "analyze/logs/log_reader.h"

/* What time it is in a log. Lines of one second have the same text for it, so the last one is kept. */

static void keep_stamp(struct log_reader *r, const struct log_stamp *stamp, int64_t us)
{
	if (stamp->text.len > STAMP_KEPT)
		return;
	memcpy(r->stamp_text, stamp->text.ptr, stamp->text.len);
	r->stamp = (struct log_stamp){ stamp->form, slice_of(r->stamp_text, stamp->text.len) };
	r->stamp_us = us;
}

int64_t log_reader_time(struct log_reader *r, const struct log_stamp *given, struct slice message)
{
	struct log_stamp stamp = *given;
	if (stamp.form == LOG_TIME_NONE && r->head_len) {
		struct log_prefix prefix;
		log_prefix_read(slice_of(r->head, r->head_len), &prefix);
		stamp = log_prefix_stamp(&prefix);
	}
	if (stamp.form == LOG_TIME_NONE)
		return r->line_us;
	if (stamp.form == r->stamp.form && slice_eq(stamp.text, r->stamp.text))
		return r->line_us = r->stamp_us;
	int64_t us;
	if (log_zone_time(r, &stamp, message, &us)) {
		keep_stamp(r, &stamp, us);
		r->line_us = us;
	}
	return r->line_us;
}
