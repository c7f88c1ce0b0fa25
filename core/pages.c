/* SPDX-License-Identifier: MIT */
#include "core/pages.h"

#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>

void pages_take(void *from, size_t size)
{
#ifdef MADV_POPULATE_WRITE
	uintptr_t page = getauxval(AT_PAGESZ), end = ((uintptr_t)from + size) & ~(page - 1);
	size_t skipped = -(uintptr_t)from & (page - 1);
	if (skipped < size && (uintptr_t)from + skipped < end)
		(void)madvise((char *)from + skipped, end - (uintptr_t)from - skipped, MADV_POPULATE_WRITE);
#else
	(void)from;
	(void)size;
#endif
}
