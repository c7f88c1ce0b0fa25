/* SPDX-License-Identifier: MIT */
#include "analyze/logs/log_time_words.h"

int log_time_month_at(struct slice text, size_t at)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	if (text.len < at + 3)
		return 0;
	for (int i = 0; i < 12; i++) {
		if (memcmp(names + 3 * i, text.ptr + at, 3) == 0)
			return i + 1;
	}
	return 0;
}

/* As German and French systems abbreviate, where that differs from English (glibc's de_DE, de_AT and fr_FR).
 */
static const struct {
	struct slice name;
	int month;
} foreign_months[] = {
	{ SLICE_INIT("J\xc3\xa4n"), 1 },
	{ SLICE_INIT("M\xc3\xa4r"), 3 },
	{ SLICE_INIT("Mai"), 5 },
	{ SLICE_INIT("Okt"), 10 },
	{ SLICE_INIT("Dez"), 12 },
	{ SLICE_INIT("janv."), 1 },
	{ SLICE_INIT("f\xc3\xa9vr."), 2 },
	{ SLICE_INIT("mars"), 3 },
	{ SLICE_INIT("avr."), 4 },
	{ SLICE_INIT("avril"), 4 },
	{ SLICE_INIT("mai"), 5 },
	{ SLICE_INIT("juin"), 6 },
	{ SLICE_INIT("juil."), 7 },
	{ SLICE_INIT("ao\xc3\xbbt"), 8 },
	{ SLICE_INIT("sept."), 9 },
	{ SLICE_INIT("oct."), 10 },
	{ SLICE_INIT("nov."), 11 },
	{ SLICE_INIT("d\xc3\xa9"
		     "c."),
	  12 },
};

int log_time_month_word(struct slice text, size_t *behind)
{
	int month = log_time_month_at(text, 0);
	*behind = 4;
	if (month)
		return text.len > 3 && text.ptr[3] == ' ' ? month : 0;
	for (size_t i = 0; i < sizeof foreign_months / sizeof *foreign_months; i++) {
		struct slice name = foreign_months[i].name;
		*behind = name.len + 1;
		if (text.len > name.len && text.ptr[0] == name.ptr[0] && text.ptr[name.len] == ' ' &&
		    slice_starts(text, name))
			return foreign_months[i].month;
	}
	return 0;
}

/* Zones that journalctl writes by name. Only names that mean one thing wherever this runs: CST is in Chicago,
 * in Shanghai and in Havana. */
static const struct {
	struct slice name;
	int hours;
} zones[] = {
	{ SLICE_INIT("UTC"), 0 },  { SLICE_INIT("GMT"), 0 },  { SLICE_INIT("Z"), 0 },
	{ SLICE_INIT("WET"), 0 },  { SLICE_INIT("CET"), 1 },  { SLICE_INIT("WEST"), 1 },
	{ SLICE_INIT("BST"), 1 },  { SLICE_INIT("CEST"), 2 }, { SLICE_INIT("EET"), 2 },
	{ SLICE_INIT("EEST"), 3 }, { SLICE_INIT("MSK"), 3 },
};

bool log_time_zone(struct slice name, int *zone_s)
{
	for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
		if (slice_eq(name, zones[i].name)) {
			*zone_s = 3600 * zones[i].hours;
			return true;
		}
	}
	return false;
}

int log_time_month_named(struct slice name)
{
	static const struct slice english[] = { SLICE_INIT("January"),	 SLICE_INIT("February"),
						SLICE_INIT("March"),	 SLICE_INIT("April"),
						SLICE_INIT("May"),	 SLICE_INIT("June"),
						SLICE_INIT("July"),	 SLICE_INIT("August"),
						SLICE_INIT("September"), SLICE_INIT("October"),
						SLICE_INIT("November"),	 SLICE_INIT("December") };
	for (int i = 0; i < 12; i++) {
		struct slice full = english[i];
		if ((name.len == 3 || name.len == full.len) &&
		    slice_eq_nocase(name, slice_first(full, name.len)))
			return i + 1;
	}
	for (size_t i = 0; i < sizeof foreign_months / sizeof *foreign_months; i++) {
		if (slice_eq(name, foreign_months[i].name))
			return foreign_months[i].month;
	}
	return 0;
}
