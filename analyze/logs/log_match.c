/* SPDX-License-Identifier: MIT */
#include "analyze/logs/log_reader.h"

#include "analyze/logs/log_find.h"
#include "analyze/logs/log_json.h"

/* ---- anchors ---- */

/* All anchors in their order. *missing tells whether the first one was there and a later one was not. */
static bool has_anchors(const struct pattern *pattern, struct slice message, bool *missing)
{
	size_t at = 0;
	for (size_t i = 0; i < pattern->anchor_count; i++) {
		at = log_find(message, pattern->anchors[i], at);
		if (at == SLICE_NPOS) {
			*missing = i > 0;
			return false;
		}
		at += pattern->anchors[i].len;
	}
	return true;
}

/* A record that opens and does not close: a stranger's text brought a line feed, and what follows may be written by him. */
static bool is_torn(const struct pattern *pattern, struct slice message)
{
	size_t at = pattern->opens.len ? log_find(message, pattern->opens, 0) : SLICE_NPOS;
	return at != SLICE_NPOS && log_find(message, pattern->closes, at + pattern->opens.len) == SLICE_NPOS;
}

/* ---- regular expressions ---- */

static int run(const struct log_reader *r, const pcre2_code *code, struct slice message, pcre2_match_data *data)
{
	return pcre2_match(code, message.ptr, message.len, 0, PCRE2_NO_UTF_CHECK, data, r->limits);
}

static bool group_of(const pcre2_match_data *data_const, struct slice message, unsigned group, struct slice *out)
{
	pcre2_match_data *data = (pcre2_match_data *)(uintptr_t)data_const;
	const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(data);
	if (group >= pcre2_get_ovector_count(data) || ends[2 * group] == PCRE2_UNSET)
		return false;
	*out = slice_of(message.ptr + ends[2 * group], ends[2 * group + 1] - ends[2 * group]);
	return true;
}

/* The address group; with (?J) a pattern may have several, one for each way the program writes. */
static bool source_group(const struct pattern *pattern, const pcre2_match_data *data, struct slice message,
			 struct slice *out)
{
	for (size_t i = 0; i < pattern->capture_count; i++) {
		if (pattern->captures[i].is_source && group_of(data, message, pattern->captures[i].group, out))
			return true;
	}
	return false;
}

/* The regex is read twice, once with every quantifier taking as much as it can and once as little as it can. When the address
 * then stands at two places, a stranger's text imitates the program's, and nobody can say which one is real. */
static bool is_ambiguous(const struct log_reader *r, const struct pattern *pattern, struct slice message)
{
	if (!pattern->reluctant)
		return false;
	if (pattern->unique.len) {
		size_t at = log_find(message, pattern->unique, 0);
		if (at != SLICE_NPOS && log_find(message, pattern->unique, at + 1) == SLICE_NPOS)
			return false;
	}
	if (run(r, pattern->reluctant, message, r->other_match) <= 0)
		return true; /* a limit was reached: not decided is not safe */
	struct slice one, other;
	return !source_group(pattern, r->match, message, &one) ||
	       !source_group(pattern, r->other_match, message, &other) || one.ptr != other.ptr || one.len != other.len;
}

/* ---- JSON ---- */

static bool value_at(struct log_reader *r, struct slice object, const struct path *path, struct slice *out)
{
	struct json_value value;
	if (!json_find(object, path->keys, path->depth, &value))
		return false;
	*out = value.raw;
	if (!value.is_string || slice_find(value.raw, '\\') == SLICE_NPOS)
		return value.is_string || (value.raw.len && !slice_eq(value.raw, SLICE("null")));
	if (r->values_len + value.raw.len > LOG_LINE_MAX)
		return false;
	uint8_t *to = r->values + r->values_len;
	*out = slice_of(to, json_unescape(value.raw, to));
	r->values_len += out->len;
	return true;
}

static bool conditions_hold(struct log_reader *r, const struct pattern *pattern, struct slice object)
{
	for (size_t i = 0; i < pattern->condition_count; i++) {
		struct slice value;
		if (!value_at(r, object, &pattern->conditions[i].path, &value) ||
		    !slice_eq_nocase(value, pattern->conditions[i].value))
			return false;
	}
	return true;
}

/* ---- values ---- */

static bool capture_text(struct log_reader *r, const struct pattern *pattern, const struct capture *capture,
			 struct slice message, struct slice *out)
{
	if (!pattern->code)
		return value_at(r, message, capture->path, out);
	return group_of(r->match, message, capture->group, out);
}

/* An address as programs write it: brackets, zone and all. */
static bool read_address(struct slice text, struct addr *out)
{
	if (text.len > 2 && text.ptr[0] == '[' && text.ptr[text.len - 1] == ']')
		text = slice_of(text.ptr + 1, text.len - 2);
	size_t zone = slice_find(text, '%');
	return addr_parse(slice_first(text, zone), out);
}

