/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_MEASURE_H
#define TESTS_SUPPORT_MEASURE_H

#include "analyze/detect/detector.h"
#include "core/clock.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

/* tests/support/measure.h - events given to the detectors as the analyzer does, without messages: a request, then its outcome. */

#define MEASURE_START (1795000000 * SECOND_US)
#define MEASURE_ACTORS 64

struct measure {
	struct detectors *all;
	struct relations relations;
	struct addr actors[MEASURE_ACTORS];
	void *states[MEASURE_ACTORS];
	size_t actor_count;
	int64_t now_us;
	uint64_t serial;
	bool is_cracking, is_enumerating;
	struct observation o; /* of the last outcome */
};

static inline void measure_open(struct measure *m, size_t max_items)
{
	struct detect_limits limits = { .max_items = max_items };
	*m = (struct measure){ .now_us = MEASURE_START };
	m->all = detectors_new(&limits);
	cr_assert_not_null(m->all);
	cr_assert_eq(relations_init(&m->relations, 1000, DAY_US), 0);
}

static inline void measure_close(struct measure *m)
{
	for (size_t i = 0; i < m->actor_count; i++)
		free(m->states[i]);
	relations_fini(&m->relations);
	detectors_free(m->all);
}

static inline struct addr measure_addr(const char *text)
{
	struct addr a;
	cr_assert(addr_parse(slice_str(text), &a), "address %s", text);
	return a;
}

static inline void *measure_state(struct measure *m, const struct addr *actor)
{
	for (size_t i = 0; i < m->actor_count; i++)
		if (addr_eq(&m->actors[i], actor))
			return m->states[i];
	cr_assert(m->actor_count < MEASURE_ACTORS);
	m->actors[m->actor_count] = *actor;
	m->states[m->actor_count] = calloc(1, detectors_actor_bytes(m->all));
	cr_assert_not_null(m->states[m->actor_count]);
	return m->states[m->actor_count++];
}

static inline struct detect_context measure_context(const struct measure *m)
{
	return (struct detect_context){ .now_us = m->now_us, .relations = &m->relations, .is_cracking = m->is_cracking,
					.is_enumerating = m->is_enumerating };
}

static inline struct event measure_event(struct measure *m, const char *actor, const char *target)
{
	return (struct event){ .time_us = m->now_us, .actor = measure_addr(actor), .target = measure_addr(target), .actor_port = 5060,
			       .target_port = 5060, .place = { ++m->serial, 0 }, .method = SIP_METHOD_OPTIONS };
}

static inline void measure_account(struct event *e, const char *account)
{
	e->method = SIP_METHOD_REGISTER;
	e->account = short_text_of(slice_str(account));
	e->account_hash = hash_bytes(account, strlen(account), 1);
}

static inline void measure_dial(struct event *e, const char *number)
{
	e->method = SIP_METHOD_INVITE;
	e->dialed = short_text_of(slice_str(number));
	e->dialed_hash = hash_bytes(number, strlen(number), 1);
}

static inline void measure_request(struct measure *m, struct event *e)
{
	struct detect_context c = measure_context(m);
	detectors_request(m->all, measure_state(m, &e->actor), e, &c);
}

static inline const struct observation *measure_outcome(struct measure *m, struct event *e, enum outcome outcome)
{
	struct detect_context c = measure_context(m);
	e->choice[CHOICE_OUTCOME] = (uint8_t)outcome;
	if (!e->choice[CHOICE_ABANDONED])
		e->choice[CHOICE_ABANDONED] = FLAG_FALSE;
	observation_init(&m->o);
	memcpy(m->o.choice, e->choice, sizeof m->o.choice);
	m->o.choice[CHOICE_BREACHED] = FLAG_FALSE;
	detectors_settled(m->all, measure_state(m, &e->actor), e, &c, &m->o);
	return &m->o;
}

static inline const struct observation *measure_both(struct measure *m, struct event *e, enum outcome outcome)
{
	measure_request(m, e);
	return measure_outcome(m, e, outcome);
}

static inline int64_t measured(const struct measure *m, enum number_field field)
{
	return observation_number(&m->o, field, -1);
}

static inline struct offender measure_report(struct measure *m, const char *actor)
{
	struct offender o = { .address = measure_addr(actor) };
	detectors_describe(m->all, measure_state(m, &o.address), &o);
	return o;
}

#endif
