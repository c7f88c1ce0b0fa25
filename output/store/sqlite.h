/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_STORE_SQLITE_H
#define OUTPUT_STORE_SQLITE_H

#include "output/sink.h"

/* output/store/sqlite.h - the store: offenders, their evidence, bans, allow list and the outbox that feeds
 * read, in one SQLite file (docs/store.md tells its tables). Several programs may use one file at a time.
 *
 * Life: store_open, any calls, store_close; one thread. Every function that writes is one transaction: after
 * a kill at any moment all of it is there or nothing is. Every function that can fail returns 0 or a negative
 * errno and tells in *err what happened and what to do. Times are microseconds; the clock is the caller's.
 *
 * Texts of strangers are bound, never part of an SQL text; kept are STORE_TEXT_MAX bytes of them at most, as
 * valid UTF-8 with U+FFFD for each control character.
 *
 * How sightings of one address are merged: a *run* is what was read together, known by its inputs. The same
 * run again replaces what it said before; runs that share an input count once, by the larger number; others
 * are added up. Numbers of different things (targets, accounts) can not be added, so they are the largest of
 * any run: "at least".
 *
 * Memory: a page cache of at most 16 MiB, and one offender. File: about 1.6 KB for an offender with two
 * rules; its bounds are in struct store_options. */

#define STORE_DEFAULT_PATH "/var/lib/siphound/siphound.db"
#define STORE_TEXT_MAX	   256 /* bytes */
#define STORE_NET_TEXT_MAX 52  /* an address, or a network with its bits */

struct store;

enum store_access {
	STORE_READ,  /* the file must be there */
	STORE_WRITE, /* it is made when it is not */
};

struct store_options {
	int64_t ban_first_s;  /* 1 h; doubles for each further ban of the same address */
	int64_t ban_max_s;    /* 30 d; who keeps quiet for that long after a ban starts anew */
	int64_t soft_allow_s; /* 24 h: after an unban by hand, so long nothing bans the address */
	uint64_t
	    max_offenders;   /* 1,000,000; beyond it, those not seen for longest go, unless they are banned */
	uint64_t max_outbox; /* 100,000 rows; a feed that is further behind has to start over */
	int busy_ms;	     /* 5,000: how long to wait for another program's transaction */
};
extern const struct store_options store_options_default;

/* `options` may be NULL. Not found is -ENOENT. */
int store_open(struct store **out, const char *path, enum store_access access,
	       const struct store_options *options, struct error *err);
void store_close(struct store *s);
const char *store_path(const struct store *s);

/* ---- what was seen ---- */

struct store_input {
	const char *name;  /* as the user named it */
	uint64_t identity; /* of its contents: the same whatever its name */
	bool is_log;
};

/* Takes campaigns, offenders and the summary of one run; a batch of offenders is one transaction, and each
 * offender stands in it whole: sighting, verdict, ban and outbox row. Errors are kept for finish; nothing is
 * written after the first. NULL when memory ran out. The store must outlive it. */
struct sink *store_sink_new(struct store *s);
/* Names what the run read, before the first campaign or offender comes. The texts are copied into the store
 * then. */
void store_sink_inputs(struct sink *sink, const struct store_input *inputs, size_t count);
/* After a failure, when the store may work again: forgets it. What came since the last successful finish is
 * lost, so the caller gives campaigns and offenders once more. */
void store_sink_again(struct sink *sink);

struct store_tally {
	uint64_t offenders, bans; /* written; bans that began or were renewed by it */
};
struct store_tally store_sink_tally(const struct sink *sink);

/* ---- bans and exceptions ---- */

struct store_ban {
	struct addr_prefix net; /* bits 128: one address */
	bool is_manual;
	int64_t first_us;
	int64_t until_us;   /* 0: until it is taken back */
	uint64_t times;	    /* how many bans in a row this is */
	const char *reason; /* the operator's words, or of an automatic ban the rule; may be NULL */
	const char
	    *ended_by; /* NULL: it was not; expired, unban, allow, or the verdict that took its place */
	int64_t ended_us;
};

/* Is it in force, as the store has it now? */
bool store_ban_is_active(const struct store_ban *ban, int64_t now_us);

