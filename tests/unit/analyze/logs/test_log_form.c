/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyze/logs/dialect.h"

/* Reading by forms gives what reading in full gives: every example of every dialect, changed in many ways,
 * goes through two readers, one of which knows no forms. */

#define LINE_ROOM 8192
#define VARIANTS  400

static struct dialects *dialects;

static void load(void)
{
	struct error err;
	dialects = dialects_new();
	cr_assert_eq(dialects_load(dialects, SIPHOUND_SOURCE_DIR "/rules/dialects", &err), 0, "%s", err.text);
	cr_assert_geq(dialects_count(dialects), 10);
}

static void unload(void)
{
	dialects_free(dialects);
}

TestSuite(log_form, .init = load, .fini = unload);

struct two {
	struct log_reader *quick, *plain;
	uint64_t lines, observations;
	uint32_t random;
};

static void two_open(struct two *t, const char *dialect)
{
	struct error err;
	struct log_options options = { .dialect = dialect, .year = 2026 };
	*t = (struct two){ .quick = log_reader_new(dialects, &options, &err),
			   .plain = log_reader_new(dialects, &options, &err),
			   .random = 1 };
	cr_assert(t->quick && t->plain);
	log_reader_be_plain(t->plain);
}

static void check_texts(const struct observation *a, const struct observation *b, const char *line)
{
	cr_assert_eq(a->has_text, b->has_text, "%s", line);
	for (unsigned i = 0; i < TEXT_FIELD_COUNT; i++) {
		struct slice one = observation_text(a, i), other = observation_text(b, i);
		cr_assert(slice_eq(one, other), "text %u, %.*s and %.*s: %s", i, (int)one.len,
			  (const char *)one.ptr, (int)other.len, (const char *)other.ptr, line);
	}
}

static void check(struct two *t, const char *line)
{
	struct observation a, b;
	bool quick = log_reader_line(t->quick, slice_str(line), ++t->lines, 1, &a);
	bool plain = log_reader_line(t->plain, slice_str(line), t->lines, 1, &b);
	cr_assert_eq(quick, plain, "read by forms %d, in full %d: %s", quick, plain, line);
	if (!quick)
		return;
	t->observations++;
	check_texts(&a, &b, line);
	cr_assert_eq(a.time_us, b.time_us, "%s", line);
	cr_assert_eq(a.known_us, b.known_us, "%s", line);
	cr_assert_eq(a.place.number, b.place.number);
	cr_assert_eq(a.place.input, b.place.input);
	cr_assert_eq(a.from_log, b.from_log);
	cr_assert_eq(a.attack, b.attack);
	cr_assert_eq(a.anomalies, b.anomalies);
	cr_assert_eq(memcmp(a.choice, b.choice, sizeof a.choice), 0, "%s", line);
	for (unsigned i = 0; i < ADDRESS_FIELD_COUNT; i++)
		cr_assert_eq(addr_cmp(&a.address[i], &b.address[i]), 0, "address %u: %s", i, line);
	cr_assert_eq(a.has_number, b.has_number, "%s", line);
	for (unsigned i = 0; i < NUMBER_FIELD_COUNT; i++)
		cr_assert_eq(observation_number(&a, i, 0), observation_number(&b, i, 0), "number %u: %s", i,
			     line);
}

static void two_close(struct two *t)
{
	for (size_t i = 0; i < dialects_count(dialects); i++) {
		struct log_counts a = log_reader_counts(t->quick, i), b = log_reader_counts(t->plain, i);
		cr_assert_eq(a.matched, b.matched, "%s", a.name);
		cr_assert_eq(a.unmatched, b.unmatched, "%s", a.name);
		cr_assert_eq(a.ambiguous, b.ambiguous, "%s", a.name);
		cr_assert_eq(a.torn, b.torn, "%s", a.name);
	}
	cr_assert_eq(log_reader_alike(t->plain), 0);
	log_reader_free(t->quick);
	log_reader_free(t->plain);
}

