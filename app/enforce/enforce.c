/* SPDX-License-Identifier: MIT */
#include "app/enforce/enforce.h"

#include "app/commands/command.h"
#include "app/moment.h"
#include "app/notify.h"
#include "app/signals.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

enum {
	STEP_MS = 100,	    /* how long to wait for news */
	TELL_REFUSALS = 20, /* at once; the rest is counted */
	MAX_ENTRIES = 1 << 20,
	FRESH_MAX =
	    100000, /* more at once is a table that was lost: their connections ended when they were banned */
};
#define LOOK_EVERY_US	 SECOND_US /* for what ran out */
#define REPAIR_EVERY_US	 SECOND_US /* should somebody fight us for the table */
#define READ_EVERY_US	 (15 * MINUTE_US)
#define GUARD_EVERY_US	 SECOND_US
#define CLEAR_EVERY_US	 (SECOND_US / 2)
#define WORD_EVERY_US	 MINUTE_US
#define ONCE_PATIENCE_US (20 * SECOND_US)

static int64_t monotonic_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* ---- what the source calls ---- */

static void on_begin(void *ctx)
{
	struct enforce *e = ctx;
	block_set_round_begin(&e->set);
}

static void on_wish(void *ctx, const struct block_wish *wish)
{
	struct enforce *e = ctx;
	e->has_news = true;
	if (wish->until_us == BLOCK_ABSENT)
		block_set_unban(&e->set, &wish->net);
	else
		block_set_ban(&e->set, &wish->net, wish->until_us, wish->is_unproven && !e->options.unproven);
}

static void on_end(void *ctx, bool is_whole)
{
	struct enforce *e = ctx;
	block_set_round_end(&e->set, is_whole);
	e->is_known |= is_whole;
	e->has_news = true;
	e->next_guard_us = 0; /* who may not be blocked comes with it */
	e->counters.lists += is_whole;
}

/* ---- start and end ---- */

/* Without it bans still hold for all that is new; and that is told once. */
static void open_conntrack(struct enforce *e)
{
	struct error why;
	if (block_conntrack_open(&e->conntrack, &why) && !e->options.quiet)
		complain("%s; connections that a blocked sender has already are not ended", why.text);
}

int enforce_open(struct enforce *e, struct error *err)
{
	uint64_t seed = 0;
	e->signal_fd = e->host.talk.fd = e->host.events.fd = e->conntrack.talk.fd = -1;
	e->unsure = BLOCK_NFT_LAYOUT;
	if (getrandom(&seed, sizeof seed, 0) != sizeof seed)
		seed = (uint64_t)moment_now();
	int bad = block_set_init(&e->set, MAX_ENTRIES, seed);
	if (bad)
		return error_set(err, bad, "no memory for %d addresses", MAX_ENTRIES);
	bad = block_host_open(&e->host, err);
	bad = bad ? bad : signals_take(&e->signal_fd, err);
	if (bad || e->options.dry_run)
		return bad;
	bad = block_nft_open(&e->nft, &e->options.nft, err);
	if (!bad && !e->options.no_conntrack)
		open_conntrack(e);
	return bad;
}

int enforce_follow(struct enforce *e, struct error *err)
{
	struct block_listener listener = { on_begin, on_wish, on_end, on_wish, e };
	bool may_write = !e->options.dry_run && !e->options.once;
	char feed[sizeof "enforce " + BLOCK_NFT_NAME_MAX];
	if (e->options.redis.url)
		return block_source_redis(&e->source, &e->options.redis, &listener, err);
	snprintf(feed, sizeof feed, "enforce %s", e->options.nft.table);
	return block_source_store(&e->source, e->options.store, feed, may_write, &listener, err);
}

void enforce_close(struct enforce *e)
{
	block_source_close(e->source);
	block_nft_close(e->nft);
	block_host_close(&e->host);
	block_conntrack_close(&e->conntrack);
	block_set_fini(&e->set);
	block_guard_fini(&e->own);
	block_guard_fini(&e->guard);
	block_guard_fini(&e->fresh);
	if (e->signal_fd >= 0)
		close(e->signal_fd);
}

/* ---- who must not be blocked ---- */

static void tell_refusal(void *ctx, const struct addr_prefix *net, const struct block_refusal *why)
{
	struct enforce *e = ctx;
	char text[STORE_NET_TEXT_MAX], by[STORE_NET_TEXT_MAX];
	e->counters.refusals++;
	if (e->told++ >= TELL_REFUSALS)
		return;
	if (why->reason == BLOCK_TOO_WIDE || why->reason == BLOCK_UNPROVEN || why->reason == BLOCK_NOWHERE ||
	    memcmp(&why->by, net, sizeof *net) == 0)
		complain("%s is not blocked: it %s", store_net_text(net, text),
			 block_reason_text(why->reason));
	else
		complain("%s is not blocked: %s %s", store_net_text(net, text), store_net_text(&why->by, by),
			 block_reason_text(why->reason));
}

