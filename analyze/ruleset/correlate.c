/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/engine_internal.h"

#include "analyze/ruleset/group.h"

#include <stdlib.h>

/* The windows of correlations: which one an observation belongs to, and whom to tell when its condition
 * holds. What a window remembers is window.c's work. */

struct correlating {
	struct judging *j;
	const struct counter *counter;
	const struct group_key *key;
	struct evidence_list evidence;
};

/* The two 64-bit halves of a part of a key; false: absent. */
static bool part_of(const struct value_source *s, const struct judging *j, uint64_t half[2])
{
	if (s->is_address) {
		memcpy(half, j->o->address[s->index].bytes, 16);
		return half[0] | half[1];
	}
	half[0] = j->digest[j->engine->program->bit_words + s->index];
	half[1] = 0;
	return half[0] != 0;
}

/* A single address is the key itself, so that actors are told apart by their bytes. An observation without
 * one of the values belongs to no group: "no fingerprint" is nothing that actors have in common. */
static bool key_of(const struct judging *j, const struct counter *counter, size_t base, struct group_key *key)
{
	size_t count = counter->correlation->group_count;
	const struct value_source *sources = counter->groups + base * count;
	uint64_t half[2];
	*key = (struct group_key){ .set = counter->set };
	for (size_t i = 0; i < count; i++) {
		if (!part_of(&sources[i], j, half))
			return false;
		if (count == 1) {
			key->a = half[0];
			key->b = half[1];
		} else {
			key->a =
			    hash_mix(key->a ^ half[0] ^ 0x9e3779b97f4a7c15u, half[1] ^ 0xd6e8feb86659fd93u);
			key->b = hash_mix(key->b ^ half[0] ^ 0xa0761d6478bd642fu,
					  half[1] ^ 0xe7037ed1a0b428dbu ^ i);
		}
	}
	return true;
}

/* What is counted or summed. */
static bool value_of(const struct judging *j, const struct counter *counter, size_t base,
		     struct window_event *event)
{
	const struct correlation *c = counter->correlation;
	const struct value_source *sources = counter->values + base * c->value_count;
	uint64_t half[2];
	event->value = 0;
	for (size_t i = 0; i < c->value_count; i++) {
		if (!part_of(&sources[i], j, half))
			return false;
		if (c->type >= CORRELATION_VALUE_SUM)
			event->number = (int64_t)(half[0] ^ (uint64_t)1 << 63);
		event->value = c->value_count == 1 && half[1] == 0
				   ? half[0]
				   : hash_mix(event->value ^ half[0] ^ 0x9e3779b97f4a7c15u,
					      half[1] ^ 0xd6e8feb86659fd93u ^ i);
	}
	return true;
}

static void tell(struct correlating *x, const struct addr *actor, int64_t first_us, uint64_t count,
		 bool again)
{
	const struct observation *o = x->j->o;
	const struct firing firing = {
		.rule = x->counter->rule,
		.actor = *actor,
		.time_us = o->time_us,
		.first_us = first_us,
		.count = count,
		.group = hash_u64(x->key->a, x->key->b),
		.again = again,
		.evidence = x->evidence.items,
		.evidence_count = evidence_list_count(&x->evidence),
	};
	if (x->j->fire && x->counter->rule->alerts)
		x->j->fire(x->j->ctx, &firing, o);
}

static void only_this(struct correlating *x)
{
	x->evidence = (struct evidence_list){ 0 };
	evidence_list_add(&x->evidence, &(struct evidence){ x->j->o->time_us, x->j->o->place });
}

static bool fire_single(struct correlating *x, struct window *w)
{
	bool again = w->has_fired && x->j->o->known_us - w->fired_us < x->counter->correlation->span_us;
	if (again) {
		only_this(x);
	} else {
		x->evidence = (struct evidence_list){ 0 };
		window_evidence(w, x->counter, &x->evidence, &w->total);
		evidence_list_close(&x->evidence);
		w->first_us = x->evidence.items[0].time_us;
	}
	w->has_fired = true;
	w->fired_us = x->j->o->known_us;
	tell(x, &x->j->o->address[ADDRESS_SOURCE_IP], w->first_us, w->total, again);
	return again;
}

static void fire_actor(struct correlating *x, struct window *w, struct actor_note *actor, bool is_current)
{
	bool again = actor->has_fired;
	if (again && is_current)
		only_this(x);
	else
		actor_evidence(w, actor, &x->evidence);
	w->unfired -= !again;
	actor->has_fired = true;
	tell(x, &actor->addr, actor->first.time_us, actor->count, again);
}

/* Everybody who contributed and was not told of, then the actor of this observation. */
static bool fire_campaign(struct correlating *x, struct window *w)
{
	int64_t known_us;
	struct actor_note *current =
	    lru_set_find(&w->actors->all, window_actor_value(&x->j->o->address[ADDRESS_SOURCE_IP]));
	bool again = current && current->has_fired;
	if (w->unfired > (uint32_t)(current && !current->has_fired)) {
		again = false;
		for (struct actor_note *a = lru_set_oldest(&w->actors->all, &known_us); a;
		     a = lru_set_newer(&w->actors->all, a))
			if (!a->has_fired && a != current)
				fire_actor(x, w, a, false);
	}
	if (current)
		fire_actor(x, w, current, true);
	return again;
}

