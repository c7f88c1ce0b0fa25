/* SPDX-License-Identifier: MIT */
/* pbx: what passes the uplink of a PBX. Most of it is speech, which a SIP analyser has to get out of its way.
 */
#include "phone.h"
#include "scanner.h"
#include "workload.h"

#include <stdlib.h>

enum { CALLS = 800, OFFICE_PHONES = 5000, OFFICE_SCANNERS = 500, SPEECH_BYTES = 160, NOISE_BYTES = 1500 };

static const struct endpoint name_server = { 0xc6336435, 53 };	  /* 198.51.100.53 */
static const struct endpoint web_server = { 0xc6336450, 80 };	  /* 198.51.100.80 */
static const struct endpoint secure_server = { 0xc63364bb, 443 }; /* 198.51.100.187 */

struct call {
	struct endpoint phone, pbx;
	uint32_t ssrc, timestamp;
	uint16_t sequence;
	uint8_t payload_type;
};

struct office {
	struct call calls[CALLS];
	struct phone *phones;
	struct scanner *scanners;
	uint8_t noise[NOISE_BYTES];
	uint32_t sequence; /* of the web's connections */
};

static void put_be(uint8_t *at, uint32_t n, size_t len)
{
	while (len--) {
		at[len] = (uint8_t)n;
		n >>= 8;
	}
}

static void call_begin(struct call *c, struct random *random)
{
	c->phone.address = phone_address(random_below(random, OFFICE_PHONES));
	c->phone.port = (uint16_t)(11780 + 2 * random_below(random, 4000));
	c->pbx =
	    (struct endpoint){ server_number(0).address, (uint16_t)(10000 + 2 * random_below(random, 5000)) };
	c->ssrc = (uint32_t)random_next(random);
	c->payload_type = random_one_in(random, 4) ? 8 : 0;
}

/* A sender report without reports: RFC 3550 6.4.1. */
static void control_packet(struct call *c, struct recording *r)
{
	uint8_t packet[28] = { 0x80, 200, 0, 6 };
	struct endpoint from = { c->phone.address, (uint16_t)(c->phone.port + 1) };
	struct endpoint to = { c->pbx.address, (uint16_t)(c->pbx.port + 1) };
	put_be(packet + 4, c->ssrc, 4);
	put_be(packet + 8, (uint32_t)(r->now_us / 1000000), 4);
	put_be(packet + 16, c->timestamp, 4);
	frame_udp(r, from, to, packet, sizeof packet);
}

static void speech(struct office *o, struct recording *r)
{
	struct call *c = &o->calls[random_below(&r->random, CALLS)];
	uint8_t packet[12 + SPEECH_BYTES] = { 0x80 };
	r->truth.media_packets++;
	if (random_one_in(&r->random, 2000))
		call_begin(c, &r->random);
	if (random_one_in(&r->random, 100)) {
		control_packet(c, r);
		return;
	}
	bool is_from_phone = random_one_in(&r->random, 2);
	const uint8_t *sound = o->noise + random_below(&r->random, NOISE_BYTES - SPEECH_BYTES);
	packet[1] = c->payload_type;
	put_be(packet + 2, c->sequence++, 2);
	put_be(packet + 4, c->timestamp += SPEECH_BYTES, 4);
	put_be(packet + 8, is_from_phone ? c->ssrc : ~c->ssrc, 4);
	for (size_t i = 0; i < SPEECH_BYTES; i++)
		packet[12 + i] = sound[i];
	frame_udp(r, is_from_phone ? c->phone : c->pbx, is_from_phone ? c->pbx : c->phone, packet,
		  sizeof packet);
}

static void question(struct endpoint who, struct recording *r)
{
	uint8_t query[] =
	    "\0\0\1\0\0\1\0\0\0\0\0\0\3pbx\7example\3org\0\0\1\0"; /* and the literal's last byte: \1 */
	query[sizeof query - 1] = 1;
	put_be(query, (uint32_t)random_next(&r->random), 2);
	frame_udp(r, who, name_server, query, sizeof query);
}

static void web_request(struct office *o, struct endpoint who, struct recording *r)
{
	struct words w;
	struct text request = { .len = 0 };
	struct tcp_numbers numbers = { o->sequence, 1, TCP_PSH | TCP_ACK };
	word_hex(&w, WORD_UUID, random_next(&r->random), 8);
	word_text(&w, WORD_AGENT, phone_agent(random_below(&r->random, AGENTS)));
	text_add(&request,
		 "GET /news/{uuid}.html HTTP/1.1\r\nHost: www.example.org\r\nUser-Agent: {agent}\r\nAccept: "
		 "*/*\r\n"
		 "Connection: keep-alive\r\n\r\n",
		 &w);
	frame_tcp(r, who, web_server, numbers, request.bytes, request.len);
}

static void sealed_record(struct office *o, struct endpoint who, struct recording *r)
{
	struct tcp_numbers numbers = { o->sequence, 1, TCP_PSH | TCP_ACK };
	uint8_t record[NOISE_BYTES];
	uint32_t len = 400 + random_below(&r->random, 1000);
	for (uint32_t i = 0; i < len; i++)
		record[i] = o->noise[i];
	put_be(record, 0x170303, 3); /* application data, TLS 1.2 */
	put_be(record + 3, len - 5, 2);
	frame_tcp(r, secure_server, who, numbers, record, len);
}

static void other_traffic(struct office *o, struct recording *r)
{
	struct endpoint who = { .address = phone_address(random_below(&r->random, OFFICE_PHONES)) };
	who.port = (uint16_t)(1024 + random_below(&r->random, 60000));
	uint32_t tenth = random_below(&r->random, 10);
	o->sequence += 3000;
	r->truth.other_packets++;
	if (tenth < 4)
		question(who, r);
	else if (tenth < 7)
		web_request(o, who, r);
	else
		sealed_record(o, who, r);
}

static void signalling(struct office *o, struct recording *r)
{
	if (random_one_in(&r->random, 5)) {
		scanner_step(o->scanners, OFFICE_SCANNERS, r);
		return;
	}
	uint32_t number = random_below(&r->random, OFFICE_PHONES);
	phone_step(&o->phones[number], number, OFFICE_PHONES, r);
}

void workload_pbx(struct recording *r)
{
	struct office *o = calloc(1, sizeof *o);
	if (!o) {
		perror("traffic");
		exit(1);
	}
	o->scanners = scanners_new(&r->random, OFFICE_SCANNERS);
	o->phones = phones_new(OFFICE_PHONES);
	for (size_t i = 0; i < NOISE_BYTES; i++)
		o->noise[i] = (uint8_t)random_next(&r->random);
	for (size_t i = 0; i < CALLS; i++)
		call_begin(&o->calls[i], &r->random);
	while (!recording_is_full(r)) {
		uint32_t percent = random_below(&r->random, 100);
		if (percent < 3)
			signalling(o, r);
		else if (percent < 93)
			speech(o, r);
		else
			other_traffic(o, r);
	}
	free(o->phones);
	free(o->scanners);
	free(o);
}
