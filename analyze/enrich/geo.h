/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_ENRICH_GEO_H
#define ANALYZE_ENRICH_GEO_H

#include "analyze/offender.h"
#include "core/error.h"

/* analyze/enrich/geo.h - country, city, AS number and organisation of an address, from files in the MaxMind
 * DB format: the layouts of GeoIP2/GeoLite2 City, Country, ASN, ISP, Enterprise and flat ones (country_code,
 * asn, as_name, ...). Several files add up: the first that knows a detail gives it. Built without
 * libmaxminddb, geo_add says so. Files are read into memory: what becomes of them while open, renamed, cut or
 * overwritten, changes nothing. */

struct geo_db;
struct geo_db *geo_new(void);
void geo_free(struct geo_db *g);
/* 0, or a negative errno with *err: what is wrong with this file and where to get a good one. */
int geo_add(struct geo_db *g, const char *path, struct error *err);
/* Texts in *out point into the files. All absent when nothing is known (or g is NULL). */
void geo_lookup(const struct geo_db *g, const struct addr *address, struct geo *out);

#endif
