/* SPDX-License-Identifier: MIT */
#include "analyze/logs/log_reader.h"

#include "analyze/logs/log_find.h"
#include "analyze/logs/log_json.h"

/* ---- anchors ---- */

/* All anchors in their order. */
static bool has_anchors(const struct pattern *pattern, struct slice message)
{
	size_t at = 0;
	for (size_t i = 0; i < pattern->anchor_count; i++) {
		at = log_find(message, pattern->anchors[i], at);
		if (at == SLICE_NPOS)
			return false;
		at += pattern->anchors[i].len;
	}
	return true;
}

/* A record that opens and does not close: a stranger's text brought a line feed, and what follows may be
 * written by him. */
static bool is_torn(const struct pattern *pattern, struct slice message)
{
	size_t at = pattern->opens.len ? log_find(message, pattern->opens, 0) : SLICE_NPOS;
	return at != SLICE_NPOS && log_find(message, pattern->closes, at + pattern->opens.len) == SLICE_NPOS;
}

/* ---- regular expressions ---- */

/* PCRE2's answer in the form of a plan's. False: no match, or a limit was reached. */
static bool ask_pcre2(struct log_reader *r, const pcre2_code *code, struct slice text,
		      struct plan_match *found, size_t *end)
{
	int count = pcre2_match(code, text.ptr, text.len, 0, PCRE2_NO_UTF_CHECK, r->match, r->limits);
	if (count == PCRE2_ERROR_JIT_STACKLIMIT) /* a bound of machine code alone: how PCRE2 was built must
						    not change what is read */
		count = pcre2_match(code, text.ptr, text.len, 0, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, r->match,
				    r->limits);
	r->gave_up += count < 0 && count != PCRE2_ERROR_NOMATCH;
	if (count <= 0)
		return false;
	const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(r->match);
	found->taken = 0;
	found->is_only = false;
	for (int i = 1; i < count && i <= PLAN_GROUPS_MAX; i++) {
		if (ends[2 * i] == PCRE2_UNSET)
			continue;
		found->groups[i] = slice_of(text.ptr + ends[2 * i], ends[2 * i + 1] - ends[2 * i]);
		found->taken |= (uint32_t)1 << i;
	}
	*end = ends[1];
	return true;
}

static bool group_of(const struct plan_match *found, unsigned group, struct slice *out)
{
	*out = found->groups[group];
	return found->taken >> group & 1;
}

/* The address group; a pattern may have several of that name, one for each way the program writes it. */
static bool source_group(const struct pattern *pattern, const struct plan_match *found, struct slice *out)
{
	for (size_t i = 0; i < pattern->capture_count; i++) {
		if (pattern->captures[i].is_source && group_of(found, pattern->captures[i].group, out))
			return true;
	}
	return false;
}

/* The regex is read twice, once with every quantifier taking as much as it can and once as little as it can.
 * When the address then begins at two places, a stranger's text imitates the program's, and nobody can say
 * which one is real. */
static bool is_ambiguous(struct log_reader *r, const struct pattern *pattern, struct slice text)
{
	struct slice one, other;
	size_t end;
	if (r->found.is_only || !pattern->reluctant)
		return false;
	if (!ask_pcre2(r, pattern->reluctant, text, &r->other_found, &end))
		return true; /* a limit was reached: not decided is not safe */
	return !source_group(pattern, &r->found, &one) || !source_group(pattern, &r->other_found, &other) ||
	       one.ptr != other.ptr;
}