/* Bans by hand. until_us 0: until taken back. -EPERM: it is on the allow list, wider than /8 (IPv4)
 * or /16 (IPv6), or no stranger's (loopback, multicast). */
int store_ban(struct store *s, const struct addr_prefix *net, int64_t now_us, int64_t until_us,
	      const char *reason, struct error *err);
/* Takes a ban back, automatic or by hand; what was seen until now never bans again, and for an address
 * nothing does during soft_allow_s. -ENOENT: it is not banned. */
int store_unban(struct store *s, const struct addr_prefix *net, int64_t now_us, struct error *err);

struct store_pick {	  /* of the automatic bans that are in force */
	int64_t since_us; /* begun at this time or later; INT64_MIN: any */
	const char *rule; /* that they are for; NULL: any */
};
typedef void (*store_net_fn)(void *ctx, const struct addr_prefix *net);
/* Takes all of them back at one blow, as store_unban does; `is_trial`: none. fn is told of each when that is
 * done, in order of address. -ENOENT: there is none. */
int store_unban_all(struct store *s, const struct store_pick *pick, bool is_trial, int64_t now_us,
		    store_net_fn fn, void *ctx, struct error *err);

struct store_allow {
	struct addr_prefix net;
	bool is_soft;	  /* made by an unban */
	int64_t until_us; /* 0: no end */
	const char *note; /* may be NULL */
	const char *file; /* of the configuration that names it; NULL: made by hand */
};

/* Never banned from now on; bans of it end. -EPERM: it lies in a network that is banned by hand. */
int store_allow(struct store *s, const struct addr_prefix *net, int64_t now_us, int64_t until_us,
		const char *note, struct error *err);
/* -ENOENT: it is not on the list; -EPERM: a configuration file names it. It is banned again only by what is seen from then on. */
int store_disallow(struct store *s, const struct addr_prefix *net, int64_t now_us, struct error *err);
/* All that the configuration `file` says may never be banned, in place of what it said before; entries by hand
 * and of other files stay. Bans of what is new end, also of networks that hold part of it, whoever made them. */
int store_allow_file(struct store *s, const char *file, const struct addr_prefix *nets, size_t count,
		     int64_t now_us, struct error *err);

/* ---- looking ---- */

struct store_filter {
	int family; /* 4, 6, or 0 for both */
	int min_score;
	int64_t since_us; /* last seen (a ban by hand: begun) at this time or later; INT64_MIN: any */
	const enum verdict *verdict; /* NULL: any */
	const struct addr *address;  /* NULL: any */
	bool active_only;	     /* only what is banned at at_us */
	int64_t at_us;		     /* the moment that "now" means */
	bool is_past;		     /* it is another: what began or ended since did not hold then */
};

/* Is (was) it in force at the moment of the filter? */
bool store_filter_is_active(const struct store_filter *filter, const struct store_ban *ban);

/* Names of all inputs for report_options, to be had before a report is made; borrowed until store_close. */
int store_inputs(struct store *s, const char *const **names, const bool **is_log, size_t *count,
		 struct error *err);

/* `ban` is NULL when there never was one. Borrowed for the length of the call. False stops. */
typedef bool (*store_offender_fn)(void *ctx, const struct offender *o, const struct store_ban *ban);
/* Worst first: by verdict, score, last seen, address. `detail`: with rules, evidence, stages' times, samples,
 * breaches; else counts only. The ban that an offender carries is the one in force at at_us, none otherwise. */
int store_each_offender(struct store *s, const struct store_filter *filter, bool detail, store_offender_fn fn,
			void *ctx, struct error *err);
/* The campaign of this id, as it was last reported; false: not known. */
int store_campaign(struct store *s, const char *id, struct sink *sink, struct error *err);

/* What an export is made of: a ban, and what is known of the one who is banned. Texts may be NULL. */
struct store_entry {
	struct store_ban ban;
	enum proof proof;
	int score;
	const char *rule;   /* the worst one */
	const char *stages; /* "sweep,crack" */
	const char *tool, *country, *as_name;
	uint32_t as_number;
	int64_t first_us, last_us; /* seen; 0 when it was not */
	uint64_t messages;
};
typedef bool (*store_entry_fn)(void *ctx, const struct store_entry *entry);
/* Every ban that is in force or ran out (not those taken back), in order of address. active_only as above. */
int store_each_entry(struct store *s, const struct store_filter *filter, store_entry_fn fn, void *ctx,
		     struct error *err);

