/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/program.h"

#include <stdlib.h>

#define BITS_MAX 65536

/* Bits of one field stand together, so that a field's answers are a range, and in one word when they fit, so
 * that they are set at once. */
static bool number_bits(struct ruleset *rules, struct program *p)
{
	uint32_t bit = 0;
	if (rules->predicates.count > BITS_MAX) {
		problem_in(rules, rules->documents[0]->source->path, 1, 1,
			   "rules ask more than %d different questions", BITS_MAX);
		return false;
	}
	for (size_t f = 0; rules->predicates.by_field && f <= field_count; f++) {
		uint32_t count = 0, left = 64 - bit % 64;
		for (const struct predicate *q = rules->predicates.by_field[f]; q; q = q->next)
			count++;
		if (count > left)
			bit += left % 64;
		for (struct predicate *q = rules->predicates.by_field[f]; q; q = q->next)
			q->bit = bit++;
	}
	p->gave_up = bit++;
	p->bit_count = bit;
	p->bit_words = (bit + 63) / 64;
	return true;
}

static struct predicate *chain_of(const struct ruleset *rules, size_t f)
{
	return rules->predicates.by_field ? rules->predicates.by_field[f] : NULL;
}

static uint32_t exists_bit(const struct predicate *chain)
{
	for (; chain; chain = chain->next)
		if (chain->kind == PREDICATE_EXISTS)
			return chain->bit;
	return NO_BIT;
}

static uint64_t text_bit(const struct field *f)
{
	return f && f->kind == FIELD_KIND_TEXT ? (uint64_t)1 << f->index : 0;
}

static void add_other(struct pool *a, struct look_program *look, const struct predicate *q)
{
	look->others = pool_room(a, look->others, look->other_count, sizeof *look->others);
	look->others[look->other_count++] = (struct other_test){ text_bit(q->field) | text_bit(q->other), q };
}

/* What is asked one by one, whatever the field. */
static bool is_other(const struct predicate *q)
{
	return q->kind == PREDICATE_SAME || q->kind == PREDICATE_DIGITS || q->field == &timestamp_field;
}

static bool make_text(struct ruleset *rules, struct program *p, struct regex_maker *maker,
		      const struct field *f, const struct predicate *chain)
{
	struct text_program *t = &p->texts[f->index];
	const char *why = NULL;
	t->slot = NO_SLOT;
	t->exists = exists_bit(chain);
	if (!chain)
		return true;
	p->looks[f->when].texts |= (uint64_t)1 << f->index;
	t->matcher = text_matcher_new(&rules->pool, maker, chain, &why);
	t->is_remembered = t->matcher && !text_matcher_is_cheap(t->matcher);
	t->first = chain->bit;
	t->end = chain->bit;
	for (; chain; chain = chain->next)
		t->end = chain->bit + 1;
	if (why)
		problem_in(rules, f->name, 1, 1, "%s", why);
	return !why;
}

/* The field's predicates that are answered by bands or words: those in the word of the first. */
static bool is_near(const struct predicate *q, const struct predicate *first)
{
	return !is_other(q) && q->bit / 64 == first->bit / 64;
}

static void add_far_ones(struct pool *a, struct look_program *look, const struct predicate *chain)
{
	for (const struct predicate *q = chain; q; q = q->next)
		if (!is_other(q) && !is_near(q, chain))
			add_other(a, look, q);
}

static uint64_t mask_of(const struct predicate *q)
{
	return (uint64_t)1 << q->bit % 64;
}

/* ---- numbers ---- */

