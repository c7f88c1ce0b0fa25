/* SPDX-License-Identifier: MIT */
#include "app/session.h"

#include "app/command.h"
#include "app/rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int open_output(struct session *s, struct error *err)
{
	s->out = stdout;
	if (!s->options.output)
		return 0;
	s->out = fopen(s->options.output, "w");
	return s->out ? 0 : error_set(err, -errno, "%s: %s; name a file that can be written", s->options.output, strerror(errno));
}

#define WIDTH_MAX 1000

/* Where there is no terminal, as wide as COLUMNS wants it. */
static unsigned terminal_width(FILE *out)
{
	struct winsize size;
	uint64_t columns;
	if (ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col)
		return size.ws_col;
	return slice_u64(slice_str(getenv("COLUMNS")), &columns) && columns <= WIDTH_MAX ? (unsigned)columns : 0;
}

static int open_sink(struct session *s, const char *const *names, const bool *is_log, size_t count, struct error *err)
{
	const struct options *o = &s->options;
	bool color = o->color == 1 || (o->color == -1 && isatty(fileno(s->out)) && !getenv("NO_COLOR"));
	struct report_options report = { .out = s->out, .color = color ? COLOR_YES : COLOR_NO, .width = terminal_width(s->out),
					 .inputs = names, .input_count = count, .input_is_log = is_log,
					 .observations = o->observations };
	if (o->has_why && o->format == FORMAT_TEXT)
		s->sink = report_why_new(&report, &o->why);
	else if (o->format == FORMAT_JSON)
		s->sink = report_json_new(&report);
	else if (o->format == FORMAT_CSV)
		s->sink = report_csv_new(&report);
	else
		s->sink = report_text_new(&report);
	return s->sink ? 0 : error_set(err, -ENOMEM, "no memory for the report");
}

static int open_geo(struct session *s, struct error *err)
{
	int bad = 0;
	if (s->options.geo_count == 0)
		return 0;
	s->geo = geo_new();
	if (!s->geo)
		return error_set(err, -ENOMEM, "no memory for geo files");
	for (size_t i = 0; i < s->options.geo_count && !bad; i++)
		bad = geo_add(s->geo, s->options.geo[i], err);
	return bad;
}

static int open_pipeline(struct session *s, struct error *err)
{
	const struct options *o = &s->options;
	struct pipeline_options options = { .analyzer = analyzer_defaults, .decoder = decoder_defaults, .observations = o->observations,
					    .also = o->has_why ? &o->why : NULL };
	options.vendors = s->vendors;
	options.decoder.follow_tunnels = o->tunnels >= 0;
	if (o->tunnels > 0)
		options.decoder.tunnel_share = 0;
	options.analyzer.rules = s->rules;
	options.analyzer.geo = s->geo;
	options.analyzer.allow = o->allow;
	options.analyzer.allow_count = o->allow_count;
	options.analyzer.home = o->home;
	options.analyzer.home_count = o->home_count;
	options.analyzer.one_way = o->one_way;
	options.analyzer.need_echo = o->need_echo;
	if (o->max_actors)
		options.analyzer.max_actors = o->max_actors;
	s->sinks[0] = s->sink;
	s->sinks[1] = s->store.sink;
	s->pipeline = pipeline_new(&options, s->sinks, s->store.sink ? 2 : 1);
	return s->pipeline ? 0 : error_set(err, -ENOMEM, "no memory for %zu actors; try a smaller --max-actors", options.analyzer.max_actors);
}

int session_load(struct session *s, struct error *err)
{
	s->rules = rules_load(s->options.rules, s->options.rules_count);
	if (s->rules && !rules_alert(s->rules))
		return error_set(err, -EINVAL, "nothing was read, because none of the rules alerts; `siphound rules list` has those that do");
	s->vendors = s->rules ? rules_vendors(s->options.rules, s->options.rules_count) : NULL;
	if (!s->vendors)
		return error_set(err, -EINVAL, "nothing was read, because the rules are broken");
	return open_geo(s, err);
}

int session_start(struct session *s, const char *const *names, const bool *is_log, size_t count, struct error *err)
{
	/* The store first: who can not keep what is found should know before an hour of reading. */
	int bad = s->options.store ? store_link_open(&s->store, s->options.store, err) : 0;
	s->is_log = is_log;
	bad = bad ? bad : open_output(s, err);
	bad = bad ? bad : open_sink(s, names, is_log, count, err);
	return bad ? bad : open_pipeline(s, err);
}

/* How many addresses a file was asked about in vain; 0: it knew one. Private ones are in no file. */
static size_t in_vain(const struct geo_db *g, const struct addr *addresses, size_t count)
{
	struct geo found;
	size_t asked = 0;
	for (size_t i = 0; i < count; i++) {
		if (addr_is_private(&addresses[i]))
			continue;
		geo_lookup(g, &addresses[i], &found);
		if (found.country.ptr || found.city.ptr || found.as_name.ptr || found.as_number)
			return 0;
		asked++;
	}
	return asked;
}

/* A file of a layout that nobody told us of opens like any other, and says nothing. */
static void doubt_geo(const struct session *s)
{
	size_t count;
	const struct addr *offenders = pipeline_offenders(s->pipeline, &count);
	for (size_t i = 0; i < s->options.geo_count && !s->options.quiet; i++) {
		struct geo_db *one = geo_new();
		size_t asked = one && geo_add(one, s->options.geo[i], NULL) == 0 ? in_vain(one, offenders, count) : 0;
		if (asked)
			complain("warning: %s: gave nothing for any of %zu %s: is it a country, city, ASN or ISP database?", s->options.geo[i], asked,
				 asked == 1 ? "address" : "addresses");
		geo_free(one);
	}
}

int session_report(struct session *s, const struct input_summary *inputs, size_t count, struct error *err)
{
	pipeline_finish(s->pipeline);
	for (size_t i = 0; i < count; i++)
		if (inputs[i].damaged && !s->options.quiet)
			complain("warning: %s", inputs[i].damage);
	int bad = s->store.sink ? store_link_inputs(&s->store, inputs, s->is_log, count, s->piped_bytes, err) : 0;
	if (bad)
		return bad;
	bad = pipeline_report(s->pipeline, inputs, count);
	if (bad)
		return error_set(err, bad, "no memory for the report");
	doubt_geo(s);
	bad = s->sink->ops->finish(s->sink, err);
	return bad || !s->store.sink ? bad : store_link_finish(&s->store, s->options.quiet, err);
}

void session_close(struct session *s)
{
	pipeline_free(s->pipeline);
	if (s->sink)
		s->sink->ops->free(s->sink);
	store_link_close(&s->store);
	geo_free(s->geo);
	vendors_free(s->vendors);
	ruleset_free(s->rules);
	if (s->out && s->out != stdout)
		fclose(s->out);
}
