/* SPDX-License-Identifier: MIT */
#include "capture/byte_source.h"

#include <errno.h>
#include <stdlib.h>

#ifdef HAVE_ZSTD
#include <zstd.h>
#include <zstd_errors.h>

/* The largest window that is allocated for a file: what `zstd -d` itself accepts unless told otherwise. */
enum { PACKED_MAX = 65536, WINDOW_LOG_MAX = 27 };

struct zstd_source {
	struct byte_source source;
	struct byte_source *packed;
	ZSTD_DStream *z;
	ZSTD_inBuffer in;
	bool in_frame; /* a frame has begun and is not complete */
	bool may_hold; /* the decoder may hold unpacked bytes that did not fit into the last output */
	bool packed_ended;
	enum byte_status verdict; /* what to say once all bytes in hand are given; BYTES_MORE until known */
	struct error error;
	uint8_t bytes[PACKED_MAX];
};

static void zstd_stop(struct zstd_source *s, enum byte_status verdict, const char *what)
{
	s->verdict = verdict;
	if (what)
		error_set(&s->error, 0, "%s: %s at byte %llu of the zstd file", s->source.name, what,
			  (unsigned long long)(s->packed->read_bytes - (s->in.size - s->in.pos)));
}

static void zstd_refill(struct zstd_source *s)
{
	size_t got = 0;
	enum byte_status status = byte_source_read(s->packed, s->bytes, sizeof s->bytes, &got, &s->error);
	if (status == BYTES_MORE)
		s->in = (ZSTD_inBuffer){ s->bytes, got, 0 };
	else if (status == BYTES_END)
		s->packed_ended = true;
	else
		s->verdict = status;
	s->source.read_bytes = s->packed->read_bytes;
}

static void zstd_unpack(struct zstd_source *s, ZSTD_outBuffer *to)
{
	size_t left = ZSTD_decompressStream(s->z, to, &s->in);
	if (ZSTD_getErrorCode(left) == ZSTD_error_frameParameter_windowTooLarge) {
		zstd_stop(s, BYTES_DAMAGED,
			  "needs a window of more than 128 MiB (unpack it first with `zstd -dc --long=31`)");
		return;
	}
	if (ZSTD_isError(left)) {
		zstd_stop(s, BYTES_DAMAGED, ZSTD_getErrorName(left));
		return;
	}
	s->in_frame = left != 0;
	s->may_hold = left != 0 && to->pos == to->size;
}

static enum byte_status zstd_read(struct byte_source *source, uint8_t *to, size_t max, size_t *got,
				  struct error *err)
{
	struct zstd_source *s = (struct zstd_source *)source;
	ZSTD_outBuffer unpacked = { to, max, 0 };
	while (s->verdict == BYTES_MORE && unpacked.pos == 0) {
		if (s->in.pos < s->in.size || s->may_hold)
			zstd_unpack(s, &unpacked);
		else if (!s->packed_ended)
			zstd_refill(s);
		else if (s->in_frame)
			zstd_stop(s, BYTES_DAMAGED,
				  "the file is cut off; the rest of the packed data is missing");
		else
			zstd_stop(s, BYTES_END, NULL);
	}
	*got = unpacked.pos;
	if (*got > 0)
		return BYTES_MORE;
	*err = s->error;
	return s->verdict;
}

static void zstd_close(struct byte_source *source)
{
	struct zstd_source *s = (struct zstd_source *)source;
	ZSTD_freeDStream(s->z);
	byte_source_close(s->packed);
	free(s);
}

int byte_source_zstd(struct byte_source **out, struct byte_source *packed, struct error *err)
{
	struct zstd_source *s = calloc(1, sizeof *s);
	ZSTD_DStream *z = ZSTD_createDStream();
	if (!s || !z || ZSTD_isError(ZSTD_DCtx_setParameter(z, ZSTD_d_windowLogMax, WINDOW_LOG_MAX))) {
		ZSTD_freeDStream(z);
		free(s);
		error_set(err, 0, "%s: out of memory", packed->name);
		byte_source_close(packed);
		return -ENOMEM;
	}
	s->source.read = zstd_read;
	s->source.close = zstd_close;
	s->source.size_bytes = packed->size_bytes;
	s->source.packing = "zstd";
	s->source.name = packed->name;
	s->packed = packed;
	s->z = z;
	*out = &s->source;
	return 0;
}

#else

int byte_source_zstd(struct byte_source **out, struct byte_source *packed, struct error *err)
{
	(void)out;
	error_set(err, 0,
		  "%s: packed with zstd, which this build does not read; unpack it first with `zstd -dc`",
		  packed->name);
	byte_source_close(packed);
	return -ENOTSUP;
}

#endif