typedef bool (*store_allow_fn)(void *ctx, const struct store_allow *allow);
/* Those in force at at_us, in order of address. */
int store_each_allow(struct store *s, int64_t at_us, store_allow_fn fn, void *ctx, struct error *err);

/* ---- feeds ---- */

enum store_op {
	STORE_ADD,  /* blocked from now on, until `until_us` */
	STORE_UPD,  /* still blocked; the end or the score changed */
	STORE_DEL,  /* no longer blocked. A ban that runs out makes no entry: consumers have the time */
	STORE_NOTE, /* not blocked; its verdict or score changed */
};

struct store_change {
	uint64_t seq;
	enum store_op op;
	const char *net; /* address or network, canonical */
	const char *verdict;
	int64_t until_us; /* 0: no end (add, upd) */
	int score;
	const char *rule, *country;
	uint32_t as_number;
	uint64_t rev;
	int64_t time_us;
};
/* False stops before this change counts as taken. */
typedef bool (*store_change_fn)(void *ctx, const struct store_change *change);

/* Where a feed stands. A name not heard of before starts at the newest change. *must_resync: changes that it
 * did not see were trimmed, or it is new: remember *seq, take all of store_each_entry, then
 * store_feed_ack(*seq). */
int store_feed_open(struct store *s, const char *name, uint64_t *seq, bool *must_resync, struct error *err);
/* At most `max` changes after `seq`, in order. *taken is the seq of the last one that fn took, or `seq`.
 * Writes nothing. */
int store_feed_read(struct store *s, uint64_t seq, size_t max, store_change_fn fn, void *ctx, uint64_t *taken,
		    struct error *err);
/* All up to `seq` has arrived: it may be trimmed. */
int store_feed_ack(struct store *s, const char *name, uint64_t seq, struct error *err);
int store_feed_forget(struct store *s, const char *name, struct error *err);

/* For a feed that hands on how things stand, not how they came to be so: it is as good a second time, and an
 * hour of changes is one state for each address. */
struct store_state {
	uint64_t seq;	 /* of its latest change, at most; or of the newest one in the store */
	const char *net; /* address or network, canonical */
	bool is_single;	 /* an address */
	bool is_banned;	 /* at now_us */
	bool is_manual;
	int64_t until_us; /* of the ban; 0: no end */
	int64_t seen_us;  /* the evidence that the ban is for: a ban by hand, when it was made */
	int64_t back_us;  /* when a ban of it was taken back and none was made since; 0: it was not */
	const char *verdict, *stages, *rule, *tool, *fingerprint, *country, *city, *as_name; /* may be NULL */
	const char *rules;								     /* "a,b" */
	enum proof proof;
	int score;
	uint32_t as_number;
	int64_t first_us, last_us; /* 0: it was never seen */
	uint64_t messages, targets, accounts;
};
/* Borrowed for the length of the call. False stops. */
typedef bool (*store_state_fn)(void *ctx, const struct store_state *state);

/* The states now of whatever the next `max` changes after `seq` are about, each once. *taken is the seq of
 * the last of these changes, or `seq`; *lag how many come after it. */
int store_feed_states(struct store *s, uint64_t seq, size_t max, int64_t now_us, store_state_fn fn, void *ctx,
		      uint64_t *taken, uint64_t *lag, struct error *err);
/* Whoever is banned at now_us, or has a ban that was taken back: at most `max`, in order of their text, from
 * the first one after `after` on. */
int store_feed_banned(struct store *s, const char *after, size_t max, int64_t now_us, store_state_fn fn,
		      void *ctx, struct error *err);
/* The same of addresses that were seen at since_us or later. */
int store_feed_seen(struct store *s, const char *after, size_t max, int64_t now_us, int64_t since_us,
		    store_state_fn fn, void *ctx, struct error *err);
/* Of one address or network; there is always one. */
int store_feed_state(struct store *s, const char *net, int64_t now_us, store_state_fn fn, void *ctx,
		     struct error *err);

