/* SPDX-License-Identifier: MIT */
#include "analyze/reading/reading_internal.h"

#include "analyze/dialog.h"
#include "analyze/fingerprint/sipvicious.h"
#include "analyze/reading/template_tree.h"

#include <stddef.h>
#include <stdlib.h>

/* What few messages need shall not lie among what all do. */
#define COLD __attribute__((cold, noinline))

#define FORMS_MAX      256 /* templates */
#define PRINTS_OF_FORM 8   /* fingerprints that messages of one form have, since tokens vary in length */
#define CREDIT_MAX     256 /* see is_worth_it() */

/* ONCE fields whose values stand in slots of a template, wholly or in part, or come from elsewhere. */
#define BIT(field)     ((uint64_t)1 << (field))
#define TEXTS_OF_PRINT (BIT(TEXT_FINGERPRINT) | BIT(TEXT_FAMILY))
#define TEXTS_NAMED    (BIT(TEXT_ACCOUNT) | BIT(TEXT_DIALED) | BIT(TEXT_TOOL) | BIT(TEXT_MODULE))
#define TEXTS_OF_TOKENS                                                                                      \
	(BIT(TEXT_URI_ORIGINAL) | BIT(TEXT_URI_USERNAME) | BIT(TEXT_URI_HOST) | BIT(TEXT_CALL_ID) |          \
	 BIT(TEXT_USER_AGENT) | BIT(TEXT_VIA_ADDRESS) | BIT(TEXT_VIA_BRANCH) | BIT(TEXT_FROM_DISPLAY) |      \
	 BIT(TEXT_FROM_TAG) | BIT(TEXT_FROM_ORIGINAL) | BIT(TEXT_FROM_USERNAME) | BIT(TEXT_FROM_HOST) |      \
	 BIT(TEXT_TO_DISPLAY) | BIT(TEXT_TO_TAG) | BIT(TEXT_TO_ORIGINAL) | BIT(TEXT_TO_USERNAME) |           \
	 BIT(TEXT_TO_HOST) | BIT(TEXT_CONTACT_DISPLAY) | BIT(TEXT_CONTACT_ORIGINAL) |                        \
	 BIT(TEXT_CONTACT_USERNAME) | BIT(TEXT_CONTACT_HOST) | BIT(TEXT_AUTH_URI))
#define NUMBERS_OF_ORIGIN (BIT(NUMBER_SOURCE_PORT) | BIT(NUMBER_DESTINATION_PORT) | BIT(NUMBER_TTL))
#define NUMBERS_OF_TOKENS                                                                                    \
	(BIT(NUMBER_URI_PORT) | BIT(NUMBER_CSEQ_NUMBER) | BIT(NUMBER_VIA_PORT) | BIT(NUMBER_CONTACT_PORT) |  \
	 BIT(NUMBER_BYTES))
/* Whoever asks for these gets templates for one body each. */
#define TEXTS_OF_BODY                                                                                        \
	(BIT(TEXT_SDP_OWNER) | BIT(TEXT_SDP_OWNER_IP) | BIT(TEXT_SDP_SESSION) | BIT(TEXT_SDP_ADDRESS))
#define NUMBERS_OF_BODY (BIT(NUMBER_SDP_PORT) | BIT(NUMBER_CONTENT_LENGTH))
#define TEXTS_MAX	24

/* The words of a digest that are not 0: few. */
struct digest_part {
	uint16_t from, to;
};

/* What is known of messages of one form: a template, and what every one of them says. */
struct form {
	bool is_used;
	uint32_t uses;
	struct template template;
	struct observation
	    said;	/* of tokens: what the latest message said, the rest as it is in all of them */
	uint64_t texts; /* has_text of said, without TEXTS_NAMED */
	uint64_t texts_to_look; /* of them, those that vary */
	bool has_agent_slot;
	size_t text_count;
	struct {
		struct template_place place;
		uint8_t field;
	} varying[TEXTS_MAX];
	size_t print_count;
	struct {
		struct fingerprint print;
		uint64_t hash;
		struct digest_part said; /* by the rules, in print_digests */
	} prints[PRINTS_OF_FORM];
	size_t base_len;	 /* how much of it is always copied */
	struct reading *base;	 /* its digest without what depends on tokens or the fingerprint */
	uint64_t *print_digests; /* [PRINTS_OF_FORM * digest_words] */
};

