/* SPDX-License-Identifier: MIT */
#include "capture/hep.h"

#include "core/clock.h"
#include "core/cursor.h"

enum {
	CHUNK_HEADER = 6,
	CHUNK_FAMILY = 1,
	CHUNK_PROTOCOL = 2,
	CHUNK_SOURCE_V4 = 3,
	CHUNK_DESTINATION_V4 = 4,
	CHUNK_SOURCE_V6 = 5,
	CHUNK_DESTINATION_V6 = 6,
	CHUNK_SOURCE_PORT = 7,
	CHUNK_DESTINATION_PORT = 8,
	CHUNK_SECONDS = 9,
	CHUNK_MICROSECONDS = 10,
	CHUNK_PAYLOAD_TYPE = 11,
	CHUNK_CAPTURE_ID = 12,
	CHUNK_AUTH_KEY = 14,
	CHUNK_PAYLOAD = 15,
	CHUNK_PACKED_PAYLOAD = 16,
	CHUNK_CORRELATION_ID = 17,
	CHUNK_VLAN = 18,
	CHUNK_NODE_NAME = 19,
};

enum { IP_TCP = 6, IP_UDP = 17, IP_TLS_OF_OPENSIPS = 22, IP_WS_OF_OPENSIPS = 50, IP_SCTP = 132, PORT_SIPS = 5061 };

static const struct slice magic = SLICE_INIT("HEP3");

static enum hep_transport transport_of(const struct hep_packet *p)
{
	switch (p->ip_protocol) {
	case IP_UDP:
		return HEP_UDP;
	case IP_TCP:
		return p->ends.source_port == PORT_SIPS || p->ends.destination_port == PORT_SIPS ? HEP_TLS : HEP_TCP;
	case IP_TLS_OF_OPENSIPS:
		return HEP_TLS;
	case IP_WS_OF_OPENSIPS:
		return HEP_WS;
	case IP_SCTP:
		return HEP_SCTP;
	default:
		return HEP_OTHER;
	}
}

/* The fields that lie in several chunks, until all are read. */
struct draft {
	struct hep_packet packet;
	struct addr v4[2], v6[2]; /* source, destination */
	uint8_t family;
	bool has_seconds, has_payload;
	uint32_t seconds, microseconds;
};

/* False: the chunk's length does not fit its type. Numbers of fewer or more bytes than the draft says are not guessed at. */
static bool read_number(struct slice value, size_t bytes, uint32_t *out)
{
	if (value.len != bytes)
		return false;
	*out = 0;
	for (size_t i = 0; i < bytes; i++)
		*out = *out << 8 | value.ptr[i];
	return true;
}

static bool read_small(struct slice value, uint8_t *out)
{
	uint32_t number;
	bool good = read_number(value, 1, &number);
	if (good)
		*out = (uint8_t)number;
	return good;
}

static bool read_port(struct slice value, uint16_t *out)
{
	uint32_t number;
	bool good = read_number(value, 2, &number);
	if (good)
		*out = (uint16_t)number;
	return good;
}

static bool read_v4(struct slice value, struct addr *out)
{
	if (value.len == 4)
		*out = addr_from_v4(value.ptr);
	return value.len == 4;
}

static bool read_v6(struct slice value, struct addr *out)
{
	if (value.len == 16)
		*out = addr_from_v6(value.ptr);
	return value.len == 16;
}

static bool read_text(struct slice value, struct slice *out)
{
	*out = value;
	return true;
}

static bool read_payload(struct draft *d, struct slice value, bool is_compressed)
{
	d->packet.payload = value;
	d->packet.is_compressed = is_compressed;
	d->has_payload = true;
	return true;
}

