/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_SIP_SCAN_H
#define ANALYZE_SIP_SCAN_H

#include "core/slice.h"

/* analyze/sip/scan.h - where the lines of a message head end and which bytes a head should not hold, in one pass over
 * blocks of 64 bytes. AVX2 or SSE2 when the machine has them; the portable version gives the same answer and is always
 * built, so that it can be tested against the others. */

#define SIP_SCAN_MAX ((size_t)1 << 30) /* longer input is not looked at beyond this */
#define SIP_LINES_MAX 160	       /* lines of one call; nearly all messages have fewer than fifty */

enum {
	SIP_SEEN_CRLF = 1,
	SIP_SEEN_BARE_LF = 2,
	SIP_SEEN_BARE_CR = 4,
	SIP_SEEN_NUL = 8,
	SIP_SEEN_CONTROL = 16, /* below 0x20 other than TAB, CR, LF, NUL; or DEL */
	SIP_SEEN_HIGH = 32,    /* 0x80 and above */
};

struct sip_scan {
	size_t next;	     /* the line start where the next call goes on; after the empty line when has_empty_line */
	bool done;	     /* the empty line or the end of the bytes was reached */
	bool has_empty_line;
	uint8_t seen;	     /* SIP_SEEN_*, of the head as far as it was scanned, the empty line included */
};

enum sip_scan_kind { SIP_SCAN_PORTABLE, SIP_SCAN_SSE2, SIP_SCAN_AVX2, SIP_SCAN_KINDS };

/* Gives the positions of the LF that end the next lines, and how many there are; the empty line that ends the head is not
 * among them. A last line without line end ends at bytes.len. Start with a zeroed struct; call again while !done. */
size_t sip_scan_lines(struct slice bytes, struct sip_scan *scan, uint32_t ends[SIP_LINES_MAX]);

/* The same by a chosen version, for tests. False when this machine cannot run it. */
bool sip_scan_lines_by(enum sip_scan_kind kind, struct slice bytes, struct sip_scan *scan, uint32_t ends[SIP_LINES_MAX],
		       size_t *count);

#endif
