/* SPDX-License-Identifier: MIT */
#include "analyze/analyzer_web.h"

#include "analyze/analyzer_state.h"

#include <stdlib.h>

static bool is_upload(struct slice method)
{
	return slice_eq(method, SLICE("PUT")) || slice_eq(method, SLICE("POST")) || slice_eq(method, SLICE("DELETE"));
}

static struct provisioning_request request_of_http(const struct http_exchange *e)
{
	struct slice method = http_exchange_method(e);
	return (struct provisioning_request){
		.time_us = e->time_us,
		.ends = e->ends,
		.place = e->place,
		.transport = TRANSPORT_TCP,
		.proof = e->handshake_seen ? PROOF_HANDSHAKE : PROOF_NONE,
		.method = method,
		.target = http_exchange_target(e),
		.agent = http_exchange_agent(e),
		.has_credentials = e->has_credentials,
		.http_status = e->status,
		.outcome = provisioning_outcome(e->status, e->has_credentials),
		.is_served = e->status >= 200 && e->status < 300 && !is_upload(method),
	};
}

static struct provisioning_request request_of_tftp(const struct tftp_exchange *e)
{
	static const enum outcome outcomes[] = {
		[TFTP_SILENT] = OUTCOME_NONE,	[TFTP_SERVED] = OUTCOME_ACCEPTED,	   [TFTP_ACCEPTED] = OUTCOME_ACCEPTED,
		[TFTP_FAILED] = OUTCOME_ERROR,	[TFTP_NOT_FOUND] = OUTCOME_UNKNOWN_TARGET, [TFTP_DENIED] = OUTCOME_FORBIDDEN,
	};
	return (struct provisioning_request){
		.time_us = e->time_us,
		.ends = e->ends,
		.place = e->place,
		.transport = TRANSPORT_UDP,
		.proof = PROOF_NONE,
		.method = e->is_write ? SLICE("WRQ") : SLICE("RRQ"),
		.target = tftp_exchange_file(e),
		.outcome = outcomes[e->answer],
		.is_served = e->answer == TFTP_SERVED,
	};
}

static void observe(const struct provisioning_request *r, const struct provisioning_facts *facts, struct observation *o,
		    struct provisioning_scratch *scratch)
{
	struct slice rest = r->target;
	observation_init(o);
	o->time_us = r->time_us;
	o->place = r->place;
	o->address[ADDRESS_SOURCE_IP] = r->ends.source;
	o->address[ADDRESS_DESTINATION_IP] = r->ends.destination;
	observation_set_number(o, NUMBER_SOURCE_PORT, r->ends.source_port);
	observation_set_number(o, NUMBER_DESTINATION_PORT, r->ends.destination_port);
	observation_set_text(o, TEXT_HTTP_METHOD, r->method);
	observation_set_text(o, TEXT_URL_PATH, slice_cut(&rest, '?')); /* a query may hold a password */
	observation_set_text(o, TEXT_USER_AGENT, r->agent);
	if (r->http_status)
		observation_set_number(o, NUMBER_HTTP_STATUS, r->http_status);
	provisioning_fill(facts, o, scratch);
	o->choice[CHOICE_CATEGORY] = CATEGORY_PROVISIONING;
	o->choice[CHOICE_TRANSPORT] = (uint8_t)r->transport;
	o->choice[CHOICE_CREDENTIALS] = r->has_credentials ? CREDENTIALS_GIVEN : CREDENTIALS_NONE;
	o->choice[CHOICE_OUTCOME] = (uint8_t)r->outcome;
	o->choice[CHOICE_SERVED] = r->is_served ? FLAG_TRUE : FLAG_FALSE;
	o->choice[CHOICE_ABANDONED] = o->choice[CHOICE_FOLLOWUP] = FLAG_FALSE;
}

