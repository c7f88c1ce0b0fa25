/* SPDX-License-Identifier: MIT */
#include "analyze/reading/reading_internal.h"

#include <stdlib.h>

#define PRINTS_MAX 1024 /* texts of fingerprints that are not made anew each time */

static void ask_wants(struct message_reader *r, const struct ruleset *rules)
{
	for (unsigned f = 0; f < TEXT_FIELD_COUNT; f++)
		r->wants.text |= (uint64_t)ruleset_uses_text(rules, f) << f;
	for (unsigned f = 0; f < NUMBER_FIELD_COUNT; f++)
		r->wants.number |= (uint64_t)ruleset_uses_number(rules, f) << f;
	r->wants_contact = observe_wants_contact(&r->wants);
	r->wants_family = r->wants.text >> TEXT_FAMILY & 1;
}

struct message_reader *message_reader_new(const struct ruleset *rules, const struct engine *engine)
{
	struct message_reader *r = calloc(1, sizeof *r);
	if (!r)
		return NULL;
	r->digest_words = engine_digest_words(engine);
	r->table_seed = table_seed();
	r->looker = engine_looker_new(engine);
	ask_wants(r, rules);
	r->forms = reading_forms_new(r);
	if (!r->looker || !r->forms || intern_init(&r->prints, PRINTS_MAX) ||
	    intern_init(&r->families, PRINTS_MAX)) {
		message_reader_free(r);
		return NULL;
	}
	return r;
}

void message_reader_free(struct message_reader *r)
{
	if (!r)
		return;
	looker_free(r->looker);
	intern_fini(&r->prints);
	intern_fini(&r->families);
	reading_forms_free(r->forms);
	free(r);
}

size_t message_reader_size(const struct message_reader *r)
{
	return reading_size(r);
}

void message_reader_be_plain(struct message_reader *r)
{
	reading_forms_free(r->forms);
	r->forms = NULL;
}

uint64_t message_reader_alike(const struct message_reader *r)
{
	return r->forms ? reading_forms_count(r->forms) : 0;
}

/* Where tables keep what this message touches. */
static void note_keys(const struct message_reader *r, struct reading *out)
{
	const struct endpoints *ends = &out->origin.ends;
	if (out->kind == READING_REFUSED)
		return;
	out->key_hash =
	    table_hash_word(table_hash_word(table_hash_begin(r->table_seed), r->table_seed, out->key.a),
			    r->table_seed, out->key.b);
	event_keys_of_ends(r->table_seed, &ends->source, &ends->destination, &out->keys);
	if (out->is_observed && out->kind != READING_ANSWER)
		event_keys_of_request(r->table_seed, &out->event, &out->keys);
}

static bool can_have_form(const struct message_reader *r, const struct sip_origin *origin, struct slice bytes)
{
	return r->forms && bytes.len >= 64 && !origin->cut && !origin->is_one_sided &&
	       !origin->capture_anomalies && !addr_is_group(&origin->ends.source) &&
	       !addr_is_none(&origin->ends.source);
}

static void read_message(struct message_reader *r, const struct sip_origin *origin, struct slice bytes,
			 struct reading *out)
{
	bool can_be_like = can_have_form(r, origin, bytes);
	if (can_be_like && reading_forms_read(r, origin, bytes, out))
		return;
	reading_in_full(r, origin, bytes, out);
	if (can_be_like && out->kind != READING_REFUSED)
		reading_forms_learn(r, out);
}

void message_reader_read(struct message_reader *r, const struct sip_origin *origin, struct slice bytes,
			 struct reading *out)
{
	read_message(r, origin, bytes, out);
	note_keys(r, out);
}
