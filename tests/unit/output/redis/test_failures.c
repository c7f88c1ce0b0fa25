/* SPDX-License-Identifier: MIT */
#include "unit/output/redis/fixtures.h"

#include <pthread.h>

/* Servers that go away, come back with less, hang, or answer nonsense. Afterwards the store and Redis agree:
 * no ban lost, none extended, none twice. */

static struct redis_server server;
static struct store_file file;
static struct redis_feed *feed;
static struct redis_feed_counters counters;

static void setup(void)
{
	REDIS_NEEDED();
	redis_open(&server, true);
	store_file_open(&file);
}

static void teardown(void)
{
	if (!*server.folder)
		return;
	redis_feed_stop(feed, 0, NULL);
	redis_close(&server);
	store_file_close(&file);
}

TestSuite(redis_failures, .init = setup, .fini = teardown, .timeout = 240);

#define KEY "{siphound:0}:1:"

static void start_feed(void)
{
	struct error err;
	struct redis_feed_options o = redis_options(&server, &file, "one");
	cr_assert_eq(redis_feed_start(&feed, &o, NULL, &err), 0, "%s", err.text);
}

static struct redis_feed_counters *look(void)
{
	redis_feed_counters(feed, &counters);
	return &counters;
}

/* And the feed says so. */
static bool has_all(void)
{
	return redis_has_all(&file) && look()->is_connected && counters.lag == 0;
}

static void ban_some(unsigned from, unsigned count)
{
	char text[32];
	for (unsigned i = 0; i < count; i++) {
		snprintf(text, sizeof text, "203.0.%u.%u", 113 + (from + i) / 200, 1 + (from + i) % 200);
		ban_by_hand(&file, text,
			    redis_now() / SECOND_US * SECOND_US + (int64_t)(from + i + 100) * MINUTE_US);
		if (feed)
			redis_feed_poke(feed);
	}
}

struct agreeing {
	unsigned bans, missing, other_end;
};

static bool compare_one(void *ctx, const struct store_entry *e)
{
	struct agreeing *a = ctx;
	char net[STORE_NET_TEXT_MAX], command[128];
	store_net_text(&e->ban.net, net);
	snprintf(command, sizeof command, "ZSCORE " KEY "%s %s", strchr(net, '/') ? "net" : "block", net);
	const char *score = redis_ask(&server, command);
	int64_t until_s = e->ban.until_us ? e->ban.until_us / SECOND_US : 253402300799;
	a->bans++;
	a->missing += !*score;
	a->other_end += *score && strtoll(score, NULL, 10) != until_s;
	return true;
}

static void expect_agreement(unsigned bans)
{
	struct agreeing a = { 0, 0, 0 };
	struct store_filter filter = { .since_us = INT64_MIN, .active_only = true, .at_us = redis_now() };
	cr_assert_eq(store_each_entry(file.store, &filter, compare_one, &a, &file.err), 0, "%s",
		     file.err.text);
	cr_expect_eq(a.bans, bans);
	cr_expect_eq(a.missing, 0, "%u bans are lost", a.missing);
	cr_expect_eq(a.other_end, 0, "%u bans have another end", a.other_end);
	unsigned there = (unsigned)strtoul(redis_ask(&server, "ZCARD " KEY "block"), NULL, 10) +
			 (unsigned)strtoul(redis_ask(&server, "ZCARD " KEY "net"), NULL, 10);
	cr_expect_eq(there, bans, "%u in Redis", there);
}

Test(redis_failures, comes_back_with_its_data)
{
	start_feed();
	ban_some(0, 20);
	UNTIL(2000, has_all());
	redis_kill(&server);
	ban_some(20, 20);
	unban_by_hand(&file, "203.0.113.1");
	UNTIL(5000, !look()->is_connected && counters.errors > 0 && *counters.error);
	cr_expect(strstr(counters.error, "Redis"), "%s", counters.error);
	UNTIL(5000, look()->lag == 21);
	redis_start(&server, true);
	UNTIL(6000, has_all());
	expect_agreement(39);
	cr_expect_eq(counters.resyncs, 1, "nothing was lost: only what is new was sent (%llu)",
		     (unsigned long long)counters.resyncs);
	cr_expect_eq(redis_feed_count(&server, "add", "203.0.113.2"), 1);
	cr_expect_eq(redis_feed_count(&server, "add", "203.0.113.22"), 1);
	cr_expect_eq(redis_feed_count(&server, "del", "203.0.113.1"), 1);
}

