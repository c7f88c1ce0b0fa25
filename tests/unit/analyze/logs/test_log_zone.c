/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdio.h>

#include "analyze/logs/log_memory.h"
#include "analyze/logs/log_zone.h"

#define FAILED                                                                                               \
	"NOTICE[1638] chan_sip.c: Registration from '<sip:301@example.com>' failed for '192.0.2.4:5071' - "  \
	"Wrong password"
#define EVENT(tv)                                                                                            \
	"SECURITY[1204] res_security_log.c: SecurityEvent=\"InvalidPassword\",EventTV=\"" tv                 \
	"\",Severity=\"Error\",Service=\"SIP\","                                                             \
	"EventVersion=\"2\",AccountID=\"9\",SessionID=\"0x88aab6c\",LocalAddress=\"IPV4/UDP/198.51.100.80/"  \
	"5060\","                                                                                            \
	"RemoteAddress=\"IPV4/UDP/192.0.2.106/"                                                              \
	"5084\",Challenge=\"41d26de5\",ReceivedChallenge=\"41d26de5\",ReceivedHash=\"7a6a3a2e\""

static struct dialects *dialects;
static struct log_reader *reader;

static void start(const struct zone *zone)
{
	struct error err = { "" };
	const struct log_options options = { .year = 2026, .zone = zone };
	log_reader_free(reader);
	reader = log_reader_new(dialects, &options, &err);
	cr_assert_not_null(reader, "%s", err.text);
}

static void set_up(void)
{
	struct error err = { "" };
	dialects = dialects_new();
	cr_assert_eq(dialects_load(dialects, SIPHOUND_SOURCE_DIR "/rules/dialects", &err), 0, "%s", err.text);
	start(NULL);
}

static void tear_down(void)
{
	log_reader_free(reader);
	dialects_free(dialects);
}

TestSuite(log_zone, .init = set_up, .fini = tear_down);

static struct observation found;

static const char *time_of(const char *line)
{
	static char text[CLOCK_TEXT_MAX];
	cr_assert(log_reader_line(reader, slice_str(line), 1, 0, &found), "%s", line);
	clock_text(found.time_us, text);
	text[19] = '\0';
	return text + 11;
}

static int64_t clock_at(int month, int day, int hour, int minute)
{
	return clock_from_civil(2026, month, day, hour, minute, 0);
}

