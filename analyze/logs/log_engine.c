/* SPDX-License-Identifier: MIT */
#include "analyze/logs/log_reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyze/logs/log_find.h"
#include "analyze/logs/log_form.h"
#include "analyze/logs/log_json.h"
#include "analyze/logs/log_text.h"
#include "analyze/sip/caller.h"
#include "core/clock.h"

#define MATCH_LIMIT    200000u /* steps of PCRE2: a line of 64 KiB that is read once needs far less */
#define DEFAULT_YEAR   1972 /* a leap year, so that 29 Feb stays what it is */

/* ---- life ---- */

static int unknown_dialect(const struct dialects *d, const char *name, struct error *err)
{
	char list[400] = "";
	size_t len = 0;
	for (size_t i = 0; i < d->count && len + d->items[i]->name.len + 3 < sizeof list; i++)
		len += (size_t)snprintf(list + len, sizeof list - len, "%s%s", i ? ", " : "",
					(const char *)d->items[i]->name.ptr);
	return error_set(err, -ENOENT, "no log dialect `%s`; there are: %s", name, list[0] ? list : "none");
}

int dialects_find(const struct dialects *d, const char *name, struct error *err)
{
	for (size_t i = 0; i < d->count; i++) {
		if (slice_eq(d->items[i]->name, slice_str(name)))
			return (int)i;
	}
	return unknown_dialect(d, name, err);
}

static void prepare(struct log_reader *r)
{
	for (size_t i = 0; i < r->dialects->count; i++) {
		const struct dialect *d = r->dialects->items[i];
		r->counts[i].name = (const char *)d->name.ptr;
		r->open_mask |= (uint64_t)!d->needs_program << i;
		r->json_mask |= (uint64_t)d->is_json << i;
	}
	r->last_dialect = DIALECTS_MAX;
	r->known_us = INT64_MIN;
	r->calendar = (struct log_calendar){
		.zone = r->options.zone,
		.source = r->options.zone ? LOG_ZONE_GIVEN : LOG_ZONE_ASSUMED,
		.reference_us = r->options.reference_us ? r->options.reference_us : INT64_MIN,
		.year = r->options.year ? r->options.year : DEFAULT_YEAR,
		.last_us = INT64_MIN,
	};
}

struct log_reader *log_reader_new(const struct dialects *dialects, const struct log_options *options,
				  struct error *err)
{
	struct log_reader *r = calloc(1, sizeof *r);
	if (!r) {
		error_set(err, -ENOMEM, "out of memory");
		return NULL;
	}
	r->dialects = dialects;
	if (options)
		r->options = *options;
	r->forced_mask = UINT64_MAX;
	if (r->options.dialect) {
		int forced = dialects_find(dialects, r->options.dialect, err);
		if (forced < 0) {
			free(r);
			return NULL;
		}
		r->forced_mask = (uint64_t)1 << forced;
	}
	r->record = malloc(LOG_LINE_MAX);
	r->gates = calloc(LOG_GATES, sizeof *r->gates);
	r->clean = malloc(LOG_LINE_MAX);
	r->values = malloc(LOG_LINE_MAX);
	r->match = pcre2_match_data_create(32, NULL);
	r->limits = pcre2_match_context_create(NULL);
	r->learner = log_learner_new();
	if (!r->learner || !r->record || !r->gates || !r->clean || !r->values || !r->match || !r->limits) {
		error_set(err, -ENOMEM, "out of memory");
		log_reader_free(r);
		return NULL;
	}
	pcre2_set_match_limit(r->limits, MATCH_LIMIT);
	pcre2_set_depth_limit(r->limits, MATCH_LIMIT);
	prepare(r);
	return r;
}

void log_reader_free(struct log_reader *r)
{
	if (!r)
		return;
	pcre2_match_data_free(r->match);
	pcre2_match_context_free(r->limits);
	free(r->record);
	for (size_t i = 0; r->gates && i < LOG_GATES; i++)
		log_forms_free(r->gates[i].forms);
	free(r->gates);
	log_learner_free(r->learner);
	free(r->clean);
	free(r->inner);
	free(r->values);
	free(r);
}

/* ---- a line ---- */

/* PJSIP names who calls, and no number, when it knows nobody of that name: then the account is the user of From. Its security events do not even
 * say whether it was a call. */
