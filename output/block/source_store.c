/* SPDX-License-Identifier: MIT */
#include "output/block/source.h"

#include "core/clock.h"
#include "output/block/set.h"
#include "output/store/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Looks at the outbox some times a second: two reads of an index when nothing happened. Who may not write the
 * file has no place in the outbox, and other feeds may let changes be trimmed that were not seen; a gap in
 * the numbers tells, and the whole list is read. */

enum {
	CHANGES_AT_ONCE = 1000,
	BUSY_MS = 200, /* the place is told later when another program writes for long: nothing waits here */
};
#define WHOLE_EVERY_US (15 * MINUTE_US)
#define ACK_EVERY_US   (5 * SECOND_US)
#define TRY_EVERY_US   SECOND_US

struct store_source {
	struct block_source source; /* first */
	char *path, *feed;
	bool may_write, has_place;
	struct store *store; /* NULL: away */
	dev_t device;
	ino_t inode;
	uint64_t seq, told_seq;
	bool needs_all;
	int64_t next_whole_us, next_ack_us, next_try_us, now_us;
	struct block_guard allowed; /* as it was read last */
};

static struct store_source *of(struct block_source *s)
{
	return (struct store_source *)s;
}

/* ---- the file ---- */

static void let_go(struct store_source *s)
{
	store_close(s->store);
	s->store = NULL;
	s->has_place = false;
	s->needs_all = true;
}

static void take_place(struct store_source *s)
{
	struct error ignored;
	bool must_resync;
	s->has_place = store_feed_open(s->store, s->feed, &s->seq, &must_resync, &ignored) == 0;
}

/* First for reading: opening for writing would make the file that is not there. One after the other: closing
 * one descriptor of a file gives up the locks that the process has by another (POSIX). */
static int open_store(struct store_source *s, struct error *err)
{
	struct store_options options = store_options_default;
	struct error ignored;
	struct stat st;
	options.busy_ms = BUSY_MS;
	s->needs_all = true;
	s->store = NULL;
	int bad = store_open(&s->store, s->path, STORE_READ, &options, err);
	bool may_write = s->may_write && access(s->path, W_OK) == 0;
	if (bad == -EPROTONOSUPPORT && may_write) { /* of an older version: writing brings it up to date */
		bad = store_open(&s->store, s->path, STORE_WRITE, &options, err);
		if (!bad)
			take_place(s);
	} else if (!bad && may_write) {
		store_close(s->store);
		if (store_open(&s->store, s->path, STORE_WRITE, &options, &ignored) == 0)
			take_place(s);
		else
			bad = store_open(&s->store, s->path, STORE_READ, &options, err);
	}
	if (bad) {
		s->store = NULL;
		return bad;
	}
	if (stat(s->path, &st) == 0) {
		s->device = st.st_dev;
		s->inode = st.st_ino;
	}
	return 0;
}

static bool is_another_file(const struct store_source *s)
{
	struct stat st;
	return stat(s->path, &st) != 0 || st.st_dev != s->device || st.st_ino != s->inode;
}

/* ---- reading ---- */

static bool on_entry(void *ctx, const struct store_entry *e)
{
	struct store_source *s = ctx;
	struct block_wish wish = { .net = e->ban.net,
				   .until_us = e->ban.until_us ? e->ban.until_us : BLOCK_FOR_EVER,
				   .is_unproven = !e->ban.is_manual && e->proof < PROOF_ANSWERED };
	s->source.listener.each(s->source.listener.ctx, &wish);
	return true;
}

/* What was changed while the list was read comes again as a change. */
static int read_all(struct store_source *s, uint64_t newest, struct error *err)
{
	struct store_filter filter = { .since_us = INT64_MIN, .active_only = true, .at_us = s->now_us };
	const struct block_listener *l = &s->source.listener;
	l->begin(l->ctx);
	int bad = store_each_entry(s->store, &filter, on_entry, s, err);
	l->end(l->ctx, bad == 0);
	if (bad)
		return bad;
	s->seq = newest;
	s->needs_all = false;
	s->next_whole_us = s->now_us + WHOLE_EVERY_US;
	return 0;
}

static bool is_unproven(struct store *s, const char *net)
{
	return store_number(s, 0,
			    "SELECT b.source <> 'manual' AND o.proof = 'none' FROM ban b JOIN offender o ON "
			    "o.address = b.net"
			    " WHERE b.net = ?1",
			    "t", net) != 0;
}

static bool on_change(void *ctx, const struct store_change *c)
{
	struct store_source *s = ctx;
	struct block_wish wish = { .until_us = BLOCK_ABSENT };
	if (c->op == STORE_NOTE || !addr_prefix_parse(slice_str(c->net), &wish.net))
		return true;
	if (c->op != STORE_DEL) {
		wish.until_us = c->until_us ? c->until_us : BLOCK_FOR_EVER;
		wish.is_unproven = is_unproven(s->store, c->net);
	}
	s->source.listener.change(s->source.listener.ctx, &wish);
	return true;
}

