/* SPDX-License-Identifier: MIT */
#include "analyze/analyzer_state.h"

#include "analyze/web/provisioning.h"
#include "core/clock.h"

/* What logs tell. */

#define STEP_BACK_US (60 * SECOND_US) /* lines of several writers are out of order by seconds; more is a clock that was set */

/* Logs without a zone repeat an hour each autumn, and clocks are set right. If time stood still until the old time is reached again, an hour
 * of an old password's tries would be one moment, and look like a crack. So it goes on by what lies between the lines. */
static void advance_by_line(struct analyzer *a, int64_t time_us)
{
	int64_t before = a->log_clock_us, last = a->log_line_us;
	a->log_line_us = time_us;
	if (before == INT64_MIN || time_us >= before)
		a->log_clock_us = time_us;
	else if (before - time_us > STEP_BACK_US && time_us > last)
		a->log_clock_us += time_us - last;
	analyzer_advance(a, a->log_clock_us);
	if (a->log_clock_us > a->now_us) /* not believed */
		a->log_clock_us = before;
}

static bool is_failure(enum outcome outcome)
{
	return outcome == OUTCOME_REFUSED || outcome == OUTCOME_UNKNOWN_TARGET ||
	       outcome == OUTCOME_FORBIDDEN;
}

struct log_reading_maker *analyzer_log_maker_new(const struct analyzer *a)
{
	return log_reading_maker_new(a->engine);
}

void analyzer_log_expect(const struct analyzer *a, const struct log_reading *r, enum expect_step step)
{
	bool is_index = step == EXPECT_INDEX;
	if (!r->is_made)
		return;
	table_expect(&a->sources.table, r->keys.actor, is_index ? TABLE_INDEX : TABLE_WHOLE_ENTRY);
	detectors_expect(a->detectors, &r->keys, is_index ? TABLE_INDEX : TABLE_ENTRY);
}

/* The digest is that of the ONCE look, unless it is still to be taken. */
static void take_in(struct analyzer *a, struct observation *o, struct event *e, const struct event_keys *keys,
		    uint64_t *digest, bool is_looked_at)
{
	struct slice agent = observation_text(o, TEXT_USER_AGENT);
	struct provisioning_ask ask;
	if (o->time_us != a->now_us ||
	    a->jump_us != INT64_MIN) /* most lines are of the second of the one before */
		advance_by_line(a, o->time_us);
	o->known_us = a->now_us;
	struct source *s = source_get_hashed(&a->sources, &e->actor, keys->actor, o->time_us);
	if (!s)
		return;
	a->counters.log_failures += is_failure(event_outcome(e));
	if (e->choice[CHOICE_PROOF]) /* also by a line that tells nothing else: it may name the transport */
		source_prove(s, (enum proof)e->choice[CHOICE_PROOF]);
	if (told_before(&a->told, s, e, o)) {
		a->counters.log_repeats++;
		return;
	}
	if (s->wire_us)
		log_fit_vote(&a->log_fit, o->time_us - s->first_us);
	a->counters.actors += s->messages++ == 0;
	s->answered += event_outcome(e) > OUTCOME_NONE;
	if (agent.len) {
		s->agent_hash = hash_bytes(agent.ptr, agent.len, 1);
		intern_put(&a->agents, s->agent_hash, agent);
	}
	if (e->choice[CHOICE_CATEGORY] == CATEGORY_PROVISIONING) {
		ask = provisioning_ask_of(o);
		e->provisioning = &ask;
		a->counters.provisioning++;
	}
	struct detect_context context = { .now_us = a->now_us, .relations = &a->relations, .keys = keys };
	detectors_request(a->detectors, s->measured, e, &context);
	if (!is_looked_at) {
		memset(digest, 0, a->digest_words * sizeof *digest);
		engine_look(a->engine, o, FIELD_ONCE, digest);
	}
	analyzer_settled(a, s, e, digest, o);
}

void analyzer_log_read(struct analyzer *a, struct observation *o, struct log_reading *r)
{
	if (r->is_made)
		take_in(a, o, &r->event, &r->keys, r->digest, true);
	else
		analyzer_log(a, o);
}

void analyzer_log(struct analyzer *a, struct observation *o)
{
	struct event e;
	log_event_of(o, &e);
	struct event_keys keys = event_keys_of(table_seed(), &e);
	take_in(a, o, &e, &keys, a->digest, false);
}
