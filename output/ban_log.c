/* SPDX-License-Identifier: MIT */
#include "output/ban_log.h"

#include "core/clock.h"
#include "core/thread.h"
#include "output/export/internal.h"
#include "output/store/internal.h"
#include "output/store/newest.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	PENDING_BYTES = 32 * 1024,
	LINE_MAX_BYTES = 256, /* two addresses' worth, a rule id and some words: what is longer is cut out */
	RULE_MAX = 80,
	BATCH = 256,	/* changes a look */
	LOOK_MS = 1000, /* other programs change the store too, and tell nobody */
	RETRY_MAX_MS = 30000,
};

/* Whole lines on their way to the file. They count as taken, so they are kept until they are written. */
struct pending {
	char text[PENDING_BYTES];
	size_t len, written;
};

struct ban_log {
	struct ban_log_options options;
	char *path, *ident, *feed;
	struct store *store;
	int fd, wake_fd;
	pthread_t thread;

	/* the thread's own */
	struct pending pending;
	uint64_t seq, acked;
	bool is_opened, must_resync, has_last, more;
	bool
	    is_repeating; /* has_last and last are the resync's or the repetition's, whichever is under way */
	struct addr_prefix last; /* of the bans in force, the last one that was taken */
	int64_t repeat_us;	 /* when bans in force are told again; 0: not known yet */
	int write_failed;	 /* in the midst of them */
	struct error write_error;
	struct ban_log_counters now;

	pthread_mutex_t lock; /* of the two below */
	bool is_over;
	struct ban_log_counters shown;
};

/* ---- the file ---- */

static int open_file(struct ban_log *l, struct error *err)
{
	struct stat st;
	/* NONBLOCK: a FIFO that nobody reads is an error, not the end of the thread. */
	int fd = open(l->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
	int code = fd < 0 ? -errno : 0;
	if (!code && fstat(fd, &st))
		code = -errno;
	if (!code && !S_ISREG(st.st_mode))
		code = -EINVAL;
	if (!code) {
		l->fd = fd;
		return 0;
	}
	if (fd >= 0)
		close(fd);
	if (code == -EINVAL)
		return error_set(
		    err, code, "ban log %s: it is no regular file; name one, fail2ban reads it from the disk",
		    l->path);
	return error_set(err, code,
			 "ban log %s: %s; its folder must exist, and be writable by the user we run as",
			 l->path, strerror(-code));
}

static void close_file(struct ban_log *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}

/* Is the path still the file that is open? */
static bool is_current(const struct ban_log *l)
{
	struct stat open_one, named;
	return l->fd >= 0 && fstat(l->fd, &open_one) == 0 && stat(l->path, &named) == 0 &&
	       open_one.st_dev == named.st_dev && open_one.st_ino == named.st_ino;
}

/* A line that was begun in the old file is written anew, whole: its half matches no filter. */
static void rewind_to_line(struct pending *p)
{
	while (p->written && p->text[p->written - 1] != '\n')
		p->written--;
}

static int ready_file(struct ban_log *l, struct error *err)
{
	if (is_current(l))
		return 0;
	bool was_open = l->fd >= 0;
	close_file(l);
	rewind_to_line(&l->pending);
	int bad = open_file(l, err);
	l->now.reopened += !bad && was_open;
	return bad;
}

static int write_pending(struct ban_log *l, struct error *err)
{
	struct pending *p = &l->pending;
	while (p->written < p->len) {
		ssize_t n = write(l->fd, p->text + p->written, p->len - p->written);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			int code = n < 0 ? -errno : -EIO;
			return error_set(err, code,
					 "ban log %s: %s; the lines wait in the store and come when it can "
					 "be written again",
					 l->path, strerror(-code));
		}
		p->written += (size_t)n;
	}
	p->len = p->written = 0;
	return 0;
}

/* ---- the lines ---- */

static bool has_room(const struct ban_log *l)
{
	return l->pending.len + LINE_MAX_BYTES <= PENDING_BYTES;
}

/* "2026-11-21T19:53:33.616Z siphound[123]: ": milliseconds are what fail2ban's own dates have. */
static size_t begin_line(const struct ban_log *l, char *out, int64_t now_us)
{
	char when[CLOCK_TEXT_MAX];
	clock_text(now_us, when);
	int n = snprintf(out, LINE_MAX_BYTES, "%.23sZ %s[%ld]: ", when, l->ident, (long)getpid());
	return n > 0 && n < LINE_MAX_BYTES ? (size_t)n : 0;
}

