/* SPDX-License-Identifier: MIT */
#include "analyze/template.h"

#include "analyze/sip/inject.h"
#include "analyze/sip/names.h"
#include "core/hash.h"

#include <stddef.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#define TOKEN_MAX 128 /* longer ones are for the parser and its limits */
#define NUMBER_DIGITS_MAX 9
#define PORT_DIGITS_MAX 5

/* ---- tokens ---- */

enum { HOST_BIT = 1 << SLOT_HOST, TOKEN_BIT = 1 << SLOT_TOKEN, ADDRESS_BIT = 1 << SLOT_ADDRESS, CODE_BIT = 1 << SLOT_CODE,
       NAME_BIT = 1 << SLOT_NAME, SECRET_BIT = 1 << SLOT_SECRET, DIGITS_BIT = 1 << SLOT_DIGITS, TEXT_BIT = 1 << SLOT_TEXT };
#define ALNUM (HOST_BIT | TOKEN_BIT | ADDRESS_BIT | CODE_BIT | NAME_BIT | SECRET_BIT | TEXT_BIT)
#define MARK (TOKEN_BIT | ADDRESS_BIT | CODE_BIT | NAME_BIT | SECRET_BIT | TEXT_BIT)
_Static_assert(SLOT_CLASSES <= 8, "a class is a bit of a byte");

/* None of these means anything to the parser inside a token of its class, and but for the slash and SLOT_TEXT none is in what inject.c
 * looks for. */
static const uint8_t classes[256] = {
	[' '] = NAME_BIT | TEXT_BIT, ['!' ... ')'] = TEXT_BIT, ['*'] = MARK, ['+'] = MARK, [','] = TEXT_BIT, ['-'] = ALNUM,
	['.'] = ALNUM & ~SECRET_BIT, ['/'] = SECRET_BIT | TEXT_BIT, ['0' ... '9'] = ALNUM | DIGITS_BIT,
	[':'] = CODE_BIT | SECRET_BIT | TEXT_BIT, [';' ... '<'] = TEXT_BIT, ['='] = CODE_BIT | SECRET_BIT | TEXT_BIT,
	['>' ... '?'] = TEXT_BIT, ['@'] = ADDRESS_BIT | CODE_BIT | TEXT_BIT, ['A' ... 'Z'] = ALNUM, ['[' ... '^'] = TEXT_BIT, ['_'] = MARK,
	['`'] = TEXT_BIT, ['a' ... 'z'] = ALNUM, ['{' ... '}'] = TEXT_BIT, ['~'] = MARK,
};

static size_t span_plainly(const uint8_t *p, size_t from, size_t max, unsigned class)
{
	while (from < max && classes[p[from]] >> class & 1)
		from++;
	return from;
}

#if defined(__SSE2__)
static inline __m128i in_range(__m128i v, char first, char last)
{
	__m128i offset = _mm_sub_epi8(v, _mm_set1_epi8(first));
	return _mm_cmpeq_epi8(_mm_min_epu8(offset, _mm_set1_epi8((char)(last - first))), offset);
}

/* Bits of the bytes that are not of SLOT_HOST: nearly all bytes of nearly all tokens are. */
static inline unsigned not_host(const uint8_t *p)
{
	__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
	__m128i letter = in_range(_mm_or_si128(v, _mm_set1_epi8(0x20)), 'a', 'z');
	__m128i others = _mm_or_si128(in_range(v, '0', '9'), in_range(v, '-', '.'));
	return ~(unsigned)_mm_movemask_epi8(_mm_or_si128(letter, others)) & 0xffff;
}

/* Bits of the bytes that are not of SLOT_TEXT: after adding one, DEL and the upper half are negative. */
static inline unsigned not_text(const uint8_t *p)
{
	__m128i v = _mm_add_epi8(_mm_loadu_si128((const __m128i *)(const void *)p), _mm_set1_epi8(1));
	return (unsigned)_mm_movemask_epi8(_mm_cmplt_epi8(v, _mm_set1_epi8(0x21)));
}

