/* SPDX-License-Identifier: MIT */
#include "app/watch/watch.h"

#include "app/commands/command.h"
#include "app/dialect_files.h"
#include "app/moment.h"
#include "app/notify.h"
#include "app/signals.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

enum {
	STEP_MS = 200, /* how long to wait for frames before looking for log lines */
	TICK_US = 1000000,
	TICK_LAG_US = 1000000, /* the clock of the analyzer stays so far behind what was read: agents and taps
				  tell a moment later what they saw */
	LAST_READS = 1000,     /* of logs at the end, should somebody write faster than we read */
	CHANGES_SHARE = 20,    /* looking for changes takes at most one part in so many of the time */
	NEWS_US = 200000,
	NEWS_MAX = 100, /* when so many were told in a second already, news waits for the next one */
};

static int64_t monotonic_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* ---- what capture/live.h calls ---- */

static void on_frame(void *ctx, const struct frame *frame)
{
	struct watch *w = ctx;
	pipeline_frame(w->session.pipeline, frame);
}

void watch_hep(void *ctx, const struct hep_message *m)
{
	struct watch *w = ctx;
	pipeline_hep(w->session.pipeline, m, w->hep_is_trusted);
}

static void on_failed(void *ctx, const struct input_live *in, const struct error *err)
{
	struct watch *w = ctx;
	w->failed++;
	complain("%s: %s; it is not watched any more", in->input.name, err->text);
}

static void on_link(void *ctx, const struct input_live *in)
{
	const struct watch *w = ctx;
	if (!w->session.options.quiet)
		complain("%s is %s", in->input.name,
			 in->is_down ? "down: nothing can be seen there until it is up" : "up");
}

static void on_signal(void *ctx)
{
	struct watch *w = ctx;
	struct signalfd_siginfo info;
	while (read(w->signal_fd, &info, sizeof info) == sizeof info) {
		w->wants_counters |= info.ssi_signo == SIGUSR1;
		w->reload.is_asked |= info.ssi_signo == SIGHUP;
		w->is_over |= info.ssi_signo == SIGINT || info.ssi_signo == SIGTERM;
	}
}

/* ---- start ---- */

static int name_inputs(struct watch *w, struct error *err)
{
	size_t count = w->input_count + w->log_count;
	w->names = calloc(count, sizeof *w->names);
	w->is_log = calloc(count, sizeof *w->is_log);
	w->summaries = calloc(count, sizeof *w->summaries);
	if (!w->names || !w->is_log || !w->summaries)
		return error_set(err, -ENOMEM, "no memory for %zu inputs", count);
	for (size_t i = 0; i < count; i++) {
		w->is_log[i] = i >= w->input_count;
		w->names[i] = w->is_log[i]	? w->log_names[i - w->input_count]
			      : w->labels[i][0] ? w->labels[i]
						: w->inputs[i]->input.name;
	}
	return 0;
}

/* The store is left out: see watch_keep. */
static int start_session(struct watch *w, struct error *err)
{
	const char *store = w->session.options.store;
	w->session.options.store = NULL;
	w->session.has_no_end = true;
	int bad = session_open(&w->session, w->names, w->is_log, w->input_count + w->log_count, err);
	w->session.options.store = store;
	if (bad)
		return bad;
	if (!w->session.outlet)
		setvbuf(w->session.out, NULL, _IOLBF, 0);
	watch_sink_init(&w->sink, w->session.options.format, w->session.out, w->session.sink);
	return 0;
}

int watch_start(struct watch *w, struct error *err)
{
	struct live_handlers handlers = { on_frame, on_failed, on_link, moment_now, w };
	w->signal_fd = -1;
	int bad = name_inputs(w, err);
	bad = bad ? bad : start_session(w, err);
	bad = bad ? bad : signals_take(&w->signal_fd, err);
	if (bad)
		return bad;
	size_t count = w->input_count;
	w->input_count = 0; /* live_new takes them over */
	bad = live_new(&w->live, w->inputs, count, &handlers, err);
	if (bad)
		return bad;
	w->input_count = count;
	live_watch(w->live, w->signal_fd, on_signal, w);
	return 0;
}

