/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_SIP_SDP_H
#define ANALYZE_SIP_SDP_H

#include "core/addr.h"
#include "core/error.h"

/* analyze/sip/sdp.h - the few lines of a session description (RFC 8866) that say who made it and where media shall go. */

struct sip_sdp {
	struct slice owner_username; /* o= first word; absent when there is no o= line */
	struct slice owner_address;  /* o= last word */
	struct slice session_name;   /* s= */
	struct slice connection_address; /* of the first audio stream, else of the session; without a multicast TTL */
	uint16_t audio_port;	     /* of the first m=audio line; 0 is a stream that was refused or put on hold */
	bool has_audio;
};

/* `body` is a session description or a multipart body that holds one. Line ends of any kind.
 * PARSE_OK   a v= line and at least one more line that is known; what is missing is absent
 * PARSE_BAD  nothing like that; *out untouched */
enum parse_result sip_sdp_parse(struct slice body, struct sip_sdp *out);

/* Where audio shall be sent. False: no audio, port 0, or the address is a name or missing. */
bool sip_sdp_audio(const struct sip_sdp *sdp, struct addr *address, uint16_t *port);

#endif
