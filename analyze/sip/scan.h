/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_SIP_SCAN_H
#define ANALYZE_SIP_SCAN_H

#include "core/slice.h"

/* analyze/sip/scan.h - where the lines of a message head end, where the first colon of each is, and which bytes a head should
 * not hold: all in one pass over blocks of 64 bytes. AVX2 or SSE2 when the machine has them; the portable
 * version gives the same answer and is always built, so that it can be tested against the others. */

#define SIP_NO_COLON UINT32_MAX
#define SIP_SCAN_MAX ((size_t)1 << 30) /* longer input is not looked at beyond this */

struct sip_line {
	uint32_t end;	/* position of its LF, or of the end of the bytes */
	uint32_t colon; /* position of its first ':', or SIP_NO_COLON */
};

enum {
	SIP_SEEN_CRLF = 1,
	SIP_SEEN_BARE_LF = 2,
	SIP_SEEN_BARE_CR = 4,
	SIP_SEEN_NUL = 8,
	SIP_SEEN_CONTROL = 16, /* below 0x20 other than TAB, CR, LF, NUL; or DEL */
	SIP_SEEN_HIGH = 32,    /* 0x80 and above */
};

struct sip_scan {
	size_t next;	      /* first byte not yet scanned: a line start; after the empty line when has_empty_line */
	bool done;	      /* the empty line or the end of the bytes was reached */
	bool has_empty_line;
	uint8_t seen;	      /* SIP_SEEN_*, of the lines given out (and the empty line) only */
};

enum sip_scan_kind { SIP_SCAN_PORTABLE, SIP_SCAN_SSE2, SIP_SCAN_AVX2, SIP_SCAN_KINDS };

/* Fills at most `max` lines (max > 0) and returns how many. Start with a zeroed struct; call again while !done. Lines are
 * given without the empty line that ends the head. A last line without line end is given too. */
size_t sip_scan_lines(struct slice bytes, struct sip_scan *scan, struct sip_line *lines, size_t max);

/* The same by a chosen version, for tests. False when this machine cannot run it. */
bool sip_scan_lines_by(enum sip_scan_kind kind, struct slice bytes, struct sip_scan *scan, struct sip_line *lines,
		       size_t max, size_t *count);

#endif
