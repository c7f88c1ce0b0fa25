/* SPDX-License-Identifier: MIT */
#include "analyze/logs/log_reader.h"

#include "analyze/logs/log_find.h"

/* SIP messages that a log holds whole.
 *   Asterisk, res_pjsip_logger   <--- Received SIP request (512 bytes) from UDP:192.0.2.1:5060 --->
 *   FreeSWITCH, sofia siptrace   recv 512 bytes from udp/[192.0.2.1]:5060 at 19:53:33.123456:
 * Both say how long the message is, so its end can not be forged: so many bytes are taken, whatever they
 * look like.
 *   Asterisk, chan_sip           <--- SIP read from UDP:192.0.2.1:5060 --->  up to  <------------->
 * does not. Such a message is passed over: its sender could write an end mark and another beginning into it.
 *   Asterisk, pjproject          Error processing 512 bytes packet from UDP 192.0.2.1:5060 : ... :
 * is followed by a packet that could not be read, byte for byte, and is written unless somebody turned it
 * off. It is passed over by its length: its sender could write whole log lines into it.
 * Where each line has a prefix of its own (journald and CRI cut what a program prints into lines), that is
 * not counted. */

#define TRACE_INDENT 3 /* FreeSWITCH puts three blanks in front of each line */
#define PJPROJECT_MAX 4000u /* pjproject cuts what it logs there (PJ_LOG_MAX_SIZE) */

static bool read_port(struct slice text, uint16_t *port)
{
	uint64_t value;
	if (!slice_u64(text, &value) || value > UINT16_MAX)
		return false;
	*port = (uint16_t)value;
	return true;
}

/* "192.0.2.1:5060", "[2001:db8::1]:5060" */
static bool read_peer(struct slice text, struct addr *address, uint16_t *port)
{
	size_t colon = SLICE_NPOS;
	for (size_t i = text.len; i-- > 0;) {
		if (text.ptr[i] == ':') {
			colon = i;
			break;
		}
	}
	struct slice host = slice_first(text, colon);
	if (host.len > 2 && host.ptr[0] == '[' &&
	    host.ptr[host.len - 1] == ']') /* FreeSWITCH writes IPv4 in brackets too */
		host = slice_of(host.ptr + 1, host.len - 2);
	return colon != SLICE_NPOS && addr_parse(host, address) &&
	       read_port(slice_from(text, colon + 1), port);
}

static enum transport_word read_transport(struct slice text)
{
	static const char *const names[] = { "udp", "tcp", "tls", "ws", "wss", "sctp" };
	for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
		if (slice_eq_nocase(text, slice_str(names[i])))
			return (enum transport_word)(TRANSPORT_UDP + i);
	}
	return TRANSPORT_ABSENT;
}

struct announcement {
	struct slice transport, peer;
	uint64_t bytes;
	bool received;
};

/* The part between `open` and the next `close`, taken off the front of *rest. */
static bool take_between(struct slice *rest, struct slice open, struct slice close, struct slice *out)
{
	size_t at = log_find(*rest, open, 0);
	if (at == SLICE_NPOS)
		return false;
	struct slice tail = slice_from(*rest, at + open.len);
	size_t end = log_find(tail, close, 0);
	if (end == SLICE_NPOS)
		return false;
	*out = slice_first(tail, end);
	*rest = slice_from(tail, end + close.len);
	return true;
}

/* `text` begins with "<--- ". */
static bool announced_by_pjsip(struct slice text, struct announcement *a)
{
	struct slice count, peer;
	a->received = slice_starts(text, SLICE("<--- Received SIP "));
	if (!a->received && !slice_starts(text, SLICE("<--- Transmitting SIP ")))
		return false;
	if (!take_between(&text, SLICE("("), SLICE(" bytes) "), &count) || !slice_u64(count, &a->bytes) ||
	    !take_between(&text, a->received ? SLICE("from ") : SLICE("to "), SLICE(" --->"), &peer) ||
	    text.len)
		return false;
	a->transport = slice_cut(&peer, ':');
	a->peer = peer;
	return peer.ptr != NULL;
}

