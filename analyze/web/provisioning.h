/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_WEB_PROVISIONING_H
#define ANALYZE_WEB_PROVISIONING_H

#include "analyze/event.h"
#include "analyze/web/vendors.h"

/* analyze/web/provisioning.h - what a request for a phone's configuration says, from its path and User-Agent alone: whose phone,
 * which file, which MAC in the path and which in the agent. The same for packets and log lines. Pure functions. */

struct provisioning_facts {
	uint64_t mac;	    /* in the path, 0: none */
	uint64_t agent_mac; /* in the User-Agent, 0: none */
	enum file_kind kind;
	const char *vendor;	  /* whose file; NULL: several vendors have it, or nobody */
	const char *agent_vendor; /* whose phone the agent says it is; NULL: no phone that we know */
	const char *mac_vendor;	  /* owner of the OUI of mac; NULL: not known */
};

/* False: ordinary traffic, *out untouched. `target` is the path with its query, as written; `agent` absent when there is
 * none. On TFTP plain names count that on HTTP could be anything. Costs about 150 ns for ordinary traffic. */
bool provisioning_read(const struct vendors *v, struct slice target, struct slice agent, bool is_tftp, struct provisioning_facts *out);

#define MAC_TEXT_LEN 12
/* Twelve lower-case digits, not NUL-terminated. */
struct slice mac_text(uint64_t mac, char out[MAC_TEXT_LEN]);

/* Room that the texts of an observation borrow. */
struct provisioning_scratch {
	char mac[MAC_TEXT_LEN], agent_mac[MAC_TEXT_LEN];
};

/* Puts the facts into the fields siphound.mac, agent_mac, vendor, agent_vendor, mac_vendor and file_kind. */
void provisioning_fill(const struct provisioning_facts *facts, struct observation *o, struct provisioning_scratch *scratch);

/* For an observation that a log dialect made, with category provisioning and url.path (and user_agent.original) set: fills what
 * follows from those (fields that the dialect set itself stay as they are), siphound.outcome and siphound.served from
 * http.response.status_code, and proof. A query is cut off url.path, as ECS wants it: it may hold a password. False when it is ordinary web traffic: the line is then nobody's observation.
 * A refusal over TFTP may stand without a path; it belongs to what its actor asked for last. */
bool provisioning_complete(const struct vendors *v, struct observation *o, struct provisioning_scratch *scratch);

/* What an HTTP status means here; 0: no answer was seen. */
enum outcome provisioning_outcome(unsigned status, bool has_credentials);

/* What the measurement (detect/mac.c) needs of an event, from the observation's fields. */
struct provisioning_ask provisioning_ask_of(const struct observation *o);

#endif
