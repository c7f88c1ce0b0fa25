/* SPDX-License-Identifier: MIT */
#include "tests/support/dialogue.h"

/* The ladder of proof: what shows that an actor holds its address. */

#define ACTOR "203.0.113.7"

Test(proof, proof_none_and_answered)
{
	struct talk *t = talk_new_bare();
	talk_ask(t, (struct ask){ .from = ACTOR });
	talk_settle(t);
	cr_assert_eq(talk_last(t)->o.choice[CHOICE_PROOF], PROOF_NONE);
	talk_exchange(t, (struct ask){ .from = ACTOR }, 200);
	cr_assert_eq(talk_last(t)->o.choice[CHOICE_PROOF], PROOF_ANSWERED);
	cr_assert_eq(talk_proof_of(t, ACTOR), PROOF_ANSWERED, "once answered, always answered");
	cr_assert_eq(talk_proof_of(t, "203.0.113.8"), PROOF_NONE, "a neighbour has nothing of it");
	talk_free(t);
}

Test(proof, proof_by_nonce)
{
	struct talk *t = talk_new_bare();
	struct ask a = talk_ask(t, (struct ask){ .from = ACTOR, .method = "REGISTER", .user = "100" });
	talk_reply(t, &a, (struct reply){ .code = 401, .nonce = "ours" });
	struct ask b = talk_next(&a);
	b.auth = "invented";
	talk_ask(t, b);
	cr_assert_eq(talk_proof_of(t, ACTOR), PROOF_ANSWERED, "anybody can invent a nonce");
	b = talk_next(&b);
	b.auth = "ours";
	talk_ask(t, b);
	cr_assert_eq(talk_proof_of(t, ACTOR), PROOF_ECHOED);

	/* Somebody else's nonce proves nothing: it may be forged with the help of a friend. */
	struct ask c = talk_ask(t, (struct ask){ .from = "203.0.113.8", .method = "REGISTER", .user = "100", .auth = "ours" });
	talk_reply(t, &c, (struct reply){ .code = 401, .nonce = "other" });
	cr_assert_eq(talk_proof_of(t, "203.0.113.8"), PROOF_ANSWERED);
	talk_free(t);
}

Test(proof, proof_by_proxy_nonce)
{
	struct talk *t = talk_new_bare();
	struct ask a = talk_ask(t, (struct ask){ .from = ACTOR, .method = "INVITE", .user = "100" });
	talk_reply(t, &a, (struct reply){ .code = 407, .nonce = "ours" });
	struct ask b = talk_next(&a);
	b.auth = "ours";
	talk_ask(t, b);
	cr_assert_eq(talk_proof_of(t, ACTOR), PROOF_ECHOED);
	talk_free(t);
}

Test(proof, proof_by_to_tag)
{
	struct talk *t = talk_new_bare();
	struct ask a = talk_ask(t, (struct ask){ .from = ACTOR, .method = "INVITE", .user = "100" });
	talk_reply(t, &a, (struct reply){ .code = 486, .to_tag = "busy1" });
	struct ask ack = a;
	ack.method = "ACK";
	ack.to_tag = "guessed";
	talk_ask(t, ack);
	cr_assert_eq(talk_proof_of(t, ACTOR), PROOF_ANSWERED, "the wrong tag");
	ack.to_tag = "busy1";
	talk_ask(t, ack);
	cr_assert_eq(talk_proof_of(t, ACTOR), PROOF_ECHOED);

	struct ask other = ack;
	other.from = "203.0.113.8";
	talk_ask(t, other);
	cr_assert_eq(talk_proof_of(t, "203.0.113.8"), PROOF_NONE, "not its dialog");
	talk_free(t);
}

Test(proof, proof_of_the_transport)
{
	struct talk *t = talk_new_bare();
	talk_ask(t, (struct ask){ .from = ACTOR, .proof = PROOF_HANDSHAKE });
	talk_settle(t);
	cr_assert_eq(talk_last(t)->o.choice[CHOICE_PROOF], PROOF_HANDSHAKE);
	cr_assert_eq(talk_last(t)->o.choice[CHOICE_TRANSPORT], TRANSPORT_TCP);
	cr_assert_eq(talk_proof_of(t, ACTOR), PROOF_HANDSHAKE, "never lowered by a datagram");
	talk_ask(t, (struct ask){ .from = ACTOR, .proof = PROOF_TLS });
	cr_assert_eq(talk_proof_of(t, ACTOR), PROOF_TLS);
	talk_free(t);
}

Test(proof, proof_by_media)
{
	struct talk *t = talk_new_bare();
	talk_rtp(t, ACTOR, TALK_PBX, 12000, 10); /* nothing is open */
	struct ask a = talk_ask(
	    t, (struct ask){
		   .from = ACTOR, .method = "INVITE", .user = "100", .body = TALK_SDP("203.0.113.7", 4000) });
	talk_reply(t, &a, (struct reply){ .code = 200, .body = TALK_SDP("198.51.100.11", 12000) });
	talk_rtp(t, ACTOR, "198.51.100.11", 12002, 10);
	talk_rtp(t, ACTOR, TALK_PBX, 12000, 10);
	talk_rtp(t, "203.0.113.8", "198.51.100.11", 12000, 10);
	talk_rtp(t, ACTOR, "198.51.100.11", 12000, 1);
	cr_assert_eq(talk_proof_of(t, ACTOR), PROOF_ANSWERED,
		     "wrong port, wrong address, wrong sender, a single packet");
	cr_assert_eq(talk_proof_of(t, "203.0.113.8"), PROOF_NONE);
	talk_rtp(t, ACTOR, "198.51.100.11", 12000, 10);
	cr_assert_eq(talk_proof_of(t, ACTOR), PROOF_ECHOED);
	talk_free(t);
}

/* What the actor itself offers proves nothing when media comes from there. */
Test(proof, own_offer_is_no_proof)
{
	struct talk *t = talk_new_bare();
	talk_ask(
	    t, (struct ask){
		   .from = ACTOR, .method = "INVITE", .user = "100", .body = TALK_SDP("203.0.113.7", 4000) });
	talk_rtp(t, ACTOR, ACTOR, 4000, 10);
	talk_rtp(t, ACTOR, TALK_PBX, 4000, 10);
	cr_assert_eq(talk_proof_of(t, ACTOR), PROOF_NONE);
	talk_free(t);
}

