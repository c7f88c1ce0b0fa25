/* SPDX-License-Identifier: MIT */
#include "output/store/internal.h"

#include <errno.h>
#include <stdlib.h>

/* Offenders of one transaction: enough that commits cost nothing, and few enough that `siphound ban` beside
 * it need not wait for more than some milliseconds. */
enum { BATCH = 500 };

struct store_sink {
	struct sink sink;
	struct store *store;
	const struct store_input *inputs;
	size_t input_count;
	int64_t run, *ids; /* once the run has begun */
	size_t in_batch;
	bool is_open; /* a transaction */
	bool is_run_kept;
	int code;
	struct error error;
	struct store_tally tally, kept;
};

static void commit(struct store_sink *s)
{
	if (!s->is_open)
		return;
	int code = store_end(s->store, s->code ? NULL : &s->error);
	if (!s->code)
		s->code = code;
	if (!code) {
		s->kept = s->tally;
		s->is_run_kept = true;
	}
	s->is_open = false;
	s->in_batch = 0;
}

/* False: something failed, now or before. */
static bool begin(struct store_sink *s)
{
	if (s->code || s->is_open)
		return !s->code;
	s->is_open = true;
	if (store_begin(s->store, STORE_CHANGE) == 0 && !s->run) {
		s->run = store_run_begin(s->store, s->inputs, s->input_count);
		s->ids = store_run_inputs(s->store, s->inputs, s->input_count);
		if (!s->ids)
			store_fail(s->store, -ENOMEM, "no memory for %zu inputs", s->input_count);
	}
	if (s->store->code)
		commit(s);
	return !s->code;
}

static void end_one(struct store_sink *s)
{
	if (s->store->code || ++s->in_batch >= BATCH)
		commit(s);
}

static void sink_campaign(struct sink *sink, const struct campaign *c)
{
	struct store_sink *s = (struct store_sink *)sink;
	if (!begin(s))
		return;
	store_put_campaign(s->store, c);
	end_one(s);
}

static void sink_offender(struct sink *sink, const struct offender *o)
{
	struct store_sink *s = (struct store_sink *)sink;
	if (o->verdict == VERDICT_NONE || !begin(s))
		return;
	store_put_offender(s->store, s->run, s->ids, s->input_count, o, &s->tally);
	end_one(s);
}

static void sink_summary(struct sink *sink, const struct run_summary *r)
{
	struct store_sink *s = (struct store_sink *)sink;
	(void)r;
	if (!begin(s))
		return;
	store_outbox_trim(s->store);
	commit(s);
}

static int sink_finish(struct sink *sink, struct error *err)
{
	struct store_sink *s = (struct store_sink *)sink;
	commit(s);
	if (s->code && err)
		*err = s->error;
	return s->code;
}

static void sink_free(struct sink *sink)
{
	struct store_sink *s = (struct store_sink *)sink;
	commit(s);
	free(s->ids);
	free(s);
}

static const struct sink_ops ops = {
	.campaign = sink_campaign,
	.offender = sink_offender,
	.summary = sink_summary,
	.finish = sink_finish,
	.free = sink_free,
};

struct sink *store_sink_new(struct store *store)
{
	struct store_sink *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	s->sink.ops = &ops;
	s->store = store;
	return &s->sink;
}

void store_sink_inputs(struct sink *sink, const struct store_input *inputs, size_t count)
{
	struct store_sink *s = (struct store_sink *)sink;
	s->inputs = inputs;
	s->input_count = count;
}

void store_sink_again(struct sink *sink)
{
	struct store_sink *s = (struct store_sink *)sink;
	commit(s);
	s->code = 0;
	s->tally = s->kept;
	if (s->is_run_kept)
		return;
	/* Its number was taken back with the rest. */
	free(s->ids);
	s->ids = NULL;
	s->run = 0;
}

struct store_tally store_sink_tally(const struct sink *sink)
{
	return ((const struct store_sink *)sink)->kept;
}