static enum caller_word caller_of(const struct observation *o)
{
	struct slice method = observation_text(o, TEXT_METHOD),
		     user = observation_text(o, TEXT_FROM_USERNAME);
	bool is_nobody = o->choice[CHOICE_OUTCOME] == OUTCOME_UNKNOWN_TARGET && !user.ptr &&
			 !(o->has_text >> TEXT_DIALED & 1);
	if (method.len && !slice_eq(method, SLICE("INVITE")))
		return CALLER_ABSENT;
	if (is_nobody)
		return sip_caller(observation_text(o, TEXT_ACCOUNT), slice_of(NULL, 0));
	return method.len ? sip_caller_logged(user) : CALLER_ABSENT;
}

static bool accept(struct log_reader *r, size_t dialect, struct log_line *line, const struct log_stamp *inner,
		   struct observation *o)
{
	if (r->torn_left) {
		r->counts[dialect].torn++;
		return false;
	}
	struct log_stamp stamp = line->stamp;
	if (stamp.form == LOG_TIME_NONE && line->prefix.stamp_count == 1)
		stamp = line->prefix.stamps[0];
	else if (stamp.form == LOG_TIME_NONE)
		stamp = log_prefix_stamp(&line->prefix);
	if (stamp.form == LOG_TIME_NONE ||
	    (inner->form != LOG_TIME_NONE && log_time_rank(inner) > log_time_rank(&stamp)))
		stamp = *inner;
	o->time_us = log_reader_time(r, &stamp, line->message);
	if (r->known_us < o->time_us)
		r->known_us = o->time_us;
	o->known_us = r->known_us;
	o->place = (struct place){ line->number, line->input };
	observation_set_text(o, TEXT_DIALECT, r->dialects->items[dialect]->name);
	o->choice[CHOICE_CALLER] = (uint8_t)caller_of(o);
	r->last_dialect = dialect;
	r->counts[dialect].matched++;
	r->matched++;
	return true;
}

/* Dialects that were not even asked. */
static void count_unmatched(struct log_reader *r, uint64_t mask, struct slice message)
{
	for (; mask; mask &= mask - 1) {
		size_t index = (size_t)__builtin_ctzll(mask);
		if (log_match_has_failure(r->dialects->items[index], message))
			r->counts[index].unmatched++;
	}
}

/* 1: *o filled; 0: nothing, *unread has the dialects that see a failure in it; -1: dealt with, look no
 * further. */
static int try_all(struct log_reader *r, uint64_t mask, size_t first, struct log_line *line,
		   struct observation *o, uint64_t *unread)
{
	uint64_t left = mask;
	size_t index = first;
	while (left) {
		struct log_stamp inner;
		bool failed;
		switch (log_match(r, index, line->message, o, &inner, &failed)) {
		case MATCH_OK:
			return accept(r, index, line, &inner, o) ? 1 : -1;
		case MATCH_AMBIGUOUS:
			r->counts[index].ambiguous++;
			return -1;
		case MATCH_TORN:
			r->counts[index].torn++;
			if (!line->is_whole)
				log_torn_start(r, line);
			return -1;
		default:
			*unread |= (uint64_t)failed << index;
			left &= ~((uint64_t)1 << index);
			index = left ? (size_t)__builtin_ctzll(left) : 0;
		}
	}
	return 0;
}

static size_t first_of(const struct log_reader *r, uint64_t mask)
{
	return r->last_dialect < DIALECTS_MAX && mask >> r->last_dialect & 1 ? r->last_dialect
									     : (size_t)__builtin_ctzll(mask);
}

/* As try_all, but by what is known of lines like this one; learns what is not known yet. */
static int try_forms(struct log_reader *r, uint64_t mask, struct log_line *line, struct observation *o,
		     uint64_t *unread)
{
	size_t first = first_of(r, mask), dialect;
	struct log_stamp inner;
	if (r->is_plain || r->torn_left)
		return try_all(r, mask, first, line, o, unread);
	enum form_result known = log_forms_read(r, mask, first, line->message, o, &dialect, &inner, unread);
	if (known != FORM_UNKNOWN)
		log_learner_note(r->learner);
	if (known == FORM_MATCH)
		return accept(r, dialect, line, &inner, o) ? 1 : -1;
	if (known == FORM_NONE)
		return 0;
	int found = try_all(r, mask, first, line, o, unread);
	if (found >= 0)
		log_forms_learn(r, mask, first, line->message, found ? o : NULL, r->last_dialect);
	return found;
}

static bool may_be_colour(uint8_t c)
{
	return c == 0x1b || c == '#' || c == '^' || c == '\\';
}

