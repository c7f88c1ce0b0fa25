/* SPDX-License-Identifier: MIT */
#include "output/ban_log.h"
#include "unit/output/store/fixtures.h"

#include <inttypes.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

static struct store_file file;
static char log_path[128];

static void setup(void)
{
	store_file_open(&file);
	snprintf(log_path, sizeof log_path, "%s/ban.log", file.folder);
}

static void teardown(void)
{
	char old[140];
	snprintf(old, sizeof old, "%s.1", log_path);
	unlink(old);
	unlink(log_path);
	store_file_close(&file);
}

TestSuite(ban_log, .init = setup, .fini = teardown, .timeout = 240);

static int64_t at_noon(void)
{
	return NOON;
}

static struct ban_log *start(void)
{
	struct ban_log_options options = { .path = log_path, .store_path = file.path, .clock_us = at_noon };
	struct ban_log *log = NULL;
	cr_assert_eq(ban_log_start(&log, &options, &file.err), 0, "%s", file.err.text);
	return log;
}

/* One life: what it has to say, it has said. */
static void run_once(void)
{
	ban_log_stop(start());
}

static void ban(const char *net, int64_t until_us, const char *reason)
{
	struct addr_prefix n = fixture_net(net);
	cr_assert_eq(store_ban(file.store, &n, NOON, until_us, reason, &file.err), 0, "%s", file.err.text);
}

static void unban(const char *net)
{
	struct addr_prefix n = fixture_net(net);
	cr_assert_eq(store_unban(file.store, &n, NOON, &file.err), 0, "%s", file.err.text);
}

/* The file without times and process ids, which are checked here. */
static const char *read_lines(const char *path)
{
	static char text[1 << 16];
	char line[512], begin[64];
	size_t len = 0;
	FILE *in = fopen(path, "r");
	text[0] = '\0';
	if (!in)
		return text;
	snprintf(begin, sizeof begin, "2026-01-02T12:00:00.000Z siphound[%ld]: ", (long)getpid());
	while (fgets(line, sizeof line, in)) {
		cr_expect(strncmp(line, begin, strlen(begin)) == 0, "%s", line);
		len += (size_t)snprintf(text + len, sizeof text - len, "%s", line + strlen(begin));
	}
	fclose(in);
	return text;
}

/* Until it holds; the limit is for a machine that is busy. */
#define AWAIT(condition)                                                                                     \
	do {                                                                                                 \
		for (int i = 0; i < 3000 && !(condition); i++)                                               \
			usleep(10000);                                                                       \
	} while (0)

static void wait_for(struct ban_log *log, uint64_t bans)
{
	AWAIT(ban_log_counters(log).bans >= bans);
	cr_assert_geq(ban_log_counters(log).bans, bans);
}

Test(ban_log, one_line_a_change)
{
	run_once(); /* the feed begins here */
	ban("203.0.113.7", NOON + HOUR_US, NULL);
	ban("2001:db8::9", 0, NULL);
	ban("198.51.100.0/24", NOON + 90 * MINUTE_US + 1, NULL);
	ban("2001:db8:1::/48", 0, NULL);
	ban("203.0.113.7", NOON + 2 * HOUR_US, NULL);
	unban("203.0.113.7");
	run_once();
	cr_expect_str_eq(read_lines(log_path),
			 "verdict=block src=203.0.113.7 score=0 ttl=3600 rule=- cc=-\n"
			 "verdict=block src=2001:db8::9 score=0 ttl=0 rule=- cc=-\n"
			 "verdict=block src=198.51.100.0/24 score=0 ttl=5401 rule=- cc=-\n"
			 "verdict=block src=2001:db8:1::/48 score=0 ttl=0 rule=- cc=-\n"
			 "verdict=block src=203.0.113.7 score=0 ttl=7200 rule=- cc=-\n"
			 "verdict=unban src=203.0.113.7\n");
	run_once();
	cr_expect(strstr(read_lines(log_path), "unban") + strlen("unban src=203.0.113.7\n") ==
		      strchr(read_lines(log_path), '\0'),
		  "nothing comes twice");
}

