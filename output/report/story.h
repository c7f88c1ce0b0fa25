/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_REPORT_STORY_H
#define OUTPUT_REPORT_STORY_H

#include "output/report/phrases.h"

/* output/report/story.h - an offender in plain English: who, what it did in which order, how we know, what it
 * learned, what was lost and what to do. */

/* Prints its paragraphs below a title line. */
void story_print(struct page *p, const struct report_options *options, const struct offender *o);
/* Adds "account 1000 - 203.0.113.41 guessed its password after 236 wrong tries at ..., then placed 3 calls." */
void story_say_breach(struct page *p, const struct addr *address, const struct breach *b);
/* Adds "account 1000 opened to 203.0.113.41 at ..., after 236 refused passwords in 3 h 56 min, then placed 3 calls." */
void story_say_doubt(struct page *p, const struct addr *address, const struct breach *b);
/* What the reader of such a sentence must know. */
#define STORY_DOUBT_HINT                                                                                     \
	"A phone whose password was corrected looks the same. If nobody changed the password, it was "       \
	"guessed: change it, and look what was done with the account."
/* Adds what it did, how we know and what our answers told it. */
void story_say_deeds(struct page *p, const struct report_options *options, const struct offender *o);
/* Adds what was lost to it: accounts, calls, files; nothing when nothing was. */
void story_say_lost(struct page *p, const struct offender *o);
/* Adds the accounts that were lost to it perhaps; nothing when there are none. */
void story_say_doubts(struct page *p, const struct offender *o);
/* Adds a rule that fired: its name, how often and when, what it needs. */
void story_say_rule(struct page *p, const struct offender_rule *r);
/* Adds one event that counted: its place and time. */
void story_say_evidence(struct page *p, const struct report_options *options, const struct evidence *e);
/* Adds what to do about it, in sentences; nothing when there is nothing to do. */
void story_say_advice(struct page *p, const struct offender *o);

#endif
