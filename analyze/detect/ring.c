/* SPDX-License-Identifier: MIT */
#include "analyze/detect/detector.h"

/* Ghost calls: phones that an actor made ring though neither has ever done business with the other. A PBX or trunk is known from
 * registrations and answered calls (relation.h), so its calls do not count here, and neither do calls to one number at a
 * server, which rings for its customers: only different target addresses count. */

struct ring_shared {
	struct actor_table rung;
};

struct ring_state {
	uint32_t phones;
};

static int ring_init(void *shared, const struct detect_limits *limits)
{
	return actor_table_init(&((struct ring_shared *)shared)->rung, limits->max_items / 4, sizeof(struct actor_item));
}

static void ring_fini(void *shared)
{
	actor_table_fini(&((struct ring_shared *)shared)->rung);
}

static void ring_settled(void *shared, void *actor, const struct event *e, const struct detect_context *c, struct observation *o)
{
	struct ring_shared *all = shared;
	struct ring_state *s = actor;
	if (e->rang && !e->in_dialog && !relation_solicited(c->relations, &e->actor, &e->target, c->now_us)) {
		bool is_new;
		actor_table_see(&all->rung, &e->actor, hash_addr(&e->target, e->target_port), e->time_us, &is_new);
		s->phones += is_new;
	}
	observation_set_number(o, NUMBER_RINGS, s->phones);
}

const struct detector detector_ring = {
	.name = "ring",
	.actor_bytes = sizeof(struct ring_state),
	.shared_bytes = sizeof(struct ring_shared),
	.init = ring_init,
	.fini = ring_fini,
	.settled = ring_settled,
};
