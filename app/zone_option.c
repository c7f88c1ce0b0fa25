/* SPDX-License-Identifier: MIT */
#include "app/zone_option.h"

#include "analyze/ruleset/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define DATABASE "/usr/share/zoneinfo"
#define LOCAL	 "/etc/localtime"

static bool two_digits(struct slice *rest, unsigned *out)
{
	unsigned digits = 0;
	*out = 0;
	for (; digits < 2 && rest->len && ascii_is_digit(rest->ptr[0]); digits++) {
		*out = *out * 10 + (unsigned)(rest->ptr[0] - '0');
		*rest = slice_from(*rest, 1);
	}
	return digits > 0;
}

bool zone_offset_parse(struct slice text, int *seconds)
{
	unsigned hours, minutes = 0;
	bool has_sign = text.len && (text.ptr[0] == '+' || text.ptr[0] == '-');
	struct slice rest = slice_from(text, has_sign);
	if (!two_digits(&rest, &hours))
		return false;
	if (rest.len && rest.ptr[0] == ':')
		rest = slice_from(rest, 1);
	if (rest.len && (rest.len != 2 || !two_digits(&rest, &minutes) || rest.len))
		return false;
	if (hours > 14 || minutes > 59)
		return false;
	*seconds = (int)(hours * 3600 + minutes * 60) * (has_sign && text.ptr[0] == '-' ? -1 : 1);
	return true;
}

/* Europe/Berlin, Etc/GMT+5: nothing that leaves the database. */
static bool is_name(const char *text)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-/");
	return len > 0 && len < 64 && text[len] == '\0' && text[0] != '/';
}

/* What TZ says; NULL: nothing. */
static const char *of_environment(void)
{
	const char *tz = getenv("TZ");
	return tz && *tz == ':' ? tz + 1 : tz;
}

const char *zone_option_path(const char *text, char out[ZONE_PATH_MAX])
{
	int seconds;
	const char *tz = of_environment();
	out[0] = '\0';
	if (!text || zone_offset_parse(slice_str(text), &seconds))
		return out;
	if (strcmp(text, "local") == 0 && !tz)
		return strcpy(out, LOCAL);
	if (strcmp(text, "local") == 0)
		text = tz;
	if (text[0] == '/')
		snprintf(out, ZONE_PATH_MAX, "%s", text);
	else if (is_name(text))
		snprintf(out, ZONE_PATH_MAX, "%s/%s", DATABASE, text);
	return out;
}

/* NULL with errno: it can not be read, or is none. */
static struct zone *read_zone(const char *path)
{
	struct slice bytes;
	int bad = file_read(path, ZONE_FILE_MAX, &bytes);
	if (bad) {
		errno = -bad;
		return NULL;
	}
	struct zone *zone = zone_of_file(bytes);
	free((void *)(uintptr_t)bytes.ptr);
	errno = EINVAL;
	return zone;
}

/* As the C library does: no file is UTC, and what TZ says may be a file or a rule. */
struct zone *zone_local(void)
{
	char path[ZONE_PATH_MAX];
	const char *tz = of_environment();
	zone_option_path("local", path);
	struct zone *zone = path[0] ? read_zone(path) : NULL;
	if (!zone && !tz && errno == ENOENT)
		return zone_fixed(0);
	if (!zone && tz)
		zone = *tz ? zone_of_rule(slice_str(tz)) : zone_fixed(0);
	return zone;
}

int zone_option_open(const char *text, struct zone **out, struct error *err)
{
	static const char *const wanted =
	    "write it like +01:00, Europe/Berlin (a name below " DATABASE ") or local";
	char path[ZONE_PATH_MAX];
	int seconds;
	*out = NULL;
	if (!text)
		return 0;
	if (zone_offset_parse(slice_str(text), &seconds)) {
		*out = zone_fixed(seconds);
	} else if (strcmp(text, "UTC") == 0) {
		*out = zone_fixed(0); /* where there is no database, too */
	} else if (strcmp(text, "local") == 0) {
		if (!(*out = zone_local()))
			return error_set(err, -EINVAL,
					 "the zone of this machine (TZ, or " LOCAL ") can not be read");
	} else if (!is_name(text)) {
		return error_set(err, -EINVAL, "%s", wanted);
	} else if (!(*out = read_zone(zone_option_path(text, path)))) {
		return error_set(err, -EINVAL, "%s: %s; %s", path,
				 errno == EINVAL ? "no zone" : strerror(errno), wanted);
	}
	return *out ? 0 : error_set(err, -ENOMEM, "no memory for a time zone");
}

int zone_option_check(const char *text, struct error *err)
{
	struct zone *zone;
	int bad = zone_option_open(text, &zone, err);
	zone_free(zone);
	return bad;
}
