/* SPDX-License-Identifier: MIT */
#include "app/reload.h"

#include "app/dialect_files.h"
#include "app/logs/inputs.h"
#include "core/thread.h"

#include <errno.h>
#include <string.h>

void reload_init(struct reload *r, const struct options *command_line, unsigned commands)
{
	memset(r, 0, sizeof *r);
	r->command_line = *command_line;
	r->commands = commands;
}

static int load(struct reload *r)
{
	struct session *s = &r->fresh;
	if (r->scope == RELOAD_GEO)
		return session_load_geo(s, &r->err);
	int bad = session_configure(s, r->commands | CONFIG_AGAIN, &r->err);
	bad = bad ? bad : session_load(s, &r->err);
	if (bad || !r->wants_dialects)
		return bad;
	r->fresh_mark = dialect_files_mark(&s->options);
	return r->fresh_mark == r->dialects_mark ? 0
						 : log_inputs_dialects(&r->dialects, &s->options, &r->err);
}

static void *run(void *arg)
{
	struct reload *r = arg;
	r->result = load(r);
	atomic_store(&r->is_done, true);
	return NULL;
}

int reload_begin(struct reload *r, enum reload_scope scope, const struct options *running,
		 bool wants_dialects, struct error *err)
{
	r->fresh = (struct session){ .options = scope == RELOAD_GEO ? *running : r->command_line };
	/* The file that was there at the start must still be there: without it everybody whom it spares would
	 * be forgotten. */
	r->fresh.options.config = running->config;
	r->scope = scope;
	r->wants_dialects = wants_dialects;
	r->err.text[0] = 0;
	atomic_store(&r->is_done, false);
	int bad = thread_start(&r->thread, run, r);
	r->is_running = bad == 0;
	return bad ? error_set(err, bad, "no thread to read the configuration with: %s", strerror(-bad)) : 0;
}

bool reload_is_done(const struct reload *r)
{
	return r->is_running && atomic_load(&r->is_done);
}

void reload_end(struct reload *r)
{
	if (!r->is_running)
		return;
	pthread_join(r->thread, NULL);
	r->is_running = false;
	session_close(&r->fresh);
	dialects_free(r->dialects);
	r->fresh = (struct session){ 0 };
	r->dialects = NULL;
}

void reload_fini(struct reload *r)
{
	reload_end(r);
}
