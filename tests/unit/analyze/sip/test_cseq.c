/* SPDX-License-Identifier: MIT */
#include "analyze/sip/cseq.h"

#include <criterion/criterion.h>

static const struct {
	const char *text;
	bool ok;
	uint32_t number;
	const char *method;
} cases[] = {
	{ "1 INVITE", true, 1, "INVITE" },
	{ "1  ACK", true, 1, "ACK" },
	{ "0009\r\n  INVITE", true, 9, "INVITE" },
	{ " 4294967295\tx ", true, 4294967295u, "x" },
	{ "4294967296 x", false, 0, NULL },
	{ "36893488147419103232 REGISTER", false, 0, NULL },
	{ "1", false, 0, NULL },
	{ "1 ", false, 0, NULL },
	{ "1INVITE", false, 0, NULL },
	{ "INVITE 1", false, 0, NULL },
	{ "-1 INVITE", false, 0, NULL },
	{ "", false, 0, NULL },
};

Test(sip_cseq, cases)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct sip_cseq cseq = { .number = 77 };
		enum parse_result result = sip_cseq_parse(slice_str(cases[i].text), &cseq);
		cr_assert_eq(result, cases[i].ok ? PARSE_OK : PARSE_BAD, "%s", cases[i].text);
		cr_expect_eq(cseq.number, cases[i].ok ? cases[i].number : 77, "%s", cases[i].text);
		if (cases[i].ok)
			cr_expect(slice_eq(cseq.method, slice_str(cases[i].method)), "%s", cases[i].text);
	}
}
