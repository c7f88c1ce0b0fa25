/* SPDX-License-Identifier: MIT */
#ifndef CAPTURE_INPUT_PCAPNG_INTERFACE_H
#define CAPTURE_INPUT_PCAPNG_INTERFACE_H

#include "core/slice.h"

/* capture/input_pcapng_interface.h - the Interface Description Block of pcapng (section 4.2 of its draft):
 * link type, snapshot length, and what one tick of its clock is. */

struct pcapng_interface {
	uint16_t link_type;
	uint8_t resolution; /* if_tsresol: 10^-n seconds a tick, or 2^-(n & 127) when the top bit is set */
	uint32_t snaplen;   /* 0: no limit */
	int64_t offset_s;   /* if_tsoffset */
};

/* Reads the body of the block (without type and lengths). `is_swapped`: the section's byte order is not this
 * machine's. False: the body is too short, or an option runs past its end; *out then has what could be read
 * before, the rest default values, and is_usable tells whether that is enough to use the interface. */
bool pcapng_interface_parse(struct slice body, bool is_swapped, struct pcapng_interface *out,
			    bool *is_usable);

/* Ticks of the interface's clock in microseconds since 1970, cut towards the past, and clamped to 1970 ..
 * 9999. */
int64_t pcapng_interface_time_us(const struct pcapng_interface *i, uint64_t ticks);

#endif
