/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_VERDICTS_H
#define TESTS_SUPPORT_VERDICTS_H

#include "tests/support/dialogue.h"

/* tests/support/verdicts.h - a report as a test wants it: each offender copied, and the whole of it as one text, to tell whether two
 * reports are the same. */

#define FOUND_MAX 64

struct found {
	struct addr address;
	enum verdict verdict;
	int score, term_sum;
	size_t term_count;
	enum proof proof;
	unsigned stages; /* bit set */
	uint64_t messages, answered, targets, accounts, revealed_count, dialed, tails_count, calls_answered;
	enum order order;
	size_t breach_count;
	uint64_t refusals_before, calls_after;
	int64_t ban_ttl_s, ban_until_us, last_us;
	char breached[40], guess[24], tool[32], reason[256], agent[64];
	char rules[1024], revealed[256], tails[256], terms[640]; /* joined by blanks */
	bool in_campaign;
};

struct verdicts {
	size_t count;
	struct found found[FOUND_MAX];
	size_t campaigns;
	uint64_t campaign_actors; /* of the last */
	char *text;
	size_t text_len;
	FILE *out;
};

static inline void join(char *out, size_t size, const char *text, size_t len)
{
	size_t at = strlen(out);
	snprintf(out + at, size - at, "%s%.*s", at ? " " : "", (int)len, text);
}

static inline void join_sample(char *out, size_t size, const struct text_sample *s)
{
	cr_assert(s->shown <= SAMPLE_MAX && s->shown <= s->count);
	for (size_t i = 0; i < s->shown; i++)
		join(out, size, (const char *)s->items[i].ptr, s->items[i].len);
}

static inline void found_fill(struct found *f, const struct offender *o)
{
	f->address = o->address;
	f->verdict = o->verdict;
	f->score = o->score;
	f->proof = o->proof;
	f->messages = o->messages;
	f->answered = o->answered;
	f->targets = o->targets.count;
	f->order = o->target_order;
	f->accounts = o->accounts.count;
	f->revealed_count = o->revealed.count;
	f->dialed = o->dialed.count;
	f->tails_count = o->tails.count;
	f->calls_answered = o->calls_answered;
	f->breach_count = o->breach_count;
	f->ban_ttl_s = o->ban_ttl_s;
	f->ban_until_us = o->ban_until_us;
	f->last_us = o->last_us;
	f->in_campaign = o->campaign != NULL;
	f->term_count = o->term_count;
	for (size_t i = 0; i < o->term_count; i++) {
		f->term_sum += o->terms[i].points;
		join(f->terms, sizeof f->terms, o->terms[i].text, strlen(o->terms[i].text));
	}
	for (size_t i = 0; i < o->stage_count; i++) {
		f->stages |= 1u << o->stages[i].stage;
		cr_assert(i == 0 || o->stages[i - 1].first_us <= o->stages[i].first_us, "stages stand in order of time");
		cr_assert(o->stages[i].first_us <= o->stages[i].last_us);
	}
	for (size_t i = 0; i < o->rule_count; i++) {
		join(f->rules, sizeof f->rules, o->rules[i].rule->id, strlen(o->rules[i].rule->id));
		cr_assert(o->rules[i].count > 0 && o->rules[i].evidence_count > 0);
		for (size_t j = 1; j < o->rules[i].evidence_count; j++)
			cr_assert(o->rules[i].evidence[j - 1].time_us <= o->rules[i].evidence[j].time_us, "evidence stands in order of time");
	}
	join_sample(f->revealed, sizeof f->revealed, &o->revealed);
	join_sample(f->tails, sizeof f->tails, &o->tails);
	snprintf(f->agent, sizeof f->agent, "%.*s", (int)o->user_agent.len, o->user_agent.len ? (const char *)o->user_agent.ptr : "");
	snprintf(f->tool, sizeof f->tool, "%s", o->tool ? o->tool : "");
	snprintf(f->reason, sizeof f->reason, "%s", o->reason ? o->reason : "");
	if (o->breach_count) {
		const struct breach *b = &o->breaches[0];
		snprintf(f->breached, sizeof f->breached, "%.*s", (int)b->account.len, (const char *)b->account.ptr);
		snprintf(f->guess, sizeof f->guess, "%s", b->guess ? b->guess : "");
		f->refusals_before = b->refusals_before;
		f->calls_after = b->calls_after;
	}
}

