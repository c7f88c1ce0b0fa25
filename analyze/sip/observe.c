/* SPDX-License-Identifier: MIT */
#include "analyze/sip/observe.h"

#include "analyze/sip/sdp.h"

static const uint64_t contact_text = (uint64_t)1 << TEXT_CONTACT_DISPLAY | (uint64_t)1 << TEXT_CONTACT_ORIGINAL |
				     (uint64_t)1 << TEXT_CONTACT_USERNAME | (uint64_t)1 << TEXT_CONTACT_HOST |
				     (uint64_t)1 << TEXT_CONTACT_TRANSPORT;
static const uint64_t contact_number = (uint64_t)1 << NUMBER_CONTACT_PORT | (uint64_t)1 << NUMBER_EXPIRES;

static struct slice credentials_of(const struct sip_message *m)
{
	struct slice value = sip_value(m, SIP_HEADER_AUTHORIZATION);
	return value.ptr ? value : sip_value(m, SIP_HEADER_PROXY_AUTHORIZATION);
}

void sip_parts_read_answer(const struct sip_message *m, struct sip_parts *out)
{
	out->call_id = sip_value(m, SIP_HEADER_CALL_ID);
	out->user_agent = sip_value(m, SIP_HEADER_USER_AGENT);
	out->has_credentials = false;
	sip_values_read_answer(m, &out->v);
}

void sip_parts_read_request(const struct sip_message *m, struct sip_parts *out)
{
	struct slice credentials = m->is_request ? credentials_of(m) : slice_of(NULL, 0);
	out->call_id = sip_value(m, SIP_HEADER_CALL_ID);
	out->user_agent = sip_value(m, SIP_HEADER_USER_AGENT);
	out->has_credentials = credentials.ptr && sip_auth_parse(credentials, &out->credentials) == PARSE_OK;
	sip_values_read_request(m, &out->v);
}

bool observe_wants_contact(const struct observe_wants *wants)
{
	return (wants->text & contact_text) || (wants->number & contact_number);
}

#define WANT_TEXT(field) (wants->text >> (field) & 1)
#define WANT_NUMBER(field) (wants->number >> (field) & 1)

static void put(struct observation *o, const struct observe_wants *wants, enum text_field field, struct slice value)
{
	if (WANT_TEXT(field))
		observation_set_text(o, field, value);
}

static void put_number(struct observation *o, const struct observe_wants *wants, enum number_field field, int64_t value)
{
	if (WANT_NUMBER(field))
		observation_set_number(o, field, value);
}

static void put_header(struct observation *o, const struct observe_wants *wants, enum text_field field, const struct sip_message *m,
		       enum sip_header header)
{
	if (WANT_TEXT(field))
		observation_set_text(o, field, sip_value(m, header));
}

static void put_header_number(struct observation *o, const struct observe_wants *wants, enum number_field field,
			      const struct sip_message *m, enum sip_header header)
{
	uint64_t value;
	if (WANT_NUMBER(field) && slice_u64(sip_value(m, header), &value) && value <= INT64_MAX)
		observation_set_number(o, field, (int64_t)value);
}

static void observe_uri(const struct sip_message *m, const struct sip_parts *p, const struct observe_wants *wants, struct observation *o)
{
	put(o, wants, TEXT_URI_ORIGINAL, m->request_uri);
	if (!p->v.has_request_uri)
		return;
	put(o, wants, TEXT_URI_SCHEME, p->v.request_uri.scheme);
	put(o, wants, TEXT_URI_USERNAME, p->v.request_uri.user);
	put(o, wants, TEXT_URI_HOST, p->v.request_uri.host);
	if (p->v.request_uri.port)
		put_number(o, wants, NUMBER_URI_PORT, p->v.request_uri.port);
}

/* From and To have the same five fields in the same order. */
static void observe_party(const struct sip_name_addr *party, enum text_field display, enum text_field tag, enum text_field original,
			  const struct observe_wants *wants, struct observation *o)
{
	put(o, wants, display, party->display_name);
	put(o, wants, tag, party->tag);
	put(o, wants, original, party->uri_text);
	if (!party->has_uri)
		return;
	put(o, wants, original + 1, party->uri.scheme);
	put(o, wants, original + 2, party->uri.user);
	put(o, wants, original + 3, party->uri.host);
}

_Static_assert(TEXT_FROM_ORIGINAL + 1 == TEXT_FROM_SCHEME && TEXT_FROM_ORIGINAL + 2 == TEXT_FROM_USERNAME &&
		   TEXT_FROM_ORIGINAL + 3 == TEXT_FROM_HOST && TEXT_TO_ORIGINAL + 1 == TEXT_TO_SCHEME &&
		   TEXT_TO_ORIGINAL + 2 == TEXT_TO_USERNAME && TEXT_TO_ORIGINAL + 3 == TEXT_TO_HOST,
	       "observe_party relies on the order of fields");

