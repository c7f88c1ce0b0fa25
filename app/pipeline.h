/* SPDX-License-Identifier: MIT */
#ifndef APP_PIPELINE_H
#define APP_PIPELINE_H

#include "analyze/analyzer.h"
#include "analyze/logs/log_engine.h"
#include "analyze/web/vendors.h"
#include "capture/decode.h"
#include "capture/input.h"
#include "output/sink.h"

/* app/pipeline.h - the only place that knows every layer: frames go in, and through decoder, TCP, recognition and analyzer; what comes
 * out goes to the sinks. One thread.
 * Life: pipeline_new, pipeline_frame for every frame in order of time, pipeline_finish, pipeline_report, pipeline_free. */

struct pipeline_options {
	struct analyzer_options analyzer;
	struct decoder_options decoder;
	bool observations;	       /* sinks want every observation */
	const struct addr *also;       /* NULL, or who is told of (sink->ops->bystander) though nothing is held against him */
	const struct vendors *vendors; /* phone makers, to know provisioning requests by; NULL: these are not looked for */
};

struct pipeline;
struct pipeline *pipeline_new(const struct pipeline_options *options, struct sink *const *sinks, size_t sink_count);
void pipeline_free(struct pipeline *p);
void pipeline_frame(struct pipeline *p, const struct frame *frame);
/* An observation that a log reader made, in order of time. Its fields are completed here. */
void pipeline_log(struct pipeline *p, struct observation *o);
/* A SIP message that a log quotes. */
void pipeline_log_message(struct pipeline *p, const struct log_message *m);
/* What the log readers counted: added up for the summary. Once for each reader, after its last line. */
void pipeline_log_counts(struct pipeline *p, const struct dialects *dialects, struct log_reader *reader);
/* A sentence for the summary; copied. */
void pipeline_note(struct pipeline *p, const char *text);
/* The input has ended. */
void pipeline_finish(struct pipeline *p);
/* Campaigns, offenders and the summary to the sinks. `inputs` are described by the caller. 0 or -ENOMEM. */
int pipeline_report(struct pipeline *p, const struct input_summary *inputs, size_t input_count);

/* The offenders of the last report, worst first, for evidence. */
const struct addr *pipeline_offenders(const struct pipeline *p, size_t *count);

#endif