static bool announced_by_freeswitch(struct slice text, struct announcement *a)
{
	struct slice count, peer;
	a->received = slice_starts(text, SLICE("recv "));
	if (!a->received && !slice_starts(text, SLICE("send ")))
		return false;
	if (!take_between(&text, SLICE(" "), SLICE(" bytes "), &count) || !slice_u64(count, &a->bytes) ||
	    !take_between(&text, a->received ? SLICE("from ") : SLICE("to "), SLICE(" at "), &peer) ||
	    text.len < 2 || text.ptr[text.len - 1] != ':')
		return false;
	a->transport = slice_cut(&peer, '/');
	a->peer = peer;
	return peer.ptr != NULL;
}

/* The length of the packet that could not be read, 0: none is announced. */
static uint64_t announced_by_pjproject(struct slice text)
{
	struct slice count;
	uint64_t bytes;
	if (!slice_starts(text, SLICE("ERROR")) || log_find(text, SLICE("pjproject"), 0) == SLICE_NPOS ||
	    !take_between(&text, SLICE(" Error processing "), SLICE(" bytes packet from "), &count) ||
	    !slice_u64(count, &bytes))
		return 0;
	return bytes < PJPROJECT_MAX ? bytes : PJPROJECT_MAX;
}

/* What syslog, CRI or docker compose put in front of each line. */
static size_t frame_len(struct slice line, const struct log_prefix *prefix)
{
	const uint8_t *program = prefix->program.ptr;
	if (program >= line.ptr && program < line.ptr + line.len) {
		size_t behind = (size_t)(program - line.ptr) + prefix->program.len;
		if (behind >= line.len || line.ptr[behind] == ' ') /* RFC 5424: no end of its own */
			return prefix->len;
		size_t colon = log_find(line, SLICE(": "), behind);
		return colon == SLICE_NPOS ? prefix->len : colon + 2;
	}
	if (prefix->container_len)
		return prefix->container_len;
	if (!prefix->stamp_count)
		return 0;
	struct slice time = prefix->stamps[0].text;
	size_t behind = (size_t)(time.ptr - line.ptr) + time.len + 1;
	struct slice rest = slice_from(line, behind < line.len ? behind : line.len);
	bool is_cri = slice_starts(rest, SLICE("stdout ")) || slice_starts(rest, SLICE("stderr "));
	return is_cri && rest.len >= 9 ? behind + 9 : 0;
}

static struct slice take_frame_off(const struct log_reader *r, struct slice line)
{
	struct log_prefix prefix;
	if (!r->record_is_framed)
		return line;
	log_prefix_read(line, &prefix);
	return slice_from(line, frame_len(line, &prefix));
}

static bool start(struct log_reader *r, const struct announcement *a, const struct log_prefix *prefix,
		  uint64_t number, uint16_t input)
{
	if (r->torn_left) /* what announces it may be forged */
		return false;
	struct addr address;
	uint16_t port;
	if (!a->bytes || a->bytes > LOG_LINE_MAX || !read_peer(a->peer, &address, &port))
		return false;
	struct log_stamp stamp = prefix ? log_prefix_stamp(prefix) : (struct log_stamp){ 0 };
	r->message = (struct log_message){ .transport = read_transport(a->transport),
					   .received = a->received,
					   .time_us = log_reader_time(r, &stamp, slice_of(NULL, 0)),
					   .place = { number, input } };
	if (a->received) {
		r->message.ends.source = address;
		r->message.ends.source_port = port;
	} else {
		r->message.ends.destination = address;
		r->message.ends.destination_port = port;
	}
	r->collecting = COLLECT_SIP;
	r->record_len = 0;
	r->record_need = (size_t)a->bytes;
	r->record_left = r->record_need;
	r->record_lines = 0;
	return true;
}

