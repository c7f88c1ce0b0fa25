/* SPDX-License-Identifier: MIT */
#include "analyze/logs/log_reader.h"

#include <stdio.h>

#define CHANGED_MIN 10u /* so many failures unread, and none read: the format has changed */

static bool write_note(struct log_reader *r, const struct log_counts *c, unsigned kind)
{
	if (kind == 0 && c->matched == 0 && c->unmatched >= CHANGED_MIN) {
		snprintf(r->note, sizeof r->note,
			 "%llu lines look like failures in a log of %s, but none of the patterns of that "
			 "dialect reads any: "
			 "has the log format changed? See docs/dialects.md to add a pattern",
			 (unsigned long long)c->unmatched, c->name);
		return true;
	}
	if (kind == 1 && c->ambiguous) {
		snprintf(r->note, sizeof r->note,
			 "%llu %s of %s %s not used: text that came from outside imitates the program's "
			 "own, so that the "
			 "address cannot be told",
			 (unsigned long long)c->ambiguous, c->ambiguous == 1 ? "line" : "lines", c->name,
			 c->ambiguous == 1 ? "was" : "were");
		return true;
	}
	if (kind == 2 && c->torn) {
		snprintf(r->note, sizeof r->note,
			 "%llu %s of %s %s not used: a record in front was broken by a line "
			 "feed that came from "
			 "outside, so that %s be forged",
			 (unsigned long long)c->torn, c->torn == 1 ? "line" : "lines", c->name,
			 c->torn == 1 ? "was" : "were", c->torn == 1 ? "it may" : "they may");
		return true;
	}
	return false;
}

const char *log_reader_note(struct log_reader *r, size_t *position)
{
	while (*position < 3 * r->dialects->count) {
		size_t at = (*position)++;
		if (write_note(r, &r->counts[at / 3], at % 3))
			return r->note;
	}
	return NULL;
}
