/* SPDX-License-Identifier: MIT */
#include "output/store/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
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

/* ---- errors ---- */

static int errno_of(int sqlite_code)
{
	switch (sqlite_code & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return -EACCES;
	case SQLITE_CANTOPEN:
		return -ENOENT;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -EBADMSG;
	default:
		return -EIO;
	}
}

static int tell_sqlite(const struct store *s, int code, struct error *err)
{
	int number = errno_of(code);
	switch (-number) {
	case EBUSY:
		return error_set(err, number,
				 "%s: another program is writing to the store and did not finish within %d "
				 "s; try again, or see "
				 "who has it open (fuser %s)",
				 s->path, s->options.busy_ms / 1000, s->path);
	case EACCES:
		return error_set(err, number,
				 "%s: the store can not be written; run as the user who owns it (and its "
				 "folder), or copy it and "
				 "name the copy with --store",
				 s->path);
	case ENOENT:
		return error_set(
		    err, number,
		    "%s: the store can not be opened; the file and its folder must be yours to read",
		    s->path);
	case ENOSPC:
		return error_set(
		    err, number,
		    "%s: the disk is full; nothing of this change was kept. Make room and repeat it",
		    s->path);
	case EBADMSG:
		return error_set(
		    err, number,
		    "%s: damaged, no SQLite file, or on a disk that does not give it (%s). See if "
		    "the disk is in order, then move the file away and start a new one, or save "
		    "what can be saved with `sqlite3 FILE .recover`",
		    s->path, sqlite3_errmsg(s->db));
	case EIO:
		return error_set(
		    err, number,
		    "%s: %s; nothing of this change was kept. See if the disk is in order and has room",
		    s->path, sqlite3_errmsg(s->db));
	default:
		return error_set(err, number, "%s: %s", s->path, sqlite3_errmsg(s->db));
	}
}

int store_fail_sqlite(struct store *s)
{
	if (!s->code)
		s->code = tell_sqlite(s, sqlite3_extended_errcode(s->db), &s->error);
	return s->code;
}

int store_fail(struct store *s, int code, const char *format, ...)
{
	va_list args;
	if (s->code)
		return s->code;
	va_start(args, format);
	vsnprintf(s->error.text, sizeof s->error.text, format, args);
	va_end(args);
	return s->code = code;
}

/* ---- statements ---- */

static sqlite3_stmt *statement(struct store *s, const char *sql)
{
	size_t slot = ((uintptr_t)sql >> 3) * 0x9e3779b1u;
	for (size_t tries = 0; tries < STORE_STATEMENTS; tries++, slot++) {
		size_t at = slot & (STORE_STATEMENTS - 1);
		if (s->statements[at].sql == sql)
			return s->statements[at].stmt;
		if (s->statements[at].sql)
			continue;
		if (sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &s->statements[at].stmt,
				       NULL) != SQLITE_OK) {
			store_fail_sqlite(s);
			return NULL;
		}
		s->statements[at].sql = sql;
		return s->statements[at].stmt;
	}
	store_fail(s, -ENOMEM, "%s: more kinds of statements than there is room for", s->path);
	return NULL;
}

static int bind_text(sqlite3_stmt *q, int at, const char *text)
{
	return text ? sqlite3_bind_text(q, at, text, -1, SQLITE_TRANSIENT) : sqlite3_bind_null(q, at);
}

static int bind_slice(sqlite3_stmt *q, int at, struct slice text)
{
	char clean[STORE_TEXT_MAX + 1];
	if (!text.ptr)
		return sqlite3_bind_null(q, at);
	return sqlite3_bind_text(q, at, clean, (int)store_clean(text, clean), SQLITE_TRANSIENT);
}

