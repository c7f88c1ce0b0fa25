/* SPDX-License-Identifier: MIT */
#include "analyze/detect/attempt.h"
#include "analyze/detect/detector.h"
#include "analyze/detect/opening.h"
#include "analyze/detect/owner.h"

#include "core/clock.h"

#include <errno.h>
#include <stdlib.h>

/* Accounts tried by an actor, and how each went. A challenge is not a failure; one that is never answered is.
 * A refusal is wrong credentials, and a success closes the count: people mistype. What tells guessing from a
 * phone that has an old password stored: a phone takes the new nonce of each challenge and waits; who guesses
 * goes on with a nonce that was already refused, or is faster than any retry timer. Programs that begin anew
 * with each try do so by a clock, and from one contact. */

#define BREACH_REFUSALS_MIN	  OPENING_REFUSALS_MIN /* with the marks of guessing */
#define BREACH_FAST_REFUSALS_MIN  12 /* without them: no person and hardly a phone goes on so long */
#define BREACH_PACE		  (3 * ATTEMPT_TICKS) /* between tries, above which it could be a person or a phone */
#define BREACH_GUESSES_MIN    3
#define BREACH_UNCHANGED_MIN                                                                                 \
	12 /* while the password was the same for another: a phone set up with a wrong one is looked at sooner */
#define CAMPAIGN_REFUSALS_MIN 20 /* one account, several actors: more than a household mistypes */
#define CAMPAIGN_ACTORS_MIN   8	 /* as crack.distributed asks: the devices of one user are fewer */
#define CAMPAIGN_OWN_REFUSALS_MIN 4  /* of the actor that got in: its owner, who mistypes, gives up */
#define BACK_US		     (20 * SECOND_US) /* after which somebody comes back; below are repetitions and bursts */
#define SPRAYED_ACCOUNTS_MIN	  5 /* an address that guesses at so many is no phone beside others */
#define QUICK_ACCOUNTS_MAX                                                                                   \
	2 /* whose passwords one program tries anew each few seconds; with more it is many guesses a second */
#define GATEWAY_LINES_MAX 48 /* of common ones; who guesses at more accounts waits for no second round */
#define FIRST_ROUNDS_MAX  3  /* after the next its clock is known: CLOCK_GAPS_MIN */
#define COPIES_OF_A_STACK 2		  /* as for targets, see sweep.c */
#define COPIES_WAIT_US	  (4 * SECOND_US) /* the third copy is sent after 3.5 s */

/* One account, from whomever. */
struct account {
	uint64_t key;
	uint32_t refusals, actors;
	uint32_t
	    anew; /* of the refusals, those that did not go on with the try before: see attempt_goes_on() */
	uint32_t series; /* of refusals: since the last success */
	struct owner owner;
	int64_t last_us;
};

struct account_shared {
	struct actor_table attempts;
	struct actor_table openings;
	struct actor_table refused_at;
	uint32_t series;
	struct table accounts;
	struct actor_index index;
	uint32_t under_attack;		  /* accounts with refusals; too many rather than too few */
	struct breach *breaches, *doubts; /* while a report is made: room for those of any one offender */
};

struct refused_at {
	struct actor_item item;
	uint32_t series; /* in which this actor was counted for that account */
};

struct account_state {
	uint32_t tried, failed, vain, unknown, refused_total, guesses, breached;
	uint32_t told; /* accounts that are there and not its own */
	uint32_t back; /* accounts that it came back to, and that are closed to it */
};

/* A breach is what everybody wants to know; a flood of names must not wash it away. */
static unsigned attempt_worth(void *ctx, const void *item)
{
	const struct attempt *a = item;
	(void)ctx;
	if (a->item.flags & OPENED)
		return 3;
	return (a->item.flags & OWNED) || a->refusals ? 2 : actor_item_worth(NULL, item);
}

static unsigned opening_worth(void *ctx, const void *item)
{
	(void)ctx;
	return ((const struct opening *)item)->is_guessed ? 2 : 1;
}

static int account_init(void *shared, const struct detect_limits *limits)
{
	struct account_shared *all = shared;
	struct table_config config = { .max_entries = limits->max_items / 4,
				       .key_size = 8,
				       .entry_size = sizeof(struct account) };
	int bad = table_init(&all->accounts, &config);
	bad = bad ? bad
		  : actor_table_init_ranked(&all->attempts, limits->max_items, sizeof(struct attempt),
					    attempt_worth);
	bad = bad ? bad
		  : actor_table_init_ranked(&all->openings, limits->max_items / 8, sizeof(struct opening),
					    opening_worth);
	return bad ? bad
		   : actor_table_init(&all->refused_at, limits->max_items / 4, sizeof(struct refused_at));
}

