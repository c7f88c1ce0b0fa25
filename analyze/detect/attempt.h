/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_DETECT_ATTEMPT_H
#define ANALYZE_DETECT_ATTEMPT_H

#include "analyze/event.h"
#include "analyze/source/actor_table.h"

/* analyze/detect/attempt.h - an account that an actor tried (account.c), and what the tries of it show of the
 * program behind them: whether one goes on with the one before, begins anew, and does so by a clock. The
 * functions are told each try once, in order; they keep what they need in the attempt and never fail. */

#define CLOCK_BACK_MIN_S                                                                                     \
	10 /* between rounds through many accounts; kamailio's timer makes 15 s of the 30 asked for */

enum try_state {
	TRY_OPEN,
	TRY_FAILED,
	TRY_GOOD,
	TRY_VAIN /* was told nothing: see is_in_vain() in account.c */
};

/* Two cache lines: requests without an answer touch the first one only. */
struct attempt {
	struct actor_item item;	    /* its flags: enum try_state, enum attempt_flag */
	void *account_hint;	    /* of all->accounts: see table_recall */
	uint32_t refusals, guesses; /* since the last success */
	struct short_text account;
	uint32_t first_refusal, last_refusal; /* see attempt_tick */
	uint32_t last_nonce, last_series; /* the low half of their hashes */
	uint32_t contact, begun_s; /* of the last try that began anew, of the one whose clock is watched */
	uint32_t last_cseq;
	uint32_t restarts : 4;	 /* since the last success, up to BREACH_FAST_REFUSALS_MIN */
	uint32_t others : 9;	 /* beginnings of other contacts meanwhile, more than a household has */
	uint32_t gap_s : 12;	 /* the last pause between two beginnings, 0: not known */
	uint32_t gaps : 4;	 /* such pauses that were about equal; see attempt_note_beginning() */
	uint32_t guess_kind : 3; /* enum guess_word */
};
_Static_assert(sizeof(struct attempt) + TABLE_NODE_BYTES == (size_t)2 * TABLE_LINE, "two cache lines");

#define STATE_BITS 3u
enum attempt_flag {
	UNKNOWN = 4,
	EXISTS = 8,
	OWNED = 16,  /* opened with a password at least once */
	TOLD = 32,   /* counted in account_state.told */
	OPENED = 64, /* has an item in all->openings */
	LEFT = 128,  /* its challenge was left alone: who asked only wanted to see it */
	BACK = 256,  /* asked for again later, in the series it began with; counted in account_state.back */
	GAVE = 512,  /* credentials came for it at least once */
};
_Static_assert(GAVE < 1 << ACTOR_ITEM_FLAG_BITS, "the last flag has room");
_Static_assert(GUESS_EMPTY < 8, "three bits");

/* Sixteenths of a second, of which only differences mean something: they wrap around after eight years. */
#define ATTEMPT_TICKS 16
static inline uint32_t attempt_tick(const struct event *e)
{
	return (uint32_t)(e->time_us / (1000000 / ATTEMPT_TICKS));
}

/* A try that was refused, or came to another outcome: does it go on with the one before? Remembers it. */
bool attempt_goes_on(struct attempt *a, const struct event *e);
/* Of a try that was not refused: did it begin anew, as far as was seen? Remembers it, too. */
bool attempt_begins_anew(struct attempt *a, const struct event *e);
/* Such a try began anew. */
void attempt_note_beginning(struct attempt *a, const struct event *e);
/* Do its beginnings come at equal pauses, or ever longer ones? `own_ports`: attempts_have_own_ports() of all that its address made. */
bool attempt_keeps_time(const struct attempt *a, bool own_ports);
/* In a log the port stands for the contact. Of these attempts of one address: do three in four of those that have such a port have one
 * of their own, as phones do behind a router? Who goes through accounts from one port is one program. */
bool attempts_have_own_ports(const struct actor_item *const *items, size_t count);
/* Of a try that came after refused ones: is it as long after the latest as those are apart? Who corrects a password saves
 * it in between, and the program tries it at once. */
bool attempt_is_on_the_beat(const struct attempt *a, const struct event *e);

#endif
