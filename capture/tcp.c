/* SPDX-License-Identifier: MIT */
#include "capture/tcp.h"

#include "capture/tcp_buffer.h"
#include "capture/tcp_half.h"
#include "core/table.h"

#include <assert.h>
#include <stdlib.h>

const struct tcp_options tcp_defaults = {
	.max_connections = 65536,
	.max_buffered_bytes = 32u << 20,
	.max_pending_bytes = 128u << 10,
	.idle_timeout_us = 600 * (int64_t)1000000,
	.hash_seed = 0x7c15e1a59d3b2f01u,
};

struct connection {
	struct tcp_half halves[2]; /* of the lower and the higher endpoint; begins with the key */
	int64_t last_us;
	uint64_t last_number;
	uint16_t last_input;
	bool is_over;
	bool has_new_syn; /* one that is not believed yet, by halves[new_client] */
	bool new_client;
	uint32_t new_isn; /* its sequence */
};
static_assert(sizeof(struct connection) <= 240, "a connection and its table node fit 256 bytes");

struct tcp {
	struct tcp_context context;
	struct table table;
};

/* What stands for a frame when none of this connection is at hand. */
static struct frame last_frame(const struct connection *c)
{
	return (struct frame){ .time_us = c->last_us,
			       .number = c->last_number,
			       .input = c->last_input,
			       .bytes = slice_of("", 0) };
}

/* ---- the end ---- */

static void end_connection(struct tcp *t, struct connection *c, const struct frame *frame)
{
	if (c->is_over)
		return;
	c->is_over = true;
	struct tcp_half *client = &c->halves[c->halves[1].stream.from_client];
	tcp_half_end(&t->context, client, frame);
	tcp_half_end(&t->context, tcp_half_peer(client), frame);
	if (t->context.handlers.closed)
		t->context.handlers.closed(t->context.handlers.ctx, &client->stream);
	for (int i = 0; i < 2; i++) {
		c->halves[i].stream.user = NULL;
		c->halves[i].stream.kind = 0;
	}
}

static void end_without_frame(struct tcp *t, struct connection *c)
{
	struct frame frame = last_frame(c);
	end_connection(t, c, &frame);
}

/* ---- connections ---- */

static bool is_server_port(uint16_t port)
{
	return port < 1024 || (port >= 5060 && port <= 5091) || port == 8080 || port == 8088 || port == 8089;
}

/* Of a connection whose start was missed. */
static bool is_client_guess(const struct endpoints *ends)
{
	bool from_server = is_server_port(ends->source_port);
	bool to_server = is_server_port(ends->destination_port);
	if (from_server != to_server)
		return to_server;
	return ends->source_port >= ends->destination_port;
}

static void set_client(struct tcp_half *h, bool from_client)
{
	h->stream.from_client = from_client;
	h->stream.peer->from_client = !from_client;
}

static void begin_connection(struct tcp *t, struct connection *c)
{
	struct endpoints ends = c->halves[0].stream.ends;
	memset(c, 0, sizeof *c);
	c->halves[0].stream.ends = ends;
	c->halves[1].stream.ends = (struct endpoints){ .source = ends.destination,
						       .destination = ends.source,
						       .source_port = ends.destination_port,
						       .destination_port = ends.source_port };
	c->halves[0].stream.peer = &c->halves[1].stream;
	c->halves[1].stream.peer = &c->halves[0].stream;
	t->context.counters.connections++;
}

/* The same four numbers again, for another connection. */
static void restart_connection(struct tcp *t, struct connection *c)
{
	end_without_frame(t, c);
	begin_connection(t, c);
}

/* Sorted so that both directions have one key. */
static struct endpoints key_of(const struct endpoints *ends, bool *is_higher)
{
	int order = addr_cmp(&ends->source, &ends->destination);
	if (order == 0)
		order = (int)ends->source_port - (int)ends->destination_port;
	*is_higher = order > 0;
	if (order <= 0)
		return *ends;
	return (struct endpoints){ .source = ends->destination,
				   .destination = ends->source,
				   .source_port = ends->destination_port,
				   .destination_port = ends->source_port };
}

