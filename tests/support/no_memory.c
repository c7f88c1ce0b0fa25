/* SPDX-License-Identifier: MIT */
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* tests/support/no_memory.c - put in front of libc (LD_PRELOAD), lets one allocation of a program fail, or
 * all from that one on: NO_MEMORY=NUMBER[+], the first is 1, 0: none. Counted are those that the program
 * itself asks for, of all threads; libraries get what they want. NO_MEMORY_COUNT names a file that gets the
 * number of those that were counted. */

static uintptr_t first, end; /* the program's code */
static long number;
static bool stays;
static atomic_long counted;

static int find_code(struct dl_phdr_info *info, size_t size, void *ctx)
{
	(void)size, (void)ctx;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &info->dlpi_phdr[i];
		if (part->p_type == PT_LOAD && part->p_flags & PF_X) {
			first = info->dlpi_addr + part->p_vaddr;
			end = first + part->p_memsz;
		}
	}
	return 1; /* the program comes first */
}

__attribute__((constructor)) static void begin(void)
{
	const char *wanted = getenv("NO_MEMORY");
	char *rest = "";
	number = wanted ? strtol(wanted, &rest, 10) : 0;
	stays = *rest == '+';
	dl_iterate_phdr(find_code, NULL);
}

__attribute__((destructor)) static void tell(void)
{
	const char *path = getenv("NO_MEMORY_COUNT");
	FILE *out = path ? fopen(path, "w") : NULL;
	if (!out)
		return;
	fprintf(out, "%ld\n", atomic_load(&counted));
	fclose(out);
}

static bool fails(const void *caller)
{
	uintptr_t at = (uintptr_t)caller;
	if (at < first || at >= end)
		return false;
	long this_one = atomic_fetch_add(&counted, 1) + 1;
	if (!number || this_one < number || (this_one > number && !stays))
		return false;
	errno = ENOMEM;
	return true;
}

/* dlsym may itself ask for a little before it has told whom to ask. */
static void *early(size_t size)
{
	static _Alignas(16) uint8_t room[4096];
	static size_t used;
	size_t at = used;
	used += (size + 15) & ~(size_t)15;
	return used <= sizeof room ? room + at : NULL;
}

static void *next(const char *name)
{
	static _Thread_local bool is_asking;
	if (is_asking)
		return NULL;
	is_asking = true;
	void *found = dlsym(RTLD_NEXT, name);
	is_asking = false;
	return found;
}

#define CALLER __builtin_return_address(0)
#define NEXT(type, name)                                                                                     \
	static _Atomic(type) kept;                                                                           \
	type real = atomic_load(&kept);                                                                      \
	if (!real)                                                                                           \
	atomic_store(&kept, real = (type)(uintptr_t)next(name))

typedef void *(*malloc_fn)(size_t size);
typedef void *(*calloc_fn)(size_t count, size_t size);
typedef void *(*realloc_fn)(void *old, size_t size);
typedef char *(*strdup_fn)(const char *text);
typedef char *(*strndup_fn)(const char *text, size_t len);
typedef FILE *(*open_memstream_fn)(char **text, size_t *len);

void *malloc(size_t size)
{
	NEXT(malloc_fn, "malloc");
	return !real ? early(size) : fails(CALLER) ? NULL : real(size);
}

void *calloc(size_t count, size_t size)
{
	NEXT(calloc_fn, "calloc");
	return !real ? early(count * size) : fails(CALLER) ? NULL : real(count, size);
}

void *realloc(void *old, size_t size)
{
	NEXT(realloc_fn, "realloc");
	return fails(CALLER) ? NULL : real(old, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	NEXT(calloc_fn, "aligned_alloc");
	return fails(CALLER) ? NULL : real(alignment, size);
}

char *strdup(const char *text)
{
	NEXT(strdup_fn, "strdup");
	return fails(CALLER) ? NULL : real(text);
}

char *strndup(const char *text, size_t len)
{
	NEXT(strndup_fn, "strndup");
	return fails(CALLER) ? NULL : real(text, len);
}

FILE *open_memstream(char **text, size_t *len)
{
	NEXT(open_memstream_fn, "open_memstream");
	return fails(CALLER) ? NULL : real(text, len);
}
