/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_SOURCE_SOURCE_H
#define ANALYZE_SOURCE_SOURCE_H

#include "analyze/event.h"
#include "analyze/ruleset/ruleset.h"
#include "core/table.h"

/* analyze/source/source.h - what is remembered of each address that sent a request. Bounded; of the bound,
 * proven offenders and peers are kept longest, addresses seen once and never answered go first, so a flood of
 * forged sources displaces only itself. About 350 bytes each, and 240 more for those that rules fired for. */

struct source {
	struct addr address;
	int64_t first_us, last_us;
	int64_t wire_us; /* of its latest request on the wire; 0: only logs told of it */
	uint64_t told;	 /* number of the latest line that told of it (told.h); 0: none */
	uint64_t messages, answered;
	uint64_t account_hash; /* the one it registered first */
	int64_t business_us;   /* last time that a registration or call of it succeeded */
	uint64_t agent_hash, fingerprint_hash;
	uint32_t crimes, crimes_proven; /* firings of rules of level high or above on its own requests, and
					   how many of these used what only our answers told */
	uint32_t fired, fired_cut,
	    fired_presumed;		/* firings of rules of level medium or above on its requests; of
						      them, those on requests whose header the capture cut,
						      and on those known by their answers */
	uint32_t answers;		/* it gave to requests of others, calls aside */
	uint32_t registrations;		/* accepted with credentials */
	uint32_t calls, dialogs; /* calls that it acknowledged in one way or another, and how many of them
				    were talks (dialog.h) */
	uint32_t called;	 /* calls answered by it: our side called it */
	uint32_t bounced;	 /* our answers that its host refused with an ICMP error */
	uint32_t record;	 /* place of its record; 0: no rule fired for it */
	uint16_t stages;	 /* bits of enum stage */
	uint16_t agents;	 /* changes of User-Agent, at most UINT16_MAX */
	uint16_t told_stages;
	uint8_t told_verdict, told_score; /* what analyzer_changes told last; VERDICT_NONE: nothing yet */
	uint8_t proof;			  /* enum proof, the best reached */
	uint8_t crime_proof; /* enum proof: the best of the requests by themselves that rules of level high
				fired on */
	uint8_t module;	     /* enum sipvicious_module seen in its tags, 0: none */
	uint8_t level;	     /* highest enum rule_level fired + 1; 0: none */
	bool has_accounts;   /* registered more than one account */
	bool is_cracker;     /* a rule of stage crack and level high or above fired */
	bool is_enumerator;  /* the same of stage enumerate */
	bool is_breached;    /* got in by guessing: no business that it does later excuses it */
	bool is_changed;     /* something happened since analyzer_changes looked at it */
	uint64_t measured[]; /* the detectors' states */
};

#define SOURCE_FIRED 8 /* a scanner makes three or four rules fire with each request */

/* What is kept besides of a source for which rules fired. It goes with its source. */
struct source_record {
	struct addr address;
	uint64_t campaign; /* key of its campaign, 0: none */
	const char *tool;  /* named by a rule; ours */
	int64_t stage_first_us[STAGE_COUNT], stage_last_us[STAGE_COUNT];
	uint32_t fired[SOURCE_FIRED]; /* places in the ledger, by the low bits of the rule's index; 0, or one
					 that is another's now: not known */
};

/* Its own requests make rules of level high fire, and not just one by chance among many that anybody may have forged. */
#define SOURCE_PROVEN_SHARE 8
static inline bool source_is_proven_criminal(const struct source *s)
{
	return s->crime_proof >= PROOF_ECHOED && (uint64_t)s->crimes_proven * SOURCE_PROVEN_SHARE >= s->crimes;
}

/* A few cut messages are nobody's capture: fragments whose rest never comes are what an attacker may send as well. */
#define SOURCE_CUT_SHARE 4
static inline bool source_is_cut(const struct source *s)
{
	return s->fired_cut && (uint64_t)s->fired_cut * SOURCE_CUT_SHARE >= s->fired;
}

static inline bool source_is_presumed(const struct source *s)
{
	return s->fired_presumed && (uint64_t)s->fired_presumed * 2 >= s->fired;
}

struct sources {
	struct table table;
	struct table records; /* struct source_record, each owned by a source */
};

/* Where it lies then it must stay. */
int sources_init(struct sources *s, size_t max_actors, size_t detector_bytes);
void sources_fini(struct sources *s);
/* Registered with a password that was accepted, and done business since, SOURCE_FRESH_US ago at most: registrations are renewed hourly,
 * most trunks are used daily. */
#define SOURCE_FRESH_US (24 * 3600 * (int64_t)1000000)
static inline bool source_is_registered(const struct source *s, int64_t now_us)
{
	return s->registrations && now_us - s->business_us <= SOURCE_FRESH_US;
}
/* Its calls are talks, as a rule: a trunk. One that got through, or two, make none: thieves have those. */
#define SOURCE_TRUNK_MIN 3
static inline bool source_is_trunk(const struct source *s)
{
	return s->called >= SOURCE_TRUNK_MIN || (s->dialogs >= SOURCE_TRUNK_MIN && s->dialogs * 2 > s->calls);
}
/* Guesses at accounts, so that any account that opens to it was guessed. Not when several accounts are registered from there: then one
 * of many phones guesses, and the others come with their own passwords. */
static inline bool source_is_guessing(const struct source *s)
{
	return s->is_cracker && !s->has_accounts;
}
static inline bool source_is_enumerating(const struct source *s)
{
	return s->is_enumerator && !s->registrations;
}
struct source *source_get(struct sources *s, const struct addr *address, int64_t now_us);
/* With the hash of the address (table_hash). */
struct source *source_get_hashed(struct sources *s, const struct addr *address, uint64_t hash, int64_t now_us);
struct source *source_find_hashed(const struct sources *s, const struct addr *address, uint64_t hash);
/* As table_recall. */
struct source *source_recall(const struct sources *s, struct source *hint, const struct addr *address);
struct source *source_find(const struct sources *s, const struct addr *address);
/* Never lowers it. */
static inline void source_prove(struct source *s, enum proof proof)
{
	if (proof > s->proof)
		s->proof = (uint8_t)proof;
}
/* Its record: NULL when it has none. */
static inline struct source_record *source_record(const struct sources *all, const struct source *s)
{
	return s->record ? table_at_place(&all->records, s->record) : NULL;
}
/* The same, made when it has none; NULL without memory. */
struct source_record *source_record_make(struct sources *all, struct source *s);
static inline struct source_record *source_record_get(struct sources *all, struct source *s)
{
	return s->record ? source_record(all, s) : source_record_make(all, s);
}
/* See core/image.h. Pointers and places in records are the caller's to mend. */
void sources_image(struct sources *all, struct image *i);
/* Tells the table that this source became worth more. */
void source_touch(struct sources *all, struct source *s);

#endif
