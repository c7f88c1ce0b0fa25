/* SPDX-License-Identifier: MIT */
#include "capture/input_afpacket.h"

#include "capture/input_filter.h"
#include "capture/input_linktype.h"
#include "core/clock.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* Blocks of 256 KiB: at 100,000 packets a second one fills in some milliseconds, so that waking up costs nothing; and a quiet
 * interface, which uses up one block each retire_ms, still leaves more than a second in which we may be busy elsewhere. A frame
 * can not be longer than a block, and the card's receive offload makes frames of 64 KiB. */
enum { BLOCK_BYTES = 256 << 10, BLOCKS_MIN = 4, VLAN_TAG = 4, MAC_ADDRESSES = 12, SNAPLEN_ALL = 262144 };

/* Asked often enough that the kernel's 32-bit counts can not wrap unseen. */
#define COUNT_EVERY ((uint64_t)1 << 28)

struct input_afpacket {
	struct input_live live;
	struct live_options options;
	int fd;
	int ifindex; /* -1: the interface is gone */
	unsigned arphrd;
	uint16_t link_type;
	bool skip_outgoing;
	uint8_t *ring;
	size_t ring_bytes;
	unsigned block_count, block; /* the one being read */
	uint32_t frames_left;	     /* in it */
	uint8_t *at;		     /* the next frame in it */
	bool holds_block;
	uint64_t counted_at;
	struct input_filter *filter; /* only where the kernel could not be given it */
};

static struct input_afpacket *of(const struct input_live *in)
{
	return (struct input_afpacket *)(uintptr_t)in;
}

/* --- reading the ring --- */

static struct tpacket_block_desc *block_at(const struct input_afpacket *p)
{
	return (struct tpacket_block_desc *)(void *)(p->ring + (size_t)p->block * BLOCK_BYTES);
}

