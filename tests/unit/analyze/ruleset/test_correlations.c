/* SPDX-License-Identifier: MIT */
#include "tests/unit/analyze/ruleset/rules_support.h"

#include "analyze/ruleset/engine_internal.h"

/* Windows of correlations: thresholds to the event, edges to the microsecond, who is told of what. */

#define BASE(name, selection) BASE_HEAD(name) "detection:\n a: {" selection "}\n condition: a\n" NEXT
#define CORRELATION(name, body) "title: t\nname: " name "\nlevel: high\nsiphound: {stage: crack}\ncorrelation: {" body "}\n"
#define REFUSED BASE("refused", "siphound.outcome: refused")

/* At `ms` milliseconds, from 203.0.113.<actor>. */
static size_t feed(struct bench *b, int64_t ms, unsigned actor, const char *what)
{
	char room[512], source[32];
	snprintf(source, sizeof source, "203.0.113.%u", actor);
	struct observation o = observation_at(ms * 1000, source);
	observe(&o, what, room, sizeof room);
	return bench_feed(b, &o);
}

static const struct note *last_note(const struct bench *b)
{
	return &b->notes.items[b->notes.count - 1];
}

Test(correlations, event_count_slides)
{
	struct bench *b = bench_new(REFUSED CORRELATION("c", "type: event_count, rules: [refused], group-by: [source.ip], timespan: 10s, condition: {gte: 3}"));
	const char *refused = "siphound.outcome=refused";
	cr_expect_eq(feed(b, 0, 1, refused), 0);
	cr_expect_eq(feed(b, 5000, 1, refused), 0);
	cr_expect_eq(feed(b, 9999, 2, refused), 0, "another actor");
	/* The first left exactly at 10 s. */
	cr_expect_eq(feed(b, 10000, 1, refused), 0);
	cr_expect_eq(feed(b, 14999, 1, refused), 1, "5000, 10000 and 14999 are within 10 s");
	cr_expect_eq(last_note(b)->count, 3);
	cr_expect_eq(last_note(b)->first_us, 5000 * 1000);
	cr_expect_eq(last_note(b)->evidence_count, 3);
	cr_expect_eq(last_note(b)->evidence[0].place.number, 2);
	cr_expect_eq(last_note(b)->evidence[2].place.number, 5);
	cr_expect_not(last_note(b)->again);
	cr_expect_eq(feed(b, 15000, 1, refused), 1);
	cr_expect(last_note(b)->again);
	cr_expect_eq(last_note(b)->count, 4);
	cr_expect_eq(last_note(b)->first_us, 5000 * 1000);
	cr_expect_eq(last_note(b)->evidence_count, 1);
	/* Quiet for more than the window: it starts from nothing. */
	cr_expect_eq(feed(b, 40000, 1, refused), 0);
	cr_expect_eq(feed(b, 40001, 1, refused), 0);
	cr_expect_eq(feed(b, 40002, 1, refused), 1);
	cr_expect_not(last_note(b)->again);
	cr_expect_eq(last_note(b)->first_us, 40000 * 1000);
	bench_free(b);
}

