/* SPDX-License-Identifier: MIT */
#include "analyze/enrich/geo.h"

#include "analyze/enrich/mmdb_record.h"

#include <errno.h>
#include <stdlib.h>

#ifdef HAVE_MAXMINDDB

#include <fcntl.h>
#include <maxminddb.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	GEO_FILES_MAX = 16,
	GEO_TEXT_MAX = 256,	 /* bytes of a city or organisation that are used */
	GEO_RECORD_STEPS = 4096, /* the records of MaxMind's richest product take about 400 */
	GEO_METADATA_STEPS = 16384,
	GEO_METADATA_DEPTH = 3,	       /* a map of texts inside of the map, and one to spare */
	GEO_METADATA_MAX = 128 * 1024, /* where the specification wants the metadata: in these last bytes */
};

struct geo_db {
	size_t count;
	MMDB_s files[GEO_FILES_MAX];
};

struct geo_db *geo_new(void)
{
	return calloc(1, sizeof(struct geo_db));
}

void geo_free(struct geo_db *g)
{
	for (size_t i = 0; g && i < g->count; i++)
		MMDB_close(&g->files[i]);
	free(g);
}

#define GOOD_FILES                                                                                           \
	"good ones are e.g. GeoLite2-City.mmdb and GeoLite2-ASN.mmdb of MaxMind (free account), or "         \
	"dbip-country-lite.mmdb of DB-IP"

/* Is the array or map of this name in the metadata made of texts? When it is not, libmaxminddb refuses the
 * file and loses the memory it had taken. */
static bool has_texts_only(struct mmdb_reader *r, struct slice name)
{
	struct mmdb_value metadata, list, value;
	struct slice key;
	if (!mmdb_read(r, 0, &metadata, NULL) || !mmdb_find(r, &metadata, name, &list))
		return true; /* missing: it refuses that in time */
	size_t at = list.content;
	for (size_t i = 0; i < list.count; i++) {
		bool is_there = list.kind == MMDB_KIND_MAP ? mmdb_next_pair(r, &at, &key, &value)
							   : mmdb_read(r, at, &value, &at);
		if (!is_there || value.kind != MMDB_KIND_TEXT)
			return false;
	}
	return list.kind == MMDB_KIND_MAP || list.kind == MMDB_KIND_ARRAY;
}

/* The metadata stands behind the last marker. libmaxminddb reads it with the weaknesses that mmdb_record.h
 * names, so it is looked at before. */
static int check_metadata(struct slice tail, const char *path, struct error *err)
{
	struct slice marker = SLICE("\xab\xcd\xefMaxMind.com"), found = { NULL, 0 };
	for (size_t at; (at = slice_find_slice(tail, marker)) != SLICE_NPOS;)
		found = tail = slice_from(tail, at + marker.len);
	if (!found.ptr)
		return error_set(err, -EINVAL,
				 "%s: this is no MaxMind DB file (it has no metadata); " GOOD_FILES, path);
	struct mmdb_reader r = { found, GEO_METADATA_STEPS };
	if (!mmdb_is_sane(&r, 0, GEO_METADATA_DEPTH) || !has_texts_only(&r, SLICE("languages")) ||
	    !has_texts_only(&r, SLICE("description")))
		return error_set(err, -EINVAL,
				 "%s: the metadata of this MaxMind DB file is broken; fetch it again", path);
	return 0;
}

static int read_tail(int fd, off_t size, uint8_t *tail, size_t *len)
{
	off_t from = size > GEO_METADATA_MAX ? size - GEO_METADATA_MAX : 0;
	*len = 0;
	while (*len < GEO_METADATA_MAX) {
		ssize_t got = pread(fd, tail + *len, GEO_METADATA_MAX - *len, from + (off_t)*len);
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		*len += (size_t)got;
	}
	return 0;
}

static int check_open_file(int fd, const char *path, struct error *err)
{
	struct stat info;
	size_t len;
	if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))
		return error_set(err, -EINVAL, "%s: not a file; --geo takes the .mmdb file itself", path);
	uint8_t *tail = malloc(GEO_METADATA_MAX);
	if (!tail)
		return error_set(err, -ENOMEM, "%s: out of memory", path);
	int code = read_tail(fd, info.st_size, tail, &len);
	if (code)
		error_set(err, code, "%s: %s", path, strerror(-code));
	else if (len >= 2 && info.st_size <= GEO_METADATA_MAX && tail[0] == 0x1f && tail[1] == 0x8b)
		code = error_set(err, -EINVAL, "%s: this file is packed with gzip; unpack it first", path);
	else
		code = check_metadata(slice_of(tail, len), path, err);
	free(tail);
	return code;
}

