/* SPDX-License-Identifier: MIT */
#include "output/html/map.h"

#include "output/report/phrases.h"

#include <stdlib.h>

/* The curve: two bits of the position at a time, from the largest square to the smallest; each says which
 * quarter comes next, and how the curve lies in it. */
void hilbert_cell(uint32_t d, uint32_t *x, uint32_t *y)
{
	*x = *y = 0;
	for (uint32_t side = 1; side < MAP_SIDE; side *= 2, d /= 4) {
		uint32_t right = 1 & d / 2, up = 1 & (d ^ right);
		if (!up) {
			if (right) {
				*x = side - 1 - *x;
				*y = side - 1 - *y;
			}
			uint32_t swap = *x;
			*x = *y;
			*y = swap;
		}
		*x += side * right;
		*y += side * up;
	}
}

/* What concerns the operator most. */
static unsigned gravity(enum verdict verdict)
{
	static const uint8_t order[] = { [VERDICT_NONE] = 0,
					 [VERDICT_SPARED] = 1,
					 [VERDICT_VICTIM] = 2,
					 [VERDICT_WATCH] = 3,
					 [VERDICT_BLOCK] = 4 };
	return order[verdict];
}

void html_map_add(struct html_map *m, const struct addr *address, enum verdict verdict)
{
	if (!addr_is_v4(address)) {
		m->others++;
		return;
	}
	uint32_t net = addr_v4(address) >> 16;
	m->v4++;
	m->count[net]++;
	if (gravity(verdict) > gravity((enum verdict)m->worst[net]))
		m->worst[net] = (uint8_t)verdict;
}

enum { CELL = 2, EDGE = 14, BLOCK = 16 * CELL };

/* The corner of the square of a /8. */
static void block_corner(uint32_t net8, uint32_t *x, uint32_t *y)
{
	hilbert_cell(net8 << 8, x, y);
	*x = *x / 16 * 16;
	*y = *y / 16 * 16;
}

static bool has_offender(const struct html_map *m, uint32_t net8)
{
	for (uint32_t i = 0; i < 256; i++)
		if (m->count[net8 << 8 | i])
			return true;
	return false;
}

static void put_ground(const struct html_map *m, struct html *h)
{
	for (uint32_t net8 = 0; net8 < 256; net8++) {
		uint32_t x, y;
		bool is_reserved = net8 == 0 || net8 == 10 || net8 == 127 || net8 >= 224;
		block_corner(net8, &x, &y);
		if (is_reserved)
			html_raw(h, "<rect class=\"reserved\" x=\"%u\" y=\"%u\" width=\"%d\" height=\"%d\"/>",
				 EDGE + x * CELL, EDGE + y * CELL, BLOCK, BLOCK);
		if (has_offender(m, net8) || net8 % 16 == 0)
			html_raw(h, "<text class=\"%s\" x=\"%u\" y=\"%u\">%u</text>",
				 has_offender(m, net8) ? "lab" : "tick", EDGE + x * CELL + 2,
				 EDGE + y * CELL + 11, net8);
	}
	html_raw(h, "\n<path class=\"grid\" d=\"");
	for (int i = 1; i < 16; i++)
		html_raw(h, "M%d %dV%dM%d %dH%d", EDGE + i * BLOCK, EDGE, EDGE + MAP_SIDE * CELL, EDGE,
			 EDGE + i * BLOCK, EDGE + MAP_SIDE * CELL);
	html_raw(h, "\"/>\n");
}

static unsigned radius_of(uint32_t count)
{
	unsigned radius = 4;
	for (; count > 1 && radius < 14; count /= 2)
		radius++;
	return radius;
}

