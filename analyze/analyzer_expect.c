/* SPDX-License-Identifier: MIT */
#include "analyze/analyzer_state.h"

/* The cache. Tables of megabytes: nearly each of the dozen look-ups of a message would wait for memory. What
 * they will touch is known long before they do: first the place in the index is asked for, some hundred
 * instructions later the entry. */

/* What settling it will touch besides itself. */
static void expect_settling(const struct analyzer *a, const struct transaction *t)
{
	const struct event *e = &t->event;
	if (t->source)
		table_prefetch_entry(&a->sources.table, t->source);
	table_prefetch_line(e->hint.visit);
	table_prefetch_line(e->hint.attempt);
	table_prefetch_hint(e->hint.dialed);
	table_prefetch_line(e->hint.tail);
	table_prefetch_hint(e->hint.target);
	table_prefetch_line(e->hint.relation);
	transaction_expect_end(a->transactions, t);
}

static inline void expect(const struct analyzer *a, const struct reading *r, enum table_step step)
{
	bool is_request = r->kind == READING_REQUEST;
	transaction_expect(a->transactions, &r->key, r->key_hash, step);
	table_expect(&a->sources.table, is_request ? r->keys.actor : r->keys.target,
		     step == TABLE_ENTRY && is_request ? TABLE_WHOLE_ENTRY : step);
	if (r->has_to_tag && (is_request || r->method == SIP_METHOD_INVITE))
		dialog_expect(&a->dialogs, r->dialog_key, step);
	for (size_t i = 0; i < r->challenge_count; i++)
		dialogs_nonce_expect(&a->dialogs, r->challenge_keys[i], step);
	if (r->has_credentials) {
		transaction_expect_challenge(a->transactions, r->call_hash, step);
		dialogs_nonce_expect(&a->dialogs, r->nonce_key, step);
	}
	if (!r->is_observed)
		return;
	table_expect(&a->relations.pairs, r->keys.pair, step);
	detectors_expect(a->detectors, &r->keys, step);
}

void analyzer_expect(const struct analyzer *a, const struct reading *r, enum expect_step step)
{
	if (r->kind == READING_REFUSED)
		return;
	if (step != EXPECT_SETTLING) {
		expect(a, r, step == EXPECT_INDEX ? TABLE_INDEX : TABLE_ENTRY);
		return;
	}
	const struct transaction *t =
	    r->kind == READING_ANSWER ? transaction_find_hashed(a->transactions, &r->key, r->key_hash) : NULL;
	if (t && r->challenge_count)
		transaction_expect_challenge(a->transactions, t->call_hash, TABLE_INDEX);
	else if (t)
		expect_settling(a, t);
}

#define NEXT_BUT 2 /* requests that are settled before: the time that memory takes */

/* Requests that nobody answers are settled in the order in which they came. */
void analyzer_expect_next(const struct analyzer *a, const struct transaction *settled)
{
	const struct transaction *next = transaction_behind(a->transactions, settled, NEXT_BUT);
	if (!next)
		return;
	expect_settling(a, next);
	const struct transaction *later = transaction_later(a->transactions, next, NEXT_BUT);
	if (later)
		transaction_expect_all(a->transactions, later);
}
