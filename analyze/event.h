/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_EVENT_H
#define ANALYZE_EVENT_H

#include "analyze/observation.h"
#include "analyze/sip/message.h"

/* analyze/event.h - what is kept of one request (or log line) until its outcome is known: the facts that
 * measurements, verdicts and reports need, in fixed room. Texts are cut at their bound; hashes are of the
 * whole text. */

#define EVENT_TEXT_MAX 32

struct short_text {
	uint8_t len;
	char bytes[EVENT_TEXT_MAX - 1];
};

/* provisioning */
/* What a request for a phone's configuration adds (web/provisioning.h fills it). */
struct provisioning_ask {
	uint64_t mac, agent_mac; /* in the path, in the User-Agent; 0: none */
	uint64_t path_hash;
	uint8_t kind; /* enum file_kind */
	bool is_read; /* not an upload */
	bool is_served;
	bool by_phone;		/* the agent is that of a phone, or there is none to tell */
	struct short_text file; /* the last part of the path */
};
/* end of provisioning */

#define CONTACT_IS_PORT 0x80000000u

struct event {
	int64_t time_us;
	struct addr actor, target; /* target is :: when a log line names none */
	uint16_t actor_port, target_port;
	uint32_t cseq;
	uint32_t
	    contact_hash; /* of the URIs in Contact and To, of REGISTER, SUBSCRIBE and OPTIONS; in a log that
				  names no Call-ID the port, with CONTACT_IS_PORT; 0: none */
	struct place place;
	bool from_log;
	bool in_dialog;	 /* belongs to a dialog that both sides know: not a new attempt */
	bool rang;	 /* a phone rang (180, 183) */
	bool is_watch;	 /* a SUBSCRIBE for the state of another account than its own */
	bool is_removal; /* a REGISTER that takes a registration away (Expires: 0) */
	bool is_cut;	 /* the capture holds the first part of its header only */
	bool
	    follows_challenge; /* that, and its call was asked for a password just before: it brings one, as far as can be seen */
	bool is_presumed;      /* was not captured: its answer was, and tells of it */
	bool is_knock;	 /* no message: a TCP connection was asked for (SYN) */
	uint8_t proof;	 /* enum proof: what this request itself shows of its sender, not what its address
			    showed before */
	uint8_t module;	 /* enum sipvicious_module; 0: none */
	uint8_t method;	 /* enum sip_method */
	uint8_t ttl;
	uint16_t code; /* of the answer so far */
	uint16_t retransmissions;
	uint8_t choice[CHOICE_FIELD_COUNT]; /* words known at once; the late ones are filled when settled */
	uint64_t anomalies;
	uint64_t account_hash;	   /* 0: no account */
	uint64_t dialed_hash;	   /* 0: no number */
	uint64_t agent_hash;	   /* 0: no User-Agent */
	uint64_t fingerprint_hash; /* 0: none */
	uint64_t nonce_hash;	   /* of the nonce used in it */
	uint64_t series_hash; /* of Call-ID, with credentials of the From tag too: a stack keeps them while it
				 tries again; 0: not known */
	struct short_text account;
	struct short_text dialed;
	/* Where detectors found their items of this request, and where its relation is, to find them again
	 * without a search (table_recall). */
	struct {
		void *visit, *attempt, *dialed, *tail, *target, *relation;
	} hint;
	/* provisioning */
	const struct provisioning_ask
	    *provisioning; /* NULL: not a request for a phone's configuration; lives as long as the call */
			   /* end of provisioning */
};

static inline struct short_text short_text_of(struct slice s)
{
	struct short_text t = { .len = (uint8_t)(s.len < sizeof t.bytes ? s.len : sizeof t.bytes) };
	if (t.len)
		memcpy(t.bytes, s.ptr, t.len);
	return t;
}

/* The same in place: what is made elsewhere, by the byte, and copied by the word would be waited for. */
static inline void short_text_set(struct short_text *t, struct slice s)
{
	memset(t, 0, sizeof *t);
	t->len = (uint8_t)(s.len < sizeof t->bytes ? s.len : sizeof t->bytes);
	if (t->len)
		memcpy(t->bytes, s.ptr, t->len);
}

/* Of what is too long, the end: of a number the part that matters. */
static inline struct slice short_text_tail(struct slice s)
{
	return s.len > EVENT_TEXT_MAX - 1 ? slice_from(s, s.len - (EVENT_TEXT_MAX - 1)) : s;
}

static inline struct slice short_text_slice(const struct short_text *t)
{
	return slice_of(t->bytes, t->len);
}

static inline enum outcome event_outcome(const struct event *e)
{
	return (enum outcome)e->choice[CHOICE_OUTCOME];
}

/* Success: what was asked for was given. A ringing phone is neither success nor failure. */
static inline bool outcome_is_success(enum outcome outcome)
{
	return outcome == OUTCOME_ACCEPTED || outcome == OUTCOME_ANSWERED;
}

#endif
