/* SPDX-License-Identifier: MIT */
#include "analyze/sip/message.h"

#include "analyze/sip/cseq.h"
#include "analyze/sip/find.h"
#include "analyze/sip/names.h"
#include "analyze/sip/scan.h"

#define METHOD_MAX 64	      /* a longer first word is no method; no tool was seen with more than 20 */
#define START_LINE_MAX 32768  /* how far sip_looks_like() searches for the end of a start line */

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static struct slice between(struct slice bytes, size_t from, size_t to)
{
	return slice_of(bytes.ptr + from, to - from);
}

static size_t leading_line_ends(struct slice bytes)
{
	size_t n = 0;
	while (n < bytes.len && (bytes.ptr[n] == '\r' || bytes.ptr[n] == '\n' || bytes.ptr[n] == 0))
		n++;
	return n;
}

static bool is_sip_slash(struct slice text)
{
	return text.len > 4 && sip_starts_with4(text, "sip/") && ascii_is_digit(text.ptr[4]);
}

/* Where the version begins in a request line without its line end: the start of its last word. 0 when that is none. */
static size_t version_at(struct slice line)
{
	size_t end = line.len, at;
	if (end > 8 && memcmp(line.ptr + end - 8, " SIP/2.0", 8) == 0)
		return end - 7;
	while (end && is_blank(line.ptr[end - 1]))
		end--;
	for (at = end; at && !is_blank(line.ptr[at - 1]) && end - at < 16;)
		at--;
	return at && is_blank(line.ptr[at - 1]) && is_sip_slash(between(line, at, end)) ? at : 0;
}

/* Length of the method and the blank after it, or 0. */
static size_t method_length(struct slice bytes)
{
	size_t n = 0, max = bytes.len < METHOD_MAX ? bytes.len : METHOD_MAX;
	while (n < max && sip_char_is(bytes.ptr[n], SIP_CHAR_TOKEN))
		n++;
	return n && n < bytes.len && is_blank(bytes.ptr[n]) ? n : 0;
}

static struct slice without_cr(struct slice line)
{
	while (line.len && line.ptr[line.len - 1] == '\r')
		line.len--;
	return line;
}

bool sip_looks_like(struct slice bytes)
{
	/* Nearly all datagrams end here: RTP and RTCP begin with 0x80 to 0xbf, DNS with anything, STUN with 0 or 1. */
	if (bytes.len < 8 || bytes.ptr[0] >= 0x7f)
		return false;
	if (!ascii_is_alpha(bytes.ptr[0])) {
		size_t skip = leading_line_ends(bytes);
		while (skip < bytes.len && is_blank(bytes.ptr[skip]))
			skip++;
		bytes = slice_from(bytes, skip);
		if (bytes.len < 8)
			return false;
	}
	if (is_sip_slash(bytes))
		return true;
	size_t method = method_length(bytes);
	if (method == 0)
		return false;
	struct slice line = slice_first(bytes, START_LINE_MAX);
	size_t end = slice_find(line, '\n');
	return version_at(without_cr(slice_first(line, end))) > method;
}

static void read_version(struct slice version, struct sip_message *out)
{
	out->version = version;
	if (version.len != 7 || memcmp(version.ptr, "SIP/2.0", 7) != 0)
		out->anomalies |= SIP_ANOMALY(BAD_VERSION);
}

static bool read_status_line(struct slice line, struct sip_message *out)
{
	size_t at = 0;
	while (at < line.len && !is_blank(line.ptr[at]))
		at++;
	read_version(slice_first(line, at), out);
	size_t blanks = at;
	while (at < line.len && is_blank(line.ptr[at]))
		at++;
	if (at != blanks + 1)
		out->anomalies |= SIP_ANOMALY(START_LINE_SPACE);
	size_t digits = at;
	while (at < line.len && !is_blank(line.ptr[at]))
		at++;
	struct slice code = between(line, digits, at);
	uint64_t value = 0;
	if (code.len != 3 || !slice_u64(code, &value) || value < 100 || value > 699) {
		out->anomalies |= SIP_ANOMALY(BAD_STATUS);
		if (value > 999)
			value = 0;
	}
	out->is_request = false;
	out->status_code = (uint16_t)value;
	out->reason_phrase = slice_from(line, at + 1);
	out->method_text = out->request_uri = slice_of(NULL, 0);
	return true;
}