static inline void verdicts_print(FILE *out, const struct offender *o, const struct found *f)
{
	char address[ADDR_TEXT_MAX];
	fprintf(out, "%s %s %d/%d %zu [%s] proof %d stages %x messages %llu answered %llu targets %llu order %d accounts %llu revealed %llu (%s)",
		addr_text(&o->address, address), verdict_text(o->verdict), f->score, f->term_sum, f->term_count, f->terms, (int)f->proof, f->stages,
		(unsigned long long)f->messages, (unsigned long long)f->answered, (unsigned long long)f->targets, (int)f->order,
		(unsigned long long)f->accounts, (unsigned long long)f->revealed_count, f->revealed);
	fprintf(out, " dialed %llu tails %s breaches %zu %s first %lld last %lld ban %lld until %lld campaign %s tool %s agent %s print %s\n",
		(unsigned long long)f->dialed, f->tails, f->breach_count, f->breached, (long long)o->first_us, (long long)o->last_us,
		(long long)f->ban_ttl_s, (long long)f->ban_until_us, o->campaign ? o->campaign : "-", f->tool, f->agent,
		o->fingerprint ? o->fingerprint : "-");
	for (size_t i = 0; i < o->targets.shown; i++)
		fprintf(out, " %s", addr_text(&o->targets.items[i], address));
	for (size_t i = 0; i < o->rule_count; i++) {
		const struct offender_rule *r = &o->rules[i];
		fprintf(out, "\n  %s %llu %lld %lld", r->rule->id, (unsigned long long)r->count, (long long)r->first_us, (long long)r->last_us);
		for (size_t j = 0; j < r->evidence_count; j++)
			fprintf(out, " %lld@%llu", (long long)r->evidence[j].time_us, (unsigned long long)r->evidence[j].place.number);
	}
	fprintf(out, "\n  %s\n", f->reason);
}

static inline void verdicts_on_offender(void *ctx, const struct offender *o)
{
	struct verdicts *v = ctx;
	struct found *f = calloc(1, sizeof *f);
	cr_assert_not_null(f);
	found_fill(f, o);
	verdicts_print(v->out, o, f);
	if (v->count < FOUND_MAX)
		v->found[v->count] = *f;
	v->count++;
	free(f);
}

static inline void verdicts_on_campaign(void *ctx, const struct campaign *c)
{
	struct verdicts *v = ctx;
	v->campaigns++;
	v->campaign_actors = c->actors.count;
	fprintf(v->out, "campaign %s %s %s actors %llu observations %llu %lld %lld\n", c->id, c->rule->id, c->fingerprint ? c->fingerprint : "-",
		(unsigned long long)c->actors.count, (unsigned long long)c->observations, (long long)c->first_us, (long long)c->last_us);
}

/* Free it with verdicts_free. */
static inline struct verdicts *verdicts_of(struct talk *t)
{
	struct verdicts *v = calloc(1, sizeof *v);
	cr_assert_not_null(v);
	v->out = open_memstream(&v->text, &v->text_len);
	cr_assert_not_null(v->out);
	struct report_handlers handlers = { .campaign = verdicts_on_campaign, .offender = verdicts_on_offender, .ctx = v };
	cr_assert_eq(analyzer_report(t->analyzer, &handlers), 0);
	fclose(v->out);
	return v;
}

static inline void verdicts_free(struct verdicts *v)
{
	free(v->text);
	free(v);
}

/* NULL when it is no offender. */
static inline const struct found *verdict_on(const struct verdicts *v, const char *address)
{
	struct addr a = talk_addr(address);
	for (size_t i = 0; i < v->count && i < FOUND_MAX; i++)
		if (addr_eq(&v->found[i].address, &a))
			return &v->found[i];
	return NULL;
}

static inline const struct found *must_find(const struct verdicts *v, const char *address)
{
	const struct found *f = verdict_on(v, address);
	cr_assert_not_null(f, "%s is no offender; offenders:\n%s", address, v->text);
	return f;
}

/* The whole of one verdict: what it is, why (a part of the reason, or NULL), and that its parts agree. */
static inline void must_be(struct talk *t, const char *address, enum verdict verdict, const char *reason, const char *name)
{
	talk_finish(t);
	struct verdicts *v = verdicts_of(t);
	const struct found *f = must_find(v, address);
	cr_assert_eq(f->verdict, verdict, "%s: %s", name, v->text);
	cr_assert(!reason || strstr(f->reason, reason), "%s: %s", name, f->reason);
	cr_assert_eq(f->term_sum, f->score, "%s", name);
	cr_assert_eq(f->ban_ttl_s != 0, verdict == VERDICT_BLOCK, "%s", name);
	verdicts_free(v);
}

#endif
