/* SPDX-License-Identifier: MIT */
#include "analyze/logs/log_prefix.h"

#include "core/addr.h"

#define LAYERS_MAX  6
#define HOST_MAX    255
#define TAG_MAX	    128
#define FACILITY_MAX 24
#define KERNEL_HEAD 48 /* what a rule writes before a packet (29 bytes at most), and some */

struct reader {
	struct slice line;
	size_t at;
	struct log_prefix *out;
};

static struct slice rest(const struct reader *r)
{
	return slice_from(r->line, r->at);
}

static bool is_at(const struct reader *r, size_t at, uint8_t byte)
{
	return at < r->line.len && r->line.ptr[at] == byte;
}

static void skip_blanks(struct reader *r)
{
	while (is_at(r, r->at, ' '))
		r->at++;
}

static void add_stamp(struct reader *r, enum log_time_form form, struct slice text)
{
	if (r->out->stamp_count < LOG_PREFIX_STAMPS)
		r->out->stamps[r->out->stamp_count++] = (struct log_stamp){ form, text };
}

static bool is_name_byte(uint8_t c)
{
	return ascii_is_digit(c) || ascii_is_alpha(c) || c == '.' || c == '-' || c == '_' || c == ':' ||
	       c == '/' || c == '@' || c == '(' || c == ')';
}

/* A word of name bytes that a blank ends; its length, or 0. */
static size_t word(struct slice text, size_t most)
{
	size_t len = 0;
	while (len < text.len && len < most && is_name_byte(text.ptr[len]))
		len++;
	return len < text.len && text.ptr[len] == ' ' ? len : 0;
}

/* `NOTICE[123]:` and `INFO:` look like a tag and are a level. */
static bool is_level(struct slice name)
{
	static const struct slice levels[] = { SLICE_INIT("NOTICE"),  SLICE_INIT("WARNING"),
					       SLICE_INIT("ERROR"),   SLICE_INIT("INFO"),
					       SLICE_INIT("DEBUG"),   SLICE_INIT("SECURITY"),
					       SLICE_INIT("VERBOSE"), SLICE_INIT("CRITICAL"),
					       SLICE_INIT("ALERT") };
	for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
		if (slice_eq(name, levels[i]))
			return true;
	}
	return false;
}

/* The tag of syslog: `name:`, `name[pid]:`, with a path before the name or not. Its length with colon and
 * blanks, or 0. The name must hold a letter, so that a clock or an address is none. */
static size_t read_tag(struct slice text, struct slice *name)
{
	size_t at = 0, start = 0;
	bool has_letter = false;
	for (; at < text.len && at < TAG_MAX; at++) {
		uint8_t c = text.ptr[at];
		if (c == ':' || c == '[' || !is_name_byte(c))
			break;
		if (c == '/')
			start = at + 1;
		has_letter |= ascii_is_alpha(c);
	}
	if (at == start || !has_letter)
		return 0;
	*name = slice_of(text.ptr + start, at - start);
	if (is_level(*name))
		return 0;
	if (at < text.len && text.ptr[at] == '[') {
		size_t pid = at + 1;
		while (pid < text.len && pid < at + 24 &&
		       (ascii_is_digit(text.ptr[pid]) || text.ptr[pid] == '.'))
			pid++;
		if (pid == at + 1 || pid >= text.len || text.ptr[pid] != ']')
			return 0;
		at = pid + 1;
	}
	if (at >= text.len || text.ptr[at] != ':')
		return 0;
	at++;
	if (at < text.len && text.ptr[at] != ' ')
		return 0;
	while (at < text.len && text.ptr[at] == ' ')
		at++;
	return at;
}

/* `daemon.notice ` of busybox and others, where syslogd was told to name the facility. Its length with the blank, or 0. */
static size_t facility(struct slice text)
{
	static const struct slice levels[] = { SLICE_INIT("emerg"),	SLICE_INIT("alert"),  SLICE_INIT("crit"), SLICE_INIT("err"),
					       SLICE_INIT("error"),	SLICE_INIT("warn"),   SLICE_INIT("warning"),
					       SLICE_INIT("notice"),	SLICE_INIT("info"),   SLICE_INIT("debug") };
	size_t len = word(text, FACILITY_MAX), dot = slice_find(slice_first(text, len), '.');
	for (size_t i = 0; dot != SLICE_NPOS && i < sizeof levels / sizeof *levels; i++) {
		if (slice_eq(slice_of(text.ptr + dot + 1, len - dot - 1), levels[i]))
			return len + 1;
	}
	return 0;
}