static int bind_one(sqlite3_stmt *q, int at, char type, va_list *args)
{
	char text[ADDR_TEXT_MAX];
	switch (type) {
	case 'i':
		return sqlite3_bind_int64(q, at, va_arg(*args, int64_t));
	case 'n': {
		int64_t value = va_arg(*args, int64_t);
		return value == INT64_MIN ? sqlite3_bind_null(q, at) : sqlite3_bind_int64(q, at, value);
	}
	case 't':
		return bind_text(q, at, va_arg(*args, const char *));
	case 's':
		return bind_slice(q, at, va_arg(*args, struct slice));
	case 'a':
		return sqlite3_bind_blob(q, at, va_arg(*args, const struct addr *)->bytes, 16,
					 SQLITE_TRANSIENT);
	case 'A':
		return bind_text(q, at, addr_text(va_arg(*args, const struct addr *), text));
	default:
		return SQLITE_MISUSE;
	}
}

static sqlite3_stmt *query(struct store *s, const char *sql, const char *types, va_list *args)
{
	sqlite3_stmt *q = s->code ? NULL : statement(s, sql);
	if (!q)
		return NULL;
	for (int i = 0; types[i]; i++)
		if (bind_one(q, i + 1, types[i], args) != SQLITE_OK) {
			store_fail_sqlite(s);
			return NULL;
		}
	return q;
}

sqlite3_stmt *store_query(struct store *s, const char *sql, const char *types, ...)
{
	va_list args;
	va_start(args, types);
	sqlite3_stmt *q = query(s, sql, types, &args);
	va_end(args);
	return q;
}

bool store_step(struct store *s, sqlite3_stmt *q)
{
	if (!q)
		return false;
	int result = s->code ? SQLITE_DONE : sqlite3_step(q);
	if (result == SQLITE_ROW)
		return true;
	if (result != SQLITE_DONE)
		store_fail_sqlite(s);
	sqlite3_reset(q);
	return false;
}

void store_done(sqlite3_stmt *q)
{
	if (q)
		sqlite3_reset(q);
}

void store_do(struct store *s, const char *sql, const char *types, ...)
{
	va_list args;
	va_start(args, types);
	sqlite3_stmt *q = query(s, sql, types, &args);
	va_end(args);
	if (store_step(s, q))
		store_done(q);
}

int64_t store_number(struct store *s, int64_t absent, const char *sql, const char *types, ...)
{
	va_list args;
	int64_t number = absent;
	va_start(args, types);
	sqlite3_stmt *q = query(s, sql, types, &args);
	va_end(args);
	if (store_step(s, q)) {
		if (sqlite3_column_type(q, 0) != SQLITE_NULL)
			number = sqlite3_column_int64(q, 0);
		store_done(q);
	}
	return number;
}

/* ---- transactions ---- */

int store_begin(struct store *s, enum store_transaction kind)
{
	s->code = 0;
	/* IMMEDIATE: who will write takes the lock first, and waits for it, instead of failing half way. */
	if (kind == STORE_CHANGE)
		store_do(s, "BEGIN IMMEDIATE", "");
	else
		store_do(s, "BEGIN", "");
	return s->code;
}

int store_end(struct store *s, struct error *err)
{
	if (!s->code)
		store_do(s, "COMMIT", "");
	int code = s->code;
	if (!code)
		return 0;
	if (err)
		*err = s->error;
	s->code = 0;
	/* Some errors have rolled it back already. */
	if (!sqlite3_get_autocommit(s->db)) {
		store_do(s, "ROLLBACK", "");
		s->code = 0;
	}
	return code;
}

/* ---- life ---- */

const char *store_path(const struct store *s)
{
	return s->path;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < STORE_STATEMENTS; i++)
		sqlite3_finalize(s->statements[i].stmt);
	sqlite3_close(s->db);
	free(s->input_ids);
	for (size_t i = 0; i < s->input_count; i++)
		free((void *)(uintptr_t)s->input_names[i]);
	free(s->input_names);
	free(s->input_is_log);
	free(s->path);
	free(s);
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
		return s->db ? tell_sqlite(s, result, err)
			     : error_set(err, -ENOMEM, "no memory for the store");
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

int store_open(struct store **out, const char *path, enum store_access access,
	       const struct store_options *options, struct error *err)
{
	struct store *s = calloc(1, sizeof *s);
	int bad;
	if (!s || !(s->path = strdup(path))) {
		free(s);
		return error_set(err, -ENOMEM, "no memory for the store");
	}
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
