/* SPDX-License-Identifier: MIT */
#include "analyze/detect/abroad.h"

#define ABROAD_DIGITS_MIN                                                                                    \
	10 /* behind it: 011 and 0810 begin numbers within countries as well, which are shorter */

/* `number` begins with `code`, behind which there is the number of a country. */
static bool has_code(struct slice number, struct slice code)
{
	return slice_starts(number, code) && number.len >= code.len + ABROAD_DIGITS_MIN &&
	       number.ptr[code.len] != '0';
}

unsigned code_abroad(struct slice number)
{
	if (number.len && number.ptr[0] == '9')
		number = slice_from(number, 1);
	if (has_code(number, SLICE("0011")))
		return CODE_AUSTRALIA;
	if (has_code(number, SLICE("011")))
		return CODE_AMERICA;
	if (has_code(number, SLICE("810")))
		return CODE_RUSSIA;
	return has_code(number, SLICE("00")) || has_code(number, SLICE("000")) ? CODE_ITU : 0;
}
