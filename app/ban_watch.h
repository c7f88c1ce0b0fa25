/* SPDX-License-Identifier: MIT */
#ifndef APP_BAN_WATCH_H
#define APP_BAN_WATCH_H

#include "analyze/observation.h"
#include "output/store/sqlite.h"

/* app/ban_watch.h - does banning work? Who is banned and still gets answers on the wire is told, once in an
 * hour for each ban, with the likely cause: only flows of before the ban go on	  the firewall lets them
 * through as known connections: conntrack entries were not deleted only IPv6 is answered		  the
 * firewall filters IPv4 only only networks are			  its set takes single addresses only else new
 * flows are answered too	  its rule does not see this traffic: another chain, hook, interface, or no
 * firewall at all
 *
 * Life: ban_watch_new; ban_watch_follow about once a second; ban_watch_observe for everything seen;
 * ban_watch_free. One thread. Memory: BAN_WATCH_MAX bans of 128 bytes, the oldest go; BAN_WATCH_NETS_MAX
 * networks, others are not looked at. */

enum {
	BAN_WATCH_MAX = 65536,
	BAN_WATCH_NETS_MAX = 1024,
	BAN_WATCH_GRACE_US =
	    10000000, /* a firewall may take so long, and flows seen meanwhile are of before the ban */
	BAN_WATCH_AGAIN_US = 3600000000, /* told again after so long */
	BAN_WATCH_ANSWERS = 3,		 /* so many answers before it is told: one may have been under way */
	BAN_WATCH_TELL_MAX = 10, /* sentences a minute, whoever is missing then is told of as a number */
};

enum ban_leak { BAN_LEAK_FLOW, BAN_LEAK_IPV6, BAN_LEAK_NETWORKS, BAN_LEAK_ALL };
const char *ban_leak_advice(enum ban_leak leak);

struct ban_leaked {
	struct addr address;
	struct addr_prefix net; /* the ban: bits 128 for the address itself */
	uint64_t answers;	/* since it was told last */
	enum ban_leak leak;
	uint64_t others; /* that were not told of, as there were too many */
};
typedef void (*ban_leak_fn)(void *ctx, const struct ban_leaked *leaked);

struct ban_watch;

/* NULL when memory ran out. */
struct ban_watch *ban_watch_new(ban_leak_fn tell, void *ctx);
void ban_watch_free(struct ban_watch *b);

/* Takes over what changed in the store. 0, or a negative errno with *err. */
int ban_watch_follow(struct ban_watch *b, struct store *s, int64_t now_us, struct error *err);
/* A ban began at `since_us`, or ended. `until_us` 0: no end. */
void ban_watch_add(struct ban_watch *b, const struct addr_prefix *net, int64_t since_us, int64_t until_us);
void ban_watch_remove(struct ban_watch *b, const struct addr_prefix *net);

/* Cheap for who is not banned. */
void ban_watch_observe(struct ban_watch *b, const struct observation *o);
/* Answers to banned sources, those within the grace included not. */
uint64_t ban_watch_answers(const struct ban_watch *b);

#endif
