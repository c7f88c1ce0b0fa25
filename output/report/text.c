/* SPDX-License-Identifier: MIT */
#include "output/sink.h"

#include "core/clock.h"
#include "output/escape.h"
#include "output/report/table.h"
#include "output/report/story.h"

#include <errno.h>
#include <stdlib.h>

/* The headline needs the counts of the summary, which comes last: each part of the report is written into
 * memory of its own as its records come, and put together by the summary. What is held is bounded by the
 * limits below. */

enum { TEXT_STORIES_MAX = 25, TEXT_BREACHES_MAX = 50, TEXT_CAMPAIGNS_MAX = 25, TEXT_REASONS_MAX = 12 };

/* A part of the report: its text so far, how many entries it has, and how many were left out. */
struct part {
	FILE *out;
	char *text;
	size_t len;
	uint64_t shown, left_out;
};

enum part_name {
	PART_BREACHES,
	PART_DOUBTS,
	PART_STORIES,
	PART_SPARED,
	PART_VICTIMS,
	PART_CAMPAIGNS,
	PART_COUNT
};

struct text_sink {
	struct sink sink;
	struct report_options options;
	struct page page;
	struct report_table table;
	struct part parts[PART_COUNT];
	uint64_t spared_attackers; /* a rule of level high or above fired for them */
	int failed;
};

/* Turns the page to this part of the report, for one more entry. False when it has enough. */
static bool begin_entry(struct text_sink *s, enum part_name name, uint64_t max)
{
	struct part *part = &s->parts[name];
	if (part->shown >= max) {
		part->left_out++;
		return false;
	}
	if (!part->out)
		part->out = open_memstream(&part->text, &part->len);
	if (!part->out) {
		s->failed = -ENOMEM;
		return false;
	}
	part->shown++;
	s->page.out = part->out;
	return true;
}

static void text_campaign(struct sink *sink, const struct campaign *c)
{
	struct text_sink *s = (struct text_sink *)sink;
	struct page *p = &s->page;
	char text[PHRASE_MAX];
	if (!begin_entry(s, PART_CAMPAIGNS, TEXT_CAMPAIGNS_MAX))
		return;
	page_say(p, "%s: %s ", c->id, count_phrase(c->actors.count, "address", "addresses", text));
	page_say(p, "with one plan (%s, rule %s), %s ", c->rule->title, c->rule->id,
		 count_phrase(c->observations, "observation", "observations", text));
	say_span(p, c->first_us, c->last_us);
	if (c->account.len) {
		page_say(p, ", all aimed at account ");
		say_text(p, c->account);
	}
	page_say(p, ": ");
	say_addresses(p, &c->actors);
	page_say(p, ".");
	if (c->fingerprint)
		page_say(p, " They write alike: %s.", c->fingerprint);
	page_end(p, 0, 2, TINT_NONE);
}

static void add_breaches(struct text_sink *s, const struct offender *o)
{
	for (size_t i = 0; i < o->breach_count; i++) {
		if (!begin_entry(s, PART_BREACHES, TEXT_BREACHES_MAX))
			continue;
		page_say(&s->page, "BREACH: ");
		story_say_breach(&s->page, &o->address, &o->breaches[i]);
		page_end(&s->page, 0, 8, TINT_RED);
	}
}

static void add_doubts(struct text_sink *s, const struct offender *o)
{
	for (size_t i = 0; i < o->doubt_count; i++) {
		if (!begin_entry(s, PART_DOUBTS, TEXT_BREACHES_MAX))
			continue;
		page_say(&s->page, "PERHAPS A BREACH: ");
		story_say_doubt(&s->page, &o->address, &o->doubts[i]);
		page_end(&s->page, 0, 8, TINT_YELLOW);
	}
}

