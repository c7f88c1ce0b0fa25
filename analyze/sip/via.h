/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_SIP_VIA_H
#define ANALYZE_SIP_VIA_H

#include "core/error.h"
#include "core/slice.h"

/* analyze/sip/via.h - the topmost element of a Via header field (RFC 3261 20.42). */

struct sip_via {
	struct slice transport; /* "UDP", "TCP", ... */
	struct slice host;	/* sent-by without brackets of an IPv6 reference */
	uint16_t port;		/* 0: none written */
	struct slice branch;	/* absent when none */
	struct slice received;	/* absent when none */
	bool has_rport;
	bool rport_before_branch;
	bool has_alias; /* RFC 5923 */
	struct slice rest;	/* after the comma of a list; absent at its end */
};

/* PARSE_OK or PARSE_BAD (no protocol or no sent-by; *out untouched). White space around '/' and ':' is allowed. */
enum parse_result sip_via_parse(struct slice value, struct sip_via *out);

#endif
