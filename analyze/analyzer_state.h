/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_ANALYZER_STATE_H
#define ANALYZE_ANALYZER_STATE_H

#include "analyze/analyzer.h"
#include "analyze/log_fit.h"
#include "analyze/detect/detector.h"
#include "analyze/dialog.h"
#include "analyze/ledger.h"
#include "analyze/source/relation.h"
#include "analyze/source/source.h"
#include "analyze/told.h"
#include "analyze/transaction/cut_pairs.h"
#include "core/intern.h"

/* analyze/analyzer_state.h - what the files of the analyzer share: analyzer.c (life, settling),
 * analyzer_wire.c (messages), analyzer_expect.c (what the cache should have ready), analyzer_log.c (lines),
 * analyzer_report.c (verdicts). */

/* Many actors, one plan: a rule that counts actors fired. */
struct campaign_entry {
	uint64_t key; /* rule and group */
	const struct rule *rule;
	int64_t first_us, last_us;
	uint64_t actors, observations;
	uint64_t fingerprint_hash; /* 0: not the same for all */
	uint64_t account_hash;
	struct short_text account;
};

/* So many actors that changed are remembered by address; with more, all are looked at. */
#define CHANGED_MAX 1024

struct analyzer {
	struct analyzer_options options;
	bool wants_geo;
	int64_t now_us;	 /* of the latest input; never goes back */
	int64_t jump_us; /* a time far ahead that one message claimed; INT64_MIN: none */
	int64_t log_line_us;  /* of the latest log line; may go back */
	int64_t log_clock_us; /* the clock of the logs, which does not; see analyzer_log.c */
	struct engine *engine;
	struct detectors *detectors;
	struct transactions *transactions;
	struct cut_pairs *cut_pairs;
	bool sees_cut; /* a message was cut in its header, so others will be: cut_pairs is used */
	struct sources sources;
	struct relations relations;
	struct dialogs dialogs;
	struct ledger ledger;
	struct told told; /* lines of logs */
	struct intern agents, fingerprints;
	struct table campaigns;
	uint64_t *digest; /* for what is judged at once */
	size_t digest_words;
	struct analyzer_counters counters;
	struct log_fit log_fit;
	struct addr changed[CHANGED_MAX];
	size_t changed_count; /* may be above CHANGED_MAX */
};

/* The outcome of a request (or line) is known: measure, judge, remember. */
void analyzer_settled(struct analyzer *a, struct source *hint, const struct event *e, uint64_t *digest, struct observation *o);
/* Something happened that the verdict on this source may rest on. Cheap. */
void analyzer_mark(struct analyzer *a, struct source *s);
/* transaction_settle_fn */
void analyzer_transaction_settled(void *ctx, struct transaction *t, int64_t now_us);
/* Asks the cache for what the requests that follow this one will touch when they are settled. */
void analyzer_expect_next(const struct analyzer *a, const struct transaction *settled);
/* What an event says to rules at its late look. */
void event_observation(const struct event *e, int64_t known_us, struct observation *o);
/* Advances now_us and settles what has waited long enough. */
void analyzer_advance(struct analyzer *a, int64_t time_us);

#endif