/* The same as span_plainly, sixteen at a time. */
static inline size_t span_of(const uint8_t *p, size_t max, unsigned class)
{
	size_t n = 0;
	if (class == SLOT_DIGITS || class == SLOT_SECRET)
		return span_plainly(p, 0, max, class);
	while (n + 16 <= max) {
		unsigned stops = class == SLOT_TEXT ? not_text(p + n) : not_host(p + n);
		if (!stops) {
			n += 16;
			continue;
		}
		n += (unsigned)__builtin_ctz(stops);
		if (!(classes[p[n]] >> class & 1))
			return n;
		n++;
	}
	return span_plainly(p, n, max, class);
}
#else
static inline size_t span_of(const uint8_t *p, size_t max, unsigned class)
{
	return span_plainly(p, 0, max, class);
}
#endif

/* Length of the token at p; 0 when it is empty or too long. Nearly all are shorter than sixteen bytes. */
static inline size_t span(const uint8_t *p, const uint8_t *end, unsigned class)
{
#if defined(__SSE2__)
	unsigned stops = end - p >= 16 && class < SLOT_SECRET ? not_host(p) : 0;
	if (stops) {
		size_t first = (unsigned)__builtin_ctz(stops);
		if (!(classes[p[first]] >> class & 1))
			return first;
	}
#endif
	size_t left = (size_t)(end - p), n = span_of(p, left < TOKEN_MAX + 1 ? left : TOKEN_MAX + 1, class);
	return n > TOKEN_MAX ? 0 : n;
}

/* See inject.c: of what its path check knows, only this one fits into the class. */
static bool has_path(struct slice token)
{
	return slice_find(token, '/') != SLICE_NPOS && slice_find_slice(token, SLICE("/etc/")) != SLICE_NPOS;
}

static bool is_plain_text(struct slice token)
{
	return token.ptr[0] != ' ' && token.ptr[token.len - 1] != ' ' && !sip_is_injection(token);
}

static size_t most_digits(enum slot_number number)
{
	return number == NUMBER_OF_CSEQ || number == NUMBER_OF_LENGTH ? NUMBER_DIGITS_MAX : PORT_DIGITS_MAX;
}

/* ---- making ---- */

struct making {
	struct template *t;
	const uint8_t *base;
	bool failed;
};

static size_t digits_at(struct slice all, const uint8_t *p)
{
	const uint8_t *end = all.ptr + all.len, *from = p;
	while (p < end && ascii_is_digit(*p))
		p++;
	return (size_t)(p - from);
}

/* Keeps the slots in order of place. One that is no such token, or would run on into what follows, stays text like the rest. */
static void add_slot(struct making *mk, struct slice s, enum slot_class class, enum slot_number number)
{
	struct template *t = mk->t;
	if (!s.ptr || s.len == 0 || s.len > TOKEN_MAX)
		return;
	size_t at = (size_t)(s.ptr - mk->base), i = t->slot_count;
	if (at + s.len >= t->len || span(s.ptr, mk->base + t->len, class) != s.len)
		return;
	if (number && s.len > most_digits(number))
		return;
	if (t->slot_count == TEMPLATE_SLOTS_MAX) {
		mk->failed = true;
		return;
	}
	while (i > 0 && t->slots[i - 1].at > at) {
		t->slots[i] = t->slots[i - 1];
		i--;
	}
	t->slots[i] = (struct template_slot){ (uint16_t)at, (uint16_t)s.len, (uint8_t)class, (uint8_t)number };
	t->slot_count++;
	bool meets_before = i > 0 && t->slots[i - 1].at + t->slots[i - 1].len >= at;
	bool meets_next = i + 1 < t->slot_count && at + s.len >= t->slots[i + 1].at;
	mk->failed |= meets_before || meets_next;
}

static void add_port(struct making *mk, struct slice host, uint16_t port, enum slot_number number)
{
	struct slice all = slice_of(mk->base, mk->t->len);
	const uint8_t *p = host.ptr + host.len;
	if (port == 0 || p + 1 >= all.ptr + all.len || *p != ':')
		return;
	add_slot(mk, slice_of(p + 1, digits_at(all, p + 1)), SLOT_DIGITS, number);
}

static void add_uri(struct making *mk, const struct sip_uri *uri, enum slot_number number)
{
	add_slot(mk, uri->user, SLOT_TOKEN, NUMBER_NONE);
	add_slot(mk, uri->host, SLOT_HOST, NUMBER_NONE);
	add_port(mk, uri->host, uri->port, number);
}