static bool is_other_connection(const struct connection *c, const struct tcp_half *h, const struct segment *s)
{
	const struct tcp_half *peer = &c->halves[h == &c->halves[0]];
	if (s->flags & TCP_ACK) {
		if (peer->has_syn && s->ack == peer->isn + 1)
			return false; /* it answers the SYN of this connection */
		return h->is_started ? h->isn != s->seq : c->is_over;
	}
	if (c->is_over)
		return true;
	return h->is_started ? h->isn != s->seq : peer->is_started && !peer->has_syn;
}

static void feed_syn(struct tcp_half *h, const struct segment *s)
{
	struct tcp_half *peer = tcp_half_peer(h);
	if (!h->is_started || (h->isn != s->seq && !h->carried))
		tcp_half_start(h, s->seq);
	if (h->isn != s->seq)
		return;
	if (h->next == s->seq + 1)
		h->gap = false;
	h->has_syn = true;
	if (s->flags & TCP_ACK) {
		set_client(h, false);
		if (!peer->is_started)
			tcp_half_start(peer, s->ack - 1);
	} else if (!peer->has_syn) {
		set_client(h, true);
	}
}

static void start_midstream(struct tcp *t, struct tcp_half *h, const struct segment *s)
{
	tcp_half_start(h, s->seq - 1);
	h->gap = true;
	struct tcp_half *peer = tcp_half_peer(h);
	if (peer->is_started)
		return; /* a side is known; only this one begins in the middle */
	set_client(h, is_client_guess(&s->ends));
	t->context.counters.midstream++;
}

static void feed_ack(struct tcp *t, struct tcp_half *h, const struct segment *s)
{
	struct tcp_half *peer = tcp_half_peer(h);
	if (!peer->is_started) {
		/* The SYN-ACK was missed: the client's first segment names the server's first byte. */
		if (h->has_syn && h->stream.from_client && s->seq == h->isn + 1)
			tcp_half_start(peer, s->ack - 1);
		return;
	}
	if (!tcp_half_is_far(peer, s->ack) && (!peer->has_ack || tcp_distance(peer->acked, s->ack) > 0)) {
		peer->acked = s->ack;
		peer->has_ack = true;
	}
	/* Only who received the SYN-ACK knows its number: an acknowledgment of what was really sent is proof. */
	int32_t known = tcp_distance(s->ack, peer->next) + (peer->has_fin ? 1 : 0);
	if (!h->stream.handshake_seen && h->stream.from_client && h->has_syn && peer->has_syn && h->has_ack &&
	    tcp_distance(h->isn, h->acked) >= 1 && known >= 0 && tcp_distance(peer->isn, s->ack) >= 1)
		h->stream.handshake_seen = h->stream.peer->handshake_seen = true;
	if (peer->buffer || peer->has_fin)
		tcp_half_settle(&t->context, peer, s->frame);
}

static void feed_rst(struct tcp *t, struct connection *c, struct tcp_half *h, const struct segment *s)
{
	if (c->is_over || (h->is_started && tcp_half_is_far(h, s->seq)))
		return;
	tcp_half_peer(h)->is_reset = true;
	end_connection(t, c, s->frame);
}

/* A SYN with another ISN while bytes flow: when it is answered or followed, the connection began anew. Before
 * that it may be a forgery that wants to hide what follows. */
static void note_new_syn(struct connection *c, const struct tcp_half *h, const struct segment *s)
{
	c->has_new_syn = true;
	c->new_client = h == &c->halves[1];
	c->new_isn = s->seq;
}

