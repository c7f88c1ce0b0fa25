/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_HTTP_INTERNAL_H
#define OUTPUT_HTTP_INTERNAL_H

#include "output/http/request.h"
#include "output/http/server.h"
#include "output/store/sqlite.h"

/* output/http/internal.h - what the files of this folder share. server.c has the thread and its connections,
 * listen.c what is needed before, routes.c decides what a request gets, blocklist.c makes and keeps the
 * lists, live.c the page of the watch. All of it is one thread's. */

/* Bytes that several responses and the cache may hold at a time. */
struct http_body {
	size_t references, len;
	char *bytes;  /* malloc */
	size_t *held; /* sum of all that exist */
};

/* Takes `bytes` over, also on failure; NULL: no memory. The caller's is the first reference. */
struct http_body *http_body_new(char *bytes, size_t len, size_t *held);
struct http_body *http_body_share(struct http_body *body);
void http_body_drop(struct http_body *body); /* NULL is fine */

#define HTTP_ETAG_MAX 36

struct http_response {
	int status;
	const char *type;	  /* ours */
	const char *fields;	  /* further header lines, each with its CRLF; ours; NULL: none */
	char etag[HTTP_ETAG_MAX]; /* with its quotes; "": none */
	struct http_body *body;	  /* the caller's reference; NULL: nothing could be had */
	bool is_stream;		  /* it has no end: what http_live_event gives follows, about once a second */
};

/* ---- blocklist.c ---- */

struct http_list_query {
	int family; /* 4, 6, 0: both */
	int min_score;
	int64_t since_us; /* INT64_MIN: any */
};

/* Reads the part behind the '?'. `since`: 2026-01-02, 2026-01-02T03:04:05Z, seconds since 1970, or a span
 * until now (90s, 30m, 2h, 7d, 2w), which is taken from the full minute, so that who asks again a second
 * later asks for the same. 0, or -EINVAL with the sentence for who asked. */
int http_list_query_read(struct slice query, int64_t now_us, struct http_list_query *out, struct error *err);

struct http_blocklist;
/* Of options->store_path; `held` as above. NULL: no memory. */
struct http_blocklist *http_blocklist_new(const struct http_options *options, size_t *held);
void http_blocklist_free(struct http_blocklist *list);
/* The list as a body and its etag. 0; -EAGAIN: not now, too much is under way; another negative errno: the
 * store can not be read. */
int http_blocklist_get(struct http_blocklist *list, const struct http_list_query *query, int64_t now_us,
		       struct http_response *response, struct error *err);
/* Times that a list was made, rather than taken from those kept. */
uint64_t http_blocklist_made(const struct http_blocklist *list);
/* Can the store be read? */
int http_blocklist_check(struct http_blocklist *list, int64_t now_us, struct error *err);

/* The store, and the number of its newest change. Results as above. */
int http_blocklist_look(struct http_blocklist *list, int64_t now_us, struct store **store, uint64_t *seq,
			struct error *err);
/* The time that reading the store took is rested from, whatever it was read for. */
bool http_blocklist_must_rest(const struct http_blocklist *list, int64_t now_us);
void http_blocklist_owe(struct http_blocklist *list, int64_t began_us, int64_t ended_us);

/* ---- routes.c ---- */

enum { HTTP_CODES = 600 };

struct http_service {
	struct http_options options; /* its texts are not to be used: see below */
	uint8_t token[HTTP_TOKEN_MAX];
	size_t token_len;	     /* 0: none is asked for */
	struct http_blocklist *list; /* NULL: no store */
	struct http_live *live;	     /* NULL: no store */
	size_t streams;		     /* that are open */
	size_t held;		     /* bytes of all bodies */
	uint64_t responses[HTTP_CODES], evicted, timed_out;
	struct metrics scratch; /* too large for a stack */
};

void http_answer(struct http_service *service, const struct http_request *request, struct http_response *out);
/* The sentence that goes with a status that the reading of a request gave, and the fields it needs. */
void http_refuse(struct http_service *service, int status, struct http_response *out);
/* Status line and header fields; the length, 0 when `size` is too small. */
size_t http_head(const struct http_response *r, bool has_body, int64_t now_us, char *out, size_t size);

/* ---- live.c ---- */

struct http_live;
struct http_live *http_live_new(void); /* NULL: no memory */
void http_live_free(struct http_live *live);
/* The page of the store. Results as of http_blocklist_get. */
int http_live_report(struct http_service *service, const struct http_list_query *query, int64_t now_us,
		     struct http_response *out, struct error *err);
/* One event of /events; NULL: no memory. */
struct http_body *http_live_event(struct http_service *service);

/* ---- listen.c ---- */

/* One line, 16 to HTTP_TOKEN_MAX bytes, in a file that not everybody may read. 0 or a negative errno. */
int http_token_read(const char *path, uint8_t out[HTTP_TOKEN_MAX], size_t *len, struct error *err);
/* A socket that listens; -EPERM when everybody could ask and no token_file is given. *fd is the caller's to
 * close, also on failure, when it is not -1. */
int http_listen(const struct http_options *options, int *fd, unsigned *port, struct error *err);

/* ---- health.c ---- */

/* NULL: all is well, or nobody tells; else the sentence why not, in `text`. The metrics are in
 * service->scratch then, when there are any. */
const char *http_health_problem(struct http_service *service, int64_t now_us, char *text, size_t size);

#endif
