/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_REPORT_STORE_H
#define OUTPUT_REPORT_STORE_H

#include "output/store/sqlite.h"

#include <stdio.h>

/* output/report/store.h - the HTML report of what a store holds: for `siphound report`, and for the page that
 * a running watch serves. */

struct report_store_query {
	const char *name; /* of the store, as it is shown */
	struct store_filter filter;
	uint64_t max_detail; /* offenders that are looked at with their rules and evidence; 0: all. The others
				are rows only */
	uint64_t
	    live_seq; /* of the newest change, for a page that follows the watch; see output/html/live.h */
	bool is_live;
};

/* 0, or a negative errno with *err. */
int report_store_write(struct store *s, const struct report_store_query *q, FILE *out, struct error *err);

#endif
