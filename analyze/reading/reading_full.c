/* SPDX-License-Identifier: MIT */
#include "analyze/reading/reading_internal.h"

#include "analyze/dialog.h"
#include "analyze/fingerprint/sipvicious.h"
#include "analyze/sip/caller.h"
#include "analyze/sip/sdp.h"

/* What the sender can not help, where the capture cut his message. */
#define OF_THE_CUT                                                                                           \
	(SIP_ANOMALY(TRUNCATED) | SIP_ANOMALY(NO_HEADER_END) | SIP_ANOMALY(MISSING_VIA) |                    \
	 SIP_ANOMALY(MISSING_FROM) | SIP_ANOMALY(MISSING_TO) | SIP_ANOMALY(MISSING_CALL_ID) |                \
	 SIP_ANOMALY(MISSING_CSEQ))

/* ---- identities ---- */

/* Of what names a call, and is asked for by this process only. */
static uint64_t hash_name(struct slice s, uint64_t seed)
{
	return hash_text(s.ptr, s.len, seed);
}

/* Of what actors use: rules group by it. */
static uint64_t hash_value(struct slice s)
{
	return hash_bytes(s.ptr, s.len, 1);
}

static struct transaction_key key_of(const struct sip_parts *p, uint64_t via, uint64_t call_id,
				     uint64_t from_tag, const struct addr *client, const struct addr *server,
				     enum sip_method method)
{
	uint64_t a = hash_u64(call_id, via);
	uint64_t b = hash_u64(from_tag, (uint64_t)p->v.cseq.number << 8 | method);
	return (struct transaction_key){ a, hash_mix(b ^ hash_addr(client, 0), hash_addr(server, a)) };
}

/* Tools that never change their branch differ in these, or else do the same again. */
static uint64_t copy_hash_of(const struct sip_message *m, const struct sip_parts *p)
{
	uint64_t hash = hash_name(p->v.to.uri_text, hash_name(m->request_uri, 3));
	return p->has_credentials ? hash_name(p->credentials.response, hash) : hash;
}

void reading_identify(const struct sip_message *m, const struct sip_parts *p, struct reading *out)
{
	const struct addr *source = &out->origin.ends.source, *destination = &out->origin.ends.destination;
	uint64_t call_id = out->call_id_hash = hash_name(p->call_id, 0x9e3779b97f4a7c15u);
	uint64_t from_tag = out->from_tag_hash = hash_name(p->v.from.tag, 1);
	uint64_t via = hash_name(p->v.via.branch, hash_name(p->v.via.host, p->v.via.port));
	out->via_hash = p->v.via.branch.len ? via : 0;
	out->key = m->is_request ? key_of(p, via, call_id, from_tag, source, destination, m->method)
				 : key_of(p, via, call_id, from_tag, destination, source, m->method);
	out->has_to_tag = p->v.has_to && p->v.to.tag.len;
	out->dialog_key = 0;
	if (!out->has_to_tag)
		return;
	out->dialog_key = dialog_key(source, destination, call_id);
	out->to_tag_hash = hash_name(p->v.to.tag, 1);
}

/* ---- what a request is ---- */

/* svcrash has its From where no header field should be, so it is looked for when there is none. */
static bool tool_tag(const struct sip_message *m, const struct sip_parts *p, struct sipvicious_tag *tag)
{
	return p->v.has_from ? sipvicious_decode(p->v.from.tag, tag) : sipvicious_find(m, tag);
}

_Static_assert((int)SECRET_SAME_AS_ACCOUNT == (int)GUESS_SAME && (int)SECRET_EMPTY == (int)GUESS_EMPTY,
	       "kinds of secrets, two views");

void reading_name_tool(const struct sip_message *m, const struct sip_parts *p, struct event *e,
		       struct observation *o)
{
	struct sipvicious_tag tag;
	if (!tool_tag(m, p, &tag))
		return;
	e->module = (uint8_t)tag.module;
	observation_set_text(o, TEXT_TOOL, SLICE("sipvicious"));
	observation_set_text(o, TEXT_MODULE, slice_str(sipvicious_module_text(tag.module)));
	if (tag.secret != SECRET_NONE)
		o->choice[CHOICE_GUESS_KIND] = (uint8_t)tag.secret; /* both lists have the same order */
}

static enum caller_word caller_of(const struct sip_message *m, const struct sip_values *v)
{
	bool is_call = m->method == SIP_METHOD_INVITE && v->has_from && v->from.has_uri;
	return is_call ? sip_caller(v->from.uri.user, v->from.uri.host) : CALLER_ABSENT;
}

