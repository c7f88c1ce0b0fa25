/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_LEDGER_H
#define ANALYZE_LEDGER_H

#include "analyze/offender.h"
#include "core/table.h"

/* analyze/ledger.h - which rules fired for whom, how often, and the events that counted. The evidence behind every verdict.
 * Memory: at most max_entries (actor, rule) pairs of about 300 bytes; critical ones and those of proven actors are kept longest. */

#define LEDGER_EVIDENCE 8 /* the first half of them are the earliest, the rest the latest */

struct ledger_entry {
	struct addr actor;
	uint64_t rule;	/* index */
	uint64_t count;
	int64_t first_us, last_us;
	uint8_t worth; /* class in the table */
	uint8_t evidence_count;
	uint8_t turn; /* which of the latest is overwritten next */
	struct evidence evidence[LEDGER_EVIDENCE];
};

struct ledger {
	struct table table;
	const struct ledger_entry **sorted; /* while a report is made: by actor, then rule */
	size_t sorted_count;
};

int ledger_init(struct ledger *l, size_t max_entries);
void ledger_fini(struct ledger *l);
/* True when it is the first time for this actor and rule. *hint: where this actor's entry for this rule was the last time, if the caller
 * kept it, or another or NULL; set to where it is. */
bool ledger_add(struct ledger *l, const struct firing *f, enum proof proof, void **hint);

int ledger_report_begin(struct ledger *l);
void ledger_report_end(struct ledger *l);
/* Fills `out` (room for max) with the rules that fired for this actor, worst first. */
size_t ledger_rules(const struct ledger *l, const struct ruleset *rules, const struct addr *actor, struct offender_rule *out, size_t max);

#endif
