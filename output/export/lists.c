/* SPDX-License-Identifier: MIT */
#include "output/export/internal.h"

#include "core/clock.h"

#include <inttypes.h>

static void plain_line(struct export *x, const struct export_item *item, void *ctx)
{
	(void)ctx;
	fprintf(x->out, "%s\n", item->net);
	x->tally.written++;
}

void export_plain(struct export *x)
{
	export_each(x, true, plain_line, NULL);
}

static void cidr_line(struct export *x, const struct export_item *item, void *ctx)
{
	(void)ctx;
	fprintf(x->out, item->is_single ? item->is_v4 ? "%s/32\n" : "%s/128\n" : "%s\n", item->net);
	x->tally.written++;
}

void export_cidr(struct export *x)
{
	export_each(x, true, cidr_line, NULL);
}

static void csv_time(struct export *x, int64_t time_us)
{
	char text[CLOCK_TEXT_MAX];
	fprintf(x->out, ",%s", time_us ? clock_text(time_us, text) : "");
}

static void csv_line(struct export *x, const struct export_item *item, void *ctx)
{
	const struct store_entry *e = item->entry;
	(void)ctx;
	fprintf(x->out, "%s", item->net);
	csv_time(x, item->until_us);
	fprintf(x->out, ",%d,%s,%s,\"%s\",%s,%s,", e->score, e->ban.is_manual ? "manual" : "auto",
		export_word(e->rule), e->stages ? e->stages : "", e->last_us ? proof_text(e->proof) : "",
		export_country(e));
	if (e->as_number)
		fprintf(x->out, "%" PRIu32, e->as_number);
	csv_time(x, e->first_us);
	csv_time(x, e->last_us);
	fprintf(x->out, ",%" PRIu64 "\r\n", e->messages);
	x->tally.written++;
}

void export_csv(struct export *x)
{
	fputs("net,until,score,source,rule,stages,proof,country,as_number,first_seen,last_seen,messages\r\n",
	      x->out);
	export_each(x, true, csv_line, NULL);
}

static void json_time_or_null(struct json_writer *w, const char *key, int64_t time_us)
{
	json_key(w, key);
	if (time_us)
		json_time(w, time_us);
	else
		json_null(w);
}

static void json_stages(struct json_writer *w, const char *packed)
{
	struct slice rest = slice_str(packed && *packed ? packed : NULL);
	json_key(w, "stages");
	json_open_array(w);
	while (rest.ptr)
		json_text(w, slice_cut(&rest, ','));
	json_close_array(w);
}

static void json_line(struct export *x, const struct export_item *item, void *ctx)
{
	const struct store_entry *e = item->entry;
	struct json_writer *w = &x->w;
	(void)ctx;
	json_open_object(w);
	json_key(w, "net");
	json_words(w, item->net);
	json_time_or_null(w, "until", item->until_us);
	json_key(w, "score");
	json_i64(w, e->score);
	json_key(w, "source");
	json_words(w, e->ban.is_manual ? "manual" : "auto");
	json_key(w, "rule");
	json_words(w, e->rule);
	json_stages(w, e->stages);
	json_key(w, "proof");
	json_words(w, e->last_us ? proof_text(e->proof) : NULL);
	json_key(w, "country");
	json_words(w, *export_country(e) ? e->country : NULL);
	json_key(w, "as_number");
	if (e->as_number)
		json_u64(w, e->as_number);
	else
		json_null(w);
	json_time_or_null(w, "first_seen", e->first_us);
	json_time_or_null(w, "last_seen", e->last_us);
	json_key(w, "messages");
	json_u64(w, e->messages);
	json_close_object(w);
	json_end_line(w);
	x->tally.written++;
}

void export_json(struct export *x)
{
	export_each(x, true, json_line, NULL);
}
