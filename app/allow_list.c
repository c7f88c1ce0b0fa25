/* SPDX-License-Identifier: MIT */
#include "app/allow_list.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>

#define HOST_NAME_LEN_MAX 253 /* RFC 1035 2.3.4 */

/* AS64500; not a name, since no host is called so without a dot. */
static bool is_as_number(struct slice text, uint32_t *number)
{
	uint64_t value;
	if (!slice_starts_nocase(text, SLICE("AS")) || !slice_u64(slice_from(text, 2), &value) || value == 0 || value > UINT32_MAX)
		return false;
	*number = (uint32_t)value;
	return true;
}

/* Letters, digits, hyphens and dots, with a letter in the last label: 192.0.2.300 is a mistake, no host. */
static bool is_host_name(struct slice text)
{
	bool has_letter = false;
	uint8_t before = '.';
	if (text.len == 0 || text.len > HOST_NAME_LEN_MAX)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.ptr[i];
		bool is_word = ascii_is_alpha(c) || ascii_is_digit(c) || c == '_' || (c == '-' && before != '.');
		if (!is_word && (c != '.' || before == '.'))
			return false;
		has_letter = c == '.' ? has_letter && i + 1 == text.len : has_letter || ascii_is_alpha(c);
		before = c;
	}
	return has_letter;
}

int allow_entry_check(const char *text, struct error *err)
{
	struct addr_prefix net;
	uint32_t number;
	struct slice entry = slice_str(text);
	if (addr_prefix_parse(entry, &net) || is_as_number(entry, &number) || is_host_name(entry))
		return 0;
	return error_set(err, -EINVAL,
			 "not an address, network, host name or AS number; write it like 192.0.2.7, 192.0.2.0/24, 2001:db8::/32, sip.example.com or AS64500");
}

static bool add_net(struct allow_list *list, struct addr_prefix net)
{
	struct addr_prefix *grown = realloc(list->nets, (list->net_count + 1) * sizeof *grown);
	if (!grown)
		return false;
	list->nets = grown;
	list->nets[list->net_count++] = net;
	return true;
}

static bool add_as(struct allow_list *list, uint32_t number)
{
	uint32_t *grown = realloc(list->as_numbers, (list->as_count + 1) * sizeof *grown);
	if (!grown)
		return false;
	list->as_numbers = grown;
	list->as_numbers[list->as_count++] = number;
	return true;
}

static bool address_of(const struct sockaddr *from, struct addr *out)
{
	if (from->sa_family == AF_INET) {
		struct sockaddr_in v4;
		uint8_t bytes[4];
		memcpy(&v4, from, sizeof v4);
		memcpy(bytes, &v4.sin_addr, sizeof bytes);
		*out = addr_from_v4(bytes);
		return true;
	}
	if (from->sa_family == AF_INET6) {
		struct sockaddr_in6 v6;
		memcpy(&v6, from, sizeof v6);
		*out = addr_from_v6(v6.sin6_addr.s6_addr);
		return true;
	}
	return false;
}

static int add_host(struct allow_list *list, const char *name, struct error *err)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_DGRAM };
	struct addrinfo *found;
	int status = getaddrinfo(name, NULL, &hints, &found);
	int bad = 0;
	if (status)
		return error_set(err, -ENOENT, "%s, who is to be allowed, has no address now (%s); correct the name, or write the address", name,
				 gai_strerror(status));
	for (const struct addrinfo *one = found; one && !bad; one = one->ai_next) {
		struct addr_prefix net = { .bits = 128 };
		if (address_of(one->ai_addr, &net.base) && !add_net(list, net))
			bad = error_set(err, -ENOMEM, "no memory for the allow list");
	}
	freeaddrinfo(found);
	return bad;
}

int allow_list_add_nets(struct allow_list *list, const struct addr_prefix *nets, size_t count,
			struct error *err)
{
	for (size_t i = 0; i < count; i++)
		if (!add_net(list, nets[i]))
			return error_set(err, -ENOMEM, "no memory for the allow list");
	return 0;
}

int allow_list_add(struct allow_list *list, const char *const *entries, size_t count, struct error *err)
{
	int bad = 0;
	for (size_t i = 0; i < count && !bad; i++) {
		struct slice entry = slice_str(entries[i]);
		struct addr_prefix net;
		uint32_t number;
		bool is_added = true;
		if (addr_prefix_parse(entry, &net))
			is_added = add_net(list, net);
		else if (is_as_number(entry, &number))
			is_added = add_as(list, number);
		else
			bad = add_host(list, entries[i], err);
		if (!is_added)
			bad = error_set(err, -ENOMEM, "no memory for the allow list");
	}
	return bad;
}

/* By its full name, as several daemons and people in several folders may use one store. */
int allow_list_store(const struct allow_list *list, const struct addr_prefix *home, size_t home_count,
		     const char *file, struct store *store, int64_t now_us, struct error *err)
{
	size_t count = home_count + list->net_count;
	struct addr_prefix *nets = calloc(count ? count : 1, sizeof *nets);
	char *full = file ? realpath(file, NULL) : NULL;
	if (!nets) {
		free(full);
		return error_set(err, -ENOMEM, "no memory for the allow list");
	}
	for (size_t i = 0; i < count; i++)
		nets[i] = i < home_count ? home[i] : list->nets[i - home_count];
	int bad = store_allow_file(store,
				   full	  ? full
				   : file ? file
					  : "the command line",
				   nets, count, now_us, err);
	free(full);
	free(nets);
	return bad;
}

void allow_list_free(struct allow_list *list)
{
	free(list->nets);
	free(list->as_numbers);
	*list = (struct allow_list){ 0 };
}
