/* SPDX-License-Identifier: MIT */
#include "analyze/ruleset/look.h"

#include "analyze/ruleset/internal.h"
#include "analyze/ruleset/loud.h"
#include "analyze/ruleset/program.h"
#include "tests/unit/analyze/ruleset/rules_support.h"

#define WORDS_MAX 32

/* Thresholds below, at and above the end of the table of small numbers, negative ones, equal ones, "exists",
 * words, numbers that a correlation counts, and fields compared with each other. */
static const char rules_text[] = RULE_HEAD(
    "a") "detection:\n  s:\n    siphound.requests|gte: 5\n    siphound.outcome: [none, challenged]\n  "
	 "condition: s\n" NEXT RULE_HEAD(
	     "b") "detection:\n  s:\n    siphound.requests|gt: 127\n    siphound.sweep.order: "
		  "ascending\n  condition: s\n" NEXT RULE_HEAD(
		      "c") "detection:\n  s:\n    siphound.requests|lt: 300\n    siphound.rate|gte: "
			   "128\n  condition: s\n" NEXT RULE_HEAD(
			       "d") "detection:\n  s:\n    sip.code: [0, 404, 486]\n    "
				    "siphound.rate: 127\n  condition: s\n" NEXT RULE_HEAD(
					"e") "detection:\n  s:\n    "
					     "siphound.refusals|exists: true\n    "
					     "siphound.rate|gte: -3\n  condition: s\n" NEXT RULE_HEAD(
						 "f") "detection:\n  s:\n    "
						      "sip.via.sent_by.address|fieldref: "
						      "destination.ip\n    sip.code: "
						      "['4*', '48?']\n"
						      "    source.ip|cidr: "
						      "[192.0.2.0/25, 198.51.100.0/24, "
						      "2001:db8::/33]\n  condition: "
						      "s\n" NEXT RULE_HEAD("g") "detection:\n  s:\n    "
										"siphound.mac|fieldref: "
										"siphound.agent_mac\n    "
										"siphound.outcome|exists: "
										"true\n  condition: "
										"s\n" NEXT BASE_HEAD(
										    "base") "detection"
											    ":\n  "
											    "s:\n    "
											    "siphound."
											    "rings|"
											    "gte: 1\n "
											    "   "
											    "sip.from."
											    "uri."
											    "username|"
											    "exists: "
											    "true\n  "
											    "condition"
											    ": "
											    "s\n" NEXT
											    "title: "
											    "t\nname: "
											    "many\nlev"
											    "el: "
											    "high\nsip"
											    "hound: "
											    "{stage: "
											    "probe}"
											    "\ncorrela"
											    "tion:\n  "
											    "type: "
											    "value_"
											    "count\n  "
											    "rules: "
											    "[base]\n"
											    "  "
											    "group-by:"
											    " [source."
											    "ip, "
											    "sip.from."
											    "uri."
											    "username,"
											    " siphound"
											    ".sweep."
											    "run]\n  "
											    "timespan:"
											    " 1h\n  "
											    "condition"
											    ":\n    "
											    "gte: 3\n "
											    "   "
											    "field: "
											    "siphound."
											    "rings\n";

struct looking {
	struct ruleset *rules;
	struct looker *looker;
	struct match_room room;
	uint64_t digest[WORDS_MAX];
	size_t held, asked;
};

/* Both looks say of each predicate what it says of the observation by itself. */
static void compare(struct looking *l, const struct observation *o)
{
	memset(l->digest, 0, sizeof l->digest);
	looker_look(l->looker, o, FIELD_ONCE, l->digest);
	looker_look(l->looker, o, FIELD_LATE, l->digest);
	for (size_t i = 0; i < l->rules->predicates.count; i++) {
		const struct predicate *q = l->rules->predicates.all[i];
		bool wanted = predicate_holds(q, o, &l->room);
		cr_assert_eq(l->digest[q->bit / 64] >> q->bit % 64 & 1, wanted,
			     "%s, predicate %zu (%lld): not %d", q->field->name, i, (long long)q->number,
			     wanted);
		l->held += wanted;
		l->asked++;
	}
}

static uint64_t slot_of(const struct looking *l, enum number_field field)
{
	uint8_t slot = l->rules->program->numbers[field].slot;
	cr_assert_neq(slot, NO_SLOT);
	return l->digest[l->rules->program->bit_words + slot];
}

static void begin(struct looking *l, const char *text)
{
	*l = (struct looking){ .rules = rules_from(text) };
	l->looker = looker_new(l->rules->program, 0);
	cr_assert(l->looker && match_room_init(&l->room) == 0);
	cr_assert_leq(l->rules->program->bit_words + l->rules->program->slot_count, WORDS_MAX);
}

