/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_BLOCK_NETLINK_H
#define OUTPUT_BLOCK_NETLINK_H

#include "core/error.h"
#include "core/slice.h"

/* output/block/netlink.h - talks with the kernel by netlink(7): requests, dumps, transactions of nfnetlink,
 * events. Knows nothing of what is said; who uses it brings the message types. One thread. */

struct netlink {
	int fd;	       /* -1: not open; to wait on for events */
	uint32_t port; /* ours: events that we caused ourselves carry it */
	uint32_t seq;
};

/* A zeroed struct with fd -1 may be closed. `groups` of events to hear, as numbers (not bits), 0 ends; NULL:
 * none. Without the right to large buffers small ones are taken. */
int netlink_open(struct netlink *nl, int protocol, const unsigned *groups, struct error *err);
void netlink_close(struct netlink *nl);

/* ---- writing ---- */

/* Messages in a buffer of the caller's. What does not fit is left out and remembered: asked once, when
 * sending. */
struct netlink_out {
	uint8_t *bytes;
	size_t len, room;
	size_t message; /* where the one that is being written begins */
	bool is_full;
};

/* A message with its family header `head` (nfgenmsg, rtmsg ...). Returns its sequence number. */
uint32_t netlink_begin(struct netlink *nl, struct netlink_out *out, unsigned type, unsigned flags,
		       const void *head, size_t head_len);
void netlink_end(struct netlink_out *out);
void netlink_put(struct netlink_out *out, unsigned type, const void *data, size_t len);
void netlink_put_text(struct netlink_out *out, unsigned type, const char *text); /* with its NUL */
void netlink_put_u8(struct netlink_out *out, unsigned type, uint8_t value);
void netlink_put_be32(struct netlink_out *out, unsigned type, uint32_t value);
void netlink_put_be64(struct netlink_out *out, unsigned type, uint64_t value);
/* Attributes within an attribute: returns what netlink_nest_end wants. */
size_t netlink_nest(struct netlink_out *out, unsigned type);
void netlink_nest_end(struct netlink_out *out, size_t nest);

/* The brackets of an nfnetlink transaction: all that is between them happens, or nothing. One that is tried
 * has no closing bracket: the kernel answers as if it did it, and takes all of it back. */
void netlink_batch_begin(struct netlink *nl, struct netlink_out *out, unsigned subsystem);
void netlink_batch_end(struct netlink *nl, struct netlink_out *out);
void netlink_batch_try(struct netlink_out *out);

/* ---- reading ---- */

struct netlink_attribute {
	unsigned type; /* without the flags for nested and byte order */
	struct slice value;
};
/* Takes the next attribute off `rest`. False: the end, or something broken. */
bool netlink_next(struct slice *rest, struct netlink_attribute *out);
/* The first one of that type; absent when there is none. */
struct slice netlink_find(struct slice attributes, unsigned type);
/* Big endian numbers; 0 when the value is absent or of another size. */
uint32_t netlink_be32(struct slice value);
uint64_t netlink_be64(struct slice value);

struct netlink_message {
	uint16_t type, flags;
	uint32_t port;	   /* who caused it; 0: the kernel */
	struct slice body; /* after the header, family header included; borrowed for the call */
};
typedef void (*netlink_fn)(void *ctx, const struct netlink_message *m);

/* Sends one message that asks for a dump, and hands over what comes. 0; -EINTR: it changed meanwhile, ask
 * again; or the kernel's no. */
int netlink_dump(struct netlink *nl, const struct netlink_out *out, netlink_fn fn, void *ctx);
/* Sends one or more messages, the last with NLM_F_ACK, and waits: 0, or the first no. -EMSGSIZE: they did not
 * fit the buffer. */
int netlink_talk(struct netlink *nl, const struct netlink_out *out);
/* Hands over the events that are there, without waiting. -ENOBUFS: some were lost. */
int netlink_events(struct netlink *nl, netlink_fn fn, void *ctx);

#endif