static void account_fini(void *shared)
{
	struct account_shared *all = shared;
	table_fini(&all->accounts);
	actor_table_fini(&all->attempts);
	actor_table_fini(&all->openings);
	actor_table_fini(&all->refused_at);
}

static bool counts(const struct event *e)
{
	return e->account_hash && !e->in_dialog;
}

static const struct table *attempts_of(const void *shared)
{
	return &((const struct account_shared *)shared)->attempts.table;
}

static const struct table *accounts_of(const void *shared)
{
	return &((const struct account_shared *)shared)->accounts;
}

static struct opening *opening_of(const struct account_shared *all, const struct attempt *a)
{
	return a->item.flags & OPENED ? actor_table_find(&all->openings, &a->item.actor, a->item.value)
				      : NULL;
}

static void note_call(const struct account_shared *all, const struct attempt *a)
{
	struct opening *o = opening_of(all, a);
	if (o)
		o->calls_after++;
}

static void account_request(void *shared, void *actor, struct event *e, const struct detect_context *c)
{
	struct account_shared *all = shared;
	struct account_state *s = actor;
	if (!counts(e))
		return;
	bool is_new;
	struct attempt *a = actor_table_see_hashed(&all->attempts, &e->actor, e->account_hash,
						   c->keys->attempt, e->time_us, &is_new);
	e->hint.attempt = a;
	if (!a)
		return;
	if (is_new) {
		a->account = e->account;
		if (s->tried++ == 0)
			actor_table_note_first(&all->attempts, a);
	}
	if (e->choice[CHOICE_CREDENTIALS] == CREDENTIALS_GIVEN)
		a->item.flags |= GAVE;
	if (e->choice[CHOICE_GUESS_KIND])
		a->guess_kind = e->choice[CHOICE_GUESS_KIND] & 7;
	if ((a->item.flags & OPENED) && e->method == SIP_METHOD_INVITE)
		note_call(all, a);
}

static void set_state(struct account_state *s, struct attempt *a, enum try_state state)
{
	enum try_state before = (enum try_state)(a->item.flags & STATE_BITS);
	if (before == state || (before == TRY_GOOD && state == TRY_FAILED) ||
	    (before != TRY_OPEN && state == TRY_VAIN))
		return;
	s->failed += state == TRY_FAILED;
	s->failed -= before == TRY_FAILED;
	s->vain += state == TRY_VAIN;
	s->vain -= before == TRY_VAIN;
	a->item.flags = (a->item.flags & ~STATE_BITS) | state;
}

/* A stack comes back to the accounts that it has, for ever; who looks for some asks once. */
static void note_return(struct account_state *s, struct attempt *a, const struct event *e, bool is_going_on)
{
	if (!is_going_on)
		attempt_note_beginning(a, e);
	if (!is_going_on || a->item.flags & BACK || e->time_us - a->item.first_us < BACK_US)
		return;
	a->item.flags |= BACK;
	s->back++;
}

/* Whether it began anew. */
static bool refused(struct account_shared *all, struct account_state *s, struct attempt *a,
		    const struct event *e)
{
	a->last_refusal = attempt_tick(e);
	if (a->refusals++ == 0)
		a->first_refusal = a->last_refusal;
	bool is_going_on = attempt_goes_on(a, e),
	     is_anew = !is_going_on || e->from_log; /* svcrack keeps its Call-ID */
	a->restarts += is_anew && a->restarts < BREACH_FAST_REFUSALS_MIN;
	note_return(s, a, e, is_going_on);
	uint32_t nonce = (uint32_t)e->nonce_hash;
	if (is_anew && nonce && nonce == a->last_nonce) {
		a->guesses++;
		s->guesses++;
	}
	a->last_nonce = nonce;
	s->refused_total++;
	set_state(s, a, TRY_FAILED);
	if (e->is_presumed)
		return is_anew; /* what may be forged says nothing about what others do to the account */
	uint64_t key = event_account_value(e);
	bool is_new;
	struct account *account = table_get_hinted(&all->accounts, a->account_hint, &key, &is_new);
	a->account_hint = account;
	if (!account)
		return is_anew;
	if (is_new)
		account->series = ++all->series;
	all->under_attack += account->refusals++ == 0;
	account->anew += is_anew;
	account->last_us = e->time_us;
	owner_refused(&account->owner, e);
	struct refused_at *counted = actor_table_see(&all->refused_at, &e->actor, key, e->time_us, NULL);
	if (!counted || counted->series == account->series)
		return is_anew;
	counted->series = account->series;
	account->actors++;
	return is_anew;
}

