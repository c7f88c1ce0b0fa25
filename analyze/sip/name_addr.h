/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_SIP_NAME_ADDR_H
#define ANALYZE_SIP_NAME_ADDR_H

#include "analyze/sip/uri.h"
#include "core/error.h"

/* analyze/sip/name_addr.h - the values of From, To, Contact, Route ...: name-addr or addr-spec with parameters
 * (RFC 3261 20.10, 25.1). A comma-separated list gives its first element. */

struct sip_name_addr {
	struct slice display_name; /* without quotes, escapes kept; absent when none */
	struct slice uri_text;	   /* without < > */
	struct sip_uri uri;	   /* all absent when uri_text is no URI; see has_uri */
	struct slice params;	   /* of the header field: after '>' or, without brackets, after the first ';' */
	struct slice tag;	   /* absent when none */
	bool has_uri;
	bool has_brackets;
	bool is_star;		   /* Contact: * */
	bool space_before_bracket; /* "name" <uri> rather than "name"<uri> */
	struct slice rest;	   /* after the comma of a list; absent at its end */
};

/* PARSE_OK even when the URI inside is broken (has_uri false). PARSE_BAD: unbalanced quotes or brackets, or empty; *out is
 * undefined. */
enum parse_result sip_name_addr_parse(struct slice value, struct sip_name_addr *out);
/* The same without a look at the URI: uri_text is set, has_uri false. */
enum parse_result sip_name_addr_parse_frame(struct slice value, struct sip_name_addr *out);

#endif
