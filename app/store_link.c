/* SPDX-License-Identifier: MIT */
#include "app/store_link.h"

#include "app/commands/command.h"
#include "app/moment.h"
#include "capture/input.h"
#include "capture/line_reader.h"
#include "output/evidence.h"

#include <errno.h>
#include <stdlib.h>

/* So many frames or lines tell inputs apart (their times do), and so few that a file that grew has them
 * already. */
enum { IDENTITY_FRAMES = 32, IDENTITY_LINES = 8 };

static const uint64_t start = 0xcbf29ce484222325u;

static uint64_t mix(uint64_t hash, struct slice bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		hash = (hash ^ bytes.ptr[i]) * 0x100000001b3u;
	return hash;
}

static uint64_t mix_number(uint64_t hash, uint64_t number)
{
	return mix(hash, slice_of(&number, sizeof number));
}

/* Read without the user's filter: the same file is the same input whatever is looked at in it. */
static bool identity_of_capture(const char *path, uint64_t *identity)
{
	struct input *in;
	struct frame frame;
	struct error err;
	if (!evidence_can_reread(path) || input_file_open(&in, path, NULL, &err))
		return false;
	for (unsigned i = 0; i < IDENTITY_FRAMES && input_next(in, &frame, &err) == INPUT_FRAME; i++) {
		*identity = mix_number(*identity, (uint64_t)frame.time_us);
		*identity = mix_number(*identity, frame.wire_len);
		*identity = mix(*identity, frame.bytes);
	}
	input_close(in);
	return true;
}

static bool identity_of_log(const char *path, uint64_t *identity)
{
	struct line_reader lines;
	struct slice line;
	struct error err;
	if (!evidence_can_reread(path) || line_reader_open(&lines, path, &err))
		return false;
	for (unsigned i = 0; i < IDENTITY_LINES && line_reader_next(&lines, &line) == LINE_OK; i++)
		*identity = mix(mix_number(*identity, line.len), line);
	line_reader_close(&lines);
	return true;
}

int store_link_open(struct store_link *l, const char *path, const struct store_options *options,
		    struct error *err)
{
	int bad = store_open(&l->store, path, STORE_WRITE, options, err);
	if (bad)
		return bad;
	l->sink = store_sink_new(l->store);
	return l->sink ? 0 : error_set(err, -ENOMEM, "no memory for the store");
}

int store_link_inputs(struct store_link *l, const struct input_summary *inputs, const bool *is_log,
		      size_t count, uint64_t piped_bytes, struct error *err)
{
	l->inputs = calloc(count ? count : 1, sizeof *l->inputs);
	if (!l->inputs)
		return error_set(err, -ENOMEM, "no memory for %zu inputs", count);
	for (size_t i = 0; i < count; i++) {
		struct store_input *input = &l->inputs[i];
		*input = (struct store_input){ inputs[i].name, start, is_log && is_log[i] };
		bool is_known = input->is_log ? identity_of_log(input->name, &input->identity)
					      : identity_of_capture(input->name, &input->identity);
		if (!is_known)
			input->identity = mix_number(mix_number(start, inputs[i].packets), piped_bytes);
	}
	store_sink_inputs(l->sink, l->inputs, count);
	return 0;
}

int store_link_finish(struct store_link *l, bool quiet, struct error *err)
{
	int bad = l->sink->ops->finish(l->sink, err);
	if (!bad)
		bad = store_tidy(l->store, moment_now(), err);
	struct store_tally tally = store_sink_tally(l->sink);
	if (!bad && !quiet)
		complain("%llu %s stored in %s, %llu new %s", (unsigned long long)tally.offenders,
			 tally.offenders == 1 ? "offender" : "offenders", store_path(l->store),
			 (unsigned long long)tally.bans, tally.bans == 1 ? "ban" : "bans");
	return bad;
}

void store_link_close(struct store_link *l)
{
	if (l->sink)
		l->sink->ops->free(l->sink);
	store_close(l->store);
	free(l->inputs);
}
