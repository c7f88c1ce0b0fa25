/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_JSON_RECORD_H
#define OUTPUT_JSON_RECORD_H

#include "output/json/writer.h"
#include "output/sink.h"

/* output/json/record.h - the sink of report_json_new, and the pieces that its records share (docs/json.md). */

struct json_sink {
	struct sink sink;
	struct report_options options;
	struct json_writer w;
	/* Words of each choice field: choice_text looks through all fields, too slow for each observation. */
	const char *const *words[CHOICE_FIELD_COUNT];
	uint8_t word_counts[CHOICE_FIELD_COUNT];
};

/* "@timestamp" is left out when time_us is NULL. */
void json_begin_record(struct json_sink *s, const char *kind, const char *dataset, const int64_t *time_us);
void json_end_record(struct json_sink *s);

/* A key and its value. */
void json_text_of(struct json_writer *w, const char *key, struct slice value);
void json_words_of(struct json_writer *w, const char *key, const char *value);
void json_number_of(struct json_writer *w, const char *key, uint64_t value);
void json_time_of(struct json_writer *w, const char *key, int64_t value);
void json_open_of(struct json_writer *w, const char *key);

/* "input", and "packet" or "line": as told, or as the kind of the input says. */
void json_put_numbered(struct json_sink *s, struct place place, bool is_line);
void json_put_place(struct json_sink *s, struct place place);
/* "geo" and "as"; nothing when nothing is known. */
void json_put_geo(struct json_writer *w, const struct geo *geo);
void json_put_texts(struct json_writer *w, const char *key, const struct text_sample *sample);
/* "count" and "sample" */
void json_put_addresses(struct json_writer *w, const struct addr_sample *sample);
/* Its text, or NULL for STAGE_NONE. */
const char *json_stage(enum stage stage);

/* offender.c: the handler of that record. */
void json_offender(struct sink *sink, const struct offender *o);

#endif
