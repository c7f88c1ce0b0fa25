/* SPDX-License-Identifier: MIT */
#ifndef APP_MEDIA_OFFERS_H
#define APP_MEDIA_OFFERS_H

#include "core/slice.h"

/* app/media_offers.h - ports that messages which still wait to be read may offer for media. Most packets of a mirror are RTP; only those
 * to a port that somebody offered need to be told to the analyzer, and it does not know yet of offers that wait.
 * May say yes for more ports than were offered, never no for one that was. Memory: 8 KiB. */

#define MEDIA_OFFER_SLOTS 1024

struct media_offers {
	uint64_t until[MEDIA_OFFER_SLOTS]; /* ports that share a slot share its answer; 0: none */
};

static inline size_t media_offer_slot(uint32_t port)
{
	return port / 2 % MEDIA_OFFER_SLOTS; /* ports for RTP are even as a rule */
}

/* The message waits for batch number `place` of the queue (reading_queue.c) to be handed on, or for one before it. */
void media_offers_note(struct media_offers *o, struct slice message, uint64_t place);

/* All batches up to number `done` have been handed on. */
static inline bool media_offers_has(const struct media_offers *o, uint16_t port, uint64_t done)
{
	return o->until[media_offer_slot(port)] > done;
}

#endif