Test(redis_failures, comes_back_empty)
{
	start_feed();
	ban_some(0, 300);
	ban_by_hand(&file, "198.51.100.0/24", 0);
	UNTIL(3000, has_all());
	redis_kill(&server);
	unban_by_hand(&file, "203.0.113.1");
	redis_start(&server, false);
	UNTIL(6000, has_all() && counters.resyncs == 2);
	expect_agreement(300);
}

Test(redis_failures, is_emptied_while_we_are_connected)
{
	start_feed();
	ban_some(0, 20);
	UNTIL(2000, has_all());
	redis_ask(&server, "FLUSHALL");
	ban_some(20, 1);
	UNTIL(6000, has_all() && counters.resyncs == 2);
	expect_agreement(21);
}

Test(redis_failures, comes_back_with_an_old_snapshot)
{
	char copy[256];
	start_feed();
	ban_some(0, 10);
	UNTIL(2000, has_all());
	snprintf(copy, sizeof copy, "cp -r %s/appendonlydir %s/old", server.folder, server.folder);
	cr_assert_eq(system(copy), 0);
	ban_some(10, 10);
	unban_by_hand(&file, "203.0.113.3");
	UNTIL(2000, has_all());
	redis_kill(&server);
	snprintf(copy, sizeof copy, "cd %s && rm -rf appendonlydir && mv old appendonlydir", server.folder);
	cr_assert_eq(system(copy), 0);
	redis_start(&server, true);
	UNTIL(6000, has_all() && counters.resyncs == 2);
	expect_agreement(19);
}

/* A store that was lost, or is an older copy: the server's numbers are higher than its own. */
Test(redis_failures, the_store_is_an_older_copy)
{
	struct redis_feed_options o = redis_options(&server, &file, "one");
	ban_some(0, 5);
	push_once(&o);
	store_change_by_hand(&file, "CREATE TABLE ban_copy AS SELECT * FROM ban");
	ban_some(5, 5);
	push_once(&o);
	store_change_by_hand(
	    &file, "DELETE FROM ban WHERE net NOT IN (SELECT net FROM ban_copy);"
		   "DELETE FROM offender WHERE address NOT IN (SELECT net FROM ban_copy);"
		   "DELETE FROM outbox; UPDATE feed SET seq = 5; UPDATE sqlite_sequence SET seq = 5");
	push_once(&o);
	expect_agreement(5);
	ban_some(50, 1);
	push_once(&o);
	expect_agreement(6);
}

Test(redis_failures, hangs)
{
	struct redis_server *s = &server;
	start_feed();
	int64_t begin_us = redis_now();
	ban_some(0, 5);
	int64_t each_us = (redis_now() - begin_us) / 5; /* the disk may be busy */
	UNTIL(2000, has_all());
	kill(s->pid, SIGSTOP);
	begin_us = redis_now();
	ban_some(5, 50);
	for (int i = 0; i < 100000; i++)
		redis_feed_poke(feed);
	cr_expect_lt(redis_now() - begin_us, 5 * SECOND_US + 100 * each_us, "whoever writes waits");
	UNTIL(8000, !look()->is_connected);
	cr_expect(strstr(counters.error, "does not answer"), "%s", counters.error);
	ban_some(55, 5);
	unban_by_hand(&file, "203.0.113.7");
	poll(NULL, 0, 1000);
	kill(s->pid,
	     SIGCONT); /* what was in the old connection's line is done now, beside what is sent again */
	UNTIL(10000, has_all());
	expect_agreement(59);
	for (unsigned i = 8; i < 50; i++) {
		char text[32];
		snprintf(text, sizeof text, "203.0.113.%u", i);
		cr_expect_eq(redis_feed_count(&server, "add", text), 1, "%s", text);
	}
}

