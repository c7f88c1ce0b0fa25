/* SPDX-License-Identifier: MIT */
#include "output/sink.h"

#include "core/clock.h"
#include "output/escape.h"

#include <stdlib.h>

/* CSV after RFC 4180, one line for each offender; docs/json.md lists the columns. A spreadsheet runs a cell
 * that begins with = + - or @ as a formula: in a stranger's text a ' goes in front. Several values share a
 * cell with " | " between them. */

enum { CSV_TEXT_COLUMNS = 200, CSV_CELL_MAX = 8192 };

struct csv_sink {
	struct sink sink;
	FILE *out;
	bool has_header;
	bool needs_comma;
	size_t len;
	char cell[CSV_CELL_MAX]; /* being put together; what is longer is cut */
};

static void add_bytes(struct csv_sink *s, const char *bytes, size_t len)
{
	size_t room = sizeof s->cell - s->len;
	len = len < room ? len : room;
	memcpy(s->cell + s->len, bytes, len);
	s->len += len;
}

static void add(struct csv_sink *s, const char *text)
{
	add_bytes(s, text, strlen(text));
}

static void add_text(struct csv_sink *s, struct slice text)
{
	char safe[ESCAPE_SIZE(CSV_TEXT_COLUMNS)];
	escape_terminal(text, CSV_TEXT_COLUMNS, safe);
	if (s->len == 0 && *safe && strchr("=+-@", *safe))
		add(s, "'");
	add(s, safe);
}

static void add_number(struct csv_sink *s, uint64_t value)
{
	char text[20], *end = text + sizeof text, *at = end;
	do
		*--at = (char)('0' + value % 10);
	while (value /= 10);
	add_bytes(s, at, (size_t)(end - at));
}

static bool needs_quotes(const struct csv_sink *s)
{
	static const bool quoted[256] = { ['"'] = true,	 [','] = true,	[';'] = true, ['\r'] = true,
					  ['\n'] = true, ['\t'] = true, ['\0'] = true };
	for (size_t i = 0; i < s->len; i++)
		if (quoted[(uint8_t)s->cell[i]])
			return true;
	return s->len && (s->cell[0] == ' ' || s->cell[s->len - 1] == ' ');
}

/* A sink is of one thread: the stream need not be locked for each of its thirty cells a line. */
static void put(struct csv_sink *s, const char *bytes, size_t len)
{
	fwrite_unlocked(bytes, 1, len, s->out);
}

static void put_quoted(struct csv_sink *s)
{
	const char *at = s->cell, *end = s->cell + s->len;
	put(s, "\"", 1);
	for (const char *quote; (quote = memchr(at, '"', (size_t)(end - at))); at = quote + 1) {
		put(s, at, (size_t)(quote + 1 - at));
		put(s, "\"", 1);
	}
	put(s, at, (size_t)(end - at));
	put(s, "\"", 1);
}

static void end_cell(struct csv_sink *s)
{
	if (s->needs_comma)
		put(s, ",", 1);
	s->needs_comma = true;
	if (needs_quotes(s))
		put_quoted(s);
	else
		put(s, s->cell, s->len);
	s->len = 0;
}

static void end_line(struct csv_sink *s)
{
	fputs("\r\n", s->out);
	s->needs_comma = false;
}

static void cell(struct csv_sink *s, const char *text)
{
	add(s, text ? text : "");
	end_cell(s);
}

static void cell_text(struct csv_sink *s, struct slice text)
{
	add_text(s, text);
	end_cell(s);
}

static void cell_number(struct csv_sink *s, uint64_t value)
{
	add_number(s, value);
	end_cell(s);
}

static void cell_time(struct csv_sink *s, int64_t time_us)
{
	char text[CLOCK_TEXT_MAX];
	cell(s, clock_text(time_us, text));
}

static void cell_seen(struct csv_sink *s, const struct offender *o, int64_t time_us)
{
	if (offender_was_seen(o))
		cell_time(s, time_us);
	else
		cell(s, "");
}

static void cell_texts(struct csv_sink *s, const struct text_sample *sample)
{
	for (size_t i = 0; i < sample->shown && i < SAMPLE_MAX; i++) {
		if (i)
			add(s, " | ");
		add_text(s, sample->items[i]);
	}
	if (sample->count > sample->shown)
		add(s, " | ...");
	end_cell(s);
}

