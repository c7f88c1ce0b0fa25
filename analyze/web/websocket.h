/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_WEB_WEBSOCKET_H
#define ANALYZE_WEB_WEBSOCKET_H

#include "core/error.h"
#include "core/slice.h"

/* analyze/web/websocket.h - SIP over WebSocket (RFC 7118): the HTTP exchange that opens it and the frames of
 * RFC 6455 section 5 behind it, each direction by itself, up to whole messages. A passive reader believes
 * what both sides seem to believe: a client that does not mask, or a length longer than needed, is read all
 * the same. Not understood and counted: messages compressed with permessage-deflate (RFC 7692) and those
 * above WEBSOCKET_MESSAGE_MAX. Life of a direction: zeroed, websocket_feed for every piece of its bytes
 * behind the HTTP header, websocket_fini. Memory: a direction holds at most WEBSOCKET_MESSAGE_MAX bytes, and
 * only while a fragmented message is incomplete. */

#define WEBSOCKET_MESSAGE_MAX	((size_t)64 << 10)
#define WEBSOCKET_HANDSHAKE_MAX ((size_t)16 << 10)

/* The header of the HTTP request or response that opens a WebSocket. */
struct websocket_handshake {
	size_t header_len;  /* frames begin behind it */
	bool is_response;   /* status 101; else the request */
	bool is_sip;	    /* Sec-WebSocket-Protocol names sip */
	bool is_compressed; /* permessage-deflate is offered, in a response: agreed on */
};

/* Reads the first bytes of a direction.
 * PARSE_OK       an upgrade to websocket (RFC 6455 4.1 and 4.2.2)
 * PARSE_PARTIAL  it may become one: the header is not complete
 * PARSE_BAD      something else, or a header above WEBSOCKET_HANDSHAKE_MAX */
enum parse_result websocket_handshake_parse(struct slice bytes, struct websocket_handshake *out);

/* Whether bytes are a frame that carries the start of a SIP message: how a WebSocket is recognised whose
 * handshake was missed, and where reading goes on behind a gap. */
enum parse_result websocket_frame_check(struct slice bytes);

struct websocket_counters {
	uint64_t messages;
	uint64_t control;    /* close, ping, pong */
	uint64_t compressed; /* messages not understood */
	uint64_t oversized;  /* messages not read */
	uint64_t broken;     /* directions given up, and messages whose beginning is missing */
};

struct websocket_handlers {
	/* A whole message, unmasked, valid for the length of the call. */
	void (*message)(void *ctx, struct slice message, bool is_text);
	void *ctx;
};

/* Room to unmask in; one for all directions of a thread. */
struct websocket_work {
	struct websocket_counters counters;
	uint8_t bytes[WEBSOCKET_MESSAGE_MAX];
};

/* One direction. */
struct websocket {
	uint64_t skip; /* bytes of a frame that is not read */
	uint8_t *held; /* fragments of an incomplete message */
	uint32_t held_len, held_size;
	bool in_message; /* fragments of a message came and its end did not */
	bool is_text;
	bool is_unwanted; /* the message is compressed or oversized */
	bool is_lost;	  /* bytes are missing: looking for a frame that is surely one */
	bool is_over;	  /* close was seen, or what comes is no WebSocket: the rest is nothing to read */
};

/* Reads as many frames as there are and calls back for each complete message. Returns how many bytes were
 * read; the caller gives the rest again in front of what comes next. Only a whole frame is read, so the
 * caller has to be able to keep WEBSOCKET_MESSAGE_MAX + 14 bytes; of larger frames nothing is kept. */
size_t websocket_feed(struct websocket *w, struct websocket_work *work, struct slice bytes,
		      const struct websocket_handlers *handlers);
/* Bytes were lost before those that come next. */
void websocket_gap(struct websocket *w);
/* Releases what is held; a zeroed one is fine. */
void websocket_fini(struct websocket *w);

#endif