static void text_offender(struct sink *sink, const struct offender *o)
{
	struct text_sink *s = (struct text_sink *)sink;
	enum part_name name = o->verdict == VERDICT_SPARED   ? PART_SPARED
			      : o->verdict == VERDICT_VICTIM ? PART_VICTIMS
							     : PART_STORIES;
	add_breaches(s, o);
	add_doubts(s, o);
	s->spared_attackers += name == PART_SPARED && o->rule_count && o->rules[0].rule->level >= LEVEL_HIGH;
	if (name == PART_STORIES)
		report_table_add(&s->table, o);
	if (begin_entry(s, name, TEXT_STORIES_MAX))
		story_print(&s->page, &s->options, o);
}

static void print_part(struct text_sink *s, enum part_name name, const char *heading)
{
	struct part *part = &s->parts[name];
	struct page *p = &s->page;
	if (!part->out || fflush(part->out) != 0)
		return;
	if (heading) {
		page_say(p, "%s", heading);
		page_end(p, 0, 0, TINT_BOLD);
		page_blank(p);
	}
	fwrite(part->text, 1, part->len, p->out);
	if (part->left_out) {
		char number[PHRASE_MAX];
		page_say(p, "and %s more; use --format json or csv for all.",
			 number_phrase(part->left_out, number));
		page_end(p, 0, 0, TINT_NONE);
	}
	/* Stories end with a blank line of their own. */
	if (part->left_out || name == PART_BREACHES || name == PART_CAMPAIGNS)
		page_blank(p);
}

static void say_inputs(struct page *p, const struct report_options *options, const struct run_summary *r)
{
	char text[PHRASE_MAX];
	uint64_t logs = 0;
	for (size_t i = 0; i < r->input_count; i++)
		logs += options->input_is_log && i < options->input_count ? options->input_is_log[i]
									  : r->has_log && !r->packets;
	if (r->input_count > logs)
		page_say(p, "%s", count_phrase(r->input_count - logs, "capture", "captures", text));
	if (logs)
		page_say(p, "%s%s", r->input_count > logs ? " and " : "",
			 count_phrase(logs, "log", "logs", text));
	if (!r->input_count)
		page_say(p, "the input");
	page_say(p, " (");
	if (r->packets || !r->has_log)
		page_say(p, "%s, ", count_phrase(r->packets, "packet", "packets", text));
	if (r->has_log)
		page_say(p, "%s, ", count_phrase(r->lines, "log line", "log lines", text));
	page_say(p, "%s", count_phrase(r->sip_messages, "SIP message", "SIP messages", text));
	if (r->has_time) {
		char last[PHRASE_MAX];
		page_say(p, ", %s", time_phrase(r->first_us, text));
		if (r->last_us / SECOND_US != r->first_us / SECOND_US)
			page_say(p, " - %s", near_time_phrase(r->last_us, r->first_us, last));
		page_say(p, " UTC");
	}
	page_say(p, ")");
}

static void say_verdicts(struct page *p, const struct run_summary *r)
{
	static const struct {
		enum verdict verdict;
		const char *one, *many;
	} words[] = {
		{ VERDICT_BLOCK, "to block", "to block" },
		{ VERDICT_WATCH, "to watch", "to watch" },
		{ VERDICT_VICTIM, "victim", "victims" },
		{ VERDICT_SPARED, "spared", "spared" },
	};
	const char *before = ": ";
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		char text[PHRASE_MAX];
		uint64_t count = r->offenders[words[i].verdict];
		if (count) {
			page_say(p, "%s%s", before, count_phrase(count, words[i].one, words[i].many, text));
			before = ", ";
		}
	}
	page_say(p, ".");
}

static void print_headline(struct text_sink *s, const struct run_summary *r)
{
	struct page *p = &s->page;
	char text[PHRASE_MAX];
	uint64_t attackers = r->offenders[VERDICT_BLOCK] + r->offenders[VERDICT_WATCH];
	bool is_blinded = r->lines_forged > r->lines_matched;
	if (attackers)
		page_say(p, "%s in ", count_phrase(attackers, "attacker", "attackers", text));
	else if (s->spared_attackers)
		page_say(p, "No attacker to block, but %s did what attackers do, in ",
			 count_phrase(s->spared_attackers, "spared address", "spared addresses", text));
	else
		page_say(p, "No attacker found%s in ", r->doubts ? " for certain" : "");
	say_inputs(p, &s->options, r);
	say_verdicts(p, r);
	bool is_doubtful = s->spared_attackers || is_blinded || r->doubts;
	page_end(p, 0, 0, attackers ? TINT_BOLD : is_doubtful ? TINT_YELLOW : TINT_GREEN);
	if (is_blinded) {
		page_say(p,
			 "Beware: %s could not be used, more than told something: text that came from "
			 "outside imitates the program's own "
			 "words in them, and whoever sent it hides by that who he is.",
			 count_phrase(r->lines_forged, "log line", "log lines", text));
		page_end(p, 0, 0, TINT_YELLOW);
	}
	page_blank(p);
}

