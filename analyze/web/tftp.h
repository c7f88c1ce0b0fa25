/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_WEB_TFTP_H
#define ANALYZE_WEB_TFTP_H

#include "capture/frame.h"
#include "core/error.h"

/* analyze/web/tftp.h - TFTP (RFC 1350, options RFC 2347): which file was asked for, and was it given. Only the opening of a
 * transfer is followed. The request goes to port 69 as a rule, but is known by its shape on any; the answer comes from
 * another port (the server's transfer identifier), to the port that asked.
 *
 * Life: tftp_tracker_new, tftp_feed for each datagram that is not SIP, tftp_expire as time goes on, tftp_flush at the end,
 * tftp_tracker_free. Memory: at most max_pending requests of about 300 bytes; the oldest goes and is told as unanswered. */

enum tftp_opcode { TFTP_RRQ = 1, TFTP_WRQ, TFTP_DATA, TFTP_ACK, TFTP_ERROR, TFTP_OACK };

#define TFTP_FILE_MAX	200
#define TFTP_ANSWER_US	((int64_t)5000000)  /* clients repeat after one to five seconds */

struct tftp_packet {
	enum tftp_opcode opcode;
	struct slice file; /* RRQ, WRQ */
	uint16_t number;   /* block of DATA and ACK, code of ERROR */
};

/* PARSE_OK: *out filled. PARSE_BAD: not TFTP. Never PARSE_PARTIAL. */
enum parse_result tftp_parse(struct slice payload, struct tftp_packet *out);

enum tftp_answer { TFTP_SILENT, TFTP_SERVED, TFTP_ACCEPTED /* a write */, TFTP_NOT_FOUND, TFTP_DENIED, TFTP_FAILED };

struct tftp_exchange {
	int64_t time_us; /* of the request */
	struct endpoints ends; /* of the request */
	struct place place;
	bool is_write;
	enum tftp_answer answer;
	uint8_t file_len;
	char file[TFTP_FILE_MAX]; /* cut at the bound */
};

static inline struct slice tftp_exchange_file(const struct tftp_exchange *e)
{
	return slice_of(e->file, e->file_len);
}

struct tftp_handlers {
	/* Should the answer to this request be waited for? */
	bool (*wanted)(void *ctx, struct slice file);
	void (*done)(void *ctx, const struct tftp_exchange *e);
	/* The client went on with the port that only the server's answer told it: its address is real. May be NULL. */
	void (*echoed)(void *ctx, const struct addr *client, int64_t now_us);
	void *ctx;
};

struct tftp_counters {
	uint64_t requests; /* read and write requests, repeats left out */
	uint64_t repeated;
	uint64_t unanswered;
	uint64_t pressed;  /* of these, given up for lack of room */
};

struct tftp_tracker;
/* NULL without memory. max_pending 0: 4096. */
struct tftp_tracker *tftp_tracker_new(size_t max_pending, const struct tftp_handlers *handlers);
void tftp_tracker_free(struct tftp_tracker *t);
/* True when the datagram was TFTP. Costs two byte comparisons for what is not. */
bool tftp_feed(struct tftp_tracker *t, const struct datagram *d);
void tftp_expire(struct tftp_tracker *t, int64_t now_us);
void tftp_flush(struct tftp_tracker *t);
struct tftp_counters tftp_tracker_counters(const struct tftp_tracker *t);

#endif
