/* SPDX-License-Identifier: MIT */
#include "capture/tcp_half.h"

#include "capture/decode.h"
#include "capture/tcp_buffer.h"

#include <stdlib.h>

/* Farther from the expected sequence than this is not believed at once: a sender rarely has more than that in
 * flight, and a forged segment must not move the stream. */
#define WINDOW_BYTES (1 << 20)
/* Pieces that wait in one direction; bounds the search for the place of the next one. A full window of 64 KiB
 * in segments of 128 bytes fits. */
#define MAX_PIECES 512u

static struct tcp_piece *first_piece(const struct tcp_half *h)
{
	return tcp_buffer_first(h->buffer);
}

/* ---- buffers and their budget ---- */

static struct tcp_buffers *list_of(struct tcp_context *t, const struct tcp_buffer *b)
{
	return b->has_hole ? &t->waiting : &t->unread;
}

static void unlist(struct tcp_context *t, struct tcp_buffer *b)
{
	if (!b->is_listed)
		return;
	TAILQ_REMOVE(list_of(t, b), b, link);
	b->is_listed = false;
	t->counters.buffered_bytes -= b->cost;
}

static void list(struct tcp_context *t, struct tcp_buffer *b)
{
	b->has_hole = b->piece_count > 0;
	b->is_listed = true;
	b->used_us = t->now_us;
	TAILQ_INSERT_TAIL(list_of(t, b), b, link);
	t->counters.buffered_bytes += b->cost;
}

void tcp_half_discard(struct tcp_context *t, struct tcp_half *h)
{
	if (!h->buffer)
		return;
	unlist(t, h->buffer);
	tcp_buffer_free(h->buffer);
	h->buffer = NULL;
}

/* The buffer, out of its list while it is worked on; relist() puts it back. NULL: no memory. */
static struct tcp_buffer *buffer_of(struct tcp_context *t, struct tcp_half *h)
{
	if (h->buffer)
		unlist(t, h->buffer);
	else
		h->buffer = tcp_buffer_new(h, &t->spares);
	return h->buffer;
}

static void relist(struct tcp_context *t, struct tcp_half *h)
{
	struct tcp_buffer *b = h->buffer;
	if (!b)
		return;
	if (h->stream.ignored || tcp_buffer_is_empty(b)) {
		tcp_half_discard(t, h);
		return;
	}
	unlist(t, b);
	if (b->piece_count && (!b->has_hole || b->hole_seq != h->next)) {
		b->hole_since_us = t->now_us;
		b->hole_seq = h->next;
	}
	list(t, b);
}

/* ---- giving bytes to the reader ---- */

static size_t call_reader(struct tcp_context *t, struct tcp_half *h, struct slice bytes, bool at_end,
			  const struct frame *frame)
{
	if (bytes.len == 0)
		return 0;
	h->carried = true;
	size_t read =
	    t->handlers.data(t->handlers.ctx, &h->stream, bytes, h->gap, at_end, frame, h->anomalies);
	if (read > bytes.len)
		read = bytes.len;
	if (read)
		h->gap = false;
	return read;
}

/* They belong to what was given; what still waits keeps them. */
static void forget_anomalies(struct tcp_half *h)
{
	if (!h->buffer || tcp_buffer_is_empty(h->buffer))
		h->anomalies = h->gap ? h->anomalies & CAPTURE_ANOMALY_TCP_GAP : 0;
}

/* The unread bytes for a last time: nothing will ever join them. */
static void give_rest(struct tcp_context *t, struct tcp_half *h, const struct frame *frame)
{
	struct tcp_buffer *b = h->buffer;
	if (!b || b->unread_len == 0)
		return;
	struct slice rest = tcp_buffer_unread(b);
	size_t read = h->stream.ignored ? 0 : call_reader(t, h, rest, true, frame);
	t->counters.dropped_bytes += rest.len - read;
	tcp_buffer_read(b, rest.len);
	forget_anomalies(h);
}

/* Bytes are lost behind the unread ones. */
static void lose(struct tcp_context *t, struct tcp_half *h, const struct frame *frame)
{
	h->anomalies |= CAPTURE_ANOMALY_TCP_GAP;
	give_rest(t, h, frame);
	h->anomalies |= CAPTURE_ANOMALY_TCP_GAP;
	h->gap = true;
	t->counters.gaps++;
}

void tcp_half_unkept(struct tcp_context *t, size_t bytes)
{
	t->counters.dropped_bytes += bytes;
	t->counters.unkept_bytes += bytes;
}

static void keep_unread(struct tcp_context *t, struct tcp_half *h, struct slice rest,
			const struct frame *frame)
{
	struct tcp_buffer *b = buffer_of(t, h);
	if (b && tcp_buffer_append(b, rest)) {
		if (b->unread_len > t->options.max_pending_bytes)
			lose(t, h, frame);
		return;
	}
	tcp_half_unkept(t, rest.len);
	lose(t, h, frame);
}