/* The closing: what was read, and what was not. */

static void say_counts(struct page *p, const struct named_list *list, size_t max)
{
	for (size_t i = 0; i < list->count && i < SUMMARY_LIST_MAX; i++) {
		char name[ESCAPE_SIZE(PHRASE_TEXT_COLUMNS)], number[PHRASE_MAX];
		if (i == max) {
			page_say(p, ", and %s",
				 count_phrase(list->count - max, "more kind", "more kinds", number));
			break;
		}
		escape_terminal(slice_str(list->items[i].name), PHRASE_TEXT_COLUMNS, name);
		page_say(p, "%s%s %s", i ? ", " : "", name, number_phrase(list->items[i].count, number));
	}
}

static void print_read(struct page *p, const struct run_summary *r)
{
	char text[PHRASE_MAX];
	page_say(p, "Read: %s", count_phrase(r->actors, "address that acted", "addresses that acted", text));
	if (r->requests.count) {
		page_say(p, "; requests ");
		say_counts(p, &r->requests, TEXT_REASONS_MAX);
	}
	const char *before = "; responses ";
	for (unsigned class = 1; class <= 6; class ++)
		if (r->responses[class]) {
			page_say(p, "%s%uxx %s", before, class, number_phrase(r->responses[class], text));
			before = ", ";
		}
	if (r->provisioning)
		page_say(
		    p, "; %s",
		    count_phrase(r->provisioning, "provisioning request", "provisioning requests", text));
	page_say(p, ".");
	page_end(p, 0, 2, TINT_NONE);
}

static void print_dialects(struct page *p, const struct run_summary *r)
{
	char number[PHRASE_MAX], name[ESCAPE_SIZE(PHRASE_TEXT_COLUMNS)];
	if (!r->has_log)
		return;
	page_say(p, "Logs: %s of ", number_phrase(r->lines_matched, number));
	page_say(p, "%s told something", count_phrase(r->lines, "line", "lines", number));
	for (size_t i = 0; i < r->dialect_count; i++) {
		escape_terminal(slice_str(r->dialects[i].name), PHRASE_TEXT_COLUMNS, name);
		page_say(p, "%s%s %s", i ? ", " : ": ", name, number_phrase(r->dialects[i].matched, number));
		if (r->dialects[i].unmatched)
			page_say(p, " (%s not matched)",
				 count_phrase(r->dialects[i].unmatched, "line", "lines", number));
	}
	page_say(p, r->lines && !r->lines_matched && !r->lines_forged
			? ". Warning: none of these lines could be used; is it the "
			  "log of a program in docs/dialects.md?"
			: ".");
	page_end(p, 0, 2, r->lines && !r->lines_matched ? TINT_YELLOW : TINT_NONE);
}

static void print_damage(struct page *p, const struct run_summary *r)
{
	for (size_t i = 0; i < r->input_count; i++) {
		const struct input_summary *in = &r->inputs[i];
		char name[ESCAPE_SIZE(PHRASE_NAME_COLUMNS)], text[PHRASE_MAX];
		if (!in->damaged)
			continue;
		escape_terminal(slice_str(in->name), PHRASE_NAME_COLUMNS, name);
		page_say(p, "Damage: %s: %s could not be read", name,
			 count_phrase(in->damaged, "record or block", "records or blocks", text));
		if (in->damage)
			page_say(p, " (%s)", in->damage);
		page_say(p, "; everything before the damage was used.");
		page_end(p, 0, 2, TINT_YELLOW);
	}
}

