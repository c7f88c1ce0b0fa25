/* SPDX-License-Identifier: MIT */
#include "unit/output/fixtures.h"

#include "output/html/map.h"

static unsigned far(uint32_t a, uint32_t b)
{
	return a > b ? a - b : b - a;
}

Test(html_map, hilbert_curve_goes_through_every_cell_in_steps_of_one)
{
	static bool seen[MAP_SIDE][MAP_SIDE];
	uint32_t last_x = 0, last_y = 0;
	for (uint32_t d = 0; d < MAP_SIDE * MAP_SIDE; d++) {
		uint32_t x, y;
		hilbert_cell(d, &x, &y);
		cr_assert(x < MAP_SIDE && y < MAP_SIDE);
		cr_assert_not(seen[y][x], "cell %u twice", d);
		seen[y][x] = true;
		cr_assert(d == 0 || far(x, last_x) + far(y, last_y) == 1, "a jump before %u", d);
		last_x = x;
		last_y = y;
	}
	cr_expect_eq(last_y, 0);
	cr_expect_eq(last_x, MAP_SIDE - 1);
}

Test(html_map, a_network_of_eight_bits_is_a_square)
{
	for (uint32_t net = 0; net < 256; net++) {
		uint32_t x, y, corner_x, corner_y;
		hilbert_cell(net << 8, &corner_x, &corner_y);
		for (uint32_t i = 0; i < 256; i++) {
			hilbert_cell(net << 8 | i, &x, &y);
			cr_assert(x / 16 == corner_x / 16 && y / 16 == corner_y / 16, "%u.%u", net, i);
		}
	}
}

Test(html_map, the_gravest_verdict_of_a_network_counts)
{
	struct html_map *m = calloc(1, sizeof *m);
	struct addr a = fixture_addr("203.0.113.7"), b = fixture_addr("203.0.0.9"),
		    c = fixture_addr("2001:db8::1");
	html_map_add(m, &a, VERDICT_BLOCK);
	html_map_add(m, &b, VERDICT_SPARED);
	html_map_add(m, &c, VERDICT_BLOCK);
	cr_expect_eq(m->count[203u << 8], 2);
	cr_expect_eq(m->worst[203u << 8], VERDICT_BLOCK);
	cr_expect_eq(m->v4, 2);
	cr_expect_eq(m->others, 1);
	free(m);
}
