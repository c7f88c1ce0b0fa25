/* SPDX-License-Identifier: MIT */
#include "analyze/detect/abroad.h"
#include "analyze/detect/detector.h"

/* Numbers dialled by an actor. Thieves do not know the access code of the PBX they found, so they dial the number they earn on
 * behind one prefix after the other: 00, 000, 9, 900, 9011, 810 ... Who misdials changes the tail too, and an honest
 * caller has one prefix or two. The tail is what follows the prefixes: the last EVENT_TAIL_DIGITS digits. */

struct dialed {
	struct actor_item item; /* its flags: enum dialed_flag */
	struct short_text text;
};

enum dialed_flag { FAILED = 1, ANSWERED = 2 };

struct tail {
	struct actor_item item;
	uint32_t prefixes : 24;
	uint32_t codes : 8; /* enum code_abroad */
	uint32_t lengths;   /* a bit for each length of its prefixes; 31: and longer */
	char digits[EVENT_TAIL_DIGITS];
};

struct dial_shared {
	struct actor_table numbers, tails;
	struct actor_index number_index, tail_index;
};

struct dial_state {
	uint32_t numbers, failed, answered;
	uint32_t prefixes : 24;
	uint32_t codes : 8; /* of all its numbers */
};

static int dial_init(void *shared, const struct detect_limits *limits)
{
	struct dial_shared *all = shared;
	int bad = actor_table_init_ranked(&all->numbers, limits->max_items / 2, sizeof(struct dialed),
					  actor_item_worth);
	return bad ? bad
		   : actor_table_init_ranked(&all->tails, limits->max_items / 2, sizeof(struct tail),
					     actor_item_worth);
}

static void dial_fini(void *shared)
{
	struct dial_shared *all = shared;
	actor_table_fini(&all->numbers);
	actor_table_fini(&all->tails);
}

static void note_tail(struct dial_shared *all, struct dial_state *s, struct event *e, const struct event_keys *k)
{
	if (!k->tail)
		return;
	struct tail *tail = actor_table_see_hashed(&all->tails, &e->actor, k->tail_value, k->tail, e->time_us, NULL);
	e->hint.tail = tail;
	if (!tail)
		return;
	if (s->numbers == 1)
		actor_table_note_first(&all->tails, tail);
	memcpy(tail->digits, event_tail(e), EVENT_TAIL_DIGITS);
	unsigned code = code_abroad(short_text_slice(&e->dialed));
	tail->codes |= code & 0xff;
	size_t length = e->dialed.len - EVENT_TAIL_DIGITS;
	tail->lengths |= 1u << (length < 31 ? length : 31);
	s->codes |= code & 0xff;
	/* Called once for each new number: the same tail in another number is another prefix. */
	if (++tail->prefixes > s->prefixes)
		s->prefixes = tail->prefixes;
}

static const struct table *numbers_of(const void *shared)
{
	return &((const struct dial_shared *)shared)->numbers.table;
}

static const struct table *tails_of(const void *shared)
{
	return &((const struct dial_shared *)shared)->tails.table;
}

static void dial_request(void *shared, void *actor, struct event *e, const struct detect_context *c)
{
	struct dial_shared *all = shared;
	struct dial_state *s = actor;
	if (!e->dialed_hash || e->in_dialog)
		return;
	bool is_new;
	struct dialed *d = actor_table_see_hashed(&all->numbers, &e->actor, e->dialed_hash, c->keys->dialed, e->time_us, &is_new);
	e->hint.dialed = d;
	if (!d || !is_new)
		return;
	d->text = e->dialed;
	if (s->numbers++ == 0)
		actor_table_note_first(&all->numbers, d);
	note_tail(all, s, e, c->keys);
}

static bool is_failure(const struct event *e)
{
	enum outcome outcome = event_outcome(e);
	return outcome == OUTCOME_REFUSED || outcome == OUTCOME_FORBIDDEN || outcome == OUTCOME_UNKNOWN_TARGET || outcome == OUTCOME_ERROR ||
	       outcome == OUTCOME_NONE || (outcome == OUTCOME_CHALLENGED && e->choice[CHOICE_ABANDONED] == FLAG_TRUE);
}

