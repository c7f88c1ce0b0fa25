/* SPDX-License-Identifier: MIT */
#include "output/block/netlink.h"

#include "core/cursor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum {
	RECEIVE_MAX = 65536, /* the kernel's pieces of a dump are at most half of that */
	BUFFER_BYTES = 1 << 20,
	EVENT_BUFFER_BYTES = 8 << 20,
	PATIENCE_S = 10, /* the kernel answers within the call that asks; a lost answer must not hang us */
};

/* ---- life ---- */

/* By force where we may: transactions are larger than the default. */
static void set_buffers(int fd, bool hears_events)
{
	int send = BUFFER_BYTES, receive = hears_events ? EVENT_BUFFER_BYTES : BUFFER_BYTES;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &send, sizeof send))
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send, sizeof send);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &receive, sizeof receive))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive, sizeof receive);
}

static int prepare(struct netlink *nl, const unsigned *groups)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK };
	struct timeval patience = { .tv_sec = PATIENCE_S };
	socklen_t len = sizeof address;
	int yes = 1;
	if (bind(nl->fd, (struct sockaddr *)&address, sizeof address) ||
	    getsockname(nl->fd, (struct sockaddr *)&address, &len))
		return -errno;
	nl->port = address.nl_pid;
	set_buffers(nl->fd, groups != NULL);
	/* Refusals come back without the message that was refused: it may be large. */
	setsockopt(nl->fd, SOL_NETLINK, NETLINK_CAP_ACK, &yes, sizeof yes);
	setsockopt(nl->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	for (; groups && *groups; groups++)
		if (setsockopt(nl->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, groups, sizeof *groups))
			return -errno;
	return 0;
}

int netlink_open(struct netlink *nl, int protocol, const unsigned *groups, struct error *err)
{
	*nl = (struct netlink){ .seq = 1 };
	nl->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	int bad = nl->fd < 0 ? -errno : prepare(nl, groups);
	if (bad) {
		netlink_close(nl);
		return error_set(err, bad, "the kernel can not be asked (netlink protocol %d): %s", protocol,
				 strerror(-bad));
	}
	return 0;
}

void netlink_close(struct netlink *nl)
{
	if (nl->fd >= 0)
		close(nl->fd);
	nl->fd = -1;
}

/* ---- writing ---- */

static void append(struct netlink_out *out, const void *data, size_t len)
{
	size_t padded = NLMSG_ALIGN(len);
	if (out->is_full || out->room - out->len < padded) {
		out->is_full = true;
		return;
	}
	memcpy(out->bytes + out->len, data, len);
	memset(out->bytes + out->len + len, 0, padded - len);
	out->len += padded;
}

uint32_t netlink_begin(struct netlink *nl, struct netlink_out *out, unsigned type, unsigned flags,
		       const void *head, size_t head_len)
{
	struct nlmsghdr header = { .nlmsg_type = (uint16_t)type,
				   .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags),
				   .nlmsg_seq = nl->seq++ };
	out->message = out->len;
	append(out, &header, sizeof header);
	append(out, head, head_len);
	return header.nlmsg_seq;
}

void netlink_end(struct netlink_out *out)
{
	uint32_t len = (uint32_t)(out->len - out->message);
	if (!out->is_full)
		memcpy(out->bytes + out->message, &len, sizeof len);
}

void netlink_put(struct netlink_out *out, unsigned type, const void *data, size_t len)
{
	struct nlattr header = { .nla_len = (uint16_t)(sizeof header + len), .nla_type = (uint16_t)type };
	append(out, &header, sizeof header);
	append(out, data, len);
}

void netlink_put_text(struct netlink_out *out, unsigned type, const char *text)
{
	netlink_put(out, type, text, strlen(text) + 1);
}

void netlink_put_u8(struct netlink_out *out, unsigned type, uint8_t value)
{
	netlink_put(out, type, &value, sizeof value);
}

void netlink_put_be32(struct netlink_out *out, unsigned type, uint32_t value)
{
	value = htonl(value);
	netlink_put(out, type, &value, sizeof value);
}

