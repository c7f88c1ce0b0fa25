/* SPDX-License-Identifier: MIT */
#include "unit/output/redis/fixtures.h"

#include "output/redis/follow.h"
#include "output/redis/layout.h"

#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* Several servers, in a network namespace that the test makes for itself: a cluster of two nodes, and a pair
 * that Sentinels watch over. Skipped where namespaces can not be made. */

static struct store_file file;
static char folder[64];
static pid_t pids[8];
static size_t pid_count;

static bool enter_namespace(void)
{
	struct ifreq lo = { .ifr_name = "lo" };
	if (unshare(CLONE_NEWNET))
		return false;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	lo.ifr_flags = IFF_UP;
	bool is_up = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &lo) == 0;
	close(fd);
	return is_up;
}

static void run_server(const char *port, const char *const *more)
{
	const char *argv[32] = { "redis-server", "--port", port,     "--dir",	 folder,
				 "--save",	 "",	   "--bind", "127.0.0.1" };
	size_t argc = 9;
	while (*more)
		argv[argc++] = *more++;
	pid_t pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);
		dup2(null, 1);
		dup2(null, 2);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	pids[pid_count++] = pid;
}

/* As redis_ask, at a port. "" when it can not be reached. */
static const char *ask(unsigned port, const char *words)
{
	struct redis_target target = {
		.host = "127.0.0.1", .port = (uint16_t)port, .user = "", .password = ""
	};
	struct redis_server r = { .client = NULL };
	struct error err;
	if (redis_client_open(&r.client, &target, &err))
		return "";
	const char *text = redis_ask(&r, words);
	redis_client_close(r.client);
	return text;
}

static void setup(void)
{
	REDIS_NEEDED();
	if (!enter_namespace())
		cr_skip_test("no network namespaces here");
	snprintf(folder, sizeof folder, "/tmp/siphound-cluster-XXXXXX");
	cr_assert(mkdtemp(folder));
	store_file_open(&file);
}

