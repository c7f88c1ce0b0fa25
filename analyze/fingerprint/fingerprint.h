/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_FINGERPRINT_FINGERPRINT_H
#define ANALYZE_FINGERPRINT_FINGERPRINT_H

#include "analyze/sip/values.h"

/* analyze/fingerprint/fingerprint.h - what the sender's software gives away: how it writes, not what it calls itself.
 * Made of requests. It does not use the text of User-Agent, addresses, ports, user names or numbers, so it stays when the
 * operator changes those; it does use the order and spelling of header fields and the forms of branch,
 * tag, Call-ID, Contact and CSeq. docs/fingerprints.md explains each part of the text.
 *
 * Two grains. The fingerprint itself tells tools apart; one tool may have a few, by method. Its family leaves out
 * what varies with method, dialog state and chance, and is what a campaign is grouped by. */

#define FINGERPRINT_VERSION 1
#define FINGERPRINT_TEXT_MAX 160

struct fingerprint {
	uint64_t parts[8]; /* packed, fixed meaning within a version; equal parts = equal fingerprint */
};

enum { FINGERPRINT_TOKENS = 2, FINGERPRINT_FORMS = 3 }; /* parts that vary with the tokens of a message */

/* Of two that fingerprint_make_like() made like the same one: only two parts can differ. */
static inline bool fingerprint_eq_like(const struct fingerprint *a, const struct fingerprint *b)
{
	return a->parts[FINGERPRINT_TOKENS] == b->parts[FINGERPRINT_TOKENS] && a->parts[FINGERPRINT_FORMS] == b->parts[FINGERPRINT_FORMS];
}

void fingerprint_make(const struct sip_message *request, struct fingerprint *out);
/* The same for a caller that has read the values already. */
void fingerprint_make_of(const struct sip_message *request, const struct sip_values *values, struct fingerprint *out);

/* The same for a request that differs from one with the fingerprint `like` in names, numbers and random tokens only.
 * `is_sipvicious`: does sipvicious_decode() know the From tag? */
void fingerprint_make_like(const struct fingerprint *like, const struct sip_values *values, struct slice call_id,
			   bool is_sipvicious, struct fingerprint *out);

/* The coarse form; its text begins with "1f". The family of a family is itself. out may be f. */
void fingerprint_family(const struct fingerprint *f, struct fingerprint *out);

uint64_t fingerprint_hash(const struct fingerprint *f);
/* The readable form, NUL-terminated, printable ASCII without spaces, quotes or backslashes; returns out. */
const char *fingerprint_text(const struct fingerprint *f, char out[FINGERPRINT_TEXT_MAX]);

#endif
