/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>

#include "analyze/logs/log_prefix.h"

struct prefixed {
	const char *line, *program, *message; /* program "": the line names none */
	size_t stamps;
};

static const struct prefixed prefixed[] = {
	{ "Nov 21 19:53:33 pbx asterisk[12]: x y", "asterisk", "x y", 1 },
	{ "Nov 21 19:53:33 pbx /usr/sbin/kamailio[12]: 3(14) x y", "kamailio", "x y", 1 },
	{ "[2026-11-21 19:53:33] NOTICE[12] x y", "", "NOTICE[12] x y", 1 },
	/* The tag of syslog without the header: with its number, since many words end in a colon. */
	{ "asterisk[12]: x y", "asterisk", "x y", 0 },
	{ "asterisk[12]:  x y", "asterisk", "x y", 0 },
	{ "asterisk[12]: [2026-11-21 19:53:33] x y", "asterisk", "x y", 1 },
	{ "asterisk: x y", "", "asterisk: x y", 0 },
	{ "asterisk[x]: x y", "", "asterisk[x]: x y", 0 },
	{ "asterisk[12] x y", "", "asterisk[12] x y", 0 },
	{ "asterisk[12]:x y", "", "asterisk[12]:x y", 0 },
	{ "NOTICE[12]: chan_sip.c: x", "", "NOTICE[12]: chan_sip.c: x", 0 },
	{ "[2026-11-21 19:53:33] asterisk[12]: x y", "", "asterisk[12]: x y", 1 },
	{ "<133>asterisk[12]: x y", "asterisk", "x y", 0 },
	{ "<133>asterisk: x y", "", "asterisk: x y", 0 },
	/* grep, which joins a name to the line. */
	{ "/var/log/asterisk/full:[2026-11-21 19:53:33] NOTICE[12] x y", "", "NOTICE[12] x y", 1 },
	{ "/var/log/asterisk/full:123:[2026-11-21 19:53:33] NOTICE[12] x y", "", "NOTICE[12] x y", 1 },
	{ "log/messages-20261121:Nov 21 19:53:33 pbx asterisk[12]: x y", "asterisk", "x y", 1 },
	{ "asterisk/full.1:[21.11.2026 19:53:33] NOTICE[12] x y", "", "NOTICE[12] x y", 1 },
	{ "/var/log/asterisk/full: [2026-11-21 19:53:33] x y", "",
	  "/var/log/asterisk/full: [2026-11-21 19:53:33] x y", 0 },
	{ "/var/log/asterisk/full:x y", "", "/var/log/asterisk/full:x y", 0 },
	{ "/var/log/asterisk/full:123:x y", "", "/var/log/asterisk/full:123:x y", 0 },
	{ "Subject:[2026-11-21 19:53:33] NOTICE[12] x y", "", "Subject:[2026-11-21 19:53:33] NOTICE[12] x y",
	  0 },
	/* A process of Kamailio below ten, wherever its line begins. */
	{ " 5(31) x y z", "kamailio", "x y z", 0 },
	{ "sip-1  |  5(31) x y", "kamailio", "x y", 0 },
	{ "2026-11-21T19:53:33.1Z stderr F  5(31) x y", "kamailio", "x y", 1 },
	{ "sip-1  |  5 of 31 x", "", " 5 of 31 x", 0 },
	{ " 5 of 31 x y", "", " 5 of 31 x y", 0 },
	/* Containers by the name that docker and kubectl give them. */
	{ "asterisk_1  | [2026-11-21 19:53:33] x y", "", "x y", 1 },
	{ "pbx_asterisk.1.x7k2m9q0p1z2@node-1    | [2026-11-21 19:53:33] x y", "", "x y", 1 },
	{ "@node-1    | [2026-11-21 19:53:33] x y", "", "@node-1    | [2026-11-21 19:53:33] x y", 0 },
	{ "[pod/asterisk-0/asterisk] [2026-11-21 19:53:33] x y", "", "x y", 1 },
	{ "[pod/sip/kamailio] 2026-11-21T19:53:33.123456789Z  5(31) x y", "kamailio", "x y", 1 },
	{ "[pod/asterisk 0/x] [2026-11-21 19:53:33] x y", "", "[pod/asterisk 0/x] [2026-11-21 19:53:33] x y",
	  0 },
	{ "[pod/asterisk-0/x]", "", "[pod/asterisk-0/x]", 0 },
	/* dmesg -T: a packet is the kernel's, whatever a rule writes in front of it; other texts name nobody.
	 */
	{ "[Tue Nov  3 09:00:00 2026] Firewall: *UDP_IN Blocked* IN=eth0 x", "kernel",
	  "Firewall: *UDP_IN Blocked* IN=eth0 x", 1 },
	{ "[Tue Nov  3 09:00:00 2026] [WAN_LOCAL-default-D]IN=eth0 x", "kernel",
	  "[WAN_LOCAL-default-D]IN=eth0 x", 1 },
	{ "[Tue Nov  3 09:00:00 2026] \"IN=eth0 x", "", "\"IN=eth0 x", 1 },
};

Test(log_prefix, what_is_in_front)
{
	for (size_t i = 0; i < sizeof prefixed / sizeof *prefixed; i++) {
		const struct prefixed *p = &prefixed[i];
		struct slice line = slice_str(p->line);
		struct log_prefix prefix;
		log_prefix_read(line, &prefix);
		cr_expect(slice_eq(slice_from(line, prefix.len), slice_str(p->message)), "%s: %zu", p->line,
			  prefix.len);
		cr_expect(slice_eq(prefix.program, slice_str(p->program)), "%s", p->line);
		cr_expect_eq(prefix.stamp_count, p->stamps, "%s", p->line);
	}
}
