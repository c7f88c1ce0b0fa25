/* SPDX-License-Identifier: MIT */
#include "analyze/detect/detector.h"

#include "analyze/web/vendors.h"
#include "core/clock.h"

#include <errno.h>
#include <stdlib.h>

/* Configurations of phones asked for by one actor. Two hundred phones behind one address ask for two hundred MACs, and in a row when
 * they were bought together; what tells a harvester is that no phone stands behind a MAC. A phone names its own MAC in its
 * User-Agent; or where its agent names none, it asks for other files of that MAC as well, comes back, and asks for the files that
 * all phones share. A harvester asks once for each MAC and goes on, or names another MAC. docs/provisioning.md has the reasons.
 *
 * The state of an actor is here and not in the actor's own, because few actors ever ask for such files. */

#define RECENT		   8  /* MACs among which the one before in a row is looked for: what a few threads mix up */
#define STEP_MAX	   16 /* who walks a vendor's range goes by 1, some by the distance of a batch */
#define YOUNG		   8
#define YOUNG_US	   (300 * SECOND_US / 1000) /* a booting phone has asked its next file by then */
#define COMES_BACK_US	   (30 * SECOND_US)
#define RUN_CLEAR	   8  /* in a row: no order in which phones happen to boot */
#define RUN_FORGED	   16 /* in a row, though each agent names its MAC */
#define FRONT_ACTORS_MIN   3
#define HARVESTER_MACS_MIN 8  /* MACs with no phone behind them, from which on files served count as stolen */

/* ---- walks: MACs in equal small steps ---- */

struct step {
	uint64_t mac;
	uint64_t actors; /* one bit for each of 64 classes of those who took part */
	uint32_t run;
	int8_t by;
};

struct walk {
	struct step recent[RECENT];
	uint32_t count;
};

static struct step walk_add(struct walk *w, uint64_t mac, uint64_t actor)
{
	struct step best = { .mac = mac, .actors = actor, .run = 1 };
	uint32_t held = w->count < RECENT ? w->count : RECENT;
	for (uint32_t i = 0; i < held; i++) {
		const struct step *before = &w->recent[i];
		int64_t by = (int64_t)(mac - before->mac);
		if (by == 0)
			return *before;
		if (by < -STEP_MAX || by > STEP_MAX)
			continue;
		uint32_t run = before->by == by ? before->run + 1 : 2;
		if (run > best.run)
			best = (struct step){ mac, before->actors | actor, run, (int8_t)by };
	}
	w->recent[w->count++ % RECENT] = best;
	return best;
}

/* ---- what is remembered ---- */

enum item_state {
	COUNTED = 1,   /* its settings, or its directory, were asked for */
	NAMED = 2,     /* by an agent that named this MAC */
	CONFLICT = 4,  /* by an agent that named another */
	ALIVE = 8,     /* asked for something else as well, or came back */
	GROWN = 16,    /* had its time to do so */
	ANSWERED = 32,
	SERVED = 64,
	ABSENT = 128,  /* not found, which is more than not given out: a password may be wrong */
};

/* A MAC that an actor asked files for; or a file without MAC (then it is never COUNTED). */
struct mac_item {
	struct actor_item item;
	uint32_t state; /* enum item_state */
	uint64_t first_path;
	struct short_text file; /* served; else the first asked for */
};

#define VALUE_MAC  ((uint64_t)1 << 62)
#define VALUE_OUI  ((uint64_t)1 << 61)
#define VALUE_MASK (VALUE_OUI - 1)

struct walker {
	struct addr actor;
	uint64_t requests;
	uint64_t last_value; /* the MAC asked for just now, by its first file (0: no such): in.tftpd refuses without saying what */
	uint32_t macs, ouis;
	uint32_t conflicts; /* MACs asked for in another's name */
	uint32_t ghosts;    /* MACs that nobody names and no phone seems to be behind */
	uint32_t forged;    /* MACs that their agents name, and yet nothing else shows a phone */
	uint32_t strange, missed; /* of those that nobody vouches for: how many were answered, and got nothing */
	uint32_t companions; /* requests for shared files, repeats only: what phones ask for besides their own; by agents without a MAC */
	uint32_t named_companions; /* by agents that name one: phones whose server is gone get nothing, and ask for the same all the same */
	uint32_t run, front_run, front_actors;
	struct walk walk;
	uint64_t young[YOUNG];
	uint32_t young_count;
};

