/* SPDX-License-Identifier: MIT */
#include "analyze/recognize/one_sided.h"

#include <criterion/criterion.h>

static struct addr host(uint8_t n)
{
	return addr_from_v4((const uint8_t[]){ 198, 51, 100, n });
}

/* So many answers of one server to different clients, or of different servers to one client. Is the last one's request missing? */
static bool answers(struct one_sided *o, unsigned count, bool from_one_server)
{
	struct addr one = host(1), other;
	bool is_alone = false;
	for (unsigned n = 0; n < count; n++) {
		other = host((uint8_t)(10 + n));
		is_alone =
		    from_one_server ? one_sided_answer(o, &other, &one) : one_sided_answer(o, &one, &other);
	}
	return is_alone;
}

Test(one_sided, answers_alone)
{
	for (int from_one_server = 0; from_one_server < 2; from_one_server++) {
		struct one_sided o = { 0 };
		cr_expect_not(answers(&o, ONE_SIDED_ANSWERS_MIN - 1, from_one_server),
			      "%d: the requests may have been earlier", from_one_server);
		cr_expect(answers(&o, 1, from_one_server), "%d", from_one_server);
		cr_expect(answers(&o, 200, from_one_server), "%d: and it stays so", from_one_server);
	}
}

Test(one_sided, a_request_shows_both_ways)
{
	struct one_sided o = { 0 };
	struct addr server = host(1), client = host(200);
	cr_assert(answers(&o, 50, true));
	one_sided_request(&o, &client, &server);
	cr_expect_not(answers(&o, 50, true), "its server");
	for (unsigned n = 0; n < 50; n++)
		cr_expect_not(one_sided_answer(&o, &client, &server), "both");
	struct addr deaf = host(201);
	bool is_alone = false;
	for (unsigned n = 0; n < ONE_SIDED_ANSWERS_MIN; n++)
		is_alone = one_sided_answer(&o, &deaf, &server);
	cr_expect(is_alone, "the way from this client is another one");
}
