/* SPDX-License-Identifier: MIT */
#include "tests/unit/analyze/ruleset/rules_support.h"

/* One detection, one observation, match or not. The detection is what stands below `detection:`, indented by
 * one. */

struct matching {
	const char *detection;
	const char *observation;
	bool match;
};

static void run(const struct matching *cases, size_t count)
{
	static char rule[8192], room[8192];
	for (size_t i = 0; i < count; i++) {
		snprintf(rule, sizeof rule, "%sdetection:\n%s%s", RULE_HEAD("r"), cases[i].detection,
			 strstr(cases[i].detection, "condition:") ? "" : "\n condition: a\n");
		struct bench *b = bench_new(rule);
		struct observation o =
		    observation_at(1767322800 * SECOND_US, "203.0.113.7"); /* 2026-01-02T03:00:00Z */
		observe(&o, cases[i].observation, room, sizeof room);
		size_t fired = bench_feed(b, &o);
		cr_expect_eq(fired, cases[i].match, "%s\n on %s: %zu", cases[i].detection,
			     cases[i].observation, fired);
		bench_free(b);
	}
}

#define RUN(cases) run(cases, sizeof(cases) / sizeof *(cases))
#define UA	   "user_agent.original"

Test(matching, values_of_text)
{
	static const struct matching cases[] = {
		{ " a: {" UA ": friendly-scanner}", UA "=Friendly-SCANNER", true },
		{ " a: {" UA ": friendly-scanner}", UA "=friendly-scanner2", false },
		{ " a: {" UA ": [x, y, friendly-scanner]}", UA "=friendly-scanner", true },
		{ " a: {" UA ": 'friendly*'}", UA "=friendly-scanner", true },
		{ " a: {" UA ": 'friendly*'}", UA "=a friendly-scanner", false },
		{ " a: {" UA ": '*scanner'}", UA "=friendly-scanner", true },
		{ " a: {" UA ": '*y-s*'}", UA "=friendly-scanner", true },
		{ " a: {" UA ": 'f*y-s*r'}", UA "=friendly-scanner", true },
		{ " a: {" UA ": 'f*y-s*r'}", UA "=friendly-scanners", false },
		{ " a: {" UA ": 'SIP?vicious'}", UA "=sip vicious", true },
		{ " a: {" UA ": 'SIP?vicious'}", UA "=sipvicious", false },
		{ " a: {" UA ": \"\?\?\?\"}", UA "=abc", true },
		{ " a: {" UA ": \"\?\?\?\"}", UA "=abcd", false },
		{ " a: {" UA ": 'a\\*b'}", UA "=a*b", true },
		{ " a: {" UA ": 'a\\*b'}", UA "=axb", false },
		{ " a: {" UA ": 'a\\?b'}", UA "=a?b", true },
		{ " a: {" UA ": 'a\\\\*'}", UA "=a\\b", true },
		{ " a: {" UA ": 'a\\b'}", UA "=a\\b", true },
		{ " a: {" UA ": '*'}", UA "=", true },
		{ " a: {" UA ": '*'}", "", false },
		{ " a: {" UA ": ''}", UA "=", true },
		{ " a: {" UA ": ''}", UA "=x", false },
		{ " a: {" UA ": ''}", "", false },
		{ " a: {" UA ": null}", "", true },
		{ " a: {" UA ": null}", UA "=", false },
		{ " a: {" UA ": ~}", "", true },
		{ " a: {" UA ": 'null'}", UA "=null", true },
		{ " a: {" UA ": [null, x]}", "", true },
		{ " a: {" UA ": [null, x]}", UA "=x", true },
		{ " a: {" UA ": [null, x]}", UA "=y", false },
		{ " a: {sip.uri.username: 00441}", "sip.uri.username=00441", true },
		{ " a: {sip.uri.username: 00441}", "sip.uri.username=441", false },
		{ " a: {sip.user_agent: x}", UA "=x", true },
	};
	RUN(cases);
}