static void observe_contact(const struct sip_message *m, const struct sip_parts *p, const struct observe_wants *wants,
			    struct observation *o)
{
	uint64_t expires;
	if (!observe_wants_contact(wants))
		return;
	const struct sip_name_addr *contact = &p->v.contact;
	struct slice expiry = p->v.has_contact ? sip_param(contact->params, SLICE("expires")) : slice_of(NULL, 0);
	if (!expiry.ptr)
		expiry = sip_value(m, SIP_HEADER_EXPIRES);
	if (slice_u64(expiry, &expires) && expires <= INT64_MAX)
		put_number(o, wants, NUMBER_EXPIRES, (int64_t)expires);
	if (!p->v.has_contact)
		return;
	put(o, wants, TEXT_CONTACT_DISPLAY, contact->display_name);
	put(o, wants, TEXT_CONTACT_ORIGINAL, contact->uri_text);
	if (!contact->has_uri)
		return;
	put(o, wants, TEXT_CONTACT_USERNAME, contact->uri.user);
	put(o, wants, TEXT_CONTACT_HOST, contact->uri.host);
	put(o, wants, TEXT_CONTACT_TRANSPORT, sip_param(contact->uri.params, SLICE("transport")));
	if (contact->uri.port)
		put_number(o, wants, NUMBER_CONTACT_PORT, contact->uri.port);
}

static void observe_via(const struct sip_parts *p, const struct observe_wants *wants, struct observation *o)
{
	if (!p->v.has_via)
		return;
	put(o, wants, TEXT_VIA_TRANSPORT, p->v.via.transport);
	put(o, wants, TEXT_VIA_ADDRESS, p->v.via.host);
	put(o, wants, TEXT_VIA_BRANCH, p->v.via.branch);
	if (p->v.via.port)
		put_number(o, wants, NUMBER_VIA_PORT, p->v.via.port);
}

static void observe_credentials(const struct sip_parts *p, const struct observe_wants *wants, struct observation *o)
{
	o->choice[CHOICE_CREDENTIALS] = p->has_credentials ? CREDENTIALS_GIVEN : CREDENTIALS_NONE;
	if (!p->has_credentials)
		return;
	put(o, wants, TEXT_AUTH_SCHEME, p->credentials.scheme);
	put(o, wants, TEXT_AUTH_REALM, p->credentials.realm);
	put(o, wants, TEXT_AUTH_URI, p->credentials.uri);
}

static const uint64_t sdp_text = (uint64_t)1 << TEXT_SDP_OWNER | (uint64_t)1 << TEXT_SDP_OWNER_IP | (uint64_t)1 << TEXT_SDP_SESSION |
				 (uint64_t)1 << TEXT_SDP_ADDRESS;

static void observe_sdp(const struct sip_message *m, const struct observe_wants *wants, struct observation *o)
{
	struct sip_sdp sdp;
	if (m->body.len == 0 || (!(wants->text & sdp_text) && !WANT_NUMBER(NUMBER_SDP_PORT)))
		return;
	if (sip_sdp_parse(m->body, &sdp) != PARSE_OK)
		return;
	put(o, wants, TEXT_SDP_OWNER, sdp.owner_username);
	put(o, wants, TEXT_SDP_OWNER_IP, sdp.owner_address);
	put(o, wants, TEXT_SDP_SESSION, sdp.session_name);
	put(o, wants, TEXT_SDP_ADDRESS, sdp.connection_address);
	if (sdp.has_audio)
		put_number(o, wants, NUMBER_SDP_PORT, sdp.audio_port);
}