static void give_back(struct input_afpacket *p)
{
	if (!p->holds_block)
		return;
	/* All reads of the block are done before the kernel may write to it again. */
	__atomic_store_n(&block_at(p)->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
	p->holds_block = false;
	if (++p->block == p->block_count)
		p->block = 0;
}

static bool take_block(struct input_afpacket *p)
{
	struct tpacket_block_desc *b = block_at(p);
	if (!(__atomic_load_n(&b->hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER))
		return false;
	p->holds_block = true;
	p->frames_left = b->hdr.bh1.num_pkts;
	p->at = (uint8_t *)b + b->hdr.bh1.offset_to_first_pkt;
	return true;
}

/* The kernel keeps a tag beside the frame. Room before the frame was reserved for it, so the two addresses move forward by its
 * length and the frame is whole again. */
static void put_tag_back(const struct tpacket3_hdr *h, struct slice *bytes, uint32_t *wire_len)
{
	if (bytes->len < MAC_ADDRESSES || h->tp_mac < TPACKET_ALIGN(sizeof *h) + sizeof(struct sockaddr_ll) + VLAN_TAG)
		return;
	uint8_t *start = (uint8_t *)(uintptr_t)bytes->ptr - VLAN_TAG;
	uint16_t tpid = h->tp_status & TP_STATUS_VLAN_TPID_VALID ? h->hv1.tp_vlan_tpid : ETH_P_8021Q;
	uint16_t tci = (uint16_t)h->hv1.tp_vlan_tci;
	memmove(start, bytes->ptr, MAC_ADDRESSES);
	start[12] = (uint8_t)(tpid >> 8);
	start[13] = (uint8_t)tpid;
	start[14] = (uint8_t)(tci >> 8);
	start[15] = (uint8_t)tci;
	*bytes = slice_of(start, bytes->len + VLAN_TAG);
	*wire_len += VLAN_TAG;
}

/* One frame of the block; false: it is left out. */
static bool read_frame(struct input_afpacket *p, struct frame *frame)
{
	const struct tpacket3_hdr *h = (const struct tpacket3_hdr *)(const void *)p->at;
	struct input *in = &p->live.input;
	p->frames_left--;
	p->at += h->tp_next_offset;
	if (p->frames_left)
		__builtin_prefetch(p->at + h->tp_mac);
	p->live.counters.received++;
	if (__builtin_expect(p->skip_outgoing, 0)) {
		const struct sockaddr_ll *from = (const struct sockaddr_ll *)((const uint8_t *)h + TPACKET_ALIGN(sizeof *h));
		if (from->sll_pkttype == PACKET_OUTGOING) {
			p->live.counters.copies++;
			return false;
		}
	}
	frame->time_us = h->tp_sec * SECOND_US + h->tp_nsec / 1000;
	frame->bytes = slice_of((const uint8_t *)h + h->tp_mac, h->tp_snaplen);
	frame->wire_len = h->tp_len;
	if (__builtin_expect(h->tp_status & TP_STATUS_VLAN_VALID, 0))
		put_tag_back(h, &frame->bytes, &frame->wire_len);
	frame->number = p->live.counters.received;
	frame->link_type = p->link_type;
	frame->input = in->index;
	if (__builtin_expect(p->filter != NULL, 0) && !input_filter_accepts(p->filter, frame, in))
		return false;
	in->frames++;
	in->bytes += frame->bytes.len;
	return true;
}

static void count(struct input_live *in)
{
	struct input_afpacket *p = of(in);
	struct tpacket_stats_v3 stats = { 0 };
	socklen_t len = sizeof stats;
	p->counted_at = in->counters.received;
	/* Reading sets the kernel's counts to zero. */
	if (getsockopt(p->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len) < 0)
		return;
	in->counters.kernel_drops += stats.tp_drops;
	in->counters.ring_freezes += stats.tp_freeze_q_cnt;
}

static enum input_status afpacket_next(struct input *in, struct frame *frame, struct error *err)
{
	struct input_afpacket *p = (struct input_afpacket *)in;
	(void)err;
	for (;;) {
		while (p->frames_left) {
			if (read_frame(p, frame))
				return INPUT_FRAME;
		}
		give_back(p);
		if (!take_block(p))
			return INPUT_IDLE;
		if (p->live.counters.received - p->counted_at > COUNT_EVERY)
			count(&p->live);
	}
}

/* --- interfaces that come and go --- */

static size_t fds(struct input_live *in, struct pollfd *out, size_t room)
{
	if (room == 0)
		return 0;
	out[0] = (struct pollfd){ .fd = of(in)->fd, .events = POLLIN };
	return 1;
}

static bool ask(int fd, unsigned long request, const char *name, struct ifreq *r)
{
	memset(r, 0, sizeof *r);
	memcpy(r->ifr_name, name, strlen(name) + 1); /* its length was checked when the input was opened */
	return ioctl(fd, request, r) == 0;
}

static int bind_to(struct input_afpacket *p, int ifindex)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = ifindex };
	struct packet_mreq promiscuous = { .mr_ifindex = ifindex, .mr_type = PACKET_MR_PROMISC };
	if (bind(p->fd, (const struct sockaddr *)&address, sizeof address) < 0)
		return -errno;
	if (p->options.is_promiscuous &&
	    setsockopt(p->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous, sizeof promiscuous) < 0)
		return -errno;
	p->ifindex = ifindex;
	return 0;
}

/* Compares what is with what we know. Frames of an interface that only went down and up come again by themselves; one that was
 * removed must be bound to anew, if its successor is of the same kind. */
static void links_changed(struct input_live *in)
{
	struct input_afpacket *p = of(in);
	struct ifreq r;
	int ifindex = ask(p->fd, SIOCGIFINDEX, in->input.name, &r) ? r.ifr_ifindex : -1;
	bool was_down = in->is_down;
	if (ifindex != p->ifindex) {
		p->ifindex = -1;
		if (ifindex > 0 && ask(p->fd, SIOCGIFHWADDR, in->input.name, &r) && r.ifr_hwaddr.sa_family == p->arphrd)
			bind_to(p, ifindex);
	}
	in->is_down = p->ifindex < 0 || !ask(p->fd, SIOCGIFFLAGS, in->input.name, &r) || !(r.ifr_flags & IFF_UP);
	if (in->is_down && !was_down)
		in->counters.times_down++;
}

