/* SPDX-License-Identifier: MIT */
#include "output/http/request.h"

/* ---- bytes ---- */

/* RFC 9110 5.6.2 */
static bool is_token_byte(uint8_t c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) || (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_token(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_token_byte(s.ptr[i]))
			return false;
	return s.len > 0;
}

static bool is_field_value(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((s.ptr[i] < ' ' && s.ptr[i] != '\t') || s.ptr[i] == 0x7f)
			return false;
	return true;
}

/* A line without its end. Absent: it is not complete. */
static struct slice next_line(struct slice *rest)
{
	size_t end = slice_find(*rest, '\n');
	if (end == SLICE_NPOS)
		return (struct slice){ NULL, 0 };
	struct slice line = slice_first(*rest, end);
	*rest = slice_from(*rest, end + 1);
	if (line.len && line.ptr[line.len - 1] == '\r')
		line.len--;
	return line;
}

/* ---- the request line ---- */

static int status_of_version(struct slice version)
{
	if (version.len != 8 || !slice_starts(version, SLICE("HTTP/")) || !ascii_is_digit(version.ptr[5]) ||
	    version.ptr[6] != '.' || !ascii_is_digit(version.ptr[7]))
		return 400;
	return version.ptr[5] == '1' ? 0 : 505;
}

static int status_of_method(struct slice method, struct http_request *out)
{
	static const char *const others[] = {
		"POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"
	};
	out->is_head = slice_eq(method, SLICE("HEAD"));
	if (out->is_head || slice_eq(method, SLICE("GET")))
		return 0;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (slice_eq(method, slice_str(others[i])))
			return 405;
	return 501;
}

/* origin-form or absolute-form (RFC 9112 3.2); the authority of the latter says nothing to us. */
static bool read_target(struct slice target, struct http_request *out)
{
	for (size_t i = 0; i < target.len; i++)
		if (target.ptr[i] <= ' ' || target.ptr[i] >= 0x7f || target.ptr[i] == '#')
			return false;
	if (slice_starts_nocase(target, SLICE("http://"))) {
		target = slice_from(target, 7);
		size_t path = slice_find(target, '/');
		target = path == SLICE_NPOS ? SLICE("/") : slice_from(target, path);
	}
	if (target.len == 0 || target.ptr[0] != '/')
		return false;
	out->query = target;
	out->path = slice_cut(&out->query, '?');
	return true;
}

struct line_read {
	int bad;     /* the line itself is */
	int refused; /* well formed, but not for us */
	bool is_old; /* HTTP/1.0 */
};

static struct line_read read_request_line(struct slice line, struct http_request *out)
{
	struct line_read r = { .bad = 400 };
	struct slice rest = line, method = slice_cut(&rest, ' '), target = slice_cut(&rest, ' ');
	if (!rest.ptr || !is_token(method))
		return r;
	r.bad = status_of_version(rest);
	if (r.bad)
		return r;
	r.is_old = rest.ptr[7] == '0';
	r.refused = status_of_method(method, out);
	if (!read_target(target, out) && !r.refused)
		r.bad = 400;
	return r;
}

/* ---- the header fields ---- */

struct fields {
	size_t count, hosts, credentials;
	bool has_body;
};

static bool is_zero(struct slice s)
{
	uint64_t number;
	return slice_u64(s, &number) && number == 0;
}

static int read_field(struct slice line, struct fields *f, struct http_request *out)
{
	struct slice value = line, name = slice_cut(&value, ':');
	if (++f->count > HTTP_FIELDS_MAX)
		return 431;
	if (!value.ptr || !is_token(name) || !is_field_value(value))
		return 400;
	value = slice_trim(value);
	if (slice_eq_nocase(name, SLICE("host"))) {
		f->hosts++;
		out->host = value;
	} else if (slice_eq_nocase(name, SLICE("authorization"))) {
		out->authorization = value;
		f->credentials++;
	} else if (slice_eq_nocase(name, SLICE("if-none-match"))) {
		out->if_none_match = value;
	} else if (slice_eq_nocase(name, SLICE("transfer-encoding"))) {
		f->has_body = true;
	} else if (slice_eq_nocase(name, SLICE("content-length"))) {
		f->has_body |= !is_zero(value);
	}
	return 0;
}

static int status_of_fields(const struct fields *f, bool is_old)
{
	if (f->hosts > 1 || (f->hosts == 0 && !is_old) || f->credentials > 1)
		return 400;
	return f->has_body ? 400 : 0;
}

static enum parse_result bad(int *status, int code)
{
	*status = code;
	return PARSE_BAD;
}