static struct source *note_source(struct analyzer *a, const struct provisioning_request *r, struct event *e)
{
	struct source *s = source_get(&a->sources, &r->ends.source, r->time_us);
	if (!s)
		return NULL;
	a->counters.actors += s->messages++ == 0;
	s->answered += r->outcome > OUTCOME_NONE;
	source_prove(s, r->proof);
	if (r->agent.len) {
		e->agent_hash = hash_bytes(r->agent.ptr, r->agent.len, 1);
		s->agents += e->agent_hash != s->agent_hash && s->agents < UINT16_MAX;
		s->agent_hash = e->agent_hash;
		intern_put(&a->agents, e->agent_hash, r->agent);
	}
	return s;
}

static bool is_provisioning(const struct vendors *v, const struct provisioning_request *r, struct provisioning_facts *facts)
{
	return !addr_is_group(&r->ends.source) && !addr_is_none(&r->ends.source) &&
	       provisioning_read(v, r->target, r->agent, r->transport == TRANSPORT_UDP, facts);
}

static void take(struct analyzer *a, const struct provisioning_request *r, const struct provisioning_facts *facts)
{
	struct provisioning_scratch scratch;
	struct observation o;
	a->counters.provisioning++;
	analyzer_advance(a, r->time_us);
	observe(r, facts, &o, &scratch);
	o.known_us = a->now_us;
	struct provisioning_ask ask = provisioning_ask_of(&o);
	struct event e = { .time_us = r->time_us, .actor = r->ends.source, .target = r->ends.destination, .actor_port = r->ends.source_port,
			   .target_port = r->ends.destination_port, .place = r->place, .method = SIP_METHOD_OTHER, .provisioning = &ask };
	struct source *s = note_source(a, r, &e);
	if (!s)
		return;
	memcpy(e.choice, o.choice, sizeof e.choice);
	struct detect_context context = { .now_us = a->now_us, .relations = &a->relations, .is_cracking = s->stages >> STAGE_CRACK & 1 };
	detectors_request(a->detectors, s->measured, &e, &context);
	memset(a->digest, 0, a->digest_words * sizeof *a->digest);
	engine_look(a->engine, &o, FIELD_ONCE, a->digest);
	analyzer_settled(a, s, &e, a->digest, &o);
}

void analyzer_provisioning(struct analyzer *a, const struct vendors *v, const struct provisioning_request *r)
{
	struct provisioning_facts facts;
	if (is_provisioning(v, r, &facts))
		take(a, r, &facts);
}

void analyzer_provisioning_expect(const struct analyzer *a, const struct provisioning_request *r,
				  enum expect_step step)
{
	enum table_step part = step == EXPECT_INDEX ? TABLE_INDEX : TABLE_ENTRY;
	struct event_keys keys = { 0 };
	if (step == EXPECT_SETTLING)
		return;
	event_keys_of_ends(table_seed(), &r->ends.source, &r->ends.destination, &keys);
	event_keys_of_visit(table_seed(), &r->ends.source, &r->ends.destination, r->ends.destination_port,
			    &keys);
	keys.asker = keys.actor;
	table_expect(&a->sources.table, keys.actor, part == TABLE_ENTRY ? TABLE_WHOLE_ENTRY : part);
	table_expect(&a->relations.pairs, keys.pair, part);
	detectors_expect(a->detectors, &keys, part);
}

void analyzer_proved(struct analyzer *a, const struct addr *actor, enum proof proof)
{
	struct source *s = source_find(&a->sources, actor);
	if (s)
		source_prove(s, proof);
}

/* ---- the readers ---- */

struct web {
	const struct vendors *vendors;
	struct http_reader *http;
	struct tftp_tracker *tftp;
	struct web_handlers handlers;
};

/* A connection that carries HTTP; both of its directions point to it once they are known to. */
struct web_connection {
	struct http_connection http;
	bool is_known;	     /* which side asks */
	bool client_opened;  /* the side that asks is the one that the TCP reader takes for the opener */
};

