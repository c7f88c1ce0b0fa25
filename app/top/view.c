/* SPDX-License-Identifier: MIT */
#include "app/top/view.h"

#include "app/top/table.h"
#include "core/clock.h"
#include "output/escape.h"
#include "output/report/phrases.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

/* From so many lines on each part is shown. */
enum {
	KEYS_FROM = 2,
	HEADER_FROM = 5,
	COUNTS_FROM = 6,
	BREACH_FROM = 7,
	TITLE_FROM = 8,
	DAEMON_FROM = 11,
	EVENTS_FROM = 18
};
enum { NARROW = 60, EVENTS_MOST = 8, BREACHED_NAMED = 6 };

void top_view_fini(struct top_view *v)
{
	free(v->lines);
	memset(v, 0, sizeof *v);
}

/* ---- the lines above the list ---- */

/* The end of a path says more than its beginning. */
static void put_path(struct top_line *l, const char *path, size_t columns)
{
	struct slice text = slice_str(path);
	while (text_columns(text) > columns && text.len > 2)
		text = slice_from(text, 1);
	if (text.len < strlen(path) && text.len > 2) {
		top_line_put(l, SLICE(".."), 2, TINT_NONE);
		text = slice_from(text, 2);
	}
	top_line_put(l, text, columns, TINT_NONE);
}

static void show_title(const struct top_view *v, const struct top *t, struct top_line *l)
{
	char when[PHRASE_MAX], right[PHRASE_MAX + 16];
	time_phrase(v->now_us, when);
	snprintf(right, sizeof right, "%s%s UTC ", t->is_paused ? "PAUSED  " : "",
		 v->columns < NARROW ? when + 11 : when);
	l->is_reverse = true;
	top_line_say(l, TINT_NONE, " siphound top  ");
	size_t end = v->columns > strlen(right) ? v->columns - strlen(right) : 0;
	if (l->columns + 2 < end)
		put_path(l, t->store, end - l->columns - 2);
	top_line_pad(l, end);
	if (l->columns == end)
		top_line_say(l, TINT_NONE, "%s", right);
	top_line_pad(l, v->columns);
}

static void say_per_s(struct top_line *l, double rate, const char *what, const char *after)
{
	char number[PHRASE_MAX];
	if (rate > 0 && rate < 10)
		top_line_say(l, TINT_NONE, "%.1f %s/s%s", rate, what, after);
	else
		top_line_say(l, TINT_NONE, "%s %s/s%s", number_phrase((uint64_t)(rate + 0.5), number), what,
			     after);
}

static void say_inputs(struct top_line *l, const struct top_vitals *d)
{
	top_line_say(l, TINT_NONE, "watching ");
	for (size_t i = 0; i < d->input_count && i < 3 && i < TOP_INPUTS_MAX; i++) {
		top_line_say(l, TINT_NONE, "%s%s", i ? ", " : "", d->inputs[i].name);
		if (!d->inputs[i].is_up)
			top_line_say(l, TINT_RED, " (down)");
	}
	if (d->input_count > 3)
		top_line_say(l, TINT_NONE, " and %zu more", d->input_count - 3);
	top_line_say(l, TINT_NONE, ": ");
}

static void show_live(const struct top_view *v, const struct top_vitals *d, struct top_line *l)
{
	char number[PHRASE_MAX];
	bool is_narrow = v->columns < NARROW;
	if (!is_narrow)
		say_inputs(l, d);
	say_per_s(l, d->requests_per_s, is_narrow ? "req" : "requests", ", ");
	if (d->packets)
		say_per_s(l, d->packets_per_s, is_narrow ? "pkt" : "packets", ", ");
	if (d->lines)
		say_per_s(l, d->lines_per_s, "lines", ", ");
	if (d->drops)
		top_line_say(l, TINT_RED, "LOST %s%s", number_phrase(d->drops, number),
			     is_narrow ? "" : " frames");
	else
		top_line_say(l, TINT_NONE, "lost 0");
	if (d->drops_per_s > 0)
		say_per_s(l, d->drops_per_s, "now:", "");
	if (d->inputs_down && is_narrow)
		top_line_say(l, TINT_RED, ", %zu down", d->inputs_down);
	if (!is_narrow)
		top_line_say(l, TINT_NONE, "; %s", count_phrase(d->alerts, "alert", "alerts", number));
}

