/* SPDX-License-Identifier: MIT */
#ifndef CAPTURE_FRAME_H
#define CAPTURE_FRAME_H

#include "core/addr.h"

/* capture/frame.h - what moves through the capture layer: a frame as the input gave it, and what the decoder
 * (decode.h) makes of it. All bytes are borrowed and valid for the length of the call only. */

struct frame {
	int64_t time_us;
	uint64_t number;    /* 1-based position in its input, as other tools count packets */
	struct slice bytes; /* as captured, starting at the link header */
	uint32_t wire_len;  /* length on the wire; more than bytes.len when the capture cut it */
	uint16_t link_type; /* LINKTYPE_ value of pcap-linktype(7) */
	uint16_t input;	    /* which input of the run, 0-based */
};

enum { PROTO_TCP = 6, PROTO_UDP = 17 };

/* Who spoke to whom. */
struct endpoints {
	struct addr source, destination;
	uint16_t source_port, destination_port;
};

/* Where something was seen; what evidence refers to. */
struct place {
	uint64_t number : 48; /* packet number or line number, 1-based */
	uint64_t input : 16;
};

/* Ways in which the layers below SIP broke their rules; a bit set. Named in capture/decode.h. */
typedef uint32_t capture_anomalies;

struct datagram {
	const struct frame *frame; /* the frame that completed it */
	struct endpoints ends;
	struct slice payload;
	capture_anomalies anomalies;
	uint8_t ttl;
	bool cut; /* the capture holds only the first part of the payload */
};

enum { TCP_FIN = 0x01, TCP_SYN = 0x02, TCP_RST = 0x04, TCP_PSH = 0x08, TCP_ACK = 0x10 };

struct segment {
	const struct frame *frame;
	struct endpoints ends;
	uint32_t seq, ack;
	uint8_t flags;
	uint8_t ttl;
	struct slice payload;
	uint32_t wire_payload_len; /* more than payload.len when the capture cut it: the stream has a gap */
	capture_anomalies anomalies;
};

/* An ICMP error (destination unreachable, time exceeded ...) and the packet that it quotes. The quoted packet was sent by
 * ends.source, which is therefore where the error was sent back to. Its payload is not a message. */
struct icmp_error {
	const struct frame *frame;
	struct endpoints ends; /* of the quoted packet; ports 0 when the quote is too short */
	struct addr reporter;
	uint8_t protocol;      /* of the quoted packet */
	bool is_unreachable;   /* port, host or net unreachable, or administratively prohibited */
};

#endif
