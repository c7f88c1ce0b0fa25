/* SPDX-License-Identifier: MIT */
#include "analyze/web/http.h"


#include <stdlib.h>

#define PENDING_DEFAULT 4096
#define CHUNK_LINE_MAX	256 /* a size with its extensions */
#define METHOD_MAX	16

/* ---- heads ---- */

/* Takes one line off; false when its end is not there. The line comes without CR and LF. */
static bool take_line(struct slice *rest, struct slice *line)
{
	const uint8_t *end = rest->len ? memchr(rest->ptr, '\n', rest->len) : NULL;
	if (!end)
		return false;
	*line = slice_of(rest->ptr, (size_t)(end - rest->ptr));
	*rest = slice_from(*rest, line->len + 1);
	if (line->len && line->ptr[line->len - 1] == '\r')
		line->len--;
	return true;
}

static bool is_version(struct slice s)
{
	return s.len == 8 && memcmp(s.ptr, "HTTP/1.", 7) == 0 && ascii_is_digit(s.ptr[7]);
}

static bool is_method(struct slice s)
{
	if (s.len == 0 || s.len > METHOD_MAX)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if ((uint8_t)(s.ptr[i] - 'A') >= 26)
			return false;
	return true;
}

static bool read_status_line(struct slice line, struct http_head *out)
{
	uint64_t status;
	if (line.len < 12 || !is_version(slice_first(line, 8)) || line.ptr[8] != ' ' || !slice_u64(slice_of(line.ptr + 9, 3), &status) ||
	    status < 100)
		return false;
	out->is_response = true;
	out->status = (uint16_t)status;
	return true;
}

/* A proxy's client writes the whole URL (RFC 9112 3.2.2). */
static struct slice without_authority(struct slice target)
{
	struct slice schemes[] = { SLICE_INIT("http://"), SLICE_INIT("https://") };
	for (size_t i = 0; i < 2; i++) {
		if (!slice_starts_nocase(target, schemes[i]))
			continue;
		struct slice rest = slice_from(target, schemes[i].len);
		size_t slash = slice_find(rest, '/');
		return slash == SLICE_NPOS ? SLICE("/") : slice_from(rest, slash);
	}
	return target;
}

static bool read_request_line(struct slice line, struct http_head *out)
{
	size_t first = slice_find(line, ' ');
	if (first == SLICE_NPOS || !is_method(slice_first(line, first)) || line.len < first + 11)
		return false;
	/* The version is the last word: careless clients leave spaces in the target. */
	struct slice version = slice_from(line, line.len - 8);
	if (!is_version(version) || line.ptr[line.len - 9] != ' ')
		return false;
	out->method = slice_first(line, first);
	out->target = without_authority(slice_trim(slice_of(line.ptr + first + 1, line.len - 9 - first - 1)));
	return out->target.len > 0;
}

static bool ends_chunked(struct slice value)
{
	struct slice word = SLICE("chunked");
	return value.len >= word.len && slice_eq_nocase(slice_from(value, value.len - word.len), word);
}

static void read_field(struct slice line, struct http_head *out)
{
	uint8_t first = ascii_lower(line.ptr[0]);
	if (first != 'h' && first != 'u' && first != 'a' && first != 'c' && first != 't')
		return; /* most of them */
	size_t colon = slice_find(slice_first(line, 18), ':');
	if (colon == SLICE_NPOS || colon < 4)
		return;
	static const struct slice wanted[] = {
		['h' - 'a'] = SLICE_INIT("Host"),
		['u' - 'a'] = SLICE_INIT("User-Agent"),
		['a' - 'a'] = SLICE_INIT("Authorization"),
		['c' - 'a'] = SLICE_INIT("Content-Length"),
		['t' - 'a'] = SLICE_INIT("Transfer-Encoding"),
	};
	if (!slice_eq_nocase(slice_first(line, colon), wanted[first - 'a']))
		return;
	struct slice value = slice_trim(slice_from(line, colon + 1));
	switch (first) {
	case 'h':
		out->host = value;
		break;
	case 'u':
		out->user_agent = value;
		break;
	case 'a':
		/* Some clients announce the scheme without credentials to make the server challenge them. */
		out->has_credentials = slice_find(value, ' ') != SLICE_NPOS;
		break;
	case 'c':
		out->has_length = slice_u64(value, &out->content_length);
		break;
	case 't':
		out->is_chunked = ends_chunked(value);
		break;
	default:
		break;
	}
}

