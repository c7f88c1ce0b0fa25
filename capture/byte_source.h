/* SPDX-License-Identifier: MIT */
#ifndef CAPTURE_BYTE_SOURCE_H
#define CAPTURE_BYTE_SOURCE_H

#include "core/error.h"
#include "core/slice.h"

/* capture/byte_source.h - a file, a pipe or standard input as one stream of bytes, unpacked when it is gzip
 * (RFC 1952, several members) or zstd (RFC 8878, several frames). The kind is told from the first bytes.
 * Life: byte_source_open, byte_source_read until it says anything but BYTES_MORE, byte_source_close.
 * Memory: none for a plain file; 64 KiB and the window of the format for a packed one (gzip 32 KiB, zstd at
 * most 128 MiB, and only when the file asks for it), however much it unpacks to. */

enum byte_status {
	BYTES_MORE,    /* at least one byte was given */
	BYTES_END,     /* the stream is over, all of it was given */
	BYTES_DAMAGED, /* the packed data is broken or cut off here; *err says how and where */
	BYTES_FAILED,  /* the system could not read; *err says why */
};

struct byte_source {
	enum byte_status (*read)(struct byte_source *s, uint8_t *to, size_t max, size_t *got,
				 struct error *err);
	void (*close)(struct byte_source *s);
	uint64_t read_bytes; /* read from the file itself so far */
	uint64_t size_bytes; /* of the file itself; 0 when that cannot be known */
	const char *packing; /* "gzip", "zstd", or NULL for plain bytes */
	char *name;	     /* for sentences: the path, or "standard input"; owned by the innermost source */
};

/* `path` "-" is standard input, "journal:..." (journal.h) the journal as it is now; standard input is the one that byte_source_close leaves open. 0, or a negative errno with *err, which
 * names the path: no such file, no permission, a directory, a packing that is not read. */
int byte_source_open(struct byte_source **out, const char *path, struct error *err);

static inline enum byte_status byte_source_read(struct byte_source *s, uint8_t *to, size_t max, size_t *got,
						struct error *err)
{
	return s->read(s, to, max, got, err);
}

/* NULL is fine. */
static inline void byte_source_close(struct byte_source *s)
{
	if (s)
		s->close(s);
}

/* A source that unpacks what `packed` gives. Takes ownership of `packed`, also on failure. */
int byte_source_gzip(struct byte_source **out, struct byte_source *packed, struct error *err);
/* The same; -ENOTSUP in a build without libzstd. */
int byte_source_zstd(struct byte_source **out, struct byte_source *packed, struct error *err);

#endif
