/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_SIP_FRAMING_H
#define ANALYZE_SIP_FRAMING_H

#include "core/error.h"
#include "core/slice.h"

/* analyze/sip/framing.h - where a SIP message begins and ends: in a byte stream (RFC 3261 7.5 and 18.3,
 * keep-alives of RFC 5626 3.5.1) and in one datagram. Looks at the start line, the empty line and
 * Content-Length; the rest of the header is message.h's work. Allocates nothing. */

#define SIP_FRAME_HEADER_MAX ((size_t)64 << 10) /* start line to empty line; more is no SIP */
#define SIP_FRAME_BODY_MAX                                                                                   \
	((size_t)64 << 10) /* over UDP nothing larger exists, over TCP nobody was seen to send it */

/* How a message broke the rules of framing, a bit each. */
enum {
	SIP_FRAME_NO_LENGTH = 1 << 0,	    /* on a stream it is required; the body is taken as empty */
	SIP_FRAME_BAD_LENGTH = 1 << 1,	    /* no number, or above SIP_FRAME_BODY_MAX */
	SIP_FRAME_REPEATED_LENGTH = 1 << 2, /* the first one counts */
	SIP_FRAME_LENGTH_BEYOND = 1 << 3,   /* larger than what there is */
	SIP_FRAME_LENGTH_SHORT = 1 << 4,    /* a datagram has bytes behind the body */
	SIP_FRAME_NO_END = 1 << 5,	    /* the empty line is missing */
	SIP_FRAME_RESYNC = 1 << 6,	    /* bytes before it were no message; it may be part of a body */
};

struct sip_frame {
	size_t skip;	    /* bytes before the message: line ends, NUL bytes, garbage */
	size_t line_ends;   /* of these, line ends: a keep-alive ping is two, its pong is one */
	size_t garbage;	    /* of these, neither message nor keep-alive */
	size_t header_len;  /* start line up to and with the empty line */
	size_t message_len; /* header and body */
	uint32_t marks;	    /* SIP_FRAME_... */
};

/* What is remembered of one direction of a stream between two calls; all zero at its start. */
struct sip_framer {
	uint32_t scanned;	/* bytes at the front that need not be looked at again */
	uint32_t need : 28;	/* the message at the front has this many bytes; 0 while unknown */
	uint32_t in_header : 1; /* the front is a start line */
	uint32_t lost : 1;	/* looking for a start line */
	uint32_t inside : 1;	/* the front is not at the start of a line */
};

/* Whether bytes begin with a start line: `SIP/d.d ddd` or `token SP ... SP SIP/d.d`. White space at the end
 * of the line and inside of the Request-URI is broken and let pass (RFC 4475 3.1.2.5 and 3.1.2.9).
 * PARSE_PARTIAL: so far it looks so, the line has no end yet. */
enum parse_result sip_start_line_check(struct slice bytes);

/* The next message of a stream. `stream` begins where the previous call left: the caller drops out->skip
 * bytes, and on PARSE_OK out->message_len bytes behind them, and keeps the rest unchanged until the next
 * call.
 *   PARSE_OK       a message, at stream + out->skip
 *   PARSE_PARTIAL  no complete message; out->skip bytes are nevertheless done with
 * What is no message is skipped up to the next line that looks like a start line.
 * Linear over the life of a message, however small the pieces it comes in. */
enum parse_result sip_frame_next(struct sip_framer *f, struct slice stream, struct sip_frame *out);

/* Bytes were lost before those that come next, or the start of the stream was missed. */
void sip_framer_gap(struct sip_framer *f);

/* A datagram, which is one message or none (18.3); also the last bytes of a stream that ended within a
 * message.
 *   PARSE_OK   *out filled; a body shorter than Content-Length is marked, bytes behind it are left out
 *   PARSE_BAD  it does not begin with a start line; *out untouched */
enum parse_result sip_frame_datagram(struct slice datagram, struct sip_frame *out);

#endif
