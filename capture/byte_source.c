/* SPDX-License-Identifier: MIT */
#include "capture/byte_source.h"

#include "capture/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEAD_MAX = 16 };

struct plain_source {
	struct byte_source source;
	int fd;
	struct journal *journal; /* whose descriptor it is; NULL: ours */
	uint8_t head[HEAD_MAX]; /* read ahead to see what the file is, when the file cannot be wound back */
	size_t head_at, head_len;
};

static ssize_t read_retry(int fd, void *to, size_t max)
{
	ssize_t got;
	do
		got = read(fd, to, max);
	while (got < 0 && errno == EINTR);
	return got;
}

static enum byte_status plain_read(struct byte_source *source, uint8_t *to, size_t max, size_t *got,
				   struct error *err)
{
	struct plain_source *s = (struct plain_source *)source;
	if (s->head_at < s->head_len) {
		size_t len = s->head_len - s->head_at;
		*got = len < max ? len : max;
		memcpy(to, s->head + s->head_at, *got);
		s->head_at += *got;
	} else {
		ssize_t len = read_retry(s->fd, to, max);
		if (len < 0) {
			error_set(err, 0, "%s: cannot read on after %llu bytes: %s", s->source.name,
				  (unsigned long long)source->read_bytes, strerror(errno));
			return BYTES_FAILED;
		}
		if (len == 0)
			return s->journal && journal_result(s->journal, err) ? BYTES_FAILED : BYTES_END;
		*got = (size_t)len;
	}
	source->read_bytes += *got;
	return BYTES_MORE;
}

static void plain_close(struct byte_source *source)
{
	struct plain_source *s = (struct plain_source *)source;
	if (s->fd > STDIN_FILENO && !s->journal)
		close(s->fd);
	journal_close(s->journal);
	free(source->name);
	free(s);
}

/* Descriptor 0 is never one that was opened here, so that closing can tell standard input by its number. */
static int open_path(const char *path, struct error *err)
{
	if (strcmp(path, "-") == 0)
		return STDIN_FILENO;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == STDIN_FILENO) {
		fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDIN_FILENO + 1);
		int code = errno;
		close(STDIN_FILENO);
		errno = code;
	}
	if (fd >= 0)
		return fd;
	int code = errno;
	const char *advice = code == EACCES ? "; run as a user who may read it"
			     : code == EMFILE
				 ? "; raise the limit of open files (ulimit -n) or give fewer files"
				 : "";
	return error_set(err, -code, "%s: %s%s", path, strerror(code), advice);
}

/* Fills the head and, in a file that can be wound back, winds back: blocks then stay aligned with the file. */
static int read_head(struct plain_source *s, struct slice *head, struct error *err)
{
	struct stat st = { 0 };
	if (fstat(s->fd, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			return error_set(
			    err, -EISDIR,
			    "%s: is a directory; name the files in it, for example %s/*",
			    s->source.name, s->source.name);
		if (S_ISREG(st.st_mode))
			s->source.size_bytes = (uint64_t)st.st_size;
	}
	while (s->head_len < HEAD_MAX) {
		ssize_t got = read_retry(s->fd, s->head + s->head_len, HEAD_MAX - s->head_len);
		if (got < 0) {
			int code = errno;
			return error_set(err, -code, "%s: cannot be read: %s", s->source.name,
					 strerror(code));
		}
		if (got == 0)
			break;
		s->head_len += (size_t)got;
	}
	*head = slice_of(s->head, s->head_len);
	if (S_ISREG(st.st_mode) && lseek(s->fd, -(off_t)s->head_len, SEEK_CUR) >= 0)
		s->head_at = s->head_len;
	return 0;
}

static int refuse_packing(struct slice head, const char *name, struct error *err)
{
	static const struct {
		struct slice magic;
		const char *format, *tool;
	} known[] = {
		{ SLICE_INIT("\xfd\x37zXZ\0"), "xz", "xz -dc" },
		{ SLICE_INIT("BZh"), "bzip2", "bzip2 -dc" },
		{ SLICE_INIT("\x04\x22\x4d\x18"), "lz4", "lz4 -dc" },
		{ SLICE_INIT("PK\x03\x04"), "zip", "unzip -p" },
	};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		if (slice_starts(head, known[i].magic))
			return error_set(err, -ENOTSUP,
					 "%s: packed with %s, which is not read; unpack it first with `%s`",
					 name, known[i].format, known[i].tool);
	}
	return 0;
}

static bool is_zstd(struct slice head)
{
	/* A frame, or a skippable frame (0x184D2A50..5F) as parallel packers write first. */
	return slice_starts(head, SLICE("\x28\xb5\x2f\xfd")) ||
	       (head.len >= 4 && (head.ptr[0] & 0xf0) == 0x50 &&
		memcmp(head.ptr + 1, "\x2a\x4d\x18", 3) == 0);
}

static struct plain_source *plain_new(const char *path, int fd)
{
	struct plain_source *s = calloc(1, sizeof *s);
	char *name = strdup(strcmp(path, "-") == 0 ? "standard input" : path);
	if (!s || !name) {
		free(s);
		free(name);
		return NULL;
	}
	s->source.read = plain_read;
	s->source.close = plain_close;
	s->source.name = name;
	s->fd = fd;
	return s;
}

/* All that is in it now. No head is looked at: it is not packed. */
static int open_journal(struct byte_source **out, const char *path, struct error *err)
{
	const struct journal_options options = { .follow = false };
	struct journal *journal;
	int bad = journal_open(&journal, path, &options, err);
	if (bad)
		return bad;
	struct plain_source *s = plain_new(path, journal_fd(journal));
	if (!s) {
		journal_close(journal);
		return error_set(err, -ENOMEM, "%s: out of memory", path);
	}
	s->journal = journal;
	journal_begin(journal, "", 0);
	*out = &s->source;
	return 0;
}

int byte_source_open(struct byte_source **out, const char *path, struct error *err)
{
	if (journal_is_named(path))
		return open_journal(out, path, err);
	int fd = open_path(path, err);
	if (fd < 0)
		return fd;
	struct plain_source *s = plain_new(path, fd);
	if (!s) {
		if (fd > STDIN_FILENO)
			close(fd);
		return error_set(err, -ENOMEM, "%s: out of memory", path);
	}
	struct slice head = { 0 };
	int code = read_head(s, &head, err);
	if (code == 0)
		code = refuse_packing(head, s->source.name, err);
	if (code < 0) {
		plain_close(&s->source);
		return code;
	}
	if (slice_starts(head, SLICE("\x1f\x8b")))
		return byte_source_gzip(out, &s->source, err);
	if (is_zstd(head))
		return byte_source_zstd(out, &s->source, err);
	*out = &s->source;
	return 0;
}
