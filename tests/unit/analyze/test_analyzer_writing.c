/* SPDX-License-Identifier: MIT */
#include "tests/support/dialogue.h"

#include "analyze/analyzer_state.h"

/* A convicted actor's requests are not looked at closely while they are laid out alike; what they aim at is. */

#define REQUEST(user, host, agent, more)                                                                            \
	"OPTIONS sip:" user "@192.0.2.1 SIP/2.0\r\n"                                                                \
	"Via: SIP/2.0/UDP 203.0.113.7:5060;branch=z9hG4bK-1;rport\r\n"                                              \
	"From: <sip:100@" host ">;tag=1\r\nTo: <sip:100@192.0.2.1>\r\n"                                             \
	"Call-ID: a@203.0.113.7\r\nCSeq: 1 OPTIONS\r\nUser-Agent: " agent "\r\n" more "Content-Length: 0\r\n\r\n"

static const char usual[] = REQUEST("100", "192.0.2.1", "x", "");

static struct event look(struct talk *t, struct source *s, const char *text)
{
	struct sip_message m;
	struct sip_parts p;
	struct observation o;
	struct event e = { 0 };
	cr_assert_eq(sip_message_parse(slice_str(text), &m), PARSE_OK);
	sip_parts_read_request(&m, &p);
	observation_init(&o);
	analyzer_writing(t->analyzer, s, &e, &m, &p, &o);
	cr_assert_eq(o.anomalies, e.anomalies);
	cr_assert(observation_text(&o, TEXT_FINGERPRINT).len > 0);
	cr_assert_eq(e.fingerprint_hash, s->fingerprint_hash);
	return e;
}

static struct source *convicted(void)
{
	struct source *s = calloc(1, sizeof *s);
	cr_assert_not_null(s);
	s->level = LEVEL_HIGH + 1;
	s->proof = PROOF_ANSWERED;
	s->messages = 1001;
	return s;
}

Test(writing, close_looks_see_everything)
{
	struct talk *t = talk_new_bare();
	struct source *s = calloc(1, sizeof *s);
	cr_assert_not_null(s);
	for (s->messages = 1; s->messages < 200; s->messages++) {
		cr_assert_eq(look(t, s, usual).anomalies, 0);
		cr_assert_eq(look(t, s, REQUEST("100", "b&d", "x", "")).anomalies, SIP_ANOMALY(BAD_FROM));
	}
	free(s);
	talk_free(t);
}

Test(writing, the_convicted_are_believed_while_the_layout_stays)
{
	struct talk *t = talk_new_bare();
	struct source *s = convicted();
	struct event first = look(t, s, usual);
	struct event again = look(t, s, REQUEST("100", "b&d", "x", ""));
	cr_assert_eq(again.fingerprint_hash, first.fingerprint_hash);
	cr_assert_eq(again.agent_hash, first.agent_hash);
	cr_assert_eq(again.anomalies, 0, "laid out alike: not looked at");
	cr_assert_eq(look(t, s, REQUEST("1' or 1=1--", "192.0.2.1", "x", "")).anomalies & SIP_ANOMALY(INJECTION),
		     SIP_ANOMALY(INJECTION), "what it aims at is looked at");
	free(s);
	talk_free(t);
}

Test(writing, another_layout_agent_or_time_is_looked_at)
{
	static const char *const others[] = { REQUEST("100", "b&d", "y", ""), REQUEST("100", "b&d", "x", "Max-Forwards: 70\r\n"),
					      REQUEST("100", "b&d", "x", "max-forwards: 70\r\n") };
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		struct talk *t = talk_new_bare();
		struct source *s = convicted();
		look(t, s, usual);
		cr_expect_eq(look(t, s, others[i]).anomalies, SIP_ANOMALY(BAD_FROM), "%zu", i);
		free(s);
		talk_free(t);
	}
	struct talk *t = talk_new_bare();
	struct source *s = convicted();
	look(t, s, usual);
	s->messages = 1024;
	cr_expect_eq(look(t, s, REQUEST("100", "b&d", "x", "")).anomalies, SIP_ANOMALY(BAD_FROM), "once in a while");
	free(s);
	talk_free(t);
}
