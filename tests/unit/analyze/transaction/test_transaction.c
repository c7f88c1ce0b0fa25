/* SPDX-License-Identifier: MIT */
#include "analyze/transaction/transaction.h"

#include "core/clock.h"

#include <criterion/criterion.h>
#include <stdlib.h>

/* Requests and answers without any message: what becomes of them, and when. */

struct settled {
	uint64_t id;
	enum outcome outcome;
	bool abandoned, followup;
	uint16_t code;
	int64_t at_us;
};

struct desk {
	struct transactions *all;
	int64_t now_us;
	struct settled settled[64];
	size_t count;
};

static void on_settle(void *ctx, struct transaction *t, int64_t now_us)
{
	struct desk *d = ctx;
	cr_assert(d->count < 64);
	d->settled[d->count++] = (struct settled){ t->key.a, event_outcome(&t->event), t->event.choice[CHOICE_ABANDONED] == FLAG_TRUE,
						   t->event.choice[CHOICE_FOLLOWUP] == FLAG_TRUE, t->event.code, now_us };
	cr_assert(t->event.choice[CHOICE_ABANDONED] && t->event.choice[CHOICE_FOLLOWUP], "flags are set, true or false");
}

static void desk_open(struct desk *d, size_t max_pending)
{
	*d = (struct desk){ .now_us = 1000 * SECOND_US };
	d->all = transactions_new(max_pending, 2, on_settle, d);
	cr_assert_not_null(d->all);
}

static void desk_wait(struct desk *d, int64_t span_us)
{
	d->now_us += span_us;
	transactions_expire(d->all, d->now_us);
}

static struct transaction_key key_of(uint64_t id)
{
	return (struct transaction_key){ id, ~id };
}

static struct transaction *ask(struct desk *d, uint64_t id, uint64_t call, enum sip_method method, bool with_credentials)
{
	struct transaction_key key = key_of(id);
	bool is_new;
	struct transaction *t = transaction_get(d->all, &key, call, &is_new);
	cr_assert(t && is_new);
	t->event.time_us = d->now_us;
	t->event.method = (uint8_t)method;
	t->event.choice[CHOICE_CREDENTIALS] = with_credentials ? CREDENTIALS_GIVEN : CREDENTIALS_NONE;
	t->event.proof = with_credentials ? PROOF_ECHOED : PROOF_NONE;
	t->digest[0] = id;
	t->digest[1] = ~id;
	transaction_start(d->all, t, d->now_us);
	return t;
}

static void answer(struct desk *d, uint64_t id, uint16_t code, bool is_stale)
{
	struct transaction_key key = key_of(id);
	struct transaction *t = transaction_find(d->all, &key);
	cr_assert_not_null(t, "transaction %llu waits", (unsigned long long)id);
	cr_assert_eq(t->digest[1], ~id, "the digest comes along");
	transaction_answer(d->all, t, code, is_stale, d->now_us);
}

static void must(const struct desk *d, size_t index, uint64_t id, enum outcome outcome, bool abandoned, bool followup)
{
	cr_assert(index < d->count, "%zu settled", d->count);
	const struct settled *s = &d->settled[index];
	cr_assert_eq(s->id, id, "settled %zu is %llu", index, (unsigned long long)s->id);
	cr_assert_eq(s->outcome, outcome, "outcome of %zu: %s, not %s", index,
		     choice_text(CHOICE_OUTCOME, s->outcome), choice_text(CHOICE_OUTCOME, outcome));
	cr_assert_eq(s->abandoned, abandoned, "abandoned of %zu", index);
	cr_assert_eq(s->followup, followup, "followup of %zu", index);
}

static bool is_waiting(struct desk *d, uint64_t id)
{
	struct transaction_key key = key_of(id);
	return transaction_find(d->all, &key) != NULL;
}

/* Who may not see another's lamp has the right password. */
Test(transaction, a_lamp_that_is_not_for_its_eyes)
{
	for (int own = 0; own <= 1; own++) {
		struct desk d;
		desk_open(&d, 8);
		ask(&d, 7, 1, SIP_METHOD_SUBSCRIBE, true);
		struct transaction_key key = key_of(7);
		transaction_find(d.all, &key)->event.is_watch = !own;
		answer(&d, 7, 403, false);
		cr_assert_eq(d.settled[0].outcome, own ? OUTCOME_REFUSED : OUTCOME_FORBIDDEN);
		transactions_free(d.all);
	}
}

