/* SPDX-License-Identifier: MIT */
#include "analyze/reading.h"

#include "analyze/dialog.h"
#include "analyze/fingerprint/sipvicious.h"
#include "analyze/ruleset/look.h"
#include "analyze/sip/sdp.h"
#include "analyze/template.h"
#include "core/intern.h"

#include <stdlib.h>

#define PRINTS_MAX 1024 /* texts of fingerprints that are not made anew each time */
#define DIALED_MAX 128	/* longer than any number that is routed, for who pads it */

#define FORMS_MAX 256	  /* templates */
#define FORM_SLOTS 16384   /* where to look for one; power of two */
#define PRINTS_OF_FORM 4  /* fingerprints that messages of one form have, since tokens vary in length */
#define CREDIT_MAX 256	  /* see remember() */

/* ONCE fields whose values stand in slots of a template, wholly or in part, or come from elsewhere. */
#define BIT(field) ((uint64_t)1 << (field))
#define TEXTS_OF_PRINT (BIT(TEXT_FINGERPRINT) | BIT(TEXT_FAMILY))
#define TEXTS_OF_TOKENS                                                                                            \
	(BIT(TEXT_URI_ORIGINAL) | BIT(TEXT_URI_USERNAME) | BIT(TEXT_URI_HOST) | BIT(TEXT_CALL_ID) | BIT(TEXT_USER_AGENT) | BIT(TEXT_VIA_ADDRESS) |            \
	 BIT(TEXT_VIA_BRANCH) | BIT(TEXT_FROM_DISPLAY) | BIT(TEXT_FROM_TAG) | BIT(TEXT_FROM_ORIGINAL) | BIT(TEXT_FROM_USERNAME) |      \
	 BIT(TEXT_FROM_HOST) | BIT(TEXT_TO_DISPLAY) | BIT(TEXT_TO_TAG) | BIT(TEXT_TO_ORIGINAL) | BIT(TEXT_TO_USERNAME) |               \
	 BIT(TEXT_TO_HOST) | BIT(TEXT_CONTACT_DISPLAY) | BIT(TEXT_CONTACT_ORIGINAL) | BIT(TEXT_CONTACT_USERNAME) |                     \
	 BIT(TEXT_CONTACT_HOST) | BIT(TEXT_AUTH_URI) | BIT(TEXT_ACCOUNT) | BIT(TEXT_DIALED) | BIT(TEXT_TOOL) | BIT(TEXT_MODULE))
#define NUMBERS_OF_TOKENS                                                                                          \
	(BIT(NUMBER_SOURCE_PORT) | BIT(NUMBER_DESTINATION_PORT) | BIT(NUMBER_URI_PORT) | BIT(NUMBER_CSEQ_NUMBER) |                     \
	 BIT(NUMBER_VIA_PORT) | BIT(NUMBER_CONTACT_PORT) | BIT(NUMBER_BYTES) | BIT(NUMBER_TTL))
/* Whoever asks for these gets templates for one body each. */
#define TEXTS_OF_BODY (BIT(TEXT_SDP_OWNER) | BIT(TEXT_SDP_OWNER_IP) | BIT(TEXT_SDP_SESSION) | BIT(TEXT_SDP_ADDRESS))
#define NUMBERS_OF_BODY (BIT(NUMBER_SDP_PORT) | BIT(NUMBER_CONTENT_LENGTH))

/* What is known of messages of one form: a template, and what every one of them says. */
struct form {
	uint64_t hash;
	uint32_t uses;
	struct template template;
	size_t print_count;
	struct {
		struct fingerprint print;
		uint64_t hash;
	} prints[PRINTS_OF_FORM];
	struct reading *base;	  /* its digest without what depends on tokens or the fingerprint */
	uint64_t *print_digests;  /* [PRINTS_OF_FORM * digest_words] */
};