static void on_leak(void *ctx, const struct ban_leaked *leaked)
{
	char address[ADDR_TEXT_MAX], net[STORE_NET_TEXT_MAX], others[80] = "";
	(void)ctx;
	if (leaked->others)
		snprintf(others, sizeof others, "; %llu others too", (unsigned long long)leaked->others);
	complain("%s is banned%s%s and still answered: %s%s", addr_text(&leaked->address, address),
		 leaked->net.bits < 128 ? " with " : "",
		 leaked->net.bits < 128 ? store_net_text(&leaked->net, net) : "",
		 ban_leak_advice(leaked->leak), others);
}

int watch_begin(struct watch *w, struct error *err)
{
	const struct options *o = &w->session.options;
	w->sink.tells_observations = o->observations;
	if (o->store && !o->trust_bans && w->input_count) {
		w->sink.bans = ban_watch_new(on_leak, w);
		w->session.sees_observations = true;
		if (!w->sink.bans)
			return error_set(err, -ENOMEM, "no memory to look after bans");
	}
	if (o->store && o->redis) {
		w->sink.sightings = sightings_new();
		w->session.sees_observations = true;
		if (!w->sink.sightings)
			return error_set(err, -ENOMEM, "no memory for sightings");
	}
	if (o->store) {
		int none = watch_vitals_begin(&w->vitals, err);
		if (none)
			return none;
		w->sink.activity = w->vitals.activity;
		w->session.sees_observations = true;
	}
	if (w->logs)
		w->reload.job.dialects_mark = dialect_files_mark(&w->session.options);
	int bad = session_begin(&w->session, err);
	w->session.sinks[0] = &w->sink.sink;
	return bad;
}

static struct places_input watched(const struct watch *w)
{
	return (struct places_input){ w->session.pipeline, w->logs, w->names, w->input_count + w->log_count };
}

int watch_keep(struct watch *w, const char *path, struct error *err)
{
	struct store_link *link = &w->session.store;
	struct places_input all = watched(w);
	struct store_options bounds = session_store_options(&w->session.options);
	int bad = store_link_open(link, path, &bounds, err);
	bad = bad ? bad : places_resume(&w->places, link->store, &all, (uint64_t)moment_now(), err);
	if (bad)
		return bad;
	if (w->places.is_resumed && !w->session.options.quiet)
		complain("going on where the last run ended");
	for (size_t i = 0; i < all.count; i++)
		w->store_inputs[i] =
		    (struct store_input){ w->names[i], w->places.identity + i, w->is_log[i] };
	size_t count = all.count;
	if (w->places.marker && count < sizeof w->store_inputs / sizeof *w->store_inputs)
		w->store_inputs[count++] = (struct store_input){ "after a break", w->places.marker, false };
	store_sink_inputs(link->sink, w->store_inputs, count);
	w->sink.store = link->sink;
	w->store.lacks_allow = true;
	return watch_store_allow(w, err);
}

/* ---- counters ---- */

static void add_up(const struct live_counters *c, struct live_counters *sum)
{
	sum->kernel_drops += c->kernel_drops;
	sum->oversized += c->oversized;
	sum->not_for_us += c->not_for_us;
	sum->refused += c->refused;
	sum->skewed += c->skewed;
	sum->broken += c->broken;
	sum->evicted += c->evicted;
}

