/* SPDX-License-Identifier: MIT */
#include "unit/output/store/fixtures.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

static struct fixture f;
static struct store_file file;

#define ADDRESS "203.0.113.41"

static void setup(void)
{
	fixture_fill(&f, ADDRESS);
	store_file_open(&file);
}

static void teardown(void)
{
	store_file_close(&file);
}

TestSuite(store, .init = setup, .fini = teardown);

/* Another run saw more of the same, and is certain. */
Test(store, doubts_until_a_run_is_certain)
{
	struct store_input input[] = { { "a.pcap", 1, false }, { "x.log", 2, true } };
	f.offender.breach_count = 0;
	f.offender.doubt_count = 1;
	store_say(&file, &f.offender, input, 2);
	struct found found = store_find(&file, ADDRESS, NOON);
	cr_expect_eq(found.breaches, 0);
	cr_expect_eq(found.doubts, 1);
	cr_expect_eq(found.doubt_refused_us, f.doubts[0].refused_us);
	store_change_by_hand(&file, "INSERT INTO breach SELECT address, 99, seq, account, time_us, refusals, "
				    "calls, guess, input, number, refused_us, 0 FROM breach");
	found = store_find(&file, ADDRESS, NOON);
	cr_expect_eq(found.breaches, 1);
	cr_expect_eq(found.doubts, 0);
}

Test(store, keeps_what_it_was_told)
{
	store_say(&file, &f.offender, (struct store_input[]){ { "a.pcap", 1, false }, { "x.log", 2, true } },
		  2);
	struct found found = store_find(&file, ADDRESS, NOON);
	cr_assert(found.is_found);
	cr_expect_eq(found.verdict, VERDICT_BLOCK);
	cr_expect_eq(found.score, 87);
	cr_expect_eq(found.messages, 21482);
	cr_expect_eq(found.rules, 2);
	cr_expect_eq(found.rule_total, 236);
	cr_expect_eq(found.evidence, 2);
	cr_expect_eq(found.breaches, 1);
	cr_expect_eq(found.accounts, 2);
	cr_expect_eq(found.targets, 62);
	cr_expect_eq(found.ban_until_us, f.offender.ban_until_us);
}

static bool give(void *ctx, const struct offender *o, const struct store_ban *ban)
{
	struct sink *sink = ctx;
	(void)ban;
	sink->ops->offender(sink, o);
	return true;
}

/* `why` from the store is `why` from the capture. */
Test(store, explanation_survives_the_store)
{
	struct memory_file direct, stored;
	struct store_filter filter = { .since_us = INT64_MIN, .at_us = NOON };
	const char *const *names;
	const bool *is_log;
	struct error err;
	store_say(&file, &f.offender, (struct store_input[]){ { "a.pcap", 1, false }, { "x.log", 2, true } },
		  2);
	memory_open(&direct);
	struct sink *sink = report_why_new(&direct.options, &f.offender.address);
	sink->ops->offender(sink, &f.offender);
	sink->ops->finish(sink, &err);
	sink->ops->free(sink);
	memory_open(&stored);
	cr_assert_eq(store_inputs(file.store, &names, &is_log, &stored.options.input_count, &err), 0);
	stored.options.inputs = names;
	stored.options.input_is_log = is_log;
	sink = report_why_new(&stored.options, &f.offender.address);
	cr_assert_eq(store_each_offender(file.store, &filter, true, give, sink, &err), 0);
	sink->ops->finish(sink, &err);
	sink->ops->free(sink);
	cr_expect_str_eq(stored.text, direct.text, "stored:\n%s\ndirect:\n%s", stored.text, direct.text);
	memory_close(&direct);
	memory_close(&stored);
}

static struct campaign told;
static char told_account[64];

static void take_campaign(struct sink *s, const struct campaign *c)
{
	(void)s;
	told = *c;
	snprintf(told_account, sizeof told_account, "%.*s|%s|%s", (int)c->account.len, (const char *)c->account.ptr,
		 c->rule->id, c->fingerprint);
}

