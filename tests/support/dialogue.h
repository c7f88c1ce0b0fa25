/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_DIALOGUE_H
#define TESTS_SUPPORT_DIALOGUE_H

#include "analyze/analyzer.h"
#include "core/clock.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

/* tests/support/dialogue.h - SIP spoken to an analyzer: requests and answers are written as text, parsed, and fed with the times that
 * the test says. What the analyzer observes is kept.
 *
 *	struct talk *t = talk_new(NULL);
 *	struct ask register_100 = talk_ask(t, (struct ask){ .from = "203.0.113.7", .method = "REGISTER", .user = "100" });
 *	talk_reply(t, &register_100, (struct reply){ .code = 401, .nonce = "n1" });
 *	talk_finish(t);
 *	... talk_seen(t, 0)->outcome ...
 *	talk_free(t); */

#define TALK_PBX     "198.51.100.10"
#define TALK_START   (1795000000 * SECOND_US)
#define TALK_SEEN_MAX 4096
#define TALK_SDP(address, port)                                                                              \
	"v=0\r\no=- 1 1 IN IP4 " address "\r\ns=-\r\nc=IN IP4 " address "\r\nt=0 0\r\nm=audio " #port        \
	" RTP/AVP 0\r\n"

/* One observation, with those of its texts that tests ask for. */
struct seen {
	struct observation o;
	char method[16], account[40], dialed[40];
};

struct talk {
	struct ruleset *rules;
	struct analyzer *analyzer;
	int64_t now_us;
	uint64_t packet;
	unsigned serial;
	struct seen *seen; /* the first TALK_SEEN_MAX */
	struct seen last;
	size_t seen_count;
	size_t alerts;
	struct message_reader *reader;
	struct reading *reading;
	bool answers_only; /* the requests are not captured */
};

struct ask {
	const char *from, *to;	/* addresses; to: TALK_PBX when NULL */
	uint16_t from_port, to_port; /* 0: 5060 */
	const char *method;	/* OPTIONS when NULL */
	const char *user;	/* of the account or number; NULL: none */
	const char *caller;	/* user in From; NULL: the same as user */
	const char *agent;	/* User-Agent; NULL: none, so that nobody is accused */
	const char *auth;	/* "nonce" or "nonce/response": credentials for `user` are given; NULL: none */
	const char *auth_user;	/* account in them; NULL: the same as user */
	const char *to_tag;	/* inside a dialog */
	const char *body;	/* SDP */
	enum proof proof;	/* of the transport */
	/* Made up when 0, and given back, so that answers, copies and followers can repeat them. */
	char call_id[48], branch[48], tag[48];
	unsigned cseq;
};

struct reply {
	unsigned code;
	const char *nonce; /* a challenge */
	bool is_stale;
	const char *to_tag; /* "srv" when NULL */
	const char *body;
	const char *from; /* somebody else answers */
};

static inline struct addr talk_addr(const char *text)
{
	struct addr a;
	cr_assert(addr_parse(slice_str(text), &a), "address %s", text);
	return a;
}

/* base + n, for neighbours: talk_neighbour("198.51.100.1", 3). Lives until the 8th call after it. */
static inline const char *talk_neighbour(const char *base, uint32_t n)
{
	static char texts[8][ADDR_TEXT_MAX];
	static unsigned turn;
	struct addr a = talk_addr(base);
	uint32_t low = ((uint32_t)a.bytes[12] << 24 | (uint32_t)a.bytes[13] << 16 | (uint32_t)a.bytes[14] << 8 | a.bytes[15]) + n;
	for (int i = 0; i < 4; i++)
		a.bytes[15 - i] = (uint8_t)(low >> (8 * i));
	return addr_text(&a, texts[turn++ % 8]);
}

static inline void talk_copy(const struct observation *o, enum text_field field, char *out, size_t size)
{
	struct slice s = observation_text(o, field);
	snprintf(out, size, "%.*s", (int)s.len, s.len ? (const char *)s.ptr : "");
}

