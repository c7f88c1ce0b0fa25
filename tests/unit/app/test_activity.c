/* SPDX-License-Identifier: MIT */
#include "app/activity.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static char *told(struct activity *a)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	activity_tell(a, out);
	fclose(out);
	return text;
}

static struct addr numbered(uint32_t number)
{
	const uint8_t bytes[4] = { 198, (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number };
	return addr_from_v4(bytes);
}

Test(activity, the_busiest_first_and_then_anew)
{
	struct activity *a = activity_new();
	struct addr one = numbered(1), two = numbered(2);
	for (int i = 0; i < 7; i++)
		activity_see(a, i < 2 ? &one : &two);
	char *text = told(a);
	cr_expect_str_eq(text, "5 198.0.0.2\n2 198.0.0.1\n");
	free(text);
	text = told(a);
	cr_expect_str_eq(text, "");
	free(text);
	activity_free(a);
}

/* A hundred thousand forged senders do not hide the one who is really busy, nor make the list long. */
Test(activity, forged_senders)
{
	struct activity *a = activity_new();
	struct addr busy = numbered(0xffffff);
	for (uint32_t i = 0; i < 100000; i++) {
		struct addr forged = numbered(i);
		activity_see(a, &forged);
		if (i % 4 == 0)
			activity_see(a, &busy);
	}
	char *text = told(a);
	size_t lines = 0;
	for (const char *p = text; *p; p++)
		lines += *p == '\n';
	cr_expect_eq(strtoull(text, NULL, 10) > 24000, true, "%.40s", text);
	cr_expect(strstr(text, " 198.255.255.255\n"));
	cr_expect_leq(lines, (size_t)ACTIVITY_TOLD);
	free(text);
	activity_free(a);
}
