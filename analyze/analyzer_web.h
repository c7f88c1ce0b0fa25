/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_ANALYZER_WEB_H
#define ANALYZE_ANALYZER_WEB_H

#include "analyze/analyzer.h"
#include "analyze/web/http.h"
#include "analyze/web/provisioning.h"
#include "analyze/web/tftp.h"
#include "capture/tcp.h"

/* analyze/analyzer_web.h - provisioning requests of the wire into the analyzer: HTTP connections and TFTP datagrams are read, what
 * asks for a phone's configuration becomes an observation, all else is passed over. */

/* One request whose outcome is known. */
struct provisioning_request {
	int64_t time_us;
	struct endpoints ends; /* the client is the source */
	struct place place;
	enum transport_word transport;
	enum proof proof;     /* what the transport proves of the client: none, handshake */
	struct slice method;  /* GET ..., RRQ, WRQ */
	struct slice target;  /* path and query */
	struct slice agent;   /* absent: none */
	bool has_credentials;
	unsigned http_status; /* 0: none was seen, or TFTP */
	enum outcome outcome;
	bool is_served;	      /* the file was given out */
};

/* Measures, asks the rules, remembers. Nothing happens when it is no provisioning request after all. */
void analyzer_provisioning(struct analyzer *a, const struct vendors *v, const struct provisioning_request *r);
/* Some requests before: what it will touch, as with analyzer_expect. */
void analyzer_provisioning_expect(const struct analyzer *a, const struct provisioning_request *r,
				  enum expect_step step);
/* The actor showed that it holds its address. */
void analyzer_proved(struct analyzer *a, const struct addr *actor, enum proof proof);

/* The readers. Life: web_new; web_http and web_http_closed are what stream_reader.h asks for, web_datagram is
 * given what is not SIP; web_tick as time goes on; web_finish once at the end (after tcp_flush); web_free.
 * Memory: see http.h and tftp.h; and about 60 bytes a connection. */
struct web;
/* What the readers found, for analyzer_provisioning and analyzer_proved. Texts are borrowed for the length of the call. */
struct web_handlers {
	void (*request)(void *ctx, const struct provisioning_request *r);
	void (*proved)(void *ctx, const struct addr *actor, enum proof proof);
	void *ctx;
};
/* NULL without memory. `v` must outlive it. */
struct web *web_new(const struct vendors *v, const struct web_handlers *handlers);
void web_free(struct web *w);
size_t web_http(struct web *w, struct tcp_stream *stream, struct slice bytes, bool gap, bool at_end, const struct frame *frame);
/* To be called for each direction that was given to web_http. */
void web_http_closed(struct web *w, struct tcp_stream *stream);
/* True when the datagram was TFTP. */
bool web_datagram(struct web *w, const struct datagram *d);
void web_tick(struct web *w, int64_t now_us);
void web_finish(struct web *w);
/* Requests that were taken as unanswered, as too many waited for their answers. */
uint64_t web_given_up(const struct web *w);

#endif
