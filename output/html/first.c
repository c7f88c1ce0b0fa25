/* SPDX-License-Identifier: MIT */
#include "output/html/report.h"

#include "core/clock.h"
#include "output/escape.h"
#include "output/html/live.h"
#include "output/report/phrases.h"
#include "output/report/store.h"
#include "output/report/story.h"

/* ---- head ---- */

static void say_names(struct page *p, const struct report_options *options)
{
	char name[ESCAPE_SIZE(PHRASE_TEXT_COLUMNS)], number[PHRASE_MAX];
	for (size_t i = 0; i < options->input_count && i < 3; i++) {
		const char *slash = strrchr(options->inputs[i], '/');
		page_say(p, "%s%s", i ? ", " : "",
			 escape_terminal(slice_str(slash && slash[1] ? slash + 1 : options->inputs[i]),
					 PHRASE_TEXT_COLUMNS, name));
	}
	if (options->input_count > 3)
		page_say(p, " and %s",
			 count_phrase(options->input_count - 3, "more input", "more inputs", number));
}

static void say_amount(struct page *p, const struct run_summary *r)
{
	char text[PHRASE_MAX];
	if (r->packets)
		page_say(p, "%s", count_phrase(r->packets, "packet", "packets", text));
	if (r->has_log)
		page_say(p, "%s%s", r->packets ? " and " : "",
			 count_phrase(r->lines, "log line", "log lines", text));
	if (!r->packets && !r->has_log)
		page_say(p, "nothing");
}

struct html_frame html_frame_of(const struct html_sink *s)
{
	if (!s->store)
		return (struct html_frame){ .title = "SIP attacks: report" };
	return (struct html_frame){ .title = "SIP attacks in the store",
				    .is_live = s->store->is_live,
				    .seq = s->store->live_seq };
}

static void put_head(struct html_sink *s, const struct run_summary *r)
{
	struct html *h = &s->html;
	char text[PHRASE_MAX];
	const struct html_frame frame = html_frame_of(s);
	html_frame_begin(h, &frame);
	html_raw(h, "<header>\n<p class=\"brand\">siphound</p>\n<h1>");
	if (s->store) {
		page_say(&h->page, "SIP attacks that the store knows");
	} else {
		page_say(&h->page, s->offenders ? "SIP attacks in " : "No SIP attack in ");
		say_names(&h->page, &s->options);
	}
	html_said(h);
	html_raw(h, "</h1>\n<p class=\"lead\">");
	if (s->store) {
		page_say(&h->page, "Store ");
		say_text(&h->page, slice_str(s->store->name));
		if (s->store->filter.since_us != INT64_MIN)
			page_say(&h->page, ", who was seen since %s",
				 time_phrase(s->store->filter.since_us, text));
	} else {
		say_amount(&h->page, r);
		if (r->has_time) {
			page_say(&h->page, ", ");
			say_span(&h->page, r->first_us, r->last_us);
		}
	}
	page_say(&h->page, ".");
	html_said(h);
	html_raw(h, "</p>\n");
	if (frame.is_live)
		html_live_line(h);
	html_raw(h, "</header>\n<main id=\"main\" tabindex=\"-1\">\n");
}

/* ---- the three answers ---- */

static void put_part_list(struct html_sink *s, const struct html_part *part, const char *more)
{
	char text[PHRASE_MAX];
	if (!part->out || fflush(part->out))
		return;
	html_raw(&s->html, "<ul>\n");
	fwrite(part->text, 1, part->len, s->options.out);
	if (part->left_out)
		html_raw(&s->html, "<li><a href=\"#offenders\">and %s %s</a></li>\n",
			 number_phrase(part->left_out, text), more);
	html_raw(&s->html, "</ul>\n");
}

static void begin_card(struct html *h, const char *mood, const char *question)
{
	html_raw(h, "<section class=\"card %s\"><h2>%s</h2>\n", mood, question);
}

