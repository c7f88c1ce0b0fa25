/* SPDX-License-Identifier: MIT */
#include "app/top/table.h"

#include "core/clock.h"
#include "output/escape.h"
#include "output/report/phrases.h"

enum { VERDICT, SCORE, BAN, LAST, RATE, MESSAGES, WHERE, TOOL, COLUMNS };

static const struct {
	const char *name;
	size_t width;	    /* a space behind included */
	enum top_sort sort; /* TOP_SORTS: nothing sorts by it */
} columns[COLUMNS] = {
	[VERDICT] = { "verdict", 8, TOP_SORTS }, [SCORE] = { "score", 6, TOP_BY_DANGER },
	[BAN] = { "ban", 9, TOP_BY_BAN },	 [LAST] = { "last", 7, TOP_BY_LAST },
	[RATE] = { "rate", 8, TOP_BY_RATE },	 [MESSAGES] = { "messages", 10, TOP_BY_MESSAGES },
	[WHERE] = { "where", 15, TOP_SORTS },	 [TOOL] = { "tool", 15, TOP_SORTS },
};

/* What is left out last when the screen is narrow comes first. */
static const uint8_t by_worth[COLUMNS] = { VERDICT, SCORE, LAST, BAN, RATE, MESSAGES, TOOL, WHERE };

enum { MARK_WIDTH = 2, ADDRESS_LEAST = 16, STAGES_LEAST = 11, STAGES_WANTED = 24, NARROW = 60 };

struct layout {
	size_t address;
	bool has[COLUMNS];
	size_t first; /* row */
};

const char *top_span_text(int64_t span_us, char out[32])
{
	long long s = span_us > 0 ? span_us / SECOND_US : 0;
	if (s < 60)
		snprintf(out, 32, "%lld s", s);
	else if (s < 3600)
		snprintf(out, 32, "%lld min", s / 60);
	else if (s < 48 * 3600)
		snprintf(out, 32, "%lld h", s / 3600);
	else
		snprintf(out, 32, "%lld d", s / 86400 < 9999 ? s / 86400 : 9999);
	return out;
}

const char *top_rate_text(double rate_per_s, char out[32])
{
	double a_minute = rate_per_s * 60;
	if (rate_per_s >= 99999)
		snprintf(out, 32, "%.0fk/s", rate_per_s / 1000 < 9999 ? rate_per_s / 1000 : 9999);
	else if (rate_per_s >= 9.95)
		snprintf(out, 32, "%.0f/s", rate_per_s);
	else if (rate_per_s >= 0.995)
		snprintf(out, 32, "%.1f/s", rate_per_s);
	else if (a_minute >= 0.5)
		snprintf(out, 32, "%.0f/min", a_minute);
	else
		snprintf(out, 32, "-");
	return out;
}

static const char *count_text(uint64_t count, char out[PHRASE_MAX])
{
	if (count < 10000000)
		return number_phrase(count, out);
	snprintf(out, PHRASE_MAX, "%.0fM", (double)count / 1e6);
	return out;
}

static const char *ban_text(const struct top_row *row, int64_t now_us, char out[32])
{
	switch (row->ban) {
	case TOP_BAN_ON:
	case TOP_BAN_BY_HAND:
		return row->ban_until_us ? top_span_text(row->ban_until_us - now_us, out) : "hand";
	case TOP_BAN_ENDED:
		return "ended";
	case TOP_BAN_UNBANNED:
		return "unbanned";
	case TOP_BAN_ALLOWED:
		return "allowed";
	case TOP_BAN_TAKEN_BACK:
		return "back";
	case TOP_BAN_NEVER:
		break;
	}
	return "-";
}

/* ---- room ---- */

static size_t widest_address(const struct top *t, size_t first, size_t count)
{
	size_t width = ADDRESS_LEAST;
	char text[ADDR_TEXT_MAX];
	for (size_t i = first; i < first + count && i < t->model.shown; i++) {
		size_t len = strlen(addr_text(&top_model_at(&t->model, i)->address, text)) + 1;
		width = len > width ? len : width;
	}
	return width;
}

static void lay_out(const struct top_view *v, const struct top *t, size_t count, struct layout *out)
{
	*out = (struct layout){ .first = t->model.at >= count ? t->model.at - count + 1 : 0 };
	out->address = widest_address(t, out->first, count);
	size_t used = MARK_WIDTH + (v->columns < NARROW ? ADDRESS_LEAST : out->address);
	size_t stages = v->columns < NARROW ? STAGES_LEAST : STAGES_WANTED;
	bool has_rates = top_model_is_live(&t->model, v->now_us);
	for (size_t i = 0; i < COLUMNS; i++)
		if ((by_worth[i] != RATE || has_rates) &&
		    used + columns[by_worth[i]].width + stages <= v->columns) {
			out->has[by_worth[i]] = true;
			used += columns[by_worth[i]].width;
		}
	if (v->columns < NARROW)
		out->address = ADDRESS_LEAST;
}

