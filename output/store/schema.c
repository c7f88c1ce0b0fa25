/* SPDX-License-Identifier: MIT */
#include "output/store/internal.h"

#include <errno.h>

/* The tables, as steps from one version to the next; docs/store.md tells their meaning. A step that was
 * released never changes: what is new goes into a further one. Words (verdict, proof ...) are stored as text,
 * so that the file can be asked with any SQLite tool. */

enum { APPLICATION_ID = 0x53495048 }; /* "SIPH": file(1) and we can tell it from other databases */

static const char version_1[] =
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;"
    /* Changes when the file is made anew: a consumer that finds another epoch starts over. */
    "INSERT INTO meta VALUES ('epoch', lower(hex(randomblob(8))));"
    "CREATE TABLE input (id INTEGER PRIMARY KEY, identity TEXT NOT NULL UNIQUE, name TEXT, is_log INTEGER "
    "NOT NULL);"
    "CREATE TABLE run (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, grp INTEGER NOT NULL, passes "
    "INTEGER NOT NULL);"
    "CREATE INDEX run_grp ON run (grp);"
    "CREATE TABLE run_input (input INTEGER, run INTEGER, PRIMARY KEY (input, run)) WITHOUT ROWID;"

    "CREATE TABLE offender (address TEXT PRIMARY KEY, key BLOB NOT NULL, verdict TEXT NOT NULL, score "
    "INTEGER NOT NULL,"
    " proof TEXT NOT NULL, stages TEXT, first_us INTEGER NOT NULL, last_us INTEGER NOT NULL, messages "
    "INTEGER NOT NULL,"
    " answered INTEGER NOT NULL, tool TEXT, agent TEXT, fingerprint TEXT, cc TEXT, city TEXT, asn INTEGER, "
    "org TEXT, campaign TEXT,"
    " rule TEXT, reason TEXT, rev INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX offender_key ON offender (key);"
    "CREATE INDEX offender_last ON offender (last_us);"

    /* What one run said of one address. */
    "CREATE TABLE sighting (address TEXT, run INTEGER, verdict TEXT NOT NULL, score INTEGER NOT NULL, terms "
    "TEXT, reason TEXT,"
    " avoid TEXT, proof TEXT NOT NULL, first_us INTEGER NOT NULL, last_us INTEGER NOT NULL, messages INTEGER "
    "NOT NULL,"
    " answered INTEGER NOT NULL, tool TEXT, module TEXT, agent TEXT, agents INTEGER, fingerprint TEXT, "
    "target_order TEXT,"
    " calls_answered INTEGER, provisioning INTEGER, cc TEXT, city TEXT, asn INTEGER, org TEXT, campaign "
    "TEXT, rule TEXT,"
    " PRIMARY KEY (address, run)) WITHOUT ROWID;"
    /* Targets, accounts, numbers and files: how many, and a few of them, one a line. */
    "CREATE TABLE sample (address TEXT, run INTEGER, kind TEXT, total INTEGER NOT NULL, items TEXT,"
    " PRIMARY KEY (address, run, kind)) WITHOUT ROWID;"
    "CREATE TABLE offender_stage (address TEXT, run INTEGER, stage TEXT, place INTEGER NOT NULL, first_us "
    "INTEGER NOT NULL, last_us INTEGER NOT NULL,"
    " PRIMARY KEY (address, run, stage)) WITHOUT ROWID;"
    "CREATE TABLE offender_rule (address TEXT, run INTEGER, rule TEXT, place INTEGER NOT NULL, level TEXT "
    "NOT NULL, stage TEXT,"
    " proof TEXT NOT NULL, title TEXT, file TEXT, line INTEGER, total INTEGER NOT NULL, first_us INTEGER NOT "
    "NULL,"
    " last_us INTEGER NOT NULL, PRIMARY KEY (address, run, rule)) WITHOUT ROWID;"
    "CREATE TABLE evidence (address TEXT, run INTEGER, rule TEXT, seq INTEGER, time_us INTEGER NOT NULL, "
    "input INTEGER,"
    " number INTEGER NOT NULL, PRIMARY KEY (address, run, rule, seq)) WITHOUT ROWID;"
    "CREATE TABLE breach (address TEXT, run INTEGER, seq INTEGER, account TEXT, time_us INTEGER NOT NULL, "
    "refusals INTEGER NOT NULL,"
    " calls INTEGER NOT NULL, guess TEXT, input INTEGER, number INTEGER NOT NULL, PRIMARY KEY (address, run, "
    "seq)) WITHOUT ROWID;"
    "CREATE TABLE campaign (id TEXT PRIMARY KEY, rule TEXT, title TEXT, fingerprint TEXT, account TEXT, "
    "first_us INTEGER NOT NULL,"
    " last_us INTEGER NOT NULL, actors INTEGER NOT NULL, actor_sample TEXT, observations INTEGER NOT NULL) "
    "WITHOUT ROWID;"

    /* low .. high are the addresses that net covers, as sixteen bytes. until_us NULL: until it is taken back.
     * spent_us: evidence up to then has had its ban. told_us: the end that feeds were last told. */
    "CREATE TABLE ban (net TEXT PRIMARY KEY, low BLOB NOT NULL, high BLOB NOT NULL, source TEXT NOT NULL, "
    "first_us INTEGER NOT NULL,"
    " until_us INTEGER, times INTEGER NOT NULL, spent_us INTEGER, told_us INTEGER, told_score INTEGER, "
    "reason TEXT, ended_by TEXT,"
    " ended_us INTEGER) WITHOUT ROWID;"
    "CREATE INDEX ban_low ON ban (low);"
    "CREATE TABLE allow (net TEXT PRIMARY KEY, low BLOB NOT NULL, high BLOB NOT NULL, soft INTEGER NOT NULL, "
    "until_us INTEGER,"
    " note TEXT) WITHOUT ROWID;"
    "CREATE TABLE peer (address TEXT, kind TEXT, subject TEXT, first_us INTEGER NOT NULL, last_us INTEGER "
    "NOT NULL,"
    " total INTEGER NOT NULL, PRIMARY KEY (address, kind, subject)) WITHOUT ROWID;"

    "CREATE TABLE outbox (seq INTEGER PRIMARY KEY AUTOINCREMENT, op TEXT NOT NULL, net TEXT NOT NULL, "
    "verdict TEXT, until_us INTEGER,"
    " score INTEGER, rule TEXT, cc TEXT, asn INTEGER, rev INTEGER, time_us INTEGER NOT NULL);"
    "CREATE TABLE feed (name TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;";

