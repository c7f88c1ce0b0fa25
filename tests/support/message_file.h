/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_MESSAGE_FILE_H
#define TESTS_SUPPORT_MESSAGE_FILE_H

#include "core/slice.h"

#include <stdio.h>
#include <stdlib.h>

/* The bytes of tests/messages/<name>.sip in a block of exactly their size, so that the sanitizer sees a read past their end; to be
 * given back with message_file_free(). Absent when the file cannot be read. */
static inline struct slice message_file(const char *name)
{
	char path[512];
	snprintf(path, sizeof path, "%s/tests/messages/%s.sip", SIPHOUND_SOURCE_DIR, name);
	FILE *file = fopen(path, "rb");
	if (!file)
		return slice_of(NULL, 0);
	static uint8_t buffer[65536];
	size_t len = fread(buffer, 1, sizeof buffer, file);
	fclose(file);
	uint8_t *bytes = malloc(len ? len : 1);
	if (bytes)
		memcpy(bytes, buffer, len);
	return slice_of(bytes, bytes ? len : 0);
}

static inline void message_file_free(struct slice bytes)
{
	free((void *)(uintptr_t)bytes.ptr);
}

#endif
