/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/look.h"

#include "analyze/ruleset/engine_internal.h"
#include "analyze/ruleset/loud.h"

#include <stdlib.h>

struct looker {
	const struct program *program;
	uint64_t hash_seed;
	struct match_room room;
	loud_fn loud;
	uint64_t slots, exists; /* texts that have a slot, a bit for having a value */
	uint32_t slot_words[TEXT_FIELD_COUNT];
	const struct regex_table *tables[TEXT_FIELD_COUNT]; /* see text_matcher_table */
	uint64_t lengths[TEXT_FIELD_COUNT];		    /* see text_matcher_lengths; 0: no matcher */
	struct memo *memos[TEXT_FIELD_COUNT];		    /* for texts that are remembered */
};

static bool make_text(struct looker *l, unsigned field)
{
	const struct text_program *t = &l->program->texts[field];
	l->lengths[field] = t->matcher ? text_matcher_lengths(t->matcher) : 0;
	l->tables[field] = t->matcher ? text_matcher_table(t->matcher) : NULL;
	l->slots |= (uint64_t)(t->slot != NO_SLOT) << field;
	l->slot_words[field] = (uint32_t)l->program->bit_words + t->slot;
	l->exists |= (uint64_t)(t->exists != NO_BIT) << field;
	return !t->is_remembered || (l->memos[field] = memo_new());
}

struct looker *looker_new(const struct program *program, uint64_t hash_seed)
{
	struct looker *l = calloc(1, sizeof *l);
	if (!l)
		return NULL;
	l->program = program;
	l->hash_seed = hash_seed;
	l->loud = loud_of_this_machine();
	bool is_good = match_room_init(&l->room) == 0;
	for (unsigned f = 0; f < TEXT_FIELD_COUNT && is_good; f++)
		is_good = make_text(l, f);
	if (is_good)
		return l;
	looker_free(l);
	return NULL;
}

void looker_free(struct looker *l)
{
	if (!l)
		return;
	for (size_t f = 0; f < TEXT_FIELD_COUNT; f++)
		memo_free(l->memos[f]);
	match_room_fini(&l->room);
	free(l);
}

static void match_remembered(struct looker *l, unsigned field, struct slice text, uint64_t *digest)
{
	const struct text_program *t = &l->program->texts[field];
	struct memo *memo = l->memos[field];
	uint64_t hash = hash_bytes(text.ptr, text.len, l->hash_seed);
	const struct memo_entry *known = memo_find(memo, text, hash);
	if (known) {
		for (unsigned i = 0; i < known->bit_count; i++)
			bit_set(digest, t->first + known->bits[i]);
		return;
	}
	uint64_t gave_up = l->room.gave_up;
	text_matcher_run(t->matcher, text, digest, &l->room);
	if (!memo_is_resting(memo) && l->room.gave_up == gave_up)
		memo_keep(memo, text, hash, digest, t->first, t->end);
}

/* Most texts are done with when their length is known. */
static void match_texts(struct looker *l, const struct observation *o, uint64_t texts, uint64_t *digest)
{
	for (; texts; texts &= texts - 1) {
		unsigned field = (unsigned)__builtin_ctzll(texts);
		size_t len = o->text[field].len;
		if (!(l->lengths[field] >> (len < 63 ? len : 63) & 1))
			continue;
		if (l->tables[field])
			regex_table_run(l->tables[field], o->text[field], digest);
		else if (l->memos[field])
			match_remembered(l, field, o->text[field], digest);
		else
			text_matcher_run(l->program->texts[field].matcher, o->text[field], digest, &l->room);
	}
}

/* A text as a slot: never 0, which means absent. */
static void fill_text_slots(const struct looker *l, const struct observation *o, uint64_t texts,
			    uint64_t *digest)
{
	for (; texts; texts &= texts - 1) {
		unsigned field = (unsigned)__builtin_ctzll(texts);
		uint64_t hash = hash_bytes(o->text[field].ptr, o->text[field].len, l->hash_seed);
		digest[l->slot_words[field]] = hash ? hash : 1;
	}
}

static void look_texts(struct looker *l, const struct observation *o, uint64_t texts, uint64_t *digest)
{
	for (uint64_t left = texts & l->exists; left; left &= left - 1)
		bit_set(digest, l->program->texts[__builtin_ctzll(left)].exists);
	fill_text_slots(l, o, texts & l->slots, digest);
	match_texts(l, o, texts, digest);
}

static void look_number(const struct number_program *n, int64_t number, uint64_t *digest)
{
	unsigned band;
	if ((uint64_t)number < SMALL_NUMBERS)
		band = n->band_of_small[number];
	else
		band = number_band_from(n, number < 0 ? 0 : n->band_of_small[SMALL_NUMBERS - 1], number);
	digest[n->word] |= n->said[band];
}

