/* SPDX-License-Identifier: MIT */
#include "output/http/request.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#define HOST "Host: a\r\n"

/* Reads from a buffer of exactly this size, so that a byte beyond is caught. */
static enum parse_result read_exactly(const char *text, size_t len, struct http_request *out, int *status,
				      char **copy)
{
	*copy = malloc(len ? len : 1);
	memcpy(*copy, text, len);
	return http_request_read(slice_of(*copy, len), out, status);
}

#define WITH_NUL(literal) (literal), sizeof(literal) - 1

struct case_of {
	const char *name, *text;
	size_t len; /* 0: strlen */
	int status; /* 0: good */
	const char *path, *query;
};

static const struct case_of cases[] = {
	{ "plain", "GET /metrics HTTP/1.1\r\n" HOST "\r\n", 0, 0, "/metrics", NULL },
	{ "query", "GET /b?family=4&since=2h HTTP/1.1\r\n" HOST "\r\n", 0, 0, "/b", "family=4&since=2h" },
	{ "empty query", "GET /b? HTTP/1.1\r\n" HOST "\r\n", 0, 0, "/b", "" },
	{ "bare LF", "GET / HTTP/1.1\nHost: a\n\n", 0, 0, "/", NULL },
	{ "line end before", "\r\nGET / HTTP/1.1\r\n" HOST "\r\n", 0, 0, "/", NULL },
	{ "1.0 without Host", "GET / HTTP/1.0\r\n\r\n", 0, 0, "/", NULL },
	{ "1.2", "GET / HTTP/1.2\r\n" HOST "\r\n", 0, 0, "/", NULL },
	{ "absolute-form", "GET http://h:1/x?y=1 HTTP/1.1\r\n" HOST "\r\n", 0, 0, "/x", "y=1" },
	{ "absolute-form without path", "GET HTTP://h HTTP/1.1\r\n" HOST "\r\n", 0, 0, "/", NULL },
	{ "traversal stays text", "GET /../../etc/passwd HTTP/1.1\r\n" HOST "\r\n", 0, 0, "/../../etc/passwd",
	  NULL },
	{ "body of length 0", "GET / HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n", 0, 0, "/", NULL },
	{ "what follows is not looked at", WITH_NUL("GET / HTTP/1.1\r\n" HOST "\r\n\0\1garbage"), 0, "/",
	  NULL },

	{ "no Host", "GET / HTTP/1.1\r\n\r\n", 0, 400, NULL, NULL },
	{ "two Hosts", "GET / HTTP/1.1\r\n" HOST HOST "\r\n", 0, 400, NULL, NULL },
	{ "body", "GET / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\n", 0, 400, NULL, NULL },
	{ "two lengths", "GET / HTTP/1.1\r\n" HOST "Content-Length: 0, 5\r\n\r\n", 0, 400, NULL, NULL },
	{ "chunked", "GET / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n", 0, 400, NULL, NULL },
	{ "folded line", "GET / HTTP/1.1\r\n" HOST "A: b\r\n c\r\n\r\n", 0, 400, NULL, NULL },
	{ "white space before colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 0, 400, NULL, NULL },
	{ "no colon", "GET / HTTP/1.1\r\n" HOST "abc\r\n\r\n", 0, 400, NULL, NULL },
	{ "bare CR", "GET / HTTP/1.1\r\n" HOST "A: b\rc\r\n\r\n", 0, 400, NULL, NULL },
	{ "NUL in a value", WITH_NUL("GET / HTTP/1.1\r\n" HOST "A: b\0c\r\n\r\n"), 400, NULL, NULL },
	{ "NUL in the path", WITH_NUL("GET /\0 HTTP/1.1\r\n" HOST "\r\n"), 400, NULL, NULL },
	{ "blank in the path", "GET /a b HTTP/1.1\r\n" HOST "\r\n", 0, 400, NULL, NULL },
	{ "bytes above 127 in the path", "GET /\xc3\xa9 HTTP/1.1\r\n" HOST "\r\n", 0, 400, NULL, NULL },
	{ "relative path", "GET metrics HTTP/1.1\r\n" HOST "\r\n", 0, 400, NULL, NULL },
	{ "no version", "GET /\r\n\r\n", 0, 400, NULL, NULL },
	{ "not HTTP", "\x16\x03\x01\x02\n\n", 0, 400, NULL, NULL },
	{ "small letters", "GET / http/1.1\r\n" HOST "\r\n", 0, 400, NULL, NULL },
	{ "two credentials", "GET / HTTP/1.1\r\n" HOST "Authorization: a\r\nauthorization: b\r\n\r\n", 0, 400,
	  NULL, NULL },
	{ "POST", "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello", 0, 405, NULL, NULL },
	{ "OPTIONS *", "OPTIONS * HTTP/1.1\r\n" HOST "\r\n", 0, 405, NULL, NULL },
	{ "CONNECT", "CONNECT a:1 HTTP/1.1\r\n" HOST "\r\n", 0, 405, NULL, NULL },
	{ "a method of its own", "BREW / HTTP/1.1\r\n" HOST "\r\n", 0, 501, NULL, NULL },
	{ "SIP", "OPTIONS sip:a SIP/2.0\r\nVia: x\r\n\r\n", 0, 400, NULL, NULL },
	{ "HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 0, 505, NULL, NULL },
};

Test(http_request, cases)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct case_of *c = &cases[i];
		struct http_request request = { .is_head = true };
		int status = 0;
		char *copy;
		size_t len = c->len ? c->len : strlen(c->text);
		enum parse_result got = read_exactly(c->text, len, &request, &status, &copy);
		cr_expect_eq(got, c->status ? PARSE_BAD : PARSE_OK, "%s: %d", c->name, got);
		if (c->status) {
			cr_expect_eq(status, c->status, "%s: %d", c->name, status);
			cr_expect(request.is_head, "%s: untouched", c->name);
		} else {
			cr_expect(slice_eq(request.path, slice_str(c->path)), "%s", c->name);
			cr_expect(slice_eq(request.query, slice_str(c->query)), "%s", c->name);
			cr_expect_eq(request.query.ptr != NULL, c->query != NULL, "%s", c->name);
		}
		free(copy);
	}
}