struct reading_forms {
	struct observe_wants token_wants;
	bool any_body; /* nobody asks what is in a body */
	size_t digest_words;
	struct form *forms;
	size_t form_count; /* places that were ever used; to look at the others would take their memory */
	struct template_tree *tree;
	struct text_memory agents;		   /* known by heart, and harmless */
	uint64_t agent_hashes[TEXT_MEMORY_PLACES]; /* of each of them */
	uint64_t *agent_digests;		   /* [TEXT_MEMORY_PLACES * digest_words] */
	struct digest_part agents_said[TEXT_MEMORY_PLACES];
	unsigned credit;
	uint64_t alike;
	uint64_t misses;
	struct template making;
};

struct reading_forms *reading_forms_new(const struct message_reader *r)
{
	struct reading_forms *f = calloc(1, sizeof *f);
	if (!f)
		return NULL;
	f->digest_words = r->digest_words;
	f->token_wants.text = r->wants.text & TEXTS_OF_TOKENS;
	f->token_wants.number = r->wants.number & NUMBERS_OF_TOKENS;
	f->any_body = !(r->wants.text & TEXTS_OF_BODY) && !(r->wants.number & NUMBERS_OF_BODY);
	f->credit = CREDIT_MAX;
	f->forms = calloc(FORMS_MAX, sizeof *f->forms);
	f->tree = template_tree_new(&f->agents);
	f->agent_digests = calloc(TEXT_MEMORY_PLACES * f->digest_words, sizeof *f->agent_digests);
	if (f->forms && f->tree && f->agent_digests)
		return f;
	reading_forms_free(f);
	return NULL;
}

void reading_forms_free(struct reading_forms *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->form_count; i++) {
		free(f->forms[i].base);
		free(f->forms[i].print_digests);
	}
	free(f->forms);
	free(f->agent_digests);
	template_tree_free(f->tree);
	free(f);
}

uint64_t reading_forms_count(const struct reading_forms *f)
{
	return f->alike;
}

/* ---- reading ---- */

static struct digest_part part_of(const uint64_t *digest, size_t words)
{
	size_t from = 0;
	while (from < words && !digest[from])
		from++;
	while (words > from && !digest[words - 1])
		words--;
	return (struct digest_part){ (uint16_t)from, (uint16_t)words };
}

static void add_digest(uint64_t *to, const uint64_t *from, struct digest_part part)
{
	for (size_t w = part.from; w < part.to; w++)
		to[w] |= from[w];
}

/* One that the form did not have yet, or not lately. */
COLD static void learn_print(struct message_reader *r, struct form *f, size_t i,
			     const struct fingerprint *print)
{
	struct observation o;
	size_t words = r->digest_words;
	uint64_t *digest = f->print_digests + i * words;
	f->prints[i].print = *print;
	f->prints[i].hash = fingerprint_hash(print);
	f->print_count = f->print_count < PRINTS_OF_FORM ? f->print_count + 1 : PRINTS_OF_FORM;
	observation_init(&o);
	reading_note_print(r, print, f->prints[i].hash, &o);
	memset(digest, 0, words * sizeof *digest);
	looker_look_values(r->looker, &o, FIELD_ONCE, TEXTS_OF_PRINT, 0, digest);
	f->prints[i].said = part_of(digest, words);
}

