/* SPDX-License-Identifier: MIT */
/* tests/bench/bare_loop.c - the yardstick of scripts/bench: reads a capture with pcap_next_ex and does nothing but count.
 * cc -O2 -o bare_loop bare_loop.c -lpcap */
#include <pcap/pcap.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	char error[PCAP_ERRBUF_SIZE];
	pcap_t *in = argc == 2 ? pcap_open_offline(argv[1], error) : NULL;
	if (!in)
		return 1;
	struct pcap_pkthdr *header;
	const u_char *bytes;
	unsigned long long packets = 0, sum = 0;
	while (pcap_next_ex(in, &header, &bytes) == 1) {
		packets++;
		sum += header->caplen + (header->caplen ? bytes[0] : 0);
	}
	pcap_close(in);
	printf("%llu %llu\n", packets, sum);
	return 0;
}
