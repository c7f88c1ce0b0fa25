/* SPDX-License-Identifier: MIT */
#include "capture/hep_streams.h"

#include "capture/hep.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

enum { ACCEPTS_AT_ONCE = 16, BACKLOG = 64 };

struct stream {
	int fd;
	bool is_trusted;
	uint64_t last_use; /* a count of reads, the larger the later: no clock is needed for an order */
	struct addr peer;
	uint8_t *bytes; /* HEP_PACKET_MAX */
	size_t len;
};

struct hep_streams {
	int fd;
	struct hep_streams_handlers handlers;
	size_t max, count;
	uint64_t uses, evicted;
	struct stream *streams; /* [0 .. count) are open */
};

static void drop(struct hep_streams *s, size_t at)
{
	close(s->streams[at].fd);
	free(s->streams[at].bytes);
	s->streams[at] = s->streams[--s->count];
}

static void evict(struct hep_streams *s)
{
	size_t worst = 0;
	for (size_t i = 1; i < s->count; i++) {
		const struct stream *a = &s->streams[i], *b = &s->streams[worst];
		if (a->is_trusted != b->is_trusted ? b->is_trusted : a->last_use < b->last_use)
			worst = i;
	}
	drop(s, worst);
	s->evicted++;
}

static void adopt(struct hep_streams *s, int fd, const struct sockaddr_storage *peer)
{
	if (s->count == s->max)
		evict(s);
	uint8_t *bytes = malloc(HEP_PACKET_MAX);
	if (!bytes) {
		close(fd);
		return;
	}
	s->streams[s->count++] = (struct stream){ .fd = fd, .peer = addr_of_peer(peer), .bytes = bytes, .last_use = ++s->uses };
}

static void accept_all(struct hep_streams *s)
{
	for (unsigned i = 0; i < ACCEPTS_AT_ONCE; i++) {
		struct sockaddr_storage peer = { 0 };
		socklen_t len = sizeof peer;
		int fd = accept4(s->fd, (struct sockaddr *)&peer, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd < 0)
			return;
		int on = 1;
		setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on); /* an agent that lost power leaves */
		adopt(s, fd, &peer);
	}
}

/* False: close the connection. */
static bool cut_packets(struct hep_streams *s, struct stream *t)
{
	struct slice rest = slice_of(t->bytes, t->len);
	size_t len;
	enum parse_result framed;
	while (rest.len && (framed = hep_frame(rest, &len)) != PARSE_PARTIAL) {
		if (framed == PARSE_BAD) {
			s->handlers.unframed(s->handlers.ctx);
			return false;
		}
		if (len > rest.len)
			break;
		switch (s->handlers.packet(s->handlers.ctx, slice_first(rest, len), &t->peer)) {
		case HEP_WELCOME:
			t->is_trusted = true;
			break;
		case HEP_REFUSED:
			return false;
		case HEP_IGNORED:
			break;
		}
		rest = slice_from(rest, len);
	}
	memmove(t->bytes, rest.ptr, rest.len);
	t->len = rest.len;
	return true;
}

/* False: it ended, broke, or has to be closed. A packet always fits the buffer, so there is room to read into. */
static bool read_stream(struct hep_streams *s, struct stream *t)
{
	ssize_t n = recv(t->fd, t->bytes + t->len, HEP_PACKET_MAX - t->len, MSG_DONTWAIT);
	if (n < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
	if (n == 0)
		return false;
	t->len += (size_t)n;
	t->last_use = ++s->uses;
	return cut_packets(s, t);
}

void hep_streams_read(struct hep_streams *s)
{
	accept_all(s);
	for (size_t i = s->count; i-- > 0;) {
		if (!read_stream(s, &s->streams[i]))
			drop(s, i);
	}
}

size_t hep_streams_fds(struct hep_streams *s, struct pollfd *fds, size_t room)
{
	size_t n = 0;
	if (n < room)
		fds[n++] = (struct pollfd){ .fd = s->fd, .events = POLLIN };
	for (size_t i = 0; i < s->count && n < room; i++)
		fds[n++] = (struct pollfd){ .fd = s->streams[i].fd, .events = POLLIN };
	return n;
}

uint64_t hep_streams_evicted(const struct hep_streams *s)
{
	return s->evicted;
}

static int open_socket(struct hep_streams *s, const struct listen_address *at, struct error *err)
{
	int on = 1, off = 0;
	s->fd = socket(at->bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->fd < 0)
		return error_set(err, -errno, "no TCP socket: %s", strerror(errno));
	setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (at->bytes.ss_family == AF_INET6)
		setsockopt(s->fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
	if (bind(s->fd, (const struct sockaddr *)&at->bytes, at->len) < 0 || listen(s->fd, BACKLOG) < 0)
		return error_set(err, -errno, "TCP port %u can not be listened on: %s", at->port, strerror(errno));
	return 0;
}

int hep_streams_new(struct hep_streams **out, const struct listen_address *at, size_t max, const struct hep_streams_handlers *handlers,
		    struct error *err)
{
	struct hep_streams *s = calloc(1, sizeof *s);
	if (!s)
		return error_set(err, -ENOMEM, "out of memory");
	s->fd = -1;
	s->max = max ? max : 1;
	s->handlers = *handlers;
	s->streams = calloc(s->max, sizeof *s->streams);
	int bad = s->streams ? open_socket(s, at, err) : error_set(err, -ENOMEM, "out of memory");
	if (bad)
		hep_streams_free(s);
	else
		*out = s;
	return bad;
}

void hep_streams_free(struct hep_streams *s)
{
	if (!s)
		return;
	while (s->count)
		drop(s, s->count - 1);
	if (s->fd >= 0)
		close(s->fd);
	free(s->streams);
	free(s);
}
