/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_MMDB_WRITER_H
#define TESTS_SUPPORT_MMDB_WRITER_H

#include "core/addr.h"

#include <stdio.h>

/* A small writer of MaxMind DB files (format 2.0, 32-bit records) for fixtures: an IPv6 tree with IPv4
 * addresses in ::/96, as the usual databases have it. Life: mmdb_init; for each network the record's pieces
 * by mmdb_map, mmdb_text ..., between mmdb_begin and mmdb_insert; then mmdb_write. */

enum { MMDB_NODES_MAX = 4096, MMDB_DATA_MAX = 1 << 16 };

struct mmdb_file {
	uint32_t nodes[MMDB_NODES_MAX][2]; /* 0: nothing; below MMDB_NODES_MAX: a node; above: data at value -
					      MMDB_NODES_MAX */
	uint32_t node_count;
	uint8_t data[MMDB_DATA_MAX];
	size_t data_len;
	size_t record; /* where the record being put together begins */
};

static inline void mmdb_init(struct mmdb_file *m)
{
	memset(m, 0, sizeof *m);
	m->node_count = 1;
}

static inline void mmdb_bytes(struct mmdb_file *m, const void *bytes, size_t len)
{
	if (len > sizeof m->data - m->data_len)
		return;
	memcpy(m->data + m->data_len, bytes, len);
	m->data_len += len;
}

static inline void mmdb_head(struct mmdb_file *m, unsigned type, size_t size)
{
	uint8_t head[5];
	size_t len = 0;
	unsigned low = size < 29 ? (unsigned)size : size < 285 ? 29 : size < 65821 ? 30 : 31;
	head[len++] = (uint8_t)((type > 7 ? 0 : type << 5) | low);
	if (type > 7)
		head[len++] = (uint8_t)(type - 7);
	size -= low == 29 ? 29 : low == 30 ? 285 : low == 31 ? 65821 : 0;
	for (unsigned i = low < 29 ? 0 : low - 28; i > 0; i--)
		head[len++] = (uint8_t)(size >> 8 * (i - 1));
	mmdb_bytes(m, head, len);
}

static inline void mmdb_map(struct mmdb_file *m, size_t pairs)
{
	mmdb_head(m, 7, pairs);
}

static inline void mmdb_array(struct mmdb_file *m, size_t elements)
{
	mmdb_head(m, 11, elements);
}

static inline void mmdb_text(struct mmdb_file *m, const char *text)
{
	mmdb_head(m, 2, strlen(text));
	mmdb_bytes(m, text, strlen(text));
}

static inline void mmdb_number(struct mmdb_file *m, unsigned type, uint64_t value)
{
	uint8_t bytes[8];
	size_t len = 0;
	for (int shift = 56; shift >= 0; shift -= 8)
		if (len || value >> shift)
			bytes[len++] = (uint8_t)(value >> shift);
	mmdb_head(m, type, len);
	mmdb_bytes(m, bytes, len);
}

static inline void mmdb_u32(struct mmdb_file *m, uint32_t value)
{
	mmdb_number(m, 6, value);
}

/* A pointer of four bytes, to an offset in the data section. */
static inline void mmdb_pointer(struct mmdb_file *m, uint32_t offset)
{
	uint8_t bytes[5] = { 0x38, (uint8_t)(offset >> 24), (uint8_t)(offset >> 16), (uint8_t)(offset >> 8),
			     (uint8_t)offset };
	mmdb_bytes(m, bytes, sizeof bytes);
}

static inline void mmdb_begin(struct mmdb_file *m)
{
	m->record = m->data_len;
}

/* The record begun last belongs to this network; `bits` counts as in "203.0.113.0/24". */
static inline void mmdb_insert(struct mmdb_file *m, const char *network, unsigned bits)
{
	struct addr a = { { 0 } };
	uint32_t node = 0;
	addr_parse(slice_str(network), &a);
	if (addr_is_v4(&a)) {
		a.bytes[10] = a.bytes[11] = 0;
		bits += 96;
	}
	for (unsigned i = 0; i < bits; i++) {
		unsigned side = a.bytes[i / 8] >> (7 - i % 8) & 1;
		uint32_t *next = &m->nodes[node][side];
		if (i + 1 == bits) {
			*next = MMDB_NODES_MAX + (uint32_t)m->record;
		} else {
			if ((*next == 0 || *next >= MMDB_NODES_MAX) && m->node_count < MMDB_NODES_MAX)
				*next = m->node_count++;
			node = *next;
		}
	}
}

static inline void mmdb_put_u32(FILE *out, uint32_t value)
{
	uint8_t bytes[4] = { (uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
			     (uint8_t)value };
	fwrite(bytes, 1, sizeof bytes, out);
}

static inline void mmdb_metadata(struct mmdb_file *m, uint32_t node_count)
{
	m->data_len = 0;
	mmdb_map(m, 9);
	mmdb_text(m, "node_count");
	mmdb_u32(m, node_count);
	mmdb_text(m, "record_size");
	mmdb_number(m, 5, 32);
	mmdb_text(m, "ip_version");
	mmdb_number(m, 5, 6);
	mmdb_text(m, "database_type");
	mmdb_text(m, "Test");
	mmdb_text(m, "description");
	mmdb_map(m, 1);
	mmdb_text(m, "en");
	mmdb_text(m, "a fixture");
	mmdb_text(m, "languages");
	mmdb_array(m, 1);
	mmdb_text(m, "en");
	mmdb_text(m, "binary_format_major_version");
	mmdb_number(m, 5, 2);
	mmdb_text(m, "binary_format_minor_version");
	mmdb_number(m, 5, 0);
	mmdb_text(m, "build_epoch");
	mmdb_number(m, 9, 1767355200);
}

/* `metadata` replaces the own metadata when it is not absent. False: the file could not be written. */
static inline bool mmdb_write(struct mmdb_file *m, const char *path, struct slice metadata)
{
	static const uint8_t marker[] = "\xab\xcd\xefMaxMind.com", gap[16] = { 0 };
	FILE *out = fopen(path, "wb");
	if (!out)
		return false;
	for (uint32_t n = 0; n < m->node_count; n++)
		for (int side = 0; side < 2; side++) {
			uint32_t next = m->nodes[n][side];
			mmdb_put_u32(out, next == 0 ? m->node_count
					  : next < MMDB_NODES_MAX
					      ? next
					      : m->node_count + 16 + (next - MMDB_NODES_MAX));
		}
	fwrite(gap, 1, sizeof gap, out);
	fwrite(m->data, 1, m->data_len, out);
	fwrite(marker, 1, sizeof marker - 1, out);
	if (!metadata.ptr) {
		mmdb_metadata(m, m->node_count);
		metadata = slice_of(m->data, m->data_len);
	}
	fwrite(metadata.ptr, 1, metadata.len, out);
	return fclose(out) == 0;
}

#endif
