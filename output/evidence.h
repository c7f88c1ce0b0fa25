/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_EVIDENCE_H
#define OUTPUT_EVIDENCE_H

#include "capture/input.h"
#include "core/error.h"

/* output/evidence.h - one small pcap for each offender: the packets that its evidence names, and the first
 * ones of its story. Who is an offender is known only when everything was read, so the inputs are opened and
 * read again: not possible for standard input (evidence_can_reread). Life: evidence_open with the offenders,
 * evidence_read for the inputs opened as in the first pass (so that places mean the same), evidence_close. At
 * most EVIDENCE_FILES_MAX addresses at a time: a longer list takes further passes of that many. Memory: 64
 * KiB for each open file, and a few bytes for each address and place. */

#define EVIDENCE_FILES_MAX 128
#define EVIDENCE_LINKS_MAX 4 /* link types of one offender's packets: each makes a file of its own */

struct evidence_limits {
	size_t max_packets; /* of one offender */
	size_t max_bytes;
};

/* An offender: its address, and the packets that must be among those kept (any order; they are copied). */
struct evidence_actor {
	struct addr address;
	const struct place *places;
	size_t place_count;
};

struct evidence_result {
	size_t files;	   /* that were written */
	uint64_t packets;  /* in them */
	uint64_t left_out; /* packets of the offenders beyond the limits */
};

struct evidence_set;

/* Makes `dir` (private, mode 0700) when it does not exist; its parent must. evidence_open does this too, but
 * late: ask before the work begins. 0 or a negative errno with *err. */
int evidence_prepare(const char *dir, struct error *err);

/* Files in the directory are named by the address, with _ for each colon: 203.0.113.7.pcap; of a second link
 * type 203.0.113.7-link113.pcap. Mode 0600; a file of that name is replaced, a symbolic link is refused.
 * `limits` NULL: 1,000 packets and 4 MiB of each. 0 or a negative errno with *err. */
int evidence_open(struct evidence_set **out, const char *dir, const struct evidence_actor *actors,
		  size_t count, const struct evidence_limits *limits, struct error *err);
/* The frame goes into the file of an offender that is its source or destination. 0, or a negative errno with
 * *err. */
int evidence_add(struct evidence_set *e, const struct frame *frame, const struct addr *source,
		 const struct addr *destination, struct error *err);
/* Reads the input to its end and adds each frame by its innermost IP addresses (tunnels followed, fragments
 * and ICMP included). The input stays open. A source that breaks ends it without failing: the first pass has
 * told about that. */
int evidence_read(struct evidence_set *e, struct input *in, struct error *err);
/* Writes what is left and releases everything; 0, or a negative errno with *err when a file could not be
 * written. *result (may be NULL) is filled either way. */
int evidence_close(struct evidence_set *e, struct evidence_result *result, struct error *err);

/* Can this input be read twice? "-" and pipes cannot. */
bool evidence_can_reread(const char *path);

/* The innermost addresses of a frame. False: no IP in it. */
bool evidence_addresses(const struct frame *frame, struct addr *source, struct addr *destination);

#endif
