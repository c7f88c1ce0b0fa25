/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_SHA256_H
#define OUTPUT_SHA256_H

#include "core/slice.h"

/* output/sha256.h - SHA-256 (FIPS 180-4), for the Content-Security-Policy of reports: it names the hash of
 * the style (and script) that is ours, and nothing else has effect. Not meant for large amounts. */

/* "sha256-" and the hash in base64, as a policy writes it; NUL-terminated. Returns out. */
#define SHA256_SOURCE_MAX 56
const char *sha256_source(struct slice text, char out[SHA256_SOURCE_MAX]);

#endif
