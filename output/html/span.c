/* SPDX-License-Identifier: MIT */
#include "output/html/span.h"

#include <stdlib.h>

/* A cut is made where nothing happened for this part of the whole time, and for this many times as long as is
 * usual: a scan of one request an hour is not cut to pieces. */
enum {
	PART_MIN = 16,
	USUAL_TIMES = 10,
	ALIKE = 2,
	PIECE_TIMES = 4 /* on average, or it is pieces all over */
};
/* How much of the room is shared out equally, per cent; the rest by number of times. */
enum { EQUAL_SHARE = 40 };

static int compare_times(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return x < y ? -1 : x > y;
}

struct gap {
	int64_t length_us;
	size_t at; /* between times[at - 1] and times[at] */
};

static int compare_gaps(const void *a, const void *b)
{
	const struct gap *x = a, *y = b;
	if (x->length_us != y->length_us)
		return x->length_us > y->length_us ? -1 : 1;
	return x->at < y->at ? -1 : 1;
}

static int compare_places(const void *a, const void *b)
{
	const struct gap *x = a, *y = b;
	return x->at < y->at ? -1 : 1;
}

/* The gaps to cut out, in order of time, at the start of `gaps`. */
static size_t choose(struct gap *gaps, size_t count, int64_t whole_us)
{
	size_t wanted = 0, cuts;
	qsort(gaps, count, sizeof *gaps, compare_gaps);
	int64_t usual_us = gaps[count / 2].length_us;
	while (wanted < count && gaps[wanted].length_us >= whole_us / PART_MIN &&
	       gaps[wanted].length_us / USUAL_TIMES > usual_us)
		wanted++;
	for (cuts = wanted; cuts && (cuts > SPAN_PIECES - 1 || (cuts + 1) * PIECE_TIMES > count + 1); cuts--)
		;
	/* Not this one, and that one left as it is, though it is nearly as long. */
	while (cuts && cuts < wanted && gaps[cuts - 1].length_us / ALIKE < gaps[cuts].length_us)
		cuts--;
	qsort(gaps, cuts, sizeof *gaps, compare_places);
	return cuts;
}

static void share_out(struct span *s, size_t times, int left, int right)
{
	int room = right - left - SPAN_GAP * ((int)s->count - 1), at = left;
	for (size_t i = 0; i < s->count; i++) {
		double share = EQUAL_SHARE / 100.0 / (double)s->count +
			       (100 - EQUAL_SHARE) / 100.0 * (double)s->pieces[i].count / (double)times;
		s->pieces[i].left = at;
		s->pieces[i].right = i + 1 == s->count ? right : at + (int)(share * room);
		at = s->pieces[i].right + SPAN_GAP;
	}
}

void span_plain(struct span *s, int64_t first_us, int64_t last_us, int left, int right)
{
	*s = (struct span){ .count = 1, .pieces = { { first_us, last_us, left, right, 1 } } };
}

bool span_init(struct span *s, int64_t *times, size_t count, int left, int right)
{
	qsort(times, count, sizeof *times, compare_times);
	span_plain(s, count ? times[0] : 0, count ? times[count - 1] : 0, left, right);
	if (count <= 2)
		return true;
	struct gap *gaps = malloc(count * sizeof *gaps);
	if (!gaps)
		return false;
	for (size_t i = 1; i < count; i++)
		gaps[i - 1] = (struct gap){ times[i] - times[i - 1], i };
	size_t cuts = choose(gaps, count - 1, times[count - 1] - times[0]), from = 0;
	for (size_t i = 0; i <= cuts; i++) {
		size_t to = i < cuts ? gaps[i].at : count;
		s->pieces[i] = (struct span_piece){ .first_us = times[from],
						    .last_us = times[to - 1],
						    .count = to - from };
		from = to;
	}
	s->count = cuts + 1;
	share_out(s, count, left, right);
	free(gaps);
	return true;
}

int span_x(const struct span *s, int64_t time_us)
{
	size_t i = 0;
	while (i + 1 < s->count && time_us >= s->pieces[i + 1].first_us)
		i++;
	const struct span_piece *p = &s->pieces[i];
	if (p->last_us <= p->first_us)
		return (p->left + p->right) / 2;
	double part = (double)(time_us - p->first_us) / (double)(p->last_us - p->first_us);
	part = part < 0 ? 0 : part > 1 ? 1 : part;
	return p->left + (int)(part * (p->right - p->left) + 0.5);
}
