/* SPDX-License-Identifier: MIT */
#include "analyze/sip/via.h"

#include "analyze/sip/find.h"
#include "analyze/sip/names.h"

static size_t skip_space(struct slice s, size_t at)
{
	while (at < s.len && sip_is_space(s.ptr[at]))
		at++;
	return at;
}

static struct slice take_token(struct slice s, size_t *at)
{
	size_t start = *at;
	while (*at < s.len && sip_char_is(s.ptr[*at], SIP_CHAR_TOKEN))
		(*at)++;
	return slice_of(s.ptr + start, *at - start);
}

/* `name/version/transport`; blanks around the slashes are allowed. */
static bool read_protocol(struct slice s, size_t *at, struct sip_via *out)
{
	if (slice_starts(s, SLICE("SIP/2.0/"))) {
		*at = 8;
		out->transport = take_token(s, at);
		if (out->transport.len)
			return *at < s.len && sip_is_space(s.ptr[*at]);
		*at = 0;
	}
	for (int part = 0; part < 3; part++) {
		*at = skip_space(s, *at);
		struct slice token = take_token(s, at);
		if (token.len == 0 || (part == 0 && !slice_eq_nocase(token, SLICE("SIP"))))
			return false;
		out->transport = token;
		if (part == 2)
			break;
		*at = skip_space(s, *at);
		if (*at == s.len || s.ptr[(*at)++] != '/')
			return false;
	}
	return *at < s.len && sip_is_space(s.ptr[*at]);
}

/* sent-by runs to ';' or ','. Colons outside brackets: one is a port, more are an IPv6 address without brackets (its last
 * group may be a port, which nobody can know; port stays 0). */
static bool read_sent_by(struct slice s, size_t *at, struct sip_via *out)
{
	size_t start = skip_space(s, *at), end = start, colons = 0, colon = 0, close = 0;
	for (; (end = sip_find(s, end, ';', ',', ':', ']')) < s.len; end++) {
		if (s.ptr[end] == ']') {
			close = end;
		} else if (s.ptr[end] == ':') {
			colons++;
			colon = end;
		} else {
			break;
		}
	}
	*at = end;
	struct slice host = slice_of(s.ptr + start, end - start);
	if (colons && (close ? colon > close : colons == 1)) {
		uint64_t number = 0;
		host.len = colon - start;
		if (slice_u64(sip_trim(slice_of(s.ptr + colon + 1, end - colon - 1)), &number) && number <= UINT16_MAX)
			out->port = (uint16_t)number;
	}
	host = sip_trim(host);
	if (host.len > 1 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
		host = slice_of(host.ptr + 1, host.len - 2);
	out->host = host;
	return host.len > 0;
}

static bool is_name(struct slice key, struct slice lower)
{
	return key.len == lower.len && (memcmp(key.ptr, lower.ptr, lower.len) == 0 || slice_eq_nocase(key, lower));
}

static void read_param(struct slice key, struct slice value, struct sip_via *out)
{
	key = sip_trim(key);
	if (is_name(key, SLICE("branch"))) {
		if (!out->branch.ptr)
			out->branch = sip_trim(value);
	} else if (is_name(key, SLICE("rport"))) {
		out->rport_before_branch = !out->branch.ptr;
		out->has_rport = true;
	} else if (is_name(key, SLICE("alias"))) {
		out->has_alias = true;
	} else if (is_name(key, SLICE("received"))) {
		out->received = sip_trim(value);
	}
}

static void read_params(struct slice s, size_t at, struct sip_via *out)
{
	while (at < s.len && s.ptr[at] == ';') {
		size_t start = ++at, equals = SLICE_NPOS;
		for (bool quoted = false; (at = sip_find(s, at, ';', ',', '=', '"')) < s.len; at++) {
			uint8_t c = s.ptr[at];
			if (c == '"')
				quoted = !quoted;
			else if (c == '=' && equals == SLICE_NPOS)
				equals = at;
			else if (!quoted && c != '=')
				break;
		}
		size_t value = equals == SLICE_NPOS ? at : equals + 1;
		size_t key_end = equals == SLICE_NPOS ? at : equals;
		read_param(slice_of(s.ptr + start, key_end - start), slice_of(s.ptr + value, at - value), out);
	}
	if (at < s.len && s.ptr[at] == ',')
		out->rest = slice_trim(slice_from(s, at + 1));
	out->rport_before_branch = out->rport_before_branch && out->branch.ptr;
}

enum parse_result sip_via_parse(struct slice value, struct sip_via *out)
{
	struct sip_via via;
	size_t at = 0;
	sip_clear(&via, sizeof via);
	if (!read_protocol(value, &at, &via) || !read_sent_by(value, &at, &via))
		return PARSE_BAD;
	read_params(value, at, &via);
	*out = via;
	return PARSE_OK;
}
