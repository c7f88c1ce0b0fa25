/* SPDX-License-Identifier: MIT */
#include "analyze/transaction/transaction.h"

#include "core/clock.h"
#include "core/pages.h"

#include <stdlib.h>

#define LATE_CHALLENGE_US (SECOND_US / 2) /* a client that has all but 0.5 s to answer does so */

/* Challenged requests by actor and Call-ID, so that the request with credentials finds them. */
struct open_challenge {
	uint64_t call_hash;
	struct transaction_key key;
};

/* A request that was settled, for its copies: a client far away sends some more while the answer is on its way. One that falls into
 * the same slot takes its place; then a copy counts as a request. */
struct done {
	uint64_t key; /* half of it; where it lies tells fourteen bits of the other */
	uint32_t start, copy_hash;
};
#define DONE_SLOTS 16384 /* power of two */

/* About milliseconds; goes round in fifty days. */
static uint32_t done_clock(int64_t time_us)
{
	return (uint32_t)((uint64_t)time_us >> 10);
}

struct transactions {
	struct table waiting; /* in order of start, so in order of due_us */
	struct table calls;   /* rang and settled once, waiting for more */
	struct table challenges;
	struct done *done;
	transaction_settle_fn settle;
	void *ctx;
	size_t entry_size;
	int64_t now_us;
	uint64_t pressed;
};

static void settle(struct transactions *all, struct transaction *t, enum outcome outcome, bool abandoned)
{
	t->event.choice[CHOICE_OUTCOME] = (uint8_t)outcome;
	t->event.choice[CHOICE_ABANDONED] = abandoned ? FLAG_TRUE : FLAG_FALSE;
	t->event.choice[CHOICE_FOLLOWUP] = t->is_settled ? FLAG_TRUE : FLAG_FALSE;
	all->settle(all->ctx, t, all->now_us);
	t->is_settled = true;
}

/* What can be said of it now. */
static void settle_as_is(struct transactions *all, struct transaction *t, bool waited)
{
	if (t->challenged)
		settle(all, t, OUTCOME_CHALLENGED, waited && t->call_hash && !t->event.follows_challenge);
	else if (!t->is_settled)
		settle(all, t, t->event.rang ? OUTCOME_RANG : OUTCOME_NONE, false);
}

static void pressed_out(void *ctx, void *entry)
{
	struct transactions *all = ctx;
	all->pressed++;
	settle_as_is(all, entry, false);
}

struct transactions *transactions_new(size_t max_pending, size_t digest_words, transaction_settle_fn settle_fn, void *ctx)
{
	struct transactions *all = calloc(1, sizeof *all);
	if (!all)
		return NULL;
	all->settle = settle_fn;
	all->ctx = ctx;
	all->entry_size = sizeof(struct transaction) + digest_words * sizeof(uint64_t);
	struct table_config waiting = { .max_entries = max_pending, .key_size = sizeof(struct transaction_key),
					.entry_size = all->entry_size, .keep_order = true, .evict = pressed_out, .ctx = all,
					.blank_size = offsetof(struct transaction, event) };
	struct table_config calls = waiting;
	calls.max_entries = max_pending / 4 + 1;
	calls.evict = NULL; /* was settled already; only its followup is lost */
	struct table_config challenges = { .max_entries = max_pending, .key_size = 8, .entry_size = sizeof(struct open_challenge) };
	all->done = calloc(DONE_SLOTS, sizeof *all->done);
	if (!all->done || table_init(&all->waiting, &waiting) || table_init(&all->calls, &calls) ||
	    table_init(&all->challenges, &challenges)) {
		transactions_free(all);
		return NULL;
	}
	pages_take(all->done, DONE_SLOTS * sizeof *all->done); /* each is read before it is written */
	return all;
}

void transactions_free(struct transactions *all)
{
	if (!all)
		return;
	table_fini(&all->waiting);
	table_fini(&all->calls);
	table_fini(&all->challenges);
	free(all->done);
	free(all);
}

static struct done *done_slot(const struct transactions *all, const struct transaction_key *key)
{
	return &all->done[key->a & (DONE_SLOTS - 1)];
}

static void remember(struct transactions *all, const struct transaction *t)
{
	*done_slot(all, &t->key) = (struct done){ t->key.b, done_clock(t->start_us), t->copy_hash };
}

bool transaction_is_done(const struct transactions *all, const struct transaction_key *key, int64_t now_us)
{
	const struct done *done = done_slot(all, key);
	return done->key == key->b &&
	       (int32_t)(done_clock(now_us) - done->start) <= (int32_t)done_clock(COPIES_US);
}

bool transaction_is_copy(const struct transactions *all, const struct transaction_key *key,
			 uint32_t copy_hash, int64_t now_us)
{
	return transaction_is_done(all, key, now_us) && done_slot(all, key)->copy_hash == copy_hash;
}

