/* SPDX-License-Identifier: MIT */
#include "output/html/charts.h"

#include "output/html/scale.h"
#include "output/report/phrases.h"

#include <stdlib.h>

enum { MACS_MIN = 3 };

static struct addr key_of(const struct collect_point *p)
{
	uint64_t mac = 0;
	for (uint8_t i = 0; i < p->text_len; i++) {
		int digit = ascii_hex((uint8_t)p->text[i]);
		mac = digit < 0 ? mac : mac << 4 | (uint64_t)digit;
	}
	return scale_number(mac);
}

static struct slice label(void *ctx, uint64_t y, char *room, size_t size)
{
	struct addr key = scale_key(ctx, y);
	uint64_t mac = scale_number_of(&key);
	snprintf(room, size, "%02x:%02x:%02x:%02x:%02x:%02x", (unsigned)(mac >> 40 & 255),
		 (unsigned)(mac >> 32 & 255), (unsigned)(mac >> 24 & 255), (unsigned)(mac >> 16 & 255),
		 (unsigned)(mac >> 8 & 255), (unsigned)(mac & 255));
	return slice_str(room);
}

static struct plot_point *place_points(struct html *h, const struct scale *s, const struct chart_point *from,
				       size_t count)
{
	struct plot_point *points = html_room(h, count, sizeof *points);
	for (size_t i = 0; points && i < count; i++) {
		struct addr key = key_of(from[i].point);
		points[i] = (struct plot_point){ from[i].point->time_us, scale_y(s, &key),
						 from[i].point->is_served ? MARK_SERVED : MARK_NONE };
	}
	return points;
}

static void put_keys(struct html *h, const struct plot_point *points, size_t count)
{
	const struct plot_key keys[] = { { MARK_SERVED, { NULL, 0 } },
					 { MARK_NONE, SLICE_INIT("nothing given out") } };
	bool has_served = false;
	for (size_t i = 0; i < count; i++)
		has_served |= points[i].mark == MARK_SERVED;
	plot_keys(h, has_served ? keys : keys + 1, has_served ? 2 : 1);
}

static void draw(struct scale *s, struct html *h, const char *id, const struct chart_actor *actor,
		 const struct plot_point *points, size_t count)
{
	struct plot p = { .h = h,
			  .width = 900,
			  .height = 380,
			  .left = 150,
			  .right = 18,
			  .top = 10,
			  .bottom = 44,
			  .high = scale_high(s) };
	char words[160], number[PHRASE_MAX], first[32], last[32];
	plot_times(&p, points, count);
	label(s, 0, first, sizeof first);
	label(s, p.high, last, sizeof last);
	snprintf(words, sizeof words, "%s, from %s to %s.", count_phrase(s->count, "MAC", "MACs", number),
		 first, last);
	html_figure_begin(h, "MAC walk");
	plot_begin(&p, h, id, "Phones whose configuration was asked for, over time", words);
	plot_value_axis(&p, label, s);
	plot_time_axis(&p);
	plot_points(&p, points, count);
	plot_end(&p);
	html_figure_caption(h);
	put_keys(h, points, count);
	page_say(&h->page, "The configuration of which phone was asked for when: %s ", words);
	chart_say_sample(h, actor, 1, count);
	page_say(&h->page,
		 "A slope counts through the numbers of one maker; phones ask for their own file only.");
	html_said_in(h, "p", NULL);
	html_figure_end(h);
}

bool html_macs(struct html *h, const char *id, const struct collect_series *series)
{
	struct chart_actor actor = { .series = series };
	struct scale scale = { 0 };
	size_t count = 0;
	if (!series)
		return false;
	struct chart_point *from = chart_points(h, &actor, 1, &count);
	struct addr *keys = from ? html_room(h, count, sizeof *keys) : NULL;
	for (size_t i = 0; keys && i < count; i++)
		keys[i] = key_of(from[i].point);
	if (keys)
		scale_init(&scale, keys, count);
	struct plot_point *points = scale.count >= MACS_MIN ? place_points(h, &scale, from, count) : NULL;
	if (points)
		draw(&scale, h, id, &actor, points, count);
	free(points);
	free(from);
	scale_fini(&scale);
	return points != NULL;
}