/* Behind the time of a syslog line: host and tag, or the tag alone. */
static bool read_host_tag(struct reader *r)
{
	struct slice text = rest(r), name;
	if (r->out->program.ptr)
		return false;
	size_t len = read_tag(text, &name);
	if (!len) {
		size_t host = word(text, HOST_MAX), behind = host ? host + 1 : 0;
		if (host)
			behind += facility(slice_from(text, behind));
		len = host ? read_tag(slice_from(text, behind), &name) : 0;
		if (!len)
			return false;
		len += behind;
	}
	r->out->program = name;
	r->at += len;
	return true;
}

/* Structured data of RFC 5424: `-`, or elements in brackets whose values are quoted and may hold escaped
 * brackets. */
static size_t structured_data(struct slice text)
{
	if (text.len && text.ptr[0] == '-')
		return text.len == 1 || text.ptr[1] == ' ' ? 1 : 0;
	size_t at = 0;
	while (at < text.len && text.ptr[at] == '[') {
		bool quoted = false;
		for (at++; at < text.len && (quoted || text.ptr[at] != ']'); at++) {
			if (quoted && text.ptr[at] == '\\')
				at++;
			else if (text.ptr[at] == '"')
				quoted = !quoted;
		}
		if (at >= text.len)
			return 0;
		at++;
	}
	return at;
}

/* HOST APP PROCID MSGID SD: everything of RFC 5424 behind the time. */
static bool read_5424(struct reader *r)
{
	struct slice text = rest(r), words[4];
	size_t at = 0;
	if (r->out->program.ptr)
		return false;
	for (size_t i = 0; i < 4; i++) {
		size_t len = word(slice_from(text, at), HOST_MAX);
		if (!len)
			return false;
		words[i] = slice_of(text.ptr + at, len);
		at += len + 1;
	}
	for (size_t i = 0; i < words[2].len; i++) {
		if (!ascii_is_digit(words[2].ptr[i]) && !slice_eq(words[2], SLICE("-")))
			return false;
	}
	size_t data = structured_data(slice_from(text, at));
	if (!data)
		return false;
	at += data;
	while (at < text.len && text.ptr[at] == ' ')
		at++;
	if (slice_starts(slice_from(text, at), SLICE("\xef\xbb\xbf")))
		at += 3; /* the byte order mark of RFC 5424 6.4 */
	struct slice app = words[1], ignored;
	while ((ignored = slice_cut(&app, '/')).ptr && app.ptr)
		;
	r->out->program = ignored;
	r->at += at;
	return true;
}

/* CRI: "stdout F " behind the time. */
static bool read_cri(struct reader *r)
{
	struct slice text = rest(r);
	if (!slice_starts(text, SLICE("stdout ")) && !slice_starts(text, SLICE("stderr ")))
		return false;
	if (text.len < 9 || (text.ptr[7] != 'F' && text.ptr[7] != 'P') || text.ptr[8] != ' ')
		return false;
	r->at += 9;
	return true;
}

/* What Kamailio and OpenSIPS put before a message when no syslog stands between: "35(43) " and, behind a
 * time, "[43] ". It is as good as a tag. */
static bool read_process(struct reader *r, uint8_t open, uint8_t close, struct slice program)
{
	struct slice text = rest(r);
	size_t at = 0;
	while (at < text.len && at < 6 && ascii_is_digit(text.ptr[at]))
		at++;
	if (at >= text.len || text.ptr[at] != open || (open == '[' && at) || (open == '(' && !at))
		return false;
	size_t start = ++at;
	while (at < text.len && at < start + 8 && ascii_is_digit(text.ptr[at]))
		at++;
	if (at == start || at + 1 >= text.len || text.ptr[at] != close || text.ptr[at + 1] != ' ')
		return false;
	if (!r->out->program.ptr)
		r->out->program = program;
	r->at += at + 2;
	return true;
}