static void describe(struct watch *w)
{
	struct pipeline *p = w->session.pipeline;
	struct live_counters sum = { 0 };
	char note[200];
	for (size_t i = 0; i < w->input_count; i++) {
		const struct input_live *in = live_input(w->live, i);
		w->summaries[i] =
		    (struct input_summary){ .name = w->names[i], .packets = in->counters.received };
		add_up(&in->counters, &sum);
	}
	if (w->logs)
		watch_logs_describe(w->logs, p, w->summaries + w->input_count);
	pipeline_count(p, "frames that were lost before they reached us", sum.kernel_drops);
	pipeline_count(p, "frames cut, as they were too large", sum.oversized);
	pipeline_count(p, "HEP or TZSP packets that carry no SIP", sum.not_for_us);
	if (w->session.outlet)
		pipeline_count(p, "lines of the output that could not be written", outlet_lost(w->session.outlet));
	pipeline_count(p, "HEP packets without the right key", sum.refused);
	pipeline_count(p, "HEP packets with a time far from ours", sum.skewed);
	pipeline_count(p, "HEP or TZSP packets that are malformed", sum.broken);
	pipeline_count(p, "alerts not told, as there were too many in a second", w->sink.alerts_left_out);
	pipeline_count(p, "HEP connections closed to make room", sum.evicted);
	if (w->sink.bans)
		pipeline_count(p, "answers to sources that are banned", ban_watch_answers(w->sink.bans));
	pipeline_count(p, "reloads refused, as something was wrong", w->reload.failed);
	if (!sum.kernel_drops || !w->is_over)
		return;
	snprintf(note, sizeof note,
		 "%llu frames were lost because we were not quick enough: counts are too low "
		 "(docs/operations.md, Drops).",
		 (unsigned long long)sum.kernel_drops);
	pipeline_note(p, note);
}

bool watch_input_is_up(const struct watch *w, size_t index)
{
	if (index < w->input_count)
		return !live_input(w->live, index)->is_down;
	return !watch_logs_is_failing(w->logs, index - w->input_count);
}

static void print_counters(struct watch *w)
{
	struct report_options options = { .out = stderr,
					  .inputs = w->names,
					  .input_count = w->input_count + w->log_count };
	struct sink *json = report_json_new(&options);
	struct error ignored;
	w->wants_counters = false;
	if (!json)
		return;
	describe(w);
	pipeline_summary(w->session.pipeline, w->summaries, w->input_count + w->log_count, json);
	json->ops->finish(json, &ignored);
	json->ops->free(json);
}

/* ---- the loop ---- */

/* A disk that is full takes the records, not the watch. */
static void look_at_outlet(struct watch *w)
{
	const struct outlet *o = w->session.outlet;
	if (!o || (outlet_error(o) != 0) == w->is_output_lost)
		return;
	w->is_output_lost = !w->is_output_lost;
	if (w->is_output_lost)
		complain("%s: %s; the watch goes on, what it tells is lost until the file can be written",
			 session_output(&w->session), strerror(outlet_error(o)));
	else
		complain("%s is written again; %llu lines are lost", session_output(&w->session),
			 (unsigned long long)outlet_lost(o));
}

static int check_outlet(const struct watch *w, struct error *err)
{
	const struct outlet *o = w->session.outlet;
	if (!o || outlet_lost(o) == 0)
		return 0;
	return error_set(err, -EIO, "%s: %llu lines could not be written", session_output(&w->session),
			 (unsigned long long)outlet_lost(o));
}

static int write_out(struct watch *w, struct error *err)
{
	look_at_outlet(w);
	if (fflush(w->session.out) || ferror(w->session.out))
		return error_set(err, -EPIPE, "the output can not be written any more");
	struct sink *store = w->sink.store;
	int bad = store ? store->ops->finish(store, err) : 0;
	size_t sightings;
	if (!bad && store && w->sink.sightings)
		bad = sightings_flush(w->sink.sightings, w->session.store.store, &sightings, err);
	if (!bad && store)
		watch_feeds_poke(&w->feeds);
	return bad;
}

static int announce_run(struct watch *w, int64_t now_us, struct error *err)
{
	struct places_input all = watched(w);
	return w->store.is_away ? 0 : places_announce(&w->places, &all, now_us, err);
}

/* Offenders that changed; less often when there are so many that looking takes long. */
static int tell_changes(struct watch *w, int64_t now_us, struct error *err)
{
	if (now_us < w->next_changes_us)
		return 0;
	w->sink.has_news = false;
	int bad = announce_run(w, now_us, err);
	if (!bad && (bad = pipeline_changes(w->session.pipeline)) < 0)
		error_set(err, bad, "no memory to look for changes");
	bad = bad < 0 ? bad : write_out(w, err);
	int64_t took_us = monotonic_us() - now_us;
	w->next_changes_us = now_us + took_us * CHANGES_SHARE;
	w->next_news_us = now_us + (took_us * CHANGES_SHARE > NEWS_US ? took_us * CHANGES_SHARE : NEWS_US);
	return bad;
}

