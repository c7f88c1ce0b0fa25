/* SPDX-License-Identifier: MIT */
#include "capture/duplicate.h"

#include "capture/frame.h"
#include "core/hash.h"

#include <errno.h>
#include <stdlib.h>

#define WAYS	    4
#define BLOCK	    64
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
	*d = (struct duplicates){ .window_us = window_us, .seed = seed };
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

static uint64_t load64(const uint8_t *p)
{
	uint64_t v;
	memcpy(&v, p, 8);
	return v;
}

struct lanes {
	uint64_t a, b, c, d, key;
};

static inline void add_block(struct lanes *l, const uint8_t *p)
{
	l->a = hash_mix(load64(p) ^ l->key, load64(p + 8) ^ l->a);
	l->b = hash_mix(load64(p + 16) ^ l->key, load64(p + 24) ^ l->b);
	l->c = hash_mix(load64(p + 32) ^ l->key, load64(p + 40) ^ l->c);
	l->d = hash_mix(load64(p + 48) ^ l->key, load64(p + 56) ^ l->d);
}

/* hash_bytes waits for one multiplication after the other; four independent chains take a SIP message in a
 * third of the time. The last block overlaps the one before it. */
static uint64_t hash_payload(struct slice s, uint64_t seed)
{
	if (s.len < BLOCK)
		return hash_u64(hash_bytes(s.ptr, s.len, seed),
				seed); /* one round more: the low bits pick the set */
	struct lanes l = { seed ^ 0xa0761d6478bd642fu, seed ^ 0xe7037ed1a0b428dbu, seed ^ 0x8ebc6af09c88c6e3u,
			   seed ^ 0x589965cc75374cc3u, hash_u64(s.len, seed) };
	for (size_t at = 0; at + BLOCK < s.len; at += BLOCK)
		add_block(&l, s.ptr + at);
	add_block(&l, s.ptr + s.len - BLOCK);
	return hash_mix(hash_mix(l.a, l.b ^ l.key), hash_mix(l.c, l.d ^ l.key) ^ l.key);
}

static uint64_t print_of(const struct duplicates *d, const struct ip_packet *p)
{
	struct slice data = p->payload;
	uint64_t udp = 0; /* ports and length, which decides what is payload; not the checksum */
	if (p->protocol == PROTO_UDP && !p->is_fragment && data.len >= 8) {
		memcpy(&udp, data.ptr, 6);
		data = slice_from(data, 8);
	}
	uint64_t which = (uint64_t)p->id << 32 | p->wire_len;
	uint64_t part = (uint64_t)p->protocol << 32 | (uint64_t)p->more_fragments << 16 | p->fragment_offset;
	uint64_t h = hash_addr(&p->destination, hash_addr(&p->source, d->seed));
	h = hash_mix(which ^ 0x2d358dccaa6c78a5u, h ^ udp);
	h = hash_u64(part, h);
	return hash_payload(data, h) & ~COPIES_MASK;
}

bool duplicates_seen(struct duplicates *d, int64_t now_us, const struct ip_packet *packet)
{
	if (!d->sets)
		return false;
	uint64_t print = print_of(d, packet);
	int64_t window = d->window_us;
	if (packet->id == 0 && window > DUPLICATE_NO_ID_WINDOW_US)
		window = DUPLICATE_NO_ID_WINDOW_US;
	struct recent *ways = d->sets[(print >> 2) & d->set_mask].ways, *oldest = ways;
	for (unsigned i = 0; i < WAYS; i++) {
		struct recent *r = &ways[i];
		if (r->print && (r->print & ~COPIES_MASK) == print) {
			int64_t age = now_us - r->time_us;
			if (age <= window && age >= -window &&
			    (r->print & COPIES_MASK) < DUPLICATE_COPIES_MAX) {
				r->print++;
				return true;
			}
			oldest = r;
			break;
		}
		if (oldest->print && (!r->print || r->time_us < oldest->time_us))
			oldest = r;
	}
	*oldest = (struct recent){ print, now_us };
	return false;
}
