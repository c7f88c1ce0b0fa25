/* SPDX-License-Identifier: MIT */
#include "output/html/report.h"

#include "output/html/charts.h"
#include "output/html/offender.h"
#include "output/report/story.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

/* ---- parts ---- */

static bool open_part(struct html_sink *s, struct html_part *part)
{
	if (!part->out)
		part->out = open_memstream(&part->text, &part->len);
	if (!part->out) {
		s->failed = -ENOMEM;
		return false;
	}
	s->html.out = part->out;
	return true;
}

/* Turns the writer to this part, for one more entry. False when it has enough. */
static bool begin_entry(struct html_sink *s, enum html_part_name name, uint64_t max)
{
	struct html_part *part = &s->parts[name];
	if (part->shown >= max) {
		part->left_out++;
		return false;
	}
	part->shown++;
	return open_part(s, part);
}

static void put_part(struct html_sink *s, struct html_part *part)
{
	if (part->out && fflush(part->out) == 0)
		fwrite(part->text, 1, part->len, s->options.out);
}

static void close_part(struct html_part *part)
{
	if (part->out)
		fclose(part->out);
	free(part->text);
}

/* ---- records ---- */

static void html_observation(struct sink *sink, const struct observation *o)
{
	struct html_sink *s = (struct html_sink *)sink;
	if (s->collect)
		collect_observe(s->collect, o);
}

static void html_campaign(struct sink *sink, const struct campaign *c)
{
	struct html_sink *s = (struct html_sink *)sink;
	struct page *p = &s->html.page;
	char text[PHRASE_MAX];
	if (!begin_entry(s, HTML_CAMPAIGNS, HTML_CAMPAIGNS_MAX))
		return;
	html_raw(&s->html, "<article class=\"offender\" id=\"%s\"><h3>%s</h3>\n", c->id, c->id);
	page_say(p, "%s with one plan: %s (rule %s). ",
		 count_phrase(c->actors.count, "address", "addresses", text), c->rule->title, c->rule->id);
	page_say(p, "%s ", count_phrase(c->observations, "observation", "observations", text));
	say_span(p, c->first_us, c->last_us);
	if (c->account.len) {
		page_say(p, ", all aimed at account ");
		say_text(p, c->account);
	}
	page_say(p, ".");
	html_said_in(&s->html, "p", NULL);
	html_raw(&s->html, "<p>");
	for (size_t i = 0; i < c->actors.shown && i < SAMPLE_MAX; i++) {
		html_raw(&s->html, i ? ", " : "");
		html_address(&s->html, &c->actors.items[i], false);
	}
	if (c->actors.count > c->actors.shown)
		html_raw(&s->html, " and %s more", number_phrase(c->actors.count - c->actors.shown, text));
	html_raw(&s->html, "</p>\n");
	if (c->fingerprint) {
		html_raw(&s->html, "<p class=\"soft\">They write alike: <code>");
		html_word(&s->html, c->fingerprint);
		html_raw(&s->html, "</code></p>\n");
	}
	html_raw(&s->html, "</article>\n");
}

/* ---- offenders ---- */

static void tally(struct html_sink *s, const struct offender *o)
{
	struct page *p = &s->html.page;
	html_tally_add(&s->countries, o->geo.country, o->messages);
	if (o->geo.as_number || o->geo.as_name.len) {
		struct geo network = { .as_number = o->geo.as_number, .as_name = o->geo.as_name };
		say_geo(p, &network);
		html_tally_add(&s->networks, slice_of(p->paragraph, p->len), o->messages);
		p->len = 0;
	}
	if (o->tool) {
		page_say(p, "%s%s%s", o->tool, o->tool_module ? " " : "",
			 o->tool_module ? o->tool_module : "");
		html_tally_add(&s->tools, slice_of(p->paragraph, p->len), o->messages);
		p->len = 0;
	}
	html_tally_add(&s->agents, o->user_agent, o->messages);
	html_tally_add(&s->fingerprints, slice_str(o->fingerprint), o->messages);
	for (size_t i = 0; i < o->rule_count; i++)
		html_tally_add(&s->rules, slice_str(o->rules[i].rule->id), o->rules[i].count);
	html_map_add(&s->map, &o->address, o->verdict);
	s->offenders++;
	if (o->verdict == VERDICT_BLOCK)
		s->proofs[o->proof]++;
	s->spared_attackers +=
	    o->verdict == VERDICT_SPARED && o->rule_count && o->rules[0].rule->level >= LEVEL_HIGH;
	if (o->verdict == VERDICT_BLOCK || o->verdict == VERDICT_WATCH) {
		s->revealed += o->revealed.count;
		s->served += o->served.count;
		chart_names_add(&s->revealed_names, &o->revealed);
	}
}