static inline void talk_on_observation(void *ctx, const struct observation *o)
{
	struct talk *t = ctx;
	struct seen *s = &t->last;
	s->o = *o;
	talk_copy(o, TEXT_METHOD, s->method, sizeof s->method);
	talk_copy(o, TEXT_ACCOUNT, s->account, sizeof s->account);
	talk_copy(o, TEXT_DIALED, s->dialed, sizeof s->dialed);
	if (t->seen_count < TALK_SEEN_MAX)
		t->seen[t->seen_count] = *s;
	t->seen_count++;
}

static inline void talk_on_alert(void *ctx, const struct alert *a)
{
	struct talk *t = ctx;
	cr_assert_not_null(a->firing);
	cr_assert_not_null(a->observation);
	t->alerts++;
}

/* Rules that are never asked about: for what is measured, whatever is judged. */
#define TALK_NO_RULES                                                                                              \
	"title: nothing\nname: test.nothing\nid: 4f4b1b57-1de9-4d6f-9a0b-0d3e5f6a7b8c\nlogsource: {product: siphound, category: observation}\n"   \
	"detection: {never: {sip.method: NEVER}, condition: never}\nlevel: low\nsiphound: {stage: probe}\n"

/* rules: NULL for the shipped ones, else their text. options may be NULL. */
static inline struct talk *talk_new_with(const char *rules, const struct analyzer_options *options)
{
	struct talk *t = calloc(1, sizeof *t);
	struct error err = { 0 };
	struct analyzer_options own = options ? *options : analyzer_defaults;
	cr_assert_not_null(t);
	t->seen = calloc(TALK_SEEN_MAX, sizeof *t->seen);
	cr_assert_not_null(t->seen);
	t->rules = ruleset_new();
	int bad = rules ? ruleset_load_text(t->rules, "test.yml", slice_str(rules), &err) :
			  ruleset_load(t->rules, SIPHOUND_SOURCE_DIR "/rules", &err);
	const char *problem = ruleset_problem(t->rules, 0);
	cr_assert(!bad, "rules: %s", problem ? problem : "cannot be read");
	cr_assert(!ruleset_compile(t->rules, &err), "rules do not compile");
	own.rules = t->rules;
	if (!own.on_observation) {
		own.on_observation = talk_on_observation;
		own.on_alert = talk_on_alert;
		own.ctx = t;
	}
	t->analyzer = analyzer_new(&own);
	cr_assert_not_null(t->analyzer);
	t->reader = analyzer_reader_new(t->analyzer);
	cr_assert_not_null(t->reader);
	t->reading = malloc(message_reader_size(t->reader));
	cr_assert_not_null(t->reading);
	t->now_us = TALK_START;
	return t;
}

static inline struct talk *talk_new(const struct analyzer_options *options)
{
	return talk_new_with(NULL, options);
}

/* Only what is measured counts. */
static inline struct talk *talk_new_bare(void)
{
	return talk_new_with(TALK_NO_RULES, NULL);
}

static inline void talk_free(struct talk *t)
{
	message_reader_free(t->reader);
	free(t->reading);
	analyzer_free(t->analyzer);
	ruleset_free(t->rules);
	free(t->seen);
	free(t);
}

static inline void talk_wait(struct talk *t, int64_t span_us)
{
	t->now_us += span_us;
}

/* Text of a message on its way from one address to the other. */
static inline void talk_feed_text(struct talk *t, const char *text, size_t len, const char *from, uint16_t from_port, const char *to,
				  uint16_t to_port, enum proof proof)
{
	struct sip_origin origin = { .time_us = t->now_us,
				     .ends = { talk_addr(from), talk_addr(to), from_port ? from_port : 5060,
					       to_port ? to_port : 5060 },
				     .place = { ++t->packet, 0 },
				     .transport = proof >= PROOF_HANDSHAKE ? TRANSPORT_TCP : TRANSPORT_UDP,
				     .proof = proof,
				     .is_one_sided = t->answers_only,
				     .ttl = 57 };
	if (t->answers_only && memcmp(text, "SIP/", 4) != 0)
		return;
	message_reader_read(t->reader, &origin, slice_of(text, len), t->reading);
	cr_assert_neq(t->reading->kind, READING_REFUSED, "the test wrote no SIP:\n%s", text);
	analyzer_expect(t->analyzer, t->reading, EXPECT_INDEX);
	analyzer_expect(t->analyzer, t->reading, EXPECT_ENTRY);
	analyzer_expect(t->analyzer, t->reading, EXPECT_SETTLING);
	analyzer_sip(t->analyzer, t->reading);
}

