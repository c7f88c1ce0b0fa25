/* SPDX-License-Identifier: MIT */
#include "capture/live.h"

#include "core/clock.h"
#include "unit/capture/hep_builder.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

/* HEP and TZSP listeners over the loopback interface, read through live.h. */

struct seen {
	size_t messages, frames, failed;
	struct hep_message last;
	uint8_t payload[70000];
	struct frame frame;
	int64_t now_us; /* what the clock says */
};

static struct seen seen; /* one test, one process */

static int64_t clock_us(void)
{
	return seen.now_us;
}

static void on_message(void *ctx, const struct hep_message *m)
{
	struct seen *s = ctx;
	s->messages++;
	s->last = *m;
	memcpy(s->payload, m->payload.ptr, m->payload.len);
	s->last.payload.ptr = s->payload;
}

static void on_frame(void *ctx, const struct frame *f)
{
	struct seen *s = ctx;
	s->frames++;
	s->frame = *f;
	memcpy(s->payload, f->bytes.ptr, f->bytes.len);
	s->frame.bytes.ptr = s->payload;
}

/* A port that is free for UDP and TCP just now. */
static uint16_t free_port(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	cr_assert_eq(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	getsockname(fd, (struct sockaddr *)&a, &len);
	close(fd);
	return ntohs(a.sin_port);
}

struct listener {
	struct live *live;
	struct input_live *in;
	uint16_t port;
};

static struct live_handlers handlers = { .frame = on_frame, .clock_us = clock_us, .ctx = &seen };

static struct listener listen_hep(struct hep_options options)
{
	struct listener l = { 0 };
	struct error err;
	char address[40];
	seen.now_us = 1767225601 * SECOND_US;
	options.clock_us = clock_us;
	options.message = on_message;
	options.ctx = &seen;
	/* What was free may be taken a moment later by another test. */
	int bad = -1;
	for (unsigned tries = 0; bad && tries < 50; tries++) {
		l.port = free_port();
		snprintf(address, sizeof address, "127.0.0.1:%u", l.port);
		bad = input_hep_open(&l.in, address, &options, &err);
	}
	cr_assert_eq(bad, 0, "%s", err.text);
	cr_assert_eq(live_new(&l.live, &l.in, 1, &handlers, &err), 0);
	return l;
}

static int connect_to(uint16_t port, int type)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, type, 0);
	cr_assert_eq(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
	return fd;
}

static void say(int fd, struct slice bytes)
{
	cr_assert_eq(send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL), (ssize_t)bytes.len);
}

/* Until nothing has come for 200 ms, which is long for a loopback even where other tests keep the machine busy. */
static void settle(struct listener *l)
{
	while (live_step(l->live, 200) == LIVE_WORKED)
		;
}

/* Whether the other side closed the connection. */
static bool is_closed(int fd)
{
	struct timeval patience = { .tv_sec = 20 };
	uint8_t byte;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	ssize_t n = recv(fd, &byte, 1, 0);
	return n == 0 || (n < 0 && errno == ECONNRESET);
}

Test(input_hep, udp, .timeout = 60)
{
	struct listener l = listen_hep(hep_defaults);
	struct hep_built b;
	int fd = connect_to(l.port, SOCK_DGRAM);
	hep_whole_v4(&b);
	hep_chunk(&b, 17, "call-1", 6);
	for (unsigned i = 0; i < 40; i++)
		say(fd, hep_bytes(&b));
	say(fd, SLICE("garbage"));
	say(fd, SLICE(""));
	hep_number(&b, 11, 5, 1); /* RTCP */
	say(fd, hep_bytes(&b));
	settle(&l);
	cr_assert_eq(seen.messages, 40);
	cr_assert_eq(seen.last.number, 40);
	cr_assert_eq(seen.last.ends.source_port, 5062);
	cr_assert(slice_eq(seen.last.payload, SLICE(HEP_SIP)));
	const struct live_counters *c = &live_input(l.live, 0)->counters;
	cr_assert_eq(c->received, 43);
	cr_assert_eq(c->broken, 2);
	cr_assert_eq(c->not_for_us, 1);
	/* The agent's clock is the past, the datagram's time is the kernel's own. */
	cr_assert_eq(c->skewed, 40);
	cr_assert_gt(seen.last.time_us, 1767225600 * SECOND_US);
	close(fd);
	live_free(l.live);
}