static void put_top(struct html_sink *s, const struct offender *o)
{
	struct html *h = &s->html;
	if (o->verdict != VERDICT_BLOCK || !begin_entry(s, HTML_TOP, HTML_TOP_MAX))
		return;
	html_raw(h, "<li>");
	html_address(h, &o->address, true);
	html_raw(h, " <span class=\"soft\">score %d</span><br>", o->score);
	for (size_t i = 0; i < o->stage_count; i++)
		page_say(&h->page, "%s%s", i ? ", " : "", stage_phrase(o->stages[i].stage));
	html_said(h);
	html_raw(h, "</li>\n");
}

static void put_lost(struct html_sink *s, const struct offender *o)
{
	static const char prefix[] = "LOST: ";
	struct page *p = &s->html.page;
	story_say_lost(p, o);
	if (p->len == 0)
		return;
	if (!begin_entry(s, HTML_LOST, HTML_LOST_MAX)) {
		p->len = 0;
		return;
	}
	if (p->len > sizeof prefix && memcmp(p->paragraph, prefix, sizeof prefix - 1) == 0)
		memset(p->paragraph, ' ', sizeof prefix - 1);
	html_raw(&s->html, "<li>");
	html_address(&s->html, &o->address, s->offenders <= HTML_SECTIONS_MAX);
	html_raw(&s->html, ": ");
	html_said(&s->html);
	html_raw(&s->html, "</li>\n");
}

static void put_doubts(struct html_sink *s, const struct offender *o)
{
	for (size_t i = 0; i < o->doubt_count; i++) {
		if (!begin_entry(s, HTML_DOUBTS, HTML_LOST_MAX))
			continue;
		story_say_doubt(&s->html.page, &o->address, &o->doubts[i]);
		html_said_in(&s->html, "li", NULL);
	}
}

static bool draw(struct html_sink *s, enum html_lone_name name, const char *id,
		 const struct chart_actor *actors, size_t count, const struct chart_names *revealed)
{
	if (name == HTML_LONE_SWEEP)
		return html_sweep(&s->html, id, actors, count);
	if (name == HTML_LONE_LADDER)
		return html_ladder(&s->html, id, actors, count, revealed);
	return false;
}

/* A picture of one offender. The first is kept apart, since it may go on top of the page: see struct
 * html_lone. */
static void put_picture(struct html_sink *s, enum html_lone_name name, const struct offender *o,
			const struct chart_names *revealed)
{
	static const enum collect_kind kinds[HTML_LONES] = { COLLECT_TARGETS, COLLECT_ACCOUNTS,
							     COLLECT_NUMBERS, COLLECT_MACS };
	struct html_lone *lone = &s->lones[name];
	struct chart_actor actor = { o->address, collect_find(s->collect, &o->address, kinds[name]) };
	char id[HTML_ANCHOR_MAX + 8], anchor[HTML_ANCHOR_MAX];
	FILE *sections = s->html.out;
	if (!actor.series || (!lone->shown && (fflush(sections) || !open_part(s, &lone->part))))
		return;
	snprintf(id, sizeof id, "%s-p%u", html_anchor(&o->address, anchor), (unsigned)name);
	bool is_drawn = name == HTML_LONE_DIAL	 ? html_dial(&s->html, id, actor.series, &o->tails)
			: name == HTML_LONE_MACS ? html_macs(&s->html, id, actor.series)
						 : draw(s, name, id, &actor, 1, revealed);
	if (is_drawn && lone->shown++ == 0) {
		lone->at = s->parts[HTML_SECTIONS].len;
		lone->address = o->address;
	}
	s->html.out = sections;
}

