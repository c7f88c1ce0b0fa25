/* SPDX-License-Identifier: MIT */
#include "analyze/sip/caller.h"

#include <criterion/criterion.h>

Test(caller, shows_himself)
{
	static const struct {
		const char *name, *user, *host;
		enum caller_word shown, logged;
	} cases[] = {
		{ "telephone number", "+493012345678", "carrier.example", CALLER_NUMBER, CALLER_NUMBER },
		{ "just long enough", "1234567", "carrier.example", CALLER_NUMBER, CALLER_NUMBER },
		{ "too short", "123456", "carrier.example", CALLER_NAME, CALLER_NAME },
		{ "a plus is no digit", "+123456", "carrier.example", CALLER_NAME, CALLER_NAME },
		{ "plus behind digits", "123+4567", "carrier.example", CALLER_NAME, CALLER_NAME },
		{ "letters among digits", "1234567a", "carrier.example", CALLER_NAME, CALLER_NAME },
		{ "name", "alice", "a.example", CALLER_NAME, CALLER_NAME },
		{ "anonymous", "anonymous", "a.example", CALLER_HIDDEN, CALLER_NAME },
		{ "in capitals, with more around", "xAnOnYmOusly", "a.example", CALLER_HIDDEN, CALLER_NAME },
		{ "nearly", "anonymou", "a.example", CALLER_NAME, CALLER_NAME },
		{ "unavailable", "Unavailable", "a.example", CALLER_HIDDEN, CALLER_NAME },
		{ "unknown", "Unknown", "a.example", CALLER_HIDDEN, CALLER_NAME },
		{ "restricted", "restricted", "a.example", CALLER_HIDDEN, CALLER_NAME },
		{ "private", "PRIVATE", "a.example", CALLER_HIDDEN, CALLER_NAME },
		{ "a private's name", "private1", "a.example", CALLER_NAME, CALLER_NAME },
		{ "withheld", "withheld", "a.example", CALLER_HIDDEN, CALLER_NAME },
		{ "by the host", "thisis", "Anonymous.invalid", CALLER_HIDDEN, CALLER_NAME },
		{ "by the host alone", "", "anonymous.invalid", CALLER_HIDDEN, CALLER_ABSENT },
		{ "a number there is shown", "4930123456", "anonymous.invalid", CALLER_NUMBER,
		  CALLER_NUMBER },
		{ "host alone", "", "a.example", CALLER_NAME, CALLER_ABSENT },
		{ "nobody", "", "", CALLER_ABSENT, CALLER_ABSENT },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct slice user = slice_str(cases[i].user), host = slice_str(cases[i].host);
		cr_expect_eq(sip_caller(user, host), cases[i].shown, "%s", cases[i].name);
		cr_expect_eq(sip_caller_logged(user), cases[i].logged, "%s, in a log", cases[i].name);
	}
}
