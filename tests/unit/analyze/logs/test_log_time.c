/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "analyze/logs/log_prefix.h"

struct time_case {
	const char *name, *text, *want; /* want NULL: no time */
};

static const struct time_case times[] = {
	{ "ISO", "2026-11-21 19:53:33 x", "2026-11-21T19:53:33.000000Z" },
	{ "ISO with T, fraction and zone", "2026-11-21T19:53:33.123456789+01:30 x",
	  "2026-11-21T18:23:33.123456Z" },
	{ "ISO with comma", "2026-11-21 19:53:33,5 x", "2026-11-21T19:53:33.500000Z" },
	{ "ISO with Z", "2026-11-21T19:53:33Z x", "2026-11-21T19:53:33.000000Z" },
	{ "ISO with zone behind a blank", "2026-11-21 19:53:33 -0500 x", "2026-11-22T00:53:33.000000Z" },
	{ "slashes", "2026/11/21 19:53:33 [error]", "2026-11-21T19:53:33.000000Z" },
	{ "RFC 3164", "Nov  1 19:53:33 host", "2026-11-01T19:53:33.000000Z" },
	{ "with a year", "Nov 21 2026 19:53:33 host", "2026-11-21T19:53:33.000000Z" },
	{ "weekday and year", "Sat Nov 21 19:53:33 2026 x", "2026-11-21T19:53:33.000000Z" },
	{ "month and day", "08-03 07:56:53.026292 [WARN]", "2026-08-03T07:56:53.026292Z" },
	{ "epoch", "1790000000.25 x", "2026-09-21T14:13:20.250000Z" },
	{ "web", "21/Nov/2026:19:53:33 +0100] x", "2026-11-21T18:53:33.000000Z" },
	{ "web with a blank", "21/Nov/2026 19:53:33] x", "2026-11-21T19:53:33.000000Z" },
	{ "a month's name in ISO", "2026-Nov-03 09:00:00] x", "2026-11-03T09:00:00.000000Z" },
	{ "and a fraction, and a zone", "2026-Nov-03 09:00:00.25 +0100] x", "2026-11-03T08:00:00.250000Z" },
	{ "no such month's name", "2026-Nvo-03 09:00:00] x", NULL },
	{ "weekday and ISO", "Tue 2026-11-03 09:00:00 CET host", "2026-11-03T08:00:00.000000Z" },
	{ "UTC", "Tue 2026-11-03 09:00:00 UTC host", "2026-11-03T09:00:00.000000Z" },
	{ "CEST and a fraction", "Tue 2026-11-03 09:00:00.5 CEST host", "2026-11-03T07:00:00.500000Z" },
	{ "MSK", "Tue 2026-11-03 09:00:00 MSK host", "2026-11-03T06:00:00.000000Z" },
	{ "a zone that means several", "Tue 2026-11-03 09:00:00 CST host", "2026-11-03T09:00:00.000000Z" },
	{ "a zone without a name", "Tue 2026-11-03 09:00:00 -03 host", "2026-11-03T12:00:00.000000Z" },
	{ "with minutes", "Tue 2026-11-03 09:00:00 +0545 host", "2026-11-03T03:15:00.000000Z" },
	{ "no weekday", "Toe 2026-11-03 09:00:00 CET host", NULL },
	{ "German", "M\xc3\xa4r  3 09:00:00 host", "2026-03-03T09:00:00.000000Z" },
	{ "Austrian", "J\xc3\xa4n 03 09:00:00 host", "2026-01-03T09:00:00.000000Z" },
	{ "May", "Mai 13 09:00:00.5 host", "2026-05-13T09:00:00.500000Z" },
	{ "October", "Okt  3 2026 09:00:00 host", "2026-10-03T09:00:00.000000Z" },
	{ "December", "Dez 31 09:00:00 host", "2026-12-31T09:00:00.000000Z" },
	{ "French", "janv.  3 09:00:00 host", "2026-01-03T09:00:00.000000Z" },
	{ "February", "f\xc3\xa9vr. 03 09:00:00 host", "2026-02-03T09:00:00.000000Z" },
	{ "March", "mars  3 09:00:00 host", "2026-03-03T09:00:00.000000Z" },
	{ "April", "avr.  3 09:00:00 host", "2026-04-03T09:00:00.000000Z" },
	{ "mai", "mai  3 09:00:00 host", "2026-05-03T09:00:00.000000Z" },
	{ "June", "juin  3 09:00:00 host", "2026-06-03T09:00:00.000000Z" },
	{ "July", "juil.  3 09:00:00 host", "2026-07-03T09:00:00.000000Z" },
	{ "August", "ao\xc3\xbbt  3 09:00:00 host", "2026-08-03T09:00:00.000000Z" },
	{ "September", "sept.  3 09:00:00 host", "2026-09-03T09:00:00.000000Z" },
	{ "oct.", "oct.  3 09:00:00 host", "2026-10-03T09:00:00.000000Z" },
	{ "nov.", "nov.  3 09:00:00 host", "2026-11-03T09:00:00.000000Z" },
	{ "d\xc3\xa9"
	  "c.",
	  "d\xc3\xa9"
	  "c.  3 09:00:00 host",
	  "2026-12-03T09:00:00.000000Z" },
	{ "a French word", "mais  3 09:00:00 host", NULL },
	{ "month 13", "2026-13-21 19:53:33 x", NULL },
	{ "30 February", "2026-02-30 19:53:33 x", NULL },
	{ "31 April", "Apr 31 19:53:33 host", NULL },
	{ "29 February of no leap year", "29/Feb/2026:19:53:33 +0000] x", NULL },
	{ "29 February", "2028-02-29 19:53:33 x", "2028-02-29T19:53:33.000000Z" },
	{ "29 February of a year that is inferred", "Feb 29 19:53:33 host", "2026-03-01T19:53:33.000000Z" },
	{ "30 February of one", "Feb 30 19:53:33 host", NULL },
	{ "day 0", "Feb  0 19:53:33 host", NULL },
	{ "hour 24", "2026-11-21 24:53:33 x", NULL },
	{ "a word", "November rain", NULL },
	{ "digits", "12345678901 x", NULL },
	{ "too short", "2026-11-2", NULL },
	{ "empty", "", NULL },
};