/* The fingerprint of a message of this form, and what rules say to it. */
static void print_like(struct message_reader *r, struct form *f, struct reading *out)
{
	struct fingerprint *print = &out->print;
	size_t i = 0;
	fingerprint_make_like(&f->base->print, &f->template.parts.v, f->template.parts.call_id,
			      out->event.module != SIPVICIOUS_NONE, print);
	while (i < f->print_count && !fingerprint_eq_like(&f->prints[i].print, print))
		i++;
	if (i == f->print_count) {
		i %= PRINTS_OF_FORM;
		learn_print(r, f, i, print);
	}
	out->event.fingerprint_hash = f->prints[i].hash;
	add_digest(out->digest, f->print_digests + i * r->digest_words, f->prints[i].said);
}

/* One that has no place in the memory. */
COLD static void learn_agent(struct message_reader *r, const struct form *f, size_t i, struct slice text)
{
	size_t words = r->digest_words;
	uint64_t *digest = r->forms->agent_digests + i * words;
	text_memory_keep(&r->forms->agents, i, text);
	r->forms->agent_hashes[i] = reading_agent_hash(text);
	memset(digest, 0, words * sizeof *digest);
	looker_look_values(r->looker, &f->said, FIELD_ONCE, BIT(TEXT_USER_AGENT), 0, digest);
	r->forms->agents_said[i] = part_of(digest, words);
}

/* There are millions of messages for each User-Agent: hash and digest are kept. */
static void note_agent_like(struct message_reader *r, struct form *f, const struct template_found *found,
			    struct reading *out)
{
	struct slice text = f->template.parts.user_agent;
	size_t i = found->agent_place;
	_Static_assert(READING_AGENT_MAX >= TEMPLATE_TOKEN_MAX && TEXT_MEMORY_MAX >= TEMPLATE_TOKEN_MAX,
		       "an agent in a slot is whole");
	if (!found->is_agent_known)
		learn_agent(r, f, i, text);
	out->event.agent_hash = r->forms->agent_hashes[i];
	out->agent_len = (uint8_t)text.len;
	memcpy(out->agent, text.ptr, text.len);
	add_digest(out->digest, r->forms->agent_digests + i * r->digest_words, r->forms->agents_said[i]);
}

static void say(struct form *f, const struct template_found *found, const struct event *e,
		const struct sip_origin *origin)
{
	struct observation *o = &f->said;
	o->time_us = e->time_us;
	o->place = e->place;
	o->address[ADDRESS_SOURCE_IP] = e->actor;
	o->address[ADDRESS_DESTINATION_IP] = e->target;
	o->has_text = f->texts;
	o->has_number = NUMBERS_OF_ORIGIN;
	o->number[NUMBER_SOURCE_PORT] = e->actor_port;
	o->number[NUMBER_DESTINATION_PORT] = e->target_port;
	o->number[NUMBER_TTL] = e->ttl;
	o->choice[CHOICE_TRANSPORT] = (uint8_t)origin->transport;
	o->choice[CHOICE_GUESS_KIND] = 0;
	for (size_t i = 0; i < f->text_count; i++)
		o->text[f->varying[i].field] = template_slice(found, &f->varying[i].place);
}

static void observe_like(struct message_reader *r, struct form *f, const struct template_found *found,
			 struct reading *out)
{
	const struct sip_message *m = &r->message;
	const struct sip_parts *p = &f->template.parts;
	const struct observe_wants numbers = { 0, r->forms->token_wants.number };
	struct event *e = &out->event;
	struct observation *o = &f->said;
	uint8_t dialed[READING_DIALED_MAX];
	e->time_us = out->origin.time_us;
	e->actor = out->origin.ends.source;
	e->target = out->origin.ends.destination;
	e->actor_port = out->origin.ends.source_port;
	e->target_port = out->origin.ends.destination_port;
	e->place = out->origin.place;
	e->ttl = out->origin.ttl;
	say(f, found, e, &out->origin);
	reading_note_account(m, p, out, o, dialed);
	reading_name_tool(m, p, e, o);
	memcpy(e->choice, o->choice, sizeof e->choice);
	if (numbers.number)
		sip_observe(m, p, &numbers, o);
	if (f->has_agent_slot)
		note_agent_like(r, f, found, out);
	print_like(r, f, out);
	looker_look_values(r->looker, o, FIELD_ONCE, f->texts_to_look, NUMBERS_OF_ORIGIN | NUMBERS_OF_TOKENS,
			   out->digest);
	looker_look_choices(r->looker, o, FIELD_ONCE, out->digest);
	looker_look_rest(r->looker, o, FIELD_ONCE, out->digest);
}

