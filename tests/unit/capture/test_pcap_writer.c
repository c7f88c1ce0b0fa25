/* SPDX-License-Identifier: MIT */
#include "capture/pcap_writer.h"

#include "unit/capture/input_builder.h"

#include <criterion/criterion.h>
#include <errno.h>

static struct frame frame_of(int64_t time_us, const void *bytes, size_t len, uint32_t wire_len)
{
	return (struct frame){
		.time_us = time_us, .bytes = slice_of(bytes, len), .wire_len = wire_len, .link_type = 101
	};
}

Test(pcap_writer, what_is_written_is_read)
{
	char path[TEMP_PATH_MAX];
	write_temp(path, "old content that must go", 24);
	struct pcap_writer *w;
	struct error err;
	cr_assert_eq(pcap_writer_open(&w, path, 101, 4, &err), 0);
	const struct frame frames[] = {
		frame_of(1700000000123456, "abc", 3, 3),
		frame_of(1700000000999999, "cut here", 8, 80),
		frame_of(2, "", 0, 0),
		frame_of(-5, "before", 1, 1),
		frame_of(253402300799999999, "late", 4, 4),
	};
	for (size_t i = 0; i < sizeof frames / sizeof *frames; i++)
		cr_assert_eq(pcap_writer_add(w, &frames[i]), 0);
	struct frame other = frames[0];
	other.link_type = 1;
	cr_assert_eq(pcap_writer_add(w, &other), -EINVAL);
	cr_assert_eq(pcap_writer_close(w, &err), 0);
	struct seen seen = read_path(path, NULL);
	unlink(path);
	cr_assert_str_eq(
	    seen.text,
	    "0:1@1700000000123456[3/3,101]=97\n0:2@1700000000999999[4/80,101]=99\n0:3@2[0/0,101]=0\n"
	    "0:4@0[1/1,101]=98\n0:5@4294967295999999[4/4,101]=108\n",
	    "%s", seen.text);
	cr_assert_eq(seen.damaged, 0);
}

/* More than the buffer, and packets larger than it. */
Test(pcap_writer, large_packets)
{
	static uint8_t bytes[300000];
	char path[TEMP_PATH_MAX];
	write_temp(path, "", 0);
	struct pcap_writer *w;
	struct error err;
	cr_assert_eq(pcap_writer_open(&w, path, 101, 0, &err), 0);
	static const size_t lens[] = { 65520, 65536, 65537, 1, 262144, 300000, 40000, 40000 };
	enum { COUNT = sizeof lens / sizeof *lens };
	for (size_t i = 0; i < COUNT; i++) {
		memset(bytes, (int)i, sizeof bytes);
		struct frame frame = frame_of((int64_t)i, bytes, lens[i], (uint32_t)lens[i]);
		cr_assert_eq(pcap_writer_add(w, &frame), 0);
	}
	cr_assert_eq(pcap_writer_close(w, &err), 0);
	struct input *in;
	cr_assert_eq(input_file_open(&in, path, NULL, &err), 0);
	struct frame frame;
	for (size_t i = 0; i < COUNT; i++) {
		cr_assert_eq(input_next(in, &frame, &err), INPUT_FRAME);
		cr_assert_eq(frame.bytes.len, lens[i] > 262144 ? 262144 : lens[i]);
		cr_assert_eq(frame.wire_len, lens[i]);
		cr_assert_eq(frame.bytes.ptr[frame.bytes.len - 1], i);
	}
	cr_assert_eq(input_next(in, &frame, &err), INPUT_END);
	cr_assert_eq(in->damaged, 0);
	input_close(in);
	unlink(path);
}

Test(pcap_writer, failures)
{
	struct pcap_writer *w;
	struct error err;
	cr_assert_eq(pcap_writer_open(&w, "/nonexistent/x.pcap", 1, 0, &err), -ENOENT);
	cr_assert(strstr(err.text, "/nonexistent/x.pcap: cannot be written"), "%s", err.text);
	cr_assert_eq(pcap_writer_close(NULL, &err), 0);
	if (access("/dev/full", W_OK) != 0)
		return;
	cr_assert_eq(pcap_writer_open(&w, "/dev/full", 101, 0, &err), 0);
	static const uint8_t bytes[40000];
	struct frame frame = frame_of(0, bytes, sizeof bytes, sizeof bytes);
	cr_assert_eq(pcap_writer_add(w, &frame), 0);
	cr_assert_eq(pcap_writer_add(w, &frame), -ENOSPC);
	cr_assert_eq(pcap_writer_add(w, &frame), -ENOSPC);
	cr_assert_eq(pcap_writer_close(w, &err), -ENOSPC);
	cr_assert_str_eq(err.text, "/dev/full: cannot be written: No space left on device");
}
