/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_TEMPLATE_H
#define ANALYZE_TEMPLATE_H

#include "analyze/sip/observe.h"

/* analyze/template.h - messages that differ from an earlier one in names, addresses and numbers only. Software writes one message like
 * the next: the same header fields in the same order, and in them another user, tag, branch, Call-ID. Such a message need not be
 * parsed: what stands between these *slots* is compared byte for byte, and each slot holds a token of harmless characters, so the
 * parse would find the same parts, some bytes further on or back. Everything else is left to the parser.
 *
 * A template can therefore change no result, only how long it takes; tests compare the two on every message they have. */

#define TEMPLATE_TEXT_MAX 1536
#define TEMPLATE_SLOTS_MAX 32
#define TEMPLATE_SLICES_MAX 40

/* What a slot may hold, as it stands in the bytes around it. */
enum slot_class {
	SLOT_HOST,    /* letters, digits, '-' and '.' */
	SLOT_TOKEN,   /* and '_' '+' '*' '~' */
	SLOT_ADDRESS, /* and '@': a Call-ID */
	SLOT_CODE,    /* and '=' ':': a URI */
	SLOT_NAME,    /* SLOT_TOKEN and the blank: a quoted display name */
	SLOT_SECRET,  /* letters, digits and "-_+*~=:/": a nonce */
	SLOT_DIGITS,
	SLOT_TEXT,    /* printable ASCII, no blank at either end: a User-Agent */
	SLOT_CLASSES
};

enum slot_number { NUMBER_NONE, NUMBER_OF_CSEQ, NUMBER_OF_VIA, NUMBER_OF_URI, NUMBER_OF_FROM, NUMBER_OF_TO, NUMBER_OF_CONTACT,
		   NUMBER_OF_LENGTH };

struct template_slot {
	uint16_t at, len;
	uint8_t class;	/* enum slot_class */
	uint8_t number; /* enum slot_number: what its digits are the value of */
};

struct template {
	size_t len; /* of what is compared: without the body, if that may be another */
	bool any_body, has_length;
	uint8_t text[TEMPLATE_TEXT_MAX];
	size_t slot_count;
	struct template_slot slots[TEMPLATE_SLOTS_MAX];
	size_t slice_count;
	struct {
		uint16_t where;		       /* of the slice in struct sip_parts, or WHERE_REQUEST_URI */
		uint16_t from, to;	       /* in text */
		uint8_t slots_before, slots_within; /* slots that end at or before `from`, and `to` */
	} slices[TEMPLATE_SLICES_MAX];
	struct sip_parts parts;	   /* slices point into text */
	/* Of the message, see message.h. */
	struct {
		bool is_request;
		enum sip_method method;
		uint16_t status_code;
		uint64_t anomalies;
		struct slice method_text, request_uri, reason_phrase, version;
	} head;
};

/* Makes a template of a message and what was read from it: of an answer, the credentials are its challenge, if
 * has_credentials says so. False: it can not be one. Anomalies of values
 * must not be among m->anomalies, but for those of how fields are written. `any_body`: messages may have another body, of another
 * length. */
bool template_make(const struct sip_message *m, const struct sip_parts *parts, bool any_body, struct template *out);
/* Slices follow. */
void template_copy(struct template *to, const struct template *from);
/* Hash of what stands between the slots: equal for messages of one form. */
uint64_t template_form(const struct template *t);

/* Is this the same message with other tokens? Then *parts and the start line of *m are as if it had been parsed, but for slices that
 * nobody reads further on: those have the text of the template. The fields of m are not there; the body is. */
bool template_match(const struct template *t, struct slice bytes, struct sip_message *m, struct sip_parts *parts);

#endif