static void say_others(struct page *p, const struct run_summary *r)
{
	static const struct {
		enum verdict verdict;
		const char *one, *many;
	} words[] = {
		{ VERDICT_WATCH, "to watch: too little proof or too little done to block it",
		  "to watch: too little proof or too little done to block them" },
		{ VERDICT_VICTIM, "victim: its address is being forged",
		  "victims: their addresses are being forged" },
		{ VERDICT_SPARED, "spared: allowed, or does business here",
		  "spared: allowed, or do business here" },
	};
	char text[PHRASE_MAX];
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (r->offenders[words[i].verdict])
			page_say(p, "%s %s. ", number_phrase(r->offenders[words[i].verdict], text),
				 r->offenders[words[i].verdict] == 1 ? words[i].one : words[i].many);
}

static void put_who(struct html_sink *s, const struct run_summary *r)
{
	struct html *h = &s->html;
	uint64_t count = r->offenders[VERDICT_BLOCK];
	char text[PHRASE_MAX];
	begin_card(h,
		   count						? "bad"
		   : r->offenders[VERDICT_WATCH] || s->spared_attackers ? "warn"
									: "good",
		   "Who must be blocked?");
	if (count)
		html_raw(h, "<p class=\"big\">%s</p>\n", count_phrase(count, "address", "addresses", text));
	else
		html_raw(h, "<p class=\"big\">Nobody</p>\n");
	put_part_list(s, &s->parts[HTML_TOP], "more, in the table");
	say_others(&h->page, r);
	if (!s->offenders)
		page_say(&h->page, "No rule of level medium or above fired for anybody.");
	html_said_in(h, "p", "soft");
	html_raw(h, "</section>\n");
}

static void say_revealed(struct page *p, const struct html_sink *s)
{
	const struct chart_names *names = &s->revealed_names;
	struct text_sample sample = { .count = s->revealed };
	for (; sample.shown < names->shown && sample.shown < 8; sample.shown++)
		sample.items[sample.shown] =
		    slice_of(names->items[sample.shown].text, names->items[sample.shown].len);
	say_texts(p, &sample);
	page_say(p, ". ");
}

static void put_loss(struct html_sink *s, const struct run_summary *r)
{
	struct html *h = &s->html;
	char text[PHRASE_MAX];
	bool has_loss = s->parts[HTML_LOST].shown > 0, is_blind = r->one_way || r->is_cut;
	begin_card(h,
		   r->breaches || has_loss		  ? "bad"
		   : r->doubts || is_blind || s->revealed ? "warn"
							  : "good",
		   "Did anyone get in?");
	if (r->breaches)
		html_raw(h, "<p class=\"big\">Yes: %s</p>\n",
			 count_phrase(r->breaches, "account", "accounts", text));
	else if (r->doubts)
		html_raw(h, "<p class=\"big\">Perhaps: %s</p>\n",
			 count_phrase(r->doubts, "account", "accounts", text));
	else if (has_loss)
		html_raw(h, "<p class=\"big\">No, but something was lost</p>\n");
	else
		html_raw(h, "<p class=\"big\">%s</p>\n", is_blind ? "It can not be seen" : "No");
	put_part_list(s, &s->parts[HTML_LOST], "more");
	if (r->breaches && r->doubts)
		html_raw(h, "<p>And perhaps: %s</p>\n", count_phrase(r->doubts, "account", "accounts", text));
	put_part_list(s, &s->parts[HTML_DOUBTS], "more");
	if (r->doubts)
		page_say(&h->page, STORY_DOUBT_HINT " ");
	if (!r->breaches && !r->doubts && !is_blind)
		page_say(&h->page, "No account was taken over by guessing its password in what was %s. ",
			 s->store ? "kept" : "read");
	if (r->is_cut)
		page_say(
		    &h->page,
		    "The capture holds only the beginning of messages: which passwords were given, and which "
		    "were right, is not known of all. ");
	if (r->one_way)
		page_say(
		    &h->page,
		    r->requests.count
			? "Only one direction of the traffic was seen: what our side answered is not known. "
			: "Only one direction of the traffic was seen: what was asked is not known but for "
			  "what "
			  "answers repeat. ");
	if (s->revealed) {
		page_say(&h->page, "Our own answers gave away that %s: ",
			 count_phrase(s->revealed, "account exists", "accounts exist", text));
		say_revealed(&h->page, s);
	}
	html_said_in(h, "p", "soft");
	html_raw(h, "</section>\n");
}

