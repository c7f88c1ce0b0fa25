/* SPDX-License-Identifier: MIT */
#include "tests/support/dialogue.h"
#include "tests/support/message_file.h"

#include <dirent.h>

/* A reader with templates must read every message as one without them does. The messages are all there are in tests/messages and some
 * of the usual ones, each changed at random in thousands of ways: other tokens, other bytes, more and fewer of them. */

#define MESSAGES_MAX 128
#define BYTES_MAX    4096
#define CHANGES	     1500

struct two {
	struct ruleset *rules;
	struct analyzer *analyzer;
	struct message_reader *quick, *plain;
	struct reading *by_quick, *by_plain;
};

static void two_open(struct two *t)
{
	struct error err = { 0 };
	struct analyzer_options options = analyzer_defaults;
	t->rules = ruleset_new();
	cr_assert(!ruleset_load(t->rules, SIPHOUND_SOURCE_DIR "/rules", &err) && !ruleset_compile(t->rules, &err));
	options.rules = t->rules;
	t->analyzer = analyzer_new(&options);
	cr_assert_not_null(t->analyzer);
	t->quick = analyzer_reader_new(t->analyzer);
	t->plain = analyzer_reader_new(t->analyzer);
	cr_assert(t->quick && t->plain);
	message_reader_be_plain(t->plain);
	t->by_quick = calloc(1, message_reader_size(t->quick));
	t->by_plain = calloc(1, message_reader_size(t->plain));
	cr_assert(t->by_quick && t->by_plain);
}

static void two_close(struct two *t)
{
	free(t->by_quick);
	free(t->by_plain);
	message_reader_free(t->quick);
	message_reader_free(t->plain);
	analyzer_free(t->analyzer);
	ruleset_free(t->rules);
}

static const char *difference(const struct two *t)
{
	const struct reading *a = t->by_quick, *b = t->by_plain;
	size_t head = offsetof(struct reading, event);
	if (memcmp(a, b, head) != 0)
		return "what both kinds have";
	if (a->kind == READING_REFUSED || !a->is_observed)
		return NULL;
	if (memcmp(&a->event, &b->event, sizeof a->event) != 0)
		return "event";
	if (memcmp(&a->print, &b->print, sizeof a->print) != 0)
		return "fingerprint";
	if (memcmp(a->agent, b->agent, a->agent_len) != 0)
		return "agent";
	return memcmp(a->digest, b->digest, message_reader_size(t->plain) - sizeof *a) ? "digest" : NULL;
}

static void check(struct two *t, struct slice bytes, unsigned sender)
{
	uint8_t from[4] = { 203, 0, 113, (uint8_t)sender }, to[4] = { 192, 0, 2, 1 };
	struct sip_origin origin;
	memset(&origin, 0, sizeof origin);
	origin.time_us = 1;
	origin.ends.source = addr_from_v4(from);
	origin.ends.destination = addr_from_v4(to);
	origin.ends.source_port = 5062;
	origin.ends.destination_port = 5060;
	origin.transport = TRANSPORT_UDP;
	origin.ttl = 57;
	message_reader_read(t->quick, &origin, bytes, t->by_quick);
	message_reader_read(t->plain, &origin, bytes, t->by_plain);
	const char *what = difference(t);
	cr_assert_null(what, "%s differs for:\n%.*s", what, (int)bytes.len, (const char *)bytes.ptr);
}

static uint32_t random_below(uint64_t *state, size_t n)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((*state >> 33) % n);
}

static const char *const words[] = { "1", "100", "2001", "+4420", "admin", "sipvicious", "192.0.2.77", "b&d", "' or 1=1--", "%41", "/etc/passwd",
				     "..//", "z9hG4bK", "z9hG4bK-d8", ";", ";tag=", "<", ">", "@", ":", "\"", ",", " ", "\t", "\r\n", "\r\n ", "\n", "\xff",
				     "[2001:db8::1]", "99999", "123456789", "4294967296", "65536", "5060", "INVITE", "SIP/2.0", "friendly-scanner",
				     "313233", "anonymous", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };

/* Where a token begins, so that many changes leave the form as it is. */
static size_t place_in(struct slice message, uint64_t *state)
{
	size_t at = random_below(state, message.len);
	while (random_below(state, 4) && at && strchr("@:;=<\" -", message.ptr[at - 1]) == NULL)
		at--;
	return at;
}

