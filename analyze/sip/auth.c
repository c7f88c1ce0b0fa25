/* SPDX-License-Identifier: MIT */
#include "analyze/sip/auth.h"

#include "analyze/sip/find.h"

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

static const struct {
	struct slice name;
	size_t offset;
} known[] = {
#define KNOWN(name) { SLICE_INIT(#name), offsetof(struct sip_auth, name) }
	KNOWN(realm), KNOWN(nonce), KNOWN(username), KNOWN(uri),       KNOWN(response), KNOWN(cnonce),
	KNOWN(nc),    KNOWN(qop),   KNOWN(algorithm), KNOWN(opaque),   KNOWN(stale),
#undef KNOWN
};

static struct slice *place_of(struct slice key, struct sip_auth *a)
{
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (key.len == known[i].name.len && (key.ptr[0] | 0x20) == known[i].name.ptr[0] &&
		    slice_eq_nocase(key, known[i].name))
			return (struct slice *)(void *)((char *)a + known[i].offset);
	return NULL;
}

/* A quoted string gives what is between its quotes, escapes kept; a missing closing quote takes all the rest. */
static struct slice take_value(struct slice s, size_t *at)
{
	size_t start = *at;
	if (start < s.len && s.ptr[start] == '"') {
		size_t end = ++start;
		while ((end = sip_find(s, end, '"', '\\', '"', '\\')) < s.len && s.ptr[end] != '"')
			end += 2;
		end = end < s.len ? end : s.len;
		*at = end < s.len ? end + 1 : end;
		return slice_of(s.ptr + start, end - start);
	}
	while (*at < s.len && s.ptr[*at] != ',')
		(*at)++;
	return slice_trim(slice_of(s.ptr + start, *at - start));
}

static void read_params(struct slice s, struct sip_auth *out)
{
	for (size_t at = 0; at < s.len;) {
		at = skip_space(s, at);
		size_t start = at;
		while (at < s.len && s.ptr[at] != '=' && s.ptr[at] != ',')
			at++;
		struct slice key = slice_trim(slice_of(s.ptr + start, at - start));
		if (at < s.len && s.ptr[at] == '=') {
			at = skip_space(s, at + 1);
			struct slice value = take_value(s, &at);
			struct slice *place = place_of(key, out);
			if (place && !place->ptr)
				*place = value;
		}
		while (at < s.len && s.ptr[at] != ',')
			at++;
		if (at++ < s.len && at < s.len && is_space(s.ptr[at]))
			out->space_after_comma = true;
	}
}

enum parse_result sip_auth_parse(struct slice value, struct sip_auth *out)
{
	struct sip_auth auth;
	sip_clear(&auth, sizeof auth);
	value = slice_trim(value);
	size_t end = 0;
	while (end < value.len && !is_space(value.ptr[end]) && value.ptr[end] != '=' && value.ptr[end] != ',')
		end++;
	if (end == 0 || (end < value.len && !is_space(value.ptr[end])))
		return PARSE_BAD;
	auth.scheme = slice_first(value, end);
	read_params(slice_from(value, end), &auth);
	auth.is_stale = slice_eq_nocase(auth.stale, SLICE("true"));
	*out = auth;
	return PARSE_OK;
}
