/* SPDX-License-Identifier: MIT */
#include "app/session.h"

#include "app/commands/command.h"
#include "app/redis_link.h"
#include "app/rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* A disk can be full behind any file; behind a terminal or a pipe there is none. */
static bool wants_outlet(const struct session *s)
{
	struct stat info;
	return s->has_no_end &&
	       (s->options.output || (fstat(STDOUT_FILENO, &info) == 0 && S_ISREG(info.st_mode)));
}

static int open_output(struct session *s, struct error *err)
{
	bool is_open = true;
	s->out = stdout;
	if (wants_outlet(s))
		is_open = (s->outlet = outlet_open(s->options.output, &s->out)) != NULL;
	else if (s->options.output)
		is_open = (s->out = fopen(s->options.output, "w")) != NULL;
	return is_open ? 0
		       : error_set(err, -errno, "%s: %s; name a file that can be written", session_output(s),
				   strerror(errno));
}

const char *session_output(const struct session *s)
{
	return s->options.output ? s->options.output : "standard output";
}

#define WIDTH_MAX 1000

/* Where there is no terminal, as wide as COLUMNS wants it. */
static unsigned terminal_width(FILE *out)
{
	struct winsize size;
	uint64_t columns;
	if (ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col)
		return size.ws_col;
	return slice_u64(slice_str(getenv("COLUMNS")), &columns) && columns <= WIDTH_MAX ? (unsigned)columns
											 : 0;
}

static int open_sink(struct session *s, const char *const *names, const bool *is_log, size_t count,
		     struct error *err)
{
	const struct options *o = &s->options;
	bool color = o->color == 1 || (o->color == -1 && isatty(fileno(s->out)) && !getenv("NO_COLOR"));
	struct report_options report = { .out = s->out,
					 .color = color ? COLOR_YES : COLOR_NO,
					 .width = terminal_width(s->out),
					 .inputs = names,
					 .input_count = count,
					 .input_is_log = is_log,
					 .observations = o->observations };
	if (o->has_why && o->format == FORMAT_TEXT)
		s->sink = report_why_new(&report, &o->why);
	else if (o->format == FORMAT_JSON)
		s->sink = report_json_new(&report);
	else if (o->format == FORMAT_CSV)
		s->sink = report_csv_new(&report);
	else if (o->format == FORMAT_HTML)
		s->sink = report_html_new(&report);
	else
		s->sink = report_text_new(&report);
	return s->sink ? 0 : error_set(err, -ENOMEM, "no memory for the report");
}

int session_load_geo(struct session *s, struct error *err)
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

struct analyzer_options session_analyzer_options(const struct session *s)
{
	const struct options *o = &s->options;
	struct analyzer_options options = analyzer_defaults;
	options.rules = s->rules;
	options.geo = s->geo;
	options.max_actors = (size_t)o->max_actors;
	options.max_window_bytes = (size_t)o->window_bytes;
	options.allow = s->allow.nets;
	options.allow_count = s->allow.net_count;
	options.allow_as = s->allow.as_numbers;
	options.allow_as_count = s->allow.as_count;
	options.home = o->home;
	options.home_count = o->home_count;
	options.one_way = o->one_way;
	options.need_echo = o->need_echo;
	options.ban_first_s = o->ban_first_us / 1000000;
	return options;
}

unsigned session_workers(const struct session *s)
{
	return s->options.workers == WORKERS_AUTO ? s->auto_workers : (unsigned)s->options.workers;
}

static int open_pipeline(struct session *s, struct error *err)
{
	const struct options *o = &s->options;
	struct pipeline_options options = { .analyzer = session_analyzer_options(s),
					    .decoder = decoder_defaults,
					    .observations = o->observations || o->format == FORMAT_HTML ||
							    s->sees_observations,
					    .also = o->has_why ? &o->why : NULL,
					    .workers = session_workers(s),
					    .vendors = s->vendors };
	options.decoder.follow_tunnels = o->tunnels >= 0;
	options.analyzer.few_texts = !o->observations && o->format != FORMAT_HTML;
	if (o->tunnels > 0)
		options.decoder.tunnel_share = 0;
	s->sinks[0] = s->sink;
	s->sinks[1] = s->store.sink;
	s->pipeline = pipeline_new(&options, s->sinks, s->store.sink ? 2 : 1);
	return s->pipeline ? 0
			   : error_set(err, -ENOMEM, "no memory for %zu actors; try a smaller --max-actors",
				       options.analyzer.max_actors);
}

struct store_options session_store_options(const struct options *o)
{
	struct store_options bounds = store_options_default;
	bounds.ban_first_s = o->ban_first_us / 1000000;
	bounds.ban_max_s = o->ban_max_us / 1000000;
	bounds.soft_allow_s = o->soft_allow_us / 1000000;
	bounds.max_offenders = o->store_offenders;
	bounds.max_outbox = o->store_outbox;
	return bounds;
}

