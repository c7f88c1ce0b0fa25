/* SPDX-License-Identifier: MIT */
#include "frame.h"

#include <string.h>

enum {
	RECORD_HEADER = 16,
	ETHERNET_HEADER = 14,
	IP_HEADER = 20,
	UDP_HEADER = 8,
	TCP_HEADER = 20,
	SHORTEST_FRAME = 60,
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
};

static void put_le32(uint8_t *at, uint32_t n)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(n >> 8 * i);
}

static void put_be16(uint8_t *at, uint32_t n)
{
	at[0] = (uint8_t)(n >> 8);
	at[1] = (uint8_t)n;
}

static void put_be32(uint8_t *at, uint32_t n)
{
	put_be16(at, n >> 16);
	put_be16(at + 2, n);
}

/* RFC 1071. The parts but the last have an even length. */
static uint32_t sum_of(uint32_t sum, const uint8_t *bytes, size_t len)
{
	for (; len > 1; bytes += 2, len -= 2)
		sum += (uint32_t)(bytes[0] << 8 | bytes[1]);
	return len ? sum + (uint32_t)(bytes[0] << 8) : sum;
}

static uint16_t checksum_of(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

void frame_file_header(struct recording *r)
{
	uint8_t header[24] = { 0 };
	put_le32(header, 0xa1b2c3d4);
	put_le32(header + 4, 4 << 16 | 2); /* version 2.4 */
	put_le32(header + 16, 262144);
	put_le32(header + 20, 1); /* Ethernet */
	recording_write(r, header, sizeof header);
}

/* `l4` is the transport header, its ports and checksum (at `checksum_at`) still empty. */
static void put_frame(struct recording *r, struct endpoint from, struct endpoint to, uint8_t protocol,
		      uint8_t *l4, size_t l4_len, size_t checksum_at, const void *payload, size_t len)
{
	static const uint8_t ethernet[ETHERNET_HEADER] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0 };
	static const uint8_t padding[SHORTEST_FRAME];
	uint8_t header[RECORD_HEADER + ETHERNET_HEADER + IP_HEADER] = { 0 };
	size_t captured = ETHERNET_HEADER + IP_HEADER + l4_len + len;
	size_t padded = captured < SHORTEST_FRAME ? SHORTEST_FRAME - captured : 0;
	put_le32(header, (uint32_t)(r->now_us / 1000000));
	put_le32(header + 4, (uint32_t)(r->now_us % 1000000));
	put_le32(header + 8, (uint32_t)(captured + padded));
	put_le32(header + 12, (uint32_t)(captured + padded));
	memcpy(header + RECORD_HEADER, ethernet, sizeof ethernet);

	uint8_t *ip = header + RECORD_HEADER + ETHERNET_HEADER;
	ip[0] = 0x45;
	put_be16(ip + 2, (uint32_t)(IP_HEADER + l4_len + len));
	put_be16(ip + 4, r->ip_id++);
	put_be16(ip + 6, 0x4000);		   /* not to be fragmented */
	ip[8] = (uint8_t)(50 + from.address % 12); /* everybody has a distance of his own */
	ip[9] = protocol;
	put_be32(ip + 12, from.address);
	put_be32(ip + 16, to.address);
	put_be16(ip + 10, checksum_of(sum_of(0, ip, IP_HEADER)));

	put_be16(l4, from.port);
	put_be16(l4 + 2, to.port);
	uint32_t sum = sum_of((uint32_t)(protocol + l4_len + len), ip + 12, 8);
	uint16_t checksum = checksum_of(sum_of(sum_of(sum, l4, l4_len), payload, len));
	put_be16(l4 + checksum_at, !checksum && protocol == PROTOCOL_UDP ? 0xffff : checksum);

	recording_write(r, header, sizeof header);
	recording_write(r, l4, l4_len);
	recording_write(r, payload, len);
	recording_write(r, padding, padded);
	recording_item_done(r);
}

void frame_udp(struct recording *r, struct endpoint from, struct endpoint to, const void *payload, size_t len)
{
	uint8_t header[UDP_HEADER] = { 0 };
	put_be16(header + 4, (uint32_t)(UDP_HEADER + len));
	put_frame(r, from, to, PROTOCOL_UDP, header, sizeof header, 6, payload, len);
}

void frame_tcp(struct recording *r, struct endpoint from, struct endpoint to, struct tcp_numbers numbers,
	       const void *payload, size_t len)
{
	uint8_t header[TCP_HEADER] = { 0 };
	put_be32(header + 4, numbers.sequence);
	put_be32(header + 8, numbers.acknowledgment);
	header[12] = TCP_HEADER / 4 << 4;
	header[13] = numbers.flags;
	put_be16(header + 14, 64240); /* window */
	put_frame(r, from, to, PROTOCOL_TCP, header, sizeof header, 16, payload, len);
}
