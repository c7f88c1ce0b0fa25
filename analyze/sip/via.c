/* SPDX-License-Identifier: MIT */
#include "analyze/sip/via.h"

#include "analyze/sip/names.h"

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static size_t skip_space(struct slice s, size_t at)
{
	while (at < s.len && is_space(s.ptr[at]))
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
	return *at < s.len && is_space(s.ptr[*at]);
}

/* sent-by runs to ';' or ','. Colons outside brackets: one is a port, more are an IPv6 address without brackets (its last
 * group may be a port, which nobody can know; port stays 0). */
static bool read_sent_by(struct slice s, size_t *at, struct sip_via *out)
{
	size_t start = skip_space(s, *at), end = start, colons = 0, colon = 0, close = 0;
	for (; end < s.len && s.ptr[end] != ';' && s.ptr[end] != ','; end++) {
		if (s.ptr[end] == ']')
			close = end;
		if (s.ptr[end] == ':') {
			colons++;
			colon = end;
		}
	}
	*at = end;
	struct slice host = slice_of(s.ptr + start, end - start), port = slice_of(NULL, 0);
	if (colons && (close ? colon > close : colons == 1)) {
		host.len = colon - start;
		port = slice_trim(slice_of(s.ptr + colon + 1, end - colon - 1));
	}
	host = slice_trim(host);
	if (host.len > 1 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
		host = slice_of(host.ptr + 1, host.len - 2);
	uint64_t number = 0;
	if (slice_u64(port, &number) && number <= UINT16_MAX)
		out->port = (uint16_t)number;
	out->host = host;
	return host.len > 0;
}

static void read_param(struct slice text, struct sip_via *out)
{
	struct slice key = text, value = slice_of(text.ptr + text.len, 0);
	size_t equals = slice_find(text, '=');
	if (equals != SLICE_NPOS) {
		key.len = equals;
		value = slice_trim(slice_from(text, equals + 1));
	}
	key = slice_trim(key);
	if (key.len == 6 && slice_eq_nocase(key, SLICE("branch"))) {
		if (!out->branch.ptr)
			out->branch = value;
	} else if (key.len == 5 && slice_eq_nocase(key, SLICE("rport"))) {
		out->rport_before_branch = !out->branch.ptr;
		out->has_rport = true;
	} else if (key.len == 5 && slice_eq_nocase(key, SLICE("alias"))) {
		out->has_alias = true;
	} else if (key.len == 8 && slice_eq_nocase(key, SLICE("received"))) {
		out->received = value;
	}
}

static void read_params(struct slice s, size_t at, struct sip_via *out)
{
	while (at < s.len && s.ptr[at] == ';') {
		size_t start = ++at;
		for (bool quoted = false; at < s.len && (quoted || (s.ptr[at] != ';' && s.ptr[at] != ',')); at++)
			if (s.ptr[at] == '"')
				quoted = !quoted;
		read_param(slice_of(s.ptr + start, at - start), out);
	}
	if (at < s.len && s.ptr[at] == ',')
		out->rest = slice_trim(slice_from(s, at + 1));
	out->rport_before_branch = out->rport_before_branch && out->branch.ptr;
}

enum parse_result sip_via_parse(struct slice value, struct sip_via *out)
{
	struct sip_via via = { 0 };
	size_t at = 0;
	if (!read_protocol(value, &at, &via) || !read_sent_by(value, &at, &via))
		return PARSE_BAD;
	read_params(value, at, &via);
	*out = via;
	return PARSE_OK;
}