static void start_line(struct log_line *line, struct slice text, uint64_t number, uint16_t input)
{
	line->text = text;
	line->stamp.form = LOG_TIME_NONE;
	line->program = slice_of(NULL, 0);
	line->number = number;
	line->input = input;
	line->is_clean = line->is_whole = false;
}

static void read_prefix(struct log_line *line)
{
	log_prefix_read(line->text, &line->prefix);
	line->message = slice_from(line->text, line->prefix.len);
	if (line->program.ptr && !line->prefix.program.ptr)
		line->prefix.program = line->program;
}

static void take_colours_off(struct log_reader *r, struct log_line *line)
{
	/* The line may already lie in `clean` (a JSON wrapping): stripping only shortens, so in place is
	 * fine. */
	line->text = slice_of(r->clean, log_text_strip(line->text, r->clean));
	line->is_clean = true;
	read_prefix(line);
}

static uint64_t mask_of(struct log_reader *r, const struct log_line *line)
{
	uint64_t mask = log_dispatch(r, line->message, line->prefix.program);
	return r->options.dialect ? r->forced_mask : mask;
}

static void keep_head(struct log_reader *r, const struct log_line *line)
{
	size_t len = line->prefix.len;
	if (len <= 32 && line->text.len >= 32) {
		memcpy(r->head, line->text.ptr, 32); /* of known length: no call */
	} else {
		len = len < HEAD_KEPT ? len : HEAD_KEPT;
		memcpy(r->head, line->text.ptr, len);
	}
	r->head_len = len;
}

/* The dialects in `mask` are asked. */
static bool read_message(struct log_reader *r, struct log_line *line, uint64_t mask, struct observation *o)
{
	if (mask) {
		uint64_t unread = 0;
		int found = try_forms(r, mask, line, o, &unread);
		if (found == 0 && !line->is_clean && log_text_has_colour(line->text)) {
			take_colours_off(r, line);
			mask = line->message.len ? mask_of(r, line) : 0;
			found = mask ? try_all(r, mask, first_of(r, mask), line, o, &unread) : 0;
		}
		if (found)
			return found > 0;
		for (; unread; unread &= unread - 1)
			r->counts[__builtin_ctzll(unread)].unmatched++;
	}
	/* Nothing reads this file so far: a prefix that nobody knows must not hide that it is full of
	 * failures. */
	if (r->matched == 0 && r->looked_for_words < LOG_WORDS_LINES) {
		r->looked_for_words++;
		count_unmatched(r,
				r->forced_mask & ~mask & (((uint64_t)1 << (r->dialects->count - 1) << 1) - 1),
				line->message);
	}
	return false;
}

static bool read_line(struct log_reader *r, struct log_line *line, struct observation *o)
{
	read_prefix(line);
	r->form.id = 0;
	if (line->message.len && may_be_colour(line->message.ptr[0]) && log_text_has_colour(line->text))
		take_colours_off(r, line);
	if (line->prefix.stamp_count)
		keep_head(r, line);
	if (r->torn_left)
		log_torn_pass(r, line);
	if (!line->message.len)
		return false;
	if (line->message.ptr[0] == '{' && (line->prefix.len || line->text.ptr == r->clean))
		log_record_open(r, line);
	if (!line->message.len)
		return false;
	if (log_torn_is_dump(line))
		log_torn_start(r, line);
	return read_message(r, line, mask_of(r, line), o);
}

/* ---- wrappings and records of several lines ---- */

static bool read_json(struct log_reader *r, struct slice json, uint64_t number, uint16_t input,
		      struct observation *o)
{
	struct log_wrapping wrapping;
	struct log_line line;
	start_line(&line, json, number, input);
	if (log_text_unwrap(json, &wrapping) && wrapping.head_len + wrapping.text.len <= LOG_LINE_MAX) {
		uint8_t *to = r->clean + wrapping.head_len;
		memcpy(r->clean, wrapping.head, wrapping.head_len);
		size_t len = wrapping.is_bytes ? json_bytes(wrapping.text, to) : json_unescape(wrapping.text, to);
		if (len == SLICE_NPOS)
			return false;
		len += wrapping.head_len;
		while (len && r->clean[len - 1] == '\n')
			len--;
		if (log_message_line(r, slice_of(r->clean, len), true, number, input))
			return false;
		while (len && (r->clean[len - 1] == '\n' || r->clean[len - 1] == '\r'))
			len--;
		line.text = slice_of(r->clean, len);
		line.program = wrapping.program;
		line.is_whole = wrapping.is_whole;
		line.stamp.text = wrapping.time;
		if (wrapping.time_is_us)
			line.stamp.form = LOG_TIME_EPOCH_US;
		else
			line.stamp.text.len = log_time_find(wrapping.time, &line.stamp.form);
		if (!line.stamp.text.len)
			line.stamp.form = LOG_TIME_NONE;
	}
	return read_line(r, &line, o);
}

