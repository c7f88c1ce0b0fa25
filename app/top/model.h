/* SPDX-License-Identifier: MIT */
#ifndef APP_TOP_MODEL_H
#define APP_TOP_MODEL_H

#include "analyze/offender.h"
#include "output/report/page.h"

/* app/top/model.h - what `siphound top` knows: the offenders of a store as it was read last, in the order and
 * the part of them that is asked for, what changed from one reading to the next, and how the daemon is doing.
 * Knows neither store nor terminal nor clock.
 *
 * Life: zero it; top_model_begin, top_model_add for each offender (worst first), top_model_end: one reading,
 * any number of them; top_model_fini. Memory: TOP_ROWS_MAX rows of about 250 bytes, twice, and once more
 * where another one is filled. Texts in it are fit for a terminal (escape.h). */

#define TOP_ROWS_MAX   20000 /* of more, the worst */
#define TOP_TOOL_MAX   24    /* columns */
#define TOP_WHERE_MAX  16
#define TOP_FILTER_MAX 48
#define TOP_EVENTS_MAX 64
#define TOP_BUSY_MAX   256
#define TOP_INPUTS_MAX 16
#define TOP_NAME_MAX   48

enum top_sort {
	TOP_BY_DANGER,
	TOP_BY_RATE,
	TOP_BY_MESSAGES,
	TOP_BY_LAST,
	TOP_BY_BAN,
	TOP_BY_ADDRESS,
	TOP_SORTS
};
const char *top_sort_text(enum top_sort sort);

enum top_show { TOP_ALL, TOP_BLOCK, TOP_WATCH, TOP_VICTIM, TOP_SPARED, TOP_BANNED, TOP_BREACHED, TOP_SHOWS };
const char *top_show_text(enum top_show show);

enum top_ban {
	TOP_BAN_NEVER,
	TOP_BAN_ON,
	TOP_BAN_BY_HAND,
	TOP_BAN_ENDED,
	TOP_BAN_UNBANNED,
	TOP_BAN_ALLOWED,
	TOP_BAN_TAKEN_BACK
};

struct top_row {
	struct addr address;
	enum verdict verdict;
	int score;
	uint8_t stage_count, stages[STAGE_COUNT]; /* in order of first sight */
	bool is_breached;
	enum top_ban ban;
	int64_t ban_first_us, ban_until_us; /* until 0: no end */
	int64_t ban_ended_us;
	int64_t last_us; /* 0: never seen */
	uint64_t messages;
	double rate_per_s; /* of requests, while a daemon tells; 0: quiet */
	char tool[TOP_TOOL_MAX * 4 + 1];
	char where[TOP_WHERE_MAX * 4 + 1];
};

struct top_event {
	int64_t time_us;
	struct addr address;
	enum tint tint;
	char text[96]; /* without the address */
};

/* What a daemon says of itself (output/store/vitals.h), and what follows from its last two words. */
struct top_input {
	char name[TOP_NAME_MAX * 4 + 1];
	bool is_up;
};

struct top_vitals {
	bool is_known, is_ended;
	int64_t started_us, time_us;
	uint64_t packets, lines, requests, drops, alerts;
	double packets_per_s, lines_per_s, requests_per_s, drops_per_s;
	size_t input_count, inputs_down; /* in all */
	struct top_input inputs[TOP_INPUTS_MAX];
};

/* Who sent how much in the span before the daemon told. */
struct top_busy {
	struct addr address;
	double rate_per_s;
};

struct top_model {
	struct top_row *rows, *before; /* before: of the reading before this one, in order of address */
	size_t count, room, before_count, before_room;
	uint32_t *order; /* of what is shown: indices of rows */
	size_t shown, order_room;
	uint64_t total, verdicts[VERDICT_SPARED + 1], banned, breached; /* in the whole store */
	bool is_short;							/* memory ran out: rows are missing */
	uint64_t readings;

	enum top_sort sort;
	bool is_reversed;
	enum top_show show;
	char filter[TOP_FILTER_MAX + 1]; /* in any case; "": none */
	size_t at;			 /* the selected one, index into order */
	struct addr selected;		 /* its address; none: the first */

	struct top_event events[TOP_EVENTS_MAX]; /* newest first */
	size_t event_count;

	struct top_vitals vitals;
	struct top_busy busy[TOP_BUSY_MAX]; /* in order of address */
	size_t busy_count;
};

void top_model_fini(struct top_model *m);

void top_model_begin(struct top_model *m);
/* begin, when another one was filled with top_model_add meanwhile (top_model_clear first): takes its rows
 * over. */
void top_model_clear(struct top_model *m);
void top_model_take(struct top_model *m, struct top_model *filled);
/* Copied. */
void top_model_add(struct top_model *m, const struct top_row *row);
/* Sorts, finds the selected one again, and sees what changed. Who was given as busy gets his rate. */
void top_model_end(struct top_model *m, int64_t now_us);

/* Takes the daemon's latest word and makes rates of the difference to the one before; the busy list is taken
 * in any order. */
void top_model_vitals(struct top_model *m, const struct top_vitals *v, const struct top_busy *busy,
		      size_t busy_count);
/* Has it spoken in the last ten seconds? */
bool top_model_is_live(const struct top_model *m, int64_t now_us);

/* After sort, show or filter were changed. */
void top_model_arrange(struct top_model *m);
/* NULL: nothing is shown. */
const struct top_row *top_model_selected(const struct top_model *m);
/* Selects the one so many further down (negative: up), as far as there are any. */
void top_model_move(struct top_model *m, long by);
const struct top_row *top_model_at(const struct top_model *m, size_t index);

#endif
