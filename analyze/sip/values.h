/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_SIP_VALUES_H
#define ANALYZE_SIP_VALUES_H

#include "analyze/sip/cseq.h"
#include "analyze/sip/message.h"
#include "analyze/sip/name_addr.h"
#include "analyze/sip/via.h"

/* analyze/sip/values.h - the values that nearly everyone downstream wants, read once: for sip_values_check(),
 * fingerprint_make_of() and the observation. Slices point into the message. */

struct sip_values {
	/* Present and readable; where false, the struct of that name is all zero. */
	bool has_via, has_from, has_to, has_contact, has_cseq, has_request_uri;
	struct sip_via via; /* topmost */
	struct sip_name_addr from, to, contact; /* of the first such field */
	struct sip_cseq cseq;
	struct sip_uri request_uri;
};

void sip_values_read(const struct sip_message *message, struct sip_values *out);

/* In steps, for who may not need all of it. First _read_answer, or _read_request and then perhaps _read_contact; has_contact is false
 * until then. Of an answer only what it repeats of its request is read: Via, CSeq, From and To with their tags but not their URIs. */
void sip_values_read_answer(const struct sip_message *message, struct sip_values *out);
void sip_values_read_request(const struct sip_message *message, struct sip_values *out);
void sip_values_read_contact(const struct sip_message *message, struct sip_values *out);

/* Looks into the values that sip_values_read() read, and at missing and repeated fields, Max-Forwards and injection, and adds their
 * anomalies to the message. Costs about as much as the parse. */
void sip_values_check(struct sip_message *message, const struct sip_values *values);

#endif
