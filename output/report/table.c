/* SPDX-License-Identifier: MIT */
#include "output/report/table.h"

#include "output/escape.h"
#include "output/report/phrases.h"

#include <inttypes.h>
#include <stdlib.h>

enum { CELL_MAX = 128, NAME_COLUMNS = 24, GAP = 2, SHORT_ADDRESS = 15 /* of IPv4 */, DAY_LEN = 11 };

/* X(ID, heading, least width when it is shrunk; 0: never shrunk) */
#define TABLE_COLUMNS(X)                                                                                     \
	X(VERDICT, "VERDICT", 0)                                                                             \
	X(SCORE, "SCORE", 0)                                                                                 \
	X(ADDRESS, "ADDRESS", 0)                                                                             \
	X(FROM, "FROM", 10)                                                                                  \
	X(STAGES, "STAGES", 14)                                                                              \
	X(TOOL, "TOOL", 10)                                                                                  \
	X(AIM, "AIMED AT", 12)                                                                               \
	X(FIRST, "FIRST SEEN", 10)                                                                           \
	X(MESSAGES, "MESSAGES", 0)

#define X(id, heading, least) COLUMN_##id,
enum column { TABLE_COLUMNS(X) COLUMN_COUNT };
#undef X
static const char *const headings[] = {
#define X(id, heading, least) heading,
	TABLE_COLUMNS(X)
#undef X
};
static const size_t least_widths[] = {
#define X(id, heading, least) least,
	TABLE_COLUMNS(X)
#undef X
};

struct report_row {
	enum verdict verdict;
	char cells[COLUMN_COUNT][CELL_MAX];
};

void report_table_init(struct report_table *t)
{
	*t = (struct report_table){ 0 };
}

void report_table_fini(struct report_table *t)
{
	free(t->rows);
	*t = (struct report_table){ 0 };
}

static struct report_row *new_row(struct report_table *t)
{
	if (t->count >= REPORT_TABLE_ROWS) {
		t->left_out++;
		return NULL;
	}
	if (t->count == t->capacity) {
		size_t capacity = t->capacity ? t->capacity * 2 : 8;
		struct report_row *rows = realloc(t->rows, capacity * sizeof *rows);
		if (!rows) {
			t->out_of_memory = true;
			t->left_out++;
			return NULL;
		}
		t->rows = rows;
		t->capacity = capacity;
	}
	return &t->rows[t->count++];
}

static void fill_from(char cell[CELL_MAX], const struct geo *geo)
{
	char country[ESCAPE_SIZE(8)], name[ESCAPE_SIZE(NAME_COLUMNS)], number[16] = "";
	if (geo->as_number)
		snprintf(number, sizeof number, "AS%" PRIu32, geo->as_number);
	escape_terminal(geo->country, 8, country);
	escape_terminal(geo->as_name, NAME_COLUMNS, name);
	snprintf(cell, CELL_MAX, "%s%s%s%s%s", country, *country && *number ? " " : "", number,
		 (*country || *number) && *name ? " " : "", name);
}

static void fill_stages(char cell[CELL_MAX], const struct offender *o)
{
	size_t len = 0;
	cell[0] = '\0';
	for (size_t i = 0; i < o->stage_count && len < CELL_MAX; i++)
		len += (size_t)snprintf(cell + len, CELL_MAX - len, "%s%s", i ? " > " : "",
					stage_text(o->stages[i].stage));
}

static void fill_tool(char cell[CELL_MAX], const struct offender *o)
{
	if (o->tool_module) {
		snprintf(cell, CELL_MAX, "%s", o->tool_module);
	} else if (o->tool) {
		snprintf(cell, CELL_MAX, "%s", o->tool);
	} else if (o->user_agent.len) {
		char name[ESCAPE_SIZE(NAME_COLUMNS)];
		snprintf(cell, CELL_MAX, "\"%s\"", escape_terminal(o->user_agent, NAME_COLUMNS, name));
	} else {
		snprintf(cell, CELL_MAX, "-");
	}
}

