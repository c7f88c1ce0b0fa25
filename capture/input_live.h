/* SPDX-License-Identifier: MIT */
#ifndef CAPTURE_INPUT_LIVE_H
#define CAPTURE_INPUT_LIVE_H

#include "capture/hep.h"
#include "capture/input.h"

#include <poll.h>

/* capture/input_live.h - inputs that do not end: network interfaces, and listeners for what mirrors and agents send. live.h reads
 * several of them in one thread.
 *
 * Life: an opener below (needs the rights); then the program may drop its rights (app/privileges.h); input_next gives INPUT_FRAME
 * or INPUT_IDLE, never INPUT_END; input_close. Nothing is ever sent: see input_afpacket.h.
 * INPUT_FAILED: this input is of no more use. An interface that goes down or away is no failure: it is idle until it comes back. */

/* What happened to an input since it was opened. */
struct live_counters {
	uint64_t received;	/* frames or datagrams or HEP packets that reached us, used or not */
	uint64_t kernel_drops;	/* lost before they reached us, because we were not quick enough */
	uint64_t ring_freezes;	/* how often the ring was full (AF_PACKET) */
	uint64_t copies;	/* second sight of what a loopback interface carries */
	uint64_t oversized;	/* larger than the room for one, cut */
	uint64_t times_down;	/* how often the interface went down or away */
	uint64_t not_for_us;	/* TZSP keep-alives, HEP payloads other than SIP */
	uint64_t refused;	/* HEP: missing or wrong key */
	uint64_t skewed;	/* HEP: time of the agent too far from ours, ours was taken */
	uint64_t evicted;	/* HEP over TCP: connections closed to make room */
	uint64_t broken;	/* not what should come here */
};

struct input_live;

/* What is NULL is not needed. */
struct input_live_ops {
	/* Puts what is to be waited for into at most `room` entries; returns how many. */
	size_t (*fds)(struct input_live *in, struct pollfd *fds, size_t room);
	/* The same entries after poll, when at least one of them has revents. */
	void (*woken)(struct input_live *in, const struct pollfd *fds, size_t count);
	/* Brings `counters` up to date with what the kernel counts. */
	void (*count)(struct input_live *in);
	/* Some interface of the system appeared, vanished or changed. */
	void (*links_changed)(struct input_live *in);
};

/* Each kind embeds this as its first member. */
struct input_live {
	struct input input;
	const struct input_live_ops *ops;
	struct live_counters counters;
	int64_t latency_us; /* a frame can be read at most this long after the time it carries */
	bool gives_frames;  /* false: HEP, whose messages go to a handler while input_next says INPUT_IDLE */
	bool is_down;	    /* the interface is; nothing can come */
};

struct live_options {
	const char *filter;	/* pcap-filter(7) expression for the kernel, or NULL */
	size_t ring_bytes;	/* memory for frames that wait for us, default 32 MiB; halved until the kernel has it */
	unsigned retire_ms;	/* frames are handed over at least this often, default 20 */
	uint32_t snaplen_bytes; /* of each frame, default 0: all */
	bool is_promiscuous;	/* default true */
};
extern const struct live_options live_defaults;

/* A network interface by name, with AF_PACKET (input_afpacket.h), or libpcap where that does not know the
 * kind of interface: "any" among others. -EPERM tells which right is missing. */
int input_interface_open(struct input_live **out, const char *interface, const struct live_options *options, struct error *err);
/* The same by libpcap alone. */
int input_pcap_live_open(struct input_live **out, const char *interface, const struct live_options *options, struct error *err);

enum { HEP_PORT = 9060, TZSP_PORT = 37008 }; /* where none is named */

/* Listens on UDP for TZSP (what MikroTik and others wrap mirrored frames in) and gives the inner Ethernet frames.
 * `address`: ADDRESS[:PORT], [IPV6]:PORT, *:PORT for all; PORT is 37008 when not given. */
int input_tzsp_open(struct input_live **out, const char *address, struct error *err);

/* One SIP message, or piece of one, that an agent saw. Borrowed for the length of the call. */
struct hep_message {
	int64_t time_us;
	uint64_t number;     /* 1-based, in this input */
	uint16_t input;
	struct endpoints ends;
	enum hep_transport transport;
	struct slice payload;
	struct slice correlation_id, node_name; /* absent: none */
	uint32_t capture_id;
	struct addr agent; /* who sent it to us */
};

struct hep_options {
	struct slice auth_key; /* packets without it are refused; absent: none is asked for. Kept by the caller. */
	int64_t max_skew_us;   /* an agent's time is believed within this distance from ours, default 10 s */
	size_t max_connections; /* over TCP, default 64, each costs 64 KiB while open */
	int64_t (*clock_us)(void); /* microseconds since 1970; needed for TCP, UDP has the kernel's time */
	void (*message)(void *ctx, const struct hep_message *m);
	void *ctx;
};
extern const struct hep_options hep_defaults;

/* Listens for HEP on UDP and TCP. `address` as above; PORT is 9060 when not given. */
int input_hep_open(struct input_live **out, const char *address, const struct hep_options *options,
		   struct error *err);

static inline void input_live_close(struct input_live *in)
{
	if (in)
		input_close(&in->input);
}

#endif
