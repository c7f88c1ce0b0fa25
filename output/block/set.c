/* SPDX-License-Identifier: MIT */
#include "output/block/set.h"

#include "core/clock.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

enum { NET_BYTES = offsetof(struct addr_prefix, bits) + 1, SINGLE_BITS = 128, V4_BITS = 96 };

/* The kernel counts in its own ticks and we read it a moment later: less than that is no difference. */
#define TOLERANCE_US SECOND_US

struct entry {
	struct addr_prefix net; /* the key */
	bool is_unproven, is_failed, is_covered, is_judged;
	uint8_t reason; /* enum block_reason */
	uint32_t round;
	int64_t want_us, have_us;
};

enum block_kind block_kind_of(const struct addr_prefix *net)
{
	static const uint8_t v4_base[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
	bool is_v4 = net->bits >= V4_BITS && memcmp(net->base.bytes, v4_base, sizeof v4_base) == 0;
	if (net->bits >= SINGLE_BITS)
		return is_v4 ? BLOCK_ADDRESS_4 : BLOCK_ADDRESS_6;
	return is_v4 ? BLOCK_NET_4 : BLOCK_NET_6;
}

static bool is_net(const struct entry *e)
{
	return e->net.bits < SINGLE_BITS;
}

int block_set_init(struct block_set *s, size_t max_entries, uint64_t seed)
{
	struct table_config config = { .max_entries = max_entries,
				       .key_size = NET_BYTES,
				       .entry_size = sizeof(struct entry),
				       .seed = seed };
	*s = (struct block_set){ 0 };
	return table_init(&s->entries, &config);
}

void block_set_fini(struct block_set *s)
{
	table_fini(&s->entries);
	free(s->nets);
	*s = (struct block_set){ 0 };
}

/* Never pushes another entry out: a ban that was told must hold until its end. NULL: no room. */
static struct entry *entry_of(struct block_set *s, const struct addr_prefix *net)
{
	bool is_new;
	struct entry *e = table_find(&s->entries, net);
	if (e || s->entries.count >= s->entries.config.max_entries)
		return e;
	e = table_get(&s->entries, net, &is_new);
	if (e)
		e->want_us = e->have_us = BLOCK_ABSENT;
	return e;
}

/* ---- wanted ---- */

void block_set_ban(struct block_set *s, const struct addr_prefix *net, int64_t until_us, bool is_unproven)
{
	struct entry *e = entry_of(s, net);
	if (!e) {
		s->beyond++;
		return;
	}
	e->is_judged &= e->is_unproven == is_unproven && e->want_us != BLOCK_ABSENT;
	e->is_unproven = is_unproven;
	e->want_us = until_us;
	e->round = s->round;
}

void block_set_unban(struct block_set *s, const struct addr_prefix *net)
{
	struct entry *e = table_find(&s->entries, net);
	if (e)
		e->want_us = BLOCK_ABSENT;
}

void block_set_round_begin(struct block_set *s)
{
	s->round++;
	s->beyond = 0;
}

void block_set_round_end(struct block_set *s, bool is_whole)
{
	size_t position = 0;
	for (struct entry *e; is_whole && (e = table_at(&s->entries, &position));)
		if (e->round != s->round)
			e->want_us = BLOCK_ABSENT;
}

void block_set_judge(struct block_set *s, const struct block_guard *guard, bool all, block_refusal_fn fn,
		     void *ctx)
{
	size_t position = 0;
	s->refused = 0;
	for (struct entry *e; (e = table_at(&s->entries, &position));) {
		if (e->want_us == BLOCK_ABSENT)
			continue;
		if (all || !e->is_judged) {
			struct block_refusal why = block_guard_asks(guard, &e->net);
			bool was_refused = e->is_judged && e->reason != BLOCK_ALLOWED_SO;
			if (why.reason == BLOCK_ALLOWED_SO && e->is_unproven)
				why.reason = BLOCK_UNPROVEN;
			e->reason = (uint8_t)why.reason;
			e->is_judged = true;
			if (why.reason != BLOCK_ALLOWED_SO && !was_refused)
				fn(ctx, &e->net, &why);
		}
		s->refused += e->reason != BLOCK_ALLOWED_SO;
	}
}

/* ---- there ---- */

void block_set_kernel_begin(struct block_set *s)
{
	size_t position = 0;
	for (struct entry *e; (e = table_at(&s->entries, &position));) {
		e->have_us = BLOCK_ABSENT;
		e->is_failed = false;
	}
}

void block_set_kernel_has(struct block_set *s, const struct addr_prefix *net, int64_t until_us)
{
	struct entry *e = entry_of(s, net);
	if (e)
		e->have_us = until_us;
}

/* ---- steps ---- */

static bool is_due(const struct entry *e, int64_t now_us)
{
	return e->want_us > now_us && e->is_judged && e->reason == BLOCK_ALLOWED_SO;
}

static bool is_wanted(const struct entry *e, int64_t now_us)
{
	return is_due(e, now_us) && !e->is_covered;
}

/* An address that ran out went by itself. A network is taken out by hand all the same: until the kernel has
 * cleaned up, what is left of it can be in the way of one inside it. */
static bool is_to_be_deleted(const struct entry *e, int64_t now_us)
{
	return e->have_us != BLOCK_ABSENT && !is_wanted(e, now_us) && (is_net(e) || e->have_us > now_us);
}

static bool is_other_end(int64_t want_us, int64_t have_us)
{
	if (want_us == BLOCK_FOR_EVER || have_us == BLOCK_FOR_EVER || have_us == BLOCK_ABSENT)
		return want_us != have_us;
	return want_us - have_us > TOLERANCE_US || have_us - want_us > TOLERANCE_US;
}

static int compare_nets(const void *a, const void *b)
{
	const struct addr_prefix *x = a, *y = b;
	int order = addr_cmp(&x->base, &y->base);
	return order ? order : (int)x->bits - (int)y->bits;
}

static bool make_room(struct block_set *s, size_t count)
{
	if (count <= s->net_room)
		return true;
	struct addr_prefix *grown = realloc(s->nets, 2 * count * sizeof *grown);
	if (!grown)
		return false;
	s->nets = grown;
	s->net_room = 2 * count;
	return true;
}

/* Marks networks that lie in another one. In order of address, the wider first, one look back is enough.
 * Without memory the narrower ones are tried, and refused by the kernel. */
static void find_covered(struct block_set *s, int64_t now_us)
{
	size_t position = 0, count = 0;
	for (struct entry *e; (e = table_at(&s->entries, &position));) {
		if (!is_net(e))
			continue;
		e->is_covered = false;
		if (is_due(e, now_us) && make_room(s, count + 1))
			s->nets[count++] = e->net;
	}
	if (count)
		qsort(s->nets, count, sizeof *s->nets, compare_nets);
	for (size_t i = 0, wide = 0; i < count; i++) {
		struct entry *e = table_find(&s->entries, &s->nets[i]);
		if (i > wide && addr_prefix_has(&s->nets[wide], &s->nets[i].base))
			e->is_covered = true;
		else
			wide = i;
	}
}

void block_plan_begin(struct block_plan *p, struct block_set *s, int64_t now_us)
{
	size_t position = 0;
	find_covered(s, now_us);
	for (struct entry *e; (e = table_at(&s->entries, &position));)
		if (e->want_us <= now_us && !is_to_be_deleted(e, now_us))
			table_remove(&s->entries, e);
	*p = (struct block_plan){ 0 };
}

static bool step_of(const struct entry *e, bool adds, int64_t now_us, struct block_change *out)
{
	if (e->is_failed || (adds ? !is_wanted(e, now_us) || !is_other_end(e->want_us, e->have_us)
				  : !is_to_be_deleted(e, now_us)))
		return false;
	*out = (struct block_change){ .net = e->net, .step = BLOCK_DEL, .until_us = BLOCK_ABSENT };
	if (adds) {
		out->step = e->have_us == BLOCK_ABSENT ? BLOCK_ADD : BLOCK_SET;
		out->until_us = e->want_us;
		out->is_new = e->have_us <= now_us;
	}
	return true;
}

/* A batch only takes away, or only adds. */
size_t block_plan_next(struct block_plan *p, struct block_set *s, int64_t now_us, struct block_change *out,
		       size_t max)
{
	size_t count = 0;
	for (;;) {
		const struct entry *e = NULL;
		while (count < max && (e = table_at(&s->entries, &p->position)))
			count += step_of(e, p->adds, now_us, &out[count]);
		if (count || p->adds)
			return count;
		*p = (struct block_plan){ .adds = true };
	}
}

void block_set_done(struct block_set *s, const struct block_change *changes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct entry *e = table_find(&s->entries, &changes[i].net);
		if (e)
			e->have_us = changes[i].until_us;
	}
}

void block_set_failed(struct block_set *s, const struct block_change *change)
{
	struct entry *e = table_find(&s->entries, &change->net);
	if (e)
		e->is_failed = true;
}

void block_set_count(const struct block_set *s, int64_t now_us, uint64_t counts[BLOCK_KINDS])
{
	size_t position = 0;
	memset(counts, 0, BLOCK_KINDS * sizeof *counts);
	for (const struct entry *e; (e = table_at(&s->entries, &position));)
		counts[block_kind_of(&e->net)] += e->have_us > now_us;
}