/* Of a few, each is compared by itself: what was written a moment ago, one by one, can not be read at once without waiting. */
static void look_few_numbers(const struct looker *l, const struct observation *o, uint64_t numbers, uint64_t *digest)
{
	for (; numbers; numbers &= numbers - 1) {
		unsigned field = (unsigned)__builtin_ctzll(numbers);
		if (o->number[field] >= l->program->quiet_below[field])
			look_number(&l->program->numbers[field], o->number[field], digest);
	}
}

static bool are_few(uint64_t set)
{
	set &= set - 1;
	return !(set & (set - 1)); /* two at most */
}

static void look_numbers(const struct looker *l, const struct observation *o, uint64_t numbers,
			 uint64_t *digest)
{
	if (!are_few(numbers))
		numbers &= l->loud(o->number, l->program->quiet_below);
	look_few_numbers(l, o, numbers, digest);
}

/* A number as a slot: never 0, which means absent. */
static void fill_number_slots(const struct looker *l, const struct observation *o, uint64_t numbers,
			      uint64_t *digest)
{
	for (; numbers; numbers &= numbers - 1) {
		unsigned field = (unsigned)__builtin_ctzll(numbers);
		uint64_t slot = (uint64_t)o->number[field] ^ (uint64_t)1 << 63;
		digest[l->program->bit_words + l->program->numbers[field].slot] = slot ? slot : 1;
	}
}

void looker_look_choices(struct looker *l, const struct observation *o, enum field_when when, uint64_t *digest)
{
	const struct look_program *at = &l->program->looks[when];
	for (size_t i = 0; i < at->choice_count; i++) {
		const struct choice_program *c = &at->choices[i];
		digest[c->word] |= c->said[o->choice[c->field]];
	}
	if (!at->has_choice_slots)
		return;
	for (size_t i = 0; i < at->choice_count; i++) {
		const struct choice_program *c = &at->choices[i];
		if (c->slot != NO_SLOT)
			digest[l->program->bit_words + c->slot] = o->choice[c->field];
	}
}

static bool is_in_ranges(const struct network_program *n, const struct addr *a)
{
	size_t low = 0, high = n->count; /* the first range that begins behind a */
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (addr_is_before(a, &n->ranges[middle].first))
			high = middle;
		else
			low = middle + 1;
	}
	return low > 0 && !addr_is_before(&n->ranges[low - 1].last, a);
}

static void look_addresses(const struct look_program *look, const struct observation *o, uint64_t *digest)
{
	for (size_t i = 0; i < look->address_count; i++)
		if (!addr_is_none(&o->address[look->addresses[i].field]))
			bit_set(digest, look->addresses[i].bit);
	for (size_t i = 0; i < look->network_count; i++) {
		const struct addr *a = &o->address[look->networks[i].field];
		if (is_in_ranges(&look->networks[i], a) && !addr_is_none(a))
			bit_set(digest, look->networks[i].bit);
	}
}

/* A bit like the answers themselves, so that whoever copies these copies it, too: what is counted does not
 * depend on who remembers what. */
static void note_limits(const struct looker *l, uint64_t gave_up_before, uint64_t *digest)
{
	if (l->room.gave_up != gave_up_before)
		bit_set(digest, l->program->gave_up);
}

void looker_look_values(struct looker *l, const struct observation *o, enum field_when when, uint64_t texts,
			uint64_t numbers, uint64_t *digest)
{
	const struct look_program *at = &l->program->looks[when];
	uint64_t gave_up = l->room.gave_up;
	look_texts(l, o, o->has_text & at->texts & texts, digest);
	note_limits(l, gave_up, digest);
	numbers &= o->has_number & at->numbers;
	if (!numbers)
		return;
	fill_number_slots(l, o, numbers & at->number_slots, digest);
	look_numbers(l, o, numbers, digest);
}

void looker_look_rest(struct looker *l, const struct observation *o, enum field_when when, uint64_t *digest)
{
	const struct look_program *at = &l->program->looks[when];
	uint64_t gave_up = l->room.gave_up;
	look_addresses(at, o, digest);
	if (o->anomalies)
		for (size_t i = 0; i < at->anomaly_count; i++)
			if (o->anomalies & at->anomalies[i].anomalies)
				bit_set(digest, at->anomalies[i].bit);
	for (size_t i = 0; i < at->other_count; i++) {
		const struct other_test *t = &at->others[i];
		if (!(t->texts & ~o->has_text) && predicate_holds(t->predicate, o, &l->room))
			bit_set(digest, t->predicate->bit);
	}
	note_limits(l, gave_up, digest);
}

void looker_look(struct looker *l, const struct observation *o, enum field_when when, uint64_t *digest)
{
	looker_look_values(l, o, when, UINT64_MAX, UINT64_MAX, digest);
	looker_look_choices(l, o, when, digest);
	looker_look_rest(l, o, when, digest);
}
