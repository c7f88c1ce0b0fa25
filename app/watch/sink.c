/* SPDX-License-Identifier: MIT */
#include "app/watch/sink.h"

#include "output/escape.h"
#include "output/report/phrases.h"

static void on_observation(struct sink *sink, const struct observation *o)
{
	struct watch_sink *s = (struct watch_sink *)sink;
	if (s->bans)
		ban_watch_observe(s->bans, o);
	if (s->sightings)
		sightings_observe(s->sightings, o);
	if (s->activity)
		activity_see(s->activity, &o->address[ADDRESS_SOURCE_IP]);
	if (s->tells_observations && s->report->ops->observation)
		s->report->ops->observation(s->report, o);
}

static void on_alert(struct sink *sink, const struct alert *a)
{
	struct watch_sink *s = (struct watch_sink *)sink;
	s->alerts_by_level[a->firing->rule->level]++;
	s->has_news |= a->firing->rule->level >= LEVEL_HIGH && !a->firing->again;
	if (s->alerts++ >= WATCH_ALERTS_MAX)
		s->alerts_left_out++;
	else if (s->report->ops->alert)
		s->report->ops->alert(s->report, a);
}

static void on_campaign(struct sink *sink, const struct campaign *c)
{
	struct watch_sink *s = (struct watch_sink *)sink;
	if (s->report->ops->campaign && !s->is_for_store)
		s->report->ops->campaign(s->report, c);
	if (s->store)
		s->store->ops->campaign(s->store, c);
}

static void print_text(FILE *out, const char *before, struct slice text)
{
	char shown[ESCAPE_SIZE(PHRASE_TEXT_COLUMNS)];
	if (text.len)
		fprintf(out, "%s%s", before, escape_terminal(text, PHRASE_TEXT_COLUMNS, shown));
}

/* 2026-01-02 21:00:12 block 203.0.113.5 score 77 sweep,crack rule sweep.sequential, sipvicious, NL */
static void print_line(FILE *out, const struct offender *o)
{
	char time[PHRASE_MAX], address[ADDR_TEXT_MAX];
	fprintf(out, "%s %s %s score %d ", time_phrase(o->last_us, time), verdict_text(o->verdict),
		addr_text(&o->address, address), o->score);
	for (size_t i = 0; i < o->stage_count; i++)
		fprintf(out, "%s%s", i ? "," : "", stage_text(o->stages[i].stage));
	if (o->rule_count)
		print_text(out, " rule ", slice_str(o->rules[0].rule->id));
	if (o->tool)
		print_text(out, ", ", slice_str(o->tool));
	print_text(out, ", ", o->geo.country);
	for (size_t i = 0; i < o->breach_count; i++)
		print_text(out, i ? ", " : ", BROKE INTO ", o->breaches[i].account);
	for (size_t i = 0; i < o->doubt_count; i++)
		print_text(out, i ? ", " : ", PERHAPS BROKE INTO ", o->doubts[i].account);
	fputc('\n', out);
}

static void on_offender(struct sink *sink, const struct offender *o)
{
	struct watch_sink *s = (struct watch_sink *)sink;
	if (s->store)
		s->store->ops->offender(s->store, o);
	if (s->is_for_store)
		return;
	s->changes++;
	if (s->format == FORMAT_TEXT && !s->is_report)
		print_line(s->out, o);
	else if (s->is_report == (s->format == FORMAT_TEXT))
		s->report->ops->offender(s->report, o);
}

static void on_summary(struct sink *sink, const struct run_summary *r)
{
	struct watch_sink *s = (struct watch_sink *)sink;
	if (!s->is_for_store)
		s->report->ops->summary(s->report, r);
	if (s->store)
		s->store->ops->summary(s->store, r);
}

static const struct sink_ops ops = {
	.observation = on_observation,
	.alert = on_alert,
	.campaign = on_campaign,
	.offender = on_offender,
	.summary = on_summary,
};

void watch_sink_init(struct watch_sink *s, enum report_format format, FILE *out, struct sink *report)
{
	*s = (struct watch_sink){ .sink.ops = &ops, .report = report, .out = out, .format = format };
}