Test(correlations, conditions)
{
	static const struct {
		const char *condition;
		const char *fires; /* one letter an event, all within the window */
	} cases[] = {
		{ "{gte: 3}", "..xxxx" }, { "{gt: 3}", "...xxx" },	    { "{lt: 3}", "xx...." },
		{ "{lte: 3}", "xxx..." }, { "{eq: 3}", "..x..." },	    { "{neq: 3}", "xx.xxx" },
		{ "{gte: 1}", "xxxxxx" }, { "{gte: 2, lt: 5}", ".xxx.." },  { "{gt: 1, neq: 3}", ".x.xxx" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		for (int values = 0; values < 2; values++) {
			char rule[1024], fires[8] = "";
			snprintf(rule, sizeof rule, "%stitle: t\nname: c\nlevel: high\nsiphound: {stage: crack}\ncorrelation:\n type: %s\n "
				 "rules: [refused]\n group-by: [source.ip]\n timespan: 1h\n condition: {%s%.*s\n", REFUSED,
				 values ? "value_count" : "event_count", values ? "field: siphound.account, " : "",
				 (int)strlen(cases[i].condition) - 1, cases[i].condition + 1);
			struct bench *b = bench_new(rule);
			for (int e = 0; e < 6; e++) {
				char what[64];
				snprintf(what, sizeof what, "siphound.outcome=refused;siphound.account=%d", e);
				fires[e] = feed(b, e * 1000, 1, what) ? 'x' : '.';
			}
			cr_expect_str_eq(fires, cases[i].fires, "%s of %s", cases[i].condition, values ? "values" : "events");
			bench_free(b);
		}
	}
}

Test(correlations, value_count_slides)
{
	struct bench *b = bench_new(REFUSED CORRELATION("c", "type: value_count, rules: [refused], group-by: [source.ip], timespan: 10s, condition: {field: siphound.account, gte: 3}"));
	cr_expect_eq(feed(b, 0, 1, "siphound.outcome=refused;siphound.account=100"), 0);
	cr_expect_eq(feed(b, 1000, 1, "siphound.outcome=refused;siphound.account=101"), 0);
	for (int i = 0; i < 50; i++)
		cr_expect_eq(feed(b, 2000 + i, 1, "siphound.outcome=refused;siphound.account=101"), 0, "the same again");
	cr_expect_eq(feed(b, 3000, 1, "siphound.outcome=refused"), 0, "no account is no value");
	cr_expect_eq(feed(b, 5000, 1, "siphound.outcome=refused;siphound.account=100"), 0, "100 is fresh again");
	cr_expect_eq(feed(b, 12049, 1, "siphound.outcome=refused;siphound.account=102"), 0, "101 was seen last at 2049");
	cr_expect_eq(feed(b, 12050, 1, "siphound.outcome=refused;siphound.account=101"), 1);
	cr_expect_eq(last_note(b)->evidence_count, 3);
	cr_expect_eq(last_note(b)->evidence[0].time_us, 5000 * 1000);
	cr_expect_eq(feed(b, 15000, 1, "siphound.outcome=refused;siphound.account=101"), 0, "100 left");
	bench_free(b);
}

/* A tuple counts its combinations; group-by of two fields makes windows of their combinations. */
Test(correlations, tuples)
{
	struct bench *b = bench_new(REFUSED CORRELATION("c", "type: value_count, rules: [refused], group-by: [source.ip, sip.method], timespan: 1h, condition: {field: [siphound.account, destination.ip], gte: 4}"));
	static const char *const methods[] = { "REGISTER", "INVITE" };
	size_t fired = 0;
	for (int i = 0; i < 8; i++) {
		char what[200];
		snprintf(what, sizeof what, "siphound.outcome=refused;sip.method=%s;siphound.account=%d;destination.ip=198.51.100.%d",
			 methods[i & 1], i >> 1 & 1, i >> 2 & 1);
		fired += feed(b, i, 1, what);
		cr_expect_eq(fired, i < 6 ? 0 : (size_t)i - 5, "%d", i);
	}
	bench_free(b);
}

Test(correlations, campaign_tells_each_actor)
{
	struct bench *b = bench_new(REFUSED CORRELATION("c", "type: value_count, rules: [refused], group-by: [siphound.fingerprint], timespan: 1h, condition: {field: source.ip, gte: 4}"));
	const char *what = "siphound.outcome=refused;siphound.fingerprint=f";
	cr_assert(ruleset_find(b->rules, "c")->is_campaign);
	for (unsigned actor = 1; actor <= 3; actor++)
		for (unsigned i = 0; i < actor; i++)
			cr_expect_eq(feed(b, actor * 10 + i, actor, what), 0);
	cr_expect_eq(feed(b, 100, 200, "siphound.outcome=refused"), 0, "no fingerprint is no group");
	cr_expect_eq(feed(b, 100, 4, what), 4);
	for (unsigned i = 0; i < 4; i++) {
		const struct note *n = &b->notes.items[i];
		char text[ADDR_TEXT_MAX], wanted[32];
		snprintf(wanted, sizeof wanted, "203.0.113.%u", i + 1);
		cr_expect_str_eq(addr_text(&n->actor, text), wanted);
		cr_expect_eq(n->count, i < 3 ? i + 1 : 1);
		cr_expect_eq(n->evidence_count, n->count);
		cr_expect_eq(n->first_us, n->evidence[0].time_us);
		cr_expect_eq(n->group, b->notes.items[0].group);
		cr_expect_not(n->again);
	}
	cr_expect_eq(feed(b, 101, 2, what), 1);
	cr_expect(last_note(b)->again);
	cr_expect_eq(last_note(b)->count, 3);
	cr_expect_eq(feed(b, 102, 5, what), 1, "one more joins");
	cr_expect_not(last_note(b)->again);
	cr_expect_eq(feed(b, 103, 5, "siphound.outcome=refused;siphound.fingerprint=g"), 0, "another plan");
	bench_free(b);
}

/* A campaign larger than what a window keeps of it goes on being told, actor by actor. */
Test(correlations, actors_are_what_is_counted)
{
	struct bench *b = bench_new(REFUSED CORRELATION("c", "type: value_count, rules: [refused], group-by: [siphound.account], timespan: 10s, condition: {field: source.ip, gte: 3}"));
	const char *of_one = "siphound.outcome=refused;siphound.account=1";
	cr_expect_eq(feed(b, 0, 1, of_one), 0);
	cr_expect_eq(feed(b, 1000, 2, of_one), 0);
	cr_expect_eq(feed(b, 2000, 1, of_one), 0, "two actors, one of them twice");
	cr_expect_eq(feed(b, 3000, 3, "siphound.outcome=refused;siphound.account=2"), 0, "another account");
	cr_expect_eq(feed(b, 11000, 3, of_one), 0, "the second has left at this moment");
	cr_expect_eq(feed(b, 11999, 4, of_one), 3, "the first, the third and this one");
	cr_expect_eq(b->notes.items[0].first_us, 0);
	cr_expect_eq(b->notes.items[0].evidence_count, 2);
	cr_expect_eq(b->notes.items[0].evidence[1].place.number, 3);
	cr_expect_eq(feed(b, 12000, 4, of_one), 0, "the first has left");
	bench_free(b);
}

/* Who was told of needs not be remembered for the condition's sake, however many follow. */
Test(correlations, actors_told_of_make_room)
{
	struct bench *b = bench_new(
	    REFUSED CORRELATION("c", "type: value_count, rules: [refused], group-by: [siphound.account], "
				     "timespan: 1h, condition: {field: source.ip, gte: 4}"));
	const char *what = "siphound.outcome=refused;siphound.account=1";
	size_t bytes = 0;
	for (unsigned actor = 1; actor <= 200; actor++) {
		cr_assert_eq(feed(b, actor * 10, actor, what),
			     actor < 4	  ? 0
			     : actor == 4 ? 4
					  : 1,
			     "%u", actor);
		cr_expect(actor < 4 || !last_note(b)->again);
		bytes = actor == 5 ? b->engine->window_bytes : bytes;
	}
	cr_expect_leq(b->engine->window_bytes, bytes + 4 * sizeof(struct actor_note));
	cr_expect_eq(feed(b, 3000, 200, what), 1);
	cr_expect(last_note(b)->again && last_note(b)->count == 2);
	cr_expect_eq(feed(b, 3001, 1, what), 1, "forgotten, but the condition holds for him");
	cr_expect(!last_note(b)->again && last_note(b)->count == 1);
	bench_free(b);
}

Test(correlations, campaign_beyond_its_memory)
{
	struct bench *b = bench_new(REFUSED CORRELATION("c", "type: event_count, rules: [refused], group-by: [destination.ip], timespan: 1h, condition: {gte: 300}"));
	char room[64];
	for (unsigned i = 0; i < 1000; i++) {
		struct observation o = observation_at(i * 1000, "::");
		o.address[ADDRESS_SOURCE_IP] = addr_from_v4((const uint8_t[]){ 203, 0, (uint8_t)(i >> 8), (uint8_t)i });
		observe(&o, "siphound.outcome=refused", room, sizeof room);
		cr_assert_eq(bench_feed(b, &o), i < 299 ? 0 : i == 299 ? 300 : 1, "%u", i);
		b->notes.count = 0;
	}
	bench_free(b);
}

/* Of each actor that a campaign remembers the first two events and the last two are kept, whoever was pushed
 * out meanwhile. */
Test(correlations, campaign_keeps_evidence_of_who_came_again)
{
	enum { ACTORS = 300, KEPT = 256, EVENTS = 1050 };
	static uint64_t numbers[ACTORS][6];
	struct bench *b = bench_new(
	    REFUSED CORRELATION("c", "type: value_count, rules: [refused], group-by: [destination.ip], "
				     "timespan: 1h, condition: {field: siphound.account, gte: 2}"));
	char room[64];
	for (unsigned i = 0; i < ACTORS; i++)
		for (unsigned k = 0; k <= i % 6; k++) {
			struct observation o = observation_at((int64_t)b->number * 1000, "::");
			o.address[ADDRESS_SOURCE_IP] =
			    addr_from_v4((const uint8_t[]){ 203, 0, (uint8_t)(i >> 8), (uint8_t)i });
			observe(&o,
				b->number + 1 < EVENTS ? "siphound.outcome=refused;siphound.account=1"
						       : "siphound.outcome=refused;siphound.account=2",
				room, sizeof room);
			size_t fired = bench_feed(b, &o);
			numbers[i][k] = b->number;
			cr_assert_eq(fired, b->number < EVENTS ? 0 : KEPT);
		}
	cr_assert_eq(b->notes.count, KEPT);
	for (unsigned n = 0; n < KEPT; n++) {
		unsigned i = ACTORS - KEPT + n;
		const struct note *note = &b->notes.items[n];
		cr_assert_eq(note->count, i % 6 + 1, "actor %u", i);
		cr_assert_eq(note->evidence_count, note->count < 4 ? note->count : 4, "actor %u", i);
		for (size_t k = 0; k < note->evidence_count; k++)
			cr_expect_eq(note->evidence[k].place.number,
				     numbers[i][k < 2 ? k : note->count - note->evidence_count + k],
				     "actor %u, %zu", i, k);
	}
	bench_free(b);
}

Test(correlations, temporal)
{
	struct bench *b = bench_new(BASE("x", "sip.method: X") BASE("y", "sip.method: Y") BASE("z", "sip.method: Z")
		CORRELATION("all", "type: temporal, rules: [x, y, z], group-by: [source.ip], timespan: 10s") NEXT
		CORRELATION("ordered", "type: temporal_ordered, rules: [x, y, z], group-by: [source.ip], timespan: 10s") NEXT
		CORRELATION("two", "type: temporal, rules: [x, y, z], group-by: [source.ip], timespan: 10s, condition: {gte: 2}"));
	static const struct {
		int64_t ms;
		const char *method;
		const char *fires;
	} steps[] = {
		{ 0, "Z", "" },		{ 1000, "Y", "two" },		{ 2000, "X", "all two" },
		{ 3000, "Y", "all two" }, { 9999, "Z", "all ordered two" }, { 12999, "Z", "two" },
		{ 30000, "X", "" },	{ 35000, "Y", "two" },		{ 36000, "X", "two" },
		{ 41000, "Z", "all two" }, /* X at 36000 had no Y behind it, X at 30000 is too old */
		{ 42000, "Y", "all two" }, { 45999, "Z", "all ordered two" },
	};
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		char what[64], fires[64] = "";
		snprintf(what, sizeof what, "sip.method=%s", steps[i].method);
		b->notes.count = 0;
		feed(b, steps[i].ms, 1, what);
		for (size_t n = 0; n < b->notes.count; n++)
			snprintf(fires + strlen(fires), sizeof fires - strlen(fires), "%s%s", n ? " " : "", b->notes.items[n].rule);
		cr_expect_str_eq(fires, steps[i].fires, "step %zu", i);
		if (i == 4) {
			const struct note *ordered = &b->notes.items[1];
			cr_expect_eq(ordered->evidence_count, 3);
			cr_expect_eq(ordered->evidence[0].time_us, 2000 * 1000);
			cr_expect_eq(ordered->evidence[1].time_us, 3000 * 1000);
			cr_expect_eq(ordered->evidence[2].time_us, 9999 * 1000);
		}
	}
	bench_free(b);
}

