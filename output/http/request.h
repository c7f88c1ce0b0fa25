/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_HTTP_REQUEST_H
#define OUTPUT_HTTP_REQUEST_H

#include "core/error.h"
#include "core/slice.h"

/* output/http/request.h - the head of an HTTP request (RFC 9112): request line and header fields, as far as
 * this server needs them. Strict where leniency has been a way to smuggle: no folded lines, no white space
 * before the colon, no bare CR, no NUL, no body. A bare LF ends a line as CRLF does (2.2). */

enum {
	HTTP_REQUEST_MAX = 8192, /* bytes of the whole head */
	HTTP_FIELDS_MAX = 64,
};

struct http_request {
	bool is_head;		    /* HEAD, else GET */
	struct slice path;	    /* as it was sent, not decoded */
	struct slice query;	    /* absent: there was no '?' */
	struct slice authorization; /* absent: none */
	struct slice if_none_match; /* absent: none */
	struct slice host;	    /* absent: none (HTTP/1.0) */
};

/* Reads what has come so far. The slices point into `bytes`.
 * PARSE_OK       *out is filled
 * PARSE_PARTIAL  the empty line is not there yet; *status is 414 or 431, for when there is no room for more
 * PARSE_BAD      *status is what to answer: 400, 405, 431, 501 or 505 */
enum parse_result http_request_read(struct slice bytes, struct http_request *out, int *status);

/* Takes the next `name=value` off the query; the value is decoded (RFC 3986 2.1, '+' is a space) into
 * `value`, NUL-terminated. PARSE_PARTIAL: there is none left. PARSE_BAD: no '=', a bad escape, a NUL, or too
 * long. */
enum parse_result http_query_next(struct slice *rest, struct slice *name, char *value, size_t size);

/* Does one of the entity tags in the list (or `*`) match? Weak comparison (RFC 9110 8.8.3.2). */
bool http_etag_matches(struct slice list, const char *etag);

/* The secret of an Authorization field: of `Bearer TOKEN` the token, of `Basic BASE64` the password, whatever
 * the user's name. Into `out`, at most `size` bytes; their number, or 0 when there is none or it is too long. */
size_t http_credentials(struct slice authorization, uint8_t *out, size_t size);

/* Compares in a time that does not depend on where they differ. Both at most HTTP_TOKEN_MAX bytes. */
enum { HTTP_TOKEN_MAX = 256 };
bool http_token_equal(struct slice token, struct slice given);

#endif
