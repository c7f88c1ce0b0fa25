/* SPDX-License-Identifier: MIT */
#ifndef APP_RULES_H
#define APP_RULES_H

#include "analyze/ruleset/ruleset.h"
#include "analyze/web/vendors.h"

/* app/rules.h - finding and loading rules for a command. */

#define RULES_PATH_MAX 4096

/* The folder of the shipped rules: $SIPHOUND_RULES, else the one that was installed with this program, wherever both were moved, else
 * rules/ of the source tree that this was built from, else where it was to be installed. `room` holds it where need be. */
const char *rules_default_path(char room[RULES_PATH_MAX]);

/* Loads the shipped rules when no path is given, else the given ones (a path of "+FILE" or "+DIR" adds to the shipped ones), and
 * compiles. Problems are printed on standard error. NULL when there were any. */
struct ruleset *rules_load(const char *const *paths, size_t count);

/* Is there a rule that alerts? Without one nothing would ever be found, which must not look like peace. */
bool rules_alert(const struct ruleset *rules);

/* The table of phone makers from lists/provisioning.yaml of the given paths (as above; the last that has one) or of the shipped
 * rules. NULL, after telling why, when it is broken. */
struct vendors *rules_vendors(const char *const *paths, size_t count);

#endif
