/* SPDX-License-Identifier: MIT */
#include "capture/byte_source.h"

#include <errno.h>
#include <stdlib.h>
#include <zlib.h>

enum { PACKED_MAX = 65536 };

struct gzip_source {
	struct byte_source source;
	struct byte_source *packed;
	z_stream z;
	bool between_members; /* a member is complete and the next has not begun */
	bool may_hold;	      /* inflate may hold unpacked bytes that did not fit into the last output */
	bool packed_ended;
	enum byte_status verdict; /* what to say once all bytes in hand are given; BYTES_MORE until known */
	struct error error;
	uint8_t in[PACKED_MAX];
};

static void gzip_stop(struct gzip_source *s, enum byte_status verdict, const char *what)
{
	s->verdict = verdict;
	if (what)
		error_set(&s->error, 0, "%s: %s at byte %llu of the gzip file", s->source.name, what,
			  (unsigned long long)(s->packed->read_bytes - s->z.avail_in));
}

static void gzip_refill(struct gzip_source *s)
{
	size_t got = 0;
	enum byte_status status = byte_source_read(s->packed, s->in, sizeof s->in, &got, &s->error);
	if (status == BYTES_MORE) {
		s->z.next_in = s->in;
		s->z.avail_in = (uInt)got;
	} else if (status == BYTES_END) {
		s->packed_ended = true;
	} else {
		s->verdict = status;
	}
	s->source.read_bytes = s->packed->read_bytes;
}

/* Between members: zero padding is skipped as gzip does (tapes, block devices), another member begins, and
 * anything else is said to be damage because it may be a member whose header was hit. */
static void gzip_next_member(struct gzip_source *s)
{
	while (s->z.avail_in > 0 && *s->z.next_in == 0) {
		s->z.next_in++;
		s->z.avail_in--;
	}
	if (s->z.avail_in == 0)
		return;
	if (*s->z.next_in != 0x1f)
		gzip_stop(s, BYTES_DAMAGED, "there is something that is not gzip");
	else if (inflateReset(&s->z) != Z_OK)
		gzip_stop(s, BYTES_DAMAGED, "a gzip member cannot be started");
	s->between_members = false;
}

static void gzip_inflate(struct gzip_source *s)
{
	uInt before = s->z.avail_in;
	int code = inflate(&s->z, Z_NO_FLUSH);
	s->may_hold = code == Z_OK && s->z.avail_out == 0;
	if (code == Z_STREAM_END)
		s->between_members = true;
	else if (code == Z_MEM_ERROR)
		gzip_stop(s, BYTES_FAILED, "out of memory");
	else if (code == Z_DATA_ERROR || code == Z_NEED_DICT || code == Z_STREAM_ERROR)
		gzip_stop(s, BYTES_DAMAGED, s->z.msg ? s->z.msg : "the packed data is damaged");
	else if (code == Z_BUF_ERROR && before > 0 && s->z.avail_out > 0)
		gzip_stop(s, BYTES_DAMAGED, "the packed data leads nowhere");
}

static enum byte_status gzip_read(struct byte_source *source, uint8_t *to, size_t max, size_t *got,
				  struct error *err)
{
	struct gzip_source *s = (struct gzip_source *)source;
	s->z.next_out = to;
	s->z.avail_out = max > (1u << 30) ? 1u << 30 : (uInt)max;
	while (s->verdict == BYTES_MORE && s->z.next_out == to) {
		if (s->may_hold)
			gzip_inflate(s);
		else if (s->z.avail_in == 0 && !s->packed_ended)
			gzip_refill(s);
		else if (s->z.avail_in == 0 && s->between_members)
			gzip_stop(s, BYTES_END, NULL);
		else if (s->z.avail_in == 0)
			gzip_stop(s, BYTES_DAMAGED,
				  "the file is cut off; the rest of the packed data is missing");
		else if (s->between_members)
			gzip_next_member(s);
		else
			gzip_inflate(s);
	}
	*got = (size_t)(s->z.next_out - to);
	if (*got > 0)
		return BYTES_MORE;
	*err = s->error;
	return s->verdict;
}

static void gzip_close(struct byte_source *source)
{
	struct gzip_source *s = (struct gzip_source *)source;
	inflateEnd(&s->z);
	byte_source_close(s->packed);
	free(s);
}

int byte_source_gzip(struct byte_source **out, struct byte_source *packed, struct error *err)
{
	struct gzip_source *s = calloc(1, sizeof *s);
	if (!s || inflateInit2(&s->z, 15 + 16) != Z_OK) {
		free(s);
		error_set(err, 0, "%s: out of memory", packed->name);
		byte_source_close(packed);
		return -ENOMEM;
	}
	s->source.read = gzip_read;
	s->source.close = gzip_close;
	s->source.size_bytes = packed->size_bytes;
	s->source.packing = "gzip";
	s->source.name = packed->name;
	s->packed = packed;
	*out = &s->source;
	return 0;
}
