/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_JSON_WRITER_H
#define OUTPUT_JSON_WRITER_H

#include "core/addr.h"
#include "core/error.h"

#include <stdio.h>

/* output/json/writer.h - JSON lines (RFC 8259), written piece by piece into a buffer of its own; commas come
 * by themselves. Life: json_init, then for each record json_open_object ... json_close_object and
 * json_end_line, at last json_finish. A finished line goes to the FILE in one piece unless it is longer than
 * the buffer, so its buffering decides when a reader sees it. Errors are remembered and told by json_finish. */

#define JSON_TEXT_MAX 256 /* bytes of a stranger's text; what is cut ends in U+2026 */

struct json_writer {
	FILE *out;
	size_t len;
	bool needs_comma;
	int failed;	/* negative errno of the first failed write */
	int64_t second; /* whose date is in `date` */
	char date[20];
	uint8_t buffer[16384];
};

void json_init(struct json_writer *w, FILE *out);
/* Flushes. 0 or the negative errno of the first write that failed. */
int json_finish(struct json_writer *w);

void json_open_object(struct json_writer *w);
void json_close_object(struct json_writer *w);
void json_open_array(struct json_writer *w);
void json_close_array(struct json_writer *w);
void json_end_line(struct json_writer *w);

/* Our own name: plain ASCII without quotes. */
void json_key(struct json_writer *w, const char *key);
/* A name that is not a literal of ours (a dialect): escaped. */
void json_key_text(struct json_writer *w, const char *key);

/* At most JSON_TEXT_MAX bytes; what is no UTF-8 becomes U+FFFD; controls and marks that turn the direction of
 * writing are written as \uXXXX. An absent slice becomes null. */
void json_text(struct json_writer *w, struct slice text);
/* The same without the limit, for sentences of ours; NULL becomes null. */
void json_words(struct json_writer *w, const char *text);
void json_u64(struct json_writer *w, uint64_t value);
void json_i64(struct json_writer *w, int64_t value);
void json_bool(struct json_writer *w, bool value);
void json_null(struct json_writer *w);
/* "2026-01-02T03:04:05.678901Z"; clamped to the years 1970 .. 9999. */
void json_time(struct json_writer *w, int64_t time_us);
void json_addr(struct json_writer *w, const struct addr *address);

#endif
