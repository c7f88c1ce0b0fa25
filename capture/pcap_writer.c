/* SPDX-License-Identifier: MIT */
#include "capture/pcap_writer.h"

#include "core/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { BUFFER = 65536, RECORD_HEADER = 16, SNAPLEN_MAX = 262144 };

struct pcap_writer {
	int fd;
	int failure; /* 0 or the first negative errno */
	uint16_t link_type;
	uint32_t snaplen;
	char *path;
	size_t used;
	uint8_t buffer[BUFFER];
};

static void store_le32(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

static void write_out(struct pcap_writer *w, const uint8_t *bytes, size_t len)
{
	while (len > 0 && w->failure == 0) {
		ssize_t done = write(w->fd, bytes, len);
		if (done < 0 && errno != EINTR)
			w->failure = -errno;
		if (done > 0) {
			bytes += done;
			len -= (size_t)done;
		}
	}
}

static void put(struct pcap_writer *w, const uint8_t *bytes, size_t len)
{
	if (len > BUFFER - w->used) {
		write_out(w, w->buffer, w->used);
		w->used = 0;
	}
	if (len > BUFFER) {
		write_out(w, bytes, len);
		return;
	}
	if (len > 0)
		memcpy(w->buffer + w->used, bytes, len);
	w->used += len;
}

static void put_file_header(struct pcap_writer *w)
{
	uint8_t header[24] = { 0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0 };
	store_le32(header + 16, w->snaplen);
	store_le32(header + 20, w->link_type);
	put(w, header, sizeof header);
}

int pcap_writer_open(struct pcap_writer **out, const char *path, uint16_t link_type, uint32_t snaplen,
		     struct error *err)
{
	struct pcap_writer *w = malloc(sizeof *w);
	char *name = strdup(path);
	if (!w || !name) {
		free(w);
		free(name);
		return error_set(err, -ENOMEM, "%s: out of memory", path);
	}
	w->path = name;
	w->failure = 0;
	w->used = 0;
	w->link_type = link_type;
	w->snaplen = snaplen > 0 && snaplen < SNAPLEN_MAX ? snaplen : SNAPLEN_MAX;
	w->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (w->fd < 0) {
		int code = errno;
		free(name);
		free(w);
		return error_set(err, -code, "%s: cannot be written: %s", path, strerror(code));
	}
	put_file_header(w);
	*out = w;
	return 0;
}

int pcap_writer_add(struct pcap_writer *w, const struct frame *frame)
{
	if (w->failure < 0)
		return w->failure;
	if (frame->link_type != w->link_type)
		return -EINVAL;
	struct slice bytes = slice_first(frame->bytes, w->snaplen);
	/* The format has unsigned 32-bit seconds. */
	int64_t time_us = frame->time_us < 0 ? 0 : frame->time_us;
	int64_t seconds = time_us / SECOND_US > UINT32_MAX ? UINT32_MAX : time_us / SECOND_US;
	uint8_t header[RECORD_HEADER];
	store_le32(header, (uint32_t)seconds);
	store_le32(header + 4, (uint32_t)(time_us % SECOND_US));
	store_le32(header + 8, (uint32_t)bytes.len);
	store_le32(header + 12,
		   frame->wire_len > frame->bytes.len ? frame->wire_len : (uint32_t)frame->bytes.len);
	put(w, header, sizeof header);
	put(w, bytes.ptr, bytes.len);
	return w->failure;
}

int pcap_writer_close(struct pcap_writer *w, struct error *err)
{
	if (!w)
		return 0;
	write_out(w, w->buffer, w->used);
	if (close(w->fd) < 0 && w->failure == 0)
		w->failure = -errno;
	int code = w->failure;
	if (code < 0)
		error_set(err, code, "%s: cannot be written: %s", w->path, strerror(-code));
	free(w->path);
	free(w);
	return code;
}
