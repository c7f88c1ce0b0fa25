/* SPDX-License-Identifier: MIT */
#include "analyze/sip/name_addr.h"

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

static struct slice between(struct slice s, size_t from, size_t to)
{
	return slice_of(s.ptr + from, to - from);
}

/* Position of the quote that ends the string begun at `open`, or SLICE_NPOS. */
static size_t closing_quote(struct slice s, size_t open)
{
	for (size_t i = open + 1; i < s.len; i++) {
		if (s.ptr[i] == '\\')
			i++;
		else if (s.ptr[i] == '"')
			return i;
	}
	return SLICE_NPOS;
}

/* Everything after '>' or after an addr-spec without brackets: `;params` up to a comma outside quotes. */
static bool read_params(struct slice value, size_t at, struct sip_name_addr *out)
{
	size_t start = skip_space(value, at), end = start;
	while (end < value.len && value.ptr[end] != ',') {
		if (value.ptr[end] == '"') {
			end = closing_quote(value, end);
			if (end == SLICE_NPOS)
				return false;
		}
		end++;
	}
	if (end < value.len)
		out->rest = slice_trim(slice_from(value, end + 1));
	if (start < end && value.ptr[start] == ';') {
		out->params = slice_trim(between(value, start + 1, end));
		out->tag = sip_param(out->params, SLICE("tag"));
	}
	return true;
}

static void read_uri(struct slice text, struct sip_name_addr *out)
{
	out->uri_text = slice_trim(text);
	out->has_uri = sip_uri_parse(out->uri_text, &out->uri) == PARSE_OK;
}

static bool read_bracketed(struct slice value, size_t open, struct sip_name_addr *out)
{
	size_t close = slice_find(slice_from(value, open), '>');
	if (close == SLICE_NPOS)
		return false;
	close += open;
	out->has_brackets = true;
	out->space_before_bracket = open > 0 && is_space(value.ptr[open - 1]);
	read_uri(between(value, open + 1, close), out);
	return read_params(value, close + 1, out);
}

/* Without brackets all parameters belong to the header field (RFC 3261 20). */
static bool read_bare(struct slice value, struct sip_name_addr *out)
{
	size_t end = 0;
	while (end < value.len && value.ptr[end] != ';' && value.ptr[end] != ',' && value.ptr[end] != '>')
		end++;
	if (end < value.len && value.ptr[end] == '>')
		return false;
	read_uri(slice_first(value, end), out);
	return read_params(value, end, out);
}

enum parse_result sip_name_addr_parse(struct slice value, struct sip_name_addr *out)
{
	struct sip_name_addr r = { 0 };
	bool ok;
	value = slice_trim(value);
	if (value.len == 0)
		return PARSE_BAD;
	if (value.ptr[0] == '"') {
		size_t quote = closing_quote(value, 0);
		if (quote == SLICE_NPOS)
			return PARSE_BAD;
		size_t open = skip_space(value, quote + 1);
		if (open == value.len || value.ptr[open] != '<')
			return PARSE_BAD;
		r.display_name = between(value, 1, quote);
		ok = read_bracketed(value, open, &r);
	} else if (value.ptr[0] == '*' && (value.len == 1 || value.ptr[1] == ';')) {
		r.is_star = true;
		r.uri_text = slice_first(value, 1);
		ok = read_params(value, 1, &r);
	} else {
		size_t open = 0;
		while (open < value.len && value.ptr[open] != '<' && value.ptr[open] != ',' && value.ptr[open] != '"')
			open++;
		/* A ',' before '<' ends a bare address, unless what precedes it is no URI: then it is an unquoted name. */
		size_t bracket = slice_find(value, '<');
		if (open < value.len && value.ptr[open] == '<') {
			struct slice name = slice_trim(slice_first(value, open));
			if (name.len)
				r.display_name = name;
			ok = read_bracketed(value, open, &r);
		} else if (bracket != SLICE_NPOS && slice_find(slice_first(value, bracket), ':') == SLICE_NPOS) {
			r.display_name = slice_trim(slice_first(value, bracket));
			ok = read_bracketed(value, bracket, &r);
		} else {
			ok = read_bare(value, &r);
		}
	}
	if (!ok)
		return PARSE_BAD;
	*out = r;
	return PARSE_OK;
}
