/* SPDX-License-Identifier: MIT */
#include "output/evidence.h"

#include "capture/ip.h"
#include "capture/pcap_writer.h"
#include "capture/tunnel.h"
#include "core/cursor.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TUNNELS_MAX = 6, OPEN_FILES_MAX = 256 };

static const struct evidence_limits usual_limits = { .max_packets = 1000, .max_bytes = 4 << 20 };

struct actor_file {
	struct pcap_writer *writer;
	uint16_t link_type;
};

struct actor {
	struct addr address;
	size_t places_left; /* packets that are still to come and must have room */
	size_t packets, bytes;
	size_t file_count;
	struct actor_file files[EVIDENCE_LINKS_MAX];
};

struct actor_place {
	uint64_t number;
	uint16_t input;
	uint32_t actor;
};

struct evidence_set {
	char *dir;
	struct evidence_limits limits;
	size_t actor_count, place_count, open_count;
	struct actor *actors;	    /* in order of address */
	struct actor_place *places; /* in order of input and number */
	struct evidence_result result;
};

/* Opening */

static int by_address(const void *a, const void *b)
{
	const struct actor *x = a, *y = b;
	return addr_cmp(&x->address, &y->address);
}

static int by_place(const void *a, const void *b)
{
	const struct actor_place *x = a, *y = b;
	if (x->input != y->input)
		return x->input < y->input ? -1 : 1;
	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return x->actor < y->actor ? -1 : x->actor > y->actor;
}

int evidence_prepare(const char *dir, struct error *err)
{
	struct stat info;
	if (mkdir(dir, 0700) == 0)
		return 0;
	int code = -errno;
	if (code != -EEXIST)
		return error_set(
		    err, code,
		    "%s: cannot make this directory for the evidence: %s; make its parent first, or name "
		    "another with --evidence DIR",
		    dir, strerror(-code));
	if (stat(dir, &info) != 0 || !S_ISDIR(info.st_mode))
		return error_set(err, -ENOTDIR, "%s: not a directory; name one with --evidence DIR", dir);
	if (access(dir, W_OK | X_OK) != 0) {
		code = -errno;
		return error_set(err, code, "%s: cannot write evidence into this directory: %s", dir,
				 strerror(-code));
	}
	return 0;
}

static struct actor *find_actor(const struct evidence_set *e, const struct addr *address)
{
	struct actor key = { .address = *address };
	return bsearch(&key, e->actors, e->actor_count, sizeof key, by_address);
}

static int copy_actors(struct evidence_set *e, const struct evidence_actor *actors, size_t count)
{
	e->actors = calloc(count ? count : 1, sizeof *e->actors);
	if (!e->actors)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		e->actors[i].address = actors[i].address;
	qsort(e->actors, count, sizeof *e->actors, by_address);
	for (size_t i = 0; i < count; i++)
		if (e->actor_count == 0 ||
		    !addr_eq(&e->actors[i].address, &e->actors[e->actor_count - 1].address))
			e->actors[e->actor_count++] = e->actors[i];
	return 0;
}

static int copy_places(struct evidence_set *e, const struct evidence_actor *actors, size_t count)
{
	size_t total = 0;
	for (size_t i = 0; i < count; i++)
		total += actors[i].place_count;
	e->places = calloc(total ? total : 1, sizeof *e->places);
	if (!e->places)
		return -ENOMEM;
	total = 0;
	for (size_t i = 0; i < count; i++) {
		uint32_t actor = (uint32_t)(find_actor(e, &actors[i].address) - e->actors);
		for (size_t p = 0; p < actors[i].place_count; p++)
			e->places[total++] = (struct actor_place){ actors[i].places[p].number,
								   actors[i].places[p].input, actor };
	}
	qsort(e->places, total, sizeof *e->places, by_place);
	/* Several rules count the same packet; of one actor at most max_packets are promised. */
	for (size_t i = 0; i < total; i++) {
		struct actor *actor = &e->actors[e->places[i].actor];
		if ((e->place_count && by_place(&e->places[i], &e->places[e->place_count - 1]) == 0) ||
		    actor->places_left >= e->limits.max_packets)
			continue;
		actor->places_left++;
		e->places[e->place_count++] = e->places[i];
	}
	return 0;
}