static void add_party(struct making *mk, const struct sip_name_addr *a, enum slot_number number)
{
	bool is_quoted = a->display_name.len && a->display_name.ptr[-1] == '"';
	add_slot(mk, a->display_name, is_quoted ? SLOT_NAME : SLOT_TOKEN, NUMBER_NONE);
	if (a->has_uri)
		add_uri(mk, &a->uri, number);
	else
		add_slot(mk, a->uri_text, SLOT_CODE, NUMBER_NONE);
	add_slot(mk, a->tag, SLOT_TOKEN, NUMBER_NONE);
}

#define COOKIE_LEN 7

static void add_via(struct making *mk, const struct sip_message *m, const struct sip_via *via)
{
	struct slice value = sip_value(m, SIP_HEADER_VIA);
	bool has_cookie = via->branch.len > COOKIE_LEN && slice_starts(via->branch, SLICE("z9hG4bK"));
	add_slot(mk, via->host, SLOT_HOST, NUMBER_NONE);
	add_port(mk, via->host, via->port, NUMBER_OF_VIA);
	if (has_cookie)
		add_slot(mk, slice_from(via->branch, COOKIE_LEN), SLOT_TOKEN, NUMBER_NONE);
	add_slot(mk, via->received, SLOT_HOST, NUMBER_NONE);
	size_t rport = slice_find_slice(value, SLICE(";rport="));
	if (rport != SLICE_NPOS)
		add_slot(mk, slice_of(value.ptr + rport + 7, digits_at(value, value.ptr + rport + 7)), SLOT_DIGITS, NUMBER_NONE);
}

static void add_credentials(struct making *mk, const struct sip_auth *a)
{
	add_slot(mk, a->username, SLOT_TOKEN, NUMBER_NONE);
	add_slot(mk, a->nonce, SLOT_SECRET, NUMBER_NONE);
	add_slot(mk, a->uri, SLOT_CODE, NUMBER_NONE);
	add_slot(mk, a->response, SLOT_TOKEN, NUMBER_NONE);
	add_slot(mk, a->cnonce, SLOT_TOKEN, NUMBER_NONE);
	add_slot(mk, a->nc, SLOT_TOKEN, NUMBER_NONE);
	add_slot(mk, a->opaque, SLOT_SECRET, NUMBER_NONE);
}

/* Of an answer nobody reads it; a registrar tells each phone its own. */
static void add_answered_contact(struct making *mk, struct slice value)
{
	size_t open = slice_find(value, '<');
	struct slice uri = open == SLICE_NPOS ? value : slice_from(value, open + 1);
	add_slot(mk, slice_first(uri, slice_find(uri, '>')), SLOT_CODE, NUMBER_NONE);
}

static void add_slots(struct making *mk, const struct sip_message *m, const struct sip_parts *p)
{
	const struct sip_values *v = &p->v;
	if (v->has_request_uri)
		add_uri(mk, &v->request_uri, NUMBER_OF_URI);
	if (v->has_via)
		add_via(mk, m, &v->via);
	if (v->has_from)
		add_party(mk, &v->from, NUMBER_OF_FROM);
	if (v->has_to)
		add_party(mk, &v->to, NUMBER_OF_TO);
	if (v->has_contact && !v->contact.is_star)
		add_party(mk, &v->contact, NUMBER_OF_CONTACT);
	if (!m->is_request && m->first[SIP_HEADER_CONTACT])
		add_answered_contact(mk, sip_value(m, SIP_HEADER_CONTACT));
	add_slot(mk, p->call_id, SLOT_ADDRESS, NUMBER_NONE);
	if (v->has_cseq) {
		struct slice value = sip_value(m, SIP_HEADER_CSEQ);
		add_slot(mk, slice_of(value.ptr, digits_at(value, value.ptr)), SLOT_DIGITS, NUMBER_OF_CSEQ);
	}
	add_credentials(mk, &p->credentials);
	if (p->user_agent.len && is_plain_text(p->user_agent))
		add_slot(mk, p->user_agent, SLOT_TEXT, NUMBER_NONE);
	if (mk->t->any_body)
		add_slot(mk, sip_value(m, SIP_HEADER_CONTENT_LENGTH), SLOT_DIGITS, NUMBER_OF_LENGTH);
}