/* Was this success won by guessing? */
static bool is_breach(const struct account_state *s, const struct attempt *a, const struct account *account,
		      const struct event *e, const struct detect_context *c)
{
	if (e->choice[CHOICE_CREDENTIALS] != CREDENTIALS_GIVEN)
		return false;
	if (e->choice[CHOICE_GUESS_KIND])
		return true; /* the tool itself said that it was guessing */
	/* Not its owner, who stumbles while others attack the account. */
	bool is_owned = a->item.flags & OWNED;
	if (account && account->anew >= CAMPAIGN_REFUSALS_MIN && account->actors >= CAMPAIGN_ACTORS_MIN &&
	    a->refusals >= CAMPAIGN_OWN_REFUSALS_MIN && !is_owned)
		return true;
	/* Not the first login of somebody who shares the address with a broken phone. */
	if (c->is_cracking && !is_owned && s->failed >= SPRAYED_ACCOUNTS_MIN)
		return true; /* it guesses at others, and this one opened */
	/* The names were looked up first, and this one was seen to be there; then its password was known. */
	if (c->is_enumerating && !is_owned && !e->is_presumed && (a->item.flags & LEFT))
		return true;
	if (a->refusals < BREACH_REFUSALS_MIN)
		return false;
	/* The owner's phone went on with the password that it had, so nobody changed that; and nobody has
	 * corrected this one. */
	if (account && a->refusals >= BREACH_UNCHANGED_MIN && !is_owned &&
	    owner_contradicts(&account->owner, e) >= BREACH_UNCHANGED_MIN && attempt_is_on_the_beat(a, e))
		return true;
	uint32_t pace = (attempt_tick(e) - a->first_refusal) / a->refusals;
	return c->is_cracking || a->guesses >= BREACH_GUESSES_MIN ||
	       (a->restarts >= BREACH_FAST_REFUSALS_MIN && pace < BREACH_PACE);
}

/* A password was right. That our side answers an OPTIONS or takes a call for the account says nothing about
 * who asks, so it closes no count: a cracker could ask in between. Logs tell of passwords only. */
static bool opened(const struct event *e)
{
	return e->choice[CHOICE_CREDENTIALS] == CREDENTIALS_GIVEN || e->from_log;
}

static uint32_t at_least(uint32_t own, const struct account *account)
{
	return account && account->refusals > own ? account->refusals : own;
}

/* What opened is told with the refusals before, unless it was a breach already: that is told as it was. */
static void note_opening(struct account_shared *all, struct account_state *s, struct attempt *a,
			 const struct account *account, const struct event *e, bool is_breach)
{
	struct opening *o = actor_table_see(&all->openings, &e->actor, e->account_hash, e->time_us, NULL);
	if (!o || o->is_guessed)
		return;
	*o = (struct opening){ .item = o->item, .time_us = e->time_us, .place = e->place };
	o->refusals = is_breach ? at_least(a->refusals, account) : a->refusals;
	o->refused_us = a->refusals ? (attempt_tick(e) - a->first_refusal) * (SECOND_US / ATTEMPT_TICKS) : 0;
	o->is_guessed = is_breach;
	o->is_used =
	    a->item.flags & OWNED || a->restarts < OPENING_REFUSALS_MIN || e->method != SIP_METHOD_REGISTER;
	s->breached += is_breach;
	a->item.flags |= OPENED;
}

/* Closes the count. Who was never refused has none, and the second half of the attempt is not looked at. */
static void forgive(struct account_state *s, struct attempt *a)
{
	s->refused_total -= a->refusals < s->refused_total ? a->refusals : s->refused_total;
	s->guesses -= a->guesses < s->guesses ? a->guesses : s->guesses;
	a->refusals = a->guesses = a->restarts = 0;
	a->last_nonce = 0;
}

/* What was counted of the account is over. */
static void begin_anew(struct account_shared *all, struct account *account, const struct event *e)
{
	all->under_attack -= account->refusals && all->under_attack;
	account->refusals = account->actors = account->anew = 0;
	account->series = ++all->series;
	account->last_us = e->time_us;
	owner_opened(&account->owner, e);
}

