/* SPDX-License-Identifier: MIT */
#include "analyze/sip/framing.h"

#include <assert.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define BLOCK	  64u
#define TOKEN_MAX 64u /* longest method taken for one; the registered ones have at most 9 letters */

static_assert(sizeof(struct sip_framer) <= 8, "fits into a pointer-sized field of a stream");

/* ---- start line ---- */

/* RFC 3261 25.1 token */
static bool is_token_char(uint8_t c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) || (c && strchr("-.!%*_+`'~", c));
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

/* "SIP/d.d " and three digits; PARSE_PARTIAL when it ends early. */
static enum parse_result check_status_line(struct slice s)
{
	static const char shape[] = "SIP/d.d ddd"; /* d: a digit */
	for (size_t i = 0; i < sizeof shape - 1; i++) {
		if (i == s.len)
			return PARSE_PARTIAL;
		uint8_t c = s.ptr[i], wanted = (uint8_t)shape[i];
		bool fits = wanted == 'd' ? ascii_is_digit(c) : c == wanted || (i < 3 && (c ^ 0x20) == wanted);
		if (!fits)
			return PARSE_BAD;
	}
	if (s.len == sizeof shape - 1)
		return PARSE_PARTIAL;
	uint8_t end = s.ptr[sizeof shape - 1];
	return end == ' ' || end == '\r' || end == '\n' || end == '\t' ? PARSE_OK : PARSE_BAD;
}

/* " SIP/d.d" and perhaps white space is the end of a request line. */
static bool ends_with_version(struct slice line)
{
	while (line.len && (is_blank(line.ptr[line.len - 1]) || line.ptr[line.len - 1] == '\r'))
		line.len--;
	if (line.len < 9)
		return false;
	const uint8_t *v = line.ptr + line.len - 8;
	return is_blank(v[0]) && (v[1] | 0x20) == 's' && (v[2] | 0x20) == 'i' && (v[3] | 0x20) == 'p' &&
	       v[4] == '/' && ascii_is_digit(v[5]) && v[6] == '.' && ascii_is_digit(v[7]);
}

/* `scanned` bytes at the front have no line feed. `is_all`: nothing follows, the line ends there. */
static enum parse_result check_start_line(struct slice s, size_t scanned, bool is_all)
{
	if (s.len == 0)
		return PARSE_PARTIAL;
	if ((s.ptr[0] | 0x20) == 's') {
		enum parse_result status = check_status_line(s);
		if (status != PARSE_BAD)
			return status == PARSE_PARTIAL && is_all && s.len >= 11 ? PARSE_OK : status;
	}
	size_t i = 0;
	while (i < s.len && i < TOKEN_MAX && is_token_char(s.ptr[i]))
		i++;
	if (i == s.len)
		return is_all ? PARSE_BAD : PARSE_PARTIAL;
	if (i == 0 || !is_blank(s.ptr[i]))
		return PARSE_BAD;
	size_t end = slice_find(slice_from(s, scanned), '\n');
	if (end == SLICE_NPOS && !is_all)
		return PARSE_PARTIAL;
	end = end == SLICE_NPOS ? s.len : end + scanned;
	return ends_with_version(slice_first(s, end)) ? PARSE_OK : PARSE_BAD;
}

enum parse_result sip_start_line_check(struct slice bytes)
{
	return check_start_line(bytes, 0, false);
}

/* ---- header ---- */

/* Where the line feeds are in 64 bytes, one bit each. */
static uint64_t line_feeds(const uint8_t *p)
{
	uint64_t mask = 0;
#ifdef __SSE2__
	const __m128i feed = _mm_set1_epi8('\n');
	for (unsigned i = 0; i < 4; i++) {
		__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));
		mask |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, feed)) << (16 * i);
	}
#else
	for (unsigned i = 0; i < BLOCK; i++)
		mask |= (uint64_t)(p[i] == '\n') << i;
#endif
	return mask;
}

struct length {
	bool is_present, is_bad, is_repeated;
	size_t value;
};

