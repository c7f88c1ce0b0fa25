/* SPDX-License-Identifier: MIT */
#include "analyze/sip/uri.h"

#include "analyze/sip/find.h"
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
	return slice_u64(sip_trim(text), &port) && port <= UINT16_MAX ? (uint16_t)port : 0;
}

static bool read_bracketed_host(struct slice text, struct sip_uri *out)
{
	size_t close = slice_find(text, ']');
	if (close == SLICE_NPOS || close == 1)
		return false;
	out->host = slice_of(text.ptr + 1, close - 1);
	struct slice rest = slice_trim(slice_from(text, close + 1));
	if (rest.len && rest.ptr[0] == ':')
		out->port = read_port(slice_from(rest, 1));
	return true;
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
	out->user = sip_trim(rest);
	return out->user.len > 0;
}

/* Where the parts of a SIP URI meet, found in one pass. */
struct marks {
	size_t at;	 /* the '@' that ends the user part, or SLICE_NPOS */
	size_t password; /* the first ':' of the user part, or SLICE_NPOS */
	size_t colon;	 /* the first ':' of the host part, or SLICE_NPOS */
	size_t colons;	 /* how many it has */
	size_t stop;	 /* where parameters or headers begin, or the end */
};

/* The user part may hold ';' and '?' and, from broken senders, '@': it ends at the last '@' that no parameter comes before,
 * or at the first of all. */
static inline void mark(struct marks *m, uint8_t c, size_t i)
{
	if (c == '@') {
		if (m->at != SLICE_NPOS && m->stop != SLICE_NPOS)
			return;
		if (m->password == SLICE_NPOS)
			m->password = m->colon;
		m->at = i;
		m->stop = m->colon = SLICE_NPOS;
		m->colons = 0;
	} else if (m->stop != SLICE_NPOS) {
		return;
	} else if (c == ':') {
		if (m->colons++ == 0)
			m->colon = i;
	} else {
		m->stop = i;
	}
}

static struct marks find_marks(struct slice s)
{
	struct marks m = { SLICE_NPOS, SLICE_NPOS, SLICE_NPOS, 0, SLICE_NPOS };
	if (s.len <= 64)
		for (uint64_t left = sip_find_all(s, '@', ':', ';', '?'); left; left &= left - 1) {
			size_t i = (size_t)__builtin_ctzll(left);
			mark(&m, s.ptr[i], i);
		}
	else
		for (size_t i = 0; (i = sip_find(s, i, '@', ':', ';', '?')) < s.len; i++)
			mark(&m, s.ptr[i], i);
	if (m.stop == SLICE_NPOS)
		m.stop = s.len;
	return m;
}

static void read_userinfo(struct slice userinfo, size_t colon, struct sip_uri *out)
{
	out->user = userinfo;
	if (colon != SLICE_NPOS) {
		out->user.len = colon;
		out->password = slice_from(userinfo, colon + 1);
	}
}

static void read_tail(struct slice tail, struct sip_uri *out)
{
	if (tail.ptr[0] == ';') {
		out->params = slice_from(tail, 1);
		split(&out->params, &out->headers, '?');
	} else {
		out->headers = slice_from(tail, 1);
	}
}

/* More than one colon without brackets is an IPv6 address that lost them, and then no port can be told. */
static bool read_sip(struct slice rest, struct sip_uri *out)
{
	struct marks m = find_marks(rest);
	size_t host = 0;
	if (m.at != SLICE_NPOS) {
		read_userinfo(slice_first(rest, m.at), m.password, out);
		host = m.at + 1;
	}
	if (m.stop < rest.len)
		read_tail(slice_from(rest, m.stop), out);
	if (host < m.stop && rest.ptr[host] == '[')
		return read_bracketed_host(slice_of(rest.ptr + host, m.stop - host), out);
	size_t end = m.stop;
	if (m.colons == 1) {
		end = m.colon;
		out->port = read_port(slice_of(rest.ptr + end + 1, m.stop - end - 1));
	}
	out->host = sip_trim(slice_of(rest.ptr + host, end - host));
	return out->host.len > 0;
}

bool sip_uri_fill(struct slice text, struct sip_uri *out)
{
	text = sip_trim(text);
	size_t scheme = sip_starts_with4(text, "sip:") ? 3 : scheme_length(text);
	if (scheme == 0)
		return false;
	out->scheme = slice_first(text, scheme);
	struct slice rest = slice_from(text, scheme + 1);
	bool is_tel = scheme == 3 && (sip_starts_with4(text, "tel:") || sip_starts_with4(text, "fax:"));
	return is_tel ? read_tel(rest, out) : read_sip(rest, out);
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