static void show_daemon(const struct top_view *v, const struct top *t, struct top_line *l)
{
	const struct top_vitals *d = &t->model.vitals;
	char span[32];
	if (top_model_is_live(&t->model, v->now_us)) {
		show_live(v, d, l);
		return;
	}
	if (!d->is_known) {
		top_line_say(l, TINT_NONE,
			     v->columns < NARROW
				 ? "no watch runs on this store"
				 : "no watch runs on this store: this is what was kept in it");
		return;
	}
	top_span_text(v->now_us - d->time_us, span);
	if (d->is_ended)
		top_line_say(l, TINT_NONE, "no watch runs: the last one ended %s ago", span);
	else
		top_line_say(l, TINT_YELLOW, "the watch has been silent for %s: was it killed?", span);
}

static void say_order(struct top_line *l, const struct top_model *m)
{
	top_line_say(l, TINT_NONE, "by %s%s", top_sort_text(m->sort), m->is_reversed ? ", reversed" : "");
	if (m->show != TOP_ALL)
		top_line_say(l, TINT_YELLOW, ", only %s", top_show_text(m->show));
	if (m->filter[0])
		top_line_say(l, TINT_YELLOW, ", with \"%s\"", m->filter);
}

static void show_counts(const struct top_view *v, const struct top *t, struct top_line *l)
{
	const struct top_model *m = &t->model;
	char number[PHRASE_MAX];
	const char *before = ": ";
	top_line_say(l, TINT_BOLD, "%s", count_phrase(m->total, "offender", "offenders", number));
	for (unsigned i = VERDICT_BLOCK; i <= VERDICT_SPARED && v->columns >= NARROW; i++)
		if (m->verdicts[i]) {
			top_line_say(l, verdict_tint((enum verdict)i), "%s%s %s", before,
				     number_phrase(m->verdicts[i], number), verdict_text((enum verdict)i));
			before = ", ";
		}
	top_line_say(l, TINT_NONE, ", %s banned; ", number_phrase(m->banned, number));
	say_order(l, m);
	if (m->total > m->count)
		top_line_say(l, TINT_YELLOW, "; the worst %s are listed", number_phrase(m->count, number));
}

static void show_breached(const struct top_view *v, const struct top *t, struct top_line *l)
{
	const struct top_model *m = &t->model;
	char address[ADDR_TEXT_MAX];
	size_t named = 0;
	l->is_reverse = true;
	top_line_say(l, TINT_RED, " GOT IN: ");
	for (size_t i = 0; i < m->count && named < BREACHED_NAMED; i++)
		if (m->rows[i].is_breached)
			top_line_say(l, TINT_RED, "%s%s", named++ ? ", " : "",
				     addr_text(&m->rows[i].address, address));
	if (m->breached > named)
		top_line_say(l, TINT_RED, " and %" PRIu64 " more", m->breached - named);
	static const char advice[] = "; Enter shows the account ";
	if (l->columns + sizeof advice - 1 <= v->columns)
		top_line_say(l, TINT_RED, "%s", advice);
	top_line_pad(l, v->columns);
}

/* ---- what changed ---- */

static void show_event(const struct top_view *v, const struct top_event *e, struct top_line *l)
{
	char when[PHRASE_MAX], address[ADDR_TEXT_MAX];
	top_line_say(l, TINT_DIM, "%s ", near_time_phrase(e->time_us, v->now_us, when));
	top_line_say(l, TINT_NONE, "%s ", addr_text(&e->address, address));
	top_line_say(l, e->tint, "%s", e->text);
}

/* ---- when there is nothing to list ---- */

static void wrap(struct top_view *v, size_t from, size_t until, const char *text)
{
	struct slice rest = slice_str(text);
	for (size_t i = from; i < until && rest.len; i++) {
		const char *end = memchr(rest.ptr, '\n', rest.len);
		size_t len = end ? (size_t)(end - (const char *)rest.ptr) : rest.len;
		struct slice paragraph = slice_first(rest, len),
			     line = page_cut_line(&paragraph, v->columns > 1 ? v->columns - 1 : 1);
		top_line_put(&v->lines[i], line, SIZE_MAX, TINT_NONE);
		size_t taken = paragraph.len ? len - paragraph.len : len + (end != NULL);
		rest = slice_from(rest, taken);
	}
}