Test(ban_log, tells_rule_and_country)
{
	struct fixture f;
	run_once();
	fixture_fill(&f, "203.0.113.41");
	store_say_in(&file, &f.offender, 1);
	run_once();
	cr_expect_str_eq(read_lines(log_path),
			 "verdict=block src=203.0.113.41 score=87 ttl=4020 rule=crack.one-account cc=NL\n");
}

Test(ban_log, nobody_whose_address_may_be_forged)
{
	struct fixture f;
	struct ban_log_options options = {
		.path = log_path, .store_path = file.path, .clock_us = at_noon, .unproven = true
	};
	struct ban_log *log = NULL;
	run_once();
	fixture_fill(&f, "203.0.113.41");
	f.offender.proof = PROOF_NONE;
	store_say_in(&file, &f.offender, 1);
	run_once();
	cr_expect_str_eq(read_lines(log_path), "");
	f.offender.address = fixture_addr("203.0.113.42");
	store_say_in(&file, &f.offender, 2);
	cr_assert_eq(ban_log_start(&log, &options, &file.err), 0);
	ban_log_stop(log);
	cr_expect_str_eq(read_lines(log_path),
			 "verdict=block src=203.0.113.42 score=87 ttl=4020 rule=crack.one-account cc=NL\n",
			 "--one-way");
	f.offender.proof = PROOF_ANSWERED;
	f.offender.score = 90;
	store_say_in(&file, &f.offender, 2);
	run_once();
	cr_expect(strstr(read_lines(log_path), "src=203.0.113.42 score=90 ttl=4020"), "%s",
		  read_lines(log_path));
}

Test(ban_log, nothing_of_a_stranger)
{
	struct fixture f;
	run_once();
	fixture_fill(&f, "203.0.113.41");
	fixture_make_hostile(&f);
	store_say_in(&file, &f.offender, 1);
	ban("192.0.2.1", 0, "x verdict=block src=8.8.8.8");
	ban("192.0.2.2", 0, "two\nlines");
	ban("192.0.2.3", 0, "ticket-4711");
	store_change_by_hand(&file, "INSERT INTO outbox (op, net, verdict, time_us, rev) VALUES ('add', 'x "
				    "src=8.8.8.8', 'block', 1, 1)");
	run_once();
	cr_expect_str_eq(read_lines(log_path),
			 "verdict=block src=203.0.113.41 score=87 ttl=4020 rule=crack.one-account cc=-\n"
			 "verdict=block src=192.0.2.1 score=0 ttl=0 rule=- cc=-\n"
			 "verdict=block src=192.0.2.2 score=0 ttl=0 rule=- cc=-\n"
			 "verdict=block src=192.0.2.3 score=0 ttl=0 rule=ticket-4711 cc=-\n");
}

Test(ban_log, begins_with_all_in_force)
{
	ban("203.0.113.7", 0, NULL);
	ban("203.0.113.8", NOON - 1, NULL);
	ban("203.0.113.9", 0, NULL);
	unban("203.0.113.9");
	ban("203.0.113.0/24", 0, NULL);
	ban("203.0.113.0", 0, NULL);
	run_once();
	cr_expect_str_eq(read_lines(log_path), "verdict=block src=203.0.113.0/24 score=0 ttl=0 rule=- cc=-\n"
					       "verdict=block src=203.0.113.0 score=0 ttl=0 rule=- cc=-\n"
					       "verdict=block src=203.0.113.7 score=0 ttl=0 rule=- cc=-\n");
}

Test(ban_log, leaves_out_what_is_over)
{
	run_once();
	ban("203.0.113.8", NOON - 1, NULL);
	struct ban_log *log = start();
	AWAIT(ban_log_counters(log).ended);
	cr_expect_eq(ban_log_counters(log).ended, 1);
	ban_log_stop(log);
	cr_expect_str_eq(read_lines(log_path), "");
}

Test(ban_log, a_poke_is_quick)
{
	struct ban_log *log = start();
	for (unsigned i = 1; i <= 5; i++) {
		char text[20];
		snprintf(text, sizeof text, "192.0.2.%u", i);
		ban(text, 0, NULL);
		ban_log_poke(log);
		wait_for(log, i);
	}
	cr_expect_eq(ban_log_counters(log).lag, 0);
	ban_log_stop(log);
}

