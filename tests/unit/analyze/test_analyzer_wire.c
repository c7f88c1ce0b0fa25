/* SPDX-License-Identifier: MIT */
#include "tests/support/verdicts.h"

/* What messages of the wire become: outcomes, proofs, dialogs. No rule says anything here. */

#define ACTOR "203.0.113.7"
#define PHONE "192.0.2.21"

Test(wire, observation_names_everything)
{
	struct talk *t = talk_new_bare();
	int64_t asked_us = t->now_us;
	struct ask a = talk_ask(
	    t, (struct ask){ .from = ACTOR, .from_port = 5099, .to_port = 5070, .method = "REGISTER", .user = "100", .agent = "x" });
	cr_assert_eq(t->seen_count, 0, "not before its outcome is known");
	talk_wait(t, 30000);
	talk_reply(t, &a, (struct reply){ .code = 404 });
	cr_assert_eq(t->seen_count, 1);
	const struct seen *s = talk_last(t);
	cr_assert_eq(s->o.time_us, asked_us, "it happened when it was asked");
	cr_assert_eq(s->o.known_us, t->now_us, "and was known when it was answered");
	cr_assert_eq(s->o.place.number, 1);
	cr_assert_eq(seen_outcome(s), OUTCOME_UNKNOWN_TARGET);
	cr_assert_eq(seen_number(s, NUMBER_CODE), 404);
	cr_assert_eq(seen_number(s, NUMBER_SOURCE_PORT), 5099);
	cr_assert_eq(seen_number(s, NUMBER_DESTINATION_PORT), 5070);
	cr_assert_eq(s->o.choice[CHOICE_CREDENTIALS], CREDENTIALS_NONE);
	cr_assert_eq(s->o.choice[CHOICE_TRANSPORT], TRANSPORT_UDP);
	cr_assert_eq(s->o.choice[CHOICE_CATEGORY], CATEGORY_SIP);
	cr_assert_eq(s->o.choice[CHOICE_SOLICITED], FLAG_FALSE);
	cr_assert_eq(s->o.choice[CHOICE_PEER], FLAG_FALSE);
	cr_assert_eq(s->o.choice[CHOICE_BREACHED], FLAG_FALSE);
	cr_assert_str_eq(s->method, "REGISTER");
	cr_assert_str_eq(s->account, "100");
	struct analyzer_counters c = analyzer_counters(t->analyzer);
	cr_assert_eq(c.messages, 2);
	cr_assert_eq(c.requests[SIP_METHOD_REGISTER], 1);
	cr_assert_eq(c.responses[4], 1);
	cr_assert_eq(c.observations, 1);
	cr_assert_eq(c.actors, 1);
	cr_assert_eq(c.unpaired, 0);
	talk_free(t);
}

/* DESIGN 3: a challenge is not a failure. */
Test(wire, challenge_is_no_failure)
{
	struct talk *t = talk_new_bare();
	talk_register(t, PHONE, "100", "n1", 200);
	cr_assert_eq(t->seen_count, 2);
	const struct seen *first = talk_seen(t, 0), *second = talk_seen(t, 1);
	cr_assert_eq(seen_outcome(first), OUTCOME_CHALLENGED);
	cr_assert(!seen_flag(first, CHOICE_ABANDONED));
	cr_assert_eq(seen_number(first, NUMBER_REFUSALS), 0);
	cr_assert_eq(seen_number(first, NUMBER_ACCOUNTS_FAILED), 0);
	cr_assert_eq(seen_outcome(second), OUTCOME_ACCEPTED);
	cr_assert_eq(second->o.choice[CHOICE_CREDENTIALS], CREDENTIALS_GIVEN);
	cr_assert_eq(seen_number(second, NUMBER_ACCOUNTS_TRIED), 1);
	cr_assert_eq(seen_number(second, NUMBER_ACCOUNTS_FAILED), 0);
	talk_free(t);
}