static size_t change(struct slice message, uint8_t *out, uint64_t *state)
{
	const char *word = words[random_below(state, sizeof words / sizeof *words)];
	size_t at = place_in(message, state), cut = random_below(state, 3) ? random_below(state, 12) : 0, len = 0;
	char digits[16];
	if (random_below(state, 3) == 0) {
		snprintf(digits, sizeof digits, "%u", random_below(state, 100000));
		word = digits;
	}
	if (cut > message.len - at)
		cut = message.len - at;
	memcpy(out, message.ptr, at);
	len = at;
	if (random_below(state, 4)) {
		memcpy(out + len, word, strlen(word));
		len += strlen(word);
	}
	memcpy(out + len, message.ptr + at + cut, message.len - at - cut);
	return len + message.len - at - cut;
}

#define USUAL(start, more)                                                                                          \
	start "Via: SIP/2.0/UDP 203.0.113.7:5062;branch=z9hG4bK-77;rport\r\nMax-Forwards: 70\r\n"                    \
	      "From: \"100\" <sip:100@192.0.2.1>;tag=1c12879c\r\nTo: \"100\" <sip:100@192.0.2.1>\r\n"               \
	      "Call-ID: 332146635965417083619711@203.0.113.7\r\n" more

static const char *const usual[] = {
	USUAL("REGISTER sip:192.0.2.1 SIP/2.0\r\n", "CSeq: 1 REGISTER\r\nContact: <sip:100@203.0.113.7:5062>\r\nUser-Agent: SIPp v3.6\r\n"
						    "Expires: 60\r\nContent-Length: 0\r\n\r\n"),
	USUAL("REGISTER sip:192.0.2.1:5060 SIP/2.0\r\n",
	      "CSeq: 2 REGISTER\r\nContact: <sip:100@203.0.113.7:5062>\r\n"
	      "Authorization: Digest username=\"100\", realm=\"pbx\", nonce=\"46eb/03a2+=\", uri=\"sip:192.0.2.1\", response=\"0123456789abcdef\"\r\n"
	      "Content-Length: 0\r\n\r\n"),
	USUAL("OPTIONS sip:100@192.0.2.1 SIP/2.0\r\n", "CSeq: 1 OPTIONS\r\nUser-Agent: friendly-scanner\r\nContent-Length: 0\r\n\r\n"),
	USUAL("INVITE sip:0044207946000@192.0.2.1 SIP/2.0\r\n", "CSeq: 1 INVITE\r\nContact: <sip:100@203.0.113.7>\r\nContent-Length: 41\r\n\r\n"
								"v=0\r\nc=IN IP4 203.0.113.7\r\nm=audio 4000\r\n"),
	USUAL("ACK sip:100@192.0.2.1 SIP/2.0\r\n", "CSeq: 1 ACK\r\nContent-Length: 0\r\n\r\n"),
	USUAL("SIP/2.0 401 Unauthorized\r\n", "CSeq: 1 REGISTER\r\nWWW-Authenticate: Digest realm=\"pbx\", nonce=\"46eb/03a2\", opaque=\"77\"\r\n"
					      "Content-Length: 0\r\n\r\n"),
	USUAL("SIP/2.0 200 OK\r\n", "CSeq: 1 REGISTER\r\nContact: <sip:100@203.0.113.7:5062>;expires=60\r\nContent-Length: 0\r\n\r\n"),
	USUAL("SIP/2.0 200 OK\r\n", "CSeq: 1 INVITE\r\nContact: <sip:1@192.0.2.1>\r\nContent-Length: 73\r\n\r\n"
				    "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 \r\n"),
};

