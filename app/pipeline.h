/* SPDX-License-Identifier: MIT */
#ifndef APP_PIPELINE_H
#define APP_PIPELINE_H

#include "analyze/analyzer.h"
#include "analyze/logs/log_engine.h"
#include "analyze/web/vendors.h"
#include "capture/decode.h"
#include "capture/input.h"
#include "capture/input_live.h"
#include "output/sink.h"

/* app/pipeline.h - the only place that knows every layer: frames go in, and through decoder, TCP, recognition and analyzer; what comes
 * out goes to the sinks. The caller's thread does all but the reading of messages, see reading_queue.h.
 * Life: pipeline_new, pipeline_frame for every frame in order of time, pipeline_finish, pipeline_report, pipeline_free. */

struct pipeline_options {
	struct analyzer_options analyzer;
	struct decoder_options decoder;
	bool observations;	       /* sinks want every observation */
	const struct addr *also;       /* NULL, or who is told of (sink->ops->bystander) though nothing is held against him */
	unsigned workers;	       /* threads beside the caller's that read messages; changes no result */
	const struct vendors *vendors; /* phone makers, to know provisioning requests by; NULL: these are not looked for */
};

struct pipeline;
struct pipeline *pipeline_new(const struct pipeline_options *options, struct sink *const *sinks, size_t sink_count);
void pipeline_free(struct pipeline *p);
void pipeline_frame(struct pipeline *p, const struct frame *frame);
/* A message that an agent sent us, in order of time. `is_trusted`: what it says of the transport counts as proof of the addresses. */
void pipeline_hep(struct pipeline *p, const struct hep_message *m, bool is_trusted);
/* An observation that a log reader made, in order of time. Its fields are completed here. */
void pipeline_log(struct pipeline *p, struct observation *o);
/* The same in two parts, for readings that are made ahead: see analyzer_log_read. */
struct log_reading_maker *pipeline_log_maker_new(const struct pipeline *p);
void pipeline_log_expect(const struct pipeline *p, const struct log_reading *r, enum expect_step step);
void pipeline_log_read(struct pipeline *p, struct observation *o, struct log_reading *r);
/* A SIP message that a log quotes. */
void pipeline_log_message(struct pipeline *p, const struct log_message *m);
/* What the log readers counted: added up for the summary. Once for each reader, after its last line. */
void pipeline_log_counts(struct pipeline *p, const struct dialects *dialects, struct log_reader *reader);
/* Forgets what pipeline_log_counts was told, to be told anew: before each report of logs that have no last line. */
void pipeline_log_recount(struct pipeline *p);
/* Nothing more comes for the moment: messages that wait to be handed on together are handed on now. */
void pipeline_catch_up(struct pipeline *p);
/* All that it knows, saved or loaded into a new pipeline (core/image.h, analyzer_image): what is half read of a connection, a
 * fragment or a file request is left out. */
uint64_t pipeline_signature(const struct pipeline *p);
void pipeline_image(struct pipeline *p, struct image *i);
struct pipeline_seen {
	uint64_t packets, lines; /* lines: that told something, or messages that they quote */
	uint64_t observations;
};
struct pipeline_seen pipeline_seen(const struct pipeline *p);
/* Time goes on without input: what waits too long for an answer has got none. */
void pipeline_tick(struct pipeline *p, int64_t now_us);
/* Offenders that are new or changed to the sinks. Result as of analyzer_changes. */
int pipeline_changes(struct pipeline *p);
/* Something for "not understood" in the summary; the last number counts. `name` is ours. */
void pipeline_count(struct pipeline *p, const char *name, uint64_t n);
/* A sentence for the summary; copied, once. */
void pipeline_note(struct pipeline *p, const char *text);
/* The input has ended. */
void pipeline_finish(struct pipeline *p);
/* Campaigns, offenders and the summary to the sinks. `inputs` are described by the caller. 0 or -ENOMEM. */
int pipeline_report(struct pipeline *p, const struct input_summary *inputs, size_t input_count);

/* The summary alone, as things stand, to this one. */
int pipeline_summary(struct pipeline *p, const struct input_summary *inputs, size_t input_count, struct sink *to);

/* Other rules, lists and policy while it runs: see analyzer_reload. `workers` as it was made with. 0;
 * -ENOMEM: nothing changed; -ENOTRECOVERABLE: it can read no message any more, so nothing may be fed to it,
 * and its report is all that is left. */
int pipeline_reload(struct pipeline *p, const struct analyzer_options *options, unsigned workers);

/* The offenders of the last report, worst first, for evidence. */
const struct addr *pipeline_offenders(const struct pipeline *p, size_t *count);

#endif