static void put_marks(const struct html_map *m, struct html *h)
{
	unsigned marks = 0;
	for (uint32_t net = 0; net < MAP_SIDE * MAP_SIDE; net++) {
		uint32_t x, y;
		if (!m->count[net])
			continue;
		hilbert_cell(net, &x, &y);
		const char *verdict = verdict_text((enum verdict)m->worst[net]);
		if (marks++ < MAP_MARKS_MAX)
			html_raw(h,
				 "<circle class=\"h-%s\" cx=\"%u\" cy=\"%u\" r=\"%u\"><title>%u.%u.0.0/16: "
				 "%u</title></circle>\n",
				 verdict, EDGE + x * CELL + 1, EDGE + y * CELL + 1, radius_of(m->count[net]),
				 net >> 8, net & 255, m->count[net]);
		else
			html_raw(h, "<path class=\"h-%s\" d=\"M%u %uh2v2h-2z\"/>\n", verdict, EDGE + x * CELL,
				 EDGE + y * CELL);
	}
}

static int compare_nets(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;
	if (x[1] != y[1])
		return x[1] > y[1] ? -1 : 1;
	return x[0] < y[0] ? -1 : 1;
}

enum { TOLD_NETS = 5 };

/* The same in words. */
static void describe(const struct html_map *m, struct html *h, char *out, size_t room)
{
	uint32_t(*nets)[2] = html_room(h, MAP_SIDE * MAP_SIDE, sizeof *nets);
	size_t count = 0, len = 0;
	out[0] = '\0';
	if (!nets)
		return;
	for (uint32_t net = 0; net < MAP_SIDE * MAP_SIDE; net++)
		if (m->count[net]) {
			nets[count][0] = net;
			nets[count++][1] = m->count[net];
		}
	qsort(nets, count, sizeof *nets, compare_nets);
	len = (size_t)snprintf(out, room, "Offenders are in %zu %s. Most are in: ", count,
			       count == 1 ? "/16" : "different /16");
	for (size_t i = 0; i < count && i < TOLD_NETS && len < room; i++)
		len += (size_t)snprintf(out + len, room - len, "%s%u.%u.0.0/16 (%u)", i ? ", " : "",
					nets[i][0] >> 8, nets[i][0] & 255, nets[i][1]);
	free(nets);
}

/* The gravest verdict of a network: by outline as well as by colour. */
static void put_keys(const struct html_map *m, struct html *h)
{
	static const struct {
		enum verdict verdict;
		const char *words;
	} keys[] = { { VERDICT_BLOCK, "to block" },
		     { VERDICT_WATCH, "to watch" },
		     { VERDICT_VICTIM, "victim" },
		     { VERDICT_SPARED, "spared" } };
	bool is_used[VERDICT_SPARED + 1] = { false };
	for (uint32_t net = 0; net < MAP_SIDE * MAP_SIDE; net++)
		is_used[m->worst[net]] = true;
	html_raw(h, "<ul class=\"keys\">");
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (is_used[keys[i].verdict])
			html_raw(h,
				 "<li><svg viewBox=\"0 0 16 16\" aria-hidden=\"true\"><circle class=\"h-%s\" "
				 "cx=\"8\" cy=\"8\" r=\"6\"/>"
				 "</svg>%s</li>",
				 verdict_text(keys[i].verdict), keys[i].words);
	html_raw(h, "</ul>\n");
}

bool html_map_print(const struct html_map *m, struct html *h)
{
	struct plot p = { .width = 2 * EDGE + MAP_SIDE * CELL,
			  .height = 2 * EDGE + MAP_SIDE * CELL,
			  .left = EDGE,
			  .right = EDGE,
			  .top = EDGE,
			  .bottom = EDGE };
	char words[256];
	if (!m->v4)
		return false;
	describe(m, h, words, sizeof words);
	html_raw(h, "<figure class=\"map\">\n");
	plot_begin(&p, h, "map", "Source addresses on a map of the IPv4 address space", words);
	put_ground(m, h);
	put_marks(m, h);
	plot_end(&p);
	html_raw(h, "<figcaption>");
	put_keys(m, h);
	html_raw(h, "<p>The whole IPv4 address space on a Hilbert curve: each small square is a "
		    "/8, and addresses near in number are "
		    "near on the map. A circle is a /16 with offenders, larger with more of them. A crowd in "
		    "one place is one network; circles "
		    "all over are rented or hijacked hosts. ");
	html_word(h, words);
	html_raw(h, ".</p></figcaption></figure>\n");
	return true;
}
