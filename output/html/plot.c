/* SPDX-License-Identifier: MIT */
#include "output/html/plot.h"

#include "core/clock.h"

#include <inttypes.h>
#include <stdlib.h>

static const struct {
	const char *class, *shape, *name;
} marks[] = {
#define X(id, class, shape, name) { class, shape, name },
	PLOT_MARKS(X)
#undef X
};

enum plot_mark plot_mark_of(enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_CHALLENGED:
		return MARK_CHALLENGED;
	case OUTCOME_ACCEPTED:
	case OUTCOME_ANSWERED:
		return MARK_SUCCESS;
	case OUTCOME_REFUSED:
		return MARK_REFUSED;
	case OUTCOME_UNKNOWN_TARGET:
		return MARK_UNKNOWN;
	case OUTCOME_FORBIDDEN:
		return MARK_FORBIDDEN;
	case OUTCOME_RANG:
	case OUTCOME_CANCELLED:
		return MARK_RANG;
	case OUTCOME_ERROR:
		return MARK_ERROR;
	case OUTCOME_NONE:
	case OUTCOME_ABSENT:
		break;
	}
	return MARK_NONE;
}

void plot_begin(struct plot *p, struct html *h, const char *id, const char *title, const char *description)
{
	p->h = h;
	html_raw(
	    h, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-labelledby=\"%s-t %s-d\">\n<title id=\"%s-t\">",
	    p->width, p->height, id, id, id);
	html_word(h, title);
	html_raw(h, "</title><desc id=\"%s-d\">", id);
	html_word(h, description);
	html_raw(h, "</desc>\n<rect class=\"field\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>\n",
		 p->left, p->top, p->width - p->left - p->right, p->height - p->top - p->bottom);
}

enum { EDGE = 8 /* between the frame of the field and the first mark */ };

void plot_plain_time(struct plot *p, int64_t first_us, int64_t last_us)
{
	span_plain(&p->time, first_us, last_us, p->left + EDGE, p->width - p->right - EDGE);
}

void plot_times(struct plot *p, const struct plot_point *points, size_t count)
{
	int64_t *times = html_room(p->h, count, sizeof *times);
	for (size_t i = 0; times && i < count; i++)
		times[i] = points[i].time_us;
	if (!times)
		plot_plain_time(p, count ? points[0].time_us : 0, count ? points[count - 1].time_us : 0);
	else if (!span_init(&p->time, times, count, p->left + EDGE, p->width - p->right - EDGE))
		p->h->is_short = true;
	free(times);
}

int plot_x(const struct plot *p, int64_t time_us)
{
	return span_x(&p->time, time_us);
}

int plot_y(const struct plot *p, uint64_t y)
{
	int room = p->height - p->top - p->bottom - 16;
	if (p->high <= p->low)
		return p->top + 8 + room / 2;
	double part = y <= p->low ? 0 : (double)(y - p->low) / (double)(p->high - p->low);
	return p->height - p->bottom - 8 - (int)((part > 1 ? 1 : part) * room + 0.5);
}

enum { TICK_EVERY = 95 /* pixels */ };

static int64_t tick_step(int64_t span_us, int64_t ticks)
{
	static const int64_t steps[] = {
		1000,		2000,		5000,		10000,	    20000,	   50000,
		100000,		200000,		500000,		SECOND_US,  2 * SECOND_US, 5 * SECOND_US,
		10 * SECOND_US, 20 * SECOND_US, 30 * SECOND_US, MINUTE_US,  2 * MINUTE_US, 5 * MINUTE_US,
		10 * MINUTE_US, 20 * MINUTE_US, 30 * MINUTE_US, HOUR_US,    2 * HOUR_US,   3 * HOUR_US,
		6 * HOUR_US,	12 * HOUR_US,	DAY_US,		2 * DAY_US, 5 * DAY_US,	   10 * DAY_US,
		30 * DAY_US,	90 * DAY_US,	365 * DAY_US,
	};
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
		if (span_us / steps[i] < ticks)
			return steps[i];
	return span_us / ticks + 1;
}

/* As much of "2026-01-02T03:04:05.678901Z" as tells ticks apart. */
static void tick_text(int64_t time_us, int64_t step_us, char out[CLOCK_TEXT_MAX])
{
	char text[CLOCK_TEXT_MAX];
	clock_text(time_us, text);
	if (step_us >= DAY_US)
		snprintf(out, CLOCK_TEXT_MAX, "%.10s", text);
	else if (step_us >= MINUTE_US)
		snprintf(out, CLOCK_TEXT_MAX, "%.5s", text + 11);
	else if (step_us >= SECOND_US)
		snprintf(out, CLOCK_TEXT_MAX, "%.8s", text + 11);
	else
		snprintf(out, CLOCK_TEXT_MAX, "%.12s", text + 11);
}

enum { LETTER = 7 /* pixels, about */ };

/* Unless it would touch the one before. */
static void put_tick(struct plot *p, int x, const char *text, int *free_x)
{
	int bottom = p->height - p->bottom, half = (int)strlen(text) * LETTER / 2;
	if (x - half < *free_x)
		return;
	*free_x = x + half + LETTER;
	html_raw(p->h, "<path class=\"grid\" d=\"M%d %dV%d\"/>", x, p->top, bottom);
	html_raw(p->h, "<text class=\"tick\" x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>\n",
		 x < p->width - half ? x : p->width - half, bottom + 17, text);
}