Test(wire, refusal_is_failure_and_stale_is_none)
{
	struct talk *t = talk_new_bare();
	talk_register(t, PHONE, "100", "n1", 401);
	cr_assert_eq(seen_outcome(talk_last(t)), OUTCOME_REFUSED);
	cr_assert_eq(seen_number(talk_last(t), NUMBER_REFUSALS), 1);

	/* The phone comes back with the nonce that it has; it is too old. */
	struct ask renew = talk_ask(t, (struct ask){ .from = PHONE, .method = "REGISTER", .user = "100", .auth = "again" });
	talk_reply(t, &renew, (struct reply){ .code = 401, .nonce = "n3", .is_stale = true });
	const struct seen *s = talk_last(t);
	cr_assert_eq(seen_outcome(s), OUTCOME_CHALLENGED);
	cr_assert(!seen_flag(s, CHOICE_ABANDONED));
	cr_assert_eq(seen_number(s, NUMBER_REFUSALS), 1, "stale=true is no wrong password");
	struct ask right = talk_next(&renew);
	right.auth = "n3";
	right = talk_ask(t, right);
	talk_reply(t, &right, (struct reply){ .code = 200 });
	s = talk_last(t);
	cr_assert_eq(seen_outcome(s), OUTCOME_ACCEPTED);
	cr_assert_eq(seen_number(s, NUMBER_REFUSALS), 0, "success closes the count");
	cr_assert(!seen_flag(s, CHOICE_BREACHED));
	talk_free(t);
}

Test(wire, challenge_abandoned)
{
	struct talk *t = talk_new_bare();
	struct ask a = talk_ask(t, (struct ask){ .from = ACTOR, .method = "REGISTER", .user = "100" });
	talk_reply(t, &a, (struct reply){ .code = 401, .nonce = "n1" });
	/* Credentials on another Call-ID, or of another actor on the same one, answer nothing. */
	talk_ask(t, (struct ask){ .from = ACTOR, .method = "REGISTER", .user = "100", .auth = "n1" });
	struct ask stolen = talk_next(&a);
	stolen.from = "203.0.113.8";
	stolen.auth = "n1";
	talk_ask(t, stolen);
	talk_settle(t);
	const struct seen *s = talk_seen(t, 0);
	cr_assert_eq(seen_outcome(s), OUTCOME_CHALLENGED);
	cr_assert(seen_flag(s, CHOICE_ABANDONED));
	cr_assert_eq(seen_number(s, NUMBER_ACCOUNTS_FAILED), 1, "a challenge that is never answered is a failure");
	talk_free(t);
}

/* ---- copies ---- */

Test(wire, retransmissions)
{
	struct talk *t = talk_new_bare();
	struct ask a = talk_ask(t, (struct ask){ .from = ACTOR, .method = "REGISTER", .user = "100" });
	for (int i = 0; i < 3; i++) {
		talk_wait(t, 500000);
		talk_repeat(t, &a);
	}
	talk_settle(t);
	cr_assert_eq(t->seen_count, 1, "four copies, one request");
	cr_assert_eq(seen_number(talk_last(t), NUMBER_REQUESTS), 1);
	cr_assert_eq(analyzer_counters(t->analyzer).retransmissions, 3);
	cr_assert_eq(analyzer_counters(t->analyzer).requests[SIP_METHOD_REGISTER], 4, "messages are counted as they come");
	talk_free(t);
}

/* A client far away repeats its request while the answer is on its way, so near the server the copy comes after the answer, and is
 * answered again. One wrong password stays one wrong password. */
Test(wire, retransmission_after_the_answer)
{
	struct talk *t = talk_new_bare();
	struct ask a = talk_ask(t, (struct ask){ .from = PHONE, .method = "REGISTER", .user = "100" });
	talk_reply(t, &a, (struct reply){ .code = 401, .nonce = "n1" });
	talk_wait(t, 500000);
	talk_repeat(t, &a);
	talk_reply(t, &a, (struct reply){ .code = 401, .nonce = "n1" });
	struct ask b = talk_next(&a);
	b.auth = "n1";
	b = talk_ask(t, b);
	talk_wait(t, 1000);
	talk_reply(t, &b, (struct reply){ .code = 403 });
	for (int i = 0; i < 4; i++) {
		talk_wait(t, 500000);
		talk_repeat(t, &b);
		talk_wait(t, 1000);
		talk_reply(t, &b, (struct reply){ .code = 403 });
	}
	talk_settle(t);
	cr_assert_eq(t->seen_count, 2, "%zu observations", t->seen_count);
	cr_assert_eq(seen_outcome(talk_last(t)), OUTCOME_REFUSED);
	cr_assert_eq(seen_number(talk_last(t), NUMBER_REFUSALS), 1);
	cr_assert_eq(seen_number(talk_last(t), NUMBER_GUESSES), 0);
	cr_assert_eq(analyzer_counters(t->analyzer).retransmissions, 5);
	cr_assert_eq(analyzer_counters(t->analyzer).unpaired, 0, "the copies of an answer answer something we saw");
	talk_free(t);
}

