/* SPDX-License-Identifier: MIT */
#include "output/http/internal.h"

#include "core/clock.h"
#include "core/hash.h"
#include "output/export/export.h"
#include "output/store/newest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

enum {
	KEPT = 8,		    /* lists, by what was asked for */
	LOOK_US = 100 * 1000,	    /* the store is asked whether it changed at most so often */
	FRESH_US = 5 * 1000 * 1000, /* bans that run out make no change in the store */
	REOPEN_US = 1000 * 1000,
	REST_FACTOR = 3, /* making lists takes at most a quarter of the time in the long run ... */
	REST_BURST_US = 15 * 1000 * 1000,
	REST_MAX_US = 30 * 1000 * 1000,
	STALE_MAX_US = 60 * 1000 * 1000, /* ... and an older list is better than none */
};

struct kept {
	struct http_list_query query;
	struct http_body *body; /* NULL: free */
	char etag[HTTP_ETAG_MAX];
	uint64_t seq, used;
	int64_t made_us;
};

struct http_blocklist {
	char *path;
	size_t *held;
	int64_t (*clock_us)(void);
	bool unproven;
	struct store *store; /* NULL: could not be opened */
	uint64_t seq, uses, made;
	int64_t looked_us, tried_us; /* INT64_MIN: never */
	int64_t rest_until_us;
	struct kept kept[KEPT];
};

/* ---- the query ---- */

static bool read_number(const char *text, uint64_t max, uint64_t *out)
{
	return slice_u64(slice_str(text), out) && *out <= max;
}

static int64_t unit_us(char unit)
{
	switch (unit) {
	case 's':
		return SECOND_US;
	case 'm':
		return MINUTE_US;
	case 'h':
		return HOUR_US;
	case 'd':
		return DAY_US;
	case 'w':
		return 7 * DAY_US;
	default:
		return 0;
	}
}

static bool read_span(const char *text, int64_t *out)
{
	uint64_t number;
	size_t len = strlen(text);
	int64_t unit = len > 1 ? unit_us(text[len - 1]) : 0;
	if (!unit || !slice_u64(slice_of(text, len - 1), &number) ||
	    number > (uint64_t)(3660 * DAY_US / unit))
		return false;
	*out = (int64_t)number * unit;
	return true;
}

/* Digits of a fixed number, then `end`. */
static bool take_digits(const char **text, size_t count, const char *ends, int *out)
{
	*out = 0;
	for (size_t i = 0; i < count; i++, ++*text) {
		if (!ascii_is_digit((uint8_t) * *text))
			return false;
		*out = *out * 10 + (**text - '0');
	}
	if (!strchr(ends, **text)) /* finds the NUL too */
		return false;
	*text += **text != '\0';
	return true;
}

static bool read_civil(const char *text, int64_t *out)
{
	struct clock_civil c = { .year = 0 };
	if (!take_digits(&text, 4, "-", &c.year) || !take_digits(&text, 2, "-", &c.month))
		return false;
	if (!take_digits(&text, 2, "T ", &c.day))
		return false;
	bool has_time = text[-1] == 'T' || text[-1] == ' ';
	if (has_time && (!take_digits(&text, 2, ":", &c.hour) || text[-1] != ':' ||
			 !take_digits(&text, 2, ":Z", &c.minute)))
		return false;
	if (has_time && text[-1] == ':' && !take_digits(&text, 2, "Z", &c.second))
		return false;
	if (*text || c.year < 1970 || !clock_is_date(c.year, c.month, c.day))
		return false;
	*out = clock_from_civil(c.year, c.month, c.day, c.hour, c.minute, c.second);
	return c.hour < 24 && c.minute < 60 && c.second < 61;
}

static bool read_since(const char *text, int64_t now_us, int64_t *out)
{
	uint64_t seconds;
	int64_t span_us;
	if (read_number(text, 253402300799u, &seconds)) {
		*out = (int64_t)seconds * SECOND_US;
		return true;
	}
	if (read_span(text, &span_us)) {
		*out = now_us - now_us % MINUTE_US - span_us;
		return true;
	}
	return read_civil(text, out);
}