/* Round times where there is room for some; else the time of its start. */
static void put_piece(struct plot *p, const struct span_piece *piece, int *free_x)
{
	char text[CLOCK_TEXT_MAX];
	int64_t room = (piece->right - piece->left) / TICK_EVERY, span_us = piece->last_us - piece->first_us;
	if (room < 2 || span_us <= 0) {
		tick_text(piece->first_us, SECOND_US, text);
		put_tick(p, plot_x(p, piece->first_us), text, free_x);
		return;
	}
	int64_t step = tick_step(span_us, room), at = piece->first_us - piece->first_us % step;
	for (at += at < piece->first_us ? step : 0; at <= piece->last_us; at += step) {
		tick_text(at, step, text);
		put_tick(p, plot_x(p, at), text, free_x);
	}
}

void plot_time_axis(struct plot *p)
{
	char text[CLOCK_TEXT_MAX];
	int bottom = p->height - p->bottom, free_x = 0;
	for (size_t i = 0; i < p->time.count; i++) {
		put_piece(p, &p->time.pieces[i], &free_x);
		if (i)
			html_raw(p->h, "<path class=\"cut\" d=\"M%d %dV%d\"/>\n",
				 p->time.pieces[i].left - SPAN_GAP / 2, p->top, bottom);
	}
	clock_text(p->time.pieces[0].first_us, text);
	html_raw(
	    p->h,
	    "<text class=\"axis\" x=\"%d\" y=\"%d\" text-anchor=\"end\">time (UTC), from %.10s%s</text>\n",
	    p->width - p->right, bottom + 35, text,
	    p->time.count > 1 ? "; quiet times are cut out at the dashed lines" : "");
}

void plot_label(struct plot *p, uint64_t y, struct slice text)
{
	int at = plot_y(p, y);
	html_raw(p->h,
		 "<path class=\"grid\" d=\"M%d %dH%d\"/><text class=\"tick\" x=\"%d\" y=\"%d\" "
		 "text-anchor=\"end\">",
		 p->left, at, p->width - p->right, p->left - 7, at + 4);
	html_short(p->h, text, (size_t)(p->left - 7) / LETTER);
	html_raw(p->h, "</text>\n");
}

enum { LABEL_EVERY = 26 }; /* pixels */

void plot_value_axis(struct plot *p, plot_text_fn text, void *ctx)
{
	char room[64];
	uint64_t span = p->high - p->low;
	uint64_t labels = (uint64_t)(p->height - p->top - p->bottom - 16) / LABEL_EVERY;
	labels = labels < 1 ? 1 : labels;
	uint64_t step = span / labels + (span % labels != 0);
	step = step ? step : 1;
	for (uint64_t i = 0; i <= span; i += step) {
		plot_label(p, p->low + i, text(ctx, p->low + i, room, sizeof room));
		if (span - i < step)
			break;
	}
}

static int compare_spots(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

void plot_points(struct plot *p, const struct plot_point *points, size_t count)
{
	uint64_t *spots = html_room(p->h, count, sizeof *spots);
	if (!spots)
		return;
	/* Mark, then x, then y: what was drawn last lies on top, and that is what matters most. */
	for (size_t i = 0; i < count; i++)
		spots[i] = (uint64_t)points[i].mark << 48 | (uint64_t)plot_x(p, points[i].time_us) << 24 |
			   (uint64_t)plot_y(p, points[i].y);
	qsort(spots, count, sizeof *spots, compare_spots);
	for (size_t i = 0; i < count;) {
		unsigned mark = (unsigned)(spots[i] >> 48);
		html_raw(p->h, "<path class=\"m %s\" d=\"", marks[mark].class);
		for (uint64_t last = UINT64_MAX; i < count && spots[i] >> 48 == mark; last = spots[i++])
			if (spots[i] != last)
				html_raw(p->h, "M%u %u%s", (unsigned)(spots[i] >> 24 & 0xffffff),
					 (unsigned)(spots[i] & 0xffffff), marks[mark].shape);
		html_raw(p->h, "\"/>\n");
	}
	free(spots);
}

void plot_end(struct plot *p)
{
	html_raw(p->h, "</svg>\n");
}

void html_figure_begin(struct html *h, const char *label)
{
	html_raw(h, "<figure><div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"");
	html_attribute(h, slice_str(label));
	html_raw(h, "\">\n");
}

void html_figure_caption(struct html *h)
{
	html_raw(h, "</div>\n<figcaption>");
}

void html_figure_end(struct html *h)
{
	html_raw(h, "</figcaption></figure>\n");
}

void plot_keys(struct html *h, const struct plot_key *keys, size_t count)
{
	html_raw(h, "<ul class=\"keys\">");
	for (size_t i = 0; i < count; i++) {
		html_raw(h,
			 "<li><svg viewBox=\"0 0 16 16\" aria-hidden=\"true\"><path class=\"m %s\" d=\"M8 "
			 "8%s\"/></svg>",
			 marks[keys[i].mark].class, marks[keys[i].mark].shape);
		if (keys[i].name.ptr)
			html_text(h, keys[i].name);
		else
			html_word(h, marks[keys[i].mark].name);
		html_raw(h, "</li>");
	}
	html_raw(h, "</ul>\n");
}
