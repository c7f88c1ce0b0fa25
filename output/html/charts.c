/* SPDX-License-Identifier: MIT */
#include "output/html/charts.h"

#include "output/report/phrases.h"

#include <stdlib.h>

enum { POINTS_MAX = 8000, ACTOR_POINTS_MIN = 16 };

void chart_names_add(struct chart_names *names, const struct text_sample *sample)
{
	names->count += sample->count;
	for (size_t i = 0; i < sample->shown && i < SAMPLE_MAX && names->shown < CHART_NAMES_MAX; i++) {
		struct slice name = slice_first(sample->items[i], COLLECT_TEXT_MAX);
		names->items[names->shown].len = (uint8_t)name.len;
		if (name.len)
			memcpy(names->items[names->shown].text, name.ptr, name.len);
		names->shown++;
	}
}

struct chart_point *chart_points(struct html *h, const struct chart_actor *actors, size_t count, size_t *out)
{
	size_t room = 0, used = 0, each = POINTS_MAX / (count ? count : 1);
	each = each < ACTOR_POINTS_MIN ? ACTOR_POINTS_MIN : each;
	for (size_t i = 0; i < count; i++)
		room += actors[i].series ? actors[i].series->count + actors[i].series->successes : 0;
	struct chart_point *points = html_room(h, room, sizeof *points);
	for (size_t i = 0; points && i < count; i++) {
		const struct collect_series *s = actors[i].series;
		size_t step = s ? s->count / each + 1 : 1;
		for (size_t j = 0; s && j < s->count; j += step)
			points[used++] = (struct chart_point){ &s->points[j], (uint32_t)i };
		for (size_t j = 0; s && j < s->successes; j++)
			points[used++] = (struct chart_point){ &s->success[j], (uint32_t)i };
	}
	*out = used;
	return points;
}

void chart_say_sample(struct html *h, const struct chart_actor *actors, size_t count, size_t drawn)
{
	char text[PHRASE_MAX];
	uint64_t seen = 0;
	for (size_t i = 0; i < count; i++)
		seen += actors[i].series ? actors[i].series->seen : 0;
	if (seen > drawn)
		page_say(&h->page, "Of %s an even sample is drawn. ",
			 count_phrase(seen, "request", "requests", text));
}

void chart_outcome_keys(struct html *h, const struct plot_point *points, size_t count)
{
	struct plot_key keys[MARK_COUNT];
	size_t used = 0;
	bool is_used[MARK_COUNT] = { false };
	for (size_t i = 0; i < count; i++)
		is_used[points[i].mark] = true;
	for (unsigned mark = 0; mark <= MARK_REVEALED; mark++)
		if (is_used[mark])
			keys[used++] = (struct plot_key){ (enum plot_mark)mark, { NULL, 0 } };
	plot_keys(h, keys, used);
}