static int read_changes(struct store_source *s, uint64_t newest, struct error *err)
{
	uint64_t before;
	int bad = 0;
	do {
		before = s->seq;
		bad = store_feed_read(s->store, s->seq, CHANGES_AT_ONCE, on_change, s, &s->seq, err);
	} while (!bad && s->seq != before && s->seq < newest);
	return bad;
}

static int find_ends(struct store *s, uint64_t *first, uint64_t *newest, struct error *err)
{
	store_begin(s, STORE_LOOK);
	int64_t last = store_number(s, 0, "SELECT seq FROM sqlite_sequence WHERE name = 'outbox'", "");
	*newest = (uint64_t)last;
	*first = (uint64_t)store_number(s, last + 1, "SELECT min(seq) FROM outbox", "");
	return store_end(s, err);
}

static int read_news(struct store_source *s, struct error *err)
{
	uint64_t first, newest;
	int bad = find_ends(s->store, &first, &newest, err);
	if (bad)
		return bad;
	if (s->needs_all || s->now_us >= s->next_whole_us || s->seq > newest || s->seq + 1 < first)
		return read_all(s, newest, err);
	return newest > s->seq ? read_changes(s, newest, err) : 0;
}

static void tell_place(struct store_source *s)
{
	struct error ignored;
	if (!s->has_place || s->told_seq == s->seq || s->now_us < s->next_ack_us)
		return;
	s->next_ack_us = s->now_us + ACK_EVERY_US;
	if (store_feed_ack(s->store, s->feed, s->seq, &ignored) == 0)
		s->told_seq = s->seq;
}

static int step(struct block_source *source, int64_t now_us, int timeout_ms, struct error *err)
{
	struct store_source *s = of(source);
	int bad = 0;
	(void)timeout_ms;
	s->now_us = now_us;
	if (s->store && is_another_file(s))
		let_go(s);
	if (!s->store) {
		if (now_us < s->next_try_us)
			return -EAGAIN;
		s->next_try_us = now_us + TRY_EVERY_US;
		bad = open_store(s, err);
	}
	bad = bad ? bad : read_news(s, err);
	if (bad)
		let_go(s);
	else
		tell_place(s);
	return bad;
}

/* ---- allow list ---- */

static bool on_allow(void *ctx, const struct store_allow *a)
{
	/* The softer ones, left by an unban, stop automatic bans; a ban by hand takes them back. */
	if (!a->is_soft)
		block_guard_add(ctx, &a->net, BLOCK_ON_ALLOW_LIST);
	return true;
}

static void guard(struct block_source *source, int64_t now_us, struct block_guard *g)
{
	struct store_source *s = of(source);
	struct block_guard fresh = { 0 };
	struct error ignored;
	block_guard_begin(&fresh);
	if (s->store && store_each_allow(s->store, now_us, on_allow, &fresh, &ignored) == 0) {
		block_guard_fini(&s->allowed);
		s->allowed = fresh;
	} else {
		block_guard_fini(&fresh);
	}
	for (size_t i = 0; i < s->allowed.count; i++)
		block_guard_add(g, &s->allowed.entries[i].net, BLOCK_ON_ALLOW_LIST);
}

/* ---- life ---- */

static void close_source(struct block_source *source)
{
	struct store_source *s = of(source);
	s->next_ack_us = INT64_MIN;
	if (s->store && !s->needs_all)
		tell_place(s);
	store_close(s->store);
	block_guard_fini(&s->allowed);
	free(s->path);
	free(s->feed);
	free(s);
}

int block_source_store(struct block_source **out, const char *path, const char *feed, bool may_write,
		       const struct block_listener *listener, struct error *err)
{
	static const struct block_source_ops ops = { step, guard, close_source };
	struct store_source *s = calloc(1, sizeof *s);
	if (!s)
		return error_set(err, -ENOMEM, "no memory to follow the store");
	s->source = (struct block_source){ .ops = &ops, .listener = *listener };
	s->may_write = may_write;
	s->path = strdup(path);
	s->feed = strdup(feed);
	snprintf(s->source.name, sizeof s->source.name, "%s", path);
	int bad = s->path && s->feed ? open_store(s, err)
				     : error_set(err, -ENOMEM, "no memory to follow the store");
	if (bad)
		close_source(&s->source);
	else
		*out = &s->source;
	return bad;
}

int block_source_forget(const char *path, const char *feed, struct error *err)
{
	struct store *s;
	if (access(path, W_OK) != 0)
		return 0;
	int bad = store_open(&s, path, STORE_WRITE, NULL, err);
	if (bad)
		return bad;
	bad = store_feed_forget(s, feed, err);
	store_close(s);
	return bad == -ENOENT ? 0 : bad;
}