/* What those who ask a message ask of one that was not parsed. */
static void begin_message(struct sip_message *m, const struct template *t, const struct template_found *found)
{
	m->is_request = t->is_request;
	m->method = t->method;
	m->anomalies = t->anomalies;
	m->request_uri = t->request_uri;
	m->all = found->bytes;
	m->body = found->body;
}

/* But for what is set for each message anyway. Lengths that the compiler knows it would copy word by word. */
static void copy_base(struct reading *out, const struct form *f, size_t words)
{
	const size_t from = offsetof(struct reading, kind);
	_Static_assert(offsetof(struct reading, origin) == 0, "what precedes the kind is the origin");
	memcpy((char *)out + from, (const char *)f->base + from, f->base_len - from);
	if (!f->base->is_observed)
		return;
	if (!f->has_agent_slot)
		memcpy(out->agent, f->base->agent, f->base->agent_len);
	memcpy(out->digest, f->base->digest, words * sizeof *out->digest);
}

bool reading_forms_read(struct message_reader *r, const struct sip_origin *origin, struct slice bytes,
			struct reading *out)
{
	struct template_found found;
	int number = template_tree_find(r->forms->tree, bytes, &found);
	if (number < 0)
		return false;
	struct form *f = &r->forms->forms[number];
	const struct sip_message *m = &r->message;
	const struct sip_parts *p = &f->template.parts;
	template_fill(&f->template, &found);
	begin_message(&r->message, &f->template, &found);
	copy_base(out, f, r->digest_words);
	out->origin = *origin;
	reading_identify(m, p, out);
	if (out->kind == READING_ANSWER) {
		if (out->challenge_count)
			out->challenge_keys[0] =
			    dialogs_nonce_key(&origin->ends.destination, p->credentials.nonce);
		reading_note_media(m, out);
	} else if (out->is_observed) {
		reading_identify_request(m, p, out);
		observe_like(r, f, &found, out);
	}
	f->uses++;
	r->forms->credit += r->forms->credit < CREDIT_MAX;
	r->forms->alike++;
	return true;
}

/* ---- learning ---- */

/* Forgets the less used half. */
static void forget_some(struct reading_forms *r)
{
	size_t kept = FORMS_MAX;
	for (uint32_t least = 2; kept > FORMS_MAX / 2; least *= 2) {
		for (size_t i = 0; i < FORMS_MAX && kept > FORMS_MAX / 2; i++) {
			bool goes =
			    r->forms[i].is_used && (r->forms[i].uses < least || least > UINT32_MAX / 2);
			r->forms[i].is_used &= !goes;
			kept -= goes;
		}
	}
	template_tree_clear(r->tree);
	for (size_t i = 0; i < FORMS_MAX; i++) {
		r->forms[i].uses = 1;
		if (r->forms[i].is_used)
			template_tree_add(r->tree, &r->forms[i].template, (uint16_t)i);
	}
}

static struct form *free_form(struct reading_forms *r)
{
	for (size_t i = 0; i < r->form_count; i++)
		if (!r->forms[i].is_used)
			return &r->forms[i];
	if (r->form_count == FORMS_MAX)
		return NULL;
	/* Written before it is read: a page that is read first is made twice, and the second time interrupts the other processors. */
	struct form *f = &r->forms[r->form_count++];
	f->base = NULL;
	f->print_digests = NULL;
	return f;
}

