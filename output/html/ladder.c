/* SPDX-License-Identifier: MIT */
#include "output/html/charts.h"

#include "output/report/phrases.h"

#include <stdlib.h>

enum { POINTS_MIN = 4, ACCOUNTS_MIN = 4, REVEALED_LABELS = 16, NAME_COLUMNS = 16, FEW = 4 };

struct rung {
	uint8_t len;
	char text[COLLECT_TEXT_MAX];
};

struct ladder {
	struct html *h;
	const struct chart_actor *actors;
	size_t actor_count;
	struct chart_point *points;
	size_t count;
	const struct chart_names *revealed;
	struct rung *rungs; /* accounts in order, each once */
	size_t rung_count;
};

static bool is_number(const struct rung *r)
{
	for (uint8_t i = 0; i < r->len; i++)
		if (!ascii_is_digit((uint8_t)r->text[i]))
			return false;
	return r->len > 0;
}

/* Numbers as people count, before names as they are spelled. */
static int compare_rungs(const void *x, const void *y)
{
	const struct rung *a = x, *b = y;
	bool a_is = is_number(a), b_is = is_number(b);
	if (a_is != b_is)
		return a_is ? -1 : 1;
	if (a_is && a->len != b->len)
		return a->len < b->len ? -1 : 1;
	int by_text = memcmp(a->text, b->text, a->len < b->len ? a->len : b->len);
	return by_text ? by_text : (a->len > b->len) - (a->len < b->len);
}

static struct rung rung_of(const struct collect_point *p)
{
	struct rung r = { .len = p->text_len };
	memcpy(r.text, p->text, p->text_len);
	return r;
}

static bool make_rungs(struct ladder *l)
{
	size_t kept = 0;
	l->rungs = html_room(l->h, l->count, sizeof *l->rungs);
	if (!l->rungs)
		return false;
	for (size_t i = 0; i < l->count; i++)
		l->rungs[i] = rung_of(l->points[i].point);
	qsort(l->rungs, l->count, sizeof *l->rungs, compare_rungs);
	for (size_t i = 0; i < l->count; i++)
		if (i == 0 || compare_rungs(&l->rungs[i], &l->rungs[kept - 1]) != 0)
			l->rungs[kept++] = l->rungs[i];
	l->rung_count = kept;
	return true;
}

static uint64_t rung_y(const struct ladder *l, const struct rung *r)
{
	const struct rung *found = bsearch(r, l->rungs, l->rung_count, sizeof *l->rungs, compare_rungs);
	return found ? (uint64_t)(found - l->rungs) : 0;
}

static struct slice label(void *ctx, uint64_t y, char *room, size_t size)
{
	const struct ladder *l = ctx;
	(void)room;
	(void)size;
	const struct rung *r = &l->rungs[y < l->rung_count ? y : l->rung_count - 1];
	return slice_of(r->text, r->len);
}

/* Of the accounts that our answers gave away, those that are known by name. */
static bool is_revealed(const struct chart_names *revealed, const struct rung *r)
{
	for (size_t i = 0; i < revealed->shown; i++)
		if (revealed->items[i].len == r->len && memcmp(revealed->items[i].text, r->text, r->len) == 0)
			return true;
	return false;
}

/* The points, and behind them a ring for each account that was given away. */
static struct plot_point *place_points(const struct ladder *l, size_t *rings)
{
	struct plot_point *points = html_room(l->h, 2 * l->count, sizeof *points);
	bool *is_ringed = html_room(l->h, l->rung_count, sizeof *is_ringed);
	*rings = 0;
	for (size_t i = 0; points && is_ringed && i < l->count; i++) {
		const struct chart_point *c = &l->points[i];
		struct rung r = rung_of(c->point);
		uint64_t y = rung_y(l, &r);
		points[i] = (struct plot_point){ c->point->time_us, y,
						 (uint8_t)plot_mark_of((enum outcome)c->point->outcome) };
		if (!is_ringed[y] && is_revealed(l->revealed, &r)) {
			points[l->count + (*rings)++] =
			    (struct plot_point){ c->point->time_us, y, MARK_REVEALED };
			is_ringed[y] = true;
		}
	}
	free(is_ringed);
	return points;
}

/* The names of those that were given away, beside their rings, where there is room. */
static void put_names(const struct ladder *l, struct plot *p, const struct plot_point *rings, size_t count)
{
	int last_y = -100;
	for (size_t i = 0; i < count && i < REVEALED_LABELS; i++) {
		int x = plot_x(p, rings[i].time_us), y = plot_y(p, rings[i].y);
		bool is_left = x > p->width - p->right - 120;
		if (abs(y - last_y) < 13)
			continue;
		last_y = y;
		html_raw(p->h, "<text class=\"lab\" x=\"%d\" y=\"%d\"%s>", is_left ? x - 11 : x + 11, y + 4,
			 is_left ? " text-anchor=\"end\"" : "");
		html_short(p->h, label((void *)(uintptr_t)l, rings[i].y, NULL, 0), NAME_COLUMNS);
		html_raw(p->h, "</text>\n");
	}
}

/* One account is a ladder only of the passwords that were tried on it. */
static bool is_ladder(const struct ladder *l)
{
	size_t refused = 0;
	for (size_t i = 0; i < l->count; i++)
		refused += l->points[i].point->outcome == OUTCOME_REFUSED;
	return l->rung_count >= ACCOUNTS_MIN || refused >= POINTS_MIN;
}

static void draw(struct ladder *l, struct html *h, const char *id, const struct plot_point *points,
		 size_t rings)
{
	struct plot p = { .h = h,
			  .width = 900,
			  .left = 130,
			  .right = 18,
			  .top = 10,
			  .bottom = 44,
			  .high = l->rung_count - 1 };
	char words[256], number[PHRASE_MAX];
	p.height = l->rung_count < FEW ? 130 + 24 * (int)l->rung_count : 430;
	plot_times(&p, points, l->count);
	snprintf(words, sizeof words, "%s tried over time.",
		 count_phrase(l->rung_count, "account was", "accounts were", number));
	html_figure_begin(h, "Extension ladder");
	plot_begin(&p, h, id, "Accounts that were tried, over time", words);
	plot_value_axis(&p, label, l);
	plot_time_axis(&p);
	plot_points(&p, points, l->count + rings);
	put_names(l, &p, points + l->count, rings);
	plot_end(&p);
	html_figure_caption(h);
	chart_outcome_keys(h, points, l->count + rings);
	page_say(&h->page, "Which account was tried when, and what our side answered: %s ", words);
	if (l->revealed->count)
		page_say(&h->page, "Our answers gave away that %s. ",
			 count_phrase(l->revealed->count, "of them exists", "of them exist", number));
	chart_say_sample(h, l->actors, l->actor_count, l->count);
	html_said_in(h, "p", NULL);
	html_figure_end(h);
}

bool html_ladder(struct html *h, const char *id, const struct chart_actor *actors, size_t count,
		 const struct chart_names *revealed)
{
	struct ladder l = { .h = h, .actors = actors, .actor_count = count, .revealed = revealed };
	size_t rings;
	l.points = chart_points(h, actors, count, &l.count);
	bool is_drawn = l.points && l.count >= POINTS_MIN && make_rungs(&l) && is_ladder(&l);
	struct plot_point *points = is_drawn ? place_points(&l, &rings) : NULL;
	if (points)
		draw(&l, h, id, points, rings);
	free(points);
	free(l.points);
	free(l.rungs);
	return points != NULL;
}