static void put_pictures(struct html_sink *s, const struct offender *o)
{
	struct chart_names revealed = { 0 };
	chart_names_add(&revealed, &o->revealed);
	for (unsigned name = 0; name < HTML_LONES; name++)
		put_picture(s, (enum html_lone_name)name, o, &revealed);
}

static void html_offender(struct sink *sink, const struct offender *o)
{
	struct html_sink *s = (struct html_sink *)sink;
	tally(s, o);
	put_top(s, o);
	put_lost(s, o);
	put_doubts(s, o);
	bool is_open = s->parts[HTML_ROWS].shown < HTML_ROWS_OPEN;
	if (begin_entry(s, is_open ? HTML_ROWS : HTML_MORE_ROWS,
			is_open ? HTML_ROWS_OPEN : HTML_ROWS_MAX - HTML_ROWS_OPEN))
		html_offender_row(&s->html, o, s->offenders <= HTML_SECTIONS_MAX);
	if (o->verdict != VERDICT_SPARED && s->together_count < HTML_TOGETHER_MAX)
		s->together[s->together_count++] = o->address;
	html_course_add(&s->course, o);
	if (!begin_entry(s, HTML_SECTIONS, HTML_SECTIONS_MAX))
		return;
	html_offender_begin(&s->html, &s->options, o);
	if (s->collect && s->offenders <= HTML_PICTURES_MAX)
		put_pictures(s, o);
	html_offender_end(&s->html, &s->options, o);
}

/* ---- the page ---- */

static void heading(struct html *h, const char *id, const char *text)
{
	html_raw(h, "<section id=\"%s\" aria-labelledby=\"%s-h\">\n<h2 id=\"%s-h\">%s</h2>\n", id, id, id,
		 text);
}

static size_t gather(struct html_sink *s, enum collect_kind kind, struct chart_actor *actors)
{
	size_t count = 0;
	if (s->offenders > HTML_TOGETHER_MAX && collect_all(s->collect, kind)) {
		actors[0] = (struct chart_actor){ .series = collect_all(s->collect, kind) };
		return 1;
	}
	for (size_t i = 0; s->collect && i < s->together_count; i++) {
		const struct collect_series *series = collect_find(s->collect, &s->together[i], kind);
		if (series)
			actors[count++] = (struct chart_actor){ .address = s->together[i], .series = series };
	}
	return count;
}

static const struct {
	const char *id, *title, *own;
	bool has_all; /* there is a picture of all offenders together; else that of the worst who has one
			 stands on top */
} pictures[HTML_LONES] = {
	{ "sweep", "The sweep picture", "sweep picture", true },
	{ "ladder", "The extension ladder", "extension ladder", true },
	{ "dial", "The prefix walk", "prefix walk", false },
	{ "macs", "The MAC walk", "MAC walk", false },
};

static bool stands_above(const struct html_sink *s, unsigned name)
{
	return s->lones[name].shown &&
	       (!pictures[name].has_all || (s->lones[name].shown == 1 && s->offenders <= HTML_TOGETHER_MAX));
}

static void put_head_picture(struct html_sink *s, struct html_part *to, enum html_lone_name name,
			     const struct html_part *from)
{
	if (!from->out || fflush(from->out) || !open_part(s, to))
		return;
	heading(&s->html, pictures[name].id, pictures[name].title);
	if (s->lones[name].shown > 1 && !pictures[name].has_all) {
		html_raw(&s->html, "<p>That of ");
		html_address(&s->html, &s->lones[name].address, true);
		html_raw(&s->html, "; others stand with their offenders below.</p>\n");
	}
	fwrite(from->text, 1, from->len, to->out);
	html_raw(&s->html, "</section>\n");
	s->has_picture[name] = true;
}

static void draw_course(struct html_sink *s, struct html_part *to)
{
	struct html_part part = { 0 };
	if (open_part(s, &part) && html_course(&s->html, &s->course, s->offenders) && fflush(part.out) == 0 &&
	    open_part(s, to)) {
		heading(&s->html, "course", "The course of events");
		fwrite(part.text, 1, part.len, to->out);
		html_raw(&s->html, "</section>\n");
		s->has_course = true;
	}
	close_part(&part);
}