/* What a daemon knows and how far it has read: written together. */
static const char version_2[] =
    "CREATE TABLE place (log TEXT PRIMARY KEY, offset INTEGER NOT NULL, lines INTEGER NOT NULL, head_hash "
    "INTEGER NOT NULL,"
    " head_len INTEGER NOT NULL, tail_hash INTEGER NOT NULL, tail_len INTEGER NOT NULL, in_cut INTEGER NOT "
    "NULL, file_us INTEGER NOT NULL, reader BLOB,"
    " time_us INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE memory (key TEXT PRIMARY KEY, identity INTEGER NOT NULL, signature INTEGER NOT NULL, "
    "checksum INTEGER NOT NULL,"
    " total INTEGER NOT NULL, parts INTEGER NOT NULL, time_us INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE memory_part (key TEXT, part INTEGER, bytes BLOB NOT NULL, PRIMARY KEY (key, part));";

static const char version_3[] =
    /* remote: what the other side called itself when all had been given to it; shared: the last row of share
     * that it has; turn: how often its numbers had to begin anew. */
    "ALTER TABLE feed ADD COLUMN remote TEXT;"
    "ALTER TABLE feed ADD COLUMN shared INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE feed ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;"
    /* Sightings of actors that may mean something only together with those of other sensors. */
    "CREATE TABLE share (id INTEGER PRIMARY KEY AUTOINCREMENT, address TEXT NOT NULL, kind INTEGER NOT NULL, "
    "member "
    "INTEGER NOT NULL,"
    " time_us INTEGER NOT NULL, proof INTEGER NOT NULL, fingerprint TEXT, UNIQUE (address, kind, member));"
    "CREATE INDEX share_time ON share (time_us);";

/* How a daemon is doing, for who looks on. */
static const char version_4[] =
    "CREATE TABLE vitals (key TEXT PRIMARY KEY, started_us INTEGER NOT NULL, time_us INTEGER NOT NULL, ended "
    "INTEGER NOT NULL,"
    " packets INTEGER NOT NULL, lines INTEGER NOT NULL, requests INTEGER NOT NULL, drops INTEGER NOT NULL, "
    "alerts "
    "INTEGER NOT NULL,"
    " span_us INTEGER NOT NULL, inputs TEXT, busy TEXT) WITHOUT ROWID;";

/* doubt: it opened after refusals, and may have been corrected as well as guessed. */
static const char version_5[] = "ALTER TABLE breach ADD COLUMN refused_us INTEGER NOT NULL DEFAULT 0;"
				"ALTER TABLE breach ADD COLUMN doubt INTEGER NOT NULL DEFAULT 0;";

/* An entry of the allow list that a configuration names stands beside one of the same network that was made by
 * hand: each goes without the other. The column comes first, which fails where it is there already. */