static bool read_chunk(struct draft *d, uint16_t type, struct slice value)
{
	struct hep_packet *p = &d->packet;
	switch (type) {
	case CHUNK_FAMILY:
		return read_small(value, &d->family);
	case CHUNK_PROTOCOL:
		return read_small(value, &p->ip_protocol);
	case CHUNK_SOURCE_V4:
		return read_v4(value, &d->v4[0]);
	case CHUNK_DESTINATION_V4:
		return read_v4(value, &d->v4[1]);
	case CHUNK_SOURCE_V6:
		return read_v6(value, &d->v6[0]);
	case CHUNK_DESTINATION_V6:
		return read_v6(value, &d->v6[1]);
	case CHUNK_SOURCE_PORT:
		return read_port(value, &p->ends.source_port);
	case CHUNK_DESTINATION_PORT:
		return read_port(value, &p->ends.destination_port);
	case CHUNK_SECONDS:
		return d->has_seconds = read_number(value, 4, &d->seconds);
	case CHUNK_MICROSECONDS:
		return read_number(value, 4, &d->microseconds);
	case CHUNK_PAYLOAD_TYPE:
		return read_small(value, &p->payload_type);
	case CHUNK_CAPTURE_ID: /* nothing hangs on it, so a wrong length costs no message */
		return read_number(value, 4, &p->capture_id) || true;
	case CHUNK_AUTH_KEY:
		return read_text(value, &p->auth_key);
	case CHUNK_PAYLOAD:
		return read_payload(d, value, false);
	case CHUNK_PACKED_PAYLOAD:
		return read_payload(d, value, true);
	case CHUNK_CORRELATION_ID:
		return read_text(value, &p->correlation_id);
	case CHUNK_VLAN:
		return read_port(value, &p->vlan) || true;
	case CHUNK_NODE_NAME:
		return read_text(value, &p->node_name);
	default:
		return true;
	}
}

static bool read_chunks(struct draft *d, struct slice bytes)
{
	struct cursor c = cursor_of(bytes);
	while (cursor_left(&c) > 0) {
		uint16_t vendor = cursor_be16(&c), type = cursor_be16(&c), len = cursor_be16(&c);
		if (c.failed || len < CHUNK_HEADER)
			return false;
		struct slice value = cursor_take(&c, len - (size_t)CHUNK_HEADER);
		if (c.failed || (vendor == 0 && !read_chunk(d, type, value)))
			return false;
	}
	return true;
}

/* The family chunk is a word of the agent like the others: the addresses that came decide, and it only breaks a tie. */
static bool settle_addresses(struct draft *d)
{
	bool has_v4 = !addr_is_none(&d->v4[0]) && !addr_is_none(&d->v4[1]);
	bool has_v6 = !addr_is_none(&d->v6[0]) && !addr_is_none(&d->v6[1]);
	if (!has_v4 && !has_v6)
		return false;
	const struct addr *chosen = has_v6 && (!has_v4 || d->family != 2) ? d->v6 : d->v4;
	d->packet.ends.source = chosen[0];
	d->packet.ends.destination = chosen[1];
	return true;
}

static enum parse_result fail(enum hep_problem *out, enum hep_problem problem)
{
	*out = problem;
	return PARSE_BAD;
}

static enum parse_result finish(struct draft *d, struct hep_packet *out)
{
	struct hep_packet *p = &d->packet;
	p->has_time = d->has_seconds && d->seconds > 0;
	p->time_us = d->seconds * SECOND_US + d->microseconds % SECOND_US;
	p->transport = transport_of(p);
	*out = *p;
	return PARSE_OK;
}

static enum parse_result parse_chunked(struct slice bytes, struct hep_packet *out, enum hep_problem *problem)
{
	struct draft d = { .packet = { .version = 3, .payload_type = HEP_PAYLOAD_SIP } };
	if (load_be16(bytes.ptr + 4) != bytes.len)
		return fail(problem, HEP_PROBLEM_LENGTH);
	if (!read_chunks(&d, slice_from(bytes, HEP_HEADER)))
		return fail(problem, HEP_PROBLEM_CHUNK);
	if (!settle_addresses(&d))
		return fail(problem, HEP_PROBLEM_NO_ADDRESS);
	if (!d.has_payload || d.packet.payload.len == 0)
		return fail(problem, HEP_PROBLEM_NO_PAYLOAD);
	return finish(&d, out);
}