struct message_reader {
	struct observe_wants wants, token_wants;
	bool wants_contact, wants_family;
	size_t digest_words;
	uint64_t table_seed;
	struct looker *looker;
	struct intern prints, families; /* by the hash of the fingerprint */
	struct sip_message message;	/* the one being read */
	struct sip_parts parts;
	bool is_plain;			/* no templates */
	bool any_body;			/* nobody asks what is in a body */
	struct form *forms;
	size_t form_count, form_next;
	struct {
		uint16_t latest, before;
	} by_sender[FORM_SLOTS], by_frame[FORM_SLOTS]; /* places in forms + 1; guesses */
	uint16_t by_form[FORM_SLOTS];
	unsigned credit;
	uint64_t alike;
	uint64_t misses;
	struct template making;
};

static void ask_wants(struct message_reader *r, const struct ruleset *rules)
{
	for (unsigned f = 0; f < TEXT_FIELD_COUNT; f++)
		r->wants.text |= (uint64_t)ruleset_uses_text(rules, f) << f;
	for (unsigned f = 0; f < NUMBER_FIELD_COUNT; f++)
		r->wants.number |= (uint64_t)ruleset_uses_number(rules, f) << f;
	r->wants_contact = observe_wants_contact(&r->wants);
	r->wants_family = r->wants.text >> TEXT_FAMILY & 1;
	r->any_body = !(r->wants.text & TEXTS_OF_BODY) && !(r->wants.number & NUMBERS_OF_BODY);
	r->token_wants.text = r->wants.text & TEXTS_OF_TOKENS;
	r->token_wants.number = r->wants.number & NUMBERS_OF_TOKENS;
}

static bool make_room(struct message_reader *r)
{
	r->forms = calloc(FORMS_MAX, sizeof *r->forms);
	r->credit = CREDIT_MAX;
	return r->forms != NULL;
}

struct message_reader *message_reader_new(const struct ruleset *rules, const struct engine *engine)
{
	struct message_reader *r = calloc(1, sizeof *r);
	if (!r)
		return NULL;
	r->digest_words = engine_digest_words(engine);
	r->table_seed = table_seed();
	r->looker = engine_looker_new(engine);
	if (!r->looker || !make_room(r) || intern_init(&r->prints, PRINTS_MAX) || intern_init(&r->families, PRINTS_MAX)) {
		message_reader_free(r);
		return NULL;
	}
	ask_wants(r, rules);
	return r;
}

void message_reader_free(struct message_reader *r)
{
	if (!r)
		return;
	looker_free(r->looker);
	intern_fini(&r->prints);
	intern_fini(&r->families);
	for (size_t i = 0; i < r->form_count; i++) {
		free(r->forms[i].base);
		free(r->forms[i].print_digests);
	}
	free(r->forms);
	free(r);
}

size_t message_reader_size(const struct message_reader *r)
{
	return sizeof(struct reading) + r->digest_words * sizeof(uint64_t);
}

uint64_t message_reader_regex_limits(const struct message_reader *r)
{
	return looker_regex_limits(r->looker);
}

/* ---- identities ---- */

static uint64_t hash_slice(struct slice s, uint64_t seed)
{
	return hash_bytes(s.ptr, s.len, seed);
}

static struct transaction_key key_of(const struct sip_parts *p, uint64_t call_id, const struct addr *client, const struct addr *server,
				     enum sip_method method)
{
	uint64_t a = hash_u64(call_id, hash_slice(p->v.via.branch, hash_slice(p->v.via.host, p->v.via.port)));
	uint64_t b = hash_slice(p->v.from.tag, (uint64_t)p->v.cseq.number << 8 | method);
	return (struct transaction_key){ a, hash_mix(b ^ hash_addr(client, 0), hash_addr(server, a)) };
}

/* Tools that never change their branch differ in these, or else do the same again. */
static uint64_t copy_hash_of(const struct sip_message *m, const struct sip_parts *p)
{
	uint64_t hash = hash_slice(p->v.to.uri_text, hash_slice(m->request_uri, 3));
	return p->has_credentials ? hash_slice(p->credentials.response, hash) : hash;
}

