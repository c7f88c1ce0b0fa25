/* SPDX-License-Identifier: MIT */
#include "analyze/sip/cseq.h"

#include "analyze/sip/names.h"

enum parse_result sip_cseq_parse(struct slice value, struct sip_cseq *out)
{
	uint64_t number = 0;
	size_t at = 0, digits;
	while (at < value.len && sip_is_space(value.ptr[at]))
		at++;
	for (digits = at; at < value.len && ascii_is_digit(value.ptr[at]); at++) {
		number = number * 10 + (value.ptr[at] - '0');
		if (number > UINT32_MAX)
			return PARSE_BAD;
	}
	if (at == digits || at == value.len || !sip_is_space(value.ptr[at]))
		return PARSE_BAD;
	struct slice method = sip_trim(slice_from(value, at));
	if (method.len == 0)
		return PARSE_BAD;
	*out = (struct sip_cseq){ (uint32_t)number, method };
	return PARSE_OK;
}