static inline void talk_fill_in(struct talk *t, struct ask *a)
{
	unsigned n = ++t->serial;
	if (!a->to)
		a->to = TALK_PBX;
	if (!a->method)
		a->method = "OPTIONS";
	if (!a->call_id[0])
		snprintf(a->call_id, sizeof a->call_id, "c%u-%s", n, a->from);
	if (!a->branch[0])
		snprintf(a->branch, sizeof a->branch, "z9hG4bKx%u", n);
	if (!a->tag[0])
		snprintf(a->tag, sizeof a->tag, "t%u", n);
	if (!a->cseq)
		a->cseq = 1;
}

static inline int talk_write_auth(const struct ask *a, char *out, size_t size)
{
	const char *slash = a->auth ? strchr(a->auth, '/') : NULL;
	if (!a->auth)
		return 0;
	return snprintf(out, size, "Authorization: Digest username=\"%s\", realm=\"pbx\", nonce=\"%.*s\", uri=\"sip:%s\", response=\"%s\"\r\n",
			a->auth_user ? a->auth_user : a->user ? a->user : "",
			slash ? (int)(slash - a->auth) : (int)strlen(a->auth), a->auth, a->to, slash ? slash + 1 : "0123456789abcdef");
}

/* Sends it, and gives back what was sent. */
static inline struct ask talk_ask(struct talk *t, struct ask a)
{
	char text[4096], auth[512] = "", user[96] = "", agent[192] = "", to_tag[80] = "";
	talk_fill_in(t, &a);
	talk_write_auth(&a, auth, sizeof auth);
	if (a.user)
		snprintf(user, sizeof user, "%s@", a.user);
	if (a.agent)
		snprintf(agent, sizeof agent, "User-Agent: %s\r\n", a.agent);
	if (a.to_tag)
		snprintf(to_tag, sizeof to_tag, ";tag=%s", a.to_tag);
	bool is_register = strcmp(a.method, "REGISTER") == 0;
	int len = snprintf(text, sizeof text,
			   "%s sip:%s%s SIP/2.0\r\nVia: SIP/2.0/UDP %s:5060;branch=%s\r\nMax-Forwards: 70\r\nFrom: <sip:%s@%s>;tag=%s\r\n"
			   "To: <sip:%s%s>%s\r\nCall-ID: %s\r\nCSeq: %u %s\r\nContact: <sip:%s%s:5060>\r\n%s%s%sContent-Length: %zu\r\n\r\n%s",
			   a.method, is_register ? "" : user, a.to, a.from, a.branch, a.caller ? a.caller : a.user ? a.user : "x", a.to, a.tag,
			   user, a.to, to_tag, a.call_id, a.cseq, a.method, user, a.from, agent, auth,
			   a.body ? "Content-Type: application/sdp\r\n" : "", a.body ? strlen(a.body) : 0, a.body ? a.body : "");
	cr_assert((size_t)len < sizeof text);
	talk_feed_text(t, text, (size_t)len, a.from, a.from_port, a.to, a.to_port, a.proof);
	return a;
}

/* The answer to what was asked. */
static inline void talk_reply(struct talk *t, const struct ask *a, struct reply r)
{
	char text[4096], challenge[256] = "", user[96] = "";
	const char *from = r.from ? r.from : a->to;
	if (a->user)
		snprintf(user, sizeof user, "%s@", a->user);
	if (r.nonce)
		snprintf(challenge, sizeof challenge, "%s: Digest realm=\"pbx\", nonce=\"%s\"%s\r\n",
			 r.code == 407 ? "Proxy-Authenticate" : "WWW-Authenticate", r.nonce, r.is_stale ? ", stale=TRUE" : "");
	int len = snprintf(text, sizeof text,
			   "SIP/2.0 %u Word\r\nVia: SIP/2.0/UDP %s:5060;branch=%s\r\nFrom: <sip:%s@%s>;tag=%s\r\nTo: <sip:%s%s>;tag=%s\r\n"
			   "Call-ID: %s\r\nCSeq: %u %s\r\n%s%sContent-Length: %zu\r\n\r\n%s",
			   r.code, a->from, a->branch, a->caller ? a->caller : a->user ? a->user : "x", a->to, a->tag, user, a->to,
			   a->to_tag ? a->to_tag : r.to_tag ? r.to_tag : "srv", a->call_id, a->cseq, a->method, challenge,
			   r.body ? "Content-Type: application/sdp\r\n" : "", r.body ? strlen(r.body) : 0, r.body ? r.body : "");
	cr_assert((size_t)len < sizeof text);
	talk_feed_text(t, text, (size_t)len, from, a->to_port, a->from, a->from_port, a->proof);
}

