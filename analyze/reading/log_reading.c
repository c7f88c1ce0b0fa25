/* SPDX-License-Identifier: MIT */
#include "analyze/reading/log_reading.h"

#include "core/hash.h"

#include <stdlib.h>

#define FORMS 256 /* power of two */

struct log_reading_maker {
	struct looker *looker;
	uint64_t table_seed;
	size_t digest_words;
	struct {
		uint64_t id; /* 0: none */
		uint8_t choice[CHOICE_FIELD_COUNT];
	} forms[FORMS];
	uint64_t *digests; /* [FORMS * digest_words]: of what all observations of that form with these choices say */
};

struct log_reading_maker *log_reading_maker_new(const struct engine *engine)
{
	struct log_reading_maker *m = calloc(1, sizeof *m);
	if (!m)
		return NULL;
	m->table_seed = table_seed();
	m->digest_words = engine_digest_words(engine);
	m->looker = engine_looker_new(engine);
	m->digests = calloc(FORMS, (m->digest_words + 1) * sizeof *m->digests);
	if (m->looker && m->digests)
		return m;
	log_reading_maker_free(m);
	return NULL;
}

void log_reading_maker_free(struct log_reading_maker *m)
{
	if (!m)
		return;
	looker_free(m->looker);
	free(m->digests);
	free(m);
}

size_t log_reading_size(const struct log_reading_maker *m)
{
	return (sizeof(struct log_reading) + m->digest_words * sizeof(uint64_t) + 63) & ~(size_t)63;
}

void log_event_of(const struct observation *o, struct event *e)
{
	struct slice account = observation_text(o, TEXT_ACCOUNT), dialed = observation_text(o, TEXT_DIALED),
		     call_id = observation_text(o, TEXT_CALL_ID);
	*e = (struct event){ .time_us = o->time_us,
			     .actor = o->address[ADDRESS_SOURCE_IP],
			     .target = o->address[ADDRESS_DESTINATION_IP],
			     .place = o->place,
			     .from_log = true,
			     .anomalies = o->anomalies };
	memcpy(e->choice, o->choice, sizeof e->choice);
	e->actor_port = (uint16_t)observation_number(o, NUMBER_SOURCE_PORT, 0);
	e->target_port = (uint16_t)observation_number(o, NUMBER_DESTINATION_PORT, 0);
	e->code = (uint16_t)observation_number(o, NUMBER_CODE, 0);
	e->method = (uint8_t)sip_method_of(observation_text(o, TEXT_METHOD));
	if (account.len) {
		short_text_set(&e->account, account);
		e->account_hash = hash_bytes(account.ptr, account.len, 1);
	}
	if (dialed.len) {
		short_text_set(&e->dialed, short_text_tail(dialed));
		e->dialed_hash = hash_bytes(dialed.ptr, dialed.len, 1);
	}
	if (!call_id.len && e->actor_port)
		e->contact_hash = CONTACT_IS_PORT | e->actor_port;
	e->series_hash = call_id.len ? hash_bytes(call_id.ptr, call_id.len, 1) : 0;
	e->rang = event_outcome(e) == OUTCOME_RANG;
}

static void look_at_form(struct log_reading_maker *m, const struct observation *o,
			 const struct log_form_note *form, uint64_t *digest)
{
	memset(digest, 0, m->digest_words * sizeof *digest);
	looker_look_values(m->looker, o, FIELD_ONCE, ~form->texts, ~form->numbers, digest);
	looker_look_choices(m->looker, o, FIELD_ONCE, digest);
}

/* Choices are hardly ever what the lines of a form differ in. */
static void look_alike(struct log_reading_maker *m, const struct observation *o,
		       const struct log_form_note *form, uint64_t *digest)
{
	size_t at = form->id % FORMS;
	uint64_t *base = m->digests + at * m->digest_words;
	if (m->forms[at].id != form->id || memcmp(m->forms[at].choice, o->choice, sizeof o->choice) != 0) {
		look_at_form(m, o, form, base);
		m->forms[at].id = form->id;
		memcpy(m->forms[at].choice, o->choice, sizeof o->choice);
	}
	memcpy(digest, base, m->digest_words * sizeof *digest);
	looker_look_values(m->looker, o, FIELD_ONCE, form->texts, form->numbers, digest);
	looker_look_rest(m->looker, o, FIELD_ONCE, digest);
}

void log_reading_make(struct log_reading_maker *m, const struct observation *o,
		      const struct log_form_note *form, struct log_reading *out)
{
	out->is_made = o->choice[CHOICE_CATEGORY] != CATEGORY_PROVISIONING;
	if (!out->is_made)
		return;
	log_event_of(o, &out->event);
	out->keys = event_keys_of(m->table_seed, &out->event);
	if (form && form->id) {
		look_alike(m, o, form, out->digest);
		return;
	}
	memset(out->digest, 0, m->digest_words * sizeof *out->digest);
	looker_look(m->looker, o, FIELD_ONCE, out->digest);
}