Test(redis_failures, hangs_while_we_end)
{
	start_feed();
	UNTIL(2000, look()->is_connected);
	kill(server.pid, SIGSTOP);
	ban_some(0, 5);
	int64_t begin_us = redis_now();
	redis_feed_stop(feed, 1, &counters);
	feed = NULL;
	cr_expect_lt(redis_now() - begin_us, 15 * SECOND_US);
	kill(server.pid, SIGCONT);
	poll(NULL, 0, 100);
	start_feed();
	UNTIL(2000, has_all());
	expect_agreement(5);
}

/* A sensor that is killed in the middle of a batch, again and again. */
Test(redis_failures, the_sensor_is_killed)
{
	ban_some(0, 600);
	for (int i = 0; i < 12; i++) {
		pid_t pid = fork();
		if (pid == 0) {
			struct redis_feed_options o = redis_options(&server, &file, "one");
			struct redis_feed_counters c;
			struct error err;
			_exit(redis_feed_once(&o, &c, &err) ? 1 : 0);
		}
		poll(NULL, 0, 3 + i * 4);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	struct redis_feed_options o = redis_options(&server, &file, "one");
	push_once(&o);
	expect_agreement(600);
	cr_expect_str_eq(redis_ask(&server, "XLEN " KEY "ev"), "600", "none was added twice");
}

Test(redis_failures, scripts_are_forgotten)
{
	start_feed();
	ban_some(0, 5);
	UNTIL(2000, has_all());
	redis_ask(&server, "SCRIPT FLUSH");
	ban_some(5, 5);
	UNTIL(2000, has_all());
	cr_expect_eq(counters.errors, 0);
	expect_agreement(10);
}

Test(redis_failures, memory_is_full)
{
	start_feed();
	ban_some(0, 5);
	UNTIL(2000, has_all());
	redis_ask(&server, "CONFIG SET maxmemory 1");
	ban_some(5, 5);
	UNTIL(3000, look()->errors > 0);
	cr_expect(strstr(counters.error, "OOM"), "%s", counters.error);
	redis_ask(&server, "CONFIG SET maxmemory 0");
	UNTIL(6000, has_all());
	expect_agreement(10);
}

Test(redis_failures, rights)
{
	struct error err;
	struct redis_feed_options o = redis_options(&server, &file, "one");
	redis_ask(&server, "CONFIG SET requirepass secret");
	cr_expect_eq(redis_feed_start(&feed, &o, NULL, &err), -EACCES);
	cr_expect(strstr(err.text, "SIPHOUND_REDIS_PASSWORD"), "%s", err.text);
	setenv("SIPHOUND_REDIS_PASSWORD", "wrong", 1);
	cr_expect_eq(redis_feed_start(&feed, &o, NULL, &err), -EACCES);
	cr_expect(strstr(err.text, "WRONGPASS"), "%s", err.text);
	setenv("SIPHOUND_REDIS_PASSWORD", "secret", 1);
	redis_ask(&server, "CONFIG SET requirepass secret");
	cr_assert_eq(redis_feed_start(&feed, &o, NULL, &err), 0, "%s", err.text);
	redis_feed_stop(feed, 0, NULL);
	feed = NULL;
	redis_ask(&server, "ACL SETUSER reader on >secret ~{siphound:* +@read +ping");
	snprintf(server.url, sizeof server.url, "unix://reader@%s", server.socket);
	cr_expect_eq(redis_feed_start(&feed, &o, NULL, &err), -EACCES);
	cr_expect(strstr(err.text, "NOPERM") && strstr(err.text, "docs/redis.md"), "%s", err.text);
	/* As in docs/redis.md. */
	redis_ask(
	    &server,
	    "ACL SETUSER writer on >secret ~{siphound:* -@all +info +ping +role +asking +eval +evalsha "
	    "+script|load +hset +hget +hmget +hgetall +hexists +hincrby +set +del +expire +expireat +ttl "
	    "+zadd +zrem +zcard +zscan +zremrangebyscore +zremrangebyrank +zrevrangebyscore "
	    "+sismember +smembers +pfadd +pfcount +xadd");
	snprintf(server.url, sizeof server.url, "unix://writer@%s", server.socket);
	redis_ask(&server, "ACL SETUSER writer -pfcount");
	cr_expect_eq(redis_feed_start(&feed, &o, NULL, &err), -EACCES, "a right that only the script needs");
	redis_ask(&server, "ACL SETUSER writer +pfcount");
	ban_some(0, 3);
	push_once(&o);
	unsetenv("SIPHOUND_REDIS_PASSWORD");
}

/* ---- no Redis at all ---- */

static int listen_on(const char *path)
{
	static const char program[] =
	    "import socket, sys, os\n"
	    "s = socket.socket(socket.AF_UNIX)\n"
	    "s.bind(sys.argv[1])\n"
	    "s.listen(16)\n"
	    "answers = [b'HTTP/1.1 400 Bad Request\\r\\n\\r\\n', b'$-5\\r\\n', b'*99999999\\r\\n', b'\\0' * "
	    "100, b'+OK\\r\\n' * 50,\n"
	    "  b'-LOADING Redis is loading\\r\\n' * 50, b'-READONLY no\\r\\n' * 50, b'-NOAUTH no\\r\\n' * "
	    "50,\n"
	    "  b'-MOVED 1 nowhere\\r\\n' * 50, b'-MOVED 1 :99999\\r\\n' * 50, b'-ASK 1 ' + b'x' * 9999 + "
	    "b':1\\r\\n',\n"
	    "  b'*3\\r\\n$1\\r\\na\\r\\n$1\\r\\n1\\r\\n$1\\r\\n1\\r\\n' * 50, b'$100\\r\\nabc', b'*1\\r\\n' "
	    "* 100, b'',\n"
	    "  b'-ERR unknown command\\r\\n' * 50, b'-' + b'y' * 100000 + b'\\r\\n', b':1\\r\\n' * 50,\n"
	    "  b'-WRONGTYPE x\\r\\n' * 50, b'$-1\\r\\n' * 50]\n"
	    "n = 0\n"
	    "while True:\n"
	    "  c, _ = s.accept()\n"
	    "  try:\n"
	    "    c.recv(65536)\n"
	    "    c.sendall(answers[n % len(answers)])\n"
	    "    n += 1\n"
	    "    c.settimeout(0.3)\n"
	    "    while c.recv(65536): pass\n"
	    "  except OSError: pass\n"
	    "  c.close()\n";
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execl("/usr/bin/python3", "python3", "-c", program, path, (char *)NULL);
		_exit(127);
	}
	return pid;
}