/* All actors at one target within one OUI: a harvest that is shared out goes on where another left off. */
struct front {
	struct {
		struct addr target;
		uint64_t oui;
	} key;
	struct walk walk;
};

/* An account whose name is a MAC, as many provisioning systems make them. */
struct mac_account {
	uint64_t mac;
	struct addr home;  /* registered it last, before it was stolen; :: when not seen */
	struct addr thief; /* was served its file; :: when nobody was */
};

struct mac_breach {
	struct actor_item item;
	struct short_text account;
	struct place place;
	uint32_t calls_after;
};

struct mac_shared {
	struct table walkers, fronts, accounts;
	struct actor_table items, breaches;
	struct actor_index index, breach_index;
	struct breach *list; /* of the offender that is described */
	int list_failed;     /* of those that are described */
	size_t list_max;
};

/* A walker that shows something is kept before one that asked for a file or two. */
static unsigned walker_worth(void *ctx, const void *entry)
{
	const struct walker *w = entry;
	(void)ctx;
	return w->conflicts + w->ghosts >= HARVESTER_MACS_MIN ? 2 : w->macs > 1;
}

static int mac_init(void *shared, const struct detect_limits *limits)
{
	struct mac_shared *all = shared;
	size_t max = limits->max_items;
	struct table_config walkers = { .max_entries = max / 16 + 1, .key_size = sizeof(struct addr), .entry_size = sizeof(struct walker),
					.worth = walker_worth };
	struct table_config fronts = { .max_entries = max / 64 + 1, .key_size = sizeof(((struct front *)0)->key),
				       .entry_size = sizeof(struct front) };
	struct table_config accounts = { .max_entries = max / 8 + 1, .key_size = 8, .entry_size = sizeof(struct mac_account) };
	int bad = table_init(&all->walkers, &walkers);
	bad = bad ? bad : table_init(&all->fronts, &fronts);
	bad = bad ? bad : table_init(&all->accounts, &accounts);
	bad = bad ? bad : actor_table_init(&all->items, max, sizeof(struct mac_item));
	return bad ? bad : actor_table_init(&all->breaches, max / 64 + 1, sizeof(struct mac_breach));
}

static const struct table *walkers_of(const void *shared)
{
	return &((const struct mac_shared *)shared)->walkers;
}

static void mac_fini(void *shared)
{
	struct mac_shared *all = shared;
	table_fini(&all->walkers);
	table_fini(&all->fronts);
	table_fini(&all->accounts);
	actor_table_fini(&all->items);
	actor_table_fini(&all->breaches);
	free(all->list);
	all->list = NULL;
}

/* ---- counting ---- */

/* What an item in this state adds to its walker's counts. */
static void weigh(struct walker *w, uint32_t state, uint32_t sign)
{
	bool is_empty = (state & ANSWERED) && !(state & SERVED);
	if (!(state & COUNTED))
		return;
	if (state & NAMED) {
		w->forged += (state & ABSENT) && !(state & (ALIVE | SERVED)) ? sign : 0;
		return;
	}
	if (state & CONFLICT)
		w->conflicts += sign;
	else if ((state & GROWN) && (!(state & ALIVE) || is_empty))
		w->ghosts += sign;
	w->strange += state & ANSWERED ? sign : 0;
	w->missed += is_empty ? sign : 0;
}

static void become(struct walker *w, struct mac_item *item, uint32_t state)
{
	if (item->state == state)
		return;
	weigh(w, item->state, UINT32_MAX); /* minus one */
	item->state = state;
	weigh(w, state, 1);
}

static void grow(struct mac_shared *all, struct walker *w, uint64_t value)
{
	struct mac_item *item = actor_table_find(&all->items, &w->actor, value);
	if (item)
		become(w, item, item->state | GROWN);
}

/* Those that had time enough to show that they are phones. */
static void grow_up(struct mac_shared *all, struct walker *w, int64_t now_us, bool at_once)
{
	uint32_t kept = 0;
	for (uint32_t i = 0; i < w->young_count; i++) {
		const struct mac_item *item = actor_table_find(&all->items, &w->actor, w->young[i]);
		if (!at_once && item && now_us - item->item.first_us < YOUNG_US)
			w->young[kept++] = w->young[i];
		else
			grow(all, w, w->young[i]);
	}
	w->young_count = kept;
}