static int read_parameter(struct slice name, const char *value, int64_t now_us, struct http_list_query *q,
			  unsigned *seen, struct error *err)
{
	static const char *const names[] = { "family", "min_score", "since" };
	uint64_t number;
	size_t which = 0;
	while (which < 3 && !slice_eq(name, slice_str(names[which])))
		which++;
	if (which == 3)
		return error_set(err, -EINVAL,
				 "there is no such parameter; there are family, min_score and since");
	if (*seen & 1u << which)
		return error_set(err, -EINVAL, "%s is there twice", names[which]);
	*seen |= 1u << which;
	if (which == 0) {
		if (!read_number(value, 6, &number) || (number != 4 && number != 6))
			return error_set(err, -EINVAL, "family is 4 or 6");
		q->family = (int)number;
	} else if (which == 1) {
		if (!read_number(value, 100, &number))
			return error_set(err, -EINVAL, "min_score is a number from 0 to 100");
		q->min_score = (int)number;
	} else if (!read_since(value, now_us, &q->since_us)) {
		return error_set(err, -EINVAL,
				 "since is a time in UTC (2026-01-02T03:04:05Z), seconds since 1970, or how "
				 "long ago (2h, 7d)");
	}
	return 0;
}

int http_list_query_read(struct slice query, int64_t now_us, struct http_list_query *out, struct error *err)
{
	struct http_list_query q = { .since_us = INT64_MIN };
	struct slice name;
	char value[48];
	unsigned seen = 0;
	for (;;) {
		enum parse_result got = http_query_next(&query, &name, value, sizeof value);
		if (got == PARSE_PARTIAL)
			break;
		if (got == PARSE_BAD)
			return error_set(err, -EINVAL,
					 "the part behind the '?' is NAME=VALUE, joined by '&'");
		int bad = read_parameter(name, value, now_us, &q, &seen, err);
		if (bad)
			return bad;
	}
	*out = q;
	return 0;
}

/* ---- bodies ---- */

struct http_body *http_body_new(char *bytes, size_t len, size_t *held)
{
	struct http_body *body = bytes ? malloc(sizeof *body) : NULL;
	if (!body) {
		free(bytes);
		return NULL;
	}
	*body = (struct http_body){ 1, len, bytes, held };
	*held += len;
	return body;
}

struct http_body *http_body_share(struct http_body *body)
{
	body->references++;
	return body;
}

void http_body_drop(struct http_body *body)
{
	if (!body || --body->references)
		return;
	*body->held -= body->len;
	free(body->bytes);
	free(body);
}

/* ---- the store ---- */

/* The wall clock may be set back; what is due then is due now. */
static bool is_within(int64_t now_us, int64_t since_us, int64_t span_us)
{
	return since_us != INT64_MIN && now_us >= since_us && now_us - since_us < span_us;
}

static void close_store(struct http_blocklist *l)
{
	store_close(l->store);
	l->store = NULL;
	l->looked_us = INT64_MIN;
}

/* Is the store there, and which is its newest change? */
static int look_at_store(struct http_blocklist *l, int64_t now_us, struct error *err)
{
	if (l->store && is_within(now_us, l->looked_us, LOOK_US))
		return 0;
	if (!l->store) {
		if (is_within(now_us, l->tried_us, REOPEN_US))
			return error_set(err, -EAGAIN, "the store could not be opened a moment ago");
		l->tried_us = now_us;
		/* Read only: what is asked for over the network never writes. A reader waits for nobody. */
		int bad = store_open(&l->store, l->path, STORE_READ, NULL, err);
		if (bad)
			return bad;
	}
	int bad = store_newest(l->store, &l->seq, err);
	if (bad)
		close_store(l);
	else
		l->looked_us = now_us;
	return bad;
}

int http_blocklist_check(struct http_blocklist *l, int64_t now_us, struct error *err)
{
	return look_at_store(l, now_us, err);
}

int http_blocklist_look(struct http_blocklist *l, int64_t now_us, struct store **store, uint64_t *seq,
			struct error *err)
{
	int bad = look_at_store(l, now_us, err);
	*store = l->store;
	*seq = l->seq;
	return bad;
}

/* ---- lists ---- */

static struct kept *find_kept(struct http_blocklist *l, const struct http_list_query *q)
{
	for (size_t i = 0; i < KEPT; i++) {
		struct kept *k = &l->kept[i];
		if (k->body && k->query.family == q->family && k->query.min_score == q->min_score &&
		    k->query.since_us == q->since_us)
			return k;
	}
	return NULL;
}

static struct kept *place_for(struct http_blocklist *l, const struct http_list_query *q)
{
	struct kept *k = find_kept(l, q);
	if (k)
		return k;
	k = &l->kept[0];
	for (size_t i = 0; i < KEPT; i++) {
		if (!l->kept[i].body)
			return &l->kept[i];
		if (l->kept[i].used < k->used)
			k = &l->kept[i];
	}
	return k;
}

static void drop_kept(struct kept *k)
{
	http_body_drop(k->body);
	*k = (struct kept){ .body = NULL };
}

