/* SPDX-License-Identifier: MIT */
#include "analyze/detect/owner.h"

#include <criterion/criterion.h>

static struct event from(char actor)
{
	return (struct event){ .actor.bytes[15] = (uint8_t)actor, .code = 401 };
}

/* A letter is an actor: upper case gets in, lower case is refused. */
static uint32_t told(const char *story, char asked)
{
	struct owner o = { 0 };
	for (; *story; story++) {
		struct event e = from((char)(*story | 0x20));
		if (*story & 0x20)
			owner_refused(&o, &e);
		else
			owner_opened(&o, &e);
	}
	struct event e = from(asked);
	return owner_contradicts(&o, &e);
}

Test(owner, contradicts)
{
	static const struct {
		const char *name, *story;
		char asked;
		uint32_t refusals;
	} cases[] = {
		{ "nothing was seen", "", 'g', 0 },
		{ "nobody got in", "ggg", 'g', 0 },
		{ "the owner, before and after three refusals of another", "OgggO", 'g', 3 },
		{ "more came since: of those nobody knows", "OgggOgg", 'g', 3 },
		{ "before only: the password may have been changed then", "Oggg", 'g', 0 },
		{ "after only: it may have been changed before", "gggO", 'g', 0 },
		{ "the owner was refused in between: it was changed", "OggogO", 'g', 0 },
		{ "two others", "OghghO", 'g', 4 },
		{ "the owner himself", "OgggO", 'o', 0 },
		{ "each got in once: whose password it is nobody knows", "OgggP", 'g', 0 },
	};
	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
		cr_expect_eq(told(cases[c].story, cases[c].asked), cases[c].refusals, "%s", cases[c].name);
}

Test(owner, refusals_for_another_reason)
{
	static const struct {
		const char *name;
		uint16_t code;
		bool from_log;
		uint32_t refusals;
	} cases[] = { { "401", 401, false, 1 },
		      { "407", 407, false, 1 },
		      { "403: too many contacts, or the wrong network", 403, false, 0 },
		      { "480: its registrar is away", 480, false, 0 },
		      { "a log line about a wrong password", 0, true, 1 } };
	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
		struct owner o = { 0 };
		struct event owner = from('o'), other = from('g');
		other.code = cases[c].code;
		other.from_log = cases[c].from_log;
		owner_opened(&o, &owner);
		owner_refused(&o, &other);
		owner_opened(&o, &owner);
		cr_expect_eq(owner_contradicts(&o, &other), cases[c].refusals, "%s", cases[c].name);
	}
}
