/* SPDX-License-Identifier: MIT */
/* tests/live/touch_reader.c INTERFACE RING-MIB - the yardstick of speed.sh: the least that a reader of a mirror port can do. A
 * TPACKET_V3 ring, one byte of each cache line of each frame; prints JSON like probe.c at SIGTERM. */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>

enum { BLOCK = 256 << 10 };
static volatile sig_atomic_t is_over;

static void stop(int signal)
{
	(void)signal;
	is_over = 1;
}

int main(int argc, char **argv)
{
	int version = TPACKET_V3, fd = socket(AF_PACKET, SOCK_RAW, 0);
	unsigned blocks = argc == 3 ? (unsigned)atoi(argv[2]) * 4 : 0, at = 0;
	struct tpacket_req3 r = { .tp_block_size = BLOCK, .tp_block_nr = blocks, .tp_frame_size = 2048,
				  .tp_frame_nr = blocks * (BLOCK / 2048), .tp_retire_blk_tov = 20 };
	if (fd < 0 || setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof version) ||
	    setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &r, sizeof r))
		return 1;
	uint8_t *ring = mmap(NULL, (size_t)blocks * BLOCK, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	struct sockaddr_ll a = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = (int)if_nametoindex(argv[1]) };
	if (ring == MAP_FAILED || bind(fd, (struct sockaddr *)&a, sizeof a))
		return 1;
	struct sigaction action = { .sa_handler = stop };
	sigaction(SIGTERM, &action, NULL);
	fputs("ready\n", stderr);
	uint64_t frames = 0, sum = 0;
	while (!is_over) {
		struct tpacket_block_desc *b = (struct tpacket_block_desc *)(void *)(ring + (size_t)at * BLOCK);
		if (!(__atomic_load_n(&b->hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER)) {
			struct pollfd p = { .fd = fd, .events = POLLIN };
			poll(&p, 1, 200);
			continue;
		}
		const uint8_t *h = (const uint8_t *)b + b->hdr.bh1.offset_to_first_pkt;
		for (uint32_t i = 0; i < b->hdr.bh1.num_pkts; i++) {
			const struct tpacket3_hdr *t = (const struct tpacket3_hdr *)(const void *)h;
			for (uint32_t n = 0; n < t->tp_snaplen; n += 64)
				sum += h[t->tp_mac + n];
			frames++;
			h += t->tp_next_offset;
		}
		__atomic_store_n(&b->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
		at = (at + 1) % blocks;
	}
	struct tpacket_stats_v3 s = { 0 };
	socklen_t len = sizeof s;
	struct rusage use;
	getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &s, &len);
	getrusage(RUSAGE_SELF, &use);
	printf("{\"frames\":%llu,\"sum\":%llu,\"cpu_us\":%lld,\"user_us\":%lld,\"inputs\":[{\"kernel_drops\":%u}]}\n", (unsigned long long)frames,
	       (unsigned long long)sum, (use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1000000LL + use.ru_utime.tv_usec + use.ru_stime.tv_usec,
	       use.ru_utime.tv_sec * 1000000LL + use.ru_utime.tv_usec, s.tp_drops);
	return 0;
}
