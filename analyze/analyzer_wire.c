/* SPDX-License-Identifier: MIT */
#include "analyze/analyzer_state.h"

#include "core/clock.h"

/* Messages of the wire: requests begin a transaction, answers decide it, and both prove things about who is there. */

/* ---- requests ---- */

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
static bool check_dialog(struct analyzer *a, struct source *s, const struct reading *r)
{
	struct dialog *d = r->has_to_tag ? dialog_find(&a->dialogs, r->dialog_key) : NULL;
	if (!d)
		return false;
	bool from_caller = addr_eq(&d->caller, &r->origin.ends.source);
	if ((from_caller ? r->to_tag_hash : r->from_tag_hash) != d->tag_hash)
		return false;
	if (from_caller)
		source_prove(s, PROOF_ECHOED);
	if (r->method == SIP_METHOD_ACK && from_caller && !d->is_counted) {
		d->is_counted = true;
		s->calls++; /* whatever became of it; one that was forged can not be acknowledged with our tag */
	}
	if (r->method == SIP_METHOD_ACK && from_caller && d->is_answered && !d->is_acknowledged) {
		d->is_acknowledged = true;
		d->answered_us = r->origin.time_us;
	} else if (d->is_acknowledged && r->origin.time_us - d->answered_us >= BUSINESS_US) {
		note_business(a, d, r->origin.time_us);
	}
	return d->is_answered;
}

/* Texts that reports name, by their hash. Looked at when they change, and now and then, since the least used are forgotten. */
static void note_texts(struct analyzer *a, struct source *s, const struct reading *r)
{
	const struct event *e = &r->event;
	char text[FINGERPRINT_TEXT_MAX];
	bool is_time = s->messages % 16 == 1;
	if (e->agent_hash && (is_time || e->agent_hash != s->agent_hash)) {
		s->agents += e->agent_hash != s->agent_hash && s->agents < UINT16_MAX;
		s->agent_hash = e->agent_hash;
		intern_put(&a->agents, e->agent_hash, slice_of(r->agent, r->agent_len));
	}
	if ((is_time || e->fingerprint_hash != s->fingerprint_hash) && !intern_get(&a->fingerprints, e->fingerprint_hash).ptr)
		intern_put(&a->fingerprints, e->fingerprint_hash, slice_str(fingerprint_text(&r->print, text)));
	s->fingerprint_hash = e->fingerprint_hash;
	if (e->module)
		s->module = e->module;
}

static void handle_request(struct analyzer *a, const struct reading *r)
{
	const struct sip_origin *origin = &r->origin;
	bool is_new;
	struct source *s = source_get_hashed(&a->sources, &origin->ends.source, r->keys.actor, origin->time_us);
	if (!s)
		return;
	if (!s->wire_us && s->messages)
		log_fit_vote(&a->log_fit, s->first_us - origin->time_us);
	a->counters.actors += s->messages++ == 0;
	s->wire_us = origin->time_us;
	source_prove(s, origin->proof);
	bool in_dialog = check_dialog(a, s, r);
	if (!r->is_observed)
		return; /* ACK has no outcome of its own */
	if (r->method == SIP_METHOD_REGISTER || r->method == SIP_METHOD_OPTIONS)
		in_dialog = false; /* nothing excuses these */
	enum proof proof = in_dialog && origin->proof < PROOF_ECHOED ? PROOF_ECHOED : origin->proof;
	bool is_asked = (r->has_credentials || r->is_cut) &&
			transaction_authenticated(a->transactions, r->call_hash, a->now_us);
	if (r->has_credentials && proof < PROOF_ECHOED && r->nonce_key &&
	    dialogs_nonce_known(&a->dialogs, r->nonce_key))
		proof = PROOF_ECHOED;
	source_prove(s, proof);
	if (transaction_is_copy(a->transactions, &r->key, (uint32_t)r->copy_hash, a->now_us)) {
		a->counters.retransmissions++;
		return;
	}
	struct transaction *t = transaction_get_hashed(a->transactions, &r->key, r->key_hash, r->call_hash, &is_new);
	if (!t)
		return;
	if (!is_new) {
		t->event.retransmissions++;
		a->counters.retransmissions++;
		return;
	}
	struct relation *relation =
	    in_dialog ? NULL
		      : relation_asked_hashed(&a->relations, &origin->ends.source, &origin->ends.destination,
					      r->keys.pair, origin->time_us);
	note_texts(a, s, r);
	t->event = r->event;
	memcpy(t->digest, r->digest, a->digest_words * sizeof *t->digest);
	t->event.in_dialog = in_dialog;
	t->event.proof = (uint8_t)proof;
	t->event.follows_challenge = is_asked && r->is_cut;
	if (a->sees_cut)
		cut_pairs_request(a->cut_pairs, &origin->ends, r->via_hash, &r->key);
	t->event.hint.relation = relation;
	struct detect_context context = { .now_us = a->now_us, .relations = &a->relations,
					  .is_cracking = source_is_guessing(s), .keys = &r->keys };
	detectors_request(a->detectors, s->measured, &t->event, &context);
	t->source = s;
	t->copy_hash = (uint32_t)r->copy_hash;
	transaction_start(a->transactions, t, a->now_us);
}