/* A tool that never changes Call-ID, branch and CSeq does not hide its requests behind each other. */
Test(wire, constant_identity_is_no_retransmission)
{
	struct talk *t = talk_new_bare();
	struct ask first = talk_ask(t, (struct ask){ .from = ACTOR, .method = "REGISTER", .user = "100" });
	talk_reply(t, &first, (struct reply){ .code = 401, .nonce = "n1" });
	talk_settle(t);
	for (unsigned i = 0; i < 10; i++) {
		char auth[32];
		snprintf(auth, sizeof auth, "n1/%016u", i);
		struct ask a = { .from = ACTOR, .method = "REGISTER", .user = "100", .auth = auth, .call_id = "1", .branch = "z9hG4bK1", .tag = "1" };
		a = talk_ask(t, a);
		talk_wait(t, 1000);
		talk_reply(t, &a, (struct reply){ .code = 403 });
		talk_wait(t, 1000);
	}
	cr_assert_eq(t->seen_count, 11);
	cr_assert_eq(seen_number(talk_last(t), NUMBER_REFUSALS), 10);
	for (unsigned i = 0; i < 10; i++) {
		char user[8];
		snprintf(user, sizeof user, "2%u", i);
		struct ask a = { .from = ACTOR, .user = user, .call_id = "2", .branch = "z9hG4bK2", .tag = "2" };
		a = talk_ask(t, a);
		talk_wait(t, 1000);
		talk_reply(t, &a, (struct reply){ .code = 404 });
		talk_wait(t, 1000);
	}
	cr_assert_eq(t->seen_count, 21);
	cr_assert_eq(seen_number(talk_last(t), NUMBER_ACCOUNTS_UNKNOWN), 10);
	talk_free(t);
}

Test(wire, same_identity_at_another_target_is_another_request)
{
	struct talk *t = talk_new_bare();
	for (uint32_t i = 0; i < 5; i++)
		talk_ask(t, (struct ask){ .from = ACTOR, .to = talk_neighbour("198.51.100.1", i), .call_id = "1", .branch = "z9hG4bK1", .tag = "1" });
	talk_settle(t);
	cr_assert_eq(t->seen_count, 5);
	cr_assert_eq(seen_number(talk_last(t), NUMBER_SWEEP_TARGETS), 5);
	talk_free(t);
}

/* ---- calls ---- */

Test(wire, call_answered_later)
{
	struct talk *t = talk_new_bare();
	struct ask a = talk_ask(t, (struct ask){ .from = ACTOR, .method = "INVITE", .user = "100" });
	talk_reply(t, &a, (struct reply){ .code = 180 });
	talk_settle(t);
	cr_assert_eq(t->seen_count, 1);
	cr_assert_eq(seen_outcome(talk_last(t)), OUTCOME_RANG);
	cr_assert(!seen_flag(talk_last(t), CHOICE_FOLLOWUP));
	cr_assert_eq(seen_number(talk_last(t), NUMBER_RINGS), 1);
	talk_wait(t, 20 * SECOND_US);
	talk_reply(t, &a, (struct reply){ .code = 200 });
	cr_assert_eq(t->seen_count, 2);
	cr_assert_eq(seen_outcome(talk_last(t)), OUTCOME_ANSWERED);
	cr_assert(seen_flag(talk_last(t), CHOICE_FOLLOWUP));
	cr_assert_eq(seen_number(talk_last(t), NUMBER_REQUESTS), 1, "still one request");
	cr_assert_eq(seen_number(talk_last(t), NUMBER_RINGS), 1);
	talk_finish(t);
	cr_assert_eq(t->seen_count, 2);
	talk_free(t);
}

