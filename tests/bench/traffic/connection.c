/* SPDX-License-Identifier: MIT */
#include "connection.h"

enum {
	LARGEST_SEGMENT = 1400,
	LARGEST_PIECE = 900,
	SMALL_PIECE = 120,
	MOST_REQUESTS = 3,
	MOST_EXCHANGES = 8,
};

struct piece {
	size_t at, len;
};

static const struct piece nothing;

void connection_begin(struct connection *c, uint32_t serial, struct scanner *attackers, struct recording *r)
{
	bool is_attack = random_one_in(&r->random, 2);
	uint32_t caller = serial % CONNECTION_CALLERS;
	c->attacker = is_attack ? &attackers[caller] : NULL;
	c->state = attackers[caller];
	c->phone = caller;
	c->client.address = is_attack ? c->state.me.address : phone_address(caller);
	c->client.port =
	    (uint16_t)(1024 + serial * 7 % 60000); /* the same two ends not again for 60,000 connections */
	c->state.me.port = c->client.port;
	c->server = server_number(is_attack ? c->state.server : 0);
	c->call = (uint32_t)random_next(&r->random);
	c->cseq = 1;
	c->next_sequence[0] = (uint32_t)random_next(&r->random);
	c->next_sequence[1] = (uint32_t)random_next(&r->random);
	c->exchanges_left = 1 + random_below(&r->random, MOST_EXCHANGES);
	c->is_open = c->is_closed = false;
	c->segments = c->sent = 0;
}

static void add_segment(struct connection *c, bool is_from_server, unsigned flags, struct piece piece)
{
	struct segment *s = &c->segment[c->segments++];
	*s = (struct segment){ .is_from_server = is_from_server, .flags = (uint8_t)flags };
	s->at = (uint16_t)piece.at;
	s->len = (uint16_t)piece.len;
	s->sequence = c->next_sequence[is_from_server];
	s->acknowledgment = flags & TCP_ACK ? c->next_sequence[!is_from_server] : 0;
	c->next_sequence[is_from_server] += (uint32_t)piece.len + (flags & (TCP_SYN | TCP_FIN) ? 1 : 0);
}

static void open_connection(struct connection *c, struct recording *r)
{
	add_segment(c, false, TCP_SYN, nothing);
	add_segment(c, true, TCP_SYN | TCP_ACK, nothing);
	add_segment(c, false, TCP_ACK, nothing);
	c->is_open = true;
	r->truth.connections++;
}

static void close_connection(struct connection *c)
{
	add_segment(c, false, TCP_FIN | TCP_ACK, nothing);
	add_segment(c, true, TCP_FIN | TCP_ACK, nothing);
	add_segment(c, false, TCP_ACK, nothing);
	c->is_closed = true;
}

/* Queues the bytes from `from` on. `ends` are those of the messages in them. */
static void cut(struct connection *c, bool is_from_server, size_t from, const size_t *ends,
		struct random *random)
{
	enum { BY_MESSAGE, TOGETHER, ANYWHERE, SMALL } how;
	uint32_t tenth = random_below(random, 10);
	how = tenth < 5 ? BY_MESSAGE : tenth < 7 ? TOGETHER : tenth < 9 ? ANYWHERE : SMALL;
	for (size_t at = from, len; at < c->said.len; at += len) {
		while (*ends <= at)
			ends++;
		len = c->said.len - at;
		if (how == BY_MESSAGE)
			len = *ends - at;
		else if (how != TOGETHER && c->segments < CONNECTION_SEGMENTS / 2)
			len = 1 + random_below(random, how == SMALL ? SMALL_PIECE : LARGEST_PIECE);
		len = len < LARGEST_SEGMENT ? len : LARGEST_SEGMENT;
		len = len < c->said.len - at ? len : c->said.len - at;
		add_segment(c, is_from_server, TCP_PSH | TCP_ACK, (struct piece){ at, len });
	}
}

static void swap_neighbours(struct connection *c, size_t from, struct random *random)
{
	for (size_t i = from; i + 1 < c->segments; i++) {
		if (!random_one_in(random, 20))
			continue;
		struct segment first = c->segment[i];
		c->segment[i] = c->segment[i + 1];
		c->segment[++i] = first;
	}
}

/* One of the segments from `from` on comes once more, perhaps with the one behind it. Before any of them swap
 * places. */
static void send_again(struct connection *c, size_t from, struct random *random)
{
	if (!random_one_in(random, 12))
		return;
	size_t which = from + random_below(random, (uint32_t)(c->segments - from));
	struct segment again = c->segment[which];
	bool is_last = which + 1 == c->segments;
	if (!is_last && again.len + c->segment[which + 1].len <= LARGEST_SEGMENT && random_one_in(random, 2))
		again.len = (uint16_t)(again.len + c->segment[which + 1].len);
	c->segment[c->segments++] = again;
}

static void say(struct connection *c, bool is_from_server, size_t from, const size_t *ends,
		struct random *random)
{
	size_t first = c->segments;
	cut(c, is_from_server, from, ends, random);
	send_again(c, first, random);
	swap_neighbours(c, first, random);
	add_segment(c, !is_from_server, TCP_ACK, nothing);
}

static void add_request(struct connection *c, struct recording *r, struct words *w)
{
	if (c->attacker) {
		c->state.was_heard = c->attacker->was_heard;
		scanner_request(&c->state, r, "TCP", c->server, w, &c->said);
		c->attacker->was_heard = true;
	} else {
		enum sip_method method = c->cseq == 1 ? SIP_REGISTER : SIP_OPTIONS;
		phone_request(c->phone, method, c->call, c->cseq++, "TCP", c->client, r, w, &c->said);
	}
	if (random_one_in(&r->random, 16)) { /* RFC 5626 3.5.1 */
		text_add(&c->said, "\r\n\r\n", w);
		r->truth.keepalives++;
	}
}

static void exchange(struct connection *c, struct recording *r)
{
	size_t ends[MOST_REQUESTS], requests = 1 + random_below(&r->random, MOST_REQUESTS);
	struct words words[MOST_REQUESTS];
	c->said.len = 0;
	for (size_t i = 0; i < requests; i++) {
		add_request(c, r, &words[i]);
		ends[i] = c->said.len;
	}
	say(c, false, 0, ends, &r->random);
	size_t from = c->said.len;
	for (size_t i = 0; i < requests; i++) {
		sip_answer(&c->said, &words[i], r, c->attacker ? 404 : 200, false);
		ends[i] = c->said.len;
	}
	say(c, true, from, ends, &r->random);
}

static bool prepare(struct connection *c, struct recording *r)
{
	if (c->is_closed || (!c->is_open && recording_is_full(r)))
		return false;
	c->segments = c->sent = 0;
	if (!c->is_open)
		open_connection(c, r);
	if (c->exchanges_left == 0 || recording_is_full(r)) {
		close_connection(c);
		return true;
	}
	c->exchanges_left--;
	exchange(c, r);
	return true;
}

bool connection_step(struct connection *c, struct recording *r)
{
	if (c->sent == c->segments && !prepare(c, r))
		return false;
	const struct segment *s = &c->segment[c->sent++];
	struct tcp_numbers numbers = { s->sequence, s->acknowledgment, s->flags };
	frame_tcp(r, s->is_from_server ? c->server : c->client, s->is_from_server ? c->client : c->server,
		  numbers, c->said.bytes + s->at, s->len);
	return true;
}
