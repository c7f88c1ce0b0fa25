/* SPDX-License-Identifier: MIT */
#include "capture/decode.h"

#include "capture/defrag.h"
#include "capture/duplicate.h"
#include "capture/ip.h"
#include "capture/link.h"
#include "capture/tunnel.h"
#include "core/clock.h"
#include "core/cursor.h"

#include <stdlib.h>

#define UDP_HEADER  8
#define TCP_HEADER  20
#define ICMP_HEADER 8

const struct decoder_options decoder_defaults = {
	.max_depth = 6,
	.max_fragment_bytes = 4 << 20,
	.fragment_timeout_us = 30 * SECOND_US, /* what Linux waits (ipfrag_time) */
	.fragment_patience_us = SECOND_US / 5, /* fragments leave back to back; SIP repeats after 500 ms */
	.max_recent = 4096,
	.duplicate_window_us = SECOND_US / 10,
	.follow_tunnels = true,
	.tunnel_share = 25,
};

struct decoder {
	uint64_t outer_packets, outer_tunnels;
	struct decoder_options options;
	struct decoder_handlers handlers;
	struct decoder_counters counters;
	struct duplicates duplicates;
	struct defrag *defrag;
};

/* One packet on its way inwards. */
struct walk {
	const struct frame *frame;
	capture_anomalies anomalies;
	unsigned depth; /* tunnels opened */
	bool is_head;	/* of a datagram that is not whole; fragments inside it are left alone */
	struct ip_packet ip;
};

struct udp {
	struct slice payload;
	uint16_t source_port, destination_port;
	bool cut;
};

static const enum decoder_drop link_drops[] = {
	[LINK_UNKNOWN] = DECODER_DROP_LINK_UNKNOWN,
	[LINK_SHORT] = DECODER_DROP_LINK_SHORT,
	[LINK_NOT_IP] = DECODER_DROP_NOT_IP,
	[LINK_DEEP] = DECODER_DROP_DEPTH,
};

const char *decoder_drop_text(enum decoder_drop drop)
{
	static const char *const texts[] = {
#define X(name, text) text,
		DECODER_DROPS(X)
#undef X
	};
	return (unsigned)drop < DECODER_DROP_COUNT ? texts[drop] : "";
}

const char *capture_anomaly_text(enum capture_anomaly_bit bit)
{
	static const char *const texts[] = {
#define X(name, text) text,
		CAPTURE_ANOMALIES(X)
#undef X
	};
	return (unsigned)bit < CAPTURE_ANOMALY_COUNT ? texts[bit] : "";
}

struct decoder *decoder_new(const struct decoder_options *options, const struct decoder_handlers *handlers)
{
	struct decoder *d = calloc(1, sizeof *d);
	if (!d)
		return NULL;
	d->options = options ? *options : decoder_defaults;
	d->handlers = *handlers;
	d->defrag = defrag_new(&(struct defrag_config){ .max_bytes = d->options.max_fragment_bytes,
							.timeout_us = d->options.fragment_timeout_us,
							.patience_us = d->options.fragment_patience_us,
							.seed = d->options.seed });
	if (!d->defrag || duplicates_init(&d->duplicates, d->options.max_recent,
					  d->options.duplicate_window_us, d->options.seed) != 0) {
		decoder_free(d);
		return NULL;
	}
	return d;
}

void decoder_free(struct decoder *d)
{
	if (!d)
		return;
	duplicates_fini(&d->duplicates);
	defrag_free(d->defrag);
	free(d);
}

static void drop(struct decoder *d, enum decoder_drop why)
{
	d->counters.drops[why]++;
}

static bool is_duplicate(struct decoder *d, const struct walk *w)
{
	if (!duplicates_seen(&d->duplicates, w->frame->time_us, &w->ip))
		return false;
	drop(d, DECODER_DROP_DUPLICATE);
	return true;
}

/* The length field is believed as far as there are bytes: shorter than the IP payload it cuts (what follows
 * never reaches the application), 0 comes from segmentation offload and IPv6 jumbograms, any other lie is
 * marked. */
