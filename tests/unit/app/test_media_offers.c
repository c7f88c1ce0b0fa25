/* SPDX-License-Identifier: MIT */
#include "app/media_offers.h"

#include "analyze/sip/sdp.h"

#include <criterion/criterion.h>

#define HEAD "SIP/2.0 200 OK\r\nCSeq: 1 INVITE\r\nContent-Length: 99\r\n\r\n"

Test(media_offers, ports_of_answers_until_they_are_handed_on)
{
	static const struct {
		const char *name, *message;
		uint16_t port;
		bool is_offered;
	} cases[] = {
		{ "an answer", HEAD "v=0\r\nm=audio 4000 RTP/AVP 0\r\n", 4000, true },
		{ "another port", HEAD "v=0\r\nm=audio 4000 RTP/AVP 0\r\n", 4002, false },
		{ "line feeds", "SIP/2.0 200 OK\n\nv=0\nm=audio 4000 RTP/AVP 0", 4000, true },
		{ "blanks", HEAD "v=0\r\n m=\taudio   4000/2 RTP/AVP 0\r\n", 4000, true },
		{ "case", HEAD "v=0\r\nm=Audio 4000 RTP/AVP 0\r\n", 4000, true },
		{ "the second stream", HEAD "v=0\r\nm=video 3000 RTP/AVP 0\r\nm=audio 4000 RTP/AVP 0\r\n",
		  4000, true },
		{ "a number that a shorter body cuts", HEAD "v=0\r\nm=audio 40001 RTP/AVP 0\r\n", 4000,
		  true },
		{ "keep-alives in front", "\r\n" HEAD "v=0\r\nm=audio 4000 RTP/AVP 0\r\n", 4000, true },
		{ "the number ends it", HEAD "v=0\r\nm=audio 4000", 4000, true },
		{ "the highest port", HEAD "v=0\r\nm=audio 65535 RTP/AVP 0\r\n", 65535, true },
		{ "another line", HEAD "v=0\r\na=audio 4000 RTP/AVP 0\r\n", 4000, false },
		{ "no audio", HEAD "v=0\r\nm=video 4000 RTP/AVP 0\r\n", 4000, false },
		{ "a request", "INVITE sip:x SIP/2.0\r\n\r\nv=0\r\nm=audio 4000 RTP/AVP 0\r\n", 4000, false },
		{ "no body", "SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n", 4000, false },
		{ "nothing", "", 4000, false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		static struct media_offers o;
		memset(&o, 0, sizeof o);
		cr_assert(!media_offers_has(&o, cases[i].port, 0), "%s", cases[i].name);
		media_offers_note(&o, slice_str(cases[i].message), 7);
		cr_assert_eq(media_offers_has(&o, cases[i].port, 6), cases[i].is_offered, "%s", cases[i].name);
		cr_assert(!media_offers_has(&o, cases[i].port, 7), "%s", cases[i].name);
	}
}

/* What the reader takes for an offer must be one here, whatever a body looks like and wherever it is cut. */
Test(media_offers, never_no_where_the_reader_says_yes)
{
	static const char model[] = "v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 40012 RTP/AVP 0\r\na=x\r\n";
	static const char bytes[] = " \t\r\nm=aA/0519\0";
	char text[sizeof HEAD + sizeof model];
	unsigned offers = 0;
	memcpy(text, HEAD, sizeof HEAD - 1);
	for (size_t at = 0; at < sizeof model - 1; at++)
		for (size_t byte = 0; byte < sizeof bytes; byte++)
			for (size_t len = at + 1; len < sizeof model; len++) {
				static struct media_offers o;
				struct sip_sdp sdp;
				struct addr address;
				uint16_t port;
				memcpy(text + sizeof HEAD - 1, model, sizeof model - 1);
				if (byte < sizeof bytes - 1)
					text[sizeof HEAD - 1 + at] = bytes[byte];
				if (sip_sdp_parse(slice_of(text + sizeof HEAD - 1, len), &sdp) != PARSE_OK || !sip_sdp_audio(&sdp, &address, &port))
					continue;
				offers++;
				memset(&o, 0, sizeof o);
				media_offers_note(&o, slice_of(text, sizeof HEAD - 1 + sizeof model - 1), 1);
				cr_assert(media_offers_has(&o, port, 0), "byte %zu, value %zu, length %zu: port %u", at, byte, len, port);
			}
	cr_assert(offers > 1000);
}
