/* SPDX-License-Identifier: MIT */
#include "output/evidence.h"

#include "support/packets.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define ATTACKER 0xcb007129u /* 203.0.113.41 */
#define PBX	 0xc6336401u /* 198.51.100.1 */

enum { LINK_ETHERNET = 1, LINK_RAW = 101 };

static char folder[] = "/tmp/siphound-evidence-XXXXXX";
static char dir[64];
static struct packet packet;

static void set_up(void)
{
	cr_assert_not_null(mkdtemp(folder));
	snprintf(dir, sizeof dir, "%s/out", folder);
}

static void tear_down(void)
{
	char command[128];
	snprintf(command, sizeof command, "rm -rf %s", folder);
	cr_expect_eq(system(command), 0);
}

TestSuite(evidence, .init = set_up, .fini = tear_down);

static struct addr address(const char *text)
{
	struct addr a = { { 0 } };
	cr_assert(addr_parse(slice_str(text), &a));
	return a;
}

static struct frame frame_of(uint64_t number, uint16_t link_type)
{
	struct slice bytes = packet_bytes(&packet);
	return (struct frame){ .time_us = (int64_t)number * 1000000,
			       .number = number,
			       .bytes = bytes,
			       .wire_len = (uint32_t)bytes.len,
			       .link_type = link_type };
}

static struct frame udp_frame(uint32_t from, uint32_t to, uint64_t number)
{
	packet_start(&packet, "OPTIONS sip:1 SIP/2.0\r\n\r\n", 25);
	packet_udp(&packet, 5060, 5060);
	packet_ipv4(&packet, from, to, PROTO_UDP, (uint16_t)number);
	return frame_of(number, LINK_RAW);
}

static void add(struct evidence_set *e, const struct frame *frame)
{
	struct addr source = { { 0 } }, destination = { { 0 } };
	struct error err;
	evidence_addresses(frame, &source, &destination);
	cr_assert_eq(evidence_add(e, frame, &source, &destination, &err), 0);
}

static struct evidence_set *open_for(const struct evidence_actor *actors, size_t count,
				     const struct evidence_limits *limits)
{
	struct evidence_set *e = NULL;
	struct error err = { "" };
	cr_assert_eq(evidence_open(&e, dir, actors, count, limits, &err), 0, "%s", err.text);
	return e;
}

static struct evidence_result close_all(struct evidence_set *e)
{
	struct evidence_result result;
	struct error err = { "" };
	cr_assert_eq(evidence_close(e, &result, &err), 0, "%s", err.text);
	return result;
}

/* The packet numbers in a file, told by their times. */
static size_t read_back(const char *name, uint64_t *numbers, size_t max)
{
	char path[160];
	struct input *in;
	struct frame frame;
	struct error err = { "" };
	size_t count = 0;
	snprintf(path, sizeof path, "%s/%s", dir, name);
	cr_assert_eq(input_file_open(&in, path, NULL, &err), 0, "%s", err.text);
	while (input_next(in, &frame, &err) == INPUT_FRAME && count < max)
		numbers[count++] = (uint64_t)frame.time_us / 1000000;
	input_close(in);
	return count;
}

Test(evidence, one_file_for_each_offender)
{
	const struct evidence_actor actors[] = { { .address = address("203.0.113.41") },
						 { .address = address("2001:db8::7") } };
	struct evidence_set *e = open_for(actors, 2, NULL);
	uint64_t numbers[8];
	struct frame f = udp_frame(ATTACKER, PBX, 1);
	add(e, &f);
	f = udp_frame(PBX, ATTACKER, 2);
	add(e, &f);
	f = udp_frame(PBX, PBX + 1, 3);
	add(e, &f);
	f = udp_frame(ATTACKER, ATTACKER, 4);
	add(e, &f);
	struct addr v6 = address("2001:db8::7"), pbx = address("198.51.100.1");
	struct error err;
	cr_assert_eq(evidence_add(e, &f, &pbx, &v6, &err), 0);
	struct evidence_result result = close_all(e);
	cr_expect_eq(result.files, 2);
	cr_expect_eq(result.packets, 4);
	cr_expect_eq(result.left_out, 0);
	cr_expect_eq(read_back("203.0.113.41.pcap", numbers, 8), 3);
	cr_expect(numbers[0] == 1 && numbers[1] == 2 && numbers[2] == 4);
	cr_expect_eq(read_back("2001_db8__7.pcap", numbers, 8), 1);
}

Test(evidence, counted_packets_have_room_before_all_others)
{
	const struct place places[] = { { 9, 0 }, { 5, 0 }, { 9, 0 } };
	const struct evidence_actor actor = { address("203.0.113.41"), places, 3 };
	const struct evidence_limits limits = { .max_packets = 4, .max_bytes = 1 << 20 };
	struct evidence_set *e = open_for(&actor, 1, &limits);
	uint64_t numbers[16];
	for (uint64_t n = 1; n <= 10; n++) {
		struct frame f = udp_frame(ATTACKER, PBX, n);
		add(e, &f);
	}
	struct evidence_result result = close_all(e);
	cr_expect_eq(result.packets, 4);
	cr_expect_eq(result.left_out, 6);
	cr_assert_eq(read_back("203.0.113.41.pcap", numbers, 16), 4);
	cr_expect(numbers[0] == 1 && numbers[1] == 2 && numbers[2] == 5 && numbers[3] == 9);
}

