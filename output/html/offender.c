/* SPDX-License-Identifier: MIT */
#include "output/html/offender.h"

#include "output/html/charts.h"
#include "output/report/story.h"

#include <inttypes.h>

/* As a coloured word. */
static void put_verdict(struct html *h, enum verdict verdict)
{
	html_raw(h, "<span class=\"tag v-%s\">%s</span>", verdict_text(verdict), verdict_text(verdict));
}

/* ---- a row ---- */

void html_offender_table_begin(struct html *h, const char *caption)
{
	html_raw(h, "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Table of "
		    "offenders\">\n<table class=\"rows\"><caption>");
	html_word(h, caption);
	html_raw(h,
		 "</caption>\n<thead><tr><th scope=\"col\">Verdict</th><th scope=\"col\" "
		 "class=\"n\">Score</th><th scope=\"col\">Address</th>"
		 "<th scope=\"col\">Where</th><th scope=\"col\">What it did</th><th scope=\"col\">Tool</th>"
		 "<th scope=\"col\" class=\"n\">Messages</th><th scope=\"col\">First seen "
		 "(UTC)</th></tr></thead>\n<tbody>\n");
}

void html_offender_table_end(struct html *h)
{
	html_raw(h, "</tbody></table></div>\n");
}

static void say_stages(struct page *p, const struct offender *o)
{
	for (size_t i = 0; i < o->stage_count; i++)
		page_say(p, "%s%s", i ? ", " : "", stage_text(o->stages[i].stage));
}

static void put_tool(struct html *h, const struct offender *o)
{
	if (o->tool) {
		html_word(h, o->tool);
		if (o->tool_module) {
			html_raw(h, " ");
			html_word(h, o->tool_module);
		}
	} else if (o->user_agent.len) {
		html_raw(h, "&quot;");
		html_short(h, o->user_agent, 40);
		html_raw(h, "&quot;");
	}
}

void html_offender_row(struct html *h, const struct offender *o, bool has_section)
{
	char text[PHRASE_MAX];
	html_raw(h, "<tr><td>");
	put_verdict(h, o->verdict);
	html_raw(h, "</td><td class=\"n\">%d</td><th scope=\"row\">", o->score);
	html_address(h, &o->address, has_section);
	html_raw(h, "</th><td>");
	say_geo(&h->page, &o->geo);
	html_said(h);
	html_raw(h, "</td><td>");
	say_stages(&h->page, o);
	html_said(h);
	html_raw(h, "</td><td>");
	put_tool(h, o);
	html_raw(h, "</td><td class=\"n\">%s</td><td>", number_phrase(o->messages, text));
	html_raw(h, "%s</td></tr>\n", offender_was_seen(o) ? time_phrase(o->first_us, text) : "-");
}

/* ---- a section ---- */

void html_offender_begin(struct html *h, const struct report_options *options, const struct offender *o)
{
	char anchor[HTML_ANCHOR_MAX];
	html_anchor(&o->address, anchor);
	html_raw(h,
		 "<article class=\"offender\" id=\"%s\" aria-labelledby=\"%s-h\">\n<h3 id=\"%s-h\"><span "
		 "class=\"ip\">%s</span> ",
		 anchor, anchor, anchor, anchor + 2);
	put_verdict(h, o->verdict);
	html_raw(h, " <span class=\"soft\">score %d", o->score);
	if (o->geo.country.len || o->geo.city.len || o->geo.as_number || o->geo.as_name.len) {
		html_raw(h, ", ");
		say_geo(&h->page, &o->geo);
		html_said(h);
	}
	html_raw(h, "</span></h3>\n");
	story_say_lost(&h->page, o);
	html_said_in(h, "p", "lost");
	story_say_deeds(&h->page, options, o);
	html_said_in(h, "p", NULL);
	if (o->reason)
		page_say(&h->page, "%s ", o->reason);
	story_say_advice(&h->page, o);
	html_said_in(h, "p", NULL);
	html_timeline(h, o);
}

static bool begin_fact(struct html *h, const char *name)
{
	html_raw(h, "<dt>%s</dt><dd>", name);
	return true;
}

static void end_fact(struct html *h)
{
	html_said(h);
	html_raw(h, "</dd>\n");
}

static void put_sample(struct html *h, const char *name, const struct text_sample *sample)
{
	char number[PHRASE_MAX];
	if (!sample->count)
		return;
	begin_fact(h, name);
	page_say(&h->page, "%s: ", number_phrase(sample->count, number));
	say_texts(&h->page, sample);
	end_fact(h);
}