/* Calls with an account that opened after refusals may show that it was guessed. */
static void note_use(const struct account_shared *all, struct account_state *s, const struct attempt *a,
		     const struct event *e, struct observation *o)
{
	struct opening *opening =
	    e->choice[CHOICE_CREDENTIALS] == CREDENTIALS_GIVEN ? opening_of(all, a) : NULL;
	if (!opening || !opening_called(opening, e))
		return;
	s->breached++;
	o->choice[CHOICE_BREACHED] = FLAG_TRUE;
}

static void succeeded(struct account_shared *all, struct account_state *s, struct attempt *a,
		      const struct event *e, const struct detect_context *c, struct observation *o)
{
	uint64_t key = event_account_value(e);
	a->item.flags |= EXISTS;
	if (!opened(e)) {
		if (event_outcome(e) == OUTCOME_ANSWERED)
			set_state(s, a, TRY_GOOD);
		return;
	}
	struct account *account = table_get_hinted(&all->accounts, a->account_hint, &key, NULL);
	a->account_hint = account;
	bool is_breached = is_breach(s, a, account, e, c);
	if (is_breached)
		o->choice[CHOICE_BREACHED] = FLAG_TRUE;
	if (is_breached || a->refusals >= OPENING_REFUSALS_MIN)
		note_opening(all, s, a, account, e, is_breached);
	observation_set_number(o, NUMBER_REFUSALS_BEFORE, a->refusals);
	if (a->refusals)
		forgive(s, a);
	s->back -= (a->item.flags & BACK) != 0;
	a->item.flags = (a->item.flags & ~(unsigned)BACK) | OWNED;
	set_state(s, a, TRY_GOOD);
	if (account && !e->is_presumed)
		begin_anew(all, account, e);
}

/* Whether it was left alone by who began anew. */
static bool challenged(struct account_state *s, struct attempt *a, const struct event *e)
{
	a->item.flags |= EXISTS;
	if (e->choice[CHOICE_ABANDONED] != FLAG_TRUE) {
		if (!a->refusals) /* an old password is asked for each time before it is refused once more */
			set_state(s, a, TRY_OPEN);
		return false;
	}
	a->item.flags |= LEFT;
	bool is_going_on = attempt_goes_on(a, e);
	note_return(s, a, e, is_going_on); /* a line whose password was never entered */
	set_state(s, a, TRY_FAILED);
	return !is_going_on;
}

/* Who registers asks again when no answer comes (RFC 3261 17.1.2), and when the server has trouble, which
 * tells nothing about the account. */
static bool is_in_vain(const struct attempt *a, const struct event *e, const struct detect_context *c)
{
	if (e->method != SIP_METHOD_REGISTER || e->from_log || a->item.flags & GAVE)
		return false;
	if (event_outcome(e) == OUTCOME_ERROR)
		return (e->code / 100 == 4 && e->code != 408 && e->code != 423 && e->code != 480) ||
		       e->code == 501; /* it is no registrar */
	return e->choice[CHOICE_TRANSPORT] == TRANSPORT_UDP && e->code == 0 &&
	       e->retransmissions < COPIES_OF_A_STACK && c->now_us - e->time_us >= COPIES_WAIT_US;
}

/* The user of From in a log's line: whoever calls by way of a carrier, and no account that the carrier tries. */
static bool is_caller(const struct event *e)
{
	return e->from_log &&
	       (e->choice[CHOICE_CALLER] == CALLER_NUMBER || e->choice[CHOICE_CALLER] == CALLER_HIDDEN);
}