static void be_young(struct mac_shared *all, struct walker *w, uint64_t value)
{
	if (w->young_count == YOUNG) {
		grow(all, w, w->young[0]);
		memmove(w->young, w->young + 1, (YOUNG - 1) * sizeof *w->young);
		w->young_count--;
	}
	w->young[w->young_count++] = value;
}

static void walk_front(struct mac_shared *all, struct walker *w, const struct event *e, uint64_t mac)
{
	struct front key = { .key = { e->target, mac >> 24 } };
	struct front *front = table_get(&all->fronts, &key.key, NULL);
	if (!front)
		return;
	struct step step = walk_add(&front->walk, mac, (uint64_t)1 << (hash_addr(&e->actor, 0) & 63));
	uint32_t actors = (uint32_t)__builtin_popcountll(step.actors);
	if (actors < FRONT_ACTORS_MIN || step.run < w->front_run)
		return;
	w->front_run = step.run;
	w->front_actors = actors;
}

/* The first request for the settings of this MAC. */
static void count_mac(struct mac_shared *all, struct walker *w, const struct event *e, struct mac_item *item)
{
	const struct provisioning_ask *ask = e->provisioning;
	bool is_new;
	w->macs++;
	actor_table_see(&all->items, &e->actor, VALUE_OUI | ask->mac >> 24, e->time_us, &is_new);
	w->ouis += is_new;
	uint32_t run = walk_add(&w->walk, ask->mac, 0).run;
	w->run = run > w->run ? run : w->run;
	if (ask->agent_mac != ask->mac)
		walk_front(all, w, e, ask->mac);
	if (run >= RUN_CLEAR)
		grow_up(all, w, e->time_us, true);
	if (run >= RUN_CLEAR || !ask->by_phone)
		become(w, item, item->state | GROWN);
	else
		be_young(all, w, item->item.value);
}

static struct mac_item *see(struct mac_shared *all, const struct event *e, uint64_t value, bool *is_new)
{
	struct mac_item *item = actor_table_see(&all->items, &e->actor, value, e->time_us, is_new);
	if (item && *is_new) {
		item->file = e->provisioning->file;
		item->first_path = e->provisioning->path_hash;
	}
	return item;
}

static uint64_t value_of(const struct provisioning_ask *ask)
{
	return ask->mac ? VALUE_MAC | ask->mac : ask->path_hash & VALUE_MASK;
}

/* An answer to the request before, which tells neither MAC nor path. */
static bool is_bare(const struct provisioning_ask *ask)
{
	return !ask->mac && !ask->path_hash;
}

static void ask_mac(struct mac_shared *all, struct walker *w, const struct event *e)
{
	const struct provisioning_ask *ask = e->provisioning;
	bool is_new;
	struct mac_item *item = see(all, e, value_of(ask), &is_new);
	if (!item)
		return;
	/* Of a phone that asks for several files some are missing as a rule. */
	w->last_value = ask->path_hash == item->first_path ? value_of(ask) : 0;
	uint32_t state = item->state;
	if (ask->agent_mac)
		state |= ask->agent_mac == ask->mac ? NAMED : CONFLICT;
	if (!is_new && (ask->path_hash != item->first_path || e->time_us - item->item.first_us >= COMES_BACK_US))
		state |= ALIVE;
	bool counts = ask->is_read && (ask->kind == FILE_KIND_DEVICE || ask->kind == FILE_KIND_DIRECTORY);
	bool is_first = counts && !(state & COUNTED);
	become(w, item, counts ? state | COUNTED : state);
	if (is_first)
		count_mac(all, w, e, item);
}

/* A repeated request for a shared file speaks for one phone whose agent names no MAC; those that name theirs need nobody to. */
static bool is_companion(const struct provisioning_ask *ask)
{
	return ask->by_phone && ask->kind != FILE_KIND_NONE && ask->kind != FILE_KIND_OTHER && ask->kind != FILE_KIND_LOG;
}

static void mac_request(void *shared, void *actor, struct event *e, const struct detect_context *c)
{
	struct mac_shared *all = shared;
	const struct provisioning_ask *ask = e->provisioning;
	(void)actor;
	(void)c;
	if (!ask || is_bare(ask))
		return;
	struct walker *w = table_get(&all->walkers, &e->actor, NULL);
	if (!w)
		return;
	w->requests++;
	w->last_value = 0;
	grow_up(all, w, e->time_us, false);
	if (ask->mac) {
		ask_mac(all, w, e);
	} else {
		bool is_new;
		struct mac_item *item = see(all, e, value_of(ask), &is_new);
		bool is_repeat = item && !is_new && is_companion(ask);
		w->companions += is_repeat && !ask->agent_mac;
		w->named_companions += is_repeat && ask->agent_mac;
	}
}