/* libmaxminddb maps the file. Who writes it in place (`cp`, a download) takes the pages from under it, and
 * the next look at them is a SIGBUS: so memory of our own with the same bytes takes the place of the mapping,
 * and goes when MMDB_close unmaps it. */
static int own_bytes(const MMDB_s *db, int fd, const char *path, struct error *err)
{
	size_t size = (size_t)db->file_size;
	uint8_t *at = mmap((void *)(uintptr_t)db->file_content, size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	if (at == MAP_FAILED)
		return error_set(err, -ENOMEM, "%s: no memory for its %zu bytes", path, size);
	for (size_t len = 0; len < size;) {
		ssize_t got = pread(fd, at + len, size - len, (off_t)len);
		if (got < 0)
			return error_set(err, -errno, "%s: %s", path, strerror(errno));
		if (got == 0)
			return error_set(err, -EINVAL, "%s: it became shorter while it was read; %s", path,
					 "try again when it is written");
		len += (size_t)got;
	}
	return 0;
}

static int open_checked(struct geo_db *g, int fd, const char *path, struct error *err)
{
	MMDB_s *db = &g->files[g->count];
	int code = check_open_file(fd, path, err);
	if (code)
		return code;
	int status = MMDB_open(path, MMDB_MODE_MMAP, db);
	if (status != MMDB_SUCCESS)
		return error_set(err, -EINVAL, "%s: this MaxMind DB file cannot be used: %s; " GOOD_FILES,
				 path, MMDB_strerror(status));
	code = own_bytes(db, fd, path, err);
	if (code) {
		MMDB_close(db);
		return code;
	}
	g->count++;
	return 0;
}

int geo_add(struct geo_db *g, const char *path, struct error *err)
{
	if (g->count == GEO_FILES_MAX)
		return error_set(err, -ENOSPC, "%s: at most %d geo files can be used at a time", path,
				 GEO_FILES_MAX);
	/* Not blocking: opening a named pipe would wait for its writer. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		int code = -errno;
		return error_set(err, code, "%s: cannot open this geo file: %s", path, strerror(-code));
	}
	int code = open_checked(g, fd, path, err);
	close(fd);
	return code;
}

/* The same detail is called by several names; the one with the lowest rank is the best. */
struct finding {
	struct geo *geo;
	unsigned country_rank, name_rank, number_rank, city_rank; /* 0: not known */
};

static bool is_better(unsigned rank, unsigned *known)
{
	if (*known && *known <= rank)
		return false;
	*known = rank;
	return true;
}

static void found_country(struct finding *f, unsigned rank, const struct mmdb_value *v)
{
	if (v->kind == MMDB_KIND_TEXT && v->text.len == 2 && ascii_is_alpha(v->text.ptr[0]) &&
	    ascii_is_alpha(v->text.ptr[1]) && is_better(rank, &f->country_rank))
		f->geo->country = v->text;
}

static void found_city(struct finding *f, unsigned rank, const struct mmdb_value *v)
{
	if (v->kind == MMDB_KIND_TEXT && v->text.len && is_better(rank, &f->city_rank))
		f->geo->city = slice_first(v->text, GEO_TEXT_MAX);
}

static void found_name(struct finding *f, unsigned rank, const struct mmdb_value *v)
{
	if (v->kind == MMDB_KIND_TEXT && v->text.len && is_better(rank, &f->name_rank))
		f->geo->as_name = slice_first(v->text, GEO_TEXT_MAX);
}

static void found_number(struct finding *f, unsigned rank, const struct mmdb_value *v)
{
	uint64_t number = v->kind == MMDB_KIND_NUMBER ? v->number : 0;
	if (v->kind == MMDB_KIND_TEXT) {
		struct slice text = slice_trim(v->text);
		if (slice_starts_nocase(text, SLICE("AS")))
			text = slice_from(text, 2);
		if (!slice_u64(text, &number))
			return;
	}
	if (number && number <= UINT32_MAX && is_better(rank, &f->number_rank))
		f->geo->as_number = (uint32_t)number;
}

static void found_network(struct mmdb_reader *r, struct finding *f, unsigned rank,
			  const struct mmdb_value *map)
{
	struct mmdb_value v;
	if (mmdb_find(r, map, SLICE("autonomous_system_number"), &v))
		found_number(f, rank, &v);
	if (mmdb_find(r, map, SLICE("autonomous_system_organization"), &v))
		found_name(f, rank, &v);
}

static void found_city_map(struct mmdb_reader *r, struct finding *f, const struct mmdb_value *map)
{
	struct mmdb_value names, v;
	if (mmdb_find(r, map, SLICE("names"), &names) && mmdb_find(r, &names, SLICE("en"), &v))
		found_city(f, 1, &v);
}

/* One pair of a record's topmost map. */
static void take_pair(struct mmdb_reader *r, struct finding *f, struct slice key, const struct mmdb_value *v)
{
	static const struct {
		struct slice key;
		void (*found)(struct finding *f, unsigned rank, const struct mmdb_value *v);
		unsigned rank;
	} flat[] = {
		{ SLICE_INIT("autonomous_system_number"), found_number, 1 },
		{ SLICE_INIT("autonomous_system_organization"), found_name, 1 },
		{ SLICE_INIT("country_code"), found_country, 2 },
		{ SLICE_INIT("countryCode"), found_country, 2 },
		{ SLICE_INIT("country"), found_country, 3 },
		{ SLICE_INIT("city"), found_city, 2 },
		{ SLICE_INIT("asn"), found_number, 3 },
		{ SLICE_INIT("as_number"), found_number, 3 },
		{ SLICE_INIT("as_name"), found_name, 3 },
		{ SLICE_INIT("as_organization"), found_name, 3 },
		{ SLICE_INIT("organization"), found_name, 4 },
		{ SLICE_INIT("isp"), found_name, 5 },
	};
	struct mmdb_value code;
	if (v->kind == MMDB_KIND_MAP) {
		if (slice_eq(key, SLICE("city")))
			found_city_map(r, f, v);
		else if (slice_eq(key, SLICE("traits")))
			found_network(r, f, 2, v);
		else if (slice_eq(key, SLICE("country")) && mmdb_find(r, v, SLICE("iso_code"), &code))
			found_country(f, 1, &code);
		else if (slice_eq(key, SLICE("registered_country")) &&
			 mmdb_find(r, v, SLICE("iso_code"), &code))
			found_country(f, 4, &code);
		return;
	}
	for (size_t i = 0; i < sizeof flat / sizeof *flat; i++)
		if (slice_eq(key, flat[i].key))
			flat[i].found(f, flat[i].rank, v);
}

static void read_record(const MMDB_s *file, const MMDB_entry_s *entry, struct geo *out)
{
	struct mmdb_reader r = { slice_of(file->data_section, file->data_section_size), GEO_RECORD_STEPS };
	struct finding f = { .geo = out };
	struct mmdb_value map;
	if (!mmdb_read(&r, entry->offset, &map, NULL) || map.kind != MMDB_KIND_MAP)
		return;
	size_t at = map.content;
	for (size_t i = 0; i < map.count; i++) {
		struct slice key;
		struct mmdb_value value;
		if (!mmdb_next_pair(&r, &at, &key, &value))
			return;
		take_pair(&r, &f, key, &value);
	}
}

static bool find_entry(const MMDB_s *file, const struct addr *address, MMDB_entry_s *entry)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} where;
	memset(&where, 0, sizeof where);
	if (addr_is_v4(address)) {
		where.v4.sin_family = AF_INET;
		memcpy(&where.v4.sin_addr, address->bytes + 12, 4);
	} else {
		where.v6.sin6_family = AF_INET6;
		memcpy(&where.v6.sin6_addr, address->bytes, 16);
	}
	int status;
	MMDB_lookup_result_s result = MMDB_lookup_sockaddr(file, &where.any, &status);
	*entry = result.entry;
	return status == MMDB_SUCCESS && result.found_entry;
}