Test(transaction, final_answers)
{
	static const struct {
		const char *name;
		enum sip_method method;
		bool credentials;
		uint16_t code;
		bool stale;
		enum outcome outcome;
	} cases[] = {
		{ "registered", SIP_METHOD_REGISTER, true, 200, false, OUTCOME_ACCEPTED },
		{ "registered without password", SIP_METHOD_REGISTER, false, 200, false, OUTCOME_ACCEPTED },
		{ "accepted otherwise", SIP_METHOD_SUBSCRIBE, false, 202, false, OUTCOME_ACCEPTED },
		{ "call answered", SIP_METHOD_INVITE, false, 200, false, OUTCOME_ANSWERED },
		{ "wrong password", SIP_METHOD_REGISTER, true, 401, false, OUTCOME_REFUSED },
		{ "wrong password at a proxy", SIP_METHOD_INVITE, true, 407, false, OUTCOME_REFUSED },
		{ "old nonce is no wrong password", SIP_METHOD_REGISTER, true, 401, true,
		  OUTCOME_CHALLENGED },
		{ "old nonce at a proxy", SIP_METHOD_INVITE, true, 407, true, OUTCOME_CHALLENGED },
		{ "wrong password, said with 403", SIP_METHOD_REGISTER, true, 403, false, OUTCOME_REFUSED },
		{ "stale has no meaning in a 403", SIP_METHOD_REGISTER, true, 403, true, OUTCOME_REFUSED },
		{ "forbidden", SIP_METHOD_INVITE, false, 403, false, OUTCOME_FORBIDDEN },
		{ "no such user", SIP_METHOD_OPTIONS, false, 404, false, OUTCOME_UNKNOWN_TARGET },
		{ "wrong password, said with 404", SIP_METHOD_REGISTER, true, 404, false, OUTCOME_REFUSED },
		{ "wrong password, said with 480", SIP_METHOD_REGISTER, true, 480, false, OUTCOME_REFUSED },
		{ "wrong password, said with 603", SIP_METHOD_REGISTER, true, 603, false, OUTCOME_REFUSED },
		{ "not there now", SIP_METHOD_INVITE, true, 480, false, OUTCOME_ERROR },
		{ "no such number, with password", SIP_METHOD_INVITE, true, 404, false,
		  OUTCOME_UNKNOWN_TARGET },
		{ "registrar full", SIP_METHOD_REGISTER, true, 503, false, OUTCOME_ERROR },
		{ "not here", SIP_METHOD_REGISTER, false, 480, false, OUTCOME_ERROR },
		{ "declined unasked", SIP_METHOD_REGISTER, false, 603, false, OUTCOME_FORBIDDEN },
		{ "somebody declines", SIP_METHOD_INVITE, false, 603, false, OUTCOME_ERROR },
		{ "gone", SIP_METHOD_REGISTER, false, 410, false, OUTCOME_UNKNOWN_TARGET },
		{ "address incomplete", SIP_METHOD_INVITE, false, 484, false, OUTCOME_UNKNOWN_TARGET },
		{ "nowhere", SIP_METHOD_INVITE, false, 604, false, OUTCOME_UNKNOWN_TARGET },
		{ "cancelled", SIP_METHOD_INVITE, false, 487, false, OUTCOME_CANCELLED },
		{ "busy", SIP_METHOD_INVITE, false, 486, false, OUTCOME_ERROR },
		{ "moved", SIP_METHOD_INVITE, false, 302, false, OUTCOME_ERROR },
		{ "no service", SIP_METHOD_OPTIONS, false, 503, false, OUTCOME_ERROR },
		{ "method not allowed", SIP_METHOD_OPTIONS, false, 405, false, OUTCOME_ERROR },
		{ "largest code", SIP_METHOD_OPTIONS, false, 699, false, OUTCOME_ERROR },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct desk d;
		desk_open(&d, 8);
		ask(&d, 7, 1, cases[i].method, cases[i].credentials);
		answer(&d, 7, cases[i].code, cases[i].stale);
		cr_assert_eq(d.count, 1, "%s: settled at once", cases[i].name);
		cr_assert_eq(d.settled[0].outcome, cases[i].outcome, "%s: %s", cases[i].name,
			     choice_text(CHOICE_OUTCOME, d.settled[0].outcome));
		cr_assert(!d.settled[0].abandoned && !d.settled[0].followup, "%s", cases[i].name);
		cr_assert_eq(d.settled[0].code, cases[i].code, "%s", cases[i].name);
		desk_wait(&d, HOUR_US);
		transactions_flush(d.all, d.now_us);
		cr_assert_eq(d.count, 1, "%s: once only", cases[i].name);
		transactions_free(d.all);
	}
}

