/* SPDX-License-Identifier: MIT */
#include "capture/input_live.h"

#include "capture/input_linktype.h"
#include "core/clock.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdlib.h>

/* An interface by libpcap: slower than the own ring (a copy and some calls a frame), but it knows every kind of interface. */

enum { SNAPLEN_ALL = 262144 };

struct input_pcap_live {
	struct input_live live;
	pcap_t *pcap;
	uint16_t link_type;
};

static struct input_pcap_live *of(const struct input_live *in)
{
	return (struct input_pcap_live *)(uintptr_t)in;
}

static enum input_status pcap_live_next(struct input *in, struct frame *frame, struct error *err)
{
	struct input_pcap_live *p = (struct input_pcap_live *)in;
	struct pcap_pkthdr *header;
	const uint8_t *bytes;
	int code = pcap_next_ex(p->pcap, &header, &bytes);
	if (code == 0)
		return INPUT_IDLE;
	if (code == PCAP_ERROR_IFACE_NOT_UP || (code < 0 && strstr(pcap_geterr(p->pcap), "went down"))) {
		/* libpcap goes on by itself when the interface is up again; it says this once each time. */
		p->live.counters.times_down++;
		return INPUT_IDLE;
	}
	if (code < 0) {
		error_set(err, -EIO, "%s: %s", in->name, pcap_geterr(p->pcap));
		return INPUT_FAILED;
	}
	frame->time_us = header->ts.tv_sec * SECOND_US + header->ts.tv_usec;
	frame->number = ++p->live.counters.received;
	frame->bytes = slice_of(bytes, header->caplen);
	frame->wire_len = header->len > header->caplen ? header->len : header->caplen;
	frame->link_type = p->link_type;
	frame->input = in->index;
	in->frames++;
	in->bytes += header->caplen;
	return INPUT_FRAME;
}

static void pcap_live_close(struct input *in)
{
	struct input_pcap_live *p = (struct input_pcap_live *)in;
	if (p->pcap)
		pcap_close(p->pcap);
	free((void *)(uintptr_t)in->name);
	free(p);
}

static size_t fds(struct input_live *in, struct pollfd *out, size_t room)
{
	int fd = pcap_get_selectable_fd(of(in)->pcap);
	if (room == 0 || fd < 0)
		return 0;
	out[0] = (struct pollfd){ .fd = fd, .events = POLLIN };
	return 1;
}

static void count(struct input_live *in)
{
	struct pcap_stat stat;
	if (pcap_stats(of(in)->pcap, &stat) == 0)
		in->counters.kernel_drops = (uint64_t)stat.ps_drop + stat.ps_ifdrop;
}

static int refuse(struct input_pcap_live *p, int code, struct error *err)
{
	const char *name = p->live.input.name;
	switch (code) {
	case PCAP_ERROR_PERM_DENIED:
	case PCAP_ERROR_PROMISC_PERM_DENIED:
		return error_set(err, -EPERM,
				 "%s: capturing needs the right CAP_NET_RAW: run as root (it is given up at once), or "
				 "`setcap cap_net_raw+p` on the program",
				 name);
	case PCAP_ERROR_NO_SUCH_DEVICE:
		return error_set(err, -ENODEV, "%s: there is no interface of that name; `ip link` lists them", name);
	default:
		return error_set(err, -EIO, "%s: %s: %s", name, pcap_statustostr(code), pcap_geterr(p->pcap));
	}
}

static int set_filter(struct input_pcap_live *p, const char *filter, struct error *err)
{
	struct bpf_program code;
	if (!filter || !*filter)
		return 0;
	if (pcap_compile(p->pcap, &code, filter, 1, PCAP_NETMASK_UNKNOWN) < 0)
		return error_set(err, -EINVAL, "filter \"%s\": %s (see pcap-filter(7))", filter, pcap_geterr(p->pcap));
	int bad = pcap_setfilter(p->pcap, &code);
	pcap_freecode(&code);
	return bad ? error_set(err, -EINVAL, "filter \"%s\": %s", filter, pcap_geterr(p->pcap)) : 0;
}

static int start(struct input_pcap_live *p, const struct live_options *o, struct error *err)
{
	char text[PCAP_ERRBUF_SIZE] = "";
	p->pcap = pcap_create(p->live.input.name, text);
	if (!p->pcap)
		return error_set(err, -EIO, "%s: %s", p->live.input.name, text);
	pcap_set_snaplen(p->pcap, o->snaplen_bytes ? (int)o->snaplen_bytes : SNAPLEN_ALL);
	pcap_set_promisc(p->pcap, o->is_promiscuous);
	pcap_set_buffer_size(p->pcap, o->ring_bytes > INT32_MAX ? INT32_MAX : (int)o->ring_bytes);
	pcap_set_timeout(p->pcap, (int)o->retire_ms);
	int code = pcap_activate(p->pcap);
	if (code < 0)
		return refuse(p, code, err);
	if (pcap_setnonblock(p->pcap, 1, text) < 0)
		return error_set(err, -EIO, "%s: %s", p->live.input.name, text);
	p->link_type = linktype_from_dlt(pcap_datalink(p->pcap));
	return set_filter(p, o->filter, err);
}

int input_pcap_live_open(struct input_live **out, const char *interface, const struct live_options *options, struct error *err)
{
	static const struct input_ops input_ops = { pcap_live_next, pcap_live_close };
	static const struct input_live_ops live_ops = { fds, NULL, count, NULL };
	struct input_pcap_live *p = calloc(1, sizeof *p);
	if (!p)
		return error_set(err, -ENOMEM, "%s: out of memory", interface);
	p->live.input.ops = &input_ops;
	p->live.ops = &live_ops;
	p->live.gives_frames = true;
	p->live.latency_us = (options->retire_ms + 20) * (SECOND_US / 1000);
	p->live.input.name = strdup(interface);
	int bad = p->live.input.name ? start(p, options, err)
				     : error_set(err, -ENOMEM, "%s: out of memory", interface);
	if (bad)
		pcap_live_close(&p->live.input);
	else
		*out = &p->live;
	return bad;
}