/* What `more` knows and `out` does not. */
static void add_details(struct geo *out, const struct geo *more)
{
	if (!out->country.ptr)
		out->country = more->country;
	if (!out->city.ptr)
		out->city = more->city;
	if (!out->as_name.ptr)
		out->as_name = more->as_name;
	if (!out->as_number)
		out->as_number = more->as_number;
}

void geo_lookup(const struct geo_db *g, const struct addr *address, struct geo *out)
{
	*out = (struct geo){ 0 };
	for (size_t i = 0; g && i < g->count; i++) {
		MMDB_entry_s entry;
		struct geo more = { 0 };
		if (!find_entry(&g->files[i], address, &entry))
			continue;
		read_record(&g->files[i], &entry, &more);
		add_details(out, &more);
	}
}

#else

struct geo_db {
	char unused;
};

struct geo_db *geo_new(void)
{
	return calloc(1, sizeof(struct geo_db));
}

void geo_free(struct geo_db *g)
{
	free(g);
}

int geo_add(struct geo_db *g, const char *path, struct error *err)
{
	(void)g;
	return error_set(
	    err, -ENOTSUP,
	    "%s: this siphound was built without libmaxminddb and cannot read geo files; build it with "
	    "-DSIPHOUND_WITH_MAXMINDDB=ON",
	    path);
}

void geo_lookup(const struct geo_db *g, const struct addr *address, struct geo *out)
{
	(void)g;
	(void)address;
	*out = (struct geo){ 0 };
}

#endif
