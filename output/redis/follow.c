/* SPDX-License-Identifier: MIT */
#include "output/redis/follow.h"

#include "core/clock.h"
#include "output/redis/route.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

/* A reader after the rules of docs/redis.md: the newest stream id is remembered before the list is read, and
 * read on from there, so that nothing falls between. Another epoch, an id that the stream does not hold any
 * more, or a stream that is shorter than we know mean that something was missed: the whole list once more. */

enum {
	PAGE = 500,
	BACK_OFF_MIN_MS = 500,
	BACK_OFF_MAX_MS = 16000,
	RESYNC_S = 900,
	LOOK_MS = 1000, /* how often the epoch is asked for */
	ALLOW_MS = 5000,
	SHARDS_MS = 200, /* several streams are asked in turn: they may be on different servers */
	ID_MAX = 44,
};

struct redis_follow {
	struct redis_route *route;
	struct redis_follow_handlers handlers;
	int64_t (*clock_us)(void);
	int64_t resync_us, resynced_us, looked_us, allowed_us, retry_us;
	struct redis_allow allow;
	struct error remark; /* of the allow list, "" when there is none */
	bool is_remark_new;
	int back_off_ms;
	bool must_resync;
	char epoch[REDIS_EPOCH_MAX];
	unsigned shards;
	char ids[REDIS_SHARDS_MAX][ID_MAX];
	struct error last;
};

/* ---- asking the same of every shard ---- */

enum { WORDS_MAX = 8 };

struct question {
	char keys[REDIS_SHARDS_MAX][REDIS_KEY_MAX];
	const char *argv[REDIS_SHARDS_MAX][WORDS_MAX];
	struct redis_command commands[REDIS_SHARDS_MAX];
};

/* `words` ends with NULL; "KEY" stands for the key of that name, "ID" for the shard's stream id. */
static void ask(const struct redis_follow *f, struct question *q, const char *key, const char *const *words)
{
	for (unsigned shard = 0; shard < f->shards; shard++) {
		size_t argc = 0;
		for (; words[argc]; argc++)
			q->argv[shard][argc] = !strcmp(words[argc], "KEY")
						   ? redis_key(q->keys[shard], shard, key, "")
					       : !strcmp(words[argc], "ID") ? f->ids[shard]
									    : words[argc];
		q->commands[shard] =
		    (struct redis_command){ .shard = shard, .argc = argc, .argv = q->argv[shard] };
	}
}

/* ---- the epoch ---- */

/* A server that no sensor has written to yet has no epoch: there is nothing to be followed, and nothing is
 * taken for an empty list. A firewall must not open because a server was restarted empty. */
static int look_at_meta(struct redis_follow *f, struct error *err)
{
	char key[REDIS_KEY_MAX];
	struct redis_meta meta = { "", 0, 0 };
	const char *const argv[] = { "HMGET", redis_key(key, 0, "meta", ""), "epoch", "layout", "shards" };
	const struct redis_command command = { .argc = 5, .argv = argv };
	int bad = redis_route_run(f->route, &command, 1, 0, redis_meta_take, &meta, err);
	if (bad)
		return bad;
	if (!*meta.epoch)
		return error_set(err, -ENODATA,
				 "no sensor has written to this Redis yet; what was known before stays");
	if (!redis_meta_is_known(&meta))
		return error_set(err, -EPROTONOSUPPORT,
				 "in this Redis there is layout %lu, which this siphound does not know",
				 meta.layout);
	if (strcmp(meta.epoch, f->epoch) != 0 || meta.shards != f->shards)
		f->must_resync = true;
	snprintf(f->epoch, sizeof f->epoch, "%s", meta.epoch);
	f->shards = (unsigned)meta.shards;
	return 0;
}

/* ---- entries ---- */

static bool rule_is_good(const char *rule)
{
	for (const uint8_t *p = (const uint8_t *)rule; *p; p++)
		if (!ascii_is_alpha(*p) && !ascii_is_digit(*p) && !strchr("._-", *p))
			return false;
	return *rule != '\0';
}

static int64_t take_number(const char *text)
{
	char *end;
	double number = strtod(text, &end); /* of a ZSET's score, which may be written 1e+10 or inf */
	if (end == text || !(number > 0))
		return 0;
	return number < (double)REDIS_FOREVER_S ? (int64_t)number : REDIS_FOREVER_S;
}