/* Between two ticks: a ban is to be in force within a second of the rule that called for it. */
static int tell_news(struct watch *w, struct error *err)
{
	if (!w->sink.has_news || w->sink.changes >= NEWS_MAX)
		return 0;
	int64_t now_us = monotonic_us();
	return now_us < w->next_news_us ? 0 : tell_changes(w, now_us, err);
}

/* Where only logs are followed, time is that of their lines, and goes on while none come: a log of last week,
 * or one in another zone, is judged by its own clock. INT64_MIN: not known, or lines wait to be read. */
static int64_t clock_of_input(struct watch *w, int64_t now_us, bool has_lines)
{
	if (w->input_count) {
		int64_t read_us = live_read_until(w->live);
		return read_us == INT64_MIN ? INT64_MIN : read_us - TICK_LAG_US;
	}
	int64_t log_us = watch_logs_last_us(w->logs);
	if (log_us != w->log_us || has_lines) {
		w->log_us = log_us;
		w->log_seen_us = now_us;
	}
	return has_lines || log_us == INT64_MIN ? INT64_MIN : log_us + (now_us - w->log_seen_us);
}

static int keep_places(struct watch *w, int64_t now_us, bool is_end, struct error *err)
{
	struct places_input all = watched(w);
	if (!w->places.store || w->store.is_away || (!is_end && !places_are_due(&w->places, &all, now_us)))
		return 0;
	int bad = write_out(w, err); /* what is told of before it is kept is not told again */
	return bad ? bad : places_keep(&w->places, &all, is_end, now_us, err);
}

static int reload(struct watch *w, int64_t now_us, struct error *err)
{
	struct places_input all = watched(w);
	uint64_t done = w->reload.done;
	int bad = watch_reload_step(w, now_us, err);
	if (bad || w->reload.done == done)
		return bad;
	bad = write_out(w, err);
	return bad || w->store.is_away ? bad : places_renew(&w->places, &all, now_us, err);
}

/* The store works again: it gets all that is known, since what was told meanwhile is not in it. */
static int make_good(struct watch *w, int64_t now_us, struct error *err)
{
	struct places_input all = watched(w);
	if (!watch_store_is_due(&w->store, now_us))
		return 0;
	watch_store_take_up(w);
	int bad = announce_run(w, now_us, err);
	describe(w);
	w->sink.is_for_store = true;
	if (!bad && (bad = pipeline_report(w->session.pipeline, w->summaries, w->input_count + w->log_count)))
		bad = error_set(err, bad, "no memory to write the store anew");
	w->sink.is_for_store = false;
	bad = bad ? bad : write_out(w, err);
	bad = bad ? bad : places_renew(&w->places, &all, now_us, err);
	if (!bad)
		watch_store_is_back(w);
	return bad;
}

static int tick(struct watch *w, bool has_lines, struct error *err)
{
	int64_t now_us = monotonic_us();
	if (now_us < w->next_tick_us)
		return 0;
	w->next_tick_us = now_us + TICK_US;
	w->sink.alerts = 0;
	w->sink.changes = 0;
	int64_t clock_us = clock_of_input(w, now_us, has_lines);
	if (clock_us != INT64_MIN)
		pipeline_tick(w->session.pipeline, clock_us);
	int bad = make_good(w, now_us, err);
	bad = bad ? bad : tell_changes(w, now_us, err);
	bad = bad ? bad : keep_places(w, now_us, false, err);
	watch_vitals_put(w, now_us, false);
	watch_store_look(w);
	watch_feeds_look(&w->feeds);
	if (watch_feeds_want_metrics(&w->feeds)) {
		describe(w);
		watch_feeds_publish(w, w->summaries);
	}
	bad = bad ? bad : reload(w, now_us, err);
	bad = bad ? bad : watch_store_allow(w, err);
	if (!bad && w->sink.bans && w->session.store.store && !w->store.is_away)
		bad = ban_watch_follow(w->sink.bans, w->session.store.store, moment_now(), err);
	if (notify_watchdog_us())
		notify("WATCHDOG=1");
	return bad;
}