static bool read_udp(struct walk *w, struct udp *out)
{
	const uint8_t *h = w->ip.payload.ptr;
	if (w->ip.payload.len < UDP_HEADER)
		return false;
	uint32_t len = load_be16(h + 4);
	if ((len != 0 && len < UDP_HEADER) || len > w->ip.wire_len)
		w->anomalies |= CAPTURE_ANOMALY_UDP_LENGTH;
	if (len < UDP_HEADER || len > w->ip.wire_len)
		len = w->ip.wire_len;
	out->source_port = load_be16(h);
	out->destination_port = load_be16(h + 2);
	out->payload = slice_from(slice_first(w->ip.payload, len), UDP_HEADER);
	out->cut = w->ip.payload.len < len;
	return true;
}

/* RTP and RTCP (RFC 3550): version 2. */
static bool looks_like_media(uint8_t first)
{
	return first >> 6 == 2;
}

static bool wants_media(const struct decoder *d, uint16_t source_port, uint16_t destination_port)
{
	return !d->handlers.wants_media ||
	       d->handlers.wants_media(d->handlers.ctx, source_port, destination_port);
}

static void deliver_udp(struct decoder *d, const struct walk *w, const struct udp *udp)
{
	bool is_media = udp->payload.len && looks_like_media(udp->payload.ptr[0]);
	if (!is_media && is_duplicate(d, w))
		return;
	d->counters.datagrams++;
	if (!d->handlers.datagram || (is_media && !wants_media(d, udp->source_port, udp->destination_port)))
		return;
	struct datagram datagram = {
		.frame = w->frame,
		.ends = { w->ip.source, w->ip.destination, udp->source_port, udp->destination_port },
		.payload = udp->payload,
		.anomalies = w->anomalies,
		.ttl = w->ip.ttl,
		.cut = udp->cut,
	};
	d->handlers.datagram(d->handlers.ctx, &datagram);
}

static void deliver_tcp(struct decoder *d, const struct walk *w)
{
	const uint8_t *h = w->ip.payload.ptr;
	if (w->ip.payload.len < TCP_HEADER) {
		drop(d, DECODER_DROP_TCP_BAD);
		return;
	}
	uint32_t header = (uint32_t)(h[12] >> 4) * 4;
	if (header < TCP_HEADER || header > w->ip.wire_len) {
		drop(d, DECODER_DROP_TCP_BAD);
		return;
	}
	d->counters.segments++;
	if (!d->handlers.segment)
		return;
	struct segment segment = {
		.frame = w->frame,
		.ends = { w->ip.source, w->ip.destination, load_be16(h), load_be16(h + 2) },
		.seq = load_be32(h + 4),
		.ack = load_be32(h + 8),
		.flags = h[13],
		.ttl = w->ip.ttl,
		.payload = slice_from(w->ip.payload, header),
		.wire_payload_len = w->ip.wire_len - header,
		.anomalies = w->anomalies,
	};
	d->handlers.segment(d->handlers.ctx, &segment);
}

/* RFC 792, RFC 1812 5.2.7.1: 4 is "fragmentation needed", which tells of a path, not of a missing host. RFC
 * 4443 3.1: all codes of type 1 are of one kind. */
static bool is_icmp_error(uint8_t version, uint8_t type, uint8_t code, bool *is_unreachable)
{
	if (version == 6) {
		*is_unreachable = type == 1;
		return type >= 1 && type <= 4;
	}
	*is_unreachable = type == 3 && code != 4;
	return type == 3 || type == 4 || type == 11 || type == 12;
}

/* The quoted packet is cut wherever the reporter liked; ports are there when it quotes the start of the
 * transport header (RFC 792 promises eight bytes of it). */
static bool read_quote(struct slice bytes, struct icmp_error *out)
{
	struct ip_packet quoted;
	if (ip_parse(bytes, 0, &quoted) != PARSE_OK)
		return false;
	if (quoted.protocol != PROTO_UDP && quoted.protocol != PROTO_TCP)
		return false;
	out->ends = (struct endpoints){ .source = quoted.source, .destination = quoted.destination };
	out->protocol = quoted.protocol;
	if (quoted.fragment_offset == 0 && quoted.payload.len >= 4) {
		out->ends.source_port = load_be16(quoted.payload.ptr);
		out->ends.destination_port = load_be16(quoted.payload.ptr + 2);
	}
	return true;
}

