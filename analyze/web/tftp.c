/* SPDX-License-Identifier: MIT */
#include "analyze/web/tftp.h"

#include "core/cursor.h"
#include "core/table.h"

#include <stdlib.h>

#define PENDING_DEFAULT 4096

static bool is_mode(struct slice s)
{
	return slice_eq_nocase(s, SLICE("octet")) || slice_eq_nocase(s, SLICE("netascii")) || slice_eq_nocase(s, SLICE("mail"));
}

/* Text up to a NUL, which goes too. A last text without NUL is taken as it is: some clients forget it. */
static struct slice take_text(struct slice *rest)
{
	return slice_cut(rest, 0);
}

/* A file name that a server could know: no control bytes. Tells a request from STUN, whose packets also begin with 0, 1. */
static bool is_name(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] < 0x20 || s.ptr[i] == 0x7f)
			return false;
	return s.len > 0;
}

enum parse_result tftp_parse(struct slice payload, struct tftp_packet *out)
{
	struct tftp_packet p = { 0 };
	struct slice rest = slice_from(payload, 2);
	if (payload.len < 4 || payload.ptr[0] != 0 || payload.ptr[1] < TFTP_RRQ || payload.ptr[1] > TFTP_OACK)
		return PARSE_BAD;
	p.opcode = (enum tftp_opcode)payload.ptr[1];
	switch (p.opcode) {
	case TFTP_RRQ:
	case TFTP_WRQ:
		p.file = take_text(&rest);
		if (!is_name(p.file) || !is_mode(take_text(&rest)))
			return PARSE_BAD;
		break;
	case TFTP_OACK:
		if (!is_name(take_text(&rest)))
			return PARSE_BAD;
		break;
	default:
		p.number = load_be16(rest.ptr);
		break;
	}
	*out = p;
	return PARSE_OK;
}

/* A client waits at one port of its own for one file. */
struct wait_key {
	struct addr client, server;
	uint16_t port;
	uint8_t padding[6];
};

struct wait {
	struct wait_key key;
	struct tftp_exchange exchange;
	bool is_answered; /* told already; kept to see the client go on */
	uint16_t server_port;
};

struct tftp_tracker {
	struct tftp_handlers handlers;
	struct tftp_counters counters;
	struct table waits;
};

static void tell(struct tftp_tracker *t, struct wait *w, enum tftp_answer answer)
{
	w->is_answered = true;
	w->exchange.answer = answer;
	t->counters.unanswered += answer == TFTP_SILENT;
	t->handlers.done(t->handlers.ctx, &w->exchange);
}

static void on_evict(void *ctx, void *entry)
{
	struct tftp_tracker *t = ctx;
	struct wait *w = entry;
	if (w->is_answered)
		return;
	t->counters.pressed++;
	tell(t, w, TFTP_SILENT);
}

struct tftp_tracker *tftp_tracker_new(size_t max_pending, const struct tftp_handlers *handlers)
{
	struct tftp_tracker *t = calloc(1, sizeof *t);
	if (!t)
		return NULL;
	struct table_config config = { .max_entries = max_pending ? max_pending : PENDING_DEFAULT, .key_size = sizeof(struct wait_key),
				       .entry_size = sizeof(struct wait), .evict = on_evict, .ctx = t };
	t->handlers = *handlers;
	if (table_init(&t->waits, &config)) {
		free(t);
		return NULL;
	}
	return t;
}

void tftp_tracker_free(struct tftp_tracker *t)
{
	if (!t)
		return;
	table_fini(&t->waits);
	free(t);
}

struct tftp_counters tftp_tracker_counters(const struct tftp_tracker *t)
{
	return t->counters;
}

static struct wait_key key_of(const struct addr *client, uint16_t port, const struct addr *server)
{
	struct wait_key key = { .client = *client, .server = *server, .port = port };
	return key;
}

