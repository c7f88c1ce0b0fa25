/* SPDX-License-Identifier: MIT */
#include "tests/unit/analyze/ruleset/rules_support.h"

#include <errno.h>
#include <time.h>

/* Broken rules: what is said, and that it is said of the right place. */

#define HEAD	     RULE_HEAD("r")					/* five lines */
#define DETECT(test) HEAD "detection:\n a: {" test "}\n condition: a\n" /* the test begins at 7:6 */
#define CONDITION(text)                                                                                      \
	HEAD "detection:\n a: {sip.method: X}\n b: {sip.method: Y}\n condition: " text "\n" /* text at 9:13  \
											     */
#define BASE BASE_HEAD("b") "detection:\n a: {sip.method: X}\n condition: a\n---\n"	    /* seven lines */
#define CORRELATE(body)                                                                                      \
	BASE "title: c\nname: c\nlevel: low\nsiphound: {stage: probe}\ncorrelation:\n" body /* body from     \
											       line 13 */
#define COUNT " type: event_count\n rules: [b]\n group-by: [source.ip]\n"
#define FILTER(body)                                                                                         \
	BASE "title: f\nlogsource: {product: siphound, category: observation}\nfilter:\n" body /* body from  \
												  line 11 */
#define TESTS(body)                                                                                          \
	BASE_HEAD("b")                                                                                       \
	"siphound:\n tests:\n" body                                                                          \
	"detection:\n a: {sip.method: X}\n condition: a\n" /* body from line 6 */

