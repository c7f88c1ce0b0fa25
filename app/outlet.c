/* SPDX-License-Identifier: MIT */
#include "app/outlet.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct outlet {
	FILE *stream;
	int fd;
	bool is_file;
	bool is_in_line;      /* what comes next goes on with a line */
	bool is_dropped;      /* and that line is lost */
	bool is_file_in_line; /* the file does not end with a line end */
	int error;
	uint64_t lost;
};

static bool put(struct outlet *o, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t wrote = write(o->fd, bytes, len);
		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0) {
			o->error = wrote < 0 ? errno : ENOSPC;
			return false;
		}
		bytes += wrote;
		len -= (size_t)wrote;
		o->is_file_in_line = bytes[-1] != '\n';
	}
	o->error = 0;
	return true;
}

/* A line, or as much of one as the stream's buffer holds. */
static void put_piece(struct outlet *o, const char *bytes, size_t len)
{
	bool is_torn = !o->is_in_line && o->is_file_in_line;
	if (!o->is_dropped && !((!is_torn || put(o, "\n", 1)) && put(o, bytes, len))) {
		o->is_dropped = true;
		o->lost++;
	}
	o->is_in_line = bytes[len - 1] != '\n';
	o->is_dropped = o->is_dropped && o->is_in_line;
}

static ssize_t take(void *cookie, const char *bytes, size_t len)
{
	struct outlet *o = cookie;
	if (!o->is_file && !put(o, bytes, len)) {
		errno = o->error;
		return 0;
	}
	for (size_t at = 0; o->is_file && at < len;) {
		const char *end = memchr(bytes + at, '\n', len - at);
		size_t piece = end ? (size_t)(end - (bytes + at)) + 1 : len - at;
		put_piece(o, bytes + at, piece);
		at += piece;
	}
	return (ssize_t)len;
}

struct outlet *outlet_open(const char *path, FILE **out)
{
	struct stat info;
	struct outlet *o = calloc(1, sizeof *o);
	if (!o)
		return NULL;
	o->fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)
		     : fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
	o->stream = o->fd < 0 ? NULL : fopencookie(o, "w", (cookie_io_functions_t){ .write = take });
	if (!o->stream) {
		int error = errno;
		outlet_close(o);
		errno = error;
		return NULL;
	}
	o->is_file = fstat(o->fd, &info) == 0 && S_ISREG(info.st_mode);
	setvbuf(o->stream, NULL, _IOLBF, 0);
	*out = o->stream;
	return o;
}

uint64_t outlet_lost(const struct outlet *o)
{
	return o->lost;
}

int outlet_error(const struct outlet *o)
{
	return o->error;
}

void outlet_close(struct outlet *o)
{
	if (!o)
		return;
	if (o->stream)
		fclose(o->stream);
	if (o->fd >= 0)
		close(o->fd);
	free(o);
}
