/* SPDX-License-Identifier: MIT */
#include "capture/input_live.h"

#include "capture/input_afpacket.h"
#include "core/clock.h"

#include <errno.h>

const struct live_options live_defaults = {
	.ring_bytes = 32 << 20,
	.retire_ms = 20,
	.is_promiscuous = true,
};

const struct hep_options hep_defaults = {
	.max_skew_us = 10 * SECOND_US,
	.max_connections = 64,
};

int input_interface_open(struct input_live **out, const char *interface, const struct live_options *options, struct error *err)
{
	/* A word of libpcap's for all interfaces; no card is called so. */
	int code = strcmp(interface, "any") == 0 ? -EOPNOTSUPP : input_afpacket_open(out, interface, options, err);
	return code == -EOPNOTSUPP ? input_pcap_live_open(out, interface, options, err) : code;
}