static const struct {
	const char *text;
	const char *problem; /* how the first one begins, behind "test.yml:" */
} broken[] = {
	/* YAML */
	{ "title: [a\n", "2:1: YAML: did not find expected" },
	{ "title: a\n\tb: c\n", "2:1: YAML: found a tab character that violates indentation" },
	{ "a: \x80\n", "1:1: not UTF-8 text" },
	{ "title: x\nname: y\ntitle: z\n", "3:1: key 'title' stands here twice; the first is in line 1" },
	{ "a: *b\n", "1:4: alias of an anchor that is not known" },
	{ "a: &b {<<: 1}\n", "1:8: merge keys (<<) are not supported" },
	{ "? [a]\n: b\n", "1:3: a key must be a plain word" },
	{ "", "1:1: no rule in this file" },
	{ "- a\n", "1:1: a rule is a map" },
	{ "title: a\n", "1:1: neither detection, correlation nor filter" },
	/* metadata, as the schemas ask */
	{ "name: x\ndetection: {a: {sip.method: x}, condition: a}\nlogsource: {product: siphound, category: "
	  "observation}\n",
	  "1:1: title is missing" },
	{ HEAD "id: 1234\ndetection: {a: {sip.method: x}, condition: a}\n", "6:5: id must be a UUID" },
	{ HEAD "status: great\ndetection: {a: {sip.method: x}, condition: a}\n",
	  "6:9: status has no word 'great'; words are stable, test" },
	{ HEAD "date: 2026/01/01\ndetection: {a: {sip.method: x}, condition: a}\n",
	  "6:7: date must be a date as in" },
	{ HEAD "modified: 2026-13-01\ndetection: {a: {sip.method: x}, condition: a}\n",
	  "6:11: modified must be a date" },
	{ HEAD "tags: [Attack]\ndetection: {a: {sip.method: x}, condition: a}\n",
	  "6:8: tags: an item must be lower-case words with a dot" },
	{ HEAD "tags: [attack.t1, attack.t1]\ndetection: {a: {sip.method: x}, condition: a}\n",
	  "6:19: tags: 'attack.t1' stands here twice" },
	{ HEAD "falsepositives: none\ndetection: {a: {sip.method: x}, condition: a}\n",
	  "6:17: falsepositives must be a list" },
	{ HEAD "related: [{id: x, type: derived}]\ndetection: {a: {sip.method: x}, condition: a}\n",
	  "6:16: related: an item needs id" },
	{ "title: a\nname: 'a b'\nlogsource: {product: siphound, category: observation}\ndetection: {a: "
	  "{sip.method: x}, condition: a}\n",
	  "2:7: name must be letters" },
	{ "title: a\nlevel: bad\nlogsource: {product: siphound, category: observation}\ndetection: {a: "
	  "{sip.method: x}, condition: a}\n",
	  "2:8: level has no word 'bad'; words are informational" },
	{ "title: a\nname: a\nlogsource: {product: siphound, category: observation}\nsiphound: {stage: "
	  "probe}\ndetection: {a: {sip.method: x}, condition: a}\n",
	  "1:1: level is missing" },
	{ "title: a\nname: a\nlevel: low\nlogsource: {product: siphound, category: observation}\ndetection: "
	  "{a: {sip.method: x}, condition: a}\n",
	  "1:1: siphound: stage is missing" },
	{ "title: a\nlevel: low\nsiphound: {stage: probe}\nlogsource: {product: siphound, category: "
	  "observation}\ndetection: {a: {sip.method: x}, condition: a}\n",
	  "1:1: name is missing" },
	{ DETECT("sip.method: X") "---\n" DETECT("sip.method: X"),
	  "10:1: name r is already taken by test.yml:1" },
	{ "title: a\nsiphound: {stage: nope}\nlogsource: {product: siphound, category: "
	  "observation}\ndetection: {a: {sip.method: x}, condition: a}\n",
	  "2:19: siphound: stage has no word 'nope'; words are probe, sweep" },
	{ "title: a\nsiphound: {honest: always}\nlogsource: {product: siphound, category: "
	  "observation}\ndetection: {a: {sip.method: x}, condition: a}\n",
	  "2:20: siphound: honest has no word 'always'; words are comes-back, goes-round, keeps-time, "
	  "corrected" },
	{ "title: a\nsiphound: {basis: rumour}\nlogsource: {product: siphound, category: "
	  "observation}\ndetection: {a: {sip.code: 1}, condition: a}\n",
	  "2:19: siphound: basis has no word 'rumour'; words are hearsay" },
	{ "title: a\nsiphound: {doubt: some}\nlogsource: {product: siphound, category: "
	  "observation}\ndetection: {a: {sip.code: 1}, condition: a}\n",
	  "2:19: siphound: doubt has no word 'some'; words are kept-out, first-rounds" },
	{ "title: a\nsiphound: {proof: hope}\nlogsource: {product: siphound, category: "
	  "observation}\ndetection: {a: {sip.method: x}, condition: a}\n",
	  "2:19: siphound: proof has no word 'hope'; words are none, answered" },
	{ "title: a\nsiphound: {sort: x}\nlogsource: {product: siphound, category: observation}\ndetection: "
	  "{a: {sip.method: x}, condition: a}\n",
	  "2:12: siphound has no key 'sort'; keys are stage" },
	{ "title: a\nlogsource: {product: windows, service: application}\ndetection: {a: {x: y}, condition: "
	  "a}\n",
	  "2:22: logsource product 'windows' is not siphound" },
	{ "title: a\nlogsource: {product: siphound, category: dns}\ndetection: {a: {x: y}, condition: a}\n",
	  "2:42: logsource category 'dns' is not observation" },
	{ "title: a\nlogsource: {product: siphound, category: observation, vendor: x}\ndetection: {a: "
	  "{sip.method: y}, condition: a}\n",
	  "2:55: logsource has no key 'vendor'" },
	{ "title: a\ndetection: {a: {x: y}, condition: a}\n", "1:1: logsource is missing" },
	/* fields, modifiers, values */
	{ DETECT("user_agent.orginal: x"),
	  "7:6: no field is named 'user_agent.orginal'; did you mean user_agent.original?" },
	{ DETECT("EventID: 4"), "7:6: no field is named 'EventID'; docs/fields.md lists them" },
	{ DETECT("sip.method|like: x"), "7:6: no modifier is named 'like'; there are contains" },
	{ DETECT("sip.method|contains|re: x"), "7:6: |contains and |re are two comparisons" },
	{ DETECT("sip.method|i: x"), "7:6: |i belongs behind |re" },
	{ DETECT("sip.method|gte: 3"), "7:6: 'sip.method|gte' does not fit: sip.method is text" },
	{ DETECT("source.ip|contains: 10"),
	  "7:6: 'source.ip|contains' does not fit: source.ip is an address; write a network with |cidr" },
	{ DETECT("source.ip: 10.0.0.0/8"),
	  "7:17: '10.0.0.0/8' is no address; for a network use source.ip|cidr" },
	{ DETECT("source.ip|cidr: 10.0.0.0"), "7:22: '10.0.0.0' is no network" },
	{ DETECT("sip.code|cidr: 1"), "7:6: 'sip.code|cidr' does not fit" },
	{ DETECT("sip.code: abc"), "7:16: 'abc' is no whole number" },
	{ DETECT("sip.code|gte: 1.5"), "7:20: '1.5' is no whole number" },
	{ DETECT("siphound.outcome: refusd"),
	  "7:24: siphound.outcome has no word 'refusd'; words are none, challenged" },
	{ DETECT("siphound.anomaly: nope"),
	  "7:24: siphound.anomaly has no word 'nope'; words are leading-crlf" },
	{ DETECT("sip.method|re: '['"), "7:21: regular expression: missing terminating ]" },
	{ DETECT("sip.method|exists: yes"), "7:25: |exists takes true or false" },
	{ DETECT("sip.method: []"), "7:18: an empty list matches nothing" },
	{ DETECT("sip.method: {a: b}"), "7:18: a value must be text" },
	{ DETECT("sip.method|contains: null"), "7:27: null is compared without modifiers" },
	{ DETECT("sip.method|contains|all: x"), "7:31: |all needs a list" },
	{ DETECT("sip.method|expand: '%nowhere%'"), "7:25: placeholder %nowhere% is not resolved" },
	{ DETECT("sip.method|expand: plain"), "7:25: |expand needs a %placeholder%" },
	{ DETECT("sip.method|base64: 'a*'"), "7:25: wildcards can not be encoded" },
	{ DETECT("sip.method|fieldref: nope"), "7:27: |fieldref needs the name of a field" },
	{ DETECT("sip.method|fieldref: sip.status"),
	  "7:27: |fieldref: sip.method and sip.status are not known at the same moment" },
	{ DETECT("'@timestamp': 3"), "7:6: '@timestamp' does not fit" },
	{ DETECT("sip.method|hour: 3"),
	  "7:6: 'sip.method|hour' does not fit: sip.method is text; only @timestamp" },
	{ DETECT(""), "7:5: an empty selection matches everything" },
	{ HEAD "detection:\n a: X\n condition: a\n", "7:5: a selection is a map of fields" },
	{ HEAD "detection:\n a: {sip.method: X}\n", "7:2: condition is missing" },
	/* conditions */
	{ CONDITION("a and"), "9:18: condition: expected a selection at its end" },
	{ CONDITION("a and c"), "9:19: condition: no selection is named so at 'c'" },
	{ CONDITION("(a or b"), "9:20: condition: expected ) at its end" },
	{ CONDITION("a b"), "9:15: condition: expected and, or, or the end at 'b'" },
	{ CONDITION("1 of c*"), "9:18: condition: no selection has such a name at 'c*'" },
	{ CONDITION("3 of them"), "9:18: condition: fewer selections than that" },
	{ CONDITION("0 of them"), "9:13: condition: 0 of" },
	{ CONDITION("a | count() by source.ip > 5"),
	  "9:15: condition: aggregation at '|'; Sigma 2 counts with a correlation" },
	{ CONDITION("((((((((((((((((((((((((((((((((((a))))))))))))))))))))))))))))))))))"),
	  "9:45: condition: more than 32 levels" },
	{ CONDITION("[]"), "9:13: condition is an empty list" },
	/* correlations */
	{ CORRELATE(" type: event_sum\n rules: [b]\n"),
	  "13:8: correlation: type must be one of event_count" },
	{ CORRELATE(COUNT " timespan: 10w\n condition: {gte: 1}\n"),
	  "16:12: correlation: timespan must be a number and s, m, h or d" },
	{ CORRELATE(COUNT " timespan: 10m\n condition: {gte: x}\n"),
	  "17:19: correlation: gte must be a whole number" },
	{ CORRELATE(COUNT " timespan: 10m\n condition: {more: 3}\n"),
	  "17:14: correlation: condition has no key 'more'" },
	{ CORRELATE(COUNT " timespan: 10m\n condition: {gte: 5, lt: 5}\n"),
	  "17:13: correlation: this condition can never hold" },
	{ CORRELATE(COUNT " timespan: 10m\n condition: {gte: 1000000}\n"),
	  "17:13: correlation: counts above 65536" },
	{ CORRELATE(COUNT " timespan: 10m\n condition: {field: sip.method, gte: 5}\n"),
	  "17:21: correlation: event_count counts no field" },
	{ CORRELATE(COUNT " timespan: 10m\n"), "13:2: correlation: condition must be a map" },
	{ CORRELATE(COUNT " timespan: 10m\n window: 3\n condition: {gte: 5}\n"),
	  "17:2: correlation has no key 'window'" },
	{ CORRELATE(" type: value_count\n rules: [b]\n group-by: [source.ip]\n timespan: 10m\n condition: "
		    "{gte: 5}\n"),
	  "13:2: correlation: condition needs field" },
	{ CORRELATE(" type: value_count\n rules: [b]\n group-by: [source.ip]\n timespan: 10m\n condition: "
		    "{field: siphound.anomaly, gte: 5}\n"),
	  "17:21: correlation: siphound.anomaly is a set of words" },
	{ CORRELATE(" type: value_sum\n rules: [b]\n group-by: [source.ip]\n timespan: 10m\n condition: "
		    "{field: sip.method, gte: 5}\n"),
	  "17:21: correlation: sip.method is no number" },
	{ CORRELATE(" type: value_percentile\n rules: [b]\n group-by: [source.ip]\n timespan: 10m\n "
		    "condition: {field: sip.code, gte: 5}\n"),
	  "17:13: correlation: value_percentile needs `percentile: P`" },
	{ CORRELATE(" type: event_count\n rules: [x]\n group-by: [source.ip]\n timespan: 10m\n condition: "
		    "{gte: 5}\n"),
	  "14:10: correlation: no rule has the name or id 'x'" },
	{ CORRELATE(" type: event_count\n rules: [b]\n group-by: [source.op]\n timespan: 10m\n condition: "
		    "{gte: 5}\n"),
	  "15:13: correlation: no field or alias is named 'source.op'; did you mean source.ip?" },
	{ CORRELATE(" type: event_count\n rules: [b]\n timespan: 10m\n condition: {gte: 5}\n"),
	  "13:2: correlation: group-by must list" },
	{ CORRELATE(" type: event_count\n rules: [c]\n group-by: [source.ip]\n timespan: 10m\n condition: "
		    "{gte: 5}\n"),
	  "8:1: correlation: this rule is built on itself" },
	{ CORRELATE(" type: temporal_ordered\n rules: [b]\n group-by: [source.ip]\n timespan: 10m\n "
		    "condition: {gte: 5}\n"),
	  "17:13: correlation: temporal_ordered takes no condition" },
	/* filters */
	{ FILTER(" rules: [x]\n selection: {sip.method: X}\n condition: selection\n"),
	  "11:10: filter: no rule has the name or id 'x'" },
	{ FILTER(" selection: {sip.method: X}\n condition: selection\n"), "11:2: filter: rules must list" },
	{ FILTER(" rules: [b]\n selection: {sip.method: X}\n condition: not selection\n"),
	  "13:13: a filter's condition says what is left out" },
	{ FILTER(" rules: [b]\n other: {sip.method: X}\n condition: other\n"),
	  "11:2: filter: selection is missing" },
	/* tests */
	{ TESTS("  - {name: x, match: maybe, events: [{sip.method: X}]}\n"),
	  "6:22: tests: match must be true or false" },
	{ TESTS("  - {name: x, match: true, events: [{sip.metod: X}]}\n"),
	  "6:38: tests: no field is named 'sip.metod'; did you mean sip.method?" },
	{ TESTS("  - {name: x, match: true, events: [{source.ip: '10.0.0.{n}', repeat: 300}]}\n"),
	  "6:49: tests: '10.0.0.{n}' is no address with {n} replaced" },
	{ TESTS("  - {name: x, match: true, events: [{after: soon}]}\n"), "6:45: tests: after must be" },
	{ TESTS("  - {name: x, match: true, events: [{sip.code: many}]}\n"),
	  "6:48: tests: 'many' is no whole number" },
	{ TESTS("  - {match: true, events: [{sip.code: 1}]}\n"), "6:5: tests: a test needs a name" },
	{ TESTS("  - {name: x, match: true, events: []}\n"), "6:36: tests: events must be a list" },
};