static struct log_calendar calendar_of(int year)
{
	return (struct log_calendar){ .reference_us = INT64_MIN, .year = year, .last_us = INT64_MIN };
}

Test(log_time, forms)
{
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		struct log_calendar calendar = calendar_of(2026);
		struct log_stamp stamp = { LOG_TIME_NONE, slice_str(times[i].text) };
		char text[CLOCK_TEXT_MAX];
		int64_t us = 0;
		stamp.text.len = log_time_find(stamp.text, &stamp.form);
		bool good = stamp.text.len && log_time_value(&calendar, &stamp, &us);
		cr_expect_eq(good, times[i].want != NULL, "%s", times[i].name);
		if (good && times[i].want)
			cr_expect_str_eq(clock_text(us, text), times[i].want, "%s", times[i].name);
	}
}

static int64_t short_time(struct log_calendar *calendar, const char *text)
{
	struct log_stamp stamp = { LOG_TIME_SHORT, slice_str(text) };
	int64_t us = -1;
	cr_assert(log_time_value(calendar, &stamp, &us));
	return us;
}

Test(log_time, new_year)
{
	struct log_calendar calendar = calendar_of(2025);
	cr_expect_eq(short_time(&calendar, "Dec 31 23:59:59"), clock_from_civil(2025, 12, 31, 23, 59, 59));
	cr_expect_eq(short_time(&calendar, "Jan  1 00:00:00"), clock_from_civil(2026, 1, 1, 0, 0, 0));
	cr_expect_eq(short_time(&calendar, "Dec 31 23:59:59"), clock_from_civil(2025, 12, 31, 23, 59, 59), "a late line");
	cr_expect_eq(short_time(&calendar, "Jan  1 00:00:01"), clock_from_civil(2026, 1, 1, 0, 0, 1));

	calendar = calendar_of(0);
	calendar.reference_us = clock_from_civil(2026, 1, 2, 12, 0, 0);
	cr_expect_eq(short_time(&calendar, "Dec 31 23:59:59"), clock_from_civil(2025, 12, 31, 23, 59, 59));
	cr_expect_eq(short_time(&calendar, "Jan  2 11:00:00"), clock_from_civil(2026, 1, 2, 11, 0, 0));

	calendar = calendar_of(2026);
	calendar.offset_s = 3600;
	cr_expect_eq(short_time(&calendar, "Nov 21 19:53:33"), clock_from_civil(2026, 11, 21, 18, 53, 33));
}

