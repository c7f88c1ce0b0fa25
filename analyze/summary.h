/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_SUMMARY_H
#define ANALYZE_SUMMARY_H

#include "analyze/offender.h"

/* analyze/summary.h - the counters of a whole run. */

struct named_count {
	const char *name; /* ours */
	uint64_t count;
};

#define SUMMARY_LIST_MAX 64

struct named_list {
	size_t count;
	struct named_count items[SUMMARY_LIST_MAX];
};

struct input_summary {
	const char *name;
	uint64_t packets;   /* or lines */
	uint64_t damaged;
	const char *damage; /* sentence or NULL */
};

struct dialect_count {
	const char *name;
	uint64_t matched, unmatched;
};

struct run_summary {
	size_t input_count;
	const struct input_summary *inputs;
	uint64_t bytes, packets;
	bool has_time;		    /* anything with a time was read */
	int64_t first_us, last_us;
	uint64_t sip_messages;
	struct named_list requests; /* by method, those that occurred */
	uint64_t responses[7];	    /* by class 1..6 */
	uint64_t provisioning;
	bool has_log; /* logs were read: the next five mean something */
	uint64_t lines, lines_matched;
	uint64_t lines_forged; /* not used: text from outside imitates the program's own, or may have */
	size_t dialect_count;
	const struct dialect_count *dialects;
	struct named_list not_understood; /* reason -> packets, datagrams or lines */
	struct named_list other_traffic;  /* what nDPI says the rest is, when it was asked */
	uint64_t actors;	    /* different actors seen, as far as memory reached */
	uint64_t evicted, dropped;
	uint64_t offenders[5];	    /* by enum verdict */
	uint64_t campaigns, breaches;
	uint64_t doubts;	    /* accounts that were guessed perhaps: see struct offender */
	bool one_way;		    /* only one direction was seen: proof could not be had */
	bool is_cut;		    /* captures hold only the beginning of SIP messages */
	size_t note_count;
	const char *const *notes;   /* sentences for the reader, e.g. one-way mirror, log format changed */
};

#endif
