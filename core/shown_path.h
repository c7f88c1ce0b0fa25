/* SPDX-License-Identifier: MIT */
#ifndef CORE_SHOWN_PATH_H
#define CORE_SHOWN_PATH_H

#include "core/slice.h"

/* core/shown_path.h - what of a requested path may be printed. Operators hide phone configurations behind folders and prefixes that
 * nobody should guess, which makes these passwords; queries and ;parameters hold real ones. */

/* `mac`: the MAC that the path is about, twelve lower-case hexadecimal digits, or absent. The last part of the path, from that MAC on
 * (written with or without separators); the MAC itself when it stands elsewhere; without MAC the last part when it has an
 * extension; "/" for a folder; "..." for all else. Points into path, mac or a constant. */
struct slice shown_path(struct slice path, struct slice mac);

#endif