bool http_looks_like(struct slice bytes)
{
	if (bytes.len < 5)
		return false;
	if (slice_starts(bytes, SLICE("HTTP/")))
		return true;
	size_t space = slice_find(slice_first(bytes, METHOD_MAX + 1), ' ');
	return space != SLICE_NPOS && is_method(slice_first(bytes, space)) && bytes.len > space + 1 &&
	       (bytes.ptr[space + 1] == '/' || bytes.ptr[space + 1] == 'h' || bytes.ptr[space + 1] == '*');
}

/* Could bytes that hold no line end yet be the start of a first line? */
static bool may_begin(struct slice bytes)
{
	struct slice version = SLICE("HTTP/1.");
	if (slice_starts(bytes, slice_first(version, bytes.len)))
		return true;
	size_t space = slice_find(slice_first(bytes, METHOD_MAX + 1), ' ');
	return space == SLICE_NPOS ? is_method(bytes) : is_method(slice_first(bytes, space));
}

enum parse_result http_head_parse(struct slice bytes, struct http_head *out)
{
	struct http_head head = { 0 };
	struct slice rest = bytes, line;
	while (rest.len && (rest.ptr[0] == '\r' || rest.ptr[0] == '\n'))
		rest = slice_from(rest, 1);
	if (rest.len == 0)
		return bytes.len > HTTP_HEAD_MAX ? PARSE_BAD : PARSE_PARTIAL;
	if (!may_begin(rest))
		return PARSE_BAD;
	if (!take_line(&rest, &line))
		return bytes.len > HTTP_HEAD_MAX ? PARSE_BAD : PARSE_PARTIAL;
	if (!read_status_line(line, &head) && !read_request_line(line, &head))
		return PARSE_BAD;
	while (take_line(&rest, &line)) {
		if ((size_t)(rest.ptr - bytes.ptr) > HTTP_HEAD_MAX)
			return PARSE_BAD;
		if (line.len == 0) {
			head.head_len = (size_t)(rest.ptr - bytes.ptr);
			*out = head;
			return PARSE_OK;
		}
		read_field(line, &head);
	}
	return bytes.len > HTTP_HEAD_MAX ? PARSE_BAD : PARSE_PARTIAL;
}

/* ---- requests that wait ---- */

struct pending {
	struct http_exchange exchange;
	uint32_t number; /* of the request in its connection */
	uint32_t next;	 /* id + 1 */
};

struct http_reader {
	struct http_handlers handlers;
	struct http_counters counters;
	struct pending *pool;
	size_t capacity, used; /* used: ever handed out */
	uint32_t free;	       /* chain, id + 1 */
};

struct http_reader *http_reader_new(size_t max_pending, const struct http_handlers *handlers)
{
	struct http_reader *r = calloc(1, sizeof *r);
	if (!r)
		return NULL;
	r->handlers = *handlers;
	r->capacity = max_pending ? max_pending : PENDING_DEFAULT;
	/* Pages of a pool that is never needed are never touched. */
	r->pool = calloc(r->capacity, sizeof *r->pool);
	if (!r->pool) {
		free(r);
		return NULL;
	}
	return r;
}

void http_reader_free(struct http_reader *r)
{
	if (!r)
		return;
	free(r->pool);
	free(r);
}

struct http_counters http_reader_counters(const struct http_reader *r)
{
	return r->counters;
}

/* Takes the oldest wanted request off the connection and tells of it. */
static void finish_oldest(struct http_reader *r, struct http_connection *c, uint16_t status)
{
	uint32_t id = c->oldest;
	struct pending *p = &r->pool[id - 1];
	c->oldest = p->next;
	if (!c->oldest)
		c->newest = 0;
	p->exchange.status = status;
	r->counters.unanswered += status == 0;
	r->handlers.done(r->handlers.ctx, &p->exchange);
	p->next = r->free;
	r->free = id;
}

static uint32_t take_room(struct http_reader *r, struct http_connection *c)
{
	if (!r->free && r->used == r->capacity && c->oldest) {
		r->counters.pressed++;
		finish_oldest(r, c, 0);
	}
	uint32_t id = r->free;
	if (id)
		r->free = r->pool[id - 1].next;
	else if (r->used < r->capacity)
		id = (uint32_t)++r->used;
	return id;
}