Test(wire, call_cancelled)
{
	struct talk *t = talk_new_bare();
	struct ask a = talk_ask(t, (struct ask){ .from = ACTOR, .method = "INVITE", .user = "0049301234567" });
	talk_reply(t, &a, (struct reply){ .code = 180 });
	struct ask cancel = a;
	cancel.method = "CANCEL";
	talk_ask(t, cancel);
	talk_reply(t, &cancel, (struct reply){ .code = 200 });
	talk_reply(t, &a, (struct reply){ .code = 487 });
	talk_finish(t);
	cr_assert_eq(t->seen_count, 2);
	const struct seen *s = talk_seen(t, 1);
	cr_assert_str_eq(s->method, "INVITE");
	cr_assert_eq(seen_outcome(s), OUTCOME_CANCELLED);
	cr_assert_str_eq(s->dialed, "0049301234567");
	cr_assert_str_eq(s->account, "");
	cr_assert_str_eq(talk_seen(t, 0)->account, "", "the number that is cancelled is no account either");
	cr_assert_eq(seen_number(s, NUMBER_ACCOUNTS_TRIED), 0);
	talk_free(t);
}

/* Requests of a dialog that both sides know are no new attempts. */
Test(wire, inside_a_dialog)
{
	struct talk *t = talk_new_bare();
	struct ask call = talk_call(t, PHONE, TALK_PBX, "500");
	const struct seen *s = talk_last(t);
	cr_assert_str_eq(s->method, "BYE");
	cr_assert(seen_flag(s, CHOICE_SOLICITED), "it belongs to a dialog");
	cr_assert_eq(seen_number(s, NUMBER_ACCOUNTS_TRIED), 1, "500, once");
	cr_assert_eq(seen_number(s, NUMBER_SWEEP_REPEAT), 0, "a BYE is no visit");
	/* The other side hangs up as well. */
	struct ask hangup = { .from = TALK_PBX, .to = PHONE, .method = "BYE", .to_tag = "x" };
	snprintf(hangup.call_id, sizeof hangup.call_id, "%s", call.call_id);
	snprintf(hangup.tag, sizeof hangup.tag, "srv");
	talk_ask(t, hangup);
	talk_settle(t);
	cr_assert(seen_flag(talk_last(t), CHOICE_SOLICITED));
	talk_free(t);
}

static void must_be_business(struct talk *t, bool expected, const char *why)
{
	talk_ask(t, (struct ask){ .from = ACTOR });
	talk_settle(t);
	cr_assert_eq(seen_flag(talk_last(t), CHOICE_SOLICITED), expected, "%s", why);
}

Test(wire, what_makes_a_dialog)
{
	struct talk *t = talk_new_bare();
	struct ask a = talk_ask(t, (struct ask){ .from = ACTOR, .method = "INVITE", .user = "100" });
	talk_reply(t, &a, (struct reply){ .code = 200 });
	must_be_business(t, false, "answered alone");
	struct ask ack = a;
	ack.branch[0] = 0;
	ack.method = "ACK";
	ack.to_tag = "wrong";
	talk_ask(t, ack);
	must_be_business(t, false, "an ACK that names another tag");
	talk_acknowledge(t, &a);
	must_be_business(t, false, "nobody has spoken yet");
	talk_hang_up(t, &a);
	must_be_business(t, true, "a call that lasted");
	talk_free(t);
}

Test(wire, short_call_is_no_business)
{
	static const struct {
		const char *name;
		int64_t lasted_us;
		bool is_business;
	} cases[] = {
		{ "an answering machine, hung up on at once", 200000, false },
		{ "less than two seconds", 2 * SECOND_US - 1, false },
		{ "two seconds", 2 * SECOND_US, true },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct talk *t = talk_new_bare();
		struct ask a = talk_ask(t, (struct ask){ .from = ACTOR, .method = "INVITE", .user = "100" });
		talk_reply(t, &a, (struct reply){ .code = 200 });
		int64_t answered_us = t->now_us;
		talk_acknowledge(t, &a);
		talk_wait(t, answered_us + cases[i].lasted_us - t->now_us);
		talk_hang_up(t, &a);
		must_be_business(t, cases[i].is_business, cases[i].name);
		talk_free(t);
	}
}

Test(wire, call_with_media_is_business)
{
	struct talk *t = talk_new_bare();
	struct ask a = talk_ask(
	    t, (struct ask){
		   .from = ACTOR, .method = "INVITE", .user = "100", .body = TALK_SDP("203.0.113.7", 4000) });
	talk_reply(t, &a, (struct reply){ .code = 200, .body = TALK_SDP("198.51.100.11", 12000) });
	talk_acknowledge(t, &a);
	talk_rtp(t, ACTOR, "198.51.100.11", 12000, 10);
	must_be_business(t, true, "it speaks");
	talk_free(t);
}