/* Credentials on a nonce that was never given to this address are no try at a password: anybody can forge them. */
Test(transaction, credentials_that_prove_nothing)
{
	struct desk d;
	desk_open(&d, 8);
	ask(&d, 1, 1, SIP_METHOD_REGISTER, true)->event.proof = PROOF_ANSWERED;
	answer(&d, 1, 401, false);
	cr_assert_eq(d.count, 0, "a challenge like any other");
	transaction_authenticated(d.all, 1, d.now_us);
	must(&d, 0, 1, OUTCOME_CHALLENGED, false, false);
	ask(&d, 2, 2, SIP_METHOD_REGISTER, true)->event.proof = PROOF_NONE;
	answer(&d, 2, 403, false);
	must(&d, 1, 2, OUTCOME_FORBIDDEN, false, false);
	ask(&d, 3, 3, SIP_METHOD_REGISTER, true)->event.proof = PROOF_NONE;
	answer(&d, 3, 200, false);
	must(&d, 2, 3, OUTCOME_ACCEPTED, false, false);
	ask(&d, 4, 4, SIP_METHOD_REGISTER, true)->event.proof = PROOF_NONE;
	answer(&d, 4, 401, false);
	desk_wait(&d, ANSWER_WAIT_US + 1000);
	must(&d, 3, 4, OUTCOME_CHALLENGED, true, false);
	transactions_free(d.all);
}

/* A copy of a request that was settled is told from a new one. */
Test(transaction, copies_after_the_end)
{
	struct desk d;
	struct transaction_key key = key_of(7), other = key_of(8);
	desk_open(&d, 8);
	cr_assert(!transaction_is_copy(d.all, &key, 5, d.now_us));
	struct transaction *t = ask(&d, 7, 1, SIP_METHOD_REGISTER, true);
	t->copy_hash = 5;
	cr_assert(!transaction_is_copy(d.all, &key, 5, d.now_us), "it still waits");
	cr_assert(!transaction_is_done(d.all, &key, d.now_us));
	answer(&d, 7, 403, false);
	cr_assert(transaction_is_copy(d.all, &key, 5, d.now_us));
	cr_assert(transaction_is_done(d.all, &key, d.now_us));
	cr_assert(!transaction_is_copy(d.all, &key, 6, d.now_us), "another request of a tool that never changes its branch");
	cr_assert(!transaction_is_copy(d.all, &other, 5, d.now_us));
	cr_assert(!transaction_is_done(d.all, &other, d.now_us));
	cr_assert(transaction_is_copy(d.all, &key, 5, d.now_us + COPIES_US));
	cr_assert(!transaction_is_copy(d.all, &key, 5, d.now_us + COPIES_US + SECOND_US / 100), "nobody repeats himself for so long");
	/* The same of one that nobody answered. */
	t = ask(&d, 8, 1, SIP_METHOD_OPTIONS, false);
	t->copy_hash = 9;
	desk_wait(&d, ANSWER_WAIT_US);
	cr_assert(transaction_is_copy(d.all, &other, 9, d.now_us));
	transactions_free(d.all);
}

Test(transaction, silence)
{
	struct desk d;
	desk_open(&d, 8);
	ask(&d, 1, 1, SIP_METHOD_OPTIONS, false);
	desk_wait(&d, ANSWER_WAIT_US - 1);
	cr_assert_eq(d.count, 0, "not yet");
	desk_wait(&d, 1);
	cr_assert_eq(d.count, 1);
	must(&d, 0, 1, OUTCOME_NONE, false, false);
	cr_assert_eq(d.settled[0].at_us, d.now_us);
	cr_assert(!is_waiting(&d, 1));
	transactions_free(d.all);
}