static bool http_wanted(void *ctx, const struct http_head *request)
{
	const struct web *w = ctx;
	struct provisioning_facts facts;
	/* What a phone asks for is always wanted, and read when it is judged. */
	return vendors_agent(w->vendors, request->user_agent) != VENDOR_UNKNOWN ||
	       provisioning_read(w->vendors, request->target, request->user_agent, false, &facts);
}

static void http_done(void *ctx, const struct http_exchange *e)
{
	struct web *w = ctx;
	struct provisioning_request r = request_of_http(e);
	w->handlers.request(w->handlers.ctx, &r);
}

static bool tftp_wanted(void *ctx, struct slice file)
{
	const struct web *w = ctx;
	struct provisioning_facts facts;
	return provisioning_read(w->vendors, file, slice_of(NULL, 0), true, &facts);
}

static void tftp_done(void *ctx, const struct tftp_exchange *e)
{
	struct web *w = ctx;
	struct provisioning_request r = request_of_tftp(e);
	w->handlers.request(w->handlers.ctx, &r);
}

static void tftp_echoed(void *ctx, const struct addr *client, int64_t now_us)
{
	struct web *w = ctx;
	(void)now_us;
	w->handlers.proved(w->handlers.ctx, client, PROOF_ECHOED);
}

struct web *web_new(const struct vendors *v, const struct web_handlers *handlers)
{
	struct web *w = calloc(1, sizeof *w);
	if (!w)
		return NULL;
	w->vendors = v;
	w->handlers = *handlers;
	w->http = http_reader_new(0, &(struct http_handlers){ http_wanted, http_done, w });
	w->tftp = tftp_tracker_new(0, &(struct tftp_handlers){ tftp_wanted, tftp_done, tftp_echoed, w });
	if (w->http && w->tftp)
		return w;
	web_free(w);
	return NULL;
}

void web_free(struct web *w)
{
	if (!w)
		return;
	http_reader_free(w->http);
	tftp_tracker_free(w->tftp);
	free(w);
}

/* `user` is ours only in a direction that was given to us: the other may carry anything. */
static struct web_connection *connection_of(struct tcp_stream *stream)
{
	if (!stream->user && stream->peer->kind == stream->kind)
		stream->user = stream->peer->user;
	if (!stream->user)
		stream->user = calloc(1, sizeof(struct web_connection));
	return stream->user;
}

size_t web_http(struct web *w, struct tcp_stream *stream, struct slice bytes, bool gap, bool at_end, const struct frame *frame)
{
	struct web_connection *c = connection_of(stream);
	if (!c) {
		stream->ignored = true;
		return bytes.len;
	}
	/* Who opened it is a guess when its start was missed; who asks shows. */
	if (!c->is_known && http_looks_like(bytes)) {
		c->is_known = true;
		c->client_opened = slice_starts(bytes, SLICE("HTTP/")) != stream->from_client;
	}
	bool from_client = c->is_known && !c->client_opened ? !stream->from_client : stream->from_client;
	struct http_direction *d = from_client ? &c->http.request : &c->http.response;
	size_t used = http_feed(w->http, &c->http, from_client, &stream->ends, stream->handshake_seen, bytes, gap, frame);
	stream->ignored |= d->is_over;
	return at_end ? bytes.len : used;
}

void web_http_closed(struct web *w, struct tcp_stream *stream)
{
	struct web_connection *c = stream->user;
	if (!c)
		return;
	if (stream->peer->kind == stream->kind)
		stream->peer->user = NULL;
	stream->user = NULL;
	http_close(w->http, &c->http);
	free(c);
}

bool web_datagram(struct web *w, const struct datagram *d)
{
	return tftp_feed(w->tftp, d);
}

void web_tick(struct web *w, int64_t now_us)
{
	tftp_expire(w->tftp, now_us);
}

void web_finish(struct web *w)
{
	tftp_flush(w->tftp);
}

uint64_t web_given_up(const struct web *w)
{
	return http_reader_counters(w->http).pressed + tftp_tracker_counters(w->tftp).pressed;
}