void reading_note_account(const struct sip_message *m, const struct sip_parts *p, struct reading *out,
			  struct observation *o, uint8_t dialed_buffer[READING_DIALED_MAX])
{
	struct event *e = &out->event;
	struct slice dialed = sip_dialed(m, p, dialed_buffer, READING_DIALED_MAX);
	struct slice account = sip_account(m, p, dialed);
	if (account.len) {
		short_text_set(&e->account, account);
		e->account_hash = hash_value(account);
		observation_set_text(o, TEXT_ACCOUNT, account);
	}
	if (dialed.len) {
		short_text_set(&e->dialed, short_text_tail(dialed));
		e->dialed_hash = hash_value(dialed);
		observation_set_text(o, TEXT_DIALED, dialed);
	}
	o->choice[CHOICE_CALLER] = (uint8_t)caller_of(m, &p->v);
	e->series_hash = out->call_id_hash;
	e->cseq = p->v.cseq.number;
	bool is_lasting = m->method == SIP_METHOD_REGISTER || m->method == SIP_METHOD_SUBSCRIBE ||
			  m->method == SIP_METHOD_OPTIONS;
	e->contact_hash = is_lasting && p->v.has_contact
			      ? (uint32_t)hash_name(p->v.contact.uri_text, hash_name(p->v.to.uri_text, 2)) &
				    ~CONTACT_IS_PORT
			      : 0;
	e->is_watch = m->method == SIP_METHOD_SUBSCRIBE && p->has_credentials &&
		      !slice_eq(account, p->v.to.uri.user);
	if (p->has_credentials) {
		e->nonce_hash = hash_name(p->credentials.nonce, 1);
		e->series_hash = hash_u64(out->call_id_hash, out->from_tag_hash);
	}
}

uint64_t reading_agent_hash(struct slice agent)
{
	return hash_value(agent);
}

static void note_agent(struct slice agent, struct reading *out)
{
	out->agent_len = 0;
	if (!agent.ptr)
		return;
	out->event.agent_hash = reading_agent_hash(agent);
	out->agent_len = (uint8_t)(agent.len < READING_AGENT_MAX ? agent.len : READING_AGENT_MAX);
	memcpy(out->agent, agent.ptr, out->agent_len);
}

/* Texts of a fingerprint, made anew only when it was not met lately. */
static struct slice text_of(struct intern *texts, uint64_t hash, const struct fingerprint *print,
			    bool is_family)
{
	char text[FINGERPRINT_TEXT_MAX];
	struct fingerprint family;
	struct slice known = intern_get(texts, hash);
	if (known.ptr)
		return known;
	if (is_family)
		fingerprint_family(print, &family);
	intern_put(texts, hash, slice_str(fingerprint_text(is_family ? &family : print, text)));
	return intern_get(texts, hash);
}

void reading_note_print(struct message_reader *r, const struct fingerprint *print, uint64_t hash,
			struct observation *o)
{
	observation_set_text(o, TEXT_FINGERPRINT, text_of(&r->prints, hash, print, false));
	if (r->wants_family)
		observation_set_text(o, TEXT_FAMILY, text_of(&r->families, hash, print, true));
}

/* How it is written: the fingerprint of its grammar, and what is broken in its values. */
static void note_writing(struct message_reader *r, struct sip_message *m, const struct sip_parts *p,
			 struct reading *out, struct observation *o)
{
	fingerprint_make_of(m, &p->v, &out->print);
	out->event.fingerprint_hash = fingerprint_hash(&out->print);
	sip_values_check(m, &p->v);
	out->event.anomalies |= m->anomalies;
	o->anomalies = out->event.anomalies;
	reading_note_print(r, &out->print, out->event.fingerprint_hash, o);
}

static void begin_event(const struct sip_origin *origin, const struct sip_message *m, struct event *e)
{
	memset(e, 0, sizeof *e);
	e->time_us = origin->time_us;
	e->actor = origin->ends.source;
	e->target = origin->ends.destination;
	e->actor_port = origin->ends.source_port;
	e->target_port = origin->ends.destination_port;
	e->place = origin->place;
	e->method = (uint8_t)m->method;
	e->ttl = origin->ttl;
	e->anomalies = m->anomalies | (uint64_t)origin->capture_anomalies << FIELD_ANOMALY_CAPTURE_SHIFT;
}

static bool is_removal(const struct sip_message *m)
{
	return m->method == SIP_METHOD_REGISTER &&
	       (slice_eq(sip_value(m, SIP_HEADER_EXPIRES), SLICE("0")) ||
		slice_find_slice(sip_value(m, SIP_HEADER_CONTACT), SLICE(";expires=0")) != SLICE_NPOS);
}

