/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_READING_READING_INTERNAL_H
#define ANALYZE_READING_READING_INTERNAL_H

#include "analyze/reading/reading.h"
#include "analyze/ruleset/look.h"
#include "core/intern.h"

/* analyze/reading/reading_internal.h - a reader from within: reading.c asks reading_forms.c whether it knows messages
 * like this one, else reading_full.c, which parses it. */

#define READING_DIALED_MAX 128 /* longer than any number that is routed, for who pads it */

struct reading_forms;

struct message_reader {
	struct observe_wants wants;
	bool wants_contact, wants_family;
	size_t digest_words;
	uint64_t table_seed;
	struct looker *looker;
	struct intern prints, families; /* by the hash of the fingerprint */
	/* The one being read; when it was not parsed, only its start line and where it lies. */
	struct sip_message message;
	struct sip_parts parts;	     /* of a message that was parsed */
	struct reading_forms *forms; /* NULL: no templates */
};

static inline size_t reading_size(const struct message_reader *r)
{
	return sizeof(struct reading) + r->digest_words * sizeof(uint64_t);
}

/* ---- reading_full.c: messages that are parsed ---- */

void reading_in_full(struct message_reader *r, const struct sip_origin *origin, struct slice bytes,
		     struct reading *out);
/* Parts of that, for who knows the other parts already. */
/* Hashes that tell calls, transactions and dialogs apart. */
void reading_identify(const struct sip_message *m, const struct sip_parts *p, struct reading *out);
/* Whose call it is, and what it would be a copy of. */
void reading_identify_request(const struct sip_message *m, const struct sip_parts *p, struct reading *out);
void reading_note_media(const struct sip_message *m, struct reading *out);
/* Account, number, caller and series, into the event of `out`, after reading_identify(), and into o. */
void reading_note_account(const struct sip_message *m, const struct sip_parts *p, struct reading *out,
			  struct observation *o, uint8_t dialed[READING_DIALED_MAX]);
void reading_name_tool(const struct sip_message *m, const struct sip_parts *p, struct event *e,
		       struct observation *o);
uint64_t reading_agent_hash(struct slice agent);
void reading_note_print(struct message_reader *r, const struct fingerprint *print, uint64_t hash,
			struct observation *o);

/* ---- reading_forms.c: messages that were met before but for tokens ---- */

struct reading_forms *reading_forms_new(const struct message_reader *r);
void reading_forms_free(struct reading_forms *forms);
/* Reads a message of a known form. False: it is of none. */
bool reading_forms_read(struct message_reader *r, const struct sip_origin *origin, struct slice bytes,
			struct reading *out);
/* The message that was just read in full, for others like it. */
void reading_forms_learn(struct message_reader *r, const struct reading *done);
uint64_t reading_forms_count(const struct reading_forms *forms);

#endif