Test(correlations, sums)
{
	struct bench *b = bench_new(BASE("x", "sip.method: X")
		CORRELATION("avg", "type: value_avg, rules: [x], group-by: [source.ip], timespan: 10s, condition: {field: siphound.message_bytes, gt: 100}") NEXT
		CORRELATION("p50", "type: value_percentile, rules: [x], group-by: [source.ip], timespan: 10s, condition: {field: siphound.message_bytes, percentile: 50, gte: 60}") NEXT
		CORRELATION("sum", "type: value_sum, rules: [x], group-by: [source.ip], timespan: 10s, condition: {field: siphound.message_bytes, gte: 300}"));
	static const struct {
		int64_t ms;
		unsigned bytes;
		const char *fires;
	} steps[] = {
		{ 0, 50, "" },
		{ 1000, 60, "" },	    /* p50 of 50 60 is 50 */
		{ 2000, 70, "p50" },	    /* 50 60 70 */
		{ 3000, 119, "p50" },	    /* sum 299: 50 60 70 119 -> 60 */
		{ 3500, 1, "p50 sum" },	    /* sum 300: 1 50 60 70 119 -> 60 */
		{ 10000, 151, "p50 sum" },  /* without 50: 1 60 70 119 151 = 401, 80.2 on average */
		{ 25000, 101, "avg p50" },
		{ 25001, 99, "p50" },	    /* average 100 exactly */
	};
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		char what[64], fires[64] = "";
		snprintf(what, sizeof what, "sip.method=X;siphound.message_bytes=%u", steps[i].bytes);
		b->notes.count = 0;
		feed(b, steps[i].ms, 1, what);
		for (size_t n = 0; n < b->notes.count; n++)
			snprintf(fires + strlen(fires), sizeof fires - strlen(fires), "%s%s", n ? " " : "", b->notes.items[n].rule);
		cr_expect_str_eq(fires, steps[i].fires, "step %zu", i);
	}
	bench_free(b);
}

