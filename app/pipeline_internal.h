/* SPDX-License-Identifier: MIT */
#ifndef APP_PIPELINE_INTERNAL_H
#define APP_PIPELINE_INTERNAL_H

#include "analyze/analyzer_web.h"
#include "analyze/recognize/one_sided.h"
#include "analyze/recognize/other.h"
#include "analyze/recognize/stream_reader.h"
#include "app/pipeline.h"
#include "app/reading_queue.h"
#include "capture/tcp.h"

/* app/pipeline_internal.h - a pipeline from within: pipeline.c takes what comes in, pipeline_report.c gives
 * what came of it. */

#define CACHE_LINE   64
#define NOTES_MAX    32
#define NOTE_LEN_MAX 256
#define EXTRA_MAX    16 /* counters of the caller */

struct pipeline {
	struct sink *const *sinks;
	size_t sink_count;
	struct analyzer *analyzer;
	struct decoder *decoder;
	struct tcp *tcp;
	struct stream_reader *streams;
	struct other *other;
	struct one_sided one_sided;
	const struct addr *also;
	const struct vendors *vendors;
	struct web *web; /* NULL: provisioning is not looked for */
	struct addr *offenders;
	size_t offender_count, offender_room;
	bool offenders_lost; /* memory ran out for some */
	struct run_summary summary;
	struct dialect_count dialects[DIALECTS_MAX];
	struct dialect_count seen_dialects[DIALECTS_MAX];
	size_t dialect_count;
	uint64_t ambiguous, lines, lines_matched, log_regex_limits;
	bool has_log;
	char notes[NOTES_MAX][NOTE_LEN_MAX];
	const char *note_list[NOTES_MAX];
	size_t note_count;
	struct named_count extra[EXTRA_MAX];
	size_t extra_count;
	/* Drained before anything but messages and steps comes to the analyzer. */
	struct reading_queue *queue;
	/* Each in lines of the cache of its own: the caller counts each frame, while another thread counts what it hands on and looks at what
	 * stands above. */
	_Alignas(CACHE_LINE) uint64_t packets;
	uint64_t bytes;
	int64_t first_us, last_us;
	_Alignas(CACHE_LINE) uint64_t rejected;
};

/* Hands `value` to the sinks that want such. */
#define TELL_SINKS(p, what, value)                                                                           \
	do {                                                                                                 \
		for (size_t i = 0; i < (p)->sink_count; i++)                                                 \
			if ((p)->sinks[i]->ops->what)                                                        \
				(p)->sinks[i]->ops->what((p)->sinks[i], value);                              \
	} while (0)

#endif