static void fill_aim(char cell[CELL_MAX], const struct offender *o)
{
	static const struct {
		const char *one, *many;
	} words[] = {
		{ "host", "hosts" }, { "account", "accounts" }, { "number", "numbers" }, { "file", "files" }
	};
	const uint64_t counts[] = { o->targets.count, o->accounts.count, o->dialed.count,
				    o->provisioning_requested };
	size_t len = 0;
	cell[0] = '\0';
	for (size_t i = 0; i < 4 && len < CELL_MAX; i++) {
		char text[PHRASE_MAX];
		if (counts[i])
			len += (size_t)snprintf(cell + len, CELL_MAX - len, "%s%s", len ? ", " : "",
						count_phrase(counts[i], words[i].one, words[i].many, text));
	}
}

void report_table_add(struct report_table *t, const struct offender *o)
{
	struct report_row *row = new_row(t);
	if (!row)
		return;
	char ip[ADDR_TEXT_MAX], text[PHRASE_MAX];
	row->verdict = o->verdict;
	snprintf(row->cells[COLUMN_VERDICT], CELL_MAX, "%s", verdict_text(o->verdict));
	snprintf(row->cells[COLUMN_SCORE], CELL_MAX, "%5d", o->score);
	snprintf(row->cells[COLUMN_ADDRESS], CELL_MAX, "%s", addr_text(&o->address, ip));
	fill_from(row->cells[COLUMN_FROM], &o->geo);
	fill_stages(row->cells[COLUMN_STAGES], o);
	fill_tool(row->cells[COLUMN_TOOL], o);
	fill_aim(row->cells[COLUMN_AIM], o);
	snprintf(row->cells[COLUMN_FIRST], CELL_MAX, "%s", time_phrase(o->first_us, text));
	snprintf(row->cells[COLUMN_MESSAGES], CELL_MAX, "%8s", number_phrase(o->messages, text));
}

/* Width of each column; 0: not shown. An address longer than its column (IPv6) stands on a line of its own. */
struct layout {
	size_t widths[COLUMN_COUNT];
	size_t words[COLUMN_COUNT]; /* the longest word of each */
};

static size_t total_width(const struct layout *l)
{
	size_t total = 0;
	for (size_t c = 0; c < COLUMN_COUNT; c++)
		if (l->widths[c])
			total += l->widths[c] + (total ? GAP : 0);
	return total;
}

/* "2026-01-02 " in front of each time says nothing when all rows have it: the headline names the day. */
static bool is_one_day(const struct report_table *t)
{
	for (size_t r = 1; r < t->count; r++)
		if (memcmp(t->rows[r].cells[COLUMN_FIRST], t->rows[0].cells[COLUMN_FIRST], DAY_LEN) != 0)
			return false;
	return true;
}

static const char *cell_text(const struct report_row *row, size_t column, bool one_day)
{
	return row->cells[column] + (column == COLUMN_FIRST && one_day ? DAY_LEN : 0);
}

static size_t longest_word(struct slice text, size_t least)
{
	while (text.len) {
		size_t width = text_columns(slice_cut(&text, ' '));
		least = width > least ? width : least;
	}
	return least;
}

static void measure(const struct report_table *t, bool one_day, struct layout *l)
{
	for (size_t c = 0; c < COLUMN_COUNT; c++) {
		size_t width = 0;
		l->words[c] = longest_word(slice_str(headings[c]), 0);
		for (size_t r = 0; r < t->count; r++)
			l->words[c] =
			    longest_word(slice_str(cell_text(&t->rows[r], c, one_day)), l->words[c]);
		for (size_t r = 0; r < t->count; r++) {
			size_t cell = text_columns(slice_str(cell_text(&t->rows[r], c, one_day)));
			width = cell > width ? cell : width;
		}
		/* A column without any value is not worth its heading. */
		l->widths[c] = width && width < strlen(headings[c]) ? strlen(headings[c]) : width;
	}
}

static void shrink_to(struct layout *l, size_t width, const size_t least[COLUMN_COUNT])
{
	while (total_width(l) > width) {
		size_t widest = COLUMN_COUNT;
		for (size_t c = 0; c < COLUMN_COUNT; c++)
			if (least_widths[c] && l->widths[c] > least[c] &&
			    (widest == COLUMN_COUNT || l->widths[c] > l->widths[widest]))
				widest = c;
		if (widest == COLUMN_COUNT)
			return;
		l->widths[widest]--;
	}
}

