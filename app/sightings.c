/* SPDX-License-Identifier: MIT */
#include "app/sightings.h"

#include "analyze/event.h"
#include "core/hash.h"

#include <stdlib.h>

#define RECENT	 16384 /* power of two */
#define FINGERPRINT_MAX 128
#define AGAIN_US ((int64_t)STORE_SHARE_KEEP_S * 1000000 / 2)

struct sightings {
	/* Told lately; another one of the same slot takes its place, and then a sighting is told twice, which changes nothing. */
	struct {
		uint64_t hash;
		int64_t time_us;
	} recent[RECENT];
	struct store_share waiting[SIGHTINGS_AT_ONCE];
	char fingerprints[SIGHTINGS_AT_ONCE][FINGERPRINT_MAX];
	size_t count;
};

struct sightings *sightings_new(void)
{
	return calloc(1, sizeof(struct sightings));
}

void sightings_free(struct sightings *s)
{
	free(s);
}

/* Of software that is no phone: what many honest ones have in common must not make a campaign of them. */
static const char *fingerprint_of(const struct observation *o, char room[FINGERPRINT_MAX])
{
	struct slice text = observation_text(o, TEXT_FINGERPRINT);
	if (text.len == 0 || text.len >= FINGERPRINT_MAX || !o->attack)
		return NULL;
	memcpy(room, text.ptr, text.len);
	room[text.len] = 0;
	return room;
}

static void add(struct sightings *s, const struct observation *o, enum store_share_kind kind, struct slice member_text)
{
	const struct addr *actor = &o->address[ADDRESS_SOURCE_IP];
	uint64_t member = store_share_member(member_text);
	uint64_t hash = hash_u64(member ^ (uint64_t)kind, hash_addr(actor, 0));
	int64_t since_us = o->time_us - s->recent[hash % RECENT].time_us;
	if (s->count == SIGHTINGS_AT_ONCE || (s->recent[hash % RECENT].hash == hash && since_us >= 0 && since_us < AGAIN_US))
		return;
	s->recent[hash % RECENT].hash = hash;
	s->recent[hash % RECENT].time_us = o->time_us;
	s->waiting[s->count] = (struct store_share){ *actor, kind, member, o->time_us, (enum proof)o->choice[CHOICE_PROOF],
						     fingerprint_of(o, s->fingerprints[s->count]) };
	s->count++;
}

/* Is it somebody's business to ask for this? */
static bool is_business(const struct observation *o)
{
	return o->choice[CHOICE_SOLICITED] == FLAG_TRUE || o->choice[CHOICE_PEER] == FLAG_TRUE ||
	       outcome_is_success((enum outcome)o->choice[CHOICE_OUTCOME]);
}

void sightings_observe(struct sightings *s, const struct observation *o)
{
	char text[ADDR_TEXT_MAX];
	const struct addr *target = &o->address[ADDRESS_DESTINATION_IP];
	if (is_business(o) || addr_is_none(&o->address[ADDRESS_SOURCE_IP]))
		return;
	if (!addr_is_none(target))
		add(s, o, STORE_SHARE_TARGET, slice_str(addr_text(target, text)));
	struct slice account = observation_text(o, TEXT_ACCOUNT);
	if (account.len)
		add(s, o, STORE_SHARE_ACCOUNT, account);
}

int sightings_flush(struct sightings *s, struct store *store, size_t *count, struct error *err)
{
	int bad = s->count ? store_share_add(store, s->waiting, s->count, err) : 0;
	*count = bad ? 0 : s->count;
	s->count = 0;
	return bad;
}