/* Whatever part of a good request has come, it is not yet bad. */
Test(http_request, split_anywhere)
{
	static const char text[] =
	    "HEAD /m?x=1 HTTP/1.1\r\nHost: a\r\nIf-None-Match:  \"x\" \r\nAuthorization: Bearer t\r\n\r\n";
	for (size_t len = 0; len < sizeof text; len++) {
		struct http_request request;
		int status;
		char *copy;
		enum parse_result got = read_exactly(text, len, &request, &status, &copy);
		cr_expect_eq(got, len < sizeof text - 1 ? PARSE_PARTIAL : PARSE_OK, "%zu", len);
		if (got == PARSE_PARTIAL)
			cr_expect_eq(status, len < 22 ? 414 : 431, "%zu", len);
		if (got == PARSE_OK) {
			cr_expect(request.is_head);
			cr_expect(slice_eq(request.if_none_match, SLICE("\"x\"")));
			cr_expect(slice_eq(request.authorization, SLICE("Bearer t")));
		}
		free(copy);
	}
}

Test(http_request, too_many_fields)
{
	char text[8192] = "GET / HTTP/1.1\r\nHost: a\r\n";
	for (int i = 0; i < HTTP_FIELDS_MAX; i++)
		strcat(text, "A: b\r\n");
	struct http_request request;
	int status;
	cr_expect_eq(http_request_read(slice_str(strcat(text, "\r\n")), &request, &status), PARSE_BAD);
	cr_expect_eq(status, 431);
}

Test(http_request, query)
{
	static const struct {
		const char *query, *told; /* NAME VALUE| ... then "." at the end or "!" when bad */
	} queries[] = {
		{ "", "." },
		{ "family=4&min_score=50", "family 4|min_score 50|." },
		{ "since=2026-01-02T03%3A04%3a05Z", "since 2026-01-02T03:04:05Z|." },
		{ "a=b+c&d=", "a b c|d |." },
		{ "a", "!" },
		{ "a=1&&b=2", "a 1|!" },
		{ "a=%", "!" },
		{ "a=%4", "!" },
		{ "a=%4g", "!" },
		{ "a=%00", "!" },
		{ "a=%41", "a A|." },
		{ "a=%41&", "a A|." },
		{ "a=0123456789012345678901234567890123456789", "!" },
		{ "a=0123456789012345678901234567890", "a 0123456789012345678901234567890|." },
	};
	for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
		struct slice rest = slice_str(queries[i].query), name;
		char value[32], told[200] = "";
		enum parse_result got;
		while ((got = http_query_next(&rest, &name, value, sizeof value)) == PARSE_OK)
			snprintf(told + strlen(told), sizeof told - strlen(told), "%.*s %s|", (int)name.len,
				 (const char *)name.ptr, value);
		strcat(told, got == PARSE_BAD ? "!" : ".");
		cr_expect_str_eq(told, queries[i].told, "%s: %s", queries[i].query, told);
	}
}

Test(http_request, etags)
{
	static const struct {
		const char *list;
		bool matches;
	} lists[] = {
		{ "\"x\"", true },
		{ "W/\"x\"", true },
		{ "\"a\", \"x\"", true },
		{ "*", true },
		{ "\"a\" ,W/\"x\" ,\"b\"", true },
		{ "\"y\"", false },
		{ "x", false },
		{ "", false },
		{ "\"xx\"", false },
		{ ",,", false },
	};
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		cr_expect_eq(http_etag_matches(slice_str(lists[i].list), "\"x\""), lists[i].matches, "%s",
			     lists[i].list);
	cr_expect_not(http_etag_matches((struct slice){ NULL, 0 }, "\"x\""));
}

Test(http_request, credentials)
{
	static const struct {
		const char *field, *secret;
	} fields[] = {
		{ "Bearer abc", "abc" },
		{ "bearer  abc", "abc" },
		{ "Basic dXNlcjpwYTpzcw==", "pa:ss" },
		{ "basic dXNlcjpwYTpzcw", "pa:ss" },
		{ "Basic dXNlcg==", "" },
		{ "Basic !!!!", "" },
		{ "Basic", "" },
		{ "Digest abc", "" },
		{ "", "" },
		{ "Bearer", "" },
		{ "Bearer 0123456789abcdefX", "" },
	};
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		uint8_t out[16];
		size_t len = http_credentials(slice_str(fields[i].field), out, sizeof out);
		cr_expect(slice_eq(slice_of(out, len), slice_str(fields[i].secret)), "%s", fields[i].field);
	}
	uint8_t out[16];
	cr_expect_eq(http_credentials((struct slice){ NULL, 0 }, out, sizeof out), 0);
}

Test(http_request, tokens)
{
	cr_expect(http_token_equal(SLICE("abcdef"), SLICE("abcdef")));
	cr_expect_not(http_token_equal(SLICE("abcdef"), SLICE("abcdeg")));
	cr_expect_not(http_token_equal(SLICE("abcdef"), SLICE("abcde")));
	cr_expect_not(http_token_equal(SLICE("abcdef"), slice_of("abcdef\0", 7)));
	cr_expect_not(http_token_equal(SLICE("abcdef"), SLICE("")));
	cr_expect_not(http_token_equal(slice_of("", 0), slice_of("", 0)), "no token lets nobody in");
}