/* ---- accounts that are MACs ---- */

static bool same_net(const struct addr *a, const struct addr *b)
{
	return memcmp(a->bytes, b->bytes, addr_is_v4(a) ? 15 : 8) == 0;
}

static bool is_harvester(const struct mac_shared *all, const struct addr *actor)
{
	const struct walker *w = table_find(&all->walkers, actor);
	return w && w->conflicts + w->ghosts >= HARVESTER_MACS_MIN;
}

static void note_theft(struct mac_shared *all, const struct event *e, const struct mac_item *item)
{
	uint64_t mac = e->provisioning->mac;
	if (!mac || e->provisioning->kind != FILE_KIND_DEVICE || (item->state & NAMED))
		return;
	struct mac_account *account = table_get(&all->accounts, &mac, NULL);
	if (account)
		account->thief = e->actor;
}

/* The phone itself may have moved; but who was given its password and is not where the phone was before, got in with it. */
static bool is_stolen(const struct mac_shared *all, const struct mac_account *account, const struct event *e)
{
	if (addr_is_none(&account->thief) || !is_harvester(all, &account->thief))
		return false;
	if (addr_eq(&account->thief, &e->actor))
		return true;
	return !addr_is_none(&account->home) && !same_net(&account->home, &e->actor);
}

static void registered(struct mac_shared *all, const struct event *e, uint64_t mac, struct observation *o)
{
	bool is_new;
	struct mac_account *account = table_get(&all->accounts, &mac, NULL);
	if (!account)
		return;
	if (!is_stolen(all, account, e)) {
		if (!is_harvester(all, &e->actor))
			account->home = e->actor;
		return;
	}
	o->choice[CHOICE_BREACHED] = FLAG_TRUE;
	struct mac_breach *b = actor_table_see(&all->breaches, &e->actor, mac, e->time_us, &is_new);
	if (b && is_new) {
		b->account = e->account;
		b->place = e->place;
	}
}

/* "0004f2aabbcc", also with a line's number behind it ("0004f2aabbcc-1"). */
static uint64_t account_mac(const struct event *e)
{
	uint64_t mac = 0;
	return e->account.len >= 12 && mac_at_start(short_text_slice(&e->account), &mac) ? mac : 0;
}

static void sip_settled(struct mac_shared *all, const struct event *e, struct observation *o)
{
	if (e->account.len < 12 || !outcome_is_success(event_outcome(e)) || e->in_dialog)
		return;
	uint64_t mac = account_mac(e);
	if (!mac)
		return;
	struct mac_breach *b = actor_table_find(&all->breaches, &e->actor, mac);
	if (b && e->method == SIP_METHOD_INVITE)
		b->calls_after++;
	bool is_registration = e->method == SIP_METHOD_REGISTER || (e->from_log && e->method == SIP_METHOD_OTHER);
	if (is_registration && e->choice[CHOICE_CREDENTIALS] == CREDENTIALS_GIVEN)
		registered(all, e, mac, o);
}

/* ---- results ---- */

