/* SPDX-License-Identifier: MIT */
#include "core/pages.h"

#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>

static void advise(void *from, size_t size, int what)
{
	uintptr_t page = getauxval(AT_PAGESZ), end = ((uintptr_t)from + size) & ~(page - 1);
	size_t skipped = -(uintptr_t)from & (page - 1);
	if (skipped < size && (uintptr_t)from + skipped < end)
		(void)madvise((char *)from + skipped, end - (uintptr_t)from - skipped, what);
}

void pages_give_back(void *from, size_t size)
{
	advise(from, size, MADV_DONTNEED);
}

void pages_take(void *from, size_t size)
{
#ifdef MADV_POPULATE_WRITE
	advise(from, size, MADV_POPULATE_WRITE);
#else
	(void)from;
	(void)size;
#endif
}