Test(store, a_campaign_comes_back)
{
	static const struct sink_ops ops = { .campaign = take_campaign };
	struct sink reader = { &ops };
	struct sink *sink = store_sink_new(file.store);
	char expected[64];
	snprintf(expected, sizeof expected, "1000|%s|sip1:OPTIONS", f.campaign.rule->id);
	sink->ops->campaign(sink, &f.campaign);
	f.campaign.observations = 500; /* told again as it grows */
	sink->ops->campaign(sink, &f.campaign);
	cr_assert_eq(sink->ops->finish(sink, &file.err), 0, "%s", file.err.text);
	sink->ops->free(sink);
	cr_assert_eq(store_campaign(file.store, "c-nobody", &reader, &file.err), 0);
	cr_expect_eq(told.observations, 0);
	cr_assert_eq(store_campaign(file.store, f.campaign.id, &reader, &file.err), 0);
	cr_expect_str_eq(told_account, expected);
	cr_expect_eq(told.observations, 500);
	cr_expect_eq(told.actors.count, 80);
	cr_expect_eq(told.actors.shown, 1);
	cr_expect(addr_eq(&told.actors.items[0], &f.offender.address));
	cr_expect_eq(told.first_us, NOON);
	cr_expect_eq(told.last_us, NOON + HOUR_US);
}

/* `?`, `#` and `%` mean something in the name that SQLite is given. */
Test(store, a_path_with_odd_letters)
{
	struct store *s = NULL;
	char path[160];
	snprintf(path, sizeof path, "%s/a %%41 ?b#c.db", file.folder);
	cr_assert_eq(store_open(&s, path, STORE_WRITE, NULL, &file.err), 0, "%s", file.err.text);
	cr_expect_str_eq(store_path(s), path);
	store_close(s);
	cr_expect_eq(access(path, F_OK), 0, "it has another name");
	unlink(path);
}

Test(store, hostile_texts_come_back_harmless)
{
	struct store_filter filter = { .since_us = INT64_MIN, .at_us = NOON };
	struct memory_file m;
	struct error err;
	fixture_make_hostile(&f);
	f.offender.user_agent = SLICE("'); DROP TABLE offender; --");
	store_say(&file, &f.offender, &(struct store_input){ "a\x1b[2J\n.pcap", 1, false }, 1);
	cr_expect_eq(
	    store_ask(&file, "SELECT count(*) FROM offender WHERE agent = '''); DROP TABLE offender; --'"),
	    1);
	cr_expect_eq(store_ask(&file, "SELECT max(length(CAST(account AS BLOB))) <= 256 FROM breach"), 1);
	cr_expect_eq(
	    store_ask(
		&file,
		"SELECT count(*) FROM breach WHERE account GLOB '*[' || char(1) || '-' || char(31) || ']*'"),
	    0);
	cr_expect_eq(store_ask(&file, "SELECT count(*) FROM input WHERE name GLOB '*' || char(27) || '*' OR "
				      "name GLOB '*' || char(10) || '*'"),
		     0);
	memory_open(&m);
	struct sink *sink = report_json_new(&m.options);
	cr_assert_eq(store_each_offender(file.store, &filter, true, give, sink, &err), 0);
	cr_assert_eq(sink->ops->finish(sink, &err), 0);
	sink->ops->free(sink);
	fflush(m.file);
	for (size_t i = 0; i + 1 < m.len; i++)
		cr_assert((uint8_t)m.text[i] >= 0x20, "byte %zu", i);
	memory_close(&m);
}

/* ---- merging ---- */

static void tell_of(uint64_t identity, uint64_t messages, int64_t from_us, int64_t to_us)
{
	f.offender.messages = messages;
	f.offender.first_us = from_us;
	f.offender.last_us = to_us;
	store_say_in(&file, &f.offender, identity);
}

