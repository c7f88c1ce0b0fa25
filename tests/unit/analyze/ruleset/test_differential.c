/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/internal.h"

#include "tests/unit/analyze/ruleset/rules_support.h"

#include <stdarg.h>

/* Random rules on random observations: the compiled program against the expression evaluated on the observation itself. */

struct random {
	uint64_t state;
};

static uint32_t below(struct random *r, uint32_t limit)
{
	r->state = r->state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((r->state >> 33) % limit);
}

static const char *const words[] = { "friendly", "scanner", "SIP", "vicious", "a", "ab", "abc", "xyz", "100", "1001", "Polycom", "" };
static const char *const texts[] = { "user_agent.original", "sip.method", "sip.from.uri.username", "siphound.account",
				     "siphound.fingerprint", "sip.call_id", "sip.status" };
static const char *const numbers[] = { "sip.max_forwards", "sip.code", "siphound.refusals", "siphound.rate" };
static const char *const methods[] = { "INVITE", "OPTIONS", "REGISTER" };

#define PICK(r, list) ((list)[below(r, sizeof(list) / sizeof *(list))])

struct text_out {
	char text[65536];
	size_t len;
};

static void put(struct text_out *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(struct text_out *out, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	out->len += (size_t)vsnprintf(out->text + out->len, sizeof out->text - out->len, format, args);
	va_end(args);
	cr_assert_lt(out->len, sizeof out->text);
}

static void put_value(struct random *r, struct text_out *out)
{
	const char *first = PICK(r, words), *second = below(r, 3) ? "" : PICK(r, words);
	switch (below(r, 12) ? below(r, 6) : 6) {
	case 0: put(out, "'%s%s'", first, second); break;
	case 1: put(out, "'*%s%s'", first, second); break;
	case 2: put(out, "'%s%s*'", first, second); break;
	case 3: put(out, "'*%s*%s*'", first, second); break;
	case 4: put(out, "'%s?%s'", first, second); break;
	case 5: put(out, "'?%s%s'", first, second); break;
	default: put(out, "null"); break;
	}
}

static void put_text_test(struct random *r, struct text_out *out, const char *key)
{
	static const char *const modifiers[] = { "", "", "|contains", "|startswith", "|endswith", "|contains|cased", "|startswith|cased",
						 "|neq", "|contains|all", "|endswith|neq" };
	const char *modifier = PICK(r, modifiers);
	size_t count = 1 + below(r, 4);
	put(out, "%s%s%s: [", key, PICK(r, texts), modifier);
	for (size_t i = 0; i < count; i++) {
		if (i)
			put(out, ", ");
		if (modifier[0] && strcmp(modifier, "|neq") != 0)
			put(out, "'%s%s'", PICK(r, words), below(r, 3) ? "" : "*1");
		else
			put_value(r, out);
	}
	put(out, "]\n");
}

static void put_test(struct random *r, struct text_out *out, const char *key)
{
	static const char *const orders[] = { "gt", "gte", "lt", "lte" };
	switch (below(r, 9)) {
	case 0: put(out, "%s%s|%s: %u\n", key, PICK(r, numbers), PICK(r, orders), below(r, 6)); break;
	case 1: put(out, "%s%s: [%u, %u, null]\n", key, PICK(r, numbers), below(r, 6), below(r, 6)); break;
	case 2: put(out, "%ssiphound.outcome: [refused, none]\n", key); break;
	case 3: put(out, "%ssource.ip|cidr: [203.0.113.0/%u, 203.0.113.64/30]\n", key, 24 + below(r, 9)); break;
	case 4: put(out, "%ssiphound.anomaly|startswith: [no-, bad-c]\n", key); break;
	case 5: put(out, "%ssip.from.uri.username|fieldref%s: siphound.account\n", key, below(r, 2) ? "|neq" : ""); break;
	case 6: put(out, "%suser_agent.original|re%s: '^[a-f]+|er$'\n", key, below(r, 2) ? "|i" : ""); break;
	case 7: put(out, "%s%s|exists: %s\n", key, PICK(r, texts), below(r, 2) ? "true" : "false"); break;
	default: put_text_test(r, out, key); break;
	}
}

static void put_condition(struct random *r, struct text_out *out, unsigned depth)
{
	if (depth == 0 || below(r, 3) == 0) {
		static const char *const leaves[] = { "a", "b", "c", "not a", "not b", "1 of them", "all of them", "2 of them", "not 1 of b*" };
		put(out, "%s", PICK(r, leaves));
		return;
	}
	put(out, "%s(", below(r, 4) ? "" : "not ");
	put_condition(r, out, depth - 1);
	put(out, " %s ", below(r, 2) ? "and" : "or");
	put_condition(r, out, depth - 1);
	put(out, ")");
}

static void put_rule(struct random *r, struct text_out *out, unsigned number)
{
	put(out, "---\ntitle: t\nname: rule-%u\nlevel: low\nsiphound: {stage: probe}\nlogsource: {product: siphound, category: "
		 "observation}\ndetection:\n",
	    number);
	for (char s = 'a'; s <= 'c'; s++) {
		put(out, "  %c:\n", s);
		size_t count = 1 + below(r, 2);
		for (size_t i = 0; i < count; i++)
			put_test(r, out, "    - ");
	}
	put(out, "  condition: (a or b or c or not a) and (");
	put_condition(r, out, 3);
	put(out, ")\n");
}

static void random_observation(struct random *r, struct observation *o, char room[TEXT_FIELD_COUNT][64])
{
	*o = observation_at(1000000, "::");
	for (size_t f = 0; f < TEXT_FIELD_COUNT; f++) {
		if (below(r, 3) == 0)
			continue;
		snprintf(room[f], 64, "%s%s%s", PICK(r, words), PICK(r, words), below(r, 2) ? "" : PICK(r, words));
		if (f == TEXT_METHOD)
			snprintf(room[f], 64, "%s", PICK(r, methods));
		observation_set_text(o, (enum text_field)f, slice_str(room[f]));
	}
	for (size_t f = 0; f < NUMBER_FIELD_COUNT; f++)
		if (below(r, 3))
			observation_set_number(o, (enum number_field)f, below(r, 7));
	o->choice[CHOICE_OUTCOME] = (uint8_t)below(r, OUTCOME_ERROR + 1);
	o->anomalies = below(r, 2) ? 0 : (uint64_t)1 << below(r, 46);
	if (below(r, 8))
		o->address[ADDRESS_SOURCE_IP] = addr_from_v4((const uint8_t[]){ 203, 0, 113, (uint8_t)below(r, 256) });
}

Test(differential, compiled_and_plain_agree)
{
	static struct text_out out;
	static char room[TEXT_FIELD_COUNT][64];
	size_t held = 0, asked = 0;
	for (unsigned round = 0; round < 30; round++) {
		struct random r = { round * 7919 + 1 };
		out.len = 0;
		for (unsigned i = 0; i < 40; i++)
			put_rule(&r, &out, i);
		struct bench *b = bench_new(out.text);
		struct match_room match;
		match_room_init(&match);
		for (unsigned i = 0; i < 300; i++) {
			struct observation o;
			random_observation(&r, &o, room);
			size_t before = b->notes.count = 0;
			bench_feed(b, &o);
			for (size_t d = 0; d < ruleset_count(b->rules); d++) {
				const struct document *document = document_of(ruleset_at(b->rules, d));
				bool wanted = expression_holds(document->expression, &o, &match);
				bool got = before < b->notes.count && strcmp(b->notes.items[before].rule, document->rule.id) == 0;
				before += got;
				held += got;
				asked++;
				cr_assert_eq(got, wanted, "round %u, observation %u, %s:\n%.*s", round, i, document->rule.id,
					     (int)ruleset_source(&document->rule).len,
					     (const char *)ruleset_source(&document->rule).ptr);
			}
			cr_assert_eq(before, b->notes.count);
		}
		match_room_fini(&match);
		bench_free(b);
	}
	cr_assert_gt(held, asked / 20);
	cr_assert_lt(held, asked - asked / 20);
}
