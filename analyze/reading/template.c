/* SPDX-License-Identifier: MIT */
#include "analyze/reading/template.h"

#include "analyze/sip/inject.h"
#include "analyze/sip/names.h"

#include <stddef.h>

/* ---- tokens ---- */

enum {
	HOST_BIT = 1 << SLOT_HOST,
	TOKEN_BIT = 1 << SLOT_TOKEN,
	ADDRESS_BIT = 1 << SLOT_ADDRESS,
	CODE_BIT = 1 << SLOT_CODE,
	NAME_BIT = 1 << SLOT_NAME,
	SECRET_BIT = 1 << SLOT_SECRET,
	DIGITS_BIT = 1 << SLOT_DIGITS | 1 << SLOT_PORT,
	TEXT_BIT = 1 << SLOT_TEXT
};
#define ALNUM (HOST_BIT | TOKEN_BIT | ADDRESS_BIT | CODE_BIT | NAME_BIT | SECRET_BIT | TEXT_BIT)
#define MARK  (TOKEN_BIT | ADDRESS_BIT | CODE_BIT | NAME_BIT | SECRET_BIT | TEXT_BIT)
_Static_assert(SLOT_CLASSES <= 16, "a class is a bit of two bytes");

/* None of these means anything to the parser inside a token of its class, and but for the slash and SLOT_TEXT
 * none is in what inject.c looks for. */
static const uint16_t classes[256] = {
	[' '] = NAME_BIT | TEXT_BIT,
	['!' ... ')'] = TEXT_BIT,
	['*'] = MARK,
	['+'] = MARK,
	[','] = TEXT_BIT,
	['-'] = ALNUM,
	['.'] = ALNUM & ~SECRET_BIT,
	['/'] = SECRET_BIT | TEXT_BIT,
	['0' ... '9'] = ALNUM | DIGITS_BIT,
	[':'] = CODE_BIT | SECRET_BIT | TEXT_BIT,
	[';' ... '<'] = TEXT_BIT,
	['='] = CODE_BIT | SECRET_BIT | TEXT_BIT,
	['>' ... '?'] = TEXT_BIT,
	['@'] = ADDRESS_BIT | CODE_BIT | TEXT_BIT,
	['A' ... 'Z'] = ALNUM,
	['[' ... '^'] = TEXT_BIT,
	['_'] = MARK,
	['`'] = TEXT_BIT,
	['a' ... 'z'] = ALNUM,
	['{' ... '}'] = TEXT_BIT,
	['~'] = MARK,
};

bool template_class_has(enum slot_class class, uint8_t byte)
{
	return classes[byte] >> class & 1;
}

size_t template_token_most(enum slot_class class)
{
	return class == SLOT_DIGITS ? TEMPLATE_NUMBER_MAX
	       : class == SLOT_PORT ? TEMPLATE_PORT_MAX
				    : TEMPLATE_TOKEN_MAX;
}

size_t template_token_len(enum slot_class class, const uint8_t *p, const uint8_t *end)
{
	size_t n = 0, room = (size_t)(end - p), most = template_token_most(class);
	while (n < room && n <= most && classes[p[n]] >> class & 1)
		n++;
	return n > most ? 0 : n;
}

/* See inject.c: of what its path check knows, only this one fits into the class. */
static bool has_path(struct slice token)
{
	for (size_t at; (at = slice_find(token, '/')) != SLICE_NPOS; token = slice_from(token, at + 1))
		if (slice_starts(slice_from(token, at), SLICE("/etc/")))
			return true;
	return false;
}