Test(matching, modifiers_of_text)
{
	static const struct matching cases[] = {
		{ " a: {" UA "|contains: SCAN}", UA "=friendly-scanner", true },
		{ " a: {" UA "|contains: scam}", UA "=friendly-scanner", false },
		{ " a: {" UA "|contains: 'f*r'}", UA "=xxfriendlyxx", true },
		{ " a: {" UA "|contains|all: [a, b]}", UA "=bca", true },
		{ " a: {" UA "|contains|all: [a, b]}", UA "=bcd", false },
		{ " a: {" UA "|all|contains: [a, b]}", UA "=bca", true },
		{ " a: {" UA "|startswith: Fri}", UA "=friendly", true },
		{ " a: {" UA "|startswith: Fri}", UA "=a friendly", false },
		{ " a: {" UA "|startswith: [q, w, e, r, t, z, u, i, o, friendl]}", UA "=friendly", true },
		{ " a: {" UA "|startswith: friendly}", UA "=friend", false },
		{ " a: {" UA "|endswith: LY}", UA "=friendly", true },
		{ " a: {" UA "|endswith: lyx}", UA "=friendly", false },
		{ " a: {" UA "|endswith: lyfriendly}", UA "=friendly", false },
		{ " a: {" UA "|cased: Abc}", UA "=Abc", true },
		{ " a: {" UA "|cased: Abc}", UA "=abc", false },
		{ " a: {" UA "|contains|cased: Abc}", UA "=xxabcAbc", true },
		{ " a: {" UA "|contains|cased: Abc}", UA "=xxabcabc", false },
		{ " a: {" UA "|startswith|cased: Abcdefghijk}", UA "=Abcdefghijkl", true },
		{ " a: {" UA "|startswith|cased: Abcdefghijk}", UA "=AbcdefghijK", false },
		{ " a: {" UA "|cased: 'A*c'}", UA "=aXc", false },
		{ " a: {" UA "|neq: x}", UA "=y", true },
		{ " a: {" UA "|neq: x}", UA "=x", false },
		{ " a: {" UA "|neq: x}", "", true },
		{ " a: {" UA "|neq: [x, y]}", UA "=y", false },
		{ " a: {" UA "|contains|neq: x}", UA "=axb", false },
		{ " a: {" UA "|exists: true}", UA "=", true },
		{ " a: {" UA "|exists: true}", "", false },
		{ " a: {" UA "|exists: false}", "", true },
		{ " a: {" UA "|exists: false}", UA "=x", false },
		{ " a: {" UA "|re: '^f.*r$'}", UA "=friendly-scanner", true },
		{ " a: {" UA "|re: '^F'}", UA "=friendly", false },
		{ " a: {" UA "|re|i: '^F'}", UA "=friendly", true },
		{ " a: {" UA "|re|neq: '^f'}", UA "=friendly", false },
		{ " a: {" UA "|re: ['x', 'y$']}", UA "=friendly", true },
		{ " a: {sip.sdp.connection.address|cidr: 10.0.0.0/8}", "sip.sdp.connection.address=10.1.2.3",
		  true },
		{ " a: {sip.sdp.connection.address|cidr: 10.0.0.0/8}", "sip.sdp.connection.address=pbx",
		  false },
		{ " a: {sip.via.sent_by.address|cidr: ['2001:db8::/32']}",
		  "sip.via.sent_by.address=2001:db8::1", true },
		/* "foobar" in base64, whole and at each of the three offsets */
		{ " a: {" UA "|base64: foobar}", UA "=Zm9vYmFy", true },
		{ " a: {" UA "|base64|contains: foobar}", UA "=xxZm9vYmFyxx", true },
		{ " a: {" UA "|base64: fo}", UA "=Zm8=", true },
		{ " a: {" UA "|base64offset|contains: foobar}", UA "=Zm9vYmFy", true },
		{ " a: {" UA "|base64offset|contains: foobar}", UA "=eGZvb2Jhcg==", true },
		{ " a: {" UA "|base64offset|contains: foobar}", UA "=eHhmb29iYXI=", true },
		{ " a: {" UA "|utf16le|base64offset|contains: ab}", UA "=YQBiAA==", true },
		{ " a: {" UA "|wide|base64|cased: ab}", UA "=YQBiAA==", true },
		{ " a: {" UA "|utf16be|base64|cased: ab}", UA "=AGEAYg==", true },
		{ " a: {" UA "|utf16|base64|cased: ab}", UA "=//5hAGIA", true },
		{ " a: {" UA "|windash|contains: ' -h'}", UA "=x /h", true },
		{ " a: {" UA "|windash|contains: ' -h'}", UA "=x \xe2\x80\x94h", true },
		{ " a: {" UA "|windash|contains: ' -h'}", UA "=x h", false },
	};
	RUN(cases);
}