static void print_closing(struct text_sink *s, const struct run_summary *r)
{
	struct page *p = &s->page;
	char text[PHRASE_MAX];
	print_read(p, r);
	print_dialects(p, r);
	if (r->not_understood.count) {
		page_say(p, "Not understood: ");
		say_counts(p, &r->not_understood, TEXT_REASONS_MAX);
		page_say(p, ".");
		page_end(p, 0, 2, TINT_NONE);
	}
	if (r->other_traffic.count) {
		page_say(p, "Other traffic: ");
		say_counts(p, &r->other_traffic, TEXT_REASONS_MAX);
		page_say(p, ".");
		page_end(p, 0, 2, TINT_NONE);
	}
	if (r->evicted)
		page_say(p,
			 "Memory: %s forgotten to stay within --max-actors; the counts of what is shown may "
			 "be low.",
			 count_phrase(r->evicted, "address was", "addresses were", text));
	page_end(p, 0, 2, TINT_YELLOW);
	if (r->dropped)
		page_say(p,
			 "Memory: %s room was short, so that a request was judged before its answer came, or "
			 "a rule's "
			 "window or evidence was forgotten; a larger --max-actors gives more.",
			 count_phrase(r->dropped, "time", "times", text));
	page_end(p, 0, 2, TINT_YELLOW);
	print_damage(p, r);
	if (r->one_way && r->requests.count)
		page_say(p, "Only one direction of the traffic was seen, so what our side answered is not "
			    "known. If the mirror is "
			    "meant to be that way, --one-way lets the attack alone decide.");
	page_end(p, 0, 2, TINT_YELLOW);
	for (size_t i = 0; i < r->note_count; i++) {
		page_say(p, "Note: %s", r->notes[i]);
		page_end(p, 0, 2, TINT_YELLOW);
	}
}

static void print_doubts(struct text_sink *s, const struct run_summary *r)
{
	if (!r->doubts)
		return;
	print_part(s, PART_DOUBTS, NULL);
	page_say(&s->page, STORY_DOUBT_HINT);
	page_end(&s->page, 0, 0, TINT_YELLOW);
	page_blank(&s->page);
}

static void text_summary(struct sink *sink, const struct run_summary *r)
{
	struct text_sink *s = (struct text_sink *)sink;
	struct page *p = &s->page;
	p->out = s->options.out;
	print_part(s, PART_BREACHES, NULL);
	print_doubts(s, r);
	print_headline(s, r);
	if (s->table.count) {
		report_table_print(&s->table, p);
		page_blank(p);
	}
	if (s->table.out_of_memory)
		s->failed = -ENOMEM;
	print_part(s, PART_STORIES, NULL);
	print_part(s, PART_CAMPAIGNS, "CAMPAIGNS: many addresses, one plan");
	print_part(s, PART_VICTIMS,
		   "VICTIMS: their addresses are being forged, or answers are reflected at them");
	print_part(s, PART_SPARED,
		   "SPARED: these would be blocked, but they are allowed or do business here");
	print_closing(s, r);
}

static int text_finish(struct sink *sink, struct error *err)
{
	struct text_sink *s = (struct text_sink *)sink;
	return sink_finish_file(s->options.out, s->failed, "the report", err);
}

static void text_free(struct sink *sink)
{
	struct text_sink *s = (struct text_sink *)sink;
	if (!s)
		return;
	for (size_t i = 0; i < PART_COUNT; i++) {
		if (s->parts[i].out)
			fclose(s->parts[i].out);
		free(s->parts[i].text);
	}
	report_table_fini(&s->table);
	free(s);
}

static const struct sink_ops text_ops = {
	.campaign = text_campaign,
	.offender = text_offender,
	.summary = text_summary,
	.finish = text_finish,
	.free = text_free,
};

struct sink *report_text_new(const struct report_options *options)
{
	struct text_sink *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	s->sink.ops = &text_ops;
	s->options = *options;
	page_init(&s->page, options->out, options->width, options->color);
	report_table_init(&s->table);
	return &s->sink;
}
