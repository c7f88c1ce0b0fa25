/* SPDX-License-Identifier: MIT */
#include "capture/udp_listener.h"

#include "core/clock.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

/* What the kernel may hold while we are busy. Without rights it gives net.core.rmem_max at most. */
enum { SOCKET_BUFFER = 8 << 20, CONTROL_BYTES = 128 };

struct udp_listener {
	int fd;
	unsigned count, at; /* of the batch */
	uint32_t last_drops;
	int64_t last_time_us;
	uint64_t drops;
	struct mmsghdr headers[UDP_BATCH];
	struct iovec vectors[UDP_BATCH];
	struct sockaddr_storage peers[UDP_BATCH];
	_Alignas(struct cmsghdr) uint8_t control[UDP_BATCH][CONTROL_BYTES];
	uint8_t *bytes;
};

/* --- addresses --- */

static bool read_port(struct slice text, uint16_t *port)
{
	uint64_t number;
	if (!slice_u64(text, &number) || number == 0 || number > 65535)
		return false;
	*port = (uint16_t)number;
	return true;
}

/* Takes ":PORT" off the end, if there is one. A bare IPv6 address has several colons and no port. */
static bool split_port(struct slice *host, uint16_t *port)
{
	size_t colon = SLICE_NPOS, colons = 0;
	for (size_t i = 0; i < host->len; i++) {
		if (host->ptr[i] == ':') {
			colon = i;
			colons++;
		}
	}
	bool is_bracketed = host->len && host->ptr[0] == '[';
	if (colons == 0 || (colons > 1 && !is_bracketed) || (is_bracketed && host->ptr[colon - 1] != ']'))
		return true;
	if (!read_port(slice_from(*host, colon + 1), port))
		return false;
	*host = slice_first(*host, colon);
	return true;
}

static void fill_v6(struct listen_address *out, const uint8_t address[16])
{
	struct sockaddr_in6 *a = (struct sockaddr_in6 *)&out->bytes;
	a->sin6_family = AF_INET6;
	a->sin6_port = htons(out->port);
	memcpy(&a->sin6_addr, address, 16);
	out->len = sizeof *a;
}

static void fill_v4(struct listen_address *out, uint32_t address)
{
	struct sockaddr_in *a = (struct sockaddr_in *)&out->bytes;
	a->sin_family = AF_INET;
	a->sin_port = htons(out->port);
	a->sin_addr.s_addr = htonl(address);
	out->len = sizeof *a;
}

int listen_address_parse(const char *text, uint16_t default_port, struct listen_address *out, struct error *err)
{
	struct slice host = slice_str(text);
	struct addr address;
	memset(out, 0, sizeof *out);
	out->port = default_port;
	if (!split_port(&host, &out->port))
		return error_set(err, -EINVAL, "'%s': the port must be a number from 1 to 65535", text);
	if (slice_eq(host, SLICE("*"))) {
		fill_v6(out, in6addr_any.s6_addr); /* takes IPv4, too */
		return 0;
	}
	if (!addr_parse(host, &address))
		return error_set(err, -EINVAL, "'%s' is no address to listen on; write ADDRESS:PORT, [IPV6]:PORT or *:PORT", text);
	if (addr_is_v4(&address))
		fill_v4(out, addr_v4(&address));
	else
		fill_v6(out, address.bytes);
	return 0;
}

struct addr addr_of_peer(const struct sockaddr_storage *peer)
{
	if (peer->ss_family == AF_INET) {
		uint8_t bytes[4];
		memcpy(bytes, &((const struct sockaddr_in *)peer)->sin_addr, sizeof bytes);
		return addr_from_v4(bytes);
	}
	if (peer->ss_family == AF_INET6)
		return addr_from_v6(((const struct sockaddr_in6 *)peer)->sin6_addr.s6_addr);
	return (struct addr){ 0 };
}

/* --- the socket --- */