static void woken(struct input_live *in, const struct pollfd *fds_, size_t n)
{
	int error;
	socklen_t len = sizeof error;
	if (n == 0 || !(fds_[0].revents & (POLLERR | POLLHUP)))
		return;
	/* ENETDOWN, mostly. Asking for it clears it, else poll would return at once for ever. */
	getsockopt(of(in)->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	links_changed(in);
}

static void afpacket_close(struct input *in)
{
	struct input_afpacket *p = (struct input_afpacket *)in;
	if (p->ring)
		munmap(p->ring, p->ring_bytes);
	if (p->fd >= 0)
		close(p->fd);
	input_filter_free(p->filter);
	free((void *)(uintptr_t)in->name);
	free(p);
}

/* --- opening --- */

static int open_socket(struct input_afpacket *p, struct error *err)
{
	/* Protocol 0: nothing arrives before the ring is there and bind says what to take. */
	p->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (p->fd >= 0)
		return 0;
	if (errno == EPERM || errno == EACCES)
		return error_set(err, -EPERM,
				 "%s: capturing needs the right CAP_NET_RAW: run as root (it is given up at once), or "
				 "`setcap cap_net_raw+p` on the program",
				 p->live.input.name);
	return error_set(err, -errno, "%s: no packet socket: %s", p->live.input.name, strerror(errno));
}

static int look_at_interface(struct input_afpacket *p, int *ifindex, struct error *err)
{
	const char *name = p->live.input.name;
	struct ifreq r;
	if (strlen(name) >= sizeof r.ifr_name || !ask(p->fd, SIOCGIFINDEX, name, &r))
		return error_set(err, -ENODEV, "%s: there is no interface of that name; `ip link` lists them", name);
	*ifindex = r.ifr_ifindex;
	if (!ask(p->fd, SIOCGIFHWADDR, name, &r))
		return error_set(err, -errno, "%s: %s", name, strerror(errno));
	p->arphrd = r.ifr_hwaddr.sa_family;
	p->skip_outgoing = p->arphrd == ARPHRD_LOOPBACK;
	if (p->arphrd == ARPHRD_ETHER || p->arphrd == ARPHRD_LOOPBACK)
		p->link_type = LINKTYPE_ETHERNET;
	else if (p->arphrd == ARPHRD_NONE)
		p->link_type = LINKTYPE_RAW;
	else
		return error_set(err, -EOPNOTSUPP, "%s: interfaces of type %u are not read by AF_PACKET", name, p->arphrd);
	p->live.is_down = !ask(p->fd, SIOCGIFFLAGS, name, &r) || !(r.ifr_flags & IFF_UP);
	return 0;
}

/* libpcap compiles the expression as for its own capture of this interface, so that it also means tags the kernel took out. */
static bool compile_for_kernel(struct input_afpacket *p, struct bpf_program *code)
{
	char text[PCAP_ERRBUF_SIZE];
	pcap_t *pcap = pcap_create(p->live.input.name, text);
	bool good = false;
	if (pcap) {
		pcap_set_snaplen(pcap, p->options.snaplen_bytes ? (int)p->options.snaplen_bytes : SNAPLEN_ALL);
		pcap_set_buffer_size(pcap, 1 << 20);
		good = pcap_activate(pcap) >= 0 && pcap_compile(pcap, code, p->options.filter, 1, PCAP_NETMASK_UNKNOWN) == 0;
		pcap_close(pcap);
	}
	return good;
}

static int attach(struct input_afpacket *p, const struct sock_fprog *program, struct error *err)
{
	if (setsockopt(p->fd, SOL_SOCKET, SO_ATTACH_FILTER, program, sizeof *program) < 0)
		return error_set(err, -errno, "%s: the kernel refuses the filter: %s", p->live.input.name, strerror(errno));
	return 0;
}

/* A filter's value is the number of bytes to keep, so one without conditions is how a snapshot length is set. */
static int set_snaplen(struct input_afpacket *p, struct error *err)
{
	struct sock_filter keep = { .code = BPF_RET | BPF_K, .k = p->options.snaplen_bytes };
	struct sock_fprog program = { 1, &keep };
	return p->options.snaplen_bytes ? attach(p, &program, err) : 0;
}

static int set_filter(struct input_afpacket *p, struct error *err)
{
	struct input_filter *check;
	struct bpf_program code;
	if (!p->options.filter || !*p->options.filter)
		return set_snaplen(p, err);
	int bad = input_filter_new(&check, p->options.filter, p->link_type, err);
	if (bad)
		return bad;
	if (!compile_for_kernel(p, &code)) { /* the interface is down */
		p->filter = check;
		return set_snaplen(p, err);
	}
	input_filter_free(check);
	struct sock_fprog program = { (unsigned short)code.bf_len, (struct sock_filter *)(void *)code.bf_insns };
	bad = attach(p, &program, err);
	pcap_freecode(&code);
	return bad;
}

static int make_ring(struct input_afpacket *p, struct error *err)
{
	int version = TPACKET_V3, reserve = VLAN_TAG;
	if (setsockopt(p->fd, SOL_PACKET, PACKET_VERSION, &version, sizeof version) < 0 ||
	    setsockopt(p->fd, SOL_PACKET, PACKET_RESERVE, &reserve, sizeof reserve) < 0)
		return error_set(err, -EOPNOTSUPP, "%s: the kernel has no TPACKET_V3", p->live.input.name);
	size_t blocks = p->options.ring_bytes / BLOCK_BYTES;
	for (blocks = blocks < BLOCKS_MIN ? BLOCKS_MIN : blocks;; blocks /= 2) {
		struct tpacket_req3 want = { .tp_block_size = BLOCK_BYTES,
					     .tp_block_nr = (unsigned)blocks,
					     .tp_frame_size = TPACKET_ALIGNMENT << 7,
					     .tp_frame_nr = (unsigned)(blocks * (BLOCK_BYTES / (TPACKET_ALIGNMENT << 7))),
					     .tp_retire_blk_tov = p->options.retire_ms };
		if (setsockopt(p->fd, SOL_PACKET, PACKET_RX_RING, &want, sizeof want) == 0)
			break;
		if (errno != ENOMEM || blocks / 2 < BLOCKS_MIN)
			return error_set(err, -errno, "%s: no ring of %zu bytes: %s; try a smaller one", p->live.input.name,
					 blocks * BLOCK_BYTES, strerror(errno));
	}
	p->block_count = (unsigned)blocks;
	p->ring_bytes = blocks * BLOCK_BYTES;
	void *ring = mmap(NULL, p->ring_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, p->fd, 0);
	if (ring == MAP_FAILED)
		return error_set(err, -errno, "%s: the ring can not be mapped: %s", p->live.input.name, strerror(errno));
	p->ring = ring;
	return 0;
}

static int start(struct input_afpacket *p, struct error *err)
{
	int ifindex = -1;
	int bad = open_socket(p, err);
	if (!bad)
		bad = look_at_interface(p, &ifindex, err);
	if (!bad)
		bad = make_ring(p, err);
	if (!bad)
		bad = set_filter(p, err);
	if (bad)
		return bad;
	bad = bind_to(p, ifindex);
	return bad ? error_set(err, bad, "%s: %s", p->live.input.name, strerror(-bad)) : 0;
}

int input_afpacket_open(struct input_live **out, const char *interface, const struct live_options *options, struct error *err)
{
	static const struct input_ops input_ops = { afpacket_next, afpacket_close };
	static const struct input_live_ops live_ops = { fds, woken, count, links_changed };
	struct input_afpacket *p = calloc(1, sizeof *p);
	if (!p)
		return error_set(err, -ENOMEM, "%s: out of memory", interface);
	p->options = *options;
	p->fd = p->ifindex = -1;
	p->live.input.ops = &input_ops;
	p->live.ops = &live_ops;
	p->live.gives_frames = true;
	/* The timer that retires a block counts in ticks of the kernel, the coarsest of which are 10 ms. */
	p->live.latency_us = (p->options.retire_ms + 20) * (SECOND_US / 1000);
	p->live.input.name = strdup(interface);
	int bad = p->live.input.name ? start(p, err) : error_set(err, -ENOMEM, "%s: out of memory", interface);
	p->options.filter = NULL; /* the caller's, and used up */
	if (bad)
		afpacket_close(&p->live.input);
	else
		*out = &p->live;
	return bad;
}

bool input_is_afpacket(const struct input_live *in)
{
	return in->input.ops->next == afpacket_next;
}

int input_afpacket_fd(const struct input_live *in)
{
	return of(in)->fd;
}
