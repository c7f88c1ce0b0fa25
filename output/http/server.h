/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_HTTP_SERVER_H
#define OUTPUT_HTTP_SERVER_H

#include "core/addr.h"
#include "core/error.h"
#include "output/http/metrics.h"

/* output/http/server.h - a small HTTP/1.1 server (RFC 9112) in a thread of its own that gives out what others
 * poll (docs/http.md): /blocklist.txt, /metrics, /healthz; and the page /report with its /events. GET and
 * HEAD only; nothing can be changed through it, no file is served, each response ends its connection (/events
 * when its reader goes, or after ten minutes).
 *
 * Listens on loopback only, unless a token is asked for. The token is no encryption: across networks that
 * others can read, put a proxy with TLS before it.
 *
 * Bounds: HTTP_CONNECTIONS_MAX connections; when more come, those that did not send their request yet are
 * closed, oldest first. 8 KB of request, 5 s to send it, 10 s without progress of the response. The list is
 * read from the store at most ten times a second and only when it changed, however many ask; lists under way
 * take HTTP_BODIES_MAX bytes at most, then 503.
 *
 * Life: metrics_board_new; http_server_open, while the rights are there that a port below 1024 and the token
 * file need; privileges_drop; http_server_start; http_server_stop in any case. */

enum {
	HTTP_DEFAULT_PORT = 9808,
	HTTP_CONNECTIONS_MAX = 64,
	HTTP_STREAMS_MAX = 16,
	HTTP_BODIES_MAX = 192 << 20
};

struct http_options {
	const char *listen;	       /* ADDRESS[:PORT], [IPV6]:PORT, *:PORT, localhost:PORT (127.0.0.1) */
	bool any_port;		       /* a free one instead: http_server_port tells which */
	const char *token_file;	       /* NULL: none is asked for; then loopback only */
	const char *store_path;	       /* NULL: no list (404) */
	bool unproven;		       /* --one-way: list also whom nobody was seen to answer */
	struct metrics_board *metrics; /* NULL: no metrics (404). Must outlive the server */
	int64_t (*clock_us)(void);     /* wall clock; needed */
};

struct http_server;

/* What http_server_open finds wrong in the options and in the token file, without binding. */
int http_server_check(const struct http_options *options, struct error *err);
/* Checks the options, reads the token, binds. 0, or a negative errno with *err that says what to do. Names in
 * `options` are copied. */
int http_server_open(struct http_server **out, const struct http_options *options, struct error *err);
/* Begins to answer. 0 or a negative errno with *err. */
int http_server_start(struct http_server *server, struct error *err);
/* Port it listens on. */
unsigned http_server_port(const struct http_server *server);
/* And where: "127.0.0.1:9808", "[::1]:9808", "*:9808" (both families); returns out. */
enum { HTTP_PLACE_MAX = ADDR_TEXT_MAX + 10 };
const char *http_server_place(const struct http_server *server, char out[HTTP_PLACE_MAX]);
/* Ends the thread and frees everything; responses under way are cut. NULL is fine. */
void http_server_stop(struct http_server *server);

#endif