/* ---- answers ---- */

static void note_tag(struct analyzer *a, const struct reading *r)
{
	if (r->method != SIP_METHOD_INVITE || r->status_code == 100 || !r->has_to_tag)
		return;
	struct dialog *d = dialog_get(&a->dialogs, r->dialog_key);
	if (!d)
		return;
	d->caller = r->origin.ends.destination;
	d->callee = r->origin.ends.source;
	d->tag_hash = r->to_tag_hash;
	if (r->status_code >= 200 && r->status_code < 300)
		dialog_answered(&a->dialogs, d);
}

/* It answers requests of others that are no part of a call: a phone system, or a phone that its PBX asks after. */
static void note_server(struct analyzer *a, const struct reading *r, const struct transaction *t)
{
	const struct addr *address = &r->origin.ends.source;
	uint16_t code = r->status_code;
	bool counts = code >= 200 && code < 500 && !t->event.in_dialog && t->event.code < 200 && t->event.method != SIP_METHOD_INVITE;
	if (!counts)
		return;
	/* A registrar need not have asked anybody for anything yet. */
	bool is_registrar = t->event.method == SIP_METHOD_REGISTER && (code == 401 || code == 407 || code == 200);
	struct source *server = is_registrar ? source_get_hashed(&a->sources, address, r->keys.actor, a->now_us) :
					     source_find_hashed(&a->sources, address, r->keys.actor);
	if (server)
		server->answers += server->answers < UINT32_MAX;
}

/* A response that answers nothing: only worth a look when it is one of the tricks known from tools. */
static void handle_unpaired(struct analyzer *a, const struct reading *r, const struct transaction_key *key)
{
	struct source *client = source_find_hashed(&a->sources, &r->origin.ends.destination, r->keys.target);
	if (transaction_is_done(a->transactions, key, a->now_us)) {
		if (client)
			source_prove(client, PROOF_ANSWERED); /* a copy, or late: it was asked for */
		return;
	}
	a->counters.unpaired++;
	/* Of an INVITE nobody tells it from its copies. */
	if (client && r->status_code >= 200 && r->method != SIP_METHOD_INVITE)
		detectors_unasked(a->detectors, client->measured);
	if (r->kind != READING_TRICK)
		return;
	struct source *s = source_get_hashed(&a->sources, &r->origin.ends.source, r->keys.actor, r->origin.time_us);
	if (!s)
		return;
	struct event e = r->event;
	struct observation o;
	a->counters.actors += s->messages++ == 0;
	note_texts(a, s, r);
	e.choice[CHOICE_OUTCOME] = OUTCOME_NONE;
	e.choice[CHOICE_ABANDONED] = e.choice[CHOICE_FOLLOWUP] = FLAG_FALSE;
	event_observation(&e, a->now_us, &o);
	memcpy(a->digest, r->digest, a->digest_words * sizeof *a->digest);
	analyzer_settled(a, s, &e, a->digest, &o);
}

/* The transaction that it answers, and its key. */
static struct transaction *answered_by(struct analyzer *a, const struct reading *r,
				       struct transaction_key *key)
{
	struct transaction *t = transaction_find_hashed(a->transactions, &r->key, r->key_hash);
	*key = r->key;
	if (t || !a->sees_cut ||
	    !cut_pairs_answer(a->cut_pairs, &r->origin.ends, r->via_hash, r->status_code >= 200, key))
		return t;
	return transaction_find(a->transactions, key);
}

