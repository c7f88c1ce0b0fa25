/* SPDX-License-Identifier: MIT */
#ifndef APP_ALLOW_LIST_H
#define APP_ALLOW_LIST_H

#include "core/addr.h"
#include "core/error.h"
#include "output/store/sqlite.h"

/* app/allow_list.h - who is never blocked: addresses (192.0.2.7), networks (2001:db8::/32), autonomous systems (AS64500), and host
 * names, which are asked for when the list is made. A zeroed list is empty and may be freed. */

struct allow_list {
	struct addr_prefix *nets;
	size_t net_count;
	uint32_t *as_numbers;
	size_t as_count;
};

/* Can this be an entry? 0, or -EINVAL with *err. Nothing is asked for. */
int allow_entry_check(const char *text, struct error *err);

/* Adds these entries. A host name may take as long as its name servers do: seconds. 0, or a negative errno with *err. */
int allow_list_add(struct allow_list *list, const char *const *entries, size_t count, struct error *err);
/* Puts its networks, and those of the house, into the store as those that this configuration file names; NULL: the
 * command line. AS numbers stay out, as only the geo files tell who is in them. 0, or a negative errno with *err. */
int allow_list_store(const struct allow_list *list, const struct addr_prefix *home, size_t home_count,
		     const char *file, struct store *store, int64_t now_us, struct error *err);
int allow_list_add_nets(struct allow_list *list, const struct addr_prefix *nets, size_t count,
			struct error *err);
void allow_list_free(struct allow_list *list);

#endif