static void make_etag(const struct http_body *body, char out[HTTP_ETAG_MAX])
{
	snprintf(out, HTTP_ETAG_MAX, "\"%016" PRIx64 "%016" PRIx64 "\"",
		 hash_bytes(body->bytes, body->len, 1), hash_bytes(body->bytes, body->len, 2));
}

static int write_list(struct http_blocklist *l, const struct http_list_query *q, int64_t now_us, char **text,
		      size_t *len, struct error *err)
{
	struct export_options options = { .now_us = now_us,
					  .unproven = l->unproven,
					  .family = q->family,
					  .min_score = q->min_score,
					  .since_us = q->since_us };
	options.out = open_memstream(text, len);
	if (!options.out)
		return error_set(err, -ENOMEM, "no memory for the list");
	int bad = export_write(l->store, EXPORT_PLAIN, &options, NULL, err);
	if (fclose(options.out) && !bad)
		bad = error_set(err, -ENOMEM, "no memory for the list");
	return bad;
}

static int make(struct http_blocklist *l, const struct http_list_query *q, int64_t now_us, struct error *err)
{
	char *text = NULL;
	size_t len = 0;
	struct kept *k = place_for(l, q);
	drop_kept(k);
	if (*l->held > HTTP_BODIES_MAX)
		return error_set(err, -EAGAIN, "too many lists are under way");
	int bad = write_list(l, q, now_us, &text, &len, err);
	if (bad) {
		free(text);
		close_store(l);
		return bad;
	}
	k->body = http_body_new(text, len, l->held);
	if (!k->body)
		return error_set(err, -ENOMEM, "no memory for the list");
	k->query = *q;
	k->seq = l->seq;
	k->made_us = now_us;
	make_etag(k->body, k->etag);
	l->made++;
	return 0;
}

static int give(struct http_blocklist *l, struct kept *k, struct http_response *r)
{
	k->used = ++l->uses;
	r->status = 200;
	r->type = "text/plain; charset=utf-8";
	r->fields = "Cache-Control: no-cache\r\n";
	memcpy(r->etag, k->etag, sizeof r->etag);
	r->body = http_body_share(k->body);
	return 0;
}

/* What making lists has cost is rested from, when it was much. */
bool http_blocklist_must_rest(const struct http_blocklist *l, int64_t now_us)
{
	int64_t owed_us = l->rest_until_us - now_us;
	return owed_us > REST_BURST_US && owed_us <= REST_MAX_US; /* more: the clock was set back */
}

void http_blocklist_owe(struct http_blocklist *l, int64_t began_us, int64_t ended_us)
{
	int64_t took_us = ended_us > began_us ? ended_us - began_us : 0;
	int64_t owed_us = l->rest_until_us > ended_us ? l->rest_until_us - ended_us : 0;
	owed_us += (took_us < REST_MAX_US ? took_us : REST_MAX_US) * REST_FACTOR;
	l->rest_until_us = ended_us + (owed_us < REST_MAX_US ? owed_us : REST_MAX_US);
}

static int refresh(struct http_blocklist *l, const struct http_list_query *q, int64_t now_us,
		   struct error *err)
{
	const struct kept *k = find_kept(l, q);
	if (!http_blocklist_must_rest(l, now_us)) {
		int bad = make(l, q, now_us, err);
		http_blocklist_owe(l, now_us, l->clock_us());
		return bad;
	}
	return k && is_within(now_us, k->made_us, STALE_MAX_US)
		   ? 0
		   : error_set(err, -EAGAIN, "lists were asked for faster than they can be made");
}

int http_blocklist_get(struct http_blocklist *l, const struct http_list_query *q, int64_t now_us,
		       struct http_response *response, struct error *err)
{
	int bad = look_at_store(l, now_us, err);
	if (bad)
		return bad;
	struct kept *k = find_kept(l, q);
	if (k && k->seq == l->seq && is_within(now_us, k->made_us, FRESH_US))
		return give(l, k, response);
	bad = refresh(l, q, now_us, err);
	return bad ? bad : give(l, find_kept(l, q), response);
}

uint64_t http_blocklist_made(const struct http_blocklist *l)
{
	return l->made;
}

/* ---- life ---- */

struct http_blocklist *http_blocklist_new(const struct http_options *options, size_t *held)
{
	struct http_blocklist *l = calloc(1, sizeof *l);
	if (!l || !(l->path = strdup(options->store_path))) {
		free(l);
		return NULL;
	}
	l->held = held;
	l->clock_us = options->clock_us;
	l->unproven = options->unproven;
	l->looked_us = l->tried_us = INT64_MIN;
	return l;
}

void http_blocklist_free(struct http_blocklist *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < KEPT; i++)
		drop_kept(&l->kept[i]);
	store_close(l->store);
	free(l->path);
	free(l);
}
