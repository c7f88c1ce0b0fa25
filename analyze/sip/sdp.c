/* SPDX-License-Identifier: MIT */
#include "analyze/sip/sdp.h"

#define LINES_MAX 512 /* lines that are looked at */

static struct slice take_line(struct slice *rest)
{
	return slice_trim(slice_cut(rest, '\n'));
}

static struct slice take_word(struct slice *rest)
{
	struct slice word;
	do
		word = slice_cut(rest, ' ');
	while (word.ptr && word.len == 0);
	return word;
}

/* o=<username> <session id> <version> IN IP4 <address> */
static void read_owner(struct slice value, struct sip_sdp *out)
{
	out->owner_username = take_word(&value);
	for (int i = 0; i < 4; i++)
		(void)take_word(&value);
	out->owner_address = take_word(&value);
}

/* c=IN IP4 <address>[/ttl] */
static struct slice read_connection(struct slice value)
{
	(void)take_word(&value);
	(void)take_word(&value);
	struct slice address = take_word(&value);
	return slice_first(address, slice_find(address, '/'));
}

/* m=audio <port>[/count] RTP/AVP ... */
static void read_media(struct slice value, struct sip_sdp *out)
{
	struct slice kind = take_word(&value), port = take_word(&value);
	uint64_t number;
	if (out->has_audio || !slice_eq_nocase(kind, SLICE("audio")))
		return;
	port = slice_first(port, slice_find(port, '/'));
	if (slice_u64(port, &number) && number <= UINT16_MAX) {
		out->audio_port = (uint16_t)number;
		out->has_audio = true;
	}
}

enum parse_result sip_sdp_parse(struct slice body, struct sip_sdp *out)
{
	struct sip_sdp r = { 0 };
	bool has_version = false, has_more = false;
	bool in_session = true, in_first_audio = false;
	for (int lines = 0; body.len && lines < LINES_MAX; lines++) {
		struct slice line = take_line(&body);
		if (line.len < 2 || line.ptr[1] != '=')
			continue;
		struct slice value = slice_trim(slice_from(line, 2));
		switch (line.ptr[0]) {
		case 'v':
			has_version = true;
			continue;
		case 'o':
			if (has_version && !r.owner_username.ptr)
				read_owner(value, &r);
			break;
		case 's':
			if (has_version && !r.session_name.ptr)
				r.session_name = value;
			break;
		case 'c':
			if (in_first_audio || (in_session && !r.connection_address.ptr))
				r.connection_address = read_connection(value);
			break;
		case 'm': {
			bool had_audio = r.has_audio;
			in_session = false;
			read_media(value, &r);
			in_first_audio = r.has_audio && !had_audio;
			break;
		}
		default:
			continue;
		}
		has_more = has_more || has_version;
	}
	if (!has_version || !has_more)
		return PARSE_BAD;
	*out = r;
	return PARSE_OK;
}

bool sip_sdp_audio(const struct sip_sdp *sdp, struct addr *address, uint16_t *port)
{
	if (!sdp->has_audio || sdp->audio_port == 0 || !addr_parse(sdp->connection_address, address))
		return false;
	*port = sdp->audio_port;
	return true;
}
