/* SPDX-License-Identifier: MIT */
#include "app/watch/reload.h"

#include "app/commands/command.h"
#include "app/moment.h"
#include "app/notify.h"
#include "app/watch/watch.h"
#include "output/store/bounds.h"

#include <errno.h>
#include <inttypes.h>
#include <time.h>

#define GEO_LOOK_US 60000000

void watch_reload_init(struct watch_reload *r, const struct options *command_line, unsigned commands)
{
	reload_init(&r->job, command_line, commands);
}

/* ---- telling ---- */

/* systemd 253 and later waits for READY after RELOADING, and wants to know when the reload began. */
static void notify_reloading(void)
{
	struct timespec t;
	char text[64];
	clock_gettime(CLOCK_MONOTONIC, &t);
	snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
		 (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000);
	notify(text);
}

static void tell_restarts(const struct options *running, const struct options *fresh)
{
	size_t count;
	const struct config_key *keys = config_keys(&count);
	for (size_t i = 0; i < count; i++)
		if (!keys[i].reloads && (keys[i].commands & CONFIG_FOR_WATCH) &&
		    !config_key_same(&keys[i], running, fresh))
			complain("%s has changed, and needs a restart to take effect", keys[i].name);
}

static void tell_failure(struct watch *w, const char *why)
{
	w->reload.failed++;
	complain("%s; nothing was changed, the old %s in force", why,
		 w->reload.job.scope == RELOAD_GEO ? "geo files stay" : "configuration and rules stay");
}

static bool same_rule(const struct rule *a, const struct rule *b)
{
	return slice_eq(ruleset_source(a), ruleset_source(b));
}

static void tell_rules(const struct ruleset *old, const struct ruleset *fresh)
{
	size_t added = 0, changed = 0, gone = 0;
	for (size_t i = 0; i < ruleset_count(fresh); i++) {
		const struct rule *before = ruleset_find(old, ruleset_at(fresh, i)->id);
		added += before == NULL;
		changed += before && !same_rule(before, ruleset_at(fresh, i));
	}
	for (size_t i = 0; i < ruleset_count(old); i++)
		gone += ruleset_find(fresh, ruleset_at(old, i)->id) == NULL;
	complain("reloaded: %zu rules, %zu of them new, %zu changed, %zu gone", ruleset_count(fresh), added,
		 changed, gone);
}

/* ---- taking over ---- */

/* What is in force from now on: the keys that can change, the others as they were. */
static void merge_options(struct options *running, const struct options *fresh)
{
	size_t count;
	const struct config_key *keys = config_keys(&count);
	for (size_t i = 0; i < count; i++)
		if (keys[i].reloads)
			config_key_copy(&keys[i], running, fresh);
}

static void swap_loaded(struct session *a, struct session *b)
{
	struct ruleset *rules = a->rules;
	struct geo_db *geo = a->geo;
	struct allow_list allow = a->allow;
	a->rules = b->rules;
	a->geo = b->geo;
	a->allow = b->allow;
	b->rules = rules;
	b->geo = geo;
	b->allow = allow;
}

/* Rules that say the same stay, and with them all that rests on them. */
static void keep_same_rules(struct session *running, struct session *fresh)
{
	if (!fresh->rules || !ruleset_same(running->rules, fresh->rules))
		return;
	struct ruleset *same = fresh->rules;
	fresh->rules = running->rules;
	running->rules = same;
}

static int take_into_pipeline(struct session *s)
{
	struct analyzer_options options = session_analyzer_options(s);
	return pipeline_reload(s->pipeline, &options, session_workers(s));
}

static int take_over(struct watch *w)
{
	struct session *running = &w->session, *fresh = &w->reload.job.fresh;
	struct options before = running->options;
	bool is_same = ruleset_same(running->rules, fresh->rules);
	keep_same_rules(running, fresh);
	merge_options(&running->options, &fresh->options);
	swap_loaded(running, fresh);
	int bad = take_into_pipeline(running);
	if (bad == -ENOTRECOVERABLE)
		return bad;
	if (bad) {
		swap_loaded(running, fresh);
		keep_same_rules(running, fresh);
		running->options = before;
		tell_failure(w, "no memory for other rules");
		return 0;
	}
	vendors_exchange(running->vendors, fresh->vendors);
	struct error err;
	struct reload *job = &w->reload.job;
	if (w->logs && job->dialects &&
	    watch_logs_reload(w->logs, &job->dialects, &running->options, running->pipeline, &err))
		complain("%s; logs are read by the old dialects", err.text);
	else if (w->logs)
		job->dialects_mark = job->fresh_mark;
	if (running->store.store) {
		struct store_options bounds = session_store_options(&running->options);
		store_set_options(running->store.store, &bounds);
		w->store.lacks_allow = true;
	}
	tell_restarts(&before, &fresh->options);
	if (!running->options.quiet && is_same)
		complain("reloaded: %zu rules, the same as before", ruleset_count(running->rules));
	else if (!running->options.quiet)
		tell_rules(fresh->rules, running->rules);
	config_free(w->reload.config);
	w->reload.config = fresh->config;
	fresh->config = NULL;
	return 0;
}

static int take_geo(struct watch *w)
{
	struct session *running = &w->session, *fresh = &w->reload.job.fresh;
	struct geo_db *old = running->geo;
	running->geo = fresh->geo;
	fresh->geo = old;
	int bad = take_into_pipeline(running);
	if (!bad && !running->options.quiet)
		complain("the geo files have changed, and were read anew");
	return bad;
}

/* ---- the loop ---- */

static int finish(struct watch *w, struct error *err)
{
	struct watch_reload *r = &w->reload;
	int bad = 0;
	if (r->job.result) {
		tell_failure(w, r->job.err.text);
	} else {
		uint64_t failed = r->failed;
		bad = r->job.scope == RELOAD_GEO ? take_geo(w) : take_over(w);
		r->done += !bad && r->failed == failed;
		r->done_us = moment_now();
	}
	if (bad) /* what was read stays, as readers may still look at it */
		return error_set(err, bad, "no memory to go on with other rules; start again");
	reload_end(&r->job);
	if (r->job.scope == RELOAD_ALL)
		notify("READY=1");
	return 0;
}

static void begin(struct watch *w, enum reload_scope scope, const struct geo_files *geo)
{
	struct watch_reload *r = &w->reload;
	struct error err;
	r->geo = *geo;
	if (scope == RELOAD_ALL)
		notify_reloading();
	if (reload_begin(&r->job, scope, &w->session.options, w->logs != NULL, &err) == 0)
		return;
	tell_failure(w, err.text);
	if (scope == RELOAD_ALL)
		notify("READY=1");
}

int watch_reload_step(struct watch *w, int64_t now_us, struct error *err)
{
	struct watch_reload *r = &w->reload;
	struct geo_files geo;
	if (reload_is_done(&r->job))
		return finish(w, err);
	if (r->job.is_running)
		return 0;
	if (r->is_asked) {
		r->is_asked = false;
		geo_files_look(&geo, &w->session.options);
		begin(w, RELOAD_ALL, &geo);
		return 0;
	}
	if (now_us < r->next_geo_us || w->session.options.geo_count == 0)
		return 0;
	bool is_first = r->next_geo_us == 0;
	r->next_geo_us = now_us + GEO_LOOK_US;
	geo_files_look(&geo, &w->session.options);
	if (is_first)
		r->geo = geo;
	else if (!geo_files_same(&geo, &r->geo))
		begin(w, RELOAD_GEO, &geo);
	return 0;
}

void watch_reload_fini(struct watch_reload *r)
{
	reload_fini(&r->job);
	config_free(r->config);
}