/* The next request of the same Call-ID and tag: credentials after a challenge, BYE after an answer. */
static inline struct ask talk_next(const struct ask *a)
{
	struct ask next = *a;
	next.branch[0] = 0;
	next.cseq++;
	return next;
}

/* The same bytes again. */
static inline void talk_repeat(struct talk *t, const struct ask *a)
{
	talk_ask(t, *a);
}

/* Asked and answered within 20 ms. */
static inline struct ask talk_exchange(struct talk *t, struct ask a, unsigned code)
{
	struct ask sent = talk_ask(t, a);
	talk_wait(t, 20000);
	talk_reply(t, &sent, (struct reply){ .code = code });
	return sent;
}

/* A REGISTER as phones do it: challenged, then credentials, answered with `code`. *series is what was sent last: a phone keeps its
 * Call-ID and tag and counts on. */
static inline void talk_register_on(struct talk *t, struct ask *series, const char *nonce, unsigned code)
{
	struct ask first = talk_next(series);
	first.auth = NULL;
	first = talk_ask(t, first);
	talk_wait(t, 10000);
	talk_reply(t, &first, (struct reply){ .code = 401, .nonce = nonce });
	talk_wait(t, 10000);
	*series = talk_next(&first);
	series->auth = nonce;
	*series = talk_ask(t, *series);
	talk_wait(t, 10000);
	talk_reply(t, series, (struct reply){ .code = code, .nonce = code == 401 ? "again" : NULL });
}

/* The same, as a program does that was just started. */
static inline void talk_register(struct talk *t, const char *from, const char *account, const char *nonce, unsigned code)
{
	struct ask series = { .from = from, .method = "REGISTER", .user = account };
	talk_register_on(t, &series, nonce, code);
}

static inline void talk_acknowledge(struct talk *t, const struct ask *call)
{
	struct ask ack = *call;
	ack.branch[0] = 0;
	ack.method = "ACK";
	ack.to_tag = "srv";
	talk_ask(t, ack);
}

static inline void talk_hang_up(struct talk *t, const struct ask *call)
{
	struct ask bye = talk_next(call);
	bye.method = "BYE";
	bye.to_tag = "srv";
	bye = talk_ask(t, bye);
	talk_wait(t, 10000);
	talk_reply(t, &bye, (struct reply){ .code = 200 });
}

/* A call that rings, is answered and lasts a minute. */
static inline struct ask talk_call(struct talk *t, const char *from, const char *to, const char *user)
{
	struct ask call = talk_ask(t, (struct ask){ .from = from, .to = to, .method = "INVITE", .user = user, .caller = "200" });
	talk_wait(t, 100000);
	talk_reply(t, &call, (struct reply){ .code = 180 });
	talk_wait(t, 2 * SECOND_US);
	talk_reply(t, &call, (struct reply){ .code = 200 });
	talk_wait(t, 100000);
	talk_acknowledge(t, &call);
	talk_wait(t, MINUTE_US);
	talk_hang_up(t, &call);
	return call;
}

/* `count` packets of one RTP stream. */
static inline void talk_rtp(struct talk *t, const char *from, const char *to, uint16_t port, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		uint8_t rtp[172] = { 0x80, 0, (uint8_t)(i >> 8), (uint8_t)i, [11] = 7 };
		struct frame frame = { .time_us = t->now_us, .number = ++t->packet };
		struct datagram d = { .frame = &frame,
				      .ends = { talk_addr(from), talk_addr(to), 40000, port },
				      .payload = slice_of(rtp, sizeof rtp) };
		analyzer_media(t->analyzer, &d);
		talk_wait(t, 20000);
	}
}

