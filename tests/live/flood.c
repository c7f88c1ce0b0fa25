/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

/* flood INTERFACE COUNT ATTACKER: puts on the wire, as fast as it goes, what a mirror port sees of a flood:
 * COUNT requests of a scanner, each with another forged address, of which the server answers each fourth;
 * and, all the while, ATTACKER who goes from account to account and is always answered. Prints "FRAMES
 * SECONDS". Only for an interface of a test's own namespace. */

enum { BATCH = 64, FRAME_MAX = 1024, HEADERS = 14 + 20 + 8, ATTACKER_EACH = 500, ANSWER_EACH = 4 };

static struct {
	int fd;
	struct mmsghdr messages[BATCH];
	struct iovec parts[BATCH];
	uint8_t frames[BATCH][FRAME_MAX];
	unsigned used;
	uint64_t sent;
} out;

static void flush_frames(void)
{
	for (unsigned at = 0; at < out.used;) {
		int n = sendmmsg(out.fd, out.messages + at, out.used - at, 0);
		if (n > 0)
			at += (unsigned)n; /* else there is no room at the moment */
	}
	out.sent += out.used;
	out.used = 0;
}

static void put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* The headers before the text that is in the next frame already. */
static void finish_frame(uint32_t source, uint32_t destination, int text_len)
{
	static const uint8_t start[] = { 2, 0,	  0, 0, 0, 1, 2, 0,    0, 0,  0,  2, 8,
					 0, 0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 17, 0, 0 };
	uint8_t *frame = out.frames[out.used], *ip = frame + 14, *udp = ip + 20;
	memcpy(frame, start, sizeof start);
	put16(ip + 2, (unsigned)text_len + 28);
	put16(ip + 4, (unsigned)(out.sent + out.used));
	source = htonl(source);
	destination = htonl(destination);
	memcpy(ip + 12, &source, 4);
	memcpy(ip + 16, &destination, 4);
	uint32_t sum = 0;
	for (int i = 0; i < 20; i += 2)
		sum += (uint32_t)ip[i] << 8 | ip[i + 1];
	sum = (sum & 0xFFFF) + (sum >> 16);
	put16(ip + 10, ~(sum + (sum >> 16)));
	put16(udp, 5060);
	put16(udp + 2, 5060);
	put16(udp + 4, (unsigned)text_len + 8);
	put16(udp + 6, 0);
	out.parts[out.used] = (struct iovec){ frame, (size_t)text_len + HEADERS };
	out.messages[out.used].msg_hdr = (struct msghdr){ .msg_iov = &out.parts[out.used], .msg_iovlen = 1 };
	if (++out.used == BATCH)
		flush_frames();
}

struct request {
	uint32_t source, server;
	const char *method;
	unsigned user, number;
};

/* What request and answer have in common, after the start line. */
static int write_common(char *to, size_t room, const struct request *r, const char *tag)
{
	struct in_addr address = { htonl(r->source) };
	char text[INET_ADDRSTRLEN];
	inet_ntop(AF_INET, &address, text, sizeof text);
	return snprintf(to, room,
			"Via: SIP/2.0/UDP %s:5060;branch=z9hG4bK-%u;rport\r\nFrom: "
			"\"%u\"<sip:%u@198.51.100.10>;tag=%08x\r\n"
			"To: \"%u\"<sip:%u@198.51.100.10>%s\r\nCall-ID: %u\r\nCSeq: 1 %s\r\n",
			text, r->number, r->user, r->user, r->number * 2654435761U, r->user, r->user, tag,
			r->number, r->method);
}

static void send_request(const struct request *r)
{
	char *text = (char *)out.frames[out.used] + HEADERS;
	size_t room = FRAME_MAX - HEADERS;
	int len = snprintf(text, room, "%s sip:%u@198.51.100.10 SIP/2.0\r\n", r->method, r->user);
	len += write_common(text + len, room - (size_t)len, r, "");
	len += snprintf(text + len, room - (size_t)len,
			"User-Agent: friendly-scanner\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n");
	finish_frame(r->source, r->server, len);
}

static void send_answer(const struct request *r)
{
	char *text = (char *)out.frames[out.used] + HEADERS;
	size_t room = FRAME_MAX - HEADERS;
	int len = snprintf(text, room, "SIP/2.0 404 Not Found\r\n");
	len += write_common(text + len, room - (size_t)len, r, ";tag=server");
	len += snprintf(text + len, room - (size_t)len, "Content-Length: 0\r\n\r\n");
	finish_frame(r->server, r->source, len);
}

/* No two numbers give the same address; some give none that a stranger can have. */
static uint32_t forged(uint32_t number)
{
	uint32_t a = number * 2654435761U, net = a >> 24;
	bool is_odd = net == 0 || net == 10 || net == 127 || net >= 224 || a >> 22 == (100 << 2 | 1) ||
		      a >> 16 == (169 << 8 | 254) || a >> 20 == (172 << 4 | 1) ||
		      a >> 16 == (192 << 8 | 168) || net == 192 || net == 198 || net == 203;
	return is_odd ? 0 : a;
}

int main(int argc, char **argv)
{
	struct timespec begin, end;
	const uint32_t server = 198u << 24 | 51 << 16 | 100 << 8 | 10;
	struct in_addr attacker;
	if (argc != 4 || inet_pton(AF_INET, argv[3], &attacker) != 1)
		return 2;
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(ETH_P_IP),
				  .sll_ifindex = (int)if_nametoindex(argv[1]) };
	out.fd = socket(AF_PACKET, SOCK_RAW, 0);
	if (out.fd < 0 || bind(out.fd, (struct sockaddr *)&to, sizeof to)) {
		perror(argv[1]);
		return 1;
	}
	clock_gettime(CLOCK_MONOTONIC, &begin);
	uint32_t next = 1;
	for (uint32_t i = 0, count = (uint32_t)strtoul(argv[2], NULL, 10); i < count; i++) {
		struct request r = { 0, server, "OPTIONS", 100, i };
		while (!(r.source = forged(next++)))
			;
		send_request(&r);
		if (i % ANSWER_EACH == 0)
			send_answer(&r);
		if (i % ATTACKER_EACH == 0) {
			struct request real = { ntohl(attacker.s_addr), server, "REGISTER",
						1000 + i / ATTACKER_EACH, 0x80000000U + i };
			send_request(&real);
			send_answer(&real);
		}
	}
	flush_frames();
	clock_gettime(CLOCK_MONOTONIC, &end);
	printf("%llu %.3f\n", (unsigned long long)out.sent,
	       (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9);
	return 0;
}
