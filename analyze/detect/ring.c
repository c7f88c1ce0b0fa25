/* SPDX-License-Identifier: MIT */
#include "analyze/detect/detector.h"

/* Ghost calls: phones that an actor made ring though neither has ever done business with the other. A PBX or trunk is known from
 * registrations and answered calls (relation.h), so its calls do not count here, and neither do calls to one number at a
 * server, which rings for its customers: only different target addresses count. */

struct ring_shared {
	struct actor_table rung;
	struct actor_table users; /* names that phones were called by; flags: how many phones, at most 2 */
};

struct ring_state {
	uint32_t phones, named;
};

static int ring_init(void *shared, const struct detect_limits *limits)
{
	struct ring_shared *all = shared;
	int bad = actor_table_init(&all->rung, limits->max_items / 4, sizeof(struct actor_item));
	return bad ? bad : actor_table_init(&all->users, limits->max_items / 4, sizeof(struct actor_item));
}

static void ring_fini(void *shared)
{
	struct ring_shared *all = shared;
	actor_table_fini(&all->rung);
	actor_table_fini(&all->users);
}

/* A PBX calls each of its phones by the account that the phone registered; who does not know them calls all by one name. */
static void note_user(struct ring_shared *all, struct ring_state *s, const struct event *e)
{
	uint64_t user = e->account_hash ? e->account_hash : e->dialed_hash;
	struct actor_item *item = user ? actor_table_see(&all->users, &e->actor, user, e->time_us, NULL) : NULL;
	if (!item || item->flags == 2)
		return;
	item->flags++;
	s->named += item->flags == 1;
	s->named -= item->flags == 2;
}

static void ring_settled(void *shared, void *actor, const struct event *e, const struct detect_context *c, struct observation *o)
{
	struct ring_shared *all = shared;
	struct ring_state *s = actor;
	if (e->rang && !e->in_dialog && !relation_solicited(c->relations, &e->actor, &e->target, c->now_us)) {
		bool is_new;
		actor_table_see(&all->rung, &e->actor, hash_addr(&e->target, e->target_port), e->time_us, &is_new);
		s->phones += is_new;
		if (is_new)
			note_user(all, s, e);
	}
	observation_set_number(o, NUMBER_RINGS, s->phones);
	observation_set_number(o, NUMBER_RINGS_NAMED, s->phones ? (int64_t)s->named * 100 / s->phones : 0);
}

static void ring_image(void *shared, struct image *i)
{
	struct ring_shared *all = shared;
	table_image(&all->rung.table, i);
	table_image(&all->users.table, i);
}

const struct detector detector_ring = {
	.actor_bytes = sizeof(struct ring_state),
	.shared_bytes = sizeof(struct ring_shared),
	.init = ring_init,
	.fini = ring_fini,
	.settled = ring_settled,
	.image = ring_image,
};