/* What origin and account say, in event and observation. */
static void begin_observation(const struct sip_message *m, const struct sip_parts *p, struct reading *out,
			      struct observation *o, uint8_t dialed[READING_DIALED_MAX])
{
	struct event *e = &out->event;
	observation_init(o);
	o->time_us = e->time_us;
	o->place = e->place;
	o->address[ADDRESS_SOURCE_IP] = e->actor;
	o->address[ADDRESS_DESTINATION_IP] = e->target;
	observation_set_number(o, NUMBER_SOURCE_PORT, e->actor_port);
	observation_set_number(o, NUMBER_DESTINATION_PORT, e->target_port);
	observation_set_number(o, NUMBER_TTL, e->ttl);
	o->choice[CHOICE_TRANSPORT] = (uint8_t)out->origin.transport;
	reading_note_account(m, p, out, o, dialed);
}

/* What was cut off is not missing: nobody knows whether credentials were there. */
static void note_cut(const struct sip_message *m, struct event *e, struct observation *o)
{
	e->is_cut = true;
	e->anomalies = o->anomalies = e->anomalies & ~OF_THE_CUT;
	if (!sip_value(m, SIP_HEADER_CALL_ID).ptr)
		e->series_hash = 0;
	if (o->choice[CHOICE_CREDENTIALS] == CREDENTIALS_NONE)
		o->choice[CHOICE_CREDENTIALS] = CREDENTIALS_ABSENT;
}

/* Everything that rules may ask; the digest is taken while the bytes are there. */
static void observe(struct message_reader *r, struct reading *out)
{
	struct sip_message *m = &r->message;
	struct sip_parts *p = &r->parts;
	struct event *e = &out->event;
	struct observation o;
	uint8_t dialed[READING_DIALED_MAX];
	begin_event(&out->origin, m, e);
	sip_values_read_contact(m, &p->v);
	begin_observation(m, p, out, &o, dialed);
	sip_observe(m, p, &r->wants, &o);
	note_agent(p->user_agent, out);
	note_writing(r, m, p, out, &o);
	reading_name_tool(m, p, e, &o);
	e->is_removal = is_removal(m);
	if (out->is_cut)
		note_cut(m, e, &o);
	memcpy(e->choice, o.choice, sizeof e->choice);
	memset(out->digest, 0, r->digest_words * sizeof *out->digest);
	looker_look(r->looker, &o, FIELD_ONCE, out->digest);
	out->is_observed = true;
}

void reading_identify_request(const struct sip_message *m, const struct sip_parts *p, struct reading *out)
{
	const struct addr *source = &out->origin.ends.source;
	out->call_hash = hash_addr(source, out->call_id_hash);
	out->copy_hash = copy_hash_of(m, p);
	out->has_credentials = p->has_credentials;
	if (p->has_credentials && p->credentials.nonce.len)
		out->nonce_key = dialogs_nonce_key(source, p->credentials.nonce);
}

/* A message that was cut is what is there of it, and so are its copies. Its call is told by the account, for want of a Call-ID. */
static void identify_cut(struct reading *out)
{
	const struct event *e = &out->event;
	out->key.a = hash_u64(out->cut_hash, out->key.a);
	if (!e->series_hash)
		out->call_hash = e->account_hash ? hash_addr(&e->actor, e->account_hash) : 0;
}

static void read_request(struct message_reader *r, struct reading *out)
{
	const struct sip_message *m = &r->message;
	struct sip_parts *p = &r->parts;
	const struct addr *source = &out->origin.ends.source;
	sip_parts_read_request(m, p);
	reading_identify(m, p, out);
	if (m->method == SIP_METHOD_ACK || addr_is_group(source) || addr_is_none(source))
		return;
	reading_identify_request(m, p, out);
	observe(r, out);
	if (out->is_cut)
		identify_cut(out);
}

/* ---- what an answer tells ---- */

static void note_challenge(const struct sip_message *m, struct sip_parts *p, struct reading *out)
{
	static const enum sip_header places[] = { SIP_HEADER_WWW_AUTHENTICATE,
						  SIP_HEADER_PROXY_AUTHENTICATE };
	for (size_t i = 0; i < 2; i++) {
		struct sip_auth challenge;
		struct slice value = sip_value(m, places[i]);
		if (!value.ptr || sip_auth_parse(value, &challenge) != PARSE_OK)
			continue;
		out->is_stale |= challenge.is_stale;
		if (!challenge.nonce.len)
			continue;
		out->challenge_keys[out->challenge_count++] =
		    dialogs_nonce_key(&out->origin.ends.destination, challenge.nonce);
		p->credentials = challenge; /* nobody else needs the place: for the template */
		p->has_credentials = true;
	}
}

void reading_note_media(const struct sip_message *m, struct reading *out)
{
	struct sip_sdp sdp;
	struct addr address = { 0 };
	uint16_t port = 0;
	bool has_body = m->method == SIP_METHOD_INVITE && m->body.len;
	out->has_media =
	    has_body && sip_sdp_parse(m->body, &sdp) == PARSE_OK && sip_sdp_audio(&sdp, &address, &port);
	out->media_address = out->has_media ? address : (struct addr){ 0 };
	out->media_port = out->has_media ? port : 0;
	if (out->has_media && !out->has_to_tag)
		out->dialog_key =
		    dialog_key(&out->origin.ends.source, &out->origin.ends.destination, out->call_id_hash);
}

