/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_REPORT_TABLE_H
#define OUTPUT_REPORT_TABLE_H

#include "output/report/page.h"

/* output/report/table.h - the table of offenders, one row each, in the order they came, never wider than the
 * page: columns shrink and wrap, then the least needed ones go. Life: report_table_init, report_table_add,
 * report_table_print, report_table_fini. Memory: REPORT_TABLE_ROWS rows of about 1 KiB; further rows are
 * counted. */

#define REPORT_TABLE_ROWS 200

struct report_row;

struct report_table {
	struct report_row *rows;
	size_t count, capacity;
	uint64_t left_out;
	bool out_of_memory;
};

void report_table_init(struct report_table *t);
void report_table_fini(struct report_table *t);
void report_table_add(struct report_table *t, const struct offender *o);
void report_table_print(const struct report_table *t, struct page *p);

#endif
