/* SPDX-License-Identifier: MIT */
#include "sip.h"

static const char media[] = "v=0\r\n"
			    "o=- {any} {any} IN IP4 {media_address}\r\n"
			    "s=session\r\n"
			    "c=IN IP4 {media_address}\r\n"
			    "t=0 0\r\n"
			    "m=audio {media_port} RTP/AVP 0 8 18 101\r\n"
			    "a=rtpmap:0 PCMU/8000\r\n"
			    "a=rtpmap:8 PCMA/8000\r\n"
			    "a=rtpmap:18 G729/8000\r\n"
			    "a=rtpmap:101 telephone-event/8000\r\n"
			    "a=fmtp:101 0-16\r\n"
			    "a=sendrecv\r\n";

static const char answer[] =
    "SIP/2.0 {status} {reason}\r\n"
    "Via: SIP/2.0/{transport} {address}:{port};branch={branch};received={address};rport={port}\r\n"
    "From: \"{user}\" <sip:{user}@{server}>;tag={from_tag}\r\n"
    "To: <sip:{peer}@{server}>{to_tag}\r\n"
    "Call-ID: {call_id}\r\n"
    "CSeq: {cseq} {method}\r\n"
    "Server: Asterisk PBX 18.20.2\r\n"
    "Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, SUBSCRIBE, NOTIFY, INFO, PUBLISH, MESSAGE\r\n"
    "Supported: replaces, timer\r\n";

void sip_body(struct text *body, struct words *w, struct random *random, bool has_media)
{
	body->len = 0;
	if (has_media) {
		word_number(w, WORD_ANY, random_below(random, 1u << 30));
		word_number(w, WORD_MEDIA_PORT, 10000 + 2 * random_below(random, 5000));
		text_add(body, media, w);
	}
	word_number(w, WORD_LENGTH, body->len);
}

static const char *reason_of(unsigned status)
{
	switch (status) {
	case 100:
		return "Trying";
	case 180:
		return "Ringing";
	case 200:
		return "OK";
	case 401:
		return "Unauthorized";
	case 403:
		return "Forbidden";
	default:
		return "Not Found";
	}
}

void sip_answer(struct text *out, struct words *w, struct recording *r, unsigned status, bool has_media)
{
	struct text body;
	word_number(w, WORD_STATUS, status);
	word_text(w, WORD_REASON, reason_of(status));
	w->of[WORD_MEDIA_ADDRESS] = w->of[WORD_SERVER];
	sip_body(&body, w, &r->random, has_media);
	text_add(out, answer, w);
	if (status == 401) {
		word_hex(w, WORD_NONCE, random_next(&r->random), 16);
		text_add(out,
			 "WWW-Authenticate: Digest algorithm=MD5, realm=\"asterisk\", nonce=\"{nonce}\"\r\n",
			 w);
	}
	if (has_media)
		text_add(out, "Content-Type: application/sdp\r\n", w);
	text_add(out, "Content-Length: {length}\r\n\r\n", w);
	text_append(out, &body);
	truth_response(&r->truth, status);
}
