/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_LEDGER_H
#define ANALYZE_LEDGER_H

#include "analyze/offender.h"
#include "core/table.h"

/* analyze/ledger.h - which rules fired for whom, how often, and the events that counted. The evidence behind
 * every verdict. Memory: at most max_entries (actor, rule) pairs of about 130 bytes, and 150 more for those
 * that fired more than LEDGER_EARLY times; critical ones and those of proven actors are kept longest. */

#define LEDGER_EVIDENCE 8 /* the first half of them are the earliest, the rest the latest */
#define LEDGER_EARLY                                                                                         \
	2 /* of these, kept in the entry itself: of a flood of forged senders each makes a rule fire once */
#define LEDGER_RULES_MAX 64 /* told of one actor */

struct ledger_entry {
	struct addr actor;
	uint64_t rule;	/* index */
	uint64_t count;
	int64_t first_us, last_us;
	uint8_t worth; /* class in the table */
	uint8_t evidence_count;
	uint8_t turn;  /* which of the latest is overwritten next */
	uint32_t late; /* place in ledger.late; 0: none */
	struct evidence early[LEDGER_EARLY];
};

/* The rest of the evidence of an entry. */
struct ledger_late {
	uint64_t key; /* a number that no other has */
	struct evidence events[LEDGER_EVIDENCE - LEDGER_EARLY];
};

struct ledger {
	struct table table; /* struct ledger_entry */
	struct table late;  /* struct ledger_late, each owned by an entry */
	uint64_t late_made;
	struct ledger_entry **sorted; /* while a report is made: by actor, then rule */
	size_t sorted_count;
	struct evidence *shown; /* what ledger_rules told last: LEDGER_RULES_MAX * LEDGER_EVIDENCE */
};

int ledger_init(struct ledger *l, size_t max_entries);
void ledger_fini(struct ledger *l);
/* True when it is the first time for this actor and rule. *place: that of this actor's entry for this rule
 * the last time, if the caller kept it, or another's, or 0; set to where it is. */
bool ledger_add(struct ledger *l, const struct firing *f, enum proof proof, uint32_t *place);

/* With other rules: moves into `to`, a table that is not initialised, the entries of rules that are still
 * there. places[rule] is the index of an old rule among the new ones, LEDGER_GONE when it is gone. 0, or
 * -ENOMEM with nothing changed; `to` is table_fini's either way. */
#define LEDGER_GONE UINT32_MAX
int ledger_move(const struct ledger *l, const uint32_t *places, struct table *to);
/* Goes on with that table; frees what belonged to rules that are gone. */
void ledger_moved(struct ledger *l, const uint32_t *places, const struct table *to);
/* See core/image.h; entries of more than `rules` rules are refused. */
void ledger_image(struct ledger *l, size_t rules, struct image *i);

int ledger_report_begin(struct ledger *l);
void ledger_report_end(struct ledger *l);
/* Fills `out` (room for max, at most LEDGER_RULES_MAX are told) with the rules that fired for this actor,
 * worst first. Their evidence is valid until the next call. */
size_t ledger_rules(struct ledger *l, const struct ruleset *rules, const struct addr *actor,
		    struct offender_rule *out, size_t max);

#endif