static void write_header(struct csv_sink *s)
{
	static const char *const names[] = {
		"address",
		"verdict",
		"score",
		"country",
		"city",
		"as_number",
		"as_organization",
		"stages",
		"proof",
		"first_seen",
		"last_seen",
		"messages",
		"answered",
		"tool",
		"tool_module",
		"user_agent",
		"fingerprint",
		"targets",
		"target_order",
		"accounts_tried",
		"accounts_revealed",
		"accounts_breached",
		"accounts_perhaps",
		"numbers_dialed",
		"calls_answered",
		"files_requested",
		"files_served",
		"rules",
		"ban_ttl_s",
		"ban_until",
		"campaign",
		"reason",
	};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		cell(s, names[i]);
	end_line(s);
	s->has_header = true;
}

static void write_who(struct csv_sink *s, const struct offender *o)
{
	char ip[ADDR_TEXT_MAX];
	cell(s, addr_text(&o->address, ip));
	cell(s, verdict_text(o->verdict));
	add_number(s, (uint64_t)o->score);
	end_cell(s);
	cell_text(s, o->geo.country);
	cell_text(s, o->geo.city);
	if (o->geo.as_number)
		add_number(s, o->geo.as_number);
	end_cell(s);
	cell_text(s, o->geo.as_name);
	for (size_t i = 0; i < o->stage_count; i++) {
		add(s, i ? " > " : "");
		add(s, stage_text(o->stages[i].stage));
	}
	end_cell(s);
	cell(s, o->proof ? proof_text(o->proof) : "none");
	cell_seen(s, o, o->first_us);
	cell_seen(s, o, o->last_us);
	cell_number(s, o->messages);
	cell_number(s, o->answered);
	cell(s, o->tool);
	cell(s, o->tool_module);
	cell_text(s, o->user_agent);
	cell_text(s, slice_str(o->fingerprint));
}

static void write_breached(struct csv_sink *s, const struct breach *breaches, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (i)
			add(s, " | ");
		add_text(s, breaches[i].account);
	}
	end_cell(s);
}

static void write_rules(struct csv_sink *s, const struct offender *o)
{
	for (size_t i = 0; i < o->rule_count; i++) {
		if (i)
			add(s, " | ");
		add_text(s, slice_str(o->rules[i].rule->id));
	}
	end_cell(s);
}

static void csv_offender(struct sink *sink, const struct offender *o)
{
	struct csv_sink *s = (struct csv_sink *)sink;
	if (!s->has_header)
		write_header(s);
	write_who(s, o);
	cell_number(s, o->targets.count);
	cell(s, o->target_order ? choice_text(CHOICE_SWEEP_ORDER, o->target_order) : "none");
	cell_number(s, o->accounts.count);
	cell_texts(s, &o->revealed);
	write_breached(s, o->breaches, o->breach_count);
	write_breached(s, o->doubts, o->doubt_count);
	cell_number(s, o->dialed.count);
	cell_number(s, o->calls_answered);
	cell_number(s, o->provisioning_requested);
	cell_texts(s, &o->served);
	write_rules(s, o);
	if (o->ban_ttl_s > 0) {
		add_number(s, (uint64_t)o->ban_ttl_s);
		end_cell(s);
		cell_time(s, o->ban_until_us);
	} else {
		end_cell(s);
		end_cell(s);
	}
	cell(s, o->campaign);
	cell_text(s, slice_str(o->reason));
	end_line(s);
}

static int csv_finish(struct sink *sink, struct error *err)
{
	struct csv_sink *s = (struct csv_sink *)sink;
	if (!s->has_header)
		write_header(s);
	return sink_finish_file(s->out, 0, "the CSV report", err);
}

static void csv_free(struct sink *sink)
{
	free(sink);
}

static const struct sink_ops csv_ops = { .offender = csv_offender, .finish = csv_finish, .free = csv_free };

struct sink *report_csv_new(const struct report_options *options)
{
	struct csv_sink *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	s->sink.ops = &csv_ops;
	s->out = options->out;
	return &s->sink;
}
