/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_TRANSACTION_TRANSACTION_H
#define ANALYZE_TRANSACTION_TRANSACTION_H

#include "analyze/event.h"
#include "core/table.h"

/* analyze/transaction/transaction.h - requests waiting for their outcome (DESIGN: challenge versus refusal).
 * A request waits until its final answer, or ANSWER_WAIT_US when none comes; a challenge waits equally long
 * for the request that answers it; a call that rings is settled as `rang` after that, one that is being tried
 * as `none`, and both wait on, up to CALL_WAIT_US, for what becomes of them. Memory: at most max_pending
 * entries of about 450 bytes (seven cache lines with our own rules), and 256 KiB; at the bound the oldest is
 * settled as it stands. */

#define ANSWER_WAIT_US (5 * SECOND_US)	 /* a client has sent its fourth copy by then (RFC 3261 17.1: 0.5 + 1 + 2 s) */
#define CALL_WAIT_US (200 * SECOND_US) /* Timer C of proxies is 180 s */
#define COPIES_US (32 * SECOND_US) /* how long a client repeats itself (timers B and F) */

/* Identity of a transaction as both its request and its answers show it: client, server and the fields that an answer repeats. The
 * client's port is left out, since answers may go to the port in Via. Two independent hashes. */
struct transaction_key {
	uint64_t a, b;
};

struct transaction {
	struct transaction_key key;
	uint64_t call_hash; /* actor and Call-ID; 0: not known, so nobody can say that a challenge was left */
	uint32_t copy_hash; /* the caller's: equal for copies of a request, different for what only has the
			       same key */
	bool challenged;	  /* final answer was a challenge; waits for credentials */
	bool is_settled;	  /* given out once; what comes now is a followup */
	int64_t challenged_us;
	int64_t start_us, due_us;
	void *source;		  /* hint of the caller's: see table_recall */
	/* What the caller fills. */
	struct event event;
	uint64_t digest[];	  /* the rule engine's */
};

struct transactions;

/* `settle` is called when the outcome of one is known or it has waited long enough; event.choice[CHOICE_OUTCOME], ABANDONED and
 * FOLLOWUP are set. It may be called from within any function below. */
typedef void (*transaction_settle_fn)(void *ctx, struct transaction *t, int64_t now_us);

struct transactions *transactions_new(size_t max_pending, size_t digest_words, transaction_settle_fn settle, void *ctx);
void transactions_free(struct transactions *all);

/* A new request, or (*is_new false) the one that this is a copy of. NULL only without memory. The caller fills event and digest of a new
 * one, then calls transaction_start. */
struct transaction *transaction_get(struct transactions *all, const struct transaction_key *key, uint64_t call_hash, bool *is_new);
/* The same with the hash of the key (table_hash). */
struct transaction *transaction_get_hashed(struct transactions *all, const struct transaction_key *key, uint64_t hash, uint64_t call_hash,
					   bool *is_new);
struct transaction *transaction_find_hashed(struct transactions *all, const struct transaction_key *key, uint64_t hash);
/* When t, while it is settled, is the oldest: the one that stands `ahead` places behind it, which will be settled soon for its age or for
 * lack of room. NULL when there is none, or t is not the oldest. */
const struct transaction *transaction_behind(const struct transactions *all, const struct transaction *t, unsigned ahead);
/* From one that transaction_behind gave: the one that stands `ahead` places further behind, or NULL. */
const struct transaction *transaction_later(const struct transactions *all, const struct transaction *t,
					    unsigned ahead);
/* Asks the cache for what the calls with this key will touch; for all of t; and for what settling and removing t will touch besides. */
void transaction_expect(const struct transactions *all, const struct transaction_key *key, uint64_t hash, enum table_step step);
void transaction_expect_all(const struct transactions *all, const struct transaction *t);
void transaction_expect_end(const struct transactions *all, const struct transaction *t);
/* For transaction_authenticated, or for a challenge to a request with this call_hash. */
void transaction_expect_challenge(const struct transactions *all, uint64_t call_hash, enum table_step step);
void transaction_start(struct transactions *all, struct transaction *t, int64_t now_us);
/* Is it a copy of a request that was settled less than COPIES_US after it began? To be asked before transaction_get, as far as memory
 * reaches (16384 requests). */
bool transaction_is_copy(const struct transactions *all, const struct transaction_key *key,
			 uint32_t copy_hash, int64_t now_us);
/* The same of an answer: does it answer one of those? */
bool transaction_is_done(const struct transactions *all, const struct transaction_key *key, int64_t now_us);
struct transaction *transaction_find(struct transactions *all, const struct transaction_key *key);

/* An answer to t. `has_stale` tells that a challenge says stale=true. */
void transaction_answer(struct transactions *all, struct transaction *t, uint16_t code, bool is_stale, int64_t now_us);
/* Credentials came for a call (actor and Call-ID) that had been challenged: that challenge was answered. False: none was open. */
bool transaction_authenticated(struct transactions *all, uint64_t call_hash, int64_t now_us);

/* Settles what has waited long enough. */
void transactions_expire(struct transactions *all, int64_t now_us);
/* Settles everything, as at the end of the input, and gives memory back. */
void transactions_flush(struct transactions *all, int64_t now_us);
/* See core/image.h. Hints that transactions hold are gone after loading. */
void transactions_image(struct transactions *all, struct image *i);
/* Entries that had to be settled early for lack of room. */
uint64_t transactions_pressed(const struct transactions *all);

#endif
