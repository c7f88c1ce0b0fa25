/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_RULESET_JUDGED_H
#define ANALYZE_RULESET_JUDGED_H

#include "analyze/ruleset/program.h"

/* analyze/ruleset/judged.h - which plain rules hold for a digest. Who attacks repeats himself: the digests judged lately are kept with
 * their answers, each at a place by its hash, where a newer one takes the place of an older one. All bits are compared, so the
 * answer is that of the rules. At most 128 KiB. */

struct judged;

/* NULL when memory ran out. */
struct judged *judged_new(const struct program *program);
void judged_free(struct judged *j);

/* Places of the plain rules that hold, a bit set of program->rule_words; valid until the next call. */
const uint64_t *judged_find(struct judged *j, const uint64_t *digest);

#endif