static void say_proofs(struct page *p, const struct html_sink *s, uint64_t block)
{
	static const struct {
		enum proof proof;
		const char *words;
	} words[] = {
		{ PROOF_TLS, "set up a TLS connection" },
		{ PROOF_HANDSHAKE, "completed a TCP handshake" },
		{ PROOF_ECHOED, "used what only our answers carried" },
		{ PROOF_ANSWERED, "got answers from our side" },
	};
	const char *before = "";
	char text[PHRASE_MAX];
	if (!block)
		return;
	if (block > 1)
		page_say(p, "Of the %s addresses to block, ", number_phrase(block, text));
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (s->proofs[words[i].proof]) {
			page_say(p, "%s%s %s", before,
				 block > 1 ? number_phrase(s->proofs[words[i].proof], text)
					   : "The address to block",
				 words[i].words);
			before = "; ";
		}
	uint64_t unproven = s->proofs[PROOF_NONE] + s->proofs[PROOF_ABSENT];
	if (unproven)
		page_say(p, "%s%s showed no proof of its address", before,
			 block > 1 ? number_phrase(unproven, text) : "The address to block");
	page_say(p, ". ");
}

static void put_how(struct html_sink *s, const struct run_summary *r)
{
	struct html *h = &s->html;
	struct page *p = &h->page;
	char text[PHRASE_MAX];
	begin_card(h, "calm", "How do we know?");
	html_raw(h, "<p class=\"big\">%s</p>\n",
		 count_phrase(s->rules.table.count, "rule fired", "rules fired", text));
	say_proofs(p, s, r->offenders[VERDICT_BLOCK]);
	html_said_in(h, "p", NULL);
	html_raw(h, "<p>");
	page_say(p, "Every verdict names the rules behind it and the very packets or log lines that counted, "
		    "so that each can be looked up.");
	html_said(h);
	html_raw(h, " <a href=\"#%s\">%s</a></p>\n", s->offenders ? "details" : "health",
		 s->offenders ? "The evidence" : "What was read");
	if (s->parts[HTML_CAMPAIGNS].shown) {
		html_raw(h, "<p><a href=\"#campaigns\">%s</a>",
			 count_phrase(r->campaigns, "campaign", "campaigns", text));
		html_raw(h, " of many addresses with one plan.</p>\n");
	}
	if (r->evicted || r->dropped)
		html_raw(h, "<p class=\"soft\">Memory was short, so counts may be low: <a "
			    "href=\"#health\">see below</a>.</p>\n");
	html_raw(h, "</section>\n");
}

/* ---- the way to the rest ---- */

static void put_contents(struct html_sink *s)
{
	static const char *const pictures[HTML_LONES] = { "<li><a href=\"#sweep\">Sweep picture</a></li>",
							  "<li><a href=\"#ladder\">Extension ladder</a></li>",
							  "<li><a href=\"#dial\">Prefix walk</a></li>",
							  "<li><a href=\"#macs\">MAC walk</a></li>" };
	struct html *h = &s->html;
	html_raw(h, "<nav aria-label=\"Contents\"><ul>");
	for (unsigned i = 0; i < HTML_LONES; i++)
		if (s->has_picture[i])
			html_raw(h, "%s", pictures[i]);
	if (s->has_course)
		html_raw(h, "<li><a href=\"#course\">Course of events</a></li>");
	if (s->offenders)
		html_raw(h, "<li><a href=\"#offenders\">All offenders</a></li>");
	if (s->parts[HTML_CAMPAIGNS].shown)
		html_raw(h, "<li><a href=\"#campaigns\">Campaigns</a></li>");
	if (s->offenders)
		html_raw(h, "<li><a href=\"#details\">Each of them</a></li><li><a href=\"#sources\">Sources "
			    "and tools</a></li>");
	html_raw(h, "<li><a href=\"#health\">What was read</a></li></ul></nav>\n");
}

void html_first_screen(struct html_sink *s, const struct run_summary *r)
{
	put_head(s, r);
	html_raw(&s->html, "<div class=\"cards\">\n");
	put_who(s, r);
	put_loss(s, r);
	put_how(s, r);
	html_raw(&s->html, "</div>\n");
	if (s->store)
		html_store_note(s);
	put_contents(s);
}