static size_t copy_text(char *to, size_t max, struct slice from)
{
	size_t len = from.len < max ? from.len : max;
	if (len)
		memcpy(to, from.ptr, len);
	return len;
}

/* Of a path that is too long, the end: there the file is named, whatever stands in front of it. */
static struct slice what_is_kept(struct slice target)
{
	size_t path = 0;
	while (path < target.len && target.ptr[path] != '?' && target.ptr[path] != '#')
		path++;
	return path > HTTP_TARGET_MAX ? slice_of(target.ptr + path - HTTP_TARGET_MAX, HTTP_TARGET_MAX)
				      : target;
}

static void fill(struct http_exchange *e, const struct http_head *head, const struct endpoints *ends, bool handshake_seen,
		 const struct frame *frame)
{
	e->time_us = frame->time_us;
	e->ends = *ends;
	e->place = (struct place){ frame->number, frame->input };
	e->handshake_seen = handshake_seen;
	e->has_credentials = head->has_credentials;
	e->status = 0;
	e->method_len = (uint8_t)copy_text(e->method, sizeof e->method, head->method);
	e->target_len = (uint16_t)copy_text(e->target, sizeof e->target, what_is_kept(head->target));
	e->has_agent = head->user_agent.ptr != NULL;
	e->agent_len = (uint8_t)copy_text(e->agent, sizeof e->agent, head->user_agent);
}

static void asked(struct http_reader *r, struct http_connection *c, const struct http_head *head, const struct endpoints *ends,
		  bool handshake_seen, const struct frame *frame)
{
	uint32_t number = c->asked++;
	uint64_t bit = (uint64_t)1 << (number & 63);
	r->counters.requests++;
	if (slice_eq(head->method, SLICE("HEAD")))
		c->head_methods |= bit;
	else
		c->head_methods &= ~bit;
	if (!r->handlers.wanted(r->handlers.ctx, head))
		return;
	/* Out of order its answer may have come first, and is forgotten. */
	uint32_t id = number < c->answered ? 0 : take_room(r, c);
	if (!id) {
		/* Tell it now rather than not at all: its room is taken by other connections. */
		struct http_exchange e;
		fill(&e, head, ends, handshake_seen, frame);
		r->counters.pressed += number >= c->answered;
		r->counters.unanswered++;
		r->handlers.done(r->handlers.ctx, &e);
		return;
	}
	struct pending *p = &r->pool[id - 1];
	fill(&p->exchange, head, ends, handshake_seen, frame);
	p->number = number;
	p->next = 0;
	if (c->newest)
		r->pool[c->newest - 1].next = id;
	else
		c->oldest = id;
	c->newest = id;
}

/* A final response: belongs to the oldest request that has none. True when that was a HEAD. */
static bool answered(struct http_reader *r, struct http_connection *c, uint16_t status)
{
	uint32_t number = c->answered++;
	if (number >= c->asked)
		return false; /* its request was not seen yet */
	bool was_head = c->asked - number <= 64 && (c->head_methods >> (number & 63) & 1);
	if (c->oldest && r->pool[c->oldest - 1].number == number)
		finish_oldest(r, c, status);
	return was_head;
}

/* After lost bytes nobody knows which answer belongs to which request. */
static void forget_pairs(struct http_reader *r, struct http_connection *c)
{
	while (c->oldest)
		finish_oldest(r, c, 0);
	c->asked = c->answered = 0;
	c->head_methods = 0;
}

/* ---- bodies ---- */

static void begin_body(struct http_direction *d, const struct http_head *head, bool was_head)
{
	bool empty = was_head || (head->is_response && (head->status < 200 || head->status == 204 || head->status == 304));
	d->left = 0;
	d->body = HTTP_BODY_NONE;
	if (empty)
		return;
	if (head->is_chunked) {
		d->body = HTTP_BODY_CHUNK_SIZE;
	} else if (head->has_length) {
		d->left = head->content_length;
		d->body = d->left ? HTTP_BODY_LENGTH : HTTP_BODY_NONE;
	} else if (head->is_response) {
		d->body = HTTP_BODY_TO_END;
	}
}