static void account_outcome(struct account_shared *all, struct account_state *s, struct attempt *a,
			    const struct event *e, const struct detect_context *c, struct observation *o)
{
	bool gave = e->choice[CHOICE_CREDENTIALS] == CREDENTIALS_GIVEN, is_anew = false;
	switch (event_outcome(e)) {
	case OUTCOME_CHALLENGED:
		is_anew = challenged(s, a, e) && gave;
		break;
	case OUTCOME_REFUSED:
		a->item.flags |= EXISTS;
		is_anew = refused(all, s, a, e);
		break;
	case OUTCOME_UNKNOWN_TARGET:
		if (!is_caller(e)) {
			s->unknown += !(a->item.flags & UNKNOWN);
			a->item.flags |= UNKNOWN;
		}
		note_return(s, a, e, attempt_goes_on(a, e));
		set_state(s, a, TRY_FAILED);
		break;
	case OUTCOME_FORBIDDEN:
		a->item.flags |= EXISTS;
		note_return(s, a, e, attempt_goes_on(a, e));
		set_state(s, a, TRY_FAILED);
		break;
	case OUTCOME_ACCEPTED:
	case OUTCOME_ANSWERED:
		succeeded(all, s, a, e, c, o);
		break;
	case OUTCOME_RANG:
	case OUTCOME_CANCELLED:
		a->item.flags |= e->rang ? EXISTS : 0;
		break;
	case OUTCOME_ERROR:
	case OUTCOME_NONE:
		is_anew = gave && attempt_begins_anew(a, e);
		if (!is_in_vain(a, e, c))
			break;
		note_return(s, a, e, attempt_goes_on(a, e));
		set_state(s, a, TRY_VAIN);
		break;
	case OUTCOME_ABSENT:
		break;
	}
	o->choice[CHOICE_ANEW] = is_anew ? FLAG_TRUE : FLAG_FALSE;
}

/* Real accounts stand out only against ones that are said not to exist. */
static uint32_t revealed(const struct account_state *s)
{
	return s->unknown ? s->told : 0;
}

static bool is_told(const struct attempt *a)
{
	return (a->item.flags & (EXISTS | OWNED)) == EXISTS;
}

static void note_told(struct account_state *s, struct attempt *a)
{
	bool told = is_told(a), was_told = a->item.flags & TOLD;
	if (told == was_told)
		return;
	s->told += told ? 1 : UINT32_MAX; /* minus one */
	a->item.flags ^= TOLD;
}

static void account_settled(void *shared, void *actor, const struct event *e, const struct detect_context *c,
			    struct observation *o)
{
	struct account_shared *all = shared;
	struct account_state *s = actor;
	struct attempt *a =
	    counts(e) ? actor_table_recall(&all->attempts, e->hint.attempt, &e->actor, e->account_hash)
		      : NULL;
	if (a) {
		uint64_t key = event_account_value(e);
		account_outcome(all, s, a, e, c, o);
		if (e->method == SIP_METHOD_INVITE)
			note_use(all, s, a, e, o);
		note_told(s, a);
		observation_set_number(o, NUMBER_REFUSALS, a->refusals);
		observation_set_number(o, NUMBER_ACCOUNTS_VAIN,
				       (a->item.flags & STATE_BITS) == TRY_VAIN ? s->vain : 0);
		const struct account *account =
		    all->under_attack ? table_recall(&all->accounts, a->account_hint, &key) : NULL;
		observation_set_number(o, NUMBER_ACCOUNT_REFUSALS, account ? account->refusals : 0);
		observation_set_number(o, NUMBER_ACCOUNT_ACTORS, account ? account->actors : 0);
	}
	observation_set_number(o, NUMBER_ACCOUNTS_TRIED, s->tried);
	observation_set_number(o, NUMBER_ACCOUNTS_FAILED, s->failed);
	observation_set_number(o, NUMBER_ACCOUNTS_UNKNOWN, s->unknown);
	observation_set_number(o, NUMBER_ACCOUNTS_REVEALED, revealed(s));
	observation_set_number(o, NUMBER_REFUSED_TOTAL, s->refused_total);
	observation_set_number(o, NUMBER_GUESSES, s->guesses);
}

static int account_report_begin(void *shared)
{
	struct account_shared *all = shared;
	size_t count = all->openings.table.count;
	int bad = actor_index_make(&all->index, &all->attempts);
	if (bad || count == 0)
		return bad;
	all->breaches = malloc(count * sizeof *all->breaches);
	all->doubts = malloc(count * sizeof *all->doubts);
	return all->breaches && all->doubts ? 0 : -ENOMEM;
}

static void add(struct text_sample *sample, const struct attempt *a)
{
	if (sample->shown < SAMPLE_MAX)
		sample->items[sample->shown++] = short_text_slice(&a->account);
}

/* Accounts that it asks for by a clock: whose challenges it leaves, that are closed to it, whose password is
 * wrong. */
struct rounds {
	uint32_t left, closed, refused, quick; /* quick: of the refused, in less than CLOCK_BACK_MIN_S */
	uint32_t restarts;		       /* of the account that was begun anew most often */
	bool own_ports;			       /* see attempts_have_own_ports() */
};

