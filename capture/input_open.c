/* SPDX-License-Identifier: MIT */
#include "capture/input_file.h"
#include "capture/input_libpcap.h"

#include <errno.h>
#include <stdlib.h>

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