static int compare_numbers(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

/* Where something changes, ascending, each once; room for two a predicate. */
static size_t borders_of(const struct predicate *chain, int64_t *out)
{
	size_t count = 0, kept = 0;
	for (const struct predicate *q = chain; q; q = q->next) {
		if (!is_near(q, chain) || q->kind == PREDICATE_EXISTS)
			continue;
		out[count++] = q->number;
		if (q->kind == PREDICATE_NUMBER && q->number < INT64_MAX)
			out[count++] = q->number + 1;
	}
	qsort(out, count, sizeof *out, compare_numbers);
	for (size_t i = 0; i < count; i++)
		if (kept == 0 || out[i] != out[kept - 1])
			out[kept++] = out[i];
	return kept;
}

static uint64_t said_to(const struct predicate *chain, int64_t number)
{
	uint64_t said = 0;
	for (const struct predicate *q = chain; q; q = q->next)
		if (is_near(q, chain) &&
		    (q->kind == PREDICATE_EXISTS || (q->kind == PREDICATE_AT_LEAST && number >= q->number) ||
		     (q->kind == PREDICATE_NUMBER && number == q->number)))
			said |= mask_of(q);
	return said;
}

static void make_number(struct ruleset *rules, struct program *p, const struct field *f,
			const struct predicate *chain)
{
	struct number_program *n = &p->numbers[f->index];
	int64_t borders[128] = { 0 }; /* 64 predicates are near */
	size_t count = borders_of(chain, borders);
	n->slot = NO_SLOT;
	n->word = chain ? chain->bit / 64 : 0;
	n->band_count = (uint8_t)(count + 1);
	n->from = pool_alloc(&rules->pool, (count + 1) * sizeof *n->from);
	n->said = pool_alloc(&rules->pool, (count + 1) * sizeof *n->said);
	memcpy(n->from, borders, count * sizeof *n->from);
	for (size_t i = 0; i <= count; i++)
		n->said[i] = said_to(chain, i ? borders[i - 1] : INT64_MIN);
	for (int64_t i = 0; i < SMALL_NUMBERS; i++)
		n->band_of_small[i] = (uint8_t)number_band_from(n, 0, i);
	p->quiet_below[f->index] = n->said[0] ? INT64_MIN : count ? borders[0] : INT64_MAX;
	if (chain)
		p->looks[f->when].numbers |= (uint64_t)1 << f->index;
	add_far_ones(&rules->pool, &p->looks[f->when], chain);
}

/* ---- words ---- */

static struct choice_program *choice_of(struct pool *a, struct program *p, const struct field *f,
					uint32_t word)
{
	struct look_program *look = &p->looks[f->when];
	size_t words = 1;
	for (size_t i = 0; i < look->choice_count; i++)
		if (look->choices[i].field == f->index)
			return &look->choices[i];
	while (f->words[words])
		words++;
	look->choices = pool_room(a, look->choices, look->choice_count, sizeof *look->choices);
	look->choices[look->choice_count] =
	    (struct choice_program){ .field = f->index,
				     .slot = NO_SLOT,
				     .word = word,
				     .said = pool_alloc(a, words * sizeof(uint64_t)) };
	return &look->choices[look->choice_count++];
}

static void make_choice(struct ruleset *rules, struct program *p, const struct field *f,
			const struct predicate *chain)
{
	struct choice_program *c = chain ? choice_of(&rules->pool, p, f, chain->bit / 64) : NULL;
	for (const struct predicate *q = chain; q; q = q->next)
		for (unsigned w = 1; f->words[w] && is_near(q, chain); w++)
			if (q->kind == PREDICATE_EXISTS || (q->kind == PREDICATE_WORDS && q->words >> w & 1))
				c->said[w] |= mask_of(q);
	add_far_ones(&rules->pool, &p->looks[f->when], chain);
}

/* ---- the rest ---- */

static void make_anomalies(struct ruleset *rules, struct program *p, const struct field *f,
			   const struct predicate *chain)
{
	struct look_program *look = &p->looks[f->when];
	for (; chain; chain = chain->next) {
		look->anomalies =
		    pool_room(&rules->pool, look->anomalies, look->anomaly_count, sizeof *look->anomalies);
		look->anomalies[look->anomaly_count++] =
		    (struct anomaly_test){ chain->kind == PREDICATE_EXISTS ? UINT64_MAX : chain->words,
					   chain->bit };
	}
}

static struct addr last_of(const struct addr_prefix *net)
{
	struct addr last = net->base;
	for (unsigned bit = net->bits; bit < 128; bit++)
		last.bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	return last;
}

/* Sorted networks either hold each other or lie apart. */
static void make_networks(struct pool *a, struct look_program *look, const struct predicate *q)
{
	look->networks = pool_room(a, look->networks, look->network_count, sizeof *look->networks);
	struct network_program *n = &look->networks[look->network_count++];
	*n = (struct network_program){ .field = q->field->index, .bit = q->bit };
	n->ranges = pool_alloc(a, q->network_count * sizeof *n->ranges);
	for (size_t i = 0; i < q->network_count; i++) {
		struct addr last = last_of(&q->networks[i]);
		if (n->count && addr_cmp(&last, &n->ranges[n->count - 1].last) <= 0)
			continue;
		n->ranges[n->count++] = (struct addr_range){ q->networks[i].base, last };
	}
}

static void make_address(struct ruleset *rules, struct program *p, const struct field *f,
			 const struct predicate *chain)
{
	struct look_program *look = &p->looks[f->when];
	for (; chain; chain = chain->next) {
		if (chain->kind == PREDICATE_NETWORKS) {
			make_networks(&rules->pool, look, chain);
		} else if (chain->kind == PREDICATE_EXISTS) {
			look->addresses = pool_room(&rules->pool, look->addresses, look->address_count,
						    sizeof *look->addresses);
			look->addresses[look->address_count].field = f->index;
			look->addresses[look->address_count++].bit = chain->bit;
		}
	}
}

/* A field that is only compared with another one must be filled too. */
static void use_other_field(struct program *p, const struct field *f)
{
	if (f->kind == FIELD_KIND_TEXT)
		p->looks[f->when].texts |= (uint64_t)1 << f->index;
	else if (f->kind == FIELD_KIND_NUMBER)
		p->looks[f->when].numbers |= (uint64_t)1 << f->index;
}

static bool make_field(struct ruleset *rules, struct program *p, struct regex_maker *maker,
		       const struct field *f, struct predicate *chain)
{
	for (const struct predicate *q = chain; q; q = q->next) {
		if (is_other(q))
			add_other(&rules->pool, &p->looks[f->when], q);
		if (q->kind == PREDICATE_SAME)
			use_other_field(p, q->other);
	}
	switch (f->kind) {
	case FIELD_KIND_TEXT:
		return make_text(rules, p, maker, f, chain);
	case FIELD_KIND_NUMBER:
		make_number(rules, p, f, chain);
		break;
	case FIELD_KIND_CHOICE:
		make_choice(rules, p, f, chain);
		break;
	case FIELD_KIND_ANOMALY:
		make_anomalies(rules, p, f, chain);
		break;
	case FIELD_KIND_ADDRESS:
		make_address(rules, p, f, chain);
		break;
	}
	return true;
}

bool program_make_looks(struct ruleset *rules, struct program *p)
{
	if (!number_bits(rules, p))
		return false;
	bool good = true;
	struct regex_maker *maker = regex_maker_new(&rules->pool);
	for (size_t f = 0; f < field_count; f++)
		good = make_field(rules, p, maker, &fields[f], chain_of(rules, f)) && good;
	for (const struct predicate *q = chain_of(rules, field_count); q; q = q->next)
		add_other(&rules->pool, &p->looks[FIELD_LATE], q);
	return good;
}

uint8_t program_slot(struct program *p, struct ruleset *rules, const struct field *field)
{
	struct look_program *look = &p->looks[field->when];
	uint8_t *slot;
	if (field->kind == FIELD_KIND_TEXT) {
		slot = &p->texts[field->index].slot;
	} else if (field->kind == FIELD_KIND_NUMBER) {
		slot = &p->numbers[field->index].slot;
		look->number_slots |= (uint64_t)1 << field->index;
	} else {
		slot = &choice_of(&rules->pool, p, field, 0)->slot;
		look->has_choice_slots = true;
	}
	use_other_field(p, field);
	if (*slot == NO_SLOT && p->slot_count < NO_SLOT)
		*slot = (uint8_t)p->slot_count++;
	return *slot;
}
