/* SPDX-License-Identifier: MIT */
#include "analyze/sip/uri.h"

#include "analyze/sip/names.h"

#define SCHEME_MAX 32

/* Length of the scheme before ':', or 0. */
static size_t scheme_length(struct slice text)
{
	size_t n = 0;
	if (text.len == 0 || !ascii_is_alpha(text.ptr[0]))
		return 0;
	while (n < text.len && n < SCHEME_MAX &&
	       (ascii_is_alpha(text.ptr[n]) || ascii_is_digit(text.ptr[n]) || text.ptr[n] == '+' ||
		text.ptr[n] == '-' || text.ptr[n] == '.'))
		n++;
	return n < text.len && text.ptr[n] == ':' ? n : 0;
}

/* 0 for anything that is no port number. */
static uint16_t read_port(struct slice text)
{
	uint64_t port = 0;
	return slice_u64(text, &port) && port <= UINT16_MAX ? (uint16_t)port : 0;
}

/* host[:port]. More than one colon without brackets is an IPv6 address that lost them, and then no port can be told. */
static bool read_hostport(struct slice text, struct sip_uri *out)
{
	text = slice_trim(text);
	if (text.len && text.ptr[0] == '[') {
		size_t close = slice_find(text, ']');
		if (close == SLICE_NPOS || close == 1)
			return false;
		out->host = slice_of(text.ptr + 1, close - 1);
		struct slice rest = slice_trim(slice_from(text, close + 1));
		if (rest.len && rest.ptr[0] == ':')
			out->port = read_port(slice_trim(slice_from(rest, 1)));
		return true;
	}
	size_t colon = slice_find(text, ':');
	if (colon == SLICE_NPOS || slice_find(slice_from(text, colon + 1), ':') != SLICE_NPOS) {
		out->host = text;
	} else {
		out->host = slice_trim(slice_first(text, colon));
		out->port = read_port(slice_trim(slice_from(text, colon + 1)));
	}
	return out->host.len > 0;
}

static void split(struct slice *head, struct slice *tail, uint8_t separator)
{
	size_t at = slice_find(*head, separator);
	if (at == SLICE_NPOS)
		return;
	*tail = slice_from(*head, at + 1);
	head->len = at;
}

static bool read_tel(struct slice rest, struct sip_uri *out)
{
	split(&rest, &out->params, ';');
	out->user = slice_trim(rest);
	return out->user.len > 0;
}

/* The user part may hold ';' and '?' and, from broken senders, '@': it ends at the last '@' before the parameters. That one is
 * the last '@' of all unless a parameter or header holds one; then the first that leaves a readable host wins. */
static size_t userinfo_length(struct slice rest)
{
	size_t at = slice_find(rest, '@');
	if (at == SLICE_NPOS)
		return SLICE_NPOS;
	for (;;) {
		size_t next = slice_find(slice_from(rest, at + 1), '@');
		if (next == SLICE_NPOS)
			return at;
		struct slice part = slice_of(rest.ptr + at + 1, next);
		if (slice_find(part, ';') != SLICE_NPOS || slice_find(part, '?') != SLICE_NPOS)
			return at;
		at += next + 1;
	}
}

static bool read_sip(struct slice rest, struct sip_uri *out)
{
	size_t at = userinfo_length(rest);
	if (at != SLICE_NPOS) {
		out->user = slice_first(rest, at);
		split(&out->user, &out->password, ':');
		rest = slice_from(rest, at + 1);
	}
	size_t end = 0;
	while (end < rest.len && rest.ptr[end] != ';' && rest.ptr[end] != '?')
		end++;
	struct slice tail = slice_from(rest, end);
	if (tail.len && tail.ptr[0] == ';') {
		out->params = slice_from(tail, 1);
		split(&out->params, &out->headers, '?');
	} else if (tail.len) {
		out->headers = slice_from(tail, 1);
	}
	return read_hostport(slice_first(rest, end), out);
}

enum parse_result sip_uri_parse(struct slice text, struct sip_uri *out)
{
	struct sip_uri uri = { 0 };
	text = slice_trim(text);
	size_t scheme = scheme_length(text);
	if (scheme == 0)
		return PARSE_BAD;
	uri.scheme = slice_first(text, scheme);
	struct slice rest = slice_from(text, scheme + 1);
	bool is_tel = slice_eq_nocase(uri.scheme, SLICE("tel")) || slice_eq_nocase(uri.scheme, SLICE("fax"));
	if (is_tel ? !read_tel(rest, &uri) : !read_sip(rest, &uri))
		return PARSE_BAD;
	*out = uri;
	return PARSE_OK;
}

struct slice sip_param(struct slice params, struct slice name)
{
	while (params.len) {
		/* A ';' inside quotes separates nothing. */
		size_t end = 0;
		for (bool quoted = false; end < params.len && (quoted || params.ptr[end] != ';'); end++) {
			if (params.ptr[end] == '"')
				quoted = !quoted;
			else if (quoted && params.ptr[end] == '\\' && end + 1 < params.len)
				end++;
		}
		struct slice key = slice_first(params, end), value = slice_of(key.ptr + key.len, 0);
		split(&key, &value, '=');
		if (slice_eq_nocase(slice_trim(key), name))
			return slice_trim(value);
		params = slice_from(params, end + 1);
	}
	return slice_of(NULL, 0);
}

struct slice sip_unescape(struct slice text, uint8_t *buffer, size_t size)
{
	size_t out = 0;
	if (slice_find(text, '%') == SLICE_NPOS)
		return text;
	for (size_t i = 0; i < text.len && out < size; i++) {
		uint8_t c = text.ptr[i];
		if (c == '%' && text.len - i > 2 && ascii_hex(text.ptr[i + 1]) >= 0 && ascii_hex(text.ptr[i + 2]) >= 0) {
			c = (uint8_t)(ascii_hex(text.ptr[i + 1]) << 4 | ascii_hex(text.ptr[i + 2]));
			i += 2;
		}
		buffer[out++] = c;
	}
	return slice_of(buffer, out);
}
