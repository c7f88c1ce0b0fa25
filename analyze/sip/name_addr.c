/* SPDX-License-Identifier: MIT */
#include "analyze/sip/name_addr.h"

#include "analyze/sip/find.h"
#include "analyze/sip/names.h"

static size_t skip_space(struct slice s, size_t at)
{
	while (at < s.len && sip_is_space(s.ptr[at]))
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
	size_t i = sip_find(s, open + 1, '"', '\\', '"', '\\');
	while (i < s.len && s.ptr[i] == '\\')
		i = sip_find(s, i + 2, '"', '\\', '"', '\\');
	return i < s.len ? i : SLICE_NPOS;
}

/* Nearly all that comes after an address is `;tag=` and a token. */
static bool read_only_tag(struct slice rest, struct sip_name_addr *out)
{
	if (rest.len < 5 || rest.ptr[0] != ';' || !sip_starts_with4(slice_from(rest, 1), "tag="))
		return false;
	if (sip_find(rest, 5, ';', ',', '"', ' ') != rest.len)
		return false;
	out->params = slice_from(rest, 1);
	out->tag = slice_from(rest, 5);
	return true;
}

/* Everything after '>' or after an addr-spec without brackets: `;params` up to a comma outside quotes. */
static bool read_params(struct slice value, size_t at, struct sip_name_addr *out)
{
	size_t start = skip_space(value, at), end = start;
	if (start == value.len || read_only_tag(slice_from(value, start), out))
		return true;
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

static void read_uri(struct slice text, bool with_uri, struct sip_name_addr *out)
{
	out->uri_text = sip_trim(text);
	if (!with_uri)
		return;
	out->has_uri = sip_uri_fill(out->uri_text, &out->uri);
	if (!out->has_uri)
		sip_clear(&out->uri, sizeof out->uri);
}

static bool read_bracketed(struct slice value, size_t open, bool with_uri, struct sip_name_addr *out)
{
	size_t close = sip_find(value, open, '>', '>', '>', '>');
	if (close == value.len)
		return false;
	out->has_brackets = true;
	out->space_before_bracket = open > 0 && sip_is_space(value.ptr[open - 1]);
	read_uri(between(value, open + 1, close), with_uri, out);
	return read_params(value, close + 1, out);
}

/* Without brackets all parameters belong to the header field (RFC 3261 20). */
static bool read_bare(struct slice value, bool with_uri, struct sip_name_addr *out)
{
	size_t end = sip_find(value, 0, ';', ',', '>', '>');
	if (end < value.len && value.ptr[end] == '>')
		return false;
	read_uri(slice_first(value, end), with_uri, out);
	return read_params(value, end, out);
}

static enum parse_result parse(struct slice value, bool with_uri, struct sip_name_addr *out)
{
	bool ok;
	sip_clear(out, sizeof *out);
	value = sip_trim(value);
	if (value.len == 0)
		return PARSE_BAD;
	if (value.ptr[0] == '"') {
		size_t quote = closing_quote(value, 0);
		if (quote == SLICE_NPOS)
			return PARSE_BAD;
		size_t open = skip_space(value, quote + 1);
		if (open == value.len || value.ptr[open] != '<')
			return PARSE_BAD;
		out->display_name = between(value, 1, quote);
		ok = read_bracketed(value, open, with_uri, out);
	} else if (value.ptr[0] == '*' && (value.len == 1 || value.ptr[1] == ';')) {
		out->is_star = true;
		out->uri_text = slice_first(value, 1);
		ok = read_params(value, 1, out);
	} else {
		size_t open = sip_find(value, 0, '<', ',', '"', '"');
		/* A ',' before '<' ends a bare address, unless what precedes it is no URI: then it is an unquoted name. */
		size_t bracket = open < value.len ? slice_find(slice_from(value, open), '<') : SLICE_NPOS;
		if (bracket == 0) {
			struct slice name = slice_trim(slice_first(value, open));
			if (name.len)
				out->display_name = name;
			ok = read_bracketed(value, open, with_uri, out);
		} else if (bracket != SLICE_NPOS && slice_find(slice_first(value, open + bracket), ':') == SLICE_NPOS) {
			out->display_name = slice_trim(slice_first(value, open + bracket));
			ok = read_bracketed(value, open + bracket, with_uri, out);
		} else {
			ok = read_bare(value, with_uri, out);
		}
	}
	return ok ? PARSE_OK : PARSE_BAD;
}

enum parse_result sip_name_addr_parse(struct slice value, struct sip_name_addr *out)
{
	return parse(value, true, out);
}

enum parse_result sip_name_addr_parse_frame(struct slice value, struct sip_name_addr *out)
{
	return parse(value, false, out);
}