/* Slices that somebody reads after the parse. */
#define PARTY(X, party)                                                                                            \
	X(v.party.display_name) X(v.party.uri_text) X(v.party.uri.user) X(v.party.uri.host) X(v.party.tag)
#define SLICES(X)                                                                                                  \
	X(v.via.host) X(v.via.branch) PARTY(X, from) PARTY(X, to) PARTY(X, contact)                                 \
	X(v.request_uri.user) X(v.request_uri.host) X(call_id) X(user_agent)                                                      \
	X(credentials.username) X(credentials.nonce) X(credentials.uri) X(credentials.response)
/* These keep the bytes of the template, which are the same. */
#define SLICES_KEPT(X)                                                                                             \
	X(v.via.transport) X(v.via.received) X(v.via.rest) X(v.cseq.method)                                         \
	X(v.request_uri.scheme) X(v.request_uri.password) X(v.request_uri.params) X(v.request_uri.headers)          \
	KEPT(X, from) KEPT(X, to) KEPT(X, contact)                                                                  \
	X(credentials.scheme) X(credentials.realm) X(credentials.cnonce) X(credentials.nc) X(credentials.qop)       \
	X(credentials.algorithm) X(credentials.opaque) X(credentials.stale)
#define KEPT(X, party)                                                                                             \
	X(v.party.uri.scheme) X(v.party.uri.password) X(v.party.uri.params) X(v.party.uri.headers)                  \
	X(v.party.params) X(v.party.rest)

#define WHERE_REQUEST_URI UINT16_MAX

/* How many slots end at or before this place; *inside: it lies within one. */
static uint8_t slots_before(const struct template *t, size_t at, bool *inside)
{
	uint8_t n = 0;
	for (size_t i = 0; i < t->slot_count; i++) {
		size_t from = t->slots[i].at, to = from + t->slots[i].len;
		n = (uint8_t)(n + (to <= at));
		*inside |= at > from && at < to;
	}
	return n;
}

static void add_slice(struct making *mk, struct slice *s, size_t where)
{
	struct template *t = mk->t;
	bool inside = false;
	if (!s->ptr)
		return;
	size_t from = (size_t)(s->ptr - mk->base), to = from + s->len;
	if (t->slice_count == TEMPLATE_SLICES_MAX || to > t->len) {
		mk->failed = true;
		return;
	}
	t->slices[t->slice_count].where = (uint16_t)where;
	t->slices[t->slice_count].from = (uint16_t)from;
	t->slices[t->slice_count].to = (uint16_t)to;
	t->slices[t->slice_count].slots_before = slots_before(t, from, &inside);
	t->slices[t->slice_count].slots_within = slots_before(t, to, &inside);
	t->slice_count++;
	mk->failed |= inside;
	s->ptr = t->text + from;
}

static void keep_slice(struct making *mk, struct slice *s)
{
	if (!s->ptr)
		return;
	size_t from = (size_t)(s->ptr - mk->base);
	mk->failed |= from + s->len > mk->t->len;
	s->ptr = mk->t->text + from;
}

/* What the value of a slot can change. */
#define ANOMALIES_OF_VALUES                                                                                        \
	(SIP_ANOMALY(BAD_VIA) | SIP_ANOMALY(BAD_FROM) | SIP_ANOMALY(BAD_TO) | SIP_ANOMALY(BAD_CONTACT) | SIP_ANOMALY(BAD_CSEQ) |           \
	 SIP_ANOMALY(BAD_REQUEST_URI) | SIP_ANOMALY(INJECTION) | SIP_ANOMALY(NO_BRANCH_COOKIE) | SIP_ANOMALY(TRUNCATED) |                   \
	 SIP_ANOMALY(TRAILING_BYTES) | SIP_ANOMALY(OVERLONG_FIELD) | SIP_ANOMALY(OVERLONG_URI) | SIP_ANOMALY(TOO_MANY_FIELDS) |             \
	 SIP_ANOMALY(LEADING_CRLF) | SIP_ANOMALY(FOLDED) | SIP_ANOMALY(BAD_CONTENT_LENGTH) |                             \
	 SIP_ANOMALY(NO_HEADER_END))