static bool is_uri_start(struct slice uri)
{
	size_t n = 0;
	if (sip_starts_with4(uri, "sip:"))
		return uri.len > 4;
	while (n < uri.len && n < 16 && (ascii_is_alpha(uri.ptr[n]) || (n && ascii_is_digit(uri.ptr[n])) ||
					 (n && (uri.ptr[n] == '+' || uri.ptr[n] == '-' || uri.ptr[n] == '.'))))
		n++;
	return n && n + 1 < uri.len && uri.ptr[n] == ':';
}

static void read_method(struct slice text, struct sip_message *out)
{
	out->method_text = text;
	out->method = sip_method_of(text);
	if (out->method == SIP_METHOD_OTHER) {
		out->method = sip_method_of_nocase(text);
		out->anomalies |= out->method == SIP_METHOD_OTHER ? SIP_ANOMALY(UNKNOWN_METHOD) : SIP_ANOMALY(METHOD_CASE);
	}
}

static bool read_request_line(struct slice line, struct sip_message *out)
{
	size_t method = method_length(line);
	size_t version = version_at(line);
	if (method == 0 || version <= method)
		return false;
	size_t end = line.len;
	while (is_blank(line.ptr[end - 1]))
		end--;
	struct slice uri = between(line, method, version);
	if (end != line.len)
		out->anomalies |= SIP_ANOMALY(START_LINE_SPACE);
	out->is_request = true;
	out->status_code = 0;
	out->reason_phrase = slice_of(NULL, 0);
	read_method(slice_first(line, method), out);
	read_version(between(line, version, end), out);

	size_t before = 0;
	while (before < uri.len && is_blank(uri.ptr[before]))
		before++;
	size_t after = uri.len;
	while (after > before && is_blank(uri.ptr[after - 1]))
		after--;
	out->request_uri = between(uri, before, after);
	if (before != 1 || uri.len - after != 1 || uri.ptr[0] != ' ' || uri.ptr[uri.len - 1] != ' ')
		out->anomalies |= SIP_ANOMALY(START_LINE_SPACE);
	bool has_blank = sip_find(out->request_uri, 0, ' ', '\t', ' ', '\t') != out->request_uri.len;
	if (has_blank || !is_uri_start(out->request_uri))
		out->anomalies |= SIP_ANOMALY(BAD_REQUEST_URI);
	if (out->request_uri.len > SIP_URI_OVERLONG)
		out->anomalies |= SIP_ANOMALY(OVERLONG_URI);
	return true;
}

static bool read_start_line(struct slice line, struct sip_message *out)
{
	size_t blanks = 0;
	while (blanks < line.len && is_blank(line.ptr[blanks]))
		blanks++;
	line = without_cr(line);
	if (blanks)
		out->anomalies |= SIP_ANOMALY(START_LINE_SPACE);
	line = slice_from(line, blanks);
	return is_sip_slash(line) ? read_status_line(line, out) : read_request_line(line, out);
}

static inline size_t trimmed_end(const uint8_t *p, size_t from, size_t to)
{
	if (to - from >= 2 && p[to - 1] == '\r' && p[to - 2] > ' ')
		return to - 1;
	while (to > from && (is_blank(p[to - 1]) || p[to - 1] == '\r'))
		to--;
	return to;
}

