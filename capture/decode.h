/* SPDX-License-Identifier: MIT */
#ifndef CAPTURE_DECODE_H
#define CAPTURE_DECODE_H

#include "capture/frame.h"

/* capture/decode.h - from a frame to transport payload: link layer (link.h), tunnels (tunnel.h), IP (ip.h),
 * fragments (defrag.h), mirror duplicates (duplicate.h), UDP and TCP headers, ICMP errors.
 *
 * Life: decoder_new, decoder_feed for every frame in order of time, decoder_flush at the end, decoder_free.
 *
 * Memory: fragments and the memory for mirror duplicates are bounded by the options.
 *
 * A datagram with a fragment missing is delivered twice when the fragment is late: after fragment_patience_us
 * the start of it, marked cut, with the frame of its first fragment (its bytes gone, its time that much in
 * the past), and all of it when the rest arrives within fragment_timeout_us. Captures filtered by port hold
 * nothing but first fragments.
 *
 * Checksums are not verified: what a host sends, and what a mirror on a host sees, is captured before the
 * card fills them in.
 *
 * Mirror duplicates are taken out for UDP, ICMP and fragments. TCP segments are not looked at: the same
 * segment again is a retransmission for the reassembler, and harmless. Nor are UDP
 * payloads that start like RTP (first two bits 10): most packets of a mirror, never SIP, STUN or DNS, and
 * nothing counts them. Those that nobody waits for (wants_media) leave before anything else is read. */

/* X(name, text): how the layers below the message broke their rules. The text is what users see and rules
 * match. */
#define CAPTURE_ANOMALIES(X)                                                                                 \
	X(FRAGMENT_OVERLAP, "fragment-overlap")                                                              \
	X(FRAGMENT_TINY, "fragment-tiny")                                                                    \
	X(TUNNEL_DEPTH, "tunnel-depth")                                                                      \
	X(UDP_LENGTH, "udp-length")                                                                          \
	X(TCP_OVERLAP, "tcp-overlap-conflict")                                                               \
	X(TCP_GAP, "tcp-gap")

enum capture_anomaly_bit {
#define X(name, text) CAPTURE_ANOMALY_BIT_##name,
	CAPTURE_ANOMALIES(X)
#undef X
	    CAPTURE_ANOMALY_COUNT
};
enum {
#define X(name, text) CAPTURE_ANOMALY_##name = 1 << CAPTURE_ANOMALY_BIT_##name,
	CAPTURE_ANOMALIES(X)
#undef X
};

struct decoder_options {
	unsigned max_depth;	      /* nested tunnels followed, default 6 */
	size_t max_fragment_bytes;    /* held for defragmentation in all, default 4 MiB */
	int64_t fragment_timeout_us;  /* default 30 s */
	int64_t fragment_patience_us; /* default 200 ms: what there is of a datagram by then is delivered,
					 cut; 0: never */
	size_t max_recent; /* packets remembered to recognise mirror duplicates, default 4096; 0: off */
	int64_t duplicate_window_us; /* default 100 ms: the same packet again within it is a mirror's copy */
	bool follow_tunnels;	     /* default true; tunnel.h says what a stranger can do with that */
	unsigned tunnel_share;	     /* default 25: per cent of the IP packets so far that must be tunnels for one to be opened. A mirror that
				      * delivers by tunnel, or an overlay, has many; a stranger who sends a forged one has few. 0: open all */
	uint64_t seed;		     /* of the hashes; changes no result, only who can aim at a collision */
};
extern const struct decoder_options decoder_defaults;

/* What is NULL is not called. */
struct decoder_handlers {
	void (*datagram)(void *ctx, const struct datagram *d);
	/* Is a datagram that starts like RTP worth anything between these ports? If not it is counted and left at once. NULL: all are. */
	bool (*wants_media)(void *ctx, uint16_t source_port, uint16_t destination_port);
	void (*segment)(void *ctx, const struct segment *s);
	void (*icmp_error)(void *ctx, const struct icmp_error *e);
	void *ctx;
};

/* Why a frame or packet led to nothing. X(name, text) */
#define DECODER_DROPS(X)                                                                                     \
	X(LINK_UNKNOWN, "link type not supported")                                                           \
	X(LINK_SHORT, "frame shorter than its link header")                                                  \
	X(NOT_IP, "not IP")                                                                                  \
	X(IP_BAD, "broken IP header")                                                                        \
	X(IP_OTHER, "IP protocol not followed")                                                              \
	X(UDP_BAD, "broken UDP header")                                                                      \
	X(TCP_BAD, "broken TCP header")                                                                      \
	X(DEPTH, "tunnels nested too deep")                                                                  \
	X(FRAGMENT_LOST, "fragments that never became whole")                                                \
	X(FRAGMENT_BAD, "broken fragments")                                                                  \
	X(TUNNEL_DOUBTED, "tunnels not opened, being few among other traffic") \
	X(DUPLICATE, "mirror duplicates")

enum decoder_drop {
#define X(name, text) DECODER_DROP_##name,
	DECODER_DROPS(X)
#undef X
	    DECODER_DROP_COUNT
};

/* fragments: that arrived; tunnels: headers opened. A tunnel that is nested too deep and came by UDP is
 * counted as DEPTH and delivered as the datagram it is, marked CAPTURE_ANOMALY_TUNNEL_DEPTH. */
struct decoder_counters {
	uint64_t frames, datagrams, segments, icmp_errors, fragments, tunnels;
	uint64_t drops[DECODER_DROP_COUNT];
};

struct decoder;
/* Options may be NULL: the defaults. NULL when memory ran out. */
struct decoder *decoder_new(const struct decoder_options *options, const struct decoder_handlers *handlers);
void decoder_free(struct decoder *d);
/* Calls zero or more handlers before it returns. Never fails: what cannot be read is counted. */
void decoder_feed(struct decoder *d, const struct frame *frame);
/* At the end of the input: delivers the starts of datagrams that still wait, and counts those as lost. */
void decoder_flush(struct decoder *d);
const struct decoder_counters *decoder_counters(const struct decoder *d);
const char *decoder_drop_text(enum decoder_drop drop);
const char *capture_anomaly_text(enum capture_anomaly_bit bit);

#endif