bool template_make(const struct sip_message *m, const struct sip_parts *parts, bool any_body, struct template *out)
{
	struct making mk = { .t = out, .base = m->all.ptr };
	/* Without From, what stands for it is looked for in all fields. */
	if (m->all.len > TEMPLATE_TEXT_MAX || (m->anomalies & ANOMALIES_OF_VALUES) || !parts->v.has_from)
		return false;
	out->any_body = any_body;
	out->len = any_body ? (size_t)(m->body.ptr - m->all.ptr) : m->all.len;
	out->slot_count = out->slice_count = 0;
	memcpy(out->text, m->all.ptr, out->len);
	out->head.is_request = m->is_request;
	out->head.method = m->method;
	out->head.status_code = m->status_code;
	out->head.anomalies = m->anomalies;
	out->head.method_text = m->method_text;
	out->head.request_uri = m->request_uri;
	out->head.reason_phrase = m->reason_phrase;
	out->head.version = m->version;
	out->parts = *parts;
	if (!parts->has_credentials)
		memset(&out->parts.credentials, 0, sizeof out->parts.credentials);
	add_slots(&mk, m, &out->parts);
	/* Slots are where the message has them; from here on slices are moved to the copy. */
#define X(member) add_slice(&mk, &out->parts.member, offsetof(struct sip_parts, member));
	SLICES(X)
#undef X
	if (m->is_request)
		add_slice(&mk, &out->head.request_uri, WHERE_REQUEST_URI);
#define X(member) keep_slice(&mk, &out->parts.member);
	SLICES_KEPT(X)
#undef X
	keep_slice(&mk, &out->head.method_text);
	keep_slice(&mk, &out->head.reason_phrase);
	keep_slice(&mk, &out->head.version);
	return !mk.failed && out->slot_count;
}

static void move_slice(struct slice *s, const struct template *from, struct template *to)
{
	if (s->ptr)
		s->ptr = to->text + (s->ptr - from->text);
}

void template_copy(struct template *to, const struct template *from)
{
	*to = *from;
#define X(member) move_slice(&to->parts.member, from, to);
	SLICES(X)
	SLICES_KEPT(X)
#undef X
	move_slice(&to->head.request_uri, from, to);
	move_slice(&to->head.method_text, from, to);
	move_slice(&to->head.reason_phrase, from, to);
	move_slice(&to->head.version, from, to);
}

uint64_t template_form(const struct template *t)
{
	uint64_t form = t->slot_count;
	size_t from = 0;
	for (size_t i = 0; i < t->slot_count; i++) {
		form = hash_bytes(t->text + from, t->slots[i].at - from, form) ^ t->slots[i].class;
		from = (size_t)t->slots[i].at + t->slots[i].len;
	}
	return hash_bytes(t->text + from, t->len - from, form);
}

/* ---- matching ---- */

static inline bool equal(const uint8_t *a, const uint8_t *b, size_t len)
{
	uint64_t x, y, x2, y2;
#if defined(__SSE2__)
	if (len >= 16) {
		__m128i same = _mm_set1_epi8(-1);
		for (size_t i = 0; i < len; i += 16) {
			size_t at = i + 16 <= len ? i : len - 16;
			same = _mm_and_si128(same, _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(const void *)(a + at)),
								  _mm_loadu_si128((const __m128i *)(const void *)(b + at))));
		}
		return _mm_movemask_epi8(same) == 0xffff;
	}
#endif
	if (len > 16)
		return memcmp(a, b, len) == 0;
	if (len >= 8) {
		memcpy(&x, a, 8), memcpy(&y, b, 8);
		memcpy(&x2, a + len - 8, 8), memcpy(&y2, b + len - 8, 8);
		return ((x ^ y) | (x2 ^ y2)) == 0;
	}
	if (len >= 4) {
		uint32_t p, q, p2, q2;
		memcpy(&p, a, 4), memcpy(&q, b, 4);
		memcpy(&p2, a + len - 4, 4), memcpy(&q2, b + len - 4, 4);
		return ((p ^ q) | (p2 ^ q2)) == 0;
	}
	return len == 0 || (a[0] == b[0] && a[len / 2] == b[len / 2] && a[len - 1] == b[len - 1]);
}