/* Times as people set them; what follows the bracket is no part of them. */
static const struct time_case free_times[] = {
	{ "day first", "21.11.2026 19:53:33] x", "2026-11-21T19:53:33.000000Z" },
	{ "month first", "11/21/2026 19:53:33] x", "2026-11-21T19:53:33.000000Z" },
	{ "either way, so day first", "3/11/2026 10:11:12] x", "2026-11-03T10:11:12.000000Z" },
	{ "two digits of the year", "21/11/26 19:53:33.5] x", "2026-11-21T19:53:33.500000Z" },
	{ "%y-%m-%d", "26-11-21 19:53:33] x", "2026-11-21T19:53:33.000000Z" },
	{ "no year", "11/21 19:53:33] x", "2026-11-21T19:53:33.000000Z" },
	{ "dots", "2026.11.21 19:53:33] x", "2026-11-21T19:53:33.000000Z" },
	{ "%D %r", "11/21/26 07:53:33 PM] x", "2026-11-21T19:53:33.000000Z" },
	{ "midnight", "2026-11-21 12:00:01 AM] x", "2026-11-21T00:00:01.000000Z" },
	{ "noon", "2026-11-21 12:00:01 pm] x", "2026-11-21T12:00:01.000000Z" },
	{ "packed day", "20261121 10:11:12] x", "2026-11-21T10:11:12.000000Z" },
	{ "all packed", "20261121-195333] x", "2026-11-21T19:53:33.000000Z" },
	{ "in one", "20261121195333] x", "2026-11-21T19:53:33.000000Z" },
	{ "with T", "20261121T195333.25] x", "2026-11-21T19:53:33.250000Z" },
	{ "%y%m%d", "261121 19:53:33] x", "2026-11-21T19:53:33.000000Z" },
	{ "weekday, no year", "Sat Nov 21 19:53:33] x", "2026-11-21T19:53:33.000000Z" },
	{ "RFC 5322", "Sat, 21 Nov 2026 19:53:33 +0100] x", "2026-11-21T18:53:33.000000Z" },
	{ "%c in German", "Sa 21 Nov 2026 19:53:33 CET] x", "2026-11-21T18:53:33.000000Z" },
	{ "full names", "Saturday, November 21 2026, 19:53:33] x", "2026-11-21T19:53:33.000000Z" },
	{ "a zone that means several", "2026-11-21 19:53:33 EST] x", "2026-11-21T19:53:33.000000Z" },
	{ "a zone with a colon", "21-Nov-2026 19:53:33 -03:30] x", "2026-11-21T23:23:33.000000Z" },
	{ "month between", "21/Nov 19:53:33] x", "2026-11-21T19:53:33.000000Z" },
	{ "French", "21 ao\xc3\xbbt 2026 19:53:33] x", "2026-08-21T19:53:33.000000Z" },
	{ "a clock alone", "19:53:33.123] x", "1970-01-01T19:53:33.123000Z" },
	{ "no seconds", "21.11.2026 7:53] x", "2026-11-21T07:53:00.000000Z" },
	{ "no clock", "21.11.2026] x", NULL },
	{ "a year alone", "2026 19:53:33] x", NULL },
	{ "a day alone", "21 19:53:33] x", NULL },
	{ "two months", "Nov Dec 21 19:53:33] x", NULL },
	{ "two clocks", "Nov 21 19:53:33 19:53:33] x", NULL },
	{ "four numbers", "1/2/3/4 19:53:33] x", NULL },
	{ "day 31 of neither", "31/31/2026 19:53:33] x", NULL },
	{ "hour 25", "21.11.2026 25:53:33] x", NULL },
	{ "an address", "192.0.2.4 19:53:33] x", NULL },
	{ "an address with a port", "192.0.2.4:5060] x", NULL },
	{ "IPv6", "2001:db8::4] x", NULL },
	{ "a client", "client 19:53:33] x", NULL },
	{ "a word behind", "21.11.2026 19:53:33 client] x", NULL },
	{ "a level", "WARNING] x", NULL },
	{ "not closed", "21.11.2026 19:53:33 x", NULL },
	{ "too long", "Saturday, November 21 2026,                         19:53:33] x", NULL },
	{ "nothing", "] x", NULL },
};