static void show_nothing(struct top_view *v, const struct top *t, size_t from, size_t until)
{
	char text[4096];
	if (t->model.total)
		snprintf(text, sizeof text,
			 "None of the %" PRIu64 " offenders is of that kind. Esc shows all of them.",
			 t->model.total);
	else if (top_model_is_live(&t->model, v->now_us))
		snprintf(text, sizeof text,
			 "Nobody has attacked yet, as far as the watch has seen. Who does will stand here.");
	else
		snprintf(text, sizeof text,
			 "There is no offender in this store yet.\n\n"
			 "Watch a mirror port, and look here while it runs:\n"
			 " siphound watch -i eth0 --store %.200s\n"
			 "Or read what was captured or logged:\n"
			 " siphound read --store %.200s FILE.pcap\n"
			 " siphound logs --store %.200s /var/log/asterisk/full",
			 t->store, t->store, t->store);
	wrap(v, from, until, text);
}

/* ---- the last line ---- */

struct hint {
	const char *key, *what;
};

static void show_hints(struct top_line *l, const struct hint *hints)
{
	for (; hints->key; hints++) {
		size_t wide = strlen(hints->key) + 1 + strlen(hints->what);
		if (l->columns + (l->columns ? 2 : 0) + wide > l->width)
			continue;
		if (l->columns)
			top_line_say(l, TINT_NONE, "  ");
		top_line_say(l, TINT_BOLD, "%s", hints->key);
		top_line_say(l, TINT_NONE, " %s", hints->what);
	}
}

static void show_keys(const struct top *t, struct top_line *l)
{
	static const struct hint of_list[] = { { "?", "help" },	   { "q", "quit" },  { "Enter", "why" },
					       { "b", "ban" },	   { "s", "sort" },  { "u", "unban" },
					       { "a", "allow" },   { "/", "find" },  { "f", "show" },
					       { "r", "reverse" }, { "p", "pause" }, { "Esc", "all" },
					       { NULL, NULL } };
	static const struct hint of_page[] = { { "Esc", "back" }, { "b", "ban" },	 { "u", "unban" },
					       { "a", "allow" },  { "PgDn", "further" }, { "?", "help" },
					       { NULL, NULL } };
	static const struct hint of_help[] = { { "Esc", "back" }, { "PgDn", "further" }, { NULL, NULL } };
	show_hints(l, t->mode == TOP_LIST ? of_list : t->page_kind == TOP_PAGE_WHY ? of_page : of_help);
}

static void question(const struct top *t, char *out, size_t size)
{
	char address[ADDR_TEXT_MAX];
	addr_text(&t->address, address);
	if (t->asked == TOP_BAN)
		snprintf(out, size,
			 "Ban %s? y: until taken back, h: an hour, d: a day, w: a week; other keys: no",
			 address);
	else if (t->asked == TOP_UNBAN)
		snprintf(out, size, "Unban %s, and not ban it again for 24 hours? y: yes; other keys: no",
			 address);
	else
		snprintf(out, size,
			 "Never ban %s? y: for ever, h: for an hour, d: a day, w: a week; other keys: no",
			 address);
}

/* At the lower edge, over whatever is there. */
static void show_over(struct top_view *v, const char *text, enum tint tint)
{
	struct slice rest = slice_str(text), pieces[4];
	size_t count = 0;
	while (rest.len && count < 4 && count < v->rows)
		pieces[count++] = page_cut_line(&rest, v->columns);
	for (size_t i = 0; i < count; i++) {
		struct top_line *l = &v->lines[v->rows - count + i];
		top_line_init(l, v->columns, v->is_utf8);
		top_line_put(l, pieces[i], SIZE_MAX, tint);
	}
}

static void show_last(struct top_view *v, const struct top *t)
{
	char text[256];
	if (t->mode == TOP_CONFIRM) {
		question(t, text, sizeof text);
		show_over(v, text, TINT_BOLD);
	} else if (t->mode == TOP_ASKING) {
		snprintf(text, sizeof text, "Show what has: %s_", t->typed);
		show_over(v, text, TINT_BOLD);
	} else if (t->message[0]) {
		show_over(v, t->message, t->message_tint == TINT_NONE ? TINT_BOLD : t->message_tint);
	} else if (v->rows >= KEYS_FROM) {
		show_keys(t, &v->lines[v->rows - 1]);
	}
}

/* ---- pictures ---- */

static size_t events_of(const struct top_view *v, const struct top *t)
{
	if (v->rows < EVENTS_FROM || !t->model.event_count)
		return 0;
	size_t room = (v->rows - 10) / 4;
	room = room < EVENTS_MOST ? room : EVENTS_MOST;
	return room < t->model.event_count ? room : t->model.event_count;
}