static void identify(const struct sip_message *m, const struct sip_parts *p, struct reading *out)
{
	const struct addr *source = &out->origin.ends.source, *destination = &out->origin.ends.destination;
	uint64_t call_id = out->call_id_hash = hash_slice(p->call_id, 0x9e3779b97f4a7c15u);
	out->key = m->is_request ? key_of(p, call_id, source, destination, m->method) : key_of(p, call_id, destination, source, m->method);
	out->has_to_tag = p->v.has_to && p->v.to.tag.len;
	out->dialog_key = 0;
	if (!out->has_to_tag)
		return;
	out->dialog_key = dialog_key(source, destination, call_id);
	out->to_tag_hash = hash_slice(p->v.to.tag, 1);
	out->from_tag_hash = hash_slice(p->v.from.tag, 1);
}

/* ---- what a request is ---- */

/* svcrash has its From where no header field should be, so it is looked for when there is none. */
static bool tool_tag(const struct sip_message *m, const struct sip_parts *p, struct sipvicious_tag *tag)
{
	return p->v.has_from ? sipvicious_decode(p->v.from.tag, tag) : sipvicious_find(m, tag);
}

_Static_assert((int)SECRET_SAME_AS_ACCOUNT == (int)GUESS_SAME && (int)SECRET_EMPTY == (int)GUESS_EMPTY, "kinds of secrets, two views");

static void name_tool(const struct sip_message *m, const struct sip_parts *p, struct event *e, struct observation *o)
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

static void note_account(const struct sip_message *m, const struct sip_parts *p, struct event *e, struct observation *o, uint8_t *dialed_buffer)
{
	struct slice account = sip_account(m, p);
	struct slice dialed = sip_dialed(m, p, dialed_buffer, DIALED_MAX);
	if (account.len) {
		e->account = short_text_of(account);
		e->account_hash = hash_slice(account, 1);
		observation_set_text(o, TEXT_ACCOUNT, account);
	}
	if (dialed.len) {
		e->dialed = short_text_end(dialed);
		e->dialed_hash = hash_slice(dialed, 1);
		observation_set_text(o, TEXT_DIALED, dialed);
	}
	if (p->has_credentials) {
		e->nonce_hash = hash_slice(p->credentials.nonce, 1);
		e->series_hash = hash_slice(p->call_id, hash_slice(p->v.from.tag, 1));
		e->cseq = p->v.cseq.number;
	}
}

static void note_agent(struct slice agent, struct reading *out)
{
	out->agent_len = 0;
	if (!agent.ptr)
		return;
	out->event.agent_hash = hash_bytes(agent.ptr, agent.len, 1);
	out->agent_len = (uint8_t)(agent.len < READING_AGENT_MAX ? agent.len : READING_AGENT_MAX);
	memcpy(out->agent, agent.ptr, out->agent_len);
}

/* Texts of a fingerprint, made anew only when it was not met lately. */
static struct slice text_of(struct intern *texts, uint64_t hash, const struct fingerprint *print, bool is_family)
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

static void note_print(struct message_reader *r, const struct fingerprint *print, uint64_t hash, struct observation *o)
{
	observation_set_text(o, TEXT_FINGERPRINT, text_of(&r->prints, hash, print, false));
	if (r->wants_family)
		observation_set_text(o, TEXT_FAMILY, text_of(&r->families, hash, print, true));
}