Test(store, same_input_twice_counts_once)
{
	tell_of(1, 100, NOON, NOON + HOUR_US);
	tell_of(1, 100, NOON, NOON + HOUR_US);
	struct found found = store_find(&file, ADDRESS, NOON);
	cr_expect_eq(found.messages, 100);
	cr_expect_eq(found.rule_total, 236);
	cr_expect_eq(found.evidence, 2);
	cr_expect_eq(found.ban.times, 1);
	tell_of(1, 150, NOON,
		NOON + HOUR_US); /* the log had grown, or the rules are better: the last reading is right */
	cr_expect_eq(store_find(&file, ADDRESS, NOON).messages, 150);
	tell_of(1, 140, NOON, NOON + HOUR_US);
	cr_expect_eq(store_find(&file, ADDRESS, NOON).messages, 140);
}

Test(store, different_inputs_add_up)
{
	tell_of(1, 100, NOON, NOON + HOUR_US);
	tell_of(2, 30, NOON - DAY_US, NOON - DAY_US + HOUR_US);
	struct found found = store_find(&file, ADDRESS, NOON);
	cr_expect_eq(found.messages, 130);
	cr_expect_eq(found.rule_total, 472);
	cr_expect_eq(found.targets, 62, "different targets can not be added");
	cr_expect_eq(found.first_us, NOON - DAY_US);
	cr_expect_eq(found.last_us, NOON + HOUR_US);
}

static void tell_of_both(uint64_t messages)
{
	f.offender.messages = messages;
	store_say(&file, &f.offender,
		  (struct store_input[]){ { "b.pcap", 2, false }, { "a.pcap", 1, false } }, 2);
}

Test(store, overlapping_runs_count_by_the_larger)
{
	tell_of(1, 100, NOON, NOON + HOUR_US);
	tell_of_both(130);
	cr_expect_eq(store_find(&file, ADDRESS, NOON).messages, 130);
	cr_expect_eq(store_find(&file, ADDRESS, NOON).rule_total, 236);
	tell_of(1, 100, NOON, NOON + HOUR_US);
	cr_expect_eq(store_find(&file, ADDRESS, NOON).messages, 130);
	tell_of(3, 7, NOON, NOON + HOUR_US);
	cr_expect_eq(store_find(&file, ADDRESS, NOON).messages, 137);
}

Test(store, a_run_that_joins_two_others_takes_their_sum_back)
{
	struct fixture other;
	fixture_fill(&other, "2001:db8::7");
	tell_of(1, 100, NOON, NOON + HOUR_US);
	tell_of(2, 30, NOON, NOON + HOUR_US);
	other.offender.messages = 10;
	store_say_in(&file, &other.offender, 1);
	store_say_in(&file, &other.offender, 2);
	cr_expect_eq(store_find(&file, "2001:db8::7", NOON).messages, 20);
	tell_of_both(125);
	cr_expect_eq(store_find(&file, ADDRESS, NOON).messages, 125);
	cr_expect_eq(store_find(&file, "2001:db8::7", NOON).messages, 10,
		     "also of an address that the new run does not name");
}

Test(store, many_runs_are_folded_without_losing_counts)
{
	for (unsigned i = 1; i <= 80; i++)
		tell_of(i, 10, NOON + i * DAY_US, NOON + i * DAY_US + HOUR_US);
	struct found found = store_find(&file, ADDRESS, NOON);
	cr_expect_eq(found.messages, 800);
	cr_expect_eq(found.first_us, NOON + DAY_US);
	cr_expect_eq(found.evidence, EVIDENCE_MAX);
	cr_expect_leq(store_ask(&file, "SELECT count(*) FROM sighting"), 33);
	cr_expect_leq(store_ask(&file, "SELECT count(*) FROM evidence"), 33 * 3);
}

