/* SPDX-License-Identifier: MIT */
#ifndef CAPTURE_LINE_PLACE_H
#define CAPTURE_LINE_PLACE_H

#include "core/slice.h"

/* capture/line_place.h - where reading of a log stopped, told so that it can be found again when the file has
 * been renamed or packed: by the first bytes of the file, and by the line before the place. Plain values:
 * keep them as you like. */

#define FOLLOW_HEAD_MAX 1024u /* so many first bytes tell a file from its successor */
#define FOLLOW_TAIL_MAX 64u   /* and so many of the line before the place that nobody has written it anew */

struct follow_place {
	uint64_t offset;    /* of the next line, in unpacked bytes */
	uint64_t lines;	    /* given from this file so far */
	uint64_t head_hash; /* of its first head_len bytes */
	uint64_t tail_hash; /* of the last tail_len bytes of the line before the place */
	int64_t file_us;   /* last change of the file, which tells what came later while offset is 0; 0: there
			      was no file */
	uint32_t head_len; /* min(offset, FOLLOW_HEAD_MAX) */
	uint32_t tail_len; /* 0: not known */
	bool in_cut;	   /* the place is inside of a line that was cut: the rest of it is passed over */
};

/* The beginning of a file. */
void follow_place_start(struct follow_place *p);
/* `head` holds the file's first `len` bytes now, FOLLOW_HEAD_MAX at most. */
void follow_place_head(struct follow_place *p, const uint8_t *head, size_t len);
bool follow_place_has_head(const struct follow_place *p, const uint8_t *bytes, size_t len);
/* The place is behind this line now (without its line end). */
void follow_place_tail(struct follow_place *p, struct slice line);
/* Do the bytes before the place, `len` of them with the line end, end in the line that was read? */
bool follow_place_has_tail(const struct follow_place *p, const uint8_t *bytes, size_t len);
/* Cuts what does not fit, of a place that comes from elsewhere. */
void follow_place_check(struct follow_place *p);

#endif