/* In the order of eviction, but those without windows would free nothing. An eighth goes at once, since this is a walk over all groups. */
static void hold_to_bytes(struct engine *e)
{
	const size_t most = e->options.max_window_bytes;
	if (e->window_bytes <= most)
		return;
	for (struct group *next, *g = table_oldest_of_all(&e->groups); g && e->window_bytes > most - most / 8; g = next) {
		next = table_younger(&e->groups, g);
		if (!g->is_open)
			continue;
		e->window_bytes -= group_bytes(g, e->program);
		group_release(g, e->program);
		table_remove(&e->groups, g);
		e->given_up++;
	}
}

/* Met once for all counters of its set. Others may have pushed it out meanwhile. */
static struct group *group_in(struct engine *e, struct hand *hand, bool *is_new)
{
	*is_new = false;
	if (hand->group)
		hand->group = table_recall(&e->groups, hand->group, &hand->key);
	if (!hand->group)
		hand->group = table_get_hashed(&e->groups, &hand->key, hand->hash, is_new);
	return hand->group;
}

/* Memory ran out for an event: it does not count. */
static bool give_up(struct engine *e)
{
	e->given_up++;
	return false;
}

/* Feeds what this counter remembers of the group with an observation that matched these bases. */
static bool feed(struct judging *j, const struct counter *counter, struct hand *hand, uint64_t bases,
		 size_t base, bool *again)
{
	struct engine *e = j->engine;
	const struct observation *o = j->o;
	const struct addr *actor = &o->address[ADDRESS_SOURCE_IP];
	struct window_event event = { .known_us = o->known_us,
				      .evidence = { o->time_us, o->place },
				      .bases = bases,
				      .is_unproven = o->choice[CHOICE_PROOF] == PROOF_NONE };
	bool is_new;
	if (!value_of(j, counter, base, &event))
		return false;
	hold_to_bytes(e);
	struct group *g = group_in(e, hand, &is_new);
	if (!g)
		return give_up(e);
	struct window *w = group_window(g, counter);
	if (!w && group_note(g, counter, e->program, &event, &e->window_bytes)) {
		if (is_new && event.is_unproven)
			table_touch(&e->groups, g); /* to the lowest class */
		return false;
	}
	size_t bytes = w ? window_bytes(w, counter) : 0;
	if (!w && !(w = group_open(g, counter)))
		return give_up(e);
	bool holds = window_add(w, counter, &event, actor);
	if (w->is_short)
		give_up(e);
	w->is_short = false;
	e->window_bytes += window_bytes(w, counter) - bytes;
	if (!holds)
		return false;
	struct correlating x = { .j = j, .counter = counter, .key = &hand->key };
	*again = counter->rule->is_campaign ? fire_campaign(&x, w) : fire_single(&x, w);
	return true;
}

static bool is_fed(const struct engine *e, const struct counter *counter, size_t base)
{
	return bit_is_set(counter->counts_repeats ? e->matched : e->fresh, counter->base_orders[base]);
}

static void take_in_hand(struct judging *j, const struct counter *counter, size_t base, struct hand *hand)
{
	hand->group = NULL;
	hand->has_key = key_of(j, counter, base, &hand->key);
	if (hand->has_key)
		hand->hash = table_hash(&j->engine->groups, &hand->key);
}

/* The group that counters of a set without aliases feed: the same for all of them. */
static struct hand *hand_of(struct judging *j, const struct counter *counter)
{
	struct engine *e = j->engine;
	struct hand *hand = &e->hands[counter->set];
	if (hand->judged != e->judged_count) {
		hand->judged = e->judged_count;
		take_in_hand(j, counter, 0, hand);
	}
	return hand;
}

void correlate_expect(struct judging *j, size_t set, enum table_step step)
{
	const struct program *p = j->engine->program;
	const struct hand *hand = hand_of(j, &p->counters[p->sets[set].counters[0]]);
	if (hand->has_key)
		table_expect(&j->engine->groups, hand->hash, step);
}

static bool feed_aliases(struct judging *j, const struct counter *counter, uint64_t fed, bool *again)
{
	const size_t count = counter->correlation->base_count;
	struct hand hand, other;
	bool fired = false;
	while (fed) {
		/* Each base has a key of its own, which may still be the same. */
		size_t base = (size_t)__builtin_ctzll(fed);
		uint64_t same = (uint64_t)1 << base;
		bool now_again = false;
		take_in_hand(j, counter, base, &hand);
		for (size_t b = base + 1; hand.has_key && b < count; b++)
			if (fed >> b & 1 && key_of(j, counter, b, &other.key) &&
			    memcmp(&hand.key, &other.key, GROUP_KEY_SIZE) == 0)
				same |= (uint64_t)1 << b;
		fed &= ~same;
		if (hand.has_key && feed(j, counter, &hand, same, base, &now_again)) {
			fired = true;
			*again = *again && now_again;
		}
	}
	return fired;
}

bool correlate(struct judging *j, const struct counter *counter, bool *again)
{
	const struct engine *e = j->engine;
	uint64_t fed = 0;
	*again = true;
	if (counter->filter != BRANCH_NO && branch_run(e->program->branches, counter->filter, j->digest))
		return false;
	for (size_t b = 0; b < counter->correlation->base_count; b++)
		fed |= (uint64_t)is_fed(e, counter, b) << b;
	if (!fed)
		return false;
	if (counter->has_aliases)
		return feed_aliases(j, counter, fed, again);
	struct hand *hand = hand_of(j, counter);
	return hand->has_key && feed(j, counter, hand, fed, (size_t)__builtin_ctzll(fed), again);
}
