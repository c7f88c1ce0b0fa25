# SPDX-License-Identifier: MIT
# A Kamailio configuration with the lines of the guide in it.
{
	printf 'loadmodule "tm.so"\nloadmodule "sl.so"\nloadmodule "rr.so"\n'
	sed -n '/^loadmodule "siptrace.so"/,/^```/p' "$root/docs/guides/hep.md" | grep -v '^```'
	printf 'request_route { sl_send_reply("403", "No"); }\n'
} >kamailio.cfg
