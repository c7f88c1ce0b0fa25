/* SPDX-License-Identifier: MIT */
#include "app/watch/check.h"

#include "app/commands/command.h"
#include "app/moment.h"
#include "app/privileges.h"
#include "app/redis_link.h"
#include "capture/journal.h"
#include "capture/udp_listener.h"
#include "output/http/server.h"

#include <errno.h>
#include <grp.h>
#include <net/if.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct checking {
	const struct options *o;
	size_t mistakes;
};

/* `bad`: *err says what. */
static void count(struct checking *c, int bad, const struct error *err)
{
	if (!bad)
		return;
	complain("%s", err->text);
	c->mistakes++;
}

/* ---- where to listen ---- */

static void check_addresses(struct checking *c, const char *key, const char *const *list, size_t n)
{
	struct listen_address at;
	for (size_t i = 0; i < n; i++) {
		struct error err;
		int bad = listen_address_parse(list[i], 1, &at, &err);
		if (bad)
			error_prefix(&err, "%s", key);
		count(c, bad, &err);
	}
}

/* By name only: to open one takes a right that who checks need not have. "any" is libpcap's. */
static void check_interfaces(struct checking *c)
{
	for (size_t i = 0; i < c->o->interface_count; i++) {
		const char *name = c->o->interfaces[i];
		struct error err;
		if (strcmp(name, "any") != 0 && if_nametoindex(name) == 0)
			count(c,
			      error_set(&err, -ENODEV,
					"interfaces (--interface): %s: there is no interface of that name; "
					"`ip link` lists them",
					name),
			      &err);
	}
}

static void check_http(struct checking *c)
{
	const struct http_options options = { .listen = c->o->http,
					      .token_file = c->o->http_token_file,
					      .clock_us = moment_now };
	struct error err;
	count(c, c->o->http ? http_server_check(&options, &err) : 0, &err);
}

/* ---- Redis ---- */

static void check_redis(struct checking *c)
{
	struct error err;
	if (!c->o->redis)
		return;
	count(c, redis_link_check_server(c->o, &err), &err);
	count(c, redis_link_check_sensor(c->o, &err), &err);
}

/* ---- files that are written by the user that the watch becomes ---- */

/* Root may look with the eyes of another: in a child, since there is no way back. */
static bool user_may(const struct options *o, const char *path, int how)
{
	const struct privileges_options who = { .user = o->user };
	unsigned uid, gid;
	int status;
	if (!privileges_ids(&who, &uid, &gid))
		return access(path, how) == 0;
	pid_t child = fork();
	if (child == 0) {
		const struct passwd *entry = getpwuid(uid);
		bool is_other = entry && !initgroups(entry->pw_name, gid) && !setgid(gid) && !setuid(uid);
		_exit(is_other && access(path, how) ? 1 : 0);
	}
	return child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status) ||
	       WEXITSTATUS(status) == 0;
}

static const char *user_name(const struct options *o)
{
	const struct privileges_options who = { .user = o->user };
	unsigned uid = geteuid(), gid;
	privileges_ids(&who, &uid, &gid);
	const struct passwd *entry = getpwuid(uid);
	return entry ? entry->pw_name : "it";
}

static void folder_of(const char *path, char *out, size_t size)
{
	const char *slash = strrchr(path, '/');
	int len = !slash ? 1 : slash == path ? 1 : (int)(slash - path);
	snprintf(out, size, "%.*s", len, slash ? path : ".");
}

/* `is_by_user`: it is opened after root was given up. */
static int check_file(const struct options *o, const char *key, const char *path, bool is_by_user,
		      struct error *err)
{
	struct stat info;
	char folder[4096];
	folder_of(path, folder, sizeof folder);
	if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
		return error_set(err, -EISDIR, "%s: %s is a folder; a file is wanted", key, path);
	if (stat(folder, &info) || !S_ISDIR(info.st_mode))
		return error_set(err, -ENOENT,
				 "%s: %s: its folder does not exist; make it, or name another file", key,
				 path);
	bool is_there = access(path, F_OK) == 0;
	const char *what = is_there ? path : folder;
	int how = is_there ? W_OK : W_OK | X_OK;
	if (is_by_user ? user_may(o, what, how) : access(what, how) == 0)
		return 0;
	return error_set(
	    err, -EACCES,
	    "%s: %s can not be written by user %s, who the watch will be; chown it, or see --user", key, what,
	    user_name(o));
}

