/* SPDX-License-Identifier: MIT */
#ifndef CAPTURE_HEP_STREAMS_H
#define CAPTURE_HEP_STREAMS_H

#include "capture/udp_listener.h"
#include "core/slice.h"

#include <poll.h>

/* capture/hep_streams.h - HEP over TCP: accepts agents' connections and cuts what they send into packets. Seen by input_hep.c only.
 *
 * Bounded: at most `max` connections of HEP_PACKET_MAX bytes each. When one more comes, the least useful goes: first one that never
 * sent a packet which was accepted, of those the one that was silent the longest. So strangers can not push agents out as long as a
 * key is asked for. */

/* What the owner of the packets says to one. */
enum hep_reception { HEP_WELCOME, HEP_IGNORED, HEP_REFUSED /* close the connection */ };

struct hep_streams_handlers {
	enum hep_reception (*packet)(void *ctx, struct slice packet, const struct addr *peer);
	void (*unframed)(void *ctx); /* the stream is no HEP; it is closed */
	void *ctx;
};

struct hep_streams;

int hep_streams_new(struct hep_streams **out, const struct listen_address *at, size_t max, const struct hep_streams_handlers *handlers,
		    struct error *err);
void hep_streams_free(struct hep_streams *s);
/* As struct input_live_ops. */
size_t hep_streams_fds(struct hep_streams *s, struct pollfd *fds, size_t room);
/* Reads what there is, at most one buffer of each connection. */
void hep_streams_read(struct hep_streams *s);
/* Connections that were closed to make room. */
uint64_t hep_streams_evicted(const struct hep_streams *s);

#endif
