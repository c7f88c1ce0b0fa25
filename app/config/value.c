/* SPDX-License-Identifier: MIT */
#include "app/config/value.h"

#include "app/allow_list.h"
#include "app/zone_option.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

struct unit {
	const char *text;
	uint64_t factor;
};

/* "30d" by these units. */
static bool parse_with_unit(struct slice text, const struct unit *units, uint64_t *out)
{
	size_t digits = 0;
	uint64_t number;
	while (digits < text.len && ascii_is_digit(text.ptr[digits]))
		digits++;
	struct slice unit = slice_trim(slice_from(text, digits));
	if (!slice_u64(slice_first(text, digits), &number))
		return false;
	if (number == 0 && unit.len == 0) {
		*out = 0;
		return true;
	}
	for (; units->text; units++)
		if (slice_eq(unit, slice_str(units->text)))
			return !__builtin_mul_overflow(number, units->factor, out);
	return false;
}

bool config_time_parse(struct slice text, uint64_t *us)
{
	static const struct unit units[] = { { "s", 1000000 },
					     { "m", 60 * 1000000 },
					     { "min", 60 * 1000000 },
					     { "h", 3600 * 1000000ull },
					     { "d", 86400000000ull },
					     { "w", 7 * 86400000000ull },
					     { NULL, 0 } };
	return parse_with_unit(text, units, us) && *us <= INT64_MAX;
}

bool config_size_parse(struct slice text, uint64_t *bytes)
{
	static const struct unit units[] = { { "", 1 },
					     { "B", 1 },
					     { "kB", 1000 },
					     { "KB", 1000 },
					     { "MB", 1000000 },
					     { "GB", 1000000000 },
					     { "KiB", 1ull << 10 },
					     { "MiB", 1ull << 20 },
					     { "GiB", 1ull << 30 },
					     { NULL, 0 } };
	return parse_with_unit(text, units, bytes);
}

static void *place(const struct config_key *key, struct options *o)
{
	return (char *)o + key->offset;
}

static int wrong_bounds(const struct config_key *key, struct error *err)
{
	if (key->type == CONFIG_NUMBER)
		return error_set(err, -EINVAL, "a number from %llu to %llu is wanted (%s)",
				 (unsigned long long)key->min, (unsigned long long)key->max, key->unit);
	uint64_t unit = key->type == CONFIG_TIME ? 1000000 : 1024;
	const char *name = key->type == CONFIG_TIME ? "s" : "KiB";
	return error_set(err, -EINVAL, "must be from %llu%s to %llu%s", (unsigned long long)(key->min / unit),
			 name, (unsigned long long)(key->max / unit), name);
}

/* What a key takes besides numbers. */
static bool find_number_word(const struct config_key *key, struct slice text, uint64_t *out)
{
	for (const struct config_word *word = key->words; word && word->text; word++)
		if (slice_eq(text, slice_str(word->text))) {
			*out = (uint64_t)(int64_t)word->value;
			return true;
		}
	return false;
}

static int set_number(const struct config_key *key, struct options *o, struct slice text, struct error *err)
{
	uint64_t number;
	if (find_number_word(key, text, &number)) {
		memcpy(place(key, o), &number, sizeof number);
		return 0;
	}
	if (key->type == CONFIG_TIME && !config_time_parse(text, &number))
		return error_set(err, -EINVAL,
				 "a time is wanted, a number and its unit: 90s, 5m, 1h, 30d, 2w");
	if (key->type == CONFIG_SIZE && !config_size_parse(text, &number))
		return error_set(err, -EINVAL, "a size is wanted: 512kB, 64MB, 1GB, or by 1024: 64MiB");
	if (key->type == CONFIG_NUMBER && !slice_u64(text, &number))
		return wrong_bounds(key, err);
	if (number < key->min || number > key->max)
		return wrong_bounds(key, err);
	memcpy(place(key, o), &number, sizeof number); /* times are int64_t, of the same form below 2^63 */
	return 0;
}

static int set_int(const struct config_key *key, struct options *o, int value)
{
	bool flag = value;
	if (key->size == sizeof flag)
		memcpy(place(key, o), &flag, sizeof flag);
	else
		memcpy(place(key, o), &value, sizeof value);
	return 0;
}

static int set_word(const struct config_key *key, struct options *o, struct slice text, struct error *err)
{
	for (const struct config_word *word = key->words; word->text; word++)
		if (slice_eq(text, slice_str(word->text)))
			return set_int(key, o, word->value);
	return error_set(err, -EINVAL, "there are %s", key->unit);
}

static int set_switch(const struct config_key *key, struct options *o, struct slice text, struct error *err)
{
	static const struct config_word words[] = { { "true", 1 }, { "yes", 1 }, { "on", 1 }, { "false", 0 },
						    { "no", 0 },   { "off", 0 }, { NULL, 0 } };
	for (const struct config_word *word = words; word->text; word++)
		if (slice_eq_nocase(text, slice_str(word->text)))
			return set_int(key, o, word->value);
	return error_set(err, -EINVAL, "true or false is wanted");
}

static int check_readable(const char *path, struct error *err)
{
	path += *path == '+';
	if (!*path)
		return error_set(err, -EINVAL, "a path is wanted behind +");
	return access(path, R_OK) == 0 ? 0 : error_set(err, -EINVAL, "%s: %s", path, strerror(errno));
}

static int add_item(const struct config_key *key, struct options *o, struct slice text, struct error *err)
{
	size_t count;
	const char *item = (const char *)text.ptr;
	memcpy(&count, (char *)o + key->count_offset, sizeof count);
	if (count == key->max)
		return error_set(err, -EINVAL, "at most %llu are taken", (unsigned long long)key->max);
	if (key->type == CONFIG_NETS) {
		struct addr_prefix net = { 0 };
		if (!addr_prefix_parse(text, &net))
			return error_set(err, -EINVAL,
					 "not an address or network; write it like 192.0.2.7, 192.0.2.0/24 "
					 "or 2001:db8::/32");
		memcpy((char *)place(key, o) + count * sizeof net, &net, sizeof net);
	} else {
		int bad = key->type == CONFIG_ALLOW   ? allow_entry_check(item, err)
			  : key->type == CONFIG_FILES ? check_readable(item, err)
						      : 0;
		if (bad)
			return bad;
		memcpy((char *)place(key, o) + count * sizeof item, &item, sizeof item);
	}
	count++;
	memcpy((char *)o + key->count_offset, &count, sizeof count);
	return 0;
}

int config_value_set(const struct config_key *key, struct options *o, struct slice text, struct error *err)
{
	const char *item = (const char *)text.ptr;
	if (text.len == 0 || strlen(item) != text.len)
		return error_set(err, -EINVAL, "a value is wanted (%s); leave the key empty for the default",
				 key->unit);
	switch (key->type) {
	case CONFIG_SWITCH:
		return set_switch(key, o, text, err);
	case CONFIG_WORD:
		return set_word(key, o, text, err);
	case CONFIG_NUMBER:
	case CONFIG_TIME:
	case CONFIG_SIZE:
		return set_number(key, o, text, err);
	case CONFIG_ZONE:
	case CONFIG_FILE:
		if (key->type == CONFIG_ZONE ? zone_option_check(item, err) : check_readable(item, err))
			return -EINVAL;
		/* fall through */
	case CONFIG_TEXT:
		memcpy(place(key, o), &item, sizeof item);
		return 0;
	default:
		return add_item(key, o, text, err);
	}
}