static void deliver_icmp(struct decoder *d, const struct walk *w)
{
	struct icmp_error error = { .frame = w->frame, .reporter = w->ip.source };
	const uint8_t *h = w->ip.payload.ptr;
	if (w->ip.payload.len < ICMP_HEADER ||
	    !is_icmp_error(w->ip.version, h[0], h[1], &error.is_unreachable) ||
	    !read_quote(slice_from(w->ip.payload, ICMP_HEADER), &error)) {
		drop(d, DECODER_DROP_IP_OTHER);
		return;
	}
	if (is_duplicate(d, w))
		return;
	d->counters.icmp_errors++;
	if (d->handlers.icmp_error)
		d->handlers.icmp_error(d->handlers.ctx, &error);
}

/* True when w->ip is a whole packet. An IPv6 payload may turn out to be another fragment once it is put
 * together. */
static bool make_whole(struct decoder *d, struct walk *w)
{
	for (unsigned round = 0; w->ip.is_fragment; round++) {
		d->counters.fragments++;
		if (round == DEFRAG_NEST_MAX) {
			drop(d, DECODER_DROP_DEPTH);
			return false;
		}
		if (is_duplicate(d, w))
			return false;
		enum defrag_result result = defrag_feed(d->defrag, w->frame, &w->ip, &w->anomalies);
		d->counters.drops[DECODER_DROP_FRAGMENT_LOST] = defrag_lost(d->defrag);
		switch (result) {
		case DEFRAG_HELD:
			return false;
		case DEFRAG_BAD:
			drop(d, DECODER_DROP_FRAGMENT_BAD);
			return false;
		case DEFRAG_WHOLE:
			break;
		}
		if (ip_follow_extensions(&w->ip) != PARSE_OK) {
			drop(d, DECODER_DROP_IP_BAD);
			return false;
		}
	}
	return true;
}

#define PACKETS_TO_JUDGE 8

/* Is there so much tunnelled traffic that this one is likely to be meant for us? What lies inside one that was believed is believed. */
static bool is_expected(struct decoder *d, const struct walk *w)
{
	if (w->depth || d->options.tunnel_share == 0)
		return true;
	d->outer_tunnels++;
	if (d->outer_packets <= PACKETS_TO_JUDGE || d->outer_tunnels * 100 >= d->outer_packets * d->options.tunnel_share)
		return true;
	drop(d, DECODER_DROP_TUNNEL_DOUBTED);
	return false;
}

/* Is another tunnel allowed? */
static bool can_descend(struct decoder *d, struct walk *w, unsigned tunnels)
{
	if (w->depth + tunnels > d->options.max_depth) {
		w->anomalies |= CAPTURE_ANOMALY_TUNNEL_DEPTH;
		drop(d, DECODER_DROP_DEPTH);
		return false;
	}
	w->depth += tunnels;
	d->counters.tunnels += tunnels;
	return true;
}

/* True: *inner is the packet inside. False: the datagram was delivered, or dropped. */
static bool open_udp(struct decoder *d, struct walk *w, struct slice *inner)
{
	struct udp udp;
	struct link_payload found;
	if (!read_udp(w, &udp)) {
		drop(d, DECODER_DROP_UDP_BAD);
		return false;
	}
	if (d->options.follow_tunnels && tunnel_is_udp_port(udp.destination_port) &&
	    tunnel_open_udp(udp.destination_port, udp.payload, &found) == TUNNEL_IP && is_expected(d, w) &&
	    can_descend(d, w, 1 + found.tunnels)) {
		*inner = found.ip;
		return true;
	}
	deliver_udp(d, w, &udp);
	return false;
}

static bool open_other(struct decoder *d, struct walk *w, struct slice *inner)
{
	struct link_payload found;
	enum tunnel_result result = TUNNEL_NONE;
	if (d->options.follow_tunnels)
		result = tunnel_open_protocol(w->ip.protocol, w->ip.payload, &found);
	if (result == TUNNEL_IP && is_expected(d, w) && can_descend(d, w, 1 + found.tunnels)) {
		*inner = found.ip;
		return true;
	}
	if (result == TUNNEL_BAD)
		drop(d, DECODER_DROP_NOT_IP);
	else if (result == TUNNEL_NONE)
		drop(d, DECODER_DROP_IP_OTHER);
	return false;
}

/* Delivers what the packet in w->ip carries, or finds another one inside it. */
static bool open_packet(struct decoder *d, struct walk *w, struct slice *inner)
{
	d->outer_packets += w->depth == 0;
	switch (w->ip.protocol) {
	case PROTO_UDP:
		return open_udp(d, w, inner);
	case PROTO_TCP:
		deliver_tcp(d, w);
		return false;
	case IP_PROTO_ICMP:
	case IP_PROTO_ICMPV6:
		deliver_icmp(d, w);
		return false;
	default:
		return open_other(d, w, inner);
	}
}

