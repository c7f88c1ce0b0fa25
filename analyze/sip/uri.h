/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_SIP_URI_H
#define ANALYZE_SIP_URI_H

#include "core/slice.h"

/* analyze/sip/uri.h - sip:, sips: and tel: URIs (RFC 3261 19.1 and 25.1, RFC 3966), read for what they are, escapes kept. */

struct sip_uri {
	struct slice scheme;
	struct slice user;     /* absent when there is none; %-escapes kept; the number of a tel: URI */
	struct slice password; /* a secret: never to be printed or stored */
	struct slice host;     /* IPv6 reference without its brackets */
	uint16_t port;	       /* 0: none written */
	struct slice params;   /* after the first ';', without it */
	struct slice headers;  /* after '?' */
};

/* The whole of `text` is one addr-spec, read into a zeroed struct. False: no scheme or no host, and *out is in any state.
 * Odd but readable forms (unbracketed IPv6, port out of range -> 0) are read as far as they go. */
bool sip_uri_fill(struct slice text, struct sip_uri *out);

/* The value of parameter `name` (any case) in a ';'-separated list; empty when it has no '=', absent when missing. */
struct slice sip_param(struct slice params, struct slice name);

/* Undoes %XX into buffer, cut at size; returns text itself when there is nothing to undo. */
struct slice sip_unescape(struct slice text, uint8_t *buffer, size_t size);

#endif
