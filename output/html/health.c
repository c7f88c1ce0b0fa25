/* SPDX-License-Identifier: MIT */
#include "output/html/report.h"

#include "output/report/phrases.h"

/* ---- counts ---- */

static void begin_table(struct html *h, const char *caption, const char *first, const char *second)
{
	html_raw(h,
		 "<table class=\"counts\"><caption>%s</caption>\n<thead><tr><th scope=\"col\">%s</th><th "
		 "scope=\"col\" class=\"n\">%s</th></tr>"
		 "</thead>\n<tbody>\n",
		 caption, first, second);
}

static void put_count(struct html *h, const char *name, uint64_t count)
{
	char number[PHRASE_MAX];
	html_raw(h, "<tr><th scope=\"row\">");
	html_word(h, name);
	html_raw(h, "</th><td class=\"n\">%s</td></tr>\n", number_phrase(count, number));
}

static void put_list(struct html *h, const char *caption, const char *first, const struct named_list *list)
{
	if (!list->count)
		return;
	begin_table(h, caption, first, "Count");
	for (size_t i = 0; i < list->count && i < SUMMARY_LIST_MAX; i++)
		put_count(h, list->items[i].name, list->items[i].count);
	html_raw(h, "</tbody></table>\n");
}

static void put_messages(struct html *h, const struct run_summary *r)
{
	if (!r->requests.count && !r->provisioning)
		return;
	begin_table(h, "SIP messages and provisioning requests", "Kind", "Count");
	for (size_t i = 0; i < r->requests.count && i < SUMMARY_LIST_MAX; i++)
		put_count(h, r->requests.items[i].name, r->requests.items[i].count);
	for (unsigned class = 1; class <= 6; class ++)
		if (r->responses[class]) {
			char name[32];
			snprintf(name, sizeof name, "responses %uxx", class);
			put_count(h, name, r->responses[class]);
		}
	if (r->provisioning)
		put_count(h, "provisioning requests", r->provisioning);
	html_raw(h, "</tbody></table>\n");
}

static void put_dialects(struct html *h, const struct run_summary *r)
{
	char number[PHRASE_MAX];
	if (!r->has_log)
		return;
	html_raw(h, "<table class=\"counts\"><caption>Log lines by dialect: %s",
		 number_phrase(r->lines_matched, number));
	html_raw(h,
		 " of %s told something</caption>\n<thead><tr><th scope=\"col\">Dialect</th><th "
		 "scope=\"col\" class=\"n\">Told something</th>"
		 "<th scope=\"col\" class=\"n\">Not matched</th></tr></thead>\n<tbody>\n",
		 number_phrase(r->lines, number));
	for (size_t i = 0; i < r->dialect_count; i++) {
		html_raw(h, "<tr><th scope=\"row\">");
		html_word(h, r->dialects[i].name);
		html_raw(h, "</th><td class=\"n\">%s</td>", number_phrase(r->dialects[i].matched, number));
		html_raw(h, "<td class=\"n\">%s</td></tr>\n",
			 number_phrase(r->dialects[i].unmatched, number));
	}
	html_raw(h, "</tbody></table>\n");
}

static void put_inputs(struct html_sink *s, const struct run_summary *r)
{
	struct html *h = &s->html;
	char number[PHRASE_MAX];
	if (!r->input_count)
		return;
	html_raw(h, "<table class=\"counts\"><caption>Inputs</caption>\n<thead><tr><th "
		    "scope=\"col\">Input</th><th scope=\"col\" class=\"n\">"
		    "Packets or lines</th><th scope=\"col\">Damage</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < r->input_count && i < HTML_INPUTS_MAX; i++) {
		const struct input_summary *in = &r->inputs[i];
		html_raw(h, "<tr><th scope=\"row\">");
		html_word(h, in->name);
		html_raw(h, "</th><td class=\"n\">%s</td><td>", number_phrase(in->packets, number));
		if (in->damaged)
			page_say(&h->page, "%s could not be read",
				 count_phrase(in->damaged, "record or block", "records or blocks", number));
		if (in->damaged && in->damage)
			page_say(&h->page, ": %s", in->damage);
		html_said(h);
		html_raw(h, "</td></tr>\n");
	}
	html_raw(h, "</tbody></table>\n");
	if (r->input_count > HTML_INPUTS_MAX)
		html_raw(h, "<p>and %s.</p>\n",
			 count_phrase(r->input_count - HTML_INPUTS_MAX, "more input", "more inputs", number));
}