static void believe_new_syn(struct tcp *t, struct connection *c, const struct tcp_half *h,
			    const struct segment *s)
{
	uint32_t isn = c->new_isn;
	struct tcp_half *client = &c->halves[c->new_client];
	bool is_answer = (s->flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK) && s->ack == isn + 1;
	bool is_followed = !(s->flags & TCP_SYN) && s->seq == isn + 1;
	if (h == client ? !is_followed : !is_answer)
		return;
	restart_connection(t, c);
	tcp_half_start(client, isn);
	client->has_syn = true;
	set_client(client, true);
}

/* A segment that tells of no byte and no beginning opens nothing: floods of them cost no memory. */
static bool opens_connection(const struct segment *s)
{
	return !(s->flags & TCP_RST) && ((s->flags & TCP_SYN) || s->wire_payload_len || s->payload.len);
}

static struct connection *connection_of(struct tcp *t, const struct segment *s, struct tcp_half **h)
{
	bool is_higher, is_new;
	struct endpoints key = key_of(&s->ends, &is_higher);
	struct connection *c = table_find(&t->table, &key);
	if (c) {
		table_touch(&t->table, c);
	} else {
		if (!opens_connection(s))
			return NULL;
		c = table_get(&t->table, &key, &is_new);
		if (!c) {
			tcp_half_unkept(&t->context, s->payload.len);
			return NULL;
		}
		begin_connection(t, c);
	}
	*h = &c->halves[is_higher];
	if (c->has_new_syn)
		believe_new_syn(t, c, *h, s);
	if ((s->flags & (TCP_SYN | TCP_RST)) != TCP_SYN || !is_other_connection(c, *h, s))
		return c;
	if (!c->is_over && (c->halves[0].carried || c->halves[1].carried)) {
		if (!(s->flags & TCP_ACK))
			note_new_syn(c, *h, s);
		return NULL;
	}
	restart_connection(t, c);
	return c;
}

static void feed_connection(struct tcp *t, struct connection *c, struct tcp_half *h, const struct segment *s)
{
	bool restart = false;
	if (s->flags & TCP_RST) {
		feed_rst(t, c, h, s);
		return;
	}
	if (s->flags & TCP_SYN)
		feed_syn(h, s);
	else if (!h->is_started && !c->is_over &&
		 (s->payload.len || s->wire_payload_len || (s->flags & TCP_FIN)))
		start_midstream(t, h, s);
	if (s->flags & TCP_ACK)
		feed_ack(t, h, s);
	if (!h->is_started)
		return;
	tcp_half_feed(&t->context, h, s, &restart);
	if (restart) {
		restart_connection(t, c);
		start_midstream(t, h, s);
		tcp_half_feed(&t->context, h, s, &restart);
	}
	tcp_half_settle(&t->context, h, s->frame);
	if (tcp_half_peer(h)->stream.ignored)
		tcp_half_discard(&t->context, tcp_half_peer(h));
	if (h->ended && tcp_half_peer(h)->ended)
		end_connection(t, c, s->frame);
}

/* ---- time and bounds ---- */

static struct connection *connection_with(struct tcp_half *h)
{
	bool is_higher;
	key_of(&h->stream.ends, &is_higher);
	return (struct connection *)(h - is_higher);
}

static void expire(struct tcp *t)
{
	struct tcp_buffer *b;
	struct connection *c;
	while ((b = TAILQ_FIRST(&t->context.waiting)) && t->context.now_us - b->used_us >= TCP_HOLE_US) {
		struct tcp_half *h = b->owner;
		struct frame frame = last_frame(connection_with(h));
		tcp_half_settle(&t->context, h, &frame);
	}
	while ((c = table_oldest(&t->table)) &&
	       t->context.now_us - c->last_us > t->context.options.idle_timeout_us) {
		end_without_frame(t, c);
		table_remove(&t->table, c);
	}
}

