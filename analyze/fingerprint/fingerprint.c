/* SPDX-License-Identifier: MIT */
#include "analyze/fingerprint/fingerprint.h"

#include "analyze/fingerprint/sipvicious.h"
#include "analyze/fingerprint/token_form.h"
#include "analyze/sip/names.h"
#include "core/hash.h"

/* Which part of `parts` holds what; a 16-bit field is named by its shift. */
enum { ORDER_LOW, ORDER_HIGH, TOKENS = FINGERPRINT_TOKENS, FORMS = FINGERPRINT_FORMS, GRAIN };
enum { SHIFT_BRANCH = 0, SHIFT_TAG = 16, SHIFT_CALL_ID = 32, SHIFT_BRANCH_START = 48 };
enum {
	SHIFT_CONTACT = 0,
	SHIFT_FROM = 8,
	SHIFT_TO = 16,
	SHIFT_CSEQ = 24,
	SHIFT_RPORT = 28,
	SHIFT_STYLE = 32,
	SHIFT_LINE_END = 44,
	SHIFT_HOPS = 48,
	SHIFT_HOST = 56
};

#define ORDER_BITS 5
#define ORDER_EACH 12 /* letters in one part */
#define ORDER_MAX  (2 * ORDER_EACH)

/* The letters of `o=`. The core, in lower case, stands in nearly all requests and makes the family; upper
 * case comes and goes with the method. Left out: User-Agent and Server (a claim), Via and routes (proxies add
 * them), credentials (they come and go with the challenge) and fields without a number. */
#define ORDER(X)                                                                                             \
	X('v', VIA)                                                                                          \
	X('f', FROM)                                                                                         \
	X('t', TO)                                                                                           \
	X('i', CALL_ID)                                                                                      \
	X('s', CSEQ) X('c', CONTACT) X('m', MAX_FORWARDS) X('l', CONTENT_LENGTH) X('Y', CONTENT_TYPE)        \
	    X('A', ACCEPT) X('E', EXPIRES) X('W', ALLOW) X('K', SUPPORTED) X('O', EVENT) X('Q', REQUIRE)     \
		X('N', ALLOW_EVENTS) X('X', SESSION_EXPIRES) X('M', MIN_SE) X('G', ACCEPT_LANGUAGE)          \
		    X('D', ACCEPT_ENCODING) X('S', SUBJECT) X('P', P_ASSERTED_IDENTITY)                      \
			X('I', REMOTE_PARTY_ID) X('J', P_PREFERRED_IDENTITY) X('V', PRIVACY)                 \
			    X('T', REFER_TO) X('B', REFERRED_BY) X('Z', ORGANIZATION) X('C', DATE)           \
				X('F', TIMESTAMP) X('H', CONTENT_DISPOSITION)
#define CORE_LETTERS 8

enum order_code {
	ORDER_NONE,
#define X(letter, header) ORDER_##header,
	ORDER(X)
#undef X
	    ORDER_CODES
};
_Static_assert(ORDER_CODES <= 1 << ORDER_BITS, "a letter is five bits");
static const char order_letters[] = { '?',
#define X(letter, header) letter,
				      ORDER(X)
#undef X
};
static const uint8_t order_codes[SIP_HEADER_COUNT] = {
#define X(letter, header) [SIP_HEADER_##header] = ORDER_##header,
	ORDER(X)
#undef X
};

struct order {
	uint64_t parts[2];
	unsigned shift; /* where the next letter of the current part goes */
	unsigned part;
};

static void order_add(struct order *o, uint64_t code)
{
	if (o->part == 2)
		return;
	o->parts[o->part] |= code << o->shift;
	o->shift += ORDER_BITS;
	if (o->shift == ORDER_EACH * ORDER_BITS) {
		o->shift = 0;
		o->part++;
	}
}

static unsigned order_at(const uint64_t parts[2], unsigned n)
{
	return parts[n >= ORDER_EACH] >> n % ORDER_EACH * ORDER_BITS & ((1u << ORDER_BITS) - 1);
}

