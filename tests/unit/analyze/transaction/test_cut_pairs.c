/* SPDX-License-Identifier: MIT */
#include "analyze/transaction/cut_pairs.h"

#include <criterion/criterion.h>
#include <stdlib.h>

/* Which request an answer belongs to, told by a branch or by ports alone. */

static struct endpoints from_client(uint16_t client_port, uint8_t server)
{
	struct endpoints e = { .source_port = client_port, .destination_port = 5060 };
	e.source = addr_from_v4((const uint8_t[]){ 203, 0, 113, 5 });
	e.destination = addr_from_v4((const uint8_t[]){ 198, 51, 100, server });
	return e;
}

static struct endpoints back(struct endpoints e)
{
	return (struct endpoints){ e.destination, e.source, e.destination_port, e.source_port };
}

static void ask(struct cut_pairs *pairs, uint16_t port, uint8_t server, uint64_t via, uint64_t id)
{
	struct endpoints e = from_client(port, server);
	cut_pairs_request(pairs, &e, via, &(struct transaction_key){ id, id });
}

/* The request that this answers; 0: none. */
static uint64_t answer(struct cut_pairs *pairs, uint16_t port, uint8_t server, uint64_t via, bool is_final)
{
	struct transaction_key key;
	struct endpoints e = back(from_client(port, server));
	return cut_pairs_answer(pairs, &e, via, is_final, &key) ? key.a : 0;
}

Test(cut_pairs, by_branch)
{
	struct cut_pairs *pairs = cut_pairs_new(16);
	ask(pairs, 5060, 1, 71, 1);
	ask(pairs, 5060, 1, 72, 2);
	cr_expect_eq(answer(pairs, 5060, 1, 72, true), 2);
	cr_expect_eq(answer(pairs, 5060, 1, 72, true), 2, "a copy of the answer");
	cr_expect_eq(answer(pairs, 9999, 1, 71, true), 1, "to the port in Via");
	cr_expect_eq(answer(pairs, 5060, 2, 71, true), 0, "another server");
	cut_pairs_free(pairs);
}

Test(cut_pairs, by_ports)
{
	struct cut_pairs *pairs = cut_pairs_new(16);
	ask(pairs, 5060, 1, 0, 1);
	ask(pairs, 5060, 1, 0, 2);
	ask(pairs, 5061, 1, 0, 3);
	cr_expect_eq(answer(pairs, 5060, 1, 0, false), 1, "it is being tried");
	cr_expect_eq(answer(pairs, 5060, 1, 0, true), 1);
	cr_expect_eq(answer(pairs, 5060, 1, 0, true), 2);
	cr_expect_eq(answer(pairs, 5060, 1, 0, true), 0, "no more was asked");
	cr_expect_eq(answer(pairs, 5061, 1, 0, true), 3);
	cr_expect_eq(answer(pairs, 5062, 1, 0, true), 0);
	cut_pairs_free(pairs);
}

/* A request line is longer than a status line, so an answer may show its branch where the request does not, and the other way round. */
Test(cut_pairs, branch_on_one_side)
{
	struct cut_pairs *pairs = cut_pairs_new(16);
	ask(pairs, 5060, 1, 0, 1);
	cr_expect_eq(answer(pairs, 5060, 1, 71, true), 1);
	ask(pairs, 5060, 1, 72, 2);
	cr_expect_eq(answer(pairs, 5060, 1, 0, true), 2);
	ask(pairs, 5060, 1, 73, 3);
	cr_expect_eq(answer(pairs, 5060, 1, 73, true), 3);
	cr_expect_eq(answer(pairs, 5060, 1, 0, true), 0, "it was told by its branch already");
	cut_pairs_free(pairs);
}

Test(cut_pairs, lost_answers)
{
	struct cut_pairs *pairs = cut_pairs_new(16);
	for (uint64_t id = 1; id <= 6; id++)
		ask(pairs, 5060, 1, 0, id);
	cr_expect_eq(answer(pairs, 5060, 1, 0, true), 3, "four are waited for");
	cut_pairs_free(pairs);
}

Test(cut_pairs, is_bounded)
{
	struct cut_pairs *pairs = cut_pairs_new(8);
	for (unsigned server = 1; server < 200; server++)
		ask(pairs, 5060, (uint8_t)server, 0, server);
	cr_expect_eq(answer(pairs, 5060, 1, 0, true), 0);
	cr_expect_eq(answer(pairs, 5060, 199, 0, true), 199);
	cut_pairs_free(pairs);
}
