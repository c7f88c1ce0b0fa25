/* SPDX-License-Identifier: MIT */
#include "app/watch/vitals.h"

#include "app/moment.h"
#include "app/watch/watch.h"
#include "output/store/vitals.h"

#include <errno.h>
#include <stdlib.h>

#define EVERY_US (2 * SECOND_US)

int watch_vitals_begin(struct watch_vitals *v, struct error *err)
{
	v->activity = activity_new();
	v->started_us = v->told_us = moment_now();
	return v->activity ? 0 : error_set(err, -ENOMEM, "no memory to count who is busy");
}

static void write_inputs(const struct watch *w, FILE *out)
{
	for (size_t i = 0; i < w->input_count + w->log_count; i++)
		fprintf(out, "%s %s\n", watch_input_is_up(w, i) ? "up" : "down", w->names[i]);
}

static void count(const struct watch *w, struct store_vitals *out)
{
	for (size_t i = 0; i < w->input_count; i++) {
		const struct input_live *in = live_input(w->live, i);
		out->packets += in->counters.received;
		out->drops += in->counters.kernel_drops;
	}
	if (w->logs)
		watch_logs_describe(w->logs, w->session.pipeline, w->summaries + w->input_count);
	for (size_t i = 0; i < w->log_count; i++)
		out->lines += w->summaries[w->input_count + i].packets;
	out->requests = pipeline_seen(w->session.pipeline).observations;
	for (size_t i = 0; i < LEVEL_COUNT; i++)
		out->alerts += w->sink.alerts_by_level[i];
}

void watch_vitals_put(struct watch *w, int64_t now_us, bool is_end)
{
	struct watch_vitals *v = &w->vitals;
	struct store *store = w->session.store.store;
	char *inputs = NULL, *busy = NULL;
	size_t inputs_len = 0, busy_len = 0;
	if (!v->activity || !store || !w->places.key || (now_us < v->next_us && !is_end))
		return;
	FILE *to_inputs = open_memstream(&inputs, &inputs_len), *to_busy = open_memstream(&busy, &busy_len);
	if (to_inputs)
		write_inputs(w, to_inputs);
	if (to_busy)
		activity_tell(v->activity, to_busy);
	bool is_whole = to_inputs && fclose(to_inputs) == 0;
	is_whole &= to_busy && fclose(to_busy) == 0;
	struct store_vitals told = {
		.key = w->places.key, .started_us = v->started_us, .time_us = moment_now(), .is_ended = is_end
	};
	told.span_us = told.time_us - v->told_us;
	if (is_whole) {
		count(w, &told);
		told.inputs = slice_of(inputs, inputs_len);
		told.busy = slice_of(busy, busy_len);
		store_vitals_put(store, &told, NULL);
	}
	v->told_us = told.time_us;
	v->next_us = now_us + EVERY_US;
	free(inputs);
	free(busy);
}

void watch_vitals_close(struct watch_vitals *v)
{
	activity_free(v->activity);
	v->activity = NULL;
}