/* Less usual ones, of which not all have a form. */
static const char *const others[] = {
	USUAL("SUBSCRIBE sip:100@192.0.2.1 SIP/2.0\r\n", "CSeq: 1 SUBSCRIBE\r\nEvent: message-summary\r\nExpires: 600\r\n"
							 "User-Agent: Cisco/SPA303-7.4.8a\r\nContent-Length: 0\r\n\r\n"),
	USUAL("PUBLISH sip:100:secret@192.0.2.1 SIP/2.0\r\n", "CSeq: 1 PUBLISH\r\nContent-Length: 0\r\n\r\n"),
	USUAL("CANCEL sip:0044207946000@192.0.2.1 SIP/2.0\r\n", "CSeq: 1 CANCEL\r\nContent-Length: 0\r\n\r\n"),
	USUAL("INVITE sip:100@[2001:db8::1]:5070 SIP/2.0\r\n",
	      "CSeq: 2 INVITE\r\nContact: \"a b\" <sip:100@[2001:db8::2]:5062;transport=udp>\r\n"
	      "Proxy-Authorization: Digest username=\"100\", realm=\"pbx\", nonce=\"46eb/03a2+=\", uri=\"sip:192.0.2.1\", "
	      "response=\"0123456789abcdef\", cnonce=\"77aa\", nc=00000001, qop=auth\r\nContent-Length: 0\r\n\r\n"),
	"BYE sip:100@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/TCP 203.0.113.7;branch=z9hG4bK-d8754z-1;received=203.0.113.9;rport=9\r\n"
	"Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK2\r\nFrom: 100 <sip:100@192.0.2.1>;tag=313233013435363738\r\n"
	"To: <sip:200@192.0.2.1>;tag=as77\r\nCall-ID: f81d4fae-7dec-11d0-a765-00a0c91e6bf6\r\nCSeq: 3 BYE\r\n"
	"User-Agent: Mitel Border GW/4.2\r\nContent-Length: 0\r\n\r\n",
	"OPTIONS sip:100@192.0.2.1 SIP/2.0\r\nv: SIP/2.0/UDP h;branch=1\r\nf: sip:1@h;tag=3206210844\r\nt: sip:1@h\r\ni: 1\r\nCSeq: 1 OPTIONS\r\n"
	"l: 0\r\n\r\n",
	USUAL("SIP/2.0 407 Proxy Authentication Required\r\n",
	      "CSeq: 1 INVITE\r\nProxy-Authenticate: Digest realm=\"pbx\", nonce=\"46eb/03a2\", stale=true\r\nContent-Length: 0\r\n\r\n"),
	USUAL("SIP/2.0 180 Ringing\r\n", "CSeq: 1 INVITE\r\nRequire: 100rel\r\nContent-Length: 0\r\n\r\n"),
};

/* Twice as it is, so that its form is known, then changed. */
static void try_message(struct two *t, struct slice message, uint64_t *state)
{
	uint8_t *changed = malloc(BYTES_MAX + 256);
	cr_assert_not_null(changed);
	if (message.len == 0 || message.len > BYTES_MAX)
		message.len = message.len ? BYTES_MAX : 0;
	check(t, message, 7);
	for (unsigned i = 0; message.len && i < CHANGES; i++) {
		check(t, message, 7);
		size_t len = change(message, changed, state);
		uint8_t *exact = malloc(len ? len : 1); /* so that a read past its end is seen */
		cr_assert_not_null(exact);
		memcpy(exact, changed, len);
		check(t, slice_of(exact, len), 7 + i % 3);
		free(exact);
	}
	free(changed);
}

Test(reading, templates_change_no_result_of_usual_messages)
{
	struct two t;
	uint64_t state = 1;
	two_open(&t);
	for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
		uint64_t before = message_reader_alike(t.quick);
		try_message(&t, slice_str(usual[i]), &state);
		uint64_t alike = message_reader_alike(t.quick) - before;
		cr_expect(alike > CHANGES + CHANGES / 8, "message %zu: only %llu were read by its form", i, (unsigned long long)alike);
	}
	two_close(&t);
}

Test(reading, templates_change_no_result_of_less_usual_messages, .timeout = 60)
{
	struct two t;
	uint64_t state = 3;
	two_open(&t);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		try_message(&t, slice_str(others[i]), &state);
	/* Once more in turn, changed, now that many forms are known. */
	for (size_t i = 0; i < 4000; i++) {
		uint8_t changed[2048];
		size_t n = i % (sizeof others / sizeof *others);
		check(&t, slice_of(changed, change(slice_str(i & 1 ? others[n] : usual[n]), changed, &state)), (unsigned)i % 5);
	}
	two_close(&t);
}

/* More forms than are kept: those that go make room, and nothing of them stays. */
Test(reading, callers_show_themselves)
{
	static const struct {
		const char *method, *user;
		uint8_t caller;
	} cases[] = { { "INVITE", "anonymous", CALLER_HIDDEN },
		      { "INVITE", "493012345678", CALLER_NUMBER },
		      { "INVITE", "1001", CALLER_NAME },
		      { "REGISTER", "anonymous", CALLER_ABSENT } };
	struct two t;
	two_open(&t);
	for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
		size_t n = i % (sizeof cases / sizeof *cases);
		char text[1024];
		int len = snprintf(
		    text, sizeof text,
		    "%s sip:100@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 203.0.113.1;branch=z9hG4bK%zu\r\nFrom: "
		    "<sip:%s@a.example>;tag=%zu\r\nTo: <sip:100@192.0.2.1>\r\nCall-ID: c%zu\r\nCSeq: 1 %s\r\n"
		    "Content-Length: 0\r\n\r\n",
		    cases[n].method, i, cases[n].user, i, i, cases[n].method);
		check(&t, slice_of(text, (size_t)len), 1);
		cr_expect_eq(t.by_quick->event.choice[CHOICE_CALLER], cases[n].caller, "%s", text);
	}
	two_close(&t);
}

