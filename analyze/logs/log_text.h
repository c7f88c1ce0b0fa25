/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_LOGS_LOG_TEXT_H
#define ANALYZE_LOGS_LOG_TEXT_H

#include "core/slice.h"

/* analyze/logs/log_text.h - what is wrapped around the text of a log line: colours, and the JSON of containers and
 * of `journalctl -o json`. */

/* Could the line hold a colour, raw or escaped? */
bool log_text_has_colour(struct slice line);
/* The line without colours (ESC [ ... m in the spellings raw, #033, ^[, \033, \x1b, \e and \u001b) in `out`, which has room for
 * line.len bytes; returns the length. */
size_t log_text_strip(struct slice line, uint8_t *out);

#define LOG_WRAPPING_HEAD 256

struct log_wrapping {
	struct slice text;    /* the raw line inside, JSON escapes still in */
	bool is_bytes;	      /* it is an array of numbers instead (json_bytes) */
	struct slice time;    /* as written; absent when none */
	bool time_is_us;      /* journald: microseconds since 1970 */
	struct slice program; /* absent when none */
	bool is_whole;	      /* the program wrapped its own record, all of it: line feeds in it tear nothing */
	size_t head_len;      /* what belongs in front of the text */
	uint8_t head[LOG_WRAPPING_HEAD];
};

/* Is this JSON object the envelope of another program's line? Docker and containerd ({"log":..,"stream":..,"time":..}),
 * Fluent Bit ({"date":..,"log":..}), Filebeat ({"@timestamp":..,"message":..,"log":{"file":{"path":..}}}), logcli ({"labels":..,"line":..,"timestamp":..}),
 * GELF ({"version":..,"short_message":..,"timestamp":..}),
 * journald ({"MESSAGE":..,"__REALTIME_TIMESTAMP":..}), Asterisk's own format [json] ({"hostname":..,"timestamp":..,"identifiers":..,
 * "logmsg":{"location":..,"level":..,"message":..}}; `head` is what its other formats write before the message). */
bool log_text_unwrap(struct slice json, struct log_wrapping *out);
/* The last of these alone. */
bool log_text_unwrap_asterisk(struct slice json, struct log_wrapping *out);

#endif
