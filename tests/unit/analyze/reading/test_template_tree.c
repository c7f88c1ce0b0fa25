/* SPDX-License-Identifier: MIT */
#include "analyze/reading/template_tree.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#define TEXT_MAX 1024

/* Both ways of walking a tree: with the machine's vector instructions and without. */
struct two {
	struct text_memory plain;
	struct template_tree *wide, *narrow;
	struct template *templates;
	uint16_t count;
};

static void two_open(struct two *t)
{
	memset(t, 0, sizeof *t);
	t->wide = template_tree_new(&t->plain);
	t->narrow = template_tree_new(&t->plain);
	t->templates = calloc(64, sizeof *t->templates);
	cr_assert(t->wide && t->narrow && t->templates);
	template_tree_be_plain(t->narrow);
}

static void two_close(struct two *t)
{
	template_tree_free(t->wide);
	template_tree_free(t->narrow);
	free(t->templates);
}

static bool make(const char *text, struct template *out)
{
	static struct sip_message m;
	struct sip_parts parts;
	cr_assert_eq(sip_message_parse(slice_str(text), &m), PARSE_OK, "%s", text);
	sip_parts_read_request(&m, &parts);
	sip_values_read_contact(&m, &parts.v);
	return template_make(&m, &parts, true, true, out);
}

static void add(struct two *t, const char *text)
{
	static struct template making;
	struct template *at = &t->templates[t->count];
	cr_assert(make(text, &making), "%s", text);
	template_copy(at, &making);
	cr_assert(!template_tree_has(t->wide, at));
	cr_assert(template_tree_add(t->wide, at, t->count) && template_tree_add(t->narrow, at, t->count));
	cr_assert(template_tree_has(t->wide, at));
	cr_assert(!template_tree_add(t->wide, at, t->count), "a second one like it");
	t->count++;
}

static int find(struct two *t, struct slice bytes)
{
	struct template_found a, b;
	uint8_t *exact = malloc(bytes.len ? bytes.len : 1); /* so that a read past its end is seen */
	cr_assert_not_null(exact);
	memcpy(exact, bytes.ptr, bytes.len);
	int wide = template_tree_find(t->wide, slice_of(exact, bytes.len), &a);
	int narrow = template_tree_find(t->narrow, slice_of(exact, bytes.len), &b);
	cr_assert_eq(wide, narrow, "%.*s", (int)bytes.len, (const char *)bytes.ptr);
	if (wide >= 0) {
		cr_assert(slice_eq(a.body, b.body) && a.body.ptr == b.body.ptr);
		for (size_t i = 0; i <= t->templates[wide].slot_count; i++)
			cr_assert_eq(a.anchors[i], b.anchors[i], "slot %zu", i);
	}
	free(exact);
	return wide;
}

static size_t write_message(char *out, const char *start, const char *user, const char *call_id,
			    const char *more)
{
	int len = snprintf(out, TEXT_MAX,
			   "%s sip:%s@192.0.2.1:5060 SIP/2.0\r\nVia: SIP/2.0/UDP "
			   "203.0.113.7:5062;branch=z9hG4bK-77%s;rport\r\nMax-Forwards: 70\r\n"
			   "From: \"%s x\" <sip:%s@192.0.2.1>;tag=1c12879c\r\nTo: "
			   "<sip:%s@192.0.2.1>\r\nCall-ID: %s@203.0.113.7\r\nCSeq: 1 %s\r\n"
			   "Contact: <sip:%s@203.0.113.7:5062>\r\n%sContent-Length: 0\r\n\r\n",
			   start, user, user, user, user, user, call_id, start, user, more);
	cr_assert(len > 0 && len < TEXT_MAX);
	return (size_t)len;
}

static const char *const ends[] = {
	"",
	"User-Agent: one\r\n",
	"Accept: application/sdp\r\n",
	"User-Agent: two\r\nAccept: application/sdp\r\n",
	"Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, SUBSCRIBE, NOTIFY\r\nExpires: 60\r\n",
	"Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, SUBSCRIBE, NOTIFY\r\nExpires: 3600\r\n"
};
#define ENDS (sizeof ends / sizeof *ends)

static void add_all(struct two *t)
{
	char text[TEXT_MAX];
	for (size_t i = 0; i < ENDS; i++) {
		write_message(text, "OPTIONS", "100", "77", ends[i]);
		add(t, text);
		write_message(text, "REGISTER", "100", "77", ends[i]);
		add(t, text);
	}
}

