/* SPDX-License-Identifier: MIT */
#ifndef APP_PRIVILEGES_H
#define APP_PRIVILEGES_H

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* app/privileges.h - gives up what is not needed once the inputs are open: root, capabilities, system calls.
 *
 * When: after everything that needs rights was opened, before the first byte of a stranger is read, and before the first thread is
 * started (threads inherit; capabilities of threads that exist already can not be taken away from here).
 *
 * What is left: files and directories as far as the user may, TCP, UDP and unix sockets, memory that is never writable and
 * executable at once, threads. Not: programs, raw and packet sockets, other processes, kernel modules, clocks ... A refused call
 * fails with EPERM and the kernel logs it (audit type 1326), so that a call forgotten here costs a function, not the watch. */

#define PRIVILEGES_MUTE_MAX 64

struct privileges_options {
	const char *user;     /* to become when started as root; NULL: "siphound" if there is one, else "nobody" */
	bool keep_root;	      /* stay who we are; capabilities and calls go all the same */
	uint64_t keep;	      /* capabilities to keep, 1 << CAP_..., for a program that must change the firewall; default none */
	bool no_filter;	      /* leave all system calls: for debuggers, and for programs that start others */
	const int *mute;      /* descriptors that must never send, the sockets of mirror ports: the kernel refuses write and send on */
	size_t mute_count;    /* them, and to make a second descriptor of them; at most PRIVILEGES_MUTE_MAX */
};

/* What was done, for one line of log. */
struct privileges_report {
	char user[33];	    /* who we are now; empty: unchanged */
	bool is_root;	    /* we still are */
	bool has_filter;    /* system calls are filtered */
	const char *remark; /* why there is no filter, or NULL */
};

/* Before the inputs are opened: the right to capture becomes effective where the program's file has it as permitted only
 * (`setcap cap_net_raw+p`). Unlike one with +ep, such a program also starts where that right can not be had, as in a container, to
 * read files. Without the right nothing happens: the sockets will say what is lacking. */
void privileges_take_up(void);

/* 0, or a negative errno with *err telling what to do: then nothing may be read, end the program. A missing libseccomp, or a kernel
 * without the means, is no failure but a remark. `report` may be NULL. */
int privileges_drop(const struct privileges_options *options, struct privileges_report *report, struct error *err);

/* The user and group ids that privileges_drop will take (for handing over a directory before); false: nothing will change. */
bool privileges_ids(const struct privileges_options *options, unsigned *uid, unsigned *gid);

#endif
