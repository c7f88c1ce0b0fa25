/* SPDX-License-Identifier: MIT */
#include "unit/capture/input_builder.h"

#include "capture/input_libpcap.h"
#include "capture/input_linktype.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <sys/stat.h>

Test(input_file, what_is_no_capture)
{
	static const struct {
		const char *name, *bytes;
		size_t len;
		int code;
		const char *text;
	} cases[] = {
		{ "empty", "", 0, -EINVAL, "is empty" },
		{ "one byte", "\xd4", 1, -EINVAL, "not a capture file" },
		{ "a log", "Jan  2 03:04:05 pbx asterisk[1]: NOTICE\n", 40, -EINVAL,
		  "for log files use `siphound logs`" },
		{ "zeros", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 28, -EINVAL,
		  "not a capture file" },
		{ "xz",
		  "\xfd"
		  "7zXZ\0....",
		  10, -ENOTSUP, "packed with xz, which is not read; unpack it first with `xz -dc`" },
		{ "zip", "PK\x03\x04......", 10, -ENOTSUP, "packed with zip" },
		{ "half a gzip header", "\x1f\x8b\x08\0", 4, -EINVAL, "cut off" },
		{ "not really gzip", "\x1f\x8bxxxxxxxxxxxx", 14, -EINVAL, "gzip file" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct seen seen = read_bytes(cases[i].bytes, cases[i].len);
		cr_assert_eq(seen.code, cases[i].code, "%s: %d %s", cases[i].name, seen.code,
			     seen.error.text);
		cr_assert(strstr(seen.error.text, cases[i].text), "%s: %s", cases[i].name, seen.error.text);
		cr_assert(strstr(seen.error.text, "/tmp/siphound-test-"), "%s: %s", cases[i].name,
			  seen.error.text);
	}
}

Test(input_file, what_cannot_be_opened)
{
	struct seen seen = read_path("/tmp", NULL);
	cr_assert_eq(seen.code, -EISDIR);
	cr_assert(strstr(seen.error.text, "is a directory; name the files in it"), "%s",
		  seen.error.text);
	seen = read_path("/nonexistent/x.pcap", NULL);
	cr_assert_eq(seen.code, -ENOENT);
	cr_assert_str_eq(seen.error.text, "/nonexistent/x.pcap: No such file or directory");
	char path[TEMP_PATH_MAX];
	write_temp(path, "x", 1);
	chmod(path, 0);
	seen = read_path(path, NULL);
	/* root may read everything */
	cr_assert_eq(seen.code, geteuid() == 0 ? -EINVAL : -EACCES);
	unlink(path);
}

/* One IPv4/UDP packet of each port in turn, without Ethernet when the link type is raw IP. */
static void put_udp(struct built *b, uint32_t seconds, bool has_ethernet, uint16_t port)
{
	struct built packet = { .is_big = true };
	if (has_ethernet)
		put_bytes(&packet, "\2\0\0\0\0\1\2\0\0\0\0\2\x08\0", 14);
	put_bytes(&packet, "\x45\0\0\x1c\0\0\0\0\x40\x11\0\0\xc0\0\2\1\xc0\0\2\2", 20);
	put16(&packet, 40000);
	put16(&packet, port);
	put_bytes(&packet, "\0\x08\0\0", 4);
	put32(b, seconds);
	put32(b, 0);
	put32(b, packet.len);
	put32(b, packet.len);
	put_bytes(b, packet.bytes, packet.len);
}

Test(input_file, filter)
{
	static const struct {
		uint32_t link_field;
		bool has_ethernet;
	} links[] = { { 1, true }, { 101, false }, { 12, false } };
	for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
		struct built b = { 0 };
		put_pcap_header(&b, 0xa1b2c3d4u, links[i].link_field);
		for (uint16_t k = 0; k < 4; k++)
			put_udp(&b, k, links[i].has_ethernet, k % 2 ? 5060 : 53);
		char path[TEMP_PATH_MAX];
		write_temp(path, b.bytes, b.len);
		struct seen seen = read_path(path, "udp port 5060");
		cr_assert_eq(seen.code, 0, "%s", seen.error.text);
		cr_assert_eq(seen.frames, 2, "link type %u: %zu", links[i].link_field, seen.frames);
		cr_assert_eq(strncmp(seen.text, "0:2@1000000", 11), 0, "frames keep their number: %s",
			     seen.text);
		seen = read_path(path, "port no such thing (");
		cr_assert_eq(seen.code, -EINVAL);
		cr_assert(strstr(seen.error.text, "filter \"port no such thing (\""), "%s", seen.error.text);
		seen = read_path(path, "");
		cr_assert_eq(seen.frames, 4);
		unlink(path);
	}
}

/* "ether host" means nothing on raw IP: compiled for the first interface, impossible for the second. */
Test(input_file, filter_that_does_not_fit_a_later_link_type)
{
	struct built b = { 0 };
	put_section(&b);
	put_interface(&b, 1, 0, 0, 0);
	put_interface(&b, 50, 0, 0, 0);
	put_enhanced(&b, 0, 1, 2, 60);
	put_enhanced(&b, 1, 2, 2, 60);
	put_enhanced(&b, 0, 3, 2, 60);
	char path[TEMP_PATH_MAX];
	write_temp(path, b.bytes, b.len);
	struct seen seen = read_path(path, "ether src 02:02:02:02:02:02");
	unlink(path);
	cr_assert_eq(seen.frames, 2, "%zu: %s", seen.frames, seen.error.text);
	cr_assert_eq(seen.damaged, 1);
	cr_assert(strstr(seen.error.text, "packet 2: the filter cannot be used with its link type 50"), "%s",
		  seen.error.text);
}

Test(input_file, link_types)
{
	cr_assert_eq(linktype_from_file(0x54000001), 1);
	cr_assert_eq(linktype_from_file(12), LINKTYPE_RAW);
	static const uint16_t same_both_ways[] = { 0, 1, 50, 100, 101, 104, 105, 108, 113, 228, 246, 276 };
	for (size_t i = 0; i < sizeof same_both_ways / sizeof *same_both_ways; i++)
		cr_assert_eq(linktype_from_dlt(linktype_to_dlt(same_both_ways[i])), same_both_ways[i], "%u",
			     same_both_ways[i]);
}

Test(input_file, libpcap_reads_the_same)
{
	struct built b = { 0 };
	put_pcap_header(&b, 0xa1b23c4du, 101);
	for (uint16_t k = 0; k < 4; k++)
		put_udp(&b, k, false, k % 2 ? 5060 : 53);
	char path[TEMP_PATH_MAX];
	write_temp(path, b.bytes, b.len - 1);
	for (int filtered = 0; filtered < 2; filtered++) {
		struct input_options options = { .filter = filtered ? "udp port 53" : NULL };
		struct seen own = read_path(path, options.filter), other = { .text = "" };
		struct input *in;
		struct error err;
		cr_assert_eq(input_libpcap_open(&in, path, &options, &err), 0, "%s", err.text);
		drain(in, &other);
		input_close(in);
		cr_assert_str_eq(own.text, other.text);
		cr_assert_eq(other.damaged, 1, "%s", other.error.text);
		cr_assert(strstr(other.error.text, "after packet 3"), "%s", other.error.text);
	}
	struct input *in;
	struct error err;
	struct input_options broken = { .filter = "(" };
	cr_assert_eq(input_libpcap_open(&in, path, &broken, &err), -EBADMSG);
	unlink(path);
	write_temp(path, "no capture at all, in no way", 28);
	cr_assert_eq(input_libpcap_open(&in, path, NULL, &err), -EINVAL);
	unlink(path);
}