/* The address family of the agent's own system: 2 everywhere for IPv4; IPv6 is 10 on Linux, 28 on FreeBSD, 30 on macOS. */
static size_t address_len(uint8_t family)
{
	switch (family) {
	case 2:
		return 4;
	case 10:
	case 28:
	case 30:
		return 16;
	default:
		return 0;
	}
}

/* Version, header length, family, protocol, ports, addresses; version 2 adds the time and an id in the byte order and with the
 * padding of the agent's machine, nearly always little-endian. The length is not looked at: some agents count the time in it,
 * some do not, some write it in the wrong byte order. */
static enum parse_result parse_fixed(struct slice bytes, struct hep_packet *out, enum hep_problem *problem)
{
	struct draft d = { .packet = { .payload_type = HEP_PAYLOAD_SIP, .version = bytes.ptr[0], .ip_protocol = bytes.ptr[3] } };
	size_t len = address_len(bytes.ptr[2]);
	if (len == 0)
		return fail(problem, HEP_PROBLEM_NOT_HEP);
	struct cursor c = cursor_of(slice_from(bytes, 4));
	d.packet.ends.source_port = cursor_be16(&c);
	d.packet.ends.destination_port = cursor_be16(&c);
	struct addr *addresses = len == 4 ? d.v4 : d.v6;
	for (unsigned i = 0; i < 2; i++) {
		struct slice address = cursor_take(&c, len);
		if (!c.failed)
			addresses[i] = len == 4 ? addr_from_v4(address.ptr) : addr_from_v6(address.ptr);
	}
	struct slice time = cursor_take(&c, d.packet.version == 2 ? 12 : 0);
	if (c.failed)
		return fail(problem, HEP_PROBLEM_LENGTH);
	if (time.len) {
		d.has_seconds = true;
		d.seconds = load_le32(time.ptr);
		d.microseconds = load_le32(time.ptr + 4);
		d.packet.capture_id = load_le16(time.ptr + 8);
	}
	d.packet.payload = cursor_rest(&c);
	if (!settle_addresses(&d))
		return fail(problem, HEP_PROBLEM_NO_ADDRESS);
	if (d.packet.payload.len == 0)
		return fail(problem, HEP_PROBLEM_NO_PAYLOAD);
	return finish(&d, out);
}

enum parse_result hep_parse(struct slice bytes, struct hep_packet *out, enum hep_problem *problem)
{
	if (bytes.len >= HEP_HEADER && slice_starts(bytes, magic))
		return parse_chunked(bytes, out, problem);
	if (bytes.len >= 8 && (bytes.ptr[0] == 1 || bytes.ptr[0] == 2))
		return parse_fixed(bytes, out, problem);
	return fail(problem, HEP_PROBLEM_NOT_HEP);
}

enum parse_result hep_frame(struct slice bytes, size_t *len)
{
	if (!slice_eq(slice_first(bytes, magic.len), slice_first(magic, bytes.len)))
		return PARSE_BAD;
	if (bytes.len < HEP_HEADER)
		return PARSE_PARTIAL;
	size_t total = load_be16(bytes.ptr + 4);
	if (total < HEP_HEADER)
		return PARSE_BAD;
	*len = total;
	return PARSE_OK;
}

bool hep_key_is(const struct hep_packet *packet, struct slice key)
{
	struct slice given = packet->auth_key;
	volatile uint8_t difference = given.len != key.len;
	/* As many steps as the given one has bytes: its sender knows that number anyway. */
	for (size_t i = 0; i < given.len; i++)
		difference = difference | (uint8_t)(given.ptr[i] ^ (key.len ? key.ptr[i % key.len] : 0));
	return difference == 0;
}
