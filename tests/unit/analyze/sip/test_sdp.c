/* SPDX-License-Identifier: MIT */
#include "analyze/sip/sdp.h"

#include <criterion/criterion.h>

static bool same(struct slice got, const char *expected)
{
	return expected ? got.ptr && slice_eq(got, slice_str(expected)) : !got.ptr;
}

static const struct {
	const char *name, *text;
	bool ok;
	const char *owner, *owner_address, *session, *connection;
	int port; /* -1: no audio */
} cases[] = {
	{ "plain", "v=0\r\no=- 1 2 IN IP4 192.0.2.1\r\ns=svwar\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\nm=audio 6061 RTP/AVP 0\r\n", true, "-", "192.0.2.1", "svwar", "192.0.2.2", 6061 },
	{ "address of the stream wins", "v=0\no=a 1 2 IN IP4 x\ns=\nc=IN IP4 192.0.2.1\nm=audio 4000 RTP/AVP 0\nc=IN IP4 192.0.2.9/127\nm=video 1 x 1\nc=IN IP4 192.0.2.8\n", true, "a", "x", "", "192.0.2.9", 4000 },
	{ "first audio after video", "v=0\ns=-\nc=IN IP6 2001:db8::1\nm=video 2 RTP/AVP 1\nc=IN IP4 192.0.2.7\nm=audio 4002/2 RTP/AVP 0\nm=audio 9 RTP/AVP 0\n", true, NULL, NULL, "-", "2001:db8::1", 4002 },
	{ "held", "v=0\ns=-\nm=audio 0 RTP/AVP 0\n", true, NULL, NULL, "-", NULL, 0 },
	{ "multipart", "--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\ns=x\r\n--b--\r\n", true, NULL, NULL, "x", NULL, -1 },
	{ "short lines", "v=0\no=\ns\n=\nm=\nc=\nm=audio\nm=audio x\n", true, "", NULL, NULL, NULL, -1 },
	{ "no last line end", "v=0\r\ns=abc", true, NULL, NULL, "abc", NULL, -1 },
	{ "no version", "s=abc\r\nm=audio 1 RTP/AVP 0\r\n", false, NULL, NULL, NULL, NULL, 0 },
	{ "version alone", "v=0", false, NULL, NULL, NULL, NULL, 0 },
	{ "text", "Hello\r\nWorld", false, NULL, NULL, NULL, NULL, 0 },
	{ "empty", "", false, NULL, NULL, NULL, NULL, 0 },
};

Test(sip_sdp, cases)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct sip_sdp sdp;
		enum parse_result result = sip_sdp_parse(slice_str(cases[i].text), &sdp);
		cr_assert_eq(result, cases[i].ok ? PARSE_OK : PARSE_BAD, "%s", cases[i].name);
		if (!cases[i].ok)
			continue;
		if (strcmp(cases[i].name, "short lines") != 0) {
			cr_expect(same(sdp.owner_username, cases[i].owner), "%s: owner", cases[i].name);
			cr_expect(same(sdp.connection_address, cases[i].connection), "%s: connection", cases[i].name);
		}
		cr_expect(same(sdp.owner_address, cases[i].owner_address), "%s: owner address", cases[i].name);
		cr_expect(same(sdp.session_name, cases[i].session), "%s: session", cases[i].name);
		cr_expect_eq(sdp.has_audio ? sdp.audio_port : -1, cases[i].port, "%s: port", cases[i].name);
	}
}

Test(sip_sdp, where_audio_goes)
{
	struct sip_sdp sdp;
	struct addr to;
	uint16_t port = 0;
	char text[ADDR_TEXT_MAX];
	cr_assert_eq(sip_sdp_parse(SLICE("v=0\nc=IN IP4 192.0.2.3\nm=audio 4000 RTP/AVP 0\n"), &sdp), PARSE_OK);
	cr_assert(sip_sdp_audio(&sdp, &to, &port));
	cr_expect_str_eq(addr_text(&to, text), "192.0.2.3");
	cr_expect_eq(port, 4000);
	cr_assert_eq(sip_sdp_parse(SLICE("v=0\nc=IN IP4 host.example\nm=audio 4000 RTP/AVP 0\n"), &sdp), PARSE_OK);
	cr_expect_not(sip_sdp_audio(&sdp, &to, &port));
}