struct entry {
	const char *op, *net, *until, *score, *rule;
};

static struct entry read_entry(const struct redis_reply *fields)
{
	struct entry e = { "", "", "", "", "" };
	for (size_t i = 0; i + 1 < redis_reply_count(fields); i += 2) {
		const char *name = redis_reply_text(redis_reply_at(fields, i));
		const char *value = redis_reply_text(redis_reply_at(fields, i + 1));
		if (!strcmp(name, "op"))
			e.op = value;
		else if (!strcmp(name, "ip") || !strcmp(name, "net"))
			e.net = value;
		else if (!strcmp(name, "until"))
			e.until = value;
		else if (!strcmp(name, "score"))
			e.score = value;
		else if (!strcmp(name, "rule"))
			e.rule = value;
	}
	return e;
}

/* What it does not understand it leaves out: a newer sensor may have more to say. */
static void give_entry(struct redis_follow *f, const struct entry *e)
{
	static const char *const ops[] = { "add", "upd", "del" };
	struct redis_block block = { .until_s = take_number(e->until),
				     .score = (int)take_number(e->score),
				     .rule = rule_is_good(e->rule) ? e->rule : NULL };
	unsigned op = 0;
	while (op < 3 && strcmp(e->op, ops[op]) != 0)
		op++;
	/* Not believed but looked at: one entry must not open a firewall while the list has other things to
	 * say. */
	if (strcmp(e->op, "flush") == 0)
		f->must_resync = true;
	if (op == 3 || !addr_prefix_parse(slice_str(e->net), &block.net))
		return;
	if (op == REDIS_DEL)
		block.until_s = 0;
	else if (block.until_s * SECOND_US <= f->clock_us())
		return; /* its time is up; the listener's entry ran out or will */
	f->handlers.change(f->handlers.ctx, (enum redis_follow_op)op, &block);
}

/* [[key, [[id, [field, value, ...]], ...]]] */
static void take_entries(void *ctx, size_t shard, const struct redis_reply *reply)
{
	struct redis_follow *f = ctx;
	const struct redis_reply *entries = redis_reply_at(redis_reply_at(reply, 0), 1);
	for (size_t i = 0; i < redis_reply_count(entries); i++) {
		const struct redis_reply *one = redis_reply_at(entries, i);
		const char *id = redis_reply_text(redis_reply_at(one, 0));
		struct entry entry = read_entry(redis_reply_at(one, 1));
		if (!*id || strlen(id) >= ID_MAX)
			continue;
		give_entry(f, &entry);
		snprintf(f->ids[shard], ID_MAX, "%s", id);
	}
}

/* ---- the whole list ---- */

/* [[id, fields]] or nothing: then everything that comes is new. */
static void take_newest(void *ctx, size_t shard, const struct redis_reply *reply)
{
	struct redis_follow *f = ctx;
	const char *id = redis_reply_text(redis_reply_at(redis_reply_at(reply, 0), 0));
	snprintf(f->ids[shard], ID_MAX, "%s", *id && strlen(id) < ID_MAX ? id : "0-0");
}

struct page {
	struct redis_follow *f;
	size_t count, shown; /* members that came, and that are good */
	struct {
		char text[ADDR_TEXT_MAX + 4];
		struct redis_block block;
	} list[PAGE];
};

static void take_members(void *ctx, size_t command, const struct redis_reply *reply)
{
	struct page *page = ctx;
	(void)command;
	page->count = redis_reply_count(reply) / 2;
	for (size_t i = 0; i < page->count && page->shown < PAGE; i++) {
		const char *text = redis_reply_text(redis_reply_at(reply, i * 2));
		struct redis_block block = { .until_s = take_number(
						 redis_reply_text(redis_reply_at(reply, i * 2 + 1))) };
		if (strlen(text) >= sizeof page->list[0].text ||
		    !addr_prefix_parse(slice_str(text), &block.net))
			continue;
		memcpy(page->list[page->shown].text, text, strlen(text) + 1);
		page->list[page->shown++].block = block;
	}
}