/* ---- cells ---- */

static void put_header(const struct top *t, const struct layout *layout, struct top_line *l)
{
	top_line_pad(l, MARK_WIDTH);
	top_line_cell(l, SLICE("address"), layout->address,
		      t->model.sort == TOP_BY_ADDRESS ? TINT_BOLD : TINT_DIM);
	for (size_t i = 0; i < COLUMNS; i++)
		if (layout->has[i])
			(i == SCORE || i == MESSAGES || i == RATE ? top_line_number : top_line_cell)(
			    l, slice_str(columns[i].name), columns[i].width,
			    columns[i].sort == t->model.sort ? TINT_BOLD : TINT_DIM);
	top_line_say(l, TINT_DIM, "stages");
}

/* The latest ones are what matters: the first ones go when there is no room. */
static void put_stages(const struct top_row *row, struct top_line *l)
{
	char text[STAGE_COUNT * 16];
	enum tint tint = row->is_breached ? TINT_RED : TINT_NONE;
	size_t room = l->width - l->columns;
	for (size_t from = 0; from < row->stage_count; from++) {
		size_t len = (size_t)snprintf(text, sizeof text, "%s", from ? ".. " : "");
		for (size_t i = from; i < row->stage_count && len < sizeof text; i++)
			len += (size_t)snprintf(text + len, sizeof text - len, "%s%s", i > from ? " > " : "",
						stage_text((enum stage)row->stages[i]));
		if (len <= room || from + 1 == row->stage_count) {
			bool is_alone = len > room && from;
			top_line_say(l, tint, "%s", is_alone ? text + 3 : text);
			return;
		}
	}
}

static void put_cell(const struct top_view *v, const struct top_row *row, size_t column, struct top_line *l)
{
	char text[PHRASE_MAX], span[32];
	size_t width = columns[column].width;
	switch (column) {
	case VERDICT:
		top_line_cell(l, slice_str(verdict_text(row->verdict)), width, verdict_tint(row->verdict));
		break;
	case SCORE:
		snprintf(text, sizeof text, "%d", row->score);
		top_line_number(l, slice_str(text), width, TINT_NONE);
		break;
	case BAN:
		top_line_cell(l, slice_str(ban_text(row, v->now_us, span)), width, TINT_NONE);
		break;
	case LAST:
		top_line_cell(l,
			      slice_str(row->last_us ? top_span_text(v->now_us - row->last_us, span) : "-"),
			      width, TINT_NONE);
		break;
	case RATE:
		top_line_number(l, slice_str(top_rate_text(row->rate_per_s, span)), width, TINT_NONE);
		break;
	case MESSAGES:
		top_line_number(l, slice_str(count_text(row->messages, text)), width, TINT_NONE);
		break;
	case WHERE:
		top_line_cell(l, slice_str(row->where[0] ? row->where : "-"), width, TINT_NONE);
		break;
	default:
		top_line_cell(l, slice_str(row->tool[0] ? row->tool : "-"), width, TINT_NONE);
	}
}

static void put_row(const struct top_view *v, const struct layout *layout, const struct top_row *row,
		    struct top_line *l)
{
	char address[ADDR_TEXT_MAX];
	top_line_put(l, row->is_breached ? SLICE("! ") : SLICE("  "), MARK_WIDTH, TINT_RED);
	top_line_cell(l, slice_str(addr_text(&row->address, address)), layout->address,
		      row->is_breached ? TINT_RED : TINT_NONE);
	for (size_t i = 0; i < COLUMNS; i++)
		if (layout->has[i])
			put_cell(v, row, i, l);
	put_stages(row, l);
}

void top_table_make(struct top_view *v, const struct top *t, size_t from, size_t until, bool has_header)
{
	struct layout layout;
	lay_out(v, t, until - from - has_header, &layout);
	if (has_header)
		put_header(t, &layout, &v->lines[from++]);
	for (size_t i = layout.first; from < until && i < t->model.shown; i++, from++) {
		struct top_line *l = &v->lines[from];
		put_row(v, &layout, top_model_at(&t->model, i), l);
		l->is_reverse = i == t->model.at;
		if (l->is_reverse)
			top_line_pad(l, v->columns);
	}
}