Test(transaction, challenge_is_answered)
{
	struct desk d;
	desk_open(&d, 8);
	ask(&d, 1, 77, SIP_METHOD_REGISTER, false);
	answer(&d, 1, 401, false);
	cr_assert_eq(d.count, 0, "a challenge is no end");
	desk_wait(&d, SECOND_US);
	transaction_authenticated(d.all, 78, d.now_us);
	cr_assert_eq(d.count, 0, "credentials of another call answer nothing");
	transaction_authenticated(d.all, 77, d.now_us);
	cr_assert_eq(d.count, 1);
	must(&d, 0, 1, OUTCOME_CHALLENGED, false, false);
	transaction_authenticated(d.all, 77, d.now_us);
	desk_wait(&d, HOUR_US);
	cr_assert_eq(d.count, 1, "once only");
	transactions_free(d.all);
}

Test(transaction, challenge_is_abandoned)
{
	struct desk d;
	desk_open(&d, 8);
	ask(&d, 1, 77, SIP_METHOD_REGISTER, false);
	desk_wait(&d, 1000);
	answer(&d, 1, 401, false);
	desk_wait(&d, ANSWER_WAIT_US + 1000);
	cr_assert_eq(d.count, 1);
	must(&d, 0, 1, OUTCOME_CHALLENGED, true, false);
	transaction_authenticated(d.all, 77, d.now_us);
	cr_assert_eq(d.count, 1, "too late");
	transactions_free(d.all);
}

/* A challenge waits as long as a request did (transaction.h): a slow server is not the client's fault. */
Test(transaction, late_challenge_waits_as_long)
{
	struct desk d;
	desk_open(&d, 8);
	ask(&d, 1, 77, SIP_METHOD_REGISTER, false);
	desk_wait(&d, ANSWER_WAIT_US - 100000);
	answer(&d, 1, 401, false);
	desk_wait(&d, 300000);
	cr_assert_eq(d.count, 0, "the challenge is 0.3 s old");
	transaction_authenticated(d.all, 77, d.now_us);
	must(&d, 0, 1, OUTCOME_CHALLENGED, false, false);

	ask(&d, 2, 78, SIP_METHOD_REGISTER, false);
	desk_wait(&d, ANSWER_WAIT_US - 100000);
	answer(&d, 2, 401, false);
	desk_wait(&d, 2 * ANSWER_WAIT_US);
	cr_assert_eq(d.count, 2);
	must(&d, 1, 2, OUTCOME_CHALLENGED, true, false);
	transactions_free(d.all);
}

Test(transaction, challenged_again)
{
	struct desk d;
	desk_open(&d, 8);
	/* The server repeats its challenge, since the ACK or the next request is late. */
	ask(&d, 1, 77, SIP_METHOD_INVITE, false);
	answer(&d, 1, 407, false);
	answer(&d, 1, 407, false);
	cr_assert_eq(d.count, 0);
	/* Two requests of one call are challenged: the credentials answer the later one, the earlier is left. */
	ask(&d, 2, 77, SIP_METHOD_INVITE, false);
	answer(&d, 2, 407, false);
	transaction_authenticated(d.all, 77, d.now_us);
	cr_assert_eq(d.count, 1);
	must(&d, 0, 2, OUTCOME_CHALLENGED, false, false);
	transactions_free(d.all);
}

Test(transaction, challenge_then_other_answer)
{
	struct desk d;
	desk_open(&d, 8);
	ask(&d, 1, 77, SIP_METHOD_INVITE, false);
	answer(&d, 1, 407, false);
	answer(&d, 1, 503, false);
	cr_assert_eq(d.count, 1, "a forked request may end otherwise");
	must(&d, 0, 1, OUTCOME_ERROR, false, false);
	transaction_authenticated(d.all, 77, d.now_us);
	cr_assert_eq(d.count, 1, "the challenge is forgotten with its request");
	transactions_free(d.all);
}