Test(redis_failures, answers_nonsense)
{
	struct error err;
	struct redis_feed_counters c;
	struct redis_feed_options o = redis_options(&server, &file, "one");
	unsigned tries = 0, failed = 0;
	char real_socket[96];
	snprintf(real_socket, sizeof real_socket, "%s", server.socket);
	snprintf(server.socket, sizeof server.socket, "%s/fake", server.folder);
	snprintf(server.url, sizeof server.url, "unix://%s", server.socket);
	pid_t pid = listen_on(server.socket);
	for (int i = 0; i < 100 && access(server.socket, F_OK); i++)
		poll(NULL, 0, 20);
	poll(NULL, 0, 50);
	ban_some(0, 3);
	for (; tries < 20; tries++) {
		*err.text = '\0';
		failed += redis_feed_once(&o, &c, &err) != 0;
		cr_expect_gt(strlen(err.text), 0);
		cr_expect_eq(c.sent, 0);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	cr_expect_eq(failed, tries, "nothing of that is a Redis");
	snprintf(server.socket, sizeof server.socket, "%s", real_socket);
	snprintf(server.url, sizeof server.url, "unix://%s", server.socket);
	push_once(&o);
	expect_agreement(3);
}

Test(redis_failures, start_without_a_server)
{
	struct error err;
	char remark[256];
	struct redis_feed_options o = redis_options(&server, &file, "one");
	redis_kill(&server);
	cr_assert_eq(redis_feed_start(&feed, &o, remark, &err), 0, "%s", err.text);
	cr_expect(strstr(remark, "can not be reached"), "%s", remark);
	ban_some(0, 3);
	redis_start(&server, false);
	UNTIL(4000, has_all());
	expect_agreement(3);
	o.url = "redis://:secret@127.0.0.1/";
	struct redis_feed *other;
	cr_expect_eq(redis_feed_start(&other, &o, remark, &err), -EINVAL);
	cr_expect_not(strstr(err.text, "secret"));
}

/* Two sensors at the same time, each with half of it; and the same ones. */
Test(redis_failures, two_at_a_time)
{
	struct redis_feed *second;
	struct store_file other;
	struct error err;
	store_file_open(&other);
	struct redis_feed_options o = redis_options(&server, &other, "two");
	start_feed();
	cr_assert_eq(redis_feed_start(&second, &o, NULL, &err), 0, "%s", err.text);
	for (unsigned i = 0; i < 100; i++) {
		char text[32];
		snprintf(text, sizeof text, "203.0.113.%u", 1 + i);
		ban_by_hand(&other, text, redis_now() / SECOND_US * SECOND_US + HOUR_US);
		redis_feed_poke(second);
		ban_some(i, 1);
	}
	redis_feed_stop(second, 3, NULL);
	redis_feed_stop(feed, 3, NULL);
	feed = NULL;
	expect_agreement(100);
	store_file_close(&other);
}

/* ---- keys of another type ---- */

Test(redis_failures, an_address_has_keys_of_another_type)
{
	redis_ask(&server, "SET " KEY "src:203.0.113.2 poison");
	redis_ask(&server, "HSET " KEY "src:203.0.113.3 s:other 99999999999999999999");
	redis_ask(&server, "SET " KEY "sen:203.0.113.4 poison");
	redis_ask(&server, "SET " KEY "src:0.0.0.0 poison");
	ban_some(0, 10); /* they go together: of those left out, the first is told */
	start_feed();
	UNTIL(2000, has_all() && counters.skipped >= 2);
	cr_expect_eq(counters.errors, 0);
	cr_expect(strstr(counters.skip_text, KEY "src:203.0.113.2: ") &&
		      strstr(counters.skip_text, "WRONGTYPE"),
		  "%s", counters.skip_text);
	cr_expect_str_eq(redis_ask(&server, "ZSCORE " KEY "block 203.0.113.2"), "");
	cr_expect_str_neq(redis_ask(&server, "ZSCORE " KEY "block 203.0.113.1"), "");
	cr_expect_str_neq(redis_ask(&server, "ZSCORE " KEY "block 203.0.113.10"), "");
	ban_some(10, 1);
	UNTIL(2000, has_all() && *redis_ask(&server, "ZSCORE " KEY "block 203.0.113.11"));
	cr_expect(look()->is_connected);
}

/* After a loss who stands there in our name is asked for: also an address that somebody spoilt meanwhile. */
Test(redis_failures, a_resync_meets_a_key_of_another_type)
{
	struct redis_feed_options o = redis_options(&server, &file, "one");
	ban_some(0, 5);
	push_once(&o);
	redis_ask(&server, "SET " KEY "src:203.0.113.2 poison");
	redis_ask(&server, "DEL " KEY "cur");
	struct redis_feed_counters c = push_once(&o);
	cr_expect_eq(c.resyncs, 1);
	cr_expect_eq(c.skipped, 1);
	cr_expect_eq(c.sent, 4);
}

/* What all addresses need is of another type: nothing is left out, and it says which key. */
Test(redis_failures, a_shared_key_is_of_another_type)
{
	static const char *const keys[] = { "ev", "block", "held", "allow", "cur", "meta" };
	struct redis_feed_options o = redis_options(&server, &file, "one");
	ban_some(0, 3);
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		struct redis_feed_counters c;
		struct error err;
		char command[128];
		redis_ask(&server, "FLUSHALL");
		snprintf(command, sizeof command, "SET " KEY "%s poison", keys[i]);
		redis_ask(&server, command);
		cr_expect_neq(redis_feed_once(&o, &c, &err), 0, "%s", keys[i]);
		cr_expect_eq(c.skipped, 0);
		cr_expect(strstr(err.text, "WRONGTYPE") && strstr(err.text, keys[i]), "%s", err.text);
	}
	redis_ask(&server, "FLUSHALL");
	push_once(&o);
	expect_agreement(3);
}

