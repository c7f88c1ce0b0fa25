/* SPDX-License-Identifier: MIT */
#include "analyze/logs/log_text.h"

#include "analyze/logs/log_json.h"

static const struct slice escapes[] = {
	SLICE_INIT("\x1b["),  SLICE_INIT("#033["), SLICE_INIT("^[["),	   SLICE_INIT("\\033["),
	SLICE_INIT("\\x1b["), SLICE_INIT("\\e["),  SLICE_INIT("\\u001b["),
};

#define ESCAPE_COUNT (sizeof escapes / sizeof *escapes)

/* All spellings end in `[`, and there are few of those in a line. */
bool log_text_has_colour(struct slice line)
{
	const uint8_t *at = line.ptr, *end = line.ptr + line.len;
	while (at < end && (at = memchr(at, '[', (size_t)(end - at)))) {
		size_t before = (size_t)(at - line.ptr);
		for (size_t i = 0; i < ESCAPE_COUNT; i++) {
			size_t len = escapes[i].len - 1;
			if (before >= len && at[-1] == escapes[i].ptr[len - 1] &&
			    memcmp(at - len, escapes[i].ptr, len) == 0)
				return true;
		}
		at++;
	}
	return false;
}

/* Length of the escape sequence at the start of `text`, 0 when there is none. Only digits, `;` and one final
 * letter: what looks otherwise stays, because it is a stranger's. */
static size_t escape_length(struct slice text)
{
	size_t at = 0;
	for (size_t i = 0; i < ESCAPE_COUNT && !at; i++) {
		if (slice_starts(text, escapes[i]))
			at = escapes[i].len;
	}
	if (!at)
		return 0;
	while (at < text.len && (ascii_is_digit(text.ptr[at]) || text.ptr[at] == ';'))
		at++;
	return at < text.len && (text.ptr[at] == 'm' || text.ptr[at] == 'K') ? at + 1 : 0;
}

size_t log_text_strip(struct slice line, uint8_t *out)
{
	size_t len = 0;
	for (size_t at = 0; at < line.len;) {
		uint8_t c = line.ptr[at];
		size_t escape =
		    c == 0x1b || c == '#' || c == '^' || c == '\\' ? escape_length(slice_from(line, at)) : 0;
		if (escape)
			at += escape;
		else
			out[len++] = line.ptr[at++];
	}
	return len;
}

static bool find_one(struct slice json, const char *key, struct slice *out)
{
	struct slice keys[1] = { slice_str(key) };
	struct json_value value;
	if (!json_find(json, keys, 1, &value) || !value.is_string)
		return false;
	*out = value.raw;
	return true;
}

static void add(struct log_wrapping *out, struct slice text)
{
	if (out->head_len + text.len <= sizeof out->head) {
		memcpy(out->head + out->head_len, text.ptr, text.len);
		out->head_len += text.len;
	}
}

/* Names in the source code of a program, its levels and numbers: nothing of it can come from a stranger. */
static bool is_plain(struct slice name)
{
	for (size_t i = 0; i < name.len; i++) {
		uint8_t c = name.ptr[i];
		if (!ascii_is_alpha(c) && !ascii_is_digit(c) && c != '_' && c != '-' && c != '.' && c != '/')
			return false;
	}
	return name.len > 0 && name.len <= LOG_WRAPPING_HEAD / 8;
}

static bool find_plain(struct slice json, const char *one, const char *two, const char *three, struct slice *out)
{
	struct slice keys[3] = { slice_str(one), slice_str(two), slice_str(three) };
	struct json_value value;
	if (!json_find(json, keys, three ? 3 : 2, &value) || !is_plain(value.raw))
		return false;
	*out = value.raw;
	return true;
}

/* The dialplan's Log() is its own file and function: "Ext. <dialled>" and "@ <context>". What was dialled may
 * hold neither colon nor blank, with which text of the program could be imitated. */
static bool find_dialplan(struct slice json, struct slice *file, struct slice *function)
{
	struct slice keys[3] = { SLICE("logmsg"), SLICE("location"), SLICE("filename") };
	struct json_value name, context;
	if (!json_find(json, keys, 3, &name))
		return false;
	keys[2] = SLICE("function");
	if (!json_find(json, keys, 3, &context) || !slice_starts(name.raw, SLICE("Ext. ")) ||
	    !slice_starts(context.raw, SLICE("@ ")) || !is_plain(slice_from(context.raw, 2)) ||
	    name.raw.len > LOG_WRAPPING_HEAD / 8)
		return false;
	for (size_t i = 5; i < name.raw.len; i++) {
		uint8_t c = name.raw.ptr[i];
		if (c <= ' ' || c == ':' || c == '\\')
			return false;
	}
	*file = name.raw;
	*function = context.raw;
	return true;
}

static bool find_code(struct slice json, struct slice *file, struct slice *function)
{
	return find_plain(json, "logmsg", "location", "filename", file) &&
	       find_plain(json, "logmsg", "location", "function", function);
}