/* A line that begins with a blank goes on with the value before it (RFC 3261 7.3.1). */
static void fold(struct slice bytes, size_t start, size_t end, struct sip_message *out)
{
	struct sip_field *f = &out->fields[out->field_count - 1];
	out->anomalies |= SIP_ANOMALY(FOLDED);
	f->style |= SIP_FIELD_FOLDED;
	while (start < end && is_blank(bytes.ptr[start]))
		start++;
	end = trimmed_end(bytes.ptr, start, end);
	if (start == end)
		return;
	if (f->value.len == 0)
		f->value.ptr = bytes.ptr + start;
	f->value.len = (size_t)(bytes.ptr + end - f->value.ptr);
	if (f->name.len + f->value.len > SIP_FIELD_OVERLONG)
		out->anomalies |= SIP_ANOMALY(OVERLONG_FIELD);
}

static void note_name(const struct sip_field *f, bool odd, struct sip_message *out)
{
	if (f->name.len == 0)
		out->anomalies |= SIP_ANOMALY(HEADER_EMPTY_NAME);
	else if (f->header == SIP_HEADER_OTHER && !sip_all_are(f->name, SIP_CHAR_TOKEN))
		out->anomalies |= SIP_ANOMALY(HEADER_BAD_NAME);
	if (f->style & SIP_FIELD_COMPACT)
		out->anomalies |= SIP_ANOMALY(COMPACT);
	if (f->style & SIP_FIELD_SPACE_COLON)
		out->anomalies |= SIP_ANOMALY(SPACE_BEFORE_COLON);
	if (odd)
		out->anomalies |= SIP_ANOMALY(ODD_CASE);
}

/* A name that is not written the usual way, or not one of the numbered ones. Gives the position of its colon, or SLICE_NPOS. */
static size_t read_odd_name(struct slice bytes, size_t start, size_t end, struct sip_field *f, struct sip_message *out)
{
	struct slice line = between(bytes, start, end);
	size_t colon = slice_find(line, ':');
	bool odd;
	if (colon == SLICE_NPOS) {
		/* Only line ends: the remains of an empty line that lost its LF. */
		if (trimmed_end(bytes.ptr, start, end) != start)
			out->anomalies |= SIP_ANOMALY(HEADER_NO_COLON);
		return SLICE_NPOS;
	}
	size_t len = colon;
	while (len && is_blank(line.ptr[len - 1]))
		len--;
	f->name = slice_first(line, len);
	f->header = (uint8_t)sip_header_read(f->name, &f->style, &odd);
	if (len != colon)
		f->style |= SIP_FIELD_SPACE_COLON;
	note_name(f, odd, out);
	return start + colon;
}

/* Written member by member: a slice stored in two halves and copied whole at once waits for its own store. */
static size_t read_name(struct slice bytes, size_t start, size_t end, struct sip_field *f, struct sip_message *out)
{
	size_t len;
	enum sip_header header;
	if (bytes.len - start < 16 || !sip_header_usual(bytes.ptr + start, &len, &header))
		return read_odd_name(bytes, start, end, f, out);
	f->name.ptr = bytes.ptr + start;
	f->name.len = len;
	f->header = (uint8_t)header;
	f->style = 0;
	return start + len;
}

static void add_field(struct slice bytes, size_t start, size_t end, struct sip_message *out)
{
	const uint8_t *p = bytes.ptr;
	struct sip_field *f = &out->fields[out->field_count];
	size_t colon = read_name(bytes, start, end, f, out), from = colon + 1;
	if (colon == SLICE_NPOS)
		return;
	if (end - from >= 2 && p[from] == ' ' && !is_blank(p[from + 1])) {
		from++;
	} else {
		while (from < end && is_blank(p[from]))
			from++;
		if (trimmed_end(p, from, end) != from) /* an empty value says nothing about spacing */
			f->style |= from == colon + 1 ? SIP_FIELD_NO_SPACE : SIP_FIELD_WIDE;
	}
	if (end - start > SIP_FIELD_OVERLONG)
		out->anomalies |= SIP_ANOMALY(OVERLONG_FIELD);
	f->value.ptr = p + from;
	f->value.len = trimmed_end(p, from, end) - from;
	out->field_count++;
	if (out->first[f->header] == 0)
		out->first[f->header] = (uint8_t)out->field_count;
}

#define FIELDS_FREE (SIP_FIELDS_MAX - 24)

