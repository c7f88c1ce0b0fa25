/* SPDX-License-Identifier: MIT */
#ifndef ANALYZE_LOGS_LOG_JSON_H
#define ANALYZE_LOGS_LOG_JSON_H

#include "core/slice.h"

/* analyze/logs/log_json.h - just enough JSON (RFC 8259) for log lines: find a value by its keys, and take the escapes out of a
 * string. Nothing is built and nothing recursive: a value is found by walking the bytes. */

struct json_value {
	struct slice raw; /* without the quotes of a string; its escapes are still in */
	bool is_string;
};

/* The value of `keys[0]`, inside of that `keys[1]` and so on; an array stands for its first element. False: not there,
 * broken JSON, or a key that is there twice, which is how one would smuggle a second address in. */
bool json_find(struct slice object, const struct slice *keys, size_t depth, struct json_value *out);

/* The whole array that is the value of this key, brackets and all. False: not there, no array, or there twice. */
bool json_find_array(struct slice object, struct slice key, struct slice *out);

/* Bytes that are written as an array of numbers into `out` (room for raw.len bytes); journald writes text so that holds control
 * characters. The length; SLICE_NPOS when one of them is no byte. */
size_t json_bytes(struct slice raw, uint8_t *out);

/* Is the object that begins with the text whole? 1 yes, 0 more is needed, -1 it is none. */
int json_is_whole(struct slice text);

/* Text of a JSON string into `out` (room for raw.len bytes); \u becomes UTF-8. Returns the length. */
size_t json_unescape(struct slice raw, uint8_t *out);

#endif
