/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_STORE_VITALS_H
#define OUTPUT_STORE_VITALS_H

#include "output/store/sqlite.h"

/* output/store/vitals.h - how a daemon is doing, in its own words: counters since its start, and who keeps it
 * busy. It writes them into the store every few seconds, for who looks at the store (`siphound top`) and has
 * no other way to it. */

#define STORE_VITALS_MAX 8 /* daemons; of more, those that spoke last */

struct store_vitals {
	const char *key; /* of the daemon: what it watches, a name a line */
	int64_t started_us, time_us;
	bool is_ended;	   /* it took its leave */
	uint64_t packets;  /* frames, datagrams, HEP messages */
	uint64_t lines;	   /* of logs */
	uint64_t requests; /* observations: requests on the wire, and lines that told of one */
	uint64_t drops;	   /* frames that were lost before they reached it */
	uint64_t alerts;
	int64_t span_us;     /* that `busy` counts */
	struct slice inputs; /* "up NAME" or "down NAME", a line each */
	struct slice busy;   /* "COUNT ADDRESS", a line each, the busiest first */
};

/* Writes what changed, in a transaction of its own. It waits for nobody: when another program is writing,
 * nothing is written and that is no failure. 0 or a negative errno with *err. */
int store_vitals_put(struct store *s, const struct store_vitals *vitals, struct error *err);

/* Borrowed for the length of the call. False stops. */
typedef bool (*store_vitals_fn)(void *ctx, const struct store_vitals *vitals);
/* The one that spoke last comes first. */
int store_each_vitals(struct store *s, store_vitals_fn fn, void *ctx, struct error *err);

#endif
