/* SPDX-License-Identifier: MIT */
#include "output/sink.h"

#include "core/clock.h"
#include "output/report/story.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

/* Everything that is known about one address. For an address that no rule of weight holds anything against,
 * it tells what it did and which lesser rules fired, so that "nothing" can be believed. */

enum { WHY_ALERTS_MAX = 16 };

struct why_alert {
	char id[64];
	enum rule_level level;
	uint64_t count;
	int64_t first_us;
};

struct why_sink {
	struct sink sink;
	struct report_options options;
	struct addr address;
	struct page page;
	bool is_found;
	char *deeds; /* what a bystander did; NULL: there was none */
	size_t deeds_len;
	int failed;
	size_t alert_count;
	struct why_alert alerts[WHY_ALERTS_MAX];
};

static void why_alert(struct sink *sink, const struct alert *a)
{
	struct why_sink *s = (struct why_sink *)sink;
	const struct firing *f = a->firing;
	if (!addr_eq(&f->actor, &s->address))
		return;
	for (size_t i = 0; i < s->alert_count; i++)
		if (strncmp(s->alerts[i].id, f->rule->id, sizeof s->alerts[i].id - 1) == 0) {
			s->alerts[i].count = f->count;
			return;
		}
	if (s->alert_count == WHY_ALERTS_MAX)
		return;
	struct why_alert *alert = &s->alerts[s->alert_count++];
	*alert = (struct why_alert){ .level = f->rule->level, .count = f->count, .first_us = f->first_us };
	snprintf(alert->id, sizeof alert->id, "%s", f->rule->id);
}

static void why_campaign(struct sink *sink, const struct campaign *c)
{
	struct why_sink *s = (struct why_sink *)sink;
	struct page *p = &s->page;
	bool is_member = false;
	for (size_t i = 0; i < c->actors.shown && i < SAMPLE_MAX; i++)
		is_member |= addr_eq(&c->actors.items[i], &s->address);
	if (!is_member)
		return;
	page_say(p, "Campaign %s: rule %s (%s), %" PRIu64 " addresses: ", c->id, c->rule->id, c->rule->title,
		 c->actors.count);
	say_addresses(p, &c->actors);
	page_say(p, ".");
	page_end(p, 0, 2, TINT_NONE);
	page_blank(p);
}

static void heading(struct page *p, const char *text)
{
	page_say(p, "%s", text);
	page_end(p, 0, 0, TINT_BOLD);
}

static void print_score(struct page *p, const struct offender *o)
{
	heading(p, "Score");
	for (size_t i = 0; i < o->term_count && i < SCORE_TERMS_MAX; i++) {
		page_say(p, "%+4d  %s", o->terms[i].points, o->terms[i].text);
		page_end(p, 2, 8, TINT_NONE);
	}
	page_say(p, "= %d", o->score);
	page_end(p, 2, 8, TINT_BOLD);
	page_blank(p);
}

static void print_evidence(struct page *p, const struct report_options *options,
			   const struct offender_rule *r)
{
	for (size_t i = 0; i < r->evidence_count; i++) {
		story_say_evidence(p, options, &r->evidence[i]);
		page_end(p, 4, 6, TINT_NONE);
	}
	if (r->count > r->evidence_count) {
		page_say(p, "and %" PRIu64 " more between the first and the latest of these",
			 r->count - r->evidence_count);
		page_end(p, 4, 6, TINT_NONE);
	}
}

static void print_rules(struct page *p, const struct report_options *options, const struct offender *o)
{
	heading(p, "Rules");
	for (size_t i = 0; i < o->rule_count; i++) {
		const struct offender_rule *r = &o->rules[i];
		story_say_rule(p, r);
		page_end(p, 2, 4, TINT_NONE);
		print_evidence(p, options, r);
	}
	page_blank(p);
}

static void print_line(struct page *p, const char *label, const char *value)
{
	if (!value)
		return;
	page_say(p, "%-13s", label);
	page_say(p, "%s", value);
	page_end(p, 0, 13, TINT_NONE);
}

static void print_sample(struct page *p, const char *label, const struct text_sample *sample)
{
	if (!sample->count)
		return;
	page_say(p, "%-13s%" PRIu64 ": ", label, sample->count);
	say_texts(p, sample);
	page_end(p, 0, 13, TINT_NONE);
}