#define STORE_EPOCH_MAX 33
struct store_feed_mark {
	char remote[STORE_EPOCH_MAX]; /* "" when nothing was noted */
	uint64_t shared;	      /* see store_share_read */
	uint64_t turn;
	uint64_t seq, newest; /* told, not noted: its cursor, and the number of the latest change of all */
};
/* What a feed notes down beside its seq. It must have been opened. */
int store_feed_note(struct store *s, const char *name, const struct store_feed_mark *mark, struct error *err);
int store_feed_noted(struct store *s, const char *name, struct store_feed_mark *mark, struct error *err);
/* Of this file: another one after it was made anew. */
int store_epoch(struct store *s, char out[STORE_EPOCH_MAX], struct error *err);
/* Sixteen hex digits that nobody can guess. */
int store_random(struct store *s, char out[STORE_EPOCH_MAX], struct error *err);

/* ---- sightings to be shared ---- */

/* A slow sweep of which each sensor sees a third makes no offender anywhere. Told here is what an actor aimed
 * at without business there; feeds hand it on, and the other side adds up. */
enum store_share_kind { STORE_SHARE_TARGET, STORE_SHARE_ACCOUNT };
enum {
	STORE_SHARE_MEMBERS_MAX = 128, /* of one actor and kind: by then it is an offender in its own right */
	STORE_SHARE_ROWS_MAX = 200000, /* the oldest go */
	STORE_SHARE_KEEP_S = 24 * 3600, /* after half of it the same sighting is told again */
};

struct store_share {
	struct addr actor;
	enum store_share_kind kind;
	uint64_t member; /* store_share_member of what it aimed at */
	int64_t time_us;
	enum proof proof;
	/* Of software that many actors of one campaign have in common; NULL: none that would tell them from
	 * others. */
	const char *fingerprint;
};
/* The same on every sensor: FNV-1a, 64 bits, of the canonical text of an address, or of an account. */
uint64_t store_share_member(struct slice text);
/* One transaction. */
int store_share_add(struct store *s, const struct store_share *sightings, size_t count, struct error *err);
typedef bool (*store_share_fn)(void *ctx, uint64_t id, const struct store_share *sighting);
/* In order of id, from after `after` on, at most `max`; those of one transaction and actor stand together. */
int store_share_read(struct store *s, uint64_t after, size_t max, int64_t since_us, store_share_fn fn,
		     void *ctx, struct error *err);

/* House-keeping, now and then: marks bans that ran out, trims the outbox and what is beyond the bounds. */
int store_tidy(struct store *s, int64_t now_us, struct error *err);

/* Canonical text: an address, or ADDRESS/BITS. Returns out. */
const char *store_net_text(const struct addr_prefix *net, char out[STORE_NET_TEXT_MAX]);

/* ---- where a daemon was, and what it knew ---- */

/* How far a log has been read: see capture/line_source.h. */
struct store_place {
	const char *log; /* absolute path */
	uint64_t offset, lines, head_hash, tail_hash;
	uint32_t head_len, tail_len;
	bool in_cut;
	int64_t file_us;
	struct slice reader; /* what its reader keeps, STORE_READER_MAX bytes at most; opaque here */
};
#define STORE_READER_MAX 1024

struct store_memory {
	const char *key;    /* of the daemon: what it watches */
	uint64_t identity;  /* of its run: store_input.identity of the first input, to go on under it */
	uint64_t signature; /* whose bytes they are */
	struct slice bytes;
};

/* Writes both in one transaction. `memory` may be NULL: the places alone. Of memories, the latest 8 are kept. */
int store_remember(struct store *s, const struct store_memory *memory, const struct store_place *places,
		   size_t count, int64_t now_us, struct error *err);
/* 1: *out filled but for `log`; the bytes of `reader` are put into `room`, of STORE_READER_MAX. 0: nothing is
 * known of this log. */
int store_recall_place(struct store *s, const char *log, struct store_place *out, uint8_t *room,
		       struct error *err);
/* 1: *out filled but for `key`; the bytes are to be freed by the caller. 0: there is none of this key and
 * signature, or it is damaged. */
int store_recall_memory(struct store *s, const char *key, uint64_t signature, struct store_memory *out,
			struct error *err);

#endif
