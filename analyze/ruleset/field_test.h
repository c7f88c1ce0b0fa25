/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_RULESET_FIELD_TEST_H
#define ANALYZE_RULESET_FIELD_TEST_H

#include "analyze/ruleset/internal.h"

/* analyze/ruleset/field_test.h - one entry of a selection, `field|modifiers: value or values`, as an
 * expression. */

/* NULL after a problem. */
struct expression *field_test_read(struct reading *in, const struct node *key, const struct node *value);

/* A keyword: found in any text field of the first look. NULL after a problem. */
struct expression *keyword_test_read(struct reading *in, const struct node *keyword);

#endif