Test(log_time, free_forms)
{
	for (size_t i = 0; i < sizeof free_times / sizeof *free_times; i++) {
		struct log_calendar calendar = calendar_of(2026);
		struct slice text = slice_str(free_times[i].text);
		struct log_stamp stamp = { LOG_TIME_FREE, slice_first(text, log_time_find_free(text)) };
		char shown[CLOCK_TEXT_MAX];
		int64_t us = 0;
		bool good = stamp.text.len && log_time_value(&calendar, &stamp, &us);
		cr_expect_eq(good, free_times[i].want != NULL, "%s", free_times[i].name);
		if (good && free_times[i].want)
			cr_expect_str_eq(clock_text(us, shown), free_times[i].want, "%s", free_times[i].name);
	}
}

static void expect_free(struct log_calendar *calendar, const char *text, const char *want)
{
	struct log_stamp stamp = { LOG_TIME_FREE, slice_str(text) };
	char shown[CLOCK_TEXT_MAX];
	int64_t us = -1;
	cr_expect(log_time_value(calendar, &stamp, &us), "%s", text);
	cr_expect_str_eq(clock_text(us, shown), want, "%s", text);
}

/* 3/11 is the 3rd of November or the 11th of March. */
Test(log_time, order_of_day_and_month)
{
	struct log_calendar calendar = calendar_of(2026);
	expect_free(&calendar, "10/31/2026 23:59:59", "2026-10-31T23:59:59.000000Z");
	expect_free(&calendar, "11/01/2026 00:00:01", "2026-11-01T00:00:01.000000Z");
	expect_free(&calendar, "11/03/2026 00:00:01", "2026-11-03T00:00:01.000000Z");

	calendar = calendar_of(2026);
	expect_free(&calendar, "31/10/2026 23:59:59", "2026-10-31T23:59:59.000000Z");
	expect_free(&calendar, "01/11/2026 00:00:01", "2026-11-01T00:00:01.000000Z");

	/* Not shown yet: nearer to the time of the file, then to the line before. */
	calendar = calendar_of(0);
	calendar.reference_us = clock_from_civil(2026, 11, 4, 12, 0, 0);
	expect_free(&calendar, "11/03/2026 19:53:33", "2026-11-03T19:53:33.000000Z");
	expect_free(&calendar, "11/04/2026 19:53:33", "2026-11-04T19:53:33.000000Z");
	calendar.last_us = INT64_MIN;
	expect_free(&calendar, "03/11/2026 19:53:33", "2026-11-03T19:53:33.000000Z");
}

Test(log_time, clocks_without_a_day)
{
	struct log_calendar calendar = calendar_of(0);
	calendar.reference_us = clock_from_civil(2026, 11, 21, 1, 0, 0);
	expect_free(&calendar, "23:59:59", "2026-11-20T23:59:59.000000Z");
	expect_free(&calendar, "00:00:01", "2026-11-21T00:00:01.000000Z");
	expect_free(&calendar, "23:59:58", "2026-11-20T23:59:58.000000Z");
}

struct prefix_case {
	const char *line, *program, *message;
};