static void teardown(void)
{
	char command[128];
	if (!*folder)
		return;
	for (size_t i = 0; i < pid_count; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
	snprintf(command, sizeof command, "rm -rf '%s'", folder);
	cr_expect_eq(system(command), 0);
	store_file_close(&file);
}

TestSuite(redis_cluster, .init = setup, .fini = teardown, .timeout = 600);

static struct redis_feed_options options(const char *url)
{
	return (struct redis_feed_options){
		.url = url, .store_path = file.path, .sensor = "one", .shards = 8, .clock_us = redis_now
	};
}

static void start_cluster(void)
{
	static const char *const a[] = { "--cluster-enabled",
					 "yes",
					 "--cluster-config-file",
					 "a.conf",
					 "--cluster-require-full-coverage",
					 "no",
					 NULL };
	static const char *const b[] = { "--cluster-enabled",
					 "yes",
					 "--cluster-config-file",
					 "b.conf",
					 "--cluster-require-full-coverage",
					 "no",
					 NULL };
	run_server("7001", a);
	run_server("7002", b);
	UNTIL(5000, !strcmp(ask(7001, "PING"), "PONG") && !strcmp(ask(7002, "PING"), "PONG"));
	ask(7001, "CLUSTER ADDSLOTSRANGE 0 8191");
	ask(7002, "CLUSTER ADDSLOTSRANGE 8192 16383");
	ask(7002, "CLUSTER SET-CONFIG-EPOCH 2");
	ask(7001, "CLUSTER MEET 127.0.0.1 7002");
	UNTIL(10000, strstr(ask(7001, "CLUSTER NODES"), " 8192-16383") &&
			 strstr(ask(7002, "CLUSTER NODES"), " 0-8191"));
	UNTIL(10000,
	      strstr(ask(7001, "CLUSTER INFO"), "state:ok") && strstr(ask(7002, "CLUSTER INFO"), "state:ok"));
}

/* Who is blocked, over all shards: asked of the node that has each. */
static unsigned count_blocked(void)
{
	unsigned count = 0;
	for (unsigned shard = 0; shard < 8; shard++) {
		char words[64];
		snprintf(words, sizeof words, "ZCARD {siphound:%u}:1:block", shard);
		const char *text = ask(7001, words);
		if (!strncmp(text, "MOVED", 5))
			text = ask(7002, words);
		count += (unsigned)strtoul(text, NULL, 10);
	}
	return count;
}

static size_t followed, changed;

static void on_begin(void *ctx)
{
	(void)ctx;
	followed = 0;
}

static void on_each(void *ctx, const struct redis_block *block)
{
	(void)ctx;
	(void)block;
	followed++;
}

static void on_end(void *ctx, bool is_whole)
{
	(void)ctx;
	(void)is_whole;
}

static void on_change(void *ctx, enum redis_follow_op op, const struct redis_block *block)
{
	(void)ctx;
	(void)block;
	changed += op == REDIS_ADD;
}

Test(redis_cluster, follows_moved_and_ask)
{
	char text[64], slot[16], id_a[48], id_b[48];
	struct redis_feed_options o = options("redis://127.0.0.1:7001");
	start_cluster();
	for (int i = 1; i <= 50; i++) {
		snprintf(text, sizeof text, "203.0.113.%d", i);
		ban_by_hand(&file, text, 0);
	}
	push_once(&o);
	cr_expect_eq(count_blocked(), 50);
	o.url = "redis://127.0.0.1:7002";
	ban_by_hand(&file, "192.0.2.1", 0);
	struct redis_feed_counters c = push_once(&o);
	cr_expect_eq(c.resyncs, 0, "the same cluster by its other door");
	cr_expect_eq(count_blocked(), 51);

	struct redis_follow *f;
	struct error err;
	struct redis_follow_options fo = { .url = "redis://127.0.0.1:7002", .clock_us = redis_now };
	struct redis_follow_handlers h = { on_begin, on_each, on_end, on_change, NULL };
	cr_assert_eq(redis_follow_open(&f, &fo, &h, &err), 0);
	cr_expect_eq(redis_follow_step(f, 10, &err), 0, "%s", err.text);
	cr_expect_eq(followed, 51);
	struct addr found[4];
	cr_expect_eq(redis_follow_servers(f, found, 4), 2);

	/* A shard on its way to the other node: keys that are not there are asked for there. */
	snprintf(slot, sizeof slot, "%s", ask(7001, "CLUSTER KEYSLOT {siphound:0}:1:meta"));
	snprintf(id_a, sizeof id_a, "%s", ask(7001, "CLUSTER MYID"));
	snprintf(id_b, sizeof id_b, "%s", ask(7002, "CLUSTER MYID"));
	bool is_at_a = strtol(slot, NULL, 10) < 8192;
	snprintf(text, sizeof text, "CLUSTER SETSLOT %s %s %.42s", slot, "IMPORTING", is_at_a ? id_a : id_b);
	char order[128];
	snprintf(order, sizeof order, "CLUSTER SETSLOT %s IMPORTING %s", slot, is_at_a ? id_a : id_b);
	cr_expect_str_eq(ask(is_at_a ? 7002 : 7001, order), "OK");
	snprintf(order, sizeof order, "CLUSTER SETSLOT %s MIGRATING %s", slot, is_at_a ? id_b : id_a);
	cr_expect_str_eq(ask(is_at_a ? 7001 : 7002, order), "OK");
	int bad = 0;
	for (int i = 60; i < 80; i++) {
		snprintf(text, sizeof text, "203.0.113.%d", i);
		ban_by_hand(&file, text, 0);
	}
	bad = redis_feed_once(&o, &c, &err);
	/* With some keys here and some there the script gets TRYAGAIN: nothing is lost, it comes when the
	 * move is over. */
	cr_expect(bad == 0 || strstr(err.text, "TRYAGAIN"), "%s", err.text);
	snprintf(order, sizeof order, "CLUSTER SETSLOT %s STABLE", slot);
	ask(7001, order);
	ask(7002, order);
	push_once(&o);
	cr_expect_eq(count_blocked(), 71);
	UNTIL(2000, redis_follow_step(f, 50, &err) == 0 && changed >= 20);
	redis_follow_close(f);
}

Test(redis_cluster, the_master_that_sentinels_name)
{
	static const char *const plain[] = { NULL };
	static const char *const replica[] = { "--replicaof", "127.0.0.1 7001", NULL };
	char path[128];
	struct redis_feed *feed;
	struct redis_feed_counters c;
	struct error err;
	struct redis_feed_options o = options("redis+sentinel://127.0.0.1:7009,127.0.0.1:7003/mine");
	run_server("7001", plain);
	UNTIL(5000, !strcmp(ask(7001, "PING"), "PONG"));
	run_server("7002", replica);
	UNTIL(10000, strstr(ask(7002, "INFO replication"), "master_link_status:up"));
	snprintf(path, sizeof path, "%s/sentinel.conf", folder);
	FILE *conf = fopen(path, "w");
	cr_assert(conf);
	fprintf(conf,
		"port 7003\nbind 127.0.0.1\ndir %s\nsentinel monitor mine 127.0.0.1 7001 1\n"
		"sentinel down-after-milliseconds mine 1000\nsentinel failover-timeout mine 3000\n",
		folder);
	fclose(conf);
	pid_t pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);
		dup2(null, 1);
		dup2(null, 2);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execlp("redis-server", "redis-server", path, "--sentinel", (char *)NULL);
		_exit(127);
	}
	pids[pid_count++] = pid;
	UNTIL(5000, !strcmp(ask(7003, "PING"), "PONG"));
	UNTIL(15000, strstr(ask(7003, "INFO sentinel"), "slaves=1"));
	ban_by_hand(&file, "203.0.113.7", 0);
	cr_assert_eq(redis_feed_start(&feed, &o, NULL, &err), 0, "%s", err.text);
	redis_feed_counters(feed, &c);
	cr_expect_eq(c.errors, 0, "%s", c.error);
	UNTIL(3000, (redis_feed_counters(feed, &c), c.sent == 1));
	kill(pids[0], SIGKILL);
	waitpid(pids[0], NULL, 0);
	pids[0] = pids[--pid_count];
	ban_by_hand(&file, "203.0.113.8", 0);
	redis_feed_poke(feed);
	UNTIL(20000, (redis_feed_counters(feed, &c), c.is_connected && c.sent >= 2));
	long blocked = 0;
	for (unsigned shard = 0; shard < 8; shard++) {
		char words[64];
		snprintf(words, sizeof words, "ZCARD {siphound:%u}:1:block", shard);
		blocked += strtol(ask(7002, words), NULL, 10);
	}
	cr_expect_eq(blocked, 2);
	redis_feed_stop(feed, 2, NULL);
}
