/* SPDX-License-Identifier: MIT */
#include "capture/input_file.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void input_file_damage(struct input_file *file, uint64_t offset, const char *format, ...)
{
	if (file->input.damaged++ > 0)
		return;
	char what[256];
	va_list args;
	va_start(args, format);
	vsnprintf(what, sizeof what, format, args);
	va_end(args);
	const struct byte_source *source = file->window.source;
	error_set(&file->input.damage, 0, "%s: byte %llu%s: %s", source->name, (unsigned long long)offset,
		  source->packing ? " of the unpacked data" : "", what);
}

enum input_status input_file_abandon(struct input_file *file)
{
	byte_window_fini(&file->window);
	return INPUT_END;
}

enum input_status input_file_stop(struct input_file *file, uint64_t offset, const char *what,
				  struct error *err)
{
	struct byte_window *w = &file->window;
	enum byte_status status = w->status;
	if (status == BYTES_DAMAGED && file->input.damaged++ == 0)
		file->input.damage = w->error;
	else if (status == BYTES_END && what && w->source)
		input_file_damage(file, offset, "the file ends inside %s that begins here", what);
	byte_window_fini(w);
	if (status != BYTES_FAILED)
		return INPUT_END;
	if (err)
		*err = w->error;
	return INPUT_FAILED;
}

void input_file_close(struct input *in)
{
	struct input_file *file = (struct input_file *)in;
	byte_window_fini(&file->window);
	input_filter_free(file->filter);
	free((void *)(uintptr_t)in->name);
	free(file);
}