static void print_facts(struct page *p, const struct offender *o)
{
	char number[PHRASE_MAX];
	page_say(p, "%-13s", "Where");
	if (!say_geo(p, &o->geo))
		page_say(p, "not known (no --geo file names it)");
	page_end(p, 0, 13, TINT_NONE);
	page_say(p, "%-13s", "Seen");
	page_say(p, "%s ", count_phrase(o->messages, "message", "messages", number));
	say_span(p, o->first_us, o->last_us);
	page_say(p, ", %s answered", number_phrase(o->answered, number));
	page_end(p, 0, 13, TINT_NONE);
	page_say(p, "%-13s%s: %s", "Proof", o->proof ? proof_text(o->proof) : "none", proof_phrase(o->proof));
	page_end(p, 0, 13, TINT_NONE);
	if (o->tool) {
		page_say(p, "%-13s%s%s%s", "Tool", o->tool, o->tool_module ? " " : "",
			 o->tool_module ? o->tool_module : "");
		page_end(p, 0, 13, TINT_NONE);
	}
	if (o->user_agent.ptr) {
		page_say(p, "%-13s", "Calls itself");
		say_text(p, o->user_agent);
		page_end(p, 0, 13, TINT_NONE);
	}
	print_line(p, "Fingerprint", o->fingerprint);
	print_line(p, "Campaign", o->campaign);
}

static void print_stages(struct page *p, const struct offender *o)
{
	for (size_t i = 0; i < o->stage_count; i++) {
		page_say(p, "%-13s%s ", i ? "" : "Stages", stage_text(o->stages[i].stage));
		say_span(p, o->stages[i].first_us, o->stages[i].last_us);
		page_end(p, i ? 13 : 0, 13, TINT_NONE);
	}
}

static void print_aims(struct page *p, const struct offender *o)
{
	if (o->targets.count) {
		page_say(p, "%-13s%" PRIu64 "%s%s: ", "Targets", o->targets.count,
			 o->target_order > ORDER_NONE ? ", " : "",
			 o->target_order > ORDER_NONE ? choice_text(CHOICE_SWEEP_ORDER, o->target_order)
						      : "");
		say_addresses(p, &o->targets);
		page_end(p, 0, 13, TINT_NONE);
	}
	print_sample(p, "Accounts", &o->accounts);
	print_sample(p, "Revealed", &o->revealed);
	print_sample(p, "Dialled", &o->dialed);
	print_sample(p, "Tails", &o->tails);
	if (o->calls_answered) {
		char number[PHRASE_MAX];
		page_say(p, "%-13s%s", "Answered",
			 count_phrase(o->calls_answered, "of its calls", "of its calls", number));
		page_end(p, 0, 13, TINT_NONE);
	}
	print_sample(p, "Files served", &o->served);
}

static void print_breaches(struct page *p, const struct report_options *options, const struct offender *o)
{
	for (size_t i = 0; i < o->breach_count; i++) {
		page_say(p, "BREACH: ");
		story_say_breach(p, &o->address, &o->breaches[i]);
		page_say(p, " (");
		say_place(p, options, o->breaches[i].place);
		page_say(p, ")");
		page_end(p, 0, 8, TINT_RED);
	}
}

static void print_doubts(struct page *p, const struct report_options *options, const struct offender *o)
{
	for (size_t i = 0; i < o->doubt_count; i++) {
		page_say(p, "PERHAPS A BREACH: ");
		story_say_doubt(p, &o->address, &o->doubts[i]);
		page_say(p, " (");
		say_place(p, options, o->doubts[i].place);
		page_say(p, ")");
		page_end(p, 0, 8, TINT_YELLOW);
	}
	if (!o->doubt_count)
		return;
	page_say(p, STORY_DOUBT_HINT);
	page_end(p, 0, 0, TINT_YELLOW);
	page_blank(p);
}

