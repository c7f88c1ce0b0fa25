/* SPDX-License-Identifier: MIT */
#include "app/top/model.h"

#include "core/clock.h"
#include "output/report/phrases.h"

#include <stdlib.h>

#define LIVE_US	   (10 * SECOND_US)
#define RATE_SHARE 0.5 /* of the newest word in a rate: the one before counts half as much, and so on */

const char *top_sort_text(enum top_sort sort)
{
	static const char *const words[] = { "danger", "rate", "messages", "last seen", "ban", "address" };
	return words[sort];
}

const char *top_show_text(enum top_show show)
{
	static const char *const words[] = {
		"all", "block", "watch", "victim", "spared", "banned", "breached"
	};
	return words[show];
}

void top_model_fini(struct top_model *m)
{
	free(m->rows);
	free(m->before);
	free(m->order);
	memset(m, 0, sizeof *m);
}

/* ---- reading ---- */

static int by_address(const void *a, const void *b)
{
	return addr_cmp(&((const struct top_row *)a)->address, &((const struct top_row *)b)->address);
}

void top_model_clear(struct top_model *m)
{
	m->count = 0;
	memset(m->verdicts, 0, sizeof m->verdicts);
	m->total = m->banned = m->breached = 0;
	m->is_short = false;
}

void top_model_begin(struct top_model *m)
{
	struct top_row *rows = m->before;
	size_t room = m->before_room;
	m->before = m->rows;
	m->before_count = m->count;
	m->before_room = m->room;
	m->rows = rows;
	m->room = room;
	if (m->before_count)
		qsort(m->before, m->before_count, sizeof *m->before, by_address);
	top_model_clear(m);
}

void top_model_take(struct top_model *m, struct top_model *filled)
{
	top_model_begin(m);
	struct top_row *rows = m->rows;
	size_t room = m->room;
	m->rows = filled->rows;
	m->room = filled->room;
	m->count = filled->count;
	m->total = filled->total;
	memcpy(m->verdicts, filled->verdicts, sizeof m->verdicts);
	m->banned = filled->banned;
	m->breached = filled->breached;
	m->is_short = filled->is_short;
	filled->rows = rows;
	filled->room = room;
	filled->count = 0;
}

static bool is_banned(const struct top_row *row)
{
	return row->ban == TOP_BAN_ON || row->ban == TOP_BAN_BY_HAND;
}

static bool make_room(struct top_model *m)
{
	if (m->count < m->room)
		return true;
	size_t room = m->room ? m->room * 2 : 64;
	struct top_row *rows = realloc(m->rows, room * sizeof *rows);
	if (!rows)
		return false;
	m->rows = rows;
	m->room = room;
	return true;
}

void top_model_add(struct top_model *m, const struct top_row *row)
{
	m->total++;
	m->verdicts[row->verdict]++;
	m->banned += is_banned(row);
	m->breached += row->is_breached;
	if (m->count >= TOP_ROWS_MAX)
		return;
	if (!make_room(m)) {
		m->is_short = true;
		return;
	}
	m->rows[m->count++] = *row;
}

/* ---- what changed ---- */

/* The newest first; of the same time, the one that was told last. What is older than all goes when there is
 * no room. */
static void tell(struct top_model *m, int64_t time_us, const struct top_row *row, enum tint tint,
		 const char *text)
{
	size_t at = 0;
	while (at < m->event_count && m->events[at].time_us > time_us)
		at++;
	if (at == TOP_EVENTS_MAX)
		return;
	size_t last = m->event_count < TOP_EVENTS_MAX ? m->event_count++ : TOP_EVENTS_MAX - 1;
	memmove(&m->events[at + 1], &m->events[at], (last - at) * sizeof *m->events);
	m->events[at] = (struct top_event){ .time_us = time_us, .address = row->address, .tint = tint };
	snprintf(m->events[at].text, sizeof m->events[at].text, "%s", text);
}

static void tell_ban(struct top_model *m, const struct top_row *row, int64_t begun_us, int64_t ended_us)
{
	switch (row->ban) {
	case TOP_BAN_ON:
		tell(m, begun_us, row, TINT_RED, "banned");
		break;
	case TOP_BAN_BY_HAND:
		tell(m, begun_us, row, TINT_RED, "banned by hand");
		break;
	case TOP_BAN_ENDED:
		tell(m, ended_us, row, TINT_NONE, "its ban ended");
		break;
	case TOP_BAN_UNBANNED:
		tell(m, ended_us, row, TINT_GREEN, "unbanned by hand");
		break;
	case TOP_BAN_ALLOWED:
		tell(m, ended_us, row, TINT_GREEN, "allowed: its ban was taken back");
		break;
	case TOP_BAN_TAKEN_BACK:
		tell(m, ended_us, row, TINT_GREEN,
		     "its ban was taken back: what was seen later speaks for it");
		break;
	case TOP_BAN_NEVER:
		break;
	}
}

static bool has_stage(const struct top_row *row, uint8_t stage)
{
	return memchr(row->stages, stage, row->stage_count) != NULL;
}