static bool is_plain_text(struct slice token)
{
	return token.ptr[0] != ' ' && token.ptr[token.len - 1] != ' ' && !sip_is_injection(token);
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

/* Keeps the slots in order of place. One that is no such token, or would run on into what follows, stays text
 * like the rest. */
static void add_slot(struct making *mk, struct slice s, enum slot_class class, enum slot_number number)
{
	struct template *t = mk->t;
	if (!s.ptr || s.len == 0 || s.len > TEMPLATE_TOKEN_MAX)
		return;
	size_t at = (size_t)(s.ptr - mk->base), i = t->slot_count;
	if (at + s.len >= t->len || template_token_len(class, s.ptr, mk->base + t->len) != s.len)
		return;
	if (t->slot_count == TEMPLATE_SLOTS_MAX) {
		mk->failed = true;
		return;
	}
	while (i > 0 && t->slots[i - 1].at > at) {
		t->slots[i] = t->slots[i - 1];
		i--;
	}
	t->slots[i] =
	    (struct template_slot){ (uint16_t)at, (uint16_t)s.len, (uint8_t) class, (uint8_t)number };
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
	add_slot(mk, slice_of(p + 1, digits_at(all, p + 1)), SLOT_PORT, number);
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
		add_slot(mk, slice_of(value.ptr + rport + 7, digits_at(value, value.ptr + rport + 7)),
			 SLOT_PORT, NUMBER_NONE);
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
	size_t slots = mk->t->slot_count;
	if (p->user_agent.len && is_plain_text(p->user_agent))
		add_slot(mk, p->user_agent, SLOT_TEXT, NUMBER_NONE);
	mk->t->has_agent_slot = mk->t->slot_count > slots;
	if (mk->t->any_body)
		add_slot(mk, sip_value(m, SIP_HEADER_CONTENT_LENGTH), SLOT_DIGITS, NUMBER_OF_LENGTH);
}

/* Slices that somebody reads after the parse, of requests and of answers. */
#define SLICES_OF_ANSWER(X)                                                                                  \
	X(v.via.host) X(v.via.branch) X(v.from.tag) X(v.to.tag) X(call_id) X(credentials.nonce)
#define SLICES_OF_REQUEST(X)                                                                                 \
	X(v.from.display_name)                                                                               \
	X(v.from.uri.user)                                                                                   \
	X(v.to.display_name)                                                                                 \
	X(v.to.uri_text) X(v.to.uri.user) X(v.contact.uri_text) X(v.request_uri.user) X(user_agent)          \
	    X(credentials.username) X(credentials.response)
/* These keep bytes of the template, whatever the message has. */
#define SLICES_KEPT(X)                                                                                       \
	X(v.via.transport)                                                                                   \
	X(v.via.received)                                                                                    \
	X(v.via.rest)                                                                                        \
	X(v.cseq.method) X(v.request_uri.host) X(v.from.uri_text) X(v.from.uri.host) X(v.to.uri.host)        \
	    X(v.contact.tag) X(v.contact.display_name) X(v.contact.uri.user) X(v.contact.uri.host)           \
	 X(credentials.uri) X(v.request_uri.scheme) X(v.request_uri.password)   \
		    X(v.request_uri.params) X(v.request_uri.headers) KEPT(X, from) KEPT(X, to)               \
			KEPT(X, contact) X(credentials.scheme) X(credentials.realm) X(credentials.cnonce)    \
			    X(credentials.nc) X(credentials.qop) X(credentials.algorithm)                    \
				X(credentials.opaque) X(credentials.stale)
#define KEPT(X, party)                                                                                       \
	X(v.party.uri.scheme)                                                                                \
	X(v.party.uri.password) X(v.party.uri.params) X(v.party.uri.headers) X(v.party.params) X(v.party.rest)

/* The last slot that ends at or before this place, from 1; and how far before. False: the place is inside of
 * a slot. */
static bool anchor_of(const struct template *t, size_t at, uint8_t *slot, uint16_t *behind)
{
	size_t n = 0, end = 0;
	while (n < t->slot_count && (size_t)t->slots[n].at + t->slots[n].len <= at)
		n++;
	if (n)
		end = (size_t)t->slots[n - 1].at + t->slots[n - 1].len;
	*slot = (uint8_t)n;
	*behind = (uint16_t)(at - end);
	return n == t->slot_count || at <= t->slots[n].at;
}

bool template_place_of(const struct template *t, size_t from, size_t len, struct template_place *out)
{
	return anchor_of(t, from, &out->from_slot, &out->from) &&
	       anchor_of(t, from + len, &out->to_slot, &out->to);
}

bool template_place_is_fixed(const struct template_place *place)
{
	return place->from_slot == place->to_slot;
}

static void add_slice(struct making *mk, struct slice *s, size_t where)
{
	struct template *t = mk->t;
	struct template_place place;
	if (!s->ptr)
		return;
	size_t from = (size_t)(s->ptr - mk->base);
	if (t->slice_count == TEMPLATE_SLICES_MAX || from + s->len > t->len ||
	    !template_place_of(t, from, s->len, &place)) {
		mk->failed = true;
		return;
	}
	if (!template_place_is_fixed(&place)) {
		t->slices[t->slice_count].where = (uint16_t)where;
		t->slices[t->slice_count].place = place;
		t->slice_count++;
	}
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
#define ANOMALIES_OF_VALUES                                                                                  \
	(SIP_ANOMALY(BAD_VIA) | SIP_ANOMALY(BAD_FROM) | SIP_ANOMALY(BAD_TO) | SIP_ANOMALY(BAD_CONTACT) |     \
	 SIP_ANOMALY(BAD_CSEQ) | SIP_ANOMALY(BAD_REQUEST_URI) | SIP_ANOMALY(INJECTION) |                     \
	 SIP_ANOMALY(NO_BRANCH_COOKIE) | SIP_ANOMALY(TRUNCATED) | SIP_ANOMALY(TRAILING_BYTES) |              \
	 SIP_ANOMALY(OVERLONG_FIELD) | SIP_ANOMALY(OVERLONG_URI) | SIP_ANOMALY(TOO_MANY_FIELDS) |            \
	 SIP_ANOMALY(LEADING_CRLF) | SIP_ANOMALY(FOLDED) | SIP_ANOMALY(BAD_CONTENT_LENGTH) |                 \
	 SIP_ANOMALY(NO_HEADER_END))

/* Where the value of a number goes. */
static size_t home_of(enum slot_number number)
{
	static const size_t homes[] = {
		[NUMBER_OF_CSEQ] = offsetof(struct template, parts.v.cseq.number),
		[NUMBER_OF_VIA] = offsetof(struct template, parts.v.via.port),
		[NUMBER_OF_URI] = offsetof(struct template, parts.v.request_uri.port),
		[NUMBER_OF_FROM] = offsetof(struct template, parts.v.from.uri.port),
		[NUMBER_OF_TO] = offsetof(struct template, parts.v.to.uri.port),
		[NUMBER_OF_CONTACT] = offsetof(struct template, parts.v.contact.uri.port),
	};
	return homes[number];
}

static void note_slots(struct template *t, bool all_numbers)
{
	for (size_t i = 0; i < t->slot_count; i++) {
		const struct template_slot *slot = &t->slots[i];
		enum slot_number number = (enum slot_number)slot->number;
		struct template_place place;
		template_place_of(t, slot->at, slot->len, &place);
		if (slot->class == SLOT_SECRET || slot->class == SLOT_TEXT || number == NUMBER_OF_LENGTH)
			t->checks[t->check_count++] = (struct template_check){ place, slot->class };
		else if (number == NUMBER_OF_CSEQ || number == NUMBER_OF_VIA ||
			 (number != NUMBER_NONE && all_numbers))
			t->numbers[t->number_count++] =
			    (struct template_number){ place, (uint16_t)home_of(number),
						      number != NUMBER_OF_CSEQ };
	}
}

bool template_make(const struct sip_message *m, const struct sip_parts *parts, bool any_body,
		   bool all_numbers, struct template *out)
{
	struct making mk = { .t = out, .base = m->all.ptr };
	/* Without From, what stands for it is looked for in all fields. */
	if (m->all.len > TEMPLATE_TEXT_MAX || (m->anomalies & ANOMALIES_OF_VALUES) || !parts->v.has_from)
		return false;
	out->any_body = any_body;
	out->len = any_body ? (size_t)(m->body.ptr - m->all.ptr) : m->all.len;
	out->slot_count = out->check_count = out->number_count = out->slice_count = 0;
	memcpy(out->text, m->all.ptr, out->len);
	out->is_request = m->is_request;
	out->method = m->method;
	out->anomalies = m->anomalies;
	out->request_uri = m->request_uri;
	out->uri_place = (struct template_place){ 0 };
	out->uri_may_be_overlong = false;
	out->parts = *parts;
	if (!parts->has_credentials)
		memset(&out->parts.credentials, 0, sizeof out->parts.credentials);
	add_slots(&mk, m, &out->parts);
	/* Slots are where the message has them; from here on slices are moved to the copy. */
	note_slots(out, all_numbers);
#define X(member) add_slice(&mk, &out->parts.member, offsetof(struct template, parts.member));
	SLICES_OF_ANSWER(X)
	if (m->is_request) {
		SLICES_OF_REQUEST(X)
		mk.failed |= !template_place_of(out, (size_t)(m->request_uri.ptr - m->all.ptr),
						m->request_uri.len, &out->uri_place);
		size_t slots = (size_t)(out->uri_place.to_slot - out->uri_place.from_slot);
		out->uri_may_be_overlong = m->request_uri.len + slots * TEMPLATE_TOKEN_MAX > SIP_URI_OVERLONG;
		add_slice(&mk, &out->request_uri, offsetof(struct template, request_uri));
	}
#undef X
#define X(member) keep_slice(&mk, &out->parts.member);
	if (!m->is_request) {
		SLICES_OF_REQUEST(X)
		keep_slice(&mk, &out->request_uri);
	}
	SLICES_KEPT(X)
#undef X
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
	SLICES_OF_ANSWER(X)
	SLICES_OF_REQUEST(X)
	SLICES_KEPT(X)
#undef X
	move_slice(&to->request_uri, from, to);
}

/* ---- what was found ---- */

static uint32_t number_of(struct slice digits)
{
	uint32_t number = 0;
	for (size_t i = 0; i < digits.len; i++)
		number = number * 10 + (digits.ptr[i] - '0');
	return number;
}

static bool is_plain_agent(const struct text_memory *plain, struct slice token, struct template_found *found)
{
	found->agent_place = text_memory_place(token);
	found->is_agent_known = text_memory_has(plain, found->agent_place, token);
	return found->is_agent_known || is_plain_text(token);
}

/* Of a slot whose token needs more than its class. */
static bool holds(const struct template_check *check, const struct text_memory *plain,
		  struct template_found *found)
{
	struct slice token = template_slice(found, &check->place);
	switch (check->class) {
	case SLOT_SECRET:
		return !has_path(token);
	case SLOT_TEXT:
		return is_plain_agent(plain, token, found);
	default:
		return number_of(token) == found->body.len;
	}
}

bool template_accepts(const struct template *t, const struct text_memory *plain, struct template_found *found)
{
	for (size_t i = 0; i < t->check_count; i++)
		if (!holds(&t->checks[i], plain, found))
			return false;
	return !t->uri_may_be_overlong || template_slice(found, &t->uri_place).len <= SIP_URI_OVERLONG;
}

void template_fill(struct template *t, const struct template_found *found)
{
	for (size_t i = 0; i < t->slice_count; i++)
		*(struct slice *)(void *)((char *)t + t->slices[i].where) =
		    template_slice(found, &t->slices[i].place);
	for (size_t i = 0; i < t->number_count; i++) {
		const struct template_number *n = &t->numbers[i];
		uint32_t number = number_of(template_slice(found, &n->place));
		if (n->is_port)
			*(uint16_t *)(void *)((char *)t + n->where) =
			    number <= UINT16_MAX ? (uint16_t)number : 0;
		else
			*(uint32_t *)(void *)((char *)t + n->where) = number;
	}
}
