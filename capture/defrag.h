/* SPDX-License-Identifier: MIT */
#ifndef CAPTURE_DEFRAG_H
#define CAPTURE_DEFRAG_H

#include "capture/frame.h"
#include "capture/ip.h"

/* capture/defrag.h - IP fragments put together, IPv4 (RFC 815) and IPv6 (RFC 8200 4.5).
 *
 * Life: defrag_new; for each frame defrag_next_head until there is none, defrag_feed with its fragments,
 * defrag_release; at the end defrag_next_head with INT64_MAX and defrag_flush; defrag_free.
 *
 * Policy where fragments disagree: the byte that arrived first wins, as for TCP. Linux instead throws away a
 * datagram with overlapping fragments (IPv6 since RFC 5722, IPv4 since 2018), older systems keep the first or
 * the last byte. So what the receiver read is not known; the datagram is delivered and marked
 * CAPTURE_ANOMALY_FRAGMENT_OVERLAP, for whoever sends such a thing wants to slip past somebody. Fragments
 * sent again with the same bytes are no overlap. A fragment behind the end that the last fragment stated, or
 * an end before bytes that were already there, is an overlap too. A first fragment too small for the
 * transport header and eight bytes is marked CAPTURE_ANOMALY_FRAGMENT_TINY.
 *
 * Captures made with a port filter hold first fragments only, for the others carry no ports. So when a
 * datagram is not whole after patience_us, the unbroken part from its start is handed out once as a head,
 * cut; it goes on waiting, and if the rest arrives in time the whole follows. A head that disagrees with a
 * later first fragment makes way for it.
 *
 * Memory: max_bytes for pages of DEFRAG_PAGE bytes and one entry for each datagram, taken in steps as needed;
 * at the bound the datagram that waited longest goes. Beside it DEFRAG_HEADS_MAX notes of 64 bytes (more
 * first fragments within patience_us give no head), and up to DEFRAG_NEST_MAX buffers of 64 KiB for what is
 * handed out. */

#define DEFRAG_PAGE	 1024
#define DEFRAG_NEST_MAX	 8
#define DEFRAG_HEADS_MAX 1024

struct defrag_config {
	size_t max_bytes;
	int64_t timeout_us;  /* from the first fragment that arrived */
	int64_t patience_us; /* until a head is handed out; 0: never */
	uint64_t seed;
};

enum defrag_result {
	DEFRAG_HELD,  /* copied; not whole yet */
	DEFRAG_WHOLE, /* *packet is the whole packet */
	DEFRAG_BAD,   /* length or offset that no packet can have */
};

struct defrag;
/* NULL when memory ran out. */
struct defrag *defrag_new(const struct defrag_config *config);
void defrag_free(struct defrag *d);

/* `packet` is a fragment (is_fragment). On DEFRAG_WHOLE its payload is that of the whole packet (borrowed
 * until defrag_release; shorter than wire_len when the capture cut a fragment: then it ends where the first
 * missing byte is), protocol is that of the first fragment, and *anomalies has the marks added. The extension
 * headers of an IPv6 payload are still to be followed (ip_follow_extensions). */
enum defrag_result defrag_feed(struct defrag *d, const struct frame *frame, struct ip_packet *packet,
			       capture_anomalies *anomalies);

/* The start of a datagram whose rest has not come. */
struct defrag_head {
	struct ip_packet packet; /* wire_len is 65535 when the end is not known */
	struct frame frame;	 /* of the first fragment; its bytes are gone (length 0) */
	capture_anomalies anomalies;
};

/* The next head that is due; false: none. The payload is borrowed until defrag_release. Costs a call and one
 * comparison when nothing is due. */
bool defrag_next_head(struct defrag *d, int64_t now_us, struct defrag_head *out);
/* What was handed out is no longer used. */
void defrag_release(struct defrag *d);
/* Gives up on everything that is incomplete (end of the input). */
void defrag_flush(struct defrag *d);

/* Datagrams given up: timed out, pushed out by the bound, or flushed. */
uint64_t defrag_lost(const struct defrag *d);
/* Bytes allocated now, buffers that are handed out included. */
size_t defrag_memory(const struct defrag *d);

#endif