/* <134> and, for RFC 5424, the version. */
static bool read_pri(struct reader *r)
{
	size_t at = r->at + 1;
	while (at < r->line.len && at < r->at + 4 && ascii_is_digit(r->line.ptr[at]))
		at++;
	if (at == r->at + 1 || !is_at(r, at, '>'))
		return false;
	r->at = at + 1;
	if (slice_starts(rest(r), SLICE("1 ")))
		r->at += 2;
	return true;
}

/* The header of a relay: an address in place of the host name, and behind it the whole header that came with
 * the message, tag and all. Anything less is left as it is. */
static bool read_relayed(struct reader *r)
{
	struct addr address;
	enum log_time_form form;
	struct slice text = rest(r);
	size_t start = r->at, host = r->out->program.ptr ? 0 : word(text, HOST_MAX);
	if (!host || !addr_parse(slice_first(text, host), &address))
		return false;
	r->at += host + 1;
	if (is_at(r, r->at, '<') && !read_pri(r))
		goto back;
	text = rest(r);
	size_t len = log_time_find(text, &form);
	bool is_header =
	    len && len < text.len && text.ptr[len] == ' ' && (form == LOG_TIME_SHORT || form == LOG_TIME_ISO);
	if (!is_header)
		goto back;
	r->at += len + 1;
	skip_blanks(r);
	if (!(form == LOG_TIME_ISO && read_5424(r)) && !read_host_tag(r))
		goto back;
	add_stamp(r, form, slice_first(text, len));
	return true;
back:
	r->at = start;
	return false;
}

/* `asterisk_1  | ` of docker compose, `pbx_asterisk.1.x7k2m9q0p1z2@node    | ` of a service; its length, or 0. */
static size_t compose_name(struct slice text)
{
	size_t at = 0;
	while (at < text.len && at < LOG_CONTAINER_MAX &&
	       (ascii_is_alpha(text.ptr[at]) || ascii_is_digit(text.ptr[at]) ||
		(at && memchr("_-.@", text.ptr[at], 4))))
		at++;
	size_t name = at;
	while (at < text.len && at < LOG_CONTAINER_MAX && text.ptr[at] == ' ')
		at++;
	if (!name || at == name || at + 1 >= text.len || text.ptr[at] != '|' || text.ptr[at + 1] != ' ')
		return 0;
	return at + 2;
}

/* `[pod/asterisk-0/asterisk] ` of `kubectl logs --prefix`; its length, or 0. */
static size_t pod_name(struct slice text)
{
	size_t at = SLICE("[pod/").len;
	if (!slice_starts(text, SLICE("[pod/")))
		return 0;
	while (
	    at < text.len && at < LOG_CONTAINER_MAX &&
	    (ascii_is_alpha(text.ptr[at]) || ascii_is_digit(text.ptr[at]) || memchr("-./", text.ptr[at], 3)))
		at++;
	return at + 1 < text.len && text.ptr[at] == ']' && text.ptr[at + 1] == ' ' ? at + 2 : 0;
}

/* Whose line it is, at the very beginning, and the time of --timestamps behind it. */
static bool read_container(struct reader *r)
{
	struct slice text = rest(r);
	size_t at = is_at(r, r->at, '[') ? pod_name(text) : compose_name(text);
	if (!at)
		return false;
	r->at += at;
	enum log_time_form form;
	text = rest(r);
	size_t len = log_time_find(text, &form);
	if (len > 20 && form == LOG_TIME_ISO && len < text.len && text.ptr[10] == 'T' &&
	    text.ptr[19] == '.' && text.ptr[len - 1] == 'Z' && text.ptr[len] == ' ') {
		add_stamp(r, form, slice_first(text, len));
		r->at += len + 1;
	}
	r->out->container_len = r->at;
	return true;
}

static bool read_bare_time(struct reader *r)
{
	enum log_time_form form;
	struct slice text = rest(r);
	size_t len = log_time_find(text, &form);
	if (!len || form == LOG_TIME_WEB || len >= text.len)
		return false;
	if (text.ptr[len] == ':' && (form == LOG_TIME_SHORT || form == LOG_TIME_LONG)) {
		/* `Nov 21 19:53:33: %...`, network gear */
	} else if (text.ptr[len] != ' ' && text.ptr[len] != '\t') {
		return false;
	}
	add_stamp(r, form, slice_first(text, len));
	r->at += len + 1;
	skip_blanks(r);
	if (is_at(r, r->at, '[')) {
		if (form == LOG_TIME_SHORT)
			read_process(r, '[', ']', SLICE("opensips"));
		return true;
	}
	bool may_be_5424 = form == LOG_TIME_ISO && ascii_is_digit(text.ptr[0]);
	if (!read_cri(r) && !(may_be_5424 && read_5424(r)) && !read_host_tag(r))
		read_relayed(r);
	return true;
}

