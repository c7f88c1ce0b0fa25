/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_LOGS_LOG_PREFIX_H
#define ANALYZE_LOGS_LOG_PREFIX_H

#include "analyze/logs/log_time.h"

/* analyze/logs/log_prefix.h - what stands in front of a program's own words, once for all dialects, so that a dialect only
 * describes the message:
 *   syslog      RFC 3164 with or without <PRI> and host name, RFC 5424 with or without <PRI>, journald's short forms,
 *               and a tag with its number alone: `asterisk[812]: `
 *   grep        the name of the file, and the number of the line: `/var/log/asterisk/full:12:`
 *   times       the forms of log_time.h, bare or in [brackets]; several in a row (syslog in front of the program's own)
 *   kernel      [  203.842973], the uptime, and [Tue Nov  3 09:00:00 2026] before a packet; they name the program "kernel"
 *   relays      a second header of syslog behind the first, whose host is an address
 *   containers  CRI: time, stdout|stderr, F|P; docker compose and services: `asterisk_1  | `, kubectl: `[pod/asterisk-0/asterisk] `, with the
 *               time of --timestamps or without
 *   Kamailio    35(43), and OpenSIPS [43] behind a time; they name the program as a tag would
 *   FreeSWITCH  the call's UUID and the idle percentage, 98.50%
 * JSON wrappers and colours are opened before (log_text.h). What a stranger wrote can not move the end of a prefix: it only
 * ever stands behind it. */

#define LOG_PREFIX_STAMPS 3
#define LOG_CONTAINER_MAX 64 /* a container's name with the blanks behind it; so HEAD_KEPT holds the time behind that too */

struct log_prefix {
	struct log_stamp stamps[LOG_PREFIX_STAMPS]; /* in the order of the line */
	size_t stamp_count;
	struct slice program; /* tag of syslog without pid and path; absent when none */
	size_t
	    container_len; /* what compose or kubectl put before each line of what the program wrote; 0: they did not */
	size_t len;	      /* the message begins here */
};

/* Always fills *out; a line without any prefix has len 0. */
void log_prefix_read(struct slice line, struct log_prefix *out);

/* Does the line begin as those of Asterisk, `[2026-11-21 19:53:33] ` and a capital? Then that is all of its prefix. */
#define LOG_PREFIX_ASTERISK 22
bool log_prefix_is_asterisk(struct slice line);

/* The stamp that says most; the first of equals. Form LOG_TIME_NONE when there is none. */
struct log_stamp log_prefix_stamp(const struct log_prefix *prefix);

#endif