Test(ban_log, survives_rotation)
{
	char old[140];
	struct ban_log *log = start();
	snprintf(old, sizeof old, "%s.1", log_path);
	ban("192.0.2.1", 0, NULL);
	ban_log_poke(log);
	wait_for(log, 1);
	cr_assert_eq(rename(log_path, old), 0);
	ban("192.0.2.2", 0, NULL);
	ban_log_poke(log);
	wait_for(log, 2);
	cr_assert_eq(unlink(log_path), 0);
	ban("192.0.2.3", 0, NULL);
	ban_log_poke(log);
	wait_for(log, 3);
	ban_log_stop(log);
	cr_expect_str_eq(read_lines(old), "verdict=block src=192.0.2.1 score=0 ttl=0 rule=- cc=-\n");
	cr_expect_str_eq(read_lines(log_path), "verdict=block src=192.0.2.3 score=0 ttl=0 rule=- cc=-\n");
}

/* The folder goes away: as with a full disk, what could not be written comes when it can. */
Test(ban_log, what_can_not_be_written_comes_later)
{
	char sub[100], gone[110], old[130];
	snprintf(sub, sizeof sub, "%s/logs", file.folder);
	snprintf(gone, sizeof gone, "%s.gone", sub);
	snprintf(old, sizeof old, "%s/ban.log", gone);
	snprintf(log_path, sizeof log_path, "%s/ban.log", sub);
	cr_assert_eq(mkdir(sub, 0700), 0);
	struct ban_log *log = start();
	AWAIT(ban_log_counters(log)
		  .resyncs); /* its first look is over, so nothing is on its way into the old file */
	cr_assert_eq(rename(sub, gone), 0);
	for (unsigned i = 1; i <= 200; i++) {
		char text[20];
		snprintf(text, sizeof text, "192.0.2.%u", i);
		ban(text, 0, NULL);
	}
	ban_log_poke(log);
	AWAIT(ban_log_counters(log).is_failing && ban_log_counters(log).lag == 200);
	struct ban_log_counters counters = ban_log_counters(log);
	cr_expect(counters.is_failing && counters.failures);
	cr_expect(strstr(counters.error.text, "ban.log"), "%s", counters.error.text);
	cr_expect_eq(counters.lag, 200);
	cr_assert_eq(mkdir(sub, 0700), 0);
	ban_log_poke(log);
	wait_for(log, 200);
	ban_log_stop(log);
	const char *lines = read_lines(log_path);
	size_t count = 0;
	for (const char *p = lines; (p = strchr(p, '\n')); p++)
		count++;
	cr_expect_eq(count, 200);
	cr_expect(strncmp(lines, "verdict=block src=192.0.2.1 ", 28) == 0);
	cr_expect_eq(unlink(old), 0);
	cr_expect_eq(rmdir(gone), 0);
	unlink(log_path);
	rmdir(sub);
}

/* A disk that takes half a line: a file that is nearly as large as files may be. */
Test(ban_log, half_a_line_is_completed)
{
	enum { LIMIT = 4 << 20, ROOM = 700, LINES = 20 };
	struct rlimit limit = { LIMIT, RLIM_INFINITY };
	char expected[4096] = "", got[4096];
	run_once();
	cr_assert_eq(truncate(log_path, LIMIT - ROOM), 0);
	for (unsigned i = 1; i <= LINES; i++) {
		char text[20];
		snprintf(text, sizeof text, "192.0.2.%u", i);
		ban(text, 0, NULL);
		snprintf(expected + strlen(expected), sizeof expected - strlen(expected),
			 "2026-01-02T12:00:00.000Z siphound[%ld]: verdict=block src=%s score=0 ttl=0 rule=- "
			 "cc=-\n",
			 (long)getpid(), text);
	}
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &limit);
	struct ban_log *log = start();
	AWAIT(ban_log_counters(log).is_failing);
	cr_expect(ban_log_counters(log).is_failing);
	struct stat st;
	cr_assert_eq(stat(log_path, &st), 0);
	cr_expect_eq(st.st_size, LIMIT, "half a line is there");
	limit.rlim_cur = RLIM_INFINITY;
	setrlimit(RLIMIT_FSIZE, &limit);
	ban_log_poke(log);
	AWAIT(!ban_log_counters(log).is_failing);
	ban_log_stop(log);
	FILE *in = fopen(log_path, "r");
	cr_assert(in && fseek(in, LIMIT - ROOM, SEEK_SET) == 0);
	size_t len = fread(got, 1, sizeof got - 1, in);
	got[len] = '\0';
	fclose(in);
	cr_expect_str_eq(got, expected);
}

