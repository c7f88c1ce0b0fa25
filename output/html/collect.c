/* SPDX-License-Identifier: MIT */
#include "output/html/collect.h"

#include "core/table.h"

#include <stdlib.h>

struct collect_actor {
	struct addr address;
	uint32_t attacks;
	struct collect_series series[COLLECT_KINDS];
};

struct collect {
	struct table actors;
	struct collect_series all[COLLECT_KINDS];
	size_t bytes;
	uint32_t series_max;
	bool is_short;
};

static void drop_series(struct collect *c, struct collect_series *s)
{
	c->bytes -=
	    (size_t)s->room * sizeof *s->points + (s->success ? COLLECT_SUCCESSES * sizeof *s->success : 0);
	free(s->points);
	free(s->success);
	*s = (struct collect_series){ 0 };
}

static void on_evict(void *ctx, void *entry)
{
	struct collect_actor *a = entry;
	for (unsigned kind = 0; kind < COLLECT_KINDS; kind++)
		drop_series(ctx, &a->series[kind]);
}

static unsigned worth(void *ctx, const void *entry)
{
	const struct collect_actor *a = entry;
	(void)ctx;
	return a->attacks > 3 ? 2 : a->attacks > 0;
}

struct collect *collect_new(void)
{
	struct collect *c = calloc(1, sizeof *c);
	if (!c)
		return NULL;
	struct table_config config = { .max_entries = COLLECT_ACTORS,
				       .key_size = sizeof(struct addr),
				       .entry_size = sizeof(struct collect_actor),
				       .worth = worth,
				       .evict = on_evict,
				       .ctx = c };
	c->series_max = COLLECT_SERIES_MAX;
	if (table_init(&c->actors, &config)) {
		free(c);
		return NULL;
	}
	return c;
}

void collect_free(struct collect *c)
{
	size_t at = 0;
	if (!c)
		return;
	for (void *a; (a = table_at(&c->actors, &at));)
		on_evict(c, a);
	table_fini(&c->actors);
	for (unsigned kind = 0; kind < COLLECT_KINDS; kind++)
		drop_series(c, &c->all[kind]);
	free(c);
}

static void thin(struct collect_series *s)
{
	uint32_t kept = 0;
	for (uint32_t i = 0; i < s->count; i += 2)
		s->points[kept++] = s->points[i];
	s->count = kept;
	s->stride *= 2;
}

static bool run_short(struct collect *c)
{
	c->is_short = true;
	return false;
}

bool collect_is_short(const struct collect *c)
{
	return c->is_short;
}

/* Makes the memory of a series fit. Growing in place of what it had: the same points. */
static bool resize(struct collect *c, struct collect_series *s, uint32_t room)
{
	struct collect_point *points = realloc(s->points, room * sizeof *points);
	if (!points)
		return run_short(c);
	s->points = points;
	c->bytes += (size_t)room * sizeof *points;
	c->bytes -= (size_t)s->room * sizeof *points;
	s->room = room;
	return true;
}

static void thin_all(struct collect *c)
{
	size_t at = 0;
	c->series_max /= 2;
	for (struct collect_actor *a; (a = table_at(&c->actors, &at));)
		for (unsigned kind = 0; kind < COLLECT_KINDS; kind++) {
			struct collect_series *s = &a->series[kind];
			while (s->count > c->series_max)
				thin(s);
			if (s->room > c->series_max)
				resize(c, s, c->series_max);
		}
}

static bool is_success(const struct collect_point *p)
{
	return p->is_served || p->outcome == OUTCOME_ACCEPTED || p->outcome == OUTCOME_ANSWERED;
}

static void keep_success(struct collect *c, struct collect_series *s, const struct collect_point *p)
{
	if (!s->success) {
		s->success = malloc(COLLECT_SUCCESSES * sizeof *s->success);
		if (!s->success) {
			run_short(c);
			return;
		}
		c->bytes += COLLECT_SUCCESSES * sizeof *s->success;
	}
	if (s->successes < COLLECT_SUCCESSES)
		s->success[s->successes++] = *p;
}