/* An answer to a request that was not captured, like all to this server. Who sends answers that nobody asked for may want us to
 * believe something, so it proves nothing of whom it is for, and makes nobody a friend. */
static void handle_presumed(struct analyzer *a, const struct reading *r)
{
	const struct event *e = &r->event;
	bool is_new;
	a->counters.unpaired++;
	if (transaction_is_done(a->transactions, &r->key, a->now_us))
		return;
	struct source *s = source_get_hashed(&a->sources, &e->actor, r->keys.target, r->origin.time_us);
	bool is_asked = transaction_authenticated(a->transactions, r->call_hash, a->now_us);
	struct transaction *t =
	    s ? transaction_get_hashed(a->transactions, &r->key, r->key_hash, r->call_hash, &is_new) : NULL;
	if (!t || !is_new)
		return;
	a->counters.presumed++;
	a->counters.actors += s->messages++ == 0;
	s->answered++;
	s->module = e->module ? e->module : s->module;
	t->event = *e;
	memcpy(t->digest, r->digest, a->digest_words * sizeof *t->digest);
	t->event.proof = PROOF_NONE;
	t->event.follows_challenge = is_asked;
	t->event.choice[CHOICE_CREDENTIALS] = is_asked ? CREDENTIALS_GIVEN : CREDENTIALS_ABSENT;
	struct detect_context context = { .now_us = a->now_us,
					  .relations = &a->relations,
					  .is_cracking = source_is_guessing(s) };
	detectors_request(a->detectors, s->measured, &t->event, &context);
	t->source = s;
	t->copy_hash = (uint32_t)r->copy_hash;
	transaction_start(a->transactions, t, a->now_us);
	transaction_answer(a->transactions, t, r->status_code, r->is_stale, a->now_us);
}

static void handle_response(struct analyzer *a, const struct reading *r)
{
	struct transaction_key key;
	struct transaction *t = answered_by(a, r, &key);
	if (t && t->event.is_presumed) {
		transaction_answer(a->transactions, t, r->status_code, r->is_stale, a->now_us);
		return;
	}
	if (!t && r->is_observed && r->kind == READING_ANSWER) {
		handle_presumed(a, r);
		return;
	}
	if (!t) {
		/* Teaches nothing: who sends answers that nobody asked for may want us to believe something. */
		handle_unpaired(a, r, &key);
		return;
	}
	a->counters.paired += t->event.code == 0;
	for (size_t i = 0; i < r->challenge_count; i++)
		dialogs_nonce_sent(&a->dialogs, r->challenge_keys[i]);
	note_tag(a, r);
	note_server(a, r, t);
	struct source *client = source_find_hashed(&a->sources, &r->origin.ends.destination, r->keys.target);
	if (client) {
		source_prove(client, PROOF_ANSWERED);
		source_prove(client, r->origin.proof);
		if (r->has_media)
			dialogs_media_offered(&a->dialogs, &r->media_address, r->media_port, &r->origin.ends.destination, r->dialog_key);
	}
	if (client && t->event.code == 0)
		client->answered++;
	transaction_answer(a->transactions, t, r->status_code, r->is_stale, a->now_us);
}

void analyzer_sip(struct analyzer *a, const struct reading *r)
{
	const struct addr *source = &r->origin.ends.source;
	if (r->kind == READING_REFUSED)
		return;
	a->counters.messages++;
	if (r->kind == READING_REQUEST)
		a->counters.requests[r->method]++;
	else
		a->counters.responses[r->status_code / 100 < 7 ? r->status_code / 100 : 0]++;
	a->counters.cut += r->is_cut;
	a->sees_cut |= r->is_cut;
	analyzer_advance(a, r->origin.time_us);
	if (r->kind != READING_REQUEST)
		handle_response(a, r);
	else if (!addr_is_group(source) && !addr_is_none(source))
		handle_request(a, r);
}

void analyzer_media(struct analyzer *a, const struct datagram *d)
{
	if (!dialogs_wait_for_media(&a->dialogs, d->ends.destination_port) || d->payload.len < 12)
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