static void release(struct evidence_set *e)
{
	free(e->dir);
	free(e->actors);
	free(e->places);
	free(e);
}

int evidence_open(struct evidence_set **out, const char *dir, const struct evidence_actor *actors,
		  size_t count, const struct evidence_limits *limits, struct error *err)
{
	if (count > EVIDENCE_FILES_MAX)
		return error_set(err, -EINVAL, "evidence of at most %d addresses can be written in one pass",
				 EVIDENCE_FILES_MAX);
	int code = evidence_prepare(dir, err);
	if (code)
		return code;
	struct evidence_set *e = calloc(1, sizeof *e);
	if (!e)
		return error_set(err, -ENOMEM, "%s: out of memory", dir);
	e->limits = limits ? *limits : usual_limits;
	e->dir = strdup(dir);
	code = e->dir ? copy_actors(e, actors, count) : -ENOMEM;
	if (!code)
		code = copy_places(e, actors, count);
	if (code) {
		release(e);
		return error_set(err, code, "%s: out of memory", dir);
	}
	*out = e;
	return 0;
}

/* Writing */

static int file_path(const struct evidence_set *e, const struct actor *actor, uint16_t link_type,
		     char path[PATH_MAX])
{
	char name[ADDR_TEXT_MAX], link[16] = "";
	addr_text(&actor->address, name);
	for (char *c = name; *c; c++)
		if (*c == ':')
			*c = '_';
	if (actor->file_count)
		snprintf(link, sizeof link, "-link%u", (unsigned)link_type);
	int len = snprintf(path, PATH_MAX, "%s/%s%s.pcap", e->dir, name, link);
	return len < 0 || len >= PATH_MAX ? -ENAMETOOLONG : 0;
}

/* Made here first, so that it is private from its first moment on. */
static int make_private(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
	if (fd < 0)
		return -errno;
	int code = fchmod(fd, 0600) == 0 ? 0 : -errno;
	close(fd);
	return code;
}

/* *out stays NULL when the actor's packets have too many link types, or too many files are open. */
static int file_for(struct evidence_set *e, struct actor *actor, uint16_t link_type, struct actor_file **out,
		    struct error *err)
{
	char path[PATH_MAX];
	*out = NULL;
	for (size_t i = 0; i < actor->file_count; i++)
		if (actor->files[i].link_type == link_type) {
			*out = &actor->files[i];
			return 0;
		}
	if (actor->file_count == EVIDENCE_LINKS_MAX || e->open_count == OPEN_FILES_MAX)
		return 0;
	int code = file_path(e, actor, link_type, path);
	if (!code)
		code = make_private(path);
	if (code)
		return error_set(err, code, "%s: cannot write evidence into this directory: %s", e->dir,
				 strerror(-code));
	struct actor_file *file = &actor->files[actor->file_count];
	code = pcap_writer_open(&file->writer, path, link_type, 0, err);
	if (code)
		return code;
	file->link_type = link_type;
	actor->file_count++;
	e->open_count++;
	e->result.files++;
	*out = file;
	return 0;
}

static bool has_room(const struct evidence_set *e, const struct actor *actor, const struct frame *frame)
{
	return actor->packets + actor->places_left < e->limits.max_packets &&
	       actor->bytes + frame->bytes.len <= e->limits.max_bytes;
}

static int write_frame(struct evidence_set *e, struct actor *actor, const struct frame *frame, bool is_place,
		       struct error *err)
{
	struct actor_file *file = NULL;
	if (is_place)
		actor->places_left--;
	if (is_place || has_room(e, actor, frame)) {
		int code = file_for(e, actor, frame->link_type, &file, err);
		if (code)
			return code;
	}
	if (!file) {
		e->result.left_out++;
		return 0;
	}
	int code = pcap_writer_add(file->writer, frame);
	if (code)
		return error_set(err, code, "%s: evidence could not be written: %s", e->dir, strerror(-code));
	actor->packets++;
	actor->bytes += frame->bytes.len;
	e->result.packets++;
	return 0;
}