static void add(struct collect *c, struct collect_series *s, const struct collect_point *p)
{
	if (s->stride == 0)
		s->stride = 1;
	if (is_success(p))
		keep_success(c, s, p);
	if (s->seen++ % s->stride)
		return;
	if (s->count == s->room && s->room < c->series_max &&
	    !resize(c, s, s->room ? s->room * 2 : COLLECT_SERIES_MIN))
		return;
	if (s->count == s->room) {
		thin(s);
		if ((s->seen - 1) % s->stride)
			return;
	}
	s->points[s->count++] = *p;
	while (c->bytes > COLLECT_BYTES && c->series_max > COLLECT_SERIES_MIN)
		thin_all(c);
}

static void add_both(struct collect *c, struct collect_actor *a, enum collect_kind kind,
		     const struct collect_point *p, bool is_attack)
{
	add(c, &a->series[kind], p);
	if (is_attack)
		add(c, &c->all[kind], p);
}

static void add_text(struct collect *c, struct collect_actor *a, enum collect_kind kind, struct slice text,
		     struct collect_point p, bool is_attack)
{
	if (text.len == 0)
		return;
	if (text.len > sizeof p.text) /* of a number, the end is what matters */
		text = kind == COLLECT_NUMBERS ? slice_from(text, text.len - sizeof p.text)
					       : slice_first(text, sizeof p.text);
	memcpy(p.text, text.ptr, text.len);
	p.text_len = (uint8_t)text.len;
	add_both(c, a, kind, &p, is_attack);
}

/* Somebody at his own business: an offender only if he was seen at something else before. */
static bool is_business(const struct observation *o)
{
	return !o->attack && o->choice[CHOICE_BREACHED] != FLAG_TRUE &&
	       (o->choice[CHOICE_SOLICITED] == FLAG_TRUE || o->choice[CHOICE_PEER] == FLAG_TRUE);
}

void collect_observe(struct collect *c, const struct observation *o)
{
	const struct addr *actor = &o->address[ADDRESS_SOURCE_IP];
	if (addr_is_none(actor) || (is_business(o) && !table_find(&c->actors, actor)))
		return;
	struct collect_actor *a = table_get(&c->actors, actor, NULL);
	if (!a) {
		run_short(c);
		return;
	}
	if (o->attack && a->attacks < UINT32_MAX && a->attacks++ < 4)
		table_touch(&c->actors, a);
	struct collect_point p = { .time_us = o->time_us,
				   .target = o->address[ADDRESS_DESTINATION_IP],
				   .outcome = o->choice[CHOICE_OUTCOME],
				   .is_served = o->choice[CHOICE_SERVED] == FLAG_TRUE,
				   .port = (uint16_t)observation_number(o, NUMBER_DESTINATION_PORT, 0) };
	if (!addr_is_none(&p.target))
		add_both(c, a, COLLECT_TARGETS, &p, o->attack);
	add_text(c, a, COLLECT_ACCOUNTS, observation_text(o, TEXT_ACCOUNT), p, o->attack);
	add_text(c, a, COLLECT_NUMBERS, observation_text(o, TEXT_DIALED), p, o->attack);
	add_text(c, a, COLLECT_MACS, observation_text(o, TEXT_MAC), p, o->attack);
}

const struct collect_series *collect_find(const struct collect *c, const struct addr *actor,
					  enum collect_kind kind)
{
	const struct collect_actor *a = c ? table_find(&c->actors, actor) : NULL;
	return a && a->series[kind].count ? &a->series[kind] : NULL;
}

const struct collect_series *collect_all(const struct collect *c, enum collect_kind kind)
{
	return c && c->all[kind].count ? &c->all[kind] : NULL;
}

size_t collect_bytes(const struct collect *c)
{
	return c->bytes;
}