/* ---- what is to be known before all of it is believed ---- */

static void put_warnings(struct html *h, const struct run_summary *r)
{
	struct page *p = &h->page;
	char text[PHRASE_MAX];
	if (r->lines_forged > r->lines_matched)
		page_say(p,
			 "%s could not be used, more than told something: text that came from outside "
			 "imitates the program's own words in "
			 "them, and whoever sent it hides by that who he is.",
			 count_phrase(r->lines_forged, "log line", "log lines", text));
	html_said_in(h, "p", "note");
	if (r->has_log && r->lines && !r->lines_matched && !r->lines_forged)
		page_say(p, "None of the log lines could be used: is it the log of a program that "
			    "docs/dialects.md names?");
	html_said_in(h, "p", "note");
	if (r->evicted)
		page_say(p,
			 "%s forgotten to stay within --max-actors; the counts of what is shown may be low.",
			 count_phrase(r->evicted, "address was", "addresses were", text));
	html_said_in(h, "p", "note");
	if (r->dropped)
		page_say(p,
			 "%s room was short, so that a request was judged before its answer came, or a "
			 "rule's window or evidence was "
			 "forgotten; a larger --max-actors gives more.",
			 count_phrase(r->dropped, "time", "times", text));
	html_said_in(h, "p", "note");
	if (r->one_way && r->requests.count)
		page_say(p, "Only one direction of the traffic was seen, so what our side answered is not "
			    "known. If the mirror is meant to be "
			    "that way, --one-way lets the attack alone decide.");
	html_said_in(h, "p", "note");
	for (size_t i = 0; i < r->note_count; i++) {
		page_say(p, "%s", r->notes[i]);
		html_said_in(h, "p", "note");
	}
}

void html_health(struct html_sink *s, const struct run_summary *r)
{
	struct html *h = &s->html;
	char text[PHRASE_MAX];
	html_raw(h, "<section id=\"health\" aria-labelledby=\"health-h\">\n<h2 id=\"health-h\">What was "
		    "read, and what was not</h2>\n");
	if (!s->store) {
		page_say(&h->page, "%s acted. ", count_phrase(r->actors, "address", "addresses", text));
		page_say(&h->page, "%s understood.",
			 count_phrase(r->sip_messages, "SIP message was", "SIP messages were", text));
		html_said_in(h, "p", NULL);
	} else {
		html_raw(h, "<p>The store keeps what was found, not what was read: how many messages or "
			    "lines there were, and what of them was "
			    "not understood, is told by each run.</p>\n");
	}
	put_warnings(h, r);
	html_raw(h, "<div class=\"two\">\n");
	put_inputs(s, r);
	put_messages(h, r);
	put_dialects(h, r);
	put_list(h, "Not understood", "Why", &r->not_understood);
	put_list(h, "Other traffic", "Kind", &r->other_traffic);
	html_raw(h, "</div></section>\n");
}

void html_store_note(struct html_sink *s)
{
	html_raw(&s->html,
		 "<p class=\"note\">A store keeps verdicts, evidence and samples, not single requests. So "
		 "this page has no sweep picture, no "
		 "extension ladder, no prefix or MAC walk, and lists at most %d targets, accounts or numbers "
		 "of each offender. "
		 "<code>siphound read FILE --format html</code> draws them from a capture, <code>siphound "
		 "logs</code> from logs.</p>\n",
		 SAMPLE_MAX);
}