int session_configure(struct session *s, unsigned commands, struct error *err)
{
	return config_take(&s->config, commands, &s->options, err);
}

/* An AS number is asked of the geo files: without one of these it would be an entry that never holds. */
static int load_allow(struct session *s, struct error *err)
{
	int bad = allow_list_add(&s->allow, s->options.allow, s->options.allow_count, err);
	if (!bad && s->allow.as_count && !s->geo)
		bad = error_set(err, -EINVAL,
				"AS%u is to be allowed, and nothing tells whose addresses are in it; name an "
				"ASN database with --geo",
				s->allow.as_numbers[0]);
	return bad;
}

/* Nobody in them is ever blocked. Not refused: somebody may want to try rules so. */
static void doubt_nets(const char *key, const struct addr_prefix *nets, size_t count)
{
	char text[ADDR_TEXT_MAX];
	for (size_t i = 0; i < count; i++)
		if (addr_prefix_is_wide(&nets[i]))
			complain("warning: %s: %s/%d is wider than /8 (IPv4) or /19 (IPv6): nobody in it is "
				 "ever blocked",
				 key, addr_text(&nets[i].base, text),
				 nets[i].bits - (addr_is_v4(&nets[i].base) && nets[i].bits >= 96 ? 96 : 0));
}

int session_load(struct session *s, struct error *err)
{
	s->rules = rules_load(s->options.rules, s->options.rules_count);
	if (s->rules && !rules_alert(s->rules))
		return error_set(err, -EINVAL,
				 "none of the rules alerts, so nothing would be found; `siphound rules list` "
				 "has those that do");
	s->vendors = s->rules ? rules_vendors(s->options.rules, s->options.rules_count) : NULL;
	if (!s->vendors)
		return error_set(err, -EINVAL, "the rules are broken");
	int bad = session_load_geo(s, err);
	bad = bad ? bad : load_allow(s, err);
	if (!bad) {
		doubt_nets("home_nets (--home-net)", s->options.home, s->options.home_count);
		doubt_nets("allow (--allow)", s->allow.nets, s->allow.net_count);
	}
	return bad;
}

int session_open(struct session *s, const char *const *names, const bool *is_log, size_t count,
		 struct error *err)
{
	/* Redis and the store first: who can not hand on or keep what is found should know before an hour of reading. */
	struct store_options bounds = session_store_options(&s->options);
	int bad = s->options.redis ? redis_link_check_server(&s->options, err) : 0;
	bad = bad || !s->options.redis ? bad : redis_link_check_sensor(&s->options, err);
	bad = bad || !s->options.store ? bad : store_link_open(&s->store, s->options.store, &bounds, err);
	s->is_log = is_log;
	bad = bad ? bad : open_output(s, err);
	return bad ? bad : open_sink(s, names, is_log, count, err);
}

int session_begin(struct session *s, struct error *err)
{
	return open_pipeline(s, err);
}

int session_start(struct session *s, const char *const *names, const bool *is_log, size_t count,
		  struct error *err)
{
	int bad = session_open(s, names, is_log, count, err);
	return bad ? bad : session_begin(s, err);
}

/* How many addresses a file was asked about in vain; 0: it knew one. Private ones are in no file. */
static size_t in_vain(const struct geo_db *g, const struct addr *addresses, size_t count)
{
	struct geo found;
	size_t asked = 0;
	for (size_t i = 0; i < count; i++) {
		if (addr_is_private(&addresses[i]) || addr_is_documentation(&addresses[i]))
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
		size_t asked =
		    one && geo_add(one, s->options.geo[i], NULL) == 0 ? in_vain(one, offenders, count) : 0;
		if (asked)
			complain("warning: %s: gave nothing for any of %zu %s: is it a country, city, ASN or "
				 "ISP database?",
				 s->options.geo[i], asked, asked == 1 ? "address" : "addresses");
		geo_free(one);
	}
}

int session_report(struct session *s, const struct input_summary *inputs, size_t count, struct error *err)
{
	pipeline_finish(s->pipeline);
	for (size_t i = 0; i < count; i++)
		if (inputs[i].damaged && !s->options.quiet)
			complain("warning: %s", inputs[i].damage);
	int bad =
	    s->store.sink ? store_link_inputs(&s->store, inputs, s->is_log, count, s->piped_bytes, err) : 0;
	if (bad)
		return bad;
	bad = pipeline_report(s->pipeline, inputs, count);
	if (bad)
		return error_set(err, bad, "no memory for the report");
	doubt_geo(s);
	bad = s->sink->ops->finish(s->sink, err);
	bad = bad || !s->store.sink ? bad : store_link_finish(&s->store, s->options.quiet, err);
	return bad || !s->options.redis ? bad : redis_link_once(&s->options, err);
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
	allow_list_free(&s->allow);
	config_free(s->config);
	outlet_close(s->outlet);
	if (s->out && s->out != stdout && !s->outlet)
		fclose(s->out);
}