/* How it is written: the fingerprint of its grammar, and what is broken in its values. */
static void note_writing(struct message_reader *r, struct sip_message *m, const struct sip_parts *p, struct reading *out, struct observation *o)
{
	fingerprint_make_of(m, &p->v, &out->print);
	out->event.fingerprint_hash = fingerprint_hash(&out->print);
	sip_values_check(m, &p->v);
	out->event.anomalies |= m->anomalies;
	o->anomalies = out->event.anomalies;
	note_print(r, &out->print, out->event.fingerprint_hash, o);
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
	return m->method == SIP_METHOD_REGISTER && (slice_eq(sip_value(m, SIP_HEADER_EXPIRES), SLICE("0")) ||
						    slice_find_slice(sip_value(m, SIP_HEADER_CONTACT), SLICE(";expires=0")) != SLICE_NPOS);
}

/* What origin and account say, in event and observation. */
static void begin_observation(const struct sip_message *m, const struct sip_parts *p, struct reading *out, struct observation *o,
			      uint8_t dialed[DIALED_MAX])
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
	note_account(m, p, e, o, dialed);
}

/* Everything that rules may ask; the digest is taken while the bytes are there. */
static void observe(struct message_reader *r, struct reading *out)
{
	struct sip_message *m = &r->message;
	struct sip_parts *p = &r->parts;
	struct event *e = &out->event;
	struct observation o;
	uint8_t dialed[DIALED_MAX];
	begin_event(&out->origin, m, e);
	begin_observation(m, p, out, &o, dialed);
	sip_values_read_contact(m, &p->v);
	sip_observe(m, p, &r->wants, &o);
	note_agent(p->user_agent, out);
	note_writing(r, m, p, out, &o);
	name_tool(m, p, e, &o);
	e->is_removal = is_removal(m);
	memcpy(e->choice, o.choice, sizeof e->choice);
	memset(out->digest, 0, r->digest_words * sizeof *out->digest);
	looker_look(r->looker, &o, FIELD_ONCE, out->digest);
	out->is_observed = true;
}

/* Whose call it is, and what it would be a copy of. */
static void identify_request(const struct sip_message *m, const struct sip_parts *p, struct reading *out)
{
	const struct addr *source = &out->origin.ends.source;
	out->call_hash = hash_addr(source, out->call_id_hash);
	out->copy_hash = copy_hash_of(m, p);
	out->has_credentials = p->has_credentials;
	if (p->has_credentials && p->credentials.nonce.len)
		out->nonce_key = dialogs_nonce_key(source, p->credentials.nonce);
}

static void read_request(struct message_reader *r, struct reading *out)
{
	const struct sip_message *m = &r->message;
	struct sip_parts *p = &r->parts;
	const struct addr *source = &out->origin.ends.source;
	sip_parts_read_request(m, p);
	identify(m, p, out);
	if (m->method == SIP_METHOD_ACK || addr_is_group(source) || addr_is_none(source))
		return;
	identify_request(m, p, out);
	observe(r, out);
}

/* ---- what an answer tells ---- */

static void note_challenge(const struct sip_message *m, struct sip_parts *p, struct reading *out)
{
	static const enum sip_header places[] = { SIP_HEADER_WWW_AUTHENTICATE, SIP_HEADER_PROXY_AUTHENTICATE };
	for (size_t i = 0; i < 2; i++) {
		struct sip_auth challenge;
		struct slice value = sip_value(m, places[i]);
		if (!value.ptr || sip_auth_parse(value, &challenge) != PARSE_OK)
			continue;
		out->is_stale |= challenge.is_stale;
		if (!challenge.nonce.len)
			continue;
		out->challenge_keys[out->challenge_count++] = dialogs_nonce_key(&out->origin.ends.destination, challenge.nonce);
		p->credentials = challenge; /* nobody else needs the place: for the template */
		p->has_credentials = true;
	}
}

static void note_media(const struct sip_message *m, struct reading *out)
{
	struct sip_sdp sdp;
	struct addr address = { 0 };
	uint16_t port = 0;
	bool has_body = m->method == SIP_METHOD_INVITE && m->body.len;
	out->has_media = has_body && sip_sdp_parse(m->body, &sdp) == PARSE_OK && sip_sdp_audio(&sdp, &address, &port);
	out->media_address = out->has_media ? address : (struct addr){ 0 };
	out->media_port = out->has_media ? port : 0;
	if (out->has_media && !out->has_to_tag)
		out->dialog_key = dialog_key(&out->origin.ends.source, &out->origin.ends.destination, out->call_id_hash);
}

