/* SPDX-License-Identifier: MIT */
#include "analyze/logs/log_json.h"

#define NESTING_MAX 32

static size_t skip_space(struct slice text, size_t at)
{
	while (at < text.len &&
	       (text.ptr[at] == ' ' || text.ptr[at] == '\t' || text.ptr[at] == '\n' || text.ptr[at] == '\r'))
		at++;
	return at;
}

/* From the opening quote to behind the closing one; SLICE_NPOS when it does not close. */
static size_t skip_string(struct slice text, size_t at)
{
	for (at++; at < text.len; at++) {
		if (text.ptr[at] == '\\')
			at++;
		else if (text.ptr[at] == '"')
			return at + 1;
	}
	return SLICE_NPOS;
}

/* Behind an object or array whose first byte is at `at`. */
static size_t skip_nest(struct slice text, size_t at)
{
	uint8_t open[NESTING_MAX];
	size_t depth = 0;
	while (at < text.len) {
		uint8_t c = text.ptr[at];
		if (c == '"') {
			at = skip_string(text, at);
			if (at == SLICE_NPOS)
				return at;
			continue;
		}
		if (c == '{' || c == '[') {
			if (depth == NESTING_MAX)
				return SLICE_NPOS;
			open[depth++] = c;
		} else if (c == '}' || c == ']') {
			if (!depth || (c == '}') != (open[--depth] == '{'))
				return SLICE_NPOS;
			if (!depth)
				return at + 1;
		}
		at++;
	}
	return SLICE_NPOS;
}

static size_t skip_value(struct slice text, size_t at)
{
	if (at >= text.len)
		return SLICE_NPOS;
	uint8_t c = text.ptr[at];
	if (c == '"')
		return skip_string(text, at);
	if (c == '{' || c == '[')
		return skip_nest(text, at);
	size_t start = at;
	while (at < text.len && text.ptr[at] != ',' && text.ptr[at] != '}' && text.ptr[at] != ']' &&
	       text.ptr[at] > ' ')
		at++;
	return at > start ? at : SLICE_NPOS;
}

/* The raw value of one key of one object, quotes and all. */
static bool find_member(struct slice object, struct slice key, struct slice *out)
{
	bool found = false;
	size_t at = skip_space(object, 0);
	if (at >= object.len || object.ptr[at] != '{')
		return false;
	at = skip_space(object, at + 1);
	while (at < object.len && object.ptr[at] == '"') {
		size_t end = skip_string(object, at);
		if (end == SLICE_NPOS)
			return false;
		bool hit = slice_eq(slice_of(object.ptr + at + 1, end - at - 2), key);
		at = skip_space(object, end);
		if (at >= object.len || object.ptr[at] != ':')
			return false;
		at = skip_space(object, at + 1);
		end = skip_value(object, at);
		if (end == SLICE_NPOS || (hit && found))
			return false;
		if (hit) {
			found = true;
			*out = slice_of(object.ptr + at, end - at);
		}
		at = skip_space(object, end);
		if (at >= object.len || object.ptr[at] != ',')
			break;
		at = skip_space(object, at + 1);
	}
	return found && at < object.len && object.ptr[at] == '}';
}

bool json_find(struct slice object, const struct slice *keys, size_t depth, struct json_value *out)
{
	struct slice value = object;
	for (size_t i = 0; i < depth; i++) {
		if (!find_member(value, keys[i], &value))
			return false;
		if (value.len && value.ptr[0] == '[') {
			size_t start = skip_space(value, 1), end = skip_value(value, start);
			if (end == SLICE_NPOS)
				return false;
			value = slice_of(value.ptr + start, end - start);
		}
	}
	out->is_string = value.len >= 2 && value.ptr[0] == '"';
	out->raw = out->is_string ? slice_of(value.ptr + 1, value.len - 2) : value;
	return depth > 0;
}

bool json_find_array(struct slice object, struct slice key, struct slice *out)
{
	struct slice value;
	if (!find_member(object, key, &value) || !value.len || value.ptr[0] != '[')
		return false;
	*out = value;
	return true;
}

size_t json_bytes(struct slice raw, uint8_t *out)
{
	size_t len = 0, at = skip_space(raw, 1);
	while (at < raw.len && raw.ptr[at] != ']') {
		unsigned value = 0, digits = 0;
		for (; at < raw.len && ascii_is_digit(raw.ptr[at]) && digits < 4; at++, digits++)
			value = value * 10 + raw.ptr[at] - '0';
		if (!digits || value > UINT8_MAX)
			return SLICE_NPOS;
		out[len++] = (uint8_t)value;
		at = skip_space(raw, at);
		if (at < raw.len && raw.ptr[at] == ',')
			at = skip_space(raw, at + 1);
	}
	return len;
}

int json_is_whole(struct slice text)
{
	size_t at = skip_space(text, 0);
	if (at >= text.len || text.ptr[at] != '{')
		return -1;
	size_t end = skip_nest(text, at);
	return end != SLICE_NPOS;
}

static size_t put_utf8(uint32_t c, uint8_t *out)
{
	if (c < 0x80) {
		out[0] = (uint8_t)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (uint8_t)(0xc0 | c >> 6);
		out[1] = (uint8_t)(0x80 | (c & 0x3f));
		return 2;
	}
	out[0] =
	    (uint8_t)(0xe0 | c >> 12); /* halves of surrogate pairs stay halves; nobody needs them here */
	out[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
	out[2] = (uint8_t)(0x80 | (c & 0x3f));
	return 3;
}

static bool hex4(struct slice raw, size_t at, uint32_t *out)
{
	uint32_t value = 0;
	if (raw.len < at + 4)
		return false;
	for (size_t i = at; i < at + 4; i++) {
		int digit = ascii_hex(raw.ptr[i]);
		if (digit < 0)
			return false;
		value = value << 4 | (uint32_t)digit;
	}
	*out = value;
	return true;
}

size_t json_unescape(struct slice raw, uint8_t *out)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	size_t len = 0;
	for (size_t at = 0; at < raw.len; at++) {
		uint8_t c = raw.ptr[at];
		if (c != '\\' || at + 1 >= raw.len) {
			out[len++] = c;
			continue;
		}
		c = raw.ptr[++at];
		uint32_t code;
		const char *known = c ? strchr(from, c) : NULL;
		if (c == 'u' && hex4(raw, at + 1, &code)) {
			len += put_utf8(code, out + len); /* six bytes become at most three */
			at += 4;
		} else {
			out[len++] = known ? (uint8_t)to[known - from] : c;
		}
	}
	return len;
}
