/* SPDX-License-Identifier: MIT */
#include "output/escape.h"

size_t utf8_decode(struct slice text, uint32_t *code)
{
	if (text.len == 0)
		return 0;
	uint8_t lead = text.ptr[0];
	if (lead < 0x80) {
		*code = lead;
		return 1;
	}
	size_t len = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
	if (lead < 0xc2 || lead > 0xf4 || text.len < len)
		return 0;
	uint32_t value = lead & (0xffu >> (len + 1));
	for (size_t i = 1; i < len; i++) {
		if ((text.ptr[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (text.ptr[i] & 0x3f);
	}
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	if (value < least[len] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
		return 0;
	*code = value;
	return len;
}

struct code_range {
	uint32_t first, last;
};

static bool is_in(uint32_t code, const struct code_range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (code >= ranges[i].first && code <= ranges[i].last)
			return true;
	return false;
}

bool code_is_control(uint32_t code)
{
	static const struct code_range controls[] = {
		{ 0x00, 0x1f },	    { 0x7f, 0x9f },	{ 0xad, 0xad },	      { 0x61c, 0x61c },
		{ 0x180e, 0x180e }, { 0x200b, 0x200f }, { 0x2028, 0x202e },   { 0x2060, 0x206f },
		{ 0xfeff, 0xfeff }, { 0xfff9, 0xfffb }, { 0xe0000, 0xe0fff },
	};
	return is_in(code, controls, sizeof controls / sizeof *controls);
}

size_t code_columns(uint32_t code)
{
	static const struct code_range narrow[] = {
		{ 0x20, 0x7e },	    { 0xa1, 0xac },	{ 0xae, 0x2af },
		{ 0x386, 0x3ff },   { 0x400, 0x482 },	{ 0x48a, 0x52f },
		{ 0x1e00, 0x1eff }, { 0x2010, 0x2027 }, { 0x20a0, 0x20bf },
	};
	static const struct code_range wide[] = {
		{ 0x3041, 0x3096 }, { 0x30a1, 0x30fa }, { 0x3400, 0x4dbf },
		{ 0x4e00, 0x9fff }, { 0xac00, 0xd7a3 },
	};
	if (is_in(code, narrow, sizeof narrow / sizeof *narrow))
		return 1;
	return is_in(code, wide, sizeof wide / sizeof *wide) ? 2 : 0;
}

#define BYTE_COLUMNS 4 /* \xNN: the widest piece for one byte */

/* What the next piece of a text becomes. */
struct piece {
	size_t len;	/* bytes of the text */
	size_t columns; /* of what is shown for it */
	bool is_plain;	/* shown as it is */
};

static struct piece next_piece(struct slice text)
{
	uint32_t code;
	if (text.ptr[0] >= ' ' && text.ptr[0] <= '~' && text.ptr[0] != '\\') /* most of all text */
		return (struct piece){ 1, 1, true };
	size_t len = utf8_decode(text, &code);
	size_t columns = len ? code_columns(code) : 0;
	if (columns && code != '\\')
		return (struct piece){ len, columns, true };
	return (struct piece){ 1, text.ptr[0] == '\\' ? 2 : BYTE_COLUMNS, false };
}

static bool fits(struct slice text, size_t columns)
{
	size_t used = 0;
	if (text.len <= columns / BYTE_COLUMNS)
		return true;
	while (text.len) {
		struct piece p = next_piece(text);
		used += p.columns;
		if (used > columns)
			return false;
		text = slice_from(text, p.len);
	}
	return true;
}

static char *put_escaped(char *to, uint8_t byte)
{
	static const char digits[] = "0123456789abcdef";
	*to++ = '\\';
	if (byte == '\\') {
		*to++ = '\\';
	} else {
		*to++ = 'x';
		*to++ = digits[byte >> 4];
		*to++ = digits[byte & 15];
	}
	return to;
}

const char *escape_terminal(struct slice text, size_t columns, char *out)
{
	bool cut = !fits(text, columns);
	size_t dots = cut ? (columns < 3 ? columns : 3) : 0, left = columns - dots;
	char *to = out;
	while (text.len) {
		struct piece p = next_piece(text);
		if (p.columns > left)
			break;
		left -= p.columns;
		if (p.is_plain) {
			memcpy(to, text.ptr, p.len);
			to += p.len;
		} else {
			to = put_escaped(to, text.ptr[0]);
		}
		text = slice_from(text, p.len);
	}
	memset(to, '.', dots);
	to[dots] = '\0';
	return out;
}

size_t text_columns(struct slice text)
{
	size_t columns = 0;
	while (text.len) {
		uint32_t code = 0;
		size_t len = utf8_decode(text, &code);
		size_t shown = len ? code_columns(code) : 1;
		columns += shown ? shown : 1;
		text = slice_from(text, len ? len : 1);
	}
	return columns;
}