Test(redis_failures, the_allow_list_has_everybody)
{
	redis_ask(&server, "SADD " KEY "allow 0.0.0.0/0 ::/0 203.0.113.2");
	start_feed();
	ban_some(0, 5);
	UNTIL(2000, has_all());
	cr_expect_eq(counters.wide, 2);
	cr_expect(strstr(counters.wide_text, "::/0") || strstr(counters.wide_text, "0.0.0.0/0"), "%s",
		  counters.wide_text);
	cr_expect_str_eq(redis_ask(&server, "ZCARD " KEY "block"), "4");
	redis_ask(&server, "SREM " KEY "allow 0.0.0.0/0 ::/0");
	UNTIL(4000, look()->wide == 0);
}

/* Something else on the server's socket: says this to the first command, in Python, `c` being the connection.
 */
static struct redis_client *connect_to_impostor(const char *says, pid_t *pid)
{
	static const char listens[] = "import socket, sys\n"
				      "s = socket.socket(socket.AF_UNIX)\n"
				      "s.bind(sys.argv[1])\n"
				      "s.listen(1)\n"
				      "c, _ = s.accept()\n"
				      "c.recv(65536)\n";
	char path[112], program[512];
	struct error err;
	struct redis_client *client = NULL;
	snprintf(path, sizeof path, "%s/impostor", server.folder);
	snprintf(program, sizeof program, "%s%s", listens, says);
	*pid = fork();
	if (*pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execl("/usr/bin/python3", "python3", "-c", program, path, (char *)NULL);
		_exit(127);
	}
	struct redis_target target = { .path = path, .user = "", .password = "" };
	for (int i = 0; i < 200 && redis_client_open(&client, &target, &err); i++)
		poll(NULL, 0, 20);
	cr_assert(client);
	return client;
}

/* A list that is announced and does not come takes no memory, and nobody waits for it. */
Test(redis_failures, announces_a_huge_list)
{
	struct error err;
	struct redis_reply *reply = NULL;
	pid_t pid;
	struct redis_client *client =
	    connect_to_impostor("c.sendall(b'*2147483647\\r\\n' * 4)\nc.recv(65536)\n", &pid);
	cr_expect_neq(redis_client_call(client, &reply, &err, "SMEMBERS", "x", NULL), 0);
	cr_expect(strstr(err.text, "too long"), "it was waited for: %s", err.text);
	redis_reply_free(reply);
	redis_client_close(client);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Half a gigabyte that does come is not waited for to its end. */
Test(redis_failures, sends_a_reply_without_an_end)
{
	struct error err;
	struct redis_reply *reply = NULL;
	pid_t pid;
	struct redis_client *client = connect_to_impostor(
	    "c.sendall(b'$500000000\\r\\n')\nwhile True:\n c.sendall(b'x' * 1000000)\n", &pid);
	cr_expect_neq(redis_client_call(client, &reply, &err, "GET", "x", NULL), 0);
	cr_expect(strstr(err.text, "without an end"), "%s", err.text);
	redis_reply_free(reply);
	redis_client_close(client);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}
