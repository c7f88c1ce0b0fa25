/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/look.h"

#include "analyze/ruleset/engine_internal.h"

#include <stdlib.h>

struct looker {
	const struct program *program;
	uint64_t hash_seed;
	struct match_room room;
	uint64_t slots, exists; /* texts that have a slot, a bit for having a value */
	uint32_t slot_words[TEXT_FIELD_COUNT];
	const struct text_matcher *matchers[TEXT_FIELD_COUNT];
	uint64_t lengths[TEXT_FIELD_COUNT];   /* see text_matcher_lengths; 0: no matcher */
	struct memo *memos[TEXT_FIELD_COUNT]; /* for texts that are remembered */
};

static bool make_text(struct looker *l, unsigned field)
{
	const struct text_program *t = &l->program->texts[field];
	l->lengths[field] = t->matcher ? text_matcher_lengths(t->matcher) : 0;
	l->matchers[field] = t->matcher;
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

uint64_t looker_regex_limits(const struct looker *l)
{
	return l->room.gave_up;
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
	text_matcher_run(t->matcher, text, digest, &l->room);
	if (!memo_is_resting(memo))
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
		if (l->memos[field])
			match_remembered(l, field, o->text[field], digest);
		else
			text_matcher_run(l->matchers[field], o->text[field], digest, &l->room);
	}
}

/* A text as a slot: never 0, which means absent. */
static void fill_slots(const struct looker *l, const struct observation *o, uint64_t texts, uint64_t *digest)
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
	fill_slots(l, o, texts & l->slots, digest);
	match_texts(l, o, texts, digest);
}

/* A number as a slot: never 0, which means absent. */
static uint64_t slot_of_number(int64_t number)
{
	uint64_t slot = (uint64_t)number ^ (uint64_t)1 << 63;
	return slot ? slot : 1;
}

/* A measurement's place among thresholds can not be foretold, so no branches; and one write for all of a
 * field's bits. */
static void look_number(const struct looker *l, unsigned field, int64_t number, uint64_t *digest)
{
	const struct number_program *n = &l->program->numbers[field];
	uint64_t set = n->exists;
	if (number < n->quiet_below)
		return;
	for (size_t i = 0; i < n->at_least_count; i++)
		set |= (uint64_t)(number >= n->at_least[i].number) << n->at_least[i].offset;
	for (size_t i = 0; i < n->equal_count; i++)
		set |= (uint64_t)(number == n->equal[i].number) << n->equal[i].offset;
	uint64_t *word = digest + n->first / 64;
	unsigned shift = n->first % 64;
	if (set) {
		word[0] |= set << shift;
		if (shift && set >> (64 - shift))
			word[1] |= set >> (64 - shift);
	}
	if (n->slot != NO_SLOT)
		digest[l->program->bit_words + n->slot] = slot_of_number(number);
}

static void look_choice(const struct looker *l, const struct choice_program *c, unsigned word,
			uint64_t *digest)
{
	if (word == 0)
		return;
	const struct bit_list *list = &c->of_word[word];
	for (size_t i = 0; i < list->count; i++)
		bit_set(digest, list->bits[i]);
	if (c->slot != NO_SLOT)
		digest[l->program->bit_words + c->slot] = word;
}

static bool is_in_ranges(const struct network_program *n, const struct addr *a)
{
	size_t low = 0, high = n->count; /* the first range that begins behind a */
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (addr_cmp(&n->ranges[middle].first, a) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 && addr_cmp(a, &n->ranges[low - 1].last) <= 0;
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

void looker_look_values(struct looker *l, const struct observation *o, enum field_when when, uint64_t texts,
			uint64_t numbers, uint64_t *digest)
{
	const struct look_program *at = &l->program->looks[when];
	look_texts(l, o, o->has_text & at->texts & texts, digest);
	for (uint64_t left = o->has_number & at->numbers & numbers; left; left &= left - 1) {
		unsigned field = (unsigned)__builtin_ctzll(left);
		look_number(l, field, o->number[field], digest);
	}
}

void looker_look_rest(struct looker *l, const struct observation *o, enum field_when when, uint64_t *digest)
{
	const struct look_program *at = &l->program->looks[when];
	for (size_t i = 0; i < at->choice_count; i++)
		look_choice(l, &at->choices[i], o->choice[at->choices[i].field], digest);
	look_addresses(at, o, digest);
	if (o->anomalies)
		for (size_t i = 0; i < at->anomaly_count; i++)
			if (o->anomalies & at->anomalies[i].anomalies)
				bit_set(digest, at->anomalies[i].bit);
	for (size_t i = 0; i < at->other_count; i++) {
		const struct field *field = at->others[i]->field;
		bool is_absent = field->kind == FIELD_KIND_TEXT && !(o->has_text >> field->index & 1);
		if (!is_absent && predicate_holds(at->others[i], o, &l->room))
			bit_set(digest, at->others[i]->bit);
	}
}

void looker_look(struct looker *l, const struct observation *o, enum field_when when, uint64_t *digest)
{
	looker_look_values(l, o, when, UINT64_MAX, UINT64_MAX, digest);
	looker_look_rest(l, o, when, digest);
}