static int open_socket(struct udp_listener *u, const struct listen_address *at, struct error *err)
{
	int on = 1, off = 0, room = SOCKET_BUFFER;
	u->fd = socket(at->bytes.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (u->fd < 0)
		return error_set(err, -errno, "no UDP socket: %s", strerror(errno));
	if (at->bytes.ss_family == AF_INET6)
		setsockopt(u->fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
	if (setsockopt(u->fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) < 0)
		setsockopt(u->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
	setsockopt(u->fd, SOL_SOCKET, SO_TIMESTAMP, &on, sizeof on);
	setsockopt(u->fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on);
	if (bind(u->fd, (const struct sockaddr *)&at->bytes, at->len) < 0)
		return error_set(err, -errno, "UDP port %u can not be listened on: %s", at->port, strerror(errno));
	return 0;
}

int udp_listener_new(struct udp_listener **out, const struct listen_address *at, struct error *err)
{
	struct udp_listener *u = calloc(1, sizeof *u);
	if (!u)
		return error_set(err, -ENOMEM, "out of memory");
	u->fd = -1;
	u->bytes = malloc((size_t)UDP_BATCH * UDP_DATAGRAM_MAX);
	int bad = u->bytes ? open_socket(u, at, err) : error_set(err, -ENOMEM, "out of memory");
	if (bad)
		udp_listener_free(u);
	else
		*out = u;
	return bad;
}

void udp_listener_free(struct udp_listener *u)
{
	if (!u)
		return;
	if (u->fd >= 0)
		close(u->fd);
	free(u->bytes);
	free(u);
}

int udp_listener_fd(const struct udp_listener *u)
{
	return u->fd;
}

/* --- reading --- */

static int read_batch(struct udp_listener *u)
{
	for (unsigned i = 0; i < UDP_BATCH; i++) {
		u->vectors[i] = (struct iovec){ u->bytes + (size_t)i * UDP_DATAGRAM_MAX, UDP_DATAGRAM_MAX };
		u->headers[i].msg_hdr = (struct msghdr){ .msg_name = &u->peers[i],
							 .msg_namelen = sizeof u->peers[i],
							 .msg_iov = &u->vectors[i],
							 .msg_iovlen = 1,
							 .msg_control = u->control[i],
							 .msg_controllen = CONTROL_BYTES };
	}
	int n = recvmmsg(u->fd, u->headers, UDP_BATCH, MSG_DONTWAIT, NULL);
	u->at = 0;
	u->count = n > 0 ? (unsigned)n : 0;
	return n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR ? -errno : 0;
}

static void read_control(struct udp_listener *u, struct msghdr *header, struct udp_received *out)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SCM_TIMESTAMP) {
			struct timeval time;
			memcpy(&time, CMSG_DATA(c), sizeof time);
			u->last_time_us = time.tv_sec * SECOND_US + time.tv_usec;
		} else if (c->cmsg_type == SO_RXQ_OVFL) {
			uint32_t drops;
			memcpy(&drops, CMSG_DATA(c), sizeof drops);
			u->drops += drops - u->last_drops; /* the kernel's count wraps */
			u->last_drops = drops;
		}
	}
	out->time_us = u->last_time_us;
}

bool udp_listener_next(struct udp_listener *u, struct udp_received *out, int *error)
{
	*error = 0;
	if (u->at == u->count) {
		*error = read_batch(u);
		if (u->count == 0)
			return false;
	}
	unsigned i = u->at++;
	struct msghdr *header = &u->headers[i].msg_hdr;
	out->bytes = slice_of(u->vectors[i].iov_base, u->headers[i].msg_len);
	out->is_cut = header->msg_flags & MSG_TRUNC;
	out->peer = addr_of_peer(&u->peers[i]);
	read_control(u, header, out);
	return true;
}

uint64_t udp_listener_drops(const struct udp_listener *u)
{
	return u->drops;
}
