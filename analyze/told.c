/* SPDX-License-Identifier: MIT */
#include "analyze/told.h"

#include "core/clock.h"
#include "core/hash.h"

#include <errno.h>
#include <stdlib.h>

#define WIRE_US                                                                                              \
	(10 * SECOND_US) /* programs write their line within a second; clocks of hosts differ by a few */

/* Lines of one event are written within a moment. But most logs write whole seconds, and Asterisk's security events wait in a queue. */
#define MOMENT_US (2 * SECOND_US)

#define RING	  2048 /* power of two */
#define WITNESSES 6    /* two patterns in three logs */
#define STEPS_MAX 256  /* so many lines of one actor are gone through, which in two seconds are no phone's */

/* An event, as the line told it that was the first to tell. */
struct telling {
	uint64_t number; /* 1 ..; 0: none */
	uint64_t before; /* number of the actor's one before */
	int64_t time_us;
	uint64_t account, call, dialed, rest; /* hashes; 0: not said */
	struct addr target;
	uint32_t witness[WITNESSES]; /* who told */
	uint16_t ports[2];
	uint8_t outcome, category, transport, method;
	uint8_t witness_count;
	bool is_alone; /* of this moment and this actor no other witness told anything */
	uint8_t unused[6];
};

int told_init(struct told *t)
{
	t->count = 0;
	t->ring = calloc(RING, sizeof *t->ring);
	return t->ring ? 0 : -ENOMEM;
}

void told_fini(struct told *t)
{
	free(t->ring);
}

/* What comes over TLS shows in the log alone; and a line that tells of no SIP at all (a web server's, a login at IAX2 or AMI) is no echo of
 * the SIP that its actor sends in the same seconds. */
static bool is_on_wire(const struct source *s, const struct observation *o)
{
	enum transport_word transport = (enum transport_word)o->choice[CHOICE_TRANSPORT];
	enum category_word category = (enum category_word)o->choice[CHOICE_CATEGORY];
	int64_t apart = o->time_us - s->wire_us;
	bool is_hidden = transport == TRANSPORT_TLS || transport == TRANSPORT_WS ||
			 transport == TRANSPORT_WSS || category == CATEGORY_PROVISIONING ||
			 category == CATEGORY_SERVICE;
	return s->wire_us && !is_hidden && apart <= WIRE_US && apart >= -WIRE_US;
}

static struct telling *telling_of(const struct told *t, uint64_t number)
{
	struct telling *e = &t->ring[number & (RING - 1)];
	return number && e->number == number ? e : NULL;
}

static bool is_of_moment(const struct telling *e, int64_t time_us)
{
	return e->time_us <= time_us + MOMENT_US && e->time_us >= time_us - MOMENT_US;
}

static uint64_t mixed(uint64_t hash, const struct observation *o, enum text_field field)
{
	struct slice text = observation_text(o, field);
	return text.len ? hash_bytes(text.ptr, text.len, hash + field) : hash;
}

/* What few lines say, and rules ask for: a line that is the first to say it is no mere repetition. */
static uint64_t rest_of(const struct observation *o)
{
	static const enum text_field said[] = { TEXT_USER_AGENT, TEXT_TOOL, TEXT_ACTION, TEXT_URL_PATH };
	uint64_t hash = 0;
	for (size_t i = 0; i < sizeof said / sizeof *said; i++)
		hash = mixed(hash, o, said[i]);
	return hash;
}

static void telling_make(const struct event *e, const struct observation *o, struct telling *out)
{
	*out = (struct telling){ .time_us = o->time_us,
				 .account = e->account_hash,
				 .call = e->series_hash,
				 .dialed = e->dialed_hash,
				 .rest = rest_of(o),
				 .target = e->target,
				 .witness = { (uint32_t)o->place.input << 16 | o->pattern },
				 .ports = { e->actor_port, e->target_port },
				 .outcome = e->choice[CHOICE_OUTCOME],
				 .category = e->choice[CHOICE_CATEGORY],
				 .transport = e->choice[CHOICE_TRANSPORT],
				 .method = observation_text(o, TEXT_METHOD).len ? e->method : 0,
				 .witness_count = 1 };
}

static bool agree(uint64_t a, uint64_t b)
{
	return a == b || !a || !b;
}

static bool is_same_event(const struct telling *a, const struct telling *b)
{
	bool is_same_call = a->call && a->call == b->call;
	return a->outcome == b->outcome && a->category == b->category && agree(a->call, b->call) &&
	       (a->account == b->account || is_same_call) && agree(a->dialed, b->dialed) &&
	       agree(a->ports[0], b->ports[0]) && agree(a->ports[1], b->ports[1]) &&
	       agree(a->transport, b->transport) && agree(a->method, b->method) &&
	       (b->rest == a->rest || !b->rest) &&
	       (addr_is_none(&a->target) || addr_is_none(&b->target) || addr_eq(&a->target, &b->target));
}

static bool has_told(const struct telling *e, uint32_t witness)
{
	for (uint8_t i = 0; i < e->witness_count; i++)
		if (e->witness[i] == witness)
			return true;
	return e->witness_count == WITNESSES;
}

/* The event of `line` among those of its actor that another witness told: `head` and those before it. */
static struct telling *find(const struct told *t, struct telling *head, const struct telling *line)
{
	struct telling *e = head;
	for (size_t steps = 0; e && e->time_us >= line->time_us - MOMENT_US && steps < STEPS_MAX; steps++) {
		if (is_of_moment(e, line->time_us) && !has_told(e, line->witness[0]) &&
		    is_same_event(e, line))
			return e;
		e = telling_of(t, e->before);
	}
	return NULL;
}

bool told_before(struct told *t, struct source *s, const struct event *event, const struct observation *o)
{
	if (is_on_wire(s, o))
		return true;
	struct telling line, *head = telling_of(t, s->told), *same = NULL;
	telling_make(event, o, &line);
	if (head && !is_of_moment(head, line.time_us))
		head = NULL;
	line.is_alone = !head || (head->is_alone && head->witness[0] == line.witness[0]);
	if (!line.is_alone && (same = find(t, head, &line))) {
		same->witness[same->witness_count++] = line.witness[0];
		head->is_alone = false;
		return true;
	}
	line.before = head ? head->number : 0;
	line.number = s->told = ++t->count;
	t->ring[line.number & (RING - 1)] = line;
	return false;
}

void told_image(struct told *t, struct image *i)
{
	uint64_t live = 0;
	if (!i->is_loading) {
		const struct telling *last = telling_of(t, t->count), *e = last;
		for (; e && is_of_moment(e, last->time_us) && live < RING; e = telling_of(t, t->count - live))
			live++;
	}
	image_bytes(i, &t->count, sizeof t->count);
	image_bytes(i, &live, sizeof live);
	if (live > RING || live > t->count)
		image_fail(i);
	for (uint64_t n = t->count - live + 1; !i->failed && n <= t->count; n++)
		image_bytes(i, &t->ring[n & (RING - 1)], sizeof *t->ring);
}