static const struct prefix_case prefixes[] = {
	{ "no prefix at all", NULL, "no prefix at all" },
	{ "[2026-11-21 19:53:33] NOTICE[1] x", NULL, "NOTICE[1] x" },
	{ "[2026-11-21 19:53:33.123] NOTICE[1] x", NULL, "NOTICE[1] x" },
	{ "[Nov 21 19:53:33] NOTICE[1]: x", NULL, "NOTICE[1]: x" },
	{ "Nov 21 19:53:33 pbx asterisk[3284]: NOTICE[3734]: x", "asterisk", "NOTICE[3734]: x" },
	{ "Nov 21 19:53:33 asterisk[3284]: [Nov 21 19:53:33] NOTICE[3734]: x", "asterisk",
	  "NOTICE[3734]: x" },
	{ "<134>Nov 21 19:53:33 proxy /usr/sbin/kamailio[7]: ALERT: x", "kamailio", "ALERT: x" },
	{ "<134>1 2026-11-21T19:53:33.5Z host app 123 - - text", "app", "text" },
	{ "<134>1 2026-11-21T19:53:33Z host app - ID1 [a b=\"c\\\"]d\"][e f=\"g\"] text", "app", "text" },
	{ "2026-11-21T19:53:33+0000 host kernel: [  203.842973] DROP IN=", "kernel", "DROP IN=" },
	{ "2026-11-21T19:53:33.123456+00:00 host freeswitch[1]: 2026-11-21 19:53:33.1 98.50% [WARNING] x",
	  "freeswitch", "[WARNING] x" },
	{ "12345678-90ab-cdef-1234-567890abcdef 2026-11-21 19:53:33.1 [DEBUG] x", NULL, "[DEBUG] x" },
	{ "2026-11-21T19:53:33.123456789Z stdout F [2026-11-21 19:53:33] NOTICE[1] x", NULL, "NOTICE[1] x" },
	{ "2026-01-01 00:00:00,123 fail2ban.actions        [1]: NOTICE  [a] Ban", NULL,
	  "fail2ban.actions        [1]: NOTICE  [a] Ban" },
	{ "Nov 21 19:53:33 NOTICE[1]: x", NULL, "NOTICE[1]: x" },
	{ "35(43) WARNING: <script>: x", "kamailio", "WARNING: <script>: x" },
	{ "Dec 21 23:00:12 [11] INVITE request", "opensips", "INVITE request" },
	{ "192.0.2.4 - - [21/Nov/2026:19:53:33 +0000] \"GET /\"", NULL,
	  "192.0.2.4 - - [21/Nov/2026:19:53:33 +0000] \"GET /\"" },
	{ "[192.0.2.4] provision", NULL, "[192.0.2.4] provision" },
	{ "[1790000000] NOTICE", NULL, "NOTICE" },
	{ "[2026-Nov-03 09:00:00] [freepbx_security.NOTICE]: x", NULL, "[freepbx_security.NOTICE]: x" },
	{ "[03/Nov/2026 09:00:00] NOTICE[1] x", NULL, "NOTICE[1] x" },
	{ "[03/Nov/2026:09:00:00 +0100] NOTICE[1] x", NULL, "NOTICE[1] x" },
	{ "asterisk_1  | [2026-11-03 09:00:00] NOTICE[1] x", NULL, "NOTICE[1] x" },
	{ "pbx-asterisk-1  | NOTICE[1] x", NULL, "NOTICE[1] x" },
	{ "3cx.a-1 | 35(43) WARNING: x", "kamailio", "WARNING: x" },
	{ "pbx-asterisk-1  | 2026-11-03T09:00:00.123456789Z [Nov  3 09:00:00] NOTICE[1] x", NULL,
	  "NOTICE[1] x" },
	{ "asterisk-1  |", NULL, "asterisk-1  |" },
	{ "asterisk-1| NOTICE[1] x", NULL, "asterisk-1| NOTICE[1] x" },
	{ "a b  | NOTICE[1] x", NULL, "a b  | NOTICE[1] x" },
	{ "-a  | NOTICE[1] x", NULL, "-a  | NOTICE[1] x" },
	{ "a | b | NOTICE[1] x", NULL, "b | NOTICE[1] x" },
	{ "[2026-11-03 09:00:00.1] a | NOTICE[1] x", NULL, "a | NOTICE[1] x" },
	{ "Tue 2026-11-03 09:00:00 CET host asterisk[1]: NOTICE[2] x", "asterisk", "NOTICE[2] x" },
	{ "Tue 2026-11-03 09:00:00 -03 host asterisk.service[1]: NOTICE[2] x", "asterisk.service",
	  "NOTICE[2] x" },
	{ "2026-11-03T09:00:00.123456+01:00 host asterisk[1]: NOTICE[2] x", "asterisk", "NOTICE[2] x" },
	{ "[Tue Nov  3 09:00:00 2026] DROP: IN=eth0 OUT= SRC=", "kernel", "DROP: IN=eth0 OUT= SRC=" },
	{ "[Tue Nov  3 09:00:00 2026] [UFW BLOCK] IN=eth0 OUT= SRC=", "kernel",
	  "[UFW BLOCK] IN=eth0 OUT= SRC=" },
	{ "[Tue Nov  3 09:00:00 2026] IN=eth0 OUT= SRC=", "kernel", "IN=eth0 OUT= SRC=" },
	{ "[Tue Nov  3 09:00:00 2026] NOTICE[1] IN=eth0", NULL, "NOTICE[1] IN=eth0" },
	{ "[Tue Nov  3 09:00:00 2026] [error] [client 192.0.2.1] IN=eth0", NULL,
	  "[error] [client 192.0.2.1] IN=eth0" },
	{ "[Tue Nov  3 09:00:00 2026] 192.0.2.1:4242 [200]: /IN=eth0", NULL,
	  "192.0.2.1:4242 [200]: /IN=eth0" },
	{ "[Tue Nov  3 09:00:00 2026] [error File IN=eth0", NULL, "[error File IN=eth0" },
	{ "Nov  3 09:00:00 192.0.2.1 Nov  3 08:59:59 pbx asterisk[1]: NOTICE[2] x", "asterisk",
	  "NOTICE[2] x" },
	{ "<134>Nov  3 09:00:00 2001:db8::1 <134>Nov  3 08:59:59 asterisk[1]: NOTICE[2] x", "asterisk",
	  "NOTICE[2] x" },
	{ "2026-11-03T09:00:00+01:00 192.0.2.1 <134>1 2026-11-03T08:59:59Z pbx asterisk 1 - - x", "asterisk",
	  "x" },
	{ "Nov  3 09:00:00 192.0.2.1 Nov  3 08:59:59 no tag here", NULL,
	  "192.0.2.1 Nov  3 08:59:59 no tag here" },
	{ "Nov  3 09:00:00 gateway Nov  3 08:59:59 pbx asterisk[1]: x", NULL,
	  "gateway Nov  3 08:59:59 pbx asterisk[1]: x" },
	{ "Nov  3 09:00:00 192.0.2.1 <134", NULL, "192.0.2.1 <134" },
	{ "[03.11.2026 09:00:00] NOTICE[1] x", NULL, "NOTICE[1] x" },
	{ "[19:53:33.123] NOTICE[1] x", NULL, "NOTICE[1] x" },
	{ "[] NOTICE[1] x", NULL, "NOTICE[1] x" },
	{ "Nov  3 09:00:00 pbx asterisk[1]: [] NOTICE[1] x", "asterisk", "NOTICE[1] x" },
	{ "2026-11-03T09:00:00.1Z stdout F [] NOTICE[1] x", NULL, "NOTICE[1] x" },
	{ "[2026-11-03 09:00:00] [] NOTICE[1] x", NULL, "[] NOTICE[1] x" },
	{ "[2026-11-03 09:00:00] [client 192.0.2.1 19:53:33] x", NULL, "[client 192.0.2.1 19:53:33] x" },
	{ "1 2026-11-21T19:53:33Z host asterisk 123 - - text", "asterisk", "text" },
	{ "1 of 2026-11-21T19:53:33Z host asterisk", NULL, "1 of 2026-11-21T19:53:33Z host asterisk" },
	{ "Nov  3 09:00:00 host daemon.notice asterisk[1]: NOTICE[2] x", "asterisk", "NOTICE[2] x" },
	{ "Sat Nov 21 09:00:00 2026 daemon.err asterisk[1]: NOTICE[2] x", "asterisk", "NOTICE[2] x" },
	{ "Nov  3 09:00:00 host example.com asterisk[1]: x", NULL, "host example.com asterisk[1]: x" },
	{ "Okt  3 09:00:00 pbx asterisk[1]: NOTICE[2] x", "asterisk", "NOTICE[2] x" },
	{ "f\xc3\xa9vr. 03 09:00:00 pbx asterisk[1]: NOTICE[2] x", "asterisk", "NOTICE[2] x" },
	{ "mais non: x", NULL, "mais non: x" },
};

