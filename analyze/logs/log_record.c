/* SPDX-License-Identifier: MIT */
#include "analyze/logs/log_reader.h"

#include <stdlib.h>

#include "analyze/logs/log_json.h"
#include "analyze/logs/log_text.h"

/* Asterisk's own JSON inside of something else: of docker's or the journal's JSON, or behind a prefix. One
 * such record is opened, and nothing in it once more: what stands in its message is text. */

static struct log_stamp better_stamp(const struct log_line *line, struct slice own_time)
{
	struct log_stamp own = { LOG_TIME_NONE, own_time }, outer = line->stamp;
	if (outer.form == LOG_TIME_NONE)
		outer = log_prefix_stamp(&line->prefix);
	own.text.len = log_time_find(own_time, &own.form);
	if (!own.text.len)
		return outer;
	return log_time_rank(&own) > log_time_rank(&outer) ? own : outer;
}

bool log_record_open(struct log_reader *r, struct log_line *line)
{
	struct log_wrapping wrapping;
	struct slice json = line->message;
	while (json.len && json.ptr[json.len - 1] == ' ')
		json.len--;
	if (json.len < 2 || json.ptr[1] != '"' || json.ptr[json.len - 1] != '}' ||
	    !log_text_unwrap_asterisk(json, &wrapping) ||
	    wrapping.head_len + wrapping.text.len > LOG_LINE_MAX)
		return false;
	if (!r->inner && !(r->inner = malloc(LOG_LINE_MAX)))
		return false;
	memcpy(r->inner, wrapping.head, wrapping.head_len);
	size_t len = wrapping.head_len + json_unescape(wrapping.text, r->inner + wrapping.head_len);
	while (len && (r->inner[len - 1] == '\n' || r->inner[len - 1] == '\r'))
		len--;
	if (log_text_has_colour(slice_of(r->inner, len)))
		len = log_text_strip(slice_of(r->inner, len), r->inner);
	line->stamp = better_stamp(line, wrapping.time);
	if (!line->prefix.program.ptr)
		line->program = line->prefix.program = wrapping.program;
	line->prefix.len = 0;
	line->text = line->message = slice_of(r->inner, len);
	line->is_whole = line->is_clean = true; /* the stamp may lie in r->clean, which is so left alone */
	return true;
}
