/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/program.h"

#define BITS_MAX 65536

static void append_bit(struct pool *a, struct bit_list *list, uint32_t bit)
{
	list->bits = pool_room(a, list->bits, list->count, sizeof *list->bits);
	list->bits[list->count++] = bit;
}

/* Bits of one field stand together, so that a field's answers are a range. */
static bool number_bits(struct ruleset *rules, struct program *p)
{
	uint32_t bit = 0;
	if (rules->predicates.count > BITS_MAX) {
		problem_in(rules, rules->documents[0]->source->path, 1, 1,
			   "rules ask more than %d different questions", BITS_MAX);
		return false;
	}
	for (size_t f = 0; rules->predicates.by_field && f <= field_count; f++)
		for (struct predicate *q = rules->predicates.by_field[f]; q; q = q->next)
			q->bit = bit++;
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

static void add_other(struct pool *a, struct look_program *look, const struct predicate *q)
{
	look->others = pool_room(a, look->others, look->other_count, sizeof(const struct predicate *));
	look->others[look->other_count++] = q;
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

static void add_number_test(struct pool *a, struct number_test **list, size_t *count,
			    const struct predicate *q, uint32_t first)
{
	*list = pool_room(a, *list, *count, sizeof **list);
	(*list)[(*count)++] = (struct number_test){ q->number, q->bit - first };
}

static int64_t quiet_below(const struct number_program *n)
{
	int64_t lowest = INT64_MAX;
	for (size_t i = 0; i < n->at_least_count; i++)
		if (n->at_least[i].number < lowest)
			lowest = n->at_least[i].number;
	return n->equal_count || n->exists ? INT64_MIN : lowest;
}

static void make_number(struct ruleset *rules, struct program *p, const struct field *f,
			const struct predicate *chain)
{
	struct pool *a = &rules->pool;
	struct number_program *n = &p->numbers[f->index];
	n->slot = NO_SLOT;
	if (!chain)
		return;
	p->looks[f->when].numbers |= (uint64_t)1 << f->index;
	n->first = chain->bit;
	for (; chain; chain = chain->next) {
		if (chain->bit - n->first >= 64)
			add_other(a, &p->looks[f->when], chain);
		else if (chain->kind == PREDICATE_EXISTS)
			n->exists |= (uint64_t)1 << (chain->bit - n->first);
		else if (chain->kind == PREDICATE_AT_LEAST)
			add_number_test(a, &n->at_least, &n->at_least_count, chain, n->first);
		else if (chain->kind == PREDICATE_NUMBER)
			add_number_test(a, &n->equal, &n->equal_count, chain, n->first);
	}
	n->quiet_below = quiet_below(n);
}

static struct choice_program *choice_of(struct pool *a, struct program *p, const struct field *f)
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
	    (struct choice_program){ f->index, NO_SLOT, pool_alloc(a, words * sizeof(struct bit_list)) };
	return &look->choices[look->choice_count++];
}

static void make_choice(struct ruleset *rules, struct program *p, const struct field *f,
			const struct predicate *chain)
{
	struct choice_program *c = chain ? choice_of(&rules->pool, p, f) : NULL;
	for (; chain; chain = chain->next)
		for (unsigned w = 1; f->words[w]; w++)
			if (chain->kind == PREDICATE_EXISTS ||
			    (chain->kind == PREDICATE_WORDS && chain->words >> w & 1))
				append_bit(&rules->pool, &c->of_word[w], chain->bit);
}

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
	uint8_t *slot;
	if (field->kind == FIELD_KIND_TEXT)
		slot = &p->texts[field->index].slot;
	else if (field->kind == FIELD_KIND_NUMBER)
		slot = &p->numbers[field->index].slot;
	else
		slot = &choice_of(&rules->pool, p, field)->slot;
	use_other_field(p, field);
	if (field->kind == FIELD_KIND_NUMBER)
		p->numbers[field->index].quiet_below = INT64_MIN;
	if (*slot == NO_SLOT && p->slot_count < NO_SLOT)
		*slot = (uint8_t)p->slot_count++;
	return *slot;
}