static void keep_budget(struct tcp *t)
{
	while (t->context.counters.buffered_bytes > t->context.options.max_buffered_bytes) {
		struct tcp_buffer *waiting = TAILQ_FIRST(&t->context.waiting);
		struct tcp_buffer *unread = TAILQ_FIRST(&t->context.unread);
		bool is_unread = !waiting || (unread && unread->used_us < waiting->used_us);
		struct tcp_half *h = is_unread ? unread->owner : waiting->owner;
		struct frame frame = last_frame(connection_with(h));
		tcp_half_surrender(&t->context, h, &frame);
	}
}

/* A handshake or bytes are worth keeping, a lone SYN or a connection that is over is not. */
static uint32_t worth(void *ctx, const void *entry)
{
	const struct connection *c = entry;
	(void)ctx;
	if (c->is_over)
		return 0;
	return c->halves[0].carried + c->halves[1].carried + c->halves[0].stream.handshake_seen;
}

static void evict(void *ctx, void *entry)
{
	struct tcp *t = ctx;
	t->context.counters.evicted++;
	end_without_frame(t, entry);
}

/* ---- interface ---- */

struct tcp *tcp_new(const struct tcp_options *options, const struct tcp_handlers *handlers)
{
	struct tcp *t = calloc(1, sizeof *t);
	if (!t)
		return NULL;
	const struct tcp_options *d = &tcp_defaults, *o = options ? options : d;
	t->context.options = (struct tcp_options){
		.max_connections = o->max_connections ? o->max_connections : d->max_connections,
		.max_buffered_bytes = o->max_buffered_bytes ? o->max_buffered_bytes : d->max_buffered_bytes,
		.max_pending_bytes = o->max_pending_bytes ? o->max_pending_bytes : d->max_pending_bytes,
		.idle_timeout_us = o->idle_timeout_us ? o->idle_timeout_us : d->idle_timeout_us,
		.hash_seed = o->hash_seed ? o->hash_seed : d->hash_seed,
	};
	t->context.handlers = *handlers;
	TAILQ_INIT(&t->context.waiting);
	TAILQ_INIT(&t->context.unread);
	struct table_config config = { .max_entries = t->context.options.max_connections,
				       .key_size = sizeof(struct endpoints),
				       .entry_size = sizeof(struct connection),
				       .seed = t->context.options.hash_seed,
				       .worth = worth,
				       .evict = evict,
				       .ctx = t };
	if (table_init(&t->table, &config)) {
		free(t);
		return NULL;
	}
	return t;
}

void tcp_free(struct tcp *t)
{
	struct connection *c;
	if (!t)
		return;
	while ((c = table_oldest(&t->table))) {
		for (int i = 0; i < 2; i++) {
			tcp_half_discard(&t->context, &c->halves[i]);
			c->halves[i].ended = true;
		}
		end_without_frame(t, c);
		table_remove(&t->table, c);
	}
	table_fini(&t->table);
	tcp_spares_fini(&t->context.spares);
	free(t);
}

void tcp_feed(struct tcp *t, const struct segment *s)
{
	struct tcp_half *h;
	if (s->frame->time_us > t->context.now_us)
		t->context.now_us = s->frame->time_us;
	t->context.counters.segments++;
	expire(t);
	/* Every host drops these (RFC 9293 3.10.7.4, fifth): who sends them wants us to read what the receiver does not. */
	if (!(s->flags & (TCP_ACK | TCP_SYN | TCP_RST))) {
		t->context.counters.stray++;
		return;
	}
	struct connection *c = connection_of(t, s, &h);
	if (!c)
		return;
	c->last_us = t->context.now_us;
	c->last_number = s->frame->number;
	c->last_input = s->frame->input;
	feed_connection(t, c, h, s);
	keep_budget(t);
}

void tcp_flush(struct tcp *t)
{
	struct connection *c;
	while ((c = table_oldest(&t->table))) {
		end_without_frame(t, c);
		table_remove(&t->table, c);
	}
}

const struct tcp_counters *tcp_counters(const struct tcp *t)
{
	return &t->context.counters;
}