/* An inner correlation counts once for each time it starts to hold. */
Test(correlations, chained)
{
	struct bench *b = bench_new(REFUSED
		CORRELATION("inner", "type: event_count, rules: [refused], group-by: [source.ip, siphound.account], timespan: 10s, condition: {gte: 2}") NEXT
		CORRELATION("accounts", "type: value_count, rules: [inner], group-by: [source.ip], timespan: 1h, condition: {field: siphound.account, gte: 3}") NEXT
		CORRELATION("times", "type: event_count, rules: [inner], group-by: [source.ip], timespan: 1h, condition: {gte: 3}"));
	cr_assert_not(ruleset_find(b->rules, "inner")->alerts);
	size_t fired = 0;
	for (int account = 0; account < 3; account++)
		for (int i = 0; i < 4; i++) {
			char what[80];
			snprintf(what, sizeof what, "siphound.outcome=refused;siphound.account=%d", account);
			fired += feed(b, account * 20000 + i * 1000, 1, what);
			if (account < 2 || i == 0)
				cr_expect_eq(fired, 0, "account %d, try %d", account, i);
		}
	cr_expect_eq(b->notes.count, 4, "accounts three times, times once: %zu", b->notes.count);
	bench_free(b);
}

Test(correlations, generate_lets_the_base_alert)
{
	struct bench *b = bench_new(RULE_HEAD("base") "detection:\n a: {sip.method: X}\n condition: a\n" NEXT
		CORRELATION("c", "type: event_count, rules: [base], group-by: [source.ip], timespan: 10s, generate: true, condition: {gte: 2}"));
	cr_expect_eq(feed(b, 0, 1, "sip.method=X"), 1);
	cr_expect_eq(feed(b, 1, 1, "sip.method=X"), 2);
	cr_expect_str_eq(b->notes.items[1].rule, "base");
	cr_expect_str_eq(b->notes.items[2].rule, "c");
	bench_free(b);
}

