/* SPDX-License-Identifier: MIT */
#include "app/top/source.h"

#include "app/why.h"
#include "core/clock.h"
#include "output/escape.h"
#include "output/report/phrases.h"
#include "output/store/vitals.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>

void top_source_close(struct top_source *s)
{
	store_close(s->store);
	s->store = NULL;
}

/* Opens it, again if another file has its name now. */
static int open_store(struct top_source *s, struct error *err)
{
	struct stat info;
	bool is_there = stat(s->path, &info) == 0;
	if (s->store && (!is_there || s->device != info.st_dev || s->inode != info.st_ino))
		top_source_close(s);
	if (s->store)
		return 0;
	int bad = store_open(&s->store, s->path, STORE_READ, &s->bounds, err);
	if (bad)
		s->store = NULL;
	else if (is_there) {
		s->device = info.st_dev;
		s->inode = info.st_ino;
	}
	return bad;
}

/* ---- rows ---- */

static void take_ban(struct top_row *row, const struct store_ban *ban, int64_t now_us)
{
	if (!ban)
		return;
	row->ban_first_us = ban->first_us;
	row->ban_until_us = ban->until_us;
	row->ban_ended_us = ban->ended_us ? ban->ended_us : ban->until_us;
	if (store_ban_is_active(ban, now_us))
		row->ban = ban->is_manual ? TOP_BAN_BY_HAND : TOP_BAN_ON;
	else if (!ban->ended_by || strcmp(ban->ended_by, "expired") == 0)
		row->ban = TOP_BAN_ENDED;
	else
		row->ban = strcmp(ban->ended_by, "unban") == 0	 ? TOP_BAN_UNBANNED
			   : strcmp(ban->ended_by, "allow") == 0 ? TOP_BAN_ALLOWED
								 : TOP_BAN_TAKEN_BACK;
}

static void take_where(struct top_row *row, const struct geo *geo)
{
	char country[ESCAPE_SIZE(2)], text[64];
	escape_terminal(slice_first(geo->country, 2), 2, country);
	if (geo->as_number)
		snprintf(text, sizeof text, "%s%sAS%" PRIu32, country, *country ? " " : "", geo->as_number);
	else
		snprintf(text, sizeof text, "%s", country);
	snprintf(row->where, sizeof row->where, "%s", text);
}

struct reading {
	struct top_model *model;
	int64_t now_us;
	const atomic_bool *stop;
};

static bool take_offender(void *ctx, const struct offender *o, const struct store_ban *ban)
{
	struct reading *r = ctx;
	struct top_row row = { .address = o->address,
			       .verdict = o->verdict,
			       .score = o->score,
			       .last_us = offender_was_seen(o) ? o->last_us : 0,
			       .messages = o->messages };
	for (size_t i = 0; i < o->stage_count; i++) {
		row.stages[row.stage_count++] = (uint8_t)o->stages[i].stage;
		row.is_breached |= o->stages[i].stage == STAGE_BREACH;
	}
	take_ban(&row, ban, r->now_us);
	take_where(&row, &o->geo);
	escape_terminal(slice_str(o->tool), TOP_TOOL_MAX, row.tool);
	top_model_add(r->model, &row);
	return !atomic_load(r->stop);
}

/* ---- the daemon ---- */

static void take_inputs(struct top_vitals *v, struct slice inputs)
{
	while (inputs.len) {
		struct slice name = slice_cut(&inputs, '\n'), word = slice_cut(&name, ' ');
		bool is_up = slice_eq(word, SLICE("up"));
		if (!word.len)
			continue;
		if (v->input_count < TOP_INPUTS_MAX) {
			struct top_input *input = &v->inputs[v->input_count];
			escape_terminal(name, TOP_NAME_MAX, input->name);
			input->is_up = is_up;
		}
		v->input_count++;
		v->inputs_down += !is_up;
	}
}

static void take_busy(struct top_catch *h, struct slice busy, int64_t span_us)
{
	while (busy.len && h->busy_count < TOP_BUSY_MAX && span_us > 0) {
		struct slice address = slice_cut(&busy, '\n'), count = slice_cut(&address, ' ');
		struct top_busy *to = &h->busy[h->busy_count];
		uint64_t number;
		if (!slice_u64(count, &number) || !addr_parse(address, &to->address))
			continue;
		to->rate_per_s = (double)number * 1e6 / (double)span_us;
		h->busy_count++;
	}
}