Test(input_hep, tcp_cut_at_every_byte, .timeout = 60)
{
	struct listener l = listen_hep(hep_defaults);
	struct hep_built b;
	uint8_t two[4096];
	hep_whole_v4(&b);
	memcpy(two, b.bytes, b.len);
	memcpy(two + b.len, b.bytes, b.len);
	int fd = connect_to(l.port, SOCK_STREAM);
	for (size_t cut = 1; cut < 2 * b.len; cut++) {
		say(fd, slice_of(two, cut));
		while (live_step(l.live, 1) == LIVE_WORKED)
			;
		say(fd, slice_of(two + cut, 2 * b.len - cut));
		for (unsigned i = 0; i < 1000 && seen.messages < 2 * cut; i++)
			live_step(l.live, 10);
		cr_assert_eq(seen.messages, 2 * cut, "cut at %zu: %zu", cut, seen.messages);
	}
	/* Within the skew that is allowed, the agent's time counts. */
	cr_assert_eq(seen.last.time_us, 1767225600 * SECOND_US + 500000);
	cr_assert_eq(live_input(l.live, 0)->counters.skewed, 0);
	close(fd);
	live_free(l.live);
}

Test(input_hep, tcp_longest_packet, .timeout = 60)
{
	struct listener l = listen_hep(hep_defaults);
	static uint8_t bytes[65535];
	struct hep_built b;
	hep_head_v4(&b);
	memcpy(bytes, b.bytes, b.len);
	store_be16(bytes + 4, sizeof bytes);
	store_be16(bytes + b.len + 2, 15);
	store_be16(bytes + b.len + 4, sizeof bytes - b.len);
	int fd = connect_to(l.port, SOCK_STREAM);
	for (unsigned i = 0; i < 3; i++) {
		say(fd, slice_of(bytes, sizeof bytes));
		settle(&l);
	}
	cr_assert_eq(seen.messages, 3);
	cr_assert_eq(seen.last.payload.len, sizeof bytes - b.len - 6);
	close(fd);
	live_free(l.live);
}

Test(input_hep, tcp_garbage_closes, .timeout = 60)
{
	struct listener l = listen_hep(hep_defaults);
	int fd = connect_to(l.port, SOCK_STREAM);
	say(fd, SLICE("GET / HTTP/1.1\r\n\r\n"));
	settle(&l);
	cr_assert(is_closed(fd));
	cr_assert_eq(live_input(l.live, 0)->counters.broken, 1);
	close(fd);
	live_free(l.live);
}

Test(input_hep, key, .timeout = 60)
{
	struct hep_options options = hep_defaults;
	options.auth_key = SLICE("right");
	struct listener l = listen_hep(options);
	struct hep_built b;
	int udp = connect_to(l.port, SOCK_DGRAM), tcp = connect_to(l.port, SOCK_STREAM);
	hep_whole_v4(&b);
	say(udp, hep_bytes(&b));
	hep_chunk(&b, 14, "wrong", 5);
	say(udp, hep_bytes(&b));
	say(tcp, hep_bytes(&b));
	settle(&l);
	cr_assert_eq(seen.messages, 0);
	cr_assert_eq(live_input(l.live, 0)->counters.refused, 3);
	cr_assert(is_closed(tcp));
	hep_chunk(&b, 14, "right", 5);
	say(udp, hep_bytes(&b));
	settle(&l);
	cr_assert_eq(seen.messages, 1);
	close(udp);
	close(tcp);
	live_free(l.live);
}

/* With one place left over from strangers an agent that showed the key stays. */
Test(input_hep, connections_are_bounded, .timeout = 60)
{
	struct hep_options options = hep_defaults;
	options.auth_key = SLICE("right");
	options.max_connections = 4;
	struct listener l = listen_hep(options);
	struct hep_built b;
	int strangers[12];
	hep_whole_v4(&b);
	hep_chunk(&b, 14, "right", 5);
	int agent = connect_to(l.port, SOCK_STREAM);
	say(agent, hep_bytes(&b));
	settle(&l);
	for (unsigned i = 0; i < 12; i++) {
		strangers[i] = connect_to(l.port, SOCK_STREAM);
		say(strangers[i], SLICE("HEP3"));
		settle(&l);
	}
	say(agent, hep_bytes(&b));
	settle(&l);
	cr_assert_eq(seen.messages, 2);
	cr_assert_eq(live_input(l.live, 0)->counters.evicted, 12 - 3);
	cr_assert(is_closed(strangers[0]));
	for (unsigned i = 0; i < 12; i++)
		close(strangers[i]);
	close(agent);
	live_free(l.live);
}

