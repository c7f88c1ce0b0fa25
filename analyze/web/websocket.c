/* SPDX-License-Identifier: MIT */
#include "analyze/web/websocket.h"

#include "analyze/sip/framing.h"
#include "core/cursor.h"

#include <stdlib.h>

enum { OP_CONTINUE = 0, OP_TEXT = 1, OP_BINARY = 2, OP_CLOSE = 8, OP_PING = 9, OP_PONG = 10 };

#define CONTROL_MAX 125u /* RFC 6455 5.5 */

/* ---- handshake ---- */

/* Takes a line without its end; false when the end is not there. */
static bool take_line(struct slice *rest, struct slice *line)
{
	size_t end = slice_find(*rest, '\n');
	if (end == SLICE_NPOS)
		return false;
	*line = slice_first(*rest, end);
	*rest = slice_from(*rest, end + 1);
	if (line->len && line->ptr[line->len - 1] == '\r')
		line->len--;
	return true;
}

/* Whether a comma separated list has `token`, parameters behind a semicolon aside. */
static bool list_has(struct slice list, struct slice token)
{
	while (list.ptr) {
		struct slice item = slice_cut(&list, ',');
		if (slice_eq_nocase(slice_trim(slice_cut(&item, ';')), token))
			return true;
	}
	return false;
}

static enum parse_result check_first_line(struct slice bytes, bool *is_response)
{
	static const struct slice request = SLICE_INIT("GET "), response = SLICE_INIT("HTTP/1.1 101");
	const struct slice *word = bytes.len && bytes.ptr[0] == 'G' ? &request : &response;
	*is_response = word == &response;
	if (!slice_starts(slice_first(bytes, word->len), slice_first(*word, bytes.len)))
		return PARSE_BAD;
	return bytes.len < word->len ? PARSE_PARTIAL : PARSE_OK;
}

/* Fields of other names are most of what browsers send. */
static bool may_be_wanted(struct slice line)
{
	uint8_t first = ascii_lower(line.ptr[0]);
	return first == 'u' || first == 's' || first <= ' ';
}

enum parse_result websocket_handshake_parse(struct slice bytes, struct websocket_handshake *out)
{
	struct websocket_handshake found = { 0 };
	enum parse_result result = check_first_line(bytes, &found.is_response);
	if (result != PARSE_OK)
		return result;
	struct slice rest = slice_first(bytes, WEBSOCKET_HANDSHAKE_MAX), line;
	bool is_upgrade = false;
	do {
		if (!take_line(&rest, &line))
			return bytes.len >= WEBSOCKET_HANDSHAKE_MAX ? PARSE_BAD : PARSE_PARTIAL;
		if (!line.len || !may_be_wanted(line))
			continue;
		struct slice value = line, name = slice_trim(slice_cut(&value, ':'));
		if (!value.ptr)
			continue;
		if (slice_eq_nocase(name, SLICE("upgrade")))
			is_upgrade |= list_has(value, SLICE("websocket"));
		else if (slice_eq_nocase(name, SLICE("sec-websocket-protocol")))
			found.is_sip |= list_has(value, SLICE("sip"));
		else if (slice_eq_nocase(name, SLICE("sec-websocket-extensions")))
			found.is_compressed |= list_has(value, SLICE("permessage-deflate"));
	} while (line.len);
	if (!is_upgrade)
		return PARSE_BAD;
	found.header_len = (size_t)(rest.ptr - bytes.ptr);
	*out = found;
	return PARSE_OK;
}

/* ---- frames ---- */

struct frame_header {
	uint8_t opcode;
	bool is_final, is_masked, is_compressed;
	uint8_t mask[4];
	uint64_t payload_len;
	size_t len;
};

/* RFC 6455 5.2 */
static enum parse_result read_frame_header(struct slice bytes, struct frame_header *h)
{
	struct cursor c = cursor_of(bytes);
	uint8_t first = cursor_u8(&c), second = cursor_u8(&c);
	*h = (struct frame_header){ .opcode = first & 0x0f,
				    .is_final = first & 0x80,
				    .is_compressed = first & 0x40,
				    .is_masked = second & 0x80,
				    .payload_len = second & 0x7f };
	if (bytes.len &&
	    ((first & 0x30) || (h->opcode > OP_BINARY && h->opcode < OP_CLOSE) || h->opcode > OP_PONG))
		return PARSE_BAD;
	if (h->payload_len == 126) {
		h->payload_len = cursor_be16(&c);
	} else if (h->payload_len == 127) {
		uint64_t high = cursor_be32(&c);
		h->payload_len = high << 32 | cursor_be32(&c);
	}
	if (h->is_masked) {
		struct slice mask = cursor_take(&c, 4);
		if (mask.len)
			memcpy(h->mask, mask.ptr, 4);
	}
	if (c.failed)
		return PARSE_PARTIAL;
	if (h->payload_len >> 63)
		return PARSE_BAD;
	if (h->opcode >= OP_CLOSE && (h->payload_len > CONTROL_MAX || !h->is_final || h->is_compressed))
		return PARSE_BAD;
	h->len = bytes.len - cursor_left(&c);
	return PARSE_OK;
}