static void read_answer(struct message_reader *r, struct reading *out)
{
	const struct sip_message *m = &r->message;
	struct sip_parts *p = &r->parts;
	struct sipvicious_tag tag;
	sip_parts_read_answer(m, p);
	identify(m, p, out);
	note_challenge(m, p, out);
	note_media(m, out);
	if (!tool_tag(m, p, &tag) || tag.module != SIPVICIOUS_SVCRASH)
		return;
	out->kind = READING_TRICK;
	sip_parts_read_request(m, p);
	observe(r, out);
}

/* ---- messages of a known form ---- */

static size_t slot_of(uint64_t hash)
{
	return hash >> 32 & (FORM_SLOTS - 1);
}

/* Two guesses which form it has: that of the last message of this sender that began like it, and that of the last message of anybody
 * that began and ended like it. */
struct guesses {
	size_t sender, frame;
};

static struct guesses guess(const struct sip_origin *origin, struct slice bytes)
{
	uint64_t head, tail[3];
	uint32_t code;
	memcpy(&head, bytes.ptr, 8);
	memcpy(&code, bytes.ptr + 8, 4);
	head ^= bytes.ptr[3] == '/' ? (uint64_t)code << 24 : 0; /* of an answer the status code, too */
	memcpy(tail, bytes.ptr + bytes.len - 24, 24);
	return (struct guesses){ slot_of(hash_addr(&origin->ends.source, head)),
				 slot_of(hash_mix(head ^ tail[0], hash_mix(tail[1] ^ 0xa0761d6478bd642fu, tail[2]))) };
}

static bool can_have_form(const struct message_reader *r, const struct sip_origin *origin, struct slice bytes)
{
	return !r->is_plain && bytes.len >= 64 && !origin->cut && !origin->capture_anomalies && !addr_is_group(&origin->ends.source) &&
	       !addr_is_none(&origin->ends.source);
}

/* The fingerprint of a message of this form, and what rules say to it. */
static void print_like(struct message_reader *r, struct form *f, struct reading *out)
{
	struct fingerprint print;
	struct observation o;
	fingerprint_make_like(&f->base->print, &r->parts.v, r->parts.call_id, &print);
	size_t i = 0;
	while (i < f->print_count && memcmp(&f->prints[i].print, &print, sizeof print) != 0)
		i++;
	uint64_t *digest = f->print_digests + i % PRINTS_OF_FORM * r->digest_words;
	if (i == f->print_count) {
		i %= PRINTS_OF_FORM;
		digest = f->print_digests + i * r->digest_words;
		f->prints[i].print = print;
		f->prints[i].hash = fingerprint_hash(&print);
		f->print_count = f->print_count < PRINTS_OF_FORM ? f->print_count + 1 : PRINTS_OF_FORM;
		observation_init(&o);
		note_print(r, &print, f->prints[i].hash, &o);
		memset(digest, 0, r->digest_words * sizeof *digest);
		looker_look_values(r->looker, &o, FIELD_ONCE, TEXTS_OF_PRINT, 0, digest);
	}
	out->print = print;
	out->event.fingerprint_hash = f->prints[i].hash;
	for (size_t w = 0; w < r->digest_words; w++)
		out->digest[w] |= digest[w];
}