Test(store, the_later_sighting_decides)
{
	static const struct {
		const char *name;
		enum verdict earlier, later, expected;
	} cases[] = {
		{ "watch never takes a block back", VERDICT_BLOCK, VERDICT_WATCH, VERDICT_BLOCK },
		{ "spared does", VERDICT_BLOCK, VERDICT_SPARED, VERDICT_SPARED },
		{ "victim does", VERDICT_BLOCK, VERDICT_VICTIM, VERDICT_VICTIM },
		{ "block comes after watch", VERDICT_WATCH, VERDICT_BLOCK, VERDICT_BLOCK },
		{ "block comes after spared", VERDICT_SPARED, VERDICT_BLOCK, VERDICT_BLOCK },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		for (int backwards = 0; backwards < 2;
		     backwards++) { /* the order of reading must not matter */
			char address[32];
			snprintf(address, sizeof address, "198.51.100.%zu", 1 + 2 * i + (size_t)backwards);
			f.offender.address = fixture_addr(address);
			for (int step = 0; step < 2; step++) {
				bool is_later = step != backwards;
				f.offender.verdict = is_later ? cases[i].later : cases[i].earlier;
				tell_of(1 + (uint64_t)is_later, 10, NOON + is_later * DAY_US,
					NOON + is_later * DAY_US + HOUR_US);
			}
			cr_expect_eq(store_find(&file, address, NOON).verdict, cases[i].expected, "%s (%d)",
				     cases[i].name, backwards);
		}
}

/* ---- files ---- */

Test(store, tells_why_it_can_not_be_opened)
{
	static const struct {
		const char *name, *prepare, *say;
		int code;
	} cases[] = {
		{ "of a newer version", "PRAGMA user_version=99", "newer siphound", -EPROTONOSUPPORT },
		{ "of another program", "PRAGMA application_id=77", "another program", -EINVAL },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct store *s = NULL;
		store_change_by_hand(&file, cases[i].prepare);
		for (int access = STORE_READ; access <= STORE_WRITE; access++) {
			cr_expect_eq(store_open(&s, file.path, (enum store_access)access, NULL, &file.err),
				     cases[i].code, "%s", cases[i].name);
			cr_expect(strstr(file.err.text, cases[i].say), "%s: %s", cases[i].name,
				  file.err.text);
		}
		store_change_by_hand(&file, "PRAGMA user_version=1");
	}
}

static void expect_refused(const char *path, enum store_access access, int code, const char *say)
{
	struct store *s;
	struct error err = { "" };
	int result = store_open(&s, path, access, NULL, &err);
	cr_expect_eq(result, code, "%s: %d %s", path, result, err.text);
	cr_expect(strstr(err.text, say), "%s", err.text);
}

static void write_file(const char *path, const char *text)
{
	FILE *out = fopen(path, "w");
	cr_assert(out);
	fputs(text, out);
	fclose(out);
}

Test(store, bad_places_and_files)
{
	char path[128];
	expect_refused("/nonexistent/folder/s.db", STORE_WRITE, -ENOENT, "its folder does not exist");
	expect_refused("/nonexistent/s.db", STORE_READ, -ENOENT, "there is no store");
	expect_refused(file.folder, STORE_WRITE, -EISDIR, "is a folder");
	snprintf(path, sizeof path, "%s/text", file.folder);
	write_file(path, "this is no database, it only looks like a long enough text file to be read as a "
			 "header of one.......\n");
	expect_refused(path, STORE_WRITE, -EBADMSG, "no SQLite file");
	write_file(path, "");
	expect_refused(path, STORE_READ, -ENOENT, "an empty file");
	unlink(path);
}

Test(store, is_private)
{
	struct stat st;
	char path[128];
	struct store *other;
	umask(0); /* what is kept from others is not left to it */
	snprintf(path, sizeof path, "%s-other", file.path);
	cr_assert_eq(store_open(&other, path, STORE_WRITE, NULL, &file.err), 0, "%s", file.err.text);
	cr_assert_eq(stat(path, &st), 0);
	cr_expect_eq(st.st_mode & 0777, 0640, "%o", st.st_mode);
	snprintf(path, sizeof path, "%s-other-wal", file.path);
	cr_assert_eq(stat(path, &st), 0);
	cr_expect_eq(st.st_mode & 0777, 0640, "%o", st.st_mode);
	store_close(other);
	snprintf(path, sizeof path, "%s-other", file.path);
	remove(path);
}

Test(store, locked_by_another_program)
{
	struct store_options options = store_options_default;
	struct store *second;
	struct addr_prefix net = fixture_net("192.0.2.1");
	sqlite3 *db;
	options.busy_ms = 50;
	cr_assert_eq(store_open(&second, file.path, STORE_WRITE, &options, &file.err), 0);
	cr_assert_eq(sqlite3_open(file.path, &db), SQLITE_OK);
	cr_assert_eq(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	cr_expect_eq(store_ban(second, &net, NOON, 0, NULL, &file.err), -EBUSY);
	cr_expect(strstr(file.err.text, "another program is writing"), "%s", file.err.text);
	sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	sqlite3_close(db);
	cr_expect_eq(store_ban(second, &net, NOON, 0, NULL, &file.err), 0, "%s", file.err.text);
	store_close(second);
}

/* What SQLite opens to be written is opened to be read, as its own way of opening does when the first fails.
 */
static struct {
	sqlite3_vfs vfs;
	int (*open)(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags);
	int kind; /* of the file, once */
} reluctant;

static int open_reluctantly(sqlite3_vfs *vfs, const char *name, sqlite3_file *to, int flags, int *out_flags)
{
	if (flags & reluctant.kind) {
		reluctant.kind = 0;
		flags = (flags & ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)) | SQLITE_OPEN_READONLY;
	}
	return reluctant.open(vfs, name, to, flags, out_flags);
}

Test(store, what_could_not_be_opened_for_a_moment_is_opened_again)
{
	static const int kinds[] = { SQLITE_OPEN_MAIN_DB, SQLITE_OPEN_WAL };
	struct addr_prefix net = fixture_net("192.0.2.1");
	reluctant.vfs = *sqlite3_vfs_find(NULL);
	reluctant.vfs.zName = "reluctant";
	reluctant.open = reluctant.vfs.xOpen;
	reluctant.vfs.xOpen = open_reluctantly;
	cr_assert_eq(sqlite3_vfs_register(&reluctant.vfs, 1), SQLITE_OK);
	for (size_t i = 0; i < 2; i++) {
		struct store *s;
		reluctant.kind = kinds[i];
		cr_assert_eq(store_open(&s, file.path, STORE_WRITE, NULL, &file.err), 0, "%s", file.err.text);
		cr_expect_eq(store_ban(s, &net, NOON, 0, NULL, &file.err), 0, "%zu: %s", i, file.err.text);
		cr_expect_eq(reluctant.kind, 0, "it was tried");
		store_close(s);
	}
	sqlite3_vfs_unregister(&reluctant.vfs);
}

Test(store, reading_needs_no_right_to_write)
{
	struct store *reader;
	struct addr_prefix net = fixture_net("192.0.2.1");
	cr_assert_eq(store_open(&reader, file.path, STORE_READ, NULL, &file.err), 0);
	cr_expect_eq(store_ban(reader, &net, NOON, 0, NULL, &file.err), -EACCES);
	cr_expect(strstr(file.err.text, "can not be written"), "%s", file.err.text);
	store_close(reader);
}

/* The file may not grow, as on a full disk: an error with its reason, nothing half written, and all is well
 * afterwards. */
Test(store, file_that_can_not_grow)
{
	struct rlimit limit = { 200 * 1024, RLIM_INFINITY };
	struct store_input input = { "a.pcap", 1, false };
	struct sink *sink = store_sink_new(file.store);
	signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	store_sink_inputs(sink, &input, 1);
	for (unsigned i = 0; i < 2000; i++) {
		uint8_t v4[4] = { 10, 0, (uint8_t)(i >> 8), (uint8_t)i };
		f.offender.address = addr_from_v4(v4);
		sink->ops->offender(sink, &f.offender);
	}
	cr_expect_lt(sink->ops->finish(sink, &file.err), 0);
	cr_expect(strstr(file.err.text, "disk I/O error"), "%s", file.err.text);
	sink->ops->free(sink);
	limit.rlim_cur = RLIM_INFINITY;
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	cr_expect_eq(store_ask(&file, "SELECT (SELECT count(*) FROM offender) - (SELECT count(*) FROM ban)"),
		     0);
	f.offender.address = fixture_addr(ADDRESS);
	store_say_in(&file, &f.offender, 2);
	cr_expect_eq(store_find(&file, ADDRESS, NOON).messages, 21482);
}

/* The same sink goes on when there is room again: who was given before the failure keeps what was committed,
 * and what is given anew counts once. */
Test(store, sink_goes_on_after_a_failure)
{
	static const struct {
		const char *name;
		bool is_first; /* nothing was committed before: not even the run */
	} cases[] = { { "first of all", true }, { "later", false } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct store_input input = { "a.pcap", 10 + i, false };
		struct sink *sink = store_sink_new(file.store);
		sqlite3 *other;
		store_sink_inputs(sink, &input, 1);
		f.offender.address = fixture_addr("198.51.100.1");
		if (!cases[i].is_first) {
			sink->ops->offender(sink, &f.offender);
			cr_assert_eq(sink->ops->finish(sink, &file.err), 0, "%s", file.err.text);
		}
		int64_t runs = store_ask(&file, "SELECT count(*) FROM run WHERE id");
		cr_assert_eq(sqlite3_open(file.path, &other), SQLITE_OK);
		cr_assert_eq(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
		f.offender.address = fixture_addr("198.51.100.2");
		sink->ops->offender(sink, &f.offender);
		cr_expect_eq(sink->ops->finish(sink, &file.err), -EBUSY, "%s", cases[i].name);
		cr_expect_eq(sink->ops->finish(sink, &file.err), -EBUSY, "%s: and stays so", cases[i].name);
		sqlite3_close(other);
		store_sink_again(sink);
		sink->ops->offender(sink, &f.offender);
		cr_expect_eq(sink->ops->finish(sink, &file.err), 0, "%s: %s", cases[i].name, file.err.text);
		cr_expect_eq(store_sink_tally(sink).offenders, cases[i].is_first ? 1u : 2u, "%s",
			     cases[i].name);
		int64_t now = store_ask(&file, "SELECT count(*) FROM run WHERE id");
		cr_expect_eq(now, runs + cases[i].is_first, "%s: %d runs", cases[i].name, (int)now);
		sink->ops->free(sink);
	}
	cr_expect_eq(store_find(&file, "198.51.100.2", NOON).messages, 2 * f.offender.messages);
	cr_expect_eq(store_ask(&file, "SELECT count(*) FROM sighting WHERE run NOT IN (SELECT id FROM run)"),
		     0);
}

/* ---- kill -9 ---- */

static void write_for_ever(int ready)
{
	struct store *s;
	struct error err;
	if (store_open(&s, file.path, STORE_WRITE, NULL, &err))
		_exit(1);
	for (unsigned run = 1;; run++) {
		struct store_input input = { "a.pcap", run, false };
		struct sink *sink = store_sink_new(s);
		store_sink_inputs(sink, &input, 1);
		for (unsigned i = 0; i < 2000; i++) {
			uint8_t v4[4] = { 10, (uint8_t)(run & 255), (uint8_t)(i >> 8), (uint8_t)i };
			f.offender.address = addr_from_v4(v4);
			sink->ops->offender(sink, &f.offender);
			if (run == 1 && i == 600 && write(ready, "x", 1) != 1)
				_exit(1);
		}
		sink->ops->finish(sink, &err);
		sink->ops->free(sink);
	}
}

Test(store, kill_corrupts_nothing)
{
	for (int round = 0; round < 4; round++) {
		int pipes[2];
		char byte;
		cr_assert_eq(pipe(pipes), 0);
		pid_t child = fork();
		cr_assert_geq(child, 0);
		if (child == 0) {
			close(pipes[0]);
			write_for_ever(pipes[1]);
		}
		close(pipes[1]);
		cr_assert_eq(read(pipes[0], &byte, 1), 1);
		close(pipes[0]);
		usleep(3000u + 7000u * (unsigned)round);
		cr_assert_eq(kill(child, SIGKILL), 0);
		cr_assert_eq(waitpid(child, NULL, 0), child);
		struct store *again;
		cr_assert_eq(store_open(&again, file.path, STORE_WRITE, NULL, &file.err), 0, "%s",
			     file.err.text);
		store_close(again);
		cr_expect_eq(
		    store_ask(&file,
			      "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'"),
		    0);
		cr_expect_geq(store_ask(&file, "SELECT count(*) FROM offender"), 500,
			      "the first batch was kept");
		/* Each offender is there whole: with sighting, evidence, ban and outbox row. */
		cr_expect_eq(
		    store_ask(&file, "SELECT (SELECT count(*) FROM offender) - (SELECT count(*) FROM ban)"),
		    0);
		cr_expect_eq(store_ask(&file, "SELECT (SELECT count(*) FROM offender) - (SELECT "
					      "count(DISTINCT address) FROM evidence)"),
			     0);
		cr_expect_eq(store_ask(&file, "SELECT (SELECT count(*) FROM offender) - (SELECT "
					      "count(DISTINCT net) FROM outbox WHERE op = 'add')"),
			     0);
	}
}

/* ---- bounds ---- */

Test(store, forgets_who_was_not_seen_for_longest)
{
	struct store_options options = store_options_default;
	struct store_file small = file;
	options.max_offenders = 3;
	cr_assert_eq(store_open(&small.store, file.path, STORE_WRITE, &options, &file.err), 0);
	for (unsigned i = 1; i <= 6; i++) {
		uint8_t v4[4] = { 192, 0, 2, (uint8_t)i };
		f.offender.address = addr_from_v4(v4);
		f.offender.last_us = NOON + i * MINUTE_US;
		store_say_in(&small, &f.offender, 1);
	}
	struct addr_prefix first = fixture_net("192.0.2.1");
	cr_assert_eq(store_ban(small.store, &first, NOON, 0, "for ever", &file.err), 0);
	cr_assert_eq(store_tidy(small.store, NOON + 30 * DAY_US, &file.err), 0, "%s", file.err.text);
	cr_expect_eq(store_ask(&file, "SELECT count(*) FROM offender"), 3);
	cr_expect(store_find(&file, "192.0.2.1", NOON).is_found, "banned: stays");
	cr_expect_not(store_find(&file, "192.0.2.2", NOON).is_found);
	cr_expect(store_find(&file, "192.0.2.6", NOON).is_found);
	cr_expect_eq(store_ask(&file, "SELECT count(*) FROM evidence WHERE address = '192.0.2.2'"), 0);
	store_close(small.store);
}

/* What a feed's thread does. The first handle must keep its lock: without it another program that comes and
 * goes takes the write-ahead log away under it, and what is written from then on is lost. Asked by another
 * process, as one's own locks do not show. */
Test(store, a_second_handle_takes_no_locks_off_the_first)
{
	struct store *second;
	cr_assert_eq(store_open(&second, file.path, STORE_WRITE, NULL, &file.err), 0, "%s", file.err.text);
	pid_t pid = fork();
	if (pid == 0) {
		/* The bytes that SQLite locks for as long as a file in WAL mode is open. */
		struct flock lock = {
			.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0x40000002, .l_len = 510
		};
		int fd = open(file.path, O_RDWR | O_CLOEXEC);
		_exit(fd >= 0 && fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type == F_RDLCK ? 0 : 1);
	}
	int status = -1;
	waitpid(pid, &status, 0);
	cr_expect_eq(status, 0, "the lock is gone");
	store_close(second);
}

Test(store, the_allow_list_of_version_5_is_kept)
{
	struct addr_prefix net = fixture_net("192.0.2.7");
	store_close(file.store);
	store_change_by_hand(&file, STORE_ALLOW_OF_5
			     "INSERT INTO allow VALUES ('192.0.2.7', x'00000000000000000000ffffc0000207',"
			     " x'00000000000000000000ffffc0000207', 0, NULL, 'branch');"
			     "PRAGMA user_version=5");
	cr_assert_eq(store_open(&file.store, file.path, STORE_WRITE, NULL, &file.err), 0, "%s",
		     file.err.text);
	cr_expect_eq(store_ask(&file, "SELECT count(*) FROM allow WHERE note = 'branch' AND file = ''"), 1);
	cr_expect_eq(store_ban(file.store, &net, 1, 0, NULL, &file.err), -EPERM);
	cr_expect_eq(store_disallow(file.store, &net, 1, &file.err), 0, "%s", file.err.text);
}
