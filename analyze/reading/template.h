/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_READING_TEMPLATE_H
#define ANALYZE_READING_TEMPLATE_H

#include "analyze/reading/text_memory.h"
#include "analyze/sip/observe.h"

/* analyze/reading/template.h - messages that differ from an earlier one in names, addresses and numbers only.
 * Software writes one message like the next: the same header fields in the same order, and in them another
 * user, tag, branch, Call-ID. Such a message need not be parsed: what stands between these *slots* is
 * compared byte for byte, and each slot holds a token of harmless characters, so the parse would find the
 * same parts, some bytes further on or back. Everything else is left to the parser.
 *
 * A template can therefore change no result, only how long it takes; tests compare the two on every message
 * they have. */

#define TEMPLATE_TEXT_MAX   1536
#define TEMPLATE_SLOTS_MAX  32
#define TEMPLATE_SLICES_MAX 40
#define TEMPLATE_TOKEN_MAX  128 /* longer ones are for the parser and its limits */
#define TEMPLATE_NUMBER_MAX 9
#define TEMPLATE_PORT_MAX   5

/* What a slot may hold, as it stands in the bytes around it. */
enum slot_class {
	SLOT_HOST,    /* letters, digits, '-' and '.' */
	SLOT_TOKEN,   /* and '_' '+' '*' '~' */
	SLOT_ADDRESS, /* and '@': a Call-ID */
	SLOT_CODE,    /* and '=' ':': a URI */
	SLOT_NAME,    /* SLOT_TOKEN and the blank: a quoted display name */
	SLOT_SECRET,  /* letters, digits and "-_+*~=:/": a nonce */
	SLOT_DIGITS,  /* of a number, fewer than it may have */
	SLOT_PORT,
	SLOT_TEXT, /* printable ASCII, no blank at either end: a User-Agent */
	SLOT_CLASSES
};

enum slot_number {
	NUMBER_NONE,
	NUMBER_OF_CSEQ,
	NUMBER_OF_VIA,
	NUMBER_OF_URI,
	NUMBER_OF_FROM,
	NUMBER_OF_TO,
	NUMBER_OF_CONTACT,
	NUMBER_OF_LENGTH
};

struct template_slot {
	uint16_t at, len;
	uint8_t class;	/* enum slot_class */
	uint8_t number; /* enum slot_number: what its digits are the value of */
};

/* Where a slice lies: so far behind the ends of slots, counted from 1; 0 is the begin of the message. */
struct template_place {
	uint8_t from_slot, to_slot;
	uint16_t from, to;
};

struct template
{
	size_t len; /* of what is compared: without the body, if that may be another */
	bool any_body, has_agent_slot;
	uint8_t text[TEMPLATE_TEXT_MAX];
	size_t slot_count, check_count, number_count, slice_count;
	struct template_slot slots[TEMPLATE_SLOTS_MAX];
	struct template_check { /* of a slot whose token needs more than its class */
		struct template_place place;
		uint8_t class; /* SLOT_SECRET, SLOT_TEXT, or SLOT_DIGITS: the length of the body */
	} checks[TEMPLATE_SLOTS_MAX];
	struct template_number { /* whose value somebody wants */
		struct template_place place;
		uint16_t where; /* in this struct */
		bool is_port;
	} numbers[TEMPLATE_SLOTS_MAX];
	struct {
		uint16_t where; /* of the slice in this struct */
		struct template_place place;
	} slices[TEMPLATE_SLICES_MAX];
	struct sip_parts
	    parts; /* of the message that template_fill() was called for last; else slices point into text */
	struct slice request_uri; /* likewise */
	struct template_place uri_place;
	bool uri_may_be_overlong;
	enum sip_method method;
	bool is_request;
	uint64_t anomalies;
};

/* A message that matches. */
struct template_found {
	const uint8_t *anchors[TEMPLATE_SLOTS_MAX + 1]; /* ends of slots, see struct template_place */
	struct slice bytes, body;
	size_t agent_place; /* where the text in SLOT_TEXT is or would be remembered */
	bool is_agent_known;
};

/* Makes a template of a message and what was read from it: of an answer, the credentials are its challenge,
 * if has_credentials says so. False: it can not be one. Anomalies of values must not be among m->anomalies,
 * but for those of how fields are written. `any_body`: messages may have another body, of another length.
 * `all_numbers`: ports are wanted as numbers, too, other than that of Via. */
bool template_make(const struct sip_message *m, const struct sip_parts *parts, bool any_body,
		   bool all_numbers, struct template *out);
/* Slices follow. */
void template_copy(struct template *to, const struct template *from);

/* Where this part of the message that the template was made of is in others; `from` counts from its begin.
 * False: it ends inside of a slot, so nobody knows. */
bool template_place_of(const struct template *t, size_t from, size_t len, struct template_place *out);
/* Does it lie between slots, and is so the same in all of them? */
bool template_place_is_fixed(const struct template_place *place);
static inline struct slice template_slice(const struct template_found *found,
					  const struct template_place *place)
{
	const uint8_t *from = found->anchors[place->from_slot] + place->from;
	return slice_of(from, (size_t)(found->anchors[place->to_slot] + place->to - from));
}

bool template_class_has(enum slot_class class, uint8_t byte);
/* Bytes that a token may have. */
size_t template_token_most(enum slot_class class);
/* Length of the token at p; 0 when it is empty or longer than that. */
size_t template_token_len(enum slot_class class, const uint8_t *p, const uint8_t *end);

/* For template_tree.h, once texts and classes agree: would the parser take the tokens as they are, and the
 * numbers among them? User-Agents in `plain` are known to be harmless. */
bool template_accepts(const struct template *t, const struct text_memory *plain,
		      struct template_found *found);

/* Fills t->parts and t->request_uri as if the message had been parsed, but for slices that nobody reads
 * further on: those have the text of the template, or of an earlier message. */
void template_fill(struct template *t, const struct template_found *found);

#endif
