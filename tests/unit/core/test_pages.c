/* SPDX-License-Identifier: MIT */
#include "core/pages.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGES 8

static unsigned char *map(size_t *page)
{
	*page = (size_t)sysconf(_SC_PAGESIZE);
	unsigned char *p =
	    mmap(NULL, PAGES * *page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	cr_assert_neq(p, MAP_FAILED);
	return p;
}

static size_t count_resident(void *from, size_t page)
{
	unsigned char is_there[PAGES];
	size_t count = 0;
	cr_assert_eq(mincore(from, PAGES * page, is_there), 0);
	for (size_t i = 0; i < PAGES; i++)
		count += is_there[i] & 1;
	return count;
}

Test(pages, whole_pages_are_taken_and_no_others)
{
	size_t page;
	unsigned char *p = map(&page);
	pages_take(p + 1, page);     /* none is whole */
	pages_take(p + 1, page - 1); /* nor is one here */
	pages_take(p + 5, 3);
	pages_take(p, 0);
	cr_expect_eq(count_resident(p, page), 0);
	pages_take(p + 1, 4 * page);
	size_t count = count_resident(p, page);
	cr_expect(count == 3 || count == 0, "%zu", count); /* 0: the system can not */
	munmap(p, PAGES * page);
}

Test(pages, what_is_in_them_stays)
{
	size_t page;
	unsigned char *p = map(&page);
	p[0] = 1;
	p[3 * page - 1] = 2;
	pages_take(p, PAGES * page);
	cr_expect_eq(p[0], 1);
	cr_expect_eq(p[3 * page - 1], 2);
	cr_expect_eq(p[page], 0);
	munmap(p, PAGES * page);
}

Test(pages, given_back_and_used_again)
{
	size_t page;
	unsigned char *p = map(&page);
	memset(p, 7, PAGES * page);
	pages_give_back(p + 1, page); /* none is whole */
	cr_expect_eq(count_resident(p, page), PAGES);
	pages_give_back(p + 1, 3 * page);
	size_t count = count_resident(p, page);
	cr_expect(count == PAGES - 2 || count == PAGES, "%zu", count);
	cr_expect_eq(p[0], 7);
	cr_expect_eq(p[page - 1], 7);
	cr_expect_eq(p[3 * page], 7);
	cr_expect(p[page] == 0 || p[page] == 7);
	p[page] = 1;
	cr_expect_eq(p[page], 1);
	munmap(p, PAGES * page);
}