static const char version_6[] =
    "ALTER TABLE allow ADD COLUMN file TEXT NOT NULL DEFAULT '';"
    "CREATE TABLE allow_6 (net TEXT, file TEXT NOT NULL DEFAULT '', low BLOB NOT NULL, high BLOB NOT NULL, "
    "soft INTEGER NOT NULL, until_us INTEGER, note TEXT, PRIMARY KEY (net, file)) WITHOUT ROWID;"
    "INSERT INTO allow_6 SELECT net, file, low, high, soft, until_us, note FROM allow;"
    "DROP TABLE allow;"
    "ALTER TABLE allow_6 RENAME TO allow;";

static const char *const steps[] = { version_1, version_2, version_3, version_4, version_5, version_6 };
enum { VERSION = sizeof steps / sizeof *steps };

static void run_script(struct store *s, const char *sql)
{
	if (!s->code && sqlite3_exec(s->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		store_fail_sqlite(s);
}

static void check_owner(struct store *s, int64_t version)
{
	int64_t id = store_number(s, 0, "PRAGMA application_id", "");
	int64_t tables = store_number(s, 0, "SELECT count(*) FROM sqlite_schema", "");
	if (id != APPLICATION_ID && (id || version || tables))
		store_fail(s, -EINVAL, "%s is a database of another program; name another file with --store",
			   s->path);
	if (version > VERSION)
		store_fail(s, -EPROTONOSUPPORT,
			   "%s was written by a newer siphound (version %lld of the tables, this one knows "
			   "%d); update siphound, or name "
			   "another file with --store",
			   s->path, (long long)version, (int)VERSION);
}

static int migrate(struct store *s, struct error *err)
{
	store_begin(s, STORE_CHANGE);
	/* Asked again under the lock: another program may have been first. */
	int64_t version = store_number(s, 0, "PRAGMA user_version", "");
	for (; !s->code && version < VERSION; version++)
		run_script(s, steps[version]);
	/* No trouble of the disk: SQLite did not find the tables that a step begins with. */
	if (s->code && (sqlite3_errcode(s->db) & 0xff) == SQLITE_ERROR) {
		s->code = 0;
		store_fail(s, -EBADMSG,
			   "%s: its tables are not those of version %lld, which it says it has (%s): it was "
			   "changed by hand. Put back a copy "
			   "from before that, or move it away and start a new one",
			   s->path, (long long)version - 1, sqlite3_errmsg(s->db));
	}
	char pragmas[80];
	snprintf(pragmas, sizeof pragmas, "PRAGMA user_version=%d;PRAGMA application_id=%d", (int)VERSION,
		 (int)APPLICATION_ID);
	run_script(s, pragmas);
	return store_end(s, err);
}

/* Of several programs that open a new store at the same time one makes it a WAL file. The others SQLite
 * refuses at once, whatever busy_timeout says, since two that both read and want to write would wait for each
 * other: asked again here. */
static void use_wal(struct store *s)
{
	enum { STEP_MS = 10 };
	sqlite3_busy_timeout(s->db, 0);
	for (int waited_ms = 0;; waited_ms += STEP_MS) {
		run_script(s, "PRAGMA journal_mode=WAL");
		if (s->code != -EBUSY || waited_ms >= s->options.busy_ms)
			break;
		s->code = 0;
		sqlite3_sleep(STEP_MS);
	}
	sqlite3_busy_timeout(s->db, s->options.busy_ms);
}

int store_schema_check(struct store *s, enum store_access access, struct error *err)
{
	s->code = 0;
	if (access == STORE_WRITE) {
		/* WAL: readers never wait for the writer. With it, `normal` survives any kill of ours; a
		 * power cut may cost the last transactions, never the file. */
		use_wal(s);
		run_script(s, "PRAGMA synchronous=NORMAL;PRAGMA journal_size_limit=67108864;PRAGMA "
			      "cache_size=-16384");
	}
	if (s->code) {
		*err = s->error;
		return s->code;
	}
	/* One moment of the file: another program may be about to fill it. */
	store_begin(s, STORE_LOOK);
	int64_t version = store_number(s, 0, "PRAGMA user_version", "");
	check_owner(s, version);
	int bad = store_end(s, err);
	if (bad)
		return bad;
	if (version == VERSION)
		return 0;
	if (access == STORE_READ && version == 0)
		return error_set(
		    err, -ENOENT,
		    "%s: an empty file, no store yet; `siphound read --store %s CAPTURE` fills it", s->path,
		    s->path);
	if (access == STORE_READ)
		return error_set(
		    err, -EPROTONOSUPPORT,
		    "%s was written by an older siphound (version %lld of the tables, this one has %d); "
		    "restart the `siphound watch` that writes it, or change something in it as the user who "
		    "owns it (`siphound ban ADDRESS --store %s`): that brings it up to date",
		    s->path, (long long)version, (int)VERSION, s->path);
	return migrate(s, err);
}