static void request(struct tftp_tracker *t, const struct datagram *d, const struct tftp_packet *p)
{
	bool is_new;
	struct slice file = slice_first(p->file, TFTP_FILE_MAX);
	if (!t->handlers.wanted(t->handlers.ctx, p->file))
		return;
	struct wait_key key = key_of(&d->ends.source, d->ends.source_port, &d->ends.destination);
	struct wait *w = table_get(&t->waits, &key, &is_new);
	if (!w)
		return;
	if (!is_new && !w->is_answered) {
		if (slice_eq(tftp_exchange_file(&w->exchange), file)) {
			t->counters.repeated++;
			return;
		}
		tell(t, w, TFTP_SILENT);
	}
	t->counters.requests++;
	w->is_answered = false;
	w->server_port = 0;
	w->exchange = (struct tftp_exchange){ .time_us = d->frame->time_us, .ends = d->ends,
					      .place = { d->frame->number, d->frame->input }, .is_write = p->opcode == TFTP_WRQ,
					      .file_len = (uint8_t)file.len };
	memcpy(w->exchange.file, file.ptr, file.len);
}

static enum tftp_answer answer_of(const struct wait *w, const struct tftp_packet *p)
{
	bool is_write = w->exchange.is_write;
	switch (p->opcode) {
	case TFTP_DATA:
		return is_write || p->number != 1 ? TFTP_SILENT : TFTP_SERVED;
	case TFTP_OACK:
		return is_write ? TFTP_ACCEPTED : TFTP_SERVED;
	case TFTP_ACK:
		return is_write && p->number == 0 ? TFTP_ACCEPTED : TFTP_SILENT;
	case TFTP_ERROR:
		return p->number == 1 ? TFTP_NOT_FOUND : p->number == 2 ? TFTP_DENIED : TFTP_FAILED;
	default:
		return TFTP_SILENT;
	}
}

/* From server to client. */
static bool answer(struct tftp_tracker *t, const struct datagram *d, const struct tftp_packet *p)
{
	struct wait_key key = key_of(&d->ends.destination, d->ends.destination_port, &d->ends.source);
	struct wait *w = table_find(&t->waits, &key);
	if (!w)
		return false;
	enum tftp_answer result = w->is_answered ? TFTP_SILENT : answer_of(w, p);
	if (result == TFTP_SILENT)
		return true;
	w->server_port = d->ends.source_port;
	tell(t, w, result);
	return true;
}

/* From client to the port that the answer came from. */
static bool went_on(struct tftp_tracker *t, const struct datagram *d)
{
	struct wait_key key = key_of(&d->ends.source, d->ends.source_port, &d->ends.destination);
	struct wait *w = table_find(&t->waits, &key);
	if (!w || !w->is_answered || w->server_port != d->ends.destination_port)
		return false;
	bool is_secret = w->server_port != w->exchange.ends.destination_port;
	table_remove(&t->waits, w);
	if (is_secret && t->handlers.echoed)
		t->handlers.echoed(t->handlers.ctx, &d->ends.source, d->frame->time_us);
	return true;
}

bool tftp_feed(struct tftp_tracker *t, const struct datagram *d)
{
	struct tftp_packet p;
	if (tftp_parse(d->payload, &p) != PARSE_OK)
		return false;
	if (p.opcode == TFTP_RRQ || p.opcode == TFTP_WRQ) {
		tftp_expire(t, d->frame->time_us);
		request(t, d, &p);
		return true;
	}
	if (t->waits.count == 0)
		return false;
	return answer(t, d, &p) || went_on(t, d);
}

static void end(struct tftp_tracker *t, struct wait *w)
{
	if (!w->is_answered)
		tell(t, w, TFTP_SILENT);
	table_remove(&t->waits, w);
}

void tftp_expire(struct tftp_tracker *t, int64_t now_us)
{
	struct wait *w;
	/* Oldest first by last touch, and a wait is touched only when it begins. */
	while ((w = table_oldest(&t->waits)) && now_us - w->exchange.time_us >= TFTP_ANSWER_US)
		end(t, w);
}

void tftp_flush(struct tftp_tracker *t)
{
	struct wait *w;
	while ((w = table_oldest(&t->waits)))
		end(t, w);
}
