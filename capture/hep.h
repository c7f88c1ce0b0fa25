/* SPDX-License-Identifier: MIT */
#ifndef CAPTURE_HEP_H
#define CAPTURE_HEP_H

#include "capture/frame.h"
#include "core/error.h"

/* capture/hep.h - HEP, the Homer Encapsulation Protocol: what SIP servers and capture agents send to a collector, one message each,
 * after the encryption was taken off. So it is the way to see SIP over TLS and WebRTC signalling.
 * Version 3 (draft "HEP/EEP", revision 36: chunks) and the older versions 1 and 2 (one fixed header). A parser without state:
 * bytes in, struct out.
 *
 * Everything in it is a claim of the agent: the addresses, the time, the transport. Who may send is settled by the listener
 * (input_live.h).
 *
 * Left out: chunks of vendors (skipped), reports that are not signalling (given, by their payload type). */

enum { HEP_HEADER = 6, HEP_PACKET_MAX = 65535 };

/* What chunk 11 calls the payload; the other numbers are reports on media, logs, other protocols. */
enum { HEP_PAYLOAD_SIP = 1 };

/* How the message travelled, as far as HEP says. Chunk 2 holds the IP protocol, where OpenSIPS writes 22 for TLS and 50 for
 * WebSocket. Most agents write 6 for everything over TCP; port 5061 is then taken for TLS. */
enum hep_transport { HEP_OTHER, HEP_UDP, HEP_TCP, HEP_TLS, HEP_WS, HEP_SCTP };

/* Why a HEP packet was not understood. */
enum hep_problem {
	HEP_PROBLEM_NOT_HEP,
	HEP_PROBLEM_LENGTH, /* differs from that of the datagram */
	HEP_PROBLEM_CHUNK,
	HEP_PROBLEM_NO_ADDRESS,
	HEP_PROBLEM_NO_PAYLOAD,
	HEP_PROBLEM_COUNT
};

struct hep_packet {
	uint8_t version;	     /* 1, 2, 3 */
	uint8_t payload_type;	     /* HEP_PAYLOAD_SIP for versions 1 and 2, and when chunk 11 is missing */
	uint8_t ip_protocol;	     /* as written; 0 when it was not */
	enum hep_transport transport;
	bool has_time;
	bool is_compressed;	     /* payload is packed with zlib or gzip (chunk 16) */
	int64_t time_us;	     /* the agent's */
	uint32_t capture_id;	     /* opaque: not all agents agree where in the chunk it stands */
	uint16_t vlan;		     /* 0: not said */
	struct endpoints ends;
	struct slice payload;
	struct slice auth_key;	     /* absent: none */
	struct slice correlation_id; /* absent: none */
	struct slice node_name;	     /* absent: none */
};

/* Reads one whole HEP packet. Of a chunk that comes twice the last counts.
 * PARSE_OK   *out filled; its slices point into `bytes`
 * PARSE_BAD  *problem says why; *out untouched
 * PARSE_PARTIAL  never */
enum parse_result hep_parse(struct slice bytes, struct hep_packet *out, enum hep_problem *problem);

/* Framing in a TCP stream (version 3 only). PARSE_OK: *len is the length of the packet that `bytes` begins with, whole or not;
 * PARSE_PARTIAL: fewer than HEP_HEADER bytes, all right so far; PARSE_BAD: no HEP packet begins here. */
enum parse_result hep_frame(struct slice bytes, size_t *len);

/* Whether the packet carries `key`. Takes the same time wherever they differ, so that a key cannot be felt for byte by byte. */
bool hep_key_is(const struct hep_packet *packet, struct slice key);

#endif