/* One name for two fields: the caller's account and the callee's. */
Test(correlations, aliases)
{
	struct bench *b = bench_new(BASE("x", "sip.method: X") BASE("y", "sip.method: Y")
		CORRELATION("c", "type: temporal, rules: [x, y], timespan: 10s, group-by: [who], aliases: {who: {x: sip.from.uri.username, y: sip.to.uri.username}}"));
	cr_expect_eq(feed(b, 0, 1, "sip.method=X;sip.from.uri.username=a;sip.to.uri.username=b"), 0);
	cr_expect_eq(feed(b, 1, 2, "sip.method=Y;sip.from.uri.username=a;sip.to.uri.username=b"), 0);
	cr_expect_eq(feed(b, 2, 3, "sip.method=Y;sip.from.uri.username=b;sip.to.uri.username=a"), 2, "both actors of a");
	bench_free(b);
}

/* An observation that matches several of the counted rules is one event. */
Test(correlations, counted_once)
{
	struct bench *b = bench_new(BASE("x", "sip.method: X") BASE("y", "siphound.account: Y")
		CORRELATION("c", "type: event_count, rules: [x, y], timespan: 10s, group-by: [source.ip], condition: {gte: 3}"));
	cr_expect_eq(feed(b, 0, 1, "sip.method=X;siphound.account=Y"), 0);
	cr_expect_eq(feed(b, 1, 1, "sip.method=X;siphound.account=Y"), 0);
	cr_expect_eq(feed(b, 2, 1, "siphound.account=Y"), 1);
	bench_free(b);
}