/* ---- changed lines ---- */

static uint32_t next_random(struct two *t, uint32_t below)
{
	t->random = t->random * 1664525u + 1013904223u;
	return (uint32_t)((uint64_t)t->random * below >> 32);
}

static bool is_alnum(char c)
{
	return ascii_is_digit((uint8_t)c) || ascii_is_alpha((uint8_t)c);
}

struct text {
	char bytes[LINE_ROOM];
	size_t len;
};

static void put(struct text *out, const char *bytes, size_t len)
{
	if (out->len + len < LINE_ROOM) {
		memcpy(out->bytes + out->len, bytes, len);
		out->len += len;
	}
	out->bytes[out->len] = 0;
}

/* What a stranger might write in place of a token: other tokens, of all lengths, and words and marks of the
 * programs. */
static void put_other(struct two *t, struct text *out, bool was_digits)
{
	static const char *const words[] = {
		"0",
		"007",
		"256",
		"65536",
		"99999999999999999999",
		"4294967296",
		"a",
		"sip",
		"sips",
		"sales",
		"failed",
		"Invalid",
		"x-y",
		"a.b",
		"10.0.0.1",
		"010.0.0.1",
		"300.1.1.1",
		"1.2.3",
		"1.2.3.4.5",
		"_",
		"+49123",
		"' failed for '",
		"\"",
		"'",
		"(",
		")",
		"@",
		"<sip:9@x>",
		"192.0.2.77:5060",
		"[2001:db8::1]",
		"2001:db8::1",
		" ",
		"",
		",",
		"rejected because",
		"\",RemoteAddress=\"",
		"\x1b[0m",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"00000000000000000000000000000001",
		"NOTICE",
		"1:2",
		"a b",
		"%"
	};
	char token[80];
	uint32_t kind = next_random(t, 8);
	if (kind == 0) {
		const char *word = words[next_random(t, sizeof words / sizeof *words)];
		put(out, word, strlen(word));
		return;
	}
	size_t len = 1 + next_random(t, kind == 1 ? 70 : was_digits ? 4 : 12);
	for (size_t i = 0; i < len; i++)
		token[i] = was_digits && kind > 2 ? (char)('0' + next_random(t, 10))
						  : "abcdefsip0123456789_.XYZ-"[next_random(t, 25)];
	put(out, token, len);
}

/* Each token is another one with a chance of one in `rarity`. */
static void change(struct two *t, const char *line, uint32_t rarity, struct text *out)
{
	out->len = 0;
	while (*line) {
		size_t len = 0;
		bool digits = true;
		for (; is_alnum(line[len]); len++)
			digits &= ascii_is_digit((uint8_t)line[len]);
		if (len && (digits || next_random(t, 4) == 0) && next_random(t, rarity) == 0) {
			put_other(t, out, digits);
		} else {
			len += len == 0;
			put(out, line, len);
		}
		line += len;
	}
}

static void check_changed(struct two *t, struct slice line)
{
	static struct text whole, out;
	whole.len = 0;
	put(&whole, (const char *)line.ptr, line.len);
	if (memchr(whole.bytes, '\n', whole.len) || line.len >= LINE_ROOM)
		return;
	for (uint32_t i = 0; i < VARIANTS; i++) {
		check(t, whole.bytes);
		change(t, whole.bytes, 1 + i % 12, &out);
		check(t, out.bytes);
	}
}

struct sum {
	uint64_t observations, alike;
};

/* Each example with readers of its own: behind a torn record a reader believes nothing for a while. */
static void check_dialect(const struct dialect *d, const char *forced, struct sum *sum)
{
	for (size_t i = 0; i < d->example_count; i++) {
		struct two t;
		two_open(&t, forced);
		t.random = (uint32_t)i;
		check_changed(&t, d->examples[i].line);
		sum->observations += t.observations;
		sum->alike += log_reader_alike(t.quick);
		two_close(&t);
	}
}