/* Copies of the ACK, or a re-INVITE of either side, make no second dialog. */
Test(wire, one_call_is_one_dialog)
{
	struct talk *t = talk_new(NULL);
	struct ask call = talk_call(t, ACTOR, TALK_PBX, "500");
	struct ask ack = call;
	ack.method = "ACK";
	ack.to_tag = "srv";
	for (int i = 0; i < 5; i++)
		talk_ask(t, ack);
	struct ask again = talk_next(&call);
	again.to_tag = "srv";
	again = talk_ask(t, again);
	talk_reply(t, &again, (struct reply){ .code = 200 });
	ack = again;
	ack.branch[0] = 0;
	ack.method = "ACK";
	talk_ask(t, ack);
	/* Three dialogs would make it a trunk. It calls itself a scanner, so that it is in the report. */
	talk_exchange(t, (struct ask){ .from = ACTOR, .agent = "friendly-scanner" }, 200);
	talk_finish(t);
	struct verdicts *v = verdicts_of(t);
	cr_assert_eq(must_find(v, ACTOR)->verdict, VERDICT_BLOCK, "%s", v->text);
	verdicts_free(v);
	talk_free(t);
}

/* Padded with zeros beyond any sense, the number behind them is the same. */
Test(wire, padded_numbers_have_one_tail)
{
	struct talk *t = talk_new_bare();
	for (int zeros = 18; zeros < 26; zeros++) {
		char number[64];
		snprintf(number, sizeof number, "%.*s972597438354", zeros, "000000000000000000000000000000000");
		talk_exchange(t, (struct ask){ .from = ACTOR, .method = "INVITE", .user = number }, 403);
	}
	cr_assert_eq(seen_number(talk_last(t), NUMBER_DIAL_PREFIXES), 8);
	cr_assert_eq(seen_number(talk_last(t), NUMBER_DIAL_NUMBERS), 8);
	talk_free(t);
}

/* ---- what comes late, wrong or alone ---- */

Test(wire, late_answer)
{
	struct talk *t = talk_new_bare();
	struct ask a = talk_ask(t, (struct ask){ .from = ACTOR });
	talk_settle(t);
	cr_assert_eq(seen_outcome(talk_last(t)), OUTCOME_NONE);
	talk_reply(t, &a, (struct reply){ .code = 200 });
	cr_assert_eq(t->seen_count, 1, "its time was over");
	cr_assert_eq(talk_proof_of(t, ACTOR), PROOF_ANSWERED, "but it shows that our side answers");
	talk_free(t);
}

Test(wire, slow_call_is_answered)
{
	struct talk *t = talk_new_bare();
	struct ask a = talk_ask(t, (struct ask){ .from = PHONE, .method = "INVITE", .user = "0049301234567" });
	talk_reply(t, &a, (struct reply){ .code = 100 });
	talk_settle(t);
	cr_assert_eq(seen_outcome(talk_last(t)), OUTCOME_NONE);
	cr_assert_eq(seen_number(talk_last(t), NUMBER_CODE), 100);
	cr_assert_eq(seen_number(talk_last(t), NUMBER_SWEEP_SILENT), 0, "somebody said `trying`: the target is not silent");
	talk_reply(t, &a, (struct reply){ .code = 180 });
	cr_assert_eq(seen_outcome(talk_last(t)), OUTCOME_RANG);
	talk_wait(t, 10 * SECOND_US);
	talk_reply(t, &a, (struct reply){ .code = 200 });
	const struct seen *s = talk_last(t);
	cr_assert_eq(seen_outcome(s), OUTCOME_ANSWERED);
	cr_assert(seen_flag(s, CHOICE_FOLLOWUP));
	cr_assert_eq(seen_number(s, NUMBER_DIAL_FAILED), 0, "it was reached");
	talk_free(t);
}

