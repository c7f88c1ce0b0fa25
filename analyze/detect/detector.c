/* SPDX-License-Identifier: MIT */
#include "analyze/detect/detector.h"

#include <errno.h>
#include <stdlib.h>

#define DETECTOR(name) extern const struct detector detector_##name;
#include "analyze/detect/detectors.def"
#undef DETECTOR

#define DETECTOR(name) &detector_##name,
static const struct detector *const list[] = {
#include "analyze/detect/detectors.def"
};
#undef DETECTOR
#define COUNT (sizeof list / sizeof *list)

struct detectors {
	size_t offset[COUNT];
	size_t actor_bytes;
	void *shared[COUNT];
	/* Those of the list that have such a step, close together. */
	struct look_step {
		const struct table *table;
		size_t key;
	} looks[2 * COUNT];
	struct request_step {
		void (*run)(void *shared, void *actor, struct event *e, const struct detect_context *c);
		void *shared;
		size_t offset;
	} request[COUNT];
	struct settled_step {
		void (*run)(void *shared, void *actor, const struct event *e, const struct detect_context *c, struct observation *o);
		void *shared;
		size_t offset;
	} settled[COUNT];
	size_t look_count, request_count, settled_count;
};

#define ITEMS_MIN 32 /* some tables take a small part of it, and none may have room for nothing */

static void add_steps(struct detectors *d, size_t i)
{
	for (const struct detector_look *l = list[i]->looks; l < list[i]->looks + 2 && l->table; l++)
		d->looks[d->look_count++] = (struct look_step){ l->table(d->shared[i]), l->key };
	if (list[i]->request)
		d->request[d->request_count++] = (struct request_step){ list[i]->request, d->shared[i], d->offset[i] };
	if (list[i]->settled)
		d->settled[d->settled_count++] = (struct settled_step){ list[i]->settled, d->shared[i], d->offset[i] };
}

struct detectors *detectors_new(const struct detect_limits *limits)
{
	struct detect_limits own = *limits;
	struct detectors *d = calloc(1, sizeof *d);
	if (!d)
		return NULL;
	if (own.max_items < ITEMS_MIN)
		own.max_items = ITEMS_MIN;
	for (size_t i = 0; i < COUNT; i++) {
		d->offset[i] = d->actor_bytes;
		d->actor_bytes += (list[i]->actor_bytes + 7) & ~(size_t)7;
		d->shared[i] = calloc(1, list[i]->shared_bytes ? list[i]->shared_bytes : 1);
		if (!d->shared[i] || (list[i]->init && list[i]->init(d->shared[i], &own))) {
			detectors_free(d);
			return NULL;
		}
		add_steps(d, i);
	}
	return d;
}

void detectors_free(struct detectors *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < COUNT; i++) {
		if (d->shared[i] && list[i]->fini)
			list[i]->fini(d->shared[i]);
		free(d->shared[i]);
	}
	free(d);
}

size_t detectors_actor_bytes(const struct detectors *d)
{
	return d->actor_bytes;
}

void detectors_expect(const struct detectors *d, const struct event_keys *k, enum table_step step)
{
	for (const struct look_step *s = d->looks, *end = s + d->look_count; s < end; s++) {
		uint64_t hash;
		memcpy(&hash, (const char *)k + s->key, sizeof hash);
		if (hash)
			table_expect(s->table, hash, step);
	}
}

static void request(const struct detectors *d, void *actor, struct event *e, const struct detect_context *c)
{
	for (const struct request_step *s = d->request, *end = s + d->request_count; s < end; s++)
		s->run(s->shared, (char *)actor + s->offset, e, c);
}

void detectors_request(struct detectors *d, void *actor, struct event *e, const struct detect_context *c)
{
	if (c->keys) {
		request(d, actor, e, c);
		return;
	}
	struct event_keys keys = event_keys_of(table_seed(), e);
	struct detect_context complete = *c;
	complete.keys = &keys;
	request(d, actor, e, &complete);
}

void detectors_unasked(const struct detectors *d, void *actor)
{
	for (size_t i = 0; i < COUNT; i++)
		if (list[i]->unasked)
			list[i]->unasked(d->shared[i], (char *)actor + d->offset[i]);
}

void detectors_settled(struct detectors *d, void *actor, const struct event *e, const struct detect_context *c,
		       struct observation *o)
{
	for (const struct settled_step *s = d->settled, *end = s + d->settled_count; s < end; s++)
		s->run(s->shared, (char *)actor + s->offset, e, c, o);
}

int detectors_report_begin(struct detectors *d)
{
	int bad = 0;
	for (size_t i = 0; i < COUNT && !bad; i++)
		if (list[i]->report_begin)
			bad = list[i]->report_begin(d->shared[i]);
	if (bad)
		detectors_report_end(d);
	return bad;
}

void detectors_describe(struct detectors *d, const void *actor, struct offender *out)
{
	for (size_t i = 0; i < COUNT; i++)
		if (list[i]->describe)
			list[i]->describe(d->shared[i], (const char *)actor + d->offset[i], out);
}

void detectors_image(struct detectors *d, struct image *i)
{
	image_same(i, COUNT);
	image_same(i, d->actor_bytes);
	for (size_t n = 0; n < COUNT; n++)
		if (list[n]->image)
			list[n]->image(d->shared[n], i);
}

int detectors_report_end(struct detectors *d)
{
	int result = 0;
	for (size_t i = 0; i < COUNT; i++) {
		int bad = list[i]->report_end ? list[i]->report_end(d->shared[i]) : 0;
		result = result ? result : bad;
	}
	return result;
}