static void finish(struct log_reader *r)
{
	r->collecting = COLLECT_NOTHING;
	r->record_left = 0;
	r->message.bytes = slice_of(r->record, r->record_len);
	if (r->options.message)
		r->options.message(r->options.context, &r->message);
}

/* A line of dashes. */
static bool is_rule(struct slice line)
{
	for (size_t i = 0; i < line.len; i++) {
		if (line.ptr[i] != '-')
			return false;
	}
	return line.len >= 20;
}

static void append(struct log_reader *r, struct slice bytes)
{
	if (r->record_len + bytes.len > LOG_LINE_MAX)
		return;
	memcpy(r->record + r->record_len, bytes.ptr, bytes.len);
	r->record_len += bytes.len;
}

/* Where the CRs are gone, or a line begins like a prefix, the count ends late, and what is announced meanwhile counts too: it may be the next
 * message, whose lines must not come to the dialects. Answers of our own hold no lines of a stranger. When he announces something himself, a
 * little more is passed over. */
static void count_announced(struct log_reader *r, struct slice line)
{
	struct announcement a = { .bytes = 0 };
	struct log_prefix prefix;
	line = slice_trim(line);
	if (line.len < 12)
		return;
	log_prefix_read(line, &prefix);
	struct slice text = slice_from(line, prefix.len);
	size_t at = log_find(text, SLICE("<--- "), 0);
	if (line.ptr[line.len - 1] == ':')
		a.bytes = announced_by_pjproject(text);
	else if (at == SLICE_NPOS || !announced_by_pjsip(slice_from(text, at), &a) ||
		 slice_starts(slice_from(text, at), SLICE("<--- Transmitting SIP response ")))
		return;
	if (a.bytes <= LOG_LINE_MAX && a.bytes > r->record_left)
		r->record_left = (size_t)a.bytes;
}

/* As above, but what chan_sip is about to dump, whose length nobody knows: it begins in what is passed over,
 * and goes on behind it. */
static void note_dump(struct log_reader *r, struct slice line)
{
	bool has_cr = line.len && line.ptr[line.len - 1] == '\r';
	r->record_has_cr |= has_cr; /* then nothing is missing, and who writes this is the message's sender */
	line = take_frame_off(r, line);
	if (r->record_has_cr)
		r->record_has_dump = false;
	else if (slice_starts(line, SLICE("<-------------")))
		r->record_has_dump = false;
	else if (log_find(line, SLICE("<--- SIP read from "), 0) != SLICE_NPOS)
		r->record_has_dump = true;
}

static void skip_dump(struct log_reader *r)
{
	r->collecting = SKIP_SIP;
	r->record_lines = 0;
}

/* One line of the message, still with its CR if the log kept it. The promised length is counted down by what
 * is there and one line feed. Where the CRs are gone a little more than the message is taken, never less: an
 * end that comes too early would hand the sender's last bytes to the dialects. */
static void collect(struct log_reader *r, struct slice line)
{
	line = take_frame_off(r, line);
	if (r->record_is_trace && slice_starts(line, SLICE("   ")))
		line = slice_from(line, TRACE_INDENT);
	size_t counted = line.len + 1;
	if (line.len && line.ptr[line.len - 1] == '\r')
		line.len--;
	if (r->record_is_trace && is_rule(slice_trim(line))) {
		if (r->record_lines == 0) /* the rule in front of the message */
			return;
		if (r->record_len >= r->record_need) {
			finish(r);
			return;
		}
	}
	r->record_lines++;
	append(r, line);
	append(r, SLICE("\r\n"));
	r->record_left -= counted < r->record_left ? counted : r->record_left;
	if (r->record_left == 0)
		finish(r);
}

