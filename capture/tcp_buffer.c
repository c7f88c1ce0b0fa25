/* SPDX-License-Identifier: MIT */
#include "capture/tcp_buffer.h"

#include <stdlib.h>

#define UNREAD_FIRST	 2048u /* one segment and a half: a SIP message cut in two mostly fits */
#define ALLOCATION_BYTES 16u   /* what malloc adds, roughly */

void tcp_spares_fini(struct tcp_spares *s)
{
	while (s->count)
		free(s->rooms[--s->count]);
}

static uint8_t *take_room(struct tcp_spares *s, size_t size)
{
	return size == UNREAD_FIRST && s->count ? s->rooms[--s->count] : malloc(size);
}

static void give_room(struct tcp_spares *s, uint8_t *room, size_t size)
{
	if (size == UNREAD_FIRST && s->count < TCP_SPARES_MAX)
		s->rooms[s->count++] = room;
	else
		free(room);
}

struct tcp_buffer *tcp_buffer_new(void *owner, struct tcp_spares *spares)
{
	struct tcp_buffer *b = calloc(1, sizeof *b);
	if (!b)
		return NULL;
	b->owner = owner;
	b->spares = spares;
	b->cost = sizeof *b + ALLOCATION_BYTES;
	TAILQ_INIT(&b->pieces);
	return b;
}

void tcp_buffer_free(struct tcp_buffer *b)
{
	struct tcp_piece *piece;
	if (!b)
		return;
	while ((piece = TAILQ_FIRST(&b->pieces))) {
		TAILQ_REMOVE(&b->pieces, piece, link);
		free(piece);
	}
	give_room(b->spares, b->unread, b->unread_size);
	free(b);
}

static bool make_room(struct tcp_buffer *b, size_t more)
{
	size_t need = b->unread_len + more;
	if (need > UINT32_MAX / 4)
		return false;
	if (b->unread_at + need <= b->unread_size)
		return true;
	if (need <= b->unread_size) { /* something was read since the last move, so this is no more work than
					 the reader's */
		memmove(b->unread, b->unread + b->unread_at, b->unread_len);
		b->unread_at = 0;
		return true;
	}
	size_t size = b->unread_size ? b->unread_size : UNREAD_FIRST;
	while (size < need)
		size *= 2;
	uint8_t *bytes = take_room(b->spares, size);
	if (!bytes)
		return false;
	if (b->unread_len)
		memcpy(bytes, b->unread + b->unread_at, b->unread_len);
	give_room(b->spares, b->unread, b->unread_size);
	b->cost += size + (b->unread_size ? 0 : ALLOCATION_BYTES) - b->unread_size;
	b->unread = bytes;
	b->unread_at = 0;
	b->unread_size = (uint32_t)size;
	return true;
}

bool tcp_buffer_append(struct tcp_buffer *b, struct slice bytes)
{
	if (bytes.len == 0)
		return true;
	if (!make_room(b, bytes.len))
		return false;
	memcpy(b->unread + b->unread_at + b->unread_len, bytes.ptr, bytes.len);
	b->unread_len += (uint32_t)bytes.len;
	return true;
}

void tcp_buffer_read(struct tcp_buffer *b, size_t count)
{
	b->unread_at += (uint32_t)count;
	b->unread_len -= (uint32_t)count;
	if (b->unread_len == 0)
		b->unread_at = 0;
}

bool tcp_buffer_agrees(const struct tcp_buffer *b, uint32_t back, struct slice bytes)
{
	if (b->unread_len == 0)
		return true;
	struct slice unread = tcp_buffer_unread(b);
	if (back > unread.len) {
		bytes = slice_from(bytes, back - unread.len);
		back = (uint32_t)unread.len;
	}
	bytes = slice_first(bytes, back);
	return bytes.len == 0 || memcmp(unread.ptr + unread.len - back, bytes.ptr, bytes.len) == 0;
}

static bool insert(struct tcp_buffer *b, struct tcp_piece *before, uint32_t seq, struct slice bytes,
		   uint32_t span)
{
	struct tcp_piece *piece = malloc(sizeof *piece + bytes.len);
	if (!piece)
		return false;
	piece->seq = seq;
	piece->len = (uint32_t)bytes.len;
	piece->span = span;
	if (bytes.len)
		memcpy(piece->bytes, bytes.ptr, bytes.len);
	if (before)
		TAILQ_INSERT_BEFORE(before, piece, link);
	else
		TAILQ_INSERT_TAIL(&b->pieces, piece, link);
	b->piece_count++;
	b->cost += sizeof *piece + bytes.len + ALLOCATION_BYTES;
	return true;
}

static bool differs(const struct tcp_piece *piece, uint32_t seq, struct slice bytes)
{
	if ((int32_t)(piece->seq - seq) > 0) {
		bytes = slice_from(bytes, piece->seq - seq);
		seq = piece->seq;
	}
	uint32_t at = seq - piece->seq;
	if (at >= piece->len)
		return false;
	bytes = slice_first(bytes, piece->len - at);
	return bytes.len && memcmp(piece->bytes + at, bytes.ptr, bytes.len) != 0;
}

struct tcp_held tcp_buffer_hold(struct tcp_buffer *b, uint32_t seq, struct slice bytes, uint32_t span)
{
	struct tcp_held result = { 0 };
	/* From the back: behind a hole, what comes next mostly goes to the end. */
	struct tcp_piece *piece = TAILQ_LAST(&b->pieces, tcp_pieces);
	while (piece && (int32_t)(piece->seq - seq) > 0)
		piece = TAILQ_PREV(piece, tcp_pieces, link);
	if (!piece)
		piece = TAILQ_FIRST(&b->pieces);

	for (; span && piece; piece = TAILQ_NEXT(piece, link)) {
		int32_t ahead = (int32_t)(piece->seq - seq);
		uint32_t until = piece->seq + piece->span;
		if ((int32_t)(until - seq) <= 0)
			continue;
		if (ahead >= 0 && (uint32_t)ahead >= span)
			break;
		result.conflict |= differs(piece, seq, bytes);
		if (ahead > 0) {
			result.is_new = true;
			result.lost |=
			    !insert(b, piece, seq, slice_first(bytes, (size_t)ahead), (uint32_t)ahead);
		}
		uint32_t past = until - seq;
		if (past > span)
			past = span;
		bytes = slice_from(bytes, past);
		seq += past;
		span -= past;
	}
	if (span) {
		result.is_new = true;
		result.lost |= !insert(b, piece, seq, bytes, span);
	}
	return result;
}

void tcp_buffer_take(struct tcp_buffer *b, struct tcp_piece *piece)
{
	TAILQ_REMOVE(&b->pieces, piece, link);
	b->piece_count--;
	b->cost -= sizeof *piece + piece->len + ALLOCATION_BYTES;
}