static struct form *place_for_form(struct reading_forms *r, size_t size)
{
	struct form *f = free_form(r);
	if (!f) {
		forget_some(r);
		f = free_form(r);
	}
	if (!f->base)
		f->base = malloc(size);
	if (!f->print_digests)
		f->print_digests = malloc(PRINTS_OF_FORM * r->digest_words * sizeof *f->print_digests);
	return f->base && f->print_digests ? f : NULL;
}

/* Where the texts are that rules ask for: those in slots are for each message anew. */
static bool find_texts(struct form *f, const struct sip_message *m)
{
	struct observation *o = &f->said;
	f->texts = o->has_text;
	f->texts_to_look = TEXTS_NAMED;
	f->text_count = 0;
	for (uint64_t left = f->texts; left; left &= left - 1) {
		unsigned field = (unsigned)__builtin_ctzll(left);
		size_t from = (size_t)(o->text[field].ptr - m->all.ptr);
		struct template_place place;
		if (f->text_count == TEXTS_MAX || from + o->text[field].len > f->template.len ||
		    !template_place_of(&f->template, from, o->text[field].len, &place))
			return false;
		o->text[field].ptr = f->template.text + from;
		if (template_place_is_fixed(&place))
			continue;
		f->varying[f->text_count].place = place;
		f->varying[f->text_count++].field = (uint8_t)field;
		f->texts_to_look |= BIT(field);
	}
	f->has_agent_slot = f->template.has_agent_slot;
	if (f->has_agent_slot)
		f->texts_to_look &= ~BIT(TEXT_USER_AGENT);
	return true;
}

/* What is the same in all messages of the form. */
static bool look_at_form(struct message_reader *r, struct form *f)
{
	struct event *e = &f->base->event;
	struct observation o;
	f->print_count = 0;
	if (!f->base->is_observed)
		return true;
	e->account = e->dialed = (struct short_text){ 0 };
	e->account_hash = e->dialed_hash = e->nonce_hash = e->series_hash = 0;
	e->cseq = e->contact_hash = 0;
	e->is_watch = false;
	e->module = 0;
	observation_init(&f->said);
	f->said.anomalies = e->anomalies;
	sip_observe(&r->message, &r->parts, &r->forms->token_wants, &f->said);
	if (!find_texts(f, &r->message))
		return false;
	observation_init(&o);
	sip_observe(&r->message, &r->parts, &r->wants, &o);
	memset(f->base->digest, 0, r->digest_words * sizeof *f->base->digest);
	uint64_t varying = f->texts_to_look | TEXTS_OF_PRINT | (f->has_agent_slot ? BIT(TEXT_USER_AGENT) : 0);
	looker_look_values(r->looker, &o, FIELD_ONCE, ~varying, ~(NUMBERS_OF_ORIGIN | NUMBERS_OF_TOKENS),
			   f->base->digest);
	return true;
}

/* Where hardly any messages are alike, learning is not worth its time: then only one in eight is. */
static bool is_worth_it(struct reading_forms *r)
{
	if (r->credit == 0 && r->misses++ % 8)
		return false;
	r->credit -= r->credit > 0;
	return true;
}

void reading_forms_learn(struct message_reader *reader, const struct reading *done)
{
	struct reading_forms *r = reader->forms;
	if (!is_worth_it(r) || done->kind == READING_TRICK || done->challenge_count > 1 ||
	    !template_make(&reader->message, &reader->parts, r->any_body, r->token_wants.number != 0,
			   &r->making) ||
	    template_tree_has(r->tree, &r->making))
		return;
	struct form *f = place_for_form(r, reading_size(reader));
	if (!f)
		return;
	template_copy(&f->template, &r->making);
	memcpy(f->base, done, reading_size(reader));
	f->base_len = done->is_observed ? offsetof(struct reading, print) : offsetof(struct reading, event);
	f->uses = 1;
	f->is_used =
	    look_at_form(reader, f) && template_tree_add(r->tree, &f->template, (uint16_t)(f - r->forms));
}