/* Before the first screen, which names what there is to see. */
static void draw_overview(struct html_sink *s, struct html_part *to)
{
	static const enum collect_kind kinds[] = { COLLECT_TARGETS, COLLECT_ACCOUNTS };
	struct chart_actor *actors = calloc(HTML_TOGETHER_MAX, sizeof *actors);
	if (!actors) {
		s->failed = -ENOMEM;
		return;
	}
	for (unsigned name = 0; name < HTML_LONES; name++) {
		struct html_part part = { 0 };
		if (stands_above(s, name)) {
			put_head_picture(s, to, (enum html_lone_name)name, &s->lones[name].part);
		} else if (pictures[name].has_all && open_part(s, &part)) {
			size_t count = gather(s, kinds[name], actors);
			if (draw(s, (enum html_lone_name)name, pictures[name].id, actors, count,
				 &s->revealed_names))
				put_head_picture(s, to, (enum html_lone_name)name, &part);
		}
		close_part(&part);
	}
	free(actors);
	draw_course(s, to);
}

static void put_sources(struct html_sink *s)
{
	struct html *h = &s->html;
	if (!s->offenders)
		return;
	heading(h, "sources", "Where they come from, and with which tools");
	html_raw(h, "<div class=\"two\">\n");
	html_map_print(&s->map, h);
	html_raw(h, "<div>\n");
	bool has_geo = html_tally_print(&s->countries, h, "Countries", "Country");
	has_geo |= html_tally_print(&s->networks, h, "Networks", "Network");
	if (!has_geo)
		html_raw(h, "<p class=\"soft\">Countries and networks are not known: no <code>--geo</code> "
			    "file named them.</p>\n");
	if (s->map.others)
		html_raw(h, "<p>%" PRIu64 " of the offenders %s, which the map does not show.</p>\n",
			 s->map.others, s->map.others == 1 ? "has an IPv6 address" : "have IPv6 addresses");
	html_tally_print(&s->tools, h, "Tools that gave themselves away", "Tool");
	html_tally_print(&s->agents, h, "Names they gave themselves (User-Agent)", "User-Agent");
	html_raw(h, "</div>\n");
	html_tally_print(&s->fingerprints, h, "How their software writes (fingerprint)", "Fingerprint");
	html_tally_print(&s->rules, h, "Rules that fired", "Rule");
	html_raw(h, "</div></section>\n");
}

/* Those that have a place, in the order of their places. */
static size_t order_lones(const struct html_sink *s, unsigned order[HTML_LONES])
{
	size_t count = 0;
	for (unsigned name = 0; name < HTML_LONES; name++) {
		size_t i = count;
		if (!s->lones[name].shown)
			continue;
		for (; i > 0 && s->lones[order[i - 1]].at > s->lones[name].at; i--)
			order[i] = order[i - 1];
		order[i] = name;
		count++;
	}
	return count;
}

/* The sections, with the pictures that were left out of them put where they belong. */
static void put_sections(struct html_sink *s)
{
	struct html_part *part = &s->parts[HTML_SECTIONS];
	unsigned order[HTML_LONES];
	size_t at = 0;
	char number[PHRASE_MAX];
	if (!part->out || fflush(part->out))
		return;
	heading(&s->html, "details", "Each of them");
	size_t count = order_lones(s, order);
	for (size_t i = 0; i < count; i++) {
		unsigned name = order[i];
		const struct html_lone *lone = &s->lones[name];
		fwrite(part->text + at, 1, lone->at - at, s->options.out);
		at = lone->at;
		if (stands_above(s, name))
			html_raw(&s->html, "<p><a href=\"#%s\">Its %s</a> is above.</p>\n", pictures[name].id,
				 pictures[name].own);
		else
			put_part(s, &s->lones[name].part);
	}
	fwrite(part->text + at, 1, part->len - at, s->options.out);
	if (part->left_out)
		html_raw(&s->html,
			 "<p>%s more have no section here: the worst %d do. <code>--format json</code> has "
			 "all there is to know of "
			 "each.</p>\n",
			 number_phrase(part->left_out, number), HTML_SECTIONS_MAX);
	html_raw(&s->html, "</section>\n");
}