/* Of the number that this event dialled: who walks in somebody else's name must not make a walk of his calls to others. */
static const struct tail *tail_of(const struct dial_shared *all, const struct event *e)
{
	uint64_t value = e->in_dialog ? 0 : event_tail_value(e);
	return value ? actor_table_recall(&all->tails, e->hint.tail, &e->actor, value) : NULL;
}

static void dial_settled(void *shared, void *actor, const struct event *e, const struct detect_context *c, struct observation *o)
{
	struct dial_shared *all = shared;
	struct dial_state *s = actor;
	(void)c;
	struct dialed *d = e->dialed_hash && !e->in_dialog ?
				   actor_table_recall(&all->numbers, e->hint.dialed, &e->actor, e->dialed_hash) :
				   NULL;
	if (d) {
		unsigned flags = d->item.flags;
		if (is_failure(e) && !(flags & ANSWERED)) {
			s->failed += !(flags & FAILED);
			flags |= FAILED;
		}
		if (event_outcome(e) == OUTCOME_ANSWERED && !(flags & ANSWERED)) {
			flags |= ANSWERED;
			s->failed -= (flags & FAILED) != 0;
			s->answered++;
		}
		d->item.flags = flags;
	}
	const struct tail *tail = s->prefixes ? tail_of(all, e) : NULL;
	observation_set_number(o, NUMBER_DIAL_PREFIXES, tail ? tail->prefixes : 0);
	observation_set_number(o, NUMBER_DIAL_CODES, tail ? __builtin_popcount(tail->codes) : 0);
	observation_set_number(o, NUMBER_DIAL_LENGTHS, tail ? __builtin_popcount(tail->lengths) : 0);
	observation_set_number(o, NUMBER_DIAL_CODES_USED, __builtin_popcount(s->codes));
	observation_set_number(o, NUMBER_DIAL_NUMBERS, s->numbers);
	observation_set_number(o, NUMBER_DIAL_FAILED, s->failed);
}

static int dial_report_begin(void *shared)
{
	struct dial_shared *all = shared;
	int bad = actor_index_make(&all->number_index, &all->numbers);
	return bad ? bad : actor_index_make(&all->tail_index, &all->tails);
}

static void dial_describe(void *shared, const void *actor, struct offender *out)
{
	struct dial_shared *all = shared;
	const struct dial_state *s = actor;
	const struct actor_item *const *items;
	size_t count = actor_index_of(&all->number_index, &out->address, &items);
	out->dialed.count = s->numbers;
	out->calls_answered = s->answered;
	for (size_t i = 0; i < count && out->dialed.shown < SAMPLE_MAX; i++)
		out->dialed.items[out->dialed.shown++] = short_text_slice(&((const struct dialed *)items[i])->text);
	count = actor_index_of(&all->tail_index, &out->address, &items);
	for (size_t i = 0; i < count; i++) {
		const struct tail *tail = (const struct tail *)items[i];
		if (tail->prefixes < 2)
			continue;
		out->tails.count++;
		if (out->tails.shown < SAMPLE_MAX)
			out->tails.items[out->tails.shown++] = slice_of(tail->digits, EVENT_TAIL_DIGITS);
	}
}

static int dial_report_end(void *shared)
{
	struct dial_shared *all = shared;
	actor_index_free(&all->number_index);
	actor_index_free(&all->tail_index);
	return 0;
}

static void dial_image(void *shared, struct image *i)
{
	struct dial_shared *all = shared;
	table_image(&all->numbers.table, i);
	table_image(&all->tails.table, i);
}

const struct detector detector_dial = {
	.actor_bytes = sizeof(struct dial_state),
	.shared_bytes = sizeof(struct dial_shared),
	.init = dial_init,
	.fini = dial_fini,
	.looks = { { numbers_of, offsetof(struct event_keys, dialed) },
		   { tails_of, offsetof(struct event_keys, tail) } },
	.request = dial_request,
	.settled = dial_settled,
	.report_begin = dial_report_begin,
	.describe = dial_describe,
	.report_end = dial_report_end,
	.image = dial_image,
};
