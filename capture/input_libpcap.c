/* SPDX-License-Identifier: MIT */
#include "capture/input_libpcap.h"

#include "capture/input_filter.h"
#include "capture/input_linktype.h"
#include "core/clock.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdlib.h>

struct input_libpcap {
	struct input input;
	pcap_t *pcap;
	struct input_filter *filter;
	uint64_t number;
	uint16_t link_type;
	bool has_ended;
};

static enum input_status libpcap_end(struct input_libpcap *p, int code)
{
	p->has_ended = true;
	p->input.read_bytes = p->input.size_bytes;
	/* libpcap tells damage and I/O errors by one value; nearly always it is damage. */
	if (code == PCAP_ERROR && p->input.damaged++ == 0)
		error_set(&p->input.damage, 0, "%s: after packet %llu: %s", p->input.name,
			  (unsigned long long)p->number, pcap_geterr(p->pcap));
	return INPUT_END;
}

static enum input_status libpcap_next(struct input *in, struct frame *frame, struct error *err)
{
	struct input_libpcap *p = (struct input_libpcap *)in;
	(void)err;
	while (!p->has_ended) {
		struct pcap_pkthdr *header;
		const uint8_t *bytes;
		int code = pcap_next_ex(p->pcap, &header, &bytes);
		if (code != 1)
			return libpcap_end(p, code);
		frame->time_us = header->ts.tv_sec * SECOND_US + header->ts.tv_usec;
		frame->number = ++p->number;
		frame->bytes = slice_of(bytes, header->caplen);
		frame->wire_len = header->len > header->caplen ? header->len : header->caplen;
		frame->link_type = p->link_type;
		frame->input = in->index;
		if (p->filter && !input_filter_accepts(p->filter, frame, in))
			continue;
		in->frames++;
		in->bytes += header->caplen;
		return INPUT_FRAME;
	}
	return INPUT_END;
}

static void libpcap_close(struct input *in)
{
	struct input_libpcap *p = (struct input_libpcap *)in;
	if (p->pcap)
		pcap_close(p->pcap);
	input_filter_free(p->filter);
	free((void *)(uintptr_t)in->name);
	free(p);
}

static int libpcap_start(struct input_libpcap *p, const char *path, const struct input_options *options,
			 struct error *err)
{
	char text[PCAP_ERRBUF_SIZE] = "";
	p->pcap = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_MICRO, text);
	if (!p->pcap)
		return error_set(err, -EINVAL, "%s: %s", path, text);
	p->link_type = linktype_from_file(linktype_from_dlt(pcap_datalink(p->pcap)));
	if (!options || !options->filter || !*options->filter)
		return 0;
	int code = input_filter_new(&p->filter, options->filter, p->link_type, err);
	return code == -EINVAL ? -EBADMSG : code;
}

int input_libpcap_open(struct input **out, const char *path, const struct input_options *options,
		       struct error *err)
{
	static const struct input_ops ops = { libpcap_next, libpcap_close };
	struct input_libpcap *p = calloc(1, sizeof *p);
	if (!p)
		return error_set(err, -ENOMEM, "%s: out of memory", path);
	p->input.ops = &ops;
	p->input.name = strdup(path);
	int code = p->input.name ? libpcap_start(p, path, options, err)
				 : error_set(err, -ENOMEM, "%s: out of memory", path);
	if (code < 0)
		libpcap_close(&p->input);
	else
		*out = &p->input;
	return code;
}
