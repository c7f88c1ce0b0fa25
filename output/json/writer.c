/* SPDX-License-Identifier: MIT */
#include "output/json/writer.h"

#include "core/clock.h"
#include "output/escape.h"

#include <errno.h>

void json_init(struct json_writer *w, FILE *out)
{
	w->out = out;
	w->len = 0;
	w->needs_comma = false;
	w->failed = 0;
	w->second = INT64_MIN;
}

static void flush_buffer(struct json_writer *w)
{
	errno = 0;
	if (w->len && fwrite(w->buffer, 1, w->len, w->out) != w->len && !w->failed)
		w->failed = errno ? -errno : -EIO;
	w->len = 0;
}

int json_finish(struct json_writer *w)
{
	flush_buffer(w);
	if (fflush(w->out) != 0 && !w->failed)
		w->failed = errno ? -errno : -EIO;
	return w->failed;
}

/* `len` is never more than the buffer: callers write pieces of at most a few hundred bytes. */
static inline uint8_t *room(struct json_writer *w, size_t len)
{
	if (sizeof w->buffer - w->len < len)
		flush_buffer(w);
	return w->buffer + w->len;
}

static void put(struct json_writer *w, const void *bytes, size_t len)
{
	const uint8_t *from = bytes;
	while (len) {
		size_t part = len < 4096 ? len : 4096;
		memcpy(room(w, part), from, part);
		w->len += part;
		from += part;
		len -= part;
	}
}

static inline void put_byte(struct json_writer *w, char byte)
{
	*room(w, 1) = (uint8_t)byte;
	w->len++;
}

static inline void begin_value(struct json_writer *w)
{
	if (w->needs_comma)
		put_byte(w, ',');
	w->needs_comma = true;
}

static void open_with(struct json_writer *w, char bracket)
{
	begin_value(w);
	put_byte(w, bracket);
	w->needs_comma = false;
}

static void close_with(struct json_writer *w, char bracket)
{
	put_byte(w, bracket);
	w->needs_comma = true;
}

void json_open_object(struct json_writer *w)
{
	open_with(w, '{');
}

void json_close_object(struct json_writer *w)
{
	close_with(w, '}');
}

void json_open_array(struct json_writer *w)
{
	open_with(w, '[');
}

void json_close_array(struct json_writer *w)
{
	close_with(w, ']');
}

void json_end_line(struct json_writer *w)
{
	put_byte(w, '\n');
	w->needs_comma = false;
	flush_buffer(w);
}

void json_key(struct json_writer *w, const char *key)
{
	if (w->needs_comma)
		put_byte(w, ',');
	size_t len = strlen(key);
	uint8_t *to = room(w, len + 3);
	to[0] = '"';
	memcpy(to + 1, key, len);
	to[len + 1] = '"';
	to[len + 2] = ':';
	w->len += len + 3;
	w->needs_comma = false;
}

static void put_unit(struct json_writer *w, unsigned unit)
{
	static const char digits[] = "0123456789abcdef";
	char text[6] = { '\\',
			 'u',
			 digits[unit >> 12 & 15],
			 digits[unit >> 8 & 15],
			 digits[unit >> 4 & 15],
			 digits[unit & 15] };
	put(w, text, sizeof text);
}

static void put_code(struct json_writer *w, uint32_t code)
{
	if (code == '\n') {
		put(w, "\\n", 2);
	} else if (code == '\r') {
		put(w, "\\r", 2);
	} else if (code == '\t') {
		put(w, "\\t", 2);
	} else if (code > 0xffff) {
		put_unit(w, 0xd800 + ((code - 0x10000) >> 10));
		put_unit(w, 0xdc00 + ((code - 0x10000) & 0x3ff));
	} else {
		put_unit(w, code);
	}
}