/* "score|rule|until" of the block in `command`: not there for networks, and for what ended this moment. */
static void take_detail(void *ctx, size_t command, const struct redis_reply *reply)
{
	struct page *page = ctx;
	char rule[128];
	int score = 0;
	struct redis_block *block = &page->list[command].block;
	if (sscanf(redis_reply_text(reply), "%d|%127[^|]|", &score, rule) == 2 && rule_is_good(rule))
		block->rule = rule;
	block->score = score > 0 ? score : 0;
	page->f->handlers.each(page->f->handlers.ctx, block);
	block->rule = NULL;
}

static int give_page(struct redis_follow *f, struct page *page, unsigned shard, struct error *err)
{
	char(*keys)[REDIS_KEY_MAX] = malloc(PAGE * sizeof *keys);
	const char *argv[PAGE][2];
	struct redis_command commands[PAGE];
	if (!keys)
		return error_set(err, -ENOMEM, "no memory to read the list in Redis");
	for (size_t i = 0; i < page->shown; i++) {
		argv[i][0] = "GET";
		argv[i][1] = redis_key(keys[i], shard, "blk:", page->list[i].text);
		commands[i] = (struct redis_command){ .shard = shard, .argc = 2, .argv = argv[i] };
	}
	int bad =
	    page->shown ? redis_route_run(f->route, commands, page->shown, 0, take_detail, page, err) : 0;
	free(keys);
	return bad;
}

/* Pages by rank: who is added or removed meanwhile moves the others, and is in the stream from the remembered
 * id on; a page begins half a page early, so that what was removed does not hide somebody. */
static int give_set(struct redis_follow *f, struct page *page, unsigned shard, const char *set,
		    struct error *err)
{
	char key[REDIS_KEY_MAX], from[24], offset[24];
	snprintf(from, sizeof from, "(%lld", (long long)(f->clock_us() / SECOND_US));
	redis_key(key, shard, set, "");
	for (size_t at = 0;; at += PAGE / 2) {
		snprintf(offset, sizeof offset, "%zu", at);
		const char *const argv[] = { "ZRANGEBYSCORE", key,     from,   "+inf",
					     "WITHSCORES",    "LIMIT", offset, "500" };
		const struct redis_command command = { .shard = shard, .argc = 8, .argv = argv };
		page->count = page->shown = 0;
		int bad = redis_route_run(f->route, &command, 1, 0, take_members, page, err);
		bad = bad ? bad : give_page(f, page, shard, err);
		if (bad || page->count < PAGE)
			return bad;
	}
}

static int give_list(struct redis_follow *f, struct error *err)
{
	struct page *page = malloc(sizeof *page);
	int bad = page ? 0 : error_set(err, -ENOMEM, "no memory to read the list in Redis");
	if (page)
		page->f = f;
	for (unsigned shard = 0; shard < f->shards && !bad; shard++) {
		bad = give_set(f, page, shard, "block", err);
		bad = bad ? bad : give_set(f, page, shard, "net", err);
	}
	free(page);
	return bad;
}

static int resync(struct redis_follow *f, struct error *err)
{
	static const char *const newest[] = { "XREVRANGE", "KEY", "+", "-", "COUNT", "1", NULL };
	struct question q;
	char epoch[REDIS_EPOCH_MAX];
	memcpy(epoch, f->epoch, sizeof epoch);
	ask(f, &q, "ev", newest);
	int bad = redis_route_run(f->route, q.commands, f->shards, 0, take_newest, f, err);
	if (bad)
		return bad;
	f->handlers.begin(f->handlers.ctx);
	bad = give_list(f, err);
	/* Was it one and the same server all the while? */
	bad = bad ? bad : look_at_meta(f, err);
	if (!bad && strcmp(epoch, f->epoch) != 0)
		bad = error_set(err, -EAGAIN, "Redis lost its data while they were read");
	f->handlers.end(f->handlers.ctx, bad == 0);
	if (bad)
		return bad;
	f->must_resync = false;
	f->resynced_us = f->clock_us();
	return 0;
}

/* ---- is everything still there from our id on? ---- */

struct ends {
	struct redis_follow *f;
	bool is_missed;
};

