/* SPDX-License-Identifier: MIT */
#include "output/block/host.h"

#include <errno.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/stat.h>

enum { OUT_BYTES = 256, DUMP_TRIES = 3, LINE_BYTES = 1024 };

int block_host_open(struct block_host *h, struct error *err)
{
	static const unsigned groups[] = { RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE,
					   RTNLGRP_IPV6_ROUTE, 0 };
	h->talk.fd = h->events.fd = -1;
	h->resolvers = BLOCK_RESOLVERS;
	int bad = netlink_open(&h->talk, NETLINK_ROUTE, NULL, err);
	bad = bad ? bad : netlink_open(&h->events, NETLINK_ROUTE, groups, err);
	if (bad)
		block_host_close(h);
	return bad;
}

void block_host_close(struct block_host *h)
{
	netlink_close(&h->talk);
	netlink_close(&h->events);
}

int block_host_fd(const struct block_host *h)
{
	return h->events.fd;
}

/* ---- own addresses ---- */

static int add_own(struct block_guard *g)
{
	struct ifaddrs *list;
	if (getifaddrs(&list))
		return -errno;
	for (const struct ifaddrs *i = list; i; i = i->ifa_next) {
		struct addr_prefix net = { .bits = 128 };
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
		if (i->ifa_addr && i->ifa_addr->sa_family == AF_INET) {
			memcpy(&v4, i->ifa_addr, sizeof v4);
			net.base = addr_from_v4((const uint8_t *)&v4.sin_addr);
		} else if (i->ifa_addr && i->ifa_addr->sa_family == AF_INET6) {
			memcpy(&v6, i->ifa_addr, sizeof v6);
			net.base = addr_from_v6((const uint8_t *)&v6.sin6_addr);
		} else {
			continue;
		}
		block_guard_add(g, &net, BLOCK_OWN_ADDRESS);
	}
	freeifaddrs(list);
	return 0;
}

/* ---- gateways ---- */

static void add_gateway(struct block_guard *g, struct slice address)
{
	struct addr_prefix net = { .bits = 128 };
	if (address.len == 4)
		net.base = addr_from_v4(address.ptr);
	else if (address.len == 16)
		net.base = addr_from_v6(address.ptr);
	else
		return;
	block_guard_add(g, &net, BLOCK_GATEWAY);
}

/* RTA_VIA is a gateway of another family: the family's number, then the address. */
static void add_gateways(struct block_guard *g, struct slice attributes)
{
	add_gateway(g, netlink_find(attributes, RTA_GATEWAY));
	add_gateway(g, slice_from(netlink_find(attributes, RTA_VIA), sizeof(uint16_t)));
}

static void add_hops(struct block_guard *g, struct slice hops)
{
	struct rtnexthop hop;
	while (hops.len >= sizeof hop) {
		memcpy(&hop, hops.ptr, sizeof hop);
		if (hop.rtnh_len < sizeof hop || hop.rtnh_len > hops.len)
			return;
		add_gateways(g, slice_from(slice_first(hops, hop.rtnh_len), sizeof hop));
		hops = slice_from(hops, RTNH_ALIGN(hop.rtnh_len));
	}
}

static bool is_default_route(const struct netlink_message *m)
{
	struct rtmsg route;
	if ((m->type != RTM_NEWROUTE && m->type != RTM_DELROUTE) || m->body.len < sizeof route)
		return false;
	memcpy(&route, m->body.ptr, sizeof route);
	return route.rtm_dst_len == 0;
}

static void on_route(void *ctx, const struct netlink_message *m)
{
	struct slice attributes = slice_from(m->body, NLMSG_ALIGN(sizeof(struct rtmsg)));
	if (!is_default_route(m))
		return;
	add_gateways(ctx, attributes);
	add_hops(ctx, netlink_find(attributes, RTA_MULTIPATH));
}

/* A gateway that is told twice, as the walk was begun anew, does no harm. */
static int add_routes(struct block_host *h, struct block_guard *g, uint8_t family)
{
	uint8_t bytes[OUT_BYTES];
	struct rtmsg head = { .rtm_family = family };
	int bad = -EINTR;
	for (int i = 0; i < DUMP_TRIES && bad == -EINTR; i++) {
		struct netlink_out out = { .bytes = bytes, .room = sizeof bytes };
		netlink_begin(&h->talk, &out, RTM_GETROUTE, NLM_F_DUMP, &head, sizeof head);
		netlink_end(&out);
		bad = netlink_dump(&h->talk, &out, on_route, g);
	}
	return bad == -EINTR ? 0 : bad;
}

/* ---- name servers ---- */

/* A link-local one is followed by % and its interface. */
static void add_resolver(struct block_guard *g, struct slice line)
{
	static const char word[] = "nameserver";
	struct addr_prefix net = { .bits = 128 };
	struct slice rest = slice_from(line, sizeof word - 1);
	if (!slice_eq(slice_first(line, sizeof word - 1), SLICE(word)) || rest.len == 0 ||
	    (*rest.ptr != ' ' && *rest.ptr != '\t'))
		return;
	rest = slice_trim(rest);
	size_t len = 0;
	while (len < rest.len && !strchr(" \t%", rest.ptr[len]))
		len++;
	if (addr_parse(slice_first(rest, len), &net.base))
		block_guard_add(g, &net, BLOCK_RESOLVER);
}

/* All of them, though the C library asks the first three only: others do ask the rest. */
void block_host_add_resolvers(const char *path, struct block_guard *g)
{
	char line[LINE_BYTES];
	FILE *file = fopen(path, "re");
	while (file && fgets(line, sizeof line, file))
		add_resolver(g, slice_trim(slice_str(line)));
	if (file)
		fclose(file);
}

/* Tells one state of the file from another; 0: there is none. Replaced or written, it has another time. */
static uint64_t mark_of(const char *path)
{
	struct stat st;
	if (stat(path, &st) != 0)
		return 0;
	uint64_t time_ns = (uint64_t)st.st_mtim.tv_sec * 1000000000 + (uint64_t)st.st_mtim.tv_nsec;
	return (time_ns ^ (uint64_t)st.st_ino << 40 ^ (uint64_t)st.st_size) | 1;
}

int block_host_guard(struct block_host *h, struct block_guard *g, struct error *err)
{
	h->resolvers_mark =
	    mark_of(h->resolvers); /* before it is read: what changes meanwhile is seen next time */
	block_host_add_resolvers(h->resolvers, g);
	int bad = add_own(g);
	bad = bad ? bad : add_routes(h, g, AF_INET);
	bad = bad ? bad : add_routes(h, g, AF_INET6);
	if (bad == -EAFNOSUPPORT || bad == -EOPNOTSUPP) /* a kernel without IPv6 */
		bad = 0;
	return bad ? error_set(err, bad, "own addresses and gateways are not known: %s", strerror(-bad)) : 0;
}

static void on_event(void *ctx, const struct netlink_message *m)
{
	bool *changed = ctx;
	*changed |= m->type == RTM_NEWADDR || m->type == RTM_DELADDR || is_default_route(m);
}

bool block_host_changed(struct block_host *h)
{
	bool changed = mark_of(h->resolvers) != h->resolvers_mark;
	return netlink_events(&h->events, on_event, &changed) || changed;
}