static void end_line(struct ban_log *l, char *line, size_t len, int n)
{
	struct pending *p = &l->pending;
	if (len == 0 || n <= 0 || (size_t)n >= LINE_MAX_BYTES - len)
		return;
	memcpy(p->text + p->len, line, len + (size_t)n);
	p->len += len + (size_t)n;
}

static const char *word_or_dash(const char *text)
{
	const char *word = export_word(text);
	return *word && strlen(word) <= RULE_MAX ? word : "-";
}

/* The reason of a ban by hand stands where others have the rule, and is an
 * operator's prose: only what looks like a rule is shown. */
static void say_block(struct ban_log *l, const char *net, int64_t until_us, int score, const char *rule,
		      const char *country)
{
	char line[LINE_MAX_BYTES];
	int64_t now_us = l->options.clock_us();
	if (until_us && until_us <= now_us) {
		l->now.ended++;
		return;
	}
	int64_t ttl_s = until_us ? (until_us - now_us + SECOND_US - 1) / SECOND_US : 0;
	const struct store_entry entry = { .country = country };
	const char *cc = export_country(&entry);
	size_t len = begin_line(l, line, now_us);
	end_line(l, line, len,
		 snprintf(line + len, sizeof line - len,
			  "verdict=block src=%s score=%d ttl=%" PRId64 " rule=%s cc=%s\n", net, score, ttl_s,
			  word_or_dash(rule), *cc ? cc : "-"));
	l->now.bans++;
}

static void say_unban(struct ban_log *l, const char *net)
{
	char line[LINE_MAX_BYTES];
	size_t len = begin_line(l, line, l->options.clock_us());
	end_line(l, line, len, snprintf(line + len, sizeof line - len, "verdict=unban src=%s\n", net));
	l->now.unbans++;
}

/* ---- from the store ---- */

/* All bans in force, then what is newer than `seq`. What the store knows of our cursor stays behind until
 * then. */
static void begin_resync(struct ban_log *l, uint64_t seq)
{
	l->must_resync = true;
	l->has_last = l->is_repeating = false;
	l->seq = seq;
	l->acked = UINT64_MAX;
}

/* As for `siphound export`: a list that others block by must not be a way to have somebody blocked. Asked
 * inside the transaction that gives the changes. */
static bool is_proven(struct ban_log *l, const char *net)
{
	static const char sql[] =
	    "SELECT b.source = 'manual' OR o.proof <> 'none' FROM ban b LEFT JOIN offender o "
	    "ON o.address = b.net WHERE b.net = ?1";
	return l->options.unproven || store_number(l->store, 0, sql, "t", net) != 0;
}

static bool take_change(void *ctx, const struct store_change *c)
{
	struct ban_log *l = ctx;
	struct addr_prefix net;
	char text[STORE_NET_TEXT_MAX];
	if (!has_room(l))
		return false;
	/* Numbers have no gaps: rows were trimmed before we came. */
	if (c->seq != l->seq + 1) {
		begin_resync(l, c->seq - 1);
		return false;
	}
	l->seq = c->seq;
	/* A row that somebody wrote into the file by hand names no address: passed over. */
	if (!addr_prefix_parse(slice_str(c->net), &net))
		return true;
	store_net_text(&net, text);
	bool is_block = c->op == STORE_ADD || c->op == STORE_UPD;
	if (is_block && !is_proven(l, text))
		l->now.unproven++;
	else if (is_block)
		say_block(l, text, c->until_us, c->score, c->rule, c->country);
	else if (c->op == STORE_DEL)
		say_unban(l, text);
	return true;
}

/* Entries come by address, the wider network first. */
static bool was_taken(const struct ban_log *l, const struct addr_prefix *net)
{
	int order = l->has_last ? addr_cmp(&net->base, &l->last.base) : 1;
	return order < 0 || (order == 0 && net->bits <= l->last.bits);
}

static int64_t repeat_span_us(const struct ban_log *l)
{
	return l->options.repeat_us ? l->options.repeat_us : BAN_LOG_REPEAT_US;
}

static void plan_repeat(struct ban_log *l)
{
	l->repeat_us = l->options.clock_us() + repeat_span_us(l);
}

/* What the entries tell already is no news after them: asked inside the transaction that gives them. What
 * changes while a resync stops and goes on may be told twice. */
