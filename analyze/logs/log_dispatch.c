/* SPDX-License-Identifier: MIT */
#include "analyze/logs/log_reader.h"

#include "analyze/logs/log_form.h"
#include "core/hash.h"

/* Most lines of a log are of no interest, and most of those can be told by how they begin: VERBOSE[, [DEBUG]
 * , Dialplan. So each expression is asked once whether a message with such a beginning can match at all
 * (PCRE2 answers that: a partial match), and the answer is kept for all later lines that begin alike. Digits
 * end the beginning that is looked at; addresses and numbers would make every line a new one. */

static bool may_begin(const struct log_reader *r, const pcre2_code *code, struct slice start)
{
	if (start.len == 0)
		return true;
	int result = pcre2_match(code, start.ptr, start.len, 0,
				 PCRE2_PARTIAL_SOFT | PCRE2_NO_JIT | PCRE2_NO_UTF_CHECK, r->match, r->limits);
	return result != PCRE2_ERROR_NOMATCH;
}

static bool dialect_may_begin(const struct log_reader *r, const struct dialect *d, struct slice start)
{
	if (d->head.code)
		return may_begin(r, d->head.code, start);
	for (size_t i = 0; i < d->pattern_count; i++) {
		const pcre2_code *code = d->patterns[i].matcher.code;
		if (code ? may_begin(r, code, start) : start.len && start.ptr[0] == '{')
			return true;
	}
	return false;
}

/* The beginning: up to eight bytes, up to the first digit. */
static uint64_t start_of(struct slice message, uint8_t *len)
{
	uint64_t bytes = 0;
	_Static_assert(LOG_GATE_BYTES == 8, "a word");
	if (message.len >= LOG_GATE_BYTES) {
		for (unsigned i = 0; i < LOG_GATE_BYTES; i++) /* one load, whatever the machine's order */
			bytes |= (uint64_t)message.ptr[i] << 8 * i;
		/* A digit is left with its high bit clear. */
		uint64_t value = bytes ^ 0x3030303030303030u;
		uint64_t others = ((value & 0x7f7f7f7f7f7f7f7fu) + 0x7676767676767676u) | value;
		uint64_t digits = ~others & 0x8080808080808080u;
		*len = digits ? (uint8_t)(__builtin_ctzll(digits) / 8) : LOG_GATE_BYTES;
		return digits ? bytes & (((uint64_t)1 << 8 * *len) - 1) : bytes;
	}
	*len = 0;
	while (*len < message.len && !ascii_is_digit(message.ptr[*len])) {
		bytes |= (uint64_t)message.ptr[*len] << 8 * *len;
		++*len;
	}
	return bytes;
}

static size_t home_of(uint64_t bytes, uint8_t len)
{
	return (size_t)(hash_u64(bytes, len) >> 32) % LOG_GATES;
}

static uint64_t mask_of_start(struct log_reader *r, struct slice message)
{
	uint8_t len;
	uint64_t bytes = start_of(message, &len);
	size_t home = home_of(bytes, len);
	struct log_gate *gate = NULL;
	for (size_t i = 0; i < LOG_GATE_WAYS; i++) {
		gate = &r->gates[home ^ i];
		if (!gate->is_known)
			break;
		if (gate->bytes == bytes && gate->len == len) {
			r->gate = gate;
			return gate->mask;
		}
	}
	log_forms_free(gate->forms);
	r->gate = gate;
	*gate = (struct log_gate){ .bytes = bytes, .len = len, .is_known = true };
	for (size_t i = 0; i < r->dialects->count; i++)
		gate->mask |= (uint64_t)dialect_may_begin(r, r->dialects->items[i], slice_first(message, len))
			      << i;
	return gate->mask;
}

/* A colon among the first ten bytes can be that of a dump, which is more than noise: see log_engine.c. */
static bool has_colon_near(struct slice message)
{
	uint64_t bytes;
	if (message.len < 10)
		return true; /* not looked at */
	memcpy(&bytes, message.ptr, sizeof bytes);
	bytes ^= 0x3a3a3a3a3a3a3a3au;
	return ((bytes - 0x0101010101010101u) & ~bytes & 0x8080808080808080u) || message.ptr[8] == ':' || message.ptr[9] == ':';
}

struct log_gate *log_dispatch_known(struct log_reader *r, struct slice message)
{
	uint8_t len;
	uint64_t bytes = start_of(message, &len);
	size_t home = home_of(bytes, len);
	for (size_t i = 0; i < LOG_GATE_WAYS; i++) {
		struct log_gate *gate = &r->gates[home ^ i];
		if (gate->bytes == bytes && gate->len == len && gate->is_known)
			return has_colon_near(message) ? NULL : gate;
	}
	return NULL;
}

static bool begins_with_name(struct slice program, struct slice name)
{
	return slice_starts_nocase(program, name) &&
	       (program.len == name.len ||
		(!ascii_is_alpha(program.ptr[name.len]) && !ascii_is_digit(program.ptr[name.len])));
}

/* "asterisk" is listed: asterisk, Asterisk, asterisk-full, asterisk.log and the container prod_asterisk_1 are meant too. In parentheses no name
 * counts: there plug-ins of web sites write the host that a client asked for. */
static bool names_program(const struct dialect *d, struct slice program)
{
	struct slice tag = slice_first(program, slice_find(program, '('));
	for (size_t i = 0; i < d->program_count; i++) {
		for (size_t at = 0; at < tag.len; at++) {
			bool is_start = at == 0 || tag.ptr[at - 1] == '-' || tag.ptr[at - 1] == '_' || tag.ptr[at - 1] == '.';
			if (is_start && begins_with_name(slice_from(tag, at), d->programs[i]))
				return true;
		}
	}
	return false;
}

/* The dialects of the program that the tag names; 0: of none. */
static uint64_t mask_of_tag(struct log_reader *r, struct slice program)
{
	if (slice_eq(program, r->program))
		return r->program_mask;
	uint64_t mask = 0;
	for (size_t i = 0; i < r->dialects->count; i++)
		mask |= (uint64_t)names_program(r->dialects->items[i], program) << i;
	if (program.len <= sizeof r->program_text) {
		memcpy(r->program_text, program.ptr, program.len);
		r->program = slice_of(r->program_text, program.len);
		r->program_mask = mask;
	}
	return mask;
}

static uint64_t mask_of_program(struct log_reader *r, struct slice message, struct slice program)
{
	uint64_t mask = program.ptr ? mask_of_tag(r, program) : 0;
	if (mask)
		return mask;
	return message.ptr[0] == '{' ? r->open_mask | r->json_mask : r->open_mask;
}

uint64_t log_dispatch(struct log_reader *r, struct slice message, struct slice program)
{
	uint64_t mask = mask_of_start(r, message);
	return mask ? mask & mask_of_program(r, message, program) : 0;
}