/* One more line of an object that did not end in its first one. */
static bool collect_json(struct log_reader *r, struct slice text, uint16_t input, struct observation *o)
{
	if (r->record_len + text.len + 1 > LOG_LINE_MAX) {
		r->collecting = COLLECT_NOTHING;
		return false;
	}
	memcpy(r->record + r->record_len, text.ptr, text.len);
	r->record_len += text.len;
	r->record[r->record_len++] = '\n';
	/* Only a line that begins with the last brace can end it; so the text is not walked for every line.
	 */
	if (!text.len || (text.ptr[0] != '}' && text.ptr[text.len - 1] != '}'))
		return false;
	int whole = json_is_whole(slice_of(r->record, r->record_len));
	if (whole == 0)
		return false;
	r->collecting = COLLECT_NOTHING;
	return whole > 0 &&
	       read_json(r, slice_of(r->record, r->record_len), r->message.place.number, input, o);
}

static bool start_json(struct log_reader *r, struct slice text, uint64_t number, uint16_t input,
		       struct observation *o)
{
	if (json_is_whole(text) == 1)
		return read_json(r, text, number, input, o);
	if (text.len > 1 && text.ptr[1] != ' ' && text.ptr[1] != '\t' && text.ptr[1] != '"') {
		struct log_line line;
		start_line(&line, text, number, input);
		return read_line(r, &line, o); /* Kamailio's `{1 2 INVITE ...} ` */
	}
	r->collecting = COLLECT_JSON;
	r->record_len = 0;
	r->message.place.number = number;
	return collect_json(r, text, input, o);
}

/* journalctl -o export: NAME=value lines, an empty line behind each record; a value with line feeds is
 * written as NAME, line feed, eight bytes of length, value. Such values are passed over: a line feed in them
 * is a stranger's. */
static bool is_field_name(struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.ptr[i];
		if ((uint8_t)(c - 'A') >= 26 && !ascii_is_digit(c) && c != '_')
			return false;
	}
	return text.len > 0;
}

static void skip_binary(struct log_reader *r, struct slice line)
{
	size_t at = 0;
	uint8_t feed = '\n';
	while (at <= line.len && r->collecting == SKIP_BINARY) {
		uint8_t c = at < line.len ? line.ptr[at] : feed;
		at++;
		if (r->skip_head_len < 8) {
			r->skip_head[r->skip_head_len++] = c;
			r->skip_left = 0;
			for (int i = 7; r->skip_head_len == 8 && i >= 0; i--)
				r->skip_left = r->skip_left << 8 | r->skip_head[i];
			if (r->skip_head_len == 8 && r->skip_left > (uint64_t)1 << 30)
				r->collecting = COLLECT_NOTHING; /* no length: this was no export */
		} else if (r->skip_left == 0) {
			r->collecting = COLLECT_NOTHING; /* this was the line feed behind the value */
		} else {
			r->skip_left--;
		}
	}
}

/* 1: an observation; 0: a field that says nothing more; -1: not a line of an export. */
static int read_export(struct log_reader *r, struct slice text, uint64_t number, uint16_t input,
		       struct observation *o)
{
	if (slice_starts(text, SLICE("__CURSOR="))) {
		r->in_export = true;
		r->export_program_len = 0;
		r->export_us = 0;
		return 0;
	}
	if (!r->in_export)
		return -1;
	if (text.len == 0) {
		r->in_export = false;
		return 0;
	}
	size_t equals = slice_find(text, '=');
	if (!is_field_name(slice_first(text, equals)))
		return -1;
	if (equals == SLICE_NPOS) {
		r->collecting = SKIP_BINARY;
		r->skip_head_len = 0;
		return 0;
	}
	struct slice name = slice_first(text, equals), value = slice_from(text, equals + 1);
	uint64_t us;
	if (slice_eq(name, SLICE("__REALTIME_TIMESTAMP")) && slice_u64(value, &us) && us < INT64_MAX)
		r->export_us = (int64_t)us;
	if (!slice_eq(name, SLICE("MESSAGE")))
		return 0;
	struct log_line line;
	start_line(&line, value, number, input);
	char digits[24];
	int len = snprintf(digits, sizeof digits, "%lld", (long long)r->export_us);
	if (r->export_us)
		line.stamp = (struct log_stamp){ LOG_TIME_EPOCH_US, slice_of(digits, (size_t)len) };
	return read_line(r, &line, o);
}