static uint32_t number_of(struct slice digits)
{
	uint32_t number = 0;
	for (size_t i = 0; i < digits.len; i++)
		number = number * 10 + (digits.ptr[i] - '0');
	return number;
}

static bool set_number(struct sip_parts *p, enum slot_number which, struct slice digits)
{
	uint32_t number = number_of(digits);
	uint16_t port = number <= UINT16_MAX ? (uint16_t)number : 0;
	switch (which) {
	case NUMBER_OF_CSEQ: p->v.cseq.number = number; break;
	case NUMBER_OF_VIA: p->v.via.port = port; break;
	case NUMBER_OF_URI: p->v.request_uri.port = port; break;
	case NUMBER_OF_FROM: p->v.from.uri.port = port; break;
	case NUMBER_OF_TO: p->v.to.uri.port = port; break;
	case NUMBER_OF_CONTACT: p->v.contact.uri.port = port; break;
	case NUMBER_OF_LENGTH:
	case NUMBER_NONE: break;
	}
	return true;
}

/* shifts[n]: how much further on than in the template text stands that n slots come before. */
static bool find_tokens(const struct template *t, struct slice bytes, const uint8_t *tokens[], int32_t shifts[],
			struct slice *body)
{
	const uint8_t *p = bytes.ptr, *end = bytes.ptr + bytes.len, *text = t->text;
	shifts[0] = 0;
	for (size_t i = 0; i < t->slot_count; i++) {
		const struct template_slot *slot = &t->slots[i];
		size_t between = (size_t)(t->text + slot->at - text);
		if ((size_t)(end - p) < between || !equal(p, text, between))
			return false;
		p += between;
		size_t len = span(p, end, slot->class);
		if (len == 0)
			return false;
		tokens[i] = p;
		p += len;
		text += between + slot->len;
		shifts[i + 1] = (int32_t)((p - bytes.ptr) - (text - t->text));
	}
	size_t rest = t->len - (size_t)(text - t->text);
	if ((size_t)(end - p) < rest || !equal(p, text, rest))
		return false;
	*body = slice_of(p + rest, (size_t)(end - p) - rest);
	return t->any_body || body->len == 0;
}

bool template_match(const struct template *t, struct slice bytes, struct sip_message *m, struct sip_parts *parts)
{
	const uint8_t *tokens[TEMPLATE_SLOTS_MAX];
	int32_t shifts[TEMPLATE_SLOTS_MAX + 1];
	struct slice body;
	if (!find_tokens(t, bytes, tokens, shifts, &body))
		return false;
	m->body = body;
	m->is_request = t->head.is_request;
	m->method = t->head.method;
	m->status_code = t->head.status_code;
	m->anomalies = t->head.anomalies;
	m->method_text = t->head.method_text;
	m->request_uri = t->head.request_uri;
	m->reason_phrase = t->head.reason_phrase;
	m->version = t->head.version;
	m->all = bytes;
	*parts = t->parts;
	for (size_t i = 0; i < t->slice_count; i++) {
		size_t from = (size_t)((int32_t)t->slices[i].from + shifts[t->slices[i].slots_before]);
		size_t to = (size_t)((int32_t)t->slices[i].to + shifts[t->slices[i].slots_within]);
		struct slice *s = t->slices[i].where == WHERE_REQUEST_URI ? &m->request_uri :
									   (struct slice *)(void *)((char *)parts + t->slices[i].where);
		*s = slice_of(bytes.ptr + from, to - from);
	}
	for (size_t i = 0; i < t->slot_count; i++) {
		const struct template_slot *slot = &t->slots[i];
		size_t len = (size_t)((int32_t)slot->len + shifts[i + 1] - shifts[i]);
		struct slice token = slice_of(tokens[i], len);
		if (slot->class == SLOT_SECRET ? has_path(token) : slot->class == SLOT_TEXT && !is_plain_text(token))
			return false;
		if (slot->number == NUMBER_NONE)
			continue;
		if (len > most_digits((enum slot_number)slot->number))
			return false;
		if (slot->number == NUMBER_OF_LENGTH ? number_of(token) != m->body.len : !set_number(parts, (enum slot_number)slot->number, token))
			return false;
	}
	return m->request_uri.len <= SIP_URI_OVERLONG;
}