static void why_offender(struct sink *sink, const struct offender *o)
{
	struct why_sink *s = (struct why_sink *)sink;
	struct page *p = &s->page;
	char ip[ADDR_TEXT_MAX];
	if (!addr_eq(&o->address, &s->address))
		return;
	s->is_found = true;
	page_say(p, "%s: %s, score %d", addr_text(&o->address, ip), verdict_text(o->verdict), o->score);
	page_end(p, 0, 2, verdict_tint(o->verdict));
	if (o->reason)
		page_say(p, "%s", o->reason);
	page_end(p, 0, 0, TINT_NONE);
	page_blank(p);
	print_breaches(p, &s->options, o);
	print_doubts(p, &s->options, o);
	print_facts(p, o);
	print_stages(p, o);
	print_aims(p, o);
	page_blank(p);
	print_rules(p, &s->options, o);
	print_score(p, o);
	story_say_advice(p, o);
	page_end(p, 0, 0, TINT_NONE);
}

/* The rules that fired, but too light to hold anything against it. */
static void print_light_rules(struct page *p, const struct report_options *options, const struct offender *o)
{
	if (o->rule_count) {
		print_rules(p, options, o);
		return;
	}
	page_say(p, "No rule fired for it.");
	page_end(p, 0, 0, TINT_NONE);
}

/* What it did is told by the summary, behind the sentence that nothing is held against it: so into memory of
 * its own. */
static void why_bystander(struct sink *sink, const struct offender *o)
{
	struct why_sink *s = (struct why_sink *)sink;
	struct page *p = &s->page;
	if (!addr_eq(&o->address, &s->address))
		return;
	p->out = open_memstream(&s->deeds, &s->deeds_len);
	s->failed = p->out ? 0 : -ENOMEM;
	if (s->failed) {
		p->out = s->options.out;
		return;
	}
	if (o->reason)
		page_say(p, "%s", o->reason);
	page_end(p, 0, 0, TINT_NONE);
	page_blank(p);
	print_doubts(p, &s->options, o);
	print_facts(p, o);
	print_stages(p, o);
	print_aims(p, o);
	page_blank(p);
	print_light_rules(p, &s->options, o);
	if (fclose(p->out) != 0)
		s->failed = -ENOMEM;
	p->out = s->options.out;
}

static void print_unknown(struct page *p, const struct run_summary *r)
{
	page_say(p, "%s",
		 r->evicted ? "It sent no request that is remembered: a larger --max-actors forgets less."
			    : "It sent no request that was seen.");
	page_end(p, 0, 0, TINT_NONE);
}

/* Told as they came, so known even of an address that has been forgotten. */
static void print_alerts(const struct why_sink *s, struct page *p)
{
	for (size_t i = 0; i < s->alert_count; i++) {
		const struct why_alert *a = &s->alerts[i];
		char when[PHRASE_MAX], number[PHRASE_MAX];
		page_say(p, "Rule %s (%s) fired, %s counted, first at %s.", a->id, level_text(a->level),
			 count_phrase(a->count, "observation", "observations", number),
			 time_phrase(a->first_us, when));
		page_end(p, 0, 2, TINT_NONE);
	}
}

static void why_summary(struct sink *sink, const struct run_summary *r)
{
	struct why_sink *s = (struct why_sink *)sink;
	struct page *p = &s->page;
	char ip[ADDR_TEXT_MAX], number[PHRASE_MAX];
	if (s->is_found)
		return;
	page_say(p, "Nothing is held against %s: no rule of level medium or above fired for it in %s.",
		 addr_text(&s->address, ip),
		 r->has_log && !r->packets ? count_phrase(r->lines, "log line", "log lines", number)
					   : count_phrase(r->packets, "packet", "packets", number));
	page_end(p, 0, 0, TINT_GREEN);
	if (s->deeds) {
		fwrite(s->deeds, 1, s->deeds_len, p->out);
		return;
	}
	print_unknown(p, r);
	print_alerts(s, p);
}

static int why_finish(struct sink *sink, struct error *err)
{
	struct why_sink *s = (struct why_sink *)sink;
	return sink_finish_file(s->page.out, s->failed, "the explanation", err);
}

static void why_free(struct sink *sink)
{
	free(((struct why_sink *)sink)->deeds);
	free(sink);
}

static const struct sink_ops why_ops = {
	.alert = why_alert,
	.campaign = why_campaign,
	.offender = why_offender,
	.bystander = why_bystander,
	.summary = why_summary,
	.finish = why_finish,
	.free = why_free,
};

struct sink *report_why_new(const struct report_options *options, const struct addr *address)
{
	struct why_sink *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	s->sink.ops = &why_ops;
	s->options = *options;
	s->address = *address;
	page_init(&s->page, options->out, options->width, options->color);
	return &s->sink;
}