static void put_targets(struct html *h, const struct offender *o)
{
	char number[PHRASE_MAX];
	if (!o->targets.count)
		return;
	begin_fact(h, "Targets");
	page_say(&h->page, "%s", number_phrase(o->targets.count, number));
	if (o->target_order > ORDER_NONE)
		page_say(&h->page, ", %s", choice_text(CHOICE_SWEEP_ORDER, o->target_order));
	page_say(&h->page, ": ");
	say_addresses(&h->page, &o->targets);
	end_fact(h);
}

static void put_facts(struct html *h, const struct offender *o)
{
	struct page *p = &h->page;
	char number[PHRASE_MAX];
	html_raw(h, "<dl>\n");
	begin_fact(h, "Seen");
	page_say(p, "%s", count_phrase(o->messages, "message", "messages", number));
	if (offender_was_seen(o)) {
		page_say(p, " ");
		say_span(p, o->first_us, o->last_us);
		page_say(p, ", %s answered", number_phrase(o->answered, number));
	}
	end_fact(h);
	begin_fact(h, "Proof");
	page_say(p, "%s: %s", o->proof ? proof_text(o->proof) : "none", proof_phrase(o->proof));
	end_fact(h);
	if (o->user_agent.ptr) {
		begin_fact(h, "Calls itself");
		say_text(p, o->user_agent);
		end_fact(h);
	}
	if (o->fingerprint) {
		begin_fact(h, "Fingerprint");
		html_raw(h, "<code>");
		html_word(h, o->fingerprint);
		html_raw(h, "</code>");
		end_fact(h);
	}
	put_targets(h, o);
	put_sample(h, "Accounts", &o->accounts);
	put_sample(h, "Given away", &o->revealed);
	put_sample(h, "Dialled", &o->dialed);
	put_sample(h, "Number tails", &o->tails);
	put_sample(h, "Files served", &o->served);
	if (o->campaign) {
		begin_fact(h, "Campaign");
		page_say(p, "%s", o->campaign);
		end_fact(h);
	}
	html_raw(h, "</dl>\n");
}

static void put_breaches(struct html *h, const struct report_options *options, const struct addr *address,
			 const struct breach *breaches, size_t count, const char *title,
			 void (*say)(struct page *p, const struct addr *address, const struct breach *b))
{
	if (!count)
		return;
	html_raw(h, "<h4>%s</h4>\n<ul>", title);
	for (size_t i = 0; i < count; i++) {
		say(&h->page, address, &breaches[i]);
		page_say(&h->page, " (");
		say_place(&h->page, options, breaches[i].place);
		page_say(&h->page, ")");
		html_said_in(h, "li", NULL);
	}
	html_raw(h, "</ul>\n");
}

static void put_rule(struct html *h, const struct report_options *options, const struct offender_rule *r,
		     bool is_open)
{
	char number[PHRASE_MAX];
	html_raw(h, "<details%s><summary><code>", is_open ? " open" : "");
	html_word(h, r->rule->id);
	html_raw(h, "</code> <span class=\"soft\">%s, %s</span> ", level_text(r->rule->level),
		 count_phrase(r->count, "time", "times", number));
	html_word(h, r->rule->title);
	html_raw(h, "</summary>\n");
	story_say_rule(&h->page, r);
	html_said_in(h, "p", "soft");
	html_raw(h, "<ul>");
	for (size_t i = 0; i < r->evidence_count; i++) {
		story_say_evidence(&h->page, options, &r->evidence[i]);
		html_said_in(h, "li", NULL);
	}
	if (r->count > r->evidence_count)
		html_raw(h, "<li>and %" PRIu64 " more between the first and the latest of these</li>",
			 r->count - r->evidence_count);
	html_raw(h, "</ul></details>\n");
}

static void put_score(struct html *h, const struct offender *o)
{
	html_raw(h, "<details><summary>The score, term by term: %d</summary>\n<ul>", o->score);
	for (size_t i = 0; i < o->term_count && i < SCORE_TERMS_MAX; i++) {
		page_say(&h->page, "%+d  %s", o->terms[i].points, o->terms[i].text);
		html_said_in(h, "li", NULL);
	}
	html_raw(h, "</ul></details>\n");
}

void html_offender_end(struct html *h, const struct report_options *options, const struct offender *o)
{
	put_breaches(h, options, &o->address, o->breaches, o->breach_count, "Where it got in",
		     story_say_breach);
	put_breaches(h, options, &o->address, o->doubts, o->doubt_count, "Where it got in, perhaps",
		     story_say_doubt);
	html_raw(h, "<h4>How we know: rules and evidence</h4>\n");
	for (size_t i = 0; i < o->rule_count; i++)
		put_rule(h, options, &o->rules[i], i == 0);
	put_score(h, o);
	html_raw(h, "<details><summary>All that is known of it</summary>\n");
	put_facts(h, o);
	html_raw(h, "</details>\n</article>\n");
}