Test(matching, numbers_choices_sets_addresses_times)
{
	static const struct matching cases[] = {
		{ " a: {sip.code: 401}", "sip.code=401", true },
		{ " a: {sip.code: '401'}", "sip.code=401", true },
		{ " a: {sip.code: [401, 407]}", "sip.code=407", true },
		{ " a: {sip.code: 401}", "", false },
		{ " a: {sip.code: '4*'}", "sip.code=404", true },
		{ " a: {sip.code: '4*'}", "sip.code=200", false },
		{ " a: {sip.code|startswith: 4}", "sip.code=404", true },
		{ " a: {sip.code|neq: 401}", "", true },
		{ " a: {sip.code: null}", "", true },
		{ " a: {sip.code|gte: 400}", "sip.code=400", true },
		{ " a: {sip.code|gt: 400}", "sip.code=400", false },
		{ " a: {sip.code|gt: 400}", "sip.code=401", true },
		{ " a: {sip.code|lt: 400}", "sip.code=399", true },
		{ " a: {sip.code|lt: 400}", "sip.code=400", false },
		{ " a: {sip.code|lte: 400}", "sip.code=400", true },
		{ " a: {sip.code|lt: 400}", "", false },
		{ " a: {sip.code|lt|neq: 400}", "", true },
		{ " a: {sip.code|gte: 400, sip.code|lt: 500}", "sip.code=486", true },
		{ " a: {siphound.outcome: refused}", "siphound.outcome=refused", true },
		{ " a: {siphound.outcome: [refused, forbidden]}", "siphound.outcome=forbidden", true },
		{ " a: {siphound.outcome: refused}", "", false },
		{ " a: {siphound.outcome: null}", "", true },
		{ " a: {siphound.outcome: '*ed'}", "siphound.outcome=challenged", true },
		{ " a: {siphound.outcome|neq: refused}", "siphound.outcome=none", true },
		{ " a: {siphound.solicited: true}", "siphound.solicited=true", true },
		{ " a: {siphound.solicited: false}", "siphound.solicited=true", false },
		{ " a: {siphound.solicited|exists: true}", "", false },
		{ " a: {siphound.anomaly: lf-only}", "siphound.anomaly=lf-only;siphound.anomaly=folded",
		  true },
		{ " a: {siphound.anomaly|all: [lf-only, folded]}",
		  "siphound.anomaly=lf-only;siphound.anomaly=folded", true },
		{ " a: {siphound.anomaly|all: [lf-only, folded]}", "siphound.anomaly=lf-only", false },
		{ " a: {siphound.anomaly|startswith: missing-}", "siphound.anomaly=missing-via", true },
		{ " a: {siphound.anomaly: fragment-overlap}", "siphound.anomaly=fragment-overlap", true },
		{ " a: {siphound.anomaly: null}", "", true },
		{ " a: {source.ip: 203.0.113.7}", "", true },
		{ " a: {source.ip: '::ffff:203.0.113.7'}", "", true },
		{ " a: {source.ip|cidr: [192.0.2.0/24, 203.0.113.0/29]}", "", true },
		{ " a: {source.ip|cidr: [192.0.2.0/24, 203.0.113.8/29]}", "", false },
		{ " a: {source.ip|cidr: '2001:db8::/32'}", "source.ip=2001:db8:1::1", true },
		{ " a: {source.ip|cidr|neq: 203.0.113.0/24}", "", false },
		{ " a: {source.ip|cidr: '::/0'}", "", true },
		{ " a: {'@timestamp|hour': 3}", "", true },
		{ " a: {'@timestamp|hour|gte': 4}", "", false },
		{ " a: {'@timestamp|day': 2, '@timestamp|month': 1, '@timestamp|year': 2026, "
		  "'@timestamp|week': 1}",
		  "", true },
		{ " a: {'@timestamp|minute|lt': 1}", "", true },
	};
	RUN(cases);
}

Test(matching, fields_against_fields)
{
	static const struct matching cases[] = {
		{ " a: {siphound.mac|fieldref: siphound.agent_mac}", "siphound.mac=0A;siphound.agent_mac=0a",
		  true },
		{ " a: {siphound.mac|fieldref: siphound.agent_mac}", "siphound.mac=0A", false },
		{ " a: {siphound.mac|fieldref|neq: siphound.agent_mac}",
		  "siphound.mac=0a;siphound.agent_mac=0b", true },
		{ " a: {siphound.mac|fieldref|neq: siphound.agent_mac}", "siphound.mac=0a", true },
		{ " a: {siphound.mac|fieldref|cased: siphound.agent_mac}",
		  "siphound.mac=0A;siphound.agent_mac=0a", false },
		{ " a: {" UA "|contains|fieldref: siphound.account}", UA "=agent 100;siphound.account=100",
		  true },
		{ " a: {" UA "|startswith|fieldref: siphound.account}", UA "=agent 100;siphound.account=100",
		  false },
		{ " a: {" UA "|endswith|fieldref: siphound.account}", UA "=agent 100;siphound.account=100",
		  true },
		{ " a: {sip.via.sent_by.address|fieldref: source.ip}", "sip.via.sent_by.address=203.0.113.7",
		  true },
		{ " a: {sip.via.sent_by.address|fieldref|neq: source.ip}", "sip.via.sent_by.address=10.0.0.1",
		  true },
		{ " a: {source.port|fieldref: destination.port}", "source.port=5060;destination.port=5060",
		  true },
		{ " a: {source.port|fieldref: destination.port}", "source.port=5060;destination.port=5061",
		  false },
	};
	RUN(cases);
}