/* ---- people of ill will ---- */

static inline void talk_challenge(struct talk *t, const char *from, const char *account, const char *nonce)
{
	struct ask a = talk_ask(t, (struct ask){ .from = from, .method = "REGISTER", .user = account });
	talk_wait(t, 5000);
	talk_reply(t, &a, (struct reply){ .code = 401, .nonce = nonce });
}

/* A password is tried on a nonce, each time with a Call-ID of its own. tag: From tag, NULL: any. */
static inline void talk_guess(struct talk *t, const char *from, const char *account, const char *nonce, const char *tag, unsigned code)
{
	char auth[64];
	snprintf(auth, sizeof auth, "%s/%016llx", nonce, (unsigned long long)t->packet);
	struct ask a = { .from = from, .method = "REGISTER", .user = account, .auth = auth };
	if (tag)
		snprintf(a.tag, sizeof a.tag, "%s", tag);
	a = talk_ask(t, a);
	talk_wait(t, 5000);
	talk_reply(t, &a, (struct reply){ .code = code, .nonce = code == 401 ? "next" : NULL });
}

/* Calls itself a scanner, often enough not to be taken for a forgery. */
static inline void talk_misbehave(struct talk *t, const char *from)
{
	for (int i = 0; i < 6; i++) {
		talk_exchange(t, (struct ask){ .from = from, .agent = "friendly-scanner" }, 200);
		talk_wait(t, SECOND_US);
	}
}

static inline void talk_finish(struct talk *t)
{
	analyzer_finish(t->analyzer);
}

/* Let what waits be settled. */
static inline void talk_settle(struct talk *t)
{
	talk_wait(t, 6 * SECOND_US);
	analyzer_tick(t->analyzer, t->now_us);
}

static inline const struct seen *talk_seen(const struct talk *t, size_t index)
{
	cr_assert(index < t->seen_count && index < TALK_SEEN_MAX, "observation %zu of %zu", index, t->seen_count);
	return &t->seen[index];
}

static inline const struct seen *talk_last(const struct talk *t)
{
	cr_assert(t->seen_count > 0, "nothing was observed");
	return &t->last;
}

static inline enum outcome seen_outcome(const struct seen *s)
{
	return (enum outcome)s->o.choice[CHOICE_OUTCOME];
}

/* How sure we are of the address. It stands on each observation: one more request asks for it. */
static inline enum proof talk_proof_of(struct talk *t, const char *address)
{
	talk_ask(t, (struct ask){ .from = address, .to = "198.51.100.250" });
	talk_settle(t);
	const struct seen *s = talk_last(t);
	struct addr a = talk_addr(address);
	cr_assert(addr_eq(&s->o.address[ADDRESS_SOURCE_IP], &a));
	return (enum proof)s->o.choice[CHOICE_PROOF];
}

static inline bool seen_flag(const struct seen *s, enum choice_field field)
{
	return s->o.choice[field] == FLAG_TRUE;
}

static inline int64_t seen_number(const struct seen *s, enum number_field field)
{
	return observation_number(&s->o, field, -1);
}

/* A line of a log: a password for that account, right or wrong, with everything that Asterisk tells of it. */
static inline void talk_log_line(struct talk *t, const char *from, const char *account, enum outcome outcome)
{
	struct observation o;
	observation_init(&o);
	o.time_us = t->now_us;
	o.place.number = ++t->packet;
	o.from_log = true;
	o.address[ADDRESS_SOURCE_IP] = talk_addr(from);
	o.choice[CHOICE_OUTCOME] = (uint8_t)outcome;
	o.choice[CHOICE_CREDENTIALS] = CREDENTIALS_GIVEN;
	o.choice[CHOICE_PROOF] = PROOF_ECHOED;
	observation_set_text(&o, TEXT_ACCOUNT, slice_str(account));
	observation_set_text(&o, TEXT_METHOD, SLICE("REGISTER"));
	observation_set_text(&o, TEXT_DIALECT, SLICE("asterisk"));
	observation_set_text(&o, TEXT_USER_AGENT, SLICE("teapot/1"));
	observation_set_number(&o, NUMBER_SOURCE_PORT, 5099);
	analyzer_log(t->analyzer, &o);
}

#endif