static void tell_stages(struct top_model *m, const struct top_row *row, const struct top_row *before,
			int64_t now_us)
{
	char text[96];
	for (size_t i = 0; i < row->stage_count; i++) {
		if (before && has_stage(before, row->stages[i]))
			continue;
		if (row->stages[i] == STAGE_BREACH)
			tell(m, now_us, row, TINT_RED, "GOT IN");
		else if (before) {
			snprintf(text, sizeof text, "went on to %s", stage_text((enum stage)row->stages[i]));
			tell(m, now_us, row, TINT_YELLOW, text);
		}
	}
}

static void compare(struct top_model *m, const struct top_row *row, int64_t now_us)
{
	char text[96];
	const struct top_row *before =
	    m->before_count ? bsearch(row, m->before, m->before_count, sizeof *m->before, by_address) : NULL;
	if (!before) {
		snprintf(text, sizeof text, "new: %s, score %d%s%.40s", verdict_text(row->verdict),
			 row->score, row->tool[0] ? ", " : "", row->tool);
		tell(m, now_us, row, verdict_tint(row->verdict), text);
	} else if (before->verdict != row->verdict) {
		snprintf(text, sizeof text, "%s, was %s", verdict_text(row->verdict),
			 verdict_text(before->verdict));
		tell(m, now_us, row, verdict_tint(row->verdict), text);
	}
	if (row->stage_count)
		tell_stages(m, row, before, now_us);
	if (before ? row->ban != before->ban : row->ban != TOP_BAN_NEVER)
		tell_ban(m, row, now_us, now_us);
}

/* At the first reading nobody knows what was before; but bans have their times. */
static void see_changes(struct top_model *m, int64_t now_us)
{
	for (size_t i = m->count; i-- > 0;) {
		if (m->readings)
			compare(m, &m->rows[i], now_us);
		else
			tell_ban(m, &m->rows[i], m->rows[i].ban_first_us, m->rows[i].ban_ended_us);
	}
}

/* ---- order ---- */

static int falling(double a, double b)
{
	return (a < b) - (a > b);
}

static int verdict_rank(enum verdict verdict)
{
	static const int ranks[] = { 4, 0, 1, 2, 3 };
	return ranks[verdict];
}

static int by_danger(const struct top_row *a, const struct top_row *b)
{
	int order = b->is_breached - a->is_breached;
	order = order ? order : verdict_rank(a->verdict) - verdict_rank(b->verdict);
	order = order ? order : b->score - a->score;
	return order ? order : (a->last_us < b->last_us) - (a->last_us > b->last_us);
}

/* Those in force first, longest first; without an end before all. */
static double ban_weight(const struct top_row *row)
{
	if (row->ban == TOP_BAN_BY_HAND && !row->ban_until_us)
		return 1e18;
	return is_banned(row) ? (double)row->ban_until_us : row->ban == TOP_BAN_NEVER ? -2 : -1;
}

static int compare_rows(const struct top_model *m, const struct top_row *a, const struct top_row *b)
{
	switch (m->sort) {
	case TOP_BY_RATE:
		return falling(a->rate_per_s, b->rate_per_s);
	case TOP_BY_MESSAGES:
		return (a->messages < b->messages) - (a->messages > b->messages);
	case TOP_BY_LAST:
		return (a->last_us < b->last_us) - (a->last_us > b->last_us);
	case TOP_BY_BAN:
		return falling(ban_weight(a), ban_weight(b));
	case TOP_BY_ADDRESS:
		return addr_cmp(&a->address, &b->address);
	case TOP_BY_DANGER:
	case TOP_SORTS:
		break;
	}
	return 0;
}

static int compare_indices(const void *a, const void *b, void *ctx)
{
	const struct top_model *m = ctx;
	const struct top_row *x = &m->rows[*(const uint32_t *)a], *y = &m->rows[*(const uint32_t *)b];
	int order = compare_rows(m, x, y);
	if (!order)
		order = by_danger(x, y);
	if (!order)
		order = by_address(x, y);
	return m->is_reversed ? -order : order;
}

static bool has_text(const char *where, const char *what)
{
	return strcasestr(where, what) != NULL;
}

static bool answers_filter(const struct top_model *m, const struct top_row *row)
{
	char address[ADDR_TEXT_MAX];
	if (!m->filter[0])
		return true;
	if (has_text(addr_text(&row->address, address), m->filter) ||
	    has_text(verdict_text(row->verdict), m->filter) || has_text(row->tool, m->filter) ||
	    has_text(row->where, m->filter))
		return true;
	for (size_t i = 0; i < row->stage_count; i++)
		if (has_text(stage_text((enum stage)row->stages[i]), m->filter))
			return true;
	return false;
}

static bool is_shown(const struct top_model *m, const struct top_row *row)
{
	switch (m->show) {
	case TOP_BLOCK:
		return row->verdict == VERDICT_BLOCK;
	case TOP_WATCH:
		return row->verdict == VERDICT_WATCH;
	case TOP_VICTIM:
		return row->verdict == VERDICT_VICTIM;
	case TOP_SPARED:
		return row->verdict == VERDICT_SPARED;
	case TOP_BANNED:
		return is_banned(row);
	case TOP_BREACHED:
		return row->is_breached;
	case TOP_ALL:
	case TOP_SHOWS:
		break;
	}
	return true;
}

