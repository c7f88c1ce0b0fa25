/* SPDX-License-Identifier: MIT */
#include "capture/duplicate.h"

#include "capture/frame.h"
#include "core/load.h"

#include <errno.h>
#include <stdlib.h>

#define WAYS	    4
#define COPIES_MASK ((uint64_t)3)

/* print: hash of the packet, the low two bits count the copies; 0: empty. One cache line a set. */
struct recent {
	uint64_t print;
	int64_t time_us;
};

struct duplicate_set {
	struct recent ways[WAYS];
};

int duplicates_init(struct duplicates *d, size_t max_recent, int64_t window_us, uint64_t seed)
{
	*d = (struct duplicates){ .window_us = window_us };
	bulk_key_init(&d->key, seed);
	if (max_recent == 0)
		return 0;
	size_t sets = 1;
	while (sets * WAYS < 2 * max_recent) /* half full: chance seldom puts a fifth packet into one set */
		sets *= 2;
	d->sets = aligned_alloc(64, sets * sizeof *d->sets);
	if (!d->sets)
		return -ENOMEM;
	memset(d->sets, 0, sets * sizeof *d->sets);
	d->set_mask = sets - 1;
	return 0;
}

void duplicates_fini(struct duplicates *d)
{
	free(d->sets);
	*d = (struct duplicates){ 0 };
}

/* Ports and length, which decides what is payload; not the checksum. */
static uint64_t udp_header(const uint8_t *h)
{
	return (uint64_t)load_be32(h) << 16 | load_be16(h + 4);
}

static uint64_t hash_ends(const struct bulk_key *key, const struct ip_packet *p)
{
	const uint8_t *a = p->source.bytes, *b = p->destination.bytes;
	return hash_mix(load_u64(a) ^ key->words[0], load_u64(a + 8) ^ key->words[1]) +
	       hash_mix(load_u64(b) ^ key->words[2], load_u64(b + 8) ^ key->words[3]);
}

static uint64_t print_of(const struct duplicates *d, const struct ip_packet *p)
{
	struct slice data = p->payload;
	uint64_t which = (uint64_t)p->id << 32 | p->wire_len, udp = 0;
	uint64_t part = (uint64_t)p->more_fragments << 16 | p->fragment_offset;
	if (p->protocol == PROTO_UDP && !p->is_fragment && data.len >= 8) {
		udp = udp_header(data.ptr) << 16;
		data = slice_from(data, 8);
	}
	/* Only what is no fragment has ports. */
	uint64_t h = hash_mix(which ^ (uint64_t)p->protocol << 56 ^ d->key.words[4], (udp | part) ^ d->key.words[5]);
	return bulk_hash(&d->key, data.ptr, data.len, h + hash_ends(&d->key, p)) & ~COPIES_MASK;
}

/* The empty, or else the one that was seen first. Without branches, since nobody could foretell them. */
static struct recent *oldest_of(struct recent ways[WAYS])
{
	struct recent *oldest = ways;
	int64_t oldest_us = ways->print ? ways->time_us : INT64_MIN;
	for (unsigned i = 1; i < WAYS; i++) {
		int64_t time_us = ways[i].print ? ways[i].time_us : INT64_MIN;
		bool is_older = time_us < oldest_us;
		oldest = is_older ? &ways[i] : oldest;
		oldest_us = is_older ? time_us : oldest_us;
	}
	return oldest;
}

static struct recent *find(struct recent ways[WAYS], uint64_t print)
{
	for (unsigned i = 0; i < WAYS; i++)
		if ((ways[i].print & ~COPIES_MASK) == print && ways[i].print)
			return &ways[i];
	return NULL;
}

bool duplicates_seen(struct duplicates *d, int64_t now_us, const struct ip_packet *packet)
{
	if (!d->sets)
		return false;
	uint64_t print = print_of(d, packet);
	int64_t window = d->window_us;
	if (packet->id == 0 && window > DUPLICATE_NO_ID_WINDOW_US)
		window = DUPLICATE_NO_ID_WINDOW_US;
	struct recent *ways = d->sets[(print >> 2) & d->set_mask].ways, *r = find(ways, print);
	if (!r)
		r = oldest_of(ways);
	else if (now_us - r->time_us <= window && now_us - r->time_us >= -window && (r->print & COPIES_MASK) < DUPLICATE_COPIES_MAX)
		return r->print++, true;
	*r = (struct recent){ print, now_us };
	return false;
}
