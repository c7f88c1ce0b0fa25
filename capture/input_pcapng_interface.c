/* SPDX-License-Identifier: MIT */
#include "capture/input_pcapng_interface.h"

#include "capture/input_linktype.h"
#include "core/clock.h"
#include "core/load.h"

enum { OPTION_END = 0, OPTION_TSRESOL = 9, OPTION_TSOFFSET = 14, FIXED_PART = 8, RESOLUTION_DEFAULT = 6 };

#define LATEST_US (253402300800 * SECOND_US - 1) /* the end of 9999-12-31 */

static void take_option(struct pcapng_interface *i, uint16_t code, struct slice value, bool is_swapped)
{
	if (code == OPTION_TSRESOL && value.len >= 1)
		i->resolution = value.ptr[0];
	else if (code == OPTION_TSOFFSET && value.len >= 8)
		i->offset_s = (int64_t)load_u64_of(value.ptr, is_swapped);
}

bool pcapng_interface_parse(struct slice body, bool is_swapped, struct pcapng_interface *out, bool *is_usable)
{
	*out = (struct pcapng_interface){ .resolution = RESOLUTION_DEFAULT };
	*is_usable = body.len >= FIXED_PART;
	if (!*is_usable)
		return false;
	out->link_type = linktype_from_file(load_u16_of(body.ptr, is_swapped));
	out->snaplen = load_u32_of(body.ptr + 4, is_swapped);
	struct slice rest = slice_from(body, FIXED_PART);
	while (rest.len >= 4) {
		uint16_t code = load_u16_of(rest.ptr, is_swapped),
			 len = load_u16_of(rest.ptr + 2, is_swapped);
		if (code == OPTION_END)
			return true;
		rest = slice_from(rest, 4);
		if (len > rest.len)
			return false;
		take_option(out, code, slice_first(rest, len), is_swapped);
		rest = slice_from(rest, (len + 3u) & ~3u);
	}
	return true; /* the end-of-options mark is often forgotten */
}

static uint64_t power_of_ten(unsigned exponent)
{
	uint64_t power = 1;
	while (exponent-- > 0)
		power *= 10;
	return power;
}

/* At most 2^64 ticks * 10^6, far below the 128 bits. */
static unsigned __int128 ticks_to_us(uint8_t resolution, uint64_t ticks)
{
	if (resolution & 0x80)
		return (unsigned __int128)ticks * SECOND_US >> (resolution & 0x7f);
	if (resolution <= 6)
		return (unsigned __int128)ticks * power_of_ten(6u - resolution);
	unsigned exponent = resolution - 6u;
	return exponent > 19
		   ? 0
		   : ticks / power_of_ten(exponent); /* 10^20 does not fit, nor could ticks reach it */
}

int64_t pcapng_interface_time_us(const struct pcapng_interface *i, uint64_t ticks)
{
	if (i->offset_s == 0) {
		/* The two that nearly every file has. */
		if (i->resolution == 6 && ticks <= (uint64_t)LATEST_US)
			return (int64_t)ticks;
		if (i->resolution == 9)
			return (int64_t)(ticks / 1000);
	}
	__int128 time_us = (__int128)ticks_to_us(i->resolution, ticks) + (__int128)i->offset_s * SECOND_US;
	if (time_us < 0)
		return 0;
	return time_us > LATEST_US ? LATEST_US : (int64_t)time_us;
}
