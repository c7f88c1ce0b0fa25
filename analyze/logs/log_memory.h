/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_LOGS_LOG_MEMORY_H
#define ANALYZE_LOGS_LOG_MEMORY_H

#include "analyze/logs/log_engine.h"
#include "core/image.h"

/* analyze/logs/log_memory.h - what a log_reader knows of the lines behind it, so that another one can go on
 * in its place: which year it is in a log that writes none, the time of the latest line, what was counted.
 * Records of several lines are not kept: go on at a line where the reader is between records. */

#define LOG_MEMORY_HEAD 96

struct log_memory {
	int64_t last_us, line_us, known_us;
	uint64_t lines, matched;
	uint32_t in_export; /* 1: inside of a record of a journal's export */
	uint32_t head_len;
	int32_t zone_source, offset_s; /* LOG_ZONE_FOUND or LOG_ZONE_TOLD, and what; else 0 */
	uint8_t head[LOG_MEMORY_HEAD]; /* of the last line that had a time */
};

/* Is no record half read, so that a new reader would understand what comes next as well? */
bool log_reader_is_between(const struct log_reader *reader);
void log_reader_recall(const struct log_reader *reader, struct log_memory *out);
/* Before the first line. */
void log_reader_resume(struct log_reader *reader, const struct log_memory *memory);

/* What it counted for each dialect, saved or loaded; of dialects that are no longer there it is dropped. */
void log_reader_counts_image(struct log_reader *reader, struct image *i);

#endif
