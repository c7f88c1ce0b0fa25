/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_READING_READING_H
#define ANALYZE_READING_READING_H

#include "analyze/event_keys.h"
#include "analyze/fingerprint/fingerprint.h"
#include "analyze/ruleset/engine.h"
#include "analyze/sip/observe.h"
#include "analyze/transaction/transaction.h"

/* analyze/reading/reading.h - all that a SIP message says by itself: parsed, compared with the rules, and boiled down to what the analyzer
 * goes on with. It rests on the bytes and where they came from, on nothing that was seen before; so messages can be read in any order
 * and on any thread, each thread with a reader of its own, and only analyzer_sip() needs them in order of time.
 * A reading holds no pointer into the message. */

/* Where a message came from. */
struct sip_origin {
	int64_t time_us;
	struct endpoints ends;
	struct place place;
	enum transport_word transport;
	enum proof proof;	  /* what the transport alone proves of both ends: none, handshake, tls */
	uint8_t ttl;
	uint8_t capture_anomalies;
	bool cut;		  /* the capture holds only its first part */
	bool
	    is_one_sided; /* an answer, and its request was most likely not captured (recognize/one_sided.h) */
};

enum reading_kind {
	READING_REFUSED, /* no SIP message after all; nothing else is set but the origin */
	READING_REQUEST,
	READING_ANSWER,
	READING_TRICK,	 /* a response of a tool that sends such to crash its receiver (svcrash) */
};

#define READING_AGENT_MAX 160

struct reading {
	struct sip_origin origin;
	enum reading_kind kind;
	enum sip_method method;
	uint16_t status_code;
	/* REQUEST: event and digest are filled, but for method ACK, and when the source is no host. TRICK: they are too. ANSWER: they may
	 * be, and are of the request that it answers, as far as the answer repeats that. */
	bool is_observed;
	bool has_to_tag, has_credentials, is_stale;
	bool is_cut; /* somewhere in its header: nobody knows what it lacks */
	uint8_t challenge_count;
	bool has_media;		     /* an answer to INVITE says where audio shall be sent */
	uint16_t media_port;
	uint8_t agent_len;
	struct addr media_address;
	struct transaction_key key;
	uint64_t key_hash;	     /* of key, for tables */
	struct event_keys keys;	     /* the actor is the sender; those of the ends, and all when is_observed */
	uint64_t call_id_hash,
	    call_hash; /* of the Call-ID; of it and its sender. Cut before its Call-ID: call_hash is of account and
					     sender, or 0 */
	uint64_t via_hash; /* of host, port and branch of the topmost Via; 0: no branch */
	uint64_t copy_hash;
	uint64_t cut_hash; /* of all that is there of a message that was cut */
	uint64_t dialog_key;
	uint64_t to_tag_hash, from_tag_hash;
	uint64_t nonce_key;	     /* of the nonce in the credentials; 0: none */
	uint64_t challenge_keys[2];  /* of the nonces that an answer brings */
	struct event event;	     /* as far as the request itself tells; from here on only set when is_observed */
	struct fingerprint print;
	char agent[READING_AGENT_MAX]; /* User-Agent, agent_len bytes, cut at this size */
	uint64_t digest[];	     /* of the ONCE look; multiple of 64 bits, engine_digest_words() of them */
};

struct message_reader;

/* NULL when memory ran out. The engine's rules must outlive it. */
struct message_reader *message_reader_new(const struct ruleset *rules, const struct engine *engine);
void message_reader_free(struct message_reader *r);
/* Bytes of a reading for these rules. */
size_t message_reader_size(const struct message_reader *r);
/* Reads one message. */
void message_reader_read(struct message_reader *r, const struct sip_origin *origin, struct slice bytes, struct reading *out);
/* From now on without templates (template.h): for tests, to compare the two. */
void message_reader_be_plain(struct message_reader *r);
/* How many messages were read without parsing them. */
uint64_t message_reader_alike(const struct message_reader *r);

#endif
