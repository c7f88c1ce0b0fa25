/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_WEB_HTTP_H
#define ANALYZE_WEB_HTTP_H

#include "capture/frame.h"
#include "core/error.h"

/* analyze/web/http.h - HTTP/1.x as a bystander reads it (RFC 9112): the heads of requests and responses, several a connection,
 * pipelined or not, on any port. Bodies are only stepped over. Of a request nothing is kept unless the owner asks for it, so
 * ordinary web traffic costs one look at each head.
 *
 * Life: http_reader_new once a thread; for each connection a zeroed struct http_connection, http_feed for each piece
 * of either direction, http_close at its end; http_reader_free. Memory: max_pending requests that wait for their answer
 * over all connections, of about 500 bytes; at the bound the oldest one of that connection is given up as unanswered. */

#define HTTP_HEAD_MAX ((size_t)16 << 10) /* what web servers accept; longer is not HTTP to us */

/* One head. Slices point into the bytes that were parsed; absent when the field is. */
struct http_head {
	bool is_response;
	struct slice method;	  /* request */
	struct slice target;	  /* request: as written, query included; without scheme and host when they were there */
	struct slice host;
	struct slice user_agent;
	bool has_credentials;	  /* Authorization with more than a scheme */
	uint16_t status;	  /* response */
	bool is_chunked;
	bool has_length;
	uint64_t content_length;
	size_t head_len;	  /* the body begins behind it */
};

/* Reads the head at the start of `bytes` (empty lines in front of it are part of it).
 * PARSE_OK       *out filled
 * PARSE_PARTIAL  it may become one
 * PARSE_BAD      no HTTP/1.x head, or longer than HTTP_HEAD_MAX
 * Lines may end in LF alone; a field that is broken is passed over. */
enum parse_result http_head_parse(struct slice bytes, struct http_head *out);

/* Is this the start of a request's or a response's first line? Used to find the footing behind lost bytes. */
bool http_looks_like(struct slice bytes);

#define HTTP_TARGET_MAX 256
#define HTTP_AGENT_MAX	160

/* A request that was asked for, and what became of it. Texts are cut at their bound; a path loses its begin. */
struct http_exchange {
	int64_t time_us; /* of the request */
	struct endpoints ends; /* of the request: the client is the source */
	struct place place;
	bool handshake_seen;
	bool has_credentials;
	uint16_t status; /* 0: no answer was seen */
	uint8_t method_len, agent_len;
	uint16_t target_len;
	char method[8];
	char target[HTTP_TARGET_MAX];
	char agent[HTTP_AGENT_MAX];
	bool has_agent;
};

static inline struct slice http_exchange_target(const struct http_exchange *e)
{
	return slice_of(e->target, e->target_len);
}

static inline struct slice http_exchange_agent(const struct http_exchange *e)
{
	return slice_of(e->has_agent ? e->agent : NULL, e->agent_len);
}

static inline struct slice http_exchange_method(const struct http_exchange *e)
{
	return slice_of(e->method, e->method_len);
}

struct http_handlers {
	/* A request's head is there: should its answer be waited for and `done` called? Its time is that of the frame. */
	bool (*wanted)(void *ctx, const struct http_head *request);
	/* In the order of the answers. */
	void (*done)(void *ctx, const struct http_exchange *e);
	void *ctx;
};

struct http_counters {
	uint64_t requests, responses; /* heads read */
	uint64_t broken;	      /* directions given up: what came was no HTTP */
	uint64_t unanswered;	      /* wanted requests without an answer */
	uint64_t pressed;	      /* of these, given up for lack of room */
};

struct http_reader;
/* NULL without memory. max_pending 0: 4096. */
struct http_reader *http_reader_new(size_t max_pending, const struct http_handlers *handlers);
void http_reader_free(struct http_reader *r);
struct http_counters http_reader_counters(const struct http_reader *r);

enum http_body { HTTP_BODY_NONE, HTTP_BODY_LENGTH, HTTP_BODY_CHUNK_SIZE, HTTP_BODY_CHUNK, HTTP_BODY_TRAILER, HTTP_BODY_TO_END };

/* One direction: how much of a body is still to be stepped over. */
struct http_direction {
	uint64_t left;
	uint8_t body;	  /* enum http_body */
	bool is_lost;	  /* bytes are missing: looking for the next head */
	bool is_over;	  /* no more heads will come: nothing needs to be given any more */
};

struct http_connection {
	struct http_direction request, response;
	uint32_t asked, answered;    /* requests and final responses so far */
	uint64_t head_methods;	     /* bit n: request number n (modulo 64) was HEAD, whose answer has no body */
	uint32_t oldest, newest;     /* wanted requests, id + 1, in a chain */
};

/* The unread bytes of one direction; `ends` are theirs (the sender is the source). Returns how many were read: the rest must be
 * given again in front of what comes next. `gap`: bytes before these were lost. */
size_t http_feed(struct http_reader *r, struct http_connection *c, bool from_client, const struct endpoints *ends, bool handshake_seen,
		 struct slice bytes, bool gap, const struct frame *frame);
/* The connection is over: what still waits is unanswered. */
void http_close(struct http_reader *r, struct http_connection *c);

#endif