static void apply(struct observation *o, const struct assignments *set)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct assignment *a = &set->items[i];
		if (a->field->kind == FIELD_KIND_TEXT)
			observation_set_text(o, (enum text_field)a->field->index, a->text);
		else if (a->field->kind == FIELD_KIND_NUMBER)
			observation_set_number(o, (enum number_field)a->field->index, a->number);
		else
			o->choice[a->field->index] = a->word;
	}
}

static void apply_capture(struct observation *o, const struct field *field, struct slice text)
{
	struct assignment value;
	if (field->kind == FIELD_KIND_ADDRESS)
		read_address(text, &o->address[field->index]);
	else if (field->kind == FIELD_KIND_TEXT)
		observation_set_text(o, (enum text_field)field->index, text);
	else if (dialect_assignment(field, text, &value))
		apply(o, &(struct assignments){ &value, 1 });
}

static void apply_choices(struct log_reader *r, const struct pattern *pattern, struct slice message, struct observation *o)
{
	for (size_t i = 0; i < pattern->choice_count; i++) {
		const struct choice *choice = &pattern->choices[i];
		struct slice text;
		if (!capture_text(r, pattern, &pattern->captures[choice->capture], message, &text))
			continue;
		for (size_t k = 0; k < choice->count; k++) {
			if (slice_eq(choice->cases[k].value, text) || slice_eq(choice->cases[k].value, SLICE("*"))) {
				apply(o, &choice->cases[k].set);
				break;
			}
		}
	}
}

/* A connection that was set up proves the address whatever else the line says; a packet that a firewall dropped set up
 * nothing. */
static void raise_proof(struct observation *o)
{
	static const uint8_t least[] = { [TRANSPORT_TCP] = PROOF_HANDSHAKE,  [TRANSPORT_SCTP] = PROOF_HANDSHAKE,
					 [TRANSPORT_WS] = PROOF_HANDSHAKE, [TRANSPORT_TLS] = PROOF_TLS,
					 [TRANSPORT_WSS] = PROOF_TLS };
	uint8_t transport = o->choice[CHOICE_TRANSPORT];
	if (o->choice[CHOICE_CATEGORY] == CATEGORY_FIREWALL || o->choice[CHOICE_CATEGORY] == CATEGORY_GUARD ||
	    transport >= sizeof least)
		return;
	if (o->choice[CHOICE_PROOF] < least[transport])
		o->choice[CHOICE_PROOF] = least[transport];
}

static bool fill(struct log_reader *r, const struct pattern *pattern, struct slice message, struct observation *o,
		 struct log_stamp *time)
{
	struct slice text;
	struct addr source;
	if (pattern->code ? !source_group(pattern, r->match, message, &text) :
			    !capture_text(r, pattern, &pattern->captures[pattern->source], message, &text))
		return false;
	if (!read_address(text, &source) || addr_is_none(&source) ||
	    addr_is_group(&source))
		return false;
	observation_init(o);
	o->from_log = true;
	o->address[ADDRESS_SOURCE_IP] = source;
	o->choice[CHOICE_CATEGORY] = CATEGORY_SIP;
	apply(o, &pattern->set);
	for (size_t i = 0; i < pattern->capture_count; i++) {
		const struct capture *capture = &pattern->captures[i];
		if (capture->is_source || !(capture->field || capture->is_time) ||
		    !capture_text(r, pattern, capture, message, &text))
			continue;
		if (capture->is_time) {
			size_t len = log_time_find(text, &time->form);
			time->text = slice_first(text, len);
			if (!len)
				time->form = LOG_TIME_NONE;
		} else {
			apply_capture(o, capture->field, text);
		}
	}
	apply_choices(r, pattern, message, o);
	raise_proof(o);
	return true;
}

enum match_result log_match(struct log_reader *r, const struct pattern *pattern, struct slice message,
			    struct observation *o, struct log_stamp *time)
{
	bool missing = false;
	if (!has_anchors(pattern, message, &missing))
		return missing && is_torn(pattern, message) ? MATCH_TORN : MATCH_NONE;
	r->values_len = 0;
	time->form = LOG_TIME_NONE;
	if (pattern->code) {
		if (run(r, pattern->code, message, r->match) <= 0)
			return is_torn(pattern, message) ? MATCH_TORN : MATCH_NONE;
		if (is_ambiguous(r, pattern, message))
			return MATCH_AMBIGUOUS;
	} else if (!conditions_hold(r, pattern, message)) {
		return MATCH_NONE;
	}
	return fill(r, pattern, message, o, time) ? MATCH_OK : MATCH_NONE;
}