Test(log_zone, offsets_of_the_clock)
{
	static const struct {
		int64_t ahead_s, late_s;
		bool good;
		int offset_s;
	} cases[] = {
		{ 0, 1, true, 0 },
		{ -1, 1, true, 0 },
		{ 2, 1, true, 0 },
		{ 3, 1, false, 0 },
		{ -5 * 3600, 1, true, -5 * 3600 },
		{ -5 * 3600 - 2, 1, true, -5 * 3600 },
		{ -5 * 3600 - 3, 1, false, 0 },
		{ -5 * 3600 - 30, 60, true, -5 * 3600 },
		{ -5 * 3600, 61, false, 0 }, /* nobody knows how old it is */
		{ 19800, 1, true, 19800 },
		{ 20700, 1, true, 20700 },
		{ -34200, 1, true, -34200 },
		{ 900, 1, false, 0 }, /* nobody lives there */
		{ 14 * 3600, 1, true, 14 * 3600 },
		{ 15 * 3600, 1, false, 0 },
		{ -12 * 3600, 1, true, -12 * 3600 },
		{ -13 * 3600, 1, false, 0 },
		{ -40 * 86400, 1, false, 0 },
		{ 40 * 86400, 1, false, 0 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int offset_s = 77;
		cr_expect_eq(
		    log_zone_match(cases[i].ahead_s * SECOND_US, cases[i].late_s * SECOND_US, &offset_s),
		    cases[i].good, "case %zu", i);
		cr_expect_eq(offset_s, cases[i].good ? cases[i].offset_s : 77, "case %zu: %d", i, offset_s);
	}
}

Test(log_zone, an_event_tells_the_zone_of_all_lines)
{
	cr_expect_str_eq(time_of("[2026-07-01 10:00:00] " FAILED), "10:00:00",
			 "UTC, as nobody says anything");
	cr_expect(log_reader_zone(reader).is_assumed && log_reader_zone(reader).has_local);
	cr_expect_str_eq(time_of("[2026-07-01 10:00:01] " EVENT("2026-07-01T10:00:01.123+0200")), "08:00:01");
	cr_expect_str_eq(time_of("[2026-07-01 10:00:02] " FAILED), "08:00:02");
	cr_expect_str_eq(time_of("[Jul  1 10:00:03] " FAILED), "08:00:03", "without a year, too");
	cr_expect_str_eq(time_of("[2026-11-01 10:00:03] " EVENT("2026-11-01T10:00:03.123+0100")), "09:00:03",
			 "winter");
	cr_expect_str_eq(time_of("[2026-11-01 10:00:04] " FAILED), "09:00:04");
	cr_expect_not(log_reader_zone(reader).is_assumed);
}

/* The clock of Asterisk in one zone, that of the event written in another: it is the same moment. */
Test(log_zone, an_event_in_utc_beside_local_time)
{
	cr_expect_str_eq(time_of("[2026-07-01 10:00:01] " EVENT("2026-07-01T15:00:01.123+0000")), "15:00:01");
	cr_expect_str_eq(time_of("[2026-07-01 10:00:02] " FAILED), "15:00:02");
}

Test(log_zone, events_that_tell_nothing)
{
	static const char *const lines[] = {
		"[2026-07-01 10:00:01] " EVENT("1368439853-500975"),
		"[2026-07-01 10:00:01] " EVENT("2026-07-01T10:07:01.123+0200"),
		"[2026-07-01 10:00:01] " EVENT("2026-07-01T10:00:01.123"),
		"[2026-07-01 10:00:01] " EVENT("2026-06-01T10:00:01.123+0200"),
	};
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		cr_expect_str_eq(time_of(lines[i]), "10:00:01", "%s", lines[i]);
}

/* The program says what it writes; who set the option meant another log, or forgot summer time. */
Test(log_zone, an_event_knows_better_than_the_user)
{
	struct zone *zone = zone_fixed(3600);
	start(zone);
	cr_expect_str_eq(time_of("[2026-07-01 10:00:00] " FAILED), "09:00:00");
	cr_expect_str_eq(time_of("[2026-07-01 10:00:01] " EVENT("2026-07-01T10:00:01.123+0200")), "08:00:01");
	cr_expect_str_eq(time_of("[2026-07-01 10:00:02] " FAILED), "08:00:02");
	zone_free(zone);
}

/* A wrapping with a zone is that of its own line. */
Test(log_zone, a_time_with_a_zone)
{
	struct zone *zone = zone_fixed(-5 * 3600);
	cr_expect_str_eq(time_of("2026-07-01T10:00:00+02:00 pbx asterisk[7]: " FAILED), "08:00:00");
	cr_expect_str_eq(time_of("Jul  1 10:00:01 pbx asterisk[7]: " FAILED), "08:00:01",
			 "tells of those that have none");
	start(zone);
	cr_expect_str_eq(time_of("2026-07-01T10:00:00+02:00 pbx asterisk[7]: " FAILED), "08:00:00");
	cr_expect_str_eq(time_of("Jul  1 10:00:01 pbx asterisk[7]: " FAILED), "15:00:01",
			 "but the user has said of those");
	zone_free(zone);
}

Test(log_zone, foreseen)
{
	static const char log[] = "[2026-07-01 10:00:00] " FAILED "\n[2026-07-01 10:00:01] " EVENT(
	    "2026-07-01T10:00:01.123+0200") "\n"
					    "[2026-07-01 10:00:01] " EVENT(
						"2026-07-01T10:00:01.123+0900") "\n[2026-07-01 "
										"10:00:01] " EVENT("2026-07-"
												   "01T10:00:"
												   "01.123+"
												   "0200");
	log_reader_foresee(reader, SLICE(log));
	cr_expect_str_eq(time_of("[2026-07-01 10:00:00] " FAILED), "08:00:00");
	start(NULL);
	log_reader_foresee(reader, SLICE("[2026-07-01 10:00:00] " FAILED "\n\n\xff"));
	cr_expect(log_reader_zone(reader).is_assumed);
}

/* What `full` tells is taken for the zone of `messages`, until that one tells its own. */
Test(log_zone, of_another_log)
{
	log_reader_foresee(reader, SLICE("[2026-07-01 10:00:01] " EVENT("2026-07-01T10:00:01.123+0200")));
	struct log_zone_state state = log_reader_zone(reader);
	cr_expect(state.is_told && !state.is_found && state.offset_s == 7200);
	log_reader_found_zone(reader, NULL, -3600);
	cr_expect_eq(log_reader_zone(reader).offset_s, 7200, "it has its own");
	start(NULL);
	cr_expect_not(log_reader_zone(reader).is_told);
	log_reader_found_zone(reader, NULL, 7200);
	cr_expect_str_eq(time_of("[2026-07-01 10:00:00] " FAILED), "08:00:00");
	state = log_reader_zone(reader);
	cr_expect(state.is_found && state.has_local && !state.is_told && !state.is_assumed);
	cr_expect_str_eq(time_of("[2026-11-01 10:00:01] " EVENT("2026-11-01T10:00:01.123+0100")), "09:00:01");
	cr_expect(log_reader_zone(reader).is_told);
}

Test(log_zone, the_clock_of_who_follows)
{
	log_reader_set_clock(reader, clock_at(10, 24, 15, 0), SECOND_US);
	cr_expect_str_eq(time_of("[2026-10-24 10:00:00] " FAILED), "15:00:00");
	struct log_zone_state state = log_reader_zone(reader);
	cr_expect(state.is_found && state.offset_s == -5 * 3600 && state.changes == 1);
	cr_expect_eq(found.known_us, found.time_us);
	cr_expect_str_eq(time_of("[2026-10-24 09:59:00] " FAILED), "14:59:00",
			 "a line that is late changes nothing");
	cr_expect_str_eq(time_of("[2026-10-24 09:00:00] " FAILED), "15:00:00", "clocks were set back");
	cr_expect_eq(found.known_us, clock_at(10, 24, 15, 0), "time that is known does not go back");
	cr_expect_eq(log_reader_zone(reader).changes, 2);
	log_reader_set_clock(reader, 0, 0);
	cr_expect_str_eq(time_of("[2026-10-24 12:00:00] " FAILED), "18:00:00",
			 "an old line, as those before");
}

/* East of UTC a line that was read before the zone was known has told of a time that is not yet. */
Test(log_zone, lines_of_before_the_clock_was_looked_at)
{
	cr_expect_str_eq(time_of("[2026-10-24 15:29:00] " FAILED), "15:29:00");
	log_reader_set_clock(reader, clock_at(10, 24, 10, 0), SECOND_US);
	cr_expect_str_eq(time_of("[2026-10-24 15:30:00] " FAILED), "10:00:00");
	cr_expect_eq(found.known_us, clock_at(10, 24, 10, 0));
}

Test(log_zone, what_was_said_stays)
{
	struct zone *zone = zone_fixed(3600);
	start(zone);
	log_reader_set_clock(reader, clock_at(10, 24, 15, 0), SECOND_US);
	cr_expect_str_eq(time_of("[2026-10-24 10:00:00] " FAILED), "09:00:00");
	cr_expect_eq(log_reader_zone(reader).off_us, -6 * HOUR_US);
	log_reader_found_zone(reader, NULL, -18000);
	cr_expect_str_eq(time_of("[2026-10-24 10:00:01] " FAILED), "09:00:01");
	zone_free(zone);
}

Test(log_zone, the_end_of_a_file)
{
	static const char end[] = "0:00:00] cut\n[2026-10-24 09:59:01] " FAILED
				  "\n[2026-10-24 10:00:00] " FAILED "\n\tno time here\n";
	int offset_s = 0;
	cr_expect(log_zone_of_end(SLICE(end), clock_at(10, 24, 15, 0) + 700000, &offset_s));
	cr_expect_eq(offset_s, -5 * 3600);
	cr_expect_not(log_zone_of_end(SLICE(end), clock_at(10, 24, 15, 7), &offset_s),
		      "the file was copied later");
	cr_expect(log_zone_of_end(SLICE("\nOct 24 10:00:00 pbx asterisk[1]: x\n"), clock_at(10, 24, 10, 0),
				  &offset_s));
	cr_expect_eq(offset_s, 0);
	cr_expect_not(
	    log_zone_of_end(SLICE("\n2026-10-24T10:00:00Z x\n"), clock_at(10, 24, 15, 0), &offset_s));
	cr_expect_not(log_zone_of_end(SLICE("\nnothing\n"), clock_at(10, 24, 15, 0), &offset_s));
	cr_expect_not(log_zone_of_end(SLICE(""), clock_at(10, 24, 15, 0), &offset_s));
}

Test(log_zone, a_restart)
{
	struct log_memory memory;
	log_reader_set_clock(reader, clock_at(10, 24, 15, 0), SECOND_US);
	time_of("[2026-10-24 10:00:00] " FAILED);
	log_reader_recall(reader, &memory);
	start(NULL);
	log_reader_resume(reader, &memory);
	cr_expect_str_eq(time_of("[2026-10-24 10:00:02] " FAILED), "15:00:02");
	cr_expect_eq(found.known_us, clock_at(10, 24, 15, 0) + 2 * SECOND_US);
	start(NULL);
	log_reader_found_zone(reader, NULL, -4 * 3600);
	log_reader_resume(reader, &memory);
	cr_expect_str_eq(time_of("[2026-10-24 10:00:02] " FAILED), "14:00:02",
			 "its end says otherwise by now");
}
