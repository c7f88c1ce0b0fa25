/* SPDX-License-Identifier: MIT */
#include "output/store/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

const struct store_options store_options_default = {
	.ban_first_s = 3600,
	.ban_max_s = 30 * 86400,
	.soft_allow_s = 86400,
	.max_offenders = 1000000,
	.max_outbox = 100000,
	.busy_ms = 5000,
};

const char *store_path(const struct store *s)
{
	return s->path;
}

/* The file is made here, not by SQLite, so that nobody else may read what it will hold. One that is there is
 * never opened: to close it again would take the locks of every other handle in this process off it, and
 * another program would then clear away the write-ahead log that they still write to. */
static int make_file(const char *path, struct error *err)
{
	struct stat there;
	int code = 0;
	if (stat(path, &there) == 0) {
		code = S_ISDIR(there.st_mode) ? -EISDIR : access(path, R_OK | W_OK) ? -errno : 0;
	} else {
		int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0640);
		code = fd < 0 && errno != EEXIST ? -errno : 0;
		if (fd >= 0)
			close(fd);
	}
	if (!code)
		return 0;
	if (code == -ENOENT)
		return error_set(err, code,
				 "%s: its folder does not exist; make it, or name another file with --store",
				 path);
	if (code == -EISDIR)
		return error_set(err, code, "%s is a folder; --store wants a file", path);
	return error_set(err, code,
			 "%s: %s; the store must be a file that you may write: name another one with --store",
			 path, strerror(-code));
}

static int check_file(const char *path, struct error *err)
{
	struct stat info;
	if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
		return error_set(err, -EISDIR, "%s: is a directory; --store names a file", path);
	if (access(path, R_OK) == 0)
		return 0;
	int code = -errno;
	if (code == -ENOENT)
		return error_set(err, code,
				 "there is no store %s; `siphound read --store %s CAPTURE` makes one, and "
				 "--store names another",
				 path, path);
	return error_set(err, code, "%s: %s; run as a user who may read it", path, strerror(-code));
}

/* Without a -wal file nothing is under way, and a store on a medium that can not be written is as good as one
 * that can. */
static bool may_be_immutable(const char *path)
{
	char *wal = sqlite3_mprintf("%s-wal", path);
	bool may = wal && access(path, W_OK) != 0 && access(wal, F_OK) != 0;
	sqlite3_free(wal);
	return may;
}

/* A path as the file: URI that SQLite reads; to be freed with sqlite3_free. */
static char *path_uri(const char *path, const char *query)
{
	static const char hex[] = "0123456789ABCDEF";
	sqlite3_str *uri = sqlite3_str_new(NULL);
	sqlite3_str_appendall(uri, "file:");
	for (const uint8_t *p = (const uint8_t *)path; *p; p++) {
		if (ascii_is_alpha(*p) || ascii_is_digit(*p) || strchr("/._-", *p)) {
			sqlite3_str_appendchar(uri, 1, (char)*p);
			continue;
		}
		sqlite3_str_appendchar(uri, 1, '%');
		sqlite3_str_appendchar(uri, 1, hex[*p >> 4]);
		sqlite3_str_appendchar(uri, 1, hex[*p & 15]);
	}
	sqlite3_str_appendall(uri, query);
	return sqlite3_str_finish(uri);
}

static int open_database(struct store *s, enum store_access access, struct error *err)
{
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI |
		    (access == STORE_WRITE ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY);
	char *uri =
	    path_uri(s->path, access == STORE_READ && may_be_immutable(s->path) ? "?immutable=1" : "");
	if (!uri)
		return error_set(err, -ENOMEM, "no memory for the store");
	int result = sqlite3_open_v2(uri, &s->db, flags, NULL);
	sqlite3_free(uri);
	if (result != SQLITE_OK)
		return s->db ? store_tell_sqlite(s, err) : error_set(err, -ENOMEM, "no memory for the store");
	sqlite3_extended_result_codes(s->db, 1);
	sqlite3_busy_timeout(s->db, s->options.busy_ms);
	/* A file that somebody else made must not run anything here. */
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	sqlite3_limit(s->db, SQLITE_LIMIT_LENGTH, 1 << 20);
	return 0;
}

static void close_database(struct store *s)
{
	for (size_t i = 0; i < STORE_STATEMENTS; i++)
		sqlite3_finalize(s->statements[i].stmt);
	memset(s->statements, 0, sizeof s->statements);
	sqlite3_close(s->db);
}

void store_close(struct store *s)
{
	if (!s)
		return;
	close_database(s);
	free(s->input_ids);
	for (size_t i = 0; i < s->input_count; i++)
		free((void *)(uintptr_t)s->input_names[i]);
	free(s->input_names);
	free(s->input_is_log);
	free(s->path);
	free(s);
}

int store_reopen(struct store *s, struct error *err)
{
	struct store again = { .path = s->path, .options = s->options };
	int bad = open_database(&again, STORE_WRITE, err);
	if (bad) {
		sqlite3_close(again.db);
		return bad;
	}
	close_database(s);
	s->db = again.db;
	return 0;
}

int store_open(struct store **out, const char *path, enum store_access access,
	       const struct store_options *options, struct error *err)
{
	struct store *s = calloc(1, sizeof *s);
	int bad;
	if (!s || !(s->path = strdup(path))) {
		free(s);
		return error_set(err, -ENOMEM, "no memory for the store");
	}
	s->access = access;
	s->options = options ? *options : store_options_default;
	bad = access == STORE_WRITE ? make_file(path, err) : check_file(path, err);
	if (!bad)
		bad = open_database(s, access, err);
	if (!bad)
		bad = store_schema_check(s, access, err);
	if (bad)
		store_close(s);
	else
		*out = s;
	return bad;
}
