/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_SIP_CSEQ_H
#define ANALYZE_SIP_CSEQ_H

#include "core/error.h"
#include "core/slice.h"

/* analyze/sip/cseq.h - the CSeq header field (RFC 3261 20.16). */

struct sip_cseq {
	uint32_t number;
	struct slice method; /* compared case-sensitively */
};

/* PARSE_OK, or PARSE_BAD: no number, no method, or a number above 32 bits; *out untouched. */
enum parse_result sip_cseq_parse(struct slice value, struct sip_cseq *out);

#endif