/* Order of the fields (the first of each kind) and the style of their names and colons. */
static uint8_t read_fields(const struct sip_message *m, struct order *order)
{
	uint8_t style = 0;
	for (size_t i = 0; i < m->field_count; i++) {
		const struct sip_field *f = &m->fields[i];
		unsigned code = order_codes[f->header];
		if (code == ORDER_NONE)
			continue;
		style |= f->style;
		if (m->first[f->header] == i + 1)
			order_add(order, code);
	}
	return style;
}

/* How the branch starts: 1 no cookie, 2 cookie, 3 cookie in another case; then what separates it from the
 * rest. */
enum {
	START_NONE,
	START_BARE,
	START_COOKIE,
	START_ODD_COOKIE,
	START_DASH = 4,
	START_DOT = 8,
	START_SCORE = 12
};

static uint64_t read_branch(struct slice branch)
{
	uint64_t start = START_BARE;
	if (branch.len == 0)
		return 0;
	bool has_cookie = branch.len >= 7 && memcmp(branch.ptr, "z9hG4bK", 7) == 0;
	if (has_cookie || (branch.len >= 7 && slice_starts_nocase(branch, SLICE("z9hG4bK")))) {
		start = has_cookie ? START_COOKIE : START_ODD_COOKIE;
		branch = slice_from(branch, 7);
		uint8_t next = branch.len ? branch.ptr[0] : 0;
		uint64_t separator = next == '-'   ? START_DASH
				     : next == '.' ? START_DOT
				     : next == '_' ? START_SCORE
						   : 0;
		if (separator)
			branch = slice_from(branch, 1);
		start |= separator;
	}
	return (uint64_t)token_form_of(branch) << SHIFT_BRANCH | start << SHIFT_BRANCH_START;
}

static uint64_t read_tag(struct slice tag)
{
	struct sipvicious_tag ignored;
	token_form form = token_form_of(tag);
	if (((form & 15) == TOKEN_HEX || (form & 15) == TOKEN_DECIMAL) && sipvicious_decode(tag, &ignored))
		form = TOKEN_SIPVICIOUS;
	return (uint64_t)form << SHIFT_TAG;
}

/* The part before '@'; *host: is there one after it. */
static uint64_t read_call_id(struct slice call_id, uint64_t *host)
{
	size_t at = slice_find(call_id, '@');
	*host = at != SLICE_NPOS;
	return (uint64_t)token_form_of(slice_first(call_id, at)) << SHIFT_CALL_ID;
}

/* Forms of an address: 0 absent, then one bit a trait. */
enum {
	FORM_PRESENT = 1,
	FORM_BRACKETS = 2,
	FORM_NAME = 4,
	FORM_QUOTED = 8,
	FORM_SAME = 16,	 /* the name is the user */
	FORM_SPACE = 32, /* before < */
	FORM_STAR = 64,
	FORM_TRANSPORT = 4, /* Contact, in the URI */
	FORM_EXPIRES = 8,   /* Contact, outside */
	FORM_OTHER = 16,    /* Contact, other parameters anywhere */
};

static uint64_t read_party(const struct sip_name_addr *a)
{
	uint64_t form = FORM_PRESENT | (a->has_brackets ? FORM_BRACKETS : 0);
	if (a->display_name.ptr) {
		form |= FORM_NAME | (a->space_before_bracket ? FORM_SPACE : 0);
		form |= a->display_name.ptr[-1] == '"' ? FORM_QUOTED : 0;
		form |= slice_eq(a->display_name, a->uri.user) ? FORM_SAME : 0;
	}
	return form;
}

static uint64_t read_contact(const struct sip_name_addr *a)
{
	uint64_t form = FORM_PRESENT | (a->has_brackets ? FORM_BRACKETS : 0) | (a->is_star ? FORM_STAR : 0);
	if (a->uri.params.len)
		form |= sip_param(a->uri.params, SLICE("transport")).ptr ? FORM_TRANSPORT : FORM_OTHER;
	if (a->params.len)
		form |= sip_param(a->params, SLICE("expires")).ptr ? FORM_EXPIRES : FORM_OTHER;
	return form;
}