/* `bytes` come next in sequence; `cut` more were on the wire and not in the capture. */
static void give(struct tcp_context *t, struct tcp_half *h, struct slice bytes, uint32_t cut,
		 const struct frame *frame)
{
	h->next += (uint32_t)bytes.len + cut;
	if (h->stream.ignored)
		return;
	if (cut)
		h->anomalies |= CAPTURE_ANOMALY_TCP_GAP;
	bool at_end = cut || (h->has_fin && h->next == h->fin);

	if (h->buffer && h->buffer->unread_len) {
		struct tcp_buffer *b = buffer_of(t, h);
		if (!tcp_buffer_append(b, bytes)) {
			tcp_half_unkept(t, bytes.len);
			lose(t, h, frame);
		} else if (!at_end) {
			tcp_buffer_read(b, call_reader(t, h, tcp_buffer_unread(b), false, frame));
			if (b->unread_len > t->options.max_pending_bytes && !h->stream.ignored)
				lose(t, h, frame);
		}
	} else {
		size_t read = call_reader(t, h, bytes, at_end, frame);
		struct slice rest = slice_from(bytes, read);
		if (at_end)
			t->counters.dropped_bytes += rest.len;
		else if (rest.len && !h->stream.ignored)
			keep_unread(t, h, rest, frame);
	}
	if (at_end)
		give_rest(t, h, frame);
	forget_anomalies(h);
	if (cut)
		lose(t, h, frame);
}

/* Gives the pieces whose turn has come. */
static void drain(struct tcp_context *t, struct tcp_half *h, const struct frame *frame)
{
	struct tcp_piece *piece;
	while ((piece = first_piece(h)) && tcp_distance(h->next, piece->seq) <= 0) {
		tcp_buffer_take(buffer_of(t, h), piece);
		if (piece->seq == h->next)
			give(t, h, slice_of(piece->bytes, piece->len), piece->span - piece->len, frame);
		free(piece);
	}
}

static void skip_hole(struct tcp_context *t, struct tcp_half *h, const struct frame *frame)
{
	buffer_of(t, h);
	lose(t, h, frame);
	h->next = first_piece(h)->seq;
	drain(t, h, frame);
}

/* ---- what makes a half move on ---- */

void tcp_half_end(struct tcp_context *t, struct tcp_half *h, const struct frame *frame)
{
	if (h->ended)
		return;
	if (h->buffer)
		buffer_of(t, h);
	while (first_piece(h))
		skip_hole(t, h, frame);
	give_rest(t, h, frame);
	h->ended = true;
	tcp_half_discard(t, h);
}

static bool is_hopeless(const struct tcp_context *t, const struct tcp_half *h)
{
	const struct tcp_buffer *b = h->buffer;
	const struct tcp_piece *first = first_piece(h);
	if (h->has_ack && tcp_distance(first->seq, h->acked) >= 0)
		return true; /* the receiver has what we miss */
	return b->cost > t->options.max_pending_bytes || b->piece_count > MAX_PIECES ||
	       (b->has_hole && b->hole_seq == h->next && t->now_us - b->hole_since_us >= TCP_HOLE_US);
}

/* True when the FIN is next. Bytes before it that the receiver has and we never saw are a hole. */
static bool is_at_fin(struct tcp_context *t, struct tcp_half *h, const struct frame *frame)
{
	if (h->next == h->fin || h->stream.ignored)
		return true;
	if (!h->has_ack || tcp_distance(h->fin, h->acked) <= 0)
		return false;
	if (h->buffer)
		buffer_of(t, h);
	lose(t, h, frame);
	return true;
}

void tcp_half_settle(struct tcp_context *t, struct tcp_half *h, const struct frame *frame)
{
	if (h->stream.ignored)
		tcp_half_discard(t, h);
	drain(t, h, frame);
	while (first_piece(h) && is_hopeless(t, h)) {
		/* Were these pieces forged, the true stream goes on here. */
		uint32_t hole = h->next;
		skip_hole(t, h, frame);
		h->stray = hole;
		h->has_stray = true;
	}
	if (h->has_fin && !h->ended && !first_piece(h) && is_at_fin(t, h, frame)) {
		h->next = h->fin;
		tcp_half_end(t, h, frame);
	}
	relist(t, h);
}

/* ---- segments ---- */

void tcp_half_start(struct tcp_half *h, uint32_t isn)
{
	h->is_started = true;
	h->isn = isn;
	h->next = isn + 1;
}

/* The stream goes on at `seq`, whatever was held before. */
static void move_to(struct tcp_context *t, struct tcp_half *h, uint32_t seq, const struct frame *frame)
{
	if (h->buffer)
		buffer_of(t, h);
	while (first_piece(h))
		skip_hole(t, h, frame);
	lose(t, h, frame);
	h->stray = h->next; /* the way back */
	h->has_stray = true;
	h->next = seq;
	h->has_fin = h->has_ack = false;
}

static void mark_conflict(struct tcp_context *t, struct tcp_half *h)
{
	h->anomalies |= CAPTURE_ANOMALY_TCP_OVERLAP;
	t->counters.overlaps++;
}