static void judge(struct enforce *e, bool all)
{
	e->told = 0;
	block_set_judge(&e->set, &e->guard, all, tell_refusal, e);
	if (e->told > TELL_REFUSALS)
		complain("%d more are not blocked", e->told - TELL_REFUSALS);
}

static int learn_host(struct enforce *e, struct error *err)
{
	block_guard_begin(&e->own);
	int bad = block_host_guard(&e->host, &e->own, err);
	return bad ? bad : block_guard_end(&e->own);
}

static void make_guard(struct enforce *e)
{
	struct block_guard next = { 0 };
	block_guard_begin(&next);
	for (size_t i = 0; i < e->own.count; i++)
		block_guard_add(&next, &e->own.entries[i].net, e->own.entries[i].reason);
	for (size_t i = 0; i < e->options.allow_count; i++)
		block_guard_add(&next, &e->options.allow[i], BLOCK_ON_ALLOW_LIST);
	block_source_guard(e->source, e->now_us, &next);
	if (block_guard_end(&next))
		complain("no memory for the list of those who are never blocked; nobody is blocked");
	bool is_same = block_guard_eq(&e->guard, &next);
	block_guard_fini(&e->guard);
	e->guard = next;
	if (!is_same) {
		judge(e, true);
		e->has_news = true;
	}
}

static void look_after_guard(struct enforce *e, int64_t mono_us)
{
	struct error why;
	if (block_host_changed(&e->host)) {
		if (learn_host(e, &why))
			complain("%s", why.text);
		e->next_guard_us = 0;
	}
	if (mono_us < e->next_guard_us)
		return;
	e->next_guard_us = mono_us + GUARD_EVERY_US;
	make_guard(e);
}

/* ---- the kernel ---- */

/* Reading a large set takes a second: each time that is left counts from its own moment. */
static void on_element(void *ctx, const struct block_element *element)
{
	struct enforce *e = ctx;
	block_set_kernel_has(&e->set, &element->net,
			     element->left_us == BLOCK_FOR_EVER ? BLOCK_FOR_EVER
								: moment_now() + element->left_us);
}

static int make_sure(struct enforce *e, int64_t mono_us, struct error *err)
{
	bool is_anew = false;
	int bad = 0;
	if (!e->unsure)
		return 0;
	e->next_repair_us = mono_us + REPAIR_EVERY_US;
	if (e->unsure == BLOCK_NFT_LAYOUT)
		bad = block_nft_install(e->nft, &is_anew, err);
	if (bad)
		return bad;
	if (is_anew)
		complain("table inet %s was made another way; it was made anew", e->options.nft.table);
	e->unsure = BLOCK_NFT_ELEMENTS;
	block_set_kernel_begin(&e->set);
	bad = block_nft_read(e->nft, on_element, e, err);
	if (bad == -ENOENT) { /* it went in between */
		e->unsure = BLOCK_NFT_LAYOUT;
		e->was_disturbed = true;
	}
	if (bad)
		return bad;
	e->now_us = moment_now();
	e->unsure = BLOCK_NFT_SAME;
	e->next_read_us = mono_us + READ_EVERY_US;
	return 0;
}

static void count_done(struct enforce *e, const struct block_change *changes, size_t count)
{
	block_set_done(&e->set, changes, count);
	for (size_t i = 0; i < count; i++) {
		e->counters.added += changes[i].step == BLOCK_ADD;
		e->counters.changed += changes[i].step == BLOCK_SET;
		e->counters.deleted += changes[i].step == BLOCK_DEL;
		if (changes[i].is_new && e->fresh.count < FRESH_MAX && e->conntrack.talk.fd >= 0)
			block_guard_add(&e->fresh, &changes[i].net, BLOCK_ALLOWED_SO);
	}
}

/* Worth trying again as it is, for none of them is to blame. */
static bool is_general(int code)
{
	return code == -ENOENT || code == -EPERM || code == -ENOBUFS || code == -ENOMEM || code == -EAGAIN ||
	       code == -EINTR;
}

/* One of them is refused, and so all: one by one, so that it costs only itself. */
static int apply_singly(struct enforce *e, const struct block_change *changes, size_t count,
			struct error *err)
{
	char text[STORE_NET_TEXT_MAX];
	for (size_t i = 0; i < count; i++) {
		int bad = block_nft_apply(e->nft, &changes[i], 1, e->now_us, err);
		if (bad && is_general(bad))
			return bad;
		if (!bad) {
			count_done(e, &changes[i], 1);
			continue;
		}
		if (e->counters.failed++ < TELL_REFUSALS)
			complain("%s: %s", store_net_text(&changes[i].net, text), err->text);
		block_set_failed(&e->set, &changes[i]);
	}
	return 0;
}

