/* SPDX-License-Identifier: MIT */
#include "analyze/sip/names.h"

#define T SIP_CHAR_TOKEN
#define H SIP_CHAR_HOST
#define U SIP_CHAR_USER
#define X SIP_CHAR_HEX
#define I SIP_CHAR_HINT
#define ALNUM (T | H | U)
const uint8_t sip_char_class[256] = {
	['0' ... '9'] = ALNUM | X,
	['a' ... 'f'] = ALNUM | X,
	['g' ... 'z'] = ALNUM,
	['A' ... 'F'] = ALNUM | X,
	['G' ... 'Z'] = ALNUM,
	['-'] = ALNUM,
	['_'] = ALNUM,
	['.'] = ALNUM,
	['!'] = T | U,
	['%'] = T | H | U | I,
	['*'] = T | U,
	['+'] = T | U,
	['`'] = T | I,
	['\''] = T | U | I,
	['~'] = T | U,
	['('] = U | SIP_CHAR_BLANK,
	[')'] = U | SIP_CHAR_BLANK,
	['&'] = U | I,
	['='] = U,
	['$'] = U | I,
	[','] = U,
	[';'] = U | I,
	['?'] = U,
	['/'] = U | SIP_CHAR_SLASH,
	['#'] = U,
	[':'] = H,
	['['] = H,
	[']'] = H,
	['<'] = I,
	['|'] = I,
	['\\'] = I,
	[' '] = SIP_CHAR_BLANK,
	['\t'] = SIP_CHAR_BLANK,
};
#undef T
#undef H
#undef U
#undef X
#undef I

bool sip_all_are(struct slice s, uint8_t which)
{
	for (size_t i = 0; i < s.len; i++)
		if (!sip_char_is(s.ptr[i], which))
			return false;
	return s.len > 0;
}

const char *sip_anomaly_text(enum sip_anomaly_bit bit)
{
	static const char *const texts[] = {
#define X(name, text) text,
		SIP_ANOMALIES(X)
#undef X
	};
	return (size_t)bit < SIP_ANOMALY_COUNT ? texts[bit] : "";
}

static const struct slice methods[SIP_METHOD_COUNT] = {
#define X(name) [SIP_METHOD_##name] = SLICE_INIT(#name),
	SIP_METHODS(X)
#undef X
	    [SIP_METHOD_OTHER] = SLICE_INIT("OTHER"),
};

const char *sip_method_text(enum sip_method method)
{
	if (method == SIP_METHOD_NONE || (size_t)method >= SIP_METHOD_COUNT)
		return "";
	return (const char *)methods[method].ptr;
}

enum sip_method sip_method_of_nocase(struct slice text)
{
	for (int m = SIP_METHOD_NONE + 1; m < SIP_METHOD_OTHER; m++)
		if (slice_eq_nocase(text, methods[m]))
			return (enum sip_method)m;
	return SIP_METHOD_OTHER;
}

enum sip_method sip_method_of(struct slice text)
{
	enum sip_method m;
	switch (text.len ? text.ptr[0] : 0) {
	case 'I': m = text.len == 6 ? SIP_METHOD_INVITE : SIP_METHOD_INFO; break;
	case 'A': m = SIP_METHOD_ACK; break;
	case 'B': m = SIP_METHOD_BYE; break;
	case 'C': m = SIP_METHOD_CANCEL; break;
	case 'O': m = SIP_METHOD_OPTIONS; break;
	case 'R': m = text.len == 8 ? SIP_METHOD_REGISTER : SIP_METHOD_REFER; break;
	case 'P': m = text.len == 5 ? SIP_METHOD_PRACK : SIP_METHOD_PUBLISH; break;
	case 'S': m = SIP_METHOD_SUBSCRIBE; break;
	case 'N': m = SIP_METHOD_NOTIFY; break;
	case 'M': m = SIP_METHOD_MESSAGE; break;
	case 'U': m = SIP_METHOD_UPDATE; break;
	default: return SIP_METHOD_OTHER;
	}
	return slice_eq(text, methods[m]) ? m : SIP_METHOD_OTHER;
}

const struct sip_header_name sip_header_names[SIP_HEADER_COUNT] = {
#define X(name, spelled, compact) [SIP_HEADER_##name] = { .text = spelled, .len = sizeof(spelled) - 1 },
	SIP_HEADERS(X)
#undef X
};

