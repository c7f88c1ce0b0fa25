/* SPDX-License-Identifier: MIT */
#include "output/http/internal.h"

#include "core/clock.h"
#include "output/html/report.h"
#include "output/report/store.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

/* /report and /events: the report of the store as a page that follows the watch (output/html/live.h). Making
 * it takes longer than a list, so it is made at most every few seconds, whoever asks, and what it cost is
 * rested from together with the lists (blocklist.c). */

enum {
	KEPT = 2,
	FRESH_US = 60 * 1000 * 1000, /* bans that run out make no change in the store */
	EVERY_US = 2 * 1000 * 1000,
	STALE_MAX_US = 300 * 1000 * 1000,
};

struct kept_report {
	struct http_list_query query;
	struct http_body *body; /* NULL: free */
	uint64_t seq, used;
	int64_t made_us;
};

struct http_live {
	uint64_t uses;
	struct kept_report kept[KEPT];
};

struct http_live *http_live_new(void)
{
	return calloc(1, sizeof(struct http_live));
}

void http_live_free(struct http_live *l)
{
	for (size_t i = 0; l && i < KEPT; i++)
		http_body_drop(l->kept[i].body);
	free(l);
}

/* ---- /report ---- */

static bool is_within(int64_t now_us, int64_t since_us, int64_t span_us)
{
	return now_us >= since_us && now_us - since_us < span_us;
}

static struct kept_report *find(struct http_live *l, const struct http_list_query *q)
{
	struct kept_report *oldest = &l->kept[0];
	for (size_t i = 0; i < KEPT; i++) {
		struct kept_report *k = &l->kept[i];
		if (k->body && k->query.family == q->family && k->query.min_score == q->min_score &&
		    k->query.since_us == q->since_us)
			return k;
		if (k->used < oldest->used)
			oldest = k;
	}
	http_body_drop(oldest->body);
	*oldest = (struct kept_report){ .query = *q };
	return oldest;
}

static int make(struct kept_report *k, struct store *store, uint64_t seq, int64_t now_us, size_t *held,
		struct error *err)
{
	const struct report_store_query query = {
		.name = "of this watch",
		.filter = { .family = k->query.family,
			    .min_score = k->query.min_score,
			    .since_us = k->query.since_us,
			    .at_us = now_us },
		.max_detail = HTML_SECTIONS_MAX,
		.is_live = true,
		.live_seq = seq,
	};
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	if (!out)
		return error_set(err, -ENOMEM, "no memory for the report");
	int bad = report_store_write(store, &query, out, err);
	if (fclose(out) && !bad)
		bad = error_set(err, -ENOMEM, "no memory for the report");
	if (bad) {
		free(text);
		return bad;
	}
	http_body_drop(k->body);
	k->body = http_body_new(text, len, held);
	k->seq = seq;
	k->made_us = now_us;
	return k->body ? 0 : error_set(err, -ENOMEM, "no memory for the report");
}

static int give(struct http_live *l, struct kept_report *k, struct http_response *out)
{
	k->used = ++l->uses;
	*out = (struct http_response){
		.status = 200,
		.type = "text/html; charset=utf-8",
		.fields =
		    "Cache-Control: no-store\r\nX-Frame-Options: DENY\r\nReferrer-Policy: no-referrer\r\n"
		    "Cross-Origin-Resource-Policy: same-origin\r\n",
		.body = http_body_share(k->body)
	};
	return 0;
}

int http_live_report(struct http_service *s, const struct http_list_query *query, int64_t now_us,
		     struct http_response *out, struct error *err)
{
	struct store *store;
	uint64_t seq;
	int bad = http_blocklist_look(s->list, now_us, &store, &seq, err);
	if (bad)
		return bad;
	struct kept_report *k = find(s->live, query);
	if (k->body && is_within(now_us, k->made_us, k->seq == seq ? FRESH_US : EVERY_US))
		return give(s->live, k, out);
	if (http_blocklist_must_rest(s->list, now_us) || s->held > HTTP_BODIES_MAX)
		return k->body && is_within(now_us, k->made_us, STALE_MAX_US)
			   ? give(s->live, k, out)
			   : error_set(err, -EAGAIN, "reports were asked for faster than they can be made");
	bad = make(k, store, seq, now_us, &s->held, err);
	http_blocklist_owe(s->list, now_us, s->options.clock_us());
	return bad ? bad : give(s->live, k, out);
}

/* ---- /events ---- */

/* The moment, for a strip of numbers. The words are ours. */
static void write_event(struct http_service *s, int64_t now_us, uint64_t seq, FILE *out)
{
	const struct metrics *m = &s->scratch;
	char text[200], when[CLOCK_TEXT_MAX];
	const char *problem = http_health_problem(s, now_us, text, sizeof text);
	clock_text(now_us, when);
	fprintf(out, "data: {\"state\":\"%s\",\"at\":\"%.8s\",\"at_s\":%" PRId64,
		problem ? problem : "all is well", when + 11, now_us / SECOND_US);
	fprintf(out,
		",\"packets\":%" PRIu64 ",\"dropped\":%" PRIu64 ",\"block\":%" PRIu64 ",\"watch\":%" PRIu64
		",\"breaches\":%" PRIu64,
		m->packets + m->lines, m->dropped, m->offenders[VERDICT_BLOCK], m->offenders[VERDICT_WATCH],
		m->breaches);
	fprintf(out, ",\"seq\":\"%" PRIu64 "\"}\n\n", seq);
}

struct http_body *http_live_event(struct http_service *s)
{
	char *text = NULL;
	size_t len = 0;
	struct store *store;
	struct error err;
	uint64_t seq = 0;
	int64_t now_us = s->options.clock_us();
	if (!s->list || http_blocklist_look(s->list, now_us, &store, &seq, &err))
		seq = 0;
	FILE *out = open_memstream(&text, &len);
	if (!out)
		return NULL;
	write_event(s, now_us, seq, out);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return http_body_new(text, len, &s->held);
}
