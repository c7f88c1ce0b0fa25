/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_SIP_CALLER_H
#define ANALYZE_SIP_CALLER_H

#include "analyze/fields.h"

/* analyze/sip/caller.h - how the caller of an INVITE shows himself in From. Behind a telephone number, and behind what stands there when it is
 * hidden (RFC 3323 4.1, and what phone systems and carriers make of it), may be anybody who calls by way of a carrier; behind a name or an
 * extension is one caller. Allocates nothing; one pass over the user for each of a few words. */

/* `user` and `host` of the URI in From, as they stand there; CALLER_ABSENT when both are empty. */
enum caller_word sip_caller(struct slice user, struct slice host);
/* The same of a log, which says nothing of the host, and where nobody is hidden: anonymous is the name of an endpoint of Asterisk, by which all
 * strangers call. */
enum caller_word sip_caller_logged(struct slice user);

#endif
