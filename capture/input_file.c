/* SPDX-License-Identifier: MIT */
#include "capture/input_file.h"

#include "capture/input_libpcap.h"
#include "capture/input_linktype.h"

#include <errno.h>
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

/* The reader for what the window shows, or for nothing: -EINVAL. */
static int pick_reader(struct input_file **out, struct byte_window *w)
{
	(void)byte_window_need(w, 4);
	struct slice head = slice_of(w->at, byte_window_left(w));
	if (input_pcap_knows(head))
		return input_pcap_new(out, w);
	if (input_pcapng_knows(head))
		return input_pcapng_new(out, w);
	return -EINVAL;
}

/* No reader knew the bytes. libpcap may know more formats, in a plain file that it can open by itself. */
static int open_other(struct input **out, const char *path, struct byte_window *w,
		      const struct input_options *options, struct error *err)
{
	if (w->status == BYTES_FAILED || w->status == BYTES_DAMAGED)
		return error_set(err, w->status == BYTES_FAILED ? -EIO : -EINVAL, "%s", w->error.text);
	const char *name = w->source->name;
	if (byte_window_left(w) == 0)
		return error_set(err, -EINVAL,
				 "%s: is empty; a capture file has a header even when it has no packets",
				 name);
	if (!w->source->packing && w->source->size_bytes > 0) {
		int code = input_libpcap_open(out, path, options, err);
		if (code != -EINVAL)
			return code;
	}
	return error_set(err, -EINVAL,
			 "%s: not a capture file (pcap, pcapng, or these in gzip or zstd); for log files use "
			 "`siphound logs`",
			 name);
}

static int set_filter(struct input_file *file, const struct input_options *options, struct error *err)
{
	if (!options || !options->filter || !*options->filter)
		return 0;
	return input_filter_new(&file->filter, options->filter, file->first_link_type, err);
}

static int finish_open(struct input **out, struct input_file *file, const char *path,
		       const struct input_options *options, struct error *err)
{
	struct byte_source *source = file->window.source;
	file->window.progress = &file->input.read_bytes;
	file->input.read_bytes = source->read_bytes;
	file->input.size_bytes = source->size_bytes;
	file->input.name = strdup(path);
	int code = file->input.name ? set_filter(file, options, err)
				    : error_set(err, -ENOMEM, "%s: out of memory", path);
	if (code < 0)
		input_file_close(&file->input);
	else
		*out = &file->input;
	return code;
}

int input_file_open(struct input **out, const char *path, const struct input_options *options,
		    struct error *err)
{
	struct byte_source *source = NULL;
	struct byte_window window;
	int code = byte_source_open(&source, path, err);
	if (code < 0)
		return code;
	if (byte_window_init(&window, source) < 0)
		return error_set(err, -ENOMEM, "%s: out of memory", path);
	struct input_file *file = NULL;
	code = pick_reader(&file, &window);
	if (code == 0)
		return finish_open(out, file, path, options, err);
	if (code == -EINVAL)
		code = open_other(out, path, &window, options, err);
	else
		error_set(err, code, "%s: out of memory", path);
	byte_window_fini(&window);
	return code;
}
