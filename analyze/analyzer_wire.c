/* SPDX-License-Identifier: MIT */
#include "analyze/analyzer_state.h"

#include "analyze/fingerprint/sipvicious.h"
#include "analyze/sip/sdp.h"
#include "core/clock.h"

/* Messages of the wire: requests begin a transaction, answers decide it, and both prove things about who is there. */

static uint64_t hash_slice(struct slice s, uint64_t seed)
{
	return hash_bytes(s.ptr, s.len, seed);
}

static struct transaction_key key_of(const struct sip_parts *p, const struct addr *client, const struct addr *server, enum sip_method method)
{
	uint64_t a = hash_slice(p->call_id, hash_slice(p->v.via.branch, hash_slice(p->v.via.host, p->v.via.port)));
	uint64_t b = hash_slice(p->v.from.tag, (uint64_t)p->v.cseq.number << 8 | method);
	return (struct transaction_key){ a, hash_mix(b ^ hash_addr(client, 0), hash_addr(server, a)) };
}

static uint64_t call_hash_of(const struct sip_parts *p, const struct addr *client)
{
	return hash_slice(p->call_id, hash_addr(client, 2));
}

/* Tools that never change their branch differ in these, or else do the same again. */
static uint64_t copy_hash_of(const struct sip_message *m, const struct sip_parts *p)
{
	uint64_t hash = hash_slice(p->v.to.uri_text, hash_slice(m->request_uri, 3));
	return p->has_credentials ? hash_slice(p->credentials.response, hash) : hash;
}

/* ---- the cache ----
 * Tables of megabytes: nearly each of the dozen look-ups of a message would wait for memory. What they will touch is known long before
 * they do: first the place in the index is asked for, some hundred instructions later the entry. */

static void expect_ends(const struct analyzer *a, const struct endpoints *ends, bool is_request, table_prefetch_fn prefetch)
{
	source_prefetch(&a->sources, is_request ? &ends->source : &ends->destination, prefetch);
	if (is_request)
		relation_prefetch(&a->relations, &ends->source, &ends->destination, prefetch);
}

/* What settling it will touch. */
static void expect_settling(const struct analyzer *a, const struct transaction *t)
{
	const struct event *e = &t->event;
	for (size_t line = 64; line < sizeof *t; line += 64)
		__builtin_prefetch((const char *)t + line);
	table_prefetch_hint(t->source);
	table_prefetch_hint(e->hint.visit);
	table_prefetch_hint(e->hint.attempt);
	table_prefetch_hint(e->hint.dialed);
	table_prefetch_hint(e->hint.target);
	relation_prefetch(&a->relations, &e->actor, &e->target, table_prefetch);
	transaction_prefetch(a->transactions, &t->key, table_prefetch);
}

void analyzer_expect(const struct analyzer *a, const struct endpoints *ends, struct slice bytes)
{
	bool is_request = !slice_starts(bytes, SLICE("SIP/"));
	const struct transaction *next = is_request ? transaction_next(a->transactions, a->now_us) : NULL;
	expect_ends(a, ends, is_request, table_prefetch);
	if (next)
		expect_settling(a, next);
}

/* ---- requests ---- */

/* svcrash has its From where no header field should be, so it is looked for when there is none. */
static bool tool_tag(const struct sip_message *m, const struct sip_parts *p, struct sipvicious_tag *tag)
{
	return p->v.has_from ? sipvicious_decode(p->v.from.tag, tag) : sipvicious_find(m, tag);
}

static void name_tool(const struct sip_message *m, const struct sip_parts *p, struct source *s, struct event *e,
		      struct observation *o)
{
	struct sipvicious_tag tag;
	if (!tool_tag(m, p, &tag))
		return;
	s->module = e->module = (uint8_t)tag.module;
	observation_set_text(o, TEXT_TOOL, SLICE("sipvicious"));
	observation_set_text(o, TEXT_MODULE, slice_str(sipvicious_module_text(tag.module)));
	if (tag.secret != SECRET_NONE)
		o->choice[CHOICE_GUESS_KIND] = (uint8_t)tag.secret; /* both lists have the same order */
}