Test(matching, selections_and_conditions)
{
#define ABC " a: {sip.method: A}\n b: {siphound.account: B}\n _c: {siphound.tool: C}\n"
	static const struct matching cases[] = {
		{ " a: {sip.method: A, siphound.account: B}", "sip.method=A;siphound.account=B", true },
		{ " a: {sip.method: A, siphound.account: B}", "sip.method=A", false },
		{ " a: [{sip.method: A}, {siphound.account: B}]", "siphound.account=B", true },
		{ " a: [vicious, 'x*y']", UA "=SIPvicious", true },
		{ " a: [vicious, 'x*y']", "sip.call_id=1-x--y-2", true },
		{ " a: [vicious, {sip.method: A}]", "sip.method=A", true },
		{ " a: [vicious]", "sip.status=vicious", false }, /* known late: not searched */
		{ ABC " condition: a and b", "sip.method=A;siphound.account=B", true },
		{ ABC " condition: a or b and _c", "sip.method=A", true },
		{ ABC " condition: (a or b) and _c", "sip.method=A", false },
		{ ABC " condition: not a and not b", "", true },
		{ ABC " condition: not a or b", "sip.method=A", false },
		{ ABC " condition: not (a or b)", "sip.method=A", false },
		{ ABC " condition: NOT not a", "sip.method=A", true },
		{ ABC " condition: 1 of them", "siphound.tool=C", false },
		{ ABC " condition: any of them", "siphound.account=B", true },
		{ ABC " condition: all of them", "sip.method=A;siphound.account=B", true },
		{ ABC " condition: 1 of _*", "siphound.tool=C", true },
		{ ABC " condition: 2 of them", "sip.method=A", false },
		{ ABC " condition: 2 of them", "sip.method=A;siphound.account=B", true },
		{ ABC " condition: not 1 of a* and b", "siphound.account=B", true },
		{ ABC " condition:\n  - a and b\n  - _c", "siphound.tool=C", true },
		{ " sel-1: {sip.method: A}\n sel-2: {sip.method: B}\n sel-3: {sip.version: C}\n condition: 2 "
		  "of sel-*",
		  "sip.method=B;sip.version=C", true },
		{ " sel-1: {sip.method: A}\n sel-2: {sip.method: B}\n sel-3: {sip.version: C}\n condition: "
		  "all of sel-*",
		  "sip.method=B;sip.version=C", false },
	};
	RUN(cases);
}

/* Two hundred agents in one rule, and the same as rules of their own: the same answers, remembered or not. */
Test(matching, many_agents)
{
	static char text[131072], room[256];
	size_t len =
	    (size_t)snprintf(text, sizeof text, "%sdetection:\n a:\n  " UA "|contains:\n", RULE_HEAD("all"));
	for (int i = 0; i < 200; i++)
		len += (size_t)snprintf(text + len, sizeof text - len, "   - agent-%d-\n", i);
	len += (size_t)snprintf(text + len, sizeof text - len, " condition: a\n");
	for (int i = 0; i < 200; i++)
		len += (size_t)snprintf(
		    text + len, sizeof text - len,
		    NEXT "title: t\nname: r%d\nlevel: low\nsiphound: {stage: probe}\n"
			 "logsource: {product: siphound, category: observation}\ndetection:\n a: {" UA
			 "|contains: 'agent-%d-'}\n condition: a\n",
		    i, i);
	struct bench *b = bench_new(text);
	for (int i = 0; i < 5000; i++) {
		char agent[128];
		struct observation o = observation_at(i, "203.0.113.7");
		b->notes.count = 0;
		snprintf(agent, sizeof agent, UA "=x agent-%d- %d", i * 7 % 300, i % 11 ? i : 0);
		observe(&o, agent, room, sizeof room);
		cr_assert_eq(bench_feed(b, &o), i * 7 % 300 < 200 ? 2 : 0, "%s", agent);
	}
	bench_free(b);
}