static void end(struct looking *l)
{
	cr_assert_gt(l->held, l->asked / 20);
	cr_assert_lt(l->held, l->asked - l->asked / 20);
	looker_free(l->looker);
	looker_free(NULL);
	match_room_fini(&l->room);
	ruleset_free(l->rules);
}

Test(look, says_what_the_predicates_say)
{
	static const int64_t numbers[] = { INT64_MIN, -4,  -3,	-1,  0,	  1,   4,   5,	 6,    126,
					   127,	      128, 129, 299, 300, 404, 405, 486, 1000, INT64_MAX };
	static const enum number_field asked[] = { NUMBER_REQUESTS, NUMBER_RATE,  NUMBER_CODE,
						   NUMBER_REFUSALS, NUMBER_RINGS, NUMBER_SWEEP_RUN };
	static const char *const hosts[] = { "192.0.2.1",
					     "192.0.2.127",
					     "192.0.2.128",
					     "198.51.100.1",
					     "2001:db8::1",
					     "2001:db8:8000::1",
					     "::ffff:192.0.2.1",
					     "[2001:db8::1]",
					     "a.example",
					     ".1",
					     "",
					     "::ffff:c000:201",
					     "1:2.1" };
	const size_t count = sizeof numbers / sizeof *numbers, hosts_count = sizeof hosts / sizeof *hosts;
	struct looking l;
	struct observation o;
	begin(&l, rules_text);
	observation_init(&o);
	compare(&l, &o);
	for (size_t f = 0; f < sizeof asked / sizeof *asked; f++)
		for (size_t i = 0; i < count; i++) {
			observation_init(&o);
			observation_set_number(&o, asked[f], numbers[i]);
			observation_set_number(&o, NUMBER_RATE, numbers[(i * 7 + f) % count]);
			o.choice[CHOICE_OUTCOME] = (uint8_t)(i % (OUTCOME_ERROR + 1));
			o.choice[CHOICE_SWEEP_ORDER] = (uint8_t)(i % (ORDER_PERMUTED + 1));
			compare(&l, &o);
			if (asked[f] == NUMBER_RINGS || asked[f] == NUMBER_SWEEP_RUN)
				cr_assert_neq(slot_of(&l, asked[f]), 0);
		}
	for (size_t i = 0; i < hosts_count * hosts_count * 2; i++) {
		struct slice host = slice_str(hosts[i / 2 % hosts_count]),
			     other = slice_str(hosts[i / 2 / hosts_count]);
		observation_init(&o);
		addr_parse(other, &o.address[ADDRESS_DESTINATION_IP]);
		addr_parse(host, &o.address[ADDRESS_SOURCE_IP]);
		observation_set_text(&o, TEXT_VIA_ADDRESS, host);
		observation_set_text(&o, TEXT_MAC, host);
		observation_set_text(&o, TEXT_AGENT_MAC, i % 2 ? other : slice_of(NULL, 0));
		compare(&l, &o);
	}
	end(&l);
}

/* More questions to a field than two words of a digest hold answers: those far away are asked one by one. */
Test(look, many_predicates_on_one_field)
{
	static char text[65536];
	struct looking l;
	struct observation o;
	size_t len = 0;
	for (unsigned i = 0; i < 100; i++)
		len += (size_t)snprintf(text + len, sizeof text - len,
					"%stitle: t\nname: r%u\nlevel: low\nsiphound: {stage: "
					"probe}\nlogsource: {product: siphound, category: "
					"observation}\ndetection:\n  s:\n    siphound.rate|gte: %u\n    "
					"sip.code: %u\n  condition: s\n",
					i ? NEXT : "", i, i * 3, i * 2);
	begin(&l, text);
	for (int64_t i = -2; i < 310; i++) {
		observation_init(&o);
		observation_set_number(&o, NUMBER_RATE, i);
		observation_set_number(&o, NUMBER_CODE, i);
		compare(&l, &o);
	}
	end(&l);
}

/* What this machine does at once is what it would do one by one. */
Test(look, loud_numbers)
{
	int64_t number[NUMBER_FIELD_COUNT], bound[NUMBER_FIELD_COUNT];
	loud_fn loud = loud_of_this_machine();
	for (unsigned turn = 0; turn < 200; turn++) {
		uint64_t wanted = 0;
		for (unsigned f = 0; f < NUMBER_FIELD_COUNT; f++) {
			number[f] = (int64_t)(turn * 7 + f * 3) % 11 - 5;
			bound[f] = (turn + f) % 13 == 0	 ? INT64_MIN
				   : (turn + f) % 7 == 0 ? INT64_MAX
							 : (int64_t)(turn + f * 5) % 9 - 4;
			wanted |= (uint64_t)(number[f] >= bound[f]) << f;
		}
		cr_assert_eq(loud(number, bound), wanted);
	}
}
