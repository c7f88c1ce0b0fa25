/* SPDX-License-Identifier: MIT */
#include "analyze/detect/detector.h"

#include "core/clock.h"

/* One actor, many targets. Honest many-target senders (a provider that pings its phones, a dispatcher that
 * checks its gateways) visit the same set for ever, most of it answers, and they have relations with it; a
 * sweep visits each target once, meets mostly silence, and often goes in an order. All of that is measured
 * here and judged in rules/sweep/. */

#define ROUND_MIN_US SECOND_US /* below, the visits to a target are one */
#define ROUND_MAX_US                                                                                         \
	(900 * SECOND_US)   /* above, it is a scanner that sweeps here every day, not somebody who waits for \
			       answers */
#define KNOCK_ROUND_US                                                                                       \
	(60 *                                                                                                \
	 SECOND_US) /* a connection is asked for by copies until 63 s after; so none makes three rounds */
#define COPIES_OF_A_STACK 2 /* one copy may come from a tool that soon gives up */

struct visit {
	struct actor_item item; /* its flags: enum visit_flag */
	struct addr target;
};

enum visit_flag {
	ANSWERED = 1,
	SETTLED = 2,
	SILENT = 4,
	KNOCKED = 8, /* so far only asked for a connection */
	TWICE = 16,  /* visited in two rounds */
	AGAIN = 32,  /* and in a third; counted in sweep_state.again */
};

_Static_assert(sizeof(struct visit) + TABLE_NODE_BYTES == TABLE_LINE,
	       "the item that is touched most is one cache line");

struct sweep_shared {
	struct actor_table visits;
	struct actor_index index;
};

/* Whoever shares a walk among a few hosts gives each every fifth address or so; a net of 32 has its gateways no nearer. */
#define STEP_MAX   31
#define BLOCK_BITS 6 /* targets in any order are looked for among 64 neighbours */

/* A run of targets in equal small steps, by one view of the address. */
struct run {
	uint64_t last;
	uint32_t length;
	int8_t step; /* 0: none, or too far */
};

struct sweep_state {
	uint32_t targets, silent, answered, strangers;
	uint32_t visits, repeats;
	uint32_t again; /* targets visited in three rounds */
	uint32_t unasked; /* answers whose requests were not captured */
	struct run plain, reversed;
	uint32_t best_up, best_down, best_reversed;
	uint32_t ups, downs; /* steps between different targets, of any size; between ports where the address
				is the same */
	uint64_t block,
	    in_block; /* the 64 neighbours that hold its first target, and which of them it visited */
	uint16_t last_port;
	uint8_t block_count;
};

static int sweep_init(void *shared, const struct detect_limits *limits)
{
	struct sweep_shared *all = shared;
	return actor_table_init_ranked(&all->visits, limits->max_items, sizeof(struct visit),
				       actor_item_worth);
}

static void sweep_fini(void *shared)
{
	actor_table_fini(&((struct sweep_shared *)shared)->visits);
}

/* The low eight bytes order addresses within a network of either family. */
static uint64_t position(const struct event *e)
{
	uint64_t low = 0;
	for (int i = 8; i < 16; i++)
		low = low << 8 | e->target.bytes[i];
	return addr_is_v4(&e->target) ? low & 0xffffffff : low;
}

static int8_t step_between(uint64_t from, uint64_t to)
{
	uint64_t up = to - from, down = from - to;
	return up <= STEP_MAX ? (int8_t)up : down <= STEP_MAX ? (int8_t) - (int8_t)down : 0;
}

static uint32_t run_add(struct run *run, uint64_t at)
{
	bool first = run->length == 0;
	int8_t step = first ? 0 : step_between(run->last, at);
	if (!first && at == run->last)
		return 0;
	run->length = step && (step == run->step || run->length == 1) ? run->length + 1 : step ? 2 : 1;
	run->step = step;
	run->last = at;
	return run->length;
}

static uint32_t larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static void note_neighbour(struct sweep_state *s, uint64_t at)
{
	if (s->targets == 1)
		s->block = at >> BLOCK_BITS;
	uint64_t bit = UINT64_C(1) << (at & ((1u << BLOCK_BITS) - 1));
	if (at >> BLOCK_BITS != s->block || s->in_block & bit)
		return;
	s->in_block |= bit;
	s->block_count++;
}