Test(log_form, changed_lines_of_every_dialect)
{
	struct sum sum = { 0 };
	for (size_t i = 0; i < dialects->count; i++)
		check_dialect(dialects->items[i], NULL, &sum);
	cr_expect_gt(sum.observations, 20000);
	cr_expect_gt(sum.alike, 10000);
}

Test(log_form, changed_lines_of_each_dialect_by_itself)
{
	for (size_t i = 0; i < dialects->count; i++) {
		struct sum sum = { 0 };
		const char *name = (const char *)dialects->items[i]->name.ptr;
		check_dialect(dialects->items[i], name, &sum);
		cr_expect_gt(sum.observations, 0, "%s", name);
	}
}

/* Another dialect's lines among them: who was read last is asked first. */
Test(log_form, changed_lines_of_all_dialects_in_turn)
{
	struct two t;
	static struct text out;
	two_open(&t, NULL);
	t.random = 7;
	for (unsigned i = 0; i < 30000; i++) {
		const struct dialect *d = dialects->items[next_random(&t, (uint32_t)dialects->count)];
		if (!d->example_count)
			continue;
		struct slice line = d->examples[next_random(&t, (uint32_t)d->example_count)].line;
		if (slice_find(line, '\n') != SLICE_NPOS || line.len >= LINE_ROOM)
			continue;
		change(&t, (const char *)line.ptr, 1 + i % 9, &out);
		check(&t, out.bytes);
	}
	two_close(&t);
}

Test(log_form, a_nonce_that_comes_back_is_seen_in_a_known_form)
{
	struct two t;
	char line[1024];
	struct observation o;
	unsigned echoed = 0;
	two_open(&t, NULL);
	for (unsigned i = 0; i < 2000; i++) {
		unsigned theirs = i % 3 ? i * 7919 : i * 31;
		snprintf(line, sizeof line,
			 "[2026-07-06 09:09:25] SECURITY[3308] res_security_log.c: "
			 "SecurityEvent=\"InvalidPassword\",EventTV=\"1373098165-824497\","
			 "Severity=\"Error\",Service=\"SIP\",EventVersion=\"2\",AccountID=\"9%u\",SessionID="
			 "\"0x88aab6c\","
			 "LocalAddress=\"IPV4/UDP/198.51.100.80/5060\",RemoteAddress=\"IPV4/UDP/192.0.2.106/"
			 "5084\",Challenge=\"41%x\","
			 "ReceivedChallenge=\"41%x%s\",ReceivedHash=\"7a\"",
			 i, i * 31, theirs, i % 9 == 0 ? "0" : "");
		check(&t, line);
		cr_assert(log_reader_line(t.quick, slice_str(line), i, 0, &o));
		cr_assert(log_reader_line(t.plain, slice_str(line), i, 0, &o));
		echoed += o.choice[CHOICE_PROOF] == PROOF_ECHOED;
	}
	cr_expect_gt(echoed, 400);
	cr_expect_lt(echoed, 700);
	cr_expect_gt(log_reader_alike(t.quick), 3000);
	two_close(&t);
}

Test(log_form, a_file_needs_few_forms)
{
	struct two t;
	char line[512];
	two_open(&t, NULL);
	for (unsigned i = 0; i < 20000; i++) {
		snprintf(line, sizeof line,
			 "[2026-02-13 17:%02u:%02u] NOTICE[%u] chan_sip.c: Registration from '\"%u\" "
			 "<sip:%u@198.51.100.4>' failed for '192.0.%u.%u:%u' - "
			 "Wrong password",
			 i / 60 % 60, i % 60, i, i * 3, i * 3, i / 250, i % 250, 1024 + i);
		check(&t, line);
	}
	cr_expect_eq(t.observations, 20000);
	cr_expect_gt(log_reader_alike(t.quick), 19900);
	two_close(&t);
}