struct transaction *transaction_find_hashed(struct transactions *all, const struct transaction_key *key, uint64_t hash)
{
	struct transaction *t = table_find_hashed(&all->waiting, key, hash);
	return t || !all->calls.count ? t : table_find_hashed(&all->calls, key, hash);
}

struct transaction *transaction_find(struct transactions *all, const struct transaction_key *key)
{
	return transaction_find_hashed(all, key, table_hash(&all->waiting, key));
}

struct transaction *transaction_get_hashed(struct transactions *all, const struct transaction_key *key, uint64_t hash, uint64_t call_hash,
					   bool *is_new)
{
	struct transaction *t = all->calls.count ? table_find_hashed(&all->calls, key, hash) : NULL;
	*is_new = false;
	if (t)
		return t;
	t = table_get_hashed(&all->waiting, key, hash, is_new);
	if (t && *is_new)
		t->call_hash = call_hash;
	return t;
}

struct transaction *transaction_get(struct transactions *all, const struct transaction_key *key, uint64_t call_hash, bool *is_new)
{
	return transaction_get_hashed(all, key, table_hash(&all->waiting, key), call_hash, is_new);
}

const struct transaction *transaction_later(const struct transactions *all, const struct transaction *t,
					    unsigned ahead)
{
	while (t && ahead--)
		t = table_behind(&all->waiting, t);
	return t;
}

const struct transaction *transaction_behind(const struct transactions *all, const struct transaction *t,
					     unsigned ahead)
{
	return table_oldest(&all->waiting) == t ? transaction_later(all, t, ahead) : NULL;
}

void transaction_expect(const struct transactions *all, const struct transaction_key *key, uint64_t hash, enum table_step step)
{
	table_expect(&all->waiting, hash, step == TABLE_ENTRY ? TABLE_WHOLE_ENTRY : step);
	if (step == TABLE_INDEX)
		table_prefetch(done_slot(all, key));
}

void transaction_expect_all(const struct transactions *all, const struct transaction *t)
{
	table_prefetch_entry(&all->waiting, t);
}

void transaction_expect_end(const struct transactions *all, const struct transaction *t)
{
	table_expect_removal(&all->waiting, t);
	table_prefetch(done_slot(all, &t->key));
}

void transaction_expect_challenge(const struct transactions *all, uint64_t call_hash, enum table_step step)
{
	table_expect(&all->challenges, table_hash(&all->challenges, &call_hash), step);
}

void transaction_start(struct transactions *all, struct transaction *t, int64_t now_us)
{
	all->now_us = now_us;
	t->start_us = now_us;
	t->due_us = now_us + ANSWER_WAIT_US;
}

static bool is_calling(const struct transactions *all, const struct transaction *t)
{
	return all->calls.count && table_find(&all->calls, &t->key) == t;
}

static void finish(struct transactions *all, struct transaction *t, enum outcome outcome, bool abandoned)
{
	settle(all, t, outcome, abandoned);
	remember(all, t);
	table_remove(is_calling(all, t) ? &all->calls : &all->waiting, t);
}

/* Credentials on a nonce that we did not give to this address (of before a restart, of another host, made up)
 * are none: the server asks anew, and any forger can draw that. */
static bool gave_credentials(const struct transaction *t)
{
	/* Nor does an answer tell what was given; but nobody asks again within a call without. */
	if (t->event.is_presumed)
		return t->event.follows_challenge;
	return t->event.choice[CHOICE_CREDENTIALS] == CREDENTIALS_GIVEN && t->event.proof >= PROOF_ECHOED;
}

/* Who registers is asked for a password and then told that there is no such account, or to come later: some registrars say so of a wrong
 * password. */
static bool is_refused_registration(const struct transaction *t, uint16_t code)
{
	return t->event.method == SIP_METHOD_REGISTER && gave_credentials(t) &&
	       (code == 404 || code == 410 || code == 480 || code == 603 || code == 604);
}

/* Nobody is there to be called: nothing about who asks. To other questions it is a no. */
static bool is_declined(const struct transaction *t, uint16_t code)
{
	return code == 603 && t->event.method != SIP_METHOD_INVITE && t->event.method != SIP_METHOD_MESSAGE;
}

static enum outcome outcome_of(const struct transaction *t, uint16_t code, bool is_stale)
{
	if (is_refused_registration(t, code))
		return OUTCOME_REFUSED;
	if (is_declined(t, code))
		return OUTCOME_FORBIDDEN;
	switch (code) {
	case 401:
	case 407:
		return gave_credentials(t) && !is_stale ? OUTCOME_REFUSED : OUTCOME_CHALLENGED;
	case 403: /* its password is right, but what it wants to watch is not for its eyes */
		return gave_credentials(t) && !t->event.is_watch ? OUTCOME_REFUSED : OUTCOME_FORBIDDEN;
	case 404:
	case 410:
	case 484:
	case 604:
		return OUTCOME_UNKNOWN_TARGET;
	case 487:
		return OUTCOME_CANCELLED;
	}
	if (code >= 200 && code < 300)
		return t->event.method == SIP_METHOD_INVITE ? OUTCOME_ANSWERED : OUTCOME_ACCEPTED;
	return OUTCOME_ERROR;
}