enum { CSEQ_NONE, CSEQ_FIRST, CSEQ_SMALL, CSEQ_LARGE };

/* 1 and 2 are one: the request and the same again with credentials. */
static uint64_t read_cseq(const struct sip_values *v)
{
	if (!v->has_cseq)
		return CSEQ_NONE;
	return v->cseq.number <= 2 ? CSEQ_FIRST : v->cseq.number < 1000 ? CSEQ_SMALL : CSEQ_LARGE;
}

enum { RPORT_NONE, RPORT_AFTER, RPORT_BEFORE, RPORT_ALIAS = 4 };

static uint64_t read_rport(const struct sip_via *via)
{
	uint64_t rport = !via->has_rport ? RPORT_NONE : via->rport_before_branch ? RPORT_BEFORE : RPORT_AFTER;
	return rport | (via->has_alias ? RPORT_ALIAS : 0);
}

enum { LINES_CRLF, LINES_LF, LINES_MIXED, LINES_OPEN = 4 };

static uint64_t read_line_ends(uint64_t anomalies)
{
	uint64_t lines = anomalies & SIP_ANOMALY(LF_ONLY)				    ? LINES_LF
			 : anomalies & (SIP_ANOMALY(MIXED_LINE_END) | SIP_ANOMALY(LONE_CR)) ? LINES_MIXED
											    : LINES_CRLF;
	return lines | (anomalies & SIP_ANOMALY(NO_HEADER_END) ? LINES_OPEN : 0);
}

enum { HOPS_NONE, HOPS_LOW, HOPS_MIDDLE, HOPS_70, HOPS_HIGH, HOPS_BAD };

/* 66 to 70 is 70 after up to four proxies. */
static uint64_t read_hops(const struct sip_message *m)
{
	struct slice value = sip_value(m, SIP_HEADER_MAX_FORWARDS);
	uint64_t hops;
	if (value.len == 2 && value.ptr[0] == '7' && value.ptr[1] == '0')
		return HOPS_70;
	if (!value.ptr)
		return HOPS_NONE;
	if (!slice_u64(value, &hops) || hops > 255)
		return HOPS_BAD;
	return hops < 16 ? HOPS_LOW : hops < 66 ? HOPS_MIDDLE : hops <= 70 ? HOPS_70 : HOPS_HIGH;
}

void fingerprint_make_of(const struct sip_message *m, const struct sip_values *v, struct fingerprint *out)
{
	struct order order = { 0 };
	uint64_t host = 0;
	uint64_t style = read_fields(m, &order);
	*out = (struct fingerprint){ 0 };
	out->parts[ORDER_LOW] = order.parts[0];
	out->parts[ORDER_HIGH] = order.parts[1];
	out->parts[TOKENS] = read_branch(v->via.branch) | read_tag(v->from.tag) |
			     read_call_id(sip_value(m, SIP_HEADER_CALL_ID), &host);
	out->parts[FORMS] = (v->has_contact ? read_contact(&v->contact) << SHIFT_CONTACT : 0) |
			    (v->has_from ? read_party(&v->from) << SHIFT_FROM : 0) |
			    (v->has_to ? read_party(&v->to) << SHIFT_TO : 0) | read_cseq(v) << SHIFT_CSEQ |
			    read_rport(&v->via) << SHIFT_RPORT | style << SHIFT_STYLE |
			    read_line_ends(m->anomalies) << SHIFT_LINE_END | read_hops(m) << SHIFT_HOPS |
			    host << SHIFT_HOST;
}

