/* SPDX-License-Identifier: MIT */
#include "output/html_charts.h"

#include "output/phrases.h"

enum { ROW = 24, WIDTH = 900 };

static const char *stage_class(enum stage stage)
{
	switch (stage) {
	case STAGE_BREACH:
	case STAGE_TOLL_FRAUD:
		return "stage-hot";
	case STAGE_CRACK:
	case STAGE_PROVISIONING:
	case STAGE_EXPLOIT:
		return "stage-warm";
	default:
		return "stage";
	}
}

bool html_timeline(struct html *h, const struct offender *o)
{
	char id[HTML_ANCHOR_MAX + 8], anchor[HTML_ANCHOR_MAX], first[PHRASE_MAX];
	struct plot p = { .width = WIDTH, .left = 110, .right = 20, .top = 6, .bottom = 42, .low = 0, .high = 1 };
	if (o->stage_count < 2)
		return false;
	p.height = p.top + p.bottom + ROW * (int)o->stage_count + 8;
	plot_plain_time(&p, o->first_us, o->last_us);
	snprintf(id, sizeof id, "%s-s", html_anchor(&o->address, anchor));
	html_figure_begin(h, "Stages over time");
	page_say(&h->page, "From %s on: ", time_phrase(o->first_us, first));
	for (size_t i = 0; i < o->stage_count; i++)
		page_say(&h->page, "%s%s at %s", i ? ", " : "", stage_text(o->stages[i].stage),
			 near_time_phrase(o->stages[i].first_us, o->first_us, first));
	char words[512];
	snprintf(words, sizeof words, "%.*s", (int)(h->page.len < 511 ? h->page.len : 511), h->page.paragraph);
	h->page.len = 0;
	plot_begin(&p, h, id, "Stages over time", words);
	plot_time_axis(&p);
	for (size_t i = 0; i < o->stage_count; i++) {
		const struct offender_stage *s = &o->stages[i];
		int y = p.top + 6 + (int)i * ROW, from = plot_x(&p, s->first_us), to = plot_x(&p, s->last_us);
		html_raw(h, "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"3\"/>", stage_class(s->stage), from - 3, y,
			 to - from + 6, ROW - 8);
		html_raw(h, "<text class=\"lab\" x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>\n", p.left - 8, y + 12, stage_text(s->stage));
	}
	plot_end(&p);
	html_figure_caption(h);
	html_raw(h, "How far it got, and when.");
	html_figure_end(h);
	return true;
}