static void note_order(struct sweep_state *s, const struct event *e)
{
	uint64_t at = position(e);
	note_neighbour(s, at);
	if (s->targets > 1) {
		bool same = at == s->plain.last;
		s->ups += at > s->plain.last || (same && e->target_port > s->last_port);
		s->downs += at < s->plain.last || (same && e->target_port < s->last_port);
	}
	s->last_port = e->target_port;
	uint32_t length = run_add(&s->plain, at);
	if (s->plain.step > 0)
		s->best_up = larger(s->best_up, length);
	else if (s->plain.step < 0)
		s->best_down = larger(s->best_down, length);
	length = run_add(&s->reversed, __builtin_bswap32((uint32_t)at));
	s->best_reversed = larger(s->best_reversed, s->reversed.step ? length : 0);
}

static uint64_t target_value(const struct event *e)
{
	return event_target_value(&e->target, e->target_port);
}

static bool counts(const struct event *e)
{
	return !e->in_dialog && !addr_is_none(&e->target);
}

static const struct table *visits_of(const void *shared)
{
	return &((const struct sweep_shared *)shared)->visits.table;
}

static void note_round(struct sweep_state *s, struct visit *v, int64_t time_us, int64_t round_us)
{
	int64_t since = time_us - v->item.first_us;
	if (!(v->item.flags & TWICE)) {
		v->item.flags |= since >= round_us ? TWICE : 0;
	} else if (!(v->item.flags & AGAIN) && since >= 2 * round_us) {
		v->item.flags |= AGAIN;
		s->again++;
	}
}

/* A connection was asked for before, or is now. The message that follows makes no further visit; who asks
 * again and again for one that never opens goes round. */
static void note_knock(struct sweep_state *s, struct visit *v, const struct event *e)
{
	if (!e->is_knock) {
		v->item.flags &= (unsigned)~KNOCKED;
		return;
	}
	if (!(v->item.flags & KNOCKED) || e->time_us - v->item.first_us < KNOCK_ROUND_US)
		return;
	s->visits++;
	s->repeats++;
	note_round(s, v, e->time_us, KNOCK_ROUND_US);
}

static void sweep_request(void *shared, void *actor, struct event *e, const struct detect_context *c)
{
	struct sweep_shared *all = shared;
	struct sweep_state *s = actor;
	if (!counts(e))
		return;
	bool is_new;
	struct visit *v = actor_table_see_hashed(&all->visits, &e->actor, c->keys->visit_value,
						 c->keys->visit, e->time_us, &is_new);
	e->hint.visit = v;
	if (!is_new && v && ((v->item.flags & KNOCKED) || e->is_knock)) {
		note_knock(s, v, e);
		return;
	}
	if (!is_new && e->method == SIP_METHOD_CANCEL)
		return; /* the end of the call before, no further one */
	s->visits++;
	if (!is_new) {
		s->repeats++;
		if (v)
			note_round(s, v, e->time_us, ROUND_MIN_US);
		return;
	}
	if (v) {
		v->target = e->target;
		if (s->targets == 0)
			actor_table_note_first(&all->visits, v);
		v->item.flags = e->is_knock ? KNOCKED : 0;
		s->strangers += !relation_solicited_hinted(c->relations, e->hint.relation, &e->actor,
							   &e->target, c->now_us);
	}
	s->targets++;
	note_order(s, e);
}

static enum order order_of(const struct sweep_state *s)
{
	uint32_t steps = s->ups + s->downs;
	if (s->targets < 4 || steps == 0)
		return ORDER_NONE;
	/* Asked first: as long as its first byte has not turned over, such a walk is an ascending one as
	 * well. */
	if (s->best_reversed >= 4 && s->best_reversed > larger(s->best_up, s->best_down))
		return ORDER_REVERSED;
	/* Nine steps out of ten in one direction: what a few threads of one scanner still keep. */
	if (s->ups * 10 >= steps * 9)
		return ORDER_ASCENDING;
	if (s->downs * 10 >= steps * 9)
		return ORDER_DESCENDING;
	return ORDER_PERMUTED;
}

