/* SPDX-License-Identifier: MIT */
#ifndef CAPTURE_UDP_LISTENER_H
#define CAPTURE_UDP_LISTENER_H

#include "core/addr.h"
#include "core/error.h"

#include <sys/socket.h>

/* capture/udp_listener.h - datagrams that are sent to us: TZSP and HEP. Read in batches, with the time at which the kernel got each
 * one and the kernel's count of those lost. Nothing is ever sent. */

struct listen_address {
	struct sockaddr_storage bytes;
	socklen_t len;
	uint16_t port;
};

/* ADDRESS[:PORT], [IPV6]:PORT, *:PORT for all of both families. Numbers only: no name is looked up. 0, or -EINVAL. */
int listen_address_parse(const char *text, uint16_t default_port, struct listen_address *out, struct error *err);

/* Addresses of a peer as the kernel gives them. */
struct addr addr_of_peer(const struct sockaddr_storage *peer);

enum { UDP_BATCH = 16, UDP_DATAGRAM_MAX = 65536 };

struct udp_received {
	int64_t time_us; /* when the kernel got it */
	struct slice bytes;
	struct addr peer;
	bool is_cut; /* larger than UDP_DATAGRAM_MAX; cannot be with UDP */
};

struct udp_listener;

/* 0 or a negative errno. Costs UDP_BATCH * UDP_DATAGRAM_MAX bytes (1 MiB), of which only what is used becomes memory. */
int udp_listener_new(struct udp_listener **out, const struct listen_address *at, struct error *err);
void udp_listener_free(struct udp_listener *u);
int udp_listener_fd(const struct udp_listener *u);

/* True: *out is the next datagram, valid until the next call. False: none now; *error is 0, or a negative errno if the socket
 * broke. */
bool udp_listener_next(struct udp_listener *u, struct udp_received *out, int *error);

/* Lost for lack of room since it was opened, as far as the datagrams that came after it told. */
uint64_t udp_listener_drops(const struct udp_listener *u);

#endif
