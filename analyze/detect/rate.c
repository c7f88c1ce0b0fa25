/* SPDX-License-Identifier: MIT */
#include "analyze/detect/detector.h"

#include "core/clock.h"

/* How fast requests come: of one actor, and at one target from all actors together. Counted in ten buckets of one second. */

#define BUCKETS 10

struct buckets {
	int64_t second; /* of the newest bucket */
	uint32_t total;
	uint16_t count[BUCKETS];
};

static void buckets_turn(struct buckets *b, int64_t second)
{
	if (second <= b->second)
		return;
	if (second - b->second >= BUCKETS) {
		memset(b->count, 0, sizeof b->count);
		b->total = 0;
	} else {
		for (int64_t s = b->second + 1; s <= second; s++) {
			b->total -= b->count[s % BUCKETS];
			b->count[s % BUCKETS] = 0;
		}
	}
	b->second = second;
}

static void buckets_add(struct buckets *b, int64_t second)
{
	buckets_turn(b, second);
	uint16_t *count = &b->count[b->second % BUCKETS];
	if (*count < UINT16_MAX) {
		++*count;
		b->total++;
	}
}

struct rate_target {
	struct addr target;
	struct buckets all, strangers;
};

#define RECENT 16 /* power of two */

struct rate_shared {
	struct table targets;
	struct rate_target *recent[RECENT]; /* hints, by the low bits of the hash: most requests go to a few targets */
};

struct rate_state {
	struct buckets own;
	uint64_t ports; /* one bit for each of 64 classes of source port */
	uint32_t port_count; /* of these bits */
	uint32_t requests;
};

static int rate_init(void *shared, const struct detect_limits *limits)
{
	struct table_config config = { .max_entries = limits->max_items / 16 + 1, .key_size = sizeof(struct addr),
				       .entry_size = sizeof(struct rate_target) };
	return table_init(&((struct rate_shared *)shared)->targets, &config);
}

static void rate_fini(void *shared)
{
	table_fini(&((struct rate_shared *)shared)->targets);
}

static void rate_request(void *shared, void *actor, struct event *e, const struct detect_context *c)
{
	struct rate_shared *all = shared;
	struct rate_state *s = actor;
	if (e->is_knock || e->provisioning)
		return; /* two hundred phones that boot ask for thousands of files at once */
	bool first = s->requests == 0;
	s->requests += s->requests < UINT32_MAX;
	int64_t second = c->now_us / SECOND_US; /* the analyzer's clock, as below: a log that is read behind another is behind it */
	buckets_add(&s->own, second);
	uint64_t port = (uint64_t)1 << (hash_u64(e->actor_port, 0) & 63);
	s->port_count += !(s->ports & port);
	s->ports |= port;
	if (addr_is_none(&e->target))
		return;
	struct rate_target **recent = &all->recent[c->keys->target & (RECENT - 1)];
	struct rate_target *t = table_is_entry(*recent) && addr_eq(&(*recent)->target, &e->target) ?
					table_get_hinted(&all->targets, *recent, &e->target, NULL) :
					table_get_hashed(&all->targets, &e->target, c->keys->target, NULL);
	e->hint.target = *recent = t;
	if (!t)
		return;
	buckets_add(&t->all, second);
	if (first)
		buckets_add(&t->strangers, second);
}

static void rate_settled(void *shared, void *actor, const struct event *e, const struct detect_context *c, struct observation *o)
{
	struct rate_shared *all = shared;
	struct rate_state *s = actor;
	int64_t second = c->now_us / SECOND_US;
	buckets_turn(&s->own, second);
	observation_set_number(o, NUMBER_REQUESTS, s->requests);
	observation_set_number(o, NUMBER_RATE, s->own.total);
	observation_set_number(o, NUMBER_PORTS, s->port_count);
	if (addr_is_none(&e->target))
		return;
	struct rate_target *t = e->hint.target;
	if (!table_is_entry(t) || !addr_eq(&t->target, &e->target))
		t = table_find(&all->targets, &e->target);
	if (!t)
		return;
	buckets_turn(&t->all, second);
	buckets_turn(&t->strangers, second);
	observation_set_number(o, NUMBER_FLOOD_RATE, t->all.total / BUCKETS);
	observation_set_number(o, NUMBER_FLOOD_SOURCES, t->all.total ? (int64_t)t->strangers.total * 100 / t->all.total : 0);
}

static void rate_image(void *shared, struct image *i)
{
	table_image(&((struct rate_shared *)shared)->targets, i);
}

const struct detector detector_rate = {
	.actor_bytes = sizeof(struct rate_state),
	.shared_bytes = sizeof(struct rate_shared),
	.init = rate_init,
	.fini = rate_fini,
	.request = rate_request,
	.settled = rate_settled,
	.image = rate_image,
};