/* Milliseconds and number: "1700000000000-3". */
static bool id_is_before(const char *a, const char *b)
{
	char *at_a, *at_b;
	unsigned long long a_ms = strtoull(a, &at_a, 10), b_ms = strtoull(b, &at_b, 10);
	if (a_ms != b_ms)
		return a_ms < b_ms;
	return strtoull(*at_a ? at_a + 1 : "0", NULL, 10) < strtoull(*at_b ? at_b + 1 : "0", NULL, 10);
}

static void take_first(void *ctx, size_t shard, const struct redis_reply *reply)
{
	struct ends *ends = ctx;
	const char *id = redis_reply_text(redis_reply_at(redis_reply_at(reply, 0), 0));
	/* Ours was read already: only what lies between is lost, but whether something does, the ids do not
	 * tell. */
	if (*id && strcmp(ends->f->ids[shard], "0-0") != 0 && id_is_before(ends->f->ids[shard], id))
		ends->is_missed = true;
}

static void take_last(void *ctx, size_t shard, const struct redis_reply *reply)
{
	struct ends *ends = ctx;
	const char *id = redis_reply_text(redis_reply_at(redis_reply_at(reply, 0), 0));
	/* Older than ours: it went back to a snapshot, and what comes will have been given ids that we have
	 * passed. */
	if (id_is_before(*id ? id : "0-0", ends->f->ids[shard]))
		ends->is_missed = true;
}

static int look_at_stream(struct redis_follow *f, struct error *err)
{
	static const char *const first[] = { "XRANGE", "KEY", "-", "+", "COUNT", "1", NULL };
	static const char *const last[] = { "XREVRANGE", "KEY", "+", "-", "COUNT", "1", NULL };
	struct ends ends = { f, false };
	struct question q;
	ask(f, &q, "ev", first);
	int bad = redis_route_run(f->route, q.commands, f->shards, 0, take_first, &ends, err);
	ask(f, &q, "ev", last);
	bad = bad ? bad : redis_route_run(f->route, q.commands, f->shards, 0, take_last, &ends, err);
	f->must_resync |= ends.is_missed;
	return bad;
}

/* ---- the allow list ---- */

static void remark(struct redis_follow *f, const char *text)
{
	f->is_remark_new |= *text && strcmp(f->remark.text, text) != 0;
	snprintf(f->remark.text, sizeof f->remark.text, "%s", text);
}

/* A list that may not be read, or is none, is no reason to follow nobody: what was known of it stays. */
static int look_at_allow(struct redis_follow *f, struct error *err)
{
	struct redis_allow now;
	char text[ERROR_TEXT_MAX] = "";
	struct error why;
	int bad = redis_allow_read(f->route, f->shards, &now, &why);
	f->allowed_us = f->clock_us();
	if (bad == -EACCES || bad == -EPROTO || bad == -E2BIG) {
		snprintf(text, sizeof text,
			 "the allow list in Redis can not be read, and nobody is let through for it: %.400s",
			 why.text);
		remark(f, text);
		return 0;
	}
	if (bad) {
		*err = why;
		return bad;
	}
	redis_allow_free(&f->allow);
	f->allow = now;
	remark(f, now.wide ? redis_allow_remark(&now, text, sizeof text) : "");
	return 0;
}

/* ---- steps ---- */

/* One stream can be waited for on the server; with several it is our patience. */
static int read_stream(struct redis_follow *f, int timeout_ms, struct error *err)
{
	char wait[16];
	int wait_ms = timeout_ms < LOOK_MS ? timeout_ms : LOOK_MS;
	const char *const waiting[] = { "XREAD", "COUNT", "500", "BLOCK", wait, "STREAMS", "KEY", "ID" };
	const char *words[WORDS_MAX + 1] = { "XREAD", "COUNT", "500", "STREAMS", "KEY", "ID", NULL };
	struct question q;
	if (f->shards == 1 && wait_ms > 0) { /* BLOCK 0 is for ever */
		memcpy(words, waiting, sizeof waiting);
		words[WORDS_MAX] = NULL;
		snprintf(wait, sizeof wait, "%d", wait_ms);
	} else if (f->shards > 1) {
		(void)poll(NULL, 0, wait_ms < SHARDS_MS ? wait_ms : SHARDS_MS);
		wait_ms = 0;
	}
	ask(f, &q, "ev", words);
	return redis_route_run(f->route, q.commands, f->shards, wait_ms, take_entries, f, err);
}

