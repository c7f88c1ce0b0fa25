/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_HTTP_METRICS_H
#define OUTPUT_HTTP_METRICS_H

#include "analyze/summary.h"
#include "core/error.h"

#include <stdio.h>

/* output/http/metrics.h - the counters of a running watch, handed from its loop to whoever shows them.
 *
 * Life: metrics_board_new; the loop fills a struct metrics of its own (zeroed, then metrics_take_summary and
 * the rest) and calls metrics_publish about once a second; other threads call metrics_read at any time; when
 * they have ended, metrics_board_free. A struct metrics holds no pointers, so that a copy is a copy: 20 KB. */

enum { METRICS_NAME_MAX = 80, METRICS_LIST_MAX = SUMMARY_LIST_MAX, METRICS_INPUTS_MAX = 160 };

struct metrics_item {
	char name[METRICS_NAME_MAX]; /* ours or the operator's, never a sender's */
	uint64_t count;
};

struct metrics_list {
	size_t count;
	struct metrics_item items[METRICS_LIST_MAX];
};

struct metrics_input {
	char name[METRICS_NAME_MAX]; /* as in reports */
	bool is_up;		     /* interface up, listener bound, log can be read */
	uint64_t packets;	     /* or lines */
	uint64_t drops;		     /* lost before they reached us */
};

/* One that is off (is_on false) is left out of what is shown. */
struct metrics_redis {
	bool is_on, is_connected;
	uint64_t lag; /* changes of the store that it does not have yet */
	uint64_t sent, failed, reconnects;
	uint64_t skipped, wide; /* addresses left out; entries of its allow list that are not heeded */
};

struct metrics_ban_log {
	bool is_on, is_failing;
	uint64_t bans, unbans, lag; /* lines written; changes not written yet */
	uint64_t failures;	    /* writes that failed; what they held is written later */
	uint64_t reopened;	    /* the file was rotated away */
};

struct metrics_store {
	bool is_on, is_failing;
	uint64_t bytes; /* of the file */
	uint64_t lag;	/* rows of the outbox that the slowest feed has not taken */
	uint64_t bans;	/* written since the start */
};

struct metrics {
	char version[32], build[64]; /* of the program; the compiler's or the commit, may be empty */
	int64_t started_us;
	int64_t tick_us; /* wall clock of the last turn of the loop: /healthz holds it against now */

	uint64_t bytes, packets, sip_messages, provisioning;
	struct metrics_list requests; /* by method */
	uint64_t responses[7];	      /* by class 1..6 */
	bool has_log;
	uint64_t lines, lines_matched;
	struct metrics_list not_understood; /* by reason */

	uint64_t observations;
	uint64_t alerts[LEVEL_COUNT];
	uint64_t alerts_left_out; /* too many in one second */
	uint64_t offenders[5];	  /* by enum verdict, now */
	uint64_t campaigns, breaches;

	uint64_t dropped;		  /* frames that were lost, all inputs */
	uint64_t evicted;		  /* actors that made room for others */
	uint64_t actors;		  /* seen */
	uint64_t table_used, table_limit; /* actors remembered, and how many may be */

	size_t input_count;
	struct metrics_input inputs[METRICS_INPUTS_MAX];

	uint64_t rules; /* loaded */
	uint64_t reloads, reloads_failed;
	int64_t reloaded_us; /* 0: never */

	struct metrics_store store;
	struct metrics_redis redis;
	struct metrics_ban_log ban_log;
};

/* What a summary has of it; the rest stays. */
void metrics_take_summary(struct metrics *m, const struct run_summary *s);
/* Adds to the list; a name that is too long is cut, what finds it full is left out. */
void metrics_list_add(struct metrics_list *list, const char *name, uint64_t count);

/* Prometheus text format 0.0.4. Names siphound_*, counters end in _total; seconds and bytes, as is the custom
 * there. 0, or -EIO. */
int metrics_write_prometheus(const struct metrics *m, FILE *out);
/* A label's value between quotes: backslash, quote and line end escaped, control characters as '?'. */
void metrics_write_label(const char *value, FILE *out);

struct metrics_board;
struct metrics_board *metrics_board_new(void);	      /* NULL: no memory */
void metrics_board_free(struct metrics_board *board); /* NULL is fine */
void metrics_publish(struct metrics_board *board, const struct metrics *m);
/* False: nothing was published yet; *out is zeroed then. */
bool metrics_read(struct metrics_board *board, struct metrics *out);

#endif