void sip_observe(const struct sip_message *m, const struct sip_parts *p, const struct observe_wants *wants, struct observation *o)
{
	o->choice[CHOICE_TYPE] = m->is_request ? TYPE_REQUEST : TYPE_RESPONSE;
	o->choice[CHOICE_CATEGORY] = CATEGORY_SIP;
	put(o, wants, TEXT_USER_AGENT, p->user_agent);
	put(o, wants, TEXT_METHOD, m->method_text);
	put(o, wants, TEXT_VERSION, m->version);
	put(o, wants, TEXT_CALL_ID, p->call_id);
	put_header(o, wants, TEXT_CONTENT_TYPE, m, SIP_HEADER_CONTENT_TYPE);
	put_header(o, wants, TEXT_ACCEPT, m, SIP_HEADER_ACCEPT);
	put_header(o, wants, TEXT_ALLOW, m, SIP_HEADER_ALLOW);
	put_header(o, wants, TEXT_SUPPORTED, m, SIP_HEADER_SUPPORTED);
	put_header(o, wants, TEXT_EVENT, m, SIP_HEADER_EVENT);
	put_header_number(o, wants, NUMBER_MAX_FORWARDS, m, SIP_HEADER_MAX_FORWARDS);
	put_header_number(o, wants, NUMBER_CONTENT_LENGTH, m, SIP_HEADER_CONTENT_LENGTH);
	put_number(o, wants, NUMBER_BYTES, (int64_t)m->all.len);
	if (p->v.has_cseq) {
		put(o, wants, TEXT_CSEQ_METHOD, p->v.cseq.method);
		put_number(o, wants, NUMBER_CSEQ_NUMBER, p->v.cseq.number);
	}
	observe_uri(m, p, wants, o);
	if (p->v.has_from)
		observe_party(&p->v.from, TEXT_FROM_DISPLAY, TEXT_FROM_TAG, TEXT_FROM_ORIGINAL, wants, o);
	if (p->v.has_to)
		observe_party(&p->v.to, TEXT_TO_DISPLAY, TEXT_TO_TAG, TEXT_TO_ORIGINAL, wants, o);
	observe_via(p, wants, o);
	observe_contact(m, p, wants, o);
	observe_credentials(p, wants, o);
	observe_sdp(m, wants, o);
}

/* Some write `user:password`: what follows the colon is nobody's to see. */
static struct slice without_password(struct slice user)
{
	size_t colon = slice_find(user, ':');
	return colon == SLICE_NPOS ? user : slice_first(user, colon);
}

struct slice sip_account(const struct sip_message *m, const struct sip_parts *p, struct slice dialed)
{
	if (p->has_credentials && p->credentials.username.len)
		return without_password(p->credentials.username);
	if (m->method == SIP_METHOD_CANCEL || m->method == SIP_METHOD_ACK || m->method == SIP_METHOD_BYE || m->method == SIP_METHOD_PRACK)
		return slice_of(NULL, 0);
	if (m->method == SIP_METHOD_REGISTER || m->method == SIP_METHOD_SUBSCRIBE || m->method == SIP_METHOD_PUBLISH)
		return p->v.has_to && p->v.to.has_uri && p->v.to.uri.user.len ? p->v.to.uri.user : slice_of(NULL, 0);
	if (!p->v.has_request_uri || p->v.request_uri.user.len == 0 || dialed.ptr)
		return slice_of(NULL, 0);
	return p->v.request_uri.user;
}

/* The byte at *i, or the one that an escape there stands for; *i moves to its end. */
static uint8_t unescaped(struct slice s, size_t *i)
{
	if (s.ptr[*i] != '%' || s.len - *i < 3 || ascii_hex(s.ptr[*i + 1]) < 0 || ascii_hex(s.ptr[*i + 2]) < 0)
		return s.ptr[*i];
	*i += 2;
	return (uint8_t)(ascii_hex(s.ptr[*i - 1]) << 4 | ascii_hex(s.ptr[*i]));
}

/* Digits that nothing stands between, and perhaps a + before them: most numbers are written so. */
static bool is_plain_number(struct slice user)
{
	size_t i = user.ptr[0] == '+';
	while (i < user.len && ascii_is_digit(user.ptr[i]))
		i++;
	return i == user.len;
}

struct slice sip_dialed(const struct sip_message *m, const struct sip_parts *p, uint8_t *buffer, size_t size)
{
	size_t len = 0, digits = 0;
	if (m->method != SIP_METHOD_INVITE || !p->v.has_request_uri || p->v.request_uri.user.len == 0)
		return slice_of(NULL, 0);
	struct slice user = p->v.request_uri.user;
	if (is_plain_number(user)) {
		digits = user.len - (user.ptr[0] == '+');
		return digits >= DIALED_DIGITS_MIN ? slice_first(user, size) : slice_of(NULL, 0);
	}
	for (size_t i = 0; i < user.len; i++) {
		if (user.ptr[i] == ';')
			break; /* parameters of a telephone number, e.g. ;phone-context= */
		uint8_t c = unescaped(user, &i);
		if (c == '-' || c == '.' || c == '(' || c == ')')
			continue;
		if (!ascii_is_digit(c) && c != '*' && c != '#' && !(c == '+' && len == 0))
			return slice_of(NULL, 0);
		digits += ascii_is_digit(c);
		if (len < size)
			buffer[len++] = c;
	}
	return digits >= DIALED_DIGITS_MIN ? slice_of(buffer, len) : slice_of(NULL, 0);
}
