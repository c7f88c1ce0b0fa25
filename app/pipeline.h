/* SPDX-License-Identifier: MIT */
#ifndef APP_PIPELINE_H
#define APP_PIPELINE_H

#include "analyze/analyzer.h"
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
	const struct vendors *vendors; /* phone makers, to know provisioning requests by; NULL: these are not looked for */
};

struct pipeline;
struct pipeline *pipeline_new(const struct pipeline_options *options, struct sink *const *sinks, size_t sink_count);
void pipeline_free(struct pipeline *p);
void pipeline_frame(struct pipeline *p, const struct frame *frame);
/* The input has ended. */
void pipeline_finish(struct pipeline *p);
/* Campaigns, offenders and the summary to the sinks. `inputs` are described by the caller. 0 or -ENOMEM. */
int pipeline_report(struct pipeline *p, const struct input_summary *inputs, size_t input_count);

/* The offenders of the last report, worst first, for evidence. */
const struct addr *pipeline_offenders(const struct pipeline *p, size_t *count);

#endif