/* Whether there is a name, and how it is written, does not change. */
static uint64_t read_same_name(const struct sip_name_addr *a, uint64_t forms, unsigned shift)
{
	if (!(forms >> shift & FORM_NAME) || !slice_eq(a->display_name, a->uri.user))
		return 0;
	return (uint64_t)FORM_SAME << shift;
}

void fingerprint_make_like(const struct fingerprint *like, const struct sip_values *v, struct slice call_id,
			   bool is_sipvicious, struct fingerprint *out)
{
	const uint64_t changing = (uint64_t)FORM_SAME << SHIFT_FROM | (uint64_t)FORM_SAME << SHIFT_TO |
				  (uint64_t)15 << SHIFT_CSEQ | (uint64_t)255 << SHIFT_HOST;
	uint64_t host, forms = like->parts[FORMS];
	token_form tag = is_sipvicious ? TOKEN_SIPVICIOUS : token_form_of(v->from.tag);
	*out = *like;
	out->parts[TOKENS] =
	    read_branch(v->via.branch) | (uint64_t)tag << SHIFT_TAG | read_call_id(call_id, &host);
	out->parts[FORMS] = (forms & ~changing) | read_same_name(&v->from, forms, SHIFT_FROM) |
			    read_same_name(&v->to, forms, SHIFT_TO) | read_cseq(v) << SHIFT_CSEQ |
			    host << SHIFT_HOST;
}

void fingerprint_make(const struct sip_message *request, struct fingerprint *out)
{
	struct sip_values values;
	sip_values_read(request, &values);
	fingerprint_make_of(request, &values, out);
}

static uint64_t coarse_at(uint64_t tokens, unsigned shift)
{
	return (uint64_t)token_form_coarse((token_form)(tokens >> shift)) << shift;
}

void fingerprint_family(const struct fingerprint *f, struct fingerprint *out)
{
	struct order order = { 0 };
	uint64_t tokens = f->parts[TOKENS], forms = f->parts[FORMS];
	for (unsigned n = 0; n < ORDER_MAX; n++) {
		unsigned code = order_at(f->parts, n);
		if (code && code <= CORE_LETTERS)
			order_add(&order, code);
	}
	/* Of the addresses only the brackets stay: names and parameters differ between accounts and methods.
	 */
	uint64_t brackets = FORM_PRESENT | FORM_BRACKETS;
	uint64_t kept = brackets << SHIFT_CONTACT | brackets << SHIFT_FROM | brackets << SHIFT_TO |
			(uint64_t)15 << SHIFT_RPORT | ~(uint64_t)0 << SHIFT_STYLE;
	struct fingerprint r = { 0 };
	r.parts[ORDER_LOW] = order.parts[0];
	r.parts[ORDER_HIGH] = order.parts[1];
	r.parts[TOKENS] = coarse_at(tokens, SHIFT_BRANCH) | coarse_at(tokens, SHIFT_TAG) |
			  coarse_at(tokens, SHIFT_CALL_ID) |
			  (tokens >> SHIFT_BRANCH_START) << SHIFT_BRANCH_START;
	r.parts[FORMS] = forms & kept;
	r.parts[GRAIN] = 1;
	*out = r;
}

uint64_t fingerprint_hash(const struct fingerprint *f)
{
	uint64_t hash = FINGERPRINT_VERSION;
	for (size_t i = 0; i <= GRAIN; i++)
		hash = hash_u64(f->parts[i], hash);
	return hash;
}

struct text {
	char *out;
	size_t len;
};

static void put(struct text *t, const char *more)
{
	while (*more && t->len + 1 < FINGERPRINT_TEXT_MAX)
		t->out[t->len++] = *more++;
}

static void put_flag(struct text *t, bool condition, const char *more)
{
	if (condition)
		put(t, more);
}

static void put_token(struct text *t, const char *key, token_form form)
{
	char digits[9];
	digits[token_form_text(form, digits)] = 0;
	put(t, key);
	put(t, digits);
}

