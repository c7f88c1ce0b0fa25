/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_SIP_OBSERVE_H
#define ANALYZE_SIP_OBSERVE_H

#include "analyze/observation.h"
#include "analyze/sip/auth.h"
#include "analyze/sip/values.h"

/* analyze/sip/observe.h - from a SIP message to the fields of an observation. */

/* The values that every message is asked for, read once. Absent or broken ones are zero. */
struct sip_parts {
	struct sip_values v;
	struct slice call_id, user_agent;
	struct sip_auth credentials; /* of a request */
	bool has_credentials;
};

/* In the steps of values.h: an answer, or a request without its Contact. */
void sip_parts_read_answer(const struct sip_message *m, struct sip_parts *out);
void sip_parts_read_request(const struct sip_message *m, struct sip_parts *out);

/* Which fields are wanted: bit sets of enum text_field and enum number_field. */
struct observe_wants {
	uint64_t text;
	uint64_t number;
};

bool observe_wants_contact(const struct observe_wants *wants);

/* Fills the ONCE fields of sip.*, user_agent.original, siphound.event and siphound.message_bytes that are wanted. Texts point
 * into the message. */
void sip_observe(const struct sip_message *m, const struct sip_parts *p, const struct observe_wants *wants, struct observation *o);

/* The account that a request aims at: of the credentials, else the user in To for REGISTER and SUBSCRIBE, else the user of the
 * Request-URI unless that is a number being dialled (`dialed`, from sip_dialed()). Absent when there is none, and for what belongs to a call that was asked for
 * before: CANCEL, ACK, PRACK, BYE. */
struct slice sip_account(const struct sip_message *m, const struct sip_parts *p, struct slice dialed);

/* The number that an INVITE dials: the user of its Request-URI when it is made of digits (with + * # and visual separators) and
 * has at least DIALED_DIGITS_MIN of them, without separators and escapes, with a leading + kept, cut at `size`. Absent otherwise. It
 * lies in `buffer`, or in the message if it stands there as it is. */
#define DIALED_DIGITS_MIN 7
struct slice sip_dialed(const struct sip_message *m, const struct sip_parts *p, uint8_t *buffer, size_t size);

#endif
