/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_ANALYZER_H
#define ANALYZE_ANALYZER_H

#include "analyze/enrich/geo.h"
#include "analyze/offender.h"
#include "analyze/ruleset/engine.h"
#include "analyze/sip/message.h"

/* analyze/analyzer.h - from messages and log lines to verdicts: pairs requests with answers, remembers who is who, measures, asks
 * the rules, keeps the evidence. One thread, one analyzer.
 * Life: analyzer_new; feed it in order of time; analyzer_finish once at the end; analyzer_report as often as wanted;
 * analyzer_free. Everything that grows with traffic is bounded by max_actors (docs/operations.md has the bytes). */

struct analyzer_options {
	const struct ruleset *rules;
	const struct geo_db *geo;	  /* may be NULL */
	size_t max_actors;		  /* default 32768, also for 0 */
	const struct addr_prefix *allow;  /* never blocked */
	size_t allow_count;
	const struct addr_prefix *home;	  /* own networks */
	size_t home_count;
	bool one_way;			  /* policy.one_way */
	bool need_echo;			  /* block only who used what only our answers told, or proved more */
	int64_t ban_first_s;		  /* default 3600 */
	/* Called as things happen; may be NULL. */
	void (*on_observation)(void *ctx, const struct observation *o);
	void (*on_alert)(void *ctx, const struct alert *a);
	void *ctx;
};
extern const struct analyzer_options analyzer_defaults;

struct analyzer_counters {
	uint64_t messages;		     /* SIP, requests and responses */
	uint64_t requests[SIP_METHOD_COUNT];
	uint64_t responses[7];		     /* by class */
	uint64_t retransmissions;
	uint64_t unpaired;		     /* responses to nothing we saw */
	uint64_t observations;
	uint64_t evicted;		     /* actors forgotten for lack of room */
	uint64_t dropped;		     /* requests settled early, windows and evidence lost, for lack of room */
	uint64_t actors;		     /* new addresses seen */
	uint64_t provisioning;
	uint64_t refusals;		     /* wrong credentials and unknown accounts seen on the wire */
	uint64_t log_failures;		     /* the same in logs */
	uint64_t log_repeats;		     /* lines left out, since they tell what the wire showed */
};

/* Where a message came from. */
struct sip_origin {
	int64_t time_us;
	struct endpoints ends;
	struct place place;
	enum transport_word transport;
	enum proof proof;	  /* what the transport alone proves of both ends: none, handshake, tls */
	uint8_t ttl;
	uint8_t capture_anomalies;
};

struct analyzer;
struct analyzer *analyzer_new(const struct analyzer_options *options);
void analyzer_free(struct analyzer *a);

/* A message between these two is about to be parsed: asks the cache for what is known of them. `bytes` may turn out to be no message. */
void analyzer_expect(const struct analyzer *a, const struct endpoints *ends, struct slice bytes);
/* Adds the anomalies of values to those of syntax. */
void analyzer_sip(struct analyzer *a, const struct sip_origin *origin, struct sip_message *message);
/* A datagram that is not SIP: RTP towards a port that we offered proves its sender. Cheap when no offer is open. */
void analyzer_media(struct analyzer *a, const struct datagram *d);
void analyzer_icmp(struct analyzer *a, const struct icmp_error *e);
/* A TCP connection to a SIP port was asked for. Counts as a visit of an actor that is known already: of a sweep over TCP, only the
 * open ports get to see a message. */
void analyzer_knock(struct analyzer *a, const struct segment *s);
/* A complete observation of a log line. Adds the measurements and asks the rules; known_us is set here. */
void analyzer_log(struct analyzer *a, struct observation *o);
/* Time goes on without messages. */
void analyzer_tick(struct analyzer *a, int64_t now_us);
/* The input has ended: everything that waits is settled. */
void analyzer_finish(struct analyzer *a);

struct report_handlers {
	void (*campaign)(void *ctx, const struct campaign *c);
	void (*offender)(void *ctx, const struct offender *o);
	void *ctx;
	const struct addr *also; /* NULL, or somebody to tell of even if he is no offender */
};
/* Campaigns in order of first sight, then offenders worst first (block, watch, spared, victim; by score; by address). `also` comes
 * last, with VERDICT_NONE and the rules that fired nevertheless, when it is known and not among them. 0 or -ENOMEM. */
int analyzer_report(struct analyzer *a, const struct report_handlers *handlers);
/* Offenders that are new, or whose verdict, score or stages differ from what the last call told, worst first; campaigns are left to
 * analyzer_report. Costs next to nothing when no suspect did anything since; else it sorts what is held against all, as a report
 * does: some milliseconds. Of very many the worst are told, CHANGES_AT_ONCE, so that forged senders can not make a log grow without
 * bound. 0, 1 when others wait for the next call, or -ENOMEM. */
#define CHANGES_AT_ONCE 1000
int analyzer_changes(struct analyzer *a, const struct report_handlers *handlers);
struct analyzer_counters analyzer_counters(const struct analyzer *a);

#endif
