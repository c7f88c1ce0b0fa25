/* SPDX-License-Identifier: MIT */
#ifndef BENCH_FRAME_H
#define BENCH_FRAME_H

#include "recording.h"

/* frame.h - packets in the classic pcap format: Ethernet, IPv4, UDP or TCP, all checksums right. */

struct endpoint {
	uint32_t address;
	uint16_t port;
};

enum tcp_flag { TCP_FIN = 1, TCP_SYN = 2, TCP_PSH = 8, TCP_ACK = 16 };

struct tcp_numbers {
	uint32_t sequence, acknowledgment;
	uint8_t flags;
};

/* Once, before the first packet. */
void frame_file_header(struct recording *r);
void frame_udp(struct recording *r, struct endpoint from, struct endpoint to, const void *payload,
	       size_t len);
void frame_tcp(struct recording *r, struct endpoint from, struct endpoint to, struct tcp_numbers numbers,
	       const void *payload, size_t len);

#endif
