/* SPDX-License-Identifier: MIT */
#include "capture/duplicate.h"

#include "capture/frame.h"
#include "core/hash.h"

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
	*d = (struct duplicates){ .window_us = window_us, .seed = seed };
	if (max_recent == 0)
		return 0;
	size_t sets = 1;
	while (sets * WAYS < max_recent)
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

/* hash_bytes waits for one multiplication after the other; four independent chains take a SIP message in a third
 * of the time. */
static uint64_t hash_long(const uint8_t *p, size_t len, uint64_t seed)
{
	uint64_t a = seed ^ 0xa0761d6478bd642fu, b = seed ^ 0xe7037ed1a0b428dbu;
	uint64_t c = seed ^ 0x8ebc6af09c88c6e3u, d = seed ^ 0x589965cc75374cc3u;
	const uint64_t key = hash_u64(len, seed) | 1;
	for (; len >= 64; len -= 64, p += 64) {
		a = hash_mix(load64(p) ^ key, load64(p + 8) ^ a);
		b = hash_mix(load64(p + 16) ^ key, load64(p + 24) ^ b);
		c = hash_mix(load64(p + 32) ^ key, load64(p + 40) ^ c);
		d = hash_mix(load64(p + 48) ^ key, load64(p + 56) ^ d);
	}
	return hash_bytes(p, len, hash_mix(a ^ key, b) ^ hash_mix(c ^ key, d));
}

static uint64_t print_of(const struct duplicates *d, const struct ip_packet *p)
{
	struct slice data = p->payload;
	uint64_t ports = 0;
	if (p->protocol == PROTO_UDP && !p->is_fragment && data.len >= 8) {
		ports = load64(data.ptr) & 0xffffffff;
		if (load64((const uint8_t[8]){ 1 }) != 1)
			ports = load64(data.ptr) >> 32;
		data = slice_from(data, 8);
	}
	uint64_t shape = (uint64_t)p->id << 32 ^ (uint64_t)p->wire_len << 8 ^ p->protocol ^
			 (uint64_t)p->fragment_offset << 40 ^ (uint64_t)p->more_fragments << 63;
	uint64_t h = hash_addr(&p->source, d->seed);
	h = hash_addr(&p->destination, h);
	h = hash_mix(shape ^ 0x2d358dccaa6c78a5u, h ^ ports);
	return hash_long(data.ptr, data.len, h) & ~COPIES_MASK;
}

bool duplicates_seen(struct duplicates *d, int64_t now_us, const struct ip_packet *packet)
{
	if (!d->sets)
		return false;
	uint64_t print = print_of(d, packet);
	int64_t window = d->window_us;
	if (packet->id == 0 && window > DUPLICATE_NO_ID_WINDOW_US)
		window = DUPLICATE_NO_ID_WINDOW_US;
	struct recent *ways = d->sets[(print >> 20) & d->set_mask].ways, *oldest = ways;
	for (unsigned i = 0; i < WAYS; i++) {
		struct recent *r = &ways[i];
		if ((r->print & ~COPIES_MASK) == print && r->print) {
			int64_t age = now_us - r->time_us;
			if (age <= window && age >= -window && (r->print & COPIES_MASK) < DUPLICATE_COPIES_MAX) {
				r->print++;
				return true;
			}
			oldest = r;
			break;
		}
		if (r->time_us < oldest->time_us)
			oldest = r;
	}
	*oldest = (struct recent){ print, now_us };
	return false;
}
