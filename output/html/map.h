/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_HTML_MAP_H
#define OUTPUT_HTML_MAP_H

#include "output/html/plot.h"

/* output/html/map.h - where in the IPv4 address space offenders are: a Hilbert curve of 256 by 256 cells, one
 * for each /16. Addresses that are near in number are near on the map, and each network is a compact block: a
 * /8 is a square of 16 by 16 cells. */

enum { MAP_SIDE = 256, MAP_MARKS_MAX = 600 /* circles; beyond, only the shade of the cell */ };

struct html_map {
	uint32_t count[MAP_SIDE * MAP_SIDE]; /* offenders in each /16, by number */
	uint8_t worst[MAP_SIDE * MAP_SIDE];  /* enum verdict */
	uint64_t v4, others;
};

/* Column and row of position `d` (0..65535) of the curve. */
void hilbert_cell(uint32_t d, uint32_t *x, uint32_t *y);

void html_map_add(struct html_map *m, const struct addr *address, enum verdict verdict);
/* False: there is no IPv4 offender. */
bool html_map_print(const struct html_map *m, struct html *h);

#endif