Test(wire, answers_to_nothing)
{
	struct talk *t = talk_new_bare();
	struct ask never = { .from = PHONE, .to = TALK_PBX, .method = "OPTIONS", .call_id = "x", .branch = "z9hG4bKx", .tag = "y", .cseq = 1 };
	talk_reply(t, &never, (struct reply){ .code = 200 });
	talk_reply(t, &never, (struct reply){ .code = 401, .nonce = "n" });
	cr_assert_eq(analyzer_counters(t->analyzer).unpaired, 2);
	cr_assert_eq(analyzer_counters(t->analyzer).actors, 0);
	struct ask a = talk_ask(t, (struct ask){ .from = ACTOR });
	struct ask wrong = a;
	wrong.cseq = 2;
	talk_reply(t, &wrong, (struct reply){ .code = 200 });
	wrong = a;
	wrong.method = "REGISTER";
	talk_reply(t, &wrong, (struct reply){ .code = 200 });
	wrong = a;
	snprintf(wrong.branch, sizeof wrong.branch, "z9hG4bKother");
	talk_reply(t, &wrong, (struct reply){ .code = 200 });
	talk_reply(t, &a, (struct reply){ .code = 200, .from = "198.51.100.99" });
	cr_assert_eq(t->seen_count, 0, "none of them answers the request");
	cr_assert_eq(analyzer_counters(t->analyzer).unpaired, 6);
	talk_finish(t);
	cr_assert_eq(seen_outcome(talk_last(t)), OUTCOME_NONE);
	talk_free(t);
}

/* svcrash sends a response that crashes svcrack; its tag tells. Seen as an observation of its sender, though it answers nothing. */
Test(wire, svcrash_response)
{
	static const char text[] = "SIP/2.0 401 Unauthorized\r\nVia: SIP/2.0/UDP 203.0.113.7:5060;branch=z9hG4bK1\r\nCall-ID: 1\r\n"
				   "CSeq: 1 REGISTER\r\nContent-Length: 0\r\n\r\n";
	struct talk *t = talk_new_bare();
	talk_feed_text(t, text, sizeof text - 1, ACTOR, 5060, PHONE, 5060, PROOF_NONE);
	cr_assert_eq(analyzer_counters(t->analyzer).unpaired, 1);
	cr_assert_eq(t->seen_count, 0, "no tag, no accusation");
	/* h:e:y 0x01 there 0x01 bye */
	static const char crash[] = "SIP/2.0 401 Unauthorized\r\nVia: SIP/2.0/UDP 192.0.2.21:5060;branch=z9hG4bK1\r\n"
				    "From: <sip:100@x>;tag=683a653a7901746865726501627965\r\nTo: <sip:100@x>;tag=1\r\nCall-ID: 1\r\n"
				    "CSeq: 1 REGISTER\r\nContent-Length: 0\r\n\r\n";
	talk_feed_text(t, crash, sizeof crash - 1, ACTOR, 5060, PHONE, 5060, PROOF_NONE);
	cr_assert_eq(analyzer_counters(t->analyzer).unpaired, 2);
	cr_assert_eq(t->seen_count, 1);
	struct addr actor = talk_addr(ACTOR);
	cr_assert(addr_eq(&talk_last(t)->o.address[ADDRESS_SOURCE_IP], &actor), "its sender");
	cr_assert_eq(talk_last(t)->o.choice[CHOICE_TYPE], TYPE_RESPONSE);
	cr_assert_eq(seen_outcome(talk_last(t)), OUTCOME_NONE);
	talk_free(t);
}

Test(wire, senders_that_are_nobody)
{
	static const char *const nobody[] = { "0.0.0.0", "255.255.255.255", "224.0.1.75", "::", "ff02::1" };
	struct talk *t = talk_new_bare();
	for (size_t i = 0; i < sizeof nobody / sizeof *nobody; i++)
		talk_ask(t, (struct ask){ .from = nobody[i], .agent = "friendly-scanner" });
	talk_finish(t);
	cr_assert(t->seen_count <= 1, "a group is no host that could be blocked");
	struct verdicts *v = verdicts_of(t);
	cr_assert_null(verdict_on(v, "224.0.1.75"));
	cr_assert_null(verdict_on(v, "255.255.255.255"));
	verdicts_free(v);
	talk_free(t);
}

/* ---- who asked whom ---- */

