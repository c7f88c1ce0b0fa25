/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_TOLD_H
#define ANALYZE_TOLD_H

#include "analyze/source/source.h"
#include "core/image.h"

/* analyze/told.h - was the event that a log line tells of told already? What happens once is told by many: the wire shows it, Asterisk writes
 * a NOTICE and a SECURITY line about it, and both may stand in `full`, in `messages` and in the journal. Counted for each, eighteen tries of a
 * phone with an old password are thirty-six, and look like a crack.
 *
 * Who tells is a *witness*, and tells of nothing twice:
 * - the wire, which shows everything that comes in the open: beside it a line adds nothing;
 * - the lines of one pattern in one log. Two of them are two events, however alike. Two of different witnesses, a moment apart, are one when
 *   nothing that both say differs (ports, target, method, Call-ID, number dialled), and the outcome and the account are the same; where both
 *   name the same Call-ID the accounts may differ, since one program writes the user of From and the name of its own endpoint.
 * So of each event as many are counted as the witness saw that saw most.
 *
 * The latest lines of all actors are kept, 2048 of them, linked by actor: some 200 KB, whatever comes. In a flood of more in two seconds older
 * ones are forgotten and may be counted again. Life: told_init, told_before for each line in order of time, told_fini. */

struct telling;
struct told {
	struct telling *ring;
	uint64_t count; /* all that were ever kept; the place in the ring is its low bits */
};

int told_init(struct told *t); /* 0 or -ENOMEM */
void told_fini(struct told *t);
/* Does this line, whose event is `e` and whose actor is `s`, tell of nothing new? If it does it is kept for those that follow. */
bool told_before(struct told *t, struct source *s, const struct event *e, const struct observation *o);
/* See core/image.h. Of the lines those that may still be told again. */
void told_image(struct told *t, struct image *i);

#endif