/* "1a3f;name=value" */
static bool read_chunk_size(struct slice line, uint64_t *size)
{
	uint64_t value = 0;
	size_t i = 0;
	for (; i < line.len && ascii_hex(line.ptr[i]) >= 0; i++) {
		if (value >> 56)
			return false;
		value = value << 4 | (uint64_t)ascii_hex(line.ptr[i]);
	}
	*size = value;
	return i > 0;
}

static void give_up(struct http_reader *r, struct http_direction *d)
{
	r->counters.broken++;
	d->is_over = true;
}

/* One step over the line that frames a chunk. */
static size_t chunk_line(struct http_reader *r, struct http_direction *d, struct slice bytes)
{
	struct slice rest = bytes, line;
	if (!take_line(&rest, &line)) {
		if (bytes.len > CHUNK_LINE_MAX && d->body == HTTP_BODY_CHUNK_SIZE)
			give_up(r, d);
		return bytes.len > HTTP_HEAD_MAX ? bytes.len : 0;
	}
	if (d->body == HTTP_BODY_TRAILER) {
		if (line.len == 0)
			d->body = HTTP_BODY_NONE;
	} else if (line.len > 0) { /* else it ends the chunk before */
		if (!read_chunk_size(line, &d->left))
			give_up(r, d);
		d->body = d->left ? HTTP_BODY_CHUNK : HTTP_BODY_TRAILER;
	}
	return bytes.len - rest.len;
}

static size_t step_over(struct http_reader *r, struct http_direction *d, struct slice bytes)
{
	size_t part;
	switch (d->body) {
	case HTTP_BODY_LENGTH:
	case HTTP_BODY_CHUNK:
		part = d->left < bytes.len ? (size_t)d->left : bytes.len;
		d->left -= part;
		if (d->left == 0)
			d->body = d->body == HTTP_BODY_CHUNK ? HTTP_BODY_CHUNK_SIZE : HTTP_BODY_NONE;
		return part;
	case HTTP_BODY_CHUNK_SIZE:
	case HTTP_BODY_TRAILER:
		return chunk_line(r, d, bytes);
	default:
		return bytes.len; /* to the end of the connection */
	}
}

/* ---- directions ---- */

/* Behind a gap: up to the next line that begins a head. */
static size_t find_footing(struct http_direction *d, struct slice bytes)
{
	struct slice rest = bytes, line;
	for (;;) {
		if (http_looks_like(rest)) {
			d->is_lost = false;
			return bytes.len - rest.len;
		}
		if (!take_line(&rest, &line))
			return rest.len > METHOD_MAX + 2 ? bytes.len : bytes.len - rest.len;
	}
}

size_t http_feed(struct http_reader *r, struct http_connection *c, bool from_client, const struct endpoints *ends, bool handshake_seen,
		 struct slice bytes, bool gap, const struct frame *frame)
{
	struct http_direction *d = from_client ? &c->request : &c->response;
	size_t used = 0;
	if (gap) {
		forget_pairs(r, c);
		d->body = HTTP_BODY_NONE;
		d->is_lost = true;
	}
	while (used < bytes.len && !d->is_over) {
		struct slice rest = slice_from(bytes, used);
		struct http_head head;
		size_t step = d->is_lost ? find_footing(d, rest) : d->body != HTTP_BODY_NONE ? step_over(r, d, rest) : 0;
		used += step;
		if (d->is_lost || d->is_over || (step == 0 && d->body != HTTP_BODY_NONE))
			break;
		if (step > 0)
			continue;
		enum parse_result result = http_head_parse(rest, &head);
		if (result == PARSE_PARTIAL)
			break;
		if (result == PARSE_BAD || head.is_response == from_client) {
			give_up(r, d);
			break;
		}
		used += head.head_len;
		bool was_head = false;
		if (from_client) {
			asked(r, c, &head, ends, handshake_seen, frame);
			d->is_over = slice_eq(head.method, SLICE("CONNECT")); /* a tunnel follows */
		} else {
			r->counters.responses++;
			if (head.status >= 200)
				was_head = answered(r, c, head.status);
			d->is_over = head.status == 101;
		}
		begin_body(d, &head, was_head);
	}
	return d->is_over ? bytes.len : used;
}

void http_close(struct http_reader *r, struct http_connection *c)
{
	forget_pairs(r, c);
}