static void unmask(uint8_t *to, struct slice from, const uint8_t mask[4])
{
	uint64_t wide;
	uint8_t twice[8];
	memcpy(twice, mask, 4);
	memcpy(twice + 4, mask, 4);
	memcpy(&wide, twice, 8);
	size_t i = 0;
	for (; i + 8 <= from.len; i += 8) {
		uint64_t word;
		memcpy(&word, from.ptr + i, 8);
		word ^= wide;
		memcpy(to + i, &word, 8);
	}
	for (; i < from.len; i++)
		to[i] = from.ptr[i] ^ mask[i & 3];
}

enum parse_result websocket_frame_check(struct slice bytes)
{
	struct frame_header h;
	uint8_t plain[512];
	enum parse_result result = read_frame_header(bytes, &h);
	if (result != PARSE_OK)
		return result;
	if ((h.opcode != OP_TEXT && h.opcode != OP_BINARY) || h.is_compressed ||
	    h.payload_len > WEBSOCKET_MESSAGE_MAX || h.payload_len < 32)
		return PARSE_BAD; /* the shortest start line and a Via are longer */
	size_t limit = h.payload_len < sizeof plain ? (size_t)h.payload_len : sizeof plain;
	struct slice payload = slice_first(slice_from(bytes, h.len), limit);
	if (h.is_masked) {
		unmask(plain, payload, h.mask);
		payload.ptr = plain;
	}
	result = sip_start_line_check(payload);
	/* A start line without end in so many bytes is none. */
	return result == PARSE_PARTIAL && payload.len == limit ? PARSE_BAD : result;
}

/* ---- messages ---- */

static void drop_fragments(struct websocket *w)
{
	free(w->held);
	w->held = NULL;
	w->held_len = w->held_size = 0;
	w->in_message = w->is_unwanted = false;
}

void websocket_gap(struct websocket *w)
{
	drop_fragments(w);
	w->skip = 0;
	w->is_lost = !w->is_over;
}

void websocket_fini(struct websocket *w)
{
	drop_fragments(w);
}

/* Adds the payload to what is held. False: too large, or no memory. */
static bool hold(struct websocket *w, struct slice payload, const struct frame_header *h)
{
	size_t need = w->held_len + payload.len;
	if (need > WEBSOCKET_MESSAGE_MAX)
		return false;
	if (need > w->held_size) {
		size_t size = w->held_size ? w->held_size : 2048;
		while (size < need)
			size *= 2;
		uint8_t *bytes = realloc(w->held, size);
		if (!bytes)
			return false;
		w->held = bytes;
		w->held_size = (uint32_t)size;
	}
	if (payload.len == 0)
		return true;
	if (h->is_masked)
		unmask(w->held + w->held_len, payload, h->mask);
	else
		memcpy(w->held + w->held_len, payload.ptr, payload.len);
	w->held_len = (uint32_t)need;
	return true;
}

static void give(struct websocket_work *work, const struct websocket_handlers *handlers, struct slice message,
		 bool is_text)
{
	work->counters.messages++;
	handlers->message(handlers->ctx, message, is_text);
}

static void end_message(struct websocket *w, struct websocket_work *work,
			const struct websocket_handlers *handlers)
{
	if (!w->is_unwanted)
		give(work, handlers, slice_of(w->held ? w->held : work->bytes, w->held_len), w->is_text);
	drop_fragments(w);
}

static void refuse(struct websocket *w, uint64_t *counter)
{
	if (!w->is_unwanted)
		++*counter;
	free(w->held);
	w->held = NULL;
	w->held_len = w->held_size = 0;
	w->is_unwanted = true;
}