Test(transaction, rings_then_answered_later)
{
	static const struct {
		const char *name;
		uint16_t code;
		enum outcome outcome;
	} ends[] = { { "answered", 200, OUTCOME_ANSWERED },
		     { "cancelled", 487, OUTCOME_CANCELLED },
		     { "busy", 486, OUTCOME_ERROR },
		     { "challenged at last", 407, OUTCOME_CHALLENGED } };
	for (size_t i = 0; i < 4; i++) {
		struct desk d;
		desk_open(&d, 8);
		ask(&d, 1, 1, SIP_METHOD_INVITE, false);
		answer(&d, 1, 100, false);
		answer(&d, 1, 180, false);
		desk_wait(&d, ANSWER_WAIT_US);
		cr_assert_eq(d.count, 1, "%s", ends[i].name);
		must(&d, 0, 1, OUTCOME_RANG, false, false);
		desk_wait(&d, 60 * SECOND_US);
		cr_assert_eq(d.count, 1, "%s: it still rings", ends[i].name);
		answer(&d, 1, ends[i].code, false);
		cr_assert_eq(d.count, 2, "%s", ends[i].name);
		must(&d, 1, 1, ends[i].outcome, false, true);
		cr_assert(!is_waiting(&d, 1), "%s", ends[i].name);
		desk_wait(&d, HOUR_US);
		transactions_flush(d.all, d.now_us);
		cr_assert_eq(d.count, 2, "%s: once only", ends[i].name);
		transactions_free(d.all);
	}
}

Test(transaction, rings_for_ever)
{
	struct desk d;
	desk_open(&d, 8);
	ask(&d, 1, 1, SIP_METHOD_INVITE, false);
	answer(&d, 1, 183, false);
	desk_wait(&d, ANSWER_WAIT_US);
	desk_wait(&d, CALL_WAIT_US - ANSWER_WAIT_US - 1);
	cr_assert(is_waiting(&d, 1));
	desk_wait(&d, 1);
	cr_assert(!is_waiting(&d, 1), "forgotten");
	cr_assert_eq(d.count, 1);
	transactions_free(d.all);
}

/* Calls to mobile phones: "trying" at once, the first ring after seven seconds. */
Test(transaction, rings_late)
{
	struct desk d;
	desk_open(&d, 8);
	ask(&d, 1, 1, SIP_METHOD_INVITE, false);
	answer(&d, 1, 100, false);
	desk_wait(&d, 7 * SECOND_US);
	cr_assert_eq(d.count, 1);
	must(&d, 0, 1, OUTCOME_NONE, false, false);
	answer(&d, 1, 180, false);
	answer(&d, 1, 180, false);
	cr_assert_eq(d.count, 2, "now it rings, which is told once");
	must(&d, 1, 1, OUTCOME_RANG, false, true);
	desk_wait(&d, 20 * SECOND_US);
	answer(&d, 1, 200, false);
	cr_assert_eq(d.count, 3);
	must(&d, 2, 1, OUTCOME_ANSWERED, false, true);
	transactions_free(d.all);
}

Test(transaction, only_calls_ring)
{
	struct desk d;
	desk_open(&d, 8);
	ask(&d, 1, 1, SIP_METHOD_OPTIONS, false);
	answer(&d, 1, 180, false);
	desk_wait(&d, ANSWER_WAIT_US);
	must(&d, 0, 1, OUTCOME_NONE, false, false);
	cr_assert(!is_waiting(&d, 1));
	transactions_free(d.all);
}

Test(transaction, copies)
{
	struct desk d;
	bool is_new;
	struct transaction_key key = key_of(1);
	desk_open(&d, 8);
	struct transaction *t = ask(&d, 1, 1, SIP_METHOD_INVITE, false);
	cr_assert_eq(transaction_get(d.all, &key, 1, &is_new), t, "a copy is the same transaction");
	cr_assert(!is_new);
	answer(&d, 1, 180, false);
	desk_wait(&d, ANSWER_WAIT_US);
	cr_assert(transaction_get(d.all, &key, 1, &is_new), "also while it rings on");
	cr_assert(!is_new);
	cr_assert_eq(d.count, 1);
	transactions_free(d.all);
}

