/* SPDX-License-Identifier: MIT */
#include "tests/unit/analyze/ruleset/rules_support.h"

#include "analyze/ruleset/engine_internal.h"
#include "core/image.h"

/* Correlations that group by the same fields share what they remember of a group: each must still say what it
 * would say alone. */

#define REFUSED BASE_HEAD("refused") "detection:\n a: {siphound.outcome: refused}\n condition: a\n" NEXT
#define INVITES BASE_HEAD("invites") "detection:\n a: {sip.method: INVITE}\n condition: a\n" NEXT
#define COUNTS(name, base, span, n)                                                                          \
	"title: t\nname: " name                                                                              \
	"\nlevel: high\nsiphound: {stage: crack}\ncorrelation: {type: event_count, rules: [" base            \
	"], group-by: [source.ip, siphound.account], timespan: " span ", condition: {gte: " n "}}\n"
#define VALUES(name, base, span, field, n)                                                                   \
	"title: t\nname: " name                                                                              \
	"\nlevel: high\nsiphound: {stage: crack}\ncorrelation: {type: value_count, rules: [" base            \
	"], group-by: [source.ip, siphound.account], timespan: " span ", condition: {field: " field          \
	", gte: " n "}}\n"

enum { PORT, DIALED, NOTHING };

static const struct {
	const char *id, *text;
	bool invites_only;
	int value;
	int64_t span_s;
	size_t threshold;
} counters[] = {
	{ "two", COUNTS("two", "refused", "7s", "2"), false, NOTHING, 7, 2 },
	{ "three", COUNTS("three", "refused", "60s", "3"), false, NOTHING, 60, 3 },
	{ "one", COUNTS("one", "invites", "5s", "1"), true, NOTHING, 5, 1 },
	{ "called", COUNTS("called", "invites", "30s", "2"), true, NOTHING, 30, 2 },
	{ "ports", VALUES("ports", "refused", "40s", "source.port", "3"), false, PORT, 40, 3 },
	{ "dialed", VALUES("dialed", "refused", "20s", "siphound.dialed", "2"), false, DIALED, 20, 2 },
};
#define COUNTERS (sizeof counters / sizeof *counters)
#define EVENTS	 400

struct tried {
	int64_t time_s;
	unsigned account;
	bool is_invite;
	unsigned values[2];
};