/* A line inside of a message. */
static void go_on(struct log_reader *r, struct slice line)
{
	struct slice whole = line;
	if (r->collecting != SKIP_SIP)
		note_dump(r, whole);
	if (r->collecting == COLLECT_SIP) {
		collect(r, line);
		count_announced(r, whole);
		if (r->collecting == COLLECT_NOTHING && r->record_left) /* by the last line */
			r->collecting = SKIP_LENGTH;
		else if (r->collecting == COLLECT_NOTHING && r->record_has_dump)
			skip_dump(r);
		return;
	}
	line = take_frame_off(r, line);
	if (r->collecting == SKIP_LENGTH) {
		r->record_left -= line.len + 1 < r->record_left ? line.len + 1 : r->record_left;
		count_announced(r, whole);
		if (!r->record_left)
			r->collecting = COLLECT_NOTHING;
		if (!r->record_left && r->record_has_dump)
			skip_dump(r);
	} else if (slice_starts(line, SLICE("<-------------")) || ++r->record_lines > 1000) {
		r->collecting = COLLECT_NOTHING;
	}
}

/* docker compose mixes the lines of its containers: those of others stand between those of a message, and count for nothing. */
static void keep_container(struct log_reader *r, struct slice line, const struct log_prefix *prefix)
{
	r->record_container_len = 0;
	if (!prefix->container_len)
		return;
	size_t len = slice_find(line, ' ') + 1;
	if (len > sizeof r->record_container)
		return;
	memcpy(r->record_container, line.ptr, len);
	r->record_container_len = len;
}

static bool is_of_another(const struct log_reader *r, struct slice line)
{
	struct log_prefix prefix;
	if (!r->record_container_len || slice_starts(line, slice_of(r->record_container, r->record_container_len)))
		return false;
	log_prefix_read(line, &prefix);
	return prefix.container_len > 0;
}

static bool announce(struct log_reader *r, struct slice line, uint64_t number, uint16_t input)
{
	struct announcement a;
	struct log_prefix prefix;
	log_prefix_read(line, &prefix);
	size_t frame = frame_len(line, &prefix);
	struct slice text = slice_from(line, prefix.len);
	r->record_is_framed = frame > 0;
	r->record_has_cr = r->record_has_dump = false;
	keep_container(r, line, &prefix);
	r->record_is_trace = false;
	if (line.ptr[line.len - 1] == ':') {
		struct slice trace = slice_from(line, frame);
		r->record_is_trace = announced_by_freeswitch(trace, &a);
		if (r->record_is_trace)
			return start(r, &a, frame ? &prefix : NULL, number, input);
		r->record_left = announced_by_pjproject(text);
		if (r->record_left)
			r->collecting = SKIP_LENGTH;
		return r->record_left > 0;
	}
	size_t at = log_find(text, SLICE("<--- "), 0);
	if (at == SLICE_NPOS)
		return false;
	text = slice_from(text, at);
	if (announced_by_pjsip(text, &a))
		return start(r, &a, &prefix, number, input);
	if (slice_starts(text, SLICE("<--- SIP read from "))) {
		skip_dump(r);
		return true;
	}
	return false;
}

bool log_message_is_wrapped(const struct log_reader *r)
{
	return r->record_is_wrapped &&
	       (r->collecting == COLLECT_SIP || r->collecting == SKIP_SIP || r->collecting == SKIP_LENGTH);
}

bool log_message_line(struct log_reader *r, struct slice line, bool wrapped, uint64_t number, uint16_t input)
{
	if (r->collecting == COLLECT_SIP || r->collecting == SKIP_SIP || r->collecting == SKIP_LENGTH) {
		if (is_of_another(r, line))
			return false;
		go_on(r, line);
		return true;
	}
	if (line.len && line.ptr[line.len - 1] == '\r')
		line.len--;
	if (line.len < 12)
		return false;
	uint8_t last = line.ptr[line.len - 1];
	if (last != ':' && (last != '>' || line.ptr[line.len - 2] != '-' || line.ptr[line.len - 4] != '-'))
		return false;
	if (wrapped && slice_find(line, '\n') != SLICE_NPOS) /* a record that was kept together says nothing of the next */
		return false;
	r->record_is_wrapped = wrapped;
	return announce(r, line, number, input);
}
