/* SPDX-License-Identifier: MIT */
#include "output/store/internal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

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

int store_tell_sqlite(const struct store *s, struct error *err)
{
	int number = errno_of(sqlite3_extended_errcode(s->db));
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
		s->code = store_tell_sqlite(s, &s->error);
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

/* Where a file can not be opened to be written for one moment (too many are open), SQLite opens it to be
 * read, and stays with that. */
static bool may_be_written_after_all(struct store *s)
{
	struct error err;
	if (s->access != STORE_WRITE || access(s->path, W_OK) != 0 || store_reopen(s, &err) != 0)
		return false;
	s->code = 0;
	return true;
}

int store_begin(struct store *s, enum store_transaction kind)
{
	s->code = 0;
	/* IMMEDIATE: who will write takes the lock first, and waits for it, instead of failing half way. */
	const char *begin = kind == STORE_CHANGE ? "BEGIN IMMEDIATE" : "BEGIN";
	store_do(s, begin, "");
	/* The file itself tells no sooner than when it is written to; its log does at once. */
	bool is_to_be_read = s->code == -EACCES || (!s->code && sqlite3_db_readonly(s->db, "main") == 1);
	if (kind == STORE_CHANGE && is_to_be_read && may_be_written_after_all(s))
		store_do(s, begin, "");
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