Test(log_prefix, forms)
{
	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
		struct log_prefix prefix;
		struct slice line = slice_str(prefixes[i].line);
		log_prefix_read(line, &prefix);
		struct slice message = slice_from(line, prefix.len);
		cr_expect(slice_eq(message, slice_str(prefixes[i].message)), "`%s`: `%.*s`", prefixes[i].line, (int)message.len,
			  (const char *)message.ptr);
		cr_expect(slice_eq(prefix.program, slice_str(prefixes[i].program)), "`%s`: `%.*s`", prefixes[i].line,
			  (int)prefix.program.len, prefix.program.ptr ? (const char *)prefix.program.ptr : "");
	}
}

/* Every beginning of every line, in a buffer of its exact size. */
Test(log_prefix, cut_anywhere)
{
	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
		size_t len = strlen(prefixes[i].line);
		for (size_t cut = 0; cut <= len; cut++) {
			uint8_t *exact = malloc(cut ? cut : 1);
			struct log_prefix prefix;
			struct log_calendar calendar = calendar_of(2026);
			int64_t us;
			memcpy(exact, prefixes[i].line, cut);
			log_prefix_read(slice_of(exact, cut), &prefix);
			cr_expect_leq(prefix.len, cut);
			struct log_stamp stamp = log_prefix_stamp(&prefix);
			log_time_value(&calendar, &stamp, &us);
			free(exact);
		}
	}
}
