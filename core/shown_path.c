/* SPDX-License-Identifier: MIT */
#include "core/shown_path.h"

#define EXTENSION_MAX 5

static bool is_separator(uint8_t c)
{
	return c == ':' || c == '-' || c == '.' || c == '_';
}

static bool begins_with_mac(struct slice text, struct slice mac)
{
	size_t at = 0;
	for (size_t digit = 0; digit < mac.len; digit++) {
		if (digit && digit % 2 == 0 && at < text.len && is_separator(text.ptr[at]))
			at++;
		if (at >= text.len || ascii_lower(text.ptr[at++]) != mac.ptr[digit])
			return false;
	}
	return true;
}

/* Servers look up %2F and backslashes as slashes, some of them. */
static size_t slash_at(struct slice path, size_t at)
{
	if (path.ptr[at] == '/' || path.ptr[at] == '\\')
		return 1;
	if (path.ptr[at] != '%' || path.len - at < 3)
		return 0;
	int code = ascii_hex(path.ptr[at + 1]) * 16 + ascii_hex(path.ptr[at + 2]);
	return code == '/' || code == '\\' ? 3 : 0;
}

static struct slice last_part(struct slice path, bool *is_folder)
{
	size_t from = 0, slash;
	path = slice_cut(&path, '?');
	for (size_t i = 0; i < path.len; i++)
		if ((slash = slash_at(path, i)))
			from = i + slash;
	*is_folder = from && from == path.len;
	return slice_from(path, from);
}

static bool is_plain(uint8_t c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) || is_separator(c) || c == '+' || c == '~';
}

/* Without parameters, also escaped ones. */
static struct slice plain_start(struct slice name)
{
	size_t len = 0;
	while (len < name.len && is_plain(name.ptr[len]))
		len++;
	return slice_first(name, len);
}

static bool has_extension(struct slice name)
{
	size_t len = 0;
	while (len < name.len && (ascii_is_alpha(name.ptr[name.len - 1 - len]) || ascii_is_digit(name.ptr[name.len - 1 - len])))
		len++;
	return len > 0 && len <= EXTENSION_MAX && len + 1 < name.len && name.ptr[name.len - 1 - len] == '.';
}

struct slice shown_path(struct slice path, struct slice mac)
{
	bool is_folder;
	struct slice name = last_part(path, &is_folder);
	for (size_t i = 0; mac.len && i < name.len; i++)
		if (begins_with_mac(slice_from(name, i), mac))
			return plain_start(slice_from(name, i));
	if (mac.len)
		return mac;
	if (is_folder)
		return SLICE("/");
	name = plain_start(name);
	return has_extension(name) ? name : SLICE("...");
}