/* Those that begin something. What a SUBSCRIBE or PUBLISH is for, its Event, no answer repeats. */
static bool begins_anew(enum sip_method method)
{
	return method == SIP_METHOD_REGISTER || method == SIP_METHOD_INVITE || method == SIP_METHOD_OPTIONS ||
	       method == SIP_METHOD_MESSAGE;
}

/* Leaves of an answer what it repeats of its request (RFC 3261 8.2.6.2), as if it were that. */
static void turn_into_request(struct sip_message *m, struct sip_parts *p)
{
	uint8_t first[SIP_HEADER_COUNT] = { 0 };
	static const enum sip_header repeated[] = { SIP_HEADER_VIA, SIP_HEADER_FROM, SIP_HEADER_TO,
						    SIP_HEADER_CALL_ID, SIP_HEADER_CSEQ };
	for (size_t i = 0; i < sizeof repeated / sizeof *repeated; i++)
		first[repeated[i]] = m->first[repeated[i]];
	memcpy(m->first, first, sizeof first);
	m->is_request = true;
	m->method_text = slice_str(sip_method_text(m->method));
	m->body = slice_of(NULL, 0);
	sip_parts_read_request(m, p);
	/* A request goes to whom To names, unless somebody has sent it on. */
	m->request_uri = p->v.to.uri_text;
	p->v.request_uri = p->v.to.uri;
	p->v.has_request_uri = p->v.has_to && p->v.to.has_uri;
	p->v.to.tag = slice_of(NULL, 0);
}

static void observe_asked(struct message_reader *r, struct reading *out)
{
	struct sip_message *m = &r->message;
	struct sip_parts *p = &r->parts;
	struct event *e = &out->event;
	struct sip_origin asked = out->origin;
	struct observation o;
	uint8_t dialed[READING_DIALED_MAX];
	turn_into_request(m, p);
	asked.ends = (struct endpoints){ out->origin.ends.destination, out->origin.ends.source,
					 out->origin.ends.destination_port, out->origin.ends.source_port };
	begin_event(&asked, m, e);
	begin_observation(m, p, out, &o, dialed);
	e->is_presumed = true;
	e->anomalies = 0;
	/* Where it may be called is not known, but from where it asks. */
	e->contact_hash = (uint32_t)hash_name(p->v.via.host, hash_name(p->v.to.uri_text, p->v.via.port));
	sip_observe(m, p, &r->wants, &o);
	o.choice[CHOICE_CREDENTIALS] = CREDENTIALS_ABSENT;
	reading_name_tool(m, p, e, &o);
	memcpy(e->choice, o.choice, sizeof e->choice);
	memset(out->digest, 0, r->digest_words * sizeof *out->digest);
	looker_look(r->looker, &o, FIELD_ONCE, out->digest);
	out->call_hash = hash_addr(&e->actor, out->call_id_hash);
	out->copy_hash = copy_hash_of(m, p);
	out->is_observed = true;
}

static void read_answer(struct message_reader *r, struct reading *out)
{
	const struct sip_message *m = &r->message;
	struct sip_parts *p = &r->parts;
	struct sipvicious_tag tag;
	sip_parts_read_answer(m, p);
	reading_identify(m, p, out);
	note_challenge(m, p, out);
	reading_note_media(m, out);
	if (out->origin.is_one_sided && begins_anew(m->method)) {
		observe_asked(r, out);
		return;
	}
	if (!tool_tag(m, p, &tag) || tag.module != SIPVICIOUS_SVCRASH)
		return;
	out->kind = READING_TRICK;
	sip_parts_read_request(m, p);
	observe(r, out);
}

/* ---- the message ---- */

void reading_in_full(struct message_reader *r, const struct sip_origin *origin, struct slice bytes,
		     struct reading *out)
{
	memset(out, 0, offsetof(struct reading, event));
	out->origin = *origin;
	if ((origin->cut ? sip_message_parse_cut : sip_message_parse)(bytes, &r->message) != PARSE_OK)
		return;
	if (origin->cut) {
		out->is_cut = r->message.anomalies & SIP_ANOMALY(NO_HEADER_END);
		out->cut_hash = hash_name(bytes, 2);
		r->message.anomalies &= ~OF_THE_CUT;
	}
	out->method = r->message.method;
	out->status_code = r->message.status_code;
	out->kind = r->message.is_request ? READING_REQUEST : READING_ANSWER;
	if (r->message.is_request)
		read_request(r, out);
	else
		read_answer(r, out);
}