void netlink_put_be64(struct netlink_out *out, unsigned type, uint64_t value)
{
	uint32_t halves[2] = { htonl((uint32_t)(value >> 32)), htonl((uint32_t)value) };
	netlink_put(out, type, halves, sizeof halves);
}

size_t netlink_nest(struct netlink_out *out, unsigned type)
{
	size_t at = out->len;
	netlink_put(out, type | NLA_F_NESTED, "", 0);
	return at;
}

void netlink_nest_end(struct netlink_out *out, size_t nest)
{
	size_t len = out->len - nest;
	uint16_t wire = (uint16_t)len;
	out->is_full |= len > UINT16_MAX;
	if (!out->is_full)
		memcpy(out->bytes + nest, &wire, sizeof wire);
}

static void bracket(struct netlink *nl, struct netlink_out *out, unsigned type, unsigned subsystem)
{
	struct nfgenmsg head = { .nfgen_family = AF_UNSPEC,
				 .version = NFNETLINK_V0,
				 .res_id = htons((uint16_t)subsystem) };
	netlink_begin(nl, out, type, 0, &head, sizeof head);
	netlink_end(out);
}

void netlink_batch_begin(struct netlink *nl, struct netlink_out *out, unsigned subsystem)
{
	bracket(nl, out, NFNL_MSG_BATCH_BEGIN, subsystem);
}

/* The last message is the one that is answered. */
void netlink_batch_try(struct netlink_out *out)
{
	struct nlmsghdr last;
	if (out->is_full)
		return;
	memcpy(&last, out->bytes + out->message, sizeof last);
	last.nlmsg_flags |= NLM_F_ACK;
	memcpy(out->bytes + out->message, &last, sizeof last);
}

void netlink_batch_end(struct netlink *nl, struct netlink_out *out)
{
	netlink_batch_try(out);
	bracket(nl, out, NFNL_MSG_BATCH_END, NFNL_SUBSYS_NFTABLES);
}

/* ---- reading ---- */

bool netlink_next(struct slice *rest, struct netlink_attribute *out)
{
	struct nlattr header;
	if (rest->len < sizeof header)
		return false;
	memcpy(&header, rest->ptr, sizeof header);
	if (header.nla_len < sizeof header || header.nla_len > rest->len)
		return false;
	out->type = header.nla_type & NLA_TYPE_MASK;
	out->value = slice_of(rest->ptr + sizeof header, header.nla_len - sizeof header);
	*rest = slice_from(*rest, NLA_ALIGN(header.nla_len));
	return true;
}

struct slice netlink_find(struct slice attributes, unsigned type)
{
	struct netlink_attribute a;
	while (netlink_next(&attributes, &a))
		if (a.type == type)
			return a.value;
	return (struct slice){ NULL, 0 };
}

uint32_t netlink_be32(struct slice value)
{
	return value.len == 4 ? load_be32(value.ptr) : 0;
}

uint64_t netlink_be64(struct slice value)
{
	return value.len == 8 ? load_be64(value.ptr) : 0;
}

static int send_all(struct netlink *nl, const struct netlink_out *out)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	if (out->is_full)
		return -EMSGSIZE;
	ssize_t sent =
	    sendto(nl->fd, out->bytes, out->len, 0, (const struct sockaddr *)&kernel, sizeof kernel);
	if (sent < 0)
		return -errno;
	return (size_t)sent == out->len ? 0 : -EMSGSIZE;
}

/* One datagram, from the kernel and from nobody else. Its length, 0: not the kernel's, or a negative errno. */
static ssize_t receive(struct netlink *nl, uint8_t *buffer, int flags)
{
	struct sockaddr_nl from = { 0 };
	socklen_t len = sizeof from;
	ssize_t got = recvfrom(nl->fd, buffer, RECEIVE_MAX, flags, (struct sockaddr *)&from, &len);
	if (got < 0)
		return errno == EINTR ? 0 : -errno;
	return from.nl_pid == 0 ? got : 0;
}

struct heard {
	struct nlmsghdr header;
	struct slice body;
};