/* A field written as nearly all are: a name of names.h in its usual case, one space, a value without blanks at its end, CRLF. False:
 * look at the line the long way. */
static inline bool read_usual_field(struct slice bytes, size_t start, size_t end, struct sip_message *out)
{
	const uint8_t *line = bytes.ptr + start, *last = bytes.ptr + end - 1;
	size_t colon;
	enum sip_header header;
	if (end - start > SIP_FIELD_OVERLONG || bytes.len - start < 16 || out->field_count >= FIELDS_FREE ||
	    !sip_header_usual(line, &colon, &header))
		return false;
	const uint8_t *value = line + colon + 2;
	if (value >= last || value[-1] != ' ' || value[0] <= ' ' || *last != '\r' || last[-1] <= ' ')
		return false;
	struct sip_field *f = &out->fields[out->field_count++];
	f->name.ptr = line;
	f->name.len = colon;
	f->header = (uint8_t)header;
	f->style = 0;
	f->value.ptr = value;
	f->value.len = (size_t)(last - value);
	if (out->first[header] == 0)
		out->first[header] = (uint8_t)out->field_count;
	return true;
}

/* A hundred lines of junk must not hide the From behind them: the last places are for the first field of each kind with a name. */
static void add_first_of_kind(struct slice bytes, size_t start, size_t end, struct sip_message *out)
{
	size_t place = out->field_count;
	out->anomalies |= SIP_ANOMALY(TOO_MANY_FIELDS);
	if (place == SIP_FIELDS_MAX)
		return;
	add_field(bytes, start, end, out);
	if (out->field_count == place)
		return;
	unsigned header = out->fields[place].header;
	if (header != SIP_HEADER_OTHER && out->first[header] == place + 1)
		return;
	if (out->first[header] == place + 1)
		out->first[header] = 0;
	out->field_count = place;
}

static void read_line(struct slice bytes, size_t start, size_t end, struct sip_message *out)
{
	if (is_blank(bytes.ptr[start]) && out->field_count)
		fold(bytes, start, end, out);
	else if (out->field_count >= FIELDS_FREE)
		add_first_of_kind(bytes, start, end, out);
	else
		add_field(bytes, start, end, out);
}

/* Structure of RFC 3629 section 4 without surrogates and overlong forms. */
static bool is_utf8(struct slice s)
{
	for (size_t i = 0; i < s.len;) {
		uint8_t c = s.ptr[i];
		size_t more = c < 0x80 ? 0 : c >= 0xc2 && c < 0xe0 ? 1 : (c & 0xf0) == 0xe0 ? 2 : c >= 0xf0 && c < 0xf5 ? 3 : 4;
		if (more == 4 || s.len - i <= more)
			return false;
		for (size_t k = 1; k <= more; k++)
			if ((s.ptr[i + k] & 0xc0) != 0x80)
				return false;
		uint8_t next = more ? s.ptr[i + 1] : 0;
		if ((c == 0xe0 && next < 0xa0) || (c == 0xed && next > 0x9f) || (c == 0xf0 && next < 0x90) ||
		    (c == 0xf4 && next > 0x8f))
			return false;
		i += more + 1;
	}
	return true;
}

static void note_bytes(struct slice head, uint8_t seen, struct sip_message *out)
{
	if (seen == SIP_SEEN_CRLF)
		return;
	if (seen & SIP_SEEN_BARE_LF)
		out->anomalies |= seen & SIP_SEEN_CRLF ? SIP_ANOMALY(MIXED_LINE_END) : SIP_ANOMALY(LF_ONLY);
	if (seen & SIP_SEEN_BARE_CR)
		out->anomalies |= SIP_ANOMALY(LONE_CR);
	if (seen & SIP_SEEN_NUL)
		out->anomalies |= SIP_ANOMALY(NUL_BYTE);
	if (seen & SIP_SEEN_CONTROL)
		out->anomalies |= SIP_ANOMALY(CONTROL_BYTE);
	if ((seen & SIP_SEEN_HIGH) && !is_utf8(head))
		out->anomalies |= SIP_ANOMALY(NOT_UTF8);
}