Test(transaction, at_the_bound)
{
	struct desk d;
	desk_open(&d, 4);
	for (uint64_t id = 1; id <= 4; id++)
		ask(&d, id, id, SIP_METHOD_REGISTER, false);
	answer(&d, 1, 401, false);
	answer(&d, 2, 180, false);
	cr_assert_eq(transactions_pressed(d.all), 0);
	ask(&d, 5, 5, SIP_METHOD_REGISTER, false);
	cr_assert_eq(d.count, 1);
	must(&d, 0, 1, OUTCOME_CHALLENGED, false, false);
	cr_assert_eq(transactions_pressed(d.all), 1);
	transaction_authenticated(d.all, 1, d.now_us);
	cr_assert_eq(d.count, 1, "settled early, not twice");
	for (uint64_t id = 6; id < 40; id++)
		ask(&d, id, id, SIP_METHOD_REGISTER, false);
	cr_assert_eq(d.count, 35, "each once");
	for (size_t i = 1; i < d.count; i++)
		must(&d, i, i + 1, OUTCOME_NONE, false, false);
	cr_assert_eq(transactions_pressed(d.all), 35);
	transactions_free(d.all);
}

/* More ringing calls than the bound remembers: followups are lost, nothing is made up. */
Test(transaction, many_ringing_calls)
{
	struct desk d;
	desk_open(&d, 16);
	for (uint64_t id = 1; id <= 16; id++) {
		ask(&d, id, id, SIP_METHOD_INVITE, false);
		answer(&d, id, 180, false);
	}
	desk_wait(&d, ANSWER_WAIT_US);
	cr_assert_eq(d.count, 16);
	size_t left = 0;
	for (uint64_t id = 1; id <= 16; id++) {
		left += is_waiting(&d, id);
		if (is_waiting(&d, id))
			answer(&d, id, 200, false);
	}
	cr_assert(left >= 4 && left <= 16, "%zu remembered", left);
	cr_assert_eq(d.count, 16 + left);
	transactions_free(d.all);
}

Test(transaction, end_of_input)
{
	struct desk d;
	desk_open(&d, 16);
	ask(&d, 1, 1, SIP_METHOD_REGISTER, false);
	answer(&d, 1, 401, false);
	ask(&d, 2, 2, SIP_METHOD_OPTIONS, false);
	desk_wait(&d, 3 * SECOND_US);
	ask(&d, 3, 3, SIP_METHOD_REGISTER, false);
	answer(&d, 3, 401, false);
	ask(&d, 4, 4, SIP_METHOD_INVITE, false);
	answer(&d, 4, 180, false);
	struct transaction_key first = key_of(1), second = key_of(2);
	const struct transaction *oldest = transaction_find(d.all, &first);
	cr_assert_eq(transaction_behind(d.all, oldest, 0), oldest);
	cr_assert_eq(transaction_behind(d.all, oldest, 2)->key.a, 3);
	cr_assert_null(transaction_behind(d.all, oldest, 4), "there are no more");
	cr_assert_null(transaction_behind(d.all, transaction_find(d.all, &second), 1), "it is not the oldest");
	transactions_flush(d.all, d.now_us);
	cr_assert_eq(d.count, 4);
	must(&d, 0, 1, OUTCOME_CHALLENGED, true, false);
	must(&d, 1, 2, OUTCOME_NONE, false, false);
	must(&d, 2, 3, OUTCOME_CHALLENGED, false, false);
	must(&d, 3, 4, OUTCOME_RANG, false, false);
	transactions_flush(d.all, d.now_us);
	cr_assert_eq(d.count, 4);
	ask(&d, 5, 5, SIP_METHOD_OPTIONS, false);
	answer(&d, 5, 200, false);
	cr_assert_eq(d.count, 5, "more may come after a flush");
	transactions_free(d.all);
}

Test(transaction, in_order_of_age)
{
	struct desk d;
	desk_open(&d, 64);
	for (uint64_t id = 1; id <= 40; id++) {
		ask(&d, id, id, SIP_METHOD_OPTIONS, false);
		desk_wait(&d, 1000);
	}
	desk_wait(&d, ANSWER_WAIT_US - 20 * 1000);
	cr_assert_eq(d.count, 21, "%zu are old enough", d.count);
	for (size_t i = 0; i < d.count; i++)
		must(&d, i, i + 1, OUTCOME_NONE, false, false);
	transactions_free(d.all);
}

Test(transaction, nothing_at_all)
{
	struct desk d;
	desk_open(&d, 1);
	transactions_expire(d.all, INT64_MIN);
	transactions_expire(d.all, INT64_MAX);
	transactions_flush(d.all, 0);
	transaction_authenticated(d.all, 1, 0);
	cr_assert_eq(d.count, 0);
	transactions_free(d.all);
	transactions_free(NULL);
}