static void note_rounds(struct rounds *r, const struct attempt *a)
{
	unsigned state = a->item.flags & STATE_BITS;
	r->restarts = a->restarts > r->restarts ? a->restarts : r->restarts;
	if (a->item.flags & BACK || (state != TRY_FAILED && state != TRY_VAIN) ||
	    !attempt_keeps_time(a, r->own_ports))
		return;
	*(a->refusals ? &r->refused : a->item.flags & LEFT ? &r->left : &r->closed) += 1;
	r->quick += a->refusals && a->gap_s < CLOCK_BACK_MIN_S;
}

/* Who has no passwords at all leaves all challenges alone. Who hears of some accounts that they are not
 * there, and leaves it at that where others are, or sends any password, looks for accounts. */
static uint32_t rounds_of_one_kind(const struct rounds *r)
{
	return r->closed && (r->left || r->refused) ? 0 : r->left + r->closed;
}

/* Of what it did not get into; a few may have been asked for the first time just now. */
static bool is_most(uint32_t count, uint32_t failed)
{
	return failed && count >= failed - failed / 4;
}

static void describe_opening(const struct account_shared *all, const struct attempt *a, struct offender *out)
{
	const struct opening *o = all->breaches && all->doubts ? opening_of(all, a) : NULL;
	if (!o)
		return;
	struct breach *to =
	    o->is_guessed ? &all->breaches[out->breach_count++] : &all->doubts[out->doubt_count++];
	*to = (struct breach){
		.account = short_text_slice(&a->account),
		.time_us = o->time_us,
		.refused_us = o->refused_us,
		.refusals_before = o->refusals,
		.calls_after = o->calls_after,
		.place = o->place,
		.guess = a->guess_kind ? choice_text(CHOICE_GUESS_KIND, a->guess_kind) : NULL,
	};
}

static void account_describe(void *shared, const void *actor, struct offender *out)
{
	struct account_shared *all = shared;
	const struct account_state *s = actor;
	const struct actor_item *const *items;
	size_t count = actor_index_of(&all->index, &out->address, &items);
	out->accounts.count = s->tried;
	out->breaches = all->breaches;
	out->doubts = all->doubts;
	struct rounds by_clock = { .own_ports = attempts_have_own_ports(items, count) };
	for (size_t i = 0; i < count; i++) {
		const struct attempt *a = (const struct attempt *)items[i];
		add(&out->accounts, a);
		note_rounds(&by_clock, a);
		if (s->unknown && is_told(a)) {
			out->revealed.count++;
			add(&out->revealed, a);
		}
		describe_opening(all, a, out);
	}
	out->first_rounds = s->failed <= GATEWAY_LINES_MAX && by_clock.restarts <= FIRST_ROUNDS_MAX;
	out->comes_back = is_most(s->back + rounds_of_one_kind(&by_clock), s->failed + s->vain);
	if (by_clock.quick > QUICK_ACCOUNTS_MAX)
		by_clock.refused -= by_clock.quick;
	out->keeps_time =
	    is_most(s->back + by_clock.left + by_clock.closed + by_clock.refused, s->failed + s->vain);
}

static int account_report_end(void *shared)
{
	struct account_shared *all = shared;
	actor_index_free(&all->index);
	free(all->breaches);
	free(all->doubts);
	all->breaches = all->doubts = NULL;
	return 0;
}

static void account_image(void *shared, struct image *i)
{
	struct account_shared *all = shared;
	size_t at = 0;
	table_image(&all->accounts, i);
	table_image(&all->attempts.table, i);
	table_image(&all->openings.table, i);
	table_image(&all->refused_at.table, i);
	image_bytes(i, &all->series, sizeof all->series);
	image_bytes(i, &all->under_attack, sizeof all->under_attack);
	for (struct attempt *a; i->is_loading && (a = table_at(&all->attempts.table, &at));)
		a->account_hint = NULL;
}

const struct detector detector_account = {
	.actor_bytes = sizeof(struct account_state),
	.shared_bytes = sizeof(struct account_shared),
	.init = account_init,
	.fini = account_fini,
	.looks = { { attempts_of, offsetof(struct event_keys, attempt) },
		   { accounts_of, offsetof(struct event_keys, account) } },
	.request = account_request,
	.settled = account_settled,
	.report_begin = account_report_begin,
	.describe = account_describe,
	.report_end = account_report_end,
	.image = account_image,
};