static enum match_result match_regex(struct log_reader *r, const struct pattern *pattern, struct slice text)
{
	const struct matcher *matcher = &pattern->matcher;
	enum plan_result planned =
	    matcher->plan ? plan_run(matcher->plan, text, &r->found, NULL) : PLAN_UNSURE;
	if (planned == PLAN_NO)
		return is_torn(pattern, text) ? MATCH_TORN : MATCH_NONE;
	if (planned == PLAN_UNSURE || !pattern->plan_has_anchors) {
		size_t end;
		if (!has_anchors(pattern, text) ||
		    (planned == PLAN_UNSURE && !ask_pcre2(r, matcher->code, text, &r->found, &end)))
			return is_torn(pattern, text) ? MATCH_TORN : MATCH_NONE;
	}
	return is_ambiguous(r, pattern, text) ? MATCH_AMBIGUOUS : MATCH_OK;
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
		const struct json_condition *condition = &pattern->conditions[i];
		if (!value_at(r, object, &condition->path, &value))
			return false;
		if (condition->like) {
			size_t end;
			if (!ask_pcre2(r, condition->like, value, &r->other_found, &end))
				return false;
		} else if (!slice_eq_nocase(value, condition->value)) {
			return false;
		}
	}
	return true;
}

/* ---- values ---- */

static bool capture_text(struct log_reader *r, const struct pattern *pattern, const struct capture *capture,
			 struct slice message, struct slice *out)
{
	if (!pattern->matcher.code)
		return value_at(r, message, capture->path, out);
	return group_of(&r->found, capture->group, out);
}

/* Dotted quad without leading zeros, which is nearly all of them; anything else is addr_parse's. */
static bool read_quad(struct slice text, struct addr *out)
{
	uint8_t bytes[4];
	size_t at = 0;
	for (unsigned i = 0; i < 4; i++) {
		unsigned value = 0;
		size_t start = at;
		for (; at < text.len && at < start + 3 && ascii_is_digit(text.ptr[at]); at++)
			value = value * 10 + (text.ptr[at] - '0');
		if (at == start || value > 255 || (at - start > 1 && text.ptr[start] == '0'))
			return false;
		bytes[i] = (uint8_t)value;
		if (i < 3 && (at >= text.len || text.ptr[at++] != '.'))
			return false;
	}
	if (at != text.len)
		return false;
	*out = addr_from_v4(bytes);
	return true;
}

bool log_read_address(struct slice text, struct addr *out)
{
	if (read_quad(text, out))
		return true;
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

void log_apply_capture(struct observation *o, const struct field *field, struct slice text)
{
	struct assignment value;
	if (field->kind == FIELD_KIND_ADDRESS)
		log_read_address(text, &o->address[field->index]);
	else if (field->kind == FIELD_KIND_TEXT)
		observation_set_text(o, (enum text_field)field->index, text);
	else if (dialect_assignment(field, text, &value))
		apply(o, &(struct assignments){ &value, 1 });
}

static void apply_choices(struct log_reader *r, const struct pattern *pattern, struct slice message,
			  struct observation *o)
{
	for (size_t i = 0; i < pattern->choice_count; i++) {
		const struct choice *choice = &pattern->choices[i];
		struct slice text;
		if (!capture_text(r, pattern, &pattern->captures[choice->capture], message, &text))
			continue;
		for (size_t k = 0; k < choice->count; k++) {
			if (slice_eq(choice->cases[k].value, text) ||
			    slice_eq(choice->cases[k].value, SLICE("*"))) {
				apply(o, &choice->cases[k].set);
				break;
			}
		}
	}
}

/* A connection that was set up proves the address whatever else the line says; a packet that a firewall
 * dropped set up nothing. */
static void raise_proof(struct observation *o)
{
	static const uint8_t least[] = { [TRANSPORT_TCP] = PROOF_HANDSHAKE,
					 [TRANSPORT_SCTP] = PROOF_HANDSHAKE,
					 [TRANSPORT_WS] = PROOF_HANDSHAKE,
					 [TRANSPORT_TLS] = PROOF_TLS,
					 [TRANSPORT_WSS] = PROOF_TLS };
	uint8_t transport = o->choice[CHOICE_TRANSPORT];
	if (o->choice[CHOICE_CATEGORY] == CATEGORY_FIREWALL || o->choice[CHOICE_CATEGORY] == CATEGORY_GUARD ||
	    transport >= sizeof least)
		return;
	if (o->choice[CHOICE_PROOF] < least[transport])
		o->choice[CHOICE_PROOF] = least[transport];
}

/* 0.0.0.0/8 is what programs write when they do not know, and what sloppy patterns made of numbers in names.
 */
bool log_could_be_peer(const struct addr *a)
{
	return !addr_is_none(a) && !addr_is_group(a) && !(addr_is_v4(a) && addr_v4(a) >> 24 == 0);
}

static bool fill(struct log_reader *r, const struct pattern *pattern, struct slice message,
		 struct observation *o, struct log_stamp *time)
{
	struct slice text;
	struct addr source;
	if (pattern->matcher.code
		? !source_group(pattern, &r->found, &text)
		: !capture_text(r, pattern, &pattern->captures[pattern->source], message, &text))
		return false;
	if (!log_read_address(text, &source) || !log_could_be_peer(&source))
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
			log_apply_capture(o, capture->field, text);
		}
	}
	apply_choices(r, pattern, message, o);
	raise_proof(o);
	return true;
}

