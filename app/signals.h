/* SPDX-License-Identifier: MIT */
#ifndef APP_SIGNALS_H
#define APP_SIGNALS_H

#include "core/error.h"

/* app/signals.h - signals of programs that do not end by themselves, read from a descriptor by their loop. */

/* Of a program that will call signals_take, before all that takes time: what comes until then waits for it, and does not end a start half
 * way. */
void signals_hold(void);
/* Blocks INT, TERM, HUP and USR1 in this thread, and in those that it makes from now on; *fd then gives them as signalfd(2) says, without
 * waiting. Of PIPE nothing is seen: a write fails then. 0, or a negative errno with *err and *fd -1. */
int signals_take(int *fd, struct error *err);

#endif
