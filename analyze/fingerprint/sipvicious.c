/* SPDX-License-Identifier: MIT */
#include "analyze/fingerprint/sipvicious.h"

#include "analyze/sip/name_addr.h"

#define TEXT_MAX 160	 /* decoded bytes; longer tags are not SIPVicious's */
#define DIGITS_MIN 5	 /* fewer would let random hex decode; a random 32-bit number has fewer once in 400,000 */
#define DIGITS_MAX 10

static int lower_hex(uint8_t c)
{
	return ascii_is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool unhex(struct slice tag, uint8_t *out, size_t *len)
{
	if (tag.len % 2 || tag.len / 2 > TEXT_MAX)
		return false;
	for (size_t i = 0; i < tag.len; i += 2) {
		int high = lower_hex(tag.ptr[i]), low = lower_hex(tag.ptr[i + 1]);
		if (high < 0 || low < 0)
			return false;
		out[i / 2] = (uint8_t)(high << 4 | low);
	}
	*len = tag.len / 2;
	return true;
}

static bool is_printable(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] < 0x20 || s.ptr[i] > 0x7e)
			return false;
	return s.len > 0;
}

static bool hex_value(struct slice s, uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int high = lower_hex(s.ptr[2 * i]), low = lower_hex(s.ptr[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* `IPv4 in 8 hex digits, port in 4`, or an IPv6 literal without its colons and port. Only a full literal has its groups; a
 * shortened one is known for the letters in it and by its length, and the address stays unknown. */
static bool read_target(struct slice text, struct sipvicious_tag *out)
{
	uint8_t bytes[16], port[2];
	bool has_letter = false;
	if (text.len < 8 || text.len > 36)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (lower_hex(text.ptr[i]) < 0)
			return false;
		has_letter |= !ascii_is_digit(text.ptr[i]);
	}
	if (!hex_value(slice_from(text, text.len - 4), port, 2))
		return false;
	out->target_port = (uint16_t)(port[0] << 8 | port[1]);
	if (text.len == 12 && out->target_port && hex_value(text, bytes, 4)) {
		out->target = addr_from_v4(bytes);
		return true;
	}
	if (text.len == 36 && hex_value(text, bytes, 16)) {
		out->target = addr_from_v6(bytes);
		return true;
	}
	return text.len > 12 && has_letter;
}

static enum secret_kind kind_of(struct slice secret, struct slice account)
{
	bool digits = false, letters = false, others = false;
	if (secret.len == 0)
		return SECRET_EMPTY;
	if (slice_eq(secret, account))
		return SECRET_SAME_AS_ACCOUNT;
	for (size_t i = 0; i < secret.len; i++) {
		digits |= ascii_is_digit(secret.ptr[i]);
		letters |= ascii_is_alpha(secret.ptr[i]);
		others |= !ascii_is_digit(secret.ptr[i]) && !ascii_is_alpha(secret.ptr[i]);
	}
	if (others || (digits && letters))
		return SECRET_MIXED;
	return digits ? SECRET_DIGITS : SECRET_LETTERS;
}

static void read_text(struct slice text, struct sipvicious_tag *out)
{
	struct slice account = text;
	size_t colon = slice_find(text, ':');
	if (colon != SLICE_NPOS) {
		struct slice secret = slice_from(text, colon + 1);
		account = slice_first(text, colon);
		out->module = SIPVICIOUS_SVCRACK;
		out->secret = kind_of(secret, account);
		out->secret_len = secret.len;
	} else if (read_target(text, out)) {
		out->module = SIPVICIOUS_SVMAP;
		return;
	} else {
		out->module = SIPVICIOUS_SVWAR;
		out->target_port = 0;
	}
	account = slice_first(account, sizeof out->account);
	memcpy(out->account, account.ptr, account.len);
	out->account_len = account.len;
}

bool sipvicious_decode(struct slice tag, struct sipvicious_tag *out)
{
	uint8_t bytes[TEXT_MAX];
	size_t len = 0;

	/* The request that svcrack sends before it has seen a challenge: a constant of versions 0.3.x. */
	if (slice_eq(tag, SLICE("3206210844"))) {
		*out = (struct sipvicious_tag){ .module = SIPVICIOUS_SVCRACK };
		return true;
	}
	/* Nearly all other tags end here: the last byte must be a digit, written in hex. */
	if (tag.len < 2 * (DIGITS_MIN + 2) || tag.ptr[tag.len - 2] != '3' || tag.ptr[tag.len - 4] != '3' ||
	    !unhex(tag, bytes, &len)) {
		/* h:e:y 0x01 there 0x01 bye */
		if (slice_eq(tag, SLICE("683a653a7901746865726501627965"))) {
			*out = (struct sipvicious_tag){ .module = SIPVICIOUS_SVCRASH };
			return true;
		}
		return false;
	}
	size_t digits = 0;
	while (digits < len && ascii_is_digit(bytes[len - digits - 1]))
		digits++;
	if (digits < DIGITS_MIN || digits > DIGITS_MAX || len < digits + 2 || bytes[len - digits - 1] != 1)
		return false;
	struct slice text = slice_of(bytes, len - digits - 1);
	if (!is_printable(text) || text.ptr[0] == ':')
		return false;
	*out = (struct sipvicious_tag){ 0 };
	read_text(text, out);
	return true;
}

/* The tag of a "From:" line inside a body: what is left of a message whose head ended too early. */
static struct slice from_in_body(struct slice body)
{
	struct slice rest = slice_first(body, 2048);
	while (rest.len) {
		struct slice line = slice_trim(slice_cut(&rest, '\n'));
		struct sip_name_addr from;
		if (line.len > 5 && slice_starts_nocase(line, SLICE("From:")) &&
		    sip_name_addr_parse(slice_from(line, 5), &from) == PARSE_OK)
			return from.tag;
	}
	return slice_of(NULL, 0);
}

bool sipvicious_find(const struct sip_message *m, struct sipvicious_tag *out)
{
	struct sip_name_addr from;
	if (!m->first[SIP_HEADER_FROM])
		return m->body.len > 0 && m->first[SIP_HEADER_VIA] && sipvicious_decode(from_in_body(m->body), out);
	return sip_name_addr_parse(sip_value(m, SIP_HEADER_FROM), &from) == PARSE_OK && from.tag.ptr &&
	       sipvicious_decode(from.tag, out);
}

const char *sipvicious_module_text(enum sipvicious_module module)
{
	static const char *const texts[] = { "", "svmap", "svwar", "svcrack", "svcrash" };
	return (size_t)module < sizeof texts / sizeof *texts ? texts[module] : "";
}