Test(correlations, filters)
{
	struct bench *b = bench_new(REFUSED
		CORRELATION("c", "type: event_count, rules: [refused], timespan: 10s, group-by: [source.ip], condition: {gte: 2}") NEXT
		RULE_HEAD("plain") "detection:\n a: {sip.method: X}\n condition: a\n" NEXT
		"title: f\nlogsource: {product: siphound, category: observation}\nfilter:\n rules: [plain]\n selection: {source.ip: 203.0.113.1}\n condition: selection\n" NEXT
		"title: g\nlogsource: {product: siphound, category: observation}\nfilter:\n rules: [c]\n selection: {source.ip: 203.0.113.2}\n condition: selection\n" NEXT
		"title: h\nlogsource: {product: siphound, category: observation}\nfilter:\n rules: any\n selection: {source.ip|cidr: 203.0.113.8/29}\n condition: selection\n");
	const char *both = "sip.method=X;siphound.outcome=refused";
	static const size_t first[] = { 0, 0, 1, 1, 1, 1, 1, 1, 0, 0 }, second[] = { 0, 1, 1, 2, 2, 2, 2, 2, 0, 0 };
	for (unsigned actor = 1; actor < 10; actor++)
		cr_expect_eq(feed(b, actor, actor, both), first[actor], "first of %u", actor);
	for (unsigned actor = 1; actor < 10; actor++)
		cr_expect_eq(feed(b, 100 + actor, actor, both), second[actor], "second of %u", actor);
	bench_free(b);
}

/* The number of windows is bounded; one that fired, or in which something repeats, stays. */
Test(correlations, eviction)
{
	const struct engine_options options = { .max_groups = 100 };
	struct bench *b = bench_on(rules_from(REFUSED CORRELATION("c", "type: event_count, rules: [refused], group-by: [source.ip], timespan: 1d, condition: {gte: 3}")), &options);
	char room[64];
	feed(b, 0, 1, "siphound.outcome=refused");
	feed(b, 1, 1, "siphound.outcome=refused");
	for (unsigned i = 0; i < 10000; i++) {
		struct observation o = observation_at(1000 + i, "::");
		o.address[ADDRESS_SOURCE_IP] = addr_from_v4((const uint8_t[]){ 192, 0, (uint8_t)(i >> 8), (uint8_t)i });
		observe(&o, "siphound.outcome=refused", room, sizeof room);
		cr_assert_eq(bench_feed(b, &o), 0);
	}
	cr_expect_eq(engine_evicted(b->engine), 10001 - 100);
	cr_expect_eq(feed(b, 20000, 1, "siphound.outcome=refused"), 1, "the one that mattered is still there");
	bench_free(b);
}

/* So is their memory, however large each grows; whom there is only one event of takes none of it, and stays. */
Test(correlations, eviction_by_bytes)
{
	const struct engine_options options = { .max_window_bytes = 1 << 20 };
	struct bench *b = bench_on(rules_from(REFUSED CORRELATION("c", "type: event_count, rules: [refused], group-by: [source.ip], timespan: 1d, condition: {gte: 1000}")), &options);
	feed(b, 0, 250, "siphound.outcome=refused");
	for (unsigned i = 0; i < 200000; i++)
		feed(b, i, i % 250, "siphound.outcome=refused");
	cr_expect_gt(engine_evicted(b->engine), 0);
	cr_expect_leq(b->engine->window_bytes, options.max_window_bytes + 65536);
	for (unsigned i = 0; i < 998; i++)
		cr_assert_eq(feed(b, 200000 + i, 250, "siphound.outcome=refused"), 0);
	cr_expect_eq(feed(b, 201000, 250, "siphound.outcome=refused"), 1, "the first is still counted");
	bench_free(b);
}