enum parse_result http_request_read(struct slice bytes, struct http_request *out, int *status)
{
	struct http_request request = { .is_head = false };
	struct fields fields = { 0 };
	struct slice rest = bytes, line = next_line(&rest);
	*status = 414;
	if (line.ptr &&
	    line.len == 0) /* RFC 9112 2.2: an empty line before is to be passed over, one at least */
		line = next_line(&rest);
	if (!line.ptr)
		return PARSE_PARTIAL;
	struct line_read first = read_request_line(line, &request);
	if (first.bad)
		return bad(status, first.bad);
	*status = 431;
	for (;;) {
		line = next_line(&rest);
		if (!line.ptr)
			return PARSE_PARTIAL;
		if (line.len == 0)
			break;
		int code = read_field(line, &fields, &request);
		if (code)
			return bad(status, code);
	}
	int code = first.refused ? first.refused : status_of_fields(&fields, first.is_old);
	if (code)
		return bad(status, code);
	*out = request;
	return PARSE_OK;
}

/* ---- the query ---- */

enum parse_result http_query_next(struct slice *rest, struct slice *name, char *value, size_t size)
{
	if (!rest->ptr || rest->len == 0)
		return PARSE_PARTIAL;
	struct slice text = slice_cut(rest, '&');
	size_t len = 0;
	*name = slice_cut(&text, '=');
	if (!text.ptr)
		return PARSE_BAD;
	for (size_t i = 0; i < text.len; i++) {
		int c = text.ptr[i] == '+' ? ' ' : text.ptr[i];
		if (c == '%') {
			bool has_two = text.len - i > 2;
			int high = has_two ? ascii_hex(text.ptr[i + 1]) : -1,
			    low = has_two ? ascii_hex(text.ptr[i + 2]) : -1;
			if (high < 0 || low < 0)
				return PARSE_BAD;
			c = high << 4 | low;
			i += 2;
		}
		if (c == 0 || len + 1 >= size)
			return PARSE_BAD;
		value[len++] = (char)c;
	}
	value[len] = '\0';
	return PARSE_OK;
}

/* ---- conditions and credentials ---- */

bool http_etag_matches(struct slice list, const char *etag)
{
	while (list.ptr && list.len) {
		struct slice one = slice_trim(slice_cut(&list, ','));
		if (slice_starts(one, SLICE("W/")))
			one = slice_from(one, 2);
		if (slice_eq(one, SLICE("*")) || slice_eq(one, slice_str(etag)))
			return true;
	}
	return false;
}

static int base64_digit(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (ascii_is_digit(c))
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Length, or 0 for what is no base64 or too long. */
static size_t base64_decode(struct slice text, uint8_t *out, size_t size)
{
	uint32_t bits = 0;
	unsigned count = 0;
	size_t len = 0;
	while (text.len && text.ptr[text.len - 1] == '=')
		text.len--;
	for (size_t i = 0; i < text.len; i++) {
		int digit = base64_digit(text.ptr[i]);
		if (digit < 0)
			return 0;
		bits = bits << 6 | (uint32_t)digit;
		count += 6;
		if (count < 8)
			continue;
		if (len == size)
			return 0;
		count -= 8;
		out[len++] = (uint8_t)(bits >> count);
	}
	return len;
}

size_t http_credentials(struct slice authorization, uint8_t *out, size_t size)
{
	uint8_t pair[2 * HTTP_TOKEN_MAX];
	struct slice secret = authorization, scheme = slice_cut(&secret, ' ');
	secret = secret.ptr ? slice_trim(secret) : secret;
	if (slice_eq_nocase(scheme, SLICE("basic"))) {
		secret = slice_of(pair, secret.ptr ? base64_decode(secret, pair, sizeof pair) : 0);
		slice_cut(&secret, ':');
	} else if (!slice_eq_nocase(scheme, SLICE("bearer"))) {
		return 0;
	}
	if (!secret.ptr || secret.len > size)
		return 0;
	memcpy(out, secret.ptr, secret.len);
	return secret.len;
}

bool http_token_equal(struct slice token, struct slice given)
{
	uint8_t a[HTTP_TOKEN_MAX] = { 0 }, b[HTTP_TOKEN_MAX] = { 0 };
	volatile uint8_t difference = token.len != given.len || token.len == 0 || token.len > sizeof a;
	memcpy(a, token.ptr, token.len < sizeof a ? token.len : sizeof a);
	if (given.len)
		memcpy(b, given.ptr, given.len < sizeof b ? given.len : sizeof b);
	for (size_t i = 0; i < sizeof a; i++)
		difference |= (uint8_t)(a[i] ^ b[i]);
	return difference == 0;
}