static int apply(struct enforce *e, const struct block_change *changes, size_t count, struct error *err)
{
	if (!e->nft) {
		block_script_apply(stdout, &e->options.nft, changes, count, e->now_us);
		count_done(e, changes, count);
		return 0;
	}
	int bad = block_nft_apply(e->nft, changes, count, e->now_us, err);
	if (!bad)
		count_done(e, changes, count);
	else if (!is_general(bad))
		bad = apply_singly(e, changes, count, err);
	/* Our own changes are told to us, too: taken off before they fill the buffer. */
	int change = block_nft_changed(e->nft);
	if (change > e->unsure) {
		e->unsure = change;
		e->was_disturbed = true;
	}
	return bad;
}

static int take_steps(struct enforce *e, struct error *err)
{
	struct block_change changes[BLOCK_NFT_BATCH];
	struct block_plan plan;
	block_plan_begin(&plan, &e->set, e->now_us);
	for (size_t count;
	     (count = block_plan_next(&plan, &e->set, e->now_us, changes, BLOCK_NFT_BATCH)) > 0;) {
		int bad = apply(e, changes, count, err);
		if (bad == -ENOENT)
			e->unsure = BLOCK_NFT_LAYOUT;
		if (bad)
			return bad;
		e->now_us = moment_now(); /* ends are told as times that are left */
	}
	return 0;
}

static void end_connections(struct enforce *e, int64_t mono_us)
{
	uint64_t cleared = 0;
	struct error why;
	if (e->fresh.count == 0 || mono_us < e->next_clear_us)
		return;
	e->next_clear_us = mono_us + CLEAR_EVERY_US;
	int bad = block_guard_end(&e->fresh);
	bad = bad ? bad : block_conntrack_clear(&e->conntrack, &e->fresh, &cleared, &why);
	if (bad && bad != -ENOMEM)
		complain("%s", why.text);
	e->counters.connections += cleared;
	block_guard_begin(&e->fresh);
}

/* ---- the loop ---- */

static void hear_signals(struct enforce *e)
{
	struct signalfd_siginfo info;
	while (read(e->signal_fd, &info, sizeof info) == sizeof info) {
		e->wants_counters |= info.ssi_signo == SIGUSR1;
		e->is_over |= info.ssi_signo != SIGUSR1;
	}
	if (e->wants_counters)
		enforce_print_counters(e);
	e->wants_counters = false;
}

static void hear_kernel(struct enforce *e, int64_t mono_us)
{
	int change = e->nft ? block_nft_changed(e->nft) : BLOCK_NFT_SAME;
	if (change > BLOCK_NFT_SAME) {
		e->unsure = change > e->unsure ? change : e->unsure;
		e->was_disturbed = true;
	}
	if (e->nft && mono_us >= e->next_read_us && !e->unsure)
		e->unsure = BLOCK_NFT_ELEMENTS;
}

static void hear_source(struct enforce *e, struct error *err)
{
	e->now_us = moment_now();
	int bad = block_source_step(e->source, e->now_us, STEP_MS, err);
	if (*e->source->remark)
		complain("%s", e->source->remark);
	*e->source->remark = '\0';
	if (!bad && e->is_away && !e->options.quiet)
		complain("%s is back", e->source->name);
	if (bad && !e->is_away)
		complain("%s%s", err->text,
			 e->options.once ? ""
					 : "; what is blocked stays so until its end, and it is tried again");
	e->is_away = bad != 0;
}

static void wait_for_news(struct enforce *e)
{
	struct pollfd fds[] = {
		{ e->signal_fd, POLLIN, 0 },
		{ block_host_fd(&e->host), POLLIN, 0 },
		{ e->nft ? block_nft_fd(e->nft) : -1, POLLIN, 0 },
	};
	poll(fds, sizeof fds / sizeof *fds, e->source->waits ? 0 : STEP_MS);
}

static void tell_disturbed(struct enforce *e, int64_t mono_us)
{
	if (!e->was_disturbed || e->unsure)
		return;
	e->was_disturbed = false;
	e->counters.restored++;
	if (mono_us < e->next_word_us)
		return;
	e->next_word_us = mono_us + WORD_EVERY_US;
	complain("table inet %s was changed by another program; it is as it was", e->options.nft.table);
}

/* Ready is who has the table and listens: the source may be away for long. */
static void tell_systemd(struct enforce *e, int64_t mono_us)
{
	int64_t every_us = notify_watchdog_us() / 2;
	char status[300];
	if (!e->is_ready) {
		snprintf(status, sizeof status, "table inet %s follows %s", e->options.nft.table,
			 e->source->name);
		notify_ready(status);
		e->is_ready = true;
	}
	if (!every_us || mono_us < e->next_watchdog_us)
		return;
	notify("WATCHDOG=1");
	e->next_watchdog_us = mono_us + every_us;
}

