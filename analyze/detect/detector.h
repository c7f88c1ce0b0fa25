/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_DETECT_DETECTOR_H
#define ANALYZE_DETECT_DETECTOR_H

#include "analyze/event_keys.h"
#include "analyze/offender.h"
#include "analyze/source/actor_table.h"
#include "analyze/source/relation.h"

/* analyze/detect/detector.h - the shape of a measurement: what Sigma can not count, counted here, given to rules as fields.
 * A detector is one file that ends in its `const struct detector`, and one line in detectors.def. It has a state of its own for
 * each actor, and one for itself. Judgement (a threshold) belongs in a rule, not here. */

/* What a detector may look at besides the event. */
struct detect_context {
	int64_t now_us;
	const struct relations *relations;
	bool is_cracking;    /* rules of stage crack have fired for this actor */
	bool is_enumerating; /* rules of stage enumerate, of level high, and no account ever opened to it */
	const struct event_keys *keys; /* of the event; may be NULL for detectors_request, which makes them then */
};

struct detect_limits {
	size_t max_items; /* of each actor_table; 32 at least */
};

struct detector {
	size_t actor_bytes;  /* state per actor, zeroed when the actor is first seen; multiple of 8 */
	size_t shared_bytes; /* the detector's own, zeroed before init */
	int (*init)(void *shared, const struct detect_limits *limits); /* 0 or -ENOMEM; NULL when there is nothing to do */
	void (*fini)(void *shared);
	/* Tables in which `request` or `settled` looks an event up, so that the cache can be asked for it beforehand; and by which of the keys of
	 * the event: its offset in struct event_keys. NULL: no more. */
	struct detector_look {
		const struct table *(*table)(const void *shared);
		size_t key;
	} looks[2];
	/* A new request, before anything is known of its outcome. May be NULL. */
	void (*request)(void *shared, void *actor, struct event *e, const struct detect_context *c);
	/* A final answer came to the actor whose request was not captured. It may be forged, so it can excuse the
	 * actor and no more. May be NULL. */
	void (*unasked)(void *shared, void *actor);
	/* Its outcome is known; puts the measurements into o. A followup brings a later outcome of the same request. */
	void (*settled)(void *shared, void *actor, const struct event *e, const struct detect_context *c, struct observation *o);
	/* Before describe is called for any offender: 0 or -ENOMEM; and after the last, also when it failed.
	 * May be NULL. */
	int (*report_begin)(void *shared);
	void (*describe)(void *shared, const void *actor, struct offender *out);
	/* -ENOMEM: memory ran out for something that was to be told. */
	int (*report_end)(void *shared);
	/* Saves or loads what it remembers besides the states of actors: see core/image.h. NULL when that is nothing. */
	void (*image)(void *shared, struct image *i);
};

/* All detectors, in the order of detectors.def. */
struct detectors;
struct detectors *detectors_new(const struct detect_limits *limits);
void detectors_free(struct detectors *d);
/* Bytes of all states of one actor. */
size_t detectors_actor_bytes(const struct detectors *d);
void detectors_expect(const struct detectors *d, const struct event_keys *k, enum table_step step);
void detectors_request(struct detectors *d, void *actor, struct event *e, const struct detect_context *c);
void detectors_unasked(const struct detectors *d, void *actor);
void detectors_settled(struct detectors *d, void *actor, const struct event *e, const struct detect_context *c,
		       struct observation *o);
/* 0 or -ENOMEM: then there is nothing to end. */
int detectors_report_begin(struct detectors *d);
void detectors_describe(struct detectors *d, const void *actor, struct offender *out);
/* 0, or -ENOMEM: something is missing in what was described. */
int detectors_report_end(struct detectors *d);
void detectors_image(struct detectors *d, struct image *i);

#endif