static void observe_like(struct message_reader *r, struct form *f, struct reading *out)
{
	const struct sip_message *m = &r->message;
	struct sip_parts *p = &r->parts;
	struct event *e = &out->event;
	struct observation o;
	uint8_t dialed[DIALED_MAX];
	e->time_us = out->origin.time_us;
	e->actor = out->origin.ends.source;
	e->target = out->origin.ends.destination;
	e->actor_port = out->origin.ends.source_port;
	e->target_port = out->origin.ends.destination_port;
	e->place = out->origin.place;
	e->ttl = out->origin.ttl;
	begin_observation(m, p, out, &o, dialed);
	o.anomalies = e->anomalies;
	sip_observe(m, p, &r->token_wants, &o);
	note_agent(p->user_agent, out);
	print_like(r, f, out);
	name_tool(m, p, e, &o);
	memcpy(e->choice, o.choice, sizeof e->choice);
	looker_look_values(r->looker, &o, FIELD_ONCE, TEXTS_OF_TOKENS, NUMBERS_OF_TOKENS, out->digest);
	looker_look_rest(r->looker, &o, FIELD_ONCE, out->digest);
}

static bool read_like(struct message_reader *r, struct form *f, const struct sip_origin *origin, struct slice bytes, struct reading *out)
{
	const struct sip_message *m = &r->message;
	struct sip_parts *p = &r->parts;
	if (!template_match(&f->template, bytes, &r->message, p))
		return false;
	memcpy(out, f->base, message_reader_size(r));
	out->origin = *origin;
	identify(m, p, out);
	if (out->kind == READING_ANSWER) {
		if (out->challenge_count)
			out->challenge_keys[0] = dialogs_nonce_key(&origin->ends.destination, p->credentials.nonce);
		note_media(m, out);
	} else if (out->is_observed) {
		identify_request(m, p, out);
		observe_like(r, f, out);
	}
	return true;
}

static void note_guess(struct message_reader *r, const struct guesses *g, uint16_t form)
{
	if (r->by_sender[g->sender].latest != form) {
		r->by_sender[g->sender].before = r->by_sender[g->sender].latest;
		r->by_sender[g->sender].latest = form;
	}
	if (r->by_frame[g->frame].latest != form) {
		r->by_frame[g->frame].before = r->by_frame[g->frame].latest;
		r->by_frame[g->frame].latest = form;
	}
}

static bool read_by_form(struct message_reader *r, const struct guesses *g, const struct sip_origin *origin, struct slice bytes,
			 struct reading *out)
{
	const uint16_t tries[] = { r->by_sender[g->sender].latest, r->by_sender[g->sender].before, r->by_frame[g->frame].latest,
				   r->by_frame[g->frame].before };
	for (size_t i = 0; i < 4; i++) {
		bool is_again = (i > 0 && tries[i] == tries[i - 1]) || (i > 1 && (tries[i] == tries[0] || tries[i] == tries[1]));
		if (!tries[i] || is_again || !read_like(r, &r->forms[tries[i] - 1], origin, bytes, out))
			continue;
		note_guess(r, g, tries[i]);
		r->forms[tries[i] - 1].uses++;
		r->credit += r->credit < CREDIT_MAX;
		r->alike++;
		return true;
	}
	return false;
}

/* A place for another form: the less used of the next few. */
static struct form *place_for_form(struct message_reader *r)
{
	struct form *f;
	if (r->form_count < FORMS_MAX) {
		f = &r->forms[r->form_count];
		f->base = malloc(message_reader_size(r));
		f->print_digests = malloc(PRINTS_OF_FORM * r->digest_words * sizeof *f->print_digests);
		r->form_count++;
	} else {
		f = &r->forms[r->form_next];
		for (size_t i = 0; i < 4; i++) {
			struct form *other = &r->forms[(r->form_next + i) % FORMS_MAX];
			f = other->uses < f->uses ? other : f;
			other->uses /= 2;
		}
		r->form_next = (r->form_next + 4) % FORMS_MAX;
	}
	f->hash = 0;
	return f->base && f->print_digests ? f : NULL;
}