/* Past blanks and folds. A fold is a line end and a blank. */
static size_t skip_white(struct slice s, size_t i)
{
	for (;;) {
		while (i < s.len && is_blank(s.ptr[i]))
			i++;
		size_t fold = i;
		if (fold < s.len && s.ptr[fold] == '\r')
			fold++;
		if (fold + 1 >= s.len || s.ptr[fold] != '\n' || !is_blank(s.ptr[fold + 1]))
			return i;
		i = fold + 1;
	}
}

/* `header` ends with its empty line and `at` is the start of a line that begins with c or l. */
static void read_length(struct slice header, size_t at, struct length *length)
{
	static const struct slice name = SLICE_INIT("content-length");
	struct slice line = slice_from(header, at);
	size_t i = slice_starts_nocase(line, name) ? name.len : (line.ptr[0] | 0x20) == 'l' ? 1 : 0;
	if (i == 0)
		return;
	i = skip_white(line, i);
	if (i >= line.len || line.ptr[i] != ':')
		return;
	if (length->is_present) {
		length->is_repeated = true;
		return;
	}
	length->is_present = true;
	i = skip_white(line, i + 1);
	size_t digits = i, value = 0;
	while (i < line.len && ascii_is_digit(line.ptr[i])) {
		value = value * 10 + (line.ptr[i++] - '0');
		if (value > SIP_FRAME_BODY_MAX)
			value = SIP_FRAME_BODY_MAX + 1;
	}
	bool has_digits = i > digits;
	i = skip_white(line, i);
	bool at_line_end = i >= line.len || line.ptr[i] == '\n' || line.ptr[i] == '\r';
	length->is_bad = !has_digits || !at_line_end || value > SIP_FRAME_BODY_MAX;
	length->value = length->is_bad ? 0 : value;
}

/* A quick look that spares Call-ID, Contact and the like the comparison. */
static bool may_be_length(struct slice s, size_t line)
{
	uint8_t c = s.ptr[line] | 0x20;
	return c == 'l' ||
	       (c == 'c' && line + 8 < s.len && s.ptr[line + 7] == '-' && (s.ptr[line + 8] | 0x20) == 'l');
}

/* Length of the header with its empty line, 0 when that is not there. Looks at line feeds from `from` on, and
 * for Content-Length in the lines that begin behind them. */
static size_t scan_header(struct slice s, size_t from, struct length *length)
{
	for (size_t block = from; block < s.len; block += BLOCK) {
		uint64_t feeds;
		if (s.len - block >= BLOCK) {
			feeds = line_feeds(s.ptr + block);
		} else {
			uint8_t rest[BLOCK] = { 0 };
			memcpy(rest, s.ptr + block, s.len - block);
			feeds = line_feeds(rest);
		}
		for (; feeds; feeds &= feeds - 1) {
			size_t line = block + (size_t)__builtin_ctzll(feeds) + 1;
			if (line >= s.len)
				return 0;
			uint8_t c = s.ptr[line];
			if (c == '\n')
				return line + 1;
			if (c == '\r' && line + 1 < s.len && s.ptr[line + 1] == '\n')
				return line + 2;
			if (may_be_length(s, line))
				read_length(s, line, length);
		}
	}
	return 0;
}

static uint32_t length_marks(const struct length *length)
{
	return (length->is_bad ? SIP_FRAME_BAD_LENGTH : 0) |
	       (length->is_repeated ? SIP_FRAME_REPEATED_LENGTH : 0);
}

/* ---- stream ---- */

void sip_framer_gap(struct sip_framer *f)
{
	*f = (struct sip_framer){ .lost = 1 };
}

/* Line ends and NUL bytes before a message. Phones use both to keep a NAT open. */
static size_t skip_keep_alive(struct slice s, size_t at, struct sip_frame *out)
{
	while (at < s.len && (s.ptr[at] == '\r' || s.ptr[at] == '\n' || s.ptr[at] == 0))
		out->line_ends += s.ptr[at++] == '\n';
	return at;
}

static void skip_garbage(struct sip_framer *f, size_t count, bool inside, struct sip_frame *out)
{
	*f = (struct sip_framer){ .lost = 1, .inside = inside };
	out->garbage += count;
	out->skip += count;
}