void transaction_answer(struct transactions *all, struct transaction *t, uint16_t code, bool is_stale, int64_t now_us)
{
	all->now_us = now_us;
	t->event.code = code;
	if (code < 200) {
		bool rings = code >= 180 && t->event.method == SIP_METHOD_INVITE && !t->event.rang;
		t->event.rang |= rings;
		if (rings && t->is_settled) /* it took long to reach the phone */
			settle(all, t, OUTCOME_RANG, false);
		return;
	}
	enum outcome outcome = outcome_of(t, code, is_stale);
	if (outcome == OUTCOME_CHALLENGED && !t->is_settled && !gave_credentials(t)) {
		/* Wait and see whether it is answered. */
		struct open_challenge *open =
		    t->call_hash ? table_get(&all->challenges, &t->call_hash, NULL) : NULL;
		if (open)
			open->key = t->key;
		t->challenged = true;
		t->challenged_us = now_us;
		return;
	}
	finish(all, t, outcome, false);
}

static void forget_challenge(struct transactions *all, const struct transaction *t)
{
	struct open_challenge *open = table_find(&all->challenges, &t->call_hash);
	if (open && open->key.a == t->key.a && open->key.b == t->key.b)
		table_remove(&all->challenges, open);
}

bool transaction_authenticated(struct transactions *all, uint64_t call_hash, int64_t now_us)
{
	struct open_challenge *open = table_find(&all->challenges, &call_hash);
	if (!open)
		return false;
	all->now_us = now_us;
	struct transaction *t = transaction_find(all, &open->key);
	table_remove(&all->challenges, open);
	if (t && t->challenged)
		finish(all, t, OUTCOME_CHALLENGED, false);
	return true;
}

/* A challenge that came late is waited for anew: a slow server is not the client's fault. */
static bool keep_waiting(struct transactions *all, struct transaction *t)
{
	int64_t due_us = t->challenged_us + ANSWER_WAIT_US;
	if (!t->challenged || due_us - t->due_us < LATE_CHALLENGE_US)
		return false;
	t->due_us = due_us;
	table_touch(&all->waiting, t);
	return true;
}

/* An INVITE that somebody works on: a call rings for a minute, and to a mobile phone it begins to ring after ten seconds. */
static bool is_in_progress(const struct transaction *t)
{
	return t->event.method == SIP_METHOD_INVITE && t->event.code >= 100 && t->event.code < 200;
}

/* Moves a call to the table of calls, where it waits for its end. */
static void keep_calling(struct transactions *all, struct transaction *t)
{
	struct transaction *kept = table_get(&all->calls, &t->key, NULL);
	if (!kept)
		return;
	memcpy(kept, t, all->entry_size);
	kept->due_us = t->event.time_us + CALL_WAIT_US;
}

void transactions_expire(struct transactions *all, int64_t now_us)
{
	struct transaction *t;
	all->now_us = now_us;
	while ((t = table_oldest(&all->waiting)) && t->due_us <= now_us) {
		if (keep_waiting(all, t))
			continue;
		settle_as_is(all, t, true);
		if (t->challenged)
			forget_challenge(all, t);
		else if (is_in_progress(t))
			keep_calling(all, t);
		remember(all, t);
		table_remove(&all->waiting, t);
	}
	while (all->calls.count && (t = table_oldest(&all->calls)) && t->due_us <= now_us)
		table_remove(&all->calls, t);
}

void transactions_flush(struct transactions *all, int64_t now_us)
{
	struct transaction *t;
	all->now_us = now_us;
	while ((t = table_oldest(&all->waiting))) {
		/* A challenge of the last moment may yet be answered: nobody is blamed for where a capture ends. */
		settle_as_is(all, t, t->challenged && now_us - t->challenged_us >= ANSWER_WAIT_US / 5);
		table_remove(&all->waiting, t);
	}
	table_clear(&all->waiting);
	table_clear(&all->calls);
	table_clear(&all->challenges);
}

static void forget_hints(struct table *table)
{
	size_t at = 0;
	for (struct transaction *t; (t = table_at(table, &at));) {
		t->source = NULL;
		memset(&t->event.hint, 0, sizeof t->event.hint);
		t->event.provisioning = NULL;
	}
}

void transactions_image(struct transactions *all, struct image *i)
{
	table_image(&all->waiting, i);
	table_image(&all->calls, i);
	table_image(&all->challenges, i);
	image_bytes(i, &all->now_us, sizeof all->now_us);
	image_bytes(i, &all->pressed, sizeof all->pressed);
	if (!i->is_loading)
		return;
	forget_hints(&all->waiting);
	forget_hints(&all->calls);
}

uint64_t transactions_pressed(const struct transactions *all)
{
	return all->pressed;
}