static void put_party(struct text *t, const char *key, unsigned form)
{
	put(t, key);
	put(t, !(form & FORM_PRESENT) ? "0" : form & FORM_BRACKETS ? "a" : "b");
	if (form & FORM_NAME)
		put(t, form & FORM_QUOTED ? "q" : "w");
	put_flag(t, form & FORM_SAME, "u");
	put_flag(t, form & FORM_SPACE, "_");
}

static void put_contact(struct text *t, unsigned form)
{
	put(t, ";c=");
	put(t, !(form & FORM_PRESENT) ? "0" : form & FORM_STAR ? "*" : form & FORM_BRACKETS ? "a" : "b");
	put_flag(t, form & FORM_TRANSPORT, "t");
	put_flag(t, form & FORM_EXPIRES, "e");
	put_flag(t, form & FORM_OTHER, "o");
}

static void put_style(struct text *t, unsigned style)
{
	put(t, ";s=");
	put_flag(t, style == 0, "0");
	put_flag(t, style & SIP_FIELD_COMPACT, "c");
	put_flag(t, style & SIP_FIELD_ODD_CASE, "o");
	put_flag(t, style & SIP_FIELD_SPACE_COLON, "k");
	put_flag(t, style & SIP_FIELD_NO_SPACE, "n");
	put_flag(t, style & SIP_FIELD_WIDE, "w");
	put_flag(t, style & SIP_FIELD_FOLDED, "f");
}

static void put_branch(struct text *t, uint64_t tokens)
{
	static const char *const starts[] = { "", "x", "z", "y" };
	static const char *const separators[] = { "", "-", ".", "_" };
	unsigned start = (unsigned)(tokens >> SHIFT_BRANCH_START);
	put(t, ";b=");
	put(t, starts[start & 3]);
	put(t, separators[start >> 2 & 3]);
	put_token(t, "", (token_form)(tokens >> SHIFT_BRANCH));
}

const char *fingerprint_text(const struct fingerprint *f, char out[FINGERPRINT_TEXT_MAX])
{
	static const char *const cseqs[] = { "0", "1", "s", "l" };
	static const char *const rports[] = { "0", "a", "b", "0", "0l", "al", "bl", "0l" };
	static const char *const lines[] = { "c", "l", "m", "m", "cn", "ln", "mn", "mn" };
	static const char *const hops[] = { "0", "l", "m", "70", "h", "x", "x", "x" };
	_Static_assert(FINGERPRINT_VERSION == 1, "the text begins with the version");
	struct text t = { out, 0 };
	uint64_t tokens = f->parts[TOKENS], forms = f->parts[FORMS];
	bool is_family = f->parts[GRAIN] != 0;

	put(&t, is_family ? "1f;o=" : "1;o=");
	for (unsigned n = 0, code; n < ORDER_MAX && (code = order_at(f->parts, n)) != ORDER_NONE; n++)
		put(&t, (const char[]){ code < ORDER_CODES ? order_letters[code] : '?', 0 });
	put_branch(&t, tokens);
	put_token(&t, ";t=", (token_form)(tokens >> SHIFT_TAG));
	put_token(&t, ";i=", (token_form)(tokens >> SHIFT_CALL_ID));
	put_flag(&t, forms >> SHIFT_HOST & 1, "@");
	put_contact(&t, forms >> SHIFT_CONTACT & 255);
	put_party(&t, ";f=", forms >> SHIFT_FROM & 255);
	put_party(&t, ";d=", forms >> SHIFT_TO & 255);
	put(&t, ";r=");
	put(&t, rports[forms >> SHIFT_RPORT & 7]);
	put_style(&t, forms >> SHIFT_STYLE & 0xfff);
	put(&t, ";e=");
	put(&t, lines[forms >> SHIFT_LINE_END & 7]);
	put(&t, ";h=");
	put(&t, hops[forms >> SHIFT_HOPS & 7]);
	if (!is_family) {
		put(&t, ";q=");
		put(&t, cseqs[forms >> SHIFT_CSEQ & 3]);
	}
	out[t.len] = 0;
	return out;
}