static void skip_known_changes(struct ban_log *l)
{
	static const char sql[] = "SELECT seq FROM sqlite_sequence WHERE name = 'outbox'";
	if (!l->has_last && !l->is_repeating)
		l->seq = (uint64_t)store_number(l->store, (int64_t)l->seq, sql, "");
}

static bool take_entry(void *ctx, const struct store_entry *e)
{
	struct ban_log *l = ctx;
	char text[STORE_NET_TEXT_MAX];
	skip_known_changes(l);
	if (was_taken(l, &e->ban.net))
		return true;
	if (!has_room(l))
		l->write_failed = write_pending(l, &l->write_error);
	if (l->write_failed)
		return false;
	l->last = e->ban.net;
	l->has_last = true;
	bool is_unproven = !e->ban.is_manual && e->proof < PROOF_ANSWERED && !l->options.unproven;
	if (is_unproven ||
	    (l->is_repeating && e->ban.until_us && e->ban.until_us < l->options.clock_us() + BAN_LOG_LEFT_US))
		return true;
	store_net_text(&e->ban.net, text);
	say_block(l, text, e->ban.until_us, e->score, e->ban.is_manual ? NULL : e->rule, e->country);
	return true;
}

/* Goes on after `last`, so that nothing is told twice when the disk was full in the midst of it. */
static int take_entries(struct ban_log *l, struct error *err)
{
	struct store_filter filter = { .since_us = INT64_MIN,
				       .active_only = true,
				       .at_us = l->options.clock_us() };
	l->write_failed = 0;
	int bad = store_each_entry(l->store, &filter, take_entry, l, err);
	if (!bad && l->write_failed) {
		*err = l->write_error;
		bad = l->write_failed;
	}
	if (!bad)
		l->has_last = false;
	return bad;
}

static int take_all(struct ban_log *l, struct error *err)
{
	l->is_repeating = false;
	int bad = take_entries(l, err);
	if (bad)
		return bad;
	l->must_resync = false;
	l->more = true;
	l->now.resyncs++;
	plan_repeat(l);
	return 0;
}

static int repeat(struct ban_log *l, struct error *err)
{
	if (l->options.repeat_us < 0)
		return 0;
	int64_t left_us = l->repeat_us - l->options.clock_us();
	bool is_due =
	    l->repeat_us && (left_us <= 0 || left_us > repeat_span_us(l)); /* or the clock was set back */
	if (!l->repeat_us)
		plan_repeat(l);
	if (!is_due && !l->is_repeating)
		return 0;
	l->is_repeating = true;
	int bad = take_entries(l, err);
	if (bad)
		return bad;
	l->is_repeating = false;
	plan_repeat(l);
	return 0;
}

/* After a failure again: meanwhile the outbox may have been trimmed. What is pending is taken already, though
 * the store does not know. */
static int open_feed(struct ban_log *l, struct error *err)
{
	uint64_t seq;
	bool must_resync;
	int bad = store_feed_open(l->store, l->feed, &seq, &must_resync, err);
	if (bad)
		return bad;
	l->is_opened = true;
	if (must_resync)
		begin_resync(l, seq);
	else if (seq > l->seq)
		l->seq = l->acked = seq;
	return 0;
}

static int take_some(struct ban_log *l, struct error *err)
{
	uint64_t taken = l->seq;
	int bad = l->is_opened ? 0 : open_feed(l, err);
	if (bad)
		return bad;
	if (l->must_resync)
		return take_all(l, err);
	uint64_t from = l->seq;
	bad = store_feed_read(l->store, from, BATCH, take_change, l, &taken, err);
	l->more = l->seq != from || l->must_resync;
	return bad;
}

static int acknowledge(struct ban_log *l, struct error *err)
{
	if (l->must_resync || l->seq == l->acked)
		return 0;
	int bad = store_feed_ack(l->store, l->feed, l->seq, err);
	if (!bad)
		l->acked = l->seq;
	return bad;
}

/* One round: what waits is written, then more is taken. Nothing is taken while something waits, so that what
 * can not be written stays in the store. */
static int work(struct ban_log *l, struct error *err)
{
	l->more = false;
	int bad = ready_file(l, err);
	bad = bad ? bad : write_pending(l, err);
	bad = bad ? bad : take_some(l, err);
	bad = bad || l->more ? bad : repeat(l, err);
	bad = bad ? bad : write_pending(l, err);
	return bad ? bad : acknowledge(l, err);
}