/* Fields without a compact form go to the upper half, which no letter reaches. */
static const uint8_t compact_headers[256] = {
#define X(name, text, compact) [compact ? compact : 128 + SIP_HEADER_##name] = SIP_HEADER_##name,
	SIP_HEADERS(X)
#undef X
};

const uint8_t sip_header_slots[SIP_HEADER_SLOTS] = {
	[0] = SIP_HEADER_SUPPORTED,
	[12] = SIP_HEADER_CONTENT_DISPOSITION,
	[15] = SIP_HEADER_WARNING,
	[17] = SIP_HEADER_DIVERSION,
	[20] = SIP_HEADER_PATH,
	[27] = SIP_HEADER_ORGANIZATION,
	[31] = SIP_HEADER_ACCEPT_LANGUAGE,
	[33] = SIP_HEADER_SERVER,
	[34] = SIP_HEADER_REFERRED_BY,
	[36] = SIP_HEADER_WWW_AUTHENTICATE,
	[37] = SIP_HEADER_ACCEPT_ENCODING,
	[40] = SIP_HEADER_MIN_SE,
	[42] = SIP_HEADER_SUBJECT,
	[47] = SIP_HEADER_TO,
	[49] = SIP_HEADER_ACCEPT,
	[52] = SIP_HEADER_AUTHORIZATION,
	[53] = SIP_HEADER_PROXY_AUTHENTICATE,
	[55] = SIP_HEADER_ALLOW,
	[58] = SIP_HEADER_EVENT,
	[61] = SIP_HEADER_EXPIRES,
	[63] = SIP_HEADER_SESSION_EXPIRES,
	[64] = SIP_HEADER_ALLOW_EVENTS,
	[69] = SIP_HEADER_FROM,
	[71] = SIP_HEADER_TIMESTAMP,
	[74] = SIP_HEADER_CALL_ID,
	[78] = SIP_HEADER_VIA,
	[80] = SIP_HEADER_PRIVACY,
	[83] = SIP_HEADER_PROXY_AUTHORIZATION,
	[84] = SIP_HEADER_ROUTE,
	[90] = SIP_HEADER_REQUIRE,
	[92] = SIP_HEADER_CONTENT_TYPE,
	[100] = SIP_HEADER_MAX_FORWARDS,
	[103] = SIP_HEADER_DATE,
	[104] = SIP_HEADER_CSEQ,
	[105] = SIP_HEADER_RECORD_ROUTE,
	[107] = SIP_HEADER_CONTENT_LENGTH,
	[110] = SIP_HEADER_CONTENT_ENCODING,
	[111] = SIP_HEADER_REMOTE_PARTY_ID,
	[114] = SIP_HEADER_REASON,
	[116] = SIP_HEADER_P_ASSERTED_IDENTITY,
	[119] = SIP_HEADER_P_PREFERRED_IDENTITY,
	[121] = SIP_HEADER_USER_AGENT,
	[122] = SIP_HEADER_CONTACT,
	[123] = SIP_HEADER_REFER_TO,
};

static bool one_case(struct slice name)
{
	bool lower = false, upper = false;
	for (size_t i = 0; i < name.len; i++) {
		lower |= (uint8_t)(name.ptr[i] - 'a') < 26;
		upper |= (uint8_t)(name.ptr[i] - 'A') < 26;
	}
	return !(lower && upper);
}

enum sip_header sip_header_read(struct slice name, uint8_t *style, bool *odd)
{
	*style = 0;
	*odd = false;
	if (name.len == 0)
		return SIP_HEADER_OTHER;
	if (name.len == 1) {
		enum sip_header found = compact_headers[ascii_lower(name.ptr[0]) & 0x7f];
		if (name.ptr[0] >= 0x80)
			return SIP_HEADER_OTHER;
		if (found)
			*style = SIP_FIELD_COMPACT | (name.ptr[0] < 'a' ? SIP_FIELD_ODD_CASE : 0);
		return found;
	}
	enum sip_header header = (enum sip_header)sip_header_slots[sip_header_slot(name.ptr, name.len)];
	struct slice usual = slice_of(sip_header_names[header].text, sip_header_names[header].len);
	if (slice_eq(name, usual))
		return header;
	if (!slice_eq_nocase(name, usual))
		return SIP_HEADER_OTHER;
	*style = SIP_FIELD_ODD_CASE;
	*odd = !one_case(name);
	return header;
}