/* A feed that is further behind than the store keeps starts over, without being asked. */
Test(ban_log, starts_over_when_rows_were_trimmed)
{
	struct store_options options = store_options_default;
	struct store *small;
	run_once();
	options.max_outbox = 5;
	cr_assert_eq(store_open(&small, file.path, STORE_WRITE, &options, &file.err), 0);
	for (unsigned i = 1; i <= 20; i++) {
		char text[20];
		snprintf(text, sizeof text, "192.0.2.%u", i);
		ban(text, 0, NULL);
	}
	cr_assert_eq(store_tidy(small, NOON, &file.err), 0, "%s", file.err.text);
	store_close(small);
	run_once();
	size_t count = 0;
	for (const char *p = read_lines(log_path); (p = strchr(p, '\n')); p++)
		count++;
	cr_expect_eq(count, 20);
}

static _Atomic int64_t later_us;

static int64_t at_some_time(void)
{
	return NOON + later_us;
}

Test(ban_log, long_bans_are_repeated)
{
	struct ban_log_options options = { .path = log_path,
					   .store_path = file.path,
					   .clock_us = at_some_time };
	struct ban_log *log = NULL;
	run_once();
	ban("192.0.2.1", 0, NULL);
	ban("192.0.2.2", NOON + HOUR_US, NULL);
	ban("192.0.2.3", NOON + 2 * HOUR_US, NULL);
	cr_assert_eq(ban_log_start(&log, &options, &file.err), 0);
	wait_for(log, 3);
	later_us = 49 * MINUTE_US;
	ban_log_poke(log);
	usleep(100000);
	cr_expect_eq(ban_log_counters(log).bans, 3);
	later_us = 51 * MINUTE_US;
	ban_log_poke(log);
	wait_for(log, 5);
	later_us = 102 * MINUTE_US;
	ban_log_poke(log);
	wait_for(log, 6);
	ban_log_poke(log);
	usleep(100000);
	cr_expect_eq(ban_log_counters(log).bans, 6, "once each time");
	ban_log_stop(log);
}

Test(ban_log, says_what_is_wrong_at_the_start)
{
	struct ban_log_options options = { .path = "/nosuchfolder/ban.log",
					   .store_path = file.path,
					   .clock_us = at_noon };
	struct ban_log *log = NULL;
	cr_expect_eq(ban_log_start(&log, &options, &file.err), -ENOENT);
	cr_expect(strstr(file.err.text, "/nosuchfolder/ban.log"), "%s", file.err.text);
	options.path = "/dev/null";
	cr_expect_eq(ban_log_start(&log, &options, &file.err), -EINVAL);
	options.path = log_path;
	options.store_path = "/nosuchfolder/s.db";
	cr_expect_lt(ban_log_start(&log, &options, &file.err), 0);
	cr_expect_null(log);
	ban_log_stop(NULL);
}

Test(ban_log, many_at_once)
{
	struct ban_log *log = start();
	for (unsigned i = 0; i < 2000; i++) {
		char text[20];
		snprintf(text, sizeof text, "203.%u.%u.1", 1 + i / 200, i % 200);
		ban(text, 0, NULL);
	}
	ban_log_stop(log);
	log = start();
	ban_log_stop(log);
	size_t count = 0;
	static char line[512];
	FILE *in = fopen(log_path, "r");
	cr_assert(in);
	while (fgets(line, sizeof line, in))
		count++;
	fclose(in);
	cr_expect_eq(count, 2000, "%zu lines", count);
}