static void read_body(struct slice rest, struct sip_message *out)
{
	uint64_t length;
	out->body = rest;
	if (!out->first[SIP_HEADER_CONTENT_LENGTH])
		return;
	if (!slice_u64(sip_value(out, SIP_HEADER_CONTENT_LENGTH), &length)) {
		out->anomalies |= SIP_ANOMALY(BAD_CONTENT_LENGTH);
	} else if (length > rest.len) {
		out->anomalies |= SIP_ANOMALY(TRUNCATED);
	} else {
		out->body.len = (size_t)length;
		if (length < rest.len)
			out->anomalies |= SIP_ANOMALY(TRAILING_BYTES);
	}
}

static enum sip_method method_of_cseq(const struct sip_message *m)
{
	struct sip_cseq cseq;
	if (sip_cseq_parse(sip_value(m, SIP_HEADER_CSEQ), &cseq) != PARSE_OK)
		return SIP_METHOD_NONE;
	return sip_method_of(cseq.method);
}

enum parse_result sip_message_parse(struct slice bytes, struct sip_message *out)
{
	uint32_t ends[SIP_LINES_MAX];
	struct sip_scan scan = { 0 };
	size_t skip = leading_line_ends(bytes);

	bytes = slice_from(bytes, skip);
	size_t count = bytes.len ? sip_scan_lines(bytes, &scan, ends) : 0;
	if (count == 0)
		return PARSE_BAD;
	out->anomalies = skip ? SIP_ANOMALY(LEADING_CRLF) : 0;
	if (!read_start_line(slice_first(bytes, ends[0]), out))
		return PARSE_BAD;

	out->all = bytes;
	out->field_count = 0;
	memset(out->first, 0, sizeof out->first);
	for (size_t i = 1, start = ends[0] + (size_t)1;; i = 0) {
		for (; i < count; start = ends[i++] + (size_t)1)
			if (!read_usual_field(bytes, start, ends[i], out))
				read_line(bytes, start, ends[i], out);
		if (scan.done)
			break;
		count = sip_scan_lines(bytes, &scan, ends);
	}
	if (!scan.has_empty_line)
		out->anomalies |= SIP_ANOMALY(NO_HEADER_END);
	note_bytes(slice_first(bytes, scan.next), scan.seen, out);
	read_body(slice_from(bytes, scan.next), out);
	if (!out->is_request)
		out->method = method_of_cseq(out);
	return PARSE_OK;
}

/* ---- of what was cut ---- */

static struct slice whole_lines(struct slice bytes)
{
	size_t end = bytes.len;
	while (end && bytes.ptr[end - 1] != '\n')
		end--;
	return slice_first(bytes, end);
}

/* Where the URI of a request begins that was cut before the end of its line; 0: it is none. */
static size_t cut_uri_at(struct slice bytes)
{
	size_t method = method_length(bytes);
	if (method == 0 || sip_method_of(slice_first(bytes, method)) == SIP_METHOD_OTHER ||
	    slice_find(bytes, '\n') != SLICE_NPOS)
		return 0;
	struct slice uri = slice_from(bytes, method + 1);
	return uri.len > 5 && is_uri_start(uri) ? method + 1 : 0;
}

bool sip_looks_like_cut(struct slice bytes)
{
	return sip_looks_like(bytes) || cut_uri_at(bytes);
}

enum parse_result sip_message_parse_cut(struct slice bytes, struct sip_message *out)
{
	struct slice lines = whole_lines(bytes);
	size_t uri = lines.len ? 0 : cut_uri_at(bytes);
	if (!uri)
		return sip_message_parse(lines.len ? lines : bytes, out);
	memset(out, 0, offsetof(struct sip_message, fields));
	out->is_request = true;
	out->all = bytes;
	out->anomalies = SIP_ANOMALY(NO_HEADER_END);
	read_method(slice_first(bytes, uri - 1), out);
	out->request_uri = slice_from(bytes, uri);
	return PARSE_OK;
}