/* A text, binary or continuation frame; the payload is all there. */
static void take_data(struct websocket *w, struct websocket_work *work, const struct frame_header *h,
		      struct slice payload, const struct websocket_handlers *handlers)
{
	if (h->is_final && !w->in_message && h->opcode != OP_CONTINUE) {
		if (h->is_masked) {
			unmask(work->bytes, payload, h->mask);
			payload.ptr = work->bytes;
		}
		give(work, handlers, payload, h->opcode == OP_TEXT);
		return;
	}
	if (!w->is_unwanted && !hold(w, payload, h))
		refuse(w, &work->counters.oversized);
	if (h->is_final)
		end_message(w, work, handlers);
}

/* What a data frame's header says about the message it belongs to. False: its payload is not wanted. */
static bool begin_data(struct websocket *w, struct websocket_work *work, const struct frame_header *h)
{
	if (h->opcode == OP_CONTINUE) {
		if (!w->in_message) {
			work->counters.broken++;
			return false;
		}
		if (!w->is_unwanted && w->held_len + h->payload_len > WEBSOCKET_MESSAGE_MAX)
			refuse(w, &work->counters.oversized);
		return !w->is_unwanted;
	}
	if (w->in_message) { /* the end of the one before never came */
		work->counters.broken++;
		drop_fragments(w);
	}
	bool is_wanted = !h->is_compressed && h->payload_len <= WEBSOCKET_MESSAGE_MAX;
	if (!is_wanted)
		++*(h->is_compressed ? &work->counters.compressed : &work->counters.oversized);
	w->is_text = h->opcode == OP_TEXT;
	if (!h->is_final) {
		w->in_message = true;
		w->is_unwanted = !is_wanted;
	}
	return is_wanted;
}

/* One frame from the front of `bytes`. Returns its length, 0 when it is not complete. */
static size_t take_frame(struct websocket *w, struct websocket_work *work, struct slice bytes,
			 const struct websocket_handlers *handlers)
{
	struct frame_header h;
	enum parse_result result = read_frame_header(bytes, &h);
	if (result == PARSE_PARTIAL)
		return 0;
	if (result == PARSE_BAD) {
		work->counters.broken++;
		w->is_over = true;
		return bytes.len;
	}
	size_t have = bytes.len - h.len;
	bool is_control = h.opcode >= OP_CLOSE;
	/* What is not wanted anyway needs not be kept until it is complete. */
	bool is_skipped = h.payload_len > WEBSOCKET_MESSAGE_MAX ||
			  (h.opcode == OP_CONTINUE && w->in_message && w->is_unwanted);
	if (have < h.payload_len && !is_skipped)
		return 0;
	if (is_control) {
		work->counters.control++;
		w->is_over = h.opcode == OP_CLOSE;
		return w->is_over ? bytes.len : h.len + (size_t)h.payload_len;
	}
	bool is_wanted = begin_data(w, work, &h);
	if (is_wanted) {
		take_data(w, work, &h, slice_of(bytes.ptr + h.len, (size_t)h.payload_len), handlers);
		return h.len + (size_t)h.payload_len;
	}
	if (h.is_final && w->in_message)
		drop_fragments(w);
	if (have >= h.payload_len)
		return h.len + (size_t)h.payload_len;
	w->skip = h.payload_len - have;
	return bytes.len;
}

static size_t skip(struct websocket *w, struct slice bytes)
{
	size_t count = w->skip < bytes.len ? (size_t)w->skip : bytes.len;
	w->skip -= count;
	return count;
}

/* After lost bytes: a segment mostly begins with a frame, so one that carries the start of a message is
 * looked for at the front of each piece, and nowhere else. */
static size_t find_footing(struct websocket *w, struct slice bytes)
{
	enum parse_result result = websocket_frame_check(bytes);
	if (result == PARSE_PARTIAL)
		return 0;
	w->is_lost = result == PARSE_BAD;
	return w->is_lost ? bytes.len : 0;
}

size_t websocket_feed(struct websocket *w, struct websocket_work *work, struct slice bytes,
		      const struct websocket_handlers *handlers)
{
	size_t at = 0;
	while (at < bytes.len) {
		struct slice rest = slice_from(bytes, at);
		if (w->is_over)
			return bytes.len;
		if (w->is_lost) {
			at += find_footing(w, rest);
			if (w->is_lost)
				break;
			continue;
		}
		size_t count = w->skip ? skip(w, rest) : take_frame(w, work, rest, handlers);
		if (count == 0)
			break;
		at += count;
	}
	return at;
}
