/* SPDX-License-Identifier: MIT */
#include "output/html/charts.h"

#include "output/report/phrases.h"

#include <stdlib.h>

enum { TAILS_DRAWN = 3, PREFIXES_MAX = 60, PREFIXES_MIN = 2, ROW = 18 };

struct walk {
	struct slice tail;
	struct slice prefixes[PREFIXES_MAX]; /* in the order in which they were tried */
	size_t prefix_count;
	uint64_t left_out; /* further prefixes */
	struct plot_point points[COLLECT_SERIES_MAX + COLLECT_SUCCESSES];
	size_t count;
};

static bool ends_with(struct slice text, struct slice end)
{
	return text.len >= end.len && memcmp(text.ptr + text.len - end.len, end.ptr, end.len) == 0;
}

static void add_number(struct walk *w, const struct collect_point *p)
{
	struct slice number = slice_of(p->text, p->text_len), prefix;
	size_t i = 0;
	if (!ends_with(number, w->tail))
		return;
	prefix = slice_first(number, number.len - w->tail.len);
	while (i < w->prefix_count && !slice_eq(w->prefixes[i], prefix))
		i++;
	if (i == PREFIXES_MAX) {
		w->left_out++;
		return;
	}
	w->prefixes[i] = prefix;
	w->prefix_count += i == w->prefix_count;
	w->points[w->count++] =
	    (struct plot_point){ p->time_us, i, (uint8_t)plot_mark_of((enum outcome)p->outcome) };
}

static void fill(struct walk *w, const struct collect_series *s)
{
	for (uint32_t i = 0; i < s->count && i < COLLECT_SERIES_MAX; i++)
		add_number(w, &s->points[i]);
	for (uint32_t i = 0; i < s->successes; i++)
		add_number(w, &s->success[i]);
	/* Downwards: the first prefix stands on top. */
	for (size_t i = 0; i < w->count; i++)
		w->points[i].y = w->prefix_count - 1 - w->points[i].y;
}

static void say_walk(struct html *h, const struct walk *w)
{
	char number[PHRASE_MAX];
	page_say(&h->page, "%s before one number that ends in ",
		 count_phrase(w->prefix_count, "prefix was tried", "prefixes were tried", number));
	say_text(&h->page, w->tail);
	page_say(&h->page, ": the search for the digits that give an outside line. ");
}

static void draw(const struct walk *w, struct html *h, const char *id)
{
	struct plot p = { .h = h,
			  .width = 900,
			  .left = 130,
			  .right = 18,
			  .top = 10,
			  .bottom = 44,
			  .high = w->prefix_count - 1 };
	char number[PHRASE_MAX], words[128];
	p.height = p.top + p.bottom + 16 + ROW * (int)w->prefix_count;
	plot_times(&p, w->points, w->count);
	snprintf(words, sizeof words, "%s over time.",
		 count_phrase(w->prefix_count, "prefix was tried", "prefixes were tried", number));
	html_figure_begin(h, "Prefix walk");
	plot_begin(&p, h, id, "Prefixes dialled before one number, over time", words);
	for (size_t i = 0; i < w->prefix_count; i++)
		plot_label(&p, w->prefix_count - 1 - i,
			   w->prefixes[i].len ? w->prefixes[i] : SLICE("(no prefix)"));
	plot_time_axis(&p);
	plot_points(&p, w->points, w->count);
	plot_end(&p);
	html_figure_caption(h);
	chart_outcome_keys(h, w->points, w->count);
	say_walk(h, w);
	if (w->left_out)
		page_say(&h->page, "%s with other prefixes are not drawn. ",
			 count_phrase(w->left_out, "call", "calls", number));
	html_said_in(h, "p", NULL);
	html_figure_end(h);
}

bool html_dial(struct html *h, const char *id, const struct collect_series *series,
	       const struct text_sample *tails)
{
	bool is_drawn = false;
	struct walk *w = series ? html_room(h, 0, sizeof *w) : NULL;
	for (size_t i = 0; w && i < tails->shown && i < TAILS_DRAWN; i++) {
		char own[HTML_ANCHOR_MAX + 16];
		memset(w, 0, offsetof(struct walk, points));
		w->count = 0;
		w->tail = slice_first(tails->items[i], COLLECT_TEXT_MAX);
		fill(w, series);
		if (w->prefix_count < PREFIXES_MIN)
			continue;
		snprintf(own, sizeof own, "%s%zu", id, i);
		draw(w, h, own);
		is_drawn = true;
	}
	free(w);
	return is_drawn;
}
