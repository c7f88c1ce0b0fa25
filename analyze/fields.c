/* SPDX-License-Identifier: MIT */
#include "analyze/fields.h"

#include "analyze/sip/message.h"
#include "capture/decode.h"
#include "core/spelling.h"

#define WORD(id, text) text,
#define WORDS(list) ((const char *const[]){ "", list(WORD) NULL })

const struct field fields[] = {
#define X(id, text, when, meaning)                                                                           \
	{ text, meaning, FIELD_KIND_ADDRESS, FIELD_##when, ADDRESS_##id, NULL, sizeof text - 1 },
	ADDRESS_FIELDS(X)
#undef X
#define X(id, text, when, meaning)                                                                           \
	{ text, meaning, FIELD_KIND_TEXT, FIELD_##when, TEXT_##id, NULL, sizeof text - 1 },
	    TEXT_FIELDS(X)
#undef X
#define X(id, text, when, meaning)                                                                           \
	{ text, meaning, FIELD_KIND_NUMBER, FIELD_##when, NUMBER_##id, NULL, sizeof text - 1 },
		NUMBER_FIELDS(X)
#undef X
#define X(id, text, when, words, meaning)                                                                    \
	{ text, meaning, FIELD_KIND_CHOICE, FIELD_##when, CHOICE_##id, WORDS(words), sizeof text - 1 },
		    CHOICE_FIELDS(X)
#undef X
			{ "siphound.anomaly", "ways in which the message broke its grammar; a set of words",
			  FIELD_KIND_ANOMALY, FIELD_ONCE, 0, NULL, sizeof "siphound.anomaly" - 1 },
};
const size_t field_count = sizeof fields / sizeof *fields;

const struct field *field_find(struct slice name)
{
	if (slice_eq(name, SLICE("sip.user_agent")))
		name = SLICE("user_agent.original");
	for (size_t i = 0; i < field_count; i++)
		if (slice_eq(name, field_name(&fields[i])))
			return &fields[i];
	return NULL;
}

const char *field_nearest(struct slice name)
{
	const char *best = NULL;
	size_t best_distance = name.len / 3 + 1;
	for (size_t i = 0; i < field_count; i++) {
		size_t d = spelling_distance(name, field_name(&fields[i]));
		if (d < best_distance) {
			best_distance = d;
			best = fields[i].name;
		}
	}
	return best;
}

const char *choice_text(enum choice_field field, unsigned word)
{
	for (size_t i = 0; i < field_count; i++)
		if (fields[i].kind == FIELD_KIND_CHOICE && fields[i].index == field) {
			for (unsigned w = 0; fields[i].words[w]; w++)
				if (w == word)
					return fields[i].words[w];
		}
	return "";
}

const char *proof_text(enum proof proof)
{
	return choice_text(CHOICE_PROOF, proof);
}

const char *anomaly_text(unsigned bit)
{
	if (bit < FIELD_ANOMALY_CAPTURE_SHIFT)
		return bit < SIP_ANOMALY_COUNT ? sip_anomaly_text((enum sip_anomaly_bit)bit) : NULL;
	bit -= FIELD_ANOMALY_CAPTURE_SHIFT;
	return bit < CAPTURE_ANOMALY_COUNT ? capture_anomaly_text((enum capture_anomaly_bit)bit) : NULL;
}