/* Reads the packet at the start of `bytes` into w->ip. False: nothing to go on with. */
static bool enter_packet(struct decoder *d, struct walk *w, struct slice bytes, uint32_t missing)
{
	if (ip_parse(bytes, missing, &w->ip) != PARSE_OK) {
		drop(d, DECODER_DROP_IP_BAD);
		return false;
	}
	return !w->ip.is_fragment || (!w->is_head && make_whole(d, w));
}

/* One turn for each packet in a packet; every turn but the first took a tunnel header off, and those are
 * bounded. */
static void walk(struct decoder *d, struct walk *w, struct slice bytes, uint32_t missing)
{
	while (enter_packet(d, w, bytes, missing) && open_packet(d, w, &bytes))
		missing = w->ip.wire_len - (uint32_t)w->ip.payload.len;
}

/* Starts of datagrams whose other fragments did not come. A TCP segment of unknown length is of no use. */
static void deliver_heads(struct decoder *d, int64_t now_us)
{
	struct defrag_head head;
	while (defrag_next_head(d->defrag, now_us, &head)) {
		struct walk w = { .frame = &head.frame, .ip = head.packet, .anomalies = head.anomalies };
		struct slice inner;
		w.is_head = true;
		if (ip_follow_extensions(&w.ip) == PARSE_OK && !w.ip.is_fragment &&
		    w.ip.protocol != PROTO_TCP && open_packet(d, &w, &inner))
			walk(d, &w, inner, w.ip.wire_len - (uint32_t)w.ip.payload.len);
		defrag_release(d->defrag);
	}
}

/* Nine frames of ten that the uplink of a PBX shows are media in plain Ethernet and IPv4 that nobody waits
 * for. They are told by a few fields at fixed places; false: it takes the long way. */
static bool is_unwanted_media(const struct decoder *d, const struct frame *frame)
{
	enum { IP = 14, UDP = IP + 20, PAYLOAD = UDP + UDP_HEADER };
	const uint8_t *b = frame->bytes.ptr;
	if (frame->link_type != LINKTYPE_ETHERNET || frame->bytes.len <= PAYLOAD ||
	    !looks_like_media(b[PAYLOAD]))
		return false;
	bool is_udp = load_be16(b + 12) == ETHERTYPE_IPV4 && b[IP] == 0x45 && b[IP + 9] == PROTO_UDP;
	bool is_whole = (load_be16(b + IP + 6) & 0x3fff) == 0;
	bool has_payload = load_be16(b + IP + 2) > PAYLOAD - IP && load_be16(b + UDP + 4) > UDP_HEADER;
	uint16_t source_port = load_be16(b + UDP), destination_port = load_be16(b + UDP + 2);
	return is_udp && is_whole && has_payload && !tunnel_is_udp_port(destination_port) &&
	       !wants_media(d, source_port, destination_port);
}

/* Apart from decoder_feed, so that what most frames need is not burdened with the room that this takes. */
__attribute__((noinline)) static void open_frame(struct decoder *d, const struct frame *frame)
{
	struct link_payload link;
	struct walk w = { .frame = frame };
	uint32_t missing = 0;
	enum link_result result = link_open(frame->link_type, frame->bytes, &link);
	if (result != LINK_IP) {
		drop(d, link_drops[result]);
		return;
	}
	d->counters.tunnels += link.tunnels;
	w.depth = link.tunnels;
	if (frame->wire_len > frame->bytes.len)
		missing = frame->wire_len - (uint32_t)frame->bytes.len;
	walk(d, &w, link.ip, missing);
	defrag_release(d->defrag);
}

void decoder_feed(struct decoder *d, const struct frame *frame)
{
	d->counters.frames++;
	if (d->counters.fragments)
		deliver_heads(d, frame->time_us);
	if (is_unwanted_media(d, frame)) {
		d->outer_packets++;
		d->counters.datagrams++;
		return;
	}
	open_frame(d, frame);
}

void decoder_flush(struct decoder *d)
{
	deliver_heads(d, INT64_MAX);
	defrag_flush(d->defrag);
	d->counters.drops[DECODER_DROP_FRAGMENT_LOST] = defrag_lost(d->defrag);
}

const struct decoder_counters *decoder_counters(const struct decoder *d)
{
	return &d->counters;
}