/* [   203.842973] of the kernel. */
static size_t find_uptime(struct slice text)
{
	size_t at = 0;
	while (at < text.len && at < 12 && text.ptr[at] == ' ')
		at++;
	size_t digits = at;
	while (at < text.len && at < digits + 9 && ascii_is_digit(text.ptr[at]))
		at++;
	if (at == digits || at >= text.len || text.ptr[at] != '.')
		return 0;
	size_t fraction = ++at;
	while (at < text.len && at < fraction + 9 && ascii_is_digit(text.ptr[at]))
		at++;
	return at - fraction == 6 ? at : 0;
}

/* Behind [Tue Nov  3 09:00:00 2026], which `dmesg -T` writes and others too: a packet that a firewall logged,
 * that is `IN=` behind at most a few words and one pair of brackets. No slash, quote or level of a program:
 * there a stranger's text may follow. */
static bool is_packet(struct slice text)
{
	struct slice head = slice_first(text, KERNEL_HEAD);
	size_t brackets = 0;
	for (size_t at = 0; at < head.len; at++) {
		uint8_t c = head.ptr[at];
		bool is_bracket = c == (brackets ? ']' : '[') && brackets < 2 && (brackets || at == 0);
		if (c == 'I' && (at == 0 || memchr(" :,]", head.ptr[at - 1], 4)) &&
		    slice_starts(slice_from(text, at), SLICE("IN=")))
			return brackets != 1;
		if (!is_bracket && !ascii_is_alpha(c) && !ascii_is_digit(c) && !memchr(" _-.:,*", c, 7))
			return false;
		brackets += is_bracket;
	}
	return false;
}

static bool read_bracket(struct reader *r)
{
	enum log_time_form form = LOG_TIME_NONE;
	struct slice text = slice_from(r->line, r->at + 1);
	size_t len = log_time_find(text, &form);
	if (len && len < text.len && text.ptr[len] == ']') {
		add_stamp(r, form, slice_first(text, len));
	} else if ((len = find_uptime(text)) && len < text.len && text.ptr[len] == ']') {
		if (!r->out->program.ptr)
			r->out->program = SLICE("kernel");
	} else if ((len = log_time_find_free(text))) {
		add_stamp(r, LOG_TIME_FREE, slice_first(text, len));
	} else if (!slice_starts(text, SLICE("] ")) || (r->at > 1 && r->line.ptr[r->at - 2] == ']')) {
		return false; /* `[] `: Asterisk with an empty dateformat */
	}
	r->at += len + 2;
	skip_blanks(r);
	if (form == LOG_TIME_LONG && r->out->stamp_count == 1 && !r->out->program.ptr && is_packet(rest(r)))
		r->out->program = SLICE("kernel");
	return true;
}

/* `asterisk[123]: ` without anything or with <PRI> before it: what a template of rsyslog leaves of the header, and programs that have no clock. */
static bool read_bare_tag(struct reader *r)
{
	struct slice text = rest(r), name;
	size_t len = read_tag(text, &name);
	if (!len || name.ptr[name.len] != '[')
		return false;
	r->out->program = name;
	r->at += len;
	return true;
}

/* `/var/log/asterisk/full.1:` or `/var/log/asterisk/full:123:` of grep, with a time directly behind it. A name without a slash could be that of
 * a header field. */
static bool read_grep(struct reader *r)
{
	struct slice text = rest(r);
	enum log_time_form form;
	size_t at = 0;
	bool has_slash = false;
	for (; at < text.len && at < HOST_MAX && text.ptr[at] != ':' && is_name_byte(text.ptr[at]); at++)
		has_slash |= text.ptr[at] == '/';
	if (!has_slash || at >= text.len || text.ptr[at] != ':')
		return false;
	size_t number = ++at;
	while (at < text.len && at < number + 9 && ascii_is_digit(text.ptr[at]))
		at++;
	at = at > number && at < text.len && text.ptr[at] == ':' ? at + 1 : number;
	struct slice behind = slice_from(text, at);
	bool is_bracket = slice_starts(behind, SLICE("["));
	if (is_bracket)
		behind = slice_from(behind, 1);
	if (!log_time_find(behind, &form) && !(is_bracket && log_time_find_free(behind)))
		return false;
	r->at += at;
	return true;
}