static uint32_t next(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

/* By going through all that happened. */
static bool should_fire(const struct tried *events, size_t at, size_t counter)
{
	size_t count = 0;
	if (counters[counter].invites_only && !events[at].is_invite)
		return false;
	for (size_t i = 0; i <= at; i++) {
		bool counts = events[i].account == events[at].account &&
			      events[i].time_s > events[at].time_s - counters[counter].span_s &&
			      (!counters[counter].invites_only || events[i].is_invite);
		for (size_t k = i + 1; k <= at && counters[counter].value != NOTHING; k++)
			counts = counts && !(events[k].account == events[at].account &&
					     events[k].values[counters[counter].value] ==
						 events[i].values[counters[counter].value]);
		count += counts;
	}
	return count >= counters[counter].threshold;
}

static char *all_rules(bool turned)
{
	char *text = calloc(1, 8192);
	strcat(strcat(text, REFUSED), INVITES);
	for (size_t i = 0; i < COUNTERS; i++) {
		strcat(text, counters[turned ? COUNTERS - 1 - i : i].text);
		strcat(text, i + 1 < COUNTERS ? NEXT : "");
	}
	return text;
}

/* The engine of a process that comes after this one. */
static void restart(struct bench *b)
{
	struct image saved = { 0 }, loaded = { 0 };
	struct engine *fresh = engine_new(b->rules, NULL);
	image_save(&saved);
	engine_image(b->engine, &saved);
	image_load(&loaded, slice_of(saved.bytes, saved.len));
	engine_image(fresh, &loaded);
	cr_assert(image_is_whole(&loaded));
	engine_free(b->engine);
	b->engine = fresh;
	image_fini(&saved);
	image_fini(&loaded);
}

static void reload(struct bench *b, bool turned)
{
	char *text = all_rules(turned);
	struct ruleset *rules = rules_from(text);
	cr_assert_eq(engine_reload(b->engine, rules), 0);
	ruleset_free(b->rules);
	b->rules = rules;
	free(text);
}

static void feed(struct bench *b, const struct tried *e)
{
	char what[256], room[512];
	struct observation o = observation_at(e->time_s * SECOND_US, "203.0.113.1");
	snprintf(
	    what, sizeof what,
	    "siphound.outcome=refused;sip.method=%s;siphound.account=%u;source.port=%u;siphound.dialed=%u",
	    e->is_invite ? "INVITE" : "REGISTER", e->account, 5000 + e->values[PORT], e->values[DIALED]);
	observe(&o, what, room, sizeof room);
	b->notes.count = 0;
	bench_feed(b, &o);
}

static bool has_fired(const struct bench *b, const char *id)
{
	for (size_t i = 0; i < b->notes.count; i++)
		if (strcmp(b->notes.items[i].rule, id) == 0)
			return true;
	return false;
}

enum interruption { NONE, RESTART, RELOAD, INTERRUPTIONS };

Test(group, each_as_if_alone)
{
	static const char *const names[] = { "nothing between", "restarts", "reloads" };
	static struct tried events[EVENTS];
	for (uint32_t round = 0; round < 30; round++) {
		char *text = all_rules(false);
		struct bench *b = bench_new(text);
		uint32_t state = round, fired = 0, quiet = 0;
		for (size_t i = 0; i < EVENTS; i++) {
			struct tried *e = &events[i];
			*e = (struct tried){ .time_s = (i ? e[-1].time_s : 100) + next(&state) % (1 + round),
					     .account = next(&state) % 6,
					     .is_invite = next(&state) % 2,
					     .values = { next(&state) % 4, next(&state) % 3 } };
			if (round % INTERRUPTIONS == RESTART && i % 7 == 0)
				restart(b);
			if (round % INTERRUPTIONS == RELOAD && i % 7 == 0)
				reload(b, i % 2);
			feed(b, e);
			for (size_t c = 0; c < COUNTERS; c++) {
				bool fires = should_fire(events, i, c);
				const char *id = counters[c].id;
				cr_assert_eq(has_fired(b, id), fires, "%s, round %u, event %zu, %s",
					     names[round % INTERRUPTIONS], round, i, id);
				fired += fires;
				quiet += !fires;
			}
		}
		cr_expect(fired > 50 && quiet > 50, "round %u tells something: %u of %u", round, fired,
			  quiet);
		bench_free(b);
		free(text);
	}
}

/* Each counter of a group tells of the first event too, though it was noted once for all of them. */
Test(group, first_event_is_evidence)
{
	struct bench *b = bench_new(REFUSED COUNTS("two", "refused", "60s", "2")
					NEXT VALUES("ports", "refused", "60s", "source.port", "2"));
	feed(b, &(struct tried){ .time_s = 10, .account = 7, .values = { 1, 0 } });
	cr_expect_eq(b->notes.count, 0);
	feed(b, &(struct tried){ .time_s = 11, .account = 7, .values = { 2, 0 } });
	cr_assert_eq(b->notes.count, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct note *n = &b->notes.items[i];
		cr_expect_eq(n->count, 2);
		cr_expect_eq(n->first_us, 10 * SECOND_US);
		cr_expect_eq(n->evidence_count, 2);
		cr_expect_eq(n->evidence[0].place.number, 1);
	}
	bench_free(b);
}

/* Many counters of one grouping are several sets; none is lost. */
Test(group, more_counters_than_a_set_has)
{
	static char text[64 * 1024];
	strcpy(text, REFUSED);
	for (int i = 0; i < 70; i++)
		sprintf(text + strlen(text),
			"%stitle: t\nname: c%d\nlevel: high\nsiphound: {stage: crack}\ncorrelation: {type: "
			"event_count, rules: [refused], "
			"group-by: [source.ip, siphound.account], timespan: 1m, condition: {gte: %d}}\n",
			i ? NEXT : "", i, i + 1);
	struct bench *b = bench_new(text);
	for (unsigned i = 1; i <= 70; i++) {
		feed(b, &(struct tried){ .time_s = 10, .account = 7 });
		cr_expect_eq(b->notes.count, i);
	}
	bench_free(b);
}

static size_t refuse(struct bench *b, unsigned sender, const char *proof, int64_t time_s)
{
	char address[32], what[96], room[128];
	snprintf(address, sizeof address, "10.%u.%u.%u", sender >> 16, sender >> 8 & 255, sender & 255);
	snprintf(what, sizeof what, "siphound.outcome=refused;siphound.account=7;siphound.proof=%s", proof);
	struct observation o = observation_at(time_s * SECOND_US, address);
	observe(&o, what, room, sizeof room);
	b->notes.count = 0;
	return bench_feed(b, &o);
}

/* A flood of senders that may be forged takes an eighth of the room, and pushes out only itself. */
Test(group, forged_senders_push_out_only_themselves)
{
	enum { ROOM = 800, FLOOD = 5000, EARLY = 10 };
	struct ruleset *rules = rules_from(REFUSED COUNTS("two", "refused", "60s", "2"));
	struct bench *b = bench_on(rules, &(struct engine_options){ .max_groups = ROOM });
	for (unsigned i = 0; i < EARLY; i++)
		cr_assert_eq(refuse(b, i, "answered", 10), 0);
	cr_assert_eq(refuse(b, EARLY, "none", 10) + refuse(b, EARLY, "none", 10), 1, "forged, and not once");
	for (unsigned i = 0; i < FLOOD; i++)
		cr_assert_eq(refuse(b, 1000 + i, "none", 20), 0);
	cr_expect_eq(engine_evicted(b->engine), FLOOD - (ROOM / 8 + 1));
	for (unsigned i = 0; i <= EARLY; i++)
		cr_expect_eq(refuse(b, i, "none", 30), 1, "sender %u is remembered", i);
	cr_expect_eq(refuse(b, 1000, "none", 30), 0, "the first of the flood is not");
	cr_expect_eq(refuse(b, 1000 + FLOOD - 1, "none", 30), 1, "the last of it is");
	bench_free(b);
}

/* Who comes back after a while is remembered by the counter that looks back so far; the others note the new
 * event, as they noted the first, and need no windows. */
Test(group, one_window_for_who_comes_back)
{
	struct bench *b = bench_new(REFUSED COUNTS("burst", "refused", "5s", "3") NEXT COUNTS(
	    "fast", "refused", "10s", "4") NEXT COUNTS("slow", "refused", "7d", "5"));
	const struct group *g;
	for (int64_t i = 0; i < 4; i++) {
		size_t at = 0, windows = 0;
		feed(b, &(struct tried){ .time_s = 10 + 3600 * i, .account = 7 });
		cr_expect_eq(b->notes.count, 0);
		cr_assert_not_null(g = table_at(&b->engine->groups, &at));
		for (const struct window *w = group_windows(g); w; w = w->next)
			windows++;
		cr_expect_eq(windows, i ? 1 : 0, "after event %d", (int)i);
		cr_expect_eq(b->engine->window_bytes, group_bytes(g, b->engine->program));
	}
	feed(b, &(struct tried){ .time_s = 10 + 4 * 3600, .account = 7 });
	cr_expect(has_fired(b, "slow") && !has_fired(b, "fast") && !has_fired(b, "burst"));
	feed(b, &(struct tried){ .time_s = 11 + 4 * 3600, .account = 7 });
	feed(b, &(struct tried){ .time_s = 12 + 4 * 3600, .account = 7 });
	cr_expect(has_fired(b, "burst") && !has_fired(b, "fast"), "the noted event counts");
	bench_free(b);
}

/* An event that is known long after it happened, or whose time is a lie, counts like any other. */
Test(group, times_that_fit_no_note)
{
	static const int64_t times_us[] = { 0,		 -9 * HOUR_US,	   9 * HOUR_US,	  -30 * DAY_US,
					    30 * DAY_US, -(INT64_MAX / 2), INT64_MAX / 2, INT64_MIN + 1,
					    INT64_MAX };
	for (size_t i = 0; i < sizeof times_us / sizeof *times_us; i++) {
		struct bench *b = bench_new(REFUSED COUNTS("two", "refused", "60s", "2"));
		char room[128];
		for (unsigned n = 0; n < 3; n++) {
			struct observation o = observation_at((100 + 59 * n) * SECOND_US, "203.0.113.1");
			observe(&o, "siphound.outcome=refused;siphound.account=7", room, sizeof room);
			o.time_us = times_us[i];
			b->notes.count = 0;
			cr_expect_eq(bench_feed(b, &o), n > 0, "time %zu, event %u", i, n);
		}
		cr_expect_eq(b->notes.items[0].first_us, times_us[i]);
		bench_free(b);
	}
}
