/* SPDX-License-Identifier: MIT */
#ifndef APP_ZONE_OPTION_H
#define APP_ZONE_OPTION_H

#include "core/error.h"
#include "core/zone.h"

/* app/zone_option.h - the value of --utc-offset: `+01:00`, `-0530`, `+2`; `local`, the zone of this machine (TZ, else
 * /etc/localtime); or a name of the system's tz database, `Europe/Berlin`. */

/* +01:00, -0530, +2 */
bool zone_offset_parse(struct slice text, int *seconds);
/* 0; or -EINVAL with *err, which does not name the option. `text` NULL: nothing was said, *out is NULL. */
int zone_option_open(const char *text, struct zone **out, struct error *err);
/* The same, and nothing is kept. */
int zone_option_check(const char *text, struct error *err);
/* The zone of this machine. NULL: it can not be read. */
struct zone *zone_local(void);
/* The file that the zone is read from, in `out`; "" when it is none. */
#define ZONE_PATH_MAX 256
const char *zone_option_path(const char *text, char out[ZONE_PATH_MAX]);

#endif