static void mac_settled(void *shared, void *actor, const struct event *e, const struct detect_context *c, struct observation *o)
{
	struct mac_shared *all = shared;
	const struct provisioning_ask *ask = e->provisioning;
	(void)actor;
	(void)c;
	if (!ask) {
		sip_settled(all, e, o);
		return;
	}
	struct walker *w = table_find(&all->walkers, &e->actor);
	struct mac_item *item = w ? actor_table_find(&all->items, &e->actor, is_bare(ask) ? w->last_value : value_of(ask)) : NULL;
	if (!item)
		return;
	/* An upload, a redirection or "not modified" says nothing about whether the file is there for the asking. */
	bool is_answer = event_outcome(e) > OUTCOME_NONE && (event_outcome(e) != OUTCOME_ACCEPTED || ask->is_served);
	uint32_t state = item->state | (is_answer ? ANSWERED : 0) | (event_outcome(e) == OUTCOME_UNKNOWN_TARGET ? ABSENT : 0);
	if (ask->is_served) {
		if (!(state & SERVED))
			item->file = ask->file;
		state |= SERVED;
		/* A password of the provisioning server is no harvester's first try. */
		if (e->choice[CHOICE_CREDENTIALS] == CREDENTIALS_GIVEN)
			state |= ALIVE;
		note_theft(all, e, item);
	}
	become(w, item, state);
	uint32_t nobodys = w->ghosts > w->companions ? w->ghosts - w->companions : 0;
	uint32_t phones = w->companions + w->named_companions;
	if (w->run >= RUN_FORGED && w->forged >= RUN_FORGED && w->forged > phones)
		nobodys += w->forged - phones;
	observation_set_number(o, NUMBER_MACS, w->macs);
	observation_set_number(o, NUMBER_MAC_RUN, w->run > w->front_run ? w->run : w->front_run);
	observation_set_number(o, NUMBER_MAC_OUIS, w->ouis);
	observation_set_number(o, NUMBER_MAC_FOREIGN, w->conflicts + nobodys);
	if (w->strange)
		observation_set_number(o, NUMBER_MAC_MISSING, (int64_t)w->missed * 100 / w->strange);
	if (w->front_run)
		observation_set_number(o, NUMBER_CAMPAIGN_SOURCES, w->front_actors);
}

/* ---- the report ---- */

static int mac_report_begin(void *shared)
{
	struct mac_shared *all = shared;
	int bad = actor_index_make(&all->index, &all->items);
	all->list_failed = 0;
	return bad ? bad : actor_index_make(&all->breach_index, &all->breaches);
}

/* Files that were given out, those without a phone behind them first. */
static void list_served(const struct actor_item *const *items, size_t count, bool named, struct offender *out)
{
	for (size_t i = 0; i < count; i++) {
		const struct mac_item *item = (const struct mac_item *)items[i];
		if (!(item->state & SERVED) || !(item->state & NAMED) == named)
			continue;
		out->served.count++;
		if (out->served.shown < SAMPLE_MAX)
			out->served.items[out->served.shown++] = short_text_slice(&item->file);
	}
}

/* Breaches that are known already, and ours behind them. */
static void list_breaches(struct mac_shared *all, struct offender *out)
{
	const struct actor_item *const *items;
	size_t count = actor_index_of(&all->breach_index, &out->address, &items);
	if (!count)
		return;
	if (out->breach_count + count > all->list_max) {
		size_t max = out->breach_count + count;
		struct breach *list = realloc(all->list, max * sizeof *list);
		if (!list) {
			all->list_failed = -ENOMEM;
			return;
		}
		all->list = list;
		all->list_max = max;
	}
	if (out->breach_count)
		memcpy(all->list, out->breaches, out->breach_count * sizeof *all->list);
	for (size_t i = 0; i < count; i++) {
		const struct mac_breach *b = (const struct mac_breach *)items[i];
		all->list[out->breach_count++] = (struct breach){ .account = short_text_slice(&b->account), .time_us = b->item.first_us,
								  .calls_after = b->calls_after, .place = b->place };
	}
	out->breaches = all->list;
}

static void mac_describe(void *shared, const void *actor, struct offender *out)
{
	struct mac_shared *all = shared;
	const struct actor_item *const *items;
	const struct walker *w = table_find(&all->walkers, &out->address);
	size_t count = actor_index_of(&all->index, &out->address, &items);
	(void)actor;
	out->provisioning_requested = w ? w->requests : 0;
	list_served(items, count, false, out);
	list_served(items, count, true, out);
	list_breaches(all, out);
}

static int mac_report_end(void *shared)
{
	struct mac_shared *all = shared;
	actor_index_free(&all->index);
	actor_index_free(&all->breach_index);
	return all->list_failed;
}

static void mac_image(void *shared, struct image *i)
{
	struct mac_shared *all = shared;
	table_image(&all->walkers, i);
	table_image(&all->fronts, i);
	table_image(&all->accounts, i);
	table_image(&all->items.table, i);
	table_image(&all->breaches.table, i);
}

const struct detector detector_mac = {
	.shared_bytes = sizeof(struct mac_shared),
	.init = mac_init,
	.fini = mac_fini,
	.looks = { { walkers_of, offsetof(struct event_keys, asker) } },
	.request = mac_request,
	.settled = mac_settled,
	.report_begin = mac_report_begin,
	.describe = mac_describe,
	.report_end = mac_report_end,
	.image = mac_image,
};