/* ---- the thread ---- */

static bool show(struct ban_log *l)
{
	pthread_mutex_lock(&l->lock);
	l->shown = l->now;
	bool is_over = l->is_over;
	pthread_mutex_unlock(&l->lock);
	return is_over;
}

static void wait_for_work(const struct ban_log *l, int ms)
{
	struct pollfd wake = { .fd = l->wake_fd, .events = POLLIN };
	uint64_t count;
	if (poll(&wake, 1, ms) > 0 && read(l->wake_fd, &count, sizeof count) < 0 && errno != EAGAIN)
		return;
}

static int work_off(struct ban_log *l, struct error *err)
{
	int bad;
	do
		bad = work(l, err);
	while (!bad && l->more);
	/* A resync that is under way goes on where it was. */
	if (bad && !l->must_resync)
		l->is_opened = false;
	return bad;
}

static void count(struct ban_log *l, int bad, const struct error *err)
{
	uint64_t newest;
	l->now.is_failing = bad != 0;
	if (bad) {
		l->now.failures++;
		l->now.error = *err;
	}
	if (store_newest(l->store, &newest, NULL) == 0)
		l->now.lag = newest > l->seq ? newest - l->seq : 0;
}

static void *run(void *ctx)
{
	struct ban_log *l = ctx;
	int wait_ms = LOOK_MS;
	for (;;) {
		struct error err = { "" };
		/* Asked first: what was committed before the end was asked for is seen by this round. */
		bool is_over = show(l);
		int bad = work_off(l, &err);
		count(l, bad, &err);
		wait_ms = !bad ? LOOK_MS : wait_ms * 2 < RETRY_MAX_MS ? wait_ms * 2 : RETRY_MAX_MS;
		show(l);
		if (is_over)
			return NULL;
		wait_for_work(l, wait_ms);
	}
}

static int start_thread(struct ban_log *l, struct error *err)
{
	int bad = thread_start(&l->thread, run, l);
	return bad ? error_set(err, bad, "no thread for the ban log: %s", strerror(-bad)) : 0;
}

static void free_log(struct ban_log *l)
{
	close_file(l);
	if (l->wake_fd >= 0)
		close(l->wake_fd);
	store_close(l->store);
	pthread_mutex_destroy(&l->lock);
	free(l->path);
	free(l->ident);
	free(l->feed);
	free(l);
}

static int copy_names(struct ban_log *l, const struct ban_log_options *options, struct error *err)
{
	l->options = *options;
	l->path = strdup(options->path);
	l->ident = strdup(options->ident ? options->ident : "siphound");
	/* Each file is a feed: two watches with one store each write all bans into their own. */
	if (asprintf(&l->feed, "ban-log %s", options->path) < 0)
		l->feed = NULL;
	return l->path && l->ident && l->feed ? 0 : error_set(err, -ENOMEM, "no memory for the ban log");
}

int ban_log_start(struct ban_log **out, const struct ban_log_options *options, struct error *err)
{
	struct ban_log *l = calloc(1, sizeof *l);
	if (!l)
		return error_set(err, -ENOMEM, "no memory for the ban log");
	l->fd = -1;
	l->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	pthread_mutex_init(&l->lock, NULL);
	int bad = l->wake_fd < 0 ? error_set(err, -errno, "ban log: %s", strerror(errno))
				 : copy_names(l, options, err);
	bad = bad ? bad : open_file(l, err);
	bad = bad ? bad : store_open(&l->store, options->store_path, STORE_WRITE, NULL, err);
	bad = bad ? bad : start_thread(l, err);
	if (bad)
		free_log(l);
	else
		*out = l;
	return bad;
}

void ban_log_poke(struct ban_log *l)
{
	uint64_t one = 1;
	/* Full means that it will look anyway. */
	if (write(l->wake_fd, &one, sizeof one) < 0)
		return;
}

struct ban_log_counters ban_log_counters(struct ban_log *l)
{
	pthread_mutex_lock(&l->lock);
	struct ban_log_counters counters = l->shown;
	pthread_mutex_unlock(&l->lock);
	return counters;
}

void ban_log_stop(struct ban_log *l)
{
	if (!l)
		return;
	pthread_mutex_lock(&l->lock);
	l->is_over = true;
	pthread_mutex_unlock(&l->lock);
	ban_log_poke(l);
	pthread_join(l->thread, NULL);
	free_log(l);
}