/* A list too long for a table beside expressions, and expressions whose table would be too large: who answers
 * what makes no difference. */
Test(matching, more_than_a_table_holds)
{
	static char text[131072];
	static const struct {
		const char *agent, *fired;
	} cases[] = {
		{ "agent-17- 1", "words" }, { "agent-317- 1", "" },
		{ "AGENT-299-", "words" },  { "name-42", "wholes" },
		{ "name-421", "" },	    { "x2026", "plain" },
		{ "x2026y", "" },	    { "agent-3-a123456789012b", "words wide" },
		{ "a12345678901b", "" },    { "xa123456789012b", "wide" },
	};
	static const char *const rules[] = { "words", "wholes", "plain", "wide" };
	for (size_t left_out = 0; left_out < 2;
	     left_out++) { /* the wide expression, with which there is no table at all */
		size_t len = (size_t)snprintf(text, sizeof text, "%sdetection:\n a:\n  " UA "|contains:\n",
					      RULE_HEAD("words"));
		for (int i = 0; i < 300; i++)
			len += (size_t)snprintf(text + len, sizeof text - len, "   - agent-%d-\n", i);
		len += (size_t)snprintf(text + len, sizeof text - len,
					" condition: a\n" NEXT "%sdetection:\n a:\n  " UA ":\n",
					RULE_HEAD("wholes"));
		for (int i = 0; i < 300; i++)
			len += (size_t)snprintf(text + len, sizeof text - len, "   - name-%d\n", i);
		len += (size_t)snprintf(text + len, sizeof text - len,
					" condition: a\n" NEXT "%sdetection:\n a: {" UA
					"|re: '^x[0-9]{2,}$'}\n condition: a\n",
					RULE_HEAD("plain"));
		if (!left_out)
			snprintf(text + len, sizeof text - len,
				 NEXT "%sdetection:\n a: {" UA "|re: 'a.{12}b$'}\n condition: a\n",
				 RULE_HEAD("wide"));
		struct bench *b = bench_new(text);
		for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
			char agent[128], room[256];
			struct observation o = observation_at((int64_t)i, "203.0.113.7");
			b->notes.count = 0;
			snprintf(agent, sizeof agent, UA "=%s", cases[i].agent);
			observe(&o, agent, room, sizeof room);
			bench_feed(b, &o);
			for (size_t r = 0; r < sizeof rules / sizeof *rules - left_out; r++) {
				bool fired = false;
				for (size_t n = 0; n < b->notes.count; n++)
					fired |= strcmp(b->notes.items[n].rule, rules[r]) == 0;
				cr_assert_eq(fired, strstr(cases[i].fired, rules[r]) != NULL, "%s, %s",
					     cases[i].agent, rules[r]);
			}
		}
		bench_free(b);
	}
}

/* A regular expression that explodes is cut off, counted, and does not match. */
Test(matching, regex_limits)
{
	static char room[8192], agent[4096] = UA "=";
	struct bench *b = bench_new(RULE_HEAD("r") "detection:\n a: {" UA
						   "|re: '^(([a-z])+.)+[A-Z]([a-z])+\\b$'}\n condition: a\n");
	struct observation o = observation_at(1, "203.0.113.7");
	memset(agent + strlen(agent), 'a', 3000);
	observe(&o, agent, room, sizeof room);
	cr_assert_eq(bench_feed(b, &o), 0);
	cr_assert_gt(engine_regex_limits(b->engine), 0);
	bench_free(b);
}

/* Some hundred thousand steps, and it would match: our limit ends it, and not the far larger one of the
 * library. */
Test(matching, regex_limits_are_ours)
{
	static const struct {
		const char *agent;
		bool matches;
	} cases[] = { { UA "=aaaaaaaa from", true }, { UA "=aaaaaaaaaaaaaaaaaaaa from", false } };
	struct bench *b = bench_new(RULE_HEAD("r") "detection:\n a: {" UA
						   "|re: '^(?:(?:a|a)+b|(?=a)a+) from$'}\n condition: a\n");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char room[256];
		struct observation o = observation_at((int64_t)i, "203.0.113.7");
		observe(&o, cases[i].agent, room, sizeof room);
		cr_expect_eq(bench_feed(b, &o), cases[i].matches, "%s", cases[i].agent);
		cr_expect_eq(engine_regex_limits(b->engine), !cases[i].matches, "%s", cases[i].agent);
	}
	bench_free(b);
}
