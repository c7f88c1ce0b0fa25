/* SPDX-License-Identifier: MIT */
#ifndef CAPTURE_LINE_READER_H
#define CAPTURE_LINE_READER_H

#include "capture/byte_window.h"

/* capture/line_reader.h - the lines of a text file, plain, gzip or zstd, or of standard input, in place.
 * Life: line_reader_open, line_reader_next until it says LINE_END, line_reader_close.
 * Memory: that of byte_window.h; a line longer than LINE_LENGTH_MAX is given cut, and the rest of it is passed over. */

#define LINE_LENGTH_MAX 65536

enum line_status { LINE_OK, LINE_END };

struct line_reader {
	struct byte_window window;
	char *name;
	uint64_t lines; /* given so far: the number of the latest, 1-based */
	uint64_t bytes;
	uint64_t cut;	/* of them, longer than LINE_LENGTH_MAX */
	bool skip_rest; /* of a line that was cut */
	uint64_t damaged;
	struct error damage; /* why the input ended early; empty text when it did not */
};

/* `path` "-" is standard input. 0, or a negative errno with *err. */
int line_reader_open(struct line_reader *r, const char *path, struct error *err);
/* *line without its line feed (a CR before it stays: SIP messages in logs have it), valid until the next call. */
enum line_status line_reader_next(struct line_reader *r, struct slice *line);
/* Passes over the first `offset` bytes, or as many as there are (r->bytes says); the last of them, at most `room`, into `last`. Returns
 * how many these are. Before the first line_reader_next. */
size_t line_reader_pass(struct line_reader *r, uint64_t offset, uint8_t *last, size_t room);
/* What is in hand of the lines to come: perhaps nothing, and the last one may be cut. Valid until the next call. */
struct slice line_reader_ahead(const struct line_reader *r);
/* Counts the first `count` of them, `len` bytes with their line feeds, as given. */
void line_reader_take(struct line_reader *r, size_t len, uint64_t count);
void line_reader_close(struct line_reader *r);

#endif
