/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_OBSERVATION_H
#define ANALYZE_OBSERVATION_H

#include "analyze/fields.h"
#include "capture/frame.h"

/* analyze/observation.h - the one record that wire and logs both produce: at this time this actor did this to this target, with
 * this outcome, seen in packet N or line M of that input. Rules see nothing else.
 * It lives for the length of a call; texts are borrowed. */

struct observation {
	int64_t time_us;     /* when it happened: the request's time, or the line's */
	int64_t known_us;    /* when all of it was known; never goes back within a run. Windows of rules run on it */
	struct place place;
	bool from_log;
	uint16_t
	    pattern; /* of the log dialect that read the line, the same number for all its lines; 0: not known */
	uint8_t attack;	     /* 1 + enum stage of the gravest rule that this observation fulfils by itself; 0: none. Set when judged */
	struct addr address[ADDRESS_FIELD_COUNT];
	uint64_t anomalies;  /* bits as in fields.h */
	uint64_t has_text;   /* bit set of enum text_field; the others are garbage */
	uint64_t has_number; /* bit set of enum number_field */
	uint8_t choice[CHOICE_FIELD_COUNT]; /* 0: no value */
	struct slice text[TEXT_FIELD_COUNT];
	int64_t number[NUMBER_FIELD_COUNT];
};

/* Empties it without touching the arrays that the has_ words guard. */
static inline void observation_init(struct observation *o)
{
	memset(o, 0, offsetof(struct observation, text));
}

/* An absent slice leaves the field absent; an empty one is a value. */
static inline void observation_set_text(struct observation *o, enum text_field field, struct slice value)
{
	o->text[field] = value;
	o->has_text |= (uint64_t)(value.ptr != NULL) << field;
}

static inline void observation_set_number(struct observation *o, enum number_field field, int64_t value)
{
	o->number[field] = value;
	o->has_number |= (uint64_t)1 << field;
}

/* Of whom it is. */
static inline void observation_set_network(struct observation *o)
{
	struct addr *network = &o->address[ADDRESS_NETWORK];
	*network = o->address[ADDRESS_SOURCE_IP];
	if (!addr_is_v4(network))
		memset(network->bytes + 8, 0, 8);
}

static inline struct slice observation_text(const struct observation *o, enum text_field field)
{
	return o->has_text >> field & 1 ? o->text[field] : slice_of(NULL, 0);
}

static inline int64_t observation_number(const struct observation *o, enum number_field field, int64_t absent)
{
	return o->has_number >> field & 1 ? o->number[field] : absent;
}

#endif