/* The one that spoke last; of others that run on the same store only who keeps them busy. */
static bool take_vitals(void *ctx, const struct store_vitals *v)
{
	struct top_catch *h = ctx;
	struct top_vitals *out = &h->vitals;
	bool is_live = !v->is_ended && h->now_us - v->time_us < 10 * SECOND_US;
	if (out->is_known && !is_live)
		return true;
	if (out->is_known && out->is_ended)
		return true;
	out->started_us += v->started_us; /* changes with each of them */
	out->packets += v->packets;
	out->lines += v->lines;
	out->requests += v->requests;
	out->drops += v->drops;
	out->alerts += v->alerts;
	if (!out->is_known) {
		out->time_us = v->time_us;
		out->is_ended = v->is_ended;
	}
	out->is_known = true;
	take_inputs(out, v->inputs);
	take_busy(h, v->busy, v->span_us);
	return true;
}

int top_source_read(struct top_source *s, struct top_catch *out, int64_t now_us, const atomic_bool *stop,
		    struct error *err)
{
	struct store_filter all = { .since_us = INT64_MIN, .at_us = now_us };
	struct reading reading = { &out->filled, now_us, stop };
	int bad = open_store(s, err);
	top_model_clear(&out->filled);
	memset(&out->vitals, 0, sizeof out->vitals);
	out->busy_count = 0;
	out->now_us = now_us;
	if (!bad)
		bad = store_each_vitals(s->store, take_vitals, out, err);
	if (!bad)
		bad = store_each_offender(s->store, &all, false, take_offender, &reading, err);
	if (bad)
		top_source_close(s); /* it may be another one the next time */
	return bad;
}

void top_catch_give(struct top_catch *c, struct top_model *m)
{
	if (c->vitals.is_known)
		top_model_vitals(m, &c->vitals, c->busy, c->busy_count);
	top_model_take(m, &c->filled);
	top_model_end(m, c->now_us);
}

void top_catch_fini(struct top_catch *c)
{
	top_model_fini(&c->filled);
}

/* ---- what keys ask for ---- */

int top_source_look(struct top_source *s, struct top *t, size_t columns, int64_t now_us, struct error *err)
{
	char *text = NULL;
	size_t len = 0;
	int bad = open_store(s, err);
	if (bad)
		return bad;
	FILE *out = open_memstream(&text, &len);
	if (!out)
		return error_set(err, -ENOMEM, "no memory for the explanation");
	struct report_options report = { .out = out, .color = COLOR_NO, .width = (unsigned)columns };
	bad = why_write(s->store, &t->address, now_us, &report, err);
	if (fclose(out) && !bad)
		bad = error_set(err, -ENOMEM, "no memory for the explanation");
	if (bad)
		free(text);
	else
		top_open_page(t, TOP_PAGE_WHY, text);
	return bad;
}

static int act(struct store *writer, const struct top *t, enum top_wish wish, int64_t now_us,
	       struct error *err)
{
	struct addr_prefix net = { .base = t->address, .bits = 128 };
	int64_t until_us = t->for_us ? now_us + t->for_us : 0;
	int bad = wish == TOP_BAN     ? store_ban(writer, &net, now_us, until_us, "siphound top", err)
		  : wish == TOP_UNBAN ? store_unban(writer, &net, now_us, err)
				      : store_allow(writer, &net, now_us, until_us, "siphound top", err);
	return bad ? bad : store_tidy(writer, now_us, err);
}

static void say_done(struct top *t, enum top_wish wish, int64_t now_us)
{
	char address[ADDR_TEXT_MAX], when[PHRASE_MAX], until[PHRASE_MAX + 8] = "";
	addr_text(&t->address, address);
	if (t->for_us)
		snprintf(until, sizeof until, " until %.16s", time_phrase(now_us + t->for_us, when));
	if (wish == TOP_BAN)
		top_say(t, TINT_RED, "%s: banned%s", address, t->for_us ? until : " until it is taken back");
	else if (wish == TOP_UNBAN)
		top_say(t, TINT_GREEN, "%s: unbanned, and not banned again for 24 hours", address);
	else
		top_say(t, TINT_GREEN, "%s: never banned%s", address, t->for_us ? until : " from now on");
}

void top_source_act(struct top_source *s, struct top *t, enum top_wish wish, int64_t now_us)
{
	struct store *writer = NULL;
	struct error err;
	char safe[ESCAPE_SIZE(140)];
	/* To open it for writing would make one where it was taken away, with nothing in it but this. */
	int bad = open_store(s, &err);
	bad = bad ? bad : store_open(&writer, s->path, STORE_WRITE, &s->bounds, &err);
	if (writer) {
		bad = act(writer, t, wish, now_us, &err);
		store_close(writer);
	}
	if (bad)
		top_say(t, TINT_YELLOW, "%s", escape_terminal(slice_str(err.text), 140, safe));
	else
		say_done(t, wish, now_us);
}