/* Told by its dashes: nothing else is written so, and looking at each digit costs more than all the rest of a
 * prefix. */
static bool is_uuid(struct slice text)
{
	const uint8_t *p = text.ptr;
	return text.len >= 37 && p[8] == '-' && p[13] == '-' && p[18] == '-' && p[23] == '-' &&
	       p[36] == ' ' && ascii_hex(p[0]) >= 0 && ascii_hex(p[35]) >= 0;
}

/* "98.50% " */
static size_t find_percent(struct slice text)
{
	size_t at = 0;
	while (at < text.len && at < 6 && (ascii_is_digit(text.ptr[at]) || text.ptr[at] == '.'))
		at++;
	return at >= 3 && at + 1 < text.len && text.ptr[at] == '%' && text.ptr[at + 1] == ' ' ? at + 2 : 0;
}

static bool read_layer(struct reader *r)
{
	struct slice text = rest(r);
	if (text.len < 8)
		return false;
	uint8_t c = text.ptr[0];
	if (c == ' ' && ascii_is_digit(text.ptr[1])) { /* " 5(31) " */
		r->at++;
		if (read_process(r, '(', ')', SLICE("kamailio")))
			return true;
		r->at--;
		return false;
	}
	if (c == '[')
		return (r->at == 0 && read_container(r)) || read_bracket(r);
	if (is_uuid(text)) {
		r->at += 37;
		return true;
	}
	if (r->at == 0 && text.len > 21 && slice_starts(text, SLICE("1 ")) && log_time_is_iso(text.ptr + 2)) {
		r->at += 2; /* RFC 5424 that lost its PRI on the way to the file */
		text = rest(r);
	}
	if (ascii_is_digit(c) || ascii_is_alpha(c)) {
		bool is_begin = r->at == 0 || r->line.ptr[r->at - 1] == '>';
		if (read_bare_time(r) || (r->at == 0 && (read_container(r) || read_grep(r))) ||
		    (is_begin && read_bare_tag(r)))
			return true;
		size_t percent = ascii_is_digit(c) ? find_percent(text) : 0;
		if (percent) {
			r->at += percent;
			return true;
		}
		if (ascii_is_digit(c))
			return read_process(r, '(', ')', SLICE("kamailio"));
	}
	if (r->at)
		return false;
	return c == '<' ? read_pri(r) : c == '/' && read_grep(r);
}

/* `[2026-11-21 19:53:33] NOTICE`: the form of Asterisk, recognised in a few instructions because most lines
 * of the largest logs have it. Nothing else may follow it. */
bool log_prefix_is_asterisk(struct slice line)
{
	if (line.len < 23)
		return false;
	const uint8_t *p = line.ptr;
	return p[0] == '[' && p[20] == ']' && p[21] == ' ' && (uint8_t)(p[22] - 'A') < 26 &&
	       log_time_is_iso(p + 1);
}

void log_prefix_read(struct slice line, struct log_prefix *out)
{
	struct reader r = { line, 0, out };
	out->stamp_count = out->container_len = 0;
	out->program = slice_of(NULL, 0);
	if (log_prefix_is_asterisk(line)) {
		add_stamp(&r, LOG_TIME_ISO, slice_of(line.ptr + 1, 19));
		out->len = LOG_PREFIX_ASTERISK;
		return;
	}
	for (int layer = 0; layer < LAYERS_MAX && read_layer(&r); layer++)
		;
	out->len = r.at;
}

struct log_stamp log_prefix_stamp(const struct log_prefix *prefix)
{
	struct log_stamp best = { 0 };
	unsigned best_rank = 0;
	for (size_t i = 0; i < prefix->stamp_count; i++) {
		unsigned rank = log_time_rank(&prefix->stamps[i]);
		if (rank > best_rank) {
			best = prefix->stamps[i];
			best_rank = rank;
		}
	}
	return best;
}