/* What logs got while nobody watched comes first: beside frames of now it would seem to happen all at once. */
static void catch_up(struct watch *w)
{
	while (w->logs && w->input_count && !w->is_over && watch_logs_read(w->logs, w->session.pipeline)) {
		on_signal(w);
		if (notify_watchdog_us())
			notify("WATCHDOG=1");
	}
}

static int loop(struct watch *w, struct error *err)
{
	bool has_lines = false;
	catch_up(w);
	while (!w->is_over) {
		live_step(w->live, has_lines ? 0 : STEP_MS);
		pipeline_catch_up(w->session.pipeline);
		if (w->logs)
			has_lines = watch_logs_read(w->logs, w->session.pipeline);
		if (w->wants_counters)
			print_counters(w);
		int bad = tick(w, has_lines, err);
		bad = bad ? bad : tell_news(w, err);
		if (bad && !watch_store_passes(w, bad, err))
			return bad;
		if (w->failed == w->input_count && (!w->logs || watch_logs_are_over(w->logs)))
			return error_set(err, -EIO, "nothing is left to be watched");
	}
	return 0;
}

static int tell_all_changes(struct watch *w, struct error *err)
{
	int bad = announce_run(w, monotonic_us(), err);
	if (bad)
		return bad;
	while ((bad = pipeline_changes(w->session.pipeline)) > 0)
		;
	return bad ? error_set(err, bad, "no memory to look for changes") : 0;
}

static int report(struct watch *w, struct error *err)
{
	struct pipeline *p = w->session.pipeline;
	pipeline_finish(p);
	int bad = tell_all_changes(w, err);
	describe(w);
	w->sink.is_report = true;
	if (!bad && (bad = pipeline_report(p, w->summaries, w->input_count + w->log_count)))
		bad = error_set(err, bad, "no memory for the report");
	if (bad)
		return bad;
	bad = w->session.sink->ops->finish(w->session.sink, err);
	return bad || !w->sink.store ? bad
				     : store_link_finish(&w->session.store, w->session.options.quiet, err);
}

int watch_run(struct watch *w, struct error *err)
{
	struct error second, kept;
	int bad = loop(w, err);
	w->is_over = true;
	if (w->store.is_away)
		watch_store_take_up(w); /* a last try */
	notify("STOPPING=1");
	if (bad ==
	    -ENOTRECOVERABLE) /* nothing can be read any more: what was kept in the store is what there is */
		return bad;
	live_drain(w->live);
	for (unsigned i = 0; w->logs && i < LAST_READS && watch_logs_read(w->logs, w->session.pipeline); i++)
		;
	/* Before anything is settled that the next run may see the end of. */
	int unkept = tell_all_changes(w, &kept);
	unkept = unkept ? unkept : keep_places(w, monotonic_us(), true, &kept);
	if (w->logs)
		watch_logs_end(w->logs, w->session.pipeline);
	int unreported = report(w, bad ? &second : err);
	watch_vitals_put(w, monotonic_us(), true);
	bad = bad || unreported || unkept ? bad : check_outlet(w, err);
	return bad ? bad : unreported ? unreported : unkept ? error_set(err, unkept, "%s", kept.text) : 0;
}

void watch_close(struct watch *w)
{
	watch_feeds_stop(&w->feeds);
	ban_watch_free(w->sink.bans);
	sightings_free(w->sink.sightings);
	watch_vitals_close(&w->vitals);
	live_free(w->live);
	for (size_t i = 0; !w->live && i < w->input_count; i++)
		input_live_close(w->inputs[i]);
	places_close(&w->places);
	session_close(&w->session);
	watch_logs_close(w->logs);
	watch_reload_fini(&w->reload);
	if (w->signal_fd > 0)
		close(w->signal_fd);
	free(w->names);
	free(w->is_log);
	free(w->summaries);
}
