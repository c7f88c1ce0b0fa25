/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_ANALYZER_H
#define ANALYZE_ANALYZER_H

#include "analyze/enrich/geo.h"
#include "analyze/offender.h"
#include "analyze/reading/log_reading.h"
#include "analyze/reading/reading.h"
#include "analyze/ruleset/engine.h"

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
	const uint32_t *allow_as;	  /* autonomous systems that are never blocked; needs geo */
	size_t allow_as_count;
	const struct addr_prefix *home;	  /* own networks */
	size_t home_count;
	bool one_way;			  /* policy.one_way */
	bool need_echo;			  /* block only who used what only our answers told, or proved more */
	int64_t ban_first_s;		  /* default 3600 */
	size_t max_window_bytes;	  /* default, also for 0: the engine's */
	/* Called as things happen; may be NULL. */
	void (*on_observation)(void *ctx, const struct observation *o);
	bool few_texts; /* on_observation needs no texts but the account (may be empty), unless it is an attack by itself: they cost */
	void (*on_alert)(void *ctx, const struct alert *a);
	void *ctx;
};
extern const struct analyzer_options analyzer_defaults;

struct analyzer_counters {
	uint64_t messages;		     /* SIP, requests and responses */
	uint64_t requests[SIP_METHOD_COUNT];
	uint64_t responses[7];		     /* by class */
	uint64_t retransmissions;
	uint64_t cut;			     /* of the messages, those that the capture cut in their header */
	uint64_t paired;		     /* first answers to a request that we saw */
	uint64_t presumed;		     /* requests known by their answers only */
	uint64_t unpaired;		     /* responses to nothing we saw */
	uint64_t observations;
	uint64_t evicted;		     /* actors forgotten for lack of room */
	uint64_t dropped;		     /* requests settled early, windows and evidence lost, for lack of room */
	uint64_t actors;		     /* new addresses seen */
	uint64_t provisioning;
	uint64_t refusals;		     /* wrong credentials and unknown accounts seen on the wire */
	uint64_t log_failures;		     /* the same in logs */
	uint64_t regex_limits; /* observations that a rule's regular expression gave up on (engine.h) */
	uint64_t log_repeats;  /* lines left out, since the wire or another line told the same (told.h) */
};

struct analyzer;
struct analyzer *analyzer_new(const struct analyzer_options *options);
void analyzer_free(struct analyzer *a);
/* Goes on with other rules, geo files, allow list, home networks, policy and ban time, of which `options` speaks; the rest of it is not
 * looked at. Between messages only: readers are to be drained and freed before, and made anew after. The old rules may go when it
 * returns 0; with -ENOMEM nothing has changed. What is known stays: sources, who is who, evidence of rules whose id is still there,
 * windows of correlations whose text, and that of the rules they count, is the same. With other rules (another pointer), requests
 * that wait for an answer are judged as they stand. Every suspect counts as changed (analyzer_changes). */
int analyzer_reload(struct analyzer *a, const struct analyzer_options *options);

/* Reads messages as this analyzer wants them: as many readers as there are threads. NULL when memory ran out; to be freed before the
 * analyzer. */
struct message_reader *analyzer_reader_new(const struct analyzer *a);
/* A message that was read, in order of time. */
void analyzer_sip(struct analyzer *a, const struct reading *r);
/* Nearly each of the dozen look-ups of a message would wait for memory; so when the next messages are known, the cache is asked for
 * what they will touch, in three steps, each a few messages after the one before. */
enum expect_step { EXPECT_INDEX, EXPECT_ENTRY, EXPECT_SETTLING };
void analyzer_expect(const struct analyzer *a, const struct reading *r, enum expect_step step);
/* A datagram that is not SIP: RTP towards a port that we offered proves its sender. Cheap when no offer is open. */
void analyzer_media(struct analyzer *a, const struct datagram *d);
/* Is an offer of this port open? For any thread; see dialogs_wait_for_media. */
bool analyzer_expects_media(const struct analyzer *a, uint16_t port);
void analyzer_icmp(struct analyzer *a, const struct icmp_error *e);
/* A TCP connection to a SIP port was asked for. Counts as a visit of an actor that is known already: of a sweep over TCP, only the
 * open ports get to see a message. */
void analyzer_knock(struct analyzer *a, const struct segment *s);
/* A complete observation of a log line. Adds the measurements and asks the rules; known_us is set here. */
void analyzer_log(struct analyzer *a, struct observation *o);
/* The same in two parts: what can be said of it on any thread (analyze/reading/log_reading.h), with as many makers as there are threads, to be
 * freed before the analyzer; and the rest, in order of time, with some warning given before by analyzer_log_expect (index, then
 * entry; there is nothing to settle later). */
struct log_reading_maker *analyzer_log_maker_new(const struct analyzer *a);
void analyzer_log_expect(const struct analyzer *a, const struct log_reading *r, enum expect_step step);
void analyzer_log_read(struct analyzer *a, struct observation *o, struct log_reading *r);
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
/* All it knows, saved or loaded (core/image.h) into a new analyzer, which then goes on where the other one stopped: waiting requests,
 * windows, who is who, the evidence. Only the image of an analyzer of the same signature has a meaning: same rules, same max_actors, same
 * program. One whose loading fails may only be freed. */
uint64_t analyzer_signature(const struct analyzer *a);
void analyzer_image(struct analyzer *a, struct image *i);
struct analyzer_counters analyzer_counters(const struct analyzer *a);
/* The logs tell of the same as the wire, but so much too late: in seconds, whole quarter hours, as log_fit_best. */
bool analyzer_log_offset(const struct analyzer *a, int *offset_s);

#endif
