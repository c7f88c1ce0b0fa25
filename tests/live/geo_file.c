/* SPDX-License-Identifier: MIT */
#include "support/mmdb_writer.h"

#include <stdlib.h>

/* geo_file PATH COUNTRY AS: a database that knows one thing, where 203.0.113.0/24 is. Written beside and moved over, as updaters do. */

static struct mmdb_file file;

int main(int argc, char **argv)
{
	char beside[4096];
	if (argc != 4)
		return 2;
	mmdb_init(&file);
	mmdb_begin(&file);
	mmdb_map(&file, 2);
	mmdb_text(&file, "country_code");
	mmdb_text(&file, argv[2]);
	mmdb_text(&file, "asn");
	mmdb_u32(&file, (uint32_t)strtoul(argv[3], NULL, 10));
	mmdb_insert(&file, "203.0.113.0", 24);
	snprintf(beside, sizeof beside, "%s.new", argv[1]);
	return mmdb_write(&file, beside, slice_of(NULL, 0)) && rename(beside, argv[1]) == 0 ? 0 : 1;
}