Test(wire, who_was_asked_may_come)
{
	struct talk *t = talk_new_bare();
	talk_exchange(t, (struct ask){ .from = PHONE, .method = "REGISTER", .user = "100" }, 200);
	talk_ask(t, (struct ask){ .from = TALK_PBX, .to = PHONE, .method = "OPTIONS", .user = "100" });
	talk_settle(t);
	cr_assert(seen_flag(talk_last(t), CHOICE_SOLICITED), "the phone asked first");
	talk_ask(t, (struct ask){ .from = PHONE, .to = TALK_PBX });
	talk_settle(t);
	cr_assert(seen_flag(talk_last(t), CHOICE_SOLICITED), "and now so did the server");
	talk_ask(t, (struct ask){ .from = ACTOR, .to = PHONE });
	talk_settle(t);
	cr_assert(!seen_flag(talk_last(t), CHOICE_SOLICITED));
	talk_free(t);
}

/* A phone that is registered without a password, for days: its server may call it on the third day too. */
Test(wire, relation_lasts_as_long_as_it_is_used)
{
	struct talk *t = talk_new_bare();
	for (int hour = 0; hour < 72; hour++) {
		talk_exchange(t, (struct ask){ .from = PHONE, .method = "REGISTER", .user = "100" }, 200);
		talk_wait(t, HOUR_US);
	}
	talk_ask(t, (struct ask){ .from = TALK_PBX, .to = PHONE, .method = "INVITE", .user = "100", .caller = "200" });
	talk_settle(t);
	cr_assert(seen_flag(talk_last(t), CHOICE_SOLICITED));
	talk_free(t);
}

Test(wire, relation_ends)
{
	struct talk *t = talk_new_bare();
	talk_register(t, PHONE, "100", "n1", 200);
	talk_wait(t, 3 * DAY_US);
	talk_ask(t, (struct ask){ .from = TALK_PBX, .to = PHONE, .method = "INVITE", .user = "100", .caller = "200" });
	talk_settle(t);
	cr_assert(!seen_flag(talk_last(t), CHOICE_SOLICITED), "three days of silence");
	talk_ask(t, (struct ask){ .from = PHONE });
	talk_settle(t);
	cr_assert(!seen_flag(talk_last(t), CHOICE_PEER), "its registration is not fresh");
	talk_free(t);
}

/* ---- ICMP and TCP without messages ---- */

static void send_icmp(struct talk *t, const char *reporter, const char *from, const char *to, bool is_unreachable)
{
	struct frame frame = { .time_us = t->now_us, .number = ++t->packet };
	struct icmp_error e = { .frame = &frame,
				.ends = { talk_addr(from), talk_addr(to), 5060, 5060 },
				.reporter = talk_addr(reporter),
				.protocol = PROTO_UDP,
				.is_unreachable = is_unreachable };
	analyzer_icmp(t->analyzer, &e);
}

struct bounces {
	const char *name, *reporter;
	bool unreachable, echoes;
	unsigned requests, bounced; /* answers to the first of them */
	enum verdict verdict;
};

static const struct found *flooded(struct talk *t, struct verdicts **v, const struct bounces *b)
{
	for (unsigned i = 0; i < b->requests; i++) {
		struct ask a = talk_ask(t, (struct ask){ .from = ACTOR, .method = "REGISTER", .user = "100", .agent = "friendly-scanner" });
		talk_reply(t, &a, (struct reply){ .code = 401, .nonce = "n1" });
		if (i < b->bounced)
			send_icmp(t, b->reporter, TALK_PBX, ACTOR, b->unreachable);
		if (b->echoes) {
			struct ask next = talk_next(&a);
			next.auth = "n1";
			talk_ask(t, next);
		}
		talk_wait(t, SECOND_US);
	}
	talk_finish(t);
	*v = verdicts_of(t);
	return must_find(*v, ACTOR);
}

Test(wire, host_refuses_our_answers)
{
	static const struct bounces cases[] = {
		{ "its own host says that nobody asked", ACTOR, true, false, 30, 30, VERDICT_VICTIM },
		{ "a router on the way says so", "192.0.2.254", true, false, 30, 30, VERDICT_BLOCK },
		{ "time exceeded says nothing", ACTOR, false, false, 30, 30, VERDICT_BLOCK },
		{ "it reads our answers all the same", ACTOR, true, true, 30, 30, VERDICT_BLOCK },
		{ "ten, which are half of all", ACTOR, true, false, 20, 10, VERDICT_VICTIM },
		{ "ten, less than half of all", ACTOR, true, false, 21, 10, VERDICT_BLOCK },
		{ "only nine", ACTOR, true, false, 18, 9, VERDICT_BLOCK },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct verdicts *v;
		struct talk *t = talk_new(NULL);
		const struct found *f = flooded(t, &v, &cases[i]);
		cr_assert_eq(f->verdict, cases[i].verdict, "%s: %s", cases[i].name, v->text);
		cr_assert((f->ban_ttl_s != 0) == (f->verdict == VERDICT_BLOCK), "%s: only who is blocked is banned", cases[i].name);
		verdicts_free(v);
		talk_free(t);
	}
}