Test(evidence, bytes_are_bounded)
{
	const struct evidence_actor actor = { .address = address("203.0.113.41") };
	const struct evidence_limits limits = { .max_packets = 100, .max_bytes = 120 };
	struct evidence_set *e = open_for(&actor, 1, &limits);
	for (uint64_t n = 1; n <= 10; n++) {
		struct frame f = udp_frame(ATTACKER, PBX, n);
		add(e, &f);
	}
	cr_expect_eq(close_all(e).packets, 2, "frames of 53 bytes");
}

Test(evidence, each_link_type_has_its_file)
{
	const struct evidence_actor actor = { .address = address("203.0.113.41") };
	struct evidence_set *e = open_for(&actor, 1, NULL);
	uint64_t numbers[4];
	struct frame f = udp_frame(ATTACKER, PBX, 1);
	add(e, &f);
	packet_front(&packet, (uint8_t[14]){ [12] = 0x08 }, 14);
	f = frame_of(2, LINK_ETHERNET);
	add(e, &f);
	cr_expect_eq(close_all(e).files, 2);
	cr_expect_eq(read_back("203.0.113.41.pcap", numbers, 4), 1);
	cr_expect_eq(read_back("203.0.113.41-link1.pcap", numbers, 4), 1);
}

Test(evidence, looks_into_tunnels)
{
	struct addr source = { { 0 } }, destination = { { 0 } };
	udp_frame(ATTACKER, PBX, 1);
	packet_ipv4(&packet, 0x0a000001, 0x0a000002, 4, 7);
	struct frame f = frame_of(1, LINK_RAW);
	struct addr attacker = address("203.0.113.41"), pbx = address("198.51.100.1");
	cr_assert(evidence_addresses(&f, &source, &destination));
	cr_expect(addr_eq(&source, &attacker) && addr_eq(&destination, &pbx));
	for (size_t len = 0; len < f.bytes.len; len++) {
		uint8_t *exact = malloc(len ? len : 1);
		memcpy(exact, f.bytes.ptr, len);
		struct frame cut = f;
		cut.bytes = slice_of(exact, len);
		evidence_addresses(&cut, &source, &destination);
		free(exact);
	}
}

Test(evidence, files_are_private_and_links_are_refused)
{
	const struct evidence_actor actor = { .address = address("203.0.113.41") };
	char path[160], elsewhere[160];
	struct stat info;
	struct evidence_set *e = open_for(&actor, 1, NULL);
	struct frame f = udp_frame(ATTACKER, PBX, 1);
	add(e, &f);
	close_all(e);
	snprintf(path, sizeof path, "%s/203.0.113.41.pcap", dir);
	cr_assert_eq(stat(path, &info), 0);
	cr_expect_eq(info.st_mode & 0777, 0600);
	cr_assert_eq(stat(dir, &info), 0);
	cr_expect_eq(info.st_mode & 0777, 0700);

	snprintf(elsewhere, sizeof elsewhere, "%s/precious", folder);
	unlink(path);
	cr_assert_eq(symlink(elsewhere, path), 0);
	struct addr a = address("203.0.113.41");
	struct error err = { "" };
	e = open_for(&actor, 1, NULL);
	cr_expect_lt(evidence_add(e, &f, &a, &a, &err), 0);
	cr_expect_not_null(strstr(err.text, "cannot write evidence"));
	cr_expect_neq(stat(elsewhere, &info), 0);
	evidence_close(e, NULL, &err);
}

Test(evidence, directories_that_cannot_be)
{
	const struct evidence_actor actor = { .address = address("203.0.113.41") };
	struct evidence_set *e = NULL;
	struct error err = { "" };
	char path[160];
	snprintf(path, sizeof path, "%s/no/such/parent", folder);
	cr_expect_eq(evidence_open(&e, path, &actor, 1, NULL, &err), -ENOENT);
	cr_expect_not_null(strstr(err.text, "make its parent first"), "%s", err.text);
	snprintf(path, sizeof path, "%s/file", folder);
	FILE *file = fopen(path, "w");
	fclose(file);
	cr_expect_eq(evidence_open(&e, path, &actor, 1, NULL, &err), -ENOTDIR);
}

Test(evidence, reads_an_input_again)
{
	char path[160];
	uint64_t numbers[4];
	const struct evidence_actor actor = { .address = address("203.0.113.41") };
	struct error err = { "" };
	struct input *in;
	/* What a first pass wrote is a capture like any other. */
	struct evidence_set *e = open_for(&actor, 1, NULL);
	for (uint64_t n = 1; n <= 3; n++) {
		struct frame f = udp_frame(ATTACKER, PBX, n);
		add(e, &f);
	}
	close_all(e);
	snprintf(path, sizeof path, "%s/203.0.113.41.pcap", dir);
	cr_expect(evidence_can_reread(path));
	cr_expect_not(evidence_can_reread("-"));
	cr_expect_not(evidence_can_reread(dir));
	snprintf(dir, sizeof dir, "%s/again", folder);
	cr_assert_eq(input_file_open(&in, path, NULL, &err), 0);
	e = open_for(&actor, 1, NULL);
	cr_expect_eq(evidence_read(e, in, &err), 0);
	input_close(in);
	cr_expect_eq(close_all(e).packets, 3);
	cr_expect_eq(read_back("203.0.113.41.pcap", numbers, 4), 3);
}
