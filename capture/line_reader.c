/* SPDX-License-Identifier: MIT */
#include "capture/line_reader.h"

#include <errno.h>
#include <stdlib.h>

int line_reader_open(struct line_reader *r, const char *path, struct error *err)
{
	struct byte_source *source;
	*r = (struct line_reader){ 0 };
	int bad = byte_source_open(&source, path, err);
	if (bad)
		return bad;
	r->name = strdup(path);
	bad = byte_window_init(&r->window, source);
	if (!r->name || bad) {
		line_reader_close(r);
		return error_set(err, -ENOMEM, "%s: no memory to read it", path);
	}
	return 0;
}

void line_reader_close(struct line_reader *r)
{
	byte_window_fini(&r->window);
	free(r->name);
	r->name = NULL;
}

static void note_end(struct line_reader *r)
{
	if (r->window.status == BYTES_END || r->window.status == BYTES_MORE || r->damaged)
		return;
	r->damaged = 1;
	r->damage = r->window.error;
}

/* The end of the line in hand, asking for more until there is one: SLICE_NPOS when it is longer than allowed or the input ends. */
static size_t find_end(struct byte_window *w)
{
	size_t seen = 0;
	for (;;) {
		size_t left = byte_window_left(w), upto = left < LINE_LENGTH_MAX ? left : LINE_LENGTH_MAX;
		const uint8_t *hit = upto > seen ? memchr(w->at + seen, '\n', upto - seen) : NULL;
		if (hit)
			return (size_t)(hit - w->at);
		if (left >= LINE_LENGTH_MAX || !byte_window_need(w, left + 1))
			return SLICE_NPOS;
		seen = left;
	}
}

static void skip_rest(struct line_reader *r)
{
	struct byte_window *w = &r->window;
	for (;;) {
		size_t left = byte_window_left(w);
		const uint8_t *hit = left ? memchr(w->at, '\n', left) : NULL, *next = hit ? hit + 1 : w->end;
		r->bytes += (uint64_t)(next - w->at);
		w->at = next;
		if (hit || !byte_window_need(w, 1))
			return;
	}
}

enum line_status line_reader_next(struct line_reader *r, struct slice *line)
{
	struct byte_window *w = &r->window;
	if (r->skip_rest)
		skip_rest(r);
	r->skip_rest = false;
	size_t len = find_end(w);
	if (len == SLICE_NPOS && byte_window_left(w) == 0) {
		note_end(r);
		return LINE_END;
	}
	if (len != SLICE_NPOS) {
		*line = slice_of(w->at, len);
		w->at += len + 1;
		r->bytes += len + 1;
	} else if (byte_window_left(w) < LINE_LENGTH_MAX) {
		*line = slice_of(w->at, byte_window_left(w)); /* the last one, without a line end */
		r->bytes += line->len;
		w->at = w->end;
	} else {
		*line = slice_of(w->at, LINE_LENGTH_MAX);
		r->bytes += line->len;
		r->cut++;
		w->at += LINE_LENGTH_MAX;
		r->skip_rest = true; /* at the next call: until then the line must stay where it is */
	}
	r->lines++;
	return LINE_OK;
}

size_t line_reader_pass(struct line_reader *r, uint64_t offset, uint8_t *last, size_t room)
{
	struct byte_window *w = &r->window;
	size_t kept = 0;
	while (r->bytes < offset && (byte_window_left(w) || byte_window_need(w, 1))) {
		size_t left = byte_window_left(w), taken = offset - r->bytes < left ? (size_t)(offset - r->bytes) : left;
		size_t fresh = taken < room ? taken : room, stays = kept + fresh > room ? room - fresh : kept;
		memmove(last, last + kept - stays, stays);
		memcpy(last + stays, w->at + taken - fresh, fresh);
		kept = stays + fresh;
		w->at += taken;
		r->bytes += taken;
	}
	return kept;
}

struct slice line_reader_ahead(const struct line_reader *r)
{
	return r->skip_rest ? slice_of(r->window.at, 0) : slice_of(r->window.at, byte_window_left(&r->window));
}

void line_reader_take(struct line_reader *r, size_t len, uint64_t count)
{
	r->window.at += len;
	r->bytes += len;
	r->lines += count;
}
