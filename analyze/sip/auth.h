/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_SIP_AUTH_H
#define ANALYZE_SIP_AUTH_H

#include "core/error.h"
#include "core/slice.h"

/* analyze/sip/auth.h - digest challenges and credentials (RFC 3261 22, RFC 2617, RFC 7616). */

struct sip_auth {
	struct slice scheme; /* "Digest" */
	struct slice realm, nonce, username, uri, response, cnonce, nc, qop, algorithm, opaque, stale; /* absent or unquoted */
	bool is_stale;	       /* stale=true, any case */
	bool space_after_comma; /* how the list is written */
};

/* PARSE_OK, or PARSE_BAD: no scheme; *out untouched. Parameters it does not know are passed over. */
enum parse_result sip_auth_parse(struct slice value, struct sip_auth *out);

#endif