static void put_table(struct html_sink *s)
{
	struct html_part *part = &s->parts[HTML_ROWS], *more = &s->parts[HTML_MORE_ROWS];
	char number[PHRASE_MAX], caption[2 * PHRASE_MAX];
	if (!part->shown)
		return;
	heading(&s->html, "offenders", "All offenders");
	snprintf(caption, sizeof caption, "%s, worst first",
		 count_phrase(s->offenders, "offender", "offenders", number));
	html_offender_table_begin(&s->html, caption);
	put_part(s, part);
	html_offender_table_end(&s->html);
	if (more->shown) {
		html_raw(&s->html, "<details><summary>%s more</summary>\n",
			 number_phrase(more->shown, number));
		html_offender_table_begin(&s->html, "Less grave than those above");
		put_part(s, more);
		html_offender_table_end(&s->html);
		html_raw(&s->html, "</details>\n");
	}
	if (more->left_out)
		html_raw(&s->html,
			 "<p>and %s more, less grave than these; <code>--format csv</code> has all.</p>\n",
			 number_phrase(more->left_out, number));
	html_raw(&s->html, "</section>\n");
}

static void put_campaigns(struct html_sink *s)
{
	struct html_part *part = &s->parts[HTML_CAMPAIGNS];
	char number[PHRASE_MAX];
	if (!part->shown)
		return;
	heading(&s->html, "campaigns", "Campaigns: many addresses, one plan");
	put_part(s, part);
	if (part->left_out)
		html_raw(&s->html, "<p>and %s more; <code>--format json</code> has all.</p>\n",
			 number_phrase(part->left_out, number));
	html_raw(&s->html, "</section>\n");
}

static void html_summary(struct sink *sink, const struct run_summary *r)
{
	struct html_sink *s = (struct html_sink *)sink;
	struct html_part overview = { 0 };
	draw_overview(s, &overview);
	s->html.out = s->options.out;
	html_first_screen(s, r);
	put_part(s, &overview);
	close_part(&overview);
	put_table(s);
	put_campaigns(s);
	put_sections(s);
	put_sources(s);
	html_health(s, r);
	const struct html_frame frame = html_frame_of(s);
	html_frame_end(&s->html, &frame);
}

static int html_finish(struct sink *sink, struct error *err)
{
	struct html_sink *s = (struct html_sink *)sink;
	if (s->html.is_short || (s->collect && collect_is_short(s->collect)))
		s->failed = -ENOMEM;
	return sink_finish_file(s->options.out, s->failed, "the report", err);
}

static void html_free(struct sink *sink)
{
	struct html_sink *s = (struct html_sink *)sink;
	if (!s)
		return;
	for (unsigned i = 0; i < HTML_PARTS; i++)
		close_part(&s->parts[i]);
	for (unsigned i = 0; i < HTML_LONES; i++)
		close_part(&s->lones[i].part);
	html_tally_fini(&s->countries);
	html_tally_fini(&s->networks);
	html_tally_fini(&s->tools);
	html_tally_fini(&s->agents);
	html_tally_fini(&s->fingerprints);
	html_tally_fini(&s->rules);
	collect_free(s->collect);
	free(s);
}

static const struct sink_ops html_ops = {
	.observation = html_observation,
	.campaign = html_campaign,
	.offender = html_offender,
	.summary = html_summary,
	.finish = html_finish,
	.free = html_free,
};

static struct html_sink *new_sink(const struct report_options *options)
{
	struct html_sink *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	s->sink.ops = &html_ops;
	s->options = *options;
	html_init(&s->html, options->out);
	if (html_tally_init(&s->countries) || html_tally_init(&s->networks) || html_tally_init(&s->tools) ||
	    html_tally_init(&s->agents) || html_tally_init(&s->fingerprints) || html_tally_init(&s->rules)) {
		html_free(&s->sink);
		return NULL;
	}
	return s;
}

struct sink *report_html_new(const struct report_options *options)
{
	struct html_sink *s = new_sink(options);
	if (s)
		s->collect = collect_new();
	if (s && !s->collect) {
		html_free(&s->sink);
		return NULL;
	}
	return s ? &s->sink : NULL;
}

struct sink *report_html_store_new(const struct report_options *options,
				   const struct report_store_query *query)
{
	struct html_sink *s = new_sink(options);
	if (!s)
		return NULL;
	s->store = query;
	return &s->sink;
}