/* The first place at or behind (input, number). */
static size_t find_places(const struct evidence_set *e, const struct frame *frame)
{
	struct actor_place key = { frame->number, frame->input, 0 };
	size_t low = 0, high = e->place_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (by_place(&e->places[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* A packet that a rule counted is kept whatever its addresses say: what stands in a tunnel that was not
 * followed, for one. */
static int add_places(struct evidence_set *e, const struct frame *frame,
		      uint64_t written[EVIDENCE_FILES_MAX / 64], struct error *err)
{
	for (size_t i = find_places(e, frame); i < e->place_count; i++) {
		const struct actor_place *place = &e->places[i];
		if (place->input != frame->input || place->number != frame->number)
			break;
		int code = write_frame(e, &e->actors[place->actor], frame, true, err);
		if (code)
			return code;
		written[place->actor / 64] |= (uint64_t)1 << place->actor % 64;
	}
	return 0;
}

static int add_address(struct evidence_set *e, const struct frame *frame, const struct addr *address,
		       uint64_t written[EVIDENCE_FILES_MAX / 64], struct error *err)
{
	struct actor *actor = find_actor(e, address);
	if (!actor)
		return 0;
	size_t index = (size_t)(actor - e->actors);
	if (written[index / 64] >> index % 64 & 1)
		return 0;
	written[index / 64] |= (uint64_t)1 << index % 64;
	return write_frame(e, actor, frame, false, err);
}

int evidence_add(struct evidence_set *e, const struct frame *frame, const struct addr *source,
		 const struct addr *destination, struct error *err)
{
	uint64_t written[EVIDENCE_FILES_MAX / 64] = { 0 };
	int code = add_places(e, frame, written, err);
	if (!code)
		code = add_address(e, frame, source, written, err);
	return code ? code : add_address(e, frame, destination, written, err);
}

bool evidence_addresses(const struct frame *frame, struct addr *source, struct addr *destination)
{
	struct link_payload inner;
	bool is_found = false;
	if (link_open(frame->link_type, frame->bytes, &inner) != LINK_IP)
		return false;
	for (int depth = 0; depth <= TUNNELS_MAX; depth++) {
		struct ip_packet ip;
		enum tunnel_result result = TUNNEL_NONE;
		if (ip_parse(inner.ip, 0, &ip) != PARSE_OK)
			break;
		*source = ip.source;
		*destination = ip.destination;
		is_found = true;
		if (ip.is_fragment)
			break;
		if (ip.protocol == PROTO_UDP && ip.payload.len >= 8)
			result =
			    tunnel_open_udp(load_be16(ip.payload.ptr + 2), slice_from(ip.payload, 8), &inner);
		else if (ip.protocol != PROTO_TCP)
			result = tunnel_open_protocol(ip.protocol, ip.payload, &inner);
		if (result != TUNNEL_IP)
			break;
	}
	return is_found;
}

int evidence_read(struct evidence_set *e, struct input *in, struct error *err)
{
	struct frame frame;
	struct error ignored;
	while (input_next(in, &frame, &ignored) == INPUT_FRAME) {
		struct addr source = { { 0 } }, destination = { { 0 } };
		/* No IP: the addresses stay "none", which is no actor's. */
		evidence_addresses(&frame, &source, &destination);
		int code = evidence_add(e, &frame, &source, &destination, err);
		if (code)
			return code;
	}
	return 0;
}

int evidence_close(struct evidence_set *e, struct evidence_result *result, struct error *err)
{
	int code = 0;
	for (size_t i = 0; i < e->actor_count; i++)
		for (size_t f = 0; f < e->actors[i].file_count; f++) {
			struct error problem = { "" };
			int closed = pcap_writer_close(e->actors[i].files[f].writer, &problem);
			if (closed && !code)
				code = error_set(err, closed, "%s", problem.text);
		}
	if (result)
		*result = e->result;
	release(e);
	return code;
}

bool evidence_can_reread(const char *path)
{
	struct stat info;
	return strcmp(path, "-") != 0 && stat(path, &info) == 0 && S_ISREG(info.st_mode);
}
