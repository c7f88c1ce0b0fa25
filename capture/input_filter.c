/* SPDX-License-Identifier: MIT */
#include "capture/input_filter.h"

#include "capture/input_linktype.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdlib.h>

enum { PROGRAMS_MAX = 32, SNAPLEN = 262144 };

struct program {
	uint16_t link_type;
	bool is_usable;
	struct bpf_program code;
};

struct input_filter {
	char *expression;
	struct program programs[PROGRAMS_MAX];
	size_t count;
	size_t last; /* used last; most files have one link type */
};

static int compile(struct input_filter *f, struct program *p, struct error *err)
{
	pcap_t *dead = pcap_open_dead(linktype_to_dlt(p->link_type), SNAPLEN);
	if (!dead)
		return error_set(err, -ENOMEM, "out of memory");
	int code = 0;
	p->is_usable = pcap_compile(dead, &p->code, f->expression, 1, PCAP_NETMASK_UNKNOWN) == 0;
	if (!p->is_usable)
		code = error_set(err, -EINVAL, "filter \"%s\": %s (see pcap-filter(7))", f->expression,
				 pcap_geterr(dead));
	pcap_close(dead);
	return code;
}

int input_filter_new(struct input_filter **out, const char *expression, uint16_t link_type, struct error *err)
{
	struct input_filter *f = calloc(1, sizeof *f);
	if (f)
		f->expression = strdup(expression);
	if (!f || !f->expression) {
		input_filter_free(f);
		return error_set(err, -ENOMEM, "out of memory");
	}
	f->programs[0].link_type = link_type;
	f->count = 1;
	int code = compile(f, &f->programs[0], err);
	if (code < 0) {
		input_filter_free(f);
		return code;
	}
	*out = f;
	return 0;
}

void input_filter_free(struct input_filter *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->count; i++) {
		if (f->programs[i].is_usable)
			pcap_freecode(&f->programs[i].code);
	}
	free(f->expression);
	free(f);
}

/* NULL: there is none and cannot be one. */
static const struct program *program_for(struct input_filter *f, uint16_t link_type)
{
	if (f->programs[f->last].link_type == link_type)
		return &f->programs[f->last];
	for (size_t i = 0; i < f->count; i++) {
		if (f->programs[i].link_type == link_type) {
			f->last = i;
			return &f->programs[i];
		}
	}
	if (f->count == PROGRAMS_MAX)
		return NULL;
	f->last = f->count++;
	f->programs[f->last].link_type = link_type;
	compile(f, &f->programs[f->last], NULL);
	return &f->programs[f->last];
}

bool input_filter_accepts(struct input_filter *f, const struct frame *frame, struct input *in)
{
	const struct program *p = program_for(f, frame->link_type);
	if (!p || !p->is_usable) {
		if (in->damaged++ == 0)
			error_set(&in->damage, 0,
				  "%s: packet %llu: the filter cannot be used with its link type %u",
				  in->name, (unsigned long long)frame->number, frame->link_type);
		return false;
	}
	struct pcap_pkthdr header = { .caplen = (bpf_u_int32)frame->bytes.len, .len = frame->wire_len };
	return pcap_offline_filter(&p->code, &header, frame->bytes.ptr) != 0;
}