static int load(struct ruleset *rules, const char *text)
{
	struct error err = { "" };
	int result = ruleset_load_text(rules, "test.yml", slice_str(text), &err);
	return result ? result : ruleset_compile(rules, &err);
}

Test(problems, name_their_place)
{
	for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
		struct ruleset *rules = ruleset_new();
		char wanted[512];
		snprintf(wanted, sizeof wanted, "test.yml:%s", broken[i].problem);
		cr_expect_eq(load(rules, broken[i].text), -EINVAL, "case %zu", i);
		const char *got = ruleset_problem(rules, 0);
		cr_expect(got && strncmp(got, wanted, strlen(wanted)) == 0,
			  "case %zu\nwanted %s\ngot    %s\nin\n%s", i, wanted, got ? got : "nothing",
			  broken[i].text);
		ruleset_free(rules);
	}
}

/* Any prefix of a good file is refused or loads; nothing else happens. */
Test(problems, cut_anywhere)
{
	static const char text[] = CORRELATE(COUNT " timespan: 10m\n condition: {gte: 5}\n")
	    NEXT DETECT("sip.method|re: 'a+', sip.code|gte: 5")
		NEXT TESTS("  - {name: x, match: true, events: [{source.ip: '10.0.0.{n}', repeat: 30}]}\n");
	for (size_t len = 0; len < sizeof text; len++) {
		struct error err;
		struct ruleset *rules = ruleset_new();
		char *exact = malloc(len + !len);
		memcpy(exact, text, len);
		if (ruleset_load_text(rules, "cut", slice_of(exact, len), &err) == 0)
			ruleset_compile(rules, &err);
		free(exact);
		ruleset_free(rules);
	}
}

