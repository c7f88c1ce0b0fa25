/* SPDX-License-Identifier: MIT */
#include "output/html/charts.h"

#include "output/html/scale.h"
#include "output/report/phrases.h"

#include <stdlib.h>

enum { TARGETS_MIN = 4, PORTS_MIN = 6, POINTS_MIN = 6 };

struct sweep {
	struct html *h;
	const struct chart_actor *actors;
	size_t actor_count;
	struct chart_point *points;
	size_t count;
	struct scale scale;
	bool by_port;
};

static struct addr key_of(const struct sweep *w, const struct collect_point *p)
{
	return w->by_port ? scale_number(p->port) : p->target;
}

static bool make_scale(struct sweep *w)
{
	struct addr *keys = html_room(w->h, w->count, sizeof *keys);
	if (!keys)
		return false;
	for (size_t i = 0; i < w->count; i++)
		keys[i] = key_of(w, w->points[i].point);
	scale_init(&w->scale, keys, w->count);
	return true;
}

static bool choose_scale(struct sweep *w)
{
	if (w->count < POINTS_MIN || !make_scale(w))
		return false;
	if (w->scale.count >= TARGETS_MIN)
		return true;
	scale_fini(&w->scale);
	w->scale.keys = NULL;
	w->by_port = true;
	return make_scale(w) && w->scale.count >= PORTS_MIN;
}

static const char *target_text(const struct sweep *w, uint64_t y, char out[ADDR_TEXT_MAX])
{
	struct addr key = scale_key(&w->scale, y);
	if (w->by_port)
		snprintf(out, ADDR_TEXT_MAX, "port %u", (unsigned)scale_number_of(&key));
	else
		addr_text(&key, out);
	return out;
}

enum { LABEL_COLUMNS = 17 /* what has room beside the axis */ };

/* Of a long IPv6 address the end: that is what tells the targets of a sweep apart. */
static struct slice label(void *ctx, uint64_t y, char *room, size_t size)
{
	char text[ADDR_TEXT_MAX];
	size_t len = strlen(target_text(ctx, y, text));
	if (len <= LABEL_COLUMNS)
		snprintf(room, size, "%s", text);
	else
		snprintf(room, size, "...%s", text + len - (LABEL_COLUMNS - 3));
	return slice_str(room);
}

/* In which order they came, as far as one can see. */
static const char *order_of(const struct plot_point *points, size_t count)
{
	size_t up = 0, down = 0;
	for (size_t i = 1; i < count; i++) {
		up += points[i].y > points[i - 1].y;
		down += points[i].y < points[i - 1].y;
	}
	if (up + down < TARGETS_MIN)
		return "";
	if (up >= 9 * down)
		return "They were taken one after the other, upwards. ";
	if (down >= 9 * up)
		return "They were taken one after the other, downwards. ";
	return "";
}

static void put_keys(struct html *h, const struct sweep *w, const struct plot_point *points)
{
	struct plot_key keys[PLOT_SERIES + 1];
	char names[PLOT_SERIES][ADDR_TEXT_MAX];
	size_t used = 0;
	if (w->actor_count == 1) {
		chart_outcome_keys(h, points, w->count);
		return;
	}
	for (; used < w->actor_count && used < PLOT_SERIES; used++)
		keys[used] = (struct plot_key){ (enum plot_mark)(MARK_SERIES0 + used),
						slice_str(addr_text(&w->actors[used].address, names[used])) };
	if (w->actor_count > PLOT_SERIES)
		keys[used++] = (struct plot_key){ MARK_OTHERS, SLICE("other offenders") };
	plot_keys(h, keys, used);
}

static struct plot_point *place_points(const struct sweep *w)
{
	struct plot_point *points = html_room(w->h, w->count, sizeof *points);
	for (size_t i = 0; points && i < w->count; i++) {
		const struct chart_point *c = &w->points[i];
		struct addr key = key_of(w, c->point);
		uint32_t actor = c->actor < PLOT_SERIES ? c->actor : PLOT_SERIES;
		points[i] = (struct plot_point){ c->point->time_us, scale_y(&w->scale, &key),
						 w->actor_count > 1 ? (uint8_t)(MARK_SERIES0 + actor)
						 : c->point->outcome > OUTCOME_NONE ? MARK_FOUND
										    : MARK_NONE };
	}
	return points;
}

static void draw(struct sweep *w, struct html *h, const char *id, const struct plot_point *points)
{
	struct plot p = { .h = h,
			  .width = 900,
			  .height = 430,
			  .left = 130,
			  .right = 18,
			  .top = 10,
			  .bottom = 44,
			  .high = scale_high(&w->scale) };
	char words[320], number[PHRASE_MAX], first[ADDR_TEXT_MAX], last[ADDR_TEXT_MAX];
	size_t own = w->actor_count == 1 ? w->actors[0].series->count : 0;
	const char *order = own && own <= w->count ? order_of(points, own) : "";
	plot_times(&p, points, w->count);
	snprintf(words, sizeof words, "%s, from %s to %s. %s",
		 count_phrase(w->scale.count, w->by_port ? "port" : "address",
			      w->by_port ? "ports" : "addresses", number),
		 target_text(w, 0, first), target_text(w, p.high, last), order);
	html_figure_begin(h, "Sweep picture");
	plot_begin(&p, h, id,
		   w->by_port ? "Ports that were tried, over time" : "Addresses that were tried, over time",
		   words);
	plot_value_axis(&p, label, w);
	plot_time_axis(&p);
	plot_points(&p, points, w->count);
	plot_end(&p);
	html_figure_caption(h);
	put_keys(h, w, points);
	page_say(&h->page, "Which %s was tried when: %s", w->by_port ? "port" : "address", words);
	chart_say_sample(h, w->actors, w->actor_count, w->count);
	if (!w->scale.is_linear)
		page_say(&h->page, "Gaps between the addresses are closed. ");
	page_say(&h->page, "A slope is a sweep in order, a cloud one that is shuffled, parallel slopes are "
			   "several workers.");
	html_said_in(h, "p", NULL);
	html_figure_end(h);
}

bool html_sweep(struct html *h, const char *id, const struct chart_actor *actors, size_t count)
{
	struct sweep w = { .h = h, .actors = actors, .actor_count = count };
	w.points = chart_points(h, actors, count, &w.count);
	bool is_drawn = w.points && choose_scale(&w);
	struct plot_point *points = is_drawn ? place_points(&w) : NULL;
	if (points)
		draw(&w, h, id, points);
	free(points);
	free(w.points);
	scale_fini(&w.scale);
	return points != NULL;
}
