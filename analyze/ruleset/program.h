/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_RULESET_PROGRAM_H
#define ANALYZE_RULESET_PROGRAM_H

#include "analyze/ruleset/correlation.h"
#include "analyze/ruleset/text_matcher.h"

/* analyze/ruleset/program.h - a rule set made ready for work. Read-only afterwards, shared by all engines.
 *
 * A digest is `bit_words` words of predicate bits, the bits of one field next to each other, and behind them
 * `slot_count` words with values that correlations group by or count. Each rule is a branch program over the
 * bits. A rule is looked at only when one of its trigger bits is set: bits of which at least one must be set
 * for the rule to hold, chosen to be rarely set. Rules without such bits (`not ...` alone) are looked at
 * always. */

#define NO_BIT	UINT32_MAX
#define NO_SLOT UINT8_MAX
enum { BRANCH_YES = -1, BRANCH_NO = -2 };

/* Tests a bit and goes on at a node, or ends. */
struct branch {
	uint32_t bit;
	int32_t yes, no;
};

struct bit_list {
	uint32_t *bits;
	size_t count;
};

struct text_program {
	const struct text_matcher *matcher; /* or NULL */
	bool is_remembered;
	uint8_t slot;
	uint32_t exists;     /* bit or NO_BIT */
	uint32_t first, end; /* its bits */
};

/* Rules ask a number for a handful of thresholds, so what it says is said by the band between them that it
 * falls into. Of numbers and choices the bits in one word of the digest are set at once; tests whose bits
 * stand in another are asked one by one. */
#define SMALL_NUMBERS 128
struct number_program {
	uint8_t slot;
	uint8_t band_of_small[SMALL_NUMBERS]; /* of the numbers from 0 on, which are most */
	uint8_t band_count;
	uint32_t word;	/* of the digest */
	int64_t *from;	/* first number of band i + 1 */
	uint64_t *said; /* [band] */
};

struct choice_program {
	uint8_t field, slot;
	uint32_t word;	/* of the digest */
	uint64_t *said; /* [word of the choice]; nothing to 0, which is no value */
};

/* Networks as ascending ranges without overlap. */
struct network_program {
	uint8_t field;
	uint32_t bit;
	size_t count;
	struct addr_range {
		struct addr first, last;
	} * ranges;
};

struct anomaly_test {
	uint64_t anomalies;
	uint32_t bit;
};

/* What is asked at one of the two looks. */
struct look_program {
	uint64_t texts, numbers; /* fields anybody asks about */
	uint64_t number_slots;	 /* those of them that have a slot */
	struct choice_program *choices;
	size_t choice_count;
	bool has_choice_slots;
	struct network_program *networks;
	size_t network_count;
	struct {
		uint8_t field;
		uint32_t bit;
	} * addresses; /* exists */
	size_t address_count;
	struct anomaly_test *anomalies;
	size_t anomaly_count;
	struct other_test {
		uint64_t texts; /* that must be there */
		const struct predicate *predicate;
	} * others; /* asked one by one: fields compared with each other, digits, times */
	size_t other_count;
};

/* A value of an observation that a correlation needs. */
struct value_source {
	bool is_address;
	uint8_t index; /* of the address, or slot */
};

struct feed {
	uint16_t counter; /* index into counters */
	uint16_t base;
};

struct rule_program {
	struct rule *rule;
	int32_t entry;	    /* plain rules */
	struct feed *feeds; /* correlations that count it */
	size_t feed_count;
	uint16_t counter; /* correlations: index */
};

/* Correlations that group by the same fields, so that one look finds what all of them remember. */
#define COUNTER_SET_MAX 12
struct counter_set {
	const struct value_source *groups;
	size_t group_count;
	uint16_t counters[COUNTER_SET_MAX];
	uint8_t count;
	bool has_aliases; /* one counter, whose bases group by different fields */
	int64_t span_us;  /* the longest */
};

struct counter {
	const struct correlation *correlation;
	const struct rule *rule;
	uint16_t order;		     /* its place among the rules */
	uint16_t *base_orders;	     /* place of each base */
	struct value_source *groups; /* [base * group_count + i] */
	struct value_source *values;
	int32_t filter; /* branch program: what does not count; BRANCH_NO without */
	uint16_t set;
	uint8_t member;	 /* of the set */
	bool counts_actors; /* a campaign whose values are its actors */
	bool is_patient; /* its condition can not hold for one event, and an event is all that it remembers of
			    one */
	bool has_aliases;
	bool counts_repeats;  /* firings of a base that are `again` count too */
	uint32_t keep;	      /* events or values that a window remembers */
	uint32_t keep_actors; /* campaigns: actors */
};

struct program {
	size_t bit_count, bit_words, slot_count;
	uint32_t gave_up; /* bit: a regular expression ran into its limits, and counted as no match */
	struct look_program looks[2]; /* enum field_when */
	struct text_program texts[TEXT_FIELD_COUNT];
	struct number_program numbers[NUMBER_FIELD_COUNT];
	int64_t quiet_below[NUMBER_FIELD_COUNT]; /* a number below has nothing to say */
	struct branch *branches;
	size_t branch_count;
	struct rule_program *rules; /* in the order in which they are decided */
	size_t rule_count, plain_count;
	size_t rule_words;
	uint64_t *triggers;	    /* bits that are triggers, bit_words */
	struct bit_list *triggered; /* [bit]: places of the plain rules it triggers */
	uint64_t *always;	    /* places of rules that are always looked at, rule_words */
	struct counter *counters;   /* those with the least depth first */
	size_t counter_count;
	struct counter_set *sets; /* at most as many as counters */
	size_t set_count;
};

/* In pool memory. NULL after a problem. */
struct program *program_new(struct ruleset *rules);

/* Parts of it, by file. program_looks.c: the bits and what is asked at each look; false after a problem. */
bool program_make_looks(struct ruleset *rules, struct program *p);
/* program_branches.c: rules as branches, and what triggers them. */
bool program_make_branches(struct ruleset *rules, struct program *p);
/* program_counters.c: correlations. */
bool program_make_counters(struct ruleset *rules, struct program *p);
/* Appends the branch program of e; its entry, or INT32_MIN when there are too many branches. */
int32_t program_add_branches(struct ruleset *rules, struct program *p, const struct expression *e);
/* The slot for a field's value, made when it has none; NO_SLOT when there are too many. */
uint8_t program_slot(struct program *p, struct ruleset *rules, const struct field *field);

static inline bool branch_run(const struct branch *branches, int32_t at, const uint64_t *digest)
{
	while (at >= 0) {
		const struct branch *b = &branches[at];
		at = digest[b->bit >> 6] >> (b->bit & 63) & 1 ? b->yes : b->no;
	}
	return at == BRANCH_YES;
}

/* The band of a number that is not before `band`. */
static inline unsigned number_band_from(const struct number_program *n, unsigned band, int64_t number)
{
	while (band + 1u < n->band_count && number >= n->from[band])
		band++;
	return band;
}

#endif