_Static_assert((int)SECRET_SAME_AS_ACCOUNT == (int)GUESS_SAME && (int)SECRET_EMPTY == (int)GUESS_EMPTY, "kinds of secrets, two views");

#define DIALED_MAX 128 /* longer than any number that is routed, for who pads it */

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

/* e is all zero. */
static void begin_event(const struct sip_origin *origin, const struct sip_message *m, struct event *e)
{
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

/* Fills the event and everything about the request that rules may ask; the digest is taken while the bytes are there. Event and digest
 * are those of a new transaction: all zero. */
static void observe_request(struct analyzer *a, struct source *s, const struct sip_origin *origin, struct sip_message *m,
			    struct sip_parts *p, struct event *e, uint64_t *digest)
{
	struct observation o;
	uint8_t dialed[DIALED_MAX];
	observation_init(&o);
	begin_event(origin, m, e);
	o.time_us = e->time_us;
	o.place = e->place;
	o.address[ADDRESS_SOURCE_IP] = e->actor;
	o.address[ADDRESS_DESTINATION_IP] = e->target;
	observation_set_number(&o, NUMBER_SOURCE_PORT, e->actor_port);
	observation_set_number(&o, NUMBER_DESTINATION_PORT, e->target_port);
	observation_set_number(&o, NUMBER_TTL, e->ttl);
	o.choice[CHOICE_TRANSPORT] = (uint8_t)origin->transport;
	note_account(m, p, e, &o, dialed);
	detectors_expect(a->detectors, e, table_prefetch);
	if (a->wants_contact)
		sip_values_read_contact(m, &p->v);
	sip_observe(m, p, &a->wants, &o);
	analyzer_writing(a, s, e, m, p, &o);
	name_tool(m, p, s, e, &o);
	detectors_expect(a->detectors, e, table_prefetch_entry);
	memcpy(e->choice, o.choice, sizeof e->choice);
	engine_look(a->engine, &o, FIELD_ONCE, digest);
}

#define ASKED_AGAIN_US HOUR_US /* a phone with one server need not be noted with each of its requests */
#define BUSINESS_US (2 * SECOND_US) /* people talk longer; a phone that answers by itself and is hung up on proves nothing */

/* An answered call turned out to be one that both sides meant: it lasted, or media came from the caller. */
static void note_business(struct analyzer *a, struct dialog *d, int64_t time_us)
{
	struct source *caller = source_find(&a->sources, &d->caller), *callee = source_find(&a->sources, &d->callee);
	if (d->is_business || !d->is_acknowledged)
		return;
	d->is_business = true;
	if (callee) {
		callee->called++;
		callee->business_us = time_us;
	}
	if (!caller)
		return;
	caller->dialogs++;
	caller->business_us = time_us;
	/* Who got in by guessing, or has attacked already, does no business by calling. */
	if (!caller->is_breached && caller->level <= LEVEL_MEDIUM)
		relation_called(&a->relations, &d->caller, &d->callee, time_us);
	source_touch(&a->sources, caller);
}

/* ACK, and any request inside a dialog, shows that its sender has read our answer. */
static bool check_dialog(struct analyzer *a, struct source *s, const struct sip_origin *origin, const struct sip_message *m,
			 const struct sip_parts *p)
{
	if (!p->v.has_to || !p->v.to.tag.len)
		return false;
	struct dialog *d = dialog_find(&a->dialogs, dialog_key(&origin->ends.source, &origin->ends.destination, p->call_id));
	if (!d)
		return false;
	bool from_caller = addr_eq(&d->caller, &origin->ends.source);
	struct slice callee_tag = from_caller ? p->v.to.tag : p->v.from.tag;
	if (hash_slice(callee_tag, 1) != d->tag_hash)
		return false;
	if (from_caller)
		source_prove(s, PROOF_ECHOED);
	if (m->method == SIP_METHOD_ACK && from_caller && !d->is_counted) {
		d->is_counted = true;
		s->calls++; /* whatever became of it; one that was forged can not be acknowledged with our tag */
	}
	if (m->method == SIP_METHOD_ACK && from_caller && d->is_answered && !d->is_acknowledged) {
		d->is_acknowledged = true;
		d->answered_us = origin->time_us;
	} else if (d->is_acknowledged && origin->time_us - d->answered_us >= BUSINESS_US) {
		note_business(a, d, origin->time_us);
	}
	return d->is_answered;
}

static bool is_removal(const struct sip_message *m)
{
	return m->method == SIP_METHOD_REGISTER && (slice_eq(sip_value(m, SIP_HEADER_EXPIRES), SLICE("0")) ||
						    slice_find_slice(sip_value(m, SIP_HEADER_CONTACT), SLICE(";expires=0")) != SLICE_NPOS);
}

static void handle_request(struct analyzer *a, const struct sip_origin *origin, struct sip_message *m, struct sip_parts *p,
			   const struct transaction_key *key)
{
	bool is_new;
	struct source *s = source_get(&a->sources, &origin->ends.source, origin->time_us);
	if (!s)
		return;
	a->counters.actors += s->messages++ == 0;
	s->wire_us = origin->time_us;
	source_prove(s, origin->proof);
	bool in_dialog = check_dialog(a, s, origin, m, p);
	if (m->method == SIP_METHOD_ACK)
		return; /* has no outcome of its own */
	if (m->method == SIP_METHOD_REGISTER || m->method == SIP_METHOD_OPTIONS)
		in_dialog = false; /* nothing excuses these */
	enum proof proof = in_dialog && origin->proof < PROOF_ECHOED ? PROOF_ECHOED : origin->proof;
	uint64_t call_hash = call_hash_of(p, &origin->ends.source);
	if (p->has_credentials) {
		transaction_authenticated(a->transactions, call_hash, a->now_us);
		if (proof < PROOF_ECHOED && dialogs_nonce_known(&a->dialogs, &origin->ends.source, p->credentials.nonce))
			proof = PROOF_ECHOED;
	}
	source_prove(s, proof);
	uint64_t copy_hash = copy_hash_of(m, p);
	if (transaction_is_copy(a->transactions, key, copy_hash, a->now_us)) {
		a->counters.retransmissions++;
		return;
	}
	struct transaction *t = transaction_get(a->transactions, key, call_hash, &is_new);
	if (!t)
		return;
	if (!is_new) {
		t->event.retransmissions++;
		a->counters.retransmissions++;
		return;
	}
	if (!in_dialog && (!addr_eq(&s->asked, &origin->ends.destination) || origin->time_us - s->asked_us > ASKED_AGAIN_US)) {
		s->asked = origin->ends.destination;
		s->asked_us = origin->time_us;
		relation_asked(&a->relations, &origin->ends.source, &origin->ends.destination, origin->time_us);
	}
	observe_request(a, s, origin, m, p, &t->event, t->digest);
	t->event.in_dialog = in_dialog;
	t->event.proof = (uint8_t)proof;
	t->event.is_removal = is_removal(m);
	struct detect_context context = { .now_us = a->now_us, .relations = &a->relations,
					  .is_cracking = source_is_guessing(s) };
	detectors_request(a->detectors, s->measured, &t->event, &context);
	t->source = s;
	t->copy_hash = copy_hash;
	transaction_start(a->transactions, t, a->now_us);
}

/* ---- answers ---- */

static void note_nonce(struct analyzer *a, const struct addr *client, const struct sip_message *m, bool *is_stale)
{
	static const enum sip_header places[] = { SIP_HEADER_WWW_AUTHENTICATE, SIP_HEADER_PROXY_AUTHENTICATE };
	for (size_t i = 0; i < 2; i++) {
		struct sip_auth challenge;
		struct slice value = sip_value(m, places[i]);
		if (!value.ptr || sip_auth_parse(value, &challenge) != PARSE_OK)
			continue;
		dialogs_nonce_sent(&a->dialogs, client, challenge.nonce);
		*is_stale |= challenge.is_stale;
	}
}

static void note_tag(struct analyzer *a, const struct sip_origin *origin, const struct sip_message *m, const struct sip_parts *p)
{
	struct addr client = origin->ends.destination, server = origin->ends.source;
	if (m->method != SIP_METHOD_INVITE || m->status_code == 100 || !p->v.has_to || !p->v.to.tag.len)
		return;
	struct dialog *d = dialog_get(&a->dialogs, dialog_key(&client, &server, p->call_id));
	if (!d)
		return;
	d->caller = client;
	d->callee = server;
	d->tag_hash = hash_slice(p->v.to.tag, 1);
	d->last_us = origin->time_us;
	d->is_answered |= m->status_code >= 200 && m->status_code < 300;
}

/* It answers requests of others that are no part of a call: a phone system, or a phone that its PBX asks after. */
static void note_server(struct analyzer *a, const struct addr *address, const struct transaction *t, uint16_t code)
{
	bool counts = code >= 200 && code < 500 && !t->event.in_dialog && t->event.code < 200 && t->event.method != SIP_METHOD_INVITE;
	if (!counts)
		return;
	/* A registrar need not have asked anybody for anything yet. */
	bool is_registrar = t->event.method == SIP_METHOD_REGISTER && (code == 401 || code == 407 || code == 200);
	struct source *server = is_registrar ? source_get(&a->sources, address, a->now_us) : source_find(&a->sources, address);
	if (server)
		server->answers += server->answers < UINT32_MAX;
}

static void note_media(struct analyzer *a, const struct sip_origin *origin, const struct sip_message *m, struct slice call_id)
{
	struct sip_sdp sdp;
	struct addr address;
	uint16_t port;
	if (m->method != SIP_METHOD_INVITE || m->body.len == 0)
		return;
	if (sip_sdp_parse(m->body, &sdp) == PARSE_OK && sip_sdp_audio(&sdp, &address, &port))
		dialogs_media_offered(&a->dialogs, &address, port, &origin->ends.destination,
				      dialog_key(&origin->ends.source, &origin->ends.destination, call_id));
}

/* A response that answers nothing: only worth a look when it is one of the tricks known from tools (svcrash). */
static void handle_unpaired(struct analyzer *a, const struct sip_origin *origin, const struct sip_message *m, struct sip_parts *p,
			    const struct transaction_key *key)
{
	struct sipvicious_tag tag;
	if (transaction_is_done(a->transactions, key, a->now_us)) {
		struct source *client = source_find(&a->sources, &origin->ends.destination);
		if (client)
			source_prove(client, PROOF_ANSWERED); /* a copy, or late: it was asked for */
		return;
	}
	a->counters.unpaired++;
	if (!tool_tag(m, p, &tag) || tag.module != SIPVICIOUS_SVCRASH)
		return;
	struct source *s = source_get(&a->sources, &origin->ends.source, origin->time_us);
	if (!s)
		return;
	struct event e = { 0 };
	struct observation o;
	a->counters.actors += s->messages++ == 0;
	begin_event(origin, m, &e);
	e.choice[CHOICE_OUTCOME] = OUTCOME_NONE;
	e.choice[CHOICE_ABANDONED] = e.choice[CHOICE_FOLLOWUP] = FLAG_FALSE;
	observation_init(&o);
	o.time_us = e.time_us;
	o.known_us = a->now_us;
	o.place = e.place;
	o.address[ADDRESS_SOURCE_IP] = e.actor;
	o.address[ADDRESS_DESTINATION_IP] = e.target;
	o.anomalies = e.anomalies;
	sip_parts_read_request(m, p);
	sip_values_read_contact(m, &p->v);
	sip_observe(m, p, &a->wants, &o);
	name_tool(m, p, s, &e, &o);
	memset(a->digest, 0, a->digest_words * sizeof *a->digest);
	engine_look(a->engine, &o, FIELD_ONCE, a->digest);
	analyzer_settled(a, s, &e, a->digest, &o);
}

static void handle_response(struct analyzer *a, const struct sip_origin *origin, const struct sip_message *m, struct sip_parts *p,
			    const struct transaction_key *key)
{
	bool is_stale = false;
	struct transaction *t = transaction_find(a->transactions, key);
	if (t)
		expect_settling(a, t);
	if (!t) {
		/* Teaches nothing: who sends answers that nobody asked for may want us to believe something. */
		handle_unpaired(a, origin, m, p, key);
		return;
	}
	note_nonce(a, &origin->ends.destination, m, &is_stale);
	note_tag(a, origin, m, p);
	note_server(a, &origin->ends.source, t, m->status_code);
	struct source *client = source_find(&a->sources, &origin->ends.destination);
	if (client) {
		source_prove(client, PROOF_ANSWERED);
		source_prove(client, origin->proof);
		note_media(a, origin, m, p->call_id);
	}
	if (client && t->event.code == 0)
		client->answered++;
	transaction_answer(a->transactions, t, m->status_code, is_stale, a->now_us);
}

void analyzer_sip(struct analyzer *a, const struct sip_origin *origin, struct sip_message *m)
{
	struct sip_parts parts;
	a->counters.messages++;
	if (m->is_request)
		a->counters.requests[m->method]++;
	else
		a->counters.responses[m->status_code / 100 < 7 ? m->status_code / 100 : 0]++;
	analyzer_advance(a, origin->time_us);
	const struct transaction *next = m->is_request ? transaction_next(a->transactions, a->now_us) : NULL;
	expect_ends(a, &origin->ends, m->is_request, table_prefetch_entry);
	if (next)
		relation_prefetch(&a->relations, &next->event.actor, &next->event.target, table_prefetch_entry);
	if (m->is_request)
		sip_parts_read_request(m, &parts);
	else
		sip_parts_read_answer(m, &parts);
	const struct addr *source = &origin->ends.source, *destination = &origin->ends.destination;
	struct transaction_key key = m->is_request ? key_of(&parts, source, destination, m->method) :
						     key_of(&parts, destination, source, m->method);
	transaction_prefetch(a->transactions, &key, table_prefetch);
	if (!m->is_request)
		handle_response(a, origin, m, &parts, &key);
	else if (!addr_is_group(source) && !addr_is_none(source))
		handle_request(a, origin, m, &parts, &key);
}

void analyzer_media(struct analyzer *a, const struct datagram *d)
{
	if (!dialogs_wait_for_media(&a->dialogs) || d->payload.len < 12)
		return;
	uint64_t call = dialogs_media_came(&a->dialogs, &d->ends, d->payload);
	if (!call)
		return;
	struct source *s = source_find(&a->sources, &d->ends.source);
	struct dialog *dialog = dialog_find(&a->dialogs, call);
	if (s)
		source_prove(s, PROOF_ECHOED);
	if (dialog)
		note_business(a, dialog, d->frame->time_us);
}

void analyzer_icmp(struct analyzer *a, const struct icmp_error *e)
{
	/* Our answer was refused by the host that it went to: whoever asked has no socket there, or forged the address. */
	struct source *s = source_find(&a->sources, &e->ends.destination);
	if (s && addr_eq(&e->reporter, &e->ends.destination) && e->is_unreachable) {
		s->bounced++;
		analyzer_mark(a, s);
	}
}

void analyzer_knock(struct analyzer *a, const struct segment *seg)
{
	struct source *s = source_find(&a->sources, &seg->ends.source);
	struct observation ignored;
	if (!s)
		return;
	struct event e = { .time_us = seg->frame->time_us, .actor = seg->ends.source, .target = seg->ends.destination,
			   .actor_port = seg->ends.source_port, .target_port = seg->ends.destination_port, .is_knock = true };
	struct detect_context context = { .now_us = a->now_us, .relations = &a->relations };
	e.choice[CHOICE_OUTCOME] = OUTCOME_NONE;
	observation_init(&ignored);
	detectors_request(a->detectors, s->measured, &e, &context);
	detectors_settled(a->detectors, s->measured, &e, &context, &ignored);
}