/* Most lines of the largest logs have the prefix of Asterisk, and nothing is going on: then there is no wrapping, colour or record to
 * think of. 1: an observation; 0: nothing; -1: not such a line. */
static int read_quickly(struct log_reader *r, struct slice text, uint64_t number, uint16_t input, struct observation *o)
{
	uint8_t last = text.len ? text.ptr[text.len - 1] : 0;
	if (text.len < 32 || text.len > LOG_LINE_MAX || last == '>' || last == ':' || last == '\r' || !log_noise_is_idle(r) ||
	    !log_prefix_is_asterisk(text))
		return -1;
	struct log_gate *gate = log_dispatch_known(r, slice_from(text, LOG_PREFIX_ASTERISK));
	if (!gate)
		return -1;
	memcpy(r->head, text.ptr, 32); /* more than is needed, but of known length: no call */
	r->head_len = LOG_PREFIX_ASTERISK;
	r->form.id = 0;
	r->gate = gate;
	uint64_t mask = gate->mask & r->open_mask;
	if (!mask) {
		log_noise_learn(r, gate->bytes, gate->len);
		return 0;
	}
	struct log_line line;
	start_line(&line, text, number, input);
	line.message = slice_from(text, LOG_PREFIX_ASTERISK);
	line.prefix.len = LOG_PREFIX_ASTERISK;
	line.prefix.program = slice_of(NULL, 0);
	line.prefix.stamp_count = 1;
	line.prefix.stamps[0] = (struct log_stamp){ LOG_TIME_ISO, slice_of(text.ptr + 1, 19) };
	return read_message(r, &line, mask, o);
}

bool log_reader_line(struct log_reader *r, struct slice text, uint64_t number, uint16_t input,
		     struct observation *o)
{
	if (r->lines++ == 0 &&
	    slice_starts(text,
			 SLICE("\xef\xbb\xbf"))) /* the byte order mark of a file that an editor saved */
		text = slice_from(text, 3);
	int quickly = read_quickly(r, text, number, input, o);
	if (quickly >= 0)
		return quickly > 0;
	if (r->collecting == SKIP_BINARY) {
		skip_binary(r, text);
		return false;
	}
	uint8_t last = text.len ? text.ptr[text.len - 1] : 0; /* announcements end in --->, or a colon */
	if ((r->collecting != COLLECT_NOTHING || last == '>' || last == ':' || last == '\r') &&
	    !(log_message_is_wrapped(r) && text.len && text.ptr[0] == '{') &&
	    log_message_line(r, text, false, number, input))
		return false;
	if (text.len && text.ptr[text.len - 1] == '\r')
		text.len--;
	if (r->collecting == COLLECT_JSON)
		return collect_json(r, text, input, o);
	if (text.len > LOG_LINE_MAX)
		return false;
	if (r->in_export || (text.len && text.ptr[0] == '_')) {
		int found = read_export(r, text, number, input, o);
		if (found >= 0)
			return found > 0;
	}
	if (!text.len)
		return false;
	if (text.ptr[0] == '{')
		return start_json(r, text, number, input, o);
	struct log_line line;
	start_line(&line, text, number, input);
	return read_line(r, &line, o);
}

void log_reader_end(struct log_reader *r)
{
	r->collecting = COLLECT_NOTHING;
}

/* ---- what it was ---- */

struct log_counts log_reader_counts(const struct log_reader *r, size_t index)
{
	return r->counts[index];
}

struct log_form_note log_reader_form(const struct log_reader *r)
{
	return r->form;
}

void log_reader_be_plain(struct log_reader *r)
{
	r->is_plain = true;
}

uint64_t log_reader_alike(const struct log_reader *r)
{
	return log_learner_alike(r->learner);
}

uint64_t log_reader_regex_limits(const struct log_reader *r)
{
	return r->gave_up;
}

uint64_t log_reader_lines(const struct log_reader *r)
{
	return r->lines;
}
