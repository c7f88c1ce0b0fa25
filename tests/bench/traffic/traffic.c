/* SPDX-License-Identifier: MIT */
/* traffic - makes a capture or a log of a chosen kind and size, and says what is in it. The same kind, seed
 *and size give the same bytes on every machine. scripts/bench measures with it, the tests compare counts with
 *it.
 *
 *	cc -O2 -D_GNU_SOURCE -o traffic tests/bench/traffic/[a-z]*.c
 *	traffic scan --megabytes 100 --output scan.pcap
 *
 * Prints one line of JSON. */
#include "frame.h"
#include "workload.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const struct workload {
	const char *name;
	void (*write)(struct recording *r);
	bool is_log;
	const char *about;
} workloads[] = {
	{ "scan", workload_scan, false,
	  "scanners over UDP: sweeps, accounts, passwords, toll fraud; a fifth are answers" },
	{ "pbx", workload_pbx, false, "the uplink of a PBX: 3 % SIP, 90 % RTP and RTCP, 7 % DNS, HTTP, TLS" },
	{ "tcp", workload_tcp, false, "SIP over TCP: split, joined, swapped and repeated segments" },
	{ "flood", workload_flood, false, "a new sender for each packet" },
	{ "phones", workload_phones, false, "200,000 honest phones, all in the middle of something" },
	{ "asterisk", workload_asterisk, true, "a full log of Asterisk, one line in ten an attack" },
	{ "freeswitch", workload_freeswitch, true, "a log of FreeSWITCH, one line in ten an attack" },
};
enum { WORKLOADS = sizeof workloads / sizeof *workloads, PACKET_GAP_US = 100, LINE_GAP_US = 5000 };

static void usage(void)
{
	fputs("Usage: traffic KIND [--seed N] [--megabytes N | --count N] --output FILE\n\n", stderr);
	for (size_t i = 0; i < WORKLOADS; i++)
		fprintf(stderr, "  %-11s %s\n", workloads[i].name, workloads[i].about);
	fputs("\n--count is of packets or lines. A file is a little larger than asked for: nothing in it is "
	      "cut short.\n",
	      stderr);
	exit(2);
}

static uint64_t number_of(const char *text)
{
	char *end;
	uint64_t number = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end)
		usage();
	return number;
}

static const struct workload *workload_named(const char *name)
{
	for (size_t i = 0; i < WORKLOADS; i++)
		if (strcmp(workloads[i].name, name) == 0)
			return &workloads[i];
	usage();
	return NULL;
}

static void tell(const struct workload *workload, uint64_t seed, const struct recording *r)
{
	printf("{\"workload\":\"%s\",\"seed\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"%s\":%" PRIu64,
	       workload->name, seed, r->bytes, workload->is_log ? "lines" : "packets", r->items);
	if (workload->is_log)
		truth_print_log(&r->truth);
	else
		truth_print_capture(&r->truth);
	printf("}\n");
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "megabytes", required_argument, NULL, 'm' },
		{ "count", required_argument, NULL, 'c' },
		{ "output", required_argument, NULL, 'o' },
		{ NULL, 0, NULL, 0 },
	};
	uint64_t seed = 1, megabytes = 0, count = 0;
	const char *path = NULL;
	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		switch (option) {
		case 's':
			seed = number_of(optarg);
			break;
		case 'm':
			megabytes = number_of(optarg);
			break;
		case 'c':
			count = number_of(optarg);
			break;
		case 'o':
			path = optarg;
			break;
		default:
			usage();
		}
	}
	if (optind + 1 != argc || !path || !megabytes == !count)
		usage();
	const struct workload *workload = workload_named(argv[optind]);

	struct recording r;
	recording_open(&r, path, seed);
	r.limit_bytes = megabytes * 1000000;
	r.limit_items = count;
	r.mean_gap_us = workload->is_log ? LINE_GAP_US : PACKET_GAP_US;
	if (!workload->is_log)
		frame_file_header(&r);
	workload->write(&r);
	recording_close(&r, path);
	tell(workload, seed, &r);
	return 0;
}