/* "NOTICE[1638][C-00000fa9]: chan_sip.c:28088 handle_request_register: " */
bool log_text_unwrap_asterisk(struct slice json, struct log_wrapping *out)
{
	struct slice message[2] = { SLICE("logmsg"), SLICE("message") }, level, thread, call, file, line, function;
	struct json_value text;
	memset(out, 0, sizeof *out);
	if (!json_find(json, message, 2, &text) || !text.is_string ||
	    !find_one(json, "timestamp", &out->time) || !find_plain(json, "logmsg", "level", NULL, &level) ||
	    !find_plain(json, "identifiers", "lwp", NULL, &thread) ||
	    !find_plain(json, "logmsg", "location", "line", &line) ||
	    (!find_code(json, &file, &function) && !find_dialplan(json, &file, &function)))
		return false;
	add(out, level);
	add(out, SLICE("["));
	add(out, thread);
	add(out, SLICE("]"));
	if (find_plain(json, "identifiers", "callid", NULL, &call)) {
		add(out, SLICE("["));
		add(out, call);
		add(out, SLICE("]"));
	}
	add(out, SLICE(": "));
	add(out, file);
	add(out, SLICE(":"));
	add(out, line);
	add(out, SLICE(" "));
	add(out, function);
	add(out, SLICE(": "));
	out->text = text.raw;
	out->program = SLICE("asterisk");
	out->is_whole = true;
	return true;
}

#define ENVELOPE_MARK_MAX 3

/* Lines of files as shippers send them on. `mark` is a value that only the shipper writes: an application's own JSON also has a `message` with a
 * time, and who talks to it may have written that. */
static const struct {
	struct slice text, time, mark[ENVELOPE_MARK_MAX];
	size_t depth; /* of the mark; 0: the time is one, written as seconds with a fraction */
} envelopes[] = {
	{ SLICE_INIT("log"), SLICE_INIT("time"), { SLICE_INIT("stream") }, 1 }, /* docker, containerd */
	{ SLICE_INIT("log"), SLICE_INIT("date"), { { 0 } }, 0 },		/* Fluent Bit */
	{ SLICE_INIT("message"),
	  SLICE_INIT("@timestamp"),
	  { SLICE_INIT("log"), SLICE_INIT("file"), SLICE_INIT("path") },
	  3 }, /* Elastic: Filebeat */
	{ SLICE_INIT("message"), SLICE_INIT("@timestamp"), { SLICE_INIT("agent"), SLICE_INIT("type") }, 2 },
	{ SLICE_INIT("message"), SLICE_INIT("@timestamp"), { SLICE_INIT("beat"), SLICE_INIT("name") }, 2 },
	{ SLICE_INIT("message"), SLICE_INIT("timestamp"), { SLICE_INIT("source_type") }, 1 }, /* Vector */
	{ SLICE_INIT("line"), SLICE_INIT("timestamp"), { SLICE_INIT("labels") }, 1 }, /* Loki's logcli */
	{ SLICE_INIT("short_message"), SLICE_INIT("timestamp"), { SLICE_INIT("version") }, 1 }, /* GELF */
};

/* Looking for the key's bytes is much less than a walk over the object, and most objects have none of these keys. */
static bool may_have(struct slice json, const char *quoted_key)
{
	return slice_find_slice(json, slice_str(quoted_key)) != SLICE_NPOS;
}

static bool is_fraction(const struct json_value *time)
{
	return !time->is_string && slice_find(time->raw, '.') != SLICE_NPOS;
}

static bool unwrap_envelope(struct slice json, struct log_wrapping *out)
{
	if (!may_have(json, "\"log\"") && !may_have(json, "\"message\"") && !may_have(json, "\"line\"") &&
	    !may_have(json, "\"short_message\""))
		return false;
	for (size_t i = 0; i < sizeof envelopes / sizeof *envelopes; i++) {
		struct json_value text, time, mark;
		size_t depth = envelopes[i].depth;
		if (!json_find(json, &envelopes[i].text, 1, &text) || !text.is_string ||
		    !json_find(json, &envelopes[i].time, 1, &time))
			continue;
		if (depth ? json_find(json, envelopes[i].mark, depth, &mark) : is_fraction(&time)) {
			out->text = text.raw;
			out->time = time.raw;
			return true;
		}
	}
	return false;
}

/* $(format-json) of syslog-ng, whose names are those of its own macros. */
static bool unwrap_syslog_ng(struct slice json, struct log_wrapping *out)
{
	return find_one(json, "PROGRAM", &out->program) &&
	       (find_one(json, "ISODATE", &out->time) || find_one(json, "DATE", &out->time));
}

bool log_text_unwrap(struct slice json, struct log_wrapping *out)
{
	memset(out, 0, sizeof *out);
	if (may_have(json, "\"MESSAGE\""))
		out->is_bytes = !find_one(json, "MESSAGE", &out->text) && json_find_array(json, SLICE("MESSAGE"), &out->text);
	if (out->text.ptr) {
		out->time_is_us = find_one(json, "__REALTIME_TIMESTAMP", &out->time);
		if (!out->time_is_us)
			return !out->is_bytes && unwrap_syslog_ng(json, out);
		if (!find_one(json, "SYSLOG_IDENTIFIER", &out->program))
			find_one(json, "_COMM", &out->program);
		return true;
	}
	return unwrap_envelope(json, out) || log_text_unwrap_asterisk(json, out);
}