/* Words are cut only when there is no other way. */
static void shrink(struct layout *l, size_t width)
{
	size_t comfortable[COLUMN_COUNT];
	for (size_t c = 0; c < COLUMN_COUNT; c++)
		comfortable[c] = l->words[c] > least_widths[c] ? l->words[c] : least_widths[c];
	shrink_to(l, width, comfortable);
	shrink_to(l, width, l->words);
	shrink_to(l, width, least_widths);
}

/* Columns give up space, the widest first; then long addresses move to a line of their own; then the least
 * needed columns go. */
static void fit(struct layout *l, size_t width)
{
	static const enum column leaving[] = { COLUMN_MESSAGES, COLUMN_FIRST, COLUMN_TOOL,   COLUMN_FROM,
					       COLUMN_AIM,	COLUMN_SCORE, COLUMN_STAGES, COLUMN_VERDICT };
	struct layout full = *l;
	shrink(l, width);
	if (total_width(l) <= width)
		return;
	size_t lead =
	    full.widths[COLUMN_VERDICT] + full.widths[COLUMN_SCORE] + full.widths[COLUMN_ADDRESS] + 2 * GAP;
	if (lead <= width && full.widths[COLUMN_ADDRESS] > SHORT_ADDRESS)
		full.widths[COLUMN_ADDRESS] = SHORT_ADDRESS;
	for (size_t gone = 0;; gone++) {
		*l = full;
		shrink(l, width);
		if (total_width(l) <= width || gone == sizeof leaving / sizeof *leaving)
			return;
		full.widths[leaving[gone]] = 0;
	}
}

static void print_line(struct page *p, const struct layout *l, struct slice rest[COLUMN_COUNT],
		       enum tint tint, bool all)
{
	size_t last = 0, before = 0;
	for (size_t c = 0; c < COLUMN_COUNT; c++)
		if (l->widths[c] && rest[c].len)
			last = c;
	for (size_t c = 0; c <= last; c++) {
		if (!l->widths[c])
			continue;
		struct slice text = page_cut_line(&rest[c], l->widths[c]);
		for (size_t gap = 0; before && gap < GAP; gap++)
			fputc(' ', p->out);
		page_cell(p, text, c == last ? 0 : l->widths[c],
			  c == COLUMN_VERDICT || all ? tint : TINT_NONE);
		before = 1;
	}
	page_blank(p);
}

static bool has_more(const struct slice rest[COLUMN_COUNT])
{
	for (size_t c = 0; c < COLUMN_COUNT; c++)
		if (rest[c].len)
			return true;
	return false;
}

static void print_row(struct page *p, const struct layout *l, const char *const cells[COLUMN_COUNT],
		      enum tint tint, bool all)
{
	struct slice rest[COLUMN_COUNT], lead[COLUMN_COUNT] = { { NULL, 0 } };
	for (size_t c = 0; c < COLUMN_COUNT; c++)
		rest[c] = l->widths[c] ? slice_str(cells[c]) : slice_of(NULL, 0);
	if (rest[COLUMN_ADDRESS].len > l->widths[COLUMN_ADDRESS]) {
		struct layout wide = *l;
		wide.widths[COLUMN_ADDRESS] = rest[COLUMN_ADDRESS].len;
		for (size_t c = 0; c <= COLUMN_ADDRESS; c++) {
			lead[c] = rest[c];
			rest[c] = slice_of(NULL, 0);
		}
		print_line(p, &wide, lead, tint, all);
	}
	while (has_more(rest))
		print_line(p, l, rest, tint, all);
}

void report_table_print(const struct report_table *t, struct page *p)
{
	struct layout l;
	if (!t->count)
		return;
	bool one_day = is_one_day(t);
	measure(t, one_day, &l);
	fit(&l, p->width);
	print_row(p, &l, headings, TINT_BOLD, true);
	for (size_t r = 0; r < t->count; r++) {
		const char *cells[COLUMN_COUNT];
		for (size_t c = 0; c < COLUMN_COUNT; c++)
			cells[c] = cell_text(&t->rows[r], c, one_day);
		print_row(p, &l, cells, verdict_tint(t->rows[r].verdict), false);
	}
	if (t->left_out) {
		char number[PHRASE_MAX];
		page_say(p, "and %s more; use --format json or csv for all.",
			 number_phrase(t->left_out, number));
		page_end(p, 0, 0, TINT_NONE);
	}
}