static inline bool is_plain(uint8_t c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* One piece of text that is not a run of plain ASCII; returns how many bytes of it were used. */
static size_t put_special(struct json_writer *w, struct slice text)
{
	uint32_t code;
	size_t len = utf8_decode(text, &code);
	if (len == 0) {
		put(w, "\xef\xbf\xbd", 3);
		return 1;
	}
	if (code == '"' || code == '\\') {
		put_byte(w, '\\');
		put_byte(w, (char)code);
	} else if (code_is_control(code)) {
		put_code(w, code);
	} else {
		put(w, text.ptr, len);
	}
	return len;
}

static void put_body(struct json_writer *w, struct slice text)
{
	while (text.len) {
		size_t run = 0;
		while (run < text.len && is_plain(text.ptr[run]))
			run++;
		put(w, text.ptr, run);
		text = slice_from(text, run);
		if (text.len)
			text = slice_from(text, put_special(w, text));
	}
}

/* Not in the middle of a character. */
static struct slice cut_text(struct slice text)
{
	size_t len = JSON_TEXT_MAX - 3;
	for (int back = 0; back < 3 && (text.ptr[len] & 0xc0) == 0x80; back++)
		len--;
	return slice_first(text, len);
}

void json_text(struct json_writer *w, struct slice text)
{
	if (!text.ptr) {
		json_null(w);
		return;
	}
	begin_value(w);
	put_byte(w, '"');
	if (text.len <= JSON_TEXT_MAX) {
		put_body(w, text);
	} else {
		put_body(w, cut_text(text));
		put(w, "\xe2\x80\xa6", 3);
	}
	put_byte(w, '"');
}

void json_words(struct json_writer *w, const char *text)
{
	if (!text) {
		json_null(w);
		return;
	}
	begin_value(w);
	put_byte(w, '"');
	put_body(w, slice_str(text));
	put_byte(w, '"');
}

void json_key_text(struct json_writer *w, const char *key)
{
	json_words(w, key ? key : "");
	put_byte(w, ':');
	w->needs_comma = false;
}

static void put_u64(struct json_writer *w, uint64_t value)
{
	char digits[20];
	size_t at = sizeof digits;
	do
		digits[--at] = (char)('0' + value % 10);
	while (value /= 10);
	put(w, digits + at, sizeof digits - at);
}

void json_u64(struct json_writer *w, uint64_t value)
{
	begin_value(w);
	put_u64(w, value);
}

void json_i64(struct json_writer *w, int64_t value)
{
	begin_value(w);
	if (value < 0)
		put_byte(w, '-');
	put_u64(w, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

void json_bool(struct json_writer *w, bool value)
{
	begin_value(w);
	put(w, value ? "true" : "false", value ? 4 : 5);
}

void json_null(struct json_writer *w)
{
	begin_value(w);
	put(w, "null", 4);
}

/* The date is kept: records come in order of time, so most share their second with the one before. */
static void learn_date(struct json_writer *w, int64_t time_us)
{
	struct clock_civil c = clock_to_civil(time_us);
	const int parts[] = { c.year / 100, c.year % 100, c.month, c.day, c.hour, c.minute, c.second };
	static const uint8_t at[] = { 0, 2, 5, 8, 11, 14, 17 };
	memcpy(w->date, "....-..-..T..:..:...", sizeof w->date);
	for (size_t i = 0; i < sizeof at; i++) {
		w->date[at[i]] = (char)('0' + parts[i] / 10);
		w->date[at[i] + 1] = (char)('0' + parts[i] % 10);
	}
	w->second = time_us / SECOND_US;
}

void json_time(struct json_writer *w, int64_t time_us)
{
	const int64_t last = 253402300799 * SECOND_US + 999999; /* of the year 9999 */
	time_us = time_us < 0 ? 0 : time_us > last ? last : time_us;
	if (time_us / SECOND_US != w->second)
		learn_date(w, time_us);
	begin_value(w);
	uint8_t *to = room(w, 29);
	to[0] = '"';
	memcpy(to + 1, w->date, sizeof w->date);
	uint32_t rest = (uint32_t)(time_us % SECOND_US);
	for (int i = 26; i > 20; i--, rest /= 10)
		to[i] = (uint8_t)('0' + rest % 10);
	to[27] = 'Z';
	to[28] = '"';
	w->len += 29;
}

void json_addr(struct json_writer *w, const struct addr *address)
{
	begin_value(w);
	put_byte(w, '"');
	if (addr_is_v4(address)) {
		for (size_t i = 12; i < 16; i++) {
			if (i > 12)
				put_byte(w, '.');
			put_u64(w, address->bytes[i]);
		}
	} else {
		char text[ADDR_TEXT_MAX];
		addr_text(address, text);
		put(w, text, strlen(text));
	}
	put_byte(w, '"');
}