static void select_at(struct top_model *m, size_t at)
{
	m->at = m->shown == 0 ? 0 : at < m->shown ? at : m->shown - 1;
	if (m->shown)
		m->selected = m->rows[m->order[m->at]].address;
}

/* Who was selected stays so, wherever he stands now; when he is not there any more, who has his place. The
 * first line is a place of its own: who did not move sees the worst, whoever that is. */
static void find_selected(struct top_model *m)
{
	size_t at = m->at;
	for (size_t i = 0; m->at && i < m->shown; i++)
		if (addr_eq(&m->rows[m->order[i]].address, &m->selected)) {
			at = i;
			break;
		}
	select_at(m, at);
}

void top_model_arrange(struct top_model *m)
{
	m->shown = 0;
	if (m->order_room < m->count) {
		uint32_t *order = realloc(m->order, m->room * sizeof *order);
		if (!order) {
			m->is_short = true;
			return;
		}
		m->order = order;
		m->order_room = m->room;
	}
	for (size_t i = 0; i < m->count; i++)
		if (is_shown(m, &m->rows[i]) && answers_filter(m, &m->rows[i]))
			m->order[m->shown++] = (uint32_t)i;
	if (m->shown)
		qsort_r(m->order, m->shown, sizeof *m->order, compare_indices, m);
	find_selected(m);
}

const struct top_row *top_model_at(const struct top_model *m, size_t index)
{
	return index < m->shown ? &m->rows[m->order[index]] : NULL;
}

const struct top_row *top_model_selected(const struct top_model *m)
{
	return top_model_at(m, m->at);
}

void top_model_move(struct top_model *m, long by)
{
	if (by < 0)
		select_at(m, (size_t)-by > m->at ? 0 : m->at - (size_t)-by);
	else
		select_at(m, m->at + (size_t)by < m->at ? SIZE_MAX : m->at + (size_t)by);
}

/* ---- the daemon ---- */

static int by_busy_address(const void *a, const void *b)
{
	return addr_cmp(&((const struct top_busy *)a)->address, &((const struct top_busy *)b)->address);
}

static double rate_of(uint64_t now, uint64_t before, double span_s)
{
	return now > before ? (double)(now - before) / span_s : 0;
}

static double mix(double newest, double before)
{
	double rate = RATE_SHARE * newest + (1 - RATE_SHARE) * before;
	return rate < 0.001 ? 0 : rate;
}

void top_model_vitals(struct top_model *m, const struct top_vitals *v, const struct top_busy *busy,
		      size_t busy_count)
{
	const struct top_vitals before = m->vitals;
	bool goes_on = before.is_known && before.started_us == v->started_us;
	if (goes_on && v->time_us == before.time_us) {
		m->vitals.is_ended = v->is_ended;
		return;
	}
	m->vitals = *v;
	if (goes_on && v->time_us > before.time_us) {
		double span_s = (double)(v->time_us - before.time_us) / 1e6;
		m->vitals.packets_per_s = rate_of(v->packets, before.packets, span_s);
		m->vitals.lines_per_s = rate_of(v->lines, before.lines, span_s);
		m->vitals.requests_per_s = rate_of(v->requests, before.requests, span_s);
		m->vitals.drops_per_s = rate_of(v->drops, before.drops, span_s);
	}
	m->busy_count = busy_count < TOP_BUSY_MAX ? busy_count : TOP_BUSY_MAX;
	if (!m->busy_count)
		return;
	memcpy(m->busy, busy, m->busy_count * sizeof *busy);
	qsort(m->busy, m->busy_count, sizeof *m->busy, by_busy_address);
}

bool top_model_is_live(const struct top_model *m, int64_t now_us)
{
	return m->vitals.is_known && !m->vitals.is_ended && now_us - m->vitals.time_us < LIVE_US;
}

/* Rates go on from the reading before, so that one quiet moment does not make them jump. */
static void take_rates(struct top_model *m, int64_t now_us)
{
	bool is_live = top_model_is_live(m, now_us);
	for (size_t i = 0; i < m->count; i++) {
		struct top_row *row = &m->rows[i];
		struct top_busy key = { .address = row->address };
		const struct top_row *before =
		    m->before_count ? bsearch(row, m->before, m->before_count, sizeof *m->before, by_address)
				    : NULL;
		const struct top_busy *busy =
		    is_live && m->busy_count
			? bsearch(&key, m->busy, m->busy_count, sizeof *m->busy, by_busy_address)
			: NULL;
		double newest = busy ? busy->rate_per_s : 0;
		row->rate_per_s = !is_live			     ? 0
				  : before && before->rate_per_s > 0 ? mix(newest, before->rate_per_s)
								     : newest;
		if (busy && m->vitals.time_us > row->last_us)
			row->last_us = m->vitals.time_us;
	}
}

void top_model_end(struct top_model *m, int64_t now_us)
{
	take_rates(m, now_us);
	see_changes(m, now_us);
	m->readings++;
	top_model_arrange(m);
}