Test(wire, icmp_for_strangers)
{
	struct talk *t = talk_new_bare();
	for (int i = 0; i < 100; i++)
		send_icmp(t, ACTOR, TALK_PBX, ACTOR, true);
	talk_finish(t);
	cr_assert_eq(analyzer_counters(t->analyzer).actors, 0, "no actor comes of an error");
	talk_free(t);
}

static void knock(struct talk *t, const char *from, const char *to, uint16_t port)
{
	struct frame frame = { .time_us = t->now_us, .number = ++t->packet };
	struct segment s = { .frame = &frame, .ends = { talk_addr(from), talk_addr(to), 40000, port }, .flags = TCP_SYN };
	analyzer_knock(t->analyzer, &s);
}

Test(wire, knocks)
{
	struct talk *t = talk_new_bare();
	for (uint32_t i = 0; i < 20; i++)
		knock(t, ACTOR, talk_neighbour("198.51.100.1", i), 5060);
	cr_assert_eq(analyzer_counters(t->analyzer).actors, 0, "who only knocks is not known");
	talk_ask(t, (struct ask){ .from = ACTOR, .to = "198.51.100.1", .proof = PROOF_HANDSHAKE });
	for (uint32_t i = 1; i < 20; i++)
		for (int copies = 0; copies < 3; copies++)
			knock(t, ACTOR, talk_neighbour("198.51.100.1", i), 5060);
	/* The message that follows the connection is the same visit. */
	talk_ask(t, (struct ask){ .from = ACTOR, .to = "198.51.100.2", .proof = PROOF_HANDSHAKE });
	talk_settle(t);
	const struct seen *s = talk_last(t);
	cr_assert_eq(seen_number(s, NUMBER_SWEEP_TARGETS), 20);
	cr_assert_eq(seen_number(s, NUMBER_SWEEP_REPEAT), 0);
	cr_assert_eq(seen_number(s, NUMBER_SWEEP_RUN), 20);
	cr_assert_eq(s->o.choice[CHOICE_SWEEP_ORDER], ORDER_ASCENDING);
	cr_assert_eq(seen_number(s, NUMBER_REQUESTS), 2, "a knock is no request");
	cr_assert_eq(t->seen_count, 2, "and no observation");
	talk_free(t);
}

/* ---- the order of times ---- */

Test(wire, times_that_go_back)
{
	struct talk *t = talk_new_bare();
	struct ask a = talk_ask(t, (struct ask){ .from = ACTOR, .method = "REGISTER", .user = "100" });
	talk_wait(t, -2000); /* the answer comes from another file, whose clock is 2 ms behind */
	talk_reply(t, &a, (struct reply){ .code = 401, .nonce = "n1" });
	struct ask b = talk_next(&a);
	b.auth = "n1";
	talk_wait(t, 1000);
	b = talk_ask(t, b);
	talk_wait(t, -3000);
	talk_reply(t, &b, (struct reply){ .code = 200 });
	cr_assert_eq(t->seen_count, 2);
	cr_assert_eq(seen_outcome(talk_seen(t, 0)), OUTCOME_CHALLENGED);
	cr_assert_eq(seen_outcome(talk_seen(t, 1)), OUTCOME_ACCEPTED);
	cr_assert(talk_seen(t, 0)->o.known_us <= talk_seen(t, 1)->o.known_us, "what is known only grows");
	talk_wait(t, -HOUR_US);
	for (int i = 0; i < 100; i++) {
		talk_exchange(t, (struct ask){ .from = PHONE }, 200);
		talk_wait(t, -SECOND_US);
	}
	for (size_t i = 1; i < t->seen_count; i++)
		cr_assert(talk_seen(t, i - 1)->o.known_us <= talk_seen(t, i)->o.known_us);
	talk_finish(t);
	talk_free(t);
}