Test(reading, forms_come_and_go)
{
	struct two t;
	char text[1024];
	two_open(&t);
	for (unsigned i = 0; i < 6000; i++) {
		unsigned form = i % 3 ? i / 3 % 700 : i % 20;
		int len = snprintf(text, sizeof text,
				   "%s sip:%u@192.0.2.1 SIP/2.0\r\nX-%u: %u\r\nVia: SIP/2.0/UDP 203.0.113.9:%u;branch=z9hG4bK%x\r\n"
				   "From: <sip:%u@h>;tag=%x\r\nTo: <sip:%u@h>\r\nCall-ID: %x\r\nCSeq: %u OPTIONS\r\n%sContent-Length: 0\r\n\r\n",
				   form % 2 ? "OPTIONS" : "REGISTER", i, form % 350, form, 1024 + i, i * 77, i % 999, i * 5, i, i, 1 + i % 1000,
				   form % 3 ? "User-Agent: x\r\n" : "");
		check(&t, slice_of(text, (size_t)len), i % 200);
	}
	cr_assert_gt(message_reader_alike(t.quick), 1000);
	two_close(&t);
}

Test(reading, templates_change_no_result_of_odd_messages, .timeout = 120)
{
	struct two t;
	uint64_t state = 2;
	size_t count = 0;
	DIR *dir = opendir(SIPHOUND_SOURCE_DIR "/tests/messages");
	cr_assert_not_null(dir);
	two_open(&t);
	for (struct dirent *e; (e = readdir(dir)) && count < MESSAGES_MAX;) {
		char name[256];
		size_t len = strlen(e->d_name);
		if (len < 5 || strcmp(e->d_name + len - 4, ".sip") != 0)
			continue;
		snprintf(name, sizeof name, "%.*s", (int)len - 4, e->d_name);
		struct slice message = message_file(name);
		if (message.ptr)
			try_message(&t, message, &state);
		message_file_free(message);
		count++;
	}
	closedir(dir);
	cr_assert_gt(count, 40);
	two_close(&t);
}

/* First some messages without an end, then one that goes on where they stop: what it says there counts. */
Test(reading, a_message_that_is_cut_off_hides_nothing)
{
	static const char cut[] = USUAL("OPTIONS sip:100@192.0.2.1 SIP/2.0\r\n", "CSeq: 1 OPTIONS\r\nContact: <sip:100@203.0.113.7>");
	static const char *const whole[] = {
		USUAL("OPTIONS sip:100@192.0.2.1 SIP/2.0\r\n", "CSeq: 1 OPTIONS\r\nContact: <sip:100@203.0.113.7>\r\nUser-Agent: friendly-scanner\r\n\r\n"),
		USUAL("OPTIONS sip:100@192.0.2.1 SIP/2.0\r\n", "CSeq: 1 OPTIONS\r\nContact: <sip:100@203.0.113.7>\r\n\r\n"),
		USUAL("OPTIONS sip:200@192.0.2.1 SIP/2.0\r\n", "CSeq: 9 OPTIONS\r\nContact: <sip:200@203.0.113.7>\r\nFrom: <sip:9@x>\r\nSubject: $(id)\r\n\r\n"),
	};
	struct two t;
	two_open(&t);
	for (int i = 0; i < 3; i++)
		check(&t, slice_str(cut), 7);
	for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
		check(&t, slice_str(whole[i]), 7);
	two_close(&t);
}

Test(reading, a_whole_run_of_senders_needs_few_templates)
{
	struct two t;
	char text[1024];
	two_open(&t);
	for (unsigned i = 0; i < 20000; i++) {
		int len = snprintf(text, sizeof text,
				   "OPTIONS sip:%u@192.0.2.%u SIP/2.0\r\nVia: SIP/2.0/UDP 203.0.113.%u:%u;branch=z9hG4bK%x\r\nFrom: <sip:%u@h>;tag=%x\r\n"
				   "To: <sip:%u@h>\r\nCall-ID: %x\r\nCSeq: %u OPTIONS\r\nContent-Length: 0\r\n\r\n",
				   i, i % 250, i % 200, 1024 + i, i * 77, i % 999, i * 5, i, i, 1 + i % 1000);
		check(&t, slice_of(text, (size_t)len), i % 200);
	}
	cr_assert_gt(message_reader_alike(t.quick), 19000);
	two_close(&t);
}