Test(input_hep, packed_payload, .timeout = 60)
{
	struct listener l = listen_hep(hep_defaults);
	struct hep_built b;
	static uint8_t zeros[200000], packed[2000];
	uLongf len = sizeof packed;
	int fd = connect_to(l.port, SOCK_DGRAM);
	cr_assert_eq(compress(packed, &len, (const Bytef *)HEP_SIP, sizeof HEP_SIP - 1), Z_OK);
	for (unsigned i = 0; i < 2; i++) {
		hep_head_v4(&b);
		hep_chunk(&b, 16, packed, len);
		say(fd, hep_bytes(&b));
	}
	hep_head_v4(&b);
	hep_chunk(&b, 16, packed, len - 3); /* cut */
	say(fd, hep_bytes(&b));
	len = sizeof packed;
	cr_assert_eq(compress(packed, &len, zeros, sizeof zeros), Z_OK); /* more than any message */
	hep_head_v4(&b);
	hep_chunk(&b, 16, packed, len);
	say(fd, hep_bytes(&b));
	settle(&l);
	cr_assert_eq(seen.messages, 2);
	cr_assert(slice_eq(seen.last.payload, SLICE(HEP_SIP)));
	cr_assert_eq(live_input(l.live, 0)->counters.broken, 2);
	close(fd);
	live_free(l.live);
}

Test(input_hep, addresses)
{
	static const struct {
		const char *address;
		bool good;
	} cases[] = {
		{ "nowhere", false }, { "127.0.0.1:0", false }, { "127.0.0.1:65536", false }, { "127.0.0.1:x", false },
		{ "127.0.0.1:", false }, { "[::1:9060", false }, { "", false }, { ":9060", false }, { "9060", false },
		/* not ours, so it can be read but not be bound to */
		{ "192.0.2.1:9060", true }, { "[2001:db8::1]:9060", true }, { "2001:db8::1", true }, { "192.0.2.1", true },
	};
	struct hep_options options = hep_defaults;
	options.message = on_message;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct input_live *in = NULL;
		struct error err = { "" };
		int code = input_hep_open(&in, cases[i].address, &options, &err);
		cr_assert_lt(code, 0, "%s", cases[i].address);
		cr_assert_eq(code == -EINVAL, !cases[i].good, "%s: %s", cases[i].address, err.text);
		cr_assert(err.text[0]);
	}
}

/* Version 1, a received packet, Ethernet; tags: padding, whole length 1500, end; then the frame. */
Test(input_tzsp, frames, .timeout = 60)
{
	struct listener l = { 0 };
	struct error err;
	char address[40];
	int bad = -1;
	for (unsigned tries = 0; bad && tries < 50; tries++) {
		l.port = free_port();
		snprintf(address, sizeof address, "127.0.0.1:%u", l.port);
		bad = input_tzsp_open(&l.in, address, &err);
	}
	cr_assert_eq(bad, 0, "%s", err.text);
	cr_assert_eq(live_new(&l.live, &l.in, 1, &handlers, &err), 0);
	int fd = connect_to(l.port, SOCK_DGRAM);
	say(fd, SLICE("\x01\0\0\x01\0\x29\x02\x05\xdc\x01" "0123456789abcd"));
	settle(&l);
	cr_assert_eq(seen.frames, 1);
	cr_assert(slice_eq(seen.frame.bytes, SLICE("0123456789abcd")));
	cr_assert_eq(seen.frame.wire_len, 1500);
	cr_assert_eq(seen.frame.link_type, 1);
	cr_assert_gt(seen.frame.time_us, 1577836800 * SECOND_US);
	say(fd, SLICE("\x01\x04\0\0"));	     /* keep-alive */
	say(fd, SLICE("\x01\0\0\x12\x01x")); /* from the air */
	say(fd, SLICE("\x01\0\0\x01\x29\xff"));
	say(fd, SLICE("\x01\0\0\x01"));
	say(fd, SLICE("\x02\0\0\x01\x01x"));
	say(fd, SLICE(""));
	settle(&l);
	cr_assert_eq(seen.frames, 1);
	cr_assert_eq(live_input(l.live, 0)->counters.not_for_us, 2);
	cr_assert_eq(live_input(l.live, 0)->counters.broken, 4);
	close(fd);
	live_free(l.live);
}

static void count_call(void *ctx)
{
	uint8_t byte;
	int *pipe_end = ctx;
	cr_assert_eq(read(*pipe_end, &byte, 1), 1);
	seen.failed++;
}

Test(live, watching, .timeout = 60)
{
	struct listener l = listen_hep(hep_defaults);
	int ends[2];
	cr_assert_eq(pipe(ends), 0);
	cr_assert_eq(live_watch(l.live, ends[0], count_call, &ends[0]), 0);
	cr_assert_eq(live_step(l.live, 0), LIVE_IDLE);
	cr_assert_eq(write(ends[1], "x", 1), 1);
	cr_assert_eq(live_step(l.live, -1), LIVE_WORKED);
	cr_assert_eq(seen.failed, 1);
	cr_assert_null(live_input(l.live, 1));
	live_free(l.live);
	close(ends[0]);
	close(ends[1]);
}
