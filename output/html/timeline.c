/* SPDX-License-Identifier: MIT */
#include "output/html/charts.h"

#include "output/report/phrases.h"

#include <stdlib.h>

enum { ROW = 24, WIDTH = 900 };

/* How grave a stage is: which colour it has, and in the picture of all on which line it stands. */
enum gravity { GRAVITY_SEARCH, GRAVITY_ATTACK, GRAVITY_LOSS, GRAVITIES };
static const char *const classes[GRAVITIES] = { "stage", "stage-warm", "stage-hot" };

static enum gravity gravity_of(enum stage stage)
{
	switch (stage) {
	case STAGE_BREACH:
	case STAGE_TOLL_FRAUD:
		return GRAVITY_LOSS;
	case STAGE_CRACK:
	case STAGE_PROVISIONING:
	case STAGE_EXPLOIT:
	case STAGE_FLOOD:
		return GRAVITY_ATTACK;
	default:
		return GRAVITY_SEARCH;
	}
}

bool html_timeline(struct html *h, const struct offender *o)
{
	char id[HTML_ANCHOR_MAX + 8], anchor[HTML_ANCHOR_MAX], first[PHRASE_MAX];
	struct plot p = {
		.width = WIDTH, .left = 110, .right = 20, .top = 6, .bottom = 42, .low = 0, .high = 1
	};
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
	snprintf(words, sizeof words, "%.*s", (int)(h->page.len < 511 ? h->page.len : 511),
		 h->page.paragraph);
	h->page.len = 0;
	plot_begin(&p, h, id, "Stages over time", words);
	plot_time_axis(&p);
	for (size_t i = 0; i < o->stage_count; i++) {
		const struct offender_stage *s = &o->stages[i];
		int y = p.top + 6 + (int)i * ROW, from = plot_x(&p, s->first_us), to = plot_x(&p, s->last_us);
		html_raw(h, "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"3\"/>",
			 classes[gravity_of(s->stage)], from - 3, y, to - from + 6, ROW - 8);
		html_raw(h, "<text class=\"lab\" x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>\n",
			 p.left - 8, y + 12, stage_text(s->stage));
	}
	plot_end(&p);
	html_figure_caption(h);
	html_raw(h, "How far it got, and when.");
	html_figure_end(h);
	return true;
}

/* ---- all of them ---- */

enum { COURSE_ROW = 21, LINE = 5, LINE_STEP = 6, NAME_MAX_COURSE = 17 };

void html_course_add(struct html_course *c, const struct offender *o)
{
	if (c->count == COURSE_ROWS_MAX || !o->stage_count)
		return;
	struct html_course_row *row = &c->rows[c->count++];
	row->address = o->address;
	row->stage_count = o->stage_count;
	memcpy(row->stages, o->stages, o->stage_count * sizeof *o->stages);
}

/* Starts and ends, so that the axis can be cut between them. What goes on is no quiet time: it is filled. */
static void set_times(struct plot *p, const struct html_course *c)
{
	static const size_t steps = 24;
	size_t used = 0;
	struct plot_point *times =
	    html_room(p->h, COURSE_ROWS_MAX * STAGE_COUNT * (steps + 1), sizeof *times);
	for (size_t i = 0; times && i < c->count; i++)
		for (size_t k = 0; k < c->rows[i].stage_count; k++) {
			const struct offender_stage *s = &c->rows[i].stages[k];
			for (size_t step = 0; step <= steps; step++)
				times[used++].time_us =
				    s->first_us + (s->last_us - s->first_us) / (int64_t)steps * (int64_t)step;
			times[used - 1].time_us = s->last_us;
		}
	if (times)
		plot_times(p, times, used);
	else
		plot_plain_time(p, c->rows[0].stages[0].first_us, c->rows[0].stages[0].last_us);
	free(times);
}

static void put_course_row(struct plot *p, const struct html_course_row *row, int y)
{
	char text[ADDR_TEXT_MAX];
	addr_text(&row->address, text);
	bool is_cut = strlen(text) > NAME_MAX_COURSE;
	html_raw(p->h, "<text class=\"tick\" x=\"%d\" y=\"%d\" text-anchor=\"end\">%.*s%s</text>",
		 p->left - 8, y + 12, NAME_MAX_COURSE, text, is_cut ? "..." : "");
	for (size_t k = 0; k < row->stage_count; k++) {
		const struct offender_stage *s = &row->stages[k];
		enum gravity gravity = gravity_of(s->stage);
		int from = plot_x(p, s->first_us), to = plot_x(p, s->last_us);
		html_raw(p->h, "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"2\"/>",
			 classes[gravity], from - 2, y + (int)gravity * LINE_STEP, to - from + 4, LINE);
	}
	html_raw(p->h, "\n");
}

static void put_course_keys(struct html *h)
{
	static const char *const names[GRAVITIES] = { "upper line: looked for systems, accounts or phones",
						      "middle: passwords, configurations, floods, exploits",
						      "lower: got in, or called at your cost" };
	html_raw(h, "<ul class=\"keys\">");
	for (unsigned i = 0; i < GRAVITIES; i++)
		html_raw(h,
			 "<li><svg viewBox=\"0 0 16 16\" aria-hidden=\"true\"><rect class=\"%s\" y=\"%u\" "
			 "width=\"16\" height=\"5\" rx=\"2\"/></svg>%s</li>",
			 classes[i], 1 + i * 5, names[i]);
	html_raw(h, "</ul>\n");
}

bool html_course(struct html *h, const struct html_course *c, uint64_t offenders)
{
	struct plot p = { .h = h, .width = 900, .left = 150, .right = 18, .top = 8, .bottom = 44, .high = 1 };
	char words[128], number[PHRASE_MAX];
	if (c->count < 2)
		return false;
	p.height = p.top + p.bottom + COURSE_ROW * (int)c->count + 6;
	set_times(&p, c);
	snprintf(words, sizeof words, "%s, and when each was at which stage; their sections say it in words.",
		 count_phrase(c->count, "offender", "offenders", number));
	html_figure_begin(h, "Course of events");
	plot_begin(&p, h, "course-p", "When which offender was active", words);
	plot_time_axis(&p);
	for (size_t i = 0; i < c->count; i++)
		put_course_row(&p, &c->rows[i], p.top + 6 + (int)i * COURSE_ROW);
	plot_end(&p);
	html_figure_caption(h);
	put_course_keys(h);
	page_say(&h->page, "Who was active when, the worst on top. ");
	if (offenders > c->count)
		page_say(&h->page, "%s are not drawn.",
			 count_phrase(offenders - c->count, "other", "others", number));
	html_said_in(h, "p", NULL);
	html_figure_end(h);
	return true;
}