/* Any byte wrong: the same. */
Test(problems, flip_anything)
{
	static const char text[] = CORRELATE(COUNT " timespan: 10m\n condition: {gte: 5}\n")
	    NEXT DETECT("sip.method|re: 'a+', sip.code|gte: 5");
	uint64_t state = 1;
	for (int i = 0; i < 3000; i++) {
		struct error err;
		struct ruleset *rules = ruleset_new();
		char copy[sizeof text];
		memcpy(copy, text, sizeof text);
		for (int n = 0; n < 3; n++) {
			state = state * 6364136223846793005u + 1442695040888963407u;
			copy[(state >> 33) % (sizeof text - 1)] = (char)(state >> 56);
		}
		if (ruleset_load_text(rules, "flip", slice_of(copy, sizeof text - 1), &err) == 0)
			ruleset_compile(rules, &err);
		ruleset_free(rules);
	}
}

/* Nine levels of ten aliases each would be a billion nodes. */
Test(problems, alias_bomb)
{
	char text[2048] = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
	for (int i = 1; i < 10; i++) {
		char line[160];
		snprintf(line, sizeof line,
			 "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", i, i,
			 i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
		strncat(text, line, sizeof text - strlen(text) - 1);
	}
	struct ruleset *rules = ruleset_new();
	cr_expect_eq(load(rules, text), -EINVAL);
	cr_expect(strstr(ruleset_problem(rules, 0), "more than 100000 nodes once aliases are expanded"));
	ruleset_free(rules);
}

Test(problems, depth_and_length)
{
	struct ruleset *rules = ruleset_new();
	char deep[256];
	memset(deep, '[', 100);
	memset(deep + 100, ']', 100);
	deep[200] = 0;
	cr_expect_eq(load(rules, deep), -EINVAL);
	cr_expect_str_eq(ruleset_problem(rules, 0), "test.yml:1:26: nested more than 24 levels deep");
	ruleset_free(rules);

	size_t len = (1 << 20) + 1;
	char *large = malloc(len);
	memset(large, '#', len);
	struct error err;
	rules = ruleset_new();
	cr_expect_eq(ruleset_load_text(rules, "large", slice_of(large, len), &err), -EINVAL);
	cr_expect_str_eq(err.text, "large:1:1: longer than 1 MiB");
	ruleset_free(rules);
	free(large);
}

/* A file as large as may be, of the kinds that are dearest to read, is done within seconds. */
Test(problems, hostile_files_are_quick)
{
	static const char *const pieces[] = { "&a a: 1\n",	 "- x\n", "k%d: v\n",
					      "[{a: b}]\n---\n", "x or ", "1 of them or " };
	size_t room = 1 << 20;
	char *text = malloc(room + 64);
	clock_t before = clock();
	for (size_t p = 0; p < sizeof pieces / sizeof *pieces; p++) {
		size_t len = p >= 4 ? (size_t)sprintf(text, HEAD "detection:\n x: {sip.method: X}\n") : 0;
		for (int i = 0; p == 5 && i < 4000; i++)
			len += (size_t)sprintf(text + len, " y%d: {sip.method: Y}\n", i);
		len += p >= 4 ? (size_t)sprintf(text + len, " condition: ") : 0;
		for (int i = 0; len < room - 64; i++)
			len += p == 2 ? (size_t)sprintf(text + len, "k%d: v\n", i)
				      : (size_t)sprintf(text + len, "%s", pieces[p]);
		struct error err;
		struct ruleset *rules = ruleset_new();
		if (ruleset_load_text(rules, "hostile", slice_of(text, len), &err) == 0)
			ruleset_compile(rules, &err);
		ruleset_free(rules);
	}
	free(text);
	cr_expect_lt((double)(clock() - before) / CLOCKS_PER_SEC, 20.0);
}

Test(problems, strict)
{
	static const char *const wanted[] = { "test.yml:1:1: siphound: tests must hold at least one",
					      "test.yml:1:1: falsepositives is missing",
					      "test.yml:1:1: a shipped rule has both a name and an id" };
	struct ruleset *rules = ruleset_new();
	ruleset_set_strict(rules, true);
	cr_assert_eq(load(rules, DETECT("sip.method: X")), -EINVAL);
	for (size_t i = 0; i < 3; i++)
		cr_expect_eq(strncmp(ruleset_problem(rules, i), wanted[i], strlen(wanted[i])), 0, "%s",
			     ruleset_problem(rules, i));
	cr_expect_null(ruleset_problem(rules, 3));
	ruleset_free(rules);
}
