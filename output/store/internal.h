/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_STORE_INTERNAL_H
#define OUTPUT_STORE_INTERNAL_H

#include "output/store/sqlite.h"

#include <sqlite3.h>

/* output/store/internal.h - what the files of this folder share. A call that fails makes the store fail and
 * stay failed until the transaction ends: a row of statements needs one check, at store_end. */

enum { STORE_STATEMENTS = 256 }; /* a power of two, above the number of different SQL texts */

struct store {
	sqlite3 *db;
	char *path;
	enum store_access access;
	struct store_options options;
	int code; /* of the first failure in this transaction: negative errno, or 0 */
	struct error error;
	struct {
		const char *sql;
		sqlite3_stmt *stmt;
	} statements[STORE_STATEMENTS];
	size_t input_count;
	int64_t *input_ids; /* ascending */
	const char **input_names;
	bool *input_is_log;
};

/* ---- sqlite.c ---- */

/* Opens the file anew, to be written; 0, or a negative errno: nothing has changed. */
int store_reopen(struct store *s, struct error *err);

/* ---- statement.c ---- */

enum store_transaction { STORE_LOOK, STORE_CHANGE };
/* Begins; the failure is also told by store_end. */
int store_begin(struct store *s, enum store_transaction kind);
/* Commits, or rolls back when something failed; 0 or the code of the first failure, with its sentence. */
int store_end(struct store *s, struct error *err);
/* Makes the transaction fail with a sentence of the caller's. */
int store_fail(struct store *s, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The sentence for what SQLite said last; returns the code. */
int store_tell_sqlite(const struct store *s, struct error *err);
/* Makes the transaction fail for it. */
int store_fail_sqlite(struct store *s);

/* `sql` must be a literal: the statement is kept under its address. `types` has a letter for each parameter:
 *   i int64_t           n the same, INT64_MIN: NULL
 *   t const char *, may be NULL: ours
 *   s struct slice      a stranger's text, cleaned; absent: NULL
 *   a const struct addr *, as its sixteen bytes       A the same as text
 * NULL when the store has failed. */
sqlite3_stmt *store_query(struct store *s, const char *sql, const char *types, ...);
/* The next row is there. False: the end (the statement is reset), or a failure. */
bool store_step(struct store *s, sqlite3_stmt *q);
/* Ends a query that was not stepped to its end. */
void store_done(sqlite3_stmt *q);
/* store_query for a statement without rows. */
void store_do(struct store *s, const char *sql, const char *types, ...);
/* The only column of the only row; `absent` when there is none or it is NULL. */
int64_t store_number(struct store *s, int64_t absent, const char *sql, const char *types, ...);

/* ---- schema.c ---- */
int store_schema_check(struct store *s, enum store_access access, struct error *err);

/* ---- text.c ---- */
/* Cuts at STORE_TEXT_MAX bytes, at a character; U+FFFD for what is no UTF-8 and for controls. Returns the
 * length. */
size_t store_clean(struct slice text, char out[STORE_TEXT_MAX + 1]);
/* Items, one a line (no item has a line end after cleaning). Absent when there are none. `out` holds
 * SAMPLE_MAX * (STORE_TEXT_MAX + 1) bytes. */
struct slice store_pack(const struct text_sample *sample, char *out);
/* Words of ours by their text; `absent` when it is none of them (NULL too). */
enum verdict store_verdict(const char *text);
enum proof store_proof(const char *text);
enum stage store_stage(const char *text);
enum rule_level store_level(const char *text);
enum order store_order(const char *text);
const char *store_proof_text(enum proof proof); /* "none" when absent */
/* First and last address of a network. */
void store_net_range(const struct addr_prefix *net, struct addr *low, struct addr *high);
bool store_net_is_single(const struct addr_prefix *net);
const char *store_column(sqlite3_stmt *q, int column); /* as text; NULL for NULL */

/* ---- write.c ---- */
/* Registers the inputs of a run; its id, or 0 on failure. */
int64_t store_run_begin(struct store *s, const struct store_input *inputs, size_t count);
/* Ids of inputs by their index in the run, to be freed by the caller; NULL when memory ran out. */
int64_t *store_run_inputs(struct store *s, const struct store_input *inputs, size_t count);
void store_put_offender(struct store *s, int64_t run, const int64_t *inputs, size_t input_count,
			const struct offender *o, struct store_tally *tally);
void store_put_campaign(struct store *s, const struct campaign *c);

/* ---- merge.c ---- */
enum store_ban_event { STORE_BAN_SAME, STORE_BAN_BEGUN, STORE_BAN_LONGER, STORE_BAN_ENDED };
/* Makes the row of an address anew from its sightings, bans and the allow list, begins or ends its ban, and
 * tells the outbox: of `event`, when the caller has changed the ban already. now_us only says when;
 * INT64_MIN: when it was last seen. */
void store_merge(struct store *s, const struct addr *address, int64_t now_us, enum store_ban_event event,
		 struct store_tally *tally);
/* The same for each address that the query gives in its first column. */
void store_merge_all(struct store *s, sqlite3_stmt *q, int64_t now_us);

/* ---- ban.c ---- */
struct store_case { /* what a merge has to say about a ban */
	struct addr address;
	enum verdict verdict;
	bool is_allowed;
	int score;
	int64_t block_us; /* latest evidence of a verdict block; INT64_MIN: none */
	int64_t last_us;
	int64_t now_us;
};
struct store_ban_row { /* of the table ban */
	bool exists;
	struct store_ban ban; /* without its texts: of ended_by only whether there is one */
	char ended_by[16];
	int64_t spent_us, told_us, told_score; /* INT64_MIN when NULL */
};
struct store_ban_row store_ban_find(struct store *s, const char *net);
/* It was not taken back: it is in force, or its time was up. */
bool store_ban_ran_or_runs(const struct store_ban_row *row);
enum store_ban_event store_ban_judge(struct store *s, const struct store_case *c);
/* Reads columns net, source, first_us, until_us, times, reason, ended_by, ended_us, from `column` on. */
#define STORE_BAN_COLUMNS "net, source, first_us, until_us, times, reason, ended_by, ended_us"
void store_ban_read(sqlite3_stmt *q, int column, struct store_ban *out);

/* ---- outbox.c ---- */
/* Everything but the op and the time is taken from the rows of this net. */
void store_tell(struct store *s, enum store_op op, const char *net, int64_t now_us);
void store_outbox_trim(struct store *s);

/* ---- share.c ---- */
void store_share_trim(struct store *s, int64_t now_us);

/* ---- allow.c ---- */
/* Why evidence of this time is not held against it; NULL: it is. */
const char *store_allow_reason(struct store *s, const struct addr *address, int64_t at_us);
void store_soft_allow(struct store *s, const struct addr *address, int64_t until_us);

#endif