/* Moves out->skip to the next start line, or to the first byte that may belong to one. True: it is a whole
 * line. */
static bool find_start_line(struct sip_framer *f, struct slice s, struct sip_frame *out)
{
	for (;;) {
		if (!f->inside) {
			out->skip = skip_keep_alive(s, out->skip, out);
			struct slice front = slice_first(slice_from(s, out->skip), SIP_FRAME_HEADER_MAX);
			enum parse_result found = check_start_line(front, f->scanned, false);
			if (found == PARSE_OK)
				return true;
			if (found == PARSE_PARTIAL && front.len < SIP_FRAME_HEADER_MAX) {
				f->scanned = (uint32_t)front.len;
				return false;
			}
		}
		size_t end = slice_find(slice_from(s, out->skip), '\n');
		bool has_end = end != SLICE_NPOS;
		skip_garbage(f, has_end ? end + 1 : s.len - out->skip, !has_end, out);
		if (!has_end)
			return false;
	}
}

/* The header of `s`, which begins with a start line. PARSE_BAD: it has no end where it must have one. */
static enum parse_result frame_header(struct sip_framer *f, struct slice s, struct sip_frame *out)
{
	struct slice front = slice_first(s, SIP_FRAME_HEADER_MAX);
	struct length length = { 0 };
	size_t from = f->scanned > 2 ? f->scanned - 2 : 0;
	size_t header_len = scan_header(front, from, &length);
	if (header_len && from) {
		length = (struct length){ 0 };
		scan_header(slice_first(front, header_len), 0, &length);
	}
	if (header_len == 0) {
		f->scanned = (uint32_t)front.len;
		return front.len == SIP_FRAME_HEADER_MAX ? PARSE_BAD : PARSE_PARTIAL;
	}
	size_t message_len = header_len + length.value;
	if (message_len > s.len) {
		f->need = (uint32_t)message_len;
		return PARSE_PARTIAL;
	}
	out->header_len = header_len;
	out->message_len = message_len;
	out->marks = length_marks(&length) | (length.is_present ? 0 : SIP_FRAME_NO_LENGTH) |
		     (f->lost ? SIP_FRAME_RESYNC : 0);
	*f = (struct sip_framer){ 0 };
	return PARSE_OK;
}

enum parse_result sip_frame_next(struct sip_framer *f, struct slice stream, struct sip_frame *out)
{
	*out = (struct sip_frame){ 0 };
	if (stream.len < f->need)
		return PARSE_PARTIAL;
	for (;;) {
		if (!f->in_header && !find_start_line(f, stream, out))
			return PARSE_PARTIAL;
		f->in_header = 1;
		enum parse_result result = frame_header(f, slice_from(stream, out->skip), out);
		if (result != PARSE_BAD)
			return result;
		/* All that was looked at is given up, so that no byte is looked at twice. */
		skip_garbage(f, SIP_FRAME_HEADER_MAX,
			     stream.ptr[out->skip + SIP_FRAME_HEADER_MAX - 1] != '\n', out);
	}
}

/* ---- datagram ---- */

enum parse_result sip_frame_datagram(struct slice datagram, struct sip_frame *out)
{
	struct sip_frame frame = { 0 };
	frame.skip = skip_keep_alive(datagram, 0, &frame);
	struct slice s = slice_from(datagram, frame.skip);
	if (s.len == 0 || check_start_line(s, 0, true) != PARSE_OK)
		return PARSE_BAD;
	struct length length = { 0 };
	frame.header_len = scan_header(s, 0, &length);
	if (frame.header_len == 0) {
		frame.header_len = s.len;
		frame.marks |= SIP_FRAME_NO_END;
	}
	size_t body_len = s.len - frame.header_len;
	frame.marks |= length_marks(&length);
	if (length.is_present && !length.is_bad) {
		if (length.value > body_len)
			frame.marks |= SIP_FRAME_LENGTH_BEYOND;
		else if (length.value < body_len)
			frame.marks |= SIP_FRAME_LENGTH_SHORT;
		if (length.value < body_len)
			body_len = length.value;
	}
	frame.message_len = frame.header_len + body_len;
	*out = frame;
	return PARSE_OK;
}