static int work(struct redis_follow *f, int timeout_ms, struct error *err)
{
	int64_t now_us = f->clock_us();
	bool is_fresh = !redis_route_is_open(f->route);
	int bad = redis_route_open(f->route, err);
	bool is_time = is_fresh || now_us < f->looked_us || now_us >= f->looked_us + LOOK_MS * 1000;
	if (!bad && is_time) {
		f->looked_us = now_us;
		bad = look_at_meta(f, err);
		if (!bad && !f->must_resync)
			bad = look_at_stream(f, err);
	}
	if (!bad && (now_us < f->resynced_us || now_us >= f->resynced_us + f->resync_us))
		f->must_resync = true;
	if (!bad && (f->must_resync || now_us < f->allowed_us || now_us >= f->allowed_us + ALLOW_MS * 1000))
		bad = look_at_allow(f, err);
	if (!bad && f->must_resync)
		return resync(f, err);
	return bad ? bad : read_stream(f, timeout_ms, err);
}

/* Waits too, so that a caller in a loop does not spin. */
static int stay_away(struct redis_follow *f, int timeout_ms, struct error *err)
{
	int64_t left_ms = (f->retry_us - f->clock_us()) / 1000;
	(void)poll(NULL, 0, left_ms < timeout_ms ? (int)left_ms + 1 : timeout_ms);
	*err = f->last;
	return -EAGAIN;
}

int redis_follow_step(struct redis_follow *f, int timeout_ms, struct error *err)
{
	int64_t now_us = f->clock_us();
	if (timeout_ms < 0)
		timeout_ms = 0;
	if (now_us < f->retry_us && f->retry_us - now_us <= BACK_OFF_MAX_MS * 1000)
		return stay_away(f, timeout_ms, err);
	int bad = work(f, timeout_ms, err);
	if (!bad) {
		f->back_off_ms = BACK_OFF_MIN_MS;
		f->retry_us = 0;
		return 0;
	}
	redis_route_close(f->route);
	f->last = *err;
	f->retry_us = f->clock_us() + f->back_off_ms * 1000;
	f->back_off_ms = f->back_off_ms * 2 < BACK_OFF_MAX_MS ? f->back_off_ms * 2 : BACK_OFF_MAX_MS;
	return bad == -EAGAIN ? -EIO : bad;
}

/* ---- life ---- */

int redis_follow_open(struct redis_follow **out, const struct redis_follow_options *options,
		      const struct redis_follow_handlers *handlers, struct error *err)
{
	struct redis_url url;
	char password[REDIS_PASSWORD_MAX] = "";
	int bad = redis_url_parse(options->url, &url, err);
	bad = bad ? bad : redis_client_check(url.is_tls, err);
	if (!bad && !options->password)
		bad = redis_password(options->password_file, password, err);
	if (bad)
		return bad;
	if (options->password)
		snprintf(password, sizeof password, "%s", options->password);
	struct redis_follow *f = calloc(1, sizeof *f);
	if (f)
		f->route = redis_route_new(&url, password, NULL);
	explicit_bzero(password, sizeof password);
	if (!f || !f->route) {
		free(f);
		return error_set(err, -ENOMEM, "no memory to follow Redis");
	}
	f->handlers = *handlers;
	f->clock_us = options->clock_us;
	f->resync_us = (options->resync_s ? options->resync_s : RESYNC_S) * SECOND_US;
	f->back_off_ms = BACK_OFF_MIN_MS;
	f->must_resync = true;
	f->shards = 1;
	*out = f;
	return 0;
}

void redis_follow_close(struct redis_follow *f)
{
	if (!f)
		return;
	redis_route_free(f->route);
	redis_allow_free(&f->allow);
	free(f);
}

const struct redis_allow *redis_follow_allow(const struct redis_follow *f)
{
	return &f->allow;
}

const char *redis_follow_remark(struct redis_follow *f)
{
	bool is_new = f->is_remark_new;
	f->is_remark_new = false;
	return is_new ? f->remark.text : NULL;
}

size_t redis_follow_servers(const struct redis_follow *f, struct addr *out, size_t max)
{
	return redis_route_servers(f->route, out, max);
}
