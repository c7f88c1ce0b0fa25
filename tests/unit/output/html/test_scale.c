/* SPDX-License-Identifier: MIT */
#include "unit/output/fixtures.h"

#include "output/html/scale.h"

static void fill(struct scale *s, const char *const *addresses, size_t count)
{
	struct addr *keys = malloc(count * sizeof *keys);
	for (size_t i = 0; i < count; i++)
		keys[i] = fixture_addr(addresses[i]);
	scale_init(s, keys, count);
}

static uint64_t y_of(const struct scale *s, const char *address)
{
	struct addr key = fixture_addr(address);
	return scale_y(s, &key);
}

Test(html_scale, near_addresses_keep_their_gaps)
{
	static const char *const near[] = { "198.51.100.9", "198.51.100.1", "198.51.100.1", "198.51.100.4" };
	struct scale s;
	fill(&s, near, 4);
	cr_expect(s.is_linear);
	cr_expect_eq(s.count, 3);
	cr_expect_eq(y_of(&s, "198.51.100.4"), 3);
	cr_expect_eq(scale_high(&s), 8);
	struct addr key = scale_key(&s, 8), last = fixture_addr("198.51.100.9");
	cr_expect(addr_eq(&key, &last));
	scale_fini(&s);
}

Test(html_scale, far_ones_stand_side_by_side)
{
	static const char *const far[] = { "203.0.113.1", "192.0.2.1", "2001:db8::1", "198.51.100.4" };
	struct scale s;
	fill(&s, far, 4);
	cr_expect_not(s.is_linear);
	cr_expect_eq(scale_high(&s), 3);
	for (uint64_t y = 0; y < 4; y++) {
		struct addr key = scale_key(&s, y);
		cr_expect_eq(scale_y(&s, &key), y);
	}
	scale_fini(&s);
}