static enum match_result match_pattern(struct log_reader *r, const struct pattern *pattern, struct slice text,
				       struct observation *o, struct log_stamp *time)
{
	time->form = LOG_TIME_NONE;
	if (pattern->matcher.code) {
		enum match_result result = match_regex(r, pattern, text);
		if (result != MATCH_OK)
			return result;
	} else {
		r->values_len = 0;
		if (!has_anchors(pattern, text) || !conditions_hold(r, pattern, text))
			return MATCH_NONE;
	}
	return fill(r, pattern, text, o, time) ? MATCH_OK : MATCH_NONE;
}

/* Takes the program's own head off. False: it has none, so the program did not write this. */
static bool take_head(struct log_reader *r, const struct dialect *d, struct slice *text, uint64_t *modules)
{
	size_t end;
	enum plan_result planned =
	    d->head.plan ? plan_run(d->head.plan, *text, &r->found, &end) : PLAN_UNSURE;
	if (planned == PLAN_NO ||
	    (planned == PLAN_UNSURE && !ask_pcre2(r, d->head.code, *text, &r->found, &end)))
		return false;
	*text = slice_from(*text, end);
	struct slice module;
	*modules = 0;
	if (!d->module_group || !group_of(&r->found, d->module_group, &module))
		return true;
	for (size_t i = 0; i < d->module_count; i++) {
		if (slice_eq(d->modules[i], module)) {
			*modules = (uint64_t)1 << i;
			break;
		}
	}
	return true;
}

bool log_match_has_failure(const struct dialect *d, struct slice message)
{
	for (size_t i = 0; i < d->failure_count; i++) {
		if (log_has(message, d->failures[i]))
			return true;
	}
	return false;
}

/* Numbers of patterns are made of those of dialects; more in one dialect share a number. */
#define PATTERNS_MAX (UINT16_MAX / DIALECTS_MAX)

enum match_result log_match(struct log_reader *r, size_t dialect, struct slice message, struct observation *o,
			    struct log_stamp *time, bool *failed)
{
	const struct dialect *d = r->dialects->items[dialect];
	uint64_t modules = 0;
	*failed = false;
	bool has_head = d->head.code != NULL, headed = !has_head || take_head(r, d, &message, &modules);
	for (size_t i = 0; headed && i < d->pattern_count; i++) {
		const struct pattern *pattern = &d->patterns[i];
		if (pattern->modules && !(pattern->modules & modules))
			continue;
		enum match_result result = match_pattern(r, pattern, message, o, time);
		if (result == MATCH_OK)
			o->pattern = (uint16_t)(dialect * PATTERNS_MAX + i % (PATTERNS_MAX - 1) + 1);
		if (result != MATCH_NONE)
			return result;
	}
	/* Once the dialect has proved that it reads this log, parts of the program that it does not list are
	 * just noise. */
	if ((headed && (modules || !d->module_count)) || r->counts[dialect].matched == 0)
		*failed = log_match_has_failure(d, message);
	return MATCH_NONE;
}