static void check_store(struct checking *c)
{
	static const char magic[] = "SQLite format 3";
	const char *path = c->o->store, *key = "store.path (--store)";
	char start[sizeof magic] = "";
	struct error err;
	if (!path)
		return;
	int bad = check_file(c->o, key, path, true, &err);
	/* Not opened as a store: that would make files beside it. An empty one is filled at the start. */
	FILE *file = bad ? NULL : fopen(path, "rb");
	size_t got = file ? fread(start, 1, sizeof start, file) : 0;
	if (file)
		fclose(file);
	if (!bad && got && memcmp(start, magic, sizeof magic) != 0)
		bad = error_set(&err, -EBADMSG,
				"%s: %s is no store, nor any other SQLite file; name another one", key, path);
	count(c, bad, &err);
}

static void check_files(struct checking *c)
{
	const struct options *o = c->o;
	struct error err;
	check_store(c);
	count(c, o->ban_log ? check_file(o, "ban_log (--ban-log)", o->ban_log, true, &err) : 0, &err);
	bool is_file = o->output && strcmp(o->output, "-") != 0;
	count(c, is_file ? check_file(o, "report.output (--output)", o->output, false, &err) : 0, &err);
}

/* ---- all ---- */

/* It may come later; but what is there must be readable after root was given up. */
static int check_log(const struct options *o, const char *path, struct error *err)
{
	struct stat info;
	if (stat(path, &info))
		return errno == EACCES
			   ? error_set(err, -EACCES,
				       "logs.follow (--follow): %s: %s; its folder is closed to us", path,
				       strerror(EACCES))
			   : 0;
	if (S_ISDIR(info.st_mode))
		return error_set(err, -EISDIR, "logs.follow (--follow): %s is a folder; name the logs in it",
				 path);
	if (user_may(o, path, R_OK))
		return 0;
	return error_set(
	    err, -EACCES,
	    "logs.follow (--follow): %s can not be read by user %s, who the watch will be; put that user "
	    "into its group (usermod -aG), or see --user",
	    path, user_name(o));
}

static void check_logs(struct checking *c, const struct dialects *dialects)
{
	const struct options *o = c->o;
	const struct log_options options = { .dialect = o->dialect, .year = 2026 };
	struct error err;
	struct log_reader *reader = o->dialect ? log_reader_new(dialects, &options, &err) : NULL;
	count(c, o->dialect && !reader ? -EINVAL : 0, &err);
	log_reader_free(reader);
	for (size_t i = 0; i < o->follow_count; i++)
		count(c, journal_is_named(o->follow[i]) ? 0 : check_log(o, o->follow[i], &err), &err);
}

static void check_user(struct checking *c)
{
	struct error err;
	const struct passwd *user = c->o->user ? getpwnam(c->o->user) : NULL;
	if (c->o->user && (!user || user->pw_uid == 0))
		count(c,
		      error_set(&err, -EINVAL,
				user ? "user (--user): '%s' is root; name one without rights"
				     : "user (--user): there is no user '%s'; create it, or name another",
				c->o->user),
		      &err);
}

int watch_check(const struct options *o, const struct dialects *dialects, struct error *err)
{
	struct checking c = { .o = o };
	check_user(&c);
	check_interfaces(&c);
	check_addresses(&c, "hep.listen (--hep)", o->hep, o->hep_count);
	check_addresses(&c, "tzsp.listen (--tzsp)", o->tzsp, o->tzsp_count);
	check_http(&c);
	check_redis(&c);
	check_logs(&c, dialects);
	if (!o->user || getpwnam(o->user))
		check_files(&c);
	return c.mistakes
		   ? error_set(err, -EINVAL, "%zu %s", c.mistakes, c.mistakes == 1 ? "mistake" : "mistakes")
		   : 0;
}