static void make_list(struct top_view *v, struct top *t)
{
	size_t at = 0, end = v->rows - (v->rows >= KEYS_FROM), events = events_of(v, t);
	if (v->rows >= TITLE_FROM)
		show_title(v, t, &v->lines[at++]);
	if (v->rows >= DAEMON_FROM)
		show_daemon(v, t, &v->lines[at++]);
	if (v->rows >= COUNTS_FROM)
		show_counts(v, t, &v->lines[at++]);
	if (v->rows >= BREACH_FROM && t->model.breached)
		show_breached(v, t, &v->lines[at++]);
	if (events) {
		end -= events + 1;
		top_line_say(&v->lines[end], TINT_DIM, "-- what changed ");
		while (v->lines[end].columns < v->columns)
			top_line_say(&v->lines[end], TINT_DIM, "-");
		for (size_t i = 0; i < events; i++)
			show_event(v, &t->model.events[i], &v->lines[end + 1 + i]);
	}
	t->rows_shown = end - at - (v->rows >= HEADER_FROM);
	if (t->model.shown)
		top_table_make(v, t, at, end, v->rows >= HEADER_FROM);
	else
		show_nothing(v, t, at + (v->rows >= EVENTS_FROM), end);
}

static void show_page_title(const struct top_view *v, const struct top *t, struct top_line *l)
{
	char address[ADDR_TEXT_MAX], part[64];
	size_t last = t->page_at + t->rows_shown;
	last = last < t->page_lines ? last : t->page_lines;
	snprintf(part, sizeof part, "%zu-%zu of %zu ", t->page_lines ? t->page_at + 1 : 0, last,
		 t->page_lines);
	l->is_reverse = true;
	top_line_say(l, TINT_NONE, " %s",
		     t->page_kind == TOP_PAGE_WHY ? addr_text(&t->address, address) : "help");
	if (l->columns + strlen(part) < v->columns) {
		top_line_pad(l, v->columns - strlen(part));
		top_line_say(l, TINT_NONE, "%s", part);
	}
	top_line_pad(l, v->columns);
}

static enum tint page_tint(struct slice line, bool is_first)
{
	if (slice_starts(line, SLICE("BREACH")))
		return TINT_RED;
	return is_first ? TINT_BOLD : TINT_NONE;
}

static void make_page(struct top_view *v, struct top *t)
{
	size_t at = v->rows >= HEADER_FROM, end = v->rows - (v->rows >= KEYS_FROM), number = 0;
	struct slice rest = slice_str(t->page);
	t->rows_shown = end - at;
	if (t->page_at + t->rows_shown > t->page_lines)
		t->page_at = t->page_lines > t->rows_shown ? t->page_lines - t->rows_shown : 0;
	if (at)
		show_page_title(v, t, &v->lines[0]);
	for (; rest.len && at < end; number++) {
		struct slice line = slice_cut(&rest, '\n');
		if (number >= t->page_at)
			top_line_put(&v->lines[at++], line, SIZE_MAX, page_tint(line, number == 0));
	}
}

static int make_room(struct top_view *v, size_t rows)
{
	if (rows <= v->room)
		return 0;
	struct top_line *lines = realloc(v->lines, rows * sizeof *lines);
	if (!lines)
		return -ENOMEM;
	v->lines = lines;
	v->room = rows;
	return 0;
}

int top_view_make(struct top_view *v, struct top *t, size_t rows, size_t columns, bool is_utf8,
		  int64_t now_us)
{
	rows = rows < 1 ? 1 : rows > TOP_LINES_MAX ? TOP_LINES_MAX : rows;
	columns = columns < 1 ? 1 : columns > TOP_COLUMNS_MAX ? TOP_COLUMNS_MAX : columns;
	if (make_room(v, rows))
		return -ENOMEM;
	v->rows = rows;
	v->columns = columns;
	v->is_utf8 = is_utf8;
	v->now_us = now_us;
	for (size_t i = 0; i < rows; i++)
		top_line_init(&v->lines[i], columns, is_utf8);
	enum top_mode mode = t->mode == TOP_CONFIRM ? t->mode_before : t->mode;
	if (mode == TOP_PAGE)
		make_page(v, t);
	else
		make_list(v, t);
	show_last(v, t);
	return 0;
}