/* The digest of what is the same in all messages of the form. */
static void look_at_form(struct message_reader *r, struct form *f)
{
	struct observation o;
	f->print_count = 0;
	if (!f->base->is_observed)
		return;
	f->base->event.account = f->base->event.dialed = (struct short_text){ 0 };
	f->base->event.account_hash = f->base->event.dialed_hash = 0;
	f->base->event.nonce_hash = f->base->event.series_hash = 0;
	f->base->event.cseq = 0;
	f->base->event.module = 0;
	observation_init(&o);
	sip_observe(&r->message, &r->parts, &r->wants, &o);
	memset(f->base->digest, 0, r->digest_words * sizeof *f->base->digest);
	looker_look_values(r->looker, &o, FIELD_ONCE, ~(TEXTS_OF_TOKENS | TEXTS_OF_PRINT), ~NUMBERS_OF_TOKENS, f->base->digest);
}

/* The message that was just read in full, for others like it. Where hardly any are alike that is not worth its time: then only one in
 * eight is remembered. */
static void remember(struct message_reader *r, const struct guesses *g, const struct reading *done)
{
	struct form *f = NULL;
	if (r->credit == 0 && r->misses++ % 8)
		return;
	r->credit -= r->credit > 0;
	if (done->kind == READING_TRICK || done->challenge_count > 1 || !template_make(&r->message, &r->parts, r->any_body, &r->making))
		return;
	uint64_t hash = template_form(&r->making);
	uint16_t *by_form = &r->by_form[slot_of(hash)];
	if (*by_form && r->forms[*by_form - 1].hash == hash) {
		note_guess(r, g, *by_form);
		return;
	}
	f = place_for_form(r);
	if (!f)
		return;
	f->hash = hash;
	f->uses = 1;
	template_copy(&f->template, &r->making);
	memcpy(f->base, done, message_reader_size(r));
	look_at_form(r, f);
	*by_form = (uint16_t)(f - r->forms + 1);
	note_guess(r, g, *by_form);
}

void message_reader_be_plain(struct message_reader *r)
{
	r->is_plain = true;
}

uint64_t message_reader_alike(const struct message_reader *r)
{
	return r->alike;
}

/* ---- reading ---- */

/* Where tables keep what this message touches. */
static void note_keys(const struct message_reader *r, struct reading *out)
{
	const struct endpoints *ends = &out->origin.ends;
	if (out->kind == READING_REFUSED)
		return;
	out->key_hash = table_hash_word(table_hash_word(table_hash_begin(r->table_seed), r->table_seed, out->key.a), r->table_seed,
					out->key.b);
	event_keys_of_ends(r->table_seed, &ends->source, &ends->destination, &out->keys);
	if (out->is_observed)
		event_keys_of_request(r->table_seed, &out->event, &out->keys);
}

static void read_in_full(struct message_reader *r, const struct sip_origin *origin, struct slice bytes, struct reading *out)
{
	memset(out, 0, offsetof(struct reading, event));
	out->origin = *origin;
	if (sip_message_parse(bytes, &r->message) != PARSE_OK)
		return;
	if (origin->cut)
		r->message.anomalies &= ~SIP_ANOMALY(TRUNCATED); /* the capture cut it, not the sender */
	out->method = r->message.method;
	out->status_code = r->message.status_code;
	out->kind = r->message.is_request ? READING_REQUEST : READING_ANSWER;
	if (r->message.is_request)
		read_request(r, out);
	else
		read_answer(r, out);
}

static void read_message(struct message_reader *r, const struct sip_origin *origin, struct slice bytes, struct reading *out)
{
	if (!can_have_form(r, origin, bytes)) {
		read_in_full(r, origin, bytes, out);
		return;
	}
	struct guesses g = guess(origin, bytes);
	if (read_by_form(r, &g, origin, bytes, out))
		return;
	read_in_full(r, origin, bytes, out);
	if (out->kind != READING_REFUSED)
		remember(r, &g, out);
}

void message_reader_read(struct message_reader *r, const struct sip_origin *origin, struct slice bytes, struct reading *out)
{
	read_message(r, origin, bytes, out);
	note_keys(r, out);
}
