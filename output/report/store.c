/* SPDX-License-Identifier: MIT */
#include "output/report/store.h"

#include "output/html/report.h"

#include <errno.h>
#include <stdlib.h>

enum { CAMPAIGNS_MAX = HTML_CAMPAIGNS_MAX + 1 /* one more, so that the page can say that there are more */ };

struct store_report {
	const struct report_store_query *query;
	struct sink *sink;
	struct run_summary summary;
	uint64_t given;
	char *campaigns[CAMPAIGNS_MAX]; /* ids of those that the offenders belong to */
	size_t campaign_count;
};

static void note_campaign(struct store_report *r, const char *id)
{
	for (size_t i = 0; i < r->campaign_count; i++)
		if (strcmp(r->campaigns[i], id) == 0)
			return;
	if (r->campaign_count < CAMPAIGNS_MAX && (r->campaigns[r->campaign_count] = strdup(id)))
		r->campaign_count++;
}

static bool count_offender(void *ctx, const struct offender *o, const struct store_ban *ban)
{
	struct store_report *r = ctx;
	(void)ban;
	if (o->verdict <= VERDICT_SPARED)
		r->summary.offenders[o->verdict]++;
	if (o->campaign)
		note_campaign(r, o->campaign);
	return true;
}

static void give(struct store_report *r, const struct offender *o, const struct store_ban *ban)
{
	struct offender shown = *o;
	/* A ban without an end is not so many years. */
	if (ban && !ban->until_us)
		shown.ban_ttl_s = 0;
	r->summary.breaches += o->breach_count;
	r->summary.doubts += o->doubt_count;
	r->sink->ops->offender(r->sink, &shown);
}

static bool give_detailed(void *ctx, const struct offender *o, const struct store_ban *ban)
{
	struct store_report *r = ctx;
	if (r->query->max_detail && r->given == r->query->max_detail)
		return false;
	r->given++;
	give(r, o, ban);
	return true;
}

/* Those behind the ones that were looked at in detail. */
static bool give_row(void *ctx, const struct offender *o, const struct store_ban *ban)
{
	struct store_report *r = ctx;
	if (r->given) {
		r->given--;
		return true;
	}
	give(r, o, ban);
	return true;
}

static int write_all(struct store *s, struct store_report *r, struct error *err)
{
	const struct store_filter *filter = &r->query->filter;
	int bad = store_each_offender(s, filter, false, count_offender, r, err);
	for (size_t i = 0; i < r->campaign_count && !bad; i++)
		bad = store_campaign(s, r->campaigns[i], r->sink, err);
	bad = bad ? bad : store_each_offender(s, filter, true, give_detailed, r, err);
	if (!bad && r->query->max_detail)
		bad = store_each_offender(s, filter, false, give_row, r, err);
	if (bad)
		return bad;
	r->summary.campaigns = r->campaign_count;
	r->sink->ops->summary(r->sink, &r->summary);
	return r->sink->ops->finish(r->sink, err);
}

int report_store_write(struct store *s, const struct report_store_query *q, FILE *out, struct error *err)
{
	struct report_options options = { .out = out };
	struct store_report *r = calloc(1, sizeof *r);
	int bad = r ? store_inputs(s, &options.inputs, &options.input_is_log, &options.input_count, err)
		    : error_set(err, -ENOMEM, "no memory for the report");
	if (!bad) {
		r->query = q;
		r->sink = report_html_store_new(&options, q);
		bad = r->sink ? write_all(s, r, err) : error_set(err, -ENOMEM, "no memory for the report");
	}
	if (r && r->sink)
		r->sink->ops->free(r->sink);
	for (size_t i = 0; r && i < r->campaign_count; i++)
		free(r->campaigns[i]);
	free(r);
	return bad;
}
