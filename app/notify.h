/* SPDX-License-Identifier: MIT */
#ifndef APP_NOTIFY_H
#define APP_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

/* app/notify.h - tells systemd how we are (sd_notify(3), without its library): one datagram to the socket that NOTIFY_SOCKET names.
 * Without systemd nothing happens. */

/* `state` as in sd_notify(3), e.g. "READY=1", "RELOADING=1\nMONOTONIC_USEC=...", "STOPPING=1", "WATCHDOG=1", "STATUS=...". True:
 * sent. */
bool notify(const char *state);

/* Ready to work, with one line for `systemctl status`. */
bool notify_ready(const char *status);

/* How often "WATCHDOG=1" is expected at least, in microseconds; send it twice as often. 0: it is not, or not from us. */
int64_t notify_watchdog_us(void);

#endif