static bool next_message(struct slice *rest, struct heard *out)
{
	if (rest->len < sizeof out->header)
		return false;
	memcpy(&out->header, rest->ptr, sizeof out->header);
	if (out->header.nlmsg_len < sizeof out->header || out->header.nlmsg_len > rest->len)
		return false;
	out->body = slice_of(rest->ptr + sizeof out->header, out->header.nlmsg_len - sizeof out->header);
	*rest = slice_from(*rest, NLMSG_ALIGN(out->header.nlmsg_len));
	return true;
}

static int error_of(const struct heard *m)
{
	int code = -EPROTO;
	if (m->body.len >= sizeof code)
		memcpy(&code, m->body.ptr, sizeof code);
	return code;
}

static void hand_over(const struct heard *m, netlink_fn fn, void *ctx)
{
	struct netlink_message message = { m->header.nlmsg_type, m->header.nlmsg_flags, m->header.nlmsg_pid,
					   m->body };
	fn(ctx, &message);
}

int netlink_dump(struct netlink *nl, const struct netlink_out *out, netlink_fn fn, void *ctx)
{
	uint8_t buffer[RECEIVE_MAX];
	uint32_t seq = nl->seq - 1;
	bool is_torn = false;
	int bad = send_all(nl, out);
	while (!bad) {
		ssize_t got = receive(nl, buffer, 0);
		if (got < 0)
			return (int)got;
		struct slice rest = slice_of(buffer, (size_t)got);
		for (struct heard m; next_message(&rest, &m);) {
			if (m.header.nlmsg_seq != seq)
				continue;
			is_torn |= (m.header.nlmsg_flags & NLM_F_DUMP_INTR) != 0;
			if (m.header.nlmsg_type == NLMSG_DONE)
				return is_torn ? -EINTR : 0;
			if (m.header.nlmsg_type == NLMSG_ERROR)
				return error_of(&m);
			hand_over(&m, fn, ctx);
		}
	}
	return bad;
}

/* Where the numbers of these messages lie: the first, and the last that is answered. */
static void find_range(const struct netlink_out *out, uint32_t *first, uint32_t *last)
{
	struct slice rest = slice_of(out->bytes, out->len);
	bool is_first = true;
	*first = *last = 0;
	for (struct heard m; next_message(&rest, &m); is_first = false) {
		if (is_first)
			*first = m.header.nlmsg_seq;
		if (m.header.nlmsg_flags & NLM_F_ACK)
			*last = m.header.nlmsg_seq;
	}
}

int netlink_talk(struct netlink *nl, const struct netlink_out *out)
{
	uint8_t buffer[RECEIVE_MAX];
	uint32_t first, last;
	int bad = send_all(nl, out), refusal = 0;
	find_range(out, &first, &last);
	while (!bad) {
		ssize_t got = receive(nl, buffer, 0);
		if (got < 0)
			return (int)got;
		struct slice rest = slice_of(buffer, (size_t)got);
		for (struct heard m; next_message(&rest, &m);) {
			if (m.header.nlmsg_type != NLMSG_ERROR || m.header.nlmsg_seq < first ||
			    m.header.nlmsg_seq > last)
				continue;
			refusal = refusal ? refusal : error_of(&m);
			/* A no to the opening bracket is one to all of it; nothing comes after it. */
			if (m.header.nlmsg_seq == last || (m.header.nlmsg_seq == first && refusal))
				return refusal;
		}
	}
	return bad;
}

int netlink_events(struct netlink *nl, netlink_fn fn, void *ctx)
{
	uint8_t buffer[RECEIVE_MAX];
	bool is_lossy = false;
	for (;;) {
		ssize_t got = receive(nl, buffer, MSG_DONTWAIT);
		if (got == -EAGAIN)
			return is_lossy ? -ENOBUFS : 0;
		if (got == -ENOBUFS) {
			is_lossy = true;
			continue;
		}
		if (got < 0)
			return (int)got;
		struct slice rest = slice_of(buffer, (size_t)got);
		for (struct heard m; next_message(&rest, &m);)
			hand_over(&m, fn, ctx);
	}
}