Test(template_tree, finds_each_template_by_what_stands_between_tokens)
{
	static const char *const tokens[] = { "1",
					      "12345678",
					      "a-very-long-token-of-more-than-thirty-two-bytes",
					      "1234567890123456",
					      "12345678901234567890123456789012",
					      "a.b_c+d*e~f" };
	struct two t;
	char text[TEXT_MAX];
	two_open(&t);
	add_all(&t);
	for (size_t i = 0; i < ENDS; i++)
		for (size_t k = 0; k < sizeof tokens / sizeof *tokens; k++) {
			size_t len = write_message(text, "REGISTER", tokens[k], tokens[(k + 1) % 6], ends[i]);
			cr_expect_eq(find(&t, slice_of(text, len)), (int)i * 2 + 1, "end %zu, token %s", i,
				     tokens[k]);
		}
	two_close(&t);
}

Test(template_tree, tokens_have_any_length_up_to_the_most)
{
	struct two t;
	char text[TEXT_MAX], token[TEMPLATE_TOKEN_MAX + 10];
	const size_t host = strlen("@203.0.113.7"); /* part of the Call-ID */
	two_open(&t);
	add_all(&t);
	for (size_t len = 1; len < sizeof token - 1; len++) {
		memset(token, 'a', len);
		token[len] = 0;
		/* So often that it becomes the usual length. */
		for (size_t i = 0; i < 20; i++) {
			size_t size = write_message(text, "OPTIONS", "100", token, ends[0]);
			cr_expect_eq(find(&t, slice_of(text, size)), len + host <= TEMPLATE_TOKEN_MAX ? 0 : -1,
				     "%zu", len);
		}
	}
	two_close(&t);
}

Test(template_tree, numbers_have_as_many_digits_as_a_parser_takes)
{
	static const struct {
		const char *port, *cseq;
		int found;
	} cases[] = {
		{ "1", "1", 0 },       { "65535", "999999999", 0 },
		{ "065535", "1", -1 }, { "5060", "1000000000", -1 },
		{ "", "1", -1 },       { "5060", "", -1 },
	};
	struct two t;
	char text[TEXT_MAX];
	two_open(&t);
	for (size_t i = 0; i <= sizeof cases / sizeof *cases; i++) {
		int len = snprintf(
		    text, sizeof text,
		    "OPTIONS sip:1@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 203.0.113.7:%s;branch=z9hG4bK-77\r\n"
		    "From: <sip:1@192.0.2.1>;tag=1\r\nTo: <sip:1@192.0.2.1>\r\nCall-ID: 1\r\nCSeq: %s "
		    "OPTIONS\r\n"
		    "Content-Length: 0\r\n\r\n",
		    i ? cases[i - 1].port : "5062", i ? cases[i - 1].cseq : "1");
		if (i)
			cr_expect_eq(find(&t, slice_of(text, (size_t)len)), cases[i - 1].found, "%s", text);
		else
			add(&t, text);
	}
	two_close(&t);
}

Test(template_tree, both_ways_of_walking_agree)
{
	struct two t;
	char text[TEXT_MAX];
	uint64_t state = 1;
	size_t found = 0;
	two_open(&t);
	add_all(&t);
	for (unsigned i = 0; i < 60000; i++) {
		size_t len =
		    write_message(text, i & 1 ? "OPTIONS" : "REGISTER", "4420", "a0f5", ends[i % ENDS]);
		for (unsigned changes = 0; changes < 1 + i % 3; changes++) {
			state = state * 6364136223846793005u + 1442695040888963407u;
			text[(state >> 33) % len] =
			    i % 4 ? "0aZ-.@:;\"<> _\x7f\xff\r"[state >> 28 & 15] : (char)(state >> 24);
		}
		found += find(&t, slice_of(text, i % 7 ? len : (state >> 40) % (len + 1))) >= 0;
	}
	cr_expect(found > 1000 && found < 59000, "%zu", found);
	two_close(&t);
}

Test(template_tree, a_cleared_tree_finds_nothing_and_can_be_filled_again)
{
	struct two t;
	char text[TEXT_MAX];
	two_open(&t);
	add_all(&t);
	size_t len = write_message(text, "OPTIONS", "1", "2", ends[0]);
	cr_assert_eq(find(&t, slice_of(text, len)), 0);
	template_tree_clear(t.wide);
	template_tree_clear(t.narrow);
	cr_assert_eq(find(&t, slice_of(text, len)), -1);
	cr_assert(template_tree_add(t.wide, &t.templates[0], 5) &&
		  template_tree_add(t.narrow, &t.templates[0], 5));
	struct template_found where;
	cr_assert_eq(template_tree_find(t.wide, slice_of(text, len), &where), 5);
	two_close(&t);
}
