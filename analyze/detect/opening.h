/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_DETECT_OPENING_H
#define ANALYZE_DETECT_OPENING_H

#include "analyze/event.h"
#include "analyze/source/actor_table.h"

/* analyze/detect/opening.h - an account that opened to an actor after refused passwords (account.c keeps them). Guessed, or corrected: the
 * tries before may tell, and so may what is done with it. A phone whose password was corrected is used by people, who call here and there; a thief
 * registers to call the numbers that pay him, one after the other of one range abroad. */

#define OPENING_REFUSALS_MIN 5 /* people give up or look it up after four */
#define OPENING_CALLS                                                                                        \
	3 /* different numbers, the first ones, all of one range: one is redialled, two may be of one firm */

struct opening {
	struct actor_item item;
	int64_t time_us, refused_us; /* when it opened, and how long before that the first was refused */
	uint64_t range;		     /* of the numbers called */
	uint32_t refusals, calls_after;
	uint32_t numbers[OPENING_CALLS]; /* hashes of those called so far */
	uint8_t number_count;
	bool is_guessed; /* a breach */
	bool
	    is_used; /* by somebody who calls as people do, or who was known here before: calls tell no more */
	struct place place;
};

/* A call with the password of this account was made, and its outcome is known. True: this call shows that the
 * account was guessed. */
bool opening_called(struct opening *o, const struct event *e);

#endif