static void sweep_unasked(void *shared, void *actor)
{
	struct sweep_state *s = actor;
	(void)shared;
	s->unasked++;
}

/* A capture that lacks packets at random, as one of each fifth does, lacks as many answers to requests that it
 * has as it has answers to requests that it lacks. */
static uint32_t silent_of(const struct sweep_state *s)
{
	return s->silent > s->unasked ? s->silent - s->unasked : 0;
}

static void sweep_settled(void *shared, void *actor, const struct event *e, const struct detect_context *c,
			  struct observation *o)
{
	struct sweep_shared *all = shared;
	struct sweep_state *s = actor;
	(void)c;
	struct visit *v =
	    counts(e) ? actor_table_recall(&all->visits, e->hint.visit, &e->actor, target_value(e)) : NULL;
	if (v) {
		unsigned flags = v->item.flags;
		bool answered = event_outcome(e) != OUTCOME_NONE || e->code; /* "trying" is an answer too */
		if (answered && !(flags & ANSWERED)) {
			s->answered++;
			s->silent -= (flags & SILENT) != 0;
			flags &= (unsigned)~SILENT;
		} else if (!answered && !(flags & (SETTLED | ANSWERED)) &&
			   e->retransmissions < COPIES_OF_A_STACK) {
			/* Whoever pings for a reason asks again when no answer comes, by RFC 3261 after
			 * 0.5, 1.5 and 3.5 s; a scanner goes on to the next. */
			s->silent++;
			flags |= SILENT;
		}
		v->item.flags = flags | SETTLED | (answered ? ANSWERED : 0);
	}
	observation_set_number(o, NUMBER_SWEEP_TARGETS, s->targets);
	observation_set_number(o, NUMBER_SWEEP_SILENT,
			       s->targets ? (int64_t)silent_of(s) * 100 / s->targets : 0);
	observation_set_number(o, NUMBER_SWEEP_RUN,
			       larger(larger(s->best_up, s->best_down), s->best_reversed));
	observation_set_number(o, NUMBER_SWEEP_BLOCK, s->block_count);
	observation_set_number(o, NUMBER_SWEEP_REPEAT, s->visits ? (int64_t)s->repeats * 100 / s->visits : 0);
	observation_set_number(o, NUMBER_SWEEP_NEW, s->strangers);
	o->choice[CHOICE_SWEEP_ORDER] = (uint8_t)order_of(s);
}

/* Three in four of its targets at least it asked three times, one round soon after the other. */
static bool goes_round(const struct sweep_state *s, const struct offender *o)
{
	return s->targets && s->again >= s->targets - s->targets / 4 &&
	       (o->last_us - o->first_us) / (s->visits / s->targets) <= ROUND_MAX_US;
}

static int sweep_report_begin(void *shared)
{
	struct sweep_shared *all = shared;
	return actor_index_make(&all->index, &all->visits);
}

static void sweep_describe(void *shared, const void *actor, struct offender *out)
{
	struct sweep_shared *all = shared;
	const struct sweep_state *s = actor;
	const struct actor_item *const *items;
	size_t count = actor_index_of(&all->index, &out->address, &items);
	out->targets.count = s->targets;
	out->target_order = order_of(s);
	out->goes_round = goes_round(s, out);
	for (size_t i = 0; i < count && out->targets.shown < SAMPLE_MAX; i++)
		out->targets.items[out->targets.shown++] = ((const struct visit *)items[i])->target;
}

static int sweep_report_end(void *shared)
{
	actor_index_free(&((struct sweep_shared *)shared)->index);
	return 0;
}

static void sweep_image(void *shared, struct image *i)
{
	table_image(&((struct sweep_shared *)shared)->visits.table, i);
}

const struct detector detector_sweep = {
	.actor_bytes = sizeof(struct sweep_state),
	.shared_bytes = sizeof(struct sweep_shared),
	.init = sweep_init,
	.fini = sweep_fini,
	.looks = { { visits_of, offsetof(struct event_keys, visit) } },
	.request = sweep_request,
	.unasked = sweep_unasked,
	.settled = sweep_settled,
	.report_begin = sweep_report_begin,
	.describe = sweep_describe,
	.report_end = sweep_report_end,
	.image = sweep_image,
};
