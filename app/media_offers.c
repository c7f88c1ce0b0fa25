/* SPDX-License-Identifier: MIT */
#include "app/media_offers.h"

/* Can it be an answer with a body, and so offer a port for media? */
static bool may_offer(struct slice bytes)
{
	static const struct slice no_body = SLICE_INIT("\r\nContent-Length: 0\r\n\r\n");
	bool is_request = bytes.len && ascii_is_alpha(bytes.ptr[0]) && ascii_lower(bytes.ptr[0]) != 's';
	return !is_request && (bytes.len < no_body.len || !slice_eq(slice_from(bytes, bytes.len - no_body.len), no_body));
}

/* Where the reader finds the body to end, perhaps within the number, is not known here: so each of its beginnings counts. */
static void note_number(struct media_offers *o, struct slice text, uint64_t place)
{
	uint32_t port = 0;
	for (size_t i = 0; i < text.len && ascii_is_digit(text.ptr[i]); i++) {
		port = port * 10 + (text.ptr[i] - '0');
		if (port > UINT16_MAX)
			return;
		o->until[media_offer_slot(port)] = place;
	}
}

static struct slice skip_blanks(struct slice s)
{
	while (s.len && (s.ptr[0] == ' ' || s.ptr[0] == '\t' || s.ptr[0] == '\r'))
		s = slice_from(s, 1);
	return s;
}

/* The lines that sip_sdp_parse takes for the port of an audio stream, wherever in the message they stand. */
void media_offers_note(struct media_offers *o, struct slice message, uint64_t place)
{
	if (!may_offer(message))
		return;
	while (message.ptr) {
		struct slice line = skip_blanks(slice_cut(&message, '\n'));
		if (!slice_starts(line, SLICE("m=")))
			continue;
		line = skip_blanks(slice_from(line, 2));
		if (slice_starts_nocase(line, SLICE("audio ")))
			note_number(o, skip_blanks(slice_from(line, 6)), place);
	}
}