static void tell_begin(struct enforce *e)
{
	uint64_t counts[BLOCK_KINDS];
	if (e->is_in_step || e->options.quiet || e->options.once || e->options.dry_run)
		return;
	block_set_count(&e->set, e->now_us, counts);
	uint64_t addresses = counts[BLOCK_ADDRESS_4] + counts[BLOCK_ADDRESS_6];
	uint64_t nets = counts[BLOCK_NET_4] + counts[BLOCK_NET_6];
	complain("table inet %s follows %s: %" PRIu64 " %s and %" PRIu64 " %s blocked", e->options.nft.table,
		 e->source->name, addresses, addresses == 1 ? "address" : "addresses", nets,
		 nets == 1 ? "network" : "networks");
	e->is_in_step = true;
}

/* Whether the kernel is asked or told anything now. */
static bool is_time(struct enforce *e, int64_t mono_us)
{
	if (!e->is_known)
		return false;
	if (e->unsure && e->nft)
		return mono_us >= e->next_repair_us;
	return e->has_news || mono_us >= e->next_look_us;
}

static int look(struct enforce *e, int64_t mono_us, struct error *err)
{
	if (!is_time(e, mono_us))
		return 0;
	e->next_look_us = mono_us + LOOK_EVERY_US;
	int bad = e->nft ? make_sure(e, mono_us, err) : 0;
	if (bad)
		return bad;
	e->has_news = false;
	judge(e, false);
	bad = take_steps(e, err);
	if (bad) {
		e->has_news = true;
		e->unsure = e->unsure ? e->unsure : BLOCK_NFT_ELEMENTS;
		return bad;
	}
	tell_disturbed(e, mono_us);
	tell_begin(e);
	fflush(stdout);
	return 0;
}

static bool is_done_once(const struct enforce *e)
{
	return e->options.once && e->is_known && !e->has_news && (!e->unsure || !e->nft) &&
	       e->fresh.count == 0;
}

static void tell_anew(const struct enforce *e)
{
	complain("a table inet %s %s with other settings: it %s with all in it, and made anew",
		 e->options.nft.table, e->options.dry_run ? "is there" : "was there",
		 e->options.dry_run ? "would be taken away" : "was taken away");
}

/* What the kernel holds already counts as done: only the differences are printed. Without the right to ask,
 * all is. */
static int begin_dry(struct enforce *e, struct error *err)
{
	struct block_nft_options trial = e->options.nft;
	struct error ignored;
	bool is_anew = false;
	trial.is_trial = true;
	int bad = block_nft_open(&e->nft, &trial, &ignored);
	bool may_ask = !bad;
	if (may_ask && (bad = block_nft_install(e->nft, &is_anew, err)) == -EEXIST)
		return bad;
	if (!bad && is_anew) {
		tell_anew(e);
		block_script_remove(stdout, &e->options.nft);
	}
	block_script_install(stdout, &e->options.nft);
	if (!bad && !is_anew)
		block_nft_read(e->nft, on_element, e, &ignored);
	if (may_ask)
		block_nft_close(e->nft);
	e->nft = NULL;
	return 0;
}

/* The table is there from the beginning, so that a missing right shows at once; what it holds stays until the
 * list is known. */
static int begin(struct enforce *e, struct error *err)
{
	bool is_anew;
	int bad = learn_host(e, err);
	if (bad)
		return bad;
	if (e->options.dry_run)
		return begin_dry(e, err);
	bad = block_nft_install(e->nft, &is_anew, err);
	if (!bad && is_anew)
		tell_anew(e);
	if (!bad)
		e->unsure = BLOCK_NFT_ELEMENTS;
	return bad;
}

int enforce_run(struct enforce *e, struct error *err)
{
	int bad = begin(e, err);
	int64_t begun_us = monotonic_us();
	while (!bad && !e->is_over) {
		wait_for_news(e);
		hear_source(e, err);
		int64_t mono_us = monotonic_us();
		hear_signals(e);
		hear_kernel(e, mono_us);
		look_after_guard(e, mono_us);
		int trouble = look(e, mono_us, err);
		if (trouble && (trouble == -EPERM || e->options.once))
			return trouble;
		if (trouble && trouble != -ENOENT && mono_us >= e->next_word_us) {
			complain("%s; it is tried again", err->text);
			e->next_word_us = mono_us + WORD_EVERY_US;
		}
		end_connections(e, mono_us);
		tell_systemd(e, mono_us);
		if (is_done_once(e))
			break;
		if (e->options.once && !e->is_known && (e->is_away || mono_us - begun_us > ONCE_PATIENCE_US))
			return error_set(err, -EIO, "%s gives no list; nobody was blocked or let through",
					 e->source->name);
	}
	notify("STOPPING=1");
	return bad;
}