static void hold(struct tcp_context *t, struct tcp_half *h, uint32_t seq, struct slice bytes, uint32_t span)
{
	struct tcp_buffer *b = buffer_of(t, h);
	struct tcp_held held = { .is_new = true, .lost = true };
	if (b)
		held = tcp_buffer_hold(b, seq, bytes, span);
	if (held.conflict)
		mark_conflict(t, h);
	if (!held.is_new)
		t->counters.retransmitted++;
	if (held.lost)
		tcp_half_unkept(t, bytes.len);
}

/* Data of a half that is started, not ended, within the window. */
static void take(struct tcp_context *t, struct tcp_half *h, uint32_t seq, struct slice bytes, uint32_t span,
		 const struct segment *s)
{
	int32_t ahead = tcp_distance(h->next, seq);
	if (ahead < 0) {
		uint32_t back = (uint32_t)-ahead;
		bool is_keep_alive = back == 1 && span == 1; /* RFC 9293 3.8.4: its byte is garbage */
		if (h->buffer && !is_keep_alive && !tcp_buffer_agrees(h->buffer, back, bytes))
			mark_conflict(t, h);
		if (back >= span) {
			t->counters.retransmitted++;
			return;
		}
		bytes = slice_from(bytes, back);
		span -= back;
		seq = h->next;
		ahead = 0;
	}
	h->anomalies |= s->anomalies;
	struct tcp_piece *first = first_piece(h);
	if (ahead == 0 && (!first || tcp_distance(seq, first->seq) >= (int32_t)span))
		give(t, h, bytes, span - (uint32_t)bytes.len, s->frame);
	else
		hold(t, h, seq, bytes, span);
}

static void note_fin(struct tcp_half *h, uint32_t fin)
{
	if (h->has_fin || tcp_distance(h->next, fin) < 0)
		return;
	h->has_fin = true;
	h->fin = fin;
}

bool tcp_half_is_far(const struct tcp_half *h, uint32_t seq)
{
	int32_t ahead = tcp_distance(h->next, seq);
	return ahead > WINDOW_BYTES || ahead < -WINDOW_BYTES;
}

/* A segment that does not fit is believed when it goes on where another one that did not fit ended, or where
 * a hole was given up. */
static bool is_confirmed(struct tcp_context *t, struct tcp_half *h, uint32_t seq, uint32_t span)
{
	if (h->has_stray && seq == h->stray)
		return true;
	t->counters.stray++;
	h->has_stray = true;
	h->stray = seq + span;
	return false;
}

/* Bytes behind the end. A sender writes nothing behind its FIN or RST, so those were forged, or this is
 * another connection; what is in flight when the peer resets is of no interest. */
static bool is_other_stream(struct tcp_context *t, struct tcp_half *h, uint32_t seq, uint32_t span)
{
	if (span == 0)
		return false;
	if (tcp_half_is_far(h, seq))
		return is_confirmed(t, h, seq, span);
	uint32_t end = h->next + (h->has_fin ? 1 : 0);
	if (tcp_distance(end, seq + span) > 0)
		return !h->is_reset;
	t->counters.retransmitted++;
	return false;
}

/* Whether a segment is to be looked at; moves the stream when it is believed although it does not fit. */
static bool is_placed(struct tcp_context *t, struct tcp_half *h, uint32_t seq, uint32_t span,
		      const struct frame *frame)
{
	bool is_far = tcp_half_is_far(h, seq);
	bool is_stray = h->has_stray && seq == h->stray && seq != h->next && !h->has_fin;
	if (!is_far && !(is_stray && span))
		return true;
	if (span == 0 || h->stream.ignored || !is_confirmed(t, h, seq, span))
		return false;
	move_to(t, h, seq, frame);
	return true;
}

void tcp_half_feed(struct tcp_context *t, struct tcp_half *h, const struct segment *s, bool *restart)
{
	uint32_t seq = s->seq + ((s->flags & TCP_SYN) ? 1 : 0);
	struct slice bytes = s->payload.ptr ? s->payload : slice_of("", 0);
	uint32_t span = s->wire_payload_len > bytes.len ? s->wire_payload_len : (uint32_t)bytes.len;

	if (h->ended) {
		*restart = is_other_stream(t, h, seq, span);
		return;
	}
	if (!is_placed(t, h, seq, span, s->frame))
		return;
	if (s->flags & TCP_FIN)
		note_fin(h, seq + span);
	if (h->has_fin) { /* nothing comes behind the FIN */
		int32_t left = tcp_distance(seq, h->fin);
		if (left < 0 || (uint32_t)left < span) {
			span = left < 0 ? 0 : (uint32_t)left;
			bytes = slice_first(bytes, span);
		}
	}
	if (span && !h->stream.ignored)
		take(t, h, seq, bytes, span, s);
	else if (tcp_distance(h->next, seq + span) > 0 && h->stream.ignored)
		h->next = seq + span;
}

void tcp_half_surrender(struct tcp_context *t, struct tcp_half *h, const struct frame *frame)
{
	buffer_of(t, h);
	while (first_piece(h))
		skip_hole(t, h, frame);
	if (h->buffer->unread_len)
		lose(t, h, frame);
	relist(t, h);
}
